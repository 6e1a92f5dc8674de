/* Posts of ours on a Mastodon server: made once, looked for, taken away. */
#include <time.h>

#include "format/json.h"
#include "format/post_fit.h"
#include "format/rfc3339.h"
#include "format/url.h"
#include "social/mastodon_own.h"

enum { FORM_BYTES = 1 << 20, FIND_PAGES = 5, FIND_PAGE = 40, MEDIA_POLLS = 6, OTHERS_MAX = 20 };
enum { PAGE_BYTES = 4 << 20 };

/* ---- the text ---- */

static int64_t length(str text, const struct social_limits *most) {
    return post_length(text, &(struct post_fit){.per_url = most->per_url, .mentions_short = true});
}

/* Does it name @handle (with its server, or, where it is of ours, without)? */
static bool names(str text, str handle, str domain) {
    size_t at = str_find_char(handle, '@', 0);
    bool ours = at != SIZE_MAX && str_eq_nocase(str_slice(handle, at + 1, handle.n), domain);
    for (size_t i = 0; (i = str_find_char(text, '@', i)) != SIZE_MAX; i++) {
        str rest = str_slice(text, i + 1, text.n);
        size_t n = str_starts_nocase(rest, handle)                             ? handle.n
                   : ours && str_starts_nocase(rest, str_slice(handle, 0, at)) ? at
                                                                               : 0;
        char after = n && n < rest.n ? rest.p[n] : ' ';
        bool ends = !(after == '_' || after == '@' || after == '-' || (after >= '0' && after <= '9') ||
                      ((after | 32) >= 'a' && (after | 32) <= 'z'));
        if (n && ends) return true;
    }
    return false;
}

static str handle_of(arena *a, const struct social_wish *wish) {
    str acct = mastodon_acct(a, wish->to_id);
    return acct.n ? acct : wish->to_handle;
}

str mastodon_text_of_wish(arena *a, const struct mastodon_home *home, const struct social_wish *wish,
                          const json_t *parent, post_visibility visibility,
                          const struct social_limits *most) {
    BUF_AUTO buf front = BUF_MAX(64 << 10);
    str first = handle_of(a, wish), acct;
    str named = str_fmt(a, "@%.*s ", STR_FMT(first)), rest = wish->text;
    /* Its author comes first, whoever wrote the name. */
    if (first.n && str_starts_nocase(rest, named)) rest = str_slice(rest, named.n, rest.n);
    if (first.n && (rest.n < wish->text.n || !names(rest, first, home->domain))) buf_add(&front, named);
    const json_t *list = json_object_get(parent, "mentions"), *one;
    int64_t used = length(wish->spoiler, most) + length(rest, most) + length(buf_str(&front), most);
    size_t i, others = 0;
    json_array_foreach(list, i, one) {
        str id = S("");
        if (visibility == POST_PRIVATE || others == OTHERS_MAX) break;
        if (json_take_str(one, "id", &id) && str_eq(id, home->account)) continue;
        if (!json_take_str(one, "acct", &acct)) continue;
        acct = mastodon_acct(a, mastodon_id(a, home->domain, acct));
        if (!acct.n || str_eq_nocase(acct, first) || names(wish->text, acct, home->domain)) continue;
        str more = str_fmt(a, "@%.*s ", STR_FMT(acct));
        int64_t n = length(more, most);
        if (used + n > most->graphemes) continue;
        buf_add(&front, more);
        used += n;
        others++;
    }
    return str_fmt(a, "%.*s%.*s", STR_FMT(buf_str(&front)), (int)rest.n, rest.p ? rest.p : "");
}

/* The text without blanks, servers of names left out as Mastodon shows them. */
static void bare_text(buf *to, str s) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ') continue;
        buf_add_char(to, (char)c);
        bool name = c == '@' && i + 1 < s.n && (i == 0 || (unsigned char)s.p[i - 1] <= ' ');
        if (!name) continue;
        while (i + 1 < s.n && (unsigned char)s.p[i + 1] > ' ' && s.p[i + 1] != '@')
            buf_add_char(to, s.p[++i]);
        if (i + 1 >= s.n || s.p[i + 1] != '@') continue;
        while (i + 1 < s.n && (unsigned char)s.p[i + 1] > ' ') {
            char h = s.p[i + 1];
            bool host = h == '@' || h == '.' || h == '-' || h == ':' || (h >= '0' && h <= '9') ||
                        ((h | 32) >= 'a' && (h | 32) <= 'z');
            if (!host) break;
            i++;
        }
        /* A full stop behind the server ends the sentence. */
        if (s.p[i] == '.' || s.p[i] == ':') buf_add_char(to, s.p[i]);
    }
}

