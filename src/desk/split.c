/* Messages that belong to another matter, or another person, become a conversation of their own; and moving
 * one to another inbox. */
#include "base/random.h"
#include "desk/filing.h"
#include "desk/merge_own.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/inbox.h"
#include "store/message.h"

static bool chosen(const struct splitting *x, int64_t message) {
    for (size_t i = 0; i < x->n; i++)
        if (x->messages[i] == message) return true;
    return false;
}

/* A letter that a person wrote and nobody has answered. */
static bool unanswered(const struct conversation *v, const struct message *m) {
    bool person = !m->machine.n || str_eq(m->machine, S("list"));
    return v->waiting_since && m->kind == MESSAGE_LETTER && person && m->created_at >= v->waiting_since;
}

/* The last of them that is, or is not, chosen; NULL for none. */
static const struct message *last_of(const struct splitting *x, const message_list *all, bool of_chosen,
                                     bool letter) {
    for (size_t i = all->n; i > 0; i--) {
        const struct message *m = &all->v[i - 1];
        if (chosen(x, m->id) == of_chosen && (!letter || m->kind == MESSAGE_LETTER)) return m;
    }
    return NULL;
}

/* Each part waits since its own first unanswered letter; the one that holds the very first has the place it
 * had. */
static void part_wait(struct splitting *x, const message_list *all) {
    int64_t first[2] = {0, 0}, which = -1, earliest = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct message *m = &all->v[i];
        int part = chosen(x, m->id);
        if (!unanswered(&x->from, m)) continue;
        if (!first[part] || m->created_at < first[part]) first[part] = m->created_at;
        if (which < 0 || m->created_at < earliest) which = part, earliest = m->created_at;
    }
    if (which < 0) which = 0; /* it waits for another reason */
    first[which] = x->from.waiting_since;
    x->from.waiting_since = first[0];
    x->to.waiting_since = first[1];
}

/* Without an unanswered letter nobody waits for us. */
static void part_state(struct conversation *v) {
    if (v->state == CONVERSATION_US && !v->waiting_since) v->state = CONVERSATION_THEM;
    if (v->state == CONVERSATION_DONE && v->closed_kind == CLOSED_WITHOUT && !v->waiting_since) {
        v->closed_kind = CLOSED_ANSWERED;
        v->closed_reason = CLOSE_ANSWERED;
    }
}

/* Who wrote the newest of the letters, if we know them; else whose it was. */
static err part_customer(db_conn *c, struct splitting *x, const message_list *all) {
    const struct message *letter = last_of(x, all, true, true);
    struct customer_address known = {0};
    if (letter && letter->from_address.n)
        TRY(store_customer_address_get(c, x->m.a, x->m.who->brand, letter->from_address, &known));
    if (known.customer_id) x->to.customer_id = known.customer_id;
    return ERR_NONE;
}

static err part_rows(db_conn *c, struct splitting *x) {
    for (size_t i = 0; i < x->n; i++)
        for (int s = 0; s < MERGE_SORTS; s++) {
            merge_keys keys;
            TRY(store_merge_keys_of_message(c, x->m.a, x->m.who->brand, (merge_sort)s, x->from.id,
                                            x->messages[i], &keys));
            for (size_t k = 0; k < keys.n; k++) TRY(merging_move(c, &x->m, (merge_sort)s, keys.v[k]));
        }
    return ERR_NONE;
}

/* What locks one, locks both: who wrote which letter was not said. A question that was asked stays where it
 * was. */
static err part_child(db_conn *c, struct splitting *x) {
    struct store_child k;
    TRY(merging_child_ok(c, &x->m, x->from.id, &k));
    if (!k.version || k.state == CHILD_NONE)
        return store_merge_no_child(c, x->m.who->brand, x->m.op.id, x->to.id);
    /* A grown-up's word is for the letters of one customer. Whose a forwarded one is, is not known yet. */
    bool others = x->m.op.kind == MERGE_FORWARD || x->to.customer_id != x->from.customer_id;
    bool again = k.state == CHILD_ASKED || (k.state == CHILD_CONFIRMED && others);
    child_state state = again ? CHILD_SET : k.state;
    return store_merge_child(c, x->m.who->brand, x->m.op.id, x->to.id, x->from.id,
                             str_z(child_state_name(state)));
}

