/* What the parts of the catalogue know of each other: catalogue.c (rows, ids, links), catalogue_build.c
 * (names into tables), catalogue_spell.c (misspellings), catalogue_number.c (numbers in a text),
 * catalogue_find.c (names in a text), catalogue_decide.c (which of several).
 *
 * Names are compared by their letters alone: words with accents, case, a plural s and what is not a letter or
 * digit taken off, and joined, so that "Ultrasonic Raiders" is "Ultra Sonic Raider". A name is found by
 * walking the words of the text through a table of the beginnings of all names: one look-up a word. */
#ifndef LONGHAND_LETTER_CATALOGUE_PRIVATE_H
#define LONGHAND_LETTER_CATALOGUE_PRIVATE_H

#include "base/list.h"
#include "letter/catalogue.h"

enum { NONE = UINT32_MAX, LETTERS_MAX = 64, PHRASE_WORDS_MAX = 12, ALTERNATIVES_MAX = 3 };

/* What a word says about what stands around it: groups of assets/lang/LL.catalogue. */
enum {
    VOCAB_COMMON = 1,    /* a word everybody uses: no name by itself */
    VOCAB_CUE = 2,       /* "set", "kit": a product is spoken of */
    VOCAB_HINT = 4,      /* "box", "built": perhaps */
    VOCAB_PART = 8,      /* "piece", "brick": a part is spoken of */
    VOCAB_NUMBER = 16,   /* "number", "no": an id follows */
    VOCAB_UNIT = 32,     /* "pieces", "weeks": the number before it counts something */
    VOCAB_OTHER = 64,    /* "order", "street": the number beside it is another's */
    VOCAB_LOST = 128,    /* "missing", "broken": a part of what is named may be spoken of */
    VOCAB_THEME = 256,   /* a word of a theme's name */
    VOCAB_LITTLE = 512,  /* "of", "the": adds nothing to a name */
    VOCAB_PERSON = 1024, /* "dear", "am": a person's name follows */
    VOCAB_FAMILY = 4096, /* the same, but everybody uses it: "City" */
    VOCAB_PLACE = 2048,  /* "in", "to": a place follows, where no article does */
};

struct vocab {
    uint64_t hash;
    uint32_t letters; /* in the pool */
    uint16_t n;
    uint16_t flags;
    uint32_t names; /* in how many names it stands */
};

struct phrase {
    uint32_t letters;
    uint16_t n;
    uint8_t words;
    uint8_t flags;
    uint32_t first, nitems; /* in phrase_items */
    float weight;           /* how little it may be chance: the sum over its words */
    uint32_t has;           /* letters_bits of its letters */
};
enum {
    PHRASE_ALIAS = 1,
    PHRASE_NUMBER = 2, /* digits only */
    PHRASE_SOLD = 4,   /* of a product or a figure; the others are of parts only */
};

/* An item of a phrase; the name is the whole of the item's name, not its beginning. */
#define PHRASE_WHOLE 0x80000000u
#define PHRASE_ITEM(x) ((x) & ~PHRASE_WHOLE)

/* Open addressing; a tag of 0 is free. */
struct slots {
    uint32_t *tags, *values;
    size_t cap, n;
};

struct neighbours {
    uint32_t *first; /* n + 1 */
    uint32_t *items;
};

struct catalogue {
    arena *a;
    struct catalogue_item *items;
    size_t n;
    uint8_t *retired; /* of each item */
    struct catalogue_alias *aliases;
    size_t naliases;
    struct neighbours contents, holders;
    struct slots exact;   /* kind and id -> item */
    struct slots ids;     /* id words joined by '-' -> item; several of one key follow each other */
    struct slots vocab;   /* letters -> words */
    struct slots nodes;   /* letters of a beginning -> phrase that ends here, or NONE */
    struct slots spells;  /* letters with some left out -> SPELL_PHRASE | phrase, or word */
    uint64_t *spell_bits; /* a Bloom filter of one hash before `spells` */
    struct vocab *words;
    size_t nwords;
    struct phrase *phrases;
    size_t nphrases;
    uint32_t *phrase_items;
    char *pool;
    size_t pool_n, pool_cap;
};
#define SPELL_PHRASE 0x80000000u
enum { SPELL_BITS = 23, SPELL_PREFIX = 8, SPELL_JOINED_PREFIX = 12 };

