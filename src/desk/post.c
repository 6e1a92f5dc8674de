#include "desk/post.h"

#include "desk/intake.h"
#include "desk/post_own.h"
#include "format/json.h"
#include "social/social.h"
#include "store/channel.h"
#include "store/inbox.h"

enum { EXTRA_BYTES = 512 << 10, LOOK_FIRST_MS = 5 * MINUTE_MS, LOOK_DAYS = 7 };

str post_author_address(arena *a, int64_t inbox, str id) {
    if (str_starts_nocase(id, S("https://")) || str_starts_nocase(id, S("http://"))) return str_lower(a, id);
    if (str_find(id, S("://"), 0) != SIZE_MAX) return id;
    return str_fmt(a, "hook://%lld/%.*s", (long long)inbox, STR_FMT(id));
}

int64_t post_next_look(int64_t came_at, int64_t now) {
    int64_t age = now - came_at;
    if (age > LOOK_DAYS * (int64_t)DAY_MS) return 0;
    return now + (age / 2 > LOOK_FIRST_MS ? age / 2 : LOOK_FIRST_MS);
}

/* ---- keeping ---- */

struct fresh {
    arena *arena;
    int64_t brand, inbox;
    const struct post *post;
};

/* What is there as it is need not be kept again: networks give their newest page again and again. */
static err is_fresh(db_conn *c, void *context, int64_t raw, bool *ret_fresh) {
    const struct fresh *f = context;
    struct store_post there;
    (void)raw;
    TRY(store_post_by_id(c, f->arena, f->brand, f->inbox, f->post->id, &there));
    bool same = f->post->deleted
                    ? there.message_id && there.deleted_at
                    : there.message_id && !there.deleted_at && str_eq(there.version, f->post->version) &&
                          there.edited_at == f->post->edited_at;
    *ret_fresh = !same;
    return ERR_NONE;
}

struct also {
    db_fn fn;
    void *arg;
    const struct intake_letter *letters;
    size_t n;
};

/* What cannot be kept now is to come again, so nothing may say that it came. */
static err run_also(db_conn *c, void *arg) {
    const struct also *x = arg;
    for (size_t i = 0; i < x->n; i++) {
        err e = x->letters[i].result;
        if (e == ERR_FULL || e == ERR_BUSY || e == ERR_IO || e == ERR_DATABASE)
            return err_set(e, "Not all of what came could be kept; it is asked for again.");
    }
    return x->fn ? x->fn(c, x->arg) : ERR_NONE;
}

err post_keep(struct desk *d, arena *a, int64_t brand, int64_t inbox, const struct post *posts, size_t n,
              db_fn also, void *also_arg, struct post_kept *ret_kept) {
    struct intake_letter *letters = arena_array(a, n, sizeof *letters);
    struct fresh *fresh = arena_array(a, n, sizeof *fresh);
    struct also with = {also, also_arg, letters, n};
    BUF_AUTO buf doc = BUF_MAX(POST_BYTES_MAX);
    err result;
    for (size_t i = 0; i < n; i++) {
        buf_clear(&doc);
        post_write(&doc, &posts[i]);
        if (!buf_ok(&doc)) return err_set(ERR_LIMIT, "A post is longer than %d bytes.", POST_BYTES_MAX);
        fresh[i] = (struct fresh){a, brand, inbox, &posts[i]};
        letters[i] = (struct intake_letter){.to = {brand, inbox},
                                            .mail_from = S(""),
                                            .recipient = S(""),
                                            .bytes = str_copy(a, buf_str(&doc)),
                                            .form = RAW_POST,
                                            .fresh = is_fresh,
                                            .fresh_context = &fresh[i]};
    }
    intake_keep_with(d, a, letters, n, run_also, &with, &result);
    for (size_t i = 0; i < n; i++) ret_kept[i] = (struct post_kept){letters[i].result, letters[i].id};
    return result;
}

/* ---- reading ---- */

static void write_extra(arena *a, const struct post *p, str *ret) {
    BUF_AUTO buf b = BUF_MAX(EXTRA_BYTES);
    struct post only = {.id = S("-"), .author = {.id = S("-"), .followers = -1}};
    only.images = p->images;
    only.links = p->links;
    *ret = S("");
    if (!p->images.n && !p->links.n) return;
    post_write(&b, &only);
    if (buf_ok(&b)) *ret = str_copy(a, buf_str(&b));
}

void post_extra_read(arena *a, str extra, post_image_list *ret_images, post_link_list *ret_links) {
    JSON_AUTO json_t *root = NULL;
    struct post p = {0};
    *ret_images = (post_image_list){0};
    *ret_links = (post_link_list){0};
    if (!extra.n || json_read(extra, &root) || post_read_parts(a, root, &p)) return;
    *ret_images = p.images;
    *ret_links = p.links;
}

/* A private message stands in a conversation of the network's; every other post in the thread of its root. */
static void fill_row(arena *a, const struct post *p, struct filing *f) {
    bool is_first = !p->root.n || str_eq(p->root, p->id);
    f->post = arena_alloc(a, sizeof *f->post);
    f->post->deleted = p->deleted;
    f->post->row = (struct store_post){
        .message_id = f->raw.id,
        .inbox_id = f->raw.inbox_id,
        .post_id = p->id,
        .version = p->version,
        .url = p->url,
        .thread = is_first ? p->id : p->root,
        .thread_version = is_first ? p->version : p->root_version,
        .reply_to = p->reply_to,
        .quote = p->quote,
        .author_id = post_author_address(a, f->raw.inbox_id, p->author.id),
        .handle = p->author.handle,
        .followers = p->author.followers,
        .kind = str_z(post_kind_text(p->kind)),
        .visibility = str_z(post_visibility_text(p->visibility)),
        .spoiler = p->spoiler,
        .language = p->language,
        .rating = p->rating,
        .rating_max = p->rating_max,
        .edited_at = p->edited_at,
    };
    write_extra(a, p, &f->post->row.extra);
}

err post_fill(db_conn *c, arena *a, str bytes, struct filing *f) {
    struct post p;
    struct store_inbox inbox;
    struct message *m = &f->message;
    social_kind kind;
    TRY(store_inbox_by_id(c, a, f->brand, f->raw.inbox_id, &inbox));
    if (!channel_from(inbox.transport, &m->channel) || !social_kind_from(inbox.transport, &kind))
        m->channel = CHANNEL_HOOK, kind = SOCIAL_HOOK;
    TRY(post_read(a, bytes, &p));
    fill_row(a, &p, f);
    const struct social_network *network = social_network_of(kind);
    f->post->can_look = network && network->look;
    if (f->post->can_look) f->post->row.look_at = post_next_look(f->raw.received_at, f->raw.received_at);
    m->from_address = f->post->row.author_id;
    m->from_name = p.author.name.n ? p.author.name : p.author.handle;
    m->subject = p.title;
    m->text = p.text;
    m->said_at = p.created_at;
    *list_add(a, &f->addresses) =
        (struct message_address){.role = ROLE_FROM, .name = m->from_name, .address = m->from_address};
    return ERR_NONE;
}
