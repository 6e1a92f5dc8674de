/* Words that the brand does not use. Advice: a person may have a reason. */
#include "letter/check_parts.h"

enum { AVOIDED_SHOWN = 20, WHY_BYTES = 200 };

/* The base of "ticket's" is "ticket". */
static bool same_word(const struct word *said, const struct word *avoided) {
    if (said->folded_hash == avoided->folded_hash) return str_eq(said->folded, avoided->folded);
    return said->folded.n > avoided->folded.n && str_starts(said->folded, avoided->folded) &&
           said->folded.p[avoided->folded.n] == '\'';
}

/* "E-mail" is another word than "mail". */
static bool parts_of_more(const struct check_work *k, size_t from, size_t to) {
    str s = k->reply.bytes;
    uint32_t start = k->reply.words[from].start, end = k->reply.words[to - 1].end;
    bool before = from && k->reply.words[from - 1].end + 1 == start && s.p[start - 1] == '-';
    bool behind = to < k->reply.nwords && k->reply.words[to].start == end + 1 && s.p[end] == '-';
    return before || behind;
}

static bool stands_at(const struct check_work *k, const struct text *avoided, size_t at) {
    if (at + avoided->nwords > k->nwords) return false;
    for (size_t i = 0; i < avoided->nwords; i++) {
        const struct word *said = &k->reply.words[at + i];
        if (!same_word(said, &avoided->words[i])) return false;
        /* "Ticket. Number" is not "ticket number". */
        if (said->sentence != k->reply.words[at].sentence) return false;
    }
    if (parts_of_more(k, at, at + avoided->nwords)) return false;
    return !check_exempt(k, (uint32_t)at, (uint32_t)(at + avoided->nwords));
}

static void say_avoided(struct check_work *k, size_t at, size_t n, const struct check_avoided *x) {
    const char *says = x->instead.n && x->why.n ? T("This brand avoids “{0}”. Say “{1}” instead: {2}")
                       : x->instead.n           ? T("This brand avoids “{0}”. Say “{1}” instead.")
                       : x->why.n               ? T("This brand avoids “{0}”: {1}")
                                                : T("This brand avoids “{0}”.");
    struct remark *r = check_say_words(k, REMARK_WORD, REMARK_LOOK, (uint32_t)at, (uint32_t)(at + n), says);
    check_arg(r, check_clip(k->a, text_span(&k->reply, at, at + n)));
    if (x->instead.n) check_arg(r, check_clip(k->a, x->instead));
    if (x->why.n) check_arg(r, str_clip_utf8(x->why, WHY_BYTES));
}

void check_avoided(struct check_work *k) {
    const struct check_input *in = k->in;
    struct text *avoided = arena_array(k->a, in->navoided + 1, sizeof *avoided);
    int said = 0;
    for (size_t i = 0; i < in->navoided; i++)
        text_of(k->a, in->avoided[i].word, k->reply.language, &avoided[i]);
    for (size_t at = 0; in->navoided && at < k->nwords && said < AVOIDED_SHOWN; at++) {
        const struct check_avoided *best = NULL;
        size_t words = 0;
        for (size_t i = 0; i < in->navoided; i++) {
            if (avoided[i].nwords <= words || !stands_at(k, &avoided[i], at)) continue;
            best = &in->avoided[i];
            words = avoided[i].nwords;
        }
        if (!best) continue;
        say_avoided(k, at, words, best);
        at += words - 1;
        said++;
    }
}
