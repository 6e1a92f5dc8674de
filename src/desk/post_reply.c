#include "desk/post_reply.h"

#include "base/random.h"
#include "desk/channel.h"
#include "store/customer.h"

static const char *const ways_text[REPLY_WAYS] = {"", "mail", "public", "private", "quote"};

const char *reply_way_text(reply_way w) { return ways_text[w]; }

bool reply_way_from(str text, reply_way *ret) {
    for (int i = 0; i < REPLY_WAYS; i++) {
        if (!str_eq(text, str_z(ways_text[i]))) continue;
        *ret = (reply_way)i;
        return true;
    }
    return false;
}

err post_mail_of(db_conn *c, arena *a, int64_t brand, int64_t customer, str *ret) {
    customer_address_list all = {0};
    struct store_inbox inbox;
    *ret = S("");
    err e = store_inbox_default(c, a, brand, &inbox);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    TRY(store_customer_addresses(c, a, brand, customer, &all));
    for (size_t i = all.n; i > 0; i--) {
        str address = all.v[i - 1].address;
        if (str_find(address, S("://"), 0) == SIZE_MAX && str_has(address, '@')) *ret = address;
    }
    return ERR_NONE;
}

static bool is_private(const struct store_post *p) { return str_eq(p->visibility, S("direct")); }

/* What was said last decides, by whomever: who has moved to a private way stays there until they speak in
 * public again. */
static err usual_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct post_ways *w) {
    str said, visibility;
    TRY(store_post_last_said(c, a, brand, conversation, &said, &visibility));
    bool by_mail = str_eq(said, str_z(channel_name(CHANNEL_MAIL)));
    bool closed = by_mail || str_eq(visibility, S("direct")) || is_private(&w->last);
    reply_way otherwise = w->is_private              ? REPLY_PRIVATE
                          : w->mail || !w->network.n ? REPLY_MAIL
                                                     : REPLY_PUBLIC;
    if (by_mail && w->mail) otherwise = REPLY_MAIL;
    w->usual = closed || !w->is_public ? otherwise : REPLY_PUBLIC;
    return ERR_NONE;
}

err post_ways_in(db_conn *c, arena *a, int64_t brand, const struct conversation *v, struct post_ways *ret) {
    struct post_ways w = {0};
    struct store_channel account;
    TRY(store_post_newest(c, a, brand, v->id, false, &w.last));
    if (!w.last.message_id) {
        *ret = (struct post_ways){0};
        return ERR_NONE;
    }
    TRY(store_post_newest(c, a, brand, v->id, true, &w.answers));
    TRY(post_mail_of(c, a, brand, v->customer_id, &w.mail_to));
    w.mail = w.mail_to.n > 0;
    /* Conversations of two networks may have been merged: an answer stands on the network it leaves to. */
    if (w.answers.inbox_id != w.last.inbox_id) w.answers = (struct store_post){0};
    err e = store_channel_get(c, a, brand, w.last.inbox_id, &account);
    if (e && e != ERR_MISSING) return e;
    const struct social_network *network = NULL;
    if (!e && social_kind_from(account.kind, &w.kind)) network = social_network_of(w.kind);
    if (network) {
        w.network = str_z(network->title);
        w.limits = channel_limits(&account);
        w.is_private = w.last.author_id.n > 0 && !w.limits.no_private;
        w.is_public = w.answers.message_id && !is_private(&w.answers);
        if (!post_visibility_from(w.answers.visibility, &w.visibility)) w.visibility = POST_PUBLIC;
    }
    w.is_quote = w.is_public && w.limits.quotes && w.visibility == POST_PUBLIC;
    TRY(usual_in(c, a, brand, v->id, &w));
    *ret = w;
    return ERR_NONE;
}

/* A content warning is said again with the answer; it counts with its text. */
static str spoiler_of(const struct post_ways *w, reply_way way) {
    return reply_is_open(way) && w->kind == SOCIAL_MASTODON ? w->answers.spoiler : S("");
}

