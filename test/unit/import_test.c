/* Mail of before: where mails begin in an mbox, what is listed, in which order it is kept, and what it
 * becomes: conversations that wait for nobody, replies that never leave again. On both engines. */
#include <string.h>
#include <sys/stat.h>

#include "people_kit.h"

#include "base/zone.h"
#include "desk/import.h"
#include "desk/people.h"
#include "format/mbox.h"
#include "jobs/jobs.h"
#include "net/objects.h"
#include "store/customer.h"
#include "store/import.h"
#include "store/outbox.h"
#include "store/raw.h"

static struct {
    struct people_setup_done done;
    struct intake_inbox to;
    int files;
} w;

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Sailmaker"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    assert_ok(intake_find(&kit.d, kit.a, S("letters@tidewatch.example"), &w.to));
    kit.d.keeps_indexes = true;
}

/* ---- lines ---- */

static void test_where_mails_begin(void **state) {
    (void)state;
    static const struct {
        const char *line, *next;
        bool after_empty, begins;
    } cases[] = {
        {"From milo@post.example Thu Mar 12 16:05:00 2026", "Received: x", true, true},
        {"From milo@post.example Thu Mar 12 16:05 2026", "", true, true},
        {"From - Thu Mar 12 16:05:00 2026", "X-Mozilla-Status: 0001", true, true},
        {"From 1822@xxx Thu Mar 12 16:05:00 +0000 2026", "X-GM-THRID: 1", true, true},
        {"From MAILER-DAEMON", "Date: Thu, 12 Mar 2026 16:05:00 +0000", true, true},
        {"From the harbour we could see it.", "It was at 16:05 in the year", true, false},
        {"From 12:30 on we waited, until 2026 came", "and nobody came.", false, false},
        {"From our house:", "Yours, Milo", true, false},
        {"From milo@post.example Thu Mar 12 16:05:00 2026", "Hello", false, false},
        {"From milo@post.example Thu Mar 12 16:05:00 2026", "From: Milo <milo@post.example>", false, true},
        {">From milo@post.example Thu Mar 12 16:05:00 2026", "Date: x", true, false},
        {"from milo@post.example Thu Mar 12 16:05:00 2026", "Date: x", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mbox_begins(str_z(cases[i].line), str_z(cases[i].next), cases[i].after_empty) != cases[i].begins)
            fail_msg("%s", cases[i].line);
    assert_int_equal(mbox_date(S("From milo7@post.example Thu Mar 12 16:05:00 2026")), 1773331500000);
    assert_int_equal(mbox_date(S("From milo@post.example Thu Mar 12 16:05:00 +0100 2026")), 1773327900000);
    assert_int_equal(mbox_date(S("From MAILER-DAEMON")), 0);
}

static void test_mail_as_it_was(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    static const char *const cases[][2] = {
        {"A: b\n\nx\n\n", "A: b\n\nx\n"},
        {"A: b\n\nx", "A: b\n\nx"},
        {"A: b\r\n\r\nx\r\n\r\n", "A: b\r\n\r\nx\r\n"},
        {"A: b\n\n>From x\n>>From y\n> From z\n>Fromage\n", "A: b\n\nFrom x\n>From y\n> From z\n>Fromage\n"},
        {">From x\n\n", "From x\n"},
        {"A: b\n\n>>>", "A: b\n\n>>>"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(mbox_mail(a, str_z(cases[i][0])), cases[i][1]);
}

static void test_peek(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct mail_peek p;
    mail_peek(
        a,
        S("Received: from a (a; b) by c;\n\tThu, 12 Mar 2026 16:05:00 +0000\nReceived: x; Wed, 11 Mar 2026 "
          "10:00:00 +0000\nDate: Thu, 12 Mar 2026 15:00:00 +0000\nFrom: \"Milo, F\" <Milo@Post.Example>\n"
          "X-Status: A\n\nDate: Fri, 1 Jan 1999 00:00:00 +0000\n"),
        &p);
    assert_int_equal(p.received_at, 1773331500000);
    assert_int_equal(p.sent_at, 1773327600000);
    assert_str(p.from, "milo@post.example");
    assert_true(p.answered && !p.deleted && !p.draft);
    mail_peek(a, S("X-Mozilla-Status: 0009\nSubject: x\n"), &p);
    assert_true(p.deleted && !p.answered);
    assert_int_equal(p.received_at + p.sent_at + (int64_t)p.from.n, 0);
    mail_peek(a, S(""), &p);
    assert_int_equal(p.from.n, 0);
}

static void test_ids_of_the_past(void **state) {
    (void)state;
    random_start();
    static const int64_t times[] = {0,
                                    631152000000,
                                    1000000000000,
                                    1577836799000,
                                    1577836800000,
                                    1578786900000,
                                    1578787200000,
                                    1600000000000,
                                    1773331500000};
    int64_t last = INT64_C(1) << 41;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t id = id_past(times[i]);
        if (id <= last && i != 1) fail_msg("%zu", i);
        last = id > last ? id : last;
    }
    assert_int_equal(id_time(id_past(1600000000000)), 1600000000000);
    assert_true(id_past(1600000000000) != id_past(1600000000000));
}

/* ---- files ---- */

static str file_of(const char *name, const char *bytes) {
    str path = str_fmt(kit.a, "%s/in-%d/%s", kit.folder, w.files, name);
    size_t slash = path.n;
    while (path.p[slash - 1] != '/') slash--;
    assert_ok(folder_make(kit.a, str_slice(path, 0, slash - 1)));
    assert_ok(file_write(kit.a, path, str_z(bytes), 0600));
    return path;
}

static str folder_of_files(void) { return str_fmt(kit.a, "%s/in-%d", kit.folder, w.files); }

static const char *day_of(int64_t at) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct local_time t;
    zone_local(NULL, at, &t);
    return str_fmt(kit.a, "%02d %s %lld %02d:%02d:%02d +0000", t.day, months[t.month - 1], (long long)t.year,
                   t.hour, t.minute, t.second)
        .p;
}

/* One mail as an mbox has it. `named`: In-Reply-To, "" for none. */
static str mail_of(const char *from, const char *to, const char *id, const char *named, int64_t at,
                   const char *text) {
    return str_fmt(kit.a,
                   "From x %s\nReceived: from a by b; %s\nFrom: %s\nTo: %s\nSubject: Keeper Juno\nDate: %s\n"
                   "Message-ID: <%s>\n%s%s%s\n%s\n\n",
                   "Thu Jan  1 00:00:00 2009", day_of(at), from, to, day_of(at), id,
                   *named ? "In-Reply-To: <" : "", named, *named ? ">\n" : "", text);
}

static struct import_report run_import(struct import_wish wish) {
    struct import_report r = {0};
    wish.to = w.to;
    if (!wish.program.n) wish.program = S("/proc/self/exe");
    assert_ok(import_run(&kit.d, &wish, NULL, NULL, &r));
    return r;
}

static struct message by_id(const char *rfc_id) {
    struct message m;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_by_rfc_id(c, kit.a, w.to.brand, str_z(rfc_id), &m));
    return m;
}

