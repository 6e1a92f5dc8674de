/* The Mastodon API (docs.joinmastodon.org/methods): asking a server, and what is new there. */
#include "social/mastodon_own.h"

#include "format/json.h"
#include "format/url.h"

enum { PAGE = 40, PAGE_SMALL = 5, PAGE_FULL = 15, BACK_PAGES = 50, SEARCH_PAGE = 20, SEARCH_MOST = 200 };
enum { PAGE_BYTES = 4 << 20, THREADS_ASKED = 10 };

/* ---- asking ---- */

str mastodon_server_name(const struct social_account *account) {
    str s = account->server;
    if (str_starts(s, S("https://"))) s = str_slice(s, 8, s.n);
    if (str_starts(s, S("http://"))) s = str_slice(s, 7, s.n);
    return str_slice(s, 0, 200);
}

struct social_report mastodon_nonsense(struct social_call *c) {
    return (struct social_report){
        SOCIAL_LATER,
        str_fmt(c->arena, "%.*s answers something that is not what Mastodon servers answer to this.",
                STR_FMT(mastodon_server_name(c->account))),
        0};
}

/* No answer came. */
static struct social_report silent(struct social_call *c, err e, bool does) {
    str says = str_copy(c->arena, str_z(err_text()));
    if (e == ERR_DENIED || e == ERR_INVALID) return (struct social_report){SOCIAL_REFUSED, says, 0};
    bool sent = e == ERR_NETWORK || e == ERR_LIMIT;
    return (struct social_report){sent && does ? SOCIAL_UNCERTAIN : SOCIAL_LATER, says, 0};
}

/* What an answer that is no 2xx means. 500, 502 and 504 may come after the server did what it was asked for.
 */
static social_result meaning(int status, str words, bool does) {
    if (status == 401) return SOCIAL_SIGN_IN;
    if (status == 404 || status == 410) return SOCIAL_GONE;
    if (status == 429 || status == 503) return SOCIAL_LATER;
    if (status == 403 && str_find(words, S("scope"), 0) != SIZE_MAX) return SOCIAL_SIGN_IN;
    if (status >= 500) return does ? SOCIAL_UNCERTAIN : SOCIAL_LATER;
    if (status >= 400) return SOCIAL_REFUSED;
    return SOCIAL_LATER; /* it sends us elsewhere */
}

static struct social_report report_of(struct social_call *c, const struct mastodon_ask *q,
                                      const struct call_answer *answer) {
    bool does = q->does;
    str words = mastodon_words(c->arena, answer->body), name = mastodon_server_name(c->account);
    /* A server may repeat what it was asked with; a secret, or a part of it, is shown to nobody. */
    if (q->token.n >= 8 && str_find(words, str_slice(q->token, 0, 12), 0) != SIZE_MAX) words = S("");
    struct social_report r = {meaning(answer->status, words, does), S(""), 0};
    if (words.n)
        r.says = str_fmt(c->arena, "%.*s answers %d: %.*s", STR_FMT(name), answer->status, STR_FMT(words));
    else if (answer->status < 400)
        r.says =
            str_fmt(c->arena, "%.*s answers %d and sends us elsewhere. Is this the server's own address?",
                    STR_FMT(name), answer->status);
    else
        r.says = str_fmt(c->arena, "%.*s answers %d.", STR_FMT(name), answer->status);
    if (r.result == SOCIAL_LATER) r.retry_at = call_again_at(answer, clock_now(c->clock));
    return r;
}

