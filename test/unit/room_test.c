/* The incident's room: whose turn it is and who holds whom, what colleagues said, facts and who was told,
 * second letters, and a small team that answers everybody at once. On both engines. */
#include <stdarg.h>

#include <string.h>

#include "people_kit.h"
#include "team_kit.h"

#include "desk/conversation.h"
#include "desk/incident.h"
#include "desk/merge.h"
#include "desk/people.h"
#include "desk/room.h"
#include "desk/room_status.h"
#include "store/job.h"

static struct {
    struct people_setup_done done;
    struct actor ines, tom, joss;
    int64_t incident;
} w;

static struct actor hire(const char *name) {
    struct people_invited invited;
    assert_ok(
        people_invite(&kit.d, kit.a, w.done.brand.id, kit_email(name), str_z(name), ROLE_AGENT, &invited));
    return (struct actor){w.done.brand.id, invited.agent.id, str_z(name)};
}

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (made_for != mark) {
        made_for = mark;
        struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                      .inbox = S("letters@tidewatch.example"),
                                      .admin = S("ines@tidewatch.example"),
                                      .admin_name = S("Ines"),
                                      .zone = S("UTC"),
                                      .language = S("en")};
        assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
        w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
        w.tom = hire("Tom");
        w.joss = hire("Joss");
    }
    kit.now += HOUR_MS;
    struct incident_wish wish = {.title = S("The page is not answering")};
    assert_ok(incident_open(&kit.d, kit.a, &w.ines, &wish, &w.incident));
}

/* A letter that waits, in the incident; a second apart from the others. */
static int64_t letter_in(const char *name, str address, const char *text) {
    int64_t conversation, message;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = str_z(name), .address = address, .text = str_z(text)};
    kit.now += 1000;
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    assert_ok(incident_join(&kit.d, kit.a, &w.ines, w.incident, &conversation, 1));
    return conversation;
}
static int64_t letter(const char *name) {
    return letter_in(name, kit_email("c"), "Your page stops. What now?");
}

static struct room_given next(const struct actor *who) {
    struct room_given g;
    assert_ok(room_next(&kit.d, kit.a, who, w.incident, &g));
    return g;
}

static err send_as(const struct actor *who, int64_t conversation, const char *text, remark_list *stops,
                   str override, int64_t *ret_message) {
    struct reply_made made;
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = S("somebody@customer.example"),
                              .subject = S("Re: the page"),
                              .text = str_z(text),
                              .override = override,
                              .stops = stops};
    TRY(reply_send(&kit.d, kit.a, who, &wish, &made));
    if (ret_message) *ret_message = made.message;
    kit.now += 1000;
    return ERR_NONE;
}
static err send(const struct actor *who, int64_t conversation, const char *text) {
    return send_as(who, conversation, text, NULL, S(""), NULL);
}

static struct room_look look(void) {
    struct room_look l;
    assert_ok(room_look(&kit.d, kit.a, &w.ines, w.incident, 50, &l));
    return l;
}

#define assert_conflict(call, part)                                                                          \
    do {                                                                                                     \
        err code_ = (call);                                                                                  \
        if (code_ != ERR_CONFLICT) fail_msg("%s: %s: %s", #call, err_name(code_), err_text());               \
        if (!strstr(err_text(), part)) fail_msg("%s: \"%s\" has no \"%s\"", #call, err_text(), part);        \
    } while (0)

/* ---- whose turn it is ---- */

static void longest_first(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa"), emeka = letter("Emeka");
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_int_equal(next(&w.tom).conversation, rosa);
    struct room_given again = next(&w.ines);
    assert_int_equal(again.conversation, milo); /* what one holds comes again */
    assert_true(again.held);
    assert_ok(send(&w.ines, milo, "Milo, a crooked kettle stopped our page. I am on it."));
    assert_int_equal(next(&w.ines).conversation, emeka);
    assert_int_equal(next(&w.joss).conversation, 0);
    assert_int_equal(look().counts.waiting, 2);
    assert_int_equal(look().counts.said, 1);
}

static err put_letter(db_conn *c, void *arg) { return store_message_insert(c, w.done.brand.id, arg); }

/* Of those who began to wait in the same minute, who wrote more. */
static void most_affected(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now = kit.now / MINUTE_MS * MINUTE_MS;
    str address = kit_email("often");
    int64_t once = letter("Once"), often = letter_in("Often", address, "It stops."), later;
    kit.now += 2 * (int64_t)MINUTE_MS;
    later = letter("Later");
    struct message more = {.id = id_new(kit.now),
                           .conversation_id = often,
                           .kind = MESSAGE_LETTER,
                           .channel = CHANNEL_PAPER,
                           .text = S("Still!"),
                           .said_at = kit.now,
                           .created_at = kit.now};
    assert_ok(db_write(kit.db, put_letter, &more));
    assert_int_equal(next(&w.ines).conversation, often);
    assert_int_equal(next(&w.tom).conversation, once);
    assert_int_equal(next(&w.joss).conversation, later);
}
static void a_closed_laptop(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo");
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_int_equal(next(&w.tom).conversation, 0);
    /* Words that are kept hold it longer. */
    kit.now += 9 * (int64_t)MINUTE_MS;
    struct draft draft = {.conversation_id = milo, .kind = MESSAGE_REPLY, .text = S("Milo, wait")};
    assert_ok(draft_save(&kit.d, kit.a, &w.ines, &draft));
    kit.now += 9 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.tom).conversation, 0);
    /* Nobody took it: whoever opens the laptop again goes on. */
    kit.now += 20 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.ines).conversation, milo);
    kit.now += 11 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.tom).conversation, milo);
    assert_int_equal(next(&w.ines).conversation, 0);
    assert_conflict(send(&w.ines, milo, "Milo, here I am again."), "Tom is answering");
    assert_ok(send(&w.tom, milo, "Milo, a lizard sat on the wire."));
}

