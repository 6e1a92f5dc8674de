/* Accounts on networks: what comes is kept and filed, what networks answer badly, and what is edited and
 * deleted; on both engines. */
#include <stdarg.h>

#include "social_kit.h"

#include "base/zone.h"
#include "desk/fans.h"
#include "desk/follower.h"
#include "desk/forget_person.h"
#include "desk/secret.h"

static void test_connecting(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct store_channel row = net_channel();
    assert_true(secret_is_sealed(row.secret));
    assert_str(row.account_id, str_cstr(kit.a, str_fmt(kit.a, "at://did:plc:%.*s", STR_FMT(row.account))));
    struct channel_form again = {.kind = S("bluesky"), .account = row.account, .password = S("x")};
    int64_t inbox;
    assert_int_equal(channel_add(&kit.d, kit.a, &site.ines.actor, &again, &inbox), ERR_CONFLICT);
    again.account = S("other.example");
    again.password = S("wrong");
    assert_int_equal(channel_add(&kit.d, kit.a, &site.ines.actor, &again, &inbox), ERR_DENIED);
    again.password = S("");
    assert_int_equal(channel_add(&kit.d, kit.a, &site.ines.actor, &again, &inbox), ERR_INVALID);
    again.kind = S("pigeon");
    assert_int_equal(channel_add(&kit.d, kit.a, &site.ines.actor, &again, &inbox), ERR_INVALID);
    /* Another account under this one's name is refused; the same with a new password is not. */
    struct channel_form other = {.account = S("other.example"), .password = S("y")};
    assert_int_equal(channel_reconnect(&kit.d, kit.a, &site.ines.actor, net.channel, &other), ERR_CONFLICT);
    other.account = S("");
    assert_ok(channel_reconnect(&kit.d, kit.a, &site.ines.actor, net.channel, &other));
    assert_false(str_eq(net_channel().secret, row.secret));
    /* The same account by a name that it took since: its posts would be kept twice. */
    net.known_as = str_cstr(kit.a, row.account);
    again = (struct channel_form){.kind = S("bluesky"), .account = S("renamed.example"), .password = S("x")};
    assert_int_equal(channel_add(&kit.d, kit.a, &site.ines.actor, &again, &inbox), ERR_CONFLICT);
    assert_ok(channel_reconnect(&kit.d, kit.a, &site.ines.actor, net.channel, &again));
    assert_str(net_channel().account, "renamed.example");
}

static str ask_consent(int64_t inbox, const char *account) {
    struct channel_form form = {.kind = S("bluesky"), .account = str_z(account)};
    str url;
    assert_ok(
        channel_consent_ask(&kit.d, kit.a, &site.ines.actor, site.ines.agent.account_id, inbox, &form, &url));
    size_t at = str_find(url, S("state="), 0);
    return str_slice(url, at + 6, url.n);
}

static err consent_by(const struct web_person *who, str state, const char *account, int64_t *ret_inbox) {
    int64_t brand;
    return channel_consent_done(&kit.d, kit.a, who->agent.account_id, state, str_z(account), &brand,
                                ret_inbox);
}

