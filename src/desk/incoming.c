#include "desk/incoming.h"

#include "base/random.h"
#include "store/acknowledge.h"
#include "store/bounce.h"

enum { TOKEN_BYTES = 16, TOKEN_CHARS = 26, LOCAL_MAX = 64, LOOKUPS_MAX = 10, AUTHSERV_BYTES = 253 };

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Base32 of RFC 4648 in lower case, without padding: mail systems do not keep case apart reliably. */
static str token_base32(arena *a) {
    unsigned char bytes[TOKEN_BYTES];
    char *out = arena_alloc(a, TOKEN_CHARS);
    unsigned int bits = 0, held = 0;
    size_t n = 0;
    random_bytes(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bits = (bits << 8 | bytes[i]) & 0xFFFF;
        for (held += 8; held >= 5; held -= 5) out[n++] = alphabet[bits >> (held - 5) & 31];
    }
    out[n++] = alphabet[bits << (5 - held) & 31];
    return (str){out, n};
}

/* What stands between the last "+" and the "@"; false when that is no token. */
static bool token_of(arena *a, str address, str *ret) {
    size_t at = str_find_char(address, '@', 0);
    if (at == SIZE_MAX || at < TOKEN_CHARS + 2 || address.p[at - TOKEN_CHARS - 1] != '+') return false;
    str token = str_lower(a, str_slice(address, at - TOKEN_CHARS, at));
    for (size_t i = 0; i < token.n; i++)
        if (!str_has(S("abcdefghijklmnopqrstuvwxyz234567"), token.p[i])) return false;
    *ret = token;
    return true;
}

err incoming_reply_address(db_conn *c, arena *a, int64_t brand, const struct store_inbox *inbox,
                           int64_t message, int64_t now, str *ret_address) {
    struct store_incoming chosen;
    size_t at = str_find_char(inbox->address, '@', 0);
    TRY(store_incoming_get(c, a, brand, inbox->id, &chosen));
    if (!chosen.reply_addresses || at == SIZE_MAX || at + 1 + TOKEN_CHARS > LOCAL_MAX) {
        *ret_address = S("");
        return ERR_NONE;
    }
    str token = token_base32(a);
    TRY(store_reply_address_insert(c, brand, token_hash(a, token), message, now));
    *ret_address = str_fmt(a, "%.*s+%.*s%.*s", STR_FMT(str_slice(inbox->address, 0, at)), STR_FMT(token),
                           STR_FMT(str_slice(inbox->address, at, inbox->address.n)));
    return ERR_NONE;
}

err incoming_place_of(db_conn *c, arena *a, int64_t brand, const str *addresses, size_t n,
                      int64_t *ret_conversation) {
    int64_t found = 0;
    int lookups = 0;
    for (size_t i = 0; i < n && !found && lookups < LOOKUPS_MAX; i++) {
        str token;
        if (!token_of(a, addresses[i], &token)) continue;
        lookups++;
        TRY(store_reply_address_find(c, brand, token_hash(a, token), &found));
    }
    *ret_conversation = found;
    return ERR_NONE;
}

err incoming_forget(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(store_bounce_delete(c, brand, conversation));
    TRY(store_acknowledge_delete(c, brand, conversation));
    return store_reply_address_delete(c, brand, conversation);
}

/* A host name, or what else a server may call itself: a token of RFC 8601 2.2 without quoting. */
static bool authserv_ok(str id) {
    if (id.n > AUTHSERV_BYTES) return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (!good) return false;
    }
    return true;
}

struct changing {
    arena *a;
    const struct actor *who;
    struct store_incoming row;
};

static err write_change(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_inbox there;
    TRY(store_inbox_by_id(c, x->a, x->who->brand, x->row.inbox_id, &there));
    return store_incoming_put(c, x->who->brand, &x->row);
}

err incoming_change(struct desk *d, arena *a, const struct actor *who, const struct store_incoming *form) {
    struct changing x = {a, who, *form};
    x.row.authserv_id = str_lower(a, str_trim(form->authserv_id));
    x.row.updated_at = desk_now(d);
    if (!authserv_ok(x.row.authserv_id))
        return err_set(ERR_INVALID,
                       "The name of the checking server must be one such as mx.example.org: letters, "
                       "digits, dots and hyphens.");
    if (x.row.acknowledges && !x.row.authserv_id.n)
        return err_set(
            ERR_INVALID,
            "Acknowledgements go only to senders that a checking server vouches for, so its name is "
            "needed with them.");
    TRY(db_write(d->db, write_change, &x));
    desk_changed(d, who->brand, 0, "inbox");
    return ERR_NONE;
}
