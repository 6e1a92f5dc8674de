/* Followers and purchases: what is brought in from elsewhere. */
#include "fans.tmpl.h"
#include "web/fans_page.h"

static str count(struct web_call *w, int64_t n) { return str_copy(w->arena, page_count_text(&w->page, n)); }

str fans_problem_text(struct web_call *w, const struct order_problem *p) {
    BUF_AUTO buf b = BUF_MAX(2000);
    lang_fmt(&b, w->page.lang, p->why, &p->detail, 1);
    return str_copy(w->arena, buf_str(&b));
}

static void report_json(const struct web_call *w, struct json_out *o, const struct order_report *r) {
    json_key(o, S("kept")), json_int(o, (int64_t)r->kept);
    json_key(o, S("left_out")), json_int(o, (int64_t)r->nproblems);
    json_key(o, S("problems"));
    json_open_array(o);
    for (size_t i = 0; i < r->problems.n; i++) {
        BUF_AUTO buf b = BUF_MAX(2000);
        lang_fmt(&b, w->page.lang, r->problems.v[i].why, &r->problems.v[i].detail, 1);
        json_open_object(o);
        json_key(o, S("line")), json_int(o, (int64_t)r->problems.v[i].line);
        json_key(o, S("says")), json_str(o, buf_str(&b));
        json_close_object(o);
    }
    json_close_array(o);
}

static str csv_of(struct web_call *w) {
    return w->in->files.n ? w->in->files.v[0].bytes : web_param_text(w, "csv");
}

/* ---- followers ---- */

enum { NETWORKS_DRAWN = 4, EFFECTS_SHOWN = 12 };

static void add_network(struct web_call *w, fans_network_list *all, const struct follower *last) {
    *list_add(w->arena, all) = (struct fans_network){last->network, last->n, last->day};
}

static fans_network_list networks_of(struct web_call *w, const follower_list *rows) {
    fans_network_list all = {0};
    for (size_t i = 0; i < rows->n; i++)
        if (i + 1 == rows->n || !str_eq(rows->v[i].network, rows->v[i + 1].network))
            add_network(w, &all, &rows->v[i]);
    return all;
}

static struct chart_row *row_of_day(struct web_call *w, struct chart *c, int64_t day) {
    for (size_t i = 0; i < c->rows.n; i++)
        if (c->rows.v[i].day == day) return &c->rows.v[i];
    struct chart_row *r = list_add(w->arena, &c->rows);
    *r = (struct chart_row){.day = day, .label = fans_day_words(w, day)};
    for (int k = 0; k < CHART_SERIES; k++) r->cells[k].none = true;
    return r;
}

static int newest_first(const void *x, const void *y) {
    const struct chart_row *a = x, *b = y;
    return (a->day < b->day) - (a->day > b->day);
}

/* The last year, day by day; the first few networks. */
err fans_load_followers(struct web_call *w, db_conn *c, follower_list *ret_rows, struct chart *ret_chart) {
    struct chart chart = {.id = "followers",
                          .title = web_text(w, T("Followers")),
                          .axis = web_text(w, T("Day")),
                          .csv = web_path(w, "/fans/files/followers")};
    int64_t year_ago = fans_day_plus(fans_day_of(fans_zone(w), w->page.now), -365);
    TRY(store_followers(c, w->arena, w->who.brand.id, 0, ret_rows));
    for (size_t i = 0; i < ret_rows->n; i++) {
        const struct follower *f = &ret_rows->v[i];
        int at = chart.nseries - 1;
        if (at < 0 || !str_eq(chart.series[at], f->network)) {
            if (chart.nseries == NETWORKS_DRAWN) break;
            at = chart.nseries++;
            chart.series[at] = f->network;
        }
        if (f->day >= year_ago)
            row_of_day(w, &chart, f->day)->cells[at] = (struct chart_cell){f->n, false, S("")};
    }
    if (chart.rows.n) qsort(chart.rows.v, chart.rows.n, sizeof *chart.rows.v, newest_first);
    *ret_chart = chart;
    return ERR_NONE;
}

static err load_effects(struct web_call *w, db_conn *c, const follower_list *rows, fans_effect_list *ret) {
    follower_incident_list incidents;
    const struct zone *zone = fans_zone(w);
    TRY(store_follower_incidents(c, w->arena, w->who.brand.id, EFFECTS_SHOWN, &incidents));
    for (size_t i = 0; i < incidents.n; i++) {
        int64_t day = fans_day_of(zone, incidents.v[i].began_at);
        for (size_t from = 0, to; from < rows->n; from = to) {
            for (to = from; to < rows->n && str_eq(rows->v[to].network, rows->v[from].network);) to++;
            struct fans_effect e = {.network = rows->v[from].network,
                                    .title = incidents.v[i].title,
                                    .path = web_path(w, "/incidents/%lld", (long long)incidents.v[i].id),
                                    .began = fans_day_words(w, day)};
            e.begun = fans_day_plus(day, 6) >= fans_day_of(zone, w->page.now);
            follower_change_of(&rows->v[from], to - from, day, &e.change);
            *list_add(w->arena, ret) = e;
        }
    }
    return ERR_NONE;
}

