/* The brand's world beside a letter that is being written. It comes with the glance, so that a page of a
 * letter asks the database for none of it. */
#include "web/reply_page.h"
#include "web/world_page.h"

bool world_speaks(struct web_call *w, const struct store_persona *p) {
    return w->glance && world_may_speak(p, &w->glance->world.speakers, w->who.agent.id);
}

bool world_has_personas(struct web_call *w) {
    const struct store_world *x = &w->glance->world;
    for (size_t i = 0; i < x->personas.n; i++)
        if (world_speaks(w, &x->personas.v[i])) return true;
    return false;
}

bool world_words_of(const struct store_world *x, bool avoid) {
    for (size_t i = 0; i < x->words.n; i++)
        if (x->words.v[i].avoid == avoid) return true;
    return false;
}

const struct store_world *world_beside(struct web_call *w) {
    if (!w->glance) return NULL;
    const struct store_world *x = &w->glance->world;
    return x->notes.n || x->words.n || world_has_personas(w) ? x : NULL;
}

/* Bytes of the first `chars` characters. */
static size_t bytes_of(str text, size_t chars) {
    size_t n = 0;
    for (size_t seen = 0; n < text.n; n++)
        if (((unsigned char)text.p[n] & 0xC0) != 0x80 && seen++ == chars) break;
    return n;
}

bool world_is_cut(str text, size_t chars) { return bytes_of(text, chars) < text.n; }

str world_shown(struct web_call *w, str text, size_t chars) {
    if (!world_is_cut(text, chars)) return text;
    return str_fmt(w->arena, "%.*s…", STR_FMT(str_slice(text, 0, bytes_of(text, chars))));
}

bool world_persona_is_cut(const struct store_persona *p) {
    return world_is_cut(p->who, WORLD_PERSONA_CHARS) || world_is_cut(p->speaks, WORLD_PERSONA_CHARS) ||
           world_is_cut(p->may, WORLD_PERSONA_CHARS);
}

struct store_persona world_persona_shown(struct web_call *w, const struct store_persona *p) {
    struct store_persona shown = *p;
    shown.who = world_shown(w, p->who, WORLD_PERSONA_CHARS);
    shown.speaks = world_shown(w, p->speaks, WORLD_PERSONA_CHARS);
    shown.may = world_shown(w, p->may, WORLD_PERSONA_CHARS);
    return shown;
}

err sign_off_inserts(struct web_call *w, insert_list *inserts) {
    const struct glance *g;
    TRY(glance_of(w, &g));
    for (int own = 1; own >= 0; own--)
        for (size_t i = 0; i < g->world.sign_offs.n; i++) {
            const struct store_sign_off *s = &g->world.sign_offs.v[i];
            if (s->agent_id != (own ? w->who.agent.id : 0)) continue;
            *list_add(w->arena, inserts) = (struct insert){
                .name = world_begins(w, s->text), .text = s->text, .sign_off = true, .id = s->id};
        }
    return ERR_NONE;
}

static err persona_end(struct web_call *w, const struct store_world *x, int64_t id, str *ret_end) {
    for (size_t i = 0; i < x->personas.n; i++) {
        const struct store_persona *p = &x->personas.v[i];
        if (p->id != id) continue;
        if (!world_speaks(w, p)) return err_set(ERR_DENIED, "You may not speak as this persona.");
        *ret_end = p->sign_off;
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "There is no such persona.");
}

static err chosen_end(struct web_call *w, str *ret_end) {
    const struct glance *g;
    int64_t persona, id;
    TRY(web_param_int(w, "persona", 0, &persona));
    TRY(web_param_int(w, "sign_off", 0, &id));
    TRY(glance_of(w, &g));
    web_read_end(w);
    if (persona) return persona_end(w, &g->world, persona, ret_end);
    for (size_t i = 0; i < g->world.sign_offs.n; i++) {
        const struct store_sign_off *s = &g->world.sign_offs.v[i];
        if (s->id != id || s->agent_id != (id ? 0 : w->who.agent.id)) continue;
        *ret_end = s->text;
        return ERR_NONE;
    }
    return err_set(ERR_MISSING, "There is no such sign-off.");
}

err sign_do(struct web_call *w) {
    int64_t conversation;
    str end = S("");
    TRY(reply_conversation(w, &conversation));
    TRY(chosen_end(w, &end));
    TRY(reply_keep(w, conversation));
    struct draft draft = {.conversation_id = conversation,
                          .kind = MESSAGE_REPLY,
                          .to_line = web_param(w, "to"),
                          .cc_line = web_param(w, "cc"),
                          .bcc_line = web_param(w, "bcc"),
                          .subject = web_param(w, "subject"),
                          .text =
                              world_sign(w->arena, web_param_text(w, "text"), end, w->who.agent.signature)};
    if (conversation)
        web_go(w, web_path(w, "/c/%lld#text", (long long)conversation));
    else
        web_go(w, web_path(w, "/write#text"));
    return draft_save(w->desk, w->arena, &w->actor, &draft);
}
