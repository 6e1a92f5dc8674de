/* How a brand answers: what may be kept as a framework, a fact or a phrase, what is held up, what stops a
 * send; and that the letter check goes by all of it. On both engines. */
#include <string.h>

#include "people_kit.h"

#include "desk/brands.h"
#include "desk/checking.h"
#include "desk/conversation.h"
#include "desk/people.h"
#include "desk/reply.h"
#include "desk/voice.h"
#include "desk/voice_learn.h"
#include "jobs/jobs.h"
#include "store/setting.h"

static struct {
    struct people_setup_done done;
    struct actor ines;
    int64_t other; /* another brand */
} w;

static void world(void) {
    static db *made_for;
    if (made_for == kit.db) return;
    made_for = kit.db;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
    struct store_brand other;
    assert_ok(brand_create(&kit.d, kit.a, S("Harbour Books"), S("UTC"), S("en"), &other));
    w.other = other.id;
}

static err add(enum voice_sort sort, str name, str text, int64_t *ret_id) {
    world();
    int64_t id;
    kit.now += 1000;
    const struct voice_form form = {name, text, 0};
    TRY(voice_piece_add(&kit.d, kit.a, &w.ines, sort, &form, &id));
    if (ret_id) *ret_id = id;
    return ERR_NONE;
}

static void refused(err e, err wanted, const char *part) {
    assert_int_equal(e, wanted);
    if (!strstr(err_text(), part)) fail_msg("\"%s\" does not say \"%s\"", err_text(), part);
}

static void pieces(int64_t brand, store_piece_list *frameworks, store_piece_list *facts) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(voice_pieces(c, kit.a, brand, frameworks, facts));
}

static const struct store_piece *named(const store_piece_list *all, const char *name) {
    for (size_t i = 0; i < all->n; i++)
        if (str_eq(all->v[i].name, str_z(name))) return &all->v[i];
    return NULL;
}

static str as(size_t n) {
    char *p = arena_alloc(kit.a, n + 1);
    memset(p, 'a', n);
    return (str){p, n};
}

static void test_slots(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    assert_true(voice_has_slot(S("Dear [[their name]],")));
    assert_true(voice_has_slot(S("[[ ]] then [[x]]")));
    assert_false(voice_has_slot(S("Dear you,")));
    assert_false(voice_has_slot(S("[[]]")));
    assert_false(voice_has_slot(S("[[ \n ]]")));
    assert_false(voice_has_slot(S("[[never closed")));
    assert_false(voice_has_slot(S("]] [[")));
    assert_false(voice_has_slot(S("")));
}

static void test_limits(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    str slot = S("[[in your own words: what happened]]");
    refused(add(VOICE_FRAMEWORK, S(""), slot, NULL), ERR_INVALID, "name is missing");
    refused(add(VOICE_FRAMEWORK, S(" \t "), slot, NULL), ERR_INVALID, "name is missing");
    refused(add(VOICE_FRAMEWORK, as(121), slot, NULL), ERR_INVALID, "120 bytes");
    assert_ok(add(VOICE_FRAMEWORK, as(120), slot, NULL));
    refused(add(VOICE_FRAMEWORK, S("two\nlines"), slot, NULL), ERR_INVALID, "one line");
    refused(add(VOICE_FRAMEWORK, S("bad \xff"), slot, NULL), ERR_INVALID, "UTF-8");
    refused(add(VOICE_FRAMEWORK, S("t"), S(" \n "), NULL), ERR_INVALID, "text is missing");
    refused(add(VOICE_FRAMEWORK, S("t"), S("bad \xc3( [[x]]"), NULL), ERR_INVALID, "UTF-8");
    refused(add(VOICE_FRAMEWORK, S("t"), S("nul \0 [[x]]"), NULL), ERR_INVALID, "control");
    refused(add(VOICE_FRAMEWORK, S("t"), S("Dear you, it is sent."), NULL), ERR_INVALID,
            "[[in your own words");
    refused(add(VOICE_FRAMEWORK, S("t"), S("[[ ]]"), NULL), ERR_INVALID, "at least one place");
    refused(add(VOICE_FACT, S("t"), S("See [[the page]]."), NULL), ERR_INVALID, "word for word");
    refused(add(VOICE_FACT, S("t"), S("See [[ the page"), NULL), ERR_INVALID, "word for word");
    refused(add(VOICE_FACT, S("t"), as(64 * 1024 + 1), NULL), ERR_INVALID, "64 KB");
    refused(add(VOICE_FACT, S("t"), as(1 << 20), NULL), ERR_INVALID, "64 KB");
    assert_ok(add(VOICE_FACT, S("As long as may be"), as(64 * 1024), NULL));
    store_piece_list frameworks = {0}, facts = {0};
    pieces(w.ines.brand, &frameworks, &facts);
    assert_int_equal(frameworks.n, 1);
    assert_int_equal(facts.n, 1);
    assert_int_equal(facts.v[0].text.n, 64 * 1024);
}

