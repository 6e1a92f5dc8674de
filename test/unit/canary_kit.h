/* A brand whose letters hold a name that stands nowhere else, and the search for it in rows, files and
 * indexes. For tests of what is deleted. */
#ifndef LONGHAND_TEST_CANARY_KIT_H
#define LONGHAND_TEST_CANARY_KIT_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "people_kit.h"

#include "desk/box.h"
#include "desk/child.h"
#include "desk/conversation.h"
#include "desk/filing.h"
#include "desk/forget.h"
#include "desk/gesture.h"
#include "desk/intake.h"
#include "desk/learning.h"
#include "desk/people.h"
#include "desk/print_box_run.h"
#include "desk/promise.h"
#include "desk/reply.h"
#include "desk/settings.h"
#include "jobs/jobs.h"
#include "net/objects.h"
#include "store/customer.h"
#include "store/event.h"
#include "store/raw.h"

static struct {
    struct people_setup_done done;
    struct actor ines, tom, zoe; /* administrator, agent, agent */
    int letters;
} w;

static const int64_t start = 1800000000000;

static inline void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (made_for == mark) return;
    made_for = mark;
    kit.now = start;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Sailmaker"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines Sailmaker")};
    struct people_invited tom, zoe;
    assert_ok(
        people_invite(&kit.d, kit.a, w.ines.brand, S("tom@tidewatch.example"), S("Tom"), ROLE_AGENT, &tom));
    assert_ok(
        people_invite(&kit.d, kit.a, w.ines.brand, S("zoe@tidewatch.example"), S("Zoe"), ROLE_AGENT, &zoe));
    w.tom = (struct actor){w.ines.brand, tom.agent.id, S("Tom")};
    w.zoe = (struct actor){w.ines.brand, zoe.agent.id, S("Zoe")};
    kit.d.keeps_indexes = true;
    assert_ok(allowance_set(&kit.d, kit.a, &w.ines, ROLE_ADMINISTRATOR, 0, 1000000, S("EUR")));
    assert_ok(forget_start(&kit.d, kit.a));
    assert_ok(learning_start(&kit.d, kit.a));
}

static inline void run_jobs(void) {
    int done;
    assert_ok(jobs_run_due(&kit.d, S("/nonexistent"), &done));
}

/* ---- letters ---- */

struct sample {
    const char *name, *address, *text;
    size_t padding; /* makes the bytes so much longer */
};

struct file_it {
    struct filing *f;
    int64_t conversation;
};

static inline err file_it(db_conn *c, void *arg) {
    struct file_it *g = arg;
    TRY(store_raw_insert(c, w.ines.brand, &g->f->raw));
    return filing_put(c, kit.a, g->f, kit.now, &g->conversation);
}

/* As reading leaves it, without the reader child. */
static inline int64_t letter_of(struct sample s, int64_t *ret_message) {
    world();
    kit.now += 1000;
    int64_t id = id_new(kit.now);
    char *padding = arena_alloc(kit.a, s.padding + 1);
    memset(padding, 'x', s.padding);
    str bytes = str_fmt(kit.a, "From: %s <%s>\r\n\r\n%s\r\n%s", s.name, s.address, s.text, padding);
    struct filing f = {.brand = w.ines.brand};
    f.raw = (struct raw){.id = id,
                         .inbox_id = w.done.inbox.id,
                         .mail_from = str_z(s.address),
                         .rcpt = S("letters@tidewatch.example"),
                         .size = (int64_t)bytes.n,
                         .bytes = bytes,
                         .received_at = kit.now};
    if (bytes.n > OBJECT_ROW_BYTES) {
        f.raw.hash = content_hash(kit.a, bytes);
        f.raw.bytes = S("");
        f.raw.in_object = true;
        assert_ok(object_put(kit.a, kit.d.folder, f.raw.hash, bytes));
    }
    f.message = (struct message){.id = id,
                                 .kind = MESSAGE_LETTER,
                                 .raw_id = id,
                                 .from_name = str_z(s.name),
                                 .from_address = str_z(s.address),
                                 .subject = str_fmt(kit.a, "From %s", s.name),
                                 .text = str_z(s.text),
                                 .html = str_fmt(kit.a, "<p>%s</p>", s.text),
                                 .rfc_id = str_fmt(kit.a, "%d@customer.example", ++w.letters),
                                 .said_at = kit.now,
                                 .created_at = kit.now};
    *list_add(kit.a, &f.addresses) = (struct message_address){0, ROLE_FROM, str_z(s.name), str_z(s.address)};
    f.words = words_of_message(kit.a, S("en"), &f.message);
    struct file_it g = {&f, 0};
    assert_ok(db_write(kit.db, file_it, &g));
    if (ret_message) *ret_message = id;
    return g.conversation;
}

