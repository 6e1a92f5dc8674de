/* Getting into a mailbox: passwords, tokens, consent, and trying it out; see fetch.h. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/random.h"
#include "desk/fetch_own.h"
#include "desk/roles.h"
#include "store/agent.h"

enum {
    TOKEN_AHEAD_MS = 5 * MINUTE_MS, /* a token that ends sooner is replaced first */
    TOKEN_SECONDS = 3600,           /* where the provider does not tell */
    CODE_BYTES = 4096,
    PROBES = 2, /* at once: each holds a thread of the pages */
};

/* ---- tokens ---- */

err fetch_client_of(const struct desk *d, arena *a, const struct store_fetch *f, struct oauth_client *ret) {
    const struct oauth_provider *p = oauth_provider_named(f->provider);
    struct oauth_client client = {.authorize_url = f->authorize_url,
                                  .token_url = f->token_url,
                                  .scope = f->scope,
                                  .more = p ? str_z(p->more) : S(""),
                                  .id = f->client_id,
                                  .redirect_url = fetch_redirect_url(d, a),
                                  .inside = d->posts_inside};
    struct secret_use use = fetch_use_client(f);
    TRY(secret_open(d, a, &use, f->client_secret, &client.secret));
    *ret = client;
    return ERR_NONE;
}

struct tokens {
    arena *a;
    const struct store_fetch *read; /* when they were asked for */
    struct store_fetch f;           /* with them */
};

/* Whoever asked may have waited for the provider, and something newer was kept meanwhile. */
static err write_renewed(db_conn *c, void *arg) {
    const struct tokens *t = arg;
    bool done;
    TRY(store_fetch_renew_access(c, &t->f, t->read->refresh_token, &done));
    return done ? ERR_NONE : err_set(ERR_BUSY, "The consent for this mailbox changed meanwhile.");
}

static err settings_changed(void) {
    return err_set(ERR_CONFLICT, "The settings of this mailbox changed meanwhile. Ask for consent again.");
}

static err write_consented(db_conn *c, void *arg) {
    const struct tokens *t = arg;
    const struct store_fetch *f = &t->f;
    struct store_fetch now;
    TRY(store_fetch_get(c, t->a, f->brand_id, f->inbox_id, &now));
    struct secret_use asked = fetch_use_verifier(t->a, t->read), present = fetch_use_verifier(t->a, &now);
    if (!str_eq(asked.where, present.where)) return settings_changed();
    TRY(store_fetch_set_access(c, f->brand_id, f->inbox_id, f->access_token, f->access_expires_at,
                               f->refresh_token, f->refresh_expires_at));
    return store_fetch_touch(c, f->brand_id, f->inbox_id);
}

err fetch_keep_tokens(const struct desk *d, arena *a, const struct store_fetch *f,
                      const struct oauth_tokens *t, bool begin_anew) {
    int64_t now = desk_now(d), seconds = t->access_seconds ? t->access_seconds : TOKEN_SECONDS;
    struct tokens x = {a, f, *f};
    x.f.access_expires_at = now + seconds * SECOND_MS;
    struct secret_use use = fetch_use_token(a, f);
    TRY(secret_seal(d, a, &use, t->access, &x.f.access_token));
    if (t->refresh.n) TRY(secret_seal(d, a, &use, t->refresh, &x.f.refresh_token));
    if (t->refresh_seconds)
        x.f.refresh_expires_at = now + t->refresh_seconds * SECOND_MS;
    else if (begin_anew)
        x.f.refresh_expires_at = 0;
    return db_write(d->db, begin_anew ? write_consented : write_renewed, &x);
}