static void leave_it(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa");
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_ok(room_skip(&kit.d, kit.a, &w.ines, w.incident, milo));
    assert_int_equal(next(&w.ines).conversation, rosa);
    assert_conflict(room_skip(&kit.d, kit.a, &w.ines, w.incident, milo), "do not hold");
    assert_ok(room_snooze(&kit.d, kit.a, &w.ines, w.incident, rosa, 5));
    /* Rather one that was left than none. */
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_ok(room_pass(&kit.d, kit.a, &w.ines, w.incident, milo, w.tom.agent, S("You know him")));
    assert_int_equal(next(&w.ines).conversation, 0);
    assert_int_equal(next(&w.joss).conversation, 0);
    struct room_given passed = next(&w.tom);
    assert_int_equal(passed.conversation, milo);
    assert_str(passed.note, "You know him");
    assert_str(passed.by_name, "Ines");
    kit.now += 6 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.joss).conversation, rosa);
    assert_ok(room_give_back(&kit.d, kit.a, &w.joss, w.incident, rosa));
    assert_int_equal(next(&w.ines).conversation, rosa);
    assert_int_equal(room_snooze(&kit.d, kit.a, &w.ines, w.incident, rosa, 100000), ERR_INVALID);
    assert_int_equal(room_pass(&kit.d, kit.a, &w.ines, w.incident, rosa, w.ines.agent, S("")), ERR_INVALID);
}

/* What nobody passed to whom it was meant for goes back. */
static void passed_in_vain(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo");
    next(&w.ines);
    assert_ok(room_pass(&kit.d, kit.a, &w.ines, w.incident, milo, w.tom.agent, S("")));
    kit.now += 11 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.joss).conversation, milo);
    assert_int_equal(next(&w.tom).conversation, 0);
}

/* Their lease is over and it was not for long: what a colleague passed on since is not hidden by it. */
static void passed_twice(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa");
    assert_int_equal(next(&w.joss).conversation, milo);
    assert_ok(room_pass(&kit.d, kit.a, &w.joss, w.incident, milo, w.tom.agent, S("first")));
    kit.now += 11 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_ok(room_pass(&kit.d, kit.a, &w.ines, w.incident, milo, w.tom.agent, S("again")));
    kit.now += 9 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.ines).conversation, rosa);
    assert_ok(room_pass(&kit.d, kit.a, &w.ines, w.incident, rosa, w.tom.agent, S("second")));
    kit.now += 2 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.tom).conversation, rosa);
}

/* Who wrote twice is one person: while somebody writes to them nobody is given their other letter. */
static void one_person_two_letters(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str address = kit_email("twice");
    int64_t one = letter_in("Rosa", address, "It stops."), two = letter_in("Rosa", address, "And my order?");
    assert_int_not_equal(one, two);
    int64_t milo = letter("Milo");
    assert_int_equal(next(&w.ines).conversation, one);
    assert_int_equal(next(&w.tom).conversation, milo);
    assert_int_equal(next(&w.joss).conversation, 0);
    assert_ok(room_pass(&kit.d, kit.a, &w.ines, w.incident, one, w.joss.agent, S("")));
    assert_int_equal(next(&w.ines).conversation, 0);
    assert_ok(room_snooze(&kit.d, kit.a, &w.joss, w.incident, one, 30));
    assert_int_equal(next(&w.ines).conversation, two);
    /* A lease that is over holds nobody, and what it was for is not given twice either. */
    kit.now += 31 * (int64_t)MINUTE_MS;
    assert_int_equal(next(&w.joss).conversation, one);
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_int_equal(next(&w.tom).conversation, 0);
    assert_ok(send(&w.joss, one, "Rosa, a gull sat on our cable; your order sleeps safely."));
    assert_int_equal(next(&w.tom).conversation, two);
}

