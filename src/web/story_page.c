/* Stories, for the team. */
#include "web/story_page.h"

#include "desk/child.h"
#include "desk/listening.h"
#include "desk/settings.h"
#include "format/quoted.h"
#include "letter/thanks.h"
#include "story.tmpl.h"
#include "web/admin_page.h"
#include "web/conversation_page.h"

enum { TYPED_BYTES = 20000 };

/* ---- all of them ---- */

static err count_views(db_conn *c, int64_t brand, int ret[STORY_SHELVES]) {
    for (int v = 0; v < STORY_SHELVES; v++)
        TRY(store_story_count(c, brand, (story_shelf)v, GLANCE_COUNT_CAP, &ret[v]));
    return ERR_NONE;
}

err tales_view_page(struct web_call *w) {
    struct tales_view *v = arena_alloc(w->arena, sizeof *v);
    int64_t before, wall;
    db_conn *c;
    if (!story_shelf_from(web_param(w, "view"), &v->view)) v->view = SHELF_NEW;
    TRY(web_param_int(w, "before", 0, &before));
    TRY(frame_load(w, web_text(w, T("Stories")), &v->frame));
    v->frame.at = "stories";
    TRY(web_read(w, &c));
    TRY(store_story_rows(c, w->arena, w->who.brand.id, v->view, before, STORY_ROWS + 1, &v->rows));
    TRY(count_views(c, w->who.brand.id, v->counts));
    TRY(setting_number(c, w->arena, w->who.brand.id, SETTING_STORY_WALL, &wall));
    v->wall_on = wall != 0;
    v->wall_url = story_wall_url(w->desk, w->arena, w->who.brand.slug);
    v->first = before == 0;
    if (v->rows.n > STORY_ROWS) {
        v->rows.n = STORY_ROWS;
        v->next = v->rows.v[STORY_ROWS - 1].id;
    }
    w->view = v;
    return ERR_NONE;
}

void tales_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct tales_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_tales(&w->page, v);
    frame_close(w, &v->frame);
}

static void json_ask(struct json_out *o, const struct store_story_ask *k) {
    json_open_object(o);
    json_key(o, S("asked_at")), json_int(o, k->created_at);
    json_key(o, S("sent")), json_bool(o, k->message_id != 0);
    json_key(o, S("grown_up")), json_bool(o, k->grown_up);
    json_key(o, S("expires_at")), json_int(o, k->expires_at);
    json_key(o, S("answer")), json_str(o, str_z(story_answer_name(k->answer)));
    json_key(o, S("answered_at")), json_int(o, k->answered_at);
    json_key(o, S("name")), json_str(o, k->name);
    json_key(o, S("wall")), json_bool(o, k->wall);
    json_key(o, S("team")), json_bool(o, k->team);
    json_key(o, S("photos")), json_bool(o, k->photos);
    json_key(o, S("wording")), json_int(o, k->wording);
    json_key(o, S("language")), json_str(o, k->language);
    json_key(o, S("withdrawn_at")), json_int(o, k->withdrawn_at);
    json_close_object(o);
}

static void json_story(struct json_out *o, const struct store_tale *s) {
    json_open_object(o);
    json_key(o, S("id")), json_id(o, s->id);
    json_key(o, S("version")), json_int(o, s->version);
    json_key(o, S("state")), json_str(o, str_z(story_state_name(s->state)));
    json_key(o, S("letter")), json_id(o, s->message_id);
    json_key(o, S("conversation")), json_id(o, s->conversation_id);
    json_key(o, S("customer")), json_str(o, s->customer_name);
    json_key(o, S("said_at")), json_int(o, s->said_at);
    json_key(o, S("thanks")), json_bool(o, s->kinds & PRAISE_THANKS);
    json_key(o, S("praises")), json_bool(o, s->kinds & PRAISE_PRAISE);
    json_key(o, S("tells")), json_bool(o, s->kinds & PRAISE_TELLS);
    json_key(o, S("quote")), json_str(o, s->quote);
    json_key(o, S("reach"));
    if (s->reach < 0)
        json_nil(o);
    else
        json_int(o, s->reach);
    json_key(o, S("thanked_at")), json_int(o, s->thanked_at);
    json_key(o, S("thanked_by")), json_str(o, s->thanked_name);
    json_close_object(o);
}

