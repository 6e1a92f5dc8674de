#include "desk/catalogue.h"

#include <stdlib.h>

#include "base/lang.h"
#include "desk/catalogue_lots.h"
#include "desk/catalogue_read.h"

/* A transaction takes this many rows: others who write wait for a tenth of a second, not for the whole. */
enum { CHUNK = 10000 };

/* What differs from what is there. */
struct changes {
    store_catalogue_item_list items, retire;
    store_catalogue_link_list links, links_gone;
    store_catalogue_alias_list aliases, aliases_gone;
    struct lot_changes lots;
};

static bool same_item(const struct store_catalogue_item *a, const struct store_catalogue_item *b) {
    return str_eq(a->name, b->name) && str_eq(a->theme, b->theme) && a->year == b->year && !b->retired_at;
}

/* ERR_INTERNAL where two codes share an id: chance 10^-8 for a million items, and then it must be said. */
static err compare_items(arena *a, const store_catalogue_item_list *now, const store_catalogue_item_list *was,
                         struct changes *to, struct catalogue_report *report) {
    for (size_t i = 0, k = 0; i < now->n || k < was->n;) {
        const struct store_catalogue_item *n = i < now->n ? &now->v[i] : NULL;
        const struct store_catalogue_item *w = k < was->n ? &was->v[k] : NULL;
        if (n && (!w || n->id < w->id)) {
            *list_add(a, &to->items) = *n;
            report->added++, i++;
        } else if (!n || w->id < n->id) {
            if (!w->retired_at) {
                *list_add(a, &to->retire) = *w;
                report->retired++;
            }
            k++;
        } else {
            if (n->kind != w->kind || !str_eq(n->code, w->code))
                return err_set(ERR_INTERNAL, "The items %.*s and %.*s share a number.", STR_FMT(n->code),
                               STR_FMT(w->code));
            if (!same_item(n, w)) {
                *list_add(a, &to->items) = *n;
                if (w->retired_at)
                    report->returned++;
                else
                    report->changed++;
            }
            i++, k++;
        }
    }
    return ERR_NONE;
}

static bool has_item(const store_catalogue_item_list *items, int64_t id) {
    struct store_catalogue_item key = {.id = id};
    return items->n && bsearch(&key, items->v, items->n, sizeof key, catalogue_row_item_order);
}

static void compare_links(arena *a, const struct catalogue_rows *now, const store_catalogue_link_list *was,
                          struct changes *to) {
    for (size_t i = 0, k = 0; i < now->links.n || k < was->n;) {
        const struct store_catalogue_link *n = i < now->links.n ? &now->links.v[i] : NULL;
        const struct store_catalogue_link *w = k < was->n ? &was->v[k] : NULL;
        int order = !n ? 1 : !w ? -1 : catalogue_row_link_order(n, w);
        if (order < 0 || (order == 0 && n->quantity != w->quantity)) *list_add(a, &to->links) = *n;
        /* A retired item keeps what it holds: letters go on asking for it. */
        if (order > 0 && has_item(&now->items, w->holder)) *list_add(a, &to->links_gone) = *w;
        if (order <= 0) i++;
        if (order >= 0) k++;
    }
}

static void compare_aliases(arena *a, const struct catalogue_rows *now, const store_catalogue_alias_list *was,
                            struct changes *to) {
    for (size_t i = 0, k = 0; i < now->aliases.n || k < was->n;) {
        const struct store_catalogue_alias *n = i < now->aliases.n ? &now->aliases.v[i] : NULL;
        const struct store_catalogue_alias *w = k < was->n ? &was->v[k] : NULL;
        int order = !n ? 1 : !w ? -1 : catalogue_row_alias_order(n, w);
        if (order < 0) *list_add(a, &to->aliases) = *n;
        if (order > 0 && !w->agent && has_item(&now->items, w->item)) *list_add(a, &to->aliases_gone) = *w;
        if (order <= 0) i++;
        if (order >= 0) k++;
    }
}

static err load_rows(db_conn *c, arena *a, int64_t brand, bool with_lots, struct catalogue_rows *ret) {
    struct catalogue_rows rows = {0};
    TRY(store_catalogue_items(c, a, brand, &rows.items));
    TRY(store_catalogue_links(c, a, brand, &rows.links));
    TRY(store_catalogue_aliases(c, a, brand, &rows.aliases));
    TRY(store_lots_all(c, a, brand, with_lots, &rows.lots));
    if (rows.aliases.n)
        qsort(rows.aliases.v, rows.aliases.n, sizeof *rows.aliases.v, catalogue_row_alias_order);
    *ret = rows;
    return ERR_NONE;
}

static err compare(struct desk *d, arena *a, int64_t brand, const struct catalogue_rows *now,
                   struct changes *ret, struct catalogue_report *report) {
    struct catalogue_rows was;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(load_rows(c, a, brand, false, &was));
    }
    TRY(compare_items(a, &now->items, &was.items, ret, report));
    compare_links(a, now, &was.links, ret);
    compare_aliases(a, now, &was.aliases, ret);
    return catalogue_lots_compare(d, a, brand, now, &was.lots, &ret->lots);
}

/* The changes lie in one row after the other; a chunk takes [from, to) of them. */
struct chunk {
    int64_t brand, now;
    const struct changes *changes;
    size_t from, to;
};

/* The part of a chunk that lies in a list of `n` rows which begins at *at; moves *at behind the list. */
static bool part_of(const struct chunk *k, size_t n, size_t *at, size_t *ret_from, size_t *ret_n) {
    size_t from = k->from > *at ? k->from - *at : 0, to = k->to > *at ? k->to - *at : 0;
    if (from > n) from = n;
    if (to > n) to = n;
    *at += n;
    *ret_from = from;
    *ret_n = to - from;
    return to > from;
}

