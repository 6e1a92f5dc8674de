/* Printing, looked at with other people's eyes: poppler reads the PDF back. */
#include <cairo.h>
#include <pthread.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "print/print.h"

extern char **environ;

enum { OUT_MAX = 32 << 20 };

static const struct print_about about = {S("A letter for Luka"), S("Tidewatch Toys"), S("de"), 1773187200000};
static const struct print_look look = {.brand = S("Tidewatch Toys"),
                                       .sender = S("Tidewatch Toys, 3 Harbour Steps, 4020 Harrowmere"),
                                       .foot = S("post@tidewatch.example"),
                                       .accent = 0x2a4899};

static arena *a;
static buf pdf = BUF_MAX(OUT_MAX);
static struct print_result result;

static int begin(void **state) {
    (void)state;
    a = arena_new(0);
    buf_clear(&pdf);
    memset(&result, 0, sizeof result);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_free(a);
    buf_free(&pdf);
    return 0;
}

/* What one of poppler's tools says of the PDF: stdout and, after it, stderr. `tail` may be NULL. */
static str ask(const char *tool, const char *option, const char *tail) {
    char path[] = "/tmp/print-test.XXXXXX";
    int file = mkstemp(path), ends[2];
    assert_true(file >= 0);
    assert_int_equal(print_to_fd(&file, pdf.p, pdf.n), ERR_NONE);
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    char *argv[6];
    int n = 0;
    argv[n++] = (char *)tool;
    if (option) argv[n++] = (char *)option;
    argv[n++] = path;
    if (tail) argv[n++] = (char *)tail;
    argv[n] = NULL;
    pid_t pid;
    assert_int_equal(posix_spawnp(&pid, tool, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    BUF_AUTO buf out = BUF_MAX(OUT_MAX);
    for (;;) {
        char *room = buf_room(&out, 65536);
        assert_non_null(room);
        ssize_t got = read(ends[0], room, 65536);
        if (got <= 0) break;
        buf_grew(&out, (size_t)got);
    }
    close(ends[0]);
    int status;
    waitpid(pid, &status, 0);
    close(file);
    unlink(path);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return str_copy(a, buf_str(&out));
}

static bool has(str text, const char *what) { return str_find(text, str_z(what), 0) != SIZE_MAX; }
static void must_have(str text, const char *what) {
    if (!has(text, what)) fail_msg("\"%s\" is not in:\n%.*s", what, STR_FMT(text));
}

/* pdftotext writes to a file unless told "-"; the raw order is that of the drawing. */
static str words(void) { return ask("pdftotext", "-raw", "-"); }

static void well_formed(int pages, const char *size) {
    str info = ask("pdfinfo", NULL, NULL);
    must_have(info, "Tagged:          yes");
    if (has(info, "Error") || has(info, "Warning")) fail_msg("%.*s", STR_FMT(info));
    must_have(info, str_cstr(a, str_fmt(a, "Pages:           %d\n", pages)));
    if (size) must_have(info, size);
    str fonts = ask("pdffonts", NULL, NULL), line;
    str_line(&fonts, &line);
    str_line(&fonts, &line);
    size_t n = 0;
    for (; str_line(&fonts, &line); n++) /* embedded, a subset, with a table to Unicode */
        if (!has(line, " yes yes yes ")) fail_msg("%.*s", STR_FMT(line));
    assert_true(n > 0);
}

static void well_formed_tags(void) {
    must_have(ask("pdfinfo", "-struct", NULL), "Document\n  Sect\n");
    assert_false(has(ask("pdfinfo", NULL, NULL), "Error"));
}

static void print_text(enum print_paper paper, const char *text) {
    struct print_letter letter = {.text = str_z(text), .name = S("Joss at Tidewatch")};
    buf_clear(&pdf);
    assert_int_equal(print_letter(&about, paper, &look, &letter, print_to_buf, &pdf, &result), ERR_NONE);
    assert_int_equal(result.bytes, (int64_t)pdf.n);
}

static cairo_status_t take(void *to, const unsigned char *bytes, unsigned n) {
    return print_to_buf(to, bytes, n) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static str png_of(int width, int height) {
    BUF_AUTO buf out = BUF_MAX(OUT_MAX);
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    cairo_t *cr = cairo_create(s);
    cairo_set_source_rgba(cr, 0.1, 0.2, 0.6, 0.8);
    cairo_arc(cr, width / 2.0, height / 2.0, height / 3.0, 0, 6.3);
    cairo_fill(cr);
    assert_int_equal(cairo_surface_write_to_png_stream(s, take, &out), CAIRO_STATUS_SUCCESS);
    cairo_destroy(cr);
    cairo_surface_destroy(s);
    return str_copy(a, buf_str(&out));
}

/* ---- letters ---- */

static void a_letter_reads_back(void **state) {
    (void)state;
    struct print_letter letter = {
        .address = S("Luka Apps\n14 Kiln Row\n4021 Harrowmere"),
        .date = S("Wednesday 11 March 2026"),
        .subject = S("Your figure"),
        .text = S("Dear Luka,\n\nJay is on his way.\r\nHe looks forward to it.\n\nThank you for writing."),
        .sign_off = S("Warm wishes,"),
        .signature = png_of(600, 200),
        .name = S("Joss at Tidewatch"),
        .role = S("Missing pieces"),
    };
    struct print_look with_mark = look;
    with_mark.mark = png_of(200, 200);
    assert_int_equal(print_letter(&about, PRINT_A4, &with_mark, &letter, print_to_buf, &pdf, &result),
                     ERR_NONE);
    assert_int_equal(result.pages, 1);
    assert_int_equal(result.nmissing, 0);
    assert_false(result.cut);
    well_formed(1, "(A4)");
    static const char *const order[] = {
        "Tidewatch Toys",    "14 Kiln Row",    "4021 Harrowmere",       "11 March 2026", "Your figure",
        "Dear Luka,",        "is on his way.", "looks forward",         "Thank you",     "Warm wishes,",
        "Joss at Tidewatch", "Missing pieces", "post@tidewatch.example"};
    str text = words();
    size_t at = 0;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        at = str_find(text, str_z(order[i]), at);
        if (at == SIZE_MAX)
            fail_msg("\"%s\" is missing, or before its place:\n%.*s", order[i], STR_FMT(text));
    }
    str info = ask("pdfinfo", NULL, NULL);
    must_have(info, "Title:           A letter for Luka\n");
    must_have(info, "Author:          Tidewatch Toys\n");
    must_have(buf_str(&pdf), "/Lang (de)");
    str tags = ask("pdfinfo", "-struct", NULL);
    must_have(tags, "Document\n  Sect\n    Figure\n    H1");
    must_have(tags, "    P (block)\n");
}

static void every_script_has_glyphs(void **state) {
    (void)state;
    static const char *const samples[] = {
        "Ελληνικά κείμενο", "Русский текст", "한국어 문단", "日本語の手紙", "简体中文的信", "שלום לכולם",
        "عزيزي عبد الكريم", "Tiếng Việt",    "ქართული",     "Հայերեն",      "ภาษาไทย",      "हिन्दी",
    };
    BUF_AUTO buf all = BUF_MAX(1 << 16);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) buf_add_fmt(&all, "%s\n\n", samples[i]);
    buf_add_z(&all, "🥰 👩‍👩‍👧 ❤️ 👍🏽");
    print_text(PRINT_A4, str_cstr(a, buf_str(&all)));
    for (int i = 0; i < result.nmissing; i++) print_message("no glyph for U+%04X\n", result.missing[i]);
    assert_int_equal(result.nmissing, 0);
    well_formed(1, NULL);
    str text = ask("pdftotext", "-layout", "-"); /* in the order of reading, right to left included */
    static const char *const found[] = {"Ελληνικά", "Русский", "한국어", "日本語の手紙", "简体中文的信",
                                        "שלום",     "الكريم",  "Việt",   "ქართული",      "Հայերեն"};
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) must_have(text, found[i]);
    str fonts = ask("pdffonts", NULL, NULL);
    must_have(fonts, "NotoSerif-Regular");
    must_have(fonts, "NotoNaskhArabic");
    must_have(fonts, "NotoSerifCJK");
}

