/* What the files of desk/promise share. */
#ifndef LONGHAND_DESK_PROMISE_OWN_H
#define LONGHAND_DESK_PROMISE_OWN_H

#include "desk/promise.h"

/* NULL (UTC) where the system has no such zone. */
const struct zone *promise_zone_of(str name);
err promise_zone(db_conn *c, arena *a, int64_t brand, const struct zone **ret);
bool promise_is_day(int64_t day);

/* A new promise and its first step; fills what is the same for all. */
err promise_put_new(db_conn *c, const struct actor *who, struct store_promise *row,
                    struct promise_proof from);
/* The changed row and its next step. */
err promise_put_step(db_conn *c, const struct actor *who, struct store_promise *p, promise_step_kind kind,
                     int64_t from_day, int64_t to_day, struct promise_proof proof, str note, int64_t now);
/* A line of the conversation's history. */
err promise_tell(db_conn *c, arena *a, const struct actor *who, const struct store_promise *p,
                 const char *event, int64_t day, int64_t now);
const char *promise_event(promise_step_kind step);

#endif
