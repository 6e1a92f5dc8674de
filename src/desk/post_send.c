/* One post of ours is handed to its network; see outbox_own.h and post_reply.h. */
#include "desk/channel.h"
#include "desk/outbox_own.h"
#include "desk/post.h"
#include "desk/post_reply.h"
#include "format/picture.h"
#include "net/objects.h"

enum { BUSY_MS = 2 * SECOND_MS, PAUSED_MS = MINUTE_MS };

/* ---- in transactions ---- */

static bool has_left(outbox_state s) { return s == OUTBOX_SENT; }

/* Its place in the row of parts: does it go now, and what does it hang on? */
err post_begin_in(db_conn *c, struct outbox_work *w, bool *ret_goes) {
    store_post_out_list parts = {0};
    struct outbox before;
    struct store_post_out *mine = &w->part;
    *ret_goes = true;
    if (!mine->position) return ERR_NONE;
    TRY(store_posts_out_of_message(c, w->arena, outbox_brand(w), mine->message_id, &parts));
    if ((size_t)mine->position >= parts.n) return ERR_NONE;
    const struct store_post_out *last = &parts.v[mine->position - 1], *first = &parts.v[0];
    TRY(store_outbox_get(c, w->arena, outbox_brand(w), last->outbox_id, &before));
    *ret_goes = has_left(before.state);
    if (!*ret_goes) return ERR_NONE;
    /* Where a person said that it arrived, nobody knows its id: this one hangs on what that one did. */
    mine->reply_to = last->post_id.n ? last->post_id : last->reply_to;
    mine->reply_to_version = last->post_id.n ? last->post_version : last->reply_to_version;
    mine->root = first->root.n ? first->root : first->post_id;
    mine->root_version = first->root.n ? first->root_version : first->post_version;
    return store_post_out_update(c, outbox_brand(w), mine);
}

err post_tried_in(db_conn *c, struct outbox_work *w) {
    if (!w->part.outbox_id) return ERR_NONE;
    w->part.tried_at = desk_now(w->desk);
    return store_post_out_update(c, outbox_brand(w), &w->part);
}

static err others_of(db_conn *c, struct outbox_work *w, store_post_out_list *ret, int64_t *ret_position) {
    struct store_post_out mine;
    *ret = (store_post_out_list){0};
    TRY(store_post_out_get(c, w->arena, outbox_brand(w), w->row.id, &mine));
    *ret_position = mine.position;
    if (!mine.outbox_id) return ERR_NONE;
    return store_posts_out_of_message(c, w->arena, outbox_brand(w), mine.message_id, ret);
}

err post_sent_in(db_conn *c, struct outbox_work *w) {
    store_post_out_list parts;
    int64_t at, now = desk_now(w->desk);
    if (w->part.outbox_id && w->published.id.n) {
        w->part.post_id = w->published.id;
        w->part.post_version = w->published.version;
        w->part.url = w->published.url;
        TRY(store_post_out_update(c, outbox_brand(w), &w->part));
    }
    TRY(others_of(c, w, &parts, &at));
    if ((size_t)at + 1 >= parts.n) return ERR_NONE;
    struct outbox next;
    TRY(store_outbox_get(c, w->arena, outbox_brand(w), parts.v[at + 1].outbox_id, &next));
    if (next.state != OUTBOX_HELD && next.state != OUTBOX_READY) return ERR_NONE;
    return store_job_put(c, outbox_brand(w), S("publish"), next.id, next.id, now);
}

err post_given_up_in(db_conn *c, struct outbox_work *w) {
    store_post_out_list parts;
    int64_t at;
    TRY(others_of(c, w, &parts, &at));
    for (size_t i = (size_t)at + 1; i < parts.n; i++) {
        struct outbox row;
        TRY(store_outbox_get(c, w->arena, outbox_brand(w), parts.v[i].outbox_id, &row));
        if (row.state == OUTBOX_SENT) continue;
        row.state = OUTBOX_TAKEN_BACK;
        row.updated_at = w->row.updated_at;
        TRY(store_outbox_update(c, outbox_brand(w), &row));
    }
    return ERR_NONE;
}

/* ---- at the network ---- */

static struct social_wish wish_of(const struct outbox_work *w) {
    const struct store_post_out *p = &w->part;
    struct social_wish wish = {.key = p->outbox_id,
                               .at = p->written_at,
                               .text = p->text,
                               .language = p->language,
                               .spoiler = p->spoiler,
                               .root = {p->root, p->root_version},
                               .to_id = p->to_id,
                               .to_handle = p->to_handle};
    struct social_place place = {p->reply_to, p->reply_to_version};
    *(p->quotes ? &wish.quote : &wish.reply_to) = place;
    post_visibility_from(p->visibility, &wish.visibility);
    return wish;
}

/* The pictures of a reply leave with its first part. */
static err add_pictures(struct outbox_work *w, struct social_wish *wish) {
    attachment_list files = {0};
    DB_READ_AUTO db_conn *c = NULL;
    if (w->part.position) return ERR_NONE;
    TRY(db_read_begin(w->desk->db, &c));
    TRY(store_attachments_of_message(c, w->arena, outbox_brand(w), w->part.message_id, &files));
    struct social_image *images = arena_array(w->arena, files.n + 1, sizeof *images);
    for (size_t i = 0; i < files.n; i++) {
        struct attachment f;
        TRY(store_attachment_get(c, w->arena, outbox_brand(w), files.v[i].id, &f));
        if (f.in_object) TRY(object_get(w->arena, w->desk->folder, f.hash, &f.bytes));
        if (!picture_bare(w->arena, f.bytes, &f.bytes))
            return err_set(ERR_INVALID,
                           "\"%.*s\" is damaged, or no picture that a post takes; nothing was posted.",
                           STR_FMT(str_clip_utf8(f.name, 100)));
        images[i] = (struct social_image){f.bytes, f.type, f.alt};
    }
    wish->images = images;
    wish->nimages = files.n;
    return ERR_NONE;
}

