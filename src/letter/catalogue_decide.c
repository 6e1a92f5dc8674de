#include <stdlib.h>

#include "letter/catalogue_private.h"

/* Which of several: what else the letter names decides. An anchor is an item that is certain; what an anchor
 * holds, and what holds it, is near. */

enum {
    ANCHORS_MAX = 32,
    GROUP_MAX = 2000,   /* items of one name that are looked at */
    CONTENTS_MAX = 600, /* items of one product that are looked for by name */
    NUMBERS_MAX = 64,
    PAIRS_MAX = 8,
    PAIR_ITEMS_MAX = 48,
    INSIDE_WORDS_MAX = 4000,
};

struct deciding {
    struct finding_state *s;
    uint32_t anchors[ANCHORS_MAX];
    size_t nanchors;
    uint32_t themes[8]; /* words of the text that are a family's name */
    size_t nthemes;
    int years[8];
    size_t nyears;
};

static bool holds(const struct catalogue *c, uint32_t holder, uint32_t item) {
    const uint32_t *first = c->holders.first + item;
    for (uint32_t i = first[0]; i < first[1]; i++)
        if (c->holders.items[i] == holder) return true;
    return false;
}

static bool linked(const struct catalogue *c, uint32_t a, uint32_t b) {
    return holds(c, a, b) || holds(c, b, a);
}

static void add_anchor(struct deciding *d, uint32_t item) {
    for (size_t i = 0; i < d->nanchors; i++)
        if (d->anchors[i] == item) return;
    if (d->nanchors < ANCHORS_MAX) d->anchors[d->nanchors++] = item;
}

static uint32_t anchor_of(const struct deciding *d, uint32_t item) {
    for (size_t i = 0; i < d->nanchors; i++)
        if (linked(d->s->c, d->anchors[i], item)) return d->anchors[i];
    return NONE;
}

static bool is_anchor(const struct deciding *d, uint32_t item) {
    for (size_t i = 0; i < d->nanchors; i++)
        if (d->anchors[i] == item) return true;
    return false;
}

/* What the letter says besides: families and years. */
static void read_hints(struct deciding *d) {
    const struct finding_state *s = d->s;
    for (size_t i = 0; i < s->n; i++) {
        int64_t year;
        const struct word *w = &s->t->words[i];
        uint32_t flags = s->words[i].flags;
        if (d->nthemes < 8 && (flags & VOCAB_THEME || (flags & VOCAB_FAMILY && w->flags & WORD_CAPITAL)))
            d->themes[d->nthemes++] = (uint32_t)i;
        if ((w->flags & WORD_NUMBER) && w->folded.n == 4 && d->nyears < 8 && str_to_int(w->folded, &year) &&
            year > 1930 && year < 2100)
            d->years[d->nyears++] = (int)year;
    }
}

static bool holds_nocase(str s, str part) {
    for (size_t i = 0; part.n && i + part.n <= s.n; i++)
        if (str_eq_nocase(str_slice(s, i, i + part.n), part)) return true;
    return false;
}

static bool theme_is_said(const struct deciding *d, const struct catalogue_item *item,
                          const struct found *f) {
    for (size_t i = 0; i < d->nthemes; i++)
        if ((d->themes[i] < f->from || d->themes[i] >= f->to) &&
            holds_nocase(item->theme, d->s->t->words[d->themes[i]].folded))
            return true;
    return false;
}

static bool year_is_said(const struct deciding *d, const struct catalogue_item *item) {
    for (size_t i = 0; i < d->nyears; i++)
        if (item->year && d->years[i] == item->year) return true;
    return false;
}

/* A number and a name that share an item say the same twice. */
static void agree(struct finding_state *s, struct found *number, struct found *name) {
    for (uint32_t i = 0; i < number->nitems; i++)
        for (uint32_t k = 0; k < name->nitems && k < GROUP_MAX; k++) {
            uint32_t item = PHRASE_ITEM(number->items[i]);
            if (item != PHRASE_ITEM(name->items[k])) continue;
            uint32_t apart = number->from >= name->to ? number->from - name->to : name->from - number->to;
            bool surely =
                !number->weak || (name->weight >= 0.5f && apart < 40) || (apart < 3 && number->score > -0.3f);
            if (!surely) return;
            number->decided = name->decided = item;
            name->because = name->nitems > 1 ? item : NONE;
            number->because = NONE;
            number->weak = name->weak = false;
            (void)s;
            return;
        }
}

static void numbers_and_names(struct finding_state *s) {
    size_t looked = 0;
    for (size_t i = 0; i < s->found.n && looked < NUMBERS_MAX; i++) {
        struct found *number = &s->found.v[i];
        if (!number->number || number->part) continue;
        looked++;
        size_t names = 0;
        for (size_t k = 0; k < s->found.n && names < NUMBERS_MAX; k++) {
            struct found *name = &s->found.v[k];
            if (name->number) continue;
            names++;
            agree(s, number, name);
        }
    }
}

