/* Where stories are shown. Everything is read when it is asked for, and kept nowhere. */
#include "base/clock.h"
#include "desk/rate.h"
#include "desk/settings.h"
#include "desk/story_own.h"
#include "store/brand.h"
#include "store/file.h"

str story_wall_url(const struct desk *d, arena *a, str slug) {
    return str_fmt(a, "%.*s/stories/%.*s", STR_FMT(d->public_url), STR_FMT(slug));
}

/* A class that opens the page at once is served; a program that asks without end is not. */
enum { LOOKS = 10, LOOKS_MS = 100 };

static struct rate looks = RATE_EMPTY;

void story_wall_forget_looks(void) { rate_forget_all(&looks); }

err story_wall_may(const struct desk *d, arena *a, str peer) {
    str key = str_fmt(a, "wall %.*s", STR_FMT(rate_network(a, peer)));
    return !peer.n || rate_take(&looks, key, LOOKS, LOOKS_MS, desk_now(d))
               ? ERR_NONE
               : err_set(ERR_LIMIT, "Very many look at these stories from where you are. Wait a moment and "
                                    "try again.");
}

static err find_wall(db_conn *c, arena *a, str slug, struct store_brand *ret) {
    int64_t on;
    err e = store_brand_by_slug(c, a, slug, ret);
    if (e && e != ERR_MISSING) return e;
    if (!e) TRY(setting_number(c, a, ret->id, SETTING_STORY_WALL, &on));
    return e || !on ? err_set(ERR_MISSING, "There are no stories at this address.") : ERR_NONE;
}

err story_wall_open(const struct desk *d, arena *a, str slug, int64_t before, struct story_wall *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_brand brand;
    struct story_wall w = {0};
    TRY(db_read_begin(d->db, &c));
    TRY(find_wall(c, a, slug, &brand));
    TRY(store_stories_shown(c, a, brand.id, SHOWN_WALL, before, STORY_WALL_PAGE + 1, &w.rows));
    if (w.rows.n > STORY_WALL_PAGE) {
        w.rows.n = STORY_WALL_PAGE;
        w.next = w.rows.v[w.rows.n - 1].ask_id;
    }
    w.photos = arena_array(a, w.rows.n + 1, sizeof *w.photos);
    for (size_t i = 0; i < w.rows.n; i++) {
        const struct story_shown *s = &w.rows.v[i];
        w.photos[i].story_id = s->story_id;
        if (s->photos) TRY(store_story_photos(c, a, brand.id, s->message_id, &w.photos[i].list));
    }
    w.brand_id = brand.id;
    w.brand_name = brand.name;
    w.brand_slug = brand.slug;
    w.brand_zone = brand.zone;
    *ret = w;
    return ERR_NONE;
}

err story_wall_still(const struct desk *d, arena *a, const struct story_wall *wall, int64_t before,
                     bool *ret_still) {
    struct story_wall now;
    err e = story_wall_open(d, a, wall->brand_slug, before, &now);
    if (e && e != ERR_MISSING) return e;
    bool still = !e && now.rows.n == wall->rows.n;
    for (size_t i = 0; still && i < now.rows.n; i++)
        still =
            now.rows.v[i].ask_id == wall->rows.v[i].ask_id && now.photos[i].list.n == wall->photos[i].list.n;
    *ret_still = still;
    return ERR_NONE;
}

err story_wall_photo(const struct desk *d, arena *a, str slug, int64_t story, int64_t attachment,
                     str *ret_jpeg) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_brand brand;
    TRY(db_read_begin(d->db, &c));
    TRY(find_wall(c, a, slug, &brand));
    TRY(store_story_photo(c, brand.id, story, attachment));
    TRY(store_thumb_get(c, a, brand.id, attachment, ret_jpeg));
    return ret_jpeg->n ? ERR_NONE : err_set(ERR_MISSING, "There is no such picture.");
}

err story_team(const struct desk *d, arena *a, int64_t brand, int64_t before, story_shown_list *ret,
               int64_t *ret_next) {
    DB_READ_AUTO db_conn *c = NULL;
    story_shown_list rows;
    TRY(db_read_begin(d->db, &c));
    TRY(store_stories_shown(c, a, brand, SHOWN_TEAM, before, STORY_TEAM_PAGE + 1, &rows));
    bool more = rows.n > STORY_TEAM_PAGE;
    if (more) rows.n = STORY_TEAM_PAGE;
    *ret_next = more ? rows.v[rows.n - 1].ask_id : 0;
    *ret = rows;
    return ERR_NONE;
}