static str without_names(str s) {
    for (;;) {
        s = str_trim(s);
        if (!s.n || s.p[0] != '@') return s;
        size_t i = 1;
        while (i < s.n && (unsigned char)s.p[i] > ' ') i++;
        s = str_slice(s, i, s.n);
    }
}

bool mastodon_same(arena *a, str status_text, str wish_text) {
    BUF_AUTO buf there = BUF_MAX(POST_TEXT_MAX), ours = BUF_MAX(POST_TEXT_MAX);
    (void)a;
    bare_text(&there, without_names(status_text));
    bare_text(&ours, without_names(wish_text));
    return buf_ok(&there) && buf_ok(&ours) && str_eq(buf_str(&there), buf_str(&ours));
}

/* ---- the post that is answered ---- */

static post_visibility narrower(post_visibility a, post_visibility b) { return a > b ? a : b; }

static const char *word_of(post_visibility v) {
    switch (v) {
    case POST_PUBLIC: return "public";
    case POST_UNLISTED: return "unlisted";
    case POST_FOLLOWERS: return "private";
    case POST_PRIVATE: return "direct";
    }
    return "direct";
}

/* It may be gone since it was read, and who is named in it is named in the answer. */
static bool ask_parent(struct social_call *c, const struct mastodon_home *home, str id, json_t **ret_json,
                       struct post *ret, struct social_report *ret_report) {
    struct call_answer answer;
    struct mastodon_ask q = {.path = str_fmt(c->arena, "/api/v1/statuses/%.*s", STR_FMT(id)),
                             .token = home->token};
    if (!mastodon_ask(c, &q, &answer, ret_report)) {
        if (ret_report->result == SOCIAL_GONE)
            ret_report->says = S("The post is not there any more: its author or its server took it away.");
        if (ret_report->result == SOCIAL_REFUSED) ret_report->result = SOCIAL_LATER;
        return false;
    }
    if (json_read(answer.body, ret_json) || mastodon_status(c->arena, home, *ret_json, S("mention"), ret) ||
        !str_eq(ret->id, id)) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    return true;
}

/* ---- pictures ---- */

static str media_id(struct social_call *c, const struct call_answer *answer) {
    JSON_AUTO json_t *json = NULL;
    str id;
    if (json_read(answer->body, &json) || !json_take_str(json, "id", &id) || !mastodon_id_fits(id))
        return S("");
    return str_copy(c->arena, id);
}

/* 202 and 206: the server is still at work on it. Small pictures are ready at once since Mastodon 4.0. */
static bool wait_for(struct social_call *c, const struct mastodon_home *home, str id,
                     struct call_answer *answer, struct social_report *ret_report) {
    struct mastodon_ask q = {.path = str_fmt(c->arena, "/api/v1/media/%.*s", STR_FMT(id)),
                             .token = home->token};
    for (int i = 0; answer->status != 200 && i < MEDIA_POLLS; i++) {
        struct timespec pause = {.tv_nsec = 500000000};
        nanosleep(&pause, NULL);
        if (!mastodon_ask(c, &q, answer, ret_report)) return false;
    }
    if (answer->status == 200) return true;
    *ret_report = (struct social_report){SOCIAL_LATER, S("The server is not ready with a picture yet."), 0};
    return false;
}

static bool put_image(struct social_call *c, const struct mastodon_home *home,
                      const struct social_image *image, str *ret_id, struct social_report *ret_report) {
    struct call_answer answer;
    struct call_part parts[] = {{"file", S("picture"), image->type, image->bytes},
                                {"description", S(""), S(""), image->alt}};
    struct mastodon_ask q = {.method = CALL_POST, .path = S("/api/v2/media"), .token = home->token};
    if (call_multipart(c->arena, parts, image->alt.n ? 2 : 1, &q.type, &q.body)) {
        *ret_report = (struct social_report){SOCIAL_REFUSED, str_copy(c->arena, str_z(err_text())), 0};
        return false;
    }
    if (!mastodon_ask(c, &q, &answer, ret_report)) {
        if (ret_report->result == SOCIAL_GONE) ret_report->result = SOCIAL_REFUSED;
        return false;
    }
    *ret_id = media_id(c, &answer);
    if (!ret_id->n) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    return wait_for(c, home, *ret_id, &answer, ret_report);
}

