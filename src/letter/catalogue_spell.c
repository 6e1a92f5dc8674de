#include <stdlib.h>

#include "letter/catalogue_private.h"

/* Words that are alike become the same when a letter or two are left out of both (SymSpell; Garbe 2012). Only
 * the first letters are treated so: two words with a difference behind them meet all the same, and are then
 * compared whole. */

enum { WORD_MIN = 5, WORD_LONG = 9, JOINED_MIN = 9, JOINED_MAX = 30, LOOKS_MAX = 64 };

typedef void (*key_fn)(void *context, uint64_t key);

static uint64_t key_of(const char *p, size_t n, size_t skip1, size_t skip2) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        if (i != skip1 && i != skip2) h = (h ^ (unsigned char)p[i]) * 1099511628211u;
    return h;
}

/* Every key with up to `edits` letters left out of the first `prefix`. */
static void each_key(const char *p, size_t n, size_t prefix, int edits, key_fn fn, void *context) {
    if (n > prefix) n = prefix;
    fn(context, key_of(p, n, SIZE_MAX, SIZE_MAX));
    for (size_t i = 0; i < n; i++) {
        if (i && p[i] == p[i - 1]) continue;
        fn(context, key_of(p, n, i, SIZE_MAX));
        for (size_t k = i + 1; edits > 1 && k < n; k++) fn(context, key_of(p, n, i, k));
    }
}

/* Joined names live beside words, with keys of their own. */
enum { JOINED_SALT = 0x5bd1e995 };

struct adding {
    struct catalogue *c;
    uint32_t value;
    uint64_t salt;
    bool count_only;
    size_t n;
};

static size_t bit_of(uint64_t key) { return (size_t)(key * 0x9E3779B97F4A7C15u >> (64 - SPELL_BITS)); }

static void add_key(void *context, uint64_t key) {
    struct adding *to = context;
    to->n++;
    if (to->count_only) return;
    key ^= to->salt;
    slots_put(&to->c->spells, key, to->value);
    size_t bit = bit_of(key);
    to->c->spell_bits[bit / 64] |= (uint64_t)1 << bit % 64;
}

static bool has_digit(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i] >= '0' && p[i] <= '9') return true;
    return false;
}

static void add_all(struct adding *to) {
    struct catalogue *c = to->c;
    for (size_t i = 0; i < c->nwords; i++) {
        const struct vocab *v = &c->words[i];
        const char *p = c->pool + v->letters;
        if (v->n < WORD_MIN || !v->names || has_digit(p, v->n)) continue;
        to->value = (uint32_t)i;
        to->salt = 0;
        each_key(p, v->n, SPELL_PREFIX, v->n >= WORD_LONG ? 2 : 1, add_key, to);
    }
    for (size_t i = 0; i < c->nphrases; i++) {
        const struct phrase *v = &c->phrases[i];
        if (v->words < 2 || v->words > 4 || v->n < JOINED_MIN || v->n > JOINED_MAX || v->weight < 1) continue;
        to->value = (uint32_t)i | SPELL_PHRASE;
        to->salt = JOINED_SALT;
        each_key(c->pool + v->letters, v->n, SPELL_JOINED_PREFIX, 1, add_key, to);
    }
}

void catalogue_build_spelling(struct catalogue *c) {
    struct adding count = {.c = c, .count_only = true}, fill = {.c = c};
    add_all(&count);
    slots_grow(c->a, &c->spells, count.n);
    c->spell_bits = arena_array(c->a, ((size_t)1 << SPELL_BITS) / 64, sizeof(uint64_t));
    add_all(&fill);
}

int catalogue_distance(str a, str b, int most) {
    enum { MAX = LETTERS_MAX };
    int rows[3][MAX + 1];
    if (a.n > MAX || b.n > MAX || a.n > b.n + (size_t)most || b.n > a.n + (size_t)most) return most + 1;
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t k = 0; k <= b.n; k++) last[k] = (int)k;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = (int)i;
        int best = now[0];
        for (size_t k = 1; k <= b.n; k++) {
            int d = last[k - 1] + (a.p[i - 1] != b.p[k - 1]);
            if (last[k] + 1 < d) d = last[k] + 1;
            if (now[k - 1] + 1 < d) d = now[k - 1] + 1;
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1] &&
                before[k - 2] + 1 < d)
                d = before[k - 2] + 1;
            now[k] = d;
            if (d < best) best = d;
        }
        if (best > most) return most + 1;
        int *spare = before;
        before = last, last = now, now = spare;
    }
    return last[b.n] > most ? most + 1 : last[b.n];
}

struct looking {
    const struct catalogue *c;
    str word;
    uint64_t salt;
    size_t *budget;
    int looks;
    uint32_t *ret;
    int edits[ALTERNATIVES_MAX];
    size_t n;
};

static str spelled(const struct catalogue *c, uint32_t value) {
    if (value & SPELL_PHRASE) {
        const struct phrase *p = &c->phrases[value & ~SPELL_PHRASE];
        return pool_str(c, p->letters, p->n);
    }
    return pool_str(c, c->words[value].letters, c->words[value].n);
}

/* Keep the nearest, nearest first. */
static void consider(struct looking *l, uint32_t value) {
    for (size_t i = 0; i < l->n; i++)
        if (l->ret[i] == value) return;
    if (l->looks >= LOOKS_MAX || !*l->budget) return;
    l->looks++;
    --*l->budget;
    str as = spelled(l->c, value);
    int most = as.n >= WORD_LONG && !l->salt ? 2 : l->salt && as.n >= 12 ? 2 : 1;
    int edits = catalogue_distance(l->word, as, most);
    if (edits > most) return;
    size_t at = l->n;
    while (at && l->edits[at - 1] > edits) at--;
    if (at == ALTERNATIVES_MAX) return;
    if (l->n < ALTERNATIVES_MAX) l->n++;
    for (size_t i = l->n - 1; i > at; i--) l->ret[i] = l->ret[i - 1], l->edits[i] = l->edits[i - 1];
    l->ret[at] = value;
    l->edits[at] = edits;
}

static void look_up(void *context, uint64_t key) {
    struct looking *l = context;
    key ^= l->salt;
    size_t bit = bit_of(key);
    if (!(l->c->spell_bits[bit / 64] >> bit % 64 & 1)) return;
    const struct slots *s = &l->c->spells;
    uint32_t tag = slots_tag(key);
    for (size_t at = slots_at(s, key); s->tags[at] && l->looks < LOOKS_MAX; at = (at + 1) & (s->cap - 1))
        if (s->tags[at] == tag) consider(l, s->values[at]);
}

size_t catalogue_spell(const struct catalogue *c, const struct letters *w, size_t *budget,
                       uint32_t ret[ALTERNATIVES_MAX]) {
    struct looking l = {.c = c, .word = {w->p, w->n}, .budget = budget, .ret = ret};
    if (w->n < WORD_MIN - 1 || w->n > JOINED_MAX || has_digit(w->p, w->n)) return 0;
    each_key(w->p, w->n, SPELL_PREFIX, w->n >= WORD_LONG - 2 ? 2 : 1, look_up, &l);
    if (w->n >= JOINED_MIN - 1) {
        l.salt = JOINED_SALT;
        l.looks = 0;
        each_key(w->p, w->n, SPELL_JOINED_PREFIX, 1, look_up, &l);
    }
    return l.n;
}
