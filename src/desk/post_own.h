/* Shared by post.c and post_filing.c. */
#ifndef LONGHAND_DESK_POST_OWN_H
#define LONGHAND_DESK_POST_OWN_H

#include "desk/post.h"

/* A post on its way into the tables. */
struct post_row {
    struct store_post row;
    bool deleted;
    bool can_look; /* its network can be asked how it stands */
};

/* When the network is to be asked again how a post stands: soon at first, then less and less often, for a
 * week. 0: no more. */
int64_t post_next_look(int64_t came_at, int64_t now);

#endif
