/* What others got too: sentences, passages, whole letters, stock phrases; slots and numbers left in. */
#include "letter/check_parts.h"

enum {
    WORDS_MIN = 4,      /* of a sentence's skeleton: fewer say nothing */
    WORDS_SHORT = 9,    /* below, two sentences must be more alike */
    CROWD = 3,          /* so many others make a sentence a canned one beyond doubt */
    MATTER_CROWD = 3,   /* words with matter that a sentence has which a crowd got */
    MATTER_FEW = 4,     /* ... and one that one or two others got */
    CROWD_SOME = 5,     /* others, when it has but two such words */
    CROWD_LITTLE = 20,  /* ... but one */
    PASSAGE_WORDS = 9,  /* a run of so many words that others got is a passage */
    PASSAGE_MATTER = 4, /* ... with so many that have matter */
    LETTER_WORDS = 16,  /* fewer words in all are no letter that could be like another */
    SENTENCE_LONG = 24, /* from so many words on it may be several whose full stops were left out */
};
static const float alike_long = 0.35F, alike_short = 0.5F, alike_few = 0.6F, letter_share = 0.7F,
                   runs_share = 0.85F;

static bool body(const struct check_work *k, size_t sentence) {
    return k->sentences[sentence].role == ROLE_BODY && !k->sentences[sentence].exempt;
}

static void say_others(struct remark *r, uint32_t customers) {
    if (customers < CROWD) {
        r->says = T("Somebody else got this sentence, nearly word for word.");
        return;
    }
    static const char *const forms[] = {
        TN("{0} other customer got this sentence.", "{0} other customers got this sentence.")};
    r->says = forms[0];
    r->says_many = forms[1];
    r->count = customers;
}

/* Words with matter among [from, to) of a sentence's skeleton: "what are you trying to" has one. */
static uint32_t matter(const struct check_work *k, size_t i, uint32_t from, uint32_t to) {
    uint32_t n = 0;
    for (uint32_t w = from; w < to; w++)
        n += !check_is(k, &k->reply.words[k->skeleton.words[i][w]], LEX_STOP);
    return n;
}

/* Two people may say a thing alike; a crowd that got the same did not get it by chance. The less a sentence
 * says, the larger the crowd must be: "Is the problem still there?" is anybody's. */
static bool by_chance(const struct check_work *k, size_t i, const struct check_like *like) {
    uint32_t words = matter(k, i, 0, k->skeleton.counts[i]);
    if (like->customers < CROWD) return like->alike < alike_few || words < MATTER_FEW;
    if (words >= MATTER_CROWD) return false;
    return words == 0 || like->customers < (words == 1 ? CROWD_LITTLE : CROWD_SOME) ||
           like->alike < alike_short;
}

static bool check_sentence_canned(struct check_work *k, size_t i) {
    const struct check_history *h = k->in->history;
    uint32_t n = k->skeleton.counts[i];
    if (n < WORDS_MIN) return false;
    struct check_like like = {0};
    h->like(h->context, k->skeleton.sentences[i], n, n < WORDS_SHORT ? alike_short : alike_long, &like);
    if (like.alike <= 0 || !like.customers) return false;
    if (by_chance(k, i, &like)) return false;
    k->sentences[i].customers = like.customers;
    struct remark *r = check_say_sentence(k, REMARK_CANNED, REMARK_LOOK, i, "");
    say_others(r, like.customers);
    check_earlier(k, r, like.text, like.sentence, like.customers);
    for (int e = 0; e < 3; e++) check_earlier(k, r, like.earlier[e], UINT32_MAX, 0);
    return true;
}

