/* Sending, measured on the real workers over SQLite: replies that wait in the outbox leave by SMTP.
 *
 *     send_bench FOLDER PORT REPLIES    to crowd@customer.test at the mail server on this machine; the same
 * letters by a bare loop of libcurl over two connections, nothing written down
 *
 * bench/send.sh starts the mail server and runs smtp-source beside it.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "cli/cli.h"
#include "desk/brands.h"
#include "desk/intake.h"
#include "desk/people.h"
#include "desk/reply.h"
#include "jobs/jobs.h"
#include "kit.h"
#include "mail/send.h"
#include "store/raw.h"

enum { WORKERS = 4 };

static struct cli_desk desk;
static struct actor ines;
static int port;

static void open_desk(const char *folder) {
    if (cli_desk_open(folder, NULL, 0, &desk)) die("open");
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@desk.test"),
                                  .admin = S("ines@desk.test"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    struct people_setup_done done;
    if (people_setup(&desk.desk, desk.arena, &wanted, &done)) die("setup");
    ines = (struct actor){done.brand.id, done.admin.id, S("Ines Duarte")};
    struct intake_inbox inbox;
    struct store_inbox changed;
    struct inbox_form form = {.address = S("letters@desk.test"),
                              .transport = S("smtp"),
                              .smtp_host = S("127.0.0.1"),
                              .smtp_port = port,
                              .smtp_tls = S("never"),
                              .silent_after_hours = 0};
    if (intake_find(&desk.desk, desk.arena, form.address, &inbox)) die("inbox");
    if (inbox_change(&desk.desk, desk.arena, ines.brand, inbox.inbox, &form, &changed)) die("inbox");
}

/* ---- the desk ---- */

static int64_t last;

static void write_replies(int n) {
    for (int i = 0; i < n; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        struct reply_wish wish = {.to_line = S("crowd@customer.test"),
                                  .subject = S("Keeper Juno"),
                                  .seen_version = -1,
                                  .no_undo = true};
        wish.text = str_fmt(a, "Dear number %d,\n\nKeeper Juno is on her way to you.\n\nInes", i);
        struct reply_made made;
        if (reply_send(&desk.desk, a, &ines, &wish, &made)) die("reply");
        last = made.message;
    }
}

static int not_sent(void) {
    DB_READ_AUTO db_conn *c = NULL;
    int waits, going;
    if (db_read_begin(desk.desk.db, &c) ||
        store_outbox_count(c, ines.brand, OUTBOX_VIEW_WAITS, 1000000, &waits) ||
        store_outbox_count(c, ines.brand, OUTBOX_VIEW_GOING, 1000000, &going))
        die("count");
    return waits + going;
}

static double by_the_desk(void) {
    job_workers *workers;
    double began = seconds(CLOCK_MONOTONIC);
    if (job_workers_start(&desk.desk, S("/proc/self/exe"), &workers)) die("workers");
    while (not_sent()) usleep(20000);
    double took = seconds(CLOCK_MONOTONIC) - began;
    job_workers_stop(workers);
    return took;
}

/* ---- the bare loop ---- */

static str letter;

static void *loop(void *count) {
    int n = *(int *)count;
    ARENA_AUTO arena *a = arena_new(0);
    struct smtp_options o = {.host = S("127.0.0.1"), .port = port, .tls = SMTP_TLS_NEVER};
    for (int i = 0; i < n; i++) {
        struct send_report report;
        if (smtp_send(a, &o, S("letters@desk.test"), S("crowd@customer.test"), letter, NULL, NULL, &report) ||
            report.result != SEND_ACCEPTED)
            die("the bare loop");
        arena_reset(a);
    }
    smtp_thread_end();
    return NULL;
}

static double by_a_loop(int n) {
    DB_READ_AUTO db_conn *c = NULL;
    struct raw raw;
    if (db_read_begin(desk.desk.db, &c) || store_raw_get(c, desk.arena, ines.brand, last, &raw))
        die("letter");
    letter = raw.bytes;
    pthread_t threads[WORKERS];
    int each = n / WORKERS;
    double began = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < WORKERS; i++) pthread_create(&threads[i], NULL, loop, &each);
    for (int i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
    return seconds(CLOCK_MONOTONIC) - began;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int n = (int)strtol(argv[3], NULL, 10);
    port = (int)strtol(argv[2], NULL, 10);
    random_start();
    smtp_start();
    open_desk(argv[1]);
    write_replies(n);
    double desk_took = by_the_desk();
    DB_READ_AUTO db_conn *c = NULL;
    int sent;
    if (db_read_begin(desk.desk.db, &c) ||
        store_outbox_count(c, ines.brand, OUTBOX_VIEW_SENT, 1000000, &sent) || sent != n)
        die("not all were sent");
    db_read_end(c);
    c = NULL;
    double loop_took = by_a_loop(n);
    printf(
        "| replies by SMTP to a local Postfix, 4 durable commits each, %d connections | ≥ 200/s | %.0f/s |\n",
        WORKERS, n / desk_took);
    printf(
        "| the same letters by a bare loop of libcurl, %d connections, nothing written down | | %.0f/s |\n",
        WORKERS, n / loop_took);
    cli_desk_close(&desk);
    return 0;
}
