/* store/look: how a brand's printed letters look, and how each agent signs them. */
#ifndef LONGHAND_STORE_LOOK_H
#define LONGHAND_STORE_LOOK_H

#include "db/db.h"

struct store_look {
    str brand; /* its name; joined, not written */
    str brand_line, sender, foot, sign_off;
    int64_t accent; /* 0xRRGGBB */
    bool sans;
    str paper, label;             /* as print_paper_name; "" nobody chose */
    str mark;                     /* PNG; "" none */
    int64_t agent_id, updated_at; /* 0: nobody has made it their own */
    str agent_name;               /* joined; not written */
};
/* With updated_at 0 and everything but the name empty when there is no row. ERR_MISSING: no such brand. */
err store_look_get(db_conn *c, arena *a, int64_t brand, struct store_look *ret);
err store_look_put(db_conn *c, int64_t brand, const struct store_look *row);

struct store_signing {
    int64_t agent_id;
    str name; /* of the account; joined, not written */
    str role, sign_off;
    str picture; /* PNG; "" none */
    int64_t updated_at;
};
/* With updated_at 0 when the agent has said nothing about it. ERR_MISSING: no such agent in this brand. */
err store_signing_get(db_conn *c, arena *a, int64_t brand, int64_t agent, struct store_signing *ret);
err store_signing_put(db_conn *c, int64_t brand, const struct store_signing *row);

#endif
