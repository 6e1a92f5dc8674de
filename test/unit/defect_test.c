/* Defects: recorded once, counted, alarms, similar letters, trials and who waits for a letter, what makers
 * are told. On both engines. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "people_kit.h"

#include "desk/child.h"
#include "desk/conversation.h"
#include "desk/defect.h"
#include "desk/defect_export.h"
#include "desk/defect_hook.h"
#include "desk/defect_like.h"
#include "desk/defect_watch.h"
#include "desk/forget.h"
#include "desk/people.h"
#include "desk/promise.h"
#include "desk/reply.h"
#include "desk/trial.h"
#include "jobs/jobs.h"
#include "store/event.h"

static struct {
    struct people_setup_done done;
    struct actor ines, tom;
} w;

static const int64_t start = 1800000000000; /* 15 January 2027, 08:00 UTC */
#define DAYS(n) ((n) * (int64_t)DAY_MS)

/* A brand of its own for each test, so that no history is shared. */
static void world(void) {
    static int n;
    kit.now = start;
    struct people_setup wanted = {.brand = str_fmt(kit.a, "Tidewatch %d", ++n),
                                  .inbox = kit_email("letters"),
                                  .admin = kit_email("ines"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    struct people_invited tom;
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
    assert_ok(people_invite(&kit.d, kit.a, w.ines.brand, kit_email("tom"), S("Tom"), ROLE_AGENT, &tom));
    w.tom = (struct actor){w.ines.brand, tom.agent.id, S("Tom")};
}

static int64_t letter(const char *name, const char *text) {
    int64_t conversation, message;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = str_z(name), .address = kit_email("customer"), .text = str_z(text)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    return conversation;
}

static struct defect_recorded record(int64_t conversation, const char *product, const char *part,
                                     const char *words) {
    struct defect_recorded done = {0};
    struct defect_wish wish = {.conversation = conversation,
                               .product = str_z(product),
                               .part = str_z(part),
                               .symptom = SYMPTOM_BROKEN,
                               .words = str_z(words)};
    assert_ok(defect_record(&kit.d, kit.a, &w.ines, &wish, &done));
    return done;
}

static void jobs(const char *kind) {
    int n;
    assert_ok(jobs_run_kind(&kit.d, S("/nowhere"), str_z(kind), &n));
}

static db_conn *reading(void) {
    db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    return c;
}

static store_alarm_list standing(void) {
    DB_READ_AUTO db_conn *c = reading();
    store_alarm_list all;
    assert_ok(store_alarms_standing(c, kit.a, w.ines.brand, 100, &all));
    return all;
}

static store_defect_case_list cases_of(int64_t conversation) {
    DB_READ_AUTO db_conn *c = reading();
    store_defect_case_list all;
    assert_ok(store_defect_cases_of_conversation(c, kit.a, w.ines.brand, conversation, &all));
    return all;
}

static int events_of(int64_t conversation, const char *kind) {
    DB_READ_AUTO db_conn *c = reading();
    event_list all;
    int n = 0;
    assert_ok(store_event_list(c, kit.a, w.ines.brand, conversation, 100, &all));
    for (size_t i = 0; i < all.n; i++) n += str_eq(all.v[i].kind, str_z(kind));
    return n;
}

static struct conversation conversation(int64_t id) {
    DB_READ_AUTO db_conn *c = reading();
    struct conversation v;
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, id, &v));
    return v;
}

/* ---- recording ---- */

static void clicking_twice_is_one_case(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t c = letter("Mila", "Hello. The hook of my Harbour Crane broke off. Bye.");
    struct defect_recorded one =
        record(c, "Harbour Crane", "hook", "The hook of my Harbour Crane broke off.");
    struct defect_recorded two = record(c, "Harbour Crane", "hook", "");
    assert_false(one.repeated);
    assert_true(two.repeated);
    assert_true(one.id == two.id);
    store_defect_case_list all = cases_of(c);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].start, 7);
    assert_int_equal(all.v[0].end - all.v[0].start, 39);
    assert_str(all.v[0].words, "The hook of my Harbour Crane broke off.");
    assert_str(defect_title(kit.a, &all.v[0].defect), "Harbour Crane: hook");
    assert_int_equal(events_of(c, "defect_recorded"), 1);
    /* The same thing missing is another case; the same of another conversation counts for the same defect. */
    struct defect_wish missing = {
        .conversation = c, .product = S("Harbour Crane"), .part = S("hook"), .symptom = SYMPTOM_MISSING};
    struct defect_recorded three;
    assert_ok(defect_record(&kit.d, kit.a, &w.ines, &missing, &three));
    assert_false(three.repeated);
    assert_true(three.defect == one.defect);
    int64_t other = letter("Ravi", "Mine, too.");
    assert_true(record(other, "Harbour Crane", "hook", "").defect == one.defect);
    assert_true(record(other, "Harbour Crane", "", "").defect != one.defect);
}

