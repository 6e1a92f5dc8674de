/* home_page: the way in, and what belongs to no brand: the brands of an account, assets, health, the API's
 * description. */
#ifndef LONGHAND_WEB_HOME_PAGE_H
#define LONGHAND_WEB_HOME_PAGE_H

#include "store/brand.h"
#include "web/frame.h"

struct home_view {
    struct frame frame;
    store_brand_list brands;
    bool administers; /* one of them: may add another */
};

err home_go(struct web_call *w); /* "/": to the only brand, or to the choice */
err home_view(struct web_call *w);
void home_html(struct web_call *w);
void home_json(const struct web_call *w, struct json_out *o);
err home_brand(struct web_call *w); /* "/b/SLUG": to its list */

err health(struct web_call *w);
/* Prometheus text, for who sends the token of desk.json. */
err figures_view(struct web_call *w);
err asset(struct web_call *w);
err openapi(struct web_call *w);

#endif
