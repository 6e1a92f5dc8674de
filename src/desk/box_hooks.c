/* What happens to boxes because of something else: a grown-up confirms, a gesture is withdrawn, a promise is
 * made, a day comes, words are deleted. */
#include "desk/box_own.h"
#include "store/job.h"

/* ---- cancelling ---- */

err box_cancel_in(struct box_work *w, bool put_back, str note) {
    store_box_item_list before = {0};
    bool packed = w->box.state == BOX_PACKED;
    for (size_t i = 0; i < w->items.n; i++)
        if (packed ? put_back : w->items.v[i].reserved > 0) *list_add(w->a, &before) = w->items.v[i];
    if (packed && put_back) TRY(box_put_all_back(w, false));
    TRY(box_free(w));
    w->box.state = BOX_CANCELLED;
    w->box.settled_at = w->now;
    w->box.follow_at = 0;
    TRY(box_put_step(w, BOX_STEP_CANCELLED, note));
    TRY(box_promise_cancelled(w));
    TRY(box_tell(w, "box_cancelled", box_what(w->a, &w->items)));
    return box_let_others(w, &before);
}

/* ---- the grown-up ---- */

/* Their word is for the conversation's customer, and for no box of anybody else. */
static err unsent_boxes(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_box_list *ret) {
    store_box_list all, own = {0};
    struct conversation v;
    TRY(store_conversation_get(c, a, brand, conversation, &v));
    TRY(store_boxes_of_conversation(c, a, brand, conversation, &all));
    for (size_t i = 0; i < all.n; i++)
        if (box_unsent(all.v[i].state) && all.v[i].customer_id == v.customer_id)
            *list_add(a, &own) = all.v[i];
    *ret = own;
    return ERR_NONE;
}

err box_address_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, str address,
                   str country, int64_t now) {
    store_box_list boxes;
    str checked, land;
    TRY(box_check_address(a, address, country, &checked, &land));
    TRY(unsent_boxes(c, a, who->brand, conversation, &boxes));
    for (size_t i = 0; i < boxes.n; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now, .box = boxes.v[i]};
        w.box.address = checked;
        w.box.country = land;
        TRY(box_put_step(&w, BOX_STEP_ADDRESS, S("")));
    }
    return ERR_NONE;
}

err box_cancel_all_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, str note,
                      int64_t now) {
    store_box_list boxes;
    TRY(unsent_boxes(c, a, who->brand, conversation, &boxes));
    for (size_t i = 0; i < boxes.n; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        TRY(box_load(&w, boxes.v[i].id));
        TRY(box_cancel_in(&w, true, note));
    }
    return ERR_NONE;
}

err box_forget(db_conn *c, int64_t brand, int64_t conversation) {
    return store_boxes_forget(c, brand, conversation);
}

/* ---- gestures ---- */

/* Takes the lines of the gesture out; what is left of the box stays. */
static err take_lines(struct box_work *w, int64_t gesture, store_box_item_list *ret_gone) {
    store_box_item_list gone = {0}, left = {0};
    for (size_t i = 0; i < w->items.n; i++) {
        bool its = w->items.v[i].gesture_id == gesture;
        if (its && w->box.state == BOX_PACKED) TRY(box_put_back(w, i, false));
        *list_add(w->a, its ? &gone : &left) = w->items.v[i];
    }
    w->items = gone;
    TRY(box_free(w));
    w->items = left;
    for (size_t i = 0; i < gone.n; i++)
        TRY(store_box_item_delete(w->c, w->who->brand, w->box.id, gone.v[i].position));
    *ret_gone = gone;
    return ERR_NONE;
}

static err leave(struct box_work *w, int64_t gesture) {
    store_box_item_list gone, all = w->items;
    size_t its = 0;
    for (size_t i = 0; i < all.n; i++) its += all.v[i].gesture_id == gesture;
    if (its == all.n) return box_cancel_in(w, true, S("The gesture was withdrawn or declined."));
    bool packed = w->box.state == BOX_PACKED;
    TRY(take_lines(w, gesture, &gone));
    str what = box_what(w->a, &gone);
    TRY(box_put_step(w, BOX_STEP_LEFT, what));
    if (packed) {
        /* Somebody has to take it out, and to look at the rest again. */
        TRY(box_put_all_back(w, true));
        w->box.state = BOX_TO_PICK;
        w->box.packed_at = 0;
        TRY(box_put_step(w, BOX_STEP_UNPACKED, what));
    }
    return box_let_others(w, &gone);
}

