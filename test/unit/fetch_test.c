/* Letters fetched from a mailbox: each kept once, none passed by, secrets sealed; on both engines. */
#include "unit/people_kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "desk/brands.h"
#include "desk/fetch.h"
#include "desk/intake.h"
#include "desk/secret.h"
#include "store/raw.h"

#define HOST "imap.mail.example"

static struct store_inbox inbox;

static struct fetch_form by_password(void) {
    return (struct fetch_form){
        .host = S(HOST), .user = S("post"), .password = S("CANARY-password"), .begin = S("all")};
}

static void a_mailbox(const struct fetch_form *form) {
    struct store_brand brand;
    struct inbox_form in = {.address = kit_email("box"), .silent_after_hours = -1};
    assert_ok(brand_create(&kit.d, kit.a, kit_email("Brand "), S("UTC"), S("en"), &brand));
    assert_ok(inbox_create(&kit.d, kit.a, brand.id, &in, &inbox));
    assert_ok(fetch_set_up(&kit.d, kit.a, brand.id, inbox.id, form));
}

static struct store_fetch row(void) {
    struct store_fetch f;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fetch_get(c, kit.a, inbox.brand_id, inbox.id, &f));
    return f;
}

static int64_t count_of(const char *sql) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    db_query *q = db_sql(c, sql);
    db_bind_int(q, 1, inbox.brand_id);
    int64_t n = db_row(q) ? db_int(q, "n") : -1;
    assert_ok(db_done(q));
    return n;
}
#define letters() count_of("SELECT COUNT(*) AS n FROM raw WHERE brand_id = $1")
#define aside() count_of("SELECT COUNT(*) AS n FROM fetch_aside WHERE brand_id = $1")

/* ---- secrets ---- */

static void test_secrets(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct secret_use use = {"imap password", 7, S("Mail.Example")},
                      same = {"imap password", 7, S("mail.example")};
    const struct secret_use others[] = {{"imap password", 7, S("evil.example")},
                                        {"imap password", 8, S("mail.example")},
                                        {"oauth token", 7, S("mail.example")}};
    str sealed, again, plain;
    assert_ok(secret_seal(&kit.d, kit.a, &use, S("sesame"), &sealed));
    assert_ok(secret_seal(&kit.d, kit.a, &use, S("sesame"), &again));
    assert_true(secret_is_sealed(sealed));
    assert_false(str_eq(sealed, again));
    assert_true(str_find(sealed, S("sesame"), 0) == SIZE_MAX);
    assert_ok(secret_open(&kit.d, kit.a, &same, sealed, &plain));
    assert_str(plain, "sesame");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(secret_open(&kit.d, kit.a, &others[i], sealed, &plain), ERR_DENIED);
    for (size_t i = 9; i < sealed.n; i += 7) {
        char *broken = str_cstr(kit.a, sealed);
        broken[i] = broken[i] == 'A' ? 'B' : 'A';
        assert_int_equal(secret_open(&kit.d, kit.a, &use, str_z(broken), &plain), ERR_DENIED);
    }
    /* Kept before there were sealed ones. */
    assert_ok(secret_open(&kit.d, kit.a, &use, S("clear"), &plain));
    assert_str(plain, "clear");
    assert_ok(secret_seal(&kit.d, kit.a, &use, S(""), &plain));
    assert_str(plain, "");
    struct stat st;
    str key = secret_path(kit.a, kit.d.folder), aside_path = str_fmt(kit.a, "%s.aside", key.p);
    assert_int_equal(stat(key.p, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 32);
    assert_int_equal(rename(key.p, aside_path.p), 0);
    assert_int_equal(secret_open(&kit.d, kit.a, &use, sealed, &plain), ERR_DENIED);
    assert_int_equal(rename(aside_path.p, key.p), 0);
    assert_ok(secret_open(&kit.d, kit.a, &use, sealed, &plain));
}

/* ---- setting up ---- */

static void test_a_password_stays_with_its_server(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    struct imap_login login;
    a_mailbox(&form);
    assert_true(secret_is_sealed(row().password));
    assert_int_equal(row().port, 993);
    assert_ok(fetch_login(&kit.d, kit.a, inbox.brand_id, inbox.id, &login));
    assert_str(login.password, "CANARY-password");
    assert_str(login.host, HOST);
    assert_int_equal(login.tls, IMAP_TLS_IMPLICIT);
    int64_t version = row().version;
    form.password = S("");
    form.after = S("move");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form),
                     ERR_INVALID); /* where to? */
    form.move_to = S("Done");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    assert_int_equal(row().version, version + 1);
    struct fetch_form wrong = form;
    wrong.host = S("imap.evil.example");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &wrong), ERR_INVALID);
    wrong = form, wrong.port = 1993;
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &wrong), ERR_INVALID);
    wrong = form, wrong.tls = S("never");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &wrong), ERR_INVALID);
    wrong = form, wrong.ca_file = S("/etc/evil.pem");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &wrong), ERR_INVALID);
    assert_ok(fetch_login(&kit.d, kit.a, inbox.brand_id, inbox.id, &login));
    assert_str(login.password, "CANARY-password");
    wrong = form, wrong.host = S("imap.other.example"), wrong.password = S("another");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &wrong));
    assert_ok(fetch_login(&kit.d, kit.a, inbox.brand_id, inbox.id, &login));
    assert_str(login.password, "another");
}

