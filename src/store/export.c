#include "store/export.h"

#include <stddef.h>
#include <string.h>
#include <threads.h>

#include "base/buf.h"

/* ---- what there is ---- */

static enum store_column_kind kind_of(str type) {
    if (str_eq_nocase(type, S("INTEGER")) || str_eq_nocase(type, S("bigint"))) return COLUMN_NUMBER;
    if (str_eq_nocase(type, S("BLOB")) || str_eq_nocase(type, S("bytea"))) return COLUMN_BYTES;
    return COLUMN_TEXT;
}

err store_columns(db_conn *c, arena *a, const char *table, store_column_list *ret) {
    db_query *q;
    switch (db_conn_engine(c)) {
    case DB_SQLITE: q = db_sql(c, "SELECT name, type FROM pragma_table_info($1) ORDER BY cid"); break;
    case DB_POSTGRES:
        q = db_sql(c, "SELECT column_name::text AS name, data_type::text AS type FROM "
                      "information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 "
                      "ORDER BY ordinal_position");
        break;
    }
    store_column_list rows = {0};
    db_bind_text(q, 1, str_z(table));
    while (db_row(q))
        *list_add(a, &rows) = (struct store_column){db_text(q, a, "name"), kind_of(db_text(q, a, "type"))};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_table_names(db_conn *c, arena *a, store_name_list *ret) {
    db_query *q;
    switch (db_conn_engine(c)) {
    case DB_SQLITE:
        q = db_sql(c, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                      "AND name NOT LIKE 'message_words_%' ORDER BY name");
        break;
    case DB_POSTGRES:
        q = db_sql(c, "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = "
                      "current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name");
        break;
    }
    store_name_list rows = {0};
    while (db_row(q)) *list_add(a, &rows) = db_text(q, a, "name");
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- out ---- */

static int keys_of(const struct store_table *t) {
    int n = 0;
    while (t->keys[n]) n++;
    return n;
}

static void add_keys(buf *b, const struct store_table *t) {
    for (int i = 0; i < keys_of(t); i++) {
        if (i) buf_add_z(b, ", ");
        buf_add_z(b, t->keys[i]);
    }
}

bool store_secret(const struct store_table *t, const char *column) {
    for (int i = 0; t->secrets[i]; i++)
        if (!strcmp(t->secrets[i], column)) return true;
    return false;
}

/* The brand's own row has it as id. */
static const char *brand_column(const struct store_table *t) {
    return strcmp(t->name, "brand") ? "brand_id" : "id";
}

static void write_select(buf *b, const struct store_table *t, bool after) {
    int n = keys_of(t), at = 1;
    buf_add_fmt(b, "SELECT * FROM %s WHERE ", t->name);
    if (t->of_desk)
        buf_add_z(b, "1 = 1");
    else
        buf_add_fmt(b, "%s = $%d", brand_column(t), at++);
    if (after && n) {
        buf_add_z(b, " AND (");
        add_keys(b, t);
        buf_add_z(b, ") > (");
        for (int i = 0; i < n; i++) buf_add_fmt(b, "%s$%d", i ? ", " : "", at++);
        buf_add_char(b, ')');
    }
    if (n) {
        buf_add_z(b, " ORDER BY ");
        add_keys(b, t);
    }
    buf_add_fmt(b, " LIMIT $%d", at);
    buf_add_char(b, 0);
}

/* A statement is kept by the address of its text, so each is made once and stays. */
enum { TABLES_MAX = 200 };
static const char *selects[TABLES_MAX][2];
static once_flag selects_made = ONCE_FLAG_INIT;

static void make_selects(void) {
    for (int i = 0; i < store_tables_n && i < TABLES_MAX; i++)
        for (int after = 0; after < 2; after++) {
            buf b = BUF_MAX(4096);
            write_select(&b, &store_tables[i], after);
            selects[i][after] = b.p;
        }
}

static void bind_cell(db_query *q, int index, const struct db_cell *v) {
    switch (v->kind) {
    case DB_CELL_NULL: db_bind_null(q, index); break;
    case DB_CELL_NUMBER: db_bind_int(q, index, v->number); break;
    case DB_CELL_TEXT: db_bind_text(q, index, v->bytes); break;
    case DB_CELL_BYTES: db_bind_blob(q, index, v->bytes); break;
    }
}

err store_export_page(db_conn *c, const struct store_page *p, int *ret_rows) {
    call_once(&selects_made, make_selects);
    const struct store_table *t = p->table;
    int n = keys_of(t), at = 1, rows = 0;
    db_query *q = db_sql(c, selects[t - store_tables][p->after && n]);
    if (!t->of_desk) db_bind_int(q, at++, p->brand);
    for (int i = 0; p->after && i < n; i++) bind_cell(q, at++, &p->after[i]);
    db_bind_int(q, at, p->limit);
    err e = ERR_NONE;
    for (; !e && db_row(q); rows++) e = p->row(p->context, q);
    err done = db_done(q);
    if (e || done) return e ? e : done;
    *ret_rows = rows;
    return ERR_NONE;
}

/* ---- in ---- */

const char *store_import_sql(arena *a, const struct store_table *table, const store_column_list *columns) {
    BUF_AUTO buf b = BUF_MAX(16384);
    buf_add_fmt(&b, "INSERT INTO %s (", table->name);
    for (size_t i = 0; i < columns->n; i++) {
        if (i) buf_add_z(&b, ", ");
        buf_add(&b, columns->v[i].name);
    }
    buf_add_z(&b, ") VALUES (");
    for (size_t i = 0; i < columns->n; i++) buf_add_fmt(&b, "%s$%zu", i ? ", " : "", i + 1);
    buf_add_char(&b, ')');
    return str_cstr(a, buf_str(&b));
}

err store_import_row(db_conn *c, const char *sql, const struct db_cell *cells, size_t n) {
    db_query *q = db_sql(c, sql);
    for (size_t i = 0; i < n; i++) bind_cell(q, (int)i + 1, &cells[i]);
    return db_done(q);
}

static struct db_cell *cell_named(const store_column_list *columns, struct db_cell *cells, const char *name) {
    for (size_t i = 0; i < columns->n; i++)
        if (str_eq(columns->v[i].name, str_z(name))) return &cells[i];
    return NULL;
}

static bool cell_is(const struct db_cell *cell, const char *const *words, size_t n) {
    if (!cell || cell->kind != DB_CELL_TEXT) return false;
    for (size_t i = 0; i < n; i++)
        if (str_eq(cell->bytes, str_z(words[i]))) return true;
    return false;
}

#define CELL_IS(cell, words) cell_is(cell, words, sizeof(words) / sizeof *(words))

enum store_import_as store_import_hold(const struct store_table *t, const store_column_list *columns,
                                       struct db_cell *cells, str says) {
    static const char *const going[] = {"held", "ready", "sending", "dot_sent", "limited"},
                             *const queued[] = {"held", "queued"}, *const due[] = {"due"},
                             *const sends[] = {"send", "ask", "thank", "acknowledge", "makers"};
    struct db_cell *state = cell_named(columns, cells, "state");
    if (!strcmp(t->name, "job"))
        return CELL_IS(cell_named(columns, cells, "kind"), sends) ? IMPORT_LEFT_OUT : IMPORT_AS_IT_IS;
    if (!strcmp(t->name, "outbox") && CELL_IS(state, going)) {
        struct db_cell *words = cell_named(columns, cells, "says");
        state->bytes = S("uncertain");
        if (words) words->bytes = says;
        return IMPORT_HELD;
    }
    if (!strcmp(t->name, "message") && CELL_IS(state, queued)) state->bytes = S("uncertain");
    if (!strcmp(t->name, "acknowledgement") && CELL_IS(state, due)) state->bytes = S("skipped");
    return IMPORT_AS_IT_IS;
}

err store_import_free_jobs(db_conn *c, int64_t brand) {
    db_query *q = db_sql(c, "UPDATE job SET lease_until = 0 WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    TRY(db_done(q));
    q = db_sql(c, "UPDATE unread SET lease_until = 0 WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    return db_done(q);
}
