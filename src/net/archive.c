#include "net/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/objects.h"

struct archive_out {
    struct archive *ar;
    int fd;
    char *path, *temporary;
};

static err archive_error(struct archive *ar, const char *what) {
    int e = archive_errno(ar);
    const char *why = archive_error_string(ar);
    return err_set(e == ENOSPC ? ERR_FULL : ERR_IO, "Cannot %s the archive: %s.", what,
                   why ? why : "unknown");
}

static char *joined(str a, const char *b) {
    char *z = malloc(a.n + strlen(b) + 1);
    if (!z) abort();
    if (a.n) memcpy(z, a.p, a.n);
    memcpy(z + a.n, b, strlen(b) + 1);
    return z;
}

err archive_begin(arena *a, str path, archive_out **ret_out) {
    (void)a;
    archive_out *out = calloc(1, sizeof *out);
    if (!out) abort();
    *out = (archive_out){archive_write_new(), -1, joined(path, ""), joined(path, ".part")};
    archive_write_add_filter_zstd(out->ar);
    archive_write_set_format_pax_restricted(out->ar);
    /* It holds letters and passwords: nobody else may read it, whatever the umask. */
    out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out->fd < 0 || archive_write_open_fd(out->ar, out->fd) != ARCHIVE_OK) {
        err e = out->fd < 0 ? err_set(ERR_IO, "Cannot write %s: %s.", out->temporary, strerror(errno))
                            : archive_error(out->ar, "write");
        archive_drop(out);
        return e;
    }
    *ret_out = out;
    return ERR_NONE;
}

static err add_header(archive_out *out, str name, int64_t size) {
    struct archive_entry *entry = archive_entry_new();
    char *z = joined(name, "");
    archive_entry_set_pathname(entry, z);
    archive_entry_set_size(entry, size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    int status = archive_write_header(out->ar, entry);
    archive_entry_free(entry);
    free(z);
    return status == ARCHIVE_OK ? ERR_NONE : archive_error(out->ar, "write");
}

err archive_add_bytes(archive_out *out, str name, str bytes) {
    TRY(add_header(out, name, (int64_t)bytes.n));
    if (archive_write_data(out->ar, bytes.p, bytes.n) != (la_ssize_t)bytes.n)
        return archive_error(out->ar, "write");
    return ERR_NONE;
}

static err copy_in(archive_out *out, int fd, int64_t size) {
    static _Thread_local char piece[1 << 16];
    while (size > 0) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return err_set(ERR_IO, "A file became shorter while it was copied.");
        if (got > size) got = (ssize_t)size;
        if (archive_write_data(out->ar, piece, (size_t)got) != got) return archive_error(out->ar, "write");
        size -= got;
    }
    return ERR_NONE;
}

err archive_add_file(arena *a, archive_out *out, str name, str from_path) {
    const char *z = str_cstr(a, from_path);
    int fd = open(z, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err e = err_set(errno == ENOENT ? ERR_MISSING : ERR_IO, "Cannot read %s: %s.", z, strerror(errno));
        if (fd >= 0) close(fd);
        return e;
    }
    err e = add_header(out, name, st.st_size);
    if (!e) e = copy_in(out, fd, st.st_size);
    close(fd);
    return e;
}

void archive_drop(archive_out *out) {
    if (!out) return;
    if (out->ar) archive_write_free(out->ar);
    if (out->fd >= 0) close(out->fd);
    unlink(out->temporary);
    free(out->path);
    free(out->temporary);
    free(out);
}

static err sync_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    return synced ? ERR_NONE : err_set(ERR_IO, "Cannot sync %s: %s.", path, strerror(why));
}

err archive_finish(arena *a, archive_out *out) {
    err e = archive_write_close(out->ar) == ARCHIVE_OK ? ERR_NONE : archive_error(out->ar, "write");
    if (!e) e = sync_file(out->temporary);
    if (!e && rename(out->temporary, out->path) < 0)
        e = err_set(ERR_IO, "Cannot name the archive %s: %s.", out->path, strerror(errno));
    if (!e) {
        const char *slash = strrchr(out->path, '/');
        e = sync_file(slash ? str_cstr(a, (str){out->path, (size_t)(slash - out->path) + 1}) : ".");
    }
    archive_drop(out);
    return e;
}

static bool is_safe_name(str name) {
    if (!name.n || name.p[0] == '/') return false;
    str rest = name, piece;
    while (str_split(&rest, '/', &piece))
        if (str_eq(piece, S("..")) || str_eq(piece, S("."))) return false;
    return true;
}

static err unpack_entry(arena *a, struct archive *ar, struct archive_entry *entry, str folder) {
    str name = str_z(archive_entry_pathname(entry));
    if (!is_safe_name(name) || archive_entry_filetype(entry) != AE_IFREG)
        return err_set(ERR_INVALID, "The archive holds \"%.*s\", which is no plain file inside it.",
                       STR_FMT(name));
    str path = str_fmt(a, "%.*s/%.*s", STR_FMT(folder), STR_FMT(name));
    size_t slash = path.n;
    while (path.p[slash - 1] != '/') slash--;
    TRY(folder_make(a, str_slice(path, 0, slash - 1)));
    int fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return err_set(ERR_IO, "Cannot make %s: %s.", path.p, strerror(errno));
    err e = archive_read_data_into_fd(ar, fd) == ARCHIVE_OK ? ERR_NONE : archive_error(ar, "read");
    if (!e && fsync(fd) < 0) e = err_set(ERR_IO, "Cannot sync %s: %s.", path.p, strerror(errno));
    close(fd);
    return e;
}

err archive_unpack(arena *a, str path, str folder) {
    struct archive *ar = archive_read_new();
    archive_read_support_filter_zstd(ar);
    archive_read_support_format_tar(ar);
    err e = ERR_NONE;
    if (archive_read_open_filename(ar, str_cstr(a, path), 1 << 16) != ARCHIVE_OK)
        e = archive_error(ar, "open");
    while (!e) {
        struct archive_entry *entry;
        int status = archive_read_next_header(ar, &entry);
        if (status == ARCHIVE_EOF) break;
        e = status == ARCHIVE_OK ? unpack_entry(a, ar, entry, folder) : archive_error(ar, "read");
    }
    archive_read_free(ar);
    return e;
}
