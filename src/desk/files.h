/* files: what the desk does with files that came with letters: small pictures of them, a virus scan where one
 * is set up, and pictures from elsewhere when an agent asks for them. */
#ifndef LONGHAND_DESK_FILES_H
#define LONGHAND_DESK_FILES_H

#include "desk/desk.h"
#include "net/get.h"
#include "net/reader.h"
#include "store/job.h"
#include "store/message.h"

/* A file that came is worth a look: it may be a picture, or there is a virus scanner. */
bool files_wants_look(const struct desk *d, str bytes);

/* The job `examine` of one file: a small picture where it is one, and what the scanner says. A file that is
 * gone, or of which no small picture can be made, is done; a scanner that does not answer is written down and
 * asked again (the error is returned). */
err files_examine(struct desk *d, reader *r, arena *a, const struct job *job);

/* Something was found in it and no lead has said that it may be had all the same. */
bool files_held(const struct attachment *f);
/* A lead says so. ERR_CONFLICT when nothing was found in it or it is allowed already. */
err files_allow(struct desk *d, arena *a, const struct actor *who, int64_t attachment,
                int64_t *ret_conversation, int64_t *ret_message);

/* ---- pictures from elsewhere ---- */

enum {
    PICTURE_BYTES_MAX = 5 << 20,   /* of one */
    PICTURES_BYTES_MAX = 10 << 20, /* of a letter */
    PICTURES_SECONDS_MAX = 60,     /* for all of a letter */
};

/* An agent wants to see them: the desk fetches them itself, in the background. ERR_DENIED when the brand
 * forbids it; ERR_CONFLICT when the letter has none, or they are being fetched. */
err pictures_ask(struct desk *d, arena *a, const struct actor *who, int64_t message,
                 int64_t *ret_conversation);
/* The job `pictures` of one letter. What cannot be had is left out and counted. Nothing leads into a private
 * network or is asked for without encryption, whatever the operator lets webhooks do: whoever writes a letter
 * names these addresses. */
err pictures_fetch(struct desk *d, reader *r, arena *a, const struct job *job);
/* The same with another way to a server: for tests, whose server is on this machine. */
typedef err picture_getter(arena *a, const struct get_wish *wish, str *ret_bytes);
err pictures_fetch_by(struct desk *d, reader *r, arena *a, const struct job *job, picture_getter *get);

#endif
