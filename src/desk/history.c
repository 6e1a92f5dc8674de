#include "desk/history.h"

#include "letter/listen.h"

enum { QUOTE_BYTES = 300 };

static void history_like(void *context, const uint32_t *words, uint32_t n, float min_alike,
                         struct check_like *ret) {
    const struct history *h = context;
    struct near_hit hit = {0};
    near_like(h->index, &(struct near_sentence){words, n}, h->customer, min_alike, &hit);
    *ret = (struct check_like){.alike = hit.alike,
                               .customers = hit.customers,
                               .text = hit.text,
                               .sentence = hit.sentence,
                               .earlier = {hit.earlier[0], hit.earlier[1], hit.earlier[2]}};
}

static uint32_t history_run(void *context, const uint32_t words[4]) {
    const struct history *h = context;
    return near_run(h->index, words, h->customer);
}

static size_t history_texts_like(void *context, const struct skeleton *s, float min_share, size_t max,
                                 struct check_vote *ret) {
    const struct history *h = context;
    struct near_sentence *sentences = arena_array(h->arena, s->n, sizeof *sentences);
    near_vote_list votes = {0};
    for (size_t i = 0; i < s->n; i++) sentences[i] = (struct near_sentence){s->sentences[i], s->counts[i]};
    near_texts_like(h->index, h->arena, sentences, s->n, h->customer, min_share, max, &votes);
    for (size_t i = 0; i < votes.n && i < max; i++)
        ret[i] = (struct check_vote){votes.v[i].text, votes.v[i].customer, votes.v[i].share};
    return votes.n < max ? votes.n : max;
}

void history_for(struct history *h, arena *a, near *index, int64_t customer) {
    *h = (struct history){.index = index, .customer = customer, .arena = a};
    if (!index) return;
    struct near_count counts;
    near_counts(index, &counts);
    h->view = (struct check_history){.context = h,
                                     .like = history_like,
                                     .run = history_run,
                                     .texts_like = history_texts_like,
                                     .replies = counts.texts};
}

typedef LIST(str) name_list;

static void add_name(arena *a, name_list *list, str name) {
    struct text t;
    text_of(a, name, S(""), &t);
    for (size_t i = 0; i < t.nwords && i < 12; i++)
        if (t.words[i].folded.n > 1 && !(t.words[i].flags & WORD_LINK))
            *list_add(a, list) = t.words[i].folded;
}

void history_text(arena *a, const struct history_said *said, const struct catalogue *catalogue,
                  struct near_text *ret) {
    struct text reply, letter;
    struct skeleton s;
    name_list names = {0};
    str letter_language = language_of(said->letter), language = language_of(said->reply);
    if (!language.n) language = letter_language;
    add_name(a, &names, said->customer_name);
    add_name(a, &names, said->letter_name);
    add_name(a, &names, said->agent_name);
    text_of(a, said->reply, language, &reply);
    text_of(a, said->letter, letter_language, &letter);
    skeleton_of(a, &reply, &(struct skeleton_mask){&letter, names.v, names.n, catalogue}, &s);
    struct near_sentence *sentences = arena_array(a, s.n, sizeof *sentences);
    for (size_t i = 0; i < s.n; i++) sentences[i] = (struct near_sentence){s.sentences[i], s.counts[i]};
    *ret = (struct near_text){said->id, said->customer, said->at, sentences, s.n};
}

/* The sentence of `t` that shares most words with `like`; SIZE_MAX none. */
static size_t likest_sentence(arena *a, const struct text *t, str like, str language) {
    struct text words;
    text_of(a, like, language, &words);
    size_t best = SIZE_MAX, most = 0;
    for (size_t s = 0; s < t->nsentences; s++) {
        size_t n = 0;
        for (uint32_t w = t->sentences[s].word; w < t->sentences[s].word + t->sentences[s].words; w++)
            for (size_t i = 0; i < words.nwords; i++)
                if (words.words[i].hash == t->words[w].hash) {
                    n++;
                    break;
                }
        if (n <= most) continue;
        most = n;
        best = s;
    }
    return best;
}

static void quote(arena *a, struct evidence *e, str text, str language, str like) {
    struct text t;
    text_of(a, text, language, &t);
    size_t sentence = e->sentence;
    if (sentence >= t.nsentences && like.n) sentence = likest_sentence(a, &t, like, language);
    str shown = str_clip_utf8(str_trim(text), QUOTE_BYTES);
    if (sentence < t.nsentences) shown = str_clip_utf8(text_sentence(&t, sentence), QUOTE_BYTES);
    e->text = shown;
    e->start = shown.n ? (uint32_t)(shown.p - text.p) : 0;
    e->end = e->start + (uint32_t)shown.n;
}

void history_quote(arena *a, str reply, struct checked *checked,
                   bool (*fetch)(void *context, int64_t id, str *ret_text), void *context) {
    for (size_t r = 0; r < checked->remarks.n; r++) {
        const struct remark *remark = &checked->remarks.v[r];
        str like = str_slice(reply, remark->start, remark->end);
        for (size_t i = 0; i < remark->evidence.n; i++) {
            struct evidence *e = &remark->evidence.v[i];
            str text;
            if (e->source == EVIDENCE_REPLY && !e->text.n && fetch(context, e->id, &text))
                quote(a, e, text, checked->language, like);
        }
    }
}
