/* The form that makes a box of what was given, or changes one that has not left. */
#include "base/random.h"
#include "box_form.tmpl.h"
#include "desk/child.h"
#include "desk/promise.h"
#include "letter/listen.h"
#include "store/agent.h"
#include "store/message.h"
#include "web/box_page.h"

enum { REPLIES_LOOKED_AT = 50, PROMISES_OFFERED = 50, BOXES_LOOKED_AT = 50 };

/* ---- what lies in it ---- */

static bool gives_goods(gesture_kind k) {
    switch (k) {
    case GESTURE_REPLACEMENT:
    case GESTURE_PART:
    case GESTURE_EXTRA: return true;
    case GESTURE_REFUND:
    case GESTURE_VOUCHER: return false;
    }
    return false;
}

static void add_gesture(struct web_call *w, struct box_form *f, const struct store_gesture *g, int64_t left) {
    BUF_AUTO buf note = BUF_MAX(1000);
    lang_fmt(&note, w->page.lang, T("Given by {0}"), &g->agent_name, 1);
    *list_add(w->arena, &f->lines) = (struct box_line){.wish = {.gesture = g->id,
                                                                .kind = g->item_kind,
                                                                .code = g->item_code,
                                                                .colour = S(""),
                                                                .name = g->item_name,
                                                                .quantity = left},
                                                       .name = g->item_name,
                                                       .most = left,
                                                       .note = str_copy(w->arena, buf_str(&note))};
}

static err load_gestures(struct web_call *w, db_conn *c, struct box_form *f) {
    store_gesture_list all = {0};
    int64_t brand = w->who.brand.id, boxed;
    TRY(store_gestures_of_conversation(c, w->arena, brand, f->conversation, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct store_gesture *g = &all.v[i];
        if (!gesture_holds(g->state) || !gives_goods(g->kind)) continue;
        TRY(store_box_items_sum(c, brand, g->id, 0, &boxed));
        if (g->quantity > boxed) add_gesture(w, f, g, g->quantity - boxed);
    }
    return ERR_NONE;
}

static bool same_thing(const struct box_item_wish *a, const struct store_box_item *b) {
    return a->gesture == b->gesture_id && str_eq(a->kind, b->item_kind) && str_eq(a->code, b->item_code) &&
           str_eq(a->colour, b->colour) && str_eq(a->name, b->item_name);
}

/* What comes from two places is one line here. */
static err load_items(struct web_call *w, db_conn *c, struct box_form *f) {
    store_box_item_list items = {0};
    int64_t brand = w->who.brand.id;
    TRY(store_box_items(c, w->arena, brand, f->box, &items));
    for (size_t i = 0; i < items.n; i++) {
        const struct store_box_item *x = &items.v[i];
        struct box_line *line = NULL;
        for (size_t k = 0; k < f->lines.n && !line; k++)
            if (same_thing(&f->lines.v[k].wish, x)) line = &f->lines.v[k];
        if (line) {
            line->wish.quantity += x->quantity;
            continue;
        }
        str name = box_item_text(w, x);
        *list_add(w->arena, &f->lines) = (struct box_line){
            .wish = {x->gesture_id, x->item_kind, x->item_code, x->colour, x->item_name, x->quantity},
            .name = name,
            .note = S("")};
    }
    for (size_t i = 0; i < f->lines.n; i++) {
        struct box_line *line = &f->lines.v[i];
        int64_t elsewhere;
        struct store_gesture g;
        if (!line->wish.gesture) continue;
        TRY(store_gesture_get(c, w->arena, brand, line->wish.gesture, &g));
        TRY(store_box_items_sum(c, brand, g.id, f->box, &elsewhere));
        line->most = g.quantity > elsewhere ? g.quantity - elsewhere : line->wish.quantity;
    }
    return ERR_NONE;
}

/* ---- what it says ---- */

/* The agent's own closing lines are printed from the look; the letter keeps what was written for this one. */
static str without_signature(str text, str signature) {
    str s = str_trim(signature), t = str_trim(text);
    if (!s.n || !str_ends(t, s)) return t;
    t = str_trim(str_slice(t, 0, t.n - s.n));
    return str_ends(t, S("\n--")) ? str_trim(str_slice(t, 0, t.n - 2)) : t;
}

static err load_letter(struct web_call *w, db_conn *c, struct box_form *f) {
    message_list all = {0};
    TRY(store_message_list(c, w->arena, w->who.brand.id, f->conversation, 0, REPLIES_LOOKED_AT, &all));
    for (size_t i = all.n; i > 0; i--) {
        const struct message *m = &all.v[i - 1];
        struct store_agent agent = {.signature = S("")};
        if (m->kind != MESSAGE_REPLY) continue;
        if (m->agent_id) TRY(store_agent_by_id(c, w->arena, w->who.brand.id, m->agent_id, &agent));
        f->letter = without_signature(m->text, agent.signature);
        f->message = m->id;
        str language = language_of(f->letter);
        if (language.n) f->language = language;
        return ERR_NONE;
    }
    return ERR_NONE;
}

/* What they wrote: mostly, the address stands in it. */
static err load_their_letter(struct web_call *w, db_conn *c, struct box_form *f) {
    struct message m;
    err e = store_message_last_letter(c, w->arena, w->who.brand.id, f->conversation, &m);
    if (!e) f->theirs = m.text;
    return e == ERR_MISSING ? ERR_NONE : e;
}

static bool known(const store_box_list *list, str address) {
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].address, address)) return true;
    return false;
}

