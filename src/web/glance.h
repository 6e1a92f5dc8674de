/* glance: what every page of a brand shows beside its subject, kept for at most a second or until something
 * in the brand changed: the counts in the rail, whether letters leave this machine, who works here. */
#ifndef LONGHAND_WEB_GLANCE_H
#define LONGHAND_WEB_GLANCE_H

#include "desk/gesture.h"
#include "store/agent.h"
#include "store/child.h"
#include "store/conversation.h"
#include "store/inbox.h"
#include "store/rhythm.h"
#include "store/world.h"
#include "web/web.h"

enum { GLANCE_COUNT_CAP = 1000, GLANCE_VIEWS = VIEW_JUNK + 1, GLANCE_ROWS = 51 };

struct glance {
    int counts[GLANCE_VIEWS];          /* up to the cap; -1: not counted (mine, done, closed, junk) */
    int incidents, incidents_proposed; /* open, and proposed by the desk */
    int64_t incident;                  /* the latest open one; 0 none */
    int alarms, told_later; /* open alarms; customers of ended tests who wait for a letter; up to the cap */
    int undelivered;        /* replies that failed, or of which nobody knows; up to 99 */
    conversation_list waiting;  /* who waits longest, the first GLANCE_ROWS: beside every open letter */
    int promises;               /* of ours that are late, due today or known to become late; up to the cap */
    int boxes;                  /* to agree to, to pick or to send; up to the cap */
    int asked;                  /* gestures that wait for a lead; up to 99 */
    int stories;                /* letters that praise or tell, and nobody has thanked for; up to 99 */
    struct gesture_rules rules; /* the normal answers and allowances */
    int64_t worries;            /* open ones */
    store_safeguard_list care;  /* everybody, and who looks after worries */
    store_inbox_list inboxes;   /* disabled ones too */
    int untaken;                /* mailboxes that cannot be fetched; the first one's address and inbox: */
    str untaken_address;
    int64_t untaken_id;
    store_silence_list silent; /* inboxes that are silent beyond their rhythm */
    bool stays_here;           /* every inbox puts its replies into a folder of this machine */
    struct store_world world;  /* who speaks, notes, words and ends of letters, as far as they stand there */
    store_agent_list colleagues; /* who may be passed a conversation: not disabled, has signed up */
};

struct glances *glances_new(void);
void glances_free(struct glances *g);
/* Something in the brand changed: the next look is a fresh one. From any thread. */
void glances_touch(struct glances *g, int64_t brand);

/* Of the brand of this request; valid until it is answered. */
err glance_of(struct web_call *w, const struct glance **ret_glance);
/* Does the reader look after worries, or administer the brand? */
bool glance_cares(const struct web_call *w);
void glance_release(struct web_call *w); /* the router's */

/* Without a request, for live.c: the counts alone. */
err glance_counts(struct web *web, int64_t brand, int ret_counts[GLANCE_VIEWS]);
err glance_promises(struct web *web, int64_t brand, int *ret_count);
err glance_incidents(struct web *web, int64_t brand, struct glance *ret); /* its incidents only */

#endif
