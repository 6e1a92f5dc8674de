#include "web/fetch_page.h"

#include "fetch.tmpl.h"
#include "net/oauth.h"
#include "store/brand.h"

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(16384);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

/* ---- looking ---- */

/* No page and no JSON has a use for them, so they go no further than this. */
static void forget_secrets(struct fetch_page *v) {
    v->has_password = v->f.password.n > 0;
    v->has_secret = v->f.client_secret.n > 0;
    v->has_consent = v->f.refresh_token.n > 0;
    v->f.password = v->f.client_secret = v->f.refresh_token = v->f.access_token = S("");
    v->inbox.smtp_password = S("");
}

static void as_nothing(struct fetch_page *v) {
    str none = S("");
    v->f = (struct store_fetch){.host = none,
                                .tls = S("implicit"),
                                .ca_file = none,
                                .sign_in = S("password"),
                                .user = v->inbox.address,
                                .password = none,
                                .provider = none,
                                .authorize_url = none,
                                .token_url = none,
                                .scope = none,
                                .client_id = none,
                                .client_secret = none,
                                .refresh_token = none,
                                .access_token = none,
                                .after = S("leave"),
                                .move_to = none,
                                .begin = S("new"),
                                .state = none,
                                .code = none,
                                .says = none,
                                .address = v->inbox.address};
}

/* A folder that the server did not list last and that nobody wants is of no use to anyone. */
static void drop_gone(struct web_call *w, struct fetch_page *v) {
    int64_t last = 0;
    store_fetch_folder_list all = v->folders, left = {0};
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].seen_at > last) last = all.v[i].seen_at;
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].wanted || all.v[i].seen_at == last) *list_add(w->arena, &left) = all.v[i];
    v->folders = left;
}

static err load_rest(struct web_call *w, db_conn *c, struct fetch_page *v) {
    int64_t brand = w->who.brand.id, inbox = v->inbox.id, after = 0;
    if (w->in->method == HTTP_GET) TRY(web_param_int(w, "after", 0, &after));
    TRY(store_fetch_folders(c, w->arena, brand, inbox, &v->folders));
    TRY(store_fetch_aside_count(c, brand, inbox, &v->aside_count));
    TRY(store_fetch_asides(c, w->arena, brand, inbox, after, FETCH_ASIDES + 1, &v->asides));
    if (v->asides.n > FETCH_ASIDES) {
        v->asides.n = FETCH_ASIDES;
        v->aside_next = v->asides.v[FETCH_ASIDES - 1].id;
    }
    drop_gone(w, v);
    v->how = fetch_view_of(&v->f, w->page.now);
    return ERR_NONE;
}

err fetch_page_view(struct web_call *w) {
    struct fetch_page *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_inbox_by_id(c, w->arena, w->who.brand.id, id, &v->inbox));
    TRY(admin_load(w, fill(w, T("Fetching for {0}"), v->inbox.address, S("")), "inboxes", &v->admin));
    err e = store_fetch_get(c, w->arena, w->who.brand.id, id, &v->f);
    if (e && e != ERR_MISSING) return e;
    v->is_set_up = !e;
    if (e)
        as_nothing(v);
    else
        TRY(load_rest(w, c, v));
    forget_secrets(v);
    v->port = v->f.port ? str_fmt(w->arena, "%lld", (long long)v->f.port) : S("");
    v->redirect_url = fetch_redirect_url(w->desk, w->arena);
    w->view = v;
    return ERR_NONE;
}

void fetch_page_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct fetch_page *v = w->view;
    admin_open(w, &v->admin);
    tmpl_fetching(&w->page, v);
    admin_close(w, &v->admin);
}