static void test_line_breaks(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id;
    assert_ok(add(VOICE_FACT, S("  Swap a string  "), S("1. Cut.\r\n2. Tie.\r\n"), &id));
    store_piece_list frameworks = {0}, facts = {0};
    pieces(w.ines.brand, &frameworks, &facts);
    const struct store_piece *p = named(&facts, "Swap a string");
    assert_non_null(p);
    assert_str(p->text, "1. Cut.\n2. Tie.\n");
    assert_int_equal(p->id, id);
    assert_int_equal(p->agent_id, w.ines.agent);
    assert_int_equal(p->updated_at, kit.now);
}

static void test_change_and_retire(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id, twin;
    store_piece_list frameworks = {0}, facts = {0};
    assert_ok(add(VOICE_FRAMEWORK, S("A lost piece"), S("Dear [[name]]"), &id));
    refused(add(VOICE_FRAMEWORK, S("a LOST piece"), S("[[x]]"), NULL), ERR_CONFLICT, "that name already");
    /* A fact may be called the same. */
    assert_ok(add(VOICE_FACT, S("A lost piece"), S("Pieces are counted twice."), NULL));
    pieces(w.ines.brand, &frameworks, &facts);
    int64_t seen = named(&frameworks, "A lost piece")->updated_at;
    struct voice_form form = {S("A lost piece"), S("Dear [[name]], again"), seen};
    assert_ok(voice_piece_change(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, &form));
    refused(voice_piece_change(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, &form), ERR_CONFLICT,
            "Somebody changed");
    form.seen = 0;
    form.text = S("no slot any more");
    refused(voice_piece_change(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, &form), ERR_INVALID,
            "at least one");
    form.text = S("[[x]]");
    assert_int_equal(voice_piece_change(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, 5, &form), ERR_MISSING);
    refused(voice_piece_change(&kit.d, kit.a, &w.ines, VOICE_FACT, id, &form), ERR_INVALID, "word for word");
    const struct actor stranger = {w.other, 1, S("Hugo")};
    assert_int_equal(voice_piece_change(&kit.d, kit.a, &stranger, VOICE_FRAMEWORK, id, &form), ERR_MISSING);
    assert_int_equal(voice_piece_retire(&kit.d, kit.a, &stranger, VOICE_FRAMEWORK, id, true), ERR_MISSING);

    assert_ok(voice_piece_retire(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, true));
    assert_ok(voice_piece_retire(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, true));
    pieces(w.ines.brand, &frameworks, &facts);
    assert_null(named(&frameworks, "A lost piece"));
    assert_non_null(named(&facts, "A lost piece"));
    /* The name is free now; while another has it, the old one cannot come back under it. */
    assert_ok(add(VOICE_FRAMEWORK, S("A lost piece"), S("[[y]]"), &twin));
    refused(voice_piece_retire(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, false), ERR_CONFLICT,
            "that name");
    assert_ok(voice_piece_retire(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, twin, true));
    assert_ok(voice_piece_retire(&kit.d, kit.a, &w.ines, VOICE_FRAMEWORK, id, false));
    pieces(w.ines.brand, &frameworks, &facts);
    assert_int_equal(named(&frameworks, "A lost piece")->id, id);
    DB_READ_AUTO db_conn *c = NULL;
    store_piece_list retired = {0}, none = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_frameworks_retired(c, kit.a, w.ines.brand, 10, &retired));
    assert_int_equal(retired.n, 1);
    assert_int_equal(retired.v[0].id, twin);
    assert_ok(store_facts_retired(c, kit.a, w.ines.brand, 10, &none));
    assert_int_equal(none.n, 0);
    pieces(w.other, &frameworks, &facts);
    assert_int_equal(frameworks.n + facts.n, 0);
}

