#include <math.h>
#include <string.h>

#include "near/near_own.h"

enum {
    CANDIDATES_MAX = 2048, /* sentences that are compared word by word, for one asked */
    QUERY_KEYS_MAX = 64,   /* bigrams that are looked up */
    USES_MAX = 1024,       /* uses of a sentence in memory that are looked at */
};

/* What is asked, prepared. */
struct question {
    const near_word *words;
    uint32_t n, bigrams, keys;
    uint64_t hash;
    float min_alike;
    uint64_t orders[NEAR_WORDS_MAX];
};

/* Numbers without repetition, in order of arrival. */
struct candidates {
    uint32_t n, v[CANDIDATES_MAX];
    uint32_t slot[CANDIDATES_MAX * 2]; /* number + 1 */
};

static void candidate(struct candidates *c, uint32_t number) {
    if (c->n == CANDIDATES_MAX || number == NEAR_NONE) return;
    uint32_t mask = CANDIDATES_MAX * 2 - 1, i = number * 0x9e3779b1u >> 8 & mask;
    for (; c->slot[i]; i = (i + 1) & mask)
        if (c->slot[i] == number + 1) return;
    c->slot[i] = number + 1;
    c->v[c->n++] = number;
}

/* The pairs of words of the question, to count how many of them another sentence has. */
struct pairs {
    uint32_t mask;
    uint16_t seen[NEAR_WORDS_MAX * 2]; /* by which candidate */
    uint64_t slot[NEAR_WORDS_MAX * 2]; /* pair + 1 */
};

static void pairs_of(const uint32_t *words, uint32_t n, struct pairs *ret) {
    uint32_t cap = 16;
    while (cap < n * 2) cap *= 2;
    ret->mask = cap - 1;
    memset(ret->slot, 0, cap * sizeof *ret->slot);
    memset(ret->seen, 0, cap * sizeof *ret->seen);
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (words[i] == NEAR_NONE || words[i + 1] == NEAR_NONE) continue; /* the file has no such word */
        uint64_t pair = near_pair(words[i], words[i + 1]) + 1;
        uint32_t at = (uint32_t)near_mix(pair) & ret->mask;
        while (ret->slot[at] && ret->slot[at] != pair) at = (at + 1) & ret->mask;
        ret->slot[at] = pair;
    }
}

/* How many distinct pairs of the question are in the words; `turn` is another number for each candidate. */
static uint32_t pairs_in(struct pairs *p, const uint32_t *words, uint32_t n, uint16_t turn) {
    uint32_t common = 0;
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint64_t pair = near_pair(words[i], words[i + 1]) + 1;
        uint32_t at = (uint32_t)near_mix(pair) & p->mask;
        while (p->slot[at] && p->slot[at] != pair) at = (at + 1) & p->mask;
        if (!p->slot[at] || p->seen[at] == turn) continue;
        p->seen[at] = turn;
        common++;
    }
    return common;
}

/* Jaccard of the sets of bigrams; a sentence with the same set that is another one is not quite alike. */
static float alike_of(uint32_t mine, uint32_t theirs, uint32_t common, bool same) {
    if (same) return 1;
    uint32_t all = mine + theirs - common;
    if (!all) return 0;
    float alike = (float)common / (float)all;
    return alike >= 1 ? 0.999f : alike;
}

/* By the numbers of words alone: too short or too long to be alike. */
static bool hopeless(uint32_t mine, uint32_t theirs, float min_alike) {
    uint32_t less = mine < theirs ? mine : theirs, more = mine < theirs ? theirs : mine;
    return (float)less < min_alike * (float)more;
}

/* All lists of the question's keys, step by step so that the waits for memory overlap. */
static void file_candidates(const struct near_file *f, const struct question *q, struct candidates *c) {
    uint64_t hashes[QUERY_KEYS_MAX + 1];
    uint32_t from[QUERY_KEYS_MAX + 1], to[QUERY_KEYS_MAX + 1], n = 0;
    hashes[n++] = q->hash;
    for (uint32_t i = 0; i < q->keys; i++) hashes[n++] = q->orders[i] << 8;
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(&f->keys.dir[near_bucket(hashes[i], f->keys.buckets)]);
    for (uint32_t i = 0; i < n; i++) {
        near_lists_range(&f->keys, hashes[i], &from[i], &to[i]);
        __builtin_prefetch(&f->keys.tags[from[i]]);
        __builtin_prefetch(&f->key_ids[from[i]]);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint16_t tag = near_tag(hashes[i]);
        for (uint32_t at = from[i]; at < to[i]; at++) {
            if (f->keys.tags[at] != tag) continue;
            candidate(c, f->key_ids[at]);
            __builtin_prefetch(f->records + (size_t)f->key_ids[at] * 4);
        }
    }
}

