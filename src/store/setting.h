/* store setting: a brand's settings as text; desk/settings.h knows what they mean. */
#ifndef LONGHAND_STORE_SETTING_H
#define LONGHAND_STORE_SETTING_H

#include "base/list.h"
#include "db/db.h"

struct store_setting {
    str name, value;
};
typedef LIST(struct store_setting) store_setting_list;

/* ERR_MISSING when the brand has not set it. */
err store_setting_get(db_conn *c, arena *a, int64_t brand, str name, str *ret_value);
err store_setting_set(db_conn *c, arena *a, int64_t brand, str name, str value);
err store_setting_delete(db_conn *c, arena *a, int64_t brand, str name); /* back to the default */
err store_setting_list_of(db_conn *c, arena *a, int64_t brand, store_setting_list *ret_settings);

#endif
