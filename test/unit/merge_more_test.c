/* Letters that colleagues forward become their writers', and that is undone; what there is to merge with;
 * what is not the same matter. On both engines. */
#include "merge_kit.h"

#include "base/random.h"
#include "desk/box.h"
#include "desk/forget.h"
#include "desk/track.h"

static const char fwd[] =
    "Can somebody take this?\r\n\r\n---------- Forwarded message ---------\r\nFrom: Milo Ferreira "
    "<milo@writer.example>\r\nDate: Tue, 5 May 2026 at 20:42\r\nSubject: My boat\r\nTo: "
    "<ines@tidewatch.example>\r\n\r\nHello,\r\n\r\nthe boat sank.\r\n";

static int64_t forwards(const char *from, const char *subject, const char *text) {
    return comes((struct sample){.from = from, .subject = subject, .text = text});
}

static err take(int64_t letter, const char *name, const char *address, struct merge_done *ret) {
    struct forwarded_wish wish = {
        .message = letter, .seen_version = -1, .name = str_z(name), .address = str_z(address)};
    return forwarded_take(&kit.d, kit.a, &w.ines, &wish, ret);
}

static message_list said_in(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    message_list all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_list(c, kit.a, w.brand, conversation, 0, 100, &all));
    return all;
}

static void drop_jobs(void) {
    run_sql("DELETE FROM job WHERE brand_id = %lld AND kind IN ('listen', 'like')", (long long)w.brand);
}

static void test_a_forwarded_letter_is_its_writers(void **state) {
    WORLD;
    int64_t letter = forwards("Ines <ines@tidewatch.example>", "Fwd: My boat", fwd), id = place_of(letter);
    struct merge_done done, again;
    drop_jobs();
    struct kit_dump before = dump();
    kit.now += HOUR_MS;
    assert_ok(take(letter, "", "", &done));
    assert_int_equal(done.conversation, id);
    message_list all = said_in(id);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.v[0].kind, MESSAGE_NOTE);
    assert_int_equal(all.v[0].agent_id, w.ines.agent);
    const struct message *m = &all.v[1];
    assert_int_equal(m->kind, MESSAGE_LETTER);
    assert_str(m->from_address, "milo@writer.example");
    assert_str(m->from_name, "Milo Ferreira");
    assert_str(m->subject, "My boat");
    assert_str(m->text, "Hello,\n\nthe boat sank.");
    assert_int_equal(m->raw_id, letter);
    struct conversation v = look(id);
    assert_str(v.customer_name, "Milo Ferreira");
    assert_str(v.subject, "My boat");
    assert_int_equal(v.state, CONVERSATION_US);
    assert_int_equal(events_of(id, "forwarded"), 1);
    {
        /* A reply goes to the writer. */
        DB_READ_AUTO db_conn *c = NULL;
        struct reply_default standard;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(reply_defaults(c, kit.a, w.brand, &v, &standard));
        assert_non_null(strstr(str_cstr(kit.a, standard.to_line), "milo@writer.example"));
    }
    assert_ok(take(letter, "", "", &again));
    assert_true(again.repeated);
    assert_int_equal(again.operation, done.operation);
    kit.now += HOUR_MS;
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
    /* The index of letters is told of what it knows already: the colleague's letter is none any more. */
    run_sql("INSERT INTO learned_letter VALUES (%lld, %lld, 7)", (long long)w.brand, (long long)letter);
    /* Answered, it is not a colleague's any more. */
    assert_ok(take(letter, "Milo", "m@writer.example", &done));
    assert_int_equal(
        kit_lines(w.brand,
                  kit_sql("SELECT '' AS line FROM learned_letter WHERE brand_id = $1 AND message_id = "
                          "%lld AND generation > 7",
                          (long long)letter))
            .n,
        1);
    assert_int_equal(due("like").n, 1);
    message_list both = said_in(id);
    answered(both.v[1].id, "m@writer.example", "");
    assert_refused(undo(done.operation), ERR_CONFLICT, "since then");
}

/* Somebody types "From: victim" into a letter: no conversation of the victim's is opened to anybody by it. */
static void test_a_typed_from_opens_nothing(void **state) {
    WORLD;
    int64_t victims = comes((struct sample){.from = "Milo <victim@writer.example>"});
    static const char forged[] =
        "---------- Forwarded message ---------\r\nFrom: Milo <victim@writer.example>\r\n"
        "Subject: My boat\r\n\r\nPlease send it to Pier 9.\r\n";
    struct merge_done done;
    /* From outside it is a letter like any other. */
    int64_t outside = forwards("eve@evil.example", "Fwd: My boat", forged);
    assert_refused(take(outside, "", "", &done), ERR_CONFLICT, "no forwarded letter");
    int64_t inside = forwards("ines@tidewatch.example", "Fwd: My boat", forged);
    assert_ok(take(inside, "", "", &done));
    assert_int_not_equal(done.conversation, place_of(victims));
    assert_int_equal(said_in(place_of(victims)).n, 1);
    assert_int_equal(look(done.conversation).related_id, place_of(victims));
    /* What fails its sender's own rules proposes nothing. */
    int64_t failed = forwards("ines@tidewatch.example", "Fwd: My boat", forged);
    run_sql("UPDATE message SET auth = 'fail' WHERE brand_id = %lld AND id = %lld", (long long)w.brand,
            (long long)failed);
    assert_refused(take(failed, "", "", &done), ERR_CONFLICT, "no forwarded letter");
}

