#include <stdlib.h>

#include "base/lang.h"
#include "desk/catalogue_reading.h"
#include "format/lots.h"

int64_t catalogue_item_id(catalogue_kind kind, str code) {
    uint64_t h = str_hash(code) + (uint64_t)kind * 0x9E3779B97F4A7C15u;
    h ^= h >> 29;
    return (int64_t)(h >> 1 | 1);
}

static size_t table_slot(const struct table *t, int64_t key) {
    size_t at = (size_t)((uint64_t)key * 0x9E3779B97F4A7C15u >> 20) & (t->cap - 1);
    while (t->slots[at] && t->keys[at] != key) at = (at + 1) & (t->cap - 1);
    return at;
}

uint32_t table_get(const struct table *t, int64_t key) {
    if (!t->cap) return UINT32_MAX;
    size_t at = table_slot(t, key);
    return t->slots[at] ? t->slots[at] - 1 : UINT32_MAX;
}

bool table_put(arena *a, struct table *t, int64_t key, uint32_t value) {
    if (t->n * 2 >= t->cap) {
        struct table more = {.cap = t->cap ? t->cap * 2 : 1024};
        more.keys = arena_array(a, more.cap, sizeof *more.keys);
        more.slots = arena_array(a, more.cap, sizeof *more.slots);
        for (size_t i = 0; i < t->cap; i++)
            if (t->slots[i]) {
                size_t to = table_slot(&more, t->keys[i]);
                more.keys[to] = t->keys[i];
                more.slots[to] = t->slots[i];
            }
        more.n = t->n;
        *t = more;
    }
    size_t at = table_slot(t, key);
    if (t->slots[at]) return false;
    t->keys[at] = key;
    t->slots[at] = value + 1;
    t->n++;
    return true;
}

void reading_problem(struct reading *r, size_t line, const char *why, str detail) {
    if (r->report->nproblems++ >= CATALOGUE_PROBLEMS_MAX) return;
    *list_add(r->a, &r->report->problems) =
        (struct catalogue_problem){r->file, line, why, str_clip_utf8(detail, 100)};
}

static void tell(const struct reading *r, const char *stage, size_t done, size_t total) {
    if (r->progress && r->progress->tell) r->progress->tell(r->progress->context, stage, done, total);
}

/* Find the columns by the names of the first row. `must` of them have to be there. */
static err find_columns(struct reading *r, const char *const *names, int n, int must) {
    csv_result first = csv_next(&r->csv, r->a);
    for (int k = 0; k < n; k++) {
        r->column[k] = -1;
        for (size_t i = 0; first == CSV_ROW && i < r->csv.nfields; i++)
            if (str_eq_nocase(str_trim(r->csv.fields[i]), str_z(names[k]))) r->column[k] = (int)i;
        if (r->column[k] < 0 && k < must)
            return err_set(ERR_INVALID, "%.*s has no column \"%s\" in its first line.", STR_FMT(r->file),
                           names[k]);
    }
    return ERR_NONE;
}

str reading_field(const struct reading *r, int column) {
    int at = r->column[column];
    return at >= 0 && (size_t)at < r->csv.nfields ? str_trim(r->csv.fields[at]) : S("");
}

bool reading_number(const struct reading *r, int column, int64_t *ret) {
    return str_to_int(reading_field(r, column), ret);
}

/* Take the row in, or call reading_problem. */
typedef void (*row_fn)(struct reading *r);

static bool row_is_text(struct reading *r) {
    for (size_t i = 0; i < r->csv.nfields; i++)
        if (!str_is_utf8(r->csv.fields[i]) || str_has(r->csv.fields[i], 0)) return false;
    return true;
}

