/* Who wants the words by mail: the form, the question, the links. */
#include "base/lang.h"
#include "base/random.h"
#include "desk/check.h"
#include "desk/missing.h"
#include "desk/pace.h"
#include "desk/rate.h"
#include "desk/status.h"
#include "desk/status_mail.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/inbox.h"

enum {
    ATTEMPTS_MAX = 6,
    MAIL_MAX_BYTES = 16 << 10,
    LANGUAGE_BYTES = 20,
    AHEAD_MINUTES = 2, /* questions never keep a reply waiting longer */
    SPREAD_SECONDS = 300,
};

/* What somebody asked for lately, by network. */
static struct rate asks = RATE_EMPTY;

void status_forget_tries(void) { rate_forget_all(&asks); }

str status_link_url(const struct desk *d, arena *a, str slug, str token) {
    return str_fmt(a, "%.*s/status/%.*s/mail/%.*s", STR_FMT(d->public_url), STR_FMT(slug), STR_FMT(token));
}

/* ---- the form ---- */

struct subscribing {
    arena *a;
    const struct status_wish *wish;
    int64_t now;
    str email;
};

static err brand_may_ask(db_conn *c, const struct subscribing *x) {
    int64_t n;
    TRY(store_subscriber_asked(c, x->wish->brand, x->now - DAY_MS, &n));
    if (n < STATUS_ASKS_OF_BRAND) return ERR_NONE;
    return err_set(ERR_LIMIT,
                   "More people than usual asked for mails today, so no more questions are sent until "
                   "tomorrow. The page itself is always here.");
}

/* Those who said yes or no, and those who were just asked, are left alone. */
static bool ask_again(const struct store_subscriber *s, int64_t now) {
    return s->state == SUBSCRIBER_ASKED && s->asks < STATUS_ASKS_MAX && s->asked_at <= now - DAY_MS;
}

static err write_wish(db_conn *c, void *arg) {
    struct subscribing *x = arg;
    int64_t brand = x->wish->brand;
    struct store_inbox ours;
    struct store_subscriber s = {.id = id_new(x->now), .mailbox = missing_mailbox(x->a, x->email)};
    err e = store_inbox_by_address(c, x->a, x->email, &ours);
    if (e == ERR_NONE) return err_set(ERR_INVALID, "That is an address of ours. Type your own, please.");
    if (e != ERR_MISSING) return e;
    /* Before anything is looked up: it says nothing of who is known. */
    TRY(brand_may_ask(c, x));
    e = store_subscriber_by_mailbox(c, x->a, brand, s.mailbox, &s);
    if (e && e != ERR_MISSING) return e;
    if (!e && !ask_again(&s, x->now)) return ERR_NONE;
    s.email = x->email;
    s.language = str_clip_utf8(x->wish->language, LANGUAGE_BYTES);
    s.asks++;
    s.asked_at = x->now;
    TRY(store_subscriber_put(c, brand, &s));
    return store_job_put(c, brand, S("status_ask"), s.id, id_new(x->now), x->now);
}

err status_subscribe(struct desk *d, arena *a, const struct status_wish *wish) {
    struct subscribing x = {.a = a, .wish = wish, .now = desk_now(d)};
    if (!str_trim(wish->email).n) return err_set(ERR_INVALID, "Which address shall we write to?");
    TRY(check_email(a, wish->email, &x.email));
    str network =
        str_fmt(a, "status %lld %.*s", (long long)wish->brand, STR_FMT(rate_network(a, wish->peer)));
    if (wish->peer.n && !rate_take(&asks, network, STATUS_ASKS_OF_NETWORK, HOUR_MS, x.now))
        return err_set(ERR_LIMIT,
                       "Many addresses were typed from where you are in the last hour. Try again a "
                       "little later; the page itself is always here.");
    err e = db_write(d->db, write_wish, &x);
    /* Of two at once the second finds what the first has written. */
    if (e == ERR_CONFLICT) e = db_write(d->db, write_wish, &x);
    if (e && wish->peer.n) rate_give_back(&asks, network);
    if (!e) desk_work(d);
    return e;
}

/* ---- the question ---- */

struct asking {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct store_subscriber row;
    struct store_inbox inbox;
    struct store_brand brand;
    str token, bytes;
    bool go;
    struct send_report report;
};

static err end_job(db_conn *c, struct asking *x) {
    bool mine;
    return store_job_finish(c, x->job, &mine);
}