/* Who answers another letter than the one they hold is still one person in the room; what is answered is held
 * by nobody. */
static void held_is_not_answered(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa");
    struct room_saying saying;
    assert_int_equal(next(&w.ines).conversation, milo);
    assert_ok(room_announce(&kit.d, kit.a, &w.ines, rosa, id_new(kit.now), S("Rosa, one moment."), &saying));
    struct room_look l = look();
    assert_int_equal(l.people.n, 1);
    assert_int_equal(l.people.v[0].holds, milo);
    room_unannounce(&kit.d, &w.ines, &saying);
    assert_ok(send(&w.ines, milo, "Milo, a crooked kettle stopped our page. I am on it."));
    assert_conflict(room_snooze(&kit.d, kit.a, &w.ines, w.incident, milo, 30), "do not hold");
    assert_conflict(room_pass(&kit.d, kit.a, &w.ines, w.incident, milo, w.tom.agent, S("")), "do not hold");
}

/* ---- what colleagues said ---- */

static const char *const text_a =
    "Milo, the harbour crane tips over the drawer where your order sleeps.\n\nA gull "
    "guards every parcel until the lamps glow again.";
static const char *const text_b =
    "Rosa, the harbour crane tips over the drawer where your order sleeps.\n\nA gull "
    "guards every parcel until the lamps glow again.";

static void alike_is_stopped(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa");
    remark_list stops = {0};
    int64_t message;
    assert_ok(send_as(&w.ines, milo, text_a, NULL, S(""), &message));
    assert_conflict(send_as(&w.tom, rosa, text_b, &stops, S(""), NULL), "letter check stops");
    assert_true(stops.n > 0);
    bool canned = false;
    for (size_t i = 0; i < stops.n; i++) canned |= stops.v[i].kind == REMARK_CANNED_LETTER;
    assert_true(canned);
    /* Another letter goes, and so does the same one with a reason. */
    assert_ok(send(&w.tom, rosa, "Rosa, seven wet cables and one brave plumber: that is our morning."));
    int64_t piet = letter("Piet");
    assert_ok(send_as(&w.joss, piet,
                      "Piet, the harbour crane tips over the drawer where your order sleeps.\n\nA gull "
                      "guards every parcel until the lamps glow again.",
                      &stops, S("Piet and Milo share a desk and asked for the same words"), NULL));
    /* What is taken back was said to nobody. */
    world();
    milo = letter("Milo"), rosa = letter("Rosa");
    assert_ok(send_as(&w.ines, milo, text_a, NULL, S(""), &message));
    int64_t back;
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, message, &back));
    assert_int_equal(next(&w.tom).conversation, rosa); /* whoever took it back has the draft, and holds it */
    assert_ok(send(&w.tom, rosa, text_b));
    assert_int_equal(look().counts.said, 1);
}

/* Two on their way at the same time: the later announced sees the earlier, and not the other way round. */
static void announced_in_order(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa");
    struct room_saying first, second;
    struct checked checked;
    assert_ok(room_announce(&kit.d, kit.a, &w.ines, milo, id_new(kit.now), str_z(text_a), &first));
    assert_ok(room_announce(&kit.d, kit.a, &w.tom, rosa, id_new(kit.now), str_z(text_b), &second));
    assert_true(first.serial < second.serial);
    struct checking_wish one = {.conversation = milo, .text = str_z(text_a), .saying = &first};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &one, &checked));
    assert_false(team_canned(&checked));
    struct checking_wish two = {.conversation = rosa, .text = str_z(text_b), .saying = &second};
    assert_ok(checking_run(&kit.d, kit.a, &w.tom, &two, &checked));
    assert_true(team_canned(&checked));
    /* Refused ones leave no trace; one whose sender died is forgotten after a minute. */
    room_unannounce(&kit.d, &w.ines, &first);
    assert_ok(checking_run(&kit.d, kit.a, &w.tom, &two, &checked));
    assert_false(team_canned(&checked));
    int64_t piet = letter("Piet");
    struct checking_wish typed = {.conversation = piet, .text = str_z(text_b)};
    assert_ok(checking_run(&kit.d, kit.a, &w.joss, &typed, &checked));
    assert_true(team_canned(&checked));
    kit.now += 2 * (int64_t)MINUTE_MS;
    assert_ok(checking_run(&kit.d, kit.a, &w.joss, &typed, &checked));
    assert_false(team_canned(&checked));
}

struct leaving {
    const struct room_saying *saying;
    int64_t conversation, message, began;
};

