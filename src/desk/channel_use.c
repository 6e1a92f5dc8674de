/* An account in use: opened, locked, its tokens kept. */
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "desk/channel_own.h"
#include "desk/secret.h"

/* ---- one thread at a time ---- */

struct held {
    int64_t brand, inbox;
    struct held *next;
};
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static struct held *all_held;

static bool take(int64_t brand, int64_t inbox) {
    bool free_now = true;
    pthread_mutex_lock(&held_lock);
    for (const struct held *h = all_held; h && free_now; h = h->next)
        free_now = h->brand != brand || h->inbox != inbox;
    if (free_now) {
        struct held *mine = memory_take(sizeof *mine);
        *mine = (struct held){brand, inbox, all_held};
        all_held = mine;
    }
    pthread_mutex_unlock(&held_lock);
    return free_now;
}

static void give(int64_t brand, int64_t inbox) {
    pthread_mutex_lock(&held_lock);
    for (struct held **at = &all_held; *at; at = &(*at)->next) {
        struct held *h = *at;
        if (h->brand != brand || h->inbox != inbox) continue;
        *at = h->next;
        free(h);
        break;
    }
    pthread_mutex_unlock(&held_lock);
}

/* ---- its secret ---- */

static struct secret_use use_of(int64_t brand, str server) {
    return (struct secret_use){"social account", brand, server};
}

err channel_seal(const struct desk *d, arena *a, const struct social_account *account,
                 struct store_channel *row) {
    struct secret_use use = use_of(row->brand_id, account->server);
    row->server = account->server;
    row->account = account->account;
    row->account_id = account->id;
    row->limits = account->limits;
    return secret_seal(d, a, &use, account->secret, &row->secret);
}

err channel_unseal(const struct desk *d, arena *a, const struct store_channel *row,
                   struct social_account *account) {
    struct secret_use use = use_of(row->brand_id, row->server);
    *account = (struct social_account){
        .server = row->server, .account = row->account, .id = row->account_id, .limits = row->limits};
    if (!social_kind_from(row->kind, &account->kind))
        return err_set(ERR_INTERNAL, "\"%.*s\" is no network.", STR_FMT(row->kind));
    return secret_open(d, a, &use, row->secret, &account->secret);
}

struct renewing {
    struct channel_use *use;
    str sealed;
    bool same;
};

static err write_secret(db_conn *c, void *arg) {
    struct renewing *r = arg;
    const struct store_channel *row = &r->use->row;
    return store_channel_secret(c, row->brand_id, row->inbox_id, row->version, r->sealed, &r->same);
}

static err keep_secret(void *context, str secret) {
    struct channel_use *use = context;
    struct secret_use what = use_of(use->row.brand_id, use->row.server);
    struct renewing r = {use, {0}, false};
    TRY(secret_seal(use->desk, use->arena, &what, secret, &r.sealed));
    TRY(db_write(use->desk->db, write_secret, &r));
    if (!r.same) return err_set(ERR_CONFLICT, "The account was connected anew meanwhile.");
    return ERR_NONE;
}

static err latest_secret(void *context, arena *a, str *ret_secret) {
    const struct channel_use *use = context;
    struct store_channel row;
    struct social_account account;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(use->desk->db, &c));
    TRY(store_channel_get(c, a, use->row.brand_id, use->row.inbox_id, &row));
    if (row.version != use->row.version)
        return err_set(ERR_CONFLICT, "The account was connected anew meanwhile.");
    TRY(channel_unseal(use->desk, a, &row, &account));
    *ret_secret = account.secret;
    return ERR_NONE;
}

/* ---- opening ---- */

err channel_network(str kind, const struct social_network **ret) {
    social_kind k;
    const struct social_network *network = social_kind_from(kind, &k) ? social_network_of(k) : NULL;
    if (!network) return err_set(ERR_INVALID, "Choose the network the account is on.");
    *ret = network;
    return ERR_NONE;
}

static err load(struct channel_use *use, int64_t brand, int64_t inbox) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(use->desk->db, &c));
    err e = store_channel_get(c, use->arena, brand, inbox, &use->row);
    if (e == ERR_MISSING) return err_set(ERR_MISSING, "The account is not connected any more.");
    TRY(e);
    if (use->row.paused_at || use->row.inbox_disabled_at)
        return err_set(ERR_CONFLICT, "The account is paused.");
    return ERR_NONE;
}

err channel_open(struct desk *d, arena *a, int64_t brand, int64_t inbox, struct channel_use *use) {
    *use = (struct channel_use){.desk = d, .arena = a};
    if (!take(brand, inbox)) return err_set(ERR_BUSY, "The account is in use at this moment.");
    use->held = true;
    use->row.brand_id = brand;
    use->row.inbox_id = inbox;
    err e = load(use, brand, inbox);
    if (!e) e = channel_network(use->row.kind, &use->network);
    if (!e) e = channel_unseal(d, a, &use->row, &use->account);
    if (e) {
        give(brand, inbox);
        use->held = false;
        return e;
    }
    use->account.renewed = keep_secret;
    use->account.latest = latest_secret;
    use->account.renewed_context = use;
    use->call = (struct social_call){
        .arena = a, .account = &use->account, .clock = d->clock, .inside = d->posts_inside};
    return ERR_NONE;
}

void channel_close(struct channel_use *use) {
    if (use->held) give(use->row.brand_id, use->row.inbox_id);
    use->held = false;
}

struct social_limits channel_limits(const struct store_channel *row) {
    const struct social_network *network;
    struct social_account account = {
        .server = row->server, .account = row->account, .id = row->account_id, .limits = row->limits};
    if (channel_network(row->kind, &network)) return (struct social_limits){0};
    account.kind = network->kind;
    return network->limits(&account);
}
