/* Many threads that want the last pieces at once: who has them, and whether the shelf agrees. Shared by the
 * unit test and by test/fault. */
#ifndef LONGHAND_TEST_STOCK_STORM_H
#define LONGHAND_TEST_STOCK_STORM_H

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "desk/box.h"

struct stock_storm {
    struct desk *d;
    const struct actor *agent;
    const int64_t *conversations;
    size_t nconversations;
    str code; /* of the part they all want one of */
    int attempts, threads;
    int distinct_keys; /* as many as attempts, or fewer: the rest are second clicks */
    bool cancel_some;  /* every third of those that got one changes their mind */
    /* What came of it. */
    _Atomic int next, reserved, waiting, repeated, cancelled, busy, failed;
    char said[512]; /* by the first that failed otherwise */
};

static void stock_storm_failed(struct stock_storm *s, err e) {
    if (atomic_fetch_add(&s->failed, 1) == 0)
        snprintf(s->said, sizeof s->said, "%s: %s", err_name(e), err_text());
}

static void stock_storm_attempt(struct stock_storm *s, int i) {
    arena *a = arena_new(0);
    int key = i % s->distinct_keys;
    struct box_item_wish item = {.kind = S("part"), .code = s->code, .name = S("Brass bell"), .quantity = 1};
    struct box_wish wish = {.conversation = s->conversations[(size_t)key % s->nconversations],
                            .items = &item,
                            .nitems = 1,
                            .address = S("Quay Street 4\n20457 Hamburg"),
                            .promise = -1,
                            .key = str_fmt(a, "stock-key-%d", key)};
    struct box_done done;
    err e;
    /* Too much at once is answered with "again"; the key makes that safe. */
    while ((e = box_make(s->d, a, s->agent, &wish, &done)) == ERR_BUSY) atomic_fetch_add(&s->busy, 1);
    if (e)
        stock_storm_failed(s, e);
    else if (done.repeated)
        atomic_fetch_add(&s->repeated, 1);
    else
        atomic_fetch_add(done.short_of_stock ? &s->waiting : &s->reserved, 1);
    if (!e && s->cancel_some && !done.repeated && !done.short_of_stock && key % 3 == 0) {
        struct box_act act = {.box = done.id, .seen_version = -1};
        while ((e = box_cancel(s->d, a, s->agent, &act, &done)) == ERR_BUSY) atomic_fetch_add(&s->busy, 1);
        if (e)
            stock_storm_failed(s, e);
        else
            atomic_fetch_add(&s->cancelled, 1);
    }
    arena_free(a);
}

static void *stock_storm_thread(void *arg) {
    struct stock_storm *s = arg;
    for (int i; (i = atomic_fetch_add(&s->next, 1)) < s->attempts;) stock_storm_attempt(s, i);
    return NULL;
}

static inline void stock_storm_run(struct stock_storm *s) {
    pthread_t threads[64];
    if (s->threads > 64) s->threads = 64;
    for (int i = 0; i < s->threads; i++)
        if (pthread_create(&threads[i], NULL, stock_storm_thread, s)) s->threads = i;
    for (int i = 0; i < s->threads; i++) pthread_join(threads[i], NULL);
}

#endif
