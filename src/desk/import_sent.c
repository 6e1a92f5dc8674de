#include "desk/import_sent.h"

#include "base/clock.h"
#include "base/random.h"
#include "desk/learning.h"
#include "desk/outbox.h"
#include "format/quoted.h"
#include "store/brand.h"

int64_t import_id(const struct raw *raw, int64_t now) {
    return raw->received_at < now - HOUR_MS ? id_past(raw->received_at) : id_new(raw->received_at);
}

void import_is_past(struct conversation *v, int64_t at) {
    v->state = CONVERSATION_DONE;
    v->waiting_since = 0;
    v->closed_kind = CLOSED_ANSWERED;
    v->closed_reason = CLOSE_ANSWERED;
    v->closed_at = at;
}

/* The write may run twice: what was made a reply already stays so. */
static void make_reply(arena *a, struct filing *f, str language) {
    struct message *m = &f->message;
    quoted_part_list parts;
    if (m->kind == MESSAGE_REPLY) return;
    quoted_split(a, m->text, &parts);
    str said = quoted_said(a, m->text, &parts, true);
    m->kind = MESSAGE_REPLY;
    m->state = MESSAGE_SENT;
    if (said.n) {
        m->text = said;
        m->html = S("");
        m->remote_images = 0;
    }
    f->words = words_of_message(a, language, m);
}

/* Whom it went to first, apart from ourselves. */
static const struct message_address *recipient_of(const struct filing *f) {
    static const address_role roles[] = {ROLE_TO, ROLE_CC, ROLE_BCC};
    for (size_t r = 0; r < sizeof roles / sizeof *roles; r++)
        for (size_t i = 0; i < f->addresses.n; i++)
            if (f->addresses.v[i].role == roles[r] &&
                !str_eq(f->addresses.v[i].address, f->message.from_address))
                return &f->addresses.v[i];
    return NULL;
}

/* Our own Sent folder says what it answers, so the Message-ID is evidence enough here. */
static err find_named(db_conn *c, arena *a, const struct filing *f, int64_t *ret_conversation) {
    *ret_conversation = 0;
    for (size_t i = 0; i < f->references.n && i < 50 && !*ret_conversation; i++) {
        struct message named;
        TRY(store_message_by_rfc_id(c, a, f->brand, f->references.v[i], &named));
        if (named.id && named.id != f->message.id) *ret_conversation = named.conversation_id;
    }
    return ERR_NONE;
}

static bool is_recent(const struct filing *f, int64_t now) {
    return f->raw.received_at >= now - IMPORT_PAST_DAYS * (int64_t)DAY_MS;
}

static void await_them(struct conversation *v) {
    v->state = CONVERSATION_THEM;
    v->waiting_since = 0;
    v->closed_kind = CLOSED_NOT;
    v->closed_at = 0;
}

static err begin(db_conn *c, arena *a, struct filing *f, const struct message_address *to, int64_t now) {
    struct message *m = &f->message;
    struct conversation v = {.id = import_id(&f->raw, now),
                             .inbox_id = f->raw.inbox_id,
                             .channel = CHANNEL_MAIL,
                             .subject = str_clip_utf8(m->subject, 500),
                             .snippet = filing_snippet(a, m->text),
                             .version = 1,
                             .created_at = f->raw.received_at,
                             .updated_at = f->raw.received_at};
    bool blocked;
    TRY(filing_customer(c, a, f->brand, to->address, to->name, f->raw.received_at, &v.customer_id, &blocked));
    TRY(store_brand_number(c, a, f->brand, &v.number));
    if (is_recent(f, now))
        await_them(&v);
    else
        import_is_past(&v, f->raw.received_at);
    TRY(store_conversation_insert(c, f->brand, &v));
    m->conversation_id = v.id;
    return ERR_NONE;
}

static err join(db_conn *c, arena *a, struct filing *f, int64_t conversation, int64_t now) {
    struct message *m = &f->message;
    struct conversation v;
    TRY(store_conversation_get(c, a, f->brand, conversation, &v));
    m->conversation_id = conversation;
    m->waited_since = v.waiting_since;
    if (v.waiting_since && v.waiting_since <= f->raw.received_at) {
        if (is_recent(f, now))
            await_them(&v);
        else
            import_is_past(&v, f->raw.received_at);
        v.waiting_since = 0;
        v.version++;
    }
    if (f->raw.received_at >= v.updated_at) {
        v.snippet = filing_snippet(a, m->text);
        v.updated_at = f->raw.received_at;
    }
    return store_conversation_update(c, f->brand, &v);
}

err import_sent_place(db_conn *c, arena *a, struct filing *f, int64_t now, bool *ret_over) {
    struct message there = {0};
    struct store_brand brand;
    int64_t conversation;
    const struct message_address *to = recipient_of(f);
    *ret_over = false;
    if (f->message.rfc_id.n) TRY(store_message_by_rfc_id(c, a, f->brand, f->message.rfc_id, &there));
    if (there.id && there.kind == MESSAGE_REPLY) {
        *ret_over = true;
        /* It lies among what was sent: where that was uncertain it is known now. */
        TRY(outbox_answered_in(c, f->desk, a, f->brand, &there, S("")));
        return store_raw_settle(c, f->brand, f->raw.id, RAW_DUPLICATE, there.id, S(""));
    }
    TRY(find_named(c, a, f, &conversation));
    if (!conversation && !to) {
        f->raw.origin = RAW_PAST;
        return ERR_NONE;
    }
    TRY(store_brand_by_id(c, a, f->brand, &brand));
    make_reply(a, f, brand.language);
    return conversation ? join(c, a, f, conversation, now) : begin(c, a, f, to, now);
}

err import_sent_settle(db_conn *c, const struct filing *f) {
    TRY(learning_wanted(c, f->brand, f->message.id, f->message.created_at));
    return store_raw_settle(c, f->brand, f->raw.id, RAW_OUT, f->message.id, f->message.problem);
}
