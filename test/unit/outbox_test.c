/* What becomes of replies on their way: bounces, letters that leave later, paces, uncertain ones, and whom
 * they go to; on both engines. */
#include <stdarg.h>

#include <string.h>

#include "web_kit.h"

#include "desk/outbox.h"
#include "desk/pace.h"
#include "format/idn.h"
#include "store/event.h"
#include "store/job.h"
#include "web/reply_page.h"

static struct { int letters; } t;

struct told {
    const char *from, *refers_to, *machine, *reply_to, *cc;
};

/* Keep and file one letter; gives its conversation. */
static int64_t letter(struct told l) {
    int64_t id;
    str bytes = str_fmt(kit.a, "Subject: s\r\n\r\nt %d\r\n", ++t.letters);
    assert_ok(intake_keep(&kit.d, kit.a, site.inbox, S("x@example.org"), S("letters@tidewatch.example"),
                          bytes, &id));
    struct filing f = {.brand = site.inbox.brand};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_raw_get(c, kit.a, site.inbox.brand, id, &f.raw));
    }
    f.message = (struct message){.id = id,
                                 .kind = MESSAGE_LETTER,
                                 .raw_id = id,
                                 .from_name = S("Milo"),
                                 .from_address = str_z(l.from),
                                 .subject = S("Keeper Juno"),
                                 .text = S("She fell down the drain."),
                                 .machine = str_z(l.machine ? l.machine : ""),
                                 .rfc_id = str_fmt(kit.a, "%lld@customer.example", (long long)id),
                                 .said_at = kit.now,
                                 .created_at = kit.now};
    *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_FROM, S("Milo"), str_z(l.from)};
    if (l.reply_to)
        *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_REPLY_TO, S(""), str_z(l.reply_to)};
    if (l.cc) *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_CC, S(""), str_z(l.cc)};
    if (l.refers_to) *list_add(kit.a, &f.references) = str_z(l.refers_to);
    f.words = words_of_message(kit.a, S("en"), &f.message);
    struct kit_filing g = {&f, 0};
    assert_ok(db_write(kit.db, kit_file_it, &g));
    kit.now += 1000;
    return g.conversation;
}

/* The days that passed ended the session. */
static const struct web_person *ines(void) {
    site.ines.session = kit_session(site.ines.agent.account_id, &site.ines.csrf);
    return &site.ines;
}

static struct conversation get(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.inbox.brand, id, &v));
    return v;
}

static struct message message(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, site.inbox.brand, id, &m));
    return m;
}

static struct outbox row_of(int64_t id, size_t i) {
    DB_READ_AUTO db_conn *c = NULL;
    outbox_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_message(c, kit.a, site.inbox.brand, id, &rows));
    assert_true(rows.n > i);
    return rows.v[i];
}

static size_t events(int64_t conversation, const char *kind) {
    DB_READ_AUTO db_conn *c = NULL;
    event_list all = {0};
    size_t n = 0;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, site.inbox.brand, conversation, 1000, &all));
    for (size_t i = 0; i < all.n; i++) n += str_eq(all.v[i].kind, str_z(kind));
    return n;
}

static err claim(db_conn *c, void *arg) {
    job_list *jobs = arg;
    *jobs = (job_list){0};
    return store_job_claim(c, kit.a, S("send"), kit.now, kit.now + 1000, 100, jobs);
}

/* Do every send job that is due. */
static int send_due(void) {
    job_list jobs;
    assert_ok(db_write(kit.db, claim, &jobs));
    for (size_t i = 0; i < jobs.n; i++) assert_ok(outbox_send(&kit.d, kit.a, &jobs.v[i]));
    return (int)jobs.n;
}

static struct reply_wish wish_for(int64_t conversation, const char *to) {
    return (struct reply_wish){.conversation = conversation,
                               .seen_version = -1,
                               .to_line = str_z(to),
                               .subject = S("Re: Keeper Juno"),
                               .text = S("Dear Milo,\n\nshe is on her way.")};
}

static struct reply_made answer(struct reply_wish wish) {
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made));
    kit.now += 1000;
    return made;
}

