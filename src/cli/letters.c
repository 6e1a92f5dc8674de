/* list, show, raw, reply: the letters on the command line. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/zone.h"
#include "cli/cli.h"
#include "desk/intake.h"
#include "desk/reply.h"
#include "format/json.h"
#include "store/conversation.h"
#include "store/message.h"
#include "store/raw.h"

enum { OUT_MAX = 256 << 20 };

static void print_buf(const buf *b) {
    fwrite(b->p, 1, b->n, stdout);
    putchar('\n');
}

static void json_member(struct json_out *j, const char *key, str value) {
    json_key(j, str_z(key));
    json_str(j, value);
}

static void json_time(struct json_out *j, const char *key, int64_t at) {
    json_key(j, str_z(key));
    if (at)
        json_int(j, at);
    else
        json_nil(j);
}

static void json_conversation(struct json_out *j, const struct conversation *v) {
    json_open_object(j);
    json_key(j, S("id")), json_id(j, v->id);
    json_key(j, S("number")), json_int(j, v->number);
    json_key(j, S("customer")), json_id(j, v->customer_id);
    json_member(j, "name", v->customer_name);
    json_member(j, "subject", v->subject);
    json_member(j, "snippet", v->snippet);
    json_member(j, "state", str_z(conversation_state_name(v->state)));
    json_member(j, "channel", str_z(channel_name(v->channel)));
    json_time(j, "waiting_since", v->waiting_since);
    json_member(j, "agent", v->agent_name);
    json_member(j, "closed_reason", str_z(close_reason_name(v->closed_reason)));
    json_key(j, S("related")), json_id(j, v->related_id);
    json_key(j, S("version")), json_int(j, v->version);
    json_time(j, "created_at", v->created_at);
    json_time(j, "updated_at", v->updated_at);
    json_close_object(j);
}

static void json_files(struct json_out *j, const attachment_list *files, int64_t message) {
    json_key(j, S("attachments"));
    json_open_array(j);
    for (size_t i = 0; i < files->n; i++) {
        const struct attachment *f = &files->v[i];
        if (f->message_id != message) continue;
        json_open_object(j);
        json_key(j, S("id")), json_id(j, f->id);
        json_member(j, "name", f->name);
        json_member(j, "type", f->type);
        json_key(j, S("size")), json_int(j, f->size);
        json_close_object(j);
    }
    json_close_array(j);
}

static void json_message(struct json_out *j, const struct message *m, const attachment_list *files) {
    json_open_object(j);
    json_key(j, S("id")), json_id(j, m->id);
    json_member(j, "kind", str_z(message_kind_name(m->kind)));
    json_member(j, "channel", str_z(channel_name(m->channel)));
    json_member(j, "state", str_z(message_state_name(m->state)));
    json_key(j, S("from"));
    json_open_object(j);
    json_member(j, "name", m->from_name);
    json_member(j, "address", m->from_address);
    json_close_object(j);
    json_member(j, "subject", m->subject);
    json_member(j, "text", m->text);
    json_member(j, "problem", m->problem);
    json_member(j, "machine", m->machine);
    json_member(j, "message_id", m->rfc_id);
    json_time(j, "said_at", m->said_at);
    json_files(j, files, m->id);
    json_close_object(j);
}

enum { LIST_DATA, LIST_DB, LIST_VIEW, LIST_AS, LIST_LIMIT, LIST_JSON };
static const struct cli_option list_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"view", false, "waiting (default), mine, unassigned, them, done, closed, junk"},
    {"as", false, "whose, for the view mine: an agent's address"},
    {"limit", false, "at most this many (200)"},
    {"json", true, "as JSON"},
    {0},
};

static void print_rows(struct cli_desk *c, const conversation_list *rows) {
    for (size_t i = 0; i < rows->n; i++) {
        const struct conversation *v = &rows->v[i];
        int64_t waited = v->waiting_since ? desk_now(&c->desk) - v->waiting_since : 0;
        printf("%lld  %5lld  %3lld h  %-24.*s  %.*s\n", (long long)v->id, (long long)v->number,
               (long long)(waited / HOUR_MS), STR_FMT(str_clip_utf8(v->customer_name, 24)),
               STR_FMT(v->subject.n ? v->subject : v->snippet));
    }
    if (!rows->n) printf("Nobody is here.\n");
}

static err list(struct cli_desk *c, const struct cli_args *args) {
    conversation_view view = VIEW_WAITING;
    int64_t brand, limit = 200;
    struct actor who = {0};
    if (args->value[LIST_VIEW] && !conversation_view_from(str_z(args->value[LIST_VIEW]), &view))
        return err_set(ERR_INVALID, "There is no view \"%s\".", args->value[LIST_VIEW]);
    if (args->value[LIST_LIMIT] &&
        (!str_to_int(str_z(args->value[LIST_LIMIT]), &limit) || limit < 1 || limit > 100000))
        return err_set(ERR_INVALID, "The limit is a number from 1 to 100000.");
    if (view == VIEW_MINE && !args->value[LIST_AS])
        return err_set(ERR_INVALID, "Whose? The view mine needs --as EMAIL.");
    TRY(cli_brand(c, &brand));
    if (args->value[LIST_AS]) TRY(cli_actor(c, args->value[LIST_AS], &who));
    if (who.brand) brand = who.brand;
    conversation_list rows = {0};
    {
        DB_READ_AUTO db_conn *conn = NULL;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_conversation_view(conn, c->arena, brand, view, who.agent, (struct page_key){0}, (int)limit,
                                    &rows));
    }
    if (!args->value[LIST_JSON]) {
        print_rows(c, &rows);
        return ERR_NONE;
    }
    BUF_AUTO buf b = BUF_MAX(OUT_MAX);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("conversations"));
    json_open_array(&j);
    for (size_t i = 0; i < rows.n; i++) json_conversation(&j, &rows.v[i]);
    json_close_array(&j);
    json_close_object(&j);
    print_buf(&b);
    return ERR_NONE;
}

/* Parse, open, run, report: what these verbs have in common. Options 0 and 1 are data and db. */
static int with_desk(const char *verb, const struct cli_option *options, int operands, int argc, char **argv,
                     err (*run)(struct cli_desk *c, const struct cli_args *args)) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb(verb), options, operands, operands, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[0], args.value[1], CLI_MUST_EXIST, &c)) return cli_fail(verb, NULL);
    return run(&c, &args) ? cli_fail(verb, NULL) : EXIT_DONE;
}

