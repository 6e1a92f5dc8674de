/* Conversations merged, split and moved, and all of it taken back row for row: whatever hangs on them,
 * whoever else is at it, in any order. On both engines. */
#include <pthread.h>

#include "merge_kit.h"

#include "desk/forget.h"

/* ---- merging ---- */

static int64_t letter_from(const char *from, const char *headers) {
    return comes((struct sample){.from = from, .headers = headers});
}

/* Two letters of one customer, in two conversations. */
static void two(const char *from, int64_t *ret_a, int64_t *ret_b) {
    *ret_a = letter_from(from, NULL);
    *ret_b = letter_from(from, NULL);
    assert_int_not_equal(place_of(*ret_a), place_of(*ret_b));
}

static void test_two_become_one(void **state) {
    WORLD;
    int64_t a, b;
    two("Ada <ada@customer.example>", &a, &b);
    struct message answer = answered(a, "ada@customer.example", "");
    int64_t later = letter_from("ada@customer.example", naming(answer));
    int64_t from = place_of(a), into = place_of(b);
    struct merge_done done, again;
    assert_ok(merge(from, into, false, &done));
    assert_int_equal(done.conversation, into);
    assert_false(done.repeated);
    assert_int_equal(place_of(a), into);
    assert_int_equal(place_of(later), into);
    struct conversation sign = look(from), v = look(into);
    assert_int_equal(sign.merged_into, into);
    assert_int_equal(sign.state, CONVERSATION_DONE);
    assert_int_equal(sign.closed_kind, CLOSED_MERGED);
    assert_int_equal(sign.waiting_since, 0);
    assert_int_equal(v.state, CONVERSATION_US);
    /* The letter to b came before the later one to a. */
    assert_int_equal(v.waiting_since, message_of(b).created_at);
    assert_int_equal(events_of(into, "merged"), 1);
    /* What answers a reply that stood in the other one joins. */
    int64_t joins = letter_from("ada@customer.example", naming(answer));
    assert_int_equal(place_of(joins), into);
    /* Whoever comes later finds it done, from both sides. */
    assert_ok(merge(from, into, false, &again));
    assert_true(again.repeated);
    assert_int_equal(again.operation, done.operation);
    assert_ok(merge(into, from, false, &again));
    assert_true(again.repeated);
    assert_int_equal(again.conversation, into);
}

static void test_reply_addresses_lead_on(void **state) {
    WORLD;
    choose("", true, false);
    int64_t a, b;
    two("Bo <bo@customer.example>", &a, &b);
    struct message answer = answered(a, "bo@customer.example", "");
    str bytes = raw_of(answer.raw_id).bytes;
    size_t at = str_find(bytes, S("\r\nReply-To: "), 0);
    assert_int_not_equal(at, SIZE_MAX);
    str line = str_trim(str_slice(bytes, at + 12, str_find(bytes, S("\r\n"), at + 12)));
    struct mime_address to;
    assert_true(address_parse(kit.a, str_copy(kit.a, line), &to));
    struct merge_done done;
    assert_ok(merge(place_of(a), place_of(b), false, &done));
    int64_t came = comes((struct sample){.from = "bo@customer.example", .rcpt = str_cstr(kit.a, to.address)});
    assert_int_equal(place_of(came), place_of(b));
    /* A chain of signposts leads to its end. */
    int64_t c = letter_from("bo@customer.example", NULL), end;
    assert_ok(merge(place_of(b), place_of(c), false, &done));
    DB_READ_AUTO db_conn *x = NULL;
    assert_ok(db_read_begin(kit.db, &x));
    struct merge_operation op;
    assert_ok(store_merge_get(x, kit.a, w.brand, done.operation, &op));
    assert_ok(merge_end_in(x, w.brand, op.from_id, &end));
    assert_int_equal(end, place_of(c));
}

static void test_strangers_need_both_names(void **state) {
    WORLD;
    int64_t a = letter_from("Cleo <cleo@customer.example>", NULL),
            b = letter_from("dan@elsewhere.example", NULL);
    struct merge_done done;
    struct merge_wish wish = {.from = place_of(a), .into = place_of(b), .seen_from = -1, .seen_into = -1};
    bool strangers = false;
    assert_refused(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, &strangers), ERR_CONFLICT,
                   "Cleo");
    assert_true(strangers);
    wish.customers[0] = look(place_of(a)).customer_id;
    assert_refused(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, &strangers), ERR_CONFLICT,
                   "dan@");
    wish.customers[1] = wish.customers[0];
    assert_refused(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, &strangers), ERR_CONFLICT,
                   "two customers");
    wish.customers[1] = look(place_of(b)).customer_id;
    assert_ok(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, &strangers));
    assert_int_equal(place_of(a), place_of(b));
}

