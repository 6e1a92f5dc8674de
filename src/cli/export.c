/* export, and import of an export: a desk moves from one engine or machine to another. */
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/move.h"
#include "cli/serve.h"
#include "desk/export.h"

static void show_progress(void *context, const char *table, int64_t rows) {
    (void)context;
    fprintf(stderr, "\r%-20s %lld rows", table, (long long)rows);
    fflush(stderr);
}

static export_progress progress(void) { return isatty(STDERR_FILENO) ? show_progress : NULL; }

static void end_progress(void) {
    if (progress()) fputc('\n', stderr);
}

static void print_json(const char *folder, const struct export_report *r) {
    printf("{\"folder\":\"%s\",\"brands\":%lld,\"rows\":%lld,\"letters\":%lld,\"attachments\":%lld,"
           "\"damaged\":%lld,\"uncertain\":%lld}\n",
           folder, (long long)r->brands, (long long)r->rows, (long long)r->letters, (long long)r->files,
           (long long)r->damaged, (long long)r->held);
}

enum { OPT_DATA, OPT_DB, OPT_JSON };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"json", true, "as JSON"},
    {0},
};

int verb_export(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("export"), options, 1, 1, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c = {0};
    struct export_report r = {0};
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c))
        return cli_fail("export", NULL);
    err e = export_out(&c.desk, str_z(args.operand[0]), progress(), NULL, &r);
    end_progress();
    if (e) return cli_fail("export", NULL);
    if (args.value[OPT_JSON]) {
        print_json(args.operand[0], &r);
        return EXIT_DONE;
    }
    printf("%lld rows, %lld letters and %lld attachments of %lld brands are in %s\n", (long long)r.rows,
           (long long)r.letters, (long long)r.files, (long long)r.brands, args.operand[0]);
    if (r.damaged)
        printf("of %lld letters and attachments the bytes were not there any more; the rest of them is "
               "written\n",
               (long long)r.damaged);
    printf("Passwords, tokens and sign-ins are not in it; longhand.json names all that is left out.\n");
    return EXIT_DONE;
}

/* A desk that is served from the folder would work on what is half there. */
static err bring_in(struct cli_desk *c, const char *folder, struct export_report *r) {
    bool alone;
    int lock = -1;
    TRY(serve_alone(c, &lock, &alone));
    if (!alone)
        return err_set(
            ERR_BUSY, "A desk runs in %.*s. Stop it first, or choose another folder; nothing was brought in.",
            STR_FMT(c->desk.folder));
    err e = cli_config_write(c->arena, c->desk.folder, &c->config);
    if (!e) e = export_in(&c->desk, c->arena, str_z(folder), progress(), NULL, r);
    close(lock);
    return e;
}

int move_in(const char *data, const char *target, const char *folder, const char *json) {
    CLI_DESK_AUTO struct cli_desk c = {0};
    struct export_report r = {0};
    if (cli_desk_open(data, target, 0, &c)) return cli_fail("import", NULL);
    err e = bring_in(&c, folder, &r);
    end_progress();
    if (e) return cli_fail("import", NULL);
    if (json) {
        print_json(folder, &r);
        return EXIT_DONE;
    }
    printf("%lld rows, %lld letters and %lld attachments of %lld brands are in this desk\n",
           (long long)r.rows, (long long)r.letters, (long long)r.files, (long long)r.brands);
    if (r.held)
        printf("%lld replies had not surely left where they come from; they are uncertain now, on the outbox "
               "page\n",
               (long long)r.held);
    printf("No passwords came with it: `longhand agent reset ADDRESS` prints a link to choose one.\n");
    return EXIT_DONE;
}
