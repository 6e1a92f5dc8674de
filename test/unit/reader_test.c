/* The reading process: it reads, it dies, it is replaced; the parent never believes it. This program is its
 * own reader: started with "reader" it serves, as the desk's does. */
#include "net/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "format/parcel.h"
#include "net/reader_pipe.h"

static arena *a;
static reader *r;

static int setup(void **state) {
    (void)state;
    a = arena_new(0);
    r = reader_new(S("/proc/self/exe"));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    reader_free(r);
    arena_free(a);
    return 0;
}

#define assert_str(s, z) assert_string_equal(str_cstr(a, s), z)

static const char letter[] =
    "From: Luka <luka@x.example>\nTo: shop@y.example\nSubject: Jay\nDate: Mon, 07 Jan 2013 17:02:11 +0100\n"
    "Message-ID: <1@x>\nReferences: <a@y> <b@y>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    "Content-Type: text/html\n\n<p>Dear <b onclick=x>shop</b><img src=http://t.example/p><img "
    "src=cid:p1></p>\n--b\n"
    "Content-Type: image/png; name=p.png\nContent-ID: <p1>\n\nPNG\n--b--\n";

static void a_letter_passes_whole(void **state) {
    (void)state;
    struct reader_letter l;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
        assert_str(l.mime.subject, "Jay");
        assert_str(l.mime.from.v[0].name, "Luka");
        assert_str(l.mime.to.v[0].address, "shop@y.example");
        assert_str(l.mime.message_id, "1@x");
        assert_int_equal(l.mime.references.n, 2);
        assert_int_equal(l.mime.sent_at, 1357574531000);
        assert_int_equal(l.mime.zone_minutes, 60);
        assert_int_equal(l.mime.parts, 2);
        assert_str(l.mime.text, "Dear shop");
        assert_true(l.mime.text_from_html);
        assert_str(l.safe.html, "<p>Dear <b>shop</b><img src=\"cid:p1\" alt=\"\"></p>");
        assert_int_equal(l.remote_images, 1);
        assert_int_equal(l.mime.attachments.n, 1);
        assert_str(l.mime.attachments.v[0].bytes, "PNG");
        assert_true(l.mime.attachments.v[0].shown_inline);
        assert_str(l.mime.problem, "");
    }
}

