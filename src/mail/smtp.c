#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "mail/send.h"

enum { TIMEOUT_DEFAULT = 600, CONNECT_SECONDS = 30, BYTES_PER_SECOND = 16 * 1024, LINE_MAX_BYTES = 1000 };

/* One try to send one message. */
struct try {
    const struct smtp_options *options;
    str message;
    size_t at; /* bytes of it handed to libcurl */
    err (*before_dot)(void *context);
    void *context;
    err dot_error;
    bool dot_asked; /* before_dot ran */
    bool dot;       /* and agreed: from here on the final dot may be on the wire */

    char line[LINE_MAX_BYTES]; /* the last line of an answer */
    size_t line_n;
    int code;    /* of the answer to the last command or to the dot; 0 until it comes */
    bool whole;  /* the answer's last line has come */
    int answers; /* lines that came in this try */

    bool need_utf8, has_utf8, no_utf8, has_auth, no_auth, in_hello, said_starttls, quitting;
    int64_t size; /* the largest letter it takes, as it said; 0 any, or not said */
    bool too_large, gone;
    struct link *link; /* learns what the server can */
};

/* A few handles a thread, one for each relay it sends by: libcurl keeps the connection open in it. */
enum { LINKS = 4 };
struct link {
    CURL *curl;   /* NULL: free */
    char *key;    /* the options it was used with */
    bool utf8;    /* its server said SMTPUTF8 last time */
    int64_t size; /* the largest letter its server said it takes, 0 for any */
    int open, fd; /* its open sockets, and the last one of them that was opened */
    unsigned long used;
};
static _Thread_local struct link links[LINKS];
static _Thread_local unsigned long link_uses;

/* libcurl reports most but not all of what it could not allocate. */
void smtp_start(void) {
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_take, free, memory_again, memory_strdup, memory_array);
}

/* libcurl says QUIT and waits two minutes for the answer, and a desk that stops would wait with it. There is
 * nothing to be learned from that answer: it is told that none will come. */
static void link_end(struct link *l) {
    if (l->open) shutdown(l->fd, SHUT_RD);
    if (l->curl) curl_easy_cleanup(l->curl);
    free(l->key);
    *l = (struct link){0};
}

void smtp_thread_end(void) {
    for (int i = 0; i < LINKS; i++) link_end(&links[i]);
}

/* The thread's handle for these options. Others get another one, so that no connection made with other
 * credentials or other trust is ever reused; the one unused longest makes room. */
static struct link *link_for(arena *a, const struct smtp_options *o) {
    str key = str_fmt(a, "%zu:%zu:%zu:%zu:%zu:%zu:%.*s%.*s%.*s%.*s%.*s%.*s:%d:%d", o->host.n, o->user.n,
                      o->password.n, o->bearer.n, o->ca_file.n, o->helo.n, STR_FMT(o->host), STR_FMT(o->user),
                      STR_FMT(o->password), STR_FMT(o->bearer), STR_FMT(o->ca_file), STR_FMT(o->helo),
                      o->port, (int)o->tls);
    struct link *oldest = &links[0], *l = NULL;
    for (int i = 0; i < LINKS && !l; i++) {
        if (links[i].curl && str_eq(str_z(links[i].key), key)) l = &links[i];
        if (links[i].used < oldest->used) oldest = &links[i];
    }
    if (!l) {
        l = oldest;
        link_end(l);
        l->curl = curl_easy_init();
        l->key = memory_take(key.n + 1);
        if (!l->curl) abort();
        memcpy(l->key, key.p, key.n);
        l->key[key.n] = '\0';
    }
    l->used = ++link_uses;
    curl_easy_reset(l->curl); /* keeps connections */
    return l;
}

/* --- What libcurl calls --- */

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *at) {
    struct link *l = user;
    (void)purpose;
    int fd = socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    l->open++;
    l->fd = fd;
    return fd;
}

static int close_socket(void *user, curl_socket_t fd) {
    struct link *l = user;
    l->open--;
    return close(fd);
}

/* Did the server hang up, as far as this machine knows? Then nobody would get the dot. Where several
 * addresses were tried at once it is not known which socket is in use, and not asked. */
