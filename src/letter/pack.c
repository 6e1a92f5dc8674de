#include "letter/pack.h"

#include <stdlib.h>
#include <threads.h>

#include "base/embedded.h"
#include "letter/words.h"

enum { PATTERN_ELEMENTS = 24, PACKS_MAX = 64 };

enum element_kind { E_WORDS, E_NUMBER, E_GROUP, E_GAP, E_BEGIN, E_END, E_OPEN, E_CLOSE };

struct choice {
    str word;
    uint32_t hash;
    bool prefix;
};
struct element {
    enum element_kind kind;
    bool maybe;
    int gap;
    struct choice *choices;
    size_t n;
    const struct group *group;
    str group_name;
};
struct pattern {
    struct element *e;
    size_t n;
    str value;
    uint32_t line;
};
typedef LIST(struct pattern) pattern_list;
typedef LIST(uint32_t) number_list;

struct entry {
    str word, value;
    uint32_t hash;
};
struct group {
    str name;
    LIST(str) lines;
    LIST(struct entry) entries;
    uint32_t *table; /* entry + 1 by hash */
    size_t mask;
    pattern_list patterns;
    /* Patterns by the word they can begin with; `open` ones can begin with any. */
    struct first {
        uint32_t hash, pattern;
    } * firsts;
    size_t nfirsts;
    uint64_t first_bits[32]; /* a bit by hash of every first word: most words begin no pattern */
    number_list open;
};
struct pack {
    str language;
    LIST(struct group *) groups;
};

/* ---- reading ---- */

static struct group *group_of(const struct pack *p, str name) {
    for (size_t i = 0; p && i < p->groups.n; i++) {
        struct group *g = p->groups.v[i];
        if (g->name.n == name.n && memcmp(g->name.p, name.p, name.n) == 0) return g;
    }
    return NULL;
}

static bool blank(char c) { return c == ' ' || c == '\t'; }

static bool next_piece(str *rest, str *ret) {
    while (rest->n && blank(rest->p[0])) *rest = str_slice(*rest, 1, rest->n);
    if (!rest->n) return false;
    size_t n = 0;
    while (n < rest->n && !blank(rest->p[n])) n++;
    *ret = str_slice(*rest, 0, n);
    *rest = str_slice(*rest, n, rest->n);
    return true;
}

/* One word as text_of would make it: letters and digits, an apostrophe within. */
static str one_word(arena *a, str piece) {
    str word = text_fold(a, piece);
    for (size_t i = 0; i < word.n; i++) {
        unsigned char c = (unsigned char)word.p[i];
        if (c < 128 && !word_takes(c) && (c != '\'' || i == 0 || i + 1 == word.n)) return (str){0};
    }
    return word;
}

static const char *read_choices(arena *a, str piece, struct element *e) {
    LIST(struct choice) list = {0};
    str one;
    while (str_split(&piece, '|', &one)) {
        bool prefix = str_ends(one, S("*"));
        if (prefix) one.n--;
        str word = one_word(a, one);
        if (!word.n) return "an element that is not one word";
        *list_add(a, &list) = (struct choice){word, text_hash(word), prefix};
    }
    e->choices = list.v;
    e->n = list.n;
    return NULL;
}

static const char *read_element(arena *a, str piece, struct element *e) {
    *e = (struct element){.kind = E_WORDS};
    if (str_eq(piece, S("^"))) return e->kind = E_BEGIN, NULL;
    if (str_eq(piece, S("$"))) return e->kind = E_END, NULL;
    if (str_eq(piece, S("{"))) return e->kind = E_OPEN, NULL;
    if (str_eq(piece, S("}"))) return e->kind = E_CLOSE, NULL;
    if (piece.n > 1 && piece.p[0] == '<') {
        int64_t n;
        if (!str_to_int(str_slice(piece, 1, piece.n), &n) || n < 1 || n > 12)
            return "a gap that is not <1 to <12";
        e->kind = E_GAP;
        e->gap = (int)n;
        return NULL;
    }
    if (piece.n > 1 && piece.p[0] == '?') {
        e->maybe = true;
        piece = str_slice(piece, 1, piece.n);
    }
    if (str_eq(piece, S("#"))) return e->kind = E_NUMBER, NULL;
    if (piece.p[0] == '@' && piece.n > 1) {
        e->kind = E_GROUP;
        e->group_name = str_slice(piece, 1, piece.n);
        return NULL;
    }
    return read_choices(a, piece, e);
}