static void put_account(struct json_out *o, const struct fetch_page *v) {
    const struct store_fetch *f = &v->f;
    json_key(o, S("host")), json_str(o, f->host);
    json_key(o, S("port")), json_int(o, f->port);
    json_key(o, S("tls")), json_str(o, f->tls);
    json_key(o, S("ca_file")), json_str(o, f->ca_file);
    json_key(o, S("user")), json_str(o, f->user);
    json_key(o, S("sign_in")), json_str(o, f->sign_in);
    json_key(o, S("has_password")), json_bool(o, v->has_password);
    json_key(o, S("provider")), json_str(o, f->provider);
    json_key(o, S("authorize_url")), json_str(o, f->authorize_url);
    json_key(o, S("token_url")), json_str(o, f->token_url);
    json_key(o, S("scope")), json_str(o, f->scope);
    json_key(o, S("client_id")), json_str(o, f->client_id);
    json_key(o, S("has_client_secret")), json_bool(o, v->has_secret);
    json_key(o, S("has_consent")), json_bool(o, v->has_consent);
    json_key(o, S("consent_ends_at")), json_int(o, f->refresh_expires_at);
    json_key(o, S("after")), json_str(o, f->after);
    json_key(o, S("move_to")), json_str(o, f->move_to);
    json_key(o, S("begin")), json_str(o, f->begin);
    json_key(o, S("paused_at")), json_int(o, f->paused_at);
    json_key(o, S("state")), json_str(o, f->state);
    json_key(o, S("trouble")), json_bool(o, v->how.health == FETCH_TROUBLE);
    json_key(o, S("says")), json_str(o, v->how.says);
    json_key(o, S("contact_at")), json_int(o, f->contact_at);
    json_key(o, S("mail_at")), json_int(o, f->mail_at);
    json_key(o, S("retry_at")), json_int(o, f->retry_at);
    json_key(o, S("failing_since")), json_int(o, f->failing_since);
    json_key(o, S("kept")), json_int(o, f->kept);
}

static void put_lists(struct json_out *o, const struct fetch_page *v) {
    json_key(o, S("folders"));
    json_open_array(o);
    for (size_t i = 0; i < v->folders.n; i++) {
        json_open_object(o);
        json_key(o, S("name")), json_str(o, v->folders.v[i].name);
        json_key(o, S("special")), json_str(o, v->folders.v[i].special);
        json_key(o, S("wanted")), json_bool(o, v->folders.v[i].wanted);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("set_aside")), json_int(o, v->aside_count);
    json_key(o, S("asides"));
    json_open_array(o);
    for (size_t i = 0; i < v->asides.n; i++) {
        const struct store_fetch_aside *x = &v->asides.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, x->id);
        json_key(o, S("folder")), json_str(o, x->folder);
        json_key(o, S("uid")), json_int(o, x->at.uid);
        json_key(o, S("reason")), json_str(o, x->reason);
        json_key(o, S("size")), json_int(o, x->size);
        json_key(o, S("tries")), json_int(o, x->tries);
        json_key(o, S("first_at")), json_int(o, x->first_at);
        json_key(o, S("tried_at")), json_int(o, x->tried_at);
        json_key(o, S("retry_at")), json_int(o, x->retry_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("next")), json_id(o, v->aside_next);
}

void fetch_page_json(const struct web_call *w, struct json_out *o) {
    const struct fetch_page *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("address")), json_str(o, v->inbox.address);
    json_key(o, S("is_set_up")), json_bool(o, v->is_set_up);
    if (v->is_set_up) put_account(o, v), put_lists(o, v);
    if (v->tested) {
        json_key(o, S("test_ok")), json_bool(o, v->test_ok);
        json_key(o, S("test_says")), json_str(o, v->test_says);
    }
    json_close_object(o);
}

void fetch_consent_json(const struct web_call *w, struct json_out *o) {
    const struct fetch_page *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("url")), json_str(o, v->consent_url);
    json_close_object(o);
}

/* ---- setting up ---- */

static str typed(const struct web_call *w, const char *name, str otherwise) {
    return web_param_has(w, name) ? str_trim(web_param(w, name)) : otherwise;
}

/* What a form leaves out stays; a password is taken as it is, blanks and all. */
static err read_form(struct web_call *w, const struct store_fetch *now, struct fetch_form *ret) {
    struct fetch_form form = {
        .host = typed(w, "host", now->host),
        .tls = typed(w, "tls", now->tls),
        .ca_file = typed(w, "ca_file", now->ca_file),
        .user = typed(w, "user", now->user),
        .sign_in = typed(w, "sign_in", now->sign_in),
        .password = web_param(w, "password"),
        .provider = typed(w, "provider", now->provider),
        .authorize_url = typed(w, "authorize_url", now->authorize_url),
        .token_url = typed(w, "token_url", now->token_url),
        .scope = typed(w, "scope", now->scope),
        .client_id = typed(w, "client_id", now->client_id),
        .client_secret = str_trim(web_param(w, "client_secret")),
        .after = typed(w, "after", now->after),
        .move_to = typed(w, "move_to", now->move_to),
        .begin = typed(w, "begin", now->begin),
    };
    TRY(web_param_int(w, "port", web_param_has(w, "port") ? 0 : now->port, &form.port));
    *ret = form;
    return ERR_NONE;
}

