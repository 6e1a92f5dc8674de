#include "store/job.h"

#include <stdlib.h>

#define COLUMNS "brand_id, id, kind, subject_id, run_at, lease_until, attempts, last_error, dead_at"

static void read_row(db_query *q, arena *a, struct job *r) {
    *r = (struct job){
        .brand_id = db_int(q, "brand_id"),
        .id = db_int(q, "id"),
        .kind = db_text(q, a, "kind"),
        .subject_id = db_int(q, "subject_id"),
        .run_at = db_int(q, "run_at"),
        .lease_until = db_int(q, "lease_until"),
        .attempts = db_int(q, "attempts"),
        .last_error = db_text(q, a, "last_error"),
        .dead_at = db_int(q, "dead_at"),
    };
}

err store_job_put(db_conn *c, int64_t brand, str kind, int64_t subject, int64_t id, int64_t run_at) {
    db_query *q =
        db_sql(c, "INSERT INTO job (brand_id, id, kind, subject_id, run_at, lease_until, attempts, "
                  "last_error, dead_at) VALUES ($1, $2, $3, $4, $5, 0, 0, '', 0) "
                  "ON CONFLICT (brand_id, kind, subject_id) DO UPDATE SET run_at = excluded.run_at, "
                  "attempts = 0, dead_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, kind);
    db_bind_int(q, 4, subject);
    db_bind_int(q, 5, run_at);
    return db_done_later(q);
}

err store_job_hurry(db_conn *c, int64_t brand, str kind, int64_t subject, int64_t id, int64_t now) {
    db_query *q =
        db_sql(c, "INSERT INTO job (brand_id, id, kind, subject_id, run_at, lease_until, attempts, "
                  "last_error, dead_at) VALUES ($1, $2, $3, $4, $5, 0, 0, '', 0) "
                  "ON CONFLICT (brand_id, kind, subject_id) DO UPDATE SET run_at = excluded.run_at, "
                  "attempts = CASE WHEN job.lease_until < $5 THEN 0 ELSE job.attempts END, "
                  "dead_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, kind);
    db_bind_int(q, 4, subject);
    db_bind_int(q, 5, now);
    return db_done(q);
}

err store_job_put_read(db_conn *c, int64_t brand, int64_t raw, int64_t run_at) {
    db_query *q = db_sql(c, "INSERT INTO unread (id, brand_id, run_at, lease_until, attempts) "
                            "VALUES ($1, $2, $3, 0, 0)");
    db_bind_int(q, 1, raw);
    db_bind_int(q, 2, brand);
    db_bind_int(q, 3, run_at);
    return db_done(q);
}

static bool is_read(str kind) { return str_eq(kind, S("read")); }

static err unread_due(db_conn *c, int64_t now, bool *ret_due) {
    db_query *q = db_sql(c, "SELECT 1 AS yes FROM unread WHERE lease_until < $1 LIMIT 1");
    db_bind_int(q, 1, now);
    bool due = db_row(q);
    TRY(db_done(q));
    *ret_due = due;
    return ERR_NONE;
}

err store_job_due(db_conn *c, str kind, int64_t now, bool *ret_due) {
    bool unread = false;
    if (is_read(kind)) TRY(unread_due(c, now, &unread));
    if (unread) {
        *ret_due = true;
        return ERR_NONE;
    }
    db_query *q = db_sql(c, "SELECT 1 AS yes FROM job WHERE kind = $1 AND dead_at = 0 AND run_at <= $2 "
                            "AND lease_until < $2 LIMIT 1");
    db_bind_text(q, 1, kind);
    db_bind_int(q, 2, now);
    bool due = db_row(q);
    TRY(db_done(q));
    *ret_due = due;
    return ERR_NONE;
}

static int by_id(const void *x, const void *y) {
    const struct job *a = x, *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

static const char *claim_sql(db_engine engine) {
#define CLAIM(lock)                                                                                          \
    "UPDATE job SET lease_until = $3, attempts = attempts + 1 WHERE (brand_id, kind, subject_id) IN "        \
    "(SELECT brand_id, kind, subject_id "                                                                    \
    "FROM job WHERE kind = $1 AND dead_at = 0 AND run_at <= $2 AND lease_until < $2 ORDER BY run_at, id "    \
    "LIMIT $4" lock ") RETURNING " COLUMNS
    switch (engine) {
    case DB_SQLITE: return CLAIM("");
    case DB_POSTGRES: return CLAIM(" FOR UPDATE SKIP LOCKED");
    }
#undef CLAIM
    return "";
}

static const char *claim_unread_sql(db_engine engine) {
#define CLAIM(lock)                                                                                          \
    "UPDATE unread SET lease_until = $2, attempts = attempts + 1 WHERE id IN (SELECT id FROM unread "        \
    "WHERE lease_until < $1 ORDER BY id LIMIT $3" lock ") RETURNING brand_id, id, run_at, lease_until, "     \
    "attempts"
    switch (engine) {
    case DB_SQLITE: return CLAIM("");
    case DB_POSTGRES: return CLAIM(" FOR UPDATE SKIP LOCKED");
    }
#undef CLAIM
    return "";
}

static err claim_unread(db_conn *c, arena *a, int64_t now, int64_t lease_until, int limit, job_list *ret) {
    db_query *q = db_sql(c, claim_unread_sql(db_conn_engine(c)));
    db_bind_int(q, 1, now);
    db_bind_int(q, 2, lease_until);
    db_bind_int(q, 3, limit);
    while (db_row(q)) {
        struct job *r = list_add(a, ret);
        *r = (struct job){
            .brand_id = db_int(q, "brand_id"),
            .id = db_int(q, "id"),
            .run_at = db_int(q, "run_at"),
            .lease_until = db_int(q, "lease_until"),
            .attempts = db_int(q, "attempts"),
            .kind = S("read"),
            .last_error = S(""),
        };
        r->subject_id = r->id;
    }
    return db_done(q);
}

err store_job_claim(db_conn *c, arena *a, str kind, int64_t now, int64_t lease_until, int limit,
                    job_list *ret) {
    db_query *q = db_sql(c, claim_sql(db_conn_engine(c)));
    db_bind_text(q, 1, kind);
    db_bind_int(q, 2, now);
    db_bind_int(q, 3, lease_until);
    db_bind_int(q, 4, limit);
    job_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    /* What is tried again goes first: it came earlier. */
    if (is_read(kind) && (int64_t)rows.n < limit)
        TRY(claim_unread(c, a, now, lease_until, limit - (int)rows.n, &rows));
    /* RETURNING promises no order; letters are read in the order they came. */
    if (rows.n) qsort(rows.v, rows.n, sizeof *rows.v, by_id);
    *ret = rows;
    return ERR_NONE;
}

static void bind_lease(db_query *q, const struct job *job) {
    db_bind_int(q, 1, job->brand_id);
    db_bind_text(q, 2, job->kind);
    db_bind_int(q, 3, job->subject_id);
    db_bind_int(q, 4, job->attempts);
}

/* Its row in `unread` goes, if it is there and the lease is still the caller's. */
static err drop_unread(db_conn *c, const struct job *job, bool *ret_was) {
    if (!is_read(job->kind)) {
        *ret_was = false;
        return ERR_NONE;
    }
    db_query *q = db_sql(c, "DELETE FROM unread WHERE id = $1 AND brand_id = $2 AND attempts = $3");
    db_bind_int(q, 1, job->subject_id);
    db_bind_int(q, 2, job->brand_id);
    db_bind_int(q, 3, job->attempts);
    TRY(db_done(q));
    *ret_was = db_changes(q) == 1;
    return ERR_NONE;
}

err store_job_finish(db_conn *c, const struct job *job, bool *ret_mine) {
    bool was_unread;
    TRY(drop_unread(c, job, &was_unread));
    if (was_unread) {
        *ret_mine = true;
        return ERR_NONE;
    }
    db_query *q = db_sql(c, "DELETE FROM job WHERE brand_id = $1 AND kind = $2 AND subject_id = $3 "
                            "AND attempts = $4");
    bind_lease(q, job);
    TRY(db_done(q));
    *ret_mine = db_changes(q) == 1;
    return ERR_NONE;
}

err store_job_postpone(db_conn *c, const struct job *job, int64_t run_at, str error, int64_t dead_at) {
    bool was_unread;
    TRY(drop_unread(c, job, &was_unread));
    db_query *q =
        was_unread
            ? db_sql(c, "INSERT INTO job (brand_id, kind, subject_id, attempts, run_at, last_error, dead_at, "
                        "id, lease_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $3, 0)")
            : db_sql(c, "UPDATE job SET run_at = $5, lease_until = 0, last_error = $6, dead_at = $7 "
                        "WHERE brand_id = $1 AND kind = $2 AND subject_id = $3 AND attempts = $4");
    bind_lease(q, job);
    db_bind_int(q, 5, run_at);
    db_bind_text(q, 6, error);
    db_bind_int(q, 7, dead_at);
    return db_done(q);
}

err store_job_retry(db_conn *c, int64_t id, int64_t now, bool *ret_found) {
    db_query *q = db_sql(c, "UPDATE job SET run_at = $2, dead_at = 0, lease_until = 0, attempts = 0 "
                            "WHERE id = $1 AND (dead_at > 0 OR lease_until < $2)");
    db_bind_int(q, 1, id);
    db_bind_int(q, 2, now);
    TRY(db_done(q));
    bool found = db_changes(q) > 0;
    if (!found) {
        q = db_sql(c, "UPDATE unread SET lease_until = 0 WHERE id = $1 AND lease_until < $2");
        db_bind_int(q, 1, id);
        db_bind_int(q, 2, now);
        TRY(db_done(q));
        found = db_changes(q) > 0;
    }
    *ret_found = found;
    return ERR_NONE;
}

err store_job_list(db_conn *c, arena *a, int64_t brand, int limit, job_list *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS " FROM (SELECT " COLUMNS
                            " FROM job UNION ALL SELECT brand_id, id, 'read', "
                            "id, run_at, 0, 0, '', 0 FROM unread) AS waiting WHERE ($1 = 0 OR brand_id = $1) "
                            "ORDER BY CASE WHEN dead_at > 0 THEN 0 ELSE 1 END, run_at, id LIMIT $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, limit);
    job_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_job_release_all(db_conn *c) {
    TRY(db_done(db_sql(c, "UPDATE unread SET lease_until = 0 WHERE lease_until > 0")));
    return db_done(db_sql(c, "UPDATE job SET lease_until = 0 WHERE lease_until > 0"));
}

err store_job_next(db_conn *c, int64_t *ret_at) {
    db_query *q =
        db_sql(c, "SELECT COALESCE(MIN(at), 0) AS at FROM (SELECT CASE WHEN lease_until > run_at THEN "
                  "lease_until ELSE run_at END AS at FROM job WHERE dead_at = 0 "
                  "UNION ALL SELECT CASE WHEN lease_until > run_at THEN lease_until ELSE run_at END FROM "
                  "unread) AS waiting");
    int64_t at = db_row(q) ? db_int(q, "at") : 0;
    TRY(db_done(q));
    *ret_at = at;
    return ERR_NONE;
}
