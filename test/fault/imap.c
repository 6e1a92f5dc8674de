/* Fetching from a real Dovecot, each mail exactly once:
 *   imap short|full IMAP_PORT IMAPS_PORT CA_FILE PASSWORD
 * Ends with "N passed, N failed". `short` cuts a session at some bytes, `full` at every one. */
#include <signal.h>

#include "imap_peer.h"
#include "mail/send.h"

static int imap_port, imaps_port, good, bad;
static const char *ca_file, *password;
static struct keeper keeper = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct proxy proxy;

static void check(bool ok, const char *what) {
    printf("%s %s\n", ok ? "ok     " : "FAILED ", what);
    fflush(stdout);
    if (ok)
        good++;
    else
        bad++;
}

static struct imap_login login_of(const char *user, int port, imap_tls tls) {
    return (struct imap_login){.host = S("localhost"),
                               .port = port,
                               .tls = tls,
                               .user = str_z(user),
                               .password = str_z(password),
                               .ca_file = str_z(tls == IMAP_TLS_NEVER ? "" : ca_file),
                               .inside = true};
}

static str inbox_only[] = {{"INBOX", 5}}, three[] = {{"INBOX", 5}, {"Desk", 4}, {"Entw\xC3\xBCrfe", 9}};

static struct imap_account account_of(int id, str *folders, size_t n) {
    return (struct imap_account){
        .brand = 1, .id = id, .folders = {folders, n, n}, .poll_seconds = 1, .move_to = S("Kept.2026")};
}

static void begin(int id, const char *user, int port, imap_tls tls) {
    pthread_mutex_lock(&keeper.lock);
    memset(&keeper.boxes[id], 0, sizeof keeper.boxes[id]);
    keeper.boxes[id].login = login_of(user, port, tls);
    pthread_mutex_unlock(&keeper.lock);
}

static void put(const struct imap_account *a) {
    if (imap_fetcher_put(keeper.fetcher, a)) die("the account is refused");
}

/* Until it has `total` mails, or for ten seconds. */
static bool wait_total(int id, int total) {
    for (int i = 0; i < 1000; i++) {
        int n;
        box_phase(&keeper, id, &n);
        if (n >= total) return true;
        pause_ms(10);
    }
    printf("        has %d of %d: %s\n", keeper.boxes[id].total, total, keeper.boxes[id].says);
    return false;
}

static bool wait_idle(int id) {
    for (int i = 0; i < 1500; i++) {
        if (box_phase(&keeper, id, NULL) == IMAP_IDLE) return true;
        pause_ms(10);
    }
    printf("        is %s: %s\n", imap_phase_name(box_phase(&keeper, id, NULL)), keeper.boxes[id].says);
    return false;
}

static bool wait_code(int id, err code) {
    for (int i = 0; i < 1500; i++) {
        pthread_mutex_lock(&keeper.lock);
        bool is = keeper.boxes[id].state.code == code;
        pthread_mutex_unlock(&keeper.lock);
        if (is) return true;
        pause_ms(10);
    }
    return false;
}

static bool each_once(int id, int first, int last) {
    bool ok = true;
    pthread_mutex_lock(&keeper.lock);
    for (int i = first; i <= last; i++)
        if (keeper.boxes[id].times[i] != 1) {
            printf("        mail %d was kept %d times\n", i, keeper.boxes[id].times[i]);
            ok = false;
        }
    pthread_mutex_unlock(&keeper.lock);
    return ok;
}

static void fill(const char *user, const char *folder, int first, int last) {
    struct client c;
    client_open(&c, imap_port, user, password);
    for (int i = first; i <= last; i++) client_append(&c, folder, i, 0);
    client_close(&c);
}

/* --- Ways in --- */