/* Consent counts for the person who asked, once, for a while, and while they may still ask. */
static void test_consent(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    int64_t inbox, again;
    str first = ask_consent(0, "consents.example"), asked = ask_consent(0, "consents.example");
    assert_int_equal(consent_by(&site.ines, first, "consents.example", &inbox), ERR_MISSING);
    assert_int_equal(consent_by(&site.ines, S("another"), "consents.example", &inbox), ERR_MISSING);
    assert_int_equal(consent_by(&site.ines, S(""), "consents.example", &inbox), ERR_MISSING);
    assert_int_equal(consent_by(&site.hugo, asked, "consents.example", &inbox), ERR_MISSING);
    assert_int_equal(consent_by(&site.lena, asked, "consents.example", &inbox), ERR_MISSING);
    assert_ok(db_write(kit.db, kit_exec, "UPDATE agent SET role = 'lead' WHERE role = 'administrator'"));
    assert_int_equal(consent_by(&site.ines, asked, "consents.example", &inbox), ERR_MISSING);
    char back[200];
    snprintf(back, sizeof back, "UPDATE agent SET role = 'administrator' WHERE account_id IN (%lld, %lld)",
             (long long)site.ines.agent.account_id, (long long)site.hugo.agent.account_id);
    assert_ok(db_write(kit.db, kit_exec, back));
    assert_ok(consent_by(&site.ines, asked, "consents.example", &inbox));
    assert_int_equal(consent_by(&site.ines, asked, "consents.example", &again), ERR_MISSING);
    /* Too late; and somebody else was signed in at the network than the account that it is for. */
    asked = ask_consent(inbox, "");
    kit.now += CHANNEL_CONSENT_MS + SECOND_MS;
    assert_int_equal(consent_by(&site.ines, asked, "consents.example", &again), ERR_CONFLICT);
    asked = ask_consent(inbox, "");
    assert_int_equal(consent_by(&site.ines, asked, "somebody.example", &again), ERR_CONFLICT);
    assert_ok(consent_by(&site.ines, asked, "consents.example", &again));
    assert_int_equal(again, inbox);
    /* The same account once more, asked for by another name. */
    asked = ask_consent(0, "consents-too.example");
    assert_int_equal(consent_by(&site.ines, asked, "consents.example", &again), ERR_CONFLICT);
    assert_ok(channel_remove(&kit.d, kit.a, &site.ines.actor, inbox));
    assert_int_equal(consent_by(&site.ines, asked, "consents.example", &again), ERR_CONFLICT);
    assert_non_null(strstr(err_text(), "as consents.example"));
    asked = ask_consent(0, "consents.example");
    assert_ok(consent_by(&site.ines, asked, "consents.example", &again));
    assert_int_equal(again, inbox);
    assert_ok(channel_remove(&kit.d, kit.a, &site.ines.actor, inbox));
}

static void test_a_mention_becomes_a_conversation(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct post p = net_post("m1", "mina", "The crane is stuck.");
    p.kind = POST_REPLY;
    p.spoiler = S("boats");
    p.created_at = kit.now + 400 * (int64_t)DAY_MS; /* a clock that is ahead, or a joke */
    *list_add(kit.a, &p.images) =
        (struct post_image){S("https://cdn.example/1.jpg"), S("a crane"), S("image/jpeg")};
    net_one(p);
    net_round();
    struct store_post row = net_row("m1");
    assert_true(row.message_id && row.followers == 40);
    assert_str(row.spoiler, "boats");
    struct message m = net_message(row.message_id);
    assert_str(m.text, "The crane is stuck.");
    assert_true(m.said_at <= kit.now);
    assert_str(m.from_name, "mina");
    assert_int_equal(m.channel, CHANNEL_BLUESKY);
    struct conversation v = net_conversation(m.conversation_id);
    assert_int_equal(v.channel, CHANNEL_BLUESKY);
    assert_int_equal(v.inbox_id, net.channel);
    assert_int_equal(v.state, CONVERSATION_US);
    post_image_list images;
    post_link_list links;
    post_extra_read(kit.a, row.extra, &images, &links);
    assert_int_equal(images.n, 1);
    assert_str(images.v[0].alt, "a crane");
    assert_int_equal(net_channel().state, CHANNEL_IS_WELL);
    assert_int_equal(net_channel().kept, 1);
    /* It comes again and again, and is kept once. */
    net.npages = 0;
    net_one(p);
    net_one(p);
    struct store_channel before = net_channel();
    net_round();
    assert_int_equal(net_channel().kept, before.kept);
}

static void test_threads(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct post first = net_post("t1", "tom", "One"), more = net_post("t2", "tom", "Two"),
                other = net_post("t3", "tess", "Me too");
    more.root = other.root = more.reply_to = other.reply_to = S("t1");
    net_one(first);
    net_one(more);
    net_one(other);
    net_round();
    int64_t at = net_row("t1").conversation_id;
    assert_int_equal(net_row("t2").conversation_id, at);
    assert_int_not_equal(net_row("t3").conversation_id, at);
    assert_int_equal(net_conversation(net_row("t3").conversation_id).related_id, at);
    /* Another person's name in the thread makes nobody a part of it. */
    assert_int_not_equal(net_conversation(at).customer_id,
                         net_conversation(net_row("t3").conversation_id).customer_id);
}

