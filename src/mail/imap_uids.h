/* imap_uids: sets of UIDs as ranges, so that a folder of a million mails is a few bytes. */
#ifndef LONGHAND_MAIL_IMAP_UIDS_H
#define LONGHAND_MAIL_IMAP_UIDS_H

#include "base/buf.h"

struct imap_range {
    uint32_t first, last; /* both in it; first <= last */
};

/* Ascending, apart from each other. {0} is the empty set. 0 is never in a set. */
struct imap_uids {
    struct imap_range *v;
    size_t n, cap;
    size_t shifted; /* ranges moved to open or close a place: the work that grows with the square */
    bool loose;     /* between imap_uids_put and imap_uids_settle: in any order */
};

enum { IMAP_RANGES_MAX = 1 << 21 }; /* a set that would need more leaves out what does not fit */

void imap_uids_free(struct imap_uids *s); /* empty again */
/* Add or take away all from `first` to `last`. Adding at the end is quick. False when it did not fit. */
bool imap_uids_add(struct imap_uids *s, uint32_t first, uint32_t last);
/* The same for many in an order that others choose: put them all, then settle once (sorts and merges). Before
 * it is settled a set may only be put to, added to or freed. False when it does not fit. */
bool imap_uids_put(struct imap_uids *s, uint32_t first, uint32_t last);
void imap_uids_settle(struct imap_uids *s);
void imap_uids_remove(struct imap_uids *s, uint32_t first, uint32_t last);
bool imap_uids_has(const struct imap_uids *s, uint32_t uid);
/* The index of the first range that ends at or after `uid`; s->n when there is none. */
size_t imap_uids_at(const struct imap_uids *s, uint32_t uid);
uint64_t imap_uids_count(const struct imap_uids *s);
uint32_t imap_uids_last(const struct imap_uids *s); /* 0 when empty */

/* As a sequence-set (RFC 9051 9): "3:5,9". Stops before it gets longer than `max` bytes, but writes one range
 * at least; returns how many ranges it wrote. */
size_t imap_uids_write(const struct imap_uids *s, size_t max, buf *out);
/* A sequence-set without "*", ranges in either direction: its UIDs are put (imap_uids_settle is up to the
 * caller). False when it is none. */
bool imap_uids_read(struct imap_uids *s, str text);

#endif
