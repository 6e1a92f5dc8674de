/* The question to a grown-up: fixed words, a link, and nothing of what anybody wrote. */
#include "base/lang.h"
#include "base/random.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/listening.h"
#include "desk/merge.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/brand.h"
#include "store/conversation.h"

enum { ATTEMPTS_MAX = 10, MAIL_MAX_BYTES = 16 << 10 };

/* ---- asking ---- */

struct asking {
    arena *a;
    const struct actor *who;
    int64_t conversation, now;
    str typed, email;
};

static err within_limits(db_conn *c, const struct asking *x, const struct store_child *k) {
    int64_t today;
    if (k->asks >= CHILD_ASKS_MAX)
        return err_set(ERR_LIMIT, "A grown-up was asked %d times here; no more links are sent.",
                       CHILD_ASKS_MAX);
    if (k->asks && k->asked_at > x->now - CHILD_ASK_PAUSE_MINUTES * (int64_t)MINUTE_MS)
        return err_set(ERR_LIMIT, "A link was sent just now. Wait %d minutes before you send another.",
                       CHILD_ASK_PAUSE_MINUTES);
    TRY(store_asks_to(c, x->email, x->now - DAY_MS, &today));
    if (today >= CHILD_ASKS_A_DAY)
        return err_set(ERR_LIMIT, "This address was sent %d links since yesterday; ask again tomorrow.",
                       CHILD_ASKS_A_DAY);
    return ERR_NONE;
}

static err open_question(const struct store_child *k) {
    if (k->forgotten_at) return err_set(ERR_CONFLICT, "The words of this conversation are deleted.");
    if (k->state == CHILD_CONFIRMED) return err_set(ERR_CONFLICT, "A grown-up has confirmed already.");
    if (k->state == CHILD_DECLINED)
        return err_set(ERR_CONFLICT, "The grown-up wants nothing to be sent, and is not asked again.");
    return ERR_NONE;
}

static err write_ask(db_conn *c, void *arg) {
    struct asking *x = arg;
    int64_t brand = x->who->brand;
    struct conversation v;
    struct store_child k;
    struct store_inbox ours;
    TRY(store_conversation_get(c, x->a, brand, x->conversation, &v));
    TRY(merge_writable(&v));
    TRY(store_child_get(c, x->a, brand, x->conversation, &k));
    TRY(check_email(x->a, x->typed, &x->email));
    TRY(open_question(&k));
    err e = store_inbox_by_address(c, x->a, x->email, &ours);
    if (e == ERR_NONE) return err_set(ERR_INVALID, "That is the address of an inbox of this desk.");
    if (e != ERR_MISSING) return e;
    TRY(within_limits(c, x, &k));
    if (k.state == CHILD_NONE) {
        TRY(child_set_in(c, x->a, x->who, v.id, true, x->now));
        TRY(store_child_get(c, x->a, brand, v.id, &k));
    }
    TRY(store_asks_end(c, brand, v.id, x->now));
    k.state = CHILD_ASKED;
    k.agent_id = x->who->agent;
    k.at = x->now;
    TRY(store_child_put(c, brand, &k));
    struct store_ask row = {.brand_id = brand,
                            .id = id_new(x->now),
                            .conversation_id = v.id,
                            .agent_id = x->who->agent,
                            .email = x->email,
                            .state = S("waiting"),
                            .created_at = x->now};
    TRY(store_ask_insert(c, &row));
    TRY(store_job_put(c, brand, S("ask"), row.id, id_new(x->now), x->now));
    return event_add(c, x->who, v.id, "grown_up_asked", S(""), x->now);
}

err child_ask(struct desk *d, arena *a, const struct actor *who, int64_t conversation, str grown_up_email) {
    struct asking x = {
        .a = a, .who = who, .conversation = conversation, .now = desk_now(d), .typed = grown_up_email};
    TRY(db_write(d->db, write_ask, &x));
    desk_changed(d, who->brand, conversation, "child");
    desk_work(d);
    return ERR_NONE;
}

/* ---- the mail ---- */

struct sending {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct store_ask ask;
    struct store_inbox inbox;
    struct store_brand brand;
    str token, bytes;
    bool go;
    struct send_report report;
};

static err end_job(db_conn *c, struct sending *x) {
    bool mine;
    return store_job_finish(c, x->job, &mine);
}

static err load_sender(db_conn *c, struct sending *x) {
    struct conversation v;
    int64_t brand = x->job->brand_id;
    TRY(store_brand_by_id(c, x->a, brand, &x->brand));
    TRY(store_conversation_get(c, x->a, brand, x->ask.conversation_id, &v));
    TRY(store_inbox_by_id(c, x->a, brand, v.inbox_id, &x->inbox));
    return x->inbox.disabled_at ? store_inbox_default(c, x->a, brand, &x->inbox) : ERR_NONE;
}

/* The link is made now and not when it was asked for, so that only its hash need be kept. A try after one
 * that did not get through has another link, and the earlier one works no more. */