static err load_addresses(struct web_call *w, db_conn *c, int64_t customer, struct box_form *f) {
    store_box_list all = {0};
    str address, country;
    TRY(store_boxes_of_customer(c, w->arena, w->who.brand.id, customer, 0, BOXES_LOOKED_AT, &all));
    for (size_t i = 0; i < all.n && f->earlier.n < BOX_EARLIER; i++)
        if (all.v[i].address.n && all.v[i].id != f->box && !known(&f->earlier, all.v[i].address))
            *list_add(w->arena, &f->earlier) = all.v[i];
    if (f->box) return ERR_NONE;
    TRY(child_address_in(c, w->arena, w->who.brand.id, f->conversation, &address, &country));
    f->address = address.n ? address : f->earlier.n ? f->earlier.v[0].address : S("");
    f->country = address.n ? country : f->earlier.n ? f->earlier.v[0].country : S("");
    return ERR_NONE;
}

static err load_promises(struct web_call *w, db_conn *c, struct box_form *f) {
    store_promise_list all = {0};
    TRY(store_promises_of_conversation(c, w->arena, w->who.brand.id, f->conversation, 0, PROMISES_OFFERED,
                                       &all));
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].whose == PROMISE_OURS && all.v[i].state == PROMISE_OPEN)
            *list_add(w->arena, &f->promises) = all.v[i];
    if (!f->box && f->promises.n == 1) f->due = promise_day_text(w->arena, f->promises.v[0].due_day);
    return ERR_NONE;
}

static err load_around(struct web_call *w, db_conn *c, struct box_form *f, const struct conversation *v) {
    f->customer_name = v->customer_name;
    f->back = web_path(w, "/c/%lld", (long long)v->id);
    err e = box_unlocked_in(c, w->arena, w->who.brand.id, v->id);
    f->locked = e == ERR_CONFLICT;
    if (e && !f->locked) return e;
    TRY(load_their_letter(w, c, f));
    TRY(load_addresses(w, c, v->customer_id, f));
    return load_promises(w, c, f);
}

static err load_new(struct web_call *w, int64_t id, struct box_form *f) {
    db_conn *c;
    struct conversation v;
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v));
    f->conversation = id;
    f->language = w->who.brand.language;
    f->action = web_path(w, "/c/%lld/box", (long long)id);
    f->key = token_new(w->arena);
    TRY(load_gestures(w, c, f));
    TRY(load_letter(w, c, f));
    TRY(load_around(w, c, f, &v));
    TRY(frame_load(w, web_text(w, T("Make a box")), &f->frame));
    return ERR_NONE;
}

