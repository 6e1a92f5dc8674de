/* The one writing connection of a process, and the queue before it.
 *
 * Whoever comes while nobody writes becomes the leader: he runs his own function and those of all who
 * came meanwhile, in one transaction, and then hands the lead to the first of those who wait. So a lone
 * writer never waits for another thread to wake, and many writers share one commit.
 *
 * The first function of a transaction needs no savepoint: when it fails, all is rolled back and nobody
 * else loses anything. Every later one runs in a savepoint. Nobody hears of a result, good or bad,
 * before the commit: a function that failed because of a row that another one of the batch had written
 * must not be told so if that row was lost again. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "db/sqlite.h"
#include "sqlite3.h"

enum {
    BATCH_MAX = 256,
    SETTLE_WAIT_MS = 200, /* writers wait as long */
    WAIT_LIMIT_US = 1000,
    SPIN_US = 50,
    BUSY_WAIT_US = 200,            /* until the next try to begin where another process writes */
    CHECKPOINT_PAGES = 1000,       /* the checkpoint thread starts, and again after as many */
    CHECKPOINT_BY_WRITER = 16000,  /* 64 MB: the writer itself stops for it, so that the WAL ends, */
    CHECKPOINT_REST = 400,         /* as soon as the thread left it so little, */
    CHECKPOINT_AT_LAST = 20000,    /* or anyway */
    CHECKPOINT_WRITER_PAGES = 500, /* and not again before as many more */
};

struct job {
    db_fn fn;
    void *arg;
    err code;
    char text[DB_WHY];
    _Atomic bool done;
    int bell; /* the one its caller listens to */
    struct job *next;
};

struct sqlite_writer {
    struct sqlite_db *d;
    struct sqlite_conn *c;
    sqlite3_stmt *savepoint, *release, *rollback_to;

    pthread_mutex_t mutex;
    pthread_cond_t arrived; /* while the leader waits for more */
    pthread_cond_t at_rest; /* while db_close waits for the last caller to leave */
    struct job *first, **last;
    _Atomic int queued;
    _Atomic uint32_t bells[2]; /* futexes */
    int bell;                  /* for those who come now */
    bool led, leader_waits, stop;
    int inside; /* callers of db_write */

    /* Of the leader. `expected`: how many functions the last transaction carried. Their callers are
     * likely to come back at once, and waiting a little for them saves a sync for each. */
    int expected;
    int64_t commit_us;
    int64_t until;   /* us: beginning is given up */
    int turn;        /* of the folder, for the lock of wait_for_turn; -1 none */
    bool first_runs; /* the function that runs is the first of its transaction: nothing is changed yet */

    pthread_t checkpointer;
    pthread_mutex_t checkpoint_mutex; /* held while the WAL is copied back */
    pthread_cond_t checkpoint_due;
    bool checkpoint_wanted, checkpoint_stop, checkpointer_runs;
    sqlite3 *checkpoint_h;
    int wal_pages, checkpoint_due_at, writer_due_at; /* of the leader */
    _Atomic int copied;                              /* pages of the WAL, by the thread */
};

/* The functions of one transaction, run and not yet told. */
struct batch {
    struct job *v[BATCH_MAX];
    int n, kept;
};

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void settle(struct job *j, err code) {
    j->code = code;
    snprintf(j->text, sizeof j->text, "%s", code ? err_text() : "");
}

/* Bells: callers sleep on one of two, and one system call wakes all of a batch. Those who come while a
 * batch is committed listen to the other one. */
