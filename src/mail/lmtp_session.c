#include "mail/lmtp.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/lmtp_words.h"

enum { LINE_MAX_BYTES = 4096, RCPT_MAX = 1000, UNKNOWN_MAX = 20, SAYS_MAX = 200 };

enum mode {
    MODE_COMMAND,
    MODE_DATA,    /* until CRLF . CRLF */
    MODE_CHUNK,   /* `chunk_left` bytes of a BDAT */
    MODE_WAITING, /* for lmtp_answer */
    MODE_TLS,     /* for lmtp_tls_begun; what comes before is nobody's word */
    MODE_CLOSED,
};

/* Where in a line of DATA the next byte stands. Only CRLF makes a line start (CVE-2023-51764: servers
 * that also took LF could be made to see a second letter inside the first). */
enum place {
    PLACE_START,  /* after CRLF, or the first byte */
    PLACE_TEXT,   /* anywhere else */
    PLACE_CR,     /* after a CR that is already kept */
    PLACE_DOT,    /* after a dot at the start, not kept */
    PLACE_DOT_CR, /* after that and a CR, not kept */
};

struct lmtp_session {
    struct lmtp_hooks hooks;
    char *host;
    size_t max_size;
    enum mode mode;
    bool greeted; /* LHLO was said */
    bool smtp, tls;
    lmtp_tls want; /* before `tls` */
    int unknown;

    char line[LINE_MAX_BYTES];
    size_t line_n;
    bool line_cr; /* the last byte was a CR; it is not in `line` */

    /* The transaction; `mail` says whether there is one. */
    bool mail, utf8, rcpt_refused, chunked;
    err swallowed; /* ERR_LIMIT or ERR_FULL: the letter's bytes are not kept, and this is the answer */
    arena *a;
    struct lmtp_envelope envelope;
    buf data, says;
    struct lmtp_memory *memory; /* or NULL */
    size_t counted;             /* bytes of `data` that it knows of */
    enum place place;
    uint64_t chunk_left;
    bool chunk_last, chunk_wanted;
};

static void count_memory(lmtp_session *s) {
    if (!s->memory || s->data.cap == s->counted) return;
    /* Unsigned: a smaller capacity is subtracted. */
    atomic_fetch_add(&s->memory->held, s->data.cap - s->counted);
    s->counted = s->data.cap;
}

static void drop_data(lmtp_session *s) {
    buf_free(&s->data);
    count_memory(s);
}

static void reset(lmtp_session *s) {
    s->mail = s->utf8 = s->rcpt_refused = s->chunked = false;
    s->swallowed = ERR_NONE;
    s->envelope = (struct lmtp_envelope){.says = &s->says};
    drop_data(s);
    buf_clear(&s->data);
    arena_reset(s->a);
}

lmtp_session *lmtp_session_new(const struct lmtp_hooks *hooks, str host, size_t max_size) {
    lmtp_session *s = memory_zeroed(sizeof *s);
    char *name = memory_take(host.n + 1);
    if (host.n) memcpy(name, host.p, host.n);
    name[host.n] = '\0';
    s->hooks = *hooks;
    s->host = name;
    s->max_size = max_size;
    s->a = arena_new(0);
    s->data = BUF_MAX(max_size);
    s->says = BUF_MAX(SAYS_MAX);
    reset(s);
    return s;
}

void lmtp_session_free(lmtp_session *s) {
    if (!s) return;
    drop_data(s);
    buf_free(&s->says);
    arena_free(s->a);
    free(s->host);
    free(s);
}

void lmtp_session_share(lmtp_session *s, struct lmtp_memory *memory) { s->memory = memory; }

void lmtp_session_smtp(lmtp_session *s, lmtp_tls tls) {
    s->smtp = true;
    s->want = tls;
}

void lmtp_greet(lmtp_session *s, buf *out) {
    buf_add_fmt(out, "220 %s %s Longhand\r\n", s->host, s->smtp ? "ESMTP" : "LMTP");
}

bool lmtp_in_transaction(const lmtp_session *s) { return s->mail; }

/* --- Parameters and paths of MAIL and RCPT --- */