int verb_list(int argc, char **argv) { return with_desk("list", list_options, 0, argc, argv, list); }

enum { SHOW_DATA, SHOW_DB, SHOW_JSON };
static const struct cli_option show_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"json", true, "as JSON"},
    {0},
};

static void print_message(const struct message *m) {
    struct local_time at;
    zone_local(zone_utc, m->said_at, &at);
    printf("\n--- %s %lld, %04lld-%02d-%02d %02d:%02d UTC\n", message_kind_name(m->kind), (long long)m->id,
           (long long)at.year, at.month, at.day, at.hour, at.minute);
    printf("From: %.*s <%.*s>\n", STR_FMT(m->from_name), STR_FMT(m->from_address));
    if (m->subject.n) printf("Subject: %.*s\n", STR_FMT(m->subject));
    if (m->problem.n) printf("(%.*s)\n", STR_FMT(m->problem));
    putchar('\n');
    fwrite(m->text.p, 1, m->text.n, stdout);
    putchar('\n');
}

static err show(struct cli_desk *c, const struct cli_args *args) {
    int64_t brand, id;
    TRY(cli_brand(c, &brand));
    TRY(cli_conversation_id(c, brand, args->operand[0], &id));
    struct conversation v;
    message_list said = {0};
    attachment_list files = {0};
    {
        DB_READ_AUTO db_conn *conn = NULL;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_conversation_get(conn, c->arena, brand, id, &v));
        TRY(store_message_list(conn, c->arena, brand, id, 0, 10000, &said));
        TRY(store_attachments_of_conversation(conn, c->arena, brand, id, &files));
    }
    if (!args->value[SHOW_JSON]) {
        printf("%.*s: %.*s\n", STR_FMT(v.customer_name), STR_FMT(v.subject));
        for (size_t i = 0; i < said.n; i++) print_message(&said.v[i]);
        return ERR_NONE;
    }
    BUF_AUTO buf b = BUF_MAX(OUT_MAX);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("conversation"));
    json_conversation(&j, &v);
    json_key(&j, S("messages"));
    json_open_array(&j);
    for (size_t i = 0; i < said.n; i++) json_message(&j, &said.v[i], &files);
    json_close_array(&j);
    json_close_object(&j);
    print_buf(&b);
    return ERR_NONE;
}