static void test_a_lock_stays(void **state) {
    WORLD;
    int64_t a, b;
    struct merge_done done;
    bool locked;
    two("eli@customer.example", &a, &b);
    int64_t from = place_of(a), into = place_of(b);
    assert_ok(child_set(&kit.d, kit.a, &w.ines, from, true, -1));
    assert_ok(merge(from, into, false, &done));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(child_locked_in(c, kit.a, w.brand, into, &locked));
    assert_true(locked);
    db_read_end(c);
    c = NULL;
    /* What a grown-up wants deleted takes nothing else with it. */
    int64_t other = letter_from("eli@customer.example", NULL);
    run_sql("UPDATE child SET state = 'declined' WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)w.brand, (long long)into);
    assert_refused(merge(place_of(other), into, false, &done), ERR_CONFLICT, "grown-up wants");
}

static void test_nothing_is_written_into_a_signpost(void **state) {
    WORLD;
    int64_t a, b, note;
    struct merge_done done;
    two("fay@customer.example", &a, &b);
    int64_t from = place_of(a), into = place_of(b);
    struct conversation seen = look(from);
    assert_ok(merge(from, into, false, &done));
    assert_refused(conversation_note(&kit.d, kit.a, &w.ines, from, S("hm"), &note), ERR_CONFLICT,
                   "merged into");
    assert_refused(conversation_take(&kit.d, kit.a, &w.ines, from, true), ERR_CONFLICT, "merged into");
    assert_refused(conversation_reopen(&kit.d, kit.a, &w.ines, from), ERR_CONFLICT, "merged into");
    assert_refused(child_set(&kit.d, kit.a, &w.ines, from, true, -1), ERR_CONFLICT, "merged into");
    assert_refused(merge_open(&kit.d, w.brand, from), ERR_CONFLICT, "merged into");
    assert_ok(merge_open(&kit.d, w.brand, into));
    struct reply_wish wish = {.conversation = from,
                              .seen_version = seen.version,
                              .to_line = S("fay@customer.example"),
                              .text = S("Dear Fay, she is on her way."),
                              .override = S("a test")};
    struct reply_made made;
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_CONFLICT);
    wish.seen_version = -1;
    assert_refused(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_CONFLICT, "merged into");
    /* It is on no list, and in no history. */
    DB_READ_AUTO db_conn *c = NULL;
    conversation_list rows;
    assert_ok(db_read_begin(kit.db, &c));
    for (int view = VIEW_WAITING; view <= VIEW_JUNK; view++) {
        assert_ok(store_conversation_view(c, kit.a, w.brand, (conversation_view)view, w.ines.agent,
                                          (struct page_key){0}, 1000, &rows));
        for (size_t i = 0; i < rows.n; i++) assert_int_not_equal(rows.v[i].id, from);
    }
    assert_ok(store_conversation_of_customer(c, kit.a, w.brand, look(into).customer_id, 0, 100, &rows));
    assert_int_equal(rows.n, 1);
}

static void test_old_views_are_refused(void **state) {
    WORLD;
    int64_t a, b;
    struct merge_done done;
    two("gus@customer.example", &a, &b);
    struct conversation from = look(place_of(a)), into = look(place_of(b));
    struct merge_wish wish = {
        .from = from.id, .into = into.id, .seen_from = from.version, .seen_into = into.version - 1};
    assert_refused(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL), ERR_CONFLICT,
                   "after you opened");
    answered(a, "gus@customer.example", "");
    wish.seen_into = into.version;
    assert_refused(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL), ERR_CONFLICT,
                   "after you opened");
    wish.seen_from = look(from.id).version;
    assert_ok(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL));
    wish.into = wish.from;
    assert_refused(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL), ERR_INVALID, "itself");
    wish.into = 12345;
    assert_int_equal(merge_conversations(&kit.d, kit.a, &w.ines, &wish, &done, NULL), ERR_MISSING);
}

/* ---- exactly back ---- */