static void answer(struct outbox_work *w, send_result result, str says) {
    w->report = (struct send_report){result, says};
}

static err keep_now(struct outbox_work *w, struct post *p, const str *author) {
    struct post_kept kept;
    if (!p->author.id.n) p->author.id = author->n ? *author : S("-");
    return post_keep(w->desk, w->arena, outbox_brand(w), w->part.inbox_id, p, 1, NULL, NULL, &kept);
}

/* Does what it answers still stand as it did when it was written? Else a person looks first. */
static err look_first(struct outbox_work *w, struct channel_use *use, bool *ret_goes) {
    post_list found = {0};
    struct social_report report = {0};
    const struct store_post_out *p = &w->part;
    *ret_goes = true;
    if (p->position || p->tried_at || !p->reply_to.n || !p->answers_id || !use->network->look)
        return ERR_NONE;
    TRY(use->network->look(&use->call, &p->reply_to, 1, &found, &report));
    *ret_goes = report.result == SOCIAL_DONE;
    if (!*ret_goes) {
        w->retry_at = report.retry_at;
        answer(w, SEND_LATER, report.says);
        return ERR_NONE;
    }
    if (!found.n || !str_eq(found.v[0].id, p->reply_to)) return ERR_NONE;
    struct post *now = &found.v[0];
    bool edited = !now->deleted && !str_eq(now->version, p->answers_version);
    if (!now->deleted && !edited) return ERR_NONE;
    TRY(keep_now(w, now, &p->to_id));
    *ret_goes = false;
    w->stopped = true;
    w->part.answers_version = now->version;
    answer(w, SEND_LATER,
           now->deleted ? S("They deleted the post that this answers, so it was not sent.")
                        : S("They edited the post that this answers, so it was not sent. Read it again."));
    return ERR_NONE;
}

/* SOCIAL_DONE, _GONE, or not known. */
static err find(struct outbox_work *w, struct channel_use *use, struct social_report *ret) {
    struct social_wish wish = wish_of(w);
    *ret =
        (struct social_report){.result = SOCIAL_UNCERTAIN, .says = S("It is not known whether it is out.")};
    return use->network->find(&use->call, &wish, &w->published, ret);
}

static void settle(struct outbox_work *w, const struct social_report *r) {
    w->retry_at = r->retry_at;
    switch (r->result) {
    case SOCIAL_DONE: answer(w, SEND_ACCEPTED, r->says); break;
    case SOCIAL_REFUSED:
    case SOCIAL_GONE: answer(w, SEND_REFUSED, r->says); break;
    case SOCIAL_LATER:
    case SOCIAL_SIGN_IN: answer(w, SEND_LATER, r->says); break;
    case SOCIAL_UNCERTAIN: answer(w, SEND_UNCERTAIN, r->says); break;
    }
}

static err publish(struct outbox_work *w, struct channel_use *use, err (*before_dot)(void *context)) {
    struct social_report r = {0};
    struct social_wish wish = wish_of(w);
    if (w->part.tried_at) {
        TRY(find(w, use, &r));
        if (r.result == SOCIAL_DONE) {
            settle(w, &r);
            return ERR_NONE;
        }
        if (r.result != SOCIAL_GONE) {
            answer(w, SEND_UNCERTAIN, r.says);
            return ERR_NONE;
        }
    }
    TRY(add_pictures(w, &wish));
    if (before_dot(w)) {
        answer(w, SEND_LATER, str_copy(w->arena, str_z(err_text())));
        return ERR_NONE;
    }
    TRY(use->network->publish(&use->call, &wish, &w->published, &r));
    if (r.result == SOCIAL_UNCERTAIN) {
        str says = r.says;
        TRY(find(w, use, &r));
        if (r.result == SOCIAL_GONE)
            r = (struct social_report){.result = SOCIAL_LATER, .says = says};
        else if (r.result != SOCIAL_DONE)
            r = (struct social_report){.result = SOCIAL_UNCERTAIN, .says = says};
    }
    settle(w, &r);
    return ERR_NONE;
}

err post_hand_over(struct outbox_work *w, err (*before_dot)(void *context)) {
    struct channel_use use;
    bool goes;
    err e = channel_open(w->desk, w->arena, outbox_brand(w), w->part.inbox_id, &use);
    if (e == ERR_BUSY || e == ERR_CONFLICT) {
        w->wait_ms = e == ERR_BUSY ? BUSY_MS : PAUSED_MS;
        answer(w, SEND_LATER, str_copy(w->arena, str_z(err_text())));
        return ERR_NONE;
    }
    if (e == ERR_MISSING) {
        answer(w, SEND_REFUSED, str_copy(w->arena, str_z(err_text())));
        return ERR_NONE;
    }
    TRY(e);
    e = look_first(w, &use, &goes);
    if (!e && goes) e = publish(w, &use, before_dot);
    channel_close(&use);
    return e;
}
