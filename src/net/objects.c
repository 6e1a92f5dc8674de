#include "net/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"

static err io_error(const char *what, const char *path) {
    int e = errno;
    if (e == ENOSPC || e == EDQUOT) return err_set(ERR_FULL, "There is no space left: %s.", path);
    return err_set(e == ENOENT ? ERR_MISSING : ERR_IO, "Cannot %s %s: %s.", what, path, strerror(e));
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
}
#define FD_AUTO __attribute__((cleanup(close_fd)))

err file_read(arena *a, str path, size_t max, str *ret_bytes) {
    const char *z = str_cstr(a, path);
    FD_AUTO int fd = open(z, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) return io_error("read", z);
    if ((uint64_t)st.st_size > max) return err_set(ERR_LIMIT, "%s is too large.", z);
    if (!memory_room((size_t)st.st_size)) return err_set(ERR_BUSY, "There is no memory to read %s now.", z);
    size_t n = (size_t)st.st_size, at = 0;
    char *bytes = arena_alloc(a, n);
    while (at < n) {
        ssize_t got = read(fd, bytes + at, n - at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return io_error("read", z);
        if (got == 0) break;
        at += (size_t)got;
    }
    *ret_bytes = (str){bytes, at};
    return ERR_NONE;
}

static err sync_folder_of(arena *a, str path) {
    size_t slash = path.n;
    while (slash && path.p[slash - 1] != '/') slash--;
    const char *folder = slash > 1 ? str_cstr(a, str_slice(path, 0, slash - 1)) : slash ? "/" : ".";
    FD_AUTO int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0) return io_error("sync", folder);
    return ERR_NONE;
}

static err write_all(int fd, str bytes, const char *path) {
    for (size_t at = 0; at < bytes.n;) {
        ssize_t put = write(fd, bytes.p + at, bytes.n - at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return io_error("write", path);
        at += (size_t)put;
    }
    if (fsync(fd) < 0) return io_error("sync", path);
    return ERR_NONE;
}

err file_write(arena *a, str path, str bytes, unsigned mode) {
    const char *z = str_cstr(a, path);
    str temporary = str_fmt(a, "%s.%s.new", z, token_new(a).p);
    {
        FD_AUTO int fd = open(temporary.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0) return io_error("write", temporary.p);
        err e = write_all(fd, bytes, z);
        if (e) {
            unlink(temporary.p);
            return e;
        }
    }
    if (rename(temporary.p, z) < 0) {
        err e = io_error("write", z);
        unlink(temporary.p);
        return e;
    }
    return sync_folder_of(a, path);
}

err folder_make(arena *a, str path) {
    char *z = str_cstr(a, path);
    for (size_t i = 1; i <= path.n; i++) {
        if (i < path.n && z[i] != '/') continue;
        char kept = z[i];
        z[i] = 0;
        if (mkdir(z, 0750) == 0)
            TRY(sync_folder_of(a, str_z(z)));
        else if (errno != EEXIST)
            return io_error("make", z);
        z[i] = kept;
    }
    return ERR_NONE;
}

str object_path(arena *a, str folder, str hash) {
    return str_fmt(a, "%s/objects/%s/%s", str_cstr(a, folder), str_cstr(a, str_slice(hash, 0, 2)),
                   str_cstr(a, str_slice(hash, 2, hash.n)));
}

err object_put(arena *a, str folder, str hash, str bytes) {
    str path = object_path(a, folder, hash), own = str_slice(path, 0, path.n - (hash.n - 2) - 1);
    if (access(path.p, F_OK) == 0) {
        /* Whoever put it may be between its rename and its sync, or have died there. */
        TRY(sync_folder_of(a, path));
    } else {
        TRY(folder_make(a, own));
        TRY(file_write(a, path, bytes, 0640));
    }
    /* The same for whoever made the folders. */
    TRY(sync_folder_of(a, own));
    return sync_folder_of(a, str_slice(own, 0, own.n - 3));
}

static str aside_path(arena *a, str folder, str hash) {
    return str_fmt(a, "%s.aside", object_path(a, folder, hash).p);
}

err object_get(arena *a, str folder, str hash, str *ret_bytes) {
    str bytes;
    err e = file_read(a, object_path(a, folder, hash), ARENA_DEFAULT_LIMIT / 2, &bytes);
    if (e == ERR_MISSING) e = file_read(a, aside_path(a, folder, hash), ARENA_DEFAULT_LIMIT / 2, &bytes);
    TRY(e);
    if (!str_eq(content_hash(a, bytes), hash))
        return err_set(ERR_IO, "The object %s is damaged: its bytes have another hash.", str_cstr(a, hash));
    *ret_bytes = bytes;
    return ERR_NONE;
}

err file_move(arena *a, str from, str to) {
    char *z = str_cstr(a, to);
    if (rename(str_cstr(a, from), z) < 0) return io_error("write", z);
    return sync_folder_of(a, to);
}

err file_remove(arena *a, str path) {
    char *z = str_cstr(a, path);
    if (unlink(z) < 0 && errno != ENOENT) return io_error("remove", z);
    return ERR_NONE;
}

err object_set_aside(arena *a, str folder, str hash) {
    err e = file_move(a, object_path(a, folder, hash), aside_path(a, folder, hash));
    return e == ERR_MISSING ? ERR_NONE : e;
}

err object_take_back(arena *a, str folder, str hash) {
    if (access(object_path(a, folder, hash).p, F_OK) == 0) return object_drop_aside(a, folder, hash);
    err e = file_move(a, aside_path(a, folder, hash), object_path(a, folder, hash));
    return e == ERR_MISSING ? ERR_NONE : e;
}

err object_drop_aside(arena *a, str folder, str hash) { return file_remove(a, aside_path(a, folder, hash)); }

int64_t disk_free(arena *a, str path) {
    struct statvfs v;
    if (statvfs(str_cstr(a, path), &v) < 0) return -1;
    return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}
