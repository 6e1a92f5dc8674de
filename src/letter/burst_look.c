#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "letter/burst_own.h"
#include "letter/hashes.h"

/* Windows from short to long. STRONG: a word that seeds. WEAK: another that speaks for the same. ALONE: one
 * word of which nothing else speaks is enough. MORE: so unlikely is it that as many write by chance. */
static const int64_t windows[] = {BURST_HOUR, 3 * BURST_HOUR, 8 * BURST_HOUR, BURST_DAY};
enum { SEEDS_MAX = 12, BUCKETS_LEAST = 1 << 12, BUCKETS_MOST = 1 << 20, SMALL = 24 };
/* A window is due when one in so many of its letters is new; a long one has more of them, and time. */
static const int64_t new_share[] = {8, 6, 4, 4};
_Static_assert(sizeof windows / sizeof *windows == WINDOWS, "as many as there are");
static const double strong = 1e-4, weak = 2e-2, alone = 1e-7, more = 1e-3;
static const double more_times = 1.6, more_share = 1 / 3.0;
static const double rare_share = 0.1; /* words that more of all voices use are none to go by */
/* Where few write it takes weeks instead: from the hours of four (half of those of ever) on a few voices tell
 * that it is so. */
enum { LEAST_VOICES_KNOWN = 60, LEAST_HOURS_KNOWN = 72, FEW_VOICES_KNOWN = 8, MANY_HOURS_KNOWN = 480 };

/* ---- chances ---- */

/* P(X >= n) where c of N were usual and v more came; see burst.h. */
static double chance_of(double n, double c, double known, double v) {
    double r = c + 0.5, q = v / (known + v), log_term = r * log1p(-q), sum = 0;
    if (n <= r * q / (1 - q)) return 1;
    for (double k = 0; k < n; k++) log_term += log((r + k) / (k + 1) * q);
    double term = exp(log_term);
    for (double k = n; k < n + 20000; k++) {
        sum += term;
        term *= (r + k) / (k + 1) * q;
        if (term < sum * 1e-12) break;
    }
    return sum < 1 ? sum : 1;
}

/* ---- counting a window ---- */

/* A word or pair while a window is counted. */
struct tally {
    uint32_t key, a, b; /* key 0: free; of a pair: its words */
    uint32_t voices, last;
    uint16_t language, of_it; /* of most of its letters: a vote (Boyer and Moore 1981) */
};

struct found {
    uint32_t key, a, b; /* of a pair: its words */
    uint32_t voices;
    bool seed;
    int window;
    double expected, chance;
};
typedef LIST(struct found) found_list;

typedef LIST(uint32_t) id_places;

struct view {
    const struct burst *b;
    arena *a;
    int64_t now;
    const struct ring_letter *l;
    size_t n;
    uint32_t *voice, *order; /* order: letters by voice */
    uint8_t *buckets;
    size_t nbuckets, rough; /* rough: letters from here on are in the buckets */
    struct tally *tally;
    size_t ntally, cap;
    double all[WINDOWS], usual[WINDOWS];  /* voices */
    size_t from[WINDOWS];                 /* first letter */
    struct language_volume in[LANGUAGES]; /* of the window that is looked at */
    id_places *places;                    /* letters that use each word that was found */
};

/* Keys are mixed already; their lowest two bits are their class. */
static size_t slot_of(uint32_t key, size_t slots) { return key >> 2 & (slots - 1); }

/* First roughly, so that words of a few letters (most) need no place: may count too many, never too few. */
static void count_roughly(struct view *w, size_t from) {
    uint8_t *buckets = w->buckets;
    size_t slots = w->nbuckets;
    while (w->rough > from) {
        const struct ring_letter *l = &w->l[--w->rough];
        const uint32_t *keys = l->keys;
        for (size_t k = 0, n = l->words; k < n; k++) {
            uint8_t *at = &buckets[slot_of(keys[k], slots)];
            *at += *at < UINT8_MAX;
        }
    }
}

static void count_anew(struct view *w) {
    w->cap = 256;
    w->ntally = 0;
    w->tally = arena_array(w->a, w->cap, sizeof *w->tally);
}

static struct tally *tally_of(struct view *w, uint32_t key) {
    size_t i = slot_of(key, w->cap);
    while (w->tally[i].key && w->tally[i].key != key) i = (i + 1) & (w->cap - 1);
    return &w->tally[i];
}

