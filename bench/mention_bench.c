/* Mentions pouring in: kept durably at an even rate, read and filed by the desk's own workers meanwhile,
 * while somebody looks at the list all the time, and somebody asks for the next of WAITING (100000) people in
 * an incident's room, and looks at the room. SQLite, all in one process.
 *
 *     mention_bench FOLDER        RATE (1000) a second for MENTION_SECONDS (120), then as fast as they can
 * until TOTAL (1000000) are there; WAITING=0: without the incident
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../test/unit/team_kit.h"
#include "base/random.h"
#include "cli/cli.h"
#include "desk/heart.h"
#include "desk/incident.h"
#include "desk/people.h"
#include "desk/post.h"
#include "jobs/jobs.h"
#include "kit.h"
#include "mail/send.h"
#include "store/channel.h"
#include "store/figures.h"
#include "store/session.h"
#include "web/web.h"

enum { BATCH = 50, SAMPLES_MAX = 1 << 20, AUTHORS = 200000 };

static struct {
    struct cli_desk cli;
    struct people_setup_done done;
    struct web *web;
    str session;
    int64_t brand, inbox;
    atomic_bool stop;
    double *took;
    size_t nlists;
    int64_t incident;
    double *next, *room;
    size_t nnext;
} b;

static long env(const char *name, long otherwise) {
    const char *v = getenv(name);
    return v && *v ? strtol(v, NULL, 10) : otherwise;
}

static long memory_mb(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss / 1024;
}

/* ---- mentions ---- */

static const char *const openings[] = {
    "The app of", "My boat from", "Is it me or does", "Anyone else with", "Since this morning",
    "Thank you,", "Hey",          "Love the new"};
static const char *const things[] = {"harbour crane", "login",        "ferry",  "checkout page",
                                     "lighthouse",    "order page",   "glider", "parcel tracker",
                                     "tugboat",       "password mail"};
static const char *const ends[] = {"does not open any more", "shows error 502",   "is stuck",
                                   "made our day",           "lost a wheel",      "keeps loading",
                                   "came without its door",  "is down for us too"};

/* One of twenty is an edit of the one before it, one of ten stands in somebody else's thread. */
static struct post mention(arena *a, uint64_t i) {
    uint64_t x = i * 0x9E3779B97F4A7C15ull;
    unsigned author = (unsigned)(x >> 40) % AUTHORS;
    bool edit = i % 20 == 19;
    uint64_t id = edit ? i - 1 : i;
    if (edit) author = (unsigned)((id * 0x9E3779B97F4A7C15ull) >> 40) % AUTHORS;
    struct post p = {
        .id = str_fmt(a, "at://did:plc:author%u/app.bsky.feed.post/%llu", author, (unsigned long long)id),
        .version = edit ? S("v2") : S("v1"),
        .author = {str_fmt(a, "at://did:plc:author%u", author), str_fmt(a, "person%u.example", author),
                   str_fmt(a, "Person %u", author), author % 5000, false},
        .text = str_fmt(a, "%s @tidewatch.example %s %s for the %u. time, and we wait since %llu.%s",
                        openings[x % 8], things[(x >> 8) % 10], ends[(x >> 16) % 8], (unsigned)(x >> 24) % 9,
                        (unsigned long long)(x >> 30) % 5000, edit ? " Edit: still." : ""),
        .created_at = desk_now(&b.cli.desk),
        .edited_at = edit ? desk_now(&b.cli.desk) : 0};
    p.url = str_fmt(a, "https://bsky.app/profile/person%u.example/post/%llu", author, (unsigned long long)id);
    if (i % 10 == 3)
        p.root = p.reply_to =
            str_fmt(a, "at://did:plc:author7/app.bsky.feed.post/%llu", (unsigned long long)(i / 1000));
    return p;
}

static void keep(arena *a, uint64_t from, size_t n) {
    struct post posts[BATCH];
    struct post_kept kept[BATCH];
    for (size_t i = 0; i < n; i++) posts[i] = mention(a, from + i);
    if (post_keep(&b.cli.desk, a, b.brand, b.inbox, posts, n, NULL, NULL, kept)) die("keep");
    for (size_t i = 0; i < n; i++)
        if (kept[i].result) die("a mention was not kept");
    arena_reset(a);
}

static void rest(double until) {
    double left = until - seconds(CLOCK_MONOTONIC);
    if (left <= 0) return;
    struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
    nanosleep(&t, NULL);
}

/* ---- the list ---- */

