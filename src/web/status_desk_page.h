/* status_desk_page: where the team writes for the status page: what stands there, an update with its preview,
 * the parts it shows, the page itself. */
#ifndef LONGHAND_WEB_STATUS_DESK_PAGE_H
#define LONGHAND_WEB_STATUS_DESK_PAGE_H

#include "desk/status_mail.h"
#include "web/frame.h"
#include "web/status_render.h"

enum { STATUS_DESK_ROWS = 25 };

/* What a form says; whatever it holds is no error here. */
struct status_typed {
    status_kind kind;
    int64_t matter; /* 0: something new */
    str headline, words;
    str next; /* "12:30" in the brand's zone: the next time it is so late; "" not said */
    bool mail, all_work;
    store_status_said_list said;
    str key;
};

struct status_desk {
    struct frame frame;
    str says; /* what was wrong, "" nothing */
    bool kept, has_page, preview;
    struct status_public p;
    status_matter_list matters;
    const struct store_status_update *overdue;
    int64_t subscribers, incident;
    store_status_update_list updates; /* withdrawn ones too */
    int64_t before, next_before;
    struct status_typed typed;
    str zone, open_form; /* which panel was sent: "page", "part-ID"; "" none */
    str public_url;
};
/* One update on a page of its own. */
struct status_one {
    struct status_desk head;
    struct store_status_update u;
    store_status_edit_list edits;
    struct status_mail_count mails;
    str headline, words, next;
};

err status_desk_view(struct web_call *w);
err status_desk_post(struct web_call *w);
void status_desk_html(struct web_call *w);
void status_desk_json(const struct web_call *w, struct json_out *o);
void status_desk_posted_json(const struct web_call *w, struct json_out *o);
err status_one_view(struct web_call *w);
err status_one_edit(struct web_call *w);
err status_one_withdraw(struct web_call *w);
void status_one_html(struct web_call *w);
void status_one_json(const struct web_call *w, struct json_out *o);
err status_part_save(struct web_call *w);
err status_part_retire(struct web_call *w);
err status_page_save(struct web_call *w);

/* ---- for templates ---- */

void status_preview(struct page_out *o, const struct status_desk *v); /* what is typed, as it will read */
bool status_typed_state(const struct status_desk *v, int64_t component, status_state *ret);
/* "14:30" in the brand's zone, an hour or so from now: when a form that begins says one writes again. */
str status_next_word(const struct web_call *w);
str status_clock(const struct status_desk *v, int64_t at); /* "12:30" in the brand's zone */
str status_zone_when(const struct status_desk *v, int64_t at);
const char *status_kind_words(status_kind k);

#endif