/* ---- publishing ---- */

static void field(buf *form, const char *name, str value) {
    if (form->n) buf_add_char(form, '&');
    url_encode(form, str_z(name));
    buf_add_char(form, '=');
    url_encode(form, value);
}

/* Two letters (ISO 639-1); of what is longer, the part before '-'. */
static str language_of(str language) {
    language = str_slice(language, 0, str_find_char(language, '-', 0));
    return language.n == 2 || language.n == 3 ? language : S("");
}

static bool published(struct social_call *c, const struct call_answer *answer, struct social_published *ret,
                      struct social_report *ret_report) {
    JSON_AUTO json_t *json = NULL;
    str id, url = S("");
    if (json_read(answer->body, &json) || !json_take_str(json, "id", &id) || !mastodon_id_fits(id)) {
        *ret_report = mastodon_nonsense(c);
        ret_report->result = SOCIAL_UNCERTAIN;
        return false;
    }
    if (!json_take_str(json, "url", &url) || !str_starts(url, S("https://")) || url.n > POST_URL_MAX)
        url = S("");
    *ret = (struct social_published){
        .id = str_copy(c->arena, id), .version = S(""), .url = str_copy(c->arena, url)};
    return true;
}

static bool too_long(struct social_call *c, const struct social_limits *most, str text, str spoiler,
                     struct social_report *ret_report) {
    int64_t n = length(text, most) + length(spoiler, most);
    if (n <= most->graphemes) return false;
    str says = str_fmt(c->arena,
                       "With the names of whom it answers it has %lld characters; this server takes %lld. "
                       "Nothing was posted.",
                       (long long)n, (long long)most->graphemes);
    *ret_report = (struct social_report){SOCIAL_REFUSED, says, 0};
    return true;
}

static err wish_fits(const struct social_wish *wish) {
    if (wish->key <= 0) return err_set(ERR_INVALID, "A post of ours has a key.");
    if (wish->reply_to.id.n && !mastodon_id_fits(wish->reply_to.id))
        return err_set(ERR_INVALID, "What is to be answered is no post of a Mastodon server.");
    if (wish->visibility == POST_PRIVATE && !wish->to_id.n && !wish->to_handle.n)
        return err_set(ERR_INVALID, "A private message goes to somebody.");
    return ERR_NONE;
}

static bool send(struct social_call *c, const struct mastodon_home *home, const struct social_wish *wish,
                 buf *form, struct social_published *ret, struct social_report *ret_report) {
    struct call_answer answer;
    struct mastodon_ask q = {.method = CALL_POST,
                             .path = S("/api/v1/statuses"),
                             .token = home->token,
                             .body = buf_str(form),
                             .type = S("application/x-www-form-urlencoded"),
                             .once = str_fmt(c->arena, "longhand-%lld", (long long)wish->key),
                             .does = true};
    return mastodon_ask(c, &q, &answer, ret_report) && published(c, &answer, ret, ret_report);
}

err mastodon_publish(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                     struct social_report *ret_report) {
    struct mastodon_home home;
    struct post parent = {0};
    JSON_AUTO json_t *json = NULL;
    BUF_AUTO buf form = BUF_MAX(FORM_BYTES);
    TRY(wish_fits(wish));
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    if (wish->reply_to.id.n && !ask_parent(c, &home, wish->reply_to.id, &json, &parent, ret_report))
        return ERR_NONE;
    post_visibility visibility = json ? narrower(wish->visibility, parent.visibility) : wish->visibility;
    struct social_limits most = mastodon_limits_read(c->account->limits);
    str text = mastodon_text_of_wish(c->arena, &home, wish, json, visibility, &most);
    if (too_long(c, &most, text, wish->spoiler, ret_report)) return ERR_NONE;
    field(&form, "status", text);
    field(&form, "visibility", str_z(word_of(visibility)));
    if (wish->reply_to.id.n) field(&form, "in_reply_to_id", wish->reply_to.id);
    if (wish->spoiler.n) field(&form, "spoiler_text", wish->spoiler);
    if (language_of(wish->language).n) field(&form, "language", language_of(wish->language));
    for (size_t i = 0; i < wish->nimages; i++) {
        str id;
        if (!put_image(c, &home, &wish->images[i], &id, ret_report)) return ERR_NONE;
        field(&form, "media_ids[]", id);
    }
    if (!buf_ok(&form)) return err_set(ERR_INVALID, "What is to be posted is too long.");
    send(c, &home, wish, &form, ret, ret_report);
    return ERR_NONE;
}

