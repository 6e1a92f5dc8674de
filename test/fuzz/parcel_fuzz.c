/* Any bytes as the answer of the reading process: refused, or a letter that is put and taken again the same.
 */
#include <stdlib.h>

#include "format/html.h"
#include "format/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct mime_letter l, again;
    if (parcel_get_letter(a, (str){(const char *)data, size}, &l)) return 0;
    check(l.machine <= MIME_LIST && l.references.n <= 50 && l.attachments.n <= mime_default_limits.parts);
    check(parcel_text_ok(l.text, mime_default_limits.text_bytes, true));
    BUF_AUTO buf one = BUF_MAX(1 << 28), two = BUF_MAX(1 << 28);
    parcel_put_letter(&one, &l);
    check(parcel_get_letter(a, buf_str(&one), &again) == ERR_NONE);
    parcel_put_letter(&two, &again);
    check(str_eq(buf_str(&one), buf_str(&two)));
    return 0;
}
