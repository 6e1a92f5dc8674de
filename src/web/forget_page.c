#include "web/forget_page.h"

#include "forget.tmpl.h"

err forget_view(struct web_call *w) {
    struct forget_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(forget_person_plan(w->desk, w->arena, w->who.brand.id, str_fmt(w->arena, "%lld", (long long)id),
                           &v->plan));
    v->base = web_path(w, "/customers/%lld", (long long)id);
    v->word = v->plan.addresses.n ? v->plan.addresses.v[0].address : v->plan.customer.name;
    v->over = v->plan.already.at && !v->plan.addresses.n;
    v->sees_paths = web_may(w, RIGHT_ADMIN);
    TRY(frame_load(w, v->plan.customer.name, &v->frame));
    w->view = v;
    return ERR_NONE;
}

void forget_html(struct web_call *w) {
    const struct forget_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_forget(&w->page, v);
    frame_close(w, &v->frame);
}

static void write_copies(const struct forget_view *v, struct json_out *o) {
    json_key(o, S("not_reached"));
    json_open_array(o);
    for (size_t i = 0; i < v->plan.copies.n; i++) {
        json_open_object(o);
        json_key(o, S("kind")), json_str(o, v->plan.copies.v[i].kind);
        json_key(o, S("at")), json_int(o, v->plan.copies.v[i].at);
        if (v->sees_paths) json_key(o, S("path")), json_str(o, v->plan.copies.v[i].path);
        json_close_object(o);
    }
    json_close_array(o);
}

void forget_json(const struct web_call *w, struct json_out *o) {
    const struct forget_view *v = w->view;
    const struct store_person_count *n = &v->plan.count;
    json_open_object(o);
    json_key(o, S("customer")), json_id(o, v->plan.customer.id);
    json_key(o, S("forgotten_at")), json_int(o, v->plan.already.at);
    json_key(o, S("again")), json_str(o, v->word);
    json_key(o, S("goes"));
    json_open_object(o);
    json_key(o, S("conversations")), json_int(o, n->conversations);
    json_key(o, S("letters")), json_int(o, n->letters);
    json_key(o, S("replies")), json_int(o, n->replies);
    json_key(o, S("notes")), json_int(o, n->notes);
    json_key(o, S("files")), json_int(o, n->files);
    json_key(o, S("drafts")), json_int(o, n->drafts);
    json_key(o, S("elsewhere")), json_int(o, n->elsewhere);
    json_close_object(o);
    json_key(o, S("stays"));
    json_open_object(o);
    json_key(o, S("gestures")), json_int(o, n->gestures);
    json_key(o, S("boxes")), json_int(o, n->boxes);
    json_key(o, S("until")), json_int(o, v->plan.keep_until);
    json_key(o, S("named_by_others")), json_int(o, n->named);
    json_close_object(o);
    json_key(o, S("worries")), json_int(o, n->worries);
    json_key(o, S("against")), json_str(o, v->plan.against);
    write_copies(v, o);
    json_close_object(o);
    (void)w;
}

err forget_do(struct web_call *w) {
    struct forget_plan plan;
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(forget_person(w->desk, w->arena, &w->actor, id, web_param(w, "again"), &plan));
    web_go(w, web_path(w, "/customers/%lld/forget", (long long)id));
    return ERR_NONE;
}

void forget_again(struct web_call *w) {
    int status = w->out->status;
    if (forget_view(w)) {
        web_error(w, status, err_name(w->problem), w->says);
        return;
    }
    struct forget_view *v = w->view;
    v->says = w->says;
    v->again = web_param(w, "again");
    w->out->type = S("text/html; charset=utf-8");
    forget_html(w);
}
