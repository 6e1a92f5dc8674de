/* status_mail: the words of the status page by mail, for those who asked twice.
 *
 * Whoever types an address gets the same answer, whatever is known of it. The address is sent one question
 * with a link of its own: at most one a day and STATUS_ASKS_MAX in all to a mailbox, so many an hour from a
 * network and so many a day from a brand. Who does not say yes is deleted: the address after STATUS_ASK_DAYS,
 * the hash that keeps us from asking again after STATUS_KEEP_DAYS. An update goes to those who had said yes
 * when it was written, once to each, at the pace of the brand's first inbox, with a link that ends it (RFC
 * 2369, RFC 8058). Of links only a hash is kept. */
#ifndef LONGHAND_DESK_STATUS_MAIL_H
#define LONGHAND_DESK_STATUS_MAIL_H

#include "desk/desk.h"
#include "format/bounce.h"
#include "store/job.h"
#include "store/status_mail.h"

enum {
    STATUS_ASKS_MAX = 3,
    STATUS_ASK_DAYS = 7,
    STATUS_KEEP_DAYS = 30,
    STATUS_LINK_DAYS = 400,      /* the link in a mail that went */
    STATUS_ASKS_OF_NETWORK = 10, /* an hour */
    STATUS_ASKS_OF_BRAND = 2000, /* a day */
    STATUS_FAILURES_MAX = 3,     /* refused mails in a row that end a subscription */
};

struct status_wish {
    int64_t brand;
    str email, language;
    str peer; /* the network address of whoever asks; "" is not limited */
};
/* ERR_INVALID: no address, or one of ours; ERR_LIMIT: too many from there, or for this brand today. */
err status_subscribe(struct desk *d, arena *a, const struct status_wish *wish);

typedef enum status_link { STATUS_LINK_NONE, STATUS_LINK_ASKED, STATUS_LINK_CONFIRMED } status_link;
typedef enum status_answer { STATUS_YES, STATUS_NO } status_answer; /* NO: stop, or do not ask again */
/* What a link from a mail leads to: nothing (any more), the question, or a subscription. */
err status_link_open(struct desk *d, arena *a, int64_t brand, str token, status_link *ret);
/* ret: how it stands now. A link that leads to nothing stays so, without an error. */
err status_link_answer(struct desk *d, arena *a, int64_t brand, str token, status_answer answer,
                       status_link *ret);
/* The same address. */
str status_link_url(const struct desk *d, arena *a, str slug, str token);

/* The job `status_ask`: the question. The job `status_tell`: an update to its subscribers. */
err status_ask_send(struct desk *d, arena *a, const struct job *job);
err status_tell_run(struct desk *d, arena *a, const struct job *job);

/* The Message-ID of a mail whose link has this hash, from this address. */
str status_message_id(arena *a, str hash, str address);
/* A machine's letter, in the transaction that files it: ret_ours where it answers a mail of the status page
 * (`names`: the Message-IDs it refers to), so that nobody need answer it. Where it is `believed` to be a
 * report about that mail, an address that will never work and one that called the mail unwanted get no more;
 * for another reason STATUS_FAILURES_MAX in a row end it. */
err status_report_in(db_conn *c, arena *a, int64_t brand, const struct bounce *b, const str_list *names,
                     bool believed, int64_t now, bool *ret_ours);
/* A mail failed for good: kept so, and the third in a row ends the subscription. */
err status_mail_failed_in(db_conn *c, int64_t brand, struct store_status_mail *mail, int64_t subscriber,
                          int64_t now);

/* `longhand forget`: ret_n subscriptions of this address went, or, where it is not for good, would go. */
err status_forget_in(db_conn *c, arena *a, int64_t brand, str email, int64_t *ret_n);
err status_forget(struct desk *d, arena *a, int64_t brand, str email, bool for_good, int64_t *ret_n);
/* Hourly: what has expired. */
err status_mail_sweep(struct desk *d);
/* For tests: forget who asked how often. */
void status_forget_tries(void);

#endif
