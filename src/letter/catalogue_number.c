#include <stdlib.h>

#include "letter/catalogue_private.h"

/* Numbers: an id in a text is a hit when what stands around says so, since a third of all numbers of four
 * digits are the number of something. */

enum { ID_WORDS_MAX = 4, ITEMS_MAX = 64 };
static const float ENOUGH = 1.0f, WEAK = -0.7f;

uint32_t find_around(const struct finding_state *s, size_t from, size_t to, size_t before, size_t after) {
    const struct sentence *in = &s->t->sentences[s->t->words[from].sentence];
    uint32_t flags = 0;
    for (size_t i = from; i-- > in->word && from - i <= before;) flags |= s->words[i].flags;
    for (size_t i = to; i < in->word + in->words && i < to + after; i++) flags |= s->words[i].flags;
    return flags;
}

static bool joined_to_next(const struct text *t, size_t i) {
    return i + 1 < t->nwords && t->words[i].end + 1 == t->words[i + 1].start &&
           strchr("-/_.", t->bytes.p[t->words[i].end]) && t->bytes.p[t->words[i].end];
}

static bool has_digit(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9') return true;
    return false;
}

static size_t digits_of(str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] >= '0' && s.p[i] <= '9';
    return n;
}

/* Items whose id, or the id without its last number, is this; products before the rest. */
static size_t items_with(const struct catalogue *c, uint64_t hash, str first_word, size_t words,
                         uint32_t *ret, size_t *ret_products) {
    uint32_t found[ITEMS_MAX];
    size_t n = 0, nret = 0;
    uint32_t tag = slots_tag(hash);
    for (size_t at = slots_at(&c->ids, hash); c->ids.tags[at] && n < ITEMS_MAX;
         at = (at + 1) & (c->ids.cap - 1)) {
        if (c->ids.tags[at] != tag) continue;
        const struct catalogue_item *item = &c->items[c->ids.values[at]];
        if (str_starts_nocase(item->id, str_slice(first_word, 0, 4))) found[n++] = c->ids.values[at];
    }
    (void)words;
    for (size_t i = 0; i < n; i++)
        if (c->items[found[i]].kind != CATALOGUE_PART) ret[nret++] = found[i];
    *ret_products = nret;
    for (size_t i = 0; i < n; i++)
        if (c->items[found[i]].kind == CATALOGUE_PART) ret[nret++] = found[i];
    return nret;
}

static bool mark_before(const struct text *t, size_t at, const char *mark) {
    size_t n = strlen(mark);
    return at >= n && memcmp(t->bytes.p + at - n, mark, n) == 0;
}
static bool mark_at(const struct text *t, size_t at, const char *mark) {
    return str_starts(str_slice(t->bytes, at, t->bytes.n), str_z(mark));
}

/* What the marks right before and behind say. */
static float marks_say(const struct text *t, const struct word *first, const struct word *last) {
    size_t from = first->start, to = last->end;
    if (mark_before(t, from, "#")) return 1.2f;
    if (mark_before(t, from, "$") || mark_before(t, from, "\xC2\xA3") ||
        mark_before(t, from, "\xE2\x82\xAC") || mark_at(t, to, "%") || mark_at(t, to, "\xE2\x82\xAC") ||
        mark_at(t, to, " \xE2\x82\xAC") || mark_before(t, from, "+") ||
        mark_before(t, from, "\xE2\x82\xAC ") || mark_before(t, from, "=") || mark_before(t, from, "/") ||
        mark_before(t, from, ":") || mark_before(t, from, "_") || mark_before(t, from, "v"))
        return -2;
    if (mark_before(t, from, "(") && mark_at(t, to, ")")) return 0.5f;
    return 0;
}

static bool is_number_word(const struct finding_state *s, size_t i) {
    return i < s->n && (s->t->words[i].flags & WORD_NUMBER) && digits_of(s->t->words[i].folded) > 1;
}

