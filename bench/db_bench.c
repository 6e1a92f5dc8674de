/* db_bench: letters a second through db_write, against a loop that talks to SQLite by hand.
 *
 *     db_bench [TARGET]     TARGET: a folder for SQLite files (default: the current one) or a postgres:// URL
 *
 * A letter is a row of 2 KB. "by hand, 8 a commit" is what group commit with 8 threads is measured
 * against: one thread, no queue, 8 rows in each transaction. A disk's syncs are now fast, now slow, so the
 * two take turns in short rounds, and the ratio is the median of the rounds. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/db.h"
#include "kit.h"
#include "sqlite3.h"

enum { LETTER = 2048, ROUND_MS = 500, ROUNDS = 9, THREADS_MAX = 64 };

static const char table[] = "CREATE TABLE letter (id BIGINT PRIMARY KEY, raw BYTEA NOT NULL)";
static const char table_sqlite[] = "CREATE TABLE letter (id INTEGER PRIMARY KEY, raw BLOB NOT NULL) STRICT";
static char letter[LETTER];

static void need(bool ok, const char *why) {
    if (ok) return;
    fprintf(stderr, "db_bench: %s\n", why);
    exit(1);
}

static void remove_file(const char *path) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[512];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

struct rate {
    double letters, commits; /* a second */
};

static struct rate rate_of(int64_t letters, int64_t commits, int64_t ms) {
    return (struct rate){(double)letters * 1000 / (double)ms, (double)commits * 1000 / (double)ms};
}

static double median(double *v) {
    qsort(v, ROUNDS, sizeof *v, by_size);
    return v[ROUNDS / 2];
}

static void report(const char *what, int n, const struct rate *r) {
    double letters[ROUNDS], commits[ROUNDS], carried[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        letters[i] = r[i].letters;
        commits[i] = r[i].commits;
        carried[i] = r[i].letters / r[i].commits;
    }
    printf("%s %2d %-9s %8.0f letters/s %8.0f commits/s %7.2f letters a commit\n", what, n,
           what[0] == 'b' ? "a commit" : "threads", median(letters), median(commits), median(carried));
    fflush(stdout);
}

static struct rate by_hand(const char *path, int per_commit) {
    sqlite3 *h = NULL;
    sqlite3_stmt *insert = NULL, *begin = NULL, *commit = NULL;
    remove_file(path);
    need(!sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) &&
             !sqlite3_exec(h,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000",
                           NULL, NULL, NULL) &&
             !sqlite3_exec(h, table_sqlite, NULL, NULL, NULL) &&
             !sqlite3_prepare_v2(h, "INSERT INTO letter VALUES ($1, $2)", -1, &insert, NULL) &&
             !sqlite3_prepare_v2(h, "BEGIN IMMEDIATE", -1, &begin, NULL) &&
             !sqlite3_prepare_v2(h, "COMMIT", -1, &commit, NULL),
         "cannot prepare the loop by hand");
    int64_t start = clock_monotonic_ms(), end = start, letters = 0, commits = 0;
    for (; end - start < ROUND_MS; end = clock_monotonic_ms(), commits++) {
        sqlite3_step(begin), sqlite3_reset(begin);
        for (int i = 0; i < per_commit; i++, letters++) {
            sqlite3_bind_int64(insert, 1, letters);
            sqlite3_bind_blob(insert, 2, letter, LETTER, SQLITE_STATIC);
            need(sqlite3_step(insert) == SQLITE_DONE, "an insert failed");
            sqlite3_reset(insert);
        }
        need(sqlite3_step(commit) == SQLITE_DONE, "a commit failed");
        sqlite3_reset(commit);
    }
    sqlite3_finalize(insert), sqlite3_finalize(begin), sqlite3_finalize(commit);
    sqlite3_close(h);
    remove_file(path);
    return rate_of(letters, commits, end - start);
}

struct worker {
    pthread_t thread;
    db *d;
    int64_t id, written, until;
};

/* Ids grow for all together, as those of real letters do. */
static _Atomic int64_t next_id;

static err insert_letter(db_conn *c, void *arg) {
    struct worker *w = arg;
    db_query *q = db_sql(c, "INSERT INTO letter (id, raw) VALUES ($1, $2)");
    db_bind_int(q, 1, w->id);
    db_bind_blob(q, 2, (str){letter, LETTER});
    return db_done(q);
}

static void *work(void *arg) {
    struct worker *w = arg;
    for (; clock_monotonic_ms() < w->until; w->written++) {
        w->id = atomic_fetch_add(&next_id, 1);
        need(!db_write(w->d, insert_letter, w), err_text());
    }
    return NULL;
}

static err make_table(db_conn *c, void *arg) {
    (void)arg;
    if (db_conn_engine(c) == DB_SQLITE) return db_exec(c, table_sqlite);
    TRY(db_exec(c, "DROP TABLE IF EXISTS letter"));
    return db_exec(c, table);
}

static struct rate by_db_write(str target, int threads) {
    db *d = NULL;
    need(!db_open(&(struct db_options){.target = target}, &d) && !db_write(d, make_table, NULL), err_text());
    struct worker w[THREADS_MAX] = {0};
    int64_t commits_before, functions_before, commits, functions, letters = 0;
    db_write_counts(d, &commits_before, &functions_before);
    int64_t start = clock_monotonic_ms();
    for (int i = 0; i < threads; i++) {
        w[i] = (struct worker){.d = d, .until = start + ROUND_MS};
        need(!pthread_create(&w[i].thread, NULL, work, &w[i]), "no thread");
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(w[i].thread, NULL);
        letters += w[i].written;
    }
    int64_t ms = clock_monotonic_ms() - start;
    db_write_counts(d, &commits, &functions);
    db_close(d);
    return rate_of(letters, commits - commits_before, ms);
}

/* On PostgreSQL (not `file`) there is no loop by hand to compare with. */
static void compare(str target, bool file, int n) {
    struct rate hand[ROUNDS], ours[ROUNDS];
    double ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        if (file) hand[i] = by_hand(target.p, n);
        ours[i] = by_db_write(target, n);
        if (file) remove_file(target.p);
        ratio[i] = file ? ours[i].letters / hand[i].letters : 0;
    }
    if (file) report("by hand, ", n, hand);
    report("db_write, ", n, ours);
    if (file) printf("db_write / by hand with %d: %.2f\n", n, median(ratio));
}

int main(int argc, char **argv) {
    memset(letter, 'x', sizeof letter);
    str target = str_z(argc > 1 ? argv[1] : ".");
    bool file = !str_starts(target, S("postgres"));
    char path[512];
    snprintf(path, sizeof path, "%.*s/db_bench.db", STR_FMT(target));
    static const int threads[] = {1, 8, 32};
    for (int i = 0; i < 3; i++) compare(file ? str_z(path) : target, file, threads[i]);
    return 0;
}
