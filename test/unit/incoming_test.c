/* What a letter is: from whom it says or not, a report about a letter that came back, a machine's answer; and
 * which letters get the line "we have it". On both engines. */
#include "incoming_kit.h"

#include "desk/acknowledge.h"
#include "desk/bounce.h"
#include "desk/child.h"
#include "desk/conversation.h"
#include "desk/listening.h"
#include "desk/status_mail.h"
#include "store/acknowledge.h"
#include "store/bounce.h"

#include "base/random.h"

static int64_t place(int64_t message) { return message_of(message).conversation_id; }

/* ---- from whom it says ---- */

#define MX "Authentication-Results: mx.tidewatch.example; "

struct verdict {
    const char *from, *headers;
    auth_verdict want;
};

static void test_verdicts(void **state) {
    WORLD;
    static const struct verdict all[] = {
        {"milo@customer.example", MX "dmarc=pass header.from=customer.example\r\n", AUTH_PASS},
        {"milo@customer.example", MX "dmarc=fail header.from=customer.example\r\n", AUTH_FAIL},
        {"milo@customer.example", MX "spf=pass smtp.mailfrom=customer.example\r\n", AUTH_PASS},
        {"milo@customer.example", MX "spf=pass smtp.mailfrom=evil.example\r\n", AUTH_NONE},
        {"milo@customer.example", "", AUTH_NONE},
        /* Somebody else's word, or our server's name below the Received of where it came in. */
        {"milo@customer.example",
         "Authentication-Results: mx.evil.example; dmarc=pass header.from=customer.example\r\n", AUTH_NONE},
        {"milo@customer.example",
         MX "dmarc=fail header.from=customer.example\r\nReceived: from x by mx.tidewatch.example\r\n" MX
            "dmarc=pass header.from=customer.example\r\n",
         AUTH_FAIL},
        {"milo@customer.example",
         MX "none\r\nReceived: from x\r\n" MX "dmarc=pass header.from=customer.example\r\n", AUTH_NONE},
        /* Two writers in From: whom is the word about? */
        {"milo@customer.example, eve@evil.example", MX "dmarc=pass header.from=customer.example\r\n",
         AUTH_NONE},
        /* An inbox of ours. */
        {"letters@tidewatch.example", "", AUTH_OWN},
        {"Help <help@Tidewatch.example>", MX "dmarc=fail header.from=tidewatch.example\r\n", AUTH_OWN},
        {"letters@tidewatch.example", MX "dmarc=pass header.from=tidewatch.example\r\n", AUTH_PASS},
    };
    choose("MX.tidewatch.example", false, false);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int64_t id = comes(
            (struct sample){.from = all[i].from, .headers = all[i].headers, .mail_from = "x@y.example"});
        if (message_of(id).auth != all[i].want)
            fail_msg("letter %zu: %s", i, auth_verdict_name(message_of(id).auth));
        assert_int_equal(conversation_of(id).state, CONVERSATION_US);
    }
    /* Nobody is believed by whoever has not said whom. */
    choose("", false, false);
    int64_t id = comes((struct sample){.from = all[0].from, .headers = all[1].headers});
    assert_int_equal(message_of(id).auth, AUTH_NONE);
    struct store_incoming bad = {.inbox_id = w.inbox.id, .authserv_id = S("mx; dmarc=pass")};
    assert_int_equal(incoming_change(&kit.d, kit.a, &w.ines, &bad), ERR_INVALID);
    bad = (struct store_incoming){.inbox_id = w.inbox.id, .authserv_id = S(""), .acknowledges = true};
    assert_int_equal(incoming_change(&kit.d, kit.a, &w.ines, &bad), ERR_INVALID);
    bad = (struct store_incoming){.inbox_id = 12345, .authserv_id = S("mx")};
    assert_int_equal(incoming_change(&kit.d, kit.a, &w.ines, &bad), ERR_MISSING);
}

