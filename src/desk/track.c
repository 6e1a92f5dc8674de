#include "desk/track.h"

#include "base/random.h"
#include "desk/box.h"
#include "desk/carrier.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/settings.h"
#include "store/missing.h"
#include "store/promise.h"

enum { TOKEN_CHARACTERS = 22, NAME_BYTES = 60, PROMISES_MAX = 100, LIST_MAX = 50, KEEP_DAYS = 30 };

/* ---- links ---- */

static err make(db_conn *c, arena *a, const struct actor *who, int64_t conversation, int64_t now,
                str *ret_token) {
    int64_t days;
    str token = token_new(a);
    TRY(setting_number(c, a, who->brand, SETTING_TRACK_DAYS, &days));
    struct store_track row = {.brand_id = who->brand,
                              .id = id_new(now),
                              .conversation_id = conversation,
                              .hash = token_hash(a, token),
                              .agent_id = who->agent,
                              .created_at = now,
                              .expires_at = now + days * DAY_MS};
    TRY(store_track_insert(c, &row));
    TRY(store_track_revoke_old(c, who->brand, conversation, TRACK_LINKS_MAX, now));
    *ret_token = token;
    return ERR_NONE;
}

err track_make_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t now, str *ret_token) {
    const struct actor desk_itself = {.brand = brand};
    return make(c, a, &desk_itself, conversation, now, ret_token);
}

struct track_change {
    arena *a;
    const struct actor *who;
    int64_t conversation, id, now;
    str token;
};

static err write_make(db_conn *c, void *arg) {
    struct track_change *x = arg;
    struct conversation v;
    TRY(store_conversation_get(c, x->a, x->who->brand, x->conversation, &v));
    TRY(child_writable_in(c, x->a, x->who->brand, v.id));
    TRY(make(c, x->a, x->who, v.id, x->now, &x->token));
    return event_add(c, x->who, v.id, "link_made", S(""), x->now);
}

err track_make(struct desk *d, arena *a, const struct actor *who, int64_t conversation, str *ret_token) {
    struct track_change x = {.a = a, .who = who, .conversation = conversation, .now = desk_now(d)};
    TRY(db_write(d->db, write_make, &x));
    desk_changed(d, who->brand, conversation, "link");
    *ret_token = x.token;
    return ERR_NONE;
}

static err write_revoke(db_conn *c, void *arg) {
    struct track_change *x = arg;
    int64_t n;
    TRY(store_track_revoke(c, x->who->brand, x->conversation, x->id, x->now, &n));
    if (!n) return err_set(ERR_MISSING, "There is no such link, or it has ended already.");
    return event_add(c, x->who, x->conversation, "link_ended", S(""), x->now);
}

err track_revoke(struct desk *d, arena *a, const struct actor *who, int64_t conversation, int64_t id) {
    struct track_change x = {a, who, conversation, id, desk_now(d), {0}};
    TRY(db_write(d->db, write_revoke, &x));
    desk_changed(d, who->brand, conversation, "link");
    return ERR_NONE;
}

err track_list(db_conn *c, arena *a, int64_t brand, int64_t conversation, store_track_list *ret) {
    return store_tracks_of(c, a, brand, conversation, LIST_MAX, ret);
}

err track_forget(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(store_missing_mail_delete(c, brand, conversation));
    return store_track_delete(c, brand, conversation);
}

static err write_sweep(db_conn *c, void *arg) { return store_track_delete_expired(c, *(const int64_t *)arg); }

err track_sweep(struct desk *d) {
    int64_t before = desk_now(d) - KEEP_DAYS * (int64_t)DAY_MS;
    return db_write(d->db, write_sweep, &before);
}

str track_url(const struct desk *d, arena *a, str token) {
    return str_fmt(a, "%.*s/your/%.*s", STR_FMT(d->public_url), STR_FMT(token));
}

/* ---- the page ---- */

