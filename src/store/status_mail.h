/* store/status_mail: who wants the words of the status page by mail, and each word on its way to them. */
#ifndef LONGHAND_STORE_STATUS_MAIL_H
#define LONGHAND_STORE_STATUS_MAIL_H

#include "base/list.h"
#include "db/db.h"

typedef enum subscriber_state {
    SUBSCRIBER_ASKED,     /* has not said yes yet */
    SUBSCRIBER_CONFIRMED, /* gets updates */
    SUBSCRIBER_REFUSED    /* does not want to be asked */
} subscriber_state;

/* See the schema. */
struct store_subscriber {
    int64_t id;
    str mailbox, email, language;
    subscriber_state state;
    int64_t asks, asked_at;
    str hash;
    int64_t expires_at, confirmed_at;
};
/* Insert or, by its id, replace. */
err store_subscriber_put(db_conn *c, int64_t brand, const struct store_subscriber *row);
err store_subscriber_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_subscriber *ret);
err store_subscriber_by_mailbox(db_conn *c, arena *a, int64_t brand, str mailbox,
                                struct store_subscriber *ret);
/* By the hash of a link: of the question, or of a mail that went to them. ERR_MISSING for neither. */
err store_subscriber_by_link(db_conn *c, arena *a, int64_t brand, str hash, struct store_subscriber *ret);
/* How many were sent a question since then. */
err store_subscriber_asked(db_conn *c, int64_t brand, int64_t since, int64_t *ret_n);
/* How many get updates. */
err store_subscriber_count(db_conn *c, int64_t brand, int64_t *ret_n);
/* With all mails to them. */
err store_subscriber_delete(db_conn *c, int64_t brand, int64_t id);
/* Of an address in any of its spellings: whose mailbox hash this is; ret_n of them were there. */
err store_subscriber_forget(db_conn *c, int64_t brand, str mailbox, int64_t *ret_n);
/* Of every brand: those who were asked last before `silent` lose their address and link, those asked before
 * `gone` go; links in mails that left before `links` work no more. */
err store_subscriber_sweep(db_conn *c, int64_t silent, int64_t gone, int64_t links);
/* The next confirmed one above `after` who confirmed before `at`; ERR_MISSING when there is none. */
err store_subscriber_next(db_conn *c, arena *a, int64_t brand, int64_t after, int64_t at,
                          struct store_subscriber *ret);

typedef enum status_mail_state { STATUS_MAIL_DUE, STATUS_MAIL_SENT, STATUS_MAIL_FAILED } status_mail_state;

struct store_status_mail {
    int64_t update_id, subscriber_id;
    str hash;
    status_mail_state state;
    int64_t tries, due_at, at;
};
err store_status_mail_put(db_conn *c, int64_t brand, const struct store_status_mail *row);
err store_status_mail_get(db_conn *c, arena *a, int64_t brand, int64_t update, int64_t subscriber,
                          struct store_status_mail *ret);
/* By the hash of its link. */
err store_status_mail_by_hash(db_conn *c, arena *a, int64_t brand, str hash, struct store_status_mail *ret);
/* The one of an update that is due first; ERR_MISSING when none is. */
err store_status_mail_first_due(db_conn *c, arena *a, int64_t brand, int64_t update,
                                struct store_status_mail *ret);
/* How many of an update are in each state. */
struct status_mail_count {
    int64_t due, sent, failed;
};
err store_status_mail_count(db_conn *c, int64_t brand, int64_t update, struct status_mail_count *ret);
/* How many of the last `last` to a subscriber failed. */
err store_status_mail_failures(db_conn *c, int64_t brand, int64_t subscriber, int last, int64_t *ret_failed);
/* It is withdrawn: what was not sent is not sent. */
err store_status_mail_drop_due(db_conn *c, int64_t brand, int64_t update);

#endif
