/* bounce: what a mail system says of a letter it could not deliver, could not yet deliver, or was complained
 * about.
 *
 * Delivery status notifications (RFC 3464), abuse reports (RFC 5965), and the plain texts of mail systems
 * that know neither: for those the words are what there is. */
#ifndef LONGHAND_FORMAT_BOUNCE_H
#define LONGHAND_FORMAT_BOUNCE_H

#include "format/mime.h"

/* Why. The names are those that programs of the field use for it (bounce_reason_name). */
typedef enum bounce_reason {
    BOUNCE_UNDEFINED,
    BOUNCE_USER_UNKNOWN,
    BOUNCE_HOST_UNKNOWN,
    BOUNCE_HAS_MOVED,
    BOUNCE_NOT_ACCEPT,
    BOUNCE_MAILBOX_FULL,
    BOUNCE_SUSPEND,
    BOUNCE_FILTERED,
    BOUNCE_EXPIRED,
    BOUNCE_BLOCKED,
    BOUNCE_REQUIRE_PTR,
    BOUNCE_BAD_REPUTATION,
    BOUNCE_AUTH_FAILURE,
    BOUNCE_REJECTED,
    BOUNCE_POLICY,
    BOUNCE_SPAM,
    BOUNCE_VIRUS,
    BOUNCE_CONTENT,
    BOUNCE_SECURITY,
    BOUNCE_NO_RELAYING,
    BOUNCE_NOT_COMPLIANT,
    BOUNCE_TOO_BIG,
    BOUNCE_EXCEEDS_LIMIT,
    BOUNCE_SYSTEM_ERROR,
    BOUNCE_SYSTEM_FULL,
    BOUNCE_NETWORK,
    BOUNCE_MAILER,
    BOUNCE_TOO_MANY,
    BOUNCE_SPEEDING,
    BOUNCE_ON_HOLD,
    BOUNCE_SYNTAX,
    BOUNCE_FEEDBACK,  /* somebody called the letter unwanted */
    BOUNCE_VACATION,  /* nothing is wrong: the person is away */
    BOUNCE_DELIVERED, /* nothing is wrong: it arrived */
} bounce_reason;
enum { BOUNCE_REASONS = BOUNCE_DELIVERED + 1 };
const char *bounce_reason_name(bounce_reason r); /* "userunknown" */

struct bounce_row {
    str recipient; /* as the mail system names it, "" when it does not */
    str status;    /* "5.1.1" (RFC 3463), "" when it says none */
    int code;      /* the SMTP reply code, 0 for none */
    str says;      /* its own words, one line */
    bounce_reason reason;
    bool delayed; /* it will try again by itself */
};

/* The address will never work: user or host unknown, moved, or taking no mail at all, and the system has
 * given up. */
bool bounce_is_hard(const struct bounce_row *row);
typedef LIST(struct bounce_row) bounce_row_list;

enum { BOUNCE_ROWS_MAX = 200, BOUNCE_SAYS_BYTES = 2000 };

struct bounce {
    bounce_row_list rows;
    str message_id; /* of the letter that came back, without <>; "" when it is not there */
};

/* `raw`: the mail's bytes, for the fields mime_read does not keep; `letter`: what mime_read made of it. False
 * when it is neither bounce nor report nor automatic answer. All that is given is clean text of one line. Of
 * the words the first 64 KB are looked at. Anyone can write a report: what it says holds only for letters
 * that were truly sent to that recipient. */
bool bounce_read(arena *a, str raw, const struct mime_letter *letter, struct bounce *ret_bounce);

/* The reason from a system's words, its status and its reply code, any of which may be missing. */
bounce_reason bounce_reason_of(str says, str status, int code);

/* Which command of SMTP the server refused, from the words in lower case. */
typedef enum bounce_stage {
    BOUNCE_AT_UNTOLD,
    BOUNCE_AT_SENDER,
    BOUNCE_AT_RECIPIENT,
    BOUNCE_AT_LETTER,
} bounce_stage;
bounce_stage bounce_stage_of(str low);

#endif