static struct reply_made sent(int64_t conversation, const char *to) {
    struct reply_wish wish = wish_for(conversation, to);
    wish.no_undo = true;
    struct reply_made made = answer(wish);
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    return made;
}

struct force {
    int64_t id;
    outbox_state state;
    message_state reply;
};

static err force(db_conn *c, void *arg) {
    struct force *f = arg;
    struct outbox row;
    TRY(store_outbox_get(c, kit.a, site.inbox.brand, f->id, &row));
    row.state = f->state;
    TRY(store_outbox_update(c, site.inbox.brand, &row));
    return store_message_state(c, site.inbox.brand, row.message_id, f->reply);
}

static void set(int64_t outbox, outbox_state state, message_state reply) {
    struct force f = {outbox, state, reply};
    assert_ok(db_write(kit.db, force, &f));
}

/* ---- bounces ---- */

struct report {
    str id, recipient;
    struct bounce_row row;
    bool ours;
};

static err report(db_conn *c, void *arg) {
    struct report *r = arg;
    return outbox_bounced_in(c, &kit.d, kit.a, site.inbox.brand, r->id, r->recipient, &r->row, kit.now,
                             &r->ours);
}

static bool reported(int64_t id, const char *recipient, struct bounce_row row) {
    struct report r = {message(id).rfc_id, str_z(recipient), row, false};
    assert_ok(db_write(kit.db, report, &r));
    kit.now += 1000;
    return r.ours;
}

static const struct bounce_row unknown = {
    .status = S("5.1.1"), .code = 550, .says = S("550 5.1.1 No such person"), .reason = BOUNCE_USER_UNKNOWN};

static void test_a_bounce_comes_back_to_a_person(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t came = kit.now, id = letter((struct told){.from = "gone@customer.example"});
    struct reply_made made = sent(id, "gone@customer.example");
    assert_int_equal(get(id).state, CONVERSATION_THEM);
    assert_true(reported(made.message, "Gone@customer.example", unknown));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_BOUNCED);
    assert_str(row_of(made.message, 0).says, "550 5.1.1 No such person");
    assert_int_equal(message(made.message).state, MESSAGE_FAILED);
    assert_int_equal(get(id).state, CONVERSATION_US);
    assert_int_equal(get(id).waiting_since, came);
    /* Mail systems repeat themselves. */
    assert_true(reported(made.message, "gone@customer.example", unknown));
    assert_int_equal(events(id, "send_bounced"), 1);
    int64_t conversation;
    assert_ok(outbox_retry(&kit.d, kit.a, &site.ines.actor, row_of(made.message, 0).id, &conversation));
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    assert_int_equal(get(id).state, CONVERSATION_THEM);
}

static void test_only_what_was_sent_can_bounce(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct told){.from = "two@customer.example"});
    struct reply_wish wish = wish_for(id, "two@customer.example, gran@customer.example");
    struct reply_made made = answer(wish);
    assert_false(reported(made.message, "two@customer.example", unknown)); /* still held */
    kit.now = made.ready_at + 1;
    send_due();
    assert_false(reported(made.message, "mallory@elsewhere.example", unknown));
    struct report r = {S("made-up@elsewhere.example"), S("two@customer.example"), unknown, true};
    assert_ok(db_write(kit.db, report, &r));
    assert_false(r.ours);
    r = (struct report){S(""), S(""), unknown, true};
    assert_ok(db_write(kit.db, report, &r));
    assert_false(r.ours);
    assert_true(reported(made.message, "gran@customer.example", unknown));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    assert_int_equal(row_of(made.message, 1).state, OUTBOX_BOUNCED);
    /* Of a letter to one, whoever it was forwarded to may be named. */
    int64_t other = letter((struct told){.from = "one@customer.example"});
    made = sent(other, "one@customer.example");
    assert_true(reported(made.message, "elsewhere@forwarded.example", unknown));
}

