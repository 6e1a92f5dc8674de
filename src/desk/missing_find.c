/* Products and their pieces, as whoever misses one looks for them. */
#include <stdlib.h>
#include <string.h>

#include "desk/catalogue_read.h"
#include "desk/heart.h"
#include "desk/missing.h"
#include "desk/settings.h"
#include "format/lots.h"

err missing_brand(const struct desk *d, arena *a, str slug, struct store_brand *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_brand brand;
    int64_t on = 0;
    TRY(db_read_begin(d->db, &c));
    err e = store_brand_by_slug(c, a, slug, &brand);
    if (!e) e = setting_number(c, a, brand.id, SETTING_MISSING_PIECES, &on);
    if (e && e != ERR_MISSING) return e;
    if (e || !on) return err_set(ERR_MISSING, "There is nothing at this address.");
    *ret = brand;
    return ERR_NONE;
}

static struct missing_product product_of(arena *a, const struct catalogue *c, uint32_t item) {
    const struct catalogue_item *from = catalogue_item_at(c, item);
    return (struct missing_product){.code = str_copy(a, from->id),
                                    .name = str_copy(a, from->name),
                                    .theme = str_copy(a, from->theme),
                                    .year = from->year,
                                    .retired = catalogue_retired(c, item)};
}

err missing_search(struct desk *d, arena *a, int64_t brand, str query, missing_product_list *ret) {
    HEART_CATALOGUE_AUTO struct heart_catalogue heart = {0};
    missing_product_list all = {0};
    uint32_t found[MISSING_FOUND_MAX];
    TRY(heart_catalogue(d, brand, &heart));
    size_t n = catalogue_search(heart.catalogue, a, query, found, MISSING_FOUND_MAX);
    for (size_t i = 0; i < n; i++) *list_add(a, &all) = product_of(a, heart.catalogue, found[i]);
    *ret = all;
    return ERR_NONE;
}

/* ---- pieces ---- */

struct pieces {
    arena *a;
    const struct catalogue *c;
    store_colour_list colours;
    store_content_list contents;
    struct store_lots lots;
    missing_piece_list list;
};

static const char *kind_name(catalogue_kind kind) {
    switch (kind) {
    case CATALOGUE_PRODUCT: return "product";
    case CATALOGUE_FIGURE: return "figure";
    case CATALOGUE_PART: break;
    }
    return "part";
}

static err read_pieces(struct desk *d, int64_t brand, int64_t holder, struct pieces *p) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_lots_of(c, p->a, brand, holder, &p->lots));
    TRY(store_contents_of(c, p->a, brand, holder, &p->contents));
    return p->lots.n ? store_colours(c, p->a, brand, &p->colours) : ERR_NONE;
}

static int colour_order(const void *a, const void *b) {
    return str_cmp(((const struct store_colour *)a)->code, ((const struct store_colour *)b)->code);
}

static uint32_t item_of(const struct catalogue *c, str code) {
    uint32_t item = UINT32_MAX;
    for (int kind = CATALOGUE_PART; kind >= CATALOGUE_PRODUCT && item == UINT32_MAX; kind--)
        item = catalogue_item_of(c, (catalogue_kind)kind, code);
    return item;
}

static void add_lot(struct pieces *p, const struct lot *lot) {
    uint32_t item = item_of(p->c, lot->part);
    /* The catalogue in memory may be a version behind for a moment. */
    if (item == UINT32_MAX) return;
    const struct catalogue_item *from = catalogue_item_at(p->c, item);
    struct missing_piece *to = list_add(p->a, &p->list);
    *to = (struct missing_piece){.key = lot_key(lot->part, lot->colour),
                                 .kind = kind_name(from->kind),
                                 .code = lot->part,
                                 .name = from->name,
                                 .element = lot->element,
                                 .quantity = lot->quantity,
                                 .retired = catalogue_retired(p->c, item)};
    struct store_colour key = {.code = lot->colour}, *colour;
    colour = p->colours.n && lot->colour.n
                 ? bsearch(&key, p->colours.v, p->colours.n, sizeof key, colour_order)
                 : NULL;
    if (!colour) return;
    to->colour = colour->name;
    to->rgb = colour->rgb;
    to->clear = colour->clear;
}

