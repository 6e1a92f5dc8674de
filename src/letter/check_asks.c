/* Is what they ask answered, and where? */
#include "letter/check_parts.h"

enum { FINE_MAX = 3, LOOK_MAX = 2, ASK_WORDS = 64 };
static const float covered = 0.3F, covered_in_all = 0.5F, vague = 0.3F;

/* Words of an ask and what each weighs. */
struct ask {
    const struct finding *finding;
    struct {
        uint32_t hash;
        float weight;
        str like; /* the class of words that may stand for it; "" none */
    } words[ASK_WORDS];
    size_t n;
    float weight;
    bool open; /* how, why, help: any step they are told may be the answer */
    bool when; /* any day they are told is the answer */
};

static void read_words(const struct check_work *k, struct ask *ask, uint32_t from, uint32_t to, float share) {
    for (uint32_t i = from; i < to && ask->n < ASK_WORDS; i++) {
        const struct word *w = &k->letter->words[i];
        float weight = check_weight(k, w) * share;
        bool there = false;
        for (size_t j = 0; j < ask->n; j++) there |= ask->words[j].hash == w->hash;
        if (there || hashes_get(&k->names, w->folded_hash)) continue;
        str like = pack_value(k->pack, "alike", w->folded);
        if (like.n && weight < 0.3F) weight = 0.3F;
        if (weight <= 0) continue;
        ask->words[ask->n].hash = w->hash;
        ask->words[ask->n].weight = weight;
        ask->words[ask->n++].like = like;
        ask->weight += weight;
    }
}

static void read_ask(const struct check_work *k, const struct finding *f, struct ask *ret) {
    const struct text *t = k->letter;
    *ret = (struct ask){.finding = f};
    uint32_t from = (uint32_t)text_word_at(t, f->start), to = from;
    while (to < t->nwords && t->words[to].start < f->end) to++;
    read_words(k, ret, from, to, 1);
    pack_hit_list hits = {0};
    pack_match(k->a, k->pack, "open_ask", t, from, to, &hits);
    pack_hit_list when = {0};
    pack_match(k->a, k->pack, "when_ask", t, from, to, &when);
    ret->when = when.n > 0;
    /* "Can you help?" asks about what stands before it. */
    ret->open = hits.n > 0 || ret->weight < vague;
}

/* How much of the ask a sentence takes up; which words is marked in `taken`, one a word of the ask. */
static float coverage(const struct check_work *k, const struct ask *ask, size_t sentence, bool *taken) {
    const struct sentence *s = &k->reply.sentences[sentence];
    float sum = 0;
    for (size_t j = 0; j < ask->n; j++) {
        bool is = false;
        for (uint32_t i = s->word; i < s->word + s->words && !is; i++) {
            const struct word *w = &k->reply.words[i];
            is = w->hash == ask->words[j].hash ||
                 (ask->words[j].like.n && check_is(k, w, LEX_ALIKE) &&
                  str_eq(ask->words[j].like, pack_value(k->pack, "alike", w->folded)));
        }
        if (is) sum += ask->words[j].weight;
        taken[j] |= is;
    }
    return ask->weight > 0 ? sum / ask->weight : 0;
}

/* What may answer at all: not a phrase from stock, nor, for an open ask, what everybody gets. A question back
 * answers no question, but it is a step to an open one. */
struct candidate {
    bool may, back, decides, instructs, dated;
};

static struct candidate read_candidate(struct check_work *k, size_t i, bool dates_matter) {
    const struct sentence *s = &k->reply.sentences[i];
    struct candidate c = {0};
    if (k->sentences[i].role != ROLE_BODY || k->sentences[i].worn) return c;
    date_hit_list dates = {0};
    if (dates_matter)
        dates_find(k->a, &k->reply, s->word, s->word + s->words, k->in->now, k->in->zone, &dates);
    c.dated = dates.n > 0;
    c.may = !s->asks;
    c.back = s->asks && !k->sentences[i].customers;
    for (uint32_t w = s->word; w < s->word + s->words; w++) {
        c.decides |= check_is(k, &k->reply.words[w], LEX_DECIDE);
        c.instructs |= (w == s->word || w == s->word + 1) && check_is(k, &k->reply.words[w], LEX_INSTRUCT);
        c.instructs |= (k->reply.words[w].flags & WORD_LINK) != 0;
    }
    return c;
}

