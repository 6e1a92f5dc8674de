/* Listening, learning and the check with a desk around them, on both engines: what was heard is kept and put
 * right, what was sent is remembered, and what others got word for word is stopped. */
#include <stdarg.h>
#include <string.h>

#include "people_kit.h"

#include "desk/catalogue.h"
#include "desk/checking.h"
#include "desk/conversation.h"
#include "desk/learning.h"
#include "desk/listening.h"
#include "desk/outbox.h"
#include "desk/people.h"
#include "desk/remembered.h"
#include "desk/reply.h"
#include "jobs/jobs.h"
#include "store/finding.h"
#include "store/learned.h"
#include "store/override.h"

static struct {
    struct people_setup_done done;
    struct actor ines;
} w;

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
}

static void work(void) {
    int done;
    assert_ok(jobs_run_due(&kit.d, S("/nonexistent"), &done));
}

/* A letter of a new customer; gives its message. */
static int64_t letter(const char *name, const char *text, struct message *ret) {
    world();
    int64_t conversation, message;
    kit.now += 1000;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = str_z(name), .address = kit_email("child"), .text = str_z(text)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    if (ret) {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_get(c, kit.a, w.ines.brand, message, ret));
    }
    return conversation;
}

static err answer(int64_t conversation, const char *text, const char *because, int64_t *ret_message) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_z(text),
                              .override = str_z(because),
                              .by_hand = true};
    struct reply_made made = {0};
    TRY(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    if (ret_message) *ret_message = made.message;
    return ERR_NONE;
}

/* The first of a kind that stands in the text itself. */
static const struct stored_finding *find(const struct letter_findings *all, finding_kind kind) {
    for (size_t i = 0; i < all->findings.n; i++)
        if (all->findings.v[i].f.kind == kind && all->findings.v[i].f.end) return &all->findings.v[i];
    return NULL;
}

static const char harbour[] =
    "Hello. My name is Mila and I am eight years old. I lost the red lighthouse keeper at the "
    "beach. I am really sad. Could you please send me a new one? I promise I will keep him in "
    "my pocket. Thank you.";

static err put_listening(db_conn *c, void *arg) { return store_listening_put(c, w.ines.brand, arg); }

/* Broken, of another release, or without its findings: the letter itself still says everything. */
static void a_row_that_says_nothing_is_made_good(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const char *const rows[] = {"{", "{\"findings\":[{\"kind\":1}]}", "{\"found\":[[1,2]]}",
                                       "{\"found\":[[99,0,4,\"\",\"\",\"\"]]}"};
    struct message m;
    letter("Mila Brandt", harbour, &m);
    struct letter_findings heard;
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &heard));
    int64_t version;
    assert_ok(catalogue_version(&kit.d, w.ines.brand, &version));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_listening row = {m.id, version, str_z(rows[i])};
        struct letter_findings again;
        assert_ok(db_write(kit.db, put_listening, &row));
        assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &again));
        assert_int_equal(heard.findings.n, again.findings.n);
    }
}

