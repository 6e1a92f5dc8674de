#include "web/inbox_page.h"

#include "desk/brands.h"
#include "desk/fetch.h"
#include "desk/pace.h"
#include "inbox.tmpl.h"

/* No page and no JSON has a use for it, so it goes no further than this. */
static bool forget_password(struct store_inbox *inbox) {
    bool had = inbox->smtp_password.n > 0;
    inbox->smtp_password = S("");
    return had;
}

/* ---- all of them ---- */

err inboxes_view(struct web_call *w) {
    struct inboxes_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("Inboxes")), "inboxes", &v->admin));
    db_conn *c;
    TRY(web_read(w, &c));
    store_inbox_list all;
    TRY(store_inbox_list_of_brand(c, w->arena, w->who.brand.id, &all));
    for (size_t i = 0; i < all.n; i++)
        if (inbox_takes_mail(&all.v[i])) *list_add(w->arena, &v->inboxes) = all.v[i];
    TRY(store_fetch_list_of_brand(c, w->arena, w->who.brand.id, &v->fetched));
    for (size_t i = 0; i < v->fetched.n; i++) fetch_forget_secrets(&v->fetched.v[i]);
    TRY(store_silences(c, w->arena, w->who.brand.id, &v->silent));
    w->view = v;
    return ERR_NONE;
}

void inboxes_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct inboxes_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_inboxes(&w->page, v);
    admin_close(w, &v->admin);
}

static void put_inbox(struct json_out *o, const struct store_inbox *x, bool has_password) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, x->id);
    json_key(o, S("address")), json_str(o, x->address);
    json_key(o, S("name")), json_str(o, x->name);
    json_key(o, S("is_default")), json_bool(o, x->is_default);
    json_key(o, S("transport")), json_str(o, x->transport);
    json_key(o, S("smtp_host")), json_str(o, x->smtp_host);
    json_key(o, S("smtp_port")), json_int(o, x->smtp_port);
    json_key(o, S("smtp_tls")), json_str(o, x->smtp_tls);
    json_key(o, S("smtp_user")), json_str(o, x->smtp_user);
    json_key(o, S("has_password")), json_bool(o, has_password);
    json_key(o, S("smtp_ca_file")), json_str(o, x->smtp_ca_file);
    json_key(o, S("silent_after_hours")), json_int(o, x->silent_after_hours);
    json_key(o, S("letter_at")), json_int(o, x->letter_at);
    json_key(o, S("created_at")), json_int(o, x->created_at);
    json_key(o, S("disabled_at")), json_int(o, x->disabled_at);
    json_close_object(o);
}

void inboxes_json(const struct web_call *w, struct json_out *o) {
    const struct inboxes_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("inboxes"));
    json_open_array(o);
    for (size_t i = 0; i < v->inboxes.n; i++)
        put_inbox(o, &v->inboxes.v[i], v->inboxes.v[i].smtp_password.n > 0);
    json_close_array(o);
    json_close_object(o);
}

str inbox_way(const struct inboxes_view *v, const struct store_inbox *inbox) {
    struct web_call *w = v->admin.frame.w;
    if (inbox->disabled_at) return web_text(w, T("Not in use. Letters to it are refused."));
    if (!str_eq(inbox->transport, S("smtp")))
        return web_text(w, T("Replies go into a folder of this machine."));
    BUF_AUTO buf b = BUF_MAX(2000);
    lang_fmt(&b, w->page.lang, T("Replies leave by {0}."), &inbox->smtp_host, 1);
    return str_copy(w->arena, buf_str(&b));
}

