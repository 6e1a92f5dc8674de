/* import: mail of before, or a whole desk, is brought in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/move.h"
#include "desk/import.h"
#include "format/json.h"

enum {
    OPT_DATA,
    OPT_DB,
    OPT_INBOX,
    OPT_SENT,
    OPT_MIXED,
    OPT_OWN,
    OPT_WAITING,
    OPT_DAYS,
    OPT_ALL,
    OPT_KEEP_ONLY,
    OPT_JSON
};
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"inbox", false, "the address whose mail it is (the default inbox)"},
    {"sent", true, "it is a Sent folder: recorded as replies, never sent again"},
    {"mixed", true, "letters and replies lie together: what comes from us is a reply"},
    {"own", false, "further addresses of yours that replies came from, with commas between"},
    {"waiting", true, "all letters wait for an answer, old ones too"},
    {"days", false, "letters of so many days back wait for an answer (14), older ones are done"},
    {"all-folders", true, "Trash, Junk and Drafts too"},
    {"keep-only", true, "do not read them now; the running desk does"},
    {"json", true, "as JSON"},
    {0},
};

static void show_progress(void *context, int64_t done, int64_t total) {
    (void)context;
    int part = total ? (int)((double)done * 30 / (double)total) : 30;
    fprintf(stderr, "\r[%.*s%*s] %lld of %lld mails", part, "##############################", 30 - part, "",
            (long long)done, (long long)total);
    if (done == total) fputc('\n', stderr);
    fflush(stderr);
}

static void print_json(const struct import_report *r) {
    const struct {
        const char *key;
        int64_t n;
    } counts[] = {{"mails", r->mails},
                  {"went_on_at", r->went_on_at},
                  {"kept", r->kept},
                  {"replies", r->replies},
                  {"done", r->past},
                  {"known", r->known},
                  {"duplicates", r->duplicates},
                  {"unreadable", r->unreadable},
                  {"unread", r->unread},
                  {"not_ours", r->not_ours},
                  {"thrown", r->thrown},
                  {"too_large", r->too_large}};
    BUF_AUTO buf b = BUF_MAX(4096);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_key(&j, str_z(counts[i].key)), json_int(&j, counts[i].n);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
}

static void line(int64_t n, const char *says) {
    if (n) printf("%8lld %s\n", (long long)n, says);
}

static void print_plain(const struct import_report *r) {
    if (r->went_on_at) printf("went on at mail %lld\n", (long long)r->went_on_at + 1);
    printf("%8lld mails, %lld kept\n", (long long)r->mails, (long long)r->kept);
    line(r->replies, "of them are replies of yours");
    line(r->past, "of them are older letters, which wait for nobody");
    line(r->duplicates, "of them are duplicates by Message-ID and text, kept beside the first");
    line(r->unreadable, "of them could not be read; they wait on the list with their bytes");
    line(r->unread, "of them are read by the desk when it runs");
    line(r->known, "were there already, byte for byte");
    line(r->not_ours,
         "in a Sent folder came from an address that is none of yours (--own) and were left out");
    line(r->thrown, "drafts and deleted mails were left out");
    line(r->too_large, "have more than 64 MB and were left out");
}

static err fill_wish(struct cli_desk *c, const struct cli_args *args, struct import_wish *wish) {
    int64_t days = 0;
    char *full = realpath(args->operand[1], NULL);
    wish->path = str_copy(c->arena, str_z(full ? full : args->operand[1]));
    free(full);
    if (args->value[OPT_DAYS] &&
        (!str_to_int(str_z(args->value[OPT_DAYS]), &days) || days < 1 || days > 36500))
        return err_set(ERR_INVALID, "--days is a number of days.");
    wish->past_days = days;
    wish->format = strcmp(args->operand[0], "mbox") ? IMPORT_MAILDIR : IMPORT_MBOX;
    wish->sent = args->value[OPT_SENT] ? IMPORT_SENT : args->value[OPT_MIXED] ? IMPORT_MIXED : IMPORT_LETTERS;
    wish->also_own = str_z(args->value[OPT_OWN]);
    wish->all_wait = args->value[OPT_WAITING] != NULL;
    wish->all_folders = args->value[OPT_ALL] != NULL;
    wish->program = args->value[OPT_KEEP_ONLY] ? S("") : S("/proc/self/exe");
    if (args->value[OPT_INBOX])
        return intake_find(&c->desk, c->arena, str_z(args->value[OPT_INBOX]), &wish->to);
    return intake_default(&c->desk, c->arena, &wish->to);
}

static int import_mail(const struct cli_args *args) {
    CLI_DESK_AUTO struct cli_desk c = {0};
    struct import_wish wish = {0};
    struct import_report report = {0};
    if (cli_desk_open(args->value[OPT_DATA], args->value[OPT_DB], CLI_MUST_EXIST, &c) ||
        fill_wish(&c, args, &wish) ||
        import_run(&c.desk, &wish, isatty(STDERR_FILENO) ? show_progress : NULL, NULL, &report))
        return cli_fail("import", NULL);
    if (args->value[OPT_JSON])
        print_json(&report);
    else
        print_plain(&report);
    return EXIT_DONE;
}

int verb_import(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("import"), options, 2, 2, argc, argv, &args, &status)) return status;
    if (!strcmp(args.operand[0], "export"))
        return move_in(args.value[OPT_DATA], args.value[OPT_DB], args.operand[1], args.value[OPT_JSON]);
    if (strcmp(args.operand[0], "mbox") && strcmp(args.operand[0], "maildir"))
        return cli_misuse("import", "mbox, maildir or export, and where it lies.");
    if (args.value[OPT_SENT] && args.value[OPT_MIXED])
        return cli_misuse("import", "--sent or --mixed, not both.");
    return import_mail(&args);
}
