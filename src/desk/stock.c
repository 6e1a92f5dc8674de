#include "desk/stock.h"

#include "base/random.h"
#include "desk/box_own.h"
#include "desk/check.h"
#include "desk/policy.h"

/* ---- what people say ---- */

static err check_key(const struct stock_key *said, struct stock_key *ret) {
    struct stock_key k = {0};

    TRY(check_line_or_empty("The code", said->code, STOCK_CODE_BYTES, &k.code));
    TRY(check_line_or_empty("The colour", said->colour, STOCK_COLOUR_BYTES, &k.colour));
    TRY(check_line_or_empty("The place", said->place, STOCK_PLACE_BYTES, &k.place));
    k.kind = str_trim(said->kind);
    if (!str_eq(k.kind, S("product")) && !str_eq(k.kind, S("figure")) && !str_eq(k.kind, S("part")))
        return err_set(ERR_INVALID, "Say product, figure or part, not \"%.*s\".",
                       STR_FMT(str_is_utf8(k.kind) ? str_clip_utf8(k.kind, 40) : S("this")));
    if (!k.code.n) return err_set(ERR_INVALID, "Say the code of what lies there.");
    if (!k.place.n) return err_set(ERR_INVALID, "Say where it lies.");
    *ret = k;
    return ERR_NONE;
}

static err check_quantity(stock_move move, int64_t n) {
    if (n > STOCK_MAX || n < -STOCK_MAX)
        return err_set(ERR_INVALID, "The desk counts up to %d of one thing in one place.", STOCK_MAX);
    if (move == MOVE_RECEIVED && n < 1) return err_set(ERR_INVALID, "Say how many came: 1 or more.");
    if ((move == MOVE_COUNTED || move == MOVE_IMPORTED) && n < 0)
        return err_set(ERR_INVALID, "Say how many lie there: 0 or more.");
    if (move == MOVE_CORRECTED && !n) return err_set(ERR_INVALID, "Say by how many it changes.");
    return ERR_NONE;
}

/* The catalogue's name where it has one. */
static err name_of(db_conn *c, arena *a, int64_t brand, struct stock_key key, str said, str *ret) {
    str name = S("");
    int64_t retired;
    err e = concerns_check(c, a, brand, (struct concerns){key.kind, key.code}, &name, &retired);
    if (e && e != ERR_MISSING) return e;
    *ret = e || !name.n ? said : name;
    return ERR_NONE;
}

/* ---- changes ---- */

static err check_seen(const struct stock_work *x, const struct store_stock *row) {
    if (x->seen_on_hand < 0 || x->seen_on_hand == row->on_hand) return ERR_NONE;
    return err_set(ERR_CONFLICT, "There are %lld now: something came or went after you opened it.",
                   (long long)row->on_hand);
}

static err add_move(db_conn *c, const struct stock_work *x, int64_t by, int64_t on_hand) {
    struct store_stock_move move = {.id = id_new(x->now),
                                    .key = x->key,
                                    .move = x->move,
                                    .quantity = by,
                                    .on_hand = on_hand,
                                    .reason = x->reason,
                                    .agent_id = x->who->agent,
                                    .at = x->now};
    /* A count that finds what was known is worth knowing too; a file says it of thousands. */
    return by || x->move != MOVE_IMPORTED ? store_stock_move_insert(c, x->who->brand, &move) : ERR_NONE;
}

static err change_row(db_conn *c, struct stock_work *x, const struct store_stock *row, int64_t by) {
    int64_t left;
    if (row->on_hand + by < 0) return err_set(ERR_CONFLICT, "Only %lld lie there.", (long long)row->on_hand);
    if (row->on_hand + by > STOCK_MAX)
        return err_set(ERR_LIMIT, "The desk counts up to %d of one thing in one place.", STOCK_MAX);
    TRY(box_unreserve(c, x->a, x->who, row, row->on_hand + by, x->now, &x->done.opened));
    TRY(store_stock_change(c, x->who->brand, x->key, by, 0, STOCK_MAX, x->now, &left));
    if (left < 0) return err_set(ERR_BUSY, "Somebody changed the same place; try again.");
    TRY(add_move(c, x, by, left));
    TRY(box_fill_waiting(c, x->a, x->who, x->key, x->now, &x->done.filled));
    return x->done.opened ? box_warn_waiting(c, x->a, x->who, x->key, x->now) : ERR_NONE;
}

/* Most lines of a file say what is known. */
static bool says_nothing_new(const struct stock_work *x, const struct store_stock *row) {
    return x->move == MOVE_IMPORTED && row->key.kind.n && row->on_hand == x->quantity &&
           (!x->name.n || str_eq(x->name, row->name));
}

err stock_apply(db_conn *c, struct stock_work *x) {
    struct store_stock row;
    str name;
    x->done = (struct stock_done){0};
    x->changed = false;
    TRY(store_stock_get(c, x->a, x->who->brand, x->key, &row));
    if (says_nothing_new(x, &row)) return ERR_NONE;
    TRY(name_of(c, x->a, x->who->brand, x->key, x->name, &name));
    TRY(store_stock_open(c, x->a, x->who->brand, x->key, name, x->now));
    TRY(store_stock_get(c, x->a, x->who->brand, x->key, &row));
    TRY(check_seen(x, &row));
    bool sets = x->move == MOVE_COUNTED || x->move == MOVE_IMPORTED;
    int64_t by = sets ? x->quantity - row.on_hand : x->quantity;
    TRY(change_row(c, x, &row, by));
    TRY(store_stock_get(c, x->a, x->who->brand, x->key, &row));
    x->done.on_hand = row.on_hand;
    x->done.reserved = row.reserved;
    x->changed = by != 0;
    return ERR_NONE;
}

