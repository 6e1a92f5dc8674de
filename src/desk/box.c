#include "desk/box_own.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/promise_own.h"
#include "store/message.h"

enum { DETAIL_BYTES = 300, KEY_BYTES_MAX = 200 };

/* ---- one box in one write ---- */

err box_load(struct box_work *w, int64_t id) {
    TRY(store_box_get(w->c, w->a, w->who->brand, id, &w->box));
    return store_box_items(w->c, w->a, w->who->brand, id, &w->items);
}

err box_put_step(struct box_work *w, box_step step, str note) {
    w->box.version++;
    w->box.updated_at = w->now;
    struct store_box_step row = {.box_id = w->box.id,
                                 .position = w->box.version,
                                 .step = step,
                                 .note = str_clip_utf8(note, BOX_NOTE_BYTES),
                                 .agent_id = w->who->agent,
                                 .at = w->now};
    TRY(store_box_update(w->c, w->who->brand, &w->box));
    return store_box_step_insert(w->c, w->who->brand, &row);
}

err box_tell(struct box_work *w, const char *event, str detail) {
    str clipped = str_clip_utf8(detail, DETAIL_BYTES);
    str text = str_fmt(w->a, "%lld%s%.*s", (long long)w->box.number, detail.n ? ": " : "", STR_FMT(clipped));
    return event_add(w->c, w->who, w->box.conversation_id, event, text, w->now);
}

static bool any_short(const store_box_item_list *items) {
    for (size_t i = 0; i < items->n; i++)
        if (items->v[i].is_short) return true;
    return false;
}

err box_fill_done(struct box_work *w, struct box_done *ret) {
    struct box_done done = {0};
    TRY(box_load(w, w->box.id));
    done.id = w->box.id;
    done.number = w->box.number;
    done.conversation = w->box.conversation_id;
    done.version = w->box.version;
    done.state = w->box.state;
    done.promise = w->box.promise_id;
    done.short_of_stock = any_short(&w->items);
    if (box_unsent(w->box.state))
        TRY(child_locked_in(w->c, w->a, w->who->brand, w->box.conversation_id, &done.locked));
    if (done.short_of_stock)
        TRY(box_true_day_in(w->c, w->a, w->who->brand, &w->items, w->now, &done.true_day));
    *ret = done;
    return ERR_NONE;
}

str box_standing(arena *a, const struct store_box *b) {
    const char *how = "";
    switch (b->state) {
    case BOX_PROPOSED: how = "waits for somebody to agree"; break;
    case BOX_TO_PICK: how = "is to be picked"; break;
    case BOX_PACKED: how = "is packed"; break;
    case BOX_SENT: how = "is on its way"; break;
    case BOX_ARRIVED: how = "has arrived"; break;
    case BOX_CAME_BACK: how = "came back"; break;
    case BOX_LOST: how = "was lost"; break;
    case BOX_CANCELLED: how = "was cancelled"; break;
    }
    return str_fmt(a, "Box %lld %s", (long long)b->number, how);
}

err box_unlocked_in(db_conn *c, arena *a, int64_t brand, int64_t conversation) {
    bool locked;
    TRY(child_locked_in(c, a, brand, conversation, &locked));
    if (!locked) return ERR_NONE;
    return err_set(ERR_CONFLICT, "A child wrote, and no grown-up has confirmed yet. Until then nothing is "
                                 "addressed, packed or sent.");
}

/* ---- days ---- */

int64_t box_day_add(int64_t day, int64_t days) {
    int64_t at = zone_days(day / 10000, (int)(day / 100 % 100), day % 100) + days;
    return promise_day_of(NULL, at * (int64_t)DAY_MS);
}

err box_today(db_conn *c, arena *a, int64_t brand, int64_t now, int64_t *ret_day) {
    const struct zone *zone;
    TRY(promise_zone(c, a, brand, &zone));
    *ret_day = promise_day_of(zone, now);
    return ERR_NONE;
}

