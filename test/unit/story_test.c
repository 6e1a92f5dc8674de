/* Stories: heard, kept, thanked, asked about, shown, taken back, forgotten; a child's only with a grown-up.
 * On both engines. */
#include "canary_kit.h"

#include "desk/child.h"
#include "desk/forget_person.h"
#include "desk/listening.h"
#include "desk/merge.h"
#include "desk/story.h"
#include "store/outbox.h"

static const char praise[] =
    "Dear Ines,\n\nthe new lamp is in, and it is wonderful. Thank you so much! My mother "
    "keeps your letter under it. She reads it to the nurses.\n\nCorinne Maddox";

struct told {
    int64_t conversation, message, story;
    const char *address;
};

static int64_t story_of(int64_t message) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t id;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_story_of_message(c, w.ines.brand, message, &id));
    return id;
}

static struct told tell(const char *name, const char *text) {
    struct told t = {.address = str_cstr(kit.a, kit_email("teller"))};
    t.conversation = letter_of((struct sample){name, t.address, text, 0}, &t.message);
    run_jobs();
    t.story = story_of(t.message);
    return t;
}

static struct store_tale get(int64_t id) {
    struct store_tale s;
    assert_ok(story_get(&kit.d, kit.a, w.ines.brand, id, &s));
    return s;
}

static int count(story_shelf v) {
    DB_READ_AUTO db_conn *c = NULL;
    int n;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_story_count(c, w.ines.brand, v, 99, &n));
    store_tale_list rows;
    assert_ok(store_story_rows(c, kit.a, w.ines.brand, v, 0, 100, &rows));
    assert_int_equal(rows.n, n);
    return n;
}

static const char quote[] =
    "the new lamp is in, and it is wonderful. \xE2\x80\xA6 My mother keeps your letter under it.";

static str link_of(const struct told *t) {
    DB_READ_AUTO db_conn *c = NULL;
    struct draft d;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_draft_get(c, kit.a, w.ines.brand, t->conversation, w.ines.agent, &d));
    size_t at = str_find(d.text, S("https://desk.example/story/"), 0);
    assert_true(at != SIZE_MAX);
    at += strlen("https://desk.example/story/");
    return str_slice(d.text, at, at + 22);
}

static err send_to(int64_t conversation, const char *to, const char *cc, str text, int64_t *ret_message) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = str_z(to),
                              .cc_line = str_z(cc),
                              .subject = S("Your letter"),
                              .text = text,
                              .override = S("a test"),
                              .no_undo = true};
    struct reply_made made = {0};
    err e = reply_send(&kit.d, kit.a, &w.ines, &wish, &made);
    if (ret_message) *ret_message = made.message;
    return e;
}

static str ask(struct told *t) {
    int64_t conversation;
    assert_ok(story_set_quote(&kit.d, kit.a, &w.ines, t->story, -1, str_z(quote)));
    assert_ok(story_ask(&kit.d, kit.a, &w.ines, t->story, -1, &conversation));
    assert_int_equal(conversation, t->conversation);
    return link_of(t);
}

static str asked(struct told *t) {
    str token = ask(t);
    assert_ok(send_to(t->conversation, t->address, "",
                      str_fmt(kit.a, "Dear Corinne, may we? https://desk.example/story/%.*s", STR_FMT(token)),
                      NULL));
    return token;
}

static struct story_link opens(str token) {
    struct story_link l;
    story_forget_tries();
    assert_ok(story_link_open(&kit.d, kit.a, token, S("192.0.2.1"), &l));
    return l;
}

static struct story_link says(str token, struct story_said said) {
    struct story_link l = opens(token);
    said.seen = l.seen;
    assert_ok(story_link_answer(&kit.d, kit.a, token, S("192.0.2.1"), &said, S("en"), &l));
    return l;
}

static err refuses(str token, struct story_said said) {
    struct story_link l = opens(token);
    said.seen = l.seen;
    return story_link_answer(&kit.d, kit.a, token, S("192.0.2.1"), &said, S("en"), &l);
}

static void wall_on(void) { assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("story_wall"), S("1"))); }

static story_shown_list on_wall(void) {
    struct story_wall wall;
    assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 0, &wall));
    return wall.rows;
}

static const struct story_shown *on(story_shown_list all, int64_t story) {
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].story_id == story) return &all.v[i];
    return NULL;
}

static story_shown_list in_team(void) {
    story_shown_list all;
    int64_t next;
    assert_ok(story_team(&kit.d, kit.a, w.ines.brand, 0, &all, &next));
    return all;
}

static bool still(const struct story_wall *wall) {
    bool is;
    assert_ok(story_wall_still(&kit.d, kit.a, wall, 0, &is));
    return is;
}

/* ---- heard ---- */

