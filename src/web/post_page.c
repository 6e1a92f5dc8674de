#include "web/post_page.h"

#include "post.tmpl.h"

/* ---- words ---- */

str post_network(channel c) {
    social_kind k;
    const struct social_network *network =
        social_kind_from(str_z(channel_name(c)), &k) ? social_network_of(k) : NULL;
    return network ? str_z(network->title) : S("");
}

str post_kind_word(struct web_call *w, str kind) {
    static const char *const words[POST_KINDS] = {T("Names us"),    T("Answers us"), T("Quotes us"),
                                                  T("Wrote to us"), T("A review"),   T("About us")};
    post_kind k;
    return post_kind_from(kind, &k) ? web_text(w, words[k]) : S("");
}

str post_visibility_word(struct web_call *w, str visibility) {
    static const char *const words[POST_VISIBILITIES] = {T("in public"), T("unlisted"), T("for followers"),
                                                         T("privately")};
    post_visibility v;
    return post_visibility_from(visibility, &v) ? web_text(w, words[v]) : S("");
}

/* https://server.example/@name -> @name@server.example */
static str fediverse_name(arena *a, str address) {
    size_t at = str_find(address, S("/@"), 8);
    if (!str_starts(address, S("https://")) || at == SIZE_MAX) return S("");
    str server = str_slice(address, 8, at), name = str_slice(address, at + 2, address.n);
    return str_fmt(a, "@%.*s@%.*s", STR_FMT(name), STR_FMT(server));
}

str post_address_text(const struct conversation_page *p, str address) {
    arena *a = p->frame.w->arena;
    for (size_t i = p->said.n; i > 0; i--) {
        const struct said_post *post = p->said.v[i - 1].post;
        if (post && post->row.handle.n && str_eq(post->row.author_id, address))
            return str_fmt(a, "@%.*s (%.*s)", STR_FMT(post->row.handle),
                           STR_FMT(post_network(p->said.v[i - 1].message->channel)));
    }
    str name = fediverse_name(a, address);
    return name.n ? name : address;
}

/* ---- in the thread ---- */

static struct said *said_of(struct conversation_page *p, int64_t message) {
    for (size_t i = 0; i < p->said.n; i++)
        if (p->said.v[i].message && p->said.v[i].message->id == message) return &p->said.v[i];
    return NULL;
}

static struct said_post *post_of(struct web_call *w, struct said *s) {
    if (!s->post) s->post = arena_alloc(w->arena, sizeof *s->post);
    return s->post;
}

