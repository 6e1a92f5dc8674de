/* From UIDs to bytes. A window of mails is asked for sizes first, then their bodies come in batches. What
 * does not come is looked for once more (was it expunged?), then asked for alone, and only then set aside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_session_own.h"

/* Servers that reckon sizes are some bytes off (Exchange): so much more than was said is taken. */
enum { SLACK_BYTES = 64 * 1024, SLACK_PART = 8 };

/* A sentence of at most SAYS_MAX bytes, of malloc. */
static void explain(struct coming *c, const char *first, const char *words) {
    free(c->says);
    c->says = memory_take(SAYS_MAX);
    (void)snprintf(c->says, SAYS_MAX, "%s%s%.300s", first, words[0] ? ": " : ".", words);
}

static void drop_coming(struct coming *c) {
    free(c->body);
    free(c->says);
    c->body = c->says = NULL;
    c->n = 0;
}

void session_drop_window(imap_session *s) {
    for (size_t i = 0; i < s->ncoming; i++) drop_coming(&s->coming[i]);
    free(s->coming);
    free(s->mails);
    s->coming = NULL;
    s->mails = NULL;
    s->ncoming = s->from = s->to = 0;
}

/* No bytes are to be asked for, or no more. */
static bool is_settled(const struct coming *c) {
    return c->came || c->passed || c->failed || c->too_large || c->gone;
}

static struct coming *find(imap_session *s, uint32_t uid) {
    size_t from = 0, to = s->ncoming;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (s->coming[mid].uid < uid)
            from = mid + 1;
        else
            to = mid;
    }
    return from < s->ncoming && s->coming[from].uid == uid ? &s->coming[from] : NULL;
}

/* "UID FETCH 3:5,9 (UID ...)" for those that `asks`. False when there is none. */
static bool write_fetch(imap_session *s, size_t from, size_t to, bool (*asks)(const struct coming *c),
                        const char *items) {
    struct imap_uids set = {0};
    for (size_t i = from; i < to; i++)
        if (asks(&s->coming[i])) imap_uids_add(&set, s->coming[i].uid, s->coming[i].uid);
    bool any = set.n > 0;
    if (any) {
        session_begin(s, "UID FETCH ");
        imap_uids_write(&set, COMMAND_MAX, &s->out);
        buf_add_z(&s->out, items);
    }
    imap_uids_free(&set);
    return any;
}

/* --- The window --- */

static void plan(imap_session *s, uint32_t uid, struct coming *c) {
    const struct imap_uid *aside = session_aside(session_folder(s), uid);
    *c = (struct coming){.uid = uid, .tries = aside ? aside->tries + 1 : 1};
    c->gone = imap_uids_has(&s->gone, uid);
    if (!c->gone && uid == s->strike_uid && s->strikes >= (aside ? 1 : STRIKES)) {
        c->failed = true;
        explain(c, "The connection broke each time this mail was fetched", "");
        s->strikes = 0;
    }
}

static bool wants_size(const struct coming *c) { return !is_settled(c); }

void session_fetch(imap_session *s, struct imap_now now) {
    session_drop_window(s);
    size_t max = (size_t)s->options.batch_mails, n = 0;
    if (s->todo.n == 0) {
        session_folder_done(s, now);
        return;
    }
    s->coming = memory_zeroed(max * sizeof *s->coming);
    for (size_t i = 0; i < s->todo.n && n < max; i++)
        for (uint64_t uid = s->todo.v[i].first; uid <= s->todo.v[i].last && n < max; uid++)
            plan(s, (uint32_t)uid, &s->coming[n++]);
    imap_uids_remove(&s->todo, s->coming[0].uid, s->coming[n - 1].uid);
    s->ncoming = n;
    if (s->size_breaks < 2 && write_fetch(s, 0, n, wants_size, " (UID INTERNALDATE RFC822.SIZE)"))
        session_send(s, STEP_SIZES, 0, now);
    else
        session_sizes_done(s, now);
}

static void too_large(imap_session *s, struct coming *c, uint64_t size) {
    c->too_large = true;
    c->size = size;
    free(c->says);
    c->says = memory_take(SAYS_MAX);
    (void)snprintf(c->says, SAYS_MAX, "This mail has %llu KB; at most %llu KB are fetched.",
                   (unsigned long long)(size + 1023) / 1024, (unsigned long long)s->account->max_size / 1024);
}

