/* Which mails there are, and when they came. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/import.h"
#include "format/mbox.h"

enum { WINDOW = 1 << 20, HEAD_BYTES = 32 << 10, DEPTH_MAX = 8 };
static const int64_t year_1990 = 631152000000;

struct listing {
    arena *a;
    const struct import_wish *wish;
    struct import_list *list;
    int64_t now;
    arena *scratch;
    char *window; /* WINDOW bytes, for one file at a time */
};

static void fd_close(int *fd) {
    if (*fd >= 0) close(*fd);
}
#define FD_AUTO __attribute__((cleanup(fd_close)))

static void dir_close(DIR **dir) {
    if (*dir) closedir(*dir);
}
#define DIR_AUTO __attribute__((cleanup(dir_close)))

static err cannot(const char *doing, str path) {
    return err_set(errno == ENOENT ? ERR_MISSING : ERR_IO, "Cannot %s %.*s: %s.", doing, STR_FMT(path),
                   strerror(errno));
}

bool import_is_own(const struct import_list *list, str address) {
    for (size_t i = 0; i < list->own.n; i++)
        if (str_eq(list->own.v[i], address)) return true;
    return false;
}

/* ---- one mail ---- */

static bool plausible(int64_t at, int64_t now) { return at >= year_1990 && at <= now + DAY_MS; }

static int64_t first_plausible(const int64_t *times, size_t n, int64_t now) {
    for (size_t i = 0; i < n; i++)
        if (plausible(times[i], now)) return times[i] < now ? times[i] : now;
    return now;
}

/* `mark_at`: what the "From " line says, 0 for none. */
static err add_mail(struct listing *x, struct import_mail mail, str head, bool in_sent, int64_t mark_at,
                    int64_t file_at) {
    struct mail_peek peek;
    struct import_list *l = x->list;
    if (l->mails.n >= IMPORT_MAILS_MAX)
        return err_set(ERR_LIMIT, "There are more than five million mails; bring them in in parts.");
    if (mail.size > IMPORT_MAIL_MAX) {
        l->too_large++;
        return ERR_NONE;
    }
    mail_peek(x->scratch, head, &peek);
    bool own = import_is_own(l, peek.from);
    if (peek.deleted || peek.draft) {
        l->thrown++;
    } else if (in_sent && !own) {
        l->not_ours++;
    } else {
        mail.sent = in_sent || (own && x->wish->sent == IMPORT_MIXED);
        mail.answered = mail.answered || peek.answered;
        int64_t letter[] = {peek.received_at, mark_at, peek.sent_at, file_at};
        int64_t reply[] = {peek.sent_at, peek.received_at, mark_at, file_at};
        mail.at = first_plausible(mail.sent ? reply : letter, 4, x->now);
        *list_add(x->a, &l->mails) = mail;
    }
    arena_reset(x->scratch);
    return ERR_NONE;
}

/* ---- mbox ---- */

struct window {
    int fd;
    char *bytes;
    size_t at, n; /* the line that comes next, the end of what was read */
    int64_t base; /* of bytes[0] in the file */
    bool at_end;
};

