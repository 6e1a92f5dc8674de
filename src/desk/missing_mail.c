/* "We have it": fixed words, a link, and nothing of what anybody wrote. */
#include "base/lang.h"
#include "base/random.h"
#include "desk/missing.h"
#include "desk/track.h"
#include "desk/transport.h"
#include "format/compose.h"
#include "store/conversation.h"
#include "store/message.h"
#include "store/missing.h"

enum { ATTEMPTS_MAX = 10, MAIL_MAX_BYTES = 16 << 10 };

struct thanking {
    struct desk *d;
    arena *a;
    const struct job *job;
    struct store_missing_mail row;
    struct store_inbox inbox;
    struct store_brand brand;
    str to, token, bytes;
    bool go;
    struct send_report report;
};

str missing_mailbox(arena *a, str email) {
    size_t at = str_find_char(email, '@', 0), plus = str_find_char(email, '+', 0);
    if (at == SIZE_MAX || plus == SIZE_MAX || plus == 0 || plus > at) return content_hash(a, email);
    str before = str_slice(email, 0, plus), behind = str_slice(email, at, email.n);
    return content_hash(a, str_fmt(a, "%.*s%.*s", STR_FMT(before), STR_FMT(behind)));
}

static err end_job(db_conn *c, struct thanking *x) {
    bool mine;
    return store_job_finish(c, x->job, &mine);
}

/* The link is made now, so that only its hash need be kept; of a try that did not get through it is one more.
 */
static err begin(db_conn *c, void *arg) {
    struct thanking *x = arg;
    struct conversation v;
    struct message letter;
    int64_t brand = x->job->brand_id;
    x->go = false;
    err e = store_missing_mail_get(c, x->a, brand, x->job->subject_id, &x->row);
    if (e == ERR_MISSING) return end_job(c, x);
    TRY(e);
    if (x->row.state != MISSING_MAIL_DUE) return end_job(c, x);
    TRY(store_brand_by_id(c, x->a, brand, &x->brand));
    TRY(store_conversation_get(c, x->a, brand, x->row.conversation_id, &v));
    TRY(store_inbox_by_id(c, x->a, brand, v.inbox_id, &x->inbox));
    e = store_message_last_letter(c, x->a, brand, v.id, &letter);
    if (e && e != ERR_MISSING) return e;
    /* Another address may have written there since, or its words were deleted. */
    if (e || !str_eq(missing_mailbox(x->a, letter.from_address), x->row.address_hash)) {
        TRY(store_missing_mail_state(c, brand, v.id, MISSING_MAIL_FAILED, desk_now(x->d)));
        return end_job(c, x);
    }
    x->to = letter.from_address;
    x->go = true;
    return track_make_in(c, x->a, brand, v.id, desk_now(x->d), &x->token);
}

static err compose(struct thanking *x) {
    const struct lang *l = lang_find(x->row.language);
    str address = x->inbox.address;
    size_t at = str_find_char(address, '@', 0);
    if (!l) l = lang_find(x->brand.language);
    const str args[] = {x->brand.name, track_url(x->d, x->a, x->token)};
    BUF_AUTO buf text = BUF_MAX(MAIL_MAX_BYTES), subject = BUF_MAX(MAIL_MAX_BYTES);
    lang_fmt(&subject, l, T("We have your letter about missing pieces, {0}"), args, 2);
    lang_fmt(
        &text, l,
        T("Hello,\n\nyour letter about missing pieces has come to {0}. A person reads it and writes to "
          "you.\n\n"
          "This page is yours alone. It shows what happens, and when:\n\n{1}\n\n"
          "If you did not write to us, somebody typed your address by mistake. Then you need do nothing.\n\n"
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
    list_add(x->a, &mail.to)->address = x->to;
    return compose_bytes(x->a, &mail, &x->bytes);
}

static err mark(db_conn *c, struct thanking *x, missing_mail_state state) {
    return store_missing_mail_state(c, x->job->brand_id, x->row.conversation_id, state, desk_now(x->d));
}

/* From here on it is never sent again by itself. */
static err mark_sent(db_conn *c, void *arg) { return mark(c, arg, MISSING_MAIL_SENT); }

static err before_dot(void *context) {
    struct thanking *x = context;
    return db_write(x->d->db, mark_sent, x);
}

static err end(db_conn *c, void *arg) {
    struct thanking *x = arg;
    switch (x->report.result) {
    case SEND_ACCEPTED:
    case SEND_UNCERTAIN: TRY(mark(c, x, MISSING_MAIL_SENT)); break;
    case SEND_REFUSED: TRY(mark(c, x, MISSING_MAIL_FAILED)); break;
    case SEND_LATER:
        if (x->job->attempts >= ATTEMPTS_MAX) {
            TRY(mark(c, x, MISSING_MAIL_FAILED));
            break;
        }
        TRY(mark(c, x, MISSING_MAIL_DUE));
        return store_job_postpone(c, x->job,
                                  desk_now(x->d) + x->job->attempts * x->job->attempts * (int64_t)MINUTE_MS,
                                  S("The mail server cannot take the letter with a link now."), 0);
    }
    return end_job(c, x);
}

err missing_mail_send(struct desk *d, arena *a, const struct job *job) {
    struct thanking x = {.d = d, .a = a, .job = job};
    TRY(db_write(d->db, begin, &x));
    if (!x.go) return ERR_NONE;
    TRY(compose(&x));
    err e = transport_send(d, a, &x.inbox, x.row.conversation_id, x.to, x.bytes, before_dot, &x, &x.report);
    if (e) x.report = (struct send_report){SEND_REFUSED, str_copy(a, str_z(err_text()))};
    return db_write(d->db, end, &x);
}