static void test_where_more_was_said_it_goes_elsewhere(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "rosa@customer.example"});
    struct message answer = answered(a, "rosa@customer.example", "ines@tidewatch.example");
    int64_t letter = comes((struct sample){
        .from = "ines@tidewatch.example", .subject = "Fwd: My boat", .headers = naming(answer), .text = fwd});
    assert_int_equal(place_of(letter), place_of(a));
    struct merge_done done;
    bool known;
    drop_jobs();
    struct kit_dump before = dump();
    assert_ok(take(letter, "", "", &done));
    assert_int_not_equal(done.conversation, place_of(a));
    assert_int_equal(place_of(letter), done.conversation);
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_conversation_knows(c, w.brand, place_of(a), S("milo@writer.example"), &known));
        assert_false(known);
    }
    assert_int_equal(look(place_of(a)).state, CONVERSATION_THEM);
    assert_int_equal(look(done.conversation).state, CONVERSATION_US);
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
}

static void test_whose_letter_it_is_must_be_said(void **state) {
    WORLD;
    static const char nameless[] = "---------- Forwarded message ---------\r\nFrom: Milo\r\nDate: Monday\r\n"
                                   "Subject: My boat\r\n\r\nHello\r\n";
    int64_t letter = forwards("ines@tidewatch.example", "Fwd: My boat", nameless);
    struct merge_done done;
    assert_refused(take(letter, "", "", &done), ERR_INVALID, "names no address");
    assert_refused(take(letter, "", "nobody", &done), ERR_INVALID, "of the form");
    assert_refused(take(letter, "", "Letters@Tidewatch.example", &done), ERR_INVALID, "address of ours");
    assert_ok(take(letter, "", "Milo@Writer.example", &done));
    assert_str(said_in(done.conversation).v[1].from_address, "milo@writer.example");
    /* By one of us to one of us: the writer stands deeper. */
    str twice =
        str_fmt(kit.a,
                "-------- Forwarded message --------\r\nFrom: Help <help@tidewatch.example>\r\nSubject: "
                "Fwd: My boat\r\n\r\n%s",
                fwd);
    letter = forwards("ines@tidewatch.example", "Fwd: Fwd: My boat", str_cstr(kit.a, twice));
    assert_ok(take(letter, "", "", &done));
    assert_str(said_in(done.conversation).v[1].from_name, "Milo Ferreira");
    /* A plain letter of a colleague holds none, and neither does an answer that quotes. */
    letter = forwards("ines@tidewatch.example", "Lunch", "Who comes along?");
    assert_refused(take(letter, "", "", &done), ERR_CONFLICT, "no forwarded letter");
    letter = forwards(
        "ines@tidewatch.example", "Re: My boat",
        "Yes.\r\n\r\nFrom: Milo <milo@writer.example>\r\nSent: Monday\r\nSubject: My boat\r\n\r\nHello");
    assert_refused(take(letter, "", "", &done), ERR_CONFLICT, "no forwarded letter");
}

static void test_a_letter_as_a_file(void **state) {
    WORLD;
    static const char raw[] = "From: Ines <ines@tidewatch.example>\r\nTo: "
                              "letters@tidewatch.example\r\nSubject: Fwd: shells\r\nMessage-ID: "
                              "<file.1@tidewatch.example>\r\nMIME-Version: 1.0\r\nContent-Type: "
                              "multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                              "Content-Type: text/plain\r\n\r\nsee attached\r\n--b\r\nContent-Type: "
                              "message/rfc822\r\nContent-Disposition: "
                              "attachment; filename=letter.eml\r\n\r\nFrom: Noa Lind "
                              "<noa@writer.example>\r\nTo: help@x.example\r\nSubject: "
                              "Shells\r\nMessage-ID: <in@writer.example>\r\nContent-Type: "
                              "text/plain\r\n\r\nOne shell is broken.\r\n--b--\r\n";
    int64_t letter = comes((struct sample){.raw = raw, .mail_from = "ines@tidewatch.example"});
    struct merge_done done;
    drop_jobs();
    struct kit_dump before = dump();
    assert_ok(take(letter, "", "", &done));
    message_list all = said_in(done.conversation);
    assert_int_equal(all.n, 2);
    assert_str(all.v[1].from_address, "noa@writer.example");
    assert_str(all.v[1].subject, "Shells");
    assert_str(str_trim(all.v[1].text), "One shell is broken.");
    DB_READ_AUTO db_conn *c = NULL;
    attachment_list files;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_attachments_of_message(c, kit.a, w.brand, all.v[1].id, &files));
    assert_int_equal(files.n, 1);
    db_read_end(c);
    c = NULL;
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
}

