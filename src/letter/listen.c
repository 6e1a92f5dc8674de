#include "letter/listen.h"

#include <stdlib.h>

#include "letter/listen_ear.h"

enum { GUESS_WORDS_MAX = 40 };

static const char *const kind_names[FINDING_KINDS] = {
    [FINDING_NAME] = "name",     [FINDING_AGE] = "age",         [FINDING_PRODUCT] = "product",
    [FINDING_PART] = "part",     [FINDING_ORDER] = "order",     [FINDING_EVENT] = "event",
    [FINDING_ASK] = "ask",       [FINDING_PROMISE] = "promise", [FINDING_FEELING] = "feeling",
    [FINDING_THANKS] = "thanks",
};

const char *finding_kind_name(finding_kind k) { return (unsigned)k < FINDING_KINDS ? kind_names[k] : "?"; }

bool finding_kind_of(str name, finding_kind *ret) {
    for (int i = 0; i < FINDING_KINDS; i++) {
        if (!str_eq(name, str_z(kind_names[i]))) continue;
        *ret = (finding_kind)i;
        return true;
    }
    return false;
}

const char *letter_sort_name(letter_sort s) {
    switch (s) {
    case SORT_ASK: return "ask";
    case SORT_COMPLAINT: return "complaint";
    case SORT_THANKS: return "thanks";
    case SORT_OTHER: return "other";
    }
    return "?";
}

/* ---- what the parts share ---- */

struct finding *ear_add(struct ear *e, finding_kind kind, size_t from, size_t to, str value,
                        const char *why) {
    finding_list *list = &e->heard->findings;
    if (list->n >= FINDINGS_MAX || e->kinds[kind] >= FINDINGS_OF_KIND_MAX) return NULL;
    e->kinds[kind]++;
    struct finding *f = list_add(e->a, list);
    *f = (struct finding){.kind = kind, .value = value, .why = why};
    if (from < to) {
        f->start = e->t->words[from].start;
        f->end = e->t->words[to - 1].end;
    }
    return f;
}

str ear_gap(const struct ear *e, size_t i) {
    const struct text *t = e->t;
    return str_slice(t->bytes, i ? t->words[i - 1].end : 0, i < t->nwords ? t->words[i].start : t->bytes.n);
}

bool ear_gap_has(const struct ear *e, size_t i, const char *any) {
    str gap = ear_gap(e, i);
    for (size_t k = 0; k < gap.n; k++)
        if (gap.p[k] && strchr(any, gap.p[k])) return true;
    return false;
}

bool ear_is(const struct ear *e, const char *group, size_t word) {
    return e->pack && pack_has(e->pack, group, e->t->words[word].folded);
}

pack_hit_list ear_match(const struct ear *e, const char *group) {
    pack_hit_list hits = {0};
    if (e->pack) pack_match(e->a, e->pack, group, e->t, 0, e->t->nwords, &hits);
    return hits;
}

uint8_t *ear_mask(const struct ear *e, const char *group) {
    uint8_t *mask = arena_alloc(e->a, e->t->nwords);
    pack_hit_list hits = ear_match(e, group);
    for (size_t i = 0; i < hits.n; i++) memset(mask + hits.v[i].from, 1, hits.v[i].to - hits.v[i].from);
    return mask;
}

uint8_t *ear_begins(const struct ear *e, const char *group) {
    uint8_t *begins = arena_alloc(e->a, e->t->nwords);
    pack_hit_list hits = ear_match(e, group);
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        begins[h->inner_to > h->inner_from ? h->inner_from : h->from] = 1;
    }
    return begins;
}

void ear_mark(struct ear *e, size_t from, size_t to, uint8_t mark) {
    for (size_t i = from; i < to; i++) e->marks[i] |= mark;
}

size_t ear_clause_from(const struct ear *e, size_t word) {
    /* No further than a quote may reach, or a letter without marks costs the square of its length. */
    size_t least = word > CLAUSE_WORDS_MAX ? word - CLAUSE_WORDS_MAX : 0;
    while (word > least && !(e->marks[word] & MARK_CLAUSE)) word--;
    return word;
}

size_t ear_sentence_to(const struct ear *e, size_t word) {
    const struct sentence *s = &e->t->sentences[e->t->words[word].sentence];
    return s->word + s->words;
}

