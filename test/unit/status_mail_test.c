/* The words of the status page by mail: asked twice, never a flood, each update once, links that end it, and
 * what is deleted when. On both engines. */
#include "status_kit.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/conversation.h"
#include "desk/forget_person.h"
#include "desk/missing.h"
#include "desk/pace.h"
#include "desk/tidy.h"
#include "jobs/jobs.h"
#include "net/objects.h"

#define holds(text, part) (str_find((text), S(part), 0) != SIZE_MAX)

/* Mails of this desk's folder to an address; the newest one's text without soft line breaks. */
static int mails(str to, str *ret_text) {
    int n = 0;
    char path[200];
    time_t newest = 0;
    snprintf(path, sizeof path, "%s/maildir/new", kit.folder);
    DIR *d = opendir(path);
    if (!d) return 0;
    for (struct dirent *e; (e = readdir(d));) {
        str bytes, name = str_fmt(kit.a, "%s/%s", path, e->d_name);
        struct stat st;
        if (e->d_name[0] == '.' || file_read(kit.a, name, 1 << 20, &bytes)) continue;
        if (str_find(bytes, str_fmt(kit.a, "To: %.*s\n", STR_FMT(to)), 0) == SIZE_MAX) continue;
        n++;
        assert_int_equal(stat(name.p, &st), 0);
        if (!ret_text || st.st_mtime < newest) continue;
        newest = st.st_mtime;
        BUF_AUTO buf b = BUF_MAX(1 << 20);
        for (size_t i = 0; i < bytes.n; i++) {
            if (bytes.p[i] == '=' && i + 1 < bytes.n && bytes.p[i + 1] == '\n')
                i++;
            else
                buf_add_char(&b, bytes.p[i]);
        }
        *ret_text = str_copy(kit.a, buf_str(&b));
    }
    closedir(d);
    return n;
}

static void no_mails(void) {
    char path[200];
    snprintf(path, sizeof path, "%s/maildir/new", kit.folder);
    DIR *d = opendir(path);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.') unlink(str_fmt(kit.a, "%s/%s", path, e->d_name).p);
    closedir(d);
}

static str token_in(str text) {
    size_t at = str_find(text, S("/status/tidewatch-toys/mail/"), 0);
    assert_true(at != SIZE_MAX);
    at += S("/status/tidewatch-toys/mail/").n;
    return str_copy(kit.a, str_slice(text, at, at + 22));
}

static void run(const char *kind) {
    int done;
    assert_ok(jobs_run_kind(&kit.d, S("/bin/false"), str_z(kind), &done));
}

static err wish(str email, const char *peer) {
    struct status_wish x = {sw.brand, email, S("en"), str_z(peer)};
    return status_subscribe(&kit.d, kit.a, &x);
}

static str asked(str email) {
    str text;
    assert_ok(wish(email, ""));
    run("status_ask");
    assert_true(mails(email, &text) > 0);
    return token_in(text);
}

static status_link answer(str token, status_answer a) {
    status_link link;
    assert_ok(status_link_answer(&kit.d, kit.a, sw.brand, token, a, &link));
    return link;
}

static str subscriber(void) {
    str email = kit_email("reader");
    assert_int_equal(answer(asked(email), STATUS_YES), STATUS_LINK_CONFIRMED);
    no_mails();
    return email;
}

static status_link link_of(str token) {
    status_link link;
    assert_ok(status_link_open(&kit.d, kit.a, sw.brand, token, &link));
    return link;
}

static err sweep_all(db_conn *c, void *arg) {
    (void)arg;
    return store_subscriber_sweep(c, INT64_MAX / 2, INT64_MAX / 2, 0);
}

/* Nobody is subscribed, and nothing is on its way. */
static err forget_everybody(db_conn *c, void *arg) {
    (void)arg;
    for (struct store_subscriber s; store_subscriber_next(c, kit.a, sw.brand, 0, INT64_MAX, &s) == ERR_NONE;)
        TRY(store_subscriber_delete(c, sw.brand, s.id));
    return ERR_NONE;
}

static void fresh(void) {
    assert_ok(db_write(kit.db, forget_everybody, NULL));
    assert_ok(db_write(kit.db, sweep_all, NULL));
    run("status_ask");
    run("status_tell");
    no_mails();
    kit.now += 2 * (int64_t)DAY_MS;
}

