/* settings: what a brand may set, in one table of name, limits and help. */
#ifndef LONGHAND_DESK_SETTINGS_H
#define LONGHAND_DESK_SETTINGS_H

#include "base/list.h"
#include "desk/desk.h"

enum setting {
    SETTING_UNDO_SECONDS,
    SETTING_SESSION_IDLE_HOURS,
    SETTING_SESSION_DAYS,
    SETTING_ATTACHMENT_LIMIT_MB,
    SETTING_SILENT_INBOX_HOURS,
    SETTING_CHILD_DELETE_DAYS,
    SETTING_MISSING_PIECES,
    SETTING_TRACK_DAYS,
    SETTING_FOLLOW_UP_DAYS,
    SETTING_BOX_DAYS,
    SETTING_REMOTE_PICTURES,
    SETTING_BOOKKEEPING_YEARS,
    SETTING_QUIET_DAYS,
    SETTING_STORY_WALL,
    SETTING_PROUD_MAIL,
};
enum { SETTINGS = SETTING_PROUD_MAIL + 1 };

enum setting_kind { SETTING_NUMBER }; /* a whole number from min to max */

struct setting_info {
    const char *name;
    enum setting_kind kind;
    int64_t standard, min, max;
    const char *unit; /* "seconds" */
    const char *help; /* one sentence; to be translated where it is shown */
};
const struct setting_info *setting_info(enum setting which);
bool setting_from(str name, enum setting *ret_which);

struct setting_value {
    enum setting which;
    const struct setting_info *info;
    int64_t value;
    bool is_set; /* by this brand; else it is the default */
};
typedef LIST(struct setting_value) setting_list;

/* The brand's value, or the default where it has none or one outside today's limits. */
err setting_number(db_conn *c, arena *a, int64_t brand, enum setting which, int64_t *ret_value);
/* All of them in the order of the table. */
err settings_of_brand(db_conn *c, arena *a, int64_t brand, setting_list *ret_list);

/* ERR_INVALID with a sentence for an unknown name, no number, or one outside the limits. "" means back to
 * the default. ERR_MISSING when there is no such brand. */
err setting_change(const struct desk *d, arena *a, int64_t brand, str name, str value);

#endif
