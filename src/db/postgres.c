/* PostgreSQL: a pool of connections, transactions that run again when the server asks for it. */
#include "db/postgres.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RETRIES_MAX = 20,
    LANE_AFTER = 4, /* tries after which a write waits for the other late ones of this process */
    BACKOFF_MAX_US = 64000,
};

struct postgres_db {
    db base;
    char *url;
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    struct postgres_conn *idle;
    int opened, idle_n, most;
    pthread_mutex_t lane;
};

/* Errors. */

static err code_of(const char *state) {
    static const struct {
        const char *state;
        err code;
    } table[] = {
        {"23505", ERR_CONFLICT}, {"23503", ERR_INVALID}, {"23502", ERR_INVALID},
        {"23514", ERR_INVALID},  {"53100", ERR_FULL},    {"40001", ERR_BUSY},
        {"40P01", ERR_BUSY},     {"55P03", ERR_BUSY},    {"54000", ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(state, table[i].state) == 0) return table[i].code;
    return ERR_DATABASE;
}

/* A row, and what two programs that migrate at once may both create: a table, a type. */
static bool is_duplicate(const char *state) {
    return strcmp(state, "23505") == 0 || strcmp(state, "42P07") == 0 || strcmp(state, "42710") == 0;
}

/* The server's own words, on one line. */
static void one_line(const char *words, char *ret_text, size_t size) {
    size_t n = 0;
    for (; *words && n + 1 < size; words++) ret_text[n++] = *words == '\n' ? ' ' : *words;
    while (n && ret_text[n - 1] == ' ') n--;
    ret_text[n] = 0;
}

err postgres_failed(struct postgres_conn *c, const PGresult *r) {
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *words = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    char text[400];
    one_line(words ? words : PQerrorMessage(c->pg), text, sizeof text);
    if (!state) state = "";
    err code = code_of(state);
    if (PQstatus(c->pg) != CONNECTION_OK || strncmp(state, "57P0", 4) == 0 || strncmp(state, "08", 2) == 0)
        c->broken = true;
    if (!c->base.failed) {
        c->again = code == ERR_BUSY;
        c->there_already = is_duplicate(state);
        /* A plan made before a schema change; new connections make new plans. */
        if (strcmp(state, "0A000") == 0 && strstr(text, "cached plan")) c->broken = true;
    }
    return db_conn_fail(&c->base, code, "PostgreSQL: %s%s%s.", text, state[0] ? " " : "", state);
}

/* Connections. */

static void conn_close(struct postgres_conn *c) {
    db_conn_clear(&c->base);
    PQfinish(c->pg);
    free(c);
}

static void no_notice(void *arg, const PGresult *r) { (void)arg, (void)r; }

static err check_server(struct postgres_conn *c) {
    const char *encoding = PQparameterStatus(c->pg, "server_encoding");
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return err_set(ERR_DATABASE, "The PostgreSQL database is encoded in %s; Longhand needs UTF8.",
                       encoding ? encoding : "an unknown way");
    if (!postgres_pipe_open(c)) return err_set(ERR_DATABASE, "PostgreSQL's library takes no pipelines.");
    return postgres_command(c, "SET client_min_messages = warning", "SET") ? ERR_NONE : c->base.failed;
}

static err conn_open(struct postgres_db *d, struct postgres_conn **ret_c) {
    struct postgres_conn *c = db_alloc(sizeof *c);
    db_conn_init(&c->base, &d->base);
    /* What stands before "dbname" is only a default that the URL may overrule. */
    static const char *const names[] = {"fallback_application_name",
                                        "connect_timeout",
                                        "tcp_user_timeout",
                                        "keepalives_idle",
                                        "dbname",
                                        "client_encoding",
                                        NULL};
    const char *values[] = {"longhand", "10", "30000", "60", d->url, "UTF8", NULL};
    c->pg = PQconnectdbParams(names, values, 1);
    err code = ERR_NONE;
    if (!c->pg || PQstatus(c->pg) != CONNECTION_OK) {
        char text[400];
        one_line(PQerrorMessage(c->pg), text, sizeof text);
        code = err_set(ERR_DATABASE, "Cannot reach PostgreSQL: %s", text);
    } else {
        PQsetNoticeReceiver(c->pg, no_notice, NULL);
        code = check_server(c);
    }
    if (code) {
        conn_close(c);
        return code;
    }
    *ret_c = c;
    return ERR_NONE;
}

bool postgres_again(struct postgres_conn *c) {
    if (!c->broken || !c->untried || c->base.writing) return false;
    PQreset(c->pg);
    if (PQstatus(c->pg) != CONNECTION_OK) return false;
    c->broken = false;
    db_conn_start(&c->base, false);
    postgres_forget_statements(c);
    return check_server(c) == ERR_NONE && postgres_begin(c, c->begin);
}

/* The pool. A connection goes back only when it is idle and sound. */

static err borrow(struct postgres_db *d, struct postgres_conn **ret_c) {
    struct postgres_conn *c = NULL;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DB_POOL_WAIT_MS / 1000;
    pthread_mutex_lock(&d->mutex);
    int late = 0;
    while (!d->idle && d->opened >= d->most && !late)
        late = pthread_cond_timedwait(&d->returned, &d->mutex, &until);
    bool fresh = !d->idle && d->opened < d->most;
    if (d->idle) {
        c = d->idle;
        d->idle = c->next_idle;
        d->idle_n--;
    } else if (fresh) {
        d->opened++;
    }
    pthread_mutex_unlock(&d->mutex);
    if (!c && !fresh) return err_set(ERR_BUSY, "All %d database connections are in use.", d->most);
    err code = c ? ERR_NONE : conn_open(d, &c);
    if (code) {
        pthread_mutex_lock(&d->mutex);
        d->opened--;
        pthread_cond_signal(&d->returned);
        pthread_mutex_unlock(&d->mutex);
        return code;
    }
    c->again = c->there_already = false;
    db_conn_start(&c->base, false);
    *ret_c = c;
    return ERR_NONE;
}

/* What nothing was written in and nothing went wrong in is left without waiting for the server. */
static bool leave(struct postgres_conn *c) {
    if (c->broken) return false;
    if (c->begin && !c->base.writing && !c->base.failed)
        return postgres_leave(c) && PQstatus(c->pg) == CONNECTION_OK;
    if (c->nsent) PQclear(postgres_answer(c));
    c->base.failed = ERR_NONE;
    if (!c->broken && PQtransactionStatus(c->pg) != PQTRANS_IDLE) postgres_command(c, "ROLLBACK", "ROLLBACK");
    return !c->broken && PQtransactionStatus(c->pg) == PQTRANS_IDLE && PQstatus(c->pg) == CONNECTION_OK;
}

static void give_back(struct postgres_conn *c) {
    struct postgres_db *d = (struct postgres_db *)c->base.d;
    bool sound = leave(c);
    c->begin = NULL;
    if (!sound) conn_close(c);
    pthread_mutex_lock(&d->mutex);
    if (sound) {
        c->next_idle = d->idle;
        d->idle = c;
        d->idle_n++;
    } else {
        d->opened--;
    }
    pthread_cond_signal(&d->returned);
    pthread_mutex_unlock(&d->mutex);
}

/* A server that was started anew leaves dead connections in the pool. */
static err borrow_begun(struct postgres_db *d, const char *begin, struct postgres_conn **ret_c) {
    for (int tries = 0;; tries++) {
        struct postgres_conn *c = NULL;
        TRY(borrow(d, &c));
        if (postgres_is_alive(c) && postgres_begin(c, begin)) {
            *ret_c = c;
            return ERR_NONE;
        }
        c->broken = true;
        give_back(c);
        if (tries > d->most) return err_set(ERR_DATABASE, "The connection to PostgreSQL is lost.");
    }
}

/* Reading. */

static err read_begin(db *d, db_conn **ret_c) {
    struct postgres_conn *c = NULL;
    TRY(borrow_begun((struct postgres_db *)d, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &c));
    *ret_c = &c->base;
    return ERR_NONE;
}

static void turn_begin(db *d, db_fn fn, void *arg, db_conn **ret_c) {
    struct postgres_conn *c = NULL;
    if (borrow_begun((struct postgres_db *)d, "BEGIN ISOLATION LEVEL READ COMMITTED", &c)) return;
    /* Of a process that was stopped just then, nobody waits for the end. */
    bool mine = postgres_send(c, "SET LOCAL lock_timeout = 10000") && !fn(&c->base, arg) && !c->base.failed;
    db_conn_close_queries(&c->base);
    if (mine)
        *ret_c = &c->base;
    else
        give_back(c);
}

static void read_end(db_conn *base) {
    struct postgres_conn *c = (struct postgres_conn *)base;
    db_conn_close_queries(base);
    give_back(c);
}

/* Writing. */

enum verdict { VERDICT_FINAL, VERDICT_AGAIN, VERDICT_AGAIN_ONCE };

/* Not read from an error code: what the server says to a COMMIT is the only proof. */
static err commit(struct postgres_conn *c) {
    if (postgres_command(c, "COMMIT", "COMMIT")) return ERR_NONE;
    if (!c->broken) return c->base.failed;
    c->again = false;
    return err_set(ERR_DATABASE, "The connection to PostgreSQL broke while committing; "
                                 "it is not known whether the work was kept.");
}

static err try_once(struct postgres_db *d, db_fn fn, void *arg, enum verdict *ret_verdict) {
    struct postgres_conn *c = NULL;
    *ret_verdict = VERDICT_FINAL;
    TRY(borrow_begun(d, "BEGIN ISOLATION LEVEL SERIALIZABLE", &c));
    err code = db_conn_run(&c->base, fn, arg);
    if (c->base.failed) {
        /* A connection lost before COMMIT was sent: certainly nothing was kept. */
        if (c->again)
            *ret_verdict = VERDICT_AGAIN;
        else if (c->broken || c->there_already)
            *ret_verdict = VERDICT_AGAIN_ONCE;
    }
    if (!code) {
        code = commit(c);
        if (code && c->again)
            *ret_verdict = VERDICT_AGAIN;
        else if (code && c->there_already) /* of a statement nobody waited for */
            *ret_verdict = VERDICT_AGAIN_ONCE;
    }
    char text[DB_WHY];
    snprintf(text, sizeof text, "%s", code ? err_text() : "");
    give_back(c);
    if (code) return err_set(code, "%s", text);
    atomic_fetch_add(&d->base.commits, 1);
    atomic_fetch_add(&d->base.functions, 1);
    return ERR_NONE;
}

/* Chance here only keeps those who met once from meeting again. */
static void back_off(int tries) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t most = tries < 7 ? 1000 << tries : BACKOFF_MAX_US;
    uint64_t chance = str_hash((str){(const char *)&t, sizeof t}) % (uint64_t)most;
    nanosleep(&(struct timespec){.tv_nsec = (long)chance * 1000}, NULL);
}

