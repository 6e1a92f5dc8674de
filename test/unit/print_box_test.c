/* Boxes on paper: what stands on them, in whose words, and many of them in one print. */
#include "gesture_kit.h"

#include "pdf_kit.h"

#include "base/clock.h"
#include "desk/brands.h"
#include "desk/child.h"
#include "desk/look.h"
#include "desk/print_box_run.h"
#include "desk/tidy.h"
#include "jobs/jobs.h"

static bool has(str text, const char *what) { return str_find(text, str_z(what), 0) != SIZE_MAX; }
static void must_have(str text, const char *what) {
    if (!has(text, what)) fail_msg("\"%s\" is not in:\n%.*s", what, STR_FMT(text));
}
static void must_lack(str text, const char *what) {
    if (has(text, what)) fail_msg("\"%s\" is in:\n%.*s", what, STR_FMT(text));
}

static const struct print_parts letter = {.letter = true}, slip = {.slip = true}, label = {.label = true},
                                both = {.letter = true, .slip = true};

static int64_t fresh_letter(const char *from) {
    struct typed_letter l = {.channel = CHANNEL_PAPER,
                             .name = str_z(from),
                             .address = S(""),
                             .subject = S("Juno"),
                             .text = S("Juno fell down the drain.")};
    int64_t conversation, message;
    kit.now += SECOND_MS;
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.omar, &l, &conversation, &message));
    return conversation;
}

static struct box_wish plain_wish(int64_t conversation) {
    static const struct box_item_wish items[] = {
        {.kind = S(""), .code = S(""), .colour = S("blue"), .name = S("Oar"), .quantity = 2},
        {.kind = S("figure"), .code = S("F-011"), .colour = S(""), .name = S(""), .quantity = 1}};
    static int n;
    return (struct box_wish){.conversation = conversation,
                             .items = items,
                             .nitems = 2,
                             .address = S("Milo Ferreira\n3 Quay Lane\n4020 Harrowmere"),
                             .country = S(""),
                             .language = S("en"),
                             .letter = S("Dear Milo,\n\nshe is on her way.\n\nFair winds,\nOmar"),
                             .promise = -1,
                             .key = str_fmt(kit.a, "print-box-%d", ++n)};
}

static struct box_done make(const struct box_wish *wish) {
    struct box_done done;
    assert_ok(box_make(&kit.d, kit.a, &w.omar, wish, &done));
    return done;
}

static str printed(int64_t box, struct print_parts parts) {
    static struct print_result r;
    BUF_AUTO buf out = BUF_MAX(32 << 20);
    assert_ok(print_box_pdf(&kit.d, kit.a, w.brand, box, parts, print_to_buf, &out, &r));
    return pdf_words(kit.a, buf_str(&out));
}

/* ---- words ---- */

static void test_parts(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct print_parts p;
    assert_ok(print_parts_from(S("all"), &p));
    assert_true(p.letter && p.slip && !p.label);
    assert_ok(print_parts_from(S("label, letter"), &p));
    assert_true(p.letter && !p.slip && p.label);
    assert_str(print_parts_text(kit.a, p), "letter label");
    assert_int_equal(print_parts_from(S(""), &p), ERR_INVALID);
    assert_int_equal(print_parts_from(S("letter stamp"), &p), ERR_INVALID);
}

static void test_scanned(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    assert_int_equal(print_box_number(S("31")), 31);
    assert_int_equal(print_box_number(S(" #31\n")), 31);
    assert_int_equal(print_box_number(S("box:31")), 31);
    assert_int_equal(print_box_number(S("BOX: 31")), 31);
    assert_int_equal(print_box_number(print_box_link(kit.a, &kit.d, S("tidewatch"), 31)), 31);
    assert_int_equal(print_box_number(S("https://desk.example/b/t/box/31x")), 0);
    assert_int_equal(print_box_number(S("-3")), 0);
    assert_int_equal(print_box_number(S("box:0")), 0);
    assert_int_equal(print_box_number(S("99999999999999999999999")), 0);
    assert_int_equal(print_box_number(S("HP123456789GB")), 0);
}