static void ways_in(void) {
    fill("ways", "INBOX", 1, 5);
    static const imap_tls tls[] = {IMAP_TLS_NEVER, IMAP_TLS_REQUIRED, IMAP_TLS_IMPLICIT};
    for (int i = 0; i < 3; i++) {
        begin(1 + i, "ways", tls[i] == IMAP_TLS_IMPLICIT ? imaps_port : imap_port, tls[i]);
        struct imap_account a = account_of(1 + i, inbox_only, 1);
        put(&a);
        check(wait_total(1 + i, 5) && wait_idle(1 + i) && each_once(1 + i, 1, 5),
              i == 0   ? "fetched without TLS"
              : i == 1 ? "fetched by STARTTLS"
                       : "fetched by TLS");
    }
    begin(4, "ways", imap_port, IMAP_TLS_REQUIRED);
    keeper.boxes[4].login.password = S("no password of theirs");
    struct imap_account a = account_of(4, inbox_only, 1);
    put(&a);
    check(wait_code(4, ERR_DENIED) && !strstr(keeper.boxes[4].says, "theirs"), "a wrong password is said so");
    begin(5, "ways", imaps_port, IMAP_TLS_IMPLICIT);
    keeper.boxes[5].login.ca_file = S("");
    a.id = 5;
    put(&a);
    check(wait_code(5, ERR_NETWORK) && strstr(keeper.boxes[5].says, "certificate"),
          "a certificate nobody vouches for");
    begin(6, "ways", imap_port, IMAP_TLS_REQUIRED);
    keeper.boxes[6].login.inside = false;
    a.id = 6;
    put(&a);
    check(wait_code(6, ERR_INVALID), "this machine is reached only when the operator allows it");
    ARENA_AUTO arena *memory = arena_new(0);
    struct imap_login login = login_of("ways", imap_port, IMAP_TLS_REQUIRED);
    struct imap_probed found;
    err e = imap_probe(memory, &login, 10, &found);
    check(e == ERR_NONE && found.idle && found.move && found.uidplus && found.condstore &&
              found.folders.n >= 1,
          "an account can be tried");
    login.password = S("wrong");
    check(imap_probe(memory, &login, 10, &found) == ERR_DENIED, "and refuses");
    for (int i = 1; i <= 6; i++) imap_fetcher_remove(keeper.fetcher, i);
}

/* --- Ways to sign in that Dovecot is not set up for --- */

struct porter {
    int listener, port;
    const char *offers;
    bool refuses;
    pthread_t thread;
    char token[200]; /* what was said behind AUTHENTICATE, in base64 */
    atomic_bool said_login;
};

static bool porter_line(FILE *from, char line[1000]) { return fgets(line, 1000, from) != NULL; }

/* Two connections, one after the other: libcurl may need a second. */
static void *porter_run(void *argument) {
    struct porter *p = argument;
    char line[1000], tag[20], word[40];
    for (int fd; (fd = accept(p->listener, NULL, NULL)) >= 0; close(fd)) {
        FILE *from = fdopen(dup(fd), "r");
        dprintf(fd, "* OK hello\r\n");
        while (porter_line(from, line) && sscanf(line, "%19s %39s", tag, word) == 2) {
            if (strcmp(word, "CAPABILITY") == 0) dprintf(fd, "* CAPABILITY IMAP4rev1 %s\r\n", p->offers);
            if (strcmp(word, "LIST") == 0) dprintf(fd, "* LIST () \"/\" INBOX\r\n");
            if (strcmp(word, "LOGIN") == 0) atomic_store(&p->said_login, true);
            if (strcmp(word, "AUTHENTICATE") == 0) {
                dprintf(fd, "+ \r\n");
                if (!porter_line(from, line)) break;
                (void)snprintf(p->token, sizeof p->token, "%.*s", (int)strcspn(line, "\r\n"), line);
                /* A refusal in two steps, as the large providers have it. */
                if (p->refuses) dprintf(fd, "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n");
                if (p->refuses && !porter_line(from, line)) break;
            }
            dprintf(fd, "%s %s done\r\n", tag, p->refuses && strcmp(word, "AUTHENTICATE") == 0 ? "NO" : "OK");
        }
        fclose(from);
    }
    return NULL;
}

static err porter_ask(struct porter *p, const char *offers, bool refuses, const char *bearer) {
    ARENA_AUTO arena *memory = arena_new(0);
    struct imap_login login = login_of("luka@a.test", 0, IMAP_TLS_NEVER);
    struct imap_probed found;
    *p = (struct porter){.offers = offers, .refuses = refuses};
    p->listener = listen_at(&p->port);
    login.host = S("127.0.0.1");
    login.port = p->port;
    login.bearer = str_z(bearer);
    if (pthread_create(&p->thread, NULL, porter_run, p)) die("no thread");
    err e = imap_probe(memory, &login, 5, &found);
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    return e;
}

