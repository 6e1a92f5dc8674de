#include "desk/promise.h"
#include "web/box_page.h"
#include "web/promise_page.h"

const char *box_view_title(box_view v) {
    switch (v) {
    case BOXES_PROPOSED: return T("Proposed");
    case BOXES_TO_PICK: return T("To pick");
    case BOXES_SHORT: return T("Waiting for stock");
    case BOXES_PACKED: return T("Packed");
    case BOXES_SENT: return T("On the way");
    case BOXES_DUE: return T("Overdue");
    case BOXES_ARRIVED: return T("Arrived");
    case BOXES_CAME_BACK: return T("Came back");
    case BOXES_LOST: return T("Lost");
    case BOXES_CANCELLED: return T("Cancelled");
    }
    return "";
}

str box_state_text(struct web_call *w, box_state s) {
    switch (s) {
    case BOX_PROPOSED: return web_text(w, T("Proposed"));
    case BOX_TO_PICK: return web_text(w, T("To pick"));
    case BOX_PACKED: return web_text(w, T("Packed"));
    case BOX_SENT: return web_text(w, T("On the way"));
    case BOX_ARRIVED: return web_text(w, T("Arrived"));
    case BOX_CAME_BACK: return web_text(w, T("Came back"));
    case BOX_LOST: return web_text(w, T("Lost"));
    case BOX_CANCELLED: return web_text(w, T("Cancelled"));
    }
    return S("");
}

int64_t pack_today(const struct web_call *w) {
    const struct zone *zone = NULL;
    if (zone_load(w->who.brand.zone, &zone)) zone = NULL;
    return promise_day_of(zone, w->page.now);
}

const char *box_state_tone(const struct store_box *b, int64_t today) {
    bool look = b->state == BOX_PROPOSED || b->state == BOX_CAME_BACK || b->state == BOX_LOST ||
                (b->short_of_stock && b->state == BOX_TO_PICK) ||
                (b->due_day && b->due_day < today && (box_unsent(b->state) || b->state == BOX_SENT));
    return look ? "look" : "fine";
}

static str fill(struct web_call *w, const char *msgid, const str *args, int n) {
    BUF_AUTO buf b = BUF_MAX(8192);
    lang_fmt(&b, w->page.lang, msgid, args, n);
    return buf_ok(&b) ? str_copy(w->arena, buf_str(&b)) : S("");
}

str box_contents_text(struct web_call *w, const struct store_box *b) {
    if (b->nitems <= 1) return b->first_item;
    BUF_AUTO buf out = BUF_MAX(4096);
    int64_t more = b->nitems - 1;
    str text = lang_plural(w->page.lang, more, /* l10n: a thing, number of others */
                           TN("{1}, and one more", "{1}, and {0} more"));
    lang_fill(&out, text, (str[]){str_fmt(w->arena, "%lld", (long long)more), b->first_item}, 2);
    return buf_ok(&out) ? str_copy(w->arena, buf_str(&out)) : b->first_item;
}

str box_item_text(struct web_call *w, const struct store_box_item *i) {
    if (!i->colour.n) return i->item_name;
    return fill(w, /* l10n: a thing, its colour */ T("{0}, {1}"), (str[]){i->item_name, i->colour}, 2);
}

static str on_day(struct web_call *w, const char *msgid, int64_t day) {
    str text = promise_day_words(w, day);
    return fill(w, msgid, &text, 1);
}

static str at_moment(struct web_call *w, const char *msgid, int64_t at) {
    str text = page_when_text(&w->page, at);
    return fill(w, msgid, &text, 1);
}

str box_when_text(struct web_call *w, const struct store_box *b) {
    bool over = b->due_day && b->due_day < pack_today(w);
    switch (b->state) {
    case BOX_PROPOSED:
    case BOX_TO_PICK:
    case BOX_PACKED:
        if (!b->due_day) return at_moment(w, T("Since {0}"), b->created_at);
        return on_day(w, over ? T("Should have been there on {0}") : T("Promised by {0}"), b->due_day);
    case BOX_SENT:
        if (!b->due_day) return at_moment(w, T("Sent {0}"), b->sent_at);
        return on_day(w, over ? T("Should have arrived on {0}") : T("Should arrive by {0}"), b->due_day);
    case BOX_ARRIVED: return at_moment(w, T("Arrived {0}"), b->settled_at);
    case BOX_CAME_BACK: return at_moment(w, T("Came back {0}"), b->settled_at);
    case BOX_LOST: return at_moment(w, T("Lost since {0}"), b->settled_at);
    case BOX_CANCELLED: return at_moment(w, T("Cancelled {0}"), b->settled_at);
    }
    return S("");
}

static const char *step_words(box_step s) {
    switch (s) {
    case BOX_STEP_PROPOSED: return T("Proposed");
    case BOX_STEP_MADE: return T("Made");
    case BOX_STEP_AGREED: return T("Agreed to");
    case BOX_STEP_CHANGED: return T("Changed");
    case BOX_STEP_ADDRESS: return T("A grown-up gave the address");
    case BOX_STEP_RESERVED: return T("What was short came into stock");
    case BOX_STEP_UNRESERVED: return T("There was less in stock than we thought");
    case BOX_STEP_PICKED: return T("Picked");
    case BOX_STEP_LEFT: return T("Something was taken out: it is not given any more");
    case BOX_STEP_PACKED: return T("Packed");
    case BOX_STEP_UNPACKED: return T("Opened again");
    case BOX_STEP_SENT: return T("Sent");
    case BOX_STEP_ARRIVED: return T("Arrived");
    case BOX_STEP_CAME_BACK: return T("Came back");
    case BOX_STEP_LOST: return T("Lost");
    case BOX_STEP_CANCELLED: return T("Cancelled");
    case BOX_STEP_PROMISED: return T("Tied to a promise");
    case BOX_STEP_FOLLOWED: return T("Back on the agent's list");
    }
    return "";
}