static err check_chosen(struct splitting *x, const message_list *all) {
    size_t there = 0;
    for (size_t i = 0; i < all->n; i++) there += chosen(x, all->v[i].id);
    if (there < x->n)
        return err_set(ERR_CONFLICT,
                       "One of these messages does not stand in this conversation any more. Look at it "
                       "again first; nothing was moved.");
    if (there == all->n)
        return err_set(ERR_INVALID, "These are all the messages there are. Leave at least one where it is.");
    return ERR_NONE;
}

err splitting_part(db_conn *c, struct splitting *x) {
    int64_t brand = x->m.who->brand;
    message_list all;
    struct conversation *to = &x->to;
    TRY(store_message_list(c, x->m.a, brand, x->from.id, 0, MERGE_MESSAGES_MAX + 1, &all));
    if (all.n > MERGE_MESSAGES_MAX)
        return err_set(ERR_LIMIT, "A conversation of more than %d messages cannot be split.",
                       MERGE_MESSAGES_MAX);
    TRY(check_chosen(x, &all));
    const struct message *newest = last_of(x, &all, true, false), *left = last_of(x, &all, false, false);
    const struct message *letter = last_of(x, &all, true, true);
    *to = x->from;
    to->id = x->m.op.to_id;
    to->version = 1;
    to->related_id = x->from.id;
    to->created_at = newest->created_at;
    for (size_t i = 0; i < all.n; i++)
        if (chosen(x, all.v[i].id) && all.v[i].created_at < to->created_at)
            to->created_at = all.v[i].created_at;
    to->updated_at = x->m.now;
    to->channel = newest->channel;
    if (letter && letter->subject.n) to->subject = str_clip_utf8(letter->subject, 500);
    if (x->subject.n) to->subject = x->subject;
    to->snippet = filing_snippet(x->m.a, newest->text);
    TRY(part_customer(c, x, &all));
    part_wait(x, &all);
    TRY(store_brand_number(c, x->m.a, brand, &to->number));
    struct conversation source = x->from;
    TRY(store_conversation_insert(c, brand, to));
    TRY(merging_write_down(c, &x->m, &source, to, x->m.op.about));
    part_state(to);
    part_state(&x->from);
    x->from.snippet = filing_snippet(x->m.a, left->text);
    x->from.updated_at = x->m.now;
    TRY(part_rows(c, x));
    TRY(part_child(c, x));
    TRY(store_merge_write(c, brand, to));
    return store_merge_write(c, brand, &x->from);
}

/* ---- splitting ---- */

struct split {
    struct splitting s;
    const struct split_wish *wish;
};

/* All of them stand together in a conversation that this one was split into. */
static err find_again(db_conn *c, struct split *x, bool *ret_again) {
    int64_t brand = x->s.m.who->brand, at = 0;
    *ret_again = false;
    for (size_t i = 0; i < x->s.n; i++) {
        struct message m;
        err e = store_message_get(c, x->s.m.a, brand, x->s.messages[i], &m);
        if (e == ERR_MISSING) return ERR_NONE;
        TRY(e);
        if (m.conversation_id == x->wish->conversation || (at && at != m.conversation_id)) return ERR_NONE;
        at = m.conversation_id;
    }
    int64_t op;
    TRY(store_merge_find(c, brand, MERGE_SPLIT, x->wish->conversation, at, &op));
    *ret_again = op != 0;
    x->s.m.done = (struct merge_done){op, at, true};
    return ERR_NONE;
}

