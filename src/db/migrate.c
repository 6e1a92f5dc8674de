#include "db/migrate.h"

#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/random.h"

struct record {
    str name, checksum;
};

typedef LIST(struct record) record_list;
typedef LIST(str) str_list;

struct plan {
    arena *a;
    const struct db_migration **of_engine;
    str *checksums;
    int total;
    int64_t now;
    record_list recorded;
};

/* Splitting and translating.
 *
 * A scanner that knows quotes and comments, so that a ";" or a type's name inside them is left alone. */

static bool is_name(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The end of the quoted part or comment that begins at `at`, or `at` when none begins there. */
static size_t skip_opaque(str s, size_t at) {
    char c = s.p[at];
    if (c == '\'' || c == '"') {
        size_t end = str_find_char(s, c, at + 1);
        return end == SIZE_MAX ? s.n : end + 1;
    }
    bool line = str_starts(str_slice(s, at, s.n), S("--"));
    bool block = str_starts(str_slice(s, at, s.n), S("/*"));
    if (!line && !block) return at;
    size_t end = line ? str_find_char(s, '\n', at) : str_find(s, S("*/"), at + 2);
    if (end == SIZE_MAX) return s.n;
    return line ? end : end + 2;
}

static bool ends_line(str s, size_t at) {
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r')) at++;
    return at == s.n || s.p[at] == '\n';
}

/* The statements of `sql` without their ";"; parts of comments and white space only are left out. */
static void split(arena *a, str sql, str_list *ret_statements) {
    size_t start = 0, at = 0;
    bool something = false;
    while (at < sql.n) {
        size_t after = skip_opaque(sql, at);
        if (after != at) {
            if (sql.p[at] == '\'' || sql.p[at] == '"') something = true;
            at = after;
        } else if (sql.p[at] == ';' && ends_line(sql, at + 1)) {
            if (something) *list_add(a, ret_statements) = str_slice(sql, start, at);
            something = false;
            start = ++at;
        } else {
            if (!is_blank(sql.p[at])) something = true;
            at++;
        }
    }
    if (something) *list_add(a, ret_statements) = str_slice(sql, start, sql.n);
}

static size_t skip_space(str s, size_t at) {
    while (at < s.n) {
        bool comment = s.p[at] == '-' || s.p[at] == '/';
        size_t after = comment ? skip_opaque(s, at) : at + (is_blank(s.p[at]) ? 1 : 0);
        if (after == at) break;
        at = after;
    }
    return at;
}

/* CREATE TABLE name (...) and nothing behind: not a virtual table, not CREATE TABLE ... AS. */
static bool is_plain_table(str s) {
    str rest = str_slice(s, skip_space(s, 0), s.n);
    if (!str_starts_nocase(rest, S("CREATE"))) return false;
    rest = str_slice(rest, skip_space(rest, 6), rest.n);
    if (!str_starts_nocase(rest, S("TABLE")) || rest.n < 6 || is_name(rest.p[5])) return false;
    str end = str_trim(s);
    return end.n && end.p[end.n - 1] == ')';
}

static void add_word(buf *b, str word) {
    if (str_eq(word, S("BIGINT")))
        buf_add(b, S("INTEGER"));
    else if (str_eq(word, S("BYTEA")))
        buf_add(b, S("BLOB"));
    else
        buf_add(b, word);
}

static str for_sqlite(arena *a, str s) {
    BUF_AUTO buf b = BUF_MAX(s.n * 2 + 16);
    for (size_t at = 0; at < s.n;) {
        size_t end = skip_opaque(s, at);
        if (end != at) {
            buf_add(&b, str_slice(s, at, end));
        } else if (is_name(s.p[at])) {
            while (end < s.n && is_name(s.p[end])) end++;
            add_word(&b, str_slice(s, at, end));
        } else {
            buf_add_char(&b, s.p[at]);
            end = at + 1;
        }
        at = end;
    }
    if (is_plain_table(s)) buf_add(&b, S(" STRICT"));
    return str_copy(a, buf_str(&b));
}

/* What is there, what is missing. */

static err table_exists(db_conn *c, bool *ret_exists) {
    db_query *q =
        db_conn_engine(c) == DB_SQLITE
            ? db_sql(
                  c,
                  "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' AND name = 'schema_change'")
            : db_sql(c, "SELECT count(*) AS n FROM information_schema.tables"
                        " WHERE table_schema = current_schema() AND table_name = 'schema_change'");
    bool exists = db_row(q) && db_int(q, "n") > 0;
    TRY(db_done(q));
    *ret_exists = exists;
    return ERR_NONE;
}

static err load_records(db_conn *c, arena *a, record_list *ret_records) {
    record_list records = {0};
    bool exists = false;
    TRY(table_exists(c, &exists));
    if (exists) {
        db_query *q = db_sql(c, "SELECT name, checksum FROM schema_change");
        while (db_row(q)) {
            str name = db_text(q, a, "name"), checksum = db_text(q, a, "checksum");
            *list_add(a, &records) = (struct record){name, checksum};
        }
        TRY(db_done(q));
    }
    *ret_records = records;
    return ERR_NONE;
}

static bool is_recorded(const struct plan *p, str name) {
    for (size_t i = 0; i < p->recorded.n; i++)
        if (str_eq(p->recorded.v[i].name, name)) return true;
    return false;
}

/* `ret_done`: how many of the list are in the database. They must be its beginning, unchanged. */
static err check_records(const struct plan *p, int *ret_done) {
    for (size_t i = 0; i < p->recorded.n; i++) {
        struct record r = p->recorded.v[i];
        int k = 0;
        while (k < p->total && !str_eq(str_z(p->of_engine[k]->name), r.name)) k++;
        if (k == p->total)
            return err_set(ERR_CONFLICT,
                           "The database holds the schema change %.*s, which this program does not know; "
                           "a newer program made it. Run that one.",
                           STR_FMT(r.name));
        if (!str_eq(p->checksums[k], r.checksum))
            return err_set(ERR_CONFLICT, "The schema change %.*s differs from the one in the database.",
                           STR_FMT(r.name));
    }
    int done = (int)p->recorded.n;
    for (int k = 0; k < done; k++)
        if (!is_recorded(p, str_z(p->of_engine[k]->name)))
            return err_set(ERR_CONFLICT, "The schema change %s is missing below later ones in the database.",
                           p->of_engine[k]->name);
    *ret_done = done;
    return ERR_NONE;
}

/* Applying. */

static err create_table(db_conn *c, void *arg) {
    (void)arg;
    bool exists = false;
    TRY(table_exists(c, &exists));
    if (exists) return ERR_NONE;
    return db_exec(c, db_conn_engine(c) == DB_SQLITE
                          ? "CREATE TABLE schema_change (name TEXT PRIMARY KEY, checksum TEXT NOT NULL,"
                            " applied_at INTEGER NOT NULL) STRICT"
                          : "CREATE TABLE IF NOT EXISTS schema_change (name TEXT PRIMARY KEY,"
                            " checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)");
}

struct step {
    struct plan *plan;
    bool applied; /* by us; false when another process was faster */
};

static err run_statements(db_conn *c, arena *a, const struct db_migration *m) {
    str_list statements = {0};
    split(a, str_z(m->sql), &statements);
    for (size_t i = 0; i < statements.n; i++) {
        str sql = statements.v[i];
        if (db_conn_engine(c) == DB_SQLITE) sql = for_sqlite(a, sql);
        err code = db_exec(c, str_cstr(a, sql));
        if (code) {
            str why = str_copy(a, str_z(err_text()));
            return err_set(code, "The schema change %s failed at statement %zu: %.*s", m->name, i + 1,
                           STR_FMT(why));
        }
    }
    return ERR_NONE;
}

/* The next missing one. What is missing is asked anew inside the transaction, because another process
 * may be at it too. */
static err apply_next(db_conn *c, void *arg) {
    struct step *step = arg;
    struct plan *p = step->plan;
    ARENA_AUTO arena *a = arena_new(0);
    step->applied = false;
    /* Before the first reading statement, so that the snapshot is taken with the lock in hand. */
    if (db_conn_engine(c) == DB_POSTGRES)
        TRY(db_exec(c, "LOCK TABLE schema_change IN ACCESS EXCLUSIVE MODE"));
    struct plan fresh = *p;
    TRY(load_records(c, a, &fresh.recorded));
    int done = 0;
    TRY(check_records(&fresh, &done));
    if (done == p->total) return ERR_NONE;
    const struct db_migration *m = p->of_engine[done];
    TRY(run_statements(c, a, m));
    db_query *q = db_sql(c, "INSERT INTO schema_change (name, checksum, applied_at) VALUES ($1, $2, $3)");
    db_bind_text(q, 1, str_z(m->name));
    db_bind_text(q, 2, p->checksums[done]);
    db_bind_int(q, 3, p->now);
    TRY(db_done(q));
    step->applied = true;
    return ERR_NONE;
}

static void choose(struct plan *p, db_engine engine, const struct db_migration *list, size_t n) {
    p->of_engine = arena_array(p->a, n, sizeof *p->of_engine);
    p->checksums = arena_array(p->a, n, sizeof *p->checksums);
    for (size_t i = 0; i < n; i++) {
        if (list[i].engine >= 0 && list[i].engine != (int)engine) continue;
        p->checksums[p->total] = content_hash(p->a, str_z(list[i].sql));
        p->of_engine[p->total++] = &list[i];
    }
}

err db_migrate(db *d, const struct db_migration *list, size_t n, int64_t now_ms, bool dry,
               struct db_migrate_report *ret_report) {
    ARENA_AUTO arena *a = arena_new(0);
    struct plan p = {.a = a, .now = now_ms};
    choose(&p, db_engine_of(d), list, n);
    db_conn *c = NULL;
    TRY(db_read_begin(d, &c));
    err code = load_records(c, a, &p.recorded);
    db_read_end(c);
    if (code) return code;
    int done = 0, applied = 0;
    TRY(check_records(&p, &done));
    if (!dry && done < p.total) {
        TRY(db_write(d, create_table, NULL));
        struct step step = {.plan = &p};
        do {
            TRY(db_write(d, apply_next, &step));
            if (step.applied) applied++;
        } while (step.applied);
        done = p.total;
    }
    *ret_report = (struct db_migrate_report){.applied = applied, .pending = p.total - done, .total = p.total};
    return ERR_NONE;
}
