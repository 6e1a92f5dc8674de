#include "store/rhythm.h"

#include "base/clock.h"
#include "base/random.h"

struct counted {
    int64_t inbox, hour, n;
};

static err mark_of(db_conn *c, int64_t brand, int64_t oldest, int64_t *ret_mark) {
    db_query *q = db_sql(c, "SELECT raw_id FROM rhythm_mark WHERE brand_id = $1");
    db_bind_int(q, 1, brand);
    /* An id tells its time: base/random.h. */
    int64_t mark = db_row(q) ? db_int(q, "raw_id") : id_past(oldest * HOUR_MS);
    TRY(db_done(q));
    *ret_mark = mark;
    return ERR_NONE;
}

static err add_hours(db_conn *c, int64_t brand, const struct counted *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        db_query *q =
            db_sql(c, "INSERT INTO inbox_hour (brand_id, inbox_id, hour, letters) VALUES ($1, $2, $3, $4) "
                      "ON CONFLICT (brand_id, inbox_id, hour) DO UPDATE SET "
                      "letters = inbox_hour.letters + excluded.letters");
        db_bind_int(q, 1, brand);
        db_bind_int(q, 2, v[i].inbox);
        db_bind_int(q, 3, v[i].hour);
        db_bind_int(q, 4, v[i].n);
        db_row(q);
        TRY(db_done(q));
    }
    return ERR_NONE;
}

static err move_mark(db_conn *c, int64_t brand, int64_t mark, int64_t oldest) {
    db_query *q = db_sql(c, "INSERT INTO rhythm_mark (brand_id, raw_id) VALUES ($1, $2) "
                            "ON CONFLICT (brand_id) DO UPDATE SET raw_id = excluded.raw_id");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, mark);
    db_row(q);
    TRY(db_done(q));
    db_query *old = db_sql(c, "DELETE FROM inbox_hour WHERE brand_id = $1 AND hour < $2");
    db_bind_int(old, 1, brand);
    db_bind_int(old, 2, oldest);
    db_row(old);
    return db_done(old);
}

err store_rhythm_count(db_conn *c, arena *a, int64_t brand, int64_t oldest, int limit, bool *ret_more) {
    LIST(struct counted) hours = {0};
    int64_t mark, seen = 0;
    TRY(mark_of(c, brand, oldest, &mark));
    db_query *q =
        db_sql(c, "SELECT id, inbox_id FROM raw WHERE brand_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, mark);
    db_bind_int(q, 3, limit);
    for (; db_row(q); seen++) {
        mark = db_int(q, "id");
        struct counted x = {db_int(q, "inbox_id"), id_time(mark) / HOUR_MS, 1};
        struct counted *last = hours.n ? &hours.v[hours.n - 1] : NULL;
        if (last && last->inbox == x.inbox && last->hour == x.hour)
            last->n++;
        else if (x.inbox)
            *list_add(a, &hours) = x;
    }
    TRY(db_done(q));
    TRY(add_hours(c, brand, hours.v, hours.n));
    TRY(move_mark(c, brand, mark, oldest));
    *ret_more = seen == limit;
    return ERR_NONE;
}

err store_rhythm_hours(db_conn *c, arena *a, int64_t brand, int64_t inbox, hour_list *ret) {
    db_query *q =
        db_sql(c, "SELECT hour FROM inbox_hour WHERE brand_id = $1 AND inbox_id = $2 ORDER BY hour");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    hour_list all = {0};
    while (db_row(q)) *list_add(a, &all) = db_int(q, "hour");
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}

err store_silence_set(db_conn *c, int64_t brand, int64_t inbox, int64_t silent_at, int64_t last_at) {
    db_query *q =
        silent_at ? db_sql(c, "INSERT INTO inbox_silence (brand_id, inbox_id, silent_at, last_at) VALUES "
                              "($1, $2, $3, $4) "
                              "ON CONFLICT (brand_id, inbox_id) DO UPDATE SET silent_at = CASE "
                              "WHEN inbox_silence.last_at = excluded.last_at THEN inbox_silence.silent_at "
                              "ELSE excluded.silent_at END, last_at = excluded.last_at")
                  : db_sql(c, "DELETE FROM inbox_silence WHERE brand_id = $1 AND inbox_id = $2");
    db_bind_int(q, 1, brand);
    db_bind_int(q, 2, inbox);
    if (silent_at) db_bind_int(q, 3, silent_at);
    if (silent_at) db_bind_int(q, 4, last_at);
    db_row(q);
    return db_done(q);
}

err store_silences(db_conn *c, arena *a, int64_t brand, store_silence_list *ret) {
    db_query *q = db_sql(c, "SELECT s.inbox_id, s.silent_at, s.last_at, i.address FROM inbox_silence s "
                            "JOIN inbox i ON i.brand_id = s.brand_id AND i.id = s.inbox_id "
                            "WHERE s.brand_id = $1 AND i.disabled_at = 0 AND i.letter_at <= s.silent_at "
                            "ORDER BY i.address");
    db_bind_int(q, 1, brand);
    store_silence_list all = {0};
    while (db_row(q))
        *list_add(a, &all) = (struct store_silence){db_int(q, "inbox_id"), db_int(q, "silent_at"),
                                                    db_int(q, "last_at"), db_text(q, a, "address")};
    TRY(db_done(q));
    *ret = all;
    return ERR_NONE;
}