static void tally_room(struct view *w) {
    if (w->ntally * 2 < w->cap) return;
    struct tally *old = w->tally;
    size_t n = w->cap;
    w->cap = n * 2;
    w->tally = arena_array(w->a, w->cap, sizeof *w->tally);
    for (size_t i = 0; i < n; i++)
        if (old[i].key) *tally_of(w, old[i].key) = old[i];
}

/* The letters of a voice one after the other: it counts once. */
static void count_word(struct view *w, uint32_t letter, uint32_t key, uint32_t a, uint32_t b) {
    uint32_t voice = w->voice[letter] + 1;
    uint16_t language = w->l[letter].language;
    tally_room(w);
    struct tally *t = tally_of(w, key);
    if (!t->key) {
        *t = (struct tally){.key = key, .a = a, .b = b};
        w->ntally++;
    }
    if (t->last == voice) return;
    t->last = voice;
    t->voices++;
    if (!t->of_it) t->language = language;
    t->of_it += t->language == language ? 1 : -1;
}

/* The words of a letter that `least` may use, and the pairs of such: a pair has no more voices than its
 * words. They are put together first, without branches that nobody can foresee. */
static void count_exactly(struct view *w, uint32_t letter, uint8_t least) {
    const struct ring_letter *l = &w->l[letter];
    const uint8_t *order = burst_order(l);
    uint8_t often[BURST_GAP + 1], at[BURST_LETTER_WORDS];
    size_t n = 0;
    for (size_t k = 0; k < l->words; k++) {
        often[k] = w->buckets[slot_of(l->keys[k], w->nbuckets)] >= least;
        at[n] = (uint8_t)k;
        n += often[k];
    }
    if (!n) return;
    for (size_t k = 0; k < n; k++) count_word(w, letter, l->keys[at[k]], 0, 0);
    often[BURST_GAP] = 0;
    n = 0;
    for (size_t i = 0; i + 1 < l->n; i++) {
        at[n] = (uint8_t)i;
        n += often[order[i]] & often[order[i + 1]];
    }
    for (size_t k = 0; k < n; k++) {
        uint32_t a = l->keys[order[at[k]]], b = l->keys[order[at[k] + 1]];
        count_word(w, letter, burst_pair(a, b), a, b);
    }
}

/* Voices in the window, and of each language in it. */
static void count_voices(struct view *w, int window) {
    uint32_t last = UINT32_MAX;
    memset(w->in, 0, sizeof w->in);
    w->all[window] = 0;
    for (size_t k = 0; k < w->n; k++) {
        uint32_t i = w->order[k];
        if (i < w->from[window] || w->voice[i] == last) continue;
        last = w->voice[i];
        w->all[window]++;
        for (int n = 0; n < LANGUAGES; n++) {
            if (w->in[n].code && w->in[n].code != w->l[i].language) continue;
            w->in[n].code = w->l[i].language;
            w->in[n].voices++;
            break;
        }
    }
}

static double voices_in(const struct view *w, uint16_t language) {
    for (int i = 0; i < LANGUAGES; i++)
        if (w->in[i].code == language) return w->in[i].voices;
    return 0;
}

static double usual_count(const struct burst *b, uint32_t key) {
    const float *count = burst_count_of(b, key);
    return count ? *count / b->gain : 0;
}

/* Numbers belong to no language, and what was not recognised is of several. */
static uint16_t language_of_word(const struct tally *t) {
    return burst_class_of(t->a ? t->a : t->key) == BURST_WORD ? t->language : BURST_NO_LANGUAGE;
}

static double voices_known(const struct burst *b, uint16_t language) {
    if (language == BURST_NO_LANGUAGE) return b->voices / b->gain + 1;
    return burst_language_voices(b, language) / b->gain + 1;
}

static struct found judge(const struct view *w, const struct tally *t, int window) {
    struct found f = {
        .key = t->key, .a = t->a, .b = t->b, .voices = t->voices, .window = window, .chance = 1};
    double c = usual_count(w->b, f.key), known = voices_known(w->b, BURST_NO_LANGUAGE);
    double v = fmax(w->all[window], w->usual[window]);
    uint16_t language = language_of_word(t);
    if (language != BURST_NO_LANGUAGE) {
        double in = voices_in(w, language), of = voices_known(w->b, language);
        if (in / of > v / known) v = in, known = of;
    }
    if (c > rare_share * known) return f;
    f.expected = (c + 0.5) * v / known;
    f.chance = chance_of(f.voices, c, known, v);
    return f;
}

