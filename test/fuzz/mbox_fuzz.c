/* A file of many mails: where they begin, what each was, and what its header says. */
#include <stdlib.h>

#include "format/mbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    ARENA_AUTO arena *a = arena_new(256 << 20);
    str all = {(const char *)data, n}, rest = all, line, next = S("");
    bool after_empty = true;
    while (str_line(&rest, &line)) {
        str behind = rest;
        if (!str_line(&behind, &next)) next = S("");
        bool begins = mbox_begins(line, next, after_empty);
        if (begins && !str_starts(line, S("From "))) abort();
        mbox_date(line);
        after_empty = line.n == 0;
    }
    str mail = mbox_mail(a, all);
    if (mail.n > n) abort();
    struct mail_peek peek;
    mail_peek(a, all, &peek);
    if (!str_is_utf8(peek.from) && peek.from.n > n) abort();
    return 0;
}
