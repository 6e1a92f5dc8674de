#include "desk/settings.h"

#include <inttypes.h>

#include "base/lang.h"
#include "store/brand.h"
#include "store/setting.h"

static const struct setting_info infos[SETTINGS] = {
    [SETTING_UNDO_SECONDS] = {"undo_seconds", SETTING_NUMBER, 10, 0, 120, T("seconds"),
                              T("How long a reply can be taken back after sending it.")},
    /* store/session.c reads this one by its name, with the session. */
    [SETTING_SESSION_IDLE_HOURS] = {"session_idle_hours", SETTING_NUMBER, 12, 1, 168, T("hours"),
                                    T("Whoever does nothing for so long has to sign in again.")},
    [SETTING_SESSION_DAYS] = {"session_days", SETTING_NUMBER, 14, 1, 90, T("days"),
                              T("Everybody has to sign in again after so long.")},
    [SETTING_ATTACHMENT_LIMIT_MB] = {"attachment_limit_mb", SETTING_NUMBER, 25, 1, 25, T("MB"),
                                     T("How large the files of one reply may be together.")},
    [SETTING_SILENT_INBOX_HOURS] = {"silent_inbox_hours", SETTING_NUMBER, 48, 0, 8760, T("hours"),
                                    T("An inbox without a letter for so long is reported; 0 means never.")},
    [SETTING_CHILD_DELETE_DAYS] = {"child_delete_days", SETTING_NUMBER, 30, 0, 365, T("days"),
                                   T("When a child wrote: how long after the conversation is done their "
                                     "words, name and addresses are deleted.")},
    [SETTING_MISSING_PIECES] =
        {"missing_pieces", SETTING_NUMBER, 0, 0, 1, T("0 or 1"),
         T("With 1 anybody can ask for missing pieces at /missing and the brand's short name.")},
    [SETTING_TRACK_DAYS] = {"track_days", SETTING_NUMBER, 90, 1, 365, T("days"),
                            T("How long the link to a customer's private page works.")},
    [SETTING_FOLLOW_UP_DAYS] = {"follow_up_days", SETTING_NUMBER, 3, 0, 60, T("days"),
                                T("So long after a box should have arrived, its conversation comes back.")},
    [SETTING_BOX_DAYS] = {"box_days", SETTING_NUMBER, 3, 0, 60, T("days"),
                          T("How long a box is on its way as a rule.")},
    [SETTING_REMOTE_PICTURES] =
        {"remote_pictures", SETTING_NUMBER, 1, 0, 1, T("0 or 1"),
         T("With 1 agents may have the desk fetch a letter's pictures from elsewhere; its sender may then "
           "learn that it was opened.")},
    [SETTING_BOOKKEEPING_YEARS] = {"bookkeeping_years", SETTING_NUMBER, 10, 0, 30, T("years"),
                                   T("When a customer is forgotten: how long what was given and sent is kept "
                                     "for bookkeeping, without words, name "
                                     "and address.")},
    [SETTING_QUIET_DAYS] =
        {"quiet_days", SETTING_NUMBER, 180, 30, 700, T("days"),
         T("Who neither wrote nor bought anything for so long counts as gone, on the page of "
           "fans.")},
    [SETTING_STORY_WALL] =
        {"story_wall", SETTING_NUMBER, 0, 0, 1, T("0 or 1"),
         T("With 1 the stories that people agreed to show stand at /stories and the brand's short name.")},
    [SETTING_PROUD_MAIL] = {"proud_mail", SETTING_NUMBER, 0, 0, 1, T("0 or 1"),
                            T("With 1 everybody who works here gets a mail on Mondays that leads to the "
                              "letters of the week that made us proud.")},
};

const struct setting_info *setting_info(enum setting which) { return &infos[which]; }

bool setting_from(str name, enum setting *ret_which) {
    for (int i = 0; i < SETTINGS; i++) {
        if (!str_eq(name, str_z(infos[i].name))) continue;
        *ret_which = (enum setting)i;
        return true;
    }
    return false;
}

static bool within(const struct setting_info *info, str text, int64_t *ret_value) {
    int64_t value;
    if (!str_to_int(text, &value) || value < info->min || value > info->max) return false;
    *ret_value = value;
    return true;
}

err setting_number(db_conn *c, arena *a, int64_t brand, enum setting which, int64_t *ret_value) {
    const struct setting_info *info = &infos[which];
    str text = S("");
    err code = store_setting_get(c, a, brand, str_z(info->name), &text);
    if (code && code != ERR_MISSING) return code;
    if (code || !within(info, text, ret_value)) *ret_value = info->standard;
    return ERR_NONE;
}

err settings_of_brand(db_conn *c, arena *a, int64_t brand, setting_list *ret_list) {
    store_setting_list stored;
    TRY(store_setting_list_of(c, a, brand, &stored));
    setting_list all = {0};
    for (int i = 0; i < SETTINGS; i++) {
        struct setting_value *v = list_add(a, &all);
        *v = (struct setting_value){.which = (enum setting)i, .info = &infos[i], .value = infos[i].standard};
        for (size_t k = 0; k < stored.n; k++) {
            if (!str_eq(stored.v[k].name, str_z(infos[i].name))) continue;
            v->is_set = within(&infos[i], stored.v[k].value, &v->value);
        }
    }
    *ret_list = all;
    return ERR_NONE;
}

struct change {
    arena *a;
    int64_t brand;
    str name, value;
};

static err write_change(db_conn *c, void *arg) {
    struct change *x = arg;
    struct store_brand there;
    TRY(store_brand_by_id(c, x->a, x->brand, &there));
    if (x->value.n == 0) return store_setting_delete(c, x->a, x->brand, x->name);
    return store_setting_set(c, x->a, x->brand, x->name, x->value);
}

err setting_change(const struct desk *d, arena *a, int64_t brand, str name, str value) {
    enum setting which;
    if (!setting_from(name, &which)) {
        return err_set(ERR_INVALID, "There is no setting \"%.*s\".", STR_FMT(str_clip_utf8(name, 60)));
    }
    const struct setting_info *info = &infos[which];
    struct change x = {a, brand, str_z(info->name), S("")};
    str text = str_trim(value);
    int64_t number;
    if (text.n > 0) {
        if (!within(info, text, &number)) {
            return err_set(ERR_INVALID, "%s must be a whole number from %" PRId64 " to %" PRId64 " (%s).",
                           info->name, info->min, info->max, info->unit);
        }
        x.value = str_fmt(a, "%" PRId64, number);
    }
    TRY(db_write(d->db, write_change, &x));
    desk_changed(d, brand, 0, "setting");
    return ERR_NONE;
}
