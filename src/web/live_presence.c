#include "store/conversation.h"
#include "web/live.h"

struct presence_view {
    int64_t version;
    live_person_list people;
};

/* The heartbeat of an open page, and its answer: what the stream may have lost on the way. */
err live_presence(struct web_call *w) {
    int64_t id, brand = w->who.brand.id;
    struct conversation v;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, brand, id, &v));
    str doing = web_param(w, "doing");
    struct live_person who = {w->who.account.id, w->who.account.name, LIVE_LOOKING};
    if (str_eq(doing, S("writing")))
        who.doing = LIVE_WRITING;
    else if (str_eq(doing, S("left")))
        who.doing = LIVE_LEFT;
    else if (!str_eq(doing, S("looking")))
        return err_set(ERR_INVALID, "doing is one of: looking, writing, left.");
    live_present(w->web->live, brand, id, &who);
    struct presence_view *p = arena_alloc(w->arena, sizeof *p);
    p->version = v.version;
    live_people(w->web->live, w->arena, brand, id, &p->people);
    w->view = p;
    w->json = true;
    return ERR_NONE;
}

void live_presence_json(const struct web_call *w, struct json_out *o) {
    const struct presence_view *p = w->view;
    json_open_object(o);
    json_key(o, S("version")), json_int(o, p->version);
    json_key(o, S("people"));
    json_open_array(o);
    for (size_t i = 0; i < p->people.n; i++) {
        json_open_object(o);
        json_key(o, S("account")), json_id(o, p->people.v[i].account);
        json_key(o, S("name")), json_str(o, p->people.v[i].name);
        json_key(o, S("doing")), json_str(o, str_z(live_doing_name(p->people.v[i].doing)));
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}