static void test_heard(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int before = count(SHELF_NEW);
    struct told t = tell("Corinne Maddox", praise);
    assert_true(t.story);
    struct store_tale s = get(t.story);
    assert_int_equal(s.kinds, PRAISE_ALL);
    assert_int_equal(s.state, STORY_FOUND);
    assert_int_equal(s.kept_by, 0);
    assert_int_equal(s.reach, -1);
    assert_int_equal(count(SHELF_NEW), before + 1);
    struct told dull = tell("Piers", "Dear Sirs, where is my parcel? It was to come on Monday. Thank you.");
    assert_int_equal(dull.story, 0);
    struct told angry =
        tell("Ada", "You are the worst. My lighthouse came broken, the toys are wonderful otherwise, and "
                    "nobody answers. I am very angry. I want my money back.");
    assert_int_equal(angry.story, 0);
    /* Somebody else's praise, handed on. */
    struct told handed =
        tell("Piers", "---------- Forwarded message ----------\nFrom: Nel <nel@post.example>\n"
                      "Subject: Lamp\n\nThe lamp is wonderful. Thank you so much!\n");
    assert_int_equal(handed.story, 0);
    /* Heard again, nothing doubles. */
    struct message m = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_get(c, kit.a, w.ines.brand, t.message, &m));
    }
    assert_ok(story_heard_again(&kit.d, kit.a, &w.ines, &m));
    assert_int_equal(story_of(t.message), t.story);
    /* Thanked by a person: an ordinary reply. */
    reply(t.conversation, t.address, "Dear Corinne, what a fine place for a letter.");
    s = get(t.story);
    assert_true(s.thanked_at > 0);
    assert_str(s.thanked_name, "Ines Sailmaker");
    assert_int_equal(count(SHELF_NEW), before);
}

static void test_by_hand(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct told t = tell("Yara Castellan", "My customs form said \"1 pilot, unnamed\". The officer rang me.");
    int64_t id, again;
    assert_int_equal(t.story, 0);
    assert_ok(story_from_message(&kit.d, kit.a, &w.tom, t.message, 1240, &id));
    assert_ok(story_from_message(&kit.d, kit.a, &w.ines, t.message, -1, &again));
    assert_int_equal(id, again);
    assert_int_equal(get(id).reach, 1240);
    assert_str(get(id).reach_how, "followers");
    assert_str(get(id).kept_name, "Tom");
    assert_ok(story_set_reach(&kit.d, kit.a, &w.tom, id, -1, 30));
    assert_str(get(id).reach_how, "hand");
    int64_t ours = reply(t.conversation, t.address, "Dear Yara, thank you for telling us.");
    assert_int_equal(story_from_message(&kit.d, kit.a, &w.tom, ours, -1, &id), ERR_MISSING);
    assert_int_equal(story_from_message(&kit.d, kit.a, &w.tom, 12345, -1, &id), ERR_MISSING);
    assert_ok(story_set_aside(&kit.d, kit.a, &w.tom, again, get(again).version, true));
    assert_int_equal(get(again).state, STORY_ASIDE);
    assert_int_equal(story_set_aside(&kit.d, kit.a, &w.tom, again, 1, false), ERR_CONFLICT);
}

/* The Message-ID of the newest message. */
static str reply_id(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    message_list all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_list(c, kit.a, w.ines.brand, conversation, 0, 5, &all));
    return all.v[all.n - 1].rfc_id;
}

/* Counts per agent, and the letters behind each of them. */
static void test_counts(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t from = kit.now + 1;
    struct told t = tell("Corinne Maddox", "Dear Tidewatch, the lamp of my lighthouse is lost.");
    reply(t.conversation, t.address, "Dear Corinne, a new one is on its way.");
    int64_t second;
    kit.now += 1000;
    {
        struct filing f = {.brand = w.ines.brand};
        int64_t id = id_new(kit.now);
        f.raw = (struct raw){
            .id = id, .inbox_id = w.done.inbox.id, .bytes = S("x"), .size = 1, .received_at = kit.now};
        f.message =
            (struct message){.id = id,
                             .kind = MESSAGE_LETTER,
                             .raw_id = id,
                             .from_name = S("Corinne Maddox"),
                             .from_address = str_z(t.address),
                             .subject = S("Re: lamp"),
                             .text = S("It shines. Thank you so much, Ines! I have told all my friends."),
                             .rfc_id = S("thanks@customer.example"),
                             .said_at = kit.now,
                             .created_at = kit.now};
        *list_add(kit.a, &f.references) = reply_id(t.conversation);
        *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_FROM, S(""), str_z(t.address)};
        struct file_it g = {&f, 0};
        assert_ok(db_write(kit.db, file_it, &g));
        assert_int_equal(g.conversation, t.conversation);
        second = id;
    }
    run_jobs();
    DB_READ_AUTO db_conn *c = NULL;
    struct praise_ask want = {.agent = w.ines.agent, .from = from, .kinds = PRAISE_ALL};
    praise_count_list counts;
    praise_list rows;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_praise_counts(c, kit.a, w.ines.brand, &want, &counts));
    assert_int_equal(counts.n, 1);
    assert_str(counts.v[0].agent_name, "Ines Sailmaker");
    assert_int_equal(counts.v[0].letters, 1);
    assert_int_equal(counts.v[0].thanks, 1);
    assert_int_equal(counts.v[0].tells, 1);
    assert_ok(store_praise_list(c, kit.a, w.ines.brand, &want, (struct praise_key){0, 0}, 10, &rows));
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.v[0].message_id, second);
    assert_ok(store_praise_list(c, kit.a, w.ines.brand, &want,
                                (struct praise_key){rows.v[0].at, rows.v[0].message_id}, 10, &rows));
    assert_int_equal(rows.n, 0);
    want.kinds = PRAISE_PRAISE;
    assert_ok(store_praise_counts(c, kit.a, w.ines.brand, &want, &counts));
    assert_int_equal(counts.n, 0);
    want.kinds = PRAISE_ALL;
    want.until = from;
    assert_ok(store_praise_counts(c, kit.a, w.ines.brand, &want, &counts));
    assert_int_equal(counts.n, 0);
}

