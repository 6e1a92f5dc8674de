/* How fast, small and complete the index is: near_bench FOLDER SENTENCES...
 * Prints rows of a markdown table for each size, smallest first; the limits hold at ten million. What the
 * sentences are is said in near_corpus.h. Answers are timed one by one in one thread, with the clock's own
 * cost of about 0.05 microseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "kit.h"
#include "near/near.h"
#include "near_corpus.h"

enum { PER_TEXT = 8, BATCH = 4096, QUESTIONS = 20000, REPLIES = 1000, REPLY = 30, INSERTS = 5000 };

static uint32_t words_of(const struct corpus_sentence *s, near_word *ret) {
    for (uint32_t i = 0; i < s->n; i++) ret[i] = corpus_word(s->rank[i]);
    return s->n;
}

/* Texts of eight sentences, from `first` on, prepared: making them is not measured. */
struct batch {
    near_word words[BATCH * PER_TEXT][CORPUS_LONGEST];
    struct near_sentence sentences[BATCH * PER_TEXT];
    struct near_text texts[BATCH];
    size_t n;
};

static void prepare(struct batch *b, uint64_t first, uint64_t end, uint64_t all) {
    b->n = 0;
    for (uint64_t t = first; t < end && b->n < BATCH; t++, b->n++) {
        struct near_text *text = &b->texts[b->n];
        uint64_t r = corpus_seed(7, t);
        *text = (struct near_text){.id = (int64_t)t + 1,
                                   .customer = 1 + (int64_t)(corpus_next(&r) % (all / PER_TEXT * 2 / 3 + 1)),
                                   .at = (int64_t)t * 1000,
                                   .sentences = &b->sentences[b->n * PER_TEXT],
                                   .n = PER_TEXT};
        for (size_t i = 0; i < PER_TEXT; i++) {
            struct corpus_sentence s;
            size_t at = b->n * PER_TEXT + i;
            corpus_said(t * PER_TEXT + i, all, &s);
            b->sentences[at] = (struct near_sentence){b->words[at], words_of(&s, b->words[at])};
        }
    }
}

static void rebuild(near *x, struct batch *b, uint64_t all) {
    double spent = 0, cpu = 0;
    for (uint64_t t = 0; t < all / PER_TEXT;) {
        prepare(b, t, all / PER_TEXT, all);
        double from = seconds(CLOCK_MONOTONIC), cpu_from = seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < b->n; i++) must(near_load(x, &b->texts[i]), "loading");
        spent += seconds(CLOCK_MONOTONIC) - from;
        cpu += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;
        t += b->n;
    }
    double loaded = spent, from = seconds(CLOCK_MONOTONIC), cpu_from = seconds(CLOCK_PROCESS_CPUTIME_ID);
    must(near_save(x), "saving");
    spent += seconds(CLOCK_MONOTONIC) - from;
    cpu += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;
    printf(
        "| rebuild from prepared skeletons | ≥ 400,000/s | %.0f/s (%.0f/s of CPU time; loading %.1f s, file "
        "%.1f s) |\n",
        (double)all / spent, (double)all / cpu, loaded, spent - loaded);
}

static void size_of(near *x) {
    struct near_count c;
    near_counts(x, &c);
    printf("| bytes a sentence, all included | ≤ 110 | %.1f (%.1f for each of %llu distinct; %llu said, file "
           "%.0f "
           "MB) |\n",
           (double)c.bytes / (double)c.sentences, (double)c.bytes / (double)c.distinct,
           (unsigned long long)c.distinct, (unsigned long long)c.sentences, (double)c.bytes / 1e6);
}

/* By the clock on the wall, and the processor's time: on a busy machine the first holds waiting for it. */
struct took {
    double wall[QUESTIONS], cpu[QUESTIONS];
};

static void ask(near *x, const struct corpus_sentence *s, struct took *t, size_t i, struct near_hit *ret) {
    near_word words[CORPUS_LONGEST];
    struct near_sentence sentence = {words, words_of(s, words)};
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID), from = seconds(CLOCK_MONOTONIC);
    near_like(x, &sentence, 0, s->n < NEAR_SHORT_WORDS ? NEAR_ALIKE_SHORT : NEAR_ALIKE, ret);
    t->wall[i] = seconds(CLOCK_MONOTONIC) - from;
    t->cpu[i] = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

static void print_took(struct took *t, size_t n) {
    qsort(t->wall, n, sizeof *t->wall, by_size);
    qsort(t->cpu, n, sizeof *t->cpu, by_size);
    printf("p50 %.3f, p99 %.3f, longest %.2f ms (of the processor %.3f, %.3f, %.2f)",
           percentile(t->wall, n, 0.5) * 1e3, percentile(t->wall, n, 0.99) * 1e3, t->wall[n - 1] * 1e3,
           percentile(t->cpu, n, 0.5) * 1e3, percentile(t->cpu, n, 0.99) * 1e3, t->cpu[n - 1] * 1e3);
}