#define FRESH                                                                                                \
    STATUS_WORLD;                                                                                            \
    fresh()

/* ---- asking ---- */

static void asked_once_a_day(void **state) {
    FRESH;
    str email = kit_email("ruth");
    size_t at = str_find_char(email, '@', 0);
    str tagged = str_fmt(kit.a, "%.*s+x%.*s", STR_FMT(str_slice(email, 0, at)),
                         STR_FMT(str_slice(email, at, email.n))),
        text;
    assert_int_equal(wish(S("not an address"), ""), ERR_INVALID);
    assert_int_equal(wish(S("letters@tidewatch.example"), ""), ERR_INVALID);
    str first = asked(email);
    assert_int_equal(mails(email, &text), 1);
    assert_true(holds(text, "Auto-Submitted: auto-generated"));
    assert_true(holds(text, "<status."));
    assert_true(holds(text, "If it was not you, do nothing"));
    for (int i = 0; i < 20; i++) {
        assert_ok(wish(email, ""));
        assert_ok(wish(tagged, ""));
    }
    run("status_ask");
    assert_int_equal(mails(email, NULL) + mails(tagged, NULL), 1);
    assert_int_equal(link_of(first), STATUS_LINK_ASKED);
    /* Three days, three mails, and no more; the newest link counts. */
    for (int day = 0; day < 6; day++) {
        kit.now += DAY_MS;
        assert_ok(wish(email, ""));
        run("status_ask");
    }
    assert_int_equal(mails(email, &text), STATUS_ASKS_MAX);
    assert_int_equal(link_of(first), STATUS_LINK_NONE);
}

static void many_from_one_network(void **state) {
    FRESH;
    for (int i = 0; i < STATUS_ASKS_OF_NETWORK; i++) assert_ok(wish(kit_email("x"), "2001:db8:1:2::5"));
    assert_int_equal(wish(kit_email("x"), "2001:db8:1:2:ffff::9"), ERR_LIMIT);
    assert_ok(wish(kit_email("x"), "2001:db8:1:3::5"));
    kit.now += HOUR_MS;
    assert_ok(wish(kit_email("x"), "2001:db8:1:2::5"));
}

static void a_storm_ends(void **state) {
    FRESH;
    int64_t asked_n;
    int refused = 0;
    for (int i = 0; i < 10000; i++) {
        str email = i % 2 ? S("victim@example.org") : str_fmt(kit.a, "stranger%d@example.org", i % 5000);
        err e = wish(email, str_fmt(kit.a, "10.0.%d.1", i % 50).p);
        assert_true(e == ERR_NONE || e == ERR_LIMIT);
        refused += e == ERR_LIMIT;
    }
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_subscriber_asked(c, sw.brand, kit.now - DAY_MS, &asked_n));
    }
    assert_true(asked_n <= STATUS_ASKS_OF_BRAND && asked_n > 0);
    assert_true(refused > 9000);
    run("status_ask");
    assert_int_equal(mails(S("victim@example.org"), NULL), 1);
}

static err put_many(db_conn *c, void *arg) {
    (void)arg;
    for (int i = 0; i < STATUS_ASKS_OF_BRAND; i++) {
        struct store_subscriber s = {.id = id_new(kit.now),
                                     .mailbox = str_fmt(kit.a, "many %d", i),
                                     .email = S("many@example.org"),
                                     .language = S("en"),
                                     .state = SUBSCRIBER_CONFIRMED,
                                     .asked_at = kit.now,
                                     .hash = S("")};
        TRY(store_subscriber_put(c, sw.brand, &s));
    }
    return ERR_NONE;
}

static void a_brand_has_a_measure(void **state) {
    FRESH;
    str known = subscriber();
    assert_ok(db_write(kit.db, put_many, NULL));
    assert_int_equal(wish(kit_email("x"), ""), ERR_LIMIT);
    assert_int_equal(wish(known, ""), ERR_LIMIT); /* the same answer: nobody learns who is known */
    kit.now += DAY_MS + 1;
    assert_ok(wish(kit_email("x"), ""));
}

