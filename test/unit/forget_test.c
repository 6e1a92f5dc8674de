/* A customer wants to be forgotten: what goes, what stays, until when, and what the desk cannot reach. A name
 * that stands nowhere else shows that nothing of it is left. On both engines. */
#include "canary_kit.h"

#include <sys/stat.h>

#include "base/zone.h"
#include "desk/brands.h"
#include "desk/export.h"
#include "desk/forget_person.h"
#include "desk/heart.h"
#include "desk/import.h"
#include "desk/merge.h"
#include "desk/outbox.h"
#include "desk/print_box_run.h"
#include "store/child.h"
#include "store/conversation.h"
#include "store/finding.h"
#include "store/gesture.h"
#include "store/merge.h"
#include "store/message.h"
#include "store/outbox.h"

/* Somebody else's conversation in which they wrote, too, and one that only names them. */
static int64_t elsewhere(const struct person *p, const char *name, int64_t *ret_letter) {
    int64_t first,
        v = letter_of((struct sample){"Other", str_cstr(kit.a, kit_email("other")), "About my order.", 0},
                      &first);
    struct message m;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_get(c, kit.a, w.ines.brand, first, &m));
    }
    assert_true(m.conversation_id == v);
    int64_t theirs =
        letter_of((struct sample){name, str_cstr(kit.a, p->address),
                                  str_cstr(kit.a, str_fmt(kit.a, "%s writes here, too.", name)), 80000},
                  ret_letter);
    assert_true(theirs != v);
    return v;
}

struct moving {
    int64_t message, to;
};
static err move_message(db_conn *c, void *arg) {
    struct moving *m = arg;
    db_query *q = db_sql(c, "UPDATE message SET conversation_id = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, w.ines.brand);
    db_bind_int(q, 2, m->message);
    db_bind_int(q, 3, m->to);
    TRY(db_done(q));
    q = db_sql(
        c,
        "INSERT INTO message_address (brand_id, message_id, position, role, name, address) SELECT brand_id, "
        "$3, 7, 'cc', name, address FROM message_address WHERE brand_id = $1 AND message_id = $2 LIMIT 1");
    db_bind_int(q, 1, w.ines.brand);
    db_bind_int(q, 2, m->message);
    db_bind_int(q, 3, m->message + 0);
    return db_done(q);
}

static void settle_all(void) {
    run_jobs();
    kit.now += 2 * HOUR_MS;
    run_jobs();
}

/* The others' conversation stands, with their letter; ours says when it was. */
static void what_stands(const struct person *p, int64_t v) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation other;
    struct store_child k;
    struct store_forgotten done_row;
    message_list said;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, v, &other));
    assert_str(other.customer_name, "Other");
    assert_ok(store_message_list(c, kit.a, w.ines.brand, v, 0, 10, &said));
    assert_int_equal(said.n, 2);
    assert_str(said.v[0].text, "About my order.");
    assert_int_equal(said.v[1].text.n + said.v[1].from_address.n, 0);
    assert_ok(store_child_get(c, kit.a, w.ines.brand, p->v, &k));
    assert_true(k.forgotten_at > 0);
    assert_ok(store_forgotten_get(c, kit.a, w.ines.brand, p->customer, &done_row));
    assert_true(done_row.at > 0 && done_row.agent_id == w.ines.agent && !done_row.settled_at);
    assert_int_equal(done_row.conversations, 2);
    db_read_end(c);
    c = NULL;
}