/* ---- to choose from ---- */

static bool among(const conversation_list *rows, int64_t id) {
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].id == id) return true;
    return false;
}

static void test_what_there_is_to_merge_with(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "Sami <sami@customer.example>"}),
            b = comes((struct sample){.from = "Sami <sami@customer.example>"}),
            other = comes(
                (struct sample){.from = "tove@elsewhere.example", .text = "A zeppelin fell on my pier."});
    conversation_list rows;
    struct conversation v = look(place_of(other));
    assert_ok(merge_candidates(&kit.d, kit.a, w.brand, place_of(a), S(""), &rows));
    assert_int_equal(rows.n, 1);
    assert_true(among(&rows, place_of(b)));
    assert_ok(merge_candidates(&kit.d, kit.a, w.brand, place_of(a),
                               str_fmt(kit.a, " #%lld", (long long)v.number), &rows));
    assert_true(among(&rows, v.id));
    assert_ok(merge_candidates(&kit.d, kit.a, w.brand, place_of(a), S("zeppelin"), &rows));
    assert_int_equal(rows.n, 1);
    assert_true(among(&rows, v.id));
    assert_ok(merge_candidates(&kit.d, kit.a, w.brand, place_of(a), S("tove@elsewhere.example"), &rows));
    assert_true(among(&rows, v.id));
    assert_ok(merge_candidates(&kit.d, kit.a, w.brand, place_of(a), S("%_'"), &rows));
    assert_int_equal(rows.n, 0);
    /* A signpost's number finds what it leads to. */
    struct merge_done done;
    assert_ok(merge(place_of(other), place_of(b), true, &done));
    assert_ok(merge_candidates(&kit.d, kit.a, w.brand, place_of(a),
                               str_fmt(kit.a, "%lld", (long long)v.number), &rows));
    assert_true(among(&rows, place_of(b)));
    assert_false(among(&rows, v.id));
}

static void test_not_the_same_matter(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "una@customer.example"}),
            b = comes((struct sample){.from = "una@customer.example"});
    int64_t from = place_of(b), related = place_of(a);
    assert_int_equal(look(from).related_id, related);
    assert_ok(merge_not_related(&kit.d, kit.a, &w.ines, from, 4711));
    assert_int_equal(look(from).related_id, related);
    assert_ok(merge_not_related(&kit.d, kit.a, &w.ines, from, related));
    assert_int_equal(look(from).related_id, 0);
}

/* ---- at the edges of merging ---- */

static size_t keys_of(merge_sort sort, int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    merge_keys keys;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_merge_keys(c, kit.a, w.brand, sort, conversation, &keys));
    return keys.n;
}

static void test_private_pages_stay_private(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "vic@customer.example"}),
            b = comes((struct sample){.from = "wim@elsewhere.example"}),
            c = comes((struct sample){.from = "vic@customer.example"});
    struct merge_done done;
    str token, other;
    struct track_view v;
    assert_ok(track_make(&kit.d, kit.a, &w.ines, place_of(a), &token));
    assert_ok(track_make(&kit.d, kit.a, &w.ines, place_of(c), &other));
    int64_t from = place_of(a), into = place_of(b);
    assert_refused(merge(from, into, true, &done), ERR_CONFLICT, "private page");
    assert_refused(merge(into, from, true, &done), ERR_CONFLICT, "private page");
    /* One that has ended shows nothing, and does not come along. */
    run_sql("UPDATE track SET revoked_at = %lld WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)kit.now, (long long)w.brand, (long long)from);
    assert_ok(merge(from, into, true, &done));
    assert_int_equal(keys_of(SORT_TRACK, into), 0);
    assert_ok(undo(done.operation));
    run_sql("UPDATE track SET revoked_at = 0 WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)w.brand, (long long)from);
    /* Of the same person it leads on. */
    assert_ok(merge(from, place_of(c), false, &done));
    assert_ok(track_open(&kit.d, kit.a, token, &v));
    assert_int_equal(v.conversation, place_of(c));
}

static void test_what_must_be_settled_first(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "xia@customer.example"}),
            b = comes((struct sample){.from = "xia@customer.example"});
    int64_t from = place_of(a), into = place_of(b), worry, closed;
    struct merge_done done;
    assert_ok(worry_raise(&kit.d, kit.a, &w.ines, from, 0, S("hm"), &worry));
    assert_ok(worry_raise(&kit.d, kit.a, &w.ines, into, 0, S("hm"), &closed));
    assert_refused(merge(from, into, false, &done), ERR_CONFLICT, "worries about both");
    assert_ok(worry_close(&kit.d, kit.a, &w.ines, closed, S("All is well."), &closed));
    run_sql("INSERT INTO missing_mail VALUES (%lld, %lld, 'h', 'en', 'due', %lld, %lld)", (long long)w.brand,
            (long long)from, (long long)kit.now, (long long)kit.now);
    assert_refused(merge(from, into, false, &done), ERR_CONFLICT, "about to leave");
    run_sql("UPDATE missing_mail SET state = 'sent' WHERE brand_id = %lld", (long long)w.brand);
    assert_ok(merge(from, into, false, &done));
    assert_int_equal(keys_of(SORT_WORRY, into), 2);
}

