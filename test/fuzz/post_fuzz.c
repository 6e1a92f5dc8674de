/* The document of a post: what is read is normal, and what is written is read again as the same. And a text
 * that is parted: every part fits. */
#include <stdlib.h>

#include "format/post.h"
#include "format/post_fit.h"

static void again(arena *a, const struct post *p) {
    BUF_AUTO buf first = BUF_MAX(POST_BYTES_MAX), second = BUF_MAX(POST_BYTES_MAX);
    struct post q = {0};
    post_write(&first, p);
    if (!buf_ok(&first) || post_read(a, buf_str(&first), &q)) abort();
    post_write(&second, &q);
    if (!str_eq(buf_str(&first), buf_str(&second))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    ARENA_AUTO arena *a = arena_new(256 << 20);
    str text = {(const char *)data, n};
    struct post p = {0};
    if (!post_read(a, text, &p)) again(a, &p);
    struct post raw = {.id = S("1"),
                       .author = {.id = S("x"), .name = text},
                       .text = text,
                       .spoiler = text,
                       .created_at = n ? data[0] * 1000000000ll : 0};
    *list_add(a, &raw.links) = (struct post_link){POST_LINK_TAG, 1, n ? data[n - 1] : 0, text, text};
    if (!post_normal(a, &raw)) again(a, &raw);
    struct post_fit fit = {.graphemes = 40, .per_url = n % 2 ? 23 : 0, .mentions_short = n % 3 == 0};
    post_part_list parts = {0};
    if (!str_is_utf8(text) || post_split(a, text, S("@m "), &fit, &parts)) return 0;
    for (size_t i = 0; i < parts.n; i++)
        if (!post_fits(parts.v[i], &fit)) abort();
    return 0;
}
