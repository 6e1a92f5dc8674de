#include "desk/order.h"

#include "base/lang.h"
#include "base/random.h"
#include "base/zone.h"
#include "desk/check.h"
#include "desk/missing.h"
#include "desk/promise.h"
#include "format/csv.h"
#include "format/json.h"
#include "format/money.h"
#include "social/hook_sign.h"
#include "store/brand.h"
#include "store/customer.h"
#include "store/fans.h"

enum { NUMBER_BYTES = 100, WHAT_BYTES = 300, AT_ONCE = 500, NOON = 12 };

/* ---- who it is ---- */

int64_t order_stranger(arena *a, str address) {
    return -(int64_t)(str_hash(missing_mailbox(a, address)) >> 1) - 1;
}

/* The customer with this address, whatever stands behind a "+", else the number of a stranger. */
static err person_of(db_conn *c, arena *a, int64_t brand, str address, int64_t *ret_person) {
    struct customer_address known;
    TRY(store_customer_address_get(c, a, brand, address, &known));
    size_t plus = str_find_char(address, '+', 0), at = str_find_char(address, '@', 0);
    if (!known.customer_id && plus > 0 && plus < at && at != SIZE_MAX) {
        str plain = str_fmt(a, "%.*s%.*s", STR_FMT(str_slice(address, 0, plus)),
                            STR_FMT(str_slice(address, at, address.n)));
        TRY(store_customer_address_get(c, a, brand, plain, &known));
    }
    *ret_person = known.customer_id ? known.customer_id : order_stranger(a, address);
    return ERR_NONE;
}

/* ---- what was typed ---- */

struct order_row {
    struct purchase p;
    str address;
    bool refunded;
};
typedef LIST(struct order_row) row_list;

/* Two digits. */
static bool two(str *rest, int most, int *ret) {
    if (rest->n < 2 || rest->p[0] < '0' || rest->p[0] > '9' || rest->p[1] < '0' || rest->p[1] > '9')
        return false;
    *ret = (rest->p[0] - '0') * 10 + rest->p[1] - '0';
    *rest = str_slice(*rest, 2, rest->n);
    return *ret <= most;
}

static bool skip(str *rest, const char *any) {
    if (!rest->n || str_find_char(str_z(any), rest->p[0], 0) == SIZE_MAX) return false;
    *rest = str_slice(*rest, 1, rest->n);
    return true;
}

/* "Z", or "-05:00" in minutes; nothing else may follow. */
static bool offset_of(str *rest, int *ret) {
    int hour, minute;
    *ret = 0;
    if (skip(rest, "Zz")) return !rest->n;
    int sign = rest->n && rest->p[0] == '-' ? -1 : 1;
    if (!skip(rest, "+-") || !two(rest, 23, &hour) || !skip(rest, ":") || !two(rest, 59, &minute))
        return false;
    *ret = sign * (hour * 60 + minute);
    return !rest->n;
}

/* "2026-11-22": noon of that day, in the brand's zone; "2026-11-22T10:30:00-05:00" (RFC 3339, 5.6; seconds
 * may be left out). */
static bool moment_of(const struct zone *zone, str text, int64_t *ret) {
    int64_t day;
    int hour, minute, second = 0, offset;
    if (text.n < 10 || !promise_day_from(str_slice(text, 0, 10), &day)) return false;
    int year = (int)(day / 10000), month = (int)(day / 100 % 100), of_month = (int)(day % 100);
    str rest = str_slice(text, 10, text.n);
    if (!rest.n) {
        *ret = zone_instant(zone, year, month, of_month, NOON, 0);
        return true;
    }
    if (!skip(&rest, "Tt ") || !two(&rest, 23, &hour) || !skip(&rest, ":") || !two(&rest, 59, &minute))
        return false;
    if (skip(&rest, ":") && !two(&rest, 60, &second)) return false;
    if (skip(&rest, "."))
        while (rest.n && rest.p[0] >= '0' && rest.p[0] <= '9') rest = str_slice(rest, 1, rest.n);
    if (!offset_of(&rest, &offset)) return false;
    *ret = zone_instant(zone_utc, year, month, of_month, hour, minute) + second * (int64_t)SECOND_MS -
           offset * (int64_t)MINUTE_MS;
    return true;
}

