#include "store/track.h"

err store_track_insert(db_conn *c, const struct store_track *row) {
    db_query *q =
        db_sql(c, "INSERT INTO track (brand_id, hash, id, conversation_id, agent_id, created_at, expires_at, "
                  "revoked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)");
    db_bind_int(q, 1, row->brand_id);
    db_bind_blob(q, 2, row->hash);
    db_bind_int(q, 3, row->id);
    db_bind_int(q, 4, row->conversation_id);
    db_bind_int(q, 5, row->agent_id);
    db_bind_int(q, 6, row->created_at);
    db_bind_int(q, 7, row->expires_at);
    return db_done(q);
}

err store_tracks_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, int limit,
                    store_track_list *ret) {
    db_query *q = db_sql(c, "SELECT t.id, t.agent_id, t.created_at, t.expires_at, t.revoked_at, "
                            "COALESCE(p.name, '') AS agent_name FROM track t "
                            "LEFT JOIN agent g ON g.brand_id = t.brand_id AND g.id = t.agent_id "
                            "LEFT JOIN account p ON p.id = g.account_id "
                            "WHERE t.brand_id = $1 AND t.conversation_id = $2 ORDER BY t.id DESC LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, limit);
    store_track_list all = {0};
    while (db_row(q)) {
        struct store_track row = {.brand_id = brand, .id = db_int(q, "id"), .conversation_id = conversation};
        row.agent_id = db_int(q, "agent_id");
        row.created_at = db_int(q, "created_at");
        row.expires_at = db_int(q, "expires_at");
        row.revoked_at = db_int(q, "revoked_at");
        row.agent_name = db_text(q, a, "agent_name");
        *list_add(a, &all) = row;
    }
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_track_revoke(db_conn *c, int64_t brand, int64_t conversation, int64_t id, int64_t now,
                       int64_t *ret_n) {
    db_query *q = db_sql(c, "UPDATE track SET revoked_at = $4 WHERE brand_id = $1 AND conversation_id = $2 "
                            "AND (id = $3 OR $3 = 0) AND revoked_at = 0 AND expires_at > $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, id);
    db_bind_int(q, 4, now);
    TRY(db_done(q));
    *ret_n = db_changes(q);
    return ERR_NONE;
}

err store_track_revoke_old(db_conn *c, int64_t brand, int64_t conversation, int keep, int64_t now) {
    db_query *q = db_sql(c, "UPDATE track SET revoked_at = $4 WHERE brand_id = $1 AND conversation_id = $2 "
                            "AND revoked_at = 0 AND id NOT IN (SELECT id FROM track WHERE brand_id = $1 "
                            "AND conversation_id = $2 AND revoked_at = 0 ORDER BY id DESC LIMIT $3)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, keep);
    db_bind_int(q, 4, now);
    return db_done(q);
}

err store_track_delete(db_conn *c, int64_t brand, int64_t conversation) {
    db_query *q = db_sql(c, "DELETE FROM track WHERE brand_id = $1 AND conversation_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return db_done(q);
}

err store_track_delete_expired(db_conn *c, int64_t before) {
    db_query *q = db_sql(c, "DELETE FROM track WHERE expires_at <= $1");
    db_bind_int(q, 1, before);
    return db_done(q);
}

err store_tracked_by_hash(db_conn *c, arena *a, str hash, struct store_tracked *ret) {
    db_query *q = db_sql(
        c,
        "SELECT t.brand_id, t.id, t.conversation_id, t.created_at, t.expires_at, t.revoked_at, b.name, "
        "b.slug, "
        "b.language, b.zone, v.created_at AS begun_at, "
        "v.customer_id, "
        "COALESCE((SELECT m.from_name FROM message m JOIN customer_address k ON k.brand_id = m.brand_id "
        "AND k.address = m.from_address AND k.customer_id = v.customer_id WHERE m.brand_id = t.brand_id AND "
        "m.conversation_id = t.conversation_id AND m.kind = 'letter' ORDER BY m.id LIMIT 1), u.name) "
        "AS sender, "
        "COALESCE((SELECT MAX(r.said_at) FROM message r WHERE r.brand_id = t.brand_id AND "
        "r.conversation_id = t.conversation_id AND r.kind = 'reply' AND r.state IN ('sent', 'recorded')), 0) "
        "AS answered_at FROM track t JOIN brand b ON b.id = t.brand_id "
        "JOIN conversation v ON v.brand_id = t.brand_id AND v.id = t.conversation_id "
        "JOIN customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id WHERE t.hash = $1");
    db_bind_blob(q, 1, hash);
    struct store_tracked row = {0};
    bool there = db_row(q);
    if (there) {
        row.track.brand_id = db_int(q, "brand_id");
        row.track.id = db_int(q, "id");
        row.track.conversation_id = db_int(q, "conversation_id");
        row.track.created_at = db_int(q, "created_at");
        row.track.expires_at = db_int(q, "expires_at");
        row.track.revoked_at = db_int(q, "revoked_at");
        row.brand_name = db_text(q, a, "name");
        row.brand_slug = db_text(q, a, "slug");
        row.brand_language = db_text(q, a, "language");
        row.brand_zone = db_text(q, a, "zone");
        row.begun_at = db_int(q, "begun_at");
        row.answered_at = db_int(q, "answered_at");
        row.customer_id = db_int(q, "customer_id");
        row.sender = db_text(q, a, "sender");
    }
    TRY(db_done(q));
    if (!there) return err_set(ERR_MISSING, "This link does not work.");
    *ret = row;
    return ERR_NONE;
}
