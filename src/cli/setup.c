#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "desk/people.h"
#include "format/json.h"

enum {
    OPT_DATA,
    OPT_BRAND,
    OPT_INBOX,
    OPT_ADMIN,
    OPT_URL,
    OPT_DB,
    OPT_HTTP,
    OPT_LMTP,
    OPT_ZONE,
    OPT_PROXY,
    OPT_JSON
};
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"brand", false, "the name of the brand"},
    {"inbox", false, "the address its letters come to"},
    {"admin", false, "the e-mail address of its first administrator"},
    {"url", false, "the address under which people reach the pages"},
    {"db", false, "postgres://... instead of SQLite in the data folder"},
    {"http", false, "where the pages are served (127.0.0.1:8080)"},
    {"lmtp", false, "where letters come in (127.0.0.1:2424, or a socket's path)"},
    {"zone", false, "the brand's time zone, such as Europe/Lisbon"},
    {"proxy", false, "the address of the reverse proxy in front, whose X-Forwarded-For is believed"},
    {"json", true, "print the result as JSON"},
    {0},
};

/* At a terminal the value not given is asked for; Enter takes the default. */
static str ask(arena *a, const char *given, const char *question, const char *standard) {
    if (given) return str_z(given);
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return S("");
    printf("%s [%s]: ", question, standard);
    fflush(stdout);
    char line[512];
    if (!fgets(line, sizeof line, stdin)) return S("");
    return str_copy(a, str_trim(str_z(line)));
}

static void keep(struct cli_args *args, int option, str *to) {
    if (args->value[option]) *to = str_z(args->value[option]);
}

static void print_text(const struct people_setup_done *done, const struct cli_config *config, str folder) {
    printf("The desk in %.*s\n", STR_FMT(folder));
    printf("  brand          %.*s%s\n", STR_FMT(done->brand.name), done->new_brand ? " (new)" : "");
    printf("  inbox          %.*s%s\n", STR_FMT(done->inbox.address), done->new_inbox ? " (new)" : "");
    printf("  administrator  %.*s%s\n", STR_FMT(done->admin.email), done->new_admin ? " (new)" : "");
    if (done->first_password.n)
        printf("  first password %.*s   (shown only now)\n", STR_FMT(done->first_password));
    printf("  pages          %.*s\n", STR_FMT(config->public_url));
}

static void print_json(const struct people_setup_done *done, const struct cli_config *config) {
    BUF_AUTO buf b = BUF_MAX(65536);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("brand")), json_str(&j, done->brand.name);
    json_key(&j, S("slug")), json_str(&j, done->brand.slug);
    json_key(&j, S("inbox")), json_str(&j, done->inbox.address);
    json_key(&j, S("admin")), json_str(&j, done->admin.email);
    json_key(&j, S("first_password")), json_str(&j, done->first_password);
    json_key(&j, S("url")), json_str(&j, config->public_url);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
}

int verb_setup(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("setup"), options, 0, 0, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], 0, &c)) return cli_fail("setup", NULL);
    arena *a = c.arena;
    struct people_setup wanted = {
        .brand = ask(a, args.value[OPT_BRAND], "Name of the brand", "Our brand"),
        .inbox = ask(a, args.value[OPT_INBOX], "Address its letters come to", "desk@localhost"),
        .admin =
            ask(a, args.value[OPT_ADMIN], "E-mail address of the first administrator", "admin@localhost"),
        .zone = args.value[OPT_ZONE] ? str_z(args.value[OPT_ZONE]) : S("")};
    keep(&args, OPT_DB, &c.config.db);
    keep(&args, OPT_HTTP, &c.config.http);
    keep(&args, OPT_LMTP, &c.config.lmtp);
    keep(&args, OPT_URL, &c.config.public_url);
    keep(&args, OPT_PROXY, &c.config.proxy);
    /* An address that somebody chose, such as https://desk.example, stays. */
    bool chosen = !str_starts(c.config.public_url, S("http://127.0.0.1:"));
    if (args.value[OPT_HTTP] && !args.value[OPT_URL] && !chosen)
        c.config.public_url = str_fmt(a, "http://%.*s", STR_FMT(c.config.http));
    struct people_setup_done done;
    if (people_setup(&c.desk, a, &wanted, &done) || cli_config_write(a, c.desk.folder, &c.config))
        return cli_fail("setup", NULL);
    if (args.value[OPT_JSON])
        print_json(&done, &c.config);
    else
        print_text(&done, &c.config, c.desk.folder);
    return EXIT_DONE;
}
