#include "net/get.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "net/post.h"

enum { TIMEOUT = 10, CONNECT_SECONDS = 5 };

struct getting {
    bool inside, refused;
    buf bytes;
};

/* libcurl asks here for every socket, with the very address it is going to connect to. */
static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to) {
    struct getting *g = user;
    if (purpose != CURLSOCKTYPE_IPCXN || (!g->inside && !post_address_fits(&to->addr, to->addrlen))) {
        g->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *user) {
    struct getting *g = user;
    buf_add(&g->bytes, (str){bytes, size * count});
    return buf_ok(&g->bytes) ? size * count : 0;
}

static void set_up(CURL *c, const char *url, const struct get_wish *wish, struct getting *g,
                   struct curl_slist *headers, char *error) {
    const char *schemes = wish->inside ? "http,https" : "https";
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, schemes);
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, (long)GET_REDIRECTS_MAX);
    curl_easy_setopt(c, CURLOPT_AUTOREFERER, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT,
                     wish->timeout_seconds > 0 ? (long)wish->timeout_seconds : (long)TIMEOUT);
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, g);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "Mozilla/5.0");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, g);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error);
}

static err outcome(const struct getting *g, CURLcode code, long status, const char *error) {
    if (g->refused)
        return err_set(ERR_DENIED, "The address leads to this machine or into a private network.");
    if (!buf_ok(&g->bytes)) return err_set(ERR_LIMIT, "What it sends is too large.");
    if (code) return err_set(ERR_NETWORK, "%s.", *error ? error : curl_easy_strerror(code));
    if (status != 200) return err_set(ERR_NETWORK, "It answers %ld.", status);
    return ERR_NONE;
}

err get_bytes(arena *a, const struct get_wish *wish, str *ret_bytes) {
    char error[CURL_ERROR_SIZE] = "";
    str url = wish->url;
    if (!wish->inside && str_starts_nocase(url, S("http://")))
        url = str_fmt(a, "https://%.*s", STR_FMT(str_slice(url, 7, url.n)));
    TRY(post_url_check(a, url, wish->inside));
    CURL *c = curl_easy_init();
    if (!c) abort();
    struct getting g = {.inside = wish->inside, .bytes = BUF_MAX(wish->max)};
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: image/*");
    set_up(c, str_cstr(a, url), wish, &g, headers, error);
    CURLcode code = curl_easy_perform(c);
    long status = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    err e = outcome(&g, code, status, error);
    if (!e) *ret_bytes = str_copy(a, buf_str(&g.bytes));
    buf_free(&g.bytes);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    return e;
}
