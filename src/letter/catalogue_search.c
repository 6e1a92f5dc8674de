#include "base/buf.h"
#include "letter/catalogue_private.h"

/* A search box: what is typed there is a number or a name and nothing else, so that far less has to be proved
 * than in a letter. Every word must stand somewhere in the letters of a name, which takes care of order and
 * of missing spaces; a word of no name may be a misspelled one. */

enum { QUERY_MAX = 200, TOKENS_MAX = 12, KEPT_MAX = 64, HOLDERS_MAX = 8 };

struct token {
    struct letters as[1 + ALTERNATIVES_MAX]; /* as typed, and what it may be a misspelling of */
    uint32_t needs[1 + ALTERNATIVES_MAX];    /* letters_bits of each */
    size_t n;
};

struct searching {
    const struct catalogue *c;
    struct token tokens[TOKENS_MAX];
    size_t ntokens;
    struct letters all; /* every word joined */
    struct {
        uint32_t item;
        float score;
    } kept[KEPT_MAX];
    size_t nkept;
};

static void keep_one(struct searching *s, uint32_t item, float score) {
    const struct catalogue *c = s->c;
    if (c->items[item].kind != CATALOGUE_PRODUCT) return;
    if (c->retired[item]) score -= 0.5f;
    for (size_t i = 0; i < s->nkept; i++) {
        if (s->kept[i].item != item) continue;
        if (score > s->kept[i].score) s->kept[i].score = score;
        return;
    }
    size_t at = s->nkept;
    if (at == KEPT_MAX) {
        at = 0;
        for (size_t i = 1; i < KEPT_MAX; i++)
            if (s->kept[i].score < s->kept[at].score) at = i;
        if (s->kept[at].score >= score) return;
    } else {
        s->nkept++;
    }
    s->kept[at].item = item;
    s->kept[at].score = score;
}

/* A figure is asked for at the products it is in. */
static void keep(struct searching *s, uint32_t item, float score) {
    if (s->c->items[item].kind != CATALOGUE_FIGURE) {
        keep_one(s, item, score);
        return;
    }
    const uint32_t *first = s->c->holders.first + item;
    for (uint32_t i = first[0], n = 0; i < first[1] && n < HOLDERS_MAX; i++, n++)
        keep_one(s, s->c->holders.items[i], score - 10);
}

/* ---- numbers ---- */

static bool has_digit(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9') return true;
    return false;
}

/* "4127" finds "4127-1" before "4127-2" before "41270". */
static void by_number(struct searching *s, str word, float sure) {
    if (word.n < 2 || !has_digit(word)) return;
    for (uint32_t i = 0; i < s->c->n; i++) {
        const struct catalogue_item *item = &s->c->items[i];
        if (item->kind != CATALOGUE_PRODUCT || !str_starts_nocase(item->id, word)) continue;
        float more = (float)(item->id.n - word.n);
        if (more == 0)
            keep(s, i, sure + 20);
        else if (item->id.p[word.n] == '-')
            keep(s, i, sure + 10 - more - (float)(item->id.p[item->id.n - 1] - '0') / 20);
        else if (word.n >= 3)
            keep(s, i, sure - 20 - more);
    }
}

/* ---- names ---- */

static bool holds(str letters, uint32_t has, const struct token *t, size_t k) {
    const struct letters *w = &t->as[k];
    return !(t->needs[k] & ~has) && w->n <= letters.n && memmem(letters.p, letters.n, w->p, w->n);
}

/* How well a name fits the words; 0 not at all. */
static float fits(const struct searching *s, str letters, uint32_t has) {
    float score = 60;
    for (size_t i = 0; i < s->ntokens; i++) {
        const struct token *t = &s->tokens[i];
        size_t k = 0;
        while (k < t->n && !holds(letters, has, t, k)) k++;
        if (k == t->n) return 0;
        if (k) score -= 8;
    }
    if (s->all.n == letters.n) return score + 25;
    if (s->all.n < letters.n && memcmp(letters.p, s->all.p, s->all.n) == 0) score += 8;
    float more = (float)letters.n - (float)s->all.n;
    return score - (more > 40 ? 20 : more > 0 ? more / 2 : 0);
}

