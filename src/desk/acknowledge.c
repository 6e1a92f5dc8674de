#include "desk/acknowledge.h"

#include "base/lang.h"
#include "base/random.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/incoming.h"
#include "desk/missing.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/acknowledge.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/finding.h"
#include "store/missing.h"

enum { ATTEMPTS_MAX = 10, MAIL_MAX_BYTES = 16 << 10, ID_BYTES = 200, OLD_HOURS = 6 };

/* Nobody reads what is written to these. */
static bool nobodys(str address) {
    static const char *const begins[] = {"no-reply", "noreply", "no_reply",    "donotreply", "do-not-reply",
                                         "bounce",   "mailer-", "postmaster@", "daemon",     "notification",
                                         "owner-",   "root@",   "listserv",    "majordomo",  "abuse@"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (str_starts_nocase(address, str_z(begins[i]))) return true;
    return false;
}

/* What the letter itself says. */
static bool fit(const struct filing *f) {
    const struct message *m = &f->message;
    bool person = !m->machine.n && !f->no_auto_answer && !f->unreadable && f->raw.origin == RAW_CAME;
    bool fresh = m->said_at > f->raw.received_at - OLD_HOURS * (int64_t)HOUR_MS;
    return person && fresh && f->raw.mail_from.n && m->from_address.n && m->auth == AUTH_PASS &&
           !nobodys(m->from_address) && !nobodys(f->raw.mail_from);
}

err acknowledge_first_in(db_conn *c, arena *a, const struct filing *f, int64_t now) {
    struct store_incoming chosen;
    struct store_inbox own;
    struct customer_address sender;
    int64_t to_address, from_page, of_brand, also;
    if (!fit(f)) return ERR_NONE;
    TRY(store_incoming_get(c, a, f->brand, f->raw.inbox_id, &chosen));
    if (!chosen.acknowledges) return ERR_NONE;
    err e = store_inbox_by_address(c, a, f->message.from_address, &own);
    if (e != ERR_MISSING) return e;
    TRY(store_customer_address_get(c, a, f->brand, f->message.from_address, &sender));
    if (sender.blocked_at) return ERR_NONE;
    str hash = missing_mailbox(a, f->message.from_address);
    TRY(store_acknowledge_count(c, f->brand, hash, now - DAY_MS, &to_address, &of_brand));
    TRY(store_missing_mail_count(c, f->brand, hash, now - DAY_MS, &from_page, &also));
    if (to_address || from_page || of_brand >= ACKNOWLEDGE_OF_BRAND) return ERR_NONE;
    const struct store_acknowledge row = {.conversation_id = f->message.conversation_id,
                                          .message_id = f->message.id,
                                          .address_hash = hash,
                                          .state = ACKNOWLEDGE_DUE,
                                          .created_at = now,
                                          .updated_at = now};
    TRY(store_acknowledge_insert(c, f->brand, &row));
    return store_job_put(c, f->brand, S("acknowledge"), row.conversation_id, id_new(now),
                         now + ACKNOWLEDGE_AFTER_SECONDS * SECOND_MS);
}

struct sending {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct store_acknowledge row;
    struct store_inbox inbox;
    struct store_brand brand;
    struct message letter;
    str bytes;
    bool go;
    struct send_report report;
};

static err end_job(db_conn *c, struct sending *x) {
    bool mine;
    return store_job_finish(c, x->job, &mine);
}

static err mark(db_conn *c, struct sending *x, acknowledge_state state) {
    return store_acknowledge_state(c, x->job->brand_id, x->row.conversation_id, state, desk_now(x->d));
}

static err skip(db_conn *c, struct sending *x) {
    TRY(mark(c, x, ACKNOWLEDGE_SKIPPED));
    return end_job(c, x);
}

/* What was learned since the letter was filed. */
static err still_wanted(db_conn *c, struct sending *x, const struct conversation *v, bool *ret) {
    struct store_incoming chosen;
    struct customer_address sender;
    int64_t brand = x->job->brand_id;
    bool child;
    TRY(child_is_in(c, x->a, brand, v->id, &child));
    TRY(store_incoming_get(c, x->a, brand, v->inbox_id, &chosen));
    TRY(store_customer_address_get(c, x->a, brand, x->letter.from_address, &sender));
    bool same = str_eq(missing_mailbox(x->a, x->letter.from_address), x->row.address_hash);
    /* Somebody may have answered already, or closed it; or its words were deleted. */
    *ret = !child && chosen.acknowledges && !sender.blocked_at && same && v->state == CONVERSATION_US &&
           v->waiting_since;
    return ERR_NONE;
}

static err begin(db_conn *c, void *arg) {
    struct sending *x = arg;
    struct conversation v;
    struct store_listening heard;
    int64_t brand = x->job->brand_id;
    bool wanted;
    x->go = false;
    err e = store_acknowledge_get(c, x->a, brand, x->job->subject_id, &x->row);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    if (x->row.state != ACKNOWLEDGE_DUE) return end_job(c, x);
    e = store_message_get(c, x->a, brand, x->row.message_id, &x->letter);
    if (e == ERR_MISSING) return skip(c, x);
    TRY(e);
    TRY(store_brand_by_id(c, x->a, brand, &x->brand));
    TRY(store_conversation_get(c, x->a, brand, x->letter.conversation_id, &v));
    TRY(store_inbox_by_id(c, x->a, brand, v.inbox_id, &x->inbox));
    TRY(still_wanted(c, x, &v, &wanted));
    if (!wanted) return skip(c, x);
    TRY(store_listening_get(c, x->a, brand, x->letter.id, &heard));
    /* Nobody knows yet whether a child wrote. */
    if (!heard.heard.n && x->job->attempts < ATTEMPTS_MAX)
        return store_job_postpone(c, x->job, desk_now(x->d) + MINUTE_MS,
                                  S("The letter was not listened to yet."), 0);
    if (!heard.heard.n) return skip(c, x);
    x->go = true;
    return ERR_NONE;
}

/* The sender's program joins the two by it. An id can hold words, too, so only what looks like none is taken.
 */
static str id_to_name(str id) {
    if (id.n > ID_BYTES) return S("");
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !str_has(S("@.-_+=$"), c)) return S("");
    }
    return id;
}

