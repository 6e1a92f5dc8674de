#include "letter/words.h"

#include <errno.h>
#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/memory.h"
#include "letter/text.h"

enum { WORD_MAX_BYTES = 64 };

/* Stems of the words met last: people use the same few thousand words, and a stemmer takes longer than all
 * the rest that is done with a word. Half a megabyte a thread once all are in use. */
enum { STEMS_KEPT = 8192, STEM_BYTES = 27 };
struct kept_stem {
    uint32_t hash, stem_hash; /* text_hash; 0: free */
    uint8_t word_n, stem_n;
    char word[STEM_BYTES], stem[STEM_BYTES];
};
_Static_assert(sizeof(struct kept_stem) == 64, "a line of a processor's cache each");

/* libstemmer's objects are not shared between threads, and making one costs more than a letter's words. */
struct kept_stemmer {
    struct sb_stemmer *stemmer; /* NULL: there is none for this language */
    char language[8];
    size_t language_n;
    struct kept_stem stems[STEMS_KEPT];
};

static tss_t kept_key; /* only for its destructor */
static once_flag kept_once = ONCE_FLAG_INIT;
static _Thread_local struct kept_stemmer *kept;

static void kept_end(void *thing) {
    struct kept_stemmer *k = thing;
    if (k->stemmer) sb_stemmer_delete(k->stemmer);
    free(k);
}

static void kept_begin(void) {
    if (tss_create(&kept_key, kept_end) != thrd_success) abort();
}

static struct sb_stemmer *stemmer_for(str language) {
    if (language.n == 0 || language.n >= sizeof kept->language) return NULL;
    if (kept && language.n == kept->language_n && memcmp(language.p, kept->language, language.n) == 0)
        return kept->stemmer;
    if (!kept) {
        call_once(&kept_once, kept_begin);
        kept = memory_zeroed(sizeof *kept);
        if (tss_set(kept_key, kept) != thrd_success) abort();
    }
    if (kept->stemmer) sb_stemmer_delete(kept->stemmer);
    memcpy(kept->language, language.p, language.n);
    kept->language[language.n] = 0;
    kept->language_n = language.n;
    memset(kept->stems, 0, sizeof kept->stems);
    errno = 0;
    kept->stemmer = sb_stemmer_new(kept->language, "UTF_8");
    while (!kept->stemmer && errno == ENOMEM && memory_help())
        kept->stemmer = sb_stemmer_new(kept->language, "UTF_8");
    return kept->stemmer;
}

bool word_takes_wide(uint32_t c) {
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N);
}

/* Folded form of a word with bytes above 127: case and accents off. */
static str fold_wide(arena *a, str word) {
    size_t n = 0;
    uint8_t *folded;
    errno = 0;
    do folded = u8_casefold((const uint8_t *)word.p, word.n, NULL, UNINORM_NFKD, NULL, &n);
    while (!folded && errno == ENOMEM && memory_help());
    if (!folded) return (str){0};
    char *out = arena_alloc(a, n);
    size_t at = 0, len = 0;
    while (at < n) {
        ucs4_t c;
        int step = u8_mbtouc(&c, folded + at, n - at);
        if (word_takes(c) && !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M)) {
            memcpy(out + len, folded + at, (size_t)step);
            len += (size_t)step;
        }
        at += (size_t)step;
    }
    free(folded);
    return (str){out, len};
}

str word_fold(arena *a, str word) {
    bool wide = false;
    for (size_t i = 0; i < word.n && !wide; i++) wide = (unsigned char)word.p[i] >= 128;
    return wide ? fold_wide(a, word) : str_lower(a, word);
}

/* The stem as part of the word where it is, which it mostly is. */
static str stem_for(arena *a, str folded, const char *stem, size_t n) {
    if (n <= folded.n && memcmp(folded.p, stem, n) == 0) return str_slice(folded, 0, n);
    return str_copy(a, (str){stem, n});
}

