/* What the parts of stories share. Private to src/desk/story*.c. */
#ifndef LONGHAND_DESK_STORY_OWN_H
#define LONGHAND_DESK_STORY_OWN_H

#include "desk/story.h"

enum { STORY_TOKEN_CHARACTERS = 22 };
/* As token_new makes them; anything else is not even looked up. */
bool story_token_ok(str token);

/* A link that is out works no more; nothing where there is none. Within a write. */
err story_end_ask(db_conn *c, struct store_tale *s, int64_t now);
/* The words and the name go from the record; that they were agreed to and taken back stays. Within a write.
 */
err story_take_back(db_conn *c, struct store_tale *s, struct store_story_ask *ask, const struct actor *who,
                    str by, int64_t now);
/* Part of story_forget_tries. */
void story_wall_forget_looks(void);

#endif