static void test_delays_and_complaints_decide_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct told){.from = "slow@customer.example"});
    struct reply_made made = sent(id, "slow@customer.example");
    struct bounce_row late = {.says = S("451 Not yet"), .reason = BOUNCE_NETWORK, .delayed = true};
    assert_true(reported(made.message, "slow@customer.example", late));
    assert_true(reported(made.message, "slow@customer.example", late));
    assert_int_equal(events(id, "send_delayed"), 1);
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    struct bounce_row unwanted = {.says = S("abuse"), .reason = BOUNCE_FEEDBACK};
    assert_true(reported(made.message, "slow@customer.example", unwanted));
    assert_int_equal(events(id, "complained"), 1);
    assert_int_equal(get(id).state, CONVERSATION_THEM);
}

/* ---- uncertain ones that somebody proves ---- */

static err prove(db_conn *c, void *arg) {
    struct message *m = arg;
    return outbox_answered_in(c, &kit.d, kit.a, site.inbox.brand, m, S("proof@customer.example"));
}

static void test_an_answer_proves_that_it_arrived(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct told){.from = "proof@customer.example"});
    struct reply_made made = sent(id, "proof@customer.example");
    struct message m = message(made.message);
    assert_ok(db_write(kit.db, prove, &m)); /* nothing to prove */
    assert_int_equal(events(id, "send_proved"), 0);
    set(row_of(made.message, 0).id, OUTBOX_UNCERTAIN, MESSAGE_UNCERTAIN);
    m = message(made.message);
    assert_ok(db_write(kit.db, prove, &m));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    assert_int_equal(message(made.message).state, MESSAGE_SENT);
    assert_int_equal(events(id, "send_proved"), 1);
    set(row_of(made.message, 0).id, OUTBOX_UNCERTAIN, MESSAGE_UNCERTAIN);
    struct bounce_row away = {.reason = BOUNCE_VACATION, .says = S("I am away")};
    assert_true(reported(made.message, "proof@customer.example", away));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    set(row_of(made.message, 0).id, OUTBOX_UNCERTAIN, MESSAGE_UNCERTAIN);
    assert_true(reported(made.message, "proof@customer.example", unknown));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_BOUNCED);
}

/* ---- two tries of one letter ---- */

/* A lease ran out and another worker took the job: the first one's says nothing any more. */
static void test_a_lost_lease_sends_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct told){.from = "lease@customer.example"});
    struct reply_wish wish = wish_for(id, "lease@customer.example");
    wish.no_undo = true;
    struct reply_made made = answer(wish);
    job_list first, second;
    assert_ok(db_write(kit.db, claim, &first));
    kit.now += 2000; /* the lease of `claim` is a second */
    assert_ok(db_write(kit.db, claim, &second));
    assert_int_equal(first.n, 1);
    assert_int_equal(second.n, 1);
    assert_ok(outbox_send(&kit.d, kit.a, &first.v[0]));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_READY);
    assert_ok(outbox_send(&kit.d, kit.a, &second.v[0]));
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    assert_int_equal(row_of(made.message, 0).attempts, 1);
}

/* ---- send later ---- */

static str bytes_of(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct raw raw;
    str bytes;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, site.inbox.brand, id, &raw));
    assert_ok(intake_bytes(&kit.d, kit.a, &raw, &bytes));
    return bytes;
}

static struct reply_made later(int64_t id, const char *to, int64_t in) {
    struct reply_wish wish = wish_for(id, to);
    wish.leave_at = kit.now + in;
    return answer(wish);
}

static void test_it_leaves_when_chosen(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversation, id = letter((struct told){.from = "later@customer.example"});
    struct reply_wish wish = wish_for(id, "later@customer.example");
    struct reply_made made;
    wish.leave_at = kit.now - 1;
    assert_int_equal(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made), ERR_INVALID);
    wish.leave_at = kit.now + 366 * (int64_t)DAY_MS;
    assert_int_equal(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made), ERR_INVALID);
    made = later(id, "later@customer.example", 2 * (int64_t)DAY_MS);
    kit.now += DAY_MS;
    assert_int_equal(send_due(), 0);
    assert_int_equal(message(made.message).state, MESSAGE_HELD);
    str before = bytes_of(made.message);
    assert_int_not_equal(str_find(before, S("Date: Sun, 17 Jan 2027"), 0), SIZE_MAX);
    /* Another day; the Date goes along, nothing else does. */
    assert_int_equal(
        reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, kit.now - 1, -1, &conversation),
        ERR_INVALID);
    assert_ok(reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, kit.now + 3 * (int64_t)DAY_MS, -1,
                          &conversation));
    str after = bytes_of(made.message);
    assert_int_not_equal(str_find(after, S("Date: Tue, 19 Jan 2027"), 0), SIZE_MAX);
    assert_int_equal(after.n, before.n);
    kit.now += 2 * (int64_t)DAY_MS;
    assert_int_equal(send_due(), 0);
    kit.now += DAY_MS;
    assert_int_equal(send_due(), 1);
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    assert_int_equal(reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, 0, -1, &conversation),
                     ERR_CONFLICT);
}

