/* channel_page: a brand's accounts on networks: connecting one, how it goes, pausing, removing. Passwords and
 * tokens are never sent back, neither in pages nor as JSON. Webhooks have pages of their own (hook_page.h).
 */
#ifndef LONGHAND_WEB_CHANNEL_PAGE_H
#define LONGHAND_WEB_CHANNEL_PAGE_H

#include "desk/channel.h"
#include "web/admin_page.h"

struct channels_view {
    struct admin admin;
    store_channel_list channels;      /* without credentials */
    str kind, server, account, name;  /* of the new one, as they were typed */
    int64_t made;                     /* the inbox that this call made */
    str consent_url, consent_network; /* asked for just now */
};

struct channel_page {
    struct admin admin;
    struct store_channel row; /* without credentials */
    const struct social_network *network;
    struct social_limits limits;
    str server, account; /* as they are, or as typed just now */
    str consent_url;
};

err channels_view(struct web_call *w);
void channels_html(struct web_call *w);
void channels_json(const struct web_call *w, struct json_out *o);
err channel_do_add(struct web_call *w);
err channel_do_ask(struct web_call *w); /* consent for a new account */

err channel_view(struct web_call *w);
void channel_html(struct web_call *w);
void channel_json(const struct web_call *w, struct json_out *o);
err channel_do_connect(struct web_call *w);
err channel_do_consent(struct web_call *w);
err channel_do_pause(struct web_call *w);
err channel_do_resume(struct web_call *w);
err channel_do_look(struct web_call *w);
err channel_do_remove(struct web_call *w);

/* "/social/consent": where a network sends the browser back to; "/social/client.json": who asks. */
err channel_do_consented(struct web_call *w);
err channel_client(struct web_call *w);

/* ---- for templates ---- */

str channel_network_title(const struct store_channel *row);                 /* "Bluesky" */
str channel_how(const struct web_call *w, const struct store_channel *row); /* "Connected", "Paused", ... */
bool channel_is_wrong(const struct store_channel *row);                     /* a person has to look */

#endif
