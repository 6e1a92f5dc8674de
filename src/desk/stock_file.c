/* Stock as a file: read and written. */
#include <stdlib.h>

#include "desk/box_own.h"
#include "desk/promise_own.h"
#include "format/csv.h"

enum { EXPORT_PAGE = 500, ROWS_MAX = 100000 };
static const char *const column_names[STOCK_COLUMNS] = {"kind",  "code",    "colour",       "name",
                                                        "place", "on_hand", "expected_day", "expected"};

static void problem(struct stock_import *m, size_t line, str what) {
    if (m->problems.n >= STOCK_PROBLEMS_MAX) {
        m->more_problems = true;
        return;
    }
    *list_add(m->a, &m->problems) = (struct stock_problem){line, str_copy(m->a, what)};
}

/* ---- reading ---- */

static void read_heads(struct stock_import *m, const struct csv_in *in) {
    for (int k = 0; k < STOCK_COLUMNS; k++) {
        m->at[k] = -1;
        for (size_t i = 0; i < in->nfields; i++)
            if (str_eq_nocase(str_trim(in->fields[i]), str_z(column_names[k]))) m->at[k] = (int)i;
    }
    for (int k = 0; k < STOCK_COLUMNS; k++) {
        bool needed = k == COLUMN_KIND || k == COLUMN_CODE || k == COLUMN_PLACE || k == COLUMN_ON_HAND;
        if (needed && m->at[k] < 0)
            problem(m, in->line, str_fmt(m->a, "There is no column \"%s\".", column_names[k]));
    }
}

static str field(const struct stock_import *m, const struct csv_in *in, stock_column k) {
    return m->at[k] >= 0 && (size_t)m->at[k] < in->nfields ? str_trim(in->fields[m->at[k]]) : S("");
}

static bool read_number(struct stock_import *m, const struct csv_in *in, stock_column k, int64_t *ret) {
    str text = field(m, in, k);
    if (!text.n && k != COLUMN_ON_HAND) return true;
    if (str_to_int(text, ret)) return true;
    problem(m, in->line,
            str_fmt(m->a, "%s must be a whole number, not \"%.*s\".", column_names[k],
                    STR_FMT(str_is_utf8(text) ? str_clip_utf8(text, 40) : S("this"))));
    return false;
}

static void read_row(struct stock_import *m, const struct csv_in *in) {
    struct stock_row r = {.line = in->line, .change.seen_on_hand = -1};
    struct stock_work x = {.a = m->a, .who = m->who, .move = MOVE_IMPORTED};
    r.change.key = (struct stock_key){field(m, in, COLUMN_KIND), field(m, in, COLUMN_CODE),
                                      field(m, in, COLUMN_COLOUR), field(m, in, COLUMN_PLACE)};
    r.change.name = field(m, in, COLUMN_NAME);
    str day = field(m, in, COLUMN_EXPECTED_DAY);
    if (!read_number(m, in, COLUMN_ON_HAND, &r.change.quantity) ||
        !read_number(m, in, COLUMN_EXPECTED, &r.expected))
        return;
    if (stock_check(&x, &r.change)) {
        problem(m, in->line, str_z(err_text()));
        return;
    }
    r.dated = m->at[COLUMN_EXPECTED_DAY] >= 0;
    if (day.n && !promise_day_from(day, &r.day))
        problem(m, in->line, S("expected_day must be a day such as 2026-12-04."));
    else if (r.expected < 0 || r.expected > STOCK_MAX || (r.expected && !r.day))
        problem(m, in->line, S("expected must be a quantity, and needs its expected_day."));
    else if (m->rows.n >= ROWS_MAX)
        problem(m, in->line, S("The file has more than 100,000 lines."));
    else
        *list_add(m->a, &m->rows) = r;
}

static int by_key(const void *x, const void *y) {
    const struct stock_key *a = &((const struct stock_row *)x)->change.key,
                           *b = &((const struct stock_row *)y)->change.key;
    const str as[] = {a->kind, a->code, a->colour, a->place}, bs[] = {b->kind, b->code, b->colour, b->place};
    for (size_t i = 0; i < sizeof as / sizeof *as; i++) {
        int order = str_cmp(str_trim(as[i]), str_trim(bs[i]));
        if (order) return order;
    }
    return 0;
}

/* Which of two lines for the same place is right nobody can say. */
static void find_twice(struct stock_import *m) {
    qsort(m->rows.v, m->rows.n, sizeof *m->rows.v, by_key);
    for (size_t i = 1; i < m->rows.n; i++) {
        const struct stock_row *x = &m->rows.v[i - 1], *y = &m->rows.v[i];
        if (by_key(x, y)) continue;
        size_t first = x->line < y->line ? x->line : y->line, second = x->line + y->line - first;
        problem(m, second, str_fmt(m->a, "Line %zu says something of the same place.", first));
    }
}