/* "words =value" -> words; the value may be empty. */
static str take_value(str *line) {
    for (size_t i = 0; i < line->n; i++) {
        if (line->p[i] != '=' || (i && !blank(line->p[i - 1]))) continue;
        str value = str_trim(str_slice(*line, i + 1, line->n));
        *line = str_trim(str_slice(*line, 0, i));
        return value;
    }
    return (str){0};
}

/* A line of more than 24 elements is a list of words only. */
static const char *read_pattern(arena *a, struct group *g, str line, uint32_t number) {
    struct pattern p = {.value = take_value(&line), .line = number};
    struct element list[PATTERN_ELEMENTS];
    str piece;
    for (; next_piece(&line, &piece); p.n++) {
        if (p.n == PATTERN_ELEMENTS) return NULL;
        const char *why = read_element(a, piece, &list[p.n]);
        if (why) return why;
    }
    if (!p.n) return NULL;
    p.e = arena_copy(a, list, p.n * sizeof *list);
    *list_add(a, &g->patterns) = p;
    return NULL;
}

static void read_entries(arena *a, struct group *g, str line) {
    str value = take_value(&line), piece;
    while (next_piece(&line, &piece)) {
        str word = one_word(a, piece);
        if (word.n) *list_add(a, &g->entries) = (struct entry){word, value, text_hash(word)};
    }
}

static void index_entries(arena *a, struct group *g) {
    size_t size = 16;
    while (size < g->entries.n * 2) size *= 2;
    g->mask = size - 1;
    g->table = arena_array(a, size, sizeof *g->table);
    for (size_t i = 0; i < g->entries.n; i++) {
        size_t at = g->entries.v[i].hash & g->mask;
        while (g->table[at]) at = (at + 1) & g->mask;
        g->table[at] = (uint32_t)i + 1;
    }
}

/* Adds the words the pattern can begin with; false when they cannot be listed. */
static bool list_firsts(arena *a, const struct pattern *p, uint32_t number, void *list_) {
    LIST(struct first) *list = list_;
    for (size_t i = 0; i < p->n; i++) {
        const struct element *e = &p->e[i];
        if (e->kind == E_BEGIN || e->kind == E_OPEN || e->kind == E_CLOSE) continue;
        if (e->kind == E_GROUP && e->group && e->group->entries.n < 500) {
            for (size_t k = 0; k < e->group->entries.n; k++)
                *list_add(a, list) = (struct first){e->group->entries.v[k].hash, number};
        } else if (e->kind == E_WORDS) {
            for (size_t k = 0; k < e->n; k++) {
                if (e->choices[k].prefix) return false;
                *list_add(a, list) = (struct first){e->choices[k].hash, number};
            }
        } else {
            return false;
        }
        if (!e->maybe) return true;
    }
    return false;
}

static int by_hash(const void *x, const void *y) {
    const struct first *a = x, *b = y;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return (a->pattern > b->pattern) - (a->pattern < b->pattern);
}

static const char *index_patterns(arena *a, const struct pack *p, struct group *g) {
    LIST(struct first) firsts = {0};
    for (size_t i = 0; i < g->patterns.n; i++) {
        struct pattern *pattern = &g->patterns.v[i];
        for (size_t k = 0; k < pattern->n; k++) {
            struct element *e = &pattern->e[k];
            if (e->kind == E_GROUP && !(e->group = group_of(p, e->group_name)))
                return "a group there is none of";
        }
        size_t before = firsts.n;
        if (list_firsts(a, pattern, (uint32_t)i, &firsts)) continue;
        firsts.n = before;
        *list_add(a, &g->open) = (uint32_t)i;
    }
    if (firsts.n) qsort(firsts.v, firsts.n, sizeof *firsts.v, by_hash);
    g->firsts = firsts.v;
    g->nfirsts = firsts.n;
    for (size_t i = 0; i < firsts.n; i++)
        g->first_bits[firsts.v[i].hash >> 6 & 31] |= 1ull << (firsts.v[i].hash & 63);
    return NULL;
}

static err read_file(arena *a, struct pack *p, str file, struct pack_error *ret_error) {
    struct group *g = NULL;
    str line;
    for (size_t number = 1; str_line(&file, &line); number++) {
        line = str_trim(line);
        if (!line.n || line.p[0] == '#') continue;
        const char *why = NULL;
        if (line.p[0] == '[' && line.p[line.n - 1] == ']') {
            str name = str_slice(line, 1, line.n - 1);
            g = group_of(p, name);
            if (!g) {
                g = arena_alloc(a, sizeof *g);
                g->name = name;
                *list_add(a, &p->groups) = g;
            }
            continue;
        }
        if (!g) {
            why = "a line before the first [group]";
        } else {
            *list_add(a, &g->lines) = line;
            read_entries(a, g, line);
            why = read_pattern(a, g, line, (uint32_t)g->lines.n - 1);
        }
        if (why) {
            *ret_error = (struct pack_error){number, why};
            return err_set(ERR_INVALID, "Line %zu of the language pack: %s.", number, why);
        }
    }
    return ERR_NONE;
}

