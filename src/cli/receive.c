#include "cli/receive.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "desk/intake.h"

enum {
    REMEMBERED = 16,
    ADDRESS_MAX = 320,
    TOGETHER = 256, /* letters a transaction at most, so that other writers have their turn */
    /* For TOGETHER letters that all go to objects: some kilobytes of paths each. */
    ARENA_LIMIT = 64 << 20,
};

struct known {
    char address[ADDRESS_MAX];
    size_t n;
    struct intake_inbox inbox;
    int64_t until; /* on the monotonic clock */
};

struct receiver {
    struct desk *desk;
    pthread_mutex_t lock;
    struct known known[REMEMBERED];
    unsigned next;
};

struct receiver *receiver_new(struct desk *d) {
    struct receiver *r = memory_zeroed(sizeof *r);
    r->desk = d;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void receiver_free(struct receiver *r) {
    if (!r) return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static bool recall(struct receiver *r, str address, struct intake_inbox *ret) {
    int64_t now = clock_monotonic_ms();
    bool found = false;
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < REMEMBERED && !found; i++) {
        const struct known *k = &r->known[i];
        if (k->until <= now || !str_eq((str){k->address, k->n}, address)) continue;
        *ret = k->inbox;
        found = true;
    }
    pthread_mutex_unlock(&r->lock);
    return found;
}

static void remember(struct receiver *r, str address, struct intake_inbox inbox) {
    if (address.n > ADDRESS_MAX) return;
    pthread_mutex_lock(&r->lock);
    struct known *k = &r->known[r->next++ % REMEMBERED];
    memcpy(k->address, address.p, address.n);
    k->n = address.n;
    k->inbox = inbox;
    k->until = clock_monotonic_ms() + SECOND_MS;
    pthread_mutex_unlock(&r->lock);
}

static err find(struct receiver *r, str address, struct intake_inbox *ret) {
    if (recall(r, address, ret)) return ERR_NONE;
    ARENA_AUTO arena *a = arena_new(1 << 20);
    struct intake_inbox inbox;
    TRY(intake_find(r->desk, a, address, &inbox));
    remember(r, address, inbox);
    *ret = inbox;
    return ERR_NONE;
}

static err may_receive(void *context, str address) {
    struct intake_inbox inbox;
    return find(context, address, &inbox);
}

/* The letter of the same envelope that goes to the same address and comes earlier, or NULL. The letters of
 * an envelope follow each other, in the order of its recipients. */
static const struct lmtp_letter *same_before(const struct lmtp_letter *l) {
    const str_list *rcpt = &l->envelope->rcpt;
    for (size_t i = 0; i < l->index; i++)
        if (str_eq_nocase(rcpt->v[i], rcpt->v[l->index])) return l - (l->index - i);
    return NULL;
}

static void keep_together(struct receiver *r, arena *a, struct lmtp_letter **letters, size_t n) {
    struct intake_letter *in = arena_array(a, n, sizeof *in);
    for (size_t i = 0; i < n; i++) {
        const struct lmtp_envelope *e = letters[i]->envelope;
        in[i] = (struct intake_letter){
            .mail_from = e->mail_from, .recipient = e->rcpt.v[letters[i]->index], .bytes = e->data};
    }
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        struct intake_letter one = in[i];
        letters[i]->result = find(r, one.recipient, &one.to);
        if (letters[i]->result) continue;
        letters[found] = letters[i];
        in[found++] = one;
    }
    intake_keep_many(r->desk, a, in, found);
    for (size_t i = 0; i < found; i++) {
        letters[i]->result = in[i].result;
        if (!in[i].result) buf_add_fmt(&letters[i]->says, "kept %lld", (long long)in[i].id);
    }
}

static void keep_many(void *context, struct lmtp_letter *letters, size_t n) {
    struct receiver *r = context;
    ARENA_AUTO arena *a = arena_new(ARENA_LIMIT);
    struct lmtp_letter *together[TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!same_before(&letters[i])) together[count++] = &letters[i];
        if (count < TOGETHER && i + 1 < n) continue;
        if (count) keep_together(r, a, together, count);
        arena_reset(a);
        count = 0;
    }
    /* The same recipient named twice gets one letter and two answers. */
    for (size_t i = 0; i < n; i++) {
        const struct lmtp_letter *first = same_before(&letters[i]);
        if (first) letters[i].result = first->result;
    }
}

struct lmtp_hooks receiver_hooks(struct receiver *r) {
    return (struct lmtp_hooks){.context = r, .recipient = may_receive, .keep_many = keep_many};
}
