/* The document of a post, how long a text is on a network, and how it becomes a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "format/post.h"
#include "format/post_fit.h"

static arena *a;

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

static struct post read_ok(const char *json) {
    struct post p = {0};
    err e = post_read(a, str_z(json), &p);
    if (e) fail_msg("%s: %s", json, err_text());
    return p;
}

static void refused(const char *json, err code, const char *word) {
    struct post p = {0};
    assert_int_equal(post_read(a, str_z(json), &p), code);
    if (!strstr(err_text(), word)) fail_msg("\"%s\" does not say \"%s\"", err_text(), word);
}

static bool same(str s, const char *z) { return str_eq(s, str_z(z)); }

static void test_a_document_comes_back_as_it_was(void **state) {
    (void)state;
    struct post p = {.id = S("at://did:plc:x/app.bsky.feed.post/3k"),
                     .version = S("bafy"),
                     .url = S("https://bsky.app/profile/x/post/3k"),
                     .author = {S("at://did:plc:x"), S("mina.example"),
                                S("Mina \xD9\x85\xD9\x8A\xD9\x86\xD8\xA7"), 12, true},
                     .text = S("The crane is stuck.\nSee https://tidewatch.example <3"),
                     .language = S("en"),
                     .created_at = 1800000000123,
                     .edited_at = 1800000060000,
                     .reply_to = S("at://a"),
                     .root = S("at://b"),
                     .root_version = S("cid"),
                     .kind = POST_QUOTE,
                     .visibility = POST_UNLISTED,
                     .spoiler = S("boats"),
                     .rating = 2,
                     .rating_max = 5};
    *list_add(a, &p.images) =
        (struct post_image){S("https://cdn.example/1.jpg"), S("a crane"), S("image/jpeg")};
    *list_add(a, &p.links) = (struct post_link){POST_LINK_URL, 24, 49, S("https://tidewatch.example"), S("")};
    assert_int_equal(post_normal(a, &p), ERR_NONE);
    BUF_AUTO buf b = BUF_MAX(POST_BYTES_MAX);
    post_write(&b, &p);
    assert_true(buf_ok(&b));
    struct post q = {0};
    assert_int_equal(post_read(a, buf_str(&b), &q), ERR_NONE);
    assert_true(str_eq(q.id, p.id) && str_eq(q.version, p.version) && str_eq(q.url, p.url));
    assert_true(str_eq(q.author.id, p.author.id) && str_eq(q.author.name, p.author.name));
    assert_true(q.author.followers == 12 && q.author.machine);
    assert_true(str_eq(q.text, p.text) && q.created_at == p.created_at && q.edited_at == p.edited_at);
    assert_true(q.kind == POST_QUOTE && q.visibility == POST_UNLISTED && str_eq(q.spoiler, p.spoiler));
    assert_true(str_eq(q.root_version, p.root_version) && q.rating == 2 && q.rating_max == 5);
    assert_int_equal(q.images.n, 1);
    assert_true(same(q.images.v[0].alt, "a crane"));
    assert_int_equal(q.links.n, 1);
    assert_true(q.links.v[0].from == 24 && q.links.v[0].to == 49);
}

static void test_a_private_message_is_private(void **state) {
    (void)state;
    struct post p = read_ok("{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"kind\": \"direct\"}");
    assert_int_equal(p.visibility, POST_PRIVATE);
    p = read_ok(
        "{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"kind\": \"direct\", \"visibility\": \"public\"}");
    assert_int_equal(p.visibility, POST_PUBLIC);
    p = read_ok("{\"id\": \"1\", \"author\": {\"id\": \"x\"}}");
    assert_int_equal(p.visibility, POST_PUBLIC);
}

static void test_what_is_wrong_is_named(void **state) {
    (void)state;
    refused("{}", ERR_INVALID, "author");
    refused("[]", ERR_INVALID, "object");
    refused("{\"id\": \"1\", \"author\": {}}", ERR_INVALID, "author");
    refused("{\"author\": {\"id\": \"x\"}}", ERR_INVALID, "no id");
    refused("{\"id\": 1, \"author\": {\"id\": \"x\"}}", ERR_INVALID, "\"id\"");
    refused("{\"id\": \"a b\", \"author\": {\"id\": \"x\"}}", ERR_INVALID, "spaces");
    refused("{\"format\": \"post/2\", \"id\": \"1\", \"author\": {\"id\": \"x\"}}", ERR_INVALID, "format");
    refused("{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"created_at\": \"yesterday\"}", ERR_INVALID,
            "created_at");
    refused("{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"kind\": \"shout\"}", ERR_INVALID, "kind");
    refused("{\"id\": \"1\", \"author\": {\"id\": \"x\", \"followers\": -3}}", ERR_INVALID,
            "author.followers");
    refused("{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"images\": [{\"url\": \"ftp://x\"}]}", ERR_INVALID,
            "images.url");
    refused("{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"rating\": 6, \"rating_max\": 5}", ERR_INVALID,
            "rating");
    char *long_text = arena_alloc(a, POST_TEXT_MAX + 100);
    memset(long_text, 'x', POST_TEXT_MAX + 1);
    refused(
        str_fmt(a, "{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"title\": \"%.*s\"}", 1001, long_text).p,
        ERR_LIMIT, "title");
    struct post p =
        read_ok("{\"id\": \"1\", \"author\": {\"id\": \"x\"}, \"created_at\": 1700000000000, \"more\": 1}");
    assert_true(p.author.followers == -1 && p.created_at == 1700000000000 && p.kind == POST_MENTION);
}

static void test_an_adapters_post_is_made_normal(void **state) {
    (void)state;
    struct post p = {.id = S("1"),
                     .author = {.id = S("x"), .name = S("A\x01\xFF  b\n")},
                     .text = S("h\r\nw"),
                     .url = S("javascript:1")};
    for (int i = 0; i < POST_IMAGES_MAX + 4; i++)
        *list_add(a, &p.images) = (struct post_image){S("https://x.example/1"), S("alt"), S("")};
    *list_add(a, &p.images) = (struct post_image){S("data:x"), S(""), S("")};
    *list_add(a, &p.links) = (struct post_link){POST_LINK_URL, 0, 99, S("https://x.example"), S("")};
    *list_add(a, &p.links) = (struct post_link){POST_LINK_URL, 0, 2, S("javascript:x"), S("")};
    assert_int_equal(post_normal(a, &p), ERR_NONE);
    assert_true(same(p.author.name, "A\xEF\xBF\xBD b"));
    assert_true(same(p.text, "h\nw") && !p.url.n);
    assert_int_equal(p.images.n, POST_IMAGES_MAX);
    assert_int_equal(p.links.n, 1);
    assert_int_equal(p.links.v[0].to, 0);
    struct post none = {.author = {.id = S("x")}};
    assert_int_equal(post_normal(a, &none), ERR_INVALID);
}

/* ---- lengths ---- */

