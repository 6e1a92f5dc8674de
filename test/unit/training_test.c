/* The practice room: letters of ours and masked ones of before, replies that stay their writers', notes in
 * the margin, applicants who see nothing of the brand, and what goes when. On both engines. */
#include <dirent.h>

#include "people_kit.h"

#include "desk/conversation.h"
#include "desk/forget_person.h"
#include "desk/listening.h"
#include "desk/people.h"
#include "desk/reply.h"
#include "desk/settings.h"
#include "desk/story.h"
#include "desk/training.h"
#include "jobs/jobs.h"
#include "net/objects.h"
#include "store/story.h"

#define holds(text, part) (str_find((text), S(part), 0) != SIZE_MAX)

static struct {
    struct people_setup_done done;
    struct actor ines, tom, rosa;
} w;

static struct actor hire(const char *email, const char *name) {
    struct people_invited x;
    assert_ok(people_invite(&kit.d, kit.a, w.ines.brand, str_z(email), str_z(name), ROLE_AGENT, &x));
    return (struct actor){w.ines.brand, x.agent.id, str_z(name)};
}

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    kit.now = 1800000000000;
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines Duarte")};
    w.tom = hire("tom@tidewatch.example", "Tom");
    w.rosa = hire("rosa@tidewatch.example", "Rosa");
}

#define WORLD                                                                                                \
    (void)state;                                                                                             \
    SKIP_WITHOUT_DESK;                                                                                       \
    world()

static struct training_writer by(struct actor who) {
    return (struct training_writer){who.brand, who.agent, 0};
}

static err keep(struct training_writer who, str key, const char *text, bool done,
                struct store_practice *ret) {
    return training_keep(&kit.d, kit.a, &who, key, str_z(text), done, ret);
}

static err read_as(struct actor who, int64_t practice, struct store_practice *ret) {
    store_practice_note_list notes;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    return training_read(c, kit.a, who.brand, who.agent, practice, ret, &notes);
}

/* ---- masking ---- */

static bool has_digit(const char *text) { return text[0] >= '0' && text[0] <= '9'; }

