#include <math.h>
#include <stdlib.h>

#include "letter/catalogue_private.h"

/* Names in a text: from each word the table of beginnings is walked as far as it goes; the longest name
 * stays. */

enum { STEPS_MAX = 64, CHOSEN_MAX = 16 };

struct walk {
    struct finding_state *s;
    size_t from;
    int steps;
    struct letters chosen[CHOSEN_MAX];
    size_t to; /* of the best so far; 0 none */
    uint32_t phrase;
    int edits;
};

static bool same_letters(const struct catalogue *c, const struct phrase *p, const struct letters *w,
                         size_t n) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (at + w[i].n > p->n || memcmp(c->pool + p->letters + at, w[i].p, w[i].n) != 0) return false;
        at += w[i].n;
    }
    return at == p->n;
}

/* Words of the text that are joined to one of the name, such as "Ultra Sonic" for "Ultrasonic". Two words
 * that everybody uses make a short name by chance ("me, I"). */
static bool may_join(const struct walk *k, size_t to, const struct phrase *p) {
    const struct finding_state *s = k->s;
    if (to - k->from <= p->words) return true;
    bool common = true;
    for (size_t i = k->from; i < to; i++) {
        if (i > k->from && s->t->words[i].start - s->t->words[i - 1].end > 1) return false;
        if (!(s->words[i].flags & (VOCAB_COMMON | VOCAB_LITTLE)) && s->words[i].letters.n > 1) common = false;
    }
    return p->n >= 12 || (p->n >= 7 && !common);
}

static void keep_best(struct walk *k, size_t to, uint32_t phrase, int edits) {
    if (to < k->to || (to == k->to && edits >= k->edits)) return;
    k->to = to;
    k->phrase = phrase;
    k->edits = edits;
}

static void walk_on(struct walk *k, size_t at, uint64_t hash, size_t depth, int misses, int edits) {
    struct finding_state *s = k->s;
    if (at >= s->n || depth >= CHOSEN_MAX || !s->words[at].letters.n) return;
    if (depth && s->t->words[at].sentence != s->t->words[k->from].sentence) return;
    const struct find_word *w = &s->words[at];
    for (size_t v = 0; v <= w->nalternatives; v++) {
        if (k->steps++ >= STEPS_MAX || (v && edits == 2)) return;
        struct letters l = w->letters;
        if (v) {
            uint32_t word = w->alternatives[v - 1];
            if (word & SPELL_PHRASE) continue;
            const struct vocab *as = &s->c->words[word];
            l = letters_of(s->c->pool + as->letters, as->n);
        }
        k->chosen[depth] = l;
        uint64_t joined = letters_join(hash, &l);
        uint32_t slot = NONE, phrase = slots_get(&s->c->nodes, joined, &slot);
        if (slot == NONE) {
            if (v == 0 && misses == 0) walk_on(k, at + 1, joined, depth + 1, 1, edits);
            continue;
        }
        if (phrase != NONE && same_letters(s->c, &s->c->phrases[phrase], k->chosen, depth + 1) &&
            may_join(k, at + 1, &s->c->phrases[phrase]))
            keep_best(k, at + 1, phrase, edits + (v > 0));
        walk_on(k, at + 1, joined, depth + 1, misses, edits + (v > 0));
    }
}

static bool quoted(const struct text *t, size_t from, size_t to) {
    size_t start = t->words[from].start, end = t->words[to - 1].end;
    char before = start ? t->bytes.p[start - 1] : 0, after = end < t->bytes.n ? t->bytes.p[end] : 0;
    bool open = before == '"' || before == '\'' || (before & 0xC0) == 0x80; /* the end of a curly quote */
    return open && (after == '"' || after == '\'' || (after & 0x80));
}

/* Capital letters say something where not everything has them. */
static float capitals_say(const struct finding_state *s, size_t from, size_t to) {
    const struct sentence *in = &s->t->sentences[s->t->words[from].sentence];
    size_t capital = 0, mine = 0;
    for (size_t i = in->word; i < in->word + in->words && i < in->word + 60; i++)
        capital += (s->t->words[i].flags & WORD_CAPITAL) != 0;
    float says = 0;
    for (size_t i = from; i < to; i++) {
        if (!(s->t->words[i].flags & WORD_CAPITAL) || s->t->words[i].flags & WORD_FIRST) continue;
        says += s->words[i].flags & (VOCAB_COMMON | VOCAB_LITTLE | VOCAB_CUE | VOCAB_HINT) ? 0.25f : 0.35f;
        mine++;
    }
    size_t rest = in->words > to - from ? in->words - (to - from) : 0;
    if (rest > 2 && (capital - mine) * 2 > rest) return 0;
    return says > 1.05f ? 1.05f : says;
}

/* "My name is Jay". */
bool find_is_person(const struct finding_state *s, size_t at) {
    bool is = at && s->words[at - 1].flags & VOCAB_LITTLE; /* "is", "ist" */
    uint32_t before = find_around(s, at, at + 1, is ? 2 : 1, 0);
    return before & VOCAB_PERSON;
}