static void test_all_that_hangs_comes_back(void **state) {
    WORLD;
    int64_t a, b, note;
    struct merge_done done;
    two("hal@customer.example", &a, &b);
    long long defect = new_defect(), trial = new_trial();
    hang_all(a, true, defect, trial);
    hang_all(b, false, defect, trial);
    struct message answer = answered(a, "hal@customer.example", "aunt@customer.example");
    answered(b, "hal@customer.example", "");
    letter_from("hal@customer.example", naming(answer));
    int64_t from = place_of(a), into = place_of(b);
    assert_ok(conversation_note(&kit.d, kit.a, &w.ines, from, S("Careful"), &note));
    assert_ok(conversation_take(&kit.d, kit.a, &w.ines, from, true));
    /* The drafts went with the replies. */
    hang_all(a, false, new_defect(), trial);
    hang_all(b, false, new_defect(), trial);
    struct kit_dump before = dump();
    kit.now += HOUR_MS;
    assert_ok(merge(from, into, false, &done));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    for (int s = 0; s < MERGE_SORTS; s++) {
        merge_keys left;
        assert_ok(store_merge_keys(c, kit.a, w.brand, (merge_sort)s, from, &left));
        /* The case that says what another says, and the draft that stands below the other one. */
        size_t stay = s == SORT_DEFECT_CASE || s == SORT_DRAFT;
        if (left.n != stay) fail_msg("%zu of %s stayed", left.n, merge_sort_name((merge_sort)s));
    }
    struct draft draft;
    assert_ok(store_draft_get(c, kit.a, w.brand, into, w.ines.agent, &draft));
    assert_non_null(strstr(str_cstr(kit.a, draft.text), "\n\nDear"));
    db_read_end(c);
    c = NULL;
    kit.now += HOUR_MS;
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
    struct merge_done again;
    assert_ok(merge_undo(&kit.d, kit.a, &w.ines, done.operation, &again));
    assert_true(again.repeated);
}

static void test_what_happened_since_is_said(void **state) {
    WORLD;
    int64_t a, b, note;
    struct merge_done done;
    two("ida@customer.example", &a, &b);
    int64_t from = place_of(a), into = place_of(b);
    assert_ok(merge(from, into, false, &done));
    /* What stands in nobody's way stays. */
    assert_ok(conversation_take(&kit.d, kit.a, &w.ines, into, true));
    assert_ok(undo(done.operation));
    assert_int_equal(look(into).agent_id, w.ines.agent);
    assert_int_equal(look(from).agent_id, 0);
    assert_ok(merge(from, into, false, &done));
    assert_ok(conversation_note(&kit.d, kit.a, &w.ines, into, S("hm"), &note));
    assert_refused(undo(done.operation), ERR_CONFLICT, "a note came");
    int64_t c = letter_from("ida@customer.example", NULL);
    struct merge_done further;
    assert_ok(merge(into, place_of(c), false, &further));
    assert_refused(undo(done.operation), ERR_CONFLICT, "merged into another");
    assert_ok(undo(further.operation));
    assert_ok(merge(place_of(c), into, false, &further));
    assert_ok(conversation_close(&kit.d, kit.a, &w.ines, into, CLOSE_NONE_NEEDED, -1));
    assert_refused(undo(further.operation), ERR_CONFLICT, "closed or opened");
    assert_ok(conversation_reopen(&kit.d, kit.a, &w.ines, into));
    assert_ok(undo(further.operation));
    assert_int_equal(undo(987654), ERR_MISSING);
}