static void test_corrected(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct told t = tell("Ottilie", "Dear Ines, the tug stands on the sill. It is a wonderful set! Ottilie");
    struct message m;
    struct letter_findings heard;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_get(c, kit.a, w.ines.brand, t.message, &m));
    }
    assert_int_equal(get(t.story).kinds, PRAISE_PRAISE);
    assert_ok(listening_of(&kit.d, kit.a, w.ines.brand, &m, &heard));
    for (size_t i = 0; i < heard.findings.n; i++)
        if (heard.findings.v[i].f.kind == FINDING_THANKS)
            assert_ok(listening_strike(&kit.d, kit.a, &w.ines, t.message, heard.findings.v[i].id, true));
    assert_int_equal(get(t.story).kinds, 0);
    int64_t finding;
    assert_ok(listening_add(&kit.d, kit.a, &w.ines, t.message, FINDING_THANKS, 11, 35, S("tells"), &finding));
    assert_int_equal(get(t.story).kinds, PRAISE_TELLS);
}

/* ---- the words ---- */

static void test_quotes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    str letter =
        S("I asked for one hinge\nand got a paragraph about hinges. I have not laughed so.\n\nMartijn Roos");
    assert_ok(story_check_quote(kit.a, letter, S("I asked for one hinge and got a paragraph about hinges.")));
    assert_ok(story_check_quote(kit.a, letter, S("\xE2\x80\xA6 a paragraph about hinges. ... laughed so.")));
    assert_int_equal(story_check_quote(kit.a, letter, S("I got a paragraph")), ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("laughed so. \xE2\x80\xA6 I asked for one hinge")),
                     ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("I have not laughed so!")), ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("aughed so.")), ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("\xE2\x80\xA6")), ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("")), ERR_INVALID);
    /* Cut beside any sign, inside no word, and between the characters of scripts without spaces. */
    letter =
        S("Er sagte: \u201ESo sch\u00F6n!\u201C Danke\u2764\uFE0F f\u00FCr Juno. \u5149\u308B\u706F\u53F0 "
          "e\u0301t\u00E9\u00A0chaud");
    assert_ok(story_check_quote(kit.a, letter, S("So sch\u00F6n!\u201C Danke \u2026 f\u00FCr Juno.")));
    assert_ok(story_check_quote(kit.a, letter, S("\u2026 \u706F\u53F0 e\u0301t\u00E9 chaud")));
    assert_int_equal(story_check_quote(kit.a, letter, S("sch")), ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("\uFE0F f\u00FCr")), ERR_INVALID);
    assert_int_equal(story_check_quote(kit.a, letter, S("\u0301t\u00E9")), ERR_INVALID);
    /* Nothing that turns lines around, or that no feed may hold. */
    assert_str(story_even(kit.a, S(" a\u202Eb\u2066\tc\x01 d\u200B....e\u2028f \uFEFF")), "ab c d\u2026e f");
    /* Whose words. */
    assert_str(
        story_even(
            kit.a,
            story_own_words(
                kit.a,
                S("So glad!\n\nOn 3 May 2026 at 10:12, Nel <nel@post.example> wrote:\n> I am sorry.\n"))),
        "So glad!");
    str forward =
        S("---------- Forwarded message ----------\nFrom: Piers <piers@post.example>\nSubject: Lamp\n\n"
          "The lamp is wonderful.\n");
    assert_str(story_even(kit.a, story_own_words(kit.a, forward)), "");
    assert_int_equal(story_check_quote(kit.a, story_own_words(kit.a, forward), S("The lamp is wonderful.")),
                     ERR_INVALID);
}

static void without(const char *words, struct story_hide hide, const char *wanted) {
    if (!hide.language.n) hide.language = S("en");
    assert_str(story_without_names(kit.a, str_z(words), &hide), wanted);
}

static void test_names(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const str names[] = {S("Bram Brandt"), S("the Brandts")},
              keep[] = {S("Tidewatch Toys"), S("Keeper Juno")};
    struct story_hide hide = {.names = names, .nnames = 2};
    without("Bram took Bram's letter to the school of bram.", hide,
            "\u2026 took \u2026 letter to the school of \u2026.");
    without("Bram Brandt wrote", hide, "\u2026 wrote");
    without("Bram Brandt", hide, "");
    without("I am Bram08 there", hide, "I am \u2026 there");
    without("Bram\u2019s lamp, Brams Lampe, Bram-Brandt", hide, "\u2026 lamp, \u2026 Lampe, \u2026");
    without(
        "Mail b.brandt@post.example or @bram_on_sea, 040 / 123 45, see www.bram.example; on 3 May, 2 of 30",
        hide, "Mail \u2026 or \u2026, \u2026, see \u2026; on 3 May, 2 of 30");
    hide.but = S("Bram");
    without("Bram Brandt wrote", hide, "Bram \u2026 wrote");
    hide = (struct story_hide){.names = names, .nnames = 2, .child = true, .keep = keep, .nkeep = 2};
    /* Of a child nobody else is named either, nor where they live. */
    without("My sister Emma and Rufus from Hill Primary in Leeds love Keeper Juno of Tidewatch. I'm 8!", hide,
            "My sister \u2026 and \u2026 from \u2026 in \u2026 love Keeper Juno of Tidewatch. I'm 8!");
    without("Emma cried on Monday. We live at Kade 4, 20457. I LOVE it, Mum.", hide,
            "\u2026 cried on Monday. We live at \u2026, \u2026. I LOVE it, Mum.");
    hide.language = S("de");
    without("Meine Freundin Emma hat den Brief mit in die Schule genommen.", hide,
            "Meine Freundin \u2026 hat den Brief mit in die Schule genommen.");
    assert_str(story_shown_name(kit.a, S(" Brandt, Ottilie ")), "Ottilie Brandt");
    assert_str(story_shown_name(kit.a, S("o.brandt@mail.example")), "");
    assert_str(story_shown_name(kit.a, S("www.buy.example now")), "");
    assert_str(story_shown_name(kit.a, S("J.R. Brandt")), "J.R. Brandt");
    assert_str(story_shown_name(kit.a, S("\u202Ettilie\u202C Br\u2066andt")), "ttilie Brandt");
    assert_str(story_shown_name(kit.a, S("\u2764\uFE0F !!")), "");
    assert_str(story_shown_name(kit.a, S("\u0627\u0644\u064A\u0627\u0633")),
               "\u0627\u0644\u064A\u0627\u0633");
    assert_str(story_first_name(kit.a, S("Ottilie Brandt")), "Ottilie");
    assert_str(story_first_name(kit.a, S("Dr. Ottilie Brandt")), "Ottilie");
    assert_str(story_first_name(kit.a, S("Frau Brandt")), "");
    assert_str(story_first_name(kit.a, S("Familie Brandt")), "");
    assert_str(story_first_name(kit.a, S("O. Brandt")), "");
    assert_str(story_first_name(kit.a, S("Nel")), "Nel");
}