static void test_what_fails_never_joins(void **state) {
    WORLD;
    choose("mx.tidewatch.example", true, false);
    int64_t first = comes((struct sample){.from = "milo@customer.example"});
    struct message reply = answered(first, "milo@customer.example", "help@tidewatch.example");
    char headers[500];
    snprintf(headers, sizeof headers, MX "dmarc=fail header.from=customer.example\r\n%s", naming(reply));
    int64_t forged = comes((struct sample){.from = "milo@customer.example", .headers = headers});
    assert_int_not_equal(place(forged), place(first));
    assert_int_equal(conversation_of(forged).related_id, place(first));
    assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    /* Our own other inbox was written to, so it takes part; but this one did not come from it. */
    int64_t own = comes((struct sample){
        .from = "help@tidewatch.example", .headers = naming(reply), .mail_from = "e@x.example"});
    assert_int_equal(message_of(own).auth, AUTH_OWN);
    assert_int_not_equal(place(own), place(first));
    snprintf(headers, sizeof headers, MX "dmarc=pass header.from=customer.example\r\n%s", naming(reply));
    int64_t good = comes((struct sample){.from = "milo@customer.example", .headers = headers});
    assert_int_equal(place(good), place(first));
}

/* ---- what came back ---- */

struct report {
    const char *id, *recipient, *action, *status, *says;
    bool complaint;
};

static const char *report_of(struct report r) {
    const char *type = r.complaint ? "message/feedback-report" : "message/delivery-status";
    str fields =
        r.complaint
            ? str_fmt(kit.a, "Feedback-Type: abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: <%s>\r\n", r.recipient)
            : str_fmt(kit.a,
                      "Reporting-MTA: dns; mx.customer.example\r\n\r\nFinal-Recipient: rfc822; %s\r\n"
                      "Action: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s\r\n",
                      r.recipient, r.action, r.status, r.says);
    str all = str_fmt(
        kit.a,
        "From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>\r\nTo: letters@tidewatch.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <%d.report@mx.customer.example>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=%s; boundary=\"b\"\r\n\r\n--b\r\n\r\nThis is the mail "
        "system.\r\n"
        "--b\r\nContent-Type: %s\r\n\r\n%.*s\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        "Message-ID: <%s>\r\nSubject: Re: Keeper Juno\r\n--b--\r\n",
        ++w.n, r.complaint ? "feedback-report" : "delivery-status", type, STR_FMT(fields), r.id);
    return str_cstr(kit.a, all);
}

static int64_t report_comes(struct report r) {
    return comes((struct sample){.raw = report_of(r), .mail_from = ""});
}

static store_bounce_list bounces_of(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    store_bounce_list all = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_bounces_of(c, kit.a, w.brand, conversation, &all));
    return all;
}

static outbox_state state_of(int64_t reply, const char *recipient) {
    outbox_list rows = outbox_of(reply);
    for (size_t i = 0; i < rows.n; i++)
        if (str_eq(rows.v[i].recipient, str_z(recipient))) return rows.v[i].state;
    fail_msg("nothing went to %s", recipient);
    return OUTBOX_HELD;
}

#define UNKNOWN "550 5.1.1 <milo@customer.example>: user unknown"

static void test_a_bounce_marks_reply_and_recipient(void **state) {
    WORLD;
    int64_t first = comes((struct sample){.from = "milo@customer.example"});
    struct message reply = answered(first, "milo@customer.example", "aunt@customer.example"),
                   later = answered(first, "milo@customer.example", "");
    const char *id = str_cstr(kit.a, reply.rfc_id);
    assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    int64_t letter =
        report_comes((struct report){id, "Milo@customer.example", "failed", "5.1.1", UNKNOWN, false});
    /* This reply and this recipient, and no other. */
    assert_int_equal(state_of(reply.id, "milo@customer.example"), OUTBOX_BOUNCED);
    assert_int_equal(state_of(reply.id, "aunt@customer.example"), OUTBOX_SENT);
    assert_int_equal(state_of(later.id, "milo@customer.example"), OUTBOX_SENT);
    /* It stands in the conversation, which is back with a person. */
    assert_int_equal(place(letter), place(first));
    assert_str(message_of(letter).machine, "bounce");
    assert_int_equal(conversation_of(first).state, CONVERSATION_US);
    assert_int_equal(conversation_of(first).waiting_since, message_of(first).created_at);
    assert_int_equal(events_of(place(first), "send_bounced"), 1);
    store_bounce_list all = bounces_of(place(first));
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].reply_id, reply.id);
    assert_int_equal(all.v[0].message_id, letter);
    assert_int_equal(all.v[0].reason, BOUNCE_USER_UNKNOWN);
    assert_true(all.v[0].hard);
    assert_str(all.v[0].recipient, "milo@customer.example");
    /* The same once more, from another server on the way: kept, and no news. */
    int64_t again =
        report_comes((struct report){id, "milo@customer.example", "failed", "5.1.1", UNKNOWN, false});
    assert_int_equal(place(again), place(first));
    assert_int_equal(events_of(place(first), "send_bounced"), 1);
    /* Read again, it stays what it is. */
    assert_ok(reading_again(&kit.d, kit.a, w.brand, w.ines.agent, letter));
    job_list jobs = due("read");
    assert_ok(reading_file(&kit.d, w.reader, &jobs));
    assert_int_equal(events_of(place(first), "send_bounced"), 1);
    assert_int_equal(bounces_of(place(first)).n, 2);
}