static err still_asked(db_conn *c, struct asking *x, bool *ret_asked) {
    *ret_asked = false;
    err e = store_subscriber_get(c, x->a, x->job->brand_id, x->job->subject_id, &x->row);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    *ret_asked = x->row.state == SUBSCRIBER_ASKED && x->row.email.n > 0;
    return ERR_NONE;
}

static err come_again(db_conn *c, struct asking *x, int64_t at) {
    bool mine;
    TRY(store_job_finish(c, x->job, &mine));
    if (!mine) return ERR_NONE;
    return store_job_put(c, x->job->brand_id, S("status_ask"), x->job->subject_id, id_new(desk_now(x->d)),
                         at + x->job->subject_id % SPREAD_SECONDS * SECOND_MS);
}

/* The link is made now, so that only its hash need be kept; the one before works no more. */
static err begin(db_conn *c, void *arg) {
    struct asking *x = arg;
    int64_t now = desk_now(x->d), at = now;
    bool asked;
    x->go = false;
    TRY(still_asked(c, x, &asked));
    if (!asked) return end_job(c, x);
    TRY(store_brand_by_id(c, x->a, x->job->brand_id, &x->brand));
    TRY(store_inbox_default(c, x->a, x->job->brand_id, &x->inbox));
    /* It waits for its place once, and for that where many have theirs already: a storm of wishes holds up
     * nobody's reply. */
    TRY(pace_next_in(c, x->job->brand_id, x->inbox.id, now, &at));
    if (x->job->attempts == 1 && at > now + AHEAD_MINUTES * (int64_t)MINUTE_MS) return come_again(c, x, at);
    at = now;
    if (x->job->attempts == 1) TRY(pace_take_in(c, x->job->brand_id, x->inbox.id, now, &at));
    if (at > now) return store_job_postpone(c, x->job, at, S(""), 0);
    x->row.hash = token_hash(x->a, x->token);
    x->row.expires_at = now + STATUS_ASK_DAYS * (int64_t)DAY_MS;
    x->go = true;
    return store_subscriber_put(c, x->job->brand_id, &x->row);
}

static err compose(struct asking *x) {
    const struct lang *l = lang_find(x->row.language);
    str address = x->inbox.address;
    if (!l) l = lang_find(x->brand.language);
    const str args[] = {x->brand.name, status_link_url(x->d, x->a, x->brand.slug, x->token)};
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    lang_fmt(&subject, l, T("Shall we write to you? {0}"), args, 2);
    lang_fmt(
        &text, l,
        T("Hello,\n\nsomebody, perhaps you, asked {0} to send word to this address when something does not "
          "work, and when it works again.\n\nIf that is what you want, say yes here. The link works for 7 "
          "days:\n\n{1}\n\nIf it was not you, do nothing: then you get no mail, and the address is "
          "deleted. On the same page you can say that we shall not ask again.\n\n{0}\n"),
        args, 2);
    struct compose_mail mail = {
        .from = {x->inbox.name.n ? x->inbox.name : x->brand.name, address},
        .subject = str_copy(x->a, buf_str(&subject)),
        .message_id = status_message_id(x->a, x->row.hash, address),
        .at = desk_now(x->d),
        .text = str_copy(x->a, buf_str(&text)),
        .auto_generated = true,
    };
    list_add(x->a, &mail.to)->address = x->row.email;
    return compose_bytes(x->a, &mail, &x->bytes);
}

/* From here on the question is never sent again by itself. */
static err mark_sent(db_conn *c, void *arg) { return end_job(c, arg); }

static err before_dot(void *context) {
    struct asking *x = context;
    return db_write(x->d->db, mark_sent, x);
}

static err end(db_conn *c, void *arg) {
    struct asking *x = arg;
    switch (x->report.result) {
    case SEND_ACCEPTED:
    case SEND_UNCERTAIN:
    case SEND_REFUSED: return end_job(c, x);
    case SEND_LATER: break;
    }
    if (x->job->attempts >= ATTEMPTS_MAX) return end_job(c, x);
    return store_job_postpone(c, x->job,
                              desk_now(x->d) + x->job->attempts * x->job->attempts * (int64_t)MINUTE_MS,
                              S("The mail server cannot take the question to a subscriber now."), 0);
}

err status_ask_send(struct desk *d, arena *a, const struct job *job) {
    struct asking x = {.d = d, .a = a, .job = job, .token = token_new(a)};
    TRY(db_write(d->db, begin, &x));
    if (!x.go) return ERR_NONE;
    TRY(compose(&x));
    err e = transport_send(d, a, &x.inbox, job->id, x.row.email, x.bytes, before_dot, &x, &x.report);
    if (e) x.report = (struct send_report){SEND_REFUSED, S("")};
    return db_write(d->db, end, &x);
}