str box_step_text(struct web_call *w, const struct store_box_step *s) {
    str words = web_text(w, step_words(s->step));
    if (!s->note.n) return words;
    return fill(w, /* l10n: what happened to a box, a note about it */ T("{0}: {1}"), (str[]){words, s->note},
                2);
}

str box_tracking_url(struct web_call *w, const struct store_box *b) {
    return carrier_url(w->arena, b->carrier_url, b->tracking);
}

str box_first_line(str address) {
    str rest = address, line = S("");
    str_line(&rest, &line);
    return line;
}

err box_day_param(const struct web_call *w, const char *name, int64_t *ret_day) {
    str text = str_trim(web_param(w, name));
    int64_t day = 0;
    if (text.n && !promise_day_from(text, &day))
        return err_set(ERR_INVALID, "The day must be written like 2026-12-04.");
    *ret_day = day;
    return ERR_NONE;
}

/* ---- JSON ---- */

void box_json_members(const struct web_call *w, struct json_out *o, const struct store_box *b) {
    str url = carrier_url(w->arena, b->carrier_url, b->tracking);
    json_key(o, S("id")), json_id(o, b->id);
    json_key(o, S("number")), json_int(o, b->number);
    json_key(o, S("state")), json_str(o, str_z(box_state_name(b->state)));
    json_key(o, S("conversation")), json_id(o, b->conversation_id);
    json_key(o, S("customer")), json_id(o, b->customer_id);
    json_key(o, S("customer_name")), json_str(o, b->customer_name);
    json_key(o, S("address")), json_str(o, b->address);
    json_key(o, S("country")), json_str(o, b->country);
    json_key(o, S("language")), json_str(o, b->language);
    json_key(o, S("letter")), json_str(o, b->letter);
    json_key(o, S("message")), json_id(o, b->message_id);
    json_key(o, S("agent")), json_id(o, b->agent_id);
    json_key(o, S("agent_name")), json_str(o, b->agent_name);
    json_key(o, S("carrier")), json_str(o, b->carrier);
    json_key(o, S("tracking")), json_str(o, b->tracking);
    json_key(o, S("tracking_url")), json_str(o, url);
    json_key(o, S("due_day")), json_str(o, promise_day_text(w->arena, b->due_day));
    json_key(o, S("promise")), json_id(o, b->promise_id);
    json_key(o, S("pieces")), json_int(o, b->pieces);
    json_key(o, S("unpicked")), json_int(o, b->unpicked);
    json_key(o, S("short_of_stock")), json_bool(o, b->short_of_stock);
    json_key(o, S("locked")), json_bool(o, b->locked && box_unsent(b->state));
    json_key(o, S("created_at")), json_int(o, b->created_at);
    json_key(o, S("packed_at")), json_int(o, b->packed_at);
    json_key(o, S("sent_at")), json_int(o, b->sent_at);
    json_key(o, S("settled_at")), json_int(o, b->settled_at);
    json_key(o, S("version")), json_int(o, b->version);
}

void box_items_json(struct json_out *o, const store_box_item_list *items, int64_t box) {
    json_open_array(o);
    for (size_t i = 0; i < items->n; i++) {
        const struct store_box_item *x = &items->v[i];
        if (box && x->box_id != box) continue;
        json_open_object(o);
        if (!box) json_key(o, S("box")), json_id(o, x->box_id);
        if (!box) json_key(o, S("box_number")), json_int(o, x->box_number);
        json_key(o, S("position")), json_int(o, x->position);
        json_key(o, S("gesture")), json_id(o, x->gesture_id);
        json_key(o, S("kind")), json_str(o, x->item_kind);
        json_key(o, S("code")), json_str(o, x->item_code);
        json_key(o, S("colour")), json_str(o, x->colour);
        json_key(o, S("name")), json_str(o, x->item_name);
        json_key(o, S("quantity")), json_int(o, x->quantity);
        json_key(o, S("picked")), json_int(o, x->picked);
        json_key(o, S("reserved")), json_int(o, x->reserved);
        json_key(o, S("short")), json_bool(o, x->is_short);
        json_key(o, S("place")), json_str(o, x->place);
        json_close_object(o);
    }
    json_close_array(o);
}

void box_done_json(const struct web_call *w, struct json_out *o) {
    const struct box_done *d = w->view;
    json_open_object(o);
    json_key(o, S("id")), json_id(o, d->id);
    json_key(o, S("number")), json_int(o, d->number);
    json_key(o, S("conversation")), json_id(o, d->conversation);
    json_key(o, S("state")), json_str(o, str_z(box_state_name(d->state)));
    json_key(o, S("version")), json_int(o, d->version);
    json_key(o, S("locked")), json_bool(o, d->locked);
    json_key(o, S("short_of_stock")), json_bool(o, d->short_of_stock);
    json_key(o, S("true_day")), json_str(o, promise_day_text(w->arena, d->true_day));
    json_key(o, S("promise")), json_id(o, d->promise);
    json_key(o, S("repeated")), json_bool(o, d->repeated);
    json_close_object(o);
}
