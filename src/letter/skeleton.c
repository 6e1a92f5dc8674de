#include "letter/check.h"
#include "letter/hashes.h"
#include "letter/pack.h"

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
static struct hashes shared_words(arena *a, const struct text *letter, const struct pack *pack) {
    struct hashes h = {0};
    if (!letter || !letter->nwords) return h;
    h = hashes_new(a, letter->nwords);
    for (size_t i = 0; i < letter->nwords; i++)
        if (!pack || !pack_has(pack, "stop", letter->words[i].folded))
            *hashes_put(&h, letter->words[i].hash) = 1;
    return h;
}

static struct hashes name_words(arena *a, const struct skeleton_mask *mask) {
    struct hashes h = hashes_new(a, mask->nnames);
    for (size_t i = 0; i < mask->nnames; i++)
        if (mask->names[i].n) *hashes_put(&h, text_hash(mask->names[i])) = 1;
    return h;
}

struct masking {
    const struct pack *pack;
    struct hashes shared, names;
    const bool *product;
};

static bool masked(const struct masking *m, const struct word *w, size_t at) {
    if (w->flags & (WORD_NUMBER | WORD_LINK)) return true;
    if (m->product && m->product[at]) return true;
    if (hashes_get(&m->names, w->folded_hash) || hashes_get(&m->names, w->hash)) return true;
    bool stop = m->pack && pack_has(m->pack, "stop", w->folded);
    if (!stop && hashes_get(&m->shared, w->hash)) return true;
    if (!m->pack || stop) return false;
    if (pack_has(m->pack, "number", w->folded)) return true;
    return (w->flags & WORD_CAPITAL) &&
           (pack_has(m->pack, "month", w->folded) || pack_has(m->pack, "weekday", w->folded) ||
            pack_has(m->pack, "firstname", w->folded));
}

static bool in_sentence(const struct text *t, const struct sentence *s, int64_t w) {
    (void)t;
    return w >= s->word && w < (int64_t)s->word + s->words;
}

/* "Jay and the Raider": what stands between two words that are left out goes with them. */
static bool joins(const struct masking *m, const struct text *t, const bool *out, uint32_t w) {
    const struct sentence *s = &t->sentences[t->words[w].sentence];
    if (!m->pack || !pack_has(m->pack, "stop", t->words[w].folded)) return false;
    bool next_stop = in_sentence(t, s, (int64_t)w + 1) && pack_has(m->pack, "stop", t->words[w + 1].folded);
    bool last_stop = in_sentence(t, s, (int64_t)w - 1) && pack_has(m->pack, "stop", t->words[w - 1].folded);
    bool before = in_sentence(t, s, (int64_t)w - 1) && out[w - 1];
    bool behind = in_sentence(t, s, (int64_t)w + 1) && out[w + 1];
    if (before && behind) return true;
    if (before && next_stop && in_sentence(t, s, (int64_t)w + 2) && out[w + 2]) return true;
    return behind && last_stop && in_sentence(t, s, (int64_t)w - 2) && out[w - 2];
}

void skeleton_of(arena *a, const struct text *reply, const struct skeleton_mask *mask, struct skeleton *ret) {
    struct masking m = {.pack = pack_find(reply->language)};
    struct skeleton s = {.n = reply->nsentences};
    m.shared = shared_words(a, mask->letter, m.pack);
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