static void yes_and_no(void **state) {
    FRESH;
    str email = kit_email("ruth"), token = asked(email);
    assert_int_equal(link_of(S("AAAAAAAAAAAAAAAAAAAAAA")), STATUS_LINK_NONE);
    assert_int_equal(answer(S("AAAAAAAAAAAAAAAAAAAAAA"), STATUS_YES), STATUS_LINK_NONE);
    assert_int_equal(link_of(token), STATUS_LINK_ASKED);
    assert_int_equal(answer(token, STATUS_YES), STATUS_LINK_CONFIRMED);
    assert_int_equal(answer(token, STATUS_YES), STATUS_LINK_CONFIRMED);
    assert_int_equal(answer(token, STATUS_NO), STATUS_LINK_NONE);
    assert_int_equal(link_of(token), STATUS_LINK_NONE);
    no_mails();
    /* Who said no before they ever said yes is left alone for a month. */
    kit.now += 2 * (int64_t)DAY_MS;
    token = asked(email);
    assert_int_equal(answer(token, STATUS_NO), STATUS_LINK_NONE);
    no_mails();
    kit.now += 2 * (int64_t)DAY_MS;
    assert_ok(wish(email, ""));
    run("status_ask");
    assert_int_equal(mails(email, NULL), 0);
    /* Too late. */
    email = kit_email("late");
    token = asked(email);
    kit.now += (STATUS_ASK_DAYS + 1) * (int64_t)DAY_MS;
    assert_int_equal(answer(token, STATUS_YES), STATUS_LINK_NONE);
}

static int64_t rows_of(str email, str *ret_email) {
    struct store_subscriber s;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    err e = store_subscriber_by_mailbox(c, kit.a, sw.brand, missing_mailbox(kit.a, email), &s);
    assert_true(!e || e == ERR_MISSING);
    if (!e) *ret_email = s.email;
    return e ? 0 : 1;
}

static void silence_is_deleted(void **state) {
    FRESH;
    str email = kit_email("silent"), kept = S("x"), loyal = subscriber();
    asked(email);
    kit.now += (STATUS_ASK_DAYS + 1) * (int64_t)DAY_MS;
    assert_ok(status_mail_sweep(&kit.d));
    assert_int_equal(rows_of(email, &kept), 1);
    assert_int_equal(kept.n, 0);
    kit.now += STATUS_KEEP_DAYS * (int64_t)DAY_MS;
    assert_ok(status_mail_sweep(&kit.d));
    assert_int_equal(rows_of(email, &kept), 0);
    assert_int_equal(rows_of(loyal, &kept), 1);
    assert_true(str_eq(kept, loyal));
}

/* ---- telling ---- */

static int64_t tell(const char *headline) {
    struct status_post p = trouble(headline, "We are looking.");
    p.mail = true;
    int64_t id = put_update(p);
    kit.now += (STATUS_MAIL_WAIT_S + 1) * (int64_t)SECOND_MS;
    return id;
}

static void each_mail_once(void **state) {
    FRESH;
    str anna = subscriber(), ben = subscriber(), silent = kit_email("silent"), text;
    asked(silent);
    no_mails();
    kit.d.public_url = S("https://desk.example");
    struct status_post p = trouble("The till is down.", "Since nine the till is down.\n\nWe look.");
    p.mail = true;
    int64_t id = put_update(p);
    run("status_tell");
    assert_int_equal(mails(anna, NULL), 0); /* second thoughts first */
    kit.now += (STATUS_MAIL_WAIT_S + 1) * (int64_t)SECOND_MS;
    str late = subscriber(); /* who comes after the words has read them */
    run("status_tell");
    assert_int_equal(mails(anna, &text), 1);
    assert_int_equal(mails(ben, NULL), 1);
    assert_int_equal(mails(silent, NULL), 0);
    assert_int_equal(mails(late, NULL), 0);
    assert_true(holds(text, "Subject: Tidewatch Toys: The till is down."));
    assert_true(holds(text, "Since nine the till is down."));
    assert_true(holds(text, "I will write again by"));
    assert_true(holds(text, "\nAuto-Submitted: auto-generated\n") && holds(text, "<status."));
    assert_true(holds(text, "\nList-Unsubscribe: <https://desk.example/status/tidewatch-toys/mail/"));
    assert_true(holds(text, "\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"));
    struct status_mail_count n;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_status_mail_count(c, sw.brand, id, &n));
    }
    assert_true(n.sent == 2 && n.due == 0 && n.failed == 0);
    assert_true(update_of(id).mail_done_at > 0);
    no_mails();
    run("status_tell");
    assert_int_equal(mails(anna, NULL), 0);
    /* The link of that very mail ends it. */
    assert_int_equal(link_of(token_in(text)), STATUS_LINK_CONFIRMED);
    assert_int_equal(answer(token_in(text), STATUS_NO), STATUS_LINK_NONE);
    tell("Another thing.");
    run("status_tell");
    assert_int_equal(mails(anna, NULL), 0);
    assert_int_equal(mails(ben, NULL), 1);
    kit.d.public_url = S("http://desk.example");
}

