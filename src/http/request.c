#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistr.h>

#include "format/url.h"
#include "http/form.h"
#include "http/parts.h"

const char *http_method_name(http_method m) {
    switch (m) {
    case HTTP_GET: return "GET";
    case HTTP_POST: return "POST";
    case HTTP_PUT: return "PUT";
    case HTTP_PATCH: return "PATCH";
    case HTTP_DELETE: return "DELETE";
    case HTTP_OTHER: return "OTHER";
    }
    return "";
}

static http_method method_of(str name) {
    if (str_eq(name, S("HEAD"))) return HTTP_GET;
    for (http_method m = HTTP_GET; m < HTTP_OTHER; m++)
        if (str_eq(name, str_z(http_method_name(m)))) return m;
    return HTTP_OTHER;
}

static str first_value(const http_pairs *pairs, str name) {
    for (size_t i = 0; i < pairs->n; i++)
        if (str_eq(pairs->v[i].name, name)) return pairs->v[i].value;
    return (str){"", 0};
}

str http_query(const struct http_request *q, str name) { return first_value(&q->query, name); }
str http_form(const struct http_request *q, str name) { return first_value(&q->form, name); }
str http_cookie(const struct http_request *q, str name) { return first_value(&q->cookies, name); }

str http_header(const struct http_request *q, str name) {
    for (size_t i = 0; i < q->headers.n; i++)
        if (str_eq_nocase(q->headers.v[i].name, name)) return q->headers.v[i].value;
    return (str){"", 0};
}

bool http_pairs_has(const http_pairs *pairs, str name) {
    for (size_t i = 0; i < pairs->n; i++)
        if (str_eq(pairs->v[i].name, name)) return true;
    return false;
}

static void refuse(struct exchange *x, int status, const char *because) {
    if (x->refusal) return;
    x->refusal = status;
    x->because = because;
}

/* Values may be stored and shown, so that broken UTF-8 ends here. */
static str text_copy(arena *a, str s) {
    if (str_is_utf8(s)) return str_copy(a, s);
    buf b BUF_AUTO = BUF_MAX(s.n * 3);
    while (s.n) {
        ucs4_t code;
        int width = u8_mbtouc(&code, (const uint8_t *)s.p, s.n);
        buf_add_utf8(&b, code);
        s = str_slice(s, width > 0 ? (size_t)width : 1, s.n);
    }
    return str_copy(a, buf_str(&b));
}

struct head {
    struct exchange *x;
    size_t bytes;
    int hosts, lengths, codings;
    str length, coding, expect;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                   const char *value, size_t value_n) {
    (void)kind;
    struct head *h = context;
    struct exchange *x = h->x;
    str name = {key, key_n}, text = {value ? value : "", value_n};
    h->bytes += name.n + text.n + 4;
    if (!response_is_token(name)) refuse(x, 400, "A header has a name that is not one.");
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) refuse(x, 400, "A header holds control characters.");
    }
    if (h->bytes > HEADER_MAX) refuse(x, 431, "The header is larger than 32 KB.");
    if (x->refusal) return MHD_NO;
    struct http_pair pair = {str_copy(x->arena, name), text_copy(x->arena, str_trim(text))};
    *list_add(x->arena, &x->q.headers) = pair;
    if (str_eq_nocase(name, S("Host"))) {
        h->hosts++;
    } else if (str_eq_nocase(name, S("Content-Length"))) {
        h->lengths++;
        h->length = pair.value;
    } else if (str_eq_nocase(name, S("Transfer-Encoding"))) {
        h->codings++;
        h->coding = pair.value;
    }
    return MHD_YES;
}

/* RFC 6265 section 4.2, and quotes off as servers do. */
static void take_cookies(struct exchange *x) {
    for (size_t i = 0; i < x->q.headers.n; i++) {
        if (!str_eq_nocase(x->q.headers.v[i].name, S("Cookie"))) continue;
        str rest = x->q.headers.v[i].value, piece;
        while (str_split(&rest, ';', &piece)) {
            size_t at = str_find_char(piece, '=', 0);
            if (at == SIZE_MAX) continue;
            str name = str_trim(str_slice(piece, 0, at)), value = str_trim(str_slice(piece, at + 1, piece.n));
            if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
                value = str_slice(value, 1, value.n - 1);
            if (name.n) *list_add(x->arena, &x->q.cookies) = (struct http_pair){name, value};
        }
    }
}

static void take_peer(struct exchange *x) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    } else if (address && address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(six)) {
            inet_ntop(AF_INET, &six->s6_addr[12], text, sizeof text);
        } else {
            inet_ntop(AF_INET6, six, text, sizeof text);
        }
    }
    x->q.peer = str_copy(x->arena, str_z(text));
}

