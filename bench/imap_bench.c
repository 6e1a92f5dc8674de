/* What many accounts that idle cost, and how fast one folder is fetched. Started by imap_bench.sh:
 *   imap_bench IMAPS_PORT CA_FILE PASSWORD ACCOUNTS
 * CA_FILE holds the system's authorities too, as in real life. Prints rows of a table. */
#include <signal.h>
#include <sys/resource.h>

#include "../test/fault/imap_peer.h"
#include "mail/send.h"

enum { MAILS = 2000 };

static struct keeper keeper = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Resident kilobytes now. */
static long resident(void) {
    char line[200];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    if (f) fclose(f);
    return kb;
}

static double cpu_seconds(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static bool all_idle(int accounts) {
    for (int id = 1; id <= accounts; id++)
        if (box_phase(&keeper, id, NULL) != IMAP_IDLE) return false;
    return true;
}

static void put(int id, const char *user, const char *password, const char *ca_file, int port) {
    static str inbox[] = {{"INBOX", 5}};
    static char names[BOXES][20];
    (void)snprintf(names[id], sizeof names[id], "%s", user);
    keeper.boxes[id].login = (struct imap_login){.host = S("localhost"),
                                                 .port = port,
                                                 .tls = IMAP_TLS_IMPLICIT,
                                                 .user = str_z(names[id]),
                                                 .password = str_z(password),
                                                 .ca_file = str_z(ca_file),
                                                 .inside = true};
    struct imap_account a = {.brand = 1, .id = id, .folders = {inbox, 1, 1}};
    if (imap_fetcher_put(keeper.fetcher, &a)) die("the account is refused");
}

int main(int argc, char **argv) {
    if (argc != 5) die("imap_bench IMAPS_PORT CA_FILE PASSWORD ACCOUNTS");
    int port = number(argv[1]), accounts = number(argv[4]);
    if (accounts < 1 || accounts >= BOXES) die("between 1 and 255 accounts");
    signal(SIGPIPE, SIG_IGN);
    smtp_start();
    struct imap_options o = {.hooks = {&keeper, on_login, on_stand, on_keep, on_acted, on_state}};
    if (imap_fetcher_start(&o, &keeper.fetcher)) die("the fetcher does not start");
    pause_ms(200);
    long before = resident();
    int64_t from = clock_monotonic_ms();
    for (int id = 1; id <= accounts; id++) {
        char user[20];
        (void)snprintf(user, sizeof user, "idle%03d", id);
        put(id, user, argv[3], argv[2], port);
    }
    while (!all_idle(accounts) && clock_monotonic_ms() - from < 120000) pause_ms(20);
    if (!all_idle(accounts)) die("not all accounts idle");
    double ready = (double)(clock_monotonic_ms() - from) / 1e3, cpu = cpu_seconds();
    pause_ms(10000);
    long after = resident();
    printf("| %d IMAP accounts idling over TLS, memory more | ≤ 60 MB | %.1f MB |\n", accounts,
           (double)(after - before) / 1024);
    printf("| all of them signed in and idling after | | %.1f s |\n", ready);
    printf("| processor time of all of them in 10 s of idling | | %.0f ms |\n", (cpu_seconds() - cpu) * 1e3);
    from = clock_monotonic_ms();
    put(0 + BOXES - 1, "many", argv[3], argv[2], port);
    int kept = 0;
    while (kept < MAILS && clock_monotonic_ms() - from < 120000) {
        pause_ms(2);
        box_phase(&keeper, BOXES - 1, &kept);
    }
    double seconds = (double)(clock_monotonic_ms() - from) / 1e3;
    printf("| one folder of %d mails of 2 KB fetched from Dovecot over TLS, keeping in memory | | %.0f "
           "mails/s |\n",
           kept, kept / seconds);
    imap_fetcher_stop(keeper.fetcher);
    return 0;
}