static void show_typed(struct web_call *w, struct fetch_page *v) {
    struct store_fetch *f = &v->f;
    f->host = typed(w, "host", f->host);
    f->tls = typed(w, "tls", f->tls);
    f->ca_file = typed(w, "ca_file", f->ca_file);
    f->user = typed(w, "user", f->user);
    f->sign_in = typed(w, "sign_in", f->sign_in);
    f->provider = typed(w, "provider", f->provider);
    f->authorize_url = typed(w, "authorize_url", f->authorize_url);
    f->token_url = typed(w, "token_url", f->token_url);
    f->scope = typed(w, "scope", f->scope);
    f->client_id = typed(w, "client_id", f->client_id);
    f->after = typed(w, "after", f->after);
    f->move_to = typed(w, "move_to", f->move_to);
    f->begin = typed(w, "begin", f->begin);
    v->port = typed(w, "port", v->port);
}

static err stored(struct web_call *w, int64_t id, struct store_fetch *ret) {
    struct fetch_page nothing = {0};
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(w->desk->db, &c));
    TRY(store_inbox_by_id(c, w->arena, w->who.brand.id, id, &nothing.inbox));
    as_nothing(&nothing);
    *ret = nothing.f;
    err e = store_fetch_get(c, w->arena, w->who.brand.id, id, ret);
    return e == ERR_MISSING ? ERR_NONE : e;
}

static err save(struct web_call *w, int64_t *ret_id) {
    int64_t id;
    struct store_fetch now;
    struct fetch_form form;
    TRY(web_id(w, 1, &id));
    TRY(stored(w, id, &now));
    TRY(read_form(w, &now, &form));
    TRY(fetch_set_up(w->desk, w->arena, w->who.brand.id, id, &form));
    *ret_id = id;
    return ERR_NONE;
}

static void go_back(struct web_call *w, int64_t id) {
    web_go(w, web_path(w, "/admin/inboxes/%lld/fetching?kept=1", (long long)id));
}

err fetch_do_save(struct web_call *w) {
    int64_t id;
    err e = save(w, &id);
    if (e) {
        e = admin_again(w, e, fetch_page_view);
        if (w->view) show_typed(w, w->view);
        return e;
    }
    if (w->json) return fetch_page_view(w);
    go_back(w, id);
    return ERR_NONE;
}

/* ---- trying it ---- */

static str offers_text(struct web_call *w, const struct imap_probed *found) {
    int64_t n = 0;
    for (size_t i = 0; i < found->folders.n; i++) n += found->folders.v[i].selectable;
    return fill(w,
                found->idle
                    ? T("The desk is let in and sees {0} folders. New mail is announced at once.")
                    : T("The desk is let in and sees {0} folders. This server does not announce new mail, so "
                        "the desk looks every two minutes."),
                str_fmt(w->arena, "%lld", (long long)n), S(""));
}

err fetch_do_test(struct web_call *w) {
    int64_t id;
    struct imap_probed found = {0};
    TRY(web_id(w, 1, &id));
    err e = fetch_probe(w->desk, w->arena, w->who.brand.id, id, FETCH_TEST_SECONDS, &found);
    if (e == ERR_MISSING) return e;
    str says = e ? web_text(w, str_cstr(w->arena, str_z(err_text()))) : offers_text(w, &found);
    TRY(fetch_page_view(w));
    struct fetch_page *v = w->view;
    v->tested = true;
    v->test_ok = !e;
    v->test_says = says;
    return ERR_NONE;
}

/* ---- the rest ---- */

static err after_doing(struct web_call *w, err e, int64_t id) {
    if (e) return admin_again(w, e, fetch_page_view);
    if (w->json) return fetch_page_view(w);
    go_back(w, id);
    return ERR_NONE;
}

/* A program sends one string with a folder a line; a form has a field for each. */
static void read_names(struct web_call *w, str_list *ret) {
    str text = web_param_text(w, "folders"), line;
    if (w->body || !http_pairs_has(&w->in->form, S("folders"))) {
        while (str_line(&text, &line))
            if (str_trim(line).n) *list_add(w->arena, ret) = line;
        return;
    }
    for (size_t i = 0; i < w->in->form.n; i++)
        if (str_eq(w->in->form.v[i].name, S("folders"))) *list_add(w->arena, ret) = w->in->form.v[i].value;
}