struct post_fit post_fit_of(const struct post_ways *w, reply_way way) {
    struct post_fit fit = {.graphemes = w->limits.graphemes,
                           .bytes = w->limits.bytes,
                           .per_url = w->limits.per_url,
                           .mentions_short = w->limits.mentions_short};
    int64_t taken = post_length(spoiler_of(w, way), &fit);
    if (way == REPLY_PRIVATE && w->limits.private_graphemes) {
        fit.graphemes = w->limits.private_graphemes;
        fit.bytes = w->limits.private_bytes;
    }
    if (fit.graphemes) fit.graphemes = fit.graphemes > taken ? fit.graphemes - taken : 1;
    return fit;
}

/* Does the text name them already? */
static bool names(str text, str handle) {
    for (size_t at = 0; (at = str_find_char(text, '@', at)) != SIZE_MAX; at++)
        if (str_starts_nocase(str_slice(text, at + 1, text.n), handle)) return true;
    return false;
}

str post_front_of(arena *a, const struct post_ways *w, reply_way way, str text) {
    (void)way;
    if (w->kind != SOCIAL_MASTODON || !w->last.handle.n || names(text, w->last.handle)) return S("");
    return str_fmt(a, "@%.*s ", STR_FMT(w->last.handle));
}

err post_plan_in(db_conn *c, arena *a, int64_t brand, const struct conversation *v, reply_way way, str text,
                 struct post_plan *ret) {
    struct post_plan p = {.way = way};
    TRY(post_ways_in(c, a, brand, v, &p.ways));
    const struct post_ways *w = &p.ways;
    if (!w->network.n)
        return err_set(ERR_MISSING,
                       "The account this came to is not connected any more; connect it again, or "
                       "answer by mail.");
    if (reply_is_open(way) && !w->answers.message_id)
        return err_set(ERR_CONFLICT,
                       "Their post was deleted, so nothing is there to answer in public. Nothing "
                       "was sent; answer privately, or close the conversation.");
    if (reply_is_open(way) && !w->is_public)
        return err_set(ERR_CONFLICT,
                       "They wrote privately; an answer in public would show that. Nothing was sent.");
    if (way == REPLY_QUOTE && !w->is_quote)
        return err_set(ERR_CONFLICT,
                       "Their post cannot be shown below one of ours. Nothing was sent; answer it.");
    if (way == REPLY_PRIVATE && !w->is_private)
        return err_set(ERR_CONFLICT, "Nobody is known whom a private message could go to.");
    TRY(store_inbox_by_id(c, a, brand, w->last.inbox_id, &p.inbox));
    struct post_fit fit = post_fit_of(w, way);
    TRY(post_split(a, text, post_front_of(a, w, way, text), &fit, &p.parts));
    if (!p.parts.n) return err_set(ERR_INVALID, "The reply is empty.");
    p.spoiler = spoiler_of(w, way);
    if (!channel_from(p.inbox.transport, &p.channel)) p.channel = CHANNEL_HOOK;
    *ret = p;
    return ERR_NONE;
}

/* ---- pictures ---- */

static bool is_picture(str type) {
    static const char *const known[] = {"image/jpeg", "image/png", "image/gif", "image/webp"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(type, str_z(known[i]))) return true;
    return false;
}

