/* Any bytes as a mail: what is read of who sent it is clean, within the limits, goes through the reader's
 * parcel unchanged, and makes a pass only where our server's name stands. */
#include <stdlib.h>

#include "format/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(64 << 20);
    auth_header_list all, again;
    auth_results_read(a, (str){(const char *)data, size}, &all);
    check(all.n <= AUTH_HEADERS_MAX);
    bool named = false;
    for (size_t i = 0; i < all.n; i++) {
        const struct auth_header *h = &all.v[i];
        named = named || str_eq(h->authserv_id, S("mx.example"));
        check(h->authserv_id.n && h->authserv_id.n <= AUTH_DOMAIN_BYTES && h->claims.n <= AUTH_CLAIMS_MAX);
        for (size_t k = 0; k < h->claims.n; k++) check(h->claims.v[k].domain.n <= AUTH_DOMAIN_BYTES);
    }
    BUF_AUTO buf one = BUF_MAX(1 << 24), two = BUF_MAX(1 << 24);
    parcel_put_auth(&one, &all);
    check(parcel_get_auth(a, buf_str(&one), &again) == ERR_NONE);
    parcel_put_auth(&two, &again);
    check(str_eq(buf_str(&one), buf_str(&two)));
    auth_verdict v = auth_verdict_of(&all, S("mx.example"), S("a@shop.example"));
    check(v == auth_verdict_of(&again, S("MX.example"), S("b@SHOP.example")));
    check(named || v == AUTH_NONE);
    /* The bytes as a parcel. */
    if (parcel_get_auth(a, (str){(const char *)data, size}, &again) == ERR_NONE)
        auth_verdict_of(&again, S("mx.example"), S("a@shop.example"));
    return 0;
}
