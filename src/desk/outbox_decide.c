/* What is decided about a reply on its way: by a person, by a report of a mail system, by an answer to it. */
#include "base/random.h"
#include "desk/events.h"
#include "desk/learning.h"
#include "desk/outbox_own.h"
#include "desk/post_reply.h"
#include "store/message.h"

enum { SAYS_BYTES = 500 };

bool outbox_undecided(outbox_state s) {
    return s == OUTBOX_FAILED || s == OUTBOX_UNCERTAIN || s == OUTBOX_BOUNCED || s == OUTBOX_STOPPED;
}

/* ---- by a person ---- */

static err open_case(db_conn *c, struct outbox_work *w, int64_t id) {
    TRY(store_outbox_get(c, w->arena, w->who->brand, id, &w->row));
    if (!outbox_undecided(w->row.state))
        return err_set(ERR_CONFLICT, "Nothing has to be decided about this letter any more.");
    return ERR_NONE;
}

static err retry(db_conn *c, void *arg) {
    struct outbox_work *w = arg;
    TRY(open_case(c, w, w->row.id));
    bool stopped = w->row.state == OUTBOX_STOPPED;
    w->row.attempts = 0;
    w->row.later = 0;
    w->row.ready_at = desk_now(w->desk);
    TRY(outbox_put(c, w, OUTBOX_READY));
    TRY(outbox_job_in(c, w->arena, w->who->brand, w->row.id, id_new(w->row.ready_at), w->row.ready_at));
    TRY(learning_wanted(c, w->who->brand, w->row.message_id, w->row.updated_at));
    return event_add(c, w->who, w->row.conversation_id, stopped ? "send_now" : "send_again", w->row.recipient,
                     w->row.updated_at);
}

static err settle(db_conn *c, void *arg) {
    struct outbox_work *w = arg;
    TRY(open_case(c, w, w->row.id));
    if (w->row.state == OUTBOX_STOPPED)
        return err_set(ERR_CONFLICT, "This letter has not left; it can be taken back.");
    w->row.updated_at = desk_now(w->desk);
    TRY(outbox_put(c, w, w->arrived ? OUTBOX_SENT : OUTBOX_TAKEN_BACK));
    TRY(learning_wanted(c, w->who->brand, w->row.message_id, w->row.updated_at));
    /* Given up: the letter still has no answer, so it goes on waiting. */
    if (w->arrived) TRY(outbox_answered(c, w));
    return event_add(c, w->who, w->row.conversation_id, w->arrived ? "send_arrived" : "send_given_up",
                     w->row.recipient, w->row.updated_at);
}

static err decide(struct outbox_work *w, db_fn fn, int64_t *ret_conversation) {
    TRY(db_write(w->desk->db, fn, w));
    *ret_conversation = w->row.conversation_id;
    desk_changed(w->desk, w->who->brand, w->row.conversation_id, "sent");
    desk_work(w->desk);
    return ERR_NONE;
}

err outbox_retry(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t *ret_conversation) {
    struct outbox_work w = {.desk = d, .arena = a, .who = who, .row.id = id};
    return decide(&w, retry, ret_conversation);
}

err outbox_settle(struct desk *d, arena *a, const struct actor *who, int64_t id, bool arrived,
                  int64_t *ret_conversation) {
    struct outbox_work w = {.desk = d, .arena = a, .who = who, .row.id = id, .arrived = arrived};
    return decide(&w, settle, ret_conversation);
}

/* ---- by a report ---- */

/* Whom the report is about. */
static bool find_reported(const outbox_list *rows, str recipient, struct outbox *ret) {
    for (size_t i = 0; i < rows->n; i++) {
        if (!str_eq_nocase(rows->v[i].recipient, recipient)) continue;
        *ret = rows->v[i];
        return true;
    }
    if (rows->n != 1) return false;
    *ret = rows->v[0];
    return true;
}

