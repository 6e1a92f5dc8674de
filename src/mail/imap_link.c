#include "mail/imap_link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "net/post.h"

enum { LINE_BYTES = 200 };

struct imap_link {
    CURL *easy;
    CURLM *multi; /* NULL when it was made by itself */
    int fd;
    imap_tls tls;
    bool inside, bearer;
    bool refused;     /* an address that may not be reached */
    bool offers_sasl; /* PLAIN or LOGIN */
    bool challenged;  /* it asked for more while signing in */
    bool tried_all;   /* not only the ways we prefer */
    char host[256];
    char line[LINE_BYTES]; /* the server's last NO, BAD or BYE */
    char error[CURL_ERROR_SIZE];
};

CURLM *imap_link_multi(void) {
    CURLM *multi = curl_multi_init();
    if (!multi) abort();
    /* No limit at which it would close connections that seem unused. */
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 100000L);
    return multi;
}

/* --- Callbacks --- */

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family != AF_INET6) return false;
    struct sockaddr_in6 in;
    memcpy(&in, address, sizeof in);
    return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
}

/* libcurl asks for every socket, with the very address it is going to connect to. */
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to) {
    imap_link *l = user;
    bool fits = purpose == CURLSOCKTYPE_IPCXN;
    if (l->tls == IMAP_TLS_NEVER)
        fits = fits && l->inside && is_loopback(&to->addr);
    else
        fits = fits && (l->inside || post_address_fits(&to->addr, to->addrlen));
    if (!fits) {
        l->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool has_word(str line, const char *word) {
    str w = str_z(word);
    for (size_t at = 0; at + w.n <= line.n; at++)
        if (str_eq_nocase(str_slice(line, at, at + w.n), w)) return true;
    return false;
}

/* Lines of the server while libcurl signs in. Nothing of ours, and so no password, is among them. */
static size_t on_line(char *bytes, size_t size, size_t count, void *user) {
    imap_link *l = user;
    str line = str_trim((str){bytes, size * count});
    str rest = str_slice(
        line, str_find_char(line, ' ', 0) == SIZE_MAX ? line.n : str_find_char(line, ' ', 0) + 1, line.n);
    if (has_word(line, "CAPABILITY")) {
        l->offers_sasl = has_word(line, "AUTH=PLAIN") || has_word(line, "AUTH=LOGIN");
    }
    if (str_starts(line, S("+"))) l->challenged = true;
    if (str_starts_nocase(rest, S("NO ")) || str_starts_nocase(rest, S("BAD ")) ||
        str_starts_nocase(rest, S("BYE "))) {
        str words = str_slice(rest, str_find_char(rest, ' ', 0) + 1, rest.n);
        if (str_starts(words, S("[")))
            words = str_trim(str_slice(words, str_find_char(words, ']', 0) + 1, words.n));
        size_t n = words.n < LINE_BYTES - 1 ? words.n : LINE_BYTES - 1;
        for (size_t i = 0; i < n; i++)
            l->line[i] =
                (unsigned char)words.p[i] < ' ' || (unsigned char)words.p[i] >= 0x7F ? '?' : words.p[i];
        l->line[n] = '\0';
    }
    return size * count;
}

static size_t drop(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes, (void)user;
    return size * count;
}

/* --- Setting up --- */

static bool host_fits(str host) {
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (!good && c != '.' && c != '-' && c != '_' && c != ':') return false;
    }
    return host.n && host.n < 256;
}

static bool one_line(str text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\0' || text.p[i] == '\r' || text.p[i] == '\n') return false;
    return true;
}

static void set_trust(imap_link *l, const char *ca_file) {
    CURL *c = l->easy;
    curl_easy_setopt(c, CURLOPT_USE_SSL, l->tls == IMAP_TLS_NEVER ? CURLUSESSL_NONE : CURLUSESSL_ALL);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (ca_file[0]) curl_easy_setopt(c, CURLOPT_CAINFO, ca_file);
    /* libcurl keeps the certificates it has read for the next connection only without a folder of them. */
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
}

static void set_ways(imap_link *l, const struct imap_login *o, int seconds) {
    CURL *c = l->easy;
    curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "imap,imaps");
    curl_easy_setopt(c, CURLOPT_PROXY, ""); /* not even one that the environment names */
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    /* Closing does not wait for a name server that is stuck. */
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)seconds);
    curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)seconds);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)seconds);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPIDLE, 120L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPINTVL, 60L);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 1024L); /* our bytes go past it */
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, l);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, l);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, l->error);
    curl_easy_setopt(c, CURLOPT_PRIVATE, l);
    curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS,
                     o->bearer.n ? "AUTH=XOAUTH2;AUTH=OAUTHBEARER" : "AUTH=PLAIN;AUTH=LOGIN");
}

static err start(imap_link *l) {
    l->error[0] = l->line[0] = '\0';
    l->challenged = false;
    l->fd = -1;
    if (!l->multi) {
        CURLcode code = curl_easy_perform(l->easy);
        return imap_link_done(l, code);
    }
    if (curl_multi_add_handle(l->multi, l->easy))
        return err_set(ERR_INTERNAL, "A connection cannot be begun.");
    return ERR_NONE;
}

