/* What the link in a letter opens: the words as they would be shown, what was said to that, and taking it
 * back. */
#include "base/buf.h"
#include "base/random.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/listening.h"
#include "desk/rate.h"
#include "desk/settings.h"
#include "desk/story_own.h"
#include "store/brand.h"
#include "store/conversation.h"
#include "store/customer.h"
#include "store/file.h"
#include "store/inbox.h"

enum { WRONG_A_MINUTE = 10, ANSWERS_A_MINUTE = 10 };

static struct rate wrong = RATE_EMPTY, answers = RATE_EMPTY;

void story_forget_tries(void) {
    rate_forget_all(&wrong);
    rate_forget_all(&answers);
    story_wall_forget_looks();
}

/* ---- what the page shows ---- */

typedef LIST(str) name_list;

struct reading {
    struct desk *d;
    arena *a;
    str token;
    int64_t now;
    struct store_story_ask ask;
    struct store_tale story;
    struct message letter;
    name_list names;
    bool own; /* the conversation's customer wrote the letter */
    struct story_link link;
};

static void add_name(struct reading *x, str name) {
    if (name.n) *list_add(x->a, &x->names) = name;
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
    struct customer_address writer;
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
    TRY(story_child_in(c, x->a, b, v.id, &child, NULL));
    TRY(child_get_in(c, x->a, b, v.id, &k));
    TRY(store_customer_address_get(c, x->a, b, x->letter.from_address, &writer));
    x->own = !x->letter.from_address.n || writer.customer_id == v.customer_id;
    if (x->ask.grown_up) photos = (story_photo_list){0};
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
                                  .brand_zone = brand.zone,
                                  .inbox_address = inbox.address,
                                  .grown_up = x->ask.grown_up,
                                  .wall_on = wall != 0,
                                  .photos = photos,
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
    x->names = (name_list){0};
    x->link = (struct story_link){.state = STORY_LINK_WRONG};
    err e = store_story_ask_by_hash(c, x->a, token_hash(x->a, x->token), &x->ask);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    if (!x->ask.message_id) return ERR_NONE;
    e = store_message_get(c, x->a, x->ask.brand_id, x->ask.message_id, &carrier);
    if (e) return e == ERR_MISSING ? ERR_NONE : e;
    return read_around(c, x);
}

/* All that a yes would be said to. */
static str seen_of(const struct reading *x) {
    const struct story_link *l = &x->link;
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    const str shown[] = {l->quote, l->first_quote, l->nameless_quote, l->full_name, l->first_name};
    buf_add_fmt(&b, "%d", STORY_WORDING);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        buf_add_char(&b, '\n');
        buf_add(&b, shown[i]);
    }
    for (size_t i = 0; i < l->photos.n; i++) buf_add_fmt(&b, " %lld", (long long)l->photos.v[i].id);
    return str_fmt(x->a, "%016llx", (unsigned long long)str_hash(buf_str(&b)));
}

/* The versions without names; of what listening heard, and what the sender is called. */
static err fill_words(struct reading *x) {
    struct story_link *l = &x->link;
    struct heard heard;
    name_list keep = {0};
    if (l->state != STORY_LINK_GOOD) return ERR_NONE;
    TRY(listening_heard(x->d, x->a, l->brand_id, &x->letter, &heard));
    *list_add(x->a, &keep) = l->brand_name;
    for (size_t i = 0; i < heard.findings.n; i++) {
        const struct finding *f = &heard.findings.v[i];
        if (f->kind == FINDING_NAME) add_name(x, f->value);
        if (f->kind == FINDING_PRODUCT || f->kind == FINDING_PART)
            *list_add(x->a, &keep) = str_slice(heard.text.bytes, f->start, f->end);
    }
    str shown = story_shown_name(x->a, x->letter.from_name);
    if (!shown.n && x->own) shown = story_shown_name(x->a, x->story.customer_name);
    l->full_name = l->grown_up ? S("") : shown;
    l->first_name = story_first_name(x->a, l->full_name);
    struct story_hide hide = {.names = x->names.v,
                              .nnames = x->names.n,
                              .child = l->grown_up,
                              .keep = keep.v,
                              .nkeep = keep.n,
                              .language = heard.language};
    l->nameless_quote = story_without_names(x->a, x->ask.quote, &hide);
    hide.but = l->first_name;
    l->first_quote = story_without_names(x->a, x->ask.quote, &hide);
    l->seen = seen_of(x);
    return ERR_NONE;
}

