/* What is sent to the server without waiting for each answer: libpq's pipeline mode.
 * https://www.postgresql.org/docs/15/libpq-pipeline-mode.html
 *
 * A transaction's BEGIN goes out with its first statement, changes nobody waits for go out with the next
 * statement that somebody does, and the ROLLBACK that ends reading is answered when the connection is used
 * again: a round trip and two changes of process less for each of them. The server leaves out whatever
 * follows a failure up to the next sync, so what was sent behind it is never done. */
#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

#include "db/postgres.h"

bool postgres_pipe_open(struct postgres_conn *c) {
    c->nsent = 0;
    return PQenterPipelineMode(c->pg) == 1;
}

/* One more answer is to come. */
static void sent(struct postgres_conn *c, char kind) { c->sent[c->nsent++] = kind; }

static bool make_room(struct postgres_conn *c) {
    if (c->nsent < POSTGRES_SENT_MAX - 2) return true;
    PQclear(postgres_answer(c));
    return !c->base.failed;
}

static bool went(struct postgres_conn *c, int ok) {
    if (ok)
        sent(c, 'c');
    else
        postgres_failed(c, NULL);
    return ok;
}

bool postgres_send(struct postgres_conn *c, const char *sql) {
    return make_room(c) && went(c, PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 1));
}

bool postgres_send_prepare(struct postgres_conn *c, const char *name, const char *sql, int n,
                           const unsigned *types) {
    return make_room(c) && went(c, PQsendPrepare(c->pg, name, sql, n, types));
}

bool postgres_send_prepared(struct postgres_conn *c, const char *name, int n, const char *const *values,
                            const int *lengths, const int *formats) {
    return make_room(c) && went(c, PQsendQueryPrepared(c->pg, name, n, values, lengths, formats, 1));
}

static bool sync_now(struct postgres_conn *c) {
    if (c->broken || PQpipelineSync(c->pg) != 1) {
        postgres_failed(c, NULL);
        return false;
    }
    sent(c, 's');
    return true;
}

static bool is_good(const PGresult *r) {
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

PGresult *postgres_answer(struct postgres_conn *c) {
    PGresult *last = NULL;
    int n = sync_now(c) ? c->nsent : 0;
    for (int i = 0; i < n && !c->broken; i++) {
        PGresult *r = PQgetResult(c->pg);
        if (!r || (c->sent[i] == 's') != (PQresultStatus(r) == PGRES_PIPELINE_SYNC)) {
            /* The connection is lost, or not where it is thought to be. */
            postgres_failed(c, r);
            c->broken = true;
        } else if (c->sent[i] == 'c') {
            /* Behind the answer to each statement comes an empty one. */
            PQclear(PQgetResult(c->pg));
            PQclear(last);
            last = NULL;
            if (is_good(r)) {
                last = r;
                continue;
            }
            if (!c->base.failed || PQresultStatus(r) != PGRES_PIPELINE_ABORTED) postgres_failed(c, r);
        }
        PQclear(r);
    }
    c->nsent = 0;
    if (!c->broken && !c->base.failed) {
        c->untried = false;
        return last;
    }
    PQclear(last);
    return NULL;
}

bool postgres_command(struct postgres_conn *c, const char *sql, const char *tag) {
    if (!postgres_send(c, sql)) return false;
    PGresult *r = postgres_answer(c);
    bool ok = r && strcmp(PQcmdStatus(r), tag) == 0;
    if (r && !ok) postgres_failed(c, NULL);
    PQclear(r);
    return ok;
}

bool postgres_begin(struct postgres_conn *c, const char *begin) {
    c->begin = begin;
    c->untried = true;
    return postgres_send(c, begin);
}

bool postgres_leave(struct postgres_conn *c) { return postgres_send(c, "ROLLBACK") && sync_now(c); }

/* A server that ends or restarts closes its side; whatever it still says before that is of no use. */
bool postgres_is_alive(struct postgres_conn *c) {
    struct pollfd p = {.fd = PQsocket(c->pg), .events = POLLRDHUP};
    return PQstatus(c->pg) == CONNECTION_OK && p.fd >= 0 && poll(&p, 1, 0) == 0;
}
