/* An IMAP server of one folder in memory, with the faults that servers have, and a keeper that remembers.
 * Both without sockets: the session's bytes go in, the server's come out. */
#ifndef TEST_IMAP_KIT_H
#define TEST_IMAP_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/imap_grammar.h"
#include "mail/imap_session.h"

enum { FAKE_MAILS = 200, FAKE_TEXT = 400 };

struct fake_mail {
    uint32_t uid;
    bool there, flagged, moved, deleted;
    int number; /* which mail it is, whatever its UID */
    size_t padding;
};

struct fake {
    struct fake_mail mails[FAKE_MAILS];
    int n;
    uint32_t uidvalidity, uidnext;
    uint64_t modseq;
    const char *capabilities;
    bool no_move_folder, no_uidvalidity, no_uidnext;
    /* Faults. */
    uint32_t mute_uid;   /* is there, but its FETCH has no body */
    uint32_t refuse_uid; /* a FETCH of its body ends with NO, after what came before it */
    uint32_t empty_uid;  /* its body comes as an empty string */
    uint32_t break_uid2;
    uint32_t break_uid;   /* the connection breaks in the middle of its body */
    uint32_t vanish_uid;  /* goes away when bodies are asked for the first time */
    uint32_t hidden_uid;  /* SEARCH does not show it yet */
    bool lies_about_size; /* RFC822.SIZE is always 1 */
    bool quotes;          /* bodies come as quoted strings */
    uint32_t grows_uid;   /* is larger each time it is given */
    /* Happens while it searches. */
    void (*on_search)(void *user);
    void *user;
    /* What was said to it. */
    buf in, out, log;
    bool idling, broken;
    char idle_tag[20];
};

static inline void fake_start(struct fake *f) {
    *f = (struct fake){.uidvalidity = 7, .uidnext = 1, .modseq = 10};
    f->capabilities = "IMAP4rev1 IDLE MOVE UIDPLUS ESEARCH CONDSTORE";
    f->in = BUF_MAX(1 << 20);
    f->out = BUF_MAX(64 << 20);
    f->log = BUF_MAX(4 << 20);
}

static inline void fake_end(struct fake *f) {
    buf_free(&f->in);
    buf_free(&f->out);
    buf_free(&f->log);
}

static inline void fake_hang_up(struct fake *f) {
    buf_clear(&f->in);
    buf_clear(&f->out);
    f->idling = f->broken = false;
}

static inline int fake_exists(const struct fake *f) {
    int n = 0;
    for (int i = 0; i < f->n; i++) n += f->mails[i].there;
    return n;
}

static inline void fake_add(struct fake *f, int number, size_t padding) {
    f->mails[f->n++] =
        (struct fake_mail){.uid = f->uidnext++, .there = true, .number = number, .padding = padding};
    f->modseq++;
    if (f->idling) buf_add_fmt(&f->out, "* %d EXISTS\r\n", fake_exists(f));
}

static inline void fake_expunge(struct fake *f, uint32_t uid, bool tell) {
    int sequence = 0;
    for (int i = 0; i < f->n; i++) {
        sequence += f->mails[i].there;
        if (f->mails[i].uid != uid || !f->mails[i].there) continue;
        f->mails[i].there = false;
        f->modseq++;
        if (tell) buf_add_fmt(&f->out, "* %d EXPUNGE\r\n", sequence);
    }
}

static inline void fake_text(const struct fake_mail *m, buf *out) {
    buf_add_fmt(out, "Return-Path: <a@b.test>\r\nSubject: {%d}\r\n\r\nMail \"%d\" * 1 EXPUNGE\r\n)\r\n",
                m->number, m->number);
    for (size_t i = 0; i < m->padding; i++) buf_add_char(out, i % 60 == 59 ? '\n' : 'x');
}