static void test_words_that_are_deleted_stay_deleted(void **state) {
    WORLD;
    int64_t a = letter_from("Jo <jo@customer.example>", NULL), b = letter_from("kit@elsewhere.example", NULL);
    struct merge_done done;
    long long defect = new_defect(), trial = new_trial();
    int64_t from = place_of(a), into = place_of(b);
    assert_ok(merge(from, into, true, &done));
    hang_all(b, false, defect, trial);
    /* What a page that was open left behind, and what was there before. */
    run_sql("INSERT INTO draft VALUES (%lld, %lld, %lld, 'reply', '', '', '', '', 'Dear Jo', %lld)",
            (long long)w.brand, (long long)from, (long long)w.ines.agent, (long long)kit.now);
    run_sql(
        "INSERT INTO defect_case VALUES (%lld, %lld, %lld, %lld, %lld, %lld, 0, 3, 'broken', 'fell down', "
        "'', 0, %lld, 20700, %lld, %lld, 0, 1)",
        (long long)w.brand, fresh_id(), defect, (long long)from, (long long)look(from).customer_id,
        (long long)a, (long long)kit.now, (long long)w.ines.agent, (long long)kit.now);
    run_sql("INSERT INTO acknowledgement VALUES (%lld, %lld, %lld, 'h', 'sent', %lld, %lld)",
            (long long)w.brand, (long long)from, (long long)a, (long long)kit.now, (long long)kit.now);
    assert_ok(child_set(&kit.d, kit.a, &w.ines, into, true, -1));
    kit.now += HOUR_MS;
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, into));
    job_list jobs = due("forget");
    for (size_t i = 0; i < jobs.n; i++) assert_ok(forget_run(&kit.d, kit.a, &jobs.v[i]));
    struct kit_dump d = dump();
    assert_int_equal(kit_lines(w.brand, kit_sql("SELECT '' AS line FROM acknowledgement WHERE brand_id = $1 "
                                                "AND conversation_id = %lld",
                                                (long long)from))
                         .n,
                     0);
    for (size_t t = 0; t < d.tables.n; t++)
        for (size_t i = 0; i < d.rows[t].n; i++) {
            static const char *const words[] = {"jo@customer", "Keeper Juno", "fell down", "Dear ",
                                                "name=Jo"};
            /* Other tests wrote the same. */
            bool ours = str_find(d.rows[t].v[i], str_fmt(kit.a, "=%lld ", (long long)from), 0) != SIZE_MAX ||
                        str_find(d.rows[t].v[i], str_fmt(kit.a, "=%lld ", (long long)into), 0) != SIZE_MAX ||
                        str_find(d.rows[t].v[i], S("jo@customer"), 0) != SIZE_MAX;
            for (size_t k = 0; k < 5 && ours; k++)
                if (str_find(d.rows[t].v[i], str_z(words[k]), 0) != SIZE_MAX)
                    fail_msg("%.*s: %.*s", STR_FMT(d.tables.v[t]), STR_FMT(d.rows[t].v[i]));
        }
    assert_refused(undo(done.operation), ERR_CONFLICT, "words were deleted");
}

/* ---- splitting ---- */

static void test_a_part_goes_its_own_way(void **state) {
    WORLD;
    int64_t a = letter_from("lea@customer.example", NULL);
    struct message answer = answered(a, "lea@customer.example", "mo@elsewhere.example");
    int64_t b = letter_from("Mo <mo@elsewhere.example>", naming(answer)),
            c = letter_from("lea@customer.example", naming(answer));
    int64_t from = place_of(a);
    assert_int_equal(place_of(b), from);
    long long defect = new_defect(), trial = new_trial();
    hang_all(b, true, defect, trial);
    struct kit_dump before = dump();
    struct merge_done done, again;
    kit.now += HOUR_MS;
    const int64_t chosen[] = {b, b};
    assert_ok(split(from, chosen, 2, &done));
    struct conversation fresh = look(done.conversation), old = look(from);
    assert_int_equal(place_of(b), fresh.id);
    assert_int_equal(place_of(c), from);
    assert_int_equal(fresh.waiting_since, message_of(b).created_at);
    assert_int_equal(old.waiting_since, message_of(c).created_at);
    assert_int_equal(fresh.related_id, from);
    assert_int_not_equal(fresh.customer_id, 0);
    DB_READ_AUTO db_conn *x = NULL;
    assert_ok(db_read_begin(kit.db, &x));
    bool locked;
    assert_ok(child_locked_in(x, kit.a, w.brand, fresh.id, &locked));
    assert_true(locked);
    static const struct {
        merge_sort sort;
        size_t n;
    } goes[] = {{SORT_PROMISE, 1},     {SORT_BOX, 1},   {SORT_OVERRIDE, 1},
                {SORT_DEFECT_CASE, 1}, {SORT_WORRY, 1}, {SORT_GESTURE, 0},
                {SORT_TRIAL_CASE, 0},  {SORT_DRAFT, 0}, {SORT_CHILD_ASK, 0}};
    for (size_t i = 0; i < sizeof goes / sizeof *goes; i++) {
        merge_keys keys;
        assert_ok(store_merge_keys(x, kit.a, w.brand, goes[i].sort, fresh.id, &keys));
        if (keys.n != goes[i].n) fail_msg("%zu of %s went", keys.n, merge_sort_name(goes[i].sort));
    }
    db_read_end(x);
    x = NULL;
    assert_ok(split(from, chosen, 1, &again));
    assert_true(again.repeated);
    assert_int_equal(again.conversation, fresh.id);
    kit.now += HOUR_MS;
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
}

