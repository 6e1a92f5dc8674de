#include "web/channel_page.h"

#include "channel.tmpl.h"
#include "store/brand.h"

/* No page and no JSON has a use for them, so they go no further than this. */
static void forget_secrets(struct store_channel *row) {
    row->secret = row->pending = row->pending_hash = row->found = S("");
}

/* ---- words ---- */

str channel_network_title(const struct store_channel *row) {
    social_kind k;
    const struct social_network *network = social_kind_from(row->kind, &k) ? social_network_of(k) : NULL;
    return network ? str_z(network->title) : row->kind;
}

str channel_how(const struct web_call *w, const struct store_channel *row) {
    if (row->inbox_disabled_at)
        return web_text(w, row->account_id.n ? T("Its inbox is switched off") : T("Not connected yet"));
    if (row->paused_at) return web_text(w, T("Paused"));
    switch (row->state) {
    case CHANNEL_IS_NEW: return web_text(w, T("Connected, not read yet"));
    case CHANNEL_IS_WELL: return web_text(w, T("Connected"));
    case CHANNEL_IS_WAITING: return web_text(w, T("The network asks to wait"));
    case CHANNEL_IS_TROUBLE: return web_text(w, T("Its last answer was no good"));
    case CHANNEL_IS_SIGNED_OUT: return web_text(w, T("It has to be connected anew"));
    }
    return S("");
}

bool channel_is_wrong(const struct store_channel *row) {
    return row->inbox_disabled_at || row->paused_at || row->state > CHANNEL_IS_WELL;
}

/* ---- all of them ---- */

err channels_view(struct web_call *w) {
    struct channels_view *v = arena_alloc(w->arena, sizeof *v);
    store_channel_list all;
    db_conn *c;
    TRY(admin_load(w, web_text(w, T("Social accounts")), "accounts", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_channel_list_of_brand(c, w->arena, w->who.brand.id, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (str_eq(all.v[i].kind, S("hook"))) continue;
        forget_secrets(&all.v[i]);
        *list_add(w->arena, &v->channels) = all.v[i];
    }
    v->kind = web_param(w, "kind");
    v->server = web_param(w, "server");
    v->account = web_param(w, "account");
    v->name = web_param(w, "name");
    w->view = v;
    return ERR_NONE;
}

void channels_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct channels_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_channels(&w->page, v);
    admin_close(w, &v->admin);
}

static void put_channel(struct json_out *o, const struct store_channel *x) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, x->inbox_id);
    json_key(o, S("kind")), json_str(o, x->kind);
    json_key(o, S("server")), json_str(o, x->server);
    json_key(o, S("account")), json_str(o, x->account);
    json_key(o, S("account_id")), json_str(o, x->account_id);
    json_key(o, S("address")), json_str(o, x->address);
    json_key(o, S("name")), json_str(o, x->name);
    json_key(o, S("state")), json_str(o, str_z(channel_state_text(x->state)));
    json_key(o, S("says")), json_str(o, x->says);
    json_key(o, S("next_at")), json_int(o, x->next_at);
    json_key(o, S("contact_at")), json_int(o, x->contact_at);
    json_key(o, S("post_at")), json_int(o, x->post_at);
    json_key(o, S("kept")), json_int(o, x->kept);
    json_key(o, S("paused_at")), json_int(o, x->paused_at);
    json_key(o, S("is_connected")), json_bool(o, !x->inbox_disabled_at);
    json_close_object(o);
}

void channels_json(const struct web_call *w, struct json_out *o) {
    const struct channels_view *v = w->view;
    json_open_object(o);
    json_key(o, S("accounts"));
    json_open_array(o);
    for (size_t i = 0; i < v->channels.n; i++) put_channel(o, &v->channels.v[i]);
    json_close_array(o);
    json_key(o, S("made")), json_id(o, v->made);
    json_key(o, S("consent_url")), json_str(o, v->consent_url);
    json_close_object(o);
}

static struct channel_form read_form(const struct web_call *w) {
    return (struct channel_form){.kind = str_trim(web_param(w, "kind")),
                                 .server = str_trim(web_param(w, "server")),
                                 .account = str_trim(web_param(w, "account")),
                                 .password = str_trim(web_param(w, "password")),
                                 .name = str_trim(web_param(w, "name"))};
}

/* A network that does not answer is no fault of this desk: its sentence is for the reader. */
static err theirs(struct web_call *w, err e) {
    if (e != ERR_NETWORK && e != ERR_DENIED) return e;
    return err_set(ERR_INVALID, "%s", str_cstr(w->arena, str_z(err_text())));
}

/* Webhooks are made on a page of their own, which shows their secret once. */
static err only_networks(const struct channel_form *form) {
    if (str_eq(form->kind, S("hook"))) return err_set(ERR_INVALID, "Choose the network the account is on.");
    return ERR_NONE;
}

