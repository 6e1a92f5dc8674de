/* Single-use links: invitations and password resets. */
#include "base/random.h"
#include "desk/check.h"
#include "desk/password.h"
#include "desk/sign_in.h"
#include "desk/sign_in_private.h"
#include "store/link.h"

enum { TOKEN_CHARACTERS = 22 };

static const char *const kinds[] = {"reset", "invitation"};

static err not_valid(void) {
    return err_set(ERR_MISSING, "This link is not valid: it was used already, is too old, or was cut short.");
}

/* As token_new makes them; anything else is not even looked up. */
static bool well_formed(str token) {
    if (token.n != TOKEN_CHARACTERS) return false;
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_') return false;
    }
    return true;
}

err sign_in_store_link(const struct desk *d, db_conn *c, arena *a, int64_t account, bool invitation,
                       str token) {
    int64_t now = desk_now(d);
    struct store_link link = {
        .hash = token_hash(a, token),
        .kind = str_z(kinds[invitation]),
        .account_id = account,
        .created_at = now,
        .expires_at =
            now + (invitation ? LINK_INVITATION_DAYS * (int64_t)DAY_MS : LINK_RESET_HOURS * (int64_t)HOUR_MS),
    };
    return store_link_insert(c, a, &link);
}

err sign_in_end_links(const struct desk *d, db_conn *c, arena *a, int64_t account) {
    return store_link_use_all(c, a, account, desk_now(d));
}

struct make {
    const struct desk *d;
    arena *a;
    int64_t account;
    bool invitation;
    str token;
    int most; /* resets in the last hour; 0 asks for no limit */
};

static err write_link(db_conn *c, void *arg) {
    struct make *x = arg;
    struct store_account account;
    TRY(store_account_by_id(c, x->a, x->account, &account));
    if (account.disabled_at) return err_set(ERR_DENIED, "This account is disabled.");
    if (x->most) {
        int64_t made;
        TRY(store_link_count_since(c, x->a, x->account, S("reset"), desk_now(x->d) - HOUR_MS, &made));
        if (made >= x->most) return err_set(ERR_LIMIT, "Enough links were asked for in the last hour.");
    }
    return sign_in_store_link(x->d, c, x->a, x->account, x->invitation, x->token);
}

err sign_in_make_link(const struct desk *d, arena *a, int64_t account, bool invitation, str *ret_token) {
    struct make x = {d, a, account, invitation, token_new(a), 0};
    TRY(db_write(d->db, write_link, &x));
    *ret_token = x.token;
    return ERR_NONE;
}

err sign_in_ask_reset(const struct desk *d, arena *a, str email, str peer, str *ret_token, str *ret_email) {
    str normal;
    *ret_token = *ret_email = S("");
    if (check_email(a, email, &normal)) return ERR_NONE;
    if (!sign_in_may_ask_reset(d, a, normal, peer)) return ERR_NONE;
    struct store_account account;
    err code = sign_in_account_by_email(d, a, normal, &account);
    if (code) return code == ERR_MISSING ? ERR_NONE : code;
    struct make x = {d, a, account.id, false, token_new(a), LINK_RESETS_AN_HOUR};
    code = db_write(d->db, write_link, &x);
    if (code == ERR_DENIED || code == ERR_LIMIT || code == ERR_MISSING) return ERR_NONE;
    if (code) return code;
    *ret_token = x.token;
    *ret_email = account.email;
    return ERR_NONE;
}

static err usable_link(const struct desk *d, db_conn *c, arena *a, str token, struct sign_in_link *ret_link) {
    struct store_link link;
    struct store_account account;
    TRY(store_link_by_hash(c, a, token_hash(a, token), &link));
    if (link.used_at || link.expires_at <= desk_now(d)) return not_valid();
    TRY(store_account_by_id(c, a, link.account_id, &account));
    if (account.disabled_at) return not_valid();
    *ret_link = (struct sign_in_link){
        .invitation = str_eq(link.kind, str_z(kinds[true])),
        .email = account.email,
        .name = account.name,
        .account_id = account.id,
        .expires_at = link.expires_at,
    };
    return ERR_NONE;
}

err sign_in_open_link(const struct desk *d, arena *a, str token, struct sign_in_link *ret_link) {
    if (!well_formed(token)) return not_valid();
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return usable_link(d, c, a, token, ret_link);
}

struct take {
    const struct desk *d;
    arena *a;
    str token, name, hash;
    struct sign_in_link link;
};

static err write_take(db_conn *c, void *arg) {
    struct take *x = arg;
    int64_t now = desk_now(x->d);
    struct store_link link;
    struct store_account account;
    TRY(store_link_use(c, x->a, token_hash(x->a, x->token), now, &link));
    TRY(store_account_by_id(c, x->a, link.account_id, &account));
    if (account.disabled_at) return not_valid();
    TRY(store_account_set_password(c, x->a, account.id, x->hash));
    if (x->name.n) {
        TRY(store_account_set_profile(c, x->a, account.id, x->name, account.zone, account.language));
    }
    TRY(store_session_delete_of_account(c, x->a, account.id, S("")));
    return store_link_use_all(c, x->a, account.id, now);
}

err sign_in_take_link(const struct desk *d, arena *a, str token, str name, str password,
                      struct sign_in_link *ret_link) {
    struct take x = {.d = d, .a = a, .token = token};
    TRY(sign_in_open_link(d, a, token, &x.link));
    TRY(check_line_or_empty("The name", name, CHECK_NAME_BYTES, &x.name));
    TRY(password_check(a, password, x.link.email, x.name.n ? x.name : x.link.name));
    TRY(password_hash(a, password, &x.hash));
    TRY(db_write(d->db, write_take, &x));
    sign_in_forget_person(d, a, x.link.email);
    if (x.name.n) x.link.name = x.name;
    *ret_link = x.link;
    return ERR_NONE;
}

static err write_sweep(db_conn *c, void *arg) {
    struct make *x = arg;
    int64_t now = desk_now(x->d);
    /* No brand lets a session idle for longer than a week. */
    TRY(store_session_delete_expired(c, x->a, now, now - 7 * (int64_t)DAY_MS));
    return store_link_delete_expired(c, x->a, now - DAY_MS);
}

err sign_in_sweep(const struct desk *d, arena *a) {
    struct make x = {.d = d, .a = a};
    return db_write(d->db, write_sweep, &x);
}
