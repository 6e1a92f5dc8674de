/* A team in an incident's room, and Next with very many waiting; on SQLite and on PostgreSQL.
 *
 *     team_bench team TARGET FOLDER PEOPLE WRITERS PROCESSES    answer everybody at once: Next, check, outbox
 *     team_bench next TARGET FOLDER WAITING                     time Next, the room's counts and its chart
 *
 * With TEAM_PAUSE_MS=N a writer rests N ms on average between two letters, which is not counted.
 * TARGET is a file to be made or the URL of an empty schema. Exits with 1 when a promise of the room was
 * broken. */
#include <inttypes.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test/unit/team_kit.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/heart.h"
#include "desk/incident.h"
#include "desk/listening.h"
#include "desk/people.h"
#include "kit.h"
#include "store/inbox.h"

static struct desk desk;
static arena *memory;
static struct people_setup_done done;
static struct store_inbox inbox;
static int64_t incident;
static int pause_ms; /* TEAM_PAUSE_MS */

static void open_desk(const char *target, const char *folder, bool make) {
    struct db_migration *list;
    struct db_migrate_report report;
    size_t n;
    random_start();
    memory = arena_new(0);
    desk = (struct desk){.folder = str_z(folder), .public_url = S("https://desk.example")};
    if (db_open(&(struct db_options){.target = str_z(target), .busy_ms = 60000}, &desk.db)) die("open");
    if (!make) return;
    if (cli_migrations(memory, &list, &n) || db_migrate(desk.db, list, n, clock_now(NULL), false, &report))
        die("schema");
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    if (people_setup(&desk, memory, &wanted, &done)) die("setup");
    struct actor ines = {done.brand.id, done.admin.id, S("Ines")};
    struct incident_wish wish = {.title = S("The page is not answering")};
    if (incident_open(&desk, memory, &ines, &wish, &incident)) die("incident");
    DB_READ_AUTO db_conn *c = NULL;
    if (db_read_begin(desk.db, &c) || store_inbox_default(c, memory, done.brand.id, &inbox)) die("inbox");
}

/* ---- many letters ---- */

struct filling {
    int from, to;
    uint64_t seed;
    struct team_shared *shared; /* NULL: nobody answers them */
};

static err fill(db_conn *c, void *arg) {
    struct filling *f = arg;
    uint64_t seed = f->seed;
    for (int i = f->from; i < f->to; i++) {
        struct team_person spare;
        TRY(team_put(c, done.brand.id, inbox.id, incident, i, &seed,
                     f->shared ? &f->shared->person[i] : &spare));
    }
    return ERR_NONE;
}

static void fill_all(int n, struct team_shared *shared) {
    for (int at = 0; at < n; at += 1000) {
        struct filling f = {at, at + 1000 < n ? at + 1000 : n, 99 + (uint64_t)at, shared};
        if (db_write(desk.db, fill, &f)) die("fill");
    }
}

/* What was heard in them is kept long before somebody answers: the job `listen`. */
static void hear_all(struct team_shared *s) {
    enum { AT_ONCE = 100 };
    for (int at = 0; at < s->people; at += AT_ONCE) {
        ARENA_AUTO arena *a = arena_new(0);
        job_list jobs = {0};
        for (int i = at; i < at + AT_ONCE && i < s->people; i++)
            *list_add(a, &jobs) = (struct job){
                .brand_id = done.brand.id, .kind = S("listen"), .subject_id = s->person[i].letter};
        if (listening_run(&desk, &jobs)) die("listening");
    }
}

/* ---- the team ---- */

/* What PostgreSQL's own autovacuum does within a minute. People answer some hundred in it, these writers
 * thousands: so it is done once when all that wait are there, and once after the first hundred replies. */
static err analyze(db_conn *c, void *arg) {
    (void)arg;
    return db_exec(
        c, "ANALYZE conversation, message, message_address, customer, incident_conversation, listening, "
           "room_claim, room_said, room_told, raw, outbox, job");
}

static void learn_statistics(void) {
    if (db_engine_of(desk.db) == DB_POSTGRES && db_write(desk.db, analyze, NULL)) die("analyze");
}

static void learn_statistics_later(const char *target, const char *folder, struct team_shared *s) {
    while (atomic_load(&s->sent) < 100 && !atomic_load(&s->failed) &&
           waitpid(-1, NULL, WNOHANG | WNOWAIT) <= 0)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    open_desk(target, folder, false);
    learn_statistics();
    heart_close(&desk);
    db_close(desk.db);
}

