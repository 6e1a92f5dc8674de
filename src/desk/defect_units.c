/* Days as people type them, weeks as pages show them, and units sold. */
#include "desk/check.h"
#include "desk/defect.h"
#include "desk/defect_watch.h"
#include "desk/heart.h"
#include "desk/promise.h"
#include "format/csv.h"

err defect_day_from(str text, const char *what, int64_t *ret_day) {
    str line = str_trim(text);
    if (!line.n) {
        *ret_day = 0;
        return ERR_NONE;
    }
    if (!promise_day_from(line, ret_day))
        return err_set(ERR_INVALID, "%s must be a day such as 2026-12-04.", what);
    return ERR_NONE;
}

void defect_weeks_of(const defect_day_list *days, int64_t defect, int64_t today, struct defect_weeks *ret) {
    struct defect_weeks w = {.first_day = today - 7 * DEFECT_WEEKS + 1};
    for (size_t i = 0; i < days->n; i++) {
        const struct defect_day *d = &days->v[i];
        if (d->defect_id != defect || d->day < w.first_day || d->day > today) continue;
        int64_t *n = &w.n[(d->day - w.first_day) / 7];
        *n += d->n;
        if (*n > w.most) w.most = *n;
    }
    *ret = w;
}

/* ---- the file ---- */

typedef LIST(struct units_sold) row_list;

struct units_reading {
    arena *a;
    const struct catalogue *catalogue;
    struct units_report *report;
    size_t at[3]; /* where product, month and units stand in a row */
    row_list rows;
};

static void problem(struct units_reading *r, size_t line, const char *why, str detail) {
    r->report->nproblems++;
    if (r->report->problems.n < UNITS_PROBLEMS_MAX)
        *list_add(r->a, &r->report->problems) =
            (struct units_problem){line, why, str_copy(r->a, str_clip_utf8(detail, 80))};
}

/* "2026-11" or "202611". */
static bool month_from(str text, int64_t *ret) {
    int64_t year, month;
    bool dashed = text.n == 7 && text.p[4] == '-';
    if (!dashed && text.n != 6) return false;
    if (!str_to_int(str_slice(text, 0, 4), &year) ||
        !str_to_int(str_slice(text, dashed ? 5 : 4, text.n), &month))
        return false;
    if (year < 1970 || year > 8999 || month < 1 || month > 12) return false;
    *ret = year * 100 + month;
    return true;
}

/* An apostrophe in front is what our own exports put before a text that looks like a formula. */
static str plain(str field) {
    field = str_trim(field);
    return str_starts(field, S("'")) ? str_slice(field, 1, field.n) : field;
}

static void read_row(struct units_reading *r, const struct csv_in *in) {
    struct units_sold row;
    str field[3];
    for (int i = 0; i < 3; i++) {
        if (r->at[i] >= in->nfields) {
            problem(r, in->line, T("The row has too few columns."), S(""));
            return;
        }
        field[i] = plain(in->fields[r->at[i]]);
    }
    str product;
    if (check_line("The product", field[0], DEFECT_CODE_BYTES, &product)) {
        problem(r, in->line, T("The product is missing, too long, or no text."), S(""));
        return;
    }
    if (r->catalogue && catalogue_item_of(r->catalogue, CATALOGUE_PRODUCT, product) == UINT32_MAX) {
        problem(r, in->line, T("The catalogue has no product “{0}”."), product);
        return;
    }
    if (!month_from(field[1], &row.month)) {
        problem(r, in->line, T("“{0}” is no month such as 2026-11."), field[1]);
        return;
    }
    if (!str_to_int(field[2], &row.units) || row.units < 0 || row.units > UNITS_MOST) {
        problem(r, in->line, T("“{0}” is no whole number of units from 0 to 1,000,000,000,000."), field[2]);
        return;
    }
    row.product = str_copy(r->a, product);
    *list_add(r->a, &r->rows) = row;
}

/* Does the first row name the columns? */
static err read_head(struct units_reading *r, const struct csv_in *in, bool *ret_head) {
    static const char *const names[] = {"product", "month", "units"};
    bool any = false, all = true;
    for (size_t k = 0; k < 3; k++) {
        bool found = false;
        for (size_t i = 0; i < in->nfields && !found; i++) {
            if (!str_eq_nocase(str_trim(in->fields[i]), str_z(names[k]))) continue;
            r->at[k] = i;
            found = any = true;
        }
        all = all && found;
    }
    if (any && !all) return err_set(ERR_INVALID, "The file needs the columns product, month and units.");
    if (!any)
        for (size_t k = 0; k < 3; k++) r->at[k] = k;
    *ret_head = any;
    return ERR_NONE;
}

static err read_file(struct units_reading *r, str csv) {
    struct csv_in in = csv_begin(csv);
    csv_result got;
    bool first = true;
    while ((got = csv_next(&in, r->a)) != CSV_END) {
        bool head = false;
        if (got == CSV_BROKEN) {
            problem(r, in.line, in.why, S(""));
        } else {
            if (first) TRY(read_head(r, &in, &head));
            first = false;
            if (!head) read_row(r, &in);
        }
        if (r->rows.n > UNITS_MAX_ROWS)
            return err_set(ERR_LIMIT, "The file has more than %d rows; import it in pieces.", UNITS_MAX_ROWS);
    }
    if (!r->rows.n && !r->report->nproblems) return err_set(ERR_INVALID, "There is no row in this file.");
    return ERR_NONE;
}

struct units_writing {
    const struct actor *who;
    const row_list *rows;
    int64_t now;
};

static err write_units(db_conn *c, void *arg) {
    struct units_writing *x = arg;
    for (size_t i = 0; i < x->rows->n; i++) TRY(store_units_put(c, x->who->brand, &x->rows->v[i]));
    return defect_watch_soon(c, x->who->brand, x->now);
}

err defect_units_import(struct desk *d, arena *a, const struct actor *who, str csv,
                        struct units_report *ret) {
    HEART_CATALOGUE_AUTO struct heart_catalogue catalogue = {0};
    struct units_report report = {0};
    if (csv.n > UNITS_BYTES) return err_set(ERR_LIMIT, "The file is larger than %d MB.", UNITS_BYTES >> 20);
    if (!str_is_utf8(csv)) return err_set(ERR_INVALID, "The file is not UTF-8 text.");
    TRY(heart_catalogue(d, who->brand, &catalogue));
    struct units_reading r = {.a = a, .catalogue = catalogue.catalogue, .report = &report};
    TRY(read_file(&r, csv));
    struct units_writing x = {who, &r.rows, desk_now(d)};
    if (r.rows.n) TRY(db_write(d->db, write_units, &x));
    report.kept = r.rows.n;
    desk_changed(d, who->brand, 0, "defect");
    desk_work(d);
    *ret = report;
    return ERR_NONE;
}