static err write_db(db *base, db_fn fn, void *arg) {
    struct postgres_db *d = (struct postgres_db *)base;
    bool in_lane = false, once = false;
    err code = ERR_NONE;
    for (int tries = 0; tries <= RETRIES_MAX; tries++) {
        if (tries == LANE_AFTER) {
            pthread_mutex_lock(&d->lane);
            in_lane = true;
        }
        enum verdict verdict;
        code = try_once(d, fn, arg, &verdict);
        if (!code || verdict == VERDICT_FINAL || (verdict == VERDICT_AGAIN_ONCE && once)) break;
        if (verdict == VERDICT_AGAIN_ONCE)
            once = true;
        else if (code != ERR_BUSY)
            code =
                err_set(ERR_BUSY, "PostgreSQL asked to run a write again more than %d times.", RETRIES_MAX);
        if (tries < RETRIES_MAX) back_off(tries);
    }
    if (in_lane) pthread_mutex_unlock(&d->lane);
    return code;
}

/* The database. */

static void close_db(db *base) {
    struct postgres_db *d = (struct postgres_db *)base;
    if (d->idle_n != d->opened) db_die("db_close while a connection is in use", "PostgreSQL");
    while (d->idle) {
        struct postgres_conn *c = d->idle;
        d->idle = c->next_idle;
        conn_close(c);
    }
    pthread_cond_destroy(&d->returned);
    pthread_mutex_destroy(&d->lane);
    pthread_mutex_destroy(&d->mutex);
    free(d->url);
    free(d);
}