static void test_now_after_all_or_not_at_all(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversation, id = letter((struct told){.from = "now@customer.example"});
    struct reply_made made = later(id, "now@customer.example", DAY_MS);
    assert_int_equal(
        reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, 0, get(id).version + 1, &conversation),
        ERR_CONFLICT);
    assert_ok(reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, 0, get(id).version, &conversation));
    assert_int_equal(send_due(), 1);
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    made = later(id, "now@customer.example", DAY_MS);
    assert_ok(reply_take_back(&kit.d, kit.a, &site.ines.actor, made.message, &conversation));
    kit.now += 2 * (int64_t)DAY_MS;
    assert_int_equal(send_due(), 0);
    DB_READ_AUTO db_conn *c = NULL;
    struct raw raw;
    assert_ok(db_read_begin(kit.db, &c));
    assert_int_equal(store_raw_get(c, kit.a, site.inbox.brand, made.message, &raw), ERR_MISSING);
}

/* They write again before it leaves: a person looks first. */
static void test_overtaken_by_a_letter(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = "again@customer.example";
    int64_t conversation, id = letter((struct told){.from = from});
    const char *ours = str_cstr(kit.a, message(sent(id, from).message).rfc_id);
    struct reply_made made = later(id, from, HOUR_MS);
    assert_int_equal(letter((struct told){.from = from, .refers_to = ours}), id);
    kit.now += HOUR_MS;
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_STOPPED);
    assert_int_equal(message(made.message).state, MESSAGE_HELD);
    assert_int_equal(get(id).state, CONVERSATION_US);
    assert_int_equal(events(id, "send_stopped"), 1);
    /* An hour later, now that it was read; the next letter stops it again. */
    assert_ok(reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, kit.now + HOUR_MS, get(id).version,
                          &conversation));
    assert_int_equal(letter((struct told){.from = from, .refers_to = ours}), id);
    kit.now += HOUR_MS;
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_STOPPED);
    assert_ok(reply_leave(&kit.d, kit.a, &site.ines.actor, made.message, kit.now + HOUR_MS, get(id).version,
                          &conversation));
    kit.now += HOUR_MS;
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    /* What a machine writes stops nothing. */
    made = later(id, from, HOUR_MS);
    letter((struct told){.from = from, .refers_to = ours, .machine = "auto_reply"});
    kit.now += HOUR_MS;
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
}

static void test_a_stopped_one_is_sent_or_taken_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = "stopped@customer.example";
    int64_t conversation, id = letter((struct told){.from = from});
    const char *ours = str_cstr(kit.a, message(sent(id, from).message).rfc_id);
    struct reply_made made = later(id, from, HOUR_MS);
    letter((struct told){.from = from, .refers_to = ours});
    kit.now += HOUR_MS;
    send_due();
    int64_t box = row_of(made.message, 0).id;
    assert_int_equal(outbox_settle(&kit.d, kit.a, &site.ines.actor, box, true, &conversation), ERR_CONFLICT);
    assert_ok(outbox_retry(&kit.d, kit.a, &site.ines.actor, box, &conversation));
    send_due();
    assert_int_equal(row_of(made.message, 0).state, OUTBOX_SENT);
    made = later(id, from, HOUR_MS);
    letter((struct told){.from = from, .refers_to = ours});
    kit.now += HOUR_MS;
    send_due();
    assert_ok(reply_take_back(&kit.d, kit.a, &site.ines.actor, made.message, &conversation));
    assert_int_equal(get(id).state, CONVERSATION_US);
}