/* Japanese and Chinese share characters and draw them differently: the language decides. */
static void shapes_follow_the_language(void **state) {
    (void)state;
    static const char *const fonts[][2] = {{"ja", "NotoSerifCJKjp"},
                                           {"zh", "NotoSerifCJKsc"},
                                           {"zh-TW", "NotoSerifCJKtc"},
                                           {"ko-KR", "NotoSerifCJKkr"}};
    for (size_t i = 0; i < sizeof fonts / sizeof fonts[0]; i++) {
        struct print_letter letter = {.text = S("直骨"), .language = str_z(fonts[i][0])};
        buf_clear(&pdf);
        assert_int_equal(print_letter(&about, PRINT_A5, &look, &letter, print_to_buf, &pdf, &result),
                         ERR_NONE);
        must_have(ask("pdffonts", NULL, NULL), fonts[i][1]);
    }
    print_text(PRINT_A5, "直骨を");
    must_have(ask("pdffonts", NULL, NULL), "NotoSerifCJKjp");
}

/* Where a word of the page begins and ends, from the left edge in points. */
static void place_of(str boxes, const char *word, double *ret_left, double *ret_right) {
    size_t at = str_find(boxes, str_fmt(a, ">%s</word>", word), 0);
    if (at == SIZE_MAX) fail_msg("no word \"%s\" in\n%.*s", word, STR_FMT(boxes));
    size_t from = at;
    while (boxes.p[from] != '<') from--;
    const char *tag = str_cstr(a, str_slice(boxes, from, at));
    assert_int_equal(sscanf(tag, "<word xMin=\"%lf\" yMin=\"%*f\" xMax=\"%lf\"", ret_left, ret_right), 2);
}

