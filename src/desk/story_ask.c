/* The question whether a story may be shown: made by an agent, carried by a letter, answered and taken back
 * by its link. */
#include <arpa/inet.h>

#include "base/random.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/listening.h"
#include "desk/rate.h"
#include "desk/reply.h"
#include "desk/settings.h"
#include "desk/story_own.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/inbox.h"

enum {
    TOKEN_CHARACTERS = 22,
    LINKS_IN_LETTER = 5,
    WRONG_A_MINUTE = 10,
    ANSWERS_A_MINUTE = 10,
    NAMES_MAX = 40,
    DRAFT_BYTES = 1000000
};
static const char link_path[] = "/story/";

static struct rate wrong = RATE_EMPTY, answers = RATE_EMPTY;

void story_forget_tries(void) {
    rate_forget_all(&wrong);
    rate_forget_all(&answers);
}

str story_link_url(const struct desk *d, arena *a, str token) {
    return str_fmt(a, "%.*s%s%.*s", STR_FMT(d->public_url), link_path, STR_FMT(token));
}

static bool token_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* As token_new makes them; anything else is not even looked up. */
static bool well_formed(str token) {
    if (token.n != TOKEN_CHARACTERS) return false;
    for (size_t i = 0; i < token.n; i++)
        if (!token_byte(token.p[i])) return false;
    return true;
}

/* ---- asking ---- */

struct asking {
    struct desk *d;
    arena *a;
    const struct actor *who;
    int64_t id, seen, now, conversation;
    str token;
};

static err may_ask(const struct store_tale *s) {
    switch (s->state) {
    case STORY_FOUND:
    case STORY_ASKED: break;
    case STORY_ASIDE: return err_set(ERR_CONFLICT, "This story was put aside; take it back first.");
    case STORY_YES: return err_set(ERR_CONFLICT, "They said yes already.");
    case STORY_NO: return err_set(ERR_CONFLICT, "They said no, and are not asked again.");
    case STORY_WITHDRAWN: return err_set(ERR_CONFLICT, "They took their yes back, and are not asked again.");
    }
    if (!s->quote.n) return err_set(ERR_INVALID, "First choose the words that would be shown.");
    return ERR_NONE;
}

/* Of a child's letter only the grown-up is asked who confirmed by a link of their own. */
static err grown_up_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret_child,
                       str *ret_email) {
    struct store_child k;
    TRY(child_is_in(c, a, brand, conversation, ret_child));
    *ret_email = S("");
    if (!*ret_child) return ERR_NONE;
    TRY(child_get_in(c, a, brand, conversation, &k));
    if (k.state != CHILD_CONFIRMED || k.forgotten_at || !k.ask_email.n)
        return err_set(ERR_CONFLICT,
                       "A child wrote this, and no grown-up has confirmed yet. Ask a grown-up in the "
                       "conversation first; the story waits here meanwhile.");
    *ret_email = k.ask_email;
    return ERR_NONE;
}

/* Behind what the agent has begun to write, or alone in a new draft. */
static err put_into_draft(db_conn *c, struct asking *x, const struct store_tale *s, str grown_up) {
    struct draft draft;
    struct conversation v;
    struct reply_default standard;
    int64_t brand = x->who->brand;
    TRY(store_draft_get(c, x->a, brand, s->conversation_id, x->who->agent, &draft));
    TRY(store_conversation_get(c, x->a, brand, s->conversation_id, &v));
    TRY(reply_defaults(c, x->a, brand, &v, &standard));
    if (!draft.updated_at || draft.kind != MESSAGE_REPLY) {
        str note = draft.text;
        draft = (struct draft){.conversation_id = s->conversation_id,
                               .agent_id = x->who->agent,
                               .to_line = standard.to_line,
                               .subject = standard.subject,
                               .text = note};
    }
    draft.kind = MESSAGE_REPLY;
    draft.updated_at = x->now;
    if (grown_up.n) {
        draft.to_line = grown_up;
        draft.cc_line = draft.bcc_line = S("");
    }
    str link = story_link_url(x->d, x->a, x->token);
    draft.text = str_fmt(x->a, "%.*s%s%.*s\n", STR_FMT(draft.text), "\n\n", STR_FMT(link));
    if (draft.text.n > DRAFT_BYTES) return err_set(ERR_LIMIT, "The draft in that conversation is too long.");
    return store_draft_put(c, brand, &draft);
}

