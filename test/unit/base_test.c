/* arena, str, buf, list, err, clock, random, words, objects, archive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/list.h"
#include "base/random.h"
#include "format/unwrap.h"
#include "letter/words.h"
#include "net/archive.h"
#include "net/objects.h"

static void assert_text(str s, const char *text) {
    if (!str_eq(s, str_z(text))) fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), text);
}

static void test_arena(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(1 << 20);
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++) assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    size_t used = arena_used(a);
    assert_true(used >= 299 * 300 / 2);
    arena_alloc(a, 200000);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    unsigned char *again = arena_alloc(a, 64);
    for (int i = 0; i < 64; i++) assert_int_equal(again[i], 0);
}

static void test_str(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    int64_t n;
    assert_true(str_to_int(S("-9223372036854775808"), &n));
    assert_true(n == INT64_MIN);
    assert_true(str_to_int(S("9223372036854775807"), &n));
    assert_true(n == INT64_MAX);
    const char *const wrong[] = {"",    "-",  "9223372036854775808", "-9223372036854775809", "1 ", "+1",
                                 "0x1", "1.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(str_to_int(str_z(wrong[i]), &n));

    str rest = S("a,,b,"), piece;
    const char *const pieces[] = {"a", "", "b", ""};
    for (int i = 0; i < 4; i++) {
        assert_true(str_split(&rest, ',', &piece));
        assert_text(piece, pieces[i]);
    }
    assert_false(str_split(&rest, ',', &piece));

    rest = S("one\r\ntwo\n\nlast");
    const char *const lines[] = {"one", "two", "", "last"};
    for (int i = 0; i < 4; i++) {
        assert_true(str_line(&rest, &piece));
        assert_text(piece, lines[i]);
    }
    assert_false(str_line(&rest, &piece));

    assert_text(str_trim(S(" \t x y\r\n ")), "x y");
    assert_text(str_slice(S("abc"), 1, 99), "bc");
    assert_text(str_slice(S("abc"), 9, 2), "");
    assert_text(str_clip_utf8(S("aä"), 2), "a");
    assert_text(str_clip_utf8(S("aä"), 3), "aä");
    assert_true(str_is_utf8(S("ä€😀")));
    assert_false(str_is_utf8(S("\xed\xa0\x80")));
    assert_false(str_is_utf8(S("\xc0\x80")));
    assert_int_equal(str_find(S("aab"), S("ab"), 0), 1);
    assert_int_equal(str_find(S("aab"), S("x"), 0), SIZE_MAX);
    assert_int_equal(str_find(S("a"), S("a"), 5), SIZE_MAX);
    assert_int_equal(str_find((str){0}, S("a"), 0), SIZE_MAX);
    assert_true(str_cmp(S("a"), S("ab")) < 0 && str_cmp(S("b"), S("ab")) > 0 && str_cmp(S("a"), S("a")) == 0);
    assert_text(str_fmt(a, "%d-%s", 7, "x"), "7-x");
}

static void test_buf_numbers(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(64);
    buf_add_int(&b, 0);
    buf_add_int(&b, INT64_MIN);
    buf_add_int(&b, INT64_MAX);
    assert_text(buf_str(&b), "0-92233720368547758089223372036854775807");
}

static void test_buf(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(10);
    buf_add_z(&b, "12345");
    buf_add_int(&b, -42);
    assert_true(buf_ok(&b));
    assert_text(buf_str(&b), "12345-42");
    buf_add_z(&b, "abc");
    assert_false(buf_ok(&b));
    assert_text(buf_str(&b), "12345-42");
    buf_add_char(&b, 'x');
    assert_false(buf_ok(&b));
    buf_clear(&b);
    buf_add_utf8(&b, 0x1F600);
    buf_add_utf8(&b, 0xD800);
    assert_text(buf_str(&b), "😀\xef\xbf\xbd");
    buf_drop_front(&b, 4);
    assert_text(buf_str(&b), "\xef\xbf\xbd");
}

static void test_list_grows(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    LIST(int) list = {0};
    for (int i = 0; i < 1000; i++) *list_add(a, &list) = i;
    assert_int_equal(list.n, 1000);
    for (int i = 0; i < 1000; i++) assert_int_equal(list.v[i], i);
}

static err fails(void) { return err_set(ERR_LIMIT, "%s", "too many"); }
static err passes_on(void) {
    TRY(fails());
    return ERR_NONE;
}

static void test_err(void **state) {
    (void)state;
    assert_int_equal(passes_on(), ERR_LIMIT);
    assert_string_equal(err_text(), "too many");
    err_set(ERR_IO, "again: %s", err_text());
    assert_string_equal(err_text(), "again: too many");
    assert_string_equal(err_name(ERR_CONFLICT), "conflict");
}

static void test_ids(void **state) {
    (void)state;
    random_start();
    ARENA_AUTO arena *a = arena_new(0);
    int64_t now = 1773331500000, last = 0;
    for (int i = 0; i < 100000; i++) {
        int64_t id = id_new(now);
        assert_true(id > last);
        last = id;
    }
    assert_true(id_new(now - DAY_MS) > last);
    assert_int_equal(id_time(id_new(now + HOUR_MS)), now + HOUR_MS);
    str one = token_new(a), two = token_new(a);
    assert_int_equal(one.n, 22);
    assert_false(str_eq(one, two));
    assert_int_equal(content_hash(a, S("")).n, 64);
    assert_text(str_slice(content_hash(a, S("")), 0, 8), "0e5751c0");
}

static void words(const char *text, const char *language, const char *want) {
    ARENA_AUTO arena *a = arena_new(0);
    word_list list;
    words_of(a, str_z(text), str_z(language), 1000, &list);
    assert_text(words_joined(a, &list), want);
}

static void test_words(void **state) {
    (void)state;
    words("The doors, the DOOR!", "en", "the door");
    words("Häuser und Straße", "de", "haus und strass");
    words("crème brûlée", "xx", "creme brulee");
    words("set 4127-2", "en", "set 4127 2");
    words("東京 ABC", "en", "東 京 abc");
    words("", "en", "");
    words("\xff\xfe bad \xc3", "en", "bad");
    words("it's", "xx", "it s");
    ARENA_AUTO arena *a = arena_new(0);
    word_list list;
    words_of(a, S("a b c d"), S("xx"), 2, &list);
    assert_int_equal(list.n, 2);
}

static void unwrapped(const char *text, const char *want) {
    ARENA_AUTO arena *a = arena_new(0);
    str got = text_unwrap(a, str_z(text));
    assert_text(got, want);
    assert_int_equal(got.n, strlen(text));
}

static void test_unwrap(void **state) {
    (void)state;
    unwrapped("The first line of this letter goes up to here\nand the second goes on.\n\nFrom Milo\n",
              "The first line of this letter goes up to here and the second goes on.\n\nFrom Milo\n");
    /* "a" would have fitted: the writer ended the line. */
    unwrapped("Dear all,\na line of exactly fifty characters or so, it seems to\nwork",
              "Dear all,\na line of exactly fifty characters or so, it seems to work");
    unwrapped("what we found in the box when it came on Monday:\n- a hook\n1. a door\n> quoted\n  indented",
              "what we found in the box when it came on Monday:\n- a hook\n1. a door\n> quoted\n  indented");
    unwrapped("short\nlines\nstay", "short\nlines\nstay");
    unwrapped("", "");
    unwrapped("ein Brief mit Umlauten und einer Grenze bei fünfzig Zeichen\nÜbermorgen kommt er",
              "ein Brief mit Umlauten und einer Grenze bei fünfzig Zeichen Übermorgen kommt er");
}

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/longhand-base-%d", (int)getpid());
    return mkdir(folder, 0700);
}

