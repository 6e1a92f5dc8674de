#include "unit/people_kit.h"

#include <string.h>

#include "desk/brands.h"
#include "desk/secret.h"
#include "desk/settings.h"
#include "store/setting.h"

static struct store_brand brand_new(void) {
    static int n;
    struct store_brand brand;
    assert_ok(brand_create(&kit.d, kit.a, str_fmt(kit.a, "Brand %d", ++n), S(""), S(""), &brand));
    return brand;
}

static int64_t number_of(int64_t brand, enum setting which) {
    DB_READ_AUTO db_conn *c = NULL;
    int64_t value = -1;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(setting_number(c, kit.a, brand, which, &value));
    return value;
}

static err change(int64_t brand, const char *name, const char *value) {
    return setting_change(&kit.d, kit.a, brand, str_z(name), str_z(value));
}

static void test_defaults_and_changes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_brand one = brand_new(), two = brand_new();
    assert_int_equal(number_of(one.id, SETTING_UNDO_SECONDS), 10);
    assert_int_equal(number_of(one.id, SETTING_ATTACHMENT_LIMIT_MB), 25);
    assert_int_equal(number_of(one.id, SETTING_SILENT_INBOX_HOURS), 48);
    assert_ok(change(one.id, "undo_seconds", " 0 "));
    assert_int_equal(number_of(one.id, SETTING_UNDO_SECONDS), 0);
    assert_int_equal(number_of(two.id, SETTING_UNDO_SECONDS), 10);
    assert_ok(change(one.id, "undo_seconds", "120"));
    assert_ok(change(one.id, "undo_seconds", "120"));
    assert_int_equal(number_of(one.id, SETTING_UNDO_SECONDS), 120);
    const char *const bad[] = {"121", "-1", "ten", "1.5", "0x10", "99999999999999999999", "1 2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(change(one.id, "undo_seconds", bad[i]), ERR_INVALID);
    }
    assert_int_equal(change(one.id, "undo_second", "1"), ERR_INVALID);
    assert_int_equal(change(one.id, "", "1"), ERR_INVALID);
    assert_int_equal(change(1, "undo_seconds", "1"), ERR_MISSING);
    assert_int_equal(number_of(one.id, SETTING_UNDO_SECONDS), 120);

    setting_list all;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(settings_of_brand(c, kit.a, one.id, &all));
    assert_int_equal(all.n, SETTINGS);
    assert_true(all.v[SETTING_UNDO_SECONDS].is_set);
    assert_int_equal(all.v[SETTING_UNDO_SECONDS].value, 120);
    assert_false(all.v[SETTING_SESSION_DAYS].is_set);
    assert_int_equal(all.v[SETTING_SESSION_DAYS].value, 14);
    assert_ok(change(one.id, "undo_seconds", ""));
    assert_int_equal(number_of(one.id, SETTING_UNDO_SECONDS), 10);
}

static err write_nonsense(db_conn *c, void *brand) {
    TRY(store_setting_set(c, kit.a, *(int64_t *)brand, S("undo_seconds"), S("5000")));
    return store_setting_set(c, kit.a, *(int64_t *)brand, S("session_days"), S("soon"));
}

static void test_nonsense_falls_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_brand brand = brand_new();
    assert_ok(db_write(kit.db, write_nonsense, &brand.id));
    assert_int_equal(number_of(brand.id, SETTING_UNDO_SECONDS), 10);
    assert_int_equal(number_of(brand.id, SETTING_SESSION_DAYS), 14);
    setting_list all;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(settings_of_brand(c, kit.a, brand.id, &all));
    assert_false(all.v[SETTING_UNDO_SECONDS].is_set);
    assert_int_equal(all.v[SETTING_UNDO_SECONDS].value, 10);
}

static void test_the_table_is_whole(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    for (int i = 0; i < SETTINGS; i++) {
        const struct setting_info *info = setting_info((enum setting)i);
        enum setting back;
        assert_true(info->name && info->help && info->unit);
        assert_true(info->min <= info->standard && info->standard <= info->max);
        assert_true(setting_from(str_z(info->name), &back));
        assert_int_equal(back, i);
    }
}