err box_gesture_gone_in(db_conn *c, arena *a, const struct actor *who, int64_t gesture, int64_t now) {
    store_box_item_list items;
    int64_t number;
    TRY(store_box_took_gesture(c, who->brand, gesture, &number));
    if (number)
        return err_set(ERR_CONFLICT, "This left with box %lld; it cannot be taken back.", (long long)number);
    TRY(store_box_items_of_gesture(c, a, who->brand, gesture, &items));
    for (size_t i = 0; i < items.n; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        if (i && items.v[i].box_id == items.v[i - 1].box_id) continue;
        TRY(box_load(&w, items.v[i].box_id));
        TRY(leave(&w, gesture));
    }
    return ERR_NONE;
}

/* ---- promises ---- */

err box_promised_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t now) {
    store_box_list boxes;
    int64_t only = 0;
    bool taken;
    struct box_work w = {.c = c, .a = a, .who = who, .now = now};
    TRY(store_boxes_of_conversation(c, a, who->brand, conversation, &boxes));
    for (size_t i = 0; i < boxes.n; i++) {
        bool may;
        w.box = boxes.v[i];
        if (w.box.state == BOX_PROPOSED || w.box.state > BOX_SENT) continue;
        TRY(box_may_take(&w, &may));
        if (!may) continue;
        if (only) return ERR_NONE;
        only = w.box.id;
    }
    if (!only) return ERR_NONE;
    TRY(box_load(&w, only));
    TRY(box_take_promise(&w, &taken));
    if (!taken) return ERR_NONE;
    TRY(box_put_step(&w, BOX_STEP_PROMISED, S("")));
    return box_warn(&w);
}

/* A promise that went with the reply leaves the box what it promised itself. */
static err without_reply(struct box_work *w, int64_t message, bool *ret_changed) {
    bool its = message && w->box.message_id == message, gone;
    TRY(box_promise_gone(w, &gone));
    *ret_changed = its || gone;
    if (its) w->box.message_id = 0;
    if (!gone) return ERR_NONE;
    w->box.promise_id = 0;
    if (w->box.state == BOX_PROPOSED || w->box.state > BOX_SENT) return ERR_NONE;
    return box_tie_promise(w, 0, true);
}

err box_reply_gone_in(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t message,
                      int64_t now) {
    store_box_list boxes;
    bool changed;
    TRY(store_boxes_of_conversation(c, a, who->brand, conversation, &boxes));
    for (size_t i = 0; i < boxes.n; i++) {
        struct box_work w = {.c = c, .a = a, .who = who, .now = now};
        TRY(box_load(&w, boxes.v[i].id));
        TRY(without_reply(&w, message, &changed));
        if (!changed) continue;
        TRY(box_put_step(&w, BOX_STEP_CHANGED, S("The reply was taken back.")));
        TRY(box_warn(&w));
    }
    return ERR_NONE;
}

/* ---- the follow-up ---- */

struct follow {
    arena *a;
    const struct job *job;
    struct actor desk_itself;
    int64_t now, conversation;
};

static err come_back(struct box_work *w) {
    w->box.follow_at = 0;
    TRY(box_put_step(w, BOX_STEP_FOLLOWED, S("")));
    TRY(box_back_to_agent(w));
    return box_tell(w, "follow_up_due", S(""));
}

static err write_follow(db_conn *c, void *arg) {
    struct follow *f = arg;
    struct box_work w = {.c = c, .a = f->a, .who = &f->desk_itself, .now = f->now};
    bool mine;
    f->conversation = 0;
    err e = box_load(&w, f->job->subject_id);
    if (e && e != ERR_MISSING) return e;
    bool waits = !e && w.box.follow_at && (w.box.state == BOX_SENT || w.box.state == BOX_ARRIVED);
    if (waits && w.box.follow_at > f->now) return store_job_postpone(c, f->job, w.box.follow_at, S(""), 0);
    TRY(store_job_finish(c, f->job, &mine));
    if (!waits || !mine) return ERR_NONE;
    f->conversation = w.box.conversation_id;
    return come_back(&w);
}

err box_follow(struct desk *d, arena *a, const struct job *job) {
    struct follow f = {.a = a, .job = job, .desk_itself = {.brand = job->brand_id}, .now = desk_now(d)};
    TRY(db_write(d->db, write_follow, &f));
    if (!f.conversation) return ERR_NONE;
    desk_changed(d, job->brand_id, f.conversation, "box");
    desk_changed(d, job->brand_id, f.conversation, "state");
    return ERR_NONE;
}
