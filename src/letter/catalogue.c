#include "letter/catalogue.h"

#include <stdlib.h>

#include "base/lang.h"
#include "letter/catalogue_private.h"

enum { ARENA_LIMIT = 1 << 30, HITS_MAX = 1000 };

struct letters letters_of(const char *p, size_t n) {
    struct letters l = {p, (uint32_t)n, 0, 1};
    for (size_t i = 0; i < n; i++) {
        l.hash = l.hash * LETTERS_P + (unsigned char)p[i] + 1;
        l.power *= LETTERS_P;
    }
    return l;
}

struct letters letters_of_word(str folded, char *to) {
    size_t n = 0;
    for (size_t i = 0; i < folded.n && n < LETTERS_MAX; i++)
        if (folded.p[i] != '\'') to[n++] = folded.p[i];
    if (n > 3 && to[n - 1] == 's' && to[n - 2] != 's') n--;
    return letters_of(to, n);
}

static uint64_t mix(uint64_t h) {
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    h ^= h >> 29;
    return h * 0xD6E8FEB86659FD93u;
}

uint32_t slots_tag(uint64_t hash) {
    uint32_t tag = (uint32_t)mix(hash);
    return tag ? tag : 1;
}

size_t slots_at(const struct slots *s, uint64_t hash) { return (size_t)(mix(hash) >> 32) & (s->cap - 1); }

void slots_grow(arena *a, struct slots *s, size_t expected) {
    s->cap = 64;
    while (s->cap < expected * 3 / 2 + 1) s->cap *= 2;
    s->tags = arena_array(a, s->cap, sizeof *s->tags);
    s->values = arena_array(a, s->cap, sizeof *s->values);
}

uint32_t slots_get(const struct slots *s, uint64_t hash, uint32_t *ret_tag_at) {
    uint32_t tag = slots_tag(hash);
    for (size_t at = slots_at(s, hash); s->tags[at]; at = (at + 1) & (s->cap - 1))
        if (s->tags[at] == tag) {
            if (ret_tag_at) *ret_tag_at = (uint32_t)at;
            return s->values[at];
        }
    return NONE;
}

void slots_put(struct slots *s, uint64_t hash, uint32_t value) {
    if (s->n + 1 >= s->cap) abort(); /* the builder counted wrong */
    size_t at = slots_at(s, hash);
    while (s->tags[at]) at = (at + 1) & (s->cap - 1);
    s->tags[at] = slots_tag(hash);
    s->values[at] = value;
    s->n++;
}

uint64_t id_join(uint64_t before, str word) { return (before + 1) * LETTERS_P ^ str_hash(word); }

/* For searching: what a name belongs to, and which letters it has. */
static void describe_phrases(struct catalogue *c) {
    for (size_t i = 0; i < c->nphrases; i++) {
        struct phrase *p = &c->phrases[i];
        p->has = letters_bits(c->pool + p->letters, p->n);
        for (uint32_t k = 0; k < p->nitems; k++)
            if (c->items[PHRASE_ITEM(c->phrase_items[p->first + k])].kind != CATALOGUE_PART)
                p->flags |= PHRASE_SOLD;
    }
}