static void taken_back_and_again(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t c = letter("Mila", "The hook broke.");
    struct defect_recorded one = record(c, "Harbour Crane", "hook", "The hook broke.");
    assert_ok(defect_describe(&kit.d, kit.a, &w.ines, one.id, S("L-204"), 20261204, 1));
    assert_int_equal(defect_describe(&kit.d, kit.a, &w.ines, one.id, S("L-1"), 0, 1), ERR_CONFLICT);
    assert_int_equal(defect_describe(&kit.d, kit.a, &w.ines, one.id, S("L-1"), 20290101, -1), ERR_INVALID);
    assert_ok(defect_take_back(&kit.d, kit.a, &w.ines, one.id));
    assert_ok(defect_take_back(&kit.d, kit.a, &w.ines, one.id));
    assert_int_equal(cases_of(c).n, 0);
    assert_int_equal(events_of(c, "defect_taken_back"), 1);
    struct defect_recorded again = record(c, "Harbour Crane", "hook", "");
    assert_true(again.repeated && again.id == one.id);
    store_defect_case_list all = cases_of(c);
    assert_int_equal(all.n, 1);
    assert_str(all.v[0].lot, "L-204");
    assert_int_equal(all.v[0].packed_day, 20261204);
}

static void what_cannot_be_recorded(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t c = letter("Mila", "The hook broke.");
    struct defect_recorded done;
    struct defect_wish wish = {.conversation = c};
    assert_int_equal(defect_record(&kit.d, kit.a, &w.ines, &wish, &done), ERR_INVALID);
    wish.product = S("two\nlines");
    assert_int_equal(defect_record(&kit.d, kit.a, &w.ines, &wish, &done), ERR_INVALID);
    wish.product = S("Crane");
    wish.conversation = 1;
    assert_int_equal(defect_record(&kit.d, kit.a, &w.ines, &wish, &done), ERR_MISSING);
    wish.conversation = c;
    wish.message = 1;
    assert_int_equal(defect_record(&kit.d, kit.a, &w.ines, &wish, &done), ERR_MISSING);
}

static void a_hint_from_findings(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    str text = S("Dear Tidewatch. The hook of 4410 broke off on the first day. Thank you.");
    finding_list f = {0};
    struct defect_hint h;
    *list_add(kit.a, &f) =
        (struct finding){.kind = FINDING_EVENT, .start = 33, .end = 42, .value = S("broken")};
    assert_false(defect_hint_of(kit.a, text, &f, NULL, &h));
    *list_add(kit.a, &f) =
        (struct finding){.kind = FINDING_PART, .start = 20, .end = 24, .value = S("hook-7")};
    *list_add(kit.a, &f) =
        (struct finding){.kind = FINDING_PRODUCT, .start = 28, .end = 32, .value = S("4410")};
    assert_true(defect_hint_of(kit.a, text, &f, NULL, &h));
    assert_str(h.product, "4410");
    assert_str(h.part, "hook-7");
    assert_int_equal(h.symptom, SYMPTOM_BROKEN);
    assert_str(h.words, "The hook of 4410 broke off on the first day.");
    /* Late is no defect. */
    f.v[0].value = S("late");
    assert_false(defect_hint_of(kit.a, text, &f, NULL, &h));
}

/* ---- alarms ---- */

static void many(int n, const char *product, const char *part) {
    char text[100];
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text, "Hello, the hook broke, number %d.", i);
        record(letter("Somebody", text), product, part, "");
    }
}

/* A year with one letter every six weeks. */
static int64_t quiet_year(void) {
    for (int i = 0; i < 9; i++) {
        many(1, "Harbour Crane", "hook");
        kit.now += DAYS(42);
    }
    jobs("alarm");
    assert_int_equal(standing().n, 0);
    return kit.now;
}