static err load_old(struct web_call *w, int64_t id, struct box_form *f) {
    db_conn *c;
    struct store_box b;
    struct conversation v;
    TRY(web_read(w, &c));
    TRY(store_box_get(c, w->arena, w->who.brand.id, id, &b));
    if (!box_unsent(b.state))
        return err_set(ERR_CONFLICT, "Box %lld has left already, so it cannot be changed.",
                       (long long)b.number);
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, b.conversation_id, &v));
    f->box = id;
    f->number = b.number;
    f->version = b.version;
    f->conversation = b.conversation_id;
    f->action = web_path(w, "/boxes/%lld/change", (long long)id);
    f->address = b.address;
    f->country = b.country;
    f->language = b.language;
    f->letter = b.letter;
    f->message = b.message_id;
    f->promise = b.promise_id;
    f->packed = b.state == BOX_PACKED;
    f->due = promise_day_text(w->arena, b.due_day);
    TRY(load_items(w, c, f));
    TRY(load_around(w, c, f, &v));
    f->back = web_path(w, "/boxes/%lld", (long long)id);
    TRY(frame_load(w, web_text(w, T("Change a box")), &f->frame));
    return ERR_NONE;
}

static void begin(struct box_form *f) {
    f->address = f->country = f->language = f->letter = f->due = f->key = f->says = f->theirs = S("");
}

static err view(struct web_call *w, err (*load)(struct web_call *w, int64_t id, struct box_form *f)) {
    int64_t id;
    struct box_form *f = arena_alloc(w->arena, sizeof *f);
    begin(f);
    TRY(web_id(w, 1, &id));
    TRY(load(w, id, f));
    f->frame.at = "boxes";
    w->view = f;
    return ERR_NONE;
}

err box_make_view(struct web_call *w) { return view(w, load_new); }
err box_edit_view(struct web_call *w) { return view(w, load_old); }

/* ---- what was typed ---- */

typedef LIST(struct box_item_wish) wish_list;

/* The nth field of that name: the fields of a line stand at the same place in each list. */
static bool nth(const struct web_call *w, const char *name, size_t n, str *ret) {
    for (size_t i = 0; i < w->in->form.n; i++)
        if (str_eq(w->in->form.v[i].name, str_z(name)) && n-- == 0) {
            *ret = w->in->form.v[i].value;
            return true;
        }
    return false;
}

static err add_item(struct web_call *w, struct box_item_wish wish, wish_list *items) {
    if (items->n == BOX_ITEMS_MAX)
        return err_set(ERR_LIMIT, "A box holds at most %d different things.", BOX_ITEMS_MAX);
    *list_add(w->arena, items) = wish;
    return ERR_NONE;
}

static err number(str text, const char *what, int64_t *ret) {
    int64_t n = 0;
    if (text.n && (!str_to_int(str_trim(text), &n) || n < 0))
        return err_set(ERR_INVALID, "%s must be a whole number.", what);
    *ret = n;
    return ERR_NONE;
}

static err read_form_items(struct web_call *w, wish_list *items) {
    str quantity, field;
    for (size_t i = 0; nth(w, "quantity", i, &quantity); i++) {
        struct box_item_wish x = {.kind = S(""), .code = S(""), .colour = S(""), .name = S("")};
        if (nth(w, "gesture", i, &field)) TRY(number(field, "gesture", &x.gesture));
        if (nth(w, "kind", i, &field)) x.kind = field;
        if (nth(w, "code", i, &field)) x.code = field;
        if (nth(w, "colour", i, &field)) x.colour = field;
        if (nth(w, "name", i, &field)) x.name = field;
        TRY(number(quantity, "How many", &x.quantity));
        if (x.quantity) TRY(add_item(w, x, items));
    }
    return ERR_NONE;
}