static struct conversation conversation_of(const char *rfc_id) {
    struct conversation v;
    struct message m = by_id(rfc_id);
    DB_READ_AUTO db_conn *c = NULL;
    assert_true(m.id > 0);
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.to.brand, m.conversation_id, &v));
    return v;
}

static message_list said_in(int64_t conversation) {
    message_list all = {0};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_list(c, kit.a, w.to.brand, conversation, 0, 100, &all));
    return all;
}

/* The order in the file is not that of time; the answer quotes. */
static void test_a_thread(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    int64_t at = kit.now - 900 * (int64_t)DAY_MS;
    str second = mail_of("Milo <milo1@post.example>", "letters@tidewatch.example", "t3@post.example",
                         "t2@tidewatch.example", at + 2 * DAY_MS, "Thank you, she sits on my desk.");
    str answer =
        mail_of("Tidewatch <letters@tidewatch.example>", "Milo <milo1@post.example>", "t2@tidewatch.example",
                "t1@post.example", at + DAY_MS,
                "Dear Milo, Keeper Juno leaves the harbour today.\n\nOn Thu, Mar 12, 2026 at 4:05 PM Milo "
                "<milo1@post.example> wrote:\n> My figure fell "
                "down the drain.");
    str first = mail_of("Milo <milo1@post.example>", "letters@tidewatch.example", "t1@post.example", "", at,
                        "My figure fell down the drain.\n\n>From the window I saw it go.");
    str now = mail_of("Zoe <zoe1@post.example>", "letters@tidewatch.example", "t4@post.example", "",
                      kit.now - 3 * (int64_t)DAY_MS, "Is the ferry late?");
    str path = file_of("all.mbox", str_fmt(kit.a, "%s%s%s%s", second.p, answer.p, now.p, first.p).p);
    struct import_report r = run_import((struct import_wish){.path = path, .sent = IMPORT_MIXED});
    assert_int_equal(r.mails, 4);
    assert_int_equal(r.kept, 4);
    assert_int_equal(r.replies, 1);
    assert_int_equal(r.past, 2);
    assert_int_equal(r.known + r.duplicates + r.unreadable + r.unread, 0);

    struct conversation v = conversation_of("t1@post.example");
    message_list said = said_in(v.id);
    assert_int_equal(said.n, 3);
    assert_str(said.v[0].rfc_id, "t1@post.example");
    assert_true(str_find(said.v[0].text, S("\nFrom the window"), 0) != SIZE_MAX);
    assert_str(said.v[1].rfc_id, "t2@tidewatch.example");
    assert_int_equal(said.v[1].kind, MESSAGE_REPLY);
    assert_int_equal(said.v[1].state, MESSAGE_SENT);
    assert_str(said.v[1].text, "Dear Milo, Keeper Juno leaves the harbour today.");
    assert_str(said.v[2].rfc_id, "t3@post.example");
    assert_int_equal(said.v[0].created_at, at / 1000 * 1000);
    assert_true(id_time(said.v[0].id) - at < 1000);
    assert_int_equal(v.state, CONVERSATION_DONE);
    assert_int_equal(v.waiting_since, 0);
    assert_int_equal(v.closed_kind, CLOSED_ANSWERED);
    assert_true(v.updated_at < at + 2 * DAY_MS + 1000);

    struct conversation waits = conversation_of("t4@post.example");
    assert_int_equal(waits.state, CONVERSATION_US);
    assert_int_equal(waits.waiting_since / 1000, (kit.now - 3 * (int64_t)DAY_MS) / 1000);

    /* It is learned, and never leaves again. */
    DB_READ_AUTO db_conn *c = NULL;
    outbox_list out = {0};
    struct raw raw;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_conversation(c, kit.a, w.to.brand, v.id, &out));
    assert_int_equal(out.n, 0);
    assert_ok(store_raw_get(c, kit.a, w.to.brand, said.v[1].raw_id, &raw));
    assert_int_equal(raw.state, RAW_OUT);
    assert_int_equal(raw.origin, RAW_SENT);
    assert_true(str_find(raw.bytes, S("> My figure fell"), 0) != SIZE_MAX);
    db_read_end(c);
    c = NULL;
    int done;
    near *replies;
    assert_ok(jobs_run_kind(&kit.d, S("/nonexistent"), S("learn"), &done));
    assert_ok(jobs_run_kind(&kit.d, S("/nonexistent"), S("send"), &done));
    assert_int_equal(done, 0);
    assert_ok(heart_replies(&kit.d, w.to.brand, &replies));
    assert_true(near_has(replies, said.v[1].id));
}

