/* check_page: the letter check beside the composer: live as JSON, as a list on the page for browsers
 * without scripts, and as the reasons why a reply was not sent. */
#ifndef LONGHAND_WEB_CHECK_PAGE_H
#define LONGHAND_WEB_CHECK_PAGE_H

#include "desk/checking.h"
#include "web/web.h"

struct remark_evidence {
    const struct evidence *evidence;
    uint32_t start, end; /* in the units asked for */
};
struct remark_row {
    const struct remark *remark;
    str says;            /* in the reader's language */
    str words;           /* of the reply that it is about; "" the whole */
    uint32_t start, end; /* in the units asked for */
    str due_day;         /* "2026-11-27" in the brand's zone; "" no date */
    str due_text;        /* "Friday, 27 November" */
    struct remark_evidence *evidence;
};
struct check_view {
    str text;   /* the reply, and what the offsets count in */
    bool units; /* UTF-16 units and not bytes */
    str language;
    bool has_pack;
    struct remark_row *rows;
    size_t n;
    int stops, notes; /* of level stop and look */
    str summary;      /* "2 stops, 3 notes" */
};

/* Check a reply. conversation 0: a first letter. Nothing may be read at the moment by web_read. */
err check_load(struct web_call *w, int64_t conversation, str text, bool units, struct check_view **ret_view);
/* The same of remarks that were made already. */
err check_rows(struct web_call *w, int64_t conversation, str text, bool units, const remark_list *remarks,
               struct check_view **ret_view);

/* The remarks as an array, and all of a check as members. */
void check_json_remarks(const struct check_view *v, struct json_out *o);
void check_json(const struct web_call *w, struct json_out *o);

err check_do(struct web_call *w);
/* "/b/:brand/m/:id": to the place of a message in its conversation. */
err message_go(struct web_call *w);

/* ---- for templates ---- */

const char *check_tone(remark_level l); /* "ok", "look", "stop" */
str check_tone_text(struct web_call *w, remark_level l);
/* How many others got the earlier replies that it rests on; 0 when that is not what it says. */
int64_t check_customers(const struct remark_row *r);

#endif
