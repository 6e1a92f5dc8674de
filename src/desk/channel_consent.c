/* OAuth: a person allows the desk to use an account, on the network's own page. */
#include "base/random.h"
#include "desk/channel_own.h"
#include "desk/check.h"
#include "desk/roles.h"
#include "desk/secret.h"
#include "store/agent.h"
#include "store/inbox.h"

str channel_client_id(const struct desk *d, arena *a) {
    return str_fmt(a, "%.*s/social/client.json", STR_FMT(d->public_url));
}

str channel_redirect_url(const struct desk *d, arena *a) {
    return str_fmt(a, "%.*s/social/consent", STR_FMT(d->public_url));
}

err channel_client_document(const struct desk *d, arena *a, social_kind kind, str *ret_json) {
    const struct social_network *network = social_network_of(kind);
    if (!network || !network->client_document)
        return err_set(ERR_MISSING, "This network asks for no such document.");
    *ret_json =
        network->client_document(a, channel_client_id(d, a), channel_redirect_url(d, a), S("Longhand"));
    return ERR_NONE;
}

struct consent {
    struct desk *desk;
    arena *arena;
    int64_t brand, inbox, account;
    const struct social_network *network;
    struct social_sign_in typed;
    struct social_account social;
    struct store_channel row;
    str pending, hash, name;
    int64_t now;
};

/* A consent is sealed for the one account that asked for it. */
static struct secret_use use_of(const struct consent *x) {
    return (struct secret_use){"social consent", x->brand, str_z(x->network->title)};
}

static struct social_call call_of(struct consent *x) {
    x->social.kind = x->network->kind;
    return (struct social_call){
        .arena = x->arena, .account = &x->social, .clock = x->desk->clock, .inside = x->desk->posts_inside};
}

static str hash_of(arena *a, str state) { return content_hash(a, state); }

static err write_asked(db_conn *c, void *arg) {
    struct consent *x = arg;
    struct store_channel row;
    if (x->inbox) {
        TRY(store_channel_get(c, x->arena, x->brand, x->inbox, &row));
    } else {
        struct social_account shown = {.account = x->typed.account};
        row = (struct store_channel){.brand_id = x->brand,
                                     .kind = str_z(social_kind_text(x->network->kind)),
                                     .server = x->typed.server,
                                     .account = x->typed.account};
        TRY(channel_insert_in(c, x->arena, &row, channel_address(x->arena, x->network, &shown), x->name, true,
                              x->now));
    }
    row.pending = x->pending;
    row.pending_hash = x->hash;
    row.pending_by = x->account;
    row.pending_at = x->now;
    return store_channel_connect(c, &row);
}

err channel_consent_ask(struct desk *d, arena *a, const struct actor *who, int64_t account, int64_t inbox,
                        const struct channel_form *form, str *ret_url) {
    struct consent x = {
        .desk = d, .arena = a, .brand = who->brand, .inbox = inbox, .account = account, .now = desk_now(d)};
    struct channel_form typed = *form;
    struct social_report report = {0};
    str state = token_new(a), pending;
    if (inbox) {
        TRY(channel_get(d, a, who->brand, inbox, &x.row));
        typed.kind = x.row.kind;
        if (!typed.account.n) typed.account = x.row.account;
        if (!typed.server.n) typed.server = x.row.server;
    }
    TRY(channel_network(typed.kind, &x.network));
    if (!x.network->consent_begin)
        return err_set(ERR_INVALID, "This network is connected with a password or a token.");
    TRY(check_line_or_empty("The server", typed.server, 300, &x.typed.server));
    TRY(check_line("The account", typed.account, 300, &x.typed.account));
    TRY(check_line_or_empty("The name of the inbox", typed.name, CHECK_NAME_BYTES, &x.name));
    if (str_starts(x.typed.account, S("@")))
        x.typed.account = str_slice(x.typed.account, 1, x.typed.account.n);
    struct social_call call = call_of(&x);
    TRY(x.network->consent_begin(&call, &x.typed, channel_client_id(d, a), channel_redirect_url(d, a), state,
                                 ret_url, &pending, &report));
    TRY(channel_verdict(&report));
    struct secret_use use = use_of(&x);
    TRY(secret_seal(d, a, &use, pending, &x.pending));
    x.hash = hash_of(a, state);
    return db_write(d->db, write_asked, &x);
}

static err write_done(db_conn *c, void *arg) {
    struct consent *x = arg;
    struct store_channel row;
    TRY(store_channel_get(c, x->arena, x->brand, x->inbox, &row));
    if (!str_eq(row.pending_hash, x->hash))
        return err_set(ERR_CONFLICT, "This consent was used already. Begin again.");
    if (row.account_id.n && !str_eq(row.account_id, x->social.id))
        return err_set(ERR_CONFLICT, "Consent was given for another account. Sign out there and try again.");
    row.server = x->row.server;
    row.account = x->row.account;
    row.account_id = x->row.account_id;
    row.secret = x->row.secret;
    row.limits = x->row.limits;
    row.pending = row.pending_hash = row.says = S("");
    row.pending_by = row.pending_at = row.failures = row.next_at = row.paused_at = 0;
    row.state = CHANNEL_IS_NEW;
    row.contact_at = x->now;
    TRY(store_channel_connect(c, &row));
    return channel_connected_in(c, x->arena, x->brand, x->inbox, x->network, &x->social, x->now);
}

/* Whoever asked may have lost the right meanwhile. */
static err still_may(db_conn *c, struct consent *x) {
    struct store_agent agent;
    enum role role;
    err e = store_agent_by_account(c, x->arena, x->row.brand_id, x->account, &agent);
    if (e && e != ERR_MISSING) return e;
    if (!e && !agent.disabled_at && role_from(agent.role, &role) && role_may(role, RIGHT_ADMIN))
        return ERR_NONE;
    return err_set(ERR_MISSING, "Nobody asked for this consent from here. Begin again.");
}

static err find_asked(struct consent *x) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->desk->db, &c));
    err e = store_channel_by_pending(c, x->arena, x->hash, &x->row);
    if (e == ERR_MISSING || (!e && x->row.pending_by != x->account))
        return err_set(ERR_MISSING, "Nobody asked for this consent from here. Begin again.");
    TRY(e);
    TRY(still_may(c, x));
    if (x->row.pending_at + CHANNEL_CONSENT_MS < x->now)
        return err_set(ERR_CONFLICT, "The consent took longer than a quarter of an hour. Begin again.");
    x->brand = x->row.brand_id;
    x->inbox = x->row.inbox_id;
    return channel_network(x->row.kind, &x->network);
}

err channel_consent_done(struct desk *d, arena *a, int64_t account, str state, str query, int64_t *ret_brand,
                         int64_t *ret_inbox) {
    struct consent x = {.desk = d, .arena = a, .account = account, .now = desk_now(d)};
    struct social_report report = {0};
    str pending;
    x.hash = hash_of(a, state);
    TRY(find_asked(&x));
    *ret_brand = x.brand;
    *ret_inbox = x.inbox;
    struct secret_use use = use_of(&x);
    TRY(secret_open(d, a, &use, x.row.pending, &pending));
    struct social_call call = call_of(&x);
    TRY(x.network->consent_end(&call, pending, query, &report));
    TRY(channel_verdict(&report));
    TRY(channel_seal(d, a, &x.social, &x.row));
    TRY(db_write(d->db, write_done, &x));
    desk_changed(d, x.brand, 0, "inbox");
    desk_work(d);
    return ERR_NONE;
}
