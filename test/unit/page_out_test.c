/* page_out: escaping by type, links, paths, JSON, translated text, times, spans and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "web/page_out.h"

static struct page_out page(buf *b, const char *language) {
    struct page_out o = {.out = b, .lang = lang_find(str_z(language))};
    assert_non_null(o.lang);
    return o;
}

static void expect(buf *b, const char *want) {
    str got = buf_str(b);
    ARENA_AUTO arena *a = arena_new(0);
    assert_string_equal(str_cstr(a, got), want);
    assert_int_equal(got.n, strlen(want));
    buf_clear(b);
}

static void test_print_by_type(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(1 << 16);
    struct page_out o = page(&b, "en");
    char own[] = "a<b";
    page_print(&o, S("<i>\"&'</i>"));
    expect(&b, "&lt;i&gt;&quot;&amp;&#39;&lt;/i&gt;");
    page_print(&o, own);
    page_print(&o, "c>");
    expect(&b, "a&lt;bc&gt;");
    page_print(&o, (const char *)NULL);
    page_print(&o, ((str){NULL, 0}));
    expect(&b, "");
    page_print(&o, INT64_MIN);
    page_print(&o, UINT64_MAX);
    expect(&b, "-922337203685477580818446744073709551615");
    page_print(&o, (unsigned char)255);
    page_print(&o, (short)-1);
    page_print(&o, (uint16_t)0);
    page_print(&o, (size_t)10);
    page_print(&o, 9u);
    expect(&b, "255-10109");
    page_raw(&o, (struct safe_html){S("<p>&amp;</p>")});
    expect(&b, "<p>&amp;</p>");
    page_srcdoc(&o, (struct safe_html){S("<p>&amp;\"</p>")});
    expect(&b, "&lt;p&gt;&amp;amp;&quot;&lt;/p&gt;");
}

static void expect_link(const char *url, const char *want) {
    BUF_AUTO buf b = BUF_MAX(1 << 16);
    struct page_out o = page(&b, "en");
    page_link(&o, str_z(url));
    expect(&b, want);
}

static void test_link(void **state) {
    (void)state;
    expect_link("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&amp;d=e#f");
    expect_link("HTTP://example.org", "HTTP://example.org");
    expect_link("mailto:a@example.org?subject=x", "mailto:a@example.org?subject=x");
    expect_link("/c/7?x=a:b", "/c/7?x=a:b");
    expect_link("page#a:b", "page#a:b");
    expect_link("?a=javascript:b", "?a=javascript:b");
    expect_link("./a:b", "./a:b");
    expect_link("  /trimmed ", "/trimmed");
    expect_link("/a b\"<>\\^`{|}%/%4/%zz/%41/ä'",
                "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%25/%254/%25zz/%41/%C3%A4&#39;");
    expect_link("http://[::1]:80/(a)*+,;=!$@~", "http://[::1]:80/(a)*+,;=!$@~");
    static const char *const refused[] = {
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "java\x7fscript:1",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "x:y",
        ":",
        "//example.org",
        "/\\example.org",
        "\\\\example.org",
        "\\/example.org",
        "http:example.org",
        "https:/example.org",
        "a\\b:c",
        "view-source:http://x/",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) expect_link(refused[i], "#");
    ARENA_AUTO arena *a = arena_new(0);
    char *large = arena_alloc(a, 8194);
    memset(large, 'a', 8193);
    expect_link(large, "#");
    BUF_AUTO buf b = BUF_MAX(64);
    struct page_out o = page(&b, "en");
    page_link(&o, (str){"/a\0b", 4});
    expect(&b, "#");
}

static void test_path_and_json(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(1 << 16);
    struct page_out o = page(&b, "en");
    page_path(&o, S("aZ09-._~/?#&= %ä\n"));
    expect(&b, "aZ09-._~%2F%3F%23%26%3D%20%25%C3%A4%0A");
    page_path(&o, "x/y");
    page_path(&o, -5);
    expect(&b, "x%2Fy-5");
    page_json(&o, S("a\"\\\n</script>&'ä"));
    expect(&b, "&quot;a\\&quot;\\\\\\u000a&lt;/script&gt;&amp;&#39;ä&quot;");
    page_json(&o, "z");
    page_json(&o, 7u);
    expect(&b, "&quot;z&quot;7");
}

static void test_text(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(1 << 16);
    struct page_out o = page(&b, "en");
    page_text(&o, "<{1}> & {0}", 2, (const struct page_arg[]){page_arg(S("<{1}>")), page_arg(3)});
    expect(&b, "&lt;3&gt; &amp; &lt;{1}&gt;");
    page_text(&o, "{0}{0} {1} {", 1, (const struct page_arg[]){page_arg("x")});
    expect(&b, "xx {1} {");
    page_plural(&o, 1, TN("one", "{0} many {1}"), 2, (const struct page_arg[]){page_arg(1), page_arg("a")});
    page_plural(&o, 0, TN("one", "{0} many {1}"), 2,
                (const struct page_arg[]){page_arg(0), page_arg(S("&"))});
    expect(&b, "one0 many &amp;");
    o = page(&b, "de");
    page_text(&o, "March", 0, NULL);
    /* A translation may change what stands around the arguments. */
    page_text(&o, "{0} {1}, {2}", 3,
              (const struct page_arg[]){page_arg(3), page_arg("<"), page_arg(UINT64_MAX)});
    expect(&b, "März3. &lt;, 18446744073709551615");
    o.lang = NULL;
    page_text(&o, "March", 0, NULL);
    expect(&b, "March");
}

