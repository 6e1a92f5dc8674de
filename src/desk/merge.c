#include "desk/merge.h"

#include "base/random.h"
#include "desk/defect_like.h"
#include "desk/merge_own.h"
#include "letter/words.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/event.h"
#include "store/incident.h"
#include "store/message.h"

enum { OPERATIONS_SHOWN = 100, CANDIDATES_SHOWN = 20, FOUND_LOOKED_AT = 100 };

/* ---- what all operations do ---- */

str merging_number(arena *a, int64_t number) { return str_fmt(a, "%lld", (long long)number); }

struct merging merging_begin(struct desk *d, arena *a, const struct actor *who, merge_kind kind) {
    struct merging x = {.desk = d, .a = a, .who = who, .now = desk_now(d)};
    x.op = (struct merge_operation){.id = id_new(x.now), .kind = kind, .agent_id = who->agent, .at = x.now};
    x.op.about = S("");
    return x;
}

err merge_writable(const struct conversation *v) {
    if (!v->merged_into) return ERR_NONE;
    return err_set(ERR_CONFLICT,
                   "This conversation was merged into another one meanwhile, and nothing was written. "
                   "Look at it there, and do it again if it is still right.");
}

err merging_take(db_conn *c, struct merging *x, int64_t id, int64_t seen, struct conversation *ret) {
    struct conversation v;
    TRY(store_conversation_get(c, x->a, x->who->brand, id, &v));
    TRY(merge_writable(&v));
    if (seen >= 0 && seen != v.version)
        return err_set(ERR_CONFLICT,
                       "Something came or changed in this conversation after you opened it. Look at it "
                       "again first; nothing was moved.");
    *ret = v;
    return ERR_NONE;
}

err merging_write_down(db_conn *c, struct merging *x, const struct conversation *from,
                       const struct conversation *to, str about) {
    int64_t brand = x->who->brand;
    x->op.from_id = from->id;
    x->op.to_id = to->id;
    x->op.from_number = from->number;
    x->op.to_number = to->number;
    x->op.about = about;
    TRY(store_merge_insert(c, brand, &x->op));
    TRY(store_merge_remember(c, brand, x->op.id, from->id, MERGE_BEFORE));
    return from->id == to->id ? ERR_NONE : store_merge_remember(c, brand, x->op.id, to->id, MERGE_BEFORE);
}

err merging_move(db_conn *c, struct merging *x, merge_sort sort, struct merge_key key) {
    bool moved;
    TRY(store_merge_move(c, x->who->brand, sort, key, x->op.from_id, x->op.to_id, &moved));
    if (!moved) return err_set(ERR_INTERNAL, "A row of %s was not where it stood.", merge_sort_name(sort));
    return store_merge_note(c, x->who->brand, x->op.id, sort, key);
}

err merging_event(db_conn *c, struct merging *x, int64_t conversation, const char *kind, str detail) {
    struct event e = {.id = id_new(x->now),
                      .conversation_id = conversation,
                      .agent_id = x->who->agent,
                      .kind = str_z(kind),
                      .detail = detail,
                      .at = x->now};
    TRY(store_event_insert(c, x->who->brand, &e));
    return store_merge_note(c, x->who->brand, x->op.id, SORT_EVENT_MADE, (struct merge_key){e.id, 0});
}

err merging_end(db_conn *c, struct merging *x, bool both) {
    int64_t brand = x->who->brand, ids[] = {x->op.to_id, x->op.from_id};
    size_t n = x->op.from_id == x->op.to_id ? 1 : 2;
    for (size_t i = 0; i < n; i++) {
        TRY(store_merge_remember(c, brand, x->op.id, ids[i], MERGE_AFTER));
        for (int s = 0; s < MERGE_SORTS && (i == 0 || both); s++)
            if (merge_sort_counts((merge_sort)s))
                TRY(store_merge_set_put(c, x->a, brand, x->op.id, ids[i], (merge_sort)s));
    }
    return ERR_NONE;
}

err merging_child_ok(db_conn *c, struct merging *x, int64_t conversation, struct store_child *ret) {
    struct store_child k;
    TRY(store_child_get(c, x->a, x->who->brand, conversation, &k));
    if (k.forgotten_at)
        return err_set(ERR_CONFLICT, "The words of one of these conversations are deleted; it stays "
                                     "as it is.");
    if (k.state == CHILD_DECLINED || k.forget_at)
        return err_set(ERR_CONFLICT,
                       "A grown-up wants everything in one of these conversations deleted; it stays as "
                       "it is, so that nothing else is deleted with it.");
    *ret = k;
    return ERR_NONE;
}

