#include "cli/receive.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "desk/intake.h"

enum { REMEMBERED = 16, ADDRESS_MAX = 320 };

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
    struct receiver *r = calloc(1, sizeof *r);
    if (!r) abort();
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

static err keep(void *context, const struct lmtp_envelope *envelope, size_t index) {
    struct receiver *r = context;
    str address = envelope->rcpt.v[index];
    /* The same recipient named twice gets one letter and two answers. */
    for (size_t i = 0; i < index; i++)
        if (str_eq_nocase(envelope->rcpt.v[i], address)) return ERR_NONE;
    ARENA_AUTO arena *a = arena_new(4 << 20);
    struct intake_inbox to;
    int64_t id;
    TRY(find(r, address, &to));
    TRY(intake_keep(r->desk, a, to, envelope->mail_from, address, envelope->data, &id));
    buf_add_fmt(envelope->says, "kept %lld", (long long)id);
    return ERR_NONE;
}

struct lmtp_hooks receiver_hooks(struct receiver *r) {
    return (struct lmtp_hooks){.context = r, .recipient = may_receive, .keep = keep};
}
