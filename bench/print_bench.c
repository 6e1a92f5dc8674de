/* A batch of boxes printed into one PDF: a letter and a slip each, one in ten in Arabic, one in ten in
 * Japanese, a mark, eight agents' signatures. print_bench [BOXES [FILE]] prints one row of a table. */
#include <cairo.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "print/print.h"

enum { AGENTS = 8 };

static cairo_status_t take(void *to, const unsigned char *bytes, unsigned n) {
    return print_to_buf(to, bytes, n) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* A scribble as PNG. */
static void draw_png(buf *to, int width, int height, int turn) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    cairo_t *cr = cairo_create(s);
    cairo_set_line_width(cr, 6);
    cairo_set_source_rgb(cr, 0.1, 0.15, 0.5);
    cairo_move_to(cr, width * 0.05, height * 0.5);
    for (int i = 1; i < 12; i++)
        cairo_line_to(cr, width * (0.05 + i * 0.08), height * ((i * (turn + 3)) % 7 + 1) / 8.0);
    cairo_stroke(cr);
    if (cairo_surface_write_to_png_stream(s, take, to)) abort();
    cairo_destroy(cr);
    cairo_surface_destroy(s);
}

static const str texts[] = {
    {.p = "Dear Abdul-Karim, and dear Samira,\n\nYou asked why the bakery has no baker. I went to look, and "
          "you are "
          "right: we drew him on the lid and forgot him in the bag. That was us, not you.\n\nSo here he is. "
          "Nobody "
          "has named him yet, which leaves it to Samira. I gave him a tray and three loaves, because a baker "
          "with "
          "nothing to sell would only have brought you back to the same question.\n\nWe weigh every bag "
          "before it "
          "is closed, and a baker weighs three grams: less than the scale can feel. From this week a second "
          "pair "
          "of eyes looks for him, and your letter hangs above the table where it happens.\n\nThank you for "
          "asking "
          "it."},
    {.p = "عزيزي عبد الكريم، وعزيزتي سميرة،\n\nسألتما لماذا ليس في المخبز خبّاز. ذهبتُ وبحثتُ، وأنتما على حق: "
          "رسمناه "
          "على الغطاء ونسيناه في الكيس. كان هذا خطأنا نحن.\n\nها هو إذن. أعطيتُه صينية وثلاثة أرغفة.\n\nشكرًا "
          "على السؤال."},
    {.p = "山田花子さま\n\nお手紙をありがとうございました。パン屋さんにパン屋さんがいないのはなぜか、というご"
          "質問でしたね。調べてみまし"
          "たら、おっしゃるとおりでした。箱の絵には描いたのに、袋に入れるのを忘れておりました。\n\nこちらがそ"
          "の人形です。お盆とパンを三つ"
          "持たせました。どうぞ可愛がってください。"},
};
static const char *const languages[] = {"en", "ar", "ja"};

static void add_box(struct print_batch *b, const struct print_look *look, const buf *signatures, int i) {
    static const struct print_item items[] = {
        {S("Baker, figure"), S("2210-4"), S("Shelf B2, bin 14"), 1, false},
        {S("Tray, sand yellow"), S("30027"), S("Shelf B2, bin 31"), 1, false},
        {S("Round loaf"), S("9871"), S("Shelf A7, bin 2"), 3, false},
    };
    int kind = i % 10 == 3 ? 1 : i % 10 == 7 ? 2 : 0;
    char name[32], number[32], link[80], address[120];
    snprintf(name, sizeof name, "Dear reader %d, ", i);
    snprintf(number, sizeof number, "Box %d", i);
    snprintf(link, sizeof link, "https://desk.example/boxes/%d", i);
    snprintf(address, sizeof address, "Samira Yusuf %d\n%d Kiln Row, flat 3\n4021 Harrowmere", i, i);
    struct print_letter letter = {
        .language = str_z(languages[kind]),
        .address = str_z(address),
        .date = S("Wednesday 11 March 2026"),
        .text = str_z(texts[kind].p),
        .sign_off = S("Warm wishes,"),
        .signature = buf_str(&signatures[i % AGENTS]),
        .name = str_z(name),
    };
    struct print_slip slip = {
        .title = S("Packing slip"),
        .box = str_z(number),
        .link = str_z(link),
        .address = str_z(address),
        .facts = S("Promised by Friday 13 March"),
        .item_head = S("What"),
        .place_head = S("Where"),
        .qty_head = S("How many"),
        .items = items,
        .nitems = sizeof items / sizeof items[0],
        .note = S("Nothing to pay, nothing to send back."),
    };
    struct print_box box = {.paper = PRINT_A4, .look = look, .letter = &letter, .slip = &slip};
    if (print_batch_add(b, &box, NULL)) {
        fprintf(stderr, "%s\n", err_text());
        exit(1);
    }
}

int main(int argc, char **argv) {
    int64_t boxes = 500;
    if (argc > 1 && !str_to_int(str_z(argv[1]), &boxes)) return 2;
    int fd = open(argc > 2 ? argv[2] : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0) return 1;
    buf mark = BUF_MAX(1 << 20), signatures[AGENTS];
    draw_png(&mark, 400, 400, 1);
    for (int i = 0; i < AGENTS; i++) {
        signatures[i] = BUF_MAX(1 << 20);
        draw_png(&signatures[i], 900, 300, i);
    }
    struct print_look look = {.brand = S("Tidewatch Toys"),
                              .sender = S("Tidewatch Toys, 3 Harbour Steps, 4020 Harrowmere"),
                              .foot = S("Tidewatch Toys\npost@tidewatch.example"),
                              .accent = 0x2a4899,
                              .mark = buf_str(&mark)};
    struct print_about about = {S("Boxes"), S("Tidewatch Toys"), S("en"), 1773187200000};
    struct print_result result;
    struct print_batch *b;
    int64_t began = clock_monotonic_ms();
    if (print_batch_begin(&about, print_to_fd, &fd, &b)) return 1;
    for (int i = 0; i < boxes; i++) add_box(b, &look, signatures, i);
    if (print_batch_end(b, &result)) {
        fprintf(stderr, "%s\n", err_text());
        return 1;
    }
    int64_t took = clock_monotonic_ms() - began;
    print_batch_free(b);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double core = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                  (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
    printf("| a batch of %d letters with slips, printed: %d pages, %.1f MB | ≤ 10 s and ≤ 150 MB | %.1f s "
           "(%.1f s of one core), %ld MB |\n",
           (int)boxes, result.pages, (double)result.bytes / 1e6, (double)took / 1000, core,
           use.ru_maxrss / 1024);
    if (result.nmissing) fprintf(stderr, "%d characters have no glyph\n", result.nmissing);
    buf_free(&mark);
    for (int i = 0; i < AGENTS; i++) buf_free(&signatures[i]);
    return close(fd);
}