static bool hung_up(const struct link *l) {
    char byte;
    if (l->open != 1) return false;
    ssize_t n = recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* libcurl writes the final dot only after it got 0 here (and 7.88 asks only when all it got before is
 * written): so this is the moment between the last byte and the dot. */
static size_t on_read(char *to, size_t size, size_t count, void *user) {
    struct try *t = user;
    size_t room = size * count, left = t->message.n - t->at;
    if (left) {
        size_t n = left < room ? left : room;
        memcpy(to, t->message.p + t->at, n);
        t->at += n;
        return n;
    }
    if (!t->dot_asked && !t->gone) {
        t->gone = hung_up(t->link);
        if (t->gone) return CURL_READFUNC_ABORT;
        t->dot_asked = true;
        t->dot_error = t->before_dot ? t->before_dot(t->context) : ERR_NONE;
        t->gone = hung_up(t->link);
        t->dot = t->dot_error == ERR_NONE && !t->gone;
        t->code = 0;
        t->whole = false;
    }
    return t->dot ? 0 : CURL_READFUNC_ABORT;
}

/* RFC 1870: "SIZE 35882577"; without a number, or with 0, there is no limit told. */
static int64_t size_of(str word) {
    int64_t n;
    return str_to_int(str_trim(str_slice(word, 5, word.n)), &n) && n > 0 ? n : 0;
}

/* One line of an answer. Refusing it ends the try before another command is said. */
static size_t on_answer(char *bytes, size_t size, size_t count, void *user) {
    struct try *t = user;
    size_t n = size * count;
    str line = str_trim((str){bytes, n});
    int64_t code;
    if (line.n < 3 || !str_to_int(str_slice(line, 0, 3), &code)) return n;
    /* After a refusal, or for an old connection that libcurl drops before it makes a new one. */
    if (t->quitting && (t->answers || code == 221)) return n;
    t->line_n = line.n < sizeof t->line ? line.n : sizeof t->line;
    memcpy(t->line, line.p, t->line_n);
    t->code = (int)code;
    t->whole = line.n == 3 || line.p[3] == ' ';
    t->answers++;
    str word = str_slice(line, 4, line.n);
    if (t->in_hello && str_eq_nocase(word, S("SMTPUTF8"))) t->has_utf8 = true;
    if (t->in_hello && str_starts_nocase(word, S("AUTH "))) t->has_auth = true;
    if (t->in_hello && str_starts_nocase(word, S("SIZE "))) t->size = size_of(word);
    /* The capabilities that count are those said last: after STARTTLS where it is to be said. */
    bool last_hello = t->options->tls != SMTP_TLS_REQUIRED || t->said_starttls;
    if (t->in_hello && t->whole && code / 100 == 2 && last_hello) {
        /* libcurl would go on without. */
        t->no_utf8 = t->need_utf8 && !t->has_utf8;
        t->no_auth = t->options->user.n && !t->has_auth;
        t->too_large = t->size && (int64_t)t->message.n > t->size;
        if (t->no_utf8 || t->no_auth || t->too_large) return 0;
    }
    if (t->in_hello && t->whole) {
        t->link->utf8 = t->has_utf8;
        t->link->size = t->size;
    }
    return n;
}

/* Commands as they are said: an answer belongs to the last one, but what counts is what led to QUIT. */
static int on_debug(CURL *curl, curl_infotype type, char *bytes, size_t n, void *user) {
    (void)curl;
    struct try *t = user;
    if (type != CURLINFO_HEADER_OUT) return 0;
    str said = {bytes, n};
    t->quitting = str_starts(said, S("QUIT"));
    if (t->quitting) return 0;
    t->in_hello = str_starts(said, S("EHLO")) || str_starts(said, S("HELO"));
    if (t->in_hello) {
        t->has_utf8 = t->has_auth = false;
        t->size = 0;
    }
    if (str_starts(said, S("STARTTLS"))) t->said_starttls = true;
    t->code = 0;
    t->whole = false;
    return 0;
}

/* --- Checks of what goes into commands --- */

static bool is_ascii(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}

static bool address_fits(str address) {
    bool quoted = false, escaped = false;
    if (address.n > 320 || !str_is_utf8(address)) return false;
    for (size_t i = 0; i < address.n; i++) {
        unsigned char c = (unsigned char)address.p[i];
        if (c < ' ' || c == 0x7F) return false;
        if (!escaped && c == '"') quoted = !quoted;
        escaped = quoted && !escaped && c == '\\';
        if (!quoted && (c == ' ' || c == '<' || c == '>')) return false;
    }
    return !quoted;
}

/* It becomes part of a URL, so a name must not be able to change the URL's other parts. */
static bool host_fits(str host) {
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = (unsigned char)host.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (!good && c != '.' && c != '-' && c != '_' && c != ':') return false;
    }
    return host.n <= 255;
}

