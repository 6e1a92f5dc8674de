#include <stdlib.h>

#include "desk/catalogue_read.h"
#include "desk/gesture.h"
#include "desk/listening.h"
#include "store/conversation.h"

/* An event or an item as a letter has it. */
struct heard_thing {
    int64_t message, finding;
    uint32_t start, end; /* both 0: not in the text itself */
    str value;
    bool is_part;
};
typedef LIST(struct heard_thing) heard_thing_list;

/* Two of the same letter that stand close belong together. */
struct pairing {
    const struct heard_thing *event, *item; /* NULL: none */
    uint32_t apart;
};
typedef LIST(struct pairing) pairing_list;

enum { LETTERS_READ = 50, THINGS_MAX = 64, APART_ELSEWHERE = 1 << 30 };

/* The letters since our last reply; when it was the last word, the newest letter. */
static err letters_of(struct desk *d, arena *a, int64_t brand, int64_t conversation, message_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    message_list all = {0}, letters = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(store_conversation_get(c, a, brand, conversation, &v));
    TRY(store_message_list(c, a, brand, conversation, 0, LETTERS_READ, &all));
    for (size_t i = all.n; i > 0; i--) {
        const struct message *m = &all.v[i - 1];
        if (m->kind == MESSAGE_REPLY && letters.n) break;
        if (m->kind == MESSAGE_LETTER) *list_add(a, &letters) = *m;
    }
    *ret = letters;
    return ERR_NONE;
}

static void add_thing(arena *a, heard_thing_list *to, const struct message *m,
                      const struct stored_finding *s) {
    if (to->n >= THINGS_MAX) return;
    *list_add(a, to) = (struct heard_thing){
        m->id, s->id, s->f.start, s->f.end, str_trim(s->f.value), s->f.kind == FINDING_PART};
}

static err hear_things(struct desk *d, arena *a, int64_t brand, const message_list *letters,
                       heard_thing_list *ret_events, heard_thing_list *ret_items) {
    for (size_t i = 0; i < letters->n; i++) {
        struct letter_findings all;
        TRY(listening_of(d, a, brand, &letters->v[i], &all));
        for (size_t k = 0; k < all.findings.n; k++) {
            const struct stored_finding *s = &all.findings.v[k];
            if (s->state == FINDING_STRUCK) continue;
            if (s->f.kind == FINDING_EVENT) add_thing(a, ret_events, &letters->v[i], s);
            /* Without a value nobody can say which of several it is. */
            if ((s->f.kind == FINDING_PRODUCT || s->f.kind == FINDING_PART) && s->f.value.n)
                add_thing(a, ret_items, &letters->v[i], s);
        }
    }
    return ERR_NONE;
}

static uint32_t apart(const struct heard_thing *x, const struct heard_thing *y) {
    if (x->message != y->message) return APART_ELSEWHERE + 1;
    if (!x->end || !y->end) return APART_ELSEWHERE;
    if (x->start >= y->end) return x->start - y->end;
    return y->start >= x->end ? y->start - x->end : 0;
}

static int by_closeness(const void *x, const void *y) {
    const struct pairing *a = x, *b = y;
    if (a->apart != b->apart) return a->apart < b->apart ? -1 : 1;
    if (a->item && b->item && a->item->finding != b->item->finding)
        return a->item->finding < b->item->finding ? -1 : 1;
    if (!a->event || !b->event) return 0;
    return (a->event->finding > b->event->finding) - (a->event->finding < b->event->finding);
}

static pairing_list pair(arena *a, const heard_thing_list *events, const heard_thing_list *items) {
    pairing_list all = {0};
    for (size_t i = 0; i < events->n; i++)
        for (size_t k = 0; k < items->n; k++)
            *list_add(a, &all) =
                (struct pairing){&events->v[i], &items->v[k], apart(&events->v[i], &items->v[k])};
    for (size_t i = 0; i < events->n && !items->n; i++)
        *list_add(a, &all) = (struct pairing){.event = &events->v[i]};
    for (size_t k = 0; k < items->n && !events->n; k++)
        *list_add(a, &all) = (struct pairing){.item = &items->v[k]};
    if (!all.n) list_add(a, &all);
    qsort(all.v, all.n, sizeof *all.v, by_closeness);
    return all;
}

/* Which item of the catalogue the value names; one that people typed in may be none of it. */
static err name_item(db_conn *c, arena *a, int64_t brand, const struct heard_thing *t,
                     struct gesture_offer *o) {
    static const struct {
        catalogue_kind kind;
        const char *name;
    } tries[] = {{CATALOGUE_PRODUCT, "product"}, {CATALOGUE_FIGURE, "figure"}, {CATALOGUE_PART, "part"}};
    for (int i = t->is_part ? 2 : 0; i < (t->is_part ? 3 : 2); i++) {
        int64_t retired;
        err e = store_gesture_item(c, a, brand, catalogue_item_id(tries[i].kind, t->value), &o->item_name,
                                   &retired);
        if (e == ERR_MISSING) continue;
        TRY(e);
        o->concerns = (struct concerns){str_z(tries[i].name), t->value};
        o->retired = retired != 0;
        return ERR_NONE;
    }
    o->concerns.kind = t->is_part ? S("part") : S("");
    o->item_name = t->value;
    return ERR_NONE;
}

