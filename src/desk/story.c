/* Stories: found, kept by hand, chosen from, put aside. */
#include "desk/story.h"

#include "base/random.h"
#include "desk/child.h"
#include "desk/events.h"
#include "desk/listening.h"
#include "desk/story_own.h"
#include "letter/thanks.h"

/* ---- found ---- */

err story_from_message_in(db_conn *c, arena *a, const struct actor *who, int64_t message, int64_t reach,
                          int64_t now, int64_t *ret_story) {
    struct message m;
    int64_t id;
    TRY(store_message_get(c, a, who->brand, message, &m));
    if (m.kind != MESSAGE_LETTER) return err_set(ERR_MISSING, "There is no such letter.");
    if (!m.text.n) return err_set(ERR_CONFLICT, "This letter has no words that could be shown.");
    TRY(store_story_of_message(c, who->brand, message, &id));
    if (!id) {
        struct store_tale row = {.id = id_new(now),
                                 .message_id = message,
                                 .state = STORY_FOUND,
                                 .kept_by = who->agent,
                                 .reach = reach,
                                 .created_at = now,
                                 .updated_at = now};
        if (reach < 0) TRY(store_story_followers(c, who->brand, message, &row.reach));
        if (row.reach > STORY_REACH_MAX) row.reach = STORY_REACH_MAX;
        row.reach_how = row.reach < 0 ? S("") : S("followers");
        TRY(store_story_insert(c, who->brand, &row));
        if (who->agent) TRY(event_add(c, who, m.conversation_id, "story_kept", S(""), now));
        id = row.id;
    }
    *ret_story = id;
    return ERR_NONE;
}

struct keeping {
    arena *a;
    const struct actor *who;
    int64_t message, reach, now, story, conversation;
};

static err write_keep(db_conn *c, void *arg) {
    struct keeping *x = arg;
    struct store_tale s;
    TRY(story_from_message_in(c, x->a, x->who, x->message, x->reach, x->now, &x->story));
    TRY(store_story_get(c, x->a, x->who->brand, x->story, &s));
    x->conversation = s.conversation_id;
    return ERR_NONE;
}

err story_from_message(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t reach,
                       int64_t *ret_story) {
    struct keeping x = {.a = a, .who = who, .message = message, .reach = reach, .now = desk_now(d)};
    TRY(db_write(d->db, write_keep, &x));
    desk_changed(d, who->brand, x.conversation, "story");
    *ret_story = x.story;
    return ERR_NONE;
}

static int kinds_of(const struct heard *heard) {
    int kinds = 0;
    for (size_t i = 0; i < heard->findings.n; i++) {
        const struct finding *f = &heard->findings.v[i];
        thanks_kind k;
        if (f->kind != FINDING_THANKS) continue;
        /* What people add without saying of which kind thanks. */
        kinds |= thanks_kind_of(f->value, &k) ? 1 << k : PRAISE_THANKS;
    }
    return kinds;
}

/* Who praises and wants nothing, or tells others; "lovely toys, but mine came broken" is no story. */
static bool is_story(int kinds, letter_sort sort) {
    bool wants = sort == SORT_ASK || sort == SORT_COMPLAINT;
    if (kinds & PRAISE_TELLS) return !wants || (sort == SORT_ASK && kinds != PRAISE_TELLS);
    return (kinds & PRAISE_PRAISE) && sort == SORT_THANKS;
}

static err put_down(db_conn *c, arena *a, int64_t brand, int64_t message, int kinds, letter_sort sort,
                    int64_t now) {
    const struct actor listening = {.brand = brand};
    struct message m;
    int64_t story;
    TRY(store_praise_put(c, brand, message, kinds));
    if (!is_story(kinds, sort)) return ERR_NONE;
    TRY(store_message_get(c, a, brand, message, &m));
    if (m.kind != MESSAGE_LETTER || m.machine.n || !story_even(a, story_own_words(a, m.text)).n)
        return ERR_NONE;
    return story_from_message_in(c, a, &listening, message, -1, now, &story);
}

err story_heard_in(db_conn *c, arena *a, int64_t brand, int64_t message, const struct heard *heard,
                   int64_t now) {
    return put_down(c, a, brand, message, kinds_of(heard), heard->sort, now);
}

struct hearing {
    arena *a;
    int64_t brand, message, now;
    const struct heard *heard;
};

static err write_heard(db_conn *c, void *arg) {
    struct hearing *x = arg;
    return story_heard_in(c, x->a, x->brand, x->message, x->heard, x->now);
}

err story_heard_again(struct desk *d, arena *a, const struct actor *who, const struct message *m) {
    struct heard heard;
    TRY(listening_heard(d, a, who->brand, m, &heard));
    struct hearing x = {a, who->brand, m->id, desk_now(d), &heard};
    return db_write(d->db, write_heard, &x);
}

/* ---- gone ---- */

