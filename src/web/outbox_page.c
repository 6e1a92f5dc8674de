/* The outbox: every reply on its way or at its end, with the mail server's own words, and what a person
 * decides about those that did not arrive. */
#include "desk/outbox.h"
#include "outbox.tmpl.h"
#include "web/reply_page.h"

enum { OUTBOX_ROWS = 50, COUNT_CAP = 1000 };

/* "AT.ID" */
static err parse_key(str text, struct page_key *ret) {
    str at;
    struct page_key key;
    if (!text.n) return ERR_NONE;
    if (!str_split(&text, '.', &at) || !str_to_int(at, &key.at) || !str_to_int(text, &key.id) || key.id <= 0)
        return err_set(ERR_MISSING, "There is no such page of the outbox.");
    *ret = key;
    return ERR_NONE;
}

static err load_rows(struct web_call *w, struct outbox_view *v) {
    db_conn *c;
    struct page_key key = {0, 0};
    str after = web_param(w, "after");
    TRY(parse_key(after, &key));
    v->first = !after.n;
    TRY(web_read(w, &c));
    TRY(store_outbox_view(c, w->arena, w->who.brand.id, v->view, key, OUTBOX_ROWS + 1, &v->rows));
    for (int i = 0; i < OUTBOX_VIEWS; i++)
        TRY(store_outbox_count(c, w->who.brand.id, (outbox_view_kind)i, COUNT_CAP, &v->counts[i]));
    if (v->rows.n <= OUTBOX_ROWS) return ERR_NONE;
    v->rows.n = OUTBOX_ROWS;
    const struct outbox *last = &v->rows.v[OUTBOX_ROWS - 1];
    v->next = web_path(w, "/outbox?view=%s&after=%lld.%lld", outbox_view_name(v->view),
                       (long long)last->updated_at, (long long)last->id);
    return ERR_NONE;
}

err outbox_view(struct web_call *w) {
    struct outbox_view *v = arena_alloc(w->arena, sizeof *v);
    str named = web_param(w, "view");
    v->view = OUTBOX_VIEW_NEEDS;
    v->next = S("");
    if (named.n && !outbox_view_from(named, &v->view)) return err_set(ERR_MISSING, "There is no such list.");
    TRY(load_rows(w, v));
    TRY(frame_load(w, web_text(w, T("Outbox")), &v->frame));
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

const char *outbox_view_title(outbox_view_kind view) {
    static const char *const titles[OUTBOX_VIEWS] = {
        T("For you to decide"), T("Not delivered"),    T("Uncertain"), T("Came back"), T("They wrote again"),
        T("Waiting to leave"),  T("Leaving just now"), T("Sent"),      T("Given up"),
    };
    return titles[view];
}

str outbox_state_text(struct web_call *w, const struct outbox *x) {
    switch (x->state) {
    case OUTBOX_HELD: return x->later ? web_text(w, T("Leaves later")) : web_text(w, T("On hold"));
    case OUTBOX_READY:
        return x->attempts ? web_text(w, T("Tried again soon")) : web_text(w, T("Next to leave"));
    case OUTBOX_LIMITED: return web_text(w, T("In the queue"));
    case OUTBOX_SENDING:
    case OUTBOX_DOT_SENT: return web_text(w, T("Leaving just now"));
    case OUTBOX_SENT: return web_text(w, T("Sent"));
    case OUTBOX_UNCERTAIN: return web_text(w, T("Uncertain"));
    case OUTBOX_FAILED: return web_text(w, T("Not delivered"));
    case OUTBOX_BOUNCED: return web_text(w, T("Came back"));
    case OUTBOX_STOPPED: return web_text(w, T("They wrote again"));
    case OUTBOX_TAKEN_BACK: return web_text(w, T("Given up"));
    }
    return S("");
}

static str with(struct web_call *w, const char *msgid, str words) {
    BUF_AUTO buf b = BUF_MAX(16384);
    lang_fmt(&b, w->page.lang, msgid, &words, 1);
    return str_copy(w->arena, buf_str(&b));
}

/* What a person wants to know of it, and of those to decide what the thread says, too. */
str outbox_row_text(struct web_call *w, const struct outbox *x) {
    switch (x->state) {
    case OUTBOX_HELD:
        return with(w,
                    x->later ? T("It leaves {0}. If they write again before, it waits for you.")
                             : T("It leaves {0}."),
                    page_when_text(&w->page, x->ready_at));
    case OUTBOX_LIMITED:
        return with(w, T("It leaves {0}: its inbox sends only so many letters a minute."),
                    page_when_text(&w->page, x->ready_at));
    case OUTBOX_READY: return outbox_text(w, x);
    case OUTBOX_SENDING: return web_text(w, T("It is being handed over."));
    case OUTBOX_DOT_SENT: return web_text(w, T("All of it was handed over; we wait for the answer."));
    case OUTBOX_SENT: return x->says.n ? with(w, T("The answer was: {0}"), x->says) : S("");
    case OUTBOX_TAKEN_BACK: return x->says.n ? with(w, T("The last answer was: {0}"), x->says) : S("");
    case OUTBOX_UNCERTAIN:
    case OUTBOX_FAILED:
    case OUTBOX_BOUNCED:
    case OUTBOX_STOPPED: return outbox_text(w, x);
    }
    return S("");
}

static void put_row(struct json_out *o, const struct outbox *r) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, r->id);
    json_key(o, S("conversation")), json_id(o, r->conversation_id);
    json_key(o, S("message")), json_id(o, r->message_id);
    json_key(o, S("inbox")), json_id(o, r->inbox_id);
    json_key(o, S("recipient")), json_str(o, r->recipient);
    json_key(o, S("subject")), json_str(o, r->subject);
    json_key(o, S("state")), json_str(o, str_z(outbox_state_name(r->state)));
    json_key(o, S("later")), json_bool(o, r->later != 0);
    json_key(o, S("ready_at")), json_int(o, r->ready_at);
    json_key(o, S("attempts")), json_int(o, r->attempts);
    json_key(o, S("says")), json_str(o, r->says);
    json_key(o, S("updated_at")), json_int(o, r->updated_at);
    json_close_object(o);
}

void outbox_json(const struct web_call *w, struct json_out *o) {
    const struct outbox_view *v = w->view;
    json_open_object(o);
    json_key(o, S("outbox"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) put_row(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("counts"));
    json_open_object(o);
    for (int i = 0; i < OUTBOX_VIEWS; i++)
        json_key(o, str_z(outbox_view_name((outbox_view_kind)i))), json_int(o, v->counts[i]);
    json_close_object(o);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_close_object(o);
}

/* Back to where the button was: the outbox, or the conversation. */
static void after(struct web_call *w, int64_t conversation) {
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    done->conversation = conversation;
    w->view = done;
    bool back = str_eq(web_param(w, "back"), S("outbox"));
    web_go(w, back ? web_path(w, "/outbox") : web_path(w, "/c/%lld", (long long)conversation));
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
