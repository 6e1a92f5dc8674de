/* password_cost: what one Argon2id hash costs. A constant in a file of its own: nothing changes it in a
 * program that runs, and a unit test that hashes many passwords is linked with its own, cheaper one instead.
 */
#ifndef LONGHAND_DESK_PASSWORD_COST_H
#define LONGHAND_DESK_PASSWORD_COST_H

#include <stddef.h>

struct password_cost {
    size_t memory; /* bytes */
    unsigned long long passes;
};
extern const struct password_cost password_cost;

#endif
