#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "net/reader.h"

const struct verb cli_verbs[] = {
    {"serve", "", "run the desk: pages, letters coming in, replies going out", verb_serve},
    {"setup", "", "make or complete a desk in a data folder", verb_setup},
    {"demo", "", "run a desk with an invented brand and its letters", verb_demo},
    {"deliver", "< MAIL", "take one letter from an MTA's pipe", verb_deliver},
    {"list", "", "list conversations", verb_list},
    {"show", "CONVERSATION", "show one conversation", verb_show},
    {"raw", "MESSAGE", "print a letter's bytes as they came", verb_raw},
    {"reply", "CONVERSATION < TEXT", "answer a conversation", verb_reply},
    {"listen", "FILE|-", "what a letter says: who wrote, what happened, what they ask", verb_listen},
    {"check", "--reply FILE", "check a reply before it goes: was it written for this person?", verb_check},
    {"agent", "add|list|disable|enable|role ...", "look after the people of the desk", verb_agent},
    {"import", "mbox|maildir|export DIR|FILE", "bring in mail of before, or a whole desk that was exported",
     verb_import},
    {"export", "DIR", "write the whole desk into files that others can read", verb_export},
    {"fetch", "add|list|test|pause|resume|retry|remove [INBOX]",
     "look after mailboxes that letters are fetched from", verb_fetch},
    {"import-catalogue", "DIR", "bring in what people write about: products, figures, parts",
     verb_import_catalogue},
    {"token", "", "make a token for a program", verb_token},
    {"jobs", "list|run|retry [ID]", "look at the work in the background, or do it", verb_jobs},
    {"backup", "FILE", "copy the whole desk into one file while it runs", verb_backup},
    {"restore", "FILE", "make a data folder from a backup", verb_restore},
    {"migrate", "", "bring the schema up to date", verb_migrate},
    {"reindex", "", "build the index of what was said anew from the replies", verb_reindex},
    {"doctor", "[mail]", "check that everything works and say what to do; mail: by a letter to itself",
     verb_doctor},
    {"forget", "CUSTOMER", "remove a person who asks for it; says first what goes and what stays",
     verb_forget},
    {"routes", "", "print every page and call of the desk", verb_routes},
    {"version", "", "print the version", verb_version},
    {"reader", "", "read letters from a pipe (started by the desk itself)", verb_reader},
};
const int cli_verbs_n = sizeof cli_verbs / sizeof *cli_verbs;

const struct verb *cli_verb(const char *name) {
    for (int i = 0; i < cli_verbs_n; i++)
        if (strcmp(cli_verbs[i].name, name) == 0) return &cli_verbs[i];
    return NULL;
}

int verb_reader(int argc, char **argv) {
    (void)argc, (void)argv;
    return reader_main();
}

int verb_version(int argc, char **argv) {
    static const struct cli_option options[] = {{"json", true, "as JSON"}, {0}};
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("version"), options, 0, 0, argc, argv, &args, &status)) return status;
    printf(args.value[0] ? "{\"version\":\"%s\"}\n" : "longhand %s\n", LONGHAND_VERSION);
    return EXIT_DONE;
}
