/* allowance_page: what an agent can decide alone, as room to use; leads set the amounts. The pages about
 * leeway share their head and tabs. */
#ifndef LONGHAND_WEB_ALLOWANCE_PAGE_H
#define LONGHAND_WEB_ALLOWANCE_PAGE_H

#include "desk/gesture.h"
#include "web/admin_page.h"

/* ---- shared by the pages about leeway ---- */

err leeway_load(struct web_call *w, const char *title, const char *tab, struct admin *ret_admin);
void leeway_open(struct web_call *w, struct admin *v);
void leeway_close(struct web_call *w, struct admin *v);
/* The brand's currency, in the page's read transaction. */
err leeway_currency(struct web_call *w, struct currency *ret);
/* An amount typed in the brand's currency; "" is `otherwise`. `currency`: the parameter that a form carries,
 * so that an amount in another currency than the one it was typed in is refused. */
err leeway_amount(struct web_call *w, const char *name, struct currency own, int64_t otherwise,
                  int64_t *ret_minor);
/* Amounts in JSON are text, "3.99", beside a currency. */
void leeway_json_amount(const struct web_call *w, struct json_out *o, const char *key, int64_t minor,
                        struct currency c);
/* "November 2026" from 202611. */
str leeway_month_text(struct web_call *w, int64_t month);

/* ---- its own page ---- */

struct allowance_view {
    struct admin admin;
    bool lead;
    struct allowance_page page;
    struct allowance_line own; /* the reader's; agent 0 where they do not answer letters */
    store_used_list months;
    /* What was refused: in which row it was typed. */
    int64_t typed_agent;
    int typed_role; /* -1 none */
    str typed;
};
err allowance_view(struct web_call *w);
void allowance_html(struct web_call *w);
void allowance_json(const struct web_call *w, struct json_out *o);
err allowance_save(struct web_call *w);
err allowance_do_clear(struct web_call *w);
err leeway_go(struct web_call *w);

/* ---- for templates ---- */

/* What stands in the field of a role or an agent. */
str allowance_field(const struct allowance_view *v, int role, const struct allowance_line *l);

#endif
