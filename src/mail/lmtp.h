/* lmtp: the server side of RFC 2033, over TCP or a Unix socket. Knows nothing of the desk: two callbacks
 * say who may receive and keep what came. Extensions: PIPELINING (RFC 2920), 8BITMIME (6152), SMTPUTF8
 * (6531), SIZE (1870), ENHANCEDSTATUSCODES (2034), CHUNKING (3030: BDAT, which carries bytes exactly).
 * One answer per recipient after DATA or BDAT LAST. A bare LF or bare CR never ends DATA (only CRLF . CRLF
 * does) and is kept as it came. Dot-stuffing is removed; nothing else is changed.
 *
 * The same for SMTP (RFC 5321) from known relays, with STARTTLS (RFC 3207): HELO and EHLO, one answer for a
 * letter, and so one recipient a letter: RCPT for a second address is answered with 452 4.5.3, which relays
 * take as "again, in a transaction of its own". No AUTH, and no recipient but those the hook knows. */
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

/* One letter for one recipient, to be kept together with others. */
struct lmtp_letter {
    const struct lmtp_envelope *envelope;
    size_t index; /* of the recipient */
    err result;   /* as `keep` returns it */
    buf says;     /* empty before; as in the envelope, whose own is not used here */
};

struct lmtp_hooks {
    void *context;
    /* ERR_NONE accept; ERR_MISSING 550 5.1.1; ERR_FULL 452 4.3.1; other 451 4.3.0. */
    err (*recipient)(void *context, str address);
    /* Keep the letter for recipient number `index` of the envelope; ERR_NONE only when it is durable.
     * ERR_NONE 250 2.0.0, ERR_FULL 452 4.3.1, ERR_LIMIT 552 5.3.4, other 451 4.3.0. */
    err (*keep)(void *context, const struct lmtp_envelope *envelope, size_t index);
    /* May be NULL. When it is given, `keep` is not called: sessions stop at the end of a letter, and the
     * letters of all that stopped are kept with one call. It fills `result` and `says` of each; the
     * recipients of one envelope follow each other, from 0. */
    void (*keep_many)(void *context, struct lmtp_letter *letters, size_t n);
};

/* Memory for letters that are still coming, shared by any number of sessions and threads. A letter that
 * would pass it is swallowed and answered with 452 4.3.1. Buffers grow by doubling, so that what is held may
 * pass `max` by the size of one letter. */
struct lmtp_memory {
    _Atomic size_t held;
    size_t max;
};

/* The protocol, without sockets: feed bytes, get replies. How the bytes are cut into feeds changes
 * nothing. One session is used by one thread at a time; the hooks are called from that thread. */
typedef struct lmtp_session lmtp_session;
/* Letters above `max_size` bytes are refused with 552: at MAIL when SIZE says so, else after they came. */
lmtp_session *lmtp_session_new(const struct lmtp_hooks *hooks, str host, size_t max_size);
void lmtp_session_free(lmtp_session *s); /* NULL is allowed */
/* Before the first feed; `memory` must outlive the session. Without it there is no shared limit. */
void lmtp_session_share(lmtp_session *s, struct lmtp_memory *memory);
/* Before lmtp_greet: speak SMTP. REQUIRED: before TLS only HELO, EHLO, NOOP, RSET, STARTTLS and QUIT, else
 * 530. */
typedef enum lmtp_tls { LMTP_TLS_NONE, LMTP_TLS_OFFERED, LMTP_TLS_REQUIRED } lmtp_tls;
void lmtp_session_smtp(lmtp_session *s, lmtp_tls tls);
/* STARTTLS was said: when `out` is written TLS begins. All bytes fed until lmtp_tls_begun are swallowed, and
 * what was said before is forgotten. */
bool lmtp_tls_awaited(const lmtp_session *s);
void lmtp_tls_begun(lmtp_session *s); /* the handshake is done */
void lmtp_greet(lmtp_session *s, buf *out);
/* Replies go to `out`. False when the connection is to be closed after `out` is written (QUIT, a bare LF
 * or CR or more than 4096 bytes in a command line, a malformed BDAT, 20 unknown commands, or `out` full);
 * bytes fed after that are ignored. The recipient after the thousandth gets 452 4.5.3. */
bool lmtp_feed(lmtp_session *s, str bytes, buf *out);
/* For sessions with `keep_many`: as lmtp_feed, but stops behind the end of a letter that is to be kept.
 * Returns how many bytes were used; the others are to be fed again after lmtp_answer. */
size_t lmtp_take(lmtp_session *s, str bytes, buf *out);
/* The letter the session stopped at, with all its recipients, or NULL. Valid until lmtp_answer. */
const struct lmtp_envelope *lmtp_waiting(const lmtp_session *s);
/* Answer that letter: `letters` holds the results for its recipients, in order. */
void lmtp_answer(lmtp_session *s, const struct lmtp_letter *letters, buf *out);
/* False as lmtp_feed returns it. */
bool lmtp_open(const lmtp_session *s);
/* Between MAIL and its last answer: a close now would cost the peer a try. */
bool lmtp_in_transaction(const lmtp_session *s);

/* The listener: one thread for all connections, at most `connections` (421 4.3.2 beyond), idle timeout 5
 * minutes. `recipient` and `keep` are called from this thread, so one that is slow holds up every connection
 * of the listener; `keep_many` is called from a second thread, and letters that end while it runs are kept
 * together with its next call.
 * All listeners of a process hold at most 512 MB of letters that are still coming. */
typedef struct lmtp_server lmtp_server;
struct lmtp_options {
    str listen; /* "127.0.0.1:2424", "[::1]:24", or a socket's path (contains '/'; made with mode 0660) */
    str host;   /* said in the greeting */
    size_t max_size;
    int connections; /* 0 means 100 */
    struct lmtp_hooks hooks;
};
/* What makes it an SMTP listener; all of it must outlive the server. A peer that is none of `relays` gets 554
 * 5.7.1 and is closed. TLS is required of those that are not on this machine. */
struct relays;
struct tls_server;
struct lmtp_smtp {
    const struct relays *relays;
    struct tls_server
        *tls;     /* NULL: STARTTLS is not offered, and nobody may be in `relays` but this machine */
    int per_peer; /* connections of one address; 421 4.7.0 beyond; 0 means 20 */
};
/* ERR_INVALID: not an address, or the path is too long or is not a socket; ERR_CONFLICT: somebody listens
 * there already; ERR_DENIED, ERR_IO: the system refused. A socket file where nobody answers is replaced. */
err lmtp_server_start(const struct lmtp_options *options, lmtp_server **ret_server);
err lmtp_server_start_smtp(const struct lmtp_options *options, const struct lmtp_smtp *smtp,
                           lmtp_server **ret_server);
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
