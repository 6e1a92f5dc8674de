#include "desk/child.h"

#include "desk/events.h"
#include "desk/merge.h"
#include "desk/promise.h"
#include "desk/settings.h"
#include "store/conversation.h"

err child_get_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct store_child *ret) {
    struct store_child k;
    TRY(store_child_get(c, a, brand, conversation, &k));
    if (k.state != CHILD_NONE && !k.forgotten_at) {
        TRY(setting_number(c, a, brand, SETTING_CHILD_DELETE_DAYS, &k.delete_days));
        if (k.forget_at)
            k.delete_at = k.forget_at;
        else if (k.done_at)
            k.delete_at = k.done_at + k.delete_days * DAY_MS;
        if (k.worry_id) k.delete_at = 0;
    }
    *ret = k;
    return ERR_NONE;
}

err child_get(const struct desk *d, arena *a, int64_t brand, int64_t conversation, struct store_child *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return child_get_in(c, a, brand, conversation, ret);
}

err child_locked_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret_locked) {
    struct store_child k;
    TRY(store_child_get(c, a, brand, conversation, &k));
    /* With their words the grown-up's address is deleted; nobody else says where a box goes. */
    *ret_locked = k.state != CHILD_NONE && (k.state != CHILD_CONFIRMED || k.forgotten_at);
    return ERR_NONE;
}

err child_writable_in(db_conn *c, arena *a, int64_t brand, int64_t conversation) {
    struct store_child k;
    TRY(store_child_get(c, a, brand, conversation, &k));
    if (k.forgotten_at) return err_set(ERR_CONFLICT, "The words of this conversation are deleted.");
    return merge_writable(&(struct conversation){.merged_into = k.merged_into});
}

err child_address_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, str *ret_address,
                     str *ret_country) {
    struct store_child k;
    TRY(store_child_get(c, a, brand, conversation, &k));
    bool there = k.state == CHILD_CONFIRMED;
    *ret_address = there ? k.address : S("");
    *ret_country = there ? k.country : S("");
    return ERR_NONE;
}

err child_is_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret) {
    struct store_child k;
    TRY(store_child_get(c, a, brand, conversation, &k));
    if (k.version == 0) return store_child_heard(c, a, brand, conversation, ret);
    *ret = k.state != CHILD_NONE;
    return ERR_NONE;
}

bool child_is(const struct desk *d, arena *a, int64_t brand, int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    bool is = true;
    if (db_read_begin(d->db, &c) || child_is_in(c, a, brand, conversation, &is)) return true;
    return is;
}

/* ---- what people say ---- */

struct saying {
    arena *a;
    const struct actor *who;
    int64_t conversation, seen, now;
    bool child;
};

static err say(db_conn *c, struct saying *x) {
    struct conversation v;
    struct store_child k;
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(store_child_get(c, x->a, x->who->brand, x->conversation, &k));
    if (x->seen >= 0 && x->seen != k.version)
        return err_set(ERR_CONFLICT,
                       "Somebody said something about this child in the meantime; look again first.");
    if (k.forgotten_at) return err_set(ERR_CONFLICT, "The words of this conversation are deleted.");
    TRY(merge_writable(&v));
    if (k.version && x->child == (k.state != CHILD_NONE)) return ERR_NONE;
    if (k.state == CHILD_CONFIRMED || k.state == CHILD_DECLINED)
        return err_set(ERR_CONFLICT, "A grown-up has answered; that stands.");
    k.state = x->child ? CHILD_SET : CHILD_NONE;
    k.agent_id = x->who->agent;
    k.at = x->now;
    k.settled_at = k.forget_at = 0;
    k.name = k.address = k.country = S("");
    k.keep_memory = false;
    TRY(store_asks_end(c, x->who->brand, x->conversation, x->now));
    TRY(store_child_put(c, x->who->brand, &k));
    /* Nothing a child promised is remembered without a grown-up. */
    TRY(promise_agree_in(c, x->a, x->who, x->conversation, !x->child,
                         x->child ? S("A child wrote.") : S("No child wrote."), x->now));
    return event_add(c, x->who, x->conversation, x->child ? "child_set" : "child_unset", S(""), x->now);
}

static err write_said(db_conn *c, void *arg) { return say(c, arg); }

err child_set(struct desk *d, arena *a, const struct actor *who, int64_t conversation, bool child,
              int64_t seen_version) {
    struct saying x = {a, who, conversation, seen_version, desk_now(d), child};
    TRY(db_write(d->db, write_said, &x));
    desk_changed(d, who->brand, conversation, "child");
    return ERR_NONE;
}

err child_set_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, bool child,
                 int64_t now) {
    struct saying x = {a, who, conversation, -1, now, child};
    return say(c, &x);
}