err fetch_do_folders(struct web_call *w) {
    int64_t id;
    str_list names = {0};
    TRY(web_id(w, 1, &id));
    read_names(w, &names);
    return after_doing(w, fetch_choose(w->desk, w->arena, w->who.brand.id, id, &names), id);
}

err fetch_do_pause(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return after_doing(w, fetch_pause(w->desk, w->who.brand.id, id, true), id);
}

err fetch_do_resume(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return after_doing(w, fetch_pause(w->desk, w->who.brand.id, id, false), id);
}

err fetch_do_look(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return after_doing(w, fetch_look(w->desk, w->who.brand.id, id), id);
}

err fetch_do_retry(struct web_call *w) {
    int64_t id, aside;
    TRY(web_id(w, 1, &id));
    TRY(web_param_int(w, "aside", 0, &aside));
    return after_doing(w, fetch_retry(w->desk, w->who.brand.id, id, aside), id);
}

err fetch_do_remove(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    return after_doing(w, fetch_remove(w->desk, w->who.brand.id, id), id);
}

err fetch_do_consent(struct web_call *w) {
    int64_t id;
    str url;
    TRY(web_id(w, 1, &id));
    err e = fetch_consent_ask(w->desk, w->arena, w->who.brand.id, id, w->who.account.id, &url);
    if (e) return admin_again(w, e, fetch_page_view);
    TRY(fetch_page_view(w));
    ((struct fetch_page *)w->view)->consent_url = url;
    return ERR_NONE;
}

err fetch_do_consented(struct web_call *w) {
    struct fetch_consented at = {0};
    struct store_brand brand;
    err e = fetch_consent_done(w->desk, w->arena, w->who.account.id, web_param(w, "state"),
                               web_param(w, "code"), web_param(w, "error"), &at);
    /* A provider that does not answer is no fault of this desk: its sentence is for the reader. */
    if (e == ERR_NETWORK) return err_set(ERR_CONFLICT, "%s", str_cstr(w->arena, str_z(err_text())));
    TRY(e);
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_brand_by_id(c, w->arena, at.brand, &brand));
    web_go(w, str_fmt(w->arena, "/b/%.*s/admin/inboxes/%lld/fetching?kept=1", STR_FMT(brand.slug),
                      (long long)at.inbox));
    return ERR_NONE;
}

/* ---- for templates ---- */

str fetch_how_text(const struct fetch_page *v, struct page_out *o) {
    struct web_call *w = v->admin.frame.w;
    if (v->how.health == FETCH_SOON)
        return fill(w, T("The consent for this mailbox ends {0}. Ask for it again before."),
                    page_day_text(o, v->how.ends_at), S(""));
    return v->how.says.n ? web_text(w, str_cstr(w->arena, v->how.says)) : S("");
}

str fetch_folder_text(const struct fetch_page *v, const struct store_fetch_folder *f) {
    static const struct {
        const char *special, *title;
    } titles[] = {{"Junk", T("junk")},
                  {"Trash", T("thrown away")},
                  {"Drafts", T("drafts")},
                  {"All", T("all mail")},
                  {"Archive", T("archive")}};
    if (fetch_folder_is_sent(f)) return web_text(v->admin.frame.w, T("what you sent, kept as replies"));
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (str_eq_nocase(f->special, str_z(titles[i].special)))
            return web_text(v->admin.frame.w, titles[i].title);
    return S("");
}

const char *fetch_tls_title(size_t i, const char **ret_value) {
    static const struct {
        const char *value, *title;
    } all[] = {{"implicit", T("TLS from the start")},
               {"required", T("STARTTLS")},
               {"never", T("None, only inside this machine")}};
    if (i >= sizeof all / sizeof *all) return NULL;
    *ret_value = all[i].value;
    return all[i].title;
}

const char *fetch_after_title(enum fetch_after x) {
    switch (x) {
    case FETCH_LEAVE: return T("stay there as they are");
    case FETCH_SEEN: return T("stay there, marked as read");
    case FETCH_FLAG: return T("stay there, with a flag");
    case FETCH_MOVE: return T("are moved to another folder");
    }
    return "";
}