static void test_days_and_characters(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    assert_str(print_day(kit.a, S("en"), 20260311), "Wednesday 11 March 2026");
    assert_str(print_day(kit.a, S(""), 20260311), "Wednesday 11 March 2026");
    assert_true(has(print_day(kit.a, S("de"), 20260311), "2026"));
    assert_true(has(print_day(kit.a, S("de"), 20260311), "11"));
    /* No English in a Japanese letter. */
    assert_str(print_day(kit.a, S("ja"), 20260311), "2026-03-11");
    assert_str(print_day(kit.a, S("en"), 0), "");
    assert_str(print_character(kit.a, 0x1F9F8), "U+1F9F8 TEDDY BEAR");
    assert_str(print_character(kit.a, 0xE000), "U+E000");
}

/* ---- one box ---- */

static void test_letter(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    struct box_done done = make(&wish);
    str text = printed(done.id, letter);
    must_have(text, "Milo Ferreira");
    must_have(text, "Tidewatch Toys");
    must_have(text, "she is on her way.");
    /* The name and the closing words stand once: as they were written, around the signature. */
    size_t at = str_find(text, S("Omar"), 0);
    assert_true(at != SIZE_MAX);
    assert_int_equal(str_find(text, S("Omar"), at + 1), SIZE_MAX);
    must_have(text, "Fair winds,");
    must_lack(text, "Packing slip");
    /* Written on a Friday in Berlin, printed whenever. */
    must_have(text, "Friday 15 January 2027");
    kit.now += 40 * (int64_t)DAY_MS;
    must_have(printed(done.id, letter), "Friday 15 January 2027");
    kit.now -= 40 * (int64_t)DAY_MS;
}

static void test_signed_by_nobody_yet(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(world_letter("Juno fell down the drain."));
    wish.letter = S("Dear Milo,\n\nshe is on her way.");
    str text = printed(make(&wish).id, letter);
    must_have(text, "Omar");
}

static void test_slip_and_label(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    wish.country = S("Portugal");
    struct box_done done = make(&wish);
    str text = printed(done.id, slip);
    must_have(text, "Packing slip");
    must_have(text, str_cstr(kit.a, str_fmt(kit.a, "Box %lld", (long long)done.number)));
    must_have(text, "Oar, blue");
    must_have(text, "Keeper Juno");
    must_have(text, "Portugal");
    must_lack(text, "on her way");
    text = printed(done.id, label);
    must_have(text, "Portugal");
    must_lack(text, "Oar");
    assert_int_equal(pdf_pages(printed(done.id, both)), 2);
}

static void test_words_of_the_language(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    wish.language = S("xx");
    wish.letter = S("Ein Brief.");
    if (lang_find(S("de"))) wish.language = S("de");
    struct box_done done = make(&wish);
    if (lang_find(S("de"))) must_lack(printed(done.id, letter), "Friday");
}

static void test_same_bytes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    int64_t box = make(&wish).id;
    BUF_AUTO buf one = BUF_MAX(8 << 20), two = BUF_MAX(8 << 20);
    struct print_result r;
    assert_ok(print_box_pdf(&kit.d, kit.a, w.brand, box, both, print_to_buf, &one, &r));
    kit.now += DAY_MS;
    assert_ok(print_box_pdf(&kit.d, kit.a, w.brand, box, both, print_to_buf, &two, &r));
    assert_true(str_eq(buf_str(&one), buf_str(&two)));
}

/* Text stays text, whatever it looks like. */
static void test_letter_that_tries(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    wish.letter = S("<b>Dear</b> &amp; file:///etc/passwd \\input{x}\n\n<span foreground='red'>Milo</span>");
    str text = printed(make(&wish).id, letter);
    must_have(text, "<b>Dear</b> &amp; file:///etc/passwd");
    must_have(text, "<span foreground='red'>");
    must_lack(text, "root:");
}

static void test_what_fonts_lack(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    wish.letter = S("Dear Milo, \xee\x80\x80 and \xf3\xb0\x80\x80.");
    BUF_AUTO buf out = BUF_MAX(8 << 20);
    struct print_result r;
    assert_ok(print_box_pdf(&kit.d, kit.a, w.brand, make(&wish).id, letter, print_to_buf, &out, &r));
    assert_int_equal(r.nmissing, 2);
    assert_str(print_missing_text(kit.a, &r), "U+E000, U+F0000");
}