void stock_read_file(struct stock_import *m, str csv) {
    struct csv_in in = csv_begin(csv);
    csv_result r = csv_next(&in, m->a);
    if (r == CSV_END) problem(m, 0, S("The file is empty."));
    if (r == CSV_BROKEN) problem(m, in.line, str_z(in.why));
    if (r != CSV_ROW) return;
    read_heads(m, &in);
    if (m->problems.n) return;
    while ((r = csv_next(&in, m->a)) != CSV_END) {
        m->report.read++;
        if (r == CSV_BROKEN)
            problem(m, in.line, str_z(in.why));
        else
            read_row(m, &in);
    }
    if (m->rows.n) find_twice(m);
}

/* ---- writing ---- */

/* `a` is for this row only: there may be many. */
static err write_row(db_conn *c, arena *a, struct stock_import *m, const struct stock_row *r, int64_t today) {
    struct stock_work x = {.a = a, .who = m->who, .move = MOVE_IMPORTED, .now = m->now};
    TRY(stock_check(&x, &r->change));
    TRY(stock_apply(c, &x));
    m->report.changed += x.changed;
    m->report.filled += x.done.filled;
    m->report.opened += x.done.opened;
    if (!r->dated) return ERR_NONE;
    TRY(box_check_day(r->day, today));
    TRY(store_stock_expect(c, m->who->brand, x.key, r->day, r->expected, m->now));
    return r->day ? box_warn_waiting(c, a, m->who, x.key, m->now) : ERR_NONE;
}

static err write_rows(db_conn *c, void *arg) {
    struct stock_import *m = arg;
    ARENA_AUTO arena *a = arena_new(0);
    int64_t today;
    m->report.changed = m->report.filled = m->report.opened = 0;
    TRY(box_today(c, a, m->who->brand, m->now, &today));
    for (size_t i = 0; i < m->rows.n; i++) {
        arena_reset(a);
        err e = write_row(c, a, m, &m->rows.v[i], today);
        if (!e) continue;
        if (e == ERR_INVALID || e == ERR_CONFLICT || e == ERR_LIMIT)
            return err_set(e, "Line %zu: %s", m->rows.v[i].line, err_text());
        return e;
    }
    return ERR_NONE;
}

err stock_import(struct desk *d, arena *a, const struct actor *who, str csv, struct stock_report *ret) {
    struct stock_import m = {.a = a, .who = who, .now = desk_now(d)};
    if (csv.n > STOCK_FILE_BYTES)
        return err_set(ERR_LIMIT, "The file is larger than %d MB.", STOCK_FILE_BYTES >> 20);
    if (!str_is_utf8(csv)) return err_set(ERR_INVALID, "The file is not UTF-8; save it as CSV in UTF-8.");
    stock_read_file(&m, csv);
    m.report.problems = m.problems.v;
    m.report.nproblems = m.problems.n;
    m.report.more_problems = m.more_problems;
    if (m.problems.n) {
        *ret = m.report;
        return err_set(ERR_INVALID, "Nothing was changed: %zu lines of the file are wrong.", m.problems.n);
    }
    TRY(db_write(d->db, write_rows, &m));
    desk_changed(d, who->brand, 0, "stock");
    *ret = m.report;
    return ERR_NONE;
}

/* ---- export ---- */

static err page_of(struct desk *d, arena *a, int64_t brand, struct stock_key after, store_stock_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_stock_list_of(c, a, brand, S(""), after, EXPORT_PAGE, ret);
}

static void put_row(arena *a, struct csv_out *o, const struct store_stock *r) {
    const str fields[STOCK_COLUMNS] = {r->key.kind,
                                       r->key.code,
                                       r->key.colour,
                                       r->name,
                                       r->key.place,
                                       str_fmt(a, "%lld", (long long)r->on_hand),
                                       promise_day_text(a, r->expected_day),
                                       r->expected ? str_fmt(a, "%lld", (long long)r->expected) : S("")};
    for (int i = 0; i < STOCK_COLUMNS; i++) csv_field(o, fields[i]);
    csv_end_row(o);
}

err stock_export(struct desk *d, int64_t brand, err (*put)(void *context, str bytes), void *context) {
    ARENA_AUTO arena *a = arena_new(0), *last = arena_new(0);
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct csv_out o = {.to = &b};
    struct stock_key after = {0};
    for (int i = 0; i < STOCK_COLUMNS; i++) csv_field(&o, str_z(column_names[i]));
    csv_end_row(&o);
    for (;;) {
        store_stock_list rows;
        arena_reset(a);
        TRY(page_of(d, a, brand, after, &rows));
        for (size_t i = 0; i < rows.n; i++) put_row(a, &o, &rows.v[i]);
        if (!buf_ok(&b)) return err_set(ERR_LIMIT, "A page of stock is larger than 16 MB.");
        TRY(put(context, buf_str(&b)));
        if (rows.n < EXPORT_PAGE) return ERR_NONE;
        buf_clear(&b);
        struct stock_key k = rows.v[rows.n - 1].key;
        arena_reset(last);
        after = (struct stock_key){str_copy(last, k.kind), str_copy(last, k.code), str_copy(last, k.colour),
                                   str_copy(last, k.place)};
    }
}
