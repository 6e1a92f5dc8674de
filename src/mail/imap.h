/* imap: letters fetched from mailboxes by IMAP (RFC 9051, RFC 3501), many accounts by one thread. Knows
 * nothing of the desk: hooks give what it must know and keep what came.
 *
 * What it promises:
 * - A mail is known by its folder's UIDVALIDITY and its UID (RFC 9051 2.3.1.1), never by a sequence number
 *   and never by \Seen. \Seen is not set (BODY.PEEK[], and EXAMINE where nothing is to be changed).
 * - Each folder has a mark: the highest UID that was dealt with. The mark moves only in `keep`, which makes
 *   the mails durable in the same breath: a cut at any byte fetches again what was not kept, nothing else.
 * - A mail that cannot be fetched or kept is set aside: the mark goes past it, it is named to `keep`, and it
 *   is tried again later. It never holds up the mails after it.
 * - A new UIDVALIDITY means that UIDs say nothing any more: the folder is read again from the beginning,
 *   each mail is handed over again (`again` in the batch), and the keeper sees which ones it has.
 * - One account that is slow, stuck or refused holds up no other.
 *
 * Threads. One thread (the loop) does all the talking and calls no hook. `keep`, `stand`, `acted` and `state`
 * are called by one second thread (the keeper), one after another: what they write is in order, and they may
 * take their time with the database. `login` is called by a thread of its own, at most 32 at once, so that
 * one that waits for a token holds up no other; the calls for one account never overlap. Arenas given to
 * hooks live until what the hook gave was used; what hooks put into ret_x must be in that arena or live as
 * long. Nothing here logs. No sentence holds a password or a token.
 *
 * Known limits. RFC 9051 wants new mails to have higher UIDs than all before. For servers that show a lower
 * one a moment later, UIDs that were missing below the mark are looked for again for an hour, as long as the
 * fetcher runs. */
#ifndef LONGHAND_MAIL_IMAP_H
#define LONGHAND_MAIL_IMAP_H

#include "base/clock.h"
#include "base/err.h"
#include "format/mime.h"

/* --- What an account is --- */

typedef enum imap_tls {
    IMAP_TLS_REQUIRED, /* STARTTLS (RFC 9051 6.2.1) or fail; usually port 143 */
    IMAP_TLS_IMPLICIT, /* from the first byte (RFC 8314); usually port 993 */
    IMAP_TLS_NEVER,    /* only to this machine: connecting elsewhere fails before a password is said */
} imap_tls;

/* What is done with a mail on the server after it was kept. */
typedef enum imap_after {
    IMAP_AFTER_NOTHING, /* the folder is opened read-only (EXAMINE) */
    IMAP_AFTER_FLAG,    /* UID STORE +FLAGS.SILENT */
    IMAP_AFTER_MOVE, /* UID MOVE (RFC 6851); else UID COPY, \Deleted and UID EXPUNGE (UIDPLUS, RFC 4315); with
                      * neither nothing is done and the state says so: a plain EXPUNGE would delete mails that
                      * others marked. The folder is made when the server says TRYCREATE */
} imap_after;

struct imap_account {
    int64_t brand;     /* passed on, not looked at */
    int64_t id;        /* not 0; no two accounts of a fetcher share one */
    str_list folders;  /* UTF-8 names as imap_probe lists them; 1 to 50. On the first the account idles; the
                        * others are looked at every poll_seconds */
    size_t left_alone; /* the last so many of `folders` are read from their beginning, whatever `since` says,
                        * and nothing in them is flagged or moved */
    imap_after after;
    str flag;        /* for FLAG: "\Flagged", "\Seen", "$Kept": \ and letters, or an atom (RFC 9051 flag) */
    str move_to;     /* for MOVE: UTF-8 */
    size_t max_size; /* bytes of a mail; larger ones are set aside as TOO_LARGE. 0 means 64 MB */
    int64_t since; /* ms UTC, 0 all: where a folder is read from its beginning (its first time, or after a new
                    * UIDVALIDITY), mails with an older INTERNALDATE are passed over. Does not concern mails
                    * that come later, whatever their date */
    int poll_seconds; /* for the other folders, and for the first where the server has no IDLE; 0 means 120 */
    int idle_seconds; /* how long one IDLE may last (RFC 2177: below 29 minutes); 0 means 540, at most 1680 */
};

/* How to get in. */
struct imap_login {
    str host; /* a name or an address, IPv6 without brackets */
    int port;
    imap_tls tls;
    str user;
    str password; /* SASL PLAIN or LOGIN, or the command LOGIN where the server has neither */
    str bearer;   /* not "": an OAuth 2 access token for XOAUTH2 or OAUTHBEARER (RFC 7628), no password */
    str ca_file;  /* "" for the system's */
    bool inside;  /* the operator lets it reach any address. Else only those of the public Internet, as
                   * net/post.h judges them: a mailbox is named by people of a brand, and must not lead into
                   * the operator's network. IMAP_TLS_NEVER reaches loopback only, and only with `inside` */
};

