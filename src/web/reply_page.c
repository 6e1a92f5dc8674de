#include "web/reply_page.h"

#include <string.h>

#include "base/random.h"
#include "composer.tmpl.h"
#include "desk/outbox.h"
#include "web/incident_page.h"
#include "web/post_page.h"
#include "web/promise_page.h"
#include "web/routes.h"

err reply_conversation(const struct web_call *w, int64_t *ret_id) {
    *ret_id = 0;
    return strstr(w->route->path, "/c/:id/") ? web_id(w, 1, ret_id) : ERR_NONE;
}

static str place(const struct web_call *w, int64_t conversation) {
    str room = room_place(w);
    if (room.n) return room;
    return conversation ? web_path(w, "/c/%lld", (long long)conversation) : web_path(w, "/write");
}

void compose_begin(struct web_call *w, struct composing *k) {
    bool same = w->problem != ERR_NONE && w->problem != ERR_CONFLICT;
    str key = same ? web_param(w, "key") : S("");
    k->key = key.n && key.n <= 200 ? key : token_new(w->arena);
    k->signature = w->who.agent.signature;
    if (!k->kept && !w->program && str_trim(k->signature).n)
        k->text = str_fmt(w->arena, "\n\n%.*s", STR_FMT(k->signature));
}

bool compose_astray(arena *a, str to, str answers) {
    mime_address_list there = {0}, known = {0};
    if (reply_parse_line(a, answers, &known) || reply_parse_line(a, to, &there) || !there.n) return false;
    for (size_t i = 0; i < known.n; i++)
        for (size_t k = 0; k < there.n; k++)
            if (str_eq(known.v[i].address, there.v[k].address)) return false;
    return known.n > 0;
}

/* ---- a time to leave ---- */

str local_time_text(const struct web_call *w, int64_t at) {
    struct local_time t;
    zone_local(w->page.zone, at, &t);
    return str_fmt(w->arena, "%04lld-%02d-%02dT%02d:%02d", (long long)t.year, t.month, t.day, t.hour,
                   t.minute);
}

err local_time_from(const struct web_call *w, str text, int64_t *ret_at) {
    static const size_t at[] = {0, 5, 8, 11, 14}, n[] = {4, 2, 2, 2, 2};
    int64_t part[5], seconds = 0;
    text = str_trim(text);
    bool good = text.n >= 16 && text.p[4] == '-' && text.p[7] == '-' &&
                (text.p[10] == 'T' || text.p[10] == ' ') && text.p[13] == ':' &&
                (text.n == 16 || (text.n == 19 && text.p[16] == ':'));
    for (size_t i = 0; i < 5 && good; i++) good = str_to_int(str_slice(text, at[i], at[i] + n[i]), &part[i]);
    if (good && text.n == 19) good = str_to_int(str_slice(text, 17, 19), &seconds);
    if (!good || seconds < 0 || seconds > 60 || part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 ||
        part[3] > 23 || part[4] > 59 || part[0] < 2000 || part[3] < 0 || part[4] < 0)
        return err_set(ERR_INVALID, "Choose a day and a time at which it leaves, such as 2026-11-24 09:00.");
    *ret_at =
        zone_instant(w->page.zone, (int)part[0], (int)part[1], (int)part[2], (int)part[3], (int)part[4]) +
        seconds * SECOND_MS;
    return ERR_NONE;
}

/* Asked for by its own button, or once more by "send anyway" of a letter that was to leave later. A program
 * just says when. */
static bool wants_later(const struct web_call *w) {
    if (w->program) return web_param_has(w, "leave_at");
    return web_param_on(w, "later") || (web_param_on(w, "anyway") && web_param_on(w, "was_later"));
}

/* ---- sending ---- */

/* A program may leave out whom it answers and what about; a page has filled both in for the person to see. */
static err fill_in(struct web_call *w, struct reply_wish *wish) {
    struct conversation v;
    struct reply_default standard;
    db_conn *c;
    bool both = web_param_has(w, "to") && web_param_has(w, "subject");
    if (!w->program || !wish->conversation || both) return ERR_NONE;
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, wish->conversation, &v));
    TRY(reply_defaults(c, w->arena, w->who.brand.id, &v, &standard));
    web_read_end(w);
    if (!web_param_has(w, "to")) wish->to_line = standard.to_line;
    if (!web_param_has(w, "subject")) wish->subject = standard.subject;
    return ERR_NONE;
}

