/* A grown-up wants everything of a child deleted: so goes what was split or forwarded from the conversation
 * they were asked in. */
#include "base/random.h"
#include "desk/box.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/promise.h"
#include "store/conversation.h"
#include "store/merge.h"

struct ending {
    arena *a;
    const struct actor *who;
    int64_t now;
    bool declined;
};

/* Another customer's grown-up has said yes there, of those letters: nobody else's no reaches them. */
static err has_own_word(db_conn *c, struct ending *x, const struct store_child *k, int64_t customer,
                        bool *ret) {
    struct conversation v;
    TRY(store_conversation_get(c, x->a, x->who->brand, k->conversation_id, &v));
    *ret = k->state == CHILD_CONFIRMED && k->ask_used_at && v.customer_id != customer;
    return ERR_NONE;
}

static err forget_part(db_conn *c, struct ending *x, struct store_child *k) {
    int64_t brand = x->who->brand, id = k->conversation_id;
    if (k->forgotten_at && (x->declined || !k->keep_memory)) return ERR_NONE;
    k->keep_memory = false;
    k->forget_at = x->now;
    if (x->declined) {
        k->state = CHILD_DECLINED;
        k->name = k->address = k->country = S("");
        k->settled_at = x->now;
    }
    TRY(store_asks_end(c, brand, id, x->now));
    TRY(promise_agree_in(c, x->a, x->who, id, false,
                         x->declined ? S("A grown-up said no.") : S("A grown-up took it back."), x->now));
    TRY(store_child_put(c, brand, k));
    TRY(event_add(c, x->who, id, x->declined ? "grown_up_declined" : "delete_now", S(""), x->now));
    if (k->forgotten_at) return promise_forget(c, brand, id);
    TRY(box_cancel_all_in(c, x->a, x->who, id, S("A grown-up said no."), x->now));
    return store_job_put(c, brand, S("forget"), id, id_new(x->now), x->now);
}

err child_parts_forget_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool declined,
                          int64_t now) {
    struct ending x = {a, who, now, declined};
    struct conversation v;
    merge_ids parts;
    TRY(store_conversation_get(c, a, who->brand, conversation, &v));
    TRY(store_merge_parts(c, a, who->brand, conversation, &parts));
    for (size_t i = 0; i < parts.n; i++) {
        struct store_child k;
        bool own;
        TRY(store_child_get(c, a, who->brand, parts.v[i], &k));
        if (k.state == CHILD_NONE) continue;
        TRY(has_own_word(c, &x, &k, v.customer_id, &own));
        if (!own) TRY(forget_part(c, &x, &k));
    }
    return ERR_NONE;
}
