/* The clock and the random source are passed in, so that tests move time and repeat chance.
 * Times are milliseconds since 1970-01-01 UTC in an int64_t called `at` or `..._at`; 0 means none. */
#ifndef LONGHAND_BASE_CLOCK_H
#define LONGHAND_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef struct wall_clock {
    int64_t (*now)(void *context);
    void *context;
} wall_clock;

extern const wall_clock clock_system;
int64_t clock_now(const wall_clock *c); /* NULL means the system's */
int64_t clock_monotonic_ms(void);       /* for durations only */

/* A clock that stands still at *at until the test moves it. */
wall_clock clock_fixed(int64_t *at);

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

#endif
