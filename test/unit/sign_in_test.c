/* The desk's own memory, a sixth of its passes: enough to see whether anything is computed. */
#define KIT_PASSWORD_COST                                                                                    \
    { .memory = 19 << 20, .passes = 1 }
#include "unit/people_kit.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "desk/password.h"
#include "desk/people.h"
#include "desk/settings.h"
#include "store/link.h"

static const str RIGHT = {"a good long password", 20};

/* A brand with one administrator who knows RIGHT, and another agent. */
struct scene {
    struct store_brand brand;
    struct store_agent admin;
    str email;
};

struct set_password {
    int64_t account;
    str hash;
};
static err write_password(db_conn *c, void *arg) {
    struct set_password *x = arg;
    return store_account_set_password(c, kit.a, x->account, x->hash);
}
static void give_password(int64_t account, str password) {
    struct set_password x = {account, S("")};
    assert_ok(password_hash(kit.a, password, &x.hash));
    assert_ok(db_write(kit.db, write_password, &x));
}

static struct scene scene_new(void) {
    static int n;
    struct scene s = {.email = kit_email("ann")};
    struct people_setup wanted = {.brand = str_fmt(kit.a, "Scene %d %d", kit.postgres, ++n),
                                  .inbox = kit_email("inbox"),
                                  .admin = s.email,
                                  .admin_name = S("Ann Example")};
    struct people_setup_done done;
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &done));
    s.brand = done.brand;
    s.admin = done.admin;
    give_password(s.admin.account_id, RIGHT);
    return s;
}

static err try_in(str email, str password, const char *peer, struct sign_in_done *ret) {
    struct sign_in_try t = {.email = email, .password = password, .peer = str_z(peer)};
    return sign_in(&kit.d, kit.a, &t, ret);
}

static err who_is(str session, str slug) {
    struct desk_who who;
    return sign_in_who(&kit.d, NULL, kit.a, session, slug, &who);
}

struct disable {
    int64_t account, at;
};
static err write_disabled(db_conn *c, void *arg) {
    struct disable *x = arg;
    return store_account_set_disabled(c, kit.a, x->account, x->at);
}

static void test_signing_in(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new(), other = scene_new();
    struct sign_in_done in, again;
    assert_ok(try_in(str_fmt(kit.a, "  %.*s ", STR_FMT(s.email)), RIGHT, "10.0.0.1", &in));
    assert_int_equal(in.session.n, 22);
    assert_int_equal(in.account_id, s.admin.account_id);
    assert_int_equal(in.expires_at, kit.now + 14 * (int64_t)DAY_MS);

    struct desk_who who;
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, s.brand.slug, &who));
    assert_int_equal(who.agent.id, s.admin.id);
    assert_int_equal(who.brand.id, s.brand.id);
    assert_int_equal(who.role, ROLE_ADMINISTRATOR);
    assert_true(who_may(&who, RIGHT_ADMIN));
    assert_true(who_csrf_ok(&who, in.csrf));
    assert_false(who_csrf_ok(&who, S("")));
    assert_false(who_csrf_ok(&who, in.session));
    assert_int_equal(who_actor(&who).agent, s.admin.id);

    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, S(""), &who));
    assert_int_equal(who.brand.id, 0);
    assert_false(who_may(&who, RIGHT_READ));
    /* Somebody else's brand looks like none at all. */
    assert_int_equal(who_is(in.session, other.brand.slug), ERR_MISSING);
    assert_int_equal(who_is(in.session, S("no-such-brand")), ERR_MISSING);
    assert_int_equal(who_is(in.session, (str){"a\0b", 3}), ERR_MISSING);
    assert_int_equal(who_is(in.session, S("\xff")), ERR_MISSING);

    assert_ok(try_in(s.email, RIGHT, "10.0.0.1", &again));
    assert_false(str_eq(in.session, again.session));
    assert_ok(sign_out(&kit.d, kit.a, in.session));
    assert_int_equal(who_is(in.session, s.brand.slug), ERR_DENIED);
    assert_ok(who_is(again.session, s.brand.slug));
    assert_ok(sign_out(&kit.d, kit.a, S("never was")));
}