bool mastodon_ask(struct social_call *c, const struct mastodon_ask *q, struct call_answer *ret,
                  struct social_report *ret_report) {
    struct call_header headers[3] = {{S("Accept"), S("application/json")}};
    size_t n = 1;
    if (q->token.n)
        headers[n++] =
            (struct call_header){S("Authorization"), str_fmt(c->arena, "Bearer %.*s", STR_FMT(q->token))};
    if (q->once.n) headers[n++] = (struct call_header){S("Idempotency-Key"), q->once};
    struct call_wish wish = {.method = q->method,
                             .url =
                                 str_fmt(c->arena, "%.*s%.*s", STR_FMT(c->account->server), STR_FMT(q->path)),
                             .body = q->body,
                             .type = q->type,
                             .headers = headers,
                             .nheaders = n,
                             .inside = c->inside,
                             .timeout_seconds = c->timeout_seconds ? c->timeout_seconds : 20,
                             .max = q->max};
    *ret = (struct call_answer){0};
    err e = call_http(c->arena, &wish, ret);
    if (e) {
        *ret_report = silent(c, e, q->does);
        return false;
    }
    if (ret->status / 100 == 2) {
        *ret_report = (struct social_report){SOCIAL_DONE, S(""), 0};
        return true;
    }
    *ret_report = report_of(c, q, ret);
    return false;
}

bool mastodon_home(struct social_call *c, struct mastodon_home *ret, struct social_report *ret_report) {
    if (mastodon_home_read(c->arena, c->account->secret, ret)) return true;
    *ret_report = (struct social_report){SOCIAL_SIGN_IN, S("This account is not connected."), 0};
    return false;
}

/* A question that may be asked again at any time: what is not there is not what it is about. */
static bool look_up(struct social_call *c, const struct mastodon_home *home, str path, size_t max,
                    struct call_answer *ret, struct social_report *ret_report) {
    struct mastodon_ask q = {.method = CALL_GET, .path = path, .token = home->token, .max = max};
    return mastodon_ask(c, &q, ret, ret_report);
}

static void as_question(struct social_report *r) {
    if (r->result == SOCIAL_GONE || r->result == SOCIAL_REFUSED) r->result = SOCIAL_LATER;
}

/* ---- threads ----
 * A status says what it answers and not where its thread began. That is asked for, of a few in each round; of
 * the rest what they answer has to do. */

static str first_of_thread(struct social_call *c, const struct mastodon_home *home, const struct post *p) {
    struct call_answer answer;
    struct social_report report;
    JSON_AUTO json_t *json = NULL;
    str id, path = str_fmt(c->arena, "/api/v1/statuses/%.*s/context", STR_FMT(p->id));
    if (!look_up(c, home, path, PAGE_BYTES, &answer, &report)) return p->reply_to;
    if (json_read_long(answer.body, PAGE_BYTES, &json)) return p->reply_to;
    const json_t *first = json_array_get(json_object_get(json, "ancestors"), 0);
    if (!json_take_str(first, "id", &id) || !mastodon_id_fits(id)) return p->reply_to;
    return str_copy(c->arena, id);
}

static void find_threads(struct social_call *c, const struct mastodon_home *home, post_list *posts,
                         bool edited_only) {
    int asked = 0;
    for (size_t i = 0; i < posts->n; i++) {
        struct post *p = &posts->v[i];
        if (p->deleted || !p->reply_to.n || (edited_only && !p->edited_at)) continue;
        p->root = asked < THREADS_ASKED ? first_of_thread(c, home, p) : p->reply_to;
        asked++;
    }
}

/* ---- what is new ----
 * The cursor is the newest notification's id. While what came before the account was connected is read,
 * newest first, it is "back PAGES NEWEST OLDEST SINCE". */

struct back {
    bool on;
    int64_t pages, since;
    str newest, oldest;
};

static bool cursor_read(str cursor, struct back *ret) {
    struct back b = {0};
    str word, pages, since;
    if (!str_starts(cursor, S("back "))) {
        b.newest = cursor;
        *ret = b;
        return !cursor.n || mastodon_id_fits(cursor);
    }
    b.on = true;
    bool ok = str_split(&cursor, ' ', &word) && str_split(&cursor, ' ', &pages) &&
              str_split(&cursor, ' ', &b.newest) && str_split(&cursor, ' ', &b.oldest) &&
              str_split(&cursor, ' ', &since) && str_to_int(pages, &b.pages) && str_to_int(since, &b.since) &&
              mastodon_id_fits(b.newest) && mastodon_id_fits(b.oldest);
    *ret = b;
    return ok;
}

