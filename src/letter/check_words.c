/* How it is said: who speaks, whose words, how long. Advice, never more. */
#include "letter/check_parts.h"

enum {
    WE_MANY = 3,
    WE_VERY_MANY = 5, /* from so many on it is the firm, whatever it does */
    WE_DESK = 2,      /* of fewer, so many must do what desks do */
    ABSTRACT_MAX = 2,
    SENTENCES_FEW = 3,
    LONG_WORDS_SHOWN = 3,
    LONG_WORD = 13, /* letters, where the pack names no number */
    VOICE_FEW = 3,
    VOICE_SHOWN = 5,
};

void check_pronoun(struct check_work *k) {
    uint32_t we = 0, i = 0, first = 0;
    if (!k->pack) return;
    pack_hit_list not = {0};
    check_hits(k, "we_not", &not );
    pack_hit_list desk = {0};
    check_hits(k, "we_desk", &desk);
    uint32_t does = 0, end = 0;
    for (size_t h = 0; h < desk.n; h++) {
        does += desk.v[h].from >= end;
        if (desk.v[h].to > end) end = desk.v[h].to;
    }
    size_t bodies = 0;
    for (size_t s = 0; s < k->nsentences; s++) {
        const struct sentence *of = &k->reply.sentences[s];
        if (k->sentences[s].role != ROLE_BODY || k->sentences[s].exempt) continue;
        bodies++;
        for (uint32_t w = of->word; w < of->word + of->words; w++) {
            bool shared = false;
            for (size_t h = 0; h < not .n; h++) shared |= w >= not .v[h].from && w < not .v[h].to;
            if (shared) continue;
            if (check_is(k, &k->reply.words[w], LEX_I)) i++;
            if (!check_is(k, &k->reply.words[w], LEX_WE)) continue;
            if (!we++) first = w;
        }
    }
    if (we < WE_MANY || i || bodies < SENTENCES_FEW || (we < WE_VERY_MANY && does < WE_DESK)) return;
    struct remark *r =
        check_say_words(k, REMARK_PRONOUN, REMARK_LOOK, first, first + 1,
                        T("The firm speaks here {0} times, and you not once. Say “I” where it was you."));
    check_arg(r, str_fmt(k->a, "%u", we));
}

/* What they call the thing: a product, else what happened. */
static const struct finding *their_word(const struct check_work *k) {
    const struct heard *letter = k->in->letter;
    if (!letter || !k->letter) return NULL;
    for (size_t i = 0; i < letter->findings.n; i++)
        if (letter->findings.v[i].kind == FINDING_PRODUCT &&
            letter->findings.v[i].start < letter->findings.v[i].end &&
            letter->findings.v[i].end <= k->letter->bytes.n &&
            k->letter->bytes.p[letter->findings.v[i].start] > '9')
            return &letter->findings.v[i];
    for (size_t i = 0; i < letter->findings.n; i++)
        if (letter->findings.v[i].kind == FINDING_EVENT &&
            letter->findings.v[i].start < letter->findings.v[i].end)
            return &letter->findings.v[i];
    return NULL;
}

void check_concrete(struct check_work *k) {
    const struct finding *theirs = k->pack ? their_word(k) : NULL;
    if (!theirs) return;
    int said = 0;
    struct hashes told = hashes_new(k->a, ABSTRACT_MAX);
    for (size_t s = 0; s < k->nsentences && said < ABSTRACT_MAX; s++) {
        const struct sentence *of = &k->reply.sentences[s];
        if (k->sentences[s].role != ROLE_BODY || k->sentences[s].exempt) continue;
        for (uint32_t w = of->word + 1; w < of->word + of->words && said < ABSTRACT_MAX; w++) {
            const struct word *word = &k->reply.words[w];
            if (!check_is(k, word, LEX_ABSTRACT) || hashes_get(&told, word->hash) ||
                hashes_get(&k->letter_words, word->hash) || !check_is(k, word - 1, LEX_BEFORE_ABSTRACT))
                continue;
            struct remark *r = check_say_words(k, REMARK_CONCRETE, REMARK_LOOK, w - 1, w + 1,
                                               T("“{0}” could be anybody’s. They wrote “{1}”."));
            check_arg(r, check_clip(k->a, text_span(&k->reply, w - 1, w + 1)));
            check_arg(r, check_clip(k->a, str_slice(k->letter->bytes, theirs->start, theirs->end)));
            check_letter(k, r, theirs->start, theirs->end);
            *hashes_put(&told, word->hash) = 1;
            said++;
        }
    }
}

