#include "letter/burst.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "letter/burst_own.h"
#include "letter/lexicon.h"

static const double half_life_hours = 28 * 24;
enum { GAP_HOURS = 8 * WEEK_HOURS, GAIN_MAX = 1024, RING_MOST = BURST_LETTERS + BURST_LETTERS / 8 };

/* ---- the words of a letter ---- */

static uint32_t word_key(uint32_t hash, burst_class class) {
    uint32_t key = (burst_mix(hash) & ~3u) | class;
    return key ? key : 4;
}

uint32_t burst_pair(uint32_t first, uint32_t second) {
    return (burst_mix(first * 2654435761u + second) & ~3u) | BURST_PAIR;
}

static void add_word(struct burst_words *w, uint32_t key, str shown) {
    if (!key && (!w->n || !w->keys[w->n - 1])) return;
    if (w->n == BURST_LETTER_WORDS) return;
    w->keys[w->n] = key;
    w->shown[w->n++] = shown;
}

/* 89 and 89.0 are one version. */
static uint32_t number_hash(str folded) {
    while (folded.n > 2 && folded.p[folded.n - 1] == '0' && folded.p[folded.n - 2] == '.') folded.n -= 2;
    return text_hash(folded);
}

static void add_text(struct burst_words *w, const struct text *t) {
    const struct lexicon *lexicon = lexicon_find(t->language);
    uint32_t sentence = 0;
    for (size_t i = 0; i < t->nwords && w->n < BURST_LETTER_WORDS; i++) {
        const struct word *x = &t->words[i];
        if (x->sentence != sentence) add_word(w, 0, S(""));
        sentence = x->sentence;
        bool number = x->flags & WORD_NUMBER;
        if (x->flags & WORD_LINK) add_word(w, 0, S(""));
        if ((x->flags & WORD_LINK) || (x->folded.n < 2 && !number)) continue;
        if (!number && (lexicon_of(lexicon, x) & LEX_STOP)) continue;
        add_word(w, number ? word_key(number_hash(x->folded), BURST_NUMBER) : word_key(x->hash, BURST_WORD),
                 x->folded);
    }
    add_word(w, 0, S(""));
}

void burst_words_of(arena *a, const struct text *texts, size_t ntexts, const str *products, size_t nproducts,
                    struct burst_words *ret) {
    struct burst_words w = {.keys = arena_array(a, BURST_LETTER_WORDS, sizeof *w.keys),
                            .shown = arena_array(a, BURST_LETTER_WORDS, sizeof *w.shown)};
    for (size_t i = 0; i < nproducts; i++) {
        add_word(&w, word_key(text_hash(products[i]), BURST_PRODUCT), products[i]);
        add_word(&w, 0, S(""));
    }
    for (size_t i = 0; i < ntexts; i++) add_text(&w, &texts[i]);
    *ret = w;
}

str burst_shown(arena *a, const struct burst_words *w, uint32_t key) {
    for (size_t i = 0; i < w->n; i++) {
        if (!w->keys[i]) continue;
        if (w->keys[i] == key) return w->shown[i];
        if (i + 1 < w->n && w->keys[i + 1] && burst_pair(w->keys[i], w->keys[i + 1]) == key)
            return str_fmt(a, "%.*s %.*s", STR_FMT(w->shown[i]), STR_FMT(w->shown[i + 1]));
    }
    return S("");
}

/* ---- what is usual ---- */

static size_t first_slot(size_t cap, uint32_t key) { return burst_mix(key) & (cap - 1); }

static size_t slot_of(const struct counted *table, size_t cap, uint32_t key) {
    size_t i = first_slot(cap, key);
    while (table[i].key && table[i].key != key) i = (i + 1) & (cap - 1);
    return i;
}

float *burst_count_of(const struct burst *b, uint32_t key) {
    struct counted *c = &b->table[slot_of(b->table, b->table_cap, key)];
    return c->key ? &c->count : NULL;
}

/* Into a table of `cap`, without what counts less than `least`. */
static void rebuild(struct burst *b, size_t cap, double least) {
    struct counted *fresh = memory_zeroed(cap * sizeof *fresh);
    size_t n = 0;
    for (size_t i = 0; i < b->table_cap; i++) {
        if (!b->table[i].key || b->table[i].count < least) continue;
        fresh[slot_of(fresh, cap, b->table[i].key)] = b->table[i];
        n++;
    }
    free(b->table);
    b->table = fresh;
    b->table_cap = cap;
    b->table_n = n;
}

/* Too many to stay in a table of this size when the others have gone? */
static bool half_stay(const struct burst *b, double least) {
    size_t n = 0;
    for (size_t i = 0; i < b->table_cap; i++) n += b->table[i].key && b->table[i].count >= least;
    return n * 2 >= b->table_cap;
}