/* How much speaks for an item of the group. */
static float speaks_for(const struct deciding *d, const struct found *f, uint32_t entry,
                        uint32_t *ret_anchor) {
    uint32_t item = PHRASE_ITEM(entry);
    const struct catalogue_item *row = &d->s->c->items[item];
    float score = entry & PHRASE_WHOLE ? 0.4f : 0;
    *ret_anchor = NONE;
    *ret_anchor = anchor_of(d, item);
    if (is_anchor(d, item)) {
        if (*ret_anchor == NONE) *ret_anchor = item;
        return score + 3;
    }
    if (*ret_anchor != NONE) score += 2.5f;
    if (theme_is_said(d, row, f)) score += 1;
    if (year_is_said(d, row)) score += 1.5f;
    return score;
}

/* Choose among several when one stands out. */
static bool choose(struct deciding *d, struct found *f) {
    float best = -1, second = -1;
    uint32_t chosen = NONE, because = NONE, n = f->nitems < GROUP_MAX ? f->nitems : GROUP_MAX;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t anchor;
        float score = speaks_for(d, f, f->items[i], &anchor);
        if (score > best) {
            second = best;
            best = score, chosen = PHRASE_ITEM(f->items[i]), because = anchor;
        } else if (score > second) {
            second = score;
        }
    }
    if (best - second < 0.9f && n > 1) return false;
    f->decided = chosen;
    f->because = n > 1 ? because : NONE;
    f->said = n > 1 && because == NONE;
    return true;
}

/* The likeliest first, for those who are asked to choose. */
static void order_candidates(struct deciding *d, struct found *f) {
    uint32_t n = f->nitems < GROUP_MAX ? f->nitems : GROUP_MAX, top[CATALOGUE_CANDIDATES_MAX + 1], ntop = 0;
    float scores[CATALOGUE_CANDIDATES_MAX + 1];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t anchor;
        float score = speaks_for(d, f, f->items[i], &anchor);
        uint32_t at = ntop;
        while (at && scores[at - 1] < score) at--;
        if (at > CATALOGUE_CANDIDATES_MAX) continue;
        if (ntop <= CATALOGUE_CANDIDATES_MAX) ntop++;
        for (uint32_t k = ntop - 1; k > at; k--) top[k] = top[k - 1], scores[k] = scores[k - 1];
        top[at] = f->items[i], scores[at] = score;
    }
    f->items = arena_copy(d->s->a, top, ntop * sizeof *top);
    f->nitems = ntop;
}

static void decide_alone(struct deciding *d) {
    struct finding_state *s = d->s;
    for (size_t i = 0; i < s->found.n; i++) {
        struct found *f = &s->found.v[i];
        if (f->weak) continue;
        if (f->decided == NONE && f->nitems == 1) f->decided = PHRASE_ITEM(f->items[0]);
        if (f->decided != NONE) add_anchor(d, f->decided);
    }
}

/* Names with several items, by what is certain by now; twice, since each may decide another. Weak names come
 * in where they are near an anchor. */
static void decide_by_anchors(struct deciding *d) {
    struct finding_state *s = d->s;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < s->found.n; i++) {
            struct found *f = &s->found.v[i];
            if (f->decided != NONE && !f->weak) continue;
            if (f->weak && (f->number || f->weight < 0.55f || !d->nanchors)) continue;
            if (f->weak && f->to - f->from == 1 && find_is_person(s, f->from)) continue;
            struct found was = *f;
            if (!choose(d, f)) continue;
            if (was.weak && f->because == NONE && anchor_of(d, f->decided) == NONE) {
                *f = was;
                continue;
            }
            f->weak = false;
            add_anchor(d, f->decided);
        }
}

/* Is one of several that a name may mean inside of the item? */
static bool holds_a_name(const struct finding_state *s, uint32_t item) {
    size_t names = 0;
    for (size_t i = 0; i < s->found.n && names < NUMBERS_MAX; i++) {
        const struct found *f = &s->found.v[i];
        if (f->number || f->weak) continue;
        names++;
        for (uint32_t k = 0; k < f->nitems && k < PAIR_ITEMS_MAX * 4; k++)
            if (holds(s->c, item, PHRASE_ITEM(f->items[k]))) return true;
    }
    return false;
}

