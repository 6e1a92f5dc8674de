#include "store/message.h"

#define COLUMNS                                                                                              \
    "t.id, t.message_id, t.conversation_id, t.agent_id, t.name, t.type, t.content_id, t.shown_inline, "      \
    "t.size, t.hash, t.about, t.thumb, t.scan, t.scan_says, t.allowed_by, t.remote, t.alt, CASE WHEN "       \
    "t.bytes IS "                                                                                            \
    "NULL THEN 1 ELSE 0 END AS in_object "

static const char *const scan_names[] = {"", "clean", "found", "failed"};

const char *file_scan_name(file_scan s) { return scan_names[s]; }

static file_scan scan_from(str s) {
    for (int i = 0; i < 4; i++)
        if (str_eq(s, str_z(scan_names[i]))) return (file_scan)i;
    return SCAN_FAILED;
}

static void read_row(db_query *q, arena *a, struct attachment *r) {
    *r = (struct attachment){
        .id = db_int(q, "id"),
        .message_id = db_int(q, "message_id"),
        .conversation_id = db_int(q, "conversation_id"),
        .agent_id = db_int(q, "agent_id"),
        .name = db_text(q, a, "name"),
        .type = db_text(q, a, "type"),
        .content_id = db_text(q, a, "content_id"),
        .shown_inline = db_int(q, "shown_inline") != 0,
        .size = db_int(q, "size"),
        .hash = db_text(q, a, "hash"),
        .in_object = db_int(q, "in_object") != 0,
        .about = db_text(q, a, "about"),
        .thumb = db_int(q, "thumb") != 0,
        .scan = scan_from(db_text(q, a, "scan")),
        .scan_says = db_text(q, a, "scan_says"),
        .allowed_by = db_int(q, "allowed_by"),
        .remote = db_int(q, "remote") != 0,
        .alt = db_text(q, a, "alt"),
    };
}

err store_attachment_insert(db_conn *c, int64_t brand, const struct attachment *r) {
    db_query *q =
        db_sql(c, "INSERT INTO attachment (brand_id, id, message_id, conversation_id, agent_id, name, type, "
                  "content_id, shown_inline, size, hash, bytes, about, remote) VALUES ($1, $2, $3, $4, $5, "
                  "$6, $7, $8, $9, $10, $11, $12, $13, $14)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_int(q, 3, r->message_id);
    db_bind_int(q, 4, r->conversation_id);
    db_bind_int(q, 5, r->agent_id);
    db_bind_text(q, 6, r->name);
    db_bind_text(q, 7, r->type);
    db_bind_text(q, 8, r->content_id);
    db_bind_int(q, 9, r->shown_inline);
    db_bind_int(q, 10, r->size);
    db_bind_text(q, 11, r->hash);
    if (r->in_object)
        db_bind_null(q, 12);
    else
        db_bind_blob(q, 12, r->bytes);
    db_bind_text(q, 13, r->about);
    db_bind_int(q, 14, r->remote);
    return db_done(q);
}

err store_attachment_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct attachment *ret) {
    db_query *q =
        db_sql(c, "SELECT t.bytes, " COLUMNS "FROM attachment t WHERE t.brand_id = $1 AND t.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct attachment row = {0};
    if (db_row(q)) {
        read_row(q, a, &row);
        row.bytes = db_blob(q, a, "bytes");
    }
    TRY(db_done(q));
    if (!row.id) return err_set(ERR_MISSING, "There is no such file.");
    *ret = row;
    return ERR_NONE;
}

err store_attachment_alt(db_conn *c, int64_t brand, int64_t id, str alt) {
    db_query *q = db_sql(c, "UPDATE attachment SET alt = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, alt);
    return db_done(q);
}

err store_attachment_delete(db_conn *c, int64_t brand, int64_t id) {
    db_query *q = db_sql(c, "DELETE FROM attachment WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

static err collect(db_query *q, arena *a, attachment_list *ret) {
    attachment_list rows = {0};
    while (db_row(q)) read_row(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_attachments_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                      attachment_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS "FROM attachment t WHERE t.brand_id = $1 AND t.conversation_id = $2 "
                  "AND t.message_id <> 0 ORDER BY t.message_id, t.id LIMIT 2000");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return collect(q, a, ret);
}

err store_attachments_of_message(db_conn *c, arena *a, int64_t brand, int64_t message, attachment_list *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS "FROM attachment t WHERE t.brand_id = $1 AND t.message_id = $2 "
                            "ORDER BY t.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return collect(q, a, ret);
}

err store_attachments_of_draft(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t agent,
                               attachment_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS "FROM attachment t WHERE t.brand_id = $1 AND t.conversation_id = $2 "
                  "AND t.agent_id = $3 AND t.message_id = 0 ORDER BY t.id LIMIT 200");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, agent);
    return collect(q, a, ret);
}

err store_attachments_to_message(db_conn *c, int64_t brand, int64_t conversation, int64_t agent,
                                 int64_t message, int64_t real_conversation) {
    db_query *q = db_sql(c, "UPDATE attachment SET message_id = $4, conversation_id = $5 WHERE brand_id = $1 "
                            "AND conversation_id = $2 AND agent_id = $3 AND message_id = 0");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, agent);
    db_bind_int(q, 4, message);
    db_bind_int(q, 5, real_conversation);
    return db_done_later(q);
}

err store_attachments_to_draft(db_conn *c, int64_t brand, int64_t message, int64_t conversation,
                               int64_t agent) {
    db_query *q = db_sql(c, "UPDATE attachment SET message_id = 0, conversation_id = $3, agent_id = $4 "
                            "WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_int(q, 3, conversation);
    db_bind_int(q, 4, agent);
    return db_done(q);
}
