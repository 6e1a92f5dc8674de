/* The conversation page's one struct, in as few statements as it takes. */
#include <string.h>

#include "desk/settings.h"
#include "format/unwrap.h"
#include "store/voice.h"
#include "web/box_page.h"
#include "web/child_page.h"
#include "web/defect_page.h"
#include "web/gesture_panel.h"
#include "web/merge_page.h"
#include "web/missing_page.h"
#include "web/post_page.h"
#include "web/promise_page.h"
#include "web/reply_page.h"
#include "web/world_page.h"

static err load_inbox(struct web_call *w, struct conversation_page *p) {
    const struct glance *g;
    TRY(glance_of(w, &g));
    for (size_t i = 0; i < g->inboxes.n; i++)
        if (g->inboxes.v[i].id == p->c.inbox_id) p->inbox = g->inboxes.v[i].address;
    return ERR_NONE;
}

static err load_messages(struct web_call *w, struct conversation_page *p) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    TRY(web_param_int(w, "before", 0, &p->older_than));
    TRY(store_message_list(c, w->arena, brand, p->c.id, p->older_than, MESSAGES_SHOWN + 1, &p->messages));
    if (p->messages.n > MESSAGES_SHOWN) {
        p->messages.v++;
        p->messages.n--;
        p->before = p->messages.v[0].id;
    }
    TRY(store_event_list(c, w->arena, brand, p->c.id, EVENTS_SHOWN, &p->events));
    return ERR_NONE;
}

static struct said *said_of(struct conversation_page *p, int64_t message) {
    for (size_t i = p->said.n; i > 0; i--)
        if (p->said.v[i - 1].message && p->said.v[i - 1].message->id == message) return &p->said.v[i - 1];
    return NULL;
}

/* Messages come oldest first, events newest first; ids sort by time. */
static void merge(struct web_call *w, struct conversation_page *p) {
    size_t e = p->events.n;
    int64_t sent;
    if (web_param_int(w, "sent", 0, &sent)) sent = 0;
    int64_t first = p->before && p->messages.n ? p->messages.v[0].id : 0;
    for (size_t m = 0; m <= p->messages.n; m++) {
        int64_t until = m < p->messages.n ? p->messages.v[m].id : p->older_than ? p->older_than : INT64_MAX;
        for (; e > 0 && p->events.v[e - 1].id < until; e--)
            if (p->events.v[e - 1].id >= first) list_add(w->arena, &p->said)->event = &p->events.v[e - 1];
        if (m == p->messages.n) break;
        if (p->messages.n > OPEN_SHOWN + 1 && m == p->messages.n - OPEN_SHOWN) p->folded = p->said.n;
        const struct message *message = &p->messages.v[m];
        struct said *s = list_add(w->arena, &p->said);
        s->message = message;
        s->as_sent = message->html.n && (sent == message->id || (!message->text.n && sent == 0));
        split_quoted(w->arena, message->text, &s->body, &s->quoted);
        if (message->kind == MESSAGE_LETTER) s->body = text_unwrap(w->arena, s->body);
    }
}

/* What reports say, beside the report and beside the reply that they are about. */
static err hang_reports_on(struct web_call *w, struct conversation_page *p) {
    db_conn *c;
    store_bounce_list all = {0};
    TRY(web_read(w, &c));
    TRY(store_bounces_of(c, w->arena, w->who.brand.id, p->c.id, &all));
    for (size_t i = 0; i < all.n; i++) {
        struct said *report = said_of(p, all.v[i].message_id), *reply = said_of(p, all.v[i].reply_id);
        if (report) *list_add(w->arena, &report->bounces) = all.v[i];
        if (reply) *list_add(w->arena, &reply->bounces) = all.v[i];
    }
    return ERR_NONE;
}

/* Asked only where a letter is looked at as it was sent and has such pictures. */
static err may_fetch(struct web_call *w, bool *ret) {
    db_conn *c;
    int64_t allowed;
    TRY(web_read(w, &c));
    TRY(setting_number(c, w->arena, w->who.brand.id, SETTING_REMOTE_PICTURES, &allowed));
    *ret = allowed != 0;
    return ERR_NONE;
}