static void nobody_can_be_known(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    const str names[] = {S("Samira"), S("Wim de Graaf")};
    str out = training_mask(
        a,
        S("Dear Ines,\n\nmy name is RUTH Meyer-Braun, and samira (5) lost it. Call 040 123 45 67 or "
          "write to ruth@meyer.example, see https://meyer.example/x?y=1. Order 2026-54010, part "
          "88-204, set 4127.\n\nRuth Meyer-Braun\nHafenstrasse 5\n20457 Hamburg\nWe have 12 of them."),
        S("Ruth Meyer-Braun"), names, 2);
    static const char *const gone[] = {"Ruth",   "RUTH",         "Meyer",         "Braun",
                                       "amira",  "123 45",       "meyer.example", "54010",
                                       "88-204", "Hafenstrasse", "20457",         "Hamburg"};
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (str_find(out, str_z(gone[i]), 0) != SIZE_MAX) fail_msg("%s in: %.*s", gone[i], STR_FMT(out));
    assert_true(holds(out, "my name is Robin Vale-Vale, and Kim (5) lost it."));
    assert_true(holds(out, "We have 12 of them."));
    assert_true(holds(out, "Dear Ines,"));
    assert_int_equal(training_mask(a, S(""), S(""), NULL, 0).n, 0);
    /* Of each what must be gone, and what must stay: "de" is in every second Dutch line. */
    static const struct {
        const char *customer, *name, *text, *gone, *stays;
    } known[] = {
        {"Anna Öztürk", "", "Annas Puppe, ÖZTÜRK mein Name, gruß von anna", "Anna ztürk ZTÜRK anna",
         "Puppe gruß"},
        {"Wim de Graaf", "", "Ik heb de pop van Wim, de rode.", "Wim", "de pop rode"},
        {"Chloé Martin", "", "Mon numéro : 06 12 34 56 78, ou +33 (0)6 12 34 56 78.", "12 34 56", "numéro"},
        {"Chloé Martin", "",
         "06\xC2\xA0"
         "12\xC2\xA0"
         "34\xC2\xA0"
         "56\xC2\xA0"
         "78",
         "12 34 56 78", ""},
        {"Omar", "", "\u0631\u0642\u0645\u064A \u0660\u0661\u0662\u0663\u0664\u0665", "\u0663", ""},
        {"\u0633\u0645\u064A\u0631", "", "\u0623\u0646\u0627 \u0648\u0633\u0645\u064A\u0631",
         "\u0633\u0645\u064A\u0631", "\u0623\u0646\u0627"},
        {"\u7530\u4E2D\u592A\u90CE", "", "\u79C1\u306F\u7530\u4E2D\u592A\u90CE\u3067\u3059\u3002",
         "\u7530\u4E2D\u592A\u90CE", "\u79C1\u306F \u3067\u3059"},
        {"Ivo", "\u0414\u0430\u0440\u044C\u044F",
         "\u0414\u0410\u0420\u042C\u042F \u0438 \u043C\u0430\u043C\u0430", "\u0414\u0410\u0420\u042C\u042F",
         "\u043C\u0430\u043C\u0430"},
        {"Ivo", "", "Order X7K9Q2, code ab3d9f, in 24pieces at 10am", "X7K9Q2 ab3d9f", "24pieces 10am"},
        {"Ivo", "", "I am @ivo.builds, see instagram.com/ivobuilds or (ivo@home.example).", "ivo", "see"},
        {"Ivo", "", "12 rue du Port, 35400 Saint-Malo", "Port Malo 35400", ""},
        {"Ivo", "", "Hafenstrasse 5, 20457 Hamburg,", "Hafenstrasse Hamburg", ""},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        str name = str_z(known[i].name), rest = str_z(known[i].gone), word;
        out = training_mask(a, str_z(known[i].text), str_z(known[i].customer), &name, 1);
        assert_true(str_is_utf8(out));
        bool spaced = has_digit(known[i].gone);
        while (!spaced && str_split(&rest, ' ', &word))
            if (str_find(out, word, 0) != SIZE_MAX) fail_msg("%.*s in: %.*s", STR_FMT(word), STR_FMT(out));
        if (spaced && str_find(out, rest, 0) != SIZE_MAX)
            fail_msg("%s in: %.*s", known[i].gone, STR_FMT(out));
        rest = str_z(known[i].stays);
        while (str_split(&rest, ' ', &word))
            if (str_find(out, word, 0) == SIZE_MAX) fail_msg("no %.*s in: %.*s", STR_FMT(word), STR_FMT(out));
    }
    str odd = training_mask(a, S("\xC3\x84nne 1@ @ 7-\n\n.-/ 999"), S("\xC3\x84nne"), NULL, 0);
    assert_true(str_is_utf8(odd) && holds(odd, "Robin"));
}

/* ---- writing ---- */

static void ours_are_always_there(void **state) {
    WORLD;
    training_letter_list demo;
    training_demo(kit.a, &demo);
    assert_true(demo.n >= 5);
    for (size_t i = 0; i < demo.n; i++) {
        struct training_letter l;
        assert_ok(training_letter(&kit.d, kit.a, 0, demo.v[i].key, &l));
        assert_true(l.text.n > 50 && l.loved.n > 50 && l.thanks.n > 5 && l.subject.n && l.from.n);
        assert_int_equal(demo.v[i].loved.n, 0); /* only the letter's own page has it */
    }
    struct training_letter l;
    assert_int_equal(training_letter(&kit.d, kit.a, w.ines.brand, S("demo-nothing"), &l), ERR_MISSING);
    assert_int_equal(training_letter(&kit.d, kit.a, w.ines.brand, S("past-1"), &l), ERR_MISSING);
    assert_int_equal(training_letter(&kit.d, kit.a, w.ines.brand, S("../etc"), &l), ERR_MISSING);
}