/* One parameter of MAIL; NULL when it is fine, else the answer. */
static const char *mail_parameter(lmtp_session *s, str piece) {
    str key = piece, value = {NULL, 0};
    size_t equals = str_find_char(piece, '=', 0);
    if (equals != SIZE_MAX) {
        key = str_slice(piece, 0, equals);
        value = str_slice(piece, equals + 1, piece.n);
    }
    if (str_eq_nocase(key, S("SIZE"))) {
        if (value.n == 0 || value.n > 20) return "501 5.5.4 SIZE needs a number\r\n";
        for (size_t i = 0; i < value.n; i++)
            if (value.p[i] < '0' || value.p[i] > '9') return "501 5.5.4 SIZE needs a number\r\n";
        int64_t size;
        if (!str_to_int(value, &size) || (uint64_t)size > s->max_size)
            return "552 5.3.4 The letter is larger than this desk takes\r\n";
        return NULL;
    }
    if (str_eq_nocase(key, S("BODY"))) {
        if (str_eq_nocase(value, S("7BIT")) || str_eq_nocase(value, S("8BITMIME"))) return NULL;
        return "501 5.5.4 BODY is 7BIT or 8BITMIME\r\n";
    }
    if (str_eq_nocase(key, S("SMTPUTF8")) && equals == SIZE_MAX) {
        s->utf8 = true;
        return NULL;
    }
    return "555 5.5.4 Unknown parameter\r\n";
}

static void command_mail(lmtp_session *s, str rest, buf *out) {
    str path, piece;
    if (!s->greeted) {
        buf_add_fmt(out, "503 5.5.1 Say %s first\r\n", s->smtp ? "EHLO" : "LHLO");
        return;
    }
    if (s->mail) {
        buf_add_z(out, "503 5.5.1 There is a sender already\r\n");
        return;
    }
    if (!lmtp_take_word(&rest, S("FROM:")) || !lmtp_take_path(&rest, &path)) {
        buf_add_z(out, "501 5.1.7 Say MAIL FROM:<address>\r\n");
        return;
    }
    s->utf8 = false;
    while (rest.n && str_split(&rest, ' ', &piece)) {
        if (piece.n == 0) continue;
        const char *no = mail_parameter(s, piece);
        if (no) {
            buf_add_z(out, no);
            return;
        }
    }
    if (!s->utf8 && !lmtp_is_ascii(path)) {
        buf_add_z(out, "553 5.6.7 This address needs SMTPUTF8\r\n");
        return;
    }
    s->mail = true;
    s->envelope.mail_from = str_copy(s->a, path);
    buf_add_z(out, "250 2.1.0 Sender noted\r\n");
}

static void command_rcpt(lmtp_session *s, str rest, buf *out) {
    str path;
    if (!s->mail || s->chunked) {
        buf_add_z(out, "503 5.5.1 Say MAIL first\r\n");
        return;
    }
    if (!lmtp_take_word(&rest, S("TO:")) || !lmtp_take_path(&rest, &path) || path.n == 0) {
        buf_add_z(out, "501 5.1.3 Say RCPT TO:<address>\r\n");
        return;
    }
    if (rest.n) {
        buf_add_z(out, "555 5.5.4 Unknown parameter\r\n");
        return;
    }
    if (!s->utf8 && !lmtp_is_ascii(path)) {
        buf_add_z(out, "553 5.6.7 This address needs SMTPUTF8\r\n");
        return;
    }
    if (s->envelope.rcpt.n == RCPT_MAX) {
        buf_add_z(out, "452 4.5.3 Too many recipients; send the others in a new transaction\r\n");
        return;
    }
    err code = s->hooks.recipient(s->hooks.context, path);
    /* SMTP has one answer for a letter. Were it kept for one recipient and not for another, no answer would
     * be right: a "no" brings it again to the first, a "yes" never to the second. So it has one recipient. */
    if (s->smtp && !code && s->envelope.rcpt.n && !str_eq_nocase(s->envelope.rcpt.v[0], path)) {
        buf_add_z(out, "452 4.5.3 One recipient a letter; send it again for this one\r\n");
        return;
    }
    if (code == ERR_NONE && !(s->smtp && s->envelope.rcpt.n))
        *list_add(s->a, &s->envelope.rcpt) = str_copy(s->a, path);
    s->rcpt_refused = s->rcpt_refused || code;
    buf_add_z(out, lmtp_recipient_answer(code));
}

/* --- The end of a letter --- */

static void add_said(buf *out, str said) {
    buf_add_z(out, "250 2.0.0 ");
    for (size_t i = 0; i < said.n; i++)
        buf_add_char(out, said.p[i] >= ' ' && said.p[i] <= '~' ? said.p[i] : ' ');
}

static void answer_one(err code, str said, buf *out) {
    if (code == ERR_NONE && said.n)
        add_said(out, said);
    else
        buf_add_z(out, lmtp_keep_answer(code));
    buf_add_z(out, "\r\n");
}