static void *look(void *arg) {
    arena *a = arena_new(0);
    (void)arg;
    while (!atomic_load(&b.stop) && b.nlists < SAMPLES_MAX) {
        struct http_request q = {.arena = a, .method = HTTP_GET, .path = S("/b/tidewatch-toys/list/waiting")};
        struct http_response r = {.status = 200, .body = BUF_MAX(64 << 20)};
        *list_add(a, &q.cookies) = (struct http_pair){S("longhand"), b.session};
        double from = seconds(CLOCK_MONOTONIC);
        web_handle(b.web, &q, &r);
        b.took[b.nlists++] = (seconds(CLOCK_MONOTONIC) - from) * 1e3;
        if (r.status != 200) die("the list was refused");
        buf_free(&r.body);
        arena_reset(a);
        rest(seconds(CLOCK_MONOTONIC) + 0.05);
    }
    arena_free(a);
    return NULL;
}

/* ---- the room ---- */

static err put_waiting(db_conn *c, void *arg) {
    const int *from = arg;
    uint64_t seed = 99 + (uint64_t)*from;
    struct team_person person;
    for (int i = *from; i < *from + 1000; i++)
        TRY(team_put(c, b.brand, b.done.inbox.id, b.incident, i, &seed, &person));
    return ERR_NONE;
}

static void open_incident(long waiting) {
    struct actor ines = {b.brand, b.done.admin.id, S("Ines Duarte")};
    struct incident_wish wish = {.title = S("The page is not answering")};
    if (incident_open(&b.cli.desk, b.cli.arena, &ines, &wish, &b.incident)) die("incident");
    for (int at = 0; at < waiting; at += 1000)
        if (db_write(b.cli.desk.db, put_waiting, &at)) die("waiting");
}

static void *answer(void *arg) {
    arena *a = arena_new(0);
    struct actor ines = {b.brand, b.done.admin.id, S("Ines Duarte")};
    (void)arg;
    while (!atomic_load(&b.stop) && b.nnext < SAMPLES_MAX) {
        struct room_given given;
        struct room_look room;
        double from = seconds(CLOCK_MONOTONIC);
        if (room_next(&b.cli.desk, a, &ines, b.incident, &given)) die("next");
        b.next[b.nnext] = (seconds(CLOCK_MONOTONIC) - from) * 1e3;
        if (!given.conversation) die("nobody waits");
        from = seconds(CLOCK_MONOTONIC);
        if (room_look(&b.cli.desk, a, &ines, b.incident, 30, &room)) die("room");
        b.room[b.nnext++] = (seconds(CLOCK_MONOTONIC) - from) * 1e3;
        if (room_give_back(&b.cli.desk, a, &ines, b.incident, given.conversation)) die("give back");
        arena_reset(a);
        rest(seconds(CLOCK_MONOTONIC) + 0.05);
    }
    arena_free(a);
    return NULL;
}

/* ---- the desk ---- */

static err put_rows(db_conn *c, void *arg) {
    arena *a = b.cli.arena;
    int64_t now = desk_now(&b.cli.desk);
    (void)arg;
    struct store_session row = {.hash = token_hash(a, b.session),
                                .account_id = b.done.admin.account_id,
                                .csrf = S("csrf"),
                                .created_at = now,
                                .seen_at = now,
                                .expires_at = now + DAY_MS};
    TRY(store_session_insert(c, a, &row));
    struct store_inbox inbox = {.brand_id = b.brand,
                                .id = b.inbox = id_new(now),
                                .address = S("@tidewatch.example (Webhook)"),
                                .name = S(""),
                                .transport = S("hook"),
                                .smtp_host = S(""),
                                .smtp_tls = S("required"),
                                .smtp_user = S(""),
                                .smtp_password = S(""),
                                .smtp_ca_file = S(""),
                                .created_at = now};
    TRY(store_inbox_insert(c, a, &inbox));
    struct store_channel account = {.brand_id = b.brand,
                                    .inbox_id = b.inbox,
                                    .kind = S("hook"),
                                    .account = S("bench"),
                                    .created_at = now};
    return store_channel_insert(c, &account);
}

static void wake(void *context) { job_workers_wake(context); }

