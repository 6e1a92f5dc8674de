#include "social/bluesky_fetch.h"

#include <string.h>

#include "format/json.h"

enum { EMPTY_MAX = 20 };

static str seen_in(arena *a, const json_t *json, const char *key) {
    str s;
    if (!json_take_str(json, key, &s) || s.n % BLUESKY_SEEN_CHARS || s.n > BLUESKY_SEEN * BLUESKY_SEEN_CHARS)
        return S("");
    return str_copy(a, s);
}

bool bluesky_way_read(arena *a, str cursor, struct bluesky_way *ret) {
    JSON_AUTO json_t *json = NULL;
    struct bluesky_way w = {.at = S(""), .fresh = S(""), .seen = S("")};
    str at;
    if (cursor.n) {
        if (json_read(cursor, &json) || !json_is_object(json)) return false;
        json_take_int(json, "since", &w.since);
        json_take_int(json, "mark", &w.mark), json_take_int(json, "top", &w.top);
        json_take_int(json, "low", &w.low), json_take_int(json, "pages", &w.pages);
        json_take_int(json, "empty", &w.empty), json_take_int(json, "deep", &w.deep);
        json_take_bool(json, "is_deep", &w.is_deep);
        if (json_take_str(json, "at", &at) && at.n <= BLUESKY_CURSOR_MAX) w.at = str_copy(a, at);
        w.fresh = seen_in(a, json, "fresh");
        w.seen = seen_in(a, json, "seen");
    }
    *ret = w;
    return true;
}

static void number(struct json_out *o, const char *key, int64_t v) {
    if (!v) return;
    json_key(o, str_z(key));
    json_int(o, v);
}

static void text(struct json_out *o, const char *key, str s) {
    if (!s.n) return;
    json_key(o, str_z(key));
    json_str(o, s);
}

str bluesky_way_write(arena *a, const struct bluesky_way *w) {
    BUF_AUTO buf b = BUF_MAX(SOCIAL_CURSOR_MAX);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    number(&o, "since", w->since), number(&o, "mark", w->mark), number(&o, "top", w->top),
        number(&o, "low", w->low);
    number(&o, "deep", w->deep);
    if (w->is_deep) json_key(&o, S("is_deep")), json_bool(&o, true);
    number(&o, "pages", w->pages), number(&o, "empty", w->empty);
    text(&o, "at", w->at), text(&o, "fresh", w->fresh), text(&o, "seen", w->seen);
    json_close_object(&o);
    return str_copy(a, buf_str(&b));
}

/* ---- what was handed over ---- */

static void hash_of(str id, char to[BLUESKY_SEEN_CHARS]) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t h = str_hash(id);
    for (int i = 0; i < BLUESKY_SEEN_CHARS; i++, h >>= 6) to[i] = digits[h & 63];
}

static bool is_among(str list, const char hash[BLUESKY_SEEN_CHARS]) {
    for (size_t i = 0; i + BLUESKY_SEEN_CHARS <= list.n; i += BLUESKY_SEEN_CHARS)
        if (!memcmp(list.p + i, hash, BLUESKY_SEEN_CHARS)) return true;
    return false;
}

/* The first BLUESKY_SEEN of both lists, each once. */
static str first_of(arena *a, str one, str two) {
    BUF_AUTO buf b = BUF_MAX(BLUESKY_SEEN * BLUESKY_SEEN_CHARS);
    const str lists[] = {one, two};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i + BLUESKY_SEEN_CHARS <= lists[k].n && b.n < b.max; i += BLUESKY_SEEN_CHARS)
            if (!is_among(buf_str(&b), lists[k].p + i))
                buf_add(&b, (str){lists[k].p + i, BLUESKY_SEEN_CHARS});
    return str_copy(a, buf_str(&b));
}

/* Leave out what was handed over, and what is too old; remember the rest. False: nothing was new. */
static bool pass_over(arena *a, struct bluesky_way *w, struct bluesky_page *page) {
    BUF_AUTO buf told = BUF_MAX(BLUESKY_PAGE * BLUESKY_SEEN_CHARS);
    size_t n = 0;
    for (size_t i = 0; i < page->notices.n; i++) {
        char hash[BLUESKY_SEEN_CHARS];
        hash_of(page->notices.v[i].post.id, hash);
        bool known = is_among(w->fresh, hash);
        if (!known) buf_add(&told, (str){hash, sizeof hash});
        if (page->notices.v[i].at && page->notices.v[i].at < w->since) continue;
        if (!known && !is_among(w->seen, hash)) page->notices.v[n++] = page->notices.v[i];
    }
    page->notices.n = n;
    w->fresh = first_of(a, w->fresh, buf_str(&told));
    return n > 0;
}

/* ---- the walk ---- */

static void end_walk(arena *a, struct bluesky_way *w) {
    *w = (struct bluesky_way){.since = w->since,
                              .deep = w->deep,
                              .mark = w->top > w->mark ? w->top : w->mark,
                              .at = S(""),
                              .fresh = S(""),
                              .seen = first_of(a, w->fresh, w->seen)};
}

/* Why a network that still gives pages is not followed any further; "" when it may be. */
static str nonsense(const struct bluesky_way *w, const struct bluesky_page *page, str before) {
    if (page->cursor.n && str_eq(page->cursor, before)) return S("The network gives the same page again.");
    if (w->low && page->newest > w->low + BLUESKY_OVERLAP_MS)
        return S("The network gives its pages in no order.");
    if (w->pages >= BLUESKY_WALK_PAGES) return S("The network gives pages without end.");
    if (w->empty >= EMPTY_MAX) return S("The network gives empty pages without end.");
    return S("");
}

static void begin_walk(struct bluesky_way *w, const struct bluesky_page *page, int64_t now) {
    w->top = page->newest > now ? now : page->newest;
    w->is_deep = now - w->deep >= BLUESKY_DEEP_EVERY_MS;
    if (w->is_deep) w->deep = now;
}

/* How far behind what was read this walk goes. */
static int64_t reach(const struct bluesky_way *w, bool news) {
    if (w->is_deep) return BLUESKY_DEEP_MS;
    return news ? BLUESKY_OVERLAP_MS : 0;
}

bool bluesky_way_step(arena *a, struct bluesky_way *w, struct bluesky_page *page, int64_t now, str *ret_why) {
    str before = w->at;
    if (!w->pages) begin_walk(w, page, now);
    w->pages++;
    w->empty = page->rows ? 0 : w->empty + 1;
    str why = nonsense(w, page, before);
    bool news = pass_over(a, w, page);
    if (page->oldest && (!w->low || page->oldest < w->low)) w->low = page->oldest;
    bool read = !page->cursor.n || (w->low && (w->low <= w->mark - reach(w, news) || w->low < w->since));
    *ret_why = read ? S("") : why;
    if (read || why.n) {
        end_walk(a, w);
        return false;
    }
    w->at = page->cursor;
    return true;
}