static void test_delays_and_complaints(void **state) {
    WORLD;
    int64_t first = comes((struct sample){.from = "ann@customer.example"});
    struct message reply = answered(first, "ann@customer.example", "");
    const char *id = str_cstr(kit.a, reply.rfc_id);
    int64_t letter = report_comes(
        (struct report){id, "ann@customer.example", "delayed", "4.4.1", "connection timed out", false});
    assert_int_equal(place(letter), place(first));
    assert_int_equal(state_of(reply.id, "ann@customer.example"), OUTBOX_SENT);
    assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    assert_int_equal(events_of(place(first), "send_delayed"), 1);
    letter = report_comes((struct report){.id = id, .recipient = "ann@customer.example", .complaint = true});
    assert_int_equal(place(letter), place(first));
    assert_int_equal(state_of(reply.id, "ann@customer.example"), OUTBOX_SENT);
    assert_int_equal(events_of(place(first), "complained"), 1);
    assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    assert_int_equal(bounces_of(place(first)).n, 2);
}

static str answers_go_to(int64_t message) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v = conversation_of(message);
    struct reply_default to;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(reply_defaults(c, kit.a, w.brand, &v, &to));
    return to.to_line;
}

/* Nobody writes back to the mail system. */
static void test_answers_go_to_people(void **state) {
    WORLD;
    int64_t first = comes((struct sample){.from = "Eli <eli@customer.example>"});
    struct message reply = answered(first, "eli@customer.example", "");
    report_comes((struct report){str_cstr(kit.a, reply.rfc_id), "eli@customer.example", "failed", "5.1.1",
                                 UNKNOWN, false});
    assert_str(answers_go_to(first), "Eli <eli@customer.example>");
    assert_str(conversation_of(first).snippet, "Dear Milo, she is on her way.");
    /* We wrote first, and nothing but a report came. */
    struct reply_wish wish = {.seen_version = -1,
                              .to_line = S("new@customer.example"),
                              .subject = S("Hello"),
                              .text = S("Dear New,\n\nwelcome."),
                              .override = S("a test"),
                              .no_undo = true};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    job_list jobs = due("send");
    for (size_t i = 0; i < jobs.n; i++) assert_ok(outbox_send(&kit.d, kit.a, &jobs.v[i]));
    struct message begun = message_of(made.message);
    report_comes((struct report){str_cstr(kit.a, begun.rfc_id), "new@customer.example", "failed", "5.1.1",
                                 UNKNOWN, false});
    assert_str(answers_go_to(begun.id), "new@customer.example");
}