static err write_ask(db_conn *c, void *arg) {
    struct asking *x = arg;
    struct store_tale s;
    bool child;
    str grown_up;
    TRY(store_story_get(c, x->a, x->who->brand, x->id, &s));
    if (x->seen >= 0 && x->seen != s.version)
        return err_set(ERR_CONFLICT, "Somebody changed this story in the meantime; look at it again first.");
    TRY(may_ask(&s));
    TRY(child_writable_in(c, x->a, x->who->brand, s.conversation_id));
    TRY(grown_up_of(c, x->a, x->who->brand, s.conversation_id, &child, &grown_up));
    TRY(story_end_ask(c, &s, x->now));
    struct store_story_ask ask = {.brand_id = x->who->brand,
                                  .id = id_new(x->now),
                                  .story_id = s.id,
                                  .agent_id = x->who->agent,
                                  .hash = token_hash(x->a, x->token),
                                  .grown_up = child,
                                  .quote = s.quote,
                                  .created_at = x->now,
                                  .expires_at = x->now + STORY_ASK_DAYS * (int64_t)DAY_MS};
    TRY(store_story_ask_insert(c, &ask));
    TRY(put_into_draft(c, x, &s, grown_up));
    s.state = STORY_ASKED;
    s.ask_id = ask.id;
    s.updated_at = x->now;
    x->conversation = s.conversation_id;
    TRY(store_story_update(c, x->who->brand, &s));
    return event_add(c, x->who, s.conversation_id, "story_asked", S(""), x->now);
}

err story_ask(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
              int64_t *ret_conversation) {
    struct asking x = {.d = d, .a = a, .who = who, .id = id, .seen = seen_version, .now = desk_now(d)};
    if (!d->public_url.n)
        return err_set(ERR_CONFLICT,
                       "The desk does not know its public address yet, so no link can be made.");
    x.token = token_new(a);
    TRY(db_write(d->db, write_ask, &x));
    desk_changed(d, who->brand, x.conversation, "story");
    *ret_conversation = x.conversation;
    return ERR_NONE;
}

/* ---- sent ---- */

static err link_leaves(db_conn *c, arena *a, const struct actor *who, const struct message *m, str token,
                       const str *to, size_t nto, bool is_public) {
    struct store_story_ask ask;
    struct store_tale s;
    bool child;
    str grown_up;
    err e = store_story_ask_by_hash(c, a, token_hash(a, token), &ask);
    if (e == ERR_MISSING || (!e && ask.brand_id != who->brand)) return ERR_NONE;
    TRY(e);
    if (ask.ended_at || ask.answer != SHOW_UNSAID) return ERR_NONE;
    TRY(store_story_get(c, a, who->brand, ask.story_id, &s));
    if (s.conversation_id != m->conversation_id)
        return err_set(ERR_INVALID,
                       "The link in this letter asks somebody else about their story. Take it out.");
    if (is_public)
        return err_set(ERR_CONFLICT,
                       "Everybody could read this answer, and say yes by the link in it. Send the link "
                       "in a private message or a letter.");
    if (nto > 1)
        return err_set(ERR_INVALID,
                       "The link in this letter is for one person. Send it to nobody else, no copy either.");
    TRY(grown_up_of(c, a, who->brand, s.conversation_id, &child, &grown_up));
    if (child != ask.grown_up)
        return err_set(ERR_CONFLICT,
                       "Since this link was made it became clear who wrote; make a new one on the story's "
                       "page.");
    if (child && (nto != 1 || !str_eq_nocase(to[0], grown_up)))
        return err_set(ERR_INVALID, "A child wrote. The link goes to the grown-up who confirmed: %.*s.",
                       STR_FMT(grown_up));
    ask.message_id = m->id;
    return store_story_ask_update(c, &ask);
}

err story_sent_in(db_conn *c, arena *a, const struct actor *who, const struct message *m,
                  const str *recipients, size_t nrecipients, bool is_public, int64_t now) {
    const str path = str_z(link_path);
    size_t at = str_find(m->text, path, 0);
    (void)now;
    for (int n = 0; at != SIZE_MAX && n < LINKS_IN_LETTER; n++) {
        size_t from = at + path.n, to = from;
        while (to < m->text.n && token_byte(m->text.p[to])) to++;
        str token = str_slice(m->text, from, to);
        if (well_formed(token)) TRY(link_leaves(c, a, who, m, token, recipients, nrecipients, is_public));
        at = str_find(m->text, path, to);
    }
    return ERR_NONE;
}

