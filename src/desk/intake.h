/* intake: a letter's bytes are kept, durably, before anybody is told yes. Nothing is parsed here. */
#ifndef LONGHAND_DESK_INTAKE_H
#define LONGHAND_DESK_INTAKE_H

#include "desk/desk.h"
#include "store/states.h"

enum { INTAKE_DISK_RESERVE = 64 << 20 }; /* refuse below this many free bytes, before the disk is full */

struct intake_inbox {
    int64_t brand, inbox;
};

/* Whose inbox an envelope recipient is: `desk@brand.example` or `desk+anything@brand.example`.
 * ERR_MISSING when it is nobody's or the inbox is switched off. */
err intake_find(struct desk *d, arena *a, str recipient, struct intake_inbox *ret_inbox);
/* The oldest brand's default inbox, for `longhand deliver` without --inbox. */
err intake_default(struct desk *d, arena *a, struct intake_inbox *ret_inbox);

/* Keep one letter. On ERR_NONE it is committed and a job to read it is enqueued in the same transaction;
 * `ret_id` is the id its message will have. ERR_FULL when the disk is nearly full. */
err intake_keep(struct desk *d, arena *a, struct intake_inbox to, str mail_from, str recipient, str bytes,
                int64_t *ret_id);

/* The same for many letters in one transaction. When that fails because of one of them, each is kept by
 * itself, so that one bad letter spoils only itself. */
struct intake_letter {
    struct intake_inbox to;
    str mail_from, recipient, bytes;
    err result; /* to be filled, as intake_keep returns it */
    int64_t id; /* when the result is ERR_NONE */
    /* Of mail that is brought in (desk/import.h); all 0 for a letter that comes. */
    int64_t received_at; /* its own time, which its id says, too; 0: now */
    raw_origin origin;
    raw_form form;
    str hash;   /* what the inbox was given once under it is not kept again; "" for any */
    bool known; /* filled: it was there, and id is 0 */
    /* Of mail that is fetched (desk/fetch.h): asked in the letter's transaction, before it is kept; not fresh
     * is known. NULL: nobody is asked. A db_fn's rules count. */
    err (*fresh)(db_conn *c, void *context, int64_t raw, bool *ret_fresh);
    void *fresh_context;
};
void intake_keep_many(struct desk *d, arena *a, struct intake_letter *letters, size_t n);

/* The same for mail that is brought in, with `also` in its transaction (NULL for nothing). Until
 * `lease_until` nobody else reads it: the caller does (reading_file, jobs of `kind` read with attempts 1). */
void intake_keep_past(struct desk *d, arena *a, struct intake_letter *letters, size_t n, int64_t lease_until,
                      db_fn also, void *also_arg, err *ret_also);

/* The same for what comes now, with `also` in its transaction, which fails as a whole where `also` does. */
void intake_keep_with(struct desk *d, arena *a, struct intake_letter *letters, size_t n, db_fn also,
                      void *also_arg, err *ret_also);

/* The bytes of a kept row, from the row or from the object. */
struct raw;
err intake_bytes(struct desk *d, arena *a, const struct raw *row, str *ret_bytes);

#endif
