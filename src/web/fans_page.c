#include "web/fans_page.h"

#include "desk/policy.h"
#include "fans.tmpl.h"
#include "format/quoted.h"
#include "format/url.h"
#include "store/story.h"
#include "web/promise_page.h"
#include "web/routes.h"

/* ---- words ---- */

static const char *const signs[] = {"thanks", "stories", "returns", "purchases", "promises", "answers"};

bool fans_sign_from(str s, fans_sign *ret) {
    for (int i = 0; i < FANS_SIGNS; i++) {
        if (!str_eq(s, str_z(signs[i]))) continue;
        *ret = (fans_sign)i;
        return true;
    }
    return false;
}

const char *fans_sign_title(fans_sign s) {
    switch (s) {
    case FANS_THANKS: return T("Letters that thank");
    case FANS_STORIES: return T("Told to somebody else");
    case FANS_RETURNS: return T("People who came back");
    case FANS_PURCHASES: return T("Bought again after an answer");
    case FANS_PROMISES: return T("Promises of that time");
    case FANS_ANSWERS: return T("Answers to the one question");
    }
    return "";
}

const struct zone *fans_zone(const struct web_call *w) {
    const struct zone *zone = zone_utc;
    return zone_load(w->who.brand.zone, &zone) ? zone_utc : zone;
}

str fans_day_words(struct web_call *w, int64_t day) { return promise_day_words(w, day); }

static str month_name(struct web_call *w, int month) {
    static const char *const names[] = {T("January"),   T("February"), T("March"),    T("April"),
                                        T("May"),       T("June"),     T("July"),     T("August"),
                                        T("September"), T("October"),  T("November"), T("December")};
    return web_text(w, names[month - 1]);
}

static str text1(struct web_call *w, const char *msgid, str a) {
    BUF_AUTO buf b = BUF_MAX(8192);
    lang_fmt(&b, w->page.lang, msgid, &a, 1);
    return str_copy(w->arena, buf_str(&b));
}

str fans_plural(struct web_call *w, int64_t n, const char *one, const char *many) {
    str text = str_fmt(w->arena, "%lld", (long long)n);
    BUF_AUTO buf b = BUF_MAX(2000);
    lang_fill(&b, lang_plural(w->page.lang, n, one, many), &text, 1);
    return str_copy(w->arena, buf_str(&b));
}

static str number(struct web_call *w, int64_t n) { return str_fmt(w->arena, "%lld", (long long)n); }

str fans_number_text(struct web_call *w, str figure) {
    int64_t n;
    return str_to_int(figure, &n) ? page_count_text(&w->page, n) : figure;
}

const char *fans_sign_name(fans_sign s) { return signs[s]; }

str fans_what_text(struct web_call *w, const struct fan_what *x) {
    const char *of = str_eq(x->what, S("ask"))       ? T("{0} with a question")
                     : str_eq(x->what, S("trouble")) ? T("{0} with something that went wrong")
                     : str_eq(x->what, S("thanks"))  ? T("{0} to say thank you")
                                                     : T("{0} with something else");
    return text1(w, of, number(w, x->n));
}

/* ---- whose, and when ---- */

static str path_in(const struct fans_head *h, const char *rest, const struct fans_span *span) {
    const struct web_call *w = h->frame.w;
    str when = fans_span_text(w->arena, span);
    return str_fmt(w->arena, "%.*s%s?when=%.*s", STR_FMT(h->base), rest, STR_FMT(when));
}

str fans_step(const struct fans_head *h, int by) {
    struct fans_span s = fans_span_move(h->zone, &h->span, by);
    return s.from > h->frame.w->page.now ? S("") : path_in(h, "", &s);
}

str fans_whole(const struct fans_head *h) {
    struct fans_span s = h->span;
    struct fans_span now;
    fans_span_of(h->zone, S(""), h->frame.w->page.now, &now);
    if (s.week) {
        s.week = 0;
        return path_in(h, "", &s);
    }
    if (s.month) {
        s.month = 0;
        return path_in(h, "", &s);
    }
    s.month = s.year == now.year ? now.month : 12;
    return path_in(h, "", &s);
}