static void what_is_withdrawn_does_not_leave(void **state) {
    FRESH;
    str anna = subscriber();
    int64_t id = tell("A slip.");
    assert_ok(status_withdraw(&kit.d, kit.a, &sw.ines, id));
    run("status_tell");
    assert_int_equal(mails(anna, NULL), 0);
    /* Nor do words of a page that was closed meanwhile. */
    tell("Closed.");
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, false, S(""), S("")));
    run("status_tell");
    assert_int_equal(mails(anna, NULL), 0);
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, true, S(""), S("")));
    run("status_tell");
    assert_int_equal(mails(anna, NULL), 0);
    /* Words changed in time leave as they are now. */
    id = tell("A spil.");
    struct status_edit_form form = {
        .update = id, .version = 1, .headline = S("A spill."), .words = S("It is wiped up.")};
    assert_ok(status_edit(&kit.d, kit.a, &sw.ines, &form));
    run("status_tell");
    str text;
    assert_int_equal(mails(anna, &text), 1);
    assert_true(holds(text, "A spill.") && !holds(text, "A spil."));
}

static void at_the_pace_of_the_inbox(void **state) {
    FRESH;
    str who[5];
    for (int i = 0; i < 5; i++) who[i] = subscriber();
    assert_ok(pace_change(&kit.d, kit.a, sw.brand, sw.done.inbox.id, 2));
    tell("Slowly.");
    int before = 0;
    for (int half = 0; half < 5; half++) {
        run("status_tell");
        int n = 0;
        for (int i = 0; i < 5; i++) n += mails(who[i], NULL);
        assert_int_equal(n, before + 1);
        before = n;
        kit.now += MINUTE_MS / 2;
    }
    assert_ok(pace_change(&kit.d, kit.a, sw.brand, sw.done.inbox.id, 0));
}

/* Three mails in a row come back, for reasons that may pass. */
struct coming_back {
    int64_t update;
    bool ours;
};

static err write_report(db_conn *c, void *arg) {
    struct coming_back *x = arg;
    struct store_status_mail mail;
    struct store_subscriber s;
    struct bounce b = {0};
    const str_list none = {0};
    err e = store_subscriber_next(c, kit.a, sw.brand, 0, INT64_MAX, &s);
    if (e) return e;
    TRY(store_status_mail_get(c, kit.a, sw.brand, x->update, s.id, &mail));
    b.message_id = status_message_id(kit.a, mail.hash, S("letters@tidewatch.example"));
    *list_add(kit.a, &b.rows) =
        (struct bounce_row){.recipient = s.email, .status = S("5.2.2"), .reason = BOUNCE_MAILBOX_FULL};
    return status_report_in(c, kit.a, sw.brand, &b, &none, true, kit.now, &x->ours);
}

static void three_that_come_back(void **state) {
    FRESH;
    str email = subscriber(), kept;
    for (int i = 1; i <= STATUS_FAILURES_MAX; i++) {
        struct coming_back x = {.update = tell("Once more.")};
        run("status_tell");
        assert_int_equal(rows_of(email, &kept), 1);
        assert_ok(db_write(kit.db, write_report, &x));
        assert_true(x.ours);
        assert_int_equal(rows_of(email, &kept), i < STATUS_FAILURES_MAX);
        close_all();
    }
}

