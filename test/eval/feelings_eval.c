/* Figures of the shipped model of feelings on GoEmotions' dev.tsv, which its training never looked at: F1 of
 * each label at its bar, macro and micro; how often what is sure enough to show fits; speed. DATA names the
 * folder of data sets; without it nothing is measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "letter/feeling.h"

/* What must be reached, in percent. */
enum { MACRO_MIN = 38, SHOWN_MIN = 60 };
enum { TEXTS_MAX = 20000, SPEED_ROUNDS = 5 };

struct counts {
    int right, wrong, missed;
};
struct figures {
    struct counts labels[FEELING_LABELS], shown[FEELINGS];
    struct text *texts;
    size_t n;
};

static double f1(struct counts c) {
    return c.right ? 2.0 * c.right / (2.0 * c.right + c.wrong + c.missed) : 0;
}

static double share(int of, int all) { return all ? (double)of / all : 0; }

static void count(struct counts *c, bool said, bool is) {
    c->right += said && is;
    c->wrong += said && !is;
    c->missed += !said && is;
}

static uint32_t read_labels(str s) {
    uint32_t bits = 0;
    str one;
    int64_t v;
    while (str_split(&s, ',', &one))
        if (str_to_int(one, &v) && v >= 0 && v < FEELING_LABELS) bits |= 1u << v;
    return bits;
}

static uint32_t feelings_of_labels(uint32_t labels) {
    uint32_t bits = 0;
    feeling f;
    for (unsigned l = 0; l < FEELING_LABELS; l++)
        if ((labels >> l & 1) && feeling_of_label(l, &f)) bits |= 1u << f;
    return bits;
}

static void measure(arena *a, const struct feeling_model *m, FILE *f, struct figures *g) {
    char *line = NULL;
    size_t cap = 0;
    g->texts = arena_array(a, TEXTS_MAX, sizeof *g->texts);
    for (ssize_t n; g->n < TEXTS_MAX && (n = getline(&line, &cap, f)) > 0;) {
        str rest = {line, (size_t)n}, text, numbers;
        if (!str_split(&rest, '\t', &text) || !str_split(&rest, '\t', &numbers)) continue;
        struct text *t = &g->texts[g->n++];
        struct feeling_found found;
        text_of(a, str_copy(a, text), S("en"), t);
        feeling_of(m, t, 0, t->nwords, &found);
        uint32_t is = read_labels(numbers), feels = feelings_of_labels(is);
        for (unsigned l = 0; l < FEELING_LABELS; l++)
            count(&g->labels[l], found.labels >> l & 1, is >> l & 1);
        for (unsigned i = 0; i < FEELINGS; i++) count(&g->shown[i], found.shown >> i & 1, feels >> i & 1);
    }
    free(line);
}

/* Of the processor, so that what else runs does not count. */
static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* By sentence, as listening asks. */
static double microseconds(const struct feeling_model *m, const struct figures *g) {
    size_t sentences = 0;
    uint32_t keep = 0;
    double begin = seconds();
    for (int round = 0; round < SPEED_ROUNDS; round++)
        for (size_t i = 0; i < g->n; i++)
            for (size_t s = 0; s < g->texts[i].nsentences; s++, sentences++) {
                struct feeling_found found;
                const struct sentence *at = &g->texts[i].sentences[s];
                feeling_of(m, &g->texts[i], at->word, at->word + at->words, &found);
                keep ^= found.labels;
            }
    double took = seconds() - begin;
    return keep == UINT32_MAX ? 0 : took * 1e6 / (double)(sentences ? sentences : 1);
}

static bool print(const struct feeling_model *m, const struct figures *g) {
    struct counts all = {0}, shown = {0};
    double macro = 0;
    for (unsigned l = 0; l < FEELING_LABELS; l++) {
        struct counts c = g->labels[l];
        printf("%-15s F1 %.3f  precision %.2f  recall %.2f  of %d\n", feeling_label_name(l), f1(c),
               share(c.right, c.right + c.wrong), share(c.right, c.right + c.missed), c.right + c.missed);
        macro += f1(c) / FEELING_LABELS;
        all.right += c.right, all.wrong += c.wrong, all.missed += c.missed;
    }
    for (unsigned i = 0; i < FEELINGS; i++) {
        struct counts c = g->shown[i];
        printf("shown %-13s precision %.2f  recall %.2f  of %d\n", feeling_name((feeling)i),
               share(c.right, c.right + c.wrong), share(c.right, c.right + c.missed), c.right + c.missed);
        shown.right += c.right, shown.wrong += c.wrong, shown.missed += c.missed;
    }
    double precision = share(shown.right, shown.right + shown.wrong);
    printf("feelings: %zu texts, macro-F1 %.3f, micro-F1 %.3f, gratitude %.3f, admiration %.3f; shown: "
           "precision %.3f, recall %.3f; %.2f us a sentence\n",
           g->n, macro, f1(all), f1(g->labels[15]), f1(g->labels[0]), precision,
           share(shown.right, shown.right + shown.missed), microseconds(m, g));
    return macro * 100 >= MACRO_MIN && precision * 100 >= SHOWN_MIN;
}

int main(void) {
    const char *data = getenv("DATA");
    if (!data) {
        puts("DATA=DIR names the folder of data sets; without it there is nothing to measure.");
        return 0;
    }
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct figures g = {0};
    const struct feeling_model *m = feeling_model_find(S("en"));
    FILE *f = fopen(str_fmt(a, "%s/emotion/dev.tsv%c", data, 0).p, "rb");
    if (!f || !m) {
        fputs(f ? "There is no model.\n" : "There is no emotion/dev.tsv.\n", stderr);
        return 1;
    }
    measure(a, m, f, &g);
    fclose(f);
    return print(m, &g) ? 0 : 1;
}
