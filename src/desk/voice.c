#include "desk/voice.h"

#include "base/random.h"
#include "desk/check.h"
#include "desk/checking.h"
#include "desk/voice_learn.h"
#include "store/learned.h"
#include "store/setting.h"

err voice_pieces(db_conn *c, arena *a, int64_t brand, store_piece_list *ret_frameworks,
                 store_piece_list *ret_facts) {
    store_piece_list frameworks = {0};
    TRY(store_frameworks(c, a, brand, &frameworks));
    TRY(store_facts(c, a, brand, ret_facts));
    *ret_frameworks = frameworks;
    return ERR_NONE;
}

/* ---- frameworks and facts ---- */

/* One sentence for each sort, so that translators see whole ones. */
static const struct {
    err (*list)(db_conn *c, arena *a, int64_t brand, store_piece_list *ret);
    err (*get)(db_conn *c, arena *a, int64_t brand, int64_t id, struct store_piece *ret);
    err (*put)(db_conn *c, int64_t brand, const struct store_piece *row);
    const char *taken, *changed, *many;
} sorts[] = {
    [VOICE_FRAMEWORK] =
        {store_frameworks, store_framework_get, store_framework_put,
         T("There is a framework of that name already. Give this one another, so that they can be "
           "told apart."),
         T("Somebody changed this framework while you were writing. What you wrote is here; look at "
           "theirs before you keep yours."),
         T("There are 500 frameworks. Retire one before you add another.")},
    [VOICE_FACT] =
        {store_facts, store_fact_get, store_fact_put,
         T("There is a fact of that name already. Give this one another, so that they can be told "
           "apart."),
         T("Somebody changed this fact while you were writing. What you wrote is here; look at theirs "
           "before you keep yours."),
         T("There are 500 facts. Retire one before you add another.")},
    [VOICE_NOTE] =
        {store_notes, store_note_get, store_note_put,
         T("There is a note of that title already. Give this one another, so that they can be told apart."),
         T("Somebody changed this note while you were writing. What you wrote is here; look at theirs "
           "before you keep yours."),
         T("There are 500 notes. Retire one before you add another.")},
};

bool voice_has_slot(str text) {
    for (size_t at = 0; (at = str_find(text, S("[["), at)) != SIZE_MAX;) {
        size_t end = str_find(text, S("]]"), at + 2);
        if (end == SIZE_MAX) return false;
        if (str_trim(str_slice(text, at + 2, end)).n) return true;
        at = end + 2;
    }
    return false;
}

static err check_slots(enum voice_sort sort, str text) {
    if (sort == VOICE_FRAMEWORK && !voice_has_slot(text))
        return err_set(ERR_INVALID,
                       "A framework needs at least one place to write in, such as [[in your own words: what "
                       "happened]]. A text without one is a fact.");
    if (sort == VOICE_FACT && str_find(text, S("[["), 0) != SIZE_MAX)
        return err_set(ERR_INVALID,
                       "A fact is right word for word, so it holds no [[place to write in]]. A text "
                       "with one is a framework.");
    return ERR_NONE;
}

static err check_form(arena *a, enum voice_sort sort, const struct voice_form *form, str *ret_name,
                      str *ret_text) {
    str name = str_trim(form->name), text = S("");
    if (!name.n) return err_set(ERR_INVALID, "The name is missing.");
    if (name.n > VOICE_NAME_BYTES) return err_set(ERR_INVALID, "The name is longer than 120 bytes.");
    TRY(check_line("The name", name, VOICE_NAME_BYTES, &name));
    if (!str_trim(form->text).n) return err_set(ERR_INVALID, "The text is missing.");
    /* Browsers send each line break as two bytes; what counts is what is kept. */
    if (form->text.n <= 2 * VOICE_TEXT_BYTES)
        TRY(check_text(a, "The text", form->text, 2 * VOICE_TEXT_BYTES, &text));
    if (form->text.n > 2 * VOICE_TEXT_BYTES || text.n > VOICE_TEXT_BYTES)
        return err_set(ERR_INVALID, "The text is longer than 64 KB.");
    if (sort == VOICE_NOTE && text.n > VOICE_NOTE_BYTES)
        return err_set(ERR_INVALID,
                       "The note is longer than 4000 bytes. Two short ones are found more easily.");
    TRY(check_slots(sort, text));
    *ret_name = name;
    *ret_text = text;
    return ERR_NONE;
}

struct piece_change {
    arena *a;
    const struct actor *who;
    enum voice_sort sort;
    int64_t id, now, seen;
    str name, text;
    bool fresh, whole; /* a new one; name and text too, not only whether it is retired */
    bool retired;
};