static inline int64_t reply(int64_t conversation, const char *to, const char *text) {
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .to_line = str_z(to),
                              .subject = S("Re: Keeper Juno"),
                              .text = str_z(text),
                              .key = str_fmt(kit.a, "%lld %s", (long long)conversation, text),
                              .override = S("a test"),
                              .no_undo = true};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, &w.ines, &wish, &made));
    return made.message;
}

static inline void done(int64_t conversation) {
    assert_ok(conversation_close(&kit.d, kit.a, &w.ines, conversation, CLOSE_NONE_NEEDED, -1));
}

/* All that stands in rows, as text; bytes in hexadecimal. */
static inline int hits_in_rows(PGconn *c, const char *word) {
    char hex[256], sql[1024];
    int hits = 0;
    for (size_t i = 0; i <= strlen(word); i++) snprintf(hex + 2 * i, 3, "%02x", (unsigned char)word[i]);
    hex[2 * strlen(word)] = 0;
    PGresult *tables = PQexec(c, "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                                 "current_schema()");
    assert_true(PQntuples(tables) > 20);
    for (int i = 0; i < PQntuples(tables); i++) {
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM \"%s\" t WHERE t::text ILIKE '%%%s%%' OR t::text ILIKE '%%%s%%'",
                 PQgetvalue(tables, i, 0), word, hex);
        PGresult *r = PQexec(c, sql);
        assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
        if (strcmp(PQgetvalue(r, 0, 0), "0") != 0) {
            print_message("%s is in %s\n", word, PQgetvalue(tables, i, 0));
            hits++;
        }
        PQclear(r);
    }
    PQclear(tables);
    return hits;
}

static const char *sought;
static int found;

static inline int seek(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)at;
    if (type != FTW_F || !st->st_size) return 0;
    str bytes;
    ARENA_AUTO arena *a = arena_new(0);
    assert_ok(file_read(a, str_z(path), 256 << 20, &bytes));
    size_t n = strlen(sought);
    for (size_t i = 0; i + n <= bytes.n; i++) {
        if (strncasecmp(bytes.p + i, sought, n) != 0) continue;
        print_message("%s is in %s at %zu\n", sought, path, i);
        found++;
        break;
    }
    return 0;
}

static inline int hits_in_files(const char *word) {
    sought = word;
    found = 0;
    assert_int_equal(nftw(kit.folder, seek, 16, FTW_PHYS), 0);
    return found;
}

static inline int hits(const char *word) {
    int n = hits_in_files(word);
    if (!kit.postgres) return n;
    PGconn *c = PQconnectdb(kit.target);
    assert_int_equal(PQstatus(c), CONNECTION_OK);
    n += hits_in_rows(c, word);
    PQfinish(c);
    return n;
}

static inline err put_file(db_conn *c, void *arg) { return store_attachment_insert(c, w.ines.brand, arg); }

static inline void attach(int64_t conversation, int64_t message, const char *name, str bytes) {
    struct attachment f = {.id = id_new(kit.now),
                           .message_id = message,
                           .conversation_id = conversation,
                           .agent_id = message ? 0 : w.ines.agent,
                           .name = str_z(name),
                           .type = S("text/plain"),
                           .size = (int64_t)bytes.n,
                           .bytes = bytes};
    if (bytes.n > OBJECT_ROW_BYTES) {
        f.hash = content_hash(kit.a, bytes);
        f.bytes = S("");
        f.in_object = true;
        assert_ok(object_put(kit.a, kit.d.folder, f.hash, bytes));
    }
    assert_ok(db_write(kit.db, put_file, &f));
}

static inline str large(const char *word) {
    char *bytes = arena_alloc(kit.a, 100001);
    for (size_t i = 0; i < 100000; i += 50) snprintf(bytes + i, 51, "%-49s\n", word);
    return (str){bytes, 100000};
}

static inline err put_raw(db_conn *c, void *arg) { return store_raw_insert(c, w.ines.brand, arg); }