/* ---- asked, shown, taken back ---- */

static void test_consent(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t = tell("Corinne Maddox", praise);
    int64_t conversation;
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation), ERR_INVALID);
    str token = ask(&t);
    /* Nobody says yes before the letter has left. */
    assert_int_equal(opens(token).state, STORY_LINK_WRONG);
    str text = str_fmt(kit.a, "Dear Corinne, may we? https://desk.example/story/%.*s", STR_FMT(token));
    assert_int_equal(send_to(t.conversation, t.address, "else@customer.example", text, NULL), ERR_INVALID);
    struct told other = tell("Nel", praise);
    assert_int_equal(send_to(other.conversation, other.address, "", text, NULL), ERR_INVALID);
    assert_ok(send_to(t.conversation, t.address, "", text, NULL));
    struct story_link l = opens(token);
    assert_int_equal(l.state, STORY_LINK_GOOD);
    assert_str(l.quote, quote);
    assert_str(l.full_name, "Corinne Maddox");
    assert_str(l.first_name, "Corinne");
    assert_false(l.grown_up);
    assert_int_equal(get(t.story).state, STORY_ASKED);
    assert_null(on(on_wall(), t.story));
    /* What cannot be said. */
    assert_int_equal(refuses(token, (struct story_said){.wall = true}), ERR_INVALID);
    assert_int_equal(refuses(token, (struct story_said){.answer = SHOW_FIRST}), ERR_INVALID);
    assert_int_equal(opens(token).state, STORY_LINK_GOOD);
    /* Yes, with first name, on the public wall only. */
    l = says(token, (struct story_said){.answer = SHOW_FIRST, .wall = true});
    assert_int_equal(l.state, STORY_LINK_YES);
    const struct story_shown *s = on(on_wall(), t.story);
    assert_non_null(s);
    assert_str(s->name, "Corinne");
    assert_str(s->quote, quote);
    assert_null(on(in_team(), t.story));
    struct store_tale row = get(t.story);
    assert_int_equal(row.ask.wording, STORY_WORDING);
    assert_int_equal(row.ask.answered_at, kit.now);
    assert_true(row.ask.wall && !row.ask.team && !row.ask.photos);
    assert_str(row.ask.language, "en");
    /* Said once: of a second answer nothing is kept. */
    says(token, (struct story_said){.answer = SHOW_FULL, .wall = true, .team = true});
    assert_str(get(t.story).ask.name, "Corinne");
    assert_int_equal(story_set_quote(&kit.d, kit.a, &w.ines, t.story, -1, S("Thank you so much!")),
                     ERR_CONFLICT);
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation), ERR_CONFLICT);
    /* A year later the same link takes it back, at once. */
    kit.now += 400 * (int64_t)DAY_MS;
    struct story_wall wall;
    assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 0, &wall));
    assert_true(still(&wall));
    assert_ok(story_link_withdraw(&kit.d, kit.a, token, &l));
    assert_int_equal(l.state, STORY_LINK_BACK);
    assert_true(l.kept);
    assert_null(on(on_wall(), t.story));
    assert_false(still(&wall));
    row = get(t.story);
    assert_int_equal(row.state, STORY_WITHDRAWN);
    assert_str(row.ask.quote, "");
    assert_str(row.ask.name, "");
    assert_int_equal(row.ask.withdrawn_at, kit.now);
    assert_ok(story_link_withdraw(&kit.d, kit.a, token, &l));
    assert_false(l.kept);
    assert_int_equal(says(token, (struct story_said){.answer = SHOW_FULL, .wall = true}).state,
                     STORY_LINK_BACK);
    assert_null(on(on_wall(), t.story));
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation), ERR_CONFLICT);
}

