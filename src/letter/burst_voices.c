/* Who speaks with one voice: all letters of a customer, and letters that are nearly the same. */
#include "letter/burst_own.h"

static const double near_share = 0.6;

struct joined {
    uint32_t *slots, mask; /* letters + 1 by a hash; 0 free */
    const struct ring_letter *letters;
};

static uint32_t root_of(uint32_t *up, uint32_t i) {
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

static void join(uint32_t *up, uint32_t x, uint32_t y) {
    x = root_of(up, x), y = root_of(up, y);
    if (x < y)
        up[y] = x;
    else
        up[x] = y;
}

static bool nearly_same(const struct ring_letter *x, const struct ring_letter *y) {
    const uint32_t *a = x->keys + x->n, *b = y->keys + y->n;
    size_t i = 0, k = 0, both = 0;
    if (x->whole == y->whole && x->m == y->m) return true;
    while (i < x->m && k < y->m) {
        if (a[i] == b[k])
            both++, i++, k++;
        else if (a[i] < b[k])
            i++;
        else
            k++;
    }
    return (double)both >= near_share * (double)(x->m + y->m - both);
}

/* The first letter in the slot of this hash; the letter itself when it is the first. */
static uint32_t first_with(struct joined *j, uint32_t hash, uint32_t i, int band) {
    for (uint32_t s = burst_mix(hash) & j->mask;; s = (s + 1) & j->mask) {
        uint32_t k = j->slots[s];
        if (!k) {
            j->slots[s] = i + 1;
            return i;
        }
        const struct ring_letter *l = &j->letters[k - 1];
        if (band < 0 ? l->customer == j->letters[i].customer : l->bands[band] == hash) return k - 1;
    }
}

void burst_voices_of(const struct ring_letter *letters, size_t n, arena *a, uint32_t *ret) {
    struct joined j = {.letters = letters, .mask = 15};
    while (j.mask < n * 2) j.mask = j.mask * 2 + 1;
    j.slots = arena_array(a, (size_t)j.mask + 1, sizeof *j.slots);
    for (uint32_t i = 0; i < n; i++) ret[i] = i;
    for (int band = -1; band < BANDS; band++) {
        if (band >= 0) memset(j.slots, 0, ((size_t)j.mask + 1) * sizeof *j.slots);
        for (uint32_t i = 0; i < n; i++) {
            const struct ring_letter *l = &letters[i];
            if (band < 0 ? l->customer == 0 : l->m < SHORT_WORDS) continue;
            uint64_t c = (uint64_t)l->customer;
            uint32_t hash = band < 0 ? (uint32_t)(c ^ c >> 32) : l->bands[band];
            uint32_t k = first_with(&j, hash, i, band);
            if (k != i && root_of(ret, k) != root_of(ret, i) && (band < 0 || nearly_same(&letters[k], l)))
                join(ret, k, i);
        }
    }
    for (uint32_t i = 0; i < n; i++) ret[i] = root_of(ret, i);
}
