/* A brand's rows as text, and conversations on which all hangs that can. */
#ifndef LONGHAND_TEST_MERGE_KIT_H
#define LONGHAND_TEST_MERGE_KIT_H

#include "incoming_kit.h"

#include "desk/child.h"
#include "desk/conversation.h"
#include "desk/forwarded.h"
#include "desk/merge.h"

/* ---- everything as text ---- */

struct kit_text {
    const char *sql;
    str_list lines;
};

static inline err kit_read_lines(struct kit_text *t, int64_t brand) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(kit.db, &c));
    db_query *q = db_sql(c, t->sql);
    if (brand) db_bind_int(q, 1, brand);
    while (db_row(q)) *list_add(kit.a, &t->lines) = db_text(q, kit.a, "line");
    return db_done(q);
}

/* The statement is kept by its address: it lives as long as the kit's arena, which outlives the database. */
static str_list kit_lines(int64_t brand, const char *sql) {
    struct kit_text t = {.sql = sql};
    assert_ok(kit_read_lines(&t, brand));
    return t.lines;
}

static const char *kit_sql(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *kit_sql(const char *fmt, ...) {
    char text[16384];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    assert_in_range(n, 1, sizeof text - 1);
    return str_cstr(kit.a, str_z(text));
}

static str_list kit_tables(void) {
    return kit_lines(0, kit.postgres
                            ? "SELECT CAST(table_name AS TEXT) AS line FROM information_schema.columns WHERE "
                              "table_schema = current_schema() AND column_name = 'brand_id' ORDER BY 1"
                            : "SELECT m.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) p "
                              "WHERE m.type = 'table' AND p.name = 'brand_id' ORDER BY 1");
}

static str_list kit_columns(str table) {
    return kit_lines(
        0, kit.postgres
               ? kit_sql("SELECT CAST(column_name AS TEXT) AS line FROM information_schema.columns WHERE "
                         "table_schema "
                         "= current_schema() AND table_name = '%.*s' ORDER BY ordinal_position",
                         STR_FMT(table))
               : kit_sql("SELECT name AS line FROM pragma_table_info('%.*s') ORDER BY cid", STR_FMT(table)));
}

static const char *kit_dump_sql(str table) {
    str_list columns = kit_columns(table);
    BUF_AUTO buf b = BUF_MAX(16384);
    buf_add_z(&b, "SELECT ");
    for (size_t i = 0; i < columns.n; i++) {
        /* Pages that are open hold the versions of conversations, so those only go on. */
        if (str_eq(columns.v[i], S("version")) && str_eq(table, S("conversation"))) continue;
        str n = columns.v[i];
        if (kit.postgres)
            buf_add_fmt(&b, "%s'%.*s=' || COALESCE(CAST(%.*s AS TEXT), '-') || ' '", i ? " || " : "",
                        STR_FMT(n), STR_FMT(n));
        else
            buf_add_fmt(
                &b,
                "%s'%.*s=' || COALESCE(CASE WHEN typeof(%.*s) = 'blob' THEN hex(%.*s) ELSE %.*s END, '-') "
                "|| ' '",
                i ? " || " : "", STR_FMT(n), STR_FMT(n), STR_FMT(n), STR_FMT(n));
    }
    buf_add_fmt(&b, " AS line FROM %.*s WHERE brand_id = $1 ORDER BY 1", STR_FMT(table));
    assert_true(buf_ok(&b));
    return str_cstr(kit.a, str_copy(kit.a, buf_str(&b)));
}

struct kit_dump {
    str_list tables;
    str_list *rows;
};

static inline struct kit_dump dump(void) {
    /* One statement a table and database, since statements are kept. */
    static struct kit_dump shape;
    static const char **sql;
    static db *of;
    if (of != kit.db) {
        of = kit.db;
        shape.tables = kit_tables();
        sql = arena_array(kit.a, shape.tables.n, sizeof *sql);
        for (size_t i = 0; i < shape.tables.n; i++) sql[i] = kit_dump_sql(shape.tables.v[i]);
    }
    assert_true(shape.tables.n > 40);
    struct kit_dump d = {shape.tables, arena_array(kit.a, shape.tables.n, sizeof *d.rows)};
    for (size_t i = 0; i < d.tables.n; i++) d.rows[i] = kit_lines(w.brand, sql[i]);
    return d;
}

/* What an undo may leave: its own records, and who is to be counted anew. */
static inline bool may_differ(str table) {
    return str_starts(table, S("merge_")) || str_eq(table, S("fan_again"));
}

static inline void assert_same_dump(const struct kit_dump *before, const struct kit_dump *after) {
    for (size_t t = 0; t < before->tables.n; t++) {
        str name = before->tables.v[t];
        const str_list *a = &before->rows[t], *b = &after->rows[t];
        if (may_differ(name)) continue;
        for (size_t i = 0; i < a->n && i < b->n; i++)
            if (!str_eq(a->v[i], b->v[i]))
                fail_msg("%.*s: was\n%.*s\nis\n%.*s", STR_FMT(name), STR_FMT(a->v[i]), STR_FMT(b->v[i]));
        if (a->n != b->n) fail_msg("%.*s: %zu rows, were %zu", STR_FMT(name), b->n, a->n);
    }
}

static inline size_t dump_rows(const struct kit_dump *d, const char *table) {
    for (size_t t = 0; t < d->tables.n; t++)
        if (str_eq(d->tables.v[t], str_z(table))) return d->rows[t].n;
    fail_msg("no table %s", table);
    return 0;
}

/* ---- a conversation with all that can hang on one ---- */

static inline void run_sql(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static inline void run_sql(const char *fmt, ...) {
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    assert_in_range(n, 1, sizeof text - 1);
    assert_ok(db_write(kit.db, kit_exec, text));
}

static long long fresh_id(void) { return (long long)id_new(kit.now); }

static inline int64_t place_of(int64_t message) { return message_of(message).conversation_id; }

static inline struct conversation look(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.brand, id, &v));
    return v;
}

