#include "desk/outbox.h"

#include "base/random.h"
#include "desk/events.h"
#include "desk/intake.h"
#include "desk/learning.h"
#include "desk/transport.h"
#include "store/conversation.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/raw.h"

struct work {
    struct desk *desk;
    arena *arena;
    const struct job *job;
    const struct actor *who; /* for a person's decision */
    struct outbox row;
    struct store_inbox inbox;
    str bytes;
    struct raw raw;
    bool go; /* hand it to the transport */
    struct send_report report;
    bool arrived;
};

static int64_t brand_of(const struct work *w) { return w->job ? w->job->brand_id : w->who->brand; }

/* A message is as well off as its worst recipient. Given up for everybody, it was not sent. */
static message_state worst(const outbox_list *rows) {
    message_state state = MESSAGE_SENT;
    size_t given_up = 0;
    for (size_t i = 0; i < rows->n; i++) given_up += rows->v[i].state == OUTBOX_TAKEN_BACK;
    if (given_up == rows->n) return MESSAGE_FAILED;
    for (size_t i = 0; i < rows->n; i++) switch (rows->v[i].state) {
        case OUTBOX_UNCERTAIN: return MESSAGE_UNCERTAIN;
        case OUTBOX_FAILED: state = MESSAGE_FAILED; break;
        case OUTBOX_HELD:
        case OUTBOX_READY:
        case OUTBOX_SENDING:
        case OUTBOX_DOT_SENT:
            if (state == MESSAGE_SENT) state = MESSAGE_QUEUED;
            break;
        case OUTBOX_SENT:
        case OUTBOX_TAKEN_BACK: break;
        }
    return state;
}

static err settle_message(db_conn *c, struct work *w) {
    outbox_list rows = {0};
    TRY(store_outbox_of_message(c, w->arena, brand_of(w), w->row.message_id, &rows));
    return store_message_state(c, brand_of(w), w->row.message_id, worst(&rows));
}

/* Since when a letter would wait if this reply had not been written. */
static int64_t waited_since(const struct message *m) {
    return m->waited_since ? m->waited_since : m->created_at;
}

/* What did not leave is back with a person: the conversation waits for us again, with the place it had. */
static err back_to_a_person(db_conn *c, struct work *w, const char *kind) {
    struct actor desk_itself = {.brand = brand_of(w)};
    struct conversation v;
    struct message m;
    int64_t now = desk_now(w->desk);
    TRY(store_message_get(c, w->arena, brand_of(w), w->row.message_id, &m));
    TRY(store_conversation_get(c, w->arena, brand_of(w), w->row.conversation_id, &v));
    int64_t since = waited_since(&m);
    if (!v.waiting_since || since < v.waiting_since) v.waiting_since = since;
    v.state = CONVERSATION_US;
    v.closed_kind = CLOSED_NOT;
    v.closed_reason = CLOSE_ANSWERED;
    v.closed_at = v.closed_by = 0;
    v.version++;
    v.updated_at = now;
    TRY(store_conversation_update(c, brand_of(w), &v));
    str detail = str_fmt(w->arena, "%.*s: %.*s", STR_FMT(w->row.recipient), STR_FMT(w->row.says));
    return event_add(c, &desk_itself, v.id, kind, detail, now);
}

static err put(db_conn *c, struct work *w, outbox_state state) {
    w->row.state = state;
    w->row.updated_at = desk_now(w->desk);
    TRY(store_outbox_update(c, brand_of(w), &w->row));
    TRY(settle_message(c, w));
    if (state == OUTBOX_FAILED) {
        TRY(learning_wanted(c, brand_of(w), w->row.message_id, w->row.updated_at));
        return back_to_a_person(c, w, "send_failed");
    }
    if (state == OUTBOX_UNCERTAIN) return back_to_a_person(c, w, "send_uncertain");
    return ERR_NONE;
}

static err end_job(db_conn *c, struct work *w) {
    bool mine;
    return store_job_finish(c, w->job, &mine);
}

static err load(db_conn *c, struct work *w) {
    TRY(store_inbox_by_id(c, w->arena, brand_of(w), w->row.inbox_id, &w->inbox));
    return store_raw_get(c, w->arena, brand_of(w), w->row.message_id, &w->raw);
}

/* Step one: may it go, and if so, mark it as going. */
static err begin(db_conn *c, void *arg) {
    struct work *w = arg;
    w->go = false;
    err e = store_outbox_get(c, w->arena, brand_of(w), w->job->subject_id, &w->row);
    if (e == ERR_MISSING) return end_job(c, w); /* taken back */
    TRY(e);
    int64_t now = desk_now(w->desk);
    switch (w->row.state) {
    case OUTBOX_HELD:
        if (w->row.ready_at > now) return store_job_postpone(c, w->job, w->row.ready_at, S(""), 0);
        break;
    case OUTBOX_READY:          /* put off: the job's own time has come, or a person said now */
    case OUTBOX_SENDING: break; /* a crash before the final dot: nobody has it */
    case OUTBOX_DOT_SENT:
        w->row.says = S("The desk stopped after the whole letter was handed over and before an answer came.");
        TRY(put(c, w, OUTBOX_UNCERTAIN));
        return end_job(c, w);
    case OUTBOX_SENT:
    case OUTBOX_UNCERTAIN:
    case OUTBOX_FAILED:
    case OUTBOX_TAKEN_BACK: return end_job(c, w);
    }
    TRY(load(c, w));
    w->row.attempts++;
    w->go = true;
    return put(c, w, OUTBOX_SENDING);
}

static err mark_dot(db_conn *c, void *arg) {
    struct work *w = arg;
    return put(c, w, OUTBOX_DOT_SENT);
}

static err before_dot(void *context) {
    struct work *w = context;
    return db_write(w->desk->db, mark_dot, w);
}

