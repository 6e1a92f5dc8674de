/* Handing over: a batch of mails with the stand after them, and what the keeper made of it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_session_own.h"

static str return_path_value(str line) {
    str value = str_trim(str_slice(line, str_find_char(line, ':', 0) + 1, line.n));
    if (str_starts(value, S("<")) && str_ends(value, S(">"))) value = str_slice(value, 1, value.n - 1);
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] <= ' ' || value.p[i] == 0x7F) return S("");
    return value.n <= 320 && str_is_utf8(value) ? value : S("");
}

/* A sender can write such a field, too, but only beside their own; the server's stands above. */
str imap_return_path(str mail) {
    static const char *const senders[] = {"From:", "To:", "Subject:", "Date:", "Message-ID:", "Sender:"};
    str rest = str_slice(mail, 0, 64 * 1024), line;
    while (str_line(&rest, &line) && line.n) {
        for (size_t i = 0; i < sizeof senders / sizeof *senders; i++)
            if (str_starts_nocase(line, str_z(senders[i]))) return S("");
        if (str_starts_nocase(line, S("Return-Path:"))) return return_path_value(line);
    }
    return S("");
}

/* 10 minutes, 40, an hour and a half, ... a day, when retry_seconds is 10. */
static int64_t retry_at(const imap_session *s, int tries, struct imap_now now) {
    int64_t wait = (int64_t)s->options.retry_seconds * ASIDE_FACTOR * SECOND_MS,
            t = tries > 1000 ? 1000 : tries;
    wait *= t * t;
    return now.wall + (wait < DAY_MS ? wait : DAY_MS);
}

bool session_may_act(const imap_session *s) {
    return session_after(s) != IMAP_AFTER_NOTHING && !s->cannot_act;
}

static void begin_batch(imap_session *s) {
    const struct folder *f = session_folder(s);
    s->batch = (struct imap_batch){
        .brand = s->account->brand,
        .account = s->account->id,
        .folder = f->name,
        .uidvalidity = f->uidvalidity,
        .fresh = f->fresh,
        .again = f->again,
        .mark = f->mark,
        .old_until = f->old_until,
        .pending = session_may_act(s),
    };
}

static struct imap_mail mail_of(const imap_session *s, const struct coming *c, struct imap_now now) {
    struct imap_mail m = {
        .uid = c->uid, .internaldate = c->internaldate, .tries = c->tries, .size = (size_t)c->size};
    m.says = str_z(c->says && !c->came ? c->says : "");
    m.retry_at = retry_at(s, c->tries, now);
    if (c->gone) {
        m.state = IMAP_MAIL_GONE;
    } else if (c->too_large) {
        m.state = IMAP_MAIL_TOO_LARGE;
        m.retry_at = 0;
    } else if (c->came) {
        m.state = IMAP_MAIL_HERE;
        m.bytes = (str){c->body ? c->body : "", c->n};
        m.size = c->n;
        m.return_path = imap_return_path(m.bytes);
        m.result = ERR_INTERNAL; /* until the keeper says otherwise */
    } else
        m.state = IMAP_MAIL_FAILED;
    return m;
}

/* What is in [from, to). A new mail that went away meanwhile is nobody's business. */
void session_keep(imap_session *s, struct imap_now now) {
    begin_batch(s);
    free(s->mails);
    s->mails = memory_zeroed((s->to - s->from + 1) * sizeof *s->mails);
    for (size_t i = s->from; i < s->to; i++) {
        const struct coming *c = &s->coming[i];
        if (c->uid > s->batch.mark) s->batch.mark = c->uid;
        if (c->passed || (c->gone && !session_aside(session_folder(s), c->uid))) continue;
        s->mails[s->batch.n++] = mail_of(s, c, now);
    }
    s->batch.mails = s->mails;
    s->last_batch = s->to == s->ncoming && s->todo.n == 0;
    if (s->last_batch && s->to_old_end && s->batch.mark < s->batch.old_until)
        s->batch.mark = s->batch.old_until;
    if (s->last_batch && s->selecting_known) s->batch.modseq = s->modseq;
    session_wait(s, STEP_KEEP);
}

/* No mails, only where the folder stands. */
void session_keep_stand(imap_session *s) {
    session_drop_window(s);
    begin_batch(s);
    s->batch.modseq = s->selecting_known ? s->modseq : 0;
    session_wait(s, STEP_KEEP);
}

static void note_kept(imap_session *s, struct folder *f, const struct imap_mail *m, struct imap_now now) {
    bool kept = m->state == IMAP_MAIL_HERE && m->result == ERR_NONE;
    session_end_gap(f, m->uid);
    if (kept || m->state == IMAP_MAIL_GONE)
        session_not_aside(f, m->uid);
    else
        session_set_aside(f, m->uid, m->tries, m->retry_at);
    if (!kept) return;
    s->kept++;
    s->mail_at = now.wall;
    if (s->batch.pending) imap_uids_add(&f->pending, m->uid, m->uid);
}

void imap_session_kept(imap_session *s, err result, str says, struct imap_now now) {
    if (s->step != STEP_KEEP) return;
    struct folder *f = session_folder(s);
    if (result) {
        session_fail(s, result, "%.*s", STR_FMT(says));
        return;
    }
    for (size_t i = 0; i < s->batch.n; i++) note_kept(s, f, &s->mails[i], now);
    f->mark = s->batch.mark;
    f->fresh = false;
    for (size_t i = s->from; i < s->to; i++) {
        struct coming *c = &s->coming[i];
        free(c->body);
        c->body = NULL;
        if (c->uid == s->strike_uid) s->strikes = 0;
    }
    s->from = s->to;
    s->act_first = false;
    if (f->pending.n && session_may_act(s))
        session_act(s, now);
    else
        session_go_on(s, now);
}

void session_go_on(imap_session *s, struct imap_now now) {
    if (s->act_first)
        session_search(s, now);
    else if (s->from < s->ncoming)
        session_bodies(s, now);
    else
        session_fetch(s, now);
}