static void test_nothing_is_left(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    struct person p = appear("Zyxquorra");
    int64_t letter = 0, v = elsewhere(&p, "Zyxquorra", &letter);
    struct moving m = {letter, v};
    assert_ok(db_write(kit.db, move_message, &m));
    settle_all();
    assert_true(hits("zyxquorr") > 0);

    struct forget_plan plan;
    assert_int_equal(forget_person_plan(&kit.d, kit.a, w.ines.brand, S("nobody@post.example"), &plan),
                     ERR_MISSING);
    assert_int_equal(forget_person_plan(&kit.d, kit.a, w.ines.brand, S("nobody"), &plan), ERR_INVALID);
    assert_ok(forget_person_plan(&kit.d, kit.a, w.ines.brand, S("ZYXQUORRA@zyxquorraburg.example"), &plan));
    assert_int_equal(plan.customer.id, p.customer);
    assert_int_equal(plan.count.letters, 1);
    assert_int_equal(plan.count.replies, 1);
    assert_int_equal(plan.count.notes, 1);
    assert_int_equal(plan.count.gestures, 1);
    assert_int_equal(plan.count.boxes, 1);
    assert_int_equal(plan.count.elsewhere, 1);
    assert_true(plan.count.drafts == 1 && plan.count.files == 3);
    /* 2027 and ten years: gone with 2037. */
    struct local_time t;
    zone_local(NULL, plan.keep_until, &t);
    assert_int_equal(t.year, 2037);
    assert_int_equal(t.month, 12);
    assert_int_equal(t.day, 31);

    /* Twice, and by its right name. */
    assert_int_equal(forget_person(&kit.d, kit.a, &w.ines, p.customer, S(""), &plan), ERR_INVALID);
    assert_int_equal(forget_person(&kit.d, kit.a, &w.ines, p.customer, S("yes"), &plan), ERR_INVALID);
    assert_int_equal(forget_person(&kit.d, kit.a, &w.ines, 4711, p.address, &plan), ERR_MISSING);
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, S("zyxquorra"), &plan));
    settle_all();
    kit.now += 11 * (int64_t)MINUTE_MS;
    run_jobs();
    assert_ok(heart_save(&kit.d));
    assert_int_equal(hits("zyxquorr"), 0);

    near *replies, *letters;
    assert_ok(heart_replies(&kit.d, w.ines.brand, &replies));
    assert_ok(heart_letters(&kit.d, w.ines.brand, &letters));
    assert_false(near_has(replies, p.reply));
    assert_false(near_has(letters, p.message));
    assert_false(near_has(letters, letter));

    what_stands(&p, v);
    /* Nothing new may be written where nothing would delete it. */
    int64_t id;
    assert_int_equal(conversation_note(&kit.d, kit.a, &w.ines, p.v, S("Zyxquorra!"), &id), ERR_CONFLICT);
}

/* Costs and dates stay until their day. */
static void test_bookkeeping(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Wumbelto");
    struct forget_plan plan;
    struct box_act act = {.box = p.box, .seen_version = -1};
    struct box_done made;
    store_gesture_list gestures;
    struct store_box box;
    (void)act, (void)made;
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("bookkeeping_years"), S("3")));
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    settle_all();
    assert_ok(gesture_list_of(&kit.d, kit.a, w.ines.brand, p.v, &gestures));
    assert_int_equal(gestures.n, 1);
    assert_int_equal(gestures.v[0].cost, 100);
    assert_int_equal(gestures.v[0].judgement.n, 0);
    assert_ok(box_get(&kit.d, kit.a, w.ines.brand, p.box, &box, NULL, NULL));
    assert_int_equal(box.state, BOX_CANCELLED);
    assert_int_equal(box.address.n + box.letter.n, 0);
    int64_t then = kit.now;
    kit.now = plan.keep_until + HOUR_MS;
    settle_all();
    assert_ok(gesture_list_of(&kit.d, kit.a, w.ines.brand, p.v, &gestures));
    assert_int_equal(gestures.n, 0);
    assert_int_equal(box_get(&kit.d, kit.a, w.ines.brand, p.box, &box, NULL, NULL), ERR_MISSING);
    kit.now = then;
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("bookkeeping_years"), S("")));
}

/* Worries hold it up; the same address in another brand is another customer's. */
static void test_who_else(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Ostraveen");
    struct forget_plan plan;
    struct store_brand second;
    int64_t worry, ignored, brand = w.ines.brand;
    assert_ok(worry_raise(&kit.d, kit.a, &w.tom, p.v, 0, S("They sound sad."), &worry));
    assert_int_equal(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan), ERR_CONFLICT);
    assert_ok(worry_close(&kit.d, kit.a, &w.ines, worry, S("Looked after."), &ignored));
    assert_ok(brand_create(&kit.d, kit.a, S("Harbour Books"), S("UTC"), S("en"), &second));
    struct inbox_form form = {.address = S("books@tidewatch.example"), .silent_after_hours = -1};
    struct store_inbox inbox, first = w.done.inbox;
    assert_ok(inbox_create(&kit.d, kit.a, second.id, &form, &inbox));
    w.ines.brand = second.id;
    w.done.inbox = inbox;
    int64_t other_message,
        other = letter_of((struct sample){"Ostraveen", str_cstr(kit.a, p.address), "A book of theirs.", 0},
                          &other_message);
    int64_t other_customer = customer_of(second.id, p.address);
    w.ines.brand = brand;
    w.done.inbox = first;
    assert_true(other > 0 && other_customer && other_customer != p.customer);
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    settle_all();
    assert_int_equal(customer_of(brand, p.address), 0);
    assert_int_equal(customer_of(second.id, p.address), other_customer);
    struct message m;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, second.id, other_message, &m));
    assert_str(m.text, "A book of theirs.");
    assert_int_equal(store_customer_get(c, kit.a, second.id, p.customer, &plan.customer), ERR_MISSING);
    db_read_end(c);
    c = NULL;
    assert_int_equal(
        forget_person(&kit.d, kit.a, &(struct actor){.brand = second.id}, p.customer, p.address, &plan),
        ERR_MISSING);
}

