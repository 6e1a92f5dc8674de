/* meter: what this process did with letters since it started, for the operator's monitoring. Counters of all
 * brands together; any thread may add. */
#ifndef LONGHAND_BASE_METER_H
#define LONGHAND_BASE_METER_H

#include <stdint.h>

typedef enum meter {
    METER_KEPT,      /* letters that came and are kept: their sender was told yes */
    METER_REFUSED,   /* letters that were not kept; their sender was told so and tries again, or knows */
    METER_READ,      /* kept letters that were read and filed */
    METER_SET_ASIDE, /* kept letters that could not be read, and are shown as such */
    METER_SENT,      /* copies of replies that a server took */
    METER_POSTPONED, /* tries to send that ended with "later" */
    METER_FAILED,    /* copies that will not go, and are shown to a person */
    METER_UNCERTAIN, /* copies of which nobody knows, and that are shown to a person */
} meter;
enum { METERS = METER_UNCERTAIN + 1 };

void meter_add(meter which, int64_t n);
int64_t meter_of(meter which);

#endif
