/* send: one message to one recipient, by SMTP (libcurl) or into a Maildir. */
#ifndef LONGHAND_MAIL_SEND_H
#define LONGHAND_MAIL_SEND_H

#include "base/err.h"
#include "base/str.h"

typedef enum smtp_tls { SMTP_TLS_REQUIRED, SMTP_TLS_IMPLICIT, SMTP_TLS_NEVER } smtp_tls;

struct smtp_options {
    str host; /* a name or an address, IPv6 without brackets */
    int port;
    smtp_tls tls;        /* REQUIRED: STARTTLS or fail. NEVER only for a relay on this machine */
    str user, password;  /* "" for no AUTH; else PLAIN or LOGIN */
    str bearer;          /* not "": an OAuth 2 access token for XOAUTH2 instead of the password */
    str ca_file;         /* "" for the system's */
    int timeout_seconds; /* the longest wait for one answer; 0 means 600: the answer to the final dot may take
                          * ten minutes (RFC 5321 4.5.3.2.6). A whole try lasts at most twice that, and 30 s
                          * to connect, and a second for each 16 KiB of the message */
    str helo;            /* our name in EHLO; "" for this machine's */
};

typedef enum send_result {
    SEND_ACCEPTED,  /* 250 after the final dot */
    SEND_REFUSED,   /* a 5xx answer, or the address needs SMTPUTF8 (RFC 6531) and the server lacks it, or the
                     * letter   is larger than the server says it takes (RFC 1870): trying again will not help
                     */
    SEND_LATER,     /* a 4xx answer, or no connection, or it broke before the final dot: try again */
    SEND_UNCERTAIN, /* the final dot was written and no answer came */
} send_result;

struct send_report {
    send_result result;
    str says; /* the server's last line, or what went wrong, in the arena */
};

/* `before_dot` (may be NULL) runs once, after the last byte of the message was written and before the final
 * dot is; when it fails the dot is not written and the result is SEND_LATER. An answer of 4xx or 5xx to
 * the dot is certain too: SEND_LATER and SEND_REFUSED may come after before_dot ran.
 * The message must have CRLF line ends; dot-stuffing is done here. Returns ERR_INVALID only for what cannot
 * be said in the protocol: an address with control characters, with spaces or angle brackets outside quotes
 * or above 320 bytes, an empty recipient, a host or helo that is not one. Needs smtp_start first.
 * The connection is kept for the calling thread's next letter with the same options, for up to four relays at
 * a time. */
err smtp_send(arena *a, const struct smtp_options *options, str mail_from, str recipient, str message,
              err (*before_dot)(void *context), void *context, struct send_report *ret_report);
void smtp_start(void);      /* libcurl's global start; once, before threads */
void smtp_thread_end(void); /* close this thread's connection: before the thread ends, or when it goes idle */

/* Connect, sign in, say NOOP, leave: ERR_NETWORK with what went wrong. */
err smtp_probe(arena *a, const struct smtp_options *options);

/* Deliver into `folder` (made with cur, new, tmp when missing) under the stable name `name` of
 * [A-Za-z0-9._-], not starting with a dot, at most 200: written to tmp, fsynced, renamed to new, folder
 * fsynced. Delivering the same name again is ERR_NONE and leaves one file, also after a reader has moved it
 * to cur. Line ends become LF. ERR_INVALID for the name, ERR_FULL, ERR_DENIED, ERR_IO. */
err maildir_deliver(arena *a, str folder, str name, str message);
/* Take it away again, wherever a reader moved it to; not there is ERR_NONE. */
err maildir_remove(arena *a, str folder, str name);

#endif