static void end_letter(lmtp_session *s, buf *out) {
    s->envelope.data = buf_str(&s->data);
    if (!s->swallowed && s->hooks.keep_many) {
        s->mode = MODE_WAITING;
        return;
    }
    for (size_t i = 0; i < s->envelope.rcpt.n; i++) {
        buf_clear(&s->says);
        err code = s->swallowed ? s->swallowed : s->hooks.keep(s->hooks.context, &s->envelope, i);
        answer_one(code, buf_str(&s->says), out);
    }
    s->mode = MODE_COMMAND;
    reset(s);
}

const struct lmtp_envelope *lmtp_waiting(const lmtp_session *s) {
    return s->mode == MODE_WAITING ? &s->envelope : NULL;
}

void lmtp_answer(lmtp_session *s, const struct lmtp_letter *letters, buf *out) {
    for (size_t i = 0; i < s->envelope.rcpt.n; i++)
        answer_one(letters[i].result, buf_str(&letters[i].says), out);
    s->mode = buf_ok(out) ? MODE_COMMAND : MODE_CLOSED;
    reset(s);
}

static void letter_bytes(lmtp_session *s, str bytes) {
    if (s->swallowed) return;
    if (bytes.n > s->max_size - s->data.n) {
        s->swallowed = ERR_LIMIT;
    } else if (memory_short() ||
               (s->memory &&
                atomic_load(&s->memory->held) - s->counted + s->data.n + bytes.n > s->memory->max)) {
        s->swallowed = ERR_FULL;
    } else {
        buf_add(&s->data, bytes);
        count_memory(s);
        /* It fits, so it was the system that gave no memory: that passes, and the letter may come again. */
        if (!buf_ok(&s->data)) s->swallowed = ERR_FULL;
    }
    if (s->swallowed) drop_data(s);
}

/* --- DATA --- */

static void command_data(lmtp_session *s, str rest, buf *out) {
    if (rest.n) {
        buf_add_z(out, "501 5.5.4 DATA stands alone\r\n");
    } else if (!s->mail || s->chunked) {
        buf_add_z(out, "503 5.5.1 Say MAIL and RCPT first\r\n");
    } else if (s->envelope.rcpt.n == 0) {
        /* RFC 2033 4.2: 503, not SMTP's 554. */
        buf_add_z(out, !s->rcpt_refused ? "503 5.5.1 Say RCPT first\r\n"
                       : s->smtp        ? "554 5.5.1 No valid recipients\r\n"
                                        : "503 5.5.1 No valid recipients\r\n");
    } else {
        s->mode = MODE_DATA;
        s->place = PLACE_START;
        buf_add_z(out, "354 End with CRLF . CRLF\r\n");
    }
}

/* Where a CRLF stands that a dot follows. A CR is rare, and looking for it alone is faster than a search for
 * all three. */
static size_t find_dot_line(str s) {
    for (size_t at = 0; (at = str_find_char(s, '\r', at)) != SIZE_MAX; at++)
        if (s.n - at > 2 && s.p[at + 1] == '\n' && s.p[at + 2] == '.') return at;
    return SIZE_MAX;
}

/* Bytes inside a line: up to the next CRLF that a dot follows, or all there are. */
static size_t data_text(lmtp_session *s, str bytes) {
    size_t at = find_dot_line(bytes);
    if (at != SIZE_MAX) {
        letter_bytes(s, str_slice(bytes, 0, at + 2));
        s->place = PLACE_START;
        return at + 2;
    }
    letter_bytes(s, bytes);
    s->place = str_ends(bytes, S("\r\n")) ? PLACE_START : str_ends(bytes, S("\r")) ? PLACE_CR : PLACE_TEXT;
    return bytes.n;
}

/* Returns how many bytes belonged to the letter and its end. */
static size_t feed_data(lmtp_session *s, str bytes, buf *out) {
    size_t i = 0;
    while (i < bytes.n) {
        char c = bytes.p[i];
        switch (s->place) {
        case PLACE_START:
            s->place = c == '.' ? PLACE_DOT : PLACE_TEXT;
            i += c == '.';
            break;
        case PLACE_TEXT: i += data_text(s, str_slice(bytes, i, bytes.n)); break;
        case PLACE_CR:
            if (c == '\n') letter_bytes(s, S("\n"));
            s->place = c == '\n' ? PLACE_START : PLACE_TEXT;
            i += c == '\n';
            break;
        case PLACE_DOT:
            s->place = c == '\r' ? PLACE_DOT_CR : PLACE_TEXT;
            i += c == '\r';
            break;
        case PLACE_DOT_CR:
            if (c == '\n') {
                end_letter(s, out);
                return i + 1;
            }
            letter_bytes(s, S("\r"));
            s->place = PLACE_TEXT;
            break;
        }
    }
    return i;
}

