#include "web/defect_page.h"

#include "defect.tmpl.h"
#include "desk/defect_export.h"
#include "desk/promise.h"
#include "web/trial_page.h"

enum { EXPORT_BYTES = 64 << 20, SPARK_WIDTH = 4, SPARK_HEIGHT = 24 };

err defects_load(struct web_call *w, const char *title, const char *tab, struct admin *ret_admin) {
    TRY(admin_load(w, *title ? web_text(w, title) : S(""), tab, ret_admin));
    ret_admin->frame.at = "defects";
    return ERR_NONE;
}

void defects_open(struct web_call *w, struct admin *v) {
    v->says = w->problem ? w->says : S("");
    frame_open(w, &v->frame);
    tmpl_defects_open(&w->page, v);
}

void defects_close(struct web_call *w, struct admin *v) {
    tmpl_defects_close(&w->page, v);
    frame_close(w, &v->frame);
}

/* ---- the list ---- */

/* A bar a week; a week without letters is a hairline, so that one sees that it was looked at. */
static str spark_of(arena *a, const struct defect_weeks *weeks) {
    BUF_AUTO buf b = BUF_MAX(4096);
    for (int i = 0; i < DEFECT_WEEKS; i++) {
        int64_t most = weeks->most ? weeks->most : 1;
        int64_t high = weeks->n[i] ? 1 + weeks->n[i] * (SPARK_HEIGHT - 2) / most : 0;
        if (high)
            buf_add_fmt(&b, "M%d %dv-%dh3v%dz", i * SPARK_WIDTH, SPARK_HEIGHT, (int)high, (int)high);
        else
            buf_add_fmt(&b, "M%d %dh3v-.5h-3z", i * SPARK_WIDTH, SPARK_HEIGHT);
    }
    return str_copy(a, buf_str(&b));
}

static int64_t sold_in_year(const units_sold_list *units, str product) {
    int64_t sold = 0, last = 0;
    for (size_t i = 0; i < units->n; i++)
        if (str_eq(units->v[i].product, product)) last = units->v[i].month;
    for (size_t i = 0; i < units->n; i++)
        if (str_eq(units->v[i].product, product) && units->v[i].month > last - 100) sold += units->v[i].units;
    return sold;
}

static void fill_row(struct web_call *w, struct defect_row *r, const defect_day_list *days,
                     const units_sold_list *units, const store_alarm_list *alarms) {
    int64_t today = defect_today(w->page.now);
    defect_weeks_of(days, r->count.defect.id, today, &r->weeks);
    r->spark = spark_of(w->arena, &r->weeks);
    r->sold = r->count.defect.product_code.n ? sold_in_year(units, r->count.defect.product_code) : 0;
    for (size_t i = 0; i < alarms->n && !r->alarm; i++)
        if (alarms->v[i].defect_id == r->count.defect.id && alarms->v[i].state != ALARM_CLOSED)
            r->alarm = &alarms->v[i];
}

static bool rings(const store_alarm_list *alarms, int64_t defect) {
    for (size_t i = 0; i < alarms->n; i++)
        if (alarms->v[i].defect_id == defect) return true;
    return false;
}

err defects_view(struct web_call *w) {
    struct defects_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t brand = w->who.brand.id, today = defect_today(w->page.now);
    defect_count_list all = {0}, kept = {0};
    defect_day_list days = {0};
    units_sold_list units = {0};
    db_conn *c;
    TRY(defects_load(w, T("Defects"), "defects", &v->admin));
    TRY(web_read(w, &c));
    v->only_alarms = web_param_on(w, "alarms");
    TRY(store_defect_counts(c, w->arena, brand, today, DEFECTS_MAX, &all));
    TRY(store_alarms_standing(c, w->arena, brand, DEFECTS_MAX, &v->alarms));
    v->all = all.n;
    v->ringing = v->alarms.n;
    /* Those with an alarm come first. */
    for (int pass = 0; pass < (v->only_alarms ? 1 : 2); pass++)
        for (size_t i = 0; i < all.n; i++)
            if (rings(&v->alarms, all.v[i].defect.id) == (pass == 0)) *list_add(w->arena, &kept) = all.v[i];
    TRY(voice_paged(w, v->only_alarms ? "/defects?alarms=1" : "/defects", kept.n, DEFECT_ROWS, &v->pages));
    if (kept.n) {
        TRY(store_defect_days(c, w->arena, brand, 0, today - 7 * DEFECT_WEEKS + 1, today, &days));
        TRY(store_units(c, w->arena, brand, S(""), &units));
    }
    for (size_t i = v->pages.from; i < v->pages.to; i++) {
        struct defect_row *r = list_add(w->arena, &v->rows);
        r->count = kept.v[i];
        fill_row(w, r, &days, &units, &v->alarms);
    }
    w->view = v;
    return ERR_NONE;
}

