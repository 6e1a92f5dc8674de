/* Taking an operation back, row for row, or saying what stands against it. */
#include "desk/fans.h"
#include "desk/merge_own.h"
#include "store/incident.h"
#include "store/message.h"

struct undoing {
    struct merging m;
    int64_t id;
};

/* ---- what happened since ---- */

static const char *what_changed(merge_sort sort) {
    switch (sort) {
    case SORT_MESSAGE: return "a letter, a reply or a note came or went";
    case SORT_OVERRIDE: return "a reply was sent over the letter check";
    case SORT_GESTURE: return "a gesture was given";
    case SORT_PROMISE: return "a promise was noted";
    case SORT_BOX: return "a box was made";
    case SORT_CHILD_ASK: return "a grown-up was asked";
    case SORT_WORRY: return "somebody said that it worries them";
    case SORT_DEFECT_CASE: return "a defect was recorded";
    case SORT_TRIAL_CASE: return "it was taken into a test, or out of one";
    case SORT_ATTACHMENT:
    case SORT_EVENT:
    case SORT_TRACK:
    case SORT_DRAFT:
    case SORT_ASK_ENDED:
    case SORT_CASE_TAKEN:
    case SORT_EVENT_MADE:
    case SORT_LETTER_MADE:
    case SORT_LETTER_NOTED:
    case SORT_FILE_GIVEN:
    case SORT_CUSTOMER_MADE:
    case SORT_INCIDENT_MADE: break;
    }
    return "it changed";
}

static err refuse(const struct conversation *v, const char *what) {
    return err_set(ERR_CONFLICT,
                   "This cannot be undone exactly any more: in conversation %lld %s since then. Nothing "
                   "was changed; split or merge by hand instead.",
                   (long long)v->number, what);
}

static err check_row(const struct conversation *now, const struct conversation *after) {
    if (now->merged_into != after->merged_into)
        return refuse(now, now->merged_into ? "all was merged into another one" : "a merge was undone");
    if (now->inbox_id != after->inbox_id) return refuse(now, "the inbox was changed");
    if (now->customer_id != after->customer_id) return refuse(now, "the customer was changed");
    if (now->state != after->state || now->closed_kind != after->closed_kind ||
        now->closed_at != after->closed_at || now->closed_reason != after->closed_reason)
        return refuse(now, "it was answered, closed or opened again");
    if (now->waiting_since != after->waiting_since)
        return refuse(now, "somebody began to wait, or was answered");
    if (!str_eq(now->subject, after->subject)) return refuse(now, "the subject was changed");
    return ERR_NONE;
}

static err check_one(db_conn *c, struct undoing *x, int64_t conversation) {
    int64_t brand = x->m.who->brand;
    struct conversation now, after;
    bool same;
    err e = store_conversation_get(c, x->m.a, brand, conversation, &now);
    if (e == ERR_MISSING)
        return err_set(ERR_CONFLICT, "This cannot be undone any more: one of the conversations is gone.");
    TRY(e);
    TRY(store_merge_recall(c, x->m.a, brand, x->id, conversation, MERGE_AFTER, &after));
    TRY(check_row(&now, &after));
    for (int s = 0; s < MERGE_SORTS; s++) {
        if (!merge_sort_counts((merge_sort)s)) continue;
        TRY(store_merge_set_same(c, x->m.a, brand, x->id, conversation, (merge_sort)s, &same));
        if (!same) return refuse(&now, what_changed((merge_sort)s));
    }
    TRY(store_merge_child_same(c, brand, x->id, conversation, &same));
    return same ? ERR_NONE : refuse(&now, "something was said about a child, or a grown-up answered");
}

static err check(db_conn *c, struct undoing *x) {
    const struct merge_operation *op = &x->m.op;
    bool forgotten;
    TRY(store_merge_forgotten(c, x->m.who->brand, x->id, &forgotten));
    if (forgotten && op->kind != MERGE_MOVE)
        return err_set(ERR_CONFLICT,
                       "This cannot be undone any more: the words were deleted since then, and with them "
                       "what stood where.");
    TRY(check_one(c, x, op->to_id));
    return op->from_id == op->to_id ? ERR_NONE : check_one(c, x, op->from_id);
}