static void open_desk(const char *folder, job_workers **ret) {
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    struct desk *d = &b.cli.desk;
    if (cli_desk_open(folder, NULL, 0, &b.cli)) die("open");
    if (people_setup(d, b.cli.arena, &wanted, &b.done)) die("setup");
    b.brand = b.done.brand.id;
    b.session = token_new(b.cli.arena);
    if (db_write(d->db, put_rows, NULL)) die("inbox");
    d->keeps_indexes = true;
    d->public_url = S("http://127.0.0.1");
    if (web_new(d, &b.web)) die("web");
    if (job_workers_start(d, S("/proc/self/exe"), ret)) die("workers");
    d->work = wake;
    d->work_context = *ret;
}

static int64_t unread(void) {
    ARENA_AUTO arena *a = arena_new(0);
    DB_READ_AUTO db_conn *c = NULL;
    store_figure_list rows = {0};
    int64_t n = 0;
    if (db_read_begin(b.cli.desk.db, &c) || store_figures_unread(c, a, b.brand, &rows)) die("count");
    for (size_t i = 0; i < rows.n; i++) n += rows.v[i].n;
    return n;
}

static void wait_until_read(void) {
    while (unread() > 0) rest(seconds(CLOCK_MONOTONIC) + 1);
}

static double most(double *list, size_t n) {
    qsort(list, n, sizeof *list, by_size);
    return n ? list[n * 99 / 100] : 0;
}

int main(int argc, char **argv) {
    random_start();
    if (argc > 1 && !strcmp(argv[1], "reader")) return reader_main();
    if (argc != 2) return fprintf(stderr, "usage: mention_bench FOLDER\n"), 2;
    long rate = env("RATE", 1000), lasting = env("MENTION_SECONDS", 120), total = env("TOTAL", 1000000);
    job_workers *workers;
    long waiting = env("WAITING", 100000);
    pthread_t looker, writer;
    smtp_start();
    open_desk(argv[1], &workers);
    b.took = calloc(SAMPLES_MAX, sizeof *b.took);
    b.next = calloc(SAMPLES_MAX, sizeof *b.next);
    b.room = calloc(SAMPLES_MAX, sizeof *b.room);
    if (waiting) open_incident(waiting);
    pthread_create(&looker, NULL, look, NULL);
    if (waiting) pthread_create(&writer, NULL, answer, NULL);
    arena *a = arena_new(0);
    uint64_t n = 0;
    double began = seconds(CLOCK_MONOTONIC), worst = 0;
    while (n < (uint64_t)(rate * lasting)) {
        double from = seconds(CLOCK_MONOTONIC);
        keep(a, n, BATCH);
        double took = seconds(CLOCK_MONOTONIC) - from;
        if (took > worst) worst = took;
        n += BATCH;
        rest(began + (double)n / (double)rate);
    }
    double kept = seconds(CLOCK_MONOTONIC) - began;
    int64_t behind = unread();
    wait_until_read();
    double read = seconds(CLOCK_MONOTONIC) - began;
    atomic_store(&b.stop, true);
    pthread_join(looker, NULL);
    if (waiting) pthread_join(writer, NULL);
    double p99 = most(b.took, b.nlists);
    printf("| %ld mentions a second for %ld s: all kept, %.0f/s; slowest batch of %d; left to read at the "
           "end | ≥ 1,000/s | "
           "%.0f/s; %.0f ms; %lld, read %.1f s later |\n",
           rate, lasting, (double)n / kept, BATCH, (double)n / kept, worst * 1e3, (long long)behind,
           read - kept);
    printf(
        "| the list meanwhile, p99 of %zu; memory of the process | ≤ 20 ms; ≤ 200 MB | %.1f ms; %ld MB |\n",
        b.nlists, p99, memory_mb());
    if (waiting)
        printf("| Next meanwhile, %ld waiting in the incident, p99 of %zu; looking at its room | ≤ 20 ms | "
               "%.1f ms; "
               "%.1f ms |\n",
               waiting, b.nnext, most(b.next, b.nnext), most(b.room, b.nnext));
    fflush(stdout);
    double more = seconds(CLOCK_MONOTONIC);
    uint64_t first = n;
    while (n < (uint64_t)total) {
        keep(a, n, BATCH);
        n += BATCH;
        if (n % 20000 == 0 && unread() > 100000) wait_until_read();
    }
    wait_until_read();
    if (n > first)
        printf("| up to %ld mentions, kept and read as fast as they can | | %.0f/s; %ld MB |\n", total,
               (double)(n - first) / (seconds(CLOCK_MONOTONIC) - more), memory_mb());
    b.cli.desk.work = NULL;
    job_workers_stop(workers);
    web_free(b.web);
    heart_close(&b.cli.desk);
    cli_desk_close(&b.cli);
    return 0;
}