static str pack_str(char **at, str s) {
    str copy = {*at, s.n};
    if (s.n) memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

static void copy_items(struct catalogue *c, const struct catalogue_item *items) {
    ARENA_AUTO arena *a = arena_new(0);
    struct slots themes = {0};
    slots_grow(a, &themes, c->n);
    size_t bytes = 0;
    for (size_t i = 0; i < c->n; i++) bytes += items[i].id.n + items[i].name.n;
    char *at = arena_alloc(c->a, bytes);
    c->items = arena_array(c->a, c->n, sizeof *c->items);
    for (size_t i = 0; i < c->n; i++) {
        c->items[i] = items[i];
        c->items[i].id = pack_str(&at, items[i].id);
        c->items[i].name = pack_str(&at, items[i].name);
        c->items[i].theme = (str){0};
        if (!items[i].theme.n) continue;
        uint64_t hash = str_hash(items[i].theme);
        uint32_t same = slots_get(&themes, hash, NULL);
        bool known = same != NONE && str_eq(c->items[same].theme, items[i].theme);
        c->items[i].theme = known ? c->items[same].theme : str_copy(c->a, items[i].theme);
        if (same == NONE) slots_put(&themes, hash, (uint32_t)i);
    }
}

static struct neighbours neighbours_of(arena *a, size_t n, const struct catalogue_link *links, size_t nlinks,
                                       bool backwards) {
    struct neighbours r = {.first = arena_array(a, n + 2, sizeof(uint32_t)),
                           .items = arena_array(a, nlinks, sizeof(uint32_t))};
    for (size_t i = 0; i < nlinks; i++)
        if (links[i].holder < n && links[i].item < n)
            r.first[(backwards ? links[i].item : links[i].holder) + 2]++;
    for (size_t i = 2; i < n + 2; i++) r.first[i] += r.first[i - 1];
    for (size_t i = 0; i < nlinks; i++)
        if (links[i].holder < n && links[i].item < n) {
            uint32_t of = backwards ? links[i].item : links[i].holder;
            r.items[r.first[of + 1]++] = backwards ? links[i].holder : links[i].item;
        }
    return r;
}

struct catalogue *catalogue_build(const struct catalogue_item *items, size_t n,
                                  const struct catalogue_link *links, size_t nlinks,
                                  const struct catalogue_alias *aliases, size_t naliases) {
    arena *a = arena_new(ARENA_LIMIT);
    struct catalogue *c = arena_alloc(a, sizeof *c);
    c->a = a;
    c->n = n < PHRASE_WHOLE ? n : 0;
    copy_items(c, items);
    c->retired = arena_array(a, c->n, sizeof *c->retired);
    c->aliases = arena_array(a, naliases, sizeof *c->aliases);
    for (size_t i = 0; i < naliases; i++)
        if (aliases[i].item < c->n)
            c->aliases[c->naliases++] =
                (struct catalogue_alias){str_copy(a, aliases[i].alias), aliases[i].item};
    c->contents = neighbours_of(a, c->n, links, nlinks, false);
    c->holders = neighbours_of(a, c->n, links, nlinks, true);
    catalogue_build_names(c);
    describe_phrases(c);
    catalogue_build_spelling(c);
    return c;
}

void catalogue_retire(struct catalogue *c, uint32_t item) {
    if (item < c->n) c->retired[item] = 1;
}

bool catalogue_retired(const struct catalogue *c, uint32_t item) { return item < c->n && c->retired[item]; }

void catalogue_free(struct catalogue *c) {
    if (c) arena_free(c->a);
}

size_t catalogue_size(const struct catalogue *c) { return c->n; }

size_t catalogue_memory(const struct catalogue *c) { return arena_used(c->a); }

const struct catalogue_item *catalogue_item_at(const struct catalogue *c, uint32_t item) {
    return item < c->n ? &c->items[item] : NULL;
}

uint32_t catalogue_item_of(const struct catalogue *c, catalogue_kind kind, str id) {
    uint64_t hash = str_hash(id) ^ (uint64_t)kind;
    uint32_t tag = slots_tag(hash);
    for (size_t at = slots_at(&c->exact, hash); c->exact.tags[at]; at = (at + 1) & (c->exact.cap - 1)) {
        uint32_t item = c->exact.values[at];
        if (c->exact.tags[at] == tag && c->items[item].kind == kind && str_eq(c->items[item].id, id))
            return item;
    }
    return NONE;
}

/* Finding. */

static void prepare(struct finding_state *s) {
    const struct text *t = s->t;
    s->n = t->nwords;
    s->words = arena_array(s->a, s->n, sizeof *s->words);
    s->sentence_flags = arena_array(s->a, t->nsentences, sizeof *s->sentence_flags);
    char *pool = arena_alloc(s->a, 0), *end = pool;
    for (size_t i = 0; i < s->n; i++) {
        struct find_word *w = &s->words[i];
        w->vocab = NONE;
        if (t->words[i].flags & WORD_LINK) continue;
        if ((size_t)(end - pool) < LETTERS_MAX) {
            pool = arena_alloc(s->a, 4096);
            end = pool + 4096;
        }
        w->letters = letters_of_word(t->words[i].folded, pool);
        pool += w->letters.n;
        w->vocab = catalogue_vocab_of(s->c, &w->letters);
        if (w->vocab != NONE) w->flags = s->c->words[w->vocab].flags;
        s->sentence_flags[t->words[i].sentence] |= w->flags;
        s->flags |= w->flags;
    }
}

static const char *why_of(const struct finding_state *s, const struct found *f, str *ret_arg) {
    *ret_arg = f->because != NONE ? s->c->items[f->because].id : (str){0};
    if (f->decided == NONE)
        return f->number ? T("several have this number")
                         : T("several have this name; nothing in the letter decides");
    if (f->inside) return T("it is in {0}, which the letter names");
    if (f->because != NONE)
        return f->number ? T("several have this number; {0} decides")
                         : T("several have this name; {0} decides");
    if (f->said) return T("several have this name; the year or the family in the letter decides");
    if (f->number) return f->part ? T("the number of a part") : T("the number of a product");
    if (f->flags & PHRASE_ALIAS) return T("another name for it");
    if (f->edits) return T("misspelled, but nothing else is called so");
    return T("the name of one thing only");
}

static float sure_of(const struct found *f) {
    float sure = f->number ? 0.95f : f->inside ? 0.8f : 0.9f;
    if (f->decided == NONE) return 0.5f;
    if (!f->number && f->score < 2) sure -= 0.15f;
    return sure - 0.1f * (float)f->edits;
}

static void emit(const struct finding_state *s, catalogue_hit_list *ret) {
    for (size_t i = 0; i < s->found.n && i < HITS_MAX; i++) {
        const struct found *f = &s->found.v[i];
        struct catalogue_hit hit = {.from = f->from, .to = f->to, .item = f->decided, .sure = sure_of(f)};
        for (uint32_t k = 0; k < f->nitems && hit.ncandidates < CATALOGUE_CANDIDATES_MAX; k++)
            if (PHRASE_ITEM(f->items[k]) != f->decided)
                hit.candidates[hit.ncandidates++] = PHRASE_ITEM(f->items[k]);
        hit.why = why_of(s, f, &hit.why_arg);
        *list_add(s->a, ret) = hit;
    }
}

void catalogue_find(const struct catalogue *c, arena *a, const struct text *t, catalogue_hit_list *ret) {
    *ret = (catalogue_hit_list){0};
    if (!c || !c->n || !t->nwords) return;
    struct finding_state s = {.c = c, .a = a, .t = t, .budget = 20000};
    prepare(&s);
    find_numbers(&s);
    find_names(&s);
    find_sort(&s);
    find_decide(&s);
    find_sort(&s);
    emit(&s, ret);
}
