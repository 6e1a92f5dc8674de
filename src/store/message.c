#include "store/message.h"

#include "store/story.h"

#define COLUMNS                                                                                              \
    "m.id, m.conversation_id, m.kind, m.channel, m.state, m.machine, m.agent_id, m.raw_id, m.from_name, "    \
    "m.from_address, m.subject, m.text, m.html, m.remote_images, m.pictures, m.problem, m.rfc_id, "          \
    "m.same_as, "                                                                                            \
    "m.waited_since, m.said_at, m.created_at, m.auth, COALESCE(p.name, '') AS agent_name "
#define TABLES                                                                                               \
    "FROM message m LEFT JOIN agent g ON g.brand_id = m.brand_id AND g.id = m.agent_id "                     \
    "LEFT JOIN account p ON p.id = g.account_id "

static void read_row(db_query *q, arena *a, struct message *r) {
    *r = (struct message){
        .id = db_int(q, "id"),
        .conversation_id = db_int(q, "conversation_id"),
        .machine = db_text(q, a, "machine"),
        .agent_id = db_int(q, "agent_id"),
        .raw_id = db_int(q, "raw_id"),
        .from_name = db_text(q, a, "from_name"),
        .from_address = db_text(q, a, "from_address"),
        .subject = db_text(q, a, "subject"),
        .text = db_text(q, a, "text"),
        .html = db_text(q, a, "html"),
        .remote_images = (int)db_int(q, "remote_images"),
        .pictures = (letter_pictures)db_int(q, "pictures"),
        .auth = auth_verdict_from(db_text(q, a, "auth")),
        .problem = db_text(q, a, "problem"),
        .rfc_id = db_text(q, a, "rfc_id"),
        .same_as = db_text(q, a, "same_as"),
        .waited_since = db_int(q, "waited_since"),
        .said_at = db_int(q, "said_at"),
        .created_at = db_int(q, "created_at"),
        .agent_name = db_text(q, a, "agent_name"),
    };
    message_kind_from(db_text(q, a, "kind"), &r->kind);
    channel_from(db_text(q, a, "channel"), &r->channel);
    message_state_from(db_text(q, a, "state"), &r->state);
}

static void bind_reading(db_query *q, int64_t brand, const struct message *r) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, r->id);
    db_bind_text(q, 3, r->machine);
    db_bind_text(q, 4, r->from_name);
    db_bind_text(q, 5, r->from_address);
    db_bind_text(q, 6, r->subject);
    db_bind_text(q, 7, r->text);
    db_bind_text(q, 8, r->html);
    db_bind_int(q, 9, r->remote_images);
    db_bind_text(q, 10, r->problem);
    db_bind_text(q, 11, r->rfc_id);
    db_bind_text(q, 12, r->same_as);
    db_bind_int(q, 13, r->said_at);
}

err store_message_insert(db_conn *c, int64_t brand, const struct message *r) {
    db_query *q =
        db_sql(c, "INSERT INTO message (brand_id, id, machine, from_name, from_address, subject, "
                  "text, html, remote_images, "
                  "problem, rfc_id, same_as, said_at, conversation_id, kind, channel, state, "
                  "agent_id, raw_id, waited_since, "
                  "created_at, auth) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
                  "$14, $15, $16, $17, $18, $19, "
                  "$20, $21, $22)");
    bind_reading(q, brand, r);
    db_bind_int(q, 14, r->conversation_id);
    db_bind_text(q, 15, str_z(message_kind_name(r->kind)));
    db_bind_text(q, 16, str_z(channel_name(r->channel)));
    db_bind_text(q, 17, str_z(message_state_name(r->state)));
    db_bind_int(q, 18, r->agent_id);
    db_bind_int(q, 19, r->raw_id);
    db_bind_int(q, 20, r->waited_since);
    db_bind_int(q, 21, r->created_at);
    db_bind_text(q, 22, str_z(auth_verdict_name(r->auth)));
    return db_done_later(q);
}