static void test_too_many(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct actor hugo = {w.other, 1, S("Hugo")};
    int64_t id = 0;
    /* Ids are made of the time: one millisecond is enough for all of them. */
    for (int i = 0; i < VOICE_PIECES_MAX; i++) {
        const struct voice_form form = {str_fmt(kit.a, "Fact %d", i), S("It is so."), 0};
        assert_ok(voice_piece_add(&kit.d, kit.a, &hugo, VOICE_FACT, &form, &id));
    }
    const struct voice_form more = {S("One more"), S("It is so."), 0};
    int64_t other;
    refused(voice_piece_add(&kit.d, kit.a, &hugo, VOICE_FACT, &more, &other), ERR_LIMIT, "500 facts");
    assert_ok(voice_piece_retire(&kit.d, kit.a, &hugo, VOICE_FACT, id, true));
    assert_ok(voice_piece_add(&kit.d, kit.a, &hugo, VOICE_FACT, &more, &other));
    refused(voice_piece_retire(&kit.d, kit.a, &hugo, VOICE_FACT, id, false), ERR_LIMIT, "500 facts");
}

/* ---- phrases ---- */

static err phrase(str text, phrase_state s) {
    world();
    return voice_phrase_put(&kit.d, kit.a, &w.ines, text, s);
}

static void phrases(store_phrase_list *all) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_phrases(c, kit.a, w.ines.brand, all));
}

static err put_learned(db_conn *c, void *arg) {
    (void)arg;
    const struct store_phrase row = {
        .phrase = S("we hope this finds you"), .state = PHRASE_LEARNED, .customers = 12, .at = 1};
    return store_phrase_put(c, w.ines.brand, &row);
}

static void test_phrases(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    store_phrase_list all = {0};
    refused(phrase(S(" -- !! "), PHRASE_ADDED), ERR_INVALID, "no word");
    refused(phrase(S(""), PHRASE_ADDED), ERR_INVALID, "no word");
    refused(phrase(as(1001), PHRASE_ADDED), ERR_INVALID, "1000 bytes");
    refused(phrase(as(100000), PHRASE_ADDED), ERR_INVALID, "1000 bytes");
    refused(phrase(S("bad \xff one"), PHRASE_ADDED), ERR_INVALID, "UTF-8");
    assert_ok(phrase(S("  Please  be\r\n patient "), PHRASE_ADDED));
    phrases(&all);
    assert_int_equal(all.n, 1);
    assert_str(all.v[0].phrase, "Please be patient");
    /* The same words in another spelling are the same phrase. */
    assert_ok(phrase(S("please be PATIENT!"), PHRASE_ALLOWED));
    phrases(&all);
    assert_int_equal(all.n, 1);
    assert_str(all.v[0].phrase, "please be PATIENT!");
    assert_int_equal(all.v[0].state, PHRASE_ALLOWED);
    assert_int_equal(voice_phrase_take_away(&kit.d, kit.a, &w.ines, S("Please be patient")), ERR_MISSING);
    assert_ok(voice_phrase_take_away(&kit.d, kit.a, &w.ines, S("please be PATIENT!")));
    /* A learned one keeps its count when it is allowed. */
    assert_ok(db_write(kit.db, put_learned, NULL));
    assert_ok(phrase(S("We hope this finds you"), PHRASE_ALLOWED));
    phrases(&all);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].customers, 12);
    assert_int_equal(all.v[0].state, PHRASE_ALLOWED);
    assert_ok(voice_phrase_take_away(&kit.d, kit.a, &w.ines, all.v[0].phrase));
}

