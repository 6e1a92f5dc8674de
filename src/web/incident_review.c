#include <stdlib.h>

#include "incident.tmpl.h"
#include "web/incident_page.h"

enum { REVIEW_EVENTS = 2000, PAGE = 500, FILE_MAX = 256 << 20 };

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

typedef LIST(int64_t) waits;

/* How long people waited for their answer. */
static err load_waits(struct web_call *w, db_conn *c, struct review_view *v) {
    waits all = {0};
    int64_t after = 0;
    for (;;) {
        ARENA_AUTO arena *a = arena_new(0);
        room_line_list rows = {0};
        TRY(store_room_lines(c, a, w->who.brand.id, v->look.incident.incident.id, after, PAGE, &rows));
        for (size_t i = 0; i < rows.n; i++)
            if (rows.v[i].waited_since) *list_add(w->arena, &all) = rows.v[i].at - rows.v[i].waited_since;
        if (rows.n < PAGE) break;
        after = rows.v[rows.n - 1].serial;
    }
    if (!all.n) return ERR_NONE;
    qsort(all.v, all.n, sizeof *all.v, by_value);
    v->waited_median = all.v[all.n / 2];
    v->waited_longest = all.v[all.n - 1];
    return ERR_NONE;
}

err review_view(struct web_call *w) {
    struct review_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(room_look(w->desk, w->arena, &w->actor, id, REVIEW_EVENTS, &v->look));
    TRY(admin_load(w, v->look.incident.incident.title, "incidents", &v->admin));
    v->admin.frame.at = "incidents";
    TRY(web_read(w, &c));
    TRY(store_room_facts(c, w->arena, w->who.brand.id, id, true, &v->facts));
    TRY(load_waits(w, c, v));
    const struct store_incident *i = &v->look.incident.incident;
    int64_t until = i->state == INCIDENT_OVER && i->ended_at ? i->ended_at : v->look.now;
    v->chart.step_ms = ((until - i->began_at) / ROOM_CHART_STEPS / MINUTE_MS + 1) * MINUTE_MS;
    TRY(room_chart(w->desk, c, w->who.brand.id, id, i->began_at, v->chart.step_ms, v->chart.steps));
    room_chart_of(w, &v->chart, i->began_at, until);
    v->learned = w->in->method == HTTP_GET ? v->look.room.learned : web_param_text(w, "text");
    w->view = v;
    return ERR_NONE;
}

void review_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct review_view *v = w->view;
    v->admin.says = w->problem ? w->says : S("");
    frame_open(w, &v->admin.frame);
    tmpl_incident_open(&w->page, &v->admin);
    tmpl_review(&w->page, v);
    tmpl_incident_close(&w->page, &v->admin);
    frame_close(w, &v->admin.frame);
}

void review_json(const struct web_call *w, struct json_out *o) {
    const struct review_view *v = w->view;
    const struct room_counts *k = &v->look.counts;
    json_open_object(o);
    json_key(o, S("incident"));
    json_open_object(o);
    incident_json_members(o, &v->look.incident.incident);
    json_close_object(o);
    json_key(o, S("answered")), json_int(o, k->said);
    json_key(o, S("people_answered")), json_int(o, k->people);
    json_key(o, S("waiting")), json_int(o, k->waiting);
    json_key(o, S("owed")), json_int(o, k->owed);
    json_key(o, S("waited_median_ms")), json_int(o, v->waited_median);
    json_key(o, S("waited_longest_ms")), json_int(o, v->waited_longest);
    json_key(o, S("learned")), json_str(o, v->look.room.learned);
    json_close_object(o);
}

/* ---- files ---- */

static void line(buf *b, str text) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\n' || c == '\r')
            buf_add_char(b, ' ');
        else {
            if (c == '*' || c == '_' || c == '`' || c == '#' || c == '[' || c == '<' || c == '\\' || c == '|')
                buf_add_char(b, '\\');
            buf_add_char(b, c);
        }
    }
}

static void heading(struct web_call *w, buf *b, const char *msgid) {
    buf_add_fmt(b, "\n## %.*s\n\n", STR_FMT(web_text(w, msgid)));
}

static void put_counts(struct web_call *w, buf *b, const struct review_view *v) {
    const struct room_counts *k = &v->look.counts;
    heading(w, b, T("In numbers"));
    buf_add_fmt(b, "- %.*s: %lld\n", STR_FMT(web_text(w, T("Conversations"))),
                (long long)v->look.incident.incident.in);
    buf_add_fmt(b, "- %.*s: %lld\n", STR_FMT(web_text(w, T("Answers, each one written"))),
                (long long)k->said);
    buf_add_fmt(b, "- %.*s: %lld\n", STR_FMT(web_text(w, T("People answered"))), (long long)k->people);
    buf_add_fmt(b, "- %.*s: %lld\n", STR_FMT(web_text(w, T("Still waiting"))), (long long)k->waiting);
    buf_add_fmt(b, "- %.*s: %lld\n", STR_FMT(web_text(w, T("Still owed a second letter"))),
                (long long)k->owed);
    if (v->waited_longest)
        buf_add_fmt(b, "- %.*s: %.*s\n", STR_FMT(web_text(w, T("Half of them waited less than"))),
                    STR_FMT(page_waited_text(&w->page, v->waited_median)));
}