err pack_read(arena *a, str language, const str *files, size_t n, struct pack_error *ret_error,
              const struct pack **ret) {
    struct pack *p = arena_alloc(a, sizeof *p);
    p->language = language;
    for (size_t i = 0; i < n; i++) TRY(read_file(a, p, files[i], ret_error));
    for (size_t i = 0; i < p->groups.n; i++) {
        index_entries(a, p->groups.v[i]);
        const char *why = index_patterns(a, p, p->groups.v[i]);
        if (why) {
            *ret_error = (struct pack_error){0, why};
            return err_set(ERR_INVALID, "The language pack's group [%.*s]: %s.",
                           STR_FMT(p->groups.v[i]->name), why);
        }
    }
    *ret = p;
    return ERR_NONE;
}

/* ---- the packs of the program ---- */

static once_flag packs_once = ONCE_FLAG_INIT;
static struct {
    char language[8];
    const struct pack *pack;
} packs[PACKS_MAX];
static size_t packs_n;
static arena *packs_arena; /* lives until the program ends */

static void packs_end(void) { arena_free(packs_arena); }

/* Files `assets/lang/LL.*` that begin with '#' are packs; others (models, word counts) belong to others. */
static void packs_begin(void) {
    static const str folder = {"assets/lang/", 12};
    arena *a = packs_arena = arena_new(64 << 20);
    atexit(packs_end);
    size_t n;
    const struct embedded_file *all = embedded_all(&n);
    for (size_t i = 0; i < n;) {
        str files[16], path = str_z(all[i].path);
        size_t dot = str_find_char(path, '.', folder.n), nfiles = 0;
        if (!str_starts(path, folder) || dot == SIZE_MAX || dot - folder.n >= sizeof packs->language) {
            i++;
            continue;
        }
        str language = str_slice(path, folder.n, dot), prefix = str_slice(path, 0, dot + 1);
        for (; i < n && str_starts(str_z(all[i].path), prefix); i++)
            if (all[i].n && all[i].bytes[0] == '#' && nfiles < 16)
                files[nfiles++] = (str){(const char *)all[i].bytes, all[i].n};
        if (!nfiles || packs_n == PACKS_MAX) continue;
        struct pack_error e;
        memcpy(packs[packs_n].language, language.p, language.n);
        if (!pack_read(a, language, files, nfiles, &e, &packs[packs_n].pack)) packs_n++;
    }
}

const struct pack *pack_find(str language) {
    if (!language.n) return NULL; /* no language, no pack */
    call_once(&packs_once, packs_begin);
    size_t n = 0;
    while (n < language.n && language.p[n] != '-' && language.p[n] != '_') n++;
    for (size_t i = 0; i < packs_n; i++)
        if (str_eq_nocase(str_slice(language, 0, n), str_z(packs[i].language))) return packs[i].pack;
    return NULL;
}

const char *pack_language(size_t i) {
    call_once(&packs_once, packs_begin);
    return i < packs_n ? packs[i].language : NULL;
}

/* ---- asking ---- */

static const struct entry *entry_of(const struct group *g, uint32_t hash, str folded) {
    for (size_t at = hash & g->mask; g->table[at]; at = (at + 1) & g->mask) {
        const struct entry *e = &g->entries.v[g->table[at] - 1];
        if (e->hash == hash && str_eq(e->word, folded)) return e;
    }
    return NULL;
}

bool pack_has(const struct pack *p, const char *group, str folded) {
    const struct group *g = group_of(p, str_z(group));
    return g && entry_of(g, text_hash(folded), folded);
}

str pack_value(const struct pack *p, const char *group, str folded) {
    const struct group *g = group_of(p, str_z(group));
    const struct entry *e = g ? entry_of(g, text_hash(folded), folded) : NULL;
    return e ? e->value : (str){0};
}

size_t pack_lines(const struct pack *p, const char *group, const str **ret_lines) {
    const struct group *g = group_of(p, str_z(group));
    *ret_lines = g ? g->lines.v : NULL;
    return g ? g->lines.n : 0;
}