/* Read on, what was taken goes. */
static err more(struct window *w, str path) {
    memmove(w->bytes, w->bytes + w->at, w->n - w->at);
    w->base += (int64_t)w->at;
    w->n -= w->at;
    w->at = 0;
    while (w->n < WINDOW && !w->at_end) {
        ssize_t got = read(w->fd, w->bytes + w->n, WINDOW - w->n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read", path);
        w->at_end = got == 0;
        w->n += (size_t)got;
    }
    return ERR_NONE;
}

/* The line that begins at `at`, without its end; its whole length in *ret_bytes. False where the window holds
 * only a part of it. */
static bool line_at(const struct window *w, size_t at, str *ret_line, size_t *ret_bytes) {
    const char *end = memchr(w->bytes + at, '\n', w->n - at);
    size_t n = end ? (size_t)(end - w->bytes) - at : w->n - at;
    *ret_bytes = n + (end != NULL);
    if (n && w->bytes[at + n - 1] == '\r') n--;
    *ret_line = (str){w->bytes + at, n};
    return end || w->at_end;
}

struct mbox_scan {
    struct listing *x;
    struct window w;
    str path;
    uint32_t file;
    bool in_sent, open;
    int64_t begins, mark_at, file_at;
};

static err end_mail(struct mbox_scan *s, int64_t ends) {
    if (!s->open) return ERR_NONE;
    str head = {arena_alloc(s->x->scratch, HEAD_BYTES), 0};
    size_t want = ends - s->begins < HEAD_BYTES ? (size_t)(ends - s->begins) : HEAD_BYTES;
    ssize_t got = want ? pread(s->w.fd, (char *)head.p, want, s->begins) : 0;
    if (got < 0) return cannot("read", s->path);
    head.n = (size_t)got;
    struct import_mail mail = {.offset = s->begins, .size = ends - s->begins, .file = s->file};
    return add_mail(s->x, mail, head, s->in_sent, s->mark_at, s->file_at);
}

/* Looks at lines until the window is used up. `after_empty` and `part` (the line began before) go on. */
static err scan_window(struct mbox_scan *s, bool *after_empty, bool *part) {
    struct window *w = &s->w;
    str line, next;
    size_t bytes, next_bytes;
    while (w->at < w->n) {
        bool whole = line_at(w, w->at, &line, &bytes);
        bool from = !*part && str_starts(line, S("From "));
        bool all = w->at == 0 || w->at_end; /* nothing more can be had */
        if (!whole && !all) break;
        if (from && w->at + bytes < w->n && !line_at(w, w->at + bytes, &next, &next_bytes) && !all) break;
        if (from && w->at + bytes >= w->n) {
            next = S("");
            if (!all) break;
        }
        if (from && mbox_begins(line, next, *after_empty)) {
            TRY(end_mail(s, w->base + (int64_t)w->at));
            s->open = true;
            s->begins = w->base + (int64_t)(w->at + bytes);
            s->mark_at = mbox_date(line);
        } else if (!s->open && !*part && str_trim(line).n) {
            return err_set(ERR_INVALID, "%.*s is no mbox file: it does not begin with a line \"From …\".",
                           STR_FMT(s->path));
        }
        *after_empty = whole && line.n == 0 && !*part;
        *part = !whole;
        w->at += bytes;
    }
    return ERR_NONE;
}

static err list_mbox(struct listing *x, str path, bool in_sent) {
    FD_AUTO int fd = open(str_cstr(x->a, path), O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) return cannot("read", path);
    struct mbox_scan s = {.x = x,
                          .w = {.fd = fd, .bytes = x->window},
                          .path = path,
                          .file = (uint32_t)x->list->files.n,
                          .in_sent = in_sent,
                          .file_at = (int64_t)st.st_mtime * 1000};
    *list_add(x->a, &x->list->files) = path;
    bool after_empty = true, part = false;
    do {
        TRY(more(&s.w, path));
        TRY(scan_window(&s, &after_empty, &part));
    } while (!s.w.at_end || s.w.at < s.w.n);
    return end_mail(&s, s.w.base + (int64_t)s.w.n);
}

/* ---- folders ---- */

/* The last part of a folder's name says what lies in it. */
static bool named(str name, const char *const *names, size_t n) {
    size_t at = name.n;
    while (at && name.p[at - 1] != '/' && name.p[at - 1] != '.') at--;
    str last = str_slice(name, at, name.n);
    for (size_t i = 0; i < n; i++)
        if (str_eq_nocase(last, str_z(names[i]))) return true;
    return false;
}

static const char *const sent_names[] = {"Sent",           "Sent Items", "Sent Messages", "Sent Mail",
                                         "Sent-Mail",      "SentMail",   "Gesendet",      "Gesendete Objekte",
                                         "Envoy&AOk-s",    "Enviados",   "Posta inviata", "Verzonden",
                                         "Itens Enviados", "sent-mail"};
static const char *const thrown_names[] = {
    "Trash",       "Deleted Items", "Deleted Messages", "Papierkorb", "Junk",      "Spam",
    "Junk E-mail", "Drafts",        "Entw&APw-rfe",     "Outbox",     "Templates", "Unsent Messages"};
#define IS(name, set) named(name, set, sizeof set / sizeof *set)

static bool wanted_folder(const struct listing *x, str name) {
    return x->wish->all_folders || !IS(name, thrown_names);
}
bool import_sent_folder(str name) { return IS(name, sent_names); }
static bool sent_folder(const struct listing *x, str name) {
    return x->wish->sent == IMPORT_SENT || import_sent_folder(name);
}

static err list_maildir_file(struct listing *x, str path, str name, bool in_sent) {
    FD_AUTO int fd = open(str_cstr(x->scratch, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) return cannot("read", path);
    if (!S_ISREG(st.st_mode)) return ERR_NONE;
    /* ":2,FS": flagged, seen; D a draft, T thrown away, R replied to. */
    size_t at = str_find(name, S(":2,"), 0);
    str flags = at == SIZE_MAX ? S("") : str_slice(name, at + 3, name.n);
    if (str_has(flags, 'T') || str_has(flags, 'D')) {
        x->list->thrown++;
        return ERR_NONE;
    }
    char *bytes = arena_alloc(x->scratch, HEAD_BYTES);
    ssize_t got = pread(fd, bytes, HEAD_BYTES, 0);
    if (got < 0) return cannot("read", path);
    struct import_mail mail = {
        .size = (int64_t)st.st_size, .file = (uint32_t)x->list->files.n, .answered = str_has(flags, 'R')};
    size_t before = x->list->mails.n;
    str kept = str_copy(x->a, path);
    TRY(add_mail(x, mail, (str){bytes, (size_t)got}, in_sent, 0, (int64_t)st.st_mtime * 1000));
    if (x->list->mails.n > before) *list_add(x->a, &x->list->files) = kept;
    return ERR_NONE;
}

static err list_maildir_part(struct listing *x, str folder, const char *part, bool in_sent) {
    str path = str_fmt(x->a, "%.*s/%s", STR_FMT(folder), part);
    DIR_AUTO DIR *dir = opendir(path.p);
    if (!dir) return errno == ENOENT ? ERR_NONE : cannot("read", path);
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        str file = str_fmt(x->scratch, "%.*s/%s", STR_FMT(path), e->d_name);
        TRY(list_maildir_file(x, file, str_z(e->d_name), in_sent));
        arena_reset(x->scratch);
    }
    return ERR_NONE;
}

static bool is_folder(str path) {
    struct stat st;
    return lstat(path.p, &st) == 0 && S_ISDIR(st.st_mode);
}

/* `name`: of the folder within the wish's path, "" for itself. */
static err list_maildir(struct listing *x, str folder, str name, int depth, bool *ret_any) {
    bool maildir = is_folder(str_fmt(x->a, "%.*s/cur", STR_FMT(folder)));
    if (maildir && wanted_folder(x, name)) {
        *ret_any = true;
        TRY(list_maildir_part(x, folder, "cur", sent_folder(x, name)));
        TRY(list_maildir_part(x, folder, "new", sent_folder(x, name)));
    }
    if (depth == DEPTH_MAX) return ERR_NONE;
    DIR_AUTO DIR *dir = opendir(str_cstr(x->a, folder));
    if (!dir) return cannot("read", folder);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !strcmp(e->d_name, "cur") ||
            !strcmp(e->d_name, "new") || !strcmp(e->d_name, "tmp"))
            continue;
        str path = str_fmt(x->a, "%.*s/%s", STR_FMT(folder), e->d_name);
        if (is_folder(path)) TRY(list_maildir(x, path, str_copy(x->a, str_z(e->d_name)), depth + 1, ret_any));
    }
    return ERR_NONE;
}