/* ---- who wrote: what the page shows ---- */

/* Of IPv6 the first half, which is what one customer of a provider has. */
static str network_of(arena *a, str peer) {
    unsigned char b[16];
    if (inet_pton(AF_INET6, str_cstr(a, str_slice(peer, 0, 100)), b) != 1) return peer;
    return str_fmt(a, "%02x%02x%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
}

struct reading {
    struct desk *d;
    arena *a;
    str token;
    int64_t now;
    struct store_story_ask ask;
    struct store_tale story;
    struct message letter;
    str names[NAMES_MAX];
    size_t nnames;
    struct story_link link;
};

static void add_name(struct reading *x, str name) {
    if (name.n && x->nnames < NAMES_MAX) x->names[x->nnames++] = name;
}

static story_link_state state_of(const struct reading *x, bool child) {
    switch (x->ask.answer) {
    case SHOW_NO: return STORY_LINK_NO;
    case SHOW_FULL:
    case SHOW_FIRST:
    case SHOW_NAMELESS: return x->ask.withdrawn_at ? STORY_LINK_BACK : STORY_LINK_YES;
    case SHOW_UNSAID: break;
    }
    if (x->ask.ended_at || x->story.ask_id != x->ask.id || child != x->ask.grown_up) return STORY_LINK_ENDED;
    return x->ask.expires_at <= x->now ? STORY_LINK_EXPIRED : STORY_LINK_GOOD;
}

static err read_around(db_conn *c, struct reading *x) {
    struct store_brand brand;
    struct conversation v;
    struct store_inbox inbox;
    story_photo_list photos;
    struct store_child k;
    int64_t wall;
    bool child;
    int64_t b = x->ask.brand_id;
    TRY(store_brand_by_id(c, x->a, b, &brand));
    TRY(store_story_get(c, x->a, b, x->ask.story_id, &x->story));
    TRY(store_message_get(c, x->a, b, x->story.message_id, &x->letter));
    TRY(store_conversation_get(c, x->a, b, x->story.conversation_id, &v));
    TRY(store_inbox_by_id(c, x->a, b, v.inbox_id, &inbox));
    TRY(setting_number(c, x->a, b, SETTING_STORY_WALL, &wall));
    TRY(store_story_photos(c, x->a, b, x->story.message_id, &photos));
    TRY(child_is_in(c, x->a, b, v.id, &child));
    TRY(child_get_in(c, x->a, b, v.id, &k));
    /* A grown-up who confirmed, and whose word still stands. */
    if (x->ask.grown_up && (k.state != CHILD_CONFIRMED || k.forgotten_at)) child = false;
    add_name(x, x->letter.from_name);
    add_name(x, x->story.customer_name);
    add_name(x, k.name);
    x->link = (struct story_link){.state = state_of(x, child),
                                  .brand_id = b,
                                  .story_id = x->story.id,
                                  .ask_id = x->ask.id,
                                  .conversation_id = v.id,
                                  .brand_name = brand.name,
                                  .brand_slug = brand.slug,
                                  .brand_language = brand.language,
                                  .inbox_address = inbox.address,
                                  .grown_up = x->ask.grown_up,
                                  .wall_on = wall != 0,
                                  .photos = x->ask.grown_up ? 0 : (int64_t)photos.n,
                                  .expires_at = x->ask.expires_at,
                                  .answered_at = x->ask.answered_at,
                                  .answer = x->ask.answer,
                                  .wall = x->ask.wall,
                                  .team = x->ask.team,
                                  .shows_photos = x->ask.photos,
                                  .name = x->ask.name,
                                  .quote = x->ask.quote};
    return ERR_NONE;
}

/* The link works from the moment that the letter which carries it was written, and while that stands. */
static err read_link(db_conn *c, struct reading *x) {
    struct message carrier;
    x->nnames = 0;
    x->link = (struct story_link){.state = STORY_LINK_WRONG};
    err e = store_story_ask_by_hash(c, x->a, token_hash(x->a, x->token), &x->ask);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    if (!x->ask.message_id) return ERR_NONE;
    e = store_message_get(c, x->a, x->ask.brand_id, x->ask.message_id, &carrier);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    return read_around(c, x);
}

/* The versions without names; of what listening heard, and what the sender is called. */
static err fill_words(struct reading *x) {
    struct story_link *l = &x->link;
    struct heard heard;
    if (l->state != STORY_LINK_GOOD) return ERR_NONE;
    TRY(listening_heard(x->d, x->a, l->brand_id, &x->letter, &heard));
    for (size_t i = 0; i < heard.findings.n; i++)
        if (heard.findings.v[i].kind == FINDING_NAME) add_name(x, heard.findings.v[i].value);
    str shown = story_shown_name(x->a, x->letter.from_name);
    if (!shown.n) shown = story_shown_name(x->a, x->story.customer_name);
    l->full_name = l->grown_up ? S("") : shown;
    l->first_name = l->grown_up ? S("") : story_first_name(shown);
    l->nameless_quote = story_without_names(x->a, x->ask.quote, x->names, x->nnames, S(""));
    l->first_quote = story_without_names(x->a, x->ask.quote, x->names, x->nnames, l->first_name);
    return ERR_NONE;
}

static err open_link(struct reading *x, str peer) {
    str key = str_fmt(x->a, "story %.*s", STR_FMT(network_of(x->a, peer)));
    x->link = (struct story_link){.state = STORY_LINK_WRONG};
    if (well_formed(x->token)) {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(x->d->db, &c));
        TRY(read_link(c, x));
    }
    if (x->link.state == STORY_LINK_WRONG && peer.n &&
        !rate_take(&wrong, key, WRONG_A_MINUTE, MINUTE_MS, x->now))
        return err_set(ERR_LIMIT,
                       "Many links that lead nowhere were opened from where you are. Wait a minute and try "
                       "again.");
    return fill_words(x);
}

