#include "desk/world.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/voice.h"
#include "store/agent.h"

/* ---- personas ---- */

bool world_may_speak(const struct store_persona *p, const store_speaker_list *speakers, int64_t agent) {
    if (p->everyone) return true;
    for (size_t i = 0; i < speakers->n; i++)
        if (speakers->v[i].persona_id == p->id && speakers->v[i].agent_id == agent) return true;
    return false;
}

struct persona_change {
    arena *a;
    const struct actor *who;
    const struct world_persona_form *form; /* NULL: only whether it is retired */
    struct store_persona row;              /* what was typed, checked */
    int64_t id, now;
    bool fresh, retired;
};

static err check_text_of(arena *a, const char *what, str typed, size_t max, str *ret_text) {
    str text = str_trim(typed);
    /* Browsers send each line break as two bytes; what counts is what is kept. */
    if (text.n <= 2 * max) TRY(check_text(a, what, text, 2 * max, &text));
    if (text.n > max) return err_set(ERR_INVALID, "%s is longer than %zu bytes.", what, max);
    *ret_text = text;
    return ERR_NONE;
}

static err check_persona(arena *a, const struct world_persona_form *form, struct store_persona *ret) {
    struct store_persona p = {.everyone = form->everyone};
    TRY(check_line("The name", form->name, WORLD_NAME_BYTES, &p.name));
    TRY(check_text_of(a, "Who they are", form->who, WORLD_TEXT_BYTES, &p.who));
    TRY(check_text_of(a, "How they speak", form->speaks, WORLD_TEXT_BYTES, &p.speaks));
    TRY(check_text_of(a, "What they may say", form->may, WORLD_TEXT_BYTES, &p.may));
    TRY(check_text_of(a, "The sign-off", form->sign_off, WORLD_SIGN_OFF_BYTES, &p.sign_off));
    if (form->nagents > WORLD_SPEAKERS_MAX)
        return err_set(ERR_LIMIT, "More than 500 agents are named. Let everyone speak as this persona.");
    *ret = p;
    return ERR_NONE;
}

static err check_other_personas(db_conn *c, const struct persona_change *x, str name) {
    store_persona_list all = {0};
    size_t others = 0;
    TRY(store_personas(c, x->a, x->who->brand, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].id == x->id) continue;
        others++;
        if (str_eq_nocase(all.v[i].name, name))
            return err_set(ERR_CONFLICT, "There is a persona of that name already. Give this one another, so "
                                         "that they can be told apart.");
    }
    if (others >= WORLD_PERSONAS_MAX)
        return err_set(ERR_LIMIT, "There are 30 personas. Retire one before you add another.");
    return ERR_NONE;
}

static err write_speakers(db_conn *c, const struct persona_change *x) {
    struct store_agent agent;
    TRY(store_speakers_clear(c, x->who->brand, x->id));
    for (size_t i = 0; !x->form->everyone && i < x->form->nagents; i++) {
        err e = store_agent_by_id(c, x->a, x->who->brand, x->form->agents[i], &agent);
        if (e == ERR_MISSING)
            return err_set(ERR_INVALID, "One of those who may speak as this persona does not work here.");
        TRY(e);
        TRY(store_speaker_add(c, x->who->brand, x->id, agent.id));
    }
    return ERR_NONE;
}

static err write_persona(db_conn *c, void *arg) {
    struct persona_change *x = arg;
    struct store_persona now = {.id = x->id}, row;
    if (!x->fresh) TRY(store_persona_get(c, x->a, x->who->brand, x->id, &now));
    if (x->form && x->form->seen && now.updated_at != x->form->seen)
        return err_set(ERR_CONFLICT,
                       "Somebody changed this persona while you were writing. What you wrote is "
                       "here; look at theirs before you keep yours.");
    if (!x->form && x->retired == (now.retired_at != 0)) return ERR_NONE;
    row = x->form ? x->row : now;
    row.id = x->id;
    row.retired_at = x->form ? now.retired_at : x->retired ? x->now : 0;
    if (!row.retired_at) TRY(check_other_personas(c, x, row.name));
    row.agent_id = x->who->agent;
    /* Two changes within a millisecond must not look like one to whoever saw the first. */
    row.updated_at = x->now > now.updated_at ? x->now : now.updated_at + 1;
    TRY(store_persona_put(c, x->who->brand, &row));
    return x->form ? write_speakers(c, x) : ERR_NONE;
}

err world_persona_add(const struct desk *d, arena *a, const struct actor *who,
                      const struct world_persona_form *form, int64_t *ret_id) {
    struct persona_change x = {.a = a, .who = who, .form = form, .now = desk_now(d), .fresh = true};
    TRY(check_persona(a, form, &x.row));
    x.id = id_new(x.now);
    TRY(db_write(d->db, write_persona, &x));
    desk_changed(d, who->brand, 0, "voice");
    *ret_id = x.id;
    return ERR_NONE;
}

