/* The pieces of products: colours, element numbers, and so many of one part in one colour. */
#include <stdlib.h>

#include "base/lang.h"
#include "desk/catalogue_reading.h"
#include "format/lots.h"

enum { LOTS_MAX_BYTES = 4 << 20 };

static int64_t colour_id(str code) { return (int64_t)(str_hash(code) >> 1 | 1); }

static bool is_hex(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f'))) return false;
    return true;
}

static bool yes(str s) {
    return str_eq_nocase(s, S("true")) || str_eq_nocase(s, S("t")) || str_eq(s, S("1"));
}

void reading_take_colour(struct reading *r) {
    str code = reading_field(r, 0), name = reading_field(r, 1), rgb = str_lower(r->a, reading_field(r, 2));
    if (str_starts(rgb, S("#"))) rgb = str_slice(rgb, 1, rgb.n);
    const char *why = NULL;
    if (!code.n)
        why = T("it has no id");
    else if (code.n > CODE_MAX)
        why = T("the id is above 100 bytes: {0}");
    else if (!name.n || name.n > NAME_MAX_BYTES)
        why = T("{0} has no name");
    else if (rgb.n && (rgb.n != 6 || !is_hex(rgb)))
        why = T("the colour {0} is not six hexadecimal digits");
    else if (!table_put(r->a, &r->colours, colour_id(code), (uint32_t)r->colour_rows.n))
        why = T("{0} was there before");
    if (why)
        reading_problem(r, r->csv.line, why, code);
    else
        *list_add(r->a, &r->colour_rows) = (struct store_colour){code, name, rgb, yes(reading_field(r, 3))};
}

/* Index + 1; 0 for none. What names a colour that no file explains stays without one. */
static uint32_t colour_of(const struct reading *r, int column) {
    str code = reading_field(r, column);
    uint32_t at = code.n ? table_get(&r->colours, colour_id(code)) : UINT32_MAX;
    return at == UINT32_MAX ? 0 : at + 1;
}

static int64_t element_key(uint32_t part, uint32_t colour) { return (int64_t)part << 24 | colour; }

/* A part in a colour got a new number now and then: the largest is the latest. */
static bool is_later(str a, str b) { return a.n != b.n ? a.n > b.n : str_cmp(a, b) > 0; }

void reading_take_element(struct reading *r) {
    str element = reading_field(r, 0);
    uint32_t part = table_get(&r->items, catalogue_item_id(CATALOGUE_PART, reading_field(r, 1)));
    /* The list of all elements ever made names parts of other makers too. */
    if (part == UINT32_MAX || !element.n || element.n > CODE_MAX) return;
    int64_t key = element_key(part, colour_of(r, 2));
    if (table_put(r->a, &r->elements, key, (uint32_t)r->element_rows.n)) {
        *list_add(r->a, &r->element_rows) = element;
        return;
    }
    str *was = &r->element_rows.v[table_get(&r->elements, key)];
    if (is_later(element, *was)) *was = element;
}

/* False after naming the problem. */
static bool take_quantity(struct reading *r, int64_t *ret) {
    int64_t quantity = 1;
    str text = reading_field(r, 2);
    bool fits = !text.n || (str_to_int(text, &quantity) && quantity >= 0 && quantity <= LOT_QUANTITY_MAX);
    if (!fits) reading_problem(r, r->csv.line, T("the quantity is no number: {0}"), text);
    *ret = quantity;
    return fits;
}

void reading_take_lot(struct reading *r) {
    int64_t inventory, quantity;
    uint32_t at = reading_number(r, 0, &inventory) ? table_get(&r->inventories, inventory) : UINT32_MAX;
    uint32_t part = table_get(&r->items, catalogue_item_id(CATALOGUE_PART, reading_field(r, 1)));
    if (at == UINT32_MAX) {
        reading_problem(r, r->csv.line, T("there is no inventory {0}"), reading_field(r, 0));
        return;
    }
    if (part == UINT32_MAX) {
        reading_problem(r, r->csv.line, T("it names {0}, which is not in the catalogue"),
                        reading_field(r, 1));
        return;
    }
    if (!take_quantity(r, &quantity)) return;
    struct lot_row row = {.inventory = at, .part = part, .colour = colour_of(r, 3)};
    row.quantity = (uint32_t)quantity;
    row.spare = yes(reading_field(r, 4));
    uint32_t element = table_get(&r->elements, element_key(part, row.colour));
    if (element != UINT32_MAX) row.element = element + 1;
    *list_add(r->a, &r->lots) = row;
}

static uint32_t own_inventory(struct reading *r, int64_t holder) {
    uint32_t at = table_get(&r->inventories, holder);
    if (at != UINT32_MAX) return at;
    table_put(r->a, &r->inventories, holder, (uint32_t)r->inventory_rows.n);
    *list_add(r->a, &r->inventory_rows) = (struct inventory){.item = holder};
    return (uint32_t)r->inventory_rows.n - 1;
}

