/* fetch: letters of a mailbox elsewhere come into an inbox by IMAP. The rules; mail/imap.h does the talking,
 * and cli/fetching.h joins the two.
 *
 * No mail is kept twice: its folder's UIDVALIDITY and its UID are noted in the transaction that keeps it,
 * with a hash of its bytes. Where the server numbers a folder anew, or a mail lies in a second folder, the
 * hash tells. No mail is passed by unseen: the mark of a folder moves in the transaction that keeps its
 * mails, and what could not be fetched or kept is noted there, too.
 *
 * A password or token goes only to the server it was given for: another host, port or weaker encryption asks
 * for it anew (and desk/secret.h does not open it for another host). */
#ifndef LONGHAND_DESK_FETCH_H
#define LONGHAND_DESK_FETCH_H

#include "desk/desk.h"
#include "mail/imap.h"
#include "store/fetch.h"

enum fetch_sign_in { FETCH_PASSWORD, FETCH_OAUTH };
enum fetch_after { FETCH_LEAVE, FETCH_SEEN, FETCH_FLAG, FETCH_MOVE };
enum fetch_begin { FETCH_ALL, FETCH_NEW };
enum { FETCH_SIGN_INS = FETCH_OAUTH + 1, FETCH_AFTERS = FETCH_MOVE + 1, FETCH_BEGINS = FETCH_NEW + 1 };
enum {
    FETCH_FOLDERS_MAX = 50,
    FETCH_FOLDER_BYTES = 1000,
    FETCH_CONSENT_MS = 15 * MINUTE_MS,
    FETCH_END_NOTICE_DAYS = 14
};
const char *fetch_after_text(enum fetch_after x);           /* "leave", "seen", "flag", "move" */
bool fetch_sign_in_from(str text, enum fetch_sign_in *ret); /* "password", "oauth" */
bool fetch_after_from(str text, enum fetch_after *ret);
bool fetch_begin_from(str text, enum fetch_begin *ret); /* "all", "new" */

/* ---- setting up (fetch.c) ---- */

struct fetch_form {
    str host;     /* "" with a known provider: its own */
    int64_t port; /* 0: the usual one */
    str tls;      /* implicit, required (STARTTLS), never (only this machine); "" means implicit */
    str ca_file;  /* "" for the system's */
    str user;
    str sign_in;  /* "" means password */
    str password; /* "" keeps what is stored, which is refused where the server changes */
    str provider; /* with oauth: google, microsoft, own */
    str authorize_url, token_url, scope; /* of one's own provider */
    str client_id, client_secret;        /* the secret: as the password */
    str after, move_to;                  /* "" means leave */
    str begin;                           /* "" means new: only mail that comes from now on */
};
/* Set up fetching for an inbox, or change it. ERR_INVALID says what is wrong. A change of the server, the
 * user or the client ends a consent that was given. Another host or user is another mailbox: it has its INBOX
 * only until folders are chosen, nothing is known of its mails but their bytes, and "new" means from now on.
 * `begin` going from new to all reads every folder from its beginning. */
err fetch_set_up(const struct desk *d, arena *a, int64_t brand, int64_t inbox, const struct fetch_form *form);
err fetch_remove(const struct desk *d, int64_t brand, int64_t inbox);
err fetch_pause(const struct desk *d, int64_t brand, int64_t inbox, bool paused);
/* Look now; and try what was set aside again: one mail by its id, or all with 0. */
err fetch_look(const struct desk *d, int64_t brand, int64_t inbox);
err fetch_retry(const struct desk *d, int64_t brand, int64_t inbox, int64_t aside);
/* Exactly these folders are fetched. ERR_INVALID: none, more than FETCH_FOLDERS_MAX, the one mails are moved
 * to, or a name of more than FETCH_FOLDER_BYTES or with control characters. */
err fetch_choose(const struct desk *d, arena *a, int64_t brand, int64_t inbox, const str_list *names);

/* What is wrong with it, for pages, the banner and `doctor`; says is "" when all is well. */
typedef enum fetch_health { FETCH_WELL, FETCH_PAUSED, FETCH_SOON, FETCH_TROUBLE } fetch_health;
struct fetch_view {
    fetch_health health;
    const char *head; /* "Fetching", "Paused", ...; English, the key of its translation */
    str says;
    int64_t ends_at; /* of SOON: when the consent ends */
};
/* Trouble is a refusal, a missing consent, or a failure that lasts a quarter of an hour. */
struct fetch_view fetch_view_of(const struct store_fetch *f, int64_t now);
/* What is shown needs none of them. */
void fetch_forget_secrets(struct store_fetch *f);

/* ---- consent (fetch_consent.c) ---- */

str fetch_redirect_url(const struct desk *d, arena *a);
/* Where the administrator's browser goes to allow the desk into the mailbox. */
err fetch_consent_ask(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t account,
                      str *ret_url);
/* They come back. `error` is what the provider says instead of a code. Only the account that asked, once,
 * within FETCH_CONSENT_MS. ret_inbox is filled as soon as the inbox is known, also on failure. */
struct fetch_consented {
    int64_t brand, inbox;
};
err fetch_consent_done(const struct desk *d, arena *a, int64_t account, str state, str code, str error,
                       struct fetch_consented *ret_inbox);

/* ---- for the fetcher (fetch_keep.c, fetch_login.c) ---- */

/* Does the folder hold what was sent: by what the server says (RFC 6154), else by its name? Its mails from
 * addresses of the brand become replies that went long ago (desk/import.h), all of them from the first on;
 * nothing in it is flagged or moved. */
bool fetch_folder_is_sent(const struct store_fetch_folder *f);
/* What mail/imap.h is to do; ERR_CONFLICT: nothing (paused, inbox not in use). */
err fetch_account_of(const struct desk *d, arena *a, const struct store_fetch *f, struct imap_account *ret);
/* The hooks of mail/imap.h: login gets a new access token where one is due; keep is one transaction. They are
 * bound together by `version`, that of the account as the fetcher has it: whoever is let in by one version
 * asks for the stand with it, and what is kept must come from a folder that stood under the account's present
 * one. Else a connection to a mailbox that was replaced meanwhile would write its marks and mails into the
 * new one's folders. ERR_BUSY: the account changed; nothing is kept. */
err fetch_login_as(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t version,
                   struct imap_login *ret_login);
err fetch_login(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct imap_login *ret_login);
err fetch_stand(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t version, str folder,
                struct imap_stand *ret);
err fetch_keep(struct desk *d, arena *a, struct imap_batch *batch);
err fetch_acted(const struct desk *d, arena *a, const struct imap_acted *acted);
err fetch_state(const struct desk *d, arena *a, const struct imap_state *state);

/* Sign in and list the folders, which are kept for the page; blocks up to `seconds`. At most two at a time:
 * ERR_BUSY. */
err fetch_probe(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int seconds,
                struct imap_probed *ret);

#endif
