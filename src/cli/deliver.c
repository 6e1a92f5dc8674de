/* For an MTA's pipe: exit status by sysexits.h. */
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "desk/intake.h"
#include "format/json.h"
#include "jobs/jobs.h"
#include "mail/lmtp.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/raw.h"

enum { OPT_DATA, OPT_DB, OPT_INBOX, OPT_FROM, OPT_JSON };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"inbox", false, "the address the letter is for (the default inbox)"},
    {"from", false, "the envelope sender"},
    {"json", true, "print the result as JSON"},
    {0},
};
enum { LETTER_MAX = 64 << 20, WAIT_MS = 30000 };

static int exit_of(err e) {
    switch (e) {
    case ERR_NONE: return EX_OK;
    case ERR_MISSING: return EX_NOUSER;
    case ERR_INVALID: return EX_DATAERR;
    case ERR_DENIED: return EX_NOPERM;
    case ERR_LIMIT: return EX_DATAERR;
    case ERR_CONFLICT:
    case ERR_BUSY:
    case ERR_FULL:
    case ERR_IO:
    case ERR_DATABASE:
    case ERR_NETWORK:
    case ERR_INTERNAL: break;
    }
    return EX_TEMPFAIL;
}

/* Where the letter stands: its own message, or the one it is a duplicate of. */
static err look(struct cli_desk *c, struct intake_inbox to, int64_t id, struct message *ret, bool *ret_read) {
    DB_READ_AUTO db_conn *conn = NULL;
    TRY(db_read_begin(c->desk.db, &conn));
    struct raw raw;
    TRY(store_raw_get(conn, c->arena, to.brand, id, &raw));
    *ret_read = raw.state != RAW_NEW && raw.message_id;
    if (*ret_read) TRY(store_message_get(conn, c->arena, to.brand, raw.message_id, ret));
    return ERR_NONE;
}

/* The running desk reads it at once; without one we do it here. */
static err wait_for_reading(struct cli_desk *c, struct intake_inbox to, int64_t id, bool desk_runs,
                            struct message *ret) {
    for (int waited = 0;; waited += 20) {
        bool read;
        TRY(look(c, to, id, ret, &read));
        if (read) return ERR_NONE;
        int done;
        if (!desk_runs) TRY(jobs_run_due(&c->desk, S("/proc/self/exe"), &done));
        if (waited > WAIT_MS)
            return err_set(ERR_BUSY, "The letter is kept (%lld) and will be read soon.", (long long)id);
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL);
    }
}

static err inbox_address(struct cli_desk *c, struct intake_inbox to, str *ret) {
    DB_READ_AUTO db_conn *conn = NULL;
    TRY(db_read_begin(c->desk.db, &conn));
    struct store_inbox inbox;
    TRY(store_inbox_by_id(conn, c->arena, to.brand, to.inbox, &inbox));
    *ret = inbox.address;
    return ERR_NONE;
}

/* "250 2.0.0 kept 1234" */
static err id_of_reply(str reply, int64_t *ret) {
    size_t at = str_find(reply, S("kept "), 0);
    if (!str_starts(reply, S("250")) || at == SIZE_MAX ||
        !str_to_int(str_trim(str_slice(reply, at + 5, reply.n)), ret))
        return err_set(str_starts(reply, S("5")) ? ERR_INVALID : ERR_BUSY, "The running desk said: %.*s",
                       STR_FMT(reply));
    return ERR_NONE;
}

static err deliver(struct cli_desk *c, const struct cli_args *args, struct message *ret, bool *ret_kept) {
    arena *a = c->arena;
    str bytes, address, reply, from = args->value[OPT_FROM] ? str_z(args->value[OPT_FROM]) : S("");
    TRY(cli_read_stream(a, STDIN_FILENO, LETTER_MAX, &bytes));
    if (!bytes.n) return err_set(ERR_INVALID, "There was no letter: the input is empty.");
    struct intake_inbox to;
    if (args->value[OPT_INBOX])
        TRY(intake_find(&c->desk, a, str_z(args->value[OPT_INBOX]), &to));
    else
        TRY(intake_default(&c->desk, a, &to));
    TRY(inbox_address(c, to, &address));
    int64_t id;
    err e = lmtp_hand_over(a, str_fmt(a, "%.*s/deliver.sock", STR_FMT(c->desk.folder)), from, address, bytes,
                           &reply);
    bool desk_runs = e == ERR_NONE;
    if (desk_runs)
        TRY(id_of_reply(reply, &id));
    else if (e == ERR_MISSING)
        TRY(intake_keep(&c->desk, a, to, from, address, bytes, &id));
    else
        return e;
    *ret_kept = true;
    return wait_for_reading(c, to, id, desk_runs, ret);
}

int verb_deliver(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("deliver"), options, 0, 0, argc, argv, &args, &status))
        return status == EXIT_MISUSE ? EX_USAGE : status;
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c)) {
        cli_fail("deliver", NULL);
        return EX_TEMPFAIL;
    }
    struct message m;
    bool kept = false;
    err e = deliver(&c, &args, &m, &kept);
    if (e) {
        cli_fail("deliver", NULL);
        /* Once it is kept the MTA must not send it again, whatever comes after. */
        return kept ? EX_OK : exit_of(e);
    }
    printf(args.value[OPT_JSON] ? "{\"conversation\":\"%lld\",\"message\":\"%lld\"}\n"
                                : "conversation %lld message %lld\n",
           (long long)m.conversation_id, (long long)m.id);
    return EX_OK;
}
