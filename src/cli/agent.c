/* agent, token: the people of the desk, from the command line. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "desk/people.h"
#include "desk/sign_in.h"
#include "format/json.h"

enum { AGENT_DATA, AGENT_DB, AGENT_ROLE, AGENT_NAME, AGENT_JSON };
static const struct cli_option agent_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"role", false, "administrator, lead, agent (default), packer, reader"},
    {"name", false, "the person's name"},
    {"json", true, "as JSON"},
    {0},
};

struct call {
    struct cli_desk *c;
    const struct cli_args *args;
    int64_t brand;
    enum role role;
};

static err add(struct call *k) {
    const struct cli_args *args = k->args;
    str name = args->value[AGENT_NAME] ? str_z(args->value[AGENT_NAME]) : S("");
    struct people_invited made;
    TRY(people_invite(&k->c->desk, k->c->arena, k->brand, str_z(args->operand[1]), name, k->role, &made));
    str link = made.link_token.n ? str_fmt(k->c->arena, "%.*s/invitation/%.*s",
                                           STR_FMT(k->c->desk.public_url), STR_FMT(made.link_token))
                                 : S("");
    if (args->value[AGENT_JSON])
        printf("{\"agent\":\"%lld\",\"link\":\"%.*s\"}\n", (long long)made.agent.id, STR_FMT(link));
    else if (link.n)
        printf("agent %lld; the invitation, valid for 7 days:\n%.*s\n", (long long)made.agent.id,
               STR_FMT(link));
    else
        printf("agent %lld; they sign in with the password they have\n", (long long)made.agent.id);
    return ERR_NONE;
}

static void print_agent(struct json_out *j, const struct store_agent *g) {
    json_open_object(j);
    json_key(j, S("id")), json_id(j, g->id);
    json_key(j, S("email")), json_str(j, g->email);
    json_key(j, S("name")), json_str(j, g->name);
    json_key(j, S("role")), json_str(j, g->role);
    json_key(j, S("disabled")), json_bool(j, g->disabled_at != 0);
    json_key(j, S("away")), json_bool(j, g->away_at != 0);
    json_key(j, S("invited")), json_bool(j, g->invited);
    json_close_object(j);
}

static err list(struct call *k) {
    store_agent_list agents = {0};
    TRY(people_list(&k->c->desk, k->c->arena, k->brand, &agents));
    if (!k->args->value[AGENT_JSON]) {
        for (size_t i = 0; i < agents.n; i++) {
            const struct store_agent *g = &agents.v[i];
            printf("%-32.*s  %-14.*s %.*s%s\n", STR_FMT(g->email), STR_FMT(g->role), STR_FMT(g->name),
                   g->disabled_at ? "  (disabled)"
                   : g->away_at   ? "  (away)"
                   : g->invited   ? "  (invited)"
                                  : "");
        }
        return ERR_NONE;
    }
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("agents"));
    json_open_array(&j);
    for (size_t i = 0; i < agents.n; i++) print_agent(&j, &agents.v[i]);
    json_close_array(&j);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
    return ERR_NONE;
}

/* By address, disabled ones too: people_by_email finds only those who may sign in. */
static err find(struct call *k, struct store_agent *ret) {
    store_agent_list agents = {0};
    TRY(people_list(&k->c->desk, k->c->arena, k->brand, &agents));
    for (size_t i = 0; i < agents.n; i++) {
        if (!str_eq_nocase(agents.v[i].email, str_z(k->args->operand[1]))) continue;
        *ret = agents.v[i];
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "No agent has the address %s.", k->args->operand[1]);
}

static err change(struct call *k, const char *what) {
    struct store_agent g;
    TRY(find(k, &g));
    struct actor who = {.brand = k->brand};
    int given_back = 0;
    if (!strcmp(what, "enable")) return people_enable(&k->c->desk, k->c->arena, k->brand, g.id);
    if (!strcmp(what, "role")) return people_set_role(&k->c->desk, k->c->arena, k->brand, g.id, k->role);
    if (!strcmp(what, "disable")) {
        TRY(people_disable(&k->c->desk, k->c->arena, &who, g.id, &given_back));
        printf("disabled; %d conversations went back to the list\n", given_back);
        return ERR_NONE;
    }
    if (!strcmp(what, "reset")) {
        str token;
        TRY(sign_in_make_link(&k->c->desk, k->c->arena, g.account_id, false, &token));
        printf("a link to choose a new password, valid for an hour:\n%.*s/reset/%.*s\n",
               STR_FMT(k->c->desk.public_url), STR_FMT(token));
        return ERR_NONE;
    }
    return err_set(ERR_INVALID, "There is no \"agent %s\": add, list, disable, enable, role or reset.", what);
}

int verb_agent(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("agent"), agent_options, 1, 2, argc, argv, &args, &status)) return status;
    const char *what = args.operand[0];
    if (strcmp(what, "list") && args.operands < 2)
        return cli_misuse("agent", "whose? An e-mail address is missing.");
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[AGENT_DATA], args.value[AGENT_DB], CLI_MUST_EXIST, &c))
        return cli_fail("agent", NULL);
    struct call k = {.c = &c, .args = &args, .role = ROLE_AGENT};
    if (args.value[AGENT_ROLE] && !role_from(str_z(args.value[AGENT_ROLE]), &k.role))
        return cli_misuse("agent", "the role is administrator, lead, agent, packer or reader.");
    err e = cli_brand(&c, &k.brand);
    if (!e) e = !strcmp(what, "list") ? list(&k) : !strcmp(what, "add") ? add(&k) : change(&k, what);
    return e ? cli_fail("agent", NULL) : EXIT_DONE;
}

enum { TOKEN_DATA, TOKEN_DB, TOKEN_AS, TOKEN_NAME, TOKEN_JSON };
static const struct cli_option token_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"as", false, "the agent it stands for: an e-mail address"},
    {"name", false, "what it is for"},
    {"json", true, "as JSON"},
    {0},
};

int verb_token(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("token"), token_options, 0, 0, argc, argv, &args, &status)) return status;
    if (!args.value[TOKEN_AS]) return cli_misuse("token", "--as EMAIL is needed.");
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[TOKEN_DATA], args.value[TOKEN_DB], CLI_MUST_EXIST, &c))
        return cli_fail("token", NULL);
    int64_t brand;
    struct store_agent agent;
    struct store_token token;
    str text;
    if (cli_brand(&c, &brand) ||
        people_by_email(&c.desk, c.arena, brand, str_z(args.value[TOKEN_AS]), &agent) ||
        people_token_create(&c.desk, c.arena, brand, agent.id,
                            args.value[TOKEN_NAME] ? str_z(args.value[TOKEN_NAME]) : S("command line"), &text,
                            &token))
        return cli_fail("token", NULL);
    printf(args.value[TOKEN_JSON] ? "{\"token\":\"%.*s\"}\n" : "%.*s\n", STR_FMT(text));
    return EXIT_DONE;
}
