#include "web/list_page.h"

#include "list.tmpl.h"
#include "web/promise_page.h"

static bool parse_key(str text, struct page_key *ret_key) {
    str at;
    struct page_key key;
    if (!str_split(&text, '.', &at) || !str_to_int(at, &key.at) || !str_to_int(text, &key.id)) return false;
    if (key.id <= 0) return false;
    *ret_key = key;
    return true;
}

err list_load(struct web_call *w, conversation_view view, str after, int limit, struct list_view *ret_list) {
    struct list_view v = {.view = view, .first = true, .count = -1};
    struct page_key key = {0, 0};
    if (after.n) {
        if (!parse_key(after, &key)) return err_set(ERR_MISSING, "There is no such page of the list.");
        v.first = false;
    }
    /* One more than is shown tells whether there is a next page. */
    if (view == VIEW_WAITING && v.first && limit < GLANCE_ROWS) {
        const struct glance *g;
        TRY(glance_of(w, &g));
        v.rows = g->waiting;
    } else {
        db_conn *c;
        TRY(web_read(w, &c));
        TRY(store_conversation_view(c, w->arena, w->who.brand.id, view, w->who.agent.id, key, limit + 1,
                                    &v.rows));
    }
    if (v.rows.n > (size_t)limit) {
        v.rows.n = (size_t)limit;
        struct page_key last = conversation_key(view, &v.rows.v[limit - 1]);
        v.next = web_path(w, "/list/%s?after=%lld.%lld", conversation_view_name(view), (long long)last.at,
                          (long long)last.id);
    }
    *ret_list = v;
    return ERR_NONE;
}

/* "The last one went to ...": an empty list says what it means. */
static err load_last(struct web_call *w, struct list_view *v) {
    db_conn *c;
    conversation_list rows = {0};
    TRY(web_read(w, &c));
    TRY(store_conversation_view(c, w->arena, w->who.brand.id, VIEW_THEM, 0, (struct page_key){0, 0}, 1,
                                &rows));
    if (!rows.n) return ERR_NONE;
    v->last_name = rows.v[0].customer_name;
    v->last_at = rows.v[0].updated_at;
    return ERR_NONE;
}

err list_view(struct web_call *w) {
    conversation_view view;
    if (!conversation_view_from(w->at.value[1], &view)) return err_set(ERR_MISSING, "There is no such list.");
    struct list_view *v = arena_alloc(w->arena, sizeof *v);
    TRY(list_load(w, view, web_param(w, "after"), LIST_ROWS, v));
    TRY(frame_load(w, web_text(w, frame_view_title(view)), &v->frame));
    v->frame.here = (int)view;
    v->count = view == VIEW_MINE ? v->frame.mine : v->frame.glance->counts[view];
    if (!v->rows.n && view == VIEW_WAITING) TRY(load_last(w, v));
    if (view == VIEW_MINE && v->first) TRY(promise_day_load(w, &v->promises));
    w->view = v;
    return ERR_NONE;
}

str list_line(const struct conversation *v) { return v->subject.n ? v->subject : v->snippet; }

str list_subtitle(const struct list_view *v) {
    struct web_call *w = v->frame.w;
    if (v->count < 0) return S("");
    if (v->count == 0) return v->view == VIEW_THEM ? S("") : web_text(w, T("Nobody waits"));
    BUF_AUTO buf b = BUF_MAX(500);
    str n = frame_count(w, v->count);
    str text =
        v->view == VIEW_THEM
            ? lang_plural(w->page.lang, v->count, TN("{0} person, latest first", "{0} people, latest first"))
            : lang_plural(w->page.lang, v->count,
                          TN("{0} person, longest wait first", "{0} people, longest wait first"));
    lang_fill(&b, text, &n, 1);
    return str_copy(w->arena, buf_str(&b));
}

void list_counts_header(struct web_call *w, const struct frame *f) {
    const int *n = f->glance->counts;
    web_header(w, "X-Counts",
               str_fmt(w->arena, "waiting=%d, mine=%d, unassigned=%d, them=%d, promises=%d", n[VIEW_WAITING],
                       f->mine, n[VIEW_UNASSIGNED], n[VIEW_THEM], f->glance->promises));
}

void list_html(struct web_call *w) {
    const struct list_view *v = w->view;
    if (str_eq(w->fragment, S("list"))) {
        list_counts_header(w, &v->frame);
        tmpl_list_part(&w->page, v);
        return;
    }
    frame_open(w, &v->frame);
    tmpl_list(&w->page, v);
    frame_close(w, &v->frame);
}

void conversation_json_object(struct json_out *o, const struct conversation *v) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, v->id);
    json_key(o, S("number")), json_int(o, v->number);
    json_key(o, S("subject")), json_str(o, v->subject);
    json_key(o, S("snippet")), json_str(o, v->snippet);
    json_key(o, S("channel")), json_str(o, str_z(channel_name(v->channel)));
    json_key(o, S("state")), json_str(o, str_z(conversation_state_name(v->state)));
    json_key(o, S("waiting_since")), json_int(o, v->waiting_since);
    json_key(o, S("closed_reason")), json_str(o, str_z(close_reason_name(v->closed_reason)));
    json_key(o, S("closed_at")), json_int(o, v->closed_at);
    json_key(o, S("customer")), json_id(o, v->customer_id);
    json_key(o, S("customer_name")), json_str(o, v->customer_name);
    json_key(o, S("agent")), json_id(o, v->agent_id);
    json_key(o, S("agent_name")), json_str(o, v->agent_name);
    json_key(o, S("inbox")), json_id(o, v->inbox_id);
    json_key(o, S("related")), json_id(o, v->related_id);
    json_key(o, S("version")), json_int(o, v->version);
    json_key(o, S("created_at")), json_int(o, v->created_at);
    json_key(o, S("updated_at")), json_int(o, v->updated_at);
    json_close_object(o);
}

void list_json(const struct web_call *w, struct json_out *o) {
    const struct list_view *v = w->view;
    json_open_object(o);
    json_key(o, S("view")), json_str(o, str_z(conversation_view_name(v->view)));
    json_key(o, S("count"));
    if (v->count < 0)
        json_nil(o);
    else
        json_int(o, v->count);
    json_key(o, S("next"));
    if (v->next.n)
        json_str(o, str_fmt(w->arena, "/api/v1%.*s", STR_FMT(v->next)));
    else
        json_nil(o);
    json_key(o, S("conversations"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) conversation_json_object(o, &v->rows.v[i]);
    json_close_array(o);
    json_close_object(o);
}