/* Copies made before are named as long as they are there; an export made afterwards has nothing. */
static void test_copies(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Brimlovac");
    struct export_report r;
    struct forget_plan plan;
    /* Beside the data folder, as hits looks through that. */
    char folder[] = "/tmp/longhand-copy-XXXXXX";
    assert_non_null(mkdtemp(folder));
    str before = str_fmt(kit.a, "%s/before", folder), after = str_fmt(kit.a, "%s/after", folder);
    assert_ok(export_out(&kit.d, before, NULL, NULL, &r));
    assert_true(r.letters > 0 && r.files > 0 && !r.damaged);
    assert_ok(copy_made(&kit.d, S("backup"), S("/nonexistent/desk.backup")));
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    assert_int_equal(plan.copies.n, 1);
    assert_str(plan.copies.v[0].kind, "export");
    assert_str(plan.copies.v[0].path, str_cstr(kit.a, before));
    settle_all();
    assert_ok(export_out(&kit.d, after, NULL, NULL, &r));
    sought = "brimlova";
    found = 0;
    assert_int_equal(nftw(str_cstr(kit.a, before), seek, 16, FTW_PHYS), 0);
    assert_true(found > 3);
    found = 0;
    assert_int_equal(nftw(str_cstr(kit.a, after), seek, 16, FTW_PHYS), 0);
    assert_int_equal(found, 0);
    assert_int_equal(hits("brimlova"), 0);
    assert_int_equal(nftw(folder, kit_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* What was forgotten does not come back with the same file; a new letter is a new customer. */
static void test_comes_not_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    str path = str_fmt(kit.a, "%s/back.mbox", kit.folder);
    assert_ok(
        file_write(kit.a, path,
                   S("From x Thu Jan  1 00:00:00 2009\nFrom: Ellgrimso <ellgrimso@post.example>\nMessage-ID: "
                     "<e1@post.example>\n\nHere I am.\n"),
                   0600));
    struct import_wish wish = {
        .to = {w.ines.brand, w.done.inbox.id}, .path = path, .program = S("/proc/self/exe")};
    struct import_report r;
    struct forget_plan plan;
    assert_ok(import_run(&kit.d, &wish, NULL, NULL, &r));
    assert_int_equal(r.kept, 1);
    int64_t customer = customer_of(w.ines.brand, S("ellgrimso@post.example"));
    assert_true(customer > 0);
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, customer, S("Ellgrimso"), &plan));
    assert_int_equal(plan.keep_until, 0);
    assert_ok(import_run(&kit.d, &wish, NULL, NULL, &r));
    assert_int_equal(r.kept, 0);
    assert_int_equal(r.known, 1);
    assert_ok(file_remove(kit.a, path));
    settle_all();
    assert_int_equal(hits("ellgrims"), 0);
    int64_t v =
        letter_of((struct sample){"Ellgrimso", "ellgrimso@post.example", "I am here again.", 0}, NULL);
    assert_true(v > 0);
    assert_true(customer_of(w.ines.brand, S("ellgrimso@post.example")) != customer);
}

/* ---- conversations that were merged ---- */

static err run_now(db_conn *c, void *arg) { return db_exec(c, arg); }

static void sql_now(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void sql_now(const char *fmt, ...) {
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    assert_in_range(n, 1, sizeof text - 1);
    assert_ok(db_write(kit.db, run_now, str_cstr(kit.a, str_z(text))));
}

static struct conversation look_at(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, id, &v));
    return v;
}

static int64_t merge_into(int64_t from, int64_t into) {
    struct merge_done done_now;
    struct merge_wish wish = {.from = from,
                              .into = into,
                              .seen_from = -1,
                              .seen_into = -1,
                              .customers = {look_at(from).customer_id, look_at(into).customer_id}};
    assert_ok(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done_now, NULL));
    return done_now.operation;
}

