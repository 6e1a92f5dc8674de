/* Links to private pages, on the conversation's page. */
#include "web/conversation_page.h"
#include "web/missing_page.h"
#include "your.tmpl.h"

err track_panel_load(struct web_call *w, struct conversation_page *p) {
    db_conn *c;
    store_track_list links = {0};
    TRY(web_read(w, &c));
    TRY(track_list(c, w->arena, w->who.brand.id, p->c.id, &links));
    if (!links.n && p->c.channel != CHANNEL_WEB) return ERR_NONE;
    struct track_panel *panel = arena_alloc(w->arena, sizeof *panel);
    *panel = (struct track_panel){links, desk_now(w->desk)};
    p->track = panel;
    return ERR_NONE;
}

struct made_view {
    struct frame frame;
    int64_t conversation;
    str link;
};

err track_do_make(struct web_call *w) {
    struct made_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    str token;
    TRY(web_id(w, 1, &id));
    TRY(track_make(w->desk, w->arena, &w->actor, id, &token));
    *v = (struct made_view){.conversation = id, .link = track_url(w->desk, w->arena, token)};
    w->view = v;
    if (!w->json) TRY(frame_load(w, web_text(w, T("A link to the private page")), &v->frame));
    return ERR_NONE;
}

void track_made_html(struct web_call *w) {
    struct made_view *v = w->view;
    if (!v) {
        web_error(w, web_status(w->problem), err_name(w->problem), w->says);
        return;
    }
    frame_open(w, &v->frame);
    tmpl_track_made(&w->page, &v->frame, v->conversation, v->link);
    frame_close(w, &v->frame);
}

void track_made_json(const struct web_call *w, struct json_out *o) {
    const struct made_view *v = w->view;
    json_open_object(o);
    json_key(o, S("ok")), json_bool(o, true);
    json_key(o, S("link")), json_str(o, v->link);
    json_close_object(o);
}

err track_do_end(struct web_call *w) {
    int64_t id, link;
    TRY(web_id(w, 1, &id));
    TRY(web_param_int(w, "link", 0, &link));
    web_go(w, web_path(w, "/c/%lld", (long long)id));
    return track_revoke(w->desk, w->arena, &w->actor, id, link);
}

err track_links(struct web_call *w) {
    int64_t id;
    db_conn *c;
    struct conversation v;
    store_track_list *links = arena_alloc(w->arena, sizeof *links);
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v));
    TRY(track_list(c, w->arena, w->who.brand.id, id, links));
    w->view = links;
    web_go(w, web_path(w, "/c/%lld", (long long)id));
    return ERR_NONE;
}

void track_links_json(const struct web_call *w, struct json_out *o) {
    const store_track_list *links = w->view;
    int64_t now = desk_now(w->desk);
    json_open_object(o);
    json_key(o, S("links"));
    json_open_array(o);
    for (size_t i = 0; i < links->n; i++) {
        const struct store_track *l = &links->v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, l->id);
        json_key(o, S("agent")), json_id(o, l->agent_id);
        json_key(o, S("created_at")), json_int(o, l->created_at);
        json_key(o, S("expires_at")), json_int(o, l->expires_at);
        json_key(o, S("works")), json_bool(o, !l->revoked_at && l->expires_at > now);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}
