#include "web/grown_up_page.h"

#include "grown_up.tmpl.h"
#include "web/admin_page.h"
#include "web/frame.h"

enum { TYPED_BYTES = 4000 };

static struct grown_up_view *new_view(struct web_call *w) {
    struct grown_up_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct grown_up_view){.w = w, .action = w->in->path};
    w->view = v;
    return v;
}

/* 410: it was a link once. */
static void status_of(struct web_call *w, const struct grown_up_view *v) {
    if (v->done) return;
    switch (v->link.state) {
    case CHILD_LINK_GOOD: return;
    case CHILD_LINK_WRONG: w->out->status = 404; return;
    case CHILD_LINK_USED:
    case CHILD_LINK_ENDED:
    case CHILD_LINK_EXPIRED: w->out->status = 410; return;
    }
}

err grown_up_view(struct web_call *w) {
    struct grown_up_view *v = new_view(w);
    TRY(child_link_open(w->desk, w->arena, w->at.value[0], &v->link));
    web_header(w, "X-Robots-Tag", S("noindex, nofollow"));
    status_of(w, v);
    return ERR_NONE;
}

static err ask_again(struct web_call *w, struct grown_up_view *v, err e) {
    str says = str_copy(w->arena, str_z(err_text()));
    err code = child_link_open(w->desk, w->arena, w->at.value[0], &v->link);
    if (code) {
        w->view = NULL;
        return code;
    }
    return err_set(e, "%.*s", STR_FMT(says));
}

err grown_up_answer(struct web_call *w) {
    struct grown_up_view *v = new_view(w);
    v->typed = (struct child_answer){.name = str_clip_utf8(web_param(w, "name"), TYPED_BYTES),
                                     .address = str_clip_utf8(web_param_text(w, "address"), TYPED_BYTES),
                                     .country = str_clip_utf8(web_param(w, "country"), TYPED_BYTES),
                                     .keep_memory = web_param_on(w, "keep_memory"),
                                     .decline = web_param_on(w, "decline")};
    err e = child_link_answer(w->desk, w->arena, w->at.value[0], &v->typed, &v->link);
    if (e == ERR_INVALID) return ask_again(w, v, e);
    TRY(e);
    v->done = v->link.state == CHILD_LINK_GOOD;
    status_of(w, v);
    return ERR_NONE;
}

void grown_up_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct grown_up_view *v = w->view;
    if (w->problem) v->says = w->says;
    bool form = !v->done && v->link.state == CHILD_LINK_GOOD;
    frame_bare_open(w, form || v->done ? v->link.brand_name
                                       : web_text(w, T("This link does not work any more")));
    tmpl_grown_up(&w->page, v);
    frame_bare_close(w);
}
