/* frame: what stands around every page: head, skip link, rail with its counts, the words that scripts say. */
#ifndef LONGHAND_WEB_FRAME_H
#define LONGHAND_WEB_FRAME_H

#include "web/glance.h"

struct frame {
    struct web_call *w;
    const struct glance *glance; /* NULL outside a brand */
    int mine;                    /* the reader's own waiting letters, up to GLANCE_COUNT_CAP */
    str title;
    int here;         /* the conversation_view whose link is marked; -1 none */
    const char *at;   /* another link of the rail that is marked: "write", "admin", ...; NULL none */
    bool list_column; /* the page has a list beside the letter */
    const char *skip; /* what the skip link leads to: "main" or "text" */
    const char *html_lang;
};

/* Reads the counts. In a view function, for signed-in pages; `title` is what the page is called. */
err frame_load(struct web_call *w, str title, struct frame *ret_frame);

void frame_open(struct web_call *w, const struct frame *f);
void frame_close(struct web_call *w, const struct frame *f);
/* Around pages for people who are not signed in, and errors. */
void frame_bare_open(struct web_call *w, str title);
void frame_bare_close(struct web_call *w);

/* ---- for templates ---- */

/* "38", or "999+" at the cap. */
str frame_count(struct web_call *w, int n);
const char *frame_view_title(
    conversation_view v); /* "Waiting longest", in English: the key of its translation */
/* "2026-11-20T08:27:04Z", for the datetime attribute. */
str frame_iso(struct web_call *w, int64_t at);
/* <time datetime=... data-since=...>1 d 17 h</time>, which a script keeps true. */
void frame_since(struct page_out *o, struct web_call *w, int64_t at);
/* A word that was promised on the status page is late since then; 0 none is (status_desk_page.c). */
int64_t frame_word_due(const struct frame *f);
/* A text to stand in another one's place or in a variable. */
str frame_text(const struct frame *f, const char *msgid);

#endif
