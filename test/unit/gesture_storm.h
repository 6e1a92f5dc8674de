/* Many threads that want to spend the same money at once: who got it, and whether the books agree. Shared by
 * the unit test and by test/fault. */
#ifndef LONGHAND_TEST_GESTURE_STORM_H
#define LONGHAND_TEST_GESTURE_STORM_H

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "desk/gesture.h"

struct storm {
    struct desk *d;
    const struct actor *agents; /* of the one whose allowance it is, or several with their own each */
    size_t nagents;
    const int64_t *conversations;
    size_t nconversations;
    int attempts, threads;
    int64_t cost;
    int distinct_keys; /* as many as attempts, or fewer: the rest are second clicks */
    bool saw_nothing;  /* all think that they are the first in the conversation */
    /* What came of it. */
    _Atomic int next, given, repeated, refused, conflicts, busy, failed;
    char said[512]; /* by the first that failed otherwise */
};

static void storm_attempt(struct storm *s, int i) {
    arena *a = arena_new(0);
    int key = i % s->distinct_keys;
    struct gesture_wish wish = {.conversation = s->conversations[(size_t)key % s->nconversations],
                                .seen_gestures = s->saw_nothing ? 0 : -1,
                                .kind = GESTURE_VOUCHER,
                                .situation = S("late"),
                                .quantity = 1,
                                .cost = s->cost,
                                .judgement = S("It came a week after the birthday."),
                                .key = str_fmt(a, "storm-key-%d", key)};
    struct gesture_done done;
    err e;
    /* Too much at once is answered with "again"; the key makes that safe. */
    while ((e = gesture_give(s->d, a, &s->agents[(size_t)key % s->nagents], &wish, &done)) == ERR_BUSY)
        atomic_fetch_add(&s->busy, 1);
    if (!e)
        atomic_fetch_add(done.repeated ? &s->repeated : &s->given, 1);
    else if (e == ERR_LIMIT)
        atomic_fetch_add(&s->refused, 1);
    else if (e == ERR_CONFLICT)
        atomic_fetch_add(&s->conflicts, 1);
    else if (atomic_fetch_add(&s->failed, 1) == 0)
        snprintf(s->said, sizeof s->said, "%s: %s", err_name(e), err_text());
    arena_free(a);
}

static void *storm_thread(void *arg) {
    struct storm *s = arg;
    for (int i; (i = atomic_fetch_add(&s->next, 1)) < s->attempts;) storm_attempt(s, i);
    return NULL;
}

static inline void storm_run(struct storm *s) {
    pthread_t threads[64];
    if (s->threads > 64) s->threads = 64;
    for (int i = 0; i < s->threads; i++)
        if (pthread_create(&threads[i], NULL, storm_thread, s)) s->threads = i;
    for (int i = 0; i < s->threads; i++) pthread_join(threads[i], NULL);
}

#endif
