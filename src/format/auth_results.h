/* auth_results: what a mail server says of who sent a letter (Authentication-Results, RFC 8601; DMARC, RFC
 * 7489). Anyone can write such a field into a letter, so it holds only where our own server is known to have
 * written it: by its name, and above the next Received. */
#ifndef LONGHAND_FORMAT_AUTH_RESULTS_H
#define LONGHAND_FORMAT_AUTH_RESULTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/str.h"

typedef enum auth_verdict {
    AUTH_NONE, /* nobody we believe says anything */
    AUTH_PASS, /* it is from the domain in its From */
    AUTH_FAIL, /* it is not, or what was said cannot be read to its end */
    AUTH_OWN,  /* it claims to be from an inbox of ours, and nobody vouches for that */
} auth_verdict;
enum { AUTH_VERDICTS = AUTH_OWN + 1 };
const char *auth_verdict_name(auth_verdict v); /* "", "pass", "fail", "own" */
auth_verdict auth_verdict_from(str name);      /* AUTH_NONE for any other */

typedef enum auth_method { AUTH_DMARC, AUTH_DKIM, AUTH_SPF } auth_method;
enum { AUTH_METHODS = AUTH_SPF + 1 };

/* The word that one method gave. Of the results only these two matter. */
struct auth_claim {
    auth_method method;
    bool pass;  /* "pass" and "fail"; what is neither is left out */
    str domain; /* header.from, header.d or smtp.mailfrom without what stands before "@"; lower case, "" when
                   untold */
};

struct auth_header {
    str authserv_id; /* lower case */
    int hop;         /* how many Received stand above it */
    bool broken;     /* a quotation or comment has no end: it says less than it seems */
    LIST(struct auth_claim) claims;
};
typedef LIST(struct auth_header) auth_header_list;

enum { AUTH_HEADERS_MAX = 50, AUTH_CLAIMS_MAX = 50, AUTH_DOMAIN_BYTES = 253 };

/* One field's value, folded or not. False when it names no server. */
bool auth_results_parse(arena *a, str value, struct auth_header *ret_header);
/* All of a letter's, from the top. `raw`: its bytes; only the first 256 KB of the header are read. */
void auth_results_read(arena *a, str raw, auth_header_list *ret_headers);

/* What `authserv_id` says of a letter whose From is `from`. Only its topmost fields count: those above the
 * first Received that stands below its first one. "" as id believes nobody. A DMARC fail outweighs all. For a
 * pass, DMARC's must be about the domain of From; without a word of DMARC, a DKIM signature or envelope
 * sender of that domain, or of one that it lies in, does too. */
auth_verdict auth_verdict_of(const auth_header_list *headers, str authserv_id, str from);

#endif
