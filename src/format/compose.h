/* compose: a reply -> the bytes of a mail (RFC 5322, 2045-2047, 2183, 2231). Pure; by gmime. */
#ifndef LONGHAND_FORMAT_COMPOSE_H
#define LONGHAND_FORMAT_COMPOSE_H

#include "format/mime.h"

struct compose_mail {
    struct mime_address from;
    mime_address_list to, cc; /* Bcc is never written */
    str reply_to;             /* one address; "" for none */
    str subject;
    str message_id, in_reply_to; /* without <> */
    str_list references;         /* oldest first */
    int64_t at;
    int zone_minutes;
    str text; /* the plain text; the HTML alternative is made from it (html_from_text) */
    LIST(struct mime_attachment) attachments;
    bool auto_submitted; /* adds Auto-Submitted: auto-replied */
    bool auto_generated; /* or auto-generated: it answers nothing (RFC 3834) */
    /* The address that ends a subscription: List-Unsubscribe (RFC 2369), and for https List-Unsubscribe-Post
     * (RFC 8058); "" none. */
    str unsubscribe;
};

/* CRLF line ends, no line above 998 bytes, text parts quoted-printable UTF-8, headers encoded (RFC 2047).
 * ERR_INVALID when CR, LF or NUL stands in any header field. */
err compose_bytes(arena *a, const struct compose_mail *mail, str *ret_bytes);

/* The Date line of such bytes at another time. They are given back as they are where there is none. */
str compose_redate(arena *a, str bytes, int64_t at, int zone_minutes);

/* "Re: x" once, whatever prefixes (Re, RE, AW, SV, Antw, ...) stand there. */
str compose_reply_subject(arena *a, str subject);

#endif
