/* money: amounts as whole numbers of a currency's smallest unit, read and written. Pure; no floats.
 *
 * The smallest unit is 10^-exponent of the unit, exponent after ISO 4217: 0 for JPY, 2 for EUR, 3 for KWD,
 * 4 for UYW. */
#ifndef LONGHAND_FORMAT_MONEY_H
#define LONGHAND_FORMAT_MONEY_H

#include "base/err.h"
#include "base/str.h"

/* What a desk counts with at most, in smallest units; sums of a million such fit into 64 bits. */
#define MONEY_MAX INT64_C(1000000000000)
enum { MONEY_EXPONENT_MAX = 4 };

/* A code of ISO 4217, NUL-terminated: "EUR". */
struct currency {
    char code[4];
};
static inline str currency_str(const struct currency *c) { return str_z(c->code); }

/* Three letters of any case, of a currency in use; funds, metals and test codes are none. ERR_INVALID says
 * so. */
err currency_from(str code, struct currency *ret_currency);
bool currency_same(struct currency a, struct currency b);
/* Digits behind the point, 0 to 4; 2 for a code that is none. */
int money_exponent(struct currency c);

/* "3.99", "3,99", "4", with the code before or behind where one likes ("EUR 3.99", "3,99 eur"). No signs
 * between thousands, since 1,234 means two things. ERR_INVALID, with a sentence, for what is no amount, is
 * negative, has more decimals than the currency, or names another one; ERR_LIMIT above MONEY_MAX. */
err money_parse(str text, struct currency c, int64_t *ret_minor);

/* "3.99", "0.05", "-3.99", "1200": what money_parse reads, for forms and programs. Any int64_t. */
str money_number(arena *a, int64_t minor, struct currency c);
/* For people: "3.99 EUR", in German "1 200,50 EUR" (a narrow no-break space between thousands, a no-break
 * space before the code). `language` decides point or comma. */
str money_text(arena *a, int64_t minor, struct currency c, str language);

/* amount * quantity; ERR_INVALID where one is negative, ERR_LIMIT above MONEY_MAX. */
err money_times(int64_t minor, int64_t quantity, int64_t *ret_minor);

#endif