str fans_effect_words(struct web_call *w, const struct fans_effect *e) {
    BUF_AUTO buf b = BUF_MAX(2000);
    const struct follower_change *x = &e->change;
    /* Set apart, whichever way its letters run. */
    str network = str_fmt(w->arena, "\u2068%.*s\u2069", STR_FMT(e->network));
    const str args[] = {network,           count(w, x->gained), count(w, x->usual),
                        count(w, x->most), count(w, x->weeks),  count(w, -x->gained)};
    lang_fmt(&b, w->page.lang,
             e->begun    ? T("{0}: the seven days from then on are not over.")
             : !x->known ? T("{0}: there are too few counts around it to say.")
             : x->gained < 0
                 ? T("{0}: {5} fewer in the seven days from then on. In the {4} weeks before it was "
                     "{2} a week, and {3} in the best of them.")
                 : T("{0}: {1} more in the seven days from then on. In the {4} weeks before it was "
                     "{2} a week, and {3} in the best of them."),
             args, 6);
    return str_copy(w->arena, buf_str(&b));
}

err followers_view(struct web_call *w) {
    struct fans_followers *v = arena_alloc(w->arena, sizeof *v);
    follower_list rows;
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(fans_load_followers(w, c, &rows, &v->chart));
    v->networks = networks_of(w, &rows);
    TRY(load_effects(w, c, &rows, &v->effects));
    TRY(frame_load(w, web_text(w, T("Followers")), &v->admin.frame));
    v->admin.frame.at = "fans";
    v->admin.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    v->may_write = web_may(w, RIGHT_WRITE);
    if (w->in->method != HTTP_GET) {
        v->typed =
            (struct follower_form){web_param(w, "network"), web_param(w, "day"), web_param(w, "count")};
        v->csv = str_clip_utf8(web_param_text(w, "csv"), 100000);
    }
    w->view = v;
    return ERR_NONE;
}

void followers_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct fans_followers *v = w->view;
    if (w->problem) v->admin.says = w->says;
    frame_open(w, &v->admin.frame);
    tmpl_fans_followers(&w->page, v);
    frame_close(w, &v->admin.frame);
}