void defects_html(struct web_call *w) {
    struct defects_view *v = w->view;
    defects_open(w, &v->admin);
    tmpl_defects(&w->page, v);
    defects_close(w, &v->admin);
}

void defect_json_members(struct json_out *o, const struct store_defect *d) {
    json_key(o, S("product")), json_str(o, d->product_code);
    json_key(o, S("product_name")), json_str(o, d->product_name);
    json_key(o, S("part")), json_str(o, d->part_code);
    json_key(o, S("part_name")), json_str(o, d->part_name);
}

static void alarm_json(struct json_out *o, const struct store_alarm *l) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, l->id);
    json_key(o, S("state")), json_str(o, str_z(alarm_state_name(l->state)));
    json_key(o, S("version")), json_int(o, l->version);
    json_key(o, S("days")), json_int(o, l->days);
    json_key(o, S("seen")), json_int(o, l->seen);
    json_key(o, S("earlier")), json_int(o, l->earlier);
    json_key(o, S("earlier_days")), json_int(o, l->earlier_days);
    json_key(o, S("expected_thousandths")), json_int(o, l->expected);
    json_key(o, S("chance_trillionths")), json_int(o, l->chance);
    json_key(o, S("by_units_sold")), json_bool(o, l->by_units);
    json_key(o, S("note")), json_str(o, l->note);
    json_key(o, S("agent_name")), json_str(o, l->agent_name);
    json_key(o, S("raised_at")), json_int(o, l->raised_at);
    json_key(o, S("closed_at")), json_int(o, l->closed_at);
    json_close_object(o);
}

static void row_json(struct json_out *o, const struct defect_row *r) {
    json_key(o, S("week")), json_int(o, r->count.week);
    json_key(o, S("month")), json_int(o, r->count.month);
    json_key(o, S("year")), json_int(o, r->count.year);
    json_key(o, S("all")), json_int(o, r->count.all);
    json_key(o, S("last_at")), json_int(o, r->count.last_at);
    json_key(o, S("sold_in_a_year")), json_int(o, r->sold);
    json_key(o, S("weeks"));
    json_open_array(o);
    for (int i = 0; i < DEFECT_WEEKS; i++) json_int(o, r->weeks.n[i]);
    json_close_array(o);
    json_key(o, S("alarm"));
    if (r->alarm)
        alarm_json(o, r->alarm);
    else
        json_nil(o);
}

void defects_json(const struct web_call *w, struct json_out *o) {
    const struct defects_view *v = w->view;
    json_open_object(o);
    json_key(o, S("defects"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, v->rows.v[i].count.defect.id);
        defect_json_members(o, &v->rows.v[i].count.defect);
        row_json(o, &v->rows.v[i]);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("all")), json_int(o, (int64_t)v->all);
    json_key(o, S("next_from"));
    if (v->pages.next.n)
        json_int(o, (int64_t)v->pages.to);
    else
        json_nil(o);
    json_close_object(o);
    (void)w;
}

/* ---- export ---- */

static err export(struct web_call *w, err (*make)(struct desk *d, int64_t brand, int64_t defect, buf *out),
                  const char *type, const char *name) {
    BUF_AUTO buf b = BUF_MAX(EXPORT_BYTES);
    int64_t defect;
    TRY(web_param_int(w, "defect", 0, &defect));
    TRY(make(w->desk, w->who.brand.id, defect, &b));
    str file = str_fmt(w->arena, "attachment; filename=\"%.*s-%s\"", STR_FMT(w->who.brand.slug), name);
    web_header(w, "Content-Disposition", file);
    web_bytes(w, type, str_copy(w->arena, buf_str(&b)));
    return ERR_NONE;
}

