/* search_page: letters and replies that hold every word, newest first, fifty to a page. */
#ifndef LONGHAND_WEB_SEARCH_PAGE_H
#define LONGHAND_WEB_SEARCH_PAGE_H

#include "letter/words.h"
#include "store/message.h"
#include "web/frame.h"

enum { SEARCH_ROWS = 50, SEARCH_WORDS = 12, SEARCH_AROUND = 180, SEARCH_PREFIX_BYTES = 4 };

/* A found text in pieces: those that are found words, and those between. */
struct search_piece {
    str text;
    bool found;
};
typedef LIST(struct search_piece) search_pieces;

struct search_row {
    const struct found *found;
    search_pieces pieces;
};

struct search_view {
    struct frame frame;
    str words; /* as they were typed */
    LIST(struct search_row) rows;
    str next; /* path of the next page, "" none */
    bool first, asked;
    bool begins; /* nothing held the last word itself: it is taken as the beginning of one */
};

err search_view(struct web_call *w);
void search_html(struct web_call *w);
void search_json(const struct web_call *w, struct json_out *o);

/* The part of a text around the first found word, marked. */
void search_mark(arena *a, str language, str text, const word_list *words, bool last_is_prefix,
                 search_pieces *ret_pieces);

#endif
