/* db_settle: what was deleted is in no file any more.
 *
 * With secure_delete, SQLite overwrites deleted cells and freed pages, but when it moves cells between pages
 * (a split, a merge) their old bytes stay in the gap of a page, between its cell pointers and its cells
 * (https://www.sqlite.org/fileformat2.html, 1.6). Nothing ever reads a gap; so it is overwritten in the file
 * itself, while nobody can write: the WAL is empty and this process has the write lock. A crash in the
 * middle harms nothing. Then the writer's cache is dropped, since it would write its own copy of the pages
 * with the old gaps. */
#include <stdlib.h>
#include <string.h>

#include "db/sqlite.h"
#include "sqlite3.h"

enum {
    PAGES_AT_ONCE = 4096, /* in one transaction: writers wait some milliseconds */
    TRIES = 200,          /* to find the WAL still empty when the write lock is there */
    /* The first byte of a page tells its kind only while no overflow page begins with it: these begin with
     * the number of their next page, in four bytes. */
    PAGES_MAX = 0x02000000 - 1,
};

struct wipe {
    struct sqlite_db *d;
    int64_t from, pages; /* the first page, from 1, and how many there are */
    bool again;          /* somebody wrote in between */
};

/* What the file's header says of its pages. */
struct layout {
    int64_t size, usable;
    int64_t
        map_every; /* of a file with auto_vacuum: as many pages from one pointer map to the next; 0 else */
};

static unsigned two_bytes(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }

/* The gap of a b-tree page; false for other pages, or one that makes no sense. */
static bool gap_of(const unsigned char *page, size_t usable, size_t header, size_t *ret_from,
                   size_t *ret_to) {
    const unsigned char *h = page + header;
    bool leaf = h[0] == 10 || h[0] == 13;
    if (!leaf && h[0] != 2 && h[0] != 5) return false;
    size_t from = header + (leaf ? 8 : 12) + 2 * (size_t)two_bytes(h + 3);
    size_t to = two_bytes(h + 5);
    if (to == 0) to = 65536;
    if (from >= to || to > usable) return false;
    *ret_from = from;
    *ret_to = to;
    return true;
}

static bool all_zero(const unsigned char *p, size_t n) { return !n || (!p[0] && !memcmp(p, p + 1, n - 1)); }

static err io_failed(const char *what) {
    return err_set(ERR_IO, "The database file could not be %s while it was cleaned.", what);
}

static err read_layout(sqlite3_file *file, struct layout *ret) {
    unsigned char head[100];
    if (file->pMethods->xRead(file, head, sizeof head, 0)) return io_failed("read");
    struct layout l = {.size = two_bytes(head + 16) == 1 ? 65536 : two_bytes(head + 16)};
    if (l.size < 512 || head[20] > l.size / 2) return io_failed("understood");
    l.usable = l.size - head[20];
    /* The largest root page stands there with auto_vacuum only, which somebody may have set by hand. */
    if (two_bytes(head + 52) || two_bytes(head + 54)) l.map_every = l.usable / 5 + 1;
    *ret = l;
    return ERR_NONE;
}

/* A pointer map begins with a kind of its own that looks like one of a b-tree page. The first is page 2; one
 * that would be the page with SQLite's locks comes right after it. */
static bool is_map(const struct layout *l, int64_t number) {
    if (!l->map_every || number < 2) return false;
    int64_t map = (number - 2) / l->map_every * l->map_every + 2;
    return number == (map == 0x40000000 / l->size + 1 ? map + 1 : map);
}

static err wipe_page(sqlite3_file *file, unsigned char *page, const unsigned char *zeroes,
                     const struct layout *l, int64_t number) {
    size_t from, to;
    sqlite3_int64 at = (number - 1) * l->size;
    if (is_map(l, number)) return ERR_NONE;
    if (file->pMethods->xRead(file, page, (int)l->size, at)) return io_failed("read");
    if (!gap_of(page, (size_t)l->usable, number == 1 ? 100 : 0, &from, &to) ||
        all_zero(page + from, to - from))
        return ERR_NONE;
    if (file->pMethods->xWrite(file, zeroes, (int)(to - from), at + (sqlite3_int64)from))
        return io_failed("written");
    return ERR_NONE;
}

static err wipe_pages(struct wipe *x, sqlite3_file *file, unsigned char *page) {
    static const unsigned char zeroes[65536];
    sqlite3_int64 bytes;
    struct layout l;
    TRY(read_layout(file, &l));
    if (file->pMethods->xFileSize(file, &bytes)) return io_failed("read");
    x->pages = bytes / l.size;
    if (x->pages > PAGES_MAX)
        return err_set(ERR_LIMIT, "The database is too large to be cleaned while it is in use; run VACUUM.");
    int64_t end = x->from + PAGES_AT_ONCE;
    for (; x->from <= x->pages && x->from < end; x->from++) TRY(wipe_page(file, page, zeroes, &l, x->from));
    return file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) ? io_failed("written") : ERR_NONE;
}

static err wipe(db_conn *base, void *arg) {
    struct wipe *x = arg;
    sqlite3 *h = ((struct sqlite_conn *)base)->h;
    sqlite3_file *file = NULL;
    TRY(sqlite_writer_wal_empty(x->d->writer, &x->again));
    x->again = !x->again;
    if (x->again) return ERR_NONE;
    if (sqlite3_file_control(h, "main", SQLITE_FCNTL_FILE_POINTER, &file) || !file || !file->pMethods)
        return io_failed("found");
    unsigned char *page = db_alloc(65536);
    err code = wipe_pages(x, file, page);
    free(page);
    sqlite3_db_release_memory(h);
    return code;
}

err sqlite_settle(db *base) {
    struct wipe x = {.d = (struct sqlite_db *)base, .from = 1, .pages = 1};
    if (!x.d->writer) return err_set(ERR_INTERNAL, "This database was opened for reading only.");
    for (int tries = 0; x.from <= x.pages;) {
        TRY(sqlite_writer_truncate(x.d->writer));
        TRY(sqlite_writer_write(x.d->writer, wipe, &x));
        tries = x.again ? tries + 1 : 0;
        if (tries == TRIES)
            return err_set(ERR_BUSY, "The database was written to all the time while it was to be cleaned.");
    }
    return sqlite_writer_truncate(x.d->writer);
}
