/* Setting up what is fetched; see fetch.h. */
#include "desk/fetch.h"

#include <string.h>

#include "base/lang.h"
#include "base/random.h"
#include "desk/brands.h"
#include "desk/check.h"
#include "desk/fetch_own.h"
#include "net/post.h"

enum {
    PORT_MAX = 65535,
    TROUBLE_MS = 15 * MINUTE_MS,
    URL_BYTES = 1000,
    SCOPE_BYTES = 500,
    CLIENT_BYTES = 500
};

static const char *const sign_ins[FETCH_SIGN_INS] = {"password", "oauth"};
static const char *const afters[FETCH_AFTERS] = {"leave", "seen", "flag", "move"};
static const char *const begins[FETCH_BEGINS] = {"all", "new"};

const char *fetch_after_text(enum fetch_after x) { return afters[x]; }

static bool find(const char *const *names, int n, str text, int *ret) {
    for (int i = 0; i < n; i++) {
        if (!str_eq(text, str_z(names[i]))) continue;
        *ret = i;
        return true;
    }
    return false;
}

bool fetch_sign_in_from(str text, enum fetch_sign_in *ret) {
    int i;
    if (!find(sign_ins, FETCH_SIGN_INS, text, &i)) return false;
    *ret = (enum fetch_sign_in)i;
    return true;
}

bool fetch_after_from(str text, enum fetch_after *ret) {
    int i;
    if (!find(afters, FETCH_AFTERS, text, &i)) return false;
    *ret = (enum fetch_after)i;
    return true;
}

bool fetch_begin_from(str text, enum fetch_begin *ret) {
    int i;
    if (!find(begins, FETCH_BEGINS, text, &i)) return false;
    *ret = (enum fetch_begin)i;
    return true;
}

/* ---- what secrets are bound to ---- */

struct secret_use fetch_use_password(const struct store_fetch *f) {
    return (struct secret_use){"imap password", f->brand_id, f->host};
}

struct secret_use fetch_use_client(const struct store_fetch *f) {
    return (struct secret_use){"oauth client", f->brand_id, f->token_url};
}

struct secret_use fetch_use_token(arena *a, const struct store_fetch *f) {
    return (struct secret_use){"oauth token", f->brand_id,
                               str_fmt(a, "%.*s %.*s", STR_FMT(f->host), STR_FMT(f->token_url))};
}

struct secret_use fetch_use_verifier(arena *a, const struct store_fetch *f) {
    return (struct secret_use){"oauth verifier", f->brand_id,
                               str_fmt(a, "%lld %.*s %.*s %.*s %.*s", (long long)f->inbox_id,
                                       STR_FMT(f->host), STR_FMT(f->token_url), STR_FMT(f->client_id),
                                       STR_FMT(f->user))};
}

err fetch_get(const struct desk *d, arena *a, int64_t brand, int64_t inbox, struct store_fetch *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_fetch_get(c, a, brand, inbox, ret);
}

void fetch_changed(const struct desk *d, int64_t brand) {
    desk_changed(d, brand, 0, "inbox");
    if (d->fetch) d->fetch(d->fetch_context);
}

/* ---- what was typed ---- */