err story_link_open(struct desk *d, arena *a, str token, str peer, struct story_link *ret) {
    struct reading x = {.d = d, .a = a, .token = token, .now = desk_now(d)};
    TRY(open_link(&x, peer));
    *ret = x.link;
    return ERR_NONE;
}

/* ---- who wrote: what they say ---- */

struct saying {
    struct reading reading;
    const struct story_said *said;
    str language, quote, name;
    bool done;
};

/* How it is shown follows from what was chosen and from what the page showed. */
static err check_said(struct saying *x) {
    const struct story_link *l = &x->reading.link;
    const struct story_said *s = x->said;
    x->name = S("");
    switch (s->answer) {
    case SHOW_UNSAID: return err_set(ERR_INVALID, "Choose one of the answers; nothing was kept yet.");
    case SHOW_NO: x->quote = S(""); return ERR_NONE;
    case SHOW_FULL:
        x->name = l->full_name;
        x->quote = l->quote;
        break;
    case SHOW_FIRST:
        x->name = l->first_name;
        x->quote = l->first_quote;
        break;
    case SHOW_NAMELESS: x->quote = l->nameless_quote; break;
    }
    if (s->answer != SHOW_NAMELESS && !x->name.n)
        return err_set(ERR_INVALID, "There is no name that could be shown here; choose another answer.");
    if (l->grown_up && !s->i_am_grown_up)
        return err_set(ERR_INVALID,
                       "Only a grown-up who looks after the child can say yes; tick that you are.");
    if (!s->wall && !s->team)
        return err_set(ERR_INVALID, "Choose where it may be shown, or say no; nothing was kept yet.");
    return ERR_NONE;
}

static err write_said(db_conn *c, void *arg) {
    struct saying *x = arg;
    struct reading *r = &x->reading;
    struct story_link before = r->link;
    x->done = false;
    TRY(read_link(c, r));
    if (r->link.state != STORY_LINK_GOOD) return ERR_NONE;
    if (!str_eq(r->ask.quote, before.quote))
        return err_set(ERR_CONFLICT,
                       "The words changed while you were reading. Look at the page again first.");
    const struct actor who = {.brand = r->ask.brand_id};
    bool yes = x->said->answer != SHOW_NO;
    r->ask.answer = x->said->answer;
    r->ask.answered_at = r->now;
    r->ask.quote = x->quote;
    r->ask.name = x->name;
    r->ask.wall = yes && x->said->wall;
    r->ask.team = yes && x->said->team;
    r->ask.photos = yes && x->said->photos && r->link.photos && !r->ask.grown_up;
    r->ask.wording = STORY_WORDING;
    r->ask.language = x->language;
    TRY(store_story_ask_update(c, &r->ask));
    r->story.state = yes ? STORY_YES : STORY_NO;
    r->story.updated_at = r->now;
    TRY(store_story_update(c, who.brand, &r->story));
    TRY(event_add(c, &who, r->link.conversation_id, yes ? "story_yes" : "story_no", S(""), r->now));
    x->done = true;
    return read_link(c, r);
}

