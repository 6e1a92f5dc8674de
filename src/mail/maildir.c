#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "mail/send.h"

enum { NAME_MAX_BYTES = 200 };

static void fd_close(int *fd) {
    if (*fd >= 0) close(*fd);
}
#define FD_AUTO __attribute__((cleanup(fd_close)))

static void dir_close(DIR **dir) {
    if (*dir) closedir(*dir);
}
#define DIR_AUTO __attribute__((cleanup(dir_close)))

static err failed(const char *doing, const char *path) {
    err code = ERR_IO;
    if (errno == ENOSPC || errno == EDQUOT) code = ERR_FULL;
    if (errno == EACCES || errno == EPERM || errno == EROFS) code = ERR_DENIED;
    return err_set(code, "Cannot %s %s: %s.", doing, path, strerror(errno));
}

static bool name_fits(str name) {
    if (name.n == 0 || name.n > NAME_MAX_BYTES || name.p[0] == '.') return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!good && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

static err sync_folder(const char *path) {
    FD_AUTO int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed("open", path);
    if (fsync(fd) < 0) return failed("write", path);
    return ERR_NONE;
}

/* Make `folder`, its parents and the three folders in it; what was made is durable. */
static err make_folders(arena *a, str folder) {
    for (size_t i = 1; i <= folder.n; i++) {
        if (i < folder.n && folder.p[i] != '/') continue;
        const char *path = str_cstr(a, str_slice(folder, 0, i));
        if (mkdir(path, 0700) < 0) {
            if (errno != EEXIST) return failed("make the folder", path);
            continue;
        }
        str parent = str_slice(folder, 0, i);
        while (parent.n && parent.p[parent.n - 1] != '/') parent.n--;
        TRY(sync_folder(parent.n ? str_cstr(a, parent) : "."));
    }
    static const char *const parts[] = {"cur", "new", "tmp"};
    bool made = false;
    for (int i = 0; i < 3; i++) {
        const char *path = str_cstr(a, str_fmt(a, "%.*s/%s", STR_FMT(folder), parts[i]));
        if (mkdir(path, 0700) == 0)
            made = true;
        else if (errno != EEXIST)
            return failed("make the folder", path);
    }
    return made ? sync_folder(str_cstr(a, folder)) : ERR_NONE;
}

/* Where the letter is: in new, or in cur, where readers add their flags after a colon. NULL: nowhere. */
static err find_letter(arena *a, const char *inbox, const char *seen, str name, const char **ret_path) {
    const char *path = str_cstr(a, str_fmt(a, "%s/%.*s", inbox, STR_FMT(name)));
    struct stat st;
    *ret_path = NULL;
    if (lstat(path, &st) == 0) {
        *ret_path = path;
        return ERR_NONE;
    }
    if (errno != ENOENT) return failed("look at", path);
    DIR_AUTO DIR *dir = opendir(seen);
    if (!dir) return errno == ENOENT ? ERR_NONE : failed("read", seen);
    struct dirent *entry;
    while (!*ret_path && (entry = readdir(dir))) {
        str have = str_z(entry->d_name);
        if (str_starts(have, name) && (have.n == name.n || have.p[name.n] == ':'))
            *ret_path = str_cstr(a, str_fmt(a, "%s/%s", seen, entry->d_name));
    }
    return ERR_NONE;
}

static err write_file(const char *path, str bytes) {
    FD_AUTO int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failed("make", path);
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("write", path);
        bytes = str_slice(bytes, (size_t)n, bytes.n);
    }
    if (fsync(fd) < 0) return failed("write", path);
    return ERR_NONE;
}

static err with_lf(str message, buf *out) {
    size_t from = 0, at;
    while ((at = str_find(message, S("\r\n"), from)) != SIZE_MAX) {
        buf_add(out, str_slice(message, from, at));
        buf_add_char(out, '\n');
        from = at + 2;
    }
    buf_add(out, str_slice(message, from, message.n));
    return buf_ok(out) ? ERR_NONE : err_set(ERR_FULL, "No memory for the letter.");
}

err maildir_deliver(arena *a, str folder, str name, str message) {
    static atomic_uint count;
    if (!name_fits(name)) return err_set(ERR_INVALID, "Not a name for a letter's file: %.*s.", STR_FMT(name));
    while (folder.n > 1 && str_ends(folder, S("/"))) folder.n--;
    if (folder.n == 0) return err_set(ERR_INVALID, "The folder for letters has no name.");
    TRY(make_folders(a, folder));
    const char *inbox = str_cstr(a, str_fmt(a, "%.*s/new", STR_FMT(folder)));
    const char *seen = str_cstr(a, str_fmt(a, "%.*s/cur", STR_FMT(folder)));
    const char *there;
    TRY(find_letter(a, inbox, seen, name, &there));
    /* The try before may have ended between its rename and its fsync. */
    if (there) return sync_folder(inbox);
    BUF_AUTO buf bytes = BUF_MAX(message.n + 1);
    TRY(with_lf(message, &bytes));
    /* Names in tmp are never used twice, so that two tries at once cannot write into one file. */
    const char *temporary = str_cstr(a, str_fmt(a, "%.*s/tmp/%.*s.%d.%u", STR_FMT(folder), STR_FMT(name),
                                                (int)getpid(), atomic_fetch_add(&count, 1)));
    const char *path = str_cstr(a, str_fmt(a, "%s/%.*s", inbox, STR_FMT(name)));
    unlink(temporary); /* left by a process of the same number that died */
    err code = write_file(temporary, buf_str(&bytes));
    if (code == ERR_NONE && rename(temporary, path) < 0) code = failed("move the letter to", path);
    if (code) {
        unlink(temporary);
        return code;
    }
    return sync_folder(inbox);
}

err maildir_remove(arena *a, str folder, str name) {
    if (!name_fits(name)) return err_set(ERR_INVALID, "Not a name for a letter's file: %.*s.", STR_FMT(name));
    const char *inbox = str_cstr(a, str_fmt(a, "%.*s/new", STR_FMT(folder)));
    const char *seen = str_cstr(a, str_fmt(a, "%.*s/cur", STR_FMT(folder)));
    const char *path;
    TRY(find_letter(a, inbox, seen, name, &path));
    if (path && unlink(path) < 0 && errno != ENOENT) return failed("remove", path);
    return ERR_NONE;
}
