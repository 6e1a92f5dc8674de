/* Where a post belongs, and what an edit or a deletion changes. */
#include "base/random.h"
#include "desk/events.h"
#include "desk/post_own.h"
#include "desk/story.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/forget.h"
#include "store/forget_person.h"
#include "store/import.h"
#include "store/job.h"

static const char direct[] = "direct";

/* The customer of that conversation wrote it. */
static err is_their_own(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t customer,
                        bool *ret) {
    struct conversation v;
    *ret = false;
    if (!conversation || !customer) return ERR_NONE;
    TRY(store_conversation_get(c, a, brand, conversation, &v));
    *ret = v.customer_id == customer;
    return ERR_NONE;
}

struct looking {
    db_conn *c;
    arena *a;
    int64_t brand, customer;
    int64_t conversation, related; /* found */
};

static err try_one(struct looking *x, int64_t conversation) {
    bool own;
    if (x->conversation || !conversation) return ERR_NONE;
    TRY(is_their_own(x->c, x->a, x->brand, conversation, x->customer, &own));
    if (own)
        x->conversation = conversation;
    else if (!x->related)
        x->related = conversation;
    return ERR_NONE;
}

/* What it answers or quotes, where that is ours. */
static err try_ours(struct looking *x, const struct store_post *p) {
    const str ids[] = {p->reply_to, p->thread, p->quote};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        int64_t at = 0;
        if (!ids[i].n || str_eq(ids[i], p->post_id)) continue;
        TRY(store_post_out_place(x->c, x->brand, p->inbox_id, ids[i], &at));
        TRY(try_one(x, at));
    }
    return ERR_NONE;
}

err post_place_in(db_conn *c, arena *a, const struct filing *f, int64_t now, int64_t *ret_conversation,
                  int64_t *ret_related) {
    const struct store_post *p = &f->post->row;
    struct customer_address author;
    TRY(store_customer_address_get(c, a, f->brand, p->author_id, &author));
    struct looking x = {c, a, f->brand, author.customer_id, 0, 0};
    int64_t own = 0, first = 0, place = 0;
    bool is_private = str_eq(p->visibility, str_z(direct));
    TRY(store_post_thread(c, f->brand, p->inbox_id, p->thread, p->author_id, &own, &first));
    TRY(try_one(&x, own));
    TRY(try_ours(&x, p));
    if (is_private) {
        TRY(store_post_private_place(c, f->brand, p->inbox_id, p->author_id,
                                     now - POST_PRIVATE_DAYS * (int64_t)DAY_MS, &place));
        TRY(try_one(&x, place));
    } else if (!x.conversation && x.customer) {
        TRY(store_post_open_of(c, f->brand, p->inbox_id, x.customer, now - POST_JOINS_MS, &place));
        x.conversation = place;
    }
    *ret_conversation = x.conversation;
    *ret_related = x.conversation ? 0 : x.related ? x.related : first;
    return ERR_NONE;
}

err post_put_in(db_conn *c, arena *a, const struct filing *f) {
    struct store_post there;
    TRY(store_post_get(c, a, f->brand, f->message.id, &there));
    return there.message_id ? store_post_update(c, f->brand, &f->post->row)
                            : store_post_insert(c, f->brand, &f->post->row);
}

/* ---- the same post again ---- */

static err note(db_conn *c, struct conversation *v, int64_t brand, const char *kind, int64_t now) {
    struct actor desk_itself = {.brand = brand};
    v->version++;
    v->updated_at = now;
    TRY(store_conversation_update(c, brand, v));
    return event_add(c, &desk_itself, v->id, kind, S(""), now);
}

static err edit(db_conn *c, arena *a, struct filing *f, const struct store_post *there, int64_t now) {
    struct message old;
    struct message *m = &f->message;
    struct conversation v;
    TRY(store_message_get(c, a, f->brand, there->message_id, &old));
    TRY(store_conversation_get(c, a, f->brand, old.conversation_id, &v));
    bool new_words = !str_eq(old.text, m->text);
    if (new_words && !there->deleted_at)
        TRY(store_post_before_insert(c, f->brand, &(struct store_post_before){old.id, now, old.text}));
    struct message fresh = old;
    fresh.text = m->text;
    fresh.subject = m->subject;
    fresh.from_name = m->from_name;
    fresh.from_address = m->from_address;
    TRY(store_message_reread(c, f->brand, &fresh));
    if (new_words) TRY(story_words_changed_in(c, a, f->brand, old.id, now));
    f->post->row.message_id = old.id;
    f->post->row.look_at =
        there->deleted_at && f->post->can_look ? post_next_look(id_time(old.id), now) : there->look_at;
    TRY(store_post_update(c, f->brand, &f->post->row));
    TRY(store_words_put(c, f->brand, old.id, f->words));
    TRY(store_raw_settle(c, f->brand, f->raw.id, RAW_DUPLICATE, old.id, S("")));
    bool changed = new_words || there->deleted_at || !str_eq(there->spoiler, f->post->row.spoiler) ||
                   !str_eq(there->visibility, f->post->row.visibility);
    if (!changed) return ERR_NONE;
    TRY(store_job_put(c, f->brand, S("listen"), old.id, id_new(now), now));
    struct message last;
    TRY(store_message_last_letter(c, a, f->brand, v.id, &last));
    if (last.id == old.id) v.snippet = filing_snippet(a, m->text);
    return note(c, &v, f->brand, there->deleted_at ? "post_back" : "post_edited", now);
}

