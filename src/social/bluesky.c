#include "social/bluesky.h"

#include "format/json.h"
#include "net/post.h"
#include "social/bluesky_call.h"
#include "social/bluesky_fetch.h"
#include "social/bluesky_own.h"

static err done(struct social_report *report, social_result r) {
    if (r == SOCIAL_DONE && report->result != SOCIAL_DONE) *report = (struct social_report){.result = r};
    return ERR_NONE;
}

/* The account as it is kept; what cannot be read needs a person. */
bool bluesky_begin(struct social_call *c, struct bsky *b, struct social_report *report) {
    *report = (struct social_report){.result = SOCIAL_DONE, .says = S("")};
    if (!bsky_open(c, b)) return true;
    *report = (struct social_report){.result = SOCIAL_SIGN_IN, .says = str_copy(c->arena, str_z(err_text()))};
    return false;
}

/* ---- connecting ---- */

/* What a person types: bsky.social, https://pds.example/. "" is the network's own. */
err bluesky_server(arena *a, str typed, bool inside, str *ret_origin) {
    str s = str_trim(typed);
    if (!s.n) s = S("https://bsky.social");
    if (str_find(s, S("://"), 0) == SIZE_MAX) s = str_fmt(a, "https://%.*s", STR_FMT(s));
    size_t host = str_find(s, S("://"), 0) + 3, slash = str_find_char(s, '/', host);
    s = str_slice(s, 0, slash == SIZE_MAX ? s.n : slash);
    TRY(post_url_check(a, s, inside));
    *ret_origin = str_lower(a, s);
    return ERR_NONE;
}

/* The handle or DID; people put an @ in front, or only the first part of a handle at bsky.social. */
str bluesky_account(arena *a, str typed, str origin) {
    str s = str_trim(typed);
    if (str_starts(s, S("@"))) s = str_slice(s, 1, s.n);
    if (!str_starts(s, S("did:"))) s = str_lower(a, s);
    bool bare = s.n && !str_has(s, '.') && !str_has(s, ':') && !str_has(s, '@');
    if (bare && str_eq(origin, S("https://bsky.social"))) s = str_fmt(a, "%.*s.bsky.social", STR_FMT(s));
    return s;
}

void bluesky_fill(struct bsky *b, str origin, str handle) {
    struct social_account *account = b->call->account;
    account->kind = SOCIAL_BLUESKY;
    account->server = origin;
    account->account = handle;
    account->id = str_fmt(b->a, "at://%.*s", STR_FMT(b->did));
    account->limits = S("");
}

static err sign_in(struct social_call *c, const struct social_sign_in *typed, struct social_report *report) {
    struct bsky b = {
        .call = c, .a = c->arena, .now = clock_now(c->clock), .password = str_trim(typed->password)};
    struct bluesky_session s;
    str origin;
    *report = (struct social_report){.result = SOCIAL_DONE, .says = S("")};
    TRY(bluesky_server(c->arena, typed->server, c->inside, &origin));
    str account = bluesky_account(c->arena, typed->account, origin);
    if (!account.n)
        return err_set(ERR_INVALID, "The name of the account is missing, such as makers.bsky.social.");
    if (!b.password.n) return err_set(ERR_INVALID, "The app password is missing.");
    b.pds = origin;
    social_result r = bsky_sign_in(&b, account, &s, report);
    if (r == SOCIAL_SIGN_IN && str_eq(b.error, S("AuthFactorTokenRequired")))
        bsky_says(&b, report, r, S("The account asks for a second factor: use an app password."));
    if (r) return ERR_NONE;
    b.did = s.did, b.access = s.access, b.refresh = s.refresh;
    /* The server that really holds the account, so that the way there is the short one. */
    if (s.pds.n && !post_url_check(c->arena, s.pds, c->inside)) b.pds = s.pds;
    err (*renewed)(void *, str) = c->account->renewed;
    c->account->renewed = NULL; /* whoever connects it keeps it */
    err e = bsky_keep(&b);
    c->account->renewed = renewed;
    if (e) return done(report, bsky_says(&b, report, SOCIAL_LATER, str_z(err_text())));
    bluesky_fill(&b, origin, s.handle.n ? s.handle : account);
    return ERR_NONE;
}

/* ---- what is new ---- */

/* Addresses of pictures, which notices do not hold. What cannot be had is left out: a mention without its
 * picture is better than none. */
static void add_pictures(struct bsky *b, struct bluesky_page *page) {
    for (size_t from = 0; from < page->notices.n; from += SOCIAL_LOOK_MAX) {
        str query = S("");
        size_t to = from + SOCIAL_LOOK_MAX < page->notices.n ? from + SOCIAL_LOOK_MAX : page->notices.n;
        for (size_t i = from; i < to; i++)
            if (page->notices.v[i].unseen_media) bsky_param(b->a, &query, "uris", page->notices.v[i].post.id);
        struct social_report report;
        struct call_answer answer;
        struct bluesky_page views;
        if (!query.n || bsky_get(b, "app.bsky.feed.getPosts", query, &answer, &report)) continue;
        if (bluesky_read_posts(b->a, answer.body, b->did, &views)) continue;
        for (size_t i = from; i < to; i++)
            for (size_t k = 0; k < views.notices.n; k++)
                if (str_eq(views.notices.v[k].post.id, page->notices.v[i].post.id))
                    page->notices.v[i].post.images = views.notices.v[k].post.images;
    }
}

