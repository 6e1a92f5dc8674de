/* check: was this reply written for this person? A list of remarks, never a grade. Pure: what was said
 * before is asked through `struct check_history`. research: letter.md B. */
#ifndef LONGHAND_LETTER_CHECK_H
#define LONGHAND_LETTER_CHECK_H

#include "base/lang.h"
#include "base/zone.h"
#include "letter/listen.h"

typedef enum remark_kind {
    REMARK_NAME,          /* name: right, missing, wrong (stop) */
    REMARK_GREETING,      /* a greeting to somebody else (stop) */
    REMARK_ECHO,          /* their words taken up, or not at all */
    REMARK_ASK,           /* an ask answered (fine) or not */
    REMARK_CANNED,        /* a sentence or passage others got */
    REMARK_CANNED_LETTER, /* a whole letter like an earlier one (stop from three customers on) */
    REMARK_STOCK,         /* a stock phrase */
    REMARK_REFERENCE,     /* our reference number shown to a customer */
    REMARK_APOLOGY,       /* due, owned, conditional, repeated without repair */
    REMARK_PROMISE,       /* without a date; with one it is fine and carries the date */
    REMARK_PRONOUN,       /* "we" where "I" would do */
    REMARK_CONCRETE,      /* the desk's abstract words instead of theirs */
    REMARK_LENGTH,        /* sentences longer than the reader's; advice */
    REMARK_VOICE,         /* words far from the brand's approved letters; advice */
    REMARK_SLOT,          /* a framework's slot is not filled (stop) */
    REMARK_WORD,          /* a word that the brand avoids; advice */
    REMARK_FACT,          /* what an incident's room lets everybody state: fresh, old, no longer so */
} remark_kind;
enum { REMARK_KINDS = REMARK_FACT + 1 };
const char *remark_kind_name(remark_kind k); /* name greeting echo ask canned canned_letter stock ... */
bool remark_kind_of(str name, remark_kind *ret);

typedef enum remark_level { REMARK_FINE, REMARK_LOOK, REMARK_STOP } remark_level;
const char *remark_level_name(remark_level l); /* "fine", "look", "stop" */

typedef enum evidence_source { EVIDENCE_LETTER, EVIDENCE_REPLY, EVIDENCE_FACT } evidence_source;
const char *evidence_source_name(evidence_source s);
struct evidence {
    evidence_source source;
    int64_t id;          /* of the earlier reply (message) or fact; 0 for the letter */
    uint32_t start, end; /* bytes in its text */
    str text;            /* the words themselves, clipped at 300 bytes; "" when the caller must fetch them */
    uint32_t sentence;   /* of an earlier reply: which sentence, for callers that fetch */
    uint32_t customers;  /* how many others got it; 0 when that is not what it says */
};
typedef LIST(struct evidence) evidence_list;

struct remark {
    remark_kind kind;
    remark_level level;
    uint32_t start, end;   /* bytes of the reply; both 0: the reply as a whole */
    const char *says;      /* one plain sentence a kind editor would write: T("..."), {0} to {2} for args */
    const char *says_many; /* its other form when it counts something (TN), else NULL: {0} is the count */
    int64_t count;
    str args[3];
    int nargs;
    int64_t moment; /* args[0] is this instant; pages write it their own way. 0: it is none */
    evidence_list evidence;
    int64_t due_at; /* of a dated promise: the end of that day, else 0 */
};
typedef LIST(struct remark) remark_list;

/* Words that stand for a text without what is particular to it: names, numbers, dates, links, products and
 * (content) words shared with its letter are left out. The same for the index and for the question. */
struct skeleton {
    const uint32_t **sentences; /* hashes of words, one array a sentence of the text */
    uint32_t *counts;           /* how many; 0 for a sentence of which nothing is left */
    const uint32_t **words;     /* which word of the text each is */
    size_t n;
};
struct skeleton_mask {
    const struct text *letter; /* NULL: not known */
    const str *names;          /* of customer and agents, folded words */
    size_t nnames;
    const struct catalogue *catalogue; /* NULL: none */
};
void skeleton_of(arena *a, const struct text *reply, const struct skeleton_mask *mask, struct skeleton *ret);