#define FAMILY                                                                                               \
    "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7\xE2\x80\x8D\xF0\x9F\x91\xA6"

static void test_people_count_characters_not_bytes(void **state) {
    (void)state;
    struct post_fit plain = {.graphemes = 300},
                    masto = {.graphemes = 500, .per_url = 23, .mentions_short = true};
    assert_int_equal(post_length(S(FAMILY), &plain), 1);
    assert_int_equal(post_length(S("e\xCC\x81\xD8\xB4\xD9\x8F"), &plain), 2);
    assert_int_equal(post_length(S("\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"), &plain), 1);
    assert_int_equal(post_length(S("see https://a.example/a/very/long/way/indeed/it/is. ok"), &masto),
                     4 + 23 + 4);
    assert_int_equal(post_length(S("@mina@social.example hello"), &masto), 5 + 6);
    assert_int_equal(post_length(S("mail a@b.example"), &masto), 16);
    assert_int_equal(post_length(S(""), &masto), 0);
}

static str many(const char *word, int n) {
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    for (int i = 0; i < n; i++) buf_add_z(&b, word);
    return (str){str_cstr(a, buf_str(&b)), b.n};
}

static void test_a_long_text_becomes_a_thread(void **state) {
    (void)state;
    struct post_fit fit = {.graphemes = 300, .bytes = 3000};
    post_part_list parts = {0};
    assert_int_equal(post_split(a, S("  Short.  "), S(""), &fit, &parts), ERR_NONE);
    assert_int_equal(parts.n, 1);
    assert_true(same(parts.v[0], "Short."));
    str text = str_fmt(a, "%sThe end.", many("This is a sentence of forty characters. ", 15).p);
    assert_int_equal(post_split(a, text, S("@mina "), &fit, &parts), ERR_NONE);
    assert_int_equal(parts.n, 3);
    for (size_t i = 0; i < parts.n; i++) {
        assert_true(post_fits(parts.v[i], &fit));
        assert_true(str_starts(parts.v[i], S("@mina This is")) && str_ends(parts.v[i], S(".")));
    }
    assert_int_equal(post_split(a, S(""), S("@mina "), &fit, &parts), ERR_NONE);
    assert_int_equal(parts.n, 0);
}

static void test_what_cannot_fit_says_so(void **state) {
    (void)state;
    struct post_fit fit = {.graphemes = 300};
    post_part_list parts = {0};
    assert_int_equal(post_split(a, many("x", 301), S(""), &fit, &parts), ERR_INVALID);
    assert_non_null(strstr(err_text(), "300"));
    assert_int_equal(post_split(a, many("wordy ", 700), S(""), &fit, &parts), ERR_LIMIT);
    /* An address is not broken, though a line may be broken within it. */
    str url =
        str_fmt(a, "%.*s https://a.example/%.*s", STR_FMT(many("word ", 50)), STR_FMT(many("a/b-", 15)));
    assert_int_equal(post_split(a, url, S(""), &fit, &parts), ERR_NONE);
    assert_int_equal(parts.n, 2);
    assert_true(str_starts(parts.v[1], S("https://")));
    /* Families stay together, and a language without blanks is parted too. */
    assert_int_equal(post_split(a, many(FAMILY, 400), S(""), &fit, &parts), ERR_NONE);
    assert_int_equal(parts.n, 2);
    assert_int_equal(post_length(parts.v[0], &fit), 300);
    assert_int_equal(
        post_split(a, many("\xE6\xB8\xAF\xE3\x81\xAE\xE5\xB2\xB8\xE3\x80\x82", 100), S(""), &fit, &parts),
        ERR_NONE);
    assert_int_equal(parts.n, 2);
    assert_true(str_ends(parts.v[0], S("\xE3\x80\x82")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_comes_back_as_it_was),
        cmocka_unit_test(test_a_private_message_is_private),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_an_adapters_post_is_made_normal),
        cmocka_unit_test(test_people_count_characters_not_bytes),
        cmocka_unit_test(test_a_long_text_becomes_a_thread),
        cmocka_unit_test(test_what_cannot_fit_says_so),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