static str stem_of(arena *a, str folded, uint32_t hash, struct sb_stemmer *stemmer, uint32_t *ret_hash) {
    *ret_hash = hash;
    if (!stemmer || !folded.n) return folded;
    struct kept_stem *k = &kept->stems[hash & (STEMS_KEPT - 1)];
    if (k->hash == hash && k->word_n == folded.n && memcmp(k->word, folded.p, folded.n) == 0) {
        *ret_hash = k->stem_hash;
        return stem_for(a, folded, k->stem, k->stem_n);
    }
    const sb_symbol *got = sb_stemmer_stem(stemmer, (const sb_symbol *)folded.p, (int)folded.n);
    if (!got) return folded;
    str stem = {(const char *)got, (size_t)sb_stemmer_length(stemmer)};
    *ret_hash = text_hash(stem);
    if (folded.n <= STEM_BYTES && stem.n <= STEM_BYTES) {
        *k = (struct kept_stem){hash, *ret_hash, (uint8_t)folded.n, (uint8_t)stem.n, {0}, {0}};
        memcpy(k->word, folded.p, folded.n);
        memcpy(k->stem, stem.p, stem.n);
    }
    return stem_for(a, folded, stem.p, stem.n);
}

str word_stem(arena *a, str folded, uint32_t hash, str language, uint32_t *ret_hash) {
    return stem_of(a, folded, hash, stemmer_for(language), ret_hash);
}

void word_stem_soon(uint32_t hash) {
    if (kept) __builtin_prefetch(&kept->stems[hash & (STEMS_KEPT - 1)]);
}

static str fold(arena *a, str word, struct sb_stemmer *stemmer) {
    str folded = word_fold(a, word);
    uint32_t hash;
    return str_clip_utf8(stem_of(a, folded, text_hash(folded), stemmer, &hash), WORD_MAX_BYTES);
}

/* Which words were seen: open addressing, at most half full. */
struct seen {
    str *slot;
    size_t size, n;
};

static bool seen_add(arena *a, struct seen *s, str word) {
    if (s->n * 2 >= s->size) {
        struct seen bigger = {arena_array(a, s->size ? s->size * 4 : 256, sizeof(str)),
                              s->size ? s->size * 4 : 256, 0};
        for (size_t i = 0; i < s->size; i++)
            if (s->slot[i].n) seen_add(a, &bigger, s->slot[i]);
        *s = bigger;
    }
    size_t at = str_hash(word) & (s->size - 1);
    for (; s->slot[at].n; at = (at + 1) & (s->size - 1))
        if (str_eq(s->slot[at], word)) return false;
    s->slot[at] = word;
    s->n++;
    return true;
}

void words_of(arena *a, str text, str language, size_t max, word_list *ret_words) {
    struct sb_stemmer *stemmer = stemmer_for(language);
    word_list words = {0};
    struct seen seen = {0};
    size_t at = 0, begin = SIZE_MAX;
    while (at <= text.n && words.n < max) {
        ucs4_t c = 0;
        size_t step = 1;
        if (at < text.n) step = (size_t)u8_mbtouc(&c, (const uint8_t *)text.p + at, text.n - at);
        bool alone = word_alone(c), part = at < text.n && c != 0xFFFD && word_takes(c);
        if (begin != SIZE_MAX && (!part || alone)) {
            str word = fold(a, str_slice(text, begin, at), stemmer);
            if (word.n && seen_add(a, &seen, word)) *list_add(a, &words) = word;
            begin = SIZE_MAX;
        }
        if (part && alone) {
            str word = fold(a, str_slice(text, at, at + step), NULL);
            if (word.n && words.n < max && seen_add(a, &seen, word)) *list_add(a, &words) = word;
        } else if (part && begin == SIZE_MAX) {
            begin = at;
        }
        at += step;
    }
    *ret_words = words;
}

str words_joined(arena *a, const word_list *words) {
    size_t n = 0;
    for (size_t i = 0; i < words->n; i++) n += words->v[i].n + 1;
    char *out = arena_alloc(a, n);
    size_t at = 0;
    for (size_t i = 0; i < words->n; i++) {
        if (i) out[at++] = ' ';
        memcpy(out + at, words->v[i].p, words->v[i].n);
        at += words->v[i].n;
    }
    return (str){out, at};
}
