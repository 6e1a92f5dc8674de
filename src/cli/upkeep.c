/* jobs, migrate, routes, reindex: looking after a desk. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/learning.h"
#include "format/json.h"
#include "jobs/jobs.h"
#include "mail/send.h"
#include "store/brand.h"
#include "store/job.h"
#include "web/routes.h"

enum { JOBS_DATA, JOBS_DB, JOBS_NOW, JOBS_JSON };
static const struct cli_option jobs_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"now", false, "act as if it were this time: 2026-03-12T16:05:00Z, milliseconds since 1970, or +SECONDS"},
    {"json", true, "as JSON"},
    {0},
};

static void json_job(struct json_out *j, const struct job *job) {
    json_open_object(j);
    json_key(j, S("id")), json_id(j, job->id);
    json_key(j, S("kind")), json_str(j, job->kind);
    json_key(j, S("subject")), json_id(j, job->subject_id);
    json_key(j, S("run_at")), json_int(j, job->run_at);
    json_key(j, S("attempts")), json_int(j, job->attempts);
    json_key(j, S("dead")), json_bool(j, job->dead_at != 0);
    json_key(j, S("last_error")), json_str(j, job->last_error);
    json_close_object(j);
}

static err jobs_list(struct cli_desk *c, bool json) {
    job_list rows = {0};
    {
        DB_READ_AUTO db_conn *conn = NULL;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_job_list(conn, c->arena, 0, 1000, &rows));
    }
    if (!json) {
        for (size_t i = 0; i < rows.n; i++)
            printf("%lld  %-6.*s attempt %-3lld %s  %.*s\n", (long long)rows.v[i].id, STR_FMT(rows.v[i].kind),
                   (long long)rows.v[i].attempts,
                   rows.v[i].dead_at ? "waits for a person" : "due later or now",
                   STR_FMT(rows.v[i].last_error));
        if (!rows.n) printf("There is no work waiting.\n");
        return ERR_NONE;
    }
    BUF_AUTO buf b = BUF_MAX(64 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("jobs"));
    json_open_array(&j);
    for (size_t i = 0; i < rows.n; i++) json_job(&j, &rows.v[i]);
    json_close_array(&j);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
    return ERR_NONE;
}

/* "2026-03-12T16:05:00Z" or "2026-03-12", UTC. */
static bool iso_time(str text, int64_t *ret_at) {
    int64_t part[6] = {0, 1, 1, 0, 0, 0};
    static const char marks[] = "--T::Z";
    size_t n = 0;
    while (n < 6 && text.n) {
        size_t end = str_find_char(text, marks[n], 0);
        if (!str_to_int(str_slice(text, 0, end == SIZE_MAX ? text.n : end), &part[n])) return false;
        text = end == SIZE_MAX ? S("") : str_slice(text, end + 1, text.n);
        n++;
    }
    if (n < 3 || text.n || part[0] < 1970 || part[0] > 9999 || part[1] < 1 || part[1] > 12) return false;
    *ret_at = zone_instant(zone_utc, (int)part[0], (int)part[1], (int)part[2], (int)part[3], (int)part[4]) +
              part[5] * SECOND_MS;
    return true;
}

static err jobs_run(struct cli_desk *c, const char *now, bool json) {
    int64_t at = desk_now(&c->desk);
    int64_t given;
    if (now && now[0] == '+' && str_to_int(str_z(now + 1), &given))
        at += given * SECOND_MS;
    else if (now && str_to_int(str_z(now), &given) && given > 0)
        at = given;
    else if (now && !iso_time(str_z(now), &at))
        return err_set(ERR_INVALID,
                       "\"%s\" is no time: 2026-03-12T16:05:00Z, milliseconds since 1970, or +SECONDS.", now);
    wall_clock fixed = clock_fixed(&at);
    if (now) c->desk.clock = &fixed;
    smtp_start();
    int done;
    err e = jobs_run_due(&c->desk, S("/proc/self/exe"), &done);
    c->desk.clock = NULL;
    TRY(e);
    printf(json ? "{\"done\":%d}\n" : "%d done\n", done);
    return ERR_NONE;
}

struct retry {
    int64_t id, now;
    bool found;
};