/* Another number beside it, with a space or a point between: a telephone, a date, a table. */
static bool beside_number(const struct finding_state *s, size_t from, size_t to) {
    const struct word *w = s->t->words;
    return (from && is_number_word(s, from - 1) && w[from].start - w[from - 1].end == 1) ||
           (is_number_word(s, to) && w[to].start - w[to - 1].end == 1);
}

static float shape_says(str text, size_t words) {
    size_t digits = digits_of(text), letters = text.n - digits;
    int64_t year;
    if (words > 1) return digits >= 3 || letters >= 4 ? 1.0f : 0; /* the hyphen is a letter here */
    if (letters) return text.n >= 7 && digits >= 4 ? 1.2f : text.n >= 5 && digits >= 4 ? 0.4f : -0.4f;
    if (digits == 4 && str_to_int(text, &year) && year >= 1930 && year <= 2035) return -0.9f;
    float round = str_ends(text, S("00")) ? 0.3f : 0;
    return (digits >= 7   ? 0.8f
            : digits >= 5 ? 0.5f
            : digits == 4 ? 0.4f
            : digits == 3 ? -0.3f
                          : -1.3f) -
           round;
}

static float around_says(const struct finding_state *s, size_t from, size_t to) {
    uint32_t near = find_around(s, from, to, 3, 1), wide = s->sentence_flags[s->t->words[from].sentence];
    uint32_t next = find_around(s, from, to, 0, 1), other = find_around(s, from, to, 2, 0);
    float says = 0;
    if (find_around(s, from, to, 2, 1) & VOCAB_CUE)
        says += 0.9f;
    else if (wide & VOCAB_CUE)
        says += 0.4f;
    if (near & VOCAB_NUMBER) says += 0.7f;
    if (near & VOCAB_THEME) says += 0.4f;
    if (wide & VOCAB_HINT) says += 0.25f;
    if (s->flags & VOCAB_CUE) says += 0.15f;
    if (next & VOCAB_UNIT) says -= 1.6f;
    if (other & VOCAB_OTHER) says -= 1.6f;
    if (beside_number(s, from, to)) says -= 1;
    if (s->n <= 2)
        says += 0.6f;
    else if (s->n <= 6)
        says += 0.2f;
    return says;
}

static float part_says(const struct finding_state *s, size_t from, size_t to, str text) {
    uint32_t near = find_around(s, from, to, 4, 2);
    float says = near & VOCAB_PART                                            ? 1.3f
                 : s->sentence_flags[s->t->words[from].sentence] & VOCAB_PART ? 0.5f
                                                                              : 0;
    size_t digits = digits_of(text);
    if (near & VOCAB_NUMBER) says += 0.2f;
    if (find_around(s, from, to, 0, 1) & VOCAB_UNIT) says -= 1;
    if (find_around(s, from, to, 2, 0) & VOCAB_OTHER) says -= 1.6f;
    if (text.n > digits && text.n >= 7 && digits >= 4) return says + 1.2f;
    return says + (text.n > digits && text.n >= 5 && digits >= 4 ? 0.4f : digits >= 4 ? 0 : -0.5f);
}

static void add_number(struct finding_state *s, size_t from, size_t to, const uint32_t *items, size_t n,
                       float score, bool part) {
    struct found *f = list_add(s->a, &s->found);
    *f = (struct found){.from = (uint32_t)from,
                        .to = (uint32_t)to,
                        .score = score,
                        .weight = 1,
                        .number = true,
                        .part = part,
                        .weak = score < ENOUGH,
                        .decided = NONE,
                        .because = NONE};
    f->items = arena_array(s->a, n, sizeof *f->items);
    /* "71001-1" before "71001-17". */
    for (size_t i = 0; i < n; i++) {
        size_t at = f->nitems++;
        for (; at; at--) {
            str a = s->c->items[PHRASE_ITEM(f->items[at - 1])].id, b = s->c->items[items[i]].id;
            if (a.n < b.n || (a.n == b.n && str_cmp(a, b) <= 0)) break;
            f->items[at] = f->items[at - 1];
        }
        f->items[at] = items[i] | PHRASE_WHOLE;
    }
    /* The first edition is meant, unless the number is that of a whole series. */
    if (f->nitems == 1 || (f->nitems <= 3 && str_ends(s->c->items[PHRASE_ITEM(f->items[0])].id, S("-1"))))
        f->decided = PHRASE_ITEM(f->items[0]);
}

