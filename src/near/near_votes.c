#include <stdlib.h>
#include <string.h>

#include "near/near_own.h"

enum {
    VOTES_MAX = 1 << 15, /* texts that may be like it */
    LEADERS = 48,        /* of those, the ones that are looked at sentence by sentence */
};

/* A text that holds sentences like some of the question's. */
struct vote {
    uint64_t key;   /* part and place, + 1; 0: free */
    uint32_t words; /* of the question, in sentences that led to it */
    float worth;    /* the same, each divided by how many texts it led to */
    uint32_t last;  /* sentence + 1 that was counted last */
    int64_t id, customer, at;
};
/* A sentence of the index that is like sentence `mine` of the question. */
struct match {
    uint64_t key;
    uint32_t mine;
};
struct ballot {
    arena *arena;
    struct vote *slot;
    uint32_t cap, n;
    LIST(struct match) matches;
};

static uint64_t key_of(uint32_t part, uint32_t number) { return ((uint64_t)part << 32 | number) + 1; }

static struct vote *vote_slot(struct vote *slot, uint32_t cap, uint64_t key) {
    uint32_t i = (uint32_t)near_mix(key) & (cap - 1);
    while (slot[i].key && slot[i].key != key) i = (i + 1) & (cap - 1);
    return &slot[i];
}

static void vote_for(struct ballot *b, const struct near_seen *t, uint32_t sentence, uint32_t words,
                     uint32_t many) {
    struct vote *v = vote_slot(b->slot, b->cap, key_of(t->part, t->place));
    if (!v->key) {
        if (b->n == VOTES_MAX) return;
        if (++b->n > b->cap / 2) {
            struct vote *more = arena_array(b->arena, b->cap * 2, sizeof *more);
            for (uint32_t i = 0; i < b->cap; i++)
                if (b->slot[i].key) *vote_slot(more, b->cap * 2, b->slot[i].key) = b->slot[i];
            b->slot = more;
            b->cap *= 2;
            v = vote_slot(b->slot, b->cap, key_of(t->part, t->place));
        }
        *v = (struct vote){
            .key = key_of(t->part, t->place), .id = t->id, .customer = t->customer, .at = t->at};
    }
    if (v->last == sentence + 1) return;
    v->last = sentence + 1;
    v->words += words;
    v->worth += (float)words / (float)many;
}

static void vote_sentence(const near *x, struct ballot *b, const struct near_sentence *s, uint32_t mine,
                          int64_t customer) {
    struct near_like_one likes[NEAR_LIKES_MAX];
    struct near_seen seen[NEAR_LIST_MAX];
    uint32_t n =
        near_likes(x, s->words, s->n, s->n < NEAR_SHORT_WORDS ? NEAR_ALIKE_SHORT : NEAR_ALIKE, likes);
    for (uint32_t i = 0; i < n; i++) {
        *list_add(b->arena, &b->matches) =
            (struct match){.key = key_of(likes[i].part, likes[i].sentence), .mine = mine};
        uint32_t customers, many = near_seen_in(x, &likes[i], customer, seen, &customers);
        for (uint32_t j = 0; j < many; j++) vote_for(b, &seen[j], mine, s->n, many);
    }
}

static int by_words(const void *a, const void *b) {
    const struct vote *x = a, *y = b;
    if (x->words != y->words) return x->words < y->words ? 1 : -1;
    if (x->at != y->at) return x->at < y->at ? 1 : -1;
    return (x->id < y->id) - (x->id > y->id);
}

/* A sentence that thousands got leads to any of them, a rare one to the letter that is meant. */
static int by_worth(const void *a, const void *b) {
    const struct vote *x = a, *y = b;
    if (x->worth < y->worth || x->worth > y->worth) return x->worth < y->worth ? 1 : -1;
    return by_words(a, b);
}

static int by_key(const void *a, const void *b) {
    const struct match *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->mine > y->mine) - (x->mine < y->mine);
}

/* The votes in order, the free slots gone. */
static uint32_t count_votes(struct ballot *b) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->cap; i++)
        if (b->slot[i].key) b->slot[n++] = b->slot[i];
    qsort(b->slot, n, sizeof *b->slot, by_worth);
    return n;
}

static void mark_matches(const struct ballot *b, uint64_t key, bool *marked) {
    size_t from = 0, to = b->matches.n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (b->matches.v[middle].key < key)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < b->matches.n && b->matches.v[from].key == key; from++)
        marked[b->matches.v[from].mine] = true;
}

/* What the text really holds: a popular sentence lists only some of its texts, so votes may be missing. */
static uint32_t words_in(const near *x, const struct ballot *b, const struct vote *v,
                         const struct near_sentence *sentences, uint32_t n, bool *marked) {
    uint32_t part = (uint32_t)((v->key - 1) >> 32), place = (uint32_t)(v->key - 1), words = 0;
    memset(marked, 0, n);
    if (part == NEAR_PART_FILE) {
        const uint32_t *records = NULL;
        uint32_t theirs = near_file_sentences(x->file, place, &records);
        for (uint32_t i = 0; i < theirs; i++)
            if (records[i] != NEAR_NONE) mark_matches(b, key_of(part, records[i]), marked);
    } else {
        const struct near_delta *d = near_part(x, part);
        const struct near_delta_text *t = near_delta_text(d, place);
        for (uint32_t i = 0; i < t->n; i++) {
            uint32_t s = near_delta_use(d, t->first + i)->sentence;
            if (s != NEAR_NONE) mark_matches(b, key_of(part, s), marked);
        }
    }
    for (uint32_t i = 0; i < n; i++)
        if (marked[i]) words += sentences[i].n;
    return words;
}

void near_texts_like(near *x, arena *a, const struct near_sentence *sentences, size_t n, int64_t customer,
                     float min_share, size_t max, near_vote_list *ret) {
    uint32_t mine = n > NEAR_SENTENCES_MAX ? NEAR_SENTENCES_MAX : (uint32_t)n;
    struct ballot b = {.arena = a, .cap = 1024};
    b.slot = arena_array(a, b.cap, sizeof *b.slot);
    bool *marked = arena_alloc(a, mine);
    near_vote_list votes = {0};
    uint64_t all = 0;
    for (uint32_t i = 0; i < mine; i++) all += sentences[i].n;
    pthread_rwlock_rdlock(&x->lock);
    for (uint32_t i = 0; i < mine; i++)
        if (sentences[i].n) vote_sentence(x, &b, &sentences[i], i, customer);
    if (b.matches.n) qsort(b.matches.v, b.matches.n, sizeof *b.matches.v, by_key);
    uint32_t voted = count_votes(&b);
    if (voted > LEADERS) voted = LEADERS;
    for (uint32_t i = 0; i < voted; i++)
        b.slot[i].words = words_in(x, &b, &b.slot[i], sentences, mine, marked);
    pthread_rwlock_unlock(&x->lock);
    qsort(b.slot, voted, sizeof *b.slot, by_words);
    for (uint32_t i = 0; i < voted && votes.n < max; i++) {
        float share = (float)b.slot[i].words / (float)(all ? all : 1);
        if (share < min_share) break;
        *list_add(a, &votes) =
            (struct near_vote){.text = b.slot[i].id, .customer = b.slot[i].customer, .share = share};
    }
    *ret = votes;
}