static void paragraphs_have_their_own_side(void **state) {
    (void)state;
    print_text(PRINT_A4, "שלום 77\n\nEnglish again\n\n12 שלישי");
    str boxes = ask("pdftotext", "-bbox", "-");
    double left, right;
    place_of(boxes, "77", &left, &right);
    assert_true(left >
                450); /* the Hebrew line ends at the right margin, its number to the left of the word */
    place_of(boxes, "English", &left, &right);
    assert_true(left > 70 && left < 72);
    place_of(boxes, "12", &left, &right);
    assert_true(right > 500);
    place_of(boxes, "Tidewatch", &left, &right);
    assert_true(left > 300); /* a letter that begins in Hebrew has its head at the right */
}

static void forty_pages(void **state) {
    (void)state;
    BUF_AUTO buf text = BUF_MAX(PRINT_TEXT_BYTES);
    for (int i = 0; i < 460; i++)
        buf_add_fmt(
            &text,
            "Paragraph%d. You asked why the bakery has no baker. I went to look, and you are right: we drew "
            "him on the lid and forgot him in the bag. That was us, not you. So here he is. Nobody has named "
            "him yet, which leaves it to Samira. I gave him a tray and three loaves.%s\n\n",
            i, i % 3 ? "" : " He sends his regards.");
    print_text(PRINT_A4, str_cstr(a, buf_str(&text)));
    assert_true(result.pages >= 40);
    well_formed(result.pages, "(A4)");
    str all = words(), page;
    for (int i = 0; i < 460; i++) must_have(all, str_cstr(a, str_fmt(a, "Paragraph%d.", i)));
    int n = 0;
    while (n < result.pages && str_split(&all, '\f', &page)) {
        n++;
        str line, first = {0}, last = {0}, before = {0};
        while (str_line(&page, &line)) {
            if (!str_trim(line).n) continue;
            if (!first.n) first = line;
            before = last;
            last = line;
        }
        if (n == 1) continue;
        assert_true(str_eq(str_trim(last), str_fmt(a, "%d", n)));
        /* No first line of a paragraph stands alone at the foot, no last line at the head. */
        assert_false(str_starts(before, S("Paragraph")));
        assert_false(str_starts(first, S("regards")) || str_starts(first, S("loaves")));
    }
    assert_int_equal(n, result.pages);
}