static err check_server(const struct desk *d, const struct fetch_form *form, struct store_fetch *row) {
    str host = str_trim(form->host);
    if (str_starts(host, S("[")) && str_ends(host, S("]"))) host = str_slice(host, 1, host.n - 1);
    const struct oauth_provider *p = oauth_provider_named(row->provider);
    if (!host.n && p) host = str_z(p->imap_host);
    if (!inbox_host_fits(host))
        return err_set(ERR_INVALID, "The mailbox's server must be a name such as imap.example.org.");
    row->host = host;
    row->tls = form->tls.n ? form->tls : S("implicit");
    bool never = str_eq(row->tls, S("never")), implicit = str_eq(row->tls, S("implicit"));
    if (!never && !implicit && !str_eq(row->tls, S("required")))
        return err_set(ERR_INVALID, "TLS must be implicit, required or never.");
    if (never && !inbox_host_is_here(host))
        return err_set(ERR_INVALID, "Letters may be fetched without TLS only from a server on this machine.");
    if (inbox_host_is_here(host) && !d->posts_inside)
        return err_set(ERR_DENIED,
                       "This server is inside your own network. Whoever runs the desk has to allow that "
                       "first (posts_inside in desk.json).");
    row->port = form->port ? form->port : implicit ? 993 : 143;
    if (row->port < 1 || row->port > PORT_MAX)
        return err_set(ERR_INVALID, "The port of the mailbox's server must be from 1 to 65535.");
    TRY(check_line_or_empty("The file of certificates", form->ca_file, 1000, &row->ca_file));
    if (row->ca_file.n && row->ca_file.p[0] != '/')
        return err_set(ERR_INVALID, "The file of certificates must be given from / on.");
    return check_line("The user of the mailbox", form->user, CHECK_NAME_BYTES, &row->user);
}

static err check_provider(const struct desk *d, arena *a, const struct fetch_form *form,
                          struct store_fetch *row) {
    const struct oauth_provider *p = oauth_provider_named(form->provider);
    if (!p && !str_eq(form->provider, S("own")))
        return err_set(ERR_INVALID, "The provider is google, microsoft or own.");
    row->provider = form->provider;
    if (p) {
        row->authorize_url = str_z(p->authorize_url);
        row->token_url = str_z(p->token_url);
        row->scope = str_z(p->scope);
    } else {
        TRY(check_line("The address of the provider's page", form->authorize_url, URL_BYTES,
                       &row->authorize_url));
        TRY(check_line("The address for tokens", form->token_url, URL_BYTES, &row->token_url));
        TRY(check_line_or_empty("The scope", form->scope, SCOPE_BYTES, &row->scope));
        TRY(post_url_check(a, row->authorize_url, d->posts_inside));
        TRY(post_url_check(a, row->token_url, d->posts_inside));
    }
    return check_line("The client's id", form->client_id, CLIENT_BYTES, &row->client_id);
}

static err check_form(const struct desk *d, arena *a, const struct fetch_form *form,
                      struct store_fetch *ret) {
    struct store_fetch row = *ret;
    str nothing = S("");
    row.ca_file = row.password = row.provider = row.authorize_url = row.token_url = row.scope = nothing;
    row.client_id = row.client_secret = row.refresh_token = row.access_token = row.move_to = nothing;
    enum fetch_sign_in sign_in = FETCH_PASSWORD;
    enum fetch_after after = FETCH_LEAVE;
    enum fetch_begin begin = FETCH_NEW;
    if (form->sign_in.n && !fetch_sign_in_from(form->sign_in, &sign_in))
        return err_set(ERR_INVALID, "One signs in by password or by oauth.");
    if (form->after.n && !fetch_after_from(form->after, &after))
        return err_set(ERR_INVALID, "A mail that is kept here can be left, seen, flagged or moved there.");
    if (form->begin.n && !fetch_begin_from(form->begin, &begin))
        return err_set(ERR_INVALID, "Fetching begins with all mail or with new mail.");
    row.sign_in = str_z(sign_ins[sign_in]);
    row.after = str_z(afters[after]);
    row.begin = str_z(begins[begin]);
    if (sign_in == FETCH_OAUTH) TRY(check_provider(d, a, form, &row));
    TRY(check_server(d, form, &row));
    if (after == FETCH_MOVE)
        TRY(check_line("The folder mails are moved to", form->move_to, 500, &row.move_to));
    str seen;
    TRY(check_line_or_empty("The password", form->password, 1024, &seen));
    TRY(check_line_or_empty("The client's secret", form->client_secret, 2000, &seen));
    *ret = row;
    return ERR_NONE;
}

/* ---- keeping it ---- */