static void test_many_by_one_stand_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    enum { MANY = 150 };
    for (int page = 0; page < 3; page++) {
        struct post posts[MANY / 3];
        for (int i = 0; i < MANY / 3; i++)
            posts[i] = net_post(str_fmt(kit.a, "f%d-%d", page, i).p, "flood", "Answer me");
        net_page(posts, MANY / 3);
    }
    net_one(net_post("quiet", "vera", "My boat leaks"));
    net_round();
    int64_t at = net_row("f0-0").conversation_id;
    assert_int_equal(net_row("f2-49").conversation_id, at);
    assert_int_not_equal(net_row("quiet").conversation_id, at);
    /* A day later it is another matter, and so is a private word. */
    kit.now += 2 * DAY_MS;
    struct post whisper = net_post("fd", "flood", "Psst");
    whisper.visibility = POST_PRIVATE;
    whisper.kind = POST_DIRECT;
    whisper.root = S("talk-1");
    net_one(net_post("f-later", "flood", "Still"));
    net_one(whisper);
    net_round();
    assert_int_not_equal(net_row("f-later").conversation_id, at);
    assert_int_not_equal(net_row("fd").conversation_id, net_row("f-later").conversation_id);
}

/* A network that gives more than it was asked for: the cursor passes none of it by. */
static void test_a_page_that_is_too_long(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    enum { MORE = SOCIAL_FETCH_MAX + 20 };
    struct post posts[MORE];
    net_begin();
    for (int i = 0; i < MORE; i++) posts[i] = net_post(str_fmt(kit.a, "long%d", i).p, "lena", "Hello");
    net_page(posts, MORE);
    net_round();
    assert_int_equal(net_channel().kept, MORE);
    assert_true(net_row("long0").message_id && net_row(str_fmt(kit.a, "long%d", MORE - 1).p).message_id);
}

static int64_t followers_on(int64_t day) {
    DB_READ_AUTO db_conn *c = NULL;
    follower_list all = {0};
    int64_t n = -1;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_followers(c, kit.a, site.inbox.brand, day, &all));
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].day == day && str_eq(all.v[i].network, net_channel().address)) n = all.v[i].n;
    return n;
}

static void test_followers_are_asked_for_once_a_day(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const struct zone *zone;
    assert_ok(db_write(kit.db, kit_exec, "UPDATE brand SET zone = 'Pacific/Auckland'"));
    assert_ok(zone_load(S("Pacific/Auckland"), &zone));
    net_begin();
    net.followers = 0;
    /* Half an hour before midnight there. */
    kit.now += DAY_MS - (kit.now + 13 * HOUR_MS) % DAY_MS - 30 * MINUTE_MS;
    int64_t today = fans_day_of(zone, kit.now), tomorrow = fans_day_of(zone, kit.now + HOUR_MS);
    assert_int_not_equal(today, tomorrow);
    /* No answer: the round is well all the same, and it is not asked again at once. */
    net_round();
    net_round();
    assert_int_equal(net.asked, 1);
    assert_int_equal(net_channel().state, CHANNEL_IS_WELL);
    assert_int_equal(followers_on(today), -1);
    net.followers = 4711;
    kit.now += HOUR_MS;
    net_round();
    assert_int_equal(followers_on(tomorrow), 4711);
    for (int i = 0; i < 3; i++) {
        kit.now += 2 * HOUR_MS;
        net_round();
    }
    assert_int_equal(net.asked, 2);
    net.followers = 4720;
    kit.now += DAY_MS;
    net_round();
    assert_int_equal(net.asked, 3);
    assert_int_equal(followers_on(fans_day_of(zone, kit.now)), 4720);
    assert_int_equal(followers_on(tomorrow), 4711);
}

