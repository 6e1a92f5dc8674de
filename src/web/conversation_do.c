#include "desk/conversation.h"
#include "web/conversation_page.h"

/* Everything done to a conversation leads back to it. */
static err begin(struct web_call *w, int64_t *ret_id) {
    TRY(web_id(w, 1, ret_id));
    web_go(w, web_path(w, "/c/%lld", (long long)*ret_id));
    return ERR_NONE;
}

err conversation_do_take(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    return conversation_take(w->desk, w->arena, &w->actor, id, web_param_on(w, "even_so"));
}

err conversation_do_release(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    return conversation_release(w->desk, w->arena, &w->actor, id);
}

err conversation_do_pass(struct web_call *w) {
    int64_t id, agent, note;
    TRY(begin(w, &id));
    TRY(web_param_int(w, "agent", 0, &agent));
    if (!agent) return err_set(ERR_INVALID, "To whom?");
    TRY(conversation_pass(w->desk, w->arena, &w->actor, id, agent));
    str why = web_param_text(w, "text");
    return str_trim(why).n ? conversation_note(w->desk, w->arena, &w->actor, id, why, &note) : ERR_NONE;
}

err conversation_do_close(struct web_call *w) {
    int64_t id, version;
    close_reason reason;
    TRY(begin(w, &id));
    if (!close_reason_from(web_param(w, "reason"), &reason) || reason == CLOSE_BLOCKED)
        return err_set(ERR_INVALID, "The reason is one of: none_needed, duplicate, machine, spam.");
    TRY(web_param_int(w, "version", -1, &version));
    TRY(conversation_close(w->desk, w->arena, &w->actor, id, reason, version));
    /* What is done needs no second look: on to the next letter. */
    web_go(w, web_path(w, "/list/waiting"));
    return ERR_NONE;
}

err conversation_do_reopen(struct web_call *w) {
    int64_t id;
    TRY(begin(w, &id));
    return conversation_reopen(w->desk, w->arena, &w->actor, id);
}

err conversation_do_junk(struct web_call *w) {
    int64_t id, version;
    TRY(begin(w, &id));
    bool block = web_param_on(w, "block");
    if (block && !web_may(w, RIGHT_LEAD)) return err_set(ERR_DENIED, "Only a lead may block a sender.");
    TRY(web_param_int(w, "version", -1, &version));
    TRY(conversation_junk(w->desk, w->arena, &w->actor, id, block, version));
    web_go(w, web_path(w, "/list/waiting"));
    return ERR_NONE;
}

err conversation_do_note(struct web_call *w) {
    int64_t id, note;
    TRY(begin(w, &id));
    return conversation_note(w->desk, w->arena, &w->actor, id, web_param_text(w, "text"), &note);
}

void conversation_again(struct web_call *w) {
    int64_t id;
    struct conversation_page *p;
    str says = w->says;
    int status = w->out->status;
    if (web_id(w, 1, &id) || conversation_load(w, id, false, &p)) {
        web_error(w, status, err_name(w->problem), says);
        return;
    }
    p->says = says;
    w->view = p;
    w->out->type = S("text/html; charset=utf-8");
    conversation_html(w);
}
