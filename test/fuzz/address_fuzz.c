/* Any bytes as an address list: addresses have their normal form, and a mail to them is written such that it
 * reads back as the same, its domain as it stands on the wire. */
#include <stdlib.h>

#include "format/compose.h"
#include "format/idn.h"
#include "format/mime_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void check_mail(arena *a, const mime_address_list *list, str subject) {
    struct compose_mail m = {.from = {S(""), S("desk@x.example")}, .message_id = S("1@x"), .at = 1};
    m.text = S("x");
    m.subject = subject;
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].address.n) *list_add(a, &m.to) = list->v[i];
    str bytes;
    struct mime_letter l;
    if (m.to.n == 0) return;
    check(compose_bytes(a, &m, &bytes) == ERR_NONE);
    check(mime_read(a, bytes, &mime_default_limits, &l) == ERR_NONE);
    check(l.to.n == m.to.n && l.cc.n == 0 && l.from.n == 1 && str_eq(l.text, S("x")));
    for (size_t i = 0; i < m.to.n; i++) {
        str wire;
        if (!idn_address(a, m.to.v[i].address, &wire)) wire = m.to.v[i].address;
        check(str_eq(l.to.v[i].address, wire));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    str bytes = {(const char *)data, size}, normal, twice;
    struct mime_address one;
    mime_address_list list = {0};
    mime_addresses(a, bytes, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (list.v[i].address.n == 0) continue;
        check(address_normal(a, list.v[i].address, &normal) && str_eq(normal, list.v[i].address));
    }
    if (address_normal(a, bytes, &normal)) check(address_normal(a, normal, &twice) && str_eq(normal, twice));
    if (address_parse(a, bytes, &one)) check(one.address.n > 0);
    check_mail(a, &list, mime_decode(a, bytes));
    compose_reply_subject(a, bytes);
    int zone;
    mime_date(bytes, &zone);
    return 0;
}