/* ---- links ---- */

struct answering {
    arena *a;
    int64_t brand, now;
    str hash;
    status_answer answer;
    status_link link;
};

/* An answered question leads to what it was answered with. */
static err find(db_conn *c, struct answering *x, struct store_subscriber *ret) {
    x->link = STATUS_LINK_NONE;
    err e = store_subscriber_by_link(c, x->a, x->brand, x->hash, ret);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    switch (ret->state) {
    case SUBSCRIBER_ASKED:
        if (ret->expires_at > x->now) x->link = STATUS_LINK_ASKED;
        break;
    case SUBSCRIBER_CONFIRMED: x->link = STATUS_LINK_CONFIRMED; break;
    case SUBSCRIBER_REFUSED: break;
    }
    return ERR_NONE;
}

static err say_yes(db_conn *c, struct answering *x, struct store_subscriber *s) {
    if (s->state != SUBSCRIBER_ASKED) return ERR_NONE;
    s->state = SUBSCRIBER_CONFIRMED;
    s->confirmed_at = x->now;
    x->link = STATUS_LINK_CONFIRMED;
    return store_subscriber_put(c, x->brand, s);
}

/* Of those who never said yes the hash stays for a while, so that nobody makes us ask again. */
static err say_no(db_conn *c, struct answering *x, struct store_subscriber *s) {
    bool asked = x->link == STATUS_LINK_ASKED;
    x->link = STATUS_LINK_NONE;
    if (!asked) return store_subscriber_delete(c, x->brand, s->id);
    s->state = SUBSCRIBER_REFUSED;
    s->email = s->hash = S("");
    s->asked_at = x->now;
    return store_subscriber_put(c, x->brand, s);
}

static err write_answer(db_conn *c, void *arg) {
    struct answering *x = arg;
    struct store_subscriber s;
    TRY(find(c, x, &s));
    if (x->link == STATUS_LINK_NONE) return ERR_NONE;
    switch (x->answer) {
    case STATUS_YES: return say_yes(c, x, &s);
    case STATUS_NO: return say_no(c, x, &s);
    }
    return ERR_NONE;
}

err status_link_open(struct desk *d, arena *a, int64_t brand, str token, status_link *ret) {
    struct answering x = {.a = a, .brand = brand, .now = desk_now(d), .hash = token_hash(a, token)};
    struct store_subscriber s;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(find(c, &x, &s));
    *ret = x.link;
    return ERR_NONE;
}

err status_link_answer(struct desk *d, arena *a, int64_t brand, str token, status_answer answer,
                       status_link *ret) {
    struct answering x = {
        .a = a, .brand = brand, .now = desk_now(d), .hash = token_hash(a, token), .answer = answer};
    TRY(db_write(d->db, write_answer, &x));
    *ret = x.link;
    return ERR_NONE;
}

/* ---- what goes ---- */

err status_forget_in(db_conn *c, arena *a, int64_t brand, str email, int64_t *ret_n) {
    return store_subscriber_forget(c, brand, missing_mailbox(a, str_lower(a, str_trim(email))), ret_n);
}

struct forgetting_address {
    arena *a;
    int64_t brand, n;
    str email;
};

static err write_forget(db_conn *c, void *arg) {
    struct forgetting_address *x = arg;
    return status_forget_in(c, x->a, x->brand, x->email, &x->n);
}

err status_forget(struct desk *d, arena *a, int64_t brand, str email, bool for_good, int64_t *ret_n) {
    struct forgetting_address x = {a, brand, 0, email};
    if (for_good) {
        TRY(db_write(d->db, write_forget, &x));
    } else {
        struct store_subscriber s;
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        err e =
            store_subscriber_by_mailbox(c, a, brand, missing_mailbox(a, str_lower(a, str_trim(email))), &s);
        if (e && e != ERR_MISSING) return e;
        x.n = e ? 0 : 1;
    }
    *ret_n = x.n;
    return ERR_NONE;
}

static err write_sweep(db_conn *c, void *arg) {
    const int64_t *now = arg;
    return store_subscriber_sweep(c, *now - STATUS_ASK_DAYS * (int64_t)DAY_MS,
                                  *now - STATUS_KEEP_DAYS * (int64_t)DAY_MS,
                                  *now - STATUS_LINK_DAYS * (int64_t)DAY_MS);
}

err status_mail_sweep(struct desk *d) {
    int64_t now = desk_now(d);
    return db_write(d->db, write_sweep, &now);
}