str inbox_fetched(const struct inboxes_view *v, const struct store_inbox *inbox) {
    struct web_call *w = v->admin.frame.w;
    for (size_t i = 0; i < v->silent.n; i++)
        if (v->silent.v[i].inbox_id == inbox->id)
            return web_text(w, T("More silent than usual: send a letter to it and see whether it comes."));
    for (size_t i = 0; i < v->fetched.n; i++) {
        const struct store_fetch *f = &v->fetched.v[i];
        if (f->inbox_id != inbox->id) continue;
        BUF_AUTO buf b = BUF_MAX(2000);
        str args[2] = {f->host, web_text(w, fetch_view_of(f, w->page.now).head)};
        lang_fmt(&b, w->page.lang, T("Fetched from {0}: {1}."), args, 2);
        return str_copy(w->arena, buf_str(&b));
    }
    return S("");
}

static void show_one(struct web_call *w, struct store_inbox inbox) {
    struct inbox_view *v = arena_alloc(w->arena, sizeof *v);
    v->has_password = forget_password(&inbox);
    v->inbox = inbox;
    w->view = v;
}

err inboxes_add(struct web_call *w) {
    struct store_inbox made;
    const struct inbox_form form = {.address = str_trim(web_param(w, "address")),
                                    .name = str_trim(web_param(w, "name")),
                                    .is_default = web_param_on(w, "is_default"),
                                    .silent_after_hours = -1};
    err e = inbox_create(w->desk, w->arena, w->who.brand.id, &form, &made);
    if (e) {
        e = admin_again(w, e, inboxes_view);
        struct inboxes_view *v = w->view;
        if (v) v->address = form.address, v->name = form.name;
        return e;
    }
    show_one(w, made);
    web_go(w, web_path(w, "/admin/inboxes/%lld", (long long)made.id));
    return ERR_NONE;
}

/* ---- one ---- */

static void numbers_as_text(struct web_call *w, struct inbox_view *v) {
    v->port = v->inbox.smtp_port ? str_fmt(w->arena, "%lld", (long long)v->inbox.smtp_port) : S("");
    v->silent = str_fmt(w->arena, "%lld", (long long)v->inbox.silent_after_hours);
}

err inbox_view(struct web_call *w) {
    int64_t id;
    struct store_inbox inbox;
    struct admin admin;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_inbox_by_id(c, w->arena, w->who.brand.id, id, &inbox));
    if (!inbox_takes_mail(&inbox)) return err_set(ERR_MISSING, "There is no such inbox.");
    TRY(admin_load(w, inbox.address, "inboxes", &admin));
    show_one(w, inbox);
    struct inbox_view *v = w->view;
    v->admin = admin;
    web_read_end(w);
    TRY(pace_get(w->desk, w->who.brand.id, id, &v->per_minute));
    v->pace = v->per_minute ? str_fmt(w->arena, "%lld", (long long)v->per_minute) : S("");
    numbers_as_text(w, v);
    return ERR_NONE;
}

void inbox_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct inbox_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_inbox(&w->page, v);
    admin_close(w, &v->admin);
}

void inbox_json(const struct web_call *w, struct json_out *o) {
    const struct inbox_view *v = w->view;
    (void)w;
    put_inbox(o, &v->inbox, v->has_password);
}

void inbox_pace_json(const struct web_call *w, struct json_out *o) {
    const struct inbox_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("inbox")), json_id(o, v->inbox.id);
    json_key(o, S("letters_per_minute")), json_int(o, v->per_minute);
    json_close_object(o);
}

static str typed(const struct web_call *w, const char *name, str otherwise) {
    return web_param_has(w, name) ? str_trim(web_param(w, name)) : otherwise;
}

/* A password that is typed is taken as it is, blanks and all. None typed keeps the stored one, unless the
 * user who it belongs to is taken out. */