static void test_only_the_hash_is_stored(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.2", &in));
    struct desk_who who;
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, S(""), &who));
    assert_int_equal(who.session.hash.n, 32);
    assert_int_equal(str_find(who.session.hash, in.session, 0), SIZE_MAX);
    /* The stored hash itself opens nothing. */
    assert_int_equal(who_is(who.session.hash, S("")), ERR_DENIED);
}

static void test_everything_wrong_gets_the_same_answer(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in = {.account_id = 7};
    struct people_invited invited;
    assert_ok(people_invite(&kit.d, kit.a, s.brand.id, kit_email("inv"), S("Inv"), ROLE_AGENT, &invited));
    static char huge[3000];
    memset(huge, 'x', sizeof huge);
    const struct {
        str email, password;
    } cases[] = {{s.email, S("a wrong long password")},
                 {s.email, S("")},
                 {s.email, (str){"a good long password\0", 21}},
                 {s.email, {huge, sizeof huge}},
                 {s.email, S("\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe")},
                 {S("nobody@example.org"), RIGHT},
                 {S("no address"), RIGHT},
                 {S("' OR 1=1 --"), RIGHT},
                 {S(""), RIGHT},
                 {S("\xff@example.org"), RIGHT},
                 {{huge, sizeof huge}, RIGHT},
                 {invited.agent.email, S("")},
                 {invited.agent.email, RIGHT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sign_in_forget_tries();
        assert_int_equal(try_in(cases[i].email, cases[i].password, "10.0.0.3", &in), ERR_DENIED);
        assert_string_equal(err_text(), "The address or the password is wrong.");
        assert_int_equal(in.account_id, 7);
    }
    struct disable off = {s.admin.account_id, kit.now};
    assert_ok(db_write(kit.db, write_disabled, &off));
    assert_int_equal(try_in(s.email, RIGHT, "10.0.0.3", &in), ERR_DENIED);
    assert_string_equal(err_text(), "The address or the password is wrong.");
}

static int64_t thread_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Processor time of the cheapest of three, since a busy machine stretches the time on the wall. */
static int64_t cpu_of_try(str email, str password) {
    struct sign_in_done in;
    int64_t best = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        sign_in_forget_tries();
        int64_t start = thread_us();
        assert_int_equal(try_in(email, password, "10.0.0.4", &in), ERR_DENIED);
        int64_t took = thread_us() - start;
        if (took < best) best = took;
    }
    return best;
}

static void test_an_unknown_address_takes_as_long(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    int64_t known = cpu_of_try(s.email, S("a wrong long password"));
    int64_t unknown = cpu_of_try(S("nobody@example.org"), S("a wrong long password"));
    int64_t empty = cpu_of_try(s.email, S(""));
    assert_true(known > 2000);
    print_message("known %d us, unknown %d us, no password %d us\n", (int)known, (int)unknown, (int)empty);
    assert_true(unknown * 3 > known * 2 && empty * 3 > known * 2);
}

static void test_disabled_and_expired_sessions(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    int64_t begun = kit.now;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.5", &in));
    struct disable x = {s.admin.account_id, kit.now};
    assert_ok(db_write(kit.db, write_disabled, &x));
    assert_int_equal(who_is(in.session, s.brand.slug), ERR_DENIED);
    x.at = 0;
    assert_ok(db_write(kit.db, write_disabled, &x));
    assert_ok(who_is(in.session, s.brand.slug));

    struct sign_in_done idle;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.5", &idle));
    kit.now = begun + 12 * HOUR_MS - 1;
    assert_ok(who_is(idle.session, s.brand.slug));
    kit.now++;
    assert_int_equal(who_is(idle.session, s.brand.slug), ERR_DENIED);
    kit.now = begun;
    assert_int_equal(who_is(idle.session, s.brand.slug), ERR_DENIED); /* a clock set back revives nothing */

    struct desk_who who;
    while (kit.now < in.expires_at - 1) { /* somebody who never pauses is signed out after 14 days */
        kit.now += 12 * HOUR_MS - 1;
        if (kit.now >= in.expires_at) kit.now = in.expires_at - 1;
        assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, S(""), &who));
        assert_ok(sign_in_seen(&kit.d, kit.a, &who));
    }
    kit.now = in.expires_at;
    assert_int_equal(who_is(in.session, S("")), ERR_DENIED);
    kit.now = begun;
    assert_int_equal(who_is(in.session, S("")), ERR_DENIED);
}

