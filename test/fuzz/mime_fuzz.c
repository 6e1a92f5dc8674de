/* Any bytes as a mail: what is read is clean text within the limits, and passes the checks of the parcel in
 * which it would reach the desk. */
#include <stdlib.h>

#include "format/mime.h"
#include "format/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void check_letter(const struct mime_letter *l) {
    check(parcel_text_ok(l->subject, 2000, false));
    check(parcel_text_ok(l->message_id, 998, false));
    check(parcel_text_ok(l->text, mime_default_limits.text_bytes, true));
    check(parcel_text_ok(l->html, mime_default_limits.text_bytes * 40, true));
    check(l->references.n <= 50 && (size_t)l->parts <= mime_default_limits.parts);
    check(l->attachments.n <= mime_default_limits.parts);
    check(l->sent_at != 0 || l->zone_minutes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct mime_letter l, again;
    struct mime_limits limits = mime_default_limits;
    limits.words_only = size % 2;
    if (mime_read(a, (str){(const char *)data, size}, &limits, &l)) return 0;
    check_letter(&l);
    BUF_AUTO buf parcel = BUF_MAX(1 << 28);
    parcel_put_letter(&parcel, &l);
    check(parcel_get_letter(a, buf_str(&parcel), &again) == ERR_NONE);
    check(str_eq(again.subject, l.subject) && str_eq(again.text, l.text) && again.to.n == l.to.n);
    check(again.attachments.n == l.attachments.n && again.sent_at == l.sent_at && again.machine == l.machine);
    return 0;
}
