#include "desk/export.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "format/json.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/export.h"
#include "store/import.h"

enum { PAGE_ROWS = 64, LINE_MAX_BYTES = 256 << 20 };
static const int64_t exact = INT64_C(1) << 53; /* beyond it a number is no exact number everywhere */

struct out {
    struct desk *d;
    str folder;
    db_conn *c;
    arena *a;    /* for all of it */
    arena *page; /* for one page of rows */
    arena *row;
    struct export_report report;
    const struct store_table *table;
    str brand_folder; /* "" for the desk's */
    FILE *file;
    buf line;
    struct db_cell last[STORE_KEYS_MAX];
    int64_t rows[256]; /* by table */
};

str export_brand_folder(arena *a, str slug) { return str_fmt(a, "brands/%.*s", STR_FMT(slug)); }

str export_bytes_name(arena *a, bool letter, int64_t id) {
    return str_fmt(a, letter ? "letters/%02d/%lld.eml" : "attachments/%02d/%lld", (int)(id % 100),
                   (long long)id);
}

/* ---- bytes beside the rows ---- */

static str path_of(struct out *x, str name) {
    return str_fmt(x->row, "%.*s/%.*s%s%.*s", STR_FMT(x->folder), STR_FMT(x->brand_folder),
                   x->brand_folder.n ? "/" : "", STR_FMT(name));
}

/* A quick write: the whole folder is synced at the end, and not complete before. */
static err put_bytes(struct out *x, str name, str bytes) {
    str path = path_of(x, name);
    size_t slash = path.n;
    while (slash && path.p[slash - 1] != '/') slash--;
    str parent = str_slice(path, 0, slash - 1);
    if (access(str_cstr(x->row, parent), F_OK) != 0) TRY(folder_make(x->row, parent));
    FILE *f = fopen(path.p, "we");
    if (!f) return err_set(ERR_IO, "Cannot write %s: %s.", path.p, strerror(errno));
    size_t put = bytes.n ? fwrite(bytes.p, 1, bytes.n, f) : 0;
    bool good = put == bytes.n;
    good = fclose(f) == 0 && good;
    if (!good) return err_set(errno == ENOSPC ? ERR_FULL : ERR_IO, "Cannot write %s.", path.p);
    return ERR_NONE;
}

static bool has_bytes(const struct store_table *t) {
    return !strcmp(t->name, "raw") || !strcmp(t->name, "attachment");
}

/* Of a letter or a file: from the row, or from the object that it names. */
static err write_bytes(struct out *x, struct json_out *j, int64_t id, str hash, const struct db_cell *cell) {
    str bytes = cell->bytes;
    bool letter = !strcmp(x->table->name, "raw");
    json_key(j, S("file"));
    err e = ERR_NONE;
    if (cell->kind == DB_CELL_NULL) e = object_get(x->row, x->d->folder, hash, &bytes);
    if (e) x->report.damaged++;
    if (e || !bytes.n) {
        json_str(j, S(""));
        return ERR_NONE;
    }
    str name = export_bytes_name(x->row, letter, id);
    json_str(j, name);
    *(letter ? &x->report.letters : &x->report.files) += 1;
    return put_bytes(x, name, bytes);
}

/* ---- rows ---- */

static void write_hex(struct json_out *j, arena *a, str bytes) {
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_alloc(a, bytes.n * 2 + 1);
    for (size_t i = 0; i < bytes.n; i++) {
        hex[2 * i] = digits[(unsigned char)bytes.p[i] >> 4];
        hex[2 * i + 1] = digits[(unsigned char)bytes.p[i] & 15];
    }
    json_str(j, (str){hex, bytes.n * 2});
}

static void write_number(struct json_out *j, arena *a, int64_t n) {
    if (n < exact && n > -exact)
        json_int(j, n);
    else
        json_str(j, str_fmt(a, "%lld", (long long)n));
}

static void write_cell(struct out *x, struct json_out *j, const struct db_cell *cell) {
    json_key(j, str_z(cell->column));
    if (store_secret(x->table, cell->column)) {
        json_str(j, S(""));
        return;
    }
    switch (cell->kind) {
    case DB_CELL_NULL: json_nil(j); break;
    case DB_CELL_NUMBER: write_number(j, x->row, cell->number); break;
    case DB_CELL_TEXT: json_str(j, cell->bytes); break;
    case DB_CELL_BYTES: write_hex(j, x->row, cell->bytes); break;
    }
}

static void keep_keys(struct out *x, const struct db_cell *cell) {
    for (int k = 0; x->table->keys[k]; k++) {
        if (strcmp(x->table->keys[k], cell->column)) continue;
        x->last[k] = *cell;
        x->last[k].bytes = str_copy(x->page, cell->bytes);
    }
}

