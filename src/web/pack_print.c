/* Boxes as PDF: one at once, many in the background. */
#include "pack_print.tmpl.h"
#include "web/box_page.h"

enum { PDF_BYTES = 60 << 20 };

/* Nothing in a PDF of ours is fetched or run; the page around it, where a browser makes one, may style
 * itself.
 */
static const char pdf_csp[] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
                              "base-uri 'none'; form-action 'none'";

/* `name` is one of ours, without characters that a header would have to escape. */
static void as_pdf(struct web_call *w, const char *name) {
    w->out->type = S("application/pdf");
    w->csp = pdf_csp;
    web_header(
        w, "Content-Disposition",
        str_fmt(w->arena, "%s; filename=\"%s\"", web_param_on(w, "save") ? "attachment" : "inline", name));
}

/* ---- one box ---- */

static err one_pdf(struct web_call *w, struct print_parts parts, const char *what) {
    int64_t id;
    struct store_box b;
    struct print_result result;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_box_get(c, w->arena, w->who.brand.id, id, &b));
    web_read_end(w);
    w->out->body.max = PDF_BYTES;
    TRY(print_box_pdf(w->desk, w->arena, w->who.brand.id, id, parts, print_to_buf, &w->out->body, &result));
    as_pdf(w, str_fmt(w->arena, "box-%lld-%s.pdf", (long long)b.number, what).p);
    return ERR_NONE;
}

err box_letter_pdf(struct web_call *w) { return one_pdf(w, (struct print_parts){.letter = true}, "letter"); }
err box_slip_pdf(struct web_call *w) { return one_pdf(w, (struct print_parts){.slip = true}, "slip"); }
err box_label_pdf(struct web_call *w) { return one_pdf(w, (struct print_parts){.label = true}, "label"); }
err box_all_pdf(struct web_call *w) {
    return one_pdf(w, (struct print_parts){.letter = true, .slip = true}, "all");
}

static err forget_bytes(void *context, const void *bytes, size_t n) {
    (void)context;
    (void)bytes;
    (void)n;
    return ERR_NONE;
}

err box_try_print(struct web_call *w, struct box_one *v) {
    struct print_parts parts = {true, true, true};
    err e = print_box_pdf(w->desk, w->arena, w->who.brand.id, v->b.id, parts, forget_bytes, NULL, &v->print);
    if (e == ERR_CONFLICT || e == ERR_INVALID || e == ERR_LIMIT) {
        v->print_says = lang_text(w->page.lang, str_cstr(w->arena, str_z(err_text())));
        v->printable = false;
        return ERR_NONE;
    }
    return e;
}

/* ---- many ---- */

typedef LIST(int64_t) id_list;

static err add_id(struct web_call *w, str text, id_list *ids) {
    int64_t id;
    if (!str_to_int(text, &id) || id <= 0) return err_set(ERR_INVALID, "box must be the id of a box.");
    for (size_t i = 0; i < ids->n; i++)
        if (ids->v[i] == id) return ERR_NONE;
    *list_add(w->arena, ids) = id;
    return ERR_NONE;
}

/* Boxes that were ticked: `box` once for each in a form, `boxes` as an array of ids from a program. */
static err read_ticked(struct web_call *w, id_list *ids) {
    const json_t *array = w->body ? json_object_get(w->body, "boxes") : NULL;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        TRY(add_id(w, str_z(text ? text : ""), ids));
    }
    for (size_t i = 0; i < w->in->form.n; i++)
        if (str_eq(w->in->form.v[i].name, S("box"))) TRY(add_id(w, w->in->form.v[i].value, ids));
    return ERR_NONE;
}

/* All of a list, as long as they are as many as one print takes. */
static err read_all(struct web_call *w, box_view view, id_list *ids) {
    struct page_key key = {0, 0};
    for (;;) {
        store_box_list rows = {0};
        TRY(box_list(w->desk, w->arena, w->who.brand.id, view, key, 500, &rows));
        for (size_t i = 0; i < rows.n; i++) *list_add(w->arena, ids) = rows.v[i].id;
        if (rows.n < 500) return ERR_NONE;
        if (ids->n > PRINT_RUN_BOXES)
            return err_set(ERR_LIMIT, "There are more than %d boxes. Choose some of them.", PRINT_RUN_BOXES);
        key = box_key(view, &rows.v[rows.n - 1]);
    }
}