/* ---- length ---- */

static size_t letters_of(str folded) {
    size_t n = 0;
    for (size_t i = 0; i < folded.n; i++) n += ((unsigned char)folded.p[i] & 0xC0) != 0x80;
    return n;
}

static void say_long_words(struct check_work *k) {
    const str *lines;
    int64_t least = LONG_WORD;
    str shown[LONG_WORDS_SHOWN];
    uint32_t first = 0;
    size_t n = 0;
    if (k->pack && pack_lines(k->pack, "long_word", &lines)) str_to_int(lines[0], &least);
    for (uint32_t i = 0; i < k->nwords && n < LONG_WORDS_SHOWN; i++) {
        const struct word *w = &k->reply.words[i];
        if (w->flags & (WORD_LINK | WORD_NUMBER | WORD_ALONE) || (int64_t)letters_of(w->folded) < least)
            continue;
        if (hashes_get(&k->letter_words, w->hash) || hashes_get(&k->names, w->folded_hash) || k->exempt[i])
            continue;
        /* A name of something: long, but a child who plays with it knows it. */
        if ((w->flags & WORD_CAPITAL) && !(w->flags & WORD_FIRST)) continue;
        bool twice = false;
        str word = str_slice(k->reply.bytes, w->start, w->end);
        for (size_t j = 0; j < n; j++) twice |= str_eq_nocase(shown[j], word);
        if (twice) continue;
        if (!n) first = i;
        shown[n++] = word;
    }
    if (n < 2) return;
    buf b BUF_AUTO = BUF_MAX(400);
    for (size_t i = 0; i < n; i++) {
        if (i) buf_add_z(&b, ", ");
        buf_add(&b, str_clip_utf8(shown[i], 60));
    }
    struct remark *r = check_say_words(k, REMARK_LENGTH, REMARK_LOOK, first, first + 1,
                                       T("A child reads this. Long words: {0}."));
    check_arg(r, str_copy(k->a, buf_str(&b)));
}

static double words_a_sentence(const struct text *t, size_t n, const struct check_sentence *of,
                               size_t *ret_n) {
    size_t words = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        if ((of && (of[i].role != ROLE_BODY || of[i].exempt)) || t->sentences[i].words < 3) continue;
        words += t->sentences[i].words;
        count++;
    }
    *ret_n = count;
    return count ? (double)words / (double)count : 0;
}

void check_length(struct check_work *k) {
    if (!k->letter) return;
    size_t ours, theirs;
    double we = words_a_sentence(&k->reply, k->nsentences, k->sentences, &ours);
    double they = words_a_sentence(k->letter, k->letter->nsentences, NULL, &theirs);
    if (k->in->letter->child) say_long_words(k);
    if (ours < SENTENCES_FEW || theirs < SENTENCES_FEW || we < 22 || we < 2 * they) return;
    struct remark *r = check_say(k, REMARK_LENGTH, REMARK_LOOK, 0, 0,
                                 T("Your sentences have {0} words on average, theirs {1}."));
    check_arg(r, str_fmt(k->a, "%.0f", we));
    check_arg(r, str_fmt(k->a, "%.0f", they));
}

/* ---- voice ---- */

void check_voice(struct check_work *k) {
    if (!k->in->nvoice_less) return;
    struct hashes less = hashes_new(k->a, k->in->nvoice_less), seen = hashes_new(k->a, VOICE_SHOWN);
    for (size_t i = 0; i < k->in->nvoice_less; i++)
        if (k->in->voice_less[i].n) *hashes_put(&less, text_hash(k->in->voice_less[i])) = 1;
    buf b BUF_AUTO = BUF_MAX(1000);
    uint32_t n = 0, first = 0;
    for (uint32_t i = 0; i < k->nwords && n < VOICE_SHOWN; i++) {
        const struct word *w = &k->reply.words[i];
        if (k->exempt[i] || !hashes_get(&less, w->folded_hash) || hashes_get(&seen, w->folded_hash)) continue;
        *hashes_put(&seen, w->folded_hash) = 1;
        if (!n++)
            first = i;
        else
            buf_add_z(&b, ", ");
        buf_add(&b, str_clip_utf8(str_slice(k->reply.bytes, w->start, w->end), 60));
    }
    if (n < VOICE_FEW) return;
    struct remark *r = check_say_words(k, REMARK_VOICE, REMARK_LOOK, first, first + 1,
                                       T("Words that the letters you approved seldom use: {0}."));
    check_arg(r, str_copy(k->a, buf_str(&b)));
}
