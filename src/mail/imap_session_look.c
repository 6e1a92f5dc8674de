/* Opening a folder and looking for what is new in it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_names.h"
#include "mail/imap_session_own.h"

enum { ASIDE_AT_ONCE = 100 };

/* --- What is known of a folder --- */

/* Where it stands or would stand. */
static size_t aside_at(const struct folder *f, uint32_t uid) {
    size_t from = 0, to = f->naside;
    if (to && f->aside[to - 1].uid < uid) return to;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (f->aside[mid].uid < uid)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

struct imap_uid *session_aside(struct folder *f, uint32_t uid) {
    size_t at = aside_at(f, uid);
    return at < f->naside && f->aside[at].uid == uid ? &f->aside[at] : NULL;
}

static void room_for_asides(struct folder *f, size_t n) {
    if (n <= f->aside_cap) return;
    f->aside_cap = n < 4 ? 4 : n * 2;
    f->aside = memory_again(f->aside, f->aside_cap * sizeof *f->aside);
}

void session_set_aside(struct folder *f, uint32_t uid, int tries, int64_t retry_at) {
    size_t at = aside_at(f, uid);
    if (at == f->naside || f->aside[at].uid != uid) {
        room_for_asides(f, f->naside + 1);
        memmove(f->aside + at + 1, f->aside + at, (f->naside - at) * sizeof *f->aside);
        f->naside++;
    }
    f->aside[at] = (struct imap_uid){uid, tries, retry_at};
}

void session_not_aside(struct folder *f, uint32_t uid) {
    size_t at = aside_at(f, uid);
    if (at == f->naside || f->aside[at].uid != uid) return;
    f->naside--;
    memmove(f->aside + at, f->aside + at + 1, (f->naside - at) * sizeof *f->aside);
}

static int by_uid(const void *a, const void *b) {
    const struct imap_uid *x = a, *y = b;
    return (x->uid > y->uid) - (x->uid < y->uid);
}

/* All that were noted, in whatever order. */
static void load_asides(struct folder *f, const struct imap_stand *stand) {
    size_t n = 0;
    f->naside = 0;
    if (stand->aside.n == 0) return;
    room_for_asides(f, stand->aside.n);
    memcpy(f->aside, stand->aside.v, stand->aside.n * sizeof *f->aside);
    qsort(f->aside, stand->aside.n, sizeof *f->aside, by_uid);
    for (size_t i = 0; i < stand->aside.n; i++)
        if (n == 0 || f->aside[n - 1].uid != f->aside[i].uid) f->aside[n++] = f->aside[i];
    f->naside = n;
}

void session_add_gap(struct folder *f, uint32_t first, uint32_t last, int64_t mono) {
    if (!f->gaps) f->gaps = memory_take(GAPS_MAX * sizeof *f->gaps);
    /* The oldest gives way. */
    if (f->ngaps == GAPS_MAX) memmove(f->gaps, f->gaps + 1, (size_t)--f->ngaps * sizeof *f->gaps);
    f->gaps[f->ngaps++] = (struct gap){first, last, mono + GAP_MS};
}

static void end_gaps(struct folder *f, int64_t mono) {
    int n = 0;
    for (int i = 0; i < f->ngaps; i++)
        if (f->gaps[i].until > mono) f->gaps[n++] = f->gaps[i];
    f->ngaps = n;
}

/* A mail was in there after all. */
void session_end_gap(struct folder *f, uint32_t uid) {
    for (int i = 0; i < f->ngaps; i++) {
        struct gap *g = &f->gaps[i];
        if (uid < g->first || uid > g->last) continue;
        int64_t mono = g->until - GAP_MS;
        uint32_t first = g->first, last = g->last;
        memmove(g, g + 1, (size_t)(f->ngaps - i - 1) * sizeof *g);
        f->ngaps--;
        if (uid > first) session_add_gap(f, first, uid - 1, mono);
        if (uid < last) session_add_gap(f, uid + 1, last, mono);
        return;
    }
}

void session_drop_folder(struct folder *f) {
    imap_uids_free(&f->pending);
    free(f->aside);
    free(f->gaps);
    f->aside = NULL;
    f->gaps = NULL;
    f->naside = f->aside_cap = 0;
    f->ngaps = 0;
}

void imap_session_stand(imap_session *s, err result, str says, const struct imap_stand *stand,
                        struct imap_now now) {
    if (s->step != STEP_STAND) return;
    struct folder *f = session_folder(s);
    if (result) {
        session_fail(s, result, "%.*s", STR_FMT(says));
        return;
    }
    /* Gaps are known to nobody else: they stay while the folder is the same one. */
    if (f->uidvalidity != stand->uidvalidity) f->ngaps = 0;
    imap_uids_free(&f->pending);
    f->uidvalidity = stand->uidvalidity;
    f->mark = stand->mark;
    f->old_until = stand->old_until;
    f->modseq = stand->modseq;
    f->fresh = f->again = false;
    load_asides(f, stand);
    for (size_t i = 0; i < stand->pending.n; i++)
        imap_uids_put(&f->pending, stand->pending.v[i].uid, stand->pending.v[i].uid);
    imap_uids_settle(&f->pending);
    f->loaded = true;
    session_select(s, now);
}

/* --- SELECT --- */

void session_select(imap_session *s, struct imap_now now) {
    bool plain = (s->capabilities & IMAP_HAS_REV2) && !(s->capabilities & IMAP_HAS_REV1);
    session_begin(s, session_after(s) == IMAP_AFTER_NOTHING ? "EXAMINE" : "SELECT");
    buf_add_char(&s->out, ' ');
    size_t start = s->out.n;
    if (!imap_name_quote(session_folder(s)->name, &s->out)) s->out.failed = true;
    if (plain) {
        /* A server of IMAP4rev2 alone has names in UTF-8 (RFC 9051 5.1). */
        str name = session_folder(s)->name;
        s->out.n = start;
        buf_add_char(&s->out, '"');
        for (size_t i = 0; i < name.n; i++) {
            if (name.p[i] == '"' || name.p[i] == '\\') buf_add_char(&s->out, '\\');
            buf_add_char(&s->out, name.p[i]);
        }
        buf_add_char(&s->out, '"');
    }
    if (s->capabilities & IMAP_HAS_CONDSTORE) buf_add_z(&s->out, " (CONDSTORE)");
    s->selected = -1;
    s->exists = s->uidnext = s->uidvalidity = 0;
    s->modseq = 0;
    s->news = s->not_sticky = s->read_only = false;
    session_send(s, STEP_SELECT, 0, now);
}

static void folder_failed(imap_session *s, struct imap_now now) {
    session_folder(s)->failed = true;
    session_next_folder(s, now);
}

/* The folder was made anew: nothing that is known of its UIDs counts any more. */
static void begin_anew(imap_session *s, struct folder *f) {
    f->again = f->uidvalidity != 0;
    f->fresh = true;
    f->uidvalidity = s->uidvalidity;
    f->mark = 0;
    f->modseq = 0;
    f->naside = 0;
    f->ngaps = 0;
    imap_uids_free(&f->pending);
    f->old_until = session_since(s) && s->uidnext ? s->uidnext - 1 : 0;
}

void session_selected(imap_session *s, bool ok, struct imap_now now) {
    struct folder *f = session_folder(s);
    if (!ok || s->uidvalidity == 0 || s->not_sticky) {
        if (!ok)
            session_warn(s, ERR_INVALID, "The folder %.*s cannot be opened: %s",
                         STR_FMT(str_clip_utf8(f->name, 100)), s->words);
        else
            session_warn(
                s, ERR_INVALID,
                "The folder %.*s gives its mails no lasting numbers (UIDVALIDITY), so that none could be "
                "told from another. It is not read.",
                STR_FMT(str_clip_utf8(f->name, 100)));
        folder_failed(s, now);
        return;
    }
    s->selected = (int)s->at;
    s->selecting_known = true;
    if (f->uidvalidity != s->uidvalidity) begin_anew(s, f);
    if (s->read_only && session_after(s) != IMAP_AFTER_NOTHING) {
        s->cannot_act = true;
        session_warn(s, ERR_NONE, "The folder %.*s is read-only: mails are fetched, but not %s.",
                     STR_FMT(str_clip_utf8(f->name, 100)),
                     session_after(s) == IMAP_AFTER_FLAG ? "flagged" : "moved");
    }
    if (f->pending.n && (session_may_act(s) || session_after(s) == IMAP_AFTER_NOTHING)) {
        s->act_first = true;
        session_act(s, now);
    } else
        session_search(s, now);
}

/* --- SEARCH --- */

static bool is_due(const imap_session *s, const struct imap_uid *u, struct imap_now now) {
    return s->forced || (u->retry_at && u->retry_at <= now.wall);
}

/* The UIDs at or below the mark that are worth a look. What is due may be another when the answer comes. */
static void choose_older(imap_session *s, struct imap_now now) {
    struct folder *f = session_folder(s);
    size_t n = 0;
    end_gaps(f, now.mono);
    size_t from = aside_at(f, f->aside_asked + 1);
    for (size_t i = 0; i < f->naside && n < ASIDE_AT_ONCE; i++) {
        const struct imap_uid *u = &f->aside[(from + i) % f->naside];
        if (!is_due(s, u, now)) continue;
        imap_uids_put(&s->asked_aside, u->uid, u->uid);
        f->aside_asked = u->uid;
        n++;
    }
    for (int i = 0; i < f->ngaps; i++) imap_uids_put(&s->asked_gaps, f->gaps[i].first, f->gaps[i].last);
    imap_uids_settle(&s->asked_aside);
    imap_uids_settle(&s->asked_gaps);
}

/* Can there be nothing new? Known only right after SELECT. */
static bool nothing_new(const imap_session *s, const struct folder *f) {
    if (!s->selecting_known || f->fresh || f->mark < f->old_until) return false;
    if (s->modseq && s->modseq == f->modseq) return true;
    return s->uidnext && s->uidnext - 1 <= f->mark;
}

/* "UID 3,7,12:*", and what was there at the beginning only when it is recent enough. */
static void write_criteria(imap_session *s, const struct folder *f, const struct imap_uids *older) {
    bool old = session_since(s) && f->mark < f->old_until;
    if (old) {
        buf_add_fmt(&s->out, "OR (UID %u:%u SINCE ", f->mark + 1, f->old_until);
        /* A day early: INTERNALDATE's zone is the server's. The exact time is looked at later. */
        imap_day(session_since(s) - DAY_MS, &s->out);
        buf_add_z(&s->out, ") ");
    }
    buf_add_z(&s->out, "UID ");
    uint32_t from = old ? f->old_until : f->mark;
    if (older->n) imap_uids_write(older, COMMAND_MAX - 1000, &s->out);
    if (older->n && from < UINT32_MAX) buf_add_char(&s->out, ',');
    if (from < UINT32_MAX) buf_add_fmt(&s->out, "%u:*", from + 1);
}

void session_drop_search(imap_session *s) {
    imap_uids_free(&s->asked_aside);
    imap_uids_free(&s->asked_gaps);
    imap_uids_free(&s->found);
    imap_uids_free(&s->todo);
    imap_uids_free(&s->gone);
}

void session_search(imap_session *s, struct imap_now now) {
    struct folder *f = session_folder(s);
    struct imap_uids older = {0};
    session_drop_search(s);
    choose_older(s, now);
    for (size_t i = 0; i < s->asked_aside.n; i++)
        imap_uids_put(&older, s->asked_aside.v[i].first, s->asked_aside.v[i].last);
    for (size_t i = 0; i < s->asked_gaps.n; i++)
        imap_uids_put(&older, s->asked_gaps.v[i].first, s->asked_gaps.v[i].last);
    imap_uids_settle(&older);
    s->to_old_end = true;
    s->news = false;
    if (older.n == 0 && (nothing_new(s, f) || f->mark == UINT32_MAX)) {
        session_folder_done(s, now);
    } else if (s->exists == 0) {
        session_searched(s, true, now);
    } else {
        session_begin(s, s->capabilities & IMAP_HAS_ESEARCH ? "UID SEARCH RETURN (ALL) " : "UID SEARCH ");
        write_criteria(s, f, &older);
        session_send(s, STEP_SEARCH, 0, now);
    }
    imap_uids_free(&older);
}

/* Holes among what is new: expunged, or not shown yet. */
static void note_gaps(imap_session *s, struct folder *f, struct imap_now now) {
    if (f->mark == 0 || f->mark < f->old_until) return;
    uint32_t next = f->mark + 1;
    for (size_t i = 0; i < s->found.n; i++) {
        const struct imap_range *r = &s->found.v[i];
        if (r->last <= f->mark) continue;
        if (r->first > next) session_add_gap(f, next, r->first - 1, now.mono);
        if (r->last == UINT32_MAX) return;
        next = r->last + 1;
    }
}

/* From what was found to what is to be done. "12:*" names the last mail even when its UID is below 12 (RFC
 * 9051 9, seq-range), so what was not asked for is left out here. False when it does not fit. */
static bool choose_todo(imap_session *s, const struct folder *f) {
    bool fits = true;
    for (size_t i = 0; i < s->asked_aside.n; i++)
        for (uint64_t uid = s->asked_aside.v[i].first; uid <= s->asked_aside.v[i].last; uid++) {
            imap_uids_put(&s->todo, (uint32_t)uid, (uint32_t)uid);
            if (!imap_uids_has(&s->found, (uint32_t)uid))
                imap_uids_put(&s->gone, (uint32_t)uid, (uint32_t)uid);
        }
    for (size_t k = 0; k < s->asked_gaps.n; k++) {
        struct imap_range g = s->asked_gaps.v[k];
        for (size_t i = imap_uids_at(&s->found, g.first); i < s->found.n && s->found.v[i].first <= g.last;
             i++) {
            struct imap_range r = s->found.v[i];
            fits &= imap_uids_put(&s->todo, r.first > g.first ? r.first : g.first,
                                  r.last < g.last ? r.last : g.last);
        }
    }
    for (size_t i = imap_uids_at(&s->found, f->mark); i < s->found.n; i++) {
        struct imap_range r = s->found.v[i];
        if (r.last > f->mark)
            fits &= imap_uids_put(&s->todo, r.first > f->mark ? r.first : f->mark + 1, r.last);
    }
    imap_uids_settle(&s->todo);
    imap_uids_settle(&s->gone);
    return fits;
}

void session_searched(imap_session *s, bool ok, struct imap_now now) {
    struct folder *f = session_folder(s);
    if (!ok) {
        session_fail(s, ERR_INVALID, "The mail server refuses to search: %s", s->words);
        return;
    }
    if (!choose_todo(s, f)) {
        session_fail(s, ERR_INVALID, "The mail server named more mails than can be told apart.");
        return;
    }
    /* A server that does not tell UIDNEXT: what is there now is what was there at first. */
    if (f->fresh && session_since(s) && f->old_until == 0) f->old_until = imap_uids_last(&s->found);
    note_gaps(s, f, now);
    imap_uids_free(&s->found);
    session_fetch(s, now);
}

/* All that is in it was dealt with. */
void session_folder_done(imap_session *s, struct imap_now now) {
    struct folder *f = session_folder(s);
    bool passed = s->to_old_end && f->mark < f->old_until;
    if (s->selecting_known) f->modseq = s->modseq;
    s->to_old_end = false;
    if (f->fresh || passed) {
        if (passed) f->mark = f->old_until;
        session_keep_stand(s);
        return;
    }
    s->selecting_known = false;
    if (s->news)
        session_search(s, now);
    else
        session_next_folder(s, now);
}
