/* From a kept letter to a reply that left: filing, conversations, replies, the outbox and search, on both
 * engines. */
#include <stdarg.h>

#include <string.h>

#include "people_kit.h"

#include "desk/conversation.h"
#include "desk/filing.h"
#include "desk/intake.h"
#include "desk/outbox.h"
#include "desk/people.h"
#include "desk/reply.h"
#include "letter/words.h"
#include "net/objects.h"
#include "store/event.h"
#include "store/job.h"
#include "store/raw.h"

static struct {
    struct people_setup_done done;
    struct actor ines, omar;
    struct intake_inbox inbox;
    int letters;
} w;

/* The brand of all tests, made once per engine. */
static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
    struct people_invited omar;
    assert_ok(people_invite(&kit.d, kit.a, w.ines.brand, S("omar@tidewatch.example"), S("Omar"), ROLE_AGENT,
                            &omar));
    w.omar = (struct actor){w.ines.brand, omar.agent.id, S("Omar")};
    assert_ok(intake_find(&kit.d, kit.a, S("letters@tidewatch.example"), &w.inbox));
}

struct file_it {
    struct filing *f;
    int64_t conversation;
};

static err file_it(db_conn *c, void *arg) {
    struct file_it *g = arg;
    return filing_put(c, kit.a, g->f, kit.now, &g->conversation);
}

struct sample {
    const char *from, *subject, *text, *rfc_id, *refers_to, *machine;
    int64_t kept; /* by keep_letter, filed only now; 0: keep one */
};

static int64_t keep_letter(const char *subject, const char *text) {
    world();
    int64_t id;
    str bytes = str_fmt(kit.a, "Subject: %s\r\n\r\n%s %d\r\n", subject, text, ++w.letters);
    assert_ok(intake_keep(&kit.d, kit.a, w.inbox, S(""), S("letters@tidewatch.example"), bytes, &id));
    return id;
}

/* Keep and file one letter without the reader child; gives conversation and message. */
static int64_t letter(struct sample s, int64_t *ret_message) {
    int64_t id = s.kept ? s.kept : keep_letter(s.subject, s.text), conversation;
    struct filing f = {.brand = w.inbox.brand};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, w.inbox.brand, id, &f.raw));
    db_read_end(c);
    c = NULL;
    str rfc_id = s.rfc_id ? str_z(s.rfc_id) : str_fmt(kit.a, "%lld@customer.example", (long long)id);
    f.message = (struct message){.id = id,
                                 .kind = MESSAGE_LETTER,
                                 .raw_id = id,
                                 .from_name = S("Milo"),
                                 .from_address = str_z(s.from),
                                 .subject = str_z(s.subject),
                                 .text = str_z(s.text),
                                 .machine = str_z(s.machine ? s.machine : ""),
                                 .rfc_id = rfc_id,
                                 .same_as = s.rfc_id ? content_hash(kit.a, rfc_id) : S(""),
                                 .said_at = kit.now,
                                 .created_at = kit.now};
    if (s.from[0])
        *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_FROM, S("Milo"), str_z(s.from)};
    if (s.refers_to) *list_add(kit.a, &f.references) = str_z(s.refers_to);
    f.words = words_of_message(kit.a, S("en"), &f.message);
    struct file_it g = {&f, 0};
    assert_ok(db_write(kit.db, file_it, &g));
    conversation = g.conversation;
    if (ret_message) *ret_message = id;
    kit.now += 1000;
    return conversation;
}

static struct conversation get(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, id, &v));
    return v;
}

static struct message get_message(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, w.ines.brand, id, &m));
    return m;
}

static struct reply_made answer(int64_t conversation, const char *to, bool no_undo) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = str_z(to),
                              .subject = S("Re: Keeper Juno"),
                              .text = S("Dear Milo,\n\nshe is on her way."),
                              .no_undo = no_undo};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    kit.now += 1000;
    return made;
}

static outbox_list outbox_of(int64_t message) {
    DB_READ_AUTO db_conn *c = NULL;
    outbox_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_message(c, kit.a, w.ines.brand, message, &rows));
    return rows;
}