static void test_sweeping(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in, kept;
    struct sign_in_link link;
    int64_t begun = kit.now;
    str token;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.12", &in));
    assert_ok(sign_in_make_link(&kit.d, kit.a, s.admin.account_id, false, &token));
    kit.now += 7 * (int64_t)DAY_MS;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.12", &kept));
    assert_ok(sign_in_sweep(&kit.d, kit.a));
    assert_ok(who_is(kept.session, S("")));
    kit.now = begun;
    assert_int_equal(who_is(in.session, S("")), ERR_DENIED);
    assert_int_equal(sign_in_open_link(&kit.d, kit.a, token, &link), ERR_MISSING);
}

static void test_seen_is_written_once_a_minute(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    struct desk_who who;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.6", &in));
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, S(""), &who));
    int64_t commits, before, functions;
    kit.now += MINUTE_MS - 1;
    db_write_counts(kit.db, &before, &functions);
    assert_ok(sign_in_seen(&kit.d, kit.a, &who));
    db_write_counts(kit.db, &commits, &functions);
    assert_int_equal(commits, before);
    kit.now += 1;
    assert_ok(sign_in_seen(&kit.d, kit.a, &who));
    db_write_counts(kit.db, &commits, &functions);
    assert_int_equal(commits, before + 1);
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, S(""), &who));
    assert_int_equal(who.seen_at, kit.now);
}

static void test_brand_settings_shorten_sessions(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    assert_ok(setting_change(&kit.d, kit.a, s.brand.id, S("session_days"), S("2")));
    assert_ok(setting_change(&kit.d, kit.a, s.brand.id, S("session_idle_hours"), S("1")));
    assert_ok(try_in(s.email, RIGHT, "10.0.0.7", &in));
    assert_int_equal(in.expires_at, kit.now + 2 * DAY_MS);
    kit.now += HOUR_MS;
    /* Not even on a page outside of the brand. */
    assert_int_equal(who_is(in.session, S("")), ERR_DENIED);
}

static void test_the_old_session_ends(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done first, second, planted;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.8", &first));
    struct sign_in_try t = {s.email, RIGHT, S("10.0.0.8"), first.session};
    assert_ok(sign_in(&kit.d, kit.a, &t, &second));
    assert_int_equal(who_is(first.session, S("")), ERR_DENIED);
    assert_ok(who_is(second.session, S("")));
    /* A session somebody planted never becomes the signed-in one. */
    t.old_session = S("AAAAAAAAAAAAAAAAAAAAAA");
    assert_ok(sign_in(&kit.d, kit.a, &t, &planted));
    assert_int_equal(who_is(t.old_session, S("")), ERR_DENIED);

    assert_ok(sign_out_everywhere(&kit.d, kit.a, s.admin.account_id, planted.session));
    assert_int_equal(who_is(second.session, S("")), ERR_DENIED);
    assert_ok(who_is(planted.session, S("")));
    assert_ok(sign_out_everywhere(&kit.d, kit.a, s.admin.account_id, S("")));
    assert_int_equal(who_is(planted.session, S("")), ERR_DENIED);
}

static void test_tries_of_a_person_are_counted(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    for (int i = 0; i < 10; i++) {
        str peer = str_fmt(kit.a, "10.1.0.%d", i);
        assert_int_equal(try_in(s.email, S("a wrong long password"), str_cstr(kit.a, peer), &in), ERR_DENIED);
    }
    assert_int_equal(try_in(s.email, RIGHT, "10.1.0.99", &in), ERR_LIMIT);
    str shouted = str_fmt(kit.a, "ANN%.*s", STR_FMT(str_slice(s.email, 3, s.email.n)));
    assert_int_equal(try_in(shouted, RIGHT, "10.1.0.99", &in), ERR_LIMIT);
    kit.now += 15 * MINUTE_MS - 1;
    assert_int_equal(try_in(s.email, RIGHT, "10.1.0.99", &in), ERR_LIMIT);
    kit.now += 1;
    assert_ok(try_in(s.email, RIGHT, "10.1.0.99", &in));
}

