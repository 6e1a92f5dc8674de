#include "web/stock_page.h"

#include "desk/promise.h"
#include "stock.tmpl.h"
#include "web/admin_page.h"

enum { EXPORT_BYTES = 60 << 20 };

/* ---- words ---- */

str stock_kind_text(struct web_call *w, str kind) {
    if (str_eq(kind, S("product"))) return web_text(w, T("Product"));
    if (str_eq(kind, S("figure"))) return web_text(w, T("Figure"));
    if (str_eq(kind, S("part"))) return web_text(w, T("Part"));
    return kind;
}

static const char *move_words(stock_move m) {
    switch (m) {
    case MOVE_RECEIVED: return T("Came in");
    case MOVE_COUNTED: return T("Counted");
    case MOVE_CORRECTED: return T("Corrected");
    case MOVE_IMPORTED: return T("From a file");
    case MOVE_PACKED: return T("Packed");
    case MOVE_PUT_BACK: return T("Put back");
    }
    return "";
}

str stock_move_text(struct web_call *w, const struct store_stock_move *m) {
    return web_text(w, move_words(m->move));
}

str stock_item_path(struct web_call *w, const struct stock_key *key) {
    BUF_AUTO buf b = BUF_MAX(4096);
    buf_add_fmt(&b, "/b/%.*s/stock/item?kind=", STR_FMT(w->who.brand.slug));
    http_encode(&b, key->kind);
    buf_add_z(&b, "&code=");
    http_encode(&b, key->code);
    buf_add_z(&b, "&colour=");
    http_encode(&b, key->colour);
    return buf_ok(&b) ? str_copy(w->arena, buf_str(&b)) : web_path(w, "/stock");
}

str stock_typed(const struct stock_item_view *v, str place, const char *name) {
    const struct web_call *w = v->head.frame.w;
    if (w->in->method == HTTP_GET || !str_eq(v->key.place, place)) return S("");
    return web_param(w, name);
}

/* ---- the list ---- */

static void next_page(struct web_call *w, struct stock_view *v) {
    const struct stock_key *last = &v->rows.v[STOCK_ROWS - 1].key;
    const struct {
        const char *name;
        str value;
    } parts[] = {{"q", v->q},
                 {"kind", last->kind},
                 {"code", last->code},
                 {"colour", last->colour},
                 {"place", last->place}};
    BUF_AUTO buf b = BUF_MAX(8192);
    v->rows.n = STOCK_ROWS;
    buf_add_fmt(&b, "/b/%.*s/stock", STR_FMT(w->who.brand.slug));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_add_fmt(&b, "%s%s=", i ? "&" : "?", parts[i].name);
        http_encode(&b, parts[i].value);
    }
    if (buf_ok(&b)) v->next = str_copy(w->arena, buf_str(&b));
}

static struct stock_key key_of(const struct web_call *w) {
    return (struct stock_key){str_trim(web_param(w, "kind")), str_trim(web_param(w, "code")),
                              str_trim(web_param(w, "colour")), str_trim(web_param(w, "place"))};
}

err stock_view_page(struct web_call *w) {
    struct stock_view *v = arena_alloc(w->arena, sizeof *v);
    struct stock_key after = {S(""), S(""), S(""), S("")};
    db_conn *c;
    v->q = v->next = S("");
    if (w->in->method == HTTP_GET) {
        after = key_of(w);
        v->q = str_clip_utf8(str_trim(web_param(w, "q")), 200);
    }
    v->first = !after.kind.n;
    TRY(web_read(w, &c));
    TRY(store_stock_list_of(c, w->arena, w->who.brand.id, v->q, after, STOCK_ROWS + 1, &v->rows));
    if (v->rows.n > STOCK_ROWS) next_page(w, v);
    TRY(pack_load(w, web_text(w, T("Stock")), "stock", &v->head));
    w->view = v;
    return ERR_NONE;
}

void stock_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct stock_view *v = w->view;
    if (w->problem) v->head.says = w->says;
    frame_open(w, &v->head.frame);
    tmpl_stock(&w->page, v);
    frame_close(w, &v->head.frame);
}

