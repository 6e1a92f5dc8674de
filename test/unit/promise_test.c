/* Promises: found in replies, made and changed by hand, listed by when they rise, moved with the brand's
 * zone; and what customers promised. On both engines. */
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "people_kit.h"

#include "desk/brands.h"
#include "desk/conversation.h"
#include "desk/people.h"
#include "desk/promise.h"
#include "desk/reply.h"
#include "store/event.h"
#include "store/message.h"

static struct {
    struct people_setup_done done;
    struct actor ines, tom;
} w;

/* 15 January 2027, a Friday, 08:00 UTC. */
static const int64_t friday = 1800000000000;

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    kit.now = friday;
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
    struct people_invited tom;
    assert_ok(
        people_invite(&kit.d, kit.a, w.ines.brand, S("tom@tidewatch.example"), S("Tom"), ROLE_AGENT, &tom));
    w.tom = (struct actor){w.ines.brand, tom.agent.id, S("Tom")};
}

static int64_t write_in(str name, str address, const char *text, int64_t *ret_message) {
    int64_t conversation, message;
    struct typed_letter l = {.channel = CHANNEL_PAPER, .name = name, .address = address, .text = str_z(text)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    if (ret_message) *ret_message = message;
    return conversation;
}

static int64_t letter(const char *name, const char *text) {
    world();
    return write_in(str_z(name), kit_email("customer"), text, NULL);
}

static err send(int64_t conversation, bool by_hand, const char *text, const char *not_promised,
                int64_t *ret_message) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = by_hand ? S("") : S("somebody@example.org"),
                              .subject = S("Re"),
                              .text = str_z(text),
                              .key = str_fmt(kit.a, "%lld %s", (long long)conversation, text),
                              .override = S("a test"),
                              .not_promised = str_z(not_promised),
                              .by_hand = by_hand};
    struct reply_made made = {0};
    TRY(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    if (ret_message) *ret_message = made.message;
    return ERR_NONE;
}

static store_promise_list promises_of(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    store_promise_list all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_promises_of_conversation(c, kit.a, w.ines.brand, conversation, 0, 1000, &all));
    return all;
}

static int64_t add(int64_t conversation, const char *text, int64_t day) {
    struct promise_wish wish = {.conversation = conversation, .text = str_z(text), .day = day};
    int64_t id = 0;
    assert_ok(promise_add(&kit.d, kit.a, &w.ines, &wish, &id));
    return id;
}

static struct store_promise get(int64_t id, promise_step_list *ret_steps) {
    struct store_promise p;
    promise_step_list steps;
    assert_ok(promise_get(&kit.d, kit.a, w.ines.brand, id, &p, &steps));
    assert_int_equal(p.steps, steps.n);
    if (ret_steps) *ret_steps = steps;
    return p;
}

static struct promise_change because(int64_t id, const char *why) {
    return (struct promise_change){.promise = id, .seen_steps = -1, .why = str_z(why)};
}

static int events_of(int64_t conversation, const char *kind, str *ret_detail) {
    DB_READ_AUTO db_conn *c = NULL;
    event_list all;
    int n = 0;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, w.ines.brand, conversation, 100, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (!str_eq(all.v[i].kind, str_z(kind))) continue;
        n++;
        if (ret_detail) *ret_detail = all.v[i].detail;
    }
    return n;
}

/* ---- found in replies ---- */

static const char two[] =
    "Dear Mila, thank you for your letter about the lighthouse keeper. I will send you a "
    "new keeper within two weeks. I will write to you again by Friday. I will also look "
    "for his hat.\n\nYours, Ines";