static str member(const json_t *object, const char *name) {
    str text = S("");
    json_take_str(object, name, &text);
    return text;
}

static err read_json_items(struct web_call *w, const json_t *array, wish_list *items) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *one = json_array_get(array, i);
        struct box_item_wish x = {.kind = member(one, "kind"),
                                  .code = member(one, "code"),
                                  .colour = member(one, "colour"),
                                  .name = member(one, "name")};
        json_take_id(one, "gesture", &x.gesture);
        if (!json_take_int(one, "quantity", &x.quantity) && !x.gesture)
            return err_set(ERR_INVALID, "Each of items needs its quantity.");
        TRY(add_item(w, x, items));
    }
    return ERR_NONE;
}

static err read_items(struct web_call *w, wish_list *items) {
    const json_t *array = w->body ? json_object_get(w->body, "items") : NULL;
    if (array && !json_is_array(array)) return err_set(ERR_INVALID, "items must be an array.");
    return array ? read_json_items(w, array, items) : read_form_items(w, items);
}

/* That it is the brand's own comes before all that may be wrong with the form; and one of the customer's
 * earlier boxes may have gone where this one goes. */
static err read_address(struct web_call *w, int64_t conversation, str *ret_address, str *ret_country) {
    int64_t id;
    struct store_box b = {0};
    struct conversation v;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, conversation, &v));
    TRY(web_param_int(w, "earlier", 0, &id));
    if (id) TRY(store_box_get(c, w->arena, w->who.brand.id, id, &b));
    web_read_end(w);
    if (!id) return ERR_NONE;
    if (b.customer_id != v.customer_id) return err_set(ERR_INVALID, "That box went to somebody else.");
    *ret_address = b.address;
    *ret_country = b.country;
    return ERR_NONE;
}

/* "" as the box itself finds it; "none" for no promise. */
static err read_promise(const struct web_call *w, int64_t *ret) {
    if (str_eq(web_param(w, "promise"), S("none"))) {
        *ret = -1;
        return ERR_NONE;
    }
    return web_param_int(w, "promise", 0, ret);
}

static err make(struct web_call *w, struct box_done *done) {
    wish_list items = {0};
    struct box_wish wish = {.address = web_param_text(w, "address"),
                            .country = str_trim(web_param(w, "country")),
                            .language = str_trim(web_param(w, "language")),
                            .letter = web_param_text(w, "letter"),
                            .even_retired = web_param_on(w, "even_retired"),
                            .key = web_param(w, "key")};
    TRY(web_id(w, 1, &wish.conversation));
    TRY(read_address(w, wish.conversation, &wish.address, &wish.country));
    TRY(web_param_int(w, "message", 0, &wish.message));
    TRY(read_promise(w, &wish.promise));
    TRY(box_day_param(w, "due_day", &wish.due_day));
    TRY(read_items(w, &items));
    wish.items = items.v;
    wish.nitems = items.n;
    return box_make(w->desk, w->arena, &w->actor, &wish, done);
}

err box_do_make(struct web_call *w) {
    struct box_done *done = arena_alloc(w->arena, sizeof *done);
    TRY(make(w, done));
    w->view = done;
    web_go(w, web_path(w, "/c/%lld#boxes", (long long)done->conversation));
    return ERR_NONE;
}

/* Things that lie in the box already have to be picked again when they change, so only what differs from what
 * the form showed counts. */
static bool items_differ(const struct box_form *f, const wish_list *items) {
    if (f->lines.n != items->n) return true;
    for (size_t i = 0; i < items->n; i++) {
        const struct box_item_wish *a = &f->lines.v[i].wish, *b = &items->v[i];
        if (a->gesture != b->gesture || a->quantity != b->quantity || !str_eq(a->kind, b->kind) ||
            !str_eq(a->code, b->code) || !str_eq(a->colour, b->colour) || !str_eq(a->name, b->name))
            return true;
    }
    return false;
}