static err open_link(struct reading *x, str peer) {
    str key = str_fmt(x->a, "story %.*s", STR_FMT(rate_network(x->a, peer)));
    x->link = (struct story_link){.state = STORY_LINK_WRONG};
    if (story_token_ok(x->token)) {
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
    str language, asked, quote, name;
    bool wall, done;
};

/* How it is shown follows from what was chosen and from what the page showed. */
static err check_said(struct saying *x) {
    const struct story_link *l = &x->reading.link;
    const struct story_said *s = x->said;
    x->name = S("");
    x->asked = l->quote;
    x->wall = s->wall && l->wall_on;
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
    if (!x->quote.n) return err_set(ERR_INVALID, "No words are left without names; choose another answer.");
    if (!str_eq(s->seen, l->seen))
        return err_set(ERR_CONFLICT,
                       "What is shown changed while you were reading; nothing was kept yet. Look at "
                       "it again, and answer once more.");
    if (l->grown_up && !s->i_am_grown_up)
        return err_set(ERR_INVALID,
                       "Only a grown-up who looks after the child can say yes; tick that you are.");
    if (!x->wall && !s->team)
        return err_set(ERR_INVALID, "Choose where it may be shown, or say no; nothing was kept yet.");
    return ERR_NONE;
}

static err write_said(db_conn *c, void *arg) {
    struct saying *x = arg;
    struct reading *r = &x->reading;
    x->done = false;
    TRY(read_link(c, r));
    if (r->link.state != STORY_LINK_GOOD) return ERR_NONE;
    if (!str_eq(r->ask.quote, x->asked))
        return err_set(ERR_CONFLICT,
                       "The words changed while you were reading. Look at the page again first.");
    const struct actor who = {.brand = r->ask.brand_id};
    bool yes = x->said->answer != SHOW_NO;
    r->ask.answer = x->said->answer;
    r->ask.answered_at = r->now;
    r->ask.quote = x->quote;
    r->ask.name = x->name;
    r->ask.wall = yes && x->wall;
    r->ask.team = yes && x->said->team;
    r->ask.photos = yes && x->said->photos && r->link.photos.n;
    r->ask.wording = STORY_WORDING;
    r->ask.language = x->language;
    TRY(store_story_ask_update(c, &r->ask));
    r->story.state = yes ? STORY_YES : STORY_NO;
    if (!yes) r->story.quote = S("");
    r->story.updated_at = r->now;
    TRY(store_story_update(c, who.brand, &r->story));
    TRY(event_add(c, &who, r->link.conversation_id, yes ? "story_yes" : "story_no", S(""), r->now));
    x->done = true;
    return read_link(c, r);
}

static err take_answer(struct reading *x, str peer) {
    str key = str_fmt(x->a, "story said %.*s", STR_FMT(rate_network(x->a, peer)));
    if (peer.n && !rate_take(&answers, key, ANSWERS_A_MINUTE, MINUTE_MS, x->now))
        return err_set(
            ERR_LIMIT,
            "Many answers came from where you are. Wait a minute and try again; nothing was kept.");
    return open_link(x, peer);
}

/* ---- taken back ---- */

static err write_back(db_conn *c, void *arg) {
    struct saying *x = arg;
    struct reading *r = &x->reading;
    x->done = false;
    TRY(read_link(c, r));
    if (r->link.state != STORY_LINK_YES) return ERR_NONE;
    const struct actor who = {.brand = r->ask.brand_id};
    TRY(story_take_back(c, &r->story, &r->ask, &who, S("link"), r->now));
    x->done = true;
    return read_link(c, r);
}

/* What this leaves in x->reading.link is what the page shows. */
static err go_back(struct saying *x) {
    struct reading *r = &x->reading;
    TRY(db_write(r->d->db, write_back, x));
    if (x->done) desk_changed(r->d, r->link.brand_id, r->link.conversation_id, "story");
    return ERR_NONE;
}

err story_link_answer(struct desk *d, arena *a, str token, str peer, const struct story_said *said,
                      str language, struct story_link *ret) {
    struct saying x = {.reading = {.d = d, .a = a, .token = token, .now = desk_now(d)}, .said = said};
    x.language = language;
    TRY(said->answer == SHOW_NO ? open_link(&x.reading, peer) : take_answer(&x.reading, peer));
    if (x.reading.link.state == STORY_LINK_GOOD) {
        TRY(check_said(&x));
        TRY(db_write(d->db, write_said, &x));
        if (x.done) desk_changed(d, x.reading.link.brand_id, x.reading.link.conversation_id, "story");
    }
    /* From a page that was opened before the yes, or by somebody else who has the link: a no is a no. */
    if (said->answer == SHOW_NO && x.reading.link.state == STORY_LINK_YES) TRY(go_back(&x));
    *ret = x.reading.link;
    ret->kept = x.done;
    return ERR_NONE;
}

err story_link_withdraw(struct desk *d, arena *a, str token, struct story_link *ret) {
    struct saying x = {.reading = {.d = d, .a = a, .token = token, .now = desk_now(d)}};
    TRY(open_link(&x.reading, S("")));
    if (x.reading.link.state == STORY_LINK_YES) TRY(go_back(&x));
    *ret = x.reading.link;
    ret->kept = x.done;
    return ERR_NONE;
}

err story_link_photo(struct desk *d, arena *a, str token, str peer, int64_t attachment, str *ret_jpeg) {
    DB_READ_AUTO db_conn *c = NULL;
    struct story_link l;
    bool there = false;
    TRY(story_link_open(d, a, token, peer, &l));
    for (size_t i = 0; l.state == STORY_LINK_GOOD && i < l.photos.n; i++)
        there |= l.photos.v[i].id == attachment;
    if (!there) return err_set(ERR_MISSING, "There is no such picture.");
    TRY(db_read_begin(d->db, &c));
    return store_thumb_get(c, a, l.brand_id, attachment, ret_jpeg);
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
    return story_take_back(c, &s, &s.ask, x->who, S("desk"), x->now);
}

err story_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct taking_down x = {a, who, id, desk_now(d), 0};
    TRY(db_write(d->db, write_down, &x));
    desk_changed(d, who->brand, x.conversation, "story");
    return ERR_NONE;
}
