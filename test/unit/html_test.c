/* HTML of strangers: nothing that runs or calls out survives, and what people wrote does. */
#include "format/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static arena *a;

static int setup(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static char *clean(const char *html) {
    safe_html safe;
    int remote;
    assert_int_equal(html_sanitise(a, str_z(html), &safe, &remote), ERR_NONE);
    return str_cstr(a, safe.html);
}

static char *to_text(const char *html) {
    str text;
    assert_int_equal(html_to_text(a, str_z(html), &text), ERR_NONE);
    return str_cstr(a, text);
}

/* Tricks of twenty years against sanitisers: plain, encoded, misnested, and such that a second parser reads
 * differently than the first. */
static const char *const attacks[] = {
    "<script>alert(1)</script>",
    "<SCRIPT SRC=http://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0c>alert(1)</script>",
    "<<script>alert(1);//<</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:alert(alt) onerror=eval(src) alt=xss>",
    "<img/src=\"x\"/onerror=alert(1)>",
    "<img src=cid:a onerror=\"alert(1)\">",
    "<img src=`javascript:alert(1)`>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<img src=javascript:alert(1)>",
    "<img src=\"http://evil.example/pixel.gif\" width=1 height=1>",
    "<img src=cid:x srcset=\"http://evil.example/a 1x\">",
    "<img src='cid:\"onerror=alert(1)'>",
    "<img src=\"cid:x\" alt=\"`onerror=alert(1)\">",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\" javascript:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"java&#10;script:alert(1)\">x</a>",
    "<a href=\"javascript&colon;alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"\x01javascript:alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"//evil.example\">x</a>",
    "<a href=\"https://good.example\" onclick=alert(1)>x</a>",
    "<a href='https://good.example\" onmouseover=\"alert(1)'>x</a>",
    "<a href=\"https://x/?<script>alert(1)</script>\">x</a>",
    "<body onload=alert(1)>x",
    "<body background=javascript:alert(1)>",
    "<div style=\"background:url(javascript:alert(1))\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>",
    "<p style=\"background-image:url(http://evil.example/x)\">x</p>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<style><!--</style><script>alert(1)//--></script>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<base href=\"javascript:alert(1)//\">",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<frameset><frame src=javascript:alert(1)></frameset>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x></applet>",
    "<form action=javascript:alert(1)><input type=submit formaction=javascript:alert(1)></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<video poster=http://evil.example/p.jpg></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<table background=http://evil.example/x><td background=http://evil.example/y>x</td></table>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><title><a id=\"</title><img src=x onerror=alert(1)>\"></a></title></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></iframe></foreignObject></svg>",
    "<svg><desc><table><td><svg><style><img src=x onerror=alert(1)></style>",
    "<svg><use href=\"data:image/svg+xml,<svg id=x onload=alert(1)>\"/></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><mi><table><mi><img src=x onerror=alert(1)></mi></table></mi></math>",
    "<math href=\"javascript:alert(1)\">x</math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<textarea><p title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<title><p title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<noembed><p title=\"</noembed><img src=x onerror=alert(1)>\">",
    "<plaintext><img src=x onerror=alert(1)>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--!><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<svg><![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?xml version=\"1.0\"?><?x <img src=x onerror=alert(1)>?>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<option><style></option></select><b><img src=xx: onerror=alert(1)></style></option>",
    "<p><svg><p><style><!--</style><img src=x onerror=alert(1)>-->",
    "<a><table><a><table><a href=javascript:alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;<script>x</script>",
    "<b a=<script>alert(1)</script>>x</b>",
    "<div id=\"x\" class=\"y\" name=\"z\" contenteditable draggable=true onDrag=alert(1)>x</div>",
    "<isindex action=javascript:alert(1) type=image>",
    "<p dir=\"ltr\" onx=\"1\" lang=\"de\" style=\"x:url(y)\">x</p>",
    "<td colspan='1\" onclick=\"alert(1)'>x",
    "<table><tr><td colspan=\"3 onclick=alert(1)\">x</td></tr></table>",
    "\xC0\xBCscript\xC0\xBE"
    "alert(1)",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<portal src=javascript:alert(1)></portal><dialog open onclose=alert(1)>x</dialog>",
    "<xss onpointerrawupdate=alert(1) style=display:block>x</xss>",
    "<h1><h2 onclick=alert(1)>x</h1></h2><li><li onclick=1><ul><li>y",
};

/* In tags only: as escaped text, the words may stand. */
static void assert_harmless(const char *html, const char *from) {
    static const char *const bad[] = {
        "javascript:", " on",   "style",      "url(", "src=\"http", "<script", "<svg",   "<math", "srcdoc",
        "<iframe",     "data:", "background", " id=", " class=",    "<form",   "<style", "<base", "<meta"};
    for (const char *p = html; (p = strchr(p, '<')); p++) {
        const char *end = strchr(p, '>');
        assert_non_null(end);
        str tag = str_lower(a, (str){p, (size_t)(end - p)});
        /* Quoted values of links may hold anything. */
        if (str_starts(tag, S("<a href=\"http"))) tag = str_slice(tag, str_find(tag, S("\" rel="), 0), tag.n);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            if (str_find(tag, str_z(bad[i]), 0) == SIZE_MAX) continue;
            /* The text of an alt attribute is text. */
            if (str_starts(tag, S("<img src=\"cid:"))) continue;
            fail_msg("%s gives %s", from, html);
        }
    }
}

