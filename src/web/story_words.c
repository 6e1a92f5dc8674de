/* Stories in words for their readers. */
#include "letter/thanks.h"
#include "web/story_page.h"

enum { LINE_BYTES = 240 };

static str fill(struct web_call *w, const char *msgid, str a0, str a1) {
    BUF_AUTO buf b = BUF_MAX(4096);
    str args[2] = {a0, a1};
    lang_fmt(&b, w->page.lang, msgid, args, 2);
    return str_copy(w->arena, buf_str(&b));
}

const char *story_shelf_title(story_shelf v) {
    switch (v) {
    case SHELF_NEW: return T("Not thanked yet");
    case SHELF_THANKED: return T("Thanked");
    case SHELF_ASKED: return T("Wait for a yes");
    case SHELF_SHOWN: return T("Shown");
    case SHELF_NO: return T("Not to be shown");
    case SHELF_ASIDE: return T("Put aside");
    }
    return "";
}

str story_begin(struct web_call *w, str letter) {
    str text = story_even(w->arena, story_own_words(w->arena, letter));
    if (!text.n) text = story_even(w->arena, letter);
    str begin = str_clip_utf8(text, LINE_BYTES);
    if (begin.n == text.n) return text;
    while (begin.n && begin.p[begin.n - 1] != ' ') begin.n--;
    if (!begin.n) begin = str_clip_utf8(text, LINE_BYTES);
    return str_fmt(w->arena, "%.*s\xE2\x80\xA6", STR_FMT(begin));
}

str story_line(struct web_call *w, const struct store_tale *s) {
    if (s->ask.quote.n) return s->ask.quote;
    return s->quote.n ? s->quote : story_begin(w, s->text);
}

static str answer_text(struct web_call *w, story_answer v) {
    switch (v) {
    case SHOW_UNSAID: return web_text(w, T("Not answered"));
    case SHOW_FULL: return web_text(w, T("Yes, in full"));
    case SHOW_FIRST: return web_text(w, T("Yes, with first name"));
    case SHOW_NAMELESS: return web_text(w, T("Yes, without a name"));
    case SHOW_NO: return web_text(w, T("No, and that is fine"));
    }
    return S("");
}

str story_state_text(struct web_call *w, const struct store_tale *s) {
    switch (s->state) {
    case STORY_FOUND:
        if (!s->thanked_at) return web_text(w, T("Not thanked yet"));
        return s->thanked_name.n ? fill(w, T("Thanked by {0}"), s->thanked_name, S(""))
                                 : web_text(w, T("Thanked"));
    case STORY_ASIDE: return web_text(w, T("Put aside"));
    case STORY_ASKED:
        if (!s->ask.message_id) return web_text(w, T("The letter with the link is not sent yet"));
        if (s->ask.expires_at <= w->page.now) return web_text(w, T("Asked, and the link has expired"));
        return fill(w, s->ask.grown_up ? T("A grown-up was asked on {0}") : T("Asked on {0}"),
                    page_day_text(&w->page, s->ask.created_at), S(""));
    case STORY_YES: return answer_text(w, s->ask.answer);
    case STORY_NO: return answer_text(w, SHOW_NO);
    case STORY_WITHDRAWN: return web_text(w, T("Taken back"));
    }
    return S("");
}

const char *story_chip(const struct store_tale *s) {
    switch (s->state) {
    case STORY_YES: return "chip--ink";
    case STORY_FOUND: return s->thanked_at ? "" : "chip--open";
    case STORY_ASKED: return "chip--open";
    case STORY_ASIDE:
    case STORY_NO:
    case STORY_WITHDRAWN: break;
    }
    return "";
}

str story_kinds_text(struct web_call *w, int kinds) {
    static const char *const words[THANKS_KINDS] = {T("thanks"), T("praises"), T("tells others")};
    BUF_AUTO buf b = BUF_MAX(1000);
    for (int i = 0; i < THANKS_KINDS; i++) {
        if (!(kinds >> i & 1)) continue;
        if (b.n) buf_add_z(&b, ", ");
        buf_add(&b, web_text(w, words[i]));
    }
    return str_copy(w->arena, buf_str(&b));
}

str story_reach_text(struct web_call *w, const struct store_tale *s) {
    if (s->reach < 0) return web_text(w, T("How many people it came to is not known."));
    str n = str_fmt(w->arena, "%lld", (long long)s->reach);
    return str_eq(s->reach_how, S("followers"))
               ? fill(w, T("Its author had {0} followers then."), n, S(""))
               : fill(w, T("It came to about {0} people, as noted by hand."), n, S(""));
}

str story_ask_text(struct web_call *w, const struct store_story_ask *k) {
    str said = answer_text(w, k->answer);
    bool yes = k->answer != SHOW_UNSAID && k->answer != SHOW_NO;
    if (!yes) return said;
    BUF_AUTO buf b = BUF_MAX(1000);
    if (k->wall) buf_add(&b, web_text(w, T("the public wall")));
    if (k->wall && k->team) buf_add_z(&b, ", ");
    if (k->team) buf_add(&b, web_text(w, T("our own walls")));
    if (k->photos) {
        buf_add_z(&b, ", ");
        buf_add(&b, web_text(w, T("with pictures")));
    }
    return fill(w, T("{0}: {1}"), said, str_copy(w->arena, buf_str(&b)));
}

str story_who(struct web_call *w, const struct story_shown *s) {
    if (s->child) return web_text(w, T("A child"));
    return s->name.n ? s->name : web_text(w, T("Somebody who wrote to us"));
}

str story_hidden_text(const struct story_page *v) {
    const struct store_story_ask *k = &v->s.ask;
    struct web_call *w = v->frame.w;
    if (v->s.state != STORY_YES) return S("");
    if (k->grown_up && !v->grown_up)
        return web_text(w, T("It is not shown: the grown-up who confirmed does not stand by this any more."));
    if (!k->grown_up && v->child)
        return web_text(
            w, T("It is not shown: a child may have written it, and no grown-up was asked. If a grown-up "
                 "wrote it, say so in the conversation."));
    return S("");
}