static err check_others(db_conn *c, const struct piece_change *x, str name) {
    store_piece_list all = {0};
    TRY(sorts[x->sort].list(c, x->a, x->who->brand, &all));
    size_t others = 0;
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].id == x->id) continue;
        others++;
        if (str_eq_nocase(all.v[i].name, name)) return err_set(ERR_CONFLICT, "%s", sorts[x->sort].taken);
    }
    return others >= VOICE_PIECES_MAX ? err_set(ERR_LIMIT, "%s", sorts[x->sort].many) : ERR_NONE;
}

static err write_piece(db_conn *c, void *arg) {
    struct piece_change *x = arg;
    struct store_piece row = {.id = x->id};
    if (!x->fresh) TRY(sorts[x->sort].get(c, x->a, x->who->brand, x->id, &row));
    if (x->seen && row.updated_at != x->seen) return err_set(ERR_CONFLICT, "%s", sorts[x->sort].changed);
    if (!x->whole && x->retired == (row.retired_at != 0)) return ERR_NONE;
    if (x->whole) row.name = x->name, row.text = x->text;
    if (!x->whole) row.retired_at = x->retired ? x->now : 0;
    if (!row.retired_at) TRY(check_others(c, x, row.name));
    row.agent_id = x->who->agent;
    /* Two changes within a millisecond must not look like one to whoever saw the first. */
    row.updated_at = x->now > row.updated_at ? x->now : row.updated_at + 1;
    return sorts[x->sort].put(c, x->who->brand, &row);
}

err voice_piece_add(const struct desk *d, arena *a, const struct actor *who, enum voice_sort sort,
                    const struct voice_form *form, int64_t *ret_id) {
    struct piece_change x = {
        .a = a, .who = who, .sort = sort, .now = desk_now(d), .fresh = true, .whole = true};
    TRY(check_form(a, sort, form, &x.name, &x.text));
    x.id = id_new(x.now);
    TRY(db_write(d->db, write_piece, &x));
    desk_changed(d, who->brand, 0, "voice");
    *ret_id = x.id;
    return ERR_NONE;
}

