#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_now(void *context) {
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

const wall_clock clock_system = {system_now, NULL};

int64_t clock_now(const wall_clock *c) { return c && c->now ? c->now(c->context) : system_now(NULL); }

int64_t clock_monotonic_ms(void) { return read_clock(CLOCK_MONOTONIC); }

static int64_t fixed_now(void *context) { return *(int64_t *)context; }

wall_clock clock_fixed(int64_t *at) { return (wall_clock){fixed_now, at}; }