static err read_form(struct web_call *w, const struct store_inbox *now, struct inbox_form *ret_form) {
    struct inbox_form form = {
        .address = typed(w, "address", now->address),
        .name = typed(w, "name", now->name),
        .is_default = web_param_on(w, "is_default"),
        .transport = typed(w, "transport", now->transport),
        .smtp_host = typed(w, "smtp_host", now->smtp_host),
        .smtp_tls = typed(w, "smtp_tls", now->smtp_tls),
        .smtp_user = typed(w, "smtp_user", now->smtp_user),
        .smtp_password = web_param(w, "smtp_password"),
        .smtp_ca_file = typed(w, "smtp_ca_file", now->smtp_ca_file),
    };
    form.keep_password = !form.smtp_password.n && form.smtp_user.n > 0;
    int64_t port = web_param_has(w, "smtp_port") ? 0 : now->smtp_port;
    TRY(web_param_int(w, "smtp_port", port, &form.smtp_port));
    TRY(web_param_int(w, "silent_after_hours", now->silent_after_hours, &form.silent_after_hours));
    *ret_form = form;
    return ERR_NONE;
}

static void show_typed(struct web_call *w, struct inbox_view *v) {
    v->inbox.address = typed(w, "address", v->inbox.address);
    v->inbox.name = typed(w, "name", v->inbox.name);
    v->inbox.transport = typed(w, "transport", v->inbox.transport);
    v->inbox.smtp_host = typed(w, "smtp_host", v->inbox.smtp_host);
    v->inbox.smtp_tls = typed(w, "smtp_tls", v->inbox.smtp_tls);
    v->inbox.smtp_user = typed(w, "smtp_user", v->inbox.smtp_user);
    v->inbox.smtp_ca_file = typed(w, "smtp_ca_file", v->inbox.smtp_ca_file);
    v->port = typed(w, "smtp_port", v->port);
    v->silent = typed(w, "silent_after_hours", v->silent);
}

static err save(struct web_call *w, struct store_inbox *ret_inbox) {
    int64_t id;
    struct store_inbox now;
    struct inbox_form form;
    TRY(web_id(w, 1, &id));
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_inbox_by_id(c, w->arena, w->who.brand.id, id, &now));
        if (!inbox_takes_mail(&now)) return err_set(ERR_MISSING, "There is no such inbox.");
    }
    TRY(read_form(w, &now, &form));
    return inbox_change(w->desk, w->arena, w->who.brand.id, id, &form, ret_inbox);
}

err inbox_save(struct web_call *w) {
    struct store_inbox changed;
    err e = save(w, &changed);
    if (e) {
        e = admin_again(w, e, inbox_view);
        if (w->view) show_typed(w, w->view);
        return e;
    }
    show_one(w, changed);
    web_go(w, web_path(w, "/admin/inboxes/%lld?kept=1", (long long)changed.id));
    return ERR_NONE;
}

err inbox_do_disable(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = inbox_disable(w->desk, w->arena, w->who.brand.id, id);
    if (e) return admin_again(w, e, inbox_view);
    admin_kept(w, "/admin/inboxes");
    return ERR_NONE;
}

err inbox_do_enable(struct web_call *w) {
    int64_t id;
    TRY(web_id(w, 1, &id));
    err e = inbox_enable(w->desk, w->arena, w->who.brand.id, id);
    if (e) return admin_again(w, e, inbox_view);
    admin_kept(w, "/admin/inboxes");
    return ERR_NONE;
}

err inbox_do_pace(struct web_call *w) {
    int64_t id, per_minute;
    TRY(web_id(w, 1, &id));
    err e = web_param_int(w, "letters_per_minute", 0, &per_minute);
    if (!e) e = pace_change(w->desk, w->arena, w->who.brand.id, id, per_minute);
    if (e) {
        e = admin_again(w, e, inbox_view);
        if (w->view) ((struct inbox_view *)w->view)->pace = web_param(w, "letters_per_minute");
        return e;
    }
    struct inbox_view *v = arena_alloc(w->arena, sizeof *v);
    v->inbox.id = id;
    v->per_minute = per_minute;
    w->view = v;
    web_go(w, web_path(w, "/admin/inboxes/%lld?kept=1", (long long)id));
    return ERR_NONE;
}