static bool has_left(outbox_state s) {
    switch (s) {
    case OUTBOX_DOT_SENT:
    case OUTBOX_SENT:
    case OUTBOX_UNCERTAIN:
    case OUTBOX_FAILED:
    case OUTBOX_TAKEN_BACK:
    case OUTBOX_BOUNCED: return true;
    case OUTBOX_HELD:
    case OUTBOX_READY:
    case OUTBOX_SENDING:
    case OUTBOX_STOPPED:
    case OUTBOX_LIMITED: return false;
    }
    return false;
}

static bool arrived_by(const struct bounce_row *row) {
    return row->reason == BOUNCE_DELIVERED || row->reason == BOUNCE_VACATION ||
           row->reason == BOUNCE_FEEDBACK;
}

/* What it says, with the status where the words lack it. */
static str report_says(arena *a, const struct bounce_row *row) {
    str says = str_clip_utf8(row->says, SAYS_BYTES);
    if (!row->status.n || str_find(says, row->status, 0) != SIZE_MAX) return says;
    return str_fmt(a, "%.*s%s%.*s", STR_FMT(row->status), says.n ? " " : "", STR_FMT(says));
}

/* Nothing is decided by it; the same words again are no news. */
static err note_report(db_conn *c, struct outbox_work *w, const char *kind, str says, int64_t now) {
    if (str_eq(says, w->row.says)) return ERR_NONE;
    w->row.says = says;
    w->row.updated_at = now;
    TRY(store_outbox_update(c, w->who->brand, &w->row));
    return event_add(c, w->who, w->row.conversation_id, kind,
                     str_fmt(w->arena, "%.*s: %.*s", STR_FMT(w->row.recipient), STR_FMT(says)), now);
}

err outbox_bounced_in(db_conn *c, struct desk *d, arena *a, int64_t brand, str message_id, str recipient,
                      const struct bounce_row *row, int64_t now, bool *ret_ours) {
    struct actor desk_itself = {.brand = brand};
    struct outbox_work w = {.desk = d, .arena = a, .who = &desk_itself};
    struct message m = {0};
    outbox_list rows = {0};
    if (message_id.n) TRY(store_message_by_rfc_id(c, a, brand, message_id, &m));
    if (m.id && m.kind == MESSAGE_REPLY) TRY(store_outbox_of_message(c, a, brand, m.id, &rows));
    if (!find_reported(&rows, recipient, &w.row) || !has_left(w.row.state)) {
        *ret_ours = false;
        return ERR_NONE;
    }
    *ret_ours = true;
    str says = report_says(a, row);
    if (arrived_by(row) && w.row.state == OUTBOX_UNCERTAIN) TRY(outbox_arrived(c, &w, w.row.says));
    if (row->delayed) return note_report(c, &w, "send_delayed", says, now);
    if (row->reason == BOUNCE_FEEDBACK) return note_report(c, &w, "complained", says, now);
    bool news =
        w.row.state == OUTBOX_SENT || w.row.state == OUTBOX_UNCERTAIN || w.row.state == OUTBOX_DOT_SENT;
    if (arrived_by(row) || !news) return ERR_NONE;
    w.row.says = says;
    return outbox_put(c, &w, OUTBOX_BOUNCED);
}

/* ---- by an answer ---- */

err outbox_answered_in(db_conn *c, struct desk *d, arena *a, int64_t brand, const struct message *reply,
                       str from) {
    struct actor desk_itself = {.brand = brand};
    struct outbox_work w = {.desk = d, .arena = a, .who = &desk_itself};
    outbox_list rows = {0};
    if (reply->kind != MESSAGE_REPLY || reply->state != MESSAGE_UNCERTAIN) return ERR_NONE;
    TRY(store_outbox_of_message(c, a, brand, reply->id, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        if (rows.v[i].state != OUTBOX_UNCERTAIN) continue;
        if (rows.n > 1 && !str_eq_nocase(rows.v[i].recipient, from)) continue;
        w.row = rows.v[i];
        TRY(outbox_arrived(c, &w, w.row.says));
        TRY(event_add(c, &desk_itself, w.row.conversation_id, "send_proved", w.row.recipient,
                      w.row.updated_at));
    }
    return ERR_NONE;
}