static err copy_to(db *d, str path) {
    (void)d, (void)path;
    return err_set(ERR_INVALID, "A PostgreSQL database is copied with pg_dump.");
}

static err settle(db *d) {
    (void)d;
    return ERR_NONE;
}

static const struct db_driver driver = {
    .engine = DB_POSTGRES,
    .close = close_db,
    .write = write_db,
    .read_begin = read_begin,
    .read_end = read_end,
    .turn_begin = turn_begin,
    .copy_to = copy_to,
    .settle = settle,
    .exec = postgres_exec,
    .query_new = postgres_query_new,
    .query_free = postgres_query_free,
    .query_start = postgres_query_start,
    .query_bind = postgres_query_bind,
    .query_row = postgres_query_row,
    .query_finish = postgres_query_finish,
    .query_later = postgres_query_later,
    .query_reset = postgres_query_reset,
    .column_name = postgres_column_name,
    .column_value = postgres_column_value,
};

err postgres_open(const struct db_options *options, db **ret_db) {
    if (str_has(options->target, 0)) return err_set(ERR_INVALID, "The database's URL holds a NUL.");
    struct postgres_db *d = db_alloc(sizeof *d);
    d->base.driver = &driver;
    d->base.read_only = options->read_only;
    d->most = options->connections;
    d->url = db_alloc(options->target.n + 1);
    memcpy(d->url, options->target.p, options->target.n);
    pthread_mutex_init(&d->mutex, NULL);
    pthread_mutex_init(&d->lane, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&d->returned, &monotonic);
    pthread_condattr_destroy(&monotonic);

    /* One connection at once, so that a wrong URL is noticed here; the others when they are needed. */
    struct postgres_conn *c = NULL;
    err code = borrow(d, &c);
    if (code) {
        close_db(&d->base);
        return code;
    }
    give_back(c);
    *ret_db = &d->base;
    return ERR_NONE;
}
