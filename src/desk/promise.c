#include "base/random.h"
#include "desk/box.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/promise_own.h"
#include "store/message.h"

enum { DETAIL_BYTES = 200 };

/* ---- writing ---- */

err promise_put_new(db_conn *c, const struct actor *who, struct store_promise *row,
                    struct promise_proof from) {
    row->id = id_new(row->created_at);
    row->agent_id = who->agent;
    row->rise_at = row->due_at;
    row->steps = 1;
    TRY(store_promise_insert(c, who->brand, row));
    struct promise_step step = {.promise_id = row->id,
                                .position = 1,
                                .step = STEP_MADE,
                                .to_day = row->due_day,
                                .proof = from,
                                .agent_id = who->agent,
                                .at = row->created_at};
    return store_promise_step_insert(c, who->brand, &step);
}

err promise_tell(db_conn *c, arena *a, const struct actor *who, const struct store_promise *p,
                 const char *event, int64_t day, int64_t now) {
    str text = str_clip_utf8(p->text, DETAIL_BYTES), date = promise_day_text(a, day);
    if (day) text = str_fmt(a, "%.*s: %.*s", STR_FMT(date), STR_FMT(text));
    return event_add(c, who, p->conversation_id, event, text, now);
}

err promise_of_reply(db_conn *c, const struct actor *who, const struct conversation *v, int64_t message,
                     const promise_found_list *found, str zone_name, int64_t now) {
    const struct zone *zone = found->n ? promise_zone_of(zone_name) : NULL;
    for (size_t i = 0; i < found->n; i++) {
        struct store_promise row = {.conversation_id = v->id,
                                    .customer_id = v->customer_id,
                                    .message_id = message,
                                    .whose = PROMISE_OURS,
                                    .text = found->v[i].text,
                                    .due_day = found->v[i].day,
                                    .due_at = promise_day_end(zone, found->v[i].day),
                                    .created_at = now};
        TRY(promise_put_new(c, who, &row, (struct promise_proof){PROOF_MESSAGE, message}));
    }
    return ERR_NONE;
}

static err check_day(const struct zone *zone, int64_t day, int64_t now) {
    int64_t today = promise_day_of(zone, now);
    if (!promise_is_day(day)) return err_set(ERR_INVALID, "By when? Say a day of the calendar.");
    if (day < today) return err_set(ERR_INVALID, "That day is past.");
    if (day / 10000 > today / 10000 + PROMISE_YEARS_AHEAD)
        return err_set(ERR_INVALID, "That day is more than %d years ahead.", PROMISE_YEARS_AHEAD);
    return ERR_NONE;
}

err promise_add_in(db_conn *c, arena *a, const struct actor *who, const struct promise_wish *wish,
                   int64_t now, int64_t *ret_id) {
    struct conversation v;
    const struct zone *zone;
    struct store_promise same = {0};
    str text;
    TRY(check_text(a, "The promise", wish->text, PROMISE_TEXT_BYTES, &text));
    text = str_trim(text);
    if (!text.n) return err_set(ERR_INVALID, "What is promised?");
    TRY(store_conversation_get(c, a, who->brand, wish->conversation, &v));
    TRY(child_writable_in(c, a, who->brand, v.id));
    TRY(promise_zone(c, a, who->brand, &zone));
    TRY(check_day(zone, wish->day, now));
    if (wish->from.kind == PROOF_NONE)
        TRY(store_promise_same_ours(c, a, who->brand, v.id, text, wish->day, &same));
    if (same.id) {
        *ret_id = same.id;
        return ERR_NONE;
    }
    struct store_promise row = {.conversation_id = v.id,
                                .customer_id = v.customer_id,
                                .whose = PROMISE_OURS,
                                .text = text,
                                .due_day = wish->day,
                                .due_at = promise_day_end(zone, wish->day),
                                .created_at = now};
    TRY(promise_put_new(c, who, &row, wish->from));
    TRY(promise_tell(c, a, who, &row, "promise_added", 0, now));
    *ret_id = row.id;
    return ERR_NONE;
}

struct adding {
    arena *a;
    const struct actor *who;
    const struct promise_wish *wish;
    int64_t now, id;
};

static err write_added(db_conn *c, void *arg) {
    struct adding *x = arg;
    TRY(promise_add_in(c, x->a, x->who, x->wish, x->now, &x->id));
    return box_promised_in(c, x->a, x->who, x->wish->conversation, x->now);
}

err promise_add(struct desk *d, arena *a, const struct actor *who, const struct promise_wish *wish,
                int64_t *ret_id) {
    struct adding x = {.a = a, .who = who, .wish = wish, .now = desk_now(d)};
    TRY(db_write(d->db, write_added, &x));
    desk_changed(d, who->brand, wish->conversation, "promise");
    *ret_id = x.id;
    return ERR_NONE;
}

/* ---- changes ---- */