/* The sentence that answers best; SIZE_MAX none. */
static size_t answer_to(const struct check_work *k, const struct ask *ask, const struct candidate *c) {
    size_t best = SIZE_MAX, step = SIZE_MAX, likest = SIZE_MAX;
    bool taken[ASK_WORDS] = {0};
    float most = 0, most_alike = 0, in_all = 0;
    for (size_t i = 0; i < k->nsentences; i++) {
        bool own = !k->sentences[i].customers;
        if (ask->open && own && step == SIZE_MAX &&
            (c[i].back || (c[i].may && (c[i].instructs || c[i].decides))))
            step = i;
        if (!c[i].may) continue;
        float now = coverage(k, ask, i, taken);
        if (ask->when && c[i].dated && now < covered) now = covered;
        if (now > most_alike) {
            most_alike = now;
            likest = i;
        }
        if (now < covered || now <= most || !(c[i].decides || c[i].instructs || c[i].dated)) continue;
        most = now;
        best = i;
    }
    if (best != SIZE_MAX) return best;
    for (size_t j = 0; j < ask->n; j++) in_all += taken[j] ? ask->words[j].weight : 0;
    /* An answer may be spread over several sentences. */
    if (in_all > 0 && in_all >= covered_in_all * ask->weight) return likest;
    return step;
}

/* "Can you send one, or should I buy it?" is one question with two answers: where the halves end that follow
 * finding `f`. */
static uint32_t halves_end(const struct check_work *k, size_t f) {
    const finding_list *findings = &k->in->letter->findings;
    const struct text *t = k->letter;
    uint32_t end = findings->v[f].end;
    size_t sentence = t->words[text_word_at(t, findings->v[f].start)].sentence;
    for (size_t i = f + 1; i < findings->n; i++) {
        const struct finding *next = &findings->v[i];
        size_t word = text_word_at(t, next->start);
        if (next->kind != FINDING_ASK || next->start < end || word == 0 || word >= t->nwords) continue;
        if (t->words[word].sentence != sentence || !t->sentences[sentence].asks ||
            !(pack_has(k->pack, "ask_or", t->words[word].folded) ||
              pack_has(k->pack, "ask_or", t->words[word - 1].folded)))
            break;
        end = next->end;
    }
    return end;
}

void check_asks(struct check_work *k) {
    if (!k->letter || !k->pack || !k->nsentences) return;
    struct candidate *c = arena_array(k->a, k->nsentences, sizeof *c);
    pack_hit_list when = {0};
    pack_match(k->a, k->pack, "when_ask", k->letter, 0, k->letter->nwords, &when);
    for (size_t i = 0; i < k->nsentences; i++) c[i] = read_candidate(k, i, when.n > 0);
    int fine = 0, look = 0;
    uint32_t end = 0;
    const finding_list *findings = &k->in->letter->findings;
    for (size_t f = 0; f < findings->n; f++) {
        const struct finding *found = &findings->v[f];
        struct ask ask;
        if (found->kind != FINDING_ASK || found->start >= found->end || found->start < end ||
            text_word_at(k->letter, found->start) >= k->letter->nwords)
            continue;
        struct finding whole = *found;
        whole.end = end = halves_end(k, f);
        found = &whole;
        read_ask(k, found, &ask);
        size_t at = answer_to(k, &ask, c);
        if (at == SIZE_MAX ? look++ >= LOOK_MAX : fine++ >= FINE_MAX) continue;
        str words = check_clip(k->a, str_slice(k->letter->bytes, found->start, found->end));
        struct remark *r = at == SIZE_MAX
                               ? check_say(k, REMARK_ASK, REMARK_LOOK, 0, 0,
                                           T("They ask “{0}”. Which sentence answers that?"))
                               : check_say_sentence(k, REMARK_ASK, REMARK_FINE, at, T("This answers “{0}”."));
        check_arg(r, words);
        check_letter(k, r, found->start, found->end);
    }
}