/* Whatever leaves room for two readings of where a request ends is refused (RFC 9112 section 6.3): a proxy in
 * front might have taken the other one. */
static void check_framing(struct exchange *x, const struct head *h, bool since_1_1) {
    if (h->hosts > 1) refuse(x, 400, "More than one Host header.");
    if (h->hosts == 0 && since_1_1) refuse(x, 400, "No Host header.");
    if (h->codings && h->lengths) refuse(x, 400, "Both Content-Length and Transfer-Encoding.");
    if (h->lengths > 1 || h->codings > 1) refuse(x, 400, "A length is given twice.");
    if (h->codings && (!since_1_1 || !str_eq_nocase(h->coding, S("chunked"))))
        refuse(x, 400, "A Transfer-Encoding other than chunked.");
    int64_t length = 0;
    if (h->lengths && (!str_to_int(h->length, &length) || length < 0))
        refuse(x, 400, "A wrong Content-Length.");
    if (!x->refusal && (uint64_t)length > x->server->max_body)
        refuse(x, 413, "What you send is larger than this server takes.");
    x->linger = h->codings || h->lengths;
}

void request_head(struct exchange *x, const char *method, const char *version) {
    struct head h = {.x = x, .bytes = x->target.n};
    x->method = str_copy(x->arena, str_z(method));
    for (size_t i = 0; i < x->target.n; i++)
        if ((unsigned char)x->target.p[i] <= 0x20 || x->target.p[i] == 0x7f)
            refuse(x, 400, "The request line holds spaces or control characters.");
    x->q.arena = x->arena;
    x->q.method = method_of(x->method);
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, take_header, &h);
    str v = str_z(version);
    if (!str_starts(v, S("HTTP/1."))) refuse(x, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
    check_framing(x, &h, !str_eq(v, S("HTTP/1.0")));
    take_cookies(x);
    take_peer(x);
    str type = http_header(&x->q, S("Content-Type"));
    x->q.content_type = str_lower(x->arena, str_trim(str_slice(type, 0, str_find_char(type, ';', 0))));
}

/* The path of the request target: origin form, or absolute form, which a server must take as well (RFC 9112
 * section 3.2). */
static err take_target(struct exchange *x) {
    str target = x->target;
    if (str_starts_nocase(target, S("http://")) || str_starts_nocase(target, S("https://"))) {
        size_t slash = str_find_char(target, '/', str_find(target, S("//"), 0) + 2);
        target = slash == SIZE_MAX ? S("/") : str_slice(target, slash, target.n);
    }
    size_t mark = str_find_char(target, '?', 0);
    if (mark != SIZE_MAX) x->q.raw_query = str_slice(target, mark + 1, target.n);
    str path = str_slice(target, 0, mark);
    if (!url_decode(x->arena, path, &x->q.path))
        return err_set(ERR_INVALID, "The path has a broken %% escape.");
    if (!str_starts(x->q.path, S("/")) || str_has(target, '#'))
        return err_set(ERR_INVALID, "The path does not begin with a slash.");
    if (str_has(x->q.path, '\0') || !str_is_utf8(x->q.path))
        return err_set(ERR_INVALID, "The path is not UTF-8 text.");
    return form_urlencoded(x->arena, x->q.raw_query, &x->q.query);
}

static err take_body(struct exchange *x) {
    struct http_request *q = &x->q;
    q->body = buf_str(&x->body);
    if (str_eq(q->content_type, S("application/x-www-form-urlencoded"))) {
        str body = q->body;
        q->body = (str){"", 0};
        return form_urlencoded(x->arena, body, &q->form);
    }
    if (!str_eq(q->content_type, S("multipart/form-data"))) return ERR_NONE;
    str boundary = {"", 0}, body = q->body;
    q->body = (str){"", 0};
    form_parameter(x->arena, http_header(q, S("Content-Type")), S("boundary"), &boundary);
    http_files files = {.v = NULL};
    TRY(form_multipart(x->arena, boundary, body, &q->form, &files));
    q->files.v = files.v;
    q->files.n = files.n;
    q->files.cap = files.cap;
    return ERR_NONE;
}

void request_finish(struct exchange *x) {
    err e = take_target(x);
    if (!e) e = take_body(x);
    if (!e) return;
    /* The sentence lives in this thread until the next error. */
    refuse(x, e == ERR_LIMIT ? 413 : 400, str_cstr(x->arena, str_z(err_text())));
}
