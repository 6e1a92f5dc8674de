#include "unit/people_kit.h"

#include <pthread.h>
#include <string.h>

#include "desk/brands.h"
#include "desk/people.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/session.h"

static struct people_setup_done setup_new(void) {
    static int n;
    struct people_setup_done done;
    struct people_setup wanted = {
        .brand = str_fmt(kit.a, "People %d", ++n), .inbox = kit_email("in"), .admin = kit_email("ann")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &done));
    return done;
}

static struct store_agent agent_of(int64_t brand, int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_agent agent = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_agent_by_id(c, kit.a, brand, id, &agent));
    return agent;
}

static err sign_in_as(str email, str password, struct sign_in_done *ret) {
    struct sign_in_try t = {.email = email, .password = password, .peer = S("10.0.0.1")};
    return sign_in(&kit.d, kit.a, &t, ret);
}

/* Runs first, on the empty database. */
static void test_setup_of_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup wanted = {0};
    struct people_setup_done first, second;
    wanted.inbox = S("no address");
    assert_int_equal(people_setup(&kit.d, kit.a, &wanted, &first), ERR_INVALID);
    wanted.inbox = S("");
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &first));
    assert_str(first.brand.slug, "our-brand");
    assert_str(first.inbox.address, "desk@localhost");
    assert_str(first.inbox.transport, "maildir");
    assert_int_equal(first.inbox.silent_after_hours, 48);
    assert_true(first.inbox.is_default);
    assert_str(first.admin.email, "admin@localhost");
    assert_str(first.admin.name, "admin");
    assert_str(first.admin.role, "administrator");
    assert_true(first.new_brand && first.new_inbox && first.new_admin);
    assert_int_equal(first.first_password.n, 24);

    assert_ok(people_setup(&kit.d, kit.a, &wanted, &second));
    assert_false(second.new_brand || second.new_inbox || second.new_admin);
    assert_int_equal(second.first_password.n, 0);
    assert_int_equal(second.brand.id, first.brand.id);
    assert_int_equal(second.inbox.id, first.inbox.id);
    assert_int_equal(second.admin.id, first.admin.id);
    struct sign_in_done in;
    assert_ok(sign_in_as(S("admin@localhost"), first.first_password, &in));
}

static void test_setup_with_names(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("Hello@Tidewatch.Example"),
                                  .admin = S("Mira@Tidewatch.example"),
                                  .admin_name = S("Mira"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("de")};
    struct people_setup_done one, two;
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &one));
    assert_str(one.brand.slug, "tidewatch-toys");
    assert_str(one.brand.zone, "Europe/Berlin");
    assert_str(one.inbox.address, "hello@tidewatch.example");
    assert_str(one.admin.email, "mira@tidewatch.example");
    assert_str(one.admin.name, "Mira");
    assert_true(one.first_password.n > 0);
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &two));
    assert_false(two.new_brand || two.new_inbox || two.new_admin || two.first_password.n);

    /* A second brand for the same person: no new password. */
    wanted.brand = S("Second");
    assert_int_equal(people_setup(&kit.d, kit.a, &wanted, &two), ERR_CONFLICT); /* the inbox is the first's */
    wanted.inbox = S("hello@second.example");
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &two));
    assert_true(two.new_brand && two.new_inbox && two.new_admin);
    assert_int_equal(two.first_password.n, 0);
    assert_int_equal(two.admin.account_id, one.admin.account_id);

    wanted.zone = S("Mars/Base");
    assert_int_equal(people_setup(&kit.d, kit.a, &wanted, &two), ERR_INVALID);
    wanted.zone = S("../../etc/passwd");
    assert_int_equal(people_setup(&kit.d, kit.a, &wanted, &two), ERR_INVALID);
}