/* Anyone can write a report. */
static void test_forged_bounces_are_letters(void **state) {
    WORLD;
    int64_t first = comes((struct sample){.from = "bob@customer.example"});
    struct message reply = answered(first, "bob@customer.example", "aunt@customer.example");
    const char *id = str_cstr(kit.a, reply.rfc_id);
    const struct report forged[] = {
        {"guessed@tidewatch.example", "bob@customer.example", "failed", "5.1.1", UNKNOWN, false},
        {"", "bob@customer.example", "failed", "5.1.1", UNKNOWN, false},
        {id, "somebody@else.example", "failed", "5.1.1", UNKNOWN, false},
        {id, "somebody@else.example", "delayed", "4.4.1", "later", false},
        {id, "somebody@else.example", "", "", "", true},
        /* The Message-ID of their own letter. */
        {str_cstr(kit.a, message_of(first).rfc_id), "bob@customer.example", "failed", "5.1.1", UNKNOWN,
         false},
    };
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        int64_t letter = report_comes(forged[i]);
        assert_int_not_equal(place(letter), place(first));
        assert_int_equal(conversation_of(letter).state, CONVERSATION_US);
        assert_int_equal(bounces_of(place(letter)).n, 0);
    }
    /* One that the checking server says is false. */
    choose("mx.tidewatch.example", false, false);
    const char *bytes =
        report_of((struct report){id, "bob@customer.example", "failed", "5.1.1", UNKNOWN, false});
    str failed = str_fmt(kit.a, MX "dmarc=fail header.from=mx.customer.example\r\n%s", bytes);
    int64_t letter = comes((struct sample){.raw = str_cstr(kit.a, failed), .mail_from = ""});
    assert_int_not_equal(place(letter), place(first));
    assert_int_equal(state_of(reply.id, "bob@customer.example"), OUTBOX_SENT);
    assert_int_equal(state_of(reply.id, "aunt@customer.example"), OUTBOX_SENT);
    assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    assert_int_equal(events_of(place(first), "send_bounced") + events_of(place(first), "complained"), 0);
}

/* ---- about a mail of the status page ---- */

static struct store_subscriber wants;

static err put_reader(db_conn *c, void *arg) {
    (void)arg;
    return store_subscriber_put(c, w.brand, &wants);
}

static const char *reader_comes(subscriber_state s) {
    static int n;
    str name = str_fmt(kit.a, "reader%d@customer.example", ++n);
    wants = (struct store_subscriber){.id = id_new(kit.now),
                                      .mailbox = name,
                                      .email = name,
                                      .language = S("en"),
                                      .state = s,
                                      .asked_at = kit.now,
                                      .expires_at = kit.now + DAY_MS,
                                      .hash = token_hash(kit.a, name)};
    assert_ok(db_write(kit.db, put_reader, NULL));
    return status_message_id(kit.a, wants.hash, S("letters@tidewatch.example")).p;
}

static bool reader_is_there(struct store_subscriber *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    err e = store_subscriber_get(c, kit.a, w.brand, wants.id, ret);
    assert_true(!e || e == ERR_MISSING);
    return !e;
}

static void test_status_mails_that_come_back(void **state) {
    WORLD;
    static const struct {
        const char *action, *status, *says;
        bool complaint, ends;
    } all[] = {{"failed", "5.1.1", UNKNOWN, false, true},
               {NULL, NULL, NULL, true, true},
               {"delayed", "4.4.1", "connection timed out", false, false},
               {"failed", "5.2.2", "552 5.2.2 mailbox full", false, false}};
    struct store_subscriber s;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct report r = {reader_comes(SUBSCRIBER_CONFIRMED),
                           NULL,
                           all[i].action,
                           all[i].status,
                           all[i].says,
                           all[i].complaint};
        r.recipient = str_cstr(kit.a, wants.email);
        int64_t letter = report_comes(r);
        assert_int_equal(reader_is_there(&s), !all[i].ends);
        assert_int_equal(conversation_of(letter).state, CONVERSATION_DONE);
        assert_int_equal(conversation_of(letter).waiting_since, 0);
    }
    /* Who was only asked is not asked again, and their address is gone. */
    struct report asked = {reader_comes(SUBSCRIBER_ASKED), NULL, "failed", "5.1.1", UNKNOWN, false};
    asked.recipient = str_cstr(kit.a, wants.email);
    report_comes(asked);
    assert_true(reader_is_there(&s) && s.state == SUBSCRIBER_REFUSED && !s.email.n && !s.hash.n);
    /* A machine that says they are away waits for nobody; a person who answers does, and ends nothing. */
    const char *id = reader_comes(SUBSCRIBER_CONFIRMED);
    str names = str_fmt(kit.a, "In-Reply-To: <%s>\r\n", id),
        away = str_fmt(kit.a, "%.*sAuto-Submitted: auto-replied\r\n", STR_FMT(names));
    int64_t letter = comes((struct sample){.from = "absent@customer.example", .headers = away.p});
    assert_int_equal(conversation_of(letter).state, CONVERSATION_DONE);
    letter = comes((struct sample){.from = "present@customer.example", .headers = names.p});
    assert_int_equal(conversation_of(letter).state, CONVERSATION_US);
    /* An id that nobody was sent: a letter like any other in what it changes. */
    struct report forged = {
        "status.00@tidewatch.example", "x@customer.example", "failed", "5.1.1", UNKNOWN, false};
    letter = report_comes(forged);
    assert_int_equal(conversation_of(letter).state, CONVERSATION_US);
    assert_true(reader_is_there(&s) && s.state == SUBSCRIBER_CONFIRMED);
}

