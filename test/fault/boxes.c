/* A thousand boxes at once that want one piece each, of a hundred that lie in two places: boxes TARGET
 * [ATTEMPTS]. TARGET is a path for a new SQLite file, or the postgres:// address of an empty database. First
 * from eight threads of one process, then from two processes with four threads each, some of whom change
 * their mind. Prints its figures; exit 1 when one is wrong. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/stock_storm.h"
#include "base/random.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/conversation.h"
#include "desk/people.h"
#include "desk/stock.h"

enum { THREADS = 8, CONVERSATIONS = 20, LYING = 100, FIRST_PLACE = 60 };

struct round {
    struct desk d;
    struct actor agent;
    int64_t conversations[CONVERSATIONS];
    str code;
};
struct told {
    int reserved, waiting, cancelled, busy, failed;
};

static void must(err e) {
    if (!e) return;
    fprintf(stderr, "boxes: %s\n", err_text());
    exit(1);
}

static db *open_target(const char *target) {
    db *d = NULL;
    must(db_open(&(struct db_options){.target = str_z(target), .connections = THREADS}, &d));
    return d;
}

static void set_up(struct round *r, arena *a, db *d) {
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    struct people_setup_done done;
    r->d = (struct desk){.db = d, .folder = S("."), .public_url = S("https://desk.example")};
    must(cli_migrations(a, &list, &n));
    must(db_migrate(d, list, n, clock_now(NULL), false, &report));
    must(people_setup(
        &r->d, a, &(struct people_setup){.brand = S("Tidewatch Toys"), .zone = S("UTC"), .language = S("en")},
        &done));
    r->agent = (struct actor){done.brand.id, done.admin.id, S("An agent")};
    for (int i = 0; i < CONVERSATIONS; i++) {
        int64_t message;
        struct typed_letter l = {.channel = CHANNEL_PAPER,
                                 .name = S("A customer"),
                                 .address = str_fmt(a, "customer%d@example.org", i),
                                 .text = S("The bell is missing.")};
        must(conversation_type_in(&r->d, a, &r->agent, &l, &r->conversations[i], &message));
    }
}

/* Something new to want. */
static void lay(struct round *r, arena *a, str code) {
    struct stock_done done;
    struct stock_change change = {.key = {S("part"), code, S(""), S("A-01")}, .quantity = FIRST_PLACE};
    r->code = code;
    must(stock_receive(&r->d, a, &r->agent, &change, &done));
    change.key.place = S("A-02");
    change.quantity = LYING - FIRST_PLACE;
    must(stock_receive(&r->d, a, &r->agent, &change, &done));
}

static struct told attempt(struct round *r, int attempts, int threads, int first, bool cancel_some) {
    struct stock_storm s = {.d = &r->d,
                            .agent = &r->agent,
                            .conversations = r->conversations,
                            .nconversations = CONVERSATIONS,
                            .code = r->code,
                            .attempts = first + attempts,
                            .threads = threads,
                            .distinct_keys = first + attempts,
                            .cancel_some = cancel_some};
    atomic_store(&s.next, first);
    stock_storm_run(&s);
    if (s.failed) fprintf(stderr, "boxes: %s\n", s.said);
    return (struct told){s.reserved, s.waiting, s.cancelled, s.busy, s.failed + s.repeated};
}

/* In a process of its own, with a database connection of its own. */
static int start_process(const struct round *r, const char *target, int attempts, int first) {
    int ends[2];
    if (pipe(ends)) exit(1);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) exit(1);
    if (child == 0) {
        struct round own = *r;
        own.d.db = open_target(target);
        struct told t = attempt(&own, attempts, THREADS / 2, first, true);
        db_close(own.d.db);
        _exit(write(ends[1], &t, sizeof t) == sizeof t ? 0 : 1);
    }
    close(ends[1]);
    return ends[0];
}

