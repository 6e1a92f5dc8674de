/* store/post: what a message that is a post has beyond other messages. */
#ifndef LONGHAND_STORE_POST_H
#define LONGHAND_STORE_POST_H

#include "base/list.h"
#include "db/db.h"

struct store_post {
    int64_t message_id, inbox_id;
    str post_id, version, url;
    str thread, thread_version; /* see the schema */
    str reply_to, quote;
    str author_id, handle;
    int64_t followers;    /* -1 not known */
    str kind, visibility; /* format/post.h has the words */
    str spoiler, language;
    str extra; /* images and links as JSON (desk/post.h reads it) */
    int64_t rating, rating_max, edited_at, deleted_at, look_at;
    int64_t conversation_id; /* joined; not written */
};
typedef LIST(struct store_post) store_post_list;
struct store_post_before {
    int64_t message_id, until;
    str text;
};
typedef LIST(struct store_post_before) store_post_before_list;

err store_post_insert(db_conn *c, int64_t brand, const struct store_post *row);
/* Everything an edit can change: all but the message, the inbox and the post's id. */
err store_post_update(db_conn *c, int64_t brand, const struct store_post *row);
/* message_id 0 where the inbox has no such post. */
err store_post_by_id(db_conn *c, arena *a, int64_t brand, int64_t inbox, str post_id, struct store_post *ret);
err store_post_get(db_conn *c, arena *a, int64_t brand, int64_t message, struct store_post *ret);
/* Of its messages with ids from `from` to `to`. */
err store_posts_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t from,
                                int64_t to, store_post_list *ret);
/* The newest of a conversation, or the newest that is not deleted; message_id 0 for none. */
err store_post_newest(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool still_there,
                      struct store_post *ret);
/* How the newest letter or reply of a conversation was said: its channel, and of a post for whom
 * (format/post.h), "" where that is not known. Both "" where nothing was said. */
err store_post_last_said(db_conn *c, arena *a, int64_t brand, int64_t conversation, str *ret_channel,
                         str *ret_visibility);
/* Where the author's newest post of this thread stands, and where the thread's first one does; 0 for none. */
err store_post_thread(db_conn *c, int64_t brand, int64_t inbox, str thread, str author, int64_t *ret_own,
                      int64_t *ret_first);
/* The customer's newest conversation of this inbox that waits for us since `since` or later and whose newest
 * letter is a post for others, too; 0 for none. */
err store_post_open_of(db_conn *c, int64_t brand, int64_t inbox, int64_t customer, int64_t since,
                       int64_t *ret_conversation);
/* Where we last wrote privately to this author, after `since`; 0 for none. */
err store_post_private_place(db_conn *c, int64_t brand, int64_t inbox, str author, int64_t since,
                             int64_t *ret_conversation);
/* Those whose look_at has come, the oldest first. */
err store_posts_to_look(db_conn *c, arena *a, int64_t brand, int64_t inbox, int64_t now, int limit,
                        store_post_list *ret);
err store_post_look_at(db_conn *c, int64_t brand, int64_t message, int64_t at);
/* Is there a letter that came at `since` or later and was not deleted by its author? */
err store_post_letter_left(db_conn *c, int64_t brand, int64_t conversation, int64_t since, bool *ret);

err store_post_before_insert(db_conn *c, int64_t brand, const struct store_post_before *row);
err store_posts_before(db_conn *c, arena *a, int64_t brand, int64_t message, store_post_before_list *ret);

err store_posts_before_delete(db_conn *c, int64_t brand, int64_t message);

/* A post of ours: see the schema. */
struct store_post_out {
    int64_t outbox_id, message_id, inbox_id, position, answers_id;
    str answers_version, text, language, spoiler, visibility, to_id, to_handle;
    str reply_to, reply_to_version, root, root_version;
    int64_t written_at, tried_at;
    str post_id, post_version, url;
    bool quotes;
};
typedef LIST(struct store_post_out) store_post_out_list;

err store_post_out_insert(db_conn *c, int64_t brand, const struct store_post_out *row);
/* tried_at, post_id, post_version, url, and what it hangs on. */
err store_post_out_update(db_conn *c, int64_t brand, const struct store_post_out *row);
/* outbox_id 0 where the row of the outbox is no post. */
err store_post_out_get(db_conn *c, arena *a, int64_t brand, int64_t outbox, struct store_post_out *ret);
err store_posts_out_of_message(db_conn *c, arena *a, int64_t brand, int64_t message,
                               store_post_out_list *ret);
err store_posts_out_of_conversation(db_conn *c, arena *a, int64_t brand, int64_t conversation, int64_t from,
                                    int64_t to, store_post_out_list *ret);
/* The conversation of a post of ours with this id; 0 for none. */
err store_post_out_place(db_conn *c, int64_t brand, int64_t inbox, str post_id, int64_t *ret_conversation);
err store_post_out_delete(db_conn *c, int64_t brand, int64_t message);

/* The words of a conversation's posts, theirs and ours, and what names their author; of one message's. */
err store_posts_forget(db_conn *c, int64_t brand, int64_t conversation);
err store_post_forget(db_conn *c, int64_t brand, int64_t message);

#endif
