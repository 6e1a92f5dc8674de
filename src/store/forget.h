/* store/forget: the words of one conversation are deleted; counts, dates and costs stay. */
#ifndef LONGHAND_STORE_FORGET_H
#define LONGHAND_STORE_FORGET_H

#include "base/list.h"
#include "db/db.h"
#include "store/raw.h"

typedef LIST(int64_t) forget_ids;

/* What is due, oldest first: of a child, done since `done_before` or wanted by the grown-up until `now`, and
 * nobody worries. */
err store_forget_due(db_conn *c, arena *a, int64_t brand, int64_t done_before, int64_t now, int limit,
                     forget_ids *ret);

struct store_forget {
    int64_t conversation, customer;
    str subject;        /* what stands instead: of the conversation and of promises of ours, */
    str customer_name;  /* and of the customer */
    bool keep_customer; /* a grown-up agreed that we remember them */
};
/* Letters, replies, notes, their bytes, files, addresses, findings, drafts, search words; details of events;
 * the texts of promises; the grown-up's mail and word; the customer's name and addresses unless another
 * conversation has them. ret_messages: what was a reply, for the index of what was said; ret_objects: files
 * that no row names any more. */
err store_forget_words(db_conn *c, arena *a, int64_t brand, const struct store_forget *what,
                       forget_ids *ret_replies, hash_list *ret_objects);
/* Of these only the customer: for a memory that is not to be kept any more. */
err store_forget_customer(db_conn *c, int64_t brand, const struct store_forget *what);
/* What went out: ids of its outbox rows and of its questions to grown-ups. */
err store_forget_sent(db_conn *c, arena *a, int64_t brand, int64_t conversation, forget_ids *ret);
/* Of the search index: words of deleted messages may lie in it until it is merged. Call until *ret_more is
 * false, each in its own write. */
err store_words_scrub(db_conn *c, bool *ret_more);

/* Files put aside (net/objects.h). */
struct store_aside {
    int64_t brand_id, at;
    str hash;
};
typedef LIST(struct store_aside) store_aside_list;
err store_aside_put(db_conn *c, int64_t brand, str hash, int64_t at);
/* Those of the brand, oldest first. */
err store_aside_list_of(db_conn *c, arena *a, int64_t brand, int limit, store_aside_list *ret);
err store_aside_delete(db_conn *c, int64_t brand, str hash);
/* Does any row of any brand name this file? */
err store_object_wanted(db_conn *c, str hash, bool *ret);

#endif
