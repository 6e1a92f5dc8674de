/* What is done with mails that were kept: a flag, or another folder. All by UID; a plain EXPUNGE, which
 * deletes what others marked, is never said. */
#include <stdlib.h>

#include "base/memory.h"
#include "mail/imap_names.h"
#include "mail/imap_session_own.h"

enum { SET_BYTES = 2000 };

/* The first of those that are pending, as many as one command takes. */
static void choose(imap_session *s) {
    const struct folder *f = session_folder(s);
    BUF_AUTO buf set = BUF_MAX(SET_BYTES + 64);
    size_t ranges = imap_uids_write(&f->pending, SET_BYTES, &set);
    imap_uids_free(&s->acting);
    for (size_t i = 0; i < ranges; i++)
        imap_uids_add(&s->acting, f->pending.v[i].first, f->pending.v[i].last);
}

static void add_set(imap_session *s) { imap_uids_write(&s->acting, SET_BYTES * 2, &s->out); }

static void add_folder(imap_session *s) {
    buf_add_char(&s->out, ' ');
    if (!imap_name_quote(s->account->move_to, &s->out)) s->out.failed = true;
}

/* They are no longer pending. */
static void done(imap_session *s) {
    const struct folder *f = session_folder(s);
    size_t n = (size_t)imap_uids_count(&s->acting), at = 0;
    free(s->acted);
    s->acted = memory_take(n * sizeof *s->acted);
    for (size_t i = 0; i < s->acting.n; i++)
        for (uint64_t uid = s->acting.v[i].first; uid <= s->acting.v[i].last; uid++)
            s->acted[at++] = (uint32_t)uid;
    s->acts = (struct imap_acted){s->account->brand, s->account->id, f->name, f->uidvalidity, s->acted, n};
    session_wait(s, STEP_ACTED);
}

void imap_session_noted(imap_session *s, struct imap_now now) {
    if (s->step != STEP_ACTED) return;
    struct folder *f = session_folder(s);
    for (size_t i = 0; i < s->acting.n; i++)
        imap_uids_remove(&f->pending, s->acting.v[i].first, s->acting.v[i].last);
    imap_uids_free(&s->acting);
    free(s->acted);
    s->acted = NULL;
    if (f->pending.n && (session_may_act(s) || session_after(s) == IMAP_AFTER_NOTHING))
        session_act(s, now);
    else
        session_go_on(s, now);
}

static void say_move(imap_session *s, struct imap_now now) {
    bool move = s->capabilities & IMAP_HAS_MOVE;
    session_begin(s, move ? "UID MOVE " : "UID COPY ");
    add_set(s);
    add_folder(s);
    session_send(s, move ? STEP_MOVE : STEP_COPY, 0, now);
}

void session_act(imap_session *s, struct imap_now now) {
    choose(s);
    switch (session_after(s)) {
    case IMAP_AFTER_NOTHING: done(s); return;
    case IMAP_AFTER_FLAG:
        session_begin(s, "UID STORE ");
        add_set(s);
        buf_add_z(&s->out, " +FLAGS.SILENT (");
        buf_add(&s->out, s->account->flag);
        buf_add_char(&s->out, ')');
        session_send(s, STEP_FLAG, 0, now);
        return;
    case IMAP_AFTER_MOVE:
        if (s->capabilities & (IMAP_HAS_MOVE | IMAP_HAS_UIDPLUS)) {
            say_move(s, now);
            return;
        }
        s->cannot_act = true;
        session_warn(
            s, ERR_NONE,
            "This mail server can move single mails neither by MOVE nor by UIDPLUS. Mails are fetched and "
            "stay where they are.");
        session_go_on(s, now);
        return;
    }
}

/* It is not done, and not tried again before the next connection; the mails themselves are kept. */
static void give_up(imap_session *s, const char *what, struct imap_now now) {
    s->cannot_act = true;
    session_warn(s, ERR_NONE, "Mails are fetched, but the mail server does not %s them: %s", what, s->words);
    imap_uids_free(&s->acting);
    session_go_on(s, now);
}

static void begin_delete(imap_session *s, struct imap_now now) {
    session_begin(s, "UID STORE ");
    add_set(s);
    buf_add_z(&s->out, " +FLAGS.SILENT (\\Deleted)");
    session_send(s, STEP_DELETE, 0, now);
}

static void begin_create(imap_session *s, struct imap_now now) {
    s->created = true;
    session_begin(s, "CREATE");
    add_folder(s);
    session_send(s, STEP_CREATE, 0, now);
}

void session_act_answer(imap_session *s, const struct imap_response *r, struct imap_now now) {
    bool ok = r->word == IMAP_OK;
    enum step step = s->step;
    if ((step == STEP_MOVE || step == STEP_COPY) && !ok && r->code == IMAP_CODE_TRYCREATE && !s->created)
        begin_create(s, now);
    else if (step == STEP_CREATE)
        say_move(s, now); /* also when somebody else was quicker */
    else if (!ok)
        give_up(s, step == STEP_FLAG ? "flag" : "move", now);
    else if (step == STEP_COPY)
        begin_delete(s, now);
    else if (step == STEP_DELETE) {
        session_begin(s, "UID EXPUNGE ");
        add_set(s);
        session_send(s, STEP_EXPUNGE, 0, now);
    } else
        done(s);
}