/* "Mutt Williams is not in our 7627": the number of what holds something certain needs no word beside it. */
static void decide_weak_numbers(struct deciding *d) {
    struct finding_state *s = d->s;
    for (size_t i = 0; i < s->found.n; i++) {
        struct found *f = &s->found.v[i];
        if (!f->weak || !f->number || f->score < -0.3f) continue;
        for (uint32_t k = 0; k < f->nitems && f->weak; k++) {
            uint32_t item = PHRASE_ITEM(f->items[k]);
            if (anchor_of(d, item) == NONE && !holds_a_name(s, item)) continue;
            f->decided = PHRASE_ITEM(f->items[k]);
            f->weak = false;
        }
    }
}

/* Two names of which only one pair belongs together. */
static bool decide_pair(struct deciding *d, struct found *f, struct found *g) {
    uint32_t pairs = 0, x = NONE, y = NONE;
    if (f->nitems > PAIR_ITEMS_MAX || g->nitems > PAIR_ITEMS_MAX) return false;
    for (uint32_t i = 0; i < f->nitems; i++)
        for (uint32_t k = 0; k < g->nitems; k++) {
            uint32_t a = PHRASE_ITEM(f->items[i]), b = PHRASE_ITEM(g->items[k]);
            if (a == b || !linked(d->s->c, a, b)) continue;
            pairs++;
            x = a, y = b;
        }
    if (pairs != 1) return false;
    f->decided = x, f->because = y;
    g->decided = y, g->because = x;
    add_anchor(d, x);
    add_anchor(d, y);
    return true;
}

static void decide_pairs(struct deciding *d) {
    struct finding_state *s = d->s;
    struct found *open[PAIRS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s->found.n && n < PAIRS_MAX; i++)
        if (!s->found.v[i].weak && s->found.v[i].decided == NONE) open[n++] = &s->found.v[i];
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            if (open[i]->decided == NONE && open[k]->decided == NONE) decide_pair(d, open[i], open[k]);
}

/* What is named of a product's contents: "Jay" after its set was named. */

struct inside {
    struct deciding *d;
    uint32_t *heads, *next; /* words of the text by the hash of their letters */
    size_t cap, n;
    uint8_t *taken;
    found_list best; /* at most one a place */
};

static struct inside inside_of(struct deciding *d) {
    struct finding_state *s = d->s;
    struct inside in = {.d = d, .cap = 64, .n = s->n < INSIDE_WORDS_MAX ? s->n : INSIDE_WORDS_MAX};
    while (in.cap < in.n * 2) in.cap *= 2;
    in.heads = arena_array(s->a, in.cap, sizeof *in.heads);
    in.next = arena_array(s->a, in.n, sizeof *in.next);
    in.taken = arena_array(s->a, in.n + 1, 1);
    for (size_t i = in.n; i-- > 0;) {
        size_t at = slots_tag(s->words[i].letters.hash) & (in.cap - 1);
        in.next[i] = in.heads[at];
        in.heads[at] = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < s->found.n; i++)
        for (uint32_t k = s->found.v[i].from; !s->found.v[i].weak && k < s->found.v[i].to && k < in.n; k++)
            in.taken[k] = 1;
    return in;
}

static bool letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* The next word of a name in the catalogue; a name's description is not looked at. */
static bool next_word(str name, size_t *at, char *to, struct letters *ret) {
    while (*at < name.n && !letter_or_digit(name.p[*at])) {
        if (strchr("(,/[", name.p[*at])) return false;
        ++*at;
    }
    size_t n = 0;
    for (; *at < name.n && (letter_or_digit(name.p[*at]) || name.p[*at] == '\''); ++*at)
        if (n < LETTERS_MAX)
            to[n++] = name.p[*at] >= 'A' && name.p[*at] <= 'Z' ? (char)(name.p[*at] + 32) : name.p[*at];
    str word = {to, n};
    if (!n || str_eq(word, S("with")) || str_eq(word, S("in")) || str_eq(word, S("without"))) return false;
    char letters[LETTERS_MAX];
    struct letters w = letters_of_word(word, letters);
    memcpy(to, letters, w.n);
    w.p = to;
    *ret = w;
    return true;
}

/* How many words of the text from `at` on are those of the name, and whether that is all of it. */
static size_t words_alike(const struct inside *in, str name, size_t at, bool *ret_all) {
    const struct finding_state *s = in->d->s;
    size_t place = 0, n = 0;
    char letters[LETTERS_MAX];
    struct letters w;
    while (next_word(name, &place, letters, &w)) {
        *ret_all = false;
        if (at + n >= in->n || in->taken[at + n]) return n;
        const struct letters *t = &s->words[at + n].letters;
        if (t->n != w.n || memcmp(t->p, w.p, w.n) != 0) return n;
        n++;
    }
    *ret_all = n > 0;
    return n;
}

