/* What a Mastodon server answers: a status' HTML, lists of notifications, rules, a Link header. */
#include <stdlib.h>

#include "base/random.h"
#include "format/json.h"
#include "social/mastodon_own.h"
#include "social/mastodon_text.h"

static void links_fit(str text, const post_link_list *links) {
    if (links->n > POST_LINKS_MAX || text.n > POST_TEXT_MAX || !str_is_utf8(text)) abort();
    for (size_t i = 0; i < links->n; i++) {
        const struct post_link *l = &links->v[i];
        if (l->from < 0 || l->from > l->to || (size_t)l->to > text.n) abort();
        if (l->kind == POST_LINK_URL && !str_starts_nocase(l->target, S("http"))) abort();
    }
}

/* What is taken can be written down and read again. */
static void post_fits_in(arena *a, const struct post *p) {
    BUF_AUTO buf b = BUF_MAX(POST_BYTES_MAX);
    struct post again;
    links_fit(p->text, &p->links);
    post_write(&b, p);
    if (!buf_ok(&b) || post_read(a, buf_str(&b), &again) || !str_eq(again.id, p->id)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n == 0) return 0;
    random_start();
    ARENA_AUTO arena *a = arena_new(256 << 20);
    const struct mastodon_home home = {S("t"), S("7"), S("toys.example")};
    str in = {(const char *)data + 1, n - 1}, limits, domain;
    struct mastodon_notices notices = {0};
    post_link_list links = {0};
    switch (data[0] % 4) {
    case 0: {
        str text = mastodon_text(a, in, data[0] & 4, &links);
        links_fit(text, &links);
        break;
    }
    case 1:
        if (mastodon_notices_read(a, &home, in, &notices)) break;
        for (size_t i = 0; i < notices.posts.n; i++) post_fits_in(a, &notices.posts.v[i]);
        break;
    case 2:
        if (!mastodon_instance(a, in, &limits, &domain) && mastodon_limits_read(limits).graphemes <= 0)
            abort();
        if (!str_is_utf8(mastodon_words(a, in))) abort();
        break;
    default: {
        str next = mastodon_link_next(a, in);
        if (next.n && !mastodon_id_fits(next)) abort();
        if (!mastodon_same(a, in, in) && in.n < POST_TEXT_MAX) abort();
        break;
    }
    }
    return 0;
}
