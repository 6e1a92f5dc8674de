/* An update to each of its subscribers, once. A row stands for each mail before it leaves, `sent` in it
 * before the last dot; a try that did not get so far is made again. */
#include "base/lang.h"
#include "base/random.h"
#include "base/zone.h"
#include "desk/pace.h"
#include "desk/status.h"
#include "desk/status_mail.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/inbox.h"

enum {
    TRIES_MAX = 8,
    AT_ONCE = 50,       /* mails of one run */
    LATER_IN_A_ROW = 5, /* then the mail server has trouble, and not a recipient */
    RUN_MINUTES = 5,    /* no mail is begun later in a run: its lease covers the longest try */
    TRY_MINUTES = 30,   /* a try that was broken off is made again */
    MAIL_MAX_BYTES = 16 << 10,
};

struct telling {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct store_status_update update;
    struct store_brand brand;
    struct store_inbox inbox;
    str headline; /* of its matter */
    const struct zone *zone;

    struct store_subscriber to; /* of the mail in hand */
    struct store_status_mail mail;
    str token, bytes;
    struct send_report report;
    int later; /* in a row */

    bool go, over; /* a mail is in hand; the job has ended or waits */
};

/* The job once more from its first attempt, at another time. */
static err again_at(db_conn *c, struct telling *x, int64_t at) {
    bool mine;
    x->over = true;
    TRY(store_job_finish(c, x->job, &mine));
    if (!mine) return ERR_NONE;
    return store_job_put(c, x->job->brand_id, S("status_tell"), x->job->subject_id, id_new(desk_now(x->d)),
                         at);
}

static err finish(db_conn *c, struct telling *x) {
    bool mine;
    x->over = true;
    return store_job_finish(c, x->job, &mine);
}

static err load_headline(db_conn *c, struct telling *x) {
    store_status_update_list all;
    x->headline = x->update.headline;
    if (x->headline.n) return ERR_NONE;
    TRY(store_status_updates(c, x->a, x->job->brand_id, x->update.id, STATUS_SHOWN_UPDATES, false, &all));
    for (size_t i = 0; i < all.n && !x->headline.n; i++)
        if (all.v[i].matter_id == x->update.matter_id) x->headline = all.v[i].headline;
    return ERR_NONE;
}

static err load(db_conn *c, struct telling *x) {
    int64_t brand = x->job->brand_id;
    bool is_open;
    err e = store_status_update_get(c, x->a, brand, x->job->subject_id, &x->update);
    if (e == ERR_MISSING) return finish(c, x);
    TRY(e);
    TRY(status_is_open(c, x->a, brand, &is_open));
    if (x->update.withdrawn_at || !is_open) {
        TRY(store_status_mail_drop_due(c, brand, x->update.id));
        return finish(c, x);
    }
    TRY(store_brand_by_id(c, x->a, brand, &x->brand));
    TRY(store_inbox_default(c, x->a, brand, &x->inbox));
    if (zone_load(x->brand.zone, &x->zone)) x->zone = zone_utc;
    return load_headline(c, x);
}

static err put_mail(db_conn *c, struct telling *x) {
    return store_status_mail_put(c, x->job->brand_id, &x->mail);
}

/* A mail that waits for its place (no try yet) or for another try. */
static err take_due(db_conn *c, struct telling *x, int64_t now, int64_t *ret_due_at) {
    *ret_due_at = 0;
    err e = store_status_mail_first_due(c, x->a, x->job->brand_id, x->update.id, &x->mail);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    *ret_due_at = x->mail.due_at;
    if (x->mail.due_at > now) return ERR_NONE;
    TRY(store_subscriber_get(c, x->a, x->job->brand_id, x->mail.subscriber_id, &x->to));
    x->go = true;
    return ERR_NONE;
}

/* The next subscriber, who gets the next place of the inbox. */
static err take_next(db_conn *c, struct telling *x, int64_t now) {
    int64_t brand = x->job->brand_id, at;
    TRY(store_subscriber_next(c, x->a, brand, x->update.mail_after, x->update.at, &x->to));
    TRY(pace_take_in(c, brand, x->inbox.id, now, &at));
    x->mail = (struct store_status_mail){.update_id = x->update.id,
                                         .subscriber_id = x->to.id,
                                         .hash = S(""),
                                         .state = STATUS_MAIL_DUE,
                                         .due_at = at,
                                         .at = now};
    x->update.mail_after = x->to.id;
    TRY(store_status_update_mailed(c, brand, x->update.id, x->to.id, 0));
    TRY(put_mail(c, x));
    x->go = at <= now;
    return x->go ? ERR_NONE : again_at(c, x, at);
}

