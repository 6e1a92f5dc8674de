#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "near/near_own.h"

enum { GATHER = 4096 }; /* texts that are looked at in one go */

/* What is no longer used and is freed without the lock, since that may take long. */
struct worn {
    struct near_file *file;
    struct near_delta *delta;
};

/* What another process wrote may be here too. */
static void drop_known(near *x) {
    for (uint32_t i = 0; i < x->open->texts.n; i++) {
        const struct near_delta_text *t = near_delta_text(x->open, i);
        if (!t->removed && near_file_text_of(x->file, t->id) != NEAR_NONE)
            near_forget(x, NEAR_PART_OPEN, t->id);
    }
}

/* Answer from `f` from now on. `written`: it holds what was sealed, and the first `done` of the forgotten
 * texts are no longer in it. */
static struct worn take_file(near *x, struct near_file *f, bool written, size_t done) {
    pthread_rwlock_wrlock(&x->lock);
    struct worn worn = {.file = x->file, .delta = written ? x->sealed : NULL};
    x->file = f;
    free(x->gone);
    x->gone = NULL;
    x->gone_n = 0;
    x->gone_said = 0;
    near_table_free(&x->fewer);
    if (written) {
        x->sealed = NULL;
        x->forgotten_n -= done;
        if (x->forgotten_n) memmove(x->forgotten, x->forgotten + done, x->forgotten_n * sizeof *x->forgotten);
    } else {
        drop_known(x);
    }
    for (size_t i = 0; i < x->forgotten_n; i++) near_forget(x, NEAR_PART_FILE, x->forgotten[i]);
    near_delta_refile(x->open, x->file);
    pthread_rwlock_unlock(&x->lock);
    return worn;
}

static void free_worn(struct worn worn) {
    near_file_close(worn.file);
    near_delta_free(worn.delta);
}

/* Holding `saving`. A file that cannot be used is left alone: ours is newer or none. */
static err refresh(near *x, bool *ret_changed) {
    struct stat st;
    if (stat(x->path, &st) < 0) {
        if (errno != ENOENT) return err_set(ERR_IO, "Cannot read %s: %s.", x->path, strerror(errno));
        *ret_changed = false;
        return ERR_NONE;
    }
    if (x->file && x->file->device == st.st_dev && x->file->inode == st.st_ino) {
        *ret_changed = false;
        return ERR_NONE;
    }
    struct near_file *f;
    TRY(near_file_open(x->path, &f));
    free_worn(take_file(x, f, false, 0));
    *ret_changed = true;
    return ERR_NONE;
}

err near_refresh(near *x, bool *ret_changed) {
    pthread_mutex_lock(&x->saving);
    err e = refresh(x, ret_changed);
    pthread_mutex_unlock(&x->saving);
    return e;
}

/* Additions go to a new delta from here on. */
static void seal(near *x) {
    struct near_delta *fresh = near_delta_new();
    pthread_rwlock_wrlock(&x->lock);
    x->sealed = x->open;
    x->open = fresh;
    pthread_rwlock_unlock(&x->lock);
}

static void add_again(near *x, const struct near_delta_text *t) {
    struct near_sentence *sentences = memory_array(t->n + 1, sizeof *sentences);
    const uint32_t *log = t->log;
    for (uint32_t i = 0; i < t->n; log += *log + 1, i++)
        sentences[i] = (struct near_sentence){.words = log + 1, .n = *log};
    struct near_text text = {
        .id = t->id, .customer = t->customer, .at = t->at, .sentences = sentences, .n = t->n};
    if (t->silent)
        near_delta_note(x->sealed, &text);
    else
        near_learn(x, x->sealed, NULL, &text);
    free(sentences);
}

/* The file could not be written: what came meanwhile joins what was sealed. */
static void unseal(near *x) {
    pthread_rwlock_wrlock(&x->lock);
    struct near_delta *late = x->open;
    x->open = NULL;
    for (uint32_t i = 0; i < late->texts.n; i++)
        if (!near_delta_text(late, i)->removed) add_again(x, near_delta_text(late, i));
    x->open = x->sealed;
    x->sealed = NULL;
    pthread_rwlock_unlock(&x->lock);
    near_delta_free(late);
}

/* A text of the file or of sealed memory, these behind those; false when it was removed. */
static bool source_of(const near *x, uint32_t i, struct near_source *ret) {
    uint32_t in_file = x->file ? x->file->texts_n : 0;
    if (i < in_file) {
        const struct near_file_text *t = &x->file->texts[i];
        *ret = (struct near_source){.id = t->id, .customer = t->customer, .at = t->at, .place = i, .n = t->n};
        return !near_gone(x, i);
    }
    const struct near_delta_text *t = near_delta_text(x->sealed, i - in_file);
    *ret = (struct near_source){.id = t->id, .customer = t->customer, .at = t->at, .log = t->log, .n = t->n};
    return !t->removed;
}