static err leave_now(db_conn *c, void *arg) {
    struct leaving *x = arg;
    struct conversation v;
    TRY(store_conversation_get(c, kit.a, w.done.brand.id, x->conversation, &v));
    return room_sent_in(c, kit.a, &w.ines, x->saying, &v, x->message, x->began);
}

/* Sending took so long that others went on without it. */
static void too_late(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), message = id_new(kit.now);
    struct room_saying saying;
    struct leaving x = {&saying, milo, message, kit.now};
    assert_ok(room_announce(&kit.d, kit.a, &w.ines, milo, message, str_z(text_a), &saying));
    kit.now += ROOM_ANNOUNCE_MS + 1;
    assert_conflict(room_write(&kit.d, &saying, leave_now, &x), "longer than a minute");
    room_unannounce(&kit.d, &w.ines, &saying);
    assert_int_equal(look().counts.said, 0);
}

/* ---- facts ---- */

static const struct remark *fact_remark(const struct checked *c, remark_level level, const char *part) {
    for (size_t i = 0; i < c->remarks.n; i++) {
        const struct remark *r = &c->remarks.v[i];
        if (r->kind == REMARK_FACT && r->level == level && strstr(r->says, part)) return r;
    }
    return NULL;
}

static void check_text_of(int64_t conversation, const char *text, struct checked *ret) {
    struct checking_wish wish = {.conversation = conversation, .text = str_z(text)};
    assert_ok(checking_run(&kit.d, kit.a, &w.tom, &wish, ret));
}

static void facts_age(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), fact, unknown;
    struct checked c;
    struct room_fact_wish wish = {
        .text = S("E-mail answers take about an hour."), .owner = w.joss.agent, .minutes = 20};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    assert_conflict(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &unknown), "already");
    const char *reply = "Milo, your knight is safe. Answers by e-mail take an hour or so today.";
    kit.now += 5 * (int64_t)MINUTE_MS;
    check_text_of(milo, reply, &c);
    assert_non_null(fact_remark(&c, REMARK_FINE, "A fact, checked"));
    kit.now += 20 * (int64_t)MINUTE_MS;
    assert_true(room_fact_old(&look().facts.v[0], kit.now));
    check_text_of(milo, reply, &c);
    const struct remark *old = fact_remark(&c, REMARK_LOOK, "getting old");
    assert_non_null(old);
    assert_str(old->args[1], "Joss");
    assert_ok(room_fact_check(&kit.d, kit.a, &w.joss, fact, 1));
    assert_conflict(room_fact_check(&kit.d, kit.a, &w.joss, fact, 1), "changed since");
    check_text_of(milo, reply, &c);
    assert_null(fact_remark(&c, REMARK_LOOK, "getting old"));
    /* Nobody has a time; one's own promise is one's own. */
    struct room_fact_wish none = {.kind = ROOM_FACT_UNKNOWN,
                                  .text = S("Nobody has a time for when it is back.")};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &none, &unknown));
    check_text_of(milo, "Milo, the page will be back by tomorrow.", &c);
    assert_non_null(fact_remark(&c, REMARK_LOOK, "Nobody has a time"));
    check_text_of(milo, "Milo, I will write to you again tomorrow.", &c);
    assert_null(fact_remark(&c, REMARK_LOOK, "Nobody has a time"));
}

static void facts_withdrawn(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa"), piet = letter("Piet"), fact, n;
    struct checked c;
    struct room_fact_wish wish = {.text = S("The page returns at ten o’clock.")};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    assert_ok(send(&w.ines, milo, "Milo, our page returns at ten o’clock, with all its gears."));
    assert_ok(send(&w.tom, rosa, "Rosa, my kettle boils while the lizard looks for a wire."));
    assert_int_equal(look().facts.v[0].told, 1);
    assert_ok(room_fact_withdraw(&kit.d, kit.a, &w.ines, fact, S("The disk is broken"), true, 1, &n));
    assert_int_equal(n, 1);
    assert_int_equal(look().facts.n, 0);
    check_text_of(piet, "Piet, the page returns at ten o’clock.", &c);
    const struct remark *gone = fact_remark(&c, REMARK_STOP, "taken out of the facts");
    assert_non_null(gone);
    /* Pages write it in their reader's language and zone. */
    assert_int_equal(gone->moment, kit.now);
    remark_list stops = {0};
    assert_conflict(send_as(&w.joss, piet, "Piet, the page returns at ten o’clock.", &stops, S(""), NULL),
                    "letter check stops");
    assert_int_equal(stops.v[0].kind, REMARK_FACT);
    assert_ok(room_give_back(&kit.d, kit.a, &w.joss, w.incident, piet));
    check_text_of(milo, "Milo, here is a feather for your hat.", &c);
    assert_non_null(fact_remark(&c, REMARK_LOOK, "no longer holds"));
    check_text_of(milo, "Milo, I wrote that the page returns at ten o’clock. That was wrong.", &c);
    assert_non_null(fact_remark(&c, REMARK_FINE, "Takes up"));
    /* Who still waits comes first, then who is owed. */
    assert_int_equal(next(&w.joss).conversation, piet);
    struct room_given owed = next(&w.tom);
    assert_int_equal(owed.conversation, milo);
    assert_true(owed.owed);
    assert_ok(send(&w.tom, milo,
                   "Milo, I wrote that the page returns at ten o’clock. That was wrong: a disk broke."));
    assert_int_equal(look().counts.owed, 0);
    assert_int_equal(look().counts.owed_done, 1);
    check_text_of(milo, "Milo, here is a feather for your hat.", &c);
    assert_null(fact_remark(&c, REMARK_LOOK, "no longer holds"));
}