static void test_an_edit_keeps_what_was_said(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct post p = net_post("e1", "edda", "The crane is stuck");
    net_one(p);
    net_round();
    struct store_post was = net_row("e1");
    int64_t version = net_conversation(was.conversation_id).version;
    p.text = S("The crane is stuck, and so is the boat");
    p.version = S("v2");
    p.edited_at = kit.now;
    net_one(p);
    net_round();
    struct store_post is = net_row("e1");
    assert_int_equal(is.message_id, was.message_id);
    assert_str(net_message(is.message_id).text, "The crane is stuck, and so is the boat");
    assert_true(is.edited_at && net_conversation(is.conversation_id).version > version);
    assert_int_equal(net_events(is.conversation_id, "post_edited"), 1);
    {
        DB_READ_AUTO db_conn *c = NULL;
        store_post_before_list before;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_posts_before(c, kit.a, site.inbox.brand, is.message_id, &before));
        assert_int_equal(before.n, 1);
        assert_str(before.v[0].text, "The crane is stuck");
    }
    /* What was written to the words before is refused. */
    struct reply_made made;
    struct reply_wish wish = {.conversation = is.conversation_id,
                              .seen_version = version,
                              .text = S("Dear Edda, pull the red lever.")};
    assert_int_equal(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made), ERR_CONFLICT);
    /* The older state that comes late changes nothing. */
    p.text = S("The crane is stuck");
    p.version = S("v1");
    p.edited_at = 0;
    net_one(p);
    net_round();
    assert_str(net_row("e1").version, "v2");
}

static void test_a_deletion_takes_the_words(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct post p = net_post("d1", "dora", "Secretword in a post"), gone;
    net_one(p);
    net_round();
    struct store_post was = net_row("d1");
    /* Seen by asking how it stands. */
    gone = (struct post){.id = S("d1"), .deleted = true};
    *list_add(kit.a, &net.now) = gone;
    kit.now += HOUR_MS;
    net_round();
    struct store_post is = net_row("d1");
    assert_true(is.deleted_at && !is.spoiler.n);
    assert_str(net_message(was.message_id).text, "");
    struct conversation v = net_conversation(was.conversation_id);
    assert_int_equal(v.state, CONVERSATION_DONE);
    assert_int_equal(v.closed_reason, CLOSE_NONE_NEEDED);
    assert_int_equal(net_events(v.id, "post_deleted"), 1);
    DB_READ_AUTO db_conn *c = NULL;
    found_list found = {0};
    struct raw raw;
    str words[] = {S("secretword")};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_search(c, kit.a, site.inbox.brand, words, 1, false, 0, 10, &found));
    assert_int_equal(found.n, 0);
    if (!store_raw_get(c, kit.a, site.inbox.brand, was.message_id, &raw))
        assert_true(str_find(raw.bytes, S("Secretword"), 0) == SIZE_MAX);
    /* It comes back (an account that was shut for a while): from then on it is asked for again. */
    net.now.n = 0;
    net_one(p);
    net_round();
    assert_str(net_message(was.message_id).text, "Secretword in a post");
    assert_true(net_row("d1").look_at > kit.now);
    assert_int_equal(net_events(v.id, "post_back"), 1);
}

static void test_bad_answers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    net_round();
    /* 429 with a time: not before. */
    net_one(net_post("b1", "bea", "Hello"));
    net.reports[0].result = SOCIAL_LATER;
    net.retry_at = kit.now + 30 * MINUTE_MS;
    net_round();
    assert_int_equal(net_channel().state, CHANNEL_IS_WAITING);
    assert_int_equal(net_channel().next_at, net.retry_at);
    int n = net.fetched;
    net_round();
    assert_int_equal(net.fetched, n);
    /* 500 again and again: ever longer, and nothing is lost. */
    net.retry_at = 0;
    kit.now += HOUR_MS;
    net_round();
    struct store_channel row = net_channel();
    assert_int_equal(row.state, CHANNEL_IS_TROUBLE);
    assert_str(row.says, "the network's own words");
    assert_int_equal(row.failures, 2);
    for (int i = 0; i < 12; i++) {
        kit.now += HOUR_MS;
        net_round();
    }
    assert_true(net_channel().next_at - kit.now <= 30 * MINUTE_MS);
    net.reports[0].result = SOCIAL_DONE;
    kit.now += HOUR_MS;
    net_round();
    assert_true(net_row("b1").message_id);
    assert_int_equal(net_channel().failures, 0);
    /* A time beyond all bounds is not kept to. */
    net_one(net_post("b2", "bea", "Hello again"));
    net.reports[1].result = SOCIAL_LATER;
    net.retry_at = kit.now + 400 * (int64_t)DAY_MS;
    net_round();
    assert_true(net_channel().next_at <= kit.now + CHANNEL_WAIT_MAX_MS);
}

