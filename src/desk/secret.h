/* secret: passwords and tokens of mailboxes, sealed before they go into the database (XChaCha20-Poly1305,
 * libsodium). The key is a file of the data folder, secret.key, which only its owner may read: a copy of the
 * database alone opens nothing. It is made when first needed.
 *
 * A sealed value is bound to what it is for: moved to another row, or given to another server than the one
 * it was kept for, it does not open. */
#ifndef LONGHAND_DESK_SECRET_H
#define LONGHAND_DESK_SECRET_H

#include "desk/desk.h"

enum { SECRET_BYTES = 16 << 10 }; /* the longest that is sealed */

/* Whose it is and what may be done with it. */
struct secret_use {
    const char *what; /* "smtp password", ... */
    int64_t brand;
    str where; /* the server it goes to; compared without regard to case */
};

/* "" stays "". ERR_LIMIT, ERR_IO. */
err secret_seal(const struct desk *d, arena *a, const struct secret_use *use, str plain, str *ret_sealed);
/* What was never sealed (kept before there were sealed ones) comes back as it is. ERR_DENIED: the key is not
 * there or another one, or the value was kept for something else; the sentence says what to do. */
err secret_open(const struct desk *d, arena *a, const struct secret_use *use, str sealed, str *ret_plain);
bool secret_is_sealed(str value);

str secret_path(arena *a, str folder); /* of the key; NUL-terminated */

#endif