/* The longest stretch of a sentence whose every four words went to others. */
static void check_passage(struct check_work *k, size_t i) {
    const struct check_history *h = k->in->history;
    const uint32_t *words = k->skeleton.sentences[i];
    uint32_t n = k->skeleton.counts[i], best_from = 0, best_to = 0, best_others = 0;
    for (uint32_t at = 0; at + 4 <= n;) {
        uint32_t to = at, least = UINT32_MAX;
        while (to + 4 <= n) {
            uint32_t others = h->run(h->context, words + to);
            if (others < CROWD) break;
            if (others < least) least = others;
            to++;
        }
        if (to > at && to + 3 - at > best_to - best_from) {
            best_from = at;
            best_to = to + 3;
            best_others = least;
        }
        at = to + 1;
    }
    if (best_to - best_from < PASSAGE_WORDS || matter(k, i, best_from, best_to) < PASSAGE_MATTER) return;
    static const char *const forms[] = {
        TN("These words went to {0} other customer.", "These words went to {0} other customers.")};
    uint32_t from = k->skeleton.words[i][best_from], to = k->skeleton.words[i][best_to - 1] + 1;
    struct remark *r = check_say_words(k, REMARK_CANNED, REMARK_LOOK, from, to, forms[0]);
    r->says_many = forms[1];
    r->count = best_others;
    if ((best_to - best_from) * 10 >= n * 7) k->sentences[i].customers = best_others;
}

/* How many of a sentence's words stand in runs of four that a crowd got; the smallest of those crowds. */
static uint32_t words_in_runs(const struct check_work *k, size_t i, uint32_t *ret_least) {
    const struct check_history *h = k->in->history;
    uint32_t n = k->skeleton.counts[i], done = 0, sum = 0;
    for (uint32_t at = 0; at + 4 <= n; at++) {
        uint32_t others = h->run(h->context, k->skeleton.sentences[i] + at);
        if (others < CROWD) continue;
        if (others < *ret_least) *ret_least = others;
        sum += at + 4 - (done > at ? done : at);
        done = at + 4;
    }
    return sum;
}

/* A letter without full stops is one sentence, and like no other: what it is made of tells. */
static void check_letter_runs(struct check_work *k, const struct skeleton *s, uint32_t total) {
    uint32_t inside = 0, least = UINT32_MAX;
    if (!k->in->history->run) return;
    for (size_t i = 0; i < k->nsentences; i++)
        if (s->counts[i]) inside += words_in_runs(k, i, &least);
    if (!inside || (float)inside < runs_share * (float)total) return;
    static const char *const forms[] = {TN("Most of this letter went to {0} other customer before.",
                                           "Most of this letter went to {0} other customers before.")};
    struct remark *r = check_say(k, REMARK_CANNED_LETTER, REMARK_STOP, 0, 0, forms[0]);
    r->says_many = forms[1];
    r->count = least;
}

/* Earlier letters that hold much of this one. Greeting, closing and facts do not count. */
static void check_letter_canned(struct check_work *k) {
    enum { VOTES = 16 };
    const struct check_history *h = k->in->history;
    struct skeleton s = k->skeleton;
    uint32_t total = 0, sentences = 0, in_long = 0;
    s.counts = arena_array(k->a, s.n + 1, sizeof *s.counts);
    for (size_t i = 0; i < k->nsentences; i++) {
        if (!body(k, i)) continue;
        s.counts[i] = k->skeleton.counts[i];
        total += s.counts[i];
        sentences += s.counts[i] >= WORDS_MIN;
        if (s.counts[i] >= SENTENCE_LONG) in_long += s.counts[i];
    }
    if (total < LETTER_WORDS || (sentences < 2 && total < SENTENCE_LONG)) return;
    struct check_vote votes[VOTES];
    /* One sentence may be like another by chance; its words in their order are not. */
    size_t n = sentences < 2 ? 0 : h->texts_like(h->context, &s, letter_share, VOTES, votes), others = 0;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t e = 0; e < i; e++) seen |= votes[e].customer == votes[i].customer;
        others += !seen;
    }
    if (!n && in_long * 2 >= total) check_letter_runs(k, &s, total);
    if (!n) return;
    struct remark *r = check_say(k, REMARK_CANNED_LETTER, others >= CROWD ? REMARK_STOP : REMARK_LOOK, 0, 0,
                                 T("Most of this letter went to somebody else before."));
    if (others >= VOTES) {
        r->says = T("Most of this letter went to {0} and more other customers before.");
        check_arg(r, str_fmt(k->a, "%zu", others));
    } else if (others > 1) {
        static const char *const forms[] = {TN("Most of this letter went to {0} other customer before.",
                                               "Most of this letter went to {0} other customers before.")};
        r->says = forms[0];
        r->says_many = forms[1];
        r->count = (int64_t)others;
    }
    for (size_t i = 0; i < n && i < 4; i++)
        check_earlier(k, r, votes[i].text, UINT32_MAX, i ? 0 : (uint32_t)others);
}

