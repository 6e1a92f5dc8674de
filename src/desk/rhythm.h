/* rhythm: is an inbox more silent than is usual for it? A server that does not hand over mail any more says
 * nothing.
 *
 * The rule. For each hour of the week (in the brand's zone) the share of the last eight weeks in which at
 * least one letter came in that hour: p = k / (n + 1) over the n weeks that the inbox is known, averaged with
 * the hours beside it (1/4, 1/2, 1/4), since nobody's Monday begins to the minute. A silent hour then
 * surprises by -ln(1 - p): a silent night or Sunday adds nothing, a silent Monday morning much. The silence
 * since the last letter is the sum over its whole hours. It is beyond the usual when that sum passes 7 (one
 * in a thousand, were letters independent) and one and a half times the largest sum of any silence in those
 * weeks (letters are not independent: holidays). Nothing is said of an inbox known for less than two weeks,
 * or with letters in fewer than 30 different hours. Hours count once however many letters came in them, so
 * that a flood changes nothing. */
#ifndef LONGHAND_DESK_RHYTHM_H
#define LONGHAND_DESK_RHYTHM_H

#include "base/zone.h"
#include "desk/desk.h"
#include "store/job.h"
#include "store/rhythm.h"

enum { RHYTHM_WEEKS = 8, RHYTHM_HOURS = 168 };

/* Pure. `hours`: hours since 1970 in which letters came, in order; `now`: the running hour, not counted. */
struct rhythm {
    double surprise[RHYTHM_HOURS]; /* of a silent hour, by hour of the week from Sunday 0 h */
    double longest;                /* the largest sum of a past silence */
    double present;                /* the sum of the silence that lasts */
    bool known, silent;            /* enough is known to judge; beyond the usual */
};
struct rhythm rhythm_of(const struct zone *zone, const int64_t *hours, size_t n, int64_t now);

/* The job `rhythm`, one for the desk, every quarter of an hour: count, judge, raise the alarm. */
err rhythm_start(struct desk *d, arena *a);
err rhythm_run(struct desk *d, arena *a, const struct job *job);

#endif
