/* brand_page: what a brand is called, and new brands. */
#ifndef LONGHAND_WEB_BRAND_PAGE_H
#define LONGHAND_WEB_BRAND_PAGE_H

#include "web/admin_page.h"

struct brand_view {
    struct admin admin; /* of a new brand only the frame is set */
    str name, zone, language;
};

err brand_view(struct web_call *w);
void brand_html(struct web_call *w);
void brand_json(const struct web_call *w, struct json_out *o);
err brand_save(struct web_call *w);

/* For whoever is administrator of a brand; others get ERR_DENIED. The new one has them as administrator. */
err brand_new_view(struct web_call *w);
void brand_new_html(struct web_call *w);
err brand_new_save(struct web_call *w);

#endif
