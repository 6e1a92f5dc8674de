/* The adapter of Bluesky, without a desk: one JSON object a line in, one a line out. For tests only.
 *
 *     {"do":"sign_in","server":"http://localhost:2583","account":"ann.test","password":"…"}
 *     {"do":"fetch","cursor":"","since":0}      {"do":"look","ids":["at://…"]}
 *     {"do":"publish","key":7,"at":0,"text":"…","reply_to":{…},"images":[{"path":"…","alt":"…"}]}
 *     {"do":"find",…}  {"do":"remove","id":"…"}  {"do":"profile","who":""}  {"do":"search","words":"…"}
 *     {"do":"consent_begin",…}  {"do":"consent_end","query":"…"}
 *     {"do":"secret"} shows what is kept, {"do":"secret","set":"…"} changes it, {"do":"skew","ms":…} moves
 *     the clock */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "format/json.h"
#include "net/objects.h"
#include "social/social.h"

static const struct social_network *const network = &social_bluesky;
static struct social_account account;
static int64_t skew;
static str pending;
static arena *lasting;
static int renewals;

static int64_t shifted(void *context) {
    (void)context;
    return clock_now(NULL) + skew;
}

static const wall_clock its_clock = {shifted, NULL};

/* What outlives one line. */
static str own(str s) { return str_copy(lasting, s); }

static err renewed(void *context, str secret) {
    (void)context;
    account.secret = own(secret);
    renewals++;
    return ERR_NONE;
}

static str text_of(const json_t *q, const char *key) {
    str s;
    return json_take_str(q, key, &s) ? s : S("");
}

static int64_t number_of(const json_t *q, const char *key) {
    int64_t v;
    return json_take_int(q, key, &v) ? v : 0;
}

static struct social_place place_of(const json_t *q, const char *key) {
    const json_t *p = json_object_get(q, key);
    return (struct social_place){text_of(p, "id"), text_of(p, "version")};
}

static void put(struct json_out *o, const char *key, str value) {
    json_key(o, str_z(key));
    json_str(o, value);
}

static void put_number(struct json_out *o, const char *key, int64_t value) {
    json_key(o, str_z(key));
    json_int(o, value);
}

static void put_profile(struct json_out *o, const struct social_profile *p) {
    put(o, "id", p->id), put(o, "handle", p->handle), put(o, "name", p->name), put(o, "url", p->url);
    put_number(o, "followers", p->followers), put_number(o, "follows", p->follows);
    put_number(o, "written", p->posts);
}

static void put_posts(struct json_out *o, const post_list *posts) {
    json_key(o, S("posts"));
    json_open_array(o);
    for (size_t i = 0; i < posts->n; i++) {
        BUF_AUTO buf one = BUF_MAX(POST_BYTES_MAX);
        post_write(&one, &posts->v[i]);
        json_str(o, buf_str(&one));
    }
    json_close_array(o);
}

static struct social_wish wish_of(arena *a, const json_t *q) {
    static struct social_image images[10];
    struct social_wish w = {.key = number_of(q, "key"),
                            .at = number_of(q, "at"),
                            .text = text_of(q, "text"),
                            .language = text_of(q, "language"),
                            .reply_to = place_of(q, "reply_to"),
                            .root = place_of(q, "root"),
                            .quote = place_of(q, "quote"),
                            .to_id = text_of(q, "to_id"),
                            .to_handle = text_of(q, "to_handle"),
                            .images = images};
    const json_t *one;
    size_t i;
    if (!w.at) w.at = clock_now(NULL);
    json_array_foreach(json_object_get(q, "images"), i, one) {
        if (i == 10) break;
        images[i] = (struct social_image){.alt = text_of(one, "alt"), .type = S("")};
        if (file_read(a, text_of(one, "path"), 20 << 20, &images[i].bytes)) images[i].bytes = S("");
        w.nimages = i + 1;
    }
    return w;
}

static void keep_account(void) {
    account.server = own(account.server);
    account.account = own(account.account);
    account.id = own(account.id);
    account.secret = own(account.secret);
}