static void it_is_theirs_to_show(void **state) {
    WORLD;
    str key = S("demo-041-milo");
    struct store_practice p, seen;
    assert_int_equal(keep(by(w.tom), key, "  ", true, &p), ERR_INVALID);
    assert_ok(keep(by(w.tom), key, "Dear Milo,\n\nshe is on her way.", false, &p));
    assert_int_equal(p.done_at, 0);
    assert_int_equal(read_as(w.ines, p.id, &seen), ERR_MISSING);
    assert_ok(training_share(&kit.d, kit.a, &w.tom, w.rosa.agent, true));
    assert_int_equal(read_as(w.rosa, p.id, &seen), ERR_MISSING); /* not done */
    kit.now += MINUTE_MS;
    assert_ok(keep(by(w.tom), key, "Dear Milo,\n\nshe is on her way, in a glove.", true, &p));
    int64_t done_at = p.done_at;
    assert_int_equal(done_at, kit.now);
    kit.now += MINUTE_MS;
    assert_ok(keep(by(w.tom), key, "Dear Milo,\n\nshe is on her way, in a glove. Ahoy!", false, &p));
    assert_int_equal(p.done_at, done_at);
    assert_ok(read_as(w.rosa, p.id, &seen));
    assert_true(holds(seen.text, "Ahoy!") && str_eq(seen.name, S("Tom")));
    assert_int_equal(read_as(w.ines, p.id, &seen), ERR_MISSING); /* an administrator, not chosen */
    /* Notes in the margin, of whoever may read. */
    assert_ok(training_note(&kit.d, kit.a, &w.rosa, p.id, S("in a glove"), S("That is his own word. Good.")));
    assert_int_equal(training_note(&kit.d, kit.a, &w.rosa, p.id, S("in a boat"), S("x")), ERR_INVALID);
    assert_int_equal(training_note(&kit.d, kit.a, &w.rosa, p.id, S(""), S(" ")), ERR_INVALID);
    assert_int_equal(training_note(&kit.d, kit.a, &w.ines, p.id, S(""), S("x")), ERR_MISSING);
    assert_ok(training_share(&kit.d, kit.a, &w.tom, w.rosa.agent, false));
    assert_int_equal(read_as(w.rosa, p.id, &seen), ERR_MISSING);
    assert_int_equal(training_share(&kit.d, kit.a, &w.tom, w.tom.agent, true), ERR_INVALID);
    assert_int_equal(training_share(&kit.d, kit.a, &w.tom, 4711, true), ERR_MISSING);
}

static void the_check_remarks(void **state) {
    WORLD;
    struct training_letter l;
    struct checked c;
    assert_ok(training_letter(&kit.d, kit.a, 0, S("demo-041-milo"), &l));
    assert_ok(training_check(&kit.d, kit.a, 0, &l, S("Tom"),
                             S("Dear Customer,\n\nwe apologise for any inconvenience. We will send it soon."),
                             &c));
    bool stops = false;
    for (size_t i = 0; i < c.remarks.n; i++) stops = stops || c.remarks.v[i].level != REMARK_FINE;
    assert_true(stops);
}

/* ---- past letters ---- */

static int64_t reply_to(int64_t conversation, const char *text) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = S("somebody@example.org"),
                              .subject = S("Re"),
                              .text = str_z(text),
                              .key = str_fmt(kit.a, "%lld %s", (long long)conversation, text),
                              .override = S("a test")};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    return made.message;
}

static err put_praise(db_conn *c, void *arg) {
    return store_praise_put(c, w.ines.brand, *(const int64_t *)arg, PRAISE_THANKS);
}

