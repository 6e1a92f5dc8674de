/* What becomes of files that came: small pictures, a scanner that finds something, a lead who lets it out; on
 * both engines. This program is its own reader. The scanner is a socket that gives one scripted answer. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "desk/files.h"
#include "desk/forwarded.h"
#include "desk/merge.h"
#include "jobs/jobs.h"
#include "store/event.h"
#include "store/file.h"
#include "store/job.h"
#include "web_kit.h"

#define READER S("/proc/self/exe")

/* ---- the scripted scanner ---- */

static struct {
    int listens;
    pthread_t thread;
    const char *answer; /* NULL: hang up */
    char path[108];
} scanner;

static void *scanner_main(void *none) {
    (void)none;
    for (int fd; (fd = accept(scanner.listens, NULL, NULL)) >= 0; close(fd)) {
        unsigned char piece[4096];
        uint32_t n = sizeof "zINSTREAM";
        bool more = true;
        while (more && recv(fd, piece, n, MSG_WAITALL) == (ssize_t)n) {
            more = recv(fd, &n, sizeof n, MSG_WAITALL) == sizeof n;
            n = ntohl(n);
            if (!n || n > sizeof piece) break;
        }
        if (scanner.answer) (void)!send(fd, scanner.answer, strlen(scanner.answer) + 1, MSG_NOSIGNAL);
    }
    return NULL;
}

static void scanner_start(const char *answer) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    scanner.answer = answer;
    snprintf(scanner.path, sizeof scanner.path, "/tmp/lh-scanner-%d", (int)getpid());
    memcpy(at.sun_path, scanner.path, strlen(scanner.path));
    unlink(scanner.path);
    scanner.listens = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(scanner.listens, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(scanner.listens, 4), 0);
    assert_int_equal(pthread_create(&scanner.thread, NULL, scanner_main, NULL), 0);
    kit.d.clamd = str_z(scanner.path);
}

static void scanner_stop(void) {
    shutdown(scanner.listens, SHUT_RDWR);
    pthread_join(scanner.thread, NULL);
    close(scanner.listens);
    unlink(scanner.path);
    kit.d.clamd = S("");
}

/* ---- files ---- */

static str a_picture(void) {
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 500, .height = 400, .format = PNG_FORMAT_RGB};
    png_alloc_size_t n = 1 << 20;
    char *to = arena_alloc(kit.a, n);
    unsigned char *p = arena_alloc(kit.a, 500 * 400 * 3);
    for (int i = 0; i < 500 * 400 * 3; i++) p[i] = (unsigned char)(40 + i % 100);
    assert_true(png_image_write_to_memory(&image, to, &n, 0, p, 0, NULL));
    return (str){to, n};
}

static struct kit_letter put_file(const char *name, str bytes, const char *type) {
    struct kit_letter l = {.to = site.inbox,
                           .from = "ilse@yard.example",
                           .name = "Ilse",
                           .subject = "files",
                           .text = "See there.",
                           .html = "<p>x</p>",
                           .file = name,
                           .content_id = "",
                           .file_bytes = bytes,
                           .file_type = str_z(type)};
    kit_put_letter(&l);
    return l;
}

static err put_job(db_conn *c, void *arg) {
    int64_t *id = arg;
    return store_job_put(c, site.inbox.brand, S("examine"), *id, *id, kit.now);
}

static void examine(int64_t file) {
    int done;
    assert_ok(db_write(kit.db, put_job, &file));
    assert_ok(jobs_run_kind(&kit.d, READER, S("examine"), &done));
    assert_int_equal(done, 1);
}

static struct attachment now_of(int64_t file) {
    struct attachment f;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_attachment_get(c, kit.a, site.inbox.brand, file, &f));
    return f;
}

static bool job_waits(void) {
    job_list jobs = {0};
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_job_list(c, kit.a, site.inbox.brand, 100, &jobs));
    for (size_t i = 0; i < jobs.n; i++)
        if (str_eq(jobs.v[i].kind, S("examine"))) return true;
    return false;
}

static err drop_file(db_conn *c, void *arg) {
    return store_attachment_delete(c, site.inbox.brand, *(int64_t *)arg);
}

/* A letter from its bytes, read by the child. */
static struct message mail(const char *from, const char *bytes) {
    int done;
    struct message m = {0};
    str all = str_fmt(kit.a, "From: %s\r\n%s", from, bytes);
    assert_ok(
        intake_keep(&kit.d, kit.a, site.inbox, str_z(from), S("letters@tidewatch.example"), all, &m.id));
    assert_ok(jobs_run_kind(&kit.d, READER, S("read"), &done));
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, site.inbox.brand, m.id, &m));
    return m;
}

