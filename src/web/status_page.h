/* status_page: what everybody sees of a status page beside the bytes that are kept ready (status_board.h):
 * the form for mails, the page behind the links in them. */
#ifndef LONGHAND_WEB_STATUS_PAGE_H
#define LONGHAND_WEB_STATUS_PAGE_H

#include "desk/status_mail.h"
#include "web/status_board.h"
#include "web/web.h"

/* GET /status/:slug and its feed and JSON, where the server has not answered them by itself. */
err status_page_view(struct web_call *w);
err status_feed_view(struct web_call *w);
err status_json_view(struct web_call *w);

struct status_site {
    struct web_call *w;
    struct store_brand brand;
    str email, says;
    bool done;        /* the form was taken */
    status_link link; /* of the page behind a link */
    bool answered;    /* a button there was just pressed */
    bool closed;      /* the page is not open (any more) */
};
err status_subscribe_view(struct web_call *w);
err status_subscribe_do(struct web_call *w);
void status_subscribe_html(struct web_call *w);
void status_subscribe_json(const struct web_call *w, struct json_out *o);
/* A GET changes nothing: mail scanners follow links. The POST is the button `do` = yes or no, or a mail
 * program's List-Unsubscribe=One-Click (RFC 8058). */
err status_link_view(struct web_call *w);
err status_link_do(struct web_call *w);
void status_link_html(struct web_call *w);
void status_link_json(const struct web_call *w, struct json_out *o);

#endif
