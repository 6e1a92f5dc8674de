/* What is said while one cause makes many people write: the same to several of them, seconds apart perhaps;
 * what everybody may state, and what no longer holds. */
#include "letter/check_parts.h"

enum {
    HERE_WORDS_MIN = 4,    /* of a sentence's skeleton */
    HERE_MATTER = 4,       /* words with matter in a sentence that one or two others got; */
    HERE_MATTER_CROWD = 3, /* and in one that more got */
    HERE_CROWD = 3,
    HERE_LETTER_WORDS = 8, /* of a letter's skeleton: posts are short */
    HERE_LETTER_LONG = 16, /* from here on a smaller share of it tells */
    FACT_WORDS_MAX = 64,
    FACT_NEAR_WORDS = 40, /* a sentence longer than that is looked at in its first words */
};
static const float here_few = 0.6F, here_crowd = 0.5F, letter_long = 0.7F, letter_short = 0.9F,
                   fact_share = 0.6F;

/* ---- what colleagues said ---- */

static uint32_t matter_of(const struct check_work *k, size_t i) {
    uint32_t n = 0;
    for (uint32_t w = 0; w < k->skeleton.counts[i]; w++)
        n += !check_is(k, &k->reply.words[k->skeleton.words[i][w]], LEX_STOP);
    return n;
}

static void arg_moment(struct remark *r, str text, int64_t at) {
    check_arg(r, text);
    r->moment = at;
}

static bool just_now(const struct check_work *k, const struct check_like *like) {
    const struct check_incident *x = k->in->incident;
    if (!x->just_now) return false;
    bool now = x->just_now(x->said->context, like->text);
    for (int e = 0; e < 3 && !now; e++)
        now = like->earlier[e] && x->just_now(x->said->context, like->earlier[e]);
    return now;
}

/* "Said 31 times by us since 09:12"; what somebody is sending at this moment nobody could have seen, so it
 * stops. */
static void say_here(struct check_work *k, size_t i, const struct check_like *like) {
    static const char *const forms[] = {
        TN("Said once by us since {1}, to somebody else.", "Said {0} times by us since {1}.")};
    struct remark *r;
    /* Where the whole letter has its stop, the sentences only show which. */
    if (!k->letter_here && just_now(k, like)) {
        r = check_say_sentence(k, REMARK_CANNED_LETTER, REMARK_STOP, i,
                               T("A colleague has just said this to somebody else, nearly word for word."));
    } else {
        r = check_say_sentence(k, REMARK_CANNED, REMARK_LOOK, i, forms[0]);
        r->says_many = forms[1];
        r->count = like->customers;
        arg_moment(r, k->in->incident->since, k->in->incident->since_ms);
    }
    check_earlier(k, r, like->text, like->sentence, like->customers);
    for (int e = 0; e < 3; e++) check_earlier(k, r, like->earlier[e], UINT32_MAX, 0);
}

static void check_sentence_here(struct check_work *k, size_t i) {
    const struct check_history *h = k->in->incident->said;
    struct check_like like = {0};
    uint32_t n = k->skeleton.counts[i], matter;
    if (n < HERE_WORDS_MIN) return;
    h->like(h->context, k->skeleton.sentences[i], n, here_crowd, &like);
    if (like.alike <= 0 || !like.customers) return;
    matter = matter_of(k, i);
    bool few = like.customers < HERE_CROWD;
    if (few ? like.alike < here_few || matter < HERE_MATTER : matter < HERE_MATTER_CROWD) return;
    k->sentences[i].here = true;
    k->sentences[i].customers = like.customers;
    say_here(k, i, &like);
}

static bool check_letter_here(struct check_work *k) {
    enum { VOTES = 4 };
    const struct check_history *h = k->in->incident->said;
    struct check_vote votes[VOTES];
    struct skeleton s = k->skeleton;
    uint32_t total = 0;
    s.counts = arena_array(k->a, s.n + 1, sizeof *s.counts);
    for (size_t i = 0; i < k->nsentences; i++) {
        if (k->sentences[i].role != ROLE_BODY || k->sentences[i].exempt) continue;
        s.counts[i] = k->skeleton.counts[i];
        total += s.counts[i];
    }
    if (total < HERE_LETTER_WORDS) return false;
    float share = total < HERE_LETTER_LONG ? letter_short : letter_long;
    size_t n = h->texts_like(h->context, &s, share, VOTES, votes);
    if (!n) return false;
    struct remark *r = check_say(k, REMARK_CANNED_LETTER, REMARK_STOP, 0, 0,
                                 T("Most of this letter went to somebody else since {0}."));
    arg_moment(r, k->in->incident->since, k->in->incident->since_ms);
    for (size_t i = 0; i < n; i++) check_earlier(k, r, votes[i].text, UINT32_MAX, i ? 0 : (uint32_t)n);
    return true;
}

