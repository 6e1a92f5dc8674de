/* order: what people bought, as the shop says: by a file (CSV), by the API, by a signed webhook. It is asked
 * for one thing only: whether people we answered came back to buy. Of who never wrote to us no address is
 * kept, only a number made from it, by which a later letter finds what was bought. */
#ifndef LONGHAND_DESK_ORDER_H
#define LONGHAND_DESK_ORDER_H

#include "base/list.h"
#include "desk/desk.h"
#include "format/csv.h"
#include "store/order.h"

enum { ORDER_FILE_BYTES = 20 << 20, ORDER_ROWS_MAX = 200000, ORDER_PROBLEMS_MAX = 20, ORDER_HOOK_MAX = 1000 };

/* As it was typed. */
struct order_form {
    str number, address, day;   /* day: 2026-11-22, of the brand's calendar, or as RFC 3339 has it, with its
                                 * offset */
    str amount, currency, what; /* all may be "" */
    str refunded;               /* "yes": the purchase is given back, and counts no more; "" or "no" */
};
/* The same number again changes it; what was refunded stays so, whatever comes late, and needs no address and
 * no day. ERR_INVALID names what is wrong. */
err order_put(struct desk *d, arena *a, const struct actor *who, const struct order_form *form,
              purchase_source source);

struct order_problem {
    size_t line;
    const char *why; /* T("..."), {0} for detail */
    str detail;
};
struct order_report {
    size_t kept, nproblems;
    LIST(struct order_problem) problems; /* the first ones */
};
/* Counts what is wrong with a line; ORDER_PROBLEMS_MAX of them are kept. */
void order_report_add(arena *a, struct order_report *report, size_t line, const char *why, str detail);
/* The trimmed field, "" where the row is too short. An apostrophe in front is what our own exports put before
 * a text that looks like a formula. */
str order_csv_field(const struct csv_in *in, size_t column);
/* A table with the columns number, address, day, and, where they are there, amount, currency, what,
 * refunded, in any order when the first row names them, else in this one. Rows that are wrong are left out
 * and told of. ERR_INVALID for no such table, ERR_LIMIT. */
err order_import(struct desk *d, arena *a, const struct actor *who, str csv, struct order_report *ret);

/* ---- the shop tells us ---- */

/* A new secret, shown once; the one before works no more. */
err order_hook_new(struct desk *d, arena *a, const struct actor *who, str *ret_secret);
err order_hook_end(struct desk *d, arena *a, const struct actor *who);
/* A POST of {"number", "address", "day", ...}, or of {"purchases": [...]} with at most ORDER_HOOK_MAX, signed
 * as social/hook_sign.h has it. ERR_DENIED, always the same, for a brand there is none of, one without a
 * secret, and a signature that does not fit or is old; ERR_INVALID, and nothing is kept, when one of them is
 * wrong. */
struct order_hook_call {
    str slug, id, timestamp, signature, body;
};
err order_hook_take(struct desk *d, arena *a, const struct order_hook_call *call, int64_t *ret_kept);

/* Who only bought: a number below 0 made from their address, whatever stands behind a "+". */
int64_t order_stranger(arena *a, str address);

#endif
