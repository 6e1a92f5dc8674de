/* Bytes -> responses: finds where a response ends (literals may hold line ends), keeps mails apart from
 * lines. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_grammar.h"

enum {
    INLINE_LITERAL_MAX = 1 << 20, /* of a name, a subject: what is not a body */
    LITERALS_MAX = 4096,
    KEPT = 16 * 1024, /* a line's memory above this is given back */
};

struct imap_reader {
    buf line;
    struct imap_literal *literals;
    size_t nliterals, literals_cap;
    size_t max_body;
    size_t scanned; /* of the line: quotes were looked at up to here */
    bool in_quote, escaped;
    uint64_t literal_left; /* bytes of a literal that are still to come */
    bool in_body, skipping;
    bool given, lost;
    bool has_body;
    imap_body body_state;
    uint64_t body_size;
    char *body;
    size_t body_n, body_cap;
    struct imap_uids uids;
    struct imap_response response;
};

imap_reader *imap_reader_new(size_t max_body) {
    imap_reader *r = memory_zeroed(sizeof *r);
    r->line = BUF_MAX(IMAP_LINE_MAX);
    r->max_body = max_body;
    return r;
}

/* Begin the next response. */
static void begin(imap_reader *r) {
    if (r->line.cap > KEPT) buf_free(&r->line);
    buf_clear(&r->line);
    if (r->literals_cap > 64) {
        free(r->literals);
        r->literals = NULL;
        r->literals_cap = 0;
    }
    if (r->uids.cap > 1024) imap_uids_free(&r->uids);
    r->nliterals = r->scanned = 0;
    r->in_quote = r->escaped = r->in_body = r->skipping = r->given = r->has_body = false;
    r->literal_left = r->body_size = 0;
    r->body_state = IMAP_BODY_NONE;
    free(r->body);
    r->body = NULL;
    r->body_n = r->body_cap = 0;
}

void imap_reader_reset(imap_reader *r) {
    begin(r);
    r->lost = false;
}

void imap_reader_free(imap_reader *r) {
    if (!r) return;
    begin(r);
    buf_free(&r->line);
    free(r->literals);
    imap_uids_free(&r->uids);
    free(r);
}

void imap_reader_limit(imap_reader *r, size_t max_body) { r->max_body = max_body; }

str imap_reader_take_body(imap_reader *r) {
    str body = {r->body, r->body_n};
    r->body = NULL;
    r->body_n = r->body_cap = 0;
    return body;
}

static size_t give_lost(imap_reader *r, const char *why, const struct imap_response **ret) {
    r->lost = r->given = true;
    r->response = (struct imap_response){.kind = IMAP_GOT_BROKEN, .text = str_z(why), .lost = true};
    *ret = &r->response;
    return 0;
}

/* In "* OK text", tagged answers and continuations a "{5}" at the end is text. */
static bool may_hold_literals(str line) {
    static const char *const words[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
    if (!str_starts(line, S("* "))) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        str word = str_z(words[i]);
        if (str_starts_nocase(str_slice(line, 2, line.n), word) &&
            (line.n == 2 + word.n || line.p[2 + word.n] == ' '))
            return false;
    }
    return true;
}

/* Where in the line its last literal ends. */
static size_t literals_end(const imap_reader *r) {
    const struct imap_literal *last = r->nliterals ? &r->literals[r->nliterals - 1] : NULL;
    return last ? last->at + last->n : 0;
}

/* Does the line end with "{123}", outside quotes? Where the brace stands, or SIZE_MAX. */
static size_t literal_at_end(imap_reader *r, uint64_t *ret_n) {
    str line = buf_str(&r->line);
    size_t from = literals_end(r);
    for (; r->scanned < line.n; r->scanned++) {
        char c = line.p[r->scanned];
        if (r->in_quote && r->escaped)
            r->escaped = false;
        else if (r->in_quote && c == '\\')
            r->escaped = true;
        else if (c == '"')
            r->in_quote = !r->in_quote;
    }
    if (r->in_quote || line.n < from + 3 || line.p[line.n - 1] != '}' || !may_hold_literals(line))
        return SIZE_MAX;
    size_t at = line.n - 1;
    uint64_t n = 0;
    while (at > from && line.p[at - 1] >= '0' && line.p[at - 1] <= '9') at--;
    for (size_t i = at; i < line.n - 1; i++)
        n = n > UINT64_MAX / 100 ? UINT64_MAX / 10 : n * 10 + (uint64_t)(line.p[i] - '0');
    if (at == line.n - 1 || at <= from || line.p[at - 1] != '{') return SIZE_MAX;
    *ret_n = n;
    return at - 1;
}