static err read_file(struct reading *r, const struct catalogue_source *file, const char *const *names, int n,
                     int must, row_fn take) {
    r->file = file->name;
    r->csv = csv_begin(file->bytes);
    TRY(find_columns(r, names, n, must));
    size_t rows = 0;
    for (csv_result got; (got = csv_next(&r->csv, r->a)) != CSV_END; rows++) {
        if (rows % TELL_EVERY == 0) tell(r, T("reading"), r->bytes_before + r->csv.at, r->bytes_all);
        if (got == CSV_BROKEN)
            reading_problem(r, r->csv.line, r->csv.why, S(""));
        else if (r->csv.nfields <= (size_t)r->column[must - 1])
            reading_problem(r, r->csv.line, T("it has too few fields"), S(""));
        else if (!row_is_text(r))
            reading_problem(r, r->csv.line, T("it is not UTF-8"), S(""));
        else
            take(r);
    }
    r->bytes_before += file->bytes.n;
    *list_add(r->a, &r->report->read) = (struct catalogue_file_count){file->name, rows};
    return ERR_NONE;
}

/* Items: id, name, ... in the first two columns. */
static bool take_item(struct reading *r, catalogue_kind kind, str theme, int64_t year) {
    str code = reading_field(r, 0), name = reading_field(r, 1);
    const char *why = NULL;
    if (!code.n)
        why = T("it has no id");
    else if (!name.n)
        why = T("{0} has no name");
    else if (code.n > CODE_MAX)
        why = T("the id is above 100 bytes: {0}");
    else if (name.n > NAME_MAX_BYTES)
        why = T("the name of {0} is above 1000 bytes");
    if (!why && !table_put(r->a, &r->items, catalogue_item_id(kind, code), (uint32_t)r->rows.n))
        why = T("{0} was there before");
    if (why) {
        reading_problem(r, r->csv.line, why, code);
        return false;
    }
    *list_add(r->a, &r->rows) = (struct store_catalogue_item){.id = catalogue_item_id(kind, code),
                                                              .kind = kind,
                                                              .code = code,
                                                              .name = name,
                                                              .theme = theme,
                                                              .year = year};
    return true;
}

/* The year in that column, 0 when it is empty; false after naming the problem. */
static bool take_year(struct reading *r, int column, int64_t *ret) {
    str text = reading_field(r, column);
    *ret = 0;
    if (!text.n || (str_to_int(text, ret) && *ret >= 0 && *ret < 10000)) return true;
    reading_problem(r, r->csv.line, T("the year is no year: {0}"), text);
    return false;
}

static void add_alias(struct reading *r, int64_t item, str alias) {
    if (!alias.n) return;
    if (alias.n > 200)
        reading_problem(r, r->csv.line, T("another name is above 200 bytes: {0}"), alias);
    else
        *list_add(r->a, &r->aliases) = (struct store_catalogue_alias){.item = item, .alias = alias};
}

/* "Ray|the Raider". */
static void take_aliases(struct reading *r, int column) {
    str rest = reading_field(r, column), alias;
    int64_t item = r->rows.v[r->rows.n - 1].id;
    while (rest.n && str_split(&rest, '|', &alias)) add_alias(r, item, str_trim(alias));
}

/* Rebrickable's files. */

static void take_theme(struct reading *r) {
    int64_t id, parent = 0;
    if (!reading_number(r, 0, &id)) {
        reading_problem(r, r->csv.line, T("the number is no number: {0}"), reading_field(r, 0));
        return;
    }
    reading_number(r, 2, &parent);
    if (!table_put(r->a, &r->themes, id, (uint32_t)r->theme_rows.n))
        reading_problem(r, r->csv.line, T("{0} was there before"), reading_field(r, 0));
    else
        *list_add(r->a, &r->theme_rows) = (struct theme){reading_field(r, 1), parent};
}

/* Once all are read: "Star Wars / Episode I". At most four deep, whatever the file says. */
static void join_themes(struct reading *r) {
    str *joined = arena_array(r->a, r->theme_rows.n, sizeof *joined);
    for (size_t i = 0; i < r->theme_rows.n; i++) {
        struct theme t = r->theme_rows.v[i];
        joined[i] = t.name;
        for (int depth = 0; depth < 3 && t.parent; depth++) {
            uint32_t up = table_get(&r->themes, t.parent);
            if (up == UINT32_MAX) break;
            t = r->theme_rows.v[up];
            joined[i] = str_fmt(r->a, "%.*s / %.*s", STR_FMT(t.name), STR_FMT(joined[i]));
        }
    }
    for (size_t i = 0; i < r->theme_rows.n; i++) r->theme_rows.v[i].name = joined[i];
}

