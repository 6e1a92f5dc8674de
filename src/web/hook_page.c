#include "web/hook_page.h"

#include "hook.tmpl.h"

/* ---- what comes ---- */

struct outcome {
    int status;
    const char *kind;
    const char *again; /* Retry-After, in seconds; NULL none */
};

static struct outcome outcome_of(hook_outcome o) {
    switch (o) {
    case HOOK_TAKEN: return (struct outcome){200, "", NULL};
    case HOOK_TOO_LARGE: return (struct outcome){413, "too_large", NULL};
    case HOOK_TOO_OFTEN: return (struct outcome){429, "too_often", "60"};
    case HOOK_REFUSED: return (struct outcome){401, "denied", NULL};
    case HOOK_CLOCK: return (struct outcome){401, "clock", NULL};
    case HOOK_WRONG: return (struct outcome){422, "invalid", NULL};
    case HOOK_PAUSED: return (struct outcome){503, "paused", "300"};
    case HOOK_FULL: return (struct outcome){503, "busy", "10"};
    }
    return (struct outcome){500, "internal", NULL};
}

static void put_taken(struct json_out *o, const struct hook_taken *t) {
    json_open_object(o);
    json_key(o, S("ok")), json_bool(o, true);
    json_key(o, S("kept")), json_int(o, t->kept);
    json_key(o, S("known")), json_int(o, t->known);
    json_key(o, S("repeat")), json_bool(o, t->repeat);
    json_close_object(o);
}

static void put_refusal(struct json_out *o, const char *kind, str says) {
    json_open_object(o);
    json_key(o, S("error"));
    json_open_object(o);
    json_key(o, S("kind")), json_str(o, str_z(kind));
    json_key(o, S("says")), json_str(o, says);
    json_close_object(o);
    json_close_object(o);
}

err hook_do_take(struct web_call *w) {
    const struct http_request *q = w->in;
    struct hook_call call = {.token = w->at.value[0],
                             .headers = {http_header(q, S("webhook-id")),
                                         http_header(q, S("webhook-timestamp")),
                                         http_header(q, S("webhook-signature"))},
                             .body = q->body,
                             .peer = web_peer(w)};
    struct hook_taken taken;
    hook_take(w->desk, w->arena, &call, &taken);
    struct outcome is = outcome_of(taken.outcome);
    struct json_out o = json_begin(&w->out->body);
    w->out->type = S("application/json");
    w->out->status = is.status;
    if (is.again) web_header(w, "Retry-After", str_z(is.again));
    if (taken.outcome == HOOK_TAKEN)
        put_taken(&o, &taken);
    else
        put_refusal(&o, is.kind, taken.says);
    return ERR_NONE;
}

/* ---- all of them ---- */

str hook_state_text(const struct web_call *w, const struct store_channel *row) {
    if (row->inbox_disabled_at) return web_text(w, T("Switched off"));
    if (row->paused_at) return web_text(w, T("Paused"));
    if (!row->post_at) return web_text(w, T("Nothing has come yet"));
    return web_text(w, T("Posts come"));
}

err hooks_view_all(struct web_call *w) {
    struct hooks_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(admin_load(w, web_text(w, T("Webhooks")), "accounts", &v->admin));
    TRY(hook_list(w->desk, w->arena, w->who.brand.id, &v->hooks));
    v->name = w->in->method == HTTP_GET ? S("") : web_param(w, "name");
    v->url = w->in->method == HTTP_GET ? S("") : web_param(w, "url");
    v->secret = S("");
    w->view = v;
    return ERR_NONE;
}

void hooks_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct hooks_view *v = w->view;
    admin_open(w, &v->admin);
    tmpl_hooks(&w->page, v);
    admin_close(w, &v->admin);
}

static void put_row(struct json_out *o, const struct store_channel *row) {
    json_key(o, S("id")), json_id(o, row->inbox_id);
    json_key(o, S("name")), json_str(o, row->account);
    json_key(o, S("url")), json_str(o, row->server);
    json_key(o, S("kept")), json_int(o, row->kept);
    json_key(o, S("post_at")), json_int(o, row->post_at);
    json_key(o, S("paused_at")), json_int(o, row->paused_at);
    json_key(o, S("disabled_at")), json_int(o, row->inbox_disabled_at);
}

