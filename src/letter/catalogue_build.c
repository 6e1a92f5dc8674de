#include <stdlib.h>

#include "letter/catalogue_private.h"
#include "letter/pack.h"

/* THEMES_BYTES: room for the words of all themes together; what does not fit is not known as a theme. */
enum { THEME_BYTES = 200, THEMES_BYTES = 256 << 10 };

/* Names on their way into the tables. */
struct name {
    uint32_t item; /* with PHRASE_WHOLE */
    uint32_t first, words;
    uint8_t flags;
};
typedef LIST(struct name) name_list;
typedef LIST(struct letters) letters_list;
typedef LIST(struct vocab) vocab_list;

struct builder {
    struct catalogue *c;
    arena *a;       /* for as long as it is built */
    arena *scratch; /* for one name */
    letters_list words;
    name_list names;
    vocab_list vocab;
    uint32_t *phrase_of; /* of each name */
};

static const struct {
    const char *group;
    uint16_t flag;
} groups[] = {
    {"catalogue_common", VOCAB_COMMON}, {"catalogue_cue", VOCAB_CUE},
    {"catalogue_hint", VOCAB_HINT},     {"catalogue_part", VOCAB_PART},
    {"catalogue_number", VOCAB_NUMBER}, {"catalogue_unit", VOCAB_UNIT},
    {"catalogue_other", VOCAB_OTHER},   {"catalogue_lost", VOCAB_LOST},
    {"catalogue_little", VOCAB_LITTLE}, {"catalogue_person", VOCAB_PERSON},
    {"catalogue_place", VOCAB_PLACE},
};

uint32_t catalogue_vocab_of(const struct catalogue *c, const struct letters *w) {
    uint32_t tag = slots_tag(w->hash);
    for (size_t at = slots_at(&c->vocab, w->hash); c->vocab.tags[at]; at = (at + 1) & (c->vocab.cap - 1)) {
        if (c->vocab.tags[at] != tag) continue;
        const struct vocab *v = &c->words[c->vocab.values[at]];
        if (v->n == w->n && memcmp(c->pool + v->letters, w->p, w->n) == 0) return c->vocab.values[at];
    }
    return NONE;
}

/* Where a name may end earlier: at what describes more than it names. */
static size_t cut_of(str name, catalogue_kind kind) {
    static const char *const product[] = {"(", " - ", " \xE2\x80\x93 ", " \xE2\x80\x94 ", " [", " {"};
    static const char *const figure[] = {"(",    " - ",       " / ",       ",", " with ",
                                         " in ", " without ", " wearing ", " ["};
    size_t cut = name.n;
    const char *const *marks = kind == CATALOGUE_PRODUCT ? product : figure;
    size_t n = kind == CATALOGUE_PRODUCT ? sizeof product / sizeof *product : sizeof figure / sizeof *figure;
    for (size_t i = 0; i < n; i++) {
        size_t at = str_find(name, str_z(marks[i]), 1);
        if (at < cut) cut = at;
    }
    return cut;
}

static bool is_article(const struct letters *w) {
    str s = {w->p, w->n};
    return str_eq(s, S("the")) || str_eq(s, S("a")) || str_eq(s, S("an"));
}