/* Where a grown-up was asked in both, one link stays good, and undoing makes the other one good again. */
static void test_one_link_stays_good(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "zoe@customer.example"}),
            b = comes((struct sample){.from = "zoe@customer.example"});
    int64_t both[] = {place_of(a), place_of(b)};
    struct merge_done done;
    for (int i = 0; i < 2; i++) {
        assert_ok(child_set(&kit.d, kit.a, &w.ines, both[i], true, -1));
        run_sql("UPDATE child SET state = 'asked' WHERE brand_id = %lld AND conversation_id = %lld",
                (long long)w.brand, (long long)both[i]);
        run_sql("INSERT INTO child_ask VALUES (%lld, %lld, %lld, %lld, 'mum@customer.example', %s, 'sent', "
                "'', %lld, "
                "%lld, 0, 0)",
                (long long)w.brand, fresh_id(), (long long)both[i], (long long)w.ines.agent,
                kit.postgres ? "'\\x01'" : "x'01'", (long long)kit.now, (long long)(kit.now + DAY_MS));
    }
    struct kit_dump before = dump();
    kit.now += HOUR_MS;
    assert_ok(merge(both[0], both[1], false, &done));
    DB_READ_AUTO db_conn *c = NULL;
    store_ask_list asks;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_asks_of(c, kit.a, w.brand, both[1], &asks));
    assert_int_equal(asks.n, 2);
    assert_int_equal((asks.v[0].ended_at == 0) + (asks.v[1].ended_at == 0), 1);
    db_read_end(c);
    c = NULL;
    assert_ok(undo(done.operation));
    struct kit_dump after = dump();
    assert_same_dump(&before, &after);
}

/* What was put together can be put elsewhere only after it was taken apart. */
static void test_a_signpost_goes_nowhere_else(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "abe@customer.example"}),
            b = comes((struct sample){.from = "abe@customer.example"}),
            c = comes((struct sample){.from = "abe@customer.example"});
    int64_t from = place_of(a), into = place_of(b);
    struct merge_done done;
    assert_ok(merge(from, into, false, &done));
    assert_refused(merge(from, place_of(c), false, &done), ERR_CONFLICT, "merged into another");
    assert_refused(merge(place_of(c), from, false, &done), ERR_CONFLICT, "merged into another");
    assert_refused(merge_move(&kit.d, kit.a, &w.ines, from, w.other.id, -1, &done), ERR_CONFLICT,
                   "merged into another");
}

/* A letter that lay in the post: it waits since it came, on either side of a split. */
static void test_a_split_keeps_the_place(void **state) {
    WORLD;
    struct typed_letter l = {.channel = CHANNEL_PAPER,
                             .name = S("Bea"),
                             .text = S("The sails are torn."),
                             .came_at = kit.now - 3 * (int64_t)DAY_MS};
    int64_t id, letter, note;
    struct merge_done done;
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &id, &letter));
    assert_ok(conversation_note(&kit.d, kit.a, &w.ines, id, S("hm"), &note));
    assert_ok(split(id, &note, 1, &done));
    assert_int_equal(look(id).waiting_since, l.came_at);
    assert_int_equal(look(done.conversation).waiting_since, 0);
    assert_int_equal(look(done.conversation).state, CONVERSATION_THEM);
    assert_ok(undo(done.operation));
    assert_ok(split(id, &letter, 1, &done));
    assert_int_equal(look(done.conversation).waiting_since, l.came_at);
    assert_int_equal(look(done.conversation).state, CONVERSATION_US);
    assert_int_equal(look(id).state, CONVERSATION_THEM);
}

/* What was merged wrongly goes back to whose it was. */
static void test_a_split_is_its_writers(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "cat@customer.example"}),
            b = comes((struct sample){.from = "dov@elsewhere.example"});
    int64_t whose = look(place_of(b)).customer_id;
    struct merge_done done;
    assert_ok(merge(place_of(b), place_of(a), true, &done));
    assert_ok(split(place_of(a), &b, 1, &done));
    assert_int_equal(look(done.conversation).customer_id, whose);
}

