/* lang: every text a person reads, in the reader's language.
 *
 * English is the source and the key. Other languages are PO files that tools/poc compiles into
 * lang_tables; what a language lacks comes out in English. Nothing here depends on the process's locale.
 *
 * In C a text to translate is marked T("..."), two forms for a number are marked TN("...", "...");
 * tools/poc --extract finds them. Arguments stand as {0} to {9} and may change places in a translation.
 * A comment that begins with "l10n:" right before the mark is shown to translators. */
#ifndef LONGHAND_BASE_LANG_H
#define LONGHAND_BASE_LANG_H

#include "base/buf.h"

#define T(literal) "" literal
#define TN(one, many) "" one, "" many

/* How a language picks one of its forms for a whole number n >= 0 (CLDR's classes, gettext's order). */
enum lang_plural_rule {
    LANG_PLURAL_NONE,       /* one form: ja zh ko vi th id */
    LANG_PLURAL_ONE,        /* n != 1: en de nl it es pt sv da nb fi el hu */
    LANG_PLURAL_ABOVE1,     /* n > 1: fr, pt_BR, tr */
    LANG_PLURAL_RUSSIAN,    /* ends in 1; ends in 2 to 4; else (11 to 14 are else): ru uk sr hr bs be */
    LANG_PLURAL_POLISH,     /* 1; ends in 2 to 4 but not 12 to 14; else */
    LANG_PLURAL_CZECH,      /* 1; 2 to 4; else: cs sk */
    LANG_PLURAL_SLOVENIAN,  /* ends in 01; 02; 03 and 04; else */
    LANG_PLURAL_LITHUANIAN, /* ends in 1 but not 11; ends in 2 to 9 but not 12 to 19; else */
    LANG_PLURAL_ROMANIAN,   /* 1; 0 or ends in 01 to 19; else */
    LANG_PLURAL_ARABIC,     /* 0; 1; 2; ends in 03 to 10; ends in 11 to 99; else */
};

struct lang_entry {
    const char *id;           /* the English text; of a plural its first form */
    const char *const *forms; /* as many as the rule has; one when the text is no plural */
    int n;
};

/* One language; the tables of tools/poc are of this type. */
struct lang {
    const char *tag;  /* "de", "pt-BR" */
    const char *name; /* in the language itself: "Deutsch" */
    enum lang_plural_rule plural;
    bool right_to_left;
    bool offered; /* nine tenths are translated: fit for a reader who did not pick it */
    const struct lang_entry *entries;
    const uint16_t *slots; /* entry number + 1 by hash, 0 free, linear probing */
    uint32_t slot_mask;
};

/* Made by tools/poc from the PO files; ends with NULL. English is not in it. */
extern const struct lang *const lang_tables[];
extern const struct lang lang_english;

/* The language of a tag, letter case ignored: "de-AT" finds "de" when there is no "de-AT". NULL when
 * there is none. */
const struct lang *lang_find(str tag);

/* The best of an Accept-Language header (RFC 9110, 12.5.4): highest q first, then first named. English
 * when nothing fits. Only languages that are `offered`: no reader gets pages in two languages unasked. Reads
 * the first 32 ranges. */
const struct lang *lang_choose(str accept_language);

/* Every language, English first; NULL past the last. */
const struct lang *lang_at(size_t i);

/* The text, which lives as long as the program. NULL as language is English. */
str lang_text(const struct lang *l, const char *msgid);
/* The form for `n` (its absolute value counts). {0} is left in place. */
str lang_plural(const struct lang *l, int64_t n, const char *one, const char *many);

/* The translated text with {0} to {9} filled in; a place without argument stays as it is written. */
void lang_fmt(buf *out, const struct lang *l, const char *msgid, const str *args, int nargs);
/* The same for a text that was looked up already. */
void lang_fill(buf *out, str text, const str *args, int nargs);

/* Which form of the rule, and how many it has. */
int lang_plural_form(enum lang_plural_rule rule, int64_t n);
int lang_plural_count(enum lang_plural_rule rule);

/* FNV-1a, shared with tools/poc. */
static inline uint32_t lang_hash(const char *z) {
    uint32_t h = 2166136261u;
    for (; *z; z++) h = (h ^ (unsigned char)*z) * 16777619u;
    return h;
}

#endif