/* The text, "" when it is nothing but the signature that the form began with. By a program nothing was put
 * under it. */
static str written(const struct web_call *w) {
    str text = web_param_text(w, "text");
    return !w->program && str_eq(str_trim(text), str_trim(w->who.agent.signature)) ? S("") : text;
}

/* A browser without scripts sends the files along with the letter. */
static err attach_all(struct web_call *w, int64_t conversation, attachment_list *ret_made) {
    for (size_t i = 0; i < w->in->files.n; i++) {
        const struct http_file *f = &w->in->files.v[i];
        int64_t id;
        if (!f->bytes.n) continue;
        TRY(draft_attach(w->desk, w->arena, &w->actor, conversation, f->name, f->type, f->bytes, &id));
        list_add(w->arena, ret_made)->id = id;
    }
    return ERR_NONE;
}

/* The key was used before, and nothing was sent now: the files of this request hang on no letter, and words
 * that changed since have to be seen again before they may go. */
static err check_repeated(struct web_call *w, const struct reply_wish *wish, const struct reply_made *made,
                          const attachment_list *files) {
    struct message sent;
    attachment_list left = {0};
    db_conn *c;
    if (!wish->key.n) return ERR_NONE;
    TRY(web_read(w, &c));
    TRY(store_message_get(c, w->arena, w->who.brand.id, made->message, &sent));
    if (files->n)
        TRY(store_attachments_of_draft(c, w->arena, w->who.brand.id, wish->conversation, w->who.agent.id,
                                       &left));
    web_read_end(w);
    for (size_t i = 0; i < files->n; i++)
        for (size_t k = 0; k < left.n; k++)
            if (left.v[k].id == files->v[i].id) TRY(draft_detach(w->desk, w->arena, &w->actor, left.v[k].id));
    if (str_eq(sent.text, wish->text)) return ERR_NONE;
    return err_set(ERR_CONFLICT, "This letter was sent before its last changes; nothing more was sent.");
}

static void stops_json(const struct web_call *w, struct json_out *o) {
    json_key(o, S("stops")), check_json_remarks(w->view, o);
}

/* What the letter check stops goes with the refusal: onto the page with a place for the reason, or into the
 * JSON. */
static err show_stops(struct web_call *w, const struct reply_wish *wish, err refused) {
    struct check_view *v;
    str says = str_copy(w->arena, str_z(err_text()));
    if (!wish->stops->n) return refused;
    TRY(check_rows(w, wish->conversation, wish->text, false, wish->stops, &v));
    w->view = v;
    w->stopped = true;
    w->also = stops_json;
    return err_set(refused, "%.*s", STR_FMT(says));
}

err reply_do_send(struct web_call *w) {
    remark_list stops = {0};
    struct reply_wish wish = {.to_line = web_param(w, "to"),
                              .cc_line = web_param(w, "cc"),
                              .bcc_line = web_param(w, "bcc"),
                              .subject = web_param(w, "subject"),
                              .text = written(w),
                              .key = web_param(w, "key"),
                              .override = str_trim(web_param(w, "override")),
                              .not_promised = promise_not_promised(w, written(w)),
                              .by_hand = web_param_on(w, "by_hand"),
                              .close_after = web_param_on(w, "done"),
                              .knows_answers = web_param_has(w, "answers"),
                              .answers = web_param(w, "answers"),
                              .stops = &stops};
    if (!reply_way_from(web_param(w, "way"), &wish.way))
        return err_set(ERR_INVALID, "A reply leaves by mail, public, private or quote.");
    TRY(reply_conversation(w, &wish.conversation));
    TRY(web_param_int(w, "version", -1, &wish.seen_version));
    TRY(web_param_int(w, "inbox", 0, &wish.inbox));
    if (wants_later(w)) TRY(local_time_from(w, web_param(w, "leave_at"), &wish.leave_at));
    /* A person's page always says what it showed; a program may leave it out, and then nothing is compared.
     */
    if (wish.conversation && wish.seen_version < 0 && !w->program)
        return err_set(ERR_INVALID, "The page did not say which version of the conversation it showed.");
    TRY(fill_in(w, &wish));
    attachment_list files = {0};
    TRY(attach_all(w, wish.conversation, &files));
    TRY(post_keep_alts(w, wish.conversation));
    struct reply_made made;
    err e = reply_send(w->desk, w->arena, &w->actor, &wish, &made);
    if (e) return show_stops(w, &wish, e);
    TRY(check_repeated(w, &wish, &made, &files));
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    *done = (struct reply_done){made.conversation, made.message, made.ready_at, 0};
    w->view = done;
    web_go(w, web_path(w, "/c/%lld", (long long)made.conversation));
    room_sent(w, made.message);
    return ERR_NONE;
}

