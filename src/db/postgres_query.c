/* Statements on PostgreSQL. Results come whole and in binary form, so that several statements may be
 * open at once and bytes are not doubled. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/postgres.h"

enum { PARAMETERS_MAX = 64 };

/* Object ids of built-in types: fixed in PostgreSQL's catalogue (pg_type.dat). */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_NUMERIC = 1700,
};

struct parameter {
    Oid type; /* 0: let the server find it */
    const char *bytes;
    int n, format;
    unsigned char number[8];
};

struct postgres_query {
    db_query base;
    char name[16]; /* of the prepared statement; empty while there is none */
    Oid prepared[PARAMETERS_MAX];
    int prepared_n;
    struct parameter *at; /* PARAMETERS_MAX of them */
    int n;                /* highest bound */
    PGresult *result;
    int row;
};

static struct postgres_conn *conn_of(db_query *q) { return (struct postgres_conn *)q->c; }

db_query *postgres_query_new(db_conn *c) {
    (void)c;
    struct postgres_query *q = db_alloc(sizeof *q);
    q->at = db_alloc(PARAMETERS_MAX * sizeof *q->at);
    return &q->base;
}

void postgres_query_free(db_query *base) {
    struct postgres_query *q = (struct postgres_query *)base;
    PQclear(q->result);
    free(q->at);
    free(q);
}

void postgres_query_start(db_query *base) { ((struct postgres_query *)base)->n = 0; }

static void put_number(unsigned char *to, int64_t v) {
    for (int i = 0; i < 8; i++) to[i] = (unsigned char)((uint64_t)v >> (56 - 8 * i));
}

void postgres_query_bind(db_query *base, int index, const struct db_value *v, bool typed_null) {
    struct postgres_query *q = (struct postgres_query *)base;
    struct parameter *p = &q->at[index - 1];
    if (index > q->n) q->n = index;
    *p = (struct parameter){.type = typed_null ? OID_INT8 : 0};
    switch (v->kind) {
    case DB_NULL:
    case DB_OTHER: return;
    case DB_NUMBER:
        p->type = OID_INT8;
        put_number(p->number, v->number);
        p->bytes = (const char *)p->number;
        p->n = 8;
        break;
    case DB_TEXT: p->type = OID_TEXT; break;
    case DB_BLOB: p->type = OID_BYTEA; break;
    }
    p->format = 1;
    if (v->kind == DB_NUMBER) return;
    if (v->bytes.n > 1000000000) db_query_fail(base, ERR_LIMIT, "A value is too large for the database.");
    p->bytes = v->bytes.p;
    p->n = (int)v->bytes.n;
}

/* A statement is prepared for the types it was first bound with. A NULL fits any; another type where
 * only NULL was seen so far, or the other way round, means preparing again. */
static bool fits(const struct postgres_query *q) {
    if (!q->name[0] || q->n != q->prepared_n) return false;
    for (int i = 0; i < q->n; i++)
        if (q->at[i].bytes && q->at[i].type != q->prepared[i]) return false;
    return true;
}

static bool prepare(struct postgres_query *q) {
    struct postgres_conn *c = conn_of(&q->base);
    Oid types[PARAMETERS_MAX];
    for (int i = 0; i < q->n; i++) {
        bool keep = !q->at[i].bytes && i < q->prepared_n && q->prepared[i];
        types[i] = keep ? q->prepared[i] : q->at[i].type;
    }
    if (q->name[0]) {
        char sql[40];
        snprintf(sql, sizeof sql, "DEALLOCATE %s", q->name);
        q->name[0] = 0;
        postgres_send(c, sql);
    }
    char name[sizeof q->name];
    snprintf(name, sizeof name, "s%u", ++c->statements);
    PGresult *r = postgres_send_prepare(c, name, q->base.copy, q->n, types) ? postgres_answer(c) : NULL;
    if (r) {
        snprintf(q->name, sizeof q->name, "%s", name);
        memcpy(q->prepared, types, sizeof types);
        q->prepared_n = q->n;
    }
    PQclear(r);
    return r != NULL;
}

void postgres_forget_statements(struct postgres_conn *c) {
    for (size_t i = 0; i < c->base.cap; i++)
        if (c->base.table[i]) ((struct postgres_query *)c->base.table[i])->name[0] = 0;
}

static bool all_bound(db_query *base) {
    struct postgres_query *q = (struct postgres_query *)base;
    uint64_t wanted = q->n == 64 ? UINT64_MAX : (UINT64_C(1) << q->n) - 1;
    if (base->bound == wanted) return true;
    db_query_fail(base, ERR_INTERNAL, "Not every parameter was bound: %.200s", base->copy);
    return false;
}

static bool send(struct postgres_query *q) {
    if (!fits(q) && !prepare(q)) return false;
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX], formats[PARAMETERS_MAX];
    for (int i = 0; i < q->n; i++) {
        values[i] = q->at[i].bytes;
        lengths[i] = q->at[i].n;
        formats[i] = q->at[i].format;
    }
    return postgres_send_prepared(conn_of(&q->base), q->name, q->n, values, lengths, formats);
}