static bool is_fetch(str line) {
    size_t at = 2;
    while (at < line.n && line.p[at] >= '0' && line.p[at] <= '9') at++;
    return at > 2 && str_starts_nocase(str_slice(line, at, line.n), S(" FETCH "));
}

/* Is the literal whose brace stands at `brace` a mail? */
static bool is_body(str line, size_t brace) {
    str before = str_slice(line, 0, brace);
    if (str_ends(before, S("~"))) before.n--;
    return is_fetch(line) && before.n > 7 &&
           str_eq_nocase(str_slice(before, before.n - 7, before.n), S("BODY[] "));
}

/* A line has ended with the announcement of `n` bytes. False when that cannot be taken. */
static bool begin_literal(imap_reader *r, size_t brace, uint64_t n) {
    bool body = is_body(buf_str(&r->line), brace);
    if (r->nliterals >= LITERALS_MAX || (body ? r->has_body : n > INLINE_LITERAL_MAX)) return false;
    if (r->nliterals == r->literals_cap) {
        r->literals_cap = r->literals_cap ? r->literals_cap * 2 : 4;
        r->literals = memory_again(r->literals, r->literals_cap * sizeof *r->literals);
    }
    r->literals[r->nliterals++] = (struct imap_literal){r->line.n, body ? 0 : (size_t)n, body};
    r->literal_left = n;
    r->in_body = body;
    r->skipping = body && n > r->max_body;
    if (!body) return true;
    r->has_body = true;
    r->body_size = n;
    r->body_state = r->skipping ? IMAP_BODY_TOO_BIG : IMAP_BODY_HERE;
    /* All of it at once: memory that no byte reaches costs nothing, and nothing is copied later. */
    if (!r->skipping && n) {
        r->body = memory_try(NULL, n);
        r->body_cap = r->body ? n : 0;
        if (!r->body) {
            r->skipping = true;
            r->body_state = IMAP_BODY_TOO_BIG;
        }
    }
    return true;
}

static size_t take_literal(imap_reader *r, str bytes) {
    size_t n = bytes.n < r->literal_left ? bytes.n : (size_t)r->literal_left;
    if (!r->in_body)
        buf_add(&r->line, str_slice(bytes, 0, n));
    else if (!r->skipping) {
        memcpy(r->body + r->body_n, bytes.p, n);
        r->body_n += n;
    }
    r->literal_left -= n;
    if (r->literal_left == 0) {
        r->in_body = r->skipping = false;
        r->scanned = r->line.n;
    }
    return n;
}

static void give(imap_reader *r, const struct imap_response **ret) {
    r->given = true;
    imap_parse(r->line.p, r->line.n, r->literals, r->nliterals, &r->uids, &r->response);
    if (r->has_body && r->response.kind == IMAP_GOT_FETCH) {
        r->response.fetch.body_state = r->body_state;
        r->response.fetch.body_size = r->body_size;
        if (r->body_state == IMAP_BODY_HERE)
            r->response.fetch.body = (str){r->body ? r->body : "", r->body_n};
    }
    *ret = &r->response;
}

size_t imap_reader_feed(imap_reader *r, str bytes, const struct imap_response **ret_response) {
    *ret_response = NULL;
    if (r->lost) return bytes.n;
    if (r->given) begin(r);
    size_t at = 0;
    while (at < bytes.n) {
        if (r->literal_left) {
            at += take_literal(r, str_slice(bytes, at, bytes.n));
            continue;
        }
        size_t end = str_find_char(bytes, '\n', at), stop = end == SIZE_MAX ? bytes.n : end;
        buf_add(&r->line, str_slice(bytes, at, stop));
        if (!buf_ok(&r->line)) return give_lost(r, "a line without end", ret_response);
        at = stop;
        if (end == SIZE_MAX) break;
        at++;
        uint64_t n = 0;
        if (r->line.n > literals_end(r) && r->line.p[r->line.n - 1] == '\r') r->line.n--;
        size_t brace = literal_at_end(r, &n);
        if (brace == SIZE_MAX) {
            /* An empty line means nothing. */
            if (r->line.n == 0) continue;
            give(r, ret_response);
            return at;
        }
        if (!begin_literal(r, brace, n)) return give_lost(r, "a literal that is too large", ret_response);
    }
    return at;
}
