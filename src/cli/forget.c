/* forget: a customer wants to be forgotten. First it says what would go; the same word again does it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "cli/cli.h"
#include "cli/serve.h"
#include "desk/forget_person.h"
#include "desk/heart.h"
#include "desk/status_mail.h"
#include "format/json.h"
#include "jobs/jobs.h"
#include "store/brand.h"

enum { OPT_DATA, OPT_DB, OPT_BRAND, OPT_CONFIRM, OPT_JSON };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"brand", false, "the brand's short name (the first brand)"},
    {"confirm", false, "the customer's id or address once more: do it; it cannot be undone"},
    {"json", true, "as JSON"},
    {0},
};

static void line(int64_t n, const char *says) {
    if (n) printf("%8lld %s\n", (long long)n, says);
}

static str day(arena *a, int64_t at) {
    struct local_time t;
    zone_local(zone_utc, at, &t);
    return str_fmt(a, "%04lld-%02d-%02d", (long long)t.year, t.month, t.day);
}

static void print_stays(arena *a, const struct forget_plan *p, bool done) {
    printf("What stays:\n");
    if (p->keep_until)
        printf("%8lld gifts and %lld boxes: costs, items and dates without words, name and address, for "
               "bookkeeping until %.*s (setting bookkeeping_years)\n",
               (long long)p->count.gestures, (long long)p->count.boxes, STR_FMT(day(a, p->keep_until - 1)));
    line(p->count.named, "messages of others name their address: those are the others' words");
    printf("         counts and dates; that somebody was forgotten, and when\n");
    for (size_t i = 0; i < p->copies.n; i++)
        printf("%s  %.*s of %.*s\n", i ? "         " : "Not reached, delete them yourself:\n         ",
               STR_FMT(p->copies.v[i].path), STR_FMT(day(a, p->copies.v[i].at)));
    if (!p->copies.n)
        printf(
            "No copy of the desk is known that was made before and can be read; if you made one in another "
            "way, it has everything.\n");
    if (done) printf("Files and the search index are cleaned within the hour by the running desk.\n");
}

static void print_goes(const struct forget_plan *p, bool done) {
    printf("%s\n", done ? "Deleted:" : "What goes, for good:");
    line(p->count.conversations, "conversations: their words");
    line(p->count.letters, "letters");
    line(p->count.replies, "replies");
    line(p->count.notes, "notes");
    line(p->count.files, "files");
    line(p->count.drafts, "drafts");
    line(p->count.elsewhere, "letters of theirs in conversations of others");
    printf(
        "         name, addresses, and what is written about them; boxes that have not left are cancelled; "
        "subscriptions of the status page end\n");
}

static void print_json(const struct forget_plan *p, bool done) {
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    struct json_out j = json_begin(&b);
    const struct store_person_count *n = &p->count;
    json_open_object(&j);
    json_key(&j, S("customer")), json_id(&j, p->customer.id);
    json_key(&j, S("forgotten")), json_bool(&j, done);
    json_key(&j, S("conversations")), json_int(&j, n->conversations);
    json_key(&j, S("letters")), json_int(&j, n->letters);
    json_key(&j, S("replies")), json_int(&j, n->replies);
    json_key(&j, S("notes")), json_int(&j, n->notes);
    json_key(&j, S("files")), json_int(&j, n->files);
    json_key(&j, S("elsewhere")), json_int(&j, n->elsewhere);
    json_key(&j, S("kept_gestures")), json_int(&j, n->gestures);
    json_key(&j, S("kept_boxes")), json_int(&j, n->boxes);
    json_key(&j, S("kept_until")), json_int(&j, p->keep_until);
    json_key(&j, S("named_by_others")), json_int(&j, n->named);
    json_key(&j, S("against")), json_str(&j, done ? S("") : p->against);
    json_key(&j, S("not_reached"));
    json_open_array(&j);
    for (size_t i = 0; i < p->copies.n; i++) json_str(&j, p->copies.v[i].path);
    json_close_array(&j);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
}

static err brand_of(struct cli_desk *c, const char *slug, int64_t *ret) {
    if (!slug) return cli_brand(c, ret);
    DB_READ_AUTO db_conn *conn = NULL;
    struct store_brand brand;
    TRY(db_read_begin(c->desk.db, &conn));
    TRY(store_brand_by_slug(conn, c->arena, str_z(slug), &brand));
    *ret = brand.id;
    return ERR_NONE;
}

static bool has_index(struct cli_desk *c, int64_t brand, const char *of) {
    str path = str_fmt(c->arena, "%.*s/near/%lld-%s.near", STR_FMT(c->desk.folder), (long long)brand, of);
    return access(path.p, F_OK) == 0;
}

/* Without a running desk nobody else would clean up. */
static err clean_up(struct cli_desk *c, int64_t brand) {
    bool alone;
    int done;
    int lock = -1;
    TRY(serve_alone(c, &lock, &alone));
    if (!alone) return ERR_NONE;
    c->desk.keeps_indexes = true;
    /* An index that is not there yet is built by the desk, and holds nothing. */
    static const char *const kinds[] = {"learn", "like", "forget"}, *const files[] = {"replies", "letters",
                                                                                      NULL};
    err e = ERR_NONE;
    for (size_t i = 0; !e && i < sizeof kinds / sizeof *kinds; i++)
        if (!files[i] || has_index(c, brand, files[i]))
            e = jobs_run_kind(&c->desk, S("/proc/self/exe"), str_z(kinds[i]), &done);
    if (!e) e = heart_save(&c->desk);
    close(lock);
    return e;
}

