/* The mail that asks. */
#include "base/lang.h"
#include "base/random.h"
#include "desk/child.h"
#include "desk/survey.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/inbox.h"

enum { ATTEMPTS_MAX = 10, MAIL_MAX_BYTES = 16 << 10 };

struct sending {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct survey_ask ask;
    struct store_inbox inbox;
    struct store_brand brand;
    str token, bytes, address;
    bool go;
    struct send_report report;
};

static err end_job(db_conn *c, struct sending *x) {
    bool mine;
    return store_job_finish(c, x->job, &mine);
}

/* What was learned since it was ordered. */
static err still_wanted(db_conn *c, struct sending *x, bool *ret) {
    struct conversation v;
    struct survey_talk talk;
    struct survey s;
    struct customer_address sender;
    int64_t brand = x->job->brand_id;
    bool child;
    int64_t never;
    TRY(store_survey_asked(c, brand, x->ask.person, INT64_MAX, &never));
    TRY(store_conversation_get(c, x->a, brand, x->ask.conversation_id, &v));
    TRY(store_survey_talk(c, x->a, brand, v.id, &talk));
    TRY(store_survey_get(c, x->a, brand, v.inbox_id, &s));
    TRY(child_is_in(c, x->a, brand, v.id, &child));
    TRY(store_customer_address_get(c, x->a, brand, talk.address, &sender));
    TRY(store_inbox_by_id(c, x->a, brand, v.inbox_id, &x->inbox));
    x->address = talk.address;
    *ret = !never && s.asks && !child && !sender.blocked_at && sender.customer_id &&
           v.closed_kind == CLOSED_ANSWERED && !x->inbox.disabled_at;
    return ERR_NONE;
}

/* The link is made now, so that only its hash need be kept. A try after one that did not get through has
 * another link, and the earlier one works no more. */
static err begin(db_conn *c, void *arg) {
    struct sending *x = arg;
    bool wanted;
    x->go = false;
    err e = store_survey_ask_get(c, x->a, x->job->brand_id, x->job->subject_id, &x->ask);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    if (x->ask.state != SURVEY_DUE) return end_job(c, x);
    TRY(still_wanted(c, x, &wanted));
    if (!wanted) {
        x->ask.state = SURVEY_SKIPPED;
        TRY(store_survey_ask_update(c, &x->ask));
        return end_job(c, x);
    }
    TRY(store_brand_by_id(c, x->a, x->job->brand_id, &x->brand));
    x->ask.hash = token_hash(x->a, x->token);
    x->ask.expires_at = desk_now(x->d) + SURVEY_LINK_DAYS * (int64_t)DAY_MS;
    x->go = true;
    return store_survey_ask_update(c, &x->ask);
}

static err compose(struct sending *x) {
    const struct lang *l = lang_find(x->brand.language);
    str address = x->inbox.address;
    size_t at = str_find_char(address, '@', 0);
    const str args[] = {x->brand.name, x->ask.question,
                        str_fmt(x->a, "%.*s/answer/%.*s", STR_FMT(x->d->public_url), STR_FMT(x->token))};
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    lang_fmt(&subject, l, T("One question, from {0}"), args, 3);
    lang_fmt(&text, l,
             T("Hello,\n\nyou wrote to us a little while ago. May we ask one question?\n\n{1}\n\nIf you "
               "like, answer "
               "here, in your own words. The page is yours alone and works for 30 days:\n\n{2}\n\nThere is "
               "no need "
               "to. We do not ask again for a long time, and never if you say so on that page.\n\n{0}\n"),
             args, 3);
    struct compose_mail mail = {
        .from = {x->inbox.name.n ? x->inbox.name : x->brand.name, address},
        .subject = str_copy(x->a, buf_str(&subject)),
        .message_id = str_fmt(x->a, "%.*s@%.*s", STR_FMT(token_new(x->a)),
                              STR_FMT(str_slice(address, at + 1, address.n))),
        .at = desk_now(x->d),
        .text = str_copy(x->a, buf_str(&text)),
        .auto_submitted = true,
    };
    list_add(x->a, &mail.to)->address = x->address;
    return compose_bytes(x->a, &mail, &x->bytes);
}

/* From here on it is never sent again by itself. */
static err mark_sent(db_conn *c, void *arg) {
    struct sending *x = arg;
    x->ask.state = SURVEY_SENT;
    return store_survey_ask_update(c, &x->ask);
}

static err before_dot(void *context) {
    struct sending *x = context;
    return db_write(x->d->db, mark_sent, x);
}

static err end(db_conn *c, void *arg) {
    struct sending *x = arg;
    struct survey_ask now;
    err e = store_survey_ask_get(c, x->a, x->job->brand_id, x->ask.id, &now);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    /* Meanwhile it may have been forgotten, with the hash of its link, or answered. */
    if (!now.hash.n || now.answered_at || now.state == SURVEY_NEVER) return end_job(c, x);
    switch (x->report.result) {
    case SEND_ACCEPTED:
    case SEND_UNCERTAIN: now.state = SURVEY_SENT; break;
    case SEND_REFUSED: now.state = SURVEY_FAILED; break;
    case SEND_LATER:
        now.state = x->job->attempts >= ATTEMPTS_MAX ? SURVEY_FAILED : SURVEY_DUE;
        TRY(store_survey_ask_update(c, &now));
        if (x->job->attempts >= ATTEMPTS_MAX) return end_job(c, x);
        return store_job_postpone(c, x->job,
                                  desk_now(x->d) + x->job->attempts * x->job->attempts * (int64_t)MINUTE_MS,
                                  S("The mail server cannot take the question now."), 0);
    }
    TRY(store_survey_ask_update(c, &now));
    return end_job(c, x);
}

err survey_send(struct desk *d, arena *a, const struct job *job) {
    struct sending x = {.d = d, .a = a, .job = job, .token = token_new(a)};
    TRY(db_write(d->db, begin, &x));
    if (!x.go) return ERR_NONE;
    TRY(compose(&x));
    /* Who answers the mail itself writes us a letter, as always. */
    err e = transport_send(d, a, &x.inbox, x.ask.id, x.address, x.bytes, before_dot, &x, &x.report);
    if (e) x.report = (struct send_report){SEND_REFUSED, str_copy(a, str_z(err_text()))};
    return db_write(d->db, end, &x);
}