/* A comma, a bracket, a dash between spaces: what stands around it are two clauses. */
static bool gap_parts(str gap) {
    for (size_t i = 0; i < gap.n; i++) {
        char c = gap.p[i];
        if (c && strchr(",;:()[]{}\"|", c)) return true;
        if (c == '-' && i && gap.p[i - 1] == ' ' && i + 1 < gap.n && strchr(" \n", gap.p[i + 1])) return true;
        if (c == '.' && i + 1 < gap.n && gap.p[i + 1] == '.') return true;
        if ((unsigned char)c == 0xE2 && i + 2 < gap.n) return true; /* dashes, quotes, dots of U+20xx */
        if ((unsigned char)c == 0xE3 || (unsigned char)c == 0xEF) return true; /* CJK marks */
    }
    return false;
}

static void find_clauses(struct ear *e) {
    const struct text *t = e->t;
    e->marks = arena_alloc(e->a, t->nwords + 1);
    e->clause_to = arena_array(e->a, t->nwords + 1, sizeof *e->clause_to);
    for (size_t i = 0; i < t->nwords; i++) {
        bool first = t->words[i].flags & WORD_FIRST;
        if (i == 0 || ear_gap_has(e, i, "\n")) e->marks[i] |= MARK_LINE;
        if (first || gap_parts(ear_gap(e, i))) e->marks[i] |= MARK_CLAUSE;
    }
    pack_hit_list joins = ear_match(e, "clause");
    for (size_t i = 0; i < joins.n; i++) {
        const struct pack_hit *h = &joins.v[i];
        uint32_t inner = h->inner_to > h->inner_from ? h->inner_from : h->from;
        e->marks[h->from] |= MARK_CLAUSE;
        e->marks[inner] |= MARK_CLAUSE;
        ear_mark(e, h->from, inner, MARK_JOIN);
    }
    uint32_t to = (uint32_t)t->nwords;
    for (size_t i = t->nwords; i-- > 0;) {
        e->clause_to[i] = to;
        if (e->marks[i] & MARK_CLAUSE) to = (uint32_t)i;
    }
}

static int by_place(const void *x, const void *y) {
    const struct finding *a = x, *b = y;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* Of a letter too short to tell its language by: the pack that knows most of its words as common ones, when
 * no other knows as many. "" when it cannot tell. */
static str guess_language(const struct text *t) {
    str best = {0};
    size_t most = 1;
    for (size_t k = 0; pack_language(k); k++) {
        const struct pack *p = pack_find(str_z(pack_language(k)));
        size_t known = 0;
        for (size_t i = 0; i < t->nwords; i++)
            known += pack_has(p, "stop", t->words[i].folded) || pack_has(p, "greeting", t->words[i].folded);
        if (known == most) best = (str){0};
        if (known <= most) continue;
        most = known;
        best = str_z(pack_language(k));
    }
    return most * 4 >= t->nwords ? best : (str){0};
}

void listen_to(arena *a, const struct listen_input *in, struct heard *ret) {
    struct heard heard = {.sort = SORT_OTHER};
    str text = in->text;
    if (text.n > LISTEN_MAX) {
        text = str_clip_utf8(text, LISTEN_MAX);
        heard.clipped = true;
    }
    heard.language = in->language.n ? in->language : language_of(text);
    text_of(a, text, heard.language, &heard.text);
    if (!heard.language.n && heard.text.nwords <= GUESS_WORDS_MAX) {
        heard.language = guess_language(&heard.text);
        if (heard.language.n) text_of(a, text, heard.language, &heard.text);
    }
    struct ear e = {.a = a, .in = in, .t = &heard.text, .heard = &heard};
    e.pack = pack_find(heard.language);
    heard.has_pack = e.pack != NULL;
    find_clauses(&e);
    ear_names(&e);
    ear_products(&e);
    ear_orders(&e);
    ear_promises(&e);
    ear_asks(&e);
    ear_events(&e);
    ear_feelings(&e);
    ear_thanks(&e);
    heard.sort = feeling_sort(&e.tally);
    if (heard.findings.n) qsort(heard.findings.v, heard.findings.n, sizeof *heard.findings.v, by_place);
    *ret = heard;
}
