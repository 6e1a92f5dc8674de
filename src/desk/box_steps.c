/* What people do with a box that is there. */
#include "base/random.h"
#include "desk/box_own.h"
#include "desk/check.h"
#include "desk/promise_own.h"
#include "desk/settings.h"
#include "store/job.h"

enum { MORNING = 6 }; /* the hour of the day on which a follow-up appears */

struct step {
    struct box_work w;
    const struct box_act *act;
    const struct box_edit *edit;
    const struct box_sending *sending;
    int64_t position, picked;
    bool all;
    str note;     /* checked */
    box_state to; /* of settle */
    bool changed; /* else it was so already */
    struct box_done done;
    err (*run)(struct step *s);
};

static err write_step(db_conn *c, void *arg) {
    struct step *s = arg;
    s->w.c = c;
    s->changed = false;
    TRY(box_load(&s->w, s->act->box));
    TRY(s->run(s));
    return box_fill_done(&s->w, &s->done);
}

static err take(struct step *s, struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                struct box_done *ret) {
    s->w = (struct box_work){.a = a, .who = who, .now = desk_now(d)};
    s->act = act;
    TRY(check_line_or_empty("The note", act->note, BOX_NOTE_BYTES, &s->note));
    TRY(db_write(d->db, write_step, s));
    if (s->changed) desk_changed(d, who->brand, s->done.conversation, "box");
    *ret = s->done;
    return ERR_NONE;
}

static err conflict(struct step *s, const char *and_so) {
    str how = box_standing(s->w.a, &s->w.box);
    return err_set(ERR_CONFLICT, "%.*s%s", STR_FMT(how), and_so);
}

/* Nobody changes what they have not seen. */
static err check_seen(struct step *s) {
    if (s->act->seen_version < 0 || s->act->seen_version == s->w.box.version) return ERR_NONE;
    return conflict(s, " now: somebody changed it after you opened it. Look at it again first.");
}

static err put(struct step *s, box_step step, str note) {
    s->changed = true;
    return box_put_step(&s->w, step, note);
}

static err unlocked(struct step *s) {
    return box_unlocked_in(s->w.c, s->w.a, s->w.who->brand, s->w.box.conversation_id);
}

/* ---- agreeing, changing ---- */

static err agree(struct step *s) {
    struct store_box *b = &s->w.box;
    if (b->state == BOX_TO_PICK) return ERR_NONE;
    TRY(check_seen(s));
    if (b->state != BOX_PROPOSED) return conflict(s, ".");
    if (!s->act->even_retired) TRY(box_check_retired(s->w.c, s->w.a, s->w.who->brand, &s->w.items));
    b->state = BOX_TO_PICK;
    /* Who agrees answers for it, and signs. */
    b->agent_id = s->w.who->agent;
    s->changed = true;
    TRY(box_drop_settled(&s->w));
    TRY(box_begin(&s->w, b->promise_id, BOX_STEP_AGREED, s->note));
    return box_tell(&s->w, "box_agreed", box_what(s->w.a, &s->w.items));
}

err box_agree(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
              struct box_done *ret) {
    struct step s = {.run = agree};
    return take(&s, d, a, who, act, ret);
}

/* Those of the box go, and give back what they held; what is wished now comes in their place. */
static err change_items(struct step *s, store_box_item_list *ret_before) {
    struct box_work *w = &s->w;
    store_box_item_list wanted;
    *ret_before = w->items;
    TRY(box_items_of(w->c, w->a, w->who, w->box.conversation_id, w->box.id, s->edit->items, s->edit->nitems,
                     s->act->even_retired || w->box.state == BOX_PROPOSED, &wanted));
    TRY(box_free(w));
    for (size_t i = 0; i < w->items.n; i++)
        TRY(store_box_item_delete(w->c, w->who->brand, w->box.id, w->items.v[i].position));
    TRY(box_put_items(w, &wanted));
    return w->box.state == BOX_TO_PICK ? box_reserve(w) : ERR_NONE;
}

