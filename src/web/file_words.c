/* What is said of files beside a message. */
#include "desk/files.h"
#include "web/file_page.h"

static str fill(struct web_call *w, const char *msgid, const str *args, int n) {
    BUF_AUTO buf b = BUF_MAX(4096);
    lang_fmt(&b, w->page.lang, msgid, args, n);
    return str_copy(w->arena, buf_str(&b));
}

const struct about *file_about(struct web_call *w, const struct attachment *f) {
    struct about *x = f->about.n ? arena_alloc(w->arena, sizeof *x) : NULL;
    return x && about_read(f->about, x) ? x : NULL;
}

str event_title(struct web_call *w, const struct about *x) {
    switch (x->wish) {
    case ABOUT_INFORMS: return web_text(w, T("In the calendar"));
    case ABOUT_INVITES: return web_text(w, T("Invitation"));
    case ABOUT_CANCELS: return web_text(w, T("Called off"));
    case ABOUT_ANSWERS: return web_text(w, T("Answer to an invitation"));
    }
    return S("");
}

static str clock_text(struct web_call *w, const struct zone *z, int64_t at) {
    struct local_time l;
    zone_local(z, at, &l);
    return str_fmt(w->arena, "%02d:%02d", l.hour, l.minute);
}

static str day_text(struct web_call *w, const struct zone *z, int64_t at) {
    const struct zone *kept = w->page.zone;
    w->page.zone = z;
    str day = str_copy(w->arena, page_day_text(&w->page, at));
    w->page.zone = kept;
    return day;
}

str event_when(struct web_call *w, const struct about *x) {
    /* Days, and times without a zone, are the same wherever one is. */
    const struct zone *z = x->all_day || x->floating ? NULL : w->page.zone;
    if (!x->at) return S("");
    str first = day_text(w, z, x->at), last = x->until ? day_text(w, z, x->until) : first;
    str from = clock_text(w, z, x->at), until = x->until ? clock_text(w, z, x->until) : S("");
    bool one_day = str_eq(first, last);
    if (x->all_day) return one_day ? first : fill(w, T("{0} to {1}"), (str[]){first, last}, 2);
    if (!x->until) return fill(w, T("{0}, {1}"), (str[]){first, from}, 2);
    if (one_day) return fill(w, T("{0}, {1} to {2}"), (str[]){first, from, until}, 3);
    return fill(w, T("{0}, {1} to {2}, {3}"), (str[]){first, from, last, until}, 4);
}

str file_scan_text(struct web_call *w, const struct attachment *f) {
    if (f->agent_id) return S(""); /* ours */
    switch (f->scan) {
    case SCAN_NONE: return w->desk->clamd.n ? web_text(w, T("not checked for viruses yet")) : S("");
    case SCAN_CLEAN: return web_text(w, T("no virus found"));
    case SCAN_FOUND:
        return f->allowed_by ? fill(w, T("allowed although {0} was found"), &f->scan_says, 1) : S("");
    case SCAN_FAILED: return web_text(w, T("could not be checked for viruses"));
    }
    return S("");
}

static const char *wish_name(about_wish w) {
    switch (w) {
    case ABOUT_INFORMS: return "informs";
    case ABOUT_INVITES: return "invites";
    case ABOUT_CANCELS: return "cancels";
    case ABOUT_ANSWERS: return "answers";
    }
    return "";
}

void file_about_json(const struct attachment *f, struct json_out *o) {
    struct about x;
    if (!about_read(f->about, &x)) return;
    bool event = x.kind == ABOUT_EVENT;
    json_key(o, S("about"));
    json_open_object(o);
    json_key(o, S("kind")), json_str(o, event ? S("event") : S("letter"));
    json_key(o, S("subject")), json_str(o, x.subject);
    json_key(o, S("from")), json_str(o, x.from);
    json_key(o, S("at")), json_int(o, x.at);
    if (event) {
        json_key(o, S("until")), json_int(o, x.until);
        json_key(o, S("where")), json_str(o, x.where);
        json_key(o, S("all_day")), json_bool(o, x.all_day);
        json_key(o, S("floating")), json_bool(o, x.floating);
        json_key(o, S("wish")), json_str(o, str_z(wish_name(x.wish)));
        json_key(o, S("more")), json_int(o, x.more);
    } else {
        json_key(o, S("text")), json_str(o, x.text);
        json_key(o, S("cut")), json_bool(o, x.cut);
    }
    json_close_object(o);
}

const char *letter_pictures_name(letter_pictures p) {
    switch (p) {
    case PICTURES_OUT: return "left_out";
    case PICTURES_ASKED: return "asked";
    case PICTURES_SHOWN: return "shown";
    }
    return "";
}