static int by_chance(const void *x, const void *y) {
    const struct found *a = x, *b = y;
    if (a->chance != b->chance) return a->chance < b->chance ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static double least_voices(const struct view *w, int window) {
    double least = w->all[window] / 50;
    return least > BURST_VOICES ? least : BURST_VOICES;
}

/* The words of a window that more use than is usual. */
static void look_at_window(struct view *w, int window, found_list *ret) {
    size_t from = w->from[window];
    if (w->n - from < BURST_VOICES) return;
    count_anew(w);
    count_voices(w, window);
    count_roughly(w, from);
    double looked = 0, least = least_voices(w, window);
    uint8_t enough = (uint8_t)fmin(ceil(least), UINT8_MAX);
    for (size_t k = 0; k < w->n; k++)
        if (w->order[k] >= from) count_exactly(w, w->order[k], enough);
    found_list some = {0};
    for (size_t i = 0; i < w->cap; i++) {
        if (!w->tally[i].key || w->tally[i].voices < least) continue;
        struct found f = judge(w, &w->tally[i], window);
        looked++;
        if (f.chance < weak) *list_add(w->a, &some) = f;
    }
    for (size_t i = 0; i < some.n; i++) {
        some.v[i].chance = fmin(1, some.v[i].chance * looked);
        if (some.v[i].chance < weak) *list_add(w->a, ret) = some.v[i];
    }
}

/* ---- clusters ---- */

struct grown {
    burst_word_list words;
    struct burst_weight weights[BURST_CLUSTER_WORDS];
    size_t n;
    bool *in;
    double voices;
};
typedef LIST(struct grown) grown_list;

static int by_weight(const void *x, const void *y) {
    const struct burst_word *a = x, *b = y;
    double wa = a->weight * (double)a->voices, wb = b->weight * (double)b->voices;
    if (wa != wb) return wa > wb ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static double voices_of(const struct view *w, const bool *in) {
    double n = 0;
    uint32_t last = UINT32_MAX;
    for (size_t k = 0; k < w->n; k++) {
        uint32_t i = w->order[k];
        if (!in[i] || w->voice[i] == last) continue;
        last = w->voice[i];
        n++;
    }
    return n;
}

/* The words that the letters in share beyond what is usual. */
static void words_of_cluster(struct view *w, struct grown *g) {
    count_anew(w);
    for (size_t k = 0; k < w->n; k++) {
        uint32_t letter = w->order[k];
        if (!g->in[letter]) continue;
        for (size_t i = 0; i < w->l[letter].words; i++) count_word(w, letter, w->l[letter].keys[i], 0, 0);
    }
    g->voices = voices_of(w, g->in);
    burst_word_list words = {0};
    double least = fmax(3, 0.12 * g->voices);
    for (size_t i = 0; i < w->cap; i++) {
        const struct tally *t = &w->tally[i];
        if (!t->key || t->voices < least) continue;
        double c = usual_count(w->b, t->key), known = voices_known(w->b, language_of_word(t));
        double usual = (c + 0.5) / known;
        double here = t->voices / (g->voices + 1), times = here / usual;
        double chance = chance_of(t->voices, c, known, g->voices);
        if (usual > rare_share || times < 3 || chance > 1e-3) continue;
        *list_add(w->a, &words) = (struct burst_word){.key = t->key,
                                                      .voices = t->voices,
                                                      .expected = usual * g->voices,
                                                      .chance = chance,
                                                      .weight = fmin(log(times), 4)};
    }
    if (words.n) qsort(words.v, words.n, sizeof *words.v, by_weight);
    if (words.n > BURST_CLUSTER_WORDS) words.n = BURST_CLUSTER_WORDS;
    g->words = words;
    g->n = words.n;
    for (size_t i = 0; i < words.n; i++)
        g->weights[i] = (struct burst_weight){words.v[i].key, words.v[i].weight};
}

static void letters_of_cluster(const struct view *w, struct grown *g, const struct found *first,
                               const id_places *first_in) {
    struct hashes words = hashes_new(w->a, BURST_CLUSTER_WORDS);
    for (size_t k = 0; k < g->n; k++) *hashes_put(&words, g->weights[k].key) = (uint32_t)k + 1;
    for (size_t i = w->from[first->window]; i < w->n; i++) {
        const struct ring_letter *l = &w->l[i];
        double sum = 0;
        int shared = 0;
        for (size_t k = 0; k < l->words; k++) {
            const uint32_t *at = hashes_get(&words, l->keys[k]);
            if (!at || !*at) continue;
            sum += g->weights[*at - 1].weight;
            shared++;
        }
        g->in[i] = shared >= 2 && sum >= BURST_JOIN;
    }
    for (size_t k = 0; k < first_in->n; k++)
        if (first_in->v[k] >= w->from[first->window]) g->in[first_in->v[k]] = true;
    g->voices = voices_of(w, g->in);
}

static bool hangs_together(const struct found *x, const struct found *y) {
    uint32_t a[3] = {x->key, x->a, x->b}, b[3] = {y->key, y->a, y->b};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            if (a[i] && a[i] == b[k]) return true;
    return false;
}

static bool is_number(const struct found *f) {
    return burst_class_of(f->key) == BURST_NUMBER ||
           (burst_class_of(f->key) == BURST_PAIR &&
            (burst_class_of(f->a) == BURST_NUMBER || burst_class_of(f->b) == BURST_NUMBER));
}

/* Do the letters that use it mostly belong to the cluster? */
static bool is_of(const struct view *w, const struct grown *g, const struct found *f,
                  const id_places *places) {
    size_t in = 0, all = 0;
    for (size_t k = 0; k < places->n; k++) {
        if (places->v[k] < w->from[f->window]) continue;
        all++;
        in += g->in[places->v[k]];
    }
    return in >= 3 && in * 2 >= all;
}

/* Do other words than the first say the same? Or do more people write than usual? */
static bool counts(const struct view *w, const struct grown *g, const found_list *found,
                   const struct found *first) {
    int window = first->window;
    double all = w->all[window], usual = w->usual[window];
    bool more_write = all > more_times * usual && chance_of(all, usual * 20, 20, 1) < more &&
                      first->voices >= more_share * (all - usual);
    int others = 0, sets = 0;
    for (size_t i = 0; i < found->n; i++) {
        const struct found *f = &found->v[i];
        if (f->key != first->key && !is_number(f) && !hangs_together(f, first) &&
            is_of(w, g, f, &w->places[i]))
            others++;
    }
    uint32_t different[8];
    for (size_t i = 0; i < w->n && sets < 8; i++) {
        int k = 0;
        while (g->in[i] && k < sets && different[k] != w->l[i].whole) k++;
        if (g->in[i] && k == sets) different[sets++] = w->l[i].whole;
    }
    if (sets < 4) return false;
    if (g->voices < least_voices(w, window)) return false;
    if (is_number(first)) return more_write;
    return others > 0 || more_write || first->chance < alone;
}

static void tell(const struct view *w, struct grown *g, const found_list *found, const struct found *first,
                 struct burst_cluster *ret) {
    struct burst_cluster c = {.words = g->words,
                              .letters = arena_array(w->a, w->n, sizeof *c.letters),
                              .voices = (int64_t)g->voices,
                              .usual = w->usual[first->window],
                              .all = (int64_t)w->all[first->window],
                              .chance = first->chance};
    for (size_t i = 0; i < c.words.n; i++) c.words.v[i].window = BURST_DAY;
    for (size_t i = 0; i < found->n && c.words.n < 2 * BURST_CLUSTER_WORDS; i++) {
        const struct found *f = &found->v[i];
        if (f->key != first->key && !is_of(w, g, f, &w->places[i])) continue;
        size_t k = 0;
        while (k < c.words.n && c.words.v[k].key != f->key) k++;
        if (k == c.words.n) list_add(w->a, &c.words)->key = f->key;
        struct burst_word *x = &c.words.v[k];
        x->first = f->a, x->second = f->b;
        x->voices = f->voices;
        x->expected = f->expected;
        x->chance = f->chance;
        x->window = windows[f->window];
    }
    for (size_t i = 0; i < w->n; i++) {
        if (!g->in[i]) continue;
        if (!c.n) c.began = w->l[i].at;
        c.letters[c.n++] = w->l[i].id;
    }
    *ret = c;
}

/* The cluster around a word; false when there is none. */
static bool grow(struct view *w, const found_list *found, const struct found *first, struct grown *ret) {
    struct grown g = {.in = arena_array(w->a, w->n, sizeof(bool))};
    const id_places *places = &w->places[first - found->v];
    for (size_t k = 0; k < places->n; k++) g.in[places->v[k]] = places->v[k] >= w->from[first->window];
    for (int round = 0; round < 2; round++) {
        words_of_cluster(w, &g);
        letters_of_cluster(w, &g, first, places);
    }
    *ret = g;
    return counts(w, &g, found, first);
}

/* A third of the smaller's letters are the other's. */
static bool shares(const struct view *w, const struct grown *x, const struct grown *y) {
    size_t in_x = 0, in_y = 0, both = 0;
    for (size_t i = 0; i < w->n; i++) {
        in_x += x->in[i];
        in_y += y->in[i];
        both += x->in[i] && y->in[i];
    }
    return both * 3 >= (in_x < in_y ? in_x : in_y);
}

/* Two words seeded the same cause. */
static void add_cluster(struct view *w, struct grown *to, const struct grown *from) {
    for (size_t i = 0; i < w->n; i++) to->in[i] = to->in[i] || from->in[i];
    to->voices = voices_of(w, to->in);
    for (size_t i = 0; i < from->n && to->n < BURST_CLUSTER_WORDS; i++) {
        size_t k = 0;
        while (k < to->n && to->words.v[k].key != from->words.v[i].key) k++;
        if (k < to->n) continue;
        *list_add(w->a, &to->words) = from->words.v[i];
        to->weights[to->n++] = from->weights[i];
    }
}

/* Of each word its best window. */
static void best_of(arena *a, found_list *list) {
    found_list best = {0};
    if (list->n) qsort(list->v, list->n, sizeof *list->v, by_chance);
    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;
        while (k < best.n && best.v[k].key != list->v[i].key) k++;
        if (k == best.n) *list_add(a, &best) = list->v[i];
    }
    *list = best;
}

/* The first letter that is not before `since`. */
static size_t first_since(const struct view *w, int64_t since) {
    size_t lo = 0, hi = w->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (w->l[mid].at < since)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* All that is the same for the windows that are due, with the letters of the longest. */
static void begin(struct view *w, const bool *due) {
    size_t skip = w->n;
    for (int i = 0; i < WINDOWS; i++)
        if (due[i] && w->from[i] < skip) skip = w->from[i];
    for (int i = 0; i < WINDOWS; i++) {
        if (!due[i]) continue;
        /* Of a flood only the last letters are here. */
        bool all = w->from[i] || w->n < BURST_LETTERS / 2;
        w->usual[i] = burst_usual(w->b, all ? w->now - windows[i] : w->l[0].at, w->now);
    }
    w->l += skip;
    w->n -= skip;
    for (int i = 0; i < WINDOWS; i++) w->from[i] = w->from[i] > skip ? w->from[i] - skip : 0;
    w->voice = arena_array(w->a, w->n + 1, sizeof *w->voice);
    burst_voices_of(w->l, w->n, w->a, w->voice);
    w->order = burst_by_voice(w->a, w->voice, w->n);
    w->nbuckets = BUCKETS_LEAST;
    while (w->nbuckets < w->n * 64 && w->nbuckets < BUCKETS_MOST) w->nbuckets *= 2;
    w->buckets = arena_array(w->a, w->nbuckets, 1);
    w->rough = w->n;
}

/* Many letters, few looks: a look takes as long as it has letters. */
static bool is_due(const burst *b, int window, size_t letters) {
    return b->since[window] > 0 &&
           (letters <= SMALL || b->since[window] * new_share[window] >= (int64_t)letters);
}

static void note_place(struct view *w, const struct hashes *index, uint32_t key, uint32_t letter) {
    const uint32_t *at = hashes_get(index, key);
    if (!at) return;
    id_places *p = &w->places[*at - 1];
    if (!p->n || p->v[p->n - 1] != letter) *list_add(w->a, p) = letter;
}

static void find_places(struct view *w, const found_list *found) {
    struct hashes index = hashes_new(w->a, found->n);
    uint32_t a, b;
    w->places = arena_array(w->a, found->n + 1, sizeof *w->places);
    for (size_t i = 0; i < found->n; i++) *hashes_put(&index, found->v[i].key) = (uint32_t)i + 1;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct ring_letter *l = &w->l[i];
        for (size_t k = 0; k < l->words; k++) note_place(w, &index, l->keys[k], i);
        for (size_t k = 0; k + 1 < l->n; k++)
            if (burst_pair_at(l, k, &a, &b)) note_place(w, &index, burst_pair(a, b), i);
    }
}

static void clusters_of(struct view *w, const found_list *found, burst_cluster_list *ret) {
    found_list firsts = {0};
    grown_list all = {0};
    for (size_t i = 0, tried = 0; i < found->n && tried < SEEDS_MAX && all.n < BURST_CLUSTERS; i++) {
        struct grown g;
        if (found->v[i].chance > strong || found->v[i].seed) continue;
        tried++;
        if (!grow(w, found, &found->v[i], &g)) continue;
        for (size_t k = 0; k < found->n; k++)
            found->v[k].seed = found->v[k].seed || is_of(w, &g, &found->v[k], &w->places[k]);
        size_t k = 0;
        while (k < all.n && !shares(w, &all.v[k], &g)) k++;
        if (k < all.n) {
            add_cluster(w, &all.v[k], &g);
            continue;
        }
        *list_add(w->a, &all) = g;
        *list_add(w->a, &firsts) = found->v[i];
    }
    for (size_t i = 0; i < all.n; i++) tell(w, &all.v[i], found, &firsts.v[i], list_add(w->a, ret));
}

void burst_look(burst *b, arena *a, int64_t now, burst_cluster_list *ret) {
    burst_cluster_list clusters = {0};
    found_list found = {0};
    bool due[WINDOWS], any = false;
    burst_advance(b, now);
    struct view w = {.b = b, .a = a, .now = now, .l = b->ring + b->first, .n = b->n};
    /* What has not come yet by this clock is not looked at. */
    while (w.n && w.l[w.n - 1].at > now) w.n--;
    double voices = b->voices / b->gain, hours = b->hours / b->gain;
    bool known = (voices >= LEAST_VOICES_KNOWN && hours >= LEAST_HOURS_KNOWN) ||
                 (voices >= FEW_VOICES_KNOWN && hours >= MANY_HOURS_KNOWN);
    for (int i = 0; i < WINDOWS; i++) {
        w.from[i] = first_since(&w, now - windows[i]);
        due[i] = known && is_due(b, i, w.n - w.from[i]);
        if (due[i]) b->since[i] = 0;
        any = any || due[i];
    }
    if (any) {
        begin(&w, due);
        for (int i = 0; i < WINDOWS; i++) /* A longer one with the same letters says less. */
            if (due[i] && (!i || !due[i - 1] || w.from[i] != w.from[i - 1])) look_at_window(&w, i, &found);
        best_of(a, &found);
        if (found.n && found.v[0].chance <= strong) {
            find_places(&w, &found);
            clusters_of(&w, &found, &clusters);
        }
    }
    *ret = clusters;
}

static int by_id(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

void burst_shared(const burst *b, arena *a, const int64_t *ids, size_t n, burst_word_list *ret) {
    struct view w = {.b = b, .a = a, .l = b->ring + b->first, .n = b->n};
    struct grown g = {.in = arena_array(a, w.n + 1, sizeof(bool))};
    int64_t *sorted = arena_array(a, n + 1, sizeof *sorted);
    if (n) memcpy(sorted, ids, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 0; i < w.n; i++) g.in[i] = bsearch(&w.l[i].id, sorted, n, sizeof *sorted, by_id) != NULL;
    w.voice = arena_array(a, w.n + 1, sizeof *w.voice);
    burst_voices_of(w.l, w.n, a, w.voice);
    w.order = burst_by_voice(a, w.voice, w.n);
    words_of_cluster(&w, &g);
    for (size_t i = 0; i < g.words.n; i++) g.words.v[i].window = BURST_DAY;
    *ret = g.words;
}