static void thirty_letters_raise_the_alarm(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    quiet_year();
    for (int i = 0; i < 6; i++) {
        many(5, "Harbour Crane", "hook");
        kit.now += DAYS(1);
    }
    jobs("alarm");
    store_alarm_list all = standing();
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].state, ALARM_OPEN);
    assert_int_equal(all.v[0].seen, 30);
    assert_true(all.v[0].expected < 1000 && all.v[0].expected > 50);
    assert_true(all.v[0].chance <= 1);
    assert_str(all.v[0].defect.part_code, "hook");
    /* Behind the number are its letters. */
    {
        DB_READ_AUTO db_conn *c = reading();
        store_defect_case_list cases;
        assert_ok(store_defect_cases_between(c, kit.a, w.ines.brand, all.v[0].defect_id, all.v[0].from_day,
                                             all.v[0].to_day, 100, &cases));
        assert_int_equal(cases.n, 30);
    }
    /* More letters: the same alarm, another number. */
    many(2, "Harbour Crane", "hook");
    jobs("alarm");
    assert_int_equal(standing().n, 1);
    assert_true(standing().v[0].seen > 30);
    assert_true(standing().v[0].id == all.v[0].id);
    assert_ok(alarm_acknowledge(&kit.d, kit.a, &w.ines, all.v[0].id, S("The factory looks at lot 204."), 1));
    assert_int_equal(alarm_acknowledge(&kit.d, kit.a, &w.ines, all.v[0].id, S("Me, too."), 1), ERR_CONFLICT);
    assert_int_equal(alarm_close(&kit.d, kit.a, &w.ines, all.v[0].id, S("  "), -1), ERR_INVALID);
    assert_int_equal(standing().v[0].state, ALARM_ACKNOWLEDGED);
    assert_ok(alarm_close(&kit.d, kit.a, &w.ines, all.v[0].id, S("A new mould is in use."), -1));
    assert_int_equal(standing().n, 0);
    /* What was looked into raises nothing more; what comes after it does. */
    jobs("alarm");
    assert_int_equal(standing().n, 0);
    kit.now += DAYS(1);
    many(20, "Harbour Crane", "hook");
    jobs("alarm");
    assert_int_equal(standing().n, 1);
    assert_true(standing().v[0].id != all.v[0].id);
}

static void without_history_it_takes_more(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    many(5, "Harbour Crane", "hook");
    jobs("alarm");
    assert_int_equal(standing().n, 0);
    many(25, "Harbour Crane", "hook");
    jobs("alarm");
    assert_int_equal(standing().n, 1);
    assert_int_equal(standing().v[0].earlier_days, 0);
}

static void more_sold_explains_more_letters(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    for (int i = 0; i < 12; i++) {
        many(2, "4410", "");
        kit.now += DAYS(28);
    }
    BUF_AUTO buf csv = BUF_MAX(10000);
    struct units_report report;
    /* Ninety times as many were sold in the last four months. */
    buf_add_z(&csv, "product,month,units\n");
    for (int m = 0; m < 16; m++)
        buf_add_fmt(&csv, "4410,%d-%02d,%d\n", 2026 + (m + 8) / 12, (m + 8) % 12 + 1, m < 12 ? 100 : 9000);
    assert_ok(defect_units_import(&kit.d, kit.a, &w.ines, buf_str(&csv), &report));
    assert_int_equal(report.kept, 16);
    assert_int_equal(report.nproblems, 0);
    many(8, "4410", "");
    jobs("alarm");
    assert_int_equal(standing().n, 0);
    /* The same letters about something of which nothing is known do raise. */
    many(8, "5520", "");
    jobs("alarm");
    assert_int_equal(standing().n, 1);
    assert_str(standing().v[0].defect.product_code, "5520");
    assert_false(standing().v[0].by_units);
    many(200, "4410", "");
    jobs("alarm");
    assert_int_equal(standing().n, 2);
}

