/* A batch of boxes printed by the desk itself: boxes made in a desk on SQLite, then the job `print` from the
 * rows to the PDF in the data folder: a letter and a slip each, one in ten in Arabic, one in ten in Japanese,
 * a mark and eight agents' signatures. box_bench FOLDER [BOXES] prints one row of a table. */
#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/random.h"
#include "cli/cli.h"
#include "desk/conversation.h"
#include "desk/look.h"
#include "desk/people.h"
#include "desk/print_box_run.h"
#include "jobs/jobs.h"
#include "kit.h"

enum { AGENTS = 8, BOXES_MAX = PRINT_RUN_BOXES };

static struct cli_desk desk;
static struct actor agents[AGENTS];

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
          "you are right: we drew him on the lid and forgot him in the bag. That was us, not you.\n\nSo here "
          "he is. Nobody has named him yet, which leaves it to Samira. I gave him a tray and three loaves, "
          "because a baker with nothing to sell would only have brought you back to the same question.\n\nWe "
          "weigh every bag before it is closed, and a baker weighs three grams: less than the scale can "
          "feel. From this week a second pair of eyes looks for him, and your letter hangs above the table "
          "where it happens.\n\nThank you for asking it.\n\nWarm wishes,\nAgent"},
    {.p = "عزيزي عبد الكريم، وعزيزتي سميرة،\n\nسألتما لماذا ليس في المخبز خبّاز. ذهبتُ وبحثتُ، وأنتما على حق: "
          "رسمناه على الغطاء ونسيناه في الكيس. كان هذا خطأنا نحن.\n\nها هو إذن. أعطيتُه صينية وثلاثة "
          "أرغفة.\n\nشكرًا على السؤال."},
    {.p = "山田花子さま\n\nお手紙をありがとうございました。パン屋さんにパン屋さんがいないのはなぜか、というご"
          "質問でしたね。調べてみましたら、おっしゃるとおりでした。箱の絵には描いたのに、袋に入れるのを忘れて"
          "おりました。\n\nこちらがその人形です。お盆とパンを三つ持たせました。どうぞ可愛がってください。"},
};
static const char *const languages[] = {"en", "ar", "ja"};

static void open_desk(const char *folder) {
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Agent"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    struct people_setup_done done;
    must(cli_desk_open(folder, NULL, 0, &desk), "open");
    must(people_setup(&desk.desk, desk.arena, &wanted, &done), "setup");
    for (int i = 0; i < AGENTS; i++) {
        struct people_invited made = {.agent = done.admin};
        str email = str_fmt(desk.arena, "agent%d@tidewatch.example", i);
        BUF_AUTO buf png = BUF_MAX(1 << 20);
        if (i)
            must(people_invite(&desk.desk, desk.arena, done.brand.id, email, S("Agent"), ROLE_AGENT, &made),
                 "invite");
        agents[i] = (struct actor){done.brand.id, made.agent.id, S("Agent")};
        draw_png(&png, 900, 300, i);
        struct signing_form form = {
            .role = S("Harbour master"), .sign_off = S(""), .picture = PICTURE_NEW, .png = buf_str(&png)};
        must(look_sign(&desk.desk, desk.arena, &agents[i], &form), "sign");
    }
    BUF_AUTO buf mark = BUF_MAX(1 << 20);
    draw_png(&mark, 400, 400, 1);
    struct look_form look = {.brand_line = S("Tidewatch Toys"),
                             .sender = S("Tidewatch Toys, 3 Harbour Steps, 4020 Harrowmere"),
                             .foot = S("Tidewatch Toys\npost@tidewatch.example"),
                             .sign_off = S("Warm wishes,"),
                             .accent = S("#2a4899"),
                             .paper = S("a4"),
                             .label = S("a4"),
                             .picture = PICTURE_NEW,
                             .mark = buf_str(&mark),
                             .seen = -1};
    must(look_change(&desk.desk, desk.arena, &agents[0], &look), "look");
}

static int64_t make_box(arena *a, int i) {
    static const struct box_item_wish items[] = {
        {.kind = S(""), .code = S(""), .colour = S(""), .name = S("Baker, figure"), .quantity = 1},
        {.kind = S(""), .code = S(""), .colour = S("sand yellow"), .name = S("Tray"), .quantity = 1},
        {.kind = S(""), .code = S(""), .colour = S(""), .name = S("Round loaf"), .quantity = 3},
    };
    int kind = i % 10 == 3 ? 1 : i % 10 == 7 ? 2 : 0;
    struct typed_letter letter = {.channel = CHANNEL_PAPER,
                                  .name = str_fmt(a, "Samira Yusuf %d", i),
                                  .address = S(""),
                                  .subject = S("The baker"),
                                  .text = S("Why has the bakery no baker?")};
    int64_t conversation, message;
    must(conversation_type_in(&desk.desk, a, &agents[i % AGENTS], &letter, &conversation, &message),
         "letter");
    struct box_wish wish = {.conversation = conversation,
                            .items = items,
                            .nitems = sizeof items / sizeof *items,
                            .address =
                                str_fmt(a, "Samira Yusuf %d\n%d Kiln Row, flat 3\n4021 Harrowmere", i, i),
                            .country = S(""),
                            .language = str_z(languages[kind]),
                            .letter = str_z(texts[kind].p),
                            .promise = -1,
                            .key = str_fmt(a, "bench-box-%d", i)};
    struct box_done done;
    must(box_make(&desk.desk, a, &agents[i % AGENTS], &wish, &done), "box");
    return done.id;
}

static long resident_kb(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

int main(int argc, char **argv) {
    int64_t n = 500, run;
    static int64_t boxes[BOXES_MAX];
    int done;
    if (argc < 2 || (argc > 2 && !str_to_int(str_z(argv[2]), &n)) || n < 1 || n > BOXES_MAX) return 2;
    random_start();
    open_desk(argv[1]);
    ARENA_AUTO arena *a = arena_new(0);
    for (int i = 0; i < n; i++) {
        boxes[i] = make_box(a, i);
        arena_reset(a);
    }
    must(jobs_run_due(&desk.desk, S("/proc/self/exe"), &done), "jobs before");
    struct print_run_wish wish = {boxes, (size_t)n, {.letter = true, .slip = true}};
    struct print_run r;
    int64_t began = clock_monotonic_ms();
    must(print_run_start(&desk.desk, a, &agents[0], &wish, &run), "ask");
    must(jobs_run_kind(&desk.desk, S("/proc/self/exe"), S("print"), &done), "print");
    int64_t took = clock_monotonic_ms() - began;
    must(print_run_get(&desk.desk, a, agents[0].brand, run, &r), "look");
    if (r.state != PRINT_DONE || r.printed != n) {
        fprintf(stderr, "box_bench: %lld of %lld printed. %.*s\n", (long long)r.printed, (long long)n,
                STR_FMT(r.says));
        return 1;
    }
    printf(
        "| the same through the desk: %lld boxes from their rows to the PDF of a print, %lld pages, %.1f MB "
        "| ≤ 10 s and ≤ 150 MB | %.1f s, %ld MB |\n",
        (long long)n, (long long)r.pages, (double)r.bytes / 1e6, (double)took / 1000, resident_kb() / 1024);
    return 0;
}
