#include "desk/status_copy.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/objects.h"

enum { FILE_MAX_BYTES = 2 << 20, FOLDER_MODE = 0755, FILE_MODE = 0644 };

static str folder_of(const struct desk *d, arena *a, str slug) {
    return str_fmt(a, "%.*s/status/%.*s", STR_FMT(d->folder), STR_FMT(slug));
}

static str file_of(const struct desk *d, arena *a, str slug, const char *file) {
    return str_fmt(a, "%.*s/%s", STR_FMT(folder_of(d, a, slug)), file);
}

err status_copy_get(const struct desk *d, arena *a, str slug, const char *file, str *ret_bytes) {
    return file_read(a, file_of(d, a, slug, file), FILE_MAX_BYTES, ret_bytes);
}

/* The umask of a service is often 027, and what is public need not be. */
static err let_read(arena *a, str path, unsigned mode) {
    if (chmod(str_cstr(a, path), mode) < 0) return err_set(ERR_IO, "Cannot let others read %s.", path.p);
    return ERR_NONE;
}

err status_copy_put(const struct desk *d, arena *a, str slug, const char *file, str bytes) {
    str path = file_of(d, a, slug, file), there;
    if (file_read(a, path, FILE_MAX_BYTES, &there) == ERR_NONE && str_eq(there, bytes)) return ERR_NONE;
    TRY(folder_make(a, folder_of(d, a, slug)));
    TRY(let_read(a, str_fmt(a, "%.*s/status", STR_FMT(d->folder)), FOLDER_MODE));
    TRY(let_read(a, folder_of(d, a, slug), FOLDER_MODE));
    TRY(file_write(a, path, bytes, FILE_MODE));
    return let_read(a, path, FILE_MODE);
}

/* The files whose names end so; a process that was killed leaves those of file_write. */
static void empty_folder(arena *a, str folder, str end) {
    DIR *dir = opendir(str_cstr(a, folder));
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.' && str_ends(str_z(e->d_name), end))
            unlink(str_fmt(a, "%.*s/%s", STR_FMT(folder), e->d_name).p);
    closedir(dir);
}

static void remove_folder(arena *a, str folder) {
    empty_folder(a, folder, S(""));
    rmdir(str_cstr(a, folder));
}

err status_copy_keep_only(const struct desk *d, arena *a, const status_slug_list *open) {
    DIR *dir = opendir(str_fmt(a, "%.*s/status", STR_FMT(d->folder)).p);
    if (!dir) return errno == ENOENT ? ERR_NONE : err_set(ERR_IO, "Cannot read the folder of status pages.");
    for (struct dirent *e; (e = readdir(dir));) {
        str name = str_z(e->d_name);
        bool keep = false;
        if (str_starts(name, S("."))) continue;
        for (size_t i = 0; i < open->n && !keep; i++) keep = str_eq(open->v[i], name);
        if (keep)
            empty_folder(a, folder_of(d, a, name), S(".new"));
        else
            remove_folder(a, folder_of(d, a, name));
    }
    closedir(dir);
    return ERR_NONE;
}
