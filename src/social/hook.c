#include "social/hook.h"

#include <sodium.h>

#include "base/random.h"
#include "format/json.h"
#include "format/rfc3339.h"
#include "net/call.h"
#include "net/post.h"

enum { WISH_BYTES = 32 << 20, ANSWER_BYTES = 64 << 10, IMAGES = 4, IMAGE_BYTES = 5 << 20, NAME_BYTES = 200 };

/* ---- in ---- */

static err one_of(err e, size_t i, size_t n) {
    if (n == 1) return e;
    /* The sentence so far stands in err_text's own place. */
    char says[400];
    str s = str_slice(str_z(err_text()), 0, sizeof says - 1);
    for (size_t k = 0; k < s.n; k++) says[k] = s.p[k];
    says[s.n] = '\0';
    return err_set(e, "Post %zu of %zu: %s", i + 1, n, says);
}

err hook_posts(arena *a, str body, post_list *ret) {
    JSON_AUTO json_t *json = NULL;
    post_list posts = {0};
    if (body.n > HOOK_BODY_MAX) return err_set(ERR_LIMIT, "The body is longer than %d bytes.", HOOK_BODY_MAX);
    TRY(json_read(body, &json));
    bool many = json_is_array(json);
    size_t n = many ? json_array_size(json) : 1;
    if (n == 0) return err_set(ERR_INVALID, "The array holds no post.");
    if (n > HOOK_POSTS_MAX) return err_set(ERR_LIMIT, "More than %d posts in one call.", HOOK_POSTS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct post p;
        err e = post_read_json(a, many ? json_array_get(json, i) : json, &p);
        if (e) return one_of(e, i, n);
        *list_add(a, &posts) = p;
    }
    *ret = posts;
    return ERR_NONE;
}

/* ---- out ---- */

str hook_wish_id(arena *a, int64_t key) { return str_fmt(a, "lh-%lld", (long long)key); }

static void put_place(struct json_out *o, const char *key, const struct social_place *place) {
    json_key(o, str_z(key));
    if (!place->id.n) {
        json_nil(o);
        return;
    }
    json_open_object(o);
    json_key(o, S("id")), json_str(o, place->id);
    json_key(o, S("version")), json_str(o, place->version);
    json_close_object(o);
}