static void units_with_mistakes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct units_report r;
    assert_ok(defect_units_import(&kit.d, kit.a, &w.ines,
                                  S("month;units;product\n2026-11;12;4410\n2026-13;12;4410\n2026-12;-3;4410\n"
                                    "2026-12;1e9;4410\n2026-12;99999999999999999999;4410\n2026-12;7\n"
                                    "2026-12;1000000000000;'=1+1\n202701;0;4410\n2026-10;5;\n\"2026"),
                                  &r));
    assert_int_equal(r.kept, 3);
    assert_int_equal(r.nproblems, 7);
    assert_int_equal(r.problems.v[0].line, 3);
    assert_int_equal(r.problems.v[6].line, 11);
    assert_int_equal(defect_units_import(&kit.d, kit.a, &w.ines, S("product,units\n4410,3\n"), &r),
                     ERR_INVALID);
    assert_int_equal(defect_units_import(&kit.d, kit.a, &w.ines, S("\n\n"), &r), ERR_INVALID);
    assert_int_equal(defect_units_import(&kit.d, kit.a, &w.ines, S("\xff\xfe,1"), &r), ERR_INVALID);
    DB_READ_AUTO db_conn *c = reading();
    units_sold_list units;
    assert_ok(store_units(c, kit.a, w.ines.brand, S(""), &units));
    assert_int_equal(units.n, 3);
    assert_str(units.v[2].product, "=1+1");
    assert_true(units.v[2].units == UNITS_MOST);
}

struct click {
    pthread_t thread;
    int64_t conversation;
    err code;
};

static void *click(void *arg) {
    struct click *x = arg;
    arena *a = arena_new(0);
    struct defect_recorded done;
    struct defect_wish wish = {
        .conversation = x->conversation, .product = S("Ferry"), .part = S("mast"), .symptom = SYMPTOM_BROKEN};
    x->code = defect_record(&kit.d, a, &w.ines, &wish, &done);
    arena_free(a);
    return NULL;
}

/* Sixteen people click at once, four in each of four conversations: one defect, four cases. */
static void many_click_at_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t ids[4];
    struct click clicks[16];
    for (int i = 0; i < 4; i++) ids[i] = letter("Mila", "The mast broke.");
    for (int i = 0; i < 16; i++) {
        clicks[i] = (struct click){.conversation = ids[i % 4]};
        assert_int_equal(pthread_create(&clicks[i].thread, NULL, click, &clicks[i]), 0);
    }
    for (int i = 0; i < 16; i++) {
        pthread_join(clicks[i].thread, NULL);
        assert_int_equal(clicks[i].code, ERR_NONE);
    }
    DB_READ_AUTO db_conn *c = reading();
    defect_count_list all;
    assert_ok(store_defect_counts(c, kit.a, w.ines.brand, defect_today(kit.now), 10, &all));
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].week, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(events_of(ids[i], "defect_recorded"), 1);
}

/* ---- similar letters ---- */

static void letters_like_this(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t a =
        letter("Mila", "Hello. The little hook of the harbour crane broke off on the first day. Bye.");
    int64_t b = letter("Ravi", "Dear all, the little hook of our harbour crane broke off on the second day!");
    letter("Zoe", "When does the lighthouse come out? We cannot wait to see it.");
    jobs("listen");
    jobs("like");
    struct defect_recorded done = record(a, "Harbour Crane", "hook",
                                         "The little hook of the harbour crane broke off on the first day.");
    letter_like_list like;
    assert_ok(letters_like(&kit.d, kit.a, w.ines.brand, done.defect, &like));
    assert_int_equal(like.n, 1);
    assert_true(like.v[0].conversation == b);
    assert_str(like.v[0].customer_name, "Ravi");
    assert_true(str_starts(like.v[0].words, S("Dear all, the little hook")));
    /* What is recorded is no suggestion any more. */
    record(b, "Harbour Crane", "hook", "");
    assert_ok(letters_like(&kit.d, kit.a, w.ines.brand, done.defect, &like));
    assert_int_equal(like.n, 0);
}

struct forgetting {
    int64_t brand, conversation;
};

static err forget(db_conn *c, void *arg) {
    struct forgetting *x = arg;
    TRY(defect_forget_in(c, x->brand, x->conversation, kit.now));
    message_list all;
    TRY(store_message_list(c, kit.a, x->brand, x->conversation, 0, 10, &all));
    all.v[0].text = S("");
    return store_message_reread(c, x->brand, &all.v[0]);
}

