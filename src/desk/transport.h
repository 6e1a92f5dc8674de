/* transport: how an inbox hands over one letter to one recipient: to its mail server, or, where none is set
 * up, into the Maildir of the data folder. */
#ifndef LONGHAND_DESK_TRANSPORT_H
#define LONGHAND_DESK_TRANSPORT_H

#include "desk/desk.h"
#include "mail/send.h"
#include "store/inbox.h"

/* `id` names it: delivering the same one again into the Maildir leaves one file. `before_dot`: see
 * mail/send.h; a Maildir does not call it. ERR_INVALID for what cannot be said in SMTP. */
err transport_send(const struct desk *d, arena *a, const struct store_inbox *inbox, int64_t id, str recipient,
                   str bytes, err (*before_dot)(void *context), void *context,
                   struct send_report *ret_report);
/* The words of what went are deleted: take it out of the Maildir, if that was its way. */
err transport_forget(const struct desk *d, arena *a, int64_t id);

#endif