static str notices_path(arena *a, const struct back *b, int limit) {
    str path = str_fmt(a,
                       "/api/v1/notifications?limit=%d&types%%5B%%5D=mention&types%%5B%%5D=quote"
                       "&types%%5B%%5D=update",
                       limit);
    if (b->on) return str_fmt(a, "%.*s&max_id=%.*s", STR_FMT(path), STR_FMT(b->oldest));
    if (b->newest.n) return str_fmt(a, "%.*s&min_id=%.*s", STR_FMT(path), STR_FMT(b->newest));
    return path;
}

/* A page that is too large for us is asked for in small pieces. */
static bool ask_notices(struct social_call *c, const struct mastodon_home *home, const struct back *b,
                        struct mastodon_notices *ret, str *ret_next, int64_t *ret_remaining,
                        struct social_report *ret_report) {
    struct call_answer answer;
    bool ok = look_up(c, home, notices_path(c->arena, b, PAGE), PAGE_BYTES, &answer, ret_report);
    if (!ok && !answer.status && ret_report->result == SOCIAL_LATER)
        ok = look_up(c, home, notices_path(c->arena, b, PAGE_SMALL), PAGE_BYTES, &answer, ret_report);
    if (!ok) {
        as_question(ret_report);
        return false;
    }
    if (mastodon_notices_read(c->arena, home, answer.body, ret)) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    *ret_next = mastodon_link_next(c->arena, call_header_of(&answer, "link"));
    *ret_remaining = call_remaining(&answer);
    return true;
}

static void add_since(arena *a, const post_list *posts, int64_t since, struct social_page *ret) {
    for (size_t i = posts->n; i-- > 0;)
        if (posts->v[i].created_at >= since || posts->v[i].edited_at >= since)
            *list_add(a, &ret->posts) = posts->v[i];
}

/* Before the first cursor: from the newest back to `since`. */
static void page_back(struct social_call *c, struct back *b, const struct mastodon_notices *n, str next,
                      struct social_page *ret) {
    add_since(c->arena, &n->posts, b->since, ret);
    if (!b->newest.n) b->newest = n->newest;
    str oldest = next.n ? next : n->oldest;
    /* The same page again, or one that goes the wrong way, ends it. */
    bool moves = n->n && oldest.n && (!b->oldest.n || mastodon_id_later(b->oldest, oldest));
    bool before = n->oldest_at && n->oldest_at < b->since;
    if (moves && !before && b->pages < BACK_PAGES) {
        ret->cursor = str_fmt(c->arena, "back %lld %.*s %.*s %lld", (long long)b->pages + 1,
                              STR_FMT(b->newest), STR_FMT(oldest), (long long)b->since);
        ret->more = true;
    } else {
        ret->cursor = b->newest.n ? b->newest : S("0");
    }
}

/* After a cursor: what is immediately newer. A server that sends old ones again moves nothing. */
static void page_on(struct social_call *c, const struct back *b, const struct mastodon_notices *n,
                    struct social_page *ret) {
    bool moves = n->newest.n && mastodon_id_later(n->newest, b->newest);
    add_since(c->arena, &n->posts, 0, ret);
    ret->cursor = moves ? n->newest : b->newest;
    /* Without moving, `more` says that the server gives the same again. */
    ret->more = moves ? n->n >= PAGE_FULL : n->n > 0;
    if (!moves) ret->posts.n = 0;
}

