/* store/file: what becomes of the files of letters: small pictures, what a virus scanner said, pictures that
 * were fetched from elsewhere. The files themselves are in store/message.h. */
#ifndef LONGHAND_STORE_FILE_H
#define LONGHAND_STORE_FILE_H

#include "store/message.h"

/* Takes the place of the one there is. */
err store_thumb_put(db_conn *c, int64_t brand, int64_t attachment, str jpeg);
/* "" when there is none. */
err store_thumb_get(db_conn *c, arena *a, int64_t brand, int64_t attachment, str *ret_jpeg);

err store_file_scan(db_conn *c, int64_t brand, int64_t attachment, file_scan scan, str says);
err store_file_allow(db_conn *c, int64_t brand, int64_t attachment, int64_t agent);
/* Whether something was found in a file of any message that was read from these bytes, which nobody allowed.
 * A letter that a colleague forwarded is read from the colleague's, and has its files. */
err store_file_held(db_conn *c, int64_t brand, int64_t raw, bool *ret_held);
/* All of them in which something was found, allowed or not: id, message_id, hash, scan, scan_says,
 * allowed_by. */
err store_files_found(db_conn *c, arena *a, int64_t brand, int64_t raw, attachment_list *ret);

/* The letter's HTML with the places of its pictures from elsewhere, and how many of them are not shown. */
err store_pictures_show(db_conn *c, int64_t brand, int64_t message, str html, int left_out);
err store_pictures_state(db_conn *c, int64_t brand, int64_t message, letter_pictures state);
/* Pictures of an earlier time. */
err store_pictures_drop(db_conn *c, int64_t brand, int64_t message);

#endif
