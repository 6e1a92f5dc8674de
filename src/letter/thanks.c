#include "letter/thanks.h"

#include <stdlib.h>
#include <threads.h>

#include "base/embedded.h"
#include "base/lang.h"
#include "letter/feeling.h"
#include "letter/pack.h"

enum {
    GROUP_BYTES = 16,
    BARE_WORDS = 2,
    WHOLE_WORDS = 5,
    END_SENTENCES = 2,
    SENTENCE_WORDS_MAX = 80,
    OPINION_WORDS_MIN = 2
};

static const char *const kind_names[THANKS_KINDS] = {
    [THANKS_THANKS] = "thanks", [THANKS_PRAISE] = "praise", [THANKS_TELLS] = "tells"};

const char *thanks_kind_name(thanks_kind k) { return (unsigned)k < THANKS_KINDS ? kind_names[k] : "?"; }

bool thanks_kind_of(str name, thanks_kind *ret) {
    for (int i = 0; i < THANKS_KINDS; i++) {
        if (!str_eq(name, str_z(kind_names[i]))) continue;
        *ret = (thanks_kind)i;
        return true;
    }
    return false;
}

/* ---- the patterns: one pack for all languages, its groups are LL.NAME ---- */

static const char *const languages[] = {"en", "de", "fr", "es"};
enum { LANGUAGES = sizeof languages / sizeof *languages };

static once_flag pack_once = ONCE_FLAG_INIT;
static const struct pack *the_pack;
static arena *pack_arena; /* lives until the program ends */

static void pack_end(void) { arena_free(pack_arena); }

static void pack_begin(void) {
    static const char path[] = "assets/lang/thanks";
    size_t n;
    const struct embedded_file *all = embedded_all(&n);
    struct pack_error e;
    pack_arena = arena_new(16 << 20);
    atexit(pack_end);
    for (size_t i = 0; i < n; i++) {
        str file = {(const char *)all[i].bytes, all[i].n};
        if (str_eq(str_z(all[i].path), str_z(path)) &&
            pack_read(pack_arena, S("thanks"), &file, 1, &e, &the_pack))
            the_pack = NULL;
    }
}

struct looking {
    arena *a;
    const struct text *t;
    const uint8_t *marks;
    const char *language;
    const struct feeling_model *model;
    bool asks;
    uint8_t * not, *polite, *hit; /* of each word; hit: bits by kind */
    thanks_list list;
};

static pack_hit_list match(const struct looking *l, const char *group) {
    char name[GROUP_BYTES];
    pack_hit_list hits = {0};
    size_t n = 0;
    for (const char *p = l->language; *p; p++) name[n++] = *p;
    name[n++] = '.';
    for (const char *p = group; *p; p++) name[n++] = *p;
    name[n] = 0;
    pack_match(l->a, the_pack, name, l->t, 0, l->t->nwords, &hits);
    return hits;
}

static uint8_t *mask(const struct looking *l, const char *group) {
    uint8_t *m = arena_alloc(l->a, l->t->nwords + 1);
    pack_hit_list hits = match(l, group);
    for (size_t i = 0; i < hits.n; i++)
        for (size_t k = hits.v[i].from; k < hits.v[i].to; k++) m[k] = 1;
    return m;
}

static bool any(const uint8_t *m, size_t from, size_t to, uint8_t bits) {
    for (size_t i = from; m && i < to; i++)
        if (m[i] & bits) return true;
    return false;
}

static const struct sentence *sentence_of(const struct looking *l, size_t word) {
    return &l->t->sentences[l->t->words[word].sentence];
}

/* Among the last sentences that are said at all: what follows is a name or nothing. */
static bool near_end(const struct looking *l, size_t word) {
    size_t later = 0;
    for (size_t i = l->t->words[word].sentence + 1; i < l->t->nsentences; i++) {
        const struct sentence *s = &l->t->sentences[i];
        if (s->words > 3 && !any(l->marks, s->word, s->word + s->words, THANKS_SKIP)) later++;
    }
    return later < END_SENTENCES;
}

/* "Thank you." and "Thanks for your help." behind what they ask are how one ends a letter. */
static bool mere_politeness(const struct looking *l, size_t from, size_t to) {
    const struct sentence *s = sentence_of(l, from);
    bool first = s->word == 0;
    if (!l->asks || !near_end(l, from)) return false;
    if (first && l->t->nsentences > 1) return false;
    return s->words <= to - from + BARE_WORDS || any(l->polite, from, to, 1);
}

/* "thanks" between quotation marks is somebody else's word, or a sneer. */
static bool in_quotes(const struct looking *l, size_t from, size_t to) {
    const struct text *t = l->t;
    size_t before = t->words[from].start, after = t->words[to - 1].end;
    if (!before || after >= t->bytes.n) return false;
    unsigned char open = (unsigned char)t->bytes.p[before - 1], close = (unsigned char)t->bytes.p[after];
    bool low = open == '"' || (before > 2 && open >= 0x98 && (unsigned char)t->bytes.p[before - 3] == 0xE2);
    return low && (close == '"' || close == 0xE2) && to - from <= 3;
}

