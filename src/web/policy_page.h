/* policy_page: a brand's normal answers, read by all who answer letters and kept by leads; its currency. */
#ifndef LONGHAND_WEB_POLICY_PAGE_H
#define LONGHAND_WEB_POLICY_PAGE_H

#include "desk/judgement.h"
#include "web/allowance_page.h"

struct policies_view {
    struct admin admin;
    struct currency currency;
    store_policy_list live, retired;
    str typed; /* a currency that was refused */
};
err policies_view(struct web_call *w);
void policies_html(struct web_call *w);
void policies_json(const struct web_call *w, struct json_out *o);

struct policy_view {
    struct admin admin;
    struct currency currency;
    struct store_policy policy; /* id 0: a new one */
    /* In the form: as it is, or as it was typed just now. */
    str situation, item_kind, code, answer, amount, quantity, hint;
    bool pattern;     /* it is made from what agents did; saving keeps it in the place of `policy` */
    str item;         /* of a pattern: what the code names */
    int64_t replaces; /* of a pattern: the policy that stands there now; 0 none */
    bool gone;        /* it was retired meanwhile */
};
err policy_new_view(struct web_call *w);
err policy_view(struct web_call *w);
void policy_html(struct web_call *w);
void policy_json(const struct web_call *w, struct json_out *o);
err policy_do_add(struct web_call *w);
err policy_do_change(struct web_call *w);
err policy_do_retire(struct web_call *w);
err policy_do_currency(struct web_call *w);
/* A pattern becomes the policy. */
err policy_do_pattern(struct web_call *w);

void policy_json_object(const struct web_call *w, struct json_out *o, const struct store_policy *p,
                        struct currency c);

/* ---- for templates ---- */

/* "/b/SLUG/policies/new?pattern=1&..." that fills the form. */
str pattern_path(struct web_call *w, const struct store_pattern *p, struct currency c);

#endif