static void attacks_fail(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        char *once = clean(attacks[i]);
        assert_harmless(once, attacks[i]);
        assert_true(html_is_safe(str_z(once)));
        assert_string_equal(clean(once), once);
        /* In a paragraph, a cell, a list, a link and a quote as well. */
        static const char *const around[] = {"<p>%s</p>",
                                             "<table><tr><td>%s</table>",
                                             "<ul><li>%s",
                                             "<a href=https://a.example>%s",
                                             "<blockquote><b>%s</b>",
                                             "<pre>%s",
                                             "<h1>%s",
                                             "<svg>%s",
                                             "<font><i>%s</font>"};
        for (size_t k = 0; k < sizeof around / sizeof *around; k++) {
            str attack = str_z(attacks[i]), frame = str_z(around[k]);
            size_t at = str_find(frame, S("%s"), 0);
            str head = str_slice(frame, 0, at), tail = str_slice(frame, at + 2, frame.n);
            char *in = str_cstr(a, str_fmt(a, "%.*s%.*s%.*s", STR_FMT(head), STR_FMT(attack), STR_FMT(tail)));
            once = clean(in);
            assert_harmless(once, in);
            assert_true(html_is_safe(str_z(once)));
            assert_string_equal(clean(once), once);
        }
    }
}

static void structure_stays(void **state) {
    (void)state;
    assert_string_equal(clean("<P ALIGN=center>Dear <B>shop</B>,<BR>I am <i>7</i>.</P>"),
                        "<p>Dear <b>shop</b>,<br>I am <i>7</i>.</p>");
    assert_string_equal(clean("<table border=1><tr><th colspan=2>a<tr><td rowspan=\"3\">b<td>c</table>"),
                        "<table><tbody><tr><th colspan=\"2\">a</th></tr><tr><td "
                        "rowspan=\"3\">b</td><td>c</td></tr></tbody></table>");
    assert_string_equal(clean("<ul><li>one<li>two</ul><ol><li>x</ol>"),
                        "<ul><li>one</li><li>two</li></ul><ol><li>x</li></ol>");
    assert_string_equal(clean("<h1>A</h1><pre>\n\n x\n</pre><hr><blockquote>q</blockquote>"),
                        "<h1>A</h1><pre>\n\n x\n</pre><hr><blockquote>q</blockquote>");
    assert_string_equal(clean("<p dir=rtl lang=ar>x</p><font color=red>y</font><center>z</center>"),
                        "<p dir=\"rtl\" lang=\"ar\">x</p>y<div>z</div>");
    assert_string_equal(
        clean("<sub>1</sub><sup>2</sup><small>3</small><code>4</code><u>5</u><s>6</s><em>7</em><strong>8</"
              "strong>"),
        "<sub>1</sub><sup>2</sup><small>3</small><code>4</code><u>5</u><s>6</s><em>7</em><strong>8</strong>");
    assert_string_equal(clean(""), "");
    assert_string_equal(clean("1 < 2 & 3 > 2 \"x\" 'y'"),
                        "1 &lt; 2 &amp; 3 &gt; 2 &quot;x&quot; &#39;y&#39;");
}

