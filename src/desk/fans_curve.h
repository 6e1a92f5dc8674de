/* fans_curve: how long people stay, counted so that those who are still watched count for as long as they
 * were: the product-limit estimate with its confidence band. Pure.
 *
 * With the days t1 < t2 < ... on which somebody was gone, n_i of whom are watched just before t_i and d_i
 * gone at it: S(t) = product over t_i <= t of (1 - d_i / n_i)                      Kaplan and Meier (1958),
 * JASA 53, 457-481 Var S(t) = S(t)^2 * sum of d_i / (n_i (n_i - d_i))                   Greenwood (1926),
 * Reports on Public Health 33 and the band from log(-log S), which stays within 0 and 1 and holds its level
 * with few people: S(t) ^ exp(+-1.96 * sqrt(sum) / log S(t))                            Kalbfleisch and
 * Prentice (1980), 1.4; Borgan and Liestol (1990), Scand J Stat 17 Who is lost from view on a day is still
 * watched on it. Where S is 1 or 0 there is no band of this kind: from 1 it is [1, 1], and at 0 it is [0, 0];
 * pages say how many people that rests on. */
#ifndef LONGHAND_DESK_FANS_CURVE_H
#define LONGHAND_DESK_FANS_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* People who were watched for `days`, and then were gone, or lost from view (still there when last looked
 * at). */
enum { CURVE_DAYS = 731, CURVE_YEAR = 365 };
struct curve_count {
    int64_t gone[CURVE_DAYS], lost[CURVE_DAYS]; /* by day; the last one holds all later days as lost */
};
void curve_add(struct curve_count *c, int64_t days, bool gone);
int64_t curve_people(const struct curve_count *c);

struct curve_step {
    int64_t day, at_risk, gone;
};
typedef LIST(struct curve_step) curve_step_list;
/* A row for the first day, for each on which somebody was gone, for that a year later and for the last on
 * which anybody was watched. */
void curve_steps(arena *a, const struct curve_count *c, curve_step_list *ret);

struct curve_point {
    double stay, low, high; /* shares, 0 to 1 */
    int64_t at_risk; /* watched on the first day from then on on which the curve says something; 0: none */
    int64_t gone;    /* until then */
};
/* The curve at the end of a day. Behind the last day anybody was watched it stays where it was, with at_risk
 * 0. */
struct curve_point curve_at(const curve_step_list *steps, int64_t day);
int64_t curve_last_day(const curve_step_list *steps); /* on which anybody was watched; -1 nobody ever */

#endif