static bool in_lots(str lots, str code) {
    struct lot lot;
    while (lots_next(&lots, &lot))
        if (str_eq(lot.part, code)) return true;
    return false;
}

/* Figures first: they are what most letters are about. */
static void add_contents(struct pieces *p) {
    for (size_t i = 0; i < p->contents.n; i++) {
        const struct store_content *from = &p->contents.v[i];
        if (from->kind == CATALOGUE_PART && in_lots(p->lots.lots, from->code)) continue;
        *list_add(p->a, &p->list) =
            (struct missing_piece){.key = lot_key(from->code, S("")),
                                   .kind = kind_name(from->kind == CATALOGUE_PART     ? CATALOGUE_PART
                                                     : from->kind == CATALOGUE_FIGURE ? CATALOGUE_FIGURE
                                                                                      : CATALOGUE_PRODUCT),
                                   .code = from->code,
                                   .name = from->name,
                                   .quantity = from->quantity,
                                   .retired = from->retired_at != 0};
    }
}

err missing_product(struct desk *d, arena *a, int64_t brand, str code, struct missing_product *ret,
                    missing_piece_list *ret_pieces) {
    HEART_CATALOGUE_AUTO struct heart_catalogue heart = {0};
    TRY(heart_catalogue(d, brand, &heart));
    uint32_t item =
        heart.catalogue ? catalogue_item_of(heart.catalogue, CATALOGUE_PRODUCT, code) : UINT32_MAX;
    if (item == UINT32_MAX) return err_set(ERR_MISSING, "We have no product of that number.");
    struct pieces p = {.a = a, .c = heart.catalogue};
    TRY(read_pieces(d, brand, catalogue_item_id(CATALOGUE_PRODUCT, code), &p));
    if (p.colours.n) qsort(p.colours.v, p.colours.n, sizeof *p.colours.v, colour_order);
    add_contents(&p);
    struct lot lot;
    for (str rest = p.lots.lots; lots_next(&rest, &lot);) add_lot(&p, &lot);
    /* Names lie in the catalogue, which may go when we let go of it. */
    for (size_t i = 0; i < p.list.n; i++) p.list.v[i].name = str_copy(a, p.list.v[i].name);
    *ret = product_of(a, heart.catalogue, item);
    *ret_pieces = p.list;
    return ERR_NONE;
}

/* ---- searching within ---- */

/* Lower case, without spaces, and with the sign of multiplication as the letter people type for it. */
static str squeezed(arena *a, str s) {
    char *to = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ' ') continue;
        if (c == '\xc3' && i + 1 < s.n && s.p[i + 1] == '\x97') {
            to[n++] = 'x';
            i++;
        } else {
            to[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        }
    }
    return (str){to, n};
}

static bool holds(arena *a, const struct missing_piece *p, const str *words, size_t n) {
    str where[] = {squeezed(a, p->name), squeezed(a, p->colour), p->code, p->element};
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof where / sizeof *where && !found; k++)
            found = str_find(where[k], words[i], 0) != SIZE_MAX;
        if (!found) return false;
    }
    return true;
}

void missing_filter(arena *a, const missing_piece_list *all, str query, missing_piece_list *ret) {
    enum { WORDS_MAX = 8 };
    str words[WORDS_MAX], rest = str_trim(query), word;
    size_t n = 0;
    missing_piece_list found = {0};
    while (rest.n && n < WORDS_MAX && str_split(&rest, ' ', &word)) {
        word = squeezed(a, word);
        if (word.n) words[n++] = word;
    }
    for (size_t i = 0; i < all->n; i++)
        if (holds(a, &all->v[i], words, n)) *list_add(a, &found) = all->v[i];
    *ret = found;
}