err box_check_day(int64_t day, int64_t today) {
    if (!day) return ERR_NONE;
    if (!promise_is_day(day)) return err_set(ERR_INVALID, "That is no day of the calendar.");
    if (day < today) return err_set(ERR_INVALID, "That day is past.");
    if (day > today + BOX_YEARS_AHEAD * 10000)
        return err_set(ERR_INVALID, "That day is more than %d years ahead.", BOX_YEARS_AHEAD);
    return ERR_NONE;
}

/* ---- making ---- */

struct make {
    struct box_work w;
    const struct box_wish *wish;
    str address, country, language, letter; /* checked */
    struct box_done done;
};

err box_check_letter(arena *a, str language, str letter, str *ret_letter) {
    if (language.n) TRY(check_language(language));
    return check_text(a, "The letter", letter, BOX_LETTER_BYTES, ret_letter);
}

err box_check_address(arena *a, str address, str country, str *ret_address, str *ret_country) {
    TRY(box_address_check(a, address, ret_address));
    return check_line_or_empty("The country", country, BOX_COUNTRY_BYTES, ret_country);
}

static err check_wish(struct make *m, bool needs_key) {
    const struct box_wish *wish = m->wish;
    if ((needs_key || wish->key.n) && (wish->key.n < 8 || wish->key.n > KEY_BYTES_MAX))
        return err_set(ERR_INVALID, "The idempotency key must have 8 to %d bytes.", KEY_BYTES_MAX);
    TRY(box_check_address(m->w.a, wish->address, wish->country, &m->address, &m->country));
    m->language = wish->language;
    return box_check_letter(m->w.a, wish->language, wish->letter, &m->letter);
}

static void add_part(buf *b, str part) {
    buf_add_int(b, (int64_t)part.n);
    buf_add_char(b, ':');
    buf_add(b, part);
}

/* Each part with its length, so that no two wishes give the same text. */
static str body_of(const struct make *m) {
    const struct box_wish *wish = m->wish;
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    const int64_t numbers[] = {wish->conversation, (int64_t)wish->nitems, wish->message, wish->proposed,
                               wish->even_retired, wish->due_day,         wish->promise};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        buf_add_fmt(&b, "%lld ", (long long)numbers[i]);
    add_part(&b, m->address);
    add_part(&b, m->country);
    add_part(&b, m->language);
    add_part(&b, m->letter);
    for (size_t i = 0; i < wish->nitems; i++) {
        const struct box_item_wish *item = &wish->items[i];
        buf_add_fmt(&b, "%lld %lld ", (long long)item->gesture, (long long)item->quantity);
        add_part(&b, item->kind);
        add_part(&b, item->code);
        add_part(&b, item->colour);
        add_part(&b, item->name);
    }
    return content_hash(m->w.a, buf_str(&b));
}

static str key_of(const struct make *m) {
    if (!m->wish->key.n) return S("");
    str whole = str_fmt(m->w.a, "%lld %.*s", (long long)m->w.who->agent, STR_FMT(m->wish->key));
    return content_hash(m->w.a, whole);
}

err box_check_message(const struct box_work *w, int64_t conversation, int64_t id) {
    struct message message;
    if (!id) return ERR_NONE;
    TRY(store_message_get(w->c, w->a, w->who->brand, id, &message));
    if (message.conversation_id != conversation)
        return err_set(ERR_INVALID, "That reply belongs to another conversation.");
    return ERR_NONE;
}

/* A locked box gets its address from the grown-up; one that they gave before counts for later boxes. */
static err find_address(struct make *m) {
    str address = S(""), country = S("");
    if (m->address.n) return box_unlocked_in(m->w.c, m->w.a, m->w.who->brand, m->wish->conversation);
    TRY(child_address_in(m->w.c, m->w.a, m->w.who->brand, m->wish->conversation, &address, &country));
    if (address.n) {
        m->address = address;
        m->country = country;
    }
    return ERR_NONE;
}