static void signing_in(void) {
    struct porter p;
    err e = porter_ask(&p, "AUTH=PLAIN AUTH=XOAUTH2", false, "ya29.t");
    /* user=luka@a.test ^A auth=Bearer ya29.t ^A ^A */
    check(e == ERR_NONE && strcmp(p.token, "dXNlcj1sdWthQGEudGVzdAFhdXRoPUJlYXJlciB5YTI5LnQBAQ==") == 0,
          "an access token is said by XOAUTH2");
    e = porter_ask(&p, "AUTH=XOAUTH2", true, "ya29.t");
    check(e == ERR_DENIED && strstr(err_text(), "access token") && !strstr(err_text(), "ya29"),
          "a token that is refused is said so, without the token");
    e = porter_ask(&p, "", false, "");
    check(e == ERR_NONE && atomic_load(&p.said_login), "where there is no SASL, LOGIN is said");
    e = porter_ask(&p, "LOGINDISABLED", false, "");
    check(e == ERR_DENIED && !atomic_load(&p.said_login), "but not where it is switched off");
}

/* --- IDLE, folders, moving --- */

static void idle(void) {
    begin(10, "idle", imaps_port, IMAP_TLS_IMPLICIT);
    struct imap_account a = account_of(10, inbox_only, 1);
    put(&a);
    check(wait_idle(10), "idles on an empty folder");
    int64_t slowest = 0;
    for (int i = 1; i <= 5; i++) {
        int64_t from = clock_monotonic_ms();
        fill("idle", "INBOX", i, i);
        wait_total(10, i);
        int64_t took = clock_monotonic_ms() - from;
        if (took > slowest) slowest = took;
    }
    printf("        the slowest of five was kept after %lld ms\n", (long long)slowest);
    check(slowest < 2000 && each_once(10, 1, 5), "a mail is kept within two seconds by IDLE");
    imap_fetcher_remove(keeper.fetcher, 10);
}

/* Moving comes after keeping. */
static bool wait_status(struct client *c, const char *folder, const char *wanted) {
    char command[200];
    (void)snprintf(command, sizeof command, "STATUS \"%s\" (MESSAGES UNSEEN)", folder);
    for (int i = 0; i < 50; i++) {
        client_must(c, command);
        if (str_find(buf_str(&c->in), str_z(wanted), 0) != SIZE_MAX) return true;
        pause_ms(100);
    }
    printf("        %.*s", (int)c->in.n, c->in.p);
    return false;
}

static void folders(void) {
    struct client c;
    client_open(&c, imap_port, "folders", password);
    client_must(&c, "CREATE Desk");
    client_must(&c, "CREATE Entw&APw-rfe");
    for (int i = 1; i <= 30; i++)
        client_append(&c, i % 3 == 0 ? "INBOX" : i % 3 == 1 ? "Desk" : "Entw&APw-rfe", i, 100);
    begin(11, "folders", imap_port, IMAP_TLS_REQUIRED);
    struct imap_account a = account_of(11, three, 3);
    a.after = IMAP_AFTER_MOVE;
    put(&a);
    check(wait_total(11, 30) && wait_idle(11) && each_once(11, 1, 30), "three folders are fetched");
    client_append(&c, "Entw&APw-rfe", 31, 0);
    client_append(&c, "INBOX", 32, 0);
    check(wait_total(11, 32) && wait_idle(11) && each_once(11, 1, 32), "and what comes into any of them");
    check(wait_status(&c, "Kept.2026", "MESSAGES 32 UNSEEN 32"), "all were moved, none was marked as seen");
    check(wait_status(&c, "INBOX", "MESSAGES 0 UNSEEN 0"), "the first folder is empty");
    pause_ms(100);
    check(keeper.boxes[11].folders[0].npending + keeper.boxes[11].folders[1].npending == 0,
          "nothing is pending");
    imap_fetcher_remove(keeper.fetcher, 11);
    client_close(&c);
}

/* --- What happens to others' mail stores --- */

static struct client other;

/* All that was kept is expunged before the next batch: every sequence number changes. */
static void expunge_kept(struct box *b, struct imap_batch *batch) {
    char line[200];
    (void)b;
    if (batch->n == 0) return;
    (void)snprintf(line, sizeof line, "UID STORE 1:%u +FLAGS.SILENT (\\Deleted)", batch->mark);
    client_must(&other, line);
    client_must(&other, "EXPUNGE");
}