/* A note that was begun never becomes part of a letter that goes out. */
static void test_a_note_stays_a_note(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "yan@customer.example"}),
            b = comes((struct sample){.from = "yan@customer.example"});
    int64_t from = place_of(a), into = place_of(b);
    struct merge_done done;
    struct draft draft;
    run_sql("INSERT INTO draft VALUES (%lld, %lld, %lld, 'note', '', '', '', '', 'Never say this', %lld)",
            (long long)w.brand, (long long)from, (long long)w.ines.agent, (long long)kit.now);
    run_sql("INSERT INTO draft VALUES (%lld, %lld, %lld, 'reply', '', '', '', '', 'Dear Yan', %lld)",
            (long long)w.brand, (long long)into, (long long)w.ines.agent, (long long)kit.now);
    assert_ok(merge(from, into, false, &done));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_draft_get(c, kit.a, w.brand, into, w.ines.agent, &draft));
    assert_int_equal(draft.kind, MESSAGE_NOTE);
    assert_str(draft.text, "Dear Yan\n\nNever say this");
    db_read_end(c);
    c = NULL;
    /* What was typed on since stays; the other one is where it was. */
    run_sql("UPDATE draft SET text = 'Dear Yan, more' WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)w.brand, (long long)into);
    assert_ok(undo(done.operation));
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_draft_get(c, kit.a, w.brand, into, w.ines.agent, &draft));
    assert_str(draft.text, "Dear Yan, more");
    assert_ok(store_draft_get(c, kit.a, w.brand, from, w.ines.agent, &draft));
    assert_str(draft.text, "Never say this");
}

/* ---- what is one person's ---- */

static void hang(int64_t letter, merge_tie tie) {
    struct conversation v = conversation_of(letter);
    long long b = w.brand, c = v.id, u = v.customer_id, g = w.ines.agent, at = kit.now;
    str token;
    switch (tie) {
    case TIE_NONE: break;
    case TIE_TRACK: assert_ok(track_make(&kit.d, kit.a, &w.ines, v.id, &token)); break;
    case TIE_BOX:
        run_sql("INSERT INTO box (brand_id, id, number, conversation_id, customer_id, address, country, "
                "language, letter, message_id, agent_id, state, carrier, tracking, due_day, promise_id, "
                "follow_at, created_at, updated_at, packed_at, sent_at, settled_at, version, key_hash, "
                "body_hash) VALUES (%lld, %lld, %lld, %lld, %lld, 'Quay 1', 'DE', 'en', 'Dear', 0, %lld, "
                "'to_pick', '', '', 0, 0, 0, %lld, %lld, 0, 0, 0, 1, '', '')",
                b, fresh_id(), fresh_id(), c, u, g, at, at);
        break;
    case TIE_PROMISE:
        run_sql("INSERT INTO promise VALUES (%lld, %lld, %lld, %lld, 0, 'ours', 'A keeper', 20270201, %lld, "
                "%lld, 0, 0, 'open', '', 0, 0, 1, %lld, %lld, 0, 0)",
                b, fresh_id(), c, u, at + 9, at + 9, g, at);
        break;
    case TIE_GESTURE:
        run_sql(
            "INSERT INTO gesture VALUES (%lld, %lld, %lld, %lld, %lld, 'extra', 'other', '', '', 'Shell', "
            "1, 5, 'EUR', 0, 202701, 'kind', 'k%lld', 'b', %lld)",
            b, fresh_id(), c, u, g, fresh_id(), at);
        break;
    }
}

static void settle(int64_t conversation, merge_tie tie) {
    static const char *const sql[] = {
        [TIE_NONE] = "UPDATE worry SET closed_at = 1 WHERE brand_id = %lld AND conversation_id = %lld",
        [TIE_TRACK] = "UPDATE track SET revoked_at = 1 WHERE brand_id = %lld AND conversation_id = %lld",
        [TIE_BOX] = "UPDATE box SET state = 'cancelled' WHERE brand_id = %lld AND conversation_id = %lld",
        [TIE_PROMISE] = "UPDATE promise SET state = 'kept' WHERE brand_id = %lld AND conversation_id = %lld",
        [TIE_GESTURE] = "INSERT INTO gesture_step SELECT brand_id, id, 1, 'withdrawn', agent_id, '', at FROM "
                        "gesture WHERE brand_id = %lld AND conversation_id = %lld",
    };
    assert_ok(db_write(kit.db, kit_exec,
                       (void *)(intptr_t)kit_sql(sql[tie], (long long)w.brand, (long long)conversation)));
}

