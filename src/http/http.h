/* http: requests in, responses out, over libmicrohttpd. Knows nothing of the desk.
 *
 * libmicrohttpd's threads only move bytes; a complete request is handed to a pool of workers, where the
 * handler may block. Streams (Server-Sent Events) are left open without a worker.
 *
 * What never reaches a handler, and is answered here as plain text: 400 for a path with a broken escape, NUL
 * or bytes that are not UTF-8, for a query or form value of that kind, for a form that breaks off, a header
 * with control characters, no or two Host headers, and any doubt about where the body ends (RFC 9112 section
 * 6.3); 413 for a body beyond max_body, more than 1,000 fields or 20 files; 431 for a header beyond 32 KB;
 * 503 with Retry-After for more than 1,000 requests waiting for a worker or 512 MiB of bodies at once. A body
 * that ends early is dropped without a word. At most 4,000 connections and beside them 8,000 streams are
 * open. */
#ifndef LONGHAND_HTTP_HTTP_H
#define LONGHAND_HTTP_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

typedef enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER } http_method;
const char *http_method_name(http_method m); /* HEAD comes in as GET and loses its body on the way out */

struct http_pair {
    str name, value;
};
/* One file of a multipart/form-data body. `name` has no folders and no control characters and may be "";
 * `type` is what the client says, lower case, without parameters. An input left empty is not here. */
struct http_file {
    str field, name, type, bytes;
};
typedef LIST(struct http_pair) http_pairs;

struct http_request {
    arena *arena; /* lives until the response is sent */
    http_method method;
    str path; /* percent-decoded, begins with '/', valid UTF-8 without NUL (400 otherwise) */
    str raw_query;
    /* Decoded, valid UTF-8, in the order they came; form: urlencoded or multipart fields. No NUL in any; a
     * header or cookie has U+FFFD where its bytes were not UTF-8. */
    http_pairs query, form, headers, cookies;
    LIST(struct http_file) files;
    str body;         /* as it came; "" for a form */
    str content_type; /* lower case, without parameters */
    str peer;         /* the connected address, numeric, without port */
};
/* The first value of that name, "" when there is none. Header names ignore case. */
str http_query(const struct http_request *q, str name);
str http_form(const struct http_request *q, str name);
str http_header(const struct http_request *q, str name);
str http_cookie(const struct http_request *q, str name);
bool http_pairs_has(const http_pairs *pairs, str name);

typedef struct http_stream http_stream;

struct http_response {
    int status;          /* 200 until set */
    str type;            /* Content-Type */
    buf body;            /* up to 64 MiB */
    str static_body;     /* instead of `body`: bytes that live in the request's arena or longer */
    http_pairs headers;  /* added with http_header_add, in the request's arena */
    http_stream *stream; /* not NULL: the response is this event stream and stays open */
    bool spoiled;        /* set by http_header_add and its like: a plain 500 is sent instead */
};
/* CR, LF or NUL in a value drops the header and makes the status 500. */
void http_header_add(struct http_request *q, struct http_response *r, str name, str value);
void http_cookie_set(
    struct http_request *q, struct http_response *r, str name, str value, int64_t max_age_s,
    bool secure); /* HttpOnly; SameSite=Lax; Path=/ ; max_age 0 deletes, below 0 ends with
                     the browser. A value beyond RFC 6265's cookie-octets spoils the response */
void http_redirect(struct http_request *q, struct http_response *r,
                   str to); /* 303; `to` is escaped to ASCII */

/* Called from several threads at once. A response of a status outside 200 to 599, or whose body failed, is
 * sent as 500. */
typedef void (*http_handler)(void *context, struct http_request *q, struct http_response *r);

/* An answer that is made once and sent many times: its bytes and headers never change. From any thread. */
typedef struct http_kept http_kept;
/* All is copied. NULL when a header may not stand there, or without memory. */
http_kept *http_kept_new(int status, str type, str body, const struct http_pair *headers, size_t n);
http_kept *http_kept_ref(http_kept *k);
void http_kept_unref(http_kept *k); /* NULL is allowed */

/* Asked before anything else, for a GET or HEAD whose path has no escapes: an answer that is ready,
 * with a reference that is taken over, or NULL, and the request goes its usual way. Called on a thread that
 * moves the bytes of many, so it must not wait for anything. `q` has path, headers and peer. */
typedef http_kept *(*http_quick)(void *context, const struct http_request *q);

struct http_options {
    str listen;         /* "127.0.0.1:8080"; port 0 picks one */
    int workers;        /* 0 means 8 */
    size_t max_body;    /* 0 means 30 MiB; beyond is 413 */
    int header_time_ms; /* for a whole request header to come; 0 means 10 s */
    int idle_time_ms;   /* for a kept connection to be used again, or a slow one to move; 0 means 60 s */
    int heartbeat_ms;   /* between comments on an idle stream; 0 means 20 s */
    http_handler handler;
    http_quick quick; /* may be NULL */
    void *context;
};
typedef struct http_server http_server;
/* ERR_INVALID for an address that is not one, ERR_IO when it is taken or forbidden. Raises this process's
 * soft limit of open files to what it may need. Its threads take no signals. */
err http_server_start(const struct http_options *options, http_server **ret_server);
int http_server_port(const http_server *s);
/* Stop accepting, end streams, let running requests finish for up to 10 s, close. What has not begun by then
 * is not begun; a handler that runs longer is waited for. NULL is allowed. */
void http_server_stop(http_server *s);

/* Event streams. The handler makes one, keeps it by http_stream_ref, and sets r->stream, which takes over the
 * first reference. All of these may be called from any thread, before the response has gone out and after the
 * server has stopped. A reader that leaves is noticed at once, one that vanishes within two minutes; idle
 * streams carry a comment each 20 s. */
http_stream *http_stream_new(http_server *s);
http_stream *http_stream_ref(http_stream *st);
void http_stream_unref(http_stream *st);
/* Queue one event; false when the reader has gone or has more than 256 KiB waiting (it is then closed). Does
 * not block. Lines of `data` become data: lines; `event` "" leaves the type out. */
bool http_stream_send(http_stream *st, str event, str data);
bool http_stream_gone(const http_stream *st);
void http_stream_end(http_stream *st); /* close it once everything queued has left */

/* Match "/c/:id/reply" against a path; captured pieces (never empty, never with '/') in order. At most 8. */
struct http_match {
    str value[8];
    int n;
};
bool http_match(str pattern, str path, struct http_match *ret_match);

/* Percent-encode everything but [A-Za-z0-9._~-]. */
void http_encode(buf *out, str text);

#endif
