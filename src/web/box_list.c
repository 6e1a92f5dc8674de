/* Boxes as a list, found by what is typed or scanned, and what is to pick, place by place. */
#include "box.tmpl.h"
#include "desk/promise.h"
#include "web/admin_page.h"
#include "web/box_page.h"

err pack_load(struct web_call *w, str title, const char *tab, struct pack_head *ret) {
    struct pack_head h = {.tab = tab, .says = S("")};
    TRY(frame_load(w, title, &h.frame));
    h.frame.at = "boxes";
    h.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    *ret = h;
    return ERR_NONE;
}

/* "AT.ID" */
static err parse_key(str text, struct page_key *ret) {
    str at;
    struct page_key key;
    if (!text.n) return ERR_NONE;
    if (!str_split(&text, '.', &at) || !str_to_int(at, &key.at) || !str_to_int(text, &key.id) || key.id <= 0)
        return err_set(ERR_MISSING, "There is no such page of the list.");
    *ret = key;
    return ERR_NONE;
}

static err load_rows(struct web_call *w, struct boxes_view *v) {
    db_conn *c;
    struct page_key key = {0, 0};
    str after = w->in->method == HTTP_GET ? web_param(w, "after") : S("");
    TRY(parse_key(after, &key));
    v->first = !after.n;
    TRY(web_read(w, &c));
    TRY(store_boxes(c, w->arena, w->who.brand.id, v->view, v->today, key, BOX_ROWS + 1, &v->rows));
    if (v->rows.n <= BOX_ROWS) return ERR_NONE;
    v->rows.n = BOX_ROWS;
    struct page_key last = box_key(v->view, &v->rows.v[BOX_ROWS - 1]);
    v->next = web_path(w, "/boxes?view=%s&after=%lld.%lld", box_view_name(v->view), (long long)last.at,
                       (long long)last.id);
    return ERR_NONE;
}

err boxes_view_page(struct web_call *w) {
    struct boxes_view *v = arena_alloc(w->arena, sizeof *v);
    str named = web_param(w, "view");
    v->view = BOXES_TO_PICK;
    v->next = S("");
    v->today = pack_today(w);
    if (named.n && !box_view_from(named, &v->view)) return err_set(ERR_MISSING, "There is no such list.");
    v->q = str_clip_utf8(w->in->method == HTTP_GET ? web_param(w, "q") : S(""), 200);
    TRY(load_rows(w, v));
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_box_counts(c, w->arena, w->who.brand.id, v->today, w->page.now - 30 * (int64_t)DAY_MS,
                         &v->counts));
    TRY(pack_load(w, web_text(w, T("Boxes")), "boxes", &v->head));
    w->view = v;
    return ERR_NONE;
}

void boxes_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct boxes_view *v = w->view;
    if (w->problem) v->head.says = w->says;
    frame_open(w, &v->head.frame);
    tmpl_boxes(&w->page, v);
    frame_close(w, &v->head.frame);
}