static void one_endless_paragraph(void **state) {
    (void)state;
    BUF_AUTO buf text = BUF_MAX(PRINT_TEXT_BYTES);
    for (int i = 0; i < 12000; i++) buf_add_fmt(&text, "word%d ", i);
    print_text(PRINT_LETTER, str_cstr(a, buf_str(&text)));
    assert_true(result.pages > 15);
    well_formed(result.pages, "(letter)");
    str all = words(); /* nothing is lost or said twice where the pieces meet */
    size_t at = 0;
    for (int i = 0; i < 12000; i++) {
        str word = str_fmt(a, "word%d", i);
        size_t found = str_find(all, word, at);
        if (found == SIZE_MAX || found > at + 80) fail_msg("%.*s is not where it belongs", STR_FMT(word));
        at = found + word.n;
    }
}

static void a_signature_is_never_alone(void **state) {
    (void)state;
    for (int lines = 24; lines < 60; lines++) {
        BUF_AUTO buf text = BUF_MAX(1 << 16);
        for (int i = 0; i < lines; i++) buf_add_fmt(&text, "Line%d\n", i);
        print_text(PRINT_A4, str_cstr(a, buf_str(&text)));
        str all = words(), page, last = {0};
        while (str_split(&all, '\f', &page))
            if (has(page, "Joss at Tidewatch")) last = page;
        must_have(last, str_cstr(a, str_fmt(a, "Line%d\n", lines - 1)));
        must_have(last, str_cstr(a, str_fmt(a, "Line%d\n", lines - 2)));
    }
}

static void text_is_never_markup(void **state) {
    (void)state;
    const char *text =
        "<b>bold</b> &amp; <span font='99'>x</span>\nfile:///etc/passwd\n/etc/passwd\n\\input{x} %PDF-1.4";
    print_text(PRINT_A4, text);
    str out = words();
    must_have(out, "<b>bold</b> &amp; <span font='99'>x</span>");
    must_have(out, "file:///etc/passwd\n/etc/passwd\n\\input{x} %PDF-1.4");
    assert_false(has(out, "root:"));
    well_formed(1, NULL);
}

static void a_picture_may_come_first(void **state) {
    (void)state;
    struct print_look pictures = {.brand = S("🥰"), .mark = png_of(40, 40)};
    for (int i = 0; i < 2; i++) {
        struct print_letter letter = {.text = S("🥖\n\n👍")};
        struct print_slip slip = {.title = S("🥰"), .box = S("🥖")};
        if (i) pictures.mark = S("");
        buf_clear(&pdf);
        assert_int_equal(print_letter(&about, PRINT_A5, &pictures, &letter, print_to_buf, &pdf, &result),
                         ERR_NONE);
        well_formed_tags();
        buf_clear(&pdf);
        assert_int_equal(print_slip(&about, PRINT_A5, &pictures, &slip, print_to_buf, &pdf, &result),
                         ERR_NONE);
        well_formed_tags();
    }
}

static void bytes_that_are_no_text(void **state) {
    (void)state;
    print_text(PRINT_A4, "a\xff\xfe"
                         "b\x01\x02\x1b[31mred\x7f\tc\xc3");
    str out = words();
    must_have(out, "a\xef\xbf\xbd\xef\xbf\xbd"
                   "b[31mred");
    assert_int_equal(result.nmissing, 0);
    struct print_letter letter = {.text = {"x\0y", 3}, .name = S("")};
    buf_clear(&pdf);
    assert_int_equal(print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_NONE);
    must_have(words(), "xy");
}

static void missing_glyphs_are_named(void **state) {
    (void)state;
    print_text(PRINT_A4, "Hello \xef\xa3\xbf and \xf3\xb0\x80\x80 and \xef\xa3\xbf again");
    assert_int_equal(result.nmissing, 2);
    assert_int_equal(result.missing[0], 0xf8ff);
    assert_int_equal(result.missing[1], 0xf0000);
    assert_false(result.more_missing);
    BUF_AUTO buf many = BUF_MAX(4096);
    for (uint32_t i = 0; i < 100; i++) buf_add_utf8(&many, 0xf0100 + 99 - i);
    print_text(PRINT_A4, str_cstr(a, buf_str(&many)));
    assert_int_equal(result.nmissing, PRINT_MISSING);
    assert_true(result.more_missing);
    for (int i = 1; i < result.nmissing; i++) assert_true(result.missing[i - 1] < result.missing[i]);
}