/* --- Where a folder stands --- */

/* A mail that was set aside, or one that was kept and on which `after` is still to be done. */
struct imap_uid {
    uint32_t uid;
    int tries;        /* so far; of mails set aside */
    int64_t retry_at; /* ms UTC; 0 not by itself; of mails set aside */
};
typedef LIST(struct imap_uid) imap_uid_list;

struct imap_stand {
    uint32_t uidvalidity;  /* 0: never read */
    uint32_t mark;         /* highest UID dealt with; 0 none */
    uint32_t old_until;    /* `since` of the account concerns UIDs up to this one: they were there at first */
    uint64_t modseq;       /* HIGHESTMODSEQ (RFC 7162) when it was last read to its end; 0 unknown */
    imap_uid_list aside;   /* of this uidvalidity */
    imap_uid_list pending; /* kept, and `after` not yet done; of this uidvalidity */
};

/* --- What came --- */

typedef enum imap_mail_state {
    IMAP_MAIL_HERE,      /* its bytes are in `bytes` */
    IMAP_MAIL_TOO_LARGE, /* above max_size, not fetched; tried again only when asked (imap_fetcher_retry) */
    IMAP_MAIL_FAILED,    /* the server could not give it; `says` has its words */
    IMAP_MAIL_GONE,      /* was set aside, and is not in the folder any more: nothing left to try */
} imap_mail_state;

struct imap_mail {
    uint32_t uid;
    imap_mail_state state;
    str bytes;            /* as the server has them, not changed; of HERE */
    size_t size;          /* of HERE and TOO_LARGE: bytes */
    int64_t internaldate; /* ms UTC; 0 when the server gave none */
    str return_path;  /* of HERE: the address in the first Return-Path field of the head, when that is among
                       * its first fields; "" for <> or none */
    str says;         /* of FAILED and TOO_LARGE: a sentence for people */
    int tries;        /* this one included; above 1 it was set aside before */
    int64_t retry_at; /* when it will be tried again if it is set aside now: FAILED, or `keep` refuses it */
    err result;       /* to be filled by `keep` for HERE: ERR_NONE it is durable; else it is set aside */
};

/* Mails of one folder to be kept together, and the stand after them. */
struct imap_batch {
    int64_t brand, account;
    str folder; /* UTF-8 */
    uint32_t uidvalidity;
    bool fresh; /* the uidvalidity is new: whatever is known of the folder under another one is void */
    bool again; /* a folder that was read before is read from its beginning: duplicates are to be expected */
    uint32_t mark;      /* to be kept with the mails; never lower than before under the same uidvalidity */
    uint32_t old_until; /* to be kept with them: struct imap_stand */
    uint64_t modseq;    /* to be kept with them; 0 unknown */
    bool pending;       /* mails of result ERR_NONE are to be noted as pending: `after` follows */
    struct imap_mail *mails; /* ascending by UID; may be none: only the stand moves */
    size_t n;
};

/* What was done after keeping. */
struct imap_acted {
    int64_t brand, account;
    str folder;
    uint32_t uidvalidity;
    const uint32_t *uids; /* no longer pending */
    size_t n;
};

/* --- How it goes, for people --- */

typedef enum imap_phase {
    IMAP_WAITING,    /* until next_at: after a failure, or before its turn */
    IMAP_CONNECTING, /* and signing in */
    IMAP_READING,    /* looking for mails and fetching them */
    IMAP_IDLE,       /* all is fetched; the server will say when more comes */
    IMAP_POLLING,    /* all is fetched; no IDLE there, looks again at next_at */
} imap_phase;
const char *imap_phase_name(imap_phase p); /* "waiting", "connecting", "reading", "idle", "polling" */

struct imap_state {
    int64_t brand, account;
    imap_phase phase;
    int64_t since;     /* ms UTC: in this phase */
    int64_t mail_at;   /* when a mail was last kept; 0 not since the fetcher started */
    int64_t synced_at; /* when all folders were last read to their end; 0 not yet */
    int64_t next_at;   /* of WAITING and POLLING: when it goes on by itself */
    int64_t kept;      /* mails kept since the fetcher started */
    int64_t left;      /* mails seen in the folder being read and not fetched yet */
    int failures;      /* tries in a row that failed; 0 all is well */
    err code; /* of the last failure, ERR_NONE when all is well: ERR_DENIED the server refused to sign
               * in (a new token may help), ERR_NETWORK not reached or broke off, ERR_INVALID the server
               * does not speak properly or the folder is not there, ERR_LIMIT; or what a hook returned */
    str says; /* what happened and what comes next, English, plain, no password; "" when all is well.
               * May be set with code ERR_NONE: a warning, as a move that the server cannot do */
};

/* --- The hooks --- */

