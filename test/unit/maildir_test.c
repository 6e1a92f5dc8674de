/* Delivery into a Maildir: one file a name, whole or not at all. */
#include "mail/send.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static int fresh_folder(void **state) {
    (void)state;
    snprintf(root, sizeof root,
             "/tmp/maildir-test-XX"
             "XX"
             "XX");
    return mkdtemp(root) ? 0 : -1;
}

static void empty(const char *path) {
    DIR *dir = opendir(path);
    struct dirent *e;
    char inner[600];
    while (dir && (e = readdir(dir))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        if (e->d_type == DT_DIR) empty(inner);
        remove(inner);
    }
    if (dir) closedir(dir);
}

static int remove_folder(void **state) {
    (void)state;
    empty(root);
    return rmdir(root);
}

static str at(arena *a, const char *path) { return str_fmt(a, "%s/%s", root, path); }

static int files_in(arena *a, const char *path) {
    DIR *dir = opendir(str_cstr(a, at(a, path)));
    assert_non_null(dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));) n += e->d_type == DT_REG;
    closedir(dir);
    return n;
}

static void has_content(arena *a, const char *path, str want) {
    FILE *f = fopen(str_cstr(a, at(a, path)), "r");
    assert_non_null(f);
    char got[200];
    size_t n = fread(got, 1, sizeof got, f);
    fclose(f);
    assert_true(str_eq((str){got, n}, want));
}

static void a_letter_lies_in_new(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    str letter = S("To: x\r\n\r\nDear\r\n\r\n.\r\nbare\rcr\nlf\0nul\r\n");
    assert_int_equal(maildir_deliver(a, at(a, "deep/er/box//"), S("17.a_b-C"), letter), 0);
    has_content(a, "deep/er/box/new/17.a_b-C", S("To: x\n\nDear\n\n.\nbare\rcr\nlf\0nul\n"));
    assert_int_equal(files_in(a, "deep/er/box/tmp"), 0);
    struct stat st;
    assert_int_equal(stat(str_cstr(a, at(a, "deep/er/box/new/17.a_b-C")), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(str_cstr(a, at(a, "deep/er/box")), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(maildir_deliver(a, at(a, "deep/er/box"), S("18"), S("")), 0);
    has_content(a, "deep/er/box/new/18", S(""));
}

static void the_same_name_is_one_letter(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    str box = at(a, "box");
    for (int i = 0; i < 3; i++) assert_int_equal(maildir_deliver(a, box, S("5"), S("x\r\n")), 0);
    assert_int_equal(maildir_deliver(a, box, S("55"), S("y\r\n")), 0);
    assert_int_equal(files_in(a, "box/new"), 2);
    /* A reader takes it to cur and marks it as seen. */
    assert_int_equal(rename(str_cstr(a, at(a, "box/new/5")), str_cstr(a, at(a, "box/cur/5:2,S"))), 0);
    assert_int_equal(maildir_deliver(a, box, S("5"), S("x\r\n")), 0);
    assert_int_equal(files_in(a, "box/new"), 1);
    assert_int_equal(files_in(a, "box/cur"), 1);
    /* A file with a longer name in cur is another letter. */
    assert_int_equal(rename(str_cstr(a, at(a, "box/new/55")), str_cstr(a, at(a, "box/cur/55:2,"))), 0);
    assert_int_equal(rename(str_cstr(a, at(a, "box/cur/5:2,S")), str_cstr(a, at(a, "box/cur/gone"))), 0);
    assert_int_equal(maildir_deliver(a, box, S("5"), S("x\r\n")), 0);
    assert_int_equal(files_in(a, "box/new"), 1);
}

static void names_stay_in_the_folder(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    static const char *const wrong[] = {"", ".", "..", ".x", "a/b", "../x", "a b", "a:2,S", "a\n", "ä"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(maildir_deliver(a, at(a, "box"), str_z(wrong[i]), S("x")), ERR_INVALID);
    assert_int_equal(maildir_deliver(a, at(a, "box"), S("a\0b"), S("x")), ERR_INVALID);
    char name[202];
    memset(name, 'n', sizeof name);
    assert_int_equal(maildir_deliver(a, at(a, "box"), (str){name, 201}, S("x")), ERR_INVALID);
    assert_int_equal(maildir_deliver(a, at(a, "box"), (str){name, 200}, S("x")), 0);
    assert_int_equal(maildir_deliver(a, S(""), S("x"), S("x")), ERR_INVALID);
}

static void nothing_half_is_left(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    str box = at(a, "box");
    assert_int_equal(maildir_deliver(a, box, S("1"), S("x")), 0);
    FILE *f = fopen(str_cstr(a, at(a, "file")), "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(maildir_deliver(a, at(a, "file/box"), S("1"), S("x")), ERR_IO);
    /* A write that ends early leaves neither a letter nor a rest: a file may have at most 1000 bytes. */
    struct rlimit old, few;
    getrlimit(RLIMIT_FSIZE, &old);
    few = (struct rlimit){1000, old.rlim_max};
    char *large = arena_alloc(a, 5000);
    setrlimit(RLIMIT_FSIZE, &few);
    err code = maildir_deliver(a, box, S("2"), (str){large, 5000});
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(code, ERR_IO);
    assert_int_equal(files_in(a, "box/new"), 1);
    assert_int_equal(files_in(a, "box/tmp"), 0);
    assert_int_equal(maildir_deliver(a, box, S("2"), (str){large, 5000}), 0);
    assert_int_equal(files_in(a, "box/new"), 2);
}

int main(void) {
    signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_letter_lies_in_new, fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_same_name_is_one_letter, fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(names_stay_in_the_folder, fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(nothing_half_is_left, fresh_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