static bool begins_as_mbox(str path) {
    char bytes[5];
    FD_AUTO int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 && read(fd, bytes, sizeof bytes) == 5 && memcmp(bytes, "From ", 5) == 0;
}

/* A folder of mbox files, as mail programs keep them; what is none (indexes, notes) is passed over. */
static err list_mbox_folder(struct listing *x, str folder, int depth) {
    DIR_AUTO DIR *dir = opendir(str_cstr(x->a, folder));
    if (!dir) return cannot("read", folder);
    for (struct dirent *e; (e = readdir(dir));) {
        str name = str_copy(x->a, str_z(e->d_name));
        str path = str_fmt(x->a, "%.*s/%s", STR_FMT(folder), e->d_name);
        if (e->d_name[0] == '.') continue;
        if (is_folder(path)) {
            if (depth < DEPTH_MAX) TRY(list_mbox_folder(x, path, depth + 1));
            continue;
        }
        str bare = str_ends(name, S(".mbox")) ? str_slice(name, 0, name.n - 5) : name;
        if (begins_as_mbox(path) && wanted_folder(x, bare)) TRY(list_mbox(x, path, sent_folder(x, bare)));
    }
    return ERR_NONE;
}

/* ---- all ---- */

static int by_date(const void *p, const void *q, void *context) {
    const struct import_mail *a = p, *b = q;
    const struct import_list *list = context;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    if (a->file != b->file) return str_cmp(list->files.v[a->file], list->files.v[b->file]);
    return (a->offset > b->offset) - (a->offset < b->offset);
}