/* What went wrong is the connection's; the statement has it from there. */
static void failed(db_query *q) {
    if (!q->error) q->error = q->c->failed ? q->c->failed : ERR_DATABASE;
}

static void run(struct postgres_query *q) {
    struct postgres_conn *c = conn_of(&q->base);
    if (!all_bound(&q->base)) return;
    PGresult *r = send(q) ? postgres_answer(c) : NULL;
    if (!r && postgres_again(c)) r = send(q) ? postgres_answer(c) : NULL;
    if (!r) {
        failed(&q->base);
        return;
    }
    q->result = r;
    q->row = -1;
    q->base.columns = PQnfields(r);
    /* A SELECT counts its rows there; that is not a change. */
    int64_t n = 0;
    if (!str_starts(str_z(PQcmdStatus(r)), S("SELECT")) && str_to_int(str_z(PQcmdTuples(r)), &n))
        q->base.changes = n;
}

bool postgres_query_row(db_query *base) {
    struct postgres_query *q = (struct postgres_query *)base;
    if (!base->ran) run(q);
    if (!q->result || q->row + 1 >= PQntuples(q->result)) return false;
    q->row++;
    return true;
}

void postgres_query_finish(db_query *base) {
    struct postgres_query *q = (struct postgres_query *)base;
    if (!base->ran) run(q);
    base->ran = true;
}

void postgres_query_later(db_query *base) {
    struct postgres_query *q = (struct postgres_query *)base;
    if (all_bound(base) && !send(q)) failed(base);
}

void postgres_query_reset(db_query *base) {
    struct postgres_query *q = (struct postgres_query *)base;
    PQclear(q->result);
    q->result = NULL;
    q->n = 0;
}

const char *postgres_column_name(db_query *q, int column) {
    return PQfname(((struct postgres_query *)q)->result, column);
}

static int64_t get_number(const unsigned char *p, int n) {
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++) v = v << 8 | p[i];
    return (int64_t)v;
}

/* numeric (sum() of bigint gives one) as sent by numeric_send: four 16-bit words, the count of digits in
 * base 10000, the weight of the first, sign and scale, and then the digits. Whole numbers only. */
static bool get_numeric(const unsigned char *p, int n, int64_t *ret_number) {
    enum { NEGATIVE = 0x4000 };
    if (n < 8) return false;
    int digits = (int)get_number(p, 2), weight = (int)get_number(p + 2, 2);
    int sign = p[4] << 8 | p[5];
    if (digits * 2 + 8 != n || (sign != 0 && sign != NEGATIVE) || digits > weight + 1 || weight > 4)
        return false;
    int64_t v = 0;
    for (int i = 0; i <= weight; i++) {
        int digit = i < digits ? (int)get_number(p + 8 + 2 * i, 2) : 0;
        /* Counted downwards, so that the smallest number fits. */
        if (__builtin_mul_overflow(v, 10000, &v) || __builtin_sub_overflow(v, digit, &v)) return false;
    }
    if (sign == 0 && __builtin_sub_overflow((int64_t)0, v, &v)) return false;
    *ret_number = v;
    return true;
}

void postgres_column_value(db_query *base, int column, struct db_value *ret_value) {
    struct postgres_query *q = (struct postgres_query *)base;
    *ret_value = (struct db_value){.kind = DB_NULL};
    if (PQgetisnull(q->result, q->row, column)) return;
    const char *p = PQgetvalue(q->result, q->row, column);
    int n = PQgetlength(q->result, q->row, column);
    struct db_value v = {.kind = DB_OTHER, .bytes = {p, (size_t)n}};
    switch ((int)PQftype(q->result, column)) {
    case OID_BOOL:
        v.kind = DB_NUMBER;
        v.number = p[0] != 0;
        break;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        v.kind = DB_NUMBER;
        v.number = get_number((const unsigned char *)p, n);
        break;
    case OID_OID:
        v.kind = DB_NUMBER;
        v.number = get_number((const unsigned char *)p, n) & 0xffffffff;
        break;
    case OID_NUMERIC:
        if (get_numeric((const unsigned char *)p, n, &v.number)) v.kind = DB_NUMBER;
        break;
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
    case OID_UNKNOWN: v.kind = DB_TEXT; break;
    case OID_BYTEA: v.kind = DB_BLOB; break;
    }
    *ret_value = v;
}

err postgres_exec(db_conn *base, const char *sql) {
    struct postgres_conn *c = (struct postgres_conn *)base;
    /* The form with parameters takes one statement only, which is what is wanted here. */
    PGresult *r = postgres_send(c, sql) ? postgres_answer(c) : NULL;
    if (!r && postgres_again(c)) r = postgres_send(c, sql) ? postgres_answer(c) : NULL;
    PQclear(r);
    return r ? ERR_NONE : base->failed ? base->failed : ERR_DATABASE;
}