err store_message_reread(db_conn *c, int64_t brand, const struct message *r) {
    db_query *q = db_sql(
        c,
        "UPDATE message SET machine = $3, from_name = $4, from_address = $5, subject = $6, "
        "text = $7, html = $8, pictures = 0, remote_images = $9, problem = $10, rfc_id = $11, same_as = $12, "
        "said_at = $13, auth = $14 WHERE brand_id = $1 AND id = $2");
    bind_reading(q, brand, r);
    db_bind_text(q, 14, str_z(auth_verdict_name(r->auth)));
    return db_done(q);
}

err store_message_state(db_conn *c, int64_t brand, int64_t id, message_state state) {
    db_query *q = db_sql(c, "UPDATE message SET state = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    db_bind_text(q, 3, str_z(message_state_name(state)));
    return db_done(q);
}

static err one(db_query *q, arena *a, struct message *ret) {
    struct message row = {0};
    if (db_row(q)) read_row(q, a, &row);
    TRY(db_done(q));
    *ret = row;
    return ERR_NONE;
}

err store_message_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct message *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE m.brand_id = $1 AND m.id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    struct message row;
    TRY(one(q, a, &row));
    if (!row.id) return err_set(ERR_MISSING, "There is no such message.");
    *ret = row;
    return ERR_NONE;
}

static err run_on(db_query *q, int64_t brand, int64_t id) {
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, id);
    return db_done(q);
}

err store_message_delete(db_conn *c, int64_t brand, int64_t id) {
    TRY(store_story_forget_message(c, brand, id));
    TRY(store_words_delete(c, brand, id));
    TRY(store_message_address_clear(c, brand, id));
    TRY(run_on(db_sql(c, "DELETE FROM attachment WHERE brand_id = $1 AND message_id = $2"), brand, id));
    TRY(run_on(db_sql(c, "DELETE FROM listening WHERE brand_id = $1 AND message_id = $2"), brand, id));
    TRY(run_on(db_sql(c, "DELETE FROM correction WHERE brand_id = $1 AND message_id = $2"), brand, id));
    TRY(run_on(db_sql(c, "DELETE FROM reply_address WHERE brand_id = $1 AND message_id = $2"), brand, id));
    TRY(run_on(db_sql(c, "DELETE FROM bounce WHERE brand_id = $1 AND message_id = $2"), brand, id));
    TRY(run_on(db_sql(c, "DELETE FROM approved WHERE brand_id = $1 AND message_id = $2"), brand, id));
    return run_on(db_sql(c, "DELETE FROM message WHERE brand_id = $1 AND id = $2"), brand, id);
}

err store_message_list(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t before_id,
                       int limit, message_list *ret) {
    db_query *q = db_sql(
        c, "SELECT " COLUMNS ", (SELECT COUNT(*) FROM message_address d WHERE d.brand_id = m.brand_id "
           "AND d.message_id = m.id AND d.role = 'cc') AS copies " TABLES
           "WHERE m.brand_id = $1 AND m.conversation_id = $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $4");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_int(q, 3, before_id ? before_id : INT64_MAX);
    db_bind_int(q, 4, limit);
    message_list rows = {0};
    while (db_row(q)) {
        struct message *m = list_add(a, &rows);
        read_row(q, a, m);
        m->copies = db_int(q, "copies");
    }
    TRY(db_done(q));
    for (size_t i = 0; i < rows.n / 2; i++) {
        struct message other = rows.v[i];
        rows.v[i] = rows.v[rows.n - 1 - i];
        rows.v[rows.n - 1 - i] = other;
    }
    *ret = rows;
    return ERR_NONE;
}

err store_message_last_letter(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                              struct message *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE m.brand_id = $1 AND m.conversation_id = $2 "
                            "AND m.kind = 'letter' "
                            "ORDER BY CASE WHEN m.machine = 'bounce' THEN 1 ELSE 0 END, m.id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    struct message row;
    TRY(one(q, a, &row));
    if (!row.id) return err_set(ERR_MISSING, "There is no letter in this conversation.");
    *ret = row;
    return ERR_NONE;
}

