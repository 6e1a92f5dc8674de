#include "desk/follower.h"

#include "base/lang.h"
#include "base/zone.h"
#include "desk/check.h"
#include "desk/fans.h"
#include "desk/promise.h"
#include "format/csv.h"
#include "store/brand.h"

enum { COUNT_MAX = 2000000000, AT_ONCE = 1000 };

/* ---- by hand ---- */

static err read_form(const struct follower_form *f, int64_t today, struct follower *ret) {
    struct follower r = {.day = today};
    str count = str_trim(f->count), day = str_trim(f->day);
    TRY(check_line("The network", f->network, FOLLOWER_NETWORK_BYTES, &r.network));
    if (day.n && !promise_day_from(day, &r.day))
        return err_set(ERR_INVALID, "The day must be one such as 2026-11-22.");
    if (r.day > today) return err_set(ERR_INVALID, "The day is still to come.");
    if (!str_to_int(count, &r.n) || r.n < 0 || r.n > COUNT_MAX)
        return err_set(ERR_INVALID, "How many follow must be a whole number.");
    *ret = r;
    return ERR_NONE;
}

struct putting {
    int64_t brand, agent, now;
    const struct follower *rows;
    size_t n;
    bool away;
};

static err write_rows(db_conn *c, void *arg) {
    struct putting *x = arg;
    for (size_t i = 0; i < x->n; i++) {
        struct follower r = x->rows[i];
        r.agent_id = x->agent;
        r.at = x->now;
        TRY(x->away ? store_follower_delete(c, x->brand, r.network, r.day)
                    : store_follower_put(c, x->brand, &r));
    }
    return ERR_NONE;
}

static err today_of(struct desk *d, arena *a, int64_t brand, int64_t *ret) {
    struct store_brand b;
    const struct zone *zone = zone_utc;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_brand_by_id(c, a, brand, &b));
    if (zone_load(b.zone, &zone)) zone = zone_utc;
    *ret = fans_day_of(zone, desk_now(d));
    return ERR_NONE;
}

err follower_put(struct desk *d, arena *a, const struct actor *who, const struct follower_form *form) {
    struct follower row;
    struct follower_form f = *form;
    int64_t today;
    bool away = !str_trim(f.count).n;
    if (away) f.count = S("0");
    TRY(today_of(d, a, who->brand, &today));
    TRY(read_form(&f, today, &row));
    struct putting x = {who->brand, who->agent, desk_now(d), &row, 1, away};
    return db_write(d->db, write_rows, &x);
}

err follower_told_in(db_conn *c, int64_t brand, str network, int64_t day, int64_t count, int64_t now) {
    struct follower row = {network, day, count, 0, now};
    return store_follower_put(c, brand, &row);
}

/* ---- the table ---- */

struct reading {
    arena *a;
    int64_t today;
    struct order_report *report;
    size_t at[3];
    follower_list rows;
};

static void read_row(struct reading *r, const struct csv_in *in) {
    struct follower_form f = {order_csv_field(in, r->at[0]), order_csv_field(in, r->at[1]),
                              order_csv_field(in, r->at[2])};
    struct follower row;
    err e = f.day.n ? read_form(&f, r->today, &row) : err_set(ERR_INVALID, "The day is missing.");
    if (e) {
        order_report_add(r->a, r->report, in->line, T("{0}"), str_z(err_text()));
        return;
    }
    row.network = str_copy(r->a, row.network);
    *list_add(r->a, &r->rows) = row;
}

static err read_head(struct reading *r, const struct csv_in *in, bool *ret_head) {
    static const char *const names[] = {"network", "day", "followers"};
    int found = 0;
    for (int k = 0; k < 3; k++) {
        r->at[k] = (size_t)k;
        for (size_t i = 0; i < in->nfields; i++) {
            if (!str_eq_nocase(str_trim(in->fields[i]), str_z(names[k]))) continue;
            r->at[k] = i;
            found++;
            break;
        }
    }
    if (found && found < 3)
        return err_set(ERR_INVALID, "The table needs the columns network, day and followers.");
    *ret_head = found > 0;
    return ERR_NONE;
}

static err read_file(struct reading *r, str csv) {
    struct csv_in in = csv_begin(csv);
    csv_result got;
    bool first = true;
    while ((got = csv_next(&in, r->a)) != CSV_END) {
        bool head = false;
        if (got == CSV_BROKEN) {
            order_report_add(r->a, r->report, in.line, in.why, S(""));
            continue;
        }
        if (first) TRY(read_head(r, &in, &head));
        first = false;
        if (!head) read_row(r, &in);
        if (r->rows.n > FOLLOWER_ROWS_MAX)
            return err_set(ERR_LIMIT, "The table has more than %d rows.", FOLLOWER_ROWS_MAX);
    }
    if (!r->rows.n && !r->report->nproblems) return err_set(ERR_INVALID, "There is no row in this table.");
    return ERR_NONE;
}

err follower_import(struct desk *d, arena *a, const struct actor *who, str csv, struct order_report *ret) {
    struct order_report report = {0};
    struct reading r = {.a = a, .report = &report};
    if (csv.n > ORDER_FILE_BYTES)
        return err_set(ERR_LIMIT, "The table is larger than %d MB.", ORDER_FILE_BYTES >> 20);
    if (!str_is_utf8(csv)) return err_set(ERR_INVALID, "The table is not UTF-8 text.");
    TRY(today_of(d, a, who->brand, &r.today));
    TRY(read_file(&r, csv));
    for (size_t i = 0; i < r.rows.n; i += AT_ONCE) {
        size_t n = r.rows.n - i < AT_ONCE ? r.rows.n - i : AT_ONCE;
        struct putting x = {who->brand, who->agent, desk_now(d), &r.rows.v[i], n, false};
        TRY(db_write(d->db, write_rows, &x));
    }
    report.kept = r.rows.n;
    *ret = report;
    return ERR_NONE;
}

/* ---- before and after ---- */

/* The newest count of that day or up to FOLLOWER_NEAR days before it. */
static bool count_at(const struct follower *rows, size_t n, int64_t day, int64_t *ret) {
    int64_t oldest = fans_day_plus(day, -FOLLOWER_NEAR);
    for (size_t i = n; i-- > 0;) {
        if (rows[i].day > day) continue;
        if (rows[i].day < oldest) return false;
        *ret = rows[i].n;
        return true;
    }
    return false;
}

void follower_change_of(const struct follower *rows, size_t n, int64_t day, struct follower_change *ret) {
    struct follower_change x = {0};
    int64_t eve = fans_day_plus(day, -1), before, after, sum = 0;
    *ret = x;
    if (!count_at(rows, n, eve, &before) || !count_at(rows, n, fans_day_plus(eve, 7), &after)) return;
    /* The same count must not stand for both ends. */
    if (!n || rows[n - 1].day <= eve) return;
    x.gained = after - before;
    for (int64_t from, to = before; x.weeks < FOLLOWER_WEEKS; x.weeks++, to = from) {
        if (!count_at(rows, n, fans_day_plus(eve, -7 * (int)(x.weeks + 1)), &from)) break;
        sum += to - from;
        if (!x.weeks || to - from > x.most) x.most = to - from;
    }
    if (x.weeks < FOLLOWER_WEEKS_LEAST) return;
    x.usual = (sum + (sum < 0 ? -x.weeks : x.weeks) / 2) / x.weeks;
    x.known = true;
    *ret = x;
}