static const struct zone *berlin(void) {
    const struct zone *z = NULL;
    err e = zone_load(S("Europe/Berlin"), &z);
    if (e == ERR_MISSING) skip();
    assert_int_equal(e, ERR_NONE);
    return z;
}

static void expect_when(struct page_out *o, int64_t at, const char *want) {
    page_put_str(o, page_when_text(o, at));
    expect(o->out, want);
}

static void test_when(void **state) {
    (void)state;
    const struct zone *z = berlin();
    BUF_AUTO buf b = BUF_MAX(1 << 16);
    struct page_out o = page(&b, "en");
    o.zone = z;
    o.now = zone_instant(z, 2026, 3, 17, 9, 0); /* a Tuesday */
    expect_when(&o, zone_instant(z, 2026, 3, 17, 0, 5), "00:05");
    expect_when(&o, zone_instant(z, 2026, 3, 16, 23, 59), "Monday 23:59");
    expect_when(&o, zone_instant(z, 2026, 3, 11, 16, 5), "Wednesday 16:05");
    expect_when(&o, zone_instant(z, 2026, 3, 10, 16, 5), "10 March, 16:05");
    expect_when(&o, zone_instant(z, 2026, 3, 18, 16, 5), "18 March, 16:05"); /* to come */
    expect_when(&o, zone_instant(z, 2025, 3, 12, 16, 5), "12 March 2025");
    expect_when(&o, zone_instant(z, 2027, 1, 1, 0, 0), "1 January 2027");
    expect_when(&o, 0, "");
    page_when(&o, zone_instant(z, 2026, 3, 12, 16, 5) + 7000);
    expect(&b, "<time datetime=\"2026-03-12T16:05:07+01:00\">Thursday 16:05</time>");
    page_day(&o, zone_instant(z, 2026, 3, 13, 16, 5));
    expect(&b, "<time datetime=\"2026-03-13\">Friday, 13 March</time>");
    page_day(&o, zone_instant(z, 2027, 3, 13, 16, 5));
    expect(&b, "<time datetime=\"2027-03-13\">13 March 2027</time>");
    page_when(&o, 0);
    page_day(&o, 0);
    expect(&b, "");
    o.lang = lang_find(S("de"));
    expect_when(&o, zone_instant(z, 2026, 3, 1, 16, 5), "1. März, 16:05");
    o.lang = lang_find(S("es"));
    expect_when(&o, zone_instant(z, 2025, 3, 1, 16, 5), "1 de marzo de 2025");
    /* The day depends on the reader's zone. */
    o = page(&b, "en");
    o.now = zone_instant(zone_utc, 2026, 3, 17, 23, 30);
    expect_when(&o, zone_instant(zone_utc, 2026, 3, 17, 23, 0), "23:00");
    o.zone = z;
    expect_when(&o, zone_instant(zone_utc, 2026, 3, 17, 22, 59), "Tuesday 23:59");
    o.zone = NULL;
    page_when(&o, INT64_MAX);
    page_when(&o, INT64_MIN);
    assert_true(buf_ok(&b));
}