struct claim {
    job_list jobs;
};

static err claim_send(db_conn *c, void *arg) {
    struct claim *g = arg;
    g->jobs = (job_list){0};
    return store_job_claim(c, kit.a, S("send"), kit.now, kit.now + 1000, 100, &g->jobs);
}

/* Do every send job that is due. */
static int send_due(void) {
    struct claim g;
    assert_ok(db_write(kit.db, claim_send, &g));
    for (size_t i = 0; i < g.jobs.n; i++) assert_ok(outbox_send(&kit.d, kit.a, &g.jobs.v[i]));
    return (int)g.jobs.n;
}

static void test_second_letter_keeps_the_place(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t first_at = kit.now;
    int64_t id =
        letter((struct sample){.from = "place@customer.example", .subject = "one", .text = "first"}, NULL);
    assert_int_equal(get(id).waiting_since, first_at);
    struct reply_made made = answer(id, "place@customer.example", true);
    assert_int_equal(get(id).waiting_since, 0);
    assert_int_equal(get(id).state, CONVERSATION_THEM);
    const char *ours = str_cstr(kit.a, get_message(made.message).rfc_id);
    int64_t second_at = kit.now;
    struct sample more = {
        .from = "place@customer.example", .subject = "Re: one", .text = "more", .refers_to = ours};
    assert_int_equal(letter(more, NULL), id);
    assert_int_equal(letter(more, NULL), id);
    assert_int_equal(get(id).waiting_since, second_at);
    assert_int_equal(get(id).state, CONVERSATION_US);
}

static void test_only_a_participant_joins(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t message;
    int64_t id =
        letter((struct sample){.from = "p@customer.example", .subject = "one", .text = "first"}, &message);
    const char *theirs = str_cstr(kit.a, get_message(message).rfc_id);
    struct reply_made made = answer(id, "p@customer.example", true);
    const char *ours = str_cstr(kit.a, get_message(made.message).rfc_id);

    int64_t forged = letter(
        (struct sample){.from = "mallory@elsewhere.example", .subject = "x", .text = "y", .refers_to = ours},
        NULL);
    assert_int_not_equal(forged, id);
    assert_int_equal(get(forged).related_id, id);

    int64_t own = letter(
        (struct sample){.from = "p@customer.example", .subject = "x", .text = "y", .refers_to = theirs},
        NULL);
    assert_int_not_equal(own, id);
    assert_int_equal(get(own).related_id, id);

    int64_t empty = letter(
        (struct sample){.from = "p@customer.example", .subject = "x", .text = "y", .refers_to = ""}, NULL);
    assert_int_not_equal(empty, id);
}

static void test_duplicates(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct sample s = {
        .from = "dup@customer.example", .subject = "s", .text = "t", .rfc_id = "dup@customer.example"};
    int64_t first, second;
    int64_t id = letter(s, &first);
    assert_int_equal(letter(s, &second), 0);
    DB_READ_AUTO db_conn *c = NULL;
    struct raw raw;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, w.inbox.brand, second, &raw));
    assert_int_equal(raw.state, RAW_DUPLICATE);
    assert_int_equal(raw.message_id, first);
    message_list said = {0};
    assert_ok(store_message_list(c, kit.a, w.inbox.brand, id, 0, 100, &said));
    assert_int_equal(said.n, 1);
}

static void test_machine_does_not_reopen(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id =
        letter((struct sample){.from = "away@customer.example", .subject = "one", .text = "first"}, NULL);
    struct reply_made made = answer(id, "away@customer.example", true);
    const char *ours = str_cstr(kit.a, get_message(made.message).rfc_id);
    struct sample away = {.from = "away@customer.example",
                          .subject = "Away",
                          .text = "until Monday",
                          .refers_to = ours,
                          .machine = "auto_reply"};
    assert_int_equal(letter(away, NULL), id);
    assert_int_equal(get(id).state, CONVERSATION_THEM);
}

