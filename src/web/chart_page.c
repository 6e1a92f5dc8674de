#include "web/chart_page.h"

#include "base/zone.h"
#include "format/csv.h"

static str rounded(arena *a, int64_t value, int64_t per, int decimals) {
    int64_t ten = decimals == 2 ? 100 : 10, n = (value * ten + per / 2) / per;
    return str_fmt(a, "%lld.%0*lld", (long long)(n / ten), decimals, (long long)(n % ten));
}

str chart_number(struct web_call *w, const struct chart *c, const struct chart_cell *cell) {
    if (cell->none) return S("");
    switch (c->unit) {
    case CHART_COUNT: break;
    case CHART_HOURS: return rounded(w->arena, cell->value, HOUR_MS, 2);
    case CHART_SHARE: return rounded(w->arena, cell->value, 10000, 1);
    }
    return str_fmt(w->arena, "%lld", (long long)cell->value);
}

str chart_value_text(struct web_call *w, const struct chart *c, const struct chart_cell *cell) {
    if (cell->none) return S("–");
    switch (c->unit) {
    case CHART_COUNT: break;
    case CHART_HOURS: return str_copy(w->arena, page_waited_text(&w->page, cell->value));
    case CHART_SHARE: {
        str n = rounded(w->arena, cell->value, 10000, 1);
        return str_fmt(w->arena, "%.*s %%", STR_FMT(n));
    }
    }
    return str_fmt(w->arena, "%lld", (long long)cell->value);
}

int64_t chart_x(const struct chart *c, const struct chart_row *r) {
    if (c->by_age) return r->day;
    return zone_days(r->day / 10000, (int)(r->day / 100 % 100), r->day % 100) * (DAY_MS / SECOND_MS);
}

str chart_bands(struct web_call *w, const struct chart *c) {
    str all = S("");
    for (int i = 0; i < c->nseries; i++)
        if (c->low[i])
            all =
                str_fmt(w->arena, "%.*s%s%d:%d:%d", STR_FMT(all), all.n ? " " : "", i, c->low[i], c->high[i]);
    return all;
}

static str day_text(arena *a, int64_t day) {
    return str_fmt(a, "%04lld-%02lld-%02lld", (long long)(day / 10000), (long long)(day / 100 % 100),
                   (long long)(day % 100));
}

void chart_json(struct json_out *o, const struct chart *c) {
    json_open_object(o);
    json_key(o, S("title")), json_str(o, c->title);
    json_key(o, S("unit"));
    json_str(o, c->unit == CHART_HOURS ? S("ms") : c->unit == CHART_SHARE ? S("millionths") : S("count"));
    json_key(o, S("series"));
    json_open_array(o);
    for (int i = 0; i < c->nseries; i++) json_str(o, c->series[i]);
    json_close_array(o);
    json_key(o, S("rows"));
    json_open_array(o);
    for (size_t i = 0; i < c->rows.n; i++) {
        const struct chart_row *r = &c->rows.v[i];
        json_open_array(o);
        json_int(o, r->day);
        for (int k = 0; k < c->nseries; k++) {
            if (r->cells[k].none)
                json_nil(o);
            else
                json_int(o, r->cells[k].value);
        }
        json_close_array(o);
    }
    json_close_array(o);
    json_close_object(o);
}

/* In the file waits are hours and shares per cent, with a point, whatever the reader's language. */
err chart_file(struct web_call *w, const struct chart *c) {
    buf_clear(&w->out->body);
    struct csv_out o = {.to = &w->out->body};
    csv_field(&o, c->axis);
    for (int i = 0; i < c->nseries; i++) csv_field(&o, c->series[i]);
    csv_end_row(&o);
    for (size_t i = 0; i < c->rows.n; i++) {
        const struct chart_row *r = &c->rows.v[i];
        csv_field(&o, c->by_age ? str_fmt(w->arena, "%lld", (long long)r->day) : day_text(w->arena, r->day));
        for (int k = 0; k < c->nseries; k++) csv_field(&o, chart_number(w, c, &r->cells[k]));
        csv_end_row(&o);
    }
    w->out->type = S("text/csv; charset=utf-8");
    w->csp = "default-src 'none'; sandbox; frame-ancestors 'none'";
    web_header(w, "Content-Disposition", str_fmt(w->arena, "attachment; filename=\"%s.csv\"", c->id));
    return ERR_NONE;
}
