/* imap_link: a connection to an IMAP server that libcurl has made and signed in on, and our own bytes over
 * it.
 *
 * libcurl connects (CURLOPT_CONNECT_ONLY), does STARTTLS or TLS, checks the certificate and says LOGIN or
 * AUTHENTICATE; then its handle stays in the multi handle, because curl_easy_send and curl_easy_recv work
 * only there, and is taken out to close. One multi handle for all connections: they share the certificates of
 * the system, a megabyte. */
#ifndef LONGHAND_MAIL_IMAP_LINK_H
#define LONGHAND_MAIL_IMAP_LINK_H

#include <curl/curl.h>

#include "mail/imap.h"

typedef struct imap_link imap_link;

/* Begin to connect. `multi` is to be worked (curl_multi_perform) until it tells that `imap_link_handle` is
 * done. With NULL it blocks until it is. ERR_INVALID with a sentence: a login that cannot be used. */
err imap_link_begin(CURLM *multi, const struct imap_login *login, int seconds, imap_link **ret_link);
CURL *imap_link_handle(const imap_link *l);
/* libcurl is done with `code`. ERR_NONE: signed in. ERR_BUSY: it is begun again, by another way to sign in
 * that the server may take. ERR_DENIED, ERR_NETWORK, ERR_INVALID with a sentence. */
err imap_link_done(imap_link *l, CURLcode code);
int imap_link_fd(const imap_link *l);
/* How many bytes; 0: not now; -1: the connection is gone. */
long imap_link_read(imap_link *l, char *to, size_t n);
long imap_link_write(imap_link *l, str bytes);
/* At once, without a word to the server, which may be stuck. NULL is allowed. */
void imap_link_end(imap_link *l);

/* What every multi handle for this needs. */
CURLM *imap_link_multi(void);

#endif
