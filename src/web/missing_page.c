#include "web/missing_page.h"

#include <inttypes.h>

#include "base/random.h"
#include "missing.tmpl.h"
#include "web/admin_page.h"

enum { HASTE_MS = 3000 }; /* nobody fills in a form faster */

static struct missing_view *new_view(struct web_call *w) {
    struct missing_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct missing_view){.w = w};
    return v;
}

/* Only once the brand is there has the page something to show. */
static err begin(struct web_call *w, struct missing_view *v) {
    TRY(missing_brand(w->desk, w->arena, w->at.value[0], &v->brand));
    w->view = v;
    return ERR_NONE;
}

static err load_found(struct missing_view *v) {
    str query = str_trim(v->form.wish.product_words);
    if (!query.n) return ERR_NONE;
    v->searched = true;
    return missing_search(v->w->desk, v->w->arena, v->brand.id, query, &v->found);
}

static err load_pieces(struct missing_view *v) {
    struct missing_form *f = &v->form;
    if (!f->wish.product.n) return ERR_NONE;
    err e = missing_product(v->w->desk, v->w->arena, v->brand.id, f->wish.product, &v->product, &v->pieces);
    if (e == ERR_MISSING) {
        v->product = (struct missing_product){0};
        f->wish.product = S("");
        v->open = MISSING_PRODUCT;
        return ERR_NONE;
    }
    TRY(e);
    missing_filter(v->w->arena, &v->pieces, f->find, &v->fitting);
    v->from = (size_t)f->from < v->fitting.n ? (size_t)f->from : 0;
    v->to = v->fitting.n - v->from > MISSING_SHOWN ? v->from + MISSING_SHOWN : v->fitting.n;
    for (size_t i = 0; i < f->wish.pieces.n; i++)
        if (f->wish.pieces.v[i].quantity > 0 && f->wish.pieces.v[i].quantity < MISSING_PHOTO_BYTES)
            v->chosen += f->wish.pieces.v[i].quantity;
    return ERR_NONE;
}

static err load(struct missing_view *v) {
    TRY(load_pieces(v));
    if (v->open == MISSING_PRODUCT) TRY(load_found(v));
    if (!v->form.wish.key.n) v->form.wish.key = token_new(v->w->arena);
    if (!v->form.opened_at) v->form.opened_at = desk_now(v->w->desk);
    return ERR_NONE;
}

err missing_view(struct web_call *w) {
    struct missing_view *v = new_view(w);
    TRY(begin(w, v));
    missing_form_read(w->arena, &w->in->query, &v->form);
    /* A link may name a product, and nothing else. */
    struct missing_wish wish = {.product = v->form.wish.product, .product_words = v->form.wish.product_words};
    v->form.wish = wish;
    v->open = wish.product.n ? MISSING_PIECES : MISSING_PRODUCT;
    v->form.opened_at = 0;
    return load(v);
}

/* ---- what a button does ---- */

/* A page of another site can make a browser send this form. Browsers that say where a form came from are
 * believed; a page without a referrer, such as this one, is "null" to older ones. */
static err check_origin(const struct web_call *w) {
    str site = http_header(w->in, S("Sec-Fetch-Site")), origin = http_header(w->in, S("Origin"));
    if (site.n ? str_eq(site, S("same-origin")) || str_eq(site, S("none"))
               : !origin.n || str_eq(origin, S("null")) || str_eq(origin, w->desk->public_url))
        return ERR_NONE;
    str host = http_header(w->in, S("Host"));
    size_t scheme = str_find(origin, S("://"), 0);
    if (!site.n && scheme != SIZE_MAX && host.n && str_eq(str_slice(origin, scheme + 3, origin.n), host))
        return ERR_NONE;
    return err_set(ERR_DENIED, "This was sent by a page of another site, so nothing was done.");
}

static str after(str doing, const char *prefix) {
    str p = str_z(prefix);
    return str_starts(doing, p) ? str_slice(doing, p.n, doing.n) : S("");
}

static err tell(struct missing_view *v) {
    struct web_call *w = v->w;
    struct missing_wish *wish = &v->form.wish;
    struct missing_told told;
    int64_t now = desk_now(w->desk);
    wish->brand = v->brand.id;
    wish->peer = web_peer(w);
    wish->language = w->page.lang ? str_z(w->page.lang->tag) : S("en");
    if (!w->program && v->form.opened_at && now - v->form.opened_at < HASTE_MS) wish->odd = true;
    for (size_t i = 0; i < w->in->files.n; i++)
        if (str_eq(w->in->files.v[i].field, S("photo"))) wish->photo = w->in->files.v[i].bytes;
    missing_step step = MISSING_WHO;
    err e = missing_tell(w->desk, w->arena, wish, &told, &step);
    if (e && (int)step < MISSING_STEPS) v->open = step;
    if (e == ERR_LIMIT && (int)step == MISSING_STEPS) w->status = 429;
    if (e) return e;
    v->link = track_url(w->desk, w->arena, told.token);
    v->conversation = told.conversation;
    web_go(w, str_fmt(w->arena, "/your/%.*s?new=1", STR_FMT(told.token)));
    return ERR_NONE;
}

/* From one step to the next, once it is filled in. */
static err go_on(struct missing_view *v) {
    struct missing_form *f = &v->form;
    f->wish.brand = v->brand.id;
    TRY(missing_check(v->w->desk, v->w->arena, &f->wish, f->step));
    if (f->step < MISSING_WHO) v->open = (missing_step)(f->step + 1);
    return ERR_NONE;
}

