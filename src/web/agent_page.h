/* agent_page: oneself in one brand: signature, absence, tokens for programs. */
#ifndef LONGHAND_WEB_AGENT_PAGE_H
#define LONGHAND_WEB_AGENT_PAGE_H

#include "store/token.h"
#include "web/admin_page.h"

struct agent_view {
    struct admin admin;
    struct store_agent agent;
    str signature;           /* as it is, or as it was typed just now */
    store_token_list tokens; /* those not revoked */
    str token_name;          /* as it was typed */
    str fresh;               /* a token's text: shown now and never again; "" none */
    int64_t given_back;      /* conversations that went back to the list; -1: nobody went away just now */
};

err agent_view(struct web_call *w);
void agent_html(struct web_call *w);
void agent_json(const struct web_call *w, struct json_out *o);
err agent_save(struct web_call *w); /* the signature */
err agent_away(struct web_call *w);
err agent_back(struct web_call *w);
/* Not for programs: a token must not be able to outlive itself by making another. */
err agent_token_new(struct web_call *w);
err agent_token_revoke(struct web_call *w);

#endif
