/* Any bytes as a mail: what is read of a bounce is clean text within the limits, whatever came, and goes
 * through the reader's parcel unchanged. Any bytes as that parcel: refused, or as clean. */
#include <stdlib.h>

#include "format/parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void check_line(str s, size_t max) {
    check(s.n <= max && str_is_utf8(s));
    for (size_t i = 0; i < s.n; i++) check((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void check_row(const struct bounce_row *r) {
    check_line(r->recipient, 998);
    check_line(r->says, BOUNCE_SAYS_BYTES);
    check(r->status.n <= 9);
    for (size_t i = 0; i < r->status.n; i++)
        check(r->status.p[i] == '.' || (r->status.p[i] >= '0' && r->status.p[i] <= '9'));
    check(r->code >= 0 && r->code < 600);
    check((int)r->reason >= 0 && (int)r->reason < BOUNCE_REASONS && bounce_reason_name(r->reason)[0]);
}

static void check_parcel(arena *a, const struct bounce *b) {
    struct bounce again = {0};
    BUF_AUTO buf one = BUF_MAX(1 << 24), two = BUF_MAX(1 << 24);
    parcel_put_bounce(&one, b);
    check(parcel_get_bounce(a, buf_str(&one), &again) == ERR_NONE);
    parcel_put_bounce(&two, &again);
    check(str_eq(buf_str(&one), buf_str(&two)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct mime_letter l;
    struct bounce b = {0};
    str raw = {(const char *)data, size};
    if (parcel_get_bounce(a, raw, &b) == ERR_NONE) {
        for (size_t i = 0; i < b.rows.n; i++) check_row(&b.rows.v[i]);
        b = (struct bounce){0};
    }
    if (mime_read(a, raw, &mime_default_limits, &l)) return 0;
    if (!bounce_read(a, raw, &l, &b)) {
        check(b.rows.n == 0 && b.message_id.n == 0);
        return 0;
    }
    check(b.rows.n > 0 && b.rows.n <= BOUNCE_ROWS_MAX);
    check_line(b.message_id, 998);
    for (size_t i = 0; i < b.rows.n; i++) {
        check_row(&b.rows.v[i]);
        check(b.rows.v[i].code == 0 || (b.rows.v[i].code >= 400 && b.rows.v[i].code < 580));
    }
    check_parcel(a, &b);
    return 0;
}