void check_canned(struct check_work *k) {
    const struct check_history *h = k->in->history;
    if (!h) return;
    for (size_t i = 0; i < k->nsentences; i++) {
        if (!body(k, i) || k->sentences[i].here) continue;
        if (h->like && check_sentence_canned(k, i)) continue;
        if (h->run) check_passage(k, i);
    }
    if (h->texts_like && !k->letter_here) check_letter_canned(k);
}

/* ---- stock phrases ---- */

static const char *stock_says(str advice) {
    if (str_eq(advice, S("contact")))
        return T("“{0}” begins every desk’s letters. Thank them for what they told you.");
    if (str_eq(advice, S("feedback")))
        return T("“{0}” speaks of us. Say what you make of what they told you.");
    if (str_eq(advice, S("hesitate")))
        return T("“{0}” is in everybody’s letters. Ask what you want to know, or leave it out.");
    if (str_eq(advice, S("patience"))) return T("“{0}”: say how long they waited, or for what.");
    if (str_eq(advice, S("received"))) return T("“{0}” is about our filing, not about them.");
    if (str_eq(advice, S("regret"))) return T("“{0}”: say no in your own words, and why.");
    if (str_eq(advice, S("policy"))) return T("“{0}” hides behind a rule. Say the reason the rule has.");
    if (str_eq(advice, S("online"))) return T("“{0}” sends them away. What can you do for them here?");
    if (str_eq(advice, S("closing")))
        return T("“{0}” ends every desk’s letters. End with something of theirs.");
    return T("“{0}” is in everybody’s letters. Say it in your own words.");
}

static void say_stock(struct check_work *k, uint32_t from, uint32_t to, str advice) {
    struct remark *r = check_say_words(k, REMARK_STOCK, REMARK_LOOK, from, to, stock_says(advice));
    check_arg(r, check_clip(k->a, text_span(&k->reply, from, to)));
}

/* Places where the brand's own phrases stand, word by word. */
static void brand_stock(struct check_work *k, bool *taken) {
    for (size_t p = 0; p < k->in->nstock; p++) {
        struct text t;
        text_of(k->a, k->in->stock[p], k->reply.language, &t);
        if (!t.nwords) continue;
        for (uint32_t i = 0; i + t.nwords <= k->nwords; i++) {
            size_t n = 0;
            while (n < t.nwords && k->reply.words[i + n].folded_hash == t.words[n].folded_hash) n++;
            if (n < t.nwords || taken[i] || check_exempt(k, i, i + (uint32_t)n)) continue;
            memset(taken + i, 1, n);
            say_stock(k, i, i + (uint32_t)n, S(""));
        }
    }
}

/* How much of each sentence is stock, and which sentences need no remark of it: what a crowd got has one. */
static void set_worn(struct check_work *k, const pack_hit_list *hits, bool *taken) {
    bool *stock = arena_array(k->a, k->nwords + 1, sizeof *stock);
    for (size_t i = 0; i < hits->n; i++) memset(stock + hits->v[i].from, 1, hits->v[i].to - hits->v[i].from);
    for (size_t i = 0; i < k->nsentences; i++) {
        const struct sentence *s = &k->reply.sentences[i];
        uint32_t n = 0;
        for (uint32_t w = s->word; w < s->word + s->words; w++) n += stock[w];
        k->sentences[i].worn = n * 4 >= s->words;
        if (k->sentences[i].customers >= CROWD) memset(taken + s->word, 1, s->words);
    }
}

/* "We regret" alone is an apology, and no no. */
static str stock_advice(const struct pack_hit *hit, const pack_hit_list *sorry) {
    for (size_t i = 0; i < sorry->n && str_eq(hit->value, S("regret")); i++)
        if (hit->to - hit->from <= 2 && sorry->v[i].to == hit->to) return S("");
    return hit->value;
}