static err take_answer(struct reading *x, str peer) {
    str key = str_fmt(x->a, "story said %.*s", STR_FMT(network_of(x->a, peer)));
    if (peer.n && !rate_take(&answers, key, ANSWERS_A_MINUTE, MINUTE_MS, x->now))
        return err_set(
            ERR_LIMIT,
            "Many answers came from where you are. Wait a minute and try again; nothing was kept.");
    return open_link(x, peer);
}

err story_link_answer(struct desk *d, arena *a, str token, str peer, const struct story_said *said,
                      str language, struct story_link *ret) {
    struct saying x = {.reading = {.d = d, .a = a, .token = token, .now = desk_now(d)}, .said = said};
    x.language = language;
    TRY(take_answer(&x.reading, peer));
    if (x.reading.link.state == STORY_LINK_GOOD) {
        TRY(check_said(&x));
        TRY(db_write(d->db, write_said, &x));
        if (x.done) desk_changed(d, x.reading.link.brand_id, x.reading.link.conversation_id, "story");
    }
    *ret = x.reading.link;
    return ERR_NONE;
}

/* ---- taken back ---- */

/* The words and the name go from the record; that they were agreed to and taken back stays. */
static err take_back(db_conn *c, struct store_tale *s, struct store_story_ask *ask, const struct actor *who,
                     str by, int64_t now) {
    ask->withdrawn_at = now;
    ask->withdrawn_by = by;
    ask->quote = ask->name = S("");
    TRY(store_story_ask_update(c, ask));
    s->state = STORY_WITHDRAWN;
    s->quote = S("");
    s->updated_at = now;
    TRY(store_story_update(c, who->brand, s));
    return event_add(c, who, s->conversation_id, "story_withdrawn", S(""), now);
}

static err write_back(db_conn *c, void *arg) {
    struct saying *x = arg;
    struct reading *r = &x->reading;
    x->done = false;
    TRY(read_link(c, r));
    if (r->link.state != STORY_LINK_YES) return ERR_NONE;
    const struct actor who = {.brand = r->ask.brand_id};
    TRY(take_back(c, &r->story, &r->ask, &who, S("link"), r->now));
    x->done = true;
    return read_link(c, r);
}

err story_link_withdraw(struct desk *d, arena *a, str token, str peer, struct story_link *ret) {
    struct saying x = {.reading = {.d = d, .a = a, .token = token, .now = desk_now(d)}};
    TRY(take_answer(&x.reading, peer));
    if (x.reading.link.state == STORY_LINK_YES) {
        TRY(db_write(d->db, write_back, &x));
        story_wall_changed();
        if (x.done) desk_changed(d, x.reading.link.brand_id, x.reading.link.conversation_id, "story");
    }
    *ret = x.reading.link;
    return ERR_NONE;
}

struct taking_down {
    arena *a;
    const struct actor *who;
    int64_t id, now, conversation;
};

static err write_down(db_conn *c, void *arg) {
    struct taking_down *x = arg;
    struct store_tale s;
    TRY(store_story_get(c, x->a, x->who->brand, x->id, &s));
    x->conversation = s.conversation_id;
    if (s.state == STORY_WITHDRAWN) return ERR_NONE;
    if (s.state != STORY_YES) return err_set(ERR_CONFLICT, "This story is not shown anywhere.");
    return take_back(c, &s, &s.ask, x->who, S("desk"), x->now);
}

err story_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct taking_down x = {a, who, id, desk_now(d), 0};
    TRY(db_write(d->db, write_down, &x));
    story_wall_changed();
    desk_changed(d, who->brand, x.conversation, "story");
    return ERR_NONE;
}
