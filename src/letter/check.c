#include "letter/check.h"

#include <stdlib.h>

#include "letter/check_parts.h"

/* ---- names of the closed sets ---- */

static const char *const kind_names[REMARK_KINDS] = {
    [REMARK_NAME] = "name",       [REMARK_GREETING] = "greeting",   [REMARK_ECHO] = "echo",
    [REMARK_ASK] = "ask",         [REMARK_CANNED] = "canned",       [REMARK_CANNED_LETTER] = "canned_letter",
    [REMARK_STOCK] = "stock",     [REMARK_REFERENCE] = "reference", [REMARK_APOLOGY] = "apology",
    [REMARK_PROMISE] = "promise", [REMARK_PRONOUN] = "pronoun",     [REMARK_CONCRETE] = "concrete",
    [REMARK_LENGTH] = "length",   [REMARK_VOICE] = "voice",         [REMARK_SLOT] = "slot",
    [REMARK_WORD] = "word",       [REMARK_FACT] = "fact",
};

const char *remark_kind_name(remark_kind k) { return (unsigned)k < REMARK_KINDS ? kind_names[k] : "?"; }

bool remark_kind_of(str name, remark_kind *ret) {
    for (int i = 0; i < REMARK_KINDS; i++) {
        if (!str_eq(name, str_z(kind_names[i]))) continue;
        *ret = (remark_kind)i;
        return true;
    }
    return false;
}

const char *remark_level_name(remark_level l) {
    switch (l) {
    case REMARK_FINE: return "fine";
    case REMARK_LOOK: return "look";
    case REMARK_STOP: return "stop";
    }
    return "?";
}

const char *evidence_source_name(evidence_source s) {
    switch (s) {
    case EVIDENCE_LETTER: return "letter";
    case EVIDENCE_REPLY: return "reply";
    case EVIDENCE_FACT: return "fact";
    }
    return "?";
}

str remark_says(arena *a, const struct lang *l, const struct remark *r) {
    buf b BUF_AUTO = BUF_MAX(8192);
    if (r->says_many) {
        /* {0} is the count; the arguments follow it. */
        str args[4] = {str_fmt(a, "%lld", (long long)r->count)};
        int n = 1;
        for (int i = 0; i < r->nargs && n < 4; i++) args[n++] = r->args[i];
        lang_fill(&b, lang_plural(l, r->count, r->says, r->says_many), args, n);
    } else {
        lang_fmt(&b, l, r->says, r->args, r->nargs);
    }
    return str_copy(a, buf_str(&b));
}

/* ---- adding ---- */

struct remark *check_say(struct check_work *k, remark_kind kind, remark_level level, uint32_t start,
                         uint32_t end, const char *says) {
    /* Past the most that anybody reads, a remark is written where nobody sees it. */
    struct remark *r =
        k->remarks.n < CHECK_REMARKS_MAX ? list_add(k->a, &k->remarks) : arena_alloc(k->a, sizeof *r);
    *r = (struct remark){.kind = kind, .level = level, .start = start, .end = end, .says = says};
    return r;
}

struct remark *check_say_sentence(struct check_work *k, remark_kind kind, remark_level level, size_t sentence,
                                  const char *says) {
    const struct sentence *s = &k->reply.sentences[sentence];
    return check_say(k, kind, level, s->start, s->end, says);
}

struct remark *check_say_words(struct check_work *k, remark_kind kind, remark_level level, uint32_t from,
                               uint32_t to, const char *says) {
    return check_say(k, kind, level, k->reply.words[from].start, k->reply.words[to - 1].end, says);
}

void check_arg(struct remark *r, str text) {
    if (r->nargs < 3) r->args[r->nargs++] = text;
}

void check_letter(struct check_work *k, struct remark *r, uint32_t start, uint32_t end) {
    if (!k->letter || start >= end || end > k->letter->bytes.n || r->evidence.n >= 12) return;
    *list_add(k->a, &r->evidence) = (struct evidence){
        .source = EVIDENCE_LETTER,
        .start = start,
        .end = end,
        .text = str_clip_utf8(str_slice(k->letter->bytes, start, end), CHECK_EVIDENCE_BYTES)};
}

void check_letter_words(struct check_work *k, struct remark *r, uint32_t from, uint32_t to) {
    if (k->letter && from < to && to <= k->letter->nwords)
        check_letter(k, r, k->letter->words[from].start, k->letter->words[to - 1].end);
}