static void test_other_answers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told no = tell("Martijn Roos", praise), team = tell("Corinne Maddox", praise),
                late = tell("Nel", praise);
    str token = asked(&no);
    assert_int_equal(says(token, (struct story_said){.answer = SHOW_NO, .wall = true, .team = true}).state,
                     STORY_LINK_NO);
    assert_int_equal(get(no.story).state, STORY_NO);
    assert_str(get(no.story).ask.quote, "");
    assert_null(on(on_wall(), no.story));
    /* Without a name, for the team's walls. */
    int64_t conversation;
    assert_ok(story_set_quote(&kit.d, kit.a, &w.ines, team.story, -1,
                              S("She reads it to the nurses.\n\nCorinne Maddox")));
    assert_ok(story_ask(&kit.d, kit.a, &w.ines, team.story, -1, &conversation));
    token = link_of(&team);
    int64_t carrier;
    struct reply_wish wish = {.conversation = team.conversation,
                              .seen_version = -1,
                              .to_line = str_z(team.address),
                              .text =
                                  str_fmt(kit.a, "May we? https://desk.example/story/%.*s", STR_FMT(token)),
                              .override = S("a test")};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    carrier = made.message;
    assert_int_equal(opens(token).state, STORY_LINK_GOOD);
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, carrier, &conversation));
    assert_int_equal(opens(token).state, STORY_LINK_WRONG);
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    assert_int_equal(opens(token).state, STORY_LINK_GOOD);
    says(token, (struct story_said){.answer = SHOW_NAMELESS, .team = true});
    assert_null(on(on_wall(), team.story));
    const struct story_shown *s = on(in_team(), team.story);
    assert_non_null(s);
    assert_str(s->name, "");
    assert_str(s->quote, "She reads it to the nurses. \xE2\x80\xA6");
    /* They wrote that it shall go. */
    assert_ok(story_withdraw(&kit.d, kit.a, &w.tom, team.story));
    assert_null(on(in_team(), team.story));
    assert_str(get(team.story).ask.withdrawn_by, "desk");
    /* Too late to answer; another question ends the first. */
    token = asked(&late);
    str second = asked(&late);
    assert_int_equal(opens(token).state, STORY_LINK_ENDED);
    kit.now += (STORY_ASK_DAYS + 1) * (int64_t)DAY_MS;
    assert_int_equal(opens(second).state, STORY_LINK_EXPIRED);
    assert_int_equal(says(second, (struct story_said){.answer = SHOW_FULL, .wall = true}).state,
                     STORY_LINK_EXPIRED);
    assert_int_equal(get(late.story).state, STORY_ASKED);
}

/* Two pages were open, or two people have the link: a no is a no, and taking back is never put off. */
static void test_no_is_no(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t = tell("Corinne Maddox", praise);
    str token = asked(&t);
    struct story_link l = says(token, (struct story_said){.answer = SHOW_FULL, .wall = true});
    assert_true(l.kept);
    assert_false(says(token, (struct story_said){.answer = SHOW_NAMELESS, .wall = true}).kept);
    for (int i = 0; i < 12; i++)
        (void)story_link_answer(&kit.d, kit.a, token, S("192.0.2.7"),
                                &(struct story_said){.answer = SHOW_FULL}, S("en"), &l);
    assert_non_null(on(on_wall(), t.story));
    assert_ok(story_link_answer(&kit.d, kit.a, token, S("192.0.2.7"), &(struct story_said){.answer = SHOW_NO},
                                S("en"), &l));
    assert_int_equal(l.state, STORY_LINK_BACK);
    assert_null(on(on_wall(), t.story));
    assert_str(get(t.story).ask.withdrawn_by, "link");
    /* A wall that is off cannot be agreed to. */
    struct told off = tell("Nel", praise);
    token = asked(&off);
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("story_wall"), S("0")));
    assert_int_equal(refuses(token, (struct story_said){.answer = SHOW_FULL, .wall = true}), ERR_INVALID);
    says(token, (struct story_said){.answer = SHOW_FULL, .wall = true, .team = true});
    wall_on();
    assert_null(on(on_wall(), off.story));
    assert_non_null(on(in_team(), off.story));
}

static const struct finding *name_heard(int64_t message, arena *a, int64_t *ret_id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    struct letter_findings heard;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, a, w.ines.brand, message, &m));
    assert_ok(listening_of(&kit.d, a, w.ines.brand, &m, &heard));
    for (size_t i = 0; i < heard.findings.n; i++) {
        *ret_id = heard.findings.v[i].id;
        if (heard.findings.v[i].f.kind == FINDING_NAME && str_eq(heard.findings.v[i].f.value, S("Bram")))
            return &heard.findings.v[i].f;
    }
    return NULL;
}

/* A yes is to what the page showed, and to nothing that it became since. */
static void test_seen(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t =
        tell("Corinne Maddox", "My name is Bram, and I am told that Bram Maddox wrote, too. Thank you so "
                               "much, the lamp is wonderful!");
    int64_t conversation, finding;
    assert_ok(story_from_message(&kit.d, kit.a, &w.ines, t.message, -1, &t.story));
    assert_ok(
        story_set_quote(&kit.d, kit.a, &w.ines, t.story, -1, S("Bram Maddox wrote, too. Thank you so much")));
    assert_ok(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation));
    str token = link_of(&t);
    assert_ok(send_to(t.conversation, t.address, "",
                      str_fmt(kit.a, "May we? https://desk.example/story/%.*s", STR_FMT(token)), NULL));
    struct story_link l = opens(token);
    assert_str(l.nameless_quote, "\u2026 wrote, too. Thank you so much");
    assert_non_null(name_heard(t.message, kit.a, &finding));
    assert_ok(listening_strike(&kit.d, kit.a, &w.ines, t.message, finding, true));
    assert_str(opens(token).nameless_quote, "Bram \u2026 wrote, too. Thank you so much");
    struct story_said said = {.answer = SHOW_NAMELESS, .wall = true, .seen = l.seen};
    assert_int_equal(story_link_answer(&kit.d, kit.a, token, S("192.0.2.1"), &said, S("en"), &l),
                     ERR_CONFLICT);
    assert_int_equal(opens(token).state, STORY_LINK_GOOD);
    assert_int_equal(says(token, said).state, STORY_LINK_YES);
}

