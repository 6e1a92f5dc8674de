/* mime_parts: the tree of MIME parts -> what is text, what is HTML, what is attached (RFC 2045, 2046, 2183,
 * 2387; the choice of RFC 8621, 4.1.4). Used by mime.c. */
#ifndef LONGHAND_FORMAT_MIME_PARTS_H
#define LONGHAND_FORMAT_MIME_PARTS_H

#include "format/mime.h"

/* One stretch of the body: a text part, an HTML part, or the alternatives of a multipart/alternative. */
struct mime_segment {
    bool has_plain;
    str plain;
    str_list html;
};
typedef LIST(struct mime_segment) mime_segment_list;

/* What could not be read: sentences, each once. */
struct mime_problems {
    arena *a;
    str text;
};
void mime_problem(struct mime_problems *problems, str sentence);

/* Fills attachments, parts and, from the types alone, machine. Text is clean UTF-8; nothing is joined yet. */
void mime_parts_read(arena *a, str raw, const struct mime_limits *limits, struct mime_problems *problems,
                     struct mime_letter *letter, mime_segment_list *ret_segments);

/* text, html, html_parts, text_from_html and shown_inline from the segments. */
void mime_body_join(arena *a, const mime_segment_list *segments, const struct mime_limits *limits,
                    struct mime_problems *problems, struct mime_letter *letter);

#endif