/* ---- back ---- */

static bool holds(const merge_keys *keys, int64_t id) {
    for (size_t i = 0; i < keys->n; i++)
        if (keys->v[i].id == id) return true;
    return false;
}

/* What may come and go, such as a draft, may have gone. */
static err move_back(db_conn *c, struct undoing *x) {
    int64_t brand = x->m.who->brand, from = x->m.op.from_id, to = x->m.op.to_id;
    merge_keys drafts;
    TRY(store_merge_keys(c, x->m.a, brand, SORT_DRAFT, from, &drafts));
    for (int s = 0; s < MERGE_SORTS; s++) {
        merge_keys keys;
        TRY(store_merge_noted(c, x->m.a, brand, x->id, (merge_sort)s, &keys));
        for (size_t i = 0; i < keys.n; i++) {
            bool moved;
            if (s == SORT_DRAFT && holds(&drafts, keys.v[i].id)) continue;
            TRY(store_merge_move(c, brand, (merge_sort)s, keys.v[i], to, from, &moved));
            if (!moved && merge_sort_counts((merge_sort)s))
                return err_set(ERR_INTERNAL, "A row of %s is not where it was moved.",
                               merge_sort_name((merge_sort)s));
        }
    }
    return ERR_NONE;
}

typedef err (*put_back)(db_conn *c, struct undoing *x, struct merge_key key);

static err each(db_conn *c, struct undoing *x, merge_sort sort, put_back fn) {
    merge_keys keys;
    TRY(store_merge_noted(c, x->m.a, x->m.who->brand, x->id, sort, &keys));
    for (size_t i = 0; i < keys.n; i++) TRY(fn(c, x, keys.v[i]));
    return ERR_NONE;
}

static err drop_event(db_conn *c, struct undoing *x, struct merge_key key) {
    return store_merge_event_drop(c, x->m.who->brand, key.id);
}

static err open_ask(db_conn *c, struct undoing *x, struct merge_key key) {
    return store_merge_open_ask(c, x->m.who->brand, key.id, x->m.op.at);
}

static err untake_case(db_conn *c, struct undoing *x, struct merge_key key) {
    return store_merge_untake_case(c, x->m.who->brand, key.id, x->m.op.at);
}

static err file_back(db_conn *c, struct undoing *x, struct merge_key key) {
    return store_merge_file_to(c, x->m.who->brand, key.id, key.also);
}

static err letter_back(db_conn *c, struct undoing *x, struct merge_key key) {
    TRY(store_merge_letter_kind(c, x->m.who->brand, key.id, MESSAGE_LETTER, key.also));
    return merging_relearn(c, &x->m, key.id);
}

static err drop_letter(db_conn *c, struct undoing *x, struct merge_key key) {
    TRY(store_merge_job_drop(c, x->m.who->brand, key.id));
    TRY(store_message_delete(c, x->m.who->brand, key.id));
    return merging_relearn(c, &x->m, key.id);
}

static err drop_customer(db_conn *c, struct undoing *x, struct merge_key key) {
    TRY(fans_drop(c, x->m.a, x->m.who->brand, key.id));
    return store_merge_customer_drop(c, x->m.who->brand, key.id);
}

static err drop_incident(db_conn *c, struct undoing *x, struct merge_key key) {
    return store_incident_conversation_drop(c, x->m.who->brand, key.id, key.also);
}

