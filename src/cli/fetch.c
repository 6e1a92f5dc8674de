/* fetch: the mailboxes that letters are fetched from, from the command line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "desk/fetch.h"
#include "format/json.h"
#include "mail/send.h"
#include "net/objects.h"
#include "store/inbox.h"

enum {
    OPT_DATA,
    OPT_DB,
    OPT_HOST,
    OPT_PORT,
    OPT_TLS,
    OPT_CA,
    OPT_USER,
    OPT_PASSWORD_FILE,
    OPT_FOLDERS,
    OPT_AFTER,
    OPT_MOVE_TO,
    OPT_BEGIN,
    OPT_JSON
};
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"host", false, "the mailbox's server, such as imap.example.org"},
    {"port", false, "its port (993, or 143 with --tls required)"},
    {"tls", false, "implicit (default), required: STARTTLS, never: only on this machine"},
    {"ca-file", false, "the certificate authority, instead of those this system trusts"},
    {"user", false, "who signs in (the inbox's address)"},
    {"password-file", false, "a file that holds the password, - for the input"},
    {"folders", false, "what is fetched, with commas between (INBOX)"},
    {"after", false, "what happens to a mail there: leave (default), seen, flag, move"},
    {"move-to", false, "the folder it is moved to"},
    {"begin", false, "new (default): mail from now on; all: what is there, too"},
    {"json", true, "as JSON"},
    {0},
};

struct call {
    struct cli_desk *c;
    const struct cli_args *args;
    struct target {
        int64_t brand, inbox;
        str address;
    } at;
};

static str given(const struct call *k, int option) {
    return k->args->value[option] ? str_z(k->args->value[option]) : S("");
}

static err find_inbox(struct call *k) {
    struct store_inbox inbox;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(k->c->desk.db, &c));
    str address = str_lower(k->c->arena, str_z(k->args->operand[1]));
    if (store_inbox_by_address(c, k->c->arena, address, &inbox))
        return err_set(ERR_MISSING, "No inbox in use has the address %.*s.", STR_FMT(address));
    k->at = (struct target){inbox.brand_id, inbox.id, inbox.address};
    return ERR_NONE;
}

/* From a file or the input, never from the command line, which others on the machine can see. */
static err read_password(struct call *k, str *ret) {
    const char *path = k->args->value[OPT_PASSWORD_FILE];
    str text = S("");
    if (path && strcmp(path, "-") != 0)
        TRY(file_read(k->c->arena, str_z(path), 4096, &text));
    else if (path)
        TRY(cli_read_stream(k->c->arena, STDIN_FILENO, 4096, &text));
    str line = S("");
    str_line(&text, &line);
    *ret = line;
    return ERR_NONE;
}

static err choose(struct call *k, str folders) {
    str_list names = {0};
    str piece;
    struct imap_probed found;
    TRY(fetch_probe(&k->c->desk, k->c->arena, k->at.brand, k->at.inbox, 0, &found));
    while (str_split(&folders, ',', &piece))
        if (str_trim(piece).n) *list_add(k->c->arena, &names) = str_trim(piece);
    return fetch_choose(&k->c->desk, k->c->arena, k->at.brand, k->at.inbox, &names);
}

static err add(struct call *k) {
    struct fetch_form form = {.host = given(k, OPT_HOST),
                              .tls = given(k, OPT_TLS),
                              .ca_file = given(k, OPT_CA),
                              .user = k->args->value[OPT_USER] ? given(k, OPT_USER) : k->at.address,
                              .sign_in = S("password"),
                              .after = given(k, OPT_AFTER),
                              .move_to = given(k, OPT_MOVE_TO),
                              .begin = given(k, OPT_BEGIN)};
    if (k->args->value[OPT_PORT] && !str_to_int(given(k, OPT_PORT), &form.port))
        return err_set(ERR_INVALID, "The port must be a number.");
    TRY(read_password(k, &form.password));
    TRY(fetch_set_up(&k->c->desk, k->c->arena, k->at.brand, k->at.inbox, &form));
    if (k->args->value[OPT_FOLDERS]) TRY(choose(k, given(k, OPT_FOLDERS)));
    if (k->args->value[OPT_JSON])
        printf("{\"inbox\":\"%lld\"}\n", (long long)k->at.inbox);
    else
        printf("%.*s is fetched for %.*s; a desk that runs begins at once\n", STR_FMT(form.user),
               STR_FMT(k->at.address));
    return ERR_NONE;
}

/* ---- telling ---- */

struct told {
    struct store_fetch f;
    int64_t aside;
};
typedef LIST(struct told) told_list;