static void test_sentences_for_every_reason(void **state) {
    (void)state;
    for (int i = 0; i < BOUNCE_REASONS; i++) {
        str s = str_z(bounce_sentence((bounce_reason)i, false));
        assert_true(str_find(s, S("{0}"), 0) != SIZE_MAX && str_ends(s, S(".")));
    }
    assert_non_null(strstr(bounce_sentence(BOUNCE_EXPIRED, true), "nothing to do"));
}

/* "I am away until Monday": kept, shown where it belongs, and it waits for nobody. A subject alone makes no
 * machine. */
static void test_automatic_answers(void **state) {
    WORLD;
    static const char *const machines[] = {"Auto-Submitted: auto-replied\r\n", "X-Autoreply: yes\r\n",
                                           "X-Autorespond: x\r\n", "Precedence: auto_reply\r\n",
                                           "Auto-Submitted: Auto-Generated (rejected)\r\n"};
    int64_t first = comes((struct sample){.from = "cat@customer.example"});
    struct message reply = answered(first, "cat@customer.example", "");
    char headers[400];
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        snprintf(headers, sizeof headers, "%s%s", machines[i], naming(reply));
        int64_t away =
            comes((struct sample){.from = "cat@customer.example", .headers = headers, .subject = "Away"});
        assert_int_equal(place(away), place(first));
        assert_str(message_of(away).machine, "auto_reply");
        assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    }
    int64_t person = comes((struct sample){.from = "cat@customer.example",
                                           .headers = naming(reply),
                                           .subject = "Automatic reply: Keeper Juno",
                                           .text = "No machine here."});
    assert_int_equal(place(person), place(first));
    assert_int_equal(conversation_of(first).state, CONVERSATION_US);
}

/* ---- "we have it" ---- */

#define GOOD MX "dmarc=pass header.from=customer.example\r\n"

static acknowledge_state ack_of(int64_t message, bool *ret_there) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_acknowledge row = {0};
    assert_ok(db_read_begin(kit.db, &c));
    err e = store_acknowledge_get(c, kit.a, w.brand, place(message), &row);
    *ret_there = e == ERR_NONE;
    return row.state;
}

static bool ordered(int64_t message) {
    bool there;
    ack_of(message, &there);
    return there;
}

/* A minute later. */
static void run_acknowledge(void) {
    job_list heard = due("listen");
    assert_ok(listening_run(&kit.d, &heard));
    kit.now += MINUTE_MS;
    job_list jobs = due("acknowledge");
    for (size_t i = 0; i < jobs.n; i++) assert_ok(acknowledge_send(&kit.d, kit.a, &jobs.v[i]));
}

static str sent_for(int64_t message) {
    char path[300];
    snprintf(path, sizeof path, "%s/maildir/new/%lld.longhand", kit.folder, (long long)place(message));
    FILE *f = fopen(path, "rb");
    if (!f) return S("");
    char *bytes = arena_alloc(kit.a, 1 << 16);
    size_t n = fread(bytes, 1, 1 << 16, f);
    fclose(f);
    return (str){bytes, n};
}

static bool says(str bytes, const char *words) { return str_find(bytes, str_z(words), 0) != SIZE_MAX; }