/* Does a set with "*" name the UID? */
static inline bool fake_names(const struct fake *f, str set, uint32_t uid) {
    uint32_t last = 0;
    str piece;
    for (int i = 0; i < f->n; i++)
        if (f->mails[i].there) last = f->mails[i].uid;
    while (str_split(&set, ',', &piece)) {
        size_t colon = str_find_char(piece, ':', 0);
        str ends[2] = {str_slice(piece, 0, colon == SIZE_MAX ? piece.n : colon),
                       colon == SIZE_MAX ? piece : str_slice(piece, colon + 1, piece.n)};
        int64_t v[2];
        for (int i = 0; i < 2; i++)
            if (str_eq(ends[i], S("*")))
                v[i] = last;
            else if (!str_to_int(ends[i], &v[i]))
                abort();
        if (uid >= (v[0] < v[1] ? v[0] : v[1]) && uid <= (v[0] < v[1] ? v[1] : v[0])) return true;
    }
    return false;
}

static inline void fake_select(struct fake *f, const char *tag, bool examine) {
    buf_add_fmt(&f->out, "* FLAGS (\\Seen \\Flagged)\r\n* %d EXISTS\r\n* 0 RECENT\r\n", fake_exists(f));
    if (!f->no_uidvalidity) buf_add_fmt(&f->out, "* OK [UIDVALIDITY %u] UIDs valid\r\n", f->uidvalidity);
    if (!f->no_uidnext) buf_add_fmt(&f->out, "* OK [UIDNEXT %u] Predicted {12}\r\n", f->uidnext);
    if (strstr(f->capabilities, "CONDSTORE"))
        buf_add_fmt(&f->out, "* OK [HIGHESTMODSEQ %llu] Highest\r\n", (unsigned long long)f->modseq);
    buf_add_fmt(&f->out, "%s OK [%s] done\r\n", tag, examine ? "READ-ONLY" : "READ-WRITE");
}

static inline void fake_search(struct fake *f, const char *tag, str set) {
    bool extended = str_starts(set, S("RETURN (ALL) "));
    if (extended) set = str_slice(set, 13, set.n);
    if (!str_starts(set, S("UID "))) abort();
    set = str_slice(set, 4, set.n);
    bool any = false;
    if (f->on_search) f->on_search(f->user);
    buf_add_fmt(&f->out, extended ? "* ESEARCH (TAG \"%s\") UID" : "* SEARCH%.0s", tag);
    for (int i = 0; i < f->n; i++) {
        struct fake_mail *m = &f->mails[i];
        if (!m->there || m->uid == f->hidden_uid || !fake_names(f, set, m->uid)) continue;
        buf_add_fmt(&f->out, extended ? (any ? ",%u" : " ALL %u") : " %u", m->uid);
        any = true;
    }
    buf_add_fmt(&f->out, "\r\n%s OK done\r\n", tag);
}

static inline bool fake_body(struct fake *f, struct fake_mail *m, int sequence) {
    BUF_AUTO buf text = BUF_MAX(32 << 20);
    if (m->uid == f->mute_uid) {
        buf_add_fmt(&f->out, "* %d FETCH (UID %u BODY[] NIL)\r\n", sequence, m->uid);
        return true;
    }
    if (m->uid == f->grows_uid) m->padding += 200000;
    fake_text(m, &text);
    if (f->quotes) {
        buf_add_fmt(&f->out, "* %d FETCH (UID %u BODY[] \"", sequence, m->uid);
        for (size_t i = 0; i < text.n; i++) {
            if (text.p[i] == '"') buf_add_char(&f->out, '\\');
            buf_add_char(&f->out, text.p[i] == '\r' || text.p[i] == '\n' ? ' ' : text.p[i]);
        }
        buf_add_z(&f->out, "\")\r\n");
        return true;
    }
    if (m->uid == f->empty_uid) text.n = 0;
    bool breaks = m->uid == f->break_uid || m->uid == f->break_uid2;
    buf_add_fmt(&f->out, "* %d FETCH (UID %u INTERNALDATE \"17-Jul-2026 02:44:25 -0700\" BODY[] {%zu}\r\n",
                sequence, m->uid, text.n);
    if (breaks) text.n /= 2;
    buf_add(&f->out, buf_str(&text));
    if (breaks) {
        f->broken = true;
        return false;
    }
    buf_add_z(&f->out, ")\r\n");
    return true;
}