static void set_followers(struct bluesky_page *page, const struct social_profile *p) {
    for (size_t i = 0; i < page->notices.n; i++)
        if (str_eq(page->notices.v[i].post.author.id, p->id))
            page->notices.v[i].post.author.followers = p->followers;
}

static bool is_asked(const struct bluesky_page *page, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (str_eq(page->notices.v[k].post.author.id, page->notices.v[i].post.author.id)) return true;
    return false;
}

static void ask_followers(struct bsky *b, str query, struct bluesky_page *page) {
    struct social_report report;
    struct call_answer answer;
    social_profile_list list;
    if (!query.n || bsky_get(b, "app.bsky.actor.getProfiles", query, &answer, &report)) return;
    if (bluesky_read_profiles(b->a, answer.body, &list)) return;
    for (size_t i = 0; i < list.n; i++) set_followers(page, &list.v[i]);
}

/* How many follow each author; unknown where it cannot be had. */
static void add_followers(struct bsky *b, struct bluesky_page *page) {
    str query = S("");
    size_t n = 0;
    for (size_t i = 0; i < page->notices.n; i++) {
        const struct post_author *who = &page->notices.v[i].post.author;
        if (who->followers >= 0 || is_asked(page, i)) continue;
        bsky_param(b->a, &query, "actors", bluesky_uri_did(who->id));
        if (++n % BLUESKY_PROFILES == 0) ask_followers(b, query, page), query = S("");
    }
    ask_followers(b, query, page);
}

/* A page of as many rows as fit into an answer: a few posts may be as long as a thousand. */
static social_result ask_page(struct bsky *b, const char *what, str query, struct call_answer *ret,
                              struct social_report *report) {
    static const char *const sizes[] = {"100", "10", "1"};
    social_result r = SOCIAL_LATER;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        str q = query;
        bsky_param(b->a, &q, "limit", str_z(sizes[i]));
        r = bsky_get(b, what, q, ret, report);
        if (!r || !b->too_long) return r;
    }
    return r;
}

/* Oldest first. */
static void hand_over(arena *a, const struct bluesky_page *page, struct social_page *ret) {
    for (size_t i = page->notices.n; i > 0; i--) *list_add(a, &ret->posts) = page->notices.v[i - 1].post;
}

static err fetch(struct social_call *c, str cursor, int64_t since, struct social_page *ret,
                 struct social_report *report) {
    struct bsky b;
    struct call_answer answer;
    struct bluesky_page page;
    struct bluesky_way way;
    /* "priority" would leave out those whom the account does not follow, where its settings say so. */
    str query = S("reasons=mention&reasons=reply&reasons=quote&priority=false"), why = S("");
    if (!bluesky_begin(c, &b, report)) return ERR_NONE;
    if (!bluesky_way_read(c->arena, cursor, &way)) way = (struct bluesky_way){0};
    if (!cursor.n) way.since = way.mark = since;
    if (way.at.n) bsky_param(c->arena, &query, "cursor", way.at);
    if (ask_page(&b, "app.bsky.notification.listNotifications", query, &answer, report)) return ERR_NONE;
    if (bluesky_read_notices(c->arena, answer.body, b.did, &page))
        return done(report, bsky_says(&b, report, SOCIAL_LATER, str_z(err_text())));
    struct social_page out = {.more = bluesky_way_step(c->arena, &way, &page, b.now, &why)};
    add_pictures(&b, &page);
    add_followers(&b, &page);
    hand_over(c->arena, &page, &out);
    out.cursor = bluesky_way_write(c->arena, &way);
    *ret = out;
    *report = (struct social_report){.result = SOCIAL_DONE, .says = why};
    return ERR_NONE;
}

static err search(struct social_call *c, str words, str cursor, struct social_page *ret,
                  struct social_report *report) {
    struct bsky b;
    struct call_answer answer;
    struct bluesky_page page;
    str query = S("sort=latest");
    if (!bluesky_begin(c, &b, report)) return ERR_NONE;
    if (!str_trim(words).n) return err_set(ERR_INVALID, "There are no words to search for.");
    bsky_param(c->arena, &query, "q", str_clip_utf8(words, 300));
    if (cursor.n) bsky_param(c->arena, &query, "cursor", str_slice(cursor, 0, BLUESKY_CURSOR_MAX));
    if (ask_page(&b, "app.bsky.feed.searchPosts", query, &answer, report)) return ERR_NONE;
    if (bluesky_read_posts(c->arena, answer.body, b.did, &page))
        return done(report, bsky_says(&b, report, SOCIAL_LATER, str_z(err_text())));
    struct social_page out = {.cursor = page.cursor};
    out.more = page.rows && page.cursor.n && !str_eq(page.cursor, cursor);
    size_t n = 0;
    for (size_t i = 0; i < page.notices.n; i++)
        if (!str_eq(bluesky_uri_did(page.notices.v[i].post.id), b.did))
            page.notices.v[n++] = page.notices.v[i];
    page.notices.n = n;
    add_followers(&b, &page);
    hand_over(c->arena, &page, &out);
    *ret = out;
    return ERR_NONE;
}

