/* Letters that did not arrive, or of which nobody knows, and what a person decides about them. */
#include "desk/outbox.h"
#include "outbox.tmpl.h"
#include "web/reply_page.h"

enum { OUTBOX_ROWS = 100 }; /* of each state */

static err add_state(struct web_call *w, outbox_state state, outbox_list *to) {
    db_conn *c;
    outbox_list rows = {0};
    TRY(web_read(w, &c));
    TRY(store_outbox_in_state(c, w->arena, w->who.brand.id, state, OUTBOX_ROWS, &rows));
    for (size_t i = 0; i < rows.n; i++) *list_add(w->arena, to) = rows.v[i];
    return ERR_NONE;
}

err outbox_view(struct web_call *w) {
    struct outbox_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(add_state(w, OUTBOX_FAILED, &v->rows));
    TRY(add_state(w, OUTBOX_UNCERTAIN, &v->rows));
    TRY(frame_load(w, web_text(w, T("Not delivered")), &v->frame));
    v->frame.at = "outbox";
    w->view = v;
    return ERR_NONE;
}

void outbox_html(struct web_call *w) {
    const struct outbox_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_outbox(&w->page, v);
    frame_close(w, &v->frame);
}

void outbox_json(const struct web_call *w, struct json_out *o) {
    const struct outbox_view *v = w->view;
    json_open_object(o);
    json_key(o, S("outbox"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct outbox *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("id")), json_id(o, r->id);
        json_key(o, S("conversation")), json_id(o, r->conversation_id);
        json_key(o, S("message")), json_id(o, r->message_id);
        json_key(o, S("inbox")), json_id(o, r->inbox_id);
        json_key(o, S("recipient")), json_str(o, r->recipient);
        json_key(o, S("subject")), json_str(o, r->subject);
        json_key(o, S("state")), json_str(o, str_z(outbox_state_name(r->state)));
        json_key(o, S("attempts")), json_int(o, r->attempts);
        json_key(o, S("says")), json_str(o, r->says);
        json_key(o, S("updated_at")), json_int(o, r->updated_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

/* Back to where the button was: the conversation. */
static void after(struct web_call *w, int64_t conversation) {
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    done->conversation = conversation;
    w->view = done;
    web_go(w, web_path(w, "/c/%lld", (long long)conversation));
}

err outbox_do_retry(struct web_call *w) {
    int64_t id, conversation;
    TRY(web_id(w, 1, &id));
    TRY(outbox_retry(w->desk, w->arena, &w->actor, id, &conversation));
    after(w, conversation);
    return ERR_NONE;
}

static err settle(struct web_call *w, bool arrived) {
    int64_t id, conversation;
    TRY(web_id(w, 1, &id));
    TRY(outbox_settle(w->desk, w->arena, &w->actor, id, arrived, &conversation));
    after(w, conversation);
    return ERR_NONE;
}

err outbox_do_arrived(struct web_call *w) { return settle(w, true); }
err outbox_do_give_up(struct web_call *w) { return settle(w, false); }