static err hang_letters(struct web_call *w, db_conn *c, struct conversation_page *p, int64_t from,
                        int64_t to) {
    store_post_list rows = {0};
    TRY(store_posts_of_conversation(c, w->arena, w->who.brand.id, p->c.id, from, to, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct said *s = said_of(p, rows.v[i].message_id);
        if (!s) continue;
        struct said_post *post = post_of(w, s);
        post->row = rows.v[i];
        post_extra_read(w->arena, post->row.extra, &post->images, &post->links);
        if (post->row.edited_at && !post->row.deleted_at)
            TRY(store_posts_before(c, w->arena, w->who.brand.id, post->row.message_id, &post->before));
    }
    return ERR_NONE;
}

static err hang_replies(struct web_call *w, db_conn *c, struct conversation_page *p, int64_t from,
                        int64_t to) {
    store_post_out_list rows = {0};
    TRY(store_posts_out_of_conversation(c, w->arena, w->who.brand.id, p->c.id, from, to, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        struct said *s = said_of(p, rows.v[i].message_id);
        if (!s) continue;
        *list_add(w->arena, &post_of(w, s)->parts) = rows.v[i];
        str to_whom = rows.v[i].to_handle.n ? rows.v[i].to_handle : rows.v[i].to_id;
        s->to = str_fmt(w->arena, "@%.*s, %.*s", STR_FMT(to_whom),
                        STR_FMT(post_visibility_word(w, rows.v[i].visibility)));
    }
    return ERR_NONE;
}

err said_posts_load(struct web_call *w, struct conversation_page *p) {
    int64_t from = 0, to = 0;
    bool letters = false, replies = false;
    db_conn *c;
    for (size_t i = 0; i < p->messages.n; i++) {
        const struct message *m = &p->messages.v[i];
        if (!channel_is_social(m->channel)) continue;
        if (!from) from = m->id;
        to = m->id;
        letters = letters || m->kind == MESSAGE_LETTER;
        replies = replies || m->kind == MESSAGE_REPLY;
    }
    if (!to) return ERR_NONE;
    TRY(web_read(w, &c));
    if (letters) TRY(hang_letters(w, c, p, from, to));
    return replies ? hang_replies(w, c, p, from, to) : ERR_NONE;
}

/* ---- writing one ---- */

static reply_way way_of(const struct web_call *w, const struct post_ways *ways) {
    reply_way way;
    bool typed = reply_way_from(web_param(w, "way"), &way) && way != REPLY_AS_BEFORE;
    return typed ? way : ways->usual;
}

static err count(struct web_call *w, struct post_compose *k) {
    if (k->way == REPLY_MAIL) return ERR_NONE;
    struct post_fit fit = post_fit_of(&k->ways, k->way);
    k->front = post_front_of(w->arena, &k->ways, k->way, k->text);
    k->most = fit.graphemes;
    str whole = str_trim(k->text);
    k->used = post_length(whole, &fit) + (whole.n ? post_length(k->front, &fit) : 0);
    err e = post_split(w->arena, k->text, k->front, &fit, &k->parts);
    if (e != ERR_INVALID && e != ERR_LIMIT) return e;
    k->wrong = str_copy(w->arena, str_z(err_text()));
    return ERR_NONE;
}

err post_compose_of(struct web_call *w, const struct conversation *v, str text, struct post_compose **ret) {
    struct post_compose *k = arena_alloc(w->arena, sizeof *k);
    db_conn *c;
    *ret = NULL;
    if (!channel_is_social(v->channel)) return ERR_NONE;
    TRY(web_read(w, &c));
    TRY(post_ways_in(c, w->arena, w->who.brand.id, v, &k->ways));
    if (!k->ways.last.message_id) return ERR_NONE;
    k->way = way_of(w, &k->ways);
    k->text = text;
    k->base = web_path(w, "/c/%lld", (long long)v->id);
    TRY(count(w, k));
    *ret = k;
    return ERR_NONE;
}

err post_compose_load(struct web_call *w, const struct conversation_page *p, str text,
                      struct post_compose **ret) {
    return post_compose_of(w, &p->c, text, ret);
}

/* ---- what pictures show ---- */

bool post_is_picture(const struct attachment *f) { return str_starts(f->type, S("image/")); }

err post_keep_alts(struct web_call *w, int64_t conversation) {
    attachment_list files = {0};
    db_conn *c;
    if (!conversation) return ERR_NONE;
    TRY(web_read(w, &c));
    TRY(store_attachments_of_draft(c, w->arena, w->who.brand.id, conversation, w->who.agent.id, &files));
    web_read_end(w);
    for (size_t i = 0; i < files.n; i++) {
        const struct attachment *f = &files.v[i];
        const char *name = str_cstr(w->arena, str_fmt(w->arena, "alt-%lld", (long long)f->id));
        if (!web_param_has(w, name) || str_eq(str_trim(web_param(w, name)), f->alt)) continue;
        TRY(draft_describe(w->desk, w->arena, &w->actor, conversation, f->id, web_param(w, name)));
    }
    return ERR_NONE;
}

err post_do_describe(struct web_call *w) {
    int64_t conversation, attachment;
    TRY(web_id(w, 1, &conversation));
    TRY(web_param_int(w, "attachment", 0, &attachment));
    TRY(draft_describe(w->desk, w->arena, &w->actor, conversation, attachment, web_param(w, "alt")));
    web_go(w, web_path(w, "/c/%lld#text", (long long)conversation));
    return ERR_NONE;
}

err post_do_fit(struct web_call *w) {
    int64_t id;
    struct conversation v;
    struct post_compose *k;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_conversation_get(c, w->arena, w->who.brand.id, id, &v));
    TRY(post_compose_of(w, &v, web_param_text(w, "text"), &k));
    if (!k) return err_set(ERR_INVALID, "In this conversation replies leave by mail.");
    w->view = k;
    return ERR_NONE;
}

void post_fit_html(struct web_call *w) {
    if (w->view && !w->problem) tmpl_post_fit(&w->page, w, w->view);
}

static void texts_json(struct json_out *o, const char *name, const post_part_list *all) {
    json_key(o, str_z(name));
    json_open_array(o);
    for (size_t i = 0; i < all->n; i++) json_str(o, all->v[i]);
    json_close_array(o);
}

void post_fit_json(const struct web_call *w, struct json_out *o) {
    const struct post_compose *k = w->view;
    json_open_object(o);
    json_key(o, S("way")), json_str(o, str_z(reply_way_text(k->way)));
    json_key(o, S("used")), json_int(o, k->used);
    json_key(o, S("most")), json_int(o, k->most);
    texts_json(o, "parts", &k->parts);
    json_key(o, S("wrong")), json_str(o, k->wrong);
    json_key(o, S("ways"));
    json_open_array(o);
    if (k->ways.is_public) json_str(o, str_z(reply_way_text(REPLY_PUBLIC)));
    if (k->ways.is_quote) json_str(o, str_z(reply_way_text(REPLY_QUOTE)));
    if (k->ways.is_private) json_str(o, str_z(reply_way_text(REPLY_PRIVATE)));
    if (k->ways.mail) json_str(o, str_z(reply_way_text(REPLY_MAIL)));
    json_close_array(o);
    json_close_object(o);
}

static void letter_json(const struct said_post *x, struct json_out *o) {
    const struct store_post *p = &x->row;
    json_key(o, S("id")), json_str(o, p->post_id);
    json_key(o, S("url")), json_str(o, p->url);
    json_key(o, S("handle")), json_str(o, p->handle);
    json_key(o, S("followers")), json_int(o, p->followers);
    json_key(o, S("kind")), json_str(o, p->kind);
    json_key(o, S("visibility")), json_str(o, p->visibility);
    json_key(o, S("spoiler")), json_str(o, p->spoiler);
    json_key(o, S("edited_at")), json_int(o, p->edited_at);
    json_key(o, S("deleted_at")), json_int(o, p->deleted_at);
    json_key(o, S("rating")), json_int(o, p->rating);
    json_key(o, S("rating_max")), json_int(o, p->rating_max);
    json_key(o, S("images"));
    json_open_array(o);
    for (size_t i = 0; i < x->images.n; i++) {
        json_open_object(o);
        json_key(o, S("url")), json_str(o, x->images.v[i].url);
        json_key(o, S("alt")), json_str(o, x->images.v[i].alt);
        json_close_object(o);
    }
    json_close_array(o);
}

void post_json(const struct said *s, struct json_out *o) {
    if (!s->post) return;
    json_key(o, S("post"));
    json_open_object(o);
    if (s->post->row.message_id) letter_json(s->post, o);
    json_key(o, S("parts"));
    json_open_array(o);
    for (size_t i = 0; i < s->post->parts.n; i++) {
        const struct store_post_out *x = &s->post->parts.v[i];
        json_open_object(o);
        json_key(o, S("text")), json_str(o, x->text);
        json_key(o, S("visibility")), json_str(o, x->visibility);
        json_key(o, S("id")), json_str(o, x->post_id);
        json_key(o, S("url")), json_str(o, x->url);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}