static bool says_so(str s, const char *words) { return str_find(s, str_z(words), 0) != SIZE_MAX; }

static void refuses(const struct person *p, err code, const char *words) {
    struct forget_plan plan;
    assert_ok(forget_person_plan(&kit.d, kit.a, w.ines.brand, p->address, &plan));
    if (!says_so(plan.against, words)) fail_msg("no \"%s\" in \"%.*s\"", words, STR_FMT(plan.against));
    assert_int_equal(forget_person(&kit.d, kit.a, &w.ines, p->customer, p->address, &plan), code);
    if (!strstr(err_text(), words)) fail_msg("no \"%s\" in \"%s\"", words, err_text());
}

static int64_t other_letter(const char *name) {
    return letter_of((struct sample){name, str_cstr(kit.a, kit_email("other")), "About my order.", 0}, NULL);
}

/* All messages of a conversation that stand in another one now and came from it. */
static void split_off(const struct person *p, int64_t from) {
    message_list all;
    int64_t ids[16];
    size_t n = 0;
    struct merge_done done_now;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_list(c, kit.a, w.ines.brand, from, 0, 16, &all));
    }
    for (size_t i = 0; i < all.n; i++)
        if (!str_eq(all.v[i].from_name, S("Other"))) ids[n++] = all.v[i].id;
    assert_int_equal(n, 3);
    struct split_wish wish = {.conversation = from, .seen_version = -1, .messages = ids, .n = n};
    assert_ok(merge_split(&kit.d, kit.a, &w.ines, &wish, &done_now));
    assert_int_equal(look_at(done_now.conversation).customer_id, p->customer);
}

/* Nobody merges these with somebody else's letters by hand: they are put there. */
static void ties_to(const struct person *p, int64_t v) {
    static const char *const tables[] = {"box", "gesture"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        sql_now("UPDATE %s SET conversation_id = %lld WHERE brand_id = %lld AND customer_id = %lld",
                tables[i], (long long)v, (long long)w.ines.brand, (long long)p->customer);
}

static void came_along(int64_t operation, const char *sort, int64_t id) {
    sql_now("INSERT INTO merge_row VALUES (%lld, %lld, '%s', %lld, 0)", (long long)w.ines.brand,
            (long long)operation, sort, (long long)id);
}

static void hang_more(const struct person *p, int64_t v, int64_t operation) {
    long long b = w.ines.brand, agent = w.ines.agent, now = kit.now, ask = id_new(kit.now);
    const int64_t at[] = {p->v, v};
    for (size_t i = 0; i < 2; i++)
        sql_now(
            "INSERT INTO child VALUES (%lld, %lld, 'set', %lld, %lld, 0, 'Yavvorimel', 'Yavvorimel Lane', "
            "'NO', 0, 0, 0, 2)",
            b, (long long)at[i], agent, now);
    sql_now(
        "INSERT INTO promise VALUES (%lld, %lld, %lld, %lld, 0, 'ours', 'A shell for Yavvorimel', 20270201, "
        "%lld, %lld, 0, 0, 'open', '', 0, 0, 1, %lld, %lld, 0, 0)",
        b, (long long)id_new(kit.now), (long long)v, (long long)p->customer, now + 9, now + 9, agent, now);
    sql_now("INSERT INTO child_ask VALUES (%lld, %lld, %lld, %lld, 'mum@yavvorimel.example', %s, 'sent', '', "
            "%lld, %lld, 0, 0)",
            b, ask, (long long)v, agent, kit.postgres ? "'\\x01'" : "x'01'", now, now + DAY_MS);
    came_along(operation, "child_ask", ask);
}

/* What of theirs was merged into somebody else's cannot be told from the rest: refused, and nothing is
 * deleted. A promise, a gift and a box know whose they are; what came along with the merge is known by it. */
static void test_merged_into_somebody_elses(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Yavvorimel");
    int64_t v = other_letter("Other"), spare = other_letter("Spare"), worry, ignored;
    ties_to(&p, spare);
    int64_t operation = merge_into(p.v, v);
    ties_to(&p, v);
    hang_more(&p, v, operation);
    struct conversation from = look_at(p.v), to = look_at(v);
    assert_int_equal(from.customer_id, p.customer);
    assert_true(to.customer_id != p.customer);
    /* About their letter, which stands with somebody else now. */
    assert_ok(worry_raise(&kit.d, kit.a, &w.tom, v, p.message, S("They sound sad."), &worry));
    refuses(&p, ERR_CONFLICT, "worries");
    assert_ok(worry_close(&kit.d, kit.a, &w.ines, worry, S("Looked after."), &ignored));
    refuses(&p, ERR_CONFLICT, str_cstr(kit.a, str_fmt(kit.a, "Conversation %lld", (long long)from.number)));
    refuses(&p, ERR_CONFLICT, str_cstr(kit.a, str_fmt(kit.a, "conversation %lld", (long long)to.number)));
    assert_true(hits("yavvorimel") > 0);
    message_list all;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_list(c, kit.a, w.ines.brand, v, 0, 10, &all));
    }
    for (size_t i = 0; i < all.n; i++) assert_true(all.v[i].text.n > 0);

    split_off(&p, v);
    refuses(&p, ERR_CONFLICT, "draft");
    sql_now("DELETE FROM draft WHERE brand_id = %lld AND conversation_id = %lld", (long long)w.ines.brand,
            (long long)v);
    sql_now("DELETE FROM attachment WHERE brand_id = %lld AND conversation_id = %lld AND message_id = 0",
            (long long)w.ines.brand, (long long)v);
    struct forget_plan plan;
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    assert_int_equal(plan.count.boxes, 1);
    assert_int_equal(plan.count.gestures, 1);
    settle_all();
    kit.now += 11 * (int64_t)MINUTE_MS;
    run_jobs();
    assert_ok(heart_save(&kit.d));
    assert_int_equal(hits("yavvorimel"), 0);
    struct store_box box;
    assert_ok(box_get(&kit.d, kit.a, w.ines.brand, p.box, &box, NULL, NULL));
    assert_int_equal(box.state, BOX_CANCELLED);
    assert_int_equal(box.address.n + box.letter.n, 0);
    assert_str(look_at(v).customer_name, "Other");
    /* Their bookkeeping goes on its day, though another's conversation has it. */
    kit.now = plan.keep_until + HOUR_MS;
    settle_all();
    assert_int_equal(box_get(&kit.d, kit.a, w.ines.brand, p.box, &box, NULL, NULL), ERR_MISSING);
}