err voice_piece_change(const struct desk *d, arena *a, const struct actor *who, enum voice_sort sort,
                       int64_t id, const struct voice_form *form) {
    struct piece_change x = {
        .a = a, .who = who, .sort = sort, .id = id, .now = desk_now(d), .seen = form->seen, .whole = true};
    TRY(check_form(a, sort, form, &x.name, &x.text));
    TRY(db_write(d->db, write_piece, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

err voice_piece_retire(const struct desk *d, arena *a, const struct actor *who, enum voice_sort sort,
                       int64_t id, bool retired) {
    struct piece_change x = {
        .a = a, .who = who, .sort = sort, .id = id, .now = desk_now(d), .retired = retired};
    TRY(db_write(d->db, write_piece, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

/* ---- phrases ---- */

str voice_phrase_key(arena *a, str phrase) {
    BUF_AUTO buf b = BUF_MAX(4 * VOICE_TEXT_BYTES);
    struct text t;
    text_of(a, phrase, S(""), &t);
    for (size_t i = 0; i < t.nwords; i++) {
        if (i) buf_add_char(&b, ' ');
        buf_add(&b, t.words[i].folded);
    }
    return str_copy(a, buf_str(&b));
}

str voice_phrase_line(arena *a, str s) {
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        bool blank = s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r';
        if (!blank)
            to[n++] = s.p[i];
        else if (n && to[n - 1] != ' ')
            to[n++] = ' ';
    }
    if (n && to[n - 1] == ' ') n--;
    return (str){to, n};
}

struct phrase_change {
    arena *a;
    const struct actor *who;
    struct store_phrase row;
    str key;
};

static err write_phrase(db_conn *c, void *arg) {
    struct phrase_change *x = arg;
    struct store_phrase row = x->row;
    store_phrase_list all = {0};
    TRY(store_phrases(c, x->a, x->who->brand, &all));
    bool there = false;
    for (size_t i = 0; i < all.n && !there; i++) {
        there =
            str_eq(all.v[i].phrase, row.phrase) || str_eq(voice_phrase_key(x->a, all.v[i].phrase), x->key);
        if (there) row.customers = all.v[i].customers;
        /* Allowed words are compared letter by letter, so what was typed now counts. */
        if (there && !str_eq(all.v[i].phrase, row.phrase))
            TRY(store_phrase_delete(c, x->who->brand, all.v[i].phrase));
    }
    if (!there && all.n >= VOICE_PHRASES_MAX)
        return err_set(ERR_LIMIT, "There are 5000 phrases. Take one away before you add another.");
    return store_phrase_put(c, x->who->brand, &row);
}

err voice_phrase_put(const struct desk *d, arena *a, const struct actor *who, str phrase,
                     phrase_state state) {
    str line = phrase.n <= 4 * VOICE_PHRASE_BYTES ? voice_phrase_line(a, phrase) : phrase;
    if (line.n > VOICE_PHRASE_BYTES)
        return err_set(ERR_INVALID,
                       "The phrase is longer than 1000 bytes. What is longer is better kept as a fact.");
    TRY(check_line_or_empty("The phrase", line, VOICE_PHRASE_BYTES, &line));
    struct phrase_change x = {
        .a = a,
        .who = who,
        .row = {.phrase = line, .state = state, .agent_id = who->agent, .at = desk_now(d)},
        .key = voice_phrase_key(a, line)};
    if (!x.key.n) return err_set(ERR_INVALID, "The phrase holds no word.");
    TRY(db_write(d->db, write_phrase, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

static err delete_phrase(db_conn *c, void *arg) {
    struct phrase_change *x = arg;
    store_phrase_list all = {0};
    TRY(store_phrases(c, x->a, x->who->brand, &all));
    for (size_t i = 0; i < all.n; i++)
        if (str_eq(all.v[i].phrase, x->row.phrase))
            return store_phrase_delete(c, x->who->brand, x->row.phrase);
    return err_set(ERR_MISSING, "There is no such phrase.");
}

err voice_phrase_take_away(const struct desk *d, arena *a, const struct actor *who, str phrase) {
    struct phrase_change x = {.a = a, .who = who, .row = {.phrase = phrase}};
    TRY(db_write(d->db, delete_phrase, &x));
    desk_changed(d, who->brand, 0, "voice");
    return ERR_NONE;
}

/* ---- replies approved as the brand's voice ---- */

struct approval {
    arena *a;
    const struct actor *who;
    int64_t message, now;
    bool approved;
};

static err write_approval(db_conn *c, void *arg) {
    struct approval *x = arg;
    struct store_said said;
    TRY(store_said_get(c, x->a, x->who->brand, x->message, &said));
    TRY(voice_learn_wanted(c, x->who->brand, x->now));
    if (!x->approved) return store_approved_delete(c, x->who->brand, x->message);
    if (said.failed) return err_set(ERR_MISSING, "This reply did not go out.");
    return store_approved_put(c, x->who->brand, x->message, x->who->agent, x->now);
}

err voice_approve(const struct desk *d, arena *a, const struct actor *who, int64_t message, bool approved) {
    struct approval x = {a, who, message, desk_now(d), approved};
    TRY(db_write(d->db, write_approval, &x));
    desk_changed(d, who->brand, 0, "voice");
    desk_work(d);
    return ERR_NONE;
}

/* ---- what stops a send ---- */

bool voice_kind_stops(remark_kind k) {
    return k == REMARK_NAME || k == REMARK_GREETING || k == REMARK_SLOT || k == REMARK_CANNED_LETTER;
}

static void kinds_of(str text, bool ret_kinds[REMARK_KINDS]) {
    str one;
    remark_kind k;
    for (int i = 0; i < REMARK_KINDS; i++) ret_kinds[i] = false;
    while (str_split(&text, ' ', &one))
        if (remark_kind_of(one, &k)) ret_kinds[k] = true;
}

err voice_stops(db_conn *c, arena *a, int64_t brand, bool ret_stops[REMARK_KINDS]) {
    str kinds = S(CHECK_STOPS_STANDARD);
    err e = store_setting_get(c, a, brand, S("check_stops"), &kinds);
    if (e && e != ERR_MISSING) return e;
    kinds_of(kinds, ret_stops);
    return ERR_NONE;
}

struct stops_change {
    arena *a;
    int64_t brand;
    str kinds;
    bool standard;
};

static err write_stops(db_conn *c, void *arg) {
    struct stops_change *x = arg;
    if (x->standard) return store_setting_delete(c, x->a, x->brand, S("check_stops"));
    return store_setting_set(c, x->a, x->brand, S("check_stops"), x->kinds);
}

err voice_stops_change(const struct desk *d, arena *a, const struct actor *who,
                       const bool stops[REMARK_KINDS]) {
    struct stops_change x = {.a = a, .brand = who->brand, .kinds = S(""), .standard = true};
    bool standard[REMARK_KINDS];
    kinds_of(S(CHECK_STOPS_STANDARD), standard);
    for (int i = 0; i < REMARK_KINDS; i++) {
        const char *name = remark_kind_name((remark_kind)i);
        if (stops[i] != standard[i]) x.standard = false;
        if (!stops[i]) continue;
        if (!voice_kind_stops((remark_kind)i))
            return err_set(ERR_INVALID, "Remarks of the kind \"%s\" are advice and never stop a send.", name);
        x.kinds = str_fmt(a, "%.*s%s%s", STR_FMT(x.kinds), x.kinds.n ? " " : "", name);
    }
    TRY(db_write(d->db, write_stops, &x));
    desk_changed(d, who->brand, 0, "setting");
    return ERR_NONE;
}