/* One refresh of a mailbox at a time: a provider that gives a new refresh token each time takes two with the
 * old one for theft, and ends the consent. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct renewal {
        int64_t inbox;
        struct renewal *next;
    } * under_way;
} renewals = {.lock = PTHREAD_MUTEX_INITIALIZER, .ended = PTHREAD_COND_INITIALIZER};

static bool is_renewed(int64_t inbox) {
    for (const struct renewal *r = renewals.under_way; r; r = r->next)
        if (r->inbox == inbox) return true;
    return false;
}

static void renewal_begin(struct renewal *r) {
    pthread_mutex_lock(&renewals.lock);
    while (is_renewed(r->inbox)) pthread_cond_wait(&renewals.ended, &renewals.lock);
    r->next = renewals.under_way;
    renewals.under_way = r;
    pthread_mutex_unlock(&renewals.lock);
}

static void renewal_end(struct renewal *r) {
    pthread_mutex_lock(&renewals.lock);
    struct renewal **at = &renewals.under_way;
    while (*at != r) at = &(*at)->next;
    *at = r->next;
    pthread_cond_broadcast(&renewals.ended);
    pthread_mutex_unlock(&renewals.lock);
}

static bool has_access(const struct desk *d, const struct store_fetch *f) {
    return f->access_token.n && f->access_expires_at > desk_now(d) + TOKEN_AHEAD_MS;
}

/* `f` as it is once it is our turn. */
static err renew(const struct desk *d, arena *a, struct store_fetch *f, str *ret_bearer) {
    TRY(fetch_get(d, a, f->brand_id, f->inbox_id, f));
    struct secret_use use = fetch_use_token(a, f);
    if (has_access(d, f)) return secret_open(d, a, &use, f->access_token, ret_bearer);
    if (!f->refresh_token.n)
        return err_set(ERR_DENIED,
                       "Nobody has consented yet that this desk reads the mailbox. Ask for consent on the "
                       "page of its inbox.");
    struct oauth_client client;
    struct oauth_tokens t;
    str refresh;
    TRY(secret_open(d, a, &use, f->refresh_token, &refresh));
    TRY(fetch_client_of(d, a, f, &client));
    TRY(oauth_refresh(a, &client, refresh, &t));
    TRY(fetch_keep_tokens(d, a, f, &t, false));
    *ret_bearer = t.access;
    return ERR_NONE;
}

static err bearer_of(const struct desk *d, arena *a, struct store_fetch *f, str *ret_bearer) {
    struct secret_use use = fetch_use_token(a, f);
    if (has_access(d, f)) return secret_open(d, a, &use, f->access_token, ret_bearer);
    struct renewal r = {.inbox = f->inbox_id};
    renewal_begin(&r);
    err e = renew(d, a, f, ret_bearer);
    renewal_end(&r);
    return e;
}

/* version 0: any. */
static err log_in(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t version,
                  struct imap_login *ret_login) {
    struct store_fetch f;
    str bearer = S(""), password = S("");
    TRY(fetch_get(d, a, brand, inbox, &f));
    if (version && f.version != version) return fetch_changed_meanwhile();
    struct secret_use use = fetch_use_password(&f);
    if (str_eq(f.sign_in, S("oauth")))
        TRY(bearer_of(d, a, &f, &bearer));
    else
        TRY(secret_open(d, a, &use, f.password, &password));
    if (version && f.version != version) return fetch_changed_meanwhile();
    struct imap_login login = {.host = f.host,
                               .port = (int)f.port,
                               .tls = str_eq(f.tls, S("never"))      ? IMAP_TLS_NEVER
                                      : str_eq(f.tls, S("required")) ? IMAP_TLS_REQUIRED
                                                                     : IMAP_TLS_IMPLICIT,
                               .user = f.user,
                               .password = password,
                               .bearer = bearer,
                               .ca_file = f.ca_file,
                               .inside = d->posts_inside};
    *ret_login = login;
    return ERR_NONE;
}

err fetch_login(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct imap_login *ret_login) {
    return log_in(d, a, brand, inbox, 0, ret_login);
}

err fetch_login_as(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t version,
                   struct imap_login *ret_login) {
    if (version <= 0) return fetch_changed_meanwhile();
    return log_in(d, a, brand, inbox, version, ret_login);
}

/* ---- consent ---- */

str fetch_redirect_url(const struct desk *d, arena *a) {
    return str_fmt(a, "%.*s/consent", STR_FMT(d->public_url));
}

struct asking {
    struct store_fetch_consent row;
    str hash;
};

static err write_asking(db_conn *c, void *arg) {
    const struct asking *x = arg;
    TRY(store_fetch_consent_sweep(c, x->row.created_at - FETCH_CONSENT_MS));
    return store_fetch_consent_put(c, &x->row, x->hash);
}

err fetch_consent_ask(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int64_t account,
                      str *ret_url) {
    struct store_fetch f;
    struct oauth_client client;
    TRY(fetch_get(d, a, brand, inbox, &f));
    if (!str_eq(f.sign_in, S("oauth")))
        return err_set(ERR_INVALID, "This mailbox is entered by password; it needs no consent.");
    TRY(fetch_client_of(d, a, &f, &client));
    str state = token_new(a), verifier = oauth_verifier(a), url;
    struct asking x = {
        .row = {.brand_id = brand, .inbox_id = inbox, .account_id = account, .created_at = desk_now(d)},
        .hash = token_hash(a, state)};
    struct secret_use use = fetch_use_verifier(a, &f);
    TRY(secret_seal(d, a, &use, verifier, &x.row.verifier));
    TRY(oauth_link(a, &client, state, verifier, f.user, &url));
    TRY(db_write(d->db, write_asking, &x));
    *ret_url = url;
    return ERR_NONE;
}

struct taking {
    arena *a;
    str hash;
    struct store_fetch_consent row;
};