static float name_score(const struct finding_state *s, size_t from, size_t to, const struct phrase *p,
                        int edits) {
    uint32_t near = find_around(s, from, to, 2, 2), wide = s->sentence_flags[s->t->words[from].sentence];
    float score = p->weight;
    if (edits) score *= 1 - 0.3f * (float)edits / (float)(to - from > 1 ? 2 : 1);
    /* Three words in a row are rarely met by chance, however common each is. */
    if (p->words > 2 && p->weight >= 0.75f) score += 0.25f * (float)(p->words - 2);
    score += capitals_say(s, from, to);
    if (near & VOCAB_CUE || quoted(s->t, from, to))
        score += 0.6f;
    else if (wide & VOCAB_CUE)
        score += 0.3f;
    bool spoken_of = wide & (VOCAB_CUE | VOCAB_HINT | VOCAB_LOST);
    if (!spoken_of && find_around(s, from, from + 1, 1, 0) & VOCAB_PLACE) score -= 1.2f;
    if (wide & VOCAB_HINT) score += 0.1f;
    if (wide & VOCAB_LOST) score += 0.15f;
    if (to - from == 1 && p->words > 1 && p->n >= 10) score += 0.5f; /* "DolphinPoint" is no word of chance */
    if (s->n <= 6) score += 0.4f;
    if (to - from == s->n) score += 0.6f;
    if (to - from == 1) {
        score -= (p->words > 1 ? 0.1f : 0.35f) + (edits ? 0.3f : 0);
        if (find_is_person(s, from)) score -= 1;
    }
    return score;
}

/* How much a name must score: the more names there are, the likelier one is met by chance. Tuned so that of
 * 27,597 letters about other things one in two hundred names one of 43,000. */
static float enough(const struct catalogue *c) {
    float log = c->nphrases > 200 ? log10f((float)c->nphrases / 200) : 0;
    return 0.9f + 0.3f * log;
}

static void add_name(struct finding_state *s, size_t from, size_t to, uint32_t phrase, int edits) {
    const struct phrase *p = &s->c->phrases[phrase];
    if (s->found.n >= FOUND_MAX) return;
    float score = name_score(s, from, to, p, edits);
    bool weak = score < s->enough || (p->weight < 0.5f && !(p->flags & PHRASE_ALIAS));
    *list_add(s->a, &s->found) = (struct found){.from = (uint32_t)from,
                                                .to = (uint32_t)to,
                                                .score = score,
                                                .weight = p->weight,
                                                .weak = weak,
                                                .edits = (uint8_t)edits,
                                                .flags = p->flags,
                                                .items = s->c->phrase_items + p->first,
                                                .nitems = p->nitems,
                                                .decided = NONE,
                                                .because = NONE};
}

/* Words of no name and no list may be misspelled ones. */
static void find_alternatives(struct finding_state *s) {
    for (size_t i = 0; i < s->n && s->budget; i++) {
        struct find_word *w = &s->words[i];
        if (w->letters.n < 4 || (s->t->words[i].flags & (WORD_NUMBER | WORD_ALONE | WORD_LINK))) continue;
        if (w->vocab != NONE && (s->c->words[w->vocab].names || w->flags)) continue;
        w->nalternatives = (uint16_t)catalogue_spell(s->c, &w->letters, &s->budget, w->alternatives);
    }
}

void find_names(struct finding_state *s) {
    s->enough = enough(s->c);
    find_alternatives(s);
    for (size_t i = 0; i < s->n; i++) {
        struct walk k = {.s = s, .from = i};
        walk_on(&k, i, 0, 0, 0, 0);
        const struct find_word *w = &s->words[i];
        for (size_t v = 0; v < w->nalternatives && !k.to; v++)
            if (w->alternatives[v] & SPELL_PHRASE)
                keep_best(&k, i + 1, w->alternatives[v] & ~SPELL_PHRASE, 1);
        if (k.to) add_name(s, i, k.to, k.phrase, k.edits);
    }
}

static int by_place(const void *a, const void *b) {
    const struct found *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to != y->to ? (x->to > y->to ? -1 : 1) : 0;
}

static float rank(const struct found *f) {
    return f->score + 0.3f * (float)(f->to - f->from) + (f->weak ? 0 : 2) + (f->decided != NONE ? 1 : 0);
}

void find_sort(struct finding_state *s) {
    if (!s->found.n) return;
    qsort(s->found.v, s->found.n, sizeof *s->found.v, by_place);
    size_t kept = 0;
    for (size_t i = 0; i < s->found.n; i++) {
        struct found f = s->found.v[i];
        if (kept && f.from < s->found.v[kept - 1].to) {
            if (rank(&f) > rank(&s->found.v[kept - 1])) s->found.v[kept - 1] = f;
        } else {
            s->found.v[kept++] = f;
        }
    }
    s->found.n = kept;
}