static void test_what_cannot_be_split(void **state) {
    WORLD;
    int64_t a, b;
    struct merge_done done;
    two("nan@customer.example", &a, &b);
    int64_t from = place_of(a);
    assert_refused(split(from, NULL, 0, &done), ERR_INVALID, "at least one");
    assert_refused(split(from, &a, 1, &done), ERR_INVALID, "all the messages");
    assert_refused(split(from, &b, 1, &done), ERR_CONFLICT, "does not stand");
    int64_t gone = 4711;
    assert_refused(split(from, &gone, 1, &done), ERR_CONFLICT, "does not stand");
    answered(a, "nan@customer.example", "");
    assert_ok(split(from, &a, 1, &done));
    /* The letter was answered: nobody waits, neither here nor there. */
    assert_int_equal(look(from).state, CONVERSATION_THEM);
    assert_int_equal(look(done.conversation).state, CONVERSATION_THEM);
}

static void test_a_split_is_undone_with_what_was_begun(void **state) {
    WORLD;
    int64_t a = letter_from("ole@customer.example", NULL), note;
    struct merge_done done;
    struct message answer = answered(a, "ole@customer.example", "");
    int64_t b = letter_from("ole@customer.example", naming(answer));
    assert_ok(split(place_of(a), &b, 1, &done));
    run_sql("INSERT INTO draft VALUES (%lld, %lld, %lld, 'reply', '', '', '', '', 'Dear Ole', %lld)",
            (long long)w.brand, (long long)done.conversation, (long long)w.ines.agent, (long long)kit.now);
    assert_ok(undo(done.operation));
    DB_READ_AUTO db_conn *c = NULL;
    struct draft draft;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_draft_get(c, kit.a, w.brand, place_of(a), w.ines.agent, &draft));
    assert_str(draft.text, "Dear Ole");
    db_read_end(c);
    c = NULL;
    assert_ok(split(place_of(a), &b, 1, &done));
    assert_ok(conversation_note(&kit.d, kit.a, &w.ines, done.conversation, S("hm"), &note));
    assert_refused(undo(done.operation), ERR_CONFLICT, "a note came");
}

/* ---- moving ---- */

static void test_to_another_inbox(void **state) {
    WORLD;
    int64_t a = letter_from("pia@customer.example", NULL), id = place_of(a);
    struct merge_done done, again;
    struct kit_dump before = dump();
    assert_ok(merge_move(&kit.d, kit.a, &w.ines, id, w.other.id, look(id).version, &done));
    assert_int_equal(look(id).inbox_id, w.other.id);
    assert_ok(merge_move(&kit.d, kit.a, &w.ines, id, w.other.id, -1, &again));
    assert_true(again.repeated);
    assert_refused(merge_move(&kit.d, kit.a, &w.ines, id, 4711, -1, &again), ERR_INVALID, "To which inbox");
    assert_refused(merge_move(&kit.d, kit.a, &w.ines, id, w.inbox.id, 0, &again), ERR_CONFLICT,
                   "after you opened");
    assert_int_equal(events_of(id, "moved"), 1);
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
}

/* ---- at the same moment ---- */

struct racing {
    int64_t from, into;
    err result;
    int what;
};

static void *race(void *arg) {
    struct racing *r = arg;
    ARENA_AUTO arena *a = arena_new(0);
    if (r->what == 0) {
        struct merge_done done;
        struct merge_wish wish = {.from = r->from, .into = r->into, .seen_from = -1, .seen_into = -1};
        r->result = merge_conversations(&kit.d, a, &w.ines, &wish, &done, NULL);
    } else {
        struct reply_wish wish = {.conversation = r->from,
                                  .seen_version = -1,
                                  .to_line = S("race@customer.example"),
                                  .text = S("Dear you, the boat has left the harbour."),
                                  .override = S("a test"),
                                  .no_undo = true};
        struct reply_made made;
        r->result = reply_send(&kit.d, a, &w.ines, &wish, &made);
    }
    return NULL;
}

static size_t messages_in(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    merge_keys keys;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_merge_keys(c, kit.a, w.brand, SORT_MESSAGE, conversation, &keys));
    return keys.n;
}

