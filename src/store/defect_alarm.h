/* store/defect_alarm: alarms, as the schema describes them, and what makers are told. */
#ifndef LONGHAND_STORE_DEFECT_ALARM_H
#define LONGHAND_STORE_DEFECT_ALARM_H

#include "store/defect.h"

typedef enum alarm_state { ALARM_OPEN, ALARM_ACKNOWLEDGED, ALARM_CLOSED } alarm_state;
enum { ALARM_STATES = ALARM_CLOSED + 1 };
const char *alarm_state_name(alarm_state v); /* "open", "acknowledged", "closed" */
bool alarm_state_from(str s, alarm_state *ret);

struct store_alarm {
    int64_t id, defect_id;
    alarm_state state;
    int64_t days, from_day, to_day, seen, earlier, earlier_days;
    int64_t expected; /* times 1000 */
    int64_t chance;   /* times 10^12 */
    bool by_units;
    str note;
    int64_t agent_id, raised_at, acknowledged_at, closed_at, updated_at, version;
    struct store_defect defect; /* joined; not written */
    str agent_name;             /* who acknowledged or closed it; joined */
};
typedef LIST(struct store_alarm) store_alarm_list;

/* Nothing when the defect has one that is not closed; ret_there tells. */
err store_alarm_insert(db_conn *c, int64_t brand, const struct store_alarm *row, bool *ret_there);
/* All but ids and raised_at. ERR_CONFLICT when the stored row is not of version `row->version - 1`. */
err store_alarm_update(db_conn *c, int64_t brand, const struct store_alarm *row);
/* The numbers alone, of one that is not closed; its version stays, so that nobody's click is refused for
 * them. */
err store_alarm_numbers(db_conn *c, int64_t brand, const struct store_alarm *row);
err store_alarm_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_alarm *ret);
/* Those not closed, open ones first, latest first. */
err store_alarms_standing(db_conn *c, arena *a, int64_t brand, int limit, store_alarm_list *ret);
/* All of a defect, latest first. */
err store_alarms_of(db_conn *c, arena *a, int64_t brand, int64_t defect, int limit, store_alarm_list *ret);
err store_alarm_count_open(db_conn *c, int64_t brand, int cap, int *ret);

/* Until when a defect's letters were looked into: its last closed alarm's to_day. */
struct alarm_settled {
    int64_t defect_id, to_day;
};
typedef LIST(struct alarm_settled) alarm_settled_list;
err store_alarms_settled(db_conn *c, arena *a, int64_t brand, int64_t from_day, alarm_settled_list *ret);

/* ---- what makers are told ---- */

struct maker_hook {
    str url, secret; /* "" none is set */
    int64_t agent_id, updated_at;
};
err store_hook_get(db_conn *c, arena *a, int64_t brand, struct maker_hook *ret);
err store_hook_put(db_conn *c, int64_t brand, const struct maker_hook *row);
err store_hook_delete(db_conn *c, int64_t brand);

typedef enum maker_event {
    MAKER_ALARM_RAISED,
    MAKER_ALARM_ACKNOWLEDGED,
    MAKER_ALARM_CLOSED,
    MAKER_TRIAL_STARTED,
    MAKER_TRIAL_ENDED,
    MAKER_TEST
} maker_event;
enum { MAKER_EVENTS = MAKER_TEST + 1 };
const char *maker_event_name(maker_event v); /* "alarm_raised", ... */
bool maker_event_from(str s, maker_event *ret);

typedef enum maker_post_state { POST_WAITING, POST_SENT, POST_FAILED } maker_post_state;
const char *maker_post_state_name(maker_post_state v); /* "waiting", "sent", "failed" */

struct maker_post {
    int64_t id;
    maker_event event;
    int64_t subject_id;
    maker_post_state state;
    int64_t attempts;
    str says;
    int64_t created_at, updated_at;
};
typedef LIST(struct maker_post) maker_post_list;
err store_maker_post_insert(db_conn *c, int64_t brand, const struct maker_post *row);
err store_maker_post_update(db_conn *c, int64_t brand,
                            const struct maker_post *row); /* state, attempts, says */
err store_maker_post_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct maker_post *ret);
err store_posts(db_conn *c, arena *a, int64_t brand, int limit, maker_post_list *ret); /* latest first */

#endif
