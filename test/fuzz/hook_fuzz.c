/* What a stranger sends to a webhook: "ID\nSECONDS\nSIGNATURE\nBODY". A signature fits only where it is ours;
 * a body that is taken can be kept. */
#include <stdlib.h>

#include "base/random.h"
#include "social/hook.h"

static const struct hook_keys keys = {{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 38},
                                      {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 50},
                                      INT64_MAX,
                                      {"t", 1}};

static void body_fits(arena *a, str body) {
    post_list posts = {0};
    if (hook_posts(a, body, &posts)) return;
    if (posts.n == 0 || posts.n > HOOK_POSTS_MAX) abort();
    for (size_t i = 0; i < posts.n; i++) {
        BUF_AUTO buf b = BUF_MAX(POST_BYTES_MAX);
        struct post again;
        post_write(&b, &posts.v[i]);
        if (!buf_ok(&b) || post_read(a, buf_str(&b), &again) || !str_eq(again.id, posts.v[i].id)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    random_start();
    ARENA_AUTO arena *a = arena_new(64 << 20);
    str rest = {(const char *)data, n};
    struct hook_headers h = {0};
    struct hook_keys read;
    int64_t off = 0, now = 1614265330000;
    str_split(&rest, '\n', &h.id);
    str_split(&rest, '\n', &h.timestamp);
    str_split(&rest, '\n', &h.signature);
    hook_verdict v = hook_verify(a, &keys, &h, rest, now, &off);
    if (v == HOOK_GOOD && (off > HOOK_WINDOW_SECONDS || off < -HOOK_WINDOW_SECONDS || str_has(h.id, '.')))
        abort();
    /* Ours always fits, whatever the body. */
    struct hook_headers ours = {S("a"), S("1614265330"), hook_signature(a, &keys, S("a"), now, rest)};
    if (hook_verify(a, &keys, &ours, rest, now, &off) != HOOK_GOOD) abort();
    body_fits(a, rest);
    if (hook_keys_read(a, rest, &read) && !hook_secret_fits(read.secret)) abort();
    (void)hook_secret_fits(rest);
    return 0;
}