static void test_slugs(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const struct {
        const char *name, *slug;
    } cases[] = {{"Tidewatch Toys", "tidewatch-toys"},
                 {"Käse & Söhne", "kase-sohne"},
                 {"Straße Ærø Łódź", "strasse-aero-lodz"},
                 {"Ann's Parts", "anns-parts"},
                 {"  --A  B--  ", "a-b"},
                 {"", "brand"},
                 {"日本", "brand"},
                 {"💙", "brand"},
                 {"../../etc", "etc"},
                 {"API", "api-brand"},
                 {"a name that is much longer than forty bytes altogether",
                  "a-name-that-is-much-longer-than-forty-by"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_str(brand_slug_of(kit.a, str_z(cases[i].name)), cases[i].slug);
    }
    assert_str(brand_slug_of(kit.a, S("\xff\xfe")), "brand");
}

static void test_brands(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_brand one, two, back;
    assert_ok(brand_create(&kit.d, kit.a, S("Same Name"), S("Asia/Tokyo"), S("ja"), &one));
    assert_ok(brand_create(&kit.d, kit.a, S("Same Name"), S(""), S(""), &two));
    assert_str(one.slug, "same-name");
    assert_str(two.slug, "same-name-2");
    assert_str(two.zone, "UTC");
    assert_int_equal(brand_create(&kit.d, kit.a, S(" "), S(""), S(""), &two), ERR_INVALID);
    assert_int_equal(brand_create(&kit.d, kit.a, S("a\nb"), S(""), S(""), &two), ERR_INVALID);
    assert_int_equal(brand_create(&kit.d, kit.a, S("x"), S("Moon"), S(""), &two), ERR_INVALID);
    assert_ok(brand_change(&kit.d, kit.a, one.id, S("Other"), S("UTC"), S("en")));
    assert_int_equal(brand_change(&kit.d, kit.a, 1, S("Other"), S("UTC"), S("en")), ERR_MISSING);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_brand_by_slug(c, kit.a, S("same-name"), &back)); /* addresses of pages stay */
    assert_str(back.name, "Other");
}

static struct inbox_form smtp_form(const char *host, const char *tls) {
    return (struct inbox_form){.address = S("help@toys.example"),
                               .transport = S("smtp"),
                               .smtp_host = str_z(host),
                               .smtp_tls = str_z(tls),
                               .smtp_user = S("u"),
                               .smtp_password = S("p"),
                               .silent_after_hours = -1};
}

static err check_host(const char *host, const char *tls) {
    struct inbox_form form = smtp_form(host, tls);
    struct store_inbox row;
    return inbox_check(kit.a, &form, &row);
}

static void test_mail_servers(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_inbox row;
    struct inbox_form form = smtp_form("mail.example.org", "");
    assert_ok(inbox_check(kit.a, &form, &row));
    assert_str(row.smtp_tls, "required");
    assert_int_equal(row.smtp_port, 587);
    form.smtp_tls = S("implicit");
    assert_ok(inbox_check(kit.a, &form, &row));
    assert_int_equal(row.smtp_port, 465);
    const char *const loopback[] = {"localhost", "LocalHost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"};
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
        assert_ok(check_host(loopback[i], "never"));
    const char *const outside[] = {"mail.example.org",
                                   "127.0.0.1.example.org",
                                   "127.example",
                                   "localhost.example",
                                   "128.0.0.1",
                                   "0.0.0.0",
                                   "::2",
                                   "127.0.0.",
                                   "127.1"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(check_host(outside[i], "never"), ERR_INVALID);
    }
    const char *const bad[] = {"", " ", "a b", "a/b", "user@host", "host:25/", "-host", "h\r\nx", "http://x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(check_host(bad[i], ""), ERR_INVALID);
    assert_int_equal(check_host("mail.example.org", "maybe"), ERR_INVALID);
    const int64_t ports[] = {-1, 65536, 1000000};
    for (size_t i = 0; i < 3; i++) {
        form = smtp_form("mail.example.org", "");
        form.smtp_port = ports[i];
        assert_int_equal(inbox_check(kit.a, &form, &row), ERR_INVALID);
    }
    form = smtp_form("mail.example.org", "");
    form.smtp_ca_file = S("relative.pem");
    assert_int_equal(inbox_check(kit.a, &form, &row), ERR_INVALID);
    form = smtp_form("mail.example.org", "");
    form.smtp_user = S("u\r\nMAIL FROM");
    assert_int_equal(inbox_check(kit.a, &form, &row), ERR_INVALID);
    form = smtp_form("mail.example.org", "");
    form.name = S("Help\nBcc: x");
    assert_int_equal(inbox_check(kit.a, &form, &row), ERR_INVALID);
    form = smtp_form("mail.example.org", "");
    form.address = S("no address");
    assert_int_equal(inbox_check(kit.a, &form, &row), ERR_INVALID);
}

static struct store_inbox inbox_of(int64_t brand, int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_inbox inbox = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_inbox_by_id(c, kit.a, brand, id, &inbox));
    return inbox;
}

static str password_of(int64_t brand, int64_t id) {
    struct store_inbox inbox = inbox_of(brand, id);
    assert_true(secret_is_sealed(inbox.smtp_password));
    assert_ok(inbox_open_password(&kit.d, kit.a, &inbox));
    return inbox.smtp_password;
}