static void what_is_heard_is_kept_and_put_right(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct message m;
    letter("Mila Brandt", harbour, &m);
    struct letter_findings before, after;
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &before));
    work();
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &after));
    assert_int_equal(before.findings.n, after.findings.n); /* heard on the fly and kept are the same */
    for (size_t i = 0; i < before.findings.n; i++) {
        const struct stored_finding *x = &before.findings.v[i], *y = &after.findings.v[i];
        assert_int_equal(x->id, y->id);
        assert_string_equal(x->f.why, y->f.why);
        assert_true(str_eq(x->f.why_arg, y->f.why_arg));
        assert_int_equal(x->f.ncandidates, y->f.ncandidates);
    }
    assert_true(after.child);
    assert_str(after.language, "en");
    const struct stored_finding *ask = find(&after, FINDING_ASK), *name = find(&after, FINDING_NAME);
    assert_non_null(ask);
    assert_non_null(name);
    assert_str(name->f.value, "Mila");

    assert_ok(listening_strike(&kit.d, kit.a, &w.ines, m.id, ask->id, true));
    assert_ok(listening_correct(&kit.d, kit.a, &w.ines, m.id, name->id, S("Mila B.")));
    int64_t added;
    const char *keeper = strstr(harbour, "lighthouse keeper");
    uint32_t at = (uint32_t)(keeper - harbour);
    assert_ok(listening_add(&kit.d, kit.a, &w.ines, m.id, FINDING_PRODUCT, at, at + 17, S("TT-204"), &added));
    assert_int_equal(listening_add(&kit.d, kit.a, &w.ines, m.id, FINDING_ASK, 5, 5000, S(""), &added),
                     ERR_INVALID);
    assert_int_equal(listening_strike(&kit.d, kit.a, &w.ines, m.id, 12345, true), ERR_MISSING);
    struct heard heard;
    assert_ok(listening_heard(&kit.d, kit.a, w.ines.brand, &m, &heard));
    bool product = false;
    for (size_t i = 0; i < heard.findings.n; i++) {
        const struct finding *f = &heard.findings.v[i];
        assert_true(f->kind != FINDING_ASK || f->start != ask->f.start);
        if (f->kind == FINDING_NAME && f->start == name->f.start) assert_str(f->value, "Mila B.");
        product = product || (f->kind == FINDING_PRODUCT && str_eq(f->value, S("TT-204")));
    }
    assert_true(product);
    assert_ok(listening_strike(&kit.d, kit.a, &w.ines, m.id, ask->id, false));
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &after));
    assert_int_equal(find(&after, FINDING_ASK)->state, FINDING_FOUND);
    /* A correction outlives being struck out and put back. */
    assert_ok(listening_strike(&kit.d, kit.a, &w.ines, m.id, name->id, true));
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &after));
    assert_int_equal(find(&after, FINDING_NAME)->state, FINDING_STRUCK);
    assert_ok(listening_strike(&kit.d, kit.a, &w.ines, m.id, name->id, false));
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &after));
    assert_int_equal(find(&after, FINDING_NAME)->state, FINDING_CORRECTED);
    assert_str(find(&after, FINDING_NAME)->f.value, "Mila B.");
}

static const char macro[] = "Thank you for writing to us about your order. We have received your request and "
                            "one of our colleagues will look "
                            "into the matter as soon as possible. Replacement pieces can be bought in our "
                            "shop while stocks last. We value your "
                            "opinion and hope to welcome you again very soon.";

static uint32_t most_customers(const struct checked *checked, remark_kind kind) {
    uint32_t most = 0;
    for (size_t i = 0; i < checked->remarks.n; i++)
        for (size_t k = 0; k < checked->remarks.v[i].evidence.n; k++)
            if (checked->remarks.v[i].kind == kind && checked->remarks.v[i].evidence.v[k].customers > most)
                most = checked->remarks.v[i].evidence.v[k].customers;
    return most;
}

static void what_others_got_is_stopped(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *const names[] = {"Jonas", "Emre", "Paula", "Ravi", "Greta"};
    for (int i = 0; i < 3; i++) {
        assert_ok(answer(letter(names[i], "My boat is broken. What can I do?", NULL), macro, "first", NULL));
        work();
    }
    int64_t fourth = letter(names[3], "The crane has no hook. Can you help?", NULL);
    struct checked checked;
    assert_ok(checking_run(&kit.d, kit.a, &w.ines,
                           &(struct checking_wish){.conversation = fourth, .text = str_z(macro)}, &checked));
    assert_true(most_customers(&checked, REMARK_CANNED) >= 3);
    remark_list stops;
    assert_ok(checking_stops(&kit.d, kit.a, w.ines.brand, &checked, &stops));
    assert_true(stops.n >= 1);
    int64_t message;
    assert_int_equal(answer(fourth, macro, "", NULL), ERR_CONFLICT);
    assert_ok(answer(fourth, macro, "The fire brigade asked for this very text.", &message));
    {
        DB_READ_AUTO db_conn *c = NULL;
        store_override_list rows;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_override_of_conversation(c, kit.a, w.ines.brand, fourth, &rows));
        assert_int_equal(rows.n, 1);
        assert_str(rows.v[0].because, "The fire brigade asked for this very text.");
        assert_true(str_find(rows.v[0].kinds, S("canned_letter"), 0) != SIZE_MAX);
        assert_int_equal(rows.v[0].message_id, message);
    }
    /* Asked again with one more sentence, only that one is looked up. */
    uint64_t answered[2], asked[2];
    const char *longer = str_cstr(
        kit.a, str_fmt(kit.a, "%s The blue ferry sails again tomorrow morning from pier nine.", macro));
    struct checking_wish again = {.conversation = fourth, .text = str_z(macro)};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &again, &checked));
    remembered_counts(&answered[0], &asked[0]);
    again.text = str_z(longer);
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &again, &checked));
    remembered_counts(&answered[1], &asked[1]);
    assert_true(answered[1] - answered[0] >= 4);
    assert_true(asked[1] - asked[0] >= 1 && asked[1] - asked[0] <= 2);
    /* The customer's own earlier letters do not count, and nothing is left of a desk that forgot. */
    int64_t fifth = letter(names[4], "Where is my parcel?", NULL);
    assert_ok(checking_run(
        &kit.d, kit.a, &w.ines,
        &(struct checking_wish){.conversation = fifth,
                                .text = S("Dear Greta, your parcel left Hamburg on Tuesday; I asked "
                                          "the driver to ring twice.")},
        &checked));
    assert_ok(checking_stops(&kit.d, kit.a, w.ines.brand, &checked, &stops));
    assert_int_equal(stops.n, 0);
}