struct set_up {
    const struct desk *d;
    arena *a;
    const struct fetch_form *form;
    struct store_fetch checked, row; /* row: as it is written */
    str password, client_secret;     /* sealed; "" to keep what is stored */
};

/* What is stored must not be sent to another server than the one it was given for, nor in the clear. */
static bool same_server(const struct store_fetch *old, const struct store_fetch *fresh) {
    bool gives_up_tls = str_eq(fresh->tls, S("never")) && !str_eq(old->tls, S("never"));
    return str_eq_nocase(old->host, fresh->host) && old->port == fresh->port && !gives_up_tls &&
           str_eq(old->ca_file, fresh->ca_file);
}

static bool same_client(const struct store_fetch *old, const struct store_fetch *fresh) {
    return str_eq(old->sign_in, fresh->sign_in) && str_eq(old->provider, fresh->provider) &&
           str_eq(old->token_url, fresh->token_url) && str_eq(old->client_id, fresh->client_id);
}

static err keep_secrets(const struct store_fetch *old, struct store_fetch *row) {
    bool password = str_eq(row->sign_in, S("password"));
    if (password && !row->password.n && old->password.n) {
        if (!same_server(old, row))
            return err_set(ERR_INVALID,
                           "The mailbox's server changed, so its password has to be typed again.");
        row->password = old->password;
    }
    if (password) return row->password.n ? ERR_NONE : err_set(ERR_INVALID, "The password is missing.");
    bool client = same_client(old, row);
    if (!row->client_secret.n && client) row->client_secret = old->client_secret;
    if (client && same_server(old, row) && str_eq_nocase(old->user, row->user)) {
        row->refresh_token = old->refresh_token;
        row->refresh_expires_at = old->refresh_expires_at;
        row->access_token = old->access_token;
        row->access_expires_at = old->access_expires_at;
    }
    return ERR_NONE;
}

/* A mail that is moved there would come again. */
static err not_fetched_too(str move_to) {
    return err_set(ERR_INVALID, "Mails are moved to %.*s, so it cannot be fetched, too.", STR_FMT(move_to));
}

static err check_move_to(db_conn *c, arena *a, const struct store_fetch *row) {
    store_fetch_folder_list all = {0};
    if (!str_eq(row->after, S("move"))) return ERR_NONE;
    TRY(store_fetch_folders(c, a, row->brand_id, row->inbox_id, &all));
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].wanted && str_eq(all.v[i].name, row->move_to)) return not_fetched_too(row->move_to);
    return ERR_NONE;
}

static err write_set_up(db_conn *c, void *arg) {
    struct set_up *x = arg;
    struct store_inbox inbox;
    struct store_fetch old = {.password = S(""), .token_url = S(""), .begin = S("")};
    TRY(store_inbox_by_id(c, x->a, x->checked.brand_id, x->checked.inbox_id, &inbox));
    err e = store_fetch_get(c, x->a, x->checked.brand_id, x->checked.inbox_id, &old);
    if (e && e != ERR_MISSING) return e;
    x->row = x->checked;
    x->row.password = x->password;
    x->row.client_secret = x->client_secret;
    TRY(keep_secrets(&old, &x->row));
    bool other =
        e == ERR_MISSING || !str_eq_nocase(old.host, x->row.host) || !str_eq_nocase(old.user, x->row.user);
    x->row.created_at = other ? desk_now(x->d) : old.created_at;
    TRY(store_fetch_put(c, &x->row));
    /* Another mailbox has other folders, whatever their names: the numbers of the old one's mails mean
     * nothing there. */
    if (other) {
        TRY(store_fetch_forget_folders(c, x->row.brand_id, x->row.inbox_id));
        struct store_fetch_folder first = {.brand_id = x->row.brand_id,
                                           .inbox_id = x->row.inbox_id,
                                           .id = id_new(desk_now(x->d)),
                                           .name = S("INBOX"),
                                           .special = S(""),
                                           .wanted = true};
        TRY(store_fetch_folder_put(c, &first));
    }
    TRY(check_move_to(c, x->a, &x->row));
    if (str_eq(old.begin, S("new")) && str_eq(x->row.begin, S("all")))
        TRY(store_fetch_begin_anew(c, x->row.brand_id, x->row.inbox_id));
    return ERR_NONE;
}