static void test_inboxes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_brand brand = brand_new(), other = brand_new();
    struct store_inbox one, two, back;
    assert_ok(change(brand.id, "silent_inbox_hours", "5"));
    struct inbox_form form = {.address = S(" Help@Toys.Example "), .silent_after_hours = -1};
    assert_ok(inbox_create(&kit.d, kit.a, brand.id, &form, &one));
    assert_str(one.address, "help@toys.example");
    assert_str(one.transport, "maildir");
    assert_true(inbox_of(brand.id, one.id).is_default); /* the first one is */
    assert_int_equal(one.silent_after_hours, 5);
    /* Neither here nor in another brand a second time, in whatever spelling. */
    form.address = S("HELP@toys.EXAMPLE");
    assert_int_equal(inbox_create(&kit.d, kit.a, brand.id, &form, &two), ERR_CONFLICT);
    assert_int_equal(inbox_create(&kit.d, kit.a, other.id, &form, &two), ERR_CONFLICT);
    assert_int_equal(inbox_create(&kit.d, kit.a, 1, &form, &two), ERR_MISSING);

    form.address = S("parts@toys.example");
    assert_ok(inbox_create(&kit.d, kit.a, brand.id, &form, &two));
    assert_false(inbox_of(brand.id, two.id).is_default);
    assert_int_equal(inbox_disable(&kit.d, kit.a, brand.id, one.id), ERR_CONFLICT);
    form.is_default = true;
    assert_ok(inbox_change(&kit.d, kit.a, brand.id, two.id, &form, &back));
    assert_true(inbox_of(brand.id, two.id).is_default);
    assert_false(inbox_of(brand.id, one.id).is_default);
    assert_int_equal(inbox_change(&kit.d, kit.a, other.id, two.id, &form, &back), ERR_MISSING);
    form.address = S("help@toys.example");
    assert_int_equal(inbox_change(&kit.d, kit.a, brand.id, two.id, &form, &back), ERR_CONFLICT);

    assert_ok(inbox_disable(&kit.d, kit.a, brand.id, one.id));
    int64_t since = inbox_of(brand.id, one.id).disabled_at;
    assert_true(since > 0);
    assert_int_equal(inbox_change(&kit.d, kit.a, brand.id, one.id, &form, &back), ERR_CONFLICT);
    /* Free for another brand, and then no longer for this one. */
    form.is_default = false;
    assert_ok(inbox_create(&kit.d, kit.a, other.id, &form, &back));
    assert_int_equal(inbox_enable(&kit.d, kit.a, brand.id, one.id), ERR_CONFLICT);
    form.address = S("help2@toys.example");
    assert_ok(inbox_change(&kit.d, kit.a, other.id, back.id, &form, &back));
    assert_ok(inbox_enable(&kit.d, kit.a, brand.id, one.id));
    assert_int_equal(inbox_of(brand.id, one.id).disabled_at, 0);
}

static void test_a_kept_password_stays_with_its_server(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct store_brand brand = brand_new();
    struct store_inbox inbox, back;
    struct inbox_form form = smtp_form("mail.example.org", "required");
    form.address = S("kept@toys.example");
    assert_ok(inbox_create(&kit.d, kit.a, brand.id, &form, &inbox));
    form.smtp_password = S("");
    form.keep_password = true;
    form.name = S("Kept");
    assert_ok(inbox_change(&kit.d, kit.a, brand.id, inbox.id, &form, &back));
    assert_str(password_of(brand.id, inbox.id), "p");
    assert_str(inbox_of(brand.id, inbox.id).name, "Kept");
    form.smtp_host = S("mail.evil.example");
    assert_int_equal(inbox_change(&kit.d, kit.a, brand.id, inbox.id, &form, &back), ERR_INVALID);
    form.smtp_host = S("mail.example.org");
    form.smtp_port = 2525;
    assert_int_equal(inbox_change(&kit.d, kit.a, brand.id, inbox.id, &form, &back), ERR_INVALID);
    form.keep_password = false;
    form.smtp_password = S("q");
    assert_ok(inbox_change(&kit.d, kit.a, brand.id, inbox.id, &form, &back));
    assert_str(password_of(brand.id, inbox.id), "q");
    form.transport = S("maildir");
    assert_ok(inbox_change(&kit.d, kit.a, brand.id, inbox.id, &form, &back));
    assert_str(inbox_of(brand.id, inbox.id).smtp_password, "");
    assert_str(inbox_of(brand.id, inbox.id).smtp_host, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_defaults_and_changes),
        KIT_TEST(test_nonsense_falls_back),
        KIT_TEST(test_the_table_is_whole),
        KIT_TEST(test_slugs),
        KIT_TEST(test_brands),
        KIT_TEST(test_mail_servers),
        KIT_TEST(test_inboxes),
        KIT_TEST(test_a_kept_password_stays_with_its_server),
    };
    return KIT_RUN(tests);
}