static bool may_stand_inside(const struct inside *in, const struct catalogue_item *item, size_t at, size_t n,
                             bool all) {
    const struct finding_state *s = in->d->s;
    uint32_t near = s->sentence_flags[s->t->words[at].sentence];
    bool common = true;
    for (size_t i = at; i < at + n; i++)
        if (!(s->words[i].flags & (VOCAB_COMMON | VOCAB_LITTLE | VOCAB_CUE | VOCAB_HINT | VOCAB_PART)))
            common = false;
    if (find_is_person(s, at)) return false;
    if (item->kind == CATALOGUE_PART) return all && near & (VOCAB_LOST | VOCAB_PART);
    if (common) return all && near & (VOCAB_LOST | VOCAB_CUE);
    return s->words[at].letters.n > 2;
}

static void keep_inside(struct inside *in, uint32_t item, uint32_t holder, size_t at, size_t n) {
    struct finding_state *s = in->d->s;
    struct found *f = NULL;
    for (size_t i = 0; i < in->best.n && !f; i++)
        if (in->best.v[i].from == at) f = &in->best.v[i];
    if (f && f->to > at + n) return;
    if (!f) f = list_add(s->a, &in->best);
    if (f->to != at + n) {
        *f = (struct found){
            .from = (uint32_t)at, .to = (uint32_t)(at + n), .decided = NONE, .because = holder};
        f->items = arena_array(s->a, CATALOGUE_CANDIDATES_MAX, sizeof *f->items);
        f->score = 1.5f;
        f->inside = true;
    }
    for (uint32_t i = 0; i < f->nitems; i++)
        if (f->items[i] == item) return;
    if (f->nitems < CATALOGUE_CANDIDATES_MAX) f->items[f->nitems++] = item;
}

/* From its first word on; or, where that is "Dr." or a first name, from the second. */
static void look_for(struct inside *in, uint32_t item, uint32_t holder) {
    const struct finding_state *s = in->d->s;
    const struct catalogue_item *row = &s->c->items[item];
    char letters[LETTERS_MAX];
    struct letters word;
    size_t place = 0;
    for (int k = 0; k < 2; k++) {
        size_t start = place;
        if (!next_word(row->name, &place, letters, &word)) return;
        if (k && (word.n < 4 || row->kind != CATALOGUE_FIGURE)) return;
        for (uint32_t i = in->heads[slots_tag(word.hash) & (in->cap - 1)]; i; i = in->next[i - 1]) {
            size_t at = i - 1;
            bool all = false;
            size_t n =
                in->taken[at] ? 0 : words_alike(in, str_slice(row->name, start, row->name.n), at, &all);
            if (k && n && s->words[at].flags & (VOCAB_COMMON | VOCAB_LITTLE)) continue;
            if (n && in->best.n < 64 && may_stand_inside(in, row, at, n, all))
                keep_inside(in, item, holder, at, n);
        }
    }
}

static void look_inside(struct deciding *d) {
    struct finding_state *s = d->s;
    if (!d->nanchors) return;
    struct inside in = inside_of(d);
    bool parts = s->flags & (VOCAB_LOST | VOCAB_PART);
    for (size_t i = 0; i < d->nanchors; i++) {
        const uint32_t *first = s->c->contents.first + d->anchors[i];
        for (uint32_t k = first[0]; k < first[1] && k < first[0] + CONTENTS_MAX; k++) {
            uint32_t item = s->c->contents.items[k];
            if (s->c->items[item].kind != CATALOGUE_PART || parts) look_for(&in, item, d->anchors[i]);
        }
        if (s->c->items[d->anchors[i]].kind == CATALOGUE_FIGURE) look_for(&in, d->anchors[i], d->anchors[i]);
    }
    for (size_t i = 0; i < in.best.n && s->found.n < FOUND_MAX; i++) {
        struct found f = in.best.v[i];
        if (f.nitems == 1) f.decided = f.items[0];
        for (uint32_t k = 0; k < f.nitems && f.decided == NONE; k++)
            if (is_anchor(d, f.items[k])) f.decided = f.items[k];
        if (f.because == f.decided) f.because = NONE, f.inside = false;
        *list_add(s->a, &s->found) = f;
    }
}

void find_decide(struct finding_state *s) {
    struct deciding d = {.s = s};
    read_hints(&d);
    numbers_and_names(s);
    decide_alone(&d);
    decide_weak_numbers(&d);
    decide_alone(&d);
    decide_by_anchors(&d);
    decide_pairs(&d);
    decide_by_anchors(&d);
    look_inside(&d);
    size_t kept = 0;
    for (size_t i = 0; i < s->found.n; i++) {
        struct found f = s->found.v[i];
        if (f.weak) continue;
        if (f.nitems > 1) order_candidates(&d, &f);
        s->found.v[kept++] = f;
    }
    s->found.n = kept;
}
