#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "format/url.h"
#include "http/parts.h"

bool response_is_token(str s) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c)) return false;
    }
    return s.n > 0;
}

bool response_is_line(str s) { return !str_has(s, '\r') && !str_has(s, '\n') && !str_has(s, '\0'); }

static void spoil(struct http_response *r) {
    r->spoiled = true;
    r->status = 500;
}

void http_header_add(struct http_request *q, struct http_response *r, str name, str value) {
    if (!response_is_token(name) || !response_is_line(value)) {
        spoil(r);
        return;
    }
    *list_add(q->arena, &r->headers) =
        (struct http_pair){str_copy(q->arena, name), str_copy(q->arena, value)};
}

void http_cookie_set(struct http_request *q, struct http_response *r, str name, str value, int64_t max_age_s,
                     bool secure) {
    /* RFC 6265 section 4.1.1: no white space, quote, comma, semicolon, backslash. */
    bool good = response_is_token(name);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\') good = false;
    }
    if (!good) {
        spoil(r);
        return;
    }
    buf b BUF_AUTO = BUF_MAX(16 * 1024);
    buf_add(&b, name);
    buf_add_char(&b, '=');
    buf_add(&b, value);
    buf_add(&b, S("; Path=/; HttpOnly; SameSite=Lax"));
    if (secure) buf_add(&b, S("; Secure"));
    if (max_age_s > 0) buf_add_fmt(&b, "; Max-Age=%lld", (long long)max_age_s);
    if (max_age_s == 0) buf_add(&b, S("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
    if (!buf_ok(&b)) {
        spoil(r);
        return;
    }
    http_header_add(q, r, S("Set-Cookie"), buf_str(&b));
}

void http_redirect(struct http_request *q, struct http_response *r, str to) {
    r->status = 303;
    if (!response_is_line(to)) {
        spoil(r);
        return;
    }
    /* A header is ASCII; what a URL may not hold as it is becomes an escape. */
    buf b BUF_AUTO = BUF_MAX(3 * to.n + 1);
    for (size_t i = 0; i < to.n; i++) {
        unsigned char c = (unsigned char)to.p[i];
        if (c <= 0x20 || c >= 0x7f) {
            url_encode(&b, str_slice(to, i, i + 1));
        } else {
            buf_add_char(&b, (char)c);
        }
    }
    http_header_add(q, r, S("Location"), buf_str(&b));
}

void http_encode(buf *out, str text) { url_encode(out, text); }

/* An answer that lacks a header for want of memory must not go out: it may be the one that forbids scripts.
 */
static void add_header(struct exchange *x, str name, str value) {
    const char *n = str_cstr(x->arena, name), *v = str_cstr(x->arena, value);
    bool again = x->reply != NULL;
    while (again) {
        errno = 0;
        if (MHD_add_response_header(x->reply, n, v) == MHD_YES || errno != ENOMEM) return;
        again = memory_help();
    }
    if (x->reply) MHD_destroy_response(x->reply);
    x->reply = NULL;
}

static void make_static(struct exchange *x, str bytes) {
    do
        x->reply = MHD_create_response_from_buffer(bytes.n, (void *)(uintptr_t)(bytes.p ? bytes.p : ""),
                                                   MHD_RESPMEM_PERSISTENT);
    while (!x->reply && memory_help());
}

void response_refuse(struct exchange *x) {
    str text = str_fmt(x->arena, "%d: %s\n", x->refusal, x->because);
    x->r.status = x->refusal;
    make_static(x, text);
    add_header(x, S("Content-Type"), S("text/plain; charset=utf-8"));
    add_header(x, S("Cache-Control"), S("no-store"));
    if (x->refusal == 503) add_header(x, S("Retry-After"), S("1"));
    if (x->linger || atomic_load(&x->server->draining)) add_header(x, S("Connection"), S("close"));
}

static bool says_no_body(int status) { return status == 204 || status == 304; }

void response_make(struct exchange *x) {
    struct http_response *r = &x->r;
    bool bad =
        r->spoiled || !response_is_line(r->type) || !buf_ok(&r->body) || r->status < 200 || r->status > 599;
    if (bad) {
        buf_free(&r->body);
        x->refusal = 500;
        x->because = "This server made an answer that it must not send.";
        response_refuse(x);
        return;
    }
    if (r->static_body.n || r->body.n == 0 || says_no_body(r->status)) {
        buf_free(&r->body);
        make_static(x, says_no_body(r->status) ? (str){"", 0} : r->static_body);
    } else {
        do x->reply = MHD_create_response_from_buffer_with_free_callback(r->body.n, r->body.p, free);
        while (!x->reply && memory_help());
        if (x->reply) r->body = BUF_MAX(0); /* libmicrohttpd's now */
    }
    if (r->type.n) add_header(x, S("Content-Type"), r->type);
    for (size_t i = 0; i < r->headers.n; i++) add_header(x, r->headers.v[i].name, r->headers.v[i].value);
    if (atomic_load(&x->server->draining)) add_header(x, S("Connection"), S("close"));
}

str response_stream_head(struct exchange *x) {
    buf b BUF_AUTO = BUF_MAX(64 * 1024);
    time_t now = time(NULL);
    struct tm tm;
    char date[40];
    gmtime_r(&now, &tm);
    /* strftime would be in English here too, as the process stays in the C locale. */
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    buf_add_fmt(&b, "HTTP/1.1 200 OK\r\nDate: %s\r\n", date);
    buf_add(&b, S("Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                  "X-Accel-Buffering: no\r\nConnection: close\r\n"));
    for (size_t i = 0; i < x->r.headers.n; i++) {
        buf_add(&b, x->r.headers.v[i].name);
        buf_add(&b, S(": "));
        buf_add(&b, x->r.headers.v[i].value);
        buf_add(&b, S("\r\n"));
    }
    buf_add(&b, S("\r\n"));
    return str_copy(x->arena, buf_str(&b));
}

/* ---- answers that are kept ---- */

static bool kept_header(struct MHD_Response *reply, arena *a, str name, str value) {
    if (!response_is_token(name) || !response_is_line(value)) return false;
    return MHD_add_response_header(reply, str_cstr(a, name), str_cstr(a, value)) == MHD_YES;
}

http_kept *http_kept_new(int status, str type, str body, const struct http_pair *headers, size_t n) {
    ARENA_AUTO arena *a = arena_new(0);
    struct MHD_Response *reply = MHD_create_response_from_buffer(
        body.n, (void *)(uintptr_t)(body.p ? body.p : ""), MHD_RESPMEM_MUST_COPY);
    bool good = reply && (!type.n || kept_header(reply, a, S("Content-Type"), type));
    for (size_t i = 0; i < n && good; i++) good = kept_header(reply, a, headers[i].name, headers[i].value);
    if (!good) {
        if (reply) MHD_destroy_response(reply);
        return NULL;
    }
    http_kept *k = memory_zeroed(sizeof *k);
    *k = (http_kept){.status = status, .reply = reply};
    atomic_init(&k->refs, 1);
    return k;
}

http_kept *http_kept_ref(http_kept *k) {
    atomic_fetch_add(&k->refs, 1);
    return k;
}

void http_kept_unref(http_kept *k) {
    if (!k || atomic_fetch_sub(&k->refs, 1) != 1) return;
    MHD_destroy_response(k->reply);
    free(k);
}
