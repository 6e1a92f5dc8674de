/* Posts of ours; see store/post.h. */
#include "store/post.h"

err store_post_out_insert(db_conn *c, int64_t brand, const struct store_post_out *r) {
    db_query *q = db_sql(
        c, "INSERT INTO post_out (brand_id, outbox_id, message_id, inbox_id, position, answers_id, "
           "answers_version, text, language, spoiler, visibility, to_id, to_handle, reply_to, "
           "reply_to_version, root, root_version, written_at, tried_at, post_id, post_version, url, quotes) "
           "VALUES "
           "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, "
           "$22, $23)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->outbox_id);
    db_bind_int(q, 3, r->message_id);
    db_bind_int(q, 4, r->inbox_id);
    db_bind_int(q, 5, r->position);
    db_bind_int(q, 6, r->answers_id);
    db_bind_text(q, 7, r->answers_version);
    db_bind_text(q, 8, r->text);
    db_bind_text(q, 9, r->language);
    db_bind_text(q, 10, r->spoiler);
    db_bind_text(q, 11, r->visibility);
    db_bind_text(q, 12, r->to_id);
    db_bind_text(q, 13, r->to_handle);
    db_bind_text(q, 14, r->reply_to);
    db_bind_text(q, 15, r->reply_to_version);
    db_bind_text(q, 16, r->root);
    db_bind_text(q, 17, r->root_version);
    db_bind_int(q, 18, r->written_at);
    db_bind_int(q, 19, r->tried_at);
    db_bind_text(q, 20, r->post_id);
    db_bind_text(q, 21, r->post_version);
    db_bind_text(q, 22, r->url);
    db_bind_int(q, 23, r->quotes);
    return db_done(q);
}

err store_post_out_update(db_conn *c, int64_t brand, const struct store_post_out *r) {
    db_query *q = db_sql(c, "UPDATE post_out SET reply_to = $3, reply_to_version = $4, root = $5, "
                            "root_version = $6, tried_at = $7, post_id = $8, post_version = $9, url = $10, "
                            "answers_version = $11 WHERE brand_id = $1 AND outbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->outbox_id);
    db_bind_text(q, 3, r->reply_to);
    db_bind_text(q, 4, r->reply_to_version);
    db_bind_text(q, 5, r->root);
    db_bind_text(q, 6, r->root_version);
    db_bind_int(q, 7, r->tried_at);
    db_bind_text(q, 8, r->post_id);
    db_bind_text(q, 9, r->post_version);
    db_bind_text(q, 10, r->url);
    db_bind_text(q, 11, r->answers_version);
    return db_done(q);
}

#define SELECT_OUT                                                                                           \
    "SELECT o.outbox_id AS outbox_id, o.message_id AS message_id, o.inbox_id AS inbox_id, position, "        \
    "answers_id, answers_version, o.text AS text, o.language AS language, o.spoiler AS spoiler, "            \
    "visibility, to_id, to_handle, reply_to, reply_to_version, root, root_version, written_at, tried_at, "   \
    "post_id, post_version, url, quotes FROM post_out o "

static void read_out(db_query *q, arena *a, struct store_post_out *r) {
    *r = (struct store_post_out){
        .outbox_id = db_int(q, "outbox_id"),
        .message_id = db_int(q, "message_id"),
        .inbox_id = db_int(q, "inbox_id"),
        .position = db_int(q, "position"),
        .answers_id = db_int(q, "answers_id"),
        .answers_version = db_text(q, a, "answers_version"),
        .text = db_text(q, a, "text"),
        .language = db_text(q, a, "language"),
        .spoiler = db_text(q, a, "spoiler"),
        .visibility = db_text(q, a, "visibility"),
        .to_id = db_text(q, a, "to_id"),
        .to_handle = db_text(q, a, "to_handle"),
        .reply_to = db_text(q, a, "reply_to"),
        .reply_to_version = db_text(q, a, "reply_to_version"),
        .root = db_text(q, a, "root"),
        .root_version = db_text(q, a, "root_version"),
        .written_at = db_int(q, "written_at"),
        .tried_at = db_int(q, "tried_at"),
        .post_id = db_text(q, a, "post_id"),
        .post_version = db_text(q, a, "post_version"),
        .url = db_text(q, a, "url"),
        .quotes = db_int(q, "quotes") != 0,
    };
}

err store_post_out_get(db_conn *c, arena *a, int64_t brand, int64_t outbox, struct store_post_out *ret) {
    db_query *q = db_sql(c, SELECT_OUT "WHERE o.brand_id = $1 AND o.outbox_id = $2");
    struct store_post_out row = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, outbox);
    if (db_row(q)) read_out(q, a, &row);
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

static err all(db_query *q, arena *a, store_post_out_list *ret) {
    store_post_out_list rows = {0};
    while (db_row(q)) read_out(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_posts_out_of_message(db_conn *c, arena *a, int64_t brand, int64_t message,
                               store_post_out_list *ret) {
    db_query *q = db_sql(c, SELECT_OUT "WHERE o.brand_id = $1 AND o.message_id = $2 ORDER BY position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return all(q, a, ret);
}

err store_posts_out_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t from,
                                    int64_t to, store_post_out_list *ret) {
    db_query *q =
        db_sql(c, SELECT_OUT "JOIN message m ON m.brand_id = o.brand_id AND m.id = o.message_id "
                             "WHERE m.brand_id = $1 AND m.conversation_id = $2 AND m.id BETWEEN $3 AND $4 "
                             "ORDER BY m.id, position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, to);
    return all(q, a, ret);
}

err store_post_out_place(db_conn *c, int64_t brand, int64_t inbox, str post_id, int64_t *ret_conversation) {
    db_query *q = db_sql(c, "SELECT m.conversation_id AS id FROM post_out o JOIN message m "
                            "ON m.brand_id = o.brand_id AND m.id = o.message_id WHERE o.brand_id = $1 "
                            "AND o.inbox_id = $2 AND o.post_id = $3 AND o.post_id <> '' LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, post_id);
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret_conversation = id;
    return ERR_NONE;
}

err store_post_out_delete(db_conn *c, int64_t brand, int64_t message) {
    db_query *q = db_sql(c, "DELETE FROM post_out WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return db_done(q);
}
