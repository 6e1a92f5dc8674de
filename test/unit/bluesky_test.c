/* What is read of Bluesky's answers and written into its records; no server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "format/json.h"
#include "social/bluesky.h"
#include "social/bluesky_fetch.h"

static arena *a;
static const str us = {"did:plc:us", 10};

static int open_arena(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static bool same(str s, const char *z) { return str_eq(s, str_z(z)); }
static void equal(str s, const char *z) {
    if (!same(s, z)) fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), z);
}

/* ---- names ---- */

static void test_names(void **state) {
    (void)state;
    assert_true(bluesky_is_did(S("did:plc:ewvi7nxzyoun6zhxrhs64oiz")));
    assert_true(bluesky_is_did(S("did:web:tidewatch.example")));
    static const char *const no_did[] = {"",          "did:",        "did:plc:",    "did::x",
                                         "did:PLC:x", "did:plc:a b", "did:plc:a/b", "DID:plc:a"};
    for (size_t i = 0; i < sizeof no_did / sizeof *no_did; i++)
        assert_false(bluesky_is_did(str_z(no_did[i])));
    assert_true(bluesky_is_handle(S("ann.bsky.social")) && bluesky_is_handle(S("xn--ls8h.test")));
    static const char *const no_handle[] = {"ann",     "",        ".test", "ann.",      "a..b",
                                            "-a.test", "a-.test", "a.1",   "ann.te st", "ann.t\xC3\xA9st"};
    for (size_t i = 0; i < sizeof no_handle / sizeof *no_handle; i++)
        assert_false(bluesky_is_handle(str_z(no_handle[i])));
    str uri = S("at://did:plc:us/app.bsky.feed.post/3kabc");
    assert_true(bluesky_is_post(uri));
    equal(bluesky_uri_did(uri), "did:plc:us");
    equal(bluesky_uri_rkey(uri), "3kabc");
    equal(bluesky_url(a, uri), "https://bsky.app/profile/did:plc:us/post/3kabc");
    static const char *const no_post[] = {"at://did:plc:us",
                                          "at://did:plc:us/app.bsky.feed.like/3k",
                                          "at://ann.test/app.bsky.feed.post/3k",
                                          "at://did:plc:us/app.bsky.feed.post/",
                                          "at://did:plc:us/app.bsky.feed.post/a/b",
                                          "at://did:plc:us/x/app.bsky.feed.post/a",
                                          "https://x/app.bsky.feed.post/a"};
    for (size_t i = 0; i < sizeof no_post / sizeof *no_post; i++)
        assert_false(bluesky_is_post(str_z(no_post[i])));
}

/* One key, one record key, in the order of the keys; always what the specification calls a TID. */
static void test_a_key_becomes_one_record_key(void **state) {
    (void)state;
    equal(bluesky_rkey(a, 1), "2222222222223");
    equal(bluesky_rkey(a, 31), "222222222222z");
    equal(bluesky_rkey(a, 32), "2222222222232");
    equal(bluesky_rkey(a, INT64_MAX), "bzzzzzzzzzzzz");
    static const int64_t keys[] = {
        1, 2, 1LL << 21, (1LL << 21) + 1, 457000000000LL << 21, (457000000000LL << 21) + 1, INT64_MAX};
    str last = S("");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        str rkey = bluesky_rkey(a, keys[i]);
        assert_int_equal(rkey.n, 13);
        assert_true(str_has(S("234567abcdefghij"), rkey.p[0]));
        for (size_t k = 1; k < 13; k++)
            assert_true(str_has(S("234567abcdefghijklmnopqrstuvwxyz"), rkey.p[k]));
        assert_true(str_cmp(last, rkey) < 0);
        last = rkey;
    }
}

/* ---- links ---- */

struct want {
    const char *text;
    const char *links[5]; /* the parts of the text that are links */
};