void tales_json(const struct web_call *w, struct json_out *o) {
    const struct tales_view *v = w->view;
    json_open_object(o);
    json_key(o, S("stories"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) json_story(o, &v->rows.v[i]);
    json_close_array(o);
    json_key(o, S("before"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

/* ---- one ---- */

/* What is proposed while nobody chose. */
static err propose(struct web_call *w, struct story_page *v) {
    struct message m;
    struct heard heard;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(w->desk->db, &c));
        TRY(store_message_get(c, w->arena, w->who.brand.id, v->s.message_id, &m));
    }
    TRY(listening_heard(w->desk, w->arena, w->who.brand.id, &m, &heard));
    v->quote = story_propose_quote(w->arena, &m, &heard);
    v->proposed = true;
    return ERR_NONE;
}

err tale_view_page(struct web_call *w) {
    struct story_page *v = arena_alloc(w->arena, sizeof *v);
    struct store_child k;
    int64_t id;
    db_conn *c;
    TRY(web_id(w, 1, &id));
    TRY(web_read(w, &c));
    TRY(store_story_get(c, w->arena, w->who.brand.id, id, &v->s));
    TRY(store_story_asks(c, w->arena, w->who.brand.id, id, &v->asks));
    TRY(story_child_in(c, w->arena, w->who.brand.id, v->s.conversation_id, &v->child, &v->near));
    TRY(child_get_in(c, w->arena, w->who.brand.id, v->s.conversation_id, &k));
    v->grown_up = k.state == CHILD_CONFIRMED && !k.forgotten_at;
    TRY(frame_load(w, web_text(w, T("A story")), &v->frame));
    v->frame.at = "stories";
    web_read_end(w);
    v->body = str_trim(quoted_blank(w->arena, v->s.text));
    v->quote = v->s.quote;
    if (!v->quote.n && v->s.state != STORY_WITHDRAWN && v->s.state != STORY_NO) TRY(propose(w, v));
    if (web_param_has(w, "quote")) v->quote = str_clip_utf8(web_param_text(w, "quote"), TYPED_BYTES);
    if (v->s.reach >= 0) v->reach = str_fmt(w->arena, "%lld", (long long)v->s.reach);
    if (web_param_has(w, "reach")) v->reach = str_clip_utf8(web_param(w, "reach"), 100);
    v->kept = web_param_on(w, "kept");
    w->view = v;
    return ERR_NONE;
}

void tale_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct story_page *v = w->view;
    if (w->problem) v->says = w->says;
    frame_open(w, &v->frame);
    tmpl_tale(&w->page, v);
    frame_close(w, &v->frame);
}

void tale_json(const struct web_call *w, struct json_out *o) {
    const struct story_page *v = w->view;
    json_open_object(o);
    json_key(o, S("story"));
    json_story(o, &v->s);
    json_key(o, S("proposed")), json_str(o, v->proposed ? v->quote : S(""));
    json_key(o, S("child")), json_bool(o, v->child);
    json_key(o, S("shown")), json_bool(o, v->s.state == STORY_YES && !story_hidden_text(v).n);
    json_key(o, S("asked"));
    json_open_array(o);
    for (size_t i = 0; i < v->asks.n; i++) json_ask(o, &v->asks.v[i]);
    json_close_array(o);
    json_close_object(o);
}

/* ---- what people do ---- */

struct act {
    int64_t id, version;
};

static err read_act(struct web_call *w, struct act *ret) {
    TRY(web_id(w, 1, &ret->id));
    return web_param_int(w, "version", -1, &ret->version);
}

static void kept(struct web_call *w, int64_t id) {
    web_go(w, web_path(w, "/stories/%lld?kept=1", (long long)id));
}

err story_do_keep(struct web_call *w) {
    struct story_page *v = arena_alloc(w->arena, sizeof *v);
    int64_t message;
    TRY(web_id(w, 1, &message));
    TRY(story_from_message(w->desk, w->arena, &w->actor, message, -1, &v->s.id));
    w->view = v;
    web_go(w, web_path(w, "/stories/%lld", (long long)v->s.id));
    return ERR_NONE;
}

void story_kept_json(const struct web_call *w, struct json_out *o) {
    const struct story_page *v = w->view;
    json_open_object(o);
    json_key(o, S("story")), json_id(o, v->s.id);
    json_close_object(o);
}

static err quote(struct web_call *w) {
    struct act x;
    TRY(read_act(w, &x));
    TRY(story_set_quote(w->desk, w->arena, &w->actor, x.id, x.version, web_param_text(w, "quote")));
    kept(w, x.id);
    return ERR_NONE;
}

err story_do_quote(struct web_call *w) {
    err e = quote(w);
    return e ? admin_again(w, e, tale_view_page) : ERR_NONE;
}

static err reach(struct web_call *w) {
    struct act x;
    int64_t n;
    TRY(read_act(w, &x));
    TRY(web_param_int(w, "reach", -1, &n));
    TRY(story_set_reach(w->desk, w->arena, &w->actor, x.id, x.version, n));
    kept(w, x.id);
    return ERR_NONE;
}

err story_do_reach(struct web_call *w) {
    err e = reach(w);
    return e ? admin_again(w, e, tale_view_page) : ERR_NONE;
}

static err aside(struct web_call *w) {
    struct act x;
    TRY(read_act(w, &x));
    TRY(story_set_aside(w->desk, w->arena, &w->actor, x.id, x.version, web_param_on(w, "aside")));
    kept(w, x.id);
    return ERR_NONE;
}

err story_do_aside(struct web_call *w) {
    err e = aside(w);
    return e ? admin_again(w, e, tale_view_page) : ERR_NONE;
}

/* What stands in the form is what would be shown, kept before or not. */
static err ask(struct web_call *w, struct story_page *v) {
    struct act x;
    TRY(read_act(w, &x));
    if (web_param_has(w, "quote")) {
        struct store_tale s;
        TRY(story_get(w->desk, w->arena, w->who.brand.id, x.id, &s));
        str typed = story_even(w->arena, web_param_text(w, "quote"));
        if (!str_eq(typed, s.quote)) {
            TRY(story_set_quote(w->desk, w->arena, &w->actor, x.id, x.version, typed));
            x.version = -1;
        }
    }
    return story_ask(w->desk, w->arena, &w->actor, x.id, x.version, &v->conversation);
}

err story_do_ask(struct web_call *w) {
    struct story_page *v = arena_alloc(w->arena, sizeof *v);
    err e = ask(w, v);
    if (e) return admin_again(w, e, tale_view_page);
    w->view = v;
    web_go(w, web_path(w, "/c/%lld#text", (long long)v->conversation));
    return ERR_NONE;
}

void story_asked_json(const struct web_call *w, struct json_out *o) {
    const struct story_page *v = w->view;
    json_open_object(o);
    json_key(o, S("conversation")), json_id(o, v->conversation);
    json_close_object(o);
}

static err withdraw(struct web_call *w) {
    struct act x;
    TRY(read_act(w, &x));
    if (!web_param_on(w, "sure")) return err_set(ERR_INVALID, "Tick that you are sure; nothing was done.");
    TRY(story_withdraw(w->desk, w->arena, &w->actor, x.id));
    kept(w, x.id);
    return ERR_NONE;
}

err story_do_withdraw(struct web_call *w) {
    err e = withdraw(w);
    return e ? admin_again(w, e, tale_view_page) : ERR_NONE;
}

/* ---- for the team's own walls ---- */

err story_quotes_view(struct web_call *w) {
    struct story_quotes *v = arena_alloc(w->arena, sizeof *v);
    int64_t before;
    TRY(web_param_int(w, "before", 0, &before));
    TRY(frame_load(w, web_text(w, T("For our own walls")), &v->frame));
    v->frame.at = "stories";
    v->first = before == 0;
    web_read_end(w);
    TRY(story_team(w->desk, w->arena, w->who.brand.id, before, &v->rows, &v->next));
    w->view = v;
    return ERR_NONE;
}

void story_quotes_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct story_quotes *v = w->view;
    frame_open(w, &v->frame);
    tmpl_tale_quotes(&w->page, v);
    frame_close(w, &v->frame);
}

