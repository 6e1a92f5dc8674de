/* story_page: letters and mentions that praise or tell: the list, one of them, the quotes for the team's own
 * walls, the letters behind a count; and, for everybody, the page that a link in a letter opens, and the
 * wall. */
#ifndef LONGHAND_WEB_STORY_PAGE_H
#define LONGHAND_WEB_STORY_PAGE_H

#include "desk/story.h"
#include "web/frame.h"

enum { STORY_ROWS = 30, PRAISE_ROWS = 30 };

/* ---- for the team ---- */

struct tales_view {
    struct frame frame;
    story_shelf view;
    store_tale_list rows;
    int counts[STORY_SHELVES];
    int64_t next; /* 0: this is the last page */
    bool first, wall_on;
    str wall_url;
};
err tales_view_page(struct web_call *w);
void tales_html(struct web_call *w);
void tales_json(const struct web_call *w, struct json_out *o);

struct story_page {
    struct frame frame;
    struct store_tale s;
    store_story_ask_list asks;
    str quote;            /* as typed, chosen or proposed */
    bool proposed;        /* nobody chose it yet */
    str body;             /* the letter without what it quotes */
    str reach;            /* as typed */
    bool child, grown_up; /* a child wrote; a grown-up has confirmed */
    bool near;            /* nobody said so, but a child wrote from this customer elsewhere */
    str says;
    bool kept;
    int64_t conversation; /* after asking */
};
err tale_view_page(struct web_call *w);
void tale_html(struct web_call *w);
void tale_json(const struct web_call *w, struct json_out *o);
err story_do_keep(struct web_call *w);
void story_kept_json(const struct web_call *w, struct json_out *o);
err story_do_quote(struct web_call *w);
err story_do_reach(struct web_call *w);
err story_do_aside(struct web_call *w);
err story_do_ask(struct web_call *w);
void story_asked_json(const struct web_call *w, struct json_out *o);
err story_do_withdraw(struct web_call *w);

struct story_quotes {
    struct frame frame;
    story_shown_list rows;
    int64_t next; /* 0: this is the last page */
    bool first;
};
err story_quotes_view(struct web_call *w);
void story_quotes_html(struct web_call *w);
void story_quotes_json(const struct web_call *w, struct json_out *o);

struct praise_view {
    struct frame frame;
    struct praise_ask ask;
    praise_list rows;
    str agent_name; /* whose letters; "" of all */
    str next;       /* path of the next page, "" none */
};
err praise_view_page(struct web_call *w);
void praise_html(struct web_call *w);
void praise_json(const struct web_call *w, struct json_out *o);

/* ---- for everybody ---- */

struct story_link_view {
    struct web_call *w;
    struct story_link link;
    struct story_said typed;
    str action, says, wall_url;
    bool inside; /* somebody who works here looks: they cannot answer */
    bool done;   /* it was said just now */
};
err story_link_view(struct web_call *w);
err story_link_do(struct web_call *w);
void story_link_html(struct web_call *w);
err story_link_picture(struct web_call *w);

struct story_wall_view {
    struct web_call *w;
    struct story_wall wall;
    int64_t before;
};
err story_wall_view(struct web_call *w);
void story_wall_html(struct web_call *w);
err story_wall_atom(struct web_call *w);
err story_wall_feed(struct web_call *w);
err story_wall_picture(struct web_call *w);

/* ---- for templates ---- */

const char *story_shelf_title(story_shelf v); /* "New", in English: the key of its translation */
/* The beginning of what a letter says itself, in whole words. */
str story_begin(struct web_call *w, str letter);
/* The words of a row: chosen, or the beginning of the letter. */
str story_line(struct web_call *w, const struct store_tale *s);
/* "Yes, with first name", "Asked on 3 March", "Not thanked yet"; and its chip: chip--ink, chip--open or "".
 */
str story_state_text(struct web_call *w, const struct store_tale *s);
const char *story_chip(const struct store_tale *s);
str story_kinds_text(struct web_call *w, int kinds); /* "thanks, praise" */
str story_reach_text(struct web_call *w, const struct store_tale *s);
str story_ask_text(struct web_call *w,
                   const struct store_story_ask *k); /* "Yes, in full: the public wall, our own walls" */
str story_who(struct web_call *w, const struct story_shown *s); /* "Corinne", "A child", "Somebody" */
/* They agreed, and still it is not shown: why, "" when it is. */
str story_hidden_text(const struct story_page *v);

#endif
