#include "web/frame.h"

#include "frame.tmpl.h"

static const char *const view_titles[] = {
    T("Waiting longest"),          T("Mine"), T("Unassigned"), T("Waiting for them"), T("Done"),
    T("Closed without an answer"), T("Junk"),
};

const char *frame_view_title(conversation_view v) { return view_titles[v]; }

str frame_count(struct web_call *w, int n) {
    if (n >= GLANCE_COUNT_CAP) return str_fmt(w->arena, "%d+", GLANCE_COUNT_CAP - 1);
    return n > 0 ? str_fmt(w->arena, "%d", n) : S("");
}

str frame_iso(struct web_call *w, int64_t at) {
    static const char shape[] = "0000-00-00T00:00:00Z";
    static const int ends[] = {3, 6, 9, 12, 15, 18}; /* of year, month, day, hour, minute, second */
    struct local_time t;
    zone_local(NULL, at, &t);
    int64_t parts[] = {t.year, t.month, t.day, t.hour, t.minute, t.second};
    char *out = arena_copy(w->arena, shape, sizeof shape);
    /* Fifty of these are on a page: without printf. */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (int at_byte = ends[i]; parts[i] > 0 && at_byte >= 0 && out[at_byte] == '0';
             at_byte--, parts[i] /= 10)
            out[at_byte] = (char)('0' + parts[i] % 10);
    return (str){out, sizeof shape - 1};
}

void frame_since(struct page_out *o, struct web_call *w, int64_t at) { tmpl_since(o, w, at); }

str frame_text(const struct frame *f, const char *msgid) { return lang_text(f->w->page.lang, msgid); }

err frame_load(struct web_call *w, str title, struct frame *ret_frame) {
    struct frame f = {.w = w, .title = title, .here = -1, .skip = "main"};
    f.html_lang = w->page.lang ? w->page.lang->tag : "en";
    if (w->who.brand.id) {
        db_conn *c;
        TRY(glance_of(w, &f.glance));
        TRY(web_read(w, &c));
        TRY(store_conversation_count(c, w->who.brand.id, VIEW_MINE, w->who.agent.id, GLANCE_COUNT_CAP,
                                     &f.mine));
    }
    *ret_frame = f;
    return ERR_NONE;
}

void frame_open(struct web_call *w, const struct frame *f) { tmpl_frame_open(&w->page, f); }
void frame_close(struct web_call *w, const struct frame *f) { tmpl_frame_close(&w->page, f); }

void frame_bare_open(struct web_call *w, str title) {
    struct frame f = {.w = w, .title = title, .here = -1, .skip = "main"};
    f.html_lang = w->page.lang ? w->page.lang->tag : "en";
    tmpl_frame_bare_open(&w->page, &f);
}

void frame_bare_close(struct web_call *w) {
    struct frame f = {.w = w};
    tmpl_frame_bare_close(&w->page, &f);
}