static void put_image(arena *a, struct json_out *o, const struct social_image *image) {
    size_t room = sodium_base64_encoded_len(image->bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(a, room);
    sodium_bin2base64(text, room, (const unsigned char *)(image->bytes.n ? image->bytes.p : ""),
                      image->bytes.n, sodium_base64_VARIANT_ORIGINAL);
    json_open_object(o);
    json_key(o, S("type")), json_str(o, image->type);
    json_key(o, S("alt")), json_str(o, image->alt);
    json_key(o, S("base64")), json_str(o, str_z(text));
    json_close_object(o);
}

static void begin(struct json_out *o, arena *a, str type, int64_t at) {
    json_open_object(o);
    json_key(o, S("type")), json_str(o, type);
    json_key(o, S("timestamp")), json_str(o, rfc3339_write(a, at));
    json_key(o, S("data"));
    json_open_object(o);
}

static str end(arena *a, struct json_out *o) {
    json_close_object(o);
    json_close_object(o);
    return json_done(o) ? str_copy(a, buf_str(o->to)) : S("");
}

str hook_wish_body(arena *a, const struct social_wish *wish) {
    BUF_AUTO buf b = BUF_MAX(WISH_BYTES);
    struct json_out o = json_begin(&b);
    begin(&o, a, S("post.publish"), wish->at);
    json_key(&o, S("key")), json_str(&o, hook_wish_id(a, wish->key));
    json_key(&o, S("text")), json_str(&o, wish->text);
    json_key(&o, S("language")), json_str(&o, wish->language);
    json_key(&o, S("spoiler")), json_str(&o, wish->spoiler);
    json_key(&o, S("visibility")), json_str(&o, str_z(post_visibility_text(wish->visibility)));
    put_place(&o, "reply_to", &wish->reply_to);
    put_place(&o, "root", &wish->root);
    put_place(&o, "quote", &wish->quote);
    json_key(&o, S("to"));
    json_open_object(&o);
    json_key(&o, S("id")), json_str(&o, wish->to_id);
    json_key(&o, S("handle")), json_str(&o, wish->to_handle);
    json_close_object(&o);
    json_key(&o, S("images"));
    json_open_array(&o);
    for (size_t i = 0; i < wish->nimages; i++) put_image(a, &o, &wish->images[i]);
    json_close_array(&o);
    return end(a, &o);
}

static struct social_report says(social_result r, str text) { return (struct social_report){r, text, 0}; }

static struct social_report of_answer(struct social_call *c, const struct call_answer *answer) {
    int status = answer->status;
    str text = str_fmt(c->arena, "The webhook's address answers %d.", status);
    struct social_report r = says(SOCIAL_REFUSED, text);
    if (status / 100 == 2) return says(SOCIAL_DONE, S(""));
    if (status == 401) r.result = SOCIAL_SIGN_IN;
    if (status == 410) r.result = SOCIAL_GONE;
    if (status == 404 || status == 408 || status == 425 || status == 429 || status == 503 ||
        status / 100 == 3)
        r.result = SOCIAL_LATER;
    if (status >= 500 && status != 503) r.result = SOCIAL_UNCERTAIN;
    if (r.result == SOCIAL_LATER) r.retry_at = call_again_at(answer, clock_now(c->clock));
    return r;
}

/* True: an answer of 2xx. */
static bool deliver(struct social_call *c, str id, str body, struct call_answer *ret,
                    struct social_report *ret_report) {
    struct hook_keys keys;
    int64_t now = clock_now(c->clock);
    if (!c->account->server.n) {
        *ret_report = says(SOCIAL_REFUSED,
                           S("This webhook has no address to send to. An administrator can give it one."));
        return false;
    }
    if (!hook_keys_read(c->arena, c->account->secret, &keys)) {
        *ret_report = says(SOCIAL_SIGN_IN, S("The webhook's secret is not there. Make a new one."));
        return false;
    }
    struct call_header headers[] = {
        {S("webhook-id"), id},
        {S("webhook-timestamp"), str_fmt(c->arena, "%lld", (long long)(now / SECOND_MS))},
        {S("webhook-signature"), hook_signature(c->arena, &keys, id, now, body)},
        {S("Accept"), S("application/json")}};
    struct call_wish wish = {.method = CALL_POST,
                             .url = c->account->server,
                             .body = body,
                             .type = S("application/json"),
                             .headers = headers,
                             .nheaders = sizeof headers / sizeof *headers,
                             .inside = c->inside,
                             .timeout_seconds = c->timeout_seconds ? c->timeout_seconds : 20,
                             .max = ANSWER_BYTES};
    err e = call_http(c->arena, &wish, ret);
    if (e == ERR_NONE) {
        *ret_report = of_answer(c, ret);
        return ret_report->result == SOCIAL_DONE;
    }
    str text = str_copy(c->arena, str_z(err_text()));
    *ret_report = says(e == ERR_BUSY                        ? SOCIAL_LATER
                       : e == ERR_NETWORK || e == ERR_LIMIT ? SOCIAL_UNCERTAIN
                                                            : SOCIAL_REFUSED,
                       text);
    return false;
}

static str named(arena *a, const json_t *json, const char *key, size_t most) {
    str s;
    return json_take_str(json, key, &s) && s.n <= most ? str_copy(a, s) : S("");
}

/* What the answer says of the post, where it says anything. */
static void read_answer(arena *a, const struct call_answer *answer, int64_t key,
                        struct social_published *ret) {
    JSON_AUTO json_t *json = NULL;
    if (json_read(answer->body, &json)) json = NULL;
    struct social_published p = {named(a, json, "id", POST_URL_MAX), named(a, json, "version", POST_URL_MAX),
                                 named(a, json, "url", POST_URL_MAX)};
    if (!p.id.n) p.id = hook_wish_id(a, key);
    if (!str_starts(p.url, S("https://"))) p.url = S("");
    *ret = p;
}

static err publish(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                   struct social_report *ret_report) {
    struct call_answer answer;
    if (wish->key <= 0) return err_set(ERR_INVALID, "A post of ours has a key.");
    str body = hook_wish_body(c->arena, wish);
    if (!body.n) return err_set(ERR_INVALID, "What is to be posted is too long.");
    if (deliver(c, hook_wish_id(c->arena, wish->key), body, &answer, ret_report))
        read_answer(c->arena, &answer, wish->key, ret);
    return ERR_NONE;
}

/* The other side takes a webhook-id once, however often it comes (docs/webhooks.md): so nothing needs to be
 * asked, and a delivery that got no clear answer is simply made again. */
static err find(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                struct social_report *ret_report) {
    (void)c, (void)wish, (void)ret;
    *ret_report = says(SOCIAL_GONE, S(""));
    return ERR_NONE;
}

static err take_away(struct social_call *c, str id, struct social_report *ret_report) {
    struct call_answer answer;
    BUF_AUTO buf b = BUF_MAX(64 << 10);
    struct json_out o = json_begin(&b);
    begin(&o, c->arena, S("post.remove"), clock_now(c->clock));
    json_key(&o, S("id")), json_str(&o, id);
    str body = end(c->arena, &o), hash = content_hash(c->arena, id);
    if (!body.n) return err_set(ERR_INVALID, "This is no post.");
    deliver(c, str_fmt(c->arena, "lh-remove-%.*s", STR_FMT(str_slice(hash, 0, 32))), body, &answer,
            ret_report);
    return ERR_NONE;
}

err hook_hello(struct social_call *c, struct social_report *ret_report) {
    struct call_answer answer;
    BUF_AUTO buf b = BUF_MAX(1024);
    struct json_out o = json_begin(&b);
    begin(&o, c->arena, S("ping"), clock_now(c->clock));
    deliver(c, str_fmt(c->arena, "lh-ping-%.*s", STR_FMT(token_new(c->arena))), end(c->arena, &o), &answer,
            ret_report);
    return ERR_NONE;
}

/* `server`: where replies are sent, or ""; `password`: a secret to go on with, or "" for a new one. What is
 * sealed of the account already keeps its token. */
static err sign_in(struct social_call *c, const struct social_sign_in *typed,
                   struct social_report *ret_report) {
    struct hook_keys keys = {0};
    str url = str_trim(typed->server), secret = str_trim(typed->password);
    if (url.n && post_url_check(c->arena, url, c->inside)) {
        *ret_report = says(SOCIAL_REFUSED, str_copy(c->arena, str_z(err_text())));
        return ERR_NONE;
    }
    if (secret.n && !hook_secret_fits(secret)) {
        *ret_report = says(SOCIAL_REFUSED, S("A secret begins with whsec_ and is 24 to 64 bytes in base64."));
        return ERR_NONE;
    }
    bool known = hook_keys_read(c->arena, c->account->secret, &keys);
    if (secret.n || !known) keys.secret = secret.n ? secret : hook_secret_new(c->arena);
    if (!keys.token.n) keys.token = token_new(c->arena);
    c->account->server = url;
    c->account->account = str_clip_utf8(str_trim(typed->account), NAME_BYTES);
    str hash = content_hash(c->arena, keys.token);
    c->account->id = str_fmt(c->arena, "hook://%.*s", STR_FMT(str_slice(hash, 0, 16)));
    c->account->secret = hook_keys_write(c->arena, &keys);
    c->account->limits = S("");
    *ret_report = says(SOCIAL_DONE, S(""));
    return ERR_NONE;
}

static struct social_limits limits(const struct social_account *account) {
    (void)account;
    return (struct social_limits){.images = IMAGES, .image_bytes = IMAGE_BYTES};
}

const struct social_network social_hook = {
    .kind = SOCIAL_HOOK,
    .title = "Webhook",
    .sign_in = sign_in,
    .publish = publish,
    .find = find,
    .remove = take_away,
    .limits = limits,
};
