#include "web/error_page.h"

#include "error.tmpl.h"
#include "web/frame.h"

static str title_of(const struct web_call *w, int status) {
    switch (status) {
    case 401: return web_text(w, T("You are signed out"));
    case 403: return web_text(w, T("Not allowed"));
    case 404: return web_text(w, T("There is nothing at this address"));
    case 405: return web_text(w, T("This address cannot be used in this way"));
    case 409: return web_text(w, T("Something changed meanwhile"));
    case 413: return web_text(w, T("Too large"));
    case 422: return web_text(w, T("Something is missing"));
    case 429: return web_text(w, T("Too often"));
    case 503: return web_text(w, T("Not just now"));
    default: return web_text(w, status >= 500 ? T("The desk has a fault") : T("This did not work"));
    }
}

/* The page that the form was on, as far as the path of the POST tells it. */
static str back_of(const struct web_call *w) {
    str path = w->in->path, rest = path, piece;
    size_t keep = 0, at = 0;
    int n = 0;
    if (!str_starts(path, S("/b/")) || w->in->method == HTTP_GET) return S("/");
    while (str_split(&rest, '/', &piece)) {
        at += piece.n + 1;
        if (++n == 5) keep = at - 1; /* "/b/SLUG/c/ID" */
    }
    BUF_AUTO buf b = BUF_MAX(4096);
    str whole = keep ? str_slice(path, 0, keep) : path;
    bool conversation = false;
    rest = whole;
    for (n = 0; str_split(&rest, '/', &piece); n++) {
        if (n) buf_add_char(&b, '/');
        if (n == 3) conversation = str_eq(piece, S("c")) || str_eq(piece, S("customers"));
        http_encode(&b, piece);
    }
    return conversation && n == 5 && buf_ok(&b) ? str_copy(w->arena, buf_str(&b)) : S("/");
}

void error_page(struct web_call *w, int status, str says) {
    struct error_view v = {
        .w = w,
        .status = status,
        .title = title_of(w, status),
        .says = says,
        .back = back_of(w),
        .retry = status == 401,
        .kept = w->in->method == HTTP_GET ? S("") : web_param(w, "text"),
    };
    w->out->type = S("text/html; charset=utf-8");
    frame_bare_open(w, v.title);
    tmpl_error(&w->page, &v);
    frame_bare_close(w);
}
