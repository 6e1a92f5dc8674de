/* A small desk and the words of LMTP, for the tests of the protocol and of the server. Include after
 * cmocka.h. */
#ifndef LONGHAND_UNIT_LMTP_KIT_H
#define LONGHAND_UNIT_LMTP_KIT_H

#include <pthread.h>
#include <unistd.h>

#include "mail/lmtp.h"

/* A desk that knows desk@x, busy@x, full@x and änne@x, and keeps letters in memory. */
struct desk {
    pthread_mutex_t lock;
    buf letters; /* "from|rcpt|data\n" each */
    int kept, calls;
    int slow_ms;
    err keep_answer;
    const char *says;
};

static err on_recipient(void *context, str address) {
    (void)context;
    if (str_starts(address, S("busy@"))) return ERR_DATABASE;
    if (str_starts(address, S("full@"))) return ERR_FULL;
    if (str_starts(address, S("desk@")) || str_starts(address, S("änne@"))) return ERR_NONE;
    return ERR_MISSING;
}

static err on_keep(void *context, const struct lmtp_envelope *e, size_t index) {
    struct desk *d = context;
    if (d->slow_ms) usleep((useconds_t)d->slow_ms * 1000);
    if (d->keep_answer && index == 1) return d->keep_answer;
    pthread_mutex_lock(&d->lock);
    buf_add(&d->letters, e->mail_from);
    buf_add_char(&d->letters, '|');
    buf_add(&d->letters, e->rcpt.v[index]);
    buf_add_char(&d->letters, '|');
    buf_add(&d->letters, e->data);
    buf_add_char(&d->letters, '\n');
    d->kept++;
    pthread_mutex_unlock(&d->lock);
    if (d->says) buf_add_z(e->says, d->says);
    return ERR_NONE;
}

static struct desk desk_new(void) {
    struct desk d = {.lock = PTHREAD_MUTEX_INITIALIZER, .letters = BUF_MAX(64 << 20)};
    return d;
}

static struct lmtp_hooks hooks_of(struct desk *d) {
    return (struct lmtp_hooks){.context = d, .recipient = on_recipient, .keep = on_keep};
}

/* One call for all that wait. */
static void on_keep_many(void *context, struct lmtp_letter *letters, size_t n) {
    struct desk *d = context;
    d->calls++;
    for (size_t i = 0; i < n; i++) {
        struct lmtp_letter *l = &letters[i];
        assert_true(l->says.n == 0 && l->index < l->envelope->rcpt.n);
        struct lmtp_envelope e = *l->envelope;
        e.says = &l->says;
        l->result = on_keep(d, &e, l->index);
    }
}

static struct lmtp_hooks many_hooks_of(struct desk *d) {
    return (struct lmtp_hooks){.context = d, .recipient = on_recipient, .keep_many = on_keep_many};
}

#define LHLO "LHLO mta.test\r\n"
#define LHLO_OK                                                                                              \
    "250-desk.test\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"         \
    "250-CHUNKING\r\n250 SIZE 1000\r\n"
#define MAIL "MAIL FROM:<a@b>\r\n"
#define MAIL_OK "250 2.1.0 Sender noted\r\n"
#define RCPT "RCPT TO:<desk@x>\r\n"
#define RCPT_OK "250 2.1.5 Recipient noted\r\n"
#define GO "354 End with CRLF . CRLF\r\n"
#define KEPT "250 2.0.0 Kept\r\n"
#define QUIT "QUIT\r\n"
#define BYE "221 2.0.0 Goodbye\r\n"

#endif
