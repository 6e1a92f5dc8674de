#include "incident.tmpl.h"
#include "web/incident_page.h"

#define LIVE (1u << INCIDENT_OPEN)
#define PAST (1u << INCIDENT_OVER | 1u << INCIDENT_DISMISSED)

static err load_frame(struct web_call *w, const char *title, struct admin *ret) {
    TRY(admin_load(w, *title ? web_text(w, title) : S(""), "incidents", ret));
    ret->frame.at = "incidents";
    return ERR_NONE;
}

static void open_page(struct web_call *w, struct admin *v) {
    v->says = w->problem ? w->says : S("");
    frame_open(w, &v->frame);
    tmpl_incident_open(&w->page, v);
}

static void close_page(struct web_call *w, struct admin *v) {
    tmpl_incident_close(&w->page, v);
    frame_close(w, &v->frame);
}

/* ---- all of them ---- */

err incidents_view(struct web_call *w) {
    struct incidents_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t before, brand = w->who.brand.id;
    TRY(web_param_int(w, "before", 0, &before));
    TRY(load_frame(w, T("Incidents"), &v->admin));
    web_read_end(w);
    v->first = before == 0;
    v->title = web_param(w, "title");
    if (v->first) {
        TRY(incident_list(w->desk, w->arena, brand, LIVE, 0, INCIDENT_ROWS, &v->open));
        TRY(incident_list(w->desk, w->arena, brand, 1u << INCIDENT_PROPOSED, 0, INCIDENT_ROWS, &v->proposed));
    }
    TRY(incident_list(w->desk, w->arena, brand, PAST, before, INCIDENT_ROWS + 1, &v->past));
    if (v->past.n > INCIDENT_ROWS) {
        v->past.n = INCIDENT_ROWS;
        v->next = v->past.v[INCIDENT_ROWS - 1].incident.id;
    }
    w->view = v;
    return ERR_NONE;
}

void incidents_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct incidents_view *v = w->view;
    open_page(w, &v->admin);
    tmpl_incidents(&w->page, v);
    close_page(w, &v->admin);
}

void incident_json_members(struct json_out *o, const struct store_incident *i) {
    json_key(o, S("id")), json_id(o, i->id);
    json_key(o, S("title")), json_str(o, i->title);
    json_key(o, S("state")), json_str(o, str_z(incident_state_name(i->state)));
    json_key(o, S("version")), json_int(o, i->version);
    json_key(o, S("began_at")), json_int(o, i->began_at);
    json_key(o, S("proposed_at")), json_int(o, i->proposed_at);
    json_key(o, S("opened_at")), json_int(o, i->opened_at);
    json_key(o, S("opened_by")), json_str(o, i->opened_name);
    json_key(o, S("ended_at")), json_int(o, i->ended_at);
    json_key(o, S("note")), json_str(o, i->note);
    json_key(o, S("merged_into")), json_id(o, i->merged_into);
    json_key(o, S("conversations")), json_int(o, i->in);
    json_key(o, S("proposed")), json_int(o, i->proposed);
}

static void json_words(struct json_out *o, const incident_word_list *words) {
    json_key(o, S("words"));
    json_open_array(o);
    for (size_t i = 0; i < words->n; i++) {
        const struct incident_word *k = &words->v[i];
        json_open_object(o);
        json_key(o, S("words")), json_str(o, k->words);
        json_key(o, S("customers")), json_int(o, k->customers);
        json_key(o, S("expected_thousandths")), json_int(o, k->expected);
        json_key(o, S("window_ms")), json_int(o, k->window_ms);
        json_close_object(o);
    }
    json_close_array(o);
}

static void json_list(struct json_out *o, const incident_list_of *list) {
    json_open_array(o);
    for (size_t i = 0; i < list->n; i++) {
        json_open_object(o);
        incident_json_members(o, &list->v[i].incident);
        json_words(o, &list->v[i].words);
        json_close_object(o);
    }
    json_close_array(o);
}

