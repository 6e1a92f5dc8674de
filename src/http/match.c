#include "http/http.h"

bool http_match(str pattern, str path, struct http_match *ret_match) {
    struct http_match found = {.n = 0};
    str want, have;
    for (;;) {
        bool more_want = str_split(&pattern, '/', &want), more_have = str_split(&path, '/', &have);
        if (more_want != more_have) return false;
        if (!more_want) break;
        if (want.n > 1 && want.p[0] == ':') {
            if (have.n == 0 || found.n == 8) return false;
            found.value[found.n++] = have;
        } else if (!str_eq(want, have)) {
            return false;
        }
    }
    *ret_match = found;
    return true;
}
