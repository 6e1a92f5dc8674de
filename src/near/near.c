#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "near/near_own.h"

err near_open(str path, bool read_only, near **ret, bool *ret_damaged) {
    if (!path.n || str_has(path, 0)) return err_set(ERR_INVALID, "That is no path for an index.");
    near *x = memory_zeroed(sizeof *x);
    x->path = memory_zeroed(path.n + 1);
    memcpy(x->path, path.p, path.n);
    err e = near_file_open(x->path, &x->file);
    if (e && e != ERR_MISSING && e != ERR_INVALID) {
        free(x->path);
        free(x);
        return e;
    }
    x->read_only = read_only;
    x->open = near_delta_new();
    /* Answers come all the time; an addition must not wait until there happens to be none. */
    pthread_rwlockattr_t writers_first;
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&x->lock, &writers_first);
    pthread_rwlockattr_destroy(&writers_first);
    pthread_mutex_init(&x->saving, NULL);
    *ret = x;
    *ret_damaged = e == ERR_INVALID;
    return ERR_NONE;
}

void near_close(near *x) {
    if (!x) return;
    near_file_close(x->file);
    near_delta_free(x->sealed);
    near_delta_free(x->open);
    near_table_free(&x->fewer);
    pthread_rwlock_destroy(&x->lock);
    pthread_mutex_destroy(&x->saving);
    free(x->gone);
    free(x->forgotten);
    free(x->path);
    free(x);
}

int64_t near_generation(near *x) {
    pthread_rwlock_rdlock(&x->lock);
    int64_t generation = x->file ? x->file->generation : 0;
    pthread_rwlock_unlock(&x->lock);
    return generation;
}

int64_t near_next(near *x) {
    pthread_rwlock_rdlock(&x->lock);
    int64_t next = (x->file ? x->file->generation : 0) + (x->sealed ? 2 : 1);
    pthread_rwlock_unlock(&x->lock);
    return next;
}

void near_counts(near *x, struct near_count *ret) {
    struct near_count c = {0};
    pthread_rwlock_rdlock(&x->lock);
    if (x->file) {
        c.texts = x->file->texts_n - x->gone_n;
        c.sentences = x->file->said - x->gone_said;
        c.distinct = x->file->distinct;
        c.bytes = x->file->size;
    }
    for (int part = NEAR_PART_SEALED; part < NEAR_PARTS; part++) {
        const struct near_delta *d = near_part(x, part);
        if (!d) continue;
        c.texts += d->texts.n - d->removed;
        c.sentences += d->said;
        c.unsaved += d->said;
        c.distinct += d->sentences.n;
        c.bytes += near_delta_bytes(d);
    }
    c.unsaved += x->forgotten_n;
    c.bytes += near_table_bytes(&x->fewer) + (x->gone ? x->file->texts_n / 8 : 0);
    pthread_rwlock_unlock(&x->lock);
    *ret = c;
}

/* ---- adding ---- */

static bool known(const near *x, int64_t id) {
    if (near_delta_find(x->open, id) || (x->sealed && near_delta_find(x->sealed, id))) return true;
    uint32_t place = x->file ? near_file_text_of(x->file, id) : NEAR_NONE;
    return place != NEAR_NONE && !near_gone(x, place);
}

bool near_has(near *x, int64_t id) {
    pthread_rwlock_rdlock(&x->lock);
    bool has = known(x, id);
    pthread_rwlock_unlock(&x->lock);
    return has;
}

void near_learn(const near *x, struct near_delta *d, const struct near_delta *older,
                const struct near_text *text) {
    struct near_table own = {0};
    if (x->file) near_own_runs(x, text->customer, &own);
    struct near_before before = {.file = x->file, .delta = older, .own = &own};
    near_delta_learn(d, near_delta_note(d, text), &before);
    near_table_free(&own);
}

static err add(near *x, const struct near_text *text, bool silent) {
    if (text->id < 1) return err_set(ERR_INVALID, "A text needs an id above 0.");
    err e = ERR_NONE;
    pthread_rwlock_wrlock(&x->lock);
    if (x->open->texts.n >= NEAR_NONE / 2 || x->open->uses.n >= NEAR_NONE / 2)
        e = err_set(ERR_LIMIT, "Too many texts were added to the index since it was saved.");
    else if (known(x, text->id))
        e = ERR_NONE;
    else if (silent)
        near_delta_note(x->open, text);
    else
        near_learn(x, x->open, x->sealed, text);
    pthread_rwlock_unlock(&x->lock);
    return e;
}

err near_add(near *x, const struct near_text *text) { return add(x, text, false); }
err near_load(near *x, const struct near_text *text) { return add(x, text, true); }

static void remember_forgotten(near *x, int64_t id) {
    if (x->forgotten_n == x->forgotten_cap) {
        x->forgotten_cap = x->forgotten_cap ? x->forgotten_cap * 2 : 16;
        x->forgotten = memory_again(x->forgotten, x->forgotten_cap * sizeof *x->forgotten);
    }
    x->forgotten[x->forgotten_n++] = id;
}

err near_remove(near *x, int64_t id) {
    pthread_rwlock_wrlock(&x->lock);
    /* What is in the file, or on its way to it, has to be left out of the next one. */
    if (!near_forget(x, NEAR_PART_OPEN, id) &&
        (near_forget(x, NEAR_PART_SEALED, id) || near_forget(x, NEAR_PART_FILE, id)))
        remember_forgotten(x, id);
    pthread_rwlock_unlock(&x->lock);
    return ERR_NONE;
}
