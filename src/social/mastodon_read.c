#include "social/mastodon_read.h"

#include <string.h>

#include "format/json.h"
#include "format/rfc3339.h"
#include "social/mastodon_text.h"

enum {
    NOTICES_BYTES = 4 << 20,
    WORDS_BYTES = 300,
    HOME_BYTES = 4096,
    CHARACTERS = 500,
    PER_URL = 23,
    IMAGES = 4,
    ALT_CHARACTERS = 1500,
    IMAGE_BYTES = 16 << 20
};

/* ---- the account's own JSON ---- */

static str take(arena *a, const json_t *object, const char *key) {
    str s;
    return json_take_str(object, key, &s) ? str_copy(a, s) : S("");
}

str mastodon_home_write(arena *a, const struct mastodon_home *home) {
    BUF_AUTO buf b = BUF_MAX(HOME_BYTES * 4);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("token")), json_str(&o, home->token);
    json_key(&o, S("account")), json_str(&o, home->account);
    json_key(&o, S("domain")), json_str(&o, home->domain);
    json_close_object(&o);
    return str_copy(a, buf_str(&b));
}

bool mastodon_home_read(arena *a, str secret, struct mastodon_home *ret) {
    JSON_AUTO json_t *json = NULL;
    if (!secret.n || json_read(secret, &json)) return false;
    *ret = (struct mastodon_home){take(a, json, "token"), take(a, json, "account"), take(a, json, "domain")};
    return ret->token.n && ret->domain.n;
}

/* ---- ids ---- */

static bool name_fits(str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !(c == '_' || c == '.' || c == '-')) return false;
    }
    return s.n > 0 && s.n <= 253;
}

static bool host_fits(str s) {
    size_t colon = str_find_char(s, ':', 0);
    int64_t port;
    if (colon != SIZE_MAX && !(str_to_int(str_slice(s, colon + 1, s.n), &port) && port > 0 && port < 65536))
        return false;
    return name_fits(str_slice(s, 0, colon));
}

str mastodon_id(arena *a, str domain, str acct) {
    size_t at = str_find_char(acct, '@', 0);
    str name = str_slice(acct, 0, at);
    if (at != SIZE_MAX) domain = str_slice(acct, at + 1, acct.n);
    if (!name_fits(name) || !host_fits(domain)) return S("");
    return str_lower(a, str_fmt(a, "https://%.*s/@%.*s", STR_FMT(domain), STR_FMT(name)));
}

str mastodon_acct(arena *a, str id) {
    if (!str_starts(id, S("https://"))) return S("");
    size_t slash = str_find(id, S("/@"), 8);
    if (slash == SIZE_MAX) return S("");
    str domain = str_slice(id, 8, slash), name = str_slice(id, slash + 2, id.n);
    if (!host_fits(domain) || !name_fits(name)) return S("");
    return str_fmt(a, "%.*s@%.*s", STR_FMT(name), STR_FMT(domain));
}

bool mastodon_id_later(str a, str b) { return a.n != b.n ? a.n > b.n : str_cmp(a, b) > 0; }

bool mastodon_id_fits(str id) {
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && c != '_' && c != '-') return false;
    }
    return id.n > 0 && id.n <= 64;
}

static str id_of(arena *a, const json_t *object, const char *key) {
    str id = take(a, object, key);
    return mastodon_id_fits(id) ? id : S("");
}

/* ---- a status ---- */

static void author_of(arena *a, const struct mastodon_home *home, const json_t *account,
                      struct post_author *ret) {
    str acct = take(a, account, "acct");
    ret->id = mastodon_id(a, home->domain, acct);
    ret->handle = ret->id.n ? mastodon_acct(a, ret->id) : S("");
    ret->name = take(a, account, "display_name");
    if (!json_take_int(account, "followers_count", &ret->followers) || ret->followers < 0)
        ret->followers = -1;
    if (!json_take_bool(account, "bot", &ret->machine)) ret->machine = false;
}

