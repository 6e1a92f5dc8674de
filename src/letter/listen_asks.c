/* What they ask and what they promise. */
#include "letter/listen_ear.h"

/* A question without a word of asking is quoted whole when it has at most so many words, else from its last
 * comma on. */
enum { WHOLE_QUESTION = 25, ASK_WORDS_MIN = 3, CLAUSE_BEFORE_MAX = 12 };

enum { PLAIN = 1, WEAK = 2 };

/* Where the part that begins at `from` and may reach to `to` ends: before what ends asks, and without what
 * joins it to the next. */
static size_t part_end(const struct ear *e, const uint8_t *ends, size_t from, size_t to) {
    for (size_t i = from + ASK_WORDS_MIN; i < to; i++)
        if (ends[i]) to = i;
    while (to > from + 1 && (e->marks[to - 1] & MARK_JOIN)) to--;
    return to;
}

void ear_promises(struct ear *e) {
    pack_hit_list hits = ear_match(e, "promises");
    if (!hits.n) return;
    const uint8_t *refused = ear_mask(e, "promises_not"), *ends = ear_begins(e, "ask_ends");
    size_t done = 0;
    for (size_t i = 0; i < hits.n; i++) {
        size_t from = hits.v[i].inner_to > hits.v[i].inner_from ? hits.v[i].inner_from : hits.v[i].from;
        const struct sentence *s = &e->t->sentences[e->t->words[from].sentence];
        if (from < done || refused[from] || (s->asks && e->clause_to[from] == s->word + s->words)) continue;
        done = part_end(e, ends, from, ear_sentence_to(e, from));
        ear_mark(e, from, done, MARK_PROMISE);
        ear_add(e, FINDING_PROMISE, from, done, (str){0},
                T("They say what they will do, or never do again."));
    }
}

/* Where the clause of the word begins, without what joins it to the one before. */
static size_t clause_begin(const struct ear *e, size_t word) {
    size_t from = ear_clause_from(e, word);
    while (from < word && (e->marks[from] & MARK_JOIN)) from++;
    return word - from <= CLAUSE_BEFORE_MAX ? from : word;
}

/* What each word may begin. */
static uint8_t *find_begins(const struct ear *e, const uint8_t *refused, bool *ret_plain) {
    static const struct {
        const char *group;
        bool clause, question;
        uint8_t begins;
    } groups[] = {{"asks", false, false, PLAIN},
                  {"asks_begin", true, false, PLAIN},
                  {"asks_question", false, true, PLAIN},
                  {"asks_weak", false, false, WEAK}};
    uint8_t *begins = arena_alloc(e->a, e->t->nwords);
    if (!e->pack) return begins;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        pack_hit_list hits = ear_match(e, groups[g].group);
        for (size_t i = 0; i < hits.n; i++) {
            const struct pack_hit *h = &hits.v[i];
            size_t from = h->inner_to > h->inner_from ? h->inner_from : h->from;
            if (str_eq(h->value, S("clause"))) from = clause_begin(e, from);
            if (begins[from] || refused[from] || (e->marks[from] & (MARK_PROMISE | MARK_SIGNED))) continue;
            if (groups[g].clause && !(e->marks[from] & MARK_CLAUSE)) continue;
            if (groups[g].question && !e->t->sentences[e->t->words[from].sentence].asks) continue;
            begins[from] = groups[g].begins;
            if (groups[g].begins == PLAIN) *ret_plain = true;
        }
    }
    return begins;
}

static void add_ask(struct ear *e, const uint8_t *ends, size_t from, size_t to, const char *why) {
    size_t end = part_end(e, ends, from, to);
    const struct sentence *s = &e->t->sentences[e->t->words[from].sentence];
    ear_mark(e, from, end, MARK_ASK);
    struct finding *f = ear_add(e, FINDING_ASK, from, end, (str){0}, why);
    if (f && s->asks && end == s->word + s->words) f->end = s->end;
    e->tally.asks++;
}

/* Words at which asks end, go on, or are none. */
struct cut {
    const uint8_t *ends, *goes_on, *refused;
};

static void sentence_asks(struct ear *e, const struct sentence *s, const uint8_t *begins, uint8_t least,
                          const struct cut *cut) {
    size_t from = s->word, to = s->word + s->words, open = SIZE_MAX;
    for (size_t i = from; i < to; i++) {
        if (!begins[i] || begins[i] > least || (open != SIZE_MAX && cut->goes_on[i])) continue;
        if (open == SIZE_MAX) {
            open = i;
        } else if ((e->marks[i] & MARK_CLAUSE) && i >= open + ASK_WORDS_MIN && to >= i + 2) {
            add_ask(e, cut->ends, open, i, T("They ask for something."));
            open = i;
        }
    }
    if (open != SIZE_MAX) {
        add_ask(e, cut->ends, open, to, s->asks ? T("A question of theirs.") : T("They ask for something."));
        return;
    }
    if (!s->asks || cut->refused[from] || (e->marks[from] & MARK_GREETING)) return;
    if (s->words > WHOLE_QUESTION)
        for (size_t i = to; i-- > from && to - from > WHOLE_QUESTION;)
            if (e->marks[i] & MARK_CLAUSE && to - i > 1) from = i;
    add_ask(e, cut->ends, from, to, T("A question of theirs."));
}

void ear_asks(struct ear *e) {
    bool plain = false;
    struct cut cut = {ear_begins(e, "ask_ends"), ear_begins(e, "ask_goes_on"), ear_mask(e, "asks_not")};
    const uint8_t *begins = find_begins(e, cut.refused, &plain);
    for (size_t i = 0; i < e->t->nsentences && !plain; i++) plain = e->t->sentences[i].asks;
    for (size_t i = 0; i < e->t->nsentences; i++)
        if (!(e->marks[e->t->sentences[i].word] & MARK_SIGNED))
            sentence_asks(e, &e->t->sentences[i], begins, plain ? PLAIN : WEAK, &cut);
}