static uint32_t likes_in_file(const struct near_file *f, const struct question *q, struct candidates *c,
                              struct pairs *pairs, struct near_like_one *ret, uint32_t room) {
    file_candidates(f, q, c);
    uint32_t ranks[NEAR_WORDS_MAX], theirs[NEAR_WORDS_MAX], n = 0;
    for (uint32_t i = 0; i < q->n; i++) ranks[i] = near_file_rank(f, q->words[i]);
    pairs_of(ranks, q->n, pairs);
    for (uint32_t i = 0; i < c->n && n < room; i++) {
        struct near_record r;
        if (!near_file_words(f, c->v[i], theirs, &r)) continue;
        bool same = r.n == q->n && !memcmp(ranks, theirs, r.n * sizeof *ranks);
        if (!same && (q->n <= NEAR_EXACT_WORDS || hopeless(q->bigrams, r.bigrams, q->min_alike))) continue;
        uint32_t common = same ? q->bigrams : pairs_in(pairs, theirs, r.n, (uint16_t)(i + 1));
        float alike = alike_of(q->bigrams, r.bigrams, common, same);
        if (alike >= q->min_alike)
            ret[n++] = (struct near_like_one){.alike = alike, .part = NEAR_PART_FILE, .sentence = c->v[i]};
    }
    return n;
}

/* The distinct bigrams of a sentence in memory are not kept: most have no repeated one. */
static uint32_t bigrams_of(const near_word *words, uint32_t n, struct pairs *scratch) {
    pairs_of(words, n, scratch);
    return pairs_in(scratch, words, n, 1);
}

static uint32_t likes_in_delta(const struct near_delta *d, enum near_part_kind part, const struct question *q,
                               struct candidates *c, struct pairs *pairs, struct near_like_one *ret,
                               uint32_t room) {
    uint32_t found[NEAR_LIST_MAX], n = 0;
    uint32_t exact = near_delta_exact(d, q->hash, q->words, q->n);
    candidate(c, exact);
    for (uint32_t i = 0; i < q->keys; i++) near_table_prefetch(&d->keys, q->orders[i] << 8);
    for (uint32_t i = 0; i < q->keys; i++) {
        uint32_t many = near_many_find(&d->keys, q->orders[i] << 8, found, NEAR_LIST_MAX);
        for (uint32_t j = 0; j < many; j++) {
            candidate(c, found[j]);
            __builtin_prefetch(near_delta_sentence(d, found[j]));
        }
    }
    pairs_of(q->words, q->n, pairs);
    for (uint32_t i = 0; i < c->n && n < room; i++) {
        const struct near_delta_sentence *s = near_delta_sentence(d, c->v[i]);
        bool same = c->v[i] == exact;
        if (!same && hopeless(q->n - 1, s->n - 1, q->min_alike / 2)) continue;
        uint32_t common = same ? q->bigrams : pairs_in(pairs, s->words, s->n, (uint16_t)(i + 1));
        float alike = alike_of(q->bigrams, s->n - 1, common, same);
        struct pairs scratch;
        if (!same && common && alike < q->min_alike && s->n - 1 > common)
            alike = alike_of(q->bigrams, bigrams_of(s->words, s->n, &scratch), common, false);
        if (alike >= q->min_alike)
            ret[n++] = (struct near_like_one){.alike = alike, .part = part, .sentence = c->v[i]};
    }
    return n;
}