struct imap_hooks {
    void *context;
    /* Before every connection: how to get in. An error with its sentence counts as a failed try. May take 30
     * seconds. Called by a thread of its own. */
    err (*login)(void *context, arena *a, int64_t brand, int64_t account, struct imap_login *ret_login);
    /* After signing in, for each folder, and again after `keep` failed: where it stands. `ret_stand` is
     * zeroed before; ERR_NONE without filling it for a folder never read. By the keeper. */
    err (*stand)(void *context, arena *a, int64_t brand, int64_t account, str folder,
                 struct imap_stand *ret_stand);
    /* Make durable, best in one transaction: with `fresh`, drop what is known under other uidvalidities; keep
     * each mail of state HERE and fill its result; note as set aside, with tries, retry_at and words, those
     * that are FAILED or TOO_LARGE or that got a result that is not ERR_NONE; no longer aside are those kept
     * and those GONE; with `pending`, note the kept ones; the mark and the modseq. ERR_NONE only when all
     * that is durable. Any other: nothing of it counts (disk full, database away): the fetcher closes, waits,
     * asks `stand` and fetches again. By the keeper. */
    err (*keep)(void *context, arena *a, struct imap_batch *batch);
    /* The mails are flagged or moved: no longer pending. An error leaves them pending, no harm done: flagging
     * again changes nothing, and what is moved is not there to be moved again. May be NULL when no account
     * has an `after`. By the keeper. */
    err (*acted)(void *context, arena *a, const struct imap_acted *acted);
    /* Something changed: for pages, alarms and metrics. Steps that follow each other quickly may come as one.
     * May be NULL. By the keeper. */
    void (*state)(void *context, const struct imap_state *state);
};

/* --- The fetcher --- */

struct imap_options {
    struct imap_hooks hooks;
    const wall_clock *clock; /* NULL: the system's. For what is told and for retry_at; how long things last is
                              * measured on the monotonic clock */
    size_t memory;      /* bytes of mails held at once by all accounts; 0 means 256 MB. An account whose next
                         * mails do not fit waits for the others' */
    size_t batch_bytes; /* mails of a batch together; 0 means 4 MB. One larger mail is a batch of its own */
    int batch_mails;    /* 0 means 50 */
    int answer_seconds; /* how long a server may be silent when an answer is due; 0 means 120 */
    int retry_seconds; /* the wait after the first failure: it doubles up to 15 minutes, give or take a fifth;
                        * 0 means 10. Also how soon a mail set aside is tried again at first: 60 times it,
                        * growing with the square of the tries up to a day */
};

typedef struct imap_fetcher imap_fetcher;
/* Needs smtp_start (mail/send.h) or another global start of libcurl before. `options` is copied. ERR_IO when
 * no threads can be made. */
err imap_fetcher_start(const struct imap_options *options, imap_fetcher **ret_fetcher);
/* Add an account, or change the one of that id: then its connection is closed and made anew, and its back-off
 * forgotten. Everything is copied. Any thread, hooks too. ERR_INVALID: no folder, too many, a name that is
 * not UTF-8 or holds control characters, a flag that is none, no move_to. */
err imap_fetcher_put(imap_fetcher *f, const struct imap_account *account);
/* Close and forget it. Returns at once; a hook that runs may end after it, none begins for it later, except
 * that mails handed to `keep` already are kept. Any thread, hooks too. Unknown ids are ignored. */
void imap_fetcher_remove(imap_fetcher *f, int64_t account);
/* Look now: ends a back-off and an IDLE (for a "try now" button). Any thread. */
void imap_fetcher_poke(imap_fetcher *f, int64_t account);
/* Try the mails that were set aside once more, now: all of them, those too large too (max_size may have been
 * raised). Any thread. */
void imap_fetcher_retry(imap_fetcher *f, int64_t account);
/* Close all connections and end the threads; waits for the hook calls that run. Frees `f`; NULL is allowed.
 * Not from a hook. */
void imap_fetcher_stop(imap_fetcher *f);

/* --- Trying an account, for its set-up page --- */

struct imap_probed_folder {
    str name; /* UTF-8 */
    str use;  /* special use (RFC 6154) without the backslash: "Sent", "Junk", "Archive", ...; "" none */
    bool selectable;
};
struct imap_probed {
    bool idle, move, uidplus, condstore;     /* what the server offers */
    LIST(struct imap_probed_folder) folders; /* at most 1,000 */
};
/* Connect, sign in, list the folders, leave; blocks the calling thread for at most `seconds` (0 means 30).
 * ERR_DENIED: not signed in. ERR_NETWORK: not reached, no TLS, a certificate that does not fit. ERR_INVALID:
 * a host that is none, or an address that may not be reached. The sentence holds the server's words where it
 * spoke. */
err imap_probe(arena *a, const struct imap_login *login, int seconds, struct imap_probed *ret_probed);

#endif
