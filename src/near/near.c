#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "near/near_own.h"

static void *must(void *p) {
    if (!p) abort();
    return p;
}

err near_open(str path, bool read_only, near **ret, bool *ret_damaged) {
    if (!path.n || str_has(path, 0)) return err_set(ERR_INVALID, "That is no path for an index.");
    near *x = must(calloc(1, sizeof *x));
    x->path = must(calloc(1, path.n + 1));
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
    c.bytes += near_table_bytes(&x->fewer) + (x->gone ? x->file->texts_n / 8 : 0);
    pthread_rwlock_unlock(&x->lock);
    *ret = c;
}

/* ---- adding ---- */

/* The runs in texts of the file that the customer got and that were not removed. */
static void own_runs(const near *x, int64_t customer, struct near_table *ret) {
    const struct near_file *f = x->file;
    uint32_t from, to, ranks[NEAR_WORDS_MAX];
    near_file_texts_of_customer(f, customer, &from, &to);
    for (uint32_t looked = 0; to-- > from && looked < NEAR_OWN_MAX; looked++) {
        uint32_t place = f->by_customer[to];
        if (place >= f->texts_n || near_gone(x, place)) continue;
        const uint32_t *records = NULL;
        uint32_t n = near_file_sentences(f, place, &records);
        for (uint32_t i = 0; i < n; i++) {
            struct near_record r;
            if (!near_file_words(f, records[i], ranks, &r) || !near_file_spell(f, ranks, r.n)) continue;
            for (uint32_t at = 0; at + NEAR_RUN <= r.n; at++) near_tally_add(ret, near_hash_run(ranks + at));
        }
    }
}

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
    if (x->file) own_runs(x, text->customer, &own);
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

/* ---- forgetting ---- */

static void text_gone(near *x, uint32_t place) {
    const struct near_file *f = x->file;
    struct near_table before = {0}, still = {0};
    own_runs(x, f->texts[place].customer, &before);
    if (!x->gone) x->gone = must(calloc(f->texts_n / 64 + 1, sizeof *x->gone));
    x->gone[place / 64] |= (uint64_t)1 << place % 64;
    x->gone_n++;
    own_runs(x, f->texts[place].customer, &still);
    const uint32_t *records = NULL;
    uint32_t n = near_file_sentences(f, place, &records), ranks[NEAR_WORDS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        struct near_record r;
        x->gone_said += records[i] != NEAR_NONE;
        if (!near_file_words(f, records[i], ranks, &r) || !near_file_spell(f, ranks, r.n)) continue;
        for (uint32_t at = 0; at + NEAR_RUN <= r.n; at++) {
            uint64_t run = near_hash_run(ranks + at);
            /* Once for all places of this text that hold it. */
            if (near_tally_find(&still, run)) continue;
            near_tally_add(&still, run);
            if (near_tally_find(&before, run)) near_tally_add(&x->fewer, run);
        }
    }
    near_table_free(&before);
    near_table_free(&still);
}

static void remember_forgotten(near *x, int64_t id) {
    if (x->forgotten_n == x->forgotten_cap) {
        x->forgotten_cap = x->forgotten_cap ? x->forgotten_cap * 2 : 16;
        x->forgotten = must(realloc(x->forgotten, x->forgotten_cap * sizeof *x->forgotten));
    }
    x->forgotten[x->forgotten_n++] = id;
}

bool near_forget_in_file(near *x, int64_t id) {
    uint32_t place = x->file ? near_file_text_of(x->file, id) : NEAR_NONE;
    if (place == NEAR_NONE || near_gone(x, place)) return false;
    text_gone(x, place);
    return true;
}

err near_remove(near *x, int64_t id) {
    pthread_rwlock_wrlock(&x->lock);
    struct near_delta_text *t = near_delta_find(x->open, id);
    if (t) {
        near_delta_remove(x->open, t);
    } else if (x->sealed && (t = near_delta_find(x->sealed, id))) {
        near_delta_remove(x->sealed, t);
        remember_forgotten(x, id);
    } else if (near_forget_in_file(x, id)) {
        remember_forgotten(x, id);
    }
    pthread_rwlock_unlock(&x->lock);
    return ERR_NONE;
}
