#include "desk/rate.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/random.h"

static uint64_t key_of(struct rate *r, str what) {
    while (r->secret == 0) random_bytes(&r->secret, sizeof r->secret);
    uint64_t key = (str_hash(what) ^ r->secret) * UINT64_C(0x9E3779B97F4A7C15);
    key ^= key >> 32;
    return key ? key : 1;
}

static struct rate_entry *find(struct rate *r, uint64_t key) {
    struct rate_entry *set = r->entries[key % RATE_SETS];
    for (int i = 0; i < RATE_WAYS; i++) {
        if (set[i].key == key) return &set[i];
    }
    return NULL;
}

static struct rate_entry *make(struct rate *r, uint64_t key) {
    struct rate_entry *set = r->entries[key % RATE_SETS], *oldest = &set[0];
    for (int i = 0; i < RATE_WAYS; i++) {
        if (set[i].key == 0) {
            oldest = &set[i];
            break;
        }
        if (set[i].touched < oldest->touched) oldest = &set[i];
    }
    *oldest = (struct rate_entry){.key = key};
    return oldest;
}

/* Times far in the future are left from before the clock was set back; they would lock for ever. */
static void drop_old(struct rate_entry *e, int64_t window, int64_t now) {
    int kept = 0;
    for (int i = 0; i < e->n; i++) {
        if (e->at[i] > now - window && e->at[i] <= now + window) e->at[kept++] = e->at[i];
    }
    e->n = kept;
}

bool rate_take(struct rate *r, str what, int most, int64_t window, int64_t now) {
    pthread_mutex_lock(&r->lock);
    uint64_t key = key_of(r, what);
    struct rate_entry *e = find(r, key);
    if (!e) e = make(r, key);
    drop_old(e, window, now);
    e->touched = now;
    bool allowed = e->n < most && e->n < RATE_MOST;
    if (allowed) e->at[e->n++] = now;
    pthread_mutex_unlock(&r->lock);
    return allowed;
}

void rate_give_back(struct rate *r, str what) {
    pthread_mutex_lock(&r->lock);
    struct rate_entry *e = find(r, key_of(r, what));
    if (e && e->n > 0) e->n--;
    pthread_mutex_unlock(&r->lock);
}

void rate_forget(struct rate *r, str what) {
    pthread_mutex_lock(&r->lock);
    struct rate_entry *e = find(r, key_of(r, what));
    if (e) *e = (struct rate_entry){0};
    pthread_mutex_unlock(&r->lock);
}

void rate_forget_all(struct rate *r) {
    pthread_mutex_lock(&r->lock);
    memset(r->entries, 0, sizeof r->entries);
    pthread_mutex_unlock(&r->lock);
}

str rate_network(arena *a, str peer) {
    unsigned char bytes[16];
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, str_cstr(a, str_slice(peer, 0, 100)), bytes) != 1) return peer;
    bool four = memcmp(bytes, mapped, sizeof mapped) == 0;
    if (!four) memset(bytes + 8, 0, 8);
    if (four)
        inet_ntop(AF_INET, bytes + 12, text, sizeof text);
    else
        inet_ntop(AF_INET6, bytes, text, sizeof text);
    return str_copy(a, str_z(text));
}