err channel_do_add(struct web_call *w) {
    struct channel_form form = read_form(w);
    int64_t made = 0;
    err e = only_networks(&form);
    if (!e) e = theirs(w, channel_add(w->desk, w->arena, &w->actor, &form, &made));
    if (e) return admin_again(w, e, channels_view);
    TRY(channels_view(w));
    ((struct channels_view *)w->view)->made = made;
    web_go(w, web_path(w, "/admin/accounts/%lld?kept=1", (long long)made));
    return ERR_NONE;
}

err channel_do_ask(struct web_call *w) {
    struct channel_form form = read_form(w);
    str url;
    err e = only_networks(&form);
    if (!e)
        e = theirs(w, channel_consent_ask(w->desk, w->arena, &w->actor, w->who.account.id, 0, &form, &url));
    if (e) return admin_again(w, e, channels_view);
    TRY(channels_view(w));
    struct channels_view *v = w->view;
    v->consent_url = url;
    v->consent_network = channel_network_title(&(struct store_channel){.kind = form.kind});
    return ERR_NONE;
}

/* ---- one ---- */

err channel_view(struct web_call *w) {
    struct channel_page *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    social_kind k;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_channel_get(c, w->arena, w->who.brand.id, id, &v->row));
    if (!social_kind_from(v->row.kind, &k) || k == SOCIAL_HOOK)
        return err_set(ERR_MISSING, "There is no such account here.");
    v->network = social_network_of(k);
    v->limits = channel_limits(&v->row);
    TRY(admin_load(w, v->row.address, "accounts", &v->admin));
    v->server = web_param_has(w, "server") ? web_param(w, "server") : v->row.server;
    v->account = web_param_has(w, "account") ? web_param(w, "account") : v->row.account;
    forget_secrets(&v->row);
    w->view = v;
    return ERR_NONE;
}

void channel_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct channel_page *v = w->view;
    admin_open(w, &v->admin);
    tmpl_channel(&w->page, v);
    admin_close(w, &v->admin);
}

void channel_json(const struct web_call *w, struct json_out *o) {
    const struct channel_page *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("account"));
    put_channel(o, &v->row);
    json_key(o, S("consent_url")), json_str(o, v->consent_url);
    json_close_object(o);
}

static err shown(struct web_call *w, err e, int64_t id) {
    if (e) return admin_again(w, theirs(w, e), channel_view);
    TRY(channel_view(w));
    web_go(w, web_path(w, "/admin/accounts/%lld?kept=1", (long long)id));
    return ERR_NONE;
}

err channel_do_connect(struct web_call *w) {
    struct channel_form form = read_form(w);
    int64_t id;
    TRY(web_id(w, 1, &id));
    return shown(w, channel_reconnect(w->desk, w->arena, &w->actor, id, &form), id);
}

err channel_do_consent(struct web_call *w) {
    struct channel_form form = read_form(w);
    int64_t id;
    str url;
    TRY(web_id(w, 1, &id));
    err e = channel_consent_ask(w->desk, w->arena, &w->actor, w->who.account.id, id, &form, &url);
    if (e) return admin_again(w, theirs(w, e), channel_view);
    TRY(channel_view(w));
    ((struct channel_page *)w->view)->consent_url = url;
    return ERR_NONE;
}

err channel_do_pause(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return shown(w, channel_pause(w->desk, w->arena, &w->actor, id, true), id);
}

err channel_do_resume(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return shown(w, channel_pause(w->desk, w->arena, &w->actor, id, false), id);
}

err channel_do_look(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return shown(w, channel_look(w->desk, w->arena, &w->actor, id), id);
}

err channel_do_remove(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = channel_remove(w->desk, w->arena, &w->actor, id);
    if (e) return admin_again(w, e, channel_view);
    TRY(channels_view(w));
    admin_kept(w, "/admin/accounts");
    return ERR_NONE;
}

/* ---- consent ---- */

err channel_do_consented(struct web_call *w) {
    int64_t brand_id = 0, inbox = 0;
    struct store_brand brand;
    db_conn *c;
    err e = channel_consent_done(w->desk, w->arena, w->who.account.id, web_param(w, "state"),
                                 w->in->raw_query, &brand_id, &inbox);
    if (e == ERR_NETWORK || e == ERR_DENIED)
        return err_set(ERR_CONFLICT, "%s", str_cstr(w->arena, str_z(err_text())));
    TRY(e);
    TRY(web_read(w, &c));
    TRY(store_brand_by_id(c, w->arena, brand_id, &brand));
    web_go(w, str_fmt(w->arena, "/b/%.*s/admin/accounts/%lld?kept=1", STR_FMT(brand.slug), (long long)inbox));
    return ERR_NONE;
}

err channel_client(struct web_call *w) {
    str json;
    TRY(channel_client_document(w->desk, w->arena, SOCIAL_BLUESKY, &json));
    w->cache = "public, max-age=600";
    web_bytes(w, "application/json", json);
    return ERR_NONE;
}
