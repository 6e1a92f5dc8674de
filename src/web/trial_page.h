/* trial_page: tests of ours, the customers in them, and the queue of those who wait for a letter. */
#ifndef LONGHAND_WEB_TRIAL_PAGE_H
#define LONGHAND_WEB_TRIAL_PAGE_H

#include "desk/trial.h"
#include "web/defect_page.h"

enum { TRIAL_ROWS = 50 };

struct trials_view {
    struct admin admin;
    trial_view view;
    store_trial_list rows;
    int64_t next;
    bool first;
};
err trials_view_page(struct web_call *w);
void trials_html(struct web_call *w);
void trials_json(const struct web_call *w, struct json_out *o);

struct trial_page {
    struct admin admin;
    struct store_trial trial; /* id 0: a new one */
    store_trial_case_list rows;
    struct page_key next;
    bool queue, first, ending;     /* ending: its form is open */
    str name, about, ends, result; /* as typed */
    int64_t defect, taken;         /* taken: how many were taken in just now; -1 nothing was asked */
    str defect_name;
};
err trial_new_view(struct web_call *w);
void trial_new_html(struct web_call *w);
err trial_do_start(struct web_call *w);
err trial_view_one(struct web_call *w);
err trial_queue_view(struct web_call *w);
void trial_html(struct web_call *w);
void trial_json(const struct web_call *w, struct json_out *o);
err trial_do_change(struct web_call *w);
err trial_do_end(struct web_call *w);
err trial_do_take_all(struct web_call *w);
err trial_do_out(struct web_call *w);
err trial_do_skip(struct web_call *w);
err trial_do_unskip(struct web_call *w);
err trial_do_in(struct web_call *w); /* from a conversation */
void trial_done_json(const struct web_call *w, struct json_out *o);

void trial_json_object(struct json_out *o, const struct store_trial *t);
void trial_case_json(struct json_out *o, const struct store_trial_case *k);
bool trial_overdue(struct web_call *w, const struct store_trial *t);
str trial_case_text(struct web_call *w, const struct store_trial_case *k);

#endif
