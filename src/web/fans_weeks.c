/* Weeks, who is still with us, and the files behind the charts. */
#include "fans.tmpl.h"
#include "web/fans_page.h"

static str text2(struct web_call *w, const char *msgid, str a, str b) {
    BUF_AUTO buf out = BUF_MAX(8192);
    lang_fmt(&out, w->page.lang, msgid, (str[]){a, b}, 2);
    return str_copy(w->arena, buf_str(&out));
}

static str number(struct web_call *w, int64_t n) { return str_fmt(w->arena, "%lld", (long long)n); }

/* ---- weeks ---- */

static struct chart_cell wait_cell(struct web_call *w, int64_t week, int64_t ms, const char *by) {
    return (struct chart_cell){ms, ms < 0, web_path(w, "/fans/weeks/%lld?by=%s", (long long)week, by)};
}

static void week_charts(struct web_call *w, const fan_week_list *weeks, struct chart *ret_waits,
                        struct chart *ret_rates) {
    *ret_waits = (struct chart){
        .id = "waits",
        .title = web_text(w, T("How long people waited")),
        .axis = web_text(w, T("Week from")),
        .unit = CHART_HOURS,
        .nseries = 4,
        .series = {web_text(w, T("First answer, half within")), web_text(w, T("First answer, slowest tenth")),
                   web_text(w, T("Last answer, half within")), web_text(w, T("Last answer, slowest tenth"))},
        .csv = web_path(w, "/fans/files/waits")};
    *ret_rates = (struct chart){.id = "rates",
                                .title = web_text(w, T("Letters that came, and replies")),
                                .axis = web_text(w, T("Week from")),
                                .nseries = 2,
                                .series = {web_text(w, T("Letters")), web_text(w, T("Replies"))},
                                .csv = web_path(w, "/fans/files/rates")};
    for (size_t i = 0; i < weeks->n; i++) {
        const struct fan_week *k = &weeks->v[i];
        str label = fans_day_words(w, k->week);
        str said = web_path(w, "/fans/weeks/%lld?by=said", (long long)k->week);
        struct chart_row *r = list_add(w->arena, &ret_waits->rows);
        *r = (struct chart_row){.day = k->week,
                                .label = label,
                                .cells = {wait_cell(w, k->week, k->first_half, "first"),
                                          wait_cell(w, k->week, k->first_tenth, "first"),
                                          wait_cell(w, k->week, k->final_half, "final"),
                                          wait_cell(w, k->week, k->final_tenth, "final")}};
        r = list_add(w->arena, &ret_rates->rows);
        *r = (struct chart_row){.day = k->week,
                                .label = label,
                                .cells = {{k->letters, false, k->letters ? said : S("")},
                                          {k->replies, false, k->replies ? said : S("")}}};
    }
}

static err load_weeks(struct web_call *w, int64_t *ret_n, struct chart *ret_waits, struct chart *ret_rates) {
    fan_week_list weeks;
    db_conn *c;
    int64_t n;
    TRY(web_param_int(w, "weeks", FANS_WEEKS, &n));
    if (n < 1 || n > FANS_WEEKS_MAX) return err_set(ERR_INVALID, "It shows 1 to %d weeks.", FANS_WEEKS_MAX);
    int64_t last = fans_week_of(fans_zone(w), w->page.now), first = fans_day_plus(last, -7 * (int)(n - 1));
    TRY(web_read(w, &c));
    TRY(store_fan_weeks(c, w->arena, w->who.brand.id, first, last, &weeks));
    /* Newest first, so that nobody has to scroll to this week; and with those in which nothing was said. */
    fan_week_list newest = {0};
    int64_t week = last;
    for (size_t i = weeks.n; i-- > 0; week = fans_day_plus(week, -7)) {
        for (; week > weeks.v[i].week; week = fans_day_plus(week, -7))
            *list_add(w->arena, &newest) = (struct fan_week){
                .week = week, .first_half = -1, .first_tenth = -1, .final_half = -1, .final_tenth = -1};
        *list_add(w->arena, &newest) = weeks.v[i];
    }
    week_charts(w, &newest, ret_waits, ret_rates);
    *ret_n = n;
    return ERR_NONE;
}

err fans_weeks_view(struct web_call *w) {
    struct fans_weeks *v = arena_alloc(w->arena, sizeof *v);
    TRY(load_weeks(w, &v->weeks, &v->waits, &v->rates));
    TRY(frame_load(w, web_text(w, T("How long people waited")), &v->frame));
    v->frame.at = "fans";
    w->view = v;
    return ERR_NONE;
}