void reading_take_own_lot(struct reading *r) {
    int64_t quantity, holder = reading_any_item(r, reading_field(r, 0));
    int64_t part = holder ? reading_any_item(r, reading_field(r, 1)) : 0;
    str colour = reading_field(r, 3), element = reading_field(r, 4);
    if (!part || !take_quantity(r, &quantity)) return;
    struct lot_row row = {.part = table_get(&r->items, part), .colour = colour_of(r, 3)};
    if (colour.n && !row.colour) {
        reading_problem(r, r->csv.line, T("there is no colour {0}"), colour);
        return;
    }
    if (element.n > CODE_MAX) {
        reading_problem(r, r->csv.line, T("the id is above 100 bytes: {0}"), element);
        return;
    }
    row.inventory = own_inventory(r, holder);
    row.quantity = (uint32_t)quantity;
    if (element.n) {
        *list_add(r->a, &r->element_rows) = element;
        row.element = (uint32_t)r->element_rows.n;
    }
    *list_add(r->a, &r->lots) = row;
}

/* ---- once all are read ---- */

struct named {
    str name, code;
    uint32_t row;
};

static int named_order(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    return order ? order : str_cmp(x->code, y->code);
}

/* For each row of items its place by name, so that pieces stand in the order in which people look for them.
 */
static uint32_t *ranks(struct reading *r) {
    size_t n = r->rows.n;
    uint32_t *rank = arena_array(r->a, n, sizeof *rank);
    struct named *all = arena_array(r->a, n, sizeof *all);
    for (size_t i = 0; i < n; i++) all[i] = (struct named){r->rows.v[i].name, r->rows.v[i].code, (uint32_t)i};
    if (n) qsort(all, n, sizeof *all, named_order);
    for (size_t i = 0; i < n; i++) rank[all[i].row] = (uint32_t)i;
    return rank;
}

/* Lots in the order of their inventories; `first` has where each begins, and the end. */
static struct lot_row *by_inventory(struct reading *r, const uint32_t *rank, uint32_t **ret_first) {
    size_t n = r->inventory_rows.n;
    uint32_t *first = arena_array(r->a, n + 2, sizeof *first);
    struct lot_row *sorted = arena_array(r->a, r->lots.n, sizeof *sorted);
    for (size_t i = 0; i < r->lots.n; i++) first[r->lots.v[i].inventory + 2]++;
    for (size_t i = 2; i < n + 2; i++) first[i] += first[i - 1];
    for (size_t i = 0; i < r->lots.n; i++) {
        struct lot_row row = r->lots.v[i];
        struct lot_row *to = &sorted[first[row.inventory + 1]++];
        *to = row;
        to->inventory = rank[row.part];
    }
    *ret_first = first;
    return sorted;
}

/* Within an inventory, where `inventory` is the rank of the part. */
static int lot_order(const void *a, const void *b) {
    const struct lot_row *x = a, *y = b;
    if (x->inventory != y->inventory) return x->inventory < y->inventory ? -1 : 1;
    if (x->colour != y->colour) return x->colour < y->colour ? -1 : 1;
    return (x->spare > y->spare) - (x->spare < y->spare);
}

/* The sorted lots of one inventory as bytes. Spare ones are not counted, unless there are no others. */
static struct store_lots pack(struct reading *r, buf *b, int64_t holder, const struct lot_row *v, size_t n) {
    struct store_lots ret = {.holder = holder};
    buf_clear(b);
    for (size_t i = 0; i < n;) {
        struct lot_row lot = v[i];
        for (i++; i < n && v[i].part == lot.part && v[i].colour == lot.colour; i++)
            if (v[i].spare == lot.spare) lot.quantity += v[i].quantity;
        struct lot out = {.part = r->rows.v[lot.part].code, .quantity = lot.quantity};
        out.colour = lot.colour ? r->colour_rows.v[lot.colour - 1].code : S("");
        out.element = lot.element ? r->element_rows.v[lot.element - 1] : S("");
        lots_add(b, &out);
        ret.n++;
    }
    ret.lots = str_copy(r->a, buf_str(b));
    ret.source = (int64_t)(str_hash(ret.lots) >> 1);
    return ret;
}

static int holder_order(const void *a, const void *b) {
    const struct store_lots *x = a, *y = b;
    return (x->holder > y->holder) - (x->holder < y->holder);
}

