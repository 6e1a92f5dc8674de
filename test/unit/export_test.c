/* A desk as files, and back: what went out and what a second desk sends out again are the same, on either
 * engine and from one to the other. No table is forgotten, no secret leaves. */
#include "canary_kit.h"

#include <sys/stat.h>

#include "desk/export.h"
#include "format/json.h"
#include "store/acknowledge.h"
#include "store/export.h"
#include "store/import.h"
#include "store/message.h"

/* ---- the lists ---- */

static bool listed(str name) {
    for (int i = 0; i < store_tables_n; i++)
        if (str_eq(str_z(store_tables[i].name), name)) return true;
    for (int i = 0; i < store_left_out_n; i++)
        if (str_eq(str_z(store_left_out[i].name), name)) return true;
    return false;
}

/* A new table has to be in one of the lists of store/export_tables.c. */
static void test_every_table(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    store_name_list names;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_table_names(c, kit.a, &names));
    assert_true(names.n > 70);
    for (size_t i = 0; i < names.n; i++)
        if (!listed(names.v[i])) fail_msg("%.*s is in no list", STR_FMT(names.v[i]));
    for (int i = 0; i < store_tables_n; i++) {
        store_column_list columns;
        assert_ok(store_columns(c, kit.a, store_tables[i].name, &columns));
        if (!columns.n) fail_msg("there is no table %s", store_tables[i].name);
        for (int k = 0; store_tables[i].keys[k]; k++) {
            bool there = false;
            for (size_t n = 0; n < columns.n; n++)
                there = there || str_eq(columns.v[n].name, str_z(store_tables[i].keys[k]));
            if (!there) fail_msg("%s has no %s", store_tables[i].name, store_tables[i].keys[k]);
        }
    }
}

/* A column that sounds like a secret is written empty, or is named here as none. */
static void test_every_secret(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const char *const sounds[] = {"password", "secret", "token", "refresh", "bearer"};
    static const char *const harmless[] = {"token_url"};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    for (int i = 0; i < store_tables_n; i++) {
        store_column_list columns;
        assert_ok(store_columns(c, kit.a, store_tables[i].name, &columns));
        for (size_t n = 0; n < columns.n; n++)
            for (size_t k = 0; k < sizeof sounds / sizeof *sounds; k++) {
                if (str_find(columns.v[n].name, str_z(sounds[k]), 0) == SIZE_MAX) continue;
                if (columns.v[n].kind == COLUMN_NUMBER) continue;
                if (str_eq(columns.v[n].name, str_z(harmless[0]))) continue;
                if (!store_secret(&store_tables[i], str_cstr(kit.a, columns.v[n].name)))
                    fail_msg("%s.%.*s leaves the desk", store_tables[i].name, STR_FMT(columns.v[n].name));
            }
    }
}

/* ---- a second desk ---- */

static struct {
    db *db;
    struct desk d;
    char folder[64], schema[64], target[1024];
    bool postgres;
} second;

static void open_second(bool postgres) {
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    snprintf(second.folder, sizeof second.folder, "/tmp/longhand-second-XXXXXX");
    assert_non_null(mkdtemp(second.folder));
    second.postgres = postgres;
    if (postgres) {
        char sql[128];
        const char *url = getenv("PG_URL");
        snprintf(second.schema, sizeof second.schema, "second_%" PRId64, id_new(clock_now(NULL)));
        snprintf(sql, sizeof sql, "CREATE SCHEMA %s", second.schema);
        kit_exec_at(url, sql);
        snprintf(second.target, sizeof second.target, "%s%coptions=-csearch_path%%3D%s", url,
                 str_has(str_z(url), '?') ? '&' : '?', second.schema);
    } else {
        snprintf(second.target, sizeof second.target, "%s/desk.db", second.folder);
    }
    assert_ok(db_open(&(struct db_options){.target = str_z(second.target), .connections = 4}, &second.db));
    assert_ok(cli_migrations(kit.a, &list, &n));
    assert_ok(db_migrate(second.db, list, n, kit.now, false, &report));
    second.d = (struct desk){.db = second.db,
                             .clock = &kit.clock,
                             .folder = str_z(second.folder),
                             .public_url = S("https://desk.example"),
                             .keeps_indexes = true};
}

