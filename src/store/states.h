/* The closed sets of the schema: an enum and its text each. X_name gives the text as stored and shown in
 * JSON; X_from reads it and is false for anything else. */
#ifndef LONGHAND_STORE_STATES_H
#define LONGHAND_STORE_STATES_H

#include "base/str.h"

typedef enum conversation_state { CONVERSATION_US, CONVERSATION_THEM, CONVERSATION_DONE } conversation_state;
typedef enum message_kind { MESSAGE_LETTER, MESSAGE_REPLY, MESSAGE_NOTE } message_kind;
/* NONE for letters and notes; RECORDED: answered by hand (by post, on the telephone). */
typedef enum message_state {
    MESSAGE_NONE,
    MESSAGE_HELD,
    MESSAGE_QUEUED,
    MESSAGE_SENT,
    MESSAGE_FAILED,
    MESSAGE_UNCERTAIN,
    MESSAGE_RECORDED
} message_state;
/* The last three: posts of a network (social/social.h). */
typedef enum channel {
    CHANNEL_MAIL,
    CHANNEL_PAPER,
    CHANNEL_CALL,
    CHANNEL_WEB,
    CHANNEL_BLUESKY,
    CHANNEL_MASTODON,
    CHANNEL_HOOK
} channel;
static inline bool channel_is_social(channel v) { return v >= CHANNEL_BLUESKY; }
/* What raw bytes are: a mail, or the document of format/post.h. */
typedef enum raw_form { RAW_MAIL, RAW_POST } raw_form;
typedef enum raw_state { RAW_NEW, RAW_READ, RAW_UNREADABLE, RAW_DUPLICATE, RAW_OUT } raw_state;
/* CAME: as letters do. The others were brought in (desk/import.h), and nothing answers them by itself. PAST:
 * an older letter that waits for nobody. SENT: a reply of ours, from a Sent folder. BROUGHT: a letter that
 * waits. */
typedef enum raw_origin { RAW_CAME, RAW_PAST, RAW_SENT, RAW_BROUGHT } raw_origin;
typedef enum outbox_state {
    OUTBOX_HELD,
    OUTBOX_READY,
    OUTBOX_SENDING,
    OUTBOX_DOT_SENT,
    OUTBOX_SENT,
    OUTBOX_UNCERTAIN,
    OUTBOX_FAILED,
    OUTBOX_TAKEN_BACK,
    OUTBOX_BOUNCED, /* it left, and a mail system sent it back */
    OUTBOX_STOPPED, /* its time came, but they had written again: a person decides */
    OUTBOX_LIMITED  /* waits because its inbox sends only so many letters a minute */
} outbox_state;
/* Why a conversation is done though a letter in it is unanswered. */
typedef enum close_reason {
    CLOSE_ANSWERED, /* '' in the schema: nothing is unanswered */
    CLOSE_SPAM,
    CLOSE_MACHINE,
    CLOSE_DUPLICATE,
    CLOSE_NONE_NEEDED,
    CLOSE_BLOCKED /* the sender is blocked */
} close_reason;
/* conversation.closed_kind */
enum { CLOSED_NOT = 0, CLOSED_ANSWERED = 1, CLOSED_WITHOUT = 2, CLOSED_JUNK = 3, CLOSED_MERGED = 4 };

const char *conversation_state_name(conversation_state v);
bool conversation_state_from(str s, conversation_state *ret);
const char *message_kind_name(message_kind v);
bool message_kind_from(str s, message_kind *ret);
const char *message_state_name(message_state v);
bool message_state_from(str s, message_state *ret);
const char *channel_name(channel v);
bool channel_from(str s, channel *ret);
const char *raw_form_name(raw_form v);
bool raw_form_from(str s, raw_form *ret);
const char *raw_state_name(raw_state v);
bool raw_state_from(str s, raw_state *ret);
const char *raw_origin_name(raw_origin v);
bool raw_origin_from(str s, raw_origin *ret);
const char *outbox_state_name(outbox_state v);
bool outbox_state_from(str s, outbox_state *ret);
const char *close_reason_name(close_reason v);
bool close_reason_from(str s, close_reason *ret);

#endif