static void test_inviting(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new(), other = setup_new();
    struct people_invited first, again, joined;
    struct sign_in_link link;
    struct sign_in_done in;
    str email = kit_email("Bo"), typed = str_fmt(kit.a, " %.*s ", STR_FMT(email));
    assert_ok(people_invite(&kit.d, kit.a, s.brand.id, typed, S("Bo Bee"), ROLE_AGENT, &first));
    assert_str(first.agent.name, "Bo Bee");
    assert_str(first.agent.role, "agent");
    assert_true(first.agent.invited);
    assert_int_equal(first.link_token.n, 22);
    /* Once more: the newer link replaces the older. */
    assert_ok(people_invite(&kit.d, kit.a, s.brand.id, email, S("Bo Bee"), ROLE_LEAD, &again));
    assert_int_equal(again.agent.id, first.agent.id);
    assert_str(again.agent.role, "lead");
    assert_int_equal(sign_in_open_link(&kit.d, kit.a, first.link_token, &link), ERR_MISSING);
    assert_ok(sign_in_open_link(&kit.d, kit.a, again.link_token, &link));
    assert_true(link.invitation);
    assert_int_equal(link.expires_at, kit.now + 7 * (int64_t)DAY_MS);
    kit.now += 7 * (int64_t)DAY_MS - 1;
    assert_ok(sign_in_take_link(&kit.d, kit.a, again.link_token, S("Bo B."), S("a long password"), &link));
    assert_ok(sign_in_as(email, S("a long password"), &in));
    assert_str(agent_of(s.brand.id, first.agent.id).name, "Bo B.");
    assert_false(agent_of(s.brand.id, first.agent.id).invited);

    assert_int_equal(people_invite(&kit.d, kit.a, s.brand.id, email, S("x"), ROLE_AGENT, &again),
                     ERR_CONFLICT);
    /* In another brand an account that is there is just added, and keeps its name. */
    assert_ok(people_invite(&kit.d, kit.a, other.brand.id, email, S("Someone"), ROLE_READER, &joined));
    assert_int_equal(joined.link_token.n, 0);
    assert_int_equal(joined.agent.account_id, first.agent.account_id);
    assert_str(joined.agent.name, "Bo B.");

    assert_int_equal(people_invite(&kit.d, kit.a, s.brand.id, S("no"), S("x"), ROLE_AGENT, &again),
                     ERR_INVALID);
    assert_int_equal(
        people_invite(&kit.d, kit.a, s.brand.id, kit_email("x"), S("a\nBcc: b"), ROLE_AGENT, &again),
        ERR_INVALID);
    assert_int_equal(people_invite(&kit.d, kit.a, 1, kit_email("x"), S("x"), ROLE_AGENT, &again),
                     ERR_MISSING);
}

static void test_the_last_administrator_stays(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new();
    struct actor who = {s.brand.id, s.admin.id, S("Ann")};
    struct people_invited second;
    int back = -1;
    assert_int_equal(people_set_role(&kit.d, kit.a, s.brand.id, s.admin.id, ROLE_LEAD), ERR_CONFLICT);
    assert_int_equal(people_disable(&kit.d, kit.a, &who, s.admin.id, &back), ERR_CONFLICT);
    assert_int_equal(back, -1);
    assert_ok(people_set_role(&kit.d, kit.a, s.brand.id, s.admin.id, ROLE_ADMINISTRATOR));
    assert_ok(
        people_invite(&kit.d, kit.a, s.brand.id, kit_email("cy"), S("Cy"), ROLE_ADMINISTRATOR, &second));
    assert_ok(people_set_role(&kit.d, kit.a, s.brand.id, s.admin.id, ROLE_LEAD));
    assert_int_equal(people_set_role(&kit.d, kit.a, s.brand.id, second.agent.id, ROLE_READER), ERR_CONFLICT);
    assert_ok(people_set_role(&kit.d, kit.a, s.brand.id, s.admin.id, ROLE_ADMINISTRATOR));
    assert_ok(people_disable(&kit.d, kit.a, &who, second.agent.id, &back));
    assert_int_equal(people_disable(&kit.d, kit.a, &who, s.admin.id, &back), ERR_CONFLICT);
}