static err retry(db_conn *conn, void *arg) {
    struct retry *r = arg;
    return store_job_retry(conn, r->id, r->now, &r->found);
}

static err jobs_retry(struct cli_desk *c, const char *id) {
    struct retry r = {.now = desk_now(&c->desk)};
    if (!id || !str_to_int(str_z(id), &r.id))
        return err_set(ERR_INVALID, "Which one? The id of a job is missing.");
    TRY(db_write(c->desk.db, retry, &r));
    return r.found ? ERR_NONE : err_set(ERR_MISSING, "There is no job %s, or it is under way just now.", id);
}

int verb_jobs(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("jobs"), jobs_options, 1, 2, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[JOBS_DATA], args.value[JOBS_DB], CLI_MUST_EXIST, &c))
        return cli_fail("jobs", NULL);
    const char *what = args.operand[0];
    bool json = args.value[JOBS_JSON] != NULL;
    err e;
    if (!strcmp(what, "list"))
        e = jobs_list(&c, json);
    else if (!strcmp(what, "run"))
        e = jobs_run(&c, args.value[JOBS_NOW], json);
    else if (!strcmp(what, "retry"))
        e = jobs_retry(&c, args.operand[1]);
    else
        return cli_misuse("jobs", "list, run or retry ID.");
    return e ? cli_fail("jobs", NULL) : EXIT_DONE;
}

enum { MIGRATE_DATA, MIGRATE_DB, MIGRATE_DRY, MIGRATE_JSON };
static const struct cli_option migrate_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"dry", true, "only say what would be done"},
    {"json", true, "as JSON"},
    {0},
};

int verb_migrate(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("migrate"), migrate_options, 0, 0, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    bool dry = args.value[MIGRATE_DRY] != NULL;
    if (cli_desk_open(args.value[MIGRATE_DATA], args.value[MIGRATE_DB], CLI_MUST_EXIST | CLI_NO_MIGRATE, &c))
        return cli_fail("migrate", NULL);
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    if (cli_migrations(c.arena, &list, &n) || db_migrate(c.desk.db, list, n, desk_now(&c.desk), dry, &report))
        return cli_fail("migrate", NULL);
    printf(args.value[MIGRATE_JSON] ? "{\"applied\":%d,\"pending\":%d,\"total\":%d}\n"
                                    : "%d schema changes applied, %d pending, %d in all\n",
           report.applied, report.pending, report.total);
    return EXIT_DONE;
}

int verb_routes(int argc, char **argv) {
    static const struct cli_option options[] = {{"json", true, "as JSON"}, {0}};
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("routes"), options, 0, 0, argc, argv, &args, &status)) return status;
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    routes_print(&b, args.value[0] != NULL);
    fwrite(b.p, 1, b.n, stdout);
    return EXIT_DONE;
}

enum { REINDEX_DATA, REINDEX_DB, REINDEX_JSON };
static const struct cli_option reindex_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"json", true, "as JSON"},
    {0},
};

static void tell(void *context, int64_t done, int64_t total) {
    const struct store_brand *brand = context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%.*s: %lld of %lld replies", STR_FMT(brand->slug), (long long)done,
                (long long)total);
}

static err reindex(struct cli_desk *c, bool json) {
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *conn = NULL;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_brand_list_all(conn, c->arena, &brands));
    }
    for (size_t i = 0; i < brands.n; i++) {
        struct learning_rebuilt made;
        TRY(learning_rebuild(&c->desk, brands.v[i].id, tell, &brands.v[i], &made));
        if (isatty(STDERR_FILENO)) fputc('\n', stderr);
        printf(json ? "{\"brand\":\"%.*s\",\"replies\":%lld,\"sentences\":%lld}\n"
                    : "%.*s: %lld replies with %lld sentences indexed\n",
               STR_FMT(brands.v[i].slug), (long long)made.replies, (long long)made.sentences);
    }
    return ERR_NONE;
}

int verb_reindex(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("reindex"), reindex_options, 0, 0, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c = {0};
    err e = cli_desk_open(args.value[REINDEX_DATA], args.value[REINDEX_DB], CLI_MUST_EXIST, &c);
    if (!e) e = reindex(&c, args.value[REINDEX_JSON] != NULL);
    return e ? cli_fail("reindex", NULL) : EXIT_DONE;
}
