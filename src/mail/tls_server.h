/* tls_server: the server's side of TLS 1.2 and 1.3 (GnuTLS) over sockets that do not block. */
#ifndef LONGHAND_MAIL_TLS_SERVER_H
#define LONGHAND_MAIL_TLS_SERVER_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* A certificate with its chain, and its key, both PEM files. Used by one thread at a time. */
typedef struct tls_server tls_server;
/* ERR_INVALID: a file that cannot be read or used, or a key that is not the certificate's. */
err tls_server_new(str cert_path, str key_path, tls_server **ret_server);
/* When the certificate ends, ms UTC; 0 when it does not say. */
int64_t tls_server_ends(const tls_server *t);
void tls_server_free(tls_server *t); /* NULL is allowed; links may live on */

/* One connection. The descriptor stays the caller's. */
typedef struct tls_link tls_link;
/* NULL without memory. The descriptor blocks no more. When the files have changed, new links have the new
 * certificate; while those cannot be used it stays with the old. */
tls_link *tls_link_new(tls_server *t, int fd);
void tls_link_free(tls_link *l); /* NULL is allowed */

enum tls_step { TLS_DONE, TLS_WANTS_READ, TLS_WANTS_WRITE, TLS_BROKEN };
/* Go on with the handshake; again when the socket is ready. */
enum tls_step tls_link_shake(tls_link *l);
/* As recv and send with MSG_DONTWAIT: -1 with errno EAGAIN, EINTR, or EIO when the link is broken; recv gives
 * 0 at its end. All of a record of the peer's is given at once where `n` has room for 16 KB. After EAGAIN,
 * send must be called with the same bytes again, perhaps followed by more. */
ssize_t tls_link_recv(tls_link *l, void *bytes, size_t n);
ssize_t tls_link_send(tls_link *l, const void *bytes, size_t n);
/* Say that no more is sent; the socket is closed by the caller. */
void tls_link_bye(tls_link *l);

#endif
