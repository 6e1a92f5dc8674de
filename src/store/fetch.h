/* store fetch: mailboxes that letters are fetched from, their folders, and what became of each mail. */
#ifndef LONGHAND_STORE_FETCH_H
#define LONGHAND_STORE_FETCH_H

#include "base/list.h"
#include "db/db.h"

struct store_fetch {
    int64_t brand_id, inbox_id;
    str host;
    int64_t port;
    str tls; /* implicit, required, never */
    str ca_file;
    str sign_in; /* password, oauth */
    str user;
    str password; /* sealed, as are client_secret, refresh_token and access_token */
    str provider; /* google, microsoft, own */
    str authorize_url, token_url, scope, client_id, client_secret;
    str refresh_token;
    int64_t refresh_expires_at; /* 0 not known */
    str access_token;
    int64_t access_expires_at;
    str after, move_to; /* leave, seen, flag, move */
    str begin;          /* all, new */
    int64_t version, asked;
    str state, code, says;
    int64_t state_at, contact_at, mail_at, retry_at, failing_since, kept, paused_at, created_at;
    /* Of the inbox; read only. */
    str address;
    int64_t inbox_disabled_at;
};
typedef LIST(struct store_fetch) store_fetch_list;

/* Insert, or all but the times, of which created_at is written, too. A change, a pause and a touch begin
 * anew: state "new", no failures. */
err store_fetch_put(db_conn *c, const struct store_fetch *f);
err store_fetch_get(db_conn *c, arena *a, int64_t brand, int64_t inbox, struct store_fetch *ret);
err store_fetch_list_all(db_conn *c, arena *a, store_fetch_list *ret); /* every brand's */
err store_fetch_list_of_brand(db_conn *c, arena *a, int64_t brand, store_fetch_list *ret);
/* With its folders and set-aside mails; what was kept stays known. */
err store_fetch_delete(db_conn *c, int64_t brand, int64_t inbox);
err store_fetch_set_paused(db_conn *c, int64_t brand, int64_t inbox, int64_t paused_at);
/* State, words and times; contact_at and mail_at only grow. */
err store_fetch_set_state(db_conn *c, const struct store_fetch *f);
/* ret_done: false where refresh_token is not `before` any more; nothing is written then. */
err store_fetch_renew_access(db_conn *c, const struct store_fetch *f, str before, bool *ret_done);
err store_fetch_set_access(db_conn *c, int64_t brand, int64_t inbox, str access_token, int64_t expires_at,
                           str refresh_token, int64_t refresh_expires_at);
/* Count version up, so that the fetcher begins anew; or asked, so that it looks at once. */
err store_fetch_touch(db_conn *c, int64_t brand, int64_t inbox);
err store_fetch_ask(db_conn *c, int64_t brand, int64_t inbox);
err store_fetch_add_kept(db_conn *c, int64_t brand, int64_t inbox, int64_t n);
/* It is another mailbox: its folders, and what was set aside or pending there, are forgotten; what was kept
 * stays known by its bytes. */
err store_fetch_forget_folders(db_conn *c, int64_t brand, int64_t inbox);
/* The next sight of every folder is as if it had never been read; what was kept stays known. */
err store_fetch_begin_anew(db_conn *c, int64_t brand, int64_t inbox);

struct store_fetch_folder {
    int64_t brand_id, inbox_id, id;
    str name, special;
    bool wanted;
    int64_t uid_validity, uid_mark, old_until, modseq, stood, seen_at;
};
typedef LIST(struct store_fetch_folder) store_fetch_folder_list;

err store_fetch_folders(db_conn *c, arena *a, int64_t brand, int64_t inbox, store_fetch_folder_list *ret);
err store_fetch_folder_by_name(db_conn *c, arena *a, int64_t brand, int64_t inbox, str name,
                               struct store_fetch_folder *ret);
/* By name: seen now; `wanted` counts only for one that is new. */
err store_fetch_folder_put(db_conn *c, const struct store_fetch_folder *f);
err store_fetch_folder_set_wanted(db_conn *c, int64_t brand, int64_t inbox, str name, bool wanted);
/* It is read under this version of its account. ERR_BUSY: that is not the account's version any more. */
err store_fetch_folder_set_stood(db_conn *c, const struct store_fetch_folder *f, int64_t version);
/* Where the folder stands; a mark never falls within one uid_validity. ERR_BUSY: as store_fetch_mail_put. */
err store_fetch_folder_set_mark(db_conn *c, const struct store_fetch_folder *f);

struct store_fetch_place {
    int64_t brand, inbox, folder, uid_validity, uid;
};
/* Note that the mail at this place is kept. ret_new: false when it was noted before with these bytes, or when
 * the inbox has kept them from another place: then the letter must not be kept again. ERR_BUSY: the folder is
 * gone, or its account changed since it stood: the place may be one of another mailbox. */
err store_fetch_mail_put(db_conn *c, const struct store_fetch_place *at, int64_t raw, str hash, bool pending,
                         bool *ret_new);
/* What was to happen to it has happened. */
err store_fetch_mail_done(db_conn *c, const struct store_fetch_place *at);
/* The uids of a folder that are kept and pending, in order. */
typedef LIST(int64_t) uid_list;
err store_fetch_mail_pending(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t folder,
                             int64_t uid_validity, uid_list *ret);

struct store_fetch_aside {
    struct store_fetch_place at;
    int64_t id;
    str folder, reason;
    int64_t size, tries, first_at, tried_at, retry_at;
};
typedef LIST(struct store_fetch_aside) store_fetch_aside_list;

/* Set aside, or once more: tries is counted up, first_at and id stay. */
err store_fetch_aside_put(db_conn *c, const struct store_fetch_aside *x);
err store_fetch_aside_delete(db_conn *c, const struct store_fetch_place *at);
/* Of one folder, uids in order. */
err store_fetch_aside_of_folder(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t folder,
                                int64_t uid_validity, store_fetch_aside_list *ret);
/* Of an account, oldest first, after `after` (an id). */
err store_fetch_asides(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t after, int limit,
                       store_fetch_aside_list *ret);
err store_fetch_aside_count(db_conn *c, int64_t brand, int64_t inbox, int64_t *ret_count);
/* id 0: all of the account. ERR_MISSING when there is no such one. */
err store_fetch_aside_retry(db_conn *c, int64_t brand, int64_t inbox, int64_t id, int64_t now);
/* A folder is numbered anew: what was set aside or pending cannot be found by its uid any more. */
err store_fetch_renumbered(db_conn *c, int64_t brand, int64_t inbox, int64_t folder, int64_t uid_validity);

struct store_fetch_consent {
    int64_t brand_id, inbox_id, account_id, created_at;
    str verifier; /* sealed */
};
err store_fetch_consent_put(db_conn *c, const struct store_fetch_consent *x, str hash);
/* Take it: it is there once. ERR_MISSING. */
err store_fetch_consent_take(db_conn *c, arena *a, str hash, struct store_fetch_consent *ret);
err store_fetch_consent_sweep(db_conn *c, int64_t before);

#endif
