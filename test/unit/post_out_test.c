/* Replies that leave as posts: once, in order, and only while what they answer stands as it did; on both
 * engines. */
#include <stdarg.h>

#include "social_kit.h"

#include "store/job.h"

static int64_t mention(const char *id, const char *author) {
    net_one(net_post(id, author, "The crane is stuck."));
    net_round();
    return net_row(id).conversation_id;
}

static struct reply_wish wish_of(int64_t conversation, const char *text) {
    return (struct reply_wish){.conversation = conversation, .seen_version = -1, .text = str_z(text)};
}

static struct reply_wish wish_of_mail(int64_t conversation) {
    struct reply_wish wish = wish_of(conversation, "Dear Yara, we know the place.");
    wish.to_line = S("yara@home.example");
    wish.subject = S("Your crane");
    return wish;
}

static struct reply_made send_ok(struct reply_wish wish) {
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made));
    return made;
}

static err send_it(struct reply_wish wish) {
    struct reply_made made;
    return reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made);
}

static void leave(void) {
    kit.now += HOUR_MS;
    net_run("publish");
}

static outbox_list rows_of(int64_t message) {
    DB_READ_AUTO db_conn *c = NULL;
    outbox_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_message(c, kit.a, site.inbox.brand, message, &rows));
    return rows;
}

static store_post_out_list parts_of(int64_t message) {
    DB_READ_AUTO db_conn *c = NULL;
    store_post_out_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_posts_out_of_message(c, kit.a, site.inbox.brand, message, &rows));
    return rows;
}

static str long_text(int sentences) {
    str s = S("");
    for (int i = 0; i < sentences; i++)
        s = str_fmt(kit.a, "%.*sThis is sentence number %02d of the answer. ", STR_FMT(s), i);
    return s;
}

static void test_a_public_answer(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("a1", "mina");
    struct reply_made made = send_ok(wish_of(at, "Dear Mina, pull the red lever."));
    assert_int_equal(net.published, 0);
    assert_int_equal(net_message(made.message).channel, CHANNEL_BLUESKY);
    leave();
    assert_int_equal(net.published, 1);
    assert_str(net.out[0].text, "Dear Mina, pull the red lever.");
    assert_str(net.out[0].reply_to.id, "a1");
    assert_str(net.out[0].root.id, "a1");
    assert_int_equal(net.out[0].visibility, POST_PUBLIC);
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
    assert_int_equal(net_conversation(at).state, CONVERSATION_THEM);
    store_post_out_list parts = parts_of(made.message);
    assert_int_equal(parts.n, 1);
    assert_true(str_starts(parts.v[0].post_id, S("at://ours/")) && parts.v[0].url.n);
    /* What answers that joins, though it hangs on our post and not on theirs. */
    struct post p = net_post("a2", "mina", "It works!");
    p.reply_to = parts.v[0].post_id;
    p.root = S("elsewhere");
    net_one(p);
    net_round();
    assert_int_equal(net_row("a2").conversation_id, at);
    assert_int_equal(net_conversation(at).state, CONVERSATION_US);
    /* Somebody else who answers our post has a conversation of their own. */
    struct post other = net_post("a3", "otto", "Mine, too!");
    other.reply_to = parts.v[0].post_id;
    other.root = S("a1");
    net_one(other);
    net_round();
    assert_int_not_equal(net_row("a3").conversation_id, at);
    assert_int_equal(net_conversation(net_row("a3").conversation_id).related_id, at);
    int64_t known = mention("a4", "nora");
    other = net_post("a5", "nora", "Mine still!");
    other.reply_to = parts.v[0].post_id;
    net_one(other);
    net_round();
    assert_int_equal(net_row("a5").conversation_id, known);
}

static void test_a_thread_goes_in_order(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("t1", "tom");
    struct reply_made made = send_ok(wish_of(at, long_text(16).p));
    assert_int_equal(rows_of(made.message).n, 3);
    /* The second one fails for now: the third waits for it. */
    kit.now += HOUR_MS;
    net.publish_result = SOCIAL_LATER;
    net_run("publish");
    assert_int_equal(net.published, 0);
    leave();
    assert_int_equal(net.published, 3);
    store_post_out_list parts = parts_of(made.message);
    assert_str(net.out[0].reply_to.id, "t1");
    for (int i = 1; i < 3; i++) {
        assert_true(str_eq(net.out[i].reply_to.id, parts.v[i - 1].post_id));
        assert_str(net.out[i].root.id, "t1");
    }
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
    assert_int_equal(send_it(wish_of(at, long_text(90).p)), ERR_LIMIT);
}