static void too_much_is_refused(void **state) {
    (void)state;
    char *big = arena_alloc(a, PRINT_TEXT_BYTES + 2);
    memset(big, 'x', PRINT_TEXT_BYTES + 1);
    struct print_letter letter = {.text = {big, PRINT_TEXT_BYTES + 1}};
    assert_int_equal(print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_LIMIT);
    letter = (struct print_letter){.text = {big, 10}, .date = {big, PRINT_FIELD_BYTES + 1}};
    assert_int_equal(print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_LIMIT);
    letter = (struct print_letter){.text = S("x"), .address = S("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13")};
    assert_int_equal(print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_LIMIT);
    letter = (struct print_letter){.text = S("x")};
    assert_int_equal(print_letter(&about, PRINT_LABEL_4X6, &look, &letter, print_to_buf, &pdf, &result),
                     ERR_INVALID);
    memset(big, '\n', PRINT_TEXT_BYTES); /* empty lines are not pages */
    letter = (struct print_letter){.text = {big, PRINT_TEXT_BYTES}};
    assert_int_equal(print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_NONE);
    for (int i = 0; i < PRINT_TEXT_BYTES; i += 2) big[i] = 'x';
    buf_clear(&pdf);
    assert_int_equal(print_letter(&about, PRINT_A5, &look, &letter, print_to_buf, &pdf, &result), ERR_LIMIT);
    assert_int_equal(pdf.n, 0);
}

/* ---- pictures ---- */

static err with_signature(str png) {
    struct print_letter letter = {.text = S("Hello"), .signature = png};
    buf_clear(&pdf);
    return print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result);
}

static void pictures_are_checked(void **state) {
    (void)state;
    str good = png_of(900, 300);
    int width, height;
    assert_int_equal(print_image_check(good, &width, &height), ERR_NONE);
    assert_int_equal(width, 900);
    assert_int_equal(height, 300);
    assert_int_equal(with_signature(good), ERR_NONE);
    must_have(ask("pdfimages", "-list", NULL), "image");
    assert_int_equal(with_signature(S("GIF89a not a PNG, and long enough to hold a head")), ERR_INVALID);
    assert_int_equal(with_signature(S("\x89PNG")), ERR_INVALID);
    assert_int_equal(with_signature(str_slice(good, 0, good.n / 2)), ERR_INVALID);
    for (size_t cut = 33; cut < good.n - 12; cut += 97)
        assert_int_not_equal(with_signature(str_slice(good, 0, cut)), 0);
    str huge = str_copy(a, good);
    ((char *)huge.p)[18] = 0x20; /* 8,192 pixels and more: refused by its head, before anything is decoded */
    assert_int_equal(with_signature(huge), ERR_LIMIT);
    huge = str_copy(a, good);
    memset((char *)huge.p + 16, 0, 4);
    assert_int_equal(with_signature(huge), ERR_INVALID);
    char *heavy = arena_alloc(a, PRINT_IMAGE_BYTES + 1);
    memcpy(heavy, good.p, good.n);
    assert_int_equal(with_signature((str){heavy, PRINT_IMAGE_BYTES + 1}), ERR_LIMIT);
    assert_int_equal(pdf.n, 0);
}

/* ---- slips and labels ---- */

