#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/cli.h"

static void print_help(const struct verb *verb, const struct cli_option *options) {
    printf("usage: longhand %s [options] %s\n%s\n\n", verb->name, verb->takes, verb->does);
    for (int i = 0; options[i].name; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s", options[i].name, options[i].is_flag ? "" : " VALUE");
        printf("  %-24s %s\n", left, options[i].help);
    }
    printf("  %-24s %s\n", "--help", "this text");
}

int cli_fail(const char *verb, const char *sentence) {
    fprintf(stderr, "longhand %s: %s\n", verb, sentence ? sentence : err_text());
    return EXIT_FAILED;
}

int cli_misuse(const char *verb, const char *sentence) {
    fprintf(stderr, "longhand %s: %s\nlonghand %s --help says how it is called.\n", verb, sentence, verb);
    return EXIT_MISUSE;
}

/* The option's index, -1 for none; `*ret_value` is what follows "=", or NULL. */
static int find_option(const struct cli_option *options, const char *word, const char **ret_value) {
    const char *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) : strlen(word);
    for (int i = 0; options[i].name; i++) {
        if (strlen(options[i].name) != n || strncmp(options[i].name, word, n) != 0) continue;
        *ret_value = equals ? equals + 1 : NULL;
        return i;
    }
    return -1;
}

static bool misuse(const struct verb *verb, const char *what, const char *word, int *ret_status) {
    char sentence[256];
    snprintf(sentence, sizeof sentence, what, word);
    *ret_status = cli_misuse(verb->name, sentence);
    return false;
}

bool cli_parse(const struct verb *verb, const struct cli_option *options, int operands_min, int operands_max,
               int argc, char **argv, struct cli_args *ret_args, int *ret_status) {
    struct cli_args args = {0};
    bool only_operands = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = NULL;
        if (only_operands || strncmp(word, "--", 2) != 0) {
            if (args.operands >= operands_max)
                return misuse(verb, "\"%.200s\" is one word too many.", word, ret_status);
            args.operand[args.operands++] = word;
            continue;
        }
        if (!word[2]) {
            only_operands = true;
            continue;
        }
        if (!strcmp(word, "--help")) {
            print_help(verb, options);
            *ret_status = EXIT_DONE;
            return false;
        }
        int at = find_option(options, word + 2, &value);
        if (at < 0) return misuse(verb, "there is no option %.200s.", word, ret_status);
        if (options[at].is_flag) {
            if (value) return misuse(verb, "%.200s takes no value.", word, ret_status);
            args.value[at] = "";
            continue;
        }
        if (!value && i + 1 < argc) value = argv[++i];
        if (!value) return misuse(verb, "%.200s needs a value.", word, ret_status);
        args.value[at] = value;
    }
    if (args.operands < operands_min)
        return misuse(verb, "something is missing: %s", verb->takes, ret_status);
    *ret_args = args;
    return true;
}