static str type_of(str kind, str url) {
    static const struct {
        const char *end, *type;
    } known[] = {{".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".png", "image/png"},
                 {".gif", "image/gif"},  {".webp", "image/webp"}, {".avif", "image/avif"},
                 {".mp4", "video/mp4"},  {".webm", "video/webm"}, {".mp3", "audio/mpeg"},
                 {".ogg", "audio/ogg"}};
    url = str_slice(url, 0, str_find_char(url, '?', 0));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (url.n > strlen(known[i].end) &&
            str_eq_nocase(str_slice(url, url.n - strlen(known[i].end), url.n), str_z(known[i].end)))
            return str_z(known[i].type);
    if (str_eq(kind, S("gifv")) || str_eq(kind, S("video"))) return S("video/mp4");
    return str_eq(kind, S("audio")) ? S("audio/mpeg") : S("");
}

static void images_of(arena *a, const json_t *status, post_image_list *ret) {
    const json_t *list = json_object_get(status, "media_attachments"), *one;
    size_t i;
    json_array_foreach(list, i, one) {
        if (ret->n == POST_IMAGES_MAX) break;
        str url = take(a, one, "url");
        if (!url.n) url = take(a, one, "remote_url");
        if (!str_starts(url, S("https://"))) continue;
        *list_add(a, ret) =
            (struct post_image){url, take(a, one, "description"), type_of(take(a, one, "type"), url)};
    }
}

/* A mention's address is matched with what the server says of it: whose it is. Of one that is not known there
 * only the link stays. */
static void name_mentions(arena *a, const struct mastodon_home *home, const json_t *status,
                          post_link_list *links) {
    const json_t *list = json_object_get(status, "mentions"), *one;
    for (size_t k = 0; k < links->n; k++) {
        struct post_link *link = &links->v[k];
        if (link->kind != POST_LINK_MENTION) continue;
        str who = S(""), url;
        size_t i;
        json_array_foreach(list, i, one) {
            if (json_take_str(one, "url", &url) && str_eq(url, link->target))
                who = mastodon_id(a, home->domain, take(a, one, "acct"));
            if (who.n) break;
        }
        if (who.n) {
            link->target = who;
            link->handle = mastodon_acct(a, who);
        } else {
            link->kind = POST_LINK_URL;
        }
    }
}

static post_visibility visibility_of(str name) {
    if (str_eq(name, S("public"))) return POST_PUBLIC;
    if (str_eq(name, S("unlisted"))) return POST_UNLISTED;
    if (str_eq(name, S("private"))) return POST_FOLLOWERS;
    /* "direct", and anything that is not known: rather too private. */
    return POST_PRIVATE;
}

static str quote_of(arena *a, const json_t *status) {
    const json_t *quote = json_object_get(status, "quote");
    str id = id_of(a, json_object_get(quote, "quoted_status"), "id");
    return id.n ? id : id_of(a, quote, "quoted_status_id");
}

static int64_t time_of(const json_t *object, const char *key) {
    str text;
    int64_t at = 0;
    return json_take_str(object, key, &text) && rfc3339_read(text, &at) ? at : 0;
}

static post_kind kind_of(const struct mastodon_home *home, const json_t *status, str kind,
                         const struct post *p) {
    str whom;
    if (p->visibility == POST_PRIVATE) return POST_DIRECT;
    if (str_eq(kind, S("quote"))) return POST_QUOTE;
    if (json_take_str(status, "in_reply_to_account_id", &whom) && str_eq(whom, home->account) && whom.n)
        return POST_REPLY;
    return kind.n ? POST_MENTION : POST_OTHER;
}

str mastodon_status_by(const json_t *status) {
    str id;
    return json_take_str(json_object_get(status, "account"), "id", &id) ? id : S("");
}

err mastodon_status(arena *a, const struct mastodon_home *home, const json_t *status, str kind,
                    struct post *ret) {
    struct post p = {.id = id_of(a, status, "id"), .created_at = time_of(status, "created_at")};
    str content;
    if (!p.id.n || !p.created_at || !json_take_str(status, "content", &content))
        return err_set(ERR_INVALID, "The server sends something that is no post.");
    author_of(a, home, json_object_get(status, "account"), &p.author);
    p.edited_at = time_of(status, "edited_at");
    p.version = take(a, status, "edited_at");
    p.url = take(a, status, "url");
    if (!str_starts(p.url, S("https://"))) p.url = S("");
    p.quote = quote_of(a, status);
    p.text = mastodon_text(a, content, p.quote.n > 0, &p.links);
    p.language = take(a, status, "language");
    p.spoiler = take(a, status, "spoiler_text");
    p.visibility = visibility_of(take(a, status, "visibility"));
    p.reply_to = id_of(a, status, "in_reply_to_id");
    images_of(a, status, &p.images);
    name_mentions(a, home, status, &p.links);
    p.kind = kind_of(home, status, kind, &p);
    TRY(post_normal(a, &p));
    *ret = p;
    return ERR_NONE;
}

/* ---- an account ---- */

err mastodon_profile(arena *a, const struct mastodon_home *home, const json_t *account,
                     struct social_profile *ret) {
    struct post_author who = {0};
    struct social_profile p = {.follows = -1, .posts = -1};
    author_of(a, home, account, &who);
    if (!who.id.n) return err_set(ERR_INVALID, "The server sends something that is no account.");
    p.id = who.id;
    p.handle = who.handle;
    p.name = str_clip_utf8(who.name, POST_NAME_MAX);
    p.url = take(a, account, "url");
    if (!str_starts(p.url, S("https://"))) p.url = who.id;
    p.followers = who.followers;
    p.machine = who.machine;
    if (!json_take_int(account, "following_count", &p.follows) || p.follows < 0) p.follows = -1;
    if (!json_take_int(account, "statuses_count", &p.posts) || p.posts < 0) p.posts = -1;
    *ret = p;
    return ERR_NONE;
}

/* ---- notifications ---- */

/* An edit is told of every status we had to do with: only those count that name us. */
static bool names_us(const struct mastodon_home *home, const json_t *status) {
    const json_t *list = json_object_get(status, "mentions"), *one;
    size_t i;
    str id;
    json_array_foreach(list, i,
                       one) if (json_take_str(one, "id", &id) && str_eq(id, home->account)) return true;
    return false;
}

static bool tells(const struct mastodon_home *home, str type, const json_t *status) {
    if (!json_is_object(status) || str_eq(mastodon_status_by(status), home->account)) return false;
    if (str_eq(type, S("update"))) return names_us(home, status);
    return str_eq(type, S("mention")) || str_eq(type, S("quote"));
}

static void add_notice(arena *a, const struct mastodon_home *home, const json_t *one,
                       struct mastodon_notices *ret) {
    str id = id_of(a, one, "id"), type = take(a, one, "type");
    const json_t *status = json_object_get(one, "status");
    struct post p;
    if (!id.n) return;
    if (!ret->newest.n || mastodon_id_later(id, ret->newest)) ret->newest = id;
    if (!ret->oldest.n || mastodon_id_later(ret->oldest, id)) {
        ret->oldest = id;
        ret->oldest_at = time_of(one, "created_at");
    }
    if (tells(home, type, status) && !mastodon_status(a, home, status, type, &p))
        *list_add(a, &ret->posts) = p;
}

err mastodon_notices_read(arena *a, const struct mastodon_home *home, str body,
                          struct mastodon_notices *ret) {
    JSON_AUTO json_t *json = NULL;
    struct mastodon_notices all = {0};
    const json_t *one;
    size_t i;
    if (json_read_long(body, NOTICES_BYTES, &json) || !json_is_array(json))
        return err_set(ERR_INVALID, "The server sends something that is no list of notifications.");
    all.n = json_array_size(json);
    json_array_foreach(json, i, one) add_notice(a, home, one, &all);
    if (all.n && !all.newest.n)
        return err_set(ERR_INVALID, "The server sends something that is no list of notifications.");
    *ret = all;
    return ERR_NONE;
}

/* ---- headers ---- */

static str query_value(arena *a, str url, str name) {
    size_t q = str_find_char(url, '?', 0);
    str rest = q == SIZE_MAX ? S("") : str_slice(url, q + 1, url.n), pair;
    while (str_split(&rest, '&', &pair))
        if (str_starts(pair, name) && pair.n > name.n && pair.p[name.n] == '=') {
            str value = str_slice(pair, name.n + 1, pair.n);
            return mastodon_id_fits(value) ? str_copy(a, value) : S("");
        }
    return S("");
}

str mastodon_link_next(arena *a, str header) {
    for (size_t at = 0; (at = str_find_char(header, '<', at)) != SIZE_MAX;) {
        size_t end = str_find_char(header, '>', at);
        if (end == SIZE_MAX) break;
        size_t stop = str_find_char(header, '<', end);
        str words = str_slice(header, end + 1, stop);
        if (str_find(words, S("rel=\"next\""), 0) != SIZE_MAX ||
            str_find(words, S("rel=next"), 0) != SIZE_MAX)
            return query_value(a, str_slice(header, at + 1, end), S("max_id"));
        at = end;
    }
    return S("");
}

/* ---- the server's rules ---- */

static int64_t number_in(const json_t *object, const char *key, int64_t otherwise, int64_t most) {
    int64_t v;
    return json_take_int(object, key, &v) && v > 0 && v <= most ? v : otherwise;
}

err mastodon_instance(arena *a, str body, str *ret_limits, str *ret_domain) {
    JSON_AUTO json_t *json = NULL;
    if (json_read(body, &json) || !json_is_object(json))
        return err_set(ERR_INVALID, "The server says nothing of its rules that can be read.");
    const json_t *all = json_object_get(json, "configuration");
    const json_t *statuses = json_object_get(all, "statuses"),
                 *media = json_object_get(all, "media_attachments");
    /* Other software that speaks Mastodon's API has said it so since before there was a configuration. */
    int64_t characters = number_in(json, "max_toot_chars", CHARACTERS, 1 << 20);
    BUF_AUTO buf b = BUF_MAX(1024);
    struct json_out o = json_begin(&b);
    json_open_object(&o);
    json_key(&o, S("characters"));
    json_int(&o, number_in(statuses, "max_characters", characters, 1 << 20));
    json_key(&o, S("per_url"));
    json_int(&o, number_in(statuses, "characters_reserved_per_url", PER_URL, 2000));
    json_key(&o, S("images"));
    json_int(&o, number_in(statuses, "max_media_attachments", IMAGES, 100));
    json_key(&o, S("alt"));
    json_int(&o, number_in(media, "description_limit", ALT_CHARACTERS, 100000));
    json_key(&o, S("image_bytes"));
    json_int(&o, number_in(media, "image_size_limit", IMAGE_BYTES, 1 << 30));
    json_close_object(&o);
    str domain = take(a, json, "domain");
    *ret_limits = str_copy(a, buf_str(&b));
    *ret_domain = host_fits(domain) ? str_lower(a, domain) : S("");
    return ERR_NONE;
}

struct social_limits mastodon_limits_read(str limits) {
    JSON_AUTO json_t *json = NULL;
    if (!limits.n || json_read(limits, &json)) json = NULL;
    return (struct social_limits){
        .graphemes = number_in(json, "characters", CHARACTERS, 1 << 20),
        .per_url = number_in(json, "per_url", PER_URL, 2000),
        .mentions_short = true,
        .images = number_in(json, "images", IMAGES, 100),
        .alt_graphemes = number_in(json, "alt", ALT_CHARACTERS, 100000),
        .image_bytes = number_in(json, "image_bytes", IMAGE_BYTES, 1 << 30),
    };
}

/* ---- the server's words ---- */

str mastodon_words(arena *a, str body) {
    JSON_AUTO json_t *json = NULL;
    str words = S("");
    if (json_read(body, &json) || !json_is_object(json)) return S("");
    if (!json_take_str(json, "error_description", &words) && !json_take_str(json, "error", &words))
        return S("");
    words = str_clip_utf8(str_trim(words), WORDS_BYTES);
    char *z = str_cstr(a, words);
    for (size_t i = 0; i < words.n; i++)
        if ((unsigned char)z[i] < ' ' || z[i] == 0x7F) z[i] = ' ';
    return (str){z, words.n};
}