static err picture_fits(const struct post_ways *w, const struct attachment *f, int64_t bytes) {
    str name = str_clip_utf8(f->name, 100);
    if (!is_picture(f->type))
        return err_set(ERR_INVALID,
                       "\"%.*s\" is no picture that a post takes (JPEG, PNG, GIF, WebP). Take it off, or "
                       "answer by mail.",
                       STR_FMT(name));
    if (f->size > bytes)
        return err_set(ERR_INVALID,
                       "\"%.*s\" is too large: %.*s takes pictures of at most %lld KB. Make it smaller, or "
                       "answer by mail.",
                       STR_FMT(name), STR_FMT(w->network), (long long)(bytes / 1000));
    if (!str_trim(f->alt).n)
        return err_set(ERR_INVALID,
                       "Say in words what \"%.*s\" shows, for those who cannot see it. Nothing was sent.",
                       STR_FMT(name));
    if (w->limits.alt_graphemes && post_length(f->alt, &(struct post_fit){0}) > w->limits.alt_graphemes)
        return err_set(ERR_INVALID, "What is said about \"%.*s\" is longer than %lld characters.",
                       STR_FMT(name), (long long)w->limits.alt_graphemes);
    return ERR_NONE;
}

err post_pictures_fit(const struct post_ways *w, const attachment_list *files) {
    int64_t bytes = w->limits.image_bytes;
    if (!bytes || bytes > POST_PICTURE_BYTES) bytes = POST_PICTURE_BYTES;
    if (files->n && !w->limits.images)
        return err_set(ERR_INVALID, "A post takes no files along here. Take them off, or answer by mail.");
    if ((int64_t)files->n > w->limits.images && files->n)
        return err_set(ERR_INVALID, "A post on %.*s takes at most %lld pictures. Take some off.",
                       STR_FMT(w->network), (long long)w->limits.images);
    for (size_t i = 0; i < files->n; i++) TRY(picture_fits(w, &files->v[i], bytes));
    return ERR_NONE;
}

/* ---- rows ---- */

static void fill_part(const struct post_plan *plan, size_t i, struct store_post_out *row) {
    const struct post_ways *w = &plan->ways;
    bool to_private = plan->way == REPLY_PRIVATE;
    *row = (struct store_post_out){
        .inbox_id = plan->inbox.id,
        .position = (int64_t)i,
        .answers_id = w->answers.message_id,
        .answers_version = w->answers.version,
        .text = plan->parts.v[i],
        .language = w->last.language,
        .spoiler = plan->spoiler,
        .visibility = str_z(post_visibility_text(to_private ? POST_PRIVATE : w->visibility)),
        .to_id = w->last.author_id,
        .to_handle = w->last.handle,
        .post_id = S(""),
    };
    /* A private conversation goes on; a private word about a public post does not hang on it for others. */
    if (i || (to_private && !is_private(&w->answers) && w->kind == SOCIAL_BLUESKY)) return;
    row->reply_to = w->answers.post_id;
    row->reply_to_version = w->answers.version;
    row->quotes = plan->way == REPLY_QUOTE;
    if (row->quotes) return;
    row->root = w->answers.thread;
    row->root_version = w->answers.thread_version;
}

err post_put_out(db_conn *c, arena *a, int64_t brand, const struct post_plan *plan, const struct outbox *like,
                 int64_t now) {
    for (size_t i = 0; i < plan->parts.n; i++) {
        struct outbox row = *like;
        struct store_post_out part;
        row.id = id_new(now);
        row.inbox_id = plan->inbox.id;
        row.recipient = plan->ways.last.handle.n ? str_fmt(a, "@%.*s", STR_FMT(plan->ways.last.handle))
                                                 : plan->ways.last.author_id;
        TRY(store_outbox_insert(c, brand, &row));
        fill_part(plan, i, &part);
        part.outbox_id = row.id;
        part.message_id = row.message_id;
        part.written_at = now;
        TRY(store_post_out_insert(c, brand, &part));
        TRY(store_job_put(c, brand, S("publish"), row.id, row.id, row.ready_at));
    }
    return ERR_NONE;
}

err outbox_job_in(db_conn *c, arena *a, int64_t brand, int64_t outbox, int64_t job, int64_t at) {
    struct store_post_out part;
    TRY(store_post_out_get(c, a, brand, outbox, &part));
    return store_job_put(c, brand, part.outbox_id ? S("publish") : S("send"), outbox, job, at);
}