/* Of "set" and "part", the one that stands nearest before the number tells what it is the number of. */
static bool part_is_nearer(const struct finding_state *s, size_t from) {
    for (size_t i = from;
         i-- > 0 && from - i <= 4 && s->t->words[i].sentence == s->t->words[from].sentence;) {
        if (s->words[i].flags & VOCAB_PART) return true;
        if (s->words[i].flags & (VOCAB_CUE | VOCAB_THEME)) return false;
    }
    return false;
}

/* An id of `words` words at `from`; false when there is none. */
static bool number_at(struct finding_state *s, size_t from, size_t words, str part_of_word) {
    const struct word *w = s->t->words + from;
    uint64_t hash = 0;
    bool digit = false;
    for (size_t i = 0; i < words; i++) {
        str text = part_of_word.n ? part_of_word : w[i].folded;
        hash = id_join(hash, text);
        digit = digit || has_digit(text);
    }
    str first = part_of_word.n ? part_of_word : w->folded;
    if (!digit) return false;
    uint32_t items[ITEMS_MAX];
    size_t products, n = items_with(s->c, hash, first, words, items, &products);
    if (!n) return false;
    str text = words > 1 ? text_span(s->t, from, from + words) : first;
    float marks = marks_say(s->t, w, w + words - 1);
    float product = marks + shape_says(text, words) + around_says(s, from, from + words);
    float part = marks + part_says(s, from, from + words, text) + (words > 1 ? 0.6f : 0);
    if (part_of_word.n) product += 0.6f;
    bool as_part =
        products == 0 || (products < n && part >= ENOUGH && (part > product || part_is_nearer(s, from)));
    float score = as_part ? part : product;
    if (score < (as_part ? ENOUGH : WEAK)) return words > 1;
    if (as_part)
        add_number(s, from, from + words, items + products, n - products, score, true);
    else
        add_number(s, from, from + words, items, products, score, false);
    return true;
}

/* "lego9449", "nr9449". */
static void number_behind_word(struct finding_state *s, size_t i) {
    str word = s->t->words[i].folded;
    size_t at = word.n;
    while (at && word.p[at - 1] >= '0' && word.p[at - 1] <= '9') at--;
    if (!at || word.n - at < 4 || at > LETTERS_MAX) return;
    char letters[LETTERS_MAX];
    struct letters w = letters_of_word(str_slice(word, 0, at), letters);
    uint32_t v = catalogue_vocab_of(s->c, &w);
    if (v != NONE && s->c->words[v].flags & (VOCAB_CUE | VOCAB_NUMBER | VOCAB_THEME))
        number_at(s, i, 1, str_slice(word, at, word.n));
}

void find_numbers(struct finding_state *s) {
    const struct text *t = s->t;
    for (size_t i = 0; i < s->n && s->found.n < FOUND_MAX; i++) {
        const struct word *w = &t->words[i];
        bool joined = joined_to_next(t, i), before = i && joined_to_next(t, i - 1);
        if ((w->flags & WORD_LINK) || (!joined && !has_digit(w->folded))) continue;
        size_t words = 1;
        while (joined && words < ID_WORDS_MAX && joined_to_next(t, i + words - 1)) words++;
        bool is = false;
        size_t k = words;
        for (; k > 1 && !is; k--) is = number_at(s, i, k, S(""));
        if (is) {
            i += k;
            continue;
        }
        /* A piece of "2026-54010" is no number by itself. */
        if (!has_digit(w->folded) || joined || (before && has_digit(t->words[i - 1].folded))) continue;
        if (!number_at(s, i, 1, S(""))) number_behind_word(s, i);
    }
}
