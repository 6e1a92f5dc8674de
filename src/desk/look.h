/* look: how a brand's printed letters look, and how each agent signs them. Whoever answers may see it, leads
 * change it; everybody signs for themselves. */
#ifndef LONGHAND_DESK_LOOK_H
#define LONGHAND_DESK_LOOK_H

#include "desk/desk.h"
#include "print/print.h"
#include "store/look.h"

enum {
    LOOK_LINE_BYTES = 200, /* brand line, sender, role */
    LOOK_FOOT_BYTES = 600,
    LOOK_FOOT_LINES = 6, /* as print_look */
    LOOK_SIGN_OFF_BYTES = 300,
    LOOK_PICTURE_BYTES = 512 * 1024, /* of a mark or signature: every printed box carries both */
    LOOK_ACCENT = 0x2a4899,          /* until a brand chooses its own: the pencil of the pages */
};

/* ---- for printing ---- */

/* The brand's stationery; complete where nobody has changed anything: its name, no mark, A4. */
err look_of(db_conn *c, arena *a, int64_t brand, struct print_look *ret);
/* What stands under a letter of this agent. The sign-off is theirs, else the brand's; all but that is ""
 * for agent 0 and one who is not in the brand. */
err look_signature(db_conn *c, arena *a, int64_t brand, int64_t agent, str *ret_png, str *ret_name,
                   str *ret_role, str *ret_sign_off);
/* On what letters and slips, and on what address labels are printed. */
err look_papers(db_conn *c, arena *a, int64_t brand, enum print_paper *ret_paper,
                enum print_paper *ret_label);

/* The same from a row that was read already. */
void look_from(const struct store_look *row, struct print_look *ret);
void look_papers_from(const struct store_look *row, enum print_paper *ret_paper, enum print_paper *ret_label);

/* ---- changing it ---- */

enum look_picture { PICTURE_STAYS, PICTURE_NEW, PICTURE_GONE };

struct look_form {
    str brand_line, sender, foot, sign_off;
    str accent; /* "#2a4899" */
    bool sans;
    str paper, label;
    enum look_picture picture;
    str mark;     /* of PICTURE_NEW */
    int64_t seen; /* updated_at of what was changed; -1 not asked */
};
/* ERR_INVALID with a sentence that names the field, a picture included that cannot be printed; ERR_LIMIT: too
 * large a picture; ERR_CONFLICT: changed since it was seen. */
err look_change(const struct desk *d, arena *a, const struct actor *who, const struct look_form *form);

struct signing_form {
    str role, sign_off;
    enum look_picture picture;
    str png; /* of PICTURE_NEW */
};
/* Of the actor themselves. */
err look_sign(const struct desk *d, arena *a, const struct actor *who, const struct signing_form *form);

str look_accent_text(arena *a, int64_t accent); /* "#2a4899" */

#endif
