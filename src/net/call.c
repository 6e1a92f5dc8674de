#include "net/call.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "format/mime_header.h"
#include "format/rfc3339.h"
#include "net/post.h"

enum { CONNECT_SECONDS = 10, HEADER_BYTES = 64 << 10, STALL_SECONDS = 15 };

const char *call_method_name(enum call_method method) {
    switch (method) {
    case CALL_GET: return "GET";
    case CALL_POST: return "POST";
    case CALL_PUT: return "PUT";
    case CALL_PATCH: return "PATCH";
    case CALL_DELETE: return "DELETE";
    }
    abort();
}

struct calling {
    arena *a;
    bool inside, refused;
    buf body, head;
    struct call_answer answer;
};

/* libcurl asks here for every socket, with the very address it is going to connect to. */
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to) {
    struct calling *k = user;
    if (purpose != CURLSOCKTYPE_IPCXN || (!k->inside && !post_address_fits(&to->addr, to->addrlen))) {
        k->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
    struct calling *k = user;
    buf_add(&k->body, (str){bytes, size * count});
    return buf_ok(&k->body) ? size * count : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *user) {
    struct calling *k = user;
    /* The head of a 1xx answer is not the answer's. */
    if (str_starts((str){bytes, size * count}, S("HTTP/"))) buf_clear(&k->head);
    buf_add(&k->head, (str){bytes, size * count});
    return size * count;
}

/* ---- what is sent ---- */

static bool is_line(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F) return false;
    return true;
}

static bool is_name(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ':') return false;
    return s.n > 0;
}

static struct curl_slist *add(struct curl_slist *list, arena *a, str name, str value) {
    BUF_AUTO buf b = BUF_MAX(HEADER_BYTES);
    buf_add(&b, name);
    buf_add_z(&b, value.n ? ": " : ";"); /* libcurl's way to send a header that is empty */
    buf_add(&b, value);
    struct curl_slist *more = curl_slist_append(list, str_cstr(a, buf_str(&b)));
    if (!more) abort();
    return more;
}

static err check(const struct call_wish *wish) {
    size_t total = wish->type.n;
    if (!is_line(wish->type)) return err_set(ERR_INVALID, "A kind of content must be one line.");
    if (wish->body.n > CALL_BODY_MAX) return err_set(ERR_INVALID, "What is to be sent is too long.");
    for (size_t i = 0; i < wish->nheaders; i++) {
        const struct call_header *h = &wish->headers[i];
        if (!is_name(h->name) || !is_line(h->value))
            return err_set(ERR_INVALID, "A header of a question must be one line.");
        total += h->name.n + h->value.n;
    }
    if (total > HEADER_BYTES / 2) return err_set(ERR_INVALID, "The headers of a question are too long.");
    return ERR_NONE;
}

static struct curl_slist *headers_of(arena *a, const struct call_wish *wish) {
    struct curl_slist *list = NULL;
    if (wish->type.n) list = add(list, a, S("Content-Type"), wish->type);
    list = curl_slist_append(list, "Expect:");
    for (size_t i = 0; i < wish->nheaders; i++)
        list = add(list, a, wish->headers[i].name, wish->headers[i].value);
    return list;
}

static void set_method(CURL *c, const struct call_wish *wish) {
    bool body = wish->body.n || (wish->method != CALL_GET && wish->method != CALL_DELETE);
    if (body) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, wish->body.n ? wish->body.p : "");
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)wish->body.n);
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call_method_name(wish->method));
}

static void set_up(CURL *c, arena *a, const struct call_wish *wish, struct calling *k,
                   struct curl_slist *headers, char *error) {
    curl_easy_setopt(c, CURLOPT_URL, str_cstr(a, wish->url));
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, wish->inside ? "http,https" : "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT,
                     wish->timeout_seconds > 0 ? (long)wish->timeout_seconds : CALL_SECONDS);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 10L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, k);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "Longhand");
    set_method(c, wish);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, k);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, k);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
}

/* ---- what comes back ---- */

static void read_head(struct calling *k) {
    struct call_header *v = arena_array(k->a, CALL_HEADERS_MAX, sizeof *v);
    str rest = buf_str(&k->head), line;
    size_t n = 0;
    while (n < CALL_HEADERS_MAX && str_line(&rest, &line)) {
        size_t colon = str_find_char(line, ':', 0);
        if (colon == SIZE_MAX || !is_name(str_slice(line, 0, colon))) continue;
        str value = str_trim(str_slice(line, colon + 1, line.n));
        if (!is_line(value)) continue;
        v[n++] = (struct call_header){str_lower(k->a, str_slice(line, 0, colon)), str_copy(k->a, value)};
    }
    k->answer.headers = v;
    k->answer.nheaders = n;
}