/* ---- facts ---- */

/* Words with matter of a fact: hashes of their stems, each once. */
static size_t words_of_fact(struct check_work *k, str text, uint32_t *ret) {
    struct text t;
    size_t n = 0;
    text_of(k->a, text, k->reply.language, &t);
    for (size_t i = 0; i < t.nwords && n < FACT_WORDS_MAX; i++) {
        bool seen = check_is(k, &t.words[i], LEX_STOP);
        for (size_t e = 0; e < n && !seen; e++) seen = ret[e] == t.words[i].hash;
        if (!seen) ret[n++] = t.words[i].hash;
    }
    return n;
}

static float share_in(const struct check_work *k, const uint32_t *words, size_t n, const struct sentence *s) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        for (uint32_t w = s->word; w < s->word + s->words && w < s->word + FACT_NEAR_WORDS; w++)
            if (k->reply.words[w].hash == words[i]) {
                found++;
                break;
            }
    return found < 2 && n > 1 ? 0 : (float)found / (float)n;
}

/* The sentence that states it; SIZE_MAX none. */
static size_t stated_in(struct check_work *k, str text) {
    uint32_t words[FACT_WORDS_MAX];
    size_t n = words_of_fact(k, text, words), best = SIZE_MAX;
    float most = 0;
    if (!n) return SIZE_MAX;
    for (size_t i = 0; i < k->nsentences; i++) {
        if (k->sentences[i].role != ROLE_BODY) continue;
        float share = share_in(k, words, n, &k->reply.sentences[i]);
        if (share < fact_share || share <= most) continue;
        most = share;
        best = i;
    }
    return best;
}

static void rest_on_fact(struct check_work *k, struct remark *r, const struct check_stated *f) {
    *list_add(k->a, &r->evidence) = (struct evidence){
        .source = EVIDENCE_FACT, .id = f->id, .text = str_clip_utf8(f->text, CHECK_EVIDENCE_BYTES)};
}

static str minutes(struct check_work *k, const struct check_stated *f) {
    return str_fmt(k->a, "%lld", (long long)f->minutes);
}

/* They were told what is not so. A reply that takes it up is what they are owed. */
static void check_withdrawn(struct check_work *k, const struct check_stated *f, size_t at) {
    struct remark *r;
    if (f->told_at.n && at == SIZE_MAX) {
        r = check_say(k, REMARK_FACT, REMARK_LOOK, 0, 0,
                      T("They were told ({0}): “{1}”. That no longer holds, and this does not say so."));
        arg_moment(r, f->told_at, f->told_ms);
        check_arg(r, check_clip(k->a, f->text));
    } else if (at == SIZE_MAX) {
        return;
    } else if (f->told_at.n) {
        r = check_say_sentence(k, REMARK_FACT, REMARK_FINE, at,
                               T("Takes up what they were told ({0}), which no longer holds."));
        arg_moment(r, f->told_at, f->told_ms);
    } else {
        r = check_say_sentence(k, REMARK_FACT, REMARK_STOP, at,
                               T("This was taken out of the facts ({0}): it is not so."));
        arg_moment(r, f->withdrawn_at, f->withdrawn_ms);
    }
    rest_on_fact(k, r, f);
}

static void check_stated(struct check_work *k, const struct check_stated *f) {
    size_t at = stated_in(k, f->text);
    if (f->withdrawn_at.n) {
        check_withdrawn(k, f, at);
        return;
    }
    if (at == SIZE_MAX) return;
    struct remark *r;
    static const char *const fresh[] = {
        TN("A fact, checked {0} minute ago.", "A fact, checked {0} minutes ago.")};
    if (f->old) {
        r = check_say_sentence(k, REMARK_FACT, REMARK_LOOK, at,
                               T("This fact is getting old: it was checked {0} minutes ago. Ask {1} again."));
        check_arg(r, minutes(k, f));
        check_arg(r, f->owner);
    } else if (f->minutes < 1) {
        r = check_say_sentence(k, REMARK_FACT, REMARK_FINE, at, T("A fact, checked just now."));
    } else {
        r = check_say_sentence(k, REMARK_FACT, REMARK_FINE, at, fresh[0]);
        r->says_many = fresh[1];
        r->count = f->minutes;
    }
    rest_on_fact(k, r, f);
}