static void links_and_images(void **state) {
    (void)state;
    assert_string_equal(clean("<a href=\"https://a.example/?x=1&amp;y=2\" title=t>go</a>"),
                        "<a href=\"https://a.example/?x=1&amp;y=2\" rel=\"noopener noreferrer nofollow\" "
                        "target=\"_blank\">go</a>");
    assert_string_equal(
        clean("<a href=mailto:a@b.example>m</a>"),
        "<a href=\"mailto:a@b.example\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">m</a>");
    assert_string_equal(clean("<a href=tel:123>t</a><a href=/x>r</a><a name=y>n</a>"), "trn");
    assert_string_equal(clean("<img src=\"cid:p1@x\" alt=\"Jay &amp; me\" width=100 height=100%>"),
                        "<img src=\"cid:p1@x\" alt=\"Jay &amp; me\" width=\"100\">");
    safe_html safe;
    int remote;
    str html = S("<img src=http://a/1.gif alt=one><img src=https://a/2.gif><img src=//a/3.gif><img "
                 "src=data:x alt=four><img>");
    assert_int_equal(html_sanitise(a, html, &safe, &remote), ERR_NONE);
    assert_int_equal(remote, 3);
    assert_string_equal(str_cstr(a, safe.html), "onefour");
}

static void hidden_is_dropped(void **state) {
    (void)state;
    assert_string_equal(to_text("<div style='DISPLAY : none'>preheader</div><p>Hello</p>"), "Hello");
    assert_string_equal(
        clean("<div style='mso-hide:all;display:none !important'>preheader</div><p>Hello</p>"),
        "<p>Hello</p>");
    assert_string_equal(to_text("<span style='visibility:hidden'>a</span><span hidden>b</span>c"), "c");
    /* Some programs put a font size of nothing around everything, against gaps between cells. */
    assert_string_equal(
        to_text("<table><td style='font-size:0px'>no<div style='font-size:13px'>yes</div></table>"), "yes");
    assert_string_equal(to_text("<p style='font-size:0.9em'>shown</p><p style='font-size:0'>not</p>"),
                        "shown");
}

static void text_reads_well(void **state) {
    (void)state;
    assert_string_equal(
        to_text("<html><head><title>T</title><style>p{}</style></head><body>\n<p>Dear   shop,</p>\n\n"
                "<p>I lost&nbsp;Jay<br>at the shop.</p><div>A</div><div>B</div></body>"),
        "Dear shop,\n\nI lost Jay\nat the shop.\n\nA\nB");
    assert_string_equal(to_text("<ul><li>one<li>two<ul><li>in</ul></ul>x<ol><li>a<li>b</ol>"),
                        "- one\n- two\n  - in\n\nx\n\n1. a\n2. b");
    assert_string_equal(
        to_text("<table><tr><td>Part</td><td> 4512 </td></tr><tr><td></td><td>x</td></tr></table>after"),
        "Part\t4512\nx\nafter");
    assert_string_equal(to_text("a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e"),
                        "a\n> b\n> c\n> > d\ne");
    assert_string_equal(to_text("See <a href=\"https://a.example/x\">our page</a>, <a "
                                "href=\"https://www.a.example/\">a.example</a> or "
                                "<a href=mailto:m@a.example>m@a.example</a>."),
                        "See our page (https://a.example/x), a.example or m@a.example.");
    assert_string_equal(
        to_text("<a href=http://t.example/1><img src=http://t.example/2></a>x<img src=y alt='a smile'>"),
        "xa smile");
    assert_string_equal(to_text("<p>a</p><br><br><br><br><p>b</p>"), "a\n\nb");
    assert_string_equal(to_text("<pre>  two\n    four</pre>"), "  two\n    four");
    assert_string_equal(to_text("&lt;3 &amp; &eacute; &#128512; &hellip;"), "<3 & é 😀 …");
    str odd;
    assert_int_equal(html_to_text(a, S("a&#1111111111111111111111;b&#xD800;c&#0;d"), &odd), ERR_NONE);
    assert_true(str_is_utf8(odd));
    assert_string_equal(to_text("<p>&zwnj;&nbsp;&zwnj;&nbsp;\xE2\x80\x8B</p><p>Hi</p>"), "Hi");
    assert_string_equal(to_text("<script>no</script><!-- no -->yes<noscript>no</noscript>"), "yes");
}

static void limits_hold(void **state) {
    (void)state;
    str text, big = {arena_alloc(a, (1 << 20) + 1), (1 << 20) + 1};
    memset((char *)big.p, 'x', big.n);
    assert_int_equal(html_to_text(a, big, &text), ERR_LIMIT);
    static const char *const bombs[] = {
        "<div>",        "<b>",      "<table><tr><td>",  "<ul><li>",       "<blockquote>",
        "<b><div></b>", "<font a>", "<svg><g>",         "<a><p>",         "<button>",
        "<b><p>",       "<object>", "<table><svg><td>", "<form><select>", "<dd><div>"};
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        BUF_AUTO buf bomb = BUF_MAX(1 << 20);
        for (int k = 0; k < 50000 && bomb.n < (1 << 20) - 100; k++) buf_add_z(&bomb, bombs[i]);
        buf_add(&bomb, S("words"));
        int64_t began = clock_monotonic_ms();
        err e = html_to_text(a, buf_str(&bomb), &text);
        assert_true(e == ERR_LIMIT || e == ERR_NONE);
        safe_html safe;
        int remote;
        e = html_sanitise(a, buf_str(&bomb), &safe, &remote);
        assert_true(e == ERR_LIMIT || (e == ERR_NONE && html_is_safe(safe.html)));
        if (clock_monotonic_ms() - began > 15000)
            fail_msg("%s takes %lld ms", bombs[i], (long long)(clock_monotonic_ms() - began));
        text = html_strip(a, buf_str(&bomb));
        assert_string_equal(str_cstr(a, text), "words");
    }
    /* Old letters leave paragraphs and items open; that is no depth. */
    BUF_AUTO buf open = BUF_MAX(1 << 20);
    for (int k = 0; k < 5000; k++) buf_add(&open, S("<p>line<li>item<tr><td>x<br>"));
    assert_int_equal(html_to_text(a, buf_str(&open), &text), ERR_NONE);
    BUF_AUTO buf cells = BUF_MAX(1 << 20);
    buf_add(&cells, S("<table>"));
    for (int k = 0; k < 3000; k++) buf_add(&cells, S("<tr><td><font size=2><div>x<td><b>y"));
    assert_int_equal(html_to_text(a, buf_str(&cells), &text), ERR_NONE);
}