/* The same bytes are kept once, under whatever name; the same Message-ID and text is a duplicate. */
static void test_twice(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    int64_t at = kit.now - 500 * (int64_t)DAY_MS;
    str one = mail_of("Ada <ada2@post.example>", "letters@tidewatch.example", "d1@post.example", "", at,
                      "The crane.");
    str same = str_fmt(kit.a, "From y Thu Jan  1 00:00:00 2009\nX-Folder: Archive\n%s",
                       str_slice(one, str_find_char(one, '\n', 0) + 1, one.n).p);
    str path = file_of("a.mbox", str_fmt(kit.a, "%s%s", one.p, one.p).p);
    struct import_report r = run_import((struct import_wish){.path = path});
    assert_int_equal(r.mails, 2);
    assert_int_equal(r.kept, 1);
    assert_int_equal(r.known, 1);
    r = run_import((struct import_wish){.path = path});
    assert_int_equal(r.kept, 0);
    assert_int_equal(r.known, 2);
    r = run_import((struct import_wish){.path = file_of("b.mbox", str_fmt(kit.a, "%s%s", one.p, same.p).p)});
    assert_int_equal(r.known, 1);
    assert_int_equal(r.kept, 1);
    assert_int_equal(r.duplicates, 1);
    assert_int_equal(said_in(conversation_of("d1@post.example").id).n, 1);
}