static void expect_waited(int64_t ms, const char *want) {
    BUF_AUTO buf b = BUF_MAX(1 << 10);
    struct page_out o = page(&b, "en");
    page_waited(&o, ms);
    expect(&b, want);
}

static void expect_size(const char *language, int64_t bytes, const char *want) {
    BUF_AUTO buf b = BUF_MAX(1 << 10);
    struct page_out o = page(&b, language);
    page_size(&o, bytes);
    expect(&b, want);
}

static void test_spans_and_sizes(void **state) {
    (void)state;
    expect_waited(0, "under a minute");
    expect_waited(-5, "under a minute");
    expect_waited(MINUTE_MS - 1, "under a minute");
    expect_waited(MINUTE_MS, "1 min");
    expect_waited(HOUR_MS - 1, "59 min");
    expect_waited(HOUR_MS, "1 h");
    expect_waited(3 * HOUR_MS + 5 * MINUTE_MS, "3 h 5 min");
    expect_waited(DAY_MS, "1 d");
    expect_waited(DAY_MS + 17 * (int64_t)HOUR_MS, "1 d 17 h");
    expect_waited(INT64_MAX, "106751991167 d 7 h");
    expect_size("en", 0, "0 bytes");
    expect_size("en", -1, "0 bytes");
    expect_size("en", 1, "1 byte");
    expect_size("en", 999, "999 bytes");
    expect_size("en", 1000, "1.0 KB");
    expect_size("en", 9949, "9.9 KB");
    expect_size("en", 9950, "10 KB");
    expect_size("en", 999499, "999 KB");
    expect_size("en", 999500, "1.0 MB");
    expect_size("en", 2149999, "2.1 MB");
    expect_size("en", 5000000000000, "5.0 TB");
    expect_size("en", INT64_MAX, "1000000 TB");
    expect_size("de", 2100000, "2,1 MB");
    expect_size("fr", 0, "0 octet");
}

static void test_counts(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(1 << 10);
    struct page_out o = page(&b, "en");
    static const struct {
        int64_t n;
        const char *text;
    } all[] = {{0, "0"},       {999, "999"},      {1873, "1,873"},
               {-100, "-100"}, {-1000, "-1,000"}, {1834436, "1,834,436"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_true(str_eq(page_count_text(&o, all[i].n), str_z(all[i].text)));
}

static void test_scratch(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(1 << 10);
    struct page_out o = page(&b, "en");
    str first = page_size_text(&o, 1), second = page_size_text(&o, 2);
    for (int i = 0; i < PAGE_SCRATCH - 2; i++) page_waited_text(&o, i * MINUTE_MS);
    assert_true(str_eq(first, S("1 byte")) && str_eq(second, S("2 bytes")));
    page_waited_text(&o, MINUTE_MS);
    assert_false(str_eq(first, S("1 byte")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_by_type), cmocka_unit_test(test_link),
        cmocka_unit_test(test_path_and_json), cmocka_unit_test(test_text),
        cmocka_unit_test(test_when),          cmocka_unit_test(test_spans_and_sizes),
        cmocka_unit_test(test_scratch),       cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
