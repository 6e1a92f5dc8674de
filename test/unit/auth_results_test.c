/* What mail servers write about senders, as they write it, and what others write to look like them. */
#include "format/auth_results.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static arena *a;

static int setup(void **state) {
    (void)state;
    a = arena_new(256 << 20);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static auth_verdict of(const char *header, const char *from) {
    auth_header_list all;
    auth_results_read(
        a, str_fmt(a, "%s\r\nSubject: x\r\n\r\nAuthentication-Results: mx.example; dmarc=pass\r\n", header),
        &all);
    return auth_verdict_of(&all, S("mx.example"), str_z(from));
}

struct sample {
    const char *header, *from;
    auth_verdict want;
};

#define AR "Authentication-Results: "

static const struct sample samples[] = {
    /* As they come: one line, folded, with comments, versions, quotations. */
    {AR "mx.example; dmarc=pass (p=REJECT) header.from=shop.example", "a@shop.example", AUTH_PASS},
    {AR "mx.example 1; dmarc=pass header.from=shop.example", "a@shop.example", AUTH_PASS},
    {AR "\r\n\tMX.Example;\r\n\tspf=pass (sender ip is 1.2.3.4) smtp.mailfrom=shop.example;\r\n\tdkim=pass "
        "(signature was "
        "verified) header.d=shop.example;dmarc=pass action=none header.from=shop.example;compauth=pass "
        "reason=100",
     "a@Shop.example", AUTH_PASS},
    {AR "mx.example (a (nested; dmarc=fail) comment); dkim = pass header . d = shop.example",
     "a@shop.example", AUTH_PASS},
    {AR "mx.example; dkim/1=pass reason=\"good; dmarc=fail\" header.d=shop.example header.s=k1",
     "a@shop.example", AUTH_PASS},
    {AR "mx.example; dkim=pass header.i=@shop.example", "a@shop.example", AUTH_PASS},
    {AR "mx.example; spf=pass smtp.mailfrom=\"odd; dmarc=fail\"@shop.example", "a@shop.example", AUTH_PASS},
    {AR "mx.example; dkim=fail header.d=other.example; spf=pass smtp.mailfrom=b@shop.example",
     "a@shop.example", AUTH_PASS},
    {AR "mx.example; dkim=pass header.d=shop.example", "a@news.shop.example", AUTH_PASS},
    {AR "mx.example; none", "a@shop.example", AUTH_NONE},
    {AR "mx.example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dmarc=none header.from=shop.example; spf=softfail smtp.mailfrom=shop.example",
     "a@shop.example", AUTH_NONE},
    {AR "mx.example; dmarc=temperror header.from=shop.example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dmarc=fail (p=NONE) header.from=shop.example; dkim=pass header.d=shop.example",
     "a@shop.example", AUTH_FAIL},
    /* Several fields of the same server. */
    {AR "mx.example; spf=pass smtp.mailfrom=shop.example\r\n" AR
        "mx.example; dmarc=fail header.from=shop.example",
     "a@shop.example", AUTH_FAIL},
    {AR "other.example; dmarc=fail header.from=shop.example\r\n" AR
        "mx.example; dmarc=pass header.from=shop.example",
     "a@shop.example", AUTH_PASS},
    {"Received: by imap.example\r\n" AR
     "mx.example; dmarc=pass header.from=shop.example\r\nReceived: by mx.example",
     "a@shop.example", AUTH_PASS},
    {AR "mx.example; none\r\nReceived: by mx.example\r\n" AR
        "mx.example; dmarc=pass header.from=shop.example",
     "a@shop.example", AUTH_NONE},
    /* About another domain than the one in From. */
    {AR "mx.example; dmarc=pass header.from=evil.example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dkim=pass header.d=evil.example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dkim=pass header.d=evilshop.example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dkim=pass header.d=user.pages.example", "a@pages.example", AUTH_NONE},
    {AR "mx.example; dkim=pass header.d=example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; spf=pass smtp.helo=shop.example", "a@shop.example", AUTH_NONE},
    /* Written by others to look like it. */
    {AR "mx.example.evil.example; dmarc=pass header.from=shop.example", "a@shop.example", AUTH_NONE},
    {AR "\"mx.example; x\"; dmarc=pass header.from=shop.example", "a@shop.example", AUTH_NONE},
    {AR "(mx.example; dmarc=pass", "a@shop.example", AUTH_NONE},
    {"X-Authentication-Results: mx.example; dmarc=pass", "a@shop.example", AUTH_NONE},
    {"ARC-Authentication-Results: i=1; mx.example; dmarc=pass", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dkim=pass reason=\"x; dmarc=pass\" header.d=evil.example", "a@shop.example", AUTH_NONE},
    {AR "mx.example; dkim=neutral (x; dmarc=pass header.from=shop.example)", "a@shop.example", AUTH_NONE},
    /* A word that hides the end of the field hides a fail. */
    {AR "mx.example; spf=pass (of a@shop.example ( smtp.mailfrom=shop.example; dmarc=fail", "a@shop.example",
     AUTH_FAIL},
    {AR "mx.example; spf=pass smtp.mailfrom=\"a@shop.example; dmarc=fail", "a@shop.example", AUTH_FAIL},
    {AR "mx.example; dmarc=pass header.from=shop.example", "nobody", AUTH_NONE},
    {AR "mx.example; dmarc=pass header.from=shop.example", "", AUTH_NONE},
};

static void test_verdicts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        auth_verdict got = of(samples[i].header, samples[i].from);
        if (got != samples[i].want)
            fail_msg("%s\n(%s): \"%s\"", samples[i].header, samples[i].from, auth_verdict_name(got));
    }
}

static void test_names(void **state) {
    (void)state;
    for (int i = 0; i < AUTH_VERDICTS; i++)
        assert_int_equal(auth_verdict_from(str_z(auth_verdict_name((auth_verdict)i))), i);
    assert_int_equal(auth_verdict_from(S("passed")), AUTH_NONE);
}

/* Twice as much takes no more than a little above twice the memory, whatever it is made of. */
static void test_limits(void **state) {
    (void)state;
    static const char *const pieces[] = {"(",
                                         "\"",
                                         "\"\"",
                                         "()",
                                         "; dmarc=pass header.from=a.example",
                                         ";",
                                         "=",
                                         ".",
                                         "dkim=fail x",
                                         "\\",
                                         "; dkim=pass a=b "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        ARENA_AUTO arena *mine = arena_new(64 << 20);
        size_t piece = strlen(pieces[i]), n = (250 << 10) / piece;
        char *p = arena_alloc(mine, (260 << 10) + 100);
        size_t at = (size_t)snprintf(p, 100, AR "mx.example; dkim=pass ");
        for (size_t k = 0; k < n; k++, at += piece) memcpy(p + at, pieces[i], piece);
        memcpy(p + at, "\r\n\r\n", 4);
        auth_header_list all;
        auth_results_read(mine, (str){p, at + 4}, &all);
        assert_in_range(all.n, 0, 1);
        if (all.n) assert_in_range(all.v[0].claims.n, 0, AUTH_CLAIMS_MAX);
        assert_in_range(arena_used(mine), 1, 8 << 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdicts), cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