/* A merge that was undone, and one into another conversation of theirs, stand in nobody's way. */
static void test_merges_in_nobodys_way(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Quarrimosk");
    int64_t v = other_letter("Other"), spare = other_letter("Spare");
    struct merge_done undone;
    ties_to(&p, spare);
    assert_ok(merge_undo(&kit.d, kit.a, &w.ines, merge_into(p.v, v), &undone));
    ties_to(&p, p.v);
    int64_t own =
        letter_of((struct sample){"Quarrimosk", str_cstr(kit.a, p.address), "Another matter.", 0}, NULL);
    if (own != p.v) merge_into(p.v, own);
    struct forget_plan plan;
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    assert_int_equal(plan.against.n, 0);
    settle_all();
    kit.now += 11 * (int64_t)MINUTE_MS;
    run_jobs();
    assert_ok(heart_save(&kit.d));
    assert_int_equal(hits("quarrimosk"), 0);
}

/* A letter of theirs in conversations of others, which were merged: undoing does not bring its words back. */
static void test_undo_brings_nothing_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Hulderbrax");
    int64_t one =
        letter_of((struct sample){"Other", str_cstr(kit.a, kit_email("one")), "My order.", 0}, NULL);
    int64_t two =
        letter_of((struct sample){"Other", str_cstr(kit.a, kit_email("two")), "Mine, too.", 0}, NULL);
    int64_t letter;
    letter_of((struct sample){"Hulderbrax", str_cstr(kit.a, p.address), "Hulderbrax writes here, too.", 0},
              &letter);
    sql_now("UPDATE message SET conversation_id = %lld WHERE brand_id = %lld AND id = %lld", (long long)one,
            (long long)w.ines.brand, (long long)letter);
    sql_now("UPDATE conversation SET snippet = 'Hulderbrax writes here, too.', updated_at = %lld WHERE "
            "brand_id = %lld AND id = %lld",
            (long long)kit.now, (long long)w.ines.brand, (long long)one);
    int64_t operation = merge_into(one, two);
    assert_str(look_at(two).snippet, "Hulderbrax writes here, too.");
    struct forget_plan plan;
    struct merge_done undone;
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    assert_ok(merge_undo(&kit.d, kit.a, &w.ines, operation, &undone));
    assert_int_equal(look_at(one).snippet.n + look_at(two).snippet.n, 0);
    settle_all();
    kit.now += 11 * (int64_t)MINUTE_MS;
    run_jobs();
    assert_ok(heart_save(&kit.d));
    assert_int_equal(hits("hulderbrax"), 0);
}