static void test_an_answer_that_is_lost(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    net.find_result = SOCIAL_GONE;
    struct reply_made made = send_ok(wish_of(mention("l1", "lea"), "Dear Lea, it is on its way."));
    net.lost_answer = true;
    leave();
    /* It was looked up at once, and stands. */
    assert_int_equal(net.published, 1);
    assert_int_equal(net.found, 1);
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
    /* Lost, and the network does not say either: asked again, and never posted again. */
    made = send_ok(wish_of(mention("l2", "luc"), "Dear Luc, it is on its way."));
    net.lost_answer = true;
    net.find_result = SOCIAL_LATER;
    leave();
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_DOT_SENT);
    net.find_result = SOCIAL_GONE;
    leave();
    assert_int_equal(net.published, 2);
    assert_int_equal(net.tries, 2);
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
    /* It never says: a person decides, and sending again still looks first. */
    made = send_ok(wish_of(mention("l3", "lou"), "Dear Lou, it is on its way."));
    net.lost_answer = true;
    net.find_result = SOCIAL_LATER;
    for (int i = 0; i < 8; i++) leave();
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_UNCERTAIN);
    assert_int_equal(net_conversation(net_message(made.message).conversation_id).state, CONVERSATION_US);
    int64_t conversation;
    net.find_result = SOCIAL_GONE;
    assert_ok(outbox_retry(&kit.d, kit.a, &site.ines.actor, rows_of(made.message).v[0].id, &conversation));
    leave();
    assert_int_equal(net.published, 3);
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
}

static err die_after(db_conn *c, void *arg) {
    struct outbox row = *(struct outbox *)arg;
    row.state = OUTBOX_DOT_SENT;
    TRY(store_outbox_update(c, site.inbox.brand, &row));
    struct store_post_out part;
    TRY(store_post_out_get(c, kit.a, site.inbox.brand, row.id, &part));
    part.tried_at = kit.now;
    return store_post_out_update(c, site.inbox.brand, &part);
}

static void test_a_desk_that_dies_meanwhile(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    net.find_result = SOCIAL_GONE;
    struct reply_made made = send_ok(wish_of(mention("c1", "cleo"), "Dear Cleo, it is on its way."));
    struct outbox row = rows_of(made.message).v[0];
    assert_ok(db_write(kit.db, die_after, &row));
    leave();
    assert_int_equal(net.found, 1); /* looked for before it was posted */
    assert_int_equal(net.published, 1);
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
}

static void test_refused_and_given_up(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("r1", "rosa"), conversation;
    struct reply_made made = send_ok(wish_of(at, long_text(16).p));
    net.publish_result = SOCIAL_REFUSED;
    leave();
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_FAILED);
    assert_int_equal(net_message(made.message).state, MESSAGE_FAILED);
    assert_int_equal(net_conversation(at).state, CONVERSATION_US);
    leave();
    assert_int_equal(net.published, 0); /* no later part goes without the first */
    int64_t row = rows_of(made.message).v[0].id;
    assert_ok(outbox_settle(&kit.d, kit.a, &site.ines.actor, row, false, &conversation));
    outbox_list rows = rows_of(made.message);
    for (size_t i = 0; i < rows.n; i++) assert_int_equal(rows.v[i].state, OUTBOX_TAKEN_BACK);
    assert_int_equal(net_message(made.message).state, MESSAGE_FAILED);
}

static void test_what_it_answers_changed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("x1", "xara"), conversation;
    struct reply_made made = send_ok(wish_of(at, "Dear Xara, pull the red lever."));
    struct post edited = net_post("x1", "xara", "The crane is on fire.");
    edited.version = S("v2");
    edited.edited_at = kit.now;
    *list_add(kit.a, &net.now) = edited;
    leave();
    assert_int_equal(net.published, 0);
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_STOPPED);
    net_run("read");
    assert_str(net_message(net_row("x1").message_id).text, "The crane is on fire.");
    assert_int_equal(net_events(at, "post_edited"), 1);
    /* Read, and sent all the same. */
    assert_ok(outbox_retry(&kit.d, kit.a, &site.ines.actor, rows_of(made.message).v[0].id, &conversation));
    leave();
    assert_int_equal(net.published, 1);
    /* Deleted: nothing is posted, and a public answer cannot be written any more. */
    at = mention("x2", "xeno");
    made = send_ok(wish_of(at, "Dear Xeno, pull the red lever."));
    *list_add(kit.a, &net.now) = (struct post){.id = S("x2"), .deleted = true};
    leave();
    net_run("read");
    assert_int_equal(net.published, 1);
    assert_ok(reply_take_back(&kit.d, kit.a, &site.ines.actor, made.message, &conversation));
    struct reply_wish wish = wish_of(at, "Dear Xeno!");
    wish.way = REPLY_PUBLIC;
    assert_int_equal(send_it(wish), ERR_CONFLICT);
    assert_non_null(strstr(err_text(), "deleted"));
    wish.way = REPLY_PRIVATE;
    assert_int_equal(send_it(wish), ERR_NONE);
}

