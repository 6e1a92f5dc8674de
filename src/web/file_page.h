/* file_page: what came along with a message, as bytes: its HTML as a document of its own, the mail as it
 * came, and attachments. Nothing of it may run, fetch anything or be taken for a page of ours. */
#ifndef LONGHAND_WEB_FILE_PAGE_H
#define LONGHAND_WEB_FILE_PAGE_H

#include "web/web.h"

enum { INLINE_BYTES_MAX = 12 << 20 };

err letter_html(struct web_call *w);
err letter_raw(struct web_call *w);
err letter_do_reread(struct web_call *w);
err attachment_picture(struct web_call *w);  /* /a/:id: shown when it is a picture, else downloaded */
err attachment_download(struct web_call *w); /* /a/:id/:name */

#endif