/* "Dr. Winston Zeddemore" is as well known without. */
static bool is_title(const struct letters *w) {
    static const char *const titles[] = {"dr", "mr", "mrs", "ms", "prof", "professor", "sir", "lady", "lord"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (str_eq((str){w->p, w->n}, str_z(titles[i]))) return true;
    return false;
}

static void add_range(struct builder *b, uint32_t first, uint32_t words, uint32_t item, uint8_t flags) {
    while (words > 1 && is_article(&b->words.v[first])) first++, words--;
    if (!words || words > PHRASE_WORDS_MAX) return;
    bool digits = true;
    for (uint32_t i = first; i < first + words; i++)
        for (uint32_t k = 0; k < b->words.v[i].n; k++)
            if (b->words.v[i].p[k] < '0' || b->words.v[i].p[k] > '9') digits = false;
    if (!digits) *list_add(b->a, &b->names) = (struct name){item, first, words, flags};
}

/* A name's words; and the name whole, up to where it begins to describe, and what follows a colon. */
static void add_name(struct builder *b, str name, catalogue_kind kind, uint32_t item, bool alias) {
    arena_reset(b->scratch);
    struct text t;
    text_of(b->scratch, name, S(""), &t);
    uint32_t first = (uint32_t)b->words.n, all = 0, cut_words = 0, colon_words = 0;
    size_t cut = alias ? name.n : cut_of(name, kind), colon = str_find(name, S(": "), 1);
    for (size_t i = 0; i < t.nwords && i < 32; i++) {
        char letters[LETTERS_MAX];
        struct letters w = letters_of_word(t.words[i].folded, letters);
        if (!w.n) continue;
        w.p = arena_copy(b->a, letters, w.n);
        *list_add(b->a, &b->words) = w;
        all++;
        if (t.words[i].start < cut) cut_words++;
        if (t.words[i].start < colon) colon_words++;
    }
    uint8_t flags = alias ? PHRASE_ALIAS : 0;
    add_range(b, first, all, item | PHRASE_WHOLE, flags);
    if (alias) return;
    if (cut_words < all) add_range(b, first, cut_words, item, flags);
    /* "Peregrin Took (Pippin)". */
    size_t open = kind == CATALOGUE_FIGURE ? str_find_char(name, '(', 0) : SIZE_MAX;
    if (open != SIZE_MAX && cut_words + 1 == all && str_ends(name, S(")")) &&
        b->words.v[first + cut_words].n > 3 && open == cut)
        add_range(b, first + cut_words, 1, item, flags);
    if (kind == CATALOGUE_FIGURE && cut_words > 1 && is_title(&b->words.v[first]))
        add_range(b, first + 1, cut_words - 1, item, flags);
    if (kind == CATALOGUE_PRODUCT && colon_words < all && all - colon_words > 1)
        add_range(b, first + colon_words, all - colon_words, item, flags);
}

static void vocab_grow(struct builder *b) {
    struct slots *s = &b->c->vocab;
    if (s->cap && (b->vocab.n + 1) * 2 < s->cap) return;
    *s = (struct slots){0};
    slots_grow(b->a, s, b->vocab.n * 4 + 1000);
    for (size_t i = 0; i < b->vocab.n; i++) slots_put(s, b->vocab.v[i].hash, (uint32_t)i);
}

static struct vocab *vocab_add(struct builder *b, const struct letters *w, uint32_t pool_at) {
    struct catalogue *c = b->c;
    vocab_grow(b);
    c->words = b->vocab.v;
    uint32_t at = catalogue_vocab_of(c, w);
    if (at != NONE) return &b->vocab.v[at];
    slots_put(&c->vocab, w->hash, (uint32_t)b->vocab.n);
    struct vocab *v = list_add(b->a, &b->vocab);
    *v = (struct vocab){.hash = w->hash, .letters = pool_at, .n = (uint16_t)w->n};
    return v;
}

static uint32_t pool_add(struct catalogue *c, const struct letters *w) {
    uint32_t at = (uint32_t)c->pool_n;
    memcpy(c->pool + at, w->p, w->n);
    c->pool_n += w->n;
    return at;
}

/* A word that is not in a name: of a list, or of a theme. */
static void flag_word(struct builder *b, str folded, uint16_t flag) {
    char letters[LETTERS_MAX];
    struct letters w = letters_of_word(folded, letters);
    if (!w.n) return;
    uint32_t at = catalogue_vocab_of(b->c, &w);
    if (at == NONE && (b->c->pool_n + w.n > b->c->pool_cap)) return;
    struct vocab *v = at != NONE ? &b->vocab.v[at] : vocab_add(b, &w, pool_add(b->c, &w));
    b->c->words = b->vocab.v;
    if (flag == VOCAB_THEME && v->flags & VOCAB_LITTLE) return;
    v->flags |= flag == VOCAB_THEME && v->flags & VOCAB_COMMON ? VOCAB_FAMILY : flag;
}

static size_t each_list_word(struct builder *b, bool count_only) {
    size_t n = 0;
    for (size_t l = 0; pack_language(l); l++) {
        const struct pack *p = pack_find(str_z(pack_language(l)));
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            const str *lines;
            size_t nlines = pack_lines(p, groups[g].group, &lines);
            for (size_t i = 0; i < nlines; i++) {
                str rest = lines[i], word;
                while (str_split(&rest, ' ', &word)) {
                    if (!word.n) continue;
                    n += word.n;
                    if (!count_only) flag_word(b, word, groups[g].flag);
                }
            }
        }
    }
    return n;
}