static err begin(db_conn *c, void *arg) {
    struct telling *x = arg;
    int64_t now = desk_now(x->d), due_at;
    x->go = x->over = false;
    TRY(load(c, x));
    if (x->over) return ERR_NONE;
    TRY(take_due(c, x, now, &due_at));
    if (!x->go) {
        err e = take_next(c, x, now);
        if (e && e != ERR_MISSING) return e;
        if (e && due_at) return again_at(c, x, due_at);
        if (e) {
            TRY(store_status_update_mailed(c, x->job->brand_id, x->update.id, x->update.mail_after, now));
            return finish(c, x);
        }
    }
    if (!x->go) return ERR_NONE;
    x->mail.hash = token_hash(x->a, x->token);
    x->mail.tries++;
    x->mail.due_at = now + TRY_MINUTES * (int64_t)MINUTE_MS;
    return put_mail(c, x);
}

/* ---- the mail ---- */

static str when(struct telling *x, int64_t at) {
    struct local_time l;
    zone_local(x->zone, at, &l);
    return str_fmt(x->a, "%04lld-%02d-%02d %02d:%02d", (long long)l.year, l.month, l.day, l.hour, l.minute);
}

static void add_next(struct telling *x, buf *text, const struct lang *l) {
    struct local_time now, next;
    if (!x->update.next_at) return;
    zone_local(x->zone, desk_now(x->d), &now);
    zone_local(x->zone, x->update.next_at, &next);
    bool today = now.year == next.year && now.month == next.month && now.day == next.day;
    str clock = str_fmt(x->a, "%02d:%02d (%.*s)", next.hour, next.minute, STR_FMT(zone_name(x->zone)));
    const str args[] = {today ? clock
                              : str_fmt(x->a, "%.*s (%.*s)", STR_FMT(when(x, x->update.next_at)),
                                        STR_FMT(zone_name(x->zone)))};
    buf_add(text, S("\n\n"));
    lang_fmt(text, l, T("I will write again by {0}."), args, 1);
}

static void add_text(struct telling *x, buf *text, const struct lang *l, str stop) {
    const str args[] = {x->update.by_name,
                        x->brand.name,
                        when(x, x->update.at),
                        zone_name(x->zone),
                        str_fmt(x->a, "%.*s/status/%.*s", STR_FMT(x->d->public_url), STR_FMT(x->brand.slug)),
                        stop};
    if (x->update.headline.n) {
        buf_add(text, x->update.headline);
        buf_add(text, S("\n\n"));
    }
    buf_add(text, x->update.words);
    add_next(x, text, l);
    buf_add(text, S("\n\n"));
    lang_fmt(
        text, l,
        T("{0}, {1}\n{2} ({3})\n\nAll that works and does not: {4}\n\nYou asked for these mails. One click, "
          "and no more come: {5}\n"),
        args, 6);
}

static err compose(struct telling *x) {
    const struct lang *l = lang_find(x->brand.language);
    str address = x->inbox.address, stop = status_link_url(x->d, x->a, x->brand.slug, x->token);
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    const str args[] = {x->brand.name, x->headline};
    const char *titles[STATUS_KINDS] = {T("{0}: {1}"), T("{0}: it works again"), T("{0}: {1}")};
    bool named = x->headline.n || x->update.kind == STATUS_OVER;
    lang_fmt(&subject, l, named ? titles[x->update.kind] : T("News from {0}"), args, 2);
    add_text(x, &text, l, stop);
    struct compose_mail mail = {
        .from = {x->inbox.name.n ? x->inbox.name : x->brand.name, address},
        .subject = str_copy(x->a, buf_str(&subject)),
        .message_id = status_message_id(x->a, x->mail.hash, address),
        .at = desk_now(x->d),
        .text = str_copy(x->a, buf_str(&text)),
        .auto_generated = true,
        .unsubscribe = stop,
    };
    list_add(x->a, &mail.to)->address = x->to.email;
    return compose_bytes(x->a, &mail, &x->bytes);
}