/* --- BDAT (RFC 3030) --- */

static void end_chunk(lmtp_session *s, buf *out) {
    s->mode = MODE_COMMAND;
    if (!s->chunk_wanted)
        buf_add_z(out, "503 5.5.1 Say MAIL and RCPT first\r\n");
    else if (s->chunk_last)
        end_letter(s, out);
    else
        buf_add_z(out, s->swallowed ? lmtp_keep_answer(s->swallowed) : "250 2.0.0 Chunk noted");
    if (s->chunk_wanted && !s->chunk_last) buf_add_z(out, "\r\n");
}

static size_t feed_chunk(lmtp_session *s, str bytes, buf *out) {
    size_t n = bytes.n < s->chunk_left ? bytes.n : (size_t)s->chunk_left;
    if (s->chunk_wanted) letter_bytes(s, str_slice(bytes, 0, n));
    s->chunk_left -= n;
    if (s->chunk_left == 0) end_chunk(s, out);
    return n;
}

static void command_bdat(lmtp_session *s, str rest, buf *out) {
    str size = {NULL, 0};
    int64_t n;
    str_split(&rest, ' ', &size);
    rest = str_trim(rest);
    bool last = str_eq_nocase(rest, S("LAST"));
    if (!str_to_int(size, &n) || n < 0 || (rest.n && !last)) {
        /* How many bytes follow is not known, and they must not be taken for commands. */
        buf_add_z(out, "501 5.5.4 BDAT needs a size\r\n");
        s->mode = MODE_CLOSED;
        return;
    }
    s->chunk_wanted = s->mail && s->envelope.rcpt.n > 0;
    s->chunked = s->chunk_wanted;
    s->chunk_left = (uint64_t)n;
    s->chunk_last = last;
    s->mode = MODE_CHUNK;
    if (n == 0) end_chunk(s, out);
}

/* --- Commands --- */

static void unknown(lmtp_session *s, const char *answer, buf *out) {
    if (++s->unknown < UNKNOWN_MAX) {
        buf_add_z(out, answer);
        return;
    }
    s->mode = MODE_CLOSED;
    buf_add_z(out, "421 4.7.0 Too many unknown commands\r\n");
}

static bool named(lmtp_session *s, str rest, bool of_smtp, buf *out) {
    if (s->smtp != of_smtp) {
        unknown(s,
                s->smtp ? "500 5.5.1 This is SMTP, not LMTP: say EHLO\r\n"
                        : "500 5.5.1 This is LMTP, not SMTP: say LHLO\r\n",
                out);
        return false;
    }
    if (rest.n == 0) {
        buf_add_fmt(out, "501 5.5.4 Say %s and your name\r\n", s->smtp ? "EHLO" : "LHLO");
        return false;
    }
    reset(s);
    return s->greeted = true;
}

static void offer(lmtp_session *s, buf *out) {
    buf_add_fmt(out,
                "250-%s\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                "%s250-CHUNKING\r\n250 SIZE %zu\r\n",
                s->host, s->want && !s->tls ? "250-STARTTLS\r\n" : "", s->max_size);
}

static void command_lhlo(lmtp_session *s, str rest, buf *out) {
    if (named(s, rest, false, out)) offer(s, out);
}

static void command_ehlo(lmtp_session *s, str rest, buf *out) {
    if (named(s, rest, true, out)) offer(s, out);
}

static void command_helo(lmtp_session *s, str rest, buf *out) {
    if (named(s, rest, true, out)) buf_add_fmt(out, "250 %s\r\n", s->host);
}

/* RFC 3207. What the peer said until now, and what it sent along with this command, somebody else may have
 * said in its name (CVE-2011-0411): all of it is forgotten. */
static void command_starttls(lmtp_session *s, str rest, buf *out) {
    if (!s->want) {
        unknown(s, "502 5.5.1 TLS is not offered here\r\n", out);
    } else if (s->tls) {
        buf_add_z(out, "503 5.5.1 TLS has begun already\r\n");
    } else if (rest.n) {
        buf_add_z(out, "501 5.5.4 STARTTLS stands alone\r\n");
    } else {
        reset(s);
        s->greeted = false;
        s->mode = MODE_TLS;
        buf_add_z(out, "220 2.0.0 Begin\r\n");
    }
}

bool lmtp_tls_awaited(const lmtp_session *s) { return s->mode == MODE_TLS; }