/* Letters: a polynomial, so that the hash of two words joined is had from theirs. */
#define LETTERS_P 0x9E3779B97F4A7C15u
struct letters {
    const char *p;
    uint32_t n;
    uint64_t hash, power; /* power: P^n */
};
struct letters letters_of(const char *p, size_t n);
static inline uint64_t letters_join(uint64_t hash, const struct letters *w) {
    return hash * w->power + w->hash;
}
/* One bit for each letter that occurs: what is not among them cannot hold a word. */
static inline uint32_t letters_bits(const char *p, size_t n) {
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) bits |= 1u << ((unsigned char)p[i] & 31);
    return bits;
}
/* The letters of a folded word, into `to` of LETTERS_MAX bytes. */
struct letters letters_of_word(str folded, char *to);

void slots_grow(arena *a, struct slots *s, size_t expected);
uint32_t slots_tag(uint64_t hash);
size_t slots_at(const struct slots *s, uint64_t hash); /* the first slot of the hash's run */
/* The value of the first slot with that tag, NONE when there is none. */
uint32_t slots_get(const struct slots *s, uint64_t hash, uint32_t *ret_tag_at);
void slots_put(struct slots *s, uint64_t hash, uint32_t value);

static inline str pool_str(const struct catalogue *c, uint32_t at, size_t n) {
    return (str){c->pool + at, n};
}

/* The hash of an id of several words: those before it, and one more. */
uint64_t id_join(uint64_t before, str word);
void catalogue_build_names(struct catalogue *c);
void catalogue_build_spelling(struct catalogue *c);
uint32_t catalogue_vocab_of(const struct catalogue *c, const struct letters *w);

/* The words or joined names that differ from these letters by one or two; at most ALTERNATIVES_MAX. */
size_t catalogue_spell(const struct catalogue *c, const struct letters *w, size_t *budget,
                       uint32_t ret[ALTERNATIVES_MAX]);
/* Edits (with neighbours swapped as one) up to `most`, most + 1 beyond. */
int catalogue_distance(str a, str b, int most);

/* A word of the text, ready to be compared. */
struct find_word {
    struct letters letters;
    uint32_t vocab; /* NONE: unknown */
    uint16_t flags; /* VOCAB_... */
    uint16_t nalternatives;
    uint32_t alternatives[ALTERNATIVES_MAX];
};

/* Something found, before it is decided which. What scores too little by itself is weak: it stays only where
 * something else in the letter agrees with it. */
struct found {
    uint32_t from, to; /* words */
    float score, weight;
    bool number, part; /* found by its number; a part */
    bool weak;
    uint8_t edits;
    uint8_t flags;   /* PHRASE_... */
    uint32_t *items; /* PHRASE_WHOLE marks as in phrase_items */
    uint32_t nitems;
    uint32_t decided; /* item or NONE */
    uint32_t because; /* the item that decided, or NONE */
    bool said;        /* decided by a year or a family in the text */
    bool inside;      /* found as a part of `because` */
};
enum { FOUND_MAX = 1500 };
typedef LIST(struct found) found_list;

struct finding_state {
    const struct catalogue *c;
    arena *a;
    const struct text *t;
    struct find_word *words;
    size_t n;
    found_list found;
    size_t budget;            /* comparisons left to misspellings */
    float enough;             /* the score of a name that counts by itself */
    uint32_t *sentence_flags; /* of all words of each sentence */
    uint32_t flags;           /* of all words */
};

void find_numbers(struct finding_state *s);
void find_names(struct finding_state *s);
/* Fills decided of every found, adds what is named inside of products. */
void find_decide(struct finding_state *s);
/* The flags of up to `before` words before and `after` words behind [from, to), in its sentence. */
uint32_t find_around(const struct finding_state *s, size_t from, size_t to, size_t before, size_t after);
/* A person's name is likelier than a figure's: "dear Jay", "my name is Jay". */
bool find_is_person(const struct finding_state *s, size_t at);
void find_sort(struct finding_state *s); /* by place; of two that overlap the better one stays */

#endif