static attachment_list files_of(int64_t message) {
    attachment_list files;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_attachments_of_message(c, kit.a, site.inbox.brand, message, &files));
    return files;
}

static void look(void) {
    int done;
    assert_ok(jobs_run_kind(&kit.d, READER, S("examine"), &done));
}

static void ask_to_read_again(int64_t message) {
    const char *path = kit_path(TOYS "/m/%lld/reread", message);
    assert_status(shoot(HTTP_POST, path, .as = &site.omar, .form = ""), 303);
}

static void read_again(int64_t message) {
    int done;
    ask_to_read_again(message);
    assert_ok(jobs_run_kind(&kit.d, READER, S("read"), &done));
    assert_int_equal(done, 1);
}

#define TWO_FILES                                                                                            \
    "Message-ID: <two-%s@yard.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "              \
    "boundary=b\r\n\r\n--b\r\n\r\n%s\r\n--b\r\nContent-Type: application/pdf; "                              \
    "name=bill.pdf\r\n\r\n%%PDF bad\r\n--b\r\nContent-Type: application/pdf; "                               \
    "name=plan.pdf\r\n\r\n%%PDF good\r\n--b--\r\n"

static struct message two_files(const char *from, const char *subject, const char *text) {
    static int n;
    const char *id = kit_path("%lld", (long long)++n);
    struct message m =
        mail(from, str_cstr(kit.a, str_fmt(kit.a, "Subject: %s\r\n" TWO_FILES, subject, id, text)));
    assert_int_equal(files_of(m.id).n, 2);
    return m;
}

static void small_pictures(void **state) {
    (void)state;
    struct kit_letter l = put_file("boat.png", a_picture(), "image/png");
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/thumb/%lld", l.file_id), .as = &site.rita);
    assert_status(h, 404);
    examine(l.file_id);
    assert_true(now_of(l.file_id).thumb);
    h = shoot(HTTP_GET, kit_path(TOYS "/thumb/%lld", l.file_id), .as = &site.rita);
    assert_status(h, 200);
    examine(l.file_id); /* twice does no harm */
    scanner_start("stream: Test.Virus-1 FOUND");
    examine(l.file_id);
    scanner_stop();
    h = shoot(HTTP_GET, kit_path(TOYS "/thumb/%lld", l.file_id), .as = &site.lena);
    assert_status(h, 403);
    /* What is none is done all the same, and so is one that is gone. */
    struct kit_letter bad = put_file("bomb.png", S("\x89PNG\r\n\x1a\nnot at all"), "image/png");
    examine(bad.file_id);
    assert_false(now_of(bad.file_id).thumb);
    assert_ok(db_write(kit.db, drop_file, &l.file_id));
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/thumb/%lld", l.file_id), .as = &site.rita), 404);
    examine(l.file_id);
    assert_false(job_waits());
    /* Without a scanner nothing is said of viruses. */
    assert_int_equal(now_of(bad.file_id).scan, SCAN_NONE);
}

static void found_and_let_out(void **state) {
    (void)state;
    struct kit_letter l = put_file("bill.pdf", S("%PDF bad"), "application/pdf");
    scanner_start("stream: Test.Virus-1 FOUND");
    examine(l.file_id);
    scanner_stop();
    struct attachment f = now_of(l.file_id);
    assert_int_equal(f.scan, SCAN_FOUND);
    assert_str(f.scan_says, "Test.Virus-1");
    const char *file = kit_path(TOYS "/a/%lld/bill.pdf", l.file_id),
               *raw = kit_path(TOYS "/m/%lld/raw", l.id);
    const char *allow = kit_path(TOYS "/a/%lld/allow", l.file_id);
    assert_status(shoot(HTTP_GET, file, .as = &site.ines), 403);
    assert_status(shoot(HTTP_GET, raw, .as = &site.ines), 403);
    assert_status(shoot(HTTP_POST, allow, .as = &site.omar, .form = ""), 403);
    assert_status(shoot(HTTP_POST, allow, .as = &site.hugo, .form = ""), 404);
    assert_status(shoot(HTTP_GET, file, .as = &site.omar), 403);
    assert_status(shoot(HTTP_POST, allow, .as = &site.lena, .form = ""), 303);
    assert_status(shoot(HTTP_GET, file, .as = &site.omar), 200);
    assert_status(shoot(HTTP_GET, raw, .as = &site.omar), 200);
    assert_status(shoot(HTTP_POST, allow, .as = &site.lena, .form = ""), 409);
    assert_int_equal(now_of(l.file_id).allowed_by, site.lena.agent.id);
}

