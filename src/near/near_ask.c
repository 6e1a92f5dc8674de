#include <string.h>

#include "near/near_own.h"

enum { CROWD_MAX = 512, VISITS_MAX = 8192, NEWEST_MAX = 5 };

/* Distinct customers, up to CROWD_MAX of them. */
struct crowd {
    uint32_t n;
    bool used[CROWD_MAX * 2];
    int64_t slot[CROWD_MAX * 2];
};

static void crowd_add(struct crowd *c, int64_t customer) {
    if (c->n == CROWD_MAX) return;
    uint32_t mask = CROWD_MAX * 2 - 1, i = (uint32_t)near_hash_id(customer) & mask;
    for (; c->used[i]; i = (i + 1) & mask)
        if (c->slot[i] == customer) return;
    c->used[i] = true;
    c->slot[i] = customer;
    c->n++;
}

/* The newest texts, one for each customer. */
struct newest {
    uint32_t n;
    struct near_seen v[NEWEST_MAX];
};

static bool newer(const struct near_seen *a, const struct near_seen *b) {
    return a->at != b->at ? a->at > b->at : a->id > b->id;
}

static void newest_add(struct newest *list, const struct near_seen *t) {
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->v[i].customer != t->customer) continue;
        if (!newer(t, &list->v[i])) return;
        memmove(&list->v[i], &list->v[i + 1], (list->n - i - 1) * sizeof *t);
        list->n--;
        break;
    }
    uint32_t at = list->n;
    while (at && newer(t, &list->v[at - 1])) at--;
    if (at == NEWEST_MAX) return;
    if (list->n == NEWEST_MAX) list->n--;
    memmove(&list->v[at + 1], &list->v[at], (list->n - at) * sizeof *t);
    list->v[at] = *t;
    list->n++;
}

/* Which sentence of the text it is. */
static uint32_t sentence_of(const near *x, const struct near_seen *t, uint32_t sentence) {
    uint32_t n, at = 0;
    if (t->part == NEAR_PART_FILE) {
        const uint32_t *records = NULL;
        n = near_file_sentences(x->file, t->place, &records);
        while (at < n && records[at] != sentence) at++;
    } else {
        const struct near_delta *d = near_part(x, t->part);
        const struct near_delta_text *text = near_delta_text(d, t->place);
        n = text->n;
        while (at < n && near_delta_use(d, text->first + at)->sentence != sentence) at++;
    }
    return at < n ? at : 0;
}

static void like_locked(const near *x, const struct near_sentence *sentence, int64_t customer,
                        float min_alike, struct near_hit *ret) {
    struct near_like_one likes[NEAR_LIKES_MAX];
    struct near_seen seen[NEAR_LIST_MAX], best = {0};
    struct crowd crowd;
    struct newest newest = {0};
    uint32_t n = near_likes(x, sentence->words, sentence->n, min_alike, likes), visits = 0, least = 0,
             which = 0;
    if (!n) return;
    crowd.n = 0;
    memset(crowd.used, 0, sizeof crowd.used);
    for (uint32_t i = 0; i < n && visits < VISITS_MAX; i++) {
        uint32_t customers, many = near_seen_in(x, &likes[i], customer, seen, &customers);
        visits += many;
        for (uint32_t j = 0; j < many; j++) {
            crowd_add(&crowd, seen[j].customer);
            newest_add(&newest, &seen[j]);
            if (likes[i].alike < ret->alike || (likes[i].alike == ret->alike && !newer(&seen[j], &best)))
                continue;
            ret->alike = likes[i].alike;
            best = seen[j];
            which = likes[i].sentence;
        }
        if (many && customers > least) least = customers;
    }
    if (!ret->alike) return;
    ret->customers = crowd.n > least ? crowd.n : least;
    ret->text = best.id;
    ret->sentence = sentence_of(x, &best, which);
    for (uint32_t i = 0, put = 0; i < newest.n && put < 3; i++)
        if (newest.v[i].customer != best.customer) ret->earlier[put++] = newest.v[i].id;
}

void near_like(near *x, const struct near_sentence *sentence, int64_t customer, float min_alike,
               struct near_hit *ret) {
    struct near_hit hit = {0};
    pthread_rwlock_rdlock(&x->lock);
    like_locked(x, sentence, customer, min_alike, &hit);
    pthread_rwlock_unlock(&x->lock);
    *ret = hit;
}

/* Whether a text of the file holds the run. */
static bool text_has_run(const struct near_file *f, uint32_t place, const uint32_t ranks[NEAR_RUN]) {
    const uint32_t *records = NULL;
    uint32_t n = near_file_sentences(f, place, &records), theirs[NEAR_WORDS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        struct near_record r;
        if (!near_file_words(f, records[i], theirs, &r)) continue;
        for (uint32_t from = 0; from + NEAR_RUN <= r.n; from++)
            if (!memcmp(theirs + from, ranks, NEAR_RUN * sizeof *ranks)) return true;
    }
    return false;
}

static bool customer_has_run(const near *x, int64_t customer, const near_word words[NEAR_RUN]) {
    const struct near_file *f = x->file;
    uint32_t from, to, ranks[NEAR_RUN];
    near_file_texts_of_customer(f, customer, &from, &to);
    if (from == to) return false;
    for (int i = 0; i < NEAR_RUN; i++) ranks[i] = near_file_rank(f, words[i]);
    for (uint32_t looked = 0; to-- > from && looked < NEAR_OWN_MAX; looked++) {
        uint32_t place = f->by_customer[to];
        if (place < f->texts_n && !near_gone(x, place) && text_has_run(f, place, ranks)) return true;
    }
    return false;
}

static uint32_t run_locked(const near *x, const near_word words[NEAR_RUN], int64_t customer) {
    uint64_t run = near_hash_run(words), got = near_hash_got(run, customer);
    uint32_t n = 0;
    bool had = false;
    if (x->file) {
        n = near_file_run(x->file, run);
        if (n == NEAR_RUN_MAX) return n;
        uint32_t fewer = near_tally_find(&x->fewer, run);
        n = n > fewer ? n - fewer : 0;
        had = customer && n && customer_has_run(x, customer, words);
    }
    for (int part = NEAR_PART_SEALED; part < NEAR_PARTS; part++) {
        const struct near_delta *d = near_part(x, part);
        if (!d) continue;
        n += near_tally_find(&d->runs, run);
        had = had || (customer && near_tally_find(&d->got, got));
    }
    if (n >= NEAR_RUN_MAX) return NEAR_RUN_MAX; /* nobody counted beyond */
    return n - (n && had);
}

uint32_t near_run(near *x, const near_word words[NEAR_RUN], int64_t customer) {
    pthread_rwlock_rdlock(&x->lock);
    uint32_t n = run_locked(x, words, customer);
    pthread_rwlock_unlock(&x->lock);
    return n;
}