static void take_set(struct reading *r) {
    int64_t year, theme;
    if (!take_year(r, 2, &year)) return;
    uint32_t at = reading_number(r, 3, &theme) ? table_get(&r->themes, theme) : UINT32_MAX;
    take_item(r, CATALOGUE_PRODUCT, at == UINT32_MAX ? S("") : r->theme_rows.v[at].name, year);
}

static void take_figure(struct reading *r) { take_item(r, CATALOGUE_FIGURE, S(""), 0); }
static void take_part(struct reading *r) { take_item(r, CATALOGUE_PART, S(""), 0); }

static void take_inventory(struct reading *r) {
    int64_t id, version, item = catalogue_item_id(CATALOGUE_PRODUCT, reading_field(r, 1));
    if (table_get(&r->items, item) == UINT32_MAX)
        item = catalogue_item_id(CATALOGUE_FIGURE, reading_field(r, 1));
    if (!reading_number(r, 0, &id))
        reading_problem(r, r->csv.line, T("the number is no number: {0}"), reading_field(r, 0));
    else if (table_get(&r->items, item) == UINT32_MAX)
        reading_problem(r, r->csv.line, T("it names {0}, which is not in the catalogue"),
                        reading_field(r, 1));
    else if (!table_put(r->a, &r->inventories, id, (uint32_t)r->inventory_rows.n))
        reading_problem(r, r->csv.line, T("{0} was there before"), reading_field(r, 0));
    else
        *list_add(r->a, &r->inventory_rows) =
            (struct inventory){item, reading_number(r, 2, &version) ? version : 0};
}

static void take_content(struct reading *r, catalogue_kind kind) {
    int64_t inventory, quantity = 1, item = catalogue_item_id(kind, reading_field(r, 1));
    uint32_t at = reading_number(r, 0, &inventory) ? table_get(&r->inventories, inventory) : UINT32_MAX;
    if (at == UINT32_MAX)
        reading_problem(r, r->csv.line, T("there is no inventory {0}"), reading_field(r, 0));
    else if (table_get(&r->items, item) == UINT32_MAX)
        reading_problem(r, r->csv.line, T("it names {0}, which is not in the catalogue"),
                        reading_field(r, 1));
    else if (!reading_number(r, 2, &quantity) || quantity < 0 || quantity > INT32_MAX)
        reading_problem(r, r->csv.line, T("the quantity is no number: {0}"), reading_field(r, 2));
    else
        *list_add(r->a, &r->links) =
            (struct inventory_link){r->inventory_rows.v[at].item, item, inventory, quantity};
}

static void take_figure_content(struct reading *r) { take_content(r, CATALOGUE_FIGURE); }
static void take_set_content(struct reading *r) { take_content(r, CATALOGUE_PRODUCT); }

/* Our own files. */

static void take_own_product(struct reading *r) {
    int64_t year;
    if (take_year(r, 3, &year) && take_item(r, CATALOGUE_PRODUCT, reading_field(r, 2), year))
        take_aliases(r, 4);
}
static void take_own_figure(struct reading *r) {
    if (take_item(r, CATALOGUE_FIGURE, S(""), 0)) take_aliases(r, 2);
}
static void take_own_part(struct reading *r) {
    if (take_item(r, CATALOGUE_PART, S(""), 0)) take_aliases(r, 2);
}

int64_t reading_any_item(struct reading *r, str code) {
    for (int kind = CATALOGUE_PRODUCT; kind <= CATALOGUE_PART; kind++) {
        int64_t id = catalogue_item_id((catalogue_kind)kind, code);
        if (table_get(&r->items, id) != UINT32_MAX) return id;
    }
    reading_problem(r, r->csv.line, T("it names {0}, which is not in the catalogue"), code);
    return 0;
}

static void take_own_content(struct reading *r) {
    int64_t quantity = 1, holder = reading_any_item(r, reading_field(r, 0));
    int64_t item = holder ? reading_any_item(r, reading_field(r, 1)) : 0;
    if (!item) return;
    if (reading_field(r, 2).n && (!reading_number(r, 2, &quantity) || quantity < 0 || quantity > INT32_MAX))
        reading_problem(r, r->csv.line, T("the quantity is no number: {0}"), reading_field(r, 2));
    else
        *list_add(r->a, &r->links) = (struct inventory_link){holder, item, 0, quantity};
}