void reply_json(const struct web_call *w, struct json_out *o) {
    const struct reply_done *done = w->view;
    json_open_object(o);
    json_key(o, S("conversation")), json_id(o, done->conversation);
    if (done->message) json_key(o, S("message")), json_id(o, done->message);
    if (done->ready_at) json_key(o, S("ready_at")), json_int(o, done->ready_at);
    if (done->attachment) json_key(o, S("attachment")), json_id(o, done->attachment);
    json_close_object(o);
}

/* Why the letter check stopped a reply; the view was the check's when the sending ended. */
static void add_stops(struct web_call *w, const struct check_view *stops, struct conflict *x) {
    x->stops = stops;
    x->because = web_param(w, "override");
    x->asked = web_param_on(w, "anyway") && !str_trim(x->because).n;
    if (w->problem == ERR_INVALID) x->wrong = x->says;
}

/* What came after the last thing that the agent's page showed. Ids sort by time, those of events too. */
static void find_newer(struct web_call *w, const struct conversation_page *p, struct conflict *x) {
    int64_t seen;
    if (web_param_int(w, "seen", 0, &seen)) seen = 0;
    for (size_t i = seen || p->said.n < 5 ? 0 : p->said.n - 5; i < p->said.n; i++) {
        const struct said *s = &p->said.v[i];
        if ((s->message ? s->message->id : s->event->id) > seen) *list_add(w->arena, &x->newer) = *s;
    }
}

static void write_again(struct web_call *w, int status) {
    struct conflict conflict = {.says = w->says, .later = wants_later(w)};
    if (w->stopped) add_stops(w, w->view, &conflict);
    if (write_view(w)) {
        web_error(w, status, err_name(w->problem), conflict.says);
        return;
    }
    struct write_view *v = w->view;
    v->conflict = conflict;
    v->compose.to = web_param(w, "to");
    v->compose.cc = web_param(w, "cc");
    v->compose.bcc = web_param(w, "bcc");
    v->compose.subject = web_param(w, "subject");
    v->compose.text = web_param_text(w, "text");
    v->compose.leave_at = web_param(w, "leave_at");
    w->out->type = S("text/html; charset=utf-8");
    write_html(w);
}

void reply_again(struct web_call *w) {
    int64_t id = 0;
    int status = w->out->status;
    struct conversation_page *p;
    err e = reply_conversation(w, &id);
    if (!e && !id) {
        write_again(w, status);
        return;
    }
    str says = w->says;
    if (!e) e = conversation_load(w, id, true, &p);
    if (e) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    p->conflict = (struct conflict){.yes = w->problem == ERR_CONFLICT && !w->stopped,
                                    .says = says,
                                    .to = web_param(w, "to"),
                                    .later = wants_later(w)};
    if (w->stopped) add_stops(w, w->view, &p->conflict);
    if (p->conflict.yes) find_newer(w, p, &p->conflict);
    w->view = p;
    if (room_again(w, p)) return;
    w->out->type = S("text/html; charset=utf-8");
    conversation_html(w);
}

