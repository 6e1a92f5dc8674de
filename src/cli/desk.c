#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/heart.h"
#include "desk/people.h"
#include "format/json.h"
#include "net/objects.h"
#include "store/brand.h"
#include "store/conversation.h"

static str config_path(arena *a, str folder) { return str_fmt(a, "%.*s/desk.json", STR_FMT(folder)); }

/* What is no text becomes "", which no reader of the list takes. */
static void take_list(arena *a, const json_t *root, const char *name, str_list *ret) {
    const json_t *array = json_object_get(root, name);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *one = json_array_get(array, i);
        const char *text = json_string_value(one);
        *list_add(a, ret) = text ? str_copy(a, (str){text, json_string_length(one)}) : S("");
    }
}

static void write_smtp(struct json_out *j, const struct cli_config *config) {
    if (!config->smtp.n) return;
    json_key(j, S("smtp")), json_str(j, config->smtp);
    json_key(j, S("smtp_tls")), json_str(j, config->smtp_tls);
    json_key(j, S("smtp_cert")), json_str(j, config->smtp_cert);
    json_key(j, S("smtp_key")), json_str(j, config->smtp_key);
    json_key(j, S("smtp_relays"));
    json_open_array(j);
    for (size_t i = 0; i < config->smtp_relays.n; i++) json_str(j, config->smtp_relays.v[i]);
    json_close_array(j);
}

err cli_config_read(arena *a, str folder, struct cli_config *ret_config) {
    struct cli_config config = {
        .db = S(""),
        .http = S("127.0.0.1:8080"),
        .lmtp = S("127.0.0.1:2424"),
        .public_url = S("http://127.0.0.1:8080"),
        .proxy = S(""),
        .clamd = S(""),
        .metrics_token = S(""),
        .smtp = S(""),
        .smtp_tls = S("required"),
        .smtp_cert = S(""),
        .smtp_key = S(""),
    };
    str text;
    err e = file_read(a, config_path(a, folder), 64 * 1024, &text);
    if (e && e != ERR_MISSING) return e;
    if (!e) {
        JSON_AUTO json_t *root = NULL;
        TRY(json_read(text, &root));
        const struct {
            const char *name;
            str *to;
        } members[] = {{"db", &config.db},
                       {"http", &config.http},
                       {"lmtp", &config.lmtp},
                       {"public_url", &config.public_url},
                       {"proxy", &config.proxy},
                       {"clamd", &config.clamd},
                       {"metrics_token", &config.metrics_token},
                       {"smtp", &config.smtp},
                       {"smtp_tls", &config.smtp_tls},
                       {"smtp_cert", &config.smtp_cert},
                       {"smtp_key", &config.smtp_key}};
        for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
            str value;
            if (json_take_str(root, members[i].name, &value)) *members[i].to = str_copy(a, value);
        }
        json_take_bool(root, "posts_inside", &config.posts_inside);
        take_list(a, root, "smtp_relays", &config.smtp_relays);
    }
    *ret_config = config;
    return ERR_NONE;
}

err cli_config_write(arena *a, str folder, const struct cli_config *config) {
    BUF_AUTO buf b = BUF_MAX(64 * 1024);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("db")), json_str(&j, config->db);
    json_key(&j, S("http")), json_str(&j, config->http);
    json_key(&j, S("lmtp")), json_str(&j, config->lmtp);
    json_key(&j, S("public_url")), json_str(&j, config->public_url);
    json_key(&j, S("proxy")), json_str(&j, config->proxy);
    if (config->clamd.n) json_key(&j, S("clamd")), json_str(&j, config->clamd);
    if (config->metrics_token.n) json_key(&j, S("metrics_token")), json_str(&j, config->metrics_token);
    if (config->posts_inside) json_key(&j, S("posts_inside")), json_bool(&j, true);
    write_smtp(&j, config);
    json_close_object(&j);
    buf_add_char(&b, '\n');
    /* The database's address may hold a password. */
    return file_write(a, config_path(a, folder), buf_str(&b), 0600);
}

err cli_migrations(arena *a, struct db_migration **ret_list, size_t *ret_n) {
    size_t all_n, n = 0;
    const struct embedded_file *all = embedded_all(&all_n);
    struct db_migration *list = arena_array(a, all_n, sizeof *list);
    for (size_t i = 0; i < all_n; i++) {
        str path = str_z(all[i].path);
        if (!str_starts(path, S("schema/")) || !str_ends(path, S(".sql"))) continue;
        str name = str_slice(path, 7, path.n - 4);
        int engine = -1;
        if (str_ends(name, S(".sqlite"))) engine = DB_SQLITE;
        if (str_ends(name, S(".postgres"))) engine = DB_POSTGRES;
        size_t dot = str_find_char(name, '.', 0);
        list[n++] =
            (struct db_migration){str_cstr(a, str_slice(name, 0, dot)), engine, (const char *)all[i].bytes};
    }
    *ret_list = list;
    *ret_n = n;
    return ERR_NONE;
}

