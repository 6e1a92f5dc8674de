#include "desk/roles.h"

#define MAY(right) (1u << (right))

static const struct {
    const char *text;
    unsigned may;
} roles[ROLES] = {
    [ROLE_ADMINISTRATOR] = {"administrator", MAY(RIGHT_READ) | MAY(RIGHT_PACK) | MAY(RIGHT_WRITE) |
                                                 MAY(RIGHT_LEAD) | MAY(RIGHT_ADMIN)},
    [ROLE_LEAD] = {"lead", MAY(RIGHT_READ) | MAY(RIGHT_PACK) | MAY(RIGHT_WRITE) | MAY(RIGHT_LEAD)},
    [ROLE_AGENT] = {"agent", MAY(RIGHT_READ) | MAY(RIGHT_PACK) | MAY(RIGHT_WRITE)},
    [ROLE_PACKER] = {"packer", MAY(RIGHT_READ) | MAY(RIGHT_PACK)},
    [ROLE_READER] = {"reader", MAY(RIGHT_READ)},
};

const char *role_text(enum role role) { return roles[role].text; }

bool role_from(str text, enum role *ret_role) {
    for (int i = 0; i < ROLES; i++) {
        if (!str_eq(text, str_z(roles[i].text))) continue;
        *ret_role = (enum role)i;
        return true;
    }
    return false;
}

bool role_may(enum role role, enum right right) { return (roles[role].may & MAY(right)) != 0; }