struct match {
    const struct pack *pack;
    const struct text *t;
    const struct group *numbers;
    size_t to;
    const struct pattern *p;
    uint32_t sentence;
    uint32_t inner_from, inner_to;
};

static bool fits(const struct match *m, const struct element *e, size_t at) {
    const struct word *w = &m->t->words[at];
    if (e->kind == E_NUMBER)
        return (w->flags & WORD_NUMBER) || (m->numbers && entry_of(m->numbers, w->folded_hash, w->folded));
    if (e->kind == E_GROUP) return entry_of(e->group, w->folded_hash, w->folded);
    for (size_t i = 0; i < e->n; i++) {
        const struct choice *c = &e->choices[i];
        if (c->prefix ? str_starts(w->folded, c->word)
                      : c->hash == w->folded_hash && str_eq(c->word, w->folded))
            return true;
    }
    return false;
}

/* Where the longest fit of elements [e, n) from word `at` ends, or SIZE_MAX. Gaps are at most 12 words and
 * patterns 24 elements; `steps` bounds what a pattern of gaps alone could cost. */
static size_t fit(struct match *m, size_t e, size_t at, int *steps) {
    if (e == m->p->n) return at;
    if (--*steps < 0) return SIZE_MAX;
    const struct element *el = &m->p->e[e];
    bool inside = at < m->to && m->t->words[at].sentence == m->sentence;
    switch (el->kind) {
    case E_BEGIN: return inside && (m->t->words[at].flags & WORD_FIRST) ? fit(m, e + 1, at, steps) : SIZE_MAX;
    case E_END: return inside ? SIZE_MAX : fit(m, e + 1, at, steps);
    case E_OPEN:
    case E_CLOSE: {
        size_t end = fit(m, e + 1, at, steps);
        if (end != SIZE_MAX) *(el->kind == E_OPEN ? &m->inner_from : &m->inner_to) = (uint32_t)at;
        return end;
    }
    case E_GAP:
        for (int skip = el->gap; skip >= 0; skip--) {
            if (at + (size_t)skip > m->to ||
                (skip && m->t->words[at + (size_t)skip - 1].sentence != m->sentence))
                continue;
            size_t end = fit(m, e + 1, at + (size_t)skip, steps);
            if (end != SIZE_MAX) return end;
        }
        return SIZE_MAX;
    case E_WORDS:
    case E_NUMBER:
    case E_GROUP: break;
    }
    size_t end = inside && fits(m, el, at) ? fit(m, e + 1, at + 1, steps) : SIZE_MAX;
    if (el->maybe && end == SIZE_MAX) end = fit(m, e + 1, at, steps);
    return end;
}

/* Tries one pattern at a word; keeps it in `best` when it reaches further. */
static void try_pattern(struct match *m, const struct pattern *p, size_t at, struct pack_hit *best) {
    int steps = 2000;
    m->p = p;
    m->inner_from = m->inner_to = 0;
    size_t end = fit(m, 0, at, &steps);
    if (end == SIZE_MAX || end <= at || (best->to && end <= best->to)) return;
    *best = (struct pack_hit){(uint32_t)at, (uint32_t)end, m->inner_from, m->inner_to, p->value, p->line};
}

void pack_match(arena *a, const struct pack *p, const char *group, const struct text *t, size_t from,
                size_t to, pack_hit_list *ret) {
    const struct group *g = group_of(p, str_z(group));
    pack_hit_list list = {0};
    if (to > t->nwords) to = t->nwords;
    struct match m = {.pack = p, .t = t, .numbers = group_of(p, S("number")), .to = to};
    for (size_t at = from; g && at < to; at++) {
        const struct word *w = &t->words[at];
        bool begins = g->first_bits[w->folded_hash >> 6 & 31] >> (w->folded_hash & 63) & 1;
        if (!begins && !g->open.n) continue;
        struct pack_hit best = {0};
        m.sentence = w->sentence;
        size_t low = 0, high = g->nfirsts;
        while (low < high) {
            size_t mid = (low + high) / 2;
            if (g->firsts[mid].hash < w->folded_hash)
                low = mid + 1;
            else
                high = mid;
        }
        for (; low < g->nfirsts && g->firsts[low].hash == w->folded_hash; low++)
            try_pattern(&m, &g->patterns.v[g->firsts[low].pattern], at, &best);
        for (size_t i = 0; i < g->open.n; i++) try_pattern(&m, &g->patterns.v[g->open.v[i]], at, &best);
        if (best.to) *list_add(a, &list) = best;
    }
    *ret = list;
}
