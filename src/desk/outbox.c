#include "base/meter.h"
#include "desk/events.h"
#include "desk/intake.h"
#include "desk/learning.h"
#include "desk/outbox_own.h"
#include "desk/transport.h"
#include "store/conversation.h"
#include "store/message.h"
#include "store/pace.h"

/* How long a try may take: the lease of its job. Twice the ten minutes of mail/send.h, some to connect, and a
 * second for each 16 KiB of the letter. */
enum { TRY_MS = 30 * MINUTE_MS, BYTES_PER_SECOND = 16 * 1024, POST_UNCLEAR_MAX = 4 };

/* A message is as well off as its worst recipient. Given up for everybody, it was not sent; held for
 * everybody, it is on hold. */
static message_state worst(const outbox_list *rows) {
    message_state state = MESSAGE_SENT;
    size_t given_up = 0, held = 0;
    for (size_t i = 0; i < rows->n; i++) {
        given_up += rows->v[i].state == OUTBOX_TAKEN_BACK;
        held += rows->v[i].state == OUTBOX_HELD || rows->v[i].state == OUTBOX_STOPPED;
    }
    if (given_up == rows->n) return MESSAGE_FAILED;
    if (given_up + held == rows->n) return MESSAGE_HELD;
    for (size_t i = 0; i < rows->n; i++) switch (rows->v[i].state) {
        case OUTBOX_UNCERTAIN: return MESSAGE_UNCERTAIN;
        case OUTBOX_BOUNCED:
        case OUTBOX_FAILED: state = MESSAGE_FAILED; break;
        case OUTBOX_STOPPED:
        case OUTBOX_HELD:
        case OUTBOX_LIMITED:
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

static err settle_message(db_conn *c, struct outbox_work *w) {
    outbox_list rows = {0};
    TRY(store_outbox_of_message(c, w->arena, outbox_brand(w), w->row.message_id, &rows));
    message_state state = worst(&rows);
    if (state == w->row.reply) return ERR_NONE;
    w->row.reply = state;
    return store_message_state(c, outbox_brand(w), w->row.message_id, state);
}

/* Since when a letter would wait if this reply had not been written. */
static int64_t waited_since(const struct message *m) {
    return m->waited_since ? m->waited_since : m->created_at;
}

/* What did not leave is back with a person: the conversation waits for us again, with the place it had. */
static err back_to_a_person(db_conn *c, struct outbox_work *w, const char *kind) {
    struct actor desk_itself = {.brand = outbox_brand(w)};
    struct conversation v;
    struct message m;
    int64_t now = desk_now(w->desk);
    TRY(store_message_get(c, w->arena, outbox_brand(w), w->row.message_id, &m));
    /* Where it stands now: it may have been merged elsewhere while it was on its way. */
    TRY(store_conversation_get(c, w->arena, outbox_brand(w), m.conversation_id, &v));
    int64_t since = waited_since(&m);
    if (!v.waiting_since || since < v.waiting_since) v.waiting_since = since;
    v.state = CONVERSATION_US;
    v.closed_kind = CLOSED_NOT;
    v.closed_reason = CLOSE_ANSWERED;
    v.closed_at = v.closed_by = 0;
    v.version++;
    v.updated_at = now;
    TRY(store_conversation_update(c, outbox_brand(w), &v));
    str detail = str_fmt(w->arena, "%.*s: %.*s", STR_FMT(w->row.recipient), STR_FMT(w->row.says));
    return event_add(c, &desk_itself, v.id, kind, detail, now);
}

err outbox_put(db_conn *c, struct outbox_work *w, outbox_state state) {
    w->row.state = state;
    w->row.updated_at = desk_now(w->desk);
    TRY(store_outbox_update(c, outbox_brand(w), &w->row));
    TRY(settle_message(c, w));
    switch (state) {
    case OUTBOX_FAILED:
    case OUTBOX_BOUNCED:
        TRY(learning_wanted(c, outbox_brand(w), w->row.message_id, w->row.updated_at));
        return back_to_a_person(c, w, state == OUTBOX_FAILED ? "send_failed" : "send_bounced");
    case OUTBOX_UNCERTAIN: return back_to_a_person(c, w, "send_uncertain");
    case OUTBOX_STOPPED: return back_to_a_person(c, w, "send_stopped");
    case OUTBOX_SENT: return post_sent_in(c, w);
    case OUTBOX_TAKEN_BACK: TRY(post_given_up_in(c, w)); return settle_message(c, w);
    case OUTBOX_HELD:
    case OUTBOX_READY:
    case OUTBOX_LIMITED:
    case OUTBOX_SENDING:
    case OUTBOX_DOT_SENT: return ERR_NONE;
    }
    return ERR_NONE;
}

static err end_job(db_conn *c, struct outbox_work *w) {
    bool mine;
    return store_job_finish(c, w->job, &mine);
}

/* They wrote again since the agent chose when it leaves, or it is a person's turn for another reason: what
 * was written then may not fit any more. Once it left for one of its recipients it leaves for all. */
static err overtaken(db_conn *c, struct outbox_work *w, bool *ret) {
    struct conversation v;
    struct message last = {0};
    *ret = false;
    if (!w->row.later || w->row.reply != MESSAGE_HELD) return ERR_NONE;
    TRY(store_conversation_get(c, w->arena, outbox_brand(w), w->row.conversation_id, &v));
    if (!v.waiting_since) return ERR_NONE;
    if (w->row.later > 1) {
        err e = store_message_last_letter(c, w->arena, outbox_brand(w), v.id, &last);
        if (e && e != ERR_MISSING) return e;
    }
    *ret = w->row.later == 1 || last.id != w->row.later;
    return ERR_NONE;
}

/* Letters of an inbox with a limit leave at even distances. Each gets its own time once, so that a long queue
 * is not moved again and again. */
static err keep_pace(db_conn *c, struct outbox_work *w, int64_t now, bool *ret_waits) {
    struct pace p;
    TRY(store_pace_get(c, outbox_brand(w), w->row.inbox_id, &p));
    *ret_waits = false;
    if (!p.per_minute || w->row.state == OUTBOX_LIMITED) return ERR_NONE;
    int64_t at = p.next_at > now ? p.next_at : now;
    p.next_at = at + (MINUTE_MS + p.per_minute - 1) / p.per_minute;
    TRY(store_pace_put(c, outbox_brand(w), &p));
    if (at <= now) return ERR_NONE;
    *ret_waits = true;
    w->row.ready_at = at;
    TRY(outbox_put(c, w, OUTBOX_LIMITED));
    return store_job_postpone(c, w->job, at, S(""), 0);
}

/* Of the states, those from which nothing goes: the job ends. `*ret_ended` false for the others. */
static err end_without(db_conn *c, struct outbox_work *w, bool *ret_ended) {
    *ret_ended = true;
    switch (w->row.state) {
    case OUTBOX_DOT_SENT:
        /* Of a post the network can be asked. */
        if (w->part.outbox_id) break;
        w->row.says = S("The desk stopped after the whole letter was handed over and before an answer came.");
        TRY(outbox_put(c, w, OUTBOX_UNCERTAIN));
        return end_job(c, w);
    case OUTBOX_SENT:
    case OUTBOX_UNCERTAIN:
    case OUTBOX_FAILED:
    case OUTBOX_BOUNCED:
    case OUTBOX_STOPPED:
    case OUTBOX_TAKEN_BACK: return end_job(c, w);
    case OUTBOX_HELD:
    case OUTBOX_LIMITED:
    case OUTBOX_READY:
    case OUTBOX_SENDING: break; /* a crash before the final dot: nobody has it */
    }
    *ret_ended = false;
    return ERR_NONE;
}

/* Step one: may it go, and if so, mark it as going. */
static err begin(db_conn *c, void *arg) {
    struct outbox_work *w = arg;
    bool mine, ended, waits;
    int64_t now = desk_now(w->desk);
    w->go = false;
    err e = store_outbox_get(c, w->arena, outbox_brand(w), w->job->subject_id, &w->row);
    if (e == ERR_MISSING) return end_job(c, w); /* taken back */
    TRY(e);
    if (str_eq(w->job->kind, S("publish")))
        TRY(store_post_out_get(c, w->arena, outbox_brand(w), w->row.id, &w->part));
    TRY(end_without(c, w, &ended));
    if (ended) return ERR_NONE;
    if (w->part.outbox_id) TRY(post_begin_in(c, w, &ended));
    /* The part before it puts it on when it is out. */
    if (w->part.outbox_id && !ended) return end_job(c, w);
    /* READY is due whenever its job is: a person may have said now. */
    bool timed = w->row.state == OUTBOX_HELD || w->row.state == OUTBOX_LIMITED;
    if (timed && w->row.ready_at > now) return store_job_postpone(c, w->job, w->row.ready_at, S(""), 0);
    TRY(overtaken(c, w, &waits));
    if (waits) {
        TRY(outbox_put(c, w, OUTBOX_STOPPED));
        return end_job(c, w);
    }
    if (w->row.state != OUTBOX_SENDING) TRY(keep_pace(c, w, now, &waits));
    if (waits) return ERR_NONE;
    TRY(store_inbox_by_id(c, w->arena, outbox_brand(w), w->row.inbox_id, &w->inbox));
    TRY(store_raw_get(c, w->arena, outbox_brand(w), w->row.message_id, &w->raw));
    TRY(store_outbox_lease(c, w->job, now + TRY_MS + w->raw.size / BYTES_PER_SECOND * SECOND_MS, &mine));
    if (!mine) return ERR_NONE; /* somebody changed its time, or the lease ran out: another job has it */
    w->row.attempts++;
    w->go = true;
    return outbox_put(c, w, OUTBOX_SENDING);
}

/* The last moment to stop. Two workers can be here with the same letter only when a lease ran out; the second
 * one finds the state or the lease changed. */
static err mark_dot(db_conn *c, void *arg) {
    struct outbox_work *w = arg;
    struct outbox there;
    bool mine;
    TRY(store_outbox_lease(c, w->job, desk_now(w->desk) + TRY_MS, &mine));
    TRY(store_outbox_get(c, w->arena, outbox_brand(w), w->row.id, &there));
    if (!mine || there.state != OUTBOX_SENDING)
        return err_set(ERR_CONFLICT, "another try of the same letter is on its way.");
    w->row = there;
    TRY(post_tried_in(c, w));
    return outbox_put(c, w, OUTBOX_DOT_SENT);
}

static err before_dot(void *context) {
    struct outbox_work *w = context;
    return db_write(w->desk->db, mark_dot, w);
}

static err hand_over(struct outbox_work *w) {
    str bytes;
    if (w->part.outbox_id) return post_hand_over(w, before_dot);
    if (!w->row.recipient.n)
        return err_set(ERR_INVALID, "Whom it goes to is not known any more; it was not sent.");
    TRY(intake_bytes(w->desk, w->arena, &w->raw, &bytes));
    return transport_send(w->desk, w->arena, &w->inbox, w->row.id, w->row.recipient, bytes, before_dot, w,
                          &w->report);
}

/* A letter that came before the reply was written and was read after it waits on its own account. */
err outbox_answered(db_conn *c, struct outbox_work *w) {
    outbox_list rows = {0};
    struct conversation v;
    struct message last, reply;
    TRY(store_outbox_of_message(c, w->arena, outbox_brand(w), w->row.message_id, &rows));
    for (size_t i = 0; i < rows.n; i++)
        if (outbox_undecided(rows.v[i].state)) return ERR_NONE;
    TRY(store_message_get(c, w->arena, outbox_brand(w), w->row.message_id, &reply));
    TRY(store_conversation_get(c, w->arena, outbox_brand(w), reply.conversation_id, &v));
    if (v.waiting_since != waited_since(&reply)) return ERR_NONE;
    err e = store_message_last_letter(c, w->arena, outbox_brand(w), v.id, &last);
    if (e && e != ERR_MISSING) return e;
    if (v.state != CONVERSATION_US || (e == ERR_NONE && last.id > w->row.message_id)) return ERR_NONE;
    v.state = CONVERSATION_THEM;
    v.waiting_since = 0;
    v.version++;
    return store_conversation_update(c, outbox_brand(w), &v);
}

err outbox_arrived(db_conn *c, struct outbox_work *w, str says) {
    w->row.says = says;
    TRY(outbox_put(c, w, OUTBOX_SENT));
    TRY(learning_wanted(c, outbox_brand(w), w->row.message_id, w->row.updated_at));
    return outbox_answered(c, w);
}

/* When it is tried again; what could not be tried at all was no try. */
static err put_off(db_conn *c, struct outbox_work *w, outbox_state state) {
    if (w->wait_ms) w->row.attempts--;
    int64_t now = desk_now(w->desk), most = now + 6 * HOUR_MS;
    w->row.ready_at = now + (w->wait_ms ? w->wait_ms : w->row.attempts * w->row.attempts * MINUTE_MS);
    if (w->retry_at > w->row.ready_at) w->row.ready_at = w->retry_at < most ? w->retry_at : most;
    TRY(outbox_put(c, w, state));
    return store_job_postpone(c, w->job, w->row.ready_at, w->row.says, 0);
}

static err put_result(db_conn *c, struct outbox_work *w) {
    w->row.says = w->report.says;
    if (w->stopped) {
        TRY(store_post_out_update(c, outbox_brand(w), &w->part));
        TRY(outbox_put(c, w, OUTBOX_STOPPED));
        return end_job(c, w);
    }
    switch (w->report.result) {
    case SEND_ACCEPTED:
        TRY(outbox_put(c, w, OUTBOX_SENT));
        /* It may have waited again after a failure. */
        TRY(outbox_answered(c, w));
        break;
    case SEND_REFUSED: TRY(outbox_put(c, w, OUTBOX_FAILED)); break;
    case SEND_UNCERTAIN:
        /* Of a post the network can be asked again, some times. */
        if (w->part.outbox_id && w->row.attempts < POST_UNCLEAR_MAX) return put_off(c, w, OUTBOX_DOT_SENT);
        TRY(outbox_put(c, w, OUTBOX_UNCERTAIN));
        break;
    case SEND_LATER:
        if (w->row.attempts >= OUTBOX_ATTEMPTS_MAX && !w->wait_ms) {
            TRY(outbox_put(c, w, OUTBOX_FAILED));
            break;
        }
        return put_off(c, w, OUTBOX_READY);
    }
    return end_job(c, w);
}

static err end(db_conn *c, void *arg) {
    struct outbox_work *w = arg;
    struct outbox there;
    bool mine;
    err e = store_outbox_get(c, w->arena, outbox_brand(w), w->row.id, &there);
    if (e == ERR_MISSING) return end_job(c, w); /* its words were deleted meanwhile */
    TRY(e);
    w->row = there;
    TRY(store_outbox_lease(c, w->job, 0, &mine));
    if (mine && (there.state == OUTBOX_SENDING || there.state == OUTBOX_DOT_SENT)) return put_result(c, w);
    /* Another worker took it for lost; now it is known. */
    if (w->report.result == SEND_ACCEPTED && there.state == OUTBOX_UNCERTAIN)
        TRY(outbox_arrived(c, w, w->report.says));
    return mine ? end_job(c, w) : ERR_NONE;
}

err outbox_send(struct desk *d, arena *a, const struct job *job) {
    struct outbox_work w = {.desk = d, .arena = a, .job = job};
    TRY(db_write(d->db, begin, &w));
    if (!w.go) return ERR_NONE;
    err e = hand_over(&w);
    if (e)
        w.report = (struct send_report){e == ERR_INVALID ? SEND_REFUSED : SEND_LATER,
                                        str_copy(a, str_z(err_text()))};
    TRY(db_write(d->db, end, &w));
    if (w.row.state == OUTBOX_SENT) meter_add(METER_SENT, 1);
    if (w.row.state == OUTBOX_READY) meter_add(METER_POSTPONED, 1);
    if (w.row.state == OUTBOX_FAILED) meter_add(METER_FAILED, 1);
    if (w.row.state == OUTBOX_UNCERTAIN) meter_add(METER_UNCERTAIN, 1);
    desk_changed(d, job->brand_id, w.row.conversation_id, "sent");
    return ERR_NONE;
}
