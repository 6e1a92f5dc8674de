#include "store/post.h"

/* $1 to $23 mean the same in the insert and in the update. */
static void bind_post(db_query *q, int64_t brand, const struct store_post *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->message_id);
    db_bind_text(q, 3, r->version);
    db_bind_text(q, 4, r->url);
    db_bind_text(q, 5, r->thread);
    db_bind_text(q, 6, r->thread_version);
    db_bind_text(q, 7, r->reply_to);
    db_bind_text(q, 8, r->quote);
    db_bind_text(q, 9, r->author_id);
    db_bind_text(q, 10, r->handle);
    db_bind_int(q, 11, r->followers);
    db_bind_text(q, 12, r->kind);
    db_bind_text(q, 13, r->visibility);
    db_bind_text(q, 14, r->spoiler);
    db_bind_text(q, 15, r->language);
    db_bind_text(q, 16, r->extra);
    db_bind_int(q, 17, r->rating);
    db_bind_int(q, 18, r->rating_max);
    db_bind_int(q, 19, r->edited_at);
    db_bind_int(q, 20, r->deleted_at);
    db_bind_int(q, 21, r->look_at);
}

err store_post_insert(db_conn *c, int64_t brand, const struct store_post *r) {
    db_query *q = db_sql(
        c, "INSERT INTO post (brand_id, message_id, version, url, thread, thread_version, reply_to, quote, "
           "author_id, handle, followers, kind, visibility, spoiler, language, extra, rating, rating_max, "
           "edited_at, deleted_at, look_at, inbox_id, post_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
           "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)");
    bind_post(q, brand, r);
    db_bind_int(q, 22, r->inbox_id);
    db_bind_text(q, 23, r->post_id);
    return db_done(q);
}

err store_post_update(db_conn *c, int64_t brand, const struct store_post *r) {
    db_query *q =
        db_sql(c, "UPDATE post SET version = $3, url = $4, thread = $5, thread_version = $6, reply_to = $7, "
                  "quote = $8, author_id = $9, handle = $10, followers = $11, kind = $12, visibility = $13, "
                  "spoiler = $14, language = $15, extra = $16, rating = $17, rating_max = $18, "
                  "edited_at = $19, deleted_at = $20, look_at = $21 WHERE brand_id = $1 AND message_id = $2");
    bind_post(q, brand, r);
    return db_done(q);
}

#define COLUMNS                                                                                              \
    "p.message_id AS message_id, p.inbox_id AS inbox_id, post_id, version, url, thread, thread_version, "    \
    "reply_to, quote, author_id, handle, followers, p.kind AS kind, visibility, spoiler, language, extra, "  \
    "rating, rating_max, edited_at, deleted_at, look_at, m.conversation_id AS conversation_id "
#define FROM_POST "FROM post p JOIN message m ON m.brand_id = p.brand_id AND m.id = p.message_id "

static void read_post(db_query *q, arena *a, struct store_post *r) {
    *r = (struct store_post){
        .message_id = db_int(q, "message_id"),
        .inbox_id = db_int(q, "inbox_id"),
        .post_id = db_text(q, a, "post_id"),
        .version = db_text(q, a, "version"),
        .url = db_text(q, a, "url"),
        .thread = db_text(q, a, "thread"),
        .thread_version = db_text(q, a, "thread_version"),
        .reply_to = db_text(q, a, "reply_to"),
        .quote = db_text(q, a, "quote"),
        .author_id = db_text(q, a, "author_id"),
        .handle = db_text(q, a, "handle"),
        .followers = db_int(q, "followers"),
        .kind = db_text(q, a, "kind"),
        .visibility = db_text(q, a, "visibility"),
        .spoiler = db_text(q, a, "spoiler"),
        .language = db_text(q, a, "language"),
        .extra = db_text(q, a, "extra"),
        .rating = db_int(q, "rating"),
        .rating_max = db_int(q, "rating_max"),
        .edited_at = db_int(q, "edited_at"),
        .deleted_at = db_int(q, "deleted_at"),
        .look_at = db_int(q, "look_at"),
        .conversation_id = db_int(q, "conversation_id"),
    };
}

