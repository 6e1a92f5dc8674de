/* The way of every request: find its row, judge who asks, run it, answer as page or as JSON. */
#include "base/log.h"
#include "web/error_page.h"
#include "web/glance.h"
#include "web/hook_page.h"
#include "web/merge_page.h"
#include "web/routes.h"

static const char page_csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

static void add_headers(struct web_call *w) {
    web_header(w, "Content-Security-Policy", str_z(w->csp ? w->csp : page_csp));
    web_header(w, "X-Content-Type-Options", S("nosniff"));
    web_header(w, "Referrer-Policy", S("no-referrer"));
    /* Browsers refuse a document that is sandboxed and has this as well (HTML, navigation response). */
    if (!w->csp) web_header(w, "Cross-Origin-Opener-Policy", S("same-origin"));
    web_header(w, "Cache-Control", str_z(w->cache ? w->cache : "no-store"));
    if (w->web->secure) web_header(w, "Strict-Transport-Security", S("max-age=31536000"));
}

/* ---- answers ---- */

static void start_over(struct web_call *w) {
    buf_clear(&w->out->body);
    w->out->static_body = (str){0};
    w->csp = w->cache = NULL;
    w->go = (str){0};
}

void web_error(struct web_call *w, int status, const char *kind, str says) {
    start_over(w);
    w->out->status = status;
    if (status == 503) web_header(w, "Retry-After", S("2"));
    if (!w->json) {
        error_page(w, status, says);
        return;
    }
    w->out->type = S("application/json");
    struct json_out o = json_begin(&w->out->body);
    json_open_object(&o);
    json_key(&o, S("error"));
    json_open_object(&o);
    json_key(&o, S("kind"));
    json_str(&o, str_z(kind));
    json_key(&o, S("says"));
    json_str(&o, says);
    if (w->also) w->also(w, &o);
    json_close_object(&o);
    json_close_object(&o);
}

/* The sentence of a failure as a reader may see it: the system's and the database's own words are for the
 * log. */
static str words_of(struct web_call *w, err e, int status, const char *text) {
    if (status < 500) return lang_text(w->page.lang, text);
    log_error("web", "%s %s: %s: %s", http_method_name(w->in->method), w->route->path, err_name(e), text);
    if (e == ERR_FULL)
        return web_text(w, T("The disk of this desk is full, so nothing was kept. Tell whoever runs it."));
    if (e == ERR_BUSY)
        return web_text(w, T("The desk has too much to do just now. Nothing was changed; try again."));
    return web_text(
        w, T("The desk could not do this because of a fault of its own. Nothing was changed; try again."));
}

static void fail(struct web_call *w, err e) {
    int status = w->status ? w->status : web_status(e);
    str says = words_of(w, e, status, str_cstr(w->arena, str_z(err_text())));
    web_read_end(w);
    /* The page with its form can only be shown again to those whom it is for, and while there is a database.
     */
    bool again = w->in->method != HTTP_GET && !w->json && w->route->html && status < 500 && status != 404;
    if (!again) {
        web_error(w, status, err_name(e), says);
        return;
    }
    start_over(w);
    w->out->status = status;
    w->problem = e;
    w->says = says;
    w->out->type = S("text/html; charset=utf-8");
    w->route->html(w);
}

static void answer_json(struct web_call *w) {
    w->out->type = S("application/json");
    struct json_out o = json_begin(&w->out->body);
    w->route->json(w, &o);
    if (!json_done(&o)) web_error(w, 500, "internal", S("The answer is too large."));
}

static void answer(struct web_call *w) {
    if (w->out->stream || w->out->type.n) return;
    if (w->json && w->route->json) {
        answer_json(w);
        return;
    }
    if (w->go.n && str_eq(w->fragment, S("send"))) {
        /* A script asked: it follows by itself, so that the page is not made twice. */
        web_header(w, "X-Location", w->go);
        web_bytes(w, "text/plain; charset=utf-8", S(""));
        return;
    }
    if (w->go.n) {
        http_redirect(w->in, w->out, w->go);
        return;
    }
    w->out->type = S("text/html; charset=utf-8");
    if (w->route->html) w->route->html(w);
}

/* ---- refusals ---- */