static err write_change(db_conn *c, void *arg) { return stock_apply(c, arg); }

err stock_check(struct stock_work *x, const struct stock_change *change) {
    TRY(check_key(&change->key, &x->key));
    TRY(check_quantity(x->move, change->quantity));
    TRY(check_line_or_empty("The name", change->name, CHECK_NAME_BYTES, &x->name));
    TRY(check_line_or_empty("The reason", change->reason, STOCK_REASON_BYTES, &x->reason));
    if (x->move == MOVE_CORRECTED && !x->reason.n)
        return err_set(ERR_INVALID, "Say in a sentence why it is corrected.");
    x->quantity = change->quantity;
    x->seen_on_hand = x->move == MOVE_RECEIVED ? -1 : change->seen_on_hand;
    return ERR_NONE;
}

static err apply(struct desk *d, arena *a, const struct actor *who, stock_move move,
                 const struct stock_change *change, struct stock_done *ret) {
    struct stock_work x = {.a = a, .who = who, .move = move, .now = desk_now(d)};
    TRY(stock_check(&x, change));
    TRY(db_write(d->db, write_change, &x));
    desk_changed(d, who->brand, 0, "stock");
    *ret = x.done;
    return ERR_NONE;
}

err stock_receive(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                  struct stock_done *ret) {
    return apply(d, a, who, MOVE_RECEIVED, change, ret);
}

err stock_count(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                struct stock_done *ret) {
    return apply(d, a, who, MOVE_COUNTED, change, ret);
}

err stock_correct(struct desk *d, arena *a, const struct actor *who, const struct stock_change *change,
                  struct stock_done *ret) {
    return apply(d, a, who, MOVE_CORRECTED, change, ret);
}

/* ---- what is expected ---- */

struct expecting {
    arena *a;
    const struct actor *who;
    struct stock_key key;
    int64_t day, quantity, now;
};

static err write_expected(db_conn *c, void *arg) {
    struct expecting *x = arg;
    int64_t today;
    str name;
    TRY(box_today(c, x->a, x->who->brand, x->now, &today));
    TRY(box_check_day(x->day, today));
    TRY(name_of(c, x->a, x->who->brand, x->key, S(""), &name));
    TRY(store_stock_open(c, x->a, x->who->brand, x->key, name, x->now));
    TRY(store_stock_expect(c, x->who->brand, x->key, x->day, x->quantity, x->now));
    return box_warn_waiting(c, x->a, x->who, x->key, x->now);
}

err stock_expect(struct desk *d, arena *a, const struct actor *who, struct stock_key key, int64_t day,
                 int64_t quantity) {
    struct expecting x = {.a = a, .who = who, .day = day, .quantity = quantity, .now = desk_now(d)};
    TRY(check_key(&key, &x.key));
    if (quantity < 0 || quantity > STOCK_MAX)
        return err_set(ERR_INVALID, "Say how many come: from 0 to %d.", STOCK_MAX);
    if (quantity && !day) return err_set(ERR_INVALID, "Say on which day they come.");
    TRY(db_write(d->db, write_expected, &x));
    desk_changed(d, who->brand, 0, "stock");
    return ERR_NONE;
}

static err write_close(db_conn *c, void *arg) {
    struct expecting *x = arg;
    struct store_stock row;
    bool gone;
    TRY(store_stock_get(c, x->a, x->who->brand, x->key, &row));
    if (!row.key.kind.n) return err_set(ERR_MISSING, "Nothing is counted there.");
    TRY(store_stock_delete(c, x->who->brand, x->key, &gone));
    if (!gone)
        return err_set(ERR_CONFLICT, "%lld still lie there; count them as 0 first.", (long long)row.on_hand);
    return box_uncounted(c, x->a, x->who, x->key, x->now);
}

err stock_close(struct desk *d, arena *a, const struct actor *who, struct stock_key key) {
    struct expecting x = {.a = a, .who = who, .now = desk_now(d)};
    TRY(check_key(&key, &x.key));
    TRY(db_write(d->db, write_close, &x));
    desk_changed(d, who->brand, 0, "stock");
    return ERR_NONE;
}

/* ---- looking ---- */

err stock_list(struct desk *d, arena *a, int64_t brand, str words, struct stock_key after, int limit,
               store_stock_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    if (!str_is_utf8(words)) return err_set(ERR_INVALID, "What to look for is not valid UTF-8.");
    TRY(db_read_begin(d->db, &c));
    return store_stock_list_of(c, a, brand, str_trim(words), after, limit, ret);
}

err stock_of_item(struct desk *d, arena *a, int64_t brand, struct stock_key key, store_stock_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_stock_of_item(c, a, brand, key, ret);
}

err stock_moves(struct desk *d, arena *a, int64_t brand, struct stock_key key, int64_t before, int limit,
                store_stock_move_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_stock_moves(c, a, brand, key, before, limit, ret);
}