struct demote {
    int64_t brand, agent;
    err code;
};
static void *demote(void *arg) {
    struct demote *x = arg;
    ARENA_AUTO arena *a = arena_new(0);
    x->code = people_set_role(&kit.d, a, x->brand, x->agent, ROLE_AGENT);
    return NULL;
}

static void test_two_administrators_cannot_demote_each_other(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    for (int round = 0; round < 5; round++) {
        struct people_setup_done s = setup_new();
        struct people_invited second;
        assert_ok(people_invite(&kit.d, kit.a, s.brand.id, kit_email("dan"), S("Dan"), ROLE_ADMINISTRATOR,
                                &second));
        struct demote two[2] = {{s.brand.id, s.admin.id, ERR_NONE}, {s.brand.id, second.agent.id, ERR_NONE}};
        pthread_t threads[2];
        for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, demote, &two[i]);
        for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
        assert_int_equal((two[0].code == ERR_NONE) + (two[1].code == ERR_NONE), 1);
        assert_int_equal((two[0].code == ERR_CONFLICT) + (two[1].code == ERR_CONFLICT), 1);
    }
}

/* A colleague who can sign in, in one or two brands. */
static struct store_agent colleague(int64_t brand, str *ret_email) {
    struct people_invited invited;
    struct sign_in_link link;
    *ret_email = kit_email("col");
    assert_ok(people_invite(&kit.d, kit.a, brand, *ret_email, S("Col"), ROLE_AGENT, &invited));
    assert_ok(sign_in_take_link(&kit.d, kit.a, invited.link_token, S(""), S("a long password"), &link));
    return invited.agent;
}

static void test_disabling(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new(), other = setup_new();
    struct actor who = {s.brand.id, s.admin.id, S("Ann")},
                 elsewhere = {other.brand.id, other.admin.id, S("Ann")};
    str email, text;
    struct store_agent agent = colleague(s.brand.id, &email);
    struct people_invited joined;
    struct store_token token;
    struct sign_in_done in;
    struct desk_who seen;
    int back = -1;
    assert_ok(people_invite(&kit.d, kit.a, other.brand.id, email, S(""), ROLE_AGENT, &joined));
    assert_ok(people_token_create(&kit.d, kit.a, s.brand.id, agent.id, S("till"), &text, &token));
    assert_ok(sign_in_as(email, S("a long password"), &in));

    assert_int_equal(people_disable(&kit.d, kit.a, &elsewhere, agent.id, &back), ERR_MISSING);
    assert_ok(people_disable(&kit.d, kit.a, &who, agent.id, &back));
    assert_int_equal(back, 0);
    assert_true(agent_of(s.brand.id, agent.id).disabled_at > 0);
    assert_int_equal(sign_in_who_token(&kit.d, NULL, kit.a, text, S(""), &seen), ERR_DENIED);
    assert_int_equal(sign_in_who(&kit.d, NULL, kit.a, in.session, s.brand.slug, &seen), ERR_MISSING);
    /* Still at work in the other brand. */
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, other.brand.slug, &seen));
    assert_int_equal(people_token_create(&kit.d, kit.a, s.brand.id, agent.id, S("x"), &text, &token),
                     ERR_CONFLICT);
    struct store_agent found;
    assert_int_equal(people_by_email(&kit.d, kit.a, s.brand.id, email, &found), ERR_MISSING);
    assert_ok(people_by_email(&kit.d, kit.a, other.brand.id, email, &found));

    assert_ok(people_disable(&kit.d, kit.a, &elsewhere, joined.agent.id, &back));
    assert_int_equal(sign_in_who(&kit.d, NULL, kit.a, in.session, S(""), &seen), ERR_DENIED);

    assert_ok(people_enable(&kit.d, kit.a, s.brand.id, agent.id));
    assert_ok(sign_in_as(email, S("a long password"), &in));
    assert_ok(sign_in_who(&kit.d, NULL, kit.a, in.session, s.brand.slug, &seen));
    assert_int_equal(sign_in_who_token(&kit.d, NULL, kit.a, text, S(""), &seen),
                     ERR_DENIED); /* revoked for good */
}