/* The processor's time of this desk's processes; PostgreSQL's server has its own. */
static double used_ms(void) {
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

enum { COLD = 200 };

static float share_of(float *list, int n, double share) {
    return team_quantile(list, n < TEAM_PEOPLE_MAX * 3 ? n : TEAM_PEOPLE_MAX * 3, share);
}

static void write_letters(struct team_shared *s, const struct actor *who, const int64_t *ids, int writers,
                          int from, int to) {
    struct team_writer team[TEAM_WRITERS_MAX];
    pthread_t threads[TEAM_WRITERS_MAX];
    for (int i = from; i < to; i++) {
        team[i] = (struct team_writer){.desk = &desk,
                                       .shared = s,
                                       .who = who[i],
                                       .colleagues = ids,
                                       .ncolleagues = writers,
                                       .number = i,
                                       .incident = incident,
                                       .copies = i % 3 == 0,
                                       .pause_ms = pause_ms,
                                       .seed = 4000 + (uint64_t)i};
        if (pthread_create(&threads[i], NULL, team_write, &team[i])) die("threads");
    }
    for (int i = from; i < to; i++) pthread_join(threads[i], NULL);
}

/* Afterwards, from the rows alone: everybody once, and no two letters alike. */
static int wrong_after(int people) {
    room_line_list lines = {0};
    struct actor ines = {done.brand.id, done.admin.id, S("Ines")};
    int wrong = 0;
    {
        DB_READ_AUTO db_conn *c = NULL;
        if (db_read_begin(desk.db, &c) ||
            store_room_lines(c, memory, done.brand.id, incident, 0, 2 * people, &lines))
            die("lines");
    }
    int once = (int)lines.n == people;
    for (size_t i = 0; i < lines.n; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        struct checked c;
        struct checking_wish wish = {.conversation = lines.v[i].conversation_id, .text = lines.v[i].text};
        if (checking_run(&desk, a, &ines, &wish, &c)) die("check");
        bool canned = false;
        for (size_t k = 0; k < c.remarks.n; k++)
            canned |= c.remarks.v[k].kind == REMARK_CANNED_LETTER ||
                      (c.remarks.v[k].kind == REMARK_CANNED && c.remarks.v[k].count);
        wrong += canned;
    }
    printf("replies in the rows %zu, letters with a canned pair %d\n", lines.n, wrong);
    return wrong + !once;
}

static int run_team(const char *target, const char *folder, int people, int writers, int processes) {
    struct team_shared *s = team_shared_new();
    struct actor who[TEAM_WRITERS_MAX];
    int64_t ids[TEAM_WRITERS_MAX];
    if (people > TEAM_PEOPLE_MAX || writers > TEAM_WRITERS_MAX || writers < processes) return 2;
    open_desk(target, folder, true);
    for (int i = 0; i < writers; i++) {
        struct people_invited invited;
        str email = str_fmt(memory, "w%d@tidewatch.example", i), name = str_fmt(memory, "Writer %d", i);
        if (people_invite(&desk, memory, done.brand.id, email, name, ROLE_AGENT, &invited)) die("invite");
        who[i] = (struct actor){done.brand.id, invited.agent.id, name};
        ids[i] = invited.agent.id;
    }
    s->people = people;
    for (size_t i = 0; i < sizeof team_facts / sizeof *team_facts; i++) {
        int64_t id;
        struct room_fact_wish wish = {.text = str_z(team_facts[i]), .minutes = 24 * 60};
        if (room_fact_add(&desk, memory, &who[0], incident, &wish, &id)) die("fact");
    }
    fill_all(people, s);
    hear_all(s);
    learn_statistics();
    bool postgres = db_engine_of(desk.db) == DB_POSTGRES;
    db_close(desk.db);
    heart_close(&desk);
    desk.db = NULL;
    double began = team_ms(), used = used_ms();
    for (int p = 0; p < processes; p++) {
        pid_t child = fork();
        if (child) continue;
        open_desk(target, folder, false);
        write_letters(s, who, ids, writers, p * writers / processes, (p + 1) * writers / processes);
        heart_close(&desk);
        db_close(desk.db);
        _exit(0);
    }
    if (postgres) learn_statistics_later(target, folder, s);
    int bad = 0, status;
    while (wait(&status) > 0) bad |= status;
    double took = (team_ms() - began) / 1e3;
    used = used_ms() - used;
    open_desk(target, folder, false);
    printf("writers %d in %d processes, people %d: %.1f s, %.0f replies/s\n", writers, processes, people,
           took, s->sent / took);
    printf("sent %d, again %d, claimed twice %d, skipped %d, passed %d, rewritten %d\n", s->sent, s->again,
           s->doubles, s->skipped, s->passed, s->rewritten);
    printf("near copies tried %d: the copy was stopped %d times, the original %d times\n", s->copies,
           s->copies_stopped, s->copies_sent);
    float next = share_of(s->next_ms, s->nnext, .99);
    /* While connections, plans and caches are cold, and after. */
    int cold = s->nsend < COLD ? s->nsend : COLD;
    float warm = share_of(s->reply_ms + cold, s->nsend - cold, .99);
    float half = share_of(s->reply_ms, s->nsend, .5), most = share_of(s->reply_ms, s->nsend, .99);
    printf(
        "one Next: median %.1f, p99 %.1f ms; one check: %.1f, %.1f; one sending, with the check in it: %.1f, "
        "%.1f; processor %.2f ms a reply, writers' scripts included\n",
        share_of(s->next_ms, s->nnext, .5), next, share_of(s->check_ms, s->ncheck, .5),
        share_of(s->check_ms, s->ncheck, .99), share_of(s->hand_ms, s->nhand, .5),
        share_of(s->hand_ms, s->nhand, .99), used / (s->sent ? s->sent : 1));
    printf("desk's own time a reply (Next + check + send): median %.1f ms, p99 %.1f ms; Next alone p99 %.1f "
           "ms\n",
           half, most, next);
    if (s->failed) printf("failed %d: %s\n", s->failed, s->why);
    bad |= s->failed || s->again || s->doubles || s->sent != people;
    int wrong = wrong_after(people);
    bad |= wrong > 0;
    const char *engine = db_engine_of(desk.db) == DB_POSTGRES ? "PostgreSQL" : "SQLite";
    printf("| %d writers in %d process(es) answer %d people through Next, check and outbox, "
           "%s | nobody "
           "twice, nobody left out, no claim twice, no canned pair | %d sent, %d twice, %d claims twice, %d "
           "letters with "
           "a canned pair; %d near copies tried, of none both went; %.0f replies/s |\n",
           writers, processes, people, engine, s->sent, s->again, s->doubles, wrong, s->copies,
           s->sent / took);
    printf("| the desk's own time for one of them (Next + check + send), %d writers, %d ms between their "
           "letters, %s | "
           "p99 ≤ 100 ms "
           "| median %.1f ms, p99 %.1f ms, without the first %d replies %.1f ms; Next alone p99 %.1f ms |\n",
           writers, pause_ms, engine, half, most, COLD, warm, next);
    heart_close(&desk);
    db_close(desk.db);
    return bad ? 1 : 0;
}

/* ---- Next with very many ---- */

static int run_next(const char *target, const char *folder, int waiting) {
    enum { ASKED = 300 };
    static float next_ms[ASKED], look_ms[ASKED];
    open_desk(target, folder, true);
    fill_all(waiting, NULL);
    learn_statistics();
    struct actor ines = {done.brand.id, done.admin.id, S("Ines")};
    double first_count = 0;
    for (int i = 0; i < ASKED; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        struct room_given given;
        struct room_look look;
        double began = team_ms();
        if (room_next(&desk, a, &ines, incident, &given)) die("next");
        next_ms[i] = (float)(team_ms() - began);
        if (!given.conversation) die("nobody");
        if (room_skip(&desk, a, &ines, incident, given.conversation)) die("skip");
        began = team_ms();
        if (room_look(&desk, a, &ines, incident, 30, &look)) die("look");
        look_ms[i] = (float)(team_ms() - began);
        if (!i) first_count = look_ms[i];
    }
    printf("%d waiting: Next median %.2f ms, p99 %.2f ms; the room's counts and rows p99 %.1f ms (first %.1f "
           "ms)\n",
           waiting, team_quantile(next_ms, ASKED, .5), team_quantile(next_ms, ASKED, .99),
           team_quantile(look_ms, ASKED, .99), first_count);
    printf("| Next with %d people waiting, %s | p99 ≤ 20 ms | median %.2f ms, p99 %.2f ms |\n", waiting,
           db_engine_of(desk.db) == DB_POSTGRES ? "PostgreSQL" : "SQLite", team_quantile(next_ms, ASKED, .5),
           team_quantile(next_ms, ASKED, .99));
    heart_close(&desk);
    db_close(desk.db);
    return 0;
}

static int number(const char *text) {
    int64_t n;
    return str_to_int(str_z(text), &n) && n > 0 && n < 10000000 ? (int)n : 0;
}

int main(int argc, char **argv) {
    const char *pause = getenv("TEAM_PAUSE_MS");
    pause_ms = pause ? number(pause) : 0;
    if (pause_ms > 400) pause_ms = 400;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 7 && strcmp(argv[1], "team") == 0)
        return run_team(argv[2], argv[3], number(argv[4]), number(argv[5]), number(argv[6]));
    if (argc == 5 && strcmp(argv[1], "next") == 0) return run_next(argv[2], argv[3], number(argv[4]));
    fprintf(stderr,
            "use: team_bench team TARGET FOLDER PEOPLE WRITERS PROCESSES | next TARGET FOLDER WAITING\n");
    return 2;
}