static void the_index_comes_back_after_a_crash(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    const char *text =
        "The blue whistle of the harbour master is packed together with a spare string for the kite.";
    assert_ok(answer(letter("Ada", "The whistle is missing.", NULL), text, "", NULL));
    work();
    int64_t other = letter("Bo", "No whistle in my box!", NULL);
    /* Gone without saving, then with the file saved, then with the file destroyed: always found again. */
    for (int round = 0; round < 3; round++) {
        kit.d.keeps_indexes = round > 0;
        if (round == 1) {
            struct learning_rebuilt made;
            assert_ok(learning_rebuild(&kit.d, w.ines.brand, NULL, NULL, &made));
            assert_true(made.replies >= 1);
        }
        heart_close(&kit.d);
        str path = str_fmt(kit.a, "%s/near/%" PRId64 "-replies.near", kit.folder, w.ines.brand);
        if (round == 2) {
            FILE *f = fopen(str_cstr(kit.a, path), "r+b");
            assert_non_null(f);
            assert_int_equal(fseek(f, 100, SEEK_SET), 0);
            fputs("damage", f);
            fclose(f);
        }
        if (kit.d.keeps_indexes) {
            assert_ok(learning_start(&kit.d, kit.a));
            work();
        }
        struct checked checked;
        assert_ok(checking_run(&kit.d, kit.a, &w.ines,
                               &(struct checking_wish){.conversation = other, .text = str_z(text)},
                               &checked));
        bool canned = false;
        for (size_t i = 0; i < checked.remarks.n; i++)
            for (size_t k = 0; k < checked.remarks.v[i].evidence.n; k++)
                canned = canned || (checked.remarks.v[i].evidence.v[k].source == EVIDENCE_REPLY &&
                                    str_find(checked.remarks.v[i].evidence.v[k].text, S("blue whistle"), 0) !=
                                        SIZE_MAX);
        if (!canned) fail_msg("round %d: the reply was forgotten", round);
    }
    kit.d.keeps_indexes = false;
}

static void what_was_taken_back_is_forgotten(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t first = letter("Cleo", "Is there a green sail?", NULL),
            second = letter("Dan", "Do you have sails?", NULL);
    const char *text =
        "There is a green sail with a yellow border, sewn by the grandmother of our captain herself.";
    struct reply_wish wish = {.conversation = first,
                              .seen_version = -1,
                              .to_line = S("cleo@example.org"),
                              .subject = S("Re"),
                              .text = str_z(text)};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    work();
    struct checked checked;
    struct checking_wish asked = {.conversation = second, .text = str_z(text)};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &checked));
    assert_true(most_customers(&checked, REMARK_CANNED) >= 1);
    int64_t conversation;
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, made.message, &conversation));
    work();
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &checked));
    assert_int_equal(most_customers(&checked, REMARK_CANNED), 0);
}

static err make_uncertain(db_conn *c, void *arg) {
    outbox_list rows = {0};
    TRY(store_outbox_of_message(c, kit.a, w.ines.brand, *(int64_t *)arg, &rows));
    *(int64_t *)arg = rows.v[0].id;
    rows.v[0].state = OUTBOX_UNCERTAIN;
    return store_outbox_update(c, w.ines.brand, &rows.v[0]);
}