static err write_row(void *context, db_query *q) {
    struct out *x = context;
    struct db_cell cell, bytes = {0};
    int64_t id = 0;
    str hash = S("");
    arena_reset(x->row);
    buf_clear(&x->line);
    struct json_out j = json_begin(&x->line);
    json_open_object(&j);
    for (int i = 0; db_cell_at(q, i, &cell); i++) {
        keep_keys(x, &cell);
        if (!strcmp(cell.column, "id")) id = cell.number;
        if (!strcmp(cell.column, "hash") && cell.kind == DB_CELL_TEXT) hash = str_copy(x->row, cell.bytes);
        if (has_bytes(x->table) && !strcmp(cell.column, "bytes")) {
            bytes = cell;
            continue;
        }
        write_cell(x, &j, &cell);
    }
    if (bytes.column) TRY(write_bytes(x, &j, id, hash, &bytes));
    json_close_object(&j);
    if (!json_done(&j)) return err_set(ERR_LIMIT, "A row of %s is too large to be written.", x->table->name);
    buf_add_char(&x->line, '\n');
    x->report.rows++;
    x->rows[x->table - store_tables]++;
    if (fwrite(x->line.p, 1, x->line.n, x->file) != x->line.n)
        return err_set(errno == ENOSPC ? ERR_FULL : ERR_IO, "Cannot write the rows of %s: %s.",
                       x->table->name, strerror(errno));
    return ERR_NONE;
}

static err write_pages(struct out *x, int64_t brand) {
    struct store_page page = {x->table, brand, PAGE_ROWS, NULL, write_row, x};
    struct db_cell after[STORE_KEYS_MAX];
    arena *spare = arena_new(0);
    int rows = PAGE_ROWS;
    err e = ERR_NONE;
    while (!e && rows == PAGE_ROWS) {
        e = store_export_page(x->c, &page, &rows);
        if (!x->table->keys[0]) break;
        /* The keys of the last row lie in the page's arena, which the next page needs empty. */
        arena_reset(spare);
        for (int k = 0; k < STORE_KEYS_MAX; k++) {
            after[k] = x->last[k];
            after[k].bytes = str_copy(spare, x->last[k].bytes);
        }
        page.after = after;
        arena_reset(x->page);
    }
    arena_free(spare);
    return e;
}

static err write_table(struct out *x, int64_t brand) {
    arena_reset(x->page);
    arena_reset(x->row);
    str path = path_of(x, str_fmt(x->row, "%s.jsonl", x->table->name));
    x->file = fopen(path.p, "we");
    if (!x->file) return err_set(ERR_IO, "Cannot write %s: %s.", path.p, strerror(errno));
    err e = write_pages(x, brand);
    bool good = fflush(x->file) == 0;
    good = fclose(x->file) == 0 && good;
    if (!e && !good) return err_set(errno == ENOSPC ? ERR_FULL : ERR_IO, "Cannot write %s.", path.p);
    return e;
}

/* ---- the sheet that says what there is ---- */

static void write_columns(struct json_out *j, const store_column_list *columns) {
    static const char *const kinds[] = {"number", "text", "bytes"};
    json_key(j, S("columns"));
    json_open_object(j);
    for (size_t i = 0; i < columns->n; i++)
        json_key(j, columns->v[i].name), json_str(j, str_z(kinds[columns->v[i].kind]));
    json_close_object(j);
}

static err write_tables(struct out *x, struct json_out *j) {
    json_key(j, S("tables"));
    json_open_object(j);
    for (int i = 0; i < store_tables_n; i++) {
        const struct store_table *t = &store_tables[i];
        store_column_list columns;
        TRY(store_columns(x->c, x->a, t->name, &columns));
        if (!columns.n) continue;
        json_key(j, str_z(t->name));
        json_open_object(j);
        json_key(j, S("of")), json_str(j, t->of_desk ? S("desk") : S("brand"));
        json_key(j, S("rows")), json_int(j, x->rows[i]);
        json_key(j, S("left_empty"));
        json_open_array(j);
        for (int k = 0; t->secrets[k]; k++) json_str(j, str_z(t->secrets[k]));
        json_close_array(j);
        write_columns(j, &columns);
        json_close_object(j);
    }
    json_close_object(j);
    return ERR_NONE;
}

