/* Prints sample.tmpl with hostile values. */
#include <stdio.h>

#include "sample.tmpl.h"

int main(void) {
    struct sample_row rows[] = {
        {.id = 7,
         .subject = S("<b>\"Mole\" & 'Co'</b>"),
         .from = "Luka",
         .code = "x<1",
         .fresh = true,
         .letters = 1},
        {.id = 8, .subject = S("{0} {1}"), .from = "{1}", .code = "y", .letters = 3},
        {.id = 9, .subject = S("z"), .from = "Ada", .code = "z", .letters = 0, .state = SAMPLE_DONE},
    };
    struct sample_view v = {
        .title = S("a/b?c=d&<e>"),
        .home = S("javascript:alert(1)"),
        .csrf = S("t\"o'k\n"),
        .tries = 3,
        .letter = {S("<p>Hi &amp; bye</p>")},
        .rows = rows,
        .n = sizeof rows / sizeof rows[0],
        .small = 200,
        .huge = 18446744073709551615ull,
    };
    BUF_AUTO buf out = BUF_MAX(1 << 20);
    struct page_out o = {.out = &out};
    tmpl_sample(&o, &v);
    fwrite(out.p, 1, out.n, stdout);
    return buf_ok(&out) ? 0 : 1;
}