/* ---- replies to others that go to them, too ---- */

static outbox_list rows_of(int64_t message) {
    outbox_list rows;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_message(c, kit.a, w.ines.brand, message, &rows));
    return rows;
}

static void test_reply_to_others_that_has_not_left(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 10 * (int64_t)DAY_MS;
    struct person p = appear("Tollivandra");
    int64_t v = other_letter("Other");
    struct reply_wish wish = {.conversation = v,
                              .seen_version = -1,
                              .to_line = kit_email("other"),
                              .cc_line = p.address,
                              .subject = S("Re: Your order"),
                              .text = S("Dear both, your order is under way since this morning. Yours, Ines"),
                              .override = S("a test")};
    struct reply_made made = {0}, again = {0};
    wish.leave_at = kit.now + 2 * (int64_t)DAY_MS;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    outbox_list rows = rows_of(made.message);
    assert_int_equal(rows.n, 2);
    refuses(&p, ERR_CONFLICT, "take it back first");
    for (size_t i = 0; i < 2; i++) assert_true(rows_of(made.message).v[i].recipient.n > 0);
    static const char *const undecided[] = {"ready", "limited", "stopped", "failed", "uncertain", "bounced"};
    for (size_t i = 0; i < sizeof undecided / sizeof *undecided; i++) {
        sql_now("UPDATE outbox SET state = '%s' WHERE brand_id = %lld AND message_id = %lld", undecided[i],
                (long long)w.ines.brand, (long long)made.message);
        refuses(&p, ERR_CONFLICT, "take it back first");
    }
    sql_now("UPDATE outbox SET state = 'dot_sent' WHERE brand_id = %lld AND message_id = %lld",
            (long long)w.ines.brand, (long long)made.message);
    refuses(&p, ERR_BUSY, "leaving");
    sql_now("UPDATE outbox SET state = 'held' WHERE brand_id = %lld AND message_id = %lld",
            (long long)w.ines.brand, (long long)made.message);
    int64_t ignored;
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, made.message, &ignored));
    sql_now("DELETE FROM draft WHERE brand_id = %lld AND conversation_id = %lld", (long long)w.ines.brand,
            (long long)v);

    /* One that left is blanked, and cannot be sent to nobody. */
    wish.leave_at = 0;
    wish.no_undo = true;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &again));
    kit.now += HOUR_MS;
    run_jobs();
    rows = rows_of(again.message);
    assert_int_equal(rows.n, 2);
    for (size_t i = 0; i < 2; i++) assert_int_equal(rows.v[i].state, OUTBOX_SENT);
    struct forget_plan plan;
    assert_ok(forget_person(&kit.d, kit.a, &w.ines, p.customer, p.address, &plan));
    rows = rows_of(again.message);
    size_t blank = !rows.v[0].recipient.n ? 0 : 1;
    assert_int_equal(rows.v[blank].recipient.n, 0);
    assert_true(rows.v[1 - blank].recipient.n > 0);
    sql_now("UPDATE outbox SET state = 'ready' WHERE brand_id = %lld AND id = %lld", (long long)w.ines.brand,
            (long long)rows.v[blank].id);
    sql_now("INSERT INTO job VALUES (%lld, 'send', %lld, %lld, 0, 0, 0, '', 0)", (long long)w.ines.brand,
            (long long)rows.v[blank].id, (long long)id_new(kit.now));
    run_jobs();
    rows = rows_of(again.message);
    assert_int_equal(rows.v[blank].state, OUTBOX_FAILED);
    assert_true(says_so(rows.v[blank].says, "not known any more"));
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "reader")) return reader_main();
    const struct CMUnitTest tests[] = {KIT_TEST(test_nothing_is_left),
                                       KIT_TEST(test_bookkeeping),
                                       KIT_TEST(test_who_else),
                                       KIT_TEST(test_copies),
                                       KIT_TEST(test_comes_not_back),
                                       KIT_TEST(test_merged_into_somebody_elses),
                                       KIT_TEST(test_merges_in_nobodys_way),
                                       KIT_TEST(test_undo_brings_nothing_back),
                                       KIT_TEST(test_reply_to_others_that_has_not_left)};
    return KIT_RUN(tests);
}