/* The newest inventory with lots of each row of items; UINT32_MAX none. */
static uint32_t *newest(struct reading *r, const uint32_t *first) {
    uint32_t *best = arena_array(r->a, r->rows.n, sizeof *best);
    for (size_t i = 0; i < r->rows.n; i++) best[i] = UINT32_MAX;
    for (size_t i = 0; i < r->inventory_rows.n; i++) {
        if (first[i] == first[i + 1]) continue;
        uint32_t *at = &best[table_get(&r->items, r->inventory_rows.v[i].item)];
        if (*at == UINT32_MAX || r->inventory_rows.v[*at].version <= r->inventory_rows.v[i].version)
            *at = (uint32_t)i;
    }
    return best;
}

void reading_finish_lots(struct reading *r, store_lots_list *ret) {
    *ret = (store_lots_list){0};
    if (!r->lots.n) return;
    uint32_t *first;
    struct lot_row *sorted = by_inventory(r, ranks(r), &first);
    uint32_t *best = newest(r, first);
    BUF_AUTO buf b = BUF_MAX(LOTS_MAX_BYTES);
    for (size_t i = 0; i < r->rows.n; i++) {
        if (best[i] == UINT32_MAX) continue;
        struct lot_row *v = sorted + first[best[i]];
        size_t n = first[best[i] + 1] - first[best[i]];
        qsort(v, n, sizeof *v, lot_order);
        *list_add(r->a, ret) = pack(r, &b, r->rows.v[i].id, v, n);
    }
    if (ret->n) qsort(ret->v, ret->n, sizeof *ret->v, holder_order);
}

/* ---- into memory ---- */

/* One link a part, in however many colours a product has it: lots of one part follow each other. */
static size_t add_links(const struct table *items, uint32_t holder, str lots, struct catalogue_link *to) {
    size_t n = 0;
    struct lot lot;
    uint32_t before = UINT32_MAX;
    while (lots_next(&lots, &lot)) {
        uint32_t item = UINT32_MAX;
        for (int kind = CATALOGUE_PART; kind >= CATALOGUE_PRODUCT && item == UINT32_MAX; kind--)
            item = table_get(items, catalogue_item_id((catalogue_kind)kind, lot.part));
        if (item == UINT32_MAX || item == before || item == holder) continue;
        if (to) to[n] = (struct catalogue_link){holder, item, (uint32_t)lot.quantity};
        before = item;
        n++;
    }
    return n;
}

static void add_all_lots(const struct catalogue_rows *rows, const struct table *index,
                         struct catalogue_link *links, size_t *nlinks) {
    for (size_t i = 0; i < rows->lots.n; i++) {
        uint32_t holder = table_get(index, rows->lots.v[i].holder);
        if (holder != UINT32_MAX) *nlinks += add_links(index, holder, rows->lots.v[i].lots, links + *nlinks);
    }
}

struct catalogue *catalogue_of_rows(arena *a, const struct catalogue_rows *rows) {
    size_t n = rows->items.n, nlinks = 0, naliases = 0, most = rows->links.n;
    for (size_t i = 0; i < rows->lots.n; i++) most += (size_t)rows->lots.v[i].n;
    struct table index = {0};
    struct catalogue_item *items = arena_array(a, n, sizeof *items);
    struct catalogue_link *links = arena_array(a, most, sizeof *links);
    struct catalogue_alias *aliases = arena_array(a, rows->aliases.n, sizeof *aliases);
    for (size_t i = 0; i < n; i++) {
        const struct store_catalogue_item *from = &rows->items.v[i];
        catalogue_kind kind = from->kind == CATALOGUE_FIGURE ? CATALOGUE_FIGURE
                              : from->kind == CATALOGUE_PART ? CATALOGUE_PART
                                                             : CATALOGUE_PRODUCT;
        items[i] = (struct catalogue_item){kind, from->code, from->name, from->theme, (int)from->year};
        table_put(a, &index, from->id, (uint32_t)i);
    }
    for (size_t i = 0; i < rows->links.n; i++) {
        const struct store_catalogue_link *from = &rows->links.v[i];
        uint32_t holder = table_get(&index, from->holder), item = table_get(&index, from->item);
        if (holder != UINT32_MAX && item != UINT32_MAX)
            links[nlinks++] = (struct catalogue_link){holder, item, (uint32_t)from->quantity};
    }
    add_all_lots(rows, &index, links, &nlinks);
    for (size_t i = 0; i < rows->aliases.n; i++) {
        uint32_t item = table_get(&index, rows->aliases.v[i].item);
        if (item != UINT32_MAX)
            aliases[naliases++] = (struct catalogue_alias){rows->aliases.v[i].alias, item};
    }
    struct catalogue *c = catalogue_build(items, n, links, nlinks, aliases, naliases);
    for (size_t i = 0; i < n; i++)
        if (rows->items.v[i].retired_at) catalogue_retire(c, (uint32_t)i);
    return c;
}
