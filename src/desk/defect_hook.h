/* defect_hook: makers are told of alarms and trials: a POST of JSON to one HTTPS address that an
 * administrator sets, signed, by the job `makers` with backoff. What is told holds numbers and words of
 * letters, never a name or an address of a customer, and of a conversation in which a child wrote nothing but
 * that it counts.
 *
 * The signature is the header
 *     Longhand-Signature: t=SECONDS,v1=HEX
 * HEX is HMAC-SHA-256, with the secret (its characters as they were shown) as the key, of "SECONDS.BODY".
 * Longhand-Id is the same for every try of one message. */
#ifndef LONGHAND_DESK_DEFECT_HOOK_H
#define LONGHAND_DESK_DEFECT_HOOK_H

#include "desk/desk.h"
#include "store/defect_alarm.h"
#include "store/job.h"

/* Where to: "" takes it away. A new address gets a new secret, which ret_secret gives this once; "" when the
 * address stays. ERR_INVALID: not https, a user in it, or a host that is no public one by its very spelling.
 */
err maker_hook_set(struct desk *d, arena *a, const struct actor *who, str url, str *ret_secret);
/* Say hello. ERR_CONFLICT when no address is set. */
err maker_hook_try(struct desk *d, arena *a, const struct actor *who);

/* In the caller's transaction; nothing when no address is set. */
err maker_tell_in(db_conn *c, arena *a, int64_t brand, maker_event event, int64_t subject, int64_t now);
/* The job `makers`; subject: of the maker_post. */
err maker_tell_run(struct desk *d, arena *a, const struct job *job);

/* The body as it would be sent now; for tests and pages that show what makers get. */
err maker_body(struct desk *d, arena *a, int64_t brand, const struct maker_post *post, str *ret_body);
/* "t=SECONDS,v1=HEX". */
str maker_signature(arena *a, str secret, int64_t seconds, str body);

#endif