/* Whatever the server answered: a mail without a size is asked for alone. */
void session_sizes_done(imap_session *s, struct imap_now now) {
    const struct folder *f = session_folder(s);
    s->size_breaks = 0;
    for (size_t i = 0; i < s->ncoming; i++) {
        struct coming *c = &s->coming[i];
        if (is_settled(c)) continue;
        if (c->uid <= f->old_until && c->uid > f->mark && c->internaldate &&
            c->internaldate < session_since(s))
            c->passed = true;
        else if (c->has_size && c->size > s->account->max_size)
            too_large(s, c, c->size);
    }
    session_bodies(s, now);
}

/* --- Bodies --- */

static bool wants_body(const struct coming *c) { return !is_settled(c) && !c->asked; }

/* How far the next batch goes. */
static size_t end_of_batch(const imap_session *s, size_t from) {
    uint64_t bytes = 0;
    size_t asked = 0, i = from;
    for (; i < s->ncoming; i++) {
        const struct coming *c = &s->coming[i];
        /* What has failed is handed over before another mail may break the connection. */
        if (c->failed) return i + 1;
        if (is_settled(c)) continue;
        bool alone = !c->has_size || c->larger || c->uid <= s->alone_until;
        if (asked && (alone || bytes + c->size > s->options.batch_bytes)) break;
        asked++;
        bytes += c->size;
        if (alone) return i + 1;
    }
    return i;
}

size_t session_room_wanted(const imap_session *s) {
    uint64_t bytes = 0;
    for (size_t i = s->from; i < s->to; i++) {
        const struct coming *c = &s->coming[i];
        if (c->came)
            bytes += c->n;
        else if (!is_settled(c) && !(c->larger && c->asked))
            bytes += c->has_size ? c->size : s->options.batch_bytes;
    }
    return (size_t)bytes;
}

void session_bodies(imap_session *s, struct imap_now now) {
    if (s->from >= s->ncoming) {
        session_fetch(s, now);
        return;
    }
    s->to = end_of_batch(s, s->from);
    s->verified = false;
    bool any = false;
    for (size_t i = s->from; i < s->to; i++) any |= wants_body(&s->coming[i]);
    if (any)
        session_wait(s, STEP_ROOM);
    else
        session_keep(s, now);
}

/* What the server said of its sizes was believed for granting room, and is so much worth: the next body may
 * take what is left. */
static void limit_bodies(imap_session *s) {
    uint64_t limit = s->room + s->room / SLACK_PART + SLACK_BYTES, came = 0;
    for (size_t i = s->from; i < s->to; i++)
        if (s->coming[i].came) came += s->coming[i].n;
    limit = came < limit ? limit - came : 0;
    s->body_limit = limit < s->account->max_size ? (size_t)limit : s->account->max_size;
    imap_reader_limit(s->reader, s->body_limit);
}

void session_ask_bodies(imap_session *s, struct imap_now now) {
    uint64_t bytes = s->room = session_room_wanted(s);
    size_t asked = 0;
    if (!write_fetch(s, s->from, s->to, wants_body, " (UID INTERNALDATE BODY.PEEK[])")) {
        session_bodies_done(s, now);
        return;
    }
    for (size_t i = s->from; i < s->to; i++) asked += wants_body(&s->coming[i]);
    for (size_t i = s->from; i < s->to; i++) {
        struct coming *c = &s->coming[i];
        if (!wants_body(c)) continue;
        c->asked = true;
        c->alone = asked == 1;
    }
    session_send(s, STEP_BODIES, bytes, now);
    limit_bodies(s);
}

/* It was passed over, or would take more memory than there is. */
static void refuse_body(imap_session *s, struct coming *c, uint64_t size) {
    if (size > s->account->max_size) {
        too_large(s, c, size);
    } else if (size <= s->body_limit) {
        c->failed = true;
        explain(c, "The desk had no memory left to fetch this mail", "");
    } else if (c->larger) {
        c->failed = true;
        explain(c, "The mail server says another size of this mail each time", "");
    } else {
        c->larger = c->has_size = true;
        c->size = size;
    }
}

