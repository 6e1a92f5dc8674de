/* Letters that made us proud: what came back in a week, for everybody who works here. */
#include "desk/fans.h"
#include "format/quoted.h"
#include "training.tmpl.h"
#include "web/admin_page.h"
#include "web/training_page.h"

static const struct zone *zone_of(const struct web_call *w) {
    const struct zone *z;
    return zone_load(w->who.brand.zone, &z) == ERR_NONE ? z : zone_utc;
}

/* A day of the week that is asked for, else of this one. */
static err read_week(struct web_call *w, struct proud_view *v) {
    const struct zone *z = zone_of(w);
    int64_t day, this_week = fans_week_of(z, desk_now(w->desk));
    TRY(web_param_int(w, "week", this_week, &day));
    bool good = day >= 20000101 && day <= 99991231 && day / 100 % 100 >= 1 && day / 100 % 100 <= 12 &&
                day % 100 >= 1 && day % 100 <= 31;
    if (!good) return err_set(ERR_INVALID, "week is a day such as 20261116.");
    v->monday = fans_week_of(z, fans_day_start(z, day));
    if (v->monday > this_week) v->monday = this_week;
    v->before = fans_day_plus(v->monday, -7);
    v->behind = v->monday < this_week ? fans_day_plus(v->monday, 7) : 0;
    v->from = fans_day_start(z, v->monday);
    v->until = fans_day_start(z, fans_day_plus(v->monday, 7));
    return ERR_NONE;
}

/* Without what they quote, which is what we wrote. */
static str own_words(struct web_call *w, str text) {
    quoted_part_list parts;
    quoted_split(w->arena, text, &parts);
    str said = str_trim(quoted_said(w->arena, text, &parts, false));
    return said.n ? said : str_trim(text);
}

err proud_view(struct web_call *w) {
    struct proud_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(read_week(w, v));
    TRY(web_read(w, &c));
    const struct praise_ask ask = {.agent = -1, .from = v->from, .until = v->until, .kinds = PRAISE_ALL};
    struct praise_key before = {0, 0};
    str rest = web_param(w, "after"), at, id;
    if (rest.n && !(str_split(&rest, '.', &at) && str_split(&rest, '.', &id) && str_to_int(at, &before.at) &&
                    str_to_int(id, &before.message) && before.message > 0))
        return err_set(ERR_MISSING, "There is no such list.");
    TRY(store_praise_list(c, w->arena, w->who.brand.id, &ask, before, PROUD_ROWS + 1, &v->rows));
    v->next = S("");
    if (v->rows.n > PROUD_ROWS) {
        const struct praise_row *last = &v->rows.v[PROUD_ROWS - 1];
        v->rows.n = PROUD_ROWS;
        v->next = web_path(w, "/proud?week=%lld&after=%lld.%lld", (long long)v->monday, (long long)last->at,
                           (long long)last->message_id);
    }
    for (size_t i = 0; i < v->rows.n; i++) v->rows.v[i].text = own_words(w, v->rows.v[i].text);
    TRY(frame_load(w, web_text(w, T("Letters that made us proud")), &v->frame));
    v->frame.at = "practice";
    w->view = v;
    return ERR_NONE;
}

void proud_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct proud_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_proud(&w->page, v);
    frame_close(w, &v->frame);
}

void proud_json(const struct web_call *w, struct json_out *o) {
    const struct proud_view *v = w->view;
    json_open_object(o);
    json_key(o, S("week")), json_int(o, v->monday);
    json_key(o, S("letters"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct praise_row *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("message")), json_id(o, r->message_id);
        json_key(o, S("conversation")), json_id(o, r->conversation_id);
        json_key(o, S("customer")), json_str(o, r->customer_name);
        json_key(o, S("answered_by")), json_str(o, r->agent_name);
        json_key(o, S("text")), json_str(o, str_clip_utf8(r->text, PROUD_WORDS));
        json_key(o, S("at")), json_int(o, r->at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}