static err hang_on(struct web_call *w, struct conversation_page *p) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    bool replies = false, reports = false, copies = false;
    for (size_t i = 0; i < p->messages.n; i++) {
        replies = replies || p->messages.v[i].kind == MESSAGE_REPLY;
        copies = copies || p->messages.v[i].copies > 0;
        reports = reports || str_eq(p->messages.v[i].machine, S("bounce"));
    }
    TRY(web_read(w, &c));
    attachment_list files = {0};
    TRY(store_attachments_of_conversation(c, w->arena, brand, p->c.id, &files));
    for (size_t i = 0; i < files.n; i++) {
        struct said *s = files.v[i].remote ? NULL : said_of(p, files.v[i].message_id);
        if (s) *list_add(w->arena, &s->files) = files.v[i];
    }
    for (size_t i = 0; i < p->said.n; i++) {
        struct said *s = &p->said.v[i];
        if (s->as_sent && s->message->remote_images) TRY(may_fetch(w, &s->may_fetch));
    }
    if (reports) TRY(hang_reports_on(w, p));
    if (!replies && !copies) return ERR_NONE;
    outbox_list outbox = {0};
    if (replies) TRY(store_outbox_of_conversation(c, w->arena, brand, p->c.id, &outbox));
    for (size_t i = 0; i < outbox.n; i++) {
        struct said *s = said_of(p, outbox.v[i].message_id);
        if (!s) continue;
        *list_add(w->arena, &s->outbox) = outbox.v[i];
        if (outbox.v[i].later || s->outbox.v[0].state == OUTBOX_STOPPED) continue;
        if (s->message->state != MESSAGE_HELD || s->message->agent_id != w->who.agent.id) continue;
        p->held = s->message;
        p->ready_at = outbox.v[i].ready_at;
    }
    message_address_list addresses = {0};
    TRY(store_conversation_addresses(c, w->arena, brand, p->c.id, &addresses));
    for (size_t i = 0; i < p->said.n; i++) {
        struct said *s = &p->said.v[i];
        if (!s->message) continue;
        if (s->message->kind == MESSAGE_REPLY)
            s->to = addresses_line(w->arena, &addresses, s->message->id, ROLE_TO);
        s->cc = addresses_line(w->arena, &addresses, s->message->id, ROLE_CC);
        s->bcc = addresses_line(w->arena, &addresses, s->message->id, ROLE_BCC);
    }
    return ERR_NONE;
}

static void typed_in(struct web_call *w, struct composing *k) {
    k->to = web_param(w, "to");
    k->cc = web_param(w, "cc");
    k->bcc = web_param(w, "bcc");
    k->subject = web_param(w, "subject");
    k->text = web_param_text(w, "text");
    k->leave_at = web_param(w, "leave_at");
}

static void add_inserts(struct web_call *w, const store_piece_list *pieces, bool fact, insert_list *all) {
    for (size_t i = 0; i < pieces->n; i++)
        *list_add(w->arena, all) =
            (struct insert){.name = pieces->v[i].name, .text = pieces->v[i].text, .fact = fact};
}

err inserts_load(struct web_call *w, insert_list *ret_inserts) {
    store_piece_list frameworks = {0}, facts = {0};
    insert_list all = {0};
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_frameworks(c, w->arena, w->who.brand.id, &frameworks));
    TRY(store_facts(c, w->arena, w->who.brand.id, &facts));
    add_inserts(w, &frameworks, false, &all);
    add_inserts(w, &facts, true, &all);
    TRY(sign_off_inserts(w, &all));
    *ret_inserts = all;
    return ERR_NONE;
}

static err load_compose(struct web_call *w, struct conversation_page *p, bool typed) {
    db_conn *c;
    struct composing *k = &p->compose;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    k->base = p->base;
    k->version = p->c.version;
    const struct said *last = p->said.n ? &p->said.v[p->said.n - 1] : NULL;
    k->seen = !last ? 0 : last->message ? last->message->id : last->event->id;
    TRY(store_attachments_of_draft(c, w->arena, brand, p->c.id, w->who.agent.id, &k->files));
    struct draft draft;
    TRY(store_draft_get(c, w->arena, brand, p->c.id, w->who.agent.id, &draft));
    TRY(inserts_load(w, &k->inserts));
    k->kept = draft.updated_at != 0;
    compose_begin(w, k);
    if (typed) {
        typed_in(w, k);
    } else if (k->kept) {
        k->to = draft.to_line;
        k->cc = draft.cc_line;
        k->bcc = draft.bcc_line;
        k->subject = draft.subject;
        k->text = draft.text;
    }
    struct reply_default standard;
    TRY(reply_defaults(c, w->arena, brand, &p->c, &standard));
    k->answers = standard.to_line;
    struct post_compose *posts;
    TRY(post_compose_load(w, p, k->text, &posts));
    k->posts = posts;
    k->astray = compose_astray(w->arena, k->to, k->answers);
    if (typed || (k->kept && (k->to.n || k->subject.n))) return ERR_NONE;
    k->to = standard.to_line;
    k->astray = false;
    k->subject = standard.subject;
    return ERR_NONE;
}

