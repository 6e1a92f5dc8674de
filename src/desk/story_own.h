/* What the parts of stories share. Private to src/desk/story*.c. */
#ifndef LONGHAND_DESK_STORY_OWN_H
#define LONGHAND_DESK_STORY_OWN_H

#include "desk/story.h"

/* story_wall_version counts up. Before the commit that takes something away and after it, so that no page
 * that was read in between is sent. */
void story_wall_changed(void);
/* A link that is out works no more; nothing where there is none. Within a write. */
err story_end_ask(db_conn *c, struct store_tale *s, int64_t now);

#endif