static void forgotten_words_are_not_found(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.d.keeps_indexes = true;
    int64_t a = letter("Mila", "The little hook of the harbour crane broke off on the first day.");
    int64_t b = letter("Ravi", "The little hook of our harbour crane broke off on the second day!");
    struct defect_recorded done = record(a, "Harbour Crane", "hook",
                                         "The little hook of the harbour crane broke off on the first day.");
    letter_like_list like;
    jobs("listen");
    jobs("like");
    assert_ok(letters_like(&kit.d, kit.a, w.ines.brand, done.defect, &like));
    assert_int_equal(like.n, 1);
    /* After a new start, too. */
    assert_ok(heart_save(&kit.d));
    heart_close(&kit.d);
    assert_ok(letters_like(&kit.d, kit.a, w.ines.brand, done.defect, &like));
    assert_int_equal(like.n, 1);
    near *index;
    assert_ok(heart_letters(&kit.d, w.ines.brand, &index));
    assert_ok(near_save(index));
    struct forgetting x = {w.ines.brand, b};
    assert_ok(db_write(kit.db, forget, &x));
    jobs("like");
    assert_ok(letters_like(&kit.d, kit.a, w.ines.brand, done.defect, &like));
    assert_int_equal(like.n, 0);
    x.conversation = a;
    assert_ok(db_write(kit.db, forget, &x));
    assert_str(cases_of(a).v[0].words, "");
    jobs("like");
    assert_ok(heart_save(&kit.d));
    assert_int_equal(near_generation(index), 2);
    struct near_count count;
    near_counts(index, &count);
    assert_int_equal(count.texts, 0);
    kit.d.keeps_indexes = false;
    heart_close(&kit.d);
}

/* ---- trials ---- */

static int64_t trial(const char *name, int64_t defect) {
    struct trial_wish wish = {
        .name = str_z(name), .about = S("A thicker hook."), .defect = defect, .ends_day = 20270301};
    int64_t id = 0;
    assert_ok(trial_start(&kit.d, kit.a, &w.ines, &wish, &id));
    return id;
}

static struct store_trial get_trial(int64_t id) {
    DB_READ_AUTO db_conn *c = reading();
    struct store_trial t;
    assert_ok(store_trial_get(c, kit.a, w.ines.brand, id, &t));
    return t;
}

static store_trial_case_list queue(int64_t id) {
    DB_READ_AUTO db_conn *c = reading();
    store_trial_case_list all;
    assert_ok(store_trial_cases(c, kit.a, w.ines.brand, id, true, (struct page_key){0, 0}, 100, &all));
    return all;
}

static int64_t reply(const struct actor *who, int64_t conversation, const char *text, bool by_hand) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = by_hand ? S("") : S("somebody@example.org"),
                              .subject = S("Re"),
                              .text = str_fmt(kit.a, "%s %lld", text, (long long)conversation),
                              .key = token_new(kit.a),
                              .override = S("a test"),
                              .by_hand = by_hand};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, who, &wish, &made));
    return made.message;
}

static void thirty_people_wait(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t ids[30], message;
    struct defect_recorded done = {0};
    for (int i = 0; i < 30; i++) {
        ids[i] = letter("Mila", "The hook broke.");
        done = record(ids[i], "Harbour Crane", "hook", "The hook broke.");
        reply(i % 2 ? &w.tom : &w.ines, ids[i], "I am sorry; I send you a new hook.", true);
        assert_ok(conversation_close(&kit.d, kit.a, &w.ines, ids[i], CLOSE_ANSWERED, -1));
    }
    int64_t id = trial("Thicker hook", done.defect);
    int n;
    bool there;
    assert_ok(trial_take_all(&kit.d, kit.a, &w.ines, id, &n));
    assert_int_equal(n, 30);
    assert_ok(trial_take_all(&kit.d, kit.a, &w.ines, id, &n));
    assert_int_equal(n, 0);
    assert_ok(trial_take_in(&kit.d, kit.a, &w.ines, id, ids[0], &there));
    assert_true(there);
    /* While it runs nobody waits, and nothing was written to anybody. */
    assert_int_equal(queue(id).n, 0);
    assert_int_equal(conversation(ids[3]).state, CONVERSATION_DONE);
    assert_int_equal(trial_end(&kit.d, kit.a, &w.ines, id, S(" \n "), -1), ERR_INVALID);
    kit.now += DAYS(30);
    assert_ok(trial_end(&kit.d, kit.a, &w.ines, id, S("The new hook holds 4 kg."), 1));
    assert_int_equal(trial_end(&kit.d, kit.a, &w.ines, id, S("Again"), -1), ERR_CONFLICT);
    assert_int_equal(queue(id).n, 30);
    assert_int_equal(get_trial(id).waiting, 30);
    struct conversation v = conversation(ids[3]);
    assert_int_equal(v.state, CONVERSATION_US);
    assert_true(v.waiting_since == kit.now);
    assert_true(v.agent_id == w.tom.agent);
    assert_int_equal(events_of(ids[3], "trial_ended"), 1);
    /* A reply, written by a person in the conversation, tells; taken back, it does not. */
    message = reply(&w.tom, ids[3], "Your hook went into our test, and now it holds four kilos.", false);
    assert_int_equal(queue(id).n, 29);
    assert_int_equal(get_trial(id).told, 1);
    int64_t back;
    assert_ok(reply_take_back(&kit.d, kit.a, &w.tom, message, &back));
    assert_int_equal(queue(id).n, 30);
    reply(&w.tom, ids[3], "Your hook went into our test.", true);
    assert_int_equal(queue(id).n, 29);
    /* Somebody who needs none. */
    int64_t customer = conversation(ids[4]).customer_id;
    assert_int_equal(trial_skip(&kit.d, kit.a, &w.tom, id, customer, S("")), ERR_INVALID);
    assert_ok(trial_skip(&kit.d, kit.a, &w.tom, id, customer, S("They asked us not to write again.")));
    assert_int_equal(queue(id).n, 28);
    assert_int_equal(get_trial(id).skipped, 1);
    assert_ok(trial_unskip(&kit.d, kit.a, &w.tom, id, customer));
    assert_int_equal(queue(id).n, 29);
    assert_int_equal(trial_take_in(&kit.d, kit.a, &w.ines, id, ids[0], &there), ERR_CONFLICT);
    int waiting;
    DB_READ_AUTO db_conn *c = reading();
    assert_ok(store_trial_count_waiting(c, w.ines.brand, 0, 100, &waiting));
    assert_int_equal(waiting, 29);
}

