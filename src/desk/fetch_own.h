/* fetch_own: what the files of fetch share. */
#ifndef LONGHAND_DESK_FETCH_OWN_H
#define LONGHAND_DESK_FETCH_OWN_H

#include "desk/fetch.h"
#include "desk/secret.h"
#include "net/oauth.h"

/* What each secret is bound to. The tokens belong to the mailbox's server as well as to the provider. */
struct secret_use fetch_use_password(const struct store_fetch *f);
struct secret_use fetch_use_client(const struct store_fetch *f);
struct secret_use fetch_use_token(arena *a, const struct store_fetch *f);
struct secret_use fetch_use_verifier(arena *a, const struct store_fetch *f);

/* With its secret opened. */
err fetch_client_of(const struct desk *d, arena *a, const struct store_fetch *f, struct oauth_client *ret);
/* Seal and keep what the provider gave. ERR_BUSY: a consent was given or ended since `f` was
 * read; that stays. With begin_anew, ERR_CONFLICT: the mailbox or the client is not the one of `f` any more.
 */
err fetch_keep_tokens(const struct desk *d, arena *a, const struct store_fetch *f,
                      const struct oauth_tokens *t, bool begin_anew);
/* Whether mail/imap.h takes it as a folder's name. */
bool fetch_folder_fits(str name);
/* ERR_BUSY, and its sentence. */
err fetch_changed_meanwhile(void);
/* Pages and the fetcher are to look again. */
void fetch_changed(const struct desk *d, int64_t brand);
err fetch_get(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct store_fetch *ret);

#endif