static err read_refunded(str text, bool *ret) {
    static const char *const yes[] = {"yes", "true", "1"}, *const no[] = {"", "no", "false", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if ((*ret = str_eq_nocase(text, str_z(yes[i])))) return ERR_NONE;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (str_eq_nocase(text, str_z(no[i]))) return ERR_NONE;
    return err_set(ERR_INVALID, "\"refunded\" must be yes or no.");
}

static err read_amount(const struct order_form *f, struct purchase *p) {
    struct currency currency;
    p->amount = -1;
    p->currency = S("");
    if (!f->amount.n) return ERR_NONE;
    if (!f->currency.n) return err_set(ERR_INVALID, "The amount has no currency, such as EUR.");
    TRY(currency_from(f->currency, &currency));
    return money_parse(f->amount, currency, &p->amount);
}

static err read_form(arena *a, const struct zone *zone, const struct order_form *f, int64_t now,
                     struct order_row *ret) {
    struct order_row r = {.p = {.amount = -1, .currency = S(""), .what = S(""), .created_at = now}};
    struct currency currency;
    TRY(check_line("The number", f->number, NUMBER_BYTES, &r.p.number));
    TRY(read_refunded(str_trim(f->refunded), &r.refunded));
    if (r.refunded) {
        *ret = r;
        return ERR_NONE;
    }
    TRY(check_email(a, f->address, &r.address));
    if (!moment_of(zone, str_trim(f->day), &r.p.bought_at))
        return err_set(ERR_INVALID, "The day must be one such as 2026-11-22.");
    if (r.p.bought_at > now + DAY_MS) return err_set(ERR_INVALID, "The day is still to come.");
    TRY(read_amount(f, &r.p));
    if (r.p.amount >= 0 && !currency_from(f->currency, &currency))
        r.p.currency = str_copy(a, currency_str(&currency));
    TRY(check_line_or_empty("What was bought", f->what, WHAT_BYTES, &r.p.what));
    *ret = r;
    return ERR_NONE;
}

/* ---- writing ---- */

struct putting {
    arena *a;
    int64_t brand, now;
    row_list rows;
    size_t from;
    bool told; /* by the shop */
};

static err put_one(db_conn *c, struct putting *x, const struct order_row *row) {
    struct purchase p = row->p;
    int64_t was;
    if (!row->refunded) TRY(person_of(c, x->a, x->brand, row->address, &p.person));
    p.id = id_new(x->now);
    TRY(store_purchase_put(c, x->brand, &p, &was));
    if (was && was != p.person) TRY(store_fan_again_put(c, x->brand, was));
    return p.person ? store_fan_again_put(c, x->brand, p.person) : ERR_NONE;
}

static err write_rows(db_conn *c, void *arg) {
    struct putting *x = arg;
    for (size_t i = x->from; i < x->rows.n && i < x->from + AT_ONCE; i++) TRY(put_one(c, x, &x->rows.v[i]));
    return x->told ? store_purchase_hook_told(c, x->brand, x->now) : ERR_NONE;
}

static err write_all(struct desk *d, struct putting *x) {
    for (x->from = 0; x->from < x->rows.n; x->from += AT_ONCE) TRY(db_write(d->db, write_rows, x));
    return ERR_NONE;
}

static err zone_of(struct desk *d, arena *a, int64_t brand, const struct zone **ret) {
    struct store_brand b;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_brand_by_id(c, a, brand, &b));
    if (zone_load(b.zone, ret)) *ret = zone_utc;
    return ERR_NONE;
}

err order_put(struct desk *d, arena *a, const struct actor *who, const struct order_form *form,
              purchase_source source) {
    struct putting x = {.a = a, .brand = who->brand, .now = desk_now(d)};
    const struct zone *zone;
    struct order_row row;
    TRY(zone_of(d, a, who->brand, &zone));
    TRY(read_form(a, zone, form, x.now, &row));
    row.p.source = source;
    *list_add(a, &x.rows) = row;
    return write_all(d, &x);
}