/* ---- pace ---- */

static void test_an_inbox_keeps_its_pace(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t n, made[4], brand = site.inbox.brand, inbox = site.inbox.inbox;
    assert_int_equal(pace_change(&kit.d, kit.a, brand, inbox, -1), ERR_INVALID);
    assert_int_equal(pace_change(&kit.d, kit.a, brand, inbox, PACE_MAX + 1), ERR_INVALID);
    assert_int_equal(pace_change(&kit.d, kit.a, brand, inbox + 1, 2), ERR_MISSING);
    assert_ok(pace_change(&kit.d, kit.a, brand, inbox, 2));
    assert_ok(pace_get(&kit.d, brand, inbox, &n));
    assert_int_equal(n, 2);
    for (int i = 0; i < 4; i++) {
        const char *to = str_cstr(kit.a, kit_email("pace"));
        struct reply_wish wish = wish_for(letter((struct told){.from = to}), to);
        wish.no_undo = true;
        made[i] = answer(wish).message;
    }
    int64_t began = kit.now;
    send_due();
    assert_int_equal(row_of(made[0], 0).state, OUTBOX_SENT);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(row_of(made[i], 0).state, OUTBOX_LIMITED);
        assert_int_equal(row_of(made[i], 0).ready_at, began + i * 30 * SECOND_MS);
        assert_int_equal(message(made[i]).state, MESSAGE_QUEUED);
    }
    kit.now = began + 30 * SECOND_MS;
    assert_int_equal(send_due(), 1);
    assert_int_equal(row_of(made[1], 0).state, OUTBOX_SENT);
    assert_int_equal(row_of(made[2], 0).attempts, 0);
    assert_ok(pace_change(&kit.d, kit.a, brand, inbox, 0));
    assert_int_equal(send_due(), 2);
    assert_int_equal(row_of(made[3], 0).state, OUTBOX_SENT);
}

/* ---- whom it goes to ---- */

static str answers_of(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    struct reply_default standard;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.inbox.brand, id, &v));
    assert_ok(reply_defaults(c, kit.a, site.inbox.brand, &v, &standard));
    return standard.to_line;
}

/* The page showed one person and the newest letter is another's by now, though nothing else changed. */
static void test_never_to_a_former_customer(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = "former@customer.example";
    int64_t id = letter((struct told){.from = from});
    const char *ours = str_cstr(kit.a, message(sent(id, from).message).rfc_id);
    struct reply_wish wish = wish_for(id, from);
    wish.seen_version = get(id).version;
    wish.knows_answers = true;
    wish.answers = answers_of(id);
    letter((struct told){
        .from = from, .refers_to = ours, .machine = "auto_reply", .reply_to = "present@customer.example"});
    assert_int_equal(get(id).version, wish.seen_version);
    struct reply_made made;
    assert_int_equal(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made), ERR_CONFLICT);
    assert_non_null(strstr(err_text(), "present@customer.example"));
    wish.answers = answers_of(id);
    assert_ok(reply_send(&kit.d, kit.a, &site.ines.actor, &wish, &made));
}

