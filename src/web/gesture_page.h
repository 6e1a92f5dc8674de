/* gesture_page: giving, taking back, confirming and declining; what waits for a lead; the export. The panel
 * on the conversation is gesture_panel. */
#ifndef LONGHAND_WEB_GESTURE_PAGE_H
#define LONGHAND_WEB_GESTURE_PAGE_H

#include "web/allowance_page.h"
#include "web/gesture_panel.h"

enum { ASKED_ROWS = 50 };

/* GET of a conversation's gestures, and what a POST of one did: for programs. */
err gestures_view(struct web_call *w);
void gestures_json(const struct web_call *w, struct json_out *o);

err gesture_do_give(struct web_call *w);
void gesture_again(struct web_call *w);
void gesture_done_json(const struct web_call *w, struct json_out *o);

err gesture_view(struct web_call *w);
void gesture_json(const struct web_call *w, struct json_out *o);
err gesture_do_withdraw(struct web_call *w);
void gesture_step_again(struct web_call *w);

struct asked_view {
    struct admin admin;
    store_gesture_list rows;
    int64_t after, next; /* ids; 0: from the start, no more */
    int64_t typed_for;   /* the gesture whose note was refused; 0 none */
    str typed;
};
err asked_view(struct web_call *w);
void asked_html(struct web_call *w);
void asked_json(const struct web_call *w, struct json_out *o);
err gesture_do_confirm(struct web_call *w);
err gesture_do_decline(struct web_call *w);

err gestures_export(struct web_call *w);

/* One gesture as JSON, as every list gives it. */
void gesture_json_object(const struct web_call *w, struct json_out *o, const struct store_gesture *g);

#endif