err store_message_by_rfc_id(db_conn *c, arena *a, int64_t brand, str rfc_id, struct message *ret) {
    db_query *q = db_sql(c, "SELECT " COLUMNS TABLES "WHERE m.brand_id = $1 AND m.rfc_id = $2 "
                            "ORDER BY CASE WHEN m.kind = 'reply' THEN 0 ELSE 1 END, m.id DESC LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, rfc_id);
    return one(q, a, ret);
}

err store_message_same(db_conn *c, int64_t brand, str same_as, int64_t *ret_id, int64_t *ret_conversation) {
    db_query *q = db_sql(c, "SELECT id, conversation_id FROM message WHERE brand_id = $1 AND same_as = $2 "
                            "AND same_as <> ''");
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, same_as);
    int64_t id = 0, conversation = 0;
    if (db_row(q)) {
        id = db_int(q, "id");
        conversation = db_int(q, "conversation_id");
    }
    TRY(db_done(q));
    *ret_id = id;
    *ret_conversation = conversation;
    return ERR_NONE;
}

static const char *const role_names[] = {"from", "reply_to", "to", "cc", "bcc"};

static address_role role_from(str s) {
    for (int i = 0; i < 5; i++)
        if (str_eq(s, str_z(role_names[i]))) return (address_role)i;
    return ROLE_CC;
}

err store_message_address_insert(db_conn *c, int64_t brand, int position, const struct message_address *row) {
    db_query *q =
        db_sql(c, "INSERT INTO message_address (brand_id, message_id, position, role, name, address) "
                  "VALUES ($1, $2, $3, $4, $5, $6)");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, row->message_id);
    db_bind_int(q, 3, position);
    db_bind_text(q, 4, str_z(role_names[row->role]));
    db_bind_text(q, 5, row->name);
    db_bind_text(q, 6, row->address);
    return db_done_later(q);
}

err store_message_address_clear(db_conn *c, int64_t brand, int64_t message) {
    return run_on(db_sql(c, "DELETE FROM message_address WHERE brand_id = $1 AND message_id = $2"), brand,
                  message);
}

static err collect_addresses(db_query *q, arena *a, message_address_list *ret) {
    message_address_list rows = {0};
    while (db_row(q)) {
        struct message_address *r = list_add(a, &rows);
        *r = (struct message_address){
            .message_id = db_int(q, "message_id"),
            .role = role_from(db_text(q, a, "role")),
            .name = db_text(q, a, "name"),
            .address = db_text(q, a, "address"),
        };
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_message_addresses(db_conn *c, arena *a, int64_t brand, int64_t message, message_address_list *ret) {
    db_query *q = db_sql(c, "SELECT message_id, role, name, address FROM message_address "
                            "WHERE brand_id = $1 AND message_id = $2 ORDER BY position");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, message);
    return collect_addresses(q, a, ret);
}

err store_conversation_addresses(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                 message_address_list *ret) {
    db_query *q =
        db_sql(c, "SELECT d.message_id, d.role, d.name, d.address FROM message m JOIN message_address d "
                  "ON d.brand_id = m.brand_id AND d.message_id = m.id WHERE m.brand_id = $1 "
                  "AND m.conversation_id = $2 ORDER BY d.message_id, d.position LIMIT 5000");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    return collect_addresses(q, a, ret);
}

err store_conversation_knows(db_conn *c, int64_t brand, int64_t conversation, str address, bool *ret) {
    db_query *q =
        /* From the few messages to their addresses: a join would be walked from the addresses of the brand.
         */
        db_sql(c, "SELECT 1 AS yes FROM message m WHERE m.brand_id = $1 AND m.conversation_id = $2 AND "
                  "EXISTS (SELECT 1 FROM message_address d WHERE d.brand_id = m.brand_id AND "
                  "d.message_id = m.id AND d.address = $3 AND ((m.kind = 'letter' AND d.role IN "
                  "('from', 'reply_to')) OR (m.kind = 'reply' AND d.role IN ('to', 'cc', 'bcc')))) LIMIT 1");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, conversation);
    db_bind_text(q, 3, address);
    bool yes = db_row(q);
    TRY(db_done(q));
    *ret = yes;
    return ERR_NONE;
}
