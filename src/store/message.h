/* store/message: what was said, to whom, with which files, and the words it is found by. */
#ifndef LONGHAND_STORE_MESSAGE_H
#define LONGHAND_STORE_MESSAGE_H

#include "base/list.h"
#include "db/db.h"
#include "format/auth_results.h"
#include "store/states.h"

/* Pictures from elsewhere: left out, asked for by somebody, those that could be had are shown. */
typedef enum letter_pictures { PICTURES_OUT, PICTURES_ASKED, PICTURES_SHOWN } letter_pictures;

struct message {
    int64_t id, conversation_id;
    message_kind kind;
    channel channel;
    message_state state;
    str machine; /* "", auto_reply, bounce, list */
    int64_t agent_id, raw_id;
    str from_name, from_address, subject, text, html;
    int remote_images;
    letter_pictures pictures; /* not written by store_message_insert */
    auth_verdict auth;        /* of a letter: does it come from whom it says? */
    str problem;              /* what could not be read, "" for nothing */
    str rfc_id;               /* Message-ID without <> */
    str same_as;              /* see the schema */
    int64_t waited_since, said_at, created_at;
    str agent_name; /* joined; not written */
    int64_t copies; /* how many stand in Cc; counted by store_message_list only */
};
typedef LIST(struct message) message_list;

typedef enum address_role { ROLE_FROM, ROLE_REPLY_TO, ROLE_TO, ROLE_CC, ROLE_BCC } address_role;
struct message_address {
    int64_t message_id;
    address_role role;
    str name, address;
};
typedef LIST(struct message_address) message_address_list;

typedef enum file_scan { SCAN_NONE, SCAN_CLEAN, SCAN_FOUND, SCAN_FAILED } file_scan;
const char *file_scan_name(file_scan s); /* "", "clean", "found", "failed" */

struct attachment {
    int64_t id, message_id, conversation_id, agent_id; /* message_id 0: of a draft */
    str name, type, content_id;
    bool shown_inline;
    int64_t size;
    str hash;
    str bytes; /* "" when in_object; read by store_attachment_get only */
    bool in_object;
    str about;  /* format/about.h; "" for most */
    bool thumb; /* there is a small picture of it */
    file_scan scan;
    str scan_says;      /* the name of what was found, or why it could not be scanned */
    int64_t allowed_by; /* the lead who lets it be downloaded although something was found */
    bool remote;        /* a picture from elsewhere, fetched because an agent asked */
    str alt;            /* what a picture of ours shows, in words; not written by the insert */
    bool examine;       /* no column: the job `examine` is to look at it when it is filed */
};
typedef LIST(struct attachment) attachment_list;

err store_message_insert(db_conn *c, int64_t brand, const struct message *row);
/* Everything a second reading can change: text, html, subject, from, machine, problem, rfc_id, same_as,
 * said_at, auth. */
err store_message_reread(db_conn *c, int64_t brand, const struct message *row);
err store_message_state(db_conn *c, int64_t brand, int64_t id, message_state state);
err store_message_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct message *ret);
/* The message and all that hangs on it but raw and outbox rows. */
err store_message_delete(db_conn *c, int64_t brand, int64_t id);
/* Newest `limit` before `before_id` (0: from the end), returned oldest first. */
err store_message_list(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t before_id,
                       int limit, message_list *ret);
/* The newest letter, or ERR_MISSING. A report of a mail system only where there is no other. */
err store_message_last_letter(db_conn *c, arena *a, int64_t brand, int64_t conversation, struct message *ret);
/* The message of the brand with this Message-ID: ret->id 0 when none. Of several the newest. */
err store_message_by_rfc_id(db_conn *c, arena *a, int64_t brand, str rfc_id, struct message *ret);
/* Id of the message with this same_as, 0 when none. */
err store_message_same(db_conn *c, int64_t brand, str same_as, int64_t *ret_id, int64_t *ret_conversation);

err store_message_address_insert(db_conn *c, int64_t brand, int position, const struct message_address *row);
err store_message_address_clear(db_conn *c, int64_t brand, int64_t message);
err store_message_addresses(db_conn *c, arena *a, int64_t brand, int64_t message, message_address_list *ret);
/* Of every message of a conversation, by message and position. */
err store_conversation_addresses(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                 message_address_list *ret);
/* Does the address stand in any From, Reply-To, To, Cc or Bcc of the conversation that we wrote or that the
 * customer wrote from? Cc of a letter does not count: an inbound Cc grants nothing. */
err store_conversation_knows(db_conn *c, int64_t brand, int64_t conversation, str address, bool *ret);

err store_attachment_insert(db_conn *c, int64_t brand, const struct attachment *row);
err store_attachment_get(db_conn *c, arena *a, int64_t brand, int64_t id, struct attachment *ret);
err store_attachment_alt(db_conn *c, int64_t brand, int64_t id, str alt);
err store_attachment_delete(db_conn *c, int64_t brand, int64_t id);
/* Without bytes. */
err store_attachments_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation,
                                      attachment_list *ret);
err store_attachments_of_message(db_conn *c, arena *a, int64_t brand, int64_t message, attachment_list *ret);
err store_attachments_of_draft(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t agent,
                               attachment_list *ret);
/* Give a draft's files to the message just written. */
err store_attachments_to_message(db_conn *c, int64_t brand, int64_t conversation, int64_t agent,
                                 int64_t message, int64_t real_conversation);
/* And back again. */
err store_attachments_to_draft(db_conn *c, int64_t brand, int64_t message, int64_t conversation,
                               int64_t agent);

/* The search index. `words` are what letter/words made, parted by spaces. Indexing again replaces. */
err store_words_put(db_conn *c, int64_t brand, int64_t message, str words);
err store_words_delete(db_conn *c, int64_t brand, int64_t message);
struct found {
    struct message message; /* html is left out */
    int64_t customer_id;
    str customer_name, conversation_subject;
    conversation_state state;
};
typedef LIST(struct found) found_list;
/* Messages that hold every word (the last may be a beginning), newest first, ids below `before_id` (0: all).
 */
err store_search(db_conn *c, arena *a, int64_t brand, const str *words, size_t n, bool last_is_prefix,
                 int64_t before_id, int limit, found_list *ret);

#endif