static err change_words(struct step *s) {
    struct store_box *b = &s->w.box;
    const struct box_edit *edit = s->edit;
    int64_t today;
    if (edit->what & BOX_ADDRESS) {
        TRY(unlocked(s));
        TRY(box_check_address(s->w.a, edit->address, edit->country, &b->address, &b->country));
        if (!b->address.n && b->state == BOX_PACKED)
            return err_set(ERR_INVALID, "A packed box needs its address.");
    }
    if (edit->what & BOX_LETTER) {
        TRY(box_check_letter(s->w.a, edit->language, edit->letter, &b->letter));
        TRY(box_check_message(&s->w, b->conversation_id, edit->message));
        b->language = edit->language;
        b->message_id = edit->message;
    }
    if (edit->what & BOX_DUE) {
        TRY(box_today(s->w.c, s->w.a, s->w.who->brand, s->w.now, &today));
        TRY(box_check_day(edit->due_day, today));
        b->due_day = edit->due_day;
    }
    return ERR_NONE;
}

static err change(struct step *s) {
    store_box_item_list before = {0};
    unsigned what = s->edit->what;
    box_state state = s->w.box.state;
    TRY(check_seen(s));
    if (!box_unsent(state)) return conflict(s, "; it cannot be changed any more.");
    if (state == BOX_PACKED && (what & BOX_ITEMS)) return conflict(s, "; unpack it before you change it.");
    TRY(change_words(s));
    if (what & BOX_ITEMS) TRY(change_items(s, &before));
    if (what & BOX_PROMISE) {
        s->w.box.promise_id = 0;
        TRY(box_tie_promise(&s->w, s->edit->promise, false));
    }
    TRY(put(s, BOX_STEP_CHANGED, s->note));
    TRY(box_warn(&s->w));
    return box_let_others(&s->w, &before);
}

err box_change(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
               const struct box_edit *edit, struct box_done *ret) {
    struct step s = {.run = change, .edit = edit};
    return take(&s, d, a, who, act, ret);
}

/* ---- picking, packing ---- */

static err find_line(struct step *s, size_t *ret) {
    for (size_t i = 0; i < s->w.items.n; i++) {
        if (s->w.items.v[i].position != s->position) continue;
        *ret = i;
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "Box %lld has no such line.", (long long)s->w.box.number);
}

static err pick_line(struct step *s, size_t i, int64_t picked) {
    TRY(box_reserve_item(&s->w, i));
    struct store_box_item *item = &s->w.items.v[i];
    if (item->is_short && picked)
        return err_set(ERR_CONFLICT, "%lld x %.*s are not in stock. If they lie there, count them first.",
                       (long long)item->quantity, STR_FMT(str_clip_utf8(item->item_name, 100)));
    item->picked = picked < 0 ? item->quantity : picked;
    if (item->picked > item->quantity)
        return err_set(ERR_INVALID, "Only %lld of this go into box %lld.", (long long)item->quantity,
                       (long long)s->w.box.number);
    return store_box_item_update(s->w.c, s->w.who->brand, item);
}

static err pick(struct step *s) {
    size_t i;
    TRY(check_seen(s));
    if (s->picked < -1) return err_set(ERR_INVALID, "How many lie in the box? Say 0 or more.");
    if (s->w.box.state != BOX_TO_PICK) return conflict(s, ".");
    TRY(unlocked(s));
    TRY(find_line(s, &i));
    int64_t before = s->w.items.v[i].picked, wanted = s->w.items.v[i].quantity;
    if (before == (s->picked < 0 ? wanted : s->picked)) return ERR_NONE;
    TRY(pick_line(s, i, s->picked));
    const struct store_box_item *item = &s->w.items.v[i];
    return put(s, BOX_STEP_PICKED,
               str_fmt(s->w.a, "%lld x %.*s", (long long)item->picked, STR_FMT(item->item_name)));
}