err merging_relearn(db_conn *c, struct merging *x, int64_t message) {
    bool known;
    TRY(store_merge_relearn(c, x->who->brand, message, &known));
    return known ? letters_learn_soon_in(c, x->who->brand, x->now) : ERR_NONE;
}

void merging_told(const struct merging *x) {
    desk_changed(x->desk, x->who->brand, x->op.to_id, "merge");
    if (x->op.from_id != x->op.to_id) desk_changed(x->desk, x->who->brand, x->op.from_id, "merge");
}

/* ---- merging ---- */

struct joining {
    struct merging m;
    const struct merge_wish *wish;
    struct conversation from, to;
    struct store_child child_from, child_to;
    bool strangers;
};

/* They are one already, whoever was faster and in whichever direction. */
static err find_again(db_conn *c, struct joining *x, bool *ret_again) {
    const struct merge_wish *w = x->wish;
    int64_t brand = x->m.who->brand, from, into, op = 0;
    TRY(store_merge_end(c, brand, w->from, &from));
    TRY(store_merge_end(c, brand, w->into, &into));
    *ret_again = from == into;
    if (from != into) return ERR_NONE;
    TRY(store_merge_find(c, brand, MERGE_MERGE, w->from, w->into, &op));
    if (!op) TRY(store_merge_find(c, brand, MERGE_MERGE, w->into, w->from, &op));
    x->m.done = (struct merge_done){op, into, true};
    return ERR_NONE;
}

static err check_customers(struct joining *x) {
    int64_t a = x->from.customer_id, b = x->to.customer_id;
    const int64_t *named = x->wish->customers;
    x->strangers = a != b;
    if (a == b || (named[0] == a && named[1] == b) || (named[0] == b && named[1] == a)) return ERR_NONE;
    return err_set(ERR_CONFLICT,
                   "These are letters of two customers, %.*s and %.*s. Say that they belong together all "
                   "the same; then both take part in one conversation.",
                   STR_FMT(x->from.customer_name), STR_FMT(x->to.customer_name));
}

static const char *what_ties(const struct store_child *k, merge_tie tie) {
    if (k->state != CHILD_NONE) return "a child wrote";
    if (k->worry_id) return "somebody worries";
    switch (tie) {
    case TIE_NONE: break;
    case TIE_TRACK: return "a private page works";
    case TIE_BOX: return "there is a box";
    case TIE_PROMISE: return "a promise is open";
    case TIE_GESTURE: return "there is a gesture";
    }
    return NULL;
}

/* Does `of` hold letters of somebody else than `customer`, by itself or by what was merged into it? */
static err has_others(db_conn *c, struct joining *x, const struct conversation *of, int64_t customer,
                      bool *ret) {
    merge_ids signposts;
    bool others = of->customer_id != customer;
    TRY(store_merge_signposts(c, x->m.a, x->m.who->brand, of->id, &signposts));
    for (size_t i = 0; i < signposts.n && !others; i++) {
        struct conversation v;
        TRY(store_conversation_get(c, x->m.a, x->m.who->brand, signposts.v[i], &v));
        others = v.customer_id != customer;
    }
    *ret = others;
    return ERR_NONE;
}

/* What hangs on a conversation is for one person: a mother's word for her child, or a page that shows a box,
 * must never reach into what somebody else wrote. */
static err check_ties(db_conn *c, struct joining *x, const struct conversation *one,
                      const struct store_child *child, const struct conversation *other) {
    bool others;
    merge_tie tie;
    TRY(has_others(c, x, other, one->customer_id, &others));
    if (!others) return ERR_NONE;
    TRY(store_merge_tie(c, x->m.who->brand, one->id, x->m.now, &tie));
    const char *what = what_ties(child, tie);
    if (!what) return ERR_NONE;
    return err_set(ERR_CONFLICT,
                   "These are letters of two customers, and in conversation %lld %s. That is %.*s's alone, "
                   "so nothing was merged. Settle it first, or link the two by a note that names number "
                   "%lld.",
                   (long long)one->number, what, STR_FMT(one->customer_name), (long long)other->number);
}