static void test_closing_needs_a_reason(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "close@customer.example", .subject = "s", .text = "t"}, NULL);
    int64_t since = get(id).waiting_since, seen = get(id).version;
    assert_ok(conversation_take(&kit.d, kit.a, &w.omar, id, false));
    assert_int_equal(conversation_close(&kit.d, kit.a, &w.ines, id, CLOSE_NONE_NEEDED, seen), ERR_CONFLICT);
    assert_int_equal(conversation_junk(&kit.d, kit.a, &w.ines, id, false, seen), ERR_CONFLICT);
    assert_int_equal(conversation_close(&kit.d, kit.a, &w.ines, id, CLOSE_ANSWERED, -1), ERR_INVALID);
    assert_ok(conversation_close(&kit.d, kit.a, &w.ines, id, CLOSE_NONE_NEEDED, -1));
    assert_int_equal(get(id).closed_kind, CLOSED_WITHOUT);
    assert_ok(conversation_reopen(&kit.d, kit.a, &w.ines, id));
    assert_int_equal(get(id).state, CONVERSATION_US);
    assert_int_equal(get(id).waiting_since, since);
    answer(id, "close@customer.example", true);
    assert_ok(conversation_close(&kit.d, kit.a, &w.ines, id, CLOSE_ANSWERED, -1));
    assert_int_equal(get(id).closed_kind, CLOSED_ANSWERED);
}

static void test_junk_and_the_way_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct sample s = {.from = "junk@lucky.example", .subject = "win", .text = "now"};
    int64_t id = letter(s, NULL);
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, id, true, -1));
    assert_int_equal(get(id).closed_kind, CLOSED_JUNK);
    int64_t later = letter(s, NULL);
    assert_int_equal(get(later).closed_kind, CLOSED_JUNK);
    assert_int_equal(get(later).closed_reason, CLOSE_BLOCKED);
    assert_ok(conversation_reopen(&kit.d, kit.a, &w.ines, later));
    assert_int_equal(get(letter(s, NULL)).state, CONVERSATION_US);
}

static void test_assignment(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "as@customer.example", .subject = "s", .text = "t"}, NULL);
    assert_ok(conversation_take(&kit.d, kit.a, &w.omar, id, false));
    assert_int_equal(conversation_take(&kit.d, kit.a, &w.ines, id, false), ERR_CONFLICT);
    assert_non_null(strstr(err_text(), "Omar"));
    assert_ok(conversation_take(&kit.d, kit.a, &w.ines, id, true));
    assert_ok(conversation_pass(&kit.d, kit.a, &w.ines, id, w.omar.agent));
    assert_int_equal(get(id).agent_id, w.omar.agent);
    assert_int_equal(conversation_pass(&kit.d, kit.a, &w.ines, id, 12345), ERR_INVALID);
    int back;
    assert_ok(conversation_give_back_all(&kit.d, kit.a, &w.ines, w.omar.agent, &back));
    assert_true(back >= 1);
    assert_int_equal(get(id).agent_id, 0);
}

static void test_another_brand_sees_nothing(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "b@customer.example", .subject = "s", .text = "t"}, NULL);
    struct actor other = {w.ines.brand + 1, w.ines.agent, S("Ines")};
    int64_t message;
    assert_int_equal(conversation_take(&kit.d, kit.a, &other, id, true), ERR_MISSING);
    assert_int_equal(conversation_note(&kit.d, kit.a, &other, id, S("hm"), &message), ERR_MISSING);
    struct draft draft = {.conversation_id = id, .text = S("x")};
    assert_int_equal(draft_save(&kit.d, kit.a, &other, &draft), ERR_MISSING);
}

static void test_stale_send_is_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "stale@customer.example", .subject = "s", .text = "t"}, NULL);
    int64_t seen = get(id).version;
    assert_ok(conversation_take(&kit.d, kit.a, &w.omar, id, false));
    struct reply_wish wish = {.conversation = id,
                              .seen_version = seen,
                              .to_line = S("stale@customer.example"),
                              .subject = S("Re: s"),
                              .text = S("Dear Milo")};
    struct reply_made made;
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_CONFLICT);
    assert_int_equal(get(id).waiting_since != 0, true);
    wish.seen_version = get(id).version;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
}