static void test_inviting_a_disabled_agent_enables(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new();
    struct actor who = {s.brand.id, s.admin.id, S("Ann")};
    str email;
    struct store_agent agent = colleague(s.brand.id, &email);
    struct people_invited back;
    int given;
    assert_ok(people_disable(&kit.d, kit.a, &who, agent.id, &given));
    assert_ok(people_invite(&kit.d, kit.a, s.brand.id, email, S(""), ROLE_PACKER, &back));
    assert_int_equal(back.agent.id, agent.id);
    assert_int_equal(back.agent.disabled_at, 0);
    assert_str(back.agent.role, "packer");
    assert_int_equal(back.link_token.n, 0);
}

/* An open conversation in the agent's hands. */
struct held {
    struct people_setup_done *setup;
    int64_t agent, id;
};
static err write_held(db_conn *c, void *arg) {
    struct held *x = arg;
    int64_t brand = x->setup->brand.id;
    struct customer customer = {.id = id_new(kit.now), .name = S("Kit"), .created_at = kit.now};
    TRY(store_customer_insert(c, brand, &customer));
    struct conversation row = {.inbox_id = x->setup->inbox.id,
                               .customer_id = customer.id,
                               .state = CONVERSATION_US,
                               .waiting_since = kit.now,
                               .agent_id = x->agent,
                               .created_at = kit.now,
                               .updated_at = kit.now};
    row.id = x->id = id_new(kit.now);
    TRY(store_brand_number(c, kit.a, brand, &row.number));
    return store_conversation_insert(c, brand, &row);
}

static int64_t holder_of(int64_t brand, int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation row = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, brand, conversation, &row));
    return row.agent_id;
}

static void test_away_gives_letters_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new();
    str email;
    struct store_agent agent = colleague(s.brand.id, &email);
    struct actor self = {s.brand.id, agent.id, S("Col")}, admin = {s.brand.id, s.admin.id, S("Ann")};
    struct held one = {&s, agent.id, 0}, two = {&s, s.admin.id, 0};
    int back = -1;
    assert_ok(db_write(kit.db, write_held, &one));
    assert_ok(db_write(kit.db, write_held, &two));
    assert_ok(people_away(&kit.d, kit.a, &self, agent.id, &back));
    assert_int_equal(back, 1);
    assert_int_equal(holder_of(s.brand.id, one.id), 0);
    assert_int_equal(holder_of(s.brand.id, two.id), s.admin.id);
    int64_t since = agent_of(s.brand.id, agent.id).away_at;
    assert_int_equal(since, kit.now);
    kit.now += 1000;
    assert_ok(people_away(&kit.d, kit.a, &self, agent.id, &back));
    assert_int_equal(back, 0);
    assert_int_equal(agent_of(s.brand.id, agent.id).away_at, since);
    assert_ok(people_back(&kit.d, kit.a, s.brand.id, agent.id));
    assert_int_equal(agent_of(s.brand.id, agent.id).away_at, 0);

    struct held three = {&s, agent.id, 0};
    assert_ok(db_write(kit.db, write_held, &three));
    assert_ok(people_disable(&kit.d, kit.a, &admin, agent.id, &back));
    assert_int_equal(back, 1);
    assert_int_equal(holder_of(s.brand.id, three.id), 0);
}

