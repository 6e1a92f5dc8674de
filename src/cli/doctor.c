#include <stdio.h>
#include <string.h>

#include "cli/doctor.h"
#include "cli/relay.h"
#include "db/migrate.h"
#include "desk/brands.h"
#include "desk/intake.h"
#include "desk/settings.h"
#include "format/json.h"
#include "mail/send.h"
#include "near/near.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/inbox.h"
#include "store/job.h"
#include "store/outbox.h"

enum { WAIT_SECONDS = 60 };

void doctor_add(struct doctor *d, verdict v, const char *what, str says) {
    *list_add(d->c->arena, &d->found) = (struct doctor_finding){v, what, says};
}

static err check_schema(struct doctor *d) {
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    TRY(cli_migrations(d->c->arena, &list, &n));
    TRY(db_migrate(d->c->desk.db, list, n, desk_now(&d->c->desk), true, &report));
    if (report.pending)
        doctor_add(d, LOOK, "schema",
                   str_fmt(d->c->arena, "%d changes are pending. Run `longhand migrate`.", report.pending));
    else
        doctor_add(d, GOOD, "schema", str_fmt(d->c->arena, "up to date (%d changes)", report.total));
    return ERR_NONE;
}

static void check_disk(struct doctor *d) {
    int64_t left = disk_free(d->c->arena, d->c->desk.folder), megabytes = left >> 20;
    if (left < 0)
        doctor_add(d, LOOK, "disk", S("the free space cannot be told"));
    else if (left < INTAKE_DISK_RESERVE)
        doctor_add(
            d, BAD, "disk",
            str_fmt(d->c->arena, "only %lld MB free: letters are refused. Make room.", (long long)megabytes));
    else if (left < 16LL * INTAKE_DISK_RESERVE)
        doctor_add(d, LOOK, "disk",
                   str_fmt(d->c->arena, "%lld MB free: make room soon", (long long)megabytes));
    else
        doctor_add(d, GOOD, "disk", str_fmt(d->c->arena, "%lld MB free", (long long)megabytes));
}

/* The indexes are derived: what is wrong with them costs remarks, never letters. */
static err check_indexes(struct doctor *d) {
    arena *a = d->c->arena;
    store_brand_list brands = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(d->c->desk.db, &c));
        TRY(store_brand_list_all(c, a, &brands));
    }
    for (size_t i = 0; i < brands.n; i++) {
        str path =
            str_fmt(a, "%.*s/near/%lld-replies.near", STR_FMT(d->c->desk.folder), (long long)brands.v[i].id);
        near *x = NULL;
        bool damaged = false;
        err e = near_open(path, true, &x, &damaged);
        near_close(x);
        if (e || damaged)
            doctor_add(d, LOOK, "index",
                       str_fmt(a, "the index of what %.*s said is %s. Run `longhand reindex`.",
                               STR_FMT(brands.v[i].name), damaged ? "damaged" : "not to be opened"));
        else
            doctor_add(d, GOOD, "index", str_fmt(a, "what %.*s said", STR_FMT(brands.v[i].name)));
    }
    return ERR_NONE;
}

static void check_clock(struct doctor *d) {
    /* A clock before the program was made is wrong for sure. */
    bool sane = desk_now(&d->c->desk) > 1767225600000;
    doctor_add(d, sane ? GOOD : BAD, "clock",
               sane ? S("plausible") : S("set long ago: dates of letters would be wrong. Set the clock."));
}

static void check_transport(struct doctor *d, const struct store_inbox *inbox) {
    arena *a = d->c->arena;
    if (!str_eq(inbox->transport, S("smtp"))) {
        doctor_add(
            d, LOOK, "transport",
            str_fmt(a, "%.*s: replies stay in the Maildir of this machine. Set up SMTP under Administration.",
                    STR_FMT(inbox->address)));
        return;
    }
    struct store_inbox opened = *inbox;
    if (inbox_open_password(&d->c->desk, a, &opened)) {
        doctor_add(d, BAD, "transport", str_fmt(a, "%.*s: %s", STR_FMT(inbox->address), err_text()));
        return;
    }
    struct smtp_options smtp = {.host = inbox->smtp_host,
                                .port = (int)inbox->smtp_port,
                                .tls = str_eq(inbox->smtp_tls, S("implicit")) ? SMTP_TLS_IMPLICIT
                                       : str_eq(inbox->smtp_tls, S("never"))  ? SMTP_TLS_NEVER
                                                                              : SMTP_TLS_REQUIRED,
                                .user = inbox->smtp_user,
                                .password = opened.smtp_password,
                                .ca_file = inbox->smtp_ca_file,
                                .timeout_seconds = 20};
    err e = smtp_probe(a, &smtp);
    doctor_add(d, e ? BAD : GOOD, "transport",
               e ? str_fmt(a, "%.*s: %s Replies wait until it answers.", STR_FMT(inbox->address), err_text())
                 : str_fmt(a, "%.*s: %.*s answers", STR_FMT(inbox->address), STR_FMT(inbox->smtp_host)));
}

static err check_inbox(struct doctor *d, db_conn *conn, const struct store_inbox *inbox) {
    arena *a = d->c->arena;
    int64_t hours = inbox->silent_after_hours;
    if (hours <= 0) TRY(setting_number(conn, a, inbox->brand_id, SETTING_SILENT_INBOX_HOURS, &hours));
    int64_t since = inbox->letter_at ? inbox->letter_at : inbox->created_at;
    int64_t silent = (desk_now(&d->c->desk) - since) / HOUR_MS;
    if (hours > 0 && silent >= hours)
        doctor_add(d, LOOK, "inbox",
                   str_fmt(a, "%.*s: no letter for %lld hours. Send one to it and see whether it comes.",
                           STR_FMT(inbox->address), (long long)silent));
    else
        doctor_add(d, GOOD, "inbox", str_fmt(a, "%.*s: receiving", STR_FMT(inbox->address)));
    return ERR_NONE;
}