struct place {
    struct store_import_run row;
};
static err put_place(db_conn *c, void *arg) {
    struct place *p = arg;
    return store_import_run_put(c, w.to.brand, &p->row);
}

/* A run that was broken off goes on where it was; other contents begin anew. */
static void test_goes_on(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    int64_t at = kit.now - 400 * (int64_t)DAY_MS;
    str all = S("");
    for (int i = 0; i < 5; i++)
        all = str_fmt(kit.a, "%s%s", str_cstr(kit.a, all),
                      mail_of("Bo <bo3@post.example>", "letters@tidewatch.example",
                              str_fmt(kit.a, "g%d@post.example", i).p, "", at + i * (int64_t)DAY_MS,
                              "The anchor.")
                          .p);
    str path = file_of("go.mbox", all.p);
    struct place p;
    struct import_wish keep = {.path = path, .to = w.to};
    struct import_report r = {0};
    assert_ok(import_run(&kit.d, &keep, NULL, NULL, &r));
    assert_int_equal(r.unread, 5);
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_import_run_get(c, kit.a, w.to.brand, w.to.inbox, path, &p.row));
    }
    assert_int_equal(p.row.done, 5);
    assert_true(p.row.finished_at > 0);
    p.row.done = 3;
    p.row.finished_at = 0;
    assert_ok(db_write(kit.db, put_place, &p));
    r = run_import((struct import_wish){.path = path});
    assert_int_equal(r.went_on_at, 3);
    assert_int_equal(r.known, 2);
    p.row.contents = S("other");
    assert_ok(db_write(kit.db, put_place, &p));
    r = run_import((struct import_wish){.path = path});
    assert_int_equal(r.went_on_at, 0);
    assert_int_equal(r.known, 5);
    /* What was only kept is read by whoever comes. */
    int done;
    assert_ok(jobs_run_kind(&kit.d, S("/proc/self/exe"), S("read"), &done));
    assert_int_equal(done, 5);
    assert_int_equal(conversation_of("g4@post.example").state, CONVERSATION_DONE);
}

