/* Mail of before: an mbox of N mails into a desk on SQLite, kept, read, filed and indexed for search, on one
 * core; the reader child shares it.
 *
 *     import_bench FOLDER N
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/random.h"
#include "base/zone.h"
#include "cli/cli.h"
#include "desk/import.h"
#include "desk/people.h"
#include "kit.h"

/* Of this process and of the reader children that ended. */
static double cpu_seconds(void) {
    double sum = 0;
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    for (size_t i = 0; i < 2; i++) {
        struct rusage u;
        getrusage(whose[i], &u);
        sum += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    }
    return sum;
}

static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* A tenth are replies of ours to the letter before. */
static void write_mail(FILE *f, int i, int64_t at) {
    static const char *const things[] = {"lighthouse", "ferry",        "crane",  "bakery",  "lorry",
                                         "harbour",    "glider",       "anchor", "lantern", "door",
                                         "axle",       "instructions", "figure", "engine"};
    static const char *const verbs[] = {"lost",  "found",  "broke",   "opened",
                                        "built", "missed", "dropped", "painted"};
    struct local_time t;
    char from[80], to[80], date[64];
    bool ours = i % 10 == 9;
    zone_local(NULL, at, &t);
    snprintf(from, sizeof from, "Customer %d <customer%d@people.example>", i / 10 % 20000, i / 10 % 20000);
    snprintf(to, sizeof to, "Tidewatch <letters@tidewatch.example>");
    snprintf(date, sizeof date, "%s, %02d %s %lld %02d:%02d:%02d +0000", days[t.weekday], t.day,
             months[t.month - 1], (long long)t.year, t.hour, t.minute, t.second);
    fprintf(
        f,
        "From customer%d@people.example %s %s %2d %02d:%02d:%02d %lld\nReceived: from mx.people.example by "
        "mx.tidewatch.example; %s\nFrom: %s\nTo: %s\nSubject: The %s and the %s\nDate: %s\n",
        i, days[t.weekday], months[t.month - 1], t.day, t.hour, t.minute, t.second, (long long)t.year, date,
        ours ? to : from, ours ? from : to, things[i % 14], things[(i / 14) % 14], date);
    fprintf(f, "Message-ID: <bench-%d@people.example>\n", i);
    if (ours) fprintf(f, "In-Reply-To: <bench-%d@people.example>\n", i - 1);
    fprintf(f, "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nHello,\n\n");
    unsigned x = (unsigned)i * 2654435761u;
    for (size_t n = 0; n < 1500;) {
        x = x * 1664525u + 1013904223u;
        n += (size_t)fprintf(f, "We %s the %s near the %s on day %u and it was word%u.\n", verbs[x >> 8 & 7],
                             things[(x >> 12) % 14], things[(x >> 20) % 14], x >> 24, (x >> 4) % 20000);
    }
    fputc('\n', f);
}

static void write_mbox(const char *path, int n) {
    FILE *f = fopen(path, "we");
    if (!f) die("mbox");
    int64_t first = 1262304000000, last = 1700000000000;
    for (int i = 0; i < n; i++) write_mail(f, i, first + (last - first) / n * i);
    if (fclose(f)) die("mbox");
}

int main(int argc, char **argv) {
    random_start();
    if (argc > 1 && !strcmp(argv[1], "reader")) return reader_main();
    if (argc != 3) {
        fprintf(stderr, "usage: import_bench FOLDER N\n");
        return 2;
    }
    struct cli_desk desk;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    struct people_setup_done done;
    struct import_wish wish = {.sent = IMPORT_MIXED, .program = S("/proc/self/exe")};
    struct import_report r;
    struct rusage use;
    int n = (int)strtol(argv[2], NULL, 10);
    /* Before the database's threads start. */
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    if (cli_desk_open(argv[1], NULL, 0, &desk)) die("open");
    if (people_setup(&desk.desk, desk.arena, &wanted, &done)) die("setup");
    if (intake_find(&desk.desk, desk.arena, S("letters@tidewatch.example"), &wish.to)) die("inbox");
    wish.path = str_fmt(desk.arena, "%.*s/bench.mbox", STR_FMT(desk.desk.folder));
    write_mbox(wish.path.p, n);
    double began = seconds(CLOCK_MONOTONIC), worked_before = cpu_seconds();
    if (import_run(&desk.desk, &wish, NULL, NULL, &r)) die("import");
    double took = seconds(CLOCK_MONOTONIC) - began, worked = cpu_seconds() - worked_before;
    getrusage(RUSAGE_SELF, &use);
    printf("| %d mails from an mbox into SQLite: kept, read, filed, indexed; one core | ≥ 1,200/s | %.0f/s "
           "(%.0f/s of processor time; %" PRId64 " letters, %" PRId64 " replies; %ld MB of memory) |\n",
           n, n / took, n / worked, r.kept - r.replies, r.replies, use.ru_maxrss / 1024);
    began = seconds(CLOCK_MONOTONIC);
    if (import_run(&desk.desk, &wish, NULL, NULL, &r)) die("again");
    took = seconds(CLOCK_MONOTONIC) - began;
    printf("| the same file once more: every mail is known | | %.0f/s |\n", n / took);
    if (r.known != n) die("known");
    cli_desk_close(&desk);
    return 0;
}