static inline void fake_fetch(struct fake *f, const char *tag, str rest) {
    size_t space = str_find_char(rest, ' ', 0);
    str set = str_slice(rest, 0, space);
    bool body = str_find(rest, S("BODY.PEEK[]"), 0) != SIZE_MAX, refused = false;
    int sequence = 0;
    if (body && f->vanish_uid) {
        fake_expunge(f, f->vanish_uid, false);
        f->vanish_uid = 0;
    }
    for (int i = 0; i < f->n; i++) {
        struct fake_mail *m = &f->mails[i];
        sequence += m->there;
        if (!m->there || !fake_names(f, set, m->uid)) continue;
        BUF_AUTO buf text = BUF_MAX(32 << 20);
        fake_text(m, &text);
        if (!body)
            buf_add_fmt(&f->out,
                        "* %d FETCH (FLAGS () RFC822.SIZE %zu INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" "
                        "UID %u)\r\n",
                        sequence, f->lies_about_size ? 1 : text.n, m->uid);
        else if (m->uid == f->refuse_uid)
            refused = true;
        else if (!fake_body(f, m, sequence))
            return;
        if (refused) break;
    }
    buf_add_fmt(&f->out, refused ? "%s NO [SERVERBUG] cannot read {3}\r\n" : "%s OK done\r\n", tag);
}

static inline void fake_each(struct fake *f, str set, void (*change)(struct fake *f, struct fake_mail *m)) {
    for (int i = 0; i < f->n; i++)
        if (f->mails[i].there && fake_names(f, set, f->mails[i].uid)) change(f, &f->mails[i]);
}

static inline void fake_flag(struct fake *f, struct fake_mail *m) { (void)f, m->flagged = true; }
static inline void fake_mark(struct fake *f, struct fake_mail *m) { (void)f, m->deleted = true; }
static inline void fake_copy(struct fake *f, struct fake_mail *m) { (void)f, m->moved = true; }
static inline void fake_move(struct fake *f, struct fake_mail *m) {
    m->moved = true;
    fake_expunge(f, m->uid, true);
}
static inline void fake_erase(struct fake *f, struct fake_mail *m) {
    if (m->deleted) fake_expunge(f, m->uid, true);
}

static inline void fake_uid(struct fake *f, const char *tag, str rest) {
    size_t space = str_find_char(rest, ' ', 0);
    str verb = str_slice(rest, 0, space), set;
    rest = str_slice(rest, space + 1, rest.n);
    set = str_slice(rest, 0, str_find_char(rest, ' ', 0) == SIZE_MAX ? rest.n : str_find_char(rest, ' ', 0));
    if (str_eq(verb, S("SEARCH"))) {
        fake_search(f, tag, rest);
        return;
    }
    if (str_eq(verb, S("FETCH"))) {
        fake_fetch(f, tag, rest);
        return;
    }
    if (str_eq(verb, S("MOVE")) || str_eq(verb, S("COPY"))) {
        if (f->no_move_folder) {
            buf_add_fmt(&f->out, "%s NO [TRYCREATE] no such folder\r\n", tag);
            return;
        }
        fake_each(f, set, str_eq(verb, S("MOVE")) ? fake_move : fake_copy);
    } else if (str_eq(verb, S("STORE"))) {
        if (str_find(rest, S(" +FLAGS.SILENT ("), 0) == SIZE_MAX) abort();
        fake_each(f, set, str_find(rest, S("\\Deleted"), 0) == SIZE_MAX ? fake_flag : fake_mark);
    } else if (str_eq(verb, S("EXPUNGE")))
        fake_each(f, set, fake_erase);
    else
        abort();
    buf_add_fmt(&f->out, "%s OK done\r\n", tag);
}