static void a_reply_makes_its_promises(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t message, c = letter("Mila", "I lost the red lighthouse keeper. Can you help?");
    assert_ok(send(c, true, two, "", &message));
    store_promise_list all = promises_of(c);
    assert_int_equal(all.n, 2);
    assert_str(all.v[0].text, "I will send you a new keeper within two weeks.");
    assert_int_equal(all.v[0].due_day, 20270129);
    /* The end of the day in Berlin, one hour east of UTC in January. */
    assert_int_equal(all.v[0].due_at, friday + 14 * (int64_t)DAY_MS + 15 * HOUR_MS - SECOND_MS);
    assert_str(all.v[1].text, "I will write to you again by Friday.");
    assert_int_equal(all.v[1].due_day, 20270122);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(all.v[i].whose, PROMISE_OURS);
        assert_int_equal(all.v[i].state, PROMISE_OPEN);
        assert_int_equal(all.v[i].message_id, message);
        assert_int_equal(all.v[i].rise_at, all.v[i].due_at);
        assert_str(all.v[i].agent_name, "Ines");
        assert_str(all.v[i].customer_name, "Mila");
    }
    promise_step_list steps;
    get(all.v[0].id, &steps);
    assert_int_equal(steps.v[0].step, STEP_MADE);
    assert_int_equal(steps.v[0].to_day, 20270129);
    assert_int_equal(steps.v[0].proof.id, message);
    /* The browser sends it again: nothing more. */
    assert_ok(send(c, true, two, "", &message));
    assert_int_equal(promises_of(c).n, 2);
}

static void what_is_no_promise_is_none(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Bo", "The keeper is gone. Can you help?");
    struct checked checked;
    assert_ok(checking_run(&kit.d, kit.a, &w.ines,
                           &(struct checking_wish){.conversation = c, .text = str_z(two)}, &checked));
    promise_found_list found;
    assert_ok(promise_find(&kit.d, kit.a, w.ines.brand, &checked, str_z(two), S(""), &found));
    assert_int_equal(found.n, 2);
    str not = str_fmt(kit.a, "7 %u 99999", found.v[0].start);
    assert_ok(send(c, true, two, str_cstr(kit.a, not ), NULL));
    store_promise_list all = promises_of(c);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].due_day, 20270122);
    int64_t other = letter("Cy", "Where is my boat?");
    assert_int_equal(send(other, true, two, "12 a few", NULL), ERR_INVALID);
    assert_int_equal(send(other, true, two, "-4", NULL), ERR_INVALID);
    char *many = arena_alloc(kit.a, 10002);
    memset(many, '1', 10001);
    many[10001] = 0;
    assert_int_equal(send(other, true, two, many, NULL), ERR_INVALID);
    assert_int_equal(promises_of(other).n, 0);
    assert_ok(send(other, true, "Dear Cy, your boat left on Tuesday; the driver rings twice.", "", NULL));
    assert_int_equal(promises_of(other).n, 0);
}

/* A sentence without end still holds the promise itself. */
static void a_long_sentence_keeps_its_promise(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Cleo", "My boat has no mast.");
    str list = S("Dear Cleo, ");
    for (int i = 0; i < 200; i++) list = str_fmt(kit.a, "%.*sthe mast and ", STR_FMT(list));
    str text = str_fmt(kit.a, "%.*sI will send you a new mast by 3 March.", STR_FMT(list));
    assert_ok(send(c, true, str_cstr(kit.a, text), "", NULL));
    store_promise_list all = promises_of(c);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].due_day, 20270303);
    assert_true(all.v[0].text.n <= 1000);
    assert_true(str_find(all.v[0].text, S("by 3 March"), 0) != SIZE_MAX);
}

static void a_reply_taken_back_takes_its_promises(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Dora", "No sail in my box!"), message, conversation;
    int64_t kept = add(c, "A sail for Dora", 20270120), settled = add(c, "A rope for Dora", 20270120);
    assert_ok(send(c, false, two, "", &message));
    assert_int_equal(promises_of(c).n, 4);
    struct promise_change x = because(kept, "");
    x.proof = (struct promise_proof){PROOF_MESSAGE, message};
    assert_ok(promise_keep(&kit.d, kit.a, &w.ines, &x));
    x = because(settled, "She found it.");
    assert_ok(promise_release(&kit.d, kit.a, &w.ines, &x));
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, message, &conversation));
    assert_int_equal(promises_of(c).n, 2);
    /* What the reply would have proved is not proved. */
    struct store_promise p = get(kept, NULL);
    assert_int_equal(p.state, PROMISE_OPEN);
    assert_int_equal(p.proof.kind, PROOF_NONE);
    assert_int_equal(p.settled_at, 0);
    assert_int_equal(get(settled, NULL).state, PROMISE_RELEASED);
}

/* ---- by hand ---- */

