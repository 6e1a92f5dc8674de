/* password: Argon2id by libsodium, and which passwords are good enough.
 *
 * Cost: 19 MiB and 6 passes on one lane, above the minimum OWASP's Password Storage Cheat Sheet names
 * (19 MiB, 2 passes): 50 to 100 ms on a small server. At most two are computed at once, so that people
 * signing in cost the desk at most 38 MiB. Passwords are compared in NFC, as RFC 8265 (OpaqueString) has it:
 * the same letters typed on another keyboard are the same password. */
#ifndef LONGHAND_DESK_PASSWORD_H
#define LONGHAND_DESK_PASSWORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { PASSWORD_MIN_CHARACTERS = 10, PASSWORD_MAX_BYTES = 1024 };

/* ERR_INVALID with the reason: too short, too long, not UTF-8 or with NUL, the same as the address (or the
 * part before its @) or the name, or one of those everybody tries first. */
err password_check(arena *a, str password, str email, str name);

/* ERR_BUSY when too many are waiting already. Takes 50 to 100 ms. */
err password_hash(arena *a, str password, str *ret_hash);
/* With `hash` "" it works just as long and gives false, so that time tells nothing. ERR_BUSY as above. */
err password_verify(arena *a, str password, str hash, bool *ret_right);
/* Made with another cost than today's: hash it again at the next sign-in. */
bool password_outdated(str hash);

/* A password to begin with: five groups of four, 100 bits, no letters that look alike. */
str password_new(arena *a);

#endif
