/* url: percent coding and query strings. Pure; results point into the input or into the arena. */
#ifndef LONGHAND_FORMAT_URL_H
#define LONGHAND_FORMAT_URL_H

#include "base/buf.h"

/* Percent-encode everything but [A-Za-z0-9._~-] (RFC 3986 section 2.3). */
void url_encode(buf *out, str text);

/* Undo percent-encoding as in a path: "+" stays. False when a '%' is not followed by two hexadecimal
 * digits. The result may hold any byte; the caller checks for NUL and UTF-8. */
bool url_decode(arena *a, str text, str *ret_text);

/* Undo application/x-www-form-urlencoded as browsers do (WHATWG URL section 5.1): "+" is a space, a '%'
 * without two hexadecimal digits stands for itself. */
str url_decode_form(arena *a, str text);

/* Take the next name=value off a query string or an urlencoded body, decoded as url_decode_form does; a
 * piece without '=' has an empty value, empty pieces are skipped. False when nothing is left. */
bool url_pair(arena *a, str *rest, str *ret_name, str *ret_value);

#endif