void story_quotes_json(const struct web_call *w, struct json_out *o) {
    const struct story_quotes *v = w->view;
    json_open_object(o);
    json_key(o, S("quotes"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct story_shown *s = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("story")), json_id(o, s->story_id);
        json_key(o, S("conversation")), json_id(o, s->conversation_id);
        json_key(o, S("quote")), json_str(o, s->quote);
        json_key(o, S("name")), json_str(o, s->name);
        json_key(o, S("child")), json_bool(o, s->child);
        json_key(o, S("said_at")), json_int(o, s->said_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("before"));
    if (v->next)
        json_id(o, v->next);
    else
        json_nil(o);
    json_close_object(o);
}

/* ---- letters behind a count ---- */

static err read_ask(struct web_call *w, struct praise_ask *ask) {
    str agent = web_param(w, "agent"), kind = web_param(w, "kind");
    thanks_kind k;
    ask->agent = -1;
    ask->kinds = PRAISE_ALL;
    if (str_eq(agent, S("none")))
        ask->agent = 0;
    else if (agent.n && (!str_to_int(agent, &ask->agent) || ask->agent < 1))
        return err_set(ERR_INVALID, "agent is no id of an agent, nor none.");
    if (kind.n && !thanks_kind_of(kind, &k)) return err_set(ERR_INVALID, "kind is thanks, praise or tells.");
    if (kind.n) ask->kinds = 1 << k;
    TRY(web_param_int(w, "from", 0, &ask->from));
    return web_param_int(w, "until", 0, &ask->until);
}

/* "AT.MESSAGE", as the next page is named. */
static struct praise_key read_key(str text) {
    struct praise_key key = {0, 0};
    str at;
    if (!str_split(&text, '.', &at) || !str_to_int(at, &key.at) || !str_to_int(text, &key.message))
        return (struct praise_key){0, 0};
    return key;
}

static void name_next(struct web_call *w, struct praise_view *v) {
    if (v->rows.n <= PRAISE_ROWS) return;
    v->rows.n = PRAISE_ROWS;
    const struct praise_row *last = &v->rows.v[PRAISE_ROWS - 1];
    str agent = web_param(w, "agent"), kind = web_param(w, "kind");
    v->next = web_path(w, "/stories/letters?agent=%.*s&kind=%.*s&from=%lld&until=%lld&before=%lld.%lld",
                       STR_FMT(agent), STR_FMT(kind), (long long)v->ask.from, (long long)v->ask.until,
                       (long long)last->at, (long long)last->message_id);
}

err praise_view_page(struct web_call *w) {
    struct praise_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(read_ask(w, &v->ask));
    TRY(frame_load(w, web_text(w, T("Letters that thank")), &v->frame));
    v->frame.at = "stories";
    TRY(web_read(w, &c));
    TRY(store_praise_list(c, w->arena, w->who.brand.id, &v->ask, read_key(web_param(w, "before")),
                          PRAISE_ROWS + 1, &v->rows));
    if (v->ask.agent > 0 && v->rows.n) v->agent_name = v->rows.v[0].agent_name;
    name_next(w, v);
    w->view = v;
    return ERR_NONE;
}

void praise_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct praise_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_praise(&w->page, v);
    frame_close(w, &v->frame);
}

void praise_json(const struct web_call *w, struct json_out *o) {
    const struct praise_view *v = w->view;
    json_open_object(o);
    json_key(o, S("letters"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct praise_row *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("letter")), json_id(o, r->message_id);
        json_key(o, S("conversation")), json_id(o, r->conversation_id);
        json_key(o, S("customer")), json_str(o, r->customer_name);
        json_key(o, S("agent")), json_str(o, r->agent_name);
        json_key(o, S("said_at")), json_int(o, r->at);
        json_key(o, S("thanks")), json_bool(o, r->kinds & PRAISE_THANKS);
        json_key(o, S("praises")), json_bool(o, r->kinds & PRAISE_PRAISE);
        json_key(o, S("tells")), json_bool(o, r->kinds & PRAISE_TELLS);
        json_close_object(o);
    }
    json_close_array(o);
    json_key(o, S("next")), json_str(o, v->next);
    json_close_object(o);
}
