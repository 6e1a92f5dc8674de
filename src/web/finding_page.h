/* finding_page: what was found in a letter, as the conversation page shows it, and how an agent puts it
 * right: struck out, corrected, added. Offsets count in the message's text, of which the page shows a
 * beginning (what it quotes at its end is folded away). */
#ifndef LONGHAND_WEB_FINDING_PAGE_H
#define LONGHAND_WEB_FINDING_PAGE_H

#include "desk/listening.h"
#include "web/web.h"

struct finding_choice {
    str id, name;
};
struct finding_row {
    int64_t id;
    finding_kind kind;
    uint32_t start, end; /* bytes; both 0 when it stands elsewhere */
    uint32_t from, to;   /* the same in UTF-16 units, for scripts */
    str words;           /* as the letter has them; "" when it stands elsewhere */
    str value, name;     /* name: what the catalogue calls the value, "" nothing */
    str why;             /* in the reader's language */
    struct finding_choice choices[8];
    uint32_t nchoices;
    finding_state state;
    bool struck;
    str found_value, by; /* before it was corrected; who put it right */
    int64_t at;
    bool marked; /* it has a mark in the text, with the id f-ID */
};
typedef LIST(struct finding_row) finding_row_list;

/* The text of a letter cut where marks begin and end; a mark may hold others. */
struct mark_run;
typedef LIST(struct mark_run) mark_run_list;
struct mark_run {
    str text; /* when `finding` is NULL */
    const struct finding_row *finding;
    mark_run_list inner;
};

struct letter_heard {
    int64_t message;
    str language;
    bool child, has_pack, clipped;
    letter_sort sort;
    finding_row_list rows;
    mark_run_list runs; /* of `body` */
};

/* What was heard in the letter `m`, of which `body` is shown. Nothing may be read at the moment by
 * web_read. */
err heard_load(struct web_call *w, const struct message *m, str body, struct letter_heard **ret_heard);

/* ---- for templates ---- */

/* The lines of the list of findings: several kinds share one. */
enum heard_line {
    HEARD_WHO,
    HEARD_PRODUCT,
    HEARD_ORDER,
    HEARD_EVENT,
    HEARD_ASK,
    HEARD_FEELING,
    HEARD_PROMISE
};
enum { HEARD_LINES = HEARD_PROMISE + 1 };
enum heard_line heard_line_of(finding_kind k);
str heard_line_text(struct web_call *w, enum heard_line line);
size_t heard_count(const struct letter_heard *h, enum heard_line line); /* without those struck out */
size_t heard_struck(const struct letter_heard *h);
/* Is row `i` the first that says this? The same product is often named twice; and a name in the letter itself
 * says more than the sender's. */
bool heard_first(const struct letter_heard *h, size_t i);
const char *heard_mark(finding_kind k); /* the mark's class: name, product,
                                           event, ask, promise, feeling */
str heard_kind_text(struct web_call *w, finding_kind k);
/* "7", "9449 Ultrasonic Raider", "lost": "" where the words say it all. */
str heard_value_text(struct web_call *w, const struct finding_row *f);
str heard_sort_text(struct web_call *w, const struct letter_heard *h); /* "A question, in German" */
str heard_language_text(struct web_call *w, str language);             /* "German"; the tag when unknown */
/* "Milo, 7": what a link to it shows. */
str heard_short(struct web_call *w, const struct finding_row *f);
const char *heard_event_value(size_t i); /* NULL past the last */
str heard_event_text(struct web_call *w, str value);
/* The finding that says a child wrote, NULL when none does by itself. */
const struct finding_row *heard_age(const struct letter_heard *h);

/* ---- rows ---- */

void heard_json_members(const struct letter_heard *h, struct json_out *o);
err findings_view(struct web_call *w);
void findings_json(const struct web_call *w, struct json_out *o);
err finding_do_add(struct web_call *w);
void finding_json(const struct web_call *w, struct json_out *o);
err finding_do_strike(struct web_call *w);
err finding_do_correct(struct web_call *w);

#endif
