#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/* Pieces are large enough for malloc to give each back to the system when it is freed. */
enum { PIECE = 1 << 20, PIECES_MAX = 64, WAIT_MS = 10000, PAUSE_MS = 10, REFILL_EVERY_MS = 100 };

static void *(*source)(void *, size_t) = realloc;

static struct {
    pthread_mutex_t lock;
    void *piece[PIECES_MAX];
    int wanted, held;
    int64_t refill_at; /* monotonic */
    atomic_bool is_short;
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

void memory_source(void *(*realloc_like)(void *p, size_t n)) {
    source = realloc_like ? realloc_like : realloc;
}

/* Under the lock. */
static void refill(void) {
    while (reserve.held < reserve.wanted) {
        void *p = source(NULL, PIECE);
        if (!p) break;
        reserve.piece[reserve.held++] = p;
    }
    atomic_store(&reserve.is_short, reserve.held < reserve.wanted);
}

void memory_reserve(size_t bytes) {
    size_t pieces = bytes / PIECE;
    pthread_mutex_lock(&reserve.lock);
    reserve.wanted = pieces < PIECES_MAX ? (int)pieces : PIECES_MAX;
    while (reserve.held > reserve.wanted) free(reserve.piece[--reserve.held]);
    refill();
    pthread_mutex_unlock(&reserve.lock);
}

/* Some pieces more than `n` bytes, if there are so many: less would help nobody. */
static bool give_back(size_t n) {
    size_t pieces = n / PIECE + 1;
    pthread_mutex_lock(&reserve.lock);
    bool enough = pieces <= (size_t)reserve.held;
    for (size_t i = 0; enough && i < pieces; i++) free(reserve.piece[--reserve.held]);
    if (reserve.wanted) atomic_store(&reserve.is_short, true);
    pthread_mutex_unlock(&reserve.lock);
    return enough;
}

void *memory_try(void *p, size_t n) {
    if (n == 0) n = 1;
    void *q = source(p, n);
    while (!q && give_back(n)) q = source(p, n);
    return q;
}

void *memory_again(void *p, size_t n) {
    void *q = memory_try(p, n);
    if (q) return q;
    for (int64_t until = clock_monotonic_ms() + WAIT_MS; !q; q = memory_try(p, n)) {
        if (!reserve.wanted || clock_monotonic_ms() >= until) {
            fprintf(stderr, "longhand: out of memory\n");
            abort();
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    return q;
}

void *memory_take(size_t n) { return memory_again(NULL, n); }

void *memory_zeroed(size_t n) {
    /* calloc leaves large ones untouched. */
    void *p = source == realloc ? calloc(1, n ? n : 1) : NULL;
    if (p) return p;
    p = memory_take(n);
    memset(p, 0, n);
    return p;
}

void *memory_array(size_t count, size_t size) {
    size_t n;
    return memory_zeroed(__builtin_mul_overflow(count, size, &n) ? SIZE_MAX : n);
}

char *memory_strdup(const char *z) {
    size_t n = strlen(z) + 1;
    return memcpy(memory_take(n), z, n);
}

bool memory_help(void) { return give_back(1); }

bool memory_short(void) {
    if (!atomic_load_explicit(&reserve.is_short, memory_order_relaxed)) return false;
    if (pthread_mutex_trylock(&reserve.lock)) return true;
    int64_t now = clock_monotonic_ms();
    if (now >= reserve.refill_at) {
        reserve.refill_at = now + REFILL_EVERY_MS;
        refill();
    }
    pthread_mutex_unlock(&reserve.lock);
    return atomic_load(&reserve.is_short);
}

bool memory_room(size_t n) {
    if (memory_short()) return false;
    void *p = source(NULL, n ? n : 1);
    free(p);
    return p != NULL;
}