static err read_parts(struct web_call *w, struct print_parts *ret) {
    str text = web_param(w, "parts");
    if (text.n) return print_parts_from(text, ret);
    ret->letter = web_param_on(w, "letter");
    ret->slip = web_param_on(w, "slip");
    ret->label = web_param_on(w, "label");
    if (ret->letter || ret->slip || ret->label) return ERR_NONE;
    return err_set(ERR_INVALID, "Choose what to print: letter, slip or label.");
}

static err start(struct web_call *w, int64_t *ret_run) {
    id_list ids = {0};
    box_view view;
    struct print_run_wish wish = {0};
    str all = web_param(w, "all");
    TRY(read_parts(w, &wish.parts));
    if (all.n && !box_view_from(all, &view)) return err_set(ERR_INVALID, "There is no such list of boxes.");
    TRY(all.n ? read_all(w, view, &ids) : read_ticked(w, &ids));
    wish.boxes = ids.v;
    wish.n = ids.n;
    return print_run_start(w->desk, w->arena, &w->actor, &wish, ret_run);
}

/* Another way back than the list of the boxes: there the choice can be made again. */
static err again(struct web_call *w, err e) {
    if (w->json || web_status(e) >= 500) return e;
    str says = str_copy(w->arena, str_z(err_text()));
    TRY(boxes_view_page(w));
    return err_set(e, "%.*s", STR_FMT(says));
}

err printing_do_start(struct web_call *w) {
    int64_t *run = arena_alloc(w->arena, sizeof *run);
    err e = start(w, run);
    if (e) return again(w, e);
    w->view = run;
    web_go(w, web_path(w, "/boxes/prints/%lld", (long long)*run));
    return ERR_NONE;
}

void printing_started_json(const struct web_call *w, struct json_out *o) {
    const int64_t *run = w->view;
    json_open_object(o);
    json_key(o, S("print")), json_id(o, *run);
    json_close_object(o);
}

int printing_share(const struct print_run *r) {
    if (!r->boxes) return 0;
    return (int)(r->done * 100 / r->boxes);
}

err printing_view(struct web_call *w) {
    struct print_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(print_run_get(w->desk, w->arena, w->who.brand.id, id, &v->run));
    TRY(pack_load(w, web_text(w, T("Printing boxes")), "boxes", &v->head));
    /* Without scripts, too, the page follows what it tells of. */
    if (v->run.state < PRINT_DONE && !w->program) web_header(w, "Refresh", S("1"));
    w->view = v;
    return ERR_NONE;
}

void printing_html(struct web_call *w) {
    const struct print_view *v = w->view;
    frame_open(w, &v->head.frame);
    tmpl_print_run(&w->page, v);
    frame_close(w, &v->head.frame);
}

void printing_json(const struct web_call *w, struct json_out *o) {
    const struct print_run *r = &((const struct print_view *)w->view)->run;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, r->id);
    json_key(o, S("state")), json_str(o, str_z(print_run_state_name(r->state)));
    json_key(o, S("parts")), json_str(o, print_parts_text(w->arena, r->parts));
    json_key(o, S("boxes")), json_int(o, r->boxes);
    json_key(o, S("done")), json_int(o, r->done);
    json_key(o, S("printed")), json_int(o, r->printed);
    json_key(o, S("pages")), json_int(o, r->pages);
    json_key(o, S("bytes")), json_int(o, r->bytes);
    json_key(o, S("says")), json_str(o, r->says);
    json_key(o, S("notes"));
    json_open_array(o);
    for (size_t i = 0; i < r->notes.n; i++) {
        const struct print_note *n = &r->notes.v[i];
        json_open_object(o);
        json_key(o, S("box")), json_id(o, n->box);
        json_key(o, S("number")), json_int(o, n->number);
        json_key(o, S("says")), json_str(o, n->says);
        json_key(o, S("missing")), json_str(o, n->missing);
        json_key(o, S("cut")), json_bool(o, n->cut);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err printing_download(struct web_call *w) {
    int64_t id;
    str bytes;
    TRY(web_id(w, 1, &id));
    TRY(print_run_pdf(w->desk, w->arena, w->who.brand.id, id, &bytes));
    w->out->static_body = bytes;
    as_pdf(w, "boxes.pdf");
    return ERR_NONE;
}