/* "It will be back by noon" where nobody knows. What the writer will do by then is theirs to promise. */
static void check_unknown(struct check_work *k, const struct check_stated *f) {
    for (size_t i = 0; i < k->nsentences; i++) {
        const struct sentence *s = &k->reply.sentences[i];
        date_hit_list dates = {0};
        bool own = s->asks;
        if (k->sentences[i].role != ROLE_BODY || !k->pack) continue;
        for (uint32_t w = s->word; w < s->word + s->words && !own; w++)
            own = check_is(k, &k->reply.words[w], LEX_I);
        if (own) continue;
        dates_find(k->a, &k->reply, s->word, s->word + s->words, k->in->now, k->in->zone, &dates);
        bool ahead = false;
        for (size_t d = 0; d < dates.n; d++) ahead |= dates.v[d].due_at > k->in->now;
        if (!ahead) continue;
        rest_on_fact(
            k, check_say_sentence(k, REMARK_FACT, REMARK_LOOK, i, T("Nobody has a time for this yet.")), f);
    }
}

/* ---- what they were told before ---- */

static float alike(const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m) {
    uint32_t both = 0;
    for (uint32_t i = 0; i + 1 < n; i++)
        for (uint32_t j = 0; j + 1 < m; j++)
            if (a[i] == b[j] && a[i + 1] == b[j + 1]) {
                both++;
                break;
            }
    uint32_t either = n - 1 + m - 1 - both;
    return either ? (float)both / (float)either : 0;
}

static void check_told(struct check_work *k, str earlier, int64_t id) {
    struct text t;
    struct skeleton s;
    text_of(k->a, str_clip_utf8(earlier, 20000), k->reply.language, &t);
    struct skeleton_mask mask = {k->letter, NULL, 0, k->in->catalogue};
    skeleton_of(k->a, &t, &mask, &s);
    for (size_t i = 0; i < k->nsentences; i++) {
        if (k->sentences[i].role != ROLE_BODY || k->sentences[i].here || k->sentences[i].again) continue;
        if (k->skeleton.counts[i] < HERE_WORDS_MIN || matter_of(k, i) < HERE_MATTER_CROWD) continue;
        for (size_t e = 0; e < s.n && !k->sentences[i].again; e++) {
            if (s.counts[e] < HERE_WORDS_MIN || s.counts[e] > 512 || k->skeleton.counts[i] > 512) continue;
            if (alike(k->skeleton.sentences[i], k->skeleton.counts[i], s.sentences[e], s.counts[e]) <
                here_few)
                continue;
            k->sentences[i].again = true;
            struct remark *r = check_say_sentence(k, REMARK_CANNED, REMARK_LOOK, i,
                                                  T("They were told this before, in nearly these words."));
            *list_add(k->a, &r->evidence) =
                (struct evidence){.source = EVIDENCE_REPLY,
                                  .id = id,
                                  .text = str_clip_utf8(text_sentence(&t, e), CHECK_EVIDENCE_BYTES)};
        }
    }
}

void check_incident(struct check_work *k) {
    const struct check_incident *x = k->in->incident;
    if (!x) return;
    if (x->said && x->said->texts_like) k->letter_here = check_letter_here(k);
    for (size_t i = 0; x->said && x->said->like && i < k->nsentences; i++)
        if (k->sentences[i].role == ROLE_BODY && !k->sentences[i].exempt) check_sentence_here(k, i);
    for (size_t i = 0; i < k->in->nearlier; i++)
        if (k->in->earlier_ids) check_told(k, k->in->earlier[i], k->in->earlier_ids[i]);
    for (size_t i = 0; i < x->nfacts; i++) {
        if (x->facts[i].unknown)
            check_unknown(k, &x->facts[i]);
        else
            check_stated(k, &x->facts[i]);
    }
}