err story_child_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret_child,
                   bool *ret_near) {
    struct store_child k;
    bool near = false;
    TRY(child_is_in(c, a, brand, conversation, ret_child));
    TRY(child_get_in(c, a, brand, conversation, &k));
    if (!*ret_child && !k.version) TRY(store_story_child_near(c, brand, conversation, &near));
    *ret_child |= near;
    if (ret_near) *ret_near = near;
    return ERR_NONE;
}

err story_take_back(db_conn *c, struct store_tale *s, struct store_story_ask *ask, const struct actor *who,
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

err story_end_ask(db_conn *c, struct store_tale *s, int64_t now) {
    if (!s->ask.id || s->ask.ended_at || s->ask.answer != SHOW_UNSAID) return ERR_NONE;
    s->ask.ended_at = now;
    s->ask.quote = S("");
    return store_story_ask_update(c, &s->ask);
}

err story_words_changed_in(db_conn *c, arena *a, int64_t brand, int64_t message, int64_t now) {
    struct store_tale s;
    int64_t id;
    TRY(store_story_of_message(c, brand, message, &id));
    if (!id) return ERR_NONE;
    TRY(store_story_get(c, a, brand, id, &s));
    TRY(story_end_ask(c, &s, now));
    s.quote = S("");
    s.updated_at = now;
    if (s.state == STORY_YES) {
        const struct actor nobody = {.brand = brand};
        return story_take_back(c, &s, &s.ask, &nobody, S("desk"), now);
    }
    if (s.state == STORY_ASKED) s.state = STORY_FOUND;
    return store_story_update(c, brand, &s);
}

/* ---- what people do ---- */

err story_get(const struct desk *d, arena *a, int64_t brand, int64_t id, struct store_tale *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_story_get(c, a, brand, id, ret);
}

struct changing {
    arena *a;
    const struct actor *who;
    int64_t id, seen, now, reach, conversation;
    str quote;
    bool aside;
};

/* As the page showed it. */
static err load(db_conn *c, struct changing *x, struct store_tale *s) {
    TRY(store_story_get(c, x->a, x->who->brand, x->id, s));
    if (x->seen >= 0 && x->seen != s->version)
        return err_set(ERR_CONFLICT, "Somebody changed this story in the meantime; look at it again first.");
    TRY(child_writable_in(c, x->a, x->who->brand, s->conversation_id));
    x->conversation = s->conversation_id;
    s->updated_at = x->now;
    return ERR_NONE;
}

static err done(struct desk *d, struct changing *x, err (*write)(db_conn *, void *)) {
    TRY(db_write(d->db, write, x));
    desk_changed(d, x->who->brand, x->conversation, "story");
    return ERR_NONE;
}

static err write_quote(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_tale s;
    TRY(load(c, x, &s));
    if (str_eq(s.quote, x->quote)) return ERR_NONE;
    if (s.state == STORY_YES)
        return err_set(ERR_CONFLICT,
                       "They said yes to the words as they are. To show others, take the story down "
                       "first and ask again.");
    TRY(story_check_quote(x->a, story_own_words(x->a, s.text), x->quote));
    TRY(story_end_ask(c, &s, x->now));
    if (s.state == STORY_ASKED) s.state = STORY_FOUND;
    s.quote = x->quote;
    return store_story_update(c, x->who->brand, &s);
}

err story_set_quote(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
                    str quote) {
    struct changing x = {.a = a, .who = who, .id = id, .seen = seen_version, .now = desk_now(d)};
    x.quote = story_even(a, quote);
    return done(d, &x, write_quote);
}

static err write_reach(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_tale s;
    TRY(load(c, x, &s));
    s.reach = x->reach;
    s.reach_how = x->reach < 0 ? S("") : S("hand");
    s.reach_by = x->reach < 0 ? 0 : x->who->agent;
    return store_story_update(c, x->who->brand, &s);
}

err story_set_reach(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
                    int64_t reach) {
    if (reach > STORY_REACH_MAX) return err_set(ERR_INVALID, "That is more than there are people.");
    struct changing x = {.a = a, .who = who, .id = id, .seen = seen_version, .now = desk_now(d)};
    x.reach = reach < 0 ? -1 : reach;
    return done(d, &x, write_reach);
}

static err write_aside(db_conn *c, void *arg) {
    struct changing *x = arg;
    struct store_tale s;
    TRY(load(c, x, &s));
    if (x->aside == (s.state == STORY_ASIDE)) return ERR_NONE;
    if (s.state == STORY_YES) return err_set(ERR_CONFLICT, "This story is shown; take it down first.");
    if (!x->aside) {
        s.state = STORY_FOUND;
        return store_story_update(c, x->who->brand, &s);
    }
    if (s.state == STORY_NO || s.state == STORY_WITHDRAWN)
        return err_set(ERR_CONFLICT, "They said that it shall not be shown; nothing is left to put aside.");
    TRY(story_end_ask(c, &s, x->now));
    s.state = STORY_ASIDE;
    return store_story_update(c, x->who->brand, &s);
}

err story_set_aside(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
                    bool aside) {
    struct changing x = {.a = a, .who = who, .id = id, .seen = seen_version, .now = desk_now(d)};
    x.aside = aside;
    return done(d, &x, write_aside);
}