static void test_moving_to_private(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("p1", "pia");
    struct reply_wish wish = wish_of(at, "Dear Pia, where do you live?");
    wish.way = REPLY_PRIVATE;
    send_ok(wish);
    leave();
    assert_int_equal(net.out[0].visibility, POST_PRIVATE);
    assert_str(net.out[0].to_id, "at://did:plc:pia");
    assert_false(net.out[0].reply_to.id.n); /* for others nothing hangs on the public post */
    struct post back = net_post("p2", "pia", "At the harbour.");
    back.kind = POST_DIRECT;
    back.visibility = POST_PRIVATE;
    back.root = S("talk-77");
    net_one(back);
    net_round();
    assert_int_equal(net_row("p2").conversation_id, at);
    /* From now on the answer is private by itself, and a public one is refused. */
    wish.way = REPLY_PUBLIC;
    struct reply_made made = send_ok(wish_of(at, "Thank you!"));
    assert_str(parts_of(made.message).v[0].visibility, "direct");
    assert_str(parts_of(made.message).v[0].root, "talk-77");
    assert_int_equal(send_it(wish), ERR_CONFLICT);
    /* By mail: only where an address is known. */
    wish.way = REPLY_MAIL;
    wish.subject = S("Your crane");
    assert_int_equal(send_it(wish), ERR_INVALID);
    assert_ok(customer_add_address(&kit.d, kit.a, &site.ines.actor, net_conversation(at).customer_id,
                                   S("pia@home.example")));
    wish.to_line = S("pia@home.example");
    made = send_ok(wish);
    assert_int_equal(made.conversation, at);
    assert_int_equal(net_message(made.message).channel, CHANNEL_MAIL);
    assert_str(net_message(made.message).from_address, "letters@tidewatch.example");
    assert_str(rows_of(made.message).v[0].recipient, "pia@home.example");
}

/* What they answered by mail is not answered in public by itself, and a post of theirs elsewhere does not
 * join what is said by mail. */
static void test_a_mail_is_answered_by_mail(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("y1", "yara"), id;
    assert_ok(customer_add_address(&kit.d, kit.a, &site.ines.actor, net_conversation(at).customer_id,
                                   S("yara@home.example")));
    struct reply_wish wish = wish_of(at, "Dear Yara, where do you live?");
    wish.way = REPLY_MAIL;
    wish.to_line = S("yara@home.example");
    wish.subject = S("Your crane");
    struct reply_made made = send_ok(wish);
    /* One more word of ours goes the way of the last one. */
    wish.way = REPLY_AS_BEFORE;
    assert_int_equal(net_message(send_ok(wish).message).channel, CHANNEL_MAIL);
    struct intake_inbox to = {site.inbox.brand, net_conversation(site.conversation).inbox_id};
    str mail = str_fmt(kit.a,
                       "From: Yara <yara@home.example>\r\nTo: letters@tidewatch.example\r\nSubject: Re\r\n"
                       "Message-ID: <y2@home.example>\r\nIn-Reply-To: <%.*s>\r\n\r\nAt 3, Secret Lane.\r\n",
                       STR_FMT(net_message(made.message).rfc_id));
    assert_ok(
        intake_keep(&kit.d, kit.a, to, S("yara@home.example"), S("letters@tidewatch.example"), mail, &id));
    net_run("read");
    assert_int_equal(net_message(id).conversation_id, at);
    struct reply_made answer = send_ok(wish_of_mail(at));
    assert_int_equal(net_message(answer.message).channel, CHANNEL_MAIL);
    assert_int_equal(parts_of(answer.message).n, 0);
    int64_t back;
    assert_ok(reply_take_back(&kit.d, kit.a, &site.ines.actor, answer.message, &back));
    net_one(net_post("y3", "yara", "Does anybody have a spare crane?"));
    net_round();
    assert_int_not_equal(net_row("y3").conversation_id, at);
    /* When they speak in that thread again, the answer stands there, too. */
    struct post again = net_post("y4", "yara", "Got your mail!");
    again.root = again.reply_to = S("y1");
    net_one(again);
    net_round();
    assert_int_equal(net_row("y4").conversation_id, at);
    assert_str(parts_of(send_ok(wish_of(at, "Dear Yara, splendid.")).message).v[0].visibility, "public");
}

