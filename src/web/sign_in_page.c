#include "web/sign_in_page.h"

#include "sign_in.tmpl.h"
#include "web/admin_page.h"

enum { NEXT_MAX = 2000 };

/* A browser reads "//host" and "/\host" as another server's address, and drops tabs and newlines before it
 * looks. */
str signin_next(str next) {
    str otherwise = S("/");
    if (!str_starts(next, S("/")) || next.n > NEXT_MAX || str_has(next, '\\')) return otherwise;
    if (str_starts(next, S("//"))) return otherwise;
    for (size_t i = 0; i < next.n; i++)
        if ((unsigned char)next.p[i] < 0x20 || next.p[i] == 0x7f) return otherwise;
    if (str_starts(next, S("/sign-")) || str_starts(next, S("/api/"))) return otherwise;
    return next;
}

static struct signin_view *new_view(struct web_call *w) {
    struct signin_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct signin_view){.w = w, .next = signin_next(web_param(w, "next"))};
    v->email = str_clip_utf8(str_trim(w->in->method == HTTP_GET ? S("") : web_param(w, "email")), 320);
    w->view = v;
    return v;
}

err signin_view(struct web_call *w) {
    struct signin_view *v = new_view(w);
    struct desk_who who;
    db_conn *c;
    TRY(web_read(w, &c));
    err e = sign_in_who(w->desk, c, w->arena, web_session(w), S(""), &who);
    if (!e) web_go(w, v->next);
    return e == ERR_DENIED ? ERR_NONE : e;
}

void signin_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct signin_view *v = w->view;
    if (w->problem) v->says = w->says;
    frame_bare_open(w, web_text(w, T("Sign in")));
    tmpl_sign_in(&w->page, v);
    frame_bare_close(w);
}

err signin_enter(struct web_call *w) {
    struct signin_view *v = new_view(w);
    struct sign_in_done done;
    const struct sign_in_try try = {
        .email = v->email,
        .password = web_param(w, "password"),
        .peer = web_peer(w),
        .old_session = web_session(w),
    };
    err e = sign_in(w->desk, w->arena, &try, &done);
    if (e == ERR_LIMIT) {
        w->status = 429;
        web_header(w, "Retry-After", S("900"));
    }
    if (e) return e;
    web_session_set(w, done.session, done.expires_at);
    web_go(w, v->next);
    return ERR_NONE;
}

err signin_leave(struct web_call *w) {
    TRY(sign_out(w->desk, w->arena, web_session(w)));
    web_session_set(w, S(""), 0);
    web_go(w, S("/sign-in"));
    return ERR_NONE;
}
