/* about: what is worth telling of a file without opening it: a calendar entry, or a letter that came as a
 * file. Made in the reader child, kept as text beside the attachment, read again for the page. Pure. */
#ifndef LONGHAND_FORMAT_ABOUT_H
#define LONGHAND_FORMAT_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum { ABOUT_BYTES_MAX = 8 << 10, ABOUT_TEXT_MAX = 6 << 10, ABOUT_LINE_MAX = 300 };

typedef enum about_kind { ABOUT_NOTHING, ABOUT_LETTER, ABOUT_EVENT } about_kind;
/* What somebody wants with a calendar entry (RFC 5546, METHOD and STATUS). */
typedef enum about_wish { ABOUT_INFORMS, ABOUT_INVITES, ABOUT_CANCELS, ABOUT_ANSWERS } about_wish;

struct about {
    about_kind kind;
    str subject; /* of the letter; what the event is */
    str from;    /* "Name <a@b>"; who calls the meeting. "" for nobody */
    int64_t at;  /* when the letter was written, when the event begins; 0 unknown */
    str text;    /* of the letter, or its beginning */
    bool cut;    /* the text goes on */
    /* of an event */
    str where;
    int64_t until; /* 0 unknown */
    bool all_day;  /* `at` and `until` are midnights UTC of calendar days; `until` is the last day */
    bool floating; /* without a zone: `at` and `until` are to be read as UTC, whatever the reader's zone */
    bool repeats;
    about_wish wish;
    int more; /* further events in the same file */
};

/* One line a member and the text after an empty one, at most ABOUT_BYTES_MAX: values are made one line and
 * cut. */
str about_write(arena *a, const struct about *from);

/* False for "" and for what about_write would not have written. The values point into `text`, which may come
 * from a process that was taken over: they are clean text of one line (but for `text`), and no more is
 * promised. */
bool about_read(str text, struct about *ret);

/* The first event of a calendar file (RFC 5545) and how many more there are; false when there is none. Times
 * are reckoned with the time zones that the file itself describes. At most 1 MiB is looked at. */
bool calendar_about(arena *a, str bytes, struct about *ret);

#endif
