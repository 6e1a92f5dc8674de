#include "web/job_page.h"

#include "admin.tmpl.h"

static str title_of(struct web_call *w, str kind) {
    if (str_eq(kind, S("read"))) return web_text(w, T("Read a letter"));
    if (str_eq(kind, S("listen"))) return web_text(w, T("Listen to a letter"));
    if (str_eq(kind, S("learn"))) return web_text(w, T("Remember what was sent"));
    if (str_eq(kind, S("voice"))) return web_text(w, T("Learn how the brand answers"));
    if (str_eq(kind, S("send"))) return web_text(w, T("Send a reply"));
    if (str_eq(kind, S("publish"))) return web_text(w, T("Publish a reply to a post"));
    if (str_eq(kind, S("mentions"))) return web_text(w, T("Fetch what is said about us"));
    if (str_eq(kind, S("ask"))) return web_text(w, T("Ask a grown-up"));
    if (str_eq(kind, S("forget"))) return web_text(w, T("Delete what children wrote"));
    if (str_eq(kind, S("like"))) return web_text(w, T("Learn letters, to find ones like them"));
    if (str_eq(kind, S("alarm"))) return web_text(w, T("Look for defects that letters tell of"));
    if (str_eq(kind, S("makers"))) return web_text(w, T("Tell makers"));
    if (str_eq(kind, S("print"))) return web_text(w, T("Print boxes"));
    if (str_eq(kind, S("tidy"))) return web_text(w, T("Clear away what has expired"));
    return kind;
}

err jobs_view(struct web_call *w) {
    struct jobs_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("Jobs")), "jobs", &v->admin));
    db_conn *c;
    job_list jobs = {0};
    TRY(web_read(w, &c));
    TRY(store_job_list(c, w->arena, w->who.brand.id, JOB_ROWS + 1, &jobs));
    v->more = jobs.n > JOB_ROWS;
    for (size_t i = 0; i < jobs.n && i < JOB_ROWS; i++) {
        const struct job *job = &jobs.v[i];
        *list_add(w->arena, &v->rows) = (struct job_row){
            .job = *job,
            .title = title_of(w, job->kind),
            .running = !job->dead_at && job->lease_until > w->page.now,
        };
        if (job->dead_at) v->dead++;
    }
    w->view = v;
    return ERR_NONE;
}

void jobs_html(struct web_call *w) {
    struct jobs_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_jobs(&w->page, v);
    admin_close(w, &v->admin);
}

void jobs_json(const struct web_call *w, struct json_out *o) {
    const struct jobs_view *v = w->view;
    json_open_object(o);
    json_key(o, S("more")), json_bool(o, v->more);
    json_key(o, S("jobs"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct job_row *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, r->job.id);
        json_key(o, S("kind")), json_str(o, r->job.kind);
        json_key(o, S("subject")), json_id(o, r->job.subject_id);
        json_key(o, S("running")), json_bool(o, r->running);
        json_key(o, S("run_at")), json_int(o, r->job.run_at);
        json_key(o, S("attempts")), json_int(o, r->job.attempts);
        json_key(o, S("last_error")), json_str(o, r->job.last_error);
        json_key(o, S("dead_at")), json_int(o, r->job.dead_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

struct again {
    struct web_call *w;
    int64_t id;
};

/* A job's id alone says nothing of its brand, so it must be among those of this one. */
static err write_retry(db_conn *c, void *arg) {
    struct again *x = arg;
    int64_t now = desk_now(x->w->desk);
    job_list jobs = {0};
    bool found = false;
    TRY(store_job_list(c, x->w->arena, x->w->who.brand.id, JOB_ROWS, &jobs));
    for (size_t i = 0; i < jobs.n && !found; i++) {
        if (jobs.v[i].id != x->id) continue;
        if (!jobs.v[i].dead_at && jobs.v[i].lease_until > now)
            return err_set(ERR_CONFLICT, "This job is under way just now.");
        TRY(store_job_retry(c, x->id, now, &found));
    }
    return found ? ERR_NONE : err_set(ERR_MISSING, "There is no such job any more; it is done.");
}

err job_retry(struct web_call *w) {
    struct again x = {.w = w};
    TRY(web_id(w, 1, &x.id));
    TRY(db_write(w->desk->db, write_retry, &x));
    desk_work(w->desk);
    admin_kept(w, "/admin/jobs");
    return ERR_NONE;
}
