/* What a token endpoint answers: a token that is given back fits into a line of IMAP. */
#include <stdlib.h>

#include "net/oauth.h"

static void fits(str token) {
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] <= ' ' || token.p[i] > '~') abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const int statuses[] = {200, 400, 401, 429, 500};
    if (n == 0) return 0;
    ARENA_AUTO arena *a = arena_new(64 << 20);
    struct oauth_tokens t = {0};
    str body = {(const char *)data + 1, n - 1};
    if (oauth_read_answer(a, statuses[data[0] % 5], body, &t)) return 0;
    if (data[0] % 5 || !t.access.n || t.access_seconds < 0 || t.refresh_seconds < 0) abort();
    fits(t.access);
    fits(t.refresh);
    return 0;
}