/* Nothing is left that waits for an answer. */
static err settle_waiting(db_conn *c, int64_t brand, struct conversation *v, int64_t now) {
    bool left;
    if (!v->waiting_since) return ERR_NONE;
    TRY(store_post_letter_left(c, brand, v->id, v->waiting_since, &left));
    if (left) return ERR_NONE;
    v->state = CONVERSATION_DONE;
    v->closed_kind = CLOSED_WITHOUT;
    v->closed_reason = CLOSE_NONE_NEEDED;
    v->closed_at = now;
    v->closed_by = 0;
    return ERR_NONE;
}

static err drop(db_conn *c, arena *a, struct filing *f, struct store_post *there, int64_t now) {
    hash_list objects = {0};
    int64_t conversation;
    struct conversation v;
    TRY(store_raw_delete(c, f->brand, f->raw.id));
    if (there->deleted_at) return ERR_NONE;
    TRY(story_words_changed_in(c, a, f->brand, there->message_id, now));
    TRY(store_forget_message(c, a, f->brand, there->message_id, &objects, &conversation));
    for (size_t i = 0; i < objects.n; i++) TRY(store_aside_put(c, f->brand, objects.v[i], 0));
    TRY(store_posts_before_delete(c, f->brand, there->message_id));
    there->spoiler = there->extra = there->url = S("");
    there->deleted_at = now;
    there->look_at = 0;
    TRY(store_post_update(c, f->brand, there));
    TRY(store_conversation_get(c, a, f->brand, conversation, &v));
    TRY(settle_waiting(c, f->brand, &v, now));
    return note(c, &v, f->brand, "post_deleted", now);
}

/* A deletion may come before what it deletes, where a sender has to try that again: then the words are not
 * shown when they come after all. Networks that can be asked tell of no such thing. */
static str gone_hash(arena *a, const struct store_post *p) {
    return content_hash(a, str_fmt(a, "post gone %.*s", STR_FMT(p->post_id)));
}

static err gone_before(db_conn *c, arena *a, const struct filing *f, bool *ret) {
    *ret = false;
    if (f->post->can_look) return ERR_NONE;
    return store_imported_has(c, f->brand, f->post->row.inbox_id, gone_hash(a, &f->post->row), ret);
}

static err drop_unknown(db_conn *c, arena *a, const struct filing *f) {
    bool fresh;
    TRY(store_raw_delete(c, f->brand, f->raw.id));
    if (f->post->can_look) return ERR_NONE;
    return store_imported_put(c, f->brand, f->post->row.inbox_id, gone_hash(a, &f->post->row), 0, &fresh);
}

err post_known_in(db_conn *c, arena *a, struct filing *f, int64_t now, int64_t *ret_conversation,
                  bool *ret_done) {
    struct store_post there;
    const struct store_post *p = &f->post->row;
    TRY(store_post_by_id(c, a, f->brand, p->inbox_id, p->post_id, &there));
    *ret_done = true;
    *ret_conversation = there.conversation_id;
    if (f->post->deleted) {
        if (there.message_id) return drop(c, a, f, &there, now);
        return drop_unknown(c, a, f);
    }
    if (!there.message_id) {
        TRY(gone_before(c, a, f, ret_done));
        return *ret_done ? store_raw_delete(c, f->brand, f->raw.id) : ERR_NONE;
    }
    *ret_done = there.message_id != f->message.id;
    if (!*ret_done) return ERR_NONE;
    bool same = !there.deleted_at && str_eq(there.version, p->version) && there.edited_at == p->edited_at;
    if (!same && there.edited_at <= p->edited_at) return edit(c, a, f, &there, now);
    *ret_conversation = 0;
    return store_raw_settle(c, f->brand, f->raw.id, RAW_DUPLICATE, there.message_id, S(""));
}
