/* An export back into an empty desk. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "desk/export.h"
#include "desk/filing.h"
#include "format/json.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/export.h"
#include "store/message.h"

enum { BATCH_ROWS = 200, BATCH_BYTES = 8 << 20, LINE_MAX_BYTES = 256 << 20, CHUNK = 1 << 20 };

struct row {
    struct db_cell *cells;
    struct message words; /* of a message: what the search index needs */
    bool left_out;
};

struct in {
    struct desk *d;
    str folder;
    arena *keep;  /* statements, while the database is open */
    arena *a;     /* for all of it */
    arena *batch; /* rows that wait to be written */
    json_t *sheet;
    struct export_report report;
    const struct store_table *table;
    store_column_list columns;
    const char *sql;
    int64_t brand;
    str brand_folder, language;
    struct row *rows;
    size_t n;
};

/* ---- lines of a file ---- */

struct lines {
    int fd;
    buf b;
    size_t at;
    bool at_end;
};

static err next_line(struct lines *l, str *ret, bool *ret_some) {
    for (;;) {
        const char *end = l->b.n > l->at ? memchr(l->b.p + l->at, '\n', l->b.n - l->at) : NULL;
        if (end) {
            *ret = (str){l->b.p + l->at, (size_t)(end - l->b.p) - l->at};
            l->at += ret->n + 1;
            *ret_some = true;
            return ERR_NONE;
        }
        buf_drop_front(&l->b, l->at);
        l->at = 0;
        if (l->at_end) {
            *ret_some = false;
            return l->b.n ? err_set(ERR_INVALID, "A file of the export ends within a row.") : ERR_NONE;
        }
        char *room = buf_room(&l->b, CHUNK);
        if (!room)
            return err_set(ERR_LIMIT, "A row of the export is larger than %d MB.", LINE_MAX_BYTES >> 20);
        ssize_t got = read(l->fd, room, CHUNK);
        if (got < 0 && errno != EINTR) return err_set(ERR_IO, "Cannot read the export: %s.", strerror(errno));
        if (got > 0) buf_grew(&l->b, (size_t)got);
        l->at_end = got == 0;
    }
}

/* ---- one row ---- */

static int hex_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

static err bytes_of(arena *a, str hex, str *ret) {
    char *out = arena_alloc(a, hex.n / 2 + 1);
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        int high = hex_of(hex.p[i]), low = hex_of(hex.p[i + 1]);
        if (high < 0 || low < 0) return err_set(ERR_INVALID, "A row of the export holds damaged bytes.");
        out[i / 2] = (char)(high << 4 | low);
    }
    *ret = (str){out, hex.n / 2};
    return ERR_NONE;
}

static err cell_of(struct in *x, const json_t *v, const struct store_column *column, struct db_cell *ret) {
    str text = json_is_string(v) ? (str){json_string_value(v), json_string_length(v)} : S("");
    *ret = (struct db_cell){0};
    if (json_is_null(v)) return ERR_NONE;
    switch (column->kind) {
    case COLUMN_NUMBER:
        ret->kind = DB_CELL_NUMBER;
        ret->number = json_integer_value(v);
        if (json_is_integer(v) || (json_is_string(v) && str_to_int(text, &ret->number))) return ERR_NONE;
        break;
    case COLUMN_TEXT:
        ret->kind = DB_CELL_TEXT;
        ret->bytes = str_copy(x->batch, text);
        if (json_is_string(v)) return ERR_NONE;
        break;
    case COLUMN_BYTES:
        ret->kind = DB_CELL_BYTES;
        if (json_is_string(v)) return bytes_of(x->batch, text, &ret->bytes);
        break;
    }
    return err_set(ERR_INVALID, "A row of %s in the export has no fitting %.*s.", x->table->name,
                   STR_FMT(column->name));
}

static bool is_table(const struct in *x, const char *name) { return !strcmp(x->table->name, name); }

