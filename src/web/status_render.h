/* status_render: the public status page as bytes: one HTML document that needs nothing else (its style stands
 * in it, allowed by a hash; no script, no picture), an Atom feed (RFC 4287) and JSON. Pure: the same page at
 * the same day gives the same bytes. */
#ifndef LONGHAND_WEB_STATUS_RENDER_H
#define LONGHAND_WEB_STATUS_RENDER_H

#include "desk/status.h"
#include "format/json.h"
#include "web/page_out.h"

enum {
    STATUS_HTML_BYTES = 20000, /* the HTML is never larger: what is older goes first */
    STATUS_FEED_BYTES = 1 << 20
};

typedef enum status_form { STATUS_HTML, STATUS_ATOM, STATUS_JSON } status_form;
enum { STATUS_FORMS = STATUS_JSON + 1 };
const char *status_form_type(status_form f);
const char *status_form_file(status_form f); /* "index.html", "feed.atom", "status.json" */

/* ERR_LIMIT when it cannot be said in that many bytes. `public_url`: what links begin with. */
err status_render(arena *a, str public_url, const struct status_public *p, int64_t now,
                  str ret_bytes[STATUS_FORMS]);
/* For the header Content-Security-Policy; the HTML says the same in itself, for copies served by others. */
str status_csp(arena *a);
/* The day in the brand's zone, as zone_days: from one to the next the page reads differently. */
int64_t status_day(const struct store_brand *brand, int64_t now);

/* ---- for templates ---- */

struct status_row {
    const struct store_status_update *update;
    str headline, words;
};
typedef LIST(struct status_row) status_row_list;

struct status_sheet {
    arena *a;
    const struct status_public *p;
    const struct lang *lang;
    const struct zone *zone;
    int64_t now;
    status_matter_list matters;
    const struct status_matter *head;         /* the newest open one; NULL none */
    const struct store_status_update *latest; /* what is shown in full; NULL none */
    bool all_work;
    str title, page_url, subscribe_url, feed_url, json_url;
    status_row_list today, before;
    bool notes; /* of components */
    bool tight; /* paragraphs are lines, to fit */
};
void status_style(struct page_out *o);                    /* the policy and the style element */
str status_iso(const struct status_sheet *s, int64_t at); /* "2026-11-22T11:40:00+01:00" */
/* With its day whenever that is: an old copy is known by it. */
str status_stamp(const struct status_sheet *s, struct page_out *o, int64_t at);
const char *status_state_words(status_state v);      /* T("Not answering") */
const char *status_state_since(status_state v);      /* T("Not answering since {0}") */
str status_zone_words(const struct status_sheet *s); /* "Europe/Berlin, CET" */

/* The standing words of an update, as on the page: for the preview, too. */
struct status_words {
    str words, by_name;
    int64_t at, edited_at, next_at;
};
struct status_words status_words_of(const struct status_sheet *s, const struct store_status_update *u);

#endif