/* Edits 0 to 3, then sentences nobody said. */
static void questions(near *x, uint64_t all, const char *when) {
    static struct took took;
    for (uint32_t edits = 0; edits <= 4; edits++) {
        uint32_t flagged = 0, due = 0, found = 0;
        for (uint32_t q = 0; q < QUESTIONS; q++) {
            struct corpus_sentence asked, said;
            struct near_hit hit;
            double alike = 0;
            if (edits < 4) {
                corpus_said(corpus_question(q, all, edits, &asked), all, &said);
                alike = corpus_alike(&asked, &said);
            } else {
                corpus_unsaid(q, &asked);
            }
            ask(x, &asked, &took, q, &hit);
            flagged += hit.alike > 0;
            if (alike < (asked.n < NEAR_SHORT_WORDS ? NEAR_ALIKE_SHORT : NEAR_ALIKE)) continue;
            due++;
            found += hit.alike > alike - 0.0015;
        }
        if (edits < 4)
            printf("| a sentence with %u words changed%s | p50 ≤ 0.2, p99 ≤ 1 ms | ", edits, when);
        else
            printf("| a sentence nobody said%s | p50 ≤ 0.2, p99 ≤ 1 ms | ", when);
        print_took(&took, QUESTIONS);
        printf("; %.3f find a like", flagged / (double)QUESTIONS);
        if (due) printf(", %.3f of those that are alike enough find it", found / (double)due);
        printf(" |\n");
    }
}

/* Thirty sentences, each asked with all its runs, then the whole as a letter. */
static void replies(near *x, uint64_t all) {
    static struct took took;
    arena *a = arena_new(0);
    for (uint32_t q = 0; q < REPLIES; q++) {
        near_word words[REPLY][CORPUS_LONGEST];
        struct near_sentence sentences[REPLY];
        for (uint32_t i = 0; i < REPLY; i++) {
            struct corpus_sentence s;
            corpus_question((uint64_t)q * REPLY + i + 1000000, all, i % 4, &s);
            sentences[i] = (struct near_sentence){words[i], words_of(&s, words[i])};
        }
        struct near_hit hit;
        near_vote_list votes;
        double cpu = seconds(CLOCK_THREAD_CPUTIME_ID), from = seconds(CLOCK_MONOTONIC);
        for (uint32_t i = 0; i < REPLY; i++) {
            near_like(x, &sentences[i], 5, sentences[i].n < NEAR_SHORT_WORDS ? NEAR_ALIKE_SHORT : NEAR_ALIKE,
                      &hit);
            for (uint32_t w = 0; w + 4 <= sentences[i].n; w++) near_run(x, words[i] + w, 5);
        }
        near_texts_like(x, a, sentences, REPLY, 5, 0.5f, 5, &votes);
        took.wall[q] = seconds(CLOCK_MONOTONIC) - from;
        took.cpu[q] = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
        arena_reset(a);
    }
    arena_free(a);
    printf("| a reply of 30 sentences: likes, runs, letters | p99 ≤ 15 ms | ");
    print_took(&took, REPLIES);
    printf(" |\n");
}

static void inserts(near *x, struct batch *b, uint64_t all) {
    double spent = 0, cpu = 0;
    size_t done = 0;
    for (uint64_t t = all / PER_TEXT; done < INSERTS;) {
        prepare(b, t, t + INSERTS - done, all);
        double cpu_from = seconds(CLOCK_THREAD_CPUTIME_ID), from = seconds(CLOCK_MONOTONIC);
        for (size_t i = 0; i < b->n; i++, done++) must(near_add(x, &b->texts[i]), "adding");
        spent += seconds(CLOCK_MONOTONIC) - from;
        cpu += seconds(CLOCK_THREAD_CPUTIME_ID) - cpu_from;
        t += b->n;
    }
    printf("| insert, a sentence | ≤ 5 µs | %.2f µs (of the processor %.2f) |\n",
           spent / INSERTS / PER_TEXT * 1e6, cpu / INSERTS / PER_TEXT * 1e6);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "use: near_bench FOLDER SENTENCES...\n");
        return 2;
    }
    struct batch *b = malloc(sizeof *b);
    if (!b) return 1;
    for (int i = 2; i < argc; i++) {
        uint64_t all = strtoull(argv[i], NULL, 10);
        char path[4096];
        snprintf(path, sizeof path, "%s/bench.near", argv[1]);
        unlink(path);
        near *x;
        bool damaged;
        must(near_open(str_z(path), false, &x, &damaged), "opening");
        printf("| **%llu sentences** | | |\n", (unsigned long long)all);
        rebuild(x, b, all);
        near_close(x);
        double from = seconds(CLOCK_MONOTONIC);
        must(near_open(str_z(path), false, &x, &damaged), "opening");
        printf("| open, every checksum verified | | %.3f s |\n", seconds(CLOCK_MONOTONIC) - from);
        size_of(x);
        questions(x, all, "");
        replies(x, all);
        inserts(x, b, all);
        questions(x, all, ", 40,000 unsaved");
        near_close(x);
        unlink(path);
        fflush(stdout);
    }
    free(b);
    return 0;
}
