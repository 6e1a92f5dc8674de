/* listen_ear: what the parts of listening share. Private to src/letter/listen*.c. */
#ifndef LONGHAND_LETTER_LISTEN_EAR_H
#define LONGHAND_LETTER_LISTEN_EAR_H

#include "base/lang.h"
#include "letter/feeling.h"
#include "letter/listen.h"
#include "letter/pack.h"

enum { FINDINGS_MAX = 200, FINDINGS_OF_KIND_MAX = 60, CLAUSE_WORDS_MAX = 60 };

/* Of each word. */
enum {
    MARK_LINE = 1,      /* the first of its line */
    MARK_CLAUSE = 2,    /* the first of its clause */
    MARK_JOIN = 4,      /* joins two clauses ("and", "because") and belongs to neither */
    MARK_ASK = 8,       /* in what they ask */
    MARK_PROMISE = 16,  /* in what they promise */
    MARK_SIGNED = 32,   /* in the signature, or behind it */
    MARK_GREETING = 64, /* in the greeting at the beginning */
    MARK_FEELING = 128, /* in a feeling they name */
};

struct ear {
    arena *a;
    const struct listen_input *in;
    const struct text *t;
    const struct pack *pack; /* NULL: no pack of the language */
    struct heard *heard;
    uint8_t *marks;
    uint32_t *clause_to; /* of each word: where its clause ends */
    uint32_t kinds[FINDING_KINDS];
    struct feeling_tally tally;
};

/* A finding in words [from, to), or with from = to one that stands elsewhere; NULL when there are enough. */
struct finding *ear_add(struct ear *e, finding_kind kind, size_t from, size_t to, str value, const char *why);

/* What stands between word i - 1 and word i; of word 0 what stands before it, of word nwords what follows. */
str ear_gap(const struct ear *e, size_t i);
bool ear_gap_has(const struct ear *e, size_t i, const char *any);
/* Does the word stand in the pack's group of words? */
bool ear_is(const struct ear *e, const char *group, size_t word);

/* Matches of a pattern group in the whole text; none without a pack. */
pack_hit_list ear_match(const struct ear *e, const char *group);
/* Which words lie in a match of the group. */
uint8_t *ear_mask(const struct ear *e, const char *group);
/* Which words begin a match of the group. */
uint8_t *ear_begins(const struct ear *e, const char *group);
/* Set a mark on words [from, to). */
void ear_mark(struct ear *e, size_t from, size_t to, uint8_t mark);
/* The first word of the clause the word is in, at most CLAUSE_WORDS_MAX before it. */
size_t ear_clause_from(const struct ear *e, size_t word);
/* Where the sentence of the word ends, in words. */
size_t ear_sentence_to(const struct ear *e, size_t word);

/* The parts, in the order listen_to() calls them. */
void ear_names(struct ear *e); /* names, ages, whether a child wrote */
void ear_products(struct ear *e);
void ear_orders(struct ear *e);
void ear_promises(struct ear *e);
void ear_asks(struct ear *e);
void ear_events(struct ear *e);
void ear_feelings(struct ear *e);
void ear_thanks(struct ear *e); /* reads what the others marked; marks nothing */

/* Words of the writer's names. */
struct ear_name {
    uint32_t from, to;
};
/* How old the writer is, or a child of theirs; whether a child wrote. */
void ear_ages(struct ear *e, const struct ear_name *names, size_t n);
/* Why a name is one that no other name can disagree with. */
extern const char *const ear_why_child_name;
/* The names the letter was sent under; fills in who disagrees. */
void ear_sender(struct ear *e);

#endif