/* Themes are stored once each, so that a pointer tells them apart. */
static void flag_themes(struct builder *b) {
    struct slots seen = {0};
    slots_grow(b->a, &seen, b->c->n);
    for (size_t i = 0; i < b->c->n; i++) {
        str theme = b->c->items[i].theme;
        uint64_t key = (uint64_t)(uintptr_t)theme.p;
        if (!theme.n || slots_get(&seen, key, NULL) != NONE) continue;
        slots_put(&seen, key, 0);
        arena_reset(b->scratch);
        struct text t;
        text_of(b->scratch, str_clip_utf8(theme, THEME_BYTES), S(""), &t);
        for (size_t k = 0; k < t.nwords; k++)
            if (t.words[k].folded.n > 2) flag_word(b, t.words[k].folded, VOCAB_THEME);
    }
}

/* The phrase with the letters of this name; made when there is none. */
static uint32_t phrase_of(struct builder *b, struct slots *known, const struct name *name) {
    struct catalogue *c = b->c;
    const struct letters *w = &b->words.v[name->first];
    uint64_t hash = 0;
    size_t n = 0;
    for (uint32_t i = 0; i < name->words; i++) hash = letters_join(hash, &w[i]), n += w[i].n;
    uint32_t tag = slots_tag(hash);
    for (size_t at = slots_at(known, hash); known->tags[at]; at = (at + 1) & (known->cap - 1)) {
        if (known->tags[at] != tag) continue;
        const struct phrase *p = &c->phrases[known->values[at]];
        size_t same = 0;
        for (uint32_t i = 0; i < name->words && p->n == n; i++) {
            if (memcmp(c->pool + p->letters + same, w[i].p, w[i].n) != 0) break;
            same += w[i].n;
        }
        if (same == n) return known->values[at];
    }
    slots_put(known, hash, (uint32_t)c->nphrases);
    c->phrases[c->nphrases] = (struct phrase){.letters = (uint32_t)c->pool_n,
                                              .n = (uint16_t)n,
                                              .words = (uint8_t)name->words,
                                              .flags = name->flags};
    for (uint32_t i = 0; i < name->words; i++) vocab_add(b, &w[i], pool_add(c, &w[i]))->names++;
    return (uint32_t)c->nphrases++;
}

static void add_nodes(struct builder *b, const struct name *name, uint32_t phrase) {
    const struct letters *w = &b->words.v[name->first];
    struct slots *nodes = &b->c->nodes;
    uint64_t hash = 0;
    for (uint32_t i = 0; i < name->words; i++) {
        hash = letters_join(hash, &w[i]);
        bool last = i + 1 == name->words;
        uint32_t at = NONE;
        slots_get(nodes, hash, &at);
        if (at == NONE)
            slots_put(nodes, hash, last ? phrase : NONE);
        else if (last && nodes->values[at] == NONE)
            nodes->values[at] = phrase;
    }
}

static float word_weight(const struct vocab *v, const char *letters) {
    bool digits = true;
    for (uint16_t i = 0; i < v->n; i++)
        if (letters[i] < '0' || letters[i] > '9') digits = false;
    if (v->flags & VOCAB_LITTLE) return 0;
    if (v->flags & (VOCAB_COMMON | VOCAB_CUE | VOCAB_HINT)) return 0.25f;
    if (v->n == 1) return 0.2f;
    if (digits) return 0.3f;
    if (v->n == 2) return 0.7f;
    return v->names <= 20 ? 1.0f : v->names <= 200 ? 0.8f : 0.6f;
}

static void weigh_phrases(struct builder *b) {
    struct catalogue *c = b->c;
    for (size_t i = 0; i < b->names.n; i++) {
        struct phrase *p = &c->phrases[b->phrase_of[i]];
        if (p->weight > 0) continue;
        for (uint32_t k = 0; k < b->names.v[i].words; k++) {
            const struct letters *w = &b->words.v[b->names.v[i].first + k];
            uint32_t at = catalogue_vocab_of(c, w);
            if (at != NONE) p->weight += word_weight(&c->words[at], w->p);
        }
        if (p->flags & PHRASE_ALIAS) p->weight += 1;
    }
}

