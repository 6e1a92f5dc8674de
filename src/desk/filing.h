/* filing: where a letter belongs. Inside the caller's transaction. */
#ifndef LONGHAND_DESK_FILING_H
#define LONGHAND_DESK_FILING_H

#include "desk/desk.h"
#include "format/bounce.h"
#include "format/mime.h"
#include "store/message.h"
#include "store/raw.h"

struct post_row;
struct filing {
    int64_t brand;
    struct raw raw;
    struct message message; /* id and everything read; conversation_id is found here */
    message_address_list addresses;
    attachment_list files;
    str_list references; /* Message-IDs it names */
    str words;
    bool unreadable;
    struct desk *desk;     /* for what a report marks */
    struct bounce bounce;  /* what it says of letters that came back; no rows for nothing */
    bool no_auto_answer;   /* mime.h */
    struct post_row *post; /* desk/post.c; NULL: no post */
};

/* File one letter; `ret_conversation` is where it stands, 0 when it turned out to be a duplicate. Filing the
 * same raw row again fills its message anew and changes nothing else. */
err filing_put(db_conn *c, arena *a, struct filing *f, int64_t now, int64_t *ret_conversation);

/* The customer of an address, made when there is none. Without an address, a new customer of that name. */
err filing_customer(db_conn *c, arena *a, int64_t brand, str address, str name, int64_t now,
                    int64_t *ret_customer, bool *ret_blocked);

/* The beginning of a text for lists: one line, at most 160 bytes. */
str filing_snippet(arena *a, str text);

/* Put a message into the search index. */
err words_index_message(db_conn *c, arena *a, int64_t brand, str language, const struct message *m);
/* What the search index gets of a message: subject, sender and text, cut into words. */
str words_of_message(arena *a, str language, const struct message *m);

struct conversation;
/* A letter has come: the conversation waits for us, from its first unanswered letter on. */
void filing_letter_waits(struct conversation *v, int64_t received_at);

#endif