static void test_two_people_at_once(void **state) {
    WORLD;
    enum { RACERS = 4, ROUNDS = 6 };
    for (int round = 0; round < ROUNDS; round++) {
        int64_t a, b;
        two("race@customer.example", &a, &b);
        int64_t one = place_of(a), other = place_of(b);
        pthread_t threads[RACERS];
        struct racing r[RACERS];
        size_t sent = 0;
        for (int i = 0; i < RACERS; i++) {
            r[i] = (struct racing){i % 2 ? one : other, i % 2 ? other : one, ERR_NONE, i == 3};
            assert_int_equal(pthread_create(&threads[i], NULL, race, &r[i]), 0);
        }
        /* And a letter is filed at the same moment. */
        struct conversation before = look(one);
        letter_from("race@customer.example", NULL);
        for (int i = 0; i < RACERS; i++) {
            pthread_join(threads[i], NULL);
            if (r[i].what == 0 && r[i].result) fail_msg("merge: %s", err_name(r[i].result));
            if (r[i].what && r[i].result && r[i].result != ERR_CONFLICT)
                fail_msg("send: %s", err_name(r[i].result));
            sent += r[i].what && !r[i].result;
        }
        assert_int_equal(place_of(a), place_of(b));
        assert_int_equal(messages_in(place_of(a)), 2 + sent);
        assert_int_equal(messages_in(place_of(a) == one ? other : one), 0);
        assert_int_equal(before.merged_into, before.merged_into ? other : 0);
    }
}

/* A reply that was on its way while its conversation was merged: what the server says reaches a person. */
static void test_a_failed_send_comes_back_where_it_stands(void **state) {
    WORLD;
    int64_t a, b;
    struct merge_done done;
    two("quy@customer.example", &a, &b);
    int64_t from = place_of(a), into = place_of(b);
    answered(b, "quy@customer.example", "");
    struct message m = answered(a, "quy@customer.example", "");
    assert_ok(merge(from, into, false, &done));
    assert_int_equal(look(into).state, CONVERSATION_THEM);
    outbox_list rows = outbox_of(m.id);
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.v[0].conversation_id, into);
}

/* ---- in any order ---- */

static uint32_t seed;
static uint32_t dice(uint32_t n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

typedef LIST(int64_t) ids;

static ids live(int64_t customer) {
    DB_READ_AUTO db_conn *c = NULL;
    conversation_list rows;
    ids all = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_of_customer(c, kit.a, w.brand, customer, 0, 1000, &rows));
    for (size_t i = 0; i < rows.n; i++) *list_add(kit.a, &all) = rows.v[i].id;
    return all;
}

static ids messages_of(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    merge_keys keys;
    ids all = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_merge_keys(c, kit.a, w.brand, SORT_MESSAGE, conversation, &keys));
    for (size_t i = 0; i < keys.n; i++) *list_add(kit.a, &all) = keys.v[i].id;
    return all;
}

/* One random merge, split or move; its id, or 0 when it was refused. */
static int64_t step(int64_t customer) {
    struct merge_done done = {0};
    ids all = live(customer);
    int64_t one = all.v[dice((uint32_t)all.n)], other = all.v[dice((uint32_t)all.n)];
    kit.now += 1000;
    err e = ERR_NONE;
    switch (dice(5)) {
    case 0:
    case 1:
        if (one == other) return 0;
        e = merge(one, other, false, &done);
        break;
    case 2:
    case 3: {
        ids m = messages_of(one);
        if (m.n < 2) return 0;
        int64_t chosen[2] = {m.v[dice((uint32_t)m.n)], m.v[dice((uint32_t)m.n)]};
        e = split(one, chosen, m.n > 2 ? 2 : 1, &done);
        break;
    }
    default: e = merge_move(&kit.d, kit.a, &w.ines, one, dice(2) ? w.other.id : w.inbox.id, -1, &done); break;
    }
    if (e && e != ERR_CONFLICT) fail_msg("%s: %s", err_name(e), err_text());
    return e || done.repeated ? 0 : done.operation;
}

static int64_t crowd(const char *from, bool child) {
    long long defect = new_defect(), trial = new_trial();
    int64_t letter = 0;
    for (int i = 0; i < 4; i++) {
        letter = letter_from(from, NULL);
        hang_all(letter, child && i == 1, i % 2 ? defect : new_defect(), trial);
        if (i == 3) continue;
        struct message m = answered(letter, str_cstr(kit.a, bare(from)), "");
        letter_from(from, naming(m));
    }
    return look(place_of(letter)).customer_id;
}