static err rewrite(db_conn *c, void *arg) {
    const struct told *t = arg;
    db_query *q =
        db_sql(c, "UPDATE message SET from_name = 'Piers Aldous', from_address = 'piers@post.example' "
                  "WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, w.ines.brand);
    db_bind_int(q, 2, t->message);
    return db_done(q);
}

/* Not whose conversation it is: whoever wrote the words. And whoever holds a link that still does something
 * gets it alone. */
static void test_right_person(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t = tell("Corinne Maddox", praise);
    assert_ok(db_write(kit.db, rewrite, &t));
    assert_str(get(t.story).customer_name, "Piers Aldous");
    str token = ask(&t), text = str_fmt(kit.a, "May we? https://desk.example/story/%.*s", STR_FMT(token));
    {
        DB_READ_AUTO db_conn *c = NULL;
        struct draft d;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_draft_get(c, kit.a, w.ines.brand, t.conversation, w.ines.agent, &d));
        assert_str(d.to_line, "piers@post.example");
    }
    assert_int_equal(send_to(t.conversation, t.address, "", text, NULL), ERR_INVALID);
    assert_ok(send_to(t.conversation, "piers@post.example", "", text, NULL));
    assert_str(opens(token).full_name, "Piers Aldous");
    says(token, (struct story_said){.answer = SHOW_FIRST, .wall = true});
    /* What takes it back goes to nobody else either; a quoted one is not sent by us. */
    assert_int_equal(send_to(t.conversation, t.address, "", text, NULL), ERR_INVALID);
    assert_int_equal(send_to(t.conversation, "piers@post.example", t.address, text, NULL), ERR_INVALID);
    assert_ok(send_to(t.conversation, "piers@post.example", "", text, NULL));
    assert_ok(send_to(t.conversation, t.address, "", str_fmt(kit.a, "Dear both,\n\n> %.*s\n", STR_FMT(text)),
                      NULL));
    struct told other = tell("Nel", praise);
    assert_int_equal(send_to(other.conversation, other.address, "", text, NULL), ERR_INVALID);
    /* A link that leads nowhere is not sent unnoticed. */
    str old = asked(&other);
    ask(&other);
    assert_int_equal(send_to(other.conversation, other.address, "",
                             str_fmt(kit.a, "May we? https://desk.example/story/%.*s", STR_FMT(old)), NULL),
                     ERR_CONFLICT);
}

static err put_draft(db_conn *c, void *arg) { return store_draft_put(c, w.ines.brand, arg); }

/* What an agent has begun stays theirs; a note becomes no letter; one link stands there, not all that were.
 */
static void test_draft(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct told t = tell("Corinne Maddox", praise);
    int64_t conversation;
    struct draft d = {.conversation_id = t.conversation,
                      .agent_id = w.ines.agent,
                      .kind = MESSAGE_NOTE,
                      .text = S("She sounds rich."),
                      .updated_at = kit.now};
    assert_ok(story_set_quote(&kit.d, kit.a, &w.ines, t.story, -1, str_z(quote)));
    assert_ok(db_write(kit.db, put_draft, &d));
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation), ERR_CONFLICT);
    assert_int_equal(get(t.story).state, STORY_FOUND);
    d.kind = MESSAGE_REPLY;
    d.text = S("Dear Corinne,");
    assert_ok(db_write(kit.db, put_draft, &d));
    assert_ok(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation));
    str first = link_of(&t);
    assert_ok(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation));
    str second = link_of(&t);
    assert_false(str_eq(first, second));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_draft_get(c, kit.a, w.ines.brand, t.conversation, w.ines.agent, &d));
    assert_str(d.text, str_cstr(kit.a, str_fmt(kit.a, "Dear Corinne,\n\nhttps://desk.example/story/%.*s\n",
                                               STR_FMT(second))));
}

static void test_wrong_links(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct story_link l;
    world();
    assert_int_equal(opens(S("nonsense")).state, STORY_LINK_WRONG);
    assert_int_equal(opens(S("AAAAAAAAAAAAAAAAAAAAAA")).state, STORY_LINK_WRONG);
    err e = ERR_NONE;
    for (int i = 0; i < 12 && !e; i++)
        e = story_link_open(&kit.d, kit.a, S("AAAAAAAAAAAAAAAAAAAAAA"), S("192.0.2.9"), &l);
    assert_int_equal(e, ERR_LIMIT);
    assert_ok(story_link_open(&kit.d, kit.a, S("AAAAAAAAAAAAAAAAAAAAAA"), S("192.0.2.10"), &l));
    kit.now += 2 * MINUTE_MS;
    assert_ok(story_link_open(&kit.d, kit.a, S("AAAAAAAAAAAAAAAAAAAAAA"), S("192.0.2.9"), &l));
    /* The wall: ten looks in a tenth of a second from one network. */
    for (int i = 0; i < 10; i++) assert_ok(story_wall_may(&kit.d, kit.a, S("192.0.2.9")));
    assert_int_equal(story_wall_may(&kit.d, kit.a, S("192.0.2.9")), ERR_LIMIT);
    assert_ok(story_wall_may(&kit.d, kit.a, S("192.0.2.10")));
    kit.now += SECOND_MS / 10;
    assert_ok(story_wall_may(&kit.d, kit.a, S("192.0.2.9")));
    struct story_wall wall;
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("story_wall"), S("0")));
    assert_int_equal(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 0, &wall), ERR_MISSING);
    assert_int_equal(story_wall_open(&kit.d, kit.a, S("nobody"), 0, &wall), ERR_MISSING);
}