static void test_strangers_share_nothing(void **state) {
    WORLD;
    static const char *const words[] = {[TIE_TRACK] = "a private page works",
                                        [TIE_BOX] = "there is a box",
                                        [TIE_PROMISE] = "a promise is open",
                                        [TIE_GESTURE] = "there is a gesture"};
    struct merge_done done;
    for (int tie = TIE_TRACK; tie <= TIE_GESTURE; tie++) {
        int64_t a = comes((struct sample){.from = str_cstr(kit.a, kit_email("one"))}),
                b = comes((struct sample){.from = str_cstr(kit.a, kit_email("other"))});
        int64_t from = place_of(a), into = place_of(b);
        hang(a, (merge_tie)tie);
        assert_refused(merge(from, into, true, &done), ERR_CONFLICT, words[tie]);
        assert_refused(merge(into, from, true, &done), ERR_CONFLICT, words[tie]);
        assert_int_equal(place_of(a), from);
        settle(from, (merge_tie)tie);
        assert_ok(merge(into, from, true, &done));
    }
    int64_t a = comes((struct sample){.from = "ulla@customer.example"}),
            b = comes((struct sample){.from = "veit@elsewhere.example"}),
            c = comes((struct sample){.from = "ulla@customer.example"});
    int64_t from = place_of(a), into = place_of(b), own = place_of(c), worry;
    assert_ok(child_set(&kit.d, kit.a, &w.ines, from, true, -1));
    assert_refused(merge(into, from, true, &done), ERR_CONFLICT, "a child wrote");
    assert_refused(merge(from, into, true, &done), ERR_CONFLICT, "a child wrote");
    assert_ok(child_set(&kit.d, kit.a, &w.ines, from, false, -1));
    assert_ok(worry_raise(&kit.d, kit.a, &w.ines, from, 0, S("hm"), &worry));
    assert_refused(merge(into, from, true, &done), ERR_CONFLICT, "somebody worries");
    settle(from, TIE_NONE);
    assert_ok(merge(into, from, true, &done));
    /* Nor by a detour: that one holds the stranger's letter, too. */
    hang(c, TIE_BOX);
    assert_refused(merge(own, from, false, &done), ERR_CONFLICT, "there is a box");
    assert_refused(merge(from, own, false, &done), ERR_CONFLICT, "there is a box");
    settle(own, TIE_BOX);
    assert_ok(merge(own, from, false, &done));
}

struct grown_up {
    int64_t conversation;
    bool decline;
};

static err grown_up_says(db_conn *c, void *arg) {
    const struct grown_up *g = arg;
    if (g->decline) return box_cancel_all_in(c, kit.a, &w.ines, g->conversation, S("No."), kit.now);
    return box_address_in(c, kit.a, &w.ines, g->conversation, S("Harbour Lane 1"), S("NL"), kit.now);
}

