/* lmtp: the server side of RFC 2033, over TCP or a Unix socket. Knows nothing of the desk: two callbacks
 * say who may receive and keep what came. Extensions: PIPELINING (RFC 2920), 8BITMIME (6152), SMTPUTF8
 * (6531), SIZE (1870), ENHANCEDSTATUSCODES (2034), CHUNKING (3030: BDAT, which carries bytes exactly).
 * One answer per recipient after DATA or BDAT LAST. A bare LF or bare CR never ends DATA (only CRLF . CRLF
 * does) and is kept as it came. Dot-stuffing is removed; nothing else is changed. */
#ifndef LONGHAND_MAIL_LMTP_H
#define LONGHAND_MAIL_LMTP_H

#include "base/buf.h"
#include "base/err.h"
#include "format/mime.h"

struct lmtp_envelope {
    str mail_from; /* "" for the null sender */
    str_list rcpt; /* accepted ones, as given; the same one twice when it was given twice */
    str data;      /* the letter's bytes; may be empty */
    buf *says;     /* empty before each keep; what keep adds replaces the words after "250 2.0.0 " */
};

struct lmtp_hooks {
    void *context;
    /* ERR_NONE accept; ERR_MISSING 550 5.1.1; ERR_FULL 452 4.3.1; other 451 4.3.0. */
    err (*recipient)(void *context, str address);
    /* Keep the letter for recipient number `index` of the envelope; ERR_NONE only when it is durable.
     * ERR_NONE 250 2.0.0, ERR_FULL 452 4.3.1, ERR_LIMIT 552 5.3.4, other 451 4.3.0. */
    err (*keep)(void *context, const struct lmtp_envelope *envelope, size_t index);
};

/* The protocol, without sockets: feed bytes, get replies. How the bytes are cut into feeds changes
 * nothing. One session is used by one thread at a time; the hooks are called from that thread. */
typedef struct lmtp_session lmtp_session;
/* Letters above `max_size` bytes are refused with 552: at MAIL when SIZE says so, else after they came. */
lmtp_session *lmtp_session_new(const struct lmtp_hooks *hooks, str host, size_t max_size);
void lmtp_session_free(lmtp_session *s); /* NULL is allowed */
void lmtp_greet(lmtp_session *s, buf *out);
/* Replies go to `out`. False when the connection is to be closed after `out` is written (QUIT, a bare LF
 * or CR or more than 4096 bytes in a command line, a malformed BDAT, 20 unknown commands, or `out` full);
 * bytes fed after that are ignored. The recipient after the thousandth gets 452 4.5.3. */
bool lmtp_feed(lmtp_session *s, str bytes, buf *out);
/* Between MAIL and its last answer: a close now would cost the peer a try. */
bool lmtp_in_transaction(const lmtp_session *s);

/* The listener: a thread per connection, at most `connections` (421 4.3.2 beyond), idle timeout 5
 * minutes. The hooks are called from these threads, several at once. */
typedef struct lmtp_server lmtp_server;
struct lmtp_options {
    str listen; /* "127.0.0.1:2424", "[::1]:24", or a socket's path (contains '/'; made with mode 0660) */
    str host;   /* said in the greeting */
    size_t max_size;
    int connections; /* 0 means 100 */
    struct lmtp_hooks hooks;
};
/* ERR_INVALID: not an address, or the path is too long or is not a socket; ERR_CONFLICT: somebody listens
 * there already; ERR_DENIED, ERR_IO: the system refused. A socket file where nobody answers is replaced. */
err lmtp_server_start(const struct lmtp_options *options, lmtp_server **ret_server);
int lmtp_server_port(const lmtp_server *s); /* the port bound, for ":0"; 0 for a Unix socket */
/* Refuse new connections, let running transactions end for up to 5 s, close. Returns when no hook runs
 * any more; frees `s`. NULL is allowed. */
void lmtp_server_stop(lmtp_server *s);

/* The client side, for `longhand deliver` handing a letter to the running desk: one letter to one
 * recipient over a Unix socket, its bytes unchanged (BDAT). `ret_reply` gets the server's last line, in
 * the arena. ERR_MISSING: nobody listens. ERR_INVALID: an address that cannot be said, or a 5xx answer.
 * ERR_LIMIT: 552. ERR_FULL: 452. ERR_BUSY: another 4xx. ERR_NETWORK: broke off, or silent for 120 s: the
 * letter may have been kept. The sentence holds the server's line. */
err lmtp_hand_over(arena *a, str socket_path, str mail_from, str rcpt, str data, str *ret_reply);

#endif