err defects_export_csv(struct web_call *w) {
    return export(w, defect_export_csv, "text/csv; charset=utf-8", "defects.csv");
}

err defects_export_json(struct web_call *w) {
    return export(w, defect_export_json, "application/json", "defects.json");
}

/* ---- one ---- */

static err load_cases(struct web_call *w, db_conn *c, struct defect_view *v) {
    struct page_key after = {0, 0};
    str text = w->in->method == HTTP_GET ? web_param(w, "after") : S(""), at;
    if (text.n && (!str_split(&text, '-', &at) || !str_to_int(at, &after.at) || !str_to_int(text, &after.id)))
        return err_set(ERR_INVALID, "This is not the end of a page.");
    TRY(store_defect_cases(c, w->arena, w->who.brand.id, v->defect.id, after, CASE_ROWS + 1, &v->cases));
    v->first = after.id == 0;
    if (v->cases.n <= CASE_ROWS) return ERR_NONE;
    v->cases.n = CASE_ROWS;
    const struct store_defect_case *last = &v->cases.v[CASE_ROWS - 1];
    v->next = (struct page_key){last->came_at, last->id};
    return ERR_NONE;
}

static err count_one(struct web_call *w, db_conn *c, struct defect_view *v) {
    int64_t brand = w->who.brand.id, today = defect_today(w->page.now);
    defect_day_list days = {0};
    units_sold_list units = {0};
    TRY(store_defect_days(c, w->arena, brand, v->defect.id, 0, today, &days));
    if (v->defect.product_code.n) TRY(store_units(c, w->arena, brand, v->defect.product_code, &units));
    v->row.count.defect = v->defect;
    for (size_t i = 0; i < days.n; i++) {
        int64_t age = today - days.v[i].day, n = days.v[i].n;
        v->row.count.all += n;
        if (age < 7) v->row.count.week += n;
        if (age < 28) v->row.count.month += n;
        if (age < 364) v->row.count.year += n;
    }
    if (v->cases.n && v->first) v->row.count.last_at = v->cases.v[0].came_at;
    fill_row(w, &v->row, &days, &units, &v->alarms);
    return defect_watch_look(c, w->arena, brand, v->defect.id, w->page.now, &v->look, &v->by_units);
}

static err load_defect(struct web_call *w, int64_t id) {
    struct defect_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t brand = w->who.brand.id;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_defect_get(c, w->arena, brand, id, &v->defect));
    TRY(defects_load(w, "", "defects", &v->admin));
    v->admin.frame.title = defect_name(w, &v->defect);
    TRY(load_cases(w, c, v));
    TRY(store_alarms_of(c, w->arena, brand, id, 20, &v->alarms));
    TRY(store_defect_lots(c, w->arena, brand, id, LOT_ROWS, &v->lots));
    TRY(store_trials_of_defect(c, w->arena, brand, id, 20, &v->trials));
    TRY(count_one(w, c, v));
    web_read_end(w); /* the index reads by itself */
    if (v->first) TRY(letters_like(w->desk, w->arena, brand, id, &v->like));
    w->view = v;
    return ERR_NONE;
}

err defect_view_one(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return load_defect(w, id);
}

void defect_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct defect_view *v = w->view;
    defects_open(w, &v->admin);
    tmpl_defect(&w->page, v);
    defects_close(w, &v->admin);
}