static void test_the_same_key_sends_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "key@customer.example", .subject = "s", .text = "t"}, NULL);
    struct reply_wish wish = {.conversation = id,
                              .seen_version = get(id).version,
                              .to_line = S("key@customer.example"),
                              .subject = S("Re: s"),
                              .text = S("Dear Milo"),
                              .key = S("k1")};
    struct reply_made one, two;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &one));
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &two));
    assert_int_equal(one.message, two.message);
    assert_int_equal(outbox_of(one.message).n, 1);
}

static void test_recipients(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "r@customer.example", .subject = "s", .text = "t"}, NULL);
    struct reply_made made;
    struct reply_wish wish = {.conversation = id, .seen_version = -1, .subject = S("s"), .text = S("t")};
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_INVALID);
    wish.to_line = S("r@customer.example, nonsense");
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_INVALID);
    assert_non_null(strstr(err_text(), "nonsense"));
    wish.to_line = S("\"Milo, 7\" <R@customer.example>; r@Customer.example");
    wish.cc_line = S("gran@customer.example, r@customer.example");
    wish.bcc_line = S("archive@tidewatch.example");
    wish.text = S("   ");
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_INVALID);
    wish.text = S("Dear Milo");
    wish.subject = S("a\r\nBcc: x@y");
    assert_int_equal(reply_send(&kit.d, kit.a, &w.ines, &wish, &made), ERR_INVALID);
    wish.subject = S("s");
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    assert_int_equal(outbox_of(made.message).n, 3);
    DB_READ_AUTO db_conn *c = NULL;
    struct raw raw;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, w.ines.brand, made.message, &raw));
    assert_int_equal(str_find(raw.bytes, S("archive@"), 0), SIZE_MAX);
    assert_int_not_equal(str_find(raw.bytes, S("gran@customer.example"), 0), SIZE_MAX);
}

static void test_take_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "back@customer.example", .subject = "s", .text = "t"}, NULL);
    int64_t since = get(id).waiting_since, file, conversation;
    assert_ok(
        draft_attach(&kit.d, kit.a, &w.ines, id, S("../../plan.txt"), S("text/plain"), S("x marks"), &file));
    struct reply_made made = answer(id, "Milo <back@customer.example>", false);
    assert_int_equal(get_message(made.message).state, MESSAGE_HELD);
    send_due();
    assert_int_equal(outbox_of(made.message).v[0].state, OUTBOX_HELD);
    assert_ok(reply_take_back(&kit.d, kit.a, &w.ines, made.message, &conversation));
    assert_int_equal(conversation, id);
    assert_int_equal(get(id).waiting_since, since);
    assert_int_equal(get(id).state, CONVERSATION_US);
    DB_READ_AUTO db_conn *c = NULL;
    struct draft draft;
    attachment_list files = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_draft_get(c, kit.a, w.ines.brand, id, w.ines.agent, &draft));
    assert_str(draft.text, "Dear Milo,\n\nshe is on her way.");
    assert_str(draft.to_line, "Milo <back@customer.example>");
    assert_ok(store_attachments_of_draft(c, kit.a, w.ines.brand, id, w.ines.agent, &files));
    assert_int_equal(files.n, 1);
    assert_str(files.v[0].name, "plan.txt");
    db_read_end(c);
    c = NULL;
    made = answer(id, "back@customer.example", false);
    kit.now = made.ready_at + 1;
    send_due();
    assert_int_equal(reply_take_back(&kit.d, kit.a, &w.ines, made.message, &conversation), ERR_CONFLICT);
    assert_int_equal(get_message(made.message).state, MESSAGE_SENT);
}

struct force {
    int64_t id;
    outbox_state state;
};

static err force(db_conn *c, void *arg) {
    struct force *f = arg;
    struct outbox row;
    TRY(store_outbox_get(c, kit.a, w.ines.brand, f->id, &row));
    row.state = f->state;
    return store_outbox_update(c, w.ines.brand, &row);
}