/* It never arrived and nobody sends it again, so nobody "got this sentence". */
static void what_was_given_up_is_forgotten(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t first = letter("Hana", "Is there a lantern?", NULL), second = letter("Ivo", "A lantern?", NULL);
    const char *text =
        "There is a lantern that burns green when the tide turns and red when the ferry is late.";
    struct reply_wish wish = {.conversation = first,
                              .seen_version = -1,
                              .to_line = S("hana@example.org"),
                              .subject = S("Re"),
                              .text = str_z(text)};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    work();
    struct checked checked;
    struct checking_wish asked = {.conversation = second, .text = str_z(text)};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &checked));
    assert_int_equal(most_customers(&checked, REMARK_CANNED), 1);
    int64_t row = made.message, conversation;
    assert_ok(db_write(kit.db, make_uncertain, &row));
    assert_ok(outbox_settle(&kit.d, kit.a, &w.ines, row, false, &conversation));
    work();
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &checked));
    assert_int_equal(most_customers(&checked, REMARK_CANNED), 0);
}

/* A browser repeats the POST of a letter that went out; by now others got the same, which stops only new
 * ones. */
static void what_was_sent_is_not_stopped_when_asked_again(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *text =
        "Our carpenter planes every plank of the little pier twice, and the third time for luck. "
        "He says that a pier without a splinter is a pier where children run barefoot.";
    int64_t conversation = letter("Jo", "Is the pier safe?", NULL);
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_z(text),
                              .key = S("the same key"),
                              .by_hand = true};
    struct reply_made one, two;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &one));
    for (int i = 0; i < 3; i++) {
        assert_ok(answer(letter(i ? i > 1 ? "Kit" : "Lou" : "Max", "And the pier?", NULL), text,
                         "They asked alike.", NULL));
        work();
    }
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &two));
    assert_int_equal(one.message, two.message);
    remark_list stops = {0};
    wish.conversation = letter("Ned", "The pier!", NULL);
    wish.key = S("another key");
    wish.stops = &stops;
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &two), ERR_CONFLICT);
    assert_true(stops.n >= 1);
}

/* Saved with the reply, taken back, and then the process dies: the next one must not find it again. */
static void what_was_taken_back_stays_forgotten(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t first = letter("Elif", "Is there a whale?", NULL),
            second = letter("Finn", "A whale, please!", NULL);
    const char *text =
        "There is a whale with a mended fin who answers to Bertram and sleeps below the old jetty.";
    kit.d.keeps_indexes = true;
    heart_close(&kit.d);
    assert_ok(learning_start(&kit.d, kit.a));
    struct reply_wish wish = {.conversation = first,
                              .seen_version = -1,
                              .to_line = S("elif@example.org"),
                              .subject = S("Re"),
                              .text = str_z(text)};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    work();
    assert_ok(heart_save(&kit.d));
    int64_t conversation;
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, made.message, &conversation));
    work();
    heart_close(&kit.d); /* nothing was saved since */
    assert_ok(learning_start(&kit.d, kit.a));
    work();
    struct checked checked;
    struct checking_wish asked = {.conversation = second, .text = str_z(text)};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &checked));
    assert_int_equal(most_customers(&checked, REMARK_CANNED), 0);
    kit.d.keeps_indexes = false;
    heart_close(&kit.d);
}

/* A file where the folder of indexes should be: replies go on, and the check says what it could not do. */
static void without_an_index_replies_go_on(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversation = letter("Gus", "Do you have an anchor?", NULL);
    str folder = str_fmt(kit.a, "%s/near", kit.folder), aside = str_fmt(kit.a, "%s/near.aside", kit.folder);
    heart_close(&kit.d);
    bool moved = rename(str_cstr(kit.a, folder), str_cstr(kit.a, aside)) == 0;
    FILE *f = fopen(str_cstr(kit.a, folder), "w");
    assert_non_null(f);
    fclose(f);
    kit.d.keeps_indexes = true;
    struct checked checked;
    struct checking_wish asked = {.conversation = conversation,
                                  .text = S("Gus, the anchor goes out on Monday.")};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &checked));
    bool said = false;
    for (size_t i = 0; i < checked.remarks.n; i++) said |= checked.remarks.v[i].kind == REMARK_CANNED;
    assert_true(said);
    assert_ok(answer(conversation, "Gus, the anchor goes out on Monday.", "", NULL));
    kit.d.keeps_indexes = false;
    heart_close(&kit.d);
    assert_int_equal(unlink(str_cstr(kit.a, folder)), 0);
    if (moved) assert_int_equal(rename(str_cstr(kit.a, aside), str_cstr(kit.a, folder)), 0);
    work();
}