static err act(struct missing_view *v) {
    struct missing_form *f = &v->form;
    str doing = f->doing, at;
    int64_t n;
    v->open = f->step;
    if (str_eq(doing, S("send"))) return tell(v);
    if (str_eq(doing, S("next"))) return go_on(v);
    if (str_eq(doing, S("find"))) {
        v->open = MISSING_PRODUCT;
    } else if (str_eq(doing, S("unknown"))) {
        f->step = MISSING_PRODUCT;
        f->wish.product = S("");
        f->wish.pieces.n = 0;
        return go_on(v);
    } else if (str_eq(doing, S("look"))) {
        f->from = 0;
    } else if ((at = after(doing, "from:")).n && str_to_int(at, &n) && n >= 0) {
        f->from = n;
    } else if ((at = after(doing, "to:")).n && str_to_int(at, &n) && n >= 0 && n <= f->step) {
        v->open = (missing_step)n;
    } else if ((at = after(doing, "product:")).n) {
        if (!str_eq(at, f->wish.product)) f->wish.pieces.n = 0;
        f->wish.product = at;
        f->find = S("");
        f->from = 0;
        v->open = MISSING_PIECES;
    }
    return ERR_NONE;
}

err missing_do(struct web_call *w) {
    struct missing_view *v = new_view(w);
    TRY(check_origin(w));
    TRY(begin(w, v));
    if (w->body)
        missing_form_of_json(w->arena, w->body, &v->form);
    else
        missing_form_read(w->arena, &w->in->form, &v->form);
    if (w->json) v->form.doing = S("send");
    err e = act(v);
    /* A product that has gone meanwhile is no page that has: the form is shown again, with what was typed. */
    if (e == ERR_MISSING) w->status = 422;
    if (e) return e;
    return v->link.n ? ERR_NONE : load(v);
}

/* ---- out ---- */

void missing_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct missing_view *v = w->view;
    if (w->problem) {
        v->says = w->says;
        if (load(v)) {
            web_error(w, 500, "internal", web_text(w, T("There is nothing at this address.")));
            return;
        }
    }
    web_header(w, "Cross-Origin-Resource-Policy", S("same-origin"));
    tmpl_missing(&w->page, v);
}

static void json_product(struct json_out *o, const struct missing_product *p) {
    json_open_object(o);
    json_key(o, S("product")), json_str(o, p->code);
    json_key(o, S("name")), json_str(o, p->name);
    json_key(o, S("theme")), json_str(o, p->theme);
    json_key(o, S("year")), json_int(o, p->year);
    json_key(o, S("retired")), json_bool(o, p->retired);
    json_close_object(o);
}

void missing_json(const struct web_call *w, struct json_out *o) {
    const struct missing_view *v = w->view;
    json_open_object(o);
    json_key(o, S("brand")), json_str(o, v->brand.name);
    json_key(o, S("found"));
    json_open_array(o);
    for (size_t i = 0; i < v->found.n; i++) json_product(o, &v->found.v[i]);
    json_close_array(o);
    if (v->product.code.n) {
        json_key(o, S("product"));
        json_product(o, &v->product);
    }
    json_key(o, S("total")), json_int(o, (int64_t)v->fitting.n);
    json_key(o, S("pieces"));
    json_open_array(o);
    for (size_t i = v->from; i < v->to; i++) {
        const struct missing_piece *p = &v->fitting.v[i];
        json_open_object(o);
        json_key(o, S("key")), json_str(o, missing_key(v, p->key));
        json_key(o, S("kind")), json_str(o, str_z(p->kind));
        json_key(o, S("code")), json_str(o, p->code);
        json_key(o, S("element")), json_str(o, p->element);
        json_key(o, S("name")), json_str(o, p->name);
        json_key(o, S("colour")), json_str(o, p->colour);
        json_key(o, S("rgb")), json_str(o, p->rgb);
        json_key(o, S("quantity")), json_int(o, p->quantity);
        json_key(o, S("retired")), json_bool(o, p->retired);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

void missing_told_json(const struct web_call *w, struct json_out *o) {
    const struct missing_view *v = w->view;
    json_open_object(o);
    json_key(o, S("ok")), json_bool(o, true);
    json_key(o, S("link")), json_str(o, v->link);
    json_close_object(o);
}

/* ---- for templates ---- */

str missing_key(const struct missing_view *v, uint64_t key) {
    return str_fmt(v->w->arena, "n-%016" PRIx64, key);
}

bool missing_is_shown(const struct missing_view *v, uint64_t key) {
    if (v->open != MISSING_PIECES) return false;
    for (size_t i = v->from; i < v->to; i++)
        if (v->fitting.v[i].key == key && !v->fitting.v[i].retired) return true;
    return false;
}

str missing_where(const struct missing_view *v, const struct missing_piece *p) {
    str number = p->element.n ? p->element : p->code;
    if (!p->colour.n) return number;
    return str_fmt(v->w->arena, "%.*s, %.*s", STR_FMT(p->colour), STR_FMT(number));
}

str missing_summary(const struct missing_view *v, missing_step step) {
    const struct missing_wish *w = &v->form.wish;
    switch (step) {
    case MISSING_PRODUCT:
        return v->product.code.n
                   ? str_fmt(v->w->arena, "%.*s, %.*s", STR_FMT(v->product.name), STR_FMT(v->product.code))
                   : str_clip_utf8(w->product_words, 60);
    case MISSING_PIECES: {
        BUF_AUTO buf b = BUF_MAX(1000);
        struct page_out o = {.out = &b, .lang = v->w->page.lang};
        if (v->chosen) tmpl_missing_count(&o, v->chosen);
        if (!v->chosen) return web_text(v->w, T("Described"));
        return str_copy(v->w->arena, str_trim(buf_str(&b)));
    }
    case MISSING_WORDS:
        return str_trim(w->words).n ? web_text(v->w, T("Written")) : web_text(v->w, T("Left blank"));
    case MISSING_WHO: break;
    }
    return S("");
}
