/* What happened and how they feel, in their words. */
#include "letter/listen_ear.h"

enum {
    EVENT_WORDS_MAX = 25,
    FEELING_WORDS_MAX = 30,
    SENTENCE_WORDS_MAX = 80,
    SECOND_OPINIONS_MAX = 8,
    THANKS_WORDS = 4
};

/* ---- what happened ---- */

static void count_event(struct ear *e, str value) {
    if (str_eq(value, S("lost")))
        e->tally.losses++;
    else if (!str_eq(value, S("other")))
        e->tally.faults++;
}

struct event {
    size_t from, to;
    str value;
};

/* The clause around a match; from the match on where it names who did it. */
static struct event event_of(const struct ear *e, const struct pack_hit *h) {
    size_t from = ear_clause_from(e, h->from), to = e->clause_to[h->to - 1];
    /* "the axle of the lorry (1507) broke" */
    if (from && from == h->from && ear_gap_has(e, from, ")") && !ear_gap_has(e, from, ",;:"))
        from = ear_clause_from(e, ear_clause_from(e, from - 1) ? ear_clause_from(e, from - 1) - 1 : 0);
    if (ear_is(e, "subject", h->from)) from = h->from;
    while (from < h->from && (e->marks[from] & MARK_JOIN)) from++;
    if (h->to - from > EVENT_WORDS_MAX) from = h->from;
    if (to - from > EVENT_WORDS_MAX) to = from + EVENT_WORDS_MAX;
    if (to < h->to) to = h->to;
    while (to > h->to && (e->marks[to - 1] & MARK_JOIN)) to--;
    return (struct event){from, to, h->value};
}

/* One after the other, or with only a joining word between. */
static bool go_on(const struct ear *e, const struct event *a, const struct event *b) {
    if (e->t->words[a->from].sentence != e->t->words[b->from].sentence) return false;
    if (b->to - a->from > EVENT_WORDS_MAX && b->to > a->to) return false;
    if (b->from < a->to) return true;
    if (!str_eq(a->value, b->value)) return false;
    for (size_t i = a->to; i < b->from; i++)
        if (!(e->marks[i] & MARK_JOIN)) return false;
    return true;
}

static void add_event(struct ear *e, const struct event *v) {
    count_event(e, v->value);
    ear_add(e, FINDING_EVENT, v->from, v->to, v->value, T("They tell what happened."));
}

void ear_events(struct ear *e) {
    pack_hit_list hits = ear_match(e, "happened");
    if (!hits.n) return;
    const uint8_t *refused = ear_mask(e, "happened_not");
    struct event open = {0};
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        if (refused[h->to - 1] || (e->marks[h->from] & (MARK_PROMISE | MARK_SIGNED))) continue;
        struct event next = event_of(e, h);
        if (open.to && go_on(e, &open, &next)) {
            if (next.to > open.to) open.to = next.to;
            continue;
        }
        if (open.to) add_event(e, &open);
        if (next.from < open.to && e->t->words[next.from].sentence == e->t->words[open.from].sentence)
            next.from = open.to;
        open = next;
    }
    if (open.to) add_event(e, &open);
}

/* ---- how they feel ---- */

/* "Thank you." at the end of a letter that asks is how one ends a letter. */
static bool mere_politeness(const struct ear *e, const struct pack_hit *h) {
    const struct sentence *s = &e->t->sentences[e->t->words[h->from].sentence];
    if (!str_eq(h->value, S("thankful"))) return false;
    if (ear_is(e, "thanks_before", h->to - 1)) return true;
    bool last = s->word + s->words + THANKS_WORDS >= e->t->nwords;
    bool in_closing = e->marks[h->from] & MARK_SIGNED;
    return e->tally.asks && (in_closing || last) && s->words <= h->to - h->from + 2;
}

/* Feelings in the words of the pack: a bit per feeling for each sentence. */
static void quoted_feelings(struct ear *e, uint32_t *ret_feelings) {
    pack_hit_list hits = ear_match(e, "feels");
    if (!hits.n) return;
    const uint8_t *refused = ear_mask(e, "feels_not");
    size_t done = 0;
    for (size_t i = 0; i < hits.n; i++) {
        const struct pack_hit *h = &hits.v[i];
        size_t from = h->inner_to > h->inner_from ? h->inner_from : h->from;
        size_t to = h->inner_to > h->inner_from ? h->inner_to : h->to;
        feeling f;
        if (from < done || refused[to - 1] || (e->marks[from] & (MARK_PROMISE | MARK_GREETING))) continue;
        if (!feeling_of_name(h->value, &f) || mere_politeness(e, h)) continue;
        /* "any help would be appreciated" */
        if (e->marks[from] & MARK_ASK && (f == FEELING_THANKFUL || f == FEELING_GLAD)) continue;
        done = to;
        ear_mark(e, from, to, MARK_FEELING);
        ret_feelings[e->t->words[from].sentence] |= 1u << f;
        ear_add(e, FINDING_FEELING, from, to, h->value, T("They say how they feel."));
    }
}

static uint32_t second_opinion(struct ear *e, const struct feeling_model *m, const struct sentence *s,
                               int *left) {
    struct feeling_found found;
    size_t to = s->word + s->words;
    if (s->words > SENTENCE_WORDS_MAX) return 0; /* no sentence, and so no opinion */
    feeling_of(m, e->t, s->word, to, &found);
    if (!found.shown || found.strongest == FEELING_CURIOUS || s->words < 3) return found.shown;
    if (s->words > FEELING_WORDS_MAX || *left == 0) return found.shown;
    bool kind = found.strongest >= FEELING_HOPEFUL;
    for (size_t i = s->word; i < to && kind; i++)
        if (e->marks[i] & (MARK_ASK | MARK_PROMISE)) return 0; /* "it would be great if" */
    if (found.strongest == FEELING_THANKFUL && (s->words <= THANKS_WORDS || e->tally.asks))
        return found.shown;
    struct finding *f =
        ear_add(e, FINDING_FEELING, s->word, to, str_z(feeling_name(found.strongest)),
                T("Not said in so many words: a second opinion, from the words of the sentence."));
    if (f) f->end = s->end;
    --*left;
    return found.shown;
}

void ear_feelings(struct ear *e) {
    const struct feeling_model *model = feeling_model_find(e->heard->language);
    uint32_t *feelings = arena_array(e->a, e->t->nsentences + 1, sizeof *feelings);
    quoted_feelings(e, feelings);
    int left = SECOND_OPINIONS_MAX;
    for (size_t i = 0; i < e->t->nsentences; i++) {
        const struct sentence *s = &e->t->sentences[i];
        if (e->marks[s->word] & (MARK_SIGNED | MARK_GREETING) && !feelings[i]) continue;
        if (!feelings[i] && model) feelings[i] = second_opinion(e, model, s, &left);
        e->tally.sentences++;
        feeling_count(&e->tally, feelings[i]);
    }
}
