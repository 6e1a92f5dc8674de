#include "desk/sign_in.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#include "base/random.h"
#include "desk/check.h"
#include "desk/password.h"
#include "desk/rate.h"
#include "desk/settings.h"
#include "desk/sign_in_private.h"
#include "store/link.h"
#include "store/token.h"

enum { TRIES = 10, TRY_WINDOW = 15 * MINUTE_MS, TOKEN_MAX = 64, RESETS_OF_NETWORK = 10 };

/* Of all desks in this process; the desk's address is part of each key. */
static struct rate tries = RATE_EMPTY;

static err wrong(void) { return err_set(ERR_DENIED, "The address or the password is wrong."); }
static err nobody(void) { return err_set(ERR_DENIED, "You are not signed in."); }

void sign_in_forget_tries(void) { rate_forget_all(&tries); }

static str try_key(const struct desk *d, arena *a, const char *kind, str what) {
    return str_fmt(a, "%p %s %.*s", (const void *)d, kind, STR_FMT(str_slice(what, 0, 1000)));
}

/* Whoever has an IPv6 address has a whole network of them, so its first 64 bits count. */
static str peer_key(const struct desk *d, arena *a, const char *kind, str peer) {
    unsigned char six[16];
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, str_cstr(a, str_slice(peer, 0, 100)), six) == 1) {
        if (memcmp(six, mapped, sizeof mapped) == 0) {
            inet_ntop(AF_INET, six + 12, text, sizeof text);
        } else {
            memset(six + 8, 0, 8);
            inet_ntop(AF_INET6, six, text, sizeof text);
        }
        peer = str_z(text);
    }
    return try_key(d, a, kind, peer);
}

struct actor who_actor(const struct desk_who *who) {
    return (struct actor){who->brand.id, who->agent.id, who->account.name};
}

bool who_may(const struct desk_who *who, enum right right) {
    return who->agent.id != 0 && role_may(who->role, right);
}

bool who_csrf_ok(const struct desk_who *who, str csrf) {
    str own = who->session.csrf;
    return own.n > 0 && csrf.n == own.n && sodium_memcmp(own.p, csrf.p, own.n) == 0;
}

/* Who holds it. */

static err judge(const struct store_who *row, str brand_slug, struct desk_who *ret_who) {
    if (row->account.disabled_at) return nobody();
    struct desk_who who = {
        .account = row->account,
        .session = row->session,
        .token_id = row->token_id,
        .seen_at = row->token_id ? row->token_used_at : row->session.seen_at,
    };
    if (brand_slug.n || row->token_id) {
        bool member = row->agent.id && !row->agent.disabled_at && role_from(row->agent.role, &who.role);
        if (!member && row->token_id) return nobody();
        if (!member) return err_set(ERR_MISSING, "There is no such page, or it is not for you.");
        who.brand = row->brand;
        who.agent = row->agent;
    }
    *ret_who = who;
    return ERR_NONE;
}

static err who_row(const struct desk *d, db_conn *c, arena *a, bool program, str secret, str brand_slug,
                   struct store_who *ret_row) {
    if (secret.n == 0 || secret.n > TOKEN_MAX) return nobody();
    /* What no brand can be called, and what the database would not take as text. */
    if (!str_is_utf8(brand_slug) || str_has(brand_slug, 0))
        return err_set(ERR_MISSING, "There is no such page.");
    DB_READ_AUTO db_conn *own = NULL;
    if (!c) {
        TRY(db_read_begin(d->db, &own));
        c = own;
    }
    str hash = token_hash(a, secret);
    int64_t idle = setting_info(SETTING_SESSION_IDLE_HOURS)->standard;
    err code = program ? store_who_token(c, a, hash, brand_slug, ret_row)
                       : store_who(c, a, hash, brand_slug, idle, ret_row);
    return code == ERR_MISSING ? nobody() : code;
}

static bool is_over(const struct store_who *row, int64_t now) {
    return row->session.expires_at <= now || row->session.seen_at + row->idle_hours * HOUR_MS <= now;
}

