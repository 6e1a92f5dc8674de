/* roles: what an agent may. */
#ifndef LONGHAND_DESK_ROLES_H
#define LONGHAND_DESK_ROLES_H

#include <stdbool.h>

#include "base/str.h"

enum role {
    ROLE_ADMINISTRATOR, /* everything, people and inboxes too */
    ROLE_LEAD,          /* answers letters and looks after those who do */
    ROLE_AGENT,         /* answers letters */
    ROLE_PACKER,        /* reads; packs boxes */
    ROLE_READER,        /* reads */
};
enum { ROLES = ROLE_READER + 1 };

/* RIGHT_READ: see letters. RIGHT_PACK: boxes and stock. RIGHT_WRITE: answer, assign, close. RIGHT_LEAD: what
 * concerns the work of others, such as junk and blocked senders. RIGHT_ADMIN: brands, inboxes, agents,
 * settings. */
enum right { RIGHT_READ, RIGHT_PACK, RIGHT_WRITE, RIGHT_LEAD, RIGHT_ADMIN };

const char *role_text(enum role role);         /* "administrator": stored, in JSON and on the command line */
bool role_from(str text, enum role *ret_role); /* false when it is none of them */
bool role_may(enum role role, enum right right);

#endif
