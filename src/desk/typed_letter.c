#include "base/random.h"
#include "desk/conversation.h"
#include "desk/filing.h"
#include "letter/words.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/inbox.h"
#include "store/job.h"
#include "store/message.h"

struct type_in {
    struct desk *desk;
    arena *arena;
    const struct actor *who;
    const struct typed_letter *letter;
    str address; /* normal form, or "" */
    int64_t came_at, conversation, message;
};

static err pick_inbox(db_conn *c, struct type_in *t, int64_t *ret) {
    struct store_inbox inbox;
    if (t->letter->inbox)
        TRY(store_inbox_by_id(c, t->arena, t->who->brand, t->letter->inbox, &inbox));
    else
        TRY(store_inbox_default(c, t->arena, t->who->brand, &inbox));
    *ret = inbox.id;
    return ERR_NONE;
}

static err put_conversation(db_conn *c, struct type_in *t) {
    const struct typed_letter *l = t->letter;
    int64_t now = desk_now(t->desk);
    struct conversation v = {.id = t->conversation,
                             .channel = l->channel,
                             .subject = str_trim(l->subject),
                             .snippet = filing_snippet(t->arena, l->text),
                             .version = 1,
                             .agent_id = 0,
                             .created_at = now,
                             .updated_at = now};
    bool blocked;
    TRY(pick_inbox(c, t, &v.inbox_id));
    TRY(filing_customer(c, t->arena, t->who->brand, t->address, str_trim(l->name), now, &v.customer_id,
                        &blocked));
    TRY(store_conversation_latest_of(c, t->who->brand, v.customer_id, v.id, &v.related_id));
    TRY(store_brand_number(c, t->arena, t->who->brand, &v.number));
    filing_letter_waits(&v, t->came_at);
    return store_conversation_insert(c, t->who->brand, &v);
}

static err type_in(db_conn *c, void *arg) {
    struct type_in *t = arg;
    const struct typed_letter *l = t->letter;
    int64_t now = desk_now(t->desk);
    TRY(put_conversation(c, t));
    struct message m = {.id = t->message,
                        .conversation_id = t->conversation,
                        .kind = MESSAGE_LETTER,
                        .channel = l->channel,
                        .agent_id = t->who->agent,
                        .from_name = str_trim(l->name),
                        .from_address = t->address,
                        .subject = str_trim(l->subject),
                        .text = l->text,
                        .said_at = t->came_at,
                        .created_at = now};
    TRY(store_message_insert(c, t->who->brand, &m));
    if (t->address.n) {
        struct message_address from = {m.id, ROLE_FROM, m.from_name, t->address};
        TRY(store_message_address_insert(c, t->who->brand, 0, &from));
    }
    struct store_brand brand;
    TRY(store_brand_by_id(c, t->arena, t->who->brand, &brand));
    TRY(store_job_put(c, t->who->brand, S("listen"), m.id, id_new(now), now));
    return words_index_message(c, t->arena, t->who->brand, brand.language, &m);
}

err conversation_type_in(struct desk *d, arena *a, const struct actor *who, const struct typed_letter *l,
                         int64_t *ret_conversation, int64_t *ret_message) {
    if (l->channel != CHANNEL_PAPER && l->channel != CHANNEL_CALL)
        return err_set(ERR_INVALID, "Only a letter on paper or a call can be typed in.");
    if (!str_trim(l->text).n) return err_set(ERR_INVALID, "The letter has no text yet.");
    if (l->text.n > 1000000 || l->subject.n > 500 || l->name.n > 500)
        return err_set(ERR_LIMIT, "The letter, its subject or the name is too long.");
    if (!str_trim(l->name).n && !str_trim(l->address).n)
        return err_set(ERR_INVALID, "Who wrote? A name or an address is needed.");
    int64_t now = desk_now(d);
    if (l->came_at > now + DAY_MS) return err_set(ERR_INVALID, "The letter cannot have come in the future.");
    struct type_in t = {.desk = d,
                        .arena = a,
                        .who = who,
                        .letter = l,
                        .came_at = l->came_at ? l->came_at : now,
                        .conversation = id_new(now),
                        .message = id_new(now)};
    str normal;
    if (str_trim(l->address).n) {
        if (!address_normal(a, str_trim(l->address), &normal))
            return err_set(ERR_INVALID, "%.*s is not an address of the form name@domain.",
                           STR_FMT(l->address));
        t.address = str_lower(a, normal);
    }
    TRY(db_write(d->db, type_in, &t));
    *ret_conversation = t.conversation;
    *ret_message = t.message;
    desk_changed(d, who->brand, t.conversation, "letter");
    return ERR_NONE;
}