static void test_any_order_is_undone_backwards(void **state) {
    WORLD;
    for (int round = 0; round < 3; round++) {
        int64_t customer = crowd(str_cstr(kit.a, kit_email("back")), round > 0);
        seed = 4711u + (uint32_t)round;
        struct kit_dump before = dump();
        ids done = {0};
        for (int i = 0; i < 25; i++) {
            int64_t op = step(customer);
            if (op) *list_add(kit.a, &done) = op;
        }
        assert_true(done.n > 8);
        for (size_t i = done.n; i > 0; i--) {
            kit.now += 1000;
            assert_ok(undo(done.v[i - 1]));
        }
        struct kit_dump after = dump();
        assert_same_dump(&before, &after);
    }
}

/* Nothing is lost, nothing doubled, nothing hangs on a signpost, and no lock opens. */
static void test_a_storm(void **state) {
    WORLD;
    int64_t customer = crowd("storm@customer.example", true);
    ids first = live(customer), all = {0}, locked = {0}, operations = {0};
    for (size_t i = 0; i < first.n; i++) {
        DB_READ_AUTO db_conn *c = NULL;
        bool is;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(child_locked_in(c, kit.a, w.brand, first.v[i], &is));
        db_read_end(c);
        c = NULL;
        ids m = messages_of(first.v[i]);
        for (size_t k = 0; k < m.n; k++) {
            *list_add(kit.a, &all) = m.v[k];
            if (is) *list_add(kit.a, &locked) = m.v[k];
        }
    }
    assert_true(locked.n > 0);
    struct kit_dump before = dump();
    seed = 815;
    int undone = 0, refused = 0;
    for (int i = 0; i < 120; i++) {
        if (dice(3) == 0 && operations.n) {
            err e = undo(operations.v[dice((uint32_t)operations.n)]);
            if (e && e != ERR_CONFLICT) fail_msg("%s: %s", err_name(e), err_text());
            undone += !e;
            refused += e != 0;
        } else {
            int64_t op = step(customer);
            if (op) *list_add(kit.a, &operations) = op;
        }
        if (i % 10) continue;
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        for (size_t k = 0; k < all.n; k++) {
            struct message m;
            struct conversation v;
            assert_ok(store_message_get(c, kit.a, w.brand, all.v[k], &m));
            assert_ok(store_conversation_get(c, kit.a, w.brand, m.conversation_id, &v));
            assert_int_equal(v.merged_into, 0);
            if (v.state == CONVERSATION_US) assert_int_not_equal(v.waiting_since, 0);
        }
        for (size_t k = 0; k < locked.n; k++) {
            struct message m;
            bool is;
            assert_ok(store_message_get(c, kit.a, w.brand, locked.v[k], &m));
            assert_ok(child_locked_in(c, kit.a, w.brand, m.conversation_id, &is));
            assert_true(is);
        }
    }
    assert_true(undone > 3 && refused > 3);
    struct kit_dump after = dump();
    static const char *const kept[] = {"message",    "promise",  "gesture",   "box",   "defect_case",
                                       "trial_case", "override", "track",     "worry", "child_ask",
                                       "outbox",     "raw",      "attachment"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (dump_rows(&before, kept[i]) != dump_rows(&after, kept[i])) fail_msg("rows of %s", kept[i]);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_two_become_one),
        KIT_TEST(test_reply_addresses_lead_on),
        KIT_TEST(test_strangers_need_both_names),
        KIT_TEST(test_a_lock_stays),
        KIT_TEST(test_nothing_is_written_into_a_signpost),
        KIT_TEST(test_old_views_are_refused),
        KIT_TEST(test_all_that_hangs_comes_back),
        KIT_TEST(test_what_happened_since_is_said),
        KIT_TEST(test_words_that_are_deleted_stay_deleted),
        KIT_TEST(test_a_part_goes_its_own_way),
        KIT_TEST(test_what_cannot_be_split),
        KIT_TEST(test_a_split_is_undone_with_what_was_begun),
        KIT_TEST(test_to_another_inbox),
        KIT_TEST(test_two_people_at_once),
        KIT_TEST(test_a_failed_send_comes_back_where_it_stands),
        KIT_TEST(test_any_order_is_undone_backwards),
        KIT_TEST(test_a_storm),
    };
    int failed = KIT_RUN(tests);
    reader_free(w.reader);
    return failed;
}