void session_got_fetch(imap_session *s, const struct imap_response *r) {
    const struct imap_fetch *f = &r->fetch;
    if (f->body_state != IMAP_BODY_NONE && !f->uid) {
        session_fail(s, ERR_INVALID, "The mail server sent a mail without its UID.");
        return;
    }
    struct coming *c = f->uid && s->coming ? find(s, f->uid) : NULL;
    if (!c || is_settled(c)) return;
    if (s->step == STEP_SIZES && f->has_size) {
        c->has_size = true;
        c->size = f->size;
    }
    if (f->internaldate) c->internaldate = f->internaldate;
    if (s->step != STEP_BODIES || !c->asked) return;
    if (f->body_state == IMAP_BODY_TOO_BIG ||
        (f->body_state == IMAP_BODY_HERE && f->body.n > s->body_limit)) {
        refuse_body(s, c, f->body_size);
    } else if (f->body_state == IMAP_BODY_HERE && (f->body.n || !c->has_size || c->size == 0)) {
        /* (An empty answer for a mail that has a size is a failure of the server.) */
        str body = imap_reader_take_body(s->reader);
        if (body.p == NULL && f->body.n) {
            /* It came as a quoted string. */
            char *p = memory_take(f->body.n);
            memcpy(p, f->body.p, f->body.n);
            body = (str){p, f->body.n};
        }
        c->came = true;
        c->body = (char *)body.p;
        c->n = body.n;
        limit_bodies(s);
    }
}

/* The next of those that did not come, alone; or what there is, is kept. */
static void ask_alone(imap_session *s, struct imap_now now) {
    for (size_t i = s->from; i < s->to; i++) {
        struct coming *c = &s->coming[i];
        if (is_settled(c)) continue;
        session_begin(s, "UID FETCH ");
        buf_add_int(&s->out, c->uid);
        buf_add_z(&s->out, " (UID INTERNALDATE BODY.PEEK[])");
        c->asked = c->alone = true;
        s->verified = false;
        session_send(s, STEP_BODIES, c->has_size ? c->size : s->account->max_size, now);
        limit_bodies(s);
        return;
    }
    session_keep(s, now);
}

static bool did_not_come(const struct coming *c) { return !is_settled(c) && c->asked; }

/* The batch ends before the first mail that was larger than its room: that one begins the next, which gets
 * room for its true size. Nothing behind it is held meanwhile, or accounts that hold some and wait for more
 * could wait for each other. */
static void cut_before_larger(imap_session *s) {
    size_t to = s->from;
    while (to < s->to && !(s->coming[to].larger && !is_settled(&s->coming[to]))) to++;
    for (size_t i = to; i < s->to; i++) {
        struct coming *c = &s->coming[i];
        free(c->body);
        c->body = NULL;
        c->n = 0;
        c->came = c->asked = c->alone = false;
    }
    s->to = to;
}

void session_bodies_done(imap_session *s, struct imap_now now) {
    cut_before_larger(s);
    if (s->to == s->from) {
        session_bodies(s, now);
        return;
    }
    struct imap_uids missing = {0};
    for (size_t i = s->from; i < s->to; i++) {
        struct coming *c = &s->coming[i];
        if (!did_not_come(c)) continue;
        imap_uids_add(&missing, c->uid, c->uid);
        if (c->alone) explain(c, "The mail server does not give this mail", s->words);
    }
    imap_uids_free(&s->found);
    if (missing.n == 0) {
        ask_alone(s, now);
    } else if (s->exists == 0) {
        session_verified(s, true, now);
    } else {
        session_begin(s, s->capabilities & IMAP_HAS_ESEARCH ? "UID SEARCH RETURN (ALL) UID "
                                                            : "UID SEARCH UID ");
        imap_uids_write(&missing, COMMAND_MAX, &s->out);
        session_send(s, STEP_VERIFY, 0, now);
    }
    imap_uids_free(&missing);
}

/* `found` are those that are still there. When the server could not say, all are taken to be. */
void session_verified(imap_session *s, bool ok, struct imap_now now) {
    struct folder *f = session_folder(s);
    for (size_t i = s->from; i < s->to; i++) {
        struct coming *c = &s->coming[i];
        if (!did_not_come(c)) continue;
        if (ok && !imap_uids_has(&s->found, c->uid)) {
            c->gone = true;
            if (c->uid > f->mark) session_add_gap(f, c->uid, c->uid, now.mono);
        } else if (c->alone)
            c->failed = true;
    }
    imap_uids_free(&s->found);
    ask_alone(s, now);
}

/* Mails come in the order of their UIDs, mostly: it broke at the first that had not come. */
void session_broke(imap_session *s) {
    if (s->step == STEP_SIZES) s->size_breaks++;
    if (s->step != STEP_BODIES) return;
    const struct coming *first = NULL, *last = NULL;
    for (size_t i = s->from; i < s->to; i++) {
        const struct coming *c = &s->coming[i];
        if (is_settled(c) || !c->asked) continue;
        if (!first) first = c;
        last = c;
    }
    if (!first) return;
    if (first != last) {
        s->alone_until = last->uid;
        return;
    }
    s->strikes = s->strike_uid == first->uid ? s->strikes + 1 : 1;
    s->strike_uid = first->uid;
    s->alone_until = first->uid;
}