/* By the page: what stands in the form is what is used, and a form that is too old sends nothing. */
static void test_the_page_sends_to_whom_it_shows(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct told){.from = "seen@customer.example", .cc = "spy@elsewhere.example"});
    struct hit page = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", id), .as = ines());
    assert_has(page, "name=\"answers\" value=\"Milo &lt;seen@customer.example&gt;\"");
    assert_has(page, "name=\"to\" value=\"Milo &lt;seen@customer.example&gt;\"");
    assert_has(page, "name=\"cc\" value=\"\"");
    assert_has(page, "They sent a copy to spy@elsewhere.example");
    struct shot s = {.method = HTTP_POST,
                     .path = str_cstr(kit.a, str_fmt(kit.a, TOYS "/c/%lld/reply", (long long)id)),
                     .as = ines()};
    const char *form =
        "to=Milo+%%3Cseen@customer.example%%3E&subject=Re&text=Hello+Milo&version=%lld&answers=%s";
    s.form = str_cstr(kit.a, str_fmt(kit.a, form, (long long)get(id).version, "other@customer.example"));
    struct hit h = kit_shoot(s);
    assert_status(h, 409);
    assert_has(h, "Not sent: something changed");
    s.form =
        str_cstr(kit.a, str_fmt(kit.a, form, (long long)get(id).version, "Milo+%3Cseen@customer.example%3E"));
    h = kit_shoot(s);
    assert_status(h, 303);
    DB_READ_AUTO db_conn *c = NULL;
    message_list said = {0};
    outbox_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_list(c, kit.a, site.inbox.brand, id, 0, 10, &said));
    assert_int_equal(said.n, 2);
    assert_ok(store_outbox_of_message(c, kit.a, site.inbox.brand, said.v[1].id, &rows));
    assert_int_equal(rows.n, 1); /* the letter's Cc is nobody of ours */
    assert_str(rows.v[0].recipient, "seen@customer.example");
}

/* Cc and Bcc of one conversation's draft are nowhere in another. */
static void test_no_copy_comes_from_another_thread(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t one = letter((struct told){.from = "thread1@customer.example"});
    int64_t two = letter((struct told){.from = "thread2@customer.example"});
    struct draft draft = {.conversation_id = one,
                          .kind = MESSAGE_REPLY,
                          .to_line = S("thread1@customer.example"),
                          .cc_line = S("hidden@elsewhere.example"),
                          .bcc_line = S("hidden2@elsewhere.example"),
                          .text = S("x")};
    assert_ok(draft_save(&kit.d, kit.a, &site.ines.actor, &draft));
    struct hit page = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", two), .as = ines());
    assert_false(has(page.body, "@elsewhere.example"));
    struct reply_made made = sent(two, "thread2@customer.example");
    DB_READ_AUTO db_conn *c = NULL;
    outbox_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_message(c, kit.a, site.inbox.brand, made.message, &rows));
    assert_int_equal(rows.n, 1);
}

/* A draft that was kept before somebody else wrote last says so. */
static void test_an_old_draft_says_who_wrote_last(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    assert_true(compose_astray(kit.a, S("old@c.example"), S("Milo <new@c.example>")));
    assert_false(compose_astray(kit.a, S("Milo <New@C.example>, x@y.example"), S("new@c.example")));
    assert_false(compose_astray(kit.a, S(""), S("new@c.example")));
    assert_false(compose_astray(kit.a, S("not an address"), S("new@c.example")));
}

/* ---- domains beyond ASCII ---- */

static void test_domains(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    str out;
    assert_true(idn_address(kit.a, S("milo@B\u00dcCHER.example"), &out));
    assert_str(out, "milo@xn--bcher-kva.example");
    assert_true(idn_address(kit.a, S("milo@\u4f8b\u3048\u3002\u30c6\u30b9\u30c8"), &out));
    assert_str(out, "milo@xn--r8jz45g.xn--zckzah");
    assert_true(idn_address(kit.a, S("milo@fa\u00df.de"), &out));
    assert_str(out, "milo@xn--fa-hia.de");
    assert_true(idn_address(kit.a, S("m\u00edlo@b\u00fccher.example"), &out));
    assert_str(out, "m\u00edlo@b\u00fccher.example");
    assert_true(idn_address(kit.a, S("milo@plain.example"), &out));
    assert_str(out, "milo@plain.example");
    assert_false(idn_address(kit.a, S("milo@-\u00fc.example"), &out));
    assert_false(idn_address(kit.a, S("milo@\u2603.example"), &out));
    assert_false(idn_address(kit.a, S("milo@\u00fc..example"), &out));
    assert_true(
        idn_to_ascii(kit.a, S("\u0645\u062b\u0627\u0644.\u0625\u062e\u062a\u0628\u0627\u0631"), &out));
    assert_str(out, "xn--mgbh0fb.xn--kgbechtv");
    int64_t id = letter((struct told){.from = "idn@xn--bcher-kva.example"});
    struct reply_made made = sent(id, "idn@b\u00fccher.example");
    assert_str(row_of(made.message, 0).recipient, "idn@xn--bcher-kva.example");
    str bytes = bytes_of(made.message);
    assert_int_not_equal(str_find(bytes, S("idn@xn--bcher-kva.example"), 0), SIZE_MAX);
    for (size_t i = 0; i < bytes.n; i++) assert_true((unsigned char)bytes.p[i] < 0x80);
}

