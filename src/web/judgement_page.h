/* judgement_page: what was decided outside policy, read as stories; what was said of it; what many do. */
#ifndef LONGHAND_WEB_JUDGEMENT_PAGE_H
#define LONGHAND_WEB_JUDGEMENT_PAGE_H

#include "desk/judgement.h"
#include "web/allowance_page.h"

enum { STORIES_SHOWN = 10, STORY_BYTES = 700 };

struct stories_view {
    struct admin admin;
    bool lead, unread, one; /* one: the page of a single story */
    judgement_story_list stories;
    int64_t before, next;
    int64_t typed_for; /* the gesture whose note was refused; 0 none */
    str note, suggestion;
};
err stories_view(struct web_call *w);
void stories_html(struct web_call *w);
void stories_json(const struct web_call *w, struct json_out *o);
err story_view(struct web_call *w);
void story_json(const struct web_call *w, struct json_out *o);
err judgement_do_well(struct web_call *w);
err judgement_do_note(struct web_call *w);

struct patterns_view {
    struct admin admin;
    struct currency currency;
    judgement_pattern_list rows;
};
err patterns_view(struct web_call *w);
void patterns_html(struct web_call *w);
void patterns_json(const struct web_call *w, struct json_out *o);

/* ---- for templates ---- */

/* How it begins. */
str story_begins(struct web_call *w, const struct store_story_part *p);
/* The reader said "well judged" of it, or somebody did. */
bool story_is_well(const struct judgement_story *s);
bool story_well_by(const struct judgement_story *s, int64_t agent);

#endif
