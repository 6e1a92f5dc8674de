#include <stdint.h>
#include <stdlib.h>

#include "format/json.h"

static void check(bool good) {
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str text = {(const char *)data, size};
    buf b BUF_AUTO = BUF_MAX(size * 12 + 100);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, text);
    json_str(&o, text);
    json_close_object(&o);
    check(json_done(&o) && str_is_utf8(buf_str(&b)));
    /* What we write, another's parser reads, and as the same text when it was text. */
    json_t *again JSON_AUTO = json_loadb(b.p, b.n, JSON_ALLOW_NUL, NULL);
    if (!str_has(text, 0)) {
        check(again != NULL);
        const json_t *value = json_object_iter_value(json_object_iter(again));
        str got = {json_string_value(value), json_string_length(value)};
        check(str_eq(got, text) == str_is_utf8(text));
    }
    json_t *json JSON_AUTO = NULL;
    err e = json_read(text, &json);
    check((e == ERR_NONE) == (json != NULL));
    str s;
    int64_t i;
    bool yes;
    json_take_str(json, "a", &s);
    json_take_int(json, "a", &i);
    json_take_id(json, "a", &i);
    json_take_bool(json, "a", &yes);
    return 0;
}
