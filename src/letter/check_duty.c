/* What the reply owes: a day to each promise, and an apology that is one. */
#include "letter/check_parts.h"

enum { CONDITIONAL_MAX = 2, TIMES_MANY = 3 };

/* ---- promises ---- */

struct duty {
    uint32_t from, to; /* words of the promise */
    size_t sentence;
    struct date_hit date; /* due_at 0: none */
    bool weak;            /* "you will see ...": a promise only with a day */
};
typedef LIST(struct duty) duty_list;

/* "at the latest" belongs to the day it stands by. */
static void take_latest(struct check_work *k, const struct sentence *s, struct date_hit *d) {
    pack_hit_list hits = {0};
    pack_match(k->a, k->pack, "date_latest", &k->reply, s->word, s->word + s->words, &hits);
    for (size_t i = 0; i < hits.n; i++) {
        if (hits.v[i].from == d->to) d->to = hits.v[i].to;
        if (hits.v[i].to == d->from) d->from = hits.v[i].from;
    }
}

/* The day of what is promised from word `verb` on: the nearest behind it, else the nearest before. */
static struct date_hit date_of(struct check_work *k, size_t sentence, uint32_t verb) {
    const struct sentence *s = &k->reply.sentences[sentence];
    date_hit_list dates = {0};
    dates_find(k->a, &k->reply, s->word, s->word + s->words, k->in->now, k->in->zone, &dates);
    if (!dates.n) return (struct date_hit){0};
    size_t at = 0;
    while (at + 1 < dates.n && dates.v[at].from < verb) at++;
    take_latest(k, s, &dates.v[at]);
    return dates.v[at];
}

static void add_duties(struct check_work *k, const char *group, bool weak, duty_list *list) {
    pack_hit_list hits = {0};
    check_hits(k, group, &hits);
    for (size_t i = 0; i < hits.n; i++) {
        size_t sentence = k->reply.words[hits.v[i].from].sentence;
        bool taken = false;
        for (size_t j = 0; j < list->n; j++) taken |= list->v[j].sentence == sentence;
        if (taken || sentence >= k->nsentences || k->sentences[sentence].role != ROLE_BODY ||
            k->reply.sentences[sentence].asks || check_hit_in(k, "condition", sentence))
            continue;
        *list_add(k->a, list) =
            (struct duty){.from = hits.v[i].from, .to = hits.v[i].to, .sentence = sentence, .weak = weak};
    }
}

/* The day may stand in the sentence behind: "I will look into it. You will hear from me by Friday." */
static void date_duties(struct check_work *k, duty_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        struct duty *d = &list->v[i];
        d->date = date_of(k, d->sentence, d->from);
        if (d->date.due_at || d->weak || d->sentence + 1 >= k->nsentences) continue;
        bool own = false;
        for (size_t j = 0; j < list->n; j++)
            own |= list->v[j].sentence == d->sentence + 1 && !list->v[j].weak;
        const struct sentence *next = &k->reply.sentences[d->sentence + 1];
        if (!own && k->reply.sentences[d->sentence].paragraph == next->paragraph)
            d->date = date_of(k, d->sentence + 1, 0);
    }
}

static void say_dated(struct check_work *k, const struct duty *d) {
    uint32_t from = d->from < d->date.from ? d->from : d->date.from;
    uint32_t to = d->to > d->date.to ? d->to : d->date.to;
    struct remark *r =
        check_say_words(k, REMARK_PROMISE, REMARK_FINE, from, to, T("A promise with a day: {0}."));
    check_arg(r, check_clip(k->a, text_span(&k->reply, d->date.from, d->date.to)));
    r->due_at = d->date.due_at;
}

static void say_undated(struct check_work *k, const struct duty *d) {
    const struct sentence *s = &k->reply.sentences[d->sentence];
    pack_hit_list hits = {0};
    pack_match(k->a, k->pack, "vague_date", &k->reply, s->word, s->word + s->words, &hits);
    const struct pack_hit *vague = NULL;
    for (size_t i = 0; i < hits.n; i++)
        if (!vague || hits.v[i].to - hits.v[i].from > vague->to - vague->from) vague = &hits.v[i];
    if (!vague) {
        check_say_words(k, REMARK_PROMISE, REMARK_LOOK, d->from, d->to,
                        T("A promise without a day. By when?"));
        return;
    }
    uint32_t from = d->from < vague->from ? d->from : vague->from, to = d->to > vague->to ? d->to : vague->to;
    struct remark *r = check_say_words(k, REMARK_PROMISE, REMARK_LOOK, from, to,
                                       T("“{0}” is no day. By when, for this promise?"));
    check_arg(r, check_clip(k->a, text_span(&k->reply, vague->from, vague->to)));
}

void check_promise(struct check_work *k) {
    duty_list list = {0};
    if (!k->pack) return;
    add_duties(k, "promise", false, &list);
    add_duties(k, "promise_dated", true, &list);
    date_duties(k, &list);
    size_t last_dated = 0;
    bool any = false;
    for (size_t i = 0; i < list.n; i++)
        if (list.v[i].date.due_at) {
            any = true;
            if (list.v[i].sentence > last_dated) last_dated = list.v[i].sentence;
        }
    for (size_t i = 0; i < list.n; i++) {
        const struct duty *d = &list.v[i];
        if (d->date.due_at) {
            say_dated(k, d);
        } else if (!d->weak) {
            /* "I will also send you a bad guy. ... You will see an envelope within two weeks": the day that
             * comes later is for what was told before. */
            bool later = any && d->sentence < last_dated && !check_hit_in(k, "vague_date", d->sentence);
            if (!later) say_undated(k, d);
        }
    }
}

