#include <stdlib.h>

#include "desk/catalogue_read.h"
#include "desk/check.h"
#include "desk/gesture.h"
#include "desk/heart.h"
#include "desk/listening.h"
#include "store/agent.h"
#include "store/brand.h"
#include "store/conversation.h"

/* Two of the same letter that stand close belong together. */
struct pairing {
    const struct gesture_heard *event, *item; /* NULL: none */
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

static err hear_things(struct desk *d, arena *a, int64_t brand, const message_list *letters,
                       gesture_heard_list *ret) {
    for (size_t i = 0; i < letters->n; i++) {
        struct letter_findings all;
        TRY(listening_of(d, a, brand, &letters->v[i], &all));
        for (size_t k = 0; k < all.findings.n; k++) {
            const struct stored_finding *s = &all.findings.v[k];
            bool event = s->f.kind == FINDING_EVENT, part = s->f.kind == FINDING_PART;
            if (s->state == FINDING_STRUCK || !(event || part || s->f.kind == FINDING_PRODUCT)) continue;
            *list_add(a, ret) = (struct gesture_heard){event,      part,     letters->v[i].id,    s->id,
                                                       s->f.start, s->f.end, str_trim(s->f.value)};
        }
    }
    return ERR_NONE;
}

static uint32_t apart(const struct gesture_heard *x, const struct gesture_heard *y) {
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

typedef LIST(const struct gesture_heard *) heard_list;

/* Without a value nobody can say which of several items it is. */
static heard_list these(arena *a, const gesture_heard_list *all, bool events) {
    heard_list some = {0};
    for (size_t i = 0; i < all->n && some.n < THINGS_MAX; i++)
        if (all->v[i].is_event == events && (events || all->v[i].value.n)) *list_add(a, &some) = &all->v[i];
    return some;
}

static pairing_list pair(arena *a, const gesture_heard_list *heard) {
    pairing_list all = {0};
    heard_list events = these(a, heard, true), items = these(a, heard, false);
    for (size_t i = 0; i < events.n; i++)
        for (size_t k = 0; k < items.n; k++)
            *list_add(a, &all) = (struct pairing){events.v[i], items.v[k], apart(events.v[i], items.v[k])};
    for (size_t i = 0; i < events.n && !items.n; i++)
        *list_add(a, &all) = (struct pairing){.event = events.v[i]};
    for (size_t k = 0; k < items.n && !events.n; k++)
        *list_add(a, &all) = (struct pairing){.item = items.v[k]};
    if (!all.n) list_add(a, &all);
    qsort(all.v, all.n, sizeof *all.v, by_closeness);
    return all;
}

/* ---- which items they are ---- */

static const struct {
    catalogue_kind kind;
    const char *name;
} item_kinds[] = {{CATALOGUE_PRODUCT, "product"}, {CATALOGUE_FIGURE, "figure"}, {CATALOGUE_PART, "part"}};

static const struct store_gesture_item *item_of(const store_gesture_item_list *items, int64_t id) {
    for (size_t i = 0; i < items->n; i++)
        if (items->v[i].id == id) return &items->v[i];
    return NULL;
}

/* The rows of all the items that are named, few at a time. */
static err find_items(db_conn *c, arena *a, int64_t brand, str currency, const pairing_list *pairs,
                      store_gesture_item_list *ret) {
    int64_t ids[GESTURE_ITEMS_MAX];
    store_gesture_item_list some;
    LIST(int64_t) asked = {0};
    for (size_t i = 0; i < pairs->n; i++) {
        const struct gesture_heard *t = pairs->v[i].item;
        for (int k = t && t->is_part ? 2 : 0; t && k < (t->is_part ? 3 : 2); k++) {
            int64_t id = catalogue_item_id(item_kinds[k].kind, t->value);
            bool there = false;
            for (size_t m = 0; m < asked.n && !there; m++) there = asked.v[m] == id;
            if (!there) *list_add(a, &asked) = id;
        }
    }
    for (size_t from = 0; from < asked.n; from += GESTURE_ITEMS_MAX) {
        size_t n = asked.n - from < GESTURE_ITEMS_MAX ? asked.n - from : GESTURE_ITEMS_MAX;
        memcpy(ids, asked.v + from, n * sizeof *ids);
        TRY(store_gesture_items(c, a, brand, currency, ids, n, &some));
        for (size_t i = 0; i < some.n; i++) *list_add(a, ret) = some.v[i];
    }
    return ERR_NONE;
}

/* Which item of the catalogue the value names; one that people typed in may be none of it. */
static void name_item(const store_gesture_item_list *items, const struct gesture_heard *t,
                      struct gesture_offer *o) {
    for (int i = t->is_part ? 2 : 0; i < (t->is_part ? 3 : 2); i++) {
        const struct store_gesture_item *r = item_of(items, catalogue_item_id(item_kinds[i].kind, t->value));
        if (!r) continue;
        o->concerns = (struct concerns){str_z(item_kinds[i].name), t->value};
        o->item_name = r->name;
        o->retired = r->retired_at != 0;
        o->cost_each = r->quantity ? (r->cost + r->quantity - 1) / r->quantity : 0;
        return;
    }
    o->concerns.kind = t->is_part ? S("part") : S("");
    o->item_name = t->value;
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

static bool is_gone(const struct store_gesture *g) {
    return g->state == GESTURE_DECLINED || g->state == GESTURE_WITHDRAWN;
}

/* What lies in a box that nobody gave, such as a public form proposes, is on its way already; and with it
 * whatever else the form's letter calls missing, since that names the product, too. */
static bool is_boxed(const struct gesture_ask *ask, const struct gesture_offer *o) {
    for (size_t i = 0; i < ask->boxed.n; i++) {
        const struct store_box_item *x = &ask->boxed.v[i];
        bool goes =
            x->box_state != BOX_CANCELLED && x->box_state != BOX_LOST && x->box_state != BOX_CAME_BACK;
        bool same = o->concerns.code.n && str_eq(x->item_kind, o->concerns.kind) &&
                    str_eq(x->item_code, o->concerns.code);
        if (goes && !x->gesture_id && (same || str_eq(o->situation, S("missing")))) return true;
    }
    return false;
}

static void fill_offer(const struct gesture_ask *ask, const struct gesture_offers *all,
                       struct gesture_offer *o) {
    struct store_gesture_sums sums = {0};
    o->policy = policy_fitting(&ask->rules->policies, o->situation, o->concerns);
    for (size_t i = 0; i < all->gestures.n; i++) {
        const struct store_gesture *g = &all->gestures.v[i];
        if (is_gone(g)) continue;
        if (o->policy.id && g->policy_id == o->policy.id) sums.quantity += g->quantity, sums.cost += g->cost;
        if (str_eq(g->item_kind, o->concerns.kind) && str_eq(g->item_code, o->concerns.code) &&
            str_eq(g->item_name, o->item_name))
            o->already++;
    }
    o->kind = kind_that_fits(o);
    const struct store_policy *p = &o->policy;
    bool gives = p->id && p->answer <= ANSWER_EXTRA;
    o->quantity_left = gives && p->quantity > sums.quantity ? p->quantity - sums.quantity : 0;
    o->amount_left = !gives ? 0 : !p->amount ? -1 : p->amount > sums.cost ? p->amount - sums.cost : 0;
    o->within = o->quantity_left > 0 && (o->amount_left < 0 || o->amount_left >= o->cost_each) &&
                (o->amount_left != 0 || o->kind == GESTURE_REPLACEMENT || o->kind == GESTURE_PART ||
                 o->kind == GESTURE_EXTRA);
    o->boxed = is_boxed(ask, o);
    o->within = o->within && !o->boxed;
}

static struct gesture_offer offer_of(const struct pairing *p, const store_gesture_item_list *items) {
    struct gesture_offer o = {.situation = S("other")};
    if (p->event) {
        o.event_message = p->event->message;
        o.event_finding = p->event->finding;
        if (situation_is(p->event->value)) o.situation = p->event->value;
    }
    if (p->item) {
        o.item_message = p->item->message;
        o.item_finding = p->item->finding;
        name_item(items, p->item, &o);
    }
    return o;
}

/* ---- all of it ---- */

err gesture_rules_of(db_conn *c, arena *a, int64_t brand, struct gesture_rules *ret) {
    struct gesture_rules r = {0};
    TRY(policy_currency(c, a, brand, &r.currency));
    TRY(store_policies(c, a, brand, &r.policies));
    TRY(store_allowances(c, a, brand, &r.allowances));
    *ret = r;
    return ERR_NONE;
}

err gesture_offers_in(db_conn *c, arena *a, const struct gesture_ask *ask, struct gesture_offers *ret) {
    struct gesture_offers r = {0};
    store_gesture_item_list items = {0};
    int64_t brand = ask->who->brand;
    str currency = currency_str(&ask->rules->currency);
    TRY(allowance_room_by(c, ask->rules, brand, ask->who->agent, ask->role, ask->zone, ask->now, &r.room));
    if (!ask->nothing_given) TRY(store_gestures_of_conversation(c, a, brand, ask->conversation, &r.gestures));
    r.seen_gestures = (int64_t)r.gestures.n;
    pairing_list pairs = pair(a, &ask->heard);
    TRY(find_items(c, a, brand, currency, &pairs, &items));
    for (size_t i = 0; i < pairs.n && r.offers.n < GESTURE_OFFERS_MAX; i++) {
        struct gesture_offer o = offer_of(&pairs.v[i], &items);
        bool there = false;
        for (size_t k = 0; k < r.offers.n && !there; k++) there = same_offer(&r.offers.v[k], &o);
        if (there) continue;
        fill_offer(ask, &r, &o);
        *list_add(a, &r.offers) = o;
    }
    *ret = r;
    return ERR_NONE;
}

err gesture_offers(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                   struct gesture_offers *ret) {
    struct gesture_ask ask = {.who = who, .conversation = conversation, .now = desk_now(d)};
    struct gesture_rules rules;
    struct store_agent agent;
    struct store_brand brand;
    message_list letters;
    TRY(letters_of(d, a, who->brand, conversation, &letters));
    TRY(hear_things(d, a, who->brand, &letters, &ask.heard));
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_agent_by_id(c, a, who->brand, who->agent, &agent));
    TRY(store_brand_by_id(c, a, who->brand, &brand));
    TRY(gesture_rules_of(c, a, who->brand, &rules));
    TRY(store_box_items_of_conversation(c, a, who->brand, conversation, &ask.boxed));
    ask.role = agent.role;
    ask.zone = brand.zone;
    ask.rules = &rules;
    return gesture_offers_in(c, a, &ask, ret);
}

/* ---- typed ---- */

err gesture_item_typed(struct desk *d, arena *a, int64_t brand, str typed, struct concerns *ret) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    struct text text;
    catalogue_hit_list hits = {0};
    str said = str_trim(typed);
    TRY(heart_catalogue(d, brand, &catalogue));
    *ret = (struct concerns){S(""), S("")};
    if (!catalogue.catalogue || !said.n || said.n > CHECK_NAME_BYTES) return ERR_NONE;
    const struct catalogue_item *item = NULL;
    for (int i = 0; i < 3 && !item; i++) {
        uint32_t at = catalogue_item_of(catalogue.catalogue, item_kinds[i].kind, said);
        if (at != UINT32_MAX) item = catalogue_item_at(catalogue.catalogue, at);
    }
    if (!item) {
        text_of(a, said, S(""), &text);
        catalogue_find(catalogue.catalogue, a, &text, &hits);
        const struct catalogue_hit *h = hits.n == 1 ? &hits.v[0] : NULL;
        /* A word more may mean another thing: "Keeper Juno's lantern" is none of the catalogue's. */
        if (!h || h->item == UINT32_MAX || h->ncandidates || h->from != 0 || h->to != text.nwords)
            return ERR_NONE;
        item = catalogue_item_at(catalogue.catalogue, h->item);
    }
    *ret = (struct concerns){str_z(item_kinds[item->kind].name), str_copy(a, item->id)};
    return ERR_NONE;
}