/* What hardly counts any more goes before the table grows; where it may not grow, what counts more, too. */
static void make_room(struct burst *b) {
    if (b->table_n * 4 < b->table_cap * 3) return;
    size_t cap = b->table_cap;
    double least = 0.1;
    if (half_stay(b, least * b->gain)) {
        if (cap < BURST_WORDS)
            cap *= 2;
        else
            for (least = 0.25; half_stay(b, least * b->gain);) least *= 2;
    }
    rebuild(b, cap, least * b->gain);
}

void burst_count_put(struct burst *b, uint32_t key, float add) {
    make_room(b);
    struct counted *c = &b->table[slot_of(b->table, b->table_cap, key)];
    b->table_n += c->key == 0;
    c->key = key;
    c->count += add;
}

uint16_t burst_language_code(str l) {
    if (l.n < 2) return BURST_NO_LANGUAGE;
    return (uint16_t)((uint8_t)l.p[0] << 8 | (uint8_t)l.p[1]);
}

float burst_language_voices(const struct burst *b, uint16_t code) {
    for (size_t i = 0; i < LANGUAGES && b->languages[i].code; i++)
        if (b->languages[i].code == code) return b->languages[i].voices;
    return 0;
}

static void count_language(struct burst *b, uint16_t code) {
    for (size_t i = 0; i < LANGUAGES; i++) {
        struct language_volume *l = &b->languages[i];
        if (l->code && l->code != code) continue;
        l->code = code;
        l->voices += (float)b->gain;
        return;
    }
}

static void age(struct burst *b) {
    double down = b->gain;
    for (size_t i = 0; i < b->table_cap; i++) b->table[i].count /= (float)down;
    for (size_t i = 0; i < WEEK_HOURS; i++) {
        b->by_hour[i] /= (float)down;
        b->hours_of[i] /= (float)down;
    }
    for (size_t i = 0; i < LANGUAGES; i++) b->languages[i].voices /= (float)down;
    b->voices /= down;
    b->hours /= down;
    b->gain = 1;
}

static int week_hour(int64_t at) { return (int)(at / BURST_HOUR % WEEK_HOURS); }

/* For how long hours were counted: their sum decays to half of what it would be in the time of half_life. */
static double hours_counted(const struct burst *b) {
    double most = half_life_hours / log(2), part = b->hours / b->gain / most;
    return part < 0.99 ? -half_life_hours * log2(1 - part) : GAP_HOURS;
}

/* What is brought in later belongs to its hour, if that was counted, and has faded as that has. */
static void count_hour(struct burst *b, int64_t at) {
    double hours_ago = (double)(b->folded - at) / BURST_HOUR;
    if (hours_ago > hours_counted(b)) return;
    b->by_hour[week_hour(at)] += (float)(b->gain * exp2(-fmax(0, hours_ago) / half_life_hours));
}

static size_t different_pairs(const struct ring_letter *l, uint32_t *ret) {
    size_t n = 0;
    uint32_t first, second;
    for (size_t i = 0; i + 1 < l->n; i++) {
        if (!burst_pair_at(l, i, &first, &second)) continue;
        uint32_t pair = burst_pair(first, second);
        size_t k = 0;
        while (k < n && ret[k] != pair) k++;
        if (k == n) ret[n++] = pair;
    }
    return n;
}

static void count_usual(struct burst *b, const struct ring_letter *l) {
    float add = (float)b->gain;
    uint32_t keys[2 * BURST_LETTER_WORDS];
    memcpy(keys, l->keys, l->words * sizeof *keys);
    size_t n = l->words + different_pairs(l, keys + l->words);
    b->voices += add;
    count_hour(b, l->at);
    count_language(b, l->language);
    /* The table is larger than a processor's caches: all places are asked for before the first is needed. */
    for (size_t i = 0; i < n; i++) __builtin_prefetch(&b->table[first_slot(b->table_cap, keys[i])], 1);
    for (size_t i = 0; i < n; i++) burst_count_put(b, keys[i], add);
}

/* Of an hour of the week little is known at first: what all days have at that hour, and all hours, help out
 * as if they had been seen a few times. */
double burst_usual(const struct burst *b, int64_t from, int64_t to) {
    static const double help = 3;
    double day[24] = {0}, hours[24] = {0}, sum = 0, g = b->gain;
    double all = 0;
    for (int i = 0; i < WEEK_HOURS; i++) {
        day[i % 24] += b->by_hour[i];
        hours[i % 24] += b->hours_of[i];
        all += b->by_hour[i];
    }
    double mean = all / (b->hours > g ? b->hours : g);
    for (int64_t at = from; at < to;) {
        int64_t next = (at / BURST_HOUR + 1) * BURST_HOUR;
        if (next > to) next = to;
        int h = week_hour(at);
        double by_day = (day[h % 24] + help * g * mean) / (hours[h % 24] + help * g);
        double rate = (b->by_hour[h] + help * g * by_day) / (b->hours_of[h] + help * g);
        sum += rate * (double)(next - at) / BURST_HOUR;
        at = next;
    }
    return sum;
}