void check_earlier(struct check_work *k, struct remark *r, int64_t id, uint32_t sentence,
                   uint32_t customers) {
    if (id > 0)
        *list_add(k->a, &r->evidence) = (struct evidence){
            .source = EVIDENCE_REPLY, .id = id, .sentence = sentence, .customers = customers};
}

bool check_exempt(const struct check_work *k, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        if (!k->exempt[i]) return false;
    return from < to;
}

void check_hits(struct check_work *k, const char *group, pack_hit_list *ret) {
    pack_hit_list hits = {0};
    ret->n = 0;
    if (!k->pack) return;
    pack_match(k->a, k->pack, group, &k->reply, 0, k->nwords, &hits);
    for (size_t i = 0; i < hits.n; i++)
        if (!check_exempt(k, hits.v[i].from, hits.v[i].to)) *list_add(k->a, ret) = hits.v[i];
}

bool check_hit_in(struct check_work *k, const char *group, size_t sentence) {
    const struct sentence *s = &k->reply.sentences[sentence];
    pack_hit_list hits = {0};
    if (k->pack) pack_match(k->a, k->pack, group, &k->reply, s->word, s->word + s->words, &hits);
    return hits.n > 0;
}

str check_clip(arena *a, str text) {
    enum { SHOWN = 60 };
    str cut = str_clip_utf8(text, SHOWN);
    char *p = arena_alloc(a, cut.n + 4);
    size_t n = 0;
    for (size_t i = 0; i < cut.n; i++) {
        bool white = cut.p[i] == ' ' || cut.p[i] == '\n' || cut.p[i] == '\r' || cut.p[i] == '\t';
        if (!white)
            p[n++] = cut.p[i];
        else if (n && p[n - 1] != ' ')
            p[n++] = ' ';
    }
    if (cut.n < text.n) {
        memcpy(p + n, "…", 3);
        n += 3;
    }
    return (str){p, n};
}

float check_weight(const struct check_work *k, const struct word *w) {
    if (w->folded.n < 2 && !(w->flags & (WORD_NUMBER | WORD_ALONE))) return 0;
    if (w->flags & WORD_LINK) return 0;
    if (!k->pack) return w->folded.n > 3 || (w->flags & (WORD_NUMBER | WORD_ALONE)) ? 1 : 0;
    uint32_t is = lexicon_of(k->lexicon, w);
    return is & LEX_STOP ? 0 : is & LEX_COMMON ? 0.3F : 1;
}

/* ---- what is set before the parts ---- */

/* Marks every place where the words of `phrase` stand one after another; to the letter, or without regard to
 * capitals and accents. */
static void exempt_phrase(struct check_work *k, str phrase, bool to_the_letter) {
    struct text t;
    text_of(k->a, phrase, k->reply.language, &t);
    if (!t.nwords) return;
    for (size_t i = 0; i + t.nwords <= k->nwords; i++) {
        size_t n = 0;
        while (n < t.nwords && k->reply.words[i + n].folded_hash == t.words[n].folded_hash &&
               (!to_the_letter || str_eq(text_span(&k->reply, i + n, i + n + 1), text_span(&t, n, n + 1))))
            n++;
        if (n < t.nwords) continue;
        memset(k->exempt + i, 1, n);
        i += n - 1;
    }
}

static void set_exempt(struct check_work *k) {
    const struct check_input *in = k->in;
    k->exempt = arena_array(k->a, k->reply.nwords + 1, sizeof *k->exempt);
    for (size_t i = 0; i < in->nfacts; i++) exempt_phrase(k, in->facts[i].text, true);
    for (size_t i = 0; i < in->nallowed; i++) exempt_phrase(k, in->allowed[i], false);
    if (!in->nfacts && !in->nallowed) return;
    for (size_t s = 0; s < k->nsentences; s++) {
        const struct sentence *of = &k->reply.sentences[s];
        uint32_t n = 0;
        for (uint32_t w = of->word; w < of->word + of->words; w++) n += k->exempt[w];
        k->sentences[s].exempt = n * 10 >= of->words * 8;
    }
}

static void set_letter(struct check_work *k) {
    const struct text *t = k->letter;
    if (!t || !t->nwords) return;
    k->letter_words = hashes_new(k->a, t->nwords);
    k->letter_folded = hashes_new(k->a, t->nwords);
    for (size_t i = t->nwords; i-- > 0;) {
        *hashes_put(&k->letter_words, t->words[i].hash) = (uint32_t)i + 1;
        *hashes_put(&k->letter_folded, t->words[i].folded_hash) = (uint32_t)i + 1;
    }
}

