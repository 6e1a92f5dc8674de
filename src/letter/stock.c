#include "letter/stock.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

/* Counts of runs of one length. Runs are known by a 64-bit hash: of 100 million, two meet by chance with a
 * probability of a few in ten thousand. */
struct run {
    uint64_t hash; /* 0: free */
    int64_t last;  /* the customer counted last */
    uint32_t customers, replies, letters, last_text;
    uint32_t text, word; /* where one stands */
};
struct runs {
    struct run *v;
    size_t mask, n;
};

static struct runs runs_new(arena *a, size_t n) {
    size_t size = 1024;
    while (size < n * 2) size *= 2;
    return (struct runs){arena_array(a, size, sizeof(struct run)), size - 1, 0};
}

static struct run *runs_at(const struct runs *r, uint64_t hash) {
    size_t i = hash & r->mask;
    while (r->v[i].hash && r->v[i].hash != hash) i = (i + 1) & r->mask;
    return &r->v[i];
}

/* The table with room for one more. */
static void runs_grow(arena *a, struct runs *r) {
    if (r->n * 2 <= r->mask) return;
    struct runs wide = {arena_array(a, (r->mask + 1) * 2, sizeof(struct run)), r->mask * 2 + 1, r->n};
    for (size_t i = 0; i <= r->mask; i++)
        if (r->v[i].hash) *runs_at(&wide, r->v[i].hash) = r->v[i];
    *r = wide;
}

/* The hash of `n` words from `at`; 0 when they are not all of one sentence, or a number or link is among
 * them. */
static uint64_t run_hash(const struct text *t, size_t at, size_t n) {
    uint64_t h = 0xCBF29CE484222325ULL;
    if (at + n > t->nwords || t->words[at].sentence != t->words[at + n - 1].sentence) return 0;
    for (size_t i = at; i < at + n; i++) {
        if (t->words[i].flags & (WORD_NUMBER | WORD_LINK)) return 0;
        h = (h ^ t->words[i].folded_hash) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 29;
    }
    return h ? h : 1;
}

/* Are the two shorter runs in this one frequent? Else it cannot be. */
static bool parts_kept(const struct runs *shorter, const struct text *t, size_t at, size_t n) {
    if (!shorter) return true;
    return runs_at(shorter, run_hash(t, at, n - 1))->hash &&
           runs_at(shorter, run_hash(t, at + 1, n - 1))->hash;
}

static void count_replies(arena *a, struct runs *runs, const struct runs *shorter, size_t n,
                          const struct stock_text *replies, size_t nreplies) {
    for (size_t r = 0; r < nreplies; r++) {
        const struct text *t = replies[r].text;
        for (size_t i = 0; i + n <= t->nwords; i++) {
            uint64_t hash = run_hash(t, i, n);
            if (!hash || !parts_kept(shorter, t, i, n)) continue;
            struct run *run = runs_at(runs, hash);
            if (!run->hash) {
                runs_grow(a, runs);
                run = runs_at(runs, hash);
                *run = (struct run){.hash = hash, .text = (uint32_t)r, .word = (uint32_t)i};
                runs->n++;
            }
            if (!run->customers || run->last != replies[r].customer) run->customers++;
            if (run->last_text != r + 1) run->replies++;
            run->last = replies[r].customer;
            run->last_text = (uint32_t)r + 1;
        }
    }
}

static void count_letters(struct runs *runs, size_t n, const struct text *letters, size_t nletters) {
    for (size_t i = 0; i <= runs->mask; i++) runs->v[i].last_text = 0;
    for (size_t l = 0; l < nletters; l++)
        for (size_t i = 0; i + n <= letters[l].nwords; i++) {
            uint64_t hash = run_hash(&letters[l], i, n);
            struct run *run = hash ? runs_at(runs, hash) : NULL;
            if (!run || !run->hash || run->last_text == l + 1) continue;
            run->letters++;
            run->last_text = (uint32_t)l + 1;
        }
}

