/* store/status: what the public status page of a brand says, and what it said. store/status_mail.h has who is
 * told by mail. */
#ifndef LONGHAND_STORE_STATUS_H
#define LONGHAND_STORE_STATUS_H

#include "base/list.h"
#include "db/db.h"

typedef enum status_state {
    STATUS_WORKING,
    STATUS_SLOW,
    STATUS_PARTLY, /* some of it works */
    STATUS_DOWN,
    STATUS_CARE /* we are working on it, as was said before */
} status_state;
enum { STATUS_STATES = STATUS_CARE + 1 };
const char *status_state_name(status_state v); /* "working", "slow", "partly", "down", "care" */
bool status_state_from(str s, status_state *ret);

typedef enum status_kind {
    STATUS_TROUBLE, /* something is wrong, or still is */
    STATUS_OVER,    /* it works again: its matter is closed */
    STATUS_NOTE     /* something to know; no trouble */
} status_kind;
enum { STATUS_KINDS = STATUS_NOTE + 1 };
const char *status_kind_name(status_kind v); /* "trouble", "over", "note" */
bool status_kind_from(str s, status_kind *ret);

/* See the schema. */
struct store_status_page {
    int64_t brand_id;
    bool opened;
    str host, contact;
    int64_t version, changed_at;
};
/* ERR_MISSING for a brand that never had one. */
err store_status_page_get(db_conn *c, arena *a, int64_t brand, struct store_status_page *ret);
err store_status_page_put(db_conn *c, const struct store_status_page *row);
/* What it shows has changed. */
err store_status_page_touch(db_conn *c, int64_t brand, int64_t now);
typedef LIST(struct store_status_page) store_status_page_list;
err store_status_pages(db_conn *c, arena *a, store_status_page_list *ret);

struct store_status_component {
    int64_t id;
    str name, note;
    status_state state;
    int64_t since, position, retired_at;
};
typedef LIST(struct store_status_component) store_status_component_list;
/* Those that are shown, in their order. */
err store_status_components(db_conn *c, arena *a, int64_t brand, store_status_component_list *ret);
/* ERR_MISSING, too, for a retired one. */
err store_status_component_get(db_conn *c, arena *a, int64_t brand, int64_t id,
                               struct store_status_component *ret);
err store_status_component_put(db_conn *c, int64_t brand, const struct store_status_component *row);

struct store_status_update {
    int64_t id, matter_id, incident_id, agent_id;
    str by_name;
    status_kind kind;
    str headline, words;
    int64_t next_at;
    bool mail;
    int64_t mail_after, mail_done_at, at, edited_at, withdrawn_at, withdrawn_by, version;
    str send_key;
};
typedef LIST(struct store_status_update) store_status_update_list;
err store_status_update_insert(db_conn *c, int64_t brand, const struct store_status_update *row);
/* Headline, words, next_at, edited_at, withdrawn, how far its mails are, version. ERR_CONFLICT when the
 * stored one has not the version `before`. */
err store_status_update_change(db_conn *c, int64_t brand, const struct store_status_update *row,
                               int64_t before);
/* Its mails were looked at up to a subscriber; done_at not 0: all of them. */
err store_status_update_mailed(db_conn *c, int64_t brand, int64_t id, int64_t after, int64_t done_at);
err store_status_update_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_status_update *ret);
/* ERR_MISSING when no update was sent with that key. */
err store_status_update_by_key(db_conn *c, arena *a, int64_t brand, str key, struct store_status_update *ret);
/* Newest first, at most `limit`, older than `before` (0: all); with `withdrawn` also those. */
err store_status_updates(db_conn *c, arena *a, int64_t brand, int64_t before, int limit, bool withdrawn,
                         store_status_update_list *ret);
/* The newest that stands of a matter, or of an incident, whichever is not 0, notes apart: they say nothing of
 * whether it goes on. ERR_MISSING when none does. */
err store_status_newest(db_conn *c, arena *a, int64_t brand, int64_t matter, int64_t incident,
                        struct store_status_update *ret);

/* An incident was merged into another: what was said of it is said of that one. */
err store_status_incident_moved(db_conn *c, int64_t brand, int64_t from, int64_t into);

struct store_status_said {
    int64_t component_id;
    status_state state;
};
typedef LIST(struct store_status_said) store_status_said_list;
/* Of a component said twice the last holds. */
err store_status_said_put(db_conn *c, int64_t brand, int64_t update, const struct store_status_said *row);

struct store_status_edit {
    int64_t version;
    str headline, words;
    int64_t next_at, agent_id, at;
};
typedef LIST(struct store_status_edit) store_status_edit_list;
err store_status_edit_put(db_conn *c, int64_t brand, int64_t update, const struct store_status_edit *row);
/* Oldest first. */
err store_status_edits(db_conn *c, arena *a, int64_t brand, int64_t update, store_status_edit_list *ret);

#endif