static void put_case(struct json_out *o, const struct store_defect_case *k) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, k->id);
    json_key(o, S("version")), json_int(o, k->version);
    json_key(o, S("conversation")), json_id(o, k->conversation_id);
    json_key(o, S("number")), json_int(o, k->number);
    json_key(o, S("message")), json_id(o, k->message_id);
    json_key(o, S("customer")), json_id(o, k->customer_id);
    json_key(o, S("customer_name")), json_str(o, k->customer_name);
    json_key(o, S("symptom")), json_str(o, str_z(symptom_name(k->symptom)));
    json_key(o, S("words")), json_str(o, k->words);
    json_key(o, S("start")), json_int(o, k->start);
    json_key(o, S("end")), json_int(o, k->end);
    json_key(o, S("lot")), json_str(o, k->lot);
    json_key(o, S("packed_day")), json_int(o, k->packed_day);
    json_key(o, S("came_at")), json_int(o, k->came_at);
    json_key(o, S("agent_name")), json_str(o, k->agent_name);
    json_close_object(o);
}

static void put_like(struct json_out *o, const struct letter_like *l) {
    json_open_object(o);
    json_key(o, S("message")), json_id(o, l->message);
    json_key(o, S("conversation")), json_id(o, l->conversation);
    json_key(o, S("customer_name")), json_str(o, l->customer_name);
    json_key(o, S("words")), json_str(o, l->words);
    json_key(o, S("at")), json_int(o, l->at);
    json_close_object(o);
}

void defect_json(const struct web_call *w, struct json_out *o) {
    const struct defect_view *v = w->view;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->defect.id);
    defect_json_members(o, &v->defect);
    row_json(o, &v->row);
    json_key(o, S("alarms"));
    json_open_array(o);
    for (size_t i = 0; i < v->alarms.n; i++) alarm_json(o, &v->alarms.v[i]);
    json_close_array(o);
    json_key(o, S("cases"));
    json_open_array(o);
    for (size_t i = 0; i < v->cases.n; i++) put_case(o, &v->cases.v[i]);
    json_close_array(o);
    json_key(o, S("after"));
    if (v->next.id)
        json_str(o, str_fmt(w->arena, "%lld-%lld", (long long)v->next.at, (long long)v->next.id));
    else
        json_nil(o);
    json_key(o, S("letters_like"));
    json_open_array(o);
    for (size_t i = 0; i < v->like.n; i++) put_like(o, &v->like.v[i]);
    json_close_array(o);
    json_key(o, S("trials"));
    json_open_array(o);
    for (size_t i = 0; i < v->trials.n; i++) trial_json_object(o, &v->trials.v[i]);
    json_close_array(o);
    json_close_object(o);
}

static void panel_trials(struct json_out *o, const struct defect_panel *p) {
    json_key(o, S("trials"));
    json_open_array(o);
    for (size_t i = 0; p && i < p->trials.n; i++) trial_case_json(o, &p->trials.v[i]);
    json_close_array(o);
}

void defect_panel_json(struct json_out *o, const struct defect_panel *p) {
    json_open_object(o);
    json_key(o, S("cases"));
    json_open_array(o);
    for (size_t i = 0; p && i < p->cases.n; i++) {
        json_open_object(o);
        json_key(o, S("id")), json_id(o, p->cases.v[i].id);
        json_key(o, S("defect")), json_id(o, p->cases.v[i].defect_id);
        json_key(o, S("version")), json_int(o, p->cases.v[i].version);
        defect_json_members(o, &p->cases.v[i].defect);
        json_key(o, S("symptom")), json_str(o, str_z(symptom_name(p->cases.v[i].symptom)));
        json_key(o, S("words")), json_str(o, p->cases.v[i].words);
        json_key(o, S("lot")), json_str(o, p->cases.v[i].lot);
        json_key(o, S("packed_day")), json_int(o, p->cases.v[i].packed_day);
        json_close_object(o);
    }
    json_close_array(o);
    panel_trials(o, p);
    json_key(o, S("suggested"));
    if (p && p->hinted) {
        json_open_object(o);
        json_key(o, S("message")), json_id(o, p->hint_message);
        json_key(o, S("product")), json_str(o, p->hint.product);
        json_key(o, S("part")), json_str(o, p->hint.part);
        json_key(o, S("symptom")), json_str(o, str_z(symptom_name(p->hint.symptom)));
        json_key(o, S("words")), json_str(o, p->hint.words);
        json_close_object(o);
    } else {
        json_nil(o);
    }
    json_close_object(o);
}