static void letters_that_were_answered_well(void **state) {
    WORLD;
    training_letter_list past;
    struct training_letter l;
    struct store_practice p;
    int64_t conversation, letter, thanks;
    struct typed_letter first = {.channel = CHANNEL_PAPER,
                                 .name = S("Wendeline Okkers"),
                                 .address = S("wendeline@okkers.example"),
                                 .text =
                                     S("Hello,\n\nmy crane 3308 came without its hook.\n\nWendeline Okkers")};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &first, &conversation, &letter));
    assert_ok(training_past(&kit.d, kit.a, w.ines.brand, &past));
    assert_int_equal(past.n, 0);
    kit.now += HOUR_MS;
    reply_to(conversation, "Dear Wendeline,\n\nthe hook is in the post today.\n\nInes");
    kit.now += HOUR_MS;
    int64_t other;
    struct typed_letter back = first;
    back.text = S("Thank you so much, the hook is here! Wendeline");
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &back, &other, &thanks));
    (void)other;
    /* Letters typed in begin conversations of their own; this one answers the reply. */
    const char *move = str_fmt(kit.a, "UPDATE message SET conversation_id = %lld WHERE id = %lld",
                               (long long)conversation, (long long)thanks)
                           .p;
    assert_ok(db_write(kit.db, kit_exec, (void *)(uintptr_t)move));
    assert_ok(db_write(kit.db, put_praise, &thanks));
    assert_ok(training_past(&kit.d, kit.a, w.ines.brand, &past));
    assert_int_equal(past.n, 1);
    assert_false(holds(past.v[0].text, "Wendeline") || holds(past.v[0].text, "Okkers"));
    assert_ok(training_letter(&kit.d, kit.a, w.ines.brand, past.v[0].key, &l));
    assert_true(holds(l.loved, "the hook is in the post today") && holds(l.loved, "Dear Robin"));
    assert_true(holds(l.thanks, "the hook is here") && !holds(l.thanks, "Wendeline"));
    assert_true(str_eq(l.loved_by, S("Ines Duarte")));
    str next = str_fmt(kit.a, "past-%lld", (long long)(past.v[0].message + 1));
    assert_int_equal(training_letter(&kit.d, kit.a, w.ines.brand, next, &l), ERR_MISSING);
    assert_ok(training_letter(&kit.d, kit.a, w.ines.brand, past.v[0].key, &l));
    /* Not for those without a brand. */
    assert_int_equal(training_letter(&kit.d, kit.a, 0, past.v[0].key, &l), ERR_MISSING);
    assert_ok(keep(by(w.tom), past.v[0].key, "Dear Robin, the hook comes.", true, &p));
    /* She is forgotten: the letter, and what was practised on it, go. */
    struct forget_plan plan;
    assert_ok(forget_person_plan(&kit.d, kit.a, w.ines.brand, S("wendeline@okkers.example"), &plan));
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, plan.customer.id, S("wendeline@okkers.example"), &plan));
    assert_ok(training_past(&kit.d, kit.a, w.ines.brand, &past));
    assert_int_equal(past.n, 0);
    struct store_practice gone;
    assert_int_equal(read_as(w.tom, p.id, &gone), ERR_MISSING);
}

/* ---- applicants ---- */

static size_t practices_of(int64_t applicant) {
    store_practice_list all;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_practices(c, kit.a, w.ines.brand, 0, applicant, &all));
    return all.n;
}

static void an_applicant_comes_and_goes(void **state) {
    WORLD;
    struct store_applicant t, opened;
    struct store_practice p, seen;
    str url;
    assert_int_equal(training_let_in(&kit.d, kit.a, &w.ines, S(""), 14, &t, &url), ERR_INVALID);
    assert_int_equal(training_let_in(&kit.d, kit.a, &w.ines, S("Nele"), 0, &t, &url), ERR_INVALID);
    assert_int_equal(training_let_in(&kit.d, kit.a, &w.ines, S("Nele"), 61, &t, &url), ERR_INVALID);
    assert_ok(training_let_in(&kit.d, kit.a, &w.ines, S("Nele"), 14, &t, &url));
    str token = str_slice(url, S("https://desk.example/practice/").n, url.n);
    assert_ok(training_open(&kit.d, kit.a, token, &opened));
    assert_int_equal(opened.id, t.id);
    assert_int_equal(training_open(&kit.d, kit.a, S("AAAAAAAAAAAAAAAAAAAAAA"), &opened), ERR_MISSING);
    struct training_writer nele = {w.ines.brand, 0, t.id};
    assert_ok(keep(nele, S("demo-022-school"), "Dear Ottilie, here it comes.", false, &p));
    assert_int_equal(read_as(w.ines, p.id, &seen), ERR_MISSING);
    assert_ok(keep(nele, S("demo-022-school"), "Dear Ottilie, here it comes.", true, &p));
    assert_ok(read_as(w.ines, p.id, &seen));
    assert_true(str_eq(seen.name, S("Nele")));
    assert_int_equal(read_as(w.tom, p.id, &seen), ERR_MISSING);
    assert_ok(training_note(&kit.d, kit.a, &w.ines, p.id, S(""), S("Warm.")));
    /* Gone by their own hand. */
    assert_ok(training_leave(&kit.d, kit.a, token));
    assert_int_equal(training_open(&kit.d, kit.a, token, &opened), ERR_MISSING);
    assert_int_equal(training_leave(&kit.d, kit.a, token), ERR_MISSING);
    /* A page that was open all the while keeps nothing any more. */
    assert_int_equal(keep(nele, S("demo-003-tove"), "Dear Tove", false, &p), ERR_MISSING);
    assert_int_equal(practices_of(t.id), 0);
    assert_int_equal(read_as(w.ines, p.id, &seen), ERR_MISSING);
    /* Ended by ours; too old; and swept. */
    assert_ok(training_let_in(&kit.d, kit.a, &w.ines, S("Jo"), 14, &t, &url));
    token = str_slice(url, S("https://desk.example/practice/").n, url.n);
    assert_ok(
        keep((struct training_writer){w.ines.brand, 0, t.id}, S("demo-003-tove"), "Dear Tove", true, &p));
    assert_ok(training_end(&kit.d, kit.a, &w.ines, t.id));
    assert_int_equal(training_open(&kit.d, kit.a, token, &opened), ERR_MISSING);
    assert_int_equal(
        keep((struct training_writer){w.ines.brand, 0, t.id}, S("demo-041-milo"), "x", true, &seen),
        ERR_MISSING);
    assert_ok(read_as(w.ines, p.id, &seen));
    assert_ok(training_let_in(&kit.d, kit.a, &w.ines, S("Ada"), 2, &t, &url));
    token = str_slice(url, S("https://desk.example/practice/").n, url.n);
    kit.now += 2 * (int64_t)DAY_MS;
    assert_int_equal(training_open(&kit.d, kit.a, token, &opened), ERR_MISSING);
    kit.now += (14 + TRAINING_KEEP_DAYS) * (int64_t)DAY_MS;
    assert_ok(training_sweep(&kit.d));
    assert_int_equal(read_as(w.ines, p.id, &seen), ERR_MISSING);
}