/* It is taken out between the check and the sending. */
static void withdrawn_at_that_moment(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), fact, n, message = id_new(kit.now);
    const char *text = "Milo, our page returns at ten o’clock, with all its gears.";
    struct room_saying saying;
    struct checked c;
    struct room_fact_wish wish = {.text = S("The page returns at ten o’clock.")};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    assert_ok(room_announce(&kit.d, kit.a, &w.ines, milo, message, str_z(text), &saying));
    struct checking_wish asked = {.conversation = milo, .text = str_z(text), .saying = &saying};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &asked, &c));
    room_states(kit.a, &c, &saying);
    assert_int_equal(saying.facts.n, 1);
    assert_ok(room_fact_withdraw(&kit.d, kit.a, &w.joss, fact, S(""), true, -1, &n));
    assert_int_equal(n, 0);
    struct leaving x = {&saying, milo, message, kit.now};
    assert_conflict(room_write(&kit.d, &saying, leave_now, &x), "taken out at this moment");
    room_unannounce(&kit.d, &w.ines, &saying);
    remark_list stops = {0};
    assert_conflict(send_as(&w.ines, milo, text, &stops, S(""), NULL), "letter check stops");
    assert_ok(send_as(&w.ines, milo, text, &stops, S("Milo asked for the old sentence"), NULL));
}

/* ---- after ---- */

static void second_letters(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t milo = letter("Milo"), rosa = letter("Rosa"), n, message;
    assert_ok(send(&w.ines, milo, "Milo, the orchard fell on our cable."));
    assert_ok(send(&w.ines, rosa, "Rosa, brave otters carry lanterns through the muddy engine."));
    assert_int_equal(room_fixed(&kit.d, kit.a, &w.ines, w.incident, S("  "), &n), ERR_INVALID);
    assert_ok(room_fixed(&kit.d, kit.a, &w.ines, w.incident, S("It is back since 14:00."), &n));
    assert_int_equal(n, 2);
    assert_ok(room_fixed(&kit.d, kit.a, &w.ines, w.incident, S("It is back since 14:00."), &n));
    assert_int_equal(n, 0);
    assert_ok(incident_close(&kit.d, kit.a, &w.ines, w.incident, S("A disk"), -1));
    struct room_given g = next(&w.tom);
    assert_true(g.conversation == milo || g.conversation == rosa);
    assert_true(g.owed);
    assert_ok(
        send_as(&w.tom, g.conversation, "The anchor holds, and so does the page.", NULL, S(""), &message));
    int64_t back;
    assert_ok(reply_take_back(&kit.d, kit.a, &w.tom, message, &back));
    assert_int_equal(look().counts.owed, 2);
    assert_ok(send(&w.tom, g.conversation, "The anchor holds, and so does the page."));
    struct room_given h = next(&w.tom);
    assert_int_not_equal(h.conversation, g.conversation);
    struct conversation v;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_conversation_get(c, kit.a, w.done.brand.id, h.conversation, &v));
    }
    assert_ok(room_owed_drop(&kit.d, kit.a, &w.ines, w.incident, v.customer_id, S("Rang us and knows")));
    assert_conflict(room_owed_drop(&kit.d, kit.a, &w.ines, w.incident, v.customer_id, S("Rang us")),
                    "Nothing is owed");
    assert_int_equal(next(&w.tom).conversation, 0);
    assert_ok(room_learned(&kit.d, kit.a, &w.ines, w.incident, S("Watch the disk.")));
    BUF_AUTO buf csv = BUF_MAX(1 << 20), json = BUF_MAX(1 << 20);
    assert_ok(room_export_csv(&kit.d, kit.a, w.done.brand.id, w.incident, &csv));
    assert_non_null(strstr(str_cstr(kit.a, buf_str(&csv)), "brave otters"));
    assert_ok(room_export_json(&kit.d, kit.a, &w.ines, w.incident, &json));
    assert_non_null(strstr(str_cstr(kit.a, buf_str(&json)), "\"learned\":\"Watch the disk.\""));
}