static bool same_offer(const struct gesture_offer *x, const struct gesture_offer *y) {
    return str_eq(x->situation, y->situation) && str_eq(x->concerns.kind, y->concerns.kind) &&
           str_eq(x->concerns.code, y->concerns.code) && str_eq(x->item_name, y->item_name);
}

static gesture_kind kind_that_fits(const struct gesture_offer *o) {
    if (o->policy.id && o->policy.answer <= ANSWER_EXTRA) return (gesture_kind)o->policy.answer;
    if (str_eq(o->situation, S("charge")) || str_eq(o->situation, S("outage"))) return GESTURE_REFUND;
    if (str_eq(o->concerns.kind, S("part"))) return GESTURE_PART;
    return o->item_name.n ? GESTURE_REPLACEMENT : GESTURE_VOUCHER;
}

static err fill_offer(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                      const struct gesture_offers *all, struct gesture_offer *o) {
    struct store_gesture_sums sums;
    int64_t cost = 0, quantity = 0;
    str currency = str_copy(a, currency_str(&all->room.currency));
    TRY(store_policy_fitting(c, a, brand, o->situation, o->concerns.kind, o->concerns.code, &o->policy));
    TRY(store_gesture_sums(c, brand, conversation, o->policy.id, &sums));
    if (o->concerns.code.n)
        TRY(store_gesture_last_cost(c, brand, o->concerns.kind, o->concerns.code, currency, &cost,
                                    &quantity));
    o->cost_each = quantity ? (cost + quantity - 1) / quantity : 0;
    o->kind = kind_that_fits(o);
    const struct store_policy *p = &o->policy;
    bool gives = p->id && p->answer <= ANSWER_EXTRA;
    o->quantity_left = gives && p->quantity > sums.quantity ? p->quantity - sums.quantity : 0;
    o->amount_left = !gives ? 0 : !p->amount ? -1 : p->amount > sums.cost ? p->amount - sums.cost : 0;
    o->within = o->quantity_left > 0 && (o->amount_left < 0 || o->amount_left >= o->cost_each) &&
                (o->amount_left != 0 || o->kind == GESTURE_REPLACEMENT || o->kind == GESTURE_PART ||
                 o->kind == GESTURE_EXTRA);
    for (size_t i = 0; i < all->gestures.n; i++) {
        const struct store_gesture *g = &all->gestures.v[i];
        if ((gesture_holds(g->state) || g->state == GESTURE_ASKED) &&
            str_eq(g->item_kind, o->concerns.kind) && str_eq(g->item_code, o->concerns.code) &&
            str_eq(g->item_name, o->item_name))
            o->already++;
    }
    return ERR_NONE;
}

static err offer_of(db_conn *c, arena *a, int64_t brand, const struct pairing *p, struct gesture_offer *ret) {
    struct gesture_offer o = {.situation = S("other")};
    if (p->event) {
        o.event_message = p->event->message;
        o.event_finding = p->event->finding;
        if (situation_is(p->event->value)) o.situation = p->event->value;
    }
    if (p->item) {
        o.item_message = p->item->message;
        o.item_finding = p->item->finding;
        TRY(name_item(c, a, brand, p->item, &o));
    }
    *ret = o;
    return ERR_NONE;
}

err gesture_offers(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                   struct gesture_offers *ret) {
    struct gesture_offers r = {0};
    message_list letters;
    heard_thing_list events = {0}, items = {0};
    TRY(letters_of(d, a, who->brand, conversation, &letters));
    TRY(hear_things(d, a, who->brand, &letters, &events, &items));
    pairing_list pairs = pair(a, &events, &items);
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(allowance_room(c, a, who->brand, who->agent, desk_now(d), &r.room));
    TRY(store_gestures_of_conversation(c, a, who->brand, conversation, &r.gestures));
    r.seen_gestures = (int64_t)r.gestures.n;
    for (size_t i = 0; i < pairs.n && r.offers.n < GESTURE_OFFERS_MAX; i++) {
        struct gesture_offer o;
        bool there = false;
        TRY(offer_of(c, a, who->brand, &pairs.v[i], &o));
        for (size_t k = 0; k < r.offers.n && !there; k++) there = same_offer(&r.offers.v[k], &o);
        if (there) continue;
        TRY(fill_offer(c, a, who->brand, conversation, &r, &o));
        *list_add(a, &r.offers) = o;
    }
    *ret = r;
    return ERR_NONE;
}