/* A second copy of the same mail. */
static inline void copy_of(int64_t message, const char *text) {
    struct raw r = {.id = id_new(kit.now),
                    .inbox_id = w.done.inbox.id,
                    .state = RAW_DUPLICATE,
                    .mail_from = str_z(text),
                    .rcpt = S("letters@tidewatch.example"),
                    .size = 10,
                    .bytes = str_z(text),
                    .message_id = message,
                    .received_at = kit.now};
    assert_ok(db_write(kit.db, put_raw, &r));
}

static inline void give(int64_t conversation, const char *item, const char *judgement) {
    struct gesture_wish wish = {.conversation = conversation,
                                .seen_gestures = -1,
                                .kind = GESTURE_EXTRA,
                                .situation = S("other"),
                                .item_name = str_z(item),
                                .quantity = 1,
                                .cost = 100,
                                .judgement = str_z(judgement),
                                .key = str_fmt(kit.a, "give-%lld", (long long)conversation)};
    struct gesture_done done_now;
    assert_ok(gesture_give(&kit.d, kit.a, &w.ines, &wish, &done_now));
}

struct person {
    int64_t customer, v, message, reply, box;
    str address;
};

static inline int64_t customer_of(int64_t brand, str address) {
    struct customer_address a;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_customer_address_get(c, kit.a, brand, address, &a));
    return a.customer_id;
}

/* NAME stands wherever a customer's name can. */
static inline struct person appear(const char *name) {
    struct person p = {.address = str_lower(kit.a, str_fmt(kit.a, "%s@%sburg.example", name, name))};
    const char *address = str_cstr(kit.a, p.address);
    str text = str_fmt(
        kit.a,
        "Dear Tidewatch, I am %s of %s Lane and my Keeper Juno is lost since the storm. I promise that "
        "%s sings. Yours, %s",
        name, name, name, name);
    p.v = letter_of((struct sample){name, address, str_cstr(kit.a, text), 80000}, &p.message);
    p.customer = customer_of(w.ines.brand, p.address);
    attach(p.v, p.message, str_cstr(kit.a, str_fmt(kit.a, "%s.txt", name)), text);
    attach(p.v, p.message, "large.txt", large(name));
    copy_of(p.message, str_cstr(kit.a, text));
    give(p.v, str_cstr(kit.a, str_fmt(kit.a, "A medal for %s", name)),
         str_cstr(kit.a, str_fmt(kit.a, "%s wrote so kindly.", name)));
    struct box_item_wish item = {.name = str_fmt(kit.a, "A crown for %s", name), .quantity = 1};
    struct box_wish wish = {.conversation = p.v,
                            .items = &item,
                            .nitems = 1,
                            .letter = str_fmt(kit.a, "Dear %s, here it is.", name),
                            .address = str_fmt(kit.a, "%s\nLane 1\nOslo", name),
                            .country = S("Norway"),
                            .key = str_fmt(kit.a, "box-%s", name)};
    struct box_done made;
    assert_ok(box_make(&kit.d, kit.a, &w.ines, &wish, &made));
    p.box = made.id;
    p.reply =
        reply(p.v, address,
              str_cstr(kit.a, str_fmt(kit.a,
                                      "Dear %s, your letter made me smile for a whole afternoon, and %s too. "
                                      "Yours, Ines",
                                      name, name)));
    int64_t id;
    assert_ok(conversation_note(&kit.d, kit.a, &w.tom, p.v, str_fmt(kit.a, "%s again!", name), &id));
    struct draft draft = {
        .conversation_id = p.v, .kind = MESSAGE_REPLY, .text = str_z(name), .subject = str_z(name)};
    assert_ok(draft_save(&kit.d, kit.a, &w.ines, &draft));
    attach(p.v, 0, "draft.txt", text);
    struct draft fresh = {
        .conversation_id = 0, .kind = MESSAGE_REPLY, .to_line = p.address, .text = str_z(name)};
    assert_ok(draft_save(&kit.d, kit.a, &w.tom, &fresh));
    assert_ok(customer_describe(&kit.d, kit.a, &w.ines, p.customer, str_z(name),
                                str_fmt(kit.a, "%s likes the sea.", name)));
    struct print_run_wish print = {&made.id, 1, {.letter = true, .slip = true}};
    int64_t run;
    assert_ok(print_run_start(&kit.d, kit.a, &w.ines, &print, &run));
    run_jobs();
    return p;
}

#endif
