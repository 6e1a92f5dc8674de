#include "format/post_fit.h"
#include "social/bluesky.h"

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool bluesky_is_did(str s) {
    if (!str_starts(s, S("did:")) || s.n > BLUESKY_DID_MAX) return false;
    size_t colon = str_find_char(s, ':', 4);
    if (colon == SIZE_MAX || colon == 4 || colon + 1 == s.n || s.p[s.n - 1] == ':') return false;
    for (size_t i = 4; i < colon; i++)
        if (s.p[i] < 'a' || s.p[i] > 'z') return false;
    for (size_t i = colon + 1; i < s.n; i++)
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && !str_has(S("._:%-"), s.p[i])) return false;
    return true;
}

bool bluesky_is_handle(str s) {
    size_t start = 0, parts = 0;
    if (s.n > 253) return false;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '.') {
            if (!is_letter(s.p[i]) && !is_digit(s.p[i]) && s.p[i] != '-') return false;
            continue;
        }
        if (i == start || i - start > 63 || s.p[start] == '-' || s.p[i - 1] == '-') return false;
        if (i == s.n && !is_letter(s.p[start])) return false; /* the top domain begins with a letter */
        parts++;
        start = i + 1;
    }
    return parts >= 2;
}

static const char collection[] = "/app.bsky.feed.post/";

str bluesky_uri_did(str uri) {
    if (!str_starts(uri, S("at://"))) return S("");
    size_t end = str_find_char(uri, '/', 5);
    return str_slice(uri, 5, end == SIZE_MAX ? uri.n : end);
}

str bluesky_uri_rkey(str uri) {
    size_t at = str_find(uri, str_z(collection), 0);
    return at == SIZE_MAX ? S("") : str_slice(uri, at + sizeof collection - 1, uri.n);
}

bool bluesky_is_post(str uri) {
    str did = bluesky_uri_did(uri), rkey = bluesky_uri_rkey(uri);
    if (!bluesky_is_did(did) || !rkey.n || rkey.n > 512) return false;
    if (uri.n != 5 + did.n + sizeof collection - 1 + rkey.n) return false;
    for (size_t i = 0; i < rkey.n; i++)
        if (!is_letter(rkey.p[i]) && !is_digit(rkey.p[i]) && !str_has(S("._:~-"), rkey.p[i])) return false;
    return true;
}

str bluesky_url(arena *a, str uri) {
    return str_fmt(a, "https://bsky.app/profile/%.*s/post/%.*s", STR_FMT(bluesky_uri_did(uri)),
                   STR_FMT(bluesky_uri_rkey(uri)));
}

str bluesky_rkey(arena *a, int64_t key) {
    static const char digits[] = "234567abcdefghijklmnopqrstuvwxyz";
    char *text = arena_alloc(a, 13);
    uint64_t v = (uint64_t)key & INT64_MAX;
    for (int i = 12; i >= 0; i--, v >>= 5) text[i] = digits[v & 31];
    return (str){text, 13};
}

size_t bluesky_graphemes(str text) { return (size_t)post_length(text, &(struct post_fit){0}); }