static void test_what_is_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form good = by_password();
    a_mailbox(&good);
    static const char *const hosts[] = {
        "", "a b", "imap.example/..", "user@imap.example", "-x", "imap\r\n.example"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct fetch_form form = good;
        form.host = str_z(hosts[i]);
        assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_INVALID);
    }
    struct fetch_form form = good;
    form.user = S("post\r\nA1 LOGOUT");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_INVALID);
    form = good, form.password = S("a\r\nb");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_INVALID);
    form = good, form.host = S("127.0.0.1");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_DENIED);
    form = good, form.port = 70000;
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_INVALID);
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id + 1, inbox.id, &good), ERR_MISSING);
    str_list none = {0}, two = {0};
    *list_add(kit.a, &two) = S("INBOX");
    *list_add(kit.a, &two) = S("Not there");
    assert_int_equal(fetch_choose(&kit.d, kit.a, inbox.brand_id, inbox.id, &none), ERR_INVALID);
    assert_int_equal(fetch_choose(&kit.d, kit.a, inbox.brand_id, inbox.id, &two), ERR_MISSING);
    struct imap_account account;
    assert_ok(fetch_pause(&kit.d, inbox.brand_id, inbox.id, true));
    struct store_fetch f = row();
    assert_int_equal(fetch_account_of(&kit.d, kit.a, &f, &account), ERR_CONFLICT);
    assert_int_equal(fetch_view_of(&f, kit.now).health, FETCH_PAUSED);
    assert_ok(fetch_pause(&kit.d, inbox.brand_id, inbox.id, false));
    f = row();
    assert_ok(fetch_account_of(&kit.d, kit.a, &f, &account));
    assert_int_equal(account.folders.n, 1);
    assert_str(account.folders.v[0], "INBOX");
    assert_int_equal(account.since, 0);
    assert_ok(fetch_remove(&kit.d, inbox.brand_id, inbox.id));
    assert_int_equal(fetch_remove(&kit.d, inbox.brand_id, inbox.id), ERR_MISSING);
}

/* ---- keeping ---- */

enum { MAILS = 4 };

struct a_batch {
    struct imap_mail mails[MAILS];
    struct imap_batch b;
};

/* Mails with the uids from `first`; the text follows from the uid of the first numbering. */
static struct a_batch *batch(uint32_t validity, uint32_t first, uint32_t text) {
    struct a_batch *x = arena_alloc(kit.a, sizeof *x);
    for (uint32_t i = 0; i < MAILS; i++)
        x->mails[i] = (struct imap_mail){
            .uid = first + i,
            .state = IMAP_MAIL_HERE,
            .bytes = str_fmt(kit.a, "Subject: %u\r\n\r\nLetter %u\r\n", text + i, text + i),
            .return_path = S("milo@customer.example"),
            .tries = 1};
    x->b = (struct imap_batch){.brand = inbox.brand_id,
                               .account = inbox.id,
                               .folder = S("INBOX"),
                               .uidvalidity = validity,
                               .mark = first + MAILS - 1,
                               .modseq = 12,
                               .mails = x->mails,
                               .n = MAILS};
    return x;
}