static void test_the_same_page_for_ever(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    net_one(net_post("s1", "sam", "Hello"));
    net.stuck = true;
    net_round();
    assert_int_equal(net.fetched, 1);
    assert_int_equal(net_channel().state, CHANNEL_IS_TROUBLE);
    assert_true(net_row("s1").message_id);
    /* A cursor that moves for ever ends the round, too. */
    net.stuck = false;
    net.npages = 0;
    for (int i = 0; i < NET_PAGES; i++) net_one(net_post(str_fmt(kit.a, "p%d", i).p, "sam", "Hello"));
    net.fetched = 0;
    kit.now += HOUR_MS;
    net_run("mentions");
    assert_true(net.fetched >= CHANNEL_PAGES_MAX);
    assert_true(net_channel().kept > 15);
    assert_true(net_channel().next_at <= kit.now + SECOND_MS);
    /* And where it tells nothing new, the network is not asked as fast as it answers. */
    kit.now += HOUR_MS;
    net.endless = true;
    net_run("mentions");
    assert_true(net_channel().next_at >= kit.now + CHANNEL_BUSY_MS);
}

static void test_signed_out_and_paused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    net_one(net_post("o1", "olga", "Hello"));
    net.reports[0].result = SOCIAL_SIGN_IN;
    net_round();
    assert_int_equal(net_channel().state, CHANNEL_IS_SIGNED_OUT);
    net.reports[0].result = SOCIAL_DONE;
    assert_ok(channel_pause(&kit.d, kit.a, &site.ines.actor, net.channel, true));
    kit.now += DAY_MS;
    net_round();
    assert_false(net_row("o1").message_id);
    assert_ok(channel_pause(&kit.d, kit.a, &site.ines.actor, net.channel, false));
    net_round();
    assert_true(net_row("o1").message_id);
    /* Its inbox switched off and on again on the page of inboxes: it is read again. */
    assert_ok(inbox_disable(&kit.d, kit.a, site.inbox.brand, net.channel));
    net_round();
    net_one(net_post("o3", "olga", "Hello again"));
    net_round();
    assert_false(net_row("o3").message_id);
    assert_ok(inbox_enable(&kit.d, kit.a, site.inbox.brand, net.channel));
    net_round();
    assert_true(net_row("o3").message_id);
    /* Tokens that were renewed are kept, and not what they were before. */
    str before = net_channel().secret;
    net.renew = true;
    net_round();
    assert_false(str_eq(before, net_channel().secret));
    assert_ok(channel_remove(&kit.d, kit.a, &site.ines.actor, net.channel));
    net_one(net_post("o2", "olga", "Hello"));
    net_round();
    assert_false(net_row("o2").message_id);
    assert_true(net_row("o1").message_id);
    struct store_channel row;
    assert_int_equal(channel_get(&kit.d, kit.a, site.inbox.brand, net.channel, &row), ERR_MISSING);
}

static err count_words(db_conn *c, void *arg) {
    int64_t *n = arg;
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM post WHERE post_id LIKE '%forgetta%' OR thread LIKE "
                            "'%forgetta%' OR author_id LIKE '%forgetta%' OR handle LIKE '%forgetta%' "
                            "OR extra LIKE '%forgetta%' OR url LIKE '%forgetta%'");
    if (db_row(q)) *n = db_int(q, "n");
    TRY(db_done(q));
    q = db_sql(c, "SELECT COUNT(*) AS n FROM post_before WHERE text LIKE '%forgetta%'");
    if (db_row(q)) *n += db_int(q, "n");
    TRY(db_done(q));
    q = db_sql(c,
               "SELECT COUNT(*) AS n FROM post_out WHERE text LIKE '%forgetta%' OR to_id LIKE '%forgetta%' "
               "OR to_handle LIKE '%forgetta%' OR reply_to LIKE '%forgetta%' OR root LIKE '%forgetta%'");
    if (db_row(q)) *n += db_int(q, "n");
    return db_done(q);
}