err box_pick_item(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                  int64_t position, int64_t picked, struct box_done *ret) {
    struct step s = {.run = pick, .position = position, .picked = picked};
    return take(&s, d, a, who, act, ret);
}

static err check_picked(struct step *s) {
    int64_t left = 0;
    for (size_t i = 0; i < s->w.items.n; i++) {
        if (s->all) TRY(pick_line(s, i, -1)); /* may add lines, which come to their turn */
        left += s->w.items.v[i].quantity - s->w.items.v[i].picked;
    }
    if (!left) return ERR_NONE;
    return err_set(ERR_CONFLICT, "Not everything lies in box %lld yet: %lld to go.",
                   (long long)s->w.box.number, (long long)left);
}

static err pack(struct step *s) {
    struct store_box *b = &s->w.box;
    if (b->state == BOX_PACKED) return ERR_NONE;
    TRY(check_seen(s));
    if (b->state != BOX_TO_PICK) return conflict(s, ".");
    TRY(unlocked(s));
    if (!b->address.n) return conflict(s, ", and has no address yet.");
    TRY(check_picked(s));
    TRY(box_take_out(&s->w));
    b->state = BOX_PACKED;
    b->packed_at = s->w.now;
    TRY(put(s, BOX_STEP_PACKED, s->note));
    return box_tell(&s->w, "box_packed", box_what(s->w.a, &s->w.items));
}

err box_pack(struct desk *d, arena *a, const struct actor *who, const struct box_act *act, bool all,
             struct box_done *ret) {
    struct step s = {.run = pack, .all = all};
    return take(&s, d, a, who, act, ret);
}

static err unpack(struct step *s) {
    struct store_box *b = &s->w.box;
    if (b->state == BOX_TO_PICK) return ERR_NONE;
    TRY(check_seen(s));
    if (b->state != BOX_PACKED) return conflict(s, ".");
    TRY(box_put_all_back(&s->w, true));
    b->state = BOX_TO_PICK;
    b->packed_at = 0;
    return put(s, BOX_STEP_UNPACKED, s->note);
}

err box_unpack(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
               struct box_done *ret) {
    struct step s = {.run = unpack};
    return take(&s, d, a, who, act, ret);
}

/* ---- sending ---- */

/* Carriers print their numbers with spaces between. */
static str without_spaces(arena *a, str text) {
    char *p = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ') p[n++] = text.p[i];
    return (str){p, n};
}

/* When it should arrive, and when somebody looks whether it did. */
static err set_days(struct step *s) {
    struct box_work *w = &s->w;
    const struct zone *zone;
    int64_t today, days, wait;
    TRY(promise_zone(w->c, w->a, w->who->brand, &zone));
    TRY(setting_number(w->c, w->a, w->who->brand, SETTING_BOX_DAYS, &days));
    TRY(setting_number(w->c, w->a, w->who->brand, SETTING_FOLLOW_UP_DAYS, &wait));
    today = promise_day_of(zone, w->now);
    TRY(box_check_day(s->sending->due_day, today));
    if (s->sending->due_day) w->box.due_day = s->sending->due_day;
    if (w->box.due_day < today) w->box.due_day = box_day_add(today, days);
    int64_t day = box_day_add(w->box.due_day, wait);
    w->box.follow_at =
        zone_instant(zone, (int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100), MORNING, 0);
    if (w->box.follow_at <= w->now) w->box.follow_at = w->now + 1;
    return store_job_put(w->c, w->who->brand, S("follow"), w->box.id, id_new(w->now), w->box.follow_at);
}

