/* Merging, splitting, moving and undoing, as forms and programs ask for it. */
#include "web/admin_page.h"
#include "web/merge_page.h"

/* Of another brand there is none, whatever else is wrong with the form. */
static err conversation_of(struct web_call *w, int64_t *ret_id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    TRY(web_id(w, 1, ret_id));
    TRY(db_read_begin(w->desk->db, &c));
    return store_conversation_get(c, w->arena, w->who.brand.id, *ret_id, &v);
}

static err done(struct web_call *w, const struct merge_done *d) {
    struct merge_done *v = arena_alloc(w->arena, sizeof *v);
    *v = *d;
    w->view = v;
    web_go(w, web_path(w, "/c/%lld", (long long)d->conversation));
    return ERR_NONE;
}

void merge_done_json(const struct web_call *w, struct json_out *o) {
    const struct merge_done *v = w->view;
    json_open_object(o);
    json_key(o, S("operation")), json_id(o, v->operation);
    json_key(o, S("conversation")), json_id(o, v->conversation);
    json_key(o, S("repeated")), json_bool(o, v->repeated);
    json_close_object(o);
}

/* "12 34": both customers, as the page named them. */
static err customers_of(struct web_call *w, int64_t ret_ids[2]) {
    str rest = str_trim(web_param(w, "customers")), piece;
    if (!rest.n) return ERR_NONE;
    for (int i = 0; i < 2; i++)
        if (!str_split(&rest, ' ', &piece) || !str_to_int(piece, &ret_ids[i]))
            return err_set(ERR_INVALID, "customers must be the ids of both, with a space between them.");
    return ERR_NONE;
}

static err merge(struct web_call *w) {
    struct merge_wish wish = {0};
    struct merge_done d;
    TRY(conversation_of(w, &wish.from));
    TRY(web_param_int(w, "into", 0, &wish.into));
    if (!wish.into) return err_set(ERR_INVALID, "Into which conversation?");
    TRY(web_param_int(w, "version", -1, &wish.seen_from));
    TRY(web_param_int(w, "into_version", -1, &wish.seen_into));
    TRY(customers_of(w, wish.customers));
    TRY(merge_conversations(w->desk, w->arena, &w->actor, &wish, &d, NULL));
    return done(w, &d);
}

err merge_do_merge(struct web_call *w) {
    err e = merge(w);
    return e ? admin_again(w, e, merge_confirm_view) : ERR_NONE;
}

typedef LIST(int64_t) id_list;

static err add_id(struct web_call *w, str text, id_list *ids) {
    int64_t id;
    if (!str_to_int(text, &id) || id <= 0)
        return err_set(ERR_INVALID, "message must be the id of a message.");
    *list_add(w->arena, ids) = id;
    return ERR_NONE;
}

/* `message` once for each in a form, `messages` as an array of ids from a program. */
static err messages_of(struct web_call *w, id_list *ids) {
    const json_t *array = w->body ? json_object_get(w->body, "messages") : NULL;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        TRY(add_id(w, str_z(text ? text : ""), ids));
    }
    for (size_t i = 0; i < w->in->form.n; i++)
        if (str_eq(w->in->form.v[i].name, S("message"))) TRY(add_id(w, w->in->form.v[i].value, ids));
    return ERR_NONE;
}

static err split(struct web_call *w) {
    struct split_wish wish = {.subject = web_param(w, "subject")};
    struct merge_done d;
    id_list ids = {0};
    TRY(conversation_of(w, &wish.conversation));
    TRY(messages_of(w, &ids));
    TRY(web_param_int(w, "version", -1, &wish.seen_version));
    wish.messages = ids.v;
    wish.n = ids.n;
    TRY(merge_split(w->desk, w->arena, &w->actor, &wish, &d));
    return done(w, &d);
}

err merge_do_split(struct web_call *w) {
    err e = split(w);
    return e ? admin_again(w, e, merge_view) : ERR_NONE;
}

static err move(struct web_call *w) {
    struct merge_done d;
    int64_t id, inbox, version;
    TRY(conversation_of(w, &id));
    TRY(web_param_int(w, "inbox", 0, &inbox));
    TRY(web_param_int(w, "version", -1, &version));
    TRY(merge_move(w->desk, w->arena, &w->actor, id, inbox, version, &d));
    return done(w, &d);
}

err merge_do_move(struct web_call *w) {
    err e = move(w);
    return e ? admin_again(w, e, merge_view) : ERR_NONE;
}

err merge_do_undo(struct web_call *w) {
    struct merge_done d;
    int64_t id;
    TRY(web_id(w, 1, &id));
    TRY(merge_undo(w->desk, w->arena, &w->actor, id, &d));
    return done(w, &d);
}

err merge_do_not_related(struct web_call *w) {
    int64_t id, related;
    TRY(conversation_of(w, &id));
    TRY(web_param_int(w, "related", 0, &related));
    web_go(w, web_path(w, "/c/%lld#related", (long long)id));
    return merge_not_related(w->desk, w->arena, &w->actor, id, related);
}

/* ---- forwarded letters ---- */

static err take(struct web_call *w) {
    struct forwarded_wish wish = {.name = web_param(w, "name"), .address = web_param(w, "address")};
    struct merge_done d;
    TRY(web_id(w, 1, &wish.message));
    TRY(web_param_int(w, "version", -1, &wish.seen_version));
    TRY(forwarded_take(w->desk, w->arena, &w->actor, &wish, &d));
    return done(w, &d);
}

err merge_do_forwarded(struct web_call *w) { return take(w); }

/* The conversation once more, with what was typed. */
void merge_forwarded_again(struct web_call *w) {
    int64_t id;
    struct message m;
    struct conversation_page *p;
    db_conn *c;
    str says = w->says;
    int status = w->out->status;
    if (web_id(w, 1, &id) || web_read(w, &c) || store_message_get(c, w->arena, w->who.brand.id, id, &m) ||
        conversation_load(w, m.conversation_id, false, &p)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    p->says = says;
    w->view = p;
    w->out->type = S("text/html; charset=utf-8");
    conversation_html(w);
}