/* Whatever brings a box, a promise or a letter of somebody else there. */
static void test_a_word_is_for_one_customer(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "Wanda <wanda@customer.example>"}),
            b = comes((struct sample){.from = "Xaver <xaver@elsewhere.example>"});
    int64_t id = place_of(a), other = place_of(b);
    hang(a, TIE_BOX);
    hang(b, TIE_BOX);
    hang(b, TIE_PROMISE);
    run_sql("UPDATE box SET conversation_id = %lld WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)id, (long long)w.brand, (long long)other);
    run_sql("UPDATE promise SET conversation_id = %lld WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)id, (long long)w.brand, (long long)other);
    run_sql("UPDATE message SET conversation_id = %lld WHERE brand_id = %lld AND conversation_id = %lld",
            (long long)id, (long long)w.brand, (long long)other);
    int64_t first = a < b ? a : b, customer = look(id).customer_id;
    if (first == a) /* the stranger's letter comes first */
        run_sql("UPDATE message SET from_name = 'Xaver', from_address = 'xaver@elsewhere.example' WHERE "
                "brand_id = %lld AND id = %lld",
                (long long)w.brand, (long long)a);
    if (first == a)
        run_sql("UPDATE message SET from_name = 'Wanda', from_address = 'wanda@customer.example' WHERE "
                "brand_id = %lld AND id = %lld",
                (long long)w.brand, (long long)b);
    str token;
    struct track_view v;
    assert_ok(track_make(&kit.d, kit.a, &w.ines, id, &token));
    assert_ok(track_open(&kit.d, kit.a, token, &v));
    assert_int_equal(v.boxes.n, 1);
    assert_int_equal(v.boxes.v[0].box.customer_id, customer);
    assert_int_equal(v.promised_day, 0);
    assert_str(v.first_name, "Wanda");
    struct grown_up g = {.conversation = id};
    assert_ok(db_write(kit.db, grown_up_says, &g));
    g.decline = true;
    assert_ok(db_write(kit.db, grown_up_says, &g));
    store_box_list boxes;
    assert_ok(box_of_conversation(&kit.d, kit.a, w.brand, id, &boxes, NULL));
    assert_int_equal(boxes.n, 2);
    for (size_t i = 0; i < boxes.n; i++) {
        bool own = boxes.v[i].customer_id == customer;
        assert_str(boxes.v[i].address, own ? "Harbour Lane 1" : "Quay 1");
        assert_int_equal(boxes.v[i].state, own ? BOX_CANCELLED : BOX_TO_PICK);
    }
}

/* ---- everything of a child's goes ---- */

struct asked {
    int64_t conversation;
    str token;
};

static err put_ask(db_conn *c, void *arg) {
    const struct asked *x = arg;
    struct store_child k;
    TRY(store_child_get(c, kit.a, w.brand, x->conversation, &k));
    k.state = CHILD_ASKED;
    TRY(store_child_put(c, w.brand, &k));
    struct store_ask row = {.brand_id = w.brand,
                            .id = fresh_id(),
                            .conversation_id = x->conversation,
                            .agent_id = w.ines.agent,
                            .email = S("mum@customer.example"),
                            .hash = token_hash(kit.a, x->token),
                            .state = S("sent"),
                            .created_at = kit.now,
                            .expires_at = kit.now + DAY_MS};
    return store_ask_insert(c, &row);
}

/* A link as a grown-up has it. */
static str asks(int64_t conversation) {
    struct asked x = {conversation, token_new(kit.a)};
    assert_ok(child_set(&kit.d, kit.a, &w.ines, conversation, true, -1));
    assert_ok(db_write(kit.db, put_ask, &x));
    return x.token;
}

static void says(str token, bool decline, child_link_state was) {
    struct child_answer x = {.name = S("Mum"),
                             .address = S("Harbour Lane 1\n1234 Port"),
                             .country = S("NL"),
                             .keep_memory = true,
                             .decline = decline};
    struct child_link l;
    if (decline) x = (struct child_answer){.decline = true};
    assert_ok(child_link_answer(&kit.d, kit.a, token, &x, &l));
    assert_int_equal(l.state, was);
}

static void forget_all(void) {
    kit.now += 1000;
    job_list jobs = due("forget");
    for (size_t i = 0; i < jobs.n; i++) assert_ok(forget_run(&kit.d, kit.a, &jobs.v[i]));
}

static struct store_child child_in(int64_t conversation) {
    struct store_child k;
    assert_ok(child_get(&kit.d, kit.a, w.brand, conversation, &k));
    return k;
}

/* Three letters of one person in one conversation. */
static int64_t three(const char *from, int64_t letters[3]) {
    letters[0] = comes((struct sample){.from = from, .text = "Secret one."});
    struct message m = answered(letters[0], from, "");
    letters[1] = comes((struct sample){.from = from, .headers = naming(m), .text = "Secret two."});
    letters[2] = comes((struct sample){.from = from, .headers = naming(m), .text = "Secret three."});
    assert_int_equal(place_of(letters[2]), place_of(letters[0]));
    return place_of(letters[0]);
}

static void test_parts_are_deleted_too(void **state) {
    WORLD;
    for (int from_part = 0; from_part < 2; from_part++) {
        const char *who = from_part ? "lou@customer.example" : "kai@customer.example";
        int64_t l[3], id = three(who, l);
        struct merge_done done, further, joined;
        str token = asks(id), later;
        assert_ok(split(id, l + 1, 2, &done));
        assert_ok(split(done.conversation, l + 2, 1, &further));
        later = asks(done.conversation);
        /* And what a part was merged into. */
        int64_t other = comes((struct sample){.from = who, .text = "Secret four."});
        assert_ok(merge(further.conversation, place_of(other), false, &joined));
        says(from_part ? later : token, true, CHILD_LINK_GOOD);
        /* The other link must not turn it round. */
        says(from_part ? token : later, false, CHILD_LINK_ENDED);
        forget_all();
        const int64_t all[] = {l[0], l[1], l[2], other};
        for (size_t i = 0; i < 4; i++) {
            assert_str(message_of(all[i]).text, "");
            assert_int_not_equal(child_in(place_of(all[i])).forgotten_at, 0);
            assert_int_equal(child_in(place_of(all[i])).state, CHILD_DECLINED);
        }
        assert_refused(undo(done.operation), ERR_CONFLICT, "cannot be undone");
    }
}

static void test_what_is_of_no_child_stays(void **state) {
    WORLD;
    int64_t l[3], id = three("max@customer.example", l);
    struct merge_done done, back;
    str token = asks(id);
    assert_ok(split(id, l + 1, 1, &done));
    assert_ok(split(id, l + 2, 1, &back));
    assert_ok(child_set(&kit.d, kit.a, &w.ines, done.conversation, false, -1));
    assert_ok(undo(back.operation));
    says(token, true, CHILD_LINK_GOOD);
    forget_all();
    assert_str(message_of(l[0]).text, "");
    assert_str(message_of(l[2]).text, "");
    assert_str(message_of(l[1]).text, "Secret two.");
    assert_int_equal(child_in(done.conversation).forget_at, 0);
}

static void test_a_taken_back_word_takes_parts_along(void **state) {
    WORLD;
    int64_t l[3], id = three("nia@customer.example", l);
    struct merge_done done;
    says(asks(id), false, CHILD_LINK_GOOD);
    assert_ok(split(id, l + 1, 1, &done));
    assert_int_equal(child_in(done.conversation).state, CHILD_CONFIRMED);
    assert_str(child_in(done.conversation).name, "Mum");
    kit.now += HOUR_MS;
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, done.conversation));
    assert_int_equal(child_in(id).forget_at, kit.now);
    assert_false(child_in(id).keep_memory);
    forget_all();
    assert_str(message_of(l[0]).text, "");
    assert_str(message_of(l[1]).text, "");
}