static void a_scanner_that_is_away(void **state) {
    (void)state;
    struct kit_letter l = put_file("plan.pdf", S("%PDF plan"), "application/pdf");
    kit.d.clamd = S("/no/such/socket");
    examine(l.file_id);
    assert_int_equal(now_of(l.file_id).scan, SCAN_FAILED);
    assert_true(job_waits());
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/a/%lld/plan.pdf", l.file_id), .as = &site.omar), 200);
    /* It is asked again by itself. */
    scanner_start("stream: OK");
    int done;
    kit.now += 10 * (int64_t)MINUTE_MS;
    assert_ok(jobs_run_kind(&kit.d, READER, S("examine"), &done));
    scanner_stop();
    assert_int_equal(now_of(l.file_id).scan, SCAN_CLEAN);
    assert_false(job_waits());
    /* A file that it does not take stays so, and is not asked for again and again. */
    struct kit_letter big = put_file("big.bin", S("big"), "application/octet-stream");
    scanner_start("INSTREAM size limit exceeded. ERROR");
    examine(big.file_id);
    scanner_stop();
    assert_int_equal(now_of(big.file_id).scan, SCAN_FAILED);
    assert_false(job_waits());
}

static int raw_status(int64_t message) {
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/raw", message), .as = &site.lena);
    return h.status;
}
static int file_status(int64_t file) {
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld/x.pdf", file), .as = &site.lena);
    return h.status;
}

static err drop_bytes(db_conn *c, void *arg) {
    db_query *q = db_sql(c, "UPDATE raw SET bytes = NULL, hash = $3 WHERE brand_id = $1 AND id = $2");
    db_bind_int(q, 1, site.inbox.brand);
    db_bind_int(q, 2, *(int64_t *)arg);
    db_bind_text(q, 3, content_hash(kit.a, S("nobody keeps this")));
    return db_done(q);
}

/* Reading the same bytes again is no way around the scanner. */
static void what_was_found_stays_found(void **state) {
    (void)state;
    scanner_start("stream: Test.Virus-1 FOUND");
    struct message m = two_files("ilse@yard.example", "Two", "See there.");
    look();
    attachment_list files = files_of(m.id);
    assert_int_equal(files.v[0].scan, SCAN_FOUND);
    assert_status(
        shoot(HTTP_POST, kit_path(TOYS "/a/%lld/allow", files.v[1].id), .as = &site.lena, .form = ""), 303);
    scanner_stop();
    kit.d.clamd = S("/no/such/socket");
    read_again(m.id);
    look();
    attachment_list again = files_of(m.id);
    assert_int_equal(again.n, 2);
    assert_int_not_equal(again.v[0].id, files.v[0].id);
    assert_int_equal(again.v[0].scan, SCAN_FOUND);
    assert_str(again.v[0].scan_says, "Test.Virus-1");
    assert_int_equal(again.v[0].allowed_by, 0);
    assert_int_equal(again.v[1].scan, SCAN_FOUND);
    assert_int_equal(again.v[1].allowed_by, site.lena.agent.id);
    assert_int_equal(file_status(again.v[0].id), 403);
    assert_int_equal(file_status(again.v[1].id), 200);
    assert_int_equal(raw_status(m.id), 403);
    kit.d.clamd = S("");
    /* Nor is reading badly: the bytes are away, so no file is found in them. */
    assert_ok(db_write(kit.db, drop_bytes, &m.id));
    read_again(m.id);
    assert_int_equal(files_of(m.id).n, 1);
    assert_int_equal(file_status(again.v[0].id), 403);
    assert_int_equal(raw_status(m.id), 403);
}

/* Nothing was found, and the scanner knows more today; away, it takes nothing back. */
static void what_was_clean_is_asked_about_again(void **state) {
    (void)state;
    scanner_start("stream: OK");
    struct message m = two_files("ilse@yard.example", "Clean", "See there.");
    look();
    assert_int_equal(files_of(m.id).v[0].scan, SCAN_CLEAN);
    scanner_stop();
    kit.d.clamd = S("/no/such/socket");
    read_again(m.id);
    look();
    assert_int_equal(files_of(m.id).v[0].scan, SCAN_CLEAN);
    scanner_start("stream: New.Virus FOUND");
    kit.now += 10 * (int64_t)MINUTE_MS;
    look();
    scanner_stop();
    assert_str(files_of(m.id).v[0].scan_says, "New.Virus");
    assert_int_equal(raw_status(m.id), 403);
}

