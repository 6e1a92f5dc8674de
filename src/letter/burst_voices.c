/* Who speaks with one voice: all letters of a customer, and letters that are nearly the same. */
#include "letter/burst_own.h"

static const double near_share = 0.6;

struct joined {
    uint32_t *slots, mask; /* letters + 1 by a hash; 0 free */
    const struct ring_letter *letters;
};

static bool nearly_same(const struct ring_letter *x, const struct ring_letter *y) {
    size_t i = 0, k = 0, both = 0;
    if (x->whole == y->whole && x->words == y->words) return true;
    while (i < x->words && k < y->words) {
        uint32_t a = x->keys[i], b = y->keys[k];
        both += a == b;
        i += a <= b;
        k += b <= a;
    }
    return (double)both >= near_share * (double)(x->words + y->words - both);
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

/* A letter speaks with the voice of its customer, or else of a letter before it that is nearly the same. Two
 * voices never become one: whoever repeats what others said would make one voice of all of them. */
void burst_voices_of(const struct ring_letter *letters, size_t n, arena *a, uint32_t *ret) {
    struct joined j = {.letters = letters, .mask = 15};
    while (j.mask < n * 2) j.mask = j.mask * 2 + 1;
    j.slots = arena_array(a, (size_t)j.mask + 1, sizeof *j.slots);
    uint32_t *like = arena_array(a, n + 1, sizeof *like);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t c = (uint64_t)letters[i].customer;
        like[i] = i;
        ret[i] = c ? first_with(&j, (uint32_t)(c ^ c >> 32), i, -1) : i;
    }
    for (int band = 0; band < BANDS; band++) {
        memset(j.slots, 0, ((size_t)j.mask + 1) * sizeof *j.slots);
        for (uint32_t i = 0; i < n; i++) {
            const struct ring_letter *l = &letters[i];
            if (l->words < SHORT_WORDS) continue;
            uint32_t k = first_with(&j, l->bands[band], i, band);
            if (like[i] == i && ret[i] == i && k != i && nearly_same(&letters[k], l)) like[i] = k;
        }
    }
    for (uint32_t i = 0; i < n; i++) ret[i] = ret[ret[i] == i ? like[i] : ret[i]];
}

uint32_t *burst_by_voice(arena *a, const uint32_t *voice, size_t n) {
    uint32_t *at = arena_array(a, n + 1, sizeof *at), *order = arena_array(a, n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++) at[voice[i] + 1]++;
    for (size_t i = 0; i < n; i++) at[i + 1] += at[i];
    for (size_t i = 0; i < n; i++) order[at[voice[i]]++] = (uint32_t)i;
    return order;
}
