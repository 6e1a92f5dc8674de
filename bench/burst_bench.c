/* What the watch costs a letter: its language, its words, the count and the looks, as the job `watch` does it
 * but for the database. burst_bench simulates desks of three sizes, each with letters of a hundred words, an
 * outage at the end, and a flood. Prints rows of a table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "kit.h"
#include "letter/burst.h"
#include "letter/listen.h"

enum { VOCABULARY = 6000, LETTER_WORDS = 100 };

static uint64_t seed = 88172645463325252u;

static uint32_t dice(uint32_t n) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)((seed * 2685821657736338717u >> 32) % n);
}

static double now_us(void) { return seconds(CLOCK_PROCESS_CPUTIME_ID) * 1e6; }

static char vocabulary[VOCABULARY][16];

/* Frequent words as English has them, the rest about one over their rank. */
static str letter(arena *a, bool outage) {
    static const char *const usual[] = {"the", "and",  "my",  "I",  "it",   "to",     "a",
                                        "is",  "of",   "in",  "we", "with", "please", "not",
                                        "was", "have", "you", "on", "for",  "box",    "set"};
    buf b = BUF_MAX(4096);
    for (int i = 0; i < LETTER_WORDS; i++) {
        uint32_t r = dice(VOCABULARY), s = dice(VOCABULARY);
        buf_add_fmt(&b, "%s%s", dice(2) ? usual[dice(21)] : vocabulary[r < s ? r : s],
                    i % 12 == 11 ? ". " : " ");
    }
    if (outage) buf_add_fmt(&b, "The harbour map page stays empty, error E42. ");
    str s = str_copy(a, buf_str(&b));
    buf_free(&b);
    return s;
}

struct measured {
    double us, text_us, worst_us;
    size_t memory, clusters;
    int64_t minutes; /* from the first letter of the outage to the first look that finds it; -1 never */
};

static struct measured run(int64_t a_day, int n, bool flood) {
    struct measured m = {.minutes = -1};
    burst *b = burst_new();
    arena *texts = arena_new((size_t)1 << 30), *a = arena_new(0);
    int64_t at = 1800000000000, first = 0, step = 24 * (int64_t)HOUR_MS / a_day;
    double spent = 0;
    for (int i = 0; i < n; i++) {
        bool late = i > n - n / 20, outage = late && (flood || i % 3 == 0);
        str said = letter(texts, outage);
        struct text t;
        struct burst_words w;
        burst_cluster_list found;
        at += late && flood ? 1 : step;
        if (outage && !first) first = at;
        arena_reset(a);
        str language = language_of(said); /* heard before, by the job that listens */
        double begin = now_us();
        text_of(a, said, language, &t);
        burst_words_of(a, &t, 1, NULL, 0, &w);
        m.text_us += now_us() - begin;
        burst_add(b, &(struct burst_letter){i + 1, i + 1, at, language, w.keys, w.n});
        burst_look(b, a, at, &found);
        double took = now_us() - begin;
        spent += took;
        if (took > m.worst_us) m.worst_us = took;
        m.clusters += found.n > 0;
        if (found.n && first && m.minutes < 0) m.minutes = (at - first) / MINUTE_MS;
        if (i % 1000 == 0) arena_reset(texts);
    }
    struct burst_count c;
    burst_counts(b, &c);
    m.us = spent / n;
    m.text_us /= n;
    m.memory = c.memory;
    burst_free(b);
    arena_free(texts);
    arena_free(a);
    return m;
}

int main(void) {
    for (int i = 0; i < VOCABULARY; i++)
        snprintf(vocabulary[i], sizeof vocabulary[i], "%c%c%c%c%c", 'a' + i % 26, 'a' + i / 26 % 5 * 4,
                 'a' + i / 7 % 26, 'a' + i % 4 * 6, 'a' + i / 130 % 26);
    static const struct {
        int64_t a_day;
        int letters;
        bool flood;
        const char *what;
    } runs[] = {{40, 4000, false, "40 letters a day"},
                {1000, 20000, false, "1,000 letters a day"},
                {20000, 120000, false, "20,000 letters a day"},
                {20000, 120000, true, "the same, then 1,000 a second"}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct measured m = run(runs[i].a_day, runs[i].letters, runs[i].flood);
        printf("| watching a letter for an incident, %s: words, count, looks | ≤ 100 µs in the mean | "
               "%.1f µs, %.1f of them for words; longest look %.1f ms; %.1f MB; outage found %lld "
               "minutes after its first letter |\n",
               runs[i].what, m.us, m.text_us, m.worst_us / 1000, (double)m.memory / 1e6,
               (long long)m.minutes);
    }
    return 0;
}
