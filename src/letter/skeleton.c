#include "letter/check.h"
#include "letter/hashes.h"
#include "letter/lexicon.h"

/* Which words of the reply the catalogue knows as products, figures or parts. */
static bool *catalogue_words(arena *a, const struct text *t, const struct catalogue *c) {
    if (!c || !t->nwords) return NULL;
    bool *is = arena_array(a, t->nwords, sizeof *is);
    catalogue_hit_list hits = {0};
    catalogue_find(c, a, t, &hits);
    for (size_t i = 0; i < hits.n; i++)
        for (uint32_t w = hits.v[i].from; w < hits.v[i].to && w < t->nwords; w++) is[w] = true;
    return is;
}

/* Of the letter only words that carry matter are taken out: a sentence without its "we", "will" and "you"
 * would be like every other. */
static struct hashes shared_words(arena *a, const struct text *letter, const struct lexicon *lexicon) {
    struct hashes h = {0};
    if (!letter || !letter->nwords) return h;
    h = hashes_new(a, letter->nwords);
    for (size_t i = 0; i < letter->nwords; i++)
        if (!(lexicon_of(lexicon, &letter->words[i]) & LEX_STOP)) *hashes_put(&h, letter->words[i].hash) = 1;
    return h;
}

static struct hashes name_words(arena *a, const struct skeleton_mask *mask) {
    struct hashes h = hashes_new(a, mask->nnames);
    for (size_t i = 0; i < mask->nnames; i++)
        if (mask->names[i].n) *hashes_put(&h, text_hash(mask->names[i])) = 1;
    return h;
}

struct masking {
    const struct lexicon *lexicon;
    struct hashes shared, names;
    const bool *product;
};

static bool masked(const struct masking *m, const struct word *w, size_t at) {
    if (w->flags & (WORD_NUMBER | WORD_LINK)) return true;
    if (m->product && m->product[at]) return true;
    if (hashes_get(&m->names, w->folded_hash) || hashes_get(&m->names, w->hash)) return true;
    uint32_t is = lexicon_of(m->lexicon, w);
    if (is & LEX_STOP) return false;
    if (hashes_get(&m->shared, w->hash) || (is & LEX_NUMBER)) return true;
    return (w->flags & WORD_CAPITAL) && (is & (LEX_MONTH | LEX_WEEKDAY | LEX_FIRSTNAME));
}

/* "Jay and the Raider": one or two small words between two that are left out go with them. `out` tells which
 * words are left out. */
static bool joins(const struct masking *m, const struct text *t, const bool *out, uint32_t w) {
    const struct sentence *s = &t->sentences[t->words[w].sentence];
    uint32_t begin = s->word, end = s->word + s->words;
    if (!(lexicon_of(m->lexicon, &t->words[w]) & LEX_STOP)) return false;
    bool before = w > begin && out[w - 1], behind = w + 1 < end && out[w + 1];
    if (before && behind) return true;
    if (before && w + 2 < end && out[w + 2]) return lexicon_of(m->lexicon, &t->words[w + 1]) & LEX_STOP;
    if (behind && w >= begin + 2 && out[w - 2]) return lexicon_of(m->lexicon, &t->words[w - 1]) & LEX_STOP;
    return false;
}

void skeleton_of(arena *a, const struct text *reply, const struct skeleton_mask *mask, struct skeleton *ret) {
    struct masking m = {.lexicon = lexicon_find(reply->language)};
    struct skeleton s = {.n = reply->nsentences};
    m.shared = shared_words(a, mask->letter, m.lexicon);
    m.names = name_words(a, mask);
    m.product = catalogue_words(a, reply, mask->catalogue);
    s.sentences = arena_array(a, s.n, sizeof *s.sentences);
    s.words = arena_array(a, s.n, sizeof *s.words);
    s.counts = arena_array(a, s.n, sizeof *s.counts);
    bool *out = arena_array(a, reply->nwords + 1, sizeof *out);
    for (uint32_t w = 0; w < reply->nwords; w++) out[w] = masked(&m, &reply->words[w], w);
    uint32_t *hash = arena_array(a, reply->nwords, sizeof *hash);
    uint32_t *word = arena_array(a, reply->nwords, sizeof *word), n = 0;
    for (size_t i = 0; i < s.n; i++) {
        const struct sentence *of = &reply->sentences[i];
        uint32_t begin = n;
        for (uint32_t w = of->word; w < of->word + of->words; w++) {
            if (out[w] || joins(&m, reply, out, w)) continue;
            hash[n] = reply->words[w].hash;
            word[n++] = w;
        }
        s.sentences[i] = hash + begin;
        s.words[i] = word + begin;
        s.counts[i] = n - begin;
    }
    *ret = s;
}