/* ---- many ---- */

struct agreed {
    int64_t message, id;
};

static err put_agreed(db_conn *c, void *arg) {
    struct agreed *x = arg;
    x->id = id_new(kit.now);
    const struct store_tale row = {.id = x->id,
                                   .message_id = x->message,
                                   .state = STORY_YES,
                                   .ask_id = x->id + 1,
                                   .reach = -1,
                                   .created_at = kit.now,
                                   .updated_at = kit.now};
    const struct store_story_ask said = {.brand_id = w.ines.brand,
                                         .id = x->id + 1,
                                         .story_id = x->id,
                                         .agent_id = w.ines.agent,
                                         .hash = token_hash(kit.a, str_fmt(kit.a, "%lld", (long long)x->id)),
                                         .answer = SHOW_NAMELESS,
                                         .answered_at = kit.now,
                                         .quote = S("It shines."),
                                         .wall = true,
                                         .team = true};
    TRY(store_story_insert(c, w.ines.brand, &row));
    return store_story_ask_insert(c, &said);
}

/* As a second desk on the same database does it. */
static err elsewhere(db_conn *c, void *arg) {
    const struct agreed *x = arg;
    db_query *q = db_sql(c, "UPDATE story SET state = 'withdrawn' WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, w.ines.brand);
    db_bind_int(q, 2, x->id);
    return db_done(q);
}

static void test_pages(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct agreed last = {0};
    struct story_wall wall;
    size_t before = 0, seen = 0;
    for (int64_t at = 0, more = 1; more; at = more) {
        assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, at, &wall));
        before += wall.rows.n;
        more = wall.next;
    }
    for (int i = 0; i < STORY_WALL_PAGE + 1; i++) {
        letter_of((struct sample){"Nel", str_cstr(kit.a, kit_email("many")), "It shines.", 0}, &last.message);
        assert_ok(db_write(kit.db, put_agreed, &last));
    }
    assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 0, &wall));
    assert_int_equal(wall.rows.n, STORY_WALL_PAGE);
    assert_int_equal(wall.rows.v[0].story_id, last.id);
    assert_true(wall.next > 0);
    struct story_wall first = wall;
    assert_true(still(&first));
    assert_ok(db_write(kit.db, elsewhere, &last));
    assert_false(still(&first));
    for (int64_t at = 0, more = 1; more; at = more) {
        assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, at, &wall));
        seen += wall.rows.n;
        more = wall.next;
    }
    assert_int_equal(seen, before + STORY_WALL_PAGE);
    assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 1, &wall));
    assert_int_equal(wall.rows.n + (size_t)wall.next, 0);
}

/* ---- a child ---- */

static str newest_grown_up_token(const char *email) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    db_query *q = db_sql(c, "SELECT id FROM child_ask WHERE email = $1 ORDER BY id DESC LIMIT 1");
    db_bind_text(q, 1, str_z(email));
    assert_true(db_row(q));
    int64_t id = db_int(q, "id");
    assert_ok(db_done(q));
    str mail;
    assert_ok(file_read(kit.a, str_fmt(kit.a, "%s/maildir/new/%lld.longhand", kit.folder, (long long)id),
                        1 << 20, &mail));
    size_t at = str_find(mail, S("/grown-up/"), 0);
    assert_true(at != SIZE_MAX);
    BUF_AUTO buf b = BUF_MAX(100);
    for (at += strlen("/grown-up/"); b.n < 22; at++) {
        if (mail.p[at] == '=' && mail.p[at + 1] == '\n')
            at++;
        else
            buf_add_char(&b, mail.p[at]);
    }
    return str_copy(kit.a, buf_str(&b));
}

static void test_child(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t =
        tell("Bram Wouters",
             "Hello, my name is Bram and I am 8 years old. Thank you so much for the pilot! I took "
             "your letter to school. Everybody wanted to read Bram's letter.\n\nBram");
    assert_true(t.story);
    int64_t conversation;
    const char words[] =
        "Thank you so much for the pilot! \xE2\x80\xA6 Everybody wanted to read Bram's letter.";
    assert_ok(story_set_quote(&kit.d, kit.a, &w.ines, t.story, -1, str_z(words)));
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation), ERR_CONFLICT);
    const char *parent = str_cstr(kit.a, kit_email("parent"));
    assert_ok(child_ask(&kit.d, kit.a, &w.ines, t.conversation, str_z(parent)));
    run_jobs();
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation), ERR_CONFLICT);
    struct child_link confirmed;
    assert_ok(child_link_answer(&kit.d, kit.a, newest_grown_up_token(parent),
                                &(struct child_answer){.name = S("Marit Wouters"),
                                                       .address = S("Harbour Lane 7\n20457 Hamburg"),
                                                       .country = S("Germany"),
                                                       .keep_memory = true},
                                &confirmed));
    assert_ok(story_ask(&kit.d, kit.a, &w.ines, t.story, -1, &conversation));
    str token = link_of(&t), text = str_fmt(kit.a, "May we? https://desk.example/story/%.*s", STR_FMT(token));
    /* To the grown-up who confirmed and to nobody else. */
    assert_int_equal(send_to(t.conversation, t.address, "", text, NULL), ERR_INVALID);
    assert_ok(send_to(t.conversation, parent, "", text, NULL));
    struct story_link l = opens(token);
    assert_int_equal(l.state, STORY_LINK_GOOD);
    assert_true(l.grown_up);
    assert_str(l.full_name, "");
    assert_str(l.first_name, "");
    assert_int_equal(
        refuses(token, (struct story_said){.answer = SHOW_FULL, .wall = true, .i_am_grown_up = true}),
        ERR_INVALID);
    assert_int_equal(refuses(token, (struct story_said){.answer = SHOW_NAMELESS, .wall = true}), ERR_INVALID);
    l = says(token, (struct story_said){
                        .answer = SHOW_NAMELESS, .wall = true, .photos = true, .i_am_grown_up = true});
    assert_int_equal(l.state, STORY_LINK_YES);
    const struct story_shown *s = on(on_wall(), t.story);
    assert_non_null(s);
    assert_true(s->child && !s->photos);
    assert_str(s->name, "");
    assert_str(s->quote,
               "Thank you so much for the pilot! \xE2\x80\xA6 Everybody wanted to read \xE2\x80\xA6 letter.");
    /* Its words are deleted on their day, and the story with them. */
    done(t.conversation);
    kit.now += 31 * (int64_t)DAY_MS;
    run_jobs();
    assert_null(on(on_wall(), t.story));
    assert_int_equal(story_of(t.message), 0);
}