static void take_alias(struct reading *r) {
    int64_t item = reading_any_item(r, reading_field(r, 0));
    if (item) add_alias(r, item, reading_field(r, 1));
}

struct file_kind {
    const char *format, *name;
    bool needed;
    row_fn take;
    int must; /* how many of the columns have to be there */
    const char *columns[COLUMNS_MAX];
};

/* In the order in which they are read: each stands on those before it. */
static const struct file_kind kinds[] = {
    {"rebrickable", "themes.csv", false, take_theme, 2, {"id", "name", "parent_id"}},
    {"rebrickable", "sets.csv", true, take_set, 2, {"set_num", "name", "year", "theme_id"}},
    {"rebrickable", "minifigs.csv", false, take_figure, 2, {"fig_num", "name"}},
    {"rebrickable", "parts.csv", false, take_part, 2, {"part_num", "name"}},
    {"rebrickable", "inventories.csv", false, take_inventory, 2, {"id", "set_num", "version"}},
    {"rebrickable",
     "inventory_minifigs.csv",
     false,
     take_figure_content,
     3,
     {"inventory_id", "fig_num", "quantity"}},
    {"rebrickable",
     "inventory_sets.csv",
     false,
     take_set_content,
     3,
     {"inventory_id", "set_num", "quantity"}},
    {"rebrickable", "colors.csv", false, reading_take_colour, 2, {"id", "name", "rgb", "is_trans"}},
    {"rebrickable", "elements.csv", false, reading_take_element, 3, {"element_id", "part_num", "color_id"}},
    {"rebrickable",
     "inventory_parts.csv",
     false,
     reading_take_lot,
     3,
     {"inventory_id", "part_num", "quantity", "color_id", "is_spare"}},
    {"own", "products.csv", true, take_own_product, 2, {"id", "name", "theme", "year", "aliases"}},
    {"own", "figures.csv", false, take_own_figure, 2, {"id", "name", "aliases"}},
    {"own", "parts.csv", false, take_own_part, 2, {"id", "name", "aliases"}},
    {"own", "contents.csv", false, take_own_content, 2, {"product", "item", "quantity"}},
    {"own", "colours.csv", false, reading_take_colour, 2, {"id", "name", "rgb", "clear"}},
    {"own",
     "pieces.csv",
     false,
     reading_take_own_lot,
     3,
     {"product", "part", "quantity", "colour", "element"}},
    {"", "aliases.csv", false, take_alias, 2, {"id", "alias"}}, /* of both */
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const struct catalogue_source *source_named(const struct catalogue_source *files, size_t n,
                                                   const char *name) {
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(files[i].name, str_z(name))) return &files[i];
    return NULL;
}

static bool is_read(const struct file_kind *kind, str format) {
    return !kind->format[0] || str_eq(str_z(kind->format), format);
}

static void count_ignored(struct reading *r, const struct catalogue_source *files, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < KINDS; k++)
            if (is_read(&kinds[k], r->report->format) && str_eq_nocase(files[i].name, str_z(kinds[k].name)))
                known = true;
        if (known) continue;
        size_t lines = 0;
        for (size_t at = 0; at < files[i].bytes.n; lines++) {
            at = str_find_char(files[i].bytes, '\n', at);
            at = at == SIZE_MAX ? files[i].bytes.n : at + 1;
        }
        *list_add(r->a, &r->report->ignored) =
            (struct catalogue_file_count){files[i].name, lines ? lines - 1 : 0};
    }
}

int catalogue_row_item_order(const void *a, const void *b) {
    int64_t x = ((const struct store_catalogue_item *)a)->id,
            y = ((const struct store_catalogue_item *)b)->id;
    return (x > y) - (x < y);
}

