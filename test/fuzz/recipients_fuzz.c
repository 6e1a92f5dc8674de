/* Any bytes as an address list: a mail to it is written such that it reads back as the same, each domain as
 * it stands on the wire, and nothing else is added to it. */
#include <stdlib.h>

#include "format/compose.h"
#include "format/idn.h"
#include "format/mime_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    str bytes = {(const char *)data, size}, mail;
    mime_address_list list = {0};
    struct mime_letter l;
    mime_addresses(a, bytes, &list);
    struct compose_mail m = {.from = {S(""), S("desk@x.example")}, .message_id = S("1@x"), .at = 1};
    m.text = S("x");
    m.subject = mime_decode(a, bytes);
    for (size_t i = 0; i < list.n; i++)
        if (list.v[i].address.n) *list_add(a, &m.to) = list.v[i];
    if (m.to.n == 0) return 0;
    check(compose_bytes(a, &m, &mail) == ERR_NONE);
    check(mime_read(a, mail, &mime_default_limits, &l) == ERR_NONE);
    check(l.to.n == m.to.n && l.cc.n == 0 && l.from.n == 1 && str_eq(l.text, S("x")));
    for (size_t i = 0; i < m.to.n; i++) {
        str wire;
        if (!idn_address(a, m.to.v[i].address, &wire)) wire = m.to.v[i].address;
        check(str_eq(l.to.v[i].address, wire));
    }
    return 0;
}
