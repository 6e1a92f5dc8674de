/* zone: time zones from the system's zone files (package tzdata), beside the process-wide TZ.
 *
 * Instants are milliseconds since 1970-01-01 UTC. The calendar is the proleptic Gregorian one. */
#ifndef LONGHAND_BASE_ZONE_H
#define LONGHAND_BASE_ZONE_H

#include "base/err.h"
#include "base/str.h"

struct zone;

struct local_time {
    int64_t year;
    int month, day;           /* 1 to 12, 1 to 31 */
    int hour, minute, second; /* 0 to 23, 59, 59 */
    int weekday;              /* 0 is Sunday */
    int offset_minutes;       /* east of UTC, whole minutes */
    char abbreviation[12];    /* "CET", "-03"; NUL-terminated */
};

extern const struct zone *const zone_utc;

/* The zone of that name ("Europe/Berlin"), read once and kept until the program ends; any thread may call
 * and share the result. ERR_INVALID: not a name (more than 64 bytes, outside [A-Za-z0-9_+/-], a leading
 * '/', "..") or the file is no zone file; ERR_MISSING: the system has no such zone; ERR_IO; ERR_LIMIT:
 * more than 1,000 different zones. */
err zone_load(str name, const struct zone **ret_zone);

/* A zone from the bytes of a TZif file (RFC 8536 and 9636, versions 1 to 4), allocated in `a`. Pure.
 * ERR_INVALID: broken, above 256 KB, or a file that counts leap seconds. */
err zone_parse(arena *a, str name, str bytes, const struct zone **ret_zone);

str zone_name(const struct zone *z); /* "Europe/Berlin", "UTC" */

/* The calendar and clock of the zone at an instant. NULL as zone is UTC. */
void zone_local(const struct zone *z, int64_t at_ms, struct local_time *ret_local);

/* The instant of a local date and time; values beyond their range carry over (day 0 is the last of the
 * month before). A time that a change of clocks skips moves forward by the gap; of a time that comes
 * twice the earlier is meant. The year is clipped to -9999 to 9999. */
int64_t zone_instant(const struct zone *z, int year, int month, int day, int hour, int minute);

/* Days since 1970-01-01 of a calendar day, month 1 to 12, any day number. */
int64_t zone_days(int64_t year, int month, int64_t day);

#endif
