/* dates: the days a reply names, as moments. Pure.
 *
 * Read are days of the calendar ("3 March", "March 3rd, 2027", "2027-03-03", "3.3.", "3/3/2027"), days of the
 * week ("by Friday": the next one that is not today), spans ("within two weeks", "in 3 to 5 working days":
 * the latest day counts) and names of days ("tomorrow"). Words for them stand in the language's pack, groups
 * [date], [number], [month] and [weekday]; without a pack only dates in digits are found. "Soon" and "in due
 * course" are no dates: those stand in [vague_date].
 *
 * [date] holds patterns; the value is a unit and, where the words name no number, a number:
 *     day N        N days from today          weekday     the next such day of the week
 *     days N       also workdays, weeks, months, hours, minutes: the number in the words, else N
 *     week N       Friday of the week N weeks from this one      month N     the last day of that month
 *     monthday     a number and a month       dayofmonth  the next day with that number
 * N/M dates in digits with a stroke begin with the month in zones of America, else with the day; without a
 * year they are dates behind a word of [date_before] only ("by 26/11"). A time ("at 15:00", [time] and
 * [time_before]) is today's where its sentence names no day. Two days with a word of [date_or] between are
 * one date, the later of them. */
#ifndef LONGHAND_LETTER_DATES_H
#define LONGHAND_LETTER_DATES_H

#include "base/zone.h"
#include "letter/text.h"

struct date_hit {
    uint32_t from, to; /* words */
    int64_t due_at;    /* the last second of that day in the zone */
};
typedef LIST(struct date_hit) date_hit_list;

/* The dates in words [from, to), in order, without overlap. `now` in milliseconds; a day of the calendar
 * without a year is the next one, and a date that is past is none. A NULL zone is UTC. */
void dates_find(arena *a, const struct text *t, size_t from, size_t to, int64_t now, const struct zone *zone,
                date_hit_list *ret);

#endif
