/* Their words in the reply: taken up where it counts, or not at all. */
#include "letter/check_parts.h"

enum {
    QUOTE_WORDS = 8,  /* of a longer quotation only so many words count */
    CHILD_WORD = 5,   /* from so many letters on one may be wrong: children misspell */
    REPLY_WORDS = 20, /* a shorter reply has no room for more than its matter */
    FINE_MAX = 2,
};
static const float letter_least = 4, earned_least = 1, fine_least = 2;

struct echo {
    struct check_work *k;
    struct hashes seen;   /* stems that were counted already */
    float earned, canned; /* weight of their words in sentences of ours, and in those others got too */
    uint32_t last, run;   /* place in the letter of the word before; words quoted in a row */
    uint32_t *place;      /* of each word of the reply: 1 + the word of the letter it takes up, 0 none */
};

/* One letter changed, put in or left out. */
static bool nearly(str a, str b) {
    if (a.n > b.n) {
        str c = a;
        a = b;
        b = c;
    }
    if (b.n - a.n > 1 || a.n < CHILD_WORD) return false;
    size_t i = 0;
    while (i < a.n && a.p[i] == b.p[i]) i++;
    if (i == 0) return false;
    size_t skip = a.n == b.n;
    return memcmp(a.p + i + skip, b.p + i + 1, a.n - i - skip) == 0;
}

static uint32_t find_in_letter(const struct echo *e, const struct word *w) {
    const uint32_t *at = hashes_get(&e->k->letter_words, w->hash);
    if (at) return *at;
    at = hashes_get(&e->k->letter_folded, w->folded_hash);
    if (at) return *at;
    if (w->folded.n < CHILD_WORD || (w->flags & (WORD_NUMBER | WORD_LINK | WORD_ALONE))) return 0;
    if (e->k->letter->nwords > 600)
        return 0; /* a long letter: not worth the time of every word by every word */
    for (uint32_t i = 0; i < e->k->letter->nwords; i++)
        if (e->k->letter->words[i].folded.n >= CHILD_WORD && nearly(w->folded, e->k->letter->words[i].folded))
            return i + 1;
    return 0;
}

static void add_word(struct echo *e, size_t sentence, uint32_t i) {
    struct check_work *k = e->k;
    const struct word *w = &k->reply.words[i];
    struct check_sentence *s = &k->sentences[sentence];
    uint32_t place = find_in_letter(e, w);
    e->run = place && place == e->last + 1 ? e->run + 1 : place ? 1 : 0;
    e->last = place;
    if (!place || e->run > QUOTE_WORDS) return;
    if (hashes_get(&k->names, w->folded_hash) || hashes_get(&k->names, w->hash)) return;
    float weight = check_weight(k, w);
    if (weight <= 0) return;
    e->place[i] = place;
    bool counted = hashes_get(&e->seen, w->hash) != NULL;
    if (s->customers || s->worn) {
        e->canned += weight;
        return;
    }
    s->echo += weight;
    if (counted) return;
    *hashes_put(&e->seen, w->hash) = 1;
    e->earned += weight;
}

/* What the letter's words weigh in all, each once. */
static float letter_weight(const struct check_work *k) {
    struct hashes seen = hashes_new(k->a, k->letter->nwords);
    float sum = 0;
    for (size_t i = 0; i < k->letter->nwords; i++) {
        const struct word *w = &k->letter->words[i];
        if (hashes_get(&seen, w->hash) || hashes_get(&k->names, w->folded_hash)) continue;
        *hashes_put(&seen, w->hash) = 1;
        sum += check_weight(k, w);
    }
    return sum;
}

/* The words of the letter that a sentence takes up, each place once, those that follow each other as one
 * span; `rare`: without those that are in everybody's letters. */
static void echo_spans(struct echo *e, struct remark *r, size_t sentence, bool rare) {
    const struct sentence *s = &e->k->reply.sentences[sentence];
    uint32_t from = 0, to = 0;
    struct hashes told = hashes_new(e->k->a, s->words);
    for (uint32_t i = s->word; i < s->word + s->words; i++) {
        uint32_t p = e->place[i];
        if (!p || (rare && check_is(e->k, &e->k->reply.words[i], LEX_COMMON)) || hashes_get(&told, p))
            continue;
        *hashes_put(&told, p) = 1;
        if (to && p == to + 1) {
            to = p;
            continue;
        }
        if (to) check_letter_words(e->k, r, from - 1, to);
        from = to = p;
    }
    if (to) check_letter_words(e->k, r, from - 1, to);
}

static void echo_evidence(struct echo *e, struct remark *r, size_t sentence) {
    echo_spans(e, r, sentence, true);
    if (!r->evidence.n) echo_spans(e, r, sentence, false);
}

static void say_fine(struct echo *e) {
    struct check_work *k = e->k;
    size_t said[FINE_MAX];
    for (size_t n = 0; n < FINE_MAX; n++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < k->nsentences; i++) {
            bool already = false;
            for (size_t j = 0; j < n; j++) already |= said[j] == i;
            if (!already && k->sentences[i].role == ROLE_BODY && k->sentences[i].echo >= fine_least &&
                (best == SIZE_MAX || k->sentences[i].echo > k->sentences[best].echo))
                best = i;
        }
        if (best == SIZE_MAX) return;
        said[n] = best;
        struct remark *r = check_say_sentence(k, REMARK_ECHO, REMARK_FINE, best,
                                              T("This takes up what they told you, in their words."));
        echo_evidence(e, r, best);
    }
}

/* Something to begin with: what happened to them, how they feel, what they wrote about. */
static void suggest(struct check_work *k, struct remark *r) {
    static const finding_kind kinds[] = {FINDING_EVENT, FINDING_FEELING, FINDING_PRODUCT, FINDING_ASK};
    for (size_t w = 0; w < sizeof kinds / sizeof *kinds && r->evidence.n < 3; w++)
        for (size_t i = 0; i < k->in->letter->findings.n && r->evidence.n < 3; i++)
            if (k->in->letter->findings.v[i].kind == kinds[w])
                check_letter(k, r, k->in->letter->findings.v[i].start, k->in->letter->findings.v[i].end);
}

void check_echo(struct check_work *k) {
    if (!k->letter) return;
    struct echo e = {.k = k, .seen = hashes_new(k->a, k->nwords)};
    e.place = arena_array(k->a, k->nwords + 1, sizeof *e.place);
    uint32_t words = 0;
    for (size_t i = 0; i < k->nsentences; i++) {
        const struct sentence *s = &k->reply.sentences[i];
        if (k->sentences[i].role != ROLE_BODY || k->sentences[i].exempt) continue;
        words += s->words;
        e.last = e.run = 0;
        for (uint32_t w = s->word; w < s->word + s->words; w++) add_word(&e, i, w);
    }
    if (e.earned < earned_least && words >= REPLY_WORDS && letter_weight(k) >= letter_least) {
        struct remark *r =
            check_say(k, REMARK_ECHO, REMARK_LOOK, 0, 0,
                      e.canned > 0 ? T("Their words stand only in sentences that others get too.")
                                   : T("Nothing of what they told you comes back in your reply."));
        suggest(k, r);
        return;
    }
    say_fine(&e);
}