/* Many want to be asked where the mail server takes two a minute: nobody's reply waits for them. */
static void questions_let_replies_pass(void **state) {
    FRESH;
    int64_t next;
    int asked_n = 0;
    str who[12];
    assert_ok(pace_change(&kit.d, kit.a, sw.brand, sw.done.inbox.id, 2));
    for (int i = 0; i < 12; i++) assert_ok(wish(who[i] = kit_email("storm"), ""));
    for (int minute = 0; minute < 60; minute++) {
        run("status_ask");
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(pace_next_in(c, sw.brand, sw.done.inbox.id, kit.now, &next));
        assert_true(next <= kit.now + 3 * MINUTE_MS);
        kit.now += MINUTE_MS;
    }
    for (int i = 0; i < 12; i++) asked_n += mails(who[i], NULL);
    assert_int_equal(asked_n, 12);
    assert_ok(pace_change(&kit.d, kit.a, sw.brand, sw.done.inbox.id, 0));
}

/* The folder cannot be written: nobody is skipped, and each gets it once when it can. */
static void tried_again(void **state) {
    FRESH;
    str who[8];
    for (int i = 0; i < 8; i++) who[i] = subscriber();
    str folder = str_fmt(kit.a, "%s/maildir", kit.folder),
        aside = str_fmt(kit.a, "%s/maildir-aside", kit.folder);
    assert_int_equal(rename(folder.p, aside.p), 0);
    FILE *f = fopen(folder.p, "w");
    assert_non_null(f);
    fclose(f);
    int64_t id = tell("Later.");
    run("status_tell");
    struct status_mail_count n;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_status_mail_count(c, sw.brand, id, &n));
    }
    assert_true(n.sent == 0 && n.due > 0 && n.failed == 0);
    assert_int_equal(unlink(folder.p), 0);
    assert_int_equal(rename(aside.p, folder.p), 0);
    for (int i = 0; i < 10; i++) {
        kit.now += 6 * MINUTE_MS;
        run("status_tell");
    }
    for (int i = 0; i < 8; i++) assert_int_equal(mails(who[i], NULL), 1);
}

/* ---- forgetting ---- */

static void forgotten(void **state) {
    FRESH;
    str only = subscriber(), both = subscriber(), kept;
    int64_t n;
    assert_ok(status_forget(&kit.d, kit.a, sw.brand, only, false, &n));
    assert_int_equal(n, 1);
    assert_int_equal(rows_of(only, &kept), 1);
    assert_ok(status_forget(&kit.d, kit.a, sw.brand, only, true, &n));
    assert_int_equal(n, 1);
    assert_int_equal(rows_of(only, &kept), 0);
    assert_ok(status_forget(&kit.d, kit.a, sw.brand, only, true, &n));
    assert_int_equal(n, 0);
    tell("Once more.");
    run("status_tell");
    assert_int_equal(mails(only, NULL), 0);
    assert_int_equal(mails(both, NULL), 1);
    /* Somebody who wrote, too. */
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = S("Ruth"), .address = both, .text = S("Where is my box?")};
    int64_t conversation, message;
    struct forget_plan plan;
    assert_ok(conversation_type_in(&kit.d, kit.a, &sw.ines, &l, &conversation, &message));
    assert_ok(forget_person_plan(&kit.d, kit.a, sw.brand, both, &plan));
    assert_ok(forget_person(&kit.d, kit.a, &sw.ines, plan.customer.id, both, &plan));
    assert_int_equal(rows_of(both, &kept), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(asked_once_a_day),
        KIT_TEST(many_from_one_network),
        KIT_TEST(a_storm_ends),
        KIT_TEST(a_brand_has_a_measure),
        KIT_TEST(yes_and_no),
        KIT_TEST(silence_is_deleted),
        KIT_TEST(each_mail_once),
        KIT_TEST(what_is_withdrawn_does_not_leave),
        KIT_TEST(at_the_pace_of_the_inbox),
        KIT_TEST(tried_again),
        KIT_TEST(three_that_come_back),
        KIT_TEST(questions_let_replies_pass),
        KIT_TEST(forgotten),
    };
    return KIT_RUN(tests);
}
