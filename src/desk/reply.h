/* reply: a person's answer goes out. */
#ifndef LONGHAND_DESK_REPLY_H
#define LONGHAND_DESK_REPLY_H

#include "desk/checking.h"
#include "desk/post_reply.h"
#include "format/mime.h"
#include "store/conversation.h"
#include "store/message.h"
#include "store/outbox.h"

enum { LEAVE_DAYS_MAX = 365 };

struct reply_wish {
    int64_t conversation;           /* 0: write first, begin one */
    int64_t inbox;                  /* for a new one; 0: the default */
    int64_t seen_version;           /* the version the agent saw; -1: not checked (command line) */
    str to_line, cc_line, bcc_line; /* the recipients the agent saw: `a@b, Name <c@d>` */
    str subject, text;
    str key;            /* chosen by the page: the same key again sends nothing more; "" for none */
    str override;       /* "" : none; else the one sentence why it goes although the check says stop */
    str not_promised;   /* dated promises that are none: where their remarks start, bytes parted by spaces */
    reply_way way;      /* by mail, or as a post: then the lines of recipients count for nothing */
    bool by_hand;       /* answered by post or telephone: recorded, nothing is sent */
    bool close_after;   /* done when sent */
    bool no_undo;       /* leave at once (command line) */
    int64_t leave_at;   /* not at once but then, at most LEAVE_DAYS_MAX ahead; 0: after the time to undo it */
    bool knows_answers; /* `answers` is what the page showed as reply_default.to_line; else nothing is
                           compared */
    str answers;
    remark_list *stops; /* NULL, or where the remarks go that stop it; filled when they do */
};
struct reply_made {
    int64_t conversation, message;
    int64_t ready_at; /* until then it may be taken back */
};

/* Send. ONE transaction writes the message, its bytes, a row in the outbox for each recipient, the
 * conversation and the promises with a day that the check finds, and takes the draft. What is sent is exactly
 * what is kept. A wish with the key of one that was granted returns that one: browsers repeat a POST on their
 * own when a connection dies. ERR_CONFLICT when the conversation changed since `seen_version`, or whom it
 * answers since `answers` was shown (nothing is sent, the draft stays), or when the check stops the reply and
 * no override says why it goes; ERR_INVALID for an empty text, no recipient, one that is no address, or an
 * override that is no sentence; ERR_LIMIT above the size of attachments allowed or 100 recipients. */
err reply_send(struct desk *d, arena *a, const struct actor *who, const struct reply_wish *wish,
               struct reply_made *ret_made);

/* Take back a reply that is still held: it and its promises are gone, and its text is the draft again (unless
 * the agent has begun another). ERR_CONFLICT when it has left. */
err reply_take_back(struct desk *d, arena *a, const struct actor *who, int64_t message,
                    int64_t *ret_conversation);

/* Another time for a reply that has not left: `at` as leave_at, or 0: now. `seen_version` as for sending: who
 * says "now" has read what is there. ERR_CONFLICT when it has left, or for another version. */
err reply_leave(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t at,
                int64_t seen_version, int64_t *ret_conversation);
/* ERR_INVALID for a time that has passed or is too far away. */
err reply_check_time(int64_t at, int64_t now);

/* The addresses on one line; ERR_INVALID names the one that is none. Doubles are dropped. */
err reply_parse_line(arena *a, str line, mime_address_list *ret_list);

/* What the composer begins with: to whom (Reply-To or From of the newest letter; for a conversation we began,
 * the recipients of our last), and "Re: subject". Empty where nobody can be answered by mail. */
struct reply_default {
    str to_line, subject;
};
err reply_defaults(db_conn *c, arena *a, int64_t brand, const struct conversation *v,
                   struct reply_default *ret);

/* Drafts: kept while an agent types. conversation 0: of a first letter. A text above 1 MB is ERR_LIMIT. */
err draft_save(struct desk *d, arena *a, const struct actor *who, const struct draft *draft);
err draft_drop(struct desk *d, arena *a, const struct actor *who, int64_t conversation);
/* ERR_LIMIT when the brand's limit would be passed; ERR_INVALID for an empty file. */
err draft_attach(struct desk *d, arena *a, const struct actor *who, int64_t conversation, str name, str type,
                 str bytes, int64_t *ret_id);
err draft_detach(struct desk *d, arena *a, const struct actor *who, int64_t attachment);
/* What a picture of one's draft shows, in words: one line, "" none. ERR_MISSING for any other file. */
err draft_describe(struct desk *d, arena *a, const struct actor *who, int64_t conversation,
                   int64_t attachment, str alt);
/* A file's bytes. ERR_MISSING for another brand's, or for a draft's of somebody else. */
err attachment_bytes(struct desk *d, arena *a, const struct actor *who, int64_t id, struct attachment *ret);

#endif