static void test_acknowledged_once_a_day(void **state) {
    WORLD;
    bool there;
    struct sample s = {.from = "Pillow-Deals <dot@customer.example>",
                       .headers = GOOD,
                       .subject = "Zebra-offer",
                       .text = "Buy quagga-pillows now",
                       .id = "dot.one@customer.example"};
    assert_false(ordered(comes((struct sample){.from = s.from, .headers = GOOD}))); /* off */
    choose("mx.tidewatch.example", false, true);
    int64_t first = comes(s);
    assert_true(ordered(first));
    run_acknowledge();
    assert_int_equal(ack_of(first, &there), ACKNOWLEDGE_SENT);
    assert_int_equal(events_of(place(first), "acknowledged"), 1);
    str mail = sent_for(first);
    assert_true(says(mail, "Auto-Submitted: auto-replied") && says(mail, "To: dot@customer.example"));
    assert_true(says(mail, "In-Reply-To: <dot.one@customer.example>") && says(mail, "We have your letter"));
    assert_false(says(mail, "ebra") || says(mail, "uagga") || says(mail, "illow"));
    /* The conversation waits as before. */
    assert_int_equal(conversation_of(first).state, CONVERSATION_US);
    /* Not again within 24 hours, whatever part of the address behind a "+" changes. */
    s.id = NULL;
    assert_false(ordered(comes(s)));
    s.from = "dot+else@customer.example";
    assert_false(ordered(comes(s)));
    kit.now += DAY_MS;
    assert_true(ordered(comes(s)));
}

static void test_never_acknowledged(void **state) {
    WORLD;
    choose("mx.tidewatch.example", false, true);
    static const struct sample never[] = {
        {.from = "n1@customer.example"}, /* nobody vouches */
        {.from = "n2@customer.example", .headers = MX "dmarc=fail header.from=customer.example\r\n"},
        {.from = "n3@customer.example", .headers = GOOD, .mail_from = ""}, /* null sender */
        {.from = "n4@customer.example", .headers = GOOD "Auto-Submitted: auto-generated\r\n"},
        {.from = "n5@customer.example", .headers = GOOD "List-Id: <x.example>\r\n"},
        {.from = "n6@customer.example", .headers = GOOD "List-Unsubscribe: <mailto:x@y.example>\r\n"},
        {.from = "n7@customer.example", .headers = GOOD "Precedence: bulk\r\n"},
        {.from = "n8@customer.example", .headers = GOOD "Precedence: junk\r\n"},
        {.from = "n9@customer.example", .headers = GOOD "X-Auto-Response-Suppress: All\r\n"},
        {.from = "no-reply@customer.example", .headers = GOOD},
        {.from = "n10@customer.example", .headers = GOOD, .mail_from = "MAILER-DAEMON@customer.example"},
        {.from = "help@tidewatch.example", .headers = MX "dmarc=pass header.from=tidewatch.example\r\n"},
        {.from = "n11@customer.example",
         .headers = GOOD "Date: Mon, 07 Jan 2013 17:02:11 +0100\r\n"},    /* brought in */
        {.from = "n12@customer.example", .headers = GOOD, .other = true}, /* not switched on */
    };
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        int64_t id = comes(never[i]);
        if (ordered(id)) fail_msg("letter %zu would be acknowledged", i);
        assert_int_equal(conversation_of(id).state, CONVERSATION_US);
    }
    /* Of a conversation only the first letter. */
    int64_t first = comes((struct sample){.from = "n13@customer.example"});
    struct message reply = answered(first, "n13@customer.example", "");
    char headers[400];
    snprintf(headers, sizeof headers, GOOD "%s", naming(reply));
    int64_t second = comes((struct sample){.from = "n13@customer.example", .headers = headers});
    assert_int_equal(place(second), place(first));
    assert_false(ordered(second));
    /* A blocked sender. */
    int64_t junk = comes((struct sample){.from = "n14@customer.example"});
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, place(junk), true, -1));
    assert_false(ordered(comes((struct sample){.from = "n14@customer.example", .headers = GOOD})));
}