static void test_what_is_not_printed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    BUF_AUTO buf out = BUF_MAX(8 << 20);
    struct print_result r;
    struct box_done gone;
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    wish.letter = wish.address = S("");
    int64_t box = make(&wish).id;
    assert_int_equal(print_box_pdf(&kit.d, kit.a, w.brand, box, letter, print_to_buf, &out, &r),
                     ERR_CONFLICT);
    assert_int_equal(print_box_pdf(&kit.d, kit.a, w.brand, box, label, print_to_buf, &out, &r), ERR_CONFLICT);
    must_have(printed(box, both), "Packing slip");
    struct box_act act = {.box = box, .seen_version = -1, .note = S("")};
    assert_ok(box_cancel(&kit.d, kit.a, &w.omar, &act, &gone));
    assert_int_equal(print_box_pdf(&kit.d, kit.a, w.brand, box, both, print_to_buf, &out, &r), ERR_CONFLICT);
    /* Where a child wrote, a grown-up comes first. */
    int64_t conversation = fresh_letter("Luka");
    assert_ok(child_set(&kit.d, kit.a, &w.omar, conversation, true, -1));
    wish = plain_wish(conversation);
    wish.address = S("");
    box = make(&wish).id;
    assert_int_equal(print_box_pdf(&kit.d, kit.a, w.brand, box, both, print_to_buf, &out, &r), ERR_CONFLICT);
    assert_int_equal(print_box_pdf(&kit.d, kit.a, w.brand + 1, box, both, print_to_buf, &out, &r),
                     ERR_MISSING);
    assert_int_equal(out.n, 0);
}

/* ---- many ---- */

static struct print_run look(int64_t run) {
    struct print_run r;
    assert_ok(print_run_get(&kit.d, kit.a, w.brand, run, &r));
    return r;
}

static int64_t start(const int64_t *boxes, size_t n, struct print_parts parts) {
    struct print_run_wish wish = {boxes, n, parts};
    int64_t run;
    assert_ok(print_run_start(&kit.d, kit.a, &w.pia, &wish, &run));
    return run;
}

static void work(void) {
    int done;
    assert_ok(jobs_run_kind(&kit.d, S("/proc/self/exe"), S("print"), &done));
}

static void test_run(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t boxes[4], milo = fresh_letter("Milo");
    struct box_wish wish = plain_wish(milo);
    boxes[0] = make(&wish).id;
    wish = plain_wish(fresh_letter("Ada"));
    wish.letter = S("Dear Ada, \xee\x80\x80.\n\nOmar");
    boxes[1] = make(&wish).id;
    boxes[2] = 77;
    int64_t conversation = fresh_letter("Luka");
    assert_ok(child_set(&kit.d, kit.a, &w.omar, conversation, true, -1));
    wish = plain_wish(conversation);
    wish.address = S("");
    boxes[3] = make(&wish).id;
    int64_t run = start(boxes, 4, both);
    struct print_run r = look(run);
    assert_int_equal(r.state, PRINT_WAITING);
    assert_int_equal(r.boxes, 4);
    str bytes;
    assert_int_equal(print_run_pdf(&kit.d, kit.a, w.brand, run, &bytes), ERR_CONFLICT);
    work();
    r = look(run);
    assert_int_equal(r.state, PRINT_DONE);
    assert_int_equal(r.done, 4);
    assert_int_equal(r.printed, 2);
    assert_int_equal(r.pages, 4);
    assert_str(r.agent_name, "Pia");
    assert_int_equal(r.notes.n, 3);
    assert_str(r.notes.v[0].missing, "U+E000");
    assert_int_equal(r.notes.v[1].number, 0);
    assert_true(r.notes.v[2].number > 0 && r.notes.v[2].says.n > 0);
    assert_ok(print_run_pdf(&kit.d, kit.a, w.brand, run, &bytes));
    assert_int_equal(r.bytes, bytes.n);
    str text = pdf_words(kit.a, bytes);
    assert_int_equal(pdf_pages(text), 4);
    must_have(text, "Dear Milo");
    must_have(text, "Dear Ada");
    /* Another brand has no such print. */
    struct print_run none;
    assert_int_equal(print_run_get(&kit.d, kit.a, w.brand + 1, run, &none), ERR_MISSING);
    /* What was printed before somebody saw that a child wrote is locked as well, and goes with the words. */
    assert_ok(child_set(&kit.d, kit.a, &w.omar, milo, true, -1));
    assert_int_equal(print_run_pdf(&kit.d, kit.a, w.brand, run, &bytes), ERR_CONFLICT);
    assert_ok(print_run_forget(&kit.d, kit.a, w.brand, (int64_t[]){78}, 1));
    assert_ok(print_run_get(&kit.d, kit.a, w.brand, run, &r));
    assert_ok(print_run_forget(&kit.d, kit.a, w.brand, boxes, 1));
    assert_int_equal(print_run_get(&kit.d, kit.a, w.brand, run, &none), ERR_MISSING);
}