/* ---- the week ---- */

static int mails(void) {
    int n = 0;
    DIR *dir = opendir(str_fmt(kit.a, "%s/maildir/new", kit.folder).p);
    if (!dir) return 0;
    for (struct dirent *e; (e = readdir(dir));) {
        str bytes;
        if (file_read(kit.a, str_fmt(kit.a, "%s/maildir/new/%s", kit.folder, e->d_name), 1 << 20, &bytes))
            continue;
        n += holds(bytes, "Letters that made us proud") && holds(bytes, "/proud?week=3D20270111");
    }
    closedir(dir);
    return n;
}

static void run_due(void) {
    int done;
    assert_ok(training_digest_due(&kit.d, kit.a));
    assert_ok(jobs_run_kind(&kit.d, S("/bin/false"), S("proud"), &done));
}

static void a_mail_of_the_week(void **state) {
    WORLD;
    int64_t conversation, letter;
    struct typed_letter l = {.channel = CHANNEL_PAPER,
                             .name = S("Abe"),
                             .address = S("abe@post.example"),
                             .text = S("Thank you all so much!")};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &letter));
    assert_ok(db_write(kit.db, put_praise, &letter));
    /* Friday, 15 January 2027. Monday, 7:00 in Berlin is too early, 8:00 is not. */
    kit.now = 1800000000000 + 2 * (int64_t)DAY_MS + 22 * HOUR_MS;
    run_due();
    kit.now += 2 * HOUR_MS;
    run_due();
    assert_int_equal(mails(), 0); /* nobody wanted it */
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("proud_mail"), S("1")));
    kit.now -= 2 * HOUR_MS;
    run_due();
    assert_int_equal(mails(), 0);
    kit.now += 2 * HOUR_MS;
    run_due();
    assert_int_equal(mails(), 3); /* each who works here */
    kit.now += 5 * HOUR_MS;
    run_due();
    assert_int_equal(mails(), 3);
    /* A week in which nobody wrote: none. */
    kit.now += 7 * (int64_t)DAY_MS;
    run_due();
    assert_int_equal(mails(), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(nobody_can_be_known),         KIT_TEST(ours_are_always_there),
        KIT_TEST(it_is_theirs_to_show),        KIT_TEST(the_check_remarks),
        KIT_TEST(an_applicant_comes_and_goes), KIT_TEST(letters_that_were_answered_well),
        KIT_TEST(a_mail_of_the_week),
    };
    return KIT_RUN(tests);
}
