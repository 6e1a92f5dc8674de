#include "net/post.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum { URL_BYTES = 2000, ANSWER_BYTES = 2000, ANSWER_MAX = 64 << 10, TIMEOUT = 20, CONNECT_SECONDS = 10 };

/* ---- addresses ---- */

struct range4 {
    uint32_t net;
    int bits;
};

static const struct range4 closed4[] = {
    {0x00000000, 8},  /* this host */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* shared, RFC 6598 */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link-local, where clouds keep credentials */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documentation */
    {0xC0586300, 24}, /* 6to4 relays, gone */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 3},  /* multicast, reserved, broadcast */
};

static bool fits4(uint32_t ip) {
    for (size_t i = 0; i < sizeof closed4 / sizeof *closed4; i++)
        if ((ip ^ closed4[i].net) >> (32 - closed4[i].bits) == 0) return false;
    return true;
}

static uint32_t word(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool fits6(const uint8_t *p) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    static const uint8_t nat64[12] = {0, 0x64, 0xFF, 0x9B};
    if (!memcmp(p, mapped, sizeof mapped) || !memcmp(p, nat64, sizeof nat64)) return fits4(word(p + 12));
    if ((p[0] & 0xE0) != 0x20) return false;
    uint32_t first = word(p);
    if (first >> 16 == 0x2002) return fits4(word(p + 2)); /* 6to4 */
    if (first >> 9 == 0x20010000 >> 9) return false;      /* 2001::/23: Teredo and other assignments */
    if (first == 0x20010DB8) return false;                /* documentation */
    return first >> 12 != 0x3FFF0000 >> 12;               /* documentation, RFC 9637 */
}

bool post_address_fits(const struct sockaddr *address, socklen_t n) {
    if (address->sa_family == AF_INET && n >= (socklen_t)sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return fits4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && n >= (socklen_t)sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        return fits6(in.sin6_addr.s6_addr);
    }
    return false;
}

/* ---- the address as it is typed ---- */

/* A host in numbers, as libcurl's own reading of the URL has it; true also for what is no number. */
static bool host_fits(const char *host) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    char bare[64];
    size_t n = strlen(host);
    if (n > 2 && host[0] == '[' && n - 2 < sizeof bare) {
        memcpy(bare, host + 1, n - 2);
        bare[n - 2] = '\0';
        char *zone = strchr(bare, '%');
        if (zone) *zone = '\0';
        if (inet_pton(AF_INET6, bare, &v6.sin6_addr) != 1) return false;
        return post_address_fits((const struct sockaddr *)&v6, sizeof v6);
    }
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
        return post_address_fits((const struct sockaddr *)&v4, sizeof v4);
    return !str_eq_nocase(str_z(host), S("localhost"));
}

static char *part_of(CURLU *u, CURLUPart part) {
    char *text = NULL;
    return curl_url_get(u, part, &text, 0) ? NULL : text;
}

static err check_parts(CURLU *u, str url, bool inside) {
    char *scheme = part_of(u, CURLUPART_SCHEME), *host = part_of(u, CURLUPART_HOST);
    char *user = part_of(u, CURLUPART_USER), *password = part_of(u, CURLUPART_PASSWORD);
    err e = ERR_NONE;
    bool secure = scheme && strcmp(scheme, "https") == 0, plain = scheme && strcmp(scheme, "http") == 0;
    if (!secure && !(plain && inside))
        e = err_set(ERR_INVALID, "The address must begin with https://.");
    else if (!host || !*host)
        e = err_set(ERR_INVALID, "The address has no host.");
    else if (user || password)
        e = err_set(ERR_INVALID, "The address must hold no user name and no password.");
    else if (!inside && !host_fits(host))
        e = err_set(ERR_INVALID, "%.*s leads to this machine or into a private network.",
                    STR_FMT(str_clip_utf8(url, 200)));
    curl_free(scheme), curl_free(host), curl_free(user), curl_free(password);
    return e;
}