/* ---- with the check ---- */

static int64_t letter(const char *name, const char *text) {
    world();
    int64_t conversation, message;
    kit.now += 1000;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = str_z(name), .address = kit_email("child"), .text = str_z(text)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    return conversation;
}

static int remarks(int64_t conversation, const char *reply, remark_kind kind, remark_level level) {
    struct checked checked = {0};
    const struct checking_wish wish = {.conversation = conversation, .text = str_z(reply)};
    int n = 0;
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &wish, &checked));
    for (size_t i = 0; i < checked.remarks.n; i++)
        n += checked.remarks.v[i].kind == kind && checked.remarks.v[i].level == level;
    return n;
}

static void test_check_goes_by_phrases(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversation = letter("Milo", "Dear Tidewatch, my kite string broke. Can I have a new one? Milo");
    const char *reply =
        "Dear Milo,\n\nyour string is coming. The tide keeps no promises, says our captain.\n\nInes";
    assert_int_equal(remarks(conversation, reply, REMARK_STOCK, REMARK_LOOK), 0);
    assert_ok(phrase(S("the tide keeps no promises"), PHRASE_ADDED));
    assert_int_equal(remarks(conversation, reply, REMARK_STOCK, REMARK_LOOK), 1);
    assert_ok(phrase(S("The tide keeps no promises"), PHRASE_ALLOWED));
    assert_int_equal(remarks(conversation, reply, REMARK_STOCK, REMARK_LOOK), 0);
    /* And one that comes with the language, which a lead lets pass. */
    const char *worn = "Dear Milo,\n\nThank you for contacting us about it.\n\nInes";
    int before = remarks(conversation, worn, REMARK_STOCK, REMARK_LOOK);
    assert_true(before > 0);
    assert_ok(phrase(S("Thank you for contacting us"), PHRASE_ALLOWED));
    assert_int_equal(remarks(conversation, worn, REMARK_STOCK, REMARK_LOOK), 0);
}

static err send_it(int64_t conversation, const char *text, int64_t *ret_message) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_z(text),
                              .by_hand = true};
    struct reply_made made = {0};
    TRY(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    *ret_message = made.message;
    return ERR_NONE;
}

static void test_stops(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    bool stops[REMARK_KINDS] = {0};
    int64_t message, conversation = letter("Nora", "Dear Tidewatch, my lantern is dark. Nora");
    const char *open = "Dear Nora,\n\n[[in your own words: what you read]]\n\nInes";
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(voice_stops(c, kit.a, w.ines.brand, stops));
    }
    for (int k = 0; k < REMARK_KINDS; k++) assert_int_equal(stops[k], voice_kind_stops((remark_kind)k));
    assert_int_not_equal(send_it(conversation, open, &message), ERR_NONE);
    stops[REMARK_SLOT] = false;
    assert_ok(voice_stops_change(&kit.d, kit.a, &w.ines, stops));
    assert_ok(send_it(conversation, open, &message));
    /* None at all is a choice, and not the default. */
    bool none[REMARK_KINDS] = {0}, now[REMARK_KINDS];
    assert_ok(voice_stops_change(&kit.d, kit.a, &w.ines, none));
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(voice_stops(c, kit.a, w.ines.brand, now));
        assert_memory_equal(now, none, sizeof now);
        assert_ok(voice_stops(c, kit.a, w.other, now));
        assert_true(now[REMARK_SLOT]);
    }
    none[REMARK_LENGTH] = true;
    refused(voice_stops_change(&kit.d, kit.a, &w.ines, none), ERR_INVALID, "length");
    stops[REMARK_SLOT] = true;
    assert_ok(voice_stops_change(&kit.d, kit.a, &w.ines, stops));
    DB_READ_AUTO db_conn *c = NULL;
    str value;
    assert_ok(db_read_begin(kit.db, &c));
    assert_int_equal(store_setting_get(c, kit.a, w.ines.brand, S("check_stops"), &value), ERR_MISSING);
}