void check_stock(struct check_work *k) {
    bool *taken = arena_array(k->a, k->nwords + 1, sizeof *taken);
    pack_hit_list hits = {0}, sorry = {0};
    check_hits(k, "stock", &hits);
    check_hits(k, "apology", &sorry);
    set_worn(k, &hits, taken);
    while (true) {
        /* The longest of those that overlap. */
        const struct pack_hit *best = NULL;
        for (size_t i = 0; i < hits.n; i++)
            if (!taken[hits.v[i].from] && !taken[hits.v[i].to - 1] &&
                (!best || hits.v[i].to - hits.v[i].from > best->to - best->from))
                best = &hits.v[i];
        if (!best) break;
        memset(taken + best->from, 1, best->to - best->from);
        say_stock(k, best->from, best->to, stock_advice(best, &sorry));
        if (k->remarks.n >= CHECK_REMARKS_MAX) break;
    }
    brand_stock(k, taken);
}

/* ---- what must not be left in ---- */

static bool letter_or_digit(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 128;
}

static void say_slot(struct check_work *k, size_t from, size_t to, size_t marks) {
    str inner =
        str_trim(str_slice(k->reply.bytes, from + marks, to - marks < from + marks ? to : to - marks));
    struct remark *r = check_say(k, REMARK_SLOT, REMARK_STOP, (uint32_t)from, (uint32_t)to,
                                 T("“{0}” is still to be written, in your own words."));
    check_arg(r, check_clip(k->a, inner.n ? inner : str_slice(k->reply.bytes, from, to)));
}

/* "[[...]]" and "{{...}}"; where the second mark was lost, up to the next blank. */
static size_t slot_doubled(str s, size_t at) {
    bool square = s.p[at] == '[';
    if (at + 1 >= s.n || s.p[at + 1] != s.p[at] || (!square && s.p[at] != '{')) return 0;
    size_t end = str_find(s, square ? S("]]") : S("}}"), at + 2),
           next = str_find(s, str_slice(s, at, at + 2), at + 2);
    if (end != SIZE_MAX && (next == SIZE_MAX || end < next)) return end + 2;
    end = at + 2;
    while (end < s.n && s.p[end] != ' ' && s.p[end] != '\n' && s.p[end] != '\r' && s.p[end] != '\t') end++;
    return end;
}

/* In any language: frameworks are copied from one to another. */
static bool slot_word(str folded) {
    for (size_t i = 0; pack_language(i); i++)
        if (pack_has(pack_find(str_z(pack_language(i))), "slot", folded)) return true;
    return false;
}

/* "[first name]", "<date>", "{order}": all is words, and one of them is of those that frameworks
 * leave. */
static size_t slot_named(struct check_work *k, size_t at) {
    enum { BYTES = 40, WORDS = 4, SHORT = 3 };
    str s = k->reply.bytes;
    char close = s.p[at] == '[' ? ']' : s.p[at] == '<' ? '>' : '}';
    if (at && letter_or_digit(s.p[at - 1])) return 0;
    size_t end = at + 1;
    while (end < s.n && end - at < BYTES &&
           (letter_or_digit(s.p[end]) || s.p[end] == ' ' || s.p[end] == '_' || s.p[end] == '-'))
        end++;
    if (end >= s.n || s.p[end] != close) return 0;
    struct text t;
    char *plain = arena_copy(k->a, s.p + at + 1, end - at - 1);
    for (size_t i = 0; i < end - at - 1; i++)
        if (plain[i] == '_') plain[i] = ' ';
    text_of(k->a, (str){plain, end - at - 1}, k->reply.language, &t);
    if (!t.nwords || t.nwords > WORDS) return 0;
    for (size_t i = 0; i < t.nwords; i++)
        if ((i == 0 || i + 1 == t.nwords || t.nwords <= SHORT) && slot_word(t.words[i].folded))
            return end + 1;
    return 0;
}