static void test_signature_and_profile(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new(), other = setup_new();
    assert_ok(people_set_signature(&kit.d, kit.a, s.brand.id, s.admin.id, S("Ann\r\nKeeper of parts\rx")));
    assert_str(agent_of(s.brand.id, s.admin.id).signature, "Ann\nKeeper of parts\nx");
    assert_int_equal(people_set_signature(&kit.d, kit.a, s.brand.id, s.admin.id, S("a\x1b[2J")), ERR_INVALID);
    assert_int_equal(people_set_signature(&kit.d, kit.a, s.brand.id, s.admin.id, S("\xff")), ERR_INVALID);
    assert_int_equal(people_set_signature(&kit.d, kit.a, other.brand.id, s.admin.id, S("x")), ERR_MISSING);
    int64_t account = s.admin.account_id;
    assert_ok(
        people_set_profile(&kit.d, kit.a, account, S(" Änne "), S("America/Argentina/Ushuaia"), S("pt-BR")));
    assert_str(agent_of(s.brand.id, s.admin.id).name, "Änne");
    assert_int_equal(people_set_profile(&kit.d, kit.a, account, S(" "), S("UTC"), S("en")), ERR_INVALID);
    assert_int_equal(people_set_profile(&kit.d, kit.a, account, S("A"), S("Nowhere"), S("en")), ERR_INVALID);
    assert_int_equal(people_set_profile(&kit.d, kit.a, account, S("A"), S("UTC"), S("english")), ERR_INVALID);
    assert_int_equal(people_set_profile(&kit.d, kit.a, account, S("A"), S("UTC"), S("DE")), ERR_INVALID);
}

static void test_tokens(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct people_setup_done s = setup_new(), other = setup_new();
    str email, text, second_text;
    struct store_agent agent = colleague(s.brand.id, &email);
    struct store_token token, second;
    store_token_list list;
    assert_ok(people_token_create(&kit.d, kit.a, s.brand.id, s.admin.id, S("One"), &text, &token));
    assert_ok(people_token_create(&kit.d, kit.a, s.brand.id, agent.id, S("Two"), &second_text, &second));
    assert_int_equal(text.n, 22);
    assert_int_equal(people_token_create(&kit.d, kit.a, s.brand.id, agent.id, S(""), &text, &token),
                     ERR_INVALID);
    assert_int_equal(people_token_create(&kit.d, kit.a, other.brand.id, agent.id, S("x"), &text, &token),
                     ERR_MISSING);
    assert_ok(people_token_list(&kit.d, kit.a, s.brand.id, 0, &list));
    assert_int_equal(list.n, 2);
    assert_str(list.v[0].name, "Two");
    assert_ok(people_token_list(&kit.d, kit.a, s.brand.id, agent.id, &list));
    assert_int_equal(list.n, 1);
    /* Nobody revokes a colleague's, nobody another brand's. */
    assert_int_equal(people_token_revoke(&kit.d, kit.a, s.brand.id, agent.id, token.id), ERR_MISSING);
    assert_int_equal(people_token_revoke(&kit.d, kit.a, other.brand.id, 0, token.id), ERR_MISSING);
    assert_ok(people_token_revoke(&kit.d, kit.a, s.brand.id, agent.id, second.id));
    assert_ok(people_token_revoke(&kit.d, kit.a, s.brand.id, 0, token.id));
}

static void test_roles(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const char may[ROLES][6] = {"rpwla", "rpwl-", "rpw--", "rp---", "r----"};
    enum role role = ROLE_LEAD;
    for (int i = 0; i < ROLES; i++) {
        for (int right = RIGHT_READ; right <= RIGHT_ADMIN; right++) {
            assert_int_equal(role_may((enum role)i, (enum right)right), may[i][right] != '-');
        }
        assert_true(role_from(str_z(role_text((enum role)i)), &role));
        assert_int_equal(role, i);
    }
    assert_false(role_from(S("Administrator"), &role));
    assert_false(role_from(S(""), &role));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_setup_of_nothing),
        KIT_TEST(test_setup_with_names),
        KIT_TEST(test_inviting),
        KIT_TEST(test_the_last_administrator_stays),
        KIT_TEST(test_two_administrators_cannot_demote_each_other),
        KIT_TEST(test_disabling),
        KIT_TEST(test_inviting_a_disabled_agent_enables),
        KIT_TEST(test_away_gives_letters_back),
        KIT_TEST(test_signature_and_profile),
        KIT_TEST(test_tokens),
        KIT_TEST(test_roles),
    };
    return KIT_RUN(tests);
}