/* ---- the file ---- */

enum { COLUMNS = 7, NEEDED = 3 };

struct reading {
    arena *a;
    const struct zone *zone;
    int64_t now;
    struct order_report *report;
    size_t at[COLUMNS];
    row_list rows;
};

void order_report_add(arena *a, struct order_report *report, size_t line, const char *why, str detail) {
    report->nproblems++;
    if (report->problems.n < ORDER_PROBLEMS_MAX)
        *list_add(a, &report->problems) =
            (struct order_problem){line, why, str_copy(a, str_clip_utf8(detail, 120))};
}

str order_csv_field(const struct csv_in *in, size_t column) {
    if (column >= in->nfields) return S("");
    str field = str_trim(in->fields[column]);
    return str_starts(field, S("'")) ? str_slice(field, 1, field.n) : field;
}

static void read_row(struct reading *r, const struct csv_in *in) {
    str field[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) field[i] = order_csv_field(in, r->at[i]);
    struct order_form f = {field[0], field[1], field[2], field[3], field[4], field[5], field[6]};
    struct order_row row;
    if (read_form(r->a, r->zone, &f, r->now, &row)) {
        order_report_add(r->a, r->report, in->line, T("{0}"), str_z(err_text()));
        return;
    }
    row.p.number = str_copy(r->a, row.p.number);
    row.p.what = str_copy(r->a, row.p.what);
    *list_add(r->a, &r->rows) = row;
}

static err read_head(struct reading *r, const struct csv_in *in, bool *ret_head) {
    static const char *const names[COLUMNS] = {"number",   "address", "day",     "amount",
                                               "currency", "what",    "refunded"};
    int found = 0, needed = 0;
    for (int k = 0; k < COLUMNS; k++) {
        r->at[k] = SIZE_MAX;
        for (size_t i = 0; i < in->nfields && r->at[k] == SIZE_MAX; i++)
            if (str_eq_nocase(str_trim(in->fields[i]), str_z(names[k]))) r->at[k] = i;
        if (r->at[k] == SIZE_MAX) continue;
        found++;
        needed += k < NEEDED;
    }
    if (found && needed < NEEDED)
        return err_set(ERR_INVALID, "The table needs the columns number, address and day.");
    for (size_t k = 0; !found && k < COLUMNS; k++) r->at[k] = k;
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
        if (r->rows.n > ORDER_ROWS_MAX)
            return err_set(ERR_LIMIT, "The table has more than %d rows; bring it in in pieces.",
                           ORDER_ROWS_MAX);
    }
    if (!r->rows.n && !r->report->nproblems) return err_set(ERR_INVALID, "There is no row in this table.");
    return ERR_NONE;
}

err order_import(struct desk *d, arena *a, const struct actor *who, str csv, struct order_report *ret) {
    struct order_report report = {0};
    struct putting x = {.a = a, .brand = who->brand, .now = desk_now(d)};
    struct reading r = {.a = a, .now = x.now, .report = &report};
    if (csv.n > ORDER_FILE_BYTES)
        return err_set(ERR_LIMIT, "The table is larger than %d MB; bring it in in pieces.",
                       ORDER_FILE_BYTES >> 20);
    if (!str_is_utf8(csv)) return err_set(ERR_INVALID, "The table is not UTF-8 text.");
    TRY(zone_of(d, a, who->brand, &r.zone));
    TRY(read_file(&r, csv));
    x.rows.v = r.rows.v;
    x.rows.n = x.rows.cap = r.rows.n;
    for (size_t i = 0; i < x.rows.n; i++) x.rows.v[i].p.source = PURCHASE_FILE;
    TRY(write_all(d, &x));
    report.kept = r.rows.n;
    *ret = report;
    return ERR_NONE;
}

/* ---- the shop tells us ---- */

struct hooking {
    const struct actor *who;
    struct purchase_hook row;
};

static err write_hook(db_conn *c, void *arg) {
    struct hooking *x = arg;
    return store_purchase_hook_put(c, x->who->brand, &x->row);
}

