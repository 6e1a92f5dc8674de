/* Letters as they come, from their bytes to where they belong, through a real reader child (the test program
 * started again), and replies that leave into the Maildir of the data folder. */
#ifndef LONGHAND_TEST_INCOMING_KIT_H
#define LONGHAND_TEST_INCOMING_KIT_H

#include <stdarg.h>
#include <string.h>

#include "people_kit.h"

#include "base/buf.h"
#include "desk/brands.h"
#include "desk/incoming.h"
#include "desk/intake.h"
#include "desk/outbox.h"
#include "desk/people.h"
#include "desk/reading.h"
#include "desk/reply.h"
#include "store/event.h"
#include "store/raw.h"

static struct {
    struct people_setup_done done;
    struct actor ines;
    int64_t brand;
    struct store_inbox inbox, other; /* letters@, help@ */
    reader *reader;
    int n;
} w;

/* A brand with two inboxes, none of which believes, asks or acknowledges anything. */
static inline void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (!w.reader) w.reader = reader_new(S("/proc/self/exe"));
    kit.now += 2 * (int64_t)DAY_MS;
    if (made_for != mark) {
        made_for = mark;
        struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                      .inbox = S("letters@tidewatch.example"),
                                      .admin = S("ines@tidewatch.example"),
                                      .admin_name = S("Ines"),
                                      .zone = S("Europe/Berlin"),
                                      .language = S("en")};
        struct inbox_form help = {.address = S("help@tidewatch.example"), .silent_after_hours = -1};
        assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
        w.brand = w.done.brand.id;
        w.inbox = w.done.inbox;
        w.ines = (struct actor){w.brand, w.done.admin.id, S("Ines")};
        assert_ok(inbox_create(&kit.d, kit.a, w.brand, &help, &w.other));
    }
    const struct store_incoming off = {.inbox_id = w.inbox.id, .authserv_id = S("")};
    assert_ok(incoming_change(&kit.d, kit.a, &w.ines, &off));
}

#define WORLD                                                                                                \
    (void)state;                                                                                             \
    SKIP_WITHOUT_DESK;                                                                                       \
    world()

static inline void choose(const char *authserv_id, bool reply_addresses, bool acknowledges) {
    const struct store_incoming form = {w.inbox.id, str_z(authserv_id), reply_addresses, acknowledges, 0};
    assert_ok(incoming_change(&kit.d, kit.a, &w.ines, &form));
}

struct kit_claim {
    const char *kind;
    job_list jobs;
};

static inline err kit_claim_jobs(db_conn *c, void *arg) {
    struct kit_claim *g = arg;
    g->jobs = (job_list){0};
    return store_job_claim(c, kit.a, str_z(g->kind), kit.now, kit.now + HOUR_MS, 1000, &g->jobs);
}

static inline job_list due(const char *kind) {
    struct kit_claim g = {.kind = kind};
    assert_ok(db_write(kit.db, kit_claim_jobs, &g));
    return g.jobs;
}

struct sample {
    const char *from, *subject, *headers, *text; /* headers: whole lines that end in CRLF */
    const char *id;                              /* Message-ID; NULL a new one, "" none */
    const char *to, *rcpt, *mail_from;           /* NULL: the inbox, the inbox, the sender */
    const char *raw;                             /* the bytes, instead of all that */
    bool other;                                  /* to the other inbox */
};

static inline str bytes_of(const struct sample *s, str address) {
    if (s->raw) return str_z(s->raw);
    str id = s->id ? str_z(s->id) : str_fmt(kit.a, "%d.%lld@customer.example", ++w.n, (long long)kit.now);
    return str_fmt(kit.a, "%sFrom: %s\r\nTo: %.*s\r\nSubject: %s\r\n%s%.*s%s\r\n%s\r\n",
                   s->headers ? s->headers : "", s->from, STR_FMT(s->to ? str_z(s->to) : address),
                   s->subject ? s->subject : "Keeper Juno", id.n ? "Message-ID: <" : "", STR_FMT(id),
                   id.n ? ">\r\n" : "", s->text ? s->text : "Hello, my figure fell down the drain.");
}

/* The address in "Name <a@b>". */
static inline str bare(const char *from) {
    struct mime_address m;
    return address_parse(kit.a, str_z(from), &m) ? m.address : S("");
}

/* One letter comes, is read and filed; its id. */
static inline int64_t comes(struct sample s) {
    const struct store_inbox *to = s.other ? &w.other : &w.inbox;
    str from = s.mail_from ? str_z(s.mail_from) : s.from ? bare(s.from) : S("");
    int64_t id;
    kit.now += 1000;
    assert_ok(intake_keep(&kit.d, kit.a, (struct intake_inbox){w.brand, to->id}, from,
                          s.rcpt ? str_z(s.rcpt) : to->address, bytes_of(&s, to->address), &id));
    job_list jobs = due("read");
    assert_ok(reading_file(&kit.d, w.reader, &jobs));
    return id;
}

static inline struct message message_of(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, w.brand, id, &m));
    return m;
}

static inline struct conversation conversation_of(int64_t message) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    int64_t id = message_of(message).conversation_id;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.brand, id, &v));
    return v;
}

static inline struct raw raw_of(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct raw row;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_raw_get(c, kit.a, w.brand, id, &row));
    return row;
}

static inline outbox_list outbox_of(int64_t reply) {
    DB_READ_AUTO db_conn *c = NULL;
    outbox_list rows = {0};
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_outbox_of_message(c, kit.a, w.brand, reply, &rows));
    return rows;
}

static inline int events_of(int64_t conversation, const char *kind) {
    DB_READ_AUTO db_conn *c = NULL;
    event_list all = {0};
    int n = 0;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, w.brand, conversation, 1000, &all));
    for (size_t i = 0; i < all.n; i++) n += str_eq(all.v[i].kind, str_z(kind));
    return n;
}

/* A reply to the letter that has left; its message. */
static inline struct message answered(int64_t letter, const char *to, const char *cc) {
    struct conversation v = conversation_of(letter);
    struct reply_wish wish = {.conversation = v.id,
                              .seen_version = -1,
                              .to_line = str_z(to),
                              .cc_line = str_z(cc),
                              .subject = S("Re: Keeper Juno"),
                              .text = S("Dear Milo,\n\nshe is on her way."),
                              .override = S("a test"),
                              .no_undo = true};
    struct reply_made made;
    kit.now += 1000;
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    job_list jobs = due("send");
    for (size_t i = 0; i < jobs.n; i++) assert_ok(outbox_send(&kit.d, kit.a, &jobs.v[i]));
    return message_of(made.message);
}

static inline const char *naming(struct message m) {
    return str_cstr(kit.a, str_fmt(kit.a, "In-Reply-To: <%.*s>\r\n", STR_FMT(m.rfc_id)));
}

#define INCOMING_MAIN(tests)                                                                                 \
    int main(int argc, char **argv) {                                                                        \
        if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();                                \
        int failed = KIT_RUN(tests);                                                                         \
        reader_free(w.reader);                                                                               \
        return failed;                                                                                       \
    }

#endif