/* All texts that are not removed, and how many forgotten ones are left out for certain. The lock is given
 * back now and then, so that additions, and behind them answers, do not wait for millions of texts. */
static struct near_source *gather(near *x, size_t *ret_n, size_t *ret_done) {
    uint32_t all = (x->file ? x->file->texts_n : 0) + x->sealed->texts.n;
    struct near_source *sources = malloc(((size_t)all + 1) * sizeof *sources);
    if (!sources) return NULL;
    size_t n = 0, done = 0;
    for (uint32_t i = 0; i < all || !i; i += GATHER) {
        pthread_rwlock_rdlock(&x->lock);
        if (!i) done = x->forgotten_n;
        for (uint32_t j = i; j < all && j - i < GATHER; j++) n += source_of(x, j, &sources[n]);
        pthread_rwlock_unlock(&x->lock);
    }
    *ret_n = n;
    *ret_done = done;
    return sources;
}

/* `path` with something behind it; to be freed. */
static char *beside(const char *path, const char *end) {
    size_t n = strlen(path), more = strlen(end) + 1;
    char *z = memory_take(n + more);
    memcpy(z, path, n);
    memcpy(z + n, end, more);
    return z;
}

/* The folder of the file, so that its new name lasts. */
static err sync_folder(const char *path) {
    char *folder = beside(path, ""), *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = 0;
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int e = errno;
    if (fd >= 0) close(fd);
    return ok ? ERR_NONE : err_set(ERR_IO, "Cannot sync the folder of %s: %s.", path, strerror(e));
}

/* The next file stands under its name when this returns ERR_NONE. */
static err write_next(near *x, const char *fresh, struct near_file **ret, size_t *ret_done) {
    size_t n;
    struct near_source *sources = gather(x, &n, ret_done);
    if (!sources) return err_set(ERR_LIMIT, "There is not enough memory to write the index.");
    err e = near_build(fresh, near_generation(x) + 1, x->file, sources, n);
    free(sources);
    TRY(e);
    struct near_file *f;
    if (near_file_open(fresh, &f) != ERR_NONE) {
        unlink(fresh);
        return err_set(ERR_IO, "What was written to %s does not read back.", fresh);
    }
    if (rename(fresh, x->path) < 0) {
        e = err_set(ERR_IO, "Cannot rename %s: %s.", fresh, strerror(errno));
        near_file_close(f);
        unlink(fresh);
        return e;
    }
    /* The name is taken whether or not the folder could be synced: then it may be lost with the power, and
     * the file before comes back, which lacks what the caller thinks is saved. So it counts as not written.
     */
    e = sync_folder(x->path);
    if (e) {
        near_file_close(f);
        return e;
    }
    *ret = f;
    return ERR_NONE;
}

static bool nothing_to_write(near *x) {
    pthread_rwlock_rdlock(&x->lock);
    bool nothing = x->file && x->open->texts.n == x->open->removed && !x->forgotten_n;
    pthread_rwlock_unlock(&x->lock);
    return nothing;
}

/* Holding `saving` and the lock that parts processes. */
static err save(near *x, const char *fresh) {
    bool changed;
    err e = refresh(x, &changed);
    if (e && e != ERR_INVALID) return e; /* a damaged file is replaced */
    if (nothing_to_write(x)) return ERR_NONE;
    seal(x);
    struct near_file *f;
    size_t done;
    e = write_next(x, fresh, &f, &done);
    if (e)
        unseal(x);
    else
        free_worn(take_file(x, f, true, done));
    return e;
}

err near_save(near *x) {
    if (x->read_only) return err_set(ERR_DENIED, "This index was opened for reading only.");
    char *fresh = beside(x->path, ".new"), *lock = beside(x->path, ".lock");
    pthread_mutex_lock(&x->saving);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600), locked = -1;
    while (fd >= 0 && (locked = flock(fd, LOCK_EX)) < 0 && errno == EINTR) {
    }
    err e = locked < 0 ? err_set(ERR_IO, "Cannot lock %s: %s.", lock, strerror(errno)) : save(x, fresh);
    if (fd >= 0) close(fd);
    pthread_mutex_unlock(&x->saving);
    free(fresh);
    free(lock);
    return e;
}
