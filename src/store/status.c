#include "store/status.h"

static const char *const states[STATUS_STATES] = {"working", "slow", "partly", "down", "care"};
static const char *const kinds[STATUS_KINDS] = {"trouble", "over", "note"};

const char *status_state_name(status_state v) { return states[v]; }
const char *status_kind_name(status_kind v) { return kinds[v]; }

bool status_state_from(str s, status_state *ret) {
    for (int i = 0; i < STATUS_STATES; i++) {
        if (!str_eq(s, str_z(states[i]))) continue;
        *ret = (status_state)i;
        return true;
    }
    return false;
}

bool status_kind_from(str s, status_kind *ret) {
    for (int i = 0; i < STATUS_KINDS; i++) {
        if (!str_eq(s, str_z(kinds[i]))) continue;
        *ret = (status_kind)i;
        return true;
    }
    return false;
}

/* A word that a later version wrote is shown as trouble rather than as none. */
static status_state state_of(str s) {
    status_state v = STATUS_PARTLY;
    (void)status_state_from(s, &v);
    return v;
}

/* ---- the page ---- */

static struct store_status_page page_row(db_query *q, arena *a) {
    return (struct store_status_page){.brand_id = db_int(q, "brand_id"),
                                      .opened = db_int(q, "opened") != 0,
                                      .host = db_text(q, a, "host"),
                                      .contact = db_text(q, a, "contact"),
                                      .version = db_int(q, "version"),
                                      .changed_at = db_int(q, "changed_at")};
}