/* --- One try --- */

static void set_security(CURL *c, arena *a, const struct smtp_options *o) {
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, ""); /* not even one that the environment names */
    curl_easy_setopt(c, CURLOPT_USE_SSL, o->tls == SMTP_TLS_NEVER ? CURLUSESSL_NONE : CURLUSESSL_ALL);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (o->ca_file.n) curl_easy_setopt(c, CURLOPT_CAINFO, str_cstr(a, o->ca_file));
    if (!o->user.n) return;
    curl_easy_setopt(c, CURLOPT_USERNAME, str_cstr(a, o->user));
    if (o->bearer.n) {
        curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, str_cstr(a, o->bearer));
        curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
        return;
    }
    curl_easy_setopt(c, CURLOPT_PASSWORD, str_cstr(a, o->password));
    curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
}

static void set_times(CURL *c, const struct smtp_options *o, str message) {
    long wait = o->timeout_seconds > 0 ? o->timeout_seconds : TIMEOUT_DEFAULT;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    /* Without this libcurl waits two minutes for an answer. */
    curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT, wait);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 2 * wait + CONNECT_SECONDS + (long)(message.n / BYTES_PER_SECOND));
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, 60L);
}

/* Say SIZE= (RFC 1870), so that a letter too large is refused before it is sent. libcurl before 8.7 counts
 * stuffed dots as bytes of the letter, and takes the upload for finished, without asking us for more, in the
 * moment when exactly the size announced is written: so announce more than will ever be. Later ones insist
 * on the very size and then never ask after the last byte, where before_dot belongs: they are told none. */
static void set_size(CURL *c, str message) {
    if (curl_version_info(CURLVERSION_NOW)->version_num >= 0x080700) return;
    size_t stuffed = str_starts(message, S(".")) ? 1 : 0;
    for (size_t at = 0; (at = str_find(message, S("\r\n."), at)) != SIZE_MAX; at += 3) stuffed++;
    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)(message.n + stuffed + 3));
}

static void set_letter(CURL *c, arena *a, struct try *t, str mail_from, struct curl_slist *rcpt) {
    const struct smtp_options *o = t->options;
    bool v6 = str_has(o->host, ':');
    str url = str_fmt(a, "%s://%s%.*s%s:%d/%.*s", o->tls == SMTP_TLS_IMPLICIT ? "smtps" : "smtp",
                      v6 ? "[" : "", STR_FMT(o->host), v6 ? "]" : "", o->port, STR_FMT(o->helo));
    curl_easy_setopt(c, CURLOPT_URL, str_cstr(a, url));
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    set_size(c, t->message);
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, str_cstr(a, mail_from));
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, rcpt);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_answer);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, t);
    curl_easy_setopt(c, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t->link);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, t->link);
}

static send_result judge(const struct try *t) {
    if (t->code / 100 == 5) return SEND_REFUSED;
    if (t->code / 100 == 4) return SEND_LATER;
    if (t->dot) return t->whole && t->code / 100 == 2 ? SEND_ACCEPTED : SEND_UNCERTAIN;
    return t->no_utf8 || t->too_large ? SEND_REFUSED : SEND_LATER;
}

/* The server's line made fit to show, or our own sentence where the server did not decide. */
static str explain(arena *a, const struct try *t, const char *trouble) {
    const struct smtp_options *o = t->options;
    if (t->dot_error) return str_fmt(a, "The letter was not sent: %s", err_text());
    if (t->too_large)
        return str_fmt(
            a, "The mail server takes letters of at most %lld KB; this one has %lld KB. Nothing was sent.",
            (long long)t->size / 1000, (long long)t->message.n / 1000);
    if (t->no_utf8)
        return S("The mail server does not take an address with letters beyond ASCII (SMTPUTF8).");
    if (t->no_auth) return S("The mail server does not offer to sign in (AUTH), and a user is set for it.");
    if (t->code / 100 == 4 || t->code / 100 == 5 || (t->dot && t->whole)) {
        char *line = arena_copy(a, t->line, t->line_n);
        for (size_t i = 0; i < t->line_n; i++)
            if ((unsigned char)line[i] < ' ' || line[i] == 0x7F) line[i] = ' ';
        str said = str_clip_utf8((str){line, t->line_n}, 500);
        if (str_is_utf8(said)) return said;
        for (size_t i = 0; i < t->line_n; i++)
            if ((unsigned char)line[i] >= 0x80) line[i] = '?';
        return said;
    }
    if (t->dot)
        return str_fmt(a, "The letter was handed to %.*s:%d whole, but no answer came (%s).",
                       STR_FMT(o->host), o->port, trouble);
    return str_fmt(a, "The mail server %.*s:%d could not take the letter: %s.", STR_FMT(o->host), o->port,
                   t->gone ? "it closed the connection" : trouble);
}

