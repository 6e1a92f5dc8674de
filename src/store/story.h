/* store/story: letters and posts that thank, praise or tell; the stories among them; what their writers said
 * to showing them. Every function runs inside the caller's transaction. */
#ifndef LONGHAND_STORE_STORY_H
#define LONGHAND_STORE_STORY_H

#include "base/list.h"
#include "db/db.h"
#include "store/states.h"

/* ---- letters that thank ---- */

/* `kinds` is a sum of these. */
enum { PRAISE_THANKS = 1, PRAISE_PRAISE = 2, PRAISE_TELLS = 4, PRAISE_ALL = 7 };

/* Put down that a letter thanks, or take that away (`kinds` 0). Whom: the agent of the last reply before it
 * in its conversation, else who holds the conversation; kept as it is when the row is there. */
err store_praise_put(db_conn *c, int64_t brand, int64_t message, int kinds);

/* Which letters: of `agent` (-1: of all, 0: of nobody in particular), with any of `kinds`, said in [from,
 * until) (until 0: to this day). Junk, machines and forgotten letters are left out. Child or not makes no
 * difference here; what leaves the desk asks desk/child.h. */
struct praise_ask {
    int64_t agent, from, until;
    int kinds;
};
struct praise_count {
    int64_t agent_id;
    str agent_name;                     /* "" for nobody in particular */
    int64_t thanks, praise, tells;      /* letters; one may be in all three */
    int64_t letters, customers;         /* letters of any kind; different people */
    int64_t stories_asked, stories_yes; /* of these letters: asked about showing; shown now with consent */
};
typedef LIST(struct praise_count) praise_count_list;
/* One row per agent, by name; those without any are left out. A month is what the caller says it is. */
err store_praise_counts(db_conn *c, arena *a, int64_t brand, const struct praise_ask *ask,
                        praise_count_list *ret);

struct praise_row {
    int64_t message_id, conversation_id, customer_id, agent_id, at;
    int kinds;
    channel channel;
    str customer_name, agent_name, subject, text;
    int64_t story_id; /* 0: none */
};
typedef LIST(struct praise_row) praise_list;
/* Newest first, before {at, message} of `before` (zeroes: from the newest). */
struct praise_key {
    int64_t at, message;
};
err store_praise_list(db_conn *c, arena *a, int64_t brand, const struct praise_ask *ask,
                      struct praise_key before, int limit, praise_list *ret);

/* ---- stories ---- */

typedef enum story_state {
    STORY_FOUND,    /* nobody asked about showing it yet */
    STORY_ASIDE,    /* not to be shown; somebody put it aside */
    STORY_ASKED,    /* a link was made; it works once its letter was sent */
    STORY_YES,      /* they agreed; the ask says to what */
    STORY_NO,       /* they did not */
    STORY_WITHDRAWN /* they took it back */
} story_state;
enum { STORY_STATES = STORY_WITHDRAWN + 1 };
const char *story_state_name(story_state s); /* "found", "aside", "asked", "yes", "no", "withdrawn" */
bool story_state_from(str s, story_state *ret);

typedef enum story_answer { SHOW_UNSAID, SHOW_FULL, SHOW_FIRST, SHOW_NAMELESS, SHOW_NO } story_answer;
enum { STORY_ANSWERS = SHOW_NO + 1 };
const char *story_answer_name(story_answer v); /* "", "full", "first", "nameless", "no" */
bool story_answer_from(str s, story_answer *ret);

struct store_story_ask {
    int64_t brand_id, id, story_id, agent_id;
    str hash;           /* 32 bytes; not read */
    int64_t message_id; /* the letter that carries the link; 0 not sent */
    bool grown_up;
    str quote;
    int64_t created_at, expires_at, ended_at;
    story_answer answer;
    int64_t answered_at;
    str name;
    bool wall, team, photos;
    int64_t wording;
    str language;
    int64_t withdrawn_at;
    str withdrawn_by; /* "", "link", "desk" */
    str agent_name;   /* joined; not written */
};
typedef LIST(struct store_story_ask) store_story_ask_list;

