/* How many follow an account, once a day; it is beside the point of a round, so its failure ends none. */
#include "base/lang.h"
#include "base/log.h"
#include "base/zone.h"
#include "desk/channel_own.h"
#include "desk/fans.h"
#include "desk/follower.h"
#include "store/brand.h"

/* Where no number came, it is asked again, but not in every round. */
enum { AGAIN_MS = HOUR_MS, FOLLOWERS_MAX = 2000000000 };

struct counted {
    const struct channel_use *use;
    str network;
    int64_t day, now, n; /* n -1: not known */
    bool due;
};

/* Accounts of one network are told apart by their names. */
static str network_of(const struct channel_use *use) {
    return str_clip_utf8(use->row.address, FOLLOWER_NETWORK_BYTES);
}

static err look_up(struct counted *x) {
    const struct channel_use *use = x->use;
    struct store_brand brand;
    const struct zone *zone = zone_utc;
    DB_READ_AUTO db_conn *c = NULL;
    bool there;
    TRY(db_read_begin(use->desk->db, &c));
    TRY(store_brand_by_id(c, use->arena, use->row.brand_id, &brand));
    if (zone_load(brand.zone, &zone)) zone = zone_utc;
    x->day = fans_day_of(zone, x->now);
    TRY(store_follower_there(c, use->row.brand_id, x->network, x->day, &there));
    x->due = !there;
    return ERR_NONE;
}

static err write_counted(db_conn *c, void *arg) {
    const struct counted *x = arg;
    const struct store_channel *row = &x->use->row;
    TRY(store_channel_followers(c, row->brand_id, row->inbox_id, x->now));
    return x->n < 0 ? ERR_NONE : follower_told_in(c, row->brand_id, x->network, x->day, x->n, x->now);
}

static err ask(struct channel_use *use, struct counted *x) {
    struct social_profile us = {.followers = -1};
    struct social_report report = {0};
    TRY(use->network->profile(&use->call, S(""), &us, &report));
    if (report.result != SOCIAL_DONE)
        return err_set(ERR_NETWORK, "%.*s", STR_FMT(str_clip_utf8(report.says, 300)));
    if (us.followers < 0 || us.followers > FOLLOWERS_MAX)
        return err_set(ERR_NETWORK, "The network does not say how many follow the account.");
    x->n = us.followers;
    return ERR_NONE;
}

void channel_followers(struct channel_use *use) {
    struct counted x = {.use = use, .network = network_of(use), .now = desk_now(use->desk), .n = -1};
    if (!use->network->profile || x.now - use->row.followers_at < AGAIN_MS) return;
    err e = look_up(&x);
    if (!e && !x.due) return;
    if (!e) e = ask(use, &x);
    if (e) log_warn("social", "%.*s: its followers could not be counted: %s", STR_FMT(x.network), err_text());
    if (db_write(use->desk->db, write_counted, &x))
        log_warn("social", "%.*s: its followers could not be kept: %s", STR_FMT(x.network), err_text());
}