err store_status_page_get(db_conn *c, arena *a, int64_t brand, struct store_status_page *ret) {
    db_query *q = db_sql(c, "SELECT brand_id, opened, host, contact, version, changed_at FROM status_page "
                            "WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    struct store_status_page row = {0};
    bool there = db_row(q);
    if (there) row = page_row(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "This brand has no status page.");
    *ret = row;
    return ERR_NONE;
}

err store_status_pages(db_conn *c, arena *a, store_status_page_list *ret) {
    db_query *q = db_sql(c, "SELECT brand_id, opened, host, contact, version, changed_at FROM status_page "
                            "ORDER BY brand_id");
    store_status_page_list list = {0};
    while (db_row(q)) *list_add(a, &list) = page_row(q, a);
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_status_page_put(db_conn *c, const struct store_status_page *row) {
    db_query *q =
        db_sql(c, "INSERT INTO status_page (brand_id, opened, host, contact, version, changed_at) VALUES "
                  "($1, $2, $3, $4, $5, $6) ON CONFLICT (brand_id) DO UPDATE SET opened = excluded.opened, "
                  "host = excluded.host, contact = excluded.contact, version = excluded.version, "
                  "changed_at = excluded.changed_at");
    db_bind_int(q, 1, row->brand_id);
    db_bind_int(q, 2, row->opened);
    db_bind_text(q, 3, row->host);
    db_bind_text(q, 4, row->contact);
    db_bind_int(q, 5, row->version);
    db_bind_int(q, 6, row->changed_at);
    return db_done(q);
}

err store_status_page_touch(db_conn *c, int64_t brand, int64_t now) {
    db_query *q =
        db_sql(c, "UPDATE status_page SET version = version + 1, changed_at = $2 WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, now);
    return db_done(q);
}

/* ---- components ---- */

static struct store_status_component component_row(db_query *q, arena *a) {
    return (struct store_status_component){.id = db_int(q, "id"),
                                           .name = db_text(q, a, "name"),
                                           .note = db_text(q, a, "note"),
                                           .state = state_of(db_text(q, a, "state")),
                                           .since = db_int(q, "since"),
                                           .position = db_int(q, "position"),
                                           .retired_at = db_int(q, "retired_at")};
}

err store_status_components(db_conn *c, arena *a, int64_t brand, store_status_component_list *ret) {
    db_query *q = db_sql(c, "SELECT id, name, note, state, since, position, retired_at FROM status_component "
                            "WHERE brand_id = $1 AND retired_at = 0 ORDER BY position, id");
    db_bind_int(q, 1, brand);
    store_status_component_list list = {0};
    while (db_row(q)) *list_add(a, &list) = component_row(q, a);
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_status_component_get(db_conn *c, arena *a, int64_t brand, int64_t id,
                               struct store_status_component *ret) {
    db_query *q = db_sql(c, "SELECT id, name, note, state, since, position, retired_at FROM status_component "
                            "WHERE brand_id = $1 AND id = $2 AND retired_at = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct store_status_component row = {0};
    bool there = db_row(q);
    if (there) row = component_row(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "The status page does not show this any more.");
    *ret = row;
    return ERR_NONE;
}

err store_status_component_put(db_conn *c, int64_t brand, const struct store_status_component *row) {
    db_query *q =
        db_sql(c, "INSERT INTO status_component (brand_id, id, name, note, state, since, position, "
                  "retired_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (brand_id, id) DO UPDATE "
                  "SET name = excluded.name, note = excluded.note, state = excluded.state, since = "
                  "excluded.since, position = excluded.position, retired_at = excluded.retired_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_text(q, 3, row->name);
    db_bind_text(q, 4, row->note);
    db_bind_text(q, 5, str_z(states[row->state]));
    db_bind_int(q, 6, row->since);
    db_bind_int(q, 7, row->position);
    db_bind_int(q, 8, row->retired_at);
    return db_done(q);
}

/* ---- updates ---- */

#define UPDATE_COLUMNS                                                                                       \
    "id, matter_id, incident_id, agent_id, by_name, kind, headline, words, next_at, mail, mail_after, "      \
    "mail_done_at, at, edited_at, withdrawn_at, withdrawn_by, version, send_key"

static struct store_status_update update_row(db_query *q, arena *a) {
    struct store_status_update u = {.id = db_int(q, "id"),
                                    .matter_id = db_int(q, "matter_id"),
                                    .incident_id = db_int(q, "incident_id"),
                                    .agent_id = db_int(q, "agent_id"),
                                    .by_name = db_text(q, a, "by_name"),
                                    .kind = STATUS_NOTE,
                                    .headline = db_text(q, a, "headline"),
                                    .words = db_text(q, a, "words"),
                                    .next_at = db_int(q, "next_at"),
                                    .mail = db_int(q, "mail") != 0,
                                    .mail_after = db_int(q, "mail_after"),
                                    .mail_done_at = db_int(q, "mail_done_at"),
                                    .at = db_int(q, "at"),
                                    .edited_at = db_int(q, "edited_at"),
                                    .withdrawn_at = db_int(q, "withdrawn_at"),
                                    .withdrawn_by = db_int(q, "withdrawn_by"),
                                    .version = db_int(q, "version"),
                                    .send_key = db_text(q, a, "send_key")};
    (void)status_kind_from(db_text(q, a, "kind"), &u.kind);
    return u;
}

err store_status_update_insert(db_conn *c, int64_t brand, const struct store_status_update *row) {
    db_query *q =
        db_sql(c, "INSERT INTO status_update (brand_id, " UPDATE_COLUMNS ") VALUES ($1, $2, $3, $4, "
                  "$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_int(q, 3, row->matter_id);
    db_bind_int(q, 4, row->incident_id);
    db_bind_int(q, 5, row->agent_id);
    db_bind_text(q, 6, row->by_name);
    db_bind_text(q, 7, str_z(kinds[row->kind]));
    db_bind_text(q, 8, row->headline);
    db_bind_text(q, 9, row->words);
    db_bind_int(q, 10, row->next_at);
    db_bind_int(q, 11, row->mail);
    db_bind_int(q, 12, row->mail_after);
    db_bind_int(q, 13, row->mail_done_at);
    db_bind_int(q, 14, row->at);
    db_bind_int(q, 15, row->edited_at);
    db_bind_int(q, 16, row->withdrawn_at);
    db_bind_int(q, 17, row->withdrawn_by);
    db_bind_int(q, 18, row->version);
    db_bind_text(q, 19, row->send_key);
    return db_done(q);
}

err store_status_update_change(db_conn *c, int64_t brand, const struct store_status_update *row,
                               int64_t before) {
    db_query *q =
        db_sql(c, "UPDATE status_update SET headline = $4, words = $5, next_at = $6, edited_at = $7, "
                  "withdrawn_at = $8, withdrawn_by = $9, version = $10 "
                  "WHERE brand_id = $1 AND id = $2 AND version = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->id);
    db_bind_int(q, 3, before);
    db_bind_text(q, 4, row->headline);
    db_bind_text(q, 5, row->words);
    db_bind_int(q, 6, row->next_at);
    db_bind_int(q, 7, row->edited_at);
    db_bind_int(q, 8, row->withdrawn_at);
    db_bind_int(q, 9, row->withdrawn_by);
    db_bind_int(q, 10, row->version);
    TRY(db_done(q));
    if (!db_changes(q))
        return err_set(ERR_CONFLICT, "Somebody changed this update meanwhile. Look at it again.");
    return ERR_NONE;
}

err store_status_update_mailed(db_conn *c, int64_t brand, int64_t id, int64_t after, int64_t done_at) {
    db_query *q = db_sql(c, "UPDATE status_update SET mail_after = $3, mail_done_at = $4 "
                            "WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, done_at);
    return db_done(q);
}

static err one_update(db_query *q, arena *a, struct store_status_update *ret) {
    struct store_status_update row = {0};
    bool there = db_row(q);
    if (there) row = update_row(q, a);
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "There is no such update on the status page.");
    *ret = row;
    return ERR_NONE;
}

err store_status_update_get(db_conn *c, arena *a, int64_t brand, int64_t id,
                            struct store_status_update *ret) {
    db_query *q = db_sql(c, "SELECT " UPDATE_COLUMNS " FROM status_update WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return one_update(q, a, ret);
}

err store_status_update_by_key(db_conn *c, arena *a, int64_t brand, str key,
                               struct store_status_update *ret) {
    db_query *q = db_sql(c, "SELECT " UPDATE_COLUMNS
                            " FROM status_update WHERE brand_id = $1 AND send_key = $2 ORDER BY id LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, key);
    return one_update(q, a, ret);
}

err store_status_newest(db_conn *c, arena *a, int64_t brand, int64_t matter, int64_t incident,
                        struct store_status_update *ret) {
    db_query *q = matter ? db_sql(c, "SELECT " UPDATE_COLUMNS
                                     " FROM status_update WHERE brand_id = $1 AND matter_id = $2 "
                                     "AND kind <> 'note' AND withdrawn_at = 0 ORDER BY id DESC LIMIT 1")
                         : db_sql(c, "SELECT " UPDATE_COLUMNS
                                     " FROM status_update WHERE brand_id = $1 AND incident_id = $2 "
                                     "AND incident_id > 0 AND kind <> 'note' AND withdrawn_at = 0 "
                                     "ORDER BY id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, matter ? matter : incident);
    return one_update(q, a, ret);
}

err store_status_updates(db_conn *c, arena *a, int64_t brand, int64_t before, int limit, bool withdrawn,
                         store_status_update_list *ret) {
    db_query *q = db_sql(c, "SELECT " UPDATE_COLUMNS " FROM status_update WHERE brand_id = $1 AND id < $2 "
                            "AND (withdrawn_at = 0 OR $3 = 1) ORDER BY id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, before ? before : INT64_MAX);
    db_bind_int(q, 3, withdrawn);
    db_bind_int(q, 4, limit);
    store_status_update_list list = {0};
    while (db_row(q)) *list_add(a, &list) = update_row(q, a);
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_status_incident_moved(db_conn *c, int64_t brand, int64_t from, int64_t into) {
    db_query *q = db_sql(c, "UPDATE status_update SET incident_id = $3 "
                            "WHERE brand_id = $1 AND incident_id = $2 AND incident_id > 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, from);
    db_bind_int(q, 3, into);
    return db_done(q);
}

/* ---- what they said ---- */

err store_status_said_put(db_conn *c, int64_t brand, int64_t update, const struct store_status_said *row) {
    db_query *q = db_sql(c, "INSERT INTO status_said (brand_id, update_id, component_id, state) VALUES "
                            "($1, $2, $3, $4) ON CONFLICT (brand_id, update_id, component_id) DO UPDATE SET "
                            "state = excluded.state");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    db_bind_int(q, 3, row->component_id);
    db_bind_text(q, 4, str_z(states[row->state]));
    return db_done(q);
}

err store_status_edit_put(db_conn *c, int64_t brand, int64_t update, const struct store_status_edit *row) {
    db_query *q =
        db_sql(c, "INSERT INTO status_edit (brand_id, update_id, version, headline, words, next_at, "
                  "agent_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    db_bind_int(q, 3, row->version);
    db_bind_text(q, 4, row->headline);
    db_bind_text(q, 5, row->words);
    db_bind_int(q, 6, row->next_at);
    db_bind_int(q, 7, row->agent_id);
    db_bind_int(q, 8, row->at);
    return db_done(q);
}

err store_status_edits(db_conn *c, arena *a, int64_t brand, int64_t update, store_status_edit_list *ret) {
    db_query *q = db_sql(c, "SELECT version, headline, words, next_at, agent_id, at FROM status_edit "
                            "WHERE brand_id = $1 AND update_id = $2 ORDER BY version");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, update);
    store_status_edit_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct store_status_edit){.version = db_int(q, "version"),
                                                         .headline = db_text(q, a, "headline"),
                                                         .words = db_text(q, a, "words"),
                                                         .next_at = db_int(q, "next_at"),
                                                         .agent_id = db_int(q, "agent_id"),
                                                         .at = db_int(q, "at")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}