/* Owed to a person, not to a conversation. */
static void owed_once_a_person(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str rosa_at = kit_email("owed");
    int64_t rosa = letter_in("Rosa", rosa_at, "It stops."), milo = letter("Milo"), n;
    assert_ok(send(&w.ines, rosa, "Rosa, brave otters carry lanterns through the muddy engine."));
    assert_ok(send(&w.ines, milo, "Milo, the orchard fell on our cable."));
    assert_ok(room_fixed(&kit.d, kit.a, &w.ines, w.incident, S("It is back."), &n));
    assert_int_equal(n, 2);
    /* Rosa writes anew, and is told there. */
    int64_t anew = letter_in("Rosa", rosa_at, "Still?");
    assert_ok(send(&w.tom, anew, "Rosa, seven plumbers later it runs, and it stays."));
    assert_int_equal(look().counts.owed, 1);
    assert_int_equal(next(&w.tom).conversation, milo);
}

static err put_conversation(db_conn *c, void *arg) {
    return store_conversation_update(c, w.done.brand.id, arg);
}
static err forget_words(db_conn *c, void *arg) {
    return store_room_forget(c, w.done.brand.id, *(int64_t *)arg);
}

/* Where the first letter stands by now, and nowhere else. */
static void owed_where_it_went(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str piet_at = kit_email("owed");
    int64_t first = letter_in("Piet", piet_at, "It stops."), n;
    assert_ok(send(&w.ines, first, "Piet, my kettle boils while the lizard looks for a wire."));
    assert_ok(room_fixed(&kit.d, kit.a, &w.ines, w.incident, S("It is back."), &n));
    int64_t second = letter_in("Piet", piet_at, "Two of mine.");
    struct merge_wish wish = {.from = first, .into = second, .seen_from = -1, .seen_into = -1};
    struct merge_done done;
    struct conversation v;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_conversation_get(c, kit.a, w.done.brand.id, second, &v));
    }
    v.state = CONVERSATION_THEM;
    v.waiting_since = 0;
    assert_ok(db_write(kit.db, put_conversation, &v));
    assert_ok(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL));
    struct room_given g = next(&w.tom);
    assert_int_equal(g.conversation, second);
    assert_true(g.owed);
    assert_ok(room_give_back(&kit.d, kit.a, &w.tom, w.incident, second));
    /* Whose words were deleted, nobody can write to there. */
    assert_ok(merge_undo(&kit.d, kit.a, &w.ines, done.operation, &done));
    assert_int_equal(next(&w.tom).conversation, first);
    assert_ok(room_give_back(&kit.d, kit.a, &w.tom, w.incident, first));
    assert_ok(db_write(kit.db, forget_words, &first));
    assert_int_equal(next(&w.tom).conversation, 0);
    assert_int_equal(look().counts.owed, 0);
}

static void people_and_timeline(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    assert_ok(room_here(&kit.d, kit.a, &w.tom, w.incident));
    kit.now += 1000;
    assert_ok(room_here(&kit.d, kit.a, &w.ines, w.incident));
    struct room_look l = look();
    assert_int_equal(l.people.n, 2);
    assert_int_equal(l.people.v[0].agent_id, w.tom.agent); /* came first */
    assert_int_equal(l.people.v[0].role, ROOM_COORDINATOR);
    assert_ok(room_set_role(&kit.d, kit.a, &w.tom, w.incident, w.joss.agent, ROOM_STATUS));
    assert_ok(room_set_says(&kit.d, kit.a, &w.tom, w.incident, S("Lunch until 12:15"), true));
    assert_ok(
        room_write_down(&kit.d, kit.a, &w.ines, w.incident, ROOM_EVENT_HANDOVER, S("Joss knows the disk")));
    l = look();
    assert_int_equal(l.people.n, 3);
    for (size_t i = 0; i < l.people.n; i++) /* a role is no sign of somebody */
        assert_true((l.people.v[i].seen_at == 0) == (l.people.v[i].agent_id == w.joss.agent));
    assert_int_equal(l.events.n, 2);
    assert_int_equal(l.events.v[0].kind, ROOM_EVENT_HANDOVER);
    assert_str(l.events.v[1].about_name, "Joss");
    /* Rates and when everybody has an answer. */
    struct room_counts k = {.waiting = 100, .said_lately = 120, .came_lately = 50};
    struct room_rate r = room_rate_of(&k, kit.now);
    assert_int_equal(r.said, 120);
    assert_int_equal(r.came, 50);
    assert_int_equal(r.empty_at, kit.now + 100 * 10 * (int64_t)MINUTE_MS / 70);
    k.came_lately = 130;
    assert_int_equal(room_rate_of(&k, kit.now).empty_at, 0);
    /* What left the incident is in nobody's hands. */
    int64_t rosa = letter("Rosa");
    assert_int_equal(next(&w.tom).conversation, rosa);
    assert_int_equal(look().people.v[0].holds, rosa);
    assert_ok(incident_leave(&kit.d, kit.a, &w.ines, w.incident, rosa));
    assert_int_equal(look().people.v[0].holds, 0);
    /* A dismissed one has no room. */
    assert_ok(incident_close(&kit.d, kit.a, &w.ines, w.incident, S(""), -1));
    assert_int_equal(room_write_down(&kit.d, kit.a, &w.ines, 12345, ROOM_EVENT_NOTE, S("x")), ERR_MISSING);
}