int verb_show(int argc, char **argv) { return with_desk("show", show_options, 1, argc, argv, show); }

static const struct cli_option raw_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {0},
};

static err raw(struct cli_desk *c, const struct cli_args *args) {
    int64_t brand, id;
    if (!str_to_int(str_z(args->operand[0]), &id))
        return err_set(ERR_INVALID, "This is not the number of a message.");
    TRY(cli_brand(c, &brand));
    struct raw row;
    str bytes;
    {
        DB_READ_AUTO db_conn *conn = NULL;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_raw_get(conn, c->arena, brand, id, &row));
    }
    TRY(intake_bytes(&c->desk, c->arena, &row, &bytes));
    if (fwrite(bytes.p, 1, bytes.n, stdout) != bytes.n || fflush(stdout))
        return err_set(ERR_IO, "The bytes could not be written.");
    return ERR_NONE;
}

int verb_raw(int argc, char **argv) { return with_desk("raw", raw_options, 1, argc, argv, raw); }

enum { REPLY_DATA, REPLY_DB, REPLY_AS, REPLY_TO, REPLY_CLOSE, REPLY_BECAUSE, REPLY_JSON };
static const struct cli_option reply_options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"as", false, "the address of the agent who writes"},
    {"to", false, "other recipients than who wrote"},
    {"done", true, "the conversation is done with this"},
    {"because", false, "why it goes although the letter check says stop, in one sentence"},
    {"json", true, "as JSON"},
    {0},
};

static err reply(struct cli_desk *c, const struct cli_args *args) {
    struct actor who;
    str text;
    if (!args->value[REPLY_AS]) return err_set(ERR_INVALID, "Who writes? --as EMAIL is needed.");
    TRY(cli_actor(c, args->value[REPLY_AS], &who));
    struct reply_wish wish = {.seen_version = -1,
                              .no_undo = true,
                              .close_after = args->value[REPLY_CLOSE] != NULL,
                              .override = str_z(args->value[REPLY_BECAUSE])};
    TRY(cli_conversation_id(c, who.brand, args->operand[0], &wish.conversation));
    TRY(cli_read_stream(c->arena, STDIN_FILENO, 2 << 20, &text));
    wish.text = str_trim(text);
    struct reply_default standard;
    {
        DB_READ_AUTO db_conn *conn = NULL;
        struct conversation v;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_conversation_get(conn, c->arena, who.brand, wish.conversation, &v));
        TRY(reply_defaults(conn, c->arena, who.brand, &v, &standard));
    }
    wish.to_line = args->value[REPLY_TO] ? str_z(args->value[REPLY_TO]) : standard.to_line;
    wish.subject = standard.subject;
    struct reply_made made;
    remark_list stops = {0};
    wish.stops = &stops;
    err e = reply_send(&c->desk, c->arena, &who, &wish, &made);
    for (size_t i = 0; e && i < stops.n; i++)
        fprintf(stderr, "stop: %.*s\n", STR_FMT(remark_says(c->arena, NULL, &stops.v[i])));
    if (e) return e;
    printf(args->value[REPLY_JSON] ? "{\"message\":\"%lld\"}\n" : "message %lld\n", (long long)made.message);
    return ERR_NONE;
}

int verb_reply(int argc, char **argv) { return with_desk("reply", reply_options, 1, argc, argv, reply); }
