#include "base/random.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t EPOCH_2020 = 1577836800000;
static const int64_t COMPRESSED_UNTIL = 1578787200000; /* 12 January 2020 */
enum { SEQUENCE_BITS = 21 };

void random_start(void) {
    if (sodium_init() < 0) {
        fprintf(stderr, "longhand: the system gives no randomness\n");
        abort();
    }
}

void random_bytes(void *to, size_t n) { randombytes_buf(to, n); }

int64_t id_new(int64_t now_ms) {
    static _Atomic int64_t last;
    /* Old mail: what hangs on it has its time. Without this every process would begin at 1. */
    if (now_ms < COMPRESSED_UNTIL) return id_past(now_ms);
    int64_t since = now_ms - EPOCH_2020;
    int64_t floor = since << SEQUENCE_BITS, fresh = 0;
    int64_t seen = atomic_load(&last), next;
    do {
        /* Randomness costs a system call, and within a millisecond counting up is enough. Half the range, so
         * that counting has room. */
        if (seen < floor && !fresh) fresh = floor | (int64_t)randombytes_uniform(1u << (SEQUENCE_BITS - 1));
        next = seen < floor ? fresh : seen + 1;
    } while (!atomic_compare_exchange_weak(&last, &seen, next));
    return next;
}

int64_t id_past(int64_t at_ms) {
    /* 1990 to 12 January 2020, a second to a millisecond, from 00:20 on: smaller ids would be taken for the
     * numbers of conversations. */
    static const int64_t from = 631152000000, first = 1200000;
    static _Atomic int64_t count;
    if (!atomic_load(&count)) {
        int64_t none = 0;
        atomic_compare_exchange_strong(&count, &none, 1 + (int64_t)randombytes_uniform(1u << SEQUENCE_BITS));
    }
    int64_t since = at_ms - EPOCH_2020;
    if (at_ms < COMPRESSED_UNTIL) since = first + (at_ms > from ? at_ms - from : 0) / 1000;
    int64_t low = atomic_fetch_add(&count, 1) & ((INT64_C(1) << SEQUENCE_BITS) - 1);
    return since << SEQUENCE_BITS | low;
}

int64_t id_time(int64_t id) { return (id >> SEQUENCE_BITS) + EPOCH_2020; }

str token_new(arena *a) {
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    char *text = arena_alloc(a, 23);
    sodium_bin2base64(text, 23, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (str){text, 22};
}

str token_hash(arena *a, str token) {
    unsigned char *hash = arena_alloc(a, 32);
    crypto_generichash(hash, 32, (const unsigned char *)token.p, token.n, NULL, 0);
    return (str){(const char *)hash, 32};
}

str content_hash(arena *a, str bytes) {
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes.p, bytes.n, NULL, 0);
    char *hex = arena_alloc(a, 65);
    sodium_bin2hex(hex, 65, hash, sizeof hash);
    return (str){hex, 64};
}
