#include "unit/people_kit.h"

#include <pthread.h>
#include <string.h>

#include "store/inbox.h"
#include "store/link.h"
#include "store/session.h"
#include "store/setting.h"
#include "store/token.h"

/* Each case runs inside one write transaction, on SQLite in the writer's thread. A failed assertion of
 * cmocka can only leave its own thread, so cases have checks of their own, which carry the sentence out. */
typedef void (*case_fn)(db_conn *c);
static _Thread_local jmp_buf case_left;

#define check(holds, ...)                                                                                    \
    do {                                                                                                     \
        if (!(holds)) {                                                                                      \
            err_set(ERR_INTERNAL, __VA_ARGS__);                                                              \
            longjmp(case_left, 1);                                                                           \
        }                                                                                                    \
    } while (0)
#define check_true(x) check(x, "line %d: %s", __LINE__, #x)
#define check_false(x) check_true(!(x))
#define check_equal(x, y)                                                                                    \
    do {                                                                                                     \
        int64_t x_ = (int64_t)(x), y_ = (int64_t)(y);                                                        \
        check(x_ == y_, "line %d: %s is %" PRId64 ", not %" PRId64, __LINE__, #x, x_, y_);                   \
    } while (0)
#define check_ok(call)                                                                                       \
    do {                                                                                                     \
        err code_ = (call);                                                                                  \
        check(code_ == ERR_NONE, "line %d: %s: %s", __LINE__, #call, err_name(code_));                       \
    } while (0)
#define check_str(s, text)                                                                                   \
    do {                                                                                                     \
        str s_ = (s);                                                                                        \
        check(str_eq(s_, str_z(text)), "line %d: %s is %.*s", __LINE__, #s, STR_FMT(s_));                    \
    } while (0)

static err run_case(db_conn *c, void *arg) {
    if (setjmp(case_left)) return ERR_INTERNAL;
    (*(case_fn *)arg)(c);
    return ERR_NONE;
}

static void in_write(case_fn fn) { assert_ok(db_write(kit.db, run_case, &fn)); }

static int64_t new_id(void) { return id_new(kit.now); }

static struct store_account make_account(db_conn *c, const char *who) {
    struct store_account account = {.id = new_id(),
                                    .email = kit_email(who),
                                    .name = str_z(who),
                                    .password = S("x"),
                                    .zone = S("UTC"),
                                    .language = S("en"),
                                    .created_at = kit.now};
    check_ok(store_account_insert(c, kit.a, &account));
    return account;
}

static struct store_brand make_brand(db_conn *c) {
    int64_t id = new_id();
    struct store_brand brand = {.id = id,
                                .slug = str_fmt(kit.a, "b%" PRId64, id),
                                .name = S("Brand"),
                                .zone = S("UTC"),
                                .language = S("en"),
                                .next_number = 1,
                                .created_at = kit.now};
    check_ok(store_brand_insert(c, kit.a, &brand));
    return brand;
}

static struct store_agent make_agent(db_conn *c, int64_t brand, int64_t account) {
    struct store_agent agent = {.brand_id = brand,
                                .id = new_id(),
                                .account_id = account,
                                .role = S("agent"),
                                .signature = S(""),
                                .created_at = kit.now};
    check_ok(store_agent_insert(c, kit.a, &agent));
    return agent;
}

static void accounts_in(db_conn *c) {
    struct store_account one = make_account(c, "ann"), back;
    check_ok(store_account_by_id(c, kit.a, one.id, &back));
    check_true(str_eq(back.email, one.email));
    check_ok(store_account_by_email(c, kit.a, one.email, &back));
    check_equal(back.id, one.id);
    check_str(back.name, "ann");
    check_equal(back.created_at, kit.now);

    back.id = 77;
    check_equal(store_account_by_id(c, kit.a, 1, &back), ERR_MISSING);
    check_equal(back.id, 77);
    check_equal(store_account_by_email(c, kit.a, S("nobody@example.org"), &back), ERR_MISSING);
    check_equal(store_account_set_password(c, kit.a, 1, S("y")), ERR_MISSING);

    check_ok(store_account_rehash(c, kit.a, one.id, S("not it"), S("y")));
    check_ok(store_account_by_id(c, kit.a, one.id, &back));
    check_str(back.password, "x");
    check_ok(store_account_rehash(c, kit.a, one.id, S("x"), S("y")));
    check_ok(store_account_set_profile(c, kit.a, one.id, S("Änne 🐳"), S("Europe/Berlin"), S("de")));
    check_ok(store_account_set_disabled(c, kit.a, one.id, 5));
    check_ok(store_account_by_id(c, kit.a, one.id, &back));
    check_str(back.password, "y");
    check_str(back.name, "Änne 🐳");
    check_str(back.zone, "Europe/Berlin");
    check_str(back.language, "de");
    check_equal(back.disabled_at, 5);

    store_account_list all;
    check_ok(store_account_list_all(c, kit.a, &all));
    check_true(all.n >= 1);
}

static void test_accounts(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(accounts_in);
}

static err insert_account(db_conn *c, void *account) { return store_account_insert(c, kit.a, account); }

static void test_same_address_conflicts(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_account one = {
        .id = new_id(), .email = kit_email("twin"), .zone = S("UTC"), .language = S("en")};
    assert_ok(db_write(kit.db, insert_account, &one));
    one.id = new_id();
    assert_int_equal(db_write(kit.db, insert_account, &one), ERR_CONFLICT);
}

static void brands_in(db_conn *c) {
    struct store_brand brand = make_brand(c), other = make_brand(c), back;
    int64_t number = 0;
    for (int i = 1; i <= 3; i++) {
        check_ok(store_brand_number(c, kit.a, brand.id, &number));
        check_equal(number, i);
    }
    check_ok(store_brand_number(c, kit.a, other.id, &number));
    check_equal(number, 1);
    check_equal(store_brand_number(c, kit.a, 1, &number), ERR_MISSING);
    check_equal(store_brand_lock(c, kit.a, 1), ERR_MISSING);
    check_ok(store_brand_lock(c, kit.a, brand.id));

    check_ok(store_brand_update(c, kit.a, brand.id, S("New"), S("Asia/Tokyo"), S("ja")));
    check_ok(store_brand_by_slug(c, kit.a, brand.slug, &back));
    check_str(back.name, "New");
    check_equal(back.next_number, 4);
    check_ok(store_brand_by_id(c, kit.a, brand.id, &back));
    check_str(back.zone, "Asia/Tokyo");
    check_equal(store_brand_by_slug(c, kit.a, S("none"), &back), ERR_MISSING);

    struct store_account account = make_account(c, "multi");
    make_agent(c, brand.id, account.id);
    struct store_agent second = make_agent(c, other.id, account.id);
    store_brand_list mine;
    check_ok(store_brand_list_of_account(c, kit.a, account.id, &mine));
    check_equal(mine.n, 2);
    check_ok(store_agent_set_disabled(c, kit.a, other.id, second.id, 1));
    check_ok(store_brand_list_of_account(c, kit.a, account.id, &mine));
    check_equal(mine.n, 1);
    check_equal(mine.v[0].id, brand.id);
}

static void test_brands(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(brands_in);
}

struct numbers {
    int64_t brand, taken[25];
    int n;
};

static err take_number(db_conn *c, void *arg) {
    struct numbers *x = arg;
    ARENA_AUTO arena *a = arena_new(0);
    return store_brand_number(c, a, x->brand, &x->taken[x->n]);
}

static void *take_numbers(void *arg) {
    struct numbers *x = arg;
    for (x->n = 0; x->n < 25; x->n++) {
        if (db_write(kit.db, take_number, x)) break;
    }
    return NULL;
}

static struct store_brand shared_brand;
static void share_brand(db_conn *c) { shared_brand = make_brand(c); }

/* Four threads at once: every number from 1 to 100 is taken exactly once. */
static void test_numbers_never_repeat(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(share_brand);
    struct numbers parts[4] = {0};
    pthread_t threads[4];
    bool seen[101] = {false};
    for (int i = 0; i < 4; i++) {
        parts[i].brand = shared_brand.id;
        assert_int_equal(pthread_create(&threads[i], NULL, take_numbers, &parts[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(parts[i].n, 25);
        for (int k = 0; k < 25; k++) {
            int64_t number = parts[i].taken[k];
            assert_in_range(number, 1, 100);
            assert_false(seen[number]);
            seen[number] = true;
        }
    }
}

static void agents_in(db_conn *c) {
    struct store_brand brand = make_brand(c), other = make_brand(c);
    struct store_account account = make_account(c, "bo");
    struct store_agent agent = make_agent(c, brand.id, account.id), back;
    check_ok(store_agent_by_id(c, kit.a, brand.id, agent.id, &back));
    check_true(str_eq(back.email, account.email));
    check_str(back.name, "bo");
    check_false(back.invited);
    check_equal(store_agent_by_id(c, kit.a, other.id, agent.id, &back), ERR_MISSING);
    check_equal(store_agent_by_account(c, kit.a, other.id, account.id, &back), ERR_MISSING);
    check_equal(store_agent_set_role(c, kit.a, other.id, agent.id, S("lead")), ERR_MISSING);

    check_ok(store_agent_set_role(c, kit.a, brand.id, agent.id, S("lead")));
    check_ok(store_agent_set_signature(c, kit.a, brand.id, agent.id, S("Bo\nfrom the desk")));
    check_ok(store_agent_set_away(c, kit.a, brand.id, agent.id, 9));
    check_ok(store_account_set_password(c, kit.a, account.id, S("")));
    check_ok(store_agent_by_account(c, kit.a, brand.id, account.id, &back));
    check_str(back.role, "lead");
    check_str(back.signature, "Bo\nfrom the desk");
    check_equal(back.away_at, 9);
    check_true(back.invited);

    int64_t count = 0;
    check_ok(store_agent_count(c, kit.a, brand.id, S("lead"), &count));
    check_equal(count, 1);
    check_ok(store_account_set_disabled(c, kit.a, account.id, 1));
    check_ok(store_agent_count(c, kit.a, brand.id, S("lead"), &count));
    check_equal(count, 0);
    check_ok(store_agent_count_brands(c, kit.a, account.id, &count));
    check_equal(count, 1);
    check_ok(store_agent_set_disabled(c, kit.a, brand.id, agent.id, 4));
    check_ok(store_agent_count_brands(c, kit.a, account.id, &count));
    check_equal(count, 0);

    struct store_agent active = make_agent(c, brand.id, make_account(c, "cy").id);
    store_agent_list list;
    check_ok(store_agent_list_of_brand(c, kit.a, brand.id, &list));
    check_equal(list.n, 2);
    check_equal(list.v[0].id, active.id); /* the disabled one comes last */
    check_ok(store_agent_list_of_brand(c, kit.a, other.id, &list));
    check_equal(list.n, 0);
}

static void test_agents(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(agents_in);
}

static struct store_session make_session(db_conn *c, int64_t account) {
    struct store_session session = {.hash = token_hash(kit.a, token_new(kit.a)),
                                    .account_id = account,
                                    .csrf = S("csrf"),
                                    .created_at = kit.now,
                                    .seen_at = kit.now,
                                    .expires_at = kit.now + DAY_MS};
    check_ok(store_session_insert(c, kit.a, &session));
    return session;
}

static void who_in(db_conn *c) {
    struct store_brand brand = make_brand(c), other = make_brand(c);
    struct store_account account = make_account(c, "dee");
    struct store_agent agent = make_agent(c, brand.id, account.id);
    struct store_session session = make_session(c, account.id);
    struct store_who who;
    check_ok(store_who(c, kit.a, session.hash, brand.slug, 12, &who));
    check_equal(who.account.id, account.id);
    check_equal(who.account.password.n, 0);
    check_equal(who.brand.id, brand.id);
    check_equal(who.agent.id, agent.id);
    check_str(who.agent.role, "agent");
    check_str(who.session.csrf, "csrf");
    check_equal(who.session.expires_at, kit.now + DAY_MS);
    check_equal(who.idle_hours, 12);

    check_ok(store_who(c, kit.a, session.hash, other.slug, 12, &who)); /* somebody else's brand */
    check_equal(who.brand.id, other.id);
    check_equal(who.agent.id, 0);
    check_ok(store_who(c, kit.a, session.hash, S(""), 12, &who));
    check_equal(who.brand.id, 0);
    check_equal(store_who(c, kit.a, token_hash(kit.a, S("no")), brand.slug, 12, &who), ERR_MISSING);

    /* The strictest of the account's brands counts, whichever page is asked for. */
    make_agent(c, other.id, account.id);
    check_ok(store_setting_set(c, kit.a, other.id, S("session_idle_hours"), S("2")));
    check_ok(store_who(c, kit.a, session.hash, brand.slug, 12, &who));
    check_equal(who.idle_hours, 2);
    check_ok(store_setting_set(c, kit.a, other.id, S("session_idle_hours"), S("48")));
    check_ok(store_who(c, kit.a, session.hash, S(""), 12, &who));
    check_equal(who.idle_hours, 12);
}

static void test_who(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(who_in);
}

static void sessions_in(db_conn *c) {
    struct store_account account = make_account(c, "eve");
    struct store_session one = make_session(c, account.id), two = make_session(c, account.id);
    make_session(c, account.id);
    struct store_who who;
    int64_t count = 0;
    check_ok(store_session_touch(c, kit.a, one.hash, kit.now + 5, kit.now - 1));
    check_ok(store_who(c, kit.a, one.hash, S(""), 12, &who));
    check_equal(who.session.seen_at, kit.now);
    check_ok(store_session_touch(c, kit.a, one.hash, kit.now + 5, kit.now));
    check_ok(store_who(c, kit.a, one.hash, S(""), 12, &who));
    check_equal(who.session.seen_at, kit.now + 5);

    check_ok(store_session_delete(c, kit.a, two.hash));
    check_ok(store_session_delete(c, kit.a, two.hash));
    check_ok(store_session_count(c, kit.a, account.id, &count));
    check_equal(count, 2);
    check_ok(store_session_delete_of_account(c, kit.a, account.id, one.hash));
    check_ok(store_session_count(c, kit.a, account.id, &count));
    check_equal(count, 1);
    check_ok(store_session_delete_expired(c, kit.a, kit.now + DAY_MS - 1, 0));
    check_ok(store_session_count(c, kit.a, account.id, &count));
    check_equal(count, 1);
    check_ok(store_session_delete_expired(c, kit.a, kit.now + DAY_MS, 0));
    check_ok(store_session_count(c, kit.a, account.id, &count));
    check_equal(count, 0);
    make_session(c, account.id);
    check_ok(store_session_delete_of_account(c, kit.a, account.id, S("")));
    check_ok(store_session_count(c, kit.a, account.id, &count));
    check_equal(count, 0);
}

static void test_sessions(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(sessions_in);
}

static void tokens_in(db_conn *c) {
    struct store_brand brand = make_brand(c), other = make_brand(c);
    struct store_agent agent = make_agent(c, brand.id, make_account(c, "flo").id);
    struct store_token token = {.brand_id = brand.id,
                                .id = new_id(),
                                .agent_id = agent.id,
                                .hash = token_hash(kit.a, S("secret")),
                                .name = S("till"),
                                .created_at = kit.now};
    check_ok(store_token_insert(c, kit.a, &token));
    struct store_who who;
    check_ok(store_who_token(c, kit.a, token.hash, brand.slug, &who));
    check_equal(who.agent.id, agent.id);
    check_equal(who.token_id, token.id);
    check_equal(who.session.account_id, 0);
    check_ok(store_who_token(c, kit.a, token.hash, S(""), &who));
    check_equal(who.brand.id, brand.id);
    check_equal(store_who_token(c, kit.a, token.hash, other.slug, &who), ERR_MISSING);
    check_equal(store_who_token(c, kit.a, token_hash(kit.a, S("x")), S(""), &who), ERR_MISSING);

    check_ok(store_token_touch(c, kit.a, brand.id, token.id, kit.now, kit.now - MINUTE_MS));
    store_token_list list;
    check_ok(store_token_list_of(c, kit.a, brand.id, 0, &list));
    check_equal(list.n, 1);
    check_equal(list.v[0].used_at, kit.now);
    check_str(list.v[0].agent_name, "flo");
    check_ok(store_token_list_of(c, kit.a, brand.id, agent.id + 1, &list));
    check_equal(list.n, 0);
    check_ok(store_token_list_of(c, kit.a, other.id, 0, &list));
    check_equal(list.n, 0);

    check_equal(store_token_revoke(c, kit.a, other.id, 0, token.id, 5), ERR_MISSING);
    check_equal(store_token_revoke(c, kit.a, brand.id, agent.id + 1, token.id, 5), ERR_MISSING);
    check_ok(store_token_revoke(c, kit.a, brand.id, agent.id, token.id, 5));
    check_equal(store_token_revoke(c, kit.a, brand.id, 0, token.id, 6), ERR_MISSING);
    check_ok(store_token_revoke_all_of_agent(c, kit.a, brand.id, agent.id, 7));
    check_ok(store_who_token(c, kit.a, token.hash, S(""), &who));
    check_equal(who.token_revoked_at, 5);
}

static void test_tokens(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(tokens_in);
}

static void links_in(db_conn *c) {
    struct store_account account = make_account(c, "gus");
    struct store_link link = {.hash = token_hash(kit.a, token_new(kit.a)),
                              .kind = S("reset"),
                              .account_id = account.id,
                              .created_at = kit.now,
                              .expires_at = kit.now + 100};
    struct store_link back;
    int64_t count = 0;
    check_ok(store_link_insert(c, kit.a, &link));
    check_equal(store_link_use(c, kit.a, link.hash, kit.now + 100, &back), ERR_MISSING); /* expired */
    check_ok(store_link_by_hash(c, kit.a, link.hash, &back));
    check_equal(back.used_at, 0);
    check_ok(store_link_use(c, kit.a, link.hash, kit.now + 99, &back));
    check_equal(back.account_id, account.id);
    check_str(back.kind, "reset");
    check_equal(store_link_use(c, kit.a, link.hash, kit.now + 99, &back), ERR_MISSING);
    check_equal(store_link_by_hash(c, kit.a, token_hash(kit.a, S("%")), &back), ERR_MISSING);

    check_ok(store_link_count_since(c, kit.a, account.id, S("reset"), kit.now - 1, &count));
    check_equal(count, 1);
    check_ok(store_link_count_since(c, kit.a, account.id, S("reset"), kit.now, &count));
    check_equal(count, 0);
    link.hash = token_hash(kit.a, token_new(kit.a));
    check_ok(store_link_insert(c, kit.a, &link));
    check_ok(store_link_use_all(c, kit.a, account.id, kit.now));
    check_equal(store_link_use(c, kit.a, link.hash, kit.now, &back), ERR_MISSING);
    check_ok(store_link_delete_expired(c, kit.a, kit.now + 100));
    check_equal(store_link_by_hash(c, kit.a, link.hash, &back), ERR_MISSING);
}

static void test_links(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(links_in);
}

static str shared_hash;
static void share_link(db_conn *c) {
    struct store_account account = make_account(c, "hal");
    shared_hash = token_hash(kit.a, token_new(kit.a));
    struct store_link link = {
        .hash = shared_hash, .kind = S("reset"), .account_id = account.id, .expires_at = kit.now + 100};
    check_ok(store_link_insert(c, kit.a, &link));
}

static err use_shared(db_conn *c, void *unused) {
    (void)unused;
    ARENA_AUTO arena *a = arena_new(0);
    struct store_link link;
    return store_link_use(c, a, shared_hash, kit.now, &link);
}

static void *use_shared_thread(void *arg) {
    *(err *)arg = db_write(kit.db, use_shared, NULL);
    return NULL;
}

static void test_one_of_many_uses_wins(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    for (int round = 0; round < 10; round++) {
        in_write(share_link);
        pthread_t threads[4];
        err codes[4];
        int won = 0;
        for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, use_shared_thread, &codes[i]);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < 4; i++) {
            won += codes[i] == ERR_NONE;
            assert_true(codes[i] == ERR_NONE || codes[i] == ERR_MISSING);
        }
        assert_int_equal(won, 1);
    }
}

static struct store_inbox make_inbox(db_conn *c, int64_t brand, const char *who) {
    struct store_inbox inbox = {.brand_id = brand,
                                .id = new_id(),
                                .address = kit_email(who),
                                .name = S("Help"),
                                .transport = S("smtp"),
                                .smtp_host = S("mail.example.org"),
                                .smtp_port = 587,
                                .smtp_tls = S("required"),
                                .smtp_user = S("u"),
                                .smtp_password = S("p"),
                                .smtp_ca_file = S("/ca"),
                                .silent_after_hours = 48,
                                .created_at = kit.now};
    check_ok(store_inbox_insert(c, kit.a, &inbox));
    return inbox;
}

static void inboxes_in(db_conn *c) {
    struct store_brand brand = make_brand(c), other = make_brand(c);
    struct store_inbox one = make_inbox(c, brand.id, "help"), two = make_inbox(c, brand.id, "parts"), back;
    check_ok(store_inbox_by_id(c, kit.a, brand.id, one.id, &back));
    check_true(str_eq(back.address, one.address));
    check_equal(back.smtp_port, 587);
    check_str(back.smtp_ca_file, "/ca");
    check_equal(store_inbox_by_id(c, kit.a, other.id, one.id, &back), ERR_MISSING);
    check_ok(store_inbox_by_address(c, kit.a, two.address, &back));
    check_equal(back.brand_id, brand.id);
    check_equal(store_inbox_of_brand_by_address(c, kit.a, other.id, two.address, &back), ERR_MISSING);

    check_equal(store_inbox_default(c, kit.a, brand.id, &back), ERR_MISSING);
    check_ok(store_inbox_set_default(c, kit.a, brand.id, one.id));
    check_ok(store_inbox_set_default(c, kit.a, brand.id, two.id));
    check_ok(store_inbox_default(c, kit.a, brand.id, &back));
    check_equal(back.id, two.id);
    store_inbox_list list;
    check_ok(store_inbox_list_of_brand(c, kit.a, brand.id, &list));
    check_equal(list.n, 2);
    check_equal(list.v[0].id, two.id);
    check_true(list.v[0].is_default);
    check_false(list.v[1].is_default);

    one.name = S("Changed");
    one.smtp_port = 25;
    check_ok(store_inbox_update(c, kit.a, &one));
    one.brand_id = other.id;
    check_equal(store_inbox_update(c, kit.a, &one), ERR_MISSING);
    check_ok(store_inbox_set_letter_at(c, kit.a, brand.id, one.id, kit.now));
    check_ok(store_inbox_set_letter_at(c, kit.a, brand.id, one.id, kit.now + MINUTE_MS));
    check_ok(store_inbox_by_id(c, kit.a, brand.id, one.id, &back));
    check_str(back.name, "Changed");
    check_equal(back.smtp_port, 25);
    check_equal(back.letter_at, kit.now);
    check_ok(store_inbox_set_letter_at(c, kit.a, brand.id, one.id, kit.now + MINUTE_MS + 1));
    check_ok(store_inbox_set_letter_at(c, kit.a, brand.id, one.id, kit.now - DAY_MS));
    check_ok(store_inbox_by_id(c, kit.a, brand.id, one.id, &back));
    check_equal(back.letter_at, kit.now + MINUTE_MS + 1);

    check_ok(store_inbox_set_disabled(c, kit.a, brand.id, one.id, 3));
    check_equal(store_inbox_by_address(c, kit.a, one.address, &back), ERR_MISSING);
    check_ok(store_inbox_of_brand_by_address(c, kit.a, brand.id, one.address, &back));
    check_equal(back.disabled_at, 3);
}

static void test_inboxes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(inboxes_in);
}

static void settings_in(db_conn *c) {
    struct store_brand brand = make_brand(c), other = make_brand(c);
    str value = S("before");
    check_equal(store_setting_get(c, kit.a, brand.id, S("x"), &value), ERR_MISSING);
    check_str(value, "before");
    check_ok(store_setting_set(c, kit.a, brand.id, S("x"), S("1")));
    check_ok(store_setting_set(c, kit.a, brand.id, S("x"), S("2")));
    check_ok(store_setting_get(c, kit.a, brand.id, S("x"), &value));
    check_str(value, "2");
    check_equal(store_setting_get(c, kit.a, other.id, S("x"), &value), ERR_MISSING);
    store_setting_list list;
    check_ok(store_setting_list_of(c, kit.a, brand.id, &list));
    check_equal(list.n, 1);
    check_ok(store_setting_delete(c, kit.a, brand.id, S("x")));
    check_ok(store_setting_list_of(c, kit.a, brand.id, &list));
    check_equal(list.n, 0);
}

static void test_settings(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    in_write(settings_in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_accounts), KIT_TEST(test_same_address_conflicts),
        KIT_TEST(test_brands),   KIT_TEST(test_numbers_never_repeat),
        KIT_TEST(test_agents),   KIT_TEST(test_who),
        KIT_TEST(test_sessions), KIT_TEST(test_tokens),
        KIT_TEST(test_links),    KIT_TEST(test_one_of_many_uses_wins),
        KIT_TEST(test_inboxes),  KIT_TEST(test_settings),
    };
    return KIT_RUN(tests);
}