static err connecting(struct social_call *c, const json_t *q, str what, struct json_out *o,
                      struct social_report *r) {
    const struct social_sign_in typed = {text_of(q, "server"), text_of(q, "account"), text_of(q, "password")};
    str url = S("");
    if (str_eq(what, S("consent_begin"))) {
        TRY(network->consent_begin(c, &typed, text_of(q, "client"), text_of(q, "redirect"),
                                   text_of(q, "state"), &url, &pending, r));
        put(o, "url", url);
        pending = own(pending);
        return ERR_NONE;
    }
    if (str_eq(what, S("consent_end"))) {
        TRY(network->consent_end(c, pending, text_of(q, "query"), r));
    } else {
        TRY(network->sign_in(c, &typed, r));
    }
    keep_account();
    put(o, "account", account.account), put(o, "id", account.id);
    return ERR_NONE;
}

static err publishing(struct social_call *c, const json_t *q, str what, struct json_out *o,
                      struct social_report *r) {
    struct social_published p = {S(""), S(""), S("")};
    const struct social_wish w = wish_of(c->arena, q);
    if (str_eq(what, S("publish")))
        TRY(network->publish(c, &w, &p, r));
    else
        TRY(network->find(c, &w, &p, r));
    put(o, "id", p.id), put(o, "version", p.version), put(o, "url", p.url);
    return ERR_NONE;
}

static err reading(struct social_call *c, const json_t *q, str what, struct json_out *o,
                   struct social_report *r) {
    struct social_page page = {0};
    post_list posts = {0};
    str ids[SOCIAL_LOOK_MAX];
    size_t n = 0;
    const json_t *one;
    size_t i;
    if (str_eq(what, S("look"))) {
        json_array_foreach(json_object_get(q, "ids"), i, one) if (n < SOCIAL_LOOK_MAX) ids[n++] =
            (str){json_string_value(one), json_string_length(one)};
        TRY(network->look(c, ids, n, &posts, r));
        put_posts(o, &posts);
        return ERR_NONE;
    }
    if (str_eq(what, S("fetch")))
        TRY(network->fetch(c, text_of(q, "cursor"), number_of(q, "since"), &page, r));
    else
        TRY(network->search(c, text_of(q, "words"), text_of(q, "cursor"), &page, r));
    put(o, "cursor", page.cursor);
    json_key(o, S("more")), json_bool(o, page.more);
    put_posts(o, &page.posts);
    return ERR_NONE;
}

static err act(struct social_call *c, const json_t *q, struct json_out *o, struct social_report *r) {
    str what = text_of(q, "do");
    if (str_eq(what, S("sign_in")) || str_starts(what, S("consent"))) return connecting(c, q, what, o, r);
    if (str_eq(what, S("publish")) || str_eq(what, S("find"))) return publishing(c, q, what, o, r);
    if (str_eq(what, S("fetch")) || str_eq(what, S("look")) || str_eq(what, S("search")))
        return reading(c, q, what, o, r);
    if (str_eq(what, S("remove"))) return network->remove(c, text_of(q, "id"), r);
    if (str_eq(what, S("profile"))) {
        struct social_profile p = {.id = S("")};
        TRY(network->profile(c, text_of(q, "who"), &p, r));
        put_profile(o, &p);
        return ERR_NONE;
    }
    if (str_eq(what, S("skew"))) skew = number_of(q, "ms");
    if (str_eq(what, S("secret"))) {
        if (text_of(q, "set").n) account.secret = own(text_of(q, "set"));
        put(o, "secret", account.secret);
    }
    return ERR_NONE;
}

static void answer(str line) {
    ARENA_AUTO arena *a = arena_new(0);
    JSON_AUTO json_t *q = NULL;
    struct social_call c = {
        .arena = a, .account = &account, .clock = &its_clock, .inside = true, .timeout_seconds = 20};
    struct social_report r = {.says = S("")};
    BUF_AUTO buf out = BUF_MAX(32 << 20);
    struct json_out o = json_begin(&out);
    json_open_object(&o);
    err e = json_read(line, &q);
    if (!e) e = act(&c, q, &o, &r);
    put(&o, "result", e ? S("error") : str_z(social_result_text(r.result)));
    put(&o, "says", e ? str_z(err_text()) : r.says);
    put_number(&o, "retry_at", r.retry_at);
    put_number(&o, "renewals", renewals);
    json_close_object(&o);
    buf_add_char(&out, '\n');
    (void)!write(1, out.p, out.n);
}

int main(void) {
    random_start();
    lasting = arena_new(0);
    account = (struct social_account){.secret = S(""), .renewed = renewed};
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, stdin)) > 0) answer((str){line, (size_t)n});
    free(line);
    arena_free(lasting);
    return 0;
}
