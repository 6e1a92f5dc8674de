/* Reading the form of the missing-pieces page. */
#include "web/missing_page.h"

enum { KEY_DIGITS = 16, FIELDS_MAX = 200 };

/* "n-0123456789abcdef". */
static bool read_key(str name, uint64_t *ret) {
    uint64_t key = 0;
    if (name.n != KEY_DIGITS + 2 || !str_starts(name, S("n-"))) return false;
    for (size_t i = 2; i < name.n; i++) {
        char c = name.p[i];
        if (c >= '0' && c <= '9')
            key = key << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            key = key << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *ret = key;
    return true;
}

/* What is no number is not passed over, but refused with the step it stands in. */
static int64_t read_count(str value) {
    int64_t n;
    value = str_trim(value);
    if (!value.n) return 0;
    return str_to_int(value, &n) && n >= 0 ? n : -1;
}

/* The same piece twice: the last one counts, as in a form that shows it and carries it along. */
static void choose(arena *a, missing_chosen_list *list, uint64_t key, int64_t quantity) {
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i].key != key) continue;
        list->v[i].quantity = quantity;
        return;
    }
    if (quantity && list->n < FIELDS_MAX) *list_add(a, list) = (struct missing_chosen){key, quantity};
}

static str with_lf(arena *a, str s) {
    if (!str_has(s, '\r')) return s;
    char *out = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool pair = s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n';
        if (!pair) out[n++] = s.p[i] == '\r' ? '\n' : s.p[i];
    }
    return (str){out, n};
}

static str first(const http_pairs *fields, const char *name) {
    for (size_t i = 0; i < fields->n; i++)
        if (str_eq(fields->v[i].name, str_z(name))) return fields->v[i].value;
    return S("");
}

static int64_t number(const http_pairs *fields, const char *name) {
    int64_t n;
    return str_to_int(first(fields, name), &n) && n >= 0 ? n : 0;
}

void missing_form_read(arena *a, const http_pairs *fields, struct missing_form *ret) {
    struct missing_form f = {.doing = first(fields, "do")};
    int64_t step = number(fields, "step");
    f.step = step < MISSING_STEPS ? (missing_step)step : MISSING_PRODUCT;
    f.find = str_clip_utf8(first(fields, "find"), 200);
    f.from = number(fields, "from");
    f.opened_at = number(fields, "opened");
    struct missing_wish *w = &f.wish;
    w->product = str_trim(first(fields, "product"));
    w->product_words = first(fields, "q");
    w->piece_words = with_lf(a, first(fields, "piece_words"));
    w->words = with_lf(a, first(fields, "words"));
    w->child = str_eq(first(fields, "who"), S("child"));
    w->name = first(fields, "name");
    w->email = first(fields, "email");
    w->address = with_lf(a, first(fields, "address"));
    w->country = first(fields, "country");
    w->key = first(fields, "key");
    w->odd = first(fields, "website").n > 0;
    for (size_t i = 0; i < fields->n; i++) {
        uint64_t key;
        if (read_key(fields->v[i].name, &key)) choose(a, &w->pieces, key, read_count(fields->v[i].value));
    }
    *ret = f;
}

static str text(arena *a, const json_t *body, const char *name) {
    str value = S("");
    return json_take_str(body, name, &value) ? with_lf(a, str_copy(a, value)) : S("");
}

void missing_form_of_json(arena *a, const json_t *body, struct missing_form *ret) {
    struct missing_form f = {.doing = S("send"), .step = MISSING_WHO};
    struct missing_wish *w = &f.wish;
    w->product = str_trim(text(a, body, "product"));
    w->product_words = text(a, body, "q");
    w->piece_words = text(a, body, "piece_words");
    w->words = text(a, body, "words");
    w->child = str_eq(text(a, body, "who"), S("child"));
    w->name = text(a, body, "name");
    w->email = text(a, body, "email");
    w->address = text(a, body, "address");
    w->country = text(a, body, "country");
    w->key = text(a, body, "key");
    const json_t *list = json_object_get(body, "pieces");
    for (size_t i = 0; i < json_array_size(list) && i < FIELDS_MAX; i++) {
        const json_t *one = json_array_get(list, i);
        int64_t quantity = -1;
        uint64_t key;
        if (!json_take_int(one, "quantity", &quantity) || quantity < 0) quantity = -1;
        if (!read_key(text(a, one, "key"), &key)) key = 0;
        choose(a, &w->pieces, key, quantity);
    }
    *ret = f;
}

int64_t missing_form_count(const struct missing_form *f, uint64_t key) {
    for (size_t i = 0; i < f->wish.pieces.n; i++)
        if (f->wish.pieces.v[i].key == key) return f->wish.pieces.v[i].quantity;
    return 0;
}