/* The desk died after the final dot: the next worker must not send, but show it. */
static void test_a_crash_after_the_dot_is_uncertain(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id = letter((struct sample){.from = "dot@customer.example", .subject = "s", .text = "t"}, NULL),
            conversation;
    struct reply_made made = answer(id, "dot@customer.example", true);
    struct force f = {outbox_of(made.message).v[0].id, OUTBOX_DOT_SENT};
    assert_ok(db_write(kit.db, force, &f));
    send_due();
    assert_int_equal(outbox_of(made.message).v[0].state, OUTBOX_UNCERTAIN);
    assert_int_equal(get_message(made.message).state, MESSAGE_UNCERTAIN);
    assert_int_equal(get(id).state, CONVERSATION_US);
    assert_int_equal(send_due(), 0);
    assert_ok(outbox_settle(&kit.d, kit.a, &w.ines, f.id, true, &conversation));
    assert_int_equal(get_message(made.message).state, MESSAGE_SENT);
    assert_int_equal(get(id).state, CONVERSATION_THEM);
    assert_int_equal(outbox_retry(&kit.d, kit.a, &w.ines, f.id, &conversation), ERR_CONFLICT);
}

/* It died before the dot: nobody has it, so it goes again by itself. */
static void test_a_crash_before_the_dot_is_repeated(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t id =
        letter((struct sample){.from = "sending@customer.example", .subject = "s", .text = "t"}, NULL);
    struct reply_made made = answer(id, "sending@customer.example", true);
    struct force f = {outbox_of(made.message).v[0].id, OUTBOX_SENDING};
    assert_ok(db_write(kit.db, force, &f));
    send_due();
    assert_int_equal(outbox_of(made.message).v[0].state, OUTBOX_SENT);
}

/* It was kept before the reply and read after it: nobody has seen it, so the reply's leaving does not answer
 * it. */
static void test_a_letter_read_late_goes_on_waiting(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *from = "late@customer.example";
    int64_t id = letter((struct sample){.from = from, .subject = "s", .text = "t"}, NULL);
    struct reply_made first = answer(id, from, true);
    const char *ours = str_cstr(kit.a, get_message(first.message).rfc_id);
    letter((struct sample){.from = from, .subject = "s", .text = "u", .refers_to = ours}, NULL);
    int64_t came_at = kit.now;
    struct sample late = {.from = from, .subject = "s", .text = "and", .refers_to = ours};
    late.kept = keep_letter(late.subject, late.text);
    kit.now += 1000;
    struct reply_made second = answer(id, from, false);
    assert_int_equal(letter(late, NULL), id);
    kit.now = second.ready_at + 1;
    send_due();
    assert_int_equal(outbox_of(second.message).v[0].state, OUTBOX_SENT);
    assert_int_equal(get(id).state, CONVERSATION_US);
    assert_int_equal(get(id).waiting_since, came_at);
}

static void test_given_up_is_not_sent(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t conversation,
        id = letter((struct sample){.from = "g@c.example", .subject = "s", .text = "t"}, NULL);
    struct reply_made made = answer(id, "g@c.example", true);
    struct force f = {outbox_of(made.message).v[0].id, OUTBOX_DOT_SENT};
    assert_ok(db_write(kit.db, force, &f));
    send_due();
    assert_ok(outbox_settle(&kit.d, kit.a, &w.ines, f.id, false, &conversation));
    assert_int_equal(get_message(made.message).state, MESSAGE_FAILED);
    assert_int_equal(get(id).state, CONVERSATION_US);
}

/* A copy of our reply comes back (somebody put one of our own addresses in Cc), and a list forwards an
 * answer. */
static void test_who_joins_and_wakes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct sample s = {.from = "echo@customer.example", .subject = "s", .text = "t"};
    int64_t id = letter(s, NULL);
    struct reply_made made = answer(id, s.from, true);
    const char *ours = str_cstr(kit.a, get_message(made.message).rfc_id);
    struct sample echo = {.from = "letters@tidewatch.example", .subject = "s", .text = "t", .rfc_id = ours};
    assert_int_not_equal(letter(echo, NULL), id);
    s.refers_to = ours;
    s.machine = "list";
    assert_int_equal(letter(s, NULL), id);
    assert_int_equal(get(id).state, CONVERSATION_US);
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, id, true, -1));
    assert_int_equal(letter(s, NULL), id);
    assert_int_equal(get(id).closed_kind, CLOSED_JUNK);
}

