#include "mail/tls_server.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

/* What links hold on to while newer ones have another certificate. */
struct pair {
    gnutls_certificate_credentials_t key;
    size_t users;
};

struct stamp {
    struct timespec cert, key;
    ino_t cert_inode, key_inode;
};

struct tls_server {
    char *cert_path, *key_path;
    gnutls_priority_t versions;
    struct pair *pair;
    struct stamp stamp;
};

struct tls_link {
    gnutls_session_t session;
    struct pair *pair;
    bool half_sent; /* GnuTLS holds bytes that the socket did not take */
};

static char *copy(str s) {
    char *z = memory_take(s.n + 1);
    if (s.n) memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return z;
}

static void pair_release(struct pair *p) {
    if (!p || --p->users) return;
    gnutls_certificate_free_credentials(p->key);
    free(p);
}

static struct stamp stamp_of(const tls_server *t) {
    struct stat cert = {0}, key = {0};
    struct stamp s;
    memset(&s, 0, sizeof s);
    if (stat(t->cert_path, &cert) < 0 || stat(t->key_path, &key) < 0) return s;
    s.cert = cert.st_mtim, s.key = key.st_mtim;
    s.cert_inode = cert.st_ino, s.key_inode = key.st_ino;
    return s;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b) {
    return a->cert.tv_sec == b->cert.tv_sec && a->cert.tv_nsec == b->cert.tv_nsec &&
           a->key.tv_sec == b->key.tv_sec && a->key.tv_nsec == b->key.tv_nsec &&
           a->cert_inode == b->cert_inode && a->key_inode == b->key_inode;
}

static err load(tls_server *t) {
    struct stamp stamp = stamp_of(t);
    struct pair *p = memory_zeroed(sizeof *p);
    p->users = 1;
    int no = gnutls_certificate_allocate_credentials(&p->key);
    if (no < 0) {
        free(p);
        return err_set(ERR_INTERNAL, "TLS cannot be prepared: %s", gnutls_strerror(no));
    }
    no = gnutls_certificate_set_x509_key_file(p->key, t->cert_path, t->key_path, GNUTLS_X509_FMT_PEM);
    if (no < 0) {
        pair_release(p);
        return err_set(ERR_INVALID, "The certificate %s with the key %s cannot be used: %s", t->cert_path,
                       t->key_path, gnutls_strerror(no));
    }
    pair_release(t->pair);
    t->pair = p;
    t->stamp = stamp;
    return ERR_NONE;
}

err tls_server_new(str cert_path, str key_path, tls_server **ret_server) {
    tls_server *t = memory_zeroed(sizeof *t);
    t->cert_path = copy(cert_path);
    t->key_path = copy(key_path);
    err code = load(t);
    if (!code && gnutls_priority_init(&t->versions, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL) < 0)
        code = err_set(ERR_INTERNAL, "TLS cannot be prepared.");
    if (code) {
        tls_server_free(t);
        return code;
    }
    *ret_server = t;
    return ERR_NONE;
}

int64_t tls_server_ends(const tls_server *t) {
    gnutls_x509_crt_t *chain;
    unsigned n;
    if (gnutls_certificate_get_x509_crt(t->pair->key, 0, &chain, &n) < 0) return 0;
    time_t ends = n ? gnutls_x509_crt_get_expiration_time(chain[0]) : 0;
    for (unsigned i = 0; i < n; i++) gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
    return ends > 0 ? (int64_t)ends * 1000 : 0;
}

void tls_server_free(tls_server *t) {
    if (!t) return;
    pair_release(t->pair);
    if (t->versions) gnutls_priority_deinit(t->versions);
    free(t->cert_path);
    free(t->key_path);
    free(t);
}

static void look(tls_server *t) {
    struct stamp stamp = stamp_of(t);
    if (!same_stamp(&stamp, &t->stamp)) (void)load(t);
}

tls_link *tls_link_new(tls_server *t, int fd) {
    /* GnuTLS reads and writes as the descriptor says; GNUTLS_NONBLOCK does not change that. */
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) return NULL;
    look(t);
    tls_link *l = memory_zeroed(sizeof *l);
    if (gnutls_init(&l->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) <
        0) {
        free(l);
        return NULL;
    }
    l->pair = t->pair;
    l->pair->users++;
    gnutls_transport_set_int(l->session, fd);
    gnutls_certificate_server_set_request(l->session, GNUTLS_CERT_IGNORE);
    gnutls_handshake_set_timeout(l->session, GNUTLS_INDEFINITE_TIMEOUT);
    if (gnutls_priority_set(l->session, t->versions) < 0 ||
        gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, l->pair->key) < 0) {
        tls_link_free(l);
        return NULL;
    }
    return l;
}

void tls_link_free(tls_link *l) {
    if (!l) return;
    gnutls_deinit(l->session);
    pair_release(l->pair);
    free(l);
}

enum tls_step tls_link_shake(tls_link *l) {
    for (;;) {
        int no = gnutls_handshake(l->session);
        if (no == GNUTLS_E_SUCCESS) return TLS_DONE;
        if (no == GNUTLS_E_AGAIN)
            return gnutls_record_get_direction(l->session) ? TLS_WANTS_WRITE : TLS_WANTS_READ;
        if (gnutls_error_is_fatal(no)) return TLS_BROKEN;
    }
}

static ssize_t as_errno(ssize_t no) {
    errno = no == GNUTLS_E_AGAIN ? EAGAIN : no == GNUTLS_E_INTERRUPTED ? EINTR : EIO;
    return -1;
}

/* A peer that wants another handshake (TLS 1.2) is broken, too. */
ssize_t tls_link_recv(tls_link *l, void *bytes, size_t n) {
    ssize_t got = gnutls_record_recv(l->session, bytes, n);
    return got >= 0 ? got : as_errno(got);
}

ssize_t tls_link_send(tls_link *l, const void *bytes, size_t n) {
    /* What was not taken is with GnuTLS, which wants no bytes for it and says how many of ours it was. */
    ssize_t sent =
        l->half_sent ? gnutls_record_send(l->session, NULL, 0) : gnutls_record_send(l->session, bytes, n);
    l->half_sent = sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED;
    return sent >= 0 ? sent : as_errno(sent);
}

void tls_link_bye(tls_link *l) { gnutls_bye(l->session, GNUTLS_SHUT_WR); }