typedef LIST(str) str_list;

static void add_name_words(arena *a, str_list *list, str name) {
    struct text t;
    text_of(a, name, S(""), &t);
    for (size_t i = 0; i < t.nwords && i < 12; i++)
        if (t.words[i].folded.n > 1 && !(t.words[i].flags & WORD_LINK))
            *list_add(a, list) = t.words[i].folded;
}

static void set_skeleton(struct check_work *k) {
    const struct check_input *in = k->in;
    str_list names = {0};
    add_name_words(k->a, &names, in->customer_name);
    add_name_words(k->a, &names, in->agent_name);
    for (size_t i = 0; in->letter && i < in->letter->findings.n; i++)
        if (in->letter->findings.v[i].kind == FINDING_NAME)
            add_name_words(k->a, &names, in->letter->findings.v[i].value);
    k->names = hashes_new(k->a, names.n);
    for (size_t i = 0; i < names.n; i++) *hashes_put(&k->names, text_hash(names.v[i])) = 1;
    struct skeleton_mask mask = {k->letter, names.v, names.n, in->catalogue};
    skeleton_of(k->a, &k->reply, &mask, &k->skeleton);
    /* The index knows nothing of our own names, so they are no part of the mask. */
    str_list ours = {0};
    for (size_t i = 0; i < in->nother_names; i++) add_name_words(k->a, &ours, in->other_names[i]);
    k->ours = hashes_new(k->a, ours.n);
    for (size_t i = 0; i < ours.n; i++) *hashes_put(&k->ours, text_hash(ours.v[i])) = 1;
}

/* Words that have a remark of what they promise or regret need none of their being stock. */
static bool said_better(const remark_list *list, const struct remark *stock) {
    for (size_t i = 0; i < list->n; i++) {
        const struct remark *r = &list->v[i];
        if ((r->kind == REMARK_PROMISE || r->kind == REMARK_APOLOGY) && r->level == REMARK_LOOK &&
            r->start < stock->end && stock->start < r->end)
            return true;
    }
    return false;
}

static void drop_doubled(remark_list *list) {
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].kind != REMARK_STOCK || !said_better(list, &list->v[i])) list->v[n++] = list->v[i];
    list->n = n;
}

/* The whole first, then by place; of one place the graver first. */
static int by_start(const void *x, const void *y) {
    const struct remark *a = x, *b = y;
    bool whole_a = !a->start && !a->end, whole_b = !b->start && !b->end;
    if (whole_a != whole_b) return whole_a ? -1 : 1;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->level != b->level) return a->level > b->level ? -1 : 1;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

void check(arena *a, const struct check_input *in, struct checked *ret) {
    struct check_work k = {.a = a, .in = in};
    str language = in->language.n ? in->language : language_of(in->reply);
    /* Of few words nobody can tell; people answer in the language they were written in. */
    if (!language.n && in->letter) language = in->letter->language;
    k.pack = pack_find(language);
    k.lexicon = lexicon_find(language);
    k.letter = in->letter && in->letter->text.nwords ? &in->letter->text : NULL;
    text_of(a, in->reply, language, &k.reply);
    k.nsentences = k.reply.nsentences < CHECK_SENTENCES_MAX ? k.reply.nsentences : CHECK_SENTENCES_MAX;
    if (k.nsentences)
        k.nwords = k.reply.sentences[k.nsentences - 1].word + k.reply.sentences[k.nsentences - 1].words;
    k.sentences = arena_array(a, k.nsentences + 1, sizeof *k.sentences);
    set_exempt(&k);
    set_letter(&k);
    set_skeleton(&k);
    check_greeting_role(&k);
    check_closing_role(&k);
    check_slot(&k);
    check_reference(&k);
    check_name(&k);
    check_incident(&k);
    check_canned(&k); /* first of those that ask whose a sentence is */
    check_stock(&k);
    check_echo(&k);
    check_asks(&k);
    check_apology(&k);
    check_promise(&k);
    check_pronoun(&k);
    check_concrete(&k);
    check_length(&k);
    check_voice(&k);
    check_avoided(&k);
    drop_doubled(&k.remarks);
    if (k.remarks.n) qsort(k.remarks.v, k.remarks.n, sizeof *k.remarks.v, by_start);
    *ret = (struct checked){.language = language, .has_pack = k.pack != NULL, .remarks = k.remarks};
}
