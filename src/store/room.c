#include "store/room.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NAME_OF(alias, column)                                                                               \
    "COALESCE((SELECT p.name FROM agent g JOIN account p ON p.id = g.account_id WHERE g.brand_id = " alias   \
    ".brand_id AND g.id = " alias "." column "), '')"

static const char *const roles[ROOM_ROLES] = {"coordinator", "writer", "status"};
static const char *const kinds[ROOM_EVENT_KINDS] = {
    "fact",     "fact_changed", "withdrawn", "role",  "note",
    "handover", "milestone",    "status",    "fixed", "learned",
};

const char *room_role_name(room_role v) { return (size_t)v < COUNT(roles) ? roles[v] : "?"; }
const char *room_event_kind_name(room_event_kind v) { return (size_t)v < COUNT(kinds) ? kinds[v] : "?"; }

bool room_role_from(str s, room_role *ret) {
    for (size_t i = 0; i < COUNT(roles); i++) {
        if (!str_eq(s, str_z(roles[i]))) continue;
        *ret = (room_role)i;
        return true;
    }
    return false;
}

static room_event_kind kind_of(str s) {
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq(s, str_z(kinds[i]))) return (room_event_kind)i;
    return ROOM_EVENT_NOTE;
}

/* ---- the room itself ---- */

