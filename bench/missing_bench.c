/* missing_bench: the pieces of every product: how fast they come in, and how fast their pages are made.
 *
 *     DATA=DIR missing_bench [FOLDER] [ROWS]     DATA/catalogue is imported with ROWS (1,400,000) rows of
 * pieces, made here; FOLDER (.) takes the database. PG_URL: into PostgreSQL
 *
 * The rows have the shape of Rebrickable's inventory_parts.csv: a few sets have most pieces, a few parts and
 * colours are in most sets. Prints rows of a table. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/random.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/catalogue.h"
#include "desk/heart.h"
#include "desk/settings.h"
#include "format/csv.h"
#include "kit.h"
#include "web/web.h"

enum { BRAND = 1, ROWS = 1400000, PAGES = 4000, LIMIT_IMPORT_MS = 5000, LIMIT_PAGE_US = 5000 };

static arena *mem;
static struct desk desk;
static uint64_t seed = 42;

static void need(bool ok, const char *why) {
    if (ok) return;
    fprintf(stderr, "missing_bench: %s\n", why);
    exit(1);
}

static uint32_t dice(size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

/* The first ones much more often. */
static size_t few(size_t n) {
    double u = (double)dice(1 << 24) / (1 << 24);
    return (size_t)((double)n * u * u * u);
}

static double now(void) { return seconds(CLOCK_MONOTONIC); }

/* ---- the files ---- */

static struct catalogue_source file_of(const char *data, const char *name) {
    str path = str_fmt(mem, "%s/catalogue/%s", data, name), bytes;
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    need(fd >= 0 && !cli_read_stream(mem, fd, (size_t)512 << 20, &bytes), path.p);
    close(fd);
    return (struct catalogue_source){str_z(name), bytes};
}

typedef LIST(str) column_list;

static column_list column(str bytes, size_t which) {
    column_list all = {0};
    struct csv_in csv = csv_begin(bytes);
    csv_next(&csv, mem);
    for (csv_result got; (got = csv_next(&csv, mem)) != CSV_END;)
        if (got == CSV_ROW && csv.nfields > which) *list_add(mem, &all) = csv.fields[which];
    return all;
}

/* Sets of all sizes: most have a dozen kinds of pieces, the largest more than a thousand. */
static struct catalogue_source make_pieces(size_t rows, str inventories, str parts, str colours) {
    column_list inventory = column(inventories, 0), part = column(parts, 0), colour = column(colours, 0);
    static buf b;
    b = BUF_MAX((size_t)512 << 20);
    buf_add(&b, S("inventory_id,part_num,color_id,quantity,is_spare,img_url\n"));
    for (size_t made = 0, i = 0; made < rows; i++) {
        double u = (double)(dice(100000) + 1) / 100000;
        size_t n = (size_t)(9 / u);
        if (n > 1800) n = 1800;
        str id = inventory.v[i % inventory.n];
        for (size_t k = 0; k < n && made < rows; k++, made++) {
            str p = part.v[few(part.n)], c = colour.v[few(colour.n)];
            buf_add(&b, id);
            buf_add_char(&b, ',');
            buf_add(&b, p);
            buf_add_char(&b, ',');
            buf_add(&b, c);
            buf_add_fmt(&b, ",%u,%s,https://cdn.parts.example/media/parts/elements/%u.jpg\n", 1 + dice(8),
                        dice(12) ? "False" : "True", 4000000 + dice(3000000));
        }
    }
    need(buf_ok(&b), "too many rows");
    return (struct catalogue_source){S("inventory_parts.csv"), buf_str(&b)};
}

/* ---- the desk ---- */

static void open_desk(const char *folder) {
    str path = str_fmt(mem, "%s/missing-bench.db", folder);
    const char *url = getenv("PG_URL");
    const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) unlink(str_fmt(mem, "%.*s%s", STR_FMT(path), ends[i]).p);
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    need(!db_open(&(struct db_options){.target = url && *url ? str_z(url) : path}, &desk.db), err_text());
    need(!cli_migrations(mem, &list, &n) && !db_migrate(desk.db, list, n, 1, false, &report), err_text());
    desk.folder = str_z(folder);
    desk.public_url = S("http://127.0.0.1");
}

static err make_brand(db_conn *c, void *arg) {
    (void)arg;
    return db_exec(c, "INSERT INTO brand (id, slug, name, zone, language, next_number, created_at) "
                      "VALUES (1, 'bench', 'Bench', 'UTC', 'en', 1, 1)");
}

static err sum_bytes(int64_t *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(desk.db, &c));
    db_query *q = db_sql(c, "SELECT SUM(LENGTH(lots)) AS n FROM catalogue_pieces WHERE brand_id = 1");
    *ret = db_row(q) ? db_int(q, "n") : 0;
    return db_done(q);
}

