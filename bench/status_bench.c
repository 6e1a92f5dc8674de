/* The status page against libmicrohttpd itself: the desk's server with a page that is kept ready, and beside
 * it, in the same process and run, a bare one that answers the same number of bytes and nothing else. wrk
 * asks both in turns; while it asks the desk, updates are written.
 *
 *     status_bench FOLDER [SECONDS]     FOLDER is made; each of three rounds asks each for SECONDS (4) */
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/cli.h"
#include "desk/people.h"
#include "desk/status.h"
#include "kit.h"
#include "web/status_board.h"
#include "web/web.h"

enum { ROUNDS = 3, UPDATES = 24, PARTS = 6 };

static struct {
    struct cli_desk cli;
    struct web *web;
    struct actor who;
    int64_t matter;
    struct MHD_Response *bare;
    atomic_bool writing, leave;
    atomic_int written;
} b;

/* ---- the bare one ---- */

static enum MHD_Result on_bare(void *context, struct MHD_Connection *c, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_n, void **seen) {
    static int mark;
    (void)context, (void)url, (void)method, (void)version, (void)upload, (void)upload_n;
    if (!*seen) {
        *seen = &mark;
        return MHD_YES;
    }
    return MHD_queue_response(c, 200, b.bare);
}

static int start_bare(size_t bytes) {
    char *body = malloc(bytes);
    if (!body) die("memory");
    memset(body, 'x', bytes);
    b.bare = MHD_create_response_from_buffer(bytes, body, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(b.bare, "Content-Type", "text/html; charset=utf-8");
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_bare, NULL,
                                            MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);
    if (!d) die("libmicrohttpd");
    return MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
}

/* ---- the desk ---- */

static void add_part(int i) {
    struct status_component_form f = {.position = 99, .note = S(""), .state = STATUS_WORKING};
    f.name = str_fmt(b.cli.arena, "Part number %d", i);
    if (status_component_save(&b.cli.desk, b.cli.arena, &b.who, &f)) die("part");
}

static void add_update(arena *a, int i) {
    struct status_post p = {.kind = STATUS_TROUBLE,
                            .matter = b.matter,
                            .headline = b.matter ? S("") : S("The missing-pieces page is not answering."),
                            .words =
                                str_fmt(a,
                                        "Word number %d: we found the cause, the parts catalogue ran out of "
                                        "room on its disk. It is being moved, box by box.",
                                        i),
                            .key = S("")};
    int64_t id;
    if (status_post(&b.cli.desk, a, &b.who, &p, &id)) die("update");
    if (!b.matter) b.matter = id;
}

static void start_desk(const char *folder) {
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    struct people_setup_done done;
    if (cli_desk_open(folder, NULL, 0, &b.cli)) die(folder);
    if (people_setup(&b.cli.desk, b.cli.arena, &wanted, &done)) die("setup");
    b.who = (struct actor){done.brand.id, done.admin.id, S("Ines Duarte")};
    if (status_page_change(&b.cli.desk, b.cli.arena, &b.who, true, S(""), S(""))) die("page");
    for (int i = 0; i < PARTS; i++) add_part(i);
    for (int i = 0; i < UPDATES; i++) add_update(b.cli.arena, i);
    if (web_new(&b.cli.desk, &b.web)) die("web");
}

static int serve_desk(void) {
    http_server *server;
    struct http_options options = {.listen = S("127.0.0.1:0"), .handler = web_handle, .context = b.web};
    if (web_prepare(b.web, &options) || http_server_start(&options, &server)) die("serve");
    web_attach(b.web, server);
    if (status_board_refresh(b.web->status)) die("board");
    return http_server_port(server);
}

/* The page changes while it is read. */
static void *write_words(void *context) {
    (void)context;
    while (!atomic_load(&b.leave)) {
        usleep(100000);
        if (!atomic_load(&b.writing)) continue;
        ARENA_AUTO arena *a = arena_new(0);
        add_update(a, 100 + atomic_fetch_add(&b.written, 1));
    }
    return NULL;
}

/* ---- asking ---- */

static double number_behind(const char *text, const char *what) {
    const char *at = strstr(text, what);
    return at ? strtod(at + strlen(what), NULL) : 0;
}

static double ask(const char *url, int seconds) {
    int fd[2];
    char text[8192] = "", time[32];
    size_t n = 0;
    snprintf(time, sizeof time, "-d%ds", seconds);
    if (pipe(fd)) die("pipe");
    pid_t child = fork();
    if (child == 0) {
        dup2(fd[1], 1);
        close(fd[0]);
        execlp("wrk", "wrk", "-t1", "-c64", time, url, (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    for (ssize_t got; n < sizeof text - 1 && (got = read(fd[0], text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)got;
    close(fd[0]);
    int status;
    if (waitpid(child, &status, 0) < 0 || status) die("wrk");
    if (strstr(text, "Non-2xx")) die(text);
    return number_behind(text, "Requests/sec:");
}

int main(int argc, char **argv) {
    int64_t seconds = 4;
    char bare[64], page[64];
    struct status_shown shown;
    pthread_t writer;
    double of_bare = 0, of_page = 0;
    if (argc < 2 || (argc > 2 && !str_to_int(str_z(argv[2]), &seconds))) return 2;
    random_start();
    start_desk(argv[1]);
    snprintf(page, sizeof page, "http://127.0.0.1:%d/status/tidewatch-toys", serve_desk());
    if (!status_board_get(b.web->status, b.cli.arena, S("tidewatch-toys"), STATUS_HTML, &shown))
        die("no page");
    snprintf(bare, sizeof bare, "http://127.0.0.1:%d/", start_bare(shown.bytes.n));
    if (pthread_create(&writer, NULL, write_words, NULL)) die("thread");
    ask(page, 1);
    for (int i = 0; i < ROUNDS; i++) {
        of_bare += ask(bare, (int)seconds);
        atomic_store(&b.writing, true);
        of_page += ask(page, (int)seconds);
        atomic_store(&b.writing, false);
    }
    atomic_store(&b.leave, true);
    pthread_join(writer, NULL);
    printf("| status page of %.1f KB, %d updates written meanwhile, against libmicrohttpd's bare answer of "
           "that size | "
           "≥ 0.5 | %.2f (%.0f and %.0f requests/s) |\n",
           (double)shown.bytes.n / 1000, atomic_load(&b.written), of_page / of_bare, of_page / ROUNDS,
           of_bare / ROUNDS);
    fflush(stdout);
    _exit(0);
}
