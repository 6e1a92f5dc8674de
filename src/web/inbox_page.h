/* inbox_page: the addresses of a brand, and how its letters leave. A stored password is never sent back; an
 * empty field keeps it. */
#ifndef LONGHAND_WEB_INBOX_PAGE_H
#define LONGHAND_WEB_INBOX_PAGE_H

#include "store/fetch.h"
#include "store/inbox.h"
#include "store/rhythm.h"
#include "web/admin_page.h"

struct inboxes_view {
    struct admin admin;
    store_inbox_list inboxes;
    store_fetch_list fetched; /* mailboxes, without their secrets */
    store_silence_list silent;
    str address, name; /* of the new one, as they were typed */
};

struct inbox_view {
    struct admin admin;
    struct store_inbox inbox; /* as it is, or as it was typed just now; smtp_password is "" */
    str port, silent;         /* the numbers as text */
    bool has_password;
    int64_t per_minute; /* letters it sends at most; 0 no limit */
    str pace;           /* that, as it is or as it was typed */
};

err inboxes_view(struct web_call *w);
void inboxes_html(struct web_call *w);
void inboxes_json(const struct web_call *w, struct json_out *o);
err inboxes_add(struct web_call *w);

err inbox_view(struct web_call *w);
void inbox_html(struct web_call *w);
void inbox_json(const struct web_call *w, struct json_out *o); /* also of the one just added */
/* What the form leaves out stays. */
err inbox_save(struct web_call *w);
err inbox_do_disable(struct web_call *w);
err inbox_do_enable(struct web_call *w);
err inbox_do_pace(struct web_call *w); /* how many letters a minute it sends */

void inbox_pace_json(const struct web_call *w, struct json_out *o);

/* ---- for templates ---- */

/* "Fetched from imap.example.org: Paused", "Silent for longer than usual"; "" nothing to say. */
str inbox_fetched(const struct inboxes_view *v, const struct store_inbox *inbox);

/* "Default. Letters go into a folder of this machine." */
str inbox_way(const struct inboxes_view *v, const struct store_inbox *inbox);

#endif