static struct imap_stand stand(void) {
    struct imap_stand s = {0};
    assert_ok(fetch_stand(&kit.d, kit.a, inbox.brand_id, inbox.id, row().version, S("INBOX"), &s));
    return s;
}

static void keep(struct a_batch *x) {
    stand();
    assert_ok(fetch_keep(&kit.d, kit.a, &x->b));
    for (size_t i = 0; i < x->b.n; i++)
        if (x->mails[i].state == IMAP_MAIL_HERE) assert_int_equal(x->mails[i].result, ERR_NONE);
}

static void test_each_mail_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    assert_int_equal(stand().uidvalidity, 0);
    keep(batch(5, 1, 1));
    assert_int_equal(letters(), 4);
    assert_int_equal(stand().uidvalidity, 5);
    assert_int_equal(stand().mark, 4);
    assert_int_equal(stand().modseq, 12);
    assert_int_equal(row().kept, 4);
    /* The answer was lost on the way: all of it again, and two more. */
    keep(batch(5, 1, 1));
    keep(batch(5, 3, 3));
    assert_int_equal(letters(), 6);
    assert_int_equal(row().kept, 6);
    /* A mark never falls. */
    struct a_batch *late = batch(5, 1, 1);
    late->b.mark = 2;
    keep(late);
    assert_int_equal(stand().mark, 6);
    /* Two people send the same bytes twice into one folder: these are two mails. */
    keep(batch(5, 20, 1));
    assert_int_equal(letters(), 10);
    /* The server numbers the folder anew: known ones are known, one more is there. */
    struct a_batch *anew = batch(6, 1, 4);
    anew->b.fresh = anew->b.again = true;
    keep(anew);
    assert_int_equal(letters(), 11);
    assert_int_equal(stand().uidvalidity, 6);
    assert_int_equal(stand().mark, 4);
    /* The mailbox is forgotten and set up again: what was kept stays known. */
    assert_ok(fetch_remove(&kit.d, inbox.brand_id, inbox.id));
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    assert_int_equal(stand().uidvalidity, 0);
    keep(batch(6, 1, 4));
    assert_int_equal(letters(), 11);
}

static void test_what_cannot_be_kept_is_set_aside(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    struct a_batch *x = batch(5, 1, 100);
    x->mails[1].state = IMAP_MAIL_FAILED;
    x->mails[1].says = S("The server said: NO out of order.");
    x->mails[1].retry_at = kit.now + HOUR_MS;
    x->mails[2].state = IMAP_MAIL_TOO_LARGE;
    x->mails[2].size = 99 << 20;
    x->mails[2].says = S("It is larger than 64 MB.");
    keep(x);
    assert_int_equal(letters(), 2);
    assert_int_equal(stand().mark, 4);
    assert_int_equal(stand().aside.n, 2);
    assert_int_equal(stand().aside.v[0].uid, 2);
    assert_int_equal(stand().aside.v[0].retry_at, kit.now + HOUR_MS);
    assert_int_equal(stand().aside.v[1].retry_at, 0);
    store_fetch_aside_list list = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_fetch_asides(c, kit.a, inbox.brand_id, inbox.id, 0, 10, &list));
    }
    assert_int_equal(list.n, 2);
    assert_str(list.v[0].reason, "The server said: NO out of order.");
    assert_str(list.v[0].folder, "INBOX");
    assert_ok(fetch_retry(&kit.d, inbox.brand_id, inbox.id, list.v[1].id));
    assert_int_equal(row().asked, 1);
    assert_int_equal(fetch_retry(&kit.d, inbox.brand_id, inbox.id, 1), ERR_MISSING);
    /* Tried again: one fails once more, one comes. */
    struct a_batch *again = batch(5, 2, 101);
    again->b.n = 2, again->b.mark = 4;
    again->mails[0].state = IMAP_MAIL_FAILED, again->mails[0].says = S("NO again"), again->mails[0].tries = 2;
    again->mails[1].tries = 2;
    keep(again);
    assert_int_equal(letters(), 3);
    assert_int_equal(stand().aside.n, 1);
    assert_int_equal(stand().aside.v[0].tries, 2);
    /* Somebody deleted it meanwhile. */
    again->b.n = 1, again->mails[0].state = IMAP_MAIL_GONE;
    keep(again);
    assert_int_equal(aside(), 0);
    assert_int_equal(letters(), 3);
    /* Under a new numbering their uids say nothing: whatever is there comes again by itself. */
    x->mails[0].state = IMAP_MAIL_FAILED;
    keep(x);
    assert_int_equal(aside(), 3);
    struct a_batch *anew = batch(6, 1, 100);
    anew->b.fresh = anew->b.again = true;
    keep(anew);
    assert_int_equal(aside(), 0);
}