static bool by_script(const struct web_call *w) {
    str accept = http_header(w->in, S("Accept"));
    return w->fragment.n || http_header(w->in, S("X-Requested-With")).n ||
           str_eq(accept, S("application/json")) || str_eq(accept, S("text/event-stream"));
}

/* Nobody is signed in. A person goes to the sign-in page and comes back; what they typed is not lost on the
 * way, since a POST shows it on a page of its own. */
static void away(struct web_call *w) {
    str says = web_text(w, T("You are not signed in any more. Sign in again; what you wrote is below."));
    web_read_end(w);
    if (w->program) {
        web_header(w, "WWW-Authenticate", S("Bearer"));
        web_error(w, 401, "denied", S("A token is needed: Authorization: Bearer TOKEN."));
    } else if (w->in->method != HTTP_GET || by_script(w)) {
        web_error(w, 401, "denied", says);
    } else {
        start_over(w);
        BUF_AUTO buf to = BUF_MAX(65536);
        buf_add(&to, S("/sign-in?next="));
        http_encode(&to, w->in->path);
        if (w->in->raw_query.n) {
            http_encode(&to, S("?"));
            http_encode(&to, w->in->raw_query);
        }
        http_redirect(w->in, w->out, buf_ok(&to) ? buf_str(&to) : S("/sign-in"));
    }
}

static void no_row(struct web_call *w, str allowed) {
    session_reader(w);
    if (allowed.n) {
        web_header(w, "Allow", allowed);
        web_error(w, 405, "invalid", web_text(w, T("This address cannot be used in this way.")));
    } else {
        web_error(w, 404, "missing", web_text(w, T("There is nothing at this address.")));
    }
}

/* ---- the way ---- */

static err read_body(struct web_call *w) {
    if (w->in->method == HTTP_GET || !str_eq(w->in->content_type, S("application/json")) || !w->in->body.n)
        return ERR_NONE;
    /* Its signature is of the bytes as they came; before that is judged nothing is parsed. */
    if (w->route->run == hook_do_take) return ERR_NONE;
    TRY(json_read(w->in->body, &w->body));
    if (!json_is_object(w->body)) return err_set(ERR_INVALID, "The body must be a JSON object.");
    return ERR_NONE;
}

static void serve(struct web_call *w) {
    str path = w->in->path, allowed;
    w->program = str_starts(path, S("/api/v1/"));
    w->route = web_route_find(w->arena, w->in->method, path, false, &w->at, &allowed);
    if (w->route || allowed.n) {
        w->program = false;
    } else if (w->program) {
        w->route =
            web_route_find(w->arena, w->in->method, str_slice(path, 7, path.n), true, &w->at, &allowed);
    }
    w->fragment = http_header(w->in, S("X-Fragment"));
    w->json = w->program ||
              (w->in->method != HTTP_GET && str_eq(http_header(w->in, S("Accept")), S("application/json")));
    if (!w->route) {
        no_row(w, allowed);
        return;
    }
    bool is_away;
    err e = session_let_in(w, &is_away);
    const char *text = e ? str_cstr(w->arena, str_z(err_text())) : "";
    session_reader(w);
    if (is_away) {
        away(w);
        return;
    }
    if (e) {
        /* Not theirs, or not made by a page of ours: the form is not shown again from here. */
        int status = web_status(e);
        web_error(w, status, err_name(e), words_of(w, e, status, text));
        return;
    }
    e = read_body(w);
    if (e) {
        /* What was typed cannot be read, so there is no form to show again. */
        web_error(w, web_status(e), err_name(e),
                  words_of(w, e, web_status(e), str_cstr(w->arena, str_z(err_text()))));
        return;
    }
    e = merge_guard(w);
    if (!e) e = w->route->run(w);
    if (e)
        fail(w, e);
    else
        answer(w);
}

void web_handle(void *context, struct http_request *q, struct http_response *r) {
    struct web *web = context;
    struct web_call w = {.web = web, .desk = web->desk, .arena = q->arena, .in = q, .out = r};
    w.page.out = &r->body;
    w.page.now = desk_now(web->desk);
    serve(&w);
    web_read_end(&w);
    glance_release(&w);
    if (w.who.account.id) (void)sign_in_seen(web->desk, w.arena, &w.who);
    json_decref(w.body);
    add_headers(&w);
}
