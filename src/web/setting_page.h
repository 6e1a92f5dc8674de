/* setting_page: what a brand may set. */
#ifndef LONGHAND_WEB_SETTING_PAGE_H
#define LONGHAND_WEB_SETTING_PAGE_H

#include "desk/settings.h"
#include "web/admin_page.h"

struct settings_view {
    struct admin admin;
    setting_list settings;
    str typed[SETTINGS]; /* in the fields: what is set, or was typed just now; "" where the default counts */
};

err settings_view(struct web_call *w);
void settings_html(struct web_call *w);
void settings_json(const struct web_call *w, struct json_out *o);
/* Changes those that are named; "" is back to the default. */
err settings_save(struct web_call *w);

#endif
