/* idn: domains with letters beyond ASCII as they stand on the wire (RFC 3492 and 5891). */
#ifndef LONGHAND_FORMAT_IDN_H
#define LONGHAND_FORMAT_IDN_H

#include "base/arena.h"
#include "base/str.h"

/* "bücher.example" -> "xn--bcher-kva.example": lower case, NFKC, then Punycode for each label that needs it;
 * a domain of ASCII only comes back as it is. False for what cannot be one: a label that is empty, above 63
 * bytes, with a hyphen at an end, or with characters that are neither letters, marks, digits nor hyphens. */
bool idn_to_ascii(arena *a, str domain, str *ret_ascii);

/* The address with its domain so, where the part before the @ is ASCII; else as it is: it needs SMTPUTF8 (RFC
 * 6531) anyway. False as above. */
bool idn_address(arena *a, str address, str *ret_address);

#endif