static void whose_agent_is_gone_waits_for_all(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    bool there;
    int given_back;
    int64_t c = letter("Mila", "The hook broke."), id = trial("Thicker hook", 0), junk = letter("X", "Buy!");
    reply(&w.tom, c, "I am sorry.", true);
    assert_ok(trial_take_in(&kit.d, kit.a, &w.ines, id, c, &there));
    assert_false(there);
    assert_ok(trial_take_in(&kit.d, kit.a, &w.ines, id, junk, &there));
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, junk, false, -1));
    assert_ok(people_disable(&kit.d, kit.a, &w.ines, w.tom.agent, &given_back));
    assert_ok(trial_end(&kit.d, kit.a, &w.ines, id, S("It holds."), -1));
    assert_true(conversation(c).agent_id == 0);
    assert_int_equal(conversation(c).state, CONVERSATION_US);
    assert_int_equal(conversation(junk).state, CONVERSATION_DONE);
    int all;
    assert_int_equal(trial_take_all(&kit.d, kit.a, &w.ines, id, &all), ERR_CONFLICT);
}

/* Where a child's words were deleted while the test ran, nobody is left to write to. */
static void who_is_forgotten_does_not_wait(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    bool there;
    int64_t child = letter("Mila", "The hook broke."), other = letter("Nora", "The hook broke.");
    int64_t id = trial("Thicker hook", 0);
    assert_ok(trial_take_in(&kit.d, kit.a, &w.ines, id, child, &there));
    assert_ok(trial_take_in(&kit.d, kit.a, &w.ines, id, other, &there));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, child, true, -1));
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, child));
    struct job job = {.brand_id = w.ines.brand, .subject_id = child};
    assert_ok(forget_run(&kit.d, kit.a, &job));
    assert_int_equal(conversation(child).state, CONVERSATION_DONE);
    assert_ok(trial_end(&kit.d, kit.a, &w.ines, id, S("It holds."), -1));
    assert_int_equal(conversation(child).state, CONVERSATION_DONE);
    assert_int_equal(conversation(other).state, CONVERSATION_US);
    assert_int_equal(queue(id).n, 1);
    assert_int_equal(get_trial(id).skipped, 1);
}

/* ---- exports and webhooks ---- */

static void formulas_stay_text(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t c = letter("=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\") broke");
    record(c, "+4410x", "@hook", "=HYPERLINK(\"http://x\") broke");
    BUF_AUTO buf out = BUF_MAX(1 << 20);
    assert_ok(defect_export_csv(&kit.d, w.ines.brand, 0, &out));
    str text = buf_str(&out);
    assert_true(str_find(text, S("\"'=HYPERLINK(\"\"http://x\"\") broke\""), 0) != SIZE_MAX);
    assert_true(str_find(text, S(",\"'+4410x\","), 0) != SIZE_MAX);
    assert_true(str_find(text, S(",\"'@hook\","), 0) != SIZE_MAX);
    assert_true(str_find(text, S("cmd"), 0) == SIZE_MAX); /* no names */
}