static err check_brand(struct doctor *d, db_conn *conn, const struct store_brand *brand,
                       store_inbox_list *all) {
    arena *a = d->c->arena;
    store_inbox_list inboxes = {0};
    TRY(store_inbox_list_of_brand(conn, a, brand->id, &inboxes));
    for (size_t i = 0; i < inboxes.n; i++) {
        if (inboxes.v[i].disabled_at) continue;
        TRY(check_inbox(d, conn, &inboxes.v[i]));
        *list_add(a, all) = inboxes.v[i];
    }
    const outbox_state bad[] = {OUTBOX_FAILED, OUTBOX_UNCERTAIN, OUTBOX_BOUNCED, OUTBOX_STOPPED};
    for (int s = 0; s < 4; s++) {
        outbox_list rows = {0};
        TRY(store_outbox_in_state(conn, a, brand->id, bad[s], 100, &rows));
        if (rows.n)
            doctor_add(
                d, LOOK, "outbox",
                str_fmt(a, "%.*s: %zu in the state \"%s\", waiting for a person's decision (page Outbox).",
                        STR_FMT(brand->name), rows.n, outbox_state_name(bad[s])));
    }
    return ERR_NONE;
}

static err check_all(struct doctor *d) {
    arena *a = d->c->arena;
    doctor_add(d, GOOD, "database",
               db_engine_of(d->c->desk.db) == DB_SQLITE ? S("SQLite answers") : S("PostgreSQL answers"));
    TRY(check_schema(d));
    check_disk(d);
    TRY(check_indexes(d));
    check_clock(d);
    doctor_files(d);
    relay_doctor(d);
    store_inbox_list inboxes = {0};
    {
        DB_READ_AUTO db_conn *conn = NULL;
        store_brand_list brands = {0};
        job_list jobs = {0};
        TRY(db_read_begin(d->c->desk.db, &conn));
        TRY(store_brand_list_all(conn, a, &brands));
        if (!brands.n) doctor_add(d, BAD, "brand", S("none is set up. Run `longhand setup`."));
        for (size_t i = 0; i < brands.n; i++) TRY(check_brand(d, conn, &brands.v[i], &inboxes));
        TRY(store_job_list(conn, a, 0, 100, &jobs));
        size_t dead = 0;
        while (dead < jobs.n && jobs.v[dead].dead_at) dead++;
        if (dead)
            doctor_add(d, LOOK, "jobs",
                       str_fmt(a, "%zu wait for a person: `longhand jobs list` says why.", dead));
        else
            doctor_add(d, GOOD, "jobs", S("none is stuck"));
    }
    for (size_t i = 0; i < inboxes.n; i++)
        if (inbox_takes_mail(&inboxes.v[i])) check_transport(d, &inboxes.v[i]);
    return doctor_fetching(d);
}

static const char *verdict_name(verdict v) {
    switch (v) {
    case GOOD: return "good";
    case LOOK: return "look";
    case BAD: return "bad";
    }
    return "";
}

static void print_json(const doctor_finding_list *found) {
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("findings"));
    json_open_array(&j);
    for (size_t i = 0; i < found->n; i++) {
        json_open_object(&j);
        json_key(&j, S("what")), json_str(&j, str_z(found->v[i].what));
        json_key(&j, S("verdict")), json_str(&j, str_z(verdict_name(found->v[i].verdict)));
        json_key(&j, S("says")), json_str(&j, found->v[i].says);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    printf("%.*s\n", (int)b.n, b.p);
}

int verb_doctor(int argc, char **argv) {
    static const struct cli_option options[] = {{"data", false, "the data folder (./data)"},
                                                {"db", false, "postgres://... instead of what setup wrote"},
                                                {"json", true, "as JSON"},
                                                {"wait", false, "how many seconds a letter may take (60)"},
                                                {0}};
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("doctor"), options, 0, 1, argc, argv, &args, &status)) return status;
    int64_t wait = WAIT_SECONDS;
    bool mail = args.operands && !strcmp(args.operand[0], "mail");
    if (args.operands && !mail) return cli_misuse("doctor", "only `mail` can be asked for by itself.");
    if (args.value[3] && (!str_to_int(str_z(args.value[3]), &wait) || wait < 1 || wait > 3600))
        return cli_misuse("doctor", "--wait takes seconds, from 1 to 3600.");
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[0], args.value[1], CLI_MUST_EXIST | CLI_NO_MIGRATE, &c))
        return cli_fail("doctor", NULL);
    smtp_start();
    struct doctor d = {.c = &c};
    if (mail ? doctor_mail(&d, (int)wait) : check_all(&d)) return cli_fail("doctor", NULL);
    bool bad = false;
    for (size_t i = 0; i < d.found.n; i++) bad = bad || d.found.v[i].verdict == BAD;
    if (args.value[2])
        print_json(&d.found);
    else
        for (size_t i = 0; i < d.found.n; i++)
            printf("%-5s %-10s %.*s\n", verdict_name(d.found.v[i].verdict), d.found.v[i].what,
                   STR_FMT(d.found.v[i].says));
    return bad ? EXIT_FAILED : EXIT_DONE;
}