static void renumbering(void) {
    fill("renumber", "INBOX", 1, 100);
    client_open(&other, imap_port, "renumber", password);
    client_must(&other, "SELECT INBOX");
    begin(12, "renumber", imap_port, IMAP_TLS_NEVER);
    keeper.boxes[12].on_keep = expunge_kept;
    struct imap_account a = account_of(12, inbox_only, 1);
    put(&a);
    check(wait_total(12, 100) && wait_idle(12) && each_once(12, 1, 100),
          "100 mails while those kept are expunged");
    check(keeper.boxes[12].folders[0].naside == 0, "none was set aside");
    imap_fetcher_remove(keeper.fetcher, 12);
    client_close(&other);
}

/* The next ones are expunged just before they are fetched. */
static void expunge_next(struct box *b, struct imap_batch *batch) {
    char line[200];
    (void)b;
    (void)snprintf(line, sizeof line, "UID STORE %u,%u +FLAGS.SILENT (\\Deleted)", batch->mark + 2,
                   batch->mark + 4);
    client_must(&other, line);
    client_must(&other, "EXPUNGE");
}

static void expunged_while_fetching(void) {
    fill("vanish", "INBOX", 1, 60);
    client_open(&other, imap_port, "vanish", password);
    client_must(&other, "SELECT INBOX");
    begin(13, "vanish", imap_port, IMAP_TLS_NEVER);
    keeper.boxes[13].on_keep = expunge_next;
    struct imap_account a = account_of(13, inbox_only, 1);
    put(&a);
    bool ok = wait_idle(13);
    int kept = 0, twice = 0;
    for (int i = 1; i <= 60; i++) {
        kept += keeper.boxes[13].times[i] > 0;
        twice += keeper.boxes[13].times[i] > 1;
    }
    client_must(&other, "UID SEARCH UID 1:*");
    int left = 0;
    for (size_t at = str_find(buf_str(&other.in), S("SEARCH"), 0) + 6;
         at < other.in.n && other.in.p[at] == ' '; left++)
        at = str_find_char(buf_str(&other.in), ' ', at + 1) < str_find_char(buf_str(&other.in), '\r', at)
                 ? str_find_char(buf_str(&other.in), ' ', at + 1)
                 : str_find_char(buf_str(&other.in), '\r', at);
    printf("        %d kept, %d left in the folder\n", kept, left);
    check(ok && twice == 0 && kept >= left && kept < 60 && keeper.boxes[13].folders[0].naside == 0,
          "mails that vanish before their turn");
    imap_fetcher_remove(keeper.fetcher, 13);
    client_close(&other);
}

static void new_uidvalidity(void) {
    struct client c;
    client_open(&c, imap_port, "anew", password);
    client_must(&c, "CREATE Desk");
    for (int i = 1; i <= 20; i++) client_append(&c, "Desk", i, 0);
    begin(14, "anew", imap_port, IMAP_TLS_NEVER);
    struct imap_account a = account_of(14, three, 2);
    put(&a);
    check(wait_total(14, 20) && wait_idle(14), "a folder is fetched");
    uint32_t before = keeper.boxes[14].folders[1].uidvalidity;
    client_must(&c, "CREATE Other");
    for (int i = 21; i >= 1; i--)
        if (i != 7) client_append(&c, "Other", i, 0);
    pause_ms(1100); /* Dovecot's UIDVALIDITY is made of seconds */
    client_must(&c, "RENAME Desk Old");
    client_must(&c, "RENAME Other Desk");
    check(wait_total(14, 21) && wait_idle(14) && each_once(14, 1, 21),
          "it is made anew, and one mail is new in it");
    check(keeper.boxes[14].folders[1].uidvalidity != before, "its UIDVALIDITY has changed");
    imap_fetcher_remove(keeper.fetcher, 14);
    client_close(&c);
}

/* --- One that is stuck --- */

static void stuck(void) {
    int port, silent = listen_at(&port);
    for (int i = 20; i < 60; i++) {
        begin(i, "stuck", port, i % 2 ? IMAP_TLS_IMPLICIT : IMAP_TLS_NEVER);
        struct imap_account a = account_of(i, inbox_only, 1);
        put(&a);
    }
    pause_ms(300);
    fill("free", "INBOX", 1, 10);
    begin(60, "free", imaps_port, IMAP_TLS_IMPLICIT);
    struct imap_account a = account_of(60, inbox_only, 1);
    int64_t from = clock_monotonic_ms();
    put(&a);
    bool ok = wait_total(60, 10);
    int64_t took = clock_monotonic_ms() - from;
    printf("        ten mails beside forty stuck accounts after %lld ms\n", (long long)took);
    check(ok && took < 3000, "stuck servers hold up no other account");
    for (int i = 20; i <= 60; i++) imap_fetcher_remove(keeper.fetcher, i);
    close(silent);
}