/* The child opens no files once it reads: converters were loaded before. */
static void charsets_without_files(void **state) {
    (void)state;
    static const struct {
        const char *charset, *bytes, *text;
    } cases[] = {{"koi8-r", "\xF0\xD2\xC9", "При"}, {"iso-2022-jp", "\x1b$B$3$s\x1b(B", "こん"},
                 {"gb2312", "\xC4\xE3", "你"},      {"big5", "\xA7\x41", "你"},
                 {"euc-kr", "\xBE\xC8", "안"},      {"shift_jis", "\x93\xFA", "日"},
                 {"iso-8859-2", "\xB1", "ą"},       {"windows-1256", "\xC7", "ا"},
                 {"utf-7", "+AOQ-", "ä"},           {"ebcdic-nobody-has", "caf\xE9", "café"},
                 {"iso-8859-15", "\xA4", "€"},      {"windows-874", "\xA1", "ก"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reader_letter l;
        str raw = str_fmt(a, "Subject: =?%s?q?x?=\nContent-Type: text/plain; charset=%s\n\n%s\n",
                          cases[i].charset, cases[i].charset, cases[i].bytes);
        assert_int_equal(reader_read(r, a, raw, &l), ERR_NONE);
        assert_str(l.mime.text, cases[i].text);
        assert_str(l.mime.subject, "x");
    }
}

static void refusals_say_why(void **state) {
    (void)state;
    struct reader_letter l = {.remote_images = 77};
    assert_int_equal(reader_read(r, a, S(""), &l), ERR_INVALID);
    assert_string_equal(err_text(), "The letter is empty.");
    assert_int_equal(l.remote_images, 77);
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
    reader *none = reader_new(S("/no/such/program"));
    assert_int_equal(reader_read(none, a, str_z(letter), &l), ERR_IO);
    reader_free(none);
    /* A program that is no reader: it ends, or says nothing that is an answer. */
    reader *wrong = reader_new(S("/bin/true"));
    assert_int_equal(reader_read(wrong, a, str_z(letter), &l), ERR_INVALID);
    reader_free(wrong);
    wrong = reader_new(S("/bin/cat")); /* "cat reader": no such file */
    assert_int_equal(reader_read(wrong, a, str_z(letter), &l), ERR_INVALID);
    reader_free(wrong);
    reader_free(NULL);
}

static void large_letters(void **state) {
    (void)state;
    BUF_AUTO buf big = BUF_MAX(64 << 20);
    buf_add(
        &big,
        S("Subject: big\nContent-Type: application/pdf; name=x.pdf\nContent-Transfer-Encoding: base64\n\n"));
    while (big.n < (25 << 20))
        buf_add(&big, S("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\n"));
    struct reader_letter l;
    int64_t began = clock_monotonic_ms();
    assert_int_equal(reader_read(r, a, buf_str(&big), &l), ERR_NONE);
    print_message("25 MB: %lld ms\n", (long long)(clock_monotonic_ms() - began));
    assert_true(l.mime.attachments.v[0].bytes.n > 18 << 20);
    assert_str(str_slice(l.mime.attachments.v[0].bytes, 0, 26), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    str huge = {arena_alloc(a, READER_RAW_MAX + 1), READER_RAW_MAX + 1};
    assert_int_equal(reader_read(r, a, huge, &l), ERR_INVALID);
}

/* The pid of the child, of which there is one. */
static pid_t child_of(pid_t parent) {
    DIR *d = opendir("/proc");
    pid_t found = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[300], text[512] = "";
        int64_t pid;
        if (!str_to_int(str_z(e->d_name), &pid)) continue;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        int fd = open(path, O_RDONLY);
        if (fd < 0) continue;
        ssize_t n = read(fd, text, sizeof text - 1);
        close(fd);
        char *end = n > 0 ? strrchr(text, ')') : NULL;
        char kind;
        int of;
        if (end && sscanf(end + 1, " %c %d", &kind, &of) == 2 && of == parent && kind != 'Z')
            found = (pid_t)pid;
    }
    if (d) closedir(d);
    return found;
}

static void a_dead_child_is_replaced(void **state) {
    (void)state;
    struct reader_letter l;
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
    for (int i = 0; i < 5; i++) {
        pid_t child = child_of(getpid());
        assert_true(child > 0);
        kill(child, SIGKILL);
        if (i % 2) usleep(20000); /* dead before, or while, it is written to */
        assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
        assert_int_not_equal(child_of(getpid()), child);
    }
}

static void a_stuck_child_costs_one_letter(void **state) {
    (void)state;
    struct reader_letter l;
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
    pid_t child = child_of(getpid());
    kill(child, SIGSTOP);
    reader_patience(r, 500, 10000);
    int64_t began = clock_monotonic_ms();
    /* The first try waits until its time is over; the second one reads the words. */
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
    int64_t took = clock_monotonic_ms() - began;
    assert_true(took >= 500 && took < 10000);
    assert_str(l.mime.text, "Dear shop");
    assert_str(l.safe.html, "");
    assert_int_not_equal(child_of(getpid()), child);
    kill(child_of(getpid()), SIGSTOP);
    reader_patience(r, 200, 200);
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_INVALID);
    assert_non_null(strstr(err_text(), "took longer"));
    assert_int_equal(child_of(getpid()), 0);
    reader_patience(r, 5000, 10000);
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
}

static void children_do_not_pile_up(void **state) {
    (void)state;
    struct reader_letter l;
    pid_t first = 0;
    int64_t began = clock_monotonic_ms();
    for (int i = 0; i < 1005; i++) {
        ARENA_AUTO arena *each = arena_new(0);
        assert_int_equal(reader_read(r, each, str_z(letter), &l), ERR_NONE);
        if (i == 0) first = child_of(getpid());
    }
    print_message("%lld us a letter\n", (long long)(clock_monotonic_ms() - began) * 1000 / 1005);
    assert_int_not_equal(child_of(getpid()), first); /* replaced after a thousand */
    reader_free(r);
    r = NULL;
    assert_int_equal(child_of(getpid()), 0);
}

static bool has_line(pid_t pid, const char *file, const char *line) {
    char path[100], text[8192];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    return n > 0 && str_find((str){text, (size_t)n}, str_z(line), 0) != SIZE_MAX;
}

