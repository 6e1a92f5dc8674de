#include "desk/defect_export.h"

#include "desk/child.h"
#include "desk/defect.h"
#include "desk/promise.h"
#include "format/csv.h"
#include "format/json.h"

enum { AT_ONCE = 500 };

struct exporting {
    arena *page; /* emptied between pages */
    struct csv_out *csv;
    struct json_out *json;
};

struct row {
    const struct store_defect_case *k;
    str came, packed, words;
    bool child;
};

static void put_csv(struct exporting *x, const struct row *r) {
    const struct store_defect_case *k = r->k;
    csv_field(x->csv, str_fmt(x->page, "%lld", (long long)k->number));
    csv_field(x->csv, r->came);
    csv_field(x->csv, k->defect.product_code);
    csv_field(x->csv, k->defect.product_name);
    csv_field(x->csv, k->defect.part_code);
    csv_field(x->csv, k->defect.part_name);
    csv_field(x->csv, str_z(symptom_name(k->symptom)));
    csv_field(x->csv, r->words);
    csv_field(x->csv, k->lot);
    csv_field(x->csv, r->packed);
    csv_end_row(x->csv);
}

static void put_known(struct json_out *o, const char *key, str text) {
    json_key(o, str_z(key));
    if (text.n)
        json_str(o, text);
    else
        json_nil(o);
}

static void put_json(struct exporting *x, const struct row *r) {
    const struct store_defect_case *k = r->k;
    struct json_out *o = x->json;
    json_open_object(o);
    json_key(o, S("letter")), json_int(o, k->number);
    json_key(o, S("came")), json_str(o, r->came);
    json_key(o, S("product")), json_str(o, k->defect.product_code);
    json_key(o, S("product_name")), json_str(o, k->defect.product_name);
    put_known(o, "part", k->defect.part_code);
    put_known(o, "part_name", k->defect.part_name);
    json_key(o, S("symptom")), json_str(o, str_z(symptom_name(k->symptom)));
    put_known(o, "words", r->words);
    put_known(o, "lot", k->lot);
    put_known(o, "packed", r->packed);
    json_close_object(o);
}

static err put_page(struct exporting *x, db_conn *c, int64_t brand, const store_defect_case_list *cases) {
    for (size_t i = 0; i < cases->n; i++) {
        struct row r = {.k = &cases->v[i]};
        TRY(child_is_in(c, x->page, brand, r.k->conversation_id, &r.child));
        r.came = promise_day_text(x->page, promise_day_of(NULL, r.k->came_at));
        r.packed = promise_day_text(x->page, r.k->packed_day);
        r.words = r.child ? S("") : r.k->words;
        if (x->csv) put_csv(x, &r);
        if (x->json) put_json(x, &r);
    }
    return ERR_NONE;
}

static err put_all(struct exporting *x, struct desk *d, int64_t brand, int64_t defect) {
    int64_t after = 0;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    for (;;) {
        store_defect_case_list cases;
        arena_reset(x->page);
        TRY(store_defect_cases_after(c, x->page, brand, defect, after, AT_ONCE, &cases));
        TRY(put_page(x, c, brand, &cases));
        if (cases.n < AT_ONCE) return ERR_NONE;
        after = cases.v[cases.n - 1].id;
    }
}

static err fitted(bool ok) {
    return ok ? ERR_NONE
              : err_set(ERR_LIMIT, "There are too many cases for one file; export defect by defect.");
}

err defect_export_csv(struct desk *d, int64_t brand, int64_t defect, buf *out) {
    static const char *const heads[] = {"letter",    "came",    "product", "product_name", "part",
                                        "part_name", "symptom", "words",   "lot",          "packed"};
    ARENA_AUTO arena *page = arena_new(0);
    struct csv_out csv = {.to = out};
    struct exporting x = {.page = page, .csv = &csv};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) csv_field(&csv, str_z(heads[i]));
    csv_end_row(&csv);
    TRY(put_all(&x, d, brand, defect));
    return fitted(buf_ok(out));
}

err defect_export_json(struct desk *d, int64_t brand, int64_t defect, buf *out) {
    ARENA_AUTO arena *page = arena_new(0);
    struct json_out json = json_begin(out);
    struct exporting x = {.page = page, .json = &json};
    json_open_object(&json);
    json_key(&json, S("cases"));
    json_open_array(&json);
    TRY(put_all(&x, d, brand, defect));
    json_close_array(&json);
    json_close_object(&json);
    return fitted(json_done(&json));
}