static void test_nothing_counts_when_the_folder_is_gone(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    struct a_batch *x = batch(5, 1, 200);
    x->b.folder = S("Elsewhere");
    assert_int_equal(fetch_keep(&kit.d, kit.a, &x->b), ERR_MISSING);
    assert_int_equal(letters(), 0);
    assert_ok(fetch_remove(&kit.d, inbox.brand_id, inbox.id));
    x->b.folder = S("INBOX");
    assert_int_equal(fetch_keep(&kit.d, kit.a, &x->b), ERR_MISSING);
    assert_int_equal(letters(), 0);
}

static void test_afterwards(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    form.after = S("seen");
    a_mailbox(&form);
    struct store_fetch f = row();
    struct imap_account account;
    assert_ok(fetch_account_of(&kit.d, kit.a, &f, &account));
    assert_int_equal(account.after, IMAP_AFTER_FLAG);
    assert_str(account.flag, "\\Seen");
    struct a_batch *x = batch(5, 1, 300);
    x->b.pending = true;
    keep(x);
    assert_int_equal(stand().pending.n, 4);
    const uint32_t done[] = {1, 2, 4};
    struct imap_acted acted = {inbox.brand_id, inbox.id, S("INBOX"), 5, done, 3};
    assert_ok(fetch_acted(&kit.d, kit.a, &acted));
    assert_int_equal(stand().pending.n, 1);
    assert_int_equal(stand().pending.v[0].uid, 3);
    struct a_batch *anew = batch(6, 11, 400);
    anew->b.fresh = true, anew->b.pending = true;
    keep(anew);
    assert_int_equal(stand().pending.n, 4);
    assert_int_equal(stand().pending.v[0].uid, 11);
}

/* ---- what changes while it is fetched ---- */

static int64_t folder_of(str name) {
    struct store_fetch_folder f;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_fetch_folder_by_name(c, kit.a, inbox.brand_id, inbox.id, name, &f));
    return f.id;
}

static err put_folder(db_conn *c, void *arg) { return store_fetch_folder_put(c, arg); }

static void a_second_folder(const char *name) {
    struct store_fetch_folder f = {.brand_id = inbox.brand_id,
                                   .inbox_id = inbox.id,
                                   .id = id_new(kit.now),
                                   .name = str_z(name),
                                   .special = S(""),
                                   .wanted = true};
    assert_ok(db_write(kit.db, put_folder, &f));
}

static void test_another_mailbox(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const struct {
        const char *host, *user;
    } others[] = {{"imap.new.example", "post"}, {HOST, "letters"}};
    for (size_t i = 0; i < 2; i++) {
        struct fetch_form form = by_password();
        form.after = S("flag"), form.begin = S("new");
        a_mailbox(&form);
        a_second_folder("Orders");
        int64_t old_folder = folder_of(S("INBOX")), begun = row().created_at;
        struct a_batch *x = batch(5, 1, 500);
        x->mails[1].state = IMAP_MAIL_FAILED, x->mails[1].says = S("NO"), x->b.pending = true;
        keep(x);
        assert_int_equal(stand().pending.n, 3);
        kit.now += DAY_MS;
        /* The same mailbox: nothing is forgotten. */
        struct fetch_form same = form;
        same.host = S("IMAP.mail.Example"), same.port = 1993;
        assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &same));
        assert_int_equal(stand().mark, 4);
        assert_int_equal(row().created_at, begun);
        form.host = str_z(others[i].host), form.user = str_z(others[i].user);
        assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
        assert_int_equal(row().created_at, kit.now);
        assert_int_equal(aside(), 0);
        assert_true(folder_of(S("INBOX")) != old_folder);
        assert_int_equal(count_of("SELECT COUNT(*) AS n FROM fetch_folder WHERE brand_id = $1"), 1);
        assert_int_equal(count_of("SELECT COUNT(*) AS n FROM fetch_mail WHERE brand_id = $1 AND pending = 1"),
                         0);
        struct imap_stand s = stand();
        assert_int_equal(s.uidvalidity + s.mark + s.pending.n + s.aside.n, 0);
        struct store_fetch f = row();
        struct imap_account account;
        assert_ok(fetch_account_of(&kit.d, kit.a, &f, &account));
        assert_int_equal(account.since, kit.now);
        /* The same numbers, other letters; and one that lay in the old mailbox, too. */
        x = batch(5, 1, 503);
        keep(x);
        assert_int_equal(letters(), 6);
        assert_int_equal(stand().mark, 4);
    }
}