static void test_tries_of_a_network_are_counted(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    /* Colleagues behind one address who sign in rightly use up nothing. */
    for (int i = 0; i < 12; i++) assert_ok(try_in(s.email, RIGHT, "2001:db8:1:2::5", &in));
    for (int i = 0; i < 10; i++) {
        str email = str_fmt(kit.a, "guess%d@example.org", i);
        str peer = str_fmt(kit.a, "2001:db8:1:2::%d", i + 1);
        assert_int_equal(try_in(email, RIGHT, str_cstr(kit.a, peer), &in), ERR_DENIED);
    }
    assert_int_equal(try_in(s.email, RIGHT, "2001:db8:1:2:ffff::1", &in), ERR_LIMIT);
    assert_ok(try_in(s.email, RIGHT, "2001:db8:1:3::1", &in));
}

static void test_links_reset_a_password(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done in;
    struct sign_in_link link;
    str token, email, second;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.9", &in));
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.0.0.9"), &second, &email));
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.0.0.9"), &token, &email));
    assert_true(str_eq(email, s.email));
    assert_int_equal(token.n, 22);
    assert_ok(sign_in_open_link(&kit.d, kit.a, token, &link));
    assert_ok(sign_in_open_link(&kit.d, kit.a, token, &link)); /* looking uses nothing up */
    assert_false(link.invitation);
    assert_int_equal(link.account_id, s.admin.account_id);

    assert_int_equal(sign_in_take_link(&kit.d, kit.a, token, S(""), S("short"), &link), ERR_INVALID);
    assert_int_equal(sign_in_take_link(&kit.d, kit.a, token, S("a\r\nb"), S("a new long one"), &link),
                     ERR_INVALID);
    assert_ok(sign_in_take_link(&kit.d, kit.a, token, S(""), S("a new long one"), &link));
    assert_int_equal(who_is(in.session, S("")), ERR_DENIED);
    assert_int_equal(try_in(s.email, RIGHT, "10.0.0.9", &in), ERR_DENIED);
    assert_ok(try_in(s.email, S("a new long one"), "10.0.0.9", &in));
    /* Used, and every other link of the account with it. */
    assert_int_equal(sign_in_take_link(&kit.d, kit.a, token, S(""), S("another long one"), &link),
                     ERR_MISSING);
    assert_int_equal(sign_in_open_link(&kit.d, kit.a, token, &link), ERR_MISSING);
    assert_int_equal(sign_in_open_link(&kit.d, kit.a, second, &link), ERR_MISSING);
}

static void test_bad_links_are_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_link link = {.account_id = 7};
    str token;
    assert_ok(sign_in_make_link(&kit.d, kit.a, s.admin.account_id, false, &token));
    char cut[23] = {0};
    memcpy(cut, token.p, 22);
    cut[21] = cut[21] == 'A' ? 'B' : 'A';
    const str bad[] = {S(""),
                       S(" "),
                       S("%"),
                       S("*"),
                       S("_"),
                       S("\0"),
                       S("' OR ''='"),
                       str_slice(token, 0, 21),
                       str_fmt(kit.a, "%.*s ", STR_FMT(token)),
                       str_fmt(kit.a, "%.*s%%", STR_FMT(token)),
                       {cut, 22},
                       S("%%%%%%%%%%%%%%%%%%%%%%"),
                       S("______________________"),
                       S("**********************"),
                       S("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                       token_hash(kit.a, token)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sign_in_open_link(&kit.d, kit.a, bad[i], &link), ERR_MISSING);
        assert_int_equal(sign_in_take_link(&kit.d, kit.a, bad[i], S(""), RIGHT, &link), ERR_MISSING);
        assert_int_equal(link.account_id, 7);
    }
    kit.now += HOUR_MS - 1;
    assert_ok(sign_in_open_link(&kit.d, kit.a, token, &link));
    kit.now += 1;
    assert_int_equal(sign_in_open_link(&kit.d, kit.a, token, &link), ERR_MISSING);
    assert_int_equal(sign_in_take_link(&kit.d, kit.a, token, S(""), RIGHT, &link), ERR_MISSING);

    assert_ok(sign_in_make_link(&kit.d, kit.a, s.admin.account_id, false, &token));
    struct disable x = {s.admin.account_id, kit.now};
    assert_ok(db_write(kit.db, write_disabled, &x));
    assert_int_equal(sign_in_take_link(&kit.d, kit.a, token, S(""), RIGHT, &link), ERR_MISSING);
    assert_int_equal(sign_in_make_link(&kit.d, kit.a, s.admin.account_id, false, &token), ERR_DENIED);
}