err post_url_check(arena *a, str url, bool inside) {
    if (url.n > URL_BYTES) return err_set(ERR_INVALID, "The address is longer than %d bytes.", URL_BYTES);
    if (!str_is_utf8(url)) return err_set(ERR_INVALID, "The address is not valid UTF-8.");
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 0x7F)
            return err_set(ERR_INVALID, "The address must hold no spaces and be one line.");
    CURLU *u = curl_url();
    if (!u) abort();
    err e = curl_url_set(u, CURLUPART_URL, str_cstr(a, url), 0)
                ? err_set(ERR_INVALID, "This is no address such as https://makers.example/longhand.")
                : check_parts(u, url, inside);
    curl_url_cleanup(u);
    return e;
}

/* ---- sending ---- */

struct sending {
    bool inside, refused;
    buf answer;
    size_t got;
};

/* libcurl asks here for every socket, with the very address it is going to connect to. */
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to) {
    struct sending *s = user;
    if (purpose != CURLSOCKTYPE_IPCXN || (!s->inside && !post_address_fits(&to->addr, to->addrlen))) {
        s->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *user) {
    struct sending *s = user;
    size_t n = size * count, room = s->answer.max - s->answer.n;
    buf_add(&s->answer, (str){bytes, n < room ? n : room});
    s->got += n;
    return s->got > ANSWER_MAX ? 0 : n;
}

static struct curl_slist *headers_of(arena *a, const struct post_wish *wish) {
    struct curl_slist *list = NULL;
    str type = str_fmt(a, "Content-Type: %.*s", STR_FMT(wish->type));
    list = curl_slist_append(list, str_cstr(a, type));
    list = curl_slist_append(list, "Expect:");
    list = curl_slist_append(list, "Accept:");
    for (size_t i = 0; i < wish->nheaders; i++)
        list = curl_slist_append(list, str_cstr(a, str_fmt(a, "%s: %.*s", wish->headers[i].name,
                                                           STR_FMT(wish->headers[i].value))));
    return list;
}

static void set_up(CURL *c, arena *a, const struct post_wish *wish, struct sending *s,
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
    curl_easy_setopt(c, CURLOPT_TIMEOUT, wish->timeout_seconds > 0 ? (long)wish->timeout_seconds : TIMEOUT);
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, s);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "Longhand");
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, wish->body.p);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)wish->body.n);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
}

/* One line that can be kept and shown. */
static str one_line(arena *a, str text) {
    text = str_clip_utf8(str_trim(text), 500);
    if (!str_is_utf8(text)) return S("(bytes that are no text)");
    char *z = str_cstr(a, text);
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)z[i] < ' ' || z[i] == 0x7F) z[i] = ' ';
    return (str){z, text.n};
}

err post_send(arena *a, const struct post_wish *wish, struct post_answer *ret) {
    char error[CURL_ERROR_SIZE] = "";
    TRY(post_url_check(a, wish->url, wish->inside));
    CURL *c = curl_easy_init();
    if (!c) abort();
    size_t room = wish->answer_bytes ? wish->answer_bytes : ANSWER_BYTES;
    struct sending s = {.inside = wish->inside, .answer = BUF_MAX(room < ANSWER_MAX ? room : ANSWER_MAX)};
    struct curl_slist *headers = headers_of(a, wish);
    set_up(c, a, wish, &s, headers, error);
    CURLcode code = curl_easy_perform(c);
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    str body = str_copy(a, buf_str(&s.answer));
    buf_free(&s.answer);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    if (status >= 200) {
        *ret = (struct post_answer){(int)status, one_line(a, body), body};
        return ERR_NONE;
    }
    if (s.refused) return err_set(ERR_DENIED, "The address leads to this machine or into a private network.");
    return err_set(ERR_NETWORK, "%s.", *error ? error : curl_easy_strerror(code));
}