/* Somebody who never wrote, and only asked for the words of the status page. ERR_MISSING when they did not.
 */
static err forget_subscriber(struct cli_desk *c, const struct cli_args *args, int64_t brand) {
    const char *who = args->operand[0], *again = args->value[OPT_CONFIRM];
    int64_t n;
    bool json = args->value[OPT_JSON] != NULL;
    if (again && strcmp(who, again) != 0)
        return err_set(ERR_INVALID, "Nothing was deleted. To be sure, repeat the address as it stands.");
    TRY(status_forget(&c->desk, c->arena, brand, str_z(who), again != NULL, &n));
    if (!n) return err_set(ERR_MISSING, "Nobody here has this address.");
    if (json)
        printf("{\"subscriptions\": %lld, \"forgotten\": %s}\n", (long long)n, again ? "true" : "false");
    else if (again)
        printf("Deleted: the subscription of the status page. Nothing else was kept of this address.\n");
    else
        printf(
            "What goes, for good: a subscription of the status page. Nothing else is kept of this address.\n"
            "Nothing was deleted. It cannot be undone; to do it:\n  longhand forget %s --confirm %s\n",
            who, who);
    return ERR_NONE;
}

static err forget(struct cli_desk *c, const struct cli_args *args) {
    struct forget_plan plan;
    struct actor who = {0};
    bool json = args->value[OPT_JSON] != NULL, done = args->value[OPT_CONFIRM] != NULL;
    TRY(brand_of(c, args->value[OPT_BRAND], &who.brand));
    err e = forget_person_plan(&c->desk, c->arena, who.brand, str_z(args->operand[0]), &plan);
    if (e == ERR_MISSING) return forget_subscriber(c, args, who.brand);
    TRY(e);
    if (done) {
        TRY(forget_person(&c->desk, c->arena, &who, plan.customer.id, str_z(args->value[OPT_CONFIRM]),
                          &plan));
        TRY(clean_up(c, who.brand));
    }
    if (json) {
        print_json(&plan, done);
        return ERR_NONE;
    }
    printf("%.*s, customer %lld\n", STR_FMT(plan.customer.name), (long long)plan.customer.id);
    print_goes(&plan, done);
    print_stays(c->arena, &plan, done);
    if (!done && plan.against.n) printf("Before that:\n         %.*s\n", STR_FMT(plan.against));
    if (!done)
        printf("Nothing was deleted. It cannot be undone; to do it:\n  longhand forget %lld --confirm %lld\n",
               (long long)plan.customer.id, (long long)plan.customer.id);
    return ERR_NONE;
}

int verb_forget(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("forget"), options, 1, 1, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c = {0};
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c) || forget(&c, &args))
        return cli_fail("forget", NULL);
    return EXIT_DONE;
}