void fans_weeks_html(struct web_call *w) {
    const struct fans_weeks *v = w->view;
    frame_open(w, &v->frame);
    tmpl_fans_weeks(&w->page, v);
    frame_close(w, &v->frame);
}

void fans_weeks_json(const struct web_call *w, struct json_out *o) {
    const struct fans_weeks *v = w->view;
    json_open_object(o);
    json_key(o, S("waits")), chart_json(o, &v->waits);
    json_key(o, S("rates")), chart_json(o, &v->rates);
    json_close_object(o);
}

/* ---- one week ---- */

static err load_week_rows(struct web_call *w, struct fans_week_view *v) {
    struct fan_key before = {0, 0};
    str rest = web_param(w, "after"), at, id;
    int64_t brand = w->who.brand.id;
    db_conn *c;
    if (rest.n && !(str_split(&rest, '.', &at) && str_split(&rest, '.', &id) && str_to_int(at, &before.at) &&
                    str_to_int(id, &before.id) && before.id > 0))
        return err_set(ERR_MISSING, "There is no such list.");
    bool final = str_eq(v->by, S("final")), said = str_eq(v->by, S("said"));
    TRY(web_read(w, &c));
    TRY(said ? store_fan_talks(c, w->arena, brand, v->day, before.id, FANS_ROWS + 1, &v->rows)
             : store_fan_waits(c, w->arena, brand, v->day, final, before, FANS_ROWS + 1, &v->rows));
    v->first = before.id ? web_path(w, "/fans/weeks/%lld?by=%.*s", (long long)v->day, STR_FMT(v->by)) : S("");
    if (v->rows.n <= FANS_ROWS) return ERR_NONE;
    v->rows.n = FANS_ROWS;
    const struct fan_talk *t = &v->rows.v[FANS_ROWS - 1];
    v->next = web_path(w, "/fans/weeks/%lld?by=%.*s&after=%lld.%lld", (long long)v->day, STR_FMT(v->by),
                       (long long)(said    ? t->letters
                                   : final ? t->final_ms
                                           : t->first_ms),
                       (long long)t->conversation_id);
    return ERR_NONE;
}

err fans_week_view(struct web_call *w) {
    struct fans_week_view *v = arena_alloc(w->arena, sizeof *v);
    fan_week_list weeks;
    db_conn *c;
    v->by = web_param(w, "by");
    if (!v->by.n) v->by = S("first");
    if (!str_eq(v->by, S("first")) && !str_eq(v->by, S("final")) && !str_eq(v->by, S("said")))
        return err_set(ERR_MISSING, "There is no such list.");
    TRY(web_id(w, 1, &v->day));
    TRY(web_read(w, &c));
    TRY(store_fan_weeks(c, w->arena, w->who.brand.id, v->day, v->day, &weeks));
    if (!weeks.n) return err_set(ERR_MISSING, "Nothing was said in that week, or it is none.");
    v->week = weeks.v[0];
    TRY(load_week_rows(w, v));
    v->title = text2(w, T("The week from {0}"), fans_day_words(w, v->day), S(""));
    TRY(frame_load(w, v->title, &v->frame));
    v->frame.at = "fans";
    w->view = v;
    return ERR_NONE;
}

void fans_week_html(struct web_call *w) {
    const struct fans_week_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_fans_week(&w->page, v);
    frame_close(w, &v->frame);
}