err world_persona_change(const struct desk *d, arena *a, const struct actor *who, int64_t id,
                         const struct world_persona_form *form) {
    struct persona_change x = {.a = a, .who = who, .form = form, .id = id, .now = desk_now(d)};
    TRY(check_persona(a, form, &x.row));
    TRY(db_write(d->db, write_persona, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

err world_persona_retire(const struct desk *d, arena *a, const struct actor *who, int64_t id, bool retired) {
    struct persona_change x = {.a = a, .who = who, .id = id, .now = desk_now(d), .retired = retired};
    TRY(db_write(d->db, write_persona, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

/* ---- words ---- */

struct word_change {
    arena *a;
    const struct actor *who;
    struct store_word row;
};

static err write_word(db_conn *c, void *arg) {
    struct word_change *x = arg;
    store_word_list all = {0};
    bool there = false;
    TRY(store_words(c, x->a, x->who->brand, &all));
    for (size_t i = 0; i < all.n; i++) there = there || str_eq(all.v[i].folded, x->row.folded);
    if (!there && all.n >= WORLD_WORDS_MAX)
        return err_set(ERR_LIMIT, "There are 1000 words. Take one away before you add another.");
    return store_word_put(c, x->who->brand, &x->row);
}

err world_word_put(const struct desk *d, arena *a, const struct actor *who,
                   const struct world_word_form *form) {
    struct word_change x = {.a = a, .who = who};
    struct store_word *row = &x.row;
    *row = (struct store_word){.avoid = form->avoid, .agent_id = who->agent, .updated_at = desk_now(d)};
    str word = form->word.n <= 10000 ? voice_phrase_line(a, form->word) : form->word;
    TRY(check_line("The word", word, WORLD_WORD_BYTES, &row->word));
    TRY(check_line_or_empty("What to say instead", form->instead, WORLD_WORD_BYTES, &row->instead));
    TRY(check_line_or_empty("The reason", form->why, WORLD_WHY_BYTES, &row->why));
    row->folded = voice_phrase_key(a, row->word);
    if (!row->folded.n) return err_set(ERR_INVALID, "There is no word in it.");
    TRY(db_write(d->db, write_word, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

static err delete_word(db_conn *c, void *arg) {
    struct word_change *x = arg;
    int64_t deleted;
    TRY(store_word_delete(c, x->who->brand, x->row.folded, &deleted));
    return deleted ? ERR_NONE : err_set(ERR_MISSING, "There is no such word.");
}

err world_word_take_away(const struct desk *d, arena *a, const struct actor *who, str word) {
    if (word.n > WORLD_WORD_BYTES || !str_is_utf8(word))
        return err_set(ERR_MISSING, "There is no such word.");
    struct word_change x = {.a = a, .who = who, .row = {.folded = voice_phrase_key(a, word)}};
    TRY(db_write(d->db, delete_word, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

/* ---- ends of letters ---- */

struct sign_off_change {
    arena *a;
    const struct actor *who;
    struct store_sign_off row;
};

static err write_sign_off(db_conn *c, void *arg) {
    struct sign_off_change *x = arg;
    store_sign_off_list all = {0};
    TRY(store_sign_offs(c, x->a, x->who->brand, &all));
    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.v[i].text, x->row.text))
            return err_set(ERR_CONFLICT, "There is a sign-off like this already.");
    if (all.n >= WORLD_SIGN_OFFS_MAX)
        return err_set(ERR_LIMIT, "There are 30 sign-offs. Take one away before you add another.");
    return store_sign_off_insert(c, x->who->brand, &x->row);
}

err world_sign_off_add(const struct desk *d, arena *a, const struct actor *who, str text, int64_t *ret_id) {
    struct sign_off_change x = {.a = a, .who = who};
    TRY(check_text_of(a, "The sign-off", text, WORLD_SIGN_OFF_BYTES, &x.row.text));
    if (!x.row.text.n) return err_set(ERR_INVALID, "The sign-off is missing.");
    x.row.updated_at = desk_now(d);
    x.row.agent_id = who->agent;
    x.row.id = id_new(x.row.updated_at);
    TRY(db_write(d->db, write_sign_off, &x));
    desk_changed(d, who->brand, 0, "voice");
    *ret_id = x.row.id;
    return ERR_NONE;
}

static err delete_sign_off(db_conn *c, void *arg) {
    struct sign_off_change *x = arg;
    int64_t deleted;
    TRY(store_sign_off_delete(c, x->who->brand, x->row.id, &deleted));
    return deleted ? ERR_NONE : err_set(ERR_MISSING, "There is no such sign-off.");
}

err world_sign_off_take_away(const struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct sign_off_change x = {.a = a, .who = who, .row = {.id = id}};
    TRY(db_write(d->db, delete_sign_off, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

/* Without white space at its end only: what begins a text may be meant. */
static str trim_end(str s) {
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\t')) s.n--;
    return s;
}

str world_sign(arena *a, str text, str sign_off, str signature) {
    BUF_AUTO buf b = BUF_MAX(text.n + sign_off.n + signature.n + 16);
    str own = str_trim(signature), said = trim_end(text);
    bool signed_already = own.n && str_ends(said, own);
    if (signed_already) said = trim_end(str_slice(said, 0, said.n - own.n));
    buf_add(&b, said);
    if (said.n) buf_add(&b, S("\n\n"));
    buf_add(&b, str_trim(sign_off));
    if (signed_already) buf_add(&b, S("\n\n")), buf_add(&b, own);
    return str_copy(a, buf_str(&b));
}