/* Only what enough customers got. */
static struct runs kept(arena *a, const struct runs *all, uint32_t least) {
    size_t n = 0;
    for (size_t i = 0; i <= all->mask; i++) n += all->v[i].customers >= least;
    struct runs few = runs_new(a, n);
    few.n = n;
    for (size_t i = 0; i <= all->mask; i++)
        if (all->v[i].customers >= least) *runs_at(&few, all->v[i].hash) = all->v[i];
    return few;
}

static double z_of(const struct run *r, size_t nreplies, size_t nletters) {
    double n = (double)nreplies, m = (double)nletters, all = (r->replies + r->letters) / (n + m);
    /* Without letters there is nothing to compare with: what many customers got is learned. */
    if (nletters == 0) return STOCK_Z + 1;
    double spread = sqrt(all * (1 - all) * (1 / n + 1 / m));
    return spread > 0 ? (r->replies / n - r->letters / m) / spread : 0;
}

static str words_of_run(arena *a, const struct text *t, size_t at, size_t n) {
    buf b BUF_AUTO = BUF_MAX(4096);
    for (size_t i = at; i < at + n; i++) {
        if (i > at) buf_add_char(&b, ' ');
        buf_add(&b, t->words[i].folded);
    }
    return str_copy(a, buf_str(&b));
}

static int by_customers(const void *x, const void *y) {
    const struct stock_phrase *a = x, *b = y;
    if (a->customers != b->customers) return a->customers > b->customers ? -1 : 1;
    if (a->words.n != b->words.n) return a->words.n > b->words.n ? -1 : 1;
    return str_cmp(a->words, b->words);
}

static bool within(str shorter, str longer) {
    for (size_t at = 0; (at = str_find(longer, shorter, at)) != SIZE_MAX; at++) {
        bool begins = at == 0 || longer.p[at - 1] == ' ';
        bool ends = at + shorter.n == longer.n || longer.p[at + shorter.n] == ' ';
        if (begins && ends) return true;
    }
    return false;
}

/* Drop what is part of a longer phrase that nearly as many got. `list` is in order of customers. */
static void drop_parts(stock_list *list) {
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        bool part = false;
        for (size_t j = 0; j < list->n && !part; j++)
            part = list->v[j].words.n > list->v[i].words.n &&
                   list->v[i].customers * 2 < list->v[j].customers * 3 &&
                   within(list->v[i].words, list->v[j].words);
        if (!part) list->v[n++] = list->v[i];
    }
    list->n = n;
}

void stock_of(arena *a, const struct stock_text *replies, size_t nreplies, const struct text *letters,
              size_t nletters, size_t max, stock_list *ret) {
    enum { CANDIDATES = 4000 }; /* more are never shown; dropping parts compares each with each */
    size_t words = 0;
    uint32_t customers = 0;
    stock_list list = {0};
    struct runs before = {0};
    for (size_t r = 0; r < nreplies; r++) {
        words += replies[r].text->nwords;
        customers += !r || replies[r].customer != replies[r - 1].customer;
    }
    uint32_t least = (uint32_t)ceil(STOCK_SHARE * customers);
    if (least < STOCK_CUSTOMERS) least = STOCK_CUSTOMERS;
    for (size_t n = STOCK_WORDS_MIN; n <= STOCK_WORDS_MAX; n++) {
        arena *one ARENA_AUTO = arena_new((size_t)4 << 30);
        struct runs all = runs_new(one, n == STOCK_WORDS_MIN ? words / 8 : before.n * 2);
        count_replies(one, &all, n == STOCK_WORDS_MIN ? NULL : &before, n, replies, nreplies);
        struct runs few = kept(a, &all, least);
        if (!few.n) break;
        count_letters(&few, n, letters, nletters);
        for (size_t i = 0; i <= few.mask; i++) {
            const struct run *r = &few.v[i];
            double z = r->hash ? z_of(r, nreplies, nletters) : 0;
            if (z <= STOCK_Z) continue;
            *list_add(a, &list) =
                (struct stock_phrase){words_of_run(a, replies[r->text].text, r->word, n), r->customers, z};
        }
        before = few;
    }
    if (list.n) qsort(list.v, list.n, sizeof *list.v, by_customers);
    if (list.n > CANDIDATES) list.n = CANDIDATES;
    drop_parts(&list);
    if (list.n > max) list.n = max;
    *ret = list;
}
