#include "base/buf.h"
#include "store/message.h"

err store_words_delete(db_conn *c, int64_t brand, int64_t message) {
    db_query *q;
    switch (db_conn_engine(c)) {
    case DB_SQLITE: q = db_sql(c, "DELETE FROM message_words WHERE rowid = $1"); break;
    case DB_POSTGRES:
        q = db_sql(c, "DELETE FROM message_words WHERE message_id = $1 AND brand_id = $2");
        db_bind_int(q, 2, brand);
        break;
    }
    db_bind_int(q, 1, message);
    return db_done(q);
}

err store_words_put(db_conn *c, int64_t brand, int64_t message, str words) {
    db_query *q;
    switch (db_conn_engine(c)) {
    case DB_SQLITE:
        q = db_sql(c, "INSERT OR REPLACE INTO message_words (rowid, words) VALUES ($1, $2)");
        break;
    case DB_POSTGRES:
        q = db_sql(c, "INSERT INTO message_words (message_id, words, brand_id) VALUES ($1, "
                      "array_to_tsvector(array_remove(string_to_array($2, ' '), '')), $3) "
                      "ON CONFLICT (brand_id, message_id) DO UPDATE SET words = excluded.words");
        db_bind_int(q, 3, brand);
        break;
    }
    db_bind_int(q, 1, message);
    db_bind_text(q, 2, words);
    return db_done_later(q);
}

#define COLUMNS                                                                                              \
    "m.id, m.conversation_id, m.kind, m.said_at, m.created_at, m.from_name, m.from_address, m.subject, "     \
    "m.text, v.customer_id, v.state, v.subject AS conversation_subject, u.name AS customer_name "
#define NAMES(join)                                                                                          \
    join " conversation v ON v.brand_id = m.brand_id AND v.id = m.conversation_id " join                     \
         " customer u ON u.brand_id = v.brand_id AND u.id = v.customer_id "
/* CROSS JOIN keeps SQLite from beginning at the brand's messages, which it takes for fewer than the words'
 * hits. */
#define FROM_SQLITE                                                                                          \
    "FROM message_words w CROSS JOIN message m ON m.brand_id = $1 AND m.id = w.rowid " NAMES("CROSS JOIN")
#define FROM_POSTGRES                                                                                        \
    "FROM message_words w JOIN message m ON m.brand_id = w.brand_id AND m.id = w.message_id " NAMES("JOIN")

static const char *search_sql(db_engine engine) {
    switch (engine) {
    case DB_SQLITE:
        return "SELECT " COLUMNS FROM_SQLITE
               "WHERE w.message_words MATCH $2 AND w.rowid < $3 ORDER BY w.rowid DESC LIMIT $4";
    case DB_POSTGRES:
        return "SELECT " COLUMNS FROM_POSTGRES
               "WHERE w.brand_id = $1 AND w.words @@ $2::text::tsquery AND w.message_id < $3 "
               "ORDER BY w.message_id DESC LIMIT $4";
    }
    return "";
}

/* Words hold letters, digits and bytes above 127 only (letter/words), so quoting them is enough. */
static str match_text(arena *a, db_engine engine, const str *words, size_t n, bool last_is_prefix) {
    BUF_AUTO buf b = BUF_MAX(8192);
    char quote = engine == DB_SQLITE ? '"' : '\'';
    for (size_t i = 0; i < n; i++) {
        if (i) buf_add_z(&b, engine == DB_SQLITE ? " AND " : " & ");
        buf_add_char(&b, quote);
        buf_add(&b, words[i]);
        buf_add_char(&b, quote);
        if (i == n - 1 && last_is_prefix) buf_add_z(&b, engine == DB_SQLITE ? "*" : ":*");
    }
    return str_copy(a, buf_str(&b));
}

err store_search(db_conn *c, arena *a, int64_t brand, const str *words, size_t n, bool last_is_prefix,
                 int64_t before_id, int limit, found_list *ret) {
    found_list rows = {0};
    if (n == 0) {
        *ret = rows;
        return ERR_NONE;
    }
    db_engine engine = db_conn_engine(c);
    db_query *q = db_sql(c, search_sql(engine));
    db_bind_int(q, 1, brand);
    db_bind_text(q, 2, match_text(a, engine, words, n, last_is_prefix));
    db_bind_int(q, 3, before_id ? before_id : INT64_MAX);
    db_bind_int(q, 4, limit);
    while (db_row(q)) {
        struct found *f = list_add(a, &rows);
        f->message = (struct message){
            .id = db_int(q, "id"),
            .conversation_id = db_int(q, "conversation_id"),
            .said_at = db_int(q, "said_at"),
            .created_at = db_int(q, "created_at"),
            .from_name = db_text(q, a, "from_name"),
            .from_address = db_text(q, a, "from_address"),
            .subject = db_text(q, a, "subject"),
            .text = db_text(q, a, "text"),
        };
        message_kind_from(db_text(q, a, "kind"), &f->message.kind);
        conversation_state_from(db_text(q, a, "state"), &f->state);
        f->customer_id = db_int(q, "customer_id");
        f->customer_name = db_text(q, a, "customer_name");
        f->conversation_subject = db_text(q, a, "conversation_subject");
    }
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}