/* Letters and files: in the row, or as an object when they are large; NULL then. */
static err read_bytes(struct in *x, const json_t *json, struct db_cell *ret) {
    str name, bytes = S(""), hash = S("");
    int64_t size = 0;
    json_take_str(json, "hash", &hash);
    json_take_int(json, "size", &size);
    *ret = (struct db_cell){.kind = DB_CELL_BYTES};
    if (json_take_str(json, "file", &name) && name.n) {
        if (str_find(name, S(".."), 0) != SIZE_MAX || name.p[0] == '/')
            return err_set(ERR_INVALID, "The export names a file outside of it.");
        str path =
            str_fmt(x->batch, "%.*s/%.*s/%.*s", STR_FMT(x->folder), STR_FMT(x->brand_folder), STR_FMT(name));
        TRY(file_read(x->batch, path, LINE_MAX_BYTES, &bytes));
        *(is_table(x, "raw") ? &x->report.letters : &x->report.files) += 1;
    }
    if (bytes.n > OBJECT_ROW_BYTES) {
        if (!str_eq(content_hash(x->batch, bytes), hash))
            return err_set(ERR_INVALID, "%.*s in the export is damaged: its bytes have another hash.",
                           STR_FMT(name));
        TRY(object_put(x->batch, x->d->folder, hash, bytes));
        ret->kind = DB_CELL_NULL;
    } else {
        ret->bytes = bytes;
    }
    /* An object that was lost before is one that is not there. */
    if (!bytes.n && hash.n && size > 0) ret->kind = DB_CELL_NULL;
    return ERR_NONE;
}

static err take_row(struct in *x, str line) {
    JSON_AUTO json_t *json = NULL;
    struct row *r = &x->rows[x->n];
    TRY(json_read_long(line, LINE_MAX_BYTES, &json));
    *r = (struct row){.cells = arena_array(x->batch, x->columns.n, sizeof *r->cells)};
    for (size_t i = 0; i < x->columns.n; i++) {
        const struct store_column *column = &x->columns.v[i];
        struct db_cell *cell = &r->cells[i];
        if (str_eq(column->name, S("bytes")) && (is_table(x, "raw") || is_table(x, "attachment"))) {
            TRY(read_bytes(x, json, cell));
            continue;
        }
        const json_t *v = json_object_get(json, str_cstr(x->batch, column->name));
        if (!v)
            return err_set(ERR_INVALID, "A row of %s in the export has no %.*s.", x->table->name,
                           STR_FMT(column->name));
        TRY(cell_of(x, v, column, cell));
        if (!is_table(x, "message")) continue;
        if (str_eq(column->name, S("id"))) r->words.id = cell->number;
        if (str_eq(column->name, S("subject"))) r->words.subject = cell->bytes;
        if (str_eq(column->name, S("text"))) r->words.text = cell->bytes;
        if (str_eq(column->name, S("from_name"))) r->words.from_name = cell->bytes;
        if (str_eq(column->name, S("from_address"))) r->words.from_address = cell->bytes;
    }
    enum store_import_as as =
        store_import_hold(x->table, &x->columns, r->cells,
                          S("The desk was moved before this had surely left. Ask the old desk, or the "
                            "customer, before it is sent."));
    r->left_out = as == IMPORT_LEFT_OUT;
    x->report.held += as == IMPORT_HELD;
    x->n++;
    return ERR_NONE;
}

/* ---- a table ---- */

static err write_rows(db_conn *c, void *arg) {
    struct in *x = arg;
    for (size_t i = 0; i < x->n; i++) {
        const struct row *r = &x->rows[i];
        if (r->left_out) continue;
        TRY(store_import_row(c, x->sql, r->cells, x->columns.n));
        if (is_table(x, "message") && (r->words.text.n || r->words.subject.n))
            TRY(words_index_message(c, x->batch, x->brand, x->language, &r->words));
    }
    return ERR_NONE;
}

static err flush(struct in *x) {
    if (x->n) TRY(db_write(x->d->db, write_rows, x));
    x->report.rows += (int64_t)x->n;
    x->n = 0;
    arena_reset(x->batch);
    x->rows = arena_array(x->batch, BATCH_ROWS, sizeof *x->rows);
    return ERR_NONE;
}

static err take_lines(struct in *x, struct lines *l) {
    str line;
    bool some;
    for (;;) {
        TRY(next_line(l, &line, &some));
        if (!some) return flush(x);
        if (x->n == BATCH_ROWS || arena_used(x->batch) > BATCH_BYTES) TRY(flush(x));
        TRY(take_row(x, line));
    }
}

/* Columns that both know. One that only the export knows comes from a newer program; one that only this desk
 * knows has its default. */
static err choose_columns(struct in *x, const json_t *of_table) {
    store_column_list all;
    const json_t *names = json_object_get(of_table, "columns");
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    TRY(store_columns(c, x->a, x->table->name, &all));
    size_t known = 0;
    x->columns = (store_column_list){0};
    for (size_t i = 0; i < all.n; i++) {
        if (!json_object_get(names, str_cstr(x->a, all.v[i].name))) continue;
        known++;
        *list_add(x->a, &x->columns) = all.v[i];
    }
    if (known != json_object_size(names))
        return err_set(ERR_CONFLICT,
                       "The export's table %s has a column that this program does not know: it is "
                       "of a newer one.",
                       x->table->name);
    x->sql = store_import_sql(x->keep, x->table, &x->columns);
    return ERR_NONE;
}