/* Which items each phrase is a name of: counted, then filled, each item once. */
static void fill_items(struct builder *b) {
    struct catalogue *c = b->c;
    for (size_t i = 0; i < b->names.n; i++) c->phrases[b->phrase_of[i]].nitems++;
    uint32_t first = 0;
    for (size_t i = 0; i < c->nphrases; i++) {
        c->phrases[i].first = first;
        first += c->phrases[i].nitems;
        c->phrases[i].nitems = 0;
    }
    c->phrase_items = arena_array(c->a, first, sizeof *c->phrase_items);
    for (size_t i = 0; i < b->names.n; i++) {
        struct phrase *p = &c->phrases[b->phrase_of[i]];
        uint32_t *items = c->phrase_items + p->first, item = b->names.v[i].item;
        /* Names of one item follow each other, so its last place is enough to look at; but other names come
         * at the end. */
        uint32_t k = p->nitems;
        uint32_t back = b->names.v[i].flags & PHRASE_ALIAS ? 1000 : 1;
        while (k && p->nitems - k < back && PHRASE_ITEM(items[k - 1]) != PHRASE_ITEM(item)) k--;
        if (k && PHRASE_ITEM(items[k - 1]) == PHRASE_ITEM(item))
            items[k - 1] |= item & PHRASE_WHOLE;
        else
            items[p->nitems++] = item;
    }
}

static void collect_names(struct builder *b) {
    struct catalogue *c = b->c;
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].kind != CATALOGUE_PART)
            add_name(b, str_clip_utf8(c->items[i].name, 400), c->items[i].kind, (uint32_t)i, false);
    for (size_t i = 0; i < c->naliases; i++)
        add_name(b, str_clip_utf8(c->aliases[i].alias, 400), c->items[c->aliases[i].item].kind,
                 c->aliases[i].item, true);
}

/* "9449-1" is known as "9449-1" and as "9449". Ids are cut in words as a text is. */
static void add_ids(struct builder *b) {
    struct catalogue *c = b->c;
    slots_grow(c->a, &c->exact, c->n);
    slots_grow(c->a, &c->ids, c->n * 2);
    for (size_t i = 0; i < c->n; i++) {
        const struct catalogue_item *item = &c->items[i];
        slots_put(&c->exact, str_hash(item->id) ^ (uint64_t)item->kind, (uint32_t)i);
        arena_reset(b->scratch);
        struct text t;
        text_of(b->scratch, str_clip_utf8(item->id, 100), S(""), &t);
        uint64_t hash = 0, before = 0;
        for (size_t k = 0; k < t.nwords; k++) {
            before = hash;
            hash = id_join(hash, t.words[k].folded);
        }
        if (!t.nwords) continue;
        slots_put(&c->ids, hash, (uint32_t)i);
        if (t.nwords == 2 && item->kind == CATALOGUE_PRODUCT && (t.words[1].flags & WORD_NUMBER) &&
            t.words[1].folded.n < 4)
            slots_put(&c->ids, before, (uint32_t)i);
    }
}

void catalogue_build_names(struct catalogue *c) {
    struct builder b = {.c = c, .a = arena_new((size_t)1 << 30), .scratch = arena_new(0)};
    collect_names(&b);
    size_t words = 0, letters = 0;
    for (size_t i = 0; i < b.names.n; i++)
        for (uint32_t k = 0; k < b.names.v[i].words; k++)
            words++, letters += b.words.v[b.names.v[i].first + k].n;
    c->pool_cap = letters + each_list_word(&b, true) + THEMES_BYTES;
    c->pool = arena_alloc(c->a, c->pool_cap);
    vocab_grow(&b);
    slots_grow(c->a, &c->nodes, words);
    c->phrases = arena_array(c->a, b.names.n, sizeof *c->phrases);
    b.phrase_of = arena_array(b.a, b.names.n, sizeof *b.phrase_of);
    struct slots known = {0};
    slots_grow(b.a, &known, b.names.n);
    for (size_t i = 0; i < b.names.n; i++) {
        b.phrase_of[i] = phrase_of(&b, &known, &b.names.v[i]);
        c->phrases[b.phrase_of[i]].flags |= b.names.v[i].flags;
        add_nodes(&b, &b.names.v[i], b.phrase_of[i]);
    }
    each_list_word(&b, false);
    flag_themes(&b);
    c->nwords = b.vocab.n;
    c->vocab.tags = arena_copy(c->a, c->vocab.tags, c->vocab.cap * sizeof *c->vocab.tags);
    c->vocab.values = arena_copy(c->a, c->vocab.values, c->vocab.cap * sizeof *c->vocab.values);
    c->words = arena_copy(c->a, b.vocab.v, b.vocab.n * sizeof *b.vocab.v);
    weigh_phrases(&b);
    fill_items(&b);
    add_ids(&b);
    arena_free(b.scratch);
    arena_free(b.a);
}
