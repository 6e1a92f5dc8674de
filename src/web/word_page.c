/* Words that a brand uses, and words that it avoids. */
#include "web/world_page.h"
#include "world.tmpl.h"

err words_view(struct web_call *w) {
    struct words_view *v = arena_alloc(w->arena, sizeof *v);
    db_conn *c;
    TRY(voice_load(w, T("Words"), "words", &v->admin));
    TRY(web_read(w, &c));
    TRY(store_words(c, w->arena, w->who.brand.id, &v->rows));
    TRY(voice_paged(w, "/voice/words", v->rows.n, WORD_ROWS, &v->pages));
    v->form.avoid = true;
    str word = str_clip_utf8(web_param(w, "word"), 10000);
    if (w->in->method != HTTP_GET)
        v->form = (struct store_word){.word = word,
                                      .avoid = !str_eq(web_param(w, "use"), S("1")),
                                      .instead = str_clip_utf8(web_param(w, "instead"), 10000),
                                      .why = str_clip_utf8(web_param(w, "why"), 10000)};
    for (size_t i = 0; w->in->method == HTTP_GET && word.n && i < v->rows.n; i++)
        if (str_eq(v->rows.v[i].word, word)) v->form = v->rows.v[i];
    w->view = v;
    return ERR_NONE;
}

void words_html(struct web_call *w) {
    if (admin_no_view(w)) return;
    struct words_view *v = w->view;
    voice_open(w, &v->admin);
    tmpl_brand_words(&w->page, v);
    voice_close(w, &v->admin);
}

void words_json(const struct web_call *w, struct json_out *o) {
    const struct words_view *v = w->view;
    (void)w;
    json_open_object(o);
    json_key(o, S("words"));
    json_open_array(o);
    for (size_t i = 0; i < v->rows.n; i++) {
        const struct store_word *r = &v->rows.v[i];
        json_open_object(o);
        json_key(o, S("word")), json_str(o, r->word);
        json_key(o, S("use")), json_bool(o, !r->avoid);
        json_key(o, S("instead")), json_str(o, r->instead);
        json_key(o, S("why")), json_str(o, r->why);
        json_key(o, S("agent")), json_id(o, r->agent_id);
        json_key(o, S("agent_name")), json_str(o, r->agent_name);
        json_key(o, S("updated_at")), json_int(o, r->updated_at);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

err word_save(struct web_call *w) {
    const struct world_word_form form = {web_param(w, "word"), !web_param_on(w, "use"),
                                         web_param(w, "instead"), web_param(w, "why")};
    err e = world_word_put(w->desk, w->arena, &w->actor, &form);
    if (e) return admin_again(w, e, words_view);
    admin_kept(w, "/voice/words");
    return ERR_NONE;
}

err word_take_away(struct web_call *w) {
    TRY(world_word_take_away(w->desk, w->arena, &w->actor, web_param(w, "word")));
    admin_kept(w, "/voice/words");
    return ERR_NONE;
}
