/* Stories, for everybody: the page that a link in a letter opens, and the wall. Nothing here is kept by
 * browsers or anything between, so that what is taken back is gone. */
#include <time.h>

#include "base/zone.h"
#include "desk/sign_in.h"
#include "format/html.h"
#include "story_wall.tmpl.h"
#include "web/admin_page.h"
#include "web/story_page.h"

enum { AGAIN_MAX = 5, FEED_BYTES = 4 << 20 };

/* Whoever reads is nobody that we know: days are those of the brand. */
static void in_zone_of(struct web_call *w, str zone) {
    const struct zone *z = NULL;
    if (zone.n && !zone_load(zone, &z)) w->page.zone = z;
}

static void send_jpeg(struct web_call *w, str jpeg) {
    web_header(w, "X-Robots-Tag", S("noindex, noarchive"));
    web_header(w, "Cross-Origin-Resource-Policy", S("same-origin"));
    web_bytes(w, "image/jpeg", jpeg);
}

/* ---- the link ---- */

static struct story_link_view *new_view(struct web_call *w) {
    struct story_link_view *v = arena_alloc(w->arena, sizeof *v);
    *v = (struct story_link_view){.w = w, .action = w->in->path};
    w->view = v;
    web_header(w, "X-Robots-Tag", S("noindex, nofollow, noarchive"));
    return v;
}

/* Somebody who works here: they see what the other sees, and cannot answer for them. */
static bool is_inside(struct web_call *w) {
    struct desk_who who;
    str session = web_session(w);
    return session.n && sign_in_who(w->desk, NULL, w->arena, session, S(""), &who) == ERR_NONE;
}

/* 410: it was a link once. */
static void status_of(struct web_call *w, const struct story_link_view *v) {
    switch (v->link.state) {
    case STORY_LINK_GOOD:
    case STORY_LINK_YES:
    case STORY_LINK_NO:
    case STORY_LINK_BACK: return;
    case STORY_LINK_WRONG: w->out->status = 404; return;
    case STORY_LINK_ENDED:
    case STORY_LINK_EXPIRED: w->out->status = 410; return;
    }
}

static err load_link(struct web_call *w, struct story_link_view *v) {
    err e = story_link_open(w->desk, w->arena, w->at.value[0], web_peer(w), &v->link);
    if (e == ERR_LIMIT) w->status = 429;
    TRY(e);
    v->wall_url = story_wall_url(w->desk, w->arena, v->link.brand_slug);
    in_zone_of(w, v->link.brand_zone);
    return ERR_NONE;
}

err story_link_view(struct web_call *w) {
    struct story_link_view *v = new_view(w);
    v->inside = is_inside(w);
    TRY(load_link(w, v));
    status_of(w, v);
    return ERR_NONE;
}

static err answer(struct web_call *w, struct story_link_view *v) {
    str token = w->at.value[0], language = w->page.lang ? str_z(w->page.lang->tag) : S("en");
    err e;
    if (v->inside)
        return err_set(ERR_DENIED,
                       "You are signed in to the desk. Only whoever got the letter can answer here.");
    if (web_param_on(w, "withdraw"))
        e = story_link_withdraw(w->desk, w->arena, token, &v->link);
    else
        e = story_link_answer(w->desk, w->arena, token, web_peer(w), &v->typed, language, &v->link);
    if (e == ERR_LIMIT) w->status = 429;
    return e;
}

err story_link_do(struct web_call *w) {
    struct story_link_view *v = new_view(w);
    v->typed = (struct story_said){.wall = web_param_on(w, "wall"),
                                   .team = web_param_on(w, "team"),
                                   .photos = web_param_on(w, "photos"),
                                   .i_am_grown_up = web_param_on(w, "grown_up"),
                                   .seen = web_param(w, "seen")};
    if (!story_answer_from(web_param(w, "answer"), &v->typed.answer)) v->typed.answer = SHOW_UNSAID;
    v->inside = is_inside(w);
    err e = answer(w, v);
    if (!e) {
        v->wall_url = story_wall_url(w->desk, w->arena, v->link.brand_slug);
        v->done = v->link.kept;
        in_zone_of(w, v->link.brand_zone);
        status_of(w, v);
        return ERR_NONE;
    }
    /* With what was chosen, to be chosen again. */
    str says = str_copy(w->arena, str_z(err_text()));
    if (e == ERR_LIMIT || load_link(w, v)) w->view = NULL;
    return err_set(e, "%.*s", STR_FMT(says));
}

void story_link_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct story_link_view *v = w->view;
    if (w->problem) v->says = w->says;
    tmpl_story_link(&w->page, v);
}

err story_link_picture(struct web_call *w) {
    int64_t file;
    str jpeg;
    TRY(web_id(w, 1, &file));
    TRY(story_link_photo(w->desk, w->arena, w->at.value[0], web_peer(w), file, &jpeg));
    send_jpeg(w, jpeg);
    return ERR_NONE;
}

/* ---- the wall ---- */

static err may_look(struct web_call *w) {
    err e = story_wall_may(w->desk, w->arena, web_peer(w));
    if (e == ERR_LIMIT) w->status = 429;
    return e;
}

static err load_wall(struct web_call *w, struct story_wall_view *v) {
    TRY(web_param_int(w, "before", 0, &v->before));
    TRY(story_wall_open(w->desk, w->arena, w->at.value[0], v->before, &v->wall));
    in_zone_of(w, v->wall.brand_zone);
    return ERR_NONE;
}

err story_wall_view(struct web_call *w) {
    struct story_wall_view *v = arena_alloc(w->arena, sizeof *v);
    v->w = w;
    TRY(may_look(w));
    TRY(load_wall(w, v));
    web_header(w, "X-Robots-Tag", S("noindex, noarchive"));
    web_header(w, "Cross-Origin-Resource-Policy", S("same-origin"));
    w->view = v;
    return ERR_NONE;
}