static err check_open(const struct store_promise *p) {
    if (p->state == PROMISE_OPEN) return ERR_NONE;
    str by = p->settled_name.n ? p->settled_name : S("The desk");
    switch (p->state) {
    case PROMISE_OPEN: break;
    case PROMISE_KEPT: return err_set(ERR_CONFLICT, "%.*s marked this promise as kept already.", STR_FMT(by));
    case PROMISE_BROKEN:
        return err_set(ERR_CONFLICT, "%.*s marked this promise as broken already.", STR_FMT(by));
    case PROMISE_RELEASED: return err_set(ERR_CONFLICT, "%.*s released this promise already.", STR_FMT(by));
    }
    return ERR_NONE;
}

/* Boxes and incidents vouch for their own ids. */
static err check_proof(db_conn *c, arena *a, int64_t brand, const struct store_promise *p,
                       const struct promise_proof *proof) {
    struct message m;
    struct conversation v;
    if ((proof->kind == PROOF_NONE) != (proof->id == 0))
        return err_set(ERR_INVALID, "The proof must name what kind of thing it is, and which one.");
    if (proof->kind != PROOF_MESSAGE) return ERR_NONE;
    err e = store_message_get(c, a, brand, proof->id, &m);
    if (e == ERR_MISSING) return err_set(ERR_INVALID, "There is no such message to prove it.");
    if (e) return e;
    TRY(store_conversation_get(c, a, brand, m.conversation_id, &v));
    if (v.customer_id != p->customer_id)
        return err_set(ERR_INVALID, "That message belongs to another customer.");
    return ERR_NONE;
}

static void rise(struct store_promise *p) {
    p->rise_at = p->warned_at && p->warned_at < p->due_at ? p->warned_at : p->due_at;
}

static void settle(struct store_promise *p, promise_state state, struct promise_proof proof,
                   const struct actor *who, int64_t now) {
    p->state = state;
    p->proof = proof;
    p->settled_at = now;
    p->settled_by = who->agent;
}

static err need(str text, const char *sentence) {
    return text.n ? ERR_NONE : err_set(ERR_INVALID, "%s", sentence);
}

static err move(struct store_promise *p, const struct zone *zone, int64_t day, str why, int64_t now) {
    TRY(check_day(zone, day, now));
    if (day == p->due_day) return err_set(ERR_INVALID, "It is due on that day already.");
    TRY(need(why, "Say in a sentence why the day changes."));
    p->due_day = day;
    p->due_at = promise_day_end(zone, day);
    p->warned_at = p->warned_day = 0;
    rise(p);
    return ERR_NONE;
}

static err warn(struct store_promise *p, const struct zone *zone, int64_t day, str why, int64_t now) {
    TRY(check_day(zone, day, now));
    if (day <= p->due_day) return err_set(ERR_INVALID, "The new day must come after the promised one.");
    TRY(need(why, "Say in a sentence why it will be late."));
    p->warned_at = now;
    p->warned_day = day;
    rise(p);
    return ERR_NONE;
}

/* An open one again: with the zone of today, and nothing known of lateness. */
static err reopen(struct store_promise *p, const struct zone *zone) {
    if (p->state == PROMISE_OPEN) return err_set(ERR_CONFLICT, "This promise is open already.");
    p->state = PROMISE_OPEN;
    p->proof = (struct promise_proof){0};
    p->settled_at = p->settled_by = 0;
    p->warned_at = p->warned_day = 0;
    if (p->due_day) p->due_at = promise_day_end(zone, p->due_day);
    rise(p);
    return ERR_NONE;
}

static err change_row(struct store_promise *p, const struct zone *zone, promise_step_kind step,
                      const struct promise_change *x, str why, const struct actor *who, int64_t now) {
    if (step == STEP_REOPENED) return reopen(p, zone);
    TRY(check_open(p));
    if (p->whose == PROMISE_THEIRS && step != STEP_KEPT && step != STEP_RELEASED)
        return err_set(ERR_INVALID, "What a customer promised is a memory; nobody is held to it.");
    switch (step) {
    case STEP_MOVED: return move(p, zone, x->day, why, now);
    case STEP_WARNED: return warn(p, zone, x->day, why, now);
    case STEP_KEPT:
        if (x->proof.kind == PROOF_NONE)
            TRY(need(why, "What shows that it was kept? Choose it, or say it in a sentence."));
        settle(p, PROMISE_KEPT, x->proof, who, now);
        return ERR_NONE;
    case STEP_BROKEN:
        TRY(need(why, "Say in a sentence why it was broken."));
        settle(p, PROMISE_BROKEN, x->proof, who, now);
        return ERR_NONE;
    case STEP_RELEASED:
        TRY(need(why, "Say in a sentence why it need not be kept."));
        settle(p, PROMISE_RELEASED, x->proof, who, now);
        return ERR_NONE;
    case STEP_MADE:
    case STEP_REOPENED:
    case STEP_AGREED:
    case STEP_DISAGREED: break;
    }
    return err_set(ERR_INTERNAL, "A promise cannot be changed in this way.");
}

const char *promise_event(promise_step_kind step) {
    switch (step) {
    case STEP_MADE: return "promise_added";
    case STEP_MOVED: return "promise_moved";
    case STEP_WARNED: return "promise_warned";
    case STEP_KEPT: return "promise_kept";
    case STEP_BROKEN: return "promise_broken";
    case STEP_RELEASED: return "promise_released";
    case STEP_REOPENED: return "promise_reopened";
    case STEP_AGREED: return "promise_agreed";
    case STEP_DISAGREED: return "promise_disagreed";
    }
    return "";
}

