/* incoming: what an inbox believes of the mail that comes to it.
 *
 * Reply addresses: `name+TOKEN@domain`, 128 random bits in base32, of which only a hash is kept, with the
 * reply that carried it. Random and not an HMAC under a key of the desk: there is no key to guard, to back up
 * or to lose; nothing in the address tells an id; a deleted reply takes its address with it; and since a hash
 * leads to the reply, it leads to wherever that reply stands after conversations were merged or split. */
#ifndef LONGHAND_DESK_INCOMING_H
#define LONGHAND_DESK_INCOMING_H

#include "desk/desk.h"
#include "format/mime.h"
#include "store/inbox.h"
#include "store/incoming.h"

/* For the Reply-To of the reply `message`, inside the transaction that writes it; the row of the message may
 * come later in it. "" where the inbox does not use such addresses (then the reply has no Reply-To: many mail
 * servers refuse name+anything@domain unless told otherwise, and an answer that bounces is a letter lost), or
 * where its name leaves no room for one (64 bytes before the @, RFC 5321 4.5.3.1.1). */
err incoming_reply_address(db_conn *c, arena *a, int64_t brand, const struct store_inbox *inbox,
                           int64_t message, int64_t now, str *ret_address);

/* The conversation of the first of these addresses that is such a one of this brand; 0 for none. Whoever
 * knows the address may write to it: it is evidence only together with a known sender. */
err incoming_place_of(db_conn *c, arena *a, int64_t brand, const str *addresses, size_t n,
                      int64_t *ret_conversation);

/* In the caller's transaction: what this part keeps of a conversation is deleted: what reports said, that an
 * acknowledgement went, the addresses that replies asked for. */
err incoming_forget(db_conn *c, int64_t brand, int64_t conversation);

/* What an administrator chose for an inbox. ERR_INVALID for an authserv-id that is none, and for
 * acknowledgements without one: they go only to senders that somebody vouches for. ERR_MISSING for another
 * brand's inbox. */
err incoming_change(struct desk *d, arena *a, const struct actor *who, const struct store_incoming *form);

#endif
