/* cli: what the verbs of the command line share. Exit status 0 done, 1 failed, 2 misuse. */
#ifndef LONGHAND_CLI_CLI_H
#define LONGHAND_CLI_CLI_H

#include "desk/desk.h"
#include "format/mime.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSE = 2 };

struct verb {
    const char *name, *takes, *does;
    int (*run)(int argc, char **argv); /* argv[0] is the verb */
};
extern const struct verb cli_verbs[];
extern const int cli_verbs_n;

/* Options of a verb, `--name VALUE` or `--name=VALUE`, flags `--name`; what is left are operands in order.
 * `--help` prints usage and leads to EXIT_DONE; a mistake prints what is wrong and leads to EXIT_MISUSE. */
struct cli_option {
    const char *name; /* without the dashes */
    bool is_flag;
    const char *help;
};
struct cli_args {
    const char *value[16]; /* by index of the option table; NULL when not given; "" for a flag given */
    const char *operand[8];
    int operands;
};
/* False when the verb is to return *ret_status at once. `options` ends with a NULL name. */
bool cli_parse(const struct verb *verb, const struct cli_option *options, int operands_min, int operands_max,
               int argc, char **argv, struct cli_args *ret_args, int *ret_status);

const struct verb *cli_verb(const char *name); /* NULL when there is none */

/* What stands in DATA/desk.json: written by setup, read by every verb. */
struct cli_config {
    str db;         /* "" for SQLite in the data folder, else postgres://... */
    str http, lmtp; /* listen addresses */
    str public_url;
    str proxy;         /* address of the reverse proxy in front, or "" */
    str clamd;         /* where a virus scanner listens (net/clamd.h), or "" */
    str metrics_token; /* what monitoring sends as bearer token for /metrics, or "" for no figures */
    bool posts_inside; /* webhooks may reach private networks, and http: */
    /* Letters by SMTP from relays (cli/relay.h): where to listen, or "" for nowhere; "required" or "never";
     * PEM files; addresses and networks. */
    str smtp, smtp_tls, smtp_cert, smtp_key;
    str_list smtp_relays;
};
err cli_config_read(arena *a, str folder,
                    struct cli_config *ret_config); /* defaults where there is no file */
err cli_config_write(arena *a, str folder, const struct cli_config *config);

/* A desk over the data folder: opens the database and brings the schema up to date. ERR_CONFLICT when a newer
 * program made it. `db_target` "" means what the configuration says. */
struct cli_desk {
    struct desk desk;
    struct cli_config config;
    arena *arena;
};
/* flags. MUST_EXIST: ERR_MISSING when the data folder has no desk yet. NO_MIGRATE: the schema is left as it
 * is. */
enum { CLI_MUST_EXIST = 1, CLI_NO_MIGRATE = 2 };
err cli_desk_open(const char *folder, const char *db_target, int flags, struct cli_desk *ret);
void cli_desk_close(struct cli_desk *c);
void cli_desk_closep(struct cli_desk *c);
#define CLI_DESK_AUTO __attribute__((cleanup(cli_desk_closep)))

/* The schema changes embedded in the program. */
struct db_migration;
err cli_migrations(arena *a, struct db_migration **ret_list, size_t *ret_n);

/* "longhand VERB: sentence" on stderr; returns EXIT_FAILED. With a NULL sentence the last error's. */
int cli_fail(const char *verb, const char *sentence);
int cli_misuse(const char *verb, const char *sentence);

/* All of a stream, at most `max` bytes. */
err cli_read_stream(arena *a, int fd, size_t max, str *ret_bytes);

/* Whose brand, for verbs that act as an agent: the first brand in which the account with this address may
 * write. ERR_MISSING with a sentence otherwise. */
err cli_actor(struct cli_desk *c, const char *email, struct actor *ret_actor);
/* The only brand, or the first; ERR_MISSING when there is none. */
err cli_brand(struct cli_desk *c, int64_t *ret_brand);
/* A conversation by id or number, as people paste it. */
err cli_conversation_id(struct cli_desk *c, int64_t brand, const char *text, int64_t *ret_id);

int verb_serve(int argc, char **argv);
int verb_setup(int argc, char **argv);
int verb_deliver(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_raw(int argc, char **argv);
int verb_reply(int argc, char **argv);
int verb_listen(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_agent(int argc, char **argv);
int verb_fetch(int argc, char **argv);
int verb_import_catalogue(int argc, char **argv);
int verb_import(int argc, char **argv);
int verb_export(int argc, char **argv);
int verb_forget(int argc, char **argv);
int verb_token(int argc, char **argv);
int verb_jobs(int argc, char **argv);
int verb_backup(int argc, char **argv);
int verb_restore(int argc, char **argv);
int verb_migrate(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_reindex(int argc, char **argv);
int verb_routes(int argc, char **argv);
int verb_demo(int argc, char **argv);
int verb_version(int argc, char **argv);
int verb_reader(int argc, char **argv);

#endif