/* Rows of every table that names a conversation, of an agent, on a letter of it. */
static inline void hang_all(int64_t letter, bool child, long long defect, long long trial) {
    struct conversation v = conversation_of(letter);
    long long b = w.brand, c = v.id, u = v.customer_id, m = letter, g = w.ines.agent, at = kit.now;
    run_sql("INSERT INTO gesture VALUES (%lld, %lld, %lld, %lld, %lld, 'extra', 'other', '', '', 'Shell', 1, "
            "5, 'EUR', "
            "0, 202701, 'kind', 'k%lld', 'b', %lld)",
            b, fresh_id(), c, u, g, fresh_id(), at);
    run_sql("INSERT INTO promise VALUES (%lld, %lld, %lld, %lld, %lld, 'ours', 'A keeper', 20270201, %lld, "
            "%lld, 0, 0, "
            "'open', '', 0, 0, 1, %lld, %lld, 0, 0)",
            b, fresh_id(), c, u, m, at + 9, at + 9, g, at);
    run_sql(
        "INSERT INTO box (brand_id, id, number, conversation_id, customer_id, address, country, language, "
        "letter, "
        "message_id, agent_id, state, carrier, tracking, due_day, promise_id, follow_at, created_at, "
        "updated_at, "
        "packed_at, sent_at, settled_at, version, key_hash, body_hash) VALUES (%lld, %lld, %lld, %lld, %lld, "
        "'Quay 1', 'DE', 'en', 'Dear', %lld, %lld, 'to_pick', '', '', 0, 0, 0, %lld, %lld, 0, 0, 0, 1, '', "
        "'')",
        b, fresh_id(), fresh_id(), c, u, m, g, at, at);
    run_sql("INSERT INTO override VALUES (%lld, %lld, %lld, %lld, %lld, 'canned', 'so', %lld)", b, fresh_id(),
            c, m, g, at);
    run_sql("INSERT INTO defect_case VALUES (%lld, %lld, %lld, %lld, %lld, %lld, 0, 3, 'broken', 'fell', '', "
            "0, %lld, "
            "20700, %lld, %lld, 0, 1)",
            b, fresh_id(), defect, c, u, m, at, g, at);
    run_sql("INSERT INTO trial_case VALUES (%lld, %lld, %lld, %lld, %lld, %lld, 0, '')", b, trial,
            u + fresh_id(), c, g, at);
    run_sql("INSERT INTO track VALUES (%lld, %s%016llx', %lld, %lld, %lld, %lld, %lld, 0)", b,
            kit.postgres ? "'\\x" : "x'", fresh_id(), fresh_id(), c, g, at, at + DAY_MS);
    run_sql("INSERT INTO draft VALUES (%lld, %lld, %lld, 'reply', 'a@b.example', '', '', 'Re', 'Dear %lld', "
            "%lld)",
            b, c, g, c % 1000, at);
    run_sql("INSERT INTO attachment (brand_id, id, message_id, conversation_id, agent_id, name, type, "
            "content_id, "
            "shown_inline, size, hash, bytes) VALUES (%lld, %lld, 0, %lld, %lld, 'a.txt', 'text/plain', '', "
            "0, 1, '', %s)",
            b, fresh_id(), c, g, kit.postgres ? "'\\x41'" : "x'41'");
    if (!child) return;
    run_sql("INSERT INTO child VALUES (%lld, %lld, 'asked', %lld, %lld, 0, '', '', '', 0, 0, 0, 2)", b, c, g,
            at);
    run_sql("INSERT INTO child_ask VALUES (%lld, %lld, %lld, %lld, 'mum@customer.example', %s, 'sent', '', "
            "%lld, %lld, "
            "0, 0)",
            b, fresh_id(), c, g, kit.postgres ? "'\\x01'" : "x'01'", at, at + DAY_MS);
    run_sql("INSERT INTO worry VALUES (%lld, %lld, %lld, %lld, %lld, 'hm', %lld, 0, 0, '')", b, fresh_id(), c,
            m, g, at);
}