/* One that cannot be kept now stops the run; nothing is gone on behind. */
static void test_stops_before_what_fails(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    int64_t at = kit.now - 400 * (int64_t)DAY_MS;
    char *large = arena_alloc(kit.a, OBJECT_ROW_BYTES + 1);
    for (int i = 0; i < OBJECT_ROW_BYTES; i++) large[i] = i % 60 == 59 ? '\n' : 'x';
    large[OBJECT_ROW_BYTES] = 0;
    str all = S("");
    for (int i = 0; i < 3; i++)
        all = str_fmt(kit.a, "%s%s", str_cstr(kit.a, all),
                      mail_of("Bo <bo4@post.example>", "letters@tidewatch.example",
                              str_fmt(kit.a, "s%d@post.example", i).p, "", at + i * (int64_t)DAY_MS,
                              i == 1 ? large : "The anchor.")
                          .p);
    str path = file_of("stop.mbox", str_cstr(kit.a, all));
    struct import_wish wish = {.path = path, .to = w.to};
    struct import_report r = {0};
    /* A file stands where the folder of objects has to be. */
    str objects = str_fmt(kit.a, "%s/objects", kit.folder), aside = str_fmt(kit.a, "%s/aside", kit.folder);
    bool there = rename(objects.p, aside.p) == 0;
    assert_ok(file_write(kit.a, objects, S(""), 0600));
    assert_int_not_equal(import_run(&kit.d, &wish, NULL, NULL, &r), ERR_NONE);
    assert_non_null(strstr(err_text(), "could not be kept"));
    assert_int_equal(unlink(objects.p), 0);
    if (there) assert_int_equal(rename(aside.p, objects.p), 0);
    r = run_import((struct import_wish){.path = path});
    assert_int_equal(r.kept + r.known, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(conversation_of(str_fmt(kit.a, "s%d@post.example", i).p).state, CONVERSATION_DONE);
}

static str without_mark(str mail) { return str_slice(mail, str_find_char(mail, '\n', 0) + 1, mail.n - 1); }

static void put_mail(const char *name, str mail) { file_of(name, str_cstr(kit.a, without_mark(mail))); }

static void test_maildir(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    int64_t at = kit.now - 5 * (int64_t)DAY_MS;
    const char *us = "letters@tidewatch.example", *cy = "Cy <cy4@post.example>";
    put_mail("cur/1.a:2,S", mail_of(cy, us, "m1@post.example", "", at, "A lorry."));
    put_mail("new/2.b", mail_of(cy, us, "m2@post.example", "", at + 1000, "A glider."));
    put_mail("cur/3.c:2,RS", mail_of(cy, us, "m3@post.example", "", at + 2000, "A door."));
    put_mail("cur/4.d:2,T", mail_of(cy, us, "m4@post.example", "", at, "Thrown."));
    put_mail("cur/5.e:2,D", mail_of(cy, us, "m5@post.example", "", at, "A draft."));
    put_mail("tmp/6.f", mail_of(cy, us, "m6@post.example", "", at, "Not whole."));
    put_mail(".Sent/cur/7.g:2,S", mail_of("Tidewatch <letters@tidewatch.example>", cy, "m7@tidewatch.example",
                                          "m1@post.example", at + 3000, "It comes, dear Cy."));
    put_mail(".Sent/cur/8.h:2,S",
             mail_of("Private <p@else.example>", cy, "m8@else.example", "", at, "Not ours."));
    put_mail(".Trash/cur/9.i:2,S", mail_of(cy, us, "m9@post.example", "", at, "Thrown, too."));
    put_mail(".Archive.2020/cur/10.j:2,S", mail_of(cy, us, "m10@post.example", "", at, "An axle."));
    struct import_report r =
        run_import((struct import_wish){.path = folder_of_files(), .format = IMPORT_MAILDIR});
    assert_int_equal(r.mails, 5);
    assert_int_equal(r.kept, 5);
    assert_int_equal(r.replies, 1);
    assert_int_equal(r.past, 1);
    assert_int_equal(r.not_ours, 1);
    assert_int_equal(r.thrown, 2);
    assert_int_equal(conversation_of("m1@post.example").state, CONVERSATION_THEM);
    assert_int_equal(conversation_of("m2@post.example").state, CONVERSATION_US);
    assert_int_equal(conversation_of("m3@post.example").state, CONVERSATION_DONE);
    assert_int_equal(conversation_of("m10@post.example").state, CONVERSATION_US);
    assert_int_equal(by_id("m9@post.example").id, 0);
    assert_int_equal(said_in(conversation_of("m1@post.example").id).n, 2);
}

/* As desk/fetch.c keeps what IMAP brings of a Sent folder. */
static void keep_sent(struct intake_letter *l, size_t n) {
    struct import_list own = {0};
    err also;
    assert_ok(import_own_of(&kit.d, kit.a, w.to, &own));
    for (size_t i = 0; i < n; i++) {
        l[i].id = 0;
        if (import_fill_sent(&kit.d, kit.a, &own, &l[i]))
            intake_keep_past(&kit.d, kit.a, &l[i], 1, 0, NULL, NULL, &also);
        assert_int_equal(l[i].result, ERR_NONE);
    }
}

static void test_fetched_sent(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t at = kit.now - 20 * (int64_t)DAY_MS;
    str ours = without_mark(mail_of("Letters <letters@tidewatch.example>", "Dee <dee5@post.example>",
                                    "s1@tidewatch.example", "nobody@knows.example", at,
                                    "Dear Dee, here is the crane."));
    str else_ = without_mark(mail_of("Dee <dee5@post.example>", "letters@tidewatch.example",
                                     "s2@post.example", "", at, "This is no reply."));
    str self = without_mark(mail_of("Letters <letters@tidewatch.example>", "letters@tidewatch.example",
                                    "s3@tidewatch.example", "", at, "A note to self."));
    struct intake_letter l[] = {{.to = w.to, .mail_from = S(""), .recipient = S(""), .bytes = ours},
                                {.to = w.to, .mail_from = S(""), .recipient = S(""), .bytes = else_},
                                {.to = w.to, .mail_from = S(""), .recipient = S(""), .bytes = self}};
    keep_sent(l, 3);
    assert_true(l[0].id > 0 && !l[1].id && l[2].id > 0);
    keep_sent(l, 1);
    assert_true(!l[0].id && l[0].known);
    int done;
    assert_ok(jobs_run_kind(&kit.d, S("/proc/self/exe"), S("read"), &done));
    assert_int_equal(done, 2);
    struct conversation v = conversation_of("s1@tidewatch.example");
    struct customer u;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_customer_get(c, kit.a, w.to.brand, v.customer_id, &u));
    assert_str(u.name, "Dee");
    db_read_end(c);
    c = NULL;
    assert_int_equal(v.state, CONVERSATION_DONE);
    assert_int_equal(by_id("s1@tidewatch.example").kind, MESSAGE_REPLY);
    assert_int_equal(by_id("s3@tidewatch.example").kind, MESSAGE_LETTER);
    assert_int_equal(conversation_of("s3@tidewatch.example").state, CONVERSATION_DONE);
    /* The mail server puts what the desk sent into the Sent folder, too, in other bytes. */
    l[0].bytes = str_fmt(kit.a, "X-Sent: 1\n%s", ours.p);
    keep_sent(l, 1);
    assert_true(l[0].id > 0);
    assert_ok(jobs_run_kind(&kit.d, S("/proc/self/exe"), S("read"), &done));
    assert_int_equal(said_in(v.id).n, 1);
}