static err write_sheet(struct out *x, const store_brand_list *brands) {
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("format")), json_str(&j, S("longhand export"));
    json_key(&j, S("version")), json_int(&j, EXPORT_VERSION);
    json_key(&j, S("program")), json_str(&j, S(LONGHAND_VERSION));
    json_key(&j, S("made_at")), json_int(&j, desk_now(x->d));
    json_key(&j, S("brands"));
    json_open_array(&j);
    for (size_t i = 0; i < brands->n; i++) {
        json_open_object(&j);
        json_key(&j, S("id")), json_id(&j, brands->v[i].id);
        json_key(&j, S("name")), json_str(&j, brands->v[i].name);
        json_key(&j, S("folder")), json_str(&j, export_brand_folder(x->a, brands->v[i].slug));
        json_close_object(&j);
    }
    json_close_array(&j);
    TRY(write_tables(x, &j));
    json_key(&j, S("left_out"));
    json_open_object(&j);
    for (int i = 0; i < store_left_out_n; i++)
        json_key(&j, str_z(store_left_out[i].name)), json_str(&j, str_z(store_left_out[i].why));
    json_close_object(&j);
    json_key(&j, S("damaged")), json_int(&j, x->report.damaged);
    json_close_object(&j);
    if (!json_done(&j)) return err_set(ERR_LIMIT, "There are too many brands for one export.");
    buf_add_char(&b, '\n');
    return file_write(x->a, str_fmt(x->a, "%.*s/longhand.json", STR_FMT(x->folder)), buf_str(&b), 0600);
}

/* ---- all ---- */

static err take_empty_folder(arena *a, str folder) {
    TRY(folder_make(a, folder));
    DIR *dir = opendir(str_cstr(a, folder));
    if (!dir) return err_set(ERR_IO, "Cannot read %.*s: %s.", STR_FMT(folder), strerror(errno));
    int n = 0;
    while (readdir(dir)) n++;
    closedir(dir);
    if (n > 2)
        return err_set(ERR_CONFLICT, "There is something in %.*s already; export into an empty folder.",
                       STR_FMT(folder));
    if (chmod(str_cstr(a, folder), 0700) < 0)
        return err_set(ERR_IO, "Cannot keep %.*s from others: %s.", STR_FMT(folder), strerror(errno));
    return ERR_NONE;
}

static err write_part(struct out *x, int64_t brand, export_progress progress, void *context) {
    for (int i = 0; i < store_tables_n; i++) {
        store_column_list columns;
        x->table = &store_tables[i];
        if (x->table->of_desk != !brand) continue;
        TRY(store_columns(x->c, x->a, x->table->name, &columns));
        if (!columns.n) continue;
        if (progress) progress(context, x->table->name, x->report.rows);
        TRY(write_table(x, brand));
    }
    return ERR_NONE;
}

static err write_all(struct out *x, export_progress progress, void *context) {
    store_brand_list brands = {0};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    x->c = c;
    TRY(store_brand_list_all(c, x->a, &brands));
    x->brand_folder = S("");
    TRY(write_part(x, 0, progress, context));
    for (size_t i = 0; i < brands.n; i++) {
        x->brand_folder = export_brand_folder(x->a, brands.v[i].slug);
        TRY(folder_make(x->a, path_of(x, S("letters"))));
        TRY(write_part(x, brands.v[i].id, progress, context));
        x->report.brands++;
    }
    sync();
    return write_sheet(x, &brands);
}

struct remember {
    struct store_copy row;
};

static err remember(db_conn *c, void *arg) {
    struct remember *r = arg;
    return store_copy_put(c, &r->row);
}

err copy_made(struct desk *d, str kind, str path) {
    ARENA_AUTO arena *a = arena_new(1 << 20);
    char *full = realpath(str_cstr(a, path), NULL);
    int64_t now = desk_now(d);
    struct remember r = {{.id = id_new(now), .at = now, .kind = kind, .path = path}};
    if (full) r.row.path = str_copy(a, str_z(full));
    free(full);
    if (!str_is_utf8(r.row.path)) r.row.path = S("?");
    return db_write(d->db, remember, &r);
}

err export_out(struct desk *d, str folder, export_progress progress, void *context,
               struct export_report *ret) {
    ARENA_AUTO arena *a = arena_new(0);
    ARENA_AUTO arena *page = arena_new(1 << 30);
    ARENA_AUTO arena *row = arena_new(1 << 30);
    struct out x = {.d = d, .folder = folder, .a = a, .page = page, .row = row};
    x.line = BUF_MAX(LINE_MAX_BYTES);
    TRY(take_empty_folder(a, folder));
    /* Before the first word is in it: an export that broke off holds words, too. */
    TRY(copy_made(d, S("export"), folder));
    err e = write_all(&x, progress, context);
    buf_free(&x.line);
    TRY(e);
    *ret = x.report;
    return ERR_NONE;
}