static err outcome(CURL *c, struct calling *k, CURLcode code, const char *error) {
    long status = 0, sent = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c, CURLINFO_REQUEST_SIZE, &sent);
    /* One of several addresses may have been refused, and another one answered. */
    if (k->refused && (code || status < 200))
        return err_set(ERR_DENIED, "The address leads to this machine or into a private network.");
    if (!buf_ok(&k->body)) return err_set(ERR_LIMIT, "The answer is too long.");
    if (!code && status >= 200) {
        k->answer.status = (int)status;
        k->answer.body = str_copy(k->a, buf_str(&k->body));
        read_head(k);
        return ERR_NONE;
    }
    const char *why = *error ? error : code ? curl_easy_strerror(code) : "The answer is no HTTP";
    return err_set(sent ? ERR_NETWORK : ERR_BUSY, "%s.", why);
}

err call_http(arena *a, const struct call_wish *wish, struct call_answer *ret) {
    char error[CURL_ERROR_SIZE] = "";
    TRY(post_url_check(a, wish->url, wish->inside));
    TRY(check(wish));
    CURL *c = curl_easy_init();
    if (!c) abort();
    struct calling k = {.a = a,
                        .inside = wish->inside,
                        .body = BUF_MAX(wish->max ? wish->max : CALL_ANSWER_BYTES),
                        .head = BUF_MAX(HEADER_BYTES)};
    struct curl_slist *headers = headers_of(a, wish);
    set_up(c, a, wish, &k, headers, error);
    CURLcode code = curl_easy_perform(c);
    err e = outcome(c, &k, code, error);
    buf_free(&k.body);
    buf_free(&k.head);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    if (!e) *ret = k.answer;
    return e;
}

/* ---- headers ---- */

str call_header_of(const struct call_answer *answer, const char *name) {
    for (size_t i = 0; i < answer->nheaders; i++)
        if (str_eq(answer->headers[i].name, str_z(name))) return answer->headers[i].value;
    return S("");
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* A number of seconds: from now on, or since 1970 when it is as large as that. */
static int64_t seconds_at(str value, int64_t now) {
    int64_t n, at;
    if (str_to_int(value, &n)) {
        if (n < 0) return 0;
        if (n < 1000000000) return now + n * 1000;
        return n < INT64_MAX / 1000 ? n * 1000 : 0;
    }
    if (rfc3339_read(value, &at)) return at;
    return 0;
}

int64_t call_again_at(const struct call_answer *answer, int64_t now) {
    str after = call_header_of(answer, "retry-after");
    int64_t at = seconds_at(after, now);
    if (after.n && !at) at = mime_date(after, &(int){0});
    at = later(at, seconds_at(call_header_of(answer, "ratelimit-reset"), now));
    at = later(at, seconds_at(call_header_of(answer, "x-ratelimit-reset"), now));
    if (!at) return 0;
    if (at < now) return now;
    return at > now + DAY_MS ? now + DAY_MS : at;
}

int64_t call_remaining(const struct call_answer *answer) {
    int64_t n;
    str value = call_header_of(answer, "ratelimit-remaining");
    if (!value.n) value = call_header_of(answer, "x-ratelimit-remaining");
    return str_to_int(value, &n) && n >= 0 ? n : -1;
}

int64_t call_server_time(const struct call_answer *answer) {
    str value = call_header_of(answer, "date");
    return value.n ? mime_date(value, &(int){0}) : 0;
}

/* ---- forms with files ---- */

static void add_quoted(buf *b, str text) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        buf_add_char(b, (unsigned char)c < ' ' || c == '"' || c == '\\' || c == 0x7F ? '_' : c);
    }
}

err call_multipart(arena *a, const struct call_part *parts, size_t n, str *ret_type, str *ret_body) {
    /* 128 random bits, which no part holds but by intent; who sends the parts does not know them before. */
    str line = str_fmt(a, "longhand-%.*s", STR_FMT(token_new(a)));
    BUF_AUTO buf b = BUF_MAX(CALL_BODY_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!is_line(parts[i].type)) return err_set(ERR_INVALID, "A kind of content must be one line.");
        buf_add_fmt(&b, "--%.*s\r\nContent-Disposition: form-data; name=\"%s\"", STR_FMT(line),
                    parts[i].name);
        if (parts[i].file.n) {
            buf_add_z(&b, "; filename=\"");
            add_quoted(&b, parts[i].file);
            buf_add_z(&b, "\"");
        }
        buf_add_z(&b, "\r\n");
        if (parts[i].type.n) buf_add_fmt(&b, "Content-Type: %.*s\r\n", STR_FMT(parts[i].type));
        buf_add_z(&b, "\r\n");
        buf_add(&b, parts[i].bytes);
        buf_add_z(&b, "\r\n");
    }
    buf_add_fmt(&b, "--%.*s--\r\n", STR_FMT(line));
    if (!buf_ok(&b)) return err_set(ERR_INVALID, "What is to be sent is too long.");
    *ret_type = str_fmt(a, "multipart/form-data; boundary=%.*s", STR_FMT(line));
    *ret_body = str_copy(a, buf_str(&b));
    return ERR_NONE;
}
