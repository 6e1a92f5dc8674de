#include "store/room.h"

/* The incident's row, which they read and do not write. */
err store_room_turn(db_conn *c, int64_t brand, int64_t incident) {
    db_query *q = db_sql(c, "SELECT id FROM incident WHERE brand_id = $1 AND id = $2 FOR NO KEY UPDATE");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    return db_done(q);
}

err store_room_announce(db_conn *c, int64_t brand, int64_t incident, const struct room_said *r,
                        int64_t *ret_serial) {
    TRY(store_room_make(c, brand, incident));
    /* The row stays locked until the commit, so serials are in the order of commits. */
    db_query *q = db_sql(c, "UPDATE room SET said = said + 1 WHERE brand_id = $1 AND incident_id = $2 "
                            "RETURNING said");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    int64_t serial = 0;
    if (db_row(q)) serial = db_int(q, "said");
    TRY(db_done(q));
    q = db_sql(c,
               "INSERT INTO room_said (brand_id, incident_id, serial, state, message_id, conversation_id, "
               "customer_id, agent_id, waited_since, at, words) VALUES ($1, $2, $3, 'sending', $4, $5, $6, "
               "$7, 0, $8, $9)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, serial);
    db_bind_int(q, 4, r->message_id);
    db_bind_int(q, 5, r->conversation_id);
    db_bind_int(q, 6, r->customer_id);
    db_bind_int(q, 7, r->agent_id);
    db_bind_int(q, 8, r->at);
    db_bind_blob(q, 9, r->words);
    TRY(db_done_later(q));
    *ret_serial = serial;
    return ERR_NONE;
}

/* As an insertion that finds its row, which reads nothing: on PostgreSQL two replies that read and wrote the
 * end of this table would refuse each other. A row that was not there has the agent 0, and the caller undoes
 * it. */
err store_room_sent(db_conn *c, int64_t brand, int64_t incident, int64_t serial, int64_t waited_since,
                    int64_t at, int64_t dead_before, bool *ret_there) {
    db_query *q = db_sql(
        c,
        "INSERT INTO room_said (brand_id, incident_id, serial, state, message_id, conversation_id, "
        "customer_id, "
        "agent_id, waited_since, at, words) VALUES ($1, $2, $3, 'said', 0, 0, 0, 0, $4, $5, $7) ON CONFLICT "
        "(brand_id, incident_id, serial) DO UPDATE SET state = 'said', waited_since = $4, at = $5 WHERE "
        "room_said.state = 'sending' AND room_said.at >= $6 RETURNING agent_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, serial);
    db_bind_int(q, 4, waited_since);
    db_bind_int(q, 5, at);
    db_bind_int(q, 6, dead_before);
    db_bind_blob(q, 7, S(""));
    bool there = db_row(q) && db_int(q, "agent_id");
    TRY(db_done(q));
    *ret_there = there;
    return ERR_NONE;
}

static err one_more_undone(db_conn *c, int64_t brand, int64_t incident) {
    db_query *q = db_sql(c, "UPDATE room SET undone = undone + 1 WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    return db_done(q);
}

err store_room_unannounce(db_conn *c, int64_t brand, int64_t incident, int64_t serial) {
    db_query *q = db_sql(c, "DELETE FROM room_said WHERE brand_id = $1 AND incident_id = $2 AND serial = $3 "
                            "AND state = 'sending'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, serial);
    return db_done_later(q);
}

err store_room_on_their_way(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t low, int64_t high,
                            room_on_its_way_list *ret) {
    db_query *q =
        db_sql(c, "SELECT serial, CASE WHEN state = 'sending' THEN 1 ELSE 0 END AS sending, at FROM "
                  "room_said WHERE brand_id = $1 AND incident_id = $2 AND serial >= $3 AND "
                  "serial <= $4 ORDER BY serial");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, low);
    db_bind_int(q, 4, high);
    room_on_its_way_list list = {0};
    while (db_row(q))
        *list_add(a, &list) =
            (struct room_on_its_way){db_int(q, "serial"), db_int(q, "at"), db_int(q, "sending") != 0};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_undo(db_conn *c, int64_t brand, int64_t message) {
    int64_t incident = 0;
    db_query *q = db_sql(c, "DELETE FROM room_said WHERE brand_id = $1 AND message_id = $2 "
                            "RETURNING incident_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    if (db_row(q)) incident = db_int(q, "incident_id");
    TRY(db_done(q));
    if (incident) TRY(one_more_undone(c, brand, incident));
    q = db_sql(c, "DELETE FROM room_told WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    TRY(db_done(q));
    q = db_sql(c, "UPDATE room_owed SET state = 'due', message_id = 0, agent_id = 0, done_at = 0 "
                  "WHERE brand_id = $1 AND message_id = $2 AND message_id > 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}

err store_room_said(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t after, int64_t dead_before,
                    int limit, room_said_list *ret) {
    db_query *q = db_sql(
        c, "SELECT serial, state, message_id, conversation_id, customer_id, agent_id, waited_since, at, "
           "words FROM room_said WHERE brand_id = $1 AND incident_id = $2 AND serial > $3 AND "
           "(state = 'said' OR at >= $4) ORDER BY serial LIMIT $5");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, dead_before);
    db_bind_int(q, 5, limit);
    room_said_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct room_said){.serial = db_int(q, "serial"),
                                                 .message_id = db_int(q, "message_id"),
                                                 .conversation_id = db_int(q, "conversation_id"),
                                                 .customer_id = db_int(q, "customer_id"),
                                                 .agent_id = db_int(q, "agent_id"),
                                                 .waited_since = db_int(q, "waited_since"),
                                                 .at = db_int(q, "at"),
                                                 .sending = str_eq(db_text(q, a, "state"), S("sending")),
                                                 .words = db_blob(q, a, "words")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

err store_room_state(db_conn *c, int64_t brand, int64_t incident, int64_t *ret_said, int64_t *ret_undone) {
    db_query *q = db_sql(c, "SELECT said, undone FROM room WHERE brand_id = $1 AND incident_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    int64_t said = 0, undone = 0;
    if (db_row(q)) {
        said = db_int(q, "said");
        undone = db_int(q, "undone");
    }
    TRY(db_done(q));
    *ret_said = said;
    *ret_undone = undone;
    return ERR_NONE;
}

err store_room_said_count(db_conn *c, int64_t brand, int64_t incident, int64_t *ret) {
    db_query *q = db_sql(c, "SELECT COUNT(*) AS n FROM room_said WHERE brand_id = $1 AND incident_id = $2 "
                            "AND state = 'said'");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    int64_t n = 0;
    if (db_row(q)) n = db_int(q, "n");
    TRY(db_done(q));
    *ret = n;
    return ERR_NONE;
}

err store_room_lines(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t after, int limit,
                     room_line_list *ret) {
    /* The page first: SQLite would else begin with all customers. */
    db_query *q = db_sql(
        c, "SELECT s.serial, s.message_id, s.conversation_id, v.number, s.customer_id, s.agent_id, "
           "s.waited_since, s.at, u.name AS customer_name, m.from_name AS agent_name, m.channel, m.text "
           "FROM (SELECT x.brand_id, x.serial, x.message_id, x.conversation_id, x.customer_id, x.agent_id, "
           "x.waited_since, x.at FROM room_said x WHERE x.brand_id = $1 AND x.incident_id = $2 AND "
           "x.state = 'said' AND x.serial > $3 ORDER BY x.serial LIMIT $4) s "
           "LEFT JOIN message m ON m.brand_id = s.brand_id AND m.id = s.message_id "
           "LEFT JOIN conversation v ON v.brand_id = s.brand_id AND v.id = m.conversation_id "
           "LEFT JOIN customer u ON u.brand_id = s.brand_id AND u.id = v.customer_id ORDER BY s.serial");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, incident);
    db_bind_int(q, 3, after);
    db_bind_int(q, 4, limit);
    room_line_list list = {0};
    while (db_row(q))
        *list_add(a, &list) = (struct room_line){.serial = db_int(q, "serial"),
                                                 .message_id = db_int(q, "message_id"),
                                                 .conversation_id = db_int(q, "conversation_id"),
                                                 .number = db_int(q, "number"),
                                                 .customer_id = db_int(q, "customer_id"),
                                                 .agent_id = db_int(q, "agent_id"),
                                                 .waited_since = db_int(q, "waited_since"),
                                                 .at = db_int(q, "at"),
                                                 .customer_name = db_text(q, a, "customer_name"),
                                                 .agent_name = db_text(q, a, "agent_name"),
                                                 .channel = db_text(q, a, "channel"),
                                                 .text = db_text(q, a, "text")};
    TRY(db_done(q));
    *ret = list;
    return ERR_NONE;
}

/* Serials go on behind those of the other room, which is then read anew by whoever holds it in memory. */
err store_room_merge(db_conn *c, int64_t brand, int64_t from, int64_t into) {
    static const char *const moves[] = {
        "UPDATE room_said SET incident_id = $3, serial = serial + (SELECT r.said FROM room r WHERE "
        "r.brand_id = "
        "$1 AND r.incident_id = $3) WHERE brand_id = $1 AND incident_id = $2",
        "UPDATE room SET said = said + (SELECT f.said FROM room f WHERE f.brand_id = $1 AND f.incident_id = "
        "$2), "
        "undone = undone + 1 WHERE brand_id = $1 AND incident_id = $3",
        "UPDATE room_fact SET incident_id = $3 WHERE brand_id = $1 AND incident_id = $2",
        "UPDATE room_told SET incident_id = $3 WHERE brand_id = $1 AND incident_id = $2",
        "UPDATE room_claim SET incident_id = $3 WHERE brand_id = $1 AND incident_id = $2",
        "UPDATE room_event SET incident_id = $3 WHERE brand_id = $1 AND incident_id = $2",
        "UPDATE room_owed SET incident_id = $3 WHERE brand_id = $1 AND incident_id = $2 AND NOT EXISTS "
        "(SELECT 1 "
        "FROM room_owed t WHERE t.brand_id = $1 AND t.incident_id = $3 AND t.kind = room_owed.kind AND "
        "t.fact_id "
        "= room_owed.fact_id AND t.customer_id = room_owed.customer_id)",
        /* Owed the same there already. */
        "DELETE FROM room_owed WHERE brand_id = $1 AND incident_id = $2 AND incident_id <> $3",
        "UPDATE room SET fixed_at = CASE WHEN room.fixed_at = 0 THEN f.fixed_at ELSE room.fixed_at END, "
        "fixed_by = CASE WHEN room.fixed_at = 0 THEN f.fixed_by ELSE room.fixed_by END, fixed_says = CASE "
        "WHEN "
        "room.fixed_at = 0 THEN f.fixed_says ELSE room.fixed_says END, learned = CASE WHEN room.learned = '' "
        "THEN f.learned ELSE room.learned END FROM room f WHERE f.brand_id = $1 AND f.incident_id = $2 AND "
        "room.brand_id = $1 AND room.incident_id = $3",
    };
    TRY(store_room_make(c, brand, from));
    TRY(store_room_make(c, brand, into));
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        db_query *q = db_sql(c, moves[i]);
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, from);
        db_bind_int(q, 3, into);
        TRY(db_done(q));
    }
    return store_room_place_all(c, brand, into);
}

/* What was derived from the words goes; that somebody was answered stays. */
err store_room_forget(db_conn *c, int64_t brand, int64_t conversation) {
    int64_t incident = 0;
    db_query *q = db_sql(c, "UPDATE room_said SET words = $3 WHERE brand_id = $1 AND conversation_id = $2 "
                            "RETURNING incident_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_blob(q, 3, S(""));
    while (db_row(q)) incident = db_int(q, "incident_id");
    TRY(db_done(q));
    if (incident) TRY(one_more_undone(c, brand, incident));
    q = db_sql(c, "UPDATE room_claim SET note = '' WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    TRY(db_done(q));
    /* Nobody can write to them there any more. */
    q = db_sql(c,
               "UPDATE room_owed SET dropped_why = '', state = CASE WHEN state = 'due' THEN 'dropped' ELSE "
               "state END WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}