static err read_table(struct in *x) {
    const json_t *of_table = json_object_get(json_object_get(x->sheet, "tables"), x->table->name);
    if (!of_table) return ERR_NONE;
    TRY(choose_columns(x, of_table));
    str path = str_fmt(x->a, "%.*s/%.*s%s%s.jsonl", STR_FMT(x->folder), STR_FMT(x->brand_folder),
                       x->brand_folder.n ? "/" : "", x->table->name);
    struct lines l = {.fd = open(path.p, O_RDONLY | O_CLOEXEC), .b = BUF_MAX(LINE_MAX_BYTES)};
    if (l.fd < 0) return err_set(ERR_INVALID, "%s is missing in the export: %s.", path.p, strerror(errno));
    err e = flush(x);
    if (!e) e = take_lines(x, &l);
    close(l.fd);
    buf_free(&l.b);
    return e;
}

static err read_part(struct in *x, bool of_desk, export_progress progress, void *context) {
    for (int i = 0; i < store_tables_n; i++) {
        x->table = &store_tables[i];
        if (x->table->of_desk != of_desk) continue;
        if (progress) progress(context, x->table->name, x->report.rows);
        TRY(read_table(x));
        if (!is_table(x, "brand")) continue;
        struct store_brand brand;
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(x->d->db, &c));
        TRY(store_brand_by_id(c, x->a, x->brand, &brand));
        x->language = brand.language;
    }
    return ERR_NONE;
}

/* ---- all ---- */

static err check_empty(struct in *x) {
    store_brand_list brands = {0};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->d->db, &c));
    TRY(store_brand_list_all(c, x->a, &brands));
    if (brands.n)
        return err_set(ERR_CONFLICT, "This desk has a brand already; an export goes into an empty one.");
    return ERR_NONE;
}

static err read_sheet(struct in *x) {
    str text, format;
    int64_t version;
    err e = file_read(x->a, str_fmt(x->a, "%.*s/longhand.json", STR_FMT(x->folder)), 1 << 20, &text);
    if (e == ERR_MISSING)
        return err_set(ERR_INVALID, "%.*s is no export, or not a whole one: it has no longhand.json.",
                       STR_FMT(x->folder));
    TRY(e);
    TRY(json_read(text, &x->sheet));
    if (!json_take_str(x->sheet, "format", &format) || !str_eq(format, S("longhand export")) ||
        !json_take_int(x->sheet, "version", &version))
        return err_set(ERR_INVALID, "%.*s is no export of a desk.", STR_FMT(x->folder));
    if (version > EXPORT_VERSION) return err_set(ERR_CONFLICT, "The export is of a newer program.");
    return ERR_NONE;
}

static err finish_brand(db_conn *c, void *arg) {
    struct in *x = arg;
    return store_import_free_jobs(c, x->brand);
}

static err read_brand(struct in *x, const json_t *brand, export_progress progress, void *context) {
    str folder;
    if (!json_take_id(brand, "id", &x->brand) || !json_take_str(brand, "folder", &folder) ||
        str_find(folder, S(".."), 0) != SIZE_MAX)
        return err_set(ERR_INVALID, "The export's longhand.json is damaged.");
    x->brand_folder = folder;
    TRY(read_part(x, false, progress, context));
    TRY(db_write(x->d->db, finish_brand, x));
    x->report.brands++;
    return ERR_NONE;
}

static err read_all(struct in *x, export_progress progress, void *context) {
    size_t i;
    json_t *brand;
    TRY(check_empty(x));
    TRY(read_sheet(x));
    x->brand_folder = S("");
    TRY(read_part(x, true, progress, context));
    json_array_foreach(json_object_get(x->sheet, "brands"), i, brand)
        TRY(read_brand(x, brand, progress, context));
    return ERR_NONE;
}

err export_in(struct desk *d, arena *keep, str folder, export_progress progress, void *context,
              struct export_report *ret) {
    ARENA_AUTO arena *a = arena_new(0);
    ARENA_AUTO arena *batch = arena_new(1 << 30);
    struct in x = {.d = d, .folder = folder, .keep = keep, .a = a, .batch = batch};
    err e = read_all(&x, progress, context);
    if (x.sheet) json_decref(x.sheet);
    if (!e) *ret = x.report;
    return e;
}