err fetch_set_up(const struct desk *d, arena *a, int64_t brand, int64_t inbox,
                 const struct fetch_form *form) {
    struct set_up x = {.d = d, .a = a, .form = form, .checked = {.brand_id = brand, .inbox_id = inbox}};
    TRY(check_form(d, a, form, &x.checked));
    bool password = str_eq(x.checked.sign_in, S("password"));
    struct secret_use use = fetch_use_password(&x.checked), client = fetch_use_client(&x.checked);
    TRY(secret_seal(d, a, &use, password ? form->password : S(""), &x.password));
    TRY(secret_seal(d, a, &client, password ? S("") : form->client_secret, &x.client_secret));
    TRY(db_write(d->db, write_set_up, &x));
    fetch_changed(d, brand);
    return ERR_NONE;
}

struct simple {
    int64_t brand, inbox, id, at;
};

static err write_remove(db_conn *c, void *arg) {
    struct simple *x = arg;
    return store_fetch_delete(c, x->brand, x->inbox);
}

err fetch_remove(const struct desk *d, int64_t brand, int64_t inbox) {
    struct simple x = {.brand = brand, .inbox = inbox};
    TRY(db_write(d->db, write_remove, &x));
    fetch_changed(d, brand);
    return ERR_NONE;
}

static err write_pause(db_conn *c, void *arg) {
    struct simple *x = arg;
    return store_fetch_set_paused(c, x->brand, x->inbox, x->at);
}

err fetch_pause(const struct desk *d, int64_t brand, int64_t inbox, bool paused) {
    struct simple x = {.brand = brand, .inbox = inbox, .at = paused ? desk_now(d) : 0};
    TRY(db_write(d->db, write_pause, &x));
    fetch_changed(d, brand);
    return ERR_NONE;
}

static err write_look(db_conn *c, void *arg) {
    struct simple *x = arg;
    return store_fetch_ask(c, x->brand, x->inbox);
}

err fetch_look(const struct desk *d, int64_t brand, int64_t inbox) {
    struct simple x = {.brand = brand, .inbox = inbox};
    TRY(db_write(d->db, write_look, &x));
    fetch_changed(d, brand);
    return ERR_NONE;
}

static err write_retry(db_conn *c, void *arg) {
    struct simple *x = arg;
    TRY(store_fetch_aside_retry(c, x->brand, x->inbox, x->id, x->at));
    return store_fetch_ask(c, x->brand, x->inbox);
}

err fetch_retry(const struct desk *d, int64_t brand, int64_t inbox, int64_t aside) {
    struct simple x = {.brand = brand, .inbox = inbox, .id = aside, .at = desk_now(d)};
    TRY(db_write(d->db, write_retry, &x));
    fetch_changed(d, brand);
    return ERR_NONE;
}

/* ---- folders ---- */

struct choice {
    arena *a;
    int64_t brand, inbox;
    const str_list *names;
};

/* As mail/imap.h takes them. */
bool fetch_folder_fits(str name) {
    if (name.n == 0 || name.n > FETCH_FOLDER_BYTES || !str_is_utf8(name)) return false;
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7F) return false;
    return true;
}

static bool named(const str_list *names, str name) {
    for (size_t i = 0; i < names->n; i++)
        if (str_eq(names->v[i], name)) return true;
    return false;
}