static err load_customer(struct web_call *w, struct conversation_page *p) {
    db_conn *c;
    int64_t brand = w->who.brand.id;
    TRY(web_read(w, &c));
    TRY(store_customer_get(c, w->arena, brand, p->c.customer_id, &p->customer));
    TRY(store_customer_addresses(c, w->arena, brand, p->c.customer_id, &p->addresses));
    conversation_list all = {0};
    TRY(store_conversation_of_customer(c, w->arena, brand, p->c.customer_id, 0, OTHERS_SHOWN + 1, &all));
    bool seen = p->c.related_id == 0;
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].id == p->c.id) continue;
        seen = seen || all.v[i].id == p->c.related_id;
        *list_add(w->arena, &p->others) = all.v[i];
    }
    p->related = p->c.related_id;
    if (seen) return ERR_NONE;
    struct conversation related;
    err e = store_conversation_get(c, w->arena, brand, p->c.related_id, &related);
    if (e == ERR_NONE && !related.merged_into) *list_add(w->arena, &p->others) = related;
    return e == ERR_MISSING ? ERR_NONE : e;
}

static err load_around(struct web_call *w, struct conversation_page *p) {
    conversation_view view;
    if (!conversation_view_from(web_param(w, "view"), &view)) view = VIEW_WAITING;
    TRY(frame_load(w, p->c.customer_name, &p->frame));
    p->frame.here = (int)view;
    p->frame.list_column = true;
    p->frame.skip = p->may_write ? "text" : "main";
    TRY(list_load(w, view, S(""), COLUMN_ROWS, &p->column));
    p->column.frame = p->frame;
    p->column.current = p->c.id;
    p->column.count = view == VIEW_MINE ? p->frame.mine : p->frame.glance->counts[view];
    return ERR_NONE;
}

/* What every letter says, and, for a browser without scripts, what the check says of the draft. Both read by
 * themselves, so the page's own reading ends before. */
static err load_heard(struct web_call *w, struct conversation_page *p) {
    web_read_end(w);
    if (child_forgotten(p)) return ERR_NONE;
    for (size_t i = 0; i < p->said.n; i++) {
        struct said *s = &p->said.v[i];
        struct letter_heard *heard;
        if (!s->message || s->message->kind != MESSAGE_LETTER) continue;
        /* As it was sent it stands in a frame, where nothing can be marked. */
        TRY(heard_load(w, s->message, s->as_sent ? S("") : s->body, &heard));
        s->heard = p->newest = heard;
    }
    bool asked = w->in->method == HTTP_GET && web_param_on(w, "checked");
    if (!asked || !p->may_write || w->program) return ERR_NONE;
    struct check_view *check;
    TRY(check_load(w, p->c.id, p->compose.text, false, &check));
    p->compose.check = check;
    return ERR_NONE;
}

err conversation_load(struct web_call *w, int64_t id, bool typed, struct conversation_page **ret_page) {
    struct conversation_page *p = arena_alloc(w->arena, sizeof *p);
    db_conn *c;
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &p->c));
    if (p->c.merged_into) {
        /* A signpost: what it leads to is shown in its place. */
        TRY(merge_end_in(c, w->who.brand.id, id, &id));
        TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &p->c));
    }
    p->base = web_path(w, "/c/%lld", (long long)id);
    p->may_write = web_may(w, RIGHT_WRITE);
    p->mine = p->c.agent_id == w->who.agent.id;
    if (str_eq(w->fragment, S("list"))) {
        /* Every open page asks for its column when something changed; nothing else of it is wanted then. */
        *ret_page = p;
        return load_around(w, p);
    }
    TRY(load_inbox(w, p));
    TRY(load_messages(w, p));
    merge(w, p);
    TRY(hang_on(w, p));
    TRY(said_posts_load(w, p));
    if (p->may_write && !w->program) TRY(load_compose(w, p, typed));
    TRY(load_customer(w, p));
    TRY(child_panel_load(w, p));
    TRY(promise_panel_load(w, p));
    TRY(box_panel_load(w, id, &p->boxes));
    child_only_looks(w, p);
    if (!w->program) TRY(merge_panel_load(w, p));
    if (!w->program) TRY(track_panel_load(w, p));
    if (!w->program) TRY(load_around(w, p));
    TRY(load_heard(w, p));
    TRY(defect_panel_load(w, p));
    if (!w->program) TRY(gesture_panel_load(w, p));
    *ret_page = p;
    return ERR_NONE;
}

err conversation_view_page(struct web_call *w) {
    int64_t id;
    struct conversation_page *p;
    TRY(web_id(w, 1, &id));
    TRY(conversation_load(w, id, false, &p));
    w->view = p;
    if (p->c.id != id && !w->json && !w->fragment.n) web_go(w, p->base);
    return ERR_NONE;
}