/* The page of an agent is theirs, and of whom they chose. */
err fans_head_load(struct web_call *w, struct fans_head *h, bool of_agent, int64_t agent) {
    struct store_agent a;
    bool may;
    db_conn *c;
    *h = (struct fans_head){
        .agent = -1, .agent_name = S(""), .zone = fans_zone(w), .base = web_path(w, "/fans")};
    if (!fans_span_of(h->zone, web_param(w, "when"), w->page.now, &h->span))
        return err_set(ERR_MISSING, "There is no such month.");
    h->when = fans_span_text(w->arena, &h->span);
    h->title = h->span.week ? text1(w, T("The week from {0}"), fans_day_words(w, h->span.week))
               : h->span.month
                   ? str_fmt(w->arena, "%.*s %d", STR_FMT(month_name(w, h->span.month)), h->span.year)
                   : str_fmt(w->arena, "%d", h->span.year);
    if (!of_agent) return ERR_NONE;
    TRY(web_read(w, &c));
    TRY(store_agent_by_id(c, w->arena, w->who.brand.id, agent, &a));
    TRY(fans_may(c, w->who.brand.id, agent, w->who.agent.id, &may));
    if (!may)
        return err_set(ERR_DENIED, "Only %.*s and the people they choose see this page.", STR_FMT(a.name));
    h->agent = agent;
    h->agent_name = a.name;
    h->own = agent == w->who.agent.id;
    h->base = web_path(w, "/fans/of/%lld", (long long)agent);
    return ERR_NONE;
}

err fans_head_frame(struct web_call *w, struct fans_head *h, str title) {
    TRY(frame_load(w, title, &h->frame));
    h->frame.at = "fans";
    return ERR_NONE;
}

struct praise_ask fans_praise_of(const struct fans_head *h, int kinds) {
    return (struct praise_ask){h->agent, h->span.from, h->span.until, kinds};
}

struct fan_ask fans_ask_of(const struct fans_head *h) {
    return (struct fan_ask){h->agent, h->span.from, h->span.until};
}

/* ---- figures ---- */

static void add_figure(struct web_call *w, struct fans_view *v, str n, const char *label, str arg, str path) {
    *list_add(w->arena, &v->figures) = (struct fans_figure){n, text1(w, label, arg), path};
}

static str path_of_span(const struct fans_head *h, fans_sign s, const struct fans_span *span) {
    const struct web_call *w = h->frame.w;
    return path_in(h, str_cstr(w->arena, str_fmt(w->arena, "/letters/%s", signs[s])), span);
}
static str letters_path(const struct fans_head *h, fans_sign s) { return path_of_span(h, s, &h->span); }

str fans_letters_path(const struct fans_head *h, fans_sign s, str what) {
    const struct web_call *w = h->frame.w;
    str path = letters_path(h, s);
    BUF_AUTO buf b = BUF_MAX(2000);
    buf_add(&b, path);
    if (!what.n) return path;
    buf_add(&b, S("&what="));
    url_encode(&b, what);
    return str_copy(w->arena, buf_str(&b));
}

/* What they newly wrote, without what they quote. */
str fans_said(struct web_call *w, str text) {
    quoted_part_list parts;
    quoted_split(w->arena, text, &parts);
    str said = quoted_said(w->arena, text, &parts, false);
    return said.n ? said : str_trim(text);
}