static void test_approved(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t message, conversation = letter("Ada", "Dear Tidewatch, thank you for the boat. Ada");
    assert_ok(
        send_it(conversation, "Dear Ada,\n\nthe boat says thank you for the letter.\n\nInes", &message));
    assert_ok(voice_approve(&kit.d, kit.a, &w.ines, message, true));
    assert_ok(voice_approve(&kit.d, kit.a, &w.ines, message, true));
    store_approved_list rows = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_approved_list_of(c, kit.a, w.ines.brand, 10, &rows));
    }
    assert_int_equal(rows.n, 1);
    assert_str(rows.v[0].customer_name, "Ada");
    assert_str(rows.v[0].by_name, "Ines");
    assert_int_equal(rows.v[0].conversation_id, conversation);
    const struct actor stranger = {w.other, 1, S("Hugo")};
    assert_int_equal(voice_approve(&kit.d, kit.a, &stranger, message, true), ERR_MISSING);
    assert_int_equal(voice_approve(&kit.d, kit.a, &stranger, message, false), ERR_MISSING);
    assert_int_equal(voice_approve(&kit.d, kit.a, &w.ines, conversation, true), ERR_MISSING);
    assert_ok(voice_approve(&kit.d, kit.a, &w.ines, message, false));
    assert_ok(voice_approve(&kit.d, kit.a, &w.ines, message, false));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_approved_list_of(c, kit.a, w.ines.brand, 10, &rows));
    assert_int_equal(rows.n, 0);
}

/* ---- learning ---- */

static const struct store_phrase *phrase_like(const store_phrase_list *all, const char *part) {
    for (size_t i = 0; i < all->n; i++)
        if (str_find(all->v[i].phrase, str_z(part), 0) != SIZE_MAX) return &all->v[i];
    return NULL;
}

/* Everything may go out, so that the same letter can. */
static void stop_nothing(void) {
    const bool none[REMARK_KINDS] = {0};
    world();
    assert_ok(voice_stops_change(&kit.d, kit.a, &w.ines, none));
}

static void test_learning(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const char *const things[] = {"kite", "boat", "drum", "whale", "lamp", "crane", "ferry"};
    struct voice_learned learned;
    store_phrase_list all = {0};
    int64_t message;
    stop_nothing();
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        str from =
            str_fmt(kit.a, "Dear Tidewatch, the %s you made is lovely and I play with it. Pip", things[i]);
        str text = str_fmt(
            kit.a, "Dear Pip,\n\nthe %s is glad. Für Ihre Geduld danken wir. > I play with it.\n\nInes",
            things[i]);
        int64_t conversation = letter(things[i], str_cstr(kit.a, from));
        assert_ok(send_it(conversation, str_cstr(kit.a, text), &message));
    }
    assert_ok(voice_learn(&kit.d, w.ines.brand, &learned));
    phrases(&all);
    const struct store_phrase *p = phrase_like(&all, "Ihre Geduld");
    assert_non_null(p);
    /* As it stands in letters, not as it is compared. */
    assert_str(p->phrase, "Für Ihre Geduld danken wir");
    assert_int_equal(p->state, PHRASE_LEARNED);
    assert_int_equal(p->customers, 7);
    /* Both sides say it. */
    assert_null(phrase_like(&all, "play with it"));
    /* What a person said about it stays, also when it is learned again. */
    assert_ok(phrase(p->phrase, PHRASE_ALLOWED));
    assert_ok(voice_learn(&kit.d, w.ines.brand, &learned));
    phrases(&all);
    assert_int_equal(phrase_like(&all, "Ihre Geduld")->state, PHRASE_ALLOWED);
    assert_ok(voice_phrase_take_away(&kit.d, kit.a, &w.ines, S("Für Ihre Geduld danken wir")));
    assert_ok(voice_learn(&kit.d, w.ines.brand, &learned));
    phrases(&all);
    assert_int_equal(phrase_like(&all, "Ihre Geduld")->state, PHRASE_LEARNED);
    /* A fact is right word for word, and nobody is told of it. What does not hold any more goes. */
    assert_ok(add(VOICE_FACT, S("Thanks"), S("So: für Ihre Geduld danken wir."), NULL));
    assert_ok(voice_learn(&kit.d, w.ines.brand, &learned));
    phrases(&all);
    assert_null(phrase_like(&all, "Ihre Geduld"));
    assert_ok(voice_learn(&kit.d, w.other, &learned));
    assert_int_equal(learned.replies, 0);
    assert_int_equal(learned.phrases, 0);
}