static err write_taking(db_conn *c, void *arg) {
    struct taking *x = arg;
    return store_fetch_consent_take(c, x->a, x->hash, &x->row);
}

static err exchange(const struct desk *d, arena *a, const struct store_fetch_consent *row, str code) {
    struct store_fetch f;
    struct oauth_client client;
    struct oauth_tokens t;
    str verifier;
    TRY(fetch_get(d, a, row->brand_id, row->inbox_id, &f));
    struct secret_use use = fetch_use_verifier(a, &f);
    err e = secret_open(d, a, &use, row->verifier, &verifier);
    if (e == ERR_DENIED) return settings_changed();
    TRY(e);
    TRY(fetch_client_of(d, a, &f, &client));
    TRY(oauth_exchange(a, &client, code, verifier, &t));
    if (!t.refresh.n)
        return err_set(ERR_INVALID,
                       "The provider lets this desk in only once. Take back its consent in the account "
                       "at the provider, then ask again.");
    return fetch_keep_tokens(d, a, &f, &t, true);
}

/* They may have lost the right since they asked. */
static err must_administer(const struct desk *d, arena *a, int64_t brand, int64_t account) {
    struct store_agent agent;
    enum role role;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    TRY(store_agent_by_account(c, a, brand, account, &agent));
    if (!agent.disabled_at && role_from(agent.role, &role) && role_may(role, RIGHT_ADMIN)) return ERR_NONE;
    return err_set(ERR_DENIED, "Only an administrator of the brand can set up its mailboxes.");
}

err fetch_consent_done(const struct desk *d, arena *a, int64_t account, str state, str code, str error,
                       struct fetch_consented *ret_inbox) {
    struct taking x = {.a = a, .hash = token_hash(a, state)};
    TRY(db_write(d->db, write_taking, &x));
    if (x.row.account_id != account)
        return err_set(ERR_MISSING, "Somebody else asked for this consent. Ask for it yourself.");
    TRY(must_administer(d, a, x.row.brand_id, account));
    *ret_inbox = (struct fetch_consented){x.row.brand_id, x.row.inbox_id};
    if (desk_now(d) - x.row.created_at > FETCH_CONSENT_MS)
        return err_set(ERR_CONFLICT, "That took longer than a quarter of an hour. Ask for consent again.");
    if (error.n || !code.n || code.n > CODE_BYTES)
        return err_set(ERR_INVALID, "The provider gave no consent%s. Ask again, and agree there.",
                       str_eq(error, S("access_denied")) ? ": somebody said no" : "");
    TRY(exchange(d, a, &x.row, code));
    fetch_changed(d, x.row.brand_id);
    return ERR_NONE;
}

/* ---- trying it ---- */

struct probed {
    arena *a;
    int64_t brand, inbox, now;
    const struct imap_probed *found;
    int64_t version; /* of the account that was tried */
};

static err write_probed(db_conn *c, void *arg) {
    const struct probed *x = arg;
    struct store_fetch now;
    TRY(store_fetch_get(c, x->a, x->brand, x->inbox, &now));
    if (now.version != x->version) return fetch_changed_meanwhile();
    for (size_t i = 0; i < x->found->folders.n; i++) {
        const struct imap_probed_folder *p = &x->found->folders.v[i];
        struct store_fetch_folder f = {.brand_id = x->brand,
                                       .inbox_id = x->inbox,
                                       .id = id_new(x->now),
                                       .name = p->name,
                                       .special = p->use.n ? p->use : S(""),
                                       .seen_at = x->now};
        if (p->selectable && fetch_folder_fits(p->name)) TRY(store_fetch_folder_put(c, &f));
    }
    return ERR_NONE;
}

static err probe(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int seconds,
                 struct imap_probed *ret) {
    struct imap_login login;
    struct imap_probed found = {0};
    struct store_fetch f;
    TRY(fetch_get(d, a, brand, inbox, &f));
    TRY(fetch_login_as(d, a, brand, inbox, f.version, &login));
    TRY(imap_probe(a, &login, seconds, &found));
    struct probed x = {a, brand, inbox, desk_now(d), &found, f.version};
    TRY(db_write(d->db, write_probed, &x));
    *ret = found;
    return ERR_NONE;
}

err fetch_probe(const struct desk *d, arena *a, int64_t brand, int64_t inbox, int seconds,
                struct imap_probed *ret) {
    static _Atomic int under_way;
    err e = ERR_NONE;
    if (atomic_fetch_add(&under_way, 1) >= PROBES)
        e = err_set(ERR_BUSY, "Other mailboxes are being tried just now. Try this one in half a minute.");
    else
        e = probe(d, a, brand, inbox, seconds, ret);
    atomic_fetch_sub(&under_way, 1);
    return e;
}