static void ring(struct sqlite_writer *w, int bell, int most) {
    atomic_fetch_add(&w->bells[bell], 1);
    syscall(SYS_futex, &w->bells[bell], FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
}

static void tell(struct sqlite_writer *w, struct job **jobs, int n) {
    bool used[2] = {false, false};
    for (int i = 0; i < n; i++) used[jobs[i]->bell] = true;
    /* A job is on its caller's stack and may be gone once it is done. */
    for (int i = 0; i < n; i++) atomic_store(&jobs[i]->done, true);
    for (int i = 0; i < 2; i++)
        if (used[i]) ring(w, i, INT_MAX);
}

static void tell_all(struct sqlite_writer *w, struct batch *b) {
    tell(w, b->v, b->n);
    b->n = b->kept = 0;
}

/* Transactions. */

static err engine_error(struct sqlite_writer *w, int rc) {
    return err_set(sqlite_code(w->c->h, rc), "SQLite: %s.", sqlite3_errmsg(w->c->h));
}

static bool wait_more(const struct sqlite_writer *w) {
    if (now_us() > w->until) return false;
    nanosleep(&(struct timespec){.tv_nsec = BUSY_WAIT_US * 1000L}, NULL);
    return true;
}

static int on_busy(void *arg, int tries) {
    (void)tries;
    return wait_more(arg);
}

/* SQLite gives the database to whoever asks at the right moment, and among processes that write without rest
 * that is the one that has just ended: the other could wait for seconds. So whoever is next holds the
 * folder's lock until it has begun, and the one that ended stands behind it. Where a folder takes no such
 * lock (some network file systems), it is as before. */
static bool wait_for_turn(struct sqlite_writer *w) {
    while (w->turn >= 0 && flock(w->turn, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR) return true;
        if (!wait_more(w)) return false;
    }
    return true;
}

static err begin(struct sqlite_writer *w) {
    int rc = SQLITE_BUSY;
    w->until = now_us() + w->d->busy_ms * INT64_C(1000);
    if (wait_for_turn(w)) {
        do rc = sqlite_run(w->c->begin);
        while ((rc & 0xff) == SQLITE_BUSY && wait_more(w));
        if (w->turn >= 0) flock(w->turn, LOCK_UN);
    }
    if (!rc) return ERR_NONE;
    if ((rc & 0xff) != SQLITE_BUSY) return engine_error(w, rc);
    return err_set(ERR_BUSY, "Another process held the database for more than %d ms.", w->d->busy_ms);
}

static void roll_back(struct sqlite_writer *w) {
    if (!sqlite3_get_autocommit(w->c->h)) sqlite_run(w->c->rollback);
}

static bool in_transaction(struct sqlite_writer *w) { return !sqlite3_get_autocommit(w->c->h); }

/* SQLite goes on writing into a file that was deleted or replaced; what is kept there ends with the process.
 */
static bool file_is_gone(struct sqlite_writer *w) {
    int moved = 0;
    return sqlite3_file_control(w->c->h, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

static err commit(struct sqlite_writer *w, int functions) {
    if (file_is_gone(w)) {
        roll_back(w);
        return err_set(ERR_DATABASE, "The database file was deleted or replaced while it was in use.");
    }
    int64_t start = now_us();
    int rc = sqlite_run(w->c->commit);
    if (rc) {
        err code = engine_error(w, rc);
        roll_back(w);
        return code;
    }
    w->commit_us = now_us() - start;
    atomic_fetch_add(&w->d->base.commits, 1);
    atomic_fetch_add(&w->d->base.functions, functions);
    return ERR_NONE;
}

/* SQLite rolls the whole transaction back by itself on some errors (disk full, I/O). A function that
 * says all is well on such a connection broke the rules; its work is gone. */
static err run_function(struct sqlite_writer *w, struct job *j) {
    err code = db_conn_run(&w->c->base, j->fn, j->arg);
    if (!code && !in_transaction(w))
        code = err_set(ERR_INTERNAL, "A write function ended its own transaction.");
    return code;
}

static void run_alone(struct sqlite_writer *w, struct job *j) {
    err code = begin(w);
    w->first_runs = true;
    if (!code) code = run_function(w, j);
    if (code)
        roll_back(w);
    else
        code = commit(w, 1);
    settle(j, code);
    tell(w, &j, 1);
}

/* Nothing of the batch was kept: each runs again by itself. */
static void run_each_alone(struct sqlite_writer *w, struct batch *b) {
    for (int i = 0; i < b->n; i++) run_alone(w, b->v[i]);
    b->n = b->kept = 0;
}

/* Run one function in the open transaction. False when the transaction is no more; the work of all in
 * the batch is lost with it, and it may be the sum of them that was too much. */
static bool run_in_batch(struct sqlite_writer *w, struct batch *b, struct job *j) {
    bool first = b->kept == 0;
    w->first_runs = first;
    int rc = first ? 0 : sqlite_run(w->savepoint);
    err code = rc ? engine_error(w, rc) : run_function(w, j);
    settle(j, code);
    bool whole = in_transaction(w);
    if (code && first) {
        /* Only failed ones so far: start afresh for those that follow. */
        roll_back(w);
        whole = begin(w) == ERR_NONE;
    } else if (!rc && whole && !first) {
        rc = code ? sqlite_run(w->rollback_to) : SQLITE_OK;
        if (!rc) rc = sqlite_run(w->release);
    }
    b->v[b->n++] = j;
    if (!code) b->kept++;
    if (!rc && whole) return true;
    roll_back(w);
    return false;
}

/* The queue. */

static struct job *pop(struct sqlite_writer *w) {
    struct job *j = w->first;
    if (!j) return NULL;
    w->first = j->next;
    if (!w->first) w->last = &w->first;
    atomic_fetch_sub(&w->queued, 1);
    return j;
}

/* The next function, NULL when none is there; when more are expected, waits for one until `until` (us).
 * A short spin first, because those who were just woken need only a turn on a processor. */
static struct job *next_job(struct sqlite_writer *w, bool more_expected, int64_t until) {
    if (more_expected)
        for (int64_t end = now_us() + SPIN_US; !atomic_load(&w->queued) && now_us() < end;) sched_yield();
    pthread_mutex_lock(&w->mutex);
    struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    w->leader_waits = more_expected;
    while (!w->first && w->leader_waits)
        if (pthread_cond_timedwait(&w->arrived, &w->mutex, &t)) w->leader_waits = false;
    w->leader_waits = false;
    struct job *j = pop(w);
    pthread_mutex_unlock(&w->mutex);
    return j;
}

/* No transaction could begin: nobody who waits now has a better chance. */
static void refuse_queued(struct sqlite_writer *w, struct job *j, err code) {
    for (int n = atomic_load(&w->queued); j; j = n-- > 0 ? next_job(w, false, 0) : NULL) {
        settle(j, code);
        tell(w, &j, 1);
    }
}

static void commit_batch(struct sqlite_writer *w, struct batch *b) {
    if (b->kept == 0) {
        roll_back(w);
        return;
    }
    err code = commit(w, b->kept);
    /* Surely not kept, and one function may be to blame for all: no space, or a deferred constraint. */
    if (b->n > 1 && (code == ERR_FULL || code == ERR_INVALID)) {
        run_each_alone(w, b);
        return;
    }
    for (int i = 0; code && i < b->n; i++) settle(b->v[i], code);
}

/* ret_batch: those whose results are settled and still to be told. */
static void run_batch(struct sqlite_writer *w, struct batch *ret_batch) {
    struct batch *b = ret_batch;
    b->n = b->kept = 0;
    struct job *j = next_job(w, false, 0);
    err code = begin(w);
    if (code) {
        refuse_queued(w, j, code);
        return;
    }
    int64_t patience = w->commit_us / 2 < WAIT_LIMIT_US ? w->commit_us / 2 : WAIT_LIMIT_US;
    int64_t until = now_us() + patience;
    while (j) {
        if (!run_in_batch(w, b, j)) {
            run_each_alone(w, b);
            return;
        }
        j = b->n < BATCH_MAX ? next_job(w, b->n < w->expected, until) : NULL;
    }
    pthread_mutex_lock(&w->mutex);
    w->bell = !w->bell;
    pthread_mutex_unlock(&w->mutex);
    w->expected = b->n;
    commit_batch(w, b);
}

/* Checkpoints: copying the WAL back into the database file. */

static int on_commit(void *arg, sqlite3 *h, const char *name, int pages) {
    (void)h, (void)name;
    struct sqlite_writer *w = arg;
    if (pages < w->wal_pages) { /* the WAL began anew */
        w->checkpoint_due_at = CHECKPOINT_PAGES;
        w->writer_due_at = 0;
        atomic_store(&w->copied, 0);
    }
    w->wal_pages = pages;
    return SQLITE_OK;
}

static bool writer_must_checkpoint(struct sqlite_writer *w) {
    if (w->wal_pages < CHECKPOINT_BY_WRITER || w->wal_pages < w->writer_due_at) return false;
    return w->wal_pages - atomic_load(&w->copied) <= CHECKPOINT_REST || w->wal_pages >= CHECKPOINT_AT_LAST;
}

/* The thread's checkpoint never catches up with writers that do not rest, and only a WAL that was copied
 * to its end begins anew; so at some length the leader does the last part itself, when the thread has just
 * left it little, since all who write wait for it. A reader that stays long holds it up for both; then each
 * new try waits for some growth. */
static void checkpoint_if_due(struct sqlite_writer *w) {
    if (writer_must_checkpoint(w)) {
        pthread_mutex_lock(&w->checkpoint_mutex);
        sqlite3_wal_checkpoint_v2(w->c->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        pthread_mutex_unlock(&w->checkpoint_mutex);
        w->writer_due_at = w->wal_pages + CHECKPOINT_WRITER_PAGES;
        return;
    }
    if (w->wal_pages < w->checkpoint_due_at) return;
    /* Held only while one runs. */
    if (pthread_mutex_trylock(&w->checkpoint_mutex)) return;
    w->checkpoint_wanted = true;
    pthread_cond_signal(&w->checkpoint_due);
    pthread_mutex_unlock(&w->checkpoint_mutex);
    w->checkpoint_due_at = w->wal_pages + CHECKPOINT_PAGES;
}

static void *checkpointer_main(void *arg) {
    struct sqlite_writer *w = arg;
    pthread_mutex_lock(&w->checkpoint_mutex);
    for (;;) {
        while (!w->checkpoint_wanted && !w->checkpoint_stop)
            pthread_cond_wait(&w->checkpoint_due, &w->checkpoint_mutex);
        if (w->checkpoint_stop) break;
        w->checkpoint_wanted = false;
        int copied = 0;
        /* A failure here loses nothing: the WAL keeps what it holds, and the next one tries again. */
        sqlite3_wal_checkpoint_v2(w->checkpoint_h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &copied);
        atomic_store(&w->copied, copied);
    }
    pthread_mutex_unlock(&w->checkpoint_mutex);
    return NULL;
}

err sqlite_writer_truncate(struct sqlite_writer *w) {
    pthread_mutex_lock(&w->checkpoint_mutex);
    sqlite3_busy_timeout(w->checkpoint_h, SETTLE_WAIT_MS);
    int rc = sqlite3_wal_checkpoint_v2(w->checkpoint_h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    err code = rc ? err_set(sqlite_code(w->checkpoint_h, rc), "SQLite: %s.", sqlite3_errmsg(w->checkpoint_h))
                  : ERR_NONE;
    sqlite3_busy_timeout(w->checkpoint_h, 0);
    pthread_mutex_unlock(&w->checkpoint_mutex);
    return code;
}

err sqlite_writer_wal_empty(struct sqlite_writer *w, bool *ret_empty) {
    int pages = -1;
    pthread_mutex_lock(&w->checkpoint_mutex);
    int rc = sqlite3_wal_checkpoint_v2(w->checkpoint_h, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
    pthread_mutex_unlock(&w->checkpoint_mutex);
    if (rc) return err_set(sqlite_code(w->checkpoint_h, rc), "SQLite: %s.", sqlite3_errmsg(w->checkpoint_h));
    *ret_empty = pages == 0 && w->first_runs;
    return ERR_NONE;
}

/* The lead. */

static void hand_over(struct sqlite_writer *w) {
    pthread_mutex_lock(&w->mutex);
    w->led = false;
    int bell = w->first ? w->first->bell : -1;
    pthread_mutex_unlock(&w->mutex);
    /* Whoever of them wakes takes the lead, if nobody who just came has it by then. The one woken may be
     * of the last batch and leave; then telling that batch rings the same bell for all. */
    if (bell >= 0) ring(w, bell, 1);
}

static void lead(struct sqlite_writer *w) {
    struct batch b;
    run_batch(w, &b);
    /* The next leader first: it works while the others are told; unless a long checkpoint is due. */
    if (writer_must_checkpoint(w)) tell_all(w, &b);
    checkpoint_if_due(w);
    hand_over(w);
    tell_all(w, &b);
}

/* Start, stop, use. */

static void open_turn(struct sqlite_writer *w) {
    const char *slash = strrchr(w->d->path, '/');
    char folder[4096] = ".";
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", slash > w->d->path ? (int)(slash - w->d->path) : 1,
                 w->d->path);
    w->turn = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static err prepare(struct sqlite_writer *w) {
    const struct {
        const char *sql;
        sqlite3_stmt **ret_stmt;
    } own[] = {
        {"SAVEPOINT f", &w->savepoint}, {"RELEASE f", &w->release}, {"ROLLBACK TO f", &w->rollback_to}};
    unsigned flags = SQLITE_PREPARE_PERSISTENT;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        int rc = sqlite3_prepare_v3(w->c->h, own[i].sql, -1, flags, own[i].ret_stmt, NULL);
        if (rc) return engine_error(w, rc);
    }
    sqlite3_wal_hook(w->c->h, on_commit, w);
    sqlite3_busy_handler(w->c->h, on_busy, w);
    open_turn(w);
    return ERR_NONE;
}

static err start_checkpointer(struct sqlite_writer *w) {
    static const char settings[] = "PRAGMA synchronous = FULL; PRAGMA cache_size = -64;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(w->d->path, &w->checkpoint_h, flags, NULL) ||
        sqlite3_exec(w->checkpoint_h, settings, NULL, NULL, NULL))
        return err_set(ERR_DATABASE, "SQLite: %s.", sqlite3_errmsg(w->checkpoint_h));
    /* It begins before a program has said which signals it waits for, and must take none of them. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int no = pthread_create(&w->checkpointer, NULL, checkpointer_main, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (no) return err_set(ERR_IO, "No thread for the database's checkpoints.");
    w->checkpointer_runs = true;
    return ERR_NONE;
}

err sqlite_writer_start(struct sqlite_db *d, struct sqlite_writer **ret_w) {
    struct sqlite_writer *w = db_alloc(sizeof *w);
    w->d = d;
    w->turn = -1;
    w->last = &w->first;
    w->checkpoint_due_at = CHECKPOINT_PAGES;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_mutex_init(&w->checkpoint_mutex, NULL);
    pthread_cond_init(&w->checkpoint_due, NULL);
    pthread_cond_init(&w->at_rest, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
    err code = sqlite_conn_open(d, SQLITE_FOR_WRITING, &w->c);
    if (!code) code = prepare(w);
    if (!code) code = start_checkpointer(w);
    if (code) {
        sqlite_writer_stop(w);
        return code;
    }
    *ret_w = w;
    return ERR_NONE;
}

void sqlite_writer_stop(struct sqlite_writer *w) {
    if (!w) return;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    while (w->inside) pthread_cond_wait(&w->at_rest, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    pthread_mutex_lock(&w->checkpoint_mutex);
    w->checkpoint_stop = true;
    pthread_cond_signal(&w->checkpoint_due);
    pthread_mutex_unlock(&w->checkpoint_mutex);
    if (w->checkpointer_runs) pthread_join(w->checkpointer, NULL);
    sqlite3_close_v2(w->checkpoint_h);
    sqlite3_finalize(w->savepoint);
    sqlite3_finalize(w->release);
    sqlite3_finalize(w->rollback_to);
    sqlite_conn_close(w->c);
    if (w->turn >= 0) close(w->turn);
    pthread_cond_destroy(&w->arrived);
    pthread_cond_destroy(&w->at_rest);
    pthread_cond_destroy(&w->checkpoint_due);
    pthread_mutex_destroy(&w->checkpoint_mutex);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

static bool take_lead(struct sqlite_writer *w) {
    pthread_mutex_lock(&w->mutex);
    bool vacant = !w->led && w->first;
    if (vacant) w->led = true;
    pthread_mutex_unlock(&w->mutex);
    return vacant;
}

err sqlite_writer_write(struct sqlite_writer *w, db_fn fn, void *arg) {
    struct job j = {.fn = fn, .arg = arg};
    pthread_mutex_lock(&w->mutex);
    if (w->stop) {
        pthread_mutex_unlock(&w->mutex);
        return err_set(ERR_INTERNAL, "The database is being closed.");
    }
    *w->last = &j;
    w->last = &j.next;
    j.bell = w->bell;
    w->inside++;
    atomic_fetch_add(&w->queued, 1);
    bool leads = !w->led, called = w->leader_waits;
    w->led = true;
    w->leader_waits = false;
    pthread_mutex_unlock(&w->mutex);
    if (called) pthread_cond_signal(&w->arrived);
    for (;;) {
        uint32_t heard = atomic_load(&w->bells[j.bell]);
        if (atomic_load(&j.done)) break;
        if (leads || take_lead(w)) {
            lead(w);
            leads = false;
        } else {
            syscall(SYS_futex, &w->bells[j.bell], FUTEX_WAIT_PRIVATE, heard, NULL, NULL, 0);
        }
    }
    pthread_mutex_lock(&w->mutex);
    if (--w->inside == 0 && w->stop) pthread_cond_signal(&w->at_rest);
    pthread_mutex_unlock(&w->mutex);
    return j.code ? err_set(j.code, "%s", j.text) : ERR_NONE;
}