#define FORWARDED                                                                                            \
    "---------- Forwarded message ---------\r\nFrom: Ada <ada@customer.example>\r\nDate: 5 May "             \
    "2026\r\nSubject: Two shells\r\nTo: Omar <omar@tidewatch.example>\r\n\r\nMine came with two shells."

/* The files go to the letter of its writer, and the bytes stay where they came. */
static void forwarding_lets_nothing_out(void **state) {
    (void)state;
    scanner_start("stream: Test.Virus-1 FOUND");
    struct message m = two_files("omar@tidewatch.example", "Fwd: Two shells", FORWARDED);
    look();
    scanner_stop();
    assert_int_equal(raw_status(m.id), 403);
    int done;
    ask_to_read_again(m.id);
    struct forwarded_wish wish = {.message = m.id, .seen_version = -1, .name = S(""), .address = S("")};
    struct merge_done taken;
    assert_ok(forwarded_take(&kit.d, kit.a, &site.omar.actor, &wish, &taken));
    assert_int_equal(files_of(m.id).n, 0);
    assert_int_equal(raw_status(m.id), 403);
    struct message fresh;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_message_last_letter(c, kit.a, site.inbox.brand, taken.conversation, &fresh));
    }
    assert_int_not_equal(fresh.id, m.id);
    assert_int_equal(files_of(fresh.id).n, 2);
    assert_int_equal(raw_status(fresh.id), 403);
    /* What was asked before comes after: the files come to the colleague's letter anew, and nothing is
     * forgotten. */
    kit.d.clamd = S("/no/such/socket");
    assert_ok(jobs_run_kind(&kit.d, READER, S("read"), &done));
    assert_int_equal(done, 1);
    assert_int_equal(files_of(m.id).n, 2);
    look();
    kit.d.clamd = S("");
    for (int side = 0; side < 2; side++) {
        attachment_list files = files_of(side ? fresh.id : m.id);
        for (size_t i = 0; i < files.n; i++) assert_int_equal(file_status(files.v[i].id), 403);
        for (size_t i = 0; i < files.n; i++)
            assert_status(
                shoot(HTTP_POST, kit_path(TOYS "/a/%lld/allow", files.v[i].id), .as = &site.lena, .form = ""),
                303);
    }
    assert_int_equal(raw_status(m.id), 200);
}

/* ---- pictures from elsewhere ---- */

static struct {
    int listens;
    pthread_t thread;
    int port;
    _Atomic int asked;
    str answer;
} elsewhere;

static void *elsewhere_main(void *none) {
    (void)none;
    for (int fd; (fd = accept(elsewhere.listens, NULL, NULL)) >= 0; close(fd)) {
        char request[4096];
        elsewhere.asked++;
        if (recv(fd, request, sizeof request, 0) <= 0) continue;
        (void)!send(fd, elsewhere.answer.p, elsewhere.answer.n, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
    }
    return NULL;
}

static void elsewhere_start(str picture) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    elsewhere.asked = 0;
    elsewhere.answer = str_fmt(kit.a, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", picture.n);
    char *all = arena_alloc(kit.a, elsewhere.answer.n + picture.n);
    memcpy(all, elsewhere.answer.p, elsewhere.answer.n);
    memcpy(all + elsewhere.answer.n, picture.p, picture.n);
    elsewhere.answer = (str){all, elsewhere.answer.n + picture.n};
    elsewhere.listens = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(elsewhere.listens, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(elsewhere.listens, 8), 0);
    assert_int_equal(getsockname(elsewhere.listens, (struct sockaddr *)&at, &n), 0);
    elsewhere.port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&elsewhere.thread, NULL, elsewhere_main, NULL), 0);
}

static void elsewhere_stop(void) {
    shutdown(elsewhere.listens, SHUT_RDWR);
    pthread_join(elsewhere.thread, NULL);
    close(elsewhere.listens);
}

/* The way of tests to a server on this machine. */
static err get_here(arena *a, const struct get_wish *wish, str *ret_bytes) {
    assert_false(wish->inside);
    struct get_wish here = *wish;
    here.inside = true;
    return get_bytes(a, &here, ret_bytes);
}

