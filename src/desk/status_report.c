/* What mail systems and absent people answer to mails of the status page. Each such mail has a Message-ID of
 * its own that holds the hash of the link in it, which nobody else knows: so it names its subscriber. */
#include <sodium.h>

#include "desk/status_mail.h"

static const char begins[] = "status.";
enum { HASH_BYTES = 32, TEXT_BYTES = 43, URL_SAFE = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

str status_message_id(arena *a, str hash, str address) {
    char text[TEXT_BYTES + 1];
    str host = str_slice(address, str_find_char(address, '@', 0) + 1, address.n);
    sodium_bin2base64(text, sizeof text, (const unsigned char *)hash.p, HASH_BYTES, URL_SAFE);
    return str_fmt(a, "%s%s@%.*s", begins, text, STR_FMT(host));
}

/* "" for an id that is none of ours. */
static str hash_in(arena *a, str id) {
    unsigned char *hash = arena_alloc(a, HASH_BYTES);
    size_t at = sizeof begins - 1, n;
    if (!str_starts(id, str_z(begins)) || str_find_char(id, '@', 0) != at + TEXT_BYTES) return S("");
    if (sodium_base642bin(hash, HASH_BYTES, id.p + at, TEXT_BYTES, NULL, &n, NULL, URL_SAFE)) return S("");
    return (str){(const char *)hash, n};
}

/* Whoever never said yes is not asked again for a while; their address goes in any case. */
static err end_of(db_conn *c, int64_t brand, struct store_subscriber *s, int64_t now) {
    if (s->state == SUBSCRIBER_CONFIRMED) return store_subscriber_delete(c, brand, s->id);
    s->state = SUBSCRIBER_REFUSED;
    s->email = s->hash = S("");
    s->asked_at = now;
    return store_subscriber_put(c, brand, s);
}

/* It came back for another reason: as if the mail server had refused it. */
static err count_failure(db_conn *c, arena *a, int64_t brand, str hash, struct store_subscriber *s,
                         int64_t now) {
    struct store_status_mail mail;
    err e = store_status_mail_by_hash(c, a, brand, hash, &mail);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    return status_mail_failed_in(c, brand, &mail, s->id, now);
}

static err weigh(db_conn *c, arena *a, int64_t brand, str hash, const struct bounce *b, int64_t now) {
    struct store_subscriber s;
    err e = store_subscriber_by_link(c, a, brand, hash, &s);
    if (e == ERR_MISSING) return ERR_NONE;
    TRY(e);
    for (size_t i = 0; i < b->rows.n; i++) {
        const struct bounce_row *row = &b->rows.v[i];
        if (row->delayed || row->reason == BOUNCE_VACATION || row->reason == BOUNCE_DELIVERED) continue;
        if (row->reason == BOUNCE_FEEDBACK || bounce_is_hard(row)) return end_of(c, brand, &s, now);
        return count_failure(c, a, brand, hash, &s, now);
    }
    return ERR_NONE;
}

err status_report_in(db_conn *c, arena *a, int64_t brand, const struct bounce *b, const str_list *names,
                     bool believed, int64_t now, bool *ret_ours) {
    str hash = hash_in(a, b->message_id);
    bool is_report = hash.n > 0;
    for (size_t i = 0; i < names->n && !hash.n; i++) hash = hash_in(a, names->v[i]);
    *ret_ours = hash.n > 0;
    return is_report && believed ? weigh(c, a, brand, hash, b, now) : ERR_NONE;
}