/* What every PNG begins and ends with, and between them where it was taken. */
#define PNG_HEAD "\x89PNG\r\n\x1a\n"
#define PNG_END "\0\0\0\0IEND\xAE\x42\x60\x82"
#define A_PNG S(PNG_HEAD "\0\0\0\4tEXthome0000" PNG_END)

static err put_picture(int64_t conversation, const char *type, str bytes, const char *alt, int64_t *ret_id) {
    assert_ok(draft_attach(&kit.d, kit.a, &site.ines.actor, conversation, S("crane.png"), str_z(type), bytes,
                           ret_id));
    return draft_describe(&kit.d, kit.a, &site.ines.actor, conversation, *ret_id, str_z(alt));
}

static void no_picture(int64_t conversation, const char *type, str bytes, const char *alt, const char *why) {
    int64_t id;
    assert_ok(put_picture(conversation, type, bytes, alt, &id));
    assert_int_equal(send_it(wish_of(conversation, "Look here.")), ERR_INVALID);
    if (!strstr(err_text(), why)) fail_msg("%s", err_text());
    assert_ok(draft_detach(&kit.d, kit.a, &site.ines.actor, id));
}

static void test_pictures(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("z1", "zoe"), id, other, conversation;
    char *large = arena_alloc(kit.a, 50001);
    memset(large, 'x', 50001);
    no_picture(at, "image/png", A_PNG, "", "Say in words");
    no_picture(at, "image/png", A_PNG, "thirty-one characters and more than that", "longer than 30");
    no_picture(at, "application/pdf", S("%PDF"), "a plan", "no picture");
    no_picture(at, "image/png", (str){large, 50001}, "a crane", "too large");
    assert_ok(put_picture(at, "image/png", A_PNG, "the red lever", &id));
    assert_int_equal(draft_describe(&kit.d, kit.a, &site.lena.actor, at, id, S("not mine")), ERR_MISSING);
    assert_int_equal(draft_describe(&kit.d, kit.a, &site.hugo.actor, at, id, S("not ours")), ERR_MISSING);
    assert_int_equal(draft_describe(&kit.d, kit.a, &site.ines.actor, at + 1, id, S("elsewhere")),
                     ERR_MISSING);
    assert_ok(put_picture(at, "image/png", A_PNG, "two", &other));
    no_picture(at, "image/png", A_PNG, "three", "at most 2");
    assert_ok(draft_detach(&kit.d, kit.a, &site.ines.actor, other));
    /* Taken back, it is there again with its words; and it leaves with the first part only. */
    struct reply_made made = send_ok(wish_of(at, long_text(10).p));
    assert_ok(reply_take_back(&kit.d, kit.a, &site.ines.actor, made.message, &conversation));
    made = send_ok(wish_of(at, long_text(10).p));
    leave();
    assert_int_equal(net.published, 2);
    assert_int_equal(net.out[0].nimages, 1);
    assert_int_equal(net.out[1].nimages, 0);
    assert_str(net.images[0].alt, "the red lever");
    assert_true(str_eq(net.images[0].bytes, S(PNG_HEAD PNG_END)));
    assert_int_equal(net_message(made.message).state, MESSAGE_SENT);
    /* One that cannot be read is not posted, since nobody knows what it tells. */
    at = mention("z2", "zora");
    assert_ok(put_picture(at, "image/png", S(PNG_HEAD "\0\0\1\0tEXt"), "torn", &id));
    made = send_ok(wish_of(at, "Look here."));
    leave();
    assert_int_equal(net.published, 2);
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_FAILED);
}