static err fetch(struct social_call *c, str cursor, int64_t since, struct social_page *ret,
                 struct social_report *ret_report) {
    struct mastodon_home home;
    struct mastodon_notices notices = {0};
    struct social_page page = {0};
    struct back b;
    str next;
    int64_t remaining;
    if (!cursor_read(cursor, &b)) return err_set(ERR_INVALID, "This is no place in a list of notifications.");
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    if (!ask_notices(c, &home, &b, &notices, &next, &remaining, ret_report)) return ERR_NONE;
    if (!cursor.n) b.since = since;
    if (b.on || !cursor.n)
        page_back(c, &b, &notices, next, &page);
    else
        page_on(c, &b, &notices, &page);
    find_threads(c, &home, &page.posts, false);
    /* The rest of what the server still answers is for replies. */
    if (remaining >= 0 && remaining < 10) page.more = false;
    page.cursor = str_copy(c->arena, page.cursor);
    *ret = page;
    return ERR_NONE;
}

/* ---- how posts stand ---- */

static struct post gone(str id) { return (struct post){.id = id, .deleted = true}; }

/* One by one: what many together left out, or all of them where a server knows no such question. */
static err look_one(struct social_call *c, const struct mastodon_home *home, str id, post_list *ret,
                    struct social_report *ret_report) {
    struct call_answer answer;
    JSON_AUTO json_t *json = NULL;
    struct post p;
    bool ok =
        look_up(c, home, str_fmt(c->arena, "/api/v1/statuses/%.*s", STR_FMT(id)), 0, &answer, ret_report);
    if (!ok && ret_report->result == SOCIAL_GONE) {
        *list_add(c->arena, ret) = gone(id);
        ret_report->result = SOCIAL_DONE;
        return ERR_NONE;
    }
    if (!ok) {
        as_question(ret_report);
        return ERR_NONE;
    }
    /* An answer about another post is none. */
    if (json_read(answer.body, &json) || mastodon_status(c->arena, home, json, S("mention"), &p) ||
        !str_eq(p.id, id))
        *ret_report = mastodon_nonsense(c);
    else
        *list_add(c->arena, ret) = p;
    return ERR_NONE;
}

static bool has(const post_list *list, str id) {
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].id, id)) return true;
    return false;
}

/* All in one question (Mastodon 4.3); older servers know none such, and say so in ways of their own. */
static void look_all(struct social_call *c, const struct mastodon_home *home, const str *ids, size_t n,
                     post_list *ret) {
    struct call_answer answer;
    struct social_report report;
    JSON_AUTO json_t *json = NULL;
    BUF_AUTO buf path = BUF_MAX(8192);
    const json_t *one;
    size_t k;
    struct post p;
    buf_add(&path, S("/api/v1/statuses"));
    for (size_t i = 0; i < n; i++) buf_add_fmt(&path, "%cid%%5B%%5D=%.*s", i ? '&' : '?', STR_FMT(ids[i]));
    if (!look_up(c, home, buf_str(&path), PAGE_BYTES, &answer, &report)) return;
    if (json_read_long(answer.body, PAGE_BYTES, &json)) return;
    json_array_foreach(json, k, one) {
        if (mastodon_status(c->arena, home, one, S("mention"), &p) || has(ret, p.id)) continue;
        for (size_t i = 0; i < n; i++)
            if (str_eq(ids[i], p.id)) {
                *list_add(c->arena, ret) = p;
                break;
            }
    }
}

static err look(struct social_call *c, const str *ids, size_t n, post_list *ret,
                struct social_report *ret_report) {
    struct mastodon_home home;
    post_list all = {0};
    for (size_t i = 0; i < n; i++)
        if (!mastodon_id_fits(ids[i])) return err_set(ERR_INVALID, "This is no post of a Mastodon server.");
    if (n > SOCIAL_LOOK_MAX) return err_set(ERR_INVALID, "That is more than can be asked at once.");
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    if (n > 1) look_all(c, &home, ids, n, &all);
    *ret_report = (struct social_report){SOCIAL_DONE, S(""), 0};
    for (size_t i = 0; i < n; i++) {
        if (has(&all, ids[i])) continue;
        TRY(look_one(c, &home, ids[i], &all, ret_report));
        if (ret_report->result != SOCIAL_DONE) return ERR_NONE;
    }
    find_threads(c, &home, &all, true);
    *ret = all;
    return ERR_NONE;
}