/* ---- how posts stand ---- */

/* A post that is in no list of views may be gone, or its author may have shut us out. */
static bool is_gone(struct bsky *b, str uri) {
    struct social_report report;
    struct call_answer answer;
    str query = S("collection=app.bsky.feed.post");
    bsky_param(b->a, &query, "repo", bluesky_uri_did(uri));
    bsky_param(b->a, &query, "rkey", bluesky_uri_rkey(uri));
    if (!bsky_get(b, "com.atproto.repo.getRecord", query, &answer, &report)) return false;
    return b->status == 400 &&
           (str_eq(b->error, S("RecordNotFound")) || str_eq(b->error, S("InvalidRequest")));
}

static bool has_post(const post_list *list, str id) {
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].id, id)) return true;
    return false;
}

static err look(struct social_call *c, const str *ids, size_t n, post_list *ret,
                struct social_report *report) {
    struct bsky b;
    struct call_answer answer;
    struct bluesky_page page = {0};
    post_list list = {0};
    str query = S("");
    if (!bluesky_begin(c, &b, report)) return ERR_NONE;
    if (n > SOCIAL_LOOK_MAX) return err_set(ERR_INVALID, "Too many posts are asked for at once.");
    for (size_t i = 0; i < n; i++)
        if (bluesky_is_post(ids[i])) bsky_param(c->arena, &query, "uris", ids[i]);
    if (query.n && bsky_get(&b, "app.bsky.feed.getPosts", query, &answer, report)) return ERR_NONE;
    if (query.n && bluesky_read_posts(c->arena, answer.body, b.did, &page))
        return done(report, bsky_says(&b, report, SOCIAL_LATER, str_z(err_text())));
    for (size_t i = 0; i < page.notices.n; i++) *list_add(c->arena, &list) = page.notices.v[i].post;
    for (size_t i = 0; i < n; i++) {
        if (!bluesky_is_post(ids[i]) || has_post(&list, ids[i]) || !is_gone(&b, ids[i])) continue;
        struct post gone = {
            .id = str_copy(c->arena, ids[i]), .deleted = true, .kind = POST_OTHER, .visibility = POST_PUBLIC};
        gone.author.id = str_fmt(c->arena, "at://%.*s", STR_FMT(bluesky_uri_did(ids[i])));
        gone.author.followers = -1;
        *list_add(c->arena, &list) = gone;
    }
    *ret = list;
    return ERR_NONE;
}

/* ---- accounts ---- */

static err profile(struct social_call *c, str who, struct social_profile *ret, struct social_report *report) {
    struct bsky b;
    struct call_answer answer;
    str query = S("");
    if (!bluesky_begin(c, &b, report)) return ERR_NONE;
    str did = who.n ? bluesky_uri_did(who) : b.did;
    if (!bluesky_is_did(did)) return err_set(ERR_INVALID, "This is no account of Bluesky.");
    bsky_param(c->arena, &query, "actor", did);
    if (bsky_get(&b, "app.bsky.actor.getProfile", query, &answer, report)) {
        /* "Profile not found" has no name of its own. */
        if (b.status == 400 && report->result == SOCIAL_REFUSED) report->result = SOCIAL_GONE;
        return ERR_NONE;
    }
    if (bluesky_read_profile(c->arena, answer.body, ret))
        return done(report, bsky_says(&b, report, SOCIAL_LATER, str_z(err_text())));
    return ERR_NONE;
}

static struct social_limits limits(const struct social_account *account) {
    (void)account;
    return (struct social_limits){.graphemes = BLUESKY_GRAPHEMES,
                                  .bytes = BLUESKY_BYTES,
                                  .images = BLUESKY_IMAGES,
                                  .alt_graphemes = BLUESKY_ALT_GRAPHEMES,
                                  .image_bytes = BLUESKY_IMAGE_BYTES,
                                  .no_private = true,
                                  .quotes = true};
}

const struct social_network social_bluesky = {
    .kind = SOCIAL_BLUESKY,
    .title = "Bluesky",
    .sign_in = sign_in,
    .client_document = bluesky_client_document,
    .consent_begin = bluesky_consent_begin,
    .consent_end = bluesky_consent_end,
    .fetch = fetch,
    .look = look,
    .publish = bluesky_publish,
    .find = bluesky_find,
    .remove = bluesky_remove,
    .profile = profile,
    .search = search,
    .limits = limits,
};