static err check_rest(db_conn *c, struct joining *x) {
    bool due;
    TRY(merging_child_ok(c, &x->m, x->from.id, &x->child_from));
    TRY(merging_child_ok(c, &x->m, x->to.id, &x->child_to));
    TRY(check_ties(c, x, &x->from, &x->child_from, &x->to));
    TRY(check_ties(c, x, &x->to, &x->child_to, &x->from));
    if (x->child_from.worry_id && x->child_to.worry_id)
        return err_set(ERR_CONFLICT,
                       "Somebody worries about both of these conversations. Close one worry first.");
    TRY(store_merge_mail_due(c, x->m.who->brand, x->from.id, &due));
    if (due)
        return err_set(ERR_CONFLICT,
                       "The mail that says \"we have it\" is about to leave from there. Try again in a "
                       "minute.");
    return ERR_NONE;
}

/* How much a state locks; a grown-up's word for one letter is none for another. */
static int rank(const struct store_child *k) {
    if (!k->version) return 0;
    switch (k->state) {
    case CHILD_NONE: return 1;
    case CHILD_CONFIRMED: return 2;
    case CHILD_SET: return 3;
    case CHILD_ASKED:
    case CHILD_DECLINED: return 4;
    }
    return 0;
}

/* "No child wrote" holds for the letters it was said of only. */
static err join_child(db_conn *c, struct joining *x) {
    int64_t brand = x->m.who->brand;
    bool theirs = rank(&x->child_from) > rank(&x->child_to) && x->child_from.state != CHILD_NONE;
    if (x->child_to.version && x->child_to.state == CHILD_NONE && x->child_from.state == CHILD_NONE)
        return ERR_NONE;
    if (theirs)
        TRY(store_merge_child(c, brand, x->m.op.id, x->to.id, x->from.id,
                              str_z(child_state_name(x->child_from.state))));
    /* At most one link stays good: that of whose word counts. */
    store_ask_list asks;
    TRY(store_asks_of(c, x->m.a, brand, theirs ? x->to.id : x->from.id, &asks));
    for (size_t i = 0; i < asks.n; i++) {
        if (asks.v[i].ended_at) continue;
        TRY(store_merge_end_ask(c, brand, asks.v[i].id, x->m.now));
        TRY(store_merge_note(c, brand, x->m.op.id, SORT_ASK_ENDED, (struct merge_key){asks.v[i].id, 0}));
    }
    return ERR_NONE;
}

static bool holds(const merge_keys *keys, int64_t id) {
    for (size_t i = 0; i < keys->n; i++)
        if (keys->v[i].id == id) return true;
    return false;
}

/* A defect counts once in a conversation. */
static err join_cases(db_conn *c, struct joining *x, merge_keys *ret_stay) {
    int64_t brand = x->m.who->brand;
    merge_keys twice;
    TRY(store_merge_same_cases(c, x->m.a, brand, x->from.id, x->to.id, true, &twice));
    for (size_t i = 0; i < twice.n; i++) {
        TRY(store_merge_take_case(c, brand, twice.v[i].id, x->m.now));
        TRY(store_merge_note(c, brand, x->m.op.id, SORT_CASE_TAKEN, twice.v[i]));
    }
    return store_merge_same_cases(c, x->m.a, brand, x->from.id, x->to.id, false, ret_stay);
}

/* Who has begun to write in both goes on in one; what they typed stands below it. */
static err join_drafts(db_conn *c, struct joining *x, merge_keys *ret_stay) {
    int64_t brand = x->m.who->brand;
    merge_keys from, to, stay = {0};
    TRY(store_merge_keys(c, x->m.a, brand, SORT_DRAFT, x->from.id, &from));
    TRY(store_merge_keys(c, x->m.a, brand, SORT_DRAFT, x->to.id, &to));
    for (size_t i = 0; i < from.n; i++) {
        if (!holds(&to, from.v[i].id)) continue;
        TRY(store_merge_draft(c, x->m.a, brand, x->m.op.id, from.v[i].id, x->from.id, x->to.id));
        *list_add(x->m.a, &stay) = from.v[i];
    }
    *ret_stay = stay;
    return ERR_NONE;
}

static err join_rows(db_conn *c, struct joining *x) {
    merge_keys cases, drafts;
    TRY(join_cases(c, x, &cases));
    TRY(join_drafts(c, x, &drafts));
    for (int s = 0; s < MERGE_SORTS; s++) {
        merge_sort sort = (merge_sort)s;
        merge_keys keys;
        /* Whoever has the link of one customer sees nothing of another's boxes. */
        if (sort == SORT_TRACK && x->strangers) continue;
        TRY(store_merge_keys(c, x->m.a, x->m.who->brand, sort, x->from.id, &keys));
        for (size_t i = 0; i < keys.n; i++) {
            if (sort == SORT_DEFECT_CASE && holds(&cases, keys.v[i].id)) continue;
            if (sort == SORT_DRAFT && holds(&drafts, keys.v[i].id)) continue;
            TRY(merging_move(c, &x->m, sort, keys.v[i]));
        }
    }
    return ERR_NONE;
}

