#include "near/near_sort.h"

#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 1 << 27, /* entries of a range, on average: a gigabyte */
    SMALL = 40,        /* buckets up to this are sorted by insertion */
};

err near_sorter_open(struct near_sorter *s, uint32_t buckets, uint64_t entries) {
    uint64_t step = entries > AT_ONCE ? (uint64_t)buckets * AT_ONCE / entries + 1 : buckets;
    *s = (struct near_sorter){.buckets = buckets, .parts = (uint32_t)(step / NEAR_PARTITION) + 1};
    s->blocks = (uint32_t)(entries / NEAR_BLOCK) + s->parts + 1;
    s->part = calloc(s->parts, sizeof *s->part);
    s->next = malloc(s->blocks * sizeof *s->next);
    /* Room for all; the pages of one range are touched. */
    s->pool = near_big((size_t)s->blocks * NEAR_BLOCK * sizeof *s->pool);
    return s->part && s->next && s->pool ? ERR_NONE : near_no_memory();
}

void near_sorter_close(struct near_sorter *s) {
    near_big_free(s->pool, (size_t)s->blocks * NEAR_BLOCK * sizeof *s->pool);
    free(s->next);
    free(s->part);
}

bool near_sorter_range(struct near_sorter *s) {
    if (s->to == s->buckets) return false;
    uint32_t step = s->parts * NEAR_PARTITION;
    s->from = s->to;
    s->to = s->buckets - s->from > step ? s->from + step : s->buckets;
    s->used = 0;
    memset(s->part, 0, s->parts * sizeof *s->part);
    return true;
}

uint32_t near_sorter_block(struct near_sorter *s) {
    if (s->used == s->blocks) abort(); /* more entries than were said */
    return s->used++;
}

static int by_entry(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_small(uint64_t *v, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint64_t x = v[i];
        size_t j = i;
        for (; j && v[j - 1] > x; j--) v[j] = v[j - 1];
        v[j] = x;
    }
}

/* Quicksort, three times as fast as qsort with its calls, until it turns out badly. */
static void sort_bucket(uint64_t *v, size_t n, int depth) {
    while (n > SMALL) {
        if (!depth--) {
            qsort(v, n, sizeof *v, by_entry);
            return;
        }
        uint64_t a = v[0], b = v[n / 2], c = v[n - 1];
        uint64_t low = a < b ? a : b, high = a < b ? b : a, pivot = c < low ? low : c > high ? high : c;
        size_t i = 0, j = n - 1;
        for (;; i++, j--) {
            while (v[i] < pivot) i++;
            while (v[j] > pivot) j--;
            if (i >= j) break;
            uint64_t x = v[i];
            v[i] = v[j];
            v[j] = x;
        }
        sort_bucket(v, i, depth);
        v += i;
        n -= i;
    }
    sort_small(v, n);
}

void near_sort_bucket(uint64_t *v, uint32_t n) { sort_bucket(v, n, 40); }

/* The entries of a partition into `sorted`, bucket by bucket; end[i] is where bucket i ends. */
static void spread(const struct near_sorter *s, const struct near_partition *p, uint64_t *sorted,
                   uint32_t *end) {
    memset(end, 0, (NEAR_PARTITION + 1) * sizeof *end);
    for (int put = 0; put < 2; put++) {
        uint32_t block = p->first;
        for (uint64_t left = p->n; left; block = s->next[block]) {
            const uint64_t *v = s->pool + (size_t)block * NEAR_BLOCK;
            uint32_t n = left < NEAR_BLOCK ? (uint32_t)left : NEAR_BLOCK;
            left -= n;
            if (!put)
                for (uint32_t i = 0; i < n; i++) end[(v[i] >> 48) + 1]++;
            else
                for (uint32_t i = 0; i < n; i++) sorted[end[v[i] >> 48]++] = v[i] & 0xffffffffffffu;
            if (!left) break;
        }
        if (!put)
            for (uint32_t i = 1; i <= NEAR_PARTITION; i++) end[i] += end[i - 1];
    }
}

err near_sorter_each(struct near_sorter *s, near_bucket_taker *take, void *context) {
    uint64_t most = 0;
    for (uint32_t i = 0; i < s->parts; i++)
        if (s->part[i].n > most) most = s->part[i].n;
    if (most >= UINT32_MAX) return err_set(ERR_LIMIT, "There are too many sentences for one index.");
    uint64_t *sorted = near_big(most * sizeof *sorted);
    uint32_t *end = malloc((NEAR_PARTITION + 1) * sizeof *end);
    err e = sorted && end ? ERR_NONE : near_no_memory();
    uint32_t bucket = s->from;
    for (uint32_t p = 0; !e && bucket < s->to; p++) {
        spread(s, &s->part[p], sorted, end);
        uint32_t at = 0;
        for (uint32_t i = 0; i < NEAR_PARTITION && bucket < s->to; i++, bucket++) {
            take(context, bucket, sorted + at, end[i] - at);
            at = end[i];
        }
    }
    near_big_free(sorted, most * sizeof *sorted);
    free(end);
    return e;
}