/* ---- people and searching ---- */

static err profile(struct social_call *c, str who, struct social_profile *ret,
                   struct social_report *ret_report) {
    struct mastodon_home home;
    struct call_answer answer;
    JSON_AUTO json_t *json = NULL;
    str path = S("/api/v1/accounts/verify_credentials"), acct = mastodon_acct(c->arena, who);
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    if (who.n && !acct.n) return err_set(ERR_INVALID, "This is no account of a Mastodon server.");
    if (who.n) {
        BUF_AUTO buf b = BUF_MAX(2048);
        buf_add(&b, S("/api/v1/accounts/lookup?acct="));
        url_encode(&b, acct);
        path = str_copy(c->arena, buf_str(&b));
    }
    if (!look_up(c, &home, path, 0, &answer, ret_report)) {
        if (!who.n) as_question(ret_report);
        return ERR_NONE;
    }
    if (json_read(answer.body, &json) || mastodon_profile(c->arena, &home, json, ret))
        *ret_report = mastodon_nonsense(c);
    return ERR_NONE;
}

static void add_found(struct social_call *c, const struct mastodon_home *home, const json_t *list,
                      post_list *ret) {
    const json_t *one;
    size_t i;
    struct post p;
    json_array_foreach(list, i, one) {
        if (str_eq(mastodon_status_by(one), home->account)) continue;
        if (ret->n < SEARCH_PAGE && !mastodon_status(c->arena, home, one, S(""), &p))
            *list_add(c->arena, ret) = p;
    }
}

static err search(struct social_call *c, str words, str cursor, struct social_page *ret,
                  struct social_report *ret_report) {
    struct mastodon_home home;
    struct call_answer answer;
    JSON_AUTO json_t *json = NULL;
    int64_t offset = 0;
    if (cursor.n && (!str_to_int(cursor, &offset) || offset < 0 || offset > SEARCH_MOST))
        return err_set(ERR_INVALID, "This is no place in what was found.");
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    BUF_AUTO buf path = BUF_MAX(8192);
    buf_add_fmt(&path, "/api/v2/search?type=statuses&limit=%d&offset=%lld&q=", SEARCH_PAGE,
                (long long)offset);
    url_encode(&path, str_clip_utf8(words, 1000));
    if (!look_up(c, &home, buf_str(&path), PAGE_BYTES, &answer, ret_report)) {
        as_question(ret_report);
        return ERR_NONE;
    }
    struct social_page page = {0};
    if (json_read_long(answer.body, PAGE_BYTES, &json) || !json_is_array(json_object_get(json, "statuses"))) {
        *ret_report = mastodon_nonsense(c);
        return ERR_NONE;
    }
    size_t found = json_array_size(json_object_get(json, "statuses"));
    add_found(c, &home, json_object_get(json, "statuses"), &page.posts);
    offset += SEARCH_PAGE;
    page.cursor = str_fmt(c->arena, "%lld", (long long)offset);
    page.more = found >= SEARCH_PAGE && offset < SEARCH_MOST;
    *ret = page;
    return ERR_NONE;
}

static struct social_limits limits(const struct social_account *account) {
    return mastodon_limits_read(account->limits);
}

const struct social_network social_mastodon = {
    .kind = SOCIAL_MASTODON,
    .title = "Mastodon",
    .sign_in = mastodon_sign_in,
    .consent_begin = mastodon_consent_begin,
    .consent_end = mastodon_consent_end,
    .fetch = fetch,
    .look = look,
    .publish = mastodon_publish,
    .find = mastodon_find,
    .remove = mastodon_remove,
    .profile = profile,
    .search = search,
    .limits = limits,
};