err sign_in_who(const struct desk *d, db_conn *c, arena *a, str session, str brand_slug,
                struct desk_who *ret_who) {
    struct store_who row;
    TRY(who_row(d, c, a, false, session, brand_slug, &row));
    if (is_over(&row, desk_now(d))) {
        /* Gone for good, so that a clock set back does not revive it. */
        if (!c) TRY(sign_out(d, a, session));
        return nobody();
    }
    return judge(&row, brand_slug, ret_who);
}

err sign_in_who_token(const struct desk *d, db_conn *c, arena *a, str token, str brand_slug,
                      struct desk_who *ret_who) {
    struct store_who row;
    TRY(who_row(d, c, a, true, token, brand_slug, &row));
    if (row.token_revoked_at) return nobody();
    return judge(&row, brand_slug, ret_who);
}

struct seen {
    arena *a;
    const struct desk_who *who;
    int64_t now;
};

static err write_seen(db_conn *c, void *arg) {
    struct seen *x = arg;
    int64_t before = x->now - MINUTE_MS;
    if (x->who->token_id) {
        return store_token_touch(c, x->a, x->who->brand.id, x->who->token_id, x->now, before);
    }
    return store_session_touch(c, x->a, x->who->session.hash, x->now, before);
}

err sign_in_seen(const struct desk *d, arena *a, const struct desk_who *who) {
    struct seen x = {.a = a, .who = who, .now = desk_now(d)};
    if (who->seen_at > x.now - MINUTE_MS) return ERR_NONE;
    return db_write(d->db, write_seen, &x);
}

/* Sessions. */

struct begin {
    arena *a;
    struct store_session session;
    str old_hash; /* "" none */
    bool end_others;
    str password; /* the account's stored string, as it was judged */
    str fresh;    /* to be stored in its place; "" leaves it */
};

static err write_begin(db_conn *c, void *arg) {
    struct begin *x = arg;
    int64_t account_id = x->session.account_id;
    struct store_account now;
    TRY(store_account_by_id(c, x->a, account_id, &now));
    /* The password was judged outside of this transaction, which takes long; it may have changed since. */
    if (now.disabled_at || !str_eq(now.password, x->password)) return wrong();
    if (x->fresh.n) TRY(store_account_set_password(c, x->a, account_id, x->fresh));
    if (x->end_others) {
        TRY(store_session_delete_of_account(c, x->a, account_id, S("")));
        TRY(store_link_use_all(c, x->a, account_id, x->session.created_at));
    }
    if (x->old_hash.n) TRY(store_session_delete(c, x->a, x->old_hash));
    return store_session_insert(c, x->a, &x->session);
}

/* The shortest of the brands the account is in. */
static err session_days(const struct desk *d, arena *a, int64_t account, int64_t *ret_days) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    store_brand_list brands;
    TRY(store_brand_list_of_account(c, a, account, &brands));
    int64_t days =
        brands.n ? setting_info(SETTING_SESSION_DAYS)->max : setting_info(SETTING_SESSION_DAYS)->standard;
    for (size_t i = 0; i < brands.n; i++) {
        int64_t of_brand;
        TRY(setting_number(c, a, brands.v[i].id, SETTING_SESSION_DAYS, &of_brand));
        if (of_brand < days) days = of_brand;
    }
    *ret_days = days;
    return ERR_NONE;
}

static err begin_session(const struct desk *d, arena *a, const struct store_account *account, str old_session,
                         bool end_others, str fresh_password, struct sign_in_done *ret_done) {
    int64_t days, now = desk_now(d);
    TRY(session_days(d, a, account->id, &days));
    str session = token_new(a);
    struct begin x = {
        .a = a,
        .session = {.hash = token_hash(a, session),
                    .account_id = account->id,
                    .csrf = token_new(a),
                    .created_at = now,
                    .seen_at = now,
                    .expires_at = now + days * DAY_MS},
        .old_hash = old_session.n ? token_hash(a, old_session) : S(""),
        .end_others = end_others,
        .password = account->password,
        .fresh = fresh_password,
    };
    TRY(db_write(d->db, write_begin, &x));
    *ret_done = (struct sign_in_done){session, x.session.csrf, account->id, x.session.expires_at};
    return ERR_NONE;
}

