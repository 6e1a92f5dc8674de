#include <stdint.h>
#include <stdlib.h>

#include "format/money.h"

static void check(bool good) {
    if (!good) abort();
}

/* The first three bytes name the currency, the rest is an amount; what is read is written and reads the same.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct currency c = {"EUR"};
    int64_t minor = -1, again = -2, twice;
    if (size < 3) return 0;
    arena *a = arena_new(1 << 20);
    if (currency_from((str){(const char *)data, 3}, &c)) c = (struct currency){"KWD"};
    if (money_parse((str){(const char *)data + 3, size - 3}, c, &minor) == ERR_NONE) {
        check(minor >= 0 && minor <= MONEY_MAX);
        check(money_parse(money_number(a, minor, c), c, &again) == ERR_NONE && again == minor);
        check((money_times(minor, 2, &twice) == ERR_NONE) == (minor <= MONEY_MAX / 2));
        check(str_is_utf8(money_text(a, minor, c, S("de"))));
    }
    arena_free(a);
    return 0;
}
