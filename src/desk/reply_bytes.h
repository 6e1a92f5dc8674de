/* reply_bytes: the mail that a reply becomes. */
#ifndef LONGHAND_DESK_REPLY_BYTES_H
#define LONGHAND_DESK_REPLY_BYTES_H

#include "desk/desk.h"
#include "format/compose.h"
#include "store/brand.h"
#include "store/inbox.h"
#include "store/message.h"

/* Compose; the attachments are those already given to the message. In-Reply-To is the newest letter,
 * References the newest messages of the conversation, oldest first. Date is m->said_at, Reply-To what
 * desk/incoming.h gives. */
err reply_bytes(db_conn *c, struct desk *d, arena *a, int64_t brand_id, const struct store_inbox *inbox,
                const struct store_brand *brand, const struct message *m, const mime_address_list *to,
                const mime_address_list *cc, str *ret_bytes);

/* Such bytes with another Date: the moment `at` in the zone of that name. */
str reply_redate(arena *a, str bytes, int64_t at, str zone);

/* "0r2x...random@domain of the inbox": cannot be guessed from another one. */
str reply_message_id(arena *a, int64_t message, str inbox_address);

#endif
