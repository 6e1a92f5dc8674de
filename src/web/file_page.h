/* file_page: what came along with a message, as bytes: its HTML as a document of its own, the mail as it
 * came, and attachments. Nothing of it may run, fetch anything or be taken for a page of ours. */
#ifndef LONGHAND_WEB_FILE_PAGE_H
#define LONGHAND_WEB_FILE_PAGE_H

#include "format/about.h"
#include "store/message.h"
#include "web/web.h"

enum { INLINE_BYTES_MAX = 12 << 20 };

err letter_html(struct web_call *w);
err letter_raw(struct web_call *w);
err letter_do_reread(struct web_call *w);
err attachment_picture(struct web_call *w);  /* /a/:id: shown when it is a picture, else downloaded */
err attachment_download(struct web_call *w); /* /a/:id/:name */

err thumb_picture(struct web_call *w); /* /thumb/:id: a small picture of an attached one */
err file_do_allow(struct web_call *w); /* a lead: it may be downloaded although something was found in it */
err letter_do_pictures(struct web_call *w); /* have the pictures from elsewhere fetched */

/* file_words.c: what is said of files beside a message. */
/* NULL when there is nothing to tell of it. */
const struct about *file_about(struct web_call *w, const struct attachment *f);
str event_title(struct web_call *w, const struct about *x);         /* "Invitation", "Cancelled", ... */
str event_when(struct web_call *w, const struct about *x);          /* in the reader's zone; "" unknown */
str file_scan_text(struct web_call *w, const struct attachment *f); /* "" nothing worth saying */
void file_about_json(const struct attachment *f,
                     struct json_out *o);            /* the member "about", when there is one */
const char *letter_pictures_name(letter_pictures p); /* left_out, asked, shown */

#endif