static const char slot[] = "Dear Cleo, the sail is [[which colour]] and comes on Friday.";

static void a_reason_is_a_sentence(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter("Cleo", "Is there a green sail?", NULL);
    static const char *const nothing[] = {
        "",
        " \n",
        ".",
        "12 %",
        "\x07",
        "\u200b",
        "\u3164",
        "\u202e",
        "Because\x07 they asked",
        "Because\nthey asked",
        "Because \u202edeksa yeht",
        "Because\u2028they asked",
        "Because \xff",
    };
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        assert_int_equal(answer(id, slot, nothing[i], NULL),
                         i < 2 ? ERR_CONFLICT : ERR_INVALID); /* none; no sentence */
    char longer[1100];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_int_equal(answer(id, slot, longer, NULL), ERR_INVALID);
    assert_ok(answer(id, slot, " 他们要求这样写。 ", NULL));
}

static size_t overrides_of(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    store_override_list rows;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_override_of_conversation(c, kit.a, w.ines.brand, conversation, &rows));
    return rows.n;
}

static void a_reason_goes_with_its_reply(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter("Cleo", "Is there a green sail?", NULL), conversation;
    assert_ok(answer(id, slot, "They asked for the form.", NULL));
    assert_int_equal(overrides_of(id), 1);
    struct reply_wish wish = {.conversation = id,
                              .seen_version = -1,
                              .to_line = S("cleo@example.org"),
                              .subject = S("Re"),
                              .text = str_z(slot),
                              .override = S("They asked for it again.")};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    assert_int_equal(overrides_of(id), 2);
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, made.message, &conversation));
    assert_int_equal(overrides_of(id), 1); /* that of the other reply stays */
}

static void a_value_is_one_line(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct message m;
    int64_t id;
    letter("Mila Brandt", "My name is Mila. I lost the red\nlighthouse keeper.", &m);
    size_t at = str_find(m.text, S("red"), 0), end = str_find(m.text, S("keeper"), 0) + strlen("keeper");
    assert_true(at != SIZE_MAX && end < m.text.n);
    static const char *const bad[] = {"TT\x07", "TT\n204", "TT\xff", "\x1b[31mTT"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(listening_add(&kit.d, kit.a, &w.ines, m.id, FINDING_PRODUCT, (uint32_t)at,
                                       (uint32_t)end, str_z(bad[i]), &id),
                         ERR_INVALID);
    /* The words of the letter themselves may run over a line. */
    assert_ok(listening_add(&kit.d, kit.a, &w.ines, m.id, FINDING_PRODUCT, (uint32_t)at, (uint32_t)end, S(""),
                            &id));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(listening_correct(&kit.d, kit.a, &w.ines, m.id, id, str_z(bad[i])), ERR_INVALID);
    assert_ok(listening_correct(&kit.d, kit.a, &w.ines, m.id, id, S("TT-204")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(what_is_heard_is_kept_and_put_right),
        KIT_TEST(a_row_that_says_nothing_is_made_good),
        KIT_TEST(what_others_got_is_stopped),
        KIT_TEST(the_index_comes_back_after_a_crash),
        KIT_TEST(what_was_taken_back_is_forgotten),
        KIT_TEST(what_was_given_up_is_forgotten),
        KIT_TEST(what_was_sent_is_not_stopped_when_asked_again),
        KIT_TEST(what_was_taken_back_stays_forgotten),
        KIT_TEST(without_an_index_replies_go_on),
        KIT_TEST(a_reason_is_a_sentence),
        KIT_TEST(a_reason_goes_with_its_reply),
        KIT_TEST(a_value_is_one_line),
    };
    return KIT_RUN(tests);
}
