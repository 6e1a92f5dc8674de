/* form: the two kinds of form body a browser sends. Pure. */
#ifndef LONGHAND_HTTP_FORM_H
#define LONGHAND_HTTP_FORM_H

#include "http/http.h"

enum { FORM_MAX_FIELDS = 1000, FORM_MAX_FILES = 20 };

typedef LIST(struct http_file) http_files;

/* name=value&...: a query string or an application/x-www-form-urlencoded body, added to *pairs. ERR_LIMIT
 * beyond 1,000; ERR_INVALID when a name or value is not UTF-8 or holds a NUL. */
err form_urlencoded(arena *a, str body, http_pairs *pairs);

/* multipart/form-data (RFC 7578) with the boundary of its Content-Type. Files point into `body`. A file
 * input left empty (no name, no bytes) is left out. A file's name loses folders and control characters, its
 * type parameters. ERR_INVALID also when the closing boundary is missing. */
err form_multipart(arena *a, str boundary, str body, http_pairs *pairs, http_files *files);

/* One parameter of a header value such as `text/plain; charset="utf-8"`; the name ignores case. False when
 * absent. A quoted value loses its quotes and backslashes. */
bool form_parameter(arena *a, str header, str name, str *ret_value);

#endif