static void test_what_is_not_printed_is_said(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    static int64_t boxes[PRINT_RUN_NOTES + 2];
    size_t n = sizeof boxes / sizeof *boxes;
    struct box_wish wish = plain_wish(fresh_letter("Ada"));
    wish.letter = S("Dear Ada, \xee\x80\x80.");
    boxes[0] = make(&wish).id;
    for (size_t i = 1; i + 1 < n; i++) boxes[i] = boxes[0];
    boxes[n - 1] = 77;
    int64_t run = start(boxes, n, (struct print_parts){.letter = true});
    work();
    struct print_run r = look(run);
    assert_int_equal(r.printed, n - 1);
    assert_str(r.notes.v[0].missing, "U+E000");
    assert_true(r.notes.v[r.notes.n - 1].says.n > 0);
}

static void test_run_of_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t run, box = 77;
    struct print_run_wish wish = {&box, 0, both};
    assert_int_equal(print_run_start(&kit.d, kit.a, &w.pia, &wish, &run), ERR_INVALID);
    wish.n = PRINT_RUN_BOXES + 1;
    assert_int_equal(print_run_start(&kit.d, kit.a, &w.pia, &wish, &run), ERR_LIMIT);
    run = start(&box, 1, both);
    work();
    struct print_run r = look(run);
    assert_int_equal(r.state, PRINT_FAILED);
    assert_true(r.says.n > 0);
}

static void test_run_again_and_cleared(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct box_wish wish = plain_wish(fresh_letter("Milo"));
    int64_t box = make(&wish).id, run = start(&box, 1, letter);
    struct job job = {.brand_id = w.brand, .id = 1, .kind = S("print"), .subject_id = run};
    /* A desk that stopped in the middle does it anew. */
    assert_ok(print_run_do(&kit.d, kit.a, &job));
    assert_int_equal(look(run).state, PRINT_DONE);
    work();
    struct print_run r = look(run);
    assert_int_equal(r.state, PRINT_DONE);
    assert_int_equal(r.pages, 1);
    kit.now += DAY_MS - MINUTE_MS;
    assert_ok(print_run_sweep(&kit.d, kit.a));
    look(run);
    kit.now += 2 * MINUTE_MS;
    assert_ok(print_run_sweep(&kit.d, kit.a));
    assert_int_equal(print_run_get(&kit.d, kit.a, w.brand, run, &r), ERR_MISSING);
    /* What was cleared before its job came ends quietly. */
    assert_ok(print_run_do(&kit.d, kit.a, &job));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_parts),
        KIT_TEST(test_scanned),
        KIT_TEST(test_days_and_characters),
        KIT_TEST(test_letter),
        KIT_TEST(test_signed_by_nobody_yet),
        KIT_TEST(test_slip_and_label),
        KIT_TEST(test_words_of_the_language),
        KIT_TEST(test_same_bytes),
        KIT_TEST(test_letter_that_tries),
        KIT_TEST(test_what_fonts_lack),
        KIT_TEST(test_what_is_not_printed),
        KIT_TEST(test_run),
        KIT_TEST(test_what_is_not_printed_is_said),
        KIT_TEST(test_run_of_nothing),
        KIT_TEST(test_run_again_and_cleared),
    };
    return KIT_RUN(tests);
}