static err say(const struct actor *who, status_kind kind, str headline, str words, int64_t *ret_id) {
    struct status_post p = {
        .incident = w.incident, .kind = kind, .headline = headline, .words = words, .key = S("")};
    return room_status_post(&kit.d, kit.a, who, &p, ret_id);
}

static struct store_status_update newest(void) {
    struct status_word word;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(status_word_of(c, kit.a, w.done.brand.id, w.incident, kit.now, &word));
    assert_true(word.said);
    return word.update;
}

static void the_status_page(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id = -7, fact;
    assert_ok(status_page_change(&kit.d, kit.a, &w.ines, true, S(""), S("")));
    assert_int_equal(say(&w.ines, STATUS_TROUBLE, S("It stops."), S("We look."), &id), ERR_DENIED);
    assert_ok(room_here(&kit.d, kit.a, &w.ines, w.incident));
    assert_ok(room_here(&kit.d, kit.a, &w.tom, w.incident));
    /* Begun from what holds, without what is getting old. */
    struct room_fact_wish wish = {.text = S("By ten"), .minutes = 5};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    kit.now += 6 * (int64_t)MINUTE_MS;
    wish = (struct room_fact_wish){.kind = ROOM_FACT_UNKNOWN, .text = S("Nobody has a time.")};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    wish = (struct room_fact_wish){.text = S("Your order is safe")};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    wish = (struct room_fact_wish){.text = S("A disk is full!")};
    assert_ok(room_fact_add(&kit.d, kit.a, &w.ines, w.incident, &wish, &fact));
    struct room_look l = look();
    str words = room_status_words(kit.a, &l);
    assert_str(words, "Your order is safe. A disk is full!");
    /* Only who coordinates or keeps the page; what they say stands in the timeline. */
    assert_int_equal(say(&w.tom, STATUS_TROUBLE, S("It stops."), words, &id), ERR_DENIED);
    assert_non_null(strstr(err_text(), "Ines"));
    assert_int_equal(id, -7);
    assert_ok(say(&w.ines, STATUS_TROUBLE, S("It stops."), words, &id));
    assert_ok(room_set_role(&kit.d, kit.a, &w.ines, w.incident, w.tom.agent, ROOM_STATUS));
    kit.now += 1000;
    assert_ok(say(&w.tom, STATUS_TROUBLE, S(""), S("Still looking."), &id));
    assert_int_equal(look().events.v[0].kind, ROOM_EVENT_STATUS);
    assert_str(look().events.v[0].text, "Still looking.");
    assert_int_equal(look().events.v[0].about_id, id);
    l = look();
    assert_null(room_status_wrong(&l.facts, S("We look. Your order is safe, and so are we.")));
    for (size_t i = 0; i < l.facts.n; i++)
        l.facts.v[i].withdrawn_at = str_starts(l.facts.v[i].text, S("Your"));
    assert_str(room_status_wrong(&l.facts, S("We look. Your order is safe, and so are we."))->text,
               "Your order is safe");
    assert_null(room_status_wrong(&l.facts, S("We look.")));
    /* Written outside the room, it is of the same incident by its matter. */
    kit.now += 1000;
    struct status_post over = {
        .kind = STATUS_OVER, .matter = newest().matter_id, .words = S("It works again."), .key = S("")};
    assert_ok(status_post(&kit.d, kit.a, &w.joss, &over, &id));
    assert_int_equal(newest().id, id);
    assert_str(look().events.v[0].text, "It works again.");
    w.incident = 12345;
    assert_int_equal(say(&w.ines, STATUS_TROUBLE, S("It stops."), S("We look."), &id), ERR_MISSING);
}