static void test_links_are_found_by_bytes(void **state) {
    (void)state;
    static const struct want wants[] = {
        {"Dear @ann.test, yes", {"@ann.test"}},
        {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 @ann.test!", {"@ann.test"}},
        {"(@ann.test) and @bo.example.", {"@ann.test", "@bo.example"}},
        {"mail post@tidewatch.example or @post@tidewatch.example", {NULL}},
        {"@ann @.test @ann. @-a.test", {NULL}},
        {"See https://tidewatch.example/a_(b). Or (https://x.test/c)",
         {"https://tidewatch.example/a_(b)", "https://x.test/c"}},
        {"http://a.test, https://b.test/?q=1&r=2!", {"http://a.test", "https://b.test/?q=1&r=2"}},
        {"https:// http://. xhttps://c.test", {NULL}},
        {"#harbour #\xC3\xA9t\xC3\xA9 #1 #2nd a#b ##c", {"#harbour", "#\xC3\xA9t\xC3\xA9", "#2nd"}},
        {"\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7 @ann.test \xD9\x86\xD8\xB9\xD9\x85 "
         "#\xD9\x86\xD8\xB9\xD9\x85",
         {"@ann.test", "#\xD9\x86\xD8\xB9\xD9\x85"}},
        {"", {NULL}},
        {"@", {NULL}},
        {"#", {NULL}},
    };
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        post_link_list links;
        str text = str_z(wants[i].text);
        bluesky_find_links(a, text, &links);
        size_t n = 0;
        while (n < 5 && wants[i].links[n]) n++;
        if (links.n != n) fail_msg("\"%s\" has %zu links, not %zu", wants[i].text, links.n, n);
        for (size_t k = 0; k < n; k++)
            equal(str_slice(text, (size_t)links.v[k].from, (size_t)links.v[k].to), wants[i].links[k]);
    }
}

/* ---- writing ---- */

static json_t *record_of(const struct bluesky_draft *d, json_t **whole) {
    str out;
    assert_int_equal(bluesky_write_post(a, us, S("222"), d, &out), ERR_NONE);
    assert_int_equal(bluesky_json(out, whole), ERR_NONE);
    json_t *record = json_object_get(*whole, "record");
    assert_non_null(record);
    return record;
}

static const char *text_at(const json_t *json, const char *one, const char *two) {
    const json_t *v = json_object_get(json_object_get(json, one), two);
    return json_is_string(v) ? json_string_value(v) : "";
}

static void test_a_record(void **state) {
    (void)state;
    JSON_AUTO json_t *whole = NULL;
    JSON_AUTO json_t *blob = json_loads("{\"$type\":\"blob\",\"ref\":{\"$link\":\"bafkimage\"},\"mimeType\":"
                                        "\"image/png\",\"size\":9,\"evil\":1}",
                                        0, NULL);
    const struct bluesky_picture picture = {blob, S("a figure"), 40, 30};
    const struct post_link links[] = {{POST_LINK_MENTION, 5, 14, S("at://did:plc:ann"), S("ann.test")},
                                      {POST_LINK_MENTION, 20, 25, S(""), S("nobody.test")}};
    const struct bluesky_draft d = {.text = S("Dear @ann.test, ask @n.b \"\n"),
                                    .language = S("de-AT"),
                                    .at = 1800000000123,
                                    .links = links,
                                    .nlinks = 2,
                                    .parent = {S("at://did:plc:ann/app.bsky.feed.post/2"), S("cid2")},
                                    .root = {S("at://did:plc:bo/app.bsky.feed.post/1"), S("cid1")},
                                    .quote = {S("at://did:plc:bo/app.bsky.feed.post/9"), S("cid9")},
                                    .pictures = &picture,
                                    .npictures = 1};
    const json_t *r = record_of(&d, &whole), *reply = json_object_get(r, "reply"),
                 *embed = json_object_get(r, "embed");
    assert_string_equal(json_string_value(json_object_get(r, "createdAt")), "2027-01-15T08:00:00.123Z");
    assert_string_equal(json_string_value(json_array_get(json_object_get(r, "langs"), 0)), "de-AT");
    assert_string_equal(text_at(reply, "parent", "cid"), "cid2");
    assert_string_equal(text_at(reply, "root", "uri"), "at://did:plc:bo/app.bsky.feed.post/1");
    assert_int_equal(json_array_size(json_object_get(r, "facets")), 1);
    assert_string_equal(json_string_value(json_object_get(embed, "$type")), "app.bsky.embed.recordWithMedia");
    const json_t *image = json_array_get(json_object_get(json_object_get(embed, "media"), "images"), 0);
    assert_string_equal(text_at(json_object_get(image, "image"), "ref", "$link"), "bafkimage");
    assert_null(json_object_get(json_object_get(image, "image"), "evil"));
    assert_string_equal(json_string_value(json_object_get(image, "alt")), "a figure");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(image, "aspectRatio"), "width")), 40);
}