static void by_name(struct searching *s) {
    const struct catalogue *c = s->c;
    for (size_t i = 0; i < c->nphrases; i++) {
        const struct phrase *p = &c->phrases[i];
        float score = p->flags & PHRASE_SOLD ? fits(s, pool_str(c, p->letters, p->n), p->has) : 0;
        if (score <= 0) continue;
        for (uint32_t k = 0; k < p->nitems; k++) {
            uint32_t item = c->phrase_items[p->first + k];
            keep(s, PHRASE_ITEM(item), item & PHRASE_WHOLE ? score : score - 5);
        }
    }
}

static void by_letter(struct searching *s, arena *a, str query) {
    struct text t;
    catalogue_hit_list hits;
    text_of(a, str_fmt(a, "set %.*s", STR_FMT(query)), S("en"), &t);
    catalogue_find(s->c, a, &t, &hits);
    for (size_t i = 0; i < hits.n; i++) {
        const struct catalogue_hit *h = &hits.v[i];
        /* Of a longer text the name may be a small part. */
        float sure = 50 + 30 * (float)(h->to - h->from) / (float)t.nwords;
        if (h->item != NONE) keep(s, h->item, sure);
        for (uint32_t k = 0; k < h->ncandidates; k++) keep(s, h->candidates[k], sure - 5);
    }
}

static void add_spelling(struct token *t, struct letters as) {
    t->needs[t->n] = letters_bits(as.p, as.n);
    t->as[t->n++] = as;
}

static void add_token(struct searching *s, arena *a, const struct word *w, size_t *budget, buf *joined) {
    char *letters = arena_alloc(a, LETTERS_MAX);
    struct letters as = letters_of_word(w->folded, letters);
    if (!as.n || s->ntokens == TOKENS_MAX) return;
    struct token *t = &s->tokens[s->ntokens++];
    add_spelling(t, as);
    buf_add(joined, (str){as.p, as.n});
    if (as.n < 4 || (w->flags & WORD_NUMBER)) return;
    uint32_t other[ALTERNATIVES_MAX], v = catalogue_vocab_of(s->c, &as);
    if (v != NONE && s->c->words[v].names) return;
    size_t n = catalogue_spell(s->c, &as, budget, other);
    for (size_t i = 0; i < n; i++) {
        if (other[i] & SPELL_PHRASE) continue;
        const struct vocab *word = &s->c->words[other[i]];
        add_spelling(t, letters_of(s->c->pool + word->letters, word->n));
    }
}

static int by_score(const struct searching *s, size_t x, size_t y) {
    if (s->kept[x].score != s->kept[y].score) return s->kept[x].score > s->kept[y].score ? -1 : 1;
    const struct catalogue_item *a = &s->c->items[s->kept[x].item], *b = &s->c->items[s->kept[y].item];
    if (a->year != b->year) return a->year > b->year ? -1 : 1;
    return str_cmp(a->id, b->id);
}

static size_t best(const struct searching *s, uint32_t *ret, size_t most) {
    size_t n = 0;
    bool taken[KEPT_MAX] = {0};
    for (; n < most && n < s->nkept; n++) {
        size_t at = KEPT_MAX;
        for (size_t i = 0; i < s->nkept; i++)
            if (!taken[i] && (at == KEPT_MAX || by_score(s, i, at) < 0)) at = i;
        taken[at] = true;
        ret[n] = s->kept[at].item;
    }
    return n;
}

size_t catalogue_search(const struct catalogue *c, arena *a, str query, uint32_t *ret, size_t most) {
    query = str_trim(str_clip_utf8(query, QUERY_MAX));
    if (!c || !c->n || !query.n) return 0;
    struct searching s = {.c = c};
    struct text t;
    size_t budget = 5000;
    BUF_AUTO buf joined = BUF_MAX(TOKENS_MAX * LETTERS_MAX);
    text_of(a, query, S("en"), &t);
    for (size_t i = 0; i < t.nwords; i++) {
        /* "Set 4127", "number 4127". */
        by_number(&s, t.words[i].folded, t.nwords == 1 ? 100 : 70);
        add_token(&s, a, &t.words[i], &budget, &joined);
    }
    by_number(&s, query, 100);
    s.all = letters_of(joined.p, joined.n);
    if (s.ntokens && joined.n >= 2) by_name(&s);
    by_letter(&s, a, query);
    return best(&s, ret, most);
}
