/* backup, restore: the whole desk in one file. The database first, then the objects it names: an object is
 * durable before a row names it and is never changed, so the copy is consistent while the desk runs. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "desk/export.h"
#include "desk/secret.h"
#include "net/archive.h"
#include "net/objects.h"
#include "store/raw.h"

extern char **environ;

/* PostgreSQL's own tools copy PostgreSQL's database; no shell in between. */
static err run_tool(const char *const *argv) {
    pid_t pid;
    int e = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);
    if (e)
        return err_set(ERR_MISSING, "Cannot start %s: %s. It is in the package postgresql-client.", argv[0],
                       strerror(e));
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return err_set(ERR_IO, "Cannot wait for %s: %s.", argv[0], strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(ERR_DATABASE, "%s failed; it said why above.", argv[0]);
    return ERR_NONE;
}

static err copy_database(struct cli_desk *c, str to) {
    if (db_engine_of(c->desk.db) == DB_SQLITE) return db_copy_to(c->desk.db, to);
    const char *argv[] = {"pg_dump",
                          "--format=custom",
                          "--no-owner",
                          "--file",
                          str_cstr(c->arena, to),
                          "--dbname",
                          str_cstr(c->arena, c->config.db),
                          NULL};
    return run_tool(argv);
}

static err add_objects(struct cli_desk *c, archive_out *out) {
    hash_list hashes = {0};
    {
        DB_READ_AUTO db_conn *conn = NULL;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_object_hashes(conn, c->arena, &hashes));
    }
    for (size_t i = 0; i < hashes.n; i++) {
        str path = object_path(c->arena, c->desk.folder, hashes.v[i]);
        str name = str_slice(path, c->desk.folder.n + 1, path.n);
        TRY(archive_add_file(c->arena, out, name, path));
    }
    return ERR_NONE;
}

/* Without it the passwords of mailboxes in the copy open nowhere and have to be typed again. */
static err add_key(struct cli_desk *c, archive_out *out) {
    str path = secret_path(c->arena, c->desk.folder);
    if (access(path.p, F_OK) != 0) return ERR_NONE; /* nothing was ever sealed */
    return archive_add_file(c->arena, out, S("secret.key"), path);
}

static err fill(struct cli_desk *c, archive_out *out, str database, bool with_key) {
    arena *a = c->arena;
    bool sqlite = db_engine_of(c->desk.db) == DB_SQLITE;
    TRY(archive_add_file(a, out, sqlite ? S("desk.db") : S("desk.dump"), database));
    str config;
    err e = file_read(a, str_fmt(a, "%.*s/desk.json", STR_FMT(c->desk.folder)), 1 << 20, &config);
    if (e && e != ERR_MISSING) return e;
    if (!e) TRY(archive_add_bytes(out, S("desk.json"), config));
    if (with_key) TRY(add_key(c, out));
    return add_objects(c, out);
}

static err backup(struct cli_desk *c, str to, bool with_key) {
    arena *a = c->arena;
    str database = str_fmt(a, "%.*s.database", STR_FMT(to));
    unlink(database.p);
    archive_out *out = NULL;
    err e = copy_database(c, database);
    if (!e) e = archive_begin(a, to, &out);
    if (!e) {
        e = fill(c, out, database, with_key);
        if (e)
            archive_drop(out);
        else
            e = archive_finish(a, out);
    }
    unlink(database.p);
    return e;
}

enum { OPT_DATA, OPT_DB, OPT_JSON, OPT_WITHOUT_KEY };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"json", true, "as JSON"},
    {"without-key", true, "of a backup: leave out what opens the passwords of mailboxes"},
    {0},
};

int verb_backup(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("backup"), options, 1, 1, argc, argv, &args, &status)) return status;
    if (access(args.operand[0], F_OK) == 0)
        return cli_fail("backup", "This file exists already; it is left as it is.");
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c) ||
        backup(&c, str_z(args.operand[0]), !args.value[OPT_WITHOUT_KEY]) ||
        copy_made(&c.desk, S("backup"), str_z(args.operand[0])))
        return cli_fail("backup", NULL);
    printf(args.value[OPT_JSON] ? "{\"file\":\"%s\"}\n" : "kept in %s\n", args.operand[0]);
    return EXIT_DONE;
}

/* The dump goes into an empty database of the caller's. */
static err load_dump(struct cli_desk *c, str folder) {
    str dump = str_fmt(c->arena, "%.*s/desk.dump", STR_FMT(folder));
    if (access(dump.p, F_OK) != 0) return ERR_NONE;
    if (!c->config.db.n)
        return err_set(ERR_INVALID, "This backup is of a PostgreSQL desk: say --db postgres://...");
    const char *argv[] = {"pg_restore",
                          "--no-owner",
                          "--exit-on-error",
                          "--single-transaction",
                          "--dbname",
                          str_cstr(c->arena, c->config.db),
                          dump.p,
                          NULL};
    TRY(run_tool(argv));
    unlink(dump.p);
    return ERR_NONE;
}

static err fill_folder(struct cli_desk *c, str to, const char *from, const char *target) {
    TRY(archive_unpack(c->arena, str_z(from), to));
    TRY(cli_config_read(c->arena, to, &c->config));
    if (target) {
        c->config.db = str_z(target);
        TRY(cli_config_write(c->arena, to, &c->config));
    }
    return load_dump(c, to);
}

static err restore(struct cli_desk *c, const char *folder, const char *from, const char *target) {
    arena *a = c->arena;
    str to = str_z(folder);
    if (access(str_fmt(a, "%s/desk.db", folder).p, F_OK) == 0 ||
        access(str_fmt(a, "%s/desk.json", folder).p, F_OK) == 0)
        return err_set(ERR_CONFLICT, "There is a desk in %s already. Restore into an empty folder.", folder);
    TRY(folder_make(a, to));
    err e = fill_folder(c, to, from, target);
    /* Half a desk must not look like one; the next try begins anew. */
    if (e) {
        unlink(str_fmt(a, "%s/desk.json", folder).p);
        unlink(str_fmt(a, "%s/desk.db", folder).p);
        unlink(str_fmt(a, "%s/desk.dump", folder).p);
    }
    return e;
}

int verb_restore(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("restore"), options, 1, 1, argc, argv, &args, &status)) return status;
    const char *folder = args.value[OPT_DATA] ? args.value[OPT_DATA] : "data";
    struct cli_desk c = {.arena = arena_new(0)};
    err e = restore(&c, folder, args.operand[0], args.value[OPT_DB]);
    arena_free(c.arena);
    if (e) return cli_fail("restore", NULL);
    /* Opening it is the proof: the schema fits and the database can be read. */
    CLI_DESK_AUTO struct cli_desk opened;
    if (cli_desk_open(folder, NULL, CLI_MUST_EXIST, &opened)) return cli_fail("restore", NULL);
    printf(args.value[OPT_JSON] ? "{\"folder\":\"%s\"}\n" : "restored into %s\n", folder);
    return EXIT_DONE;
}
