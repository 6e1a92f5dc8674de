#include "web/link_page.h"

#include "desk/password.h"
#include "sign_in.tmpl.h"
#include "web/admin_page.h"
#include "web/notice.h"

static struct link_view *new_view(struct web_call *w) {
    struct link_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct link_view){.w = w, .min_length = PASSWORD_MIN_CHARACTERS, .action = w->in->path};
    w->view = v;
    return v;
}

/* ---- /forgotten ---- */

err forgotten_view(struct web_call *w) {
    new_view(w);
    return ERR_NONE;
}

err forgotten_ask(struct web_call *w) {
    struct link_view *v = new_view(w);
    v->email = str_clip_utf8(str_trim(web_param(w, "email")), 320);
    if (!v->email.n) return err_set(ERR_INVALID, "Type the address you sign in with.");
    TRY(notice_ask_reset(w->desk, v->email, web_peer(w)));
    v->done = true;
    return ERR_NONE;
}

void forgotten_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct link_view *v = w->view;
    if (w->problem) v->says = w->says;
    frame_bare_open(w, web_text(w, T("A new password")));
    tmpl_forgotten(&w->page, v);
    frame_bare_close(w);
}

/* ---- /reset/:token and /invitation/:token ---- */

static err gone(struct web_call *w, struct link_view *v) {
    v->gone = true;
    w->out->status = 404;
    return ERR_NONE;
}

static err open_link(struct web_call *w, struct link_view *v) {
    struct sign_in_link link;
    TRY(sign_in_open_link(w->desk, w->arena, w->at.value[0], &link));
    if (link.invitation != str_starts(w->in->path, S("/invitation/")))
        return err_set(ERR_MISSING, "This link is not valid.");
    v->link = link;
    return ERR_NONE;
}

err link_view(struct web_call *w) {
    struct link_view *v = new_view(w);
    err e = open_link(w, v);
    v->name = v->link.name;
    return e == ERR_MISSING ? gone(w, v) : e;
}

/* They have just proved that they know the password, so they need not type it once more. Where that fails
 * (too many tries from their network), they can still do it by hand later. */
static void enter(struct web_call *w, const struct link_view *v, str password) {
    struct sign_in_done done;
    const struct sign_in_try try = {
        .email = v->link.email,
        .password = password,
        .peer = web_peer(w),
        .old_session = web_session(w),
    };
    if (sign_in(w->desk, w->arena, &try, &done) == ERR_NONE) {
        web_session_set(w, done.session, done.expires_at);
        web_go(w, S("/"));
    } else {
        web_go(w, S("/sign-in"));
    }
}

err link_take(struct web_call *w) {
    struct link_view *v = new_view(w);
    err e = open_link(w, v);
    if (e) return e == ERR_MISSING ? gone(w, v) : e;
    v->name = v->link.invitation ? str_clip_utf8(web_param(w, "name"), 1000) : S("");
    str password = web_param(w, "password");
    e = sign_in_take_link(w->desk, w->arena, w->at.value[0], v->name, password, &v->link);
    if (e == ERR_MISSING) return gone(w, v);
    TRY(e);
    enter(w, v, password);
    return ERR_NONE;
}

void link_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct link_view *v = w->view;
    if (w->problem) v->says = w->says;
    str title = v->gone              ? web_text(w, T("This link does not work any more"))
                : v->link.invitation ? web_text(w, T("Welcome"))
                                     : web_text(w, T("A new password"));
    frame_bare_open(w, title);
    tmpl_link(&w->page, v);
    frame_bare_close(w);
}