/* --- Cut at every byte --- */

enum { SLOTS = 16 };

static struct line *lines[SLOTS];
static char users[SLOTS][20]; /* servers allow a user only so many connections */

/* A session whose connection is cut after `cut` bytes, and what follows. How long it is uncut, in
 * `ret_whole`. */
static void cut_begin(int slot, long cut, bool upward) {
    int id = 100 + slot;
    begin(id, users[slot], lines[slot]->port, IMAP_TLS_NEVER);
    atomic_store(&lines[slot]->upward, upward);
    atomic_store(&lines[slot]->armed, cut);
    struct imap_account a = account_of(id, inbox_only, 1);
    put(&a);
}

static bool cut_check(int slot, long cut) {
    int id = 100 + slot;
    if (!wait_total(id, 12) || !wait_idle(id) || !each_once(id, 1, 12) ||
        keeper.boxes[id].folders[0].naside) {
        printf("        cut after %ld bytes\n", cut);
        return false;
    }
    return true;
}

static void cut_all(bool upward, long step) {
    long whole = 0, done = 0, wrong = 0;
    char what[200];
    cut_begin(0, -1, upward);
    cut_check(0, -1);
    whole = atomic_load(&lines[0]->passed);
    int cuts = 0;
    for (int i = 0; i < SLOTS; i++) cuts -= atomic_load(&lines[i]->cuts);
    for (long at = 1; at <= whole; at += step * SLOTS) {
        for (int i = 0; i < SLOTS; i++)
            if (at + i * step <= whole) cut_begin(i, at + i * step, upward);
        for (int i = 0; i < SLOTS; i++)
            if (at + i * step <= whole) {
                done++;
                wrong += !cut_check(i, at + i * step);
            }
    }
    for (int i = 0; i < SLOTS; i++) {
        cuts += atomic_load(&lines[i]->cuts);
        imap_fetcher_remove(keeper.fetcher, 100 + i);
    }
    (void)snprintf(what, sizeof what,
                   "%ld sessions of %ld bytes %s were cut (%d in fact), every mail was kept once", done,
                   whole, upward ? "said" : "heard", cuts);
    check(wrong == 0 && done > 0 && cuts >= done * 9 / 10, what);
}

static void cuts(bool full) {
    for (int i = 0; i < SLOTS; i++) {
        (void)snprintf(users[i], sizeof users[i], "cut%02d", i);
        fill(users[i], "INBOX", 1, 12);
    }
    keeper.pokes = true;
    cut_all(false, full ? 1 : 131);
    cut_all(true, full ? 1 : 13);
    keeper.pokes = false;
}

int main(int argc, char **argv) {
    if (argc != 6) die("imap short|full IMAP_PORT IMAPS_PORT CA_FILE PASSWORD");
    bool full = strcmp(argv[1], "full") == 0;
    imap_port = number(argv[2]);
    imaps_port = number(argv[3]);
    ca_file = argv[4];
    password = argv[5];
    signal(SIGPIPE, SIG_IGN);
    smtp_start();
    struct imap_options o = {.hooks = {&keeper, on_login, on_stand, on_keep, on_acted, on_state},
                             .batch_mails = 5,
                             .answer_seconds = 20,
                             .retry_seconds = 1};
    if (imap_fetcher_start(&o, &keeper.fetcher)) die("the fetcher does not start");
    for (int i = 0; i < SLOTS; i++) lines[i] = proxy_line(&proxy, imap_port);
    proxy_start(&proxy);
    ways_in();
    signing_in();
    idle();
    folders();
    renumbering();
    expunged_while_fetching();
    new_uidvalidity();
    stuck();
    cuts(full);
    int64_t from = clock_monotonic_ms();
    imap_fetcher_stop(keeper.fetcher);
    check(clock_monotonic_ms() - from < 3000, "it stops at once");
    proxy_stop(&proxy);
    printf("%d passed, %d failed\n", good, bad);
    return bad != 0;
}
