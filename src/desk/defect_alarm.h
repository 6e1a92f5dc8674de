/* defect_alarm: does a defect have more letters than its own history explains? Pure arithmetic.
 *
 * The test. Letters about one defect are taken to come as a Poisson process whose rate is proportional to an
 * exposure (units sold, or days). `now` of them stand in the window (exposure e1), `before` in the history
 * before it (exposure e0). Given that there are n = now + before, and that nothing has changed, `now` is
 * binomial with n draws of chance p = e1 / (e1 + e0), whatever the rate is:
 *
 *     P = sum over k from now to n of C(n, k) p^k (1 - p)^(n - k)
 *
 * (J. Przyborowski and H. Wilenski, "Homogeneity of results in testing samples from Poisson series",
 * Biometrika 31, 1940: the exact conditional test of two Poisson rates.) Few letters and no history are no
 * special cases. Without any history (e0 = 0) nothing can be compared: then P is that of a Poisson count with
 * mean ALARM_NEW_A_WEEK a week, which says "more than one letter a week", and the alarm says so.
 *
 * How small P must be. One look is at m defects (those with at least ALARM_LETTERS letters in window and
 * history together; others cannot raise one, and since the test is conditional on n, choosing them by n costs
 * nothing) and ALARM_WINDOWS windows, and there are 365 looks a year: a window always ends with the day, so
 * that the letters of one day can only raise what the day's end raises too, and looking again at every letter
 * is still one look. By Bonferroni's inequality the limit
 *
 *     P < ALARM_A_YEAR / (365 * ALARM_WINDOWS * m)
 *
 * keeps the expected number of false alarms of a brand below ALARM_A_YEAR a year, however looks and defects
 * depend on each other. bench/defects.c measures it: windows overlap, so the true number is lower. What it
 * rests on: rates that do not change with the season beyond what units sold show, and letters that do not
 * cause each other. */
#ifndef LONGHAND_DESK_DEFECT_ALARM_H
#define LONGHAND_DESK_DEFECT_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALARM_A_YEAR 0.1 /* false alarms of a brand */
enum {
    ALARM_LETTERS = 3, /* fewer are no alarm, whatever the history */
    ALARM_WINDOWS = 2, /* of 7 and of 28 days */
    ALARM_WEEK = 7,
    ALARM_MONTH = 28,
    ALARM_HISTORY = 364,     /* days of history at most */
    ALARM_HISTORY_LEAST = 28 /* with fewer there is none */
};
#define ALARM_NEW_A_WEEK 1.0

/* Of `now` or more letters in the window, given the history: 0 to 1, never too small. Exposures are in any
 * unit, the same for both; negative numbers count as 0. 1 when the window has no exposure; when the history
 * has none, that of a Poisson count with mean `fresh`. */
double alarm_chance(int64_t now, int64_t before, double now_exposure, double before_exposure, double fresh);
/* Of `n` or more, for a Poisson count with that mean. */
double alarm_poisson(int64_t n, double mean);
/* The limit for one of `defects` looked at. */
double alarm_limit(int64_t defects);

/* ---- one defect's days ---- */

/* letters[i] came, and exposure[i] stood, on day first + i; the last is today. `since`: from which day on
 * cases are recorded; what came before does not count as history. `settled`: up to which day a person has
 * looked into it; windows begin behind it. */
struct alarm_days {
    const int64_t *letters;
    const double *exposure;
    size_t n;
    int64_t first, since, settled;
};
struct alarm_look {
    int64_t days, from_day, to_day; /* the window; days 7 or 28 as asked, from_day later where settled */
    int64_t now, before, before_days;
    double expected, chance;
    bool fresh; /* there is no history of its own */
};
/* Windows of 7 and 28 days that end with the last day; the one with the smaller chance. */
void alarm_look_at(const struct alarm_days *d, struct alarm_look *ret);
/* Does it take part in a look, and raise an alarm among so many? */
bool alarm_counts(const struct alarm_look *l);
bool alarm_rings(const struct alarm_look *l, int64_t defects);

/* ---- exposure by units sold ---- */

struct alarm_month {
    int64_t month, units; /* 202611 */
};
/* People write about what they bought lately: the exposure of a day is what was sold in the 91 days up to it,
 * a month's units spread evenly over its days. A month that is not known yet counts as the last one that is,
 * for up to 3 months; false, and nothing filled, when even so a day of the span would know nothing (then both
 * sides count days). `months` ascending. */
bool alarm_exposure(const struct alarm_month *months, size_t n, int64_t first, size_t days,
                    double *ret_exposure);

#endif