/* Shown as a grown-up's, and then it becomes clear that a child wrote. */
static void test_child_later(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t = tell("Corinne Maddox", praise), open = tell("Corinne Maddox", praise);
    str token = asked(&t), second = asked(&open);
    says(token, (struct story_said){.answer = SHOW_FULL, .wall = true, .team = true});
    assert_non_null(on(on_wall(), t.story));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, t.conversation, true, -1));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, open.conversation, true, -1));
    assert_null(on(on_wall(), t.story));
    assert_null(on(in_team(), t.story));
    assert_int_equal(opens(second).state, STORY_LINK_ENDED);
}

/* The same customer wrote as a child elsewhere: nobody asks this one as a grown-up unless somebody says so.
 */
static void test_child_near(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t = tell("Luka Sand", praise), later = tell("Luka Sand", praise);
    struct told child = {.address = later.address};
    says(asked(&t), (struct story_said){.answer = SHOW_FIRST, .wall = true});
    child.conversation =
        letter_of((struct sample){"Luka Sand", later.address,
                                  "My name is Luka and I am 7 years old. My pilot is lost.", 0},
                  &child.message);
    run_jobs();
    int64_t conversation;
    assert_ok(story_set_quote(&kit.d, kit.a, &w.ines, later.story, -1, str_z(quote)));
    assert_int_equal(story_ask(&kit.d, kit.a, &w.ines, later.story, -1, &conversation), ERR_CONFLICT);
    assert_ok(child_set(&kit.d, kit.a, &w.tom, later.conversation, false, -1));
    str token = asked(&later);
    says(token, (struct story_said){.answer = SHOW_FIRST, .wall = true});
    assert_non_null(on(on_wall(), later.story));
    assert_non_null(on(on_wall(), t.story));
    /* And of what was shown before: no longer, once a person has said it of another letter. */
    struct told mine = tell("Nel", praise);
    says(asked(&mine), (struct story_said){.answer = SHOW_FIRST, .wall = true});
    int64_t message,
        elsewhere = letter_of((struct sample){"Nel", mine.address, "Where is my tug?", 0}, &message);
    assert_non_null(on(on_wall(), mine.story));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, elsewhere, true, -1));
    assert_null(on(on_wall(), mine.story));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, mine.conversation, false, -1));
    assert_non_null(on(on_wall(), mine.story));
}

/* ---- gone ---- */

static err change_words(db_conn *c, void *message) {
    return story_words_changed_in(c, kit.a, w.ines.brand, *(const int64_t *)message, kit.now);
}

static void test_forgotten(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    wall_on();
    struct told t = tell("Corinne Maddox", praise), changed = tell("Nel", praise);
    says(asked(&t), (struct story_said){.answer = SHOW_FULL, .wall = true, .team = true});
    says(asked(&changed), (struct story_said){.answer = SHOW_FULL, .wall = true});
    assert_non_null(on(on_wall(), t.story));
    assert_non_null(on(on_wall(), changed.story));
    struct story_wall wall;
    assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 0, &wall));
    assert_true(still(&wall));
    struct store_tale s = get(t.story);
    struct forget_plan gone;
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, s.customer_id, S("Corinne Maddox"), &gone));
    assert_null(on(on_wall(), t.story));
    assert_int_equal(story_of(t.message), 0);
    assert_false(still(&wall));
    /* A post that was edited since. */
    assert_ok(db_write(kit.db, change_words, &changed.message));
    assert_null(on(on_wall(), changed.story));
    assert_str(get(changed.story).ask.quote, "");
    assert_int_equal(get(changed.story).state, STORY_WITHDRAWN);
    /* The wall is switched off while somebody reads. */
    assert_ok(story_wall_open(&kit.d, kit.a, w.done.brand.slug, 0, &wall));
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("story_wall"), S("0")));
    assert_false(still(&wall));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_heard),        KIT_TEST(test_by_hand),    KIT_TEST(test_counts),
        KIT_TEST(test_corrected),    KIT_TEST(test_quotes),     KIT_TEST(test_names),
        KIT_TEST(test_consent),      KIT_TEST(test_no_is_no),   KIT_TEST(test_seen),
        KIT_TEST(test_right_person), KIT_TEST(test_draft),      KIT_TEST(test_other_answers),
        KIT_TEST(test_wrong_links),  KIT_TEST(test_child),      KIT_TEST(test_pages),
        KIT_TEST(test_child_later),  KIT_TEST(test_child_near), KIT_TEST(test_forgotten),
    };
    return KIT_RUN(tests);
}
