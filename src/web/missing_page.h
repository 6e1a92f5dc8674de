/* missing_page: /missing/SLUG, for everybody: which piece is missing. One step is open at a time; what the
 * others hold travels in the form, so that the page needs neither a session nor a script. And /your/TOKEN,
 * the private page that shows what became of it. */
#ifndef LONGHAND_WEB_MISSING_PAGE_H
#define LONGHAND_WEB_MISSING_PAGE_H

#include "desk/missing.h"
#include "desk/track.h"
#include "web/web.h"

enum { MISSING_SHOWN = 40 /* pieces on a page */ };

/* What a form says, as far as it can be read; whatever it holds is no error here. */
struct missing_form {
    struct missing_wish wish; /* without brand, photo and peer */
    missing_step step;        /* the one that was open */
    str doing;                /* the button: "find", "unknown", "look", "from:40", "to:2", "next", "send" */
    str find;                 /* what is searched for among the pieces */
    int64_t from;             /* the first piece that is shown */
    int64_t opened_at;        /* when the form was first shown; 0 unknown */
};
void missing_form_read(arena *a, const http_pairs *fields, struct missing_form *ret);
/* The same from the JSON of a program. */
void missing_form_of_json(arena *a, const json_t *body, struct missing_form *ret);
/* How many of a piece the form asks for. */
int64_t missing_form_count(const struct missing_form *f, uint64_t key);

struct missing_view {
    struct web_call *w;
    struct store_brand brand;
    struct missing_form form;
    missing_step open;
    bool searched; /* found has what was looked for */
    missing_product_list found;
    struct missing_product product; /* code "" when none is chosen */
    missing_piece_list pieces;      /* all of the product's */
    missing_piece_list fitting;     /* of these what was searched for */
    size_t from, to;                /* of fitting, what is shown */
    int64_t chosen;                 /* how many pieces together */
    str says;                       /* what was wrong, "" nothing */
    str link;                       /* of the private page, once it is told */
    int64_t conversation;
};

err missing_view(struct web_call *w);
err missing_do(struct web_call *w);
void missing_html(struct web_call *w);
void missing_json(const struct web_call *w, struct json_out *o);
void missing_told_json(const struct web_call *w, struct json_out *o);

/* ---- for templates ---- */

str missing_summary(const struct missing_view *v, missing_step step);
str missing_key(const struct missing_view *v, uint64_t key);                    /* "n-" and 16 digits */
bool missing_is_shown(const struct missing_view *v, uint64_t key);              /* in the list that is open */
str missing_where(const struct missing_view *v, const struct missing_piece *p); /* "Dark blue, 1020415" */

/* ---- the private page ---- */

struct your_view {
    struct web_call *w;
    struct track_view track;
    bool wrong; /* no link of ours: nothing of `track` is set */
    bool fresh; /* they have just told us */
    str link;   /* to be kept; when fresh */
};
err your_view(struct web_call *w);
void your_html(struct web_call *w);
void your_json(const struct web_call *w, struct json_out *o);
/* How one box stands: what is done, what is going on, what is still to come. */
struct your_step {
    const char *words; /* T("...") */
    int64_t at;        /* 0 no time */
    int64_t day;       /* such as 20261204; 0 none */
    enum your_when { YOUR_DONE, YOUR_NOW, YOUR_LATER } when;
    bool tracked; /* the link to the carrier belongs here */
};
struct your_way {
    struct your_step steps[6];
    size_t n;
};
struct your_way your_way_of(const struct your_view *v, const struct track_box *b);

/* ---- links, on the conversation's page ---- */

struct conversation_page;
struct track_panel {
    store_track_list links;
    int64_t now;
};
/* Into p->track; NULL where the conversation has no link and did not begin on the page. */
err track_panel_load(struct web_call *w, struct conversation_page *p);
err track_do_make(struct web_call *w);
void track_made_html(struct web_call *w);
void track_made_json(const struct web_call *w, struct json_out *o);
err track_do_end(struct web_call *w);
err track_links(struct web_call *w);
void track_links_json(const struct web_call *w, struct json_out *o);

#endif
