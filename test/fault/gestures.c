/* A thousand attempts at once to spend one allowance that is enough for a hundred: gestures TARGET
 * [ATTEMPTS]. TARGET is a path for a new SQLite file, or the postgres:// address of an empty database. First
 * from eight threads of one process, then from two processes with four threads each. Prints its figures; exit
 * 1 when one is wrong. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/gesture_storm.h"
#include "base/random.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/conversation.h"
#include "desk/people.h"

enum { THREADS = 8, CONVERSATIONS = 20, COST = 300, ENOUGH_FOR = 100 };

struct round {
    struct desk d;
    struct actor lead, agent;
    int64_t conversations[CONVERSATIONS];
};
struct told {
    int given, refused, busy, failed;
};

static void must(err e) {
    if (!e) return;
    fprintf(stderr, "gestures: %s\n", err_text());
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
    r->lead = (struct actor){done.brand.id, done.admin.id, S("The lead")};
    for (int i = 0; i < CONVERSATIONS; i++) {
        int64_t message;
        struct typed_letter l = {.channel = CHANNEL_PAPER,
                                 .name = S("A customer"),
                                 .address = str_fmt(a, "customer%d@example.org", i),
                                 .text = S("It came too late.")};
        must(conversation_type_in(&r->d, a, &r->lead, &l, &r->conversations[i], &message));
    }
}

/* Somebody new, with an allowance of their own; not a round number, so that a remainder is left. */
static void new_agent(struct round *r, arena *a, const char *name) {
    struct people_invited made;
    str email = str_fmt(a, "%s@example.org", name);
    must(people_invite(&r->d, a, r->lead.brand, email, str_z(name), ROLE_AGENT, &made));
    r->agent = (struct actor){r->lead.brand, made.agent.id, str_z(name)};
    must(allowance_set(&r->d, a, &r->lead, ROLE_AGENT, made.agent.id, ENOUGH_FOR * COST + COST - 1, S("")));
}

static struct told attempt(struct round *r, int attempts, int threads, int first) {
    struct storm s = {.d = &r->d,
                      .agents = &r->agent,
                      .nagents = 1,
                      .conversations = r->conversations,
                      .nconversations = CONVERSATIONS,
                      .attempts = first + attempts,
                      .threads = threads,
                      .cost = COST,
                      .distinct_keys = first + attempts};
    atomic_store(&s.next, first);
    storm_run(&s);
    if (s.failed) fprintf(stderr, "gestures: %s\n", s.said);
    return (struct told){s.given, s.refused, s.busy, s.failed + s.conflicts};
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
        struct told t = attempt(&own, attempts, THREADS / 2, first);
        db_close(own.d.db);
        _exit(write(ends[1], &t, sizeof t) == sizeof t ? 0 : 1);
    }
    close(ends[1]);
    return ends[0];
}

/* What the desk's own books say. */
static void books(struct round *r, arena *a, int *ret_rows, int64_t *ret_used) {
    struct allowance_room room;
    int rows = 0;
    for (int i = 0; i < CONVERSATIONS; i++) {
        store_gesture_list list;
        must(gesture_list_of(&r->d, a, r->lead.brand, r->conversations[i], &list));
        for (size_t k = 0; k < list.n; k++)
            rows += list.v[k].agent_id == r->agent.agent && gesture_holds(list.v[k].state);
    }
    must(gesture_room(&r->d, a, &r->agent, &room));
    *ret_rows = rows;
    *ret_used = room.used;
}

static int judge(struct round *r, arena *a, const char *how, int attempts, struct told t) {
    int rows;
    int64_t used;
    books(r, a, &rows, &used);
    bool good = t.given == ENOUGH_FOR && t.refused == attempts - ENOUGH_FOR && !t.failed && rows == t.given &&
                used == (int64_t)rows * COST;
    printf("%s, %s: %d attempts, allowance enough for %d: %d given, %d refused, %d failed; the books hold %d "
           "gestures and %lld spent of %d; %d times asked again\n",
           db_engine_of(r->d.db) == DB_SQLITE ? "SQLite" : "PostgreSQL", how, attempts, ENOUGH_FOR, t.given,
           t.refused, t.failed, rows, (long long)used, ENOUGH_FOR * COST + COST - 1, t.busy);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    int64_t attempts = 1000;
    if (argc < 2 || argc > 3 || (argc == 3 && !str_to_int(str_z(argv[2]), &attempts)) ||
        attempts <= ENOUGH_FOR) {
        fprintf(stderr, "use: gestures TARGET [ATTEMPTS, above %d]\n", ENOUGH_FOR);
        return 2;
    }
    random_start();
    arena *a = arena_new(0);
    struct round r = {0};
    set_up(&r, a, open_target(argv[1]));
    new_agent(&r, a, "threads");
    int bad = judge(&r, a, "8 threads", (int)attempts, attempt(&r, (int)attempts, THREADS, 0));

    /* A connection must not live on in a child. */
    new_agent(&r, a, "processes");
    db_close(r.d.db);
    struct told sum = {0};
    int half = (int)attempts / 2;
    int from[2] = {start_process(&r, argv[1], half, 0),
                   start_process(&r, argv[1], (int)attempts - half, half)};
    for (int i = 0; i < 2; i++) {
        struct told t;
        if (read(from[i], &t, sizeof t) != sizeof t) return 1;
        sum = (struct told){sum.given + t.given, sum.refused + t.refused, sum.busy + t.busy,
                            sum.failed + t.failed};
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