static err hand_over(struct work *w) {
    TRY(intake_bytes(w->desk, w->arena, &w->raw, &w->bytes));
    return transport_send(w->desk, w->arena, &w->inbox, w->row.id, w->row.recipient, w->bytes, before_dot, w,
                          &w->report);
}

/* With nothing left to decide, the letter counts as answered again: that is, where it waits because this very
 * reply had failed. A letter that came before the reply was written and was read after it waits on its own
 * account. */
static err answered(db_conn *c, struct work *w) {
    outbox_list rows = {0};
    struct conversation v;
    struct message last, reply;
    TRY(store_outbox_of_message(c, w->arena, brand_of(w), w->row.message_id, &rows));
    for (size_t i = 0; i < rows.n; i++)
        if (rows.v[i].state == OUTBOX_FAILED || rows.v[i].state == OUTBOX_UNCERTAIN) return ERR_NONE;
    TRY(store_conversation_get(c, w->arena, brand_of(w), w->row.conversation_id, &v));
    TRY(store_message_get(c, w->arena, brand_of(w), w->row.message_id, &reply));
    if (v.waiting_since != waited_since(&reply)) return ERR_NONE;
    err e = store_message_last_letter(c, w->arena, brand_of(w), v.id, &last);
    if (e && e != ERR_MISSING) return e;
    if (v.state != CONVERSATION_US || (e == ERR_NONE && last.id > w->row.message_id)) return ERR_NONE;
    v.state = CONVERSATION_THEM;
    v.waiting_since = 0;
    v.version++;
    return store_conversation_update(c, brand_of(w), &v);
}

static err end(db_conn *c, void *arg) {
    struct work *w = arg;
    w->row.says = w->report.says;
    switch (w->report.result) {
    case SEND_ACCEPTED:
        TRY(put(c, w, OUTBOX_SENT));
        /* It may have waited again after a failure. */
        TRY(answered(c, w));
        break;
    case SEND_REFUSED: TRY(put(c, w, OUTBOX_FAILED)); break;
    case SEND_UNCERTAIN: TRY(put(c, w, OUTBOX_UNCERTAIN)); break;
    case SEND_LATER:
        if (w->row.attempts >= OUTBOX_ATTEMPTS_MAX) {
            TRY(put(c, w, OUTBOX_FAILED));
            break;
        }
        w->row.ready_at = desk_now(w->desk) + w->row.attempts * w->row.attempts * MINUTE_MS;
        TRY(put(c, w, OUTBOX_READY));
        return store_job_postpone(c, w->job, w->row.ready_at, w->row.says, 0);
    }
    return end_job(c, w);
}

err outbox_send(struct desk *d, arena *a, const struct job *job) {
    struct work w = {.desk = d, .arena = a, .job = job};
    TRY(db_write(d->db, begin, &w));
    if (!w.go) return ERR_NONE;
    err e = hand_over(&w);
    if (e) w.report = (struct send_report){SEND_LATER, str_copy(a, str_z(err_text()))};
    TRY(db_write(d->db, end, &w));
    desk_changed(d, job->brand_id, w.row.conversation_id, "sent");
    return ERR_NONE;
}

static err open_case(db_conn *c, struct work *w, int64_t id) {
    TRY(store_outbox_get(c, w->arena, w->who->brand, id, &w->row));
    if (w->row.state != OUTBOX_FAILED && w->row.state != OUTBOX_UNCERTAIN)
        return err_set(ERR_CONFLICT, "This letter is neither failed nor uncertain any more.");
    return ERR_NONE;
}

static err retry(db_conn *c, void *arg) {
    struct work *w = arg;
    TRY(open_case(c, w, w->row.id));
    w->row.attempts = 0;
    w->row.ready_at = desk_now(w->desk);
    TRY(put(c, w, OUTBOX_READY));
    TRY(store_job_put(c, w->who->brand, S("send"), w->row.id, id_new(w->row.ready_at), w->row.ready_at));
    TRY(learning_wanted(c, w->who->brand, w->row.message_id, w->row.updated_at));
    return event_add(c, w->who, w->row.conversation_id, "send_again", w->row.recipient, w->row.updated_at);
}

static err settle(db_conn *c, void *arg) {
    struct work *w = arg;
    TRY(open_case(c, w, w->row.id));
    w->row.updated_at = desk_now(w->desk);
    w->row.state = w->arrived ? OUTBOX_SENT : OUTBOX_TAKEN_BACK;
    TRY(store_outbox_update(c, w->who->brand, &w->row));
    TRY(settle_message(c, w));
    TRY(learning_wanted(c, w->who->brand, w->row.message_id, w->row.updated_at));
    /* Given up: the letter still has no answer, so it goes on waiting. */
    if (w->arrived) TRY(answered(c, w));
    return event_add(c, w->who, w->row.conversation_id, w->arrived ? "send_arrived" : "send_given_up",
                     w->row.recipient, w->row.updated_at);
}

static err decide(struct work *w, db_fn fn, int64_t *ret_conversation) {
    TRY(db_write(w->desk->db, fn, w));
    *ret_conversation = w->row.conversation_id;
    desk_changed(w->desk, w->who->brand, w->row.conversation_id, "sent");
    desk_work(w->desk);
    return ERR_NONE;
}

err outbox_retry(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t *ret_conversation) {
    struct work w = {.desk = d, .arena = a, .who = who, .row.id = id};
    return decide(&w, retry, ret_conversation);
}

err outbox_settle(struct desk *d, arena *a, const struct actor *who, int64_t id, bool arrived,
                  int64_t *ret_conversation) {
    struct work w = {.desk = d, .arena = a, .who = who, .row.id = id, .arrived = arrived};
    return decide(&w, settle, ret_conversation);
}