static void the_child_has_nothing(void **state) {
    (void)state;
    int mine = open("/dev/null", O_RDONLY); /* without CLOEXEC, as a careless library opens */
    setenv("SECRET", "x", 1);
    struct reader_letter l;
    assert_int_equal(reader_read(r, a, str_z(letter), &l), ERR_NONE);
    pid_t child = child_of(getpid());
    char path[100];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)child);
    DIR *d = opendir(path);
    if (d) { /* closed to all but root once the child is not dumpable */
        int count = 0;
        for (struct dirent *e; (e = readdir(d));) count += e->d_name[0] != '.';
        closedir(d);
        assert_int_equal(count, 3);
        assert_false(has_line(child, "environ", "SECRET"));
    }
    assert_true(has_line(child, "status", "NoNewPrivs:\t1"));
    if (access("/proc/self/limits", R_OK) == 0 && has_line(child, "limits", "Limit")) {
        assert_true(has_line(child, "limits", "Max core file size        0                    0"));
        assert_true(has_line(child, "limits", "Max file size             0                    0"));
        assert_true(has_line(child, "limits", "Max processes             0                    0"));
        assert_true(has_line(child, "limits", "Max cpu time              600                  600"));
    }
    close(mine);
}

static void sigpipe_is_not_ours(void **state) {
    (void)state;
    /* cmocka has no handler for it: an unblocked SIGPIPE would end this program. */
    struct reader_letter l;
    signal(SIGPIPE, SIG_DFL);
    BUF_AUTO buf big = BUF_MAX(8 << 20);
    while (big.n < (4 << 20)) buf_add(&big, S("Subject: x\n"));
    reader *gone = reader_new(S("/bin/true"));
    assert_int_equal(reader_read(gone, a, buf_str(&big), &l), ERR_INVALID);
    reader_free(gone);
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
}

/* Parcels that a child would never send. */
static void lies_are_refused(void **state) {
    (void)state;
    struct mime_letter in, out = {.parts = 77};
    assert_int_equal(mime_read(a, str_z(letter), &mime_default_limits, &in), ERR_NONE);
    BUF_AUTO buf good = BUF_MAX(1 << 20);
    parcel_put_letter(&good, &in);
    assert_int_equal(parcel_get_letter(a, buf_str(&good), &out), ERR_NONE);
    assert_int_equal(out.parts, 2);
    out.parts = 77;
    for (size_t n = 1; n < good.n; n++) {
        str cut = str_slice(buf_str(&good), 0, n);
        struct mime_letter part;
        parcel_get_letter(a, cut, &part); /* whole items, or refused */
    }
    static const struct {
        int tag;
        const char *value;
        size_t n;
    } lies[] = {
        {1, "two\nlines", 9},
        {1, "\xFF", 1},
        {1, "nul\0", 4},
        {2, "\x1b[31m", 5},
        {3, "", 0},
        {4, "junk", 4},
        {4, "\x11\xFF\xFF\xFF\xFF", 5},
        {9, "12345678", 8},
        {9, "x", 1},
        {10, "\xFF\xFF\0\0\0\0\0\0", 8},
        {12, "\2\0\0\0\0\0\0\0", 8},
        {15, "\4\0\0\0\0\0\0\0", 8},
        {15, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8},
        {14, "\0\0\0\0\1\0\0\0", 8},
        {13, "\x13\2\0\0\0//", 7},
        {99, "", 0},
        {0, "", 0},
        {4, "\x12\4\0\0\0a b@", 9},
        {11, "\x01", 1},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        BUF_AUTO buf bad = BUF_MAX(1 << 16);
        parcel_put(&bad, lies[i].tag, (str){lies[i].value, lies[i].n});
        if (parcel_get_letter(a, buf_str(&bad), &out) != ERR_INVALID) fail_msg("lie %zu is believed", i);
        assert_int_equal(out.parts, 77);
    }
    BUF_AUTO buf many = BUF_MAX(1 << 20);
    for (int i = 0; i < 51; i++) parcel_put(&many, 3, S("id@x"));
    assert_int_equal(parcel_get_letter(a, buf_str(&many), &out), ERR_INVALID);
    buf_clear(&many);
    for (int i = 0; i < 1001; i++) parcel_put(&many, 13, S(""));
    assert_int_equal(parcel_get_letter(a, buf_str(&many), &out), ERR_INVALID);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_letter_passes_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(charsets_without_files, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_say_why, setup, teardown),
        cmocka_unit_test_setup_teardown(large_letters, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dead_child_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stuck_child_costs_one_letter, setup, teardown),
        cmocka_unit_test_setup_teardown(children_do_not_pile_up, setup, teardown),
        cmocka_unit_test_setup_teardown(the_child_has_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(sigpipe_is_not_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(lies_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