static void close_second(void) {
    char sql[128];
    heart_close(&second.d);
    db_close(second.db);
    if (second.postgres) {
        snprintf(sql, sizeof sql, "DROP SCHEMA %s CASCADE", second.schema);
        kit_exec_at(getenv("PG_URL"), sql);
    }
    assert_int_equal(nftw(second.folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- comparing ---- */

static int by_text(const void *p, const void *q) { return str_cmp(*(const str *)p, *(const str *)q); }

/* Lines in any order: keys that are text sort in the database's own way. */
static str sorted(str bytes) {
    LIST(str) lines = {0};
    BUF_AUTO buf b = BUF_MAX(256 << 20);
    str line;
    while (str_line(&bytes, &line)) *list_add(kit.a, &lines) = line;
    if (lines.n) qsort(lines.v, lines.n, sizeof *lines.v, by_text);
    for (size_t i = 0; i < lines.n; i++) {
        buf_add(&b, lines.v[i]);
        buf_add_char(&b, '\n');
    }
    return str_copy(kit.a, buf_str(&b));
}

static str first_folder, other_folder;
static int compared, letters_compared;

/* What the moved desk is to say differently: leases, and what had not surely left. */
static bool may_differ(str name) {
    return str_eq(name, S("longhand.json")) || str_ends(name, S("/job.jsonl")) ||
           str_ends(name, S("/unread.jsonl"));
}

static int compare(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)at, (void)st;
    str full = str_z(path), a, b;
    if (type != FTW_F) return 0;
    str name = str_slice(full, first_folder.n + 1, full.n);
    if (may_differ(name)) return 0;
    str there = str_fmt(kit.a, "%.*s/%.*s", STR_FMT(other_folder), STR_FMT(name));
    assert_ok(file_read(kit.a, full, 256 << 20, &a));
    if (file_read(kit.a, there, 256 << 20, &b)) fail_msg("%.*s is missing: %s", STR_FMT(name), err_text());
    bool rows = str_ends(name, S(".jsonl"));
    if (!str_eq(rows ? sorted(a) : a, rows ? sorted(b) : b)) fail_msg("%.*s differs", STR_FMT(name));
    compared++;
    letters_compared += str_ends(name, S(".eml"));
    return 0;
}

static void same_folders(str one, str two) {
    compared = letters_compared = 0;
    first_folder = one, other_folder = two;
    assert_int_equal(nftw(str_cstr(kit.a, one), compare, 16, FTW_PHYS), 0);
    assert_true(compared > 80);
    assert_true(letters_compared >= 3);
    int before = compared;
    compared = 0;
    first_folder = two, other_folder = one;
    assert_int_equal(nftw(str_cstr(kit.a, two), compare, 16, FTW_PHYS), 0);
    assert_int_equal(compared, before);
}

static err put_secret(db_conn *c, void *arg) {
    (void)arg;
    TRY(db_exec(c, "UPDATE inbox SET smtp_password = 'hunter-rabbit-77'"));
    return db_exec(c, "UPDATE account SET password = 'argon-hunter-rabbit-77'");
}

static void there_and_back(bool to_postgres, const char *name) {
    char folder[] = "/tmp/longhand-moved-XXXXXX";
    struct export_report out, in, again;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear(name);
    assert_ok(db_write(kit.db, put_secret, NULL));
    assert_non_null(mkdtemp(folder));
    str one = str_fmt(kit.a, "%s/one", folder), two = str_fmt(kit.a, "%s/two", folder);
    assert_ok(export_out(&kit.d, one, NULL, NULL, &out));
    assert_int_equal(export_out(&kit.d, one, NULL, NULL, &out), ERR_CONFLICT);
    assert_int_equal(out.damaged, 0);
    sought = "hunter-rabbit";
    found = 0;
    assert_int_equal(nftw(str_cstr(kit.a, one), seek, 16, FTW_PHYS), 0);
    assert_int_equal(found, 0);
    assert_int_equal(export_in(&kit.d, kit.a, one, NULL, NULL, &in), ERR_CONFLICT);
    open_second(to_postgres);
    arena *statements = arena_new(0);
    assert_ok(export_in(&second.d, statements, one, NULL, NULL, &in));
    assert_int_equal(in.rows, out.rows);
    assert_int_equal(in.letters, out.letters);
    assert_int_equal(in.files, out.files);
    assert_int_equal(in.held, 0);
    assert_ok(export_out(&second.d, two, NULL, NULL, &again));
    same_folders(one, two);

    /* It works there: found by its words, learned anew, the bytes as they came. */
    DB_READ_AUTO db_conn *c = NULL;
    found_list hits_there = {0};
    str words[] = {str_lower(kit.a, str_z(name))}, bytes;
    struct raw raw;
    assert_ok(db_read_begin(second.db, &c));
    assert_ok(store_search(c, kit.a, w.ines.brand, words, 1, true, 0, 10, &hits_there));
    assert_true(hits_there.n > 0);
    assert_ok(store_raw_get(c, kit.a, w.ines.brand, p.message, &raw));
    db_read_end(c);
    c = NULL;
    assert_true(raw.in_object);
    assert_ok(intake_bytes(&second.d, kit.a, &raw, &bytes));
    assert_true(str_starts(bytes, str_fmt(kit.a, "From: %s <", name)));
    int done_there;
    near *replies;
    kit.now += HOUR_MS;
    assert_ok(jobs_run_kind(&second.d, S("/nonexistent"), S("learn"), &done_there));
    assert_ok(heart_replies(&second.d, w.ines.brand, &replies));
    assert_true(near_has(replies, p.reply));
    close_second();
    arena_free(statements);
    assert_int_equal(nftw(folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void test_there_and_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    there_and_back(kit.postgres, "Torvandelle");
}

static void test_to_the_other_engine(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    if (!getenv("PG_URL") || !*getenv("PG_URL")) skip();
    there_and_back(!kit.postgres, "Merrowinda");
}

static err make_ready(db_conn *c, void *arg) {
    const struct person *p = arg;
    db_query *q = db_sql(c, "UPDATE outbox SET state = 'ready' WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, w.ines.brand);
    db_bind_int(q, 2, p->reply);
    TRY(db_done(q));
    q = db_sql(c,
               "INSERT INTO job (brand_id, kind, subject_id, id, run_at, lease_until, attempts, last_error, "
               "dead_at) SELECT brand_id, 'send', id, $3, 0, 0, 0, '', 0 FROM outbox WHERE brand_id = $1 "
               "AND message_id = $2");
    db_bind_int(q, 1, w.ines.brand);
    db_bind_int(q, 2, p->reply);
    db_bind_int(q, 3, id_new(kit.now));
    TRY(db_done(q));
    TRY(store_acknowledge_insert(c, w.ines.brand,
                                 &(struct store_acknowledge){.conversation_id = p->v,
                                                             .message_id = p->message,
                                                             .address_hash = S("hash"),
                                                             .state = ACKNOWLEDGE_DUE,
                                                             .created_at = kit.now,
                                                             .updated_at = kit.now}));
    TRY(store_job_put(c, w.ines.brand, S("acknowledge"), p->v, id_new(kit.now), kit.now));
    return store_message_state(c, w.ines.brand, p->reply, MESSAGE_QUEUED);
}

static int64_t count_there(const char *sql) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(second.db, &c));
    db_query *q = db_sql(c, sql);
    int64_t n = db_row(q) ? db_int(q, "n") : -1;
    assert_ok(db_done(q));
    return n;
}

/* What would leave from there at any time. */
static void assert_nothing_leaves(void) {
    static const char *const kinds[] = {"send", "acknowledge", "ask", "thank", "makers"};
    int n;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_ok(jobs_run_kind(&second.d, S("/nonexistent"), str_z(kinds[i]), &n));
        assert_int_equal(n, 0);
    }
    assert_int_equal(count_there("SELECT COUNT(*) AS n FROM outbox WHERE state IN ('held', 'ready', "
                                 "'sending', 'dot_sent', 'limited')"),
                     0);
    assert_int_equal(count_there("SELECT COUNT(*) AS n FROM acknowledgement WHERE state = 'due'"), 0);
}

/* Stands for the import being killed, or a desk being served from the folder, once the table is read. */
static const char *looked_at;
static void look_meanwhile(void *context, const char *table, int64_t rows) {
    (void)rows;
    if (strcmp(table, looked_at) != 0) return;
    ++*(int *)context;
    assert_nothing_leaves();
}

/* Both desks would send it: so the new one asks, from the first row on. */
static void test_nothing_leaves_twice(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    char folder[] = "/tmp/longhand-moved-XXXXXX";
    struct export_report r;
    struct message m;
    int looked = 0;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Quistelore");
    assert_ok(db_write(kit.db, make_ready, &p));
    assert_non_null(mkdtemp(folder));
    str one = str_fmt(kit.a, "%s/one", folder);
    assert_ok(export_out(&kit.d, one, NULL, NULL, &r));
    open_second(kit.postgres);
    arena *statements = arena_new(0);
    looked_at = "catalogue"; /* the one behind `job` */
    kit.now += DAY_MS;
    assert_ok(export_in(&second.d, statements, one, look_meanwhile, &looked, &r));
    assert_int_equal(looked, 1);
    assert_int_equal(r.held, 1);
    assert_nothing_leaves();
    assert_int_equal(count_there("SELECT COUNT(*) AS n FROM outbox WHERE state = 'uncertain' AND says <> ''"),
                     1);
    assert_int_equal(count_there("SELECT COUNT(*) AS n FROM acknowledgement WHERE state = 'skipped'"), 1);
    assert_int_equal(count_there("SELECT COUNT(*) AS n FROM job WHERE kind IN ('send', 'acknowledge')"), 0);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(second.db, &c));
    assert_ok(store_message_get(c, kit.a, w.ines.brand, p.reply, &m));
    db_read_end(c);
    c = NULL;
    assert_int_equal(m.state, MESSAGE_UNCERTAIN);
    close_second();
    arena_free(statements);
    assert_int_equal(nftw(folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static str broken_at;
/* A file where the brands' folder was to be. */
static void break_it(void *context, const char *table, int64_t rows) {
    (void)context, (void)rows;
    if (!strcmp(table, "account"))
        assert_ok(file_write(kit.a, str_fmt(kit.a, "%.*s/brands", STR_FMT(broken_at)), S("x"), 0600));
}

/* One that breaks off holds words all the same: it is remembered. */
static void test_a_broken_one_is_known(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    char folder[] = "/tmp/longhand-broken-XXXXXX";
    struct export_report r;
    store_copy_list copies;
    bool known = false;
    world();
    assert_non_null(mkdtemp(folder));
    str one = str_fmt(kit.a, "%s/one", folder);
    broken_at = one;
    assert_true(export_out(&kit.d, one, break_it, NULL, &r) != ERR_NONE);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_copy_list_all(c, kit.a, &copies));
    for (size_t i = 0; i < copies.n; i++) known = known || str_eq(copies.v[i].path, one);
    assert_true(known);
    db_read_end(c);
    c = NULL;
    assert_int_equal(nftw(folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* What is no whole export, or one that was tampered with. */
static void test_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    char folder[] = "/tmp/longhand-moved-XXXXXX";
    struct export_report r;
    arena *statements = arena_new(0);
    world();
    assert_non_null(mkdtemp(folder));
    str one = str_fmt(kit.a, "%s/one", folder), path = str_fmt(kit.a, "%s/one/longhand.json", folder), sheet;
    open_second(false);
    assert_int_equal(export_in(&second.d, statements, str_z(folder), NULL, NULL, &r), ERR_INVALID);
    assert_ok(export_out(&kit.d, one, NULL, NULL, &r));
    assert_ok(file_read(kit.a, path, 1 << 20, &sheet));
    size_t at = str_find(sheet, S("\"version\":1"), 0);
    assert_true(at != SIZE_MAX);
    str newer = str_fmt(kit.a, "%.*s\"version\":9%s", (int)at, sheet.p,
                        str_cstr(kit.a, str_slice(sheet, at + 11, sheet.n)));
    assert_ok(file_write(kit.a, path, newer, 0600));
    assert_int_equal(export_in(&second.d, statements, one, NULL, NULL, &r), ERR_CONFLICT);
    at = str_find(sheet, S("\"columns\":{"), 0) + 11;
    newer = str_fmt(kit.a, "%.*s\"shoe_size\":\"number\",%s", (int)at, sheet.p,
                    str_cstr(kit.a, str_slice(sheet, at, sheet.n)));
    assert_ok(file_write(kit.a, path, newer, 0600));
    assert_int_equal(export_in(&second.d, statements, one, NULL, NULL, &r), ERR_CONFLICT);
    assert_ok(file_write(kit.a, path, sheet, 0600));
    assert_ok(
        file_write(kit.a, str_fmt(kit.a, "%.*s/account.jsonl", STR_FMT(one)), S("{\"id\":\"1\""), 0600));
    assert_int_equal(export_in(&second.d, statements, one, NULL, NULL, &r), ERR_INVALID);
    close_second();
    arena_free(statements);
    assert_int_equal(nftw(folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {KIT_TEST(test_every_table),
                                       KIT_TEST(test_every_secret),
                                       KIT_TEST(test_there_and_back),
                                       KIT_TEST(test_to_the_other_engine),
                                       KIT_TEST(test_nothing_leaves_twice),
                                       KIT_TEST(test_a_broken_one_is_known),
                                       KIT_TEST(test_refused)};
    return KIT_RUN(tests);
}