err store_room_get(db_conn *c, arena *a, int64_t brand, int64_t incident, struct store_room *ret) {
    db_query *q = db_sql(
        c, "SELECT r.said, r.undone, r.fixed_at, r.fixed_by, r.fixed_says, r.learned, "
           "r.version, " NAME_OF("r", "fixed_by") " AS fixed_name "
                                                  "FROM room r WHERE r.brand_id = $1 AND r.incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    struct store_room r = {.incident_id = incident};
    if (db_row(q)) {
        r.undone = db_int(q, "undone");
        r.fixed_at = db_int(q, "fixed_at");
        r.fixed_by = db_int(q, "fixed_by");
        r.fixed_says = db_text(q, a, "fixed_says");
        r.learned = db_text(q, a, "learned");
        r.version = db_int(q, "version");
        r.fixed_name = db_text(q, a, "fixed_name");
    }
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_room_make(db_conn *c, int64_t brand, int64_t incident) {
    db_query *q = db_sql(c, "INSERT INTO room (brand_id, incident_id, said, undone, fixed_at, fixed_by, "
                            "fixed_says, learned, version) VALUES ($1, $2, 0, 0, 0, 0, '', '', 1) "
                            "ON CONFLICT DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    return db_done_later(q);
}

err store_room_fixed(db_conn *c, int64_t brand, int64_t incident, int64_t agent, str says, int64_t at) {
    TRY(store_room_make(c, brand, incident));
    db_query *q = db_sql(c, "UPDATE room SET fixed_at = CASE WHEN fixed_at = 0 THEN $5 ELSE fixed_at END, "
                            "fixed_by = $3, fixed_says = $4, version = version + 1 "
                            "WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, agent);
    db_bind_text(q, 4, says);
    db_bind_int(q, 5, at);
    return db_done(q);
}

err store_room_learned(db_conn *c, int64_t brand, int64_t incident, str learned) {
    TRY(store_room_make(c, brand, incident));
    db_query *q = db_sql(c, "UPDATE room SET learned = $3, version = version + 1 "
                            "WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_text(q, 3, learned);
    return db_done(q);
}

err store_room_incident(db_conn *c, arena *a, int64_t brand, int64_t incident, str *ret_state, str *ret_title,
                        int64_t *ret_began_at) {
    db_query *q = db_sql(c, "SELECT state, title, began_at FROM incident WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    str state = S(""), title = S("");
    int64_t began_at = 0;
    if (db_row(q)) {
        state = db_text(q, a, "state");
        title = db_text(q, a, "title");
        began_at = db_int(q, "began_at");
    }
    TRY(db_done(q));
    *ret_state = state;
    *ret_title = title;
    *ret_began_at = began_at;
    return ERR_NONE;
}

err store_room_open(db_conn *c, int64_t brand, int64_t *ret_n, int64_t *ret_latest) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n, COALESCE(MAX(id), 0) AS latest FROM incident "
                            "WHERE brand_id = $1 AND state = 'open'");
    db_bind_int(q, 1, brand);
    int64_t n = 0, latest = 0;
    if (db_row(q)) {
        n = db_int(q, "n");
        latest = db_int(q, "latest");
    }
    TRY(db_done(q));
    *ret_n = n;
    *ret_latest = latest;
    return ERR_NONE;
}

err store_room_people_count(db_conn *c, int64_t brand, int64_t incident, int64_t *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM room_person WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    int64_t n = 0;
    if (db_row(q)) n = db_int(q, "n");
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

/* Of several the open one, else the latest. */
#define PLACE                                                                                                \
    "COALESCE((SELECT k.incident_id FROM incident_conversation k JOIN incident i ON i.brand_id = "           \
    "k.brand_id AND i.id = k.incident_id WHERE k.brand_id = conversation.brand_id AND k.conversation_id = "  \
    "conversation.id AND k.state = 'in' AND i.state IN ('open', 'over') ORDER BY CASE i.state WHEN 'open' "  \
    "THEN 0 ELSE 1 END, i.id DESC LIMIT 1), 0)"

err store_room_place(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "UPDATE conversation SET incident_id = " PLACE
                            " WHERE brand_id = $1 AND id = $2 AND incident_id <> " PLACE);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}

err store_room_place_all(db_conn *c, int64_t brand, int64_t incident) {
    db_query *q = db_sql(
        c, "UPDATE conversation SET incident_id = " PLACE " WHERE brand_id = $1 AND (id IN (SELECT "
           "x.conversation_id FROM incident_conversation x WHERE x.brand_id = $1 AND x.incident_id = $2) OR "
           "id IN (SELECT y.id FROM conversation y WHERE y.brand_id = $1 AND y.incident_id = $2 AND "
           "y.incident_id <> 0)) AND incident_id <> " PLACE);
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    return db_done(q);
}

/* ---- people ---- */

err store_room_person_put(db_conn *c, int64_t brand, int64_t incident, const struct room_person *r) {
    db_query *q =
        db_sql(c, "INSERT INTO room_person (brand_id, incident_id, agent_id, role, says, away, "
                  "joined_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                  "ON CONFLICT (brand_id, incident_id, agent_id) DO UPDATE SET role = excluded.role, "
                  "says = excluded.says, away = excluded.away, seen_at = excluded.seen_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, r->agent_id);
    db_bind_text(q, 4, str_z(room_role_name(r->role)));
    db_bind_text(q, 5, r->says);
    db_bind_int(q, 6, r->away);
    db_bind_int(q, 7, r->joined_at);
    db_bind_int(q, 8, r->seen_at);
    return db_done_later(q);
}

err store_room_person_seen(db_conn *c, int64_t brand, int64_t incident, int64_t agent, int64_t at) {
    db_query *q = db_sql(c, "INSERT INTO room_person (brand_id, incident_id, agent_id, role, says, away, "
                            "joined_at, seen_at) VALUES ($1, $2, $3, 'writer', '', 0, $4, $4) ON CONFLICT "
                            "(brand_id, incident_id, agent_id) DO UPDATE SET seen_at = excluded.seen_at");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, agent);
    db_bind_int(q, 4, at);
    return db_done_later(q);
}

static void read_person(db_query *q, arena *a, struct room_person *r) {
    *r = (struct room_person){.agent_id = db_int(q, "agent_id"),
                              .role = ROOM_WRITER,
                              .says = db_text(q, a, "says"),
                              .away = db_int(q, "away") != 0,
                              .joined_at = db_int(q, "joined_at"),
                              .seen_at = db_int(q, "seen_at")};
    room_role_from(db_text(q, a, "role"), &r->role);
}

err store_room_person_get(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t agent,
                          struct room_person *ret) {
    db_query *q = db_sql(c, "SELECT agent_id, role, says, away, joined_at, seen_at FROM room_person "
                            "WHERE brand_id = $1 AND incident_id = $2 AND agent_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, agent);
    struct room_person r = {.role = ROOM_WRITER};
    if (db_row(q)) read_person(q, a, &r);
    TRY(db_done(q));
    *ret = r;
    return ERR_NONE;
}

err store_room_people(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now,
                      room_person_list *ret) {
    db_query *q = db_sql(
        c,
        "SELECT r.agent_id, r.role, r.says, r.away, r.joined_at, r.seen_at, p.name, "
        "COALESCE(k.conversation_id, 0) "
        "AS holds, COALESCE(u.name, '') AS holds_name, COALESCE(v.snippet, '') AS holds_snippet "
        "FROM room_person r JOIN agent g ON g.brand_id = r.brand_id AND g.id = r.agent_id "
        "JOIN account p ON p.id = g.account_id "
        "LEFT JOIN room_claim k ON k.brand_id = r.brand_id AND k.conversation_id = (SELECT x.conversation_id "
        "FROM room_claim x WHERE x.brand_id = r.brand_id AND x.incident_id = r.incident_id AND x.agent_id = "
        "r.agent_id AND x.state = 'held' AND x.until_at > $3 AND EXISTS (SELECT 1 FROM conversation y WHERE "
        "y.brand_id = x.brand_id AND y.id = x.conversation_id AND y.incident_id = x.incident_id) ORDER BY "
        "x.taken_at, x.conversation_id LIMIT 1) "
        "LEFT JOIN conversation v ON v.brand_id = k.brand_id AND v.id = k.conversation_id "
        "LEFT JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id "
        "WHERE r.brand_id = $1 AND r.incident_id = $2 "
        "ORDER BY CASE r.role WHEN 'coordinator' THEN 0 ELSE 1 END, r.away, p.name, r.agent_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, now);
    room_person_list list = {0};
    while (db_row(q)) {
        struct room_person r;
        read_person(q, a, &r);
        r.name = db_text(q, a, "name");
        r.holds = db_int(q, "holds");
        r.holds_name = db_text(q, a, "holds_name");
        r.holds_snippet = db_text(q, a, "holds_snippet");
        *list_add(a, &list) = r;
    }
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

/* ---- the timeline ---- */

err store_room_event_insert(db_conn *c, int64_t brand, int64_t incident, const struct room_event *r) {
    db_query *q = db_sql(c, "INSERT INTO room_event (brand_id, id, incident_id, agent_id, kind, text, "
                            "about_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, incident);
    db_bind_int(q, 4, r->agent_id);
    db_bind_text(q, 5, str_z(room_event_kind_name(r->kind)));
    db_bind_text(q, 6, r->text);
    db_bind_int(q, 7, r->about_id);
    db_bind_int(q, 8, r->at);
    return db_done(q);
}

err store_room_events(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t before, int limit,
                      room_event_list *ret) {
    db_query *q = db_sql(
        c,
        "SELECT e.id, e.agent_id, e.kind, e.text, e.about_id, e.at, " NAME_OF(
            "e", "agent_id") " AS agent_name, " NAME_OF("e",
                                                        "about_id") " AS about_name, CASE WHEN e.kind = "
                                                                    "'withdrawn' THEN "
                                                                    "(SELECT COUNT(DISTINCT t.customer_id) "
                                                                    "FROM room_told t WHERE t.brand_id = "
                                                                    "e.brand_id AND t.fact_id = "
                                                                    "e.about_id) ELSE 0 END AS told FROM "
                                                                    "room_event e WHERE e.brand_id = $1 AND "
                                                                    "e.incident_id = $2 "
                                                                    "AND ($3 = 0 OR e.id < $3) ORDER BY e.id "
                                                                    "DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, before);
    db_bind_int(q, 4, limit);
    room_event_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct room_event){.id = db_int(q, "id"),
                                                  .agent_id = db_int(q, "agent_id"),
                                                  .kind = kind_of(db_text(q, a, "kind")),
                                                  .text = db_text(q, a, "text"),
                                                  .about_id = db_int(q, "about_id"),
                                                  .at = db_int(q, "at"),
                                                  .agent_name = db_text(q, a, "agent_name"),
                                                  .about_name = db_text(q, a, "about_name"),
                                                  .told = db_int(q, "told")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}