/* An all-zero row when there is none. */
static err one(db_query *q, arena *a, struct store_post *ret) {
    struct store_post row = {0};
    if (db_row(q)) read_post(q, a, &row);
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

static err all(db_query *q, arena *a, store_post_list *ret) {
    store_post_list rows = {0};
    while (db_row(q)) read_post(q, a, list_add(a, &rows));
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

static err one_id(db_query *q, int64_t *ret) {
    int64_t id = db_row(q) ? db_int(q, "id") : 0;
    TRY(db_done(q));
    *ret = id;
    return ERR_NONE;
}

err store_post_by_id(db_conn *c, arena *a, int64_t brand, int64_t inbox, str post_id,
                     struct store_post *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS FROM_POST "WHERE p.brand_id = $1 AND p.inbox_id = $2 AND p.post_id = $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, post_id);
    return one(q, a, ret);
}

err store_post_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_post *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS FROM_POST "WHERE p.brand_id = $1 AND p.message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return one(q, a, ret);
}

err store_posts_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t from,
                                int64_t to, store_post_list *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS FROM_POST
                            "WHERE m.brand_id = $1 AND m.conversation_id = $2 AND m.id BETWEEN $3 AND $4 "
                            "ORDER BY m.id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, from);
    db_bind_int(q, 4, to);
    return all(q, a, ret);
}

err store_post_newest(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool still_there,
                      struct store_post *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS FROM_POST "WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                            "AND (p.deleted_at = 0 OR $3 = 0) ORDER BY m.id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, still_there);
    return one(q, a, ret);
}

err store_post_last_said(db_conn *c, arena *a, int64_t brand, int64_t conversation, str *ret_channel,
                         str *ret_visibility) {
    db_query *q = db_sql(
        c, "SELECT m.channel AS channel, COALESCE(p.visibility, o.visibility, '') AS visibility "
           "FROM message m LEFT JOIN post p ON p.brand_id = m.brand_id AND p.message_id = m.id LEFT JOIN "
           "post_out o "
           "ON o.brand_id = m.brand_id AND o.message_id = m.id AND o.position = 0 WHERE m.brand_id = $1 "
           "AND m.conversation_id = $2 AND m.kind IN ('letter', 'reply') ORDER BY m.id DESC LIMIT 1");
    str channel = S(""), visibility = S("");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    if (db_row(q)) {
        channel = db_text(q, a, "channel");
        visibility = db_text(q, a, "visibility");
    }
    TRY(db_done(q));
    *ret_channel = channel;
    *ret_visibility = visibility;
    return ERR_NONE;
}

static err of_thread(db_query *q, int64_t brand, int64_t inbox, str thread, str author, int64_t *ret) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, thread);
    if (author.n) db_bind_text(q, 4, author);
    return one_id(q, ret);
}

err store_post_thread(db_conn *c, int64_t brand, int64_t inbox, str thread, str author, int64_t *ret_own,
                      int64_t *ret_first) {
    TRY(of_thread(db_sql(c, "SELECT m.conversation_id AS id " FROM_POST
                            "WHERE p.brand_id = $1 AND p.inbox_id = $2 AND p.thread = $3 "
                            "AND p.author_id = $4 ORDER BY p.message_id DESC LIMIT 1"),
                  brand, inbox, thread, author, ret_own));
    return of_thread(db_sql(c, "SELECT m.conversation_id AS id " FROM_POST
                               "WHERE p.brand_id = $1 AND p.inbox_id = $2 AND p.thread = $3 "
                               "ORDER BY p.message_id LIMIT 1"),
                     brand, inbox, thread, S(""), ret_first);
}