static err split(db_conn *c, void *arg) {
    struct split *x = arg;
    struct merging *m = &x->s.m;
    bool again;
    x->s.to = (struct conversation){0};
    m->done = (struct merge_done){0};
    struct conversation there;
    TRY(store_conversation_get(c, m->a, m->who->brand, x->wish->conversation, &there));
    TRY(find_again(c, x, &again));
    if (again) return ERR_NONE;
    TRY(merging_take(c, m, x->wish->conversation, x->wish->seen_version, &x->s.from));
    TRY(splitting_part(c, &x->s));
    TRY(merging_event(c, m, x->s.from.id, "split_off", merging_number(m->a, x->s.to.number)));
    TRY(merging_event(c, m, x->s.to.id, "split_from", merging_number(m->a, x->s.from.number)));
    m->done = (struct merge_done){m->op.id, x->s.to.id, false};
    return merging_end(c, m, true);
}

/* Each once. */
static void choose(struct split *x) {
    int64_t *ids = arena_array(x->s.m.a, x->wish->n + 1, sizeof *ids);
    x->s.messages = ids;
    for (size_t i = 0; i < x->wish->n; i++)
        if (!chosen(&x->s, x->wish->messages[i])) ids[x->s.n++] = x->wish->messages[i];
}

err merge_split(struct desk *d, arena *a, const struct actor *who, const struct split_wish *wish,
                struct merge_done *ret_done) {
    if (!wish->n) return err_set(ERR_INVALID, "Which messages? Choose at least one.");
    if (wish->n > MERGE_MESSAGES_MAX) return err_set(ERR_LIMIT, "More than %d messages.", MERGE_MESSAGES_MAX);
    str subject = str_trim(wish->subject);
    if (subject.n > 500 || !str_is_utf8(subject) || str_has(subject, '\n'))
        return err_set(ERR_INVALID, "The subject is too long or has more than one line.");
    struct split x = {.s = {.m = merging_begin(d, a, who, MERGE_SPLIT), .subject = subject}, .wish = wish};
    choose(&x);
    x.s.m.op.to_id = id_new(x.s.m.now);
    TRY(db_write(d->db, split, &x));
    *ret_done = x.s.m.done;
    if (!x.s.m.done.repeated) merging_told(&x.s.m);
    return ERR_NONE;
}

/* ---- moving ---- */

struct moving {
    struct merging m;
    int64_t conversation, inbox, seen;
};

static err inbox_of(db_conn *c, struct moving *x, struct store_inbox *ret) {
    err e = store_inbox_by_id(c, x->m.a, x->m.who->brand, x->inbox, ret);
    if (e == ERR_MISSING || (!e && ret->disabled_at))
        return err_set(ERR_INVALID, "To which inbox? Choose one that is in use.");
    return e;
}

static err move(db_conn *c, void *arg) {
    struct moving *x = arg;
    struct conversation v;
    struct store_inbox old, fresh;
    x->m.done = (struct merge_done){0, x->conversation, true};
    TRY(store_conversation_get(c, x->m.a, x->m.who->brand, x->conversation, &v));
    TRY(inbox_of(c, x, &fresh));
    if (v.inbox_id == x->inbox && !v.merged_into) return ERR_NONE;
    TRY(merging_take(c, &x->m, x->conversation, x->seen, &v));
    TRY(store_inbox_by_id(c, x->m.a, x->m.who->brand, v.inbox_id, &old));
    str about = str_fmt(x->m.a, "%.*s \xE2\x86\x92 %.*s", STR_FMT(old.address), STR_FMT(fresh.address));
    TRY(merging_write_down(c, &x->m, &v, &v, about));
    v.inbox_id = x->inbox;
    TRY(store_merge_write(c, x->m.who->brand, &v));
    TRY(merging_event(c, &x->m, v.id, "moved", about));
    x->m.done = (struct merge_done){x->m.op.id, v.id, false};
    return store_merge_remember(c, x->m.who->brand, x->m.op.id, v.id, MERGE_AFTER);
}

err merge_move(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t inbox,
               int64_t seen_version, struct merge_done *ret_done) {
    struct moving x = {merging_begin(d, a, who, MERGE_MOVE), conversation, inbox, seen_version};
    TRY(db_write(d->db, move, &x));
    *ret_done = x.m.done;
    if (!x.m.done.repeated) merging_told(&x.m);
    return ERR_NONE;
}
