#include "desk/password_cost.h"

/* Why these: see password.h. */
const struct password_cost password_cost = {.memory = 19 << 20, .passes = 6};