err imap_link_begin(CURLM *multi, const struct imap_login *o, int seconds, imap_link **ret_link) {
    if (!host_fits(o->host) || o->port < 1 || o->port > 65535)
        return err_set(ERR_INVALID, "This is not the name and port of a mail server.");
    if (!one_line(o->user) || !one_line(o->password) || !one_line(o->bearer) || o->user.n == 0)
        return err_set(ERR_INVALID, "The user or the password for the mail server cannot be used.");
    imap_link *l = memory_zeroed(sizeof *l);
    l->easy = curl_easy_init();
    if (!l->easy) abort();
    l->multi = multi;
    l->tls = o->tls;
    l->inside = o->inside;
    l->bearer = o->bearer.n > 0;
    bool six = str_has(o->host, ':');
    (void)snprintf(l->host, sizeof l->host, "%.*s", STR_FMT(o->host));
    ARENA_AUTO arena *a = arena_new(0);
    str url = str_fmt(a, "%s://%s%.*s%s:%d/", o->tls == IMAP_TLS_IMPLICIT ? "imaps" : "imap", six ? "[" : "",
                      STR_FMT(o->host), six ? "]" : "", o->port);
    curl_easy_setopt(l->easy, CURLOPT_URL, str_cstr(a, url));
    curl_easy_setopt(l->easy, CURLOPT_USERNAME, str_cstr(a, o->user));
    if (l->bearer)
        curl_easy_setopt(l->easy, CURLOPT_XOAUTH2_BEARER, str_cstr(a, o->bearer));
    else
        curl_easy_setopt(l->easy, CURLOPT_PASSWORD, str_cstr(a, o->password));
    set_trust(l, str_cstr(a, o->ca_file));
    set_ways(l, o, seconds);
    err e = start(l);
    if (e == ERR_NONE)
        *ret_link = l;
    else
        imap_link_end(l);
    return e;
}

CURL *imap_link_handle(const imap_link *l) { return l->easy; }

static err explain(imap_link *l, CURLcode code) {
    const char *why = l->error[0] ? l->error : curl_easy_strerror(code);
    if (l->refused && l->tls == IMAP_TLS_NEVER)
        return err_set(ERR_INVALID,
                       "Without TLS only a mail server on this machine may be used, and %s is not.", l->host);
    if (l->refused)
        return err_set(ERR_INVALID,
                       "%s leads to this machine or into a private network, which is not allowed.", l->host);
    if (code == CURLE_LOGIN_DENIED && l->line[0])
        return err_set(ERR_DENIED, "The mail server %s refused to sign in: %s", l->host, l->line);
    if (code == CURLE_LOGIN_DENIED && l->challenged)
        return err_set(ERR_DENIED, "The mail server %s refused %s.", l->host,
                       l->bearer ? "the access token" : "to sign in");
    if (code == CURLE_LOGIN_DENIED)
        return err_set(ERR_DENIED, "The mail server %s offers no way to sign in that we know.", l->host);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return err_set(ERR_NETWORK, "The certificate of the mail server %s does not fit: %s.", l->host, why);
    if (code == CURLE_USE_SSL_FAILED)
        return err_set(ERR_NETWORK,
                       "The mail server %s offers no STARTTLS, and without TLS nothing is said to it.",
                       l->host);
    if (l->line[0]) return err_set(ERR_NETWORK, "The mail server %s refused: %s", l->host, l->line);
    return err_set(ERR_NETWORK, "The mail server %s cannot be reached: %s.", l->host, why);
}

/* A server that knows neither PLAIN nor LOGIN of SASL may take the command LOGIN, or another mechanism:
 * libcurl looks for these only when it is free to choose. */
static bool may_try_all(const imap_link *l, CURLcode code) {
    return code == CURLE_LOGIN_DENIED && !l->bearer && !l->tried_all && !l->offers_sasl && !l->line[0];
}

err imap_link_done(imap_link *l, CURLcode code) {
    if (may_try_all(l, code)) {
        l->tried_all = true;
        if (l->multi) curl_multi_remove_handle(l->multi, l->easy);
        curl_easy_setopt(l->easy, CURLOPT_LOGIN_OPTIONS, "AUTH=*");
        err e = start(l);
        return e ? e : l->multi ? ERR_BUSY : ERR_NONE;
    }
    if (code) return explain(l, code);
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(l->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD)
        return err_set(ERR_NETWORK, "The mail server %s ended the connection.", l->host);
    l->fd = (int)fd;
    return ERR_NONE;
}

int imap_link_fd(const imap_link *l) { return l->fd; }

long imap_link_read(imap_link *l, char *to, size_t n) {
    size_t got = 0;
    CURLcode code = curl_easy_recv(l->easy, to, n, &got);
    if (code == CURLE_AGAIN) return 0;
    return code || got == 0 ? -1 : (long)got;
}

long imap_link_write(imap_link *l, str bytes) {
    size_t sent = 0;
    CURLcode code = curl_easy_send(l->easy, bytes.p, bytes.n, &sent);
    if (code == CURLE_AGAIN) return 0;
    return code ? -1 : (long)sent;
}

void imap_link_end(imap_link *l) {
    if (!l) return;
    if (l->multi) curl_multi_remove_handle(l->multi, l->easy);
    curl_easy_cleanup(l->easy);
    free(l);
}