static err put_box(struct make *m, const struct conversation *v, str key, str body) {
    struct box_work *w = &m->w;
    int64_t number;
    TRY(store_box_number(w->c, w->who->brand, &number));
    w->box =
        (struct store_box){.id = id_new(w->now),
                           .number = number,
                           .conversation_id = v->id,
                           .customer_id = v->customer_id,
                           .address = m->address,
                           .country = m->country,
                           .language = m->language,
                           .letter = m->letter,
                           .message_id = m->wish->message,
                           .agent_id = w->who->agent,
                           .state = m->wish->proposed ? BOX_PROPOSED : BOX_TO_PICK,
                           .due_day = m->wish->due_day,
                           .promise_id = m->wish->proposed && m->wish->promise > 0 ? m->wish->promise : 0,
                           .created_at = w->now,
                           .updated_at = w->now,
                           .key_hash = key,
                           .body_hash = body};
    return store_box_insert(w->c, w->who->brand, &w->box);
}

err box_begin(struct box_work *w, int64_t promise, box_step step, str note) {
    TRY(box_reserve(w));
    TRY(box_tie_promise(w, promise, true));
    TRY(box_put_step(w, step, note));
    return box_warn(w);
}

static err make_new(struct make *m, str key, str body) {
    struct box_work *w = &m->w;
    const struct box_wish *wish = m->wish;
    struct conversation v;
    store_box_item_list items;
    int64_t today;
    TRY(store_conversation_get(w->c, w->a, w->who->brand, wish->conversation, &v));
    TRY(box_today(w->c, w->a, w->who->brand, w->now, &today));
    TRY(box_check_day(wish->due_day, today));
    TRY(box_check_message(w, v.id, wish->message));
    TRY(find_address(m));
    TRY(box_items_of(w->c, w->a, w->who, v.id, 0, wish->items, wish->nitems,
                     wish->even_retired || wish->proposed, &items));
    TRY(put_box(m, &v, key, body));
    TRY(box_put_items(w, &items));
    if (wish->proposed)
        TRY(box_put_step(w, BOX_STEP_PROPOSED, S("")));
    else
        TRY(box_begin(w, wish->promise, BOX_STEP_MADE, S("")));
    return box_tell(w, wish->proposed ? "box_proposed" : "box_made", box_what(w->a, &items));
}

static err write_box(db_conn *c, void *arg) {
    struct make *m = arg;
    struct store_box first;
    m->w.c = c;
    m->done = (struct box_done){0};
    str key = key_of(m), body = body_of(m);
    TRY(store_box_by_key(c, m->w.a, m->w.who->brand, key, &first));
    if (first.id && !str_eq(first.body_hash, body))
        return err_set(ERR_CONFLICT, "This idempotency key was used for another box.");
    if (first.id) {
        m->w.box = first;
    } else {
        TRY(child_writable_in(c, m->w.a, m->w.who->brand, m->wish->conversation));
        TRY(make_new(m, key, body));
    }
    TRY(box_fill_done(&m->w, &m->done));
    m->done.repeated = first.id != 0;
    return ERR_NONE;
}

err box_make_in(db_conn *c, struct desk *d, arena *a, const struct actor *who, const struct box_wish *wish,
                int64_t now, struct box_done *ret) {
    struct make m = {.w = {.a = a, .who = who, .now = now}, .wish = wish};
    (void)d;
    TRY(check_wish(&m, false));
    TRY(write_box(c, &m));
    *ret = m.done;
    return ERR_NONE;
}

err box_make(struct desk *d, arena *a, const struct actor *who, const struct box_wish *wish,
             struct box_done *ret) {
    struct make m = {.w = {.a = a, .who = who, .now = desk_now(d)}, .wish = wish};
    TRY(check_wish(&m, true));
    TRY(db_write(d->db, write_box, &m));
    if (!m.done.repeated) desk_changed(d, who->brand, wish->conversation, "box");
    *ret = m.done;
    return ERR_NONE;
}