static void a_slip_of_many_items(void **state) {
    (void)state;
    struct print_item items[70];
    for (int i = 0; i < 70; i++)
        items[i] = (struct print_item){str_fmt(a, "Piece%d, a long name that may well run over its line", i),
                                       str_fmt(a, "No.%d", i), S("Shelf B2, bin 14"), i, i % 2 == 0};
    items[3].quantity = INT64_MIN;
    struct print_slip slip = {.title = S("Packing slip"),
                              .box = S("Box 31"),
                              .link = S("https://desk.example/boxes/31"),
                              .address = S("Samira Yusuf\n14 Kiln Row"),
                              .facts = S("84 g"),
                              .item_head = S("What"),
                              .place_head = S("Where"),
                              .qty_head = S("How many"),
                              .items = items,
                              .nitems = 70,
                              .note = S("Nothing to pay.")};
    assert_int_equal(print_slip(&about, PRINT_A4, &look, &slip, print_to_buf, &pdf, &result), ERR_NONE);
    assert_true(result.pages > 3);
    well_formed(result.pages, "(A4)");
    str out = words();
    for (int i = 0; i < 70; i++) {
        must_have(out, str_cstr(a, str_fmt(a, "Piece%d,", i)));
        must_have(out, str_cstr(a, str_fmt(a, "No.%d\n", i)));
    }
    must_have(out, "-9223372036854775808");
    must_have(out, str_cstr(a, str_fmt(a, "%d / %d", result.pages, result.pages)));
    must_have(out, "Nothing to pay.");
    str tags = ask("pdfinfo", "-struct", NULL);
    must_have(tags, "Table");
    must_have(tags, "TH");
    slip.nitems = 0;
    buf_clear(&pdf);
    assert_int_equal(print_slip(&about, PRINT_LETTER, &look, &slip, print_to_buf, &pdf, &result), ERR_NONE);
    assert_int_equal(result.pages, 1);
    char link[600];
    memset(link, 'x', sizeof link);
    slip.link = (str){link, sizeof link};
    assert_int_equal(print_slip(&about, PRINT_LETTER, &look, &slip, print_to_buf, &pdf, &result), ERR_LIMIT);
}

static void labels_of_all_sizes(void **state) {
    (void)state;
    static const char *const sizes[PRINT_PAPERS] = {"(A4)", "(letter)", "419.528 x 595.276",
                                                    "175.748 x 283.465", "288 x 432"};
    for (int i = 0; i < PRINT_PAPERS; i++) {
        struct print_label label = {.sender = look.sender,
                                    .address = S("Samira Yusuf\n14 Kiln Row\n4021 Harrowmere"),
                                    .box = S("Box 31"),
                                    .link = S("https://desk.example/boxes/31")};
        enum print_paper paper;
        assert_true(print_paper_find(str_z(print_paper_name((enum print_paper)i)), &paper));
        assert_int_equal(paper, i);
        buf_clear(&pdf);
        assert_int_equal(print_label(&about, paper, &look, &label, print_to_buf, &pdf, &result), ERR_NONE);
        assert_false(result.cut);
        well_formed(1, sizes[i]);
        must_have(words(), "Samira Yusuf\n14 Kiln Row\n4021 Harrowmere");
    }
    enum print_paper paper;
    assert_false(print_paper_find(S("a0"), &paper));
}

static void twelve_lines_fit(void **state) {
    (void)state;
    str address = S(
        "The Very Honourable and Reverend Doctor Maximilian von und zu Wolkenkuckucksheim\nLine 2 of the "
        "address\nLine 3\nLine 4\nLine 5\nLine 6\nLine 7\nLine 8\nLine 9\nLine 10\nLine 11\nUNITED KINGDOM");
    for (int i = 0; i < PRINT_PAPERS; i++) {
        struct print_label label = {.sender = look.sender, .address = address, .box = S("Box 31")};
        buf_clear(&pdf);
        assert_int_equal(print_label(&about, (enum print_paper)i, &look, &label, print_to_buf, &pdf, &result),
                         ERR_NONE);
        assert_false(result.cut);
        str out = words();
        must_have(out, "Wolkenkuckucksheim");
        for (int k = 3; k < 12; k++) must_have(out, str_cstr(a, str_fmt(a, "Line %d\n", k)));
        must_have(out, "UNITED KINGDOM");
    }
    struct print_letter letter = {.address = address, .text = S("Hello")};
    buf_clear(&pdf);
    assert_int_equal(print_letter(&about, PRINT_LETTER, &look, &letter, print_to_buf, &pdf, &result),
                     ERR_NONE);
    assert_false(result.cut);
    must_have(words(), "UNITED KINGDOM");
    /* What cannot fit is said. */
    char lines[12 * 340];
    memset(lines, 'W', sizeof lines);
    for (size_t i = 339; i < sizeof lines; i += 340) lines[i] = '\n';
    struct print_label label = {.address = {lines, sizeof lines}};
    assert_int_equal(print_label(&about, PRINT_LABEL_62X100, &look, &label, print_to_buf, &pdf, &result),
                     ERR_NONE);
    assert_true(result.cut);
}