void boxes_json(const struct web_call *w, struct json_out *o) {
    const struct boxes_view *v = w->view;
    json_open_object(o);
    json_key(o, S("boxes"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        json_open_object(o);
        box_json_members(w, o, &v->rows.v[i]);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("counts"));
    json_open_object(o);
    for (int i = 0; i < BOX_VIEWS; i++)
        json_key(o, str_z(box_view_name((box_view)i))), json_int(o, v->counts.of[i]);
    json_close_object(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}

bool box_ticked(const struct web_call *w, int64_t box) {
    int64_t id;
    for (size_t i = 0; i < w->in->form.n; i++)
        if (str_eq(w->in->form.v[i].name, S("box")) && str_to_int(w->in->form.v[i].value, &id) && id == box)
            return true;
    return false;
}

/* ---- finding ---- */

static err find(struct web_call *w, str q, store_box_list *ret) {
    int64_t number = print_box_number(q);
    str text = number ? str_fmt(w->arena, "%lld", (long long)number) : q;
    web_read_end(w);
    return box_find(w->desk, w->arena, w->who.brand.id, text, BOX_FOUND_ROWS, ret);
}

err box_find_page(struct web_call *w) {
    struct boxes_view *v = arena_alloc(w->arena, sizeof *v);
    v->q = str_clip_utf8(str_trim(web_param(w, "q")), 500);
    v->next = S("");
    v->today = pack_today(w);
    v->view = BOXES_TO_PICK;
    v->first = v->found = true;
    if (v->q.n) TRY(find(w, v->q, &v->rows));
    if (v->rows.n == 1 && !w->program) {
        web_go(w, web_path(w, "/boxes/%lld", (long long)v->rows.v[0].id));
        return ERR_NONE;
    }
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_box_counts(c, w->arena, w->who.brand.id, v->today, w->page.now - 30 * (int64_t)DAY_MS,
                         &v->counts));
    TRY(pack_load(w, web_text(w, T("Boxes")), "boxes", &v->head));
    w->view = v;
    return ERR_NONE;
}

err box_go_number(struct web_call *w) {
    int64_t number;
    struct store_box b;
    db_conn *c;
    if (!str_to_int(w->at.value[1], &number) || number <= 0)
        return err_set(ERR_MISSING, "There is no box of this number.");
    TRY(web_read(w, &c));
    TRY(store_box_by_number(c, w->arena, w->who.brand.id, number, &b));
    web_go(w, web_path(w, "/boxes/%lld", (long long)b.id));
    return ERR_NONE;
}

static err put_piece(void *context, str bytes) {
    buf *out = context;
    buf_add(out, bytes);
    return buf_ok(out) ? ERR_NONE : err_set(ERR_LIMIT, "There are too many boxes for one file.");
}

err boxes_do_export(struct web_call *w) {
    web_read_end(w);
    TRY(box_export(w->desk, w->who.brand.id, put_piece, &w->out->body));
    w->out->type = S("text/csv; charset=utf-8");
    w->csp = "default-src 'none'; frame-ancestors 'none'";
    web_header(w, "Content-Disposition", S("attachment; filename=\"boxes.csv\""));
    return ERR_NONE;
}

/* ---- picking ---- */

/* "BOX.POSITION.PLACE": the place last, for it may hold anything. */
static err parse_pick(str text, struct pick_key *ret) {
    str box, position;
    struct pick_key key;
    if (!text.n) return ERR_NONE;
    if (!str_split(&text, '.', &box) || !str_split(&text, '.', &position) || !str_to_int(box, &key.box) ||
        !str_to_int(position, &key.position) || key.box <= 0)
        return err_set(ERR_MISSING, "There is no such page of the list.");
    key.place = text;
    *ret = key;
    return ERR_NONE;
}

static void next_pick(struct web_call *w, struct pick_view *v) {
    const struct store_box_item *last = &v->rows.v[PICK_ROWS - 1];
    BUF_AUTO buf b = BUF_MAX(4096);
    v->rows.n = PICK_ROWS;
    buf_add_fmt(&b, "/b/%.*s/boxes/pick?after=%lld.%lld.", STR_FMT(w->who.brand.slug),
                (long long)last->box_id, (long long)last->position);
    http_encode(&b, last->place);
    if (buf_ok(&b)) v->next = str_copy(w->arena, buf_str(&b));
}

err pick_view_page(struct web_call *w) {
    struct pick_view *v = arena_alloc(w->arena, sizeof *v);
    struct pick_key key = {S(""), 0, 0};
    str after = w->in->method == HTTP_GET ? web_param(w, "after") : S("");
    db_conn *c;
    v->next = S("");
    v->first = !after.n;
    TRY(parse_pick(after, &key));
    TRY(web_read(w, &c));
    TRY(store_pick_list(c, w->arena, w->who.brand.id, key, PICK_ROWS + 1, &v->rows));
    TRY(store_wanted(c, w->arena, w->who.brand.id, PICK_ROWS, &v->wanted));
    if (v->rows.n > PICK_ROWS) next_pick(w, v);
    TRY(pack_load(w, web_text(w, T("Pick list")), "pick", &v->head));
    w->view = v;
    return ERR_NONE;
}

void pick_html(struct web_call *w) {
    struct pick_view *v = w->view;
    frame_open(w, &v->head.frame);
    tmpl_pick(&w->page, v);
    frame_close(w, &v->head.frame);
}

void pick_json(const struct web_call *w, struct json_out *o) {
    const struct pick_view *v = w->view;
    json_open_object(o);
    json_key(o, S("items")), box_items_json(o, &v->rows, 0);
    json_key(o, S("wanted"));
    json_open_array(o);
    for (size_t i = 0; i < v->wanted.n; i++) {
        const struct store_wanted *x = &v->wanted.v[i];
        json_open_object(o);
        json_key(o, S("kind")), json_str(o, x->kind);
        json_key(o, S("code")), json_str(o, x->code);
        json_key(o, S("colour")), json_str(o, x->colour);
        json_key(o, S("name")), json_str(o, x->name);
        json_key(o, S("wanted")), json_int(o, x->wanted);
        json_key(o, S("boxes")), json_int(o, x->boxes);
        json_key(o, S("expected")), json_int(o, x->expected);
        json_key(o, S("expected_day")), json_str(o, promise_day_text(w->arena, x->expected_day));
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}