int catalogue_row_link_order(const void *a, const void *b) {
    const struct store_catalogue_link *x = a, *y = b;
    if (x->holder != y->holder) return x->holder < y->holder ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

int catalogue_row_alias_order(const void *a, const void *b) {
    const struct store_catalogue_alias *x = a, *y = b;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return str_cmp(x->alias, y->alias);
}

static int inventory_link_order(const void *a, const void *b) {
    const struct inventory_link *x = a, *y = b;
    if (x->holder != y->holder) return x->holder < y->holder ? -1 : 1;
    if (x->item != y->item) return x->item < y->item ? -1 : 1;
    return (x->inventory > y->inventory) - (x->inventory < y->inventory);
}

/* What is said twice of one inventory adds up. Of several inventories of a set, which are its editions, the
 * largest number counts. */
static void merge_links(struct reading *r, store_catalogue_link_list *ret) {
    const struct inventory_link *v = r->links.v;
    size_t n = r->links.n;
    if (n) qsort(r->links.v, n, sizeof *v, inventory_link_order);
    for (size_t i = 0; i < n;) {
        struct store_catalogue_link link = {v[i].holder, v[i].item, 0};
        while (i < n && v[i].holder == link.holder && v[i].item == link.item) {
            int64_t sum = 0, inventory = v[i].inventory;
            for (;
                 i < n && v[i].holder == link.holder && v[i].item == link.item && v[i].inventory == inventory;
                 i++)
                sum += v[i].quantity;
            if (sum > link.quantity) link.quantity = sum;
        }
        if (link.holder != link.item) *list_add(r->a, ret) = link;
    }
}

static void finish(struct reading *r, struct catalogue_rows *ret) {
    *ret = (struct catalogue_rows){.items = r->rows};
    /* Before the rows are sorted: lots name them by their place. */
    reading_finish_lots(r, &ret->lots);
    if (ret->items.n) qsort(ret->items.v, ret->items.n, sizeof *ret->items.v, catalogue_row_item_order);
    merge_links(r, &ret->links);
    if (r->aliases.n) qsort(r->aliases.v, r->aliases.n, sizeof *r->aliases.v, catalogue_row_alias_order);
    for (size_t i = 0; i < r->aliases.n; i++)
        if (!i || catalogue_row_alias_order(&r->aliases.v[i - 1], &r->aliases.v[i]) != 0)
            *list_add(r->a, &ret->aliases) = r->aliases.v[i];
    for (size_t i = 0; i < ret->items.n; i++) {
        struct catalogue_report *to = r->report;
        switch ((catalogue_kind)ret->items.v[i].kind) {
        case CATALOGUE_PRODUCT: to->products++; break;
        case CATALOGUE_FIGURE: to->figures++; break;
        case CATALOGUE_PART: to->parts++; break;
        }
    }
    ret->colours = r->colour_rows;
    r->report->links = ret->links.n;
    r->report->colours = ret->colours.n;
    for (size_t i = 0; i < ret->lots.n; i++) r->report->pieces += (size_t)ret->lots.v[i].n;
    r->report->aliases = ret->aliases.n;
}

err catalogue_read(arena *a, const struct catalogue_source *files, size_t n,
                   const struct catalogue_progress *progress, struct catalogue_rows *ret_rows,
                   struct catalogue_report *ret_report) {
    struct catalogue_report report = {.format = S("")};
    struct reading r = {.a = a, .progress = progress, .report = &report};
    for (size_t k = 0; k < KINDS && !report.format.n; k++)
        if (kinds[k].needed && source_named(files, n, kinds[k].name)) report.format = str_z(kinds[k].format);
    if (!report.format.n)
        return err_set(ERR_INVALID, "There is no products.csv (our own format) and no sets.csv "
                                    "(Rebrickable's); docs/catalogue.md describes both.");
    for (size_t i = 0; i < n; i++) r.bytes_all += files[i].bytes.n;
    for (size_t k = 0; k < KINDS; k++) {
        const struct catalogue_source *file = source_named(files, n, kinds[k].name);
        if (!file || !is_read(&kinds[k], report.format)) continue;
        int columns = 0;
        while (columns < COLUMNS_MAX && kinds[k].columns[columns]) columns++;
        TRY(read_file(&r, file, kinds[k].columns, columns, kinds[k].must, kinds[k].take));
        if (kinds[k].take == take_theme) join_themes(&r);
    }
    count_ignored(&r, files, n);
    finish(&r, ret_rows);
    *ret_report = report;
    return ERR_NONE;
}