/* ---- apologies ---- */

static bool ours(str event) {
    return str_eq(event, S("late")) || str_eq(event, S("wrong")) || str_eq(event, S("missing")) ||
           str_eq(event, S("outage")) || str_eq(event, S("charge"));
}

/* What went wrong on our side and was felt, by their letter; NULL nothing that we could tell. */
static const struct finding *our_failure(const struct check_work *k) {
    const struct heard *letter = k->in->letter;
    if (!letter || letter->sort != SORT_COMPLAINT) return NULL;
    bool felt = false;
    for (size_t i = 0; i < letter->findings.n; i++) felt |= letter->findings.v[i].kind == FINDING_FEELING;
    if (!felt) return NULL;
    for (size_t i = 0; i < letter->findings.n; i++)
        if (letter->findings.v[i].kind == FINDING_EVENT && ours(letter->findings.v[i].value))
            return &letter->findings.v[i];
    return NULL;
}

static bool text_has(struct check_work *k, str text, const char *group) {
    struct text t;
    pack_hit_list hits = {0};
    text_of(k->a, str_clip_utf8(text, 20000), k->reply.language, &t);
    pack_match(k->a, k->pack, group, &t, 0, t.nwords, &hits);
    return hits.n > 0;
}

static size_t sentences_with(const struct check_work *k, const pack_hit_list *hits) {
    size_t n = 0;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < hits->n; i++) {
        uint32_t s = k->reply.words[hits->v[i].from].sentence;
        n += s != last;
        last = s;
    }
    return n;
}

static void say_conditional(struct check_work *k, const pack_hit_list *hits) {
    uint32_t end = 0;
    int said = 0;
    for (size_t i = 0; i < hits->n && said < CONDITIONAL_MAX; i++) {
        const struct pack_hit *h = &hits->v[i];
        if (h->from < end) continue;
        uint32_t to = h->to;
        /* The longest that begins here or goes on from here. */
        for (size_t j = i + 1; j < hits->n && hits->v[j].from < to; j++)
            if (hits->v[j].to > to) to = hits->v[j].to;
        end = to;
        said++;
        struct remark *r =
            check_say_words(k, REMARK_APOLOGY, REMARK_LOOK, h->from, to,
                            T("“{0}” leaves open what went wrong. Say it, or leave the apology out."));
        check_arg(r, check_clip(k->a, text_span(&k->reply, h->from, to)));
    }
}

static void say_repeated(struct check_work *k, const pack_hit_list *sorry, bool acts) {
    bool before = false;
    for (size_t i = 0; i < k->in->nearlier && !before; i++)
        before = text_has(k, k->in->earlier[i], "apology");
    if (before && !acts) {
        check_say_words(k, REMARK_APOLOGY, REMARK_LOOK, sorry->v[0].from, sorry->v[0].to,
                        T("You said sorry before in this conversation. What will you do about it?"));
        return;
    }
    size_t times = sentences_with(k, sorry);
    if (times < TIMES_MANY) return;
    struct remark *r =
        check_say_words(k, REMARK_APOLOGY, REMARK_LOOK, sorry->v[0].from, sorry->v[0].to,
                        T("Sorry stands here {0} times. Once, and what you do about it, is worth more."));
    check_arg(r, str_fmt(k->a, "%zu", times));
}

void check_apology(struct check_work *k) {
    pack_hit_list sorry = {0}, conditional = {0}, fault = {0}, repair = {0}, empathy = {0}, promise = {0};
    if (!k->pack || !k->nwords) return;
    check_hits(k, "apology", &sorry);
    check_hits(k, "apology_if", &conditional);
    check_hits(k, "fault", &fault);
    check_hits(k, "repair", &repair);
    check_hits(k, "empathy", &empathy);
    check_hits(k, "promise", &promise);
    bool acts = repair.n || promise.n;
    say_conditional(k, &conditional);
    if (sorry.n) say_repeated(k, &sorry, acts);
    if (fault.n && (sorry.n || our_failure(k)))
        check_say_words(k, REMARK_APOLOGY, REMARK_FINE, fault.v[0].from, fault.v[0].to,
                        T("You say whose mistake it was."));
    const struct finding *failure = our_failure(k);
    if (failure && !sorry.n && !fault.n && !empathy.n) {
        struct remark *r = check_say(k, REMARK_APOLOGY, REMARK_LOOK, 0, 0,
                                     T("They write “{0}”. Your reply does not say sorry for it."));
        check_arg(r, check_clip(k->a, str_slice(k->letter ? k->letter->bytes : S(""), failure->start,
                                                failure->end)));
        check_letter(k, r, failure->start, failure->end);
    }
    bool wants = k->in->letter && (k->in->letter->sort == SORT_ASK || k->in->letter->sort == SORT_COMPLAINT);
    bool steps = false;
    for (size_t i = 0; i < k->nsentences && !steps; i++) {
        const struct sentence *s = &k->reply.sentences[i];
        steps = s->asks || (s->words && check_is(k, &k->reply.words[s->word], LEX_INSTRUCT));
    }
    if (wants && empathy.n >= 2 && !acts && !fault.n && !steps)
        check_say_words(k, REMARK_APOLOGY, REMARK_LOOK, empathy.v[0].from, empathy.v[0].to,
                        T("You feel with them. What will happen now?"));
}
