/* look_page: how the brand's printed letters look, and how each agent signs them. */
#ifndef LONGHAND_WEB_LOOK_PAGE_H
#define LONGHAND_WEB_LOOK_PAGE_H

#include "desk/look.h"
#include "web/voice_page.h"

struct look_view {
    struct admin admin;
    struct store_look row;  /* as it is */
    struct store_look form; /* as it is or was typed just now; the papers always chosen */
    str accent;             /* "#2a4899" */
    bool changed;           /* somebody else changed it in the meantime */
};
struct signing_view {
    struct admin admin;
    struct store_signing row, form; /* as above */
    str brand_sign_off;
};

err look_view(struct web_call *w);
void look_html(struct web_call *w);
void look_json(const struct web_call *w, struct json_out *o);
err look_save(struct web_call *w);
err look_mark(struct web_call *w);
err look_preview(struct web_call *w);

err signing_view(struct web_call *w);
void signing_html(struct web_call *w);
void signing_json(const struct web_call *w, struct json_out *o);
err signing_save(struct web_call *w);
err signature_picture(struct web_call *w);

/* ---- for templates ---- */

const char *look_paper_title(enum print_paper p); /* "A4", in English: the key of its translation */

#endif