struct store_tale {
    int64_t id, message_id;
    story_state state;
    int64_t kept_by;
    str quote;
    int64_t reach; /* -1 unknown */
    str reach_how; /* "", "followers", "hand" */
    int64_t reach_by, ask_id, created_at, updated_at, version;
    /* Joined; not written. */
    int64_t conversation_id, customer_id, said_at, praise_agent;
    int kinds; /* 0: kept by hand, listening heard nothing */
    channel channel;
    str text, subject, from_name, customer_name, praise_name, kept_name;
    int64_t thanked_at, thanked_message; /* the first reply of ours behind it; 0 nobody thanked them yet */
    str thanked_name;
    struct store_story_ask ask; /* the last one; id 0 none. Without hash */
};
typedef LIST(struct store_tale) store_tale_list;

/* ERR_CONFLICT when the letter is a story already. */
err store_story_insert(db_conn *c, int64_t brand, const struct store_tale *row);
/* state, quote, reach, ask_id; version + 1. ERR_CONFLICT when the stored version is another. */
err store_story_update(db_conn *c, int64_t brand, const struct store_tale *row);
err store_story_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_tale *ret);
/* Id of the story of a letter; 0 when it is none. */
err store_story_of_message(db_conn *c, int64_t brand, int64_t message, int64_t *ret_id);

/* A child wrote from this conversation's customer elsewhere: a person said so, or listening thinks so and
 * nobody said anything yet. */
err store_story_child_near(db_conn *c, int64_t brand, int64_t conversation, bool *ret);

/* How many followed the author of a post when it came; -1: not known, or no post. */
err store_story_followers(db_conn *c, int64_t brand, int64_t message, int64_t *ret_n);

typedef enum story_shelf {
    SHELF_NEW,     /* found, and nobody thanked them yet */
    SHELF_THANKED, /* found and thanked */
    SHELF_ASKED,
    SHELF_SHOWN, /* yes */
    SHELF_NO,    /* no, or taken back */
    SHELF_ASIDE
} story_shelf;
enum { STORY_SHELVES = SHELF_ASIDE + 1 };
const char *story_shelf_name(story_shelf v); /* "new", "thanked", "asked", "shown", "no", "aside" */
bool story_shelf_from(str s, story_shelf *ret);
/* Newest first, ids below `before` (0: all). */
err store_story_rows(db_conn *c, arena *a, int64_t brand, story_shelf view, int64_t before, int limit,
                     store_tale_list *ret);
/* Counted up to `cap`; new and thanked ones among the 3,000 found last. */
err store_story_count(db_conn *c, int64_t brand, story_shelf view, int cap, int *ret);

err store_story_ask_insert(db_conn *c, const struct store_story_ask *row);
/* Everything but brand, id, story, agent, hash, created_at. */
err store_story_ask_update(db_conn *c, const struct store_story_ask *row);
/* By the hash of a link, whatever became of it. ERR_MISSING. */
err store_story_ask_by_hash(db_conn *c, arena *a, str hash, struct store_story_ask *ret);
/* All of a story, newest first. */
err store_story_asks(db_conn *c, arena *a, int64_t brand, int64_t story, store_story_ask_list *ret);

/* What may be shown at this moment: a yes that was not taken back, of a letter whose words are there; of a
 * child's conversation only what a grown-up agreed to, and no letter of one that nobody settled, or of a
 * customer of whom a person said elsewhere that a child wrote. */
struct story_shown {
    int64_t story_id, ask_id, message_id, conversation_id;
    str quote, name;
    story_answer answer;
    bool wall, team, photos, child;
    int64_t said_at, answered_at;
    str language; /* of the words; "" not known */
};
typedef LIST(struct story_shown) story_shown_list;
typedef enum story_where { SHOWN_WALL, SHOWN_TEAM } story_where;
/* Newest answer first, asks below `before` (0: all). */
err store_stories_shown(db_conn *c, arena *a, int64_t brand, story_where where, int64_t before, int limit,
                        story_shown_list *ret);
/* One picture of a story that is shown there with its pictures: the attachment's id when it is, ERR_MISSING
 * else. */
err store_story_photo(db_conn *c, int64_t brand, int64_t story, int64_t attachment);
/* Its pictures that can be shown (a small one was made, and no virus was found), oldest first. */
struct story_photo {
    int64_t id;
};
typedef LIST(struct story_photo) story_photo_list;
err store_story_photos(db_conn *c, arena *a, int64_t brand, int64_t message, story_photo_list *ret);

/* ---- forgetting ---- */

/* All that is kept of the letters of a conversation, or of one letter. */
err store_story_forget(db_conn *c, int64_t brand, int64_t conversation);
err store_story_forget_message(db_conn *c, int64_t brand, int64_t message);

#endif