static void put_row(const struct web_call *w, struct json_out *o, const struct store_stock *r) {
    json_open_object(o);
    json_key(o, S("kind")), json_str(o, r->key.kind);
    json_key(o, S("code")), json_str(o, r->key.code);
    json_key(o, S("colour")), json_str(o, r->key.colour);
    json_key(o, S("place")), json_str(o, r->key.place);
    json_key(o, S("name")), json_str(o, r->name);
    json_key(o, S("on_hand")), json_int(o, r->on_hand);
    json_key(o, S("reserved")), json_int(o, r->reserved);
    json_key(o, S("free")), json_int(o, r->on_hand - r->reserved);
    json_key(o, S("expected")), json_int(o, r->expected);
    json_key(o, S("expected_day")), json_str(o, promise_day_text(w->arena, r->expected_day));
    json_key(o, S("updated_at")), json_int(o, r->updated_at);
    json_close_object(o);
}

void stock_json(const struct web_call *w, struct json_out *o) {
    const struct stock_view *v = w->view;
    json_open_object(o);
    json_key(o, S("stock"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) put_row(w, o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}

/* ---- files ---- */

static err put_piece(void *context, str bytes) {
    buf *out = context;
    buf_add(out, bytes);
    return buf_ok(out) ? ERR_NONE : err_set(ERR_LIMIT, "There is too much stock for one file.");
}

err stock_do_export(struct web_call *w) {
    web_read_end(w);
    w->out->body.max = EXPORT_BYTES;
    TRY(stock_export(w->desk, w->who.brand.id, put_piece, &w->out->body));
    w->out->type = S("text/csv; charset=utf-8");
    w->csp = "default-src 'none'; frame-ancestors 'none'";
    web_header(w, "Content-Disposition", S("attachment; filename=\"stock.csv\""));
    return ERR_NONE;
}

/* What a file says stands on the page below, when it was refused and when it was taken. */
static err show_report(struct web_call *w, err e, const struct stock_report *report) {
    if (e && (w->json || web_status(e) >= 500)) return e;
    str says = str_copy(w->arena, str_z(e ? err_text() : ""));
    TRY(stock_view_page(w));
    ((struct stock_view *)w->view)->report = report;
    return e ? err_set(e, "%.*s", STR_FMT(says)) : ERR_NONE;
}

err stock_do_import(struct web_call *w) {
    struct stock_report *report = arena_alloc(w->arena, sizeof *report);
    str csv = w->in->files.n ? w->in->files.v[0].bytes : web_param(w, "csv");
    err e = csv.n ? stock_import(w->desk, w->arena, &w->actor, csv, report)
                  : err_set(ERR_INVALID, "Choose a file with the stock.");
    if (w->json && !e) {
        w->view = report;
        return ERR_NONE;
    }
    return show_report(w, e, report);
}

void stock_import_json(const struct web_call *w, struct json_out *o) {
    const struct stock_report *r = w->view;
    json_open_object(o);
    json_key(o, S("read")), json_int(o, r->read);
    json_key(o, S("changed")), json_int(o, r->changed);
    json_key(o, S("filled")), json_int(o, r->filled);
    json_key(o, S("opened")), json_int(o, r->opened);
    json_close_object(o);
}

/* ---- one item ---- */

static err load_places(struct web_call *w, struct stock_item_view *v) {
    db_conn *c;
    int64_t brand = w->who.brand.id, before = 0;
    if (w->in->method == HTTP_GET) TRY(web_param_int(w, "before", 0, &before));
    TRY(web_read(w, &c));
    TRY(store_stock_of_item(c, w->arena, brand, v->key, &v->places));
    TRY(store_stock_moves(c, w->arena, brand, v->key, before, STOCK_MOVE_ROWS + 1, &v->moves));
    if (v->moves.n > STOCK_MOVE_ROWS) {
        v->moves.n = STOCK_MOVE_ROWS;
        v->before = v->moves.v[STOCK_MOVE_ROWS - 1].id;
    }
    for (size_t i = 0; i < v->places.n; i++) {
        v->on_hand += v->places.v[i].on_hand;
        v->reserved += v->places.v[i].reserved;
        if (v->places.v[i].name.n) v->name = v->places.v[i].name;
    }
    return ERR_NONE;
}

err stock_item_view_page(struct web_call *w) {
    struct stock_item_view *v = arena_alloc(w->arena, sizeof *v);
    v->key = key_of(w);
    v->name = web_param(w, "name");
    TRY(load_places(w, v));
    if (!v->places.n && !v->moves.n && w->in->method == HTTP_GET)
        return err_set(ERR_MISSING, "Nobody counts this yet.");
    if (!v->name.n) v->name = v->key.code;
    TRY(pack_load(w, v->name, "stock", &v->head));
    w->view = v;
    return ERR_NONE;
}

void stock_item_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct stock_item_view *v = w->view;
    if (w->problem) v->head.says = w->says;
    frame_open(w, &v->head.frame);
    tmpl_stock_item(&w->page, v);
    frame_close(w, &v->head.frame);
}

void stock_item_json(const struct web_call *w, struct json_out *o) {
    const struct stock_item_view *v = w->view;
    json_open_object(o);
    json_key(o, S("places"));
    json_open_array(o);
    for (size_t i = 0; i < v->places.n; i++) put_row(w, o, &v->places.v[i]);
    json_close_array(o);
    json_key(o, S("moves"));
    json_open_array(o);
    for (size_t i = 0; i < v->moves.n; i++) {
        const struct store_stock_move *m = &v->moves.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, m->id);
        json_key(o, S("move")), json_str(o, str_z(stock_move_name(m->move)));
        json_key(o, S("place")), json_str(o, m->key.place);
        json_key(o, S("quantity")), json_int(o, m->quantity);
        json_key(o, S("on_hand")), json_int(o, m->on_hand);
        json_key(o, S("reason")), json_str(o, m->reason);
        json_key(o, S("box")), json_id(o, m->box_id);
        json_key(o, S("agent")), json_id(o, m->agent_id);
        json_key(o, S("agent_name")), json_str(o, m->agent_name);
        json_key(o, S("at")), json_int(o, m->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("before"));
    if (v->before)
        json_id(o, v->before);
    else
        json_nil(o);
    json_close_object(o);
}

/* ---- changes ---- */

typedef err (*stock_fn)(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                        struct stock_done *ret);

/* May be below 0 when something is put right. */
static err read_quantity(const struct web_call *w, int64_t *ret) {
    str text = str_trim(web_param(w, "quantity"));
    if (!str_to_int(text, ret)) return err_set(ERR_INVALID, "How many? A whole number is needed.");
    return ERR_NONE;
}

static err change(struct web_call *w, stock_fn fn, struct stock_done *done) {
    struct stock_change x = {
        .key = key_of(w), .name = web_param(w, "name"), .reason = web_param(w, "reason")};
    TRY(read_quantity(w, &x.quantity));
    TRY(web_param_int(w, "seen_on_hand", -1, &x.seen_on_hand));
    return fn(w->desk, w->arena, &w->actor, &x, done);
}

static err settle(struct web_call *w, err e, struct stock_done *done) {
    if (e) return admin_again(w, e, stock_item_view_page);
    struct stock_key key = key_of(w);
    w->view = done;
    web_go(w, str_fmt(w->arena, "%.*s&kept=1", STR_FMT(stock_item_path(w, &key))));
    return ERR_NONE;
}

static err do_change(struct web_call *w, stock_fn fn) {
    struct stock_done *done = arena_alloc(w->arena, sizeof *done);
    return settle(w, change(w, fn, done), done);
}

err stock_do_receive(struct web_call *w) { return do_change(w, stock_receive); }
err stock_do_count(struct web_call *w) { return do_change(w, stock_count); }
err stock_do_correct(struct web_call *w) { return do_change(w, stock_correct); }

static err expect(struct web_call *w) {
    int64_t day, quantity;
    TRY(box_day_param(w, "day", &day));
    TRY(web_param_int(w, "quantity", 0, &quantity));
    return stock_expect(w->desk, w->arena, &w->actor, key_of(w), day, quantity);
}

err stock_do_expect(struct web_call *w) { return settle(w, expect(w), NULL); }

err stock_do_close(struct web_call *w) {
    err e = stock_close(w->desk, w->arena, &w->actor, key_of(w));
    if (e) return admin_again(w, e, stock_item_view_page);
    web_go(w, web_path(w, "/stock?kept=1"));
    return ERR_NONE;
}

void stock_done_json(const struct web_call *w, struct json_out *o) {
    const struct stock_done *d = w->view;
    json_open_object(o);
    json_key(o, S("on_hand")), json_int(o, d->on_hand);
    json_key(o, S("reserved")), json_int(o, d->reserved);
    json_key(o, S("filled")), json_int(o, d->filled);
    json_key(o, S("opened")), json_int(o, d->opened);
    json_close_object(o);
}
