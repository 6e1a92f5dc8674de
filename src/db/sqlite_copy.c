/* A consistent copy of a database file while others write. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/sqlite.h"
#include "sqlite3.h"

static err refused(const char *what, const char *path) {
    err code = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
    return err_set(code, "Cannot %s %.300s: %s.", what, path, strerror(errno));
}

static err sync_path(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) return refused("open", path);
    err code = fsync(fd) ? refused("write", path) : ERR_NONE;
    close(fd);
    return code;
}

static err sync_folder_of(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash) return sync_path(".", O_RDONLY | O_DIRECTORY);
    if (slash == path) return sync_path("/", O_RDONLY | O_DIRECTORY);
    *slash = 0;
    err code = sync_path(path, O_RDONLY | O_DIRECTORY);
    *slash = '/';
    return code;
}

/* All pages in one step: one snapshot, and nothing starts over when somebody writes meanwhile. */
static err copy_pages(sqlite3 *from, const char *path) {
    sqlite3 *to = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &to, flags, NULL);
    /* A half-written copy is thrown away, so it needs no journal; the file is synced at the end. */
    if (!rc) rc = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;", NULL, NULL, NULL);
    sqlite3_backup *b = rc ? NULL : sqlite3_backup_init(to, "main", from, "main");
    if (b) {
        rc = sqlite3_backup_step(b, -1);
        int finish = sqlite3_backup_finish(b);
        rc = rc == SQLITE_DONE ? finish : rc;
    } else if (!rc) {
        rc = sqlite3_errcode(to);
    }
    err code = ERR_NONE;
    if (rc) code = err_set(sqlite_code(to, rc), "SQLite cannot copy the database: %s.", sqlite3_errstr(rc));
    sqlite3_close_v2(to);
    return code;
}

static err copy_and_name(sqlite3 *from, const char *part, char *path) {
    if (unlink(part) && errno != ENOENT) return refused("replace", part);
    err code = copy_pages(from, part);
    if (!code) code = sync_path(part, O_RDONLY);
    /* link refuses where something is already, rename would replace it. */
    if (!code && link(part, path)) {
        code = errno == EEXIST ? err_set(ERR_CONFLICT, "There is something at %.300s already.", path)
                               : refused("name", path);
    }
    unlink(part);
    return code ? code : sync_folder_of(path);
}

err sqlite_copy_to(db *d, str path) {
    if (path.n == 0 || str_has(path, 0))
        return err_set(ERR_INVALID, "The path of the copy is empty or wrong.");
    ARENA_AUTO arena *a = arena_new(0);
    char *to = str_cstr(a, path);
    if (access(to, F_OK) == 0) return err_set(ERR_CONFLICT, "There is something at %.300s already.", to);
    struct sqlite_conn *c = NULL;
    TRY(sqlite_conn_open((struct sqlite_db *)d, SQLITE_FOR_READING, &c));
    err code = copy_and_name(c->h, str_fmt(a, "%s.part", to).p, to);
    sqlite_conn_close(c);
    return code;
}