err reply_do_leave(struct web_call *w) {
    int64_t id, message, version, conversation, at = 0;
    struct message m;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_param_int(w, "message", 0, &message));
    TRY(web_param_int(w, "version", -1, &version));
    TRY(web_read(w, &c));
    TRY(store_message_get(c, w->arena, w->who.brand.id, message, &m));
    web_read_end(w);
    if (m.conversation_id != id) return err_set(ERR_MISSING, "There is no such message here.");
    if (!web_param_on(w, "now")) TRY(local_time_from(w, web_param(w, "leave_at"), &at));
    TRY(reply_leave(w->desk, w->arena, &w->actor, message, at, version, &conversation));
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    *done = (struct reply_done){.conversation = conversation, .message = message, .ready_at = at};
    w->view = done;
    web_go(w, web_path(w, "/c/%lld#m-%lld", (long long)conversation, (long long)message));
    return ERR_NONE;
}

err reply_do_take_back(struct web_call *w) {
    int64_t message, conversation;
    TRY(web_id(w, 1, &message));
    TRY(reply_take_back(w->desk, w->arena, &w->actor, message, &conversation));
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    done->conversation = conversation;
    w->view = done;
    web_go(w, web_path(w, "/c/%lld#text", (long long)conversation));
    return ERR_NONE;
}

/* ---- drafts ---- */

err draft_do_save(struct web_call *w) {
    struct draft draft = {.kind = MESSAGE_REPLY,
                          .to_line = web_param(w, "to"),
                          .cc_line = web_param(w, "cc"),
                          .bcc_line = web_param(w, "bcc"),
                          .subject = web_param(w, "subject"),
                          .text = web_param_text(w, "text")};
    TRY(reply_conversation(w, &draft.conversation_id));
    web_go(w, place(w, draft.conversation_id));
    TRY(post_keep_alts(w, draft.conversation_id));
    return draft_save(w->desk, w->arena, &w->actor, &draft);
}

err draft_do_drop(struct web_call *w) {
    int64_t id;
    struct conversation v;
    db_conn *c;
    TRY(reply_conversation(w, &id));
    /* Another brand's is as missing here as everywhere. */
    TRY(web_read(w, &c));
    if (id) TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v));
    web_read_end(w);
    web_go(w, place(w, id));
    return draft_drop(w->desk, w->arena, &w->actor, id);
}

err reply_keep(struct web_call *w, int64_t conversation) {
    attachment_list files = {0};
    TRY(draft_do_save(w));
    return attach_all(w, conversation, &files);
}

/* A script wants the list of what is attached now; a browser without scripts gets the page again, for which
 * what is typed must be kept first. */
static err show_files(struct web_call *w, int64_t id) {
    if (w->json) return ERR_NONE;
    if (!str_eq(w->fragment, S("attached"))) {
        if (web_param_has(w, "text")) TRY(draft_do_save(w));
        web_go(w, place(w, id));
        return ERR_NONE;
    }
    struct composing k = {.base = place(w, id)};
    struct conversation v;
    struct post_compose *posts = NULL;
    db_conn *c;
    TRY(web_read(w, &c));
    if (id) TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v));
    if (id) TRY(post_compose_of(w, &v, S(""), &posts));
    k.posts = posts;
    TRY(store_attachments_of_draft(c, w->arena, w->who.brand.id, id, w->who.agent.id, &k.files));
    w->out->type = S("text/html; charset=utf-8");
    tmpl_draft_files(&w->page, w, &k);
    return ERR_NONE;
}

err draft_do_attach(struct web_call *w) {
    int64_t id;
    TRY(reply_conversation(w, &id));
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    done->conversation = id;
    for (size_t i = 0; i < w->in->files.n; i++) {
        const struct http_file *f = &w->in->files.v[i];
        if (!f->bytes.n && !f->name.n) continue;
        TRY(draft_attach(w->desk, w->arena, &w->actor, id, f->name, f->type, f->bytes, &done->attachment));
    }
    if (!done->attachment && w->json) return err_set(ERR_INVALID, "There is no file in this request.");
    w->view = done;
    return show_files(w, id);
}

err draft_do_detach(struct web_call *w) {
    int64_t id, attachment;
    TRY(reply_conversation(w, &id));
    TRY(web_param_int(w, "remove", 0, &attachment));
    TRY(draft_detach(w->desk, w->arena, &w->actor, attachment));
    return show_files(w, id);
}