static err write_chunk(db_conn *c, void *arg) {
    const struct chunk *k = arg;
    const struct changes *all = k->changes;
    size_t at = 0, from, n;
    if (part_of(k, all->items.n, &at, &from, &n))
        TRY(store_catalogue_items_put(c, k->brand, all->items.v + from, n));
    if (part_of(k, all->links.n, &at, &from, &n))
        TRY(store_catalogue_links_put(c, k->brand, all->links.v + from, n));
    if (part_of(k, all->aliases.n, &at, &from, &n))
        TRY(store_catalogue_aliases_put(c, k->brand, all->aliases.v + from, n));
    part_of(k, all->retire.n, &at, &from, &n);
    for (size_t i = from; i < from + n; i++)
        TRY(store_catalogue_item_retire(c, k->brand, all->retire.v[i].id, k->now));
    part_of(k, all->links_gone.n, &at, &from, &n);
    for (size_t i = from; i < from + n; i++)
        TRY(store_catalogue_link_delete(c, k->brand, all->links_gone.v[i].holder, all->links_gone.v[i].item));
    part_of(k, all->aliases_gone.n, &at, &from, &n);
    for (size_t i = from; i < from + n; i++)
        TRY(store_catalogue_alias_delete(c, k->brand, all->aliases_gone.v[i].item,
                                         all->aliases_gone.v[i].alias));
    return ERR_NONE;
}

struct stamp {
    arena *a;
    int64_t brand, now, version;
    str format;
};

static err write_version(db_conn *c, void *arg) {
    struct stamp *s = arg;
    struct store_catalogue got;
    TRY(store_catalogue_put(c, s->a, s->brand, s->format, s->now));
    TRY(store_catalogue_get(c, s->a, s->brand, &got));
    s->version = got.version;
    return ERR_NONE;
}

static err write_all(struct desk *d, arena *a, int64_t brand, const struct changes *changes,
                     const struct catalogue_progress *progress, struct catalogue_report *report) {
    size_t total = changes->items.n + changes->links.n + changes->aliases.n + changes->retire.n +
                   changes->links_gone.n + changes->aliases_gone.n;
    size_t rows = total;
    total += catalogue_lots_weight(&changes->lots);
    struct chunk chunk = {.brand = brand, .now = desk_now(d), .changes = changes};
    for (size_t done = 0; done < rows; done = chunk.to) {
        if (progress && progress->tell) progress->tell(progress->context, T("writing"), done, total);
        chunk.from = done;
        chunk.to = rows - done > CHUNK ? done + CHUNK : rows;
        TRY(db_write(d->db, write_chunk, &chunk));
    }
    TRY(catalogue_lots_write(d, brand, &changes->lots, progress, rows, total));
    if (progress && progress->tell) progress->tell(progress->context, T("writing"), total, total);
    struct stamp stamp = {.a = a, .brand = brand, .now = chunk.now, .format = report->format};
    TRY(db_write(d->db, write_version, &stamp));
    report->version = stamp.version;
    return ERR_NONE;
}

err catalogue_import(struct desk *d, arena *a, int64_t brand, const struct catalogue_source *files, size_t n,
                     const struct catalogue_progress *progress, struct catalogue_report *ret_report) {
    struct catalogue_rows rows;
    struct catalogue_report report;
    struct changes changes = {0};
    TRY(catalogue_read(a, files, n, progress, &rows, &report));
    TRY(compare(d, a, brand, &rows, &changes, &report));
    TRY(write_all(d, a, brand, &changes, progress, &report));
    desk_changed(d, brand, 0, "catalogue");
    *ret_report = report;
    return ERR_NONE;
}

err catalogue_load(struct desk *d, int64_t brand, struct catalogue **ret) {
    enum { LOAD_LIMIT = 1 << 30 };
    ARENA_AUTO arena *a = arena_new(LOAD_LIMIT);
    struct catalogue_rows rows;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->db, &c));
        TRY(load_rows(c, a, brand, true, &rows));
    }
    *ret = catalogue_of_rows(a, &rows);
    return ERR_NONE;
}

err catalogue_version(struct desk *d, int64_t brand, int64_t *ret_version) {
    ARENA_AUTO arena *a = arena_new(0);
    DB_READ_AUTO db_conn *c = NULL;
    struct store_catalogue got;
    TRY(db_read_begin(d->db, &c));
    TRY(store_catalogue_get(c, a, brand, &got));
    *ret_version = got.version;
    return ERR_NONE;
}

struct adding {
    arena *a;
    int64_t brand;
    struct store_catalogue_alias row;
};

static err add_alias(db_conn *c, void *arg) {
    struct adding *to = arg;
    struct store_catalogue was;
    TRY(store_catalogue_item_exists(c, to->brand, to->row.item));
    TRY(store_catalogue_aliases_put(c, to->brand, &to->row, 1));
    TRY(store_catalogue_get(c, to->a, to->brand, &was));
    return store_catalogue_put(c, to->a, to->brand, was.format, was.imported_at);
}

err catalogue_alias_add(struct desk *d, const struct actor *who, catalogue_kind kind, str id, str alias) {
    ARENA_AUTO arena *a = arena_new(0);
    alias = str_trim(alias);
    if (!alias.n || alias.n > 200 || !str_is_utf8(alias))
        return err_set(ERR_INVALID, "A name has 1 to 200 bytes.");
    struct adding to = {a, who->brand, {catalogue_item_id(kind, id), who->agent, alias}};
    TRY(db_write(d->db, add_alias, &to));
    desk_changed(d, who->brand, 0, "catalogue");
    return ERR_NONE;
}