err promise_put_step(db_conn *c, const struct actor *who, struct store_promise *p, promise_step_kind kind,
                     int64_t from_day, int64_t to_day, struct promise_proof proof, str note, int64_t now) {
    p->steps++;
    struct promise_step step = {.promise_id = p->id,
                                .position = p->steps,
                                .step = kind,
                                .from_day = from_day,
                                .to_day = to_day,
                                .proof = proof,
                                .note = note,
                                .agent_id = who->agent,
                                .at = now};
    TRY(store_promise_update(c, who->brand, p));
    return store_promise_step_insert(c, who->brand, &step);
}

err promise_change_in(db_conn *c, arena *a, const struct actor *who, promise_step_kind step,
                      const struct promise_change *x, int64_t now, int64_t *ret_conversation) {
    struct store_promise p;
    const struct zone *zone;
    str why;
    TRY(check_line_or_empty("The reason", x->why, PROMISE_NOTE_BYTES, &why));
    TRY(store_promise_get(c, a, who->brand, x->promise, &p));
    if (x->seen_steps >= 0 && x->seen_steps != p.steps)
        return err_set(ERR_CONFLICT, "Somebody changed this promise after you opened it; look again first.");
    TRY(promise_zone(c, a, who->brand, &zone));
    TRY(check_proof(c, a, who->brand, &p, &x->proof));
    bool dated = step == STEP_MOVED || step == STEP_WARNED;
    int64_t from = dated ? p.due_day : 0;
    TRY(change_row(&p, zone, step, x, why, who, now));
    TRY(promise_put_step(c, who, &p, step, from, dated ? x->day : 0, x->proof, why, now));
    *ret_conversation = p.conversation_id;
    return promise_tell(c, a, who, &p, promise_event(step), dated ? x->day : 0, now);
}

struct changing {
    arena *a;
    const struct actor *who;
    const struct promise_change *change;
    promise_step_kind step;
    int64_t now, conversation;
};

static err write_change(db_conn *c, void *arg) {
    struct changing *x = arg;
    return promise_change_in(c, x->a, x->who, x->step, x->change, x->now, &x->conversation);
}

static err change_by_hand(struct desk *d, arena *a, const struct actor *who, promise_step_kind step,
                          const struct promise_change *change) {
    struct changing x = {.a = a, .who = who, .change = change, .step = step, .now = desk_now(d)};
    TRY(db_write(d->db, write_change, &x));
    desk_changed(d, who->brand, x.conversation, "promise");
    return ERR_NONE;
}

err promise_move(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change) {
    return change_by_hand(d, a, who, STEP_MOVED, change);
}

err promise_warn(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change) {
    return change_by_hand(d, a, who, STEP_WARNED, change);
}

err promise_keep(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change) {
    return change_by_hand(d, a, who, STEP_KEPT, change);
}

err promise_break(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change) {
    return change_by_hand(d, a, who, STEP_BROKEN, change);
}

err promise_release(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change) {
    return change_by_hand(d, a, who, STEP_RELEASED, change);
}

err promise_reopen(struct desk *d, arena *a, const struct actor *who, const struct promise_change *change) {
    return change_by_hand(d, a, who, STEP_REOPENED, change);
}

/* What a reply proved is not proved when it never leaves. */
static err reopen_proved(db_conn *c, arena *a, const struct actor *who, const struct conversation *v,
                         int64_t message, int64_t now) {
    store_promise_list proved;
    const struct zone *zone;
    TRY(store_promises_proved_by(c, a, who->brand, v->customer_id, message, &proved));
    if (proved.n) TRY(promise_zone(c, a, who->brand, &zone));
    for (size_t i = 0; i < proved.n; i++) {
        struct store_promise *p = &proved.v[i];
        TRY(reopen(p, zone));
        TRY(promise_put_step(c, who, p, STEP_REOPENED, 0, 0, (struct promise_proof){0},
                             S("The reply that proved it was taken back."), now));
        TRY(promise_tell(c, a, who, p, promise_event(STEP_REOPENED), 0, now));
    }
    return ERR_NONE;
}

err promise_take_back(db_conn *c, arena *a, const struct actor *who, const struct conversation *v,
                      int64_t message, int64_t now) {
    TRY(store_promises_delete_of_message(c, who->brand, message));
    TRY(reopen_proved(c, a, who, v, message, now));
    return box_reply_gone_in(c, a, who, v->id, message, now);
}

err promise_rezone(db_conn *c, arena *a, int64_t brand, str zone_name) {
    day_list days;
    const struct zone *zone = promise_zone_of(zone_name);
    TRY(store_promise_days(c, a, brand, &days));
    for (size_t i = 0; i < days.n; i++)
        TRY(store_promise_day_ends(c, brand, days.v[i], promise_day_end(zone, days.v[i])));
    return ERR_NONE;
}
