/* The command table: `longhand VERB ...`. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "cli/cli.h"

static int usage(FILE *to) {
    fputs("Longhand: every letter gets an answer that a person wrote for that person.\n\n"
          "usage: longhand VERB [options]      longhand VERB --help says more\n\n",
          to);
    for (int i = 0; i < cli_verbs_n; i++) fprintf(to, "  %-9s %s\n", cli_verbs[i].name, cli_verbs[i].does);
    return to == stdout ? EXIT_DONE : EXIT_MISUSE;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    random_start();
    if (argc < 2) return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help") || !strcmp(argv[1], "-h"))
        return usage(stdout);
    const struct verb *verb = cli_verb(!strcmp(argv[1], "--version") ? "version" : argv[1]);
    if (!verb) {
        fprintf(stderr, "longhand: there is no verb \"%s\"; longhand --help lists them\n", argv[1]);
        return EXIT_MISUSE;
    }
    return verb->run(argc - 1, argv + 1);
}