void check_slot(struct check_work *k) {
    str s = k->reply.bytes;
    for (size_t at = 0; at < s.n && k->remarks.n < CHECK_REMARKS_MAX; at++) {
        if (s.p[at] != '[' && s.p[at] != '{' && s.p[at] != '<') continue;
        size_t end = slot_doubled(s, at), marks = 2;
        if (!end) {
            end = slot_named(k, at);
            marks = 1;
            uint32_t word = (uint32_t)text_word_at(&k->reply, (uint32_t)at);
            bool theirs =
                end && k->letter && str_find(k->letter->bytes, str_slice(s, at, end), 0) != SIZE_MAX;
            if (!end || theirs || (word < k->nwords && k->exempt[word])) continue;
        }
        say_slot(k, at, end, marks);
        at = end - 1;
    }
}

static void say_reference(struct check_work *k, size_t from, size_t to) {
    str number = str_slice(k->reply.bytes, from, to);
    if (k->letter && str_find(k->letter->bytes, number, 0) != SIZE_MAX) return;
    uint32_t word = (uint32_t)text_word_at(&k->reply, (uint32_t)from);
    if (word < k->nwords && ((k->reply.words[word].flags & WORD_LINK) || k->exempt[word])) return;
    for (int kind = CATALOGUE_PRODUCT; k->in->catalogue && kind <= CATALOGUE_PART; kind++)
        if (catalogue_item_of(k->in->catalogue, (catalogue_kind)kind, number) != UINT32_MAX) return;
    struct remark *r = check_say(k, REMARK_REFERENCE, REMARK_LOOK, (uint32_t)from, (uint32_t)to,
                                 T("{0} is our number, not their words. They can just answer this letter."));
    check_arg(r, check_clip(k->a, number));
}

static bool overlaps(const struct check_work *k, size_t from, size_t to) {
    for (size_t i = 0; i < k->remarks.n; i++)
        if (k->remarks.v[i].kind == REMARK_REFERENCE && k->remarks.v[i].start < to &&
            from < k->remarks.v[i].end)
            return true;
    return false;
}

/* Two capitals or more, a hyphen perhaps, four digits or more: CS-0048217. */
static size_t number_like_ours(str s, size_t at) {
    size_t i = at, digits = 0;
    while (i < s.n && s.p[i] >= 'A' && s.p[i] <= 'Z') i++;
    if (i - at < 2 || i - at > 10) return 0;
    if (i < s.n && s.p[i] == '-') i++;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') i++, digits++;
    /* CVE-2024-1234 and the like go on with another hyphen. */
    if (digits < 4 || (i < s.n && (letter_or_digit(s.p[i]) ||
                                   (s.p[i] == '-' && i + 1 < s.n && letter_or_digit(s.p[i + 1])))))
        return 0;
    return i;
}

/* A number in the shape of ours may be anybody's: a parcel's, a part's, a norm's. It is ours where the
 * sentence says so. */
static bool told_as_ours(struct check_work *k, size_t at) {
    if (!k->pack) return true;
    size_t word = text_word_at(&k->reply, (uint32_t)at);
    if (word >= k->nwords) return false;
    uint32_t sentence = k->reply.words[word].sentence;
    return check_hit_in(k, "reference_word", sentence) && !check_hit_in(k, "reference_not", sentence);
}

void check_reference(struct check_work *k) {
    str s = k->reply.bytes;
    for (size_t r = 0; r < k->in->nreferences; r++) {
        str number = k->in->references[r];
        if (!number.n) continue;
        for (size_t at = 0; (at = str_find(s, number, at)) != SIZE_MAX; at += number.n) {
            size_t end = at + number.n;
            if ((at && letter_or_digit(s.p[at - 1]) && letter_or_digit(number.p[0])) ||
                (end < s.n && letter_or_digit(s.p[end])))
                continue;
            if (k->remarks.n >= CHECK_REMARKS_MAX) return;
            say_reference(k, at, end);
        }
    }
    for (size_t at = 0; at < s.n; at++) {
        if (s.p[at] < 'A' || s.p[at] > 'Z' || (at && (letter_or_digit(s.p[at - 1]) || s.p[at - 1] == '-')))
            continue;
        size_t end = number_like_ours(s, at);
        if (!end) continue;
        if (!overlaps(k, at, end) && told_as_ours(k, at)) say_reference(k, at, end);
        if (k->remarks.n >= CHECK_REMARKS_MAX) return;
        at = end;
    }
}
