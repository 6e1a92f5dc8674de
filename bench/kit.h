/* What every benchmark needs: a clock, and an end with a reason. */
#ifndef LONGHAND_BENCH_KIT_H
#define LONGHAND_BENCH_KIT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"

_Noreturn static inline void die(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, err_text());
    exit(1);
}

static inline void must(err e, const char *what) {
    if (e) die(what);
}

/* CLOCK_MONOTONIC for what passes, CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID for what is worked. */
static inline double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* For qsort of doubles, the smallest first. */
static inline int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* `p` in [0, 1) of what by_size has sorted. */
static inline double percentile(const double *sorted, size_t n, double p) {
    size_t i = (size_t)((double)n * p);
    return sorted[i < n ? i : n - 1];
}

#endif
