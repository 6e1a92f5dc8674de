#include "web/gesture_panel.h"

#include "base/random.h"
#include "web/box_page.h"
#include "web/conversation_page.h"

/* The letters since our last reply; when it was the last word, the newest letter. They are on the page. */
static void collect(struct web_call *w, const struct conversation_page *p, gesture_heard_list *ret) {
    bool letters = false;
    for (size_t i = p->said.n; i > 0; i--) {
        const struct said *s = &p->said.v[i - 1];
        if (s->message && s->message->kind == MESSAGE_REPLY && letters) return;
        if (!s->heard) continue;
        letters = true;
        for (size_t k = 0; k < s->heard->rows.n; k++) {
            const struct finding_row *f = &s->heard->rows.v[k];
            bool event = f->kind == FINDING_EVENT, part = f->kind == FINDING_PART;
            if (f->struck || !(event || part || f->kind == FINDING_PRODUCT)) continue;
            *list_add(w->arena, ret) = (struct gesture_heard){event,    part,   s->heard->message, f->id,
                                                              f->start, f->end, str_trim(f->value)};
        }
    }
}

/* The rest of what they name is offered where an item is typed. */
static void choose(struct web_call *w, struct gesture_panel *x) {
    bool all = str_eq(web_param(w, "gestures"), S("all"));
    const gesture_offer_list *o = &x->all.offers;
    if (!o->n || (!o->v[0].event_finding && !o->v[0].item_finding)) return;
    for (size_t i = 0; i < o->n; i++) {
        bool closest = true;
        for (size_t k = 0; k < i && closest; k++) closest = o->v[k].event_finding != o->v[i].event_finding;
        if (!all && !closest && !o->v[i].within) continue;
        if (all || x->nshown < OFFERS_SHOWN)
            x->shown[x->nshown++] = &o->v[i];
        else
            x->left_out++;
    }
    for (size_t i = 0; i < x->nshown && !x->next; i++)
        if (!x->shown[i]->already) x->next = x->shown[i];
}

/* Every gesture left an event, and the page has them; when there are too many of them nobody can say. */
static bool nothing_given(const struct conversation_page *p) {
    for (size_t i = 0; i < p->events.n; i++)
        if (str_starts(p->events.v[i].kind, S("gesture_"))) return false;
    return p->events.n < EVENTS_SHOWN;
}

err gesture_panel_load(struct web_call *w, struct conversation_page *p) {
    const struct glance *g;
    db_conn *c;
    struct gesture_panel *x = arena_alloc(w->arena, sizeof *x);
    struct gesture_ask ask = {.who = &w->actor,
                              .role = w->who.agent.role,
                              .zone = w->who.brand.zone,
                              .conversation = p->c.id,
                              .nothing_given = nothing_given(p),
                              .now = desk_now(w->desk)};
    *x = (struct gesture_panel){.w = w,
                                .base = p->base,
                                .name = first_name(p->c.customer_name),
                                .may_write = p->may_write,
                                .may_lead = web_may(w, RIGHT_LEAD)};
    TRY(glance_of(w, &g));
    TRY(web_read(w, &c));
    ask.rules = &g->rules;
    if (p->may_write) {
        collect(w, p, &ask.heard);
        if (p->boxes) ask.boxed = p->boxes->items;
        TRY(gesture_offers_in(c, w->arena, &ask, &x->all));
        x->key = token_new(w->arena);
        choose(w, x);
    } else if (!ask.nothing_given) {
        TRY(store_gestures_of_conversation(c, w->arena, w->who.brand.id, p->c.id, &x->all.gestures));
    }
    for (size_t i = 0; i < x->all.gestures.n; i++)
        x->asked = x->asked || x->all.gestures.v[i].state == GESTURE_ASKED;
    if (p->may_write || x->all.gestures.n) p->gestures = x;
    return ERR_NONE;
}

void gesture_panel_refused(struct web_call *w, struct conversation_page *p, str says, bool ask,
                           bool retired) {
    struct gesture_fields *f = arena_alloc(w->arena, sizeof *f);
    if (!p->gestures) return;
    *f = (struct gesture_fields){.kind = web_param(w, "kind"),
                                 .situation = web_param(w, "situation"),
                                 .item_kind = web_param(w, "item_kind"),
                                 .code = web_param(w, "code"),
                                 .item = web_param(w, "item"),
                                 .was = web_param(w, "item_was"),
                                 .quantity = web_param(w, "quantity"),
                                 .cost = web_param(w, "cost"),
                                 .judgement = web_param_text(w, "judgement"),
                                 .ask = ask,
                                 .retired = retired || web_param_on(w, "even_retired"),
                                 .even_so = web_param_on(w, "even_retired"),
                                 .says = says};
    p->gestures->refused = f;
}

int gesture_bar(int64_t part, int64_t whole) {
    if (whole <= 0 || part <= 0) return 0;
    /* Amounts go up to 10^12, so that this does not overflow. */
    return part >= whole ? 200 : (int)(part * 200 / whole);
}

struct gesture_fields gesture_fields_of(const struct gesture_panel *p, const struct gesture_offer *o) {
    arena *a = p->w->arena;
    int64_t cost = o->cost_each;
    if (o->within && !gesture_is_goods(o->kind) && !cost) cost = o->amount_left > 0 ? o->amount_left : 0;
    return (struct gesture_fields){.kind = str_z(gesture_kind_name(o->kind)),
                                   .situation = o->situation,
                                   .item_kind = o->concerns.kind,
                                   .code = o->concerns.code,
                                   .item = o->item_name,
                                   .quantity = S("1"),
                                   .cost = cost ? money_number(a, cost, p->all.room.currency) : S(""),
                                   .retired = o->retired,
                                   .was = o->item_name};
}

str gesture_click_text(struct web_call *w, const struct gesture_offer *o) {
    switch (o->kind) {
    case GESTURE_REPLACEMENT: return web_text(w, T("Send a new one, free"));
    case GESTURE_PART: return web_text(w, T("Send the piece, free"));
    case GESTURE_REFUND: return web_text(w, T("Give it back"));
    case GESTURE_VOUCHER: return web_text(w, T("Give the voucher"));
    case GESTURE_EXTRA: return web_text(w, T("Put it in as an extra"));
    }
    return S("");
}