static void import(const struct catalogue_source *files, size_t n) {
    struct catalogue_report report;
    const char *engine = db_engine_of(desk.db) == DB_SQLITE ? "SQLite" : "PostgreSQL";
    double from = now();
    need(!catalogue_import(&desk, mem, BRAND, files, n, NULL, &report), err_text());
    double first = now() - from;
    from = now();
    need(!catalogue_import(&desk, mem, BRAND, files, n, NULL, &report), err_text());
    double again = now() - from;
    int64_t bytes = 0;
    need(!sum_bytes(&bytes), err_text());
    printf("| catalogue import with %zu rows of pieces, %s | <= 5 s | %.2f s, %.2f of the limit (the same "
           "again: "
           "%.2f s) |\n",
           report.pieces, engine, first, first * 1000 / LIMIT_IMPORT_MS, again);
    printf("| these pieces in the database | | %.1f MB, %.1f bytes a row |\n", (double)bytes / 1e6,
           (double)bytes / (double)(report.pieces ? report.pieces : 1));
}

/* ---- pages ---- */

static int ask(struct web *web, arena *a, str path, const char *name, str value, size_t *ret_bytes) {
    struct http_request q = {.arena = a, .method = HTTP_GET, .path = path, .peer = S("127.0.0.1")};
    struct http_response r = {.status = 200, .body = BUF_MAX(64 << 20)};
    *list_add(a, &q.query) = (struct http_pair){str_z(name), value};
    web_handle(web, &q, &r);
    *ret_bytes = r.body.n;
    buf_free(&r.body);
    return r.status;
}

static void pages(struct web *web, const char *what, const char *name, const column_list *values,
                  bool whole) {
    double *took = arena_array(mem, PAGES, sizeof *took), *busy = arena_array(mem, PAGES, sizeof *busy);
    arena *a = arena_new(0);
    size_t bytes = 0;
    for (size_t i = 0; i < PAGES; i++) {
        str value = values->v[dice(values->n)];
        if (!whole) value = str_clip_utf8(value, 4 + dice(20));
        double from = now(), busy_from = seconds(CLOCK_THREAD_CPUTIME_ID);
        int status = ask(web, a, S("/missing/bench"), name, value, &bytes);
        took[i] = now() - from;
        busy[i] = seconds(CLOCK_THREAD_CPUTIME_ID) - busy_from;
        if (status != 200) fprintf(stderr, "missing_bench: %.*s: %d\n", STR_FMT(value), status), exit(1);
        arena_reset(a);
    }
    arena_free(a);
    qsort(took, PAGES, sizeof *took, by_size);
    qsort(busy, PAGES, sizeof *busy, by_size);
    double p99 = took[PAGES * 99 / 100] * 1e6;
    printf("| %s, p50 / p99 | p99 <= 5 ms | %.2f / %.2f ms, %.2f of the limit (of processor time %.2f / "
           "%.2f ms; at most %.2f ms) |\n",
           what, took[PAGES / 2] * 1e3, p99 / 1e3, p99 / LIMIT_PAGE_US, busy[PAGES / 2] * 1e3,
           busy[PAGES * 99 / 100] * 1e3, busy[PAGES - 1] * 1e3);
}

static void all_pages(str sets) {
    column_list ids = column(sets, 0), names = column(sets, 1);
    struct web *web;
    need(!setting_change(&desk, mem, BRAND, S("missing_pieces"), S("1")), err_text());
    need(!web_new(&desk, &web), err_text());
    struct heart_catalogue c;
    double from = now();
    need(!heart_catalogue(&desk, BRAND, &c), err_text());
    printf("| that catalogue from the database into memory | | %.2f s, %.1f MB |\n", now() - from,
           (double)catalogue_memory(c.catalogue) / 1e6);
    heart_catalogue_done(&c);
    pages(web, "missing pieces: a product's page", "product", &ids, true);
    pages(web, "missing pieces: finding a product by its name", "q", &names, false);
    web_free(web);
}

int main(int argc, char **argv) {
    static const char *const names[] = {"themes.csv",         "sets.csv",        "minifigs.csv",
                                        "parts.csv",          "inventories.csv", "inventory_minifigs.csv",
                                        "inventory_sets.csv", "colors.csv"};
    enum { FILES = sizeof names / sizeof *names, SETS = 1, PARTS = 3, INVENTORIES = 4, COLOURS = 7 };
    const char *data = getenv("DATA");
    if (!data || !*data) {
        printf("DATA=DIR names the folder of data sets; without it there is no catalogue to measure with.\n");
        return 0;
    }
    random_start();
    mem = arena_new((size_t)4 << 30);
    struct catalogue_source files[FILES + 1];
    int64_t rows = ROWS;
    if (argc > 2) need(str_to_int(str_z(argv[2]), &rows) && rows > 0, "ROWS is no number");
    for (int i = 0; i < FILES; i++) files[i] = file_of(data, names[i]);
    files[FILES] =
        make_pieces((size_t)rows, files[INVENTORIES].bytes, files[PARTS].bytes, files[COLOURS].bytes);
    open_desk(argc > 1 ? argv[1] : ".");
    need(!db_write(desk.db, make_brand, NULL), "no brand");
    import(files, FILES + 1);
    all_pages(files[SETS].bytes);
    heart_close(&desk);
    db_close(desk.db);
    arena_free(mem);
    return 0;
}