static void every_step_is_kept(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Emre", "The crane has no hook.");
    int64_t id = add(c, "  A hook for the crane \r\n of Emre ", 20270201);
    assert_str(get(id, NULL).text, "A hook for the crane \n of Emre");
    assert_int_equal(add(c, "A hook for the crane \n of Emre", 20270201), id); /* a double click */
    /* Two boxes are two promises. */
    struct promise_wish box = {c, S("A box"), 20270201, {PROOF_BOX, 1}};
    int64_t one, other;
    assert_ok(promise_add(&kit.d, kit.a, &w.ines, &box, &one));
    box.from.id = 2;
    assert_ok(promise_add(&kit.d, kit.a, &w.ines, &box, &other));
    assert_true(one != other);
    struct promise_change x = because(id, "The hooks come on Monday.");
    x.day = 20270208;
    assert_ok(promise_warn(&kit.d, kit.a, &w.tom, &x));
    struct store_promise p = get(id, NULL);
    assert_int_equal(p.warned_day, 20270208);
    assert_str(p.note, "The hooks come on Monday.");
    assert_int_equal(p.due_day, 20270201);
    assert_int_equal(p.rise_at, friday);
    assert_ok(promise_move(&kit.d, kit.a, &w.tom, &x));
    p = get(id, NULL);
    assert_int_equal(p.due_day, 20270208);
    assert_int_equal(p.warned_at, 0);
    assert_int_equal(p.rise_at, p.due_at);
    assert_ok(promise_break(&kit.d, kit.a, &w.tom, (x = because(id, "The ship sank."), &x)));
    assert_int_equal(get(id, NULL).state, PROMISE_BROKEN);
    assert_str(get(id, NULL).settled_name, "Tom");
    const err settled = ERR_CONFLICT;
    assert_int_equal(promise_keep(&kit.d, kit.a, &w.ines, &x), settled);
    assert_int_equal(promise_break(&kit.d, kit.a, &w.ines, &x), settled);
    assert_int_equal(promise_release(&kit.d, kit.a, &w.ines, &x), settled);
    x.day = 20270301;
    assert_int_equal(promise_move(&kit.d, kit.a, &w.ines, &x), settled);
    assert_int_equal(promise_warn(&kit.d, kit.a, &w.ines, &x), settled);
    assert_ok(promise_reopen(&kit.d, kit.a, &w.ines, (x = because(id, ""), &x)));
    assert_int_equal(promise_reopen(&kit.d, kit.a, &w.ines, &x), ERR_CONFLICT);
    x = because(id, "Emre telephoned: it came.");
    x.seen_steps = 4;
    assert_int_equal(promise_keep(&kit.d, kit.a, &w.ines, &x), ERR_CONFLICT);
    x.seen_steps = 5;
    x.proof = (struct promise_proof){PROOF_BOX, 4711};
    assert_ok(promise_keep(&kit.d, kit.a, &w.ines, &x));
    assert_int_equal(get(id, NULL).proof.kind, PROOF_BOX);
    promise_step_list steps;
    get(id, &steps);
    const promise_step_kind kinds[] = {STEP_MADE,   STEP_WARNED,   STEP_MOVED,
                                       STEP_BROKEN, STEP_REOPENED, STEP_KEPT};
    assert_int_equal(steps.n, 6);
    for (int i = 0; i < 6; i++) assert_int_equal(steps.v[i].step, kinds[i]);
    assert_int_equal(steps.v[2].from_day, 20270201);
    assert_int_equal(steps.v[2].to_day, 20270208);
    assert_str(steps.v[2].note, "The hooks come on Monday.");
    assert_str(steps.v[2].agent_name, "Tom");
    assert_int_equal(steps.v[5].proof.id, 4711);
    str detail;
    assert_int_equal(events_of(c, "promise_added", NULL), 3);
    assert_int_equal(events_of(c, "promise_moved", &detail), 1);
    assert_true(str_starts(detail, S("2027-02-08: A hook")));
    assert_int_equal(events_of(c, "promise_kept", NULL), 1);
}

static err try_add(int64_t conversation, str text, int64_t day) {
    struct promise_wish wish = {.conversation = conversation, .text = text, .day = day};
    int64_t id;
    return promise_add(&kit.d, kit.a, &w.ines, &wish, &id);
}