static err read_edit(struct web_call *w, struct box_form *f, struct box_edit *ret) {
    wish_list items = {0};
    struct box_edit edit = {.address = web_param_text(w, "address"),
                            .country = str_trim(web_param(w, "country")),
                            .language = f->language,
                            .letter = f->letter,
                            .message = f->message};
    if (web_param_has(w, "country") && !web_param_has(w, "address") && !web_param_has(w, "earlier"))
        return err_set(ERR_INVALID, "Give the address together with its country.");
    if (web_param_has(w, "address")) edit.what |= BOX_ADDRESS;
    if (web_param_has(w, "earlier")) TRY(read_address(w, f->conversation, &edit.address, &edit.country));
    if (web_param_has(w, "letter") || web_param_has(w, "language")) edit.what |= BOX_LETTER;
    if (web_param_has(w, "letter")) edit.letter = web_param_text(w, "letter");
    if (web_param_has(w, "language")) edit.language = str_trim(web_param(w, "language"));
    if (web_param_has(w, "due_day")) edit.what |= BOX_DUE;
    TRY(box_day_param(w, "due_day", &edit.due_day));
    if (web_param_has(w, "promise")) edit.what |= BOX_PROMISE;
    TRY(read_promise(w, &edit.promise));
    TRY(read_items(w, &items));
    if ((items.n || web_param_has(w, "quantity")) && items_differ(f, &items)) edit.what |= BOX_ITEMS;
    edit.items = items.v;
    edit.nitems = items.n;
    *ret = edit;
    return ERR_NONE;
}

err box_do_change(struct web_call *w) {
    struct box_form f = {0};
    struct box_edit edit;
    struct box_act act = {.note = web_param(w, "note"), .even_retired = web_param_on(w, "even_retired")};
    struct box_done *done = arena_alloc(w->arena, sizeof *done);
    begin(&f);
    TRY(web_id(w, 1, &act.box));
    TRY(web_param_int(w, "version", -1, &act.seen_version));
    TRY(load_old(w, act.box, &f));
    web_read_end(w);
    TRY(read_edit(w, &f, &edit));
    TRY(box_change(w->desk, w->arena, &w->actor, &act, &edit, done));
    w->view = done;
    web_go(w, web_path(w, "/boxes/%lld", (long long)done->id));
    return ERR_NONE;
}

/* ---- showing it, perhaps once more ---- */

static void show_typed(struct web_call *w, struct box_form *f) {
    str quantity;
    f->says = w->says;
    f->retired = w->problem == ERR_CONFLICT;
    if (web_param_has(w, "address")) f->address = web_param_text(w, "address");
    if (web_param_has(w, "country")) f->country = web_param(w, "country");
    if (web_param_has(w, "language")) f->language = web_param(w, "language");
    if (web_param_has(w, "letter")) f->letter = web_param_text(w, "letter");
    if (web_param_has(w, "due_day")) f->due = web_param(w, "due_day");
    if (web_param_has(w, "key")) f->key = web_param(w, "key");
    for (size_t i = 0; i < f->lines.n && nth(w, "quantity", i, &quantity); i++)
        (void)str_to_int(quantity, &f->lines.v[i].wish.quantity);
}

void box_form_html(struct web_call *w) {
    if (w->in->method != HTTP_GET) {
        bool old = str_starts(str_slice(w->in->path, 3 + w->who.brand.slug.n, w->in->path.n), S("/boxes/"));
        str says = w->says;
        int status = w->out->status;
        if (view(w, old ? load_old : load_new)) {
            web_error(w, status, err_name(w->problem), says);
            return;
        }
        w->says = says;
        show_typed(w, w->view);
        w->out->type = S("text/html; charset=utf-8");
    }
    const struct box_form *f = w->view;
    frame_open(w, &f->frame);
    tmpl_box_form(&w->page, f);
    frame_close(w, &f->frame);
}
