#include "base/random.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t EPOCH_2020 = 1577836800000;
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
    int64_t since = now_ms > EPOCH_2020 ? now_ms - EPOCH_2020 : 0;
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
