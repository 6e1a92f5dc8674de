#include "web/type_in_page.h"

#include "desk/conversation.h"
#include "type_in.tmpl.h"
#include "web/reply_page.h"

static str day_text(struct web_call *w, int64_t at) {
    struct local_time t;
    zone_local(w->page.zone, at, &t);
    return str_fmt(w->arena, "%04lld-%02d-%02d", (long long)t.year, t.month, t.day);
}

/* "2026-03-12" at noon in the reader's zone, so that it is the same day in every other; today means now. */
static err parse_day(struct web_call *w, str text, int64_t *ret_at) {
    int64_t part[3];
    str piece, rest = text;
    *ret_at = 0;
    if (!text.n || str_eq(text, day_text(w, w->page.now))) return ERR_NONE;
    for (int i = 0; i < 3; i++)
        if (!str_split(&rest, '-', &piece) || !str_to_int(piece, &part[i]) || part[i] < 1)
            return err_set(ERR_INVALID, "The day must be written like 2026-03-12.");
    if (rest.n || part[0] < 1970 || part[0] > 9999 || part[1] > 12 || part[2] > 31)
        return err_set(ERR_INVALID, "The day must be written like 2026-03-12.");
    *ret_at = zone_instant(w->page.zone, (int)part[0], (int)part[1], (int)part[2], 12, 0);
    return ERR_NONE;
}

err type_in_view(struct web_call *w) {
    struct type_in_view *v = arena_alloc(w->arena, sizeof *v);
    v->kind = web_param(w, "kind");
    v->name = web_param(w, "name");
    v->address = web_param(w, "address");
    v->subject = web_param(w, "subject");
    v->text = web_param_text(w, "text");
    v->today = day_text(w, w->page.now);
    v->date = web_param_has(w, "date") ? web_param(w, "date") : v->today;
    TRY(frame_load(w, web_text(w, T("Type in a letter or call")), &v->frame));
    v->frame.at = "type-in";
    w->view = v;
    return ERR_NONE;
}

void type_in_html(struct web_call *w) {
    const struct type_in_view *v = w->view;
    frame_open(w, &v->frame);
    tmpl_type_in(&w->page, v);
    frame_close(w, &v->frame);
}

err type_in_do(struct web_call *w) {
    struct typed_letter letter = {.channel =
                                      str_eq(web_param(w, "kind"), S("call")) ? CHANNEL_CALL : CHANNEL_PAPER,
                                  .name = web_param(w, "name"),
                                  .address = web_param(w, "address"),
                                  .subject = web_param(w, "subject"),
                                  .text = web_param_text(w, "text")};
    TRY(web_param_int(w, "inbox", 0, &letter.inbox));
    TRY(parse_day(w, web_param(w, "date"), &letter.came_at));
    struct reply_done *done = arena_alloc(w->arena, sizeof *done);
    TRY(conversation_type_in(w->desk, w->arena, &w->actor, &letter, &done->conversation, &done->message));
    w->view = done;
    web_go(w, web_path(w, "/c/%lld", (long long)done->conversation));
    return ERR_NONE;
}

void type_in_again(struct web_call *w) {
    int status = w->out->status;
    if (type_in_view(w)) {
        web_error(w, status, err_name(w->problem), w->says);
        return;
    }
    ((struct type_in_view *)w->view)->says = w->says;
    w->out->type = S("text/html; charset=utf-8");
    type_in_html(w);
}