static err open_database(arena *a, struct cli_desk *c, int flags) {
    str target = c->config.db;
    if (!target.n) target = str_fmt(a, "%.*s/desk.db", STR_FMT(c->desk.folder));
    bool file = !str_starts(target, S("postgres"));
    if (file && (flags & CLI_MUST_EXIST) && access(str_cstr(a, target), F_OK) != 0)
        return err_set(ERR_MISSING, "There is no desk in %.*s. Run `longhand setup --data %.*s` first.",
                       STR_FMT(c->desk.folder), STR_FMT(c->desk.folder));
    TRY(db_open(&(struct db_options){.target = target}, &c->desk.db));
    if (flags & CLI_NO_MIGRATE) return ERR_NONE;
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    TRY(cli_migrations(a, &list, &n));
    return db_migrate(c->desk.db, list, n, desk_now(&c->desk), false, &report);
}

err cli_desk_open(const char *folder, const char *db_target, int flags, struct cli_desk *ret) {
    *ret = (struct cli_desk){.arena = arena_new(1 << 30)};
    arena *a = ret->arena;
    char *full = realpath(folder ? folder : "data", NULL);
    str path = str_copy(a, str_z(full ? full : folder ? folder : "data"));
    free(full);
    err e = ERR_NONE;
    if (!(flags & CLI_MUST_EXIST)) {
        e = folder_make(a, path);
        full = e ? NULL : realpath(str_cstr(a, path), NULL);
        if (full) path = str_copy(a, str_z(full));
        free(full);
    }
    ret->desk.folder = path;
    if (!e) e = cli_config_read(a, path, &ret->config);
    if (!e && db_target) ret->config.db = str_copy(a, str_z(db_target));
    if (!e) e = open_database(a, ret, flags);
    ret->desk.public_url = ret->config.public_url;
    ret->desk.proxy = ret->config.proxy;
    ret->desk.clamd = ret->config.clamd;
    ret->desk.metrics_token = ret->config.metrics_token;
    ret->desk.posts_inside = ret->config.posts_inside;
    if (e) cli_desk_close(ret);
    return e;
}

void cli_desk_close(struct cli_desk *c) {
    heart_close(&c->desk);
    db_close(c->desk.db);
    c->desk.db = NULL;
    arena_free(c->arena);
    c->arena = NULL;
}

void cli_desk_closep(struct cli_desk *c) { cli_desk_close(c); }

err cli_read_stream(arena *a, int fd, size_t max, str *ret_bytes) {
    BUF_AUTO buf b = BUF_MAX(max);
    for (;;) {
        char piece[65536];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set(ERR_IO, "Cannot read the input: %s.", strerror(errno));
        if (got == 0) break;
        buf_add(&b, (str){piece, (size_t)got});
        if (!buf_ok(&b)) return err_set(ERR_LIMIT, "The input is larger than %zu bytes.", max);
    }
    *ret_bytes = str_copy(a, buf_str(&b));
    return ERR_NONE;
}

static err brands_of(struct cli_desk *c, store_brand_list *ret) {
    DB_READ_AUTO db_conn *conn = NULL;
    TRY(db_read_begin(c->desk.db, &conn));
    TRY(store_brand_list_all(conn, c->arena, ret));
    return ret->n ? ERR_NONE : err_set(ERR_MISSING, "No brand is set up yet. Run `longhand setup` first.");
}

err cli_brand(struct cli_desk *c, int64_t *ret_brand) {
    store_brand_list brands = {0};
    TRY(brands_of(c, &brands));
    *ret_brand = brands.v[0].id;
    return ERR_NONE;
}

err cli_actor(struct cli_desk *c, const char *email, struct actor *ret_actor) {
    store_brand_list brands = {0};
    TRY(brands_of(c, &brands));
    for (size_t i = 0; i < brands.n; i++) {
        struct store_agent agent;
        err e = people_by_email(&c->desk, c->arena, brands.v[i].id, str_z(email), &agent);
        if (e == ERR_MISSING) continue;
        TRY(e);
        enum role role;
        if (!role_from(agent.role, &role) || !role_may(role, RIGHT_WRITE)) continue;
        *ret_actor = (struct actor){brands.v[i].id, agent.id, agent.name};
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "Nobody with the address %s may answer letters here.", email);
}

err cli_conversation_id(struct cli_desk *c, int64_t brand, const char *text, int64_t *ret_id) {
    int64_t n;
    if (!str_to_int(str_z(text), &n) || n <= 0)
        return err_set(ERR_INVALID, "\"%s\" is not the number of a conversation.", text);
    DB_READ_AUTO db_conn *conn = NULL;
    TRY(db_read_begin(c->desk.db, &conn));
    struct conversation v;
    /* Ids begin beyond 2^41; numbers of people's conversations never get there. */
    if (n < (1LL << 41))
        TRY(store_conversation_by_number(conn, c->arena, brand, n, &v));
    else
        TRY(store_conversation_get(conn, c->arena, brand, n, &v));
    *ret_id = v.id;
    return ERR_NONE;
}
