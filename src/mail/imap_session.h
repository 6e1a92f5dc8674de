/* imap_session: one account's talk with its server, without sockets, threads and clocks. The loop hands it
 * bytes, answers and the time; it says what it wants next. One session serves one account for as long as that
 * is there; connections come and go (imap_session_open, imap_session_lost). */
#ifndef LONGHAND_MAIL_IMAP_SESSION_H
#define LONGHAND_MAIL_IMAP_SESSION_H

#include "base/buf.h"
#include "mail/imap.h"

typedef enum imap_want {
    IMAP_WANT_NOTHING, /* no connection */
    IMAP_WANT_READ,    /* bytes from the server (imap_session_feed), and `out` to be sent */
    IMAP_WANT_STAND,   /* where imap_session_folder stands: imap_session_stand */
    IMAP_WANT_ROOM,    /* memory for imap_session_room_wanted bytes: imap_session_room */
    IMAP_WANT_KEEP,    /* imap_session_batch is to be kept: imap_session_kept */
    IMAP_WANT_ACTED,   /* imap_session_acts is to be noted: imap_session_noted */
    IMAP_WANT_CLOSE,   /* over: imap_session_failure; then imap_session_lost */
} imap_want;

/* Times: `mono` ms on the monotonic clock, `wall` ms UTC. */
struct imap_now {
    int64_t mono, wall;
};

struct imap_session_options {
    size_t batch_bytes;
    int batch_mails, answer_seconds, retry_seconds;
};

typedef struct imap_session imap_session;
/* `account` must outlive the session; its limits and options are complete (no 0 for a default). */
imap_session *imap_session_new(const struct imap_account *account,
                               const struct imap_session_options *options);
void imap_session_free(imap_session *s); /* NULL is allowed */

/* A connection is there, signed in. */
void imap_session_open(imap_session *s, struct imap_now now);
/* It is gone (also when the session wanted that). What was not kept is forgotten and will be fetched again.
 */
void imap_session_lost(imap_session *s);

imap_want imap_session_want(const imap_session *s);
/* Returns how many bytes were used: while something other than READ is wanted, none. */
size_t imap_session_feed(imap_session *s, str bytes, struct imap_now now);
/* To be sent; the loop takes off what it sent. */
buf *imap_session_out(imap_session *s);
/* When imap_session_tick is to be called, on the monotonic clock. */
int64_t imap_session_deadline(const imap_session *s);
void imap_session_tick(imap_session *s, struct imap_now now);
/* A person wants it to look now; with `aside`, at what was set aside too. */
void imap_session_poke(imap_session *s, bool aside, struct imap_now now);

/* --- Answers to what it wants --- */

str imap_session_folder(const imap_session *s); /* the one being read */
/* A result that is not ERR_NONE closes; the sentence is err_text at that time, given as `says`. */
void imap_session_stand(imap_session *s, err result, str says, const struct imap_stand *stand,
                        struct imap_now now);
size_t imap_session_room_wanted(const imap_session *s);
void imap_session_room(imap_session *s, struct imap_now now);
/* Valid until imap_session_kept or imap_session_free. Between WANT_KEEP and imap_session_kept the session
 * does not touch it: another thread may. */
struct imap_batch *imap_session_batch(imap_session *s);
void imap_session_kept(imap_session *s, err result, str says, struct imap_now now);
const struct imap_acted *imap_session_acts(const imap_session *s);
void imap_session_noted(imap_session *s, struct imap_now now);

/* --- How it goes --- */

struct imap_glance {
    imap_phase phase;  /* READING, IDLE or POLLING */
    int64_t next_mono; /* of POLLING */
    int64_t left, kept, mail_at, synced_at;
    err code;         /* of the failure after WANT_CLOSE; of the warning before */
    const char *says; /* "" */
};
void imap_session_glance(const imap_session *s, struct imap_glance *ret_glance);
/* What the server said when it ended the connection (BYE); "" nothing. */
str imap_session_bye(const imap_session *s);
/* Bytes of mails held now. */
size_t imap_session_memory(const imap_session *s);

/* The address of the Return-Path field among the fields before From, To, Subject, Date and Message-ID; ""
 * none. */
str imap_return_path(str mail);
/* ERR_INVALID with a sentence: not an account that can be fetched. */
err imap_account_check(const struct imap_account *account);

#endif