/* A connection that was made before still hands over what it read. */
static void test_what_an_old_connection_brings(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password(), other = form;
    struct imap_login login;
    struct imap_stand s;
    other.host = S("imap.new.example");
    a_mailbox(&form);
    int64_t version = row().version;
    assert_ok(fetch_login_as(&kit.d, kit.a, inbox.brand_id, inbox.id, version, &login));
    stand();
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other));
    struct a_batch *late = batch(5, 1, 600);
    assert_int_equal(fetch_keep(&kit.d, kit.a, &late->b), ERR_BUSY);
    assert_int_equal(fetch_stand(&kit.d, kit.a, inbox.brand_id, inbox.id, version, S("INBOX"), &s), ERR_BUSY);
    assert_int_equal(fetch_login_as(&kit.d, kit.a, inbox.brand_id, inbox.id, version, &login), ERR_BUSY);
    assert_int_equal(fetch_login_as(&kit.d, kit.a, inbox.brand_id, inbox.id, -1, &login), ERR_BUSY);
    assert_int_equal(fetch_keep(&kit.d, kit.a, &late->b), ERR_BUSY);
    assert_int_equal(letters(), 0);
    assert_int_equal(stand().mark, 0);
    /* From new to all: the mark of before must not come back. */
    other.begin = S("new");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other));
    keep(batch(5, 50, 650));
    other.begin = S("all");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other));
    assert_int_equal(fetch_keep(&kit.d, kit.a, &batch(5, 54, 654)->b), ERR_BUSY);
    assert_int_equal(letters(), 4);
    assert_int_equal(stand().mark, 0);
    /* Removed and set up again. */
    kit.now += 1000;
    version = row().version;
    assert_ok(fetch_remove(&kit.d, inbox.brand_id, inbox.id));
    assert_int_equal(fetch_keep(&kit.d, kit.a, &late->b), ERR_MISSING);
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &other));
    assert_true(row().version > version);
    assert_int_equal(fetch_keep(&kit.d, kit.a, &late->b), ERR_BUSY);
    /* Nor when only mails that failed, or none, come with the mark. */
    late->b.n = 0;
    assert_int_equal(fetch_keep(&kit.d, kit.a, &late->b), ERR_BUSY);
    assert_int_equal(stand().mark, 0);
    assert_int_equal(letters(), 4);
}

/* A number that is known, and another mail under it. */
static void test_known_by_its_bytes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    keep(batch(5, 1, 700));
    struct a_batch *x = batch(5, 1, 702);
    x->b.pending = true;
    keep(x);
    assert_int_equal(letters(), 8);
    assert_int_equal(stand().pending.n, 4);
    keep(x);
    assert_int_equal(letters(), 8);
}

static void test_what_was_there_at_first(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    form.begin = S("new");
    a_mailbox(&form);
    struct a_batch *x = batch(5, 1, 800);
    x->b.fresh = true, x->b.old_until = 70;
    keep(x);
    /* A cut, and another start: up to 70 they are old ones. */
    assert_int_equal(stand().mark, 4);
    assert_int_equal(stand().old_until, 70);
    x = batch(5, 71, 810);
    x->b.old_until = 70;
    keep(x);
    assert_int_equal(stand().old_until, 70);
    struct a_batch *anew = batch(6, 1, 800);
    anew->b.fresh = anew->b.again = true, anew->b.old_until = 9;
    keep(anew);
    assert_int_equal(stand().mark, 4);
    assert_int_equal(stand().old_until, 9);
    form.begin = S("all");
    assert_ok(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form));
    assert_int_equal(stand().uidvalidity, 0);
    assert_int_equal(stand().old_until, 0);
    keep(batch(6, 1, 800));
    assert_int_equal(stand().old_until, 0);
    assert_int_equal(letters(), 8);
}