static void test_a_word_does_not_go_to_others(void **state) {
    WORLD;
    int64_t a = comes((struct sample){.from = "orla@customer.example"});
    struct message m = answered(a, "orla@customer.example", "paul@elsewhere.example");
    int64_t b = comes(
        (struct sample){.from = "Paul <paul@elsewhere.example>", .headers = naming(m), .text = "I am Paul."});
    int64_t id = place_of(a);
    struct merge_done done;
    assert_int_equal(place_of(b), id);
    /* Who writes of their own is somebody we know. */
    comes((struct sample){.from = "Paul <paul@elsewhere.example>"});
    says(asks(id), false, CHILD_LINK_GOOD);
    assert_ok(split(id, &b, 1, &done));
    assert_int_not_equal(look(done.conversation).customer_id, look(id).customer_id);
    struct store_child k = child_in(done.conversation);
    assert_int_equal(k.state, CHILD_SET);
    assert_str(k.name, "");
    assert_str(k.address, "");
    assert_false(k.keep_memory);
    /* What their own grown-up said, nobody else's takes back. */
    says(asks(done.conversation), false, CHILD_LINK_GOOD);
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, id));
    forget_all();
    assert_str(message_of(a).text, "");
    assert_str(message_of(b).text, "I am Paul.");
    assert_int_equal(child_in(done.conversation).state, CHILD_CONFIRMED);
}

/* ---- small things ---- */

static void test_reading_again_is_for_what_came(void **state) {
    WORLD;
    int64_t letter = forwards("Ines <ines@tidewatch.example>", "Fwd: My boat", fwd);
    struct merge_done done;
    assert_ok(take(letter, "", "", &done));
    message_list all = said_in(done.conversation);
    assert_refused(reading_again(&kit.d, kit.a, w.brand, w.ines.agent, all.v[1].id), ERR_CONFLICT,
                   "Read the colleague's letter again instead");
    assert_ok(undo(done.operation));
    assert_ok(reading_again(&kit.d, kit.a, w.brand, w.ines.agent, letter));
}

static void test_nothing_leads_to_what_is_gone(void **state) {
    WORLD;
    int64_t l[3], id = three("quin@customer.example", l);
    struct merge_done done;
    assert_ok(split(id, l + 1, 1, &done));
    kit.now += 1000;
    int64_t later = comes((struct sample){.from = "quin@customer.example"});
    run_sql("UPDATE conversation SET related_id = %lld WHERE brand_id = %lld AND id = %lld",
            (long long)done.conversation, (long long)w.brand, (long long)place_of(later));
    assert_ok(undo(done.operation));
    assert_int_equal(look(place_of(later)).related_id, 0);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_a_forwarded_letter_is_its_writers),
        KIT_TEST(test_a_typed_from_opens_nothing),
        KIT_TEST(test_where_more_was_said_it_goes_elsewhere),
        KIT_TEST(test_whose_letter_it_is_must_be_said),
        KIT_TEST(test_a_letter_as_a_file),
        KIT_TEST(test_what_there_is_to_merge_with),
        KIT_TEST(test_not_the_same_matter),
        KIT_TEST(test_private_pages_stay_private),
        KIT_TEST(test_what_must_be_settled_first),
        KIT_TEST(test_a_note_stays_a_note),
        KIT_TEST(test_one_link_stays_good),
        KIT_TEST(test_a_signpost_goes_nowhere_else),
        KIT_TEST(test_a_split_keeps_the_place),
        KIT_TEST(test_a_split_is_its_writers),
        KIT_TEST(test_strangers_share_nothing),
        KIT_TEST(test_a_word_is_for_one_customer),
        KIT_TEST(test_parts_are_deleted_too),
        KIT_TEST(test_what_is_of_no_child_stays),
        KIT_TEST(test_a_taken_back_word_takes_parts_along),
        KIT_TEST(test_a_word_does_not_go_to_others),
        KIT_TEST(test_reading_again_is_for_what_came),
        KIT_TEST(test_nothing_leads_to_what_is_gone),
    };
    int failed = KIT_RUN(tests);
    reader_free(w.reader);
    return failed;
}