static inline void fake_line(struct fake *f, str line) {
    char tag[20];
    buf_add(&f->log, line);
    buf_add_char(&f->log, '\n');
    if (f->idling) {
        if (!str_eq(line, S("DONE"))) abort();
        f->idling = false;
        buf_add_fmt(&f->out, "%s OK done\r\n", f->idle_tag);
        return;
    }
    size_t space = str_find_char(line, ' ', 0);
    if (space == SIZE_MAX || space >= sizeof tag) abort();
    (void)snprintf(tag, sizeof tag, "%.*s", (int)space, line.p);
    str rest = str_slice(line, space + 1, line.n);
    if (str_eq(rest, S("CAPABILITY")))
        buf_add_fmt(&f->out, "* CAPABILITY %s\r\n%s OK done\r\n", f->capabilities, tag);
    else if (str_starts(rest, S("SELECT ")) || str_starts(rest, S("EXAMINE ")))
        fake_select(f, tag, rest.p[0] == 'E');
    else if (str_starts(rest, S("UID ")))
        fake_uid(f, tag, str_slice(rest, 4, rest.n));
    else if (str_starts(rest, S("CREATE "))) {
        f->no_move_folder = false;
        buf_add_fmt(&f->out, "%s OK done\r\n", tag);
    } else if (str_eq(rest, S("IDLE"))) {
        f->idling = true;
        (void)snprintf(f->idle_tag, sizeof f->idle_tag, "%s", tag);
        buf_add_z(&f->out, "+ idling\r\n");
    } else
        abort();
}

/* Bytes of the client. */
static inline void fake_hear(struct fake *f, str bytes) {
    buf_add(&f->in, bytes);
    size_t end;
    while (!f->broken && (end = str_find(buf_str(&f->in), S("\r\n"), 0)) != SIZE_MAX) {
        char line[9000];
        if (end >= sizeof line) abort();
        memcpy(line, f->in.p, end);
        buf_drop_front(&f->in, end + 2);
        fake_line(f, (str){line, end});
    }
}

/* --- The keeper --- */

struct kept {
    int times[FAKE_MAILS + 1]; /* by the mail's number */
    uint32_t uidvalidity, mark, old_until;
    uint64_t modseq;
    struct {
        uint32_t uid;
        int tries;
        int64_t retry_at;
        imap_mail_state state;
        bool aside, pending;
    } rows[FAKE_MAILS * 4];
    int n, gone, batches;
    int refuse_number;  /* a mail that it cannot keep */
    int fail_batches;   /* so many calls fail as a whole */
    bool forgets_again; /* does not look for duplicates */
};

static inline int kept_row(struct kept *k, uint32_t uid) {
    for (int i = 0; i < k->n; i++)
        if (k->rows[i].uid == uid) return i;
    memset(&k->rows[k->n], 0, sizeof k->rows[k->n]);
    k->rows[k->n].uid = uid;
    return k->n++;
}

static inline int kept_aside(const struct kept *k) {
    int n = 0;
    for (int i = 0; i < k->n; i++) n += k->rows[i].aside;
    return n;
}

static inline int kept_pending(const struct kept *k) {
    int n = 0;
    for (int i = 0; i < k->n; i++) n += k->rows[i].pending;
    return n;
}

static inline void kept_stand(const struct kept *k, arena *a, struct imap_stand *s) {
    *s = (struct imap_stand){
        .uidvalidity = k->uidvalidity, .mark = k->mark, .old_until = k->old_until, .modseq = k->modseq};
    for (int i = 0; i < k->n; i++) {
        struct imap_uid u = {k->rows[i].uid, k->rows[i].tries, k->rows[i].retry_at};
        if (k->rows[i].aside) *list_add(a, &s->aside) = u;
        if (k->rows[i].pending) *list_add(a, &s->pending) = u;
    }
}

static inline int mail_number(str bytes) {
    size_t at = str_find(bytes, S("Mail \""), 0);
    int64_t n;
    if (at == SIZE_MAX || !str_to_int(str_slice(bytes, at + 6, str_find_char(bytes, '"', at + 6)), &n))
        abort();
    return (int)n;
}