static void a_japanese_label(void **state) {
    (void)state;
    struct print_label label = {
        .address = S("〒100-0001\n東京都千代田区千代田1-1\nひまわりマンション 302号室\n山田 花子 様")};
    assert_int_equal(print_label(&about, PRINT_LABEL_62X100, &look, &label, print_to_buf, &pdf, &result),
                     ERR_NONE);
    assert_int_equal(result.nmissing, 0);
    well_formed(1, NULL);
    must_have(words(), "東京都千代田区千代田1-1");
    must_have(ask("pdffonts", NULL, NULL), "NotoSansCJKjp");
}

/* ---- batches, bytes, threads ---- */

static struct print_letter numbered(int i) {
    return (struct print_letter){.address = str_fmt(a, "Reader %d\nKiln Row", i),
                                 .text = str_fmt(a, "Dear reader%d,\n\nهذه رسالة 日本語 hello.", i),
                                 .name = S("Joss")};
}

static void a_batch_prints_all_in_order(void **state) {
    (void)state;
    struct print_batch *b;
    struct print_look marked = look;
    marked.mark = png_of(300, 300);
    assert_int_equal(print_batch_begin(&about, print_to_buf, &pdf, &b), ERR_NONE);
    for (int i = 0; i < 12; i++) {
        struct print_letter letter = numbered(i);
        struct print_slip slip = {.box = str_fmt(a, "Box%d.", i), .link = S("https://desk.example/b")};
        struct print_label label = {.address = str_fmt(a, "Label%d.", i)};
        struct print_box box = {.paper = i % 2 ? PRINT_A4 : PRINT_LETTER,
                                .label_paper = PRINT_LABEL_4X6,
                                .look = &marked,
                                .letter = &letter,
                                .slip = &slip,
                                .label = &label};
        struct print_result one;
        letter.signature = i == 5 ? S("no picture at all, but long enough to be one") : S("");
        err e = print_batch_add(b, &box, &one);
        assert_int_equal(e, i == 5 ? ERR_INVALID : ERR_NONE);
        if (i != 5) assert_int_equal(one.pages, 3);
        print_batch_so_far(b, &one);
        assert_int_equal(one.pages, (i < 5 ? i + 1 : i) * 3);
        assert_int_equal(one.bytes, (int64_t)pdf.n); /* it is written while it grows */
        assert_true(i == 0 || pdf.n > 0);
    }
    assert_int_equal(print_batch_end(b, &result), ERR_NONE);
    print_batch_free(b);
    assert_int_equal(result.pages, 33);
    well_formed(33, NULL);
    str out = words();
    size_t at = 0;
    for (int i = 0; i < 12; i++) {
        if (i == 5) continue;
        at = str_find(out, str_fmt(a, "reader%d,", i), at);
        assert_true(at != SIZE_MAX);
        at = str_find(out, str_fmt(a, "Box%d.", i), at);
        assert_true(at != SIZE_MAX);
        at = str_find(out, str_fmt(a, "Label%d.", i), at);
        assert_true(at != SIZE_MAX);
    }
    assert_false(has(out, "reader5,"));
    /* The mark of every page is one picture (and its transparency). */
    str images = ask("pdfimages", "-list", NULL), line;
    char object[16] = "", seen[16];
    while (str_line(&images, &line))
        if (has(line, " image ") &&
            sscanf(str_cstr(a, line), "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %15s", seen) == 1) {
            if (object[0]) assert_string_equal(object, seen);
            memcpy(object, seen, sizeof object);
        }
    assert_true(object[0]);
}

static err full(void *left, const void *bytes, size_t n) {
    (void)bytes;
    size_t *l = left;
    if (n > *l) return err_set(ERR_FULL, "There is no space left.");
    *l -= n;
    return ERR_NONE;
}

