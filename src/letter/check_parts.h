/* check_parts: what the parts of the letter check share. Each check_x function looks at one matter and adds
 * its remarks; none of them needs what another adds, but all read the roles and marks that check() sets
 * first. */
#ifndef LONGHAND_LETTER_CHECK_PARTS_H
#define LONGHAND_LETTER_CHECK_PARTS_H

#include "letter/check.h"
#include "letter/dates.h"
#include "letter/hashes.h"
#include "letter/lexicon.h"
#include "letter/pack.h"

enum {
    CHECK_SENTENCES_MAX = 1000, /* beyond, a reply is no letter any more */
    CHECK_REMARKS_MAX = 300,
    CHECK_EVIDENCE_BYTES = 300,
};

enum sentence_role { ROLE_BODY, ROLE_GREETING, ROLE_CLOSING };

struct check_sentence {
    enum sentence_role role;
    bool exempt;        /* a fact or an allowed phrase, word for word */
    uint32_t customers; /* others who got it; 0 when it is this letter's own */
    bool here;          /* a colleague said it in this incident: it has its remark */
    bool again;         /* this person was told it before */
    bool worn;          /* much of it is stock: it earns nothing for the reader's words in it */
    float echo;         /* weight of the reader's words in it */
};

struct check_work {
    arena *a;
    const struct check_input *in;
    const struct pack *pack; /* of the reply's language, NULL */
    const struct lexicon *lexicon;
    const struct text *letter; /* NULL */
    struct text reply;
    struct check_sentence *sentences; /* one a sentence of the reply */
    bool *exempt;                     /* one a word of the reply: part of a fact or an allowed phrase */
    struct skeleton skeleton;
    struct hashes letter_words;          /* hash of stem -> 1 + first word of the letter */
    struct hashes letter_folded;         /* hash of the folded word -> the same */
    struct hashes names;                 /* folded words of the names of customer and agents */
    struct hashes ours;                  /* folded words of our own names: the brand's, its personas' */
    uint32_t greeting_from, greeting_to; /* words of the greeting; equal: there is none */
    str reader;                          /* what to call them in a remark: the first of their names; "" */
    size_t nsentences;                   /* at most CHECK_SENTENCES_MAX */
    size_t nwords;                       /* of those sentences */
    bool letter_here;                    /* most of it was said in this incident: it has its remark */
    remark_list remarks;
};

/* A remark at bytes [start, end) of the reply; both 0 for the whole. The result may be filled further until
 * the next one is added. */
struct remark *check_say(struct check_work *k, remark_kind kind, remark_level level, uint32_t start,
                         uint32_t end, const char *says);
struct remark *check_say_sentence(struct check_work *k, remark_kind kind, remark_level level, size_t sentence,
                                  const char *says);
struct remark *check_say_words(struct check_work *k, remark_kind kind, remark_level level, uint32_t from,
                               uint32_t to, const char *says);
void check_arg(struct remark *r, str text);
/* A span of the letter as evidence. */
void check_letter(struct check_work *k, struct remark *r, uint32_t start, uint32_t end);
void check_letter_words(struct check_work *k, struct remark *r, uint32_t from, uint32_t to);
/* An earlier reply. */
void check_earlier(struct check_work *k, struct remark *r, int64_t id, uint32_t sentence, uint32_t customers);

/* Hits of a group of the pack in the reply, without those in facts. */
void check_hits(struct check_work *k, const char *group, pack_hit_list *ret);
bool check_hit_in(struct check_work *k, const char *group, size_t sentence);
bool check_exempt(const struct check_work *k, uint32_t from, uint32_t to);
/* "“...”" of the reply's words, on one line, at most 60 bytes. */
str check_clip(arena *a, str text);
/* How much a word of the letter tells: 0 for words without matter, little for common ones. */
float check_weight(const struct check_work *k, const struct word *w);

/* Which groups of words a word of the reply is in: any of LEX_... */
static inline bool check_is(const struct check_work *k, const struct word *w, uint32_t groups) {
    return lexicon_of(k->lexicon, w) & groups;
}

void check_slot(struct check_work *k);
void check_reference(struct check_work *k);
void check_greeting_role(struct check_work *k);
void check_closing_role(struct check_work *k);
void check_name(struct check_work *k);
void check_incident(struct check_work *k);
void check_canned(struct check_work *k);
void check_stock(struct check_work *k);
void check_echo(struct check_work *k);
void check_asks(struct check_work *k);
void check_apology(struct check_work *k);
void check_promise(struct check_work *k);
void check_pronoun(struct check_work *k);
void check_concrete(struct check_work *k);
void check_length(struct check_work *k);
void check_voice(struct check_work *k);
void check_avoided(struct check_work *k);

#endif