static err load_praise(struct web_call *w, db_conn *c, struct fans_view *v) {
    struct praise_ask ask = fans_praise_of(&v->h, PRAISE_THANKS | PRAISE_PRAISE);
    struct fan_ask span = fans_ask_of(&v->h);
    int64_t brand = w->who.brand.id, letters, told;
    praise_list rows;
    TRY(store_fan_praise(c, brand, &span, &letters, &told));
    add_figure(w, v, number(w, letters), T("letters that say thank you"), S(""),
               letters_path(&v->h, FANS_THANKS));
    add_figure(w, v, number(w, told), T("told the story to somebody else"), S(""),
               letters_path(&v->h, FANS_STORIES));
    TRY(store_praise_list(c, w->arena, brand, &ask, (struct praise_key){0, 0}, FANS_ALSO + 1, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct praise_row *p = &rows.v[i];
        struct fans_row r = {.name = p->customer_name,
                             .line = p->subject,
                             .path = web_path(w, "/m/%lld", (long long)p->message_id),
                             .at = p->at};
        if (i) {
            *list_add(w->arena, &v->also) = r;
            continue;
        }
        v->newest = r;
        str said = fans_said(w, p->text);
        v->newest_text = str_clip_utf8(said, FANS_SHOWN_BYTES);
        if (v->newest_text.n < said.n) v->newest_text = str_fmt(w->arena, "%.*s…", STR_FMT(v->newest_text));
    }
    v->more = letters - 1 - (int64_t)v->also.n;
    return ERR_NONE;
}

static err load_signs(struct web_call *w, db_conn *c, struct fans_view *v) {
    struct fan_ask ask = fans_ask_of(&v->h);
    int64_t brand = w->who.brand.id, returns, purchases, answers;
    bool shop;
    TRY(store_fan_sign_count(c, brand, FAN_RETURN, &ask, &returns));
    TRY(store_fan_sign_what(c, w->arena, brand, FAN_RETURN, &ask, &v->returned));
    add_figure(w, v, number(w, returns), T("times somebody came back to {0}"), w->who.brand.name,
               letters_path(&v->h, FANS_RETURNS));
    TRY(store_purchase_any(c, brand, &shop));
    if (shop) {
        TRY(store_fan_sign_count(c, brand, FAN_PURCHASE, &ask, &purchases));
        add_figure(w, v, number(w, purchases), T("bought again after an answer"), S(""),
                   letters_path(&v->h, FANS_PURCHASES));
    }
    TRY(store_survey_answer_count(c, brand, v->h.agent, ask.from, ask.until, &answers));
    if (answers)
        add_figure(w, v, number(w, answers), T("answered our one question"), S(""),
                   letters_path(&v->h, FANS_ANSWERS));
    return ERR_NONE;
}

static str promise_end(struct web_call *w, const struct fan_promise *p) {
    if (!p->kept && !p->broken) return web_text(w, T("late, and still open"));
    if (p->broken) return web_text(w, T("not kept"));
    int64_t days = (p->due_at - p->settled_at) / DAY_MS;
    if (p->settled_at <= p->due_at) {
        if (days < 1) return web_text(w, T("kept"));
        return fans_plural(w, days, TN("kept, {0} day early", "kept, {0} days early"));
    }
    days = (p->settled_at - p->due_at + DAY_MS - 1) / DAY_MS;
    return p->warned_at ? fans_plural(w, days, TN("{0} day late, told first", "{0} days late, told first"))
                        : fans_plural(w, days, TN("{0} day late", "{0} days late"));
}

void fans_add_promise(struct web_call *w, fans_row_list *to, const struct fan_promise *p) {
    *list_add(w->arena, to) = (struct fans_row){
        .name = p->customer_name,
        .line = p->text,
        .end = promise_end(w, p),
        .path = web_path(w, "/c/%lld#promise-%lld", (long long)p->conversation_id, (long long)p->id),
        .at = p->settled_at ? p->settled_at : p->due_at};
}

static err load_promises(struct web_call *w, db_conn *c, struct fans_view *v) {
    struct fan_ask ask = fans_ask_of(&v->h);
    struct fan_promises n;
    fan_promise_list late, rows;
    int64_t brand = w->who.brand.id, now = w->page.now;
    TRY(store_fan_promises(c, brand, &ask, now, &n));
    int64_t of = n.kept + n.broken + n.late;
    if (of)
        add_figure(w, v, number(w, n.kept), T("promises kept, of {0}"), number(w, of),
                   letters_path(&v->h, FANS_PROMISES));
    TRY(store_fan_promise_late(c, w->arena, brand, &ask, now, (struct fan_key){0, 0}, 2, &late));
    TRY(store_fan_promise_list(c, w->arena, brand, &ask, (struct fan_key){0, 0}, 3, &rows));
    for (size_t i = 0; i < late.n; i++) fans_add_promise(w, &v->promises, &late.v[i]);
    for (size_t i = 0; i < rows.n && v->promises.n < 4; i++) fans_add_promise(w, &v->promises, &rows.v[i]);
    return ERR_NONE;
}

/* What went unused of what may be given outside policy. Known of this month and of the last. */
static err load_leeway(struct web_call *w, struct fans_view *v) {
    struct allowance_page p;
    int64_t room = 0, amount = 0;
    if (!v->h.span.month || v->h.span.week) return ERR_NONE;
    TRY(allowance_page(w->desk, w->arena, w->who.brand.id, &p));
    int64_t month = v->h.span.year * 100 + v->h.span.month;
    bool now = month == p.month;
    if (!now && month != policy_month_before(p.month)) return ERR_NONE;
    for (size_t i = 0; i < p.lines.n; i++) {
        const struct allowance_line *l = &p.lines.v[i];
        if (v->h.agent >= 0 && l->agent != v->h.agent) continue;
        room += now ? l->room : l->room_before;
        amount += l->amount;
    }
    if (!amount) return ERR_NONE;
    str left = money_text(w->arena, room, p.currency, w->who.brand.language);
    add_figure(w, v, left, T("leeway not used, of {0}"),
               money_text(w->arena, amount, p.currency, w->who.brand.language), web_path(w, "/judgements"));
    v->leeway = left;
    return ERR_NONE;
}

/* ---- the chart ---- */

static err load_chart(struct web_call *w, db_conn *c, struct fans_view *v) {
    int64_t this_week = fans_week_of(v->h.zone, w->page.now), brand = w->who.brand.id;
    int64_t first = fans_day_plus(this_week, -7 * (FANS_WEEKS - 1));
    fan_week_list weeks;
    fan_ids times;
    bool any = false;
    TRY(store_fan_weeks(c, w->arena, brand, first, this_week, &weeks));
    TRY(store_fan_thanks_times(c, w->arena, brand, fans_day_start(v->h.zone, first), &times));
    v->chart = (struct chart){
        .id = "fans-weeks",
        .title = web_text(w, T("Week by week")),
        .axis = web_text(w, T("Week from")),
        .nseries = 3,
        .series = {web_text(w, T("Thanks")), web_text(w, T("Came back")), web_text(w, T("Bought again"))},
        .csv = web_path(w, "/fans/files/fans")};
    for (int i = 0; i < FANS_WEEKS; i++) {
        int64_t week = fans_day_plus(first, 7 * i);
        struct chart_row *r = list_add(w->arena, &v->chart.rows);
        *r = (struct chart_row){.day = week, .label = fans_day_words(w, week)};
        for (size_t k = 0; k < weeks.n; k++) {
            if (weeks.v[k].week != week) continue;
            r->cells[1].value = weeks.v[k].returns;
            r->cells[2].value = weeks.v[k].purchases;
        }
        int64_t from = fans_day_start(v->h.zone, week),
                until = fans_day_start(v->h.zone, fans_day_plus(week, 7));
        for (size_t k = 0; k < times.n; k++) r->cells[0].value += times.v[k] >= from && times.v[k] < until;
        for (int k = 0; k < v->chart.nseries; k++) {
            static const fans_sign of[] = {FANS_THANKS, FANS_RETURNS, FANS_PURCHASES};
            struct fans_span span = {.week = week};
            any = any || r->cells[k].value;
            if (r->cells[k].value) r->cells[k].path = path_of_span(&v->h, of[k], &span);
        }
    }
    if (!any) v->chart.rows.n = 0;
    return ERR_NONE;
}

/* ---- the page ---- */

static err load(struct web_call *w, struct fans_view *v) {
    struct fan_mark mark;
    int64_t brand = w->who.brand.id;
    db_conn *c;
    TRY(load_leeway(w, v));
    fans_figure_list leeway = v->figures;
    v->figures = (fans_figure_list){0};
    TRY(web_read(w, &c));
    TRY(load_praise(w, c, v));
    TRY(load_signs(w, c, v));
    TRY(load_promises(w, c, v));
    if (leeway.n) *list_add(w->arena, &v->figures) = leeway.v[0];
    TRY(store_fan_mark_get(c, w->arena, brand, &mark));
    v->counted_at = mark.counted_at;
    if (v->h.own) TRY(store_fan_shares(c, w->arena, brand, w->who.agent.id, &v->shares));
    if (v->h.agent >= 0) return ERR_NONE;
    TRY(store_fan_shared_with(c, w->arena, brand, w->who.agent.id, &v->shown));
    TRY(fans_still(c, w->arena, brand, &v->still));
    return load_chart(w, c, v);
}

err fans_view(struct web_call *w) {
    struct fans_view *v = arena_alloc(w->arena, sizeof *v);
    bool of_agent = str_find(str_z(w->route->path), S("/of/"), 0) != SIZE_MAX;
    int64_t agent = 0;
    if (of_agent) TRY(web_id(w, 1, &agent));
    TRY(fans_head_load(w, &v->h, of_agent, agent));
    v->h.frame.w = w;
    TRY(load(w, v));
    str title = of_agent ? text1(w, T("{0}’s fans"), v->h.agent_name) : web_text(w, T("Fans"));
    TRY(fans_head_frame(w, &v->h, title));
    v->said = web_param_has(w, "kept");
    w->view = v;
    return ERR_NONE;
}

void fans_html(struct web_call *w) {
    const struct fans_view *v = w->view;
    frame_open(w, &v->h.frame);
    tmpl_fans(&w->page, v);
    frame_close(w, &v->h.frame);
}

static void put_curve(struct json_out *o, const char *key, const struct fans_group *g) {
    json_key(o, str_z(key));
    json_open_object(o);
    json_key(o, S("people")), json_int(o, g->people);
    json_key(o, S("after_a_year")), json_int(o, g->stayed);
    json_key(o, S("gone_before")), json_int(o, g->gone);
    json_key(o, S("share_millionths")), json_int(o, (int64_t)(g->at.stay * 1e6 + 0.5));
    json_key(o, S("low_millionths")), json_int(o, (int64_t)(g->at.low * 1e6 + 0.5));
    json_key(o, S("high_millionths")), json_int(o, (int64_t)(g->at.high * 1e6 + 0.5));
    json_close_object(o);
}

void fans_json(const struct web_call *w, struct json_out *o) {
    const struct fans_view *v = w->view;
    json_open_object(o);
    json_key(o, S("when")), json_str(o, v->h.when);
    json_key(o, S("agent")), json_id(o, v->h.agent > 0 ? v->h.agent : 0);
    json_key(o, S("counted_at")), json_int(o, v->counted_at);
    json_key(o, S("figures"));
    json_open_array(o);
    for (size_t i = 0; i < v->figures.n; i++) {
        json_open_object(o);
        json_key(o, S("number")), json_str(o, v->figures.v[i].number);
        json_key(o, S("what")), json_str(o, v->figures.v[i].label);
        json_key(o, S("letters")), json_str(o, v->figures.v[i].path);
        json_close_object(o);
    }
    json_close_array(o);
    if (v->h.agent < 0) {
        json_key(o, S("still_with_us"));
        json_open_object(o);
        put_curve(o, "trouble", &v->still.trouble);
        put_curve(o, "no_trouble", &v->still.free);
        json_key(o, S("too_few")), json_bool(o, v->still.few);
        json_close_object(o);
    }
    json_close_object(o);
}

err fans_do_share(struct web_call *w) {
    int64_t reader;
    TRY(web_param_int(w, "reader", 0, &reader));
    TRY(fans_share(w->desk, w->arena, &w->actor, reader, web_param_on(w, "on")));
    web_go(w, web_path(w, "/fans/of/%lld?kept=1#shares", (long long)w->who.agent.id));
    return ERR_NONE;
}