void fans_week_json(const struct web_call *w, struct json_out *o) {
    const struct fans_week_view *v = w->view;
    json_open_object(o);
    json_key(o, S("week")), json_int(o, v->day);
    json_key(o, S("conversations"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct fan_talk *t = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("conversation")), json_id(o, t->conversation_id);
        json_key(o, S("customer")), json_str(o, t->customer_name);
        json_key(o, S("letters")), json_int(o, t->letters);
        json_key(o, S("replies")), json_int(o, t->replies);
        json_key(o, S("first_ms")), json_int(o, t->first_ms);
        json_key(o, S("final_ms")), json_int(o, t->final_ms);
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

/* ---- still with us ---- */

enum { BEHIND_LEAST = 5, CURVE_EVERY = 7 };

static struct chart_cell share_cell(double share, bool none) {
    return (struct chart_cell){(int64_t)(share * 1e6 + 0.5), none, S("")};
}

/* Drawn as far as at least five people are watched: what lies behind rests on too few. */
static void still_chart(struct web_call *w, const struct fans_still *s, struct chart *ret) {
    *ret = (struct chart){
        .id = "still",
        .title = web_text(w, T("Still with us, by the days since")),
        .axis = web_text(w, T("Days")),
        .kind = CHART_STAIRS,
        .unit = CHART_SHARE,
        .by_age = true,
        .nseries = 6,
        .series = {web_text(w, T("Had trouble and an answer")), web_text(w, T("Had no trouble")),
                   web_text(w, T("Trouble, at least")), web_text(w, T("Trouble, at most")),
                   web_text(w, T("No trouble, at least")), web_text(w, T("No trouble, at most"))},
        .low = {2, 4},
        .high = {3, 5},
        .csv = web_path(w, "/fans/files/still")};
    for (int64_t day = 0; day < CURVE_DAYS; day += CURVE_EVERY) {
        struct curve_point t = curve_at(&s->trouble.steps, day), f = curve_at(&s->free.steps, day);
        bool no_t = t.at_risk < BEHIND_LEAST, no_f = f.at_risk < BEHIND_LEAST;
        if (no_t && no_f) break;
        struct chart_row *r = list_add(w->arena, &ret->rows);
        *r = (struct chart_row){.day = day,
                                .label = number(w, day),
                                .cells = {share_cell(t.stay, no_t), share_cell(f.stay, no_f),
                                          share_cell(t.low, no_t), share_cell(t.high, no_t),
                                          share_cell(f.low, no_f), share_cell(f.high, no_f)}};
    }
}

str fans_still_words(struct web_call *w, const struct fans_still *s, bool trouble) {
    const struct fans_group *g = trouble ? &s->trouble : &s->free;
    int64_t known = g->stayed + g->gone;
    if (!g->people)
        return web_text(w, trouble ? T("Nobody yet had trouble and was answered.")
                                   : T("Nobody yet wrote without trouble."));
    str all = trouble
                  ? fans_plural(
                        w, g->people,
                        TN("{0} person had trouble and an answer.", "{0} people had trouble and an answer."))
                  : fans_plural(w, g->people, TN("{0} person had no trouble.", "{0} people had no trouble."));
    if (!known) return text2(w, T("{0} A year is not over for anybody yet."), all, S(""));
    str over =
        fans_plural(w, known, TN("For {0} of them a year is over:", "For {0} of them a year is over:"));
    return str_fmt(w->arena, "%.*s %.*s %.*s", STR_FMT(all), STR_FMT(over),
                   STR_FMT(fans_plural(w, g->stayed, TN("{0} is still with us.", "{0} are still with us."))));
}

static const char *const part_names[] = {"", "-stayed", "-gone"};

static str part_path(struct web_call *w, const struct fan_watched *of) {
    return web_path(w, "/fans/still?of=%s%s", of->trouble ? "trouble" : "free", part_names[of->part]);
}

static int64_t part_count(const struct fans_still *s, const struct fan_watched *of) {
    const struct fans_group *g = of->trouble ? &s->trouble : &s->free;
    switch (of->part) {
    case FAN_ALL: return g->people;
    case FAN_STAYED: return g->stayed;
    case FAN_GONE: return g->gone;
    }
    return 0;
}

/* Every number of both sentences, and where it leads. */
static void load_parts(struct web_call *w, struct fans_still_view *v) {
    static const char *const says[] = {
        T("{0} who had trouble and an answer"),       T("{0} of them still with us a year later"),
        T("{0} of them gone within a year"),          T("{0} who had no trouble"),
        T("{0} of those still with us after a year"), T("{0} of those gone within a year")};
    for (int i = 0; i < 6; i++) {
        struct fans_still_part *p = &v->parts[i];
        BUF_AUTO buf b = BUF_MAX(2000);
        p->of = (struct fan_watched){i < 3, (fan_part)(i % 3), v->still.drawn_at,
                                     v->still.quiet_days * (int64_t)DAY_MS};
        p->n = part_count(&v->still, &p->of);
        lang_fmt(&b, w->page.lang, says[i], (str[]){page_count_text(&w->page, p->n)}, 1);
        p->says = str_copy(w->arena, buf_str(&b));
        p->path = part_path(w, &p->of);
    }
}

static err read_part(struct web_call *w, struct fans_still_view *v) {
    str of = web_param(w, "of");
    v->of = v->parts[v->parts[0].n ? 0 : 3].of;
    for (int i = 0; of.n && i < 6; i++) {
        v->of = v->parts[i].of;
        str name = str_fmt(w->arena, "%s%s", i < 3 ? "trouble" : "free", part_names[i % 3]);
        if (str_eq(of, name)) return ERR_NONE;
    }
    return of.n ? err_set(ERR_MISSING, "There is no such list.") : ERR_NONE;
}

static struct fans_row watched_row(struct web_call *w, const struct fan_watched *of,
                                   const struct fan_life *l) {
    int64_t last = of->trouble ? l->trouble_last : l->free_last;
    int64_t until = !of->trouble && l->free_until ? l->free_until : of->at;
    bool gone = last + of->quiet_ms <= until, stranger = l->person < 0;
    str end = gone            ? web_text(w, T("silent since"))
              : of->trouble   ? web_text(w, T("still with us, answered"))
              : l->free_until ? web_text(w, T("had trouble"))
                              : web_text(w, T("still with us, came"));
    return (struct fans_row){.name = stranger ? web_text(w, T("Somebody who never wrote")) : l->customer_name,
                             .line = of->trouble ? l->subject : S(""),
                             .end = end,
                             .path = stranger      ? S("")
                                     : of->trouble ? web_path(w, "/c/%lld", (long long)l->trouble_id)
                                                   : web_path(w, "/customers/%lld", (long long)l->person),
                             .at = gone            ? last
                                   : of->trouble   ? l->trouble_from
                                   : l->free_until ? l->free_until
                                                   : l->free_from};
}

static err load_watched(struct web_call *w, db_conn *c, struct fans_still_view *v) {
    struct fan_key before = {0, 0};
    fan_life_list rows;
    str rest = web_param(w, "after"), at, id;
    if (rest.n && !(str_split(&rest, '.', &at) && str_split(&rest, '.', &id) && str_to_int(at, &before.at) &&
                    str_to_int(id, &before.id) && before.id))
        return err_set(ERR_MISSING, "There is no such list.");
    TRY(store_fan_watched(c, w->arena, w->who.brand.id, &v->of, before, FANS_ROWS + 1, &rows));
    for (size_t i = 0; i < rows.n && i < FANS_ROWS; i++)
        *list_add(w->arena, &v->rows) = watched_row(w, &v->of, &rows.v[i]);
    v->first = before.id ? part_path(w, &v->of) : S("");
    if (rows.n <= FANS_ROWS) return ERR_NONE;
    const struct fan_life *l = &rows.v[FANS_ROWS - 1];
    v->next = str_fmt(w->arena, "%.*s&after=%lld.%lld", STR_FMT(part_path(w, &v->of)),
                      (long long)(v->of.trouble ? l->trouble_from : l->free_from), (long long)l->person);
    return ERR_NONE;
}

err fans_still_view(struct web_call *w) {
    struct fans_still_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(fans_still(c, w->arena, w->who.brand.id, &v->still));
    if (!v->still.few) still_chart(w, &v->still, &v->chart);
    load_parts(w, v);
    TRY(read_part(w, v));
    TRY(load_watched(w, c, v));
    TRY(frame_load(w, web_text(w, T("Still with us a year later")), &v->frame));
    v->frame.at = "fans";
    w->view = v;
    return ERR_NONE;
}

void fans_still_html(struct web_call *w) {
    const struct fans_still_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_fans_still(&w->page, v);
    frame_close(w, &v->frame);
}

void fans_still_json(const struct web_call *w, struct json_out *o) {
    const struct fans_still_view *v = w->view;
    json_open_object(o);
    json_key(o, S("too_few")), json_bool(o, v->still.few);
    json_key(o, S("curve")), chart_json(o, &v->chart);
    json_key(o, S("people"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        json_open_object(o);
        json_key(o, S("customer")), json_str(o, v->rows.v[i].name);
        json_key(o, S("says")), json_str(o, v->rows.v[i].end);
        json_key(o, S("path")), json_str(o, v->rows.v[i].path);
        json_key(o, S("at")), json_int(o, v->rows.v[i].at);
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

/* ---- files ---- */

err fans_file(struct web_call *w) {
    str which = w->at.value[1];
    struct chart a = {0}, b = {0};
    int64_t n;
    db_conn *c;
    if (str_eq(which, S("waits")) || str_eq(which, S("rates"))) {
        TRY(load_weeks(w, &n, &a, &b));
        return chart_file(w, str_eq(which, S("waits")) ? &a : &b);
    }
    if (str_eq(which, S("fans"))) {
        TRY(fans_view(w));
        return chart_file(w, &((const struct fans_view *)w->view)->chart);
    }
    if (str_eq(which, S("still"))) {
        TRY(fans_still_view(w));
        struct fans_still_view *v = w->view;
        if (v->still.few) return err_set(ERR_MISSING, "There are too few people for a curve.");
        return chart_file(w, &v->chart);
    }
    if (str_eq(which, S("followers"))) {
        follower_list rows;
        TRY(web_read(w, &c));
        TRY(fans_load_followers(w, c, &rows, &a));
        return chart_file(w, &a);
    }
    return err_set(ERR_MISSING, "There is no such file.");
}