err order_hook_new(struct desk *d, arena *a, const struct actor *who, str *ret_secret) {
    struct hooking x = {who, {hook_secret_new(a), who->agent, desk_now(d), 0}};
    TRY(db_write(d->db, write_hook, &x));
    *ret_secret = x.row.secret;
    return ERR_NONE;
}

err order_hook_end(struct desk *d, arena *a, const struct actor *who) {
    (void)a;
    struct hooking x = {who, {S(""), who->agent, desk_now(d), 0}};
    return db_write(d->db, write_hook, &x);
}

/* A text; of a number only a whole one, since what 19.9 means is the sender's to say: "19.90". */
static err member(arena *a, const json_t *o, const char *key, str *ret) {
    const json_t *v = json_object_get(o, key);
    *ret = S("");
    if (!v || json_is_null(v) || json_take_str(o, key, ret)) return ERR_NONE;
    if (json_is_integer(v)) {
        *ret = str_fmt(a, "%lld", (long long)json_integer_value(v));
        return ERR_NONE;
    }
    if (json_is_boolean(v)) {
        *ret = json_is_true(v) ? S("yes") : S("no");
        return ERR_NONE;
    }
    return err_set(ERR_INVALID, "\"%s\" must be a text, such as \"19.90\".", key);
}

static err read_told(arena *a, const struct zone *zone, const json_t *o, struct putting *x) {
    struct order_form f;
    struct order_row row;
    TRY(member(a, o, "number", &f.number));
    TRY(member(a, o, "address", &f.address));
    TRY(member(a, o, "day", &f.day));
    TRY(member(a, o, "amount", &f.amount));
    TRY(member(a, o, "currency", &f.currency));
    TRY(member(a, o, "what", &f.what));
    TRY(member(a, o, "refunded", &f.refunded));
    TRY(read_form(a, zone, &f, x->now, &row));
    row.p.source = PURCHASE_HOOK;
    row.p.number = str_copy(a, row.p.number);
    row.p.what = str_copy(a, row.p.what);
    *list_add(a, &x->rows) = row;
    return ERR_NONE;
}

static err read_body(arena *a, const struct zone *zone, str body, struct putting *x) {
    JSON_AUTO json_t *root = NULL;
    TRY(json_read(body, &root));
    const json_t *all = json_object_get(root, "purchases");
    if (!all) return read_told(a, zone, root, x);
    if (!json_is_array(all) || json_array_size(all) > ORDER_HOOK_MAX)
        return err_set(ERR_INVALID, "\"purchases\" must be an array of at most %d.", ORDER_HOOK_MAX);
    for (size_t i = 0; i < json_array_size(all); i++) TRY(read_told(a, zone, json_array_get(all, i), x));
    return ERR_NONE;
}

static err open_hook(struct desk *d, arena *a, str slug, struct store_brand *ret_brand, str *ret_secret) {
    struct purchase_hook hook = {.secret = S("")};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    err e = store_brand_by_slug(c, a, slug, ret_brand);
    if (e && e != ERR_MISSING) return e;
    if (!e) TRY(store_purchase_hook_get(c, a, ret_brand->id, &hook));
    *ret_secret = hook.secret;
    return ERR_NONE;
}

err order_hook_take(struct desk *d, arena *a, const struct order_hook_call *call, int64_t *ret_kept) {
    struct store_brand brand = {0};
    struct hook_keys keys = {.old = S("")};
    const struct hook_headers headers = {call->id, call->timestamp, call->signature};
    struct putting x = {.a = a, .now = desk_now(d), .told = true};
    const struct zone *zone = zone_utc;
    int64_t off = 0;
    TRY(open_hook(d, a, call->slug, &brand, &keys.secret));
    if (!keys.secret.n || hook_verify(a, &keys, &headers, call->body, x.now, &off) != HOOK_GOOD)
        return err_set(ERR_DENIED,
                       "The signature does not fit, or is older than five minutes. Nothing was kept.");
    if (zone_load(brand.zone, &zone)) zone = zone_utc;
    x.brand = brand.id;
    TRY(read_body(a, zone, call->body, &x));
    TRY(write_all(d, &x));
    *ret_kept = (int64_t)x.rows.n;
    return ERR_NONE;
}