/* Whatever was taken back while the page was made is not on it: then it is made anew. */
static bool is_stale(struct web_call *w, const struct story_wall_view *v) {
    bool still;
    return story_wall_still(w->desk, w->arena, &v->wall, v->before, &still) || !still;
}

static void too_busy(struct web_call *w) {
    web_error(w, 503, "busy", web_text(w, T("The stories change just now. Try again in a moment.")));
}

void story_wall_html(struct web_call *w) {
    struct story_wall_view *v = w->view;
    for (int i = 0; i < AGAIN_MAX; i++) {
        buf_clear(w->page.out);
        tmpl_story_wall(&w->page, v);
        if (!is_stale(w, v)) return;
        if (load_wall(w, v)) break;
    }
    buf_clear(w->page.out);
    too_busy(w);
}

static void add_time(buf *b, int64_t ms) {
    char text[32];
    time_t at = (time_t)(ms / SECOND_MS);
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    buf_add_z(b, text);
}

static void add_element(buf *b, const char *name, str text) {
    buf_add_fmt(b, "<%s>", name);
    html_escape(b, text);
    buf_add_fmt(b, "</%s>", name);
}

static void write_atom(struct web_call *w, const struct story_wall_view *v, buf *b) {
    str url = story_wall_url(w->desk, w->arena, v->wall.brand_slug);
    int64_t newest = v->wall.rows.n ? v->wall.rows.v[0].answered_at : 0;
    buf_add_z(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">");
    add_element(b, "id", url);
    add_element(b, "title", v->wall.brand_name);
    buf_add_z(b, "<updated>");
    add_time(b, newest);
    buf_add_z(b, "</updated><link href=\"");
    html_escape(b, url);
    buf_add_z(b, "\"/>\n");
    for (size_t i = 0; i < v->wall.rows.n; i++) {
        const struct story_shown *s = &v->wall.rows.v[i];
        str name = story_who(w, s);
        buf_add_z(b, "<entry>");
        add_element(b, "id", str_fmt(w->arena, "%.*s#s-%lld", STR_FMT(url), (long long)s->ask_id));
        add_element(b, "title", name);
        buf_add_z(b, "<updated>");
        add_time(b, s->answered_at);
        buf_add_z(b, "</updated><author>");
        add_element(b, "name", name);
        buf_add_z(b, "</author>");
        add_element(b, "content", s->quote);
        buf_add_z(b, "</entry>\n");
    }
    buf_add_z(b, "</feed>\n");
}

/* Not the moment: the page has the day only. */
static str day_of(const struct web_call *w, int64_t at) {
    struct local_time t;
    zone_local(w->page.zone, at, &t);
    return str_fmt(w->arena, "%04lld-%02d-%02d", (long long)t.year, t.month, t.day);
}

static void json_photos(struct web_call *w, const struct story_wall_view *v, size_t i, struct json_out *o) {
    const struct story_wall_photos *p = &v->wall.photos[i];
    str url = story_wall_url(w->desk, w->arena, v->wall.brand_slug);
    json_key(o, S("photos"));
    json_open_array(o);
    for (size_t k = 0; k < p->list.n; k++)
        json_str(o, str_fmt(w->arena, "%.*s/%lld/photo/%lld", STR_FMT(url), (long long)p->story_id,
                            (long long)p->list.v[k].id));
    json_close_array(o);
}

static void write_json(struct web_call *w, const struct story_wall_view *v, buf *b) {
    struct json_out o = json_begin(b);
    json_open_object(&o);
    json_key(&o, S("brand")), json_str(&o, v->wall.brand_name);
    json_key(&o, S("stories"));
    json_open_array(&o);
    for (size_t i = 0; i < v->wall.rows.n; i++) {
        const struct story_shown *s = &v->wall.rows.v[i];
        json_open_object(&o);
        json_key(&o, S("quote")), json_str(&o, s->quote);
        json_key(&o, S("name")), json_str(&o, s->name);
        json_key(&o, S("child")), json_bool(&o, s->child);
        json_key(&o, S("said_on")), json_str(&o, day_of(w, s->said_at));
        json_photos(w, v, i, &o);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_key(&o, S("before"));
    if (v->wall.next)
        json_id(&o, v->wall.next);
    else
        json_nil(&o);
    json_close_object(&o);
    json_done(&o);
}

static err serve(struct web_call *w, const char *type,
                 void (*write)(struct web_call *, const struct story_wall_view *, buf *)) {
    struct story_wall_view v = {.w = w};
    BUF_AUTO buf b = BUF_MAX(FEED_BYTES);
    TRY(may_look(w));
    web_header(w, "X-Robots-Tag", S("noindex, noarchive"));
    for (int i = 0; i < AGAIN_MAX; i++) {
        TRY(load_wall(w, &v));
        buf_clear(&b);
        write(w, &v, &b);
        if (is_stale(w, &v)) continue;
        web_bytes(w, type, str_copy(w->arena, buf_str(&b)));
        return ERR_NONE;
    }
    return err_set(ERR_BUSY, "The stories change just now. Try again in a moment.");
}

err story_wall_atom(struct web_call *w) {
    return serve(w, "application/atom+xml; charset=utf-8", write_atom);
}

err story_wall_feed(struct web_call *w) { return serve(w, "application/json", write_json); }

err story_wall_picture(struct web_call *w) {
    int64_t story, file;
    str jpeg;
    TRY(web_id(w, 1, &story));
    TRY(web_id(w, 2, &file));
    TRY(story_wall_photo(w->desk, w->arena, w->at.value[0], story, file, &jpeg));
    send_jpeg(w, jpeg);
    return ERR_NONE;
}