static void test_objects(void **state) {
    (void)state;
    random_start();
    ARENA_AUTO arena *a = arena_new(0);
    str bytes = S("a letter with a \0 in it"), got;
    str hash = content_hash(a, bytes);
    assert_int_equal(object_get(a, str_z(folder), hash, &got), ERR_MISSING);
    assert_int_equal(object_put(a, str_z(folder), hash, bytes), ERR_NONE);
    assert_int_equal(object_put(a, str_z(folder), hash, bytes), ERR_NONE);
    assert_int_equal(object_get(a, str_z(folder), hash, &got), ERR_NONE);
    assert_true(str_eq(got, bytes));
    assert_int_equal(file_write(a, object_path(a, str_z(folder), hash), S("changed"), 0600), ERR_NONE);
    assert_int_equal(object_get(a, str_z(folder), hash, &got), ERR_IO);
    assert_int_equal(object_put(a, S("/proc/nowhere"), hash, bytes) != ERR_NONE, 1);
    assert_true(disk_free(a, str_z(folder)) > 0);
    assert_int_equal(disk_free(a, S("/nowhere/at/all")), -1);
    assert_int_equal(file_read(a, object_path(a, str_z(folder), hash), 3, &got), ERR_LIMIT);
}

static void test_archive(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    str path = str_fmt(a, "%s/all.tar.zst", folder), got;
    archive_out *out;
    assert_int_equal(archive_begin(a, path, &out), ERR_NONE);
    assert_int_equal(archive_add_bytes(out, S("one.txt"), S("first")), ERR_NONE);
    assert_int_equal(archive_add_bytes(out, S("objects/ab/cd"), S("second")), ERR_NONE);
    assert_int_equal(access(path.p, F_OK), -1);
    assert_int_equal(archive_finish(a, out), ERR_NONE);
    str to = str_fmt(a, "%s/unpacked", folder);
    assert_int_equal(folder_make(a, to), ERR_NONE);
    assert_int_equal(archive_unpack(a, path, to), ERR_NONE);
    assert_int_equal(file_read(a, str_fmt(a, "%s/objects/ab/cd", to.p), 100, &got), ERR_NONE);
    assert_text(got, "second");

    str evil = str_fmt(a, "%s/evil.tar.zst", folder);
    assert_int_equal(archive_begin(a, evil, &out), ERR_NONE);
    assert_int_equal(archive_add_bytes(out, S("../escaped"), S("x")), ERR_NONE);
    assert_int_equal(archive_finish(a, out), ERR_NONE);
    assert_int_equal(archive_unpack(a, evil, to), ERR_INVALID);
    assert_int_equal(access(str_fmt(a, "%s/escaped", folder).p, F_OK), -1);
    assert_int_equal(file_write(a, evil, S("no archive at all"), 0600), ERR_NONE);
    assert_int_not_equal(archive_unpack(a, evil, to), ERR_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena),       cmocka_unit_test(test_str),        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_buf_numbers), cmocka_unit_test(test_list_grows), cmocka_unit_test(test_err),
        cmocka_unit_test(test_ids),         cmocka_unit_test(test_words),      cmocka_unit_test(test_objects),
        cmocka_unit_test(test_archive),     cmocka_unit_test(test_unwrap),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