static void bad_input_is_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Fay", "Where is my kite?");
    char *longer = arena_alloc(kit.a, 1001);
    memset(longer, 'x', 1001);
    assert_int_equal(try_add(c, S(" \n "), 20270201), ERR_INVALID);
    assert_int_equal(try_add(c, (str){longer, 1001}, 20270201), ERR_INVALID);
    assert_ok(try_add(c, (str){longer, 1000}, 20270201));
    assert_int_equal(try_add(c, S("\xff"), 20270201), ERR_INVALID);
    assert_int_equal(try_add(c, S("a\x01z"), 20270201), ERR_INVALID);
    assert_int_equal(try_add(12345, S("a kite"), 20270201), ERR_MISSING);
    const int64_t days[] = {0,        -20270201, 20270114,  20270229, 20271301,
                            20270100, 20400101,  INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (try_add(c, S("a kite"), days[i]) != ERR_INVALID)
            fail_msg("day %lld was taken", (long long)days[i]);
    assert_ok(try_add(c, S("today"), 20270115));
    int64_t id = add(c, "a kite", 20280229);
    struct promise_change x = because(id, "");
    x.day = 20280301;
    assert_int_equal(promise_move(&kit.d, kit.a, &w.ines, &x), ERR_INVALID); /* why? */
    assert_int_equal(promise_warn(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    assert_int_equal(promise_keep(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    assert_int_equal(promise_break(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    assert_int_equal(promise_release(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    x = because(id, "two\nlines");
    assert_int_equal(promise_break(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    x = because(id, "the same day");
    x.day = 20280229;
    assert_int_equal(promise_move(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    assert_int_equal(promise_warn(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    x.proof = (struct promise_proof){PROOF_MESSAGE, 12345};
    assert_int_equal(promise_keep(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    int64_t other;
    write_in(S("Gus"), kit_email("gus"), "Hello", &other);
    x.proof.id = other; /* of somebody else */
    assert_int_equal(promise_keep(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    x.proof.id = 0;
    assert_int_equal(promise_keep(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    assert_int_equal(get(id, NULL).steps, 1);
    /* Another brand has no such promise. */
    struct store_brand brand;
    assert_ok(brand_create(&kit.d, kit.a, S("Other Toys"), S("UTC"), S("en"), &brand));
    struct actor stranger = {brand.id, w.ines.agent, S("Ines")};
    x = because(id, "because");
    assert_int_equal(promise_break(&kit.d, kit.a, &stranger, &x), ERR_MISSING);
    struct store_promise p;
    promise_step_list steps;
    assert_int_equal(promise_get(&kit.d, kit.a, brand.id, id, &p, &steps), ERR_MISSING);
}

static void days_are_read_and_written(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t day = 5;
    assert_true(promise_day_from(S("2028-02-29"), &day));
    assert_int_equal(day, 20280229);
    assert_str(promise_day_text(kit.a, day), "2028-02-29");
    assert_str(promise_day_text(kit.a, 0), "");
    const char *bad[] = {"",           "2027-02-29", "2027-2-3",   "2027-00-10", "2027-13-01", "20270201",
                         "2027-01--1", "-027-01-01", "2027-01-1x", "9999-01-01", "1969-12-31", "2027/01/01"};
    day = 5;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (promise_day_from(str_z(bad[i]), &day)) fail_msg("%s was taken for a day", bad[i]);
    assert_int_equal(day, 5);
}

struct racing {
    int64_t id;
    err result;
};

static void *race(void *arg) {
    struct racing *r = arg;
    ARENA_AUTO arena *a = arena_new(0);
    struct promise_change x = {.promise = r->id, .seen_steps = -1, .why = S("it arrived")};
    r->result = promise_keep(&kit.d, a, &w.ines, &x);
    return NULL;
}

static void it_is_settled_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    enum { RACERS = 8 };
    int64_t id = add(letter("Hugo", "My boat!"), "A boat for Hugo", 20270201);
    pthread_t threads[RACERS];
    struct racing racing[RACERS];
    int kept = 0, refused = 0;
    for (int i = 0; i < RACERS; i++) {
        racing[i] = (struct racing){id, ERR_NONE};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racing[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        kept += racing[i].result == ERR_NONE;
        refused += racing[i].result == ERR_CONFLICT;
    }
    assert_int_equal(kept, 1);
    assert_int_equal(refused, RACERS - 1);
    assert_int_equal(get(id, NULL).steps, 2);
}

/* ---- lists ---- */

static store_promise_list listed(promise_view view, int64_t holder, int limit, struct page_key *after) {
    store_promise_list rows;
    assert_ok(promise_list(&kit.d, kit.a, w.ines.brand, view, holder, *after, limit, &rows));
    if (rows.n) *after = promise_key(view, &rows.v[rows.n - 1]);
    return rows;
}

static bool lists(promise_view view, int64_t holder, int64_t id) {
    struct page_key after = {0};
    store_promise_list rows = listed(view, holder, 1000, &after);
    for (size_t i = 0; i < rows.n; i++)
        if (rows.v[i].id == id) return true;
    return false;
}

static struct promise_counts counts(int64_t holder) {
    struct promise_counts n;
    assert_ok(promise_count(&kit.d, kit.a, w.ines.brand, holder, &n));
    return n;
}

static void what_is_due_rises(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Ida", "Three things are missing.");
    struct promise_counts before = counts(PROMISES_OF_ALL);
    int64_t later = add(c, "later", 20270301), today = add(c, "today", 20270116),
            late = add(c, "late", 20270115), warned = add(c, "warned", 20270220);
    struct promise_change x = because(warned, "The mould broke.");
    x.day = 20270227;
    assert_ok(promise_warn(&kit.d, kit.a, &w.ines, &x));
    assert_true(lists(PROMISES_DUE, 0, late)); /* today still */
    assert_false(lists(PROMISES_LATE, 0, late));
    assert_false(lists(PROMISES_DUE, 0, today));
    struct promise_counts n = counts(PROMISES_OF_ALL);
    assert_int_equal(n.today - before.today, 1);
    assert_int_equal(n.warned - before.warned, 1);
    /* 00:00 of the next day in Berlin is 23:00 UTC. */
    kit.now = friday + 15 * HOUR_MS - SECOND_MS;
    assert_false(lists(PROMISES_LATE, 0, late));
    kit.now += SECOND_MS;
    assert_true(lists(PROMISES_LATE, 0, late));
    assert_true(lists(PROMISES_DUE, 0, today));
    assert_true(lists(PROMISES_DUE, 0, warned));
    assert_false(lists(PROMISES_LATE, 0, warned));
    assert_false(lists(PROMISES_DUE, 0, later));
    assert_true(lists(PROMISES_OPEN, 0, later));
    struct store_promise p = get(late, NULL);
    assert_true(promise_late(&p, kit.now));
    assert_string_equal(promise_standing(&p, kit.now), "late");
    n = counts(PROMISES_OF_ALL);
    struct page_key after = {0};
    store_promise_list due = listed(PROMISES_DUE, 0, 1000, &after);
    assert_int_equal(due.n, n.late + n.today + n.warned); /* each number is its list */
    after = (struct page_key){0};
    assert_int_equal(listed(PROMISES_LATE, 0, 1000, &after).n, n.late);
    for (size_t i = 1; i < due.n; i++) assert_true(due.v[i - 1].rise_at <= due.v[i].rise_at);
    /* A page after the other gives the same rows in the same order. */
    after = (struct page_key){0};
    size_t at = 0;
    for (store_promise_list page; (page = listed(PROMISES_DUE, 0, 2, &after)).n;)
        for (size_t i = 0; i < page.n; i++) assert_int_equal(page.v[i].id, due.v[at++].id);
    assert_int_equal(at, due.n);
    assert_ok(promise_break(&kit.d, kit.a, &w.ines, (x = because(late, "It was."), &x)));
    assert_false(lists(PROMISES_DUE, 0, late));
    assert_true(lists(PROMISES_BROKEN, 0, late));
    assert_true(lists(PROMISES_BROKEN, w.ines.agent, late));
    assert_false(lists(PROMISES_KEPT, 0, late));
}

static void whoever_has_the_letter_has_the_promise(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Jon", "The rope is missing.");
    int64_t id = add(c, "a rope", 20270115);
    struct promise_counts ines = counts(w.ines.agent), tom = counts(w.tom.agent);
    assert_true(lists(PROMISES_DUE, w.ines.agent, id));
    assert_false(lists(PROMISES_DUE, w.tom.agent, id));
    assert_ok(conversation_take(&kit.d, kit.a, &w.tom, c, true));
    assert_false(lists(PROMISES_DUE, w.ines.agent, id));
    assert_true(lists(PROMISES_DUE, w.tom.agent, id));
    assert_int_equal(counts(w.ines.agent).today, ines.today - 1);
    assert_int_equal(counts(w.tom.agent).today, tom.today + 1);
    assert_str(get(id, NULL).holder_name, "Tom");
    assert_false(lists(PROMISES_DUE, PROMISES_OF_NOBODY, id));
    /* Tom is away: the conversation is nobody's, and the promise hers who made it. */
    int given;
    assert_ok(people_away(&kit.d, kit.a, &w.ines, w.tom.agent, &given));
    assert_true(lists(PROMISES_DUE, w.ines.agent, id));
    assert_ok(people_back(&kit.d, kit.a, w.ines.brand, w.tom.agent));
    assert_ok(people_away(&kit.d, kit.a, &w.tom, w.ines.agent, &given));
    assert_true(lists(PROMISES_DUE, PROMISES_OF_NOBODY, id));
    assert_true(get(id, NULL).holder_gone);
    assert_true(counts(PROMISES_OF_NOBODY).today >= 1);
    assert_ok(people_back(&kit.d, kit.a, w.ines.brand, w.ines.agent));
    assert_false(lists(PROMISES_DUE, PROMISES_OF_NOBODY, id));
}

/* ---- zones ---- */

static void the_day_stays_when_the_zone_changes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Kim", "Four things.");
    int64_t winter = add(c, "winter", 20270201), summer = add(c, "summer", 20270701),
            kept = add(c, "kept", 20270201), warned = add(c, "warned", 20270116);
    struct promise_change x = because(kept, "It came.");
    assert_ok(promise_keep(&kit.d, kit.a, &w.ines, &x));
    x = because(warned, "The glue is not dry.");
    x.day = 20270118;
    kit.now = friday + 14 * (int64_t)HOUR_MS; /* 23:00 in Berlin */
    assert_ok(promise_warn(&kit.d, kit.a, &w.ines, &x));
    int64_t was = get(winter, NULL).due_at, ended = get(kept, NULL).due_at;
    /* Auckland is 12 hours ahead of Berlin in January, 10 in July. */
    assert_ok(brand_change(&kit.d, kit.a, w.ines.brand, S("Tidewatch Toys"), S("Pacific/Auckland"), S("en")));
    assert_int_equal(get(winter, NULL).due_day, 20270201);
    assert_int_equal(get(winter, NULL).due_at, was - 12 * (int64_t)HOUR_MS);
    assert_int_equal(get(winter, NULL).rise_at, get(winter, NULL).due_at);
    assert_int_equal(get(summer, NULL).due_day, 20270701);
    int64_t summer_end;
    const struct zone *auckland;
    assert_ok(zone_load(S("Pacific/Auckland"), &auckland));
    summer_end = zone_instant(auckland, 2027, 7, 2, 0, 0) - SECOND_MS;
    assert_int_equal(get(summer, NULL).due_at, summer_end);
    assert_int_equal(get(kept, NULL).due_at, ended); /* settled by the clock of then */
    struct store_promise p = get(warned, NULL);
    assert_int_equal(p.due_day, 20270116);
    assert_int_equal(p.rise_at, p.due_at < p.warned_at ? p.due_at : p.warned_at);
    /* In Auckland it is the 16th, so the 15th is past and cannot be promised. */
    assert_int_equal(try_add(c, S("yesterday"), 20270115), ERR_INVALID);
    assert_ok(promise_reopen(&kit.d, kit.a, &w.ines, (x = because(kept, "It did not."), &x)));
    assert_int_equal(get(kept, NULL).due_at, get(winter, NULL).due_at);
    assert_ok(send(c, true, two, "", NULL));
    store_promise_list all = promises_of(c);
    assert_int_equal(all.v[all.n - 2].due_day, 20270130); /* two weeks from the 16th */
    assert_ok(brand_change(&kit.d, kit.a, w.ines.brand, S("Tidewatch Toys"), S("Europe/Berlin"), S("en")));
    assert_int_equal(get(winter, NULL).due_at, was);
    assert_int_equal(promises_of(c).v[all.n - 2].due_day, 20270130);
}

/* ---- theirs ---- */

static const char luka[] =
    "Hello. My name is Mila and I am eight years old. I lost the red lighthouse keeper at the "
    "beach. Could you please send me a new one? I promise I will keep him in my pocket. "
    "Thank you.";
static const char words[] = "I promise I will keep him in my pocket.";

static int64_t remember(int64_t message, const char *text, const char *part, bool child) {
    uint32_t at = (uint32_t)(strstr(text, part) - text);
    struct promise_memory memory = {message, at, at + (uint32_t)strlen(part), child};
    int64_t id = 0;
    assert_ok(promise_remember(&kit.d, kit.a, &w.ines, &memory, &id));
    return id;
}

static store_promise_list memories(int64_t customer, int64_t conversation) {
    store_promise_list all;
    assert_ok(promise_memories(&kit.d, kit.a, w.ines.brand, customer, conversation, &all));
    return all;
}

static err forget(db_conn *c, void *conversation) {
    return promise_forget(c, w.ines.brand, *(int64_t *)conversation);
}

static void a_child_is_remembered_when_a_grown_up_agrees(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    str address = kit_email("mila");
    int64_t message, second;
    int64_t c = write_in(S("Mila"), address, luka, &message);
    int64_t id = remember(message, luka, words, false);
    assert_int_equal(remember(message, luka, words, false), id);
    struct store_promise p = get(id, NULL);
    assert_int_equal(p.whose, PROMISE_THEIRS);
    assert_str(p.text, words);
    assert_int_equal(p.due_at, 0);
    assert_false(p.agreed);
    assert_false(promise_late(&p, kit.now));
    assert_false(lists(PROMISES_OPEN, 0, id)); /* nobody chases a child */
    int64_t later = write_in(S("Mila"), address, "Hello again! The keeper is here.", &second);
    assert_int_equal(memories(p.customer_id, later).n, 0);
    assert_int_equal(promises_of(c).n, 1);
    assert_int_equal(promise_agree(&kit.d, kit.a, &w.ines, c, true, S("")), ERR_INVALID);
    assert_ok(promise_agree(&kit.d, kit.a, &w.ines, c, true, S("Her father wrote so.")));
    store_promise_list all = memories(p.customer_id, later);
    assert_int_equal(all.n, 1);
    assert_str(all.v[0].text, words);
    assert_int_equal(memories(p.customer_id, c).n, 0); /* it stands there already */
    promise_step_list steps;
    get(id, &steps);
    assert_int_equal(steps.v[1].step, STEP_AGREED);
    assert_str(steps.v[1].note, "Her father wrote so.");
    /* Theirs is kept or released, never broken, late or moved. */
    struct promise_change x = because(id, "It fell out.");
    assert_int_equal(promise_break(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    x.day = 20270301;
    assert_int_equal(promise_move(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    assert_int_equal(promise_warn(&kit.d, kit.a, &w.ines, &x), ERR_INVALID);
    x.proof = (struct promise_proof){PROOF_MESSAGE, second};
    assert_ok(promise_keep(&kit.d, kit.a, &w.ines, &x));
    assert_int_equal(memories(p.customer_id, later).n, 1);
    assert_ok(db_write(kit.db, forget, &c));
    assert_int_equal(promises_of(c).n, 1); /* agreed: it stays */
    assert_ok(promise_agree(&kit.d, kit.a, &w.ines, c, false, S("Her father changed his mind.")));
    assert_int_equal(memories(p.customer_id, later).n, 0);
    int64_t ours = add(c, "A keeper", 20270201);
    assert_ok(db_write(kit.db, forget, &c));
    all = promises_of(c);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].id, ours);
}

static void a_grown_up_is_remembered_at_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    static const char text[] =
        "Dear Sir or Madam, the invoice of last month is wrong. I promise to pay the rest "
        "as soon as it is corrected. Kind regards, Leonhard Vogt";
    str address = kit_email("vogt");
    int64_t message;
    int64_t c = write_in(S("Leonhard Vogt"), address, text, &message);
    int64_t id = remember(message, text, "I promise to pay the rest", false);
    struct store_promise p = get(id, NULL);
    assert_true(p.agreed);
    assert_int_equal(memories(p.customer_id, 0).n, 1);
    assert_int_equal(memories(p.customer_id, c).n, 0);
    assert_int_equal(memories(w.done.admin.id, 0).n, 0);
    /* A person says it was a child. */
    p = get(remember(message, text, "pay the rest", true), NULL);
    assert_false(p.agreed);
    struct promise_memory bad[] = {{message, 5, 5, false},
                                   {message, 9, 5, false},
                                   {message, 0, (uint32_t)strlen(text) + 1, false},
                                   {message, 4, 5, false}}; /* a blank */
    int64_t none;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(promise_remember(&kit.d, kit.a, &w.ines, &bad[i], &none), ERR_INVALID);
    bad[0] = (struct promise_memory){12345, 0, 5, false};
    assert_int_equal(promise_remember(&kit.d, kit.a, &w.ines, &bad[0], &none), ERR_MISSING);
}

/* ---- export ---- */

static err take_csv(void *context, str bytes) {
    buf_add(context, bytes);
    return ERR_NONE;
}

static err stop_csv(void *context, str bytes) {
    (void)context, (void)bytes;
    return err_set(ERR_IO, "gone");
}

static void an_export_runs_no_formula(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("=HYPERLINK(\"http://evil.example\")", "Hello");
    int64_t id = add(c, "+1+1 \"quoted\", and\na line", 20270115);
    struct promise_change x = because(add(c, "released", 20270115), "@SUM(1)");
    assert_ok(promise_release(&kit.d, kit.a, &w.ines, &x));
    int64_t theirs, message;
    write_in(S("Nora"), kit_email("nora"), "I promise to write again.", &message);
    theirs = remember(message, "I promise to write again.", "I promise to write again.", false);
    kit.now += 2 * (int64_t)DAY_MS;
    BUF_AUTO buf b = BUF_MAX(64 << 20);
    assert_ok(promise_export(&kit.d, w.ines.brand, take_csv, &b));
    str csv = buf_str(&b);
    assert_true(str_starts(csv, S("promise,conversation,customer,text,due_day,state,")));
    str row = str_fmt(kit.a, "%lld,", (long long)id);
    assert_true(str_find(csv, row, 0) != SIZE_MAX);
    assert_true(str_find(csv, S("\"'=HYPERLINK(\"\"http://evil.example\"\")\""), 0) != SIZE_MAX);
    assert_true(str_find(csv, S("\"'+1+1 \"\"quoted\"\", and\na line\",2027-01-15,late,"), 0) != SIZE_MAX);
    assert_true(str_find(csv, S(",2027-01-15T08:00:00Z,"), 0) != SIZE_MAX);
    assert_true(str_find(csv, S(",\"'@SUM(1)\"\r\n"), 0) != SIZE_MAX);
    assert_true(str_find(csv, str_fmt(kit.a, "%lld,", (long long)theirs), 0) == SIZE_MAX);
    assert_int_equal(promise_export(&kit.d, w.ines.brand, stop_csv, NULL), ERR_IO);
}

static void a_long_export_has_every_row_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Olga", "Many pieces");
    for (int i = 0; i < 1100; i++) add(c, str_cstr(kit.a, str_fmt(kit.a, "piece<%d>", i)), 20270201 + i % 20);
    BUF_AUTO buf b = BUF_MAX(64 << 20);
    assert_ok(promise_export(&kit.d, w.ines.brand, take_csv, &b));
    size_t at = 0;
    for (int i = 0; i < 1100; i++) { /* in the order they were made */
        size_t found = str_find(buf_str(&b), str_fmt(kit.a, ",piece<%d>,", i), at);
        if (found == SIZE_MAX) fail_msg("piece %d is missing", i);
        at = found + 1;
    }
    assert_true(str_find(buf_str(&b), S(",piece<"), at) == SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_reply_makes_its_promises),
        KIT_TEST(what_is_no_promise_is_none),
        KIT_TEST(a_long_sentence_keeps_its_promise),
        KIT_TEST(a_reply_taken_back_takes_its_promises),
        KIT_TEST(every_step_is_kept),
        KIT_TEST(bad_input_is_refused),
        KIT_TEST(days_are_read_and_written),
        KIT_TEST(it_is_settled_once),
        KIT_TEST(what_is_due_rises),
        KIT_TEST(whoever_has_the_letter_has_the_promise),
        KIT_TEST(the_day_stays_when_the_zone_changes),
        KIT_TEST(a_child_is_remembered_when_a_grown_up_agrees),
        KIT_TEST(a_grown_up_is_remembered_at_once),
        KIT_TEST(an_export_runs_no_formula),
        KIT_TEST(a_long_export_has_every_row_once),
    };
    return KIT_RUN(tests);
}