static void two_become_one(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t first = w.incident, milo = letter("Milo");
    assert_ok(send(&w.ines, milo, "Milo, the orchard fell on our cable."));
    int64_t n;
    assert_ok(room_fixed(&kit.d, kit.a, &w.ines, w.incident, S("It is back."), &n));
    world();
    int64_t rosa = letter("Rosa"), piet = letter("Piet");
    assert_ok(send(&w.tom, rosa, "Rosa, brave otters carry lanterns through the muddy engine."));
    assert_ok(room_learned(&kit.d, kit.a, &w.ines, w.incident, S("Watch the disk.")));
    assert_ok(incident_merge(&kit.d, kit.a, &w.ines, w.incident, first, -1, -1));
    w.incident = first;
    assert_str(look().room.learned, "Watch the disk.");
    assert_str(look().room.fixed_says, "It is back.");
    assert_int_equal(look().counts.said, 2);
    assert_int_equal(look().counts.waiting, 1);
    assert_int_equal(next(&w.joss).conversation, piet);
    struct checked c;
    check_text_of(piet, "Piet, brave otters carry lanterns through the muddy engine.", &c);
    assert_true(team_canned(&c));
}

/* ---- a team ---- */

enum { SMALL_PEOPLE = 60, SMALL_WRITERS = 6 };

static void fill(struct team_shared *s, int people) {
    uint64_t seed = 7;
    for (int i = 0; i < people; i++) {
        struct team_person *p = &s->person[i];
        char text[500];
        snprintf(p->name, sizeof p->name, "%s", team_name(i));
        str address = kit_email("team");
        snprintf(p->address, sizeof p->address, "%.*s", STR_FMT(address));
        team_sentence(&seed, text, sizeof text);
        p->conversation = letter_in(p->name, address, str_cstr(kit.a, str_z(text)));
    }
    s->people = people;
}

static void a_team(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct team_shared *s = team_shared_new();
    struct team_writer team[SMALL_WRITERS];
    int64_t ids[SMALL_WRITERS];
    pthread_t threads[SMALL_WRITERS];
    fill(s, SMALL_PEOPLE);
    for (int i = 0; i < SMALL_WRITERS; i++) {
        struct actor who = hire("Writer");
        ids[i] = who.agent;
        team[i] = (struct team_writer){.desk = &kit.d,
                                       .shared = s,
                                       .who = who,
                                       .colleagues = ids,
                                       .ncolleagues = SMALL_WRITERS,
                                       .number = i,
                                       .incident = w.incident,
                                       .copies = i % 2,
                                       .seed = 1000 + (uint64_t)i};
    }
    for (int i = 0; i < SMALL_WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, team_write, &team[i]), 0);
    for (int i = 0; i < SMALL_WRITERS; i++) pthread_join(threads[i], NULL);
    if (s->failed) fail_msg("%s", s->why);
    assert_int_equal(s->doubles, 0);
    assert_int_equal(s->again, 0);
    assert_int_equal(s->sent, SMALL_PEOPLE);
    /* A copy may be the first of the two: then the other one was stopped. Never do both go. */
    assert_int_equal(s->copies, s->copies_stopped + s->copies_sent);
    struct room_look l = look();
    assert_int_equal(l.counts.waiting, 0);
    assert_int_equal(l.counts.said, SMALL_PEOPLE);
    assert_int_equal(l.counts.people, SMALL_PEOPLE);
    assert_int_equal(l.counts.held, 0);
    /* No two of the letters that went out are alike. */
    room_line_list lines = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_room_lines(c, kit.a, w.done.brand.id, w.incident, 0, 1000, &lines));
    }
    assert_int_equal(lines.n, SMALL_PEOPLE);
    for (size_t i = 0; i < lines.n; i++) {
        struct checked c;
        struct checking_wish wish = {.conversation = lines.v[i].conversation_id, .text = lines.v[i].text};
        assert_ok(checking_run(&kit.d, kit.a, &w.ines, &wish, &c));
        /* That they were told this before is their own letter. */
        for (size_t k = 0; k < c.remarks.n; k++)
            assert_false(c.remarks.v[k].kind == REMARK_CANNED_LETTER ||
                         (c.remarks.v[k].kind == REMARK_CANNED && c.remarks.v[k].count));
    }
    munmap(s, sizeof *s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(longest_first),
        KIT_TEST(most_affected),
        KIT_TEST(a_closed_laptop),
        KIT_TEST(leave_it),
        KIT_TEST(passed_in_vain),
        KIT_TEST(passed_twice),
        KIT_TEST(one_person_two_letters),
        KIT_TEST(held_is_not_answered),
        KIT_TEST(alike_is_stopped),
        KIT_TEST(announced_in_order),
        KIT_TEST(too_late),
        KIT_TEST(facts_age),
        KIT_TEST(facts_withdrawn),
        KIT_TEST(withdrawn_at_that_moment),
        KIT_TEST(second_letters),
        KIT_TEST(owed_once_a_person),
        KIT_TEST(owed_where_it_went),
        KIT_TEST(people_and_timeline),
        KIT_TEST(the_status_page),
        KIT_TEST(two_become_one),
        KIT_TEST(a_team),
    };
    return KIT_RUN(tests);
}