/* Plus 0: SQLite would rather walk all that wait than the customer's few. */
err store_post_open_of(db_conn *c, int64_t brand, int64_t inbox, int64_t customer, int64_t since,
                       int64_t *ret_conversation) {
    db_query *q =
        db_sql(c, "SELECT v.id AS id FROM conversation v WHERE v.brand_id = $1 AND v.customer_id = $3 "
                  "AND v.inbox_id = $2 AND v.state = 'us' AND v.waiting_since + 0 >= $4 AND 'direct' <> "
                  "(SELECT COALESCE(p.visibility, 'direct') FROM message m LEFT JOIN post p "
                  "ON p.brand_id = m.brand_id AND p.message_id = m.id WHERE m.brand_id = v.brand_id "
                  "AND m.conversation_id = v.id AND m.kind = 'letter' ORDER BY m.id DESC LIMIT 1) "
                  "ORDER BY v.id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, customer);
    db_bind_int(q, 4, since);
    return one_id(q, ret_conversation);
}

err store_post_private_place(db_conn *c, int64_t brand, int64_t inbox, str author, int64_t since,
                             int64_t *ret_conversation) {
    db_query *q =
        db_sql(c, "SELECT m.conversation_id AS id FROM post_out o JOIN message m ON m.brand_id = o.brand_id "
                  "AND m.id = o.message_id WHERE o.brand_id = $1 AND o.inbox_id = $2 AND o.to_id = $3 "
                  "AND o.visibility = 'direct' AND o.written_at >= $4 ORDER BY o.outbox_id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_text(q, 3, author);
    db_bind_int(q, 4, since);
    return one_id(q, ret_conversation);
}

err store_posts_to_look(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t now, int limit,
                        store_post_list *ret) {
    db_query *q =
        db_sql(c, "SELECT " COLUMNS FROM_POST "WHERE p.brand_id = $1 AND p.inbox_id = $2 AND p.look_at > 0 "
                  "AND p.look_at <= $3 ORDER BY p.look_at LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    db_bind_int(q, 3, now);
    db_bind_int(q, 4, limit);
    return all(q, a, ret);
}

err store_post_look_at(db_conn *c, int64_t brand, int64_t message, int64_t at) {
    db_query *q = db_sql(c, "UPDATE post SET look_at = $3 WHERE brand_id = $1 AND message_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    db_bind_int(q, 3, at);
    return db_done(q);
}

err store_post_letter_left(db_conn *c, int64_t brand, int64_t conversation, int64_t since, bool *ret) {
    db_query *q = db_sql(c, "SELECT m.id AS id FROM message m LEFT JOIN post p ON p.brand_id = m.brand_id "
                            "AND p.message_id = m.id WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                            "AND m.kind = 'letter' AND m.created_at >= $3 AND COALESCE(p.deleted_at, 0) = 0 "
                            "LIMIT 1");
    int64_t id;
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, since);
    TRY(one_id(q, &id));
    *ret = id != 0;
    return ERR_NONE;
}

/* ---- what was said before ---- */

err store_post_before_insert(db_conn *c, int64_t brand, const struct store_post_before *r) {
    db_query *q = db_sql(c, "INSERT INTO post_before (brand_id, message_id, until, text) "
                            "VALUES ($1, $2, $3, $4) ON CONFLICT (brand_id, message_id, until) DO NOTHING");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->message_id);
    db_bind_int(q, 3, r->until);
    db_bind_text(q, 4, r->text);
    return db_done(q);
}

err store_posts_before(db_conn *c, arena *a, int64_t brand, int64_t message, store_post_before_list *ret) {
    db_query *q = db_sql(c, "SELECT message_id, until, text FROM post_before WHERE brand_id = $1 "
                            "AND message_id = $2 ORDER BY until DESC LIMIT 20");
    store_post_before_list rows = {0};
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    while (db_row(q))
        *list_add(a, &rows) = (struct store_post_before){.message_id = db_int(q, "message_id"),
                                                         .until = db_int(q, "until"),
                                                         .text = db_text(q, a, "text")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

/* ---- forgetting ---- */

static err on(db_query *q, int64_t brand, int64_t of) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, of);
    return db_done(q);
}

/* Ids and threads name their author, too. */
#define WIPE_POST                                                                                            \
    "UPDATE post SET url = '', spoiler = '', language = '', extra = '', handle = '', author_id = '', "       \
    "reply_to = '', quote = '', post_id = 'gone:' || CAST(message_id AS TEXT), "                             \
    "thread = 'gone:' || CAST(message_id AS TEXT), followers = -1, look_at = 0 "                             \
    "WHERE brand_id = $1 AND message_id "
#define WIPE_OUT                                                                                             \
    "UPDATE post_out SET text = '', spoiler = '', to_id = '', to_handle = '', url = '', reply_to = '', "     \
    "root = '' WHERE brand_id = $1 AND message_id "
#define OF_CONVERSATION "IN (SELECT m.id FROM message m WHERE m.brand_id = $1 AND m.conversation_id = $2)"

err store_posts_before_delete(db_conn *c, int64_t brand, int64_t message) {
    return on(db_sql(c, "DELETE FROM post_before WHERE brand_id = $1 AND message_id = $2"), brand, message);
}

err store_posts_forget(db_conn *c, int64_t brand, int64_t conversation) {
    TRY(on(db_sql(c, WIPE_POST OF_CONVERSATION), brand, conversation));
    TRY(on(db_sql(c, WIPE_OUT OF_CONVERSATION), brand, conversation));
    return on(db_sql(c, "DELETE FROM post_before WHERE brand_id = $1 AND message_id " OF_CONVERSATION), brand,
              conversation);
}

err store_post_forget(db_conn *c, int64_t brand, int64_t message) {
    TRY(on(db_sql(c, WIPE_POST "= $2"), brand, message));
    TRY(on(db_sql(c, WIPE_OUT "= $2"), brand, message));
    return store_posts_before_delete(c, brand, message);
}
