/* `serve` while PostgreSQL cannot be reached: it waits, and shows the status pages from the copies that the
 * desk left in its folder. Letters are not taken in meanwhile, so whoever sends them keeps them and tries
 * again. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "cli/serve.h"
#include "desk/status_copy.h"
#include "http/http.h"
#include "web/status_render.h"

enum { WAIT_S = 2 };

/* A slug, and nothing that leads elsewhere in the file system. */
static bool is_slug(str s) {
    bool good = s.n > 0;
    for (size_t i = 0; i < s.n && good; i++)
        good = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-';
    return good;
}

static bool which_page(str path, str *ret_slug, status_form *ret_form) {
    static const char *const paths[STATUS_FORMS] = {"/status/:slug", "/status/:slug/feed.atom",
                                                    "/status/:slug/status.json"};
    struct http_match at;
    for (int i = 0; i < STATUS_FORMS; i++) {
        if (!http_match(str_z(paths[i]), path, &at) || !is_slug(at.value[0])) continue;
        *ret_slug = at.value[0];
        *ret_form = (status_form)i;
        return true;
    }
    return false;
}

static void answer(void *context, struct http_request *q, struct http_response *r) {
    str slug, bytes;
    status_form form;
    bool known = q->method == HTTP_GET && which_page(q->path, &slug, &form) &&
                 status_copy_get(context, q->arena, slug, status_form_file(form), &bytes) == ERR_NONE;
    http_header_add(q, r, S("X-Content-Type-Options"), S("nosniff"));
    if (known) {
        r->type = str_z(status_form_type(form));
        r->static_body = bytes;
        http_header_add(q, r, S("Content-Security-Policy"), status_csp(q->arena));
        http_header_add(q, r, S("Referrer-Policy"), S("no-referrer"));
        http_header_add(q, r, S("Cache-Control"), S("public, max-age=5"));
        return;
    }
    r->status = 503;
    r->type = S("text/plain; charset=utf-8");
    http_header_add(q, r, S("Retry-After"), S("10"));
    http_header_add(q, r, S("Cache-Control"), S("no-store"));
    r->static_body = S("The desk waits for its database. No letter is lost. Try again in a moment.\n");
}

static bool reached(str target) {
    db *d = NULL;
    err e = db_open(&(struct db_options){.target = target, .connections = 1}, &d);
    if (!e) db_close(d);
    return e != ERR_DATABASE;
}

static bool has_copies(arena *a, str folder) {
    struct stat s;
    return stat(str_fmt(a, "%.*s/status", STR_FMT(folder)).p, &s) == 0 && S_ISDIR(s.st_mode);
}

static sigset_t stopping(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    return ends;
}

/* An error: it was asked to stop before. */
static err wait_for(str target, http_server *http) {
    sigset_t ends = stopping();
    struct timespec pause = {.tv_sec = WAIT_S};
    err e = ERR_NONE;
    while (!reached(target))
        if (sigtimedwait(&ends, NULL, &pause) > 0) {
            e = err_set(ERR_DATABASE, "Stopped while it waited for its database.");
            break;
        }
    http_server_stop(http);
    return e;
}

err serve_wait(const char *folder, const char *db_target, const char *listen) {
    ARENA_AUTO arena *a = arena_new(1 << 20);
    struct cli_config config;
    char *full = realpath(folder ? folder : "data", NULL);
    str path = str_copy(a, full ? str_z(full) : S("data")), why = str_copy(a, str_z(err_text()));
    free(full);
    TRY(cli_config_read(a, path, &config));
    if (db_target) config.db = str_z(db_target);
    if (!str_starts(config.db, S("postgres")) || !has_copies(a, path) || reached(config.db))
        return err_set(ERR_DATABASE, "%.*s", STR_FMT(why));
    log_warn("serve", "%.*s The status pages are shown from their copies until it is there.", STR_FMT(why));
    sigset_t ends = stopping();
    /* Before any thread starts, so that only sigtimedwait sees them. */
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    struct desk d = {.folder = path};
    http_server *http;
    struct http_options options = {
        .listen = listen ? str_z(listen) : config.http, .handler = answer, .context = &d};
    TRY(http_server_start(&options, &http));
    return wait_for(config.db, http);
}
