#include "incident.tmpl.h"
#include "web/incident_page.h"

static bool list_from(str s, enum room_list *ret) {
    for (int i = 0; i <= ROOM_LIST_OWED; i++) {
        if (!str_eq(s, str_z(room_list_name((enum room_list)i)))) continue;
        *ret = (enum room_list)i;
        return true;
    }
    return false;
}

/* "at-id", where a page ended. */
static err after_of(struct web_call *w, struct page_key *ret) {
    str text = w->in->method == HTTP_GET ? web_param(w, "after") : S(""), at;
    *ret = (struct page_key){0, 0};
    if (text.n && (!str_split(&text, '-', &at) || !str_to_int(at, &ret->at) || !str_to_int(text, &ret->id)))
        return err_set(ERR_INVALID, "This is not the end of a page.");
    return ERR_NONE;
}

static void more(struct web_call *w, struct letters_view *v, int64_t at, int64_t id) {
    v->rows.n = INCIDENT_LETTERS;
    v->next = str_fmt(w->arena, "%lld-%lld", (long long)at, (long long)id);
}

static err waiting(struct web_call *w, db_conn *c, struct letters_view *v, struct page_key after) {
    conversation_list all = {0};
    TRY(store_conversation_of_incident(c, w->arena, w->who.brand.id, v->incident.id, after,
                                       INCIDENT_LETTERS + 1, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct conversation *x = &all.v[i];
        *list_add(w->arena, &v->rows) = (struct room_letter){.conversation = x->id,
                                                             .customer = x->customer_id,
                                                             .at = x->waiting_since,
                                                             .name = x->customer_name,
                                                             .text = x->snippet,
                                                             .meta = x->agent_name,
                                                             .waited = w->page.now - x->waiting_since};
    }
    if (all.n > INCIDENT_LETTERS)
        more(w, v, all.v[INCIDENT_LETTERS - 1].waiting_since, all.v[INCIDENT_LETTERS - 1].id);
    return ERR_NONE;
}

static err said(struct web_call *w, db_conn *c, struct letters_view *v, struct page_key after) {
    room_line_list all = {0};
    TRY(store_room_lines(c, w->arena, w->who.brand.id, v->incident.id, after.id, INCIDENT_LETTERS + 1, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct room_line *x = &all.v[i];
        *list_add(w->arena, &v->rows) =
            (struct room_letter){.conversation = x->conversation_id,
                                 .message = x->message_id,
                                 .customer = x->customer_id,
                                 .at = x->at,
                                 .name = x->customer_name,
                                 .text = str_clip_utf8(x->text, 300),
                                 .meta = x->agent_name,
                                 .waited = x->waited_since ? x->at - x->waited_since : -1};
    }
    if (all.n > INCIDENT_LETTERS) more(w, v, 0, all.v[INCIDENT_LETTERS - 1].serial);
    return ERR_NONE;
}

static err parts(struct web_call *w, db_conn *c, struct letters_view *v, struct page_key after) {
    incident_conversation_list all = {0};
    incident_part part = v->show == ROOM_LIST_IN         ? INCIDENT_PART_IN
                         : v->show == ROOM_LIST_PROPOSED ? INCIDENT_PART_PROPOSED
                                                         : INCIDENT_PART_OUT;
    TRY(store_incident_conversations(c, w->arena, w->who.brand.id, v->incident.id, part, after.id,
                                     INCIDENT_LETTERS + 1, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct incident_conversation *x = &all.v[i];
        *list_add(w->arena, &v->rows) = (struct room_letter){.conversation = x->conversation_id,
                                                             .customer = x->customer_id,
                                                             .at = x->came_at ? x->came_at : x->at,
                                                             .row = x->id,
                                                             .name = x->customer_name,
                                                             .text = x->snippet,
                                                             .meta = x->why,
                                                             .waited = -1};
    }
    if (all.n > INCIDENT_LETTERS) more(w, v, 0, all.v[INCIDENT_LETTERS - 1].id);
    return ERR_NONE;
}

static err owed(struct web_call *w, db_conn *c, struct letters_view *v, struct page_key after) {
    room_owed_list all = {0};
    TRY(store_owed(c, w->arena, w->who.brand.id, v->incident.id, S("due"), after, INCIDENT_LETTERS + 1,
                   &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct room_owed *x = &all.v[i];
        *list_add(w->arena, &v->rows) = (struct room_letter){
            .conversation = x->conversation_id,
            .customer = x->customer_id,
            .at = x->since,
            .name = x->customer_name,
            .text = x->kind == ROOM_OWED_FACT ? x->fact : S(""),
            .meta = x->kind == ROOM_OWED_FACT ? web_text(w, T("was told what no longer holds"))
                                              : web_text(w, T("wants to hear that it is fixed")),
            .waited = -1};
    }
    if (all.n > INCIDENT_LETTERS)
        more(w, v, all.v[INCIDENT_LETTERS - 1].since, all.v[INCIDENT_LETTERS - 1].conversation_id);
    return ERR_NONE;
}

static err told(struct web_call *w, db_conn *c, struct letters_view *v, struct page_key after) {
    room_told_list all = {0};
    TRY(store_room_told(c, w->arena, w->who.brand.id, v->fact.id, after.id, INCIDENT_LETTERS + 1, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct room_told *x = &all.v[i];
        *list_add(w->arena, &v->rows) = (struct room_letter){.conversation = x->conversation_id,
                                                             .message = x->message_id,
                                                             .customer = x->customer_id,
                                                             .at = x->at,
                                                             .row = x->again,
                                                             .name = x->customer_name,
                                                             .text = S(""),
                                                             .meta = x->agent_name,
                                                             .waited = -1};
    }
    if (all.n > INCIDENT_LETTERS) more(w, v, 0, all.v[INCIDENT_LETTERS - 1].message_id);
    return ERR_NONE;
}

static err begin(struct web_call *w, struct letters_view **ret) {
    struct letters_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_incident_get(c, w->arena, w->who.brand.id, id, &v->incident));
    TRY(admin_load(w, v->incident.title, "incidents", &v->admin));
    v->admin.frame.at = "incidents";
    w->view = v;
    *ret = v;
    return ERR_NONE;
}

err letters_view(struct web_call *w) {
    struct letters_view *v;
    struct page_key after;
    db_conn *c;
    TRY(after_of(w, &after));
    TRY(begin(w, &v));
    if (!list_from(web_param(w, "show"), &v->show)) v->show = ROOM_LIST_WAITING;
    v->first = !after.id;
    TRY(web_read(w, &c));
    switch (v->show) {
    case ROOM_LIST_WAITING: return waiting(w, c, v, after);
    case ROOM_LIST_SAID: return said(w, c, v, after);
    case ROOM_LIST_IN:
    case ROOM_LIST_PROPOSED:
    case ROOM_LIST_OUT: return parts(w, c, v, after);
    case ROOM_LIST_OWED: return owed(w, c, v, after);
    case ROOM_LIST_TOLD: break;
    }
    return ERR_NONE;
}

err fact_view(struct web_call *w) {
    struct letters_view *v;
    struct page_key after;
    int64_t fact;
    db_conn *c;
    TRY(after_of(w, &after));
    TRY(web_id(w, 2, &fact));
    TRY(begin(w, &v));
    v->show = ROOM_LIST_TOLD;
    v->first = !after.id;
    TRY(web_read(w, &c));
    TRY(store_room_fact_get(c, w->arena, w->who.brand.id, fact, &v->fact));
    if (v->fact.incident_id != v->incident.id) return err_set(ERR_MISSING, "There is no such fact here.");
    if (v->fact.withdrawn_at)
        TRY(store_owed_of_fact(c, w->who.brand.id, v->incident.id, fact, &v->told_owed));
    return told(w, c, v, after);
}

void letters_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct letters_view *v = w->view;
    v->admin.says = w->problem ? w->says : S("");
    frame_open(w, &v->admin.frame);
    tmpl_incident_open(&w->page, &v->admin);
    if (v->show == ROOM_LIST_TOLD)
        tmpl_fact(&w->page, v);
    else
        tmpl_letters(&w->page, v);
    tmpl_incident_close(&w->page, &v->admin);
    frame_close(w, &v->admin.frame);
}

void letters_json(const struct web_call *w, struct json_out *o) {
    const struct letters_view *v = w->view;
    json_open_object(o);
    json_key(o, S("incident")), json_id(o, v->incident.id);
    json_key(o, S("show")), json_str(o, str_z(room_list_name(v->show)));
    if (v->fact.id) json_key(o, S("fact")), json_str(o, v->fact.text);
    json_key(o, S("letters"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct room_letter *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("conversation")), json_id(o, r->conversation);
        json_key(o, S("message")), json_id(o, r->message);
        json_key(o, S("customer")), json_id(o, r->customer);
        json_key(o, S("name")), json_str(o, r->name);
        json_key(o, S("at")), json_int(o, r->at);
        json_key(o, S("text")), json_str(o, r->text);
        json_key(o, S("about")), json_str(o, r->meta);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("after"));
    if (v->next.n)
        json_str(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}