static err begin(db_conn *c, void *arg) {
    struct sending *x = arg;
    x->go = false;
    err e = store_ask_get(c, x->a, x->job->brand_id, x->job->subject_id, &x->ask);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    if (!str_eq(x->ask.state, S("waiting")) || x->ask.ended_at || x->ask.used_at) return end_job(c, x);
    TRY(load_sender(c, x));
    x->ask.hash = token_hash(x->a, x->token);
    x->ask.expires_at = desk_now(x->d) + CHILD_LINK_DAYS * (int64_t)DAY_MS;
    x->go = true;
    return store_ask_update(c, &x->ask);
}

/* That of the newest letter, where we have it; else the brand's. */
static err letter_language(struct sending *x, const struct lang **ret) {
    struct message m;
    struct letter_findings f;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(x->d->db, &c));
        err e = store_message_last_letter(c, x->a, x->job->brand_id, x->ask.conversation_id, &m);
        if (e && e != ERR_MISSING) return e;
        if (e) m.id = 0;
    }
    const struct lang *l = NULL;
    if (m.id) {
        TRY(listening_of(x->d, x->a, x->job->brand_id, &m, &f));
        l = lang_find(f.language);
    }
    *ret = l ? l : lang_find(x->brand.language);
    return ERR_NONE;
}

static err compose(struct sending *x) {
    const struct lang *l;
    str address = x->inbox.address;
    size_t at = str_find_char(address, '@', 0);
    TRY(letter_language(x, &l));
    const str args[] = {x->brand.name,
                        str_fmt(x->a, "%.*s/grown-up/%.*s", STR_FMT(x->d->public_url), STR_FMT(x->token))};
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    lang_fmt(&subject, l, T("A question for a grown-up, from {0}"), args, 2);
    lang_fmt(&text, l,
             T("Hello,\n\nsomebody wrote to {0}, and we believe it was a child. We would like to answer by "
               "post. For that we need the word of a grown-up, and an address.\n\nIf the child is yours, or "
               "in your care, please open this page. The link works once, for 14 days:\n\n{1}\n\nThere you "
               "can also say that we shall send nothing and delete everything. As long as you do nothing, "
               "nothing is sent.\n\nIf you do not know what this is about, just throw this letter away.\n\n"
               "{0}\n"),
             args, 2);
    struct compose_mail mail = {
        .from = {x->inbox.name.n ? x->inbox.name : x->brand.name, address},
        .subject = str_copy(x->a, buf_str(&subject)),
        .message_id = str_fmt(x->a, "%.*s@%.*s", STR_FMT(token_new(x->a)),
                              STR_FMT(str_slice(address, at + 1, address.n))),
        .at = desk_now(x->d),
        .text = str_copy(x->a, buf_str(&text)),
        .auto_submitted = true,
    };
    list_add(x->a, &mail.to)->address = x->ask.email;
    return compose_bytes(x->a, &mail, &x->bytes);
}

/* From here on it is never sent again by itself. */
static err mark_sent(db_conn *c, void *arg) {
    struct sending *x = arg;
    x->ask.state = S("sent");
    return store_ask_update(c, &x->ask);
}

static err before_dot(void *context) {
    struct sending *x = context;
    return db_write(x->d->db, mark_sent, x);
}

static err end(db_conn *c, void *arg) {
    struct sending *x = arg;
    struct store_ask now;
    err e = store_ask_get(c, x->a, x->job->brand_id, x->ask.id, &now);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    /* Meanwhile it may have been forgotten, with the hash of its link. */
    if (!now.hash.n) return end_job(c, x);
    x->ask.says = x->report.says;
    switch (x->report.result) {
    case SEND_ACCEPTED:
        x->ask.state = S("sent");
        x->ask.says = S("");
        break;
    case SEND_UNCERTAIN: x->ask.state = S("sent"); break;
    case SEND_REFUSED: x->ask.state = S("failed"); break;
    case SEND_LATER:
        x->ask.state = x->job->attempts >= ATTEMPTS_MAX ? S("failed") : S("waiting");
        TRY(store_ask_update(c, &x->ask));
        if (x->job->attempts >= ATTEMPTS_MAX) return end_job(c, x);
        return store_job_postpone(c, x->job,
                                  desk_now(x->d) + x->job->attempts * x->job->attempts * (int64_t)MINUTE_MS,
                                  S("The mail server cannot take the question to a grown-up now."), 0);
    }
    TRY(store_ask_update(c, &x->ask));
    return end_job(c, x);
}

err child_ask_send(struct desk *d, arena *a, const struct job *job) {
    struct sending x = {.d = d, .a = a, .job = job, .token = token_new(a)};
    TRY(db_write(d->db, begin, &x));
    if (!x.go) return ERR_NONE;
    TRY(compose(&x));
    err e = transport_send(d, a, &x.inbox, x.ask.id, x.ask.email, x.bytes, before_dot, &x, &x.report);
    if (e) x.report = (struct send_report){SEND_REFUSED, str_copy(a, str_z(err_text()))};
    TRY(db_write(d->db, end, &x));
    desk_changed(d, job->brand_id, x.ask.conversation_id, "child");
    return ERR_NONE;
}