/* ---- was it published? ----
 * The server keeps a key for an hour; what is there stays. So our own newest posts are read back to the
 * moment it was written. */

enum { CLOCKS_MS = 15 * 60 * 1000 }; /* the server's clock and ours need not agree */

static bool is_it(struct social_call *c, const struct mastodon_home *home, const json_t *status,
                  const struct social_wish *wish, struct social_published *ret) {
    struct post p;
    if (mastodon_status(c->arena, home, status, S(""), &p) || p.created_at < wish->at - CLOCKS_MS)
        return false;
    if (!str_eq(p.reply_to, wish->reply_to.id) || !mastodon_same(c->arena, p.text, wish->text)) return false;
    *ret = (struct social_published){.id = p.id, .version = S(""), .url = p.url};
    return true;
}

/* One page: found, or the end of what may hold it, or ret_last, from where the next page goes. False: the
 * report says why nothing is known. */
static bool find_page(struct social_call *c, const struct mastodon_home *home, const struct social_wish *wish,
                      str *last, bool *ret_found, bool *ret_end, struct social_published *ret,
                      struct social_report *ret_report) {
    struct call_answer answer;
    JSON_AUTO json_t *json = NULL;
    const json_t *one;
    size_t i;
    str id, at,
        path = str_fmt(c->arena, "/api/v1/accounts/%.*s/statuses?limit=%d&exclude_reblogs=true%s%.*s",
                       STR_FMT(home->account), FIND_PAGE, last->n ? "&max_id=" : "", STR_FMT(*last));
    struct mastodon_ask q = {.path = path, .token = home->token, .max = PAGE_BYTES};
    if (!mastodon_ask(c, &q, &answer, ret_report)) return false;
    if (json_read_long(answer.body, PAGE_BYTES, &json) || !json_is_array(json)) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    str oldest = *last;
    *ret_end = json_array_size(json) == 0;
    json_array_foreach(json, i, one) {
        int64_t when;
        if (is_it(c, home, one, wish, ret)) {
            *ret_found = true;
            return true;
        }
        if (json_take_str(one, "created_at", &at) && rfc3339_read(at, &when) && when < wish->at - CLOCKS_MS)
            *ret_end = true;
        if (json_take_str(one, "id", &id) && mastodon_id_fits(id) &&
            (!oldest.n || mastodon_id_later(oldest, id)))
            oldest = str_copy(c->arena, id);
    }
    /* The same page again tells nothing new. */
    if (!*ret_end && str_eq(oldest, *last)) {
        *ret_report = mastodon_nonsense(c);
        return false;
    }
    *last = oldest;
    return true;
}

err mastodon_find(struct social_call *c, const struct social_wish *wish, struct social_published *ret,
                  struct social_report *ret_report) {
    struct mastodon_home home;
    bool found = false, end = false;
    str last = S("");
    TRY(wish_fits(wish));
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    for (int i = 0; i < FIND_PAGES && !found && !end; i++) {
        if (!find_page(c, &home, wish, &last, &found, &end, ret, ret_report)) {
            if (ret_report->result == SOCIAL_GONE || ret_report->result == SOCIAL_REFUSED)
                ret_report->result = SOCIAL_LATER;
            return ERR_NONE;
        }
    }
    if (!found && !end)
        *ret_report = (struct social_report){SOCIAL_LATER,
                                             S("There are too many newer posts of ours to look through."), 0};
    else
        *ret_report = (struct social_report){found ? SOCIAL_DONE : SOCIAL_GONE, S(""), 0};
    return ERR_NONE;
}

err mastodon_remove(struct social_call *c, str id, struct social_report *ret_report) {
    struct mastodon_home home;
    struct call_answer answer;
    if (!mastodon_id_fits(id)) return err_set(ERR_INVALID, "This is no post of a Mastodon server.");
    if (!mastodon_home(c, &home, ret_report)) return ERR_NONE;
    struct mastodon_ask q = {.method = CALL_DELETE,
                             .path = str_fmt(c->arena, "/api/v1/statuses/%.*s", STR_FMT(id)),
                             .token = home.token,
                             .does = true};
    mastodon_ask(c, &q, &answer, ret_report);
    return ERR_NONE;
}