static void test_search(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    letter((struct sample){.from = "find@customer.example",
                           .subject = "Lighthouse",
                           .text = "Die Glühbirne im Leuchtturm flackert"},
           NULL);
    const char *const queries[] = {"lighthouse", "gluhbirne FLACKERT",    "im LEUCHTTURM",
                                   "leuchtt",    "find@customer.example", "harbour"};
    const bool hits[] = {true, true, true, true, true, false};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        word_list words;
        words_of(kit.a, str_z(queries[i]), S("en"), 32, &words);
        DB_READ_AUTO db_conn *c = NULL;
        found_list found = {0};
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_search(c, kit.a, w.ines.brand, words.v, words.n, true, 0, 10, &found));
        assert_int_equal(found.n > 0, hits[i]);
        assert_ok(store_search(c, kit.a, w.ines.brand + 1, words.v, words.n, true, 0, 10, &found));
        assert_int_equal(found.n, 0);
    }
}

static void test_a_typed_letter(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = S("Gran"), .text = S("Please answer by post.")};
    int64_t id, message;
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &id, &message));
    assert_int_equal(get(id).state, CONVERSATION_US);
    struct reply_wish wish = {
        .conversation = id, .seen_version = -1, .text = S("Dear Gran"), .by_hand = true};
    struct reply_made made;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    assert_int_equal(get_message(made.message).state, MESSAGE_RECORDED);
    assert_int_equal(outbox_of(made.message).n, 0);
    assert_int_equal(get(id).state, CONVERSATION_THEM);
    l.came_at = kit.now + 10LL * DAY_MS;
    assert_int_equal(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &id, &message), ERR_INVALID);
}

static void test_views_page_by_key(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    for (int i = 0; i < 7; i++)
        letter((struct sample){.from = "page@customer.example", .subject = "s", .text = "t"}, NULL);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    conversation_list all = {0}, page = {0};
    assert_ok(
        store_conversation_view(c, kit.a, w.ines.brand, VIEW_WAITING, 0, (struct page_key){0}, 1000, &all));
    struct page_key key = {0};
    size_t at = 0;
    do {
        assert_ok(store_conversation_view(c, kit.a, w.ines.brand, VIEW_WAITING, 0, key, 3, &page));
        for (size_t i = 0; i < page.n; i++) assert_int_equal(page.v[i].id, all.v[at++].id);
        if (page.n) key = conversation_key(VIEW_WAITING, &page.v[page.n - 1]);
    } while (page.n);
    assert_int_equal(at, all.n);
    for (size_t i = 1; i < all.n; i++) assert_true(all.v[i - 1].waiting_since <= all.v[i].waiting_since);
    int n;
    assert_ok(store_conversation_count(c, w.ines.brand, VIEW_WAITING, 0, 5, &n));
    assert_int_equal(n, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_second_letter_keeps_the_place),
        KIT_TEST(test_only_a_participant_joins),
        KIT_TEST(test_duplicates),
        KIT_TEST(test_machine_does_not_reopen),
        KIT_TEST(test_closing_needs_a_reason),
        KIT_TEST(test_junk_and_the_way_back),
        KIT_TEST(test_assignment),
        KIT_TEST(test_another_brand_sees_nothing),
        KIT_TEST(test_stale_send_is_refused),
        KIT_TEST(test_the_same_key_sends_once),
        KIT_TEST(test_recipients),
        KIT_TEST(test_take_back),
        KIT_TEST(test_a_crash_after_the_dot_is_uncertain),
        KIT_TEST(test_a_crash_before_the_dot_is_repeated),
        KIT_TEST(test_a_letter_read_late_goes_on_waiting),
        KIT_TEST(test_given_up_is_not_sent),
        KIT_TEST(test_who_joins_and_wakes),
        KIT_TEST(test_search),
        KIT_TEST(test_a_typed_letter),
        KIT_TEST(test_views_page_by_key),
    };
    return KIT_RUN(tests);
}