/* Put together with the one before of the same kind where they touch. */
static void add(struct looking *l, thanks_kind kind, size_t from, size_t to, const char *why) {
    for (size_t i = 0; i < l->list.n; i++) {
        struct thanks_found *f = &l->list.v[i];
        if (f->kind != kind || f->from > to || f->to < from) continue;
        if (f->from > from) f->from = (uint32_t)from;
        if (f->to < to) f->to = (uint32_t)to;
        return;
    }
    if (l->list.n >= THANKS_FOUND_MAX) return;
    *list_add(l->a, &l->list) = (struct thanks_found){kind, (uint32_t)from, (uint32_t)to, why};
}

static void find(struct looking *l, thanks_kind kind, const char *group, const char *why) {
    pack_hit_list hits = match(l, group);
    for (size_t i = 0; i < hits.n; i++) {
        size_t from = hits.v[i].from, to = hits.v[i].to;
        /* "Thanks, Mike" ends a letter, unless it is the whole letter. */
        uint8_t refused =
            l->t->nwords <= to - from + WHOLE_WORDS ? THANKS_IN_ASK : THANKS_IN_ASK | THANKS_SKIP;
        /* "Four patients have asked where to buy one" asks nothing of us. */
        if (kind == THANKS_TELLS) refused &= (uint8_t)~THANKS_IN_ASK;
        if (any(l->not, from, to, 1) || any(l->marks, from, to, refused)) continue;
        if (in_quotes(l, from, to) || sentence_of(l, from)->asks) continue;
        if (kind == THANKS_THANKS && mere_politeness(l, from, to)) continue;
        for (size_t k = from; k < to; k++) l->hit[k] |= (uint8_t)(1u << kind);
        add(l, kind, from, to, why);
    }
}

/* ---- where the patterns say nothing ---- */

enum { LABEL_ADMIRATION = 0, LABEL_GRATITUDE = 15 };

static void opinion(struct looking *l, const struct sentence *s) {
    size_t from = s->word, to = s->word + s->words;
    struct feeling_found f;
    if (s->words < OPINION_WORDS_MIN || s->words > SENTENCE_WORDS_MAX) return;
    if (any(l->not, from, to, 1) || any(l->marks, from, to, THANKS_SKIP | THANKS_IN_ASK)) return;
    if (any(l->hit, from, to, 7) || s->asks) return;
    feeling_of(l->model, l->t, from, to, &f);
    const char *why = T("Not said in so many words: a second opinion, from the words of the sentence.");
    /* Where they want something, a faint kind word is not the point. */
    bool thanks = l->asks ? f.shown >> FEELING_THANKFUL & 1 : f.labels >> LABEL_GRATITUDE & 1;
    bool praises = l->asks ? f.shown >> FEELING_ADMIRING & 1 : f.labels >> LABEL_ADMIRATION & 1;
    if (thanks && !mere_politeness(l, from, to)) add(l, THANKS_THANKS, from, to, why);
    if (praises) add(l, THANKS_PRAISE, from, to, why);
}

static int by_place(const void *x, const void *y) {
    const struct thanks_found *a = x, *b = y;
    if (a->from != b->from) return a->from < b->from ? -1 : 1;
    return (int)a->kind - (int)b->kind;
}

static void look(struct looking *l) {
    l->not = mask(l, "not");
    l->polite = mask(l, "polite");
    l->hit = arena_alloc(l->a, l->t->nwords + 1);
    find(l, THANKS_THANKS, "thanks", T("They thank."));
    find(l, THANKS_PRAISE, "praise", T("They praise."));
    find(l, THANKS_TELLS, "tells", T("They tell others, or what came of it."));
    for (size_t i = 0; l->model && i < l->t->nsentences; i++) opinion(l, &l->t->sentences[i]);
    if (l->list.n) qsort(l->list.v, l->list.n, sizeof *l->list.v, by_place);
}

void thanks_of(arena *a, const struct text *t, const uint8_t *marks, bool asks, thanks_list *ret) {
    struct looking l = {.a = a, .t = t, .marks = marks, .asks = asks};
    *ret = (thanks_list){0};
    call_once(&pack_once, pack_begin);
    if (!the_pack || !t->nwords) return;
    str language = str_slice(t->language, 0, str_find_char(t->language, '-', 0));
    for (int i = 0; i < LANGUAGES && !l.list.n; i++) {
        /* A text too short to tell its language by: whichever has words for it. */
        if (language.n && !str_eq(language, str_z(languages[i]))) continue;
        l.language = languages[i];
        l.model = language.n ? feeling_model_find(language) : NULL;
        look(&l);
    }
    *ret = l.list;
}
