#include "letter/voice.h"

#include <math.h>
#include <stdlib.h>

#include "letter/hashes.h"

struct count {
    str folded;
    uint32_t words[2], texts; /* how often in the approved and the others; in how many texts */
    uint32_t last;            /* 1 + the text that counted it last */
};
typedef LIST(struct count) count_list;

static bool counts(const struct word *w) {
    if (w->flags & (WORD_NUMBER | WORD_LINK)) return false;
    return !(w->flags & WORD_CAPITAL) || (w->flags & WORD_FIRST);
}

static void add_texts(arena *a, const struct text *texts, size_t n, int side, uint32_t first_text,
                      struct hashes *at, count_list *list, double *total) {
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < texts[t].nwords; i++) {
            const struct word *w = &texts[t].words[i];
            if (!counts(w)) continue;
            uint32_t *place = hashes_put(at, w->folded_hash);
            if (!*place) {
                *list_add(a, list) = (struct count){.folded = w->folded};
                *place = (uint32_t)list->n;
            }
            struct count *c = &list->v[*place - 1];
            uint32_t text = first_text + (uint32_t)t + 1;
            c->words[side]++;
            if (c->last != text) c->texts++;
            c->last = text;
            *total += 1;
        }
}

static double part(double seen, double expected) { return seen > 0 ? seen * log(seen / expected) : 0; }

static double g2(const struct count *c, const double total[2]) {
    double a = c->words[0], b = c->words[1], all = total[0] + total[1];
    return 2 * (part(a, total[0] * (a + b) / all) + part(b, total[1] * (a + b) / all));
}

static int by_g2(const void *x, const void *y) {
    const struct voice_word *a = x, *b = y;
    if (a->g2 != b->g2) return a->g2 > b->g2 ? -1 : 1;
    return str_cmp(a->folded, b->folded);
}

void voice_of(arena *a, const struct text *approved, size_t napproved, const struct text *others,
              size_t nothers, size_t max, voice_list *ret_more, voice_list *ret_less) {
    size_t most = 0;
    double total[2] = {0};
    count_list list = {0};
    voice_list more = {0}, less = {0};
    for (size_t i = 0; i < napproved; i++) most += approved[i].nwords;
    for (size_t i = 0; i < nothers; i++) most += others[i].nwords;
    struct hashes at = hashes_new(a, most);
    add_texts(a, approved, napproved, 0, 0, &at, &list, &total[0]);
    add_texts(a, others, nothers, 1, (uint32_t)napproved, &at, &list, &total[1]);
    for (size_t i = 0; i < list.n && total[0] > 0 && total[1] > 0; i++) {
        const struct count *c = &list.v[i];
        double score = g2(c, total);
        if (c->texts < VOICE_TEXTS || score < VOICE_G2) continue;
        bool above = c->words[0] / total[0] > c->words[1] / total[1];
        *list_add(a, above ? &more : &less) = (struct voice_word){c->folded, score, c->words[0], c->words[1]};
    }
    if (more.n) qsort(more.v, more.n, sizeof *more.v, by_g2);
    if (less.n) qsort(less.v, less.n, sizeof *less.v, by_g2);
    if (more.n > max) more.n = max;
    if (less.n > max) less.n = max;
    *ret_more = more;
    *ret_less = less;
}