static void test_resets_are_few_and_say_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    str token, email;
    for (int i = 0; i < 3; i++) {
        assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.2.0.1"), &token, &email));
        assert_true(token.n > 0);
    }
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.2.0.1"), &token, &email));
    assert_int_equal(token.n, 0);
    sign_in_forget_tries(); /* as after a restart: the links in the database still count */
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.2.0.1"), &token, &email));
    assert_int_equal(token.n, 0);
    kit.now += HOUR_MS;
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.2.0.1"), &token, &email));
    assert_true(token.n > 0);

    assert_ok(sign_in_ask_reset(&kit.d, kit.a, S("nobody@example.org"), S("10.2.0.2"), &token, &email));
    assert_int_equal(token.n, 0);
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, S("%"), S("10.2.0.2"), &token, &email));
    assert_int_equal(token.n, 0);
    struct disable x = {s.admin.account_id, kit.now};
    assert_ok(db_write(kit.db, write_disabled, &x));
    sign_in_forget_tries();
    assert_ok(sign_in_ask_reset(&kit.d, kit.a, s.email, S("10.2.0.2"), &token, &email));
    assert_int_equal(token.n, 0);
}

struct racer {
    str token;
    err code;
};
static void *race(void *arg) {
    struct racer *x = arg;
    ARENA_AUTO arena *a = arena_new(0);
    struct sign_in_link link;
    x->code = sign_in_take_link(&kit.d, a, x->token, S(""), S("whoever comes first"), &link);
    return NULL;
}

static void test_of_two_takers_one_wins(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    for (int round = 0; round < 3; round++) {
        struct racer racers[3];
        pthread_t threads[3];
        int won = 0;
        str token;
        assert_ok(sign_in_make_link(&kit.d, kit.a, s.admin.account_id, false, &token));
        for (int i = 0; i < 3; i++) {
            racers[i] = (struct racer){token, ERR_INTERNAL};
            pthread_create(&threads[i], NULL, race, &racers[i]);
        }
        for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < 3; i++) {
            won += racers[i].code == ERR_NONE;
            assert_true(racers[i].code == ERR_NONE || racers[i].code == ERR_MISSING);
        }
        assert_int_equal(won, 1);
    }
}

static void test_changing_a_password(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    struct sign_in_done here, there, fresh;
    struct desk_who who;
    str link;
    struct sign_in_link opened;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.10", &here));
    assert_ok(try_in(s.email, RIGHT, "10.0.0.10", &there));
    assert_ok(sign_in_make_link(&kit.d, kit.a, s.admin.account_id, false, &link));
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, here.session, s.brand.slug, &who));
    str peer = S("10.0.0.10");
    assert_int_equal(
        sign_in_change_password(&kit.d, kit.a, &who, peer, S("not this one"), S("a new long one"), &fresh),
        ERR_DENIED);
    assert_int_equal(sign_in_change_password(&kit.d, kit.a, &who, peer, RIGHT, s.email, &fresh), ERR_INVALID);
    assert_ok(sign_in_change_password(&kit.d, kit.a, &who, peer, RIGHT, S("a new long one"), &fresh));
    assert_int_equal(who_is(here.session, S("")), ERR_DENIED);
    assert_int_equal(who_is(there.session, S("")), ERR_DENIED);
    assert_ok(who_is(fresh.session, s.brand.slug));
    assert_int_equal(sign_in_open_link(&kit.d, kit.a, link, &opened), ERR_MISSING);
    assert_ok(try_in(s.email, S("a new long one"), "10.0.0.10", &there));
}