static void test_a_post_that_quotes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("g1", "gina");
    struct reply_wish wish = wish_of(at, long_text(10).p);
    wish.way = REPLY_QUOTE;
    struct reply_made made = send_ok(wish);
    leave();
    assert_int_equal(net.published, 2);
    assert_str(net.out[0].quote.id, "g1");
    assert_str(net.out[0].quote.version, "v1");
    assert_true(!net.out[0].reply_to.id.n && !net.out[0].root.id.n);
    store_post_out_list parts = parts_of(made.message);
    assert_true(!net.out[1].quote.id.n && str_eq(net.out[1].reply_to.id, parts.v[0].post_id));
    assert_true(str_eq(net.out[1].root.id, parts.v[0].post_id));
    /* Edited meanwhile: it is not shown below words that were written for others. */
    at = mention("g2", "gus");
    wish = wish_of(at, "Look at this!");
    wish.way = REPLY_QUOTE;
    made = send_ok(wish);
    struct post edited = net_post("g2", "gus", "Something else.");
    edited.version = S("v2");
    edited.edited_at = kit.now;
    *list_add(kit.a, &net.now) = edited;
    leave();
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_STOPPED);
    /* What was said to us alone is shown to nobody. */
    struct post whisper = net_post("g3", "gerd", "Psst");
    whisper.kind = POST_DIRECT;
    whisper.visibility = POST_PRIVATE;
    net_one(whisper);
    net_round();
    wish.conversation = net_row("g3").conversation_id;
    assert_int_equal(send_it(wish), ERR_CONFLICT);
}

static void test_taken_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("k1", "kim"), conversation;
    struct reply_made made = send_ok(wish_of(at, long_text(16).p));
    assert_ok(reply_take_back(&kit.d, kit.a, &site.ines.actor, made.message, &conversation));
    leave();
    assert_int_equal(net.published, 0);
    assert_int_equal(parts_of(made.message).n, 0);
    assert_int_equal(net_conversation(at).state, CONVERSATION_US);
    /* At a chosen time, and then now. */
    struct reply_wish wish = wish_of(at, "Dear Kim, pull the red lever.");
    wish.leave_at = kit.now + 5 * (int64_t)DAY_MS;
    made = send_ok(wish);
    leave();
    assert_int_equal(net.published, 0);
    assert_ok(reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, 0, -1, &conversation));
    leave();
    assert_int_equal(net.published, 1);
}

static void test_paused_and_removed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t at = mention("q1", "quin");
    struct reply_made made = send_ok(wish_of(at, "Dear Quin, pull the red lever."));
    assert_ok(channel_pause(&kit.d, kit.a, &site.ines.actor, net.channel, true));
    for (int i = 0; i < OUTBOX_ATTEMPTS_MAX + 2; i++) leave();
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_READY);
    assert_ok(channel_pause(&kit.d, kit.a, &site.ines.actor, net.channel, false));
    leave();
    assert_int_equal(net.published, 1);
    /* Removed while one waits: a person is told, and it waits for them. */
    int64_t left = mention("q2", "queenie");
    made = send_ok(wish_of(left, "Dear Queenie, pull the red lever."));
    assert_ok(channel_remove(&kit.d, kit.a, &site.ines.actor, net.channel));
    leave();
    assert_int_equal(rows_of(made.message).v[0].state, OUTBOX_FAILED);
    assert_int_equal(net_conversation(left).state, CONVERSATION_US);
    assert_int_equal(net.published, 1);
    assert_int_equal(send_it(wish_of(at, "One more thing.")), ERR_INVALID);
    struct reply_wish wish = wish_of(at, "One more thing.");
    wish.way = REPLY_PUBLIC;
    assert_int_equal(send_it(wish), ERR_MISSING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_a_public_answer),
        KIT_TEST(test_a_thread_goes_in_order),
        KIT_TEST(test_an_answer_that_is_lost),
        KIT_TEST(test_a_desk_that_dies_meanwhile),
        KIT_TEST(test_refused_and_given_up),
        KIT_TEST(test_what_it_answers_changed),
        KIT_TEST(test_moving_to_private),
        KIT_TEST(test_taken_back),
        KIT_TEST(test_paused_and_removed),
        KIT_TEST(test_a_mail_is_answered_by_mail),
        KIT_TEST(test_pictures),
        KIT_TEST(test_a_post_that_quotes),
    };
    int failed = cmocka_run_group_tests_name("sqlite", tests, kit_open_site, kit_close_site);
    const char *url = getenv("PG_URL");
    if (url && *url)
        failed |= cmocka_run_group_tests_name("postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
