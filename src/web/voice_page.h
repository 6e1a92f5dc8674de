/* voice_page: how a brand answers, apart from its frameworks and facts (piece_page): phrases, replies held
 * up, what stops a send, what was sent anyway, and what people put right in what was heard. */
#ifndef LONGHAND_WEB_VOICE_PAGE_H
#define LONGHAND_WEB_VOICE_PAGE_H

#include "desk/voice.h"
#include "desk/voice_learn.h"
#include "store/finding.h"
#include "store/override.h"
#include "web/admin_page.h"

/* ---- shared with piece_page ---- */

/* Which of n rows are shown, and the ways to the others. */
struct voice_pages {
    size_t from, to;
    str first, next; /* "" none */
};
/* `path` under "/b/SLUG", with "?..." when it has parameters of its own. Reads the parameter `from`. */
err voice_paged(struct web_call *w, const char *path, size_t n, size_t per_page, struct voice_pages *ret);
err voice_load(struct web_call *w, const char *title, const char *tab, struct admin *ret_admin);
void voice_open(struct web_call *w, struct admin *v);
void voice_close(struct web_call *w, struct admin *v);

/* ---- its own pages ---- */

enum { PHRASE_ROWS = 50, APPROVED_ROWS = 20, APPROVED_MAX = 1000, OVERRIDE_ROWS = 50 };

struct phrases_view {
    struct admin admin;
    int state; /* a phrase_state; -1 all */
    store_phrase_list rows;
    size_t counts[3], all;
    struct voice_pages pages;
    bool learning; /* it was just asked for */
    str typed;
    bool typed_allowed;
};
struct approved_view {
    struct admin admin;
    store_approved_list rows;
    voice_word_list more, less; /* what the approved replies use more, and less, than the rest */
    struct voice_pages pages;
};
struct stops_view {
    struct admin admin;
    bool stops[REMARK_KINDS];
};
struct overrides_view {
    struct admin admin;
    store_override_list rows;
    bool first;
    int64_t next; /* the id to go on before; 0 none */
};
struct correction_line {
    str kind;
    int64_t n[3]; /* by correction_state */
};
typedef LIST(struct correction_line) correction_line_list;
struct corrections_view {
    struct admin admin;
    int64_t days;               /* 0: from the beginning */
    correction_line_list lines; /* most often first */
};

err voice_go(struct web_call *w);

err phrases_view(struct web_call *w);
void phrases_html(struct web_call *w);
void phrases_json(const struct web_call *w, struct json_out *o);
err phrase_save(struct web_call *w);
err phrases_learn(struct web_call *w);
err phrase_take_away(struct web_call *w);

err approved_view(struct web_call *w);
void approved_html(struct web_call *w);
void approved_json(const struct web_call *w, struct json_out *o);
err reply_do_approve(struct web_call *w);

err stops_view(struct web_call *w);
void stops_html(struct web_call *w);
void stops_json(const struct web_call *w, struct json_out *o);
err stops_save(struct web_call *w);

err overrides_view(struct web_call *w);
void overrides_html(struct web_call *w);
void overrides_json(const struct web_call *w, struct json_out *o);

err corrections_view(struct web_call *w);
void corrections_html(struct web_call *w);
void corrections_json(const struct web_call *w, struct json_out *o);

/* ---- for templates ---- */

str voice_words_text(struct web_call *w, const voice_word_list *words); /* "quay, gloves" */

const char *stop_kind_title(remark_kind k); /* NULL for a kind that never stops a send */
const char *stop_kind_help(remark_kind k);
/* "A wrong name, a whole letter others got" of "name canned_letter". */
str override_kinds_text(struct web_call *w, str kinds);
str correction_kind_text(struct web_call *w, str kind);

#endif
