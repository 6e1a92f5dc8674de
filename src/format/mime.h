/* mime: the bytes of a mail -> what a person reads, by gmime. Pure: no files, no sockets.
 * Run only in the reader child (net/reader.h): gmime aborts when memory ends. */
#ifndef LONGHAND_FORMAT_MIME_H
#define LONGHAND_FORMAT_MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

/* All text is valid UTF-8 without NUL; control characters other than tab and newline are removed. */
struct mime_address {
    str name;    /* decoded, "" when none */
    str address; /* local@domain, domain in lower case; "" for an empty group */
};
typedef LIST(struct mime_address) mime_address_list;
typedef LIST(str) str_list;

struct mime_attachment {
    str name;          /* cleaned for display: no path, no control or bidi characters; may be "" */
    str type;          /* "image/png", lower case; application/octet-stream when missing or malformed */
    str content_id;    /* without <>, "" when none */
    bool shown_inline; /* referred to by cid: in the HTML, or Content-Disposition: inline */
    str bytes;         /* decoded */
    str about;         /* format/about.h: of a calendar entry or a letter; "" for all else */
};

/* Written by a machine, as far as the headers say. */
typedef enum mime_machine {
    MIME_PERSON,
    MIME_AUTO_REPLY, /* Auto-Submitted other than "no" (RFC 3834), X-Autoreply, vacation subjects are not used
                      */
    MIME_BOUNCE,     /* multipart/report delivery-status, from mailer-daemon@, X-Failed-Recipients, null
                        Return-Path */
    MIME_LIST,       /* List-Id, Precedence: list or bulk */
} mime_machine;

struct mime_letter {
    str subject;         /* decoded, unfolded, one line; "" when none */
    str message_id;      /* without <>, "" when missing or malformed */
    str_list references; /* In-Reply-To first, then References from the last to the first; no <>; at most 50,
                            each once */
    mime_address_list from, sender, reply_to, to, cc;
    int64_t sent_at;  /* Date, ms since 1970; 0 when missing or malformed */
    int zone_minutes; /* of the Date */
    str text; /* what a person reads: text/plain parts (format=flowed joined), else the HTML as text */
    str html; /* the HTML as sent, decoded to UTF-8, not yet sanitised; "" when none */
    str_list
        html_parts; /* the same by MIME part: sanitise each by itself, so that none reaches into the next */
    bool text_from_html;
    LIST(struct mime_attachment) attachments;
    int parts; /* leaf parts seen */
    mime_machine machine;
    bool no_auto_answer; /* a field of its header asks, in any of the ways there are, that no machine answers
                          * it
                          */
    str problem; /* "" or what could not be read, one sentence: "The letter has more than 1000 parts; ..." */
};

struct mime_limits {
    size_t parts;        /* 1000 */
    int depth;           /* 50 */
    size_t header_bytes; /* 1 MiB */
    size_t text_bytes;   /* 2 MiB of text, 2 MiB of HTML: beyond is cut and said in `problem` */
    bool
        words_only; /* do not parse HTML: its text is html_strip's. For a second try after a first one died */
    bool inner;     /* a letter in a letter, of which only the beginning is wanted: look into no file of it */
};
extern const struct mime_limits mime_default_limits;

/* Never fails on bad mail: what can be read is read and the rest is said in `problem`.
 * ERR_INVALID only for zero bytes or no header and no body at all. */
err mime_read(arena *a, str raw, const struct mime_limits *limits, struct mime_letter *ret_letter);

/* Where the header block ends: offset of the first body byte (after the empty line), or raw.n. */
size_t mime_body_offset(str raw);

/* Lower-cased domain, trimmed, IDN left as it came; false when it is not local@domain (RFC 5321 shape,
 * SMTPUTF8 allowed, at most 254 bytes, no control characters or spaces). */
bool address_normal(arena *a, str address, str *ret_normal);
/* One mailbox as a person types it: `Name <a@b>` or `a@b`. */
bool address_parse(arena *a, str text, struct mime_address *ret_address);

#endif
