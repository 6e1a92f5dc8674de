/* demo: what the brand of `longhand demo` holds beside its letters. */
#ifndef LONGHAND_CLI_DEMO_H
#define LONGHAND_CLI_DEMO_H

#include "cli/cli.h"
#include "desk/desk.h"

/* Normal answers and room to go beyond them, unless the brand has any. */
err demo_leeway(struct cli_desk *c, const struct actor *who);
/* What lies where, and who carries boxes, unless something lies there. */
err demo_stock(struct cli_desk *c, const struct actor *who);
/* Who speaks, what is true there, its words, and the look of its printed letters. */
err demo_world(struct cli_desk *c, const struct actor *who);
err demo_status(struct cli_desk *c, const struct actor *who);

#endif