static void words_now(voice_word_list *more, voice_word_list *less) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(voice_words(c, kit.a, w.ines.brand, more, less));
}

static bool among(const voice_word_list *words, const char *word) {
    for (size_t i = 0; i < words->n; i++)
        if (str_eq(words->v[i], str_z(word))) return true;
    return false;
}

static void test_voice_words(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct voice_learned learned;
    voice_word_list more = {0}, less = {0};
    int64_t message;
    stop_nothing();
    for (int i = 0; i < 12; i++) {
        const char *text =
            i < 6 ? "Dear Pip,\n\nyour lantern glows on the lovely quay, a lovely quay it is.\n\nInes"
                  : "Dear Pip,\n\nkindly note regarding, kindly note regarding, kindly note regarding, "
                    "kindly note "
                    "regarding, kindly note regarding.\n\nInes";
        int64_t conversation = letter("Pip", "Dear Tidewatch, my lantern is dark. Pip");
        assert_ok(send_it(conversation, text, &message));
        if (i < 4) assert_ok(voice_approve(&kit.d, kit.a, &w.ines, message, true));
        if (i == 4) {
            assert_ok(voice_learn(&kit.d, w.ines.brand, &learned));
            words_now(&more, &less);
            assert_int_equal(more.n + less.n, 0);
        }
        if (i == 4 || i == 5) assert_ok(voice_approve(&kit.d, kit.a, &w.ines, message, true));
    }
    /* By the job that approving asked for. */
    int done;
    assert_ok(jobs_run_due(&kit.d, S("/nonexistent"), &done));
    words_now(&more, &less);
    assert_true(among(&more, "quay"));
    assert_true(among(&less, "kindly"));
    assert_false(among(&more, "kindly"));
    /* The check goes by them: three far words or more are one remark. */
    int64_t conversation = letter("Pip", "Dear Tidewatch, my lantern is dark. Pip");
    struct checked checked = {0};
    const struct checking_wish wish = {
        .conversation = conversation,
        .text =
            S("Dear Pip,\n\nkindly note regarding your lantern: kindly wait regarding it, kindly.\n\nInes")};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &wish, &checked));
    int n = 0;
    for (size_t i = 0; i < checked.remarks.n; i++) n += checked.remarks.v[i].kind == REMARK_VOICE;
    assert_true(n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_slots),
        KIT_TEST(test_limits),
        KIT_TEST(test_line_breaks),
        KIT_TEST(test_change_and_retire),
        KIT_TEST(test_too_many),
        KIT_TEST(test_phrases),
        KIT_TEST(test_check_goes_by_phrases),
        KIT_TEST(test_stops),
        KIT_TEST(test_approved),
        KIT_TEST(test_learning),
        KIT_TEST(test_voice_words),
    };
    return KIT_RUN(tests);
}