static void a_full_disk_ends_the_batch(void **state) {
    (void)state;
    struct print_batch *b;
    size_t left = 5000;
    assert_int_equal(print_batch_begin(&about, full, &left, &b), ERR_NONE);
    err e = ERR_NONE;
    for (int i = 0; i < 40 && !e; i++) {
        struct print_letter letter = numbered(i);
        struct print_box box = {.look = &look, .letter = &letter};
        e = print_batch_add(b, &box, NULL);
    }
    if (!e) e = print_batch_end(b, &result);
    assert_int_equal(e, ERR_FULL);
    assert_int_equal(print_batch_end(b, &result), ERR_FULL);
    print_batch_free(b);
    assert_int_equal(print_batch_begin(&about, full, &left, &b), ERR_NONE); /* begun and given up */
    print_batch_free(b);
    assert_int_equal(print_batch_begin(&about, full, &left, &b), ERR_NONE);
    assert_int_equal(print_batch_end(b, &result), ERR_INVALID); /* a document without pages */
    print_batch_free(b);
}

struct run {
    buf out;
    struct print_letter letter;
    err e;
};

static void *print_run(void *context) {
    struct run *r = context;
    struct print_result own;
    for (int i = 0; i < 3 && !r->e; i++) {
        buf_clear(&r->out);
        r->e = print_letter(&about, PRINT_A4, &look, &r->letter, print_to_buf, &r->out, &own);
    }
    return NULL;
}

static void the_same_bytes_in_all_threads(void **state) {
    (void)state;
    struct print_letter letter = numbered(1);
    letter.signature = png_of(500, 200);
    assert_int_equal(print_letter(&about, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_NONE);
    struct run runs[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        runs[i] = (struct run){.out = BUF_MAX(OUT_MAX), .letter = letter};
        assert_int_equal(pthread_create(&threads[i], NULL, print_run, &runs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(runs[i].e, ERR_NONE);
        assert_true(str_eq(buf_str(&runs[i].out), buf_str(&pdf)));
        buf_free(&runs[i].out);
    }
    struct print_about later = about;
    later.at += 1000;
    BUF_AUTO buf other = BUF_MAX(OUT_MAX);
    assert_int_equal(print_letter(&later, PRINT_A4, &look, &letter, print_to_buf, &other, &result), ERR_NONE);
    assert_false(str_eq(buf_str(&other), buf_str(&pdf)));
}

static void the_language_cannot_break_the_file(void **state) {
    (void)state;
    struct print_letter letter = {.text = S("Hello")};
    struct print_about odd = about;
    odd.language = S("en) /OpenAction (");
    odd.title = S("A (title) \\ with obj\n<< /Type /Catalog\n in it: Ä 日本");
    assert_int_equal(print_letter(&odd, PRINT_A4, &look, &letter, print_to_buf, &pdf, &result), ERR_NONE);
    well_formed(1, NULL);
    must_have(buf_str(&pdf), "/Lang (en)\n");
    assert_false(has(buf_str(&pdf), "OpenAction"));
    must_have(ask("pdfinfo", NULL, NULL), "A (title) \\ with obj << /Type /Catalog  in it: Ä 日本");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(a_letter_reads_back),
        CASE(every_script_has_glyphs),
        CASE(shapes_follow_the_language),
        CASE(paragraphs_have_their_own_side),
        CASE(forty_pages),
        CASE(one_endless_paragraph),
        CASE(a_signature_is_never_alone),
        CASE(text_is_never_markup),
        CASE(a_picture_may_come_first),
        CASE(bytes_that_are_no_text),
        CASE(missing_glyphs_are_named),
        CASE(too_much_is_refused),
        CASE(pictures_are_checked),
        CASE(a_slip_of_many_items),
        CASE(labels_of_all_sizes),
        CASE(twelve_lines_fit),
        CASE(a_japanese_label),
        CASE(a_batch_prints_all_in_order),
        CASE(a_full_disk_ends_the_batch),
        CASE(the_same_bytes_in_all_threads),
        CASE(the_language_cannot_break_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