static err write_choice(db_conn *c, void *arg) {
    struct choice *x = arg;
    struct store_fetch f;
    store_fetch_folder_list all = {0};
    TRY(store_fetch_get(c, x->a, x->brand, x->inbox, &f));
    if (str_eq(f.after, S("move")) && named(x->names, f.move_to)) return not_fetched_too(f.move_to);
    TRY(store_fetch_folders(c, x->a, x->brand, x->inbox, &all));
    for (size_t i = 0; i < all.n; i++) {
        bool wanted = named(x->names, all.v[i].name);
        if (wanted != all.v[i].wanted)
            TRY(store_fetch_folder_set_wanted(c, x->brand, x->inbox, all.v[i].name, wanted));
    }
    for (size_t i = 0; i < x->names->n; i++)
        TRY(store_fetch_folder_set_wanted(c, x->brand, x->inbox, x->names->v[i], true));
    return store_fetch_touch(c, x->brand, x->inbox);
}

err fetch_choose(const struct desk *d, arena *a, int64_t brand, int64_t inbox, const str_list *names) {
    if (!names->n) return err_set(ERR_INVALID, "At least one folder has to be fetched.");
    if (names->n > FETCH_FOLDERS_MAX)
        return err_set(ERR_INVALID, "At most %d folders can be fetched.", FETCH_FOLDERS_MAX);
    for (size_t i = 0; i < names->n; i++)
        if (!fetch_folder_fits(names->v[i]))
            return err_set(ERR_INVALID,
                           "A folder with a name of more than %d bytes, or with control characters in it, "
                           "cannot be fetched. Give it another name in the mailbox first.",
                           FETCH_FOLDER_BYTES);
    struct choice x = {a, brand, inbox, names};
    TRY(db_write(d->db, write_choice, &x));
    fetch_changed(d, brand);
    return ERR_NONE;
}

/* ---- how it goes ---- */

static struct fetch_view consent_view(const struct store_fetch *f, int64_t now) {
    if (!f->refresh_token.n)
        return (struct fetch_view){FETCH_TROUBLE, T("Not allowed in yet"),
                                   str_z(T("Nobody has consented yet that this desk reads the mailbox.")), 0};
    int64_t left = f->refresh_expires_at - now;
    if (f->refresh_expires_at && left <= 0)
        return (struct fetch_view){FETCH_TROUBLE, T("Not allowed in any more"),
                                   str_z(T("The consent for this mailbox has ended. Ask for consent again.")),
                                   0};
    if (f->refresh_expires_at && left < FETCH_END_NOTICE_DAYS * (int64_t)DAY_MS)
        return (struct fetch_view){FETCH_SOON, T("Fetching"), S(""), f->refresh_expires_at};
    return (struct fetch_view){.health = FETCH_WELL, .says = S("")};
}

/* Whether there is a consent stays known: a word stands for it. */
void fetch_forget_secrets(struct store_fetch *f) {
    f->password = f->client_secret = f->access_token = S("");
    if (f->refresh_token.n) f->refresh_token = S("kept");
}

struct fetch_view fetch_view_of(const struct store_fetch *f, int64_t now) {
    struct fetch_view v = {.health = FETCH_WELL, .says = S("")};
    if (f->paused_at) return (struct fetch_view){FETCH_PAUSED, T("Paused"), S(""), 0};
    if (f->inbox_disabled_at) return (struct fetch_view){FETCH_PAUSED, T("Not in use"), S(""), 0};
    if (str_eq(f->sign_in, S("oauth"))) v = consent_view(f, now);
    if (v.health == FETCH_TROUBLE) return v;
    bool refused = str_eq(f->code, str_z(err_name(ERR_DENIED)));
    if (f->failing_since && (refused || now - f->failing_since >= TROUBLE_MS))
        return (struct fetch_view){FETCH_TROUBLE, refused ? T("Not let in") : T("Not reached"), f->says, 0};
    if (v.health == FETCH_WELL) v.head = f->failing_since ? T("Trying again") : T("Fetching");
    v.says = f->says;
    if (str_eq(f->state, S("new"))) v.head = T("About to begin");
    return v;
}
