/* Any bytes as HTML: the sanitised form is safe letter by letter and stays as it is when sanitised again; the
 * readable text is never more than two line ends in a row. */
#include <stdlib.h>

#include "format/html.h"
#include "format/mime_charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    str html = {(const char *)data, size}, text;
    html_is_safe(html);
    html_strip(a, html);
    html = mime_to_utf8(a, html, S("")); /* as the letters' HTML is by then */
    safe_html once, twice;
    int remote;
    if (html_sanitise(a, html, &once, &remote) == ERR_NONE) {
        check(html_is_safe(once.html) && remote >= 0);
        if (html_sanitise(a, once.html, &twice, &remote) == ERR_NONE)
            check(str_eq(once.html, twice.html) && remote == 0);
    }
    if (html_to_text(a, html, &text) == ERR_NONE) {
        check(str_is_utf8(text) && str_find(text, S("\n\n\n"), 0) == SIZE_MAX);
        BUF_AUTO buf back = BUF_MAX(64 << 20);
        html_from_text(&back, text);
        check(html_sanitise(a, buf_str(&back), &once, &remote) != ERR_NONE || html_is_safe(once.html));
    }
    return 0;
}