/* What people may have begun meanwhile in a conversation that goes again: nothing that was typed is lost. */
static err sweep(db_conn *c, struct undoing *x) {
    static const merge_sort sorts[] = {SORT_DRAFT, SORT_ATTACHMENT, SORT_EVENT, SORT_TRACK};
    int64_t brand = x->m.who->brand, from = x->m.op.from_id, to = x->m.op.to_id;
    merge_keys drafts;
    TRY(store_merge_keys(c, x->m.a, brand, SORT_DRAFT, from, &drafts));
    for (size_t s = 0; s < sizeof sorts / sizeof *sorts; s++) {
        merge_keys keys;
        TRY(store_merge_keys(c, x->m.a, brand, sorts[s], to, &keys));
        for (size_t i = 0; i < keys.n; i++) {
            bool moved;
            if (sorts[s] == SORT_DRAFT && holds(&drafts, keys.v[i].id)) {
                TRY(store_merge_draft(c, x->m.a, brand, x->id, keys.v[i].id, to, from));
                TRY(store_merge_draft_drop(c, brand, to, keys.v[i].id));
            } else {
                TRY(store_merge_move(c, brand, sorts[s], keys.v[i], to, from, &moved));
            }
        }
    }
    return store_merge_drop(c, brand, to);
}

/* What somebody else changed since, where that stands in nobody's way, stays. */
static err row_back(db_conn *c, struct undoing *x, int64_t conversation) {
    int64_t brand = x->m.who->brand;
    struct conversation now, before, after;
    TRY(store_conversation_get(c, x->m.a, brand, conversation, &now));
    TRY(store_merge_recall(c, x->m.a, brand, x->id, conversation, MERGE_BEFORE, &before));
    TRY(store_merge_recall(c, x->m.a, brand, x->id, conversation, MERGE_AFTER, &after));
    if (now.agent_id != after.agent_id) before.agent_id = now.agent_id;
    if (now.related_id != after.related_id) before.related_id = now.related_id;
    if (now.updated_at != after.updated_at) before.updated_at = now.updated_at;
    return store_merge_write(c, brand, &before);
}

static bool made_to(const struct undoing *x) {
    return x->m.op.from_id != x->m.op.to_id && x->m.op.kind != MERGE_MERGE;
}

static err undo(db_conn *c, void *arg) {
    struct undoing *x = arg;
    int64_t brand = x->m.who->brand;
    struct merge_operation *op = &x->m.op;
    TRY(store_merge_get(c, x->m.a, brand, x->id, op));
    x->m.done = (struct merge_done){x->id, op->from_id, op->undone_at != 0};
    if (op->undone_at) return ERR_NONE;
    TRY(check(c, x));
    TRY(each(c, x, SORT_EVENT_MADE, drop_event));
    TRY(each(c, x, SORT_FILE_GIVEN, file_back));
    TRY(each(c, x, SORT_LETTER_MADE, drop_letter));
    TRY(each(c, x, SORT_LETTER_NOTED, letter_back));
    TRY(move_back(c, x));
    TRY(each(c, x, SORT_ASK_ENDED, open_ask));
    TRY(each(c, x, SORT_CASE_TAKEN, untake_case));
    TRY(store_merge_drafts_back(c, x->m.a, brand, x->id, op->to_id));
    TRY(store_merge_child_back(c, brand, x->id, op->to_id));
    TRY(row_back(c, x, op->from_id));
    if (made_to(x))
        TRY(sweep(c, x));
    else if (op->from_id != op->to_id)
        TRY(row_back(c, x, op->to_id));
    TRY(each(c, x, SORT_CUSTOMER_MADE, drop_customer));
    TRY(each(c, x, SORT_INCIDENT_MADE, drop_incident));
    return store_merge_undone(c, brand, x->id, x->m.who->agent, x->m.now);
}

err merge_undo(struct desk *d, arena *a, const struct actor *who, int64_t operation,
               struct merge_done *ret_done) {
    struct undoing x = {.m = merging_begin(d, a, who, MERGE_MERGE), .id = operation};
    TRY(db_write(d->db, undo, &x));
    *ret_done = x.m.done;
    if (!x.m.done.repeated) merging_told(&x.m);
    return ERR_NONE;
}