static void test_names_of_folders(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    char *longest = arena_array(kit.a, 1002, 1);
    memset(longest, 'x', 1001);
    const str wrong[] = {S("a\rb"), S("a\x01"), S("\x7f"), S("\xff"), S(""), {longest, 1001}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        str_list names = {0};
        *list_add(kit.a, &names) = S("INBOX");
        *list_add(kit.a, &names) = wrong[i];
        assert_int_equal(fetch_choose(&kit.d, kit.a, inbox.brand_id, inbox.id, &names), ERR_INVALID);
    }
    longest[1000] = 0;
    a_second_folder(longest);
    str_list names = {0};
    *list_add(kit.a, &names) = str_z(longest);
    assert_ok(fetch_choose(&kit.d, kit.a, inbox.brand_id, inbox.id, &names));
    /* What is fetched cannot be where mails are moved to. */
    a_second_folder("Done");
    form.after = S("move"), form.move_to = S("Done");
    assert_int_equal(fetch_set_up(&kit.d, kit.a, inbox.brand_id, inbox.id, &form), ERR_INVALID);
}

/* A folder of what was sent: replies of ours come in, all of them, and the folder stays as it is. */
static void test_what_was_sent(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    form.after = S("seen");
    a_mailbox(&form);
    a_second_folder("Archive/Gesendet");
    str_list names = {0};
    *list_add(kit.a, &names) = S("Archive/Gesendet");
    *list_add(kit.a, &names) = S("INBOX");
    assert_ok(fetch_choose(&kit.d, kit.a, inbox.brand_id, inbox.id, &names));
    struct imap_account account;
    struct store_fetch f = row();
    assert_ok(fetch_account_of(&kit.d, kit.a, &f, &account));
    assert_int_equal(account.folders.n, 2);
    assert_int_equal(account.left_alone, 1);
    assert_str(account.folders.v[1], "Archive/Gesendet");
    struct a_batch *x = batch(5, 1, 1);
    x->b.folder = account.folders.v[1];
    for (int i = 0; i < 2; i++)
        x->mails[i].bytes =
            str_fmt(kit.a,
                    "From: Letters <%.*s>\r\nTo: Milo <milo@customer.example>\r\nMessage-ID: "
                    "<%d@sent.example>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\r\nDear Milo.\r\n",
                    STR_FMT(inbox.address), i);
    struct imap_stand s;
    for (int twice = 0; twice < 2; twice++) {
        assert_ok(fetch_stand(&kit.d, kit.a, inbox.brand_id, inbox.id, row().version, x->b.folder, &s));
        assert_int_equal(s.mark, twice ? 4 : 0);
        assert_ok(fetch_keep(&kit.d, kit.a, &x->b));
        for (int i = 0; i < MAILS; i++) assert_int_equal(x->mails[i].result, ERR_NONE);
        /* Two are of the brand; what somebody else wrote is left out, not set aside. */
        assert_int_equal(count_of("SELECT COUNT(*) AS n FROM raw WHERE brand_id = $1 AND origin = 'sent'"),
                         2);
        assert_int_equal(letters(), 2);
        assert_int_equal(row().kept, 2);
    }
    assert_int_equal(aside(), 0);
}

/* ---- a letter that the database refuses for its own sake ---- */

static err refuse(db_conn *c, void *context, int64_t raw, bool *ret_fresh) {
    (void)c, (void)context, (void)raw, (void)ret_fresh;
    return err_set(ERR_LIMIT, "Not this one.");
}

static err count_one(db_conn *c, void *arg) {
    (void)arg;
    return store_fetch_add_kept(c, inbox.brand_id, inbox.id, 1);
}