/* The peer had closed, or was about to close, the connection we kept: nothing of this letter was said. */
static bool was_stale(CURL *c, const struct try *t) {
    long connects = 1;
    curl_easy_getinfo(c, CURLINFO_NUM_CONNECTS, &connects);
    return connects == 0 && !t->dot_asked && (t->answers == 0 || t->code == 421);
}

err smtp_send(arena *a, const struct smtp_options *options, str mail_from, str recipient, str message,
              err (*before_dot)(void *context), void *context, struct send_report *ret_report) {
    if (!address_fits(mail_from) || !address_fits(recipient) || recipient.n == 0)
        return err_set(ERR_INVALID, "An address cannot be used for sending: %.*s.", STR_FMT(recipient));
    if (options->host.n == 0 || !host_fits(options->host) || !host_fits(options->helo))
        return err_set(ERR_INVALID, "This is not the name of a mail server: %.*s.", STR_FMT(options->host));
    struct try t;
    char trouble[CURL_ERROR_SIZE];
    bool need_utf8 = !is_ascii(mail_from) || !is_ascii(recipient);
    struct link *link = link_for(a, options);
    /* Capabilities are said only when a connection begins. */
    if ((need_utf8 && !link->utf8) || (link->size && (int64_t)message.n > link->size)) {
        link_end(link);
        link = link_for(a, options);
    }
    struct curl_slist *rcpt = curl_slist_append(NULL, str_cstr(a, recipient));
    CURL *c = link->curl;
    CURLcode code;
    bool again = false;
    do {
        t = (struct try){
            .options = options, .message = message, .before_dot = before_dot, .context = context};
        t.need_utf8 = need_utf8;
        t.link = link;
        trouble[0] = '\0';
        set_security(c, a, options);
        set_times(c, options, message);
        set_letter(c, a, &t, mail_from, rcpt);
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, trouble);
        curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, again ? 1L : 0L);
        code = curl_easy_perform(c);
        again = !again && code != CURLE_OK && was_stale(c, &t);
    } while (again);
    curl_slist_free_all(rcpt);
    struct send_report report = {.result = judge(&t)};
    report.says = explain(a, &t, trouble[0] ? trouble : curl_easy_strerror(code));
    curl_easy_reset(c); /* it must not point to this frame */
    *ret_report = report;
    return ERR_NONE;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes, (void)user;
    return size * count;
}

err smtp_probe(arena *a, const struct smtp_options *o) {
    if (o->host.n == 0 || !host_fits(o->host))
        return err_set(ERR_INVALID, "This is not the name of a mail server: %.*s.", STR_FMT(o->host));
    CURL *c = curl_easy_init();
    if (!c) abort();
    char trouble[CURL_ERROR_SIZE] = "";
    bool six = str_has(o->host, ':');
    str url = str_fmt(a, "%s://%s%.*s%s:%d/", o->tls == SMTP_TLS_IMPLICIT ? "smtps" : "smtp", six ? "[" : "",
                      STR_FMT(o->host), six ? "]" : "", o->port);
    set_security(c, a, o);
    set_times(c, o, S(""));
    curl_easy_setopt(c, CURLOPT_URL, url.p);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "NOOP");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, ignore);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, trouble);
    CURLcode code = curl_easy_perform(c);
    curl_easy_cleanup(c);
    if (code == CURLE_OK) return ERR_NONE;
    return err_set(ERR_NETWORK, "The mail server cannot be used: %s.",
                   trouble[0] ? trouble : curl_easy_strerror(code));
}