/* As token_new makes them; anything else is not even looked up. */
static bool well_formed(str token) {
    if (token.n != TOKEN_CHARACTERS) return false;
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_') return false;
    }
    return true;
}

/* An address in the place of a name says more than a first name. And whoever types somebody else's address
 * chooses the name on a page that a mail of ours leads there: what could be an address of the web or a number
 * to call is none. */
static str first_of(str name) {
    name = str_trim(name);
    if (str_has(name, '@')) return S("");
    size_t end = str_find_char(name, ' ', 0);
    name = str_slice(name, 0, end);
    if (str_ends(name, S(","))) name = str_slice(name, 0, name.n - 1);
    for (size_t i = 0; i < name.n; i++)
        if (str_has(S("./:\\0123456789"), name.p[i])) return S("");
    return str_clip_utf8(name, NAME_BYTES);
}

/* For the same reason what nobody of us has agreed to is not repeated in the words that somebody typed. */
static str words_of(const struct store_box *b, const struct store_box_item *item) {
    return b->state == BOX_PROPOSED && !item->item_code.n ? S("") : item->item_name;
}

/* Whoever else writes in the conversation: the page is its customer's, and shows what is theirs. */
static err promised(db_conn *c, arena *a, struct track_view *v) {
    store_promise_list all = {0};
    TRY(store_promises_of_conversation(c, a, v->brand, v->conversation, 0, PROMISES_MAX, &all));
    for (size_t i = 0; i < all.n; i++) {
        const struct store_promise *p = &all.v[i];
        if (p->customer_id != v->customer) continue;
        if (p->whose != PROMISE_OURS || p->state != PROMISE_OPEN) continue;
        if (!v->promised_day || p->due_day < v->promised_day) v->promised_day = p->due_day;
    }
    return ERR_NONE;
}

static err look(struct desk *d, arena *a, str token, struct track_view *v) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_tracked t;
    struct store_child child;
    TRY(db_read_begin(d->db, &c));
    TRY(store_tracked_by_hash(c, a, token_hash(a, token), &t));
    v->brand = t.track.brand_id;
    v->brand_name = t.brand_name;
    v->brand_slug = t.brand_slug;
    v->language = t.brand_language;
    v->zone = t.brand_zone;
    v->ended = t.track.revoked_at || t.track.expires_at <= desk_now(d);
    if (v->ended) return ERR_NONE;
    v->conversation = t.track.conversation_id;
    v->customer = t.customer_id;
    v->first_name = first_of(t.sender);
    v->begun_at = t.begun_at;
    v->answered_at = t.answered_at;
    v->expires_at = t.track.expires_at;
    TRY(child_locked_in(c, a, v->brand, v->conversation, &v->waits_for_grown_up));
    TRY(child_get_in(c, a, v->brand, v->conversation, &child));
    v->grown_up_asked = child.state == CHILD_ASKED;
    return promised(c, a, v);
}

static err boxes(struct desk *d, arena *a, struct track_view *v) {
    store_box_list all = {0};
    store_box_item_list items = {0};
    TRY(box_of_conversation(d, a, v->brand, v->conversation, &all, &items));
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].state == BOX_CANCELLED || all.v[i].customer_id != v->customer) continue;
        struct track_box *b = list_add(a, &v->boxes);
        *b = (struct track_box){.box = all.v[i]};
        b->url = carrier_url(a, b->box.carrier_url, b->box.tracking);
        for (size_t k = 0; k < items.n; k++) {
            if (items.v[k].box_id != b->box.id) continue;
            struct store_box_item *item = list_add(a, &b->items);
            *item = items.v[k];
            item->item_name = words_of(&b->box, item);
        }
    }
    return ERR_NONE;
}

err track_open(struct desk *d, arena *a, str token, struct track_view *ret) {
    struct track_view v = {0};
    if (!well_formed(token)) return err_set(ERR_MISSING, "This link does not work.");
    TRY(look(d, a, token, &v));
    if (!v.ended) TRY(boxes(d, a, &v));
    *ret = v;
    return ERR_NONE;
}
