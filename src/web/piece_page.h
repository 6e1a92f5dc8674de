/* piece_page: frameworks, facts and notes of the brand's world, the pieces its answers are made of. All have
 * the same pages; which of them a request is about stands in the path of its row. */
#ifndef LONGHAND_WEB_PIECE_PAGE_H
#define LONGHAND_WEB_PIECE_PAGE_H

#include "desk/voice.h"
#include "web/voice_page.h"

enum { PIECE_ROWS = 50, PIECE_RETIRED_ROWS = 200 };

struct pieces_view {
    struct admin admin;
    enum voice_sort sort;
    store_piece_list pieces, retired;
    struct voice_pages pages;
};

/* A text in its parts: what stands fast, and the places to write in. */
struct piece_run {
    str text;
    bool slot;
};
typedef LIST(struct piece_run) piece_run_list;

struct piece_view {
    struct admin admin;
    enum voice_sort sort;
    struct store_piece piece; /* id 0: a new one */
    str name, text;           /* in the form: as they are, or as they were typed just now */
    bool changed;             /* somebody else changed it in the meantime: `piece` is theirs */
};

err pieces_view(struct web_call *w);
void pieces_html(struct web_call *w);
void pieces_json(const struct web_call *w, struct json_out *o);

err piece_new_view(struct web_call *w);
err piece_view(struct web_call *w);
void piece_html(struct web_call *w);
void piece_json(const struct web_call *w, struct json_out *o);
err piece_add(struct web_call *w);
err piece_save(struct web_call *w);
err piece_retire(struct web_call *w);
err piece_restore(struct web_call *w);

/* ---- for templates ---- */

str piece_path(const struct admin *v, enum voice_sort sort); /* "/b/SLUG/voice/facts" */
/* How it begins, on one line. */
str piece_begins(const struct admin *v, const struct store_piece *p);
void piece_runs(struct web_call *w, str text, piece_run_list *ret);

#endif