static inline long long new_defect(void) {
    long long id = fresh_id();
    run_sql("INSERT INTO defect VALUES (%lld, %lld, 'P%lld', 'Boat', '', '', %lld)", (long long)w.brand, id,
            id, (long long)kit.now);
    return id;
}

static inline long long new_trial(void) {
    long long id = fresh_id();
    run_sql("INSERT INTO trial VALUES (%lld, %lld, 'Drop', '', 0, 0, '', %lld, %lld, 0, 0, 0, 1)",
            (long long)w.brand, id, (long long)w.ines.agent, (long long)kit.now);
    return id;
}

/* ---- calls ---- */

static inline err merge(int64_t from, int64_t into, bool even_strangers, struct merge_done *ret) {
    struct merge_wish wish = {.from = from, .into = into, .seen_from = -1, .seen_into = -1};
    if (even_strangers) {
        wish.customers[0] = look(from).customer_id;
        wish.customers[1] = look(into).customer_id;
    }
    return merge_conversations(&kit.d, kit.a, &w.ines, &wish, ret, NULL);
}

static inline err split(int64_t conversation, const int64_t *messages, size_t n, struct merge_done *ret) {
    struct split_wish wish = {.conversation = conversation, .seen_version = -1, .messages = messages, .n = n};
    return merge_split(&kit.d, kit.a, &w.ines, &wish, ret);
}

static inline err undo(int64_t operation) {
    struct merge_done done;
    return merge_undo(&kit.d, kit.a, &w.ines, operation, &done);
}

#define assert_refused(call, code, words)                                                                    \
    do {                                                                                                     \
        err e_ = (call);                                                                                     \
        if (e_ != (code)) fail_msg("%s: %s: %s", #call, err_name(e_), e_ ? err_text() : "");                 \
        if (!strstr(err_text(), words)) fail_msg("no \"%s\" in \"%s\"", words, err_text());                  \
    } while (0)

#endif
