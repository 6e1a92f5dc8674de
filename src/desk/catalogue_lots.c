#include "desk/catalogue_lots.h"

#include <stdlib.h>

#include "base/lang.h"
#include "format/lots.h"

/* A transaction takes so many bytes of pieces; a row of them weighs as much as PER_ROW rows of other tables.
 */
enum { CHUNK_BYTES = 4 << 20, PER_ROW = 8, LOTS_MAX_BYTES = 4 << 20 };

static bool knows(const store_catalogue_item_list *items, str part) {
    for (int kind = CATALOGUE_PART; kind >= CATALOGUE_PRODUCT; kind--) {
        struct store_catalogue_item key = {.id = catalogue_item_id((catalogue_kind)kind, part)};
        if (items->n && bsearch(&key, items->v, items->n, sizeof key, catalogue_row_item_order)) return true;
    }
    return false;
}

/* What the import says of a product, and behind it the old pieces whose parts it does not know. */
static struct store_lots with_retired(arena *a, const struct catalogue_rows *now, struct store_lots fresh,
                                      str old) {
    BUF_AUTO buf b = BUF_MAX(LOTS_MAX_BYTES);
    struct lot lot;
    buf_add(&b, fresh.lots);
    int64_t n = fresh.n;
    while (lots_next(&old, &lot)) {
        if (knows(&now->items, lot.part)) continue;
        lots_add(&b, &lot);
        n++;
    }
    if (n == fresh.n || !buf_ok(&b)) return fresh;
    fresh.lots = str_copy(a, buf_str(&b));
    fresh.n = n;
    return fresh;
}

static err compare_one(db_conn *c, arena *a, int64_t brand, const struct catalogue_rows *now,
                       const struct store_lots *fresh, const struct store_lots *was, struct lot_changes *to) {
    if (was && fresh && was->source == fresh->source) return ERR_NONE;
    int64_t holder = fresh ? fresh->holder : was->holder;
    struct store_lots row = fresh ? *fresh : (struct store_lots){.holder = holder}, old = {0};
    if (was) TRY(store_lots_of(c, a, brand, holder, &old));
    row = with_retired(a, now, row, old.lots);
    if (row.n)
        *list_add(a, &to->put) = row;
    else
        *list_add(a, &to->gone) = holder;
    return ERR_NONE;
}

static bool has_item(const store_catalogue_item_list *items, int64_t id) {
    struct store_catalogue_item key = {.id = id};
    return items->n && bsearch(&key, items->v, items->n, sizeof key, catalogue_row_item_order);
}

static int colour_order(const void *a, const void *b) {
    return str_cmp(((const struct store_colour *)a)->code, ((const struct store_colour *)b)->code);
}

static err compare_colours(db_conn *c, arena *a, int64_t brand, const store_colour_list *now,
                           struct lot_changes *to) {
    store_colour_list was;
    TRY(store_colours(c, a, brand, &was));
    /* The database's order of texts may be another one. */
    if (was.n) qsort(was.v, was.n, sizeof *was.v, colour_order);
    for (size_t i = 0; i < now->n; i++) {
        const struct store_colour *n = &now->v[i], *w;
        w = was.n ? bsearch(n, was.v, was.n, sizeof *n, colour_order) : NULL;
        if (!w || !str_eq(w->name, n->name) || !str_eq(w->rgb, n->rgb) || w->clear != n->clear)
            *list_add(a, &to->colours) = *n;
    }
    return ERR_NONE;
}

err catalogue_lots_compare(struct desk *d, arena *a, int64_t brand, const struct catalogue_rows *now,
                           const store_lots_list *was, struct lot_changes *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct lot_changes to = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(compare_colours(c, a, brand, &now->colours, &to));
    for (size_t i = 0, k = 0; i < now->lots.n || k < was->n;) {
        const struct store_lots *n = i < now->lots.n ? &now->lots.v[i] : NULL;
        const struct store_lots *w = k < was->n ? &was->v[k] : NULL;
        bool fresh = n && (!w || n->holder <= w->holder), old = w && (!n || w->holder <= n->holder);
        /* A retired product keeps what it holds. */
        if (fresh || has_item(&now->items, w->holder))
            TRY(compare_one(c, a, brand, now, fresh ? n : NULL, old ? w : NULL, &to));
        i += fresh;
        k += old;
    }
    *ret = to;
    return ERR_NONE;
}

size_t catalogue_lots_weight(const struct lot_changes *changes) {
    return changes->colours.n + (changes->put.n + changes->gone.n) * PER_ROW;
}

struct lots_chunk {
    int64_t brand;
    const struct lot_changes *changes;
    size_t from, to; /* of changes->put; the first chunk takes the rest as well */
};

static err write_chunk(db_conn *c, void *arg) {
    const struct lots_chunk *k = arg;
    const struct lot_changes *all = k->changes;
    if (!k->from) {
        for (size_t i = 0; i < all->colours.n; i++) TRY(store_colour_put(c, k->brand, &all->colours.v[i]));
        for (size_t i = 0; i < all->gone.n; i++) TRY(store_lots_delete(c, k->brand, all->gone.v[i]));
    }
    return store_lots_put(c, k->brand, all->put.v + k->from, k->to - k->from);
}

err catalogue_lots_write(struct desk *d, int64_t brand, const struct lot_changes *changes,
                         const struct catalogue_progress *progress, size_t done, size_t total) {
    if (!catalogue_lots_weight(changes)) return ERR_NONE;
    struct lots_chunk chunk = {.brand = brand, .changes = changes};
    do {
        if (progress && progress->tell) progress->tell(progress->context, T("writing"), done, total);
        chunk.from = chunk.to;
        for (size_t bytes = 0; chunk.to < changes->put.n && bytes < CHUNK_BYTES; chunk.to++)
            bytes += changes->put.v[chunk.to].lots.n;
        TRY(db_write(d->db, write_chunk, &chunk));
        done += (chunk.to - chunk.from) * PER_ROW;
    } while (chunk.to < changes->put.n);
    return ERR_NONE;
}
