/* The parcel of what a letter says of mail itself: of letters that came back, and of who sent it. */
#include "format/parcel.h"

enum tag {
    TAG_ROW = 1,
    TAG_RETURNED_ID,
    TAG_RECIPIENT,
    TAG_STATUS,
    TAG_CODE,
    TAG_SAYS,
    TAG_REASON,
    TAG_DELAYED,
    TAG_HEADER,
    TAG_AUTHSERV,
    TAG_HOP,
    TAG_BROKEN,
    TAG_CLAIM,
    TAG_METHOD,
    TAG_PASSED,
    TAG_DOMAIN,
};

enum { NAME_MAX_BYTES = 998, STATUS_MAX_BYTES = 9, HOPS_MAX = 100000 };

static bool get_line(str value, size_t max, str *to) {
    if (!parcel_text_ok(value, max, false)) return false;
    *to = value;
    return true;
}

static bool get_number(str value, int64_t low, int64_t high, int64_t *to) {
    int64_t v;
    if (!parcel_int(value, &v) || v < low || v > high) return false;
    *to = v;
    return true;
}

static err malformed(void) { return err_set(ERR_INVALID, "The reading process gave a malformed answer."); }

/* ---- letters that came back ---- */

static void put_row(buf *out, const struct bounce_row *r) {
    size_t mark = parcel_open(out, TAG_ROW);
    parcel_put(out, TAG_RECIPIENT, r->recipient);
    parcel_put(out, TAG_STATUS, r->status);
    parcel_put_int(out, TAG_CODE, r->code);
    parcel_put(out, TAG_SAYS, r->says);
    parcel_put_int(out, TAG_REASON, r->reason);
    parcel_put_int(out, TAG_DELAYED, r->delayed);
    parcel_close(out, mark);
}

void parcel_put_bounce(buf *out, const struct bounce *b) {
    parcel_put(out, TAG_RETURNED_ID, b->message_id);
    for (size_t i = 0; i < b->rows.n; i++) put_row(out, &b->rows.v[i]);
}

static bool get_status(str value, str *to) {
    if (value.n > STATUS_MAX_BYTES) return false;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] != '.' && (value.p[i] < '0' || value.p[i] > '9')) return false;
    *to = value;
    return true;
}

static bool get_row(arena *a, str value, struct bounce *b) {
    struct bounce_row r = {.recipient = S(""), .status = S(""), .says = S("")};
    int tag;
    int64_t v = 0;
    str item;
    if (b->rows.n >= BOUNCE_ROWS_MAX) return false;
    while (parcel_next(&value, &tag, &item)) {
        bool good = false;
        if (tag == TAG_RECIPIENT)
            good = get_line(item, NAME_MAX_BYTES, &r.recipient);
        else if (tag == TAG_STATUS)
            good = get_status(item, &r.status);
        else if (tag == TAG_CODE)
            good = get_number(item, 0, 599, &v), r.code = (int)v;
        else if (tag == TAG_SAYS)
            good = get_line(item, BOUNCE_SAYS_BYTES, &r.says);
        else if (tag == TAG_REASON)
            good = get_number(item, 0, BOUNCE_REASONS - 1, &v), r.reason = (bounce_reason)v;
        else if (tag == TAG_DELAYED)
            good = get_number(item, 0, 1, &v), r.delayed = v;
        if (!good) return false;
    }
    *list_add(a, &b->rows) = r;
    return value.n == 0;
}

err parcel_get_bounce(arena *a, str bytes, struct bounce *ret_bounce) {
    struct bounce b = {.message_id = S("")};
    int tag;
    str value;
    while (parcel_next(&bytes, &tag, &value)) {
        bool good = tag == TAG_ROW           ? get_row(a, value, &b)
                    : tag == TAG_RETURNED_ID ? get_line(value, NAME_MAX_BYTES, &b.message_id)
                                             : false;
        if (!good) return malformed();
    }
    if (bytes.n) return malformed();
    *ret_bounce = b;
    return ERR_NONE;
}

/* ---- who sent it ---- */

void parcel_put_auth(buf *out, const auth_header_list *headers) {
    for (size_t i = 0; i < headers->n; i++) {
        const struct auth_header *h = &headers->v[i];
        size_t mark = parcel_open(out, TAG_HEADER);
        parcel_put(out, TAG_AUTHSERV, h->authserv_id);
        parcel_put_int(out, TAG_HOP, h->hop);
        parcel_put_int(out, TAG_BROKEN, h->broken);
        for (size_t k = 0; k < h->claims.n; k++) {
            size_t inner = parcel_open(out, TAG_CLAIM);
            parcel_put_int(out, TAG_METHOD, h->claims.v[k].method);
            parcel_put_int(out, TAG_PASSED, h->claims.v[k].pass);
            parcel_put(out, TAG_DOMAIN, h->claims.v[k].domain);
            parcel_close(out, inner);
        }
        parcel_close(out, mark);
    }
}

static bool get_claim(arena *a, str value, struct auth_header *h) {
    struct auth_claim k = {.domain = S("")};
    int tag;
    int64_t v = 0;
    str item;
    if (h->claims.n >= AUTH_CLAIMS_MAX) return false;
    while (parcel_next(&value, &tag, &item)) {
        bool good = false;
        if (tag == TAG_METHOD)
            good = get_number(item, 0, AUTH_METHODS - 1, &v), k.method = (auth_method)v;
        else if (tag == TAG_PASSED)
            good = get_number(item, 0, 1, &v), k.pass = v;
        else if (tag == TAG_DOMAIN)
            good = get_line(item, AUTH_DOMAIN_BYTES, &k.domain);
        if (!good) return false;
    }
    *list_add(a, &h->claims) = k;
    return value.n == 0;
}

static bool get_header(arena *a, str value, auth_header_list *all) {
    struct auth_header h = {.authserv_id = S("")};
    int tag;
    int64_t v = 0;
    str item;
    if (all->n >= AUTH_HEADERS_MAX) return false;
    while (parcel_next(&value, &tag, &item)) {
        bool good = false;
        if (tag == TAG_AUTHSERV)
            good = get_line(item, AUTH_DOMAIN_BYTES, &h.authserv_id);
        else if (tag == TAG_HOP)
            good = get_number(item, 0, HOPS_MAX, &v), h.hop = (int)v;
        else if (tag == TAG_BROKEN)
            good = get_number(item, 0, 1, &v), h.broken = v;
        else if (tag == TAG_CLAIM)
            good = get_claim(a, item, &h);
        if (!good) return false;
    }
    *list_add(a, all) = h;
    return value.n == 0;
}

err parcel_get_auth(arena *a, str bytes, auth_header_list *ret_headers) {
    auth_header_list all = {0};
    int tag;
    str value;
    while (parcel_next(&bytes, &tag, &value))
        if (tag != TAG_HEADER || !get_header(a, value, &all)) return malformed();
    if (bytes.n) return malformed();
    *ret_headers = all;
    return ERR_NONE;
}