err import_list_of(arena *a, const struct import_wish *wish, int64_t now, struct import_list *list) {
    ARENA_AUTO arena *scratch = arena_new(0);
    struct listing x = {a, wish, list, now, scratch, arena_alloc(a, WINDOW)};
    struct stat st;
    bool any = false;
    if (stat(str_cstr(a, wish->path), &st) < 0) return cannot("read", wish->path);
    switch (wish->format) {
    case IMPORT_MBOX:
        if (S_ISDIR(st.st_mode))
            TRY(list_mbox_folder(&x, wish->path, 0));
        else
            TRY(list_mbox(&x, wish->path, wish->sent == IMPORT_SENT));
        break;
    case IMPORT_MAILDIR:
        if (!S_ISDIR(st.st_mode))
            return err_set(ERR_INVALID, "%.*s is a file; a Maildir is a folder. Is it an mbox?",
                           STR_FMT(wish->path));
        TRY(list_maildir(&x, wish->path, S(""), 0, &any));
        if (!any)
            return err_set(ERR_INVALID, "%.*s is no Maildir: there is no folder \"cur\" in it.",
                           STR_FMT(wish->path));
        break;
    }
    if (list->mails.n) qsort_r(list->mails.v, list->mails.n, sizeof *list->mails.v, by_date, list);
    return ERR_NONE;
}

err import_mail_bytes(arena *a, const struct import_wish *wish, const struct import_list *list,
                      const struct import_mail *mail, str *ret) {
    str path = list->files.v[mail->file];
    FD_AUTO int fd = open(str_cstr(a, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot("read", path);
    char *bytes = arena_alloc(a, (size_t)mail->size);
    size_t n = 0;
    while (n < (size_t)mail->size) {
        ssize_t got = pread(fd, bytes + n, (size_t)mail->size - n, mail->offset + (int64_t)n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read", path);
        if (got == 0) return err_set(ERR_CONFLICT, "%.*s became shorter meanwhile.", STR_FMT(path));
        n += (size_t)got;
    }
    str all = {bytes, n};
    *ret = wish->format == IMPORT_MBOX ? mbox_mail(a, all) : all;
    return ERR_NONE;
}
