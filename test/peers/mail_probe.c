/* mail_probe: our two ends of mail, alone, for tests against real servers.
 *
 *   mail_probe listen ADDR:PORT|SOCKET FOLDER   an LMTP server that writes each letter to FOLDER/N and its
 *                                               envelope to FOLDER/N.to, until SIGTERM; nobody@ is refused,
 *                                               later@ put off
 *   mail_probe send HOST:PORT never|required|implicit CA-FILE USER PASSWORD FROM RCPT [COUNT] < message
 *                                               sends COUNT (1) times; prints result, how often before_dot
 * ran, and what the server said, a line each mail_probe hand SOCKET FROM RCPT < message  lmtp_hand_over;
 * prints the reply */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "mail/lmtp.h"
#include "mail/send.h"

static const char *folder;
static atomic_int kept;

static err on_recipient(void *context, str address) {
    (void)context;
    if (str_starts(address, S("nobody@"))) return ERR_MISSING;
    return str_starts(address, S("later@")) ? ERR_BUSY : ERR_NONE;
}

static err write_file(const char *path, str bytes) {
    FILE *f = fopen(path, "w");
    if (!f) return err_set(ERR_IO, "Cannot write %s.", path);
    bool good = fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
    return fclose(f) == 0 && good ? ERR_NONE : err_set(ERR_IO, "Cannot write %s.", path);
}

static err on_keep(void *context, const struct lmtp_envelope *e, size_t index) {
    (void)context;
    char path[600];
    int n = atomic_fetch_add(&kept, 1) + 1;
    BUF_AUTO buf to = BUF_MAX(2000);
    buf_add_fmt(&to, "%.*s %.*s\n", STR_FMT(e->mail_from), STR_FMT(e->rcpt.v[index]));
    snprintf(path, sizeof path, "%s/%d", folder, n);
    TRY(write_file(path, e->data));
    snprintf(path, sizeof path, "%s/%d.to", folder, n);
    return write_file(path, buf_str(&to));
}

static int listen_until_told(const char *at) {
    sigset_t wanted;
    int got;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    struct lmtp_options o = {
        str_z(at), S("probe.test"), 30 << 20, 0, {.recipient = on_recipient, .keep = on_keep}};
    lmtp_server *s;
    if (lmtp_server_start(&o, &s)) {
        fprintf(stderr, "mail_probe: %s\n", err_text());
        return 1;
    }
    printf("LMTP_PORT=%d\n", lmtp_server_port(s));
    fflush(stdout);
    sigwait(&wanted, &got);
    lmtp_server_stop(s);
    return 0;
}

static err before_dot(void *context) {
    ++*(int *)context;
    return ERR_NONE;
}

static void read_message(buf *message) {
    char *room;
    size_t n;
    while ((room = buf_room(message, 65536)) && (n = fread(room, 1, 65536, stdin)) > 0) buf_grew(message, n);
}

static int send_some(arena *a, char **v, int64_t count) {
    static const char *const names[] = {"ACCEPTED", "REFUSED", "LATER", "UNCERTAIN"};
    BUF_AUTO buf message = BUF_MAX(64 << 20);
    read_message(&message);
    str at = str_z(v[0]), host, tls = str_z(v[1]);
    int64_t port = 0;
    struct smtp_options o = {.user = str_z(v[3]), .password = str_z(v[4]), .ca_file = str_z(v[2])};
    str_split(&at, ':', &host);
    str_to_int(at, &port);
    o.host = host;
    o.port = (int)port;
    o.timeout_seconds = 20;
    o.tls = str_eq(tls, S("never"))      ? SMTP_TLS_NEVER
            : str_eq(tls, S("implicit")) ? SMTP_TLS_IMPLICIT
                                         : SMTP_TLS_REQUIRED;
    smtp_start();
    for (int64_t i = 0; i < count; i++) {
        int asked = 0;
        struct send_report r;
        err code = smtp_send(a, &o, str_z(v[5]), str_z(v[6]), buf_str(&message), before_dot, &asked, &r);
        if (code)
            printf("%s %s\n", err_name(code), err_text());
        else
            printf("%s %d %.*s\n", names[r.result], asked, STR_FMT(r.says));
    }
    smtp_thread_end();
    return 0;
}

static int hand_over(arena *a, char **v) {
    BUF_AUTO buf message = BUF_MAX(64 << 20);
    read_message(&message);
    str reply;
    err code = lmtp_hand_over(a, str_z(v[0]), str_z(v[1]), str_z(v[2]), buf_str(&message), &reply);
    if (code)
        printf("%s %s\n", err_name(code), err_text());
    else
        printf("%.*s\n", STR_FMT(reply));
    return code ? 1 : 0;
}

int main(int argc, char **argv) {
    ARENA_AUTO arena *a = arena_new(0);
    str what = str_z(argc > 1 ? argv[1] : "");
    int64_t count = 1;
    if (str_eq(what, S("listen")) && argc == 4) {
        folder = argv[3];
        return listen_until_told(argv[2]);
    }
    if (str_eq(what, S("hand")) && argc == 5) return hand_over(a, argv + 2);
    if (str_eq(what, S("send")) && (argc == 9 || (argc == 10 && str_to_int(str_z(argv[9]), &count))))
        return send_some(a, argv + 2, count);
    fprintf(stderr,
            "usage: mail_probe listen ADDR FOLDER | send HOST:PORT TLS CA USER PASSWORD FROM RCPT [COUNT] | "
            "hand SOCKET FROM RCPT\n");
    return 2;
}