static err send_it(struct step *s) {
    struct store_box *b = &s->w.box;
    str tracking;
    if (b->state == BOX_SENT) return ERR_NONE;
    TRY(check_seen(s));
    if (b->state != BOX_PACKED) return conflict(s, ".");
    TRY(unlocked(s));
    TRY(check_line_or_empty("The carrier", s->sending->carrier, CHECK_NAME_BYTES, &b->carrier));
    TRY(check_line_or_empty("The tracking number", s->sending->tracking, BOX_TRACKING_BYTES, &tracking));
    b->tracking = without_spaces(s->w.a, tracking);
    TRY(set_days(s));
    b->state = BOX_SENT;
    b->sent_at = s->w.now;
    TRY(box_tie_promise(&s->w, 0, false));
    TRY(put(s, BOX_STEP_SENT, s->note));
    TRY(box_warn(&s->w));
    str both = str_fmt(s->w.a, "%.*s %.*s", STR_FMT(b->carrier), STR_FMT(b->tracking));
    return box_tell(&s->w, "box_sent", str_trim(both));
}

err box_send(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
             const struct box_sending *sending, struct box_done *ret) {
    struct step s = {.run = send_it, .sending = sending};
    return take(&s, d, a, who, act, ret);
}

/* ---- what became of it ---- */

static err arrived(struct step *s) {
    struct store_box *b = &s->w.box;
    if (b->state == BOX_ARRIVED) return ERR_NONE;
    TRY(check_seen(s));
    if (b->state != BOX_SENT && b->state != BOX_LOST) return conflict(s, ".");
    b->state = BOX_ARRIVED;
    b->settled_at = s->w.now;
    TRY(put(s, BOX_STEP_ARRIVED, s->note));
    TRY(box_promise_arrived(&s->w));
    return box_tell(&s->w, "box_arrived", box_what(s->w.a, &s->w.items));
}

err box_arrived(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                struct box_done *ret) {
    struct step s = {.run = arrived};
    return take(&s, d, a, who, act, ret);
}

/* Somebody has to write to the customer now, not when a follow-up would be due. */
static err fail(struct step *s, box_state to, box_step step, const char *event, const char *why) {
    struct store_box *b = &s->w.box;
    b->state = to;
    b->settled_at = s->w.now;
    b->follow_at = 0;
    TRY(put(s, step, s->note));
    TRY(box_promise_failed(&s->w, why));
    TRY(box_back_to_agent(&s->w));
    return box_tell(&s->w, event, box_what(s->w.a, &s->w.items));
}

static err came_back(struct step *s) {
    store_box_item_list before = {0};
    box_state state = s->w.box.state;
    if (state == BOX_CAME_BACK) return ERR_NONE;
    TRY(check_seen(s));
    if (state != BOX_SENT && state != BOX_ARRIVED && state != BOX_LOST) return conflict(s, ".");
    if (s->act->put_back) {
        before = s->w.items;
        TRY(box_put_all_back(&s->w, false));
    }
    TRY(fail(s, BOX_CAME_BACK, BOX_STEP_CAME_BACK, "box_came_back", "came back"));
    return box_let_others(&s->w, &before);
}

err box_came_back(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
                  struct box_done *ret) {
    struct step s = {.run = came_back};
    return take(&s, d, a, who, act, ret);
}

static err lost(struct step *s) {
    if (s->w.box.state == BOX_LOST) return ERR_NONE;
    TRY(check_seen(s));
    if (s->w.box.state != BOX_SENT) return conflict(s, ".");
    return fail(s, BOX_LOST, BOX_STEP_LOST, "box_lost", "was lost on its way");
}

err box_lost(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
             struct box_done *ret) {
    struct step s = {.run = lost};
    return take(&s, d, a, who, act, ret);
}

static err cancel(struct step *s) {
    if (s->w.box.state == BOX_CANCELLED) return ERR_NONE;
    TRY(check_seen(s));
    if (!box_unsent(s->w.box.state)) return conflict(s, "; it cannot be cancelled any more.");
    s->changed = true;
    return box_cancel_in(&s->w, s->act->put_back, s->note);
}

err box_cancel(struct desk *d, arena *a, const struct actor *who, const struct box_act *act,
               struct box_done *ret) {
    struct step s = {.run = cancel};
    return take(&s, d, a, who, act, ret);
}