static void put_chart(struct web_call *w, buf *b, const struct room_chart *k) {
    heading(w, b, T("People waiting"));
    buf_add_fmt(b, "| %.*s | %.*s | %.*s | %.*s |\n|---|---|---|---|\n", STR_FMT(web_text(w, T("Until"))),
                STR_FMT(web_text(w, T("Wrote"))), STR_FMT(web_text(w, T("Answered"))),
                STR_FMT(web_text(w, T("Waiting then"))));
    for (int i = 0; i < k->n; i++)
        buf_add_fmt(b, "| %.*s | %lld | %lld | %lld |\n",
                    STR_FMT(page_when_text(&w->page, k->steps[i].at + k->step_ms)),
                    (long long)k->steps[i].came, (long long)k->steps[i].said, (long long)k->waiting[i]);
}

static void put_facts(struct web_call *w, buf *b, const struct review_view *v) {
    heading(w, b, T("What could be said"));
    for (size_t i = 0; i < v->facts.n; i++) {
        const struct room_fact *f = &v->facts.v[i];
        buf_add_z(b, "- ");
        line(b, f->text);
        buf_add_fmt(b, " (%.*s, %lld)", STR_FMT(f->owner_name), (long long)f->told);
        if (f->withdrawn_at)
            buf_add_fmt(b, ": %.*s %.*s", STR_FMT(web_text(w, T("taken out"))),
                        STR_FMT(page_when_text(&w->page, f->withdrawn_at)));
        buf_add_z(b, "\n");
    }
}

static void put_timeline(struct web_call *w, buf *b, const struct review_view *v) {
    heading(w, b, T("What happened"));
    for (size_t i = v->look.events.n; i > 0; i--) {
        const struct room_event *e = &v->look.events.v[i - 1];
        buf_add_fmt(b, "- %.*s: ", STR_FMT(page_when_text(&w->page, e->at)));
        line(b, room_event_text(w, e));
        buf_add_z(b, "\n");
    }
}

static err put_said(struct web_call *w, db_conn *c, buf *b, int64_t incident) {
    int64_t after = 0;
    heading(w, b, T("Who was told what"));
    for (;;) {
        ARENA_AUTO arena *a = arena_new(0);
        room_line_list rows = {0};
        TRY(store_room_lines(c, a, w->who.brand.id, incident, after, PAGE, &rows));
        for (size_t i = 0; i < rows.n; i++) {
            buf_add_fmt(b, "- %.*s, ", STR_FMT(page_when_text(&w->page, rows.v[i].at)));
            line(b, rows.v[i].customer_name);
            buf_add_z(b, " (");
            line(b, rows.v[i].agent_name);
            buf_add_z(b, "): ");
            line(b, rows.v[i].text);
            buf_add_z(b, "\n");
        }
        if (rows.n < PAGE) return ERR_NONE;
        after = rows.v[rows.n - 1].serial;
    }
}

static void as_file(struct web_call *w, const char *type, const char *name, buf *b) {
    web_header(w, "Content-Disposition", str_fmt(w->arena, "attachment; filename=\"%s\"", name));
    web_bytes(w, type, str_copy(w->arena, buf_str(b)));
}

err review_markdown(struct web_call *w) {
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    db_conn *c;
    TRY(review_view(w));
    const struct review_view *v = w->view;
    const struct store_incident *i = &v->look.incident.incident;
    buf_add_z(&b, "# ");
    line(&b, i->title);
    buf_add_fmt(&b, "\n\n%.*s", STR_FMT(page_when_text(&w->page, i->began_at)));
    if (i->ended_at) buf_add_fmt(&b, " – %.*s", STR_FMT(page_when_text(&w->page, i->ended_at)));
    buf_add_z(&b, "\n");
    if (i->note.n) buf_add_fmt(&b, "\n%.*s\n", STR_FMT(i->note));
    put_counts(w, &b, v);
    put_chart(w, &b, &v->chart);
    put_timeline(w, &b, v);
    put_facts(w, &b, v);
    heading(w, &b, T("What we learned"));
    buf_add(&b, v->look.room.learned);
    buf_add_z(&b, "\n");
    TRY(web_read(w, &c));
    TRY(put_said(w, c, &b, i->id));
    if (!buf_ok(&b)) return err_set(ERR_LIMIT, "The file would be too large.");
    as_file(w, "text/markdown; charset=utf-8", "incident.md", &b);
    return ERR_NONE;
}

err review_csv(struct web_call *w) {
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    struct store_incident i;
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_incident_get(c, w->arena, w->who.brand.id, id, &i));
    web_read_end(w);
    TRY(room_export_csv(w->desk, w->arena, w->who.brand.id, id, &b));
    as_file(w, "text/csv; charset=utf-8", "incident.csv", &b);
    return ERR_NONE;
}

err review_file(struct web_call *w) {
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(room_export_json(w->desk, w->arena, &w->actor, id, &b));
    as_file(w, "application/json", "incident.json", &b);
    return ERR_NONE;
}