/* ---- letters ---- */

/* MinHash in BANDS bands of BAND_ROWS (Broder 1997; the banding is Leskovec, Rajaraman, Ullman, "Mining of
 * Massive Datasets", 3.4): near-identical letters meet in a band nearly always; whether they are is seen
 * then. */
static void sign(struct ring_letter *l) {
    uint32_t least[BANDS * BAND_ROWS], whole = 0;
    for (int i = 0; i < BANDS * BAND_ROWS; i++) least[i] = UINT32_MAX;
    for (size_t k = 0; k < l->words; k++) {
        uint32_t h = burst_mix(l->keys[k] ^ 0x9e3779b9u), g = burst_mix(h) | 1;
        whole = burst_mix(whole ^ h);
        for (uint32_t i = 0; i < BANDS * BAND_ROWS; i++) {
            uint32_t x = h + (i + 1) * g, v = (x ^ x >> 15) * 0x2c1b3c6du;
            least[i] = v < least[i] ? v : least[i];
        }
    }
    l->whole = whole;
    for (int i = 0; i < BANDS; i++) {
        uint32_t band = (uint32_t)i + 1;
        for (int k = 0; k < BAND_ROWS; k++) band = burst_mix(band ^ least[i * BAND_ROWS + k]);
        l->bands[i] = band ? band : 1;
    }
}

/* The different words, sorted; `order`: which of them stands at each place. */
static size_t different_words(const uint32_t *keys, size_t n, uint32_t *ret, uint8_t *ret_order) {
    uint64_t sorted[BURST_LETTER_WORDS]; /* each with its place below it */
    size_t used = 0, m = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = (uint64_t)keys[i] << 8 | i;
        size_t at = used;
        ret_order[i] = BURST_GAP;
        if (!keys[i]) continue;
        for (; at && sorted[at - 1] > x; at--) sorted[at] = sorted[at - 1];
        sorted[at] = x;
        used++;
    }
    for (size_t i = 0; i < used; i++) {
        uint32_t key = (uint32_t)(sorted[i] >> 8);
        if (!m || ret[m - 1] != key) ret[m++] = key;
        ret_order[sorted[i] & UINT8_MAX] = (uint8_t)(m - 1);
    }
    return m;
}

static void take_letter(const struct burst_letter *from, struct ring_letter *ret) {
    size_t n = from->n < BURST_LETTER_WORDS ? from->n : BURST_LETTER_WORDS;
    uint32_t set[BURST_LETTER_WORDS];
    uint8_t order[BURST_LETTER_WORDS];
    size_t words = different_words(from->keys, n, set, order);
    struct ring_letter l = {.id = from->id,
                            .customer = from->customer,
                            .at = from->at,
                            .language = burst_language_code(from->language),
                            .n = (uint8_t)n,
                            .words = (uint8_t)words};
    l.keys = memory_take(burst_bytes(&l));
    memcpy(l.keys, set, words * sizeof *set);
    memcpy(burst_order(&l), order, n);
    sign(&l);
    *ret = l;
}

static bool before(const struct ring_letter *x, int64_t at, int64_t id) {
    return x->at != at ? x->at < at : x->id < id;
}

/* Where a letter stands or would stand. */
static size_t place_of(const struct burst *b, int64_t at, int64_t id) {
    size_t lo = b->first, hi = b->first + b->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (before(&b->ring[mid], at, id))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool stands_at(const struct burst *b, size_t i, int64_t at, int64_t id) {
    return i < b->first + b->n && b->ring[i].at == at && b->ring[i].id == id;
}

/* Of several letters of one voice the last counts. */
static void fold_first(struct burst *b, size_t n) {
    ARENA_AUTO arena *a = arena_new(0);
    struct ring_letter *all = b->ring + b->first;
    uint32_t *voice = arena_array(a, b->n, sizeof *voice), *last = arena_array(a, b->n, sizeof *last);
    burst_voices_of(all, b->n, a, voice);
    for (size_t i = 0; i < b->n; i++) last[voice[i]] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        if (last[voice[i]] == i) count_usual(b, &all[i]);
        free(all[i].keys);
    }
    b->first += n;
    b->n -= n;
}

/* The hour from `at` on is over and becomes part of what is usual. */
static void fold_hour(struct burst *b, int64_t at) {
    size_t n = place_of(b, at + BURST_HOUR, INT64_MIN) - b->first;
    if (n) fold_first(b, n);
    b->hours_of[week_hour(at)] += (float)b->gain;
    b->hours += b->gain;
    b->gain *= exp2(1 / half_life_hours);
    if (b->gain > GAIN_MAX) age(b);
}