void lmtp_tls_begun(lmtp_session *s) {
    s->tls = true;
    s->mode = MODE_COMMAND;
}

static void command_rset(lmtp_session *s, str rest, buf *out) {
    if (rest.n) {
        buf_add_z(out, "501 5.5.4 RSET stands alone\r\n");
        return;
    }
    reset(s);
    buf_add_z(out, "250 2.0.0 Forgotten\r\n");
}

static void command_noop(lmtp_session *s, str rest, buf *out) {
    (void)s, (void)rest;
    buf_add_z(out, "250 2.0.0 Here\r\n");
}

static void command_vrfy(lmtp_session *s, str rest, buf *out) {
    (void)s, (void)rest;
    buf_add_z(out, "252 2.0.0 Send a letter and see\r\n");
}

static void command_quit(lmtp_session *s, str rest, buf *out) {
    (void)rest;
    s->mode = MODE_CLOSED;
    buf_add_z(out, "221 2.0.0 Goodbye\r\n");
}

static const struct command {
    str name;
    void (*run)(lmtp_session *s, str rest, buf *out);
    /* Also where TLS is required and has not begun. BDAT is: it says no by itself, and must swallow its
     * bytes. */
    bool plain;
} commands[] = {
    {S("MAIL"), command_mail, false}, {S("RCPT"), command_rcpt, false},
    {S("DATA"), command_data, false}, {S("BDAT"), command_bdat, true},
    {S("LHLO"), command_lhlo, true},  {S("RSET"), command_rset, true},
    {S("NOOP"), command_noop, true},  {S("QUIT"), command_quit, true},
    {S("VRFY"), command_vrfy, false}, {S("HELO"), command_helo, true},
    {S("EHLO"), command_ehlo, true},  {S("STARTTLS"), command_starttls, true},
};

static void run_line(lmtp_session *s, buf *out) {
    str rest = {s->line, s->line_n};
    s->line_n = 0;
    if (str_has(rest, '\0')) {
        unknown(s, "500 5.5.2 A command holds no NUL\r\n", out);
        return;
    }
    size_t space = str_find_char(rest, ' ', 0);
    str name = str_slice(rest, 0, space);
    rest = str_trim(str_slice(rest, name.n, rest.n));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!str_eq_nocase(name, commands[i].name)) continue;
        if (commands[i].plain || s->tls || s->want != LMTP_TLS_REQUIRED)
            commands[i].run(s, rest, out);
        else
            buf_add_z(out, "530 5.7.0 Say STARTTLS first\r\n");
        return;
    }
    unknown(s, "500 5.5.1 Unknown command\r\n", out);
}

static void refuse_line(lmtp_session *s, const char *answer, buf *out) {
    s->mode = MODE_CLOSED;
    buf_add_z(out, answer);
}

/* Byte by byte: lines are short, and so the cut of the feeds cannot matter. */
static size_t feed_line(lmtp_session *s, str bytes, buf *out) {
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        if (s->line_cr != (c == '\n')) {
            refuse_line(s, "500 5.5.2 A line ends with CR and LF, and neither stands alone\r\n", out);
            return i + 1;
        }
        if (c == '\n') {
            s->line_cr = false;
            run_line(s, out);
            return i + 1;
        }
        if (c == '\r') {
            s->line_cr = true;
        } else if (s->line_n == LINE_MAX_BYTES) {
            refuse_line(s, "500 5.5.2 The line is too long\r\n", out);
            return i + 1;
        } else {
            s->line[s->line_n++] = c;
        }
    }
    return bytes.n;
}

size_t lmtp_take(lmtp_session *s, str bytes, buf *out) {
    size_t at = 0;
    while (at < bytes.n && s->mode != MODE_WAITING && s->mode != MODE_CLOSED && buf_ok(out)) {
        str rest = str_slice(bytes, at, bytes.n);
        switch (s->mode) {
        case MODE_COMMAND: at += feed_line(s, rest, out); break;
        case MODE_DATA: at += feed_data(s, rest, out); break;
        case MODE_CHUNK: at += feed_chunk(s, rest, out); break;
        case MODE_TLS: at = bytes.n; break;
        case MODE_WAITING:
        case MODE_CLOSED: break;
        }
    }
    if (!buf_ok(out)) s->mode = MODE_CLOSED;
    return at;
}

bool lmtp_open(const lmtp_session *s) { return s->mode != MODE_CLOSED; }

bool lmtp_feed(lmtp_session *s, str bytes, buf *out) {
    lmtp_take(s, bytes, out);
    return lmtp_open(s);
}
