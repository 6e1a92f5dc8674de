/* glance: what every page of a brand shows beside its subject, kept for at most a second or until something
 * in the brand changed: the counts in the rail, whether letters leave this machine, who works here. */
#ifndef LONGHAND_WEB_GLANCE_H
#define LONGHAND_WEB_GLANCE_H

#include "store/agent.h"
#include "store/conversation.h"
#include "store/inbox.h"
#include "web/web.h"

enum { GLANCE_COUNT_CAP = 1000, GLANCE_VIEWS = VIEW_JUNK + 1, GLANCE_ROWS = 51 };

struct glance {
    int counts[GLANCE_VIEWS];    /* up to the cap; -1: not counted (mine, done, closed, junk) */
    int undelivered;             /* replies that failed, or of which nobody knows; up to 99 */
    conversation_list waiting;   /* who waits longest, the first GLANCE_ROWS: beside every open letter */
    store_inbox_list inboxes;    /* disabled ones too */
    bool stays_here;             /* every inbox puts its replies into a folder of this machine */
    store_agent_list colleagues; /* who may be passed a conversation: not disabled, has signed up */
};

struct glances *glances_new(void);
void glances_free(struct glances *g);
/* Something in the brand changed: the next look is a fresh one. From any thread. */
void glances_touch(struct glances *g, int64_t brand);

/* Of the brand of this request; valid until it is answered. */
err glance_of(struct web_call *w, const struct glance **ret_glance);
void glance_release(struct web_call *w); /* the router's */

/* Without a request, for live.c: the counts alone. */
err glance_counts(struct web *web, int64_t brand, int ret_counts[GLANCE_VIEWS]);

#endif
