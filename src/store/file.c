#include "store/file.h"

static err run_on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_thumb_put(db_conn *c, int64_t brand, int64_t attachment, str jpeg) {
    db_query *q = db_sql(c, "INSERT INTO thumbnail (brand_id, attachment_id, bytes) VALUES ($1, $2, $3) "
                            "ON CONFLICT (brand_id, attachment_id) DO UPDATE SET bytes = excluded.bytes");
    db_bind_blob(q, 3, jpeg);
    TRY(run_on(q, brand, attachment));
    return run_on(db_sql(c, "UPDATE attachment SET thumb = 1 WHERE brand_id = $1 AND id = $2"), brand,
                  attachment);
}

err store_thumb_get(db_conn *c, arena *a, int64_t brand, int64_t attachment, str *ret_jpeg) {
    db_query *q = db_sql(c, "SELECT bytes FROM thumbnail WHERE brand_id = $1 AND attachment_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, attachment);
    str jpeg = S("");
    if (db_row(q)) jpeg = db_blob(q, a, "bytes");
    TRY(db_done(q));
    *ret_jpeg = jpeg;
    return ERR_NONE;
}

err store_file_scan(db_conn *c, int64_t brand, int64_t attachment, file_scan scan, str says) {
    db_query *q =
        db_sql(c, "UPDATE attachment SET scan = $3, scan_says = $4 WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, str_z(file_scan_name(scan)));
    db_bind_text(q, 4, says);
    return run_on(q, brand, attachment);
}

err store_file_allow(db_conn *c, int64_t brand, int64_t attachment, int64_t agent) {
    db_query *q = db_sql(c, "UPDATE attachment SET allowed_by = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 3, agent);
    return run_on(q, brand, attachment);
}

/* Few files are so, and an index knows them: from them to their messages. */
#define FOUND_IN_RAW                                                                                         \
    "FROM attachment t JOIN message m ON m.brand_id = t.brand_id AND m.id = t.message_id "                   \
    "WHERE t.brand_id = $1 AND t.scan = 'found' AND m.raw_id = $2 "

err store_file_held(db_conn *c, int64_t brand, int64_t raw, bool *ret_held) {
    db_query *q = db_sql(c, "SELECT 1 AS one " FOUND_IN_RAW "AND t.allowed_by = 0 LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, raw);
    bool held = db_row(q);
    TRY(db_done(q));
    *ret_held = held;
    return ERR_NONE;
}

err store_files_found(db_conn *c, arena *a, int64_t brand, int64_t raw, attachment_list *ret) {
    db_query *q = db_sql(c, "SELECT t.id, t.message_id, t.hash, t.scan_says, t.allowed_by " FOUND_IN_RAW
                            "ORDER BY t.id");
    attachment_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, raw);
    while (db_row(q))
        *list_add(a, &rows) = (struct attachment){.id = db_int(q, "id"),
                                                  .message_id = db_int(q, "message_id"),
                                                  .hash = db_text(q, a, "hash"),
                                                  .scan = SCAN_FOUND,
                                                  .scan_says = db_text(q, a, "scan_says"),
                                                  .allowed_by = db_int(q, "allowed_by")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_pictures_show(db_conn *c, int64_t brand, int64_t message, str html, int left_out) {
    db_query *q = db_sql(c, "UPDATE message SET html = $3, remote_images = $4, pictures = $5 "
                            "WHERE brand_id = $1 AND id = $2");
    db_bind_text(q, 3, html);
    db_bind_int(q, 4, left_out);
    db_bind_int(q, 5, PICTURES_SHOWN);
    return run_on(q, brand, message);
}

err store_pictures_state(db_conn *c, int64_t brand, int64_t message, letter_pictures state) {
    db_query *q = db_sql(c, "UPDATE message SET pictures = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 3, state);
    return run_on(q, brand, message);
}

err store_pictures_drop(db_conn *c, int64_t brand, int64_t message) {
    return run_on(db_sql(c, "DELETE FROM attachment WHERE brand_id = $1 AND message_id = $2 AND remote = 1"),
                  brand, message);
}