/* What the desk's own books say: of the shelves, and of the boxes. */
static void books(struct round *r, arena *a, int64_t *ret_on_hand, int64_t *ret_reserved,
                  int64_t *ret_in_boxes, int64_t *ret_wanted) {
    store_stock_list rows;
    store_wanted_list wanted;
    int64_t on_hand = 0, reserved = 0, in_boxes = 0, waiting = 0;
    must(
        stock_of_item(&r->d, a, r->agent.brand, (struct stock_key){S("part"), r->code, S(""), S("")}, &rows));
    for (size_t i = 0; i < rows.n; i++) on_hand += rows.v[i].on_hand, reserved += rows.v[i].reserved;
    for (int i = 0; i < CONVERSATIONS; i++) {
        store_box_list boxes;
        store_box_item_list items;
        must(box_of_conversation(&r->d, a, r->agent.brand, r->conversations[i], &boxes, &items));
        for (size_t k = 0; k < items.n; k++)
            if (str_eq(items.v[k].item_code, r->code)) in_boxes += items.v[k].reserved;
    }
    must(box_wanted(&r->d, a, r->agent.brand, 1000, &wanted));
    for (size_t i = 0; i < wanted.n; i++)
        if (str_eq(wanted.v[i].code, r->code)) waiting = wanted.v[i].wanted;
    *ret_on_hand = on_hand;
    *ret_reserved = reserved;
    *ret_in_boxes = in_boxes;
    *ret_wanted = waiting;
}

static int judge(struct round *r, arena *a, const char *how, int attempts, struct told t) {
    int64_t on_hand, reserved, in_boxes, wanted;
    books(r, a, &on_hand, &reserved, &in_boxes, &wanted);
    /* Who changes their mind lets somebody else have it: either at once, or one who waited already. */
    bool good = on_hand == LYING && reserved == LYING && in_boxes == LYING && !t.failed &&
                t.reserved + t.waiting == attempts && t.reserved >= LYING &&
                t.reserved <= LYING + t.cancelled && wanted == attempts - LYING - t.cancelled;
    printf("%s, %s: %d attempts, %d in stock: %d reserved at once, %d wait, %d cancelled, %d failed; the "
           "shelves "
           "hold %lld, %lld of them reserved, %lld in boxes, %lld wanted; %d times asked again\n",
           db_engine_of(r->d.db) == DB_SQLITE ? "SQLite" : "PostgreSQL", how, attempts, LYING, t.reserved,
           t.waiting, t.cancelled, t.failed, (long long)on_hand, (long long)reserved, (long long)in_boxes,
           (long long)wanted, t.busy);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    int64_t attempts = 1000;
    if (argc < 2 || argc > 3 || (argc == 3 && !str_to_int(str_z(argv[2]), &attempts)) ||
        attempts < 2 * LYING) {
        fprintf(stderr, "use: boxes TARGET [ATTEMPTS, %d or more]\n", 2 * LYING);
        return 2;
    }
    random_start();
    arena *a = arena_new(0);
    struct round r = {0};
    set_up(&r, a, open_target(argv[1]));
    lay(&r, a, S("BELL-1"));
    int bad = judge(&r, a, "8 threads", (int)attempts, attempt(&r, (int)attempts, THREADS, 0, false));

    /* A connection must not live on in a child. Keys of their own, or they would be second clicks. */
    lay(&r, a, S("BELL-2"));
    db_close(r.d.db);
    struct told sum = {0};
    int half = (int)attempts / 2;
    int from[2] = {start_process(&r, argv[1], half, (int)attempts),
                   start_process(&r, argv[1], (int)attempts - half, (int)attempts + half)};
    for (int i = 0; i < 2; i++) {
        struct told t;
        if (read(from[i], &t, sizeof t) != sizeof t) return 1;
        sum = (struct told){sum.reserved + t.reserved, sum.waiting + t.waiting, sum.cancelled + t.cancelled,
                            sum.busy + t.busy, sum.failed + t.failed};
        close(from[i]);
    }
    while (wait(NULL) > 0)
        ;
    r.d.db = open_target(argv[1]);
    bad += judge(&r, a, "2 processes of 4 threads", (int)attempts, sum);
    db_close(r.d.db);
    arena_free(a);
    printf("%d passed, %d failed\n", 2 - bad, bad);
    return bad ? 1 : 0;
}