void burst_advance(burst *b, int64_t now) {
    int64_t to = (now - BURST_DAY) / BURST_HOUR * BURST_HOUR;
    if (!b->folded) {
        if (!b->n) return;
        b->folded = b->ring[b->first].at / BURST_HOUR * BURST_HOUR;
    }
    if (to - b->folded > (int64_t)GAP_HOURS * BURST_HOUR) {
        /* Nobody wrote, or the desk stood still, for weeks. */
        b->folded = to - (int64_t)GAP_HOURS * BURST_HOUR;
        size_t n = place_of(b, b->folded, INT64_MIN) - b->first;
        if (n) fold_first(b, n);
    }
    for (; b->folded < to; b->folded += BURST_HOUR) fold_hour(b, b->folded);
}

static void ring_room(struct burst *b) {
    if (b->n == BURST_LETTERS) fold_first(b, BURST_LETTERS / 8);
    if (b->first + b->n < b->cap) return;
    if (b->cap == RING_MOST || b->first > b->cap / 2) {
        memmove(b->ring, b->ring + b->first, b->n * sizeof *b->ring);
        b->first = 0;
        return;
    }
    b->cap = b->cap ? b->cap * 2 : 256;
    if (b->cap > RING_MOST) b->cap = RING_MOST;
    b->ring = memory_again(b->ring, b->cap * sizeof *b->ring);
}

bool burst_add(burst *b, const struct burst_letter *letter) {
    struct ring_letter l;
    if (letter->at < 0) return false;
    if (b->folded && letter->at < b->folded) {
        take_letter(letter, &l);
        count_usual(b, &l);
        free(l.keys);
        return true;
    }
    if (stands_at(b, place_of(b, letter->at, letter->id), letter->at, letter->id)) return false;
    ring_room(b);
    size_t i = place_of(b, letter->at, letter->id), end = b->first + b->n;
    take_letter(letter, &l);
    if (i < end) memmove(&b->ring[i + 1], &b->ring[i], (end - i) * sizeof *b->ring);
    b->ring[i] = l;
    b->n++;
    for (int w = 0; w < WINDOWS; w++) b->since[w]++;
    return true;
}

bool burst_has(const burst *b, int64_t id, int64_t at) {
    return at < b->folded || stands_at(b, place_of(b, at, id), at, id);
}

void burst_remove(burst *b, int64_t id, int64_t at) {
    size_t i = place_of(b, at, id), end = b->first + b->n;
    if (!stands_at(b, i, at, id)) return;
    free(b->ring[i].keys);
    memmove(&b->ring[i], &b->ring[i + 1], (end - i - 1) * sizeof *b->ring);
    b->n--;
}

/* ---- a cluster and a letter, two clusters ---- */

double burst_score(const uint32_t *keys, size_t n, const struct burst_weight *words, size_t nwords,
                   int *ret_shared) {
    double sum = 0;
    int shared = 0;
    for (size_t i = 0; i < nwords; i++) {
        size_t k = 0;
        while (k < n && keys[k] != words[i].key) k++;
        if (k == n || words[i].weight <= 0) continue;
        sum += words[i].weight;
        shared++;
    }
    *ret_shared = shared;
    return sum;
}

double burst_overlap(const struct burst_cluster *c, const struct burst_weight *words, size_t nwords) {
    double all = 0, both = 0;
    for (size_t i = 0; i < c->words.n; i++) {
        double weight = c->words.v[i].weight;
        all += weight;
        for (size_t k = 0; k < nwords; k++)
            if (words[k].key == c->words.v[i].key) {
                both += weight;
                break;
            }
    }
    return all > 0 ? both / all : 0;
}

/* ---- all of it ---- */

burst *burst_new(void) {
    struct burst *b = memory_zeroed(sizeof *b);
    b->gain = 1;
    rebuild(b, TABLE_LEAST, 0);
    return b;
}

void burst_free(burst *b) {
    if (!b) return;
    for (size_t i = 0; i < b->n; i++) free(b->ring[b->first + i].keys);
    free(b->ring);
    free(b->table);
    free(b);
}

int64_t burst_folded(const burst *b) { return b->folded; }

void burst_again(burst *b) {
    for (int w = 0; w < WINDOWS; w++) b->since[w] = (int64_t)b->n;
}

void burst_counts(const burst *b, struct burst_count *ret) {
    size_t bytes = sizeof *b + b->cap * sizeof *b->ring + b->table_cap * sizeof *b->table;
    for (size_t i = 0; i < b->n; i++) bytes += burst_bytes(&b->ring[b->first + i]);
    *ret = (struct burst_count){.letters = (int64_t)b->n,
                                .voices = b->voices / b->gain,
                                .hours = b->hours / b->gain,
                                .words = b->table_n,
                                .memory = bytes};
}