static void words_alone(void **state) {
    (void)state;
    str text = html_strip(a, S("<style>p{}</style><p>Dear&nbsp;<b>shop</b>,<br>I &lt;3 "
                               "you</p><script>x()</script><!-- c -->\n\n\nbye"));
    assert_string_equal(str_cstr(a, text), "Dear shop ,\nI <3 you\n\nbye");
    assert_int_equal(html_strip(a, S("<script")).n, 0);
    assert_int_equal(html_strip(a, S("")).n, 0);
}

static void safe_is_strict(void **state) {
    (void)state;
    static const char *const unsafe[] = {
        "<p>",
        "</p>",
        "<p></div>",
        "<script></script>",
        "<p onclick=\"x\"></p>",
        "<p style=\"x\"></p>",
        "a < b",
        "a > b",
        "\"",
        "&nbsp;",
        "&",
        "<!-- -->",
        "<a href=\"javascript:x\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">x</a>",
        "<a href=\"https://a.example\">x</a>",
        "<img src=\"http://a\" alt=\"\">",
        "<img src=\"cid:a\">",
        "<P></P>",
        "<td colspan=\"x\"></td>",
        "<br/>",
        "<p",
        "<",
        "\xFF",
        "<p lang=\"a b\"></p>",
        "<img src=\"cid:a\" alt=\"\" onerror=\"x\">",
        "<p\n></p>",
        "<b><i></b></i>",
        "\x01",
        "<a href=\"https://x\ny\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">x</a>"};
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        if (html_is_safe(str_z(unsafe[i]))) fail_msg("taken for safe: %s", unsafe[i]);
    assert_true(html_is_safe(S("")));
    assert_true(html_is_safe(S("<p dir=\"rtl\">a &amp; b<br></p><img src=\"cid:a\" alt=\"\">\n")));
}

static void escape_and_from_text(void **state) {
    (void)state;
    BUF_AUTO buf out = BUF_MAX(4096);
    html_escape(&out, S("<a href=\"x\">'&'</a>"));
    assert_string_equal(str_cstr(a, buf_str(&out)), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    buf_clear(&out);
    html_from_text(
        &out, S("Dear Luka,\n\n\nwe <3 you.\nSee https://a.example/x?y=1&z=(2). Or (http://b.example/)!\n"));
    assert_string_equal(
        str_cstr(a, buf_str(&out)),
        "<p>Dear Luka,</p>\n<p>we &lt;3 you.<br>\nSee <a href=\"https://a.example/x?y=1&amp;z=(2)\">"
        "https://a.example/x?y=1&amp;z=(2)</a>. Or (<a "
        "href=\"http://b.example/\">http://b.example/</a>)!</p>\n");
    buf_clear(&out);
    html_from_text(&out, S("http:// xhttp://a https://x\"onmouseover=alert(1)"));
    assert_string_equal(
        str_cstr(a, buf_str(&out)),
        "<p>http:// xhttp://a <a href=\"https://x\">https://x</a>&quot;onmouseover=alert(1)</p>\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attacks_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(structure_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(links_and_images, setup, teardown),
        cmocka_unit_test_setup_teardown(hidden_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(text_reads_well, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(words_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(safe_is_strict, setup, teardown),
        cmocka_unit_test_setup_teardown(escape_and_from_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
