/* Any bytes as one of the files that letters hold: the first byte says which reader they go to. What comes
 * out is clean text within its limits, and what is told of a file is read again as it was written. */
#include <stdlib.h>

#include "format/about.h"
#include "format/html.h"
#include "format/mime_charset.h"
#include "format/mime_guess.h"
#include "format/parcel.h"
#include "format/picture.h"
#include "format/rtf.h"
#include "format/tnef.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void check_about(arena *a, const struct about *x) {
    struct about again;
    str text = about_write(a, x);
    check(parcel_text_ok(text, ABOUT_BYTES_MAX, true));
    check(text.n > 0 && about_read(text, &again));
    check(again.kind == x->kind && again.all_day == x->all_day && again.wish == x->wish);
}

static void calendar(arena *a, str bytes) {
    struct about x;
    if (calendar_about(a, bytes, &x)) check_about(a, &x);
}

static void letter(arena *a, str bytes) {
    (void)a;
    struct about x;
    if (about_read(bytes, &x)) check(x.kind != ABOUT_NOTHING && x.more >= 0);
}

static void wrapping(arena *a, str bytes) {
    struct tnef t;
    if (tnef_read(a, bytes, true, &t)) return;
    check(parcel_text_ok(t.text, SIZE_MAX, true) && parcel_text_ok(t.html, SIZE_MAX, true));
    check(t.files.n <= TNEF_FILES_MAX);
    for (size_t i = 0; i < t.files.n; i++) {
        const struct tnef_file *f = &t.files.v[i];
        check(parcel_text_ok(f->name, SIZE_MAX, false) && parcel_text_ok(f->type, SIZE_MAX, false));
        check(f->bytes.n <= bytes.n);
    }
}

static void rich_text(arena *a, str bytes) {
    bool html;
    str rtf;
    check(parcel_text_ok(rtf_read(a, bytes, &html), SIZE_MAX, true));
    if (!rtf_expand(a, bytes, &rtf)) check(rtf.n <= bytes.n * 9);
}

static void picture(arena *a, str bytes) {
    str jpeg;
    if (picture_small(a, bytes, PICTURE_SMALL_EDGE, &jpeg)) return;
    check(jpeg.n <= PICTURE_SMALL_BYTES && str_eq(picture_type(jpeg), S("image/jpeg")));
}

static void quote(arena *a, str bytes) {
    size_t from, to;
    mime_guess(bytes);
    str html = mime_to_utf8(a, bytes, S(""));
    safe_html safe;
    int remote;
    html_url_list urls = {0};
    if (html_sanitise_remote(a, html, &safe, &remote, &urls)) return;
    check(html_is_safe(safe.html) && urls.n <= HTML_REMOTE_MAX);
    if (!html_quote_at_end(safe.html, &from, &to)) return;
    check(from < to && to <= safe.html.n && html_is_safe(str_slice(safe.html, from, to)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const readers[])(arena *, str) = {calendar, letter, wrapping, rich_text, picture, quote};
    if (!size) return 0;
    ARENA_AUTO arena *a = arena_new(1 << 30);
    readers[data[0] % 6](a, (str){(const char *)data + 1, size - 1});
    return 0;
}