static err read_all(struct call *k, told_list *ret) {
    store_fetch_list rows = {0};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(k->c->desk.db, &c));
    TRY(store_fetch_list_all(c, k->c->arena, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct told *t = list_add(k->c->arena, ret);
        t->f = rows.v[i];
        TRY(store_fetch_aside_count(c, t->f.brand_id, t->f.inbox_id, &t->aside));
    }
    return ERR_NONE;
}

static void print_one(struct json_out *j, const struct told *t, int64_t now) {
    struct fetch_view v = fetch_view_of(&t->f, now);
    json_open_object(j);
    json_key(j, S("inbox")), json_str(j, t->f.address);
    json_key(j, S("host")), json_str(j, t->f.host);
    json_key(j, S("user")), json_str(j, t->f.user);
    json_key(j, S("state")), json_str(j, t->f.state);
    json_key(j, S("paused")), json_bool(j, t->f.paused_at != 0);
    json_key(j, S("trouble")), json_bool(j, v.health == FETCH_TROUBLE);
    json_key(j, S("says")), json_str(j, v.says);
    json_key(j, S("consent_ends_at")), json_int(j, t->f.refresh_expires_at);
    json_key(j, S("contact_at")), json_int(j, t->f.contact_at);
    json_key(j, S("mail_at")), json_int(j, t->f.mail_at);
    json_key(j, S("kept")), json_int(j, t->f.kept);
    json_key(j, S("set_aside")), json_int(j, t->aside);
    json_close_object(j);
}

static err list(struct call *k) {
    told_list all = {0};
    TRY(read_all(k, &all));
    int64_t now = desk_now(&k->c->desk);
    if (!k->args->value[OPT_JSON]) {
        for (size_t i = 0; i < all.n; i++) {
            const struct told *t = &all.v[i];
            struct fetch_view v = fetch_view_of(&t->f, now);
            printf("%-32.*s  %-28.*s %-22s %lld kept, %lld set aside%s%.*s\n", STR_FMT(t->f.address),
                   STR_FMT(t->f.host), v.head, (long long)t->f.kept, (long long)t->aside,
                   v.says.n ? ": " : "", STR_FMT(v.says));
        }
        return ERR_NONE;
    }
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("mailboxes"));
    json_open_array(&j);
    for (size_t i = 0; i < all.n; i++) print_one(&j, &all.v[i], now);
    json_close_array(&j);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
    return ERR_NONE;
}

static err test(struct call *k) {
    struct imap_probed found = {0};
    TRY(fetch_probe(&k->c->desk, k->c->arena, k->at.brand, k->at.inbox, 0, &found));
    if (!k->args->value[OPT_JSON]) {
        printf("let in; new mail is %s\n", found.idle ? "announced at once" : "looked for every two minutes");
        for (size_t i = 0; i < found.folders.n; i++)
            if (found.folders.v[i].selectable) printf("  %.*s\n", STR_FMT(found.folders.v[i].name));
        return ERR_NONE;
    }
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("idle")), json_bool(&j, found.idle);
    json_key(&j, S("folders"));
    json_open_array(&j);
    for (size_t i = 0; i < found.folders.n; i++)
        if (found.folders.v[i].selectable) json_str(&j, found.folders.v[i].name);
    json_close_array(&j);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
    return ERR_NONE;
}

static err run(struct call *k, const char *what) {
    const struct desk *d = &k->c->desk;
    if (!strcmp(what, "list")) return list(k);
    TRY(find_inbox(k));
    if (!strcmp(what, "add")) return add(k);
    if (!strcmp(what, "test")) return test(k);
    if (!strcmp(what, "pause")) return fetch_pause(d, k->at.brand, k->at.inbox, true);
    if (!strcmp(what, "resume")) return fetch_pause(d, k->at.brand, k->at.inbox, false);
    if (!strcmp(what, "retry")) return fetch_retry(d, k->at.brand, k->at.inbox, 0);
    if (!strcmp(what, "remove")) return fetch_remove(d, k->at.brand, k->at.inbox);
    return err_set(ERR_INVALID, "There is no \"fetch %s\": add, list, test, pause, resume, retry or remove.",
                   what);
}

int verb_fetch(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("fetch"), options, 1, 2, argc, argv, &args, &status)) return status;
    if (strcmp(args.operand[0], "list") && args.operands < 2)
        return cli_misuse("fetch", "for which inbox? Its address is missing.");
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c))
        return cli_fail("fetch", NULL);
    smtp_start();
    struct call k = {.c = &c, .args = &args};
    return run(&k, args.operand[0]) ? cli_fail("fetch", NULL) : EXIT_DONE;
}