void incidents_json(const struct web_call *w, struct json_out *o) {
    const struct incidents_view *v = w->view;
    json_open_object(o);
    json_key(o, S("open")), json_list(o, &v->open);
    json_key(o, S("proposed")), json_list(o, &v->proposed);
    json_key(o, S("past")), json_list(o, &v->past);
    json_key(o, S("before"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

static err open_one(struct web_call *w) {
    struct incident_wish wish = {.title = web_param(w, "title")};
    struct room_done *done = arena_alloc(w->arena, sizeof *done);
    int64_t conversation;
    TRY(web_param_int(w, "conversation", 0, &conversation));
    if (conversation) {
        wish.conversations = &conversation;
        wish.n = 1;
    }
    TRY(incident_open(w->desk, w->arena, &w->actor, &wish, &done->id));
    if (!w->program) TRY(room_here(w->desk, w->arena, &w->actor, done->id));
    done->what = "incident";
    w->view = done;
    web_go(w, web_path(w, "/incidents/%lld", (long long)done->id));
    return ERR_NONE;
}

err incident_do_open(struct web_call *w) {
    err e = open_one(w);
    return e ? admin_again(w, e, incidents_view) : ERR_NONE;
}

/* ---- a proposal ---- */

static err load_letters(struct web_call *w, struct proposal_view *v) {
    int64_t after, id = v->incident.incident.id, brand = w->who.brand.id;
    TRY(web_param_int(w, "after", 0, &after));
    v->part = str_eq(web_param(w, "show"), S("in")) ? INCIDENT_PART_IN : INCIDENT_PART_PROPOSED;
    TRY(incident_conversations(w->desk, w->arena, brand, id, v->part, w->in->method == HTTP_GET ? after : 0,
                               INCIDENT_LETTERS + 1, &v->letters));
    v->first = after == 0;
    if (v->letters.n > INCIDENT_LETTERS) {
        v->letters.n = INCIDENT_LETTERS;
        v->next = v->letters.v[INCIDENT_LETTERS - 1].id;
    }
    return ERR_NONE;
}

err proposal_load(struct web_call *w, int64_t id, struct proposal_view **ret) {
    struct proposal_view *v = arena_alloc(w->arena, sizeof *v);
    incident_list_of others = {0};
    TRY(incident_get(w->desk, w->arena, w->who.brand.id, id, &v->incident));
    TRY(load_frame(w, "", &v->admin));
    web_read_end(w);
    v->admin.frame.title = v->incident.incident.title;
    v->title = w->in->method != HTTP_GET && web_param_has(w, "title") ? web_param(w, "title")
                                                                      : v->incident.incident.title;
    v->why = w->in->method != HTTP_GET ? web_param(w, "why") : S("");
    TRY(load_letters(w, v));
    TRY(incident_list(w->desk, w->arena, w->who.brand.id, LIVE | 1u << INCIDENT_PROPOSED, 0, INCIDENT_ROWS,
                      &others));
    for (size_t i = 0; i < others.n; i++)
        if (others.v[i].incident.id != id) *list_add(w->arena, &v->others) = others.v[i];
    *ret = v;
    return ERR_NONE;
}

void proposal_html(struct web_call *w, struct proposal_view *v) {
    open_page(w, &v->admin);
    tmpl_proposal(&w->page, v);
    close_page(w, &v->admin);
}

/* ---- either ---- */

err incident_view(struct web_call *w) {
    struct incident_view *v = arena_alloc(w->arena, sizeof *v);
    struct store_incident i;
    int64_t id;
    TRY(web_id(w, 1, &id));
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_incident_get(c, w->arena, w->who.brand.id, id, &i));
    }
    if (i.state == INCIDENT_MERGED && w->in->method == HTTP_GET && !w->json) {
        web_go(w, web_path(w, "/incidents/%lld", (long long)i.merged_into));
        w->view = v;
        return ERR_NONE;
    }
    if (i.state == INCIDENT_OPEN || i.state == INCIDENT_OVER)
        TRY(room_load(w, id, &v->room));
    else
        TRY(proposal_load(w, id, &v->proposal));
    w->view = v;
    return ERR_NONE;
}

void incident_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct incident_view *v = w->view;
    if (v->room)
        room_html(w, v->room);
    else if (v->proposal)
        proposal_html(w, v->proposal);
}

static void proposal_json(struct json_out *o, const struct proposal_view *v) {
    json_open_object(o);
    json_key(o, S("incident"));
    json_open_object(o);
    incident_json_members(o, &v->incident.incident);
    json_close_object(o);
    json_words(o, &v->incident.words);
    json_key(o, S("letters"));
    json_open_array(o);
    for (size_t i = 0; i < v->letters.n; i++) {
        const struct incident_conversation *k = &v->letters.v[i];
        json_open_object(o);
        json_key(o, S("conversation")), json_id(o, k->conversation_id);
        json_key(o, S("customer")), json_str(o, k->customer_name);
        json_key(o, S("snippet")), json_str(o, k->snippet);
        json_key(o, S("why")), json_str(o, k->why);
        json_key(o, S("state")), json_str(o, str_z(incident_part_name(k->state)));
        json_key(o, S("came_at")), json_int(o, k->came_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("after"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

void incident_json(const struct web_call *w, struct json_out *o) {
    const struct incident_view *v = w->view;
    if (v->room)
        room_json(w, o, v->room);
    else if (v->proposal)
        proposal_json(o, v->proposal);
    else
        json_nil(o);
}

/* ---- words ---- */

static str filled(struct web_call *w, str text, const str *args, int n) {
    BUF_AUTO buf b = BUF_MAX(8192);
    lang_fill(&b, text, args, n);
    return str_copy(w->arena, buf_str(&b));
}

/* "14 people in an hour, where 0.3 are usual"; "0.0" would say less than "nobody". */
str incident_words_text(struct web_call *w, const struct incident_word *k) {
    str args[3] = {str_fmt(w->arena, "%lld", (long long)k->customers),
                   str_copy(w->arena, page_waited_text(&w->page, k->window_ms)),
                   str_fmt(w->arena, "%lld.%lld", (long long)(k->expected / 1000),
                           (long long)(k->expected % 1000 / 100))};
    static const char *const forms[] = {
        TN("{0} person in {1}, where {2} are usual", "{0} people in {1}, where {2} are usual")};
    static const char *const never[] = {TN("{0} person in {1}, where usually nobody writes it",
                                           "{0} people in {1}, where usually nobody writes it")};
    const char *const *of = k->expected < 100 ? never : forms;
    return filled(w, lang_plural(w->page.lang, k->customers, of[0], of[1]), args, 3);
}

const char *incident_state_title(incident_state s) {
    switch (s) {
    case INCIDENT_PROPOSED: return T("Proposed");
    case INCIDENT_OPEN: return T("Open");
    case INCIDENT_OVER: return T("Over");
    case INCIDENT_DISMISSED: return T("Dismissed");
    case INCIDENT_MERGED: break;
    }
    return T("Merged into another");
}