err sign_in_account_by_email(const struct desk *d, arena *a, str email, struct store_account *ret_account) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_account_by_email(c, a, email, ret_account);
}

static err account_by_id(const struct desk *d, arena *a, int64_t id, struct store_account *ret_account) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_account_by_id(c, a, id, ret_account);
}

/* Count a try against both; neither when one is full. */
static err count_try(str person, str network, int64_t now) {
    bool allowed = rate_take(&tries, network, TRIES, TRY_WINDOW, now);
    if (allowed && !rate_take(&tries, person, TRIES, TRY_WINDOW, now)) {
        rate_give_back(&tries, network);
        allowed = false;
    }
    if (allowed) return ERR_NONE;
    return err_set(ERR_LIMIT, "Too many tries. Wait a quarter of an hour, then try again.");
}

bool sign_in_may_ask_reset(const struct desk *d, arena *a, str email, str peer) {
    int64_t now = desk_now(d);
    return rate_take(&tries, peer_key(d, a, "reset network", peer), RESETS_OF_NETWORK, HOUR_MS, now) &&
           rate_take(&tries, try_key(d, a, "reset person", email), LINK_RESETS_AN_HOUR, HOUR_MS, now);
}

void sign_in_forget_person(const struct desk *d, arena *a, str email) {
    rate_forget(&tries, try_key(d, a, "person", email));
}

/* A colleague who signs in rightly must not use up what the others behind the same address have. */
static void try_was_right(str person, str network) {
    rate_forget(&tries, person);
    rate_give_back(&tries, network);
}

err sign_in(const struct desk *d, arena *a, const struct sign_in_try *t, struct sign_in_done *ret_done) {
    str email, typed = str_lower(a, str_trim(t->email));
    bool well_formed = check_email(a, typed, &email) == ERR_NONE;
    str person = try_key(d, a, "person", well_formed ? email : typed);
    str network = peer_key(d, a, "network", t->peer);
    TRY(count_try(person, network, desk_now(d)));

    struct store_account account = {0};
    if (well_formed) {
        err code = sign_in_account_by_email(d, a, email, &account);
        if (code && code != ERR_MISSING) return code;
    }
    bool right = false;
    TRY(password_verify(a, t->password, account.password, &right));
    if (!right || account.disabled_at) return wrong();

    str fresh = S("");
    if (password_outdated(account.password)) TRY(password_hash(a, t->password, &fresh));
    TRY(begin_session(d, a, &account, t->old_session, false, fresh, ret_done));
    try_was_right(person, network);
    return ERR_NONE;
}

err sign_in_change_password(const struct desk *d, arena *a, const struct desk_who *who, str peer, str old,
                            str fresh, struct sign_in_done *ret_done) {
    struct store_account account;
    TRY(account_by_id(d, a, who->account.id, &account));
    TRY(password_check(a, fresh, account.email, account.name));
    str person = try_key(d, a, "person", account.email);
    str network = peer_key(d, a, "network", peer);
    TRY(count_try(person, network, desk_now(d)));
    bool right = false;
    TRY(password_verify(a, old, account.password, &right));
    if (!right) return err_set(ERR_DENIED, "The old password is wrong.");
    str hash;
    TRY(password_hash(a, fresh, &hash));
    TRY(begin_session(d, a, &account, S(""), true, hash, ret_done));
    try_was_right(person, network);
    return ERR_NONE;
}

struct end {
    arena *a;
    int64_t account;
    str hash;
};

static err write_sign_out(db_conn *c, void *arg) {
    struct end *x = arg;
    return store_session_delete(c, x->a, x->hash);
}

err sign_out(const struct desk *d, arena *a, str session) {
    struct end x = {a, 0, token_hash(a, session)};
    return db_write(d->db, write_sign_out, &x);
}

static err write_sign_out_everywhere(db_conn *c, void *arg) {
    struct end *x = arg;
    return store_session_delete_of_account(c, x->a, x->account, x->hash);
}

err sign_out_everywhere(const struct desk *d, arena *a, int64_t account, str but_session) {
    struct end x = {a, account, but_session.n ? token_hash(a, but_session) : S("")};
    return db_write(d->db, write_sign_out_everywhere, &x);
}