static void test_rehash_at_sign_in(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new();
    char cheap[crypto_pwhash_STRBYTES];
    assert_int_equal(
        crypto_pwhash_str(cheap, RIGHT.p, RIGHT.n, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN),
        0);
    assert_true(password_outdated(str_z(cheap)));
    struct set_password x = {s.admin.account_id, str_z(cheap)};
    assert_ok(db_write(kit.db, write_password, &x));
    struct sign_in_done in;
    assert_ok(try_in(s.email, RIGHT, "10.0.0.11", &in));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    struct store_account account;
    assert_ok(store_account_by_id(c, kit.a, s.admin.account_id, &account));
    assert_false(password_outdated(account.password));
    assert_ok(try_in(s.email, RIGHT, "10.0.0.11", &in));
}

static void test_tokens_of_programs(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct scene s = scene_new(), other = scene_new();
    struct store_token token;
    struct desk_who who;
    str text;
    assert_ok(people_token_create(&kit.d, kit.a, s.brand.id, s.admin.id, S("till"), &text, &token));
    assert_ok(sign_in_who_token(&kit.d, NULL, kit.a, text, s.brand.slug, &who));
    assert_int_equal(who.token_id, token.id);
    assert_true(who_may(&who, RIGHT_ADMIN));
    assert_false(who_csrf_ok(&who, S("")));
    assert_ok(sign_in_who_token(&kit.d, NULL, kit.a, text, S(""), &who));
    assert_int_equal(who.brand.id, s.brand.id);
    assert_ok(sign_in_seen(&kit.d, kit.a, &who));
    assert_ok(sign_in_who_token(&kit.d, NULL, kit.a, text, S(""), &who));
    assert_int_equal(who.seen_at, kit.now);
    assert_int_equal(sign_in_who_token(&kit.d, NULL, kit.a, text, other.brand.slug, &who), ERR_DENIED);
    assert_int_equal(sign_in_who_token(&kit.d, NULL, kit.a, S(""), s.brand.slug, &who), ERR_DENIED);
    assert_int_equal(sign_in_who_token(&kit.d, NULL, kit.a, token.hash, S(""), &who), ERR_DENIED);
    assert_int_equal(who_is(text, S("")), ERR_DENIED); /* a token is no session */
    assert_ok(people_token_revoke(&kit.d, kit.a, s.brand.id, 0, token.id));
    assert_int_equal(sign_in_who_token(&kit.d, NULL, kit.a, text, S(""), &who), ERR_DENIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_signing_in),
        KIT_TEST(test_only_the_hash_is_stored),
        KIT_TEST(test_everything_wrong_gets_the_same_answer),
        KIT_TEST(test_an_unknown_address_takes_as_long),
        KIT_TEST(test_disabled_and_expired_sessions),
        KIT_TEST(test_sweeping),
        KIT_TEST(test_seen_is_written_once_a_minute),
        KIT_TEST(test_brand_settings_shorten_sessions),
        KIT_TEST(test_the_old_session_ends),
        KIT_TEST(test_tries_of_a_person_are_counted),
        KIT_TEST(test_tries_of_a_network_are_counted),
        KIT_TEST(test_links_reset_a_password),
        KIT_TEST(test_bad_links_are_refused),
        KIT_TEST(test_resets_are_few_and_say_nothing),
        KIT_TEST(test_of_two_takers_one_wins),
        KIT_TEST(test_changing_a_password),
        KIT_TEST(test_rehash_at_sign_in),
        KIT_TEST(test_tokens_of_programs),
    };
    return KIT_RUN(tests);
}
