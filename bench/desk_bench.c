/* Intake and reading, measured on the real functions over SQLite.
 *
 *     desk_bench intake FOLDER LETTERS LMTP_LOAD    LMTP with durable commit on 8 connections, against raw
 * inserts of the same bytes in the same SQLite with as many letters a commit desk_bench fill FOLDER LETTERS
 * make a desk and fill it: kept, then read on one core
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/cli.h"
#include "cli/receive.h"
#include "desk/intake.h"
#include "desk/people.h"
#include "jobs/jobs.h"
#include "kit.h"
#include "mail/lmtp.h"
#include "net/reader.h"
#include "sqlite3.h"

enum { ROUNDS = 8 };

static struct cli_desk desk;
static struct intake_inbox inbox;

static void open_desk(const char *folder) {
    if (cli_desk_open(folder, NULL, 0, &desk)) die("open");
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    struct people_setup_done done;
    if (people_setup(&desk.desk, desk.arena, &wanted, &done)) die("setup");
    if (cli_config_write(desk.arena, desk.desk.folder, &desk.config)) die("config");
    printf("password %.*s\n", STR_FMT(done.first_password));
    if (intake_find(&desk.desk, desk.arena, S("letters@tidewatch.example"), &inbox)) die("inbox");
}

static double run_load(const char *load, int port, const char *letters) {
    char at[64];
    snprintf(at, sizeof at, "127.0.0.1:%d", port);
    double began = seconds(CLOCK_MONOTONIC);
    pid_t child = fork();
    if (child == 0) {
        execl(load, load, at, "letters@tidewatch.example", "8", letters, "2048", (char *)NULL);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    if (status) die("lmtp_load");
    return seconds(CLOCK_MONOTONIC) - began;
}

/* The same bytes, a table of two columns, `batch` rows a commit, the same journal and sync setting. */
static double raw_inserts(const char *folder, int letters, int batch) {
    char path[512];
    snprintf(path, sizeof path, "%s/raw-peer.db", folder);
    unlink(path);
    sqlite3 *peer;
    sqlite3_stmt *put;
    if (sqlite3_open(path, &peer)) die("sqlite");
    sqlite3_exec(peer,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE raw (id INTEGER PRIMARY "
                 "KEY, bytes BLOB)",
                 NULL, NULL, NULL);
    sqlite3_prepare_v2(peer, "INSERT INTO raw VALUES (?, ?)", -1, &put, NULL);
    char bytes[2048];
    memset(bytes, 'x', sizeof bytes);
    double began = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < letters;) {
        sqlite3_exec(peer, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (int j = 0; j < batch && i < letters; i++, j++) {
            random_bytes(bytes, 64);
            sqlite3_bind_int64(put, 1, i);
            sqlite3_bind_blob(put, 2, bytes, sizeof bytes, SQLITE_STATIC);
            sqlite3_step(put);
            sqlite3_reset(put);
        }
        if (sqlite3_exec(peer, "COMMIT", NULL, NULL, NULL)) die("commit");
    }
    double took = seconds(CLOCK_MONOTONIC) - began;
    sqlite3_finalize(put);
    sqlite3_close(peer);
    return took;
}

/* Of the ratios of all rounds, so that a disk that stands still for a moment does not decide. */
static double median(double *v, int n) {
    qsort(v, (size_t)n, sizeof *v, by_size);
    return (v[(n - 1) / 2] + v[n / 2]) / 2;
}

static int intake(const char *folder, const char *letters, const char *load) {
    open_desk(folder);
    lmtp_server *server;
    struct lmtp_options options = {.listen = S("127.0.0.1:0"),
                                   .host = S("bench"),
                                   .max_size = 64 << 20,
                                   .hooks = receiver_hooks(receiver_new(&desk.desk))};
    if (lmtp_server_start(&options, &server)) die("lmtp");
    int round = (int)strtol(letters, NULL, 10) / ROUNDS;
    char each[16];
    snprintf(each, sizeof each, "%d", round);
    run_load(load, lmtp_server_port(server), "2000");
    double took = 0, raw = 0, ratios[ROUNDS];
    int64_t commits = 0;
    /* In turns, because the speed of a disk changes from one second to the next. */
    for (int r = 0; r < ROUNDS; r++) {
        int64_t commits_before, commits_after, functions;
        db_write_counts(desk.desk.db, &commits_before, &functions);
        double ours = run_load(load, lmtp_server_port(server), each);
        db_write_counts(desk.desk.db, &commits_after, &functions);
        commits += commits_after - commits_before;
        double theirs = raw_inserts(folder, round, (int)((double)round * (r + 1) / (double)commits + 0.5));
        took += ours, raw += theirs;
        ratios[r] = theirs / ours;
    }
    printf("intake %.0f letters/s, %.2f letters a commit; raw inserts as many a commit %.0f/s; ratio %.2f of "
           "%d rounds",
           round * ROUNDS / took, (double)round * ROUNDS / (double)commits, round * ROUNDS / raw,
           median(ratios, ROUNDS), ROUNDS);
    printf(" (%.2f to %.2f, of all time %.2f)\n", ratios[0], ratios[ROUNDS - 1], raw / took);
    lmtp_server_stop(server);
    cli_desk_close(&desk);
    return 0;
}

static str letter(arena *a, int i) {
    static const char *const things[] = {"lighthouse", "ferry",        "crane",  "bakery",  "lorry",
                                         "harbour",    "glider",       "anchor", "lantern", "door",
                                         "axle",       "instructions", "figure", "engine"};
    static const char *const verbs[] = {"lost",  "found",  "broke",   "opened",
                                        "built", "missed", "dropped", "painted"};
    BUF_AUTO buf b = BUF_MAX(8192);
    int who = i % 60000;
    buf_add_fmt(&b,
                "From: Customer %d <customer%d@people.example>\r\nTo: letters@tidewatch.example\r\nSubject: "
                "The %s and the %s\r\n"
                "Date: Thu, 12 Mar 2026 16:05:00 +0000\r\nMessage-ID: "
                "<bench-%d@people.example>\r\nMIME-Version: 1.0\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\n",
                who, who, things[i % 14], things[(i / 14) % 14], i);
    unsigned x = (unsigned)i * 2654435761u;
    while (b.n < 2000) {
        x = x * 1664525u + 1013904223u;
        buf_add_fmt(&b, "We %s the %s near the %s on day %u and it was word%u.\r\n", verbs[x >> 8 & 7],
                    things[(x >> 12) % 14], things[(x >> 20) % 14], x >> 24, (x >> 4) % 20000);
    }
    return str_copy(a, buf_str(&b));
}

static void *keep_some(void *arg) {
    int *range = arg;
    ARENA_AUTO arena *a = arena_new(0);
    for (int i = range[0]; i < range[1]; i++) {
        int64_t id;
        arena_reset(a);
        if (intake_keep(&desk.desk, a, inbox, S(""), S("letters@tidewatch.example"), letter(a, i), &id))
            die("keep");
    }
    return NULL;
}

static int fill(const char *folder, int n) {
    open_desk(folder);
    pthread_t threads[8];
    int ranges[8][2];
    for (int t = 0; t < 8; t++) {
        ranges[t][0] = (int)((int64_t)n * t / 8);
        ranges[t][1] = (int)((int64_t)n * (t + 1) / 8);
        pthread_create(&threads[t], NULL, keep_some, ranges[t]);
    }
    for (int t = 0; t < 8; t++) pthread_join(threads[t], NULL);
    cli_desk_close(&desk);

    /* Before the database's threads start, so that all of it, the reader child too, shares one core. */
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    if (cli_desk_open(folder, NULL, 0, &desk)) die("open");
    static const struct {
        str kind;
        const char *says;
    } kinds[] = {{{"read", 4}, "reading"}, {{"listen", 6}, "listening"}, {{"", 0}, "the rest"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        double began = seconds(CLOCK_MONOTONIC);
        int done;
        if (jobs_run_kind(&desk.desk, S("/proc/self/exe"), kinds[i].kind, &done)) die("jobs");
        double took = seconds(CLOCK_MONOTONIC) - began;
        printf("%s %.0f letters/s on one core (%d letters in %.1f s)\n", kinds[i].says, done / took, done,
               took);
    }
    cli_desk_close(&desk);
    return 0;
}

int main(int argc, char **argv) {
    random_start();
    if (argc > 1 && !strcmp(argv[1], "reader")) return reader_main();
    if (argc == 5 && !strcmp(argv[1], "intake")) return intake(argv[2], argv[3], argv[4]);
    if (argc == 4 && !strcmp(argv[1], "fill")) return fill(argv[2], (int)strtol(argv[3], NULL, 10));
    fprintf(stderr, "usage: desk_bench intake FOLDER LETTERS LMTP_LOAD | fill FOLDER LETTERS\n");
    return 2;
}