/* The last moment to stop: they may have left, or the update may be withdrawn. */
static err mark_sent(db_conn *c, void *arg) {
    struct telling *x = arg;
    struct store_status_mail there;
    struct store_status_update u;
    TRY(store_status_mail_get(c, x->a, x->job->brand_id, x->update.id, x->to.id, &there));
    TRY(store_status_update_get(c, x->a, x->job->brand_id, x->update.id, &u));
    if (there.state != STATUS_MAIL_DUE || there.tries != x->mail.tries || u.withdrawn_at)
        return err_set(ERR_CONFLICT, "this mail shall not leave any more.");
    x->mail.state = STATUS_MAIL_SENT;
    x->mail.at = desk_now(x->d);
    return put_mail(c, x);
}

static err before_dot(void *context) {
    struct telling *x = context;
    return db_write(x->d->db, mark_sent, x);
}

/* ---- what came of it ---- */

err status_mail_failed_in(db_conn *c, int64_t brand, struct store_status_mail *mail, int64_t subscriber,
                          int64_t now) {
    int64_t failures;
    mail->state = STATUS_MAIL_FAILED;
    mail->at = now;
    TRY(store_status_mail_put(c, brand, mail));
    TRY(store_status_mail_failures(c, brand, subscriber, STATUS_FAILURES_MAX, &failures));
    return failures < STATUS_FAILURES_MAX ? ERR_NONE : store_subscriber_delete(c, brand, subscriber);
}

static err later(db_conn *c, struct telling *x) {
    int64_t tries = x->mail.tries, now = desk_now(x->d);
    x->mail.state = tries >= TRIES_MAX ? STATUS_MAIL_FAILED : STATUS_MAIL_DUE;
    x->mail.due_at = now + tries * tries * (int64_t)MINUTE_MS;
    TRY(put_mail(c, x));
    return x->later < LATER_IN_A_ROW ? ERR_NONE : again_at(c, x, now + RUN_MINUTES * (int64_t)MINUTE_MS);
}

static err end(db_conn *c, void *arg) {
    struct telling *x = arg;
    struct store_status_mail there;
    err e = store_status_mail_get(c, x->a, x->job->brand_id, x->update.id, x->to.id, &there);
    if (e == ERR_MISSING) return ERR_NONE; /* they left meanwhile */
    TRY(e);
    x->mail.at = desk_now(x->d);
    switch (x->report.result) {
    case SEND_ACCEPTED:
    case SEND_UNCERTAIN: x->mail.state = STATUS_MAIL_SENT; return put_mail(c, x);
    case SEND_REFUSED: return status_mail_failed_in(c, x->job->brand_id, &x->mail, x->to.id, desk_now(x->d));
    case SEND_LATER: return later(c, x);
    }
    return ERR_NONE;
}

static err send_one(struct telling *x) {
    x->token = token_new(x->a);
    TRY(db_write(x->d->db, begin, x));
    if (!x->go) return ERR_NONE;
    TRY(compose(x));
    x->report = (struct send_report){SEND_LATER, S("")};
    /* The Maildir knows a mail by a number: both of its ids make one. */
    int64_t id = (int64_t)((uint64_t)x->update.id ^ ((uint64_t)x->to.id << 1)) & INT64_MAX;
    err e = transport_send(x->d, x->a, &x->inbox, id, x->to.email, x->bytes, before_dot, x, &x->report);
    if (e == ERR_INVALID) x->report = (struct send_report){SEND_REFUSED, S("")};
    x->later = x->report.result == SEND_LATER ? x->later + 1 : 0;
    return db_write(x->d->db, end, x);
}

static err put_off(db_conn *c, void *arg) {
    struct telling *x = arg;
    return again_at(c, x, desk_now(x->d));
}

err status_tell_run(struct desk *d, arena *a, const struct job *job) {
    int64_t until = desk_now(d) + RUN_MINUTES * (int64_t)MINUTE_MS;
    struct telling x = {.d = d, .a = a, .job = job};
    for (int i = 0; i < AT_ONCE && !x.over && desk_now(d) < until; i++) TRY(send_one(&x));
    if (x.over) return ERR_NONE;
    return db_write(d->db, put_off, &x);
}