static int64_t earlier(int64_t a, int64_t b) {
    if (!a || !b) return a ? a : b;
    return a < b ? a : b;
}

static void join_state(struct joining *x) {
    struct conversation *to = &x->to;
    const struct conversation *from = &x->from;
    int64_t waits = 0;
    if (from->state == CONVERSATION_US) waits = from->waiting_since;
    if (to->state == CONVERSATION_US) waits = earlier(waits, to->waiting_since);
    if (from->state == CONVERSATION_DONE && to->state == CONVERSATION_DONE) {
        /* What was closed without an answer still has none. */
        if (!to->waiting_since && from->waiting_since) {
            to->closed_kind = from->closed_kind;
            to->closed_reason = from->closed_reason;
        }
        to->waiting_since = earlier(to->waiting_since, from->waiting_since);
        return;
    }
    bool us = from->state == CONVERSATION_US || to->state == CONVERSATION_US;
    to->state = us ? CONVERSATION_US : CONVERSATION_THEM;
    to->waiting_since = waits;
    to->closed_kind = CLOSED_NOT;
    to->closed_reason = CLOSE_ANSWERED;
    to->closed_at = to->closed_by = 0;
}

static err join_conversations(db_conn *c, struct joining *x) {
    struct conversation *to = &x->to, *from = &x->from;
    join_state(x);
    if (!to->subject.n) to->subject = from->subject;
    if (from->updated_at > to->updated_at) to->snippet = from->snippet;
    if (!to->agent_id && to->state != CONVERSATION_DONE) to->agent_id = from->agent_id;
    if (to->related_id == from->id) to->related_id = from->related_id == to->id ? 0 : from->related_id;
    to->updated_at = from->updated_at = x->m.now;
    TRY(store_merge_write(c, x->m.who->brand, to));
    from->state = CONVERSATION_DONE;
    from->waiting_since = from->agent_id = 0;
    from->closed_kind = CLOSED_MERGED;
    from->closed_reason = CLOSE_ANSWERED;
    from->closed_at = x->m.now;
    from->closed_by = x->m.who->agent;
    from->merged_into = to->id;
    return store_merge_write(c, x->m.who->brand, from);
}

/* Who wrote about an incident there writes about it here. */
static err join_incidents(db_conn *c, struct joining *x) {
    int64_t brand = x->m.who->brand;
    id_list made;
    TRY(store_incident_follow(c, x->m.a, brand, x->from.id, x->to.id, x->m.now, &made));
    for (size_t i = 0; i < made.n; i++)
        TRY(store_merge_note(c, brand, x->m.op.id, SORT_INCIDENT_MADE,
                             (struct merge_key){made.v[i], x->to.id}));
    return ERR_NONE;
}

static err join(db_conn *c, void *arg) {
    struct joining *x = arg;
    const struct merge_wish *w = x->wish;
    bool again;
    x->strangers = false;
    x->m.done = (struct merge_done){0};
    TRY(find_again(c, x, &again));
    if (again) return ERR_NONE;
    TRY(merging_take(c, &x->m, w->from, w->seen_from, &x->from));
    TRY(merging_take(c, &x->m, w->into, w->seen_into, &x->to));
    TRY(check_customers(x));
    TRY(check_rest(c, x));
    TRY(merging_write_down(c, &x->m, &x->from, &x->to, S("")));
    TRY(join_child(c, x));
    TRY(join_rows(c, x));
    TRY(join_conversations(c, x));
    TRY(join_incidents(c, x));
    TRY(merging_event(c, &x->m, x->to.id, "merged", merging_number(x->m.a, x->from.number)));
    x->m.done = (struct merge_done){x->m.op.id, x->to.id, false};
    return merging_end(c, &x->m, false);
}

err merge_conversations(struct desk *d, arena *a, const struct actor *who, const struct merge_wish *wish,
                        struct merge_done *ret_done, bool *ret_strangers) {
    if (wish->from == wish->into) return err_set(ERR_INVALID, "A conversation cannot be merged with itself.");
    struct joining x = {.m = merging_begin(d, a, who, MERGE_MERGE), .wish = wish};
    err e = db_write(d->db, join, &x);
    if (ret_strangers) *ret_strangers = x.strangers;
    if (e) return e;
    *ret_done = x.m.done;
    if (!x.m.done.repeated) merging_told(&x.m);
    return ERR_NONE;
}