static void a_child_counts_but_is_not_quoted(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t a = letter("Luca", "I am seven and my secret hook broke."), b = letter("Mila", "My hook broke.");
    struct defect_recorded one = record(a, "4410", "hook", "I am seven and my secret hook broke.");
    record(b, "4410", "hook", "My hook broke.");
    assert_ok(child_set(&kit.d, kit.a, &w.ines, a, true, -1));
    BUF_AUTO buf csv = BUF_MAX(1 << 20), json = BUF_MAX(1 << 20);
    assert_ok(defect_export_csv(&kit.d, w.ines.brand, one.defect, &csv));
    assert_true(str_find(buf_str(&csv), S("secret"), 0) == SIZE_MAX);
    assert_true(str_find(buf_str(&csv), S("My hook broke."), 0) != SIZE_MAX);
    size_t lines = 0;
    for (size_t i = 0; i < csv.n; i++) lines += csv.p[i] == '\n';
    assert_int_equal(lines, 3);
    assert_ok(defect_export_json(&kit.d, w.ines.brand, one.defect, &json));
    assert_true(str_find(buf_str(&json), S("secret"), 0) == SIZE_MAX);
    many(40, "4410", "hook");
    jobs("alarm");
    str body;
    assert_ok(maker_body(
        &kit.d, kit.a, w.ines.brand,
        &(struct maker_post){
            .id = 7, .event = MAKER_ALARM_RAISED, .subject_id = standing().v[0].id, .created_at = kit.now},
        &body));
    assert_true(str_find(body, S("secret"), 0) == SIZE_MAX);
    assert_true(str_find(body, S("My hook broke."), 0) != SIZE_MAX);
    assert_true(str_find(body, S("\"seen\":42"), 0) != SIZE_MAX);
    assert_true(str_find(body, S("Mila"), 0) == SIZE_MAX);
}

static maker_post_list posts(void) {
    DB_READ_AUTO db_conn *c = reading();
    maker_post_list all;
    assert_ok(store_posts(c, kit.a, w.ines.brand, 100, &all));
    return all;
}

static void makers_are_told_again_later(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str secret;
    assert_int_equal(maker_hook_try(&kit.d, kit.a, &w.ines), ERR_CONFLICT);
    trial("Told to nobody", 0);
    assert_int_equal(posts().n, 0);
    assert_int_equal(maker_hook_set(&kit.d, kit.a, &w.ines, S("http://makers.example/"), &secret),
                     ERR_INVALID);
    assert_int_equal(maker_hook_set(&kit.d, kit.a, &w.ines, S("https://127.0.0.1/"), &secret), ERR_INVALID);
    kit.d.posts_inside = true;
    assert_ok(maker_hook_set(&kit.d, kit.a, &w.ines, S("http://127.0.0.1:9/hook"), &secret));
    assert_true(secret.n >= 22);
    str none;
    assert_ok(maker_hook_set(&kit.d, kit.a, &w.ines, S("http://127.0.0.1:9/hook"), &none));
    assert_int_equal(none.n, 0);
    trial("Thicker hook", 0);
    jobs("makers");
    assert_int_equal(posts().n, 1);
    assert_int_equal(posts().v[0].state, POST_WAITING);
    assert_int_equal(posts().v[0].attempts, 1);
    assert_true(posts().v[0].says.n > 0);
    jobs("makers"); /* not before a minute */
    assert_int_equal(posts().v[0].attempts, 1);
    for (int i = 0; i < 12; i++) {
        kit.now += DAYS(1);
        jobs("makers");
    }
    assert_int_equal(posts().v[0].attempts, 12);
    assert_int_equal(posts().v[0].state, POST_FAILED);
    /* The operator's leave is gone: the address is judged again. */
    kit.d.posts_inside = false;
    assert_ok(maker_hook_try(&kit.d, kit.a, &w.ines));
    jobs("makers");
    assert_true(str_starts(posts().v[0].says, S("The address must begin with https://")));
    assert_ok(maker_hook_set(&kit.d, kit.a, &w.ines, S(""), &none));
    kit.now += DAYS(1);
    jobs("makers");
    assert_int_equal(posts().v[0].state, POST_FAILED);
}

/* Their server: takes one message, refuses the first with 503. */
struct maker {
    int fd, port, taken;
    pthread_t thread;
    char got[2][65536];
};