/* ---- the page ---- */

static void test_views_and_pages(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const outbox_state states[] = {OUTBOX_HELD,      OUTBOX_READY,   OUTBOX_SENDING,   OUTBOX_DOT_SENT,
                                          OUTBOX_SENT,      OUTBOX_FAILED,  OUTBOX_BOUNCED,   OUTBOX_STOPPED,
                                          OUTBOX_UNCERTAIN, OUTBOX_LIMITED, OUTBOX_TAKEN_BACK};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        for (int k = 0; k < 3; k++) {
            const char *to = str_cstr(kit.a, kit_email("view"));
            struct reply_made made = answer(wish_for(letter((struct told){.from = to}), to));
            set(row_of(made.message, 0).id, states[i], MESSAGE_QUEUED);
        }
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    for (int v = 0; v < OUTBOX_VIEWS; v++) {
        outbox_list all = {0}, page = {0};
        struct page_key key = {0, 0};
        size_t at = 0;
        int n;
        assert_ok(store_outbox_view(c, kit.a, site.inbox.brand, (outbox_view_kind)v, key, 1000, &all));
        assert_ok(store_outbox_count(c, site.inbox.brand, (outbox_view_kind)v, 1000, &n));
        assert_int_equal(n, all.n);
        assert_true(all.n >= 3);
        do {
            assert_ok(store_outbox_view(c, kit.a, site.inbox.brand, (outbox_view_kind)v, key, 2, &page));
            for (size_t i = 0; i < page.n; i++) assert_int_equal(page.v[i].id, all.v[at++].id);
            if (page.n) key = (struct page_key){page.v[page.n - 1].updated_at, page.v[page.n - 1].id};
        } while (page.n);
        assert_int_equal(at, all.n);
    }
    db_read_end(c);
    c = NULL;
    struct hit h = shoot(HTTP_GET, TOYS "/outbox", .as = ines());
    assert_status(h, 200);
    assert_has(h, "Send it again all the same");
    assert_status(shoot(HTTP_GET, TOYS "/outbox", .query = "view=nonsense", .as = ines()), 404);
    assert_status(shoot(HTTP_GET, TOYS "/outbox", .query = "after=x", .as = ines()), 404);
    for (int v = 0; v < OUTBOX_VIEWS; v++) {
        const char *query = str_cstr(kit.a, str_fmt(kit.a, "view=%s", outbox_view_name((outbox_view_kind)v)));
        assert_status(shoot(HTTP_GET, TOYS "/outbox", .query = query, .as = ines()), 200);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_a_bounce_comes_back_to_a_person),
        KIT_TEST(test_only_what_was_sent_can_bounce),
        KIT_TEST(test_delays_and_complaints_decide_nothing),
        KIT_TEST(test_an_answer_proves_that_it_arrived),
        KIT_TEST(test_a_lost_lease_sends_nothing),
        KIT_TEST(test_it_leaves_when_chosen),
        KIT_TEST(test_now_after_all_or_not_at_all),
        KIT_TEST(test_overtaken_by_a_letter),
        KIT_TEST(test_a_stopped_one_is_sent_or_taken_back),
        KIT_TEST(test_an_inbox_keeps_its_pace),
        KIT_TEST(test_never_to_a_former_customer),
        KIT_TEST(test_the_page_sends_to_whom_it_shows),
        KIT_TEST(test_no_copy_comes_from_another_thread),
        KIT_TEST(test_an_old_draft_says_who_wrote_last),
        KIT_TEST(test_domains),
        KIT_TEST(test_views_and_pages),
    };
    int failed = cmocka_run_group_tests_name("sqlite", tests, kit_open_site, kit_close_site);
    const char *url = getenv("PG_URL");
    if (url && *url)
        failed |= cmocka_run_group_tests_name("postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