/* What was said to others before; near/ behind it, or a file of replies. All may be NULL functions: no
 * history. */
struct check_like {
    float alike;
    uint32_t customers;
    int64_t text, earlier[3];
    uint32_t sentence;
};
struct check_vote {
    int64_t text, customer;
    float share;
};
struct check_history {
    void *context;
    void (*like)(void *context, const uint32_t *words, uint32_t n, float min_alike, struct check_like *ret);
    uint32_t (*run)(void *context,
                    const uint32_t words[4]); /* to how many other customers these four words went */
    /* Earlier letters like this one, best first; returns how many were written to ret (at most max). */
    size_t (*texts_like)(void *context, const struct skeleton *s, float min_share, size_t max,
                         struct check_vote *ret);
    uint64_t replies; /* how many there are */
};

/* Text that is marked as a fact (a link, steps, legal text): exempt from canned and stock where it stands
 * word for word. */
struct check_fact {
    int64_t id;
    str text;
};

/* A word, or several in a row, that the brand does not use. */
struct check_avoided {
    str word;
    str instead; /* what it says instead; "" nothing */
    str why;     /* "" is said nowhere */
};

/* What the room of an incident lets everybody state, or says that nobody knows. */
struct check_stated {
    int64_t id;
    str text, owner;
    int64_t minutes;               /* since it was checked */
    bool old;                      /* beyond its time */
    bool unknown;                  /* nobody has a time for it, and nobody gives one */
    str withdrawn_at;              /* "09:31": it is not so; "" it is */
    str told_at;                   /* "09:20": this person was told by an earlier reply; "" not */
    int64_t withdrawn_ms, told_ms; /* the same */
};
/* The incident that the letter is part of. */
struct check_incident {
    const struct check_history *said; /* every reply of it to others; NULL none */
    /* Was this text said so short a time ago that the writer cannot have seen it? With said->context. */
    bool (*just_now)(void *context, int64_t text);
    str since;        /* "09:12" */
    int64_t since_ms; /* the same */
    const struct check_stated *facts;
    size_t nfacts;
};

struct check_input {
    const struct heard *letter; /* with the agent's corrections; NULL: we write first */
    str reply;
    str language;      /* of the reply; "": found out */
    str customer_name; /* as the desk knows it; "" unknown */
    str agent_name;    /* who writes; "" unknown */
    /* Names that are fine in a greeting and are not the reader's: the brand's own, its personas'. Whoever
     * greets them greets nobody wrong, and does not call the reader by name either. */
    const str *other_names;
    size_t nother_names;
    const struct catalogue *catalogue;
    const struct check_history *history;
    const struct check_fact *facts;
    size_t nfacts;
    const str *stock; /* phrases learned or added by the brand, besides the pack's */
    size_t nstock;
    const str *allowed; /* phrases a lead allows */
    size_t nallowed;
    const struct check_avoided *avoided; /* compared as whole words, without regard to capitals and accents */
    size_t navoided;
    const str *references; /* our numbers for this conversation ("#1042"): not for customers */
    size_t nreferences;
    const str *earlier; /* our earlier replies in this conversation, oldest first */
    size_t nearlier;
    const int64_t *earlier_ids;            /* their messages, one each; NULL: not known */
    const struct check_incident *incident; /* NULL: in none */
    const str *voice_more; /* folded words that approved letters use more, and less, than the rest */
    size_t nvoice_more;
    const str *voice_less;
    size_t nvoice_less;
    int64_t now;             /* milliseconds */
    const struct zone *zone; /* the brand's; NULL: UTC */
};
struct checked {
    str language;
    bool has_pack;       /* else only the remarks that need no language were made */
    remark_list remarks; /* by start; those about the whole reply first */
};

/* The sentence in the reader's language, filled in. */
str remark_says(arena *a, const struct lang *l, const struct remark *r);

void check(arena *a, const struct check_input *in, struct checked *ret);

#endif