void followers_json(const struct web_call *w, struct json_out *o) {
    const struct fans_followers *v = w->view;
    json_open_object(o);
    if (v->imported) report_json(w, o, &v->report);
    json_key(o, S("counts")), chart_json(o, &v->chart);
    json_key(o, S("incidents"));
    json_open_array(o);
    for (size_t i = 0; i < v->effects.n; i++) {
        const struct fans_effect *e = &v->effects.v[i];
        json_open_object(o);
        json_key(o, S("incident")), json_str(o, e->title);
        json_key(o, S("network")), json_str(o, e->network);
        json_key(o, S("known")), json_bool(o, e->change.known && !e->begun);
        json_key(o, S("gained")), json_int(o, e->change.gained);
        json_key(o, S("usual")), json_int(o, e->change.usual);
        json_key(o, S("most")), json_int(o, e->change.most);
        json_key(o, S("weeks")), json_int(o, e->change.weeks);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err follower_do_put(struct web_call *w) {
    struct follower_form form = {web_param(w, "network"), web_param(w, "day"), web_param(w, "count")};
    err e = follower_put(w->desk, w->arena, &w->actor, &form);
    if (e) return admin_again(w, e, followers_view);
    admin_kept(w, "/fans/followers");
    return w->json ? followers_view(w) : ERR_NONE;
}

err follower_do_import(struct web_call *w) {
    struct order_report report;
    err e = follower_import(w->desk, w->arena, &w->actor, csv_of(w), &report);
    if (e) return admin_again(w, e, followers_view);
    TRY(followers_view(w));
    struct fans_followers *v = w->view;
    v->report = report;
    v->imported = true;
    v->csv = S("");
    return ERR_NONE;
}

/* ---- purchases ---- */

err purchases_view(struct web_call *w) {
    struct fans_purchases *v = arena_alloc(w->arena, sizeof *v);
    struct fan_key before = {0, 0};
    str rest = web_param(w, "after"), at, id;
    db_conn *c;
    if (rest.n && !(str_split(&rest, '.', &at) && str_split(&rest, '.', &id) && str_to_int(at, &before.at) &&
                    str_to_int(id, &before.id) && before.id > 0))
        return err_set(ERR_MISSING, "There is no such list.");
    TRY(web_read(w, &c));
    TRY(store_purchases(c, w->arena, w->who.brand.id, before.at, before.id, FANS_ROWS + 1, &v->rows));
    TRY(store_purchase_hook_get(c, w->arena, w->who.brand.id, &v->hook));
    v->first = before.id ? web_path(w, "/fans/purchases") : S("");
    if (v->rows.n > FANS_ROWS) {
        v->rows.n = FANS_ROWS;
        v->next =
            web_path(w, "/fans/purchases?after=%lld.%lld", (long long)v->rows.v[FANS_ROWS - 1].bought_at,
                     (long long)v->rows.v[FANS_ROWS - 1].id);
    }
    v->hook_path =
        str_fmt(w->arena, "%.*s/purchases/%.*s", STR_FMT(w->desk->public_url), STR_FMT(w->who.brand.slug));
    TRY(frame_load(w, web_text(w, T("Purchases")), &v->admin.frame));
    v->admin.frame.at = "fans";
    v->admin.kept = w->in->method == HTTP_GET && web_param_has(w, "kept");
    if (w->in->method != HTTP_GET) v->csv = str_clip_utf8(web_param_text(w, "csv"), 100000);
    w->view = v;
    return ERR_NONE;
}

void purchases_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct fans_purchases *v = w->view;
    if (w->problem) v->admin.says = w->says;
    frame_open(w, &v->admin.frame);
    tmpl_fans_purchases(&w->page, v);
    frame_close(w, &v->admin.frame);
}

void purchases_json(const struct web_call *w, struct json_out *o) {
    const struct fans_purchases *v = w->view;
    json_open_object(o);
    if (v->imported) report_json(w, o, &v->report);
    if (v->secret.n) json_key(o, S("secret")), json_str(o, v->secret);
    json_key(o, S("purchases"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct purchase *p = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("number")), json_str(o, p->number);
        json_key(o, S("customer")), json_id(o, p->person > 0 ? p->person : 0);
        json_key(o, S("at")), json_int(o, p->bought_at);
        json_key(o, S("amount")), json_int(o, p->amount);
        json_key(o, S("currency")), json_str(o, p->currency);
        json_key(o, S("what")), json_str(o, p->what);
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

err purchase_do_put(struct web_call *w) {
    struct order_form form = {.number = web_param(w, "number"),
                              .address = web_param(w, "address"),
                              .day = web_param(w, "day"),
                              .amount = web_param(w, "amount"),
                              .currency = web_param(w, "currency"),
                              .what = web_param(w, "what"),
                              .refunded = web_param_on(w, "refunded") ? S("yes") : S("")};
    err e = order_put(w->desk, w->arena, &w->actor, &form, w->program ? PURCHASE_API : PURCHASE_FILE);
    if (e) return admin_again(w, e, purchases_view);
    admin_kept(w, "/fans/purchases");
    return ERR_NONE;
}

err purchase_do_import(struct web_call *w) {
    struct order_report report;
    err e = order_import(w->desk, w->arena, &w->actor, csv_of(w), &report);
    if (e) return admin_again(w, e, purchases_view);
    TRY(purchases_view(w));
    struct fans_purchases *v = w->view;
    v->report = report;
    v->imported = true;
    v->csv = S("");
    return ERR_NONE;
}

/* The secret is in this answer, and in no other. */
err purchase_hook_do_new(struct web_call *w) {
    str secret;
    TRY(order_hook_new(w->desk, w->arena, &w->actor, &secret));
    TRY(purchases_view(w));
    ((struct fans_purchases *)w->view)->secret = secret;
    return ERR_NONE;
}

err purchase_hook_do_end(struct web_call *w) {
    TRY(order_hook_end(w->desk, w->arena, &w->actor));
    admin_kept(w, "/fans/purchases");
    return ERR_NONE;
}

/* By the shop, without a session: the signature says who it is. */
err purchase_hook_take(struct web_call *w) {
    const struct order_hook_call call = {.slug = w->at.value[0],
                                         .id = http_header(w->in, S("webhook-id")),
                                         .timestamp = http_header(w->in, S("webhook-timestamp")),
                                         .signature = http_header(w->in, S("webhook-signature")),
                                         .body = w->in->body};
    int64_t kept;
    w->json = true;
    TRY(order_hook_take(w->desk, w->arena, &call, &kept));
    int64_t *n = arena_alloc(w->arena, sizeof *n);
    *n = kept;
    w->view = n;
    return ERR_NONE;
}

void purchase_hook_json(const struct web_call *w, struct json_out *o) {
    json_open_object(o);
    json_key(o, S("kept")), json_int(o, *(const int64_t *)w->view);
    json_close_object(o);
}