static inline err kept_keep(struct kept *k, struct imap_batch *b) {
    k->batches++;
    if (k->fail_batches > 0) {
        k->fail_batches--;
        return ERR_FULL;
    }
    if (b->fresh) k->n = 0;
    if (b->uidvalidity == k->uidvalidity && b->mark < k->mark) abort();
    for (size_t i = 0; i < b->n; i++) {
        struct imap_mail *m = &b->mails[i];
        int row = kept_row(k, m->uid);
        if (i && m->uid <= b->mails[i - 1].uid) abort();
        k->rows[row].state = m->state;
        if (m->state == IMAP_MAIL_HERE) {
            int number = mail_number(m->bytes);
            m->result = number == k->refuse_number ? ERR_INTERNAL : ERR_NONE;
            bool known = b->again && k->times[number] && !k->forgets_again;
            if (m->result == ERR_NONE && !known) k->times[number]++;
        }
        bool done = m->state == IMAP_MAIL_GONE || (m->state == IMAP_MAIL_HERE && m->result == ERR_NONE);
        k->gone += m->state == IMAP_MAIL_GONE;
        k->rows[row].aside = !done;
        k->rows[row].tries = m->tries;
        k->rows[row].retry_at = m->retry_at;
        k->rows[row].pending = b->pending && m->state == IMAP_MAIL_HERE && m->result == ERR_NONE;
    }
    k->uidvalidity = b->uidvalidity;
    k->mark = b->mark;
    k->old_until = b->old_until;
    k->modseq = b->modseq;
    return ERR_NONE;
}

static inline void kept_acted(struct kept *k, const struct imap_acted *acted) {
    for (size_t i = 0; i < acted->n; i++) k->rows[kept_row(k, acted->uids[i])].pending = false;
}

/* --- Both with a session between them --- */

struct talk {
    struct fake *fake;
    struct kept *kept;
    imap_session *session;
    struct imap_now now;
    size_t heard;  /* bytes of the server that were heard on this connection */
    size_t cut_at; /* after so many the connection breaks; SIZE_MAX never */
    size_t piece;  /* bytes are heard in pieces of this length */
    bool room_asked;
    size_t room, peak; /* the most that was asked for, and held */
};

typedef enum talk_end { TALK_QUIET, TALK_CUT, TALK_CLOSED } talk_end;

static inline void talk_answer(struct talk *t, imap_want want) {
    ARENA_AUTO arena *a = arena_new(0);
    struct imap_stand stand;
    if (want == IMAP_WANT_STAND) {
        kept_stand(t->kept, a, &stand);
        imap_session_stand(t->session, ERR_NONE, S(""), &stand, t->now);
    } else if (want == IMAP_WANT_ROOM) {
        t->room_asked = true;
        if (imap_session_room_wanted(t->session) > t->room) t->room = imap_session_room_wanted(t->session);
        imap_session_room(t->session, t->now);
    } else if (want == IMAP_WANT_KEEP) {
        err e = kept_keep(t->kept, imap_session_batch(t->session));
        imap_session_kept(t->session, e, e ? S("The disk is full.") : S(""), t->now);
    } else {
        kept_acted(t->kept, imap_session_acts(t->session));
        imap_session_noted(t->session, t->now);
    }
}

/* Until nothing more happens. */
static talk_end talk_on(struct talk *t) {
    for (;;) {
        imap_want want = imap_session_want(t->session);
        if (want == IMAP_WANT_CLOSE) return TALK_CLOSED;
        if (want != IMAP_WANT_READ) {
            talk_answer(t, want);
            continue;
        }
        buf *said = imap_session_out(t->session);
        fake_hear(t->fake, buf_str(said));
        buf_clear(said);
        if (t->heard >= t->cut_at) return TALK_CUT;
        size_t n = t->fake->out.n;
        if (n == 0) return t->fake->broken ? TALK_CUT : TALK_QUIET;
        if (n > t->piece) n = t->piece;
        if (n > t->cut_at - t->heard) n = t->cut_at - t->heard;
        size_t used = imap_session_feed(t->session, str_slice(buf_str(&t->fake->out), 0, n), t->now);
        buf_drop_front(&t->fake->out, used);
        t->heard += used;
        if (imap_session_memory(t->session) > t->peak) t->peak = imap_session_memory(t->session);
    }
}

static talk_end talk_connect(struct talk *t) {
    t->heard = 0;
    fake_hang_up(t->fake);
    imap_session_open(t->session, t->now);
    return talk_on(t);
}

#endif