static void test_forgotten(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct post p = net_post("forgetta-1", "forgetta", "I am forgetta");
    net_one(p);
    net_round();
    p.text = S("I am forgetta still");
    p.version = S("v2");
    p.edited_at = kit.now;
    net_one(p);
    net_round();
    struct store_post row = net_row("forgetta-1");
    struct reply_wish wish = {
        .conversation = row.conversation_id, .seen_version = -1, .text = S("Dear forgetta!")};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made));
    kit.now += HOUR_MS;
    net_run("publish");
    int64_t n = 0, customer = net_conversation(row.conversation_id).customer_id;
    assert_ok(db_write(kit.db, count_words, &n));
    assert_int_equal(n, 3);
    struct forget_plan plan;
    assert_ok(forget_person(&kit.d, kit.a, &site.ines.actor, customer,
                            str_fmt(kit.a, "%lld", (long long)customer), &plan));
    assert_ok(db_write(kit.db, count_words, &n));
    assert_int_equal(n, 0);
}

static void test_one_at_a_time(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    net_begin();
    struct channel_use mine, other;
    int64_t first = net.channel, second, conversation;
    struct channel_form form = {.kind = S("bluesky"), .account = S("second.example"), .password = S("x")};
    assert_ok(channel_add(&kit.d, kit.a, &site.ines.actor, &form, &second));
    net_one(net_post("w1", "wim", "Hello"));
    net_round();
    struct reply_wish wish = {
        .conversation = net_row("w1").conversation_id, .seen_version = -1, .text = S("Dear Wim!")};
    struct reply_made made;
    conversation = net_row("w1").conversation_id;
    assert_ok(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made));
    /* While one is in use (its network hangs), the other one is not waited for. */
    assert_ok(channel_open(&kit.d, kit.a, site.inbox.brand, first, &mine));
    assert_int_equal(channel_open(&kit.d, kit.a, site.inbox.brand, first, &other), ERR_BUSY);
    assert_ok(channel_open(&kit.d, kit.a, site.inbox.brand, second, &other));
    channel_close(&other);
    int fetched = net.fetched;
    kit.now += HOUR_MS;
    net_run("mentions");
    assert_int_equal(net.fetched, fetched + 1);
    net_run("publish");
    assert_int_equal(net.published, 0);
    channel_close(&mine);
    kit.now += MINUTE_MS;
    net_run("publish");
    assert_int_equal(net.published, 1);
    assert_int_equal(net_conversation(conversation).state, CONVERSATION_THEM);
    assert_ok(channel_remove(&kit.d, kit.a, &site.ines.actor, second));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_connecting),
        KIT_TEST(test_consent),
        KIT_TEST(test_a_mention_becomes_a_conversation),
        KIT_TEST(test_threads),
        KIT_TEST(test_a_page_that_is_too_long),
        KIT_TEST(test_followers_are_asked_for_once_a_day),
        KIT_TEST(test_many_by_one_stand_once),
        KIT_TEST(test_an_edit_keeps_what_was_said),
        KIT_TEST(test_a_deletion_takes_the_words),
        KIT_TEST(test_bad_answers),
        KIT_TEST(test_the_same_page_for_ever),
        KIT_TEST(test_signed_out_and_paused),
        KIT_TEST(test_one_at_a_time),
        KIT_TEST(test_forgotten),
    };
    int failed = cmocka_run_group_tests_name("sqlite", tests, kit_open_site, kit_close_site);
    const char *url = getenv("PG_URL");
    if (url && *url)
        failed |= cmocka_run_group_tests_name("postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