static void test_wrong_paths(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    struct import_report r;
    struct import_wish wish = {.to = w.to, .path = S("/nonexistent/mbox")};
    assert_int_equal(import_run(&kit.d, &wish, NULL, NULL, &r), ERR_MISSING);
    wish.path = file_of("no.mbox", "Subject: a letter alone\n\nx\n");
    assert_int_equal(import_run(&kit.d, &wish, NULL, NULL, &r), ERR_INVALID);
    wish.format = IMPORT_MAILDIR;
    assert_int_equal(import_run(&kit.d, &wish, NULL, NULL, &r), ERR_INVALID);
    wish.path = folder_of_files();
    assert_int_equal(import_run(&kit.d, &wish, NULL, NULL, &r), ERR_INVALID);
    wish = (struct import_wish){.to = w.to, .path = file_of("empty.mbox", "")};
    assert_ok(import_run(&kit.d, &wish, NULL, NULL, &r));
    assert_int_equal(r.mails, 0);
}

/* A mail larger than the window, one of a single long line, no line end at the end, CRLF all through. */
static void test_shapes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    w.files++;
    enum { LARGE = 3 << 20 };
    char *large = arena_alloc(kit.a, LARGE + 1);
    memset(large, 'x', LARGE);
    for (size_t i = 79; i < LARGE; i += 80) large[i] = '\n';
    for (size_t i = 0; i + 200 < LARGE; i += 4096) memcpy(large + i, "\nFrom here on ", 14);
    char *line = arena_alloc(kit.a, LARGE + 1);
    memset(line, 'y', LARGE);
    int64_t at = kit.now - 300 * (int64_t)DAY_MS;
    str a = mail_of("Eli <eli6@post.example>", "letters@tidewatch.example", "z1@post.example", "", at, large);
    str b = mail_of("Eli <eli6@post.example>", "letters@tidewatch.example", "z2@post.example", "", at + 1000,
                    line);
    str c = S("From z Thu Jan  1 00:00:00 2009\r\nFrom: eli6@post.example\r\nMessage-ID: "
              "<z3@post.example>\r\n\r\nHere it "
              "ends.\r\n.\r\n>From the quay");
    str path = file_of("shapes.mbox", str_fmt(kit.a, "\n\n%s%s%s", a.p, b.p, c.p).p);
    struct import_report r = run_import((struct import_wish){.path = path});
    assert_int_equal(r.mails, 3);
    assert_int_equal(r.kept, 3);
    assert_str(by_id("z3@post.example").text, "Here it ends.\n.\nFrom the quay");
    assert_int_equal(by_id("z3@post.example").created_at, 1230768000000);
    assert_true(by_id("z1@post.example").id > 0 && by_id("z2@post.example").id > 0);
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "reader")) return reader_main();
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(test_where_mails_begin),
        cmocka_unit_test(test_mail_as_it_was),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_ids_of_the_past),
    };
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_a_thread),    KIT_TEST(test_twice),
        KIT_TEST(test_goes_on),     KIT_TEST(test_stops_before_what_fails),
        KIT_TEST(test_maildir),     KIT_TEST(test_fetched_sent),
        KIT_TEST(test_wrong_paths), KIT_TEST(test_shapes),
    };
    return cmocka_run_group_tests_name("lines", pure, NULL, NULL) | KIT_RUN(tests);
}