static void *maker_serves(void *arg) {
    struct maker *m = arg;
    for (m->taken = 0; m->taken < 2; m->taken++) {
        int c = accept(m->fd, NULL, NULL);
        if (c < 0) return NULL;
        char *to = m->got[m->taken], *end = NULL;
        size_t n = 0, whole = SIZE_MAX;
        while (n < whole && n < sizeof m->got[0] - 1) {
            ssize_t r = read(c, to + n, sizeof m->got[0] - 1 - n);
            if (r <= 0) break;
            to[n += (size_t)r] = '\0';
            const char *length = strstr(to, "Content-Length: ");
            end = strstr(to, "\r\n\r\n");
            if (end && length) whole = (size_t)(end - to) + 4 + strtoul(length + 16, NULL, 10);
        }
        const char *says =
            m->taken ? "HTTP/1.1 204 Thanks\r\n\r\n" : "HTTP/1.1 503 Later\r\nContent-Length: 4\r\n\r\nbusy";
        if (write(c, says, strlen(says)) < 0) abort();
        close(c);
    }
    return NULL;
}

static str header_of(const char *got, const char *name) {
    const char *at = strstr(got, name);
    assert_non_null(at);
    at += strlen(name) + 2;
    return (str){at, strcspn(at, "\r")};
}

static void makers_get_a_signed_message(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    static struct maker m;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    m.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(m.fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(m.fd, 4), 0);
    assert_int_equal(getsockname(m.fd, (struct sockaddr *)&a, &n), 0);
    assert_int_equal(pthread_create(&m.thread, NULL, maker_serves, &m), 0);
    str secret, url = str_fmt(kit.a, "http://127.0.0.1:%d/hook", ntohs(a.sin_port));
    kit.d.posts_inside = true;
    assert_ok(maker_hook_set(&kit.d, kit.a, &w.ines, url, &secret));
    many(30, "Harbour Crane", "hook");
    jobs("alarm");
    jobs("makers");
    assert_int_equal(posts().v[0].state, POST_WAITING);
    assert_str(posts().v[0].says, "503 busy");
    kit.now += MINUTE_MS;
    jobs("makers");
    pthread_join(m.thread, NULL);
    close(m.fd);
    kit.d.posts_inside = false;
    assert_int_equal(posts().n, 1);
    assert_int_equal(posts().v[0].state, POST_SENT);
    /* Both tries are one message; each is signed for its own moment. */
    assert_true(str_eq(header_of(m.got[0], "Longhand-Id"), header_of(m.got[1], "Longhand-Id")));
    assert_str(header_of(m.got[1], "Longhand-Event"), "alarm_raised");
    for (int i = 0; i < 2; i++) {
        str body = str_z(strstr(m.got[i], "\r\n\r\n") + 4);
        str wanted = maker_signature(kit.a, secret, kit.now / 1000 - 60 * (1 - i), body);
        assert_true(str_eq(header_of(m.got[i], "Longhand-Signature"), wanted));
        assert_true(str_find(body, S("\"event\":\"alarm_raised\""), 0) != SIZE_MAX);
        assert_true(str_find(body, S("\"part\":\"hook\""), 0) != SIZE_MAX);
    }
}

static void the_signature(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    /* printf '1700000000.{}' | openssl dgst -sha256 -hmac key */
    assert_str(maker_signature(kit.a, S("key"), 1700000000, S("{}")),
               "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae");
}

static const struct CMUnitTest tests[] = {
    KIT_TEST(clicking_twice_is_one_case),
    KIT_TEST(taken_back_and_again),
    KIT_TEST(what_cannot_be_recorded),
    KIT_TEST(a_hint_from_findings),
    KIT_TEST(thirty_letters_raise_the_alarm),
    KIT_TEST(without_history_it_takes_more),
    KIT_TEST(more_sold_explains_more_letters),
    KIT_TEST(units_with_mistakes),
    KIT_TEST(many_click_at_once),
    KIT_TEST(letters_like_this),
    KIT_TEST(forgotten_words_are_not_found),
    KIT_TEST(thirty_people_wait),
    KIT_TEST(whose_agent_is_gone_waits_for_all),
    KIT_TEST(who_is_forgotten_does_not_wait),
    KIT_TEST(formulas_stay_text),
    KIT_TEST(a_child_counts_but_is_not_quoted),
    KIT_TEST(makers_are_told_again_later),
    KIT_TEST(makers_get_a_signed_message),
    KIT_TEST(the_signature),
};

int main(void) { return KIT_RUN(tests); }
