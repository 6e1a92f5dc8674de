#include "cli/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/fetching.h"
#include "cli/receive.h"
#include "cli/relay.h"
#include "desk/fans.h"
#include "desk/forget.h"
#include "desk/heart.h"
#include "desk/incident_watch.h"
#include "desk/learning.h"
#include "desk/rhythm.h"
#include "desk/tidy.h"
#include "desk/voice_learn.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "mail/lmtp.h"
#include "mail/send.h"
#include "store/job.h"
#include "web/web.h"

enum { LETTER_MAX = 64 << 20 };

struct serving {
    struct cli_desk *c;
    int lock;
    job_workers *workers;
    struct receiver *receiver;
    struct fetching *fetching;
    lmtp_server *lmtp, *deliver;
    struct relay *relay;
    http_server *http;
    struct web *web;
};

/* One desk a data folder: a second one would free leases that the first one holds. */
static err lock_folder(struct serving *s) {
    str path = str_fmt(s->c->arena, "%.*s/serve.lock", STR_FMT(s->c->desk.folder));
    s->lock = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0) return err_set(ERR_IO, "Cannot open %s: %s.", path.p, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
        return err_set(ERR_BUSY, "A desk runs in %.*s already.", STR_FMT(s->c->desk.folder));
    return ERR_NONE;
}

err serve_alone(struct cli_desk *c, int *ret_lock, bool *ret_alone) {
    struct serving s = {.c = c, .lock = -1};
    err e = lock_folder(&s);
    if (e && s.lock >= 0) close(s.lock);
    if (e && e != ERR_BUSY) return e;
    *ret_alone = !e;
    *ret_lock = e ? -1 : s.lock;
    return ERR_NONE;
}

static err start_lmtp(struct serving *s, str listen, lmtp_server **ret) {
    struct lmtp_options options = {.listen = listen,
                                   .host = S("longhand"),
                                   .max_size = LETTER_MAX,
                                   .hooks = receiver_hooks(s->receiver)};
    return lmtp_server_start(&options, ret);
}

static void wake(void *context) { job_workers_wake(context); }

static err release(db_conn *c, void *arg) {
    (void)arg;
    return store_job_release_all(c);
}

static err start(struct serving *s) {
    struct desk *d = &s->c->desk;
    arena *a = s->c->arena;
    TRY(lock_folder(s));
    memory_reserve(MEMORY_RESERVE);
    smtp_start();
    if (db_engine_of(d->db) == DB_SQLITE) TRY(db_write(d->db, release, NULL));
    d->keeps_indexes = true;
    TRY(tidy_start(d, a));
    TRY(rhythm_start(d, a));
    TRY(fans_start(d, a));
    TRY(learning_start(d, a));
    TRY(watch_start(d, a));
    TRY(forget_start(d, a));
    TRY(voice_learn_start(d, a));
    TRY(web_new(d, &s->web));
    TRY(job_workers_start(d, S("/proc/self/exe"), &s->workers));
    d->work = wake;
    d->work_context = s->workers;
    s->receiver = receiver_new(d);
    TRY(start_lmtp(s, str_fmt(a, "%.*s/deliver.sock", STR_FMT(d->folder)), &s->deliver));
    if (s->c->config.lmtp.n) TRY(start_lmtp(s, s->c->config.lmtp, &s->lmtp));
    TRY(relay_start(&s->c->config, LETTER_MAX, receiver_hooks(s->receiver), &s->relay));
    TRY(fetching_start(d, &s->fetching));
    struct http_options http = {.listen = s->c->config.http, .handler = web_handle, .context = s->web};
    TRY(web_prepare(s->web, &http));
    TRY(http_server_start(&http, &s->http));
    web_attach(s->web, s->http);
    return ERR_NONE;
}

/* In the order of the letter's way, so that nothing is taken in that nobody works on. */
static void stop(struct serving *s) {
    if (s->lmtp) lmtp_server_stop(s->lmtp);
    if (s->deliver) lmtp_server_stop(s->deliver);
    relay_stop(s->relay);
    if (s->http) http_server_stop(s->http);
    /* Behind the pages, which wake it. */
    s->c->desk.fetch = NULL;
    fetching_stop(s->fetching);
    s->c->desk.work = NULL;
    job_workers_stop(s->workers);
    web_free(s->web);
    receiver_free(s->receiver);
    if (heart_save(&s->c->desk)) log_warn("near", "%s What was learned since is learned again.", err_text());
    if (s->lock >= 0) close(s->lock);
}

err serve_run(struct cli_desk *c, void (*ready)(void *context, int port), void *context) {
    /* Blocked before any thread starts, so that all inherit it and only sigwait sees them. */
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    struct serving s = {.c = c, .lock = -1};
    err e = start(&s);
    if (!e) {
        if (ready) ready(context, http_server_port(s.http));
        int which;
        sigwait(&ends, &which);
        log_info("serve", "stopping");
    }
    stop(&s);
    return e;
}

enum { OPT_DATA, OPT_DB, OPT_HTTP, OPT_LMTP, OPT_URL };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"http", false, "where the pages are served (127.0.0.1:8080)"},
    {"lmtp", false, "where letters come in: ADDR:PORT or a socket's path (127.0.0.1:2424)"},
    {"url", false, "the address under which people reach the pages"},
    {0},
};

static void say_ready(void *context, int port) {
    struct cli_desk *c = context;
    /* One line that tests and service managers wait for. */
    printf("longhand serves %.*s on port %d, letters at %.*s\n", STR_FMT(c->config.public_url), port,
           STR_FMT(c->config.lmtp));
    fflush(stdout);
}

int verb_serve(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("serve"), options, 0, 0, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    err e = cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c);
    if (e == ERR_DATABASE && !serve_wait(args.value[OPT_DATA], args.value[OPT_DB], args.value[OPT_HTTP]))
        e = cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c);
    if (e) return cli_fail("serve", NULL);
    if (args.value[OPT_HTTP]) c.config.http = str_z(args.value[OPT_HTTP]);
    if (args.value[OPT_LMTP]) c.config.lmtp = str_z(args.value[OPT_LMTP]);
    if (args.value[OPT_URL])
        c.config.public_url = str_z(args.value[OPT_URL]);
    else if (args.value[OPT_HTTP] && str_starts(c.config.public_url, S("http://127.0.0.1:")))
        c.config.public_url = str_fmt(c.arena, "http://%s", args.value[OPT_HTTP]);
    c.desk.public_url = c.config.public_url;
    return serve_run(&c, say_ready, &c) ? cli_fail("serve", NULL) : EXIT_DONE;
}