static void test_one_letter_that_is_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    for (size_t n = 1; n <= 2; n++) {
        struct intake_letter l[2] = {{.to = {inbox.brand_id, inbox.id},
                                      .mail_from = S(""),
                                      .recipient = inbox.address,
                                      .bytes = S("Subject: x\r\n\r\nx\r\n")}};
        l[1] = l[0];
        l[0].fresh = refuse;
        err also = ERR_INTERNAL;
        intake_keep_past(&kit.d, kit.a, l, n, 0, count_one, NULL, &also);
        assert_int_equal(also, ERR_NONE);
        assert_int_equal(l[0].result, ERR_LIMIT);
        assert_int_equal(row().kept, n);
        assert_int_equal(letters(), n - 1);
    }
    err also = ERR_INTERNAL;
    intake_keep_past(&kit.d, kit.a, NULL, 0, 0, count_one, NULL, &also);
    assert_int_equal(also, ERR_NONE);
    assert_int_equal(row().kept, 3);
}

/* ---- how it goes ---- */

static void tell(err code, int failures, const char *says) {
    struct imap_state s = {.brand = inbox.brand_id,
                           .account = inbox.id,
                           .phase = code ? IMAP_WAITING : IMAP_IDLE,
                           .since = kit.now,
                           .mail_at = kit.now - 1000,
                           .failures = failures,
                           .code = code,
                           .says = str_z(says)};
    assert_ok(fetch_state(&kit.d, kit.a, &s));
}

static void test_how_it_goes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct fetch_form form = by_password();
    a_mailbox(&form);
    struct store_fetch f = row();
    assert_int_equal(fetch_view_of(&f, kit.now).health, FETCH_WELL);
    tell(ERR_NONE, 0, "");
    assert_int_equal(row().contact_at, kit.now);
    assert_int_equal(row().mail_at, kit.now - 1000);
    int64_t then = kit.now;
    tell(ERR_NETWORK, 1, "The server could not be reached.");
    f = row();
    assert_int_equal(f.failing_since, then);
    assert_int_equal(fetch_view_of(&f, then + 14 * MINUTE_MS).health, FETCH_WELL);
    assert_int_equal(fetch_view_of(&f, then + 15 * MINUTE_MS).health, FETCH_TROUBLE);
    kit.now += 20 * MINUTE_MS;
    tell(ERR_NETWORK, 5, "The server could not be reached.");
    f = row();
    assert_int_equal(f.failing_since, then);
    assert_int_equal(f.contact_at, then);
    tell(ERR_NONE, 0, "");
    assert_int_equal(row().failing_since, 0);
    /* A desk that was started again has not got in yet: that ends nothing. */
    tell(ERR_NETWORK, 1, "The server could not be reached.");
    struct imap_state begun = {
        .brand = inbox.brand_id, .account = inbox.id, .phase = IMAP_CONNECTING, .says = S("")};
    assert_ok(fetch_state(&kit.d, kit.a, &begun));
    assert_int_equal(row().failing_since, kit.now);
    assert_str(row().says, "The server could not be reached.");
    tell(ERR_NONE, 0, "");
    /* A refusal is told at once. */
    tell(ERR_DENIED, 1, "The server refused the password.");
    f = row();
    struct fetch_view v = fetch_view_of(&f, kit.now);
    assert_int_equal(v.health, FETCH_TROUBLE);
    assert_str(v.says, "The server refused the password.");
    assert_ok(fetch_remove(&kit.d, inbox.brand_id, inbox.id));
    tell(ERR_NONE, 0, ""); /* a step that comes late */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_secrets),
        KIT_TEST(test_a_password_stays_with_its_server),
        KIT_TEST(test_what_is_refused),
        KIT_TEST(test_each_mail_once),
        KIT_TEST(test_what_cannot_be_kept_is_set_aside),
        KIT_TEST(test_nothing_counts_when_the_folder_is_gone),
        KIT_TEST(test_afterwards),
        KIT_TEST(test_another_mailbox),
        KIT_TEST(test_what_an_old_connection_brings),
        KIT_TEST(test_known_by_its_bytes),
        KIT_TEST(test_what_was_there_at_first),
        KIT_TEST(test_names_of_folders),
        KIT_TEST(test_what_was_sent),
        KIT_TEST(test_one_letter_that_is_refused),
        KIT_TEST(test_how_it_goes),
    };
    return KIT_RUN(tests);
}