uint32_t near_likes(const near *x, const near_word *words, uint32_t n, float min_alike,
                    struct near_like_one *ret) {
    if (!n) return 0;
    struct question q = {
        .words = words, .n = n > NEAR_WORDS_MAX ? NEAR_WORDS_MAX : n, .min_alike = min_alike};
    const struct near_file *f = x->file;
    q.hash = near_hash_sentence(words, q.n);
    q.bigrams = near_orders(words, q.n, f ? f->df : NULL, f ? f->df_mask : 0, q.orders);
    if (q.n > NEAR_EXACT_WORDS && min_alike < 1) {
        /* Another sentence with enough in common shares one of the rarest of this many (prefix filter). */
        uint32_t enough = (uint32_t)ceilf(min_alike * (float)q.bigrams);
        q.keys = q.bigrams - (enough ? enough : 1) + 1;
        if (q.keys > QUERY_KEYS_MAX) q.keys = QUERY_KEYS_MAX;
    }
    struct candidates c;
    struct pairs pairs;
    uint32_t got = 0;
    if (f) {
        c.n = 0;
        memset(c.slot, 0, sizeof c.slot);
        got = likes_in_file(f, &q, &c, &pairs, ret, NEAR_LIKES_MAX);
    }
    for (int part = NEAR_PART_SEALED; part < NEAR_PARTS; part++) {
        const struct near_delta *d = near_part(x, part);
        if (!d || !d->sentences.n) continue;
        c.n = 0;
        memset(c.slot, 0, sizeof c.slot);
        got += likes_in_delta(d, part, &q, &c, &pairs, ret + got, NEAR_LIKES_MAX - got);
    }
    return got;
}

static uint32_t seen_in_file(const near *x, uint32_t record, int64_t but, struct near_seen *ret,
                             uint32_t *ret_customers) {
    const struct near_file *f = x->file;
    uint32_t ranks[NEAR_WORDS_MAX], places[NEAR_LIST_MAX], customers = 0, n = 0;
    struct near_record r;
    *ret_customers = 0;
    if (!near_file_words(f, record, ranks, &r)) return 0;
    uint32_t listed = near_file_listed(f, &r, places, &customers);
    for (uint32_t i = 0; i < listed; i++) __builtin_prefetch(&f->texts[places[i]]);
    for (uint32_t i = 0; i < listed; i++) {
        const struct near_file_text *t = &f->texts[places[i]];
        if (near_gone(x, places[i])) continue;
        ret[n++] = (struct near_seen){
            .id = t->id, .customer = t->customer, .at = t->at, .part = NEAR_PART_FILE, .place = places[i]};
    }
    /* Only where not all are listed does the number say more than the list. */
    if (customers > listed) {
        uint32_t from, to, less = x->gone_n;
        if (but) {
            near_file_texts_of_customer(f, but, &from, &to);
            less += from < to;
        }
        *ret_customers = customers > less ? customers - less : 0;
    }
    return n;
}

static uint32_t seen_in_delta(const struct near_delta *d, enum near_part_kind part, uint32_t sentence,
                              int64_t but, struct near_seen *ret, uint32_t *ret_customers) {
    const struct near_delta_sentence *s = near_delta_sentence(d, sentence);
    uint32_t n = 0, looked = 0;
    for (uint32_t use = s->last; use && n < NEAR_LIST_MAX && looked++ < USES_MAX;) {
        const struct near_delta_use *u = near_delta_use(d, use - 1);
        const struct near_delta_text *t = near_delta_text(d, u->text);
        use = u->before;
        if (t->removed) continue;
        uint32_t same = 0;
        while (same < n && ret[same].customer != t->customer) same++;
        if (same < n) {
            if (ret[same].at >= t->at) continue;
        } else {
            n++;
        }
        ret[same] = (struct near_seen){
            .id = t->id, .customer = t->customer, .at = t->at, .part = part, .place = u->text};
    }
    bool had = but && near_tally_find(&d->got, near_hash_got(s->hash, but));
    *ret_customers = s->customers - had;
    return n;
}

uint32_t near_seen_in(const near *x, const struct near_like_one *like, int64_t but, struct near_seen *ret,
                      uint32_t *ret_customers) {
    uint32_t n = like->part == NEAR_PART_FILE ? seen_in_file(x, like->sentence, but, ret, ret_customers)
                                              : seen_in_delta(near_part(x, like->part), like->part,
                                                              like->sentence, but, ret, ret_customers);
    if (!but) return n;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (ret[i].customer != but) ret[kept++] = ret[i];
    return kept;
}