static err claim_pictures(db_conn *c, void *arg) {
    job_list *jobs = arg;
    *jobs = (job_list){0};
    return store_job_claim(c, kit.a, S("pictures"), kit.now, kit.now + HOUR_MS, 10, jobs);
}

static void ask_for_pictures(int64_t letter) {
    const char *ask = kit_path(TOYS "/m/%lld/pictures", letter);
    assert_status(shoot(HTTP_POST, ask, .as = &site.omar, .form = ""), 303);
}

static struct message letter_now(int64_t id) {
    struct message m;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, site.inbox.brand, id, &m));
    return m;
}

/* The sender names the addresses: what is open to those that an administrator names is not to these. */
static void a_letter_leads_nowhere_inside(void **state) {
    (void)state;
    int done;
    job_list jobs;
    elsewhere_start(a_picture());
    struct message m = mail(
        "ilse@yard.example",
        str_cstr(kit.a,
                 str_fmt(kit.a,
                         "Subject: boat\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>x</p>"
                         "<img src=\"http://127.0.0.1:%d/a.png\"><img src=\"https://127.0.0.1:%d/b.png\">"
                         "<img src=\"http://localhost:%d/c.png\"><img src=\"https://localhost:%d/d.png\">"
                         "\r\n",
                         elsewhere.port, elsewhere.port, elsewhere.port, elsewhere.port)));
    assert_int_equal(m.remote_images, 4);
    kit.d.posts_inside = true;
    ask_for_pictures(m.id);
    assert_ok(jobs_run_kind(&kit.d, READER, S("pictures"), &done));
    kit.d.posts_inside = false;
    m = letter_now(m.id);
    assert_int_equal(m.pictures, PICTURES_SHOWN);
    assert_int_equal(m.remote_images, 4);
    assert_int_equal(files_of(m.id).n, 0);
    assert_int_equal(elsewhere.asked, 0);
    /* The same with a server that can be had. */
    ask_for_pictures(m.id);
    assert_ok(db_write(kit.db, claim_pictures, &jobs));
    assert_int_equal(jobs.n, 1);
    reader *r = reader_new(READER);
    assert_ok(pictures_fetch_by(&kit.d, r, kit.a, &jobs.v[0], get_here));
    reader_free(r);
    m = letter_now(m.id);
    assert_int_equal(m.pictures, PICTURES_SHOWN);
    assert_int_equal(m.remote_images, 2); /* nobody speaks TLS there */
    assert_int_equal(files_of(m.id).n, 2);
    assert_true(files_of(m.id).v[0].remote);
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", m.id), .as = &site.rita);
    assert_status(h, 200);
    assert_has(h, "data:image/png;base64,");
    elsewhere_stop();
}

static void pictures_are_asked_for(void **state) {
    (void)state;
    struct kit_letter l = put_file("x.txt", S("x"), "text/plain");
    const char *ask = kit_path(TOYS "/m/%lld/pictures", l.id);
    assert_status(shoot(HTTP_POST, ask, .as = &site.rita, .form = ""), 403); /* a reader */
    assert_status(shoot(HTTP_POST, ask, .as = &site.hugo, .form = ""), 404);
    assert_status(shoot(HTTP_POST, ask, .as = &site.omar, .form = ""), 303);
    assert_status(shoot(HTTP_POST, ask, .as = &site.omar, .form = ""), 409); /* under way */
    int done;
    assert_ok(jobs_run_kind(&kit.d, READER, S("pictures"), &done));
    assert_int_equal(done, 1);
    struct message m;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, site.inbox.brand, l.id, &m));
    assert_int_equal(m.pictures, PICTURES_SHOWN);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();
    const struct CMUnitTest tests[] = {
        KIT_TEST(small_pictures),
        KIT_TEST(found_and_let_out),
        KIT_TEST(a_scanner_that_is_away),
        KIT_TEST(what_was_found_stays_found),
        KIT_TEST(what_was_clean_is_asked_about_again),
        KIT_TEST(forwarding_lets_nothing_out),
        KIT_TEST(pictures_are_asked_for),
        KIT_TEST(a_letter_leads_nowhere_inside),
    };
    int bad = cmocka_run_group_tests_name("files", tests, kit_open_site, kit_close_site);
    if (getenv("PG_URL"))
        bad += cmocka_run_group_tests_name("files postgres", tests, kit_open_site_postgres, kit_close_site);
    return bad;
}