/* ---- for everybody ---- */

err merge_end_in(db_conn *c, int64_t brand, int64_t conversation, int64_t *ret_end) {
    return store_merge_end(c, brand, conversation, ret_end);
}

err merge_open(struct desk *d, int64_t brand, int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t end;
    TRY(db_read_begin(d->db, &c));
    err e = store_merge_end(c, brand, conversation, &end);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    struct conversation v = {.merged_into = end == conversation ? 0 : end};
    return merge_writable(&v);
}

struct dismissing {
    arena *a;
    const struct actor *who;
    int64_t conversation, related;
};

static err dismiss(db_conn *c, void *arg) {
    struct dismissing *x = arg;
    struct conversation v;
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(merge_writable(&v));
    if (v.related_id != x->related) return ERR_NONE;
    v.related_id = 0;
    return store_conversation_update(c, x->who->brand, &v);
}

err merge_not_related(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                      int64_t related) {
    struct dismissing x = {a, who, conversation, related};
    TRY(db_write(d->db, dismiss, &x));
    desk_changed(d, who->brand, conversation, "merge");
    return ERR_NONE;
}

err merge_operations(struct desk *d, arena *a, int64_t brand, int64_t conversation,
                     merge_operation_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_merge_of(c, a, brand, conversation, 0, OPERATIONS_SHOWN, ret);
}

static void add_once(arena *a, conversation_list *all, const struct conversation *v, int64_t except) {
    if (v->id == except || v->merged_into || all->n >= CANDIDATES_SHOWN) return;
    for (size_t i = 0; i < all->n; i++)
        if (all->v[i].id == v->id) return;
    *list_add(a, all) = *v;
}

static err by_words(db_conn *c, arena *a, int64_t brand, int64_t except, str q, conversation_list *all) {
    struct store_brand row;
    word_list words;
    found_list found;
    TRY(store_brand_by_id(c, a, brand, &row));
    words_of(a, q, row.language, 8, &words);
    if (!words.n) return ERR_NONE;
    TRY(store_search(c, a, brand, words.v, words.n, true, 0, FOUND_LOOKED_AT, &found));
    for (size_t i = 0; i < found.n && all->n < CANDIDATES_SHOWN; i++) {
        struct conversation v;
        TRY(store_conversation_get(c, a, brand, found.v[i].message.conversation_id, &v));
        add_once(a, all, &v, except);
    }
    return ERR_NONE;
}

err merge_candidates(struct desk *d, arena *a, int64_t brand, int64_t conversation, str q,
                     conversation_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v, one;
    conversation_list all = {0}, own;
    int64_t number, end;
    TRY(db_read_begin(d->db, &c));
    TRY(store_conversation_get(c, a, brand, conversation, &v));
    q = str_trim(q);
    if (str_starts(q, S("#"))) q = str_trim(str_slice(q, 1, q.n));
    if (!q.n) {
        TRY(store_conversation_of_customer(c, a, brand, v.customer_id, 0, CANDIDATES_SHOWN + 1, &own));
        for (size_t i = 0; i < own.n; i++) add_once(a, &all, &own.v[i], conversation);
    } else if (str_to_int(q, &number)) {
        err e = store_conversation_by_number(c, a, brand, number, &one);
        if (e && e != ERR_MISSING) return e;
        if (!e) {
            TRY(store_merge_end(c, brand, one.id, &end));
            TRY(store_conversation_get(c, a, brand, end, &one));
            add_once(a, &all, &one, conversation);
        }
    }
    if (q.n) TRY(by_words(c, a, brand, conversation, q, &all));
    *ret = all;
    return ERR_NONE;
}

err merge_forget(db_conn *c, arena *a, int64_t brand, const struct store_forget *what) {
    merge_ids signposts;
    TRY(store_merge_signposts(c, a, brand, what->conversation, &signposts));
    for (size_t i = 0; i < signposts.n; i++) {
        struct conversation v;
        struct store_forget other = *what;
        TRY(store_conversation_get(c, a, brand, signposts.v[i], &v));
        other.customer = v.customer_id;
        if (what->customer && v.customer_id != what->customer) TRY(store_forget_customer(c, brand, &other));
    }
    return store_merge_forget(c, a, brand, what->conversation, what->subject);
}