/* Without a root, what is answered is the first of its thread; a language that is none is left out. */
static void test_a_plain_record(void **state) {
    (void)state;
    JSON_AUTO json_t *whole = NULL;
    const struct bluesky_draft d = {.text = S("yes"),
                                    .language = S("no language"),
                                    .at = 1,
                                    .parent = {S("at://did:plc:ann/app.bsky.feed.post/2"), S("cid2")}};
    const json_t *r = record_of(&d, &whole);
    assert_string_equal(text_at(json_object_get(r, "reply"), "root", "cid"), "cid2");
    assert_null(json_object_get(r, "langs"));
    assert_null(json_object_get(r, "facets"));
    assert_null(json_object_get(r, "embed"));
}

static void test_sizes_of_pictures(void **state) {
    (void)state;
    int w = 0, h = 0;
    assert_true(bluesky_picture_size(S("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\3\b"), &w, &h));
    assert_true(w == 258 && h == 3);
    assert_true(bluesky_picture_size(S("GIF89a\x0A\0\x14\0"), &w, &h));
    assert_true(w == 10 && h == 20);
    assert_true(bluesky_picture_size(S("\xFF\xD8\xFF\xE0\0\4\0\0\xFF\xC0\0\x11\b\0\x20\0\x10\3\1"), &w, &h));
    assert_true(w == 16 && h == 32);
    assert_true(bluesky_picture_size(S("RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x63\0\0\x31\0\0"), &w, &h));
    assert_true(w == 100 && h == 50);
    static const char *const none[] = {"",       "\xFF\xD8", "\xFF\xD8\xFF\xE0\xFF\xFF",
                                       "GIF89a", "\x89PNG",  "RIFF"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(bluesky_picture_size(str_z(none[i]), &w, &h));
}

/* ---- reading ---- */

#define POST(uri, cid, did, record)                                                                          \
    "{\"uri\":\"" uri "\",\"cid\":\"" cid "\",\"author\":{\"did\":\"" did                                    \
    "\",\"handle\":\"Ann.Test\",\"displayName\":\"Ann\"},"                                                   \
    "\"indexedAt\":\"2026-11-22T08:00:00.000Z\",\"record\":" record

static struct bluesky_page notices(const char *rows) {
    struct bluesky_page page;
    str body = str_fmt(a, "{\"notifications\":[%s],\"cursor\":\"next\"}", rows);
    assert_int_equal(bluesky_read_notices(a, body, us, &page), ERR_NONE);
    return page;
}

static void test_a_notice(void **state) {
    (void)state;
    struct bluesky_page page = notices(
        POST("at://did:plc:ann/app.bsky.feed.post/1", "bafy1", "did:plc:ann",
             "{\"text\":\"@us hi https://x.test\",\"createdAt\":\"2026-11-22T07:59:00Z\",\"langs\":[\"en\"],"
             "\"reply\":{\"root\":{\"uri\":\"at://did:plc:us/app.bsky.feed.post/r\",\"cid\":\"bafyr\"},"
             "\"parent\":{\"uri\":\"at://did:plc:bo/app.bsky.feed.post/p\",\"cid\":\"bafyp\"}},"
             "\"facets\":[{\"index\":{\"byteStart\":0,\"byteEnd\":3},\"features\":[{\"$type\":\"app.bsky."
             "richtext.facet#mention\",\"did\":\"did:plc:us\"}]},"
             "{\"index\":{\"byteStart\":7,\"byteEnd\":21},\"features\":[{\"$type\":\"app.bsky.richtext.facet#"
             "link\",\"uri\":\"https://x.test\"}]},"
             "{\"index\":{\"byteStart\":7,\"byteEnd\":9000},\"features\":[{\"$type\":\"app.bsky.richtext."
             "facet#tag\",\"tag\":\"x\"}]}],"
             "\"labels\":{\"values\":[{\"val\":\"graphic-media\"},{\"val\":\"mine\"}]},"
             "\"embed\":{\"$type\":\"app.bsky.embed.recordWithMedia\",\"record\":{\"record\":{\"uri\":\"at://"
             "did:plc:us/app.bsky.feed.post/q\",\"cid\":\"c\"}},"
             "\"media\":{\"$type\":\"app.bsky.embed.images\",\"images\":[{\"alt\":\"a "
             "hat\",\"image\":{\"mimeType\":\"image/png\"}}]}}}") ",\"reason\":\"reply\"}");
    assert_int_equal(page.notices.n, 1);
    const struct bluesky_notice *n = &page.notices.v[0];
    const struct post *p = &n->post;
    equal(page.cursor, "next");
    equal(p->id, "at://did:plc:ann/app.bsky.feed.post/1");
    equal(p->version, "bafy1");
    equal(p->author.id, "at://did:plc:ann");
    equal(p->author.handle, "ann.test");
    equal(p->author.name, "Ann");
    assert_int_equal(p->author.followers, -1);
    equal(p->language, "en");
    equal(p->root, "at://did:plc:us/app.bsky.feed.post/r");
    equal(p->root_version, "bafyr");
    equal(p->reply_to, "at://did:plc:bo/app.bsky.feed.post/p");
    equal(p->quote, "at://did:plc:us/app.bsky.feed.post/q");
    equal(p->spoiler, "graphic-media");
    assert_int_equal(p->kind, POST_REPLY);
    assert_int_equal(p->created_at, 1795334340000);
    assert_int_equal(p->links.n, 2);
    equal(p->links.v[1].target, "https://x.test");
    /* Where its pictures are, only app.bsky.feed.getPosts tells. */
    assert_true(n->unseen_media && !p->images.n);
}

/* A page is never lost to one row: what cannot be used is passed over. */
static void test_nonsense_rows_are_passed_over(void **state) {
    (void)state;
#define OK(k, reason)                                                                                        \
    POST("at://did:plc:ann/app.bsky.feed.post/" k, "bafy", "did:plc:ann", "{\"text\":\"x\"}")                \
    ",\"reason\":\"" reason "\"}"
    struct bluesky_page page = notices(
        "null,1,\"x\",[],{},"
        "{\"uri\":5,\"cid\":\"c\",\"record\":{}}," OK("like", "like") "," OK("1", "mention") ","
        /* the same twice, once as a reply */
        OK("1", "reply") ","
        /* by another than its address says */
        POST("at://did:plc:bo/app.bsky.feed.post/2", "bafy", "did:plc:ann",
             "{\"text\":\"x\"}") ",\"reason\":\"mention\"},"
        /* our own */
        POST(
            "at://did:plc:us/app.bsky.feed.post/3", "bafy", "did:plc:us",
            "{\"text\":\"x\"}") ",\"reason\":\"reply\"}," POST("at://did:plc:ann/app.bsky.feed.post/4",
                                                               "ba fy", "did:plc:ann",
                                                               "{\"text\":\"x\"}") ",\"reason\":\"mention\"}"
                                                                                   "," POST(
                                                                                       "at://"
                                                                                       "did:plc:ann/"
                                                                                       "app.bsky.feed."
                                                                                       "post/5",
                                                                                       "bafy", "did:plc:ann",
                                                                                       "[]") ",\"reason"
                                                                                             "\":"
                                                                                             "\"mention"
                                                                                             "\"}"
                                                                                             "," POST(
                                                                                                 "at://"
                                                                                                 "did:"
                                                                                                 "plc:"
                                                                                                 "ann/"
                                                                                                 "app."
                                                                                                 "bsky."
                                                                                                 "feed."
                                                                                                 "post/"
                                                                                                 "6",
                                                                                                 "bafy",
                                                                                                 "did:"
                                                                                                 "plc:"
                                                                                                 "ann",
                                                                                                 "{\"tex"
                                                                                                 "t\""
                                                                                                 ":\"a\\"
                                                                                                 "u00"
                                                                                                 "00b\\u"
                                                                                                 "000"
                                                                                                 "7\","
                                                                                                 "\"face"
                                                                                                 "ts"
                                                                                                 "\":{"
                                                                                                 "\"a\":"
                                                                                                 "1},"
                                                                                                 "\"embe"
                                                                                                 "d\""
                                                                                                 ":[],"
                                                                                                 "\"lang"
                                                                                                 "s\""
                                                                                                 ":\"en"
                                                                                                 "\","
                                                                                                 "\"crea"
                                                                                                 "ted"
                                                                                                 "At\":"
                                                                                                 "7,"
                                                                                                 "\"repl"
                                                                                                 "y\""
                                                                                                 ":null,"
                                                                                                 "\"labe"
                                                                                                 "ls"
                                                                                                 "\":[1]"
                                                                                                 "}") ","
                                                                                                      "\"reas"
                                                                                                      "on\":"
                                                                                                      "\"quot"
                                                                                                      "e\"}");
    assert_int_equal(page.notices.n, 2);
    assert_int_equal(page.notices.v[0].post.kind, POST_MENTION);
    assert_int_equal(page.notices.v[1].post.kind, POST_QUOTE);
    assert_false(str_has(page.notices.v[1].post.text, '\0'));
    assert_int_equal(page.rows, 14);
    struct bluesky_page out;
    static const char *const bodies[] = {
        "", "x", "[]", "{}", "null", "{\"notifications\":{}}", "{\"notifications\":[}", "{\"posts\":[]}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_int_equal(bluesky_read_notices(a, str_z(bodies[i]), us, &out), ERR_INVALID);
}

static void test_post_views(void **state) {
    (void)state;
    struct bluesky_page page;
    str body = S("{\"posts\":[" POST(
        "at://did:plc:ann/app.bsky.feed.post/1", "bafy1", "did:plc:ann",
        "{\"text\":\"x\",\"createdAt\":\"2031-01-01T00:00:00Z\",\"embed\":{\"$type\":\"app.bsky.embed."
        "images\",\"images\":[{\"alt\":\"a\"}]}}") ",\"embed\":{\"$type\":\"app.bsky.embed.images#view\","
                                                   "\"images\":[{\"fullsize\":\"https://cdn.test/"
                                                   "1\",\"alt\":\"a\"}]}}]}");
    assert_int_equal(bluesky_read_posts(a, body, us, &page), ERR_NONE);
    assert_int_equal(page.notices.n, 1);
    const struct post *p = &page.notices.v[0].post;
    equal(p->images.v[0].url, "https://cdn.test/1");
    /* A clock that runs ahead does not make it younger than it is. */
    assert_int_equal(p->created_at, 1795334400000);
    assert_int_equal(p->kind, POST_OTHER);
    equal(page.cursor, "");
}

static void test_sessions(void **state) {
    (void)state;
    struct bluesky_session s;
    assert_int_equal(
        bluesky_read_session(a,
                             S("{\"did\":\"did:plc:us\",\"handle\":\"us.test\",\"accessJwt\":\"a.b.c\","
                               "\"refreshJwt\":\"d.e.f\","
                               "\"didDoc\":{\"service\":[{\"id\":\"#other\",\"type\":"
                               "\"AtprotoPersonalDataServer\",\"serviceEndpoint\":\"https://no.test\"},"
                               "{\"id\":\"did:plc:us#atproto_pds\",\"type\":\"AtprotoPersonalDataServer\","
                               "\"serviceEndpoint\":\"https://pds.test/x?y\"}]}}"),
                             &s),
        ERR_NONE);
    equal(s.pds, "https://pds.test");
    equal(s.handle, "us.test");
    static const char *const bad[] = {
        "{}",
        "{\"did\":\"did:plc:us\",\"accessJwt\":\"a\",\"refreshJwt\":\"\"}",
        "{\"did\":\"us\",\"accessJwt\":\"a\",\"refreshJwt\":\"b\"}",
        "{\"did\":\"did:plc:us\",\"accessJwt\":\"a\\r\\nX: y\",\"refreshJwt\":\"b\"}",
        "[]",
        "nonsense"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(bluesky_read_session(a, str_z(bad[i]), &s), ERR_INVALID);
    str name, words;
    bluesky_read_error(a, S("{\"error\":\"ExpiredToken\",\"message\":\"Token has expired\"}"), &name, &words);
    equal(name, "ExpiredToken");
    equal(words, "Token has expired");
    bluesky_read_error(a, S("{\"error\":\"<b>\",\"message\":7}"), &name, &words);
    assert_true(!name.n && !words.n);
    bluesky_read_error(a, S("<html>"), &name, &words);
    assert_true(!name.n && !words.n);
}

static void test_profiles_and_records(void **state) {
    (void)state;
    struct social_profile p;
    social_profile_list list;
    struct social_place place;
    str text;
    assert_int_equal(bluesky_read_profile(a,
                                          S("{\"did\":\"did:plc:ann\",\"handle\":\"handle.invalid\","
                                            "\"followersCount\":7,\"followsCount\":-3}"),
                                          &p),
                     ERR_NONE);
    assert_true(p.followers == 7 && p.follows == -1 && p.posts == -1);
    assert_int_equal(bluesky_read_profile(a, S("{\"did\":\"ann\"}"), &p), ERR_INVALID);
    assert_int_equal(bluesky_read_profiles(a, S("{\"profiles\":[1,{},{\"did\":\"did:plc:ann\"}]}"), &list),
                     ERR_NONE);
    assert_int_equal(list.n, 1);
    assert_int_equal(bluesky_read_created(
                         a, S("{\"uri\":\"at://did:plc:us/app.bsky.feed.post/1\",\"cid\":\"c\"}"), &place),
                     ERR_NONE);
    assert_int_equal(bluesky_read_created(
                         a, S("{\"uri\":\"at://did:plc:us/app.bsky.feed.like/1\",\"cid\":\"c\"}"), &place),
                     ERR_INVALID);
    assert_int_equal(
        bluesky_read_record(
            a,
            S("{\"uri\":\"at://did:plc:us/app.bsky.feed.post/1\",\"cid\":\"c\",\"value\":{\"text\":\"t\"}}"),
            &place, &text),
        ERR_NONE);
    equal(text, "t");
    assert_int_equal(
        bluesky_read_record(a, S("{\"uri\":\"at://did:plc:us/app.bsky.feed.post/1\",\"cid\":\"c\"}"), &place,
                            &text),
        ERR_INVALID);
}

/* ---- how far it was read ---- */

enum { NOW = 1800000000 };
#define MS(s) ((int64_t)(s)*1000)

/* A page of posts number first, first-1, ... , one a second; number n was written at second n. */
static struct bluesky_page page_of(int first, int n, const char *cursor) {
    struct bluesky_page p = {.cursor = str_z(cursor), .rows = (size_t)n};
    for (int i = 0; i < n; i++) {
        struct bluesky_notice *row = list_add(a, &p.notices);
        row->post.id = str_fmt(a, "at://did:plc:ann/app.bsky.feed.post/%d", first - i);
        row->at = MS(first - i);
    }
    if (n) p.newest = MS(first), p.oldest = MS(first - n + 1);
    return p;
}

static str step(str cursor, struct bluesky_page *page, int64_t now, bool *ret_more, str *ret_why) {
    struct bluesky_way w;
    assert_true(bluesky_way_read(a, cursor, &w));
    if (!cursor.n) w.since = w.mark = MS(NOW - 10000);
    *ret_more = bluesky_way_step(a, &w, page, now, ret_why);
    str out = bluesky_way_write(a, &w);
    assert_true(out.n > 0 && out.n <= SOCIAL_CURSOR_MAX);
    return out;
}

static void test_a_walk_ends_where_the_last_began(void **state) {
    (void)state;
    bool more;
    str why, at = S("");
    struct bluesky_page p = page_of(NOW, 100, "a");
    at = step(at, &p, MS(NOW), &more, &why);
    assert_true(more && p.notices.n == 100);
    p = page_of(NOW - 100, 100, "b");
    at = step(at, &p, MS(NOW), &more, &why);
    assert_true(more && p.notices.n == 100);
    p = page_of(NOW - 200, 5, "");
    at = step(at, &p, MS(NOW), &more, &why);
    assert_true(!more && !why.n && p.notices.n == 5);
    /* Nothing new: one page, whatever the cursor says. */
    p = page_of(NOW, 100, "a");
    at = step(at, &p, MS(NOW + 60), &more, &why);
    assert_true(!more && p.notices.n == 0);
    /* Three new ones, and one dated among the old. */
    p = page_of(NOW + 3, 100, "a");
    p.notices.v[50].post.id = S("at://did:plc:ann/app.bsky.feed.post/late");
    at = step(at, &p, MS(NOW + 60), &more, &why);
    assert_int_equal(p.notices.n, 4);
    equal(p.notices.v[3].post.id, "at://did:plc:ann/app.bsky.feed.post/late");
}

/* What is older than the account's beginning here is not handed over. */
static void test_a_walk_begins_at_its_since(void **state) {
    (void)state;
    bool more;
    str why;
    struct bluesky_page p = page_of(NOW - 9995, 100, "a");
    step(S(""), &p, MS(NOW), &more, &why);
    assert_true(!more && !why.n);
    assert_int_equal(p.notices.n, 6);
}

/* Once an hour a walk goes two hours back, for posts of slow clocks. */
static void test_a_deep_walk(void **state) {
    (void)state;
    bool more;
    str why, at = S("");
    struct bluesky_page p = page_of(NOW, 10, "");
    at = step(at, &p, MS(NOW), &more, &why);
    p = page_of(NOW + 1, 100, "a"), p.oldest = MS(NOW - 3000);
    step(at, &p, MS(NOW + 3500), &more, &why);
    assert_false(more);
    p = page_of(NOW + 1, 100, "a"), p.oldest = MS(NOW - 3000);
    step(at, &p, MS(NOW + 3700), &more, &why);
    assert_true(more);
    p = page_of(NOW + 1, 100, "a"), p.oldest = MS(NOW - 7300);
    step(at, &p, MS(NOW + 3700), &more, &why);
    assert_false(more);
}

static void test_a_network_without_end(void **state) {
    (void)state;
    bool more = true;
    str why = S(""), at = S("");
    /* The same page, the same cursor. */
    struct bluesky_page p = page_of(NOW, 100, "a");
    at = step(at, &p, MS(NOW), &more, &why);
    p = page_of(NOW, 100, "a");
    step(at, &p, MS(NOW), &more, &why);
    assert_true(!more && why.n && p.notices.n == 0);
    /* Two cursors in turn: the times do not fall. */
    at = S("");
    p = page_of(NOW, 100, "a"), p.oldest = MS(NOW - 5000);
    at = step(at, &p, MS(NOW), &more, &why);
    p = page_of(NOW, 100, "b");
    at = step(at, &p, MS(NOW), &more, &why);
    assert_true(!more && why.n);
    /* Empty pages. */
    at = S("");
    int pages = 0;
    for (more = true; more && pages < 1000; pages++) {
        p = page_of(NOW, 0, pages % 2 ? "a" : "b");
        at = step(at, &p, MS(NOW), &more, &why);
    }
    assert_true(pages == 20 && why.n);
    /* New ones without end, all of the same second. */
    at = S("");
    for (more = true, pages = 0; more && pages < 10000; pages++) {
        p = page_of(NOW, 1, pages % 2 ? "a" : "b");
        p.notices.v[0].post.id = str_fmt(a, "at://did:plc:ann/app.bsky.feed.post/x%d", pages);
        at = step(at, &p, MS(NOW), &more, &why);
    }
    assert_true(pages == BLUESKY_WALK_PAGES && why.n);
    /* A time that is yet to come does not hide what comes until then. */
    at = S("");
    p = page_of(NOW + 100000, 1, "");
    at = step(at, &p, MS(NOW), &more, &why);
    struct bluesky_way w;
    assert_true(bluesky_way_read(a, at, &w));
    assert_int_equal(w.mark, MS(NOW));
}

static void test_a_damaged_cursor(void **state) {
    (void)state;
    struct bluesky_way w;
    assert_false(bluesky_way_read(a, S("x"), &w));
    assert_false(bluesky_way_read(a, S("[]"), &w));
    assert_true(bluesky_way_read(a, S("{\"seen\":\"short\",\"at\":7,\"mark\":\"x\"}"), &w));
    assert_true(!w.seen.n && !w.at.n && !w.mark);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_key_becomes_one_record_key),
        cmocka_unit_test(test_links_are_found_by_bytes),
        cmocka_unit_test(test_a_record),
        cmocka_unit_test(test_a_plain_record),
        cmocka_unit_test(test_sizes_of_pictures),
        cmocka_unit_test(test_a_notice),
        cmocka_unit_test(test_nonsense_rows_are_passed_over),
        cmocka_unit_test(test_post_views),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_profiles_and_records),
        cmocka_unit_test(test_a_walk_ends_where_the_last_began),
        cmocka_unit_test(test_a_walk_begins_at_its_since),
        cmocka_unit_test(test_a_deep_walk),
        cmocka_unit_test(test_a_network_without_end),
        cmocka_unit_test(test_a_damaged_cursor),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
