#include "letter/lexicon.h"

#include <stdlib.h>
#include <threads.h>

#include "letter/hashes.h"
#include "letter/pack.h"

enum { LEXICONS_MAX = 64 };

struct lexicon {
    const struct pack *pack;
    struct hashes bits; /* folded word -> LEX_... */
};

static const char *const groups[] = {"stop",      "common",          "number",   "month", "weekday",
                                     "firstname", "decide",          "instruct", "we",    "i",
                                     "abstract",  "before_abstract", "alike"};

static once_flag once = ONCE_FLAG_INIT;
static mtx_t lock;
static arena *kept; /* lives as long as the program */
static struct lexicon made[LEXICONS_MAX];
static size_t nmade;

static void begin(void) {
    if (mtx_init(&lock, mtx_plain) != thrd_success) abort();
    kept = arena_new(64 << 20);
}

/* "word word =value": each word before the value. */
static size_t read_line(arena *a, str line, struct hashes *bits, uint32_t bit) {
    struct text t;
    size_t value = 0;
    while (value < line.n && !(line.p[value] == '=' && (!value || line.p[value - 1] == ' '))) value++;
    text_of(a, str_slice(line, 0, value), S(""), &t);
    for (size_t i = 0; bits && i < t.nwords; i++) *hashes_put(bits, t.words[i].folded_hash) |= bit;
    return t.nwords;
}

static void read_groups(const struct pack *p, arena *keep, struct lexicon *l) {
    arena *a ARENA_AUTO = arena_new(64 << 20);
    size_t words = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass) l->bits = hashes_new(keep, words);
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            const str *lines;
            size_t n = pack_lines(p, groups[g], &lines);
            for (size_t i = 0; i < n; i++)
                words += read_line(a, lines[i], pass ? &l->bits : NULL, (uint32_t)1 << g);
        }
    }
    l->pack = p;
}

const struct lexicon *lexicon_find(str language) {
    const struct pack *p = pack_find(language);
    const struct lexicon *found = NULL;
    if (!p) return NULL;
    call_once(&once, begin);
    mtx_lock(&lock);
    for (size_t i = 0; i < nmade && !found; i++)
        if (made[i].pack == p) found = &made[i];
    if (!found && nmade < LEXICONS_MAX) {
        read_groups(p, kept, &made[nmade]);
        found = &made[nmade++];
    }
    mtx_unlock(&lock);
    return found;
}

uint32_t lexicon_of(const struct lexicon *l, const struct word *w) {
    const uint32_t *bits = l ? hashes_get(&l->bits, w->folded_hash) : NULL;
    return bits ? *bits : 0;
}