void hooks_json(const struct web_call *w, struct json_out *o) {
    const struct hooks_view *v = w->view;
    json_open_object(o);
    if (v->secret.n) {
        json_key(o, S("id")), json_id(o, v->inbox);
        json_key(o, S("secret")), json_str(o, v->secret);
    }
    json_key(o, S("hooks"));
    json_open_array(o);
    for (size_t i = 0; i < v->hooks.n; i++) {
        json_open_object(o);
        put_row(o, &v->hooks.v[i]);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err hook_do_add(struct web_call *w) {
    int64_t inbox;
    str secret;
    err e =
        hook_add(w->desk, w->arena, &w->actor, web_param(w, "name"), web_param(w, "url"), &inbox, &secret);
    if (e) return admin_again(w, e, hooks_view_all);
    TRY(hooks_view_all(w));
    struct hooks_view *v = w->view;
    v->inbox = inbox;
    v->secret = secret;
    v->name = v->url = S("");
    return ERR_NONE;
}

/* ---- one of them ---- */

/* What docs/webhooks.md has as its first example, with this webhook's address. */
static str example_of(arena *a, str address) {
    return str_fmt(
        a,
        "SECRET=whsec_...\n"
        "URL=%.*s\n"
        "BODY='{\"id\": \"review-1\", \"author\": {\"id\": \"milo\", \"handle\": \"milo\"}, \"text\": "
        "\"Keeper Juno "
        "lost a wheel.\", \"created_at\": \"2026-11-20T10:00:00Z\", \"kind\": \"review\", \"rating\": 2, "
        "\"rating_max\": 5}'\n"
        "ID=call-1\n"
        "NOW=$(date +%%s)\n"
        "KEY=$(printf %%s \"${SECRET#whsec_}\" | base64 -d | od -An -tx1 | tr -d ' \\n')\n"
        "SIG=$(printf %%s \"$ID.$NOW.$BODY\" | openssl dgst -sha256 -mac HMAC -macopt \"hexkey:$KEY\" "
        "-binary | "
        "base64)\n"
        "curl -H 'content-type: application/json' -H \"webhook-id: $ID\" -H \"webhook-timestamp: $NOW\" \\\n"
        "  -H \"webhook-signature: v1,$SIG\" --data-binary \"$BODY\" \"$URL\"\n",
        STR_FMT(address));
}

err hook_view_one(struct web_call *w) {
    struct hook_page *v = arena_alloc(w->arena, sizeof *v);
    int64_t inbox;
    TRY(web_id(w, 1, &inbox));
    TRY(hook_get(w->desk, w->arena, w->who.brand.id, inbox, &v->hook));
    TRY(admin_load(w, v->hook.row.account, "accounts", &v->admin));
    v->url = w->in->method != HTTP_GET && web_param_has(w, "url") ? web_param(w, "url") : v->hook.row.server;
    v->secret = v->try_says = S("");
    v->example = example_of(w->arena, v->hook.address);
    w->view = v;
    return ERR_NONE;
}

void hook_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct hook_page *v = w->view;
    admin_open(w, &v->admin);
    tmpl_hook(&w->page, v);
    admin_close(w, &v->admin);
}

void hook_json(const struct web_call *w, struct json_out *o) {
    const struct hook_page *v = w->view;
    json_open_object(o);
    put_row(o, &v->hook.row);
    json_key(o, S("address")), json_str(o, v->hook.address);
    json_key(o, S("old_secret_until")), json_int(o, v->hook.old_until);
    if (v->secret.n) json_key(o, S("secret")), json_str(o, v->secret);
    if (v->tried) {
        json_key(o, S("try_ok")), json_bool(o, v->try_ok);
        json_key(o, S("try_says")), json_str(o, v->try_says);
    }
    json_close_object(o);
    (void)w;
}

/* After a change a browser goes back to the page; a program gets what the page would show. */
static err done(struct web_call *w, int64_t inbox, err e) {
    if (e) return admin_again(w, e, hook_view_one);
    admin_kept(w, str_cstr(w->arena, str_fmt(w->arena, "/admin/hooks/%lld", (long long)inbox)));
    return w->json ? hook_view_one(w) : ERR_NONE;
}

err hook_do_url(struct web_call *w) {
    int64_t inbox;
    TRY(web_id(w, 1, &inbox));
    return done(w, inbox, hook_set_url(w->desk, w->arena, &w->actor, inbox, web_param(w, "url")));
}

err hook_do_rotate(struct web_call *w) {
    int64_t inbox;
    str secret;
    TRY(web_id(w, 1, &inbox));
    err e = hook_rotate(w->desk, w->arena, &w->actor, inbox, web_param_on(w, "at_once"), &secret);
    if (e) return admin_again(w, e, hook_view_one);
    TRY(hook_view_one(w));
    ((struct hook_page *)w->view)->secret = secret;
    return ERR_NONE;
}

err hook_do_address(struct web_call *w) {
    int64_t inbox;
    TRY(web_id(w, 1, &inbox));
    return done(w, inbox, hook_new_address(w->desk, w->arena, &w->actor, inbox));
}

err hook_do_try(struct web_call *w) {
    int64_t inbox;
    bool ok;
    str says;
    TRY(web_id(w, 1, &inbox));
    err e = hook_try(w->desk, w->arena, &w->actor, inbox, &ok, &says);
    if (e) return admin_again(w, e, hook_view_one);
    TRY(hook_view_one(w));
    struct hook_page *v = w->view;
    v->tried = true;
    v->try_ok = ok;
    v->try_says = says;
    return ERR_NONE;
}

static err pause(struct web_call *w, bool paused) {
    int64_t inbox;
    TRY(web_id(w, 1, &inbox));
    struct hook_view v;
    err e = hook_get(w->desk, w->arena, w->who.brand.id, inbox, &v);
    if (!e) e = channel_pause(w->desk, w->arena, &w->actor, inbox, paused);
    return done(w, inbox, e);
}

err hook_do_pause(struct web_call *w) { return pause(w, true); }
err hook_do_resume(struct web_call *w) { return pause(w, false); }