static void test_what_is_learned_before_it_leaves(void **state) {
    WORLD;
    bool there;
    choose("mx.tidewatch.example", false, true);
    int64_t child = comes((struct sample){.from = "c1@customer.example",
                                          .headers = GOOD,
                                          .text = "Hello, my name is Luka and I am seven years old."});
    int64_t done = comes((struct sample){.from = "c2@customer.example", .headers = GOOD});
    int64_t answer = comes((struct sample){.from = "c3@customer.example", .headers = GOOD});
    int64_t off = comes((struct sample){.from = "c4@customer.example", .headers = GOOD});
    assert_true(ordered(child) && ordered(done) && ordered(answer) && ordered(off));
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, place(done), false, -1));
    answered(answer, "c3@customer.example", "");
    run_acknowledge();
    assert_int_equal(ack_of(child, &there), ACKNOWLEDGE_SKIPPED);
    assert_int_equal(ack_of(done, &there), ACKNOWLEDGE_SKIPPED);
    assert_int_equal(ack_of(answer, &there), ACKNOWLEDGE_SKIPPED);
    assert_int_equal(ack_of(off, &there), ACKNOWLEDGE_SENT);
    assert_int_equal(sent_for(child).n + sent_for(done).n, 0);
    /* Not listened to yet: nobody knows whether a child wrote. */
    int64_t unheard = comes((struct sample){.from = "c5@customer.example", .headers = GOOD});
    kit.now += MINUTE_MS;
    job_list jobs = due("acknowledge");
    for (size_t i = 0; i < jobs.n; i++) assert_ok(acknowledge_send(&kit.d, kit.a, &jobs.v[i]));
    assert_int_equal(ack_of(unheard, &there), ACKNOWLEDGE_DUE);
    assert_int_equal(sent_for(unheard).n, 0);
    run_acknowledge();
    assert_int_equal(ack_of(unheard, &there), ACKNOWLEDGE_SENT);
}

/* However many senders somebody can have vouched for. */
static void test_a_brand_sends_so_many_a_day(void **state) {
    WORLD;
    choose("mx.tidewatch.example", false, true);
    int n = 0;
    for (int i = 0; i < ACKNOWLEDGE_OF_BRAND + 20; i++) {
        str from = str_fmt(kit.a, "many%d@customer.example", i);
        n += ordered(comes((struct sample){.from = str_cstr(kit.a, from), .headers = GOOD}));
    }
    assert_int_equal(n, ACKNOWLEDGE_OF_BRAND);
}

static err forget(db_conn *c, void *arg) { return incoming_forget(c, w.brand, *(int64_t *)arg); }

static void test_forgotten_with_the_words(void **state) {
    WORLD;
    choose("mx.tidewatch.example", true, true);
    int64_t first = comes((struct sample){.from = "f1@customer.example", .headers = GOOD}), v = place(first);
    struct message reply = answered(first, "f1@customer.example", "");
    str bytes = raw_of(reply.raw_id).bytes;
    size_t at = str_find(bytes, S("Reply-To: "), 0) + 10;
    const char *address = str_cstr(kit.a, str_slice(bytes, at, str_find(bytes, S("\r\n"), at)));
    report_comes((struct report){str_cstr(kit.a, reply.rfc_id), "f1@customer.example", "failed", "5.1.1",
                                 UNKNOWN, false});
    assert_true(ordered(first));
    assert_int_equal(bounces_of(v).n, 1);
    assert_ok(db_write(kit.db, forget, &v));
    assert_false(ordered(first));
    assert_int_equal(bounces_of(v).n, 0);
    assert_int_not_equal(
        place(comes((struct sample){.from = "f1@customer.example", .headers = GOOD, .rcpt = address})), v);
}

static const struct CMUnitTest tests[] = {
    KIT_TEST(test_verdicts),
    KIT_TEST(test_what_fails_never_joins),
    KIT_TEST(test_a_bounce_marks_reply_and_recipient),
    KIT_TEST(test_delays_and_complaints),
    KIT_TEST(test_answers_go_to_people),
    KIT_TEST(test_forged_bounces_are_letters),
    KIT_TEST(test_status_mails_that_come_back),
    KIT_TEST(test_sentences_for_every_reason),
    KIT_TEST(test_automatic_answers),
    KIT_TEST(test_acknowledged_once_a_day),
    KIT_TEST(test_never_acknowledged),
    KIT_TEST(test_what_is_learned_before_it_leaves),
    KIT_TEST(test_a_brand_sends_so_many_a_day),
    KIT_TEST(test_forgotten_with_the_words),
};
INCOMING_MAIN(tests)