static err compose(struct sending *x) {
    const struct lang *l = lang_find(x->brand.language);
    str address = x->inbox.address;
    size_t at = str_find_char(address, '@', 0);
    const str args[] = {x->brand.name};
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    lang_fmt(&subject, l, T("We have your letter, {0}"), args, 1);
    lang_fmt(&text, l,
             T("Hello,\n\nyour letter has come to {0}. A person reads it and writes to you.\n\n"
               "If you did not write to us, somebody used your address. Then you need do nothing.\n\n{0}\n"),
             args, 1);
    struct compose_mail mail = {
        .from = {x->inbox.name.n ? x->inbox.name : x->brand.name, address},
        .subject = str_copy(x->a, buf_str(&subject)),
        .message_id = str_fmt(x->a, "%.*s@%.*s", STR_FMT(token_new(x->a)),
                              STR_FMT(str_slice(address, at + 1, address.n))),
        .in_reply_to = id_to_name(x->letter.rfc_id),
        .at = desk_now(x->d),
        .text = str_copy(x->a, buf_str(&text)),
        .auto_submitted = true,
    };
    list_add(x->a, &mail.to)->address = x->letter.from_address;
    return compose_bytes(x->a, &mail, &x->bytes);
}

/* From here on it is never sent again by itself. */
static err mark_sent(db_conn *c, void *arg) { return mark(c, arg, ACKNOWLEDGE_SENT); }

static err before_dot(void *context) {
    struct sending *x = context;
    return db_write(x->d->db, mark_sent, x);
}

static err settle(db_conn *c, struct sending *x, acknowledge_state state) {
    struct actor desk_itself = {.brand = x->job->brand_id};
    TRY(mark(c, x, state));
    if (state == ACKNOWLEDGE_SENT)
        TRY(event_add(c, &desk_itself, x->letter.conversation_id, "acknowledged", S(""), desk_now(x->d)));
    return end_job(c, x);
}

static err end(db_conn *c, void *arg) {
    struct sending *x = arg;
    int64_t tries = x->job->attempts;
    switch (x->report.result) {
    case SEND_ACCEPTED:
    case SEND_UNCERTAIN: return settle(c, x, ACKNOWLEDGE_SENT);
    case SEND_REFUSED: return settle(c, x, ACKNOWLEDGE_FAILED);
    case SEND_LATER:
        if (tries >= ATTEMPTS_MAX) return settle(c, x, ACKNOWLEDGE_FAILED);
        TRY(mark(c, x, ACKNOWLEDGE_DUE));
        return store_job_postpone(c, x->job, desk_now(x->d) + tries * tries * (int64_t)MINUTE_MS,
                                  S("The mail server cannot take the acknowledgement now."), 0);
    }
    return end_job(c, x);
}

err acknowledge_send(struct desk *d, arena *a, const struct job *job) {
    struct sending x = {.d = d, .a = a, .job = job};
    TRY(db_write(d->db, begin, &x));
    if (!x.go) return ERR_NONE;
    TRY(compose(&x));
    /* Nothing that comes back, comes to us: MAIL FROM:<>. */
    struct store_inbox way = x.inbox;
    way.address = S("");
    err e = transport_send(d, a, &way, x.row.conversation_id, x.letter.from_address, x.bytes, before_dot, &x,
                           &x.report);
    if (e) x.report = (struct send_report){SEND_REFUSED, str_copy(a, str_z(err_text()))};
    TRY(db_write(d->db, end, &x));
    desk_changed(d, job->brand_id, x.letter.conversation_id, "sent");
    return ERR_NONE;
}
