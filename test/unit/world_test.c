/* A brand's world: personas, notes, words and ends of letters, the look of what is printed; and that the
 * letter check goes by them. On both engines. */
#include <cairo.h>
#include <string.h>

#include "people_kit.h"

#include "desk/brands.h"
#include "desk/checking.h"
#include "desk/conversation.h"
#include "desk/look.h"
#include "desk/people.h"
#include "desk/voice.h"
#include "desk/world.h"

static struct {
    struct people_setup_done done;
    struct actor ines, joss, other; /* other: the lead of another brand */
} w;

static void world(void) {
    static db *made_for;
    if (made_for == kit.db) return;
    made_for = kit.db;
    struct people_setup wanted = {.brand = S("Tidewatch"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("UTC"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.ines = (struct actor){w.done.brand.id, w.done.admin.id, S("Ines")};
    struct people_invited invited;
    assert_ok(people_invite(&kit.d, kit.a, w.ines.brand, S("joss@tidewatch.example"), S("Joss"), ROLE_AGENT,
                            &invited));
    w.joss = (struct actor){w.ines.brand, invited.agent.id, S("Joss")};
    struct store_brand other;
    assert_ok(brand_create(&kit.d, kit.a, S("Harbour Books"), S("UTC"), S("en"), &other));
    w.other = (struct actor){other.id, 0, S("")};
}

static void refused(err e, err wanted, const char *part) {
    if (e != wanted) fail_msg("%s: %s, not %s", err_name(e), err_text(), err_name(wanted));
    if (!strstr(err_text(), part)) fail_msg("\"%s\" does not say \"%s\"", err_text(), part);
}

static str as(size_t n) {
    char *p = arena_alloc(kit.a, n + 1);
    memset(p, 'a', n);
    return (str){p, n};
}

static struct store_world all_of(int64_t brand) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_world all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_world(c, kit.a, brand, &all));
    return all;
}

static const struct store_persona *persona(const struct store_world *all, const char *name) {
    for (size_t i = 0; i < all->personas.n; i++)
        if (str_eq(all->personas.v[i].name, str_z(name))) return &all->personas.v[i];
    return NULL;
}

static struct store_persona stored(int64_t id) {
    DB_READ_AUTO db_conn *c = NULL;
    struct store_persona p;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_persona_get(c, kit.a, w.ines.brand, id, &p));
    return p;
}

/* ---- personas ---- */

static struct world_persona_form form_of(str name) {
    return (struct world_persona_form){.name = name,
                                       .who = S("The harbour master.\r\nFifty years at sea."),
                                       .speaks = S("Short sentences."),
                                       .may = S("What the weather does."),
                                       .sign_off = S("With a fair wind,\r\nCaptain Mara"),
                                       .everyone = true};
}

static void test_personas(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct world_persona_form form = form_of(S(" Captain Mara, harbour master "));
    int64_t mara, gull;
    assert_ok(world_persona_add(&kit.d, kit.a, &w.ines, &form, &mara));
    struct store_world all = all_of(w.ines.brand);
    const struct store_persona *p = persona(&all, "Captain Mara, harbour master");
    assert_non_null(p);
    assert_str(p->who, "The harbour master.\nFifty years at sea.");
    assert_str(p->sign_off, "With a fair wind,\nCaptain Mara");
    assert_true(world_may_speak(p, &all.speakers, w.joss.agent));
    assert_int_equal(all_of(w.other.brand).personas.n, 0);
    /* Names are one of a kind while they are in use. */
    form = form_of(S("captain mara, HARBOUR master"));
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &gull), ERR_CONFLICT, "that name already");
    assert_ok(world_persona_add(&kit.d, kit.a, &w.other, &form, &gull));
    /* Only some may speak. */
    form = form_of(S("Gull"));
    form.everyone = false;
    form.agents = (int64_t[]){w.joss.agent, w.joss.agent};
    form.nagents = 2;
    assert_ok(world_persona_add(&kit.d, kit.a, &w.ines, &form, &gull));
    all = all_of(w.ines.brand);
    p = persona(&all, "Gull");
    assert_true(world_may_speak(p, &all.speakers, w.joss.agent));
    assert_false(world_may_speak(p, &all.speakers, w.ines.agent));
    assert_int_equal(all.speakers.n, 1);
    /* An agent of nobody's, or of another brand's, is none. */
    form.agents = (int64_t[]){w.joss.agent, 12345};
    refused(world_persona_change(&kit.d, kit.a, &w.ines, gull, &form), ERR_INVALID, "does not work here");
    assert_int_equal(all_of(w.ines.brand).speakers.n, 1);
    refused(world_persona_change(&kit.d, kit.a, &w.other, gull, &form), ERR_MISSING, "no such persona");
    /* What was changed in the meantime is not written over. */
    form.nagents = 0;
    form.seen = stored(gull).updated_at;
    assert_ok(world_persona_change(&kit.d, kit.a, &w.ines, gull, &form));
    assert_true(stored(gull).updated_at > form.seen);
    refused(world_persona_change(&kit.d, kit.a, &w.ines, gull, &form), ERR_CONFLICT, "while you were");
    assert_int_equal(all_of(w.ines.brand).speakers.n, 0);
    /* Retired: offered no more, kept, and its name is free; two of a name cannot both come back. */
    assert_ok(world_persona_retire(&kit.d, kit.a, &w.ines, gull, true));
    all = all_of(w.ines.brand);
    assert_null(persona(&all, "Gull"));
    assert_int_equal(stored(gull).retired_at, kit.now);
    form.seen = 0;
    int64_t second;
    assert_ok(world_persona_add(&kit.d, kit.a, &w.ines, &form, &second));
    refused(world_persona_retire(&kit.d, kit.a, &w.ines, gull, false), ERR_CONFLICT, "that name already");
    assert_ok(world_persona_retire(&kit.d, kit.a, &w.ines, second, true));
    assert_ok(world_persona_retire(&kit.d, kit.a, &w.ines, gull, false));
}

static void test_persona_limits(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id;
    struct world_persona_form form = form_of(S(""));
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "name is missing");
    form = form_of(as(121));
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "120 bytes");
    form = form_of(S("two\nlines"));
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "one line");
    form = form_of(S("x"));
    form.who = as(4001);
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "Who they are is longer");
    form.who = as(1 << 20);
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "Who they are is longer");
    form.who = S("bad \xff");
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "UTF-8");
    form.who = S("");
    form.sign_off = as(301);
    refused(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id), ERR_INVALID, "sign-off is longer");
    form.sign_off = S("");
    for (int i = 0; i < WORLD_PERSONAS_MAX; i++) {
        form.name = str_fmt(kit.a, "Crew %d", i);
        err e = world_persona_add(&kit.d, kit.a, &w.other, &form, &id);
        if (e) {
            assert_int_equal(all_of(w.other.brand).personas.n, WORLD_PERSONAS_MAX);
            refused(e, ERR_LIMIT, "30 personas");
            return;
        }
    }
    form.name = S("One too many");
    refused(world_persona_add(&kit.d, kit.a, &w.other, &form, &id), ERR_LIMIT, "30 personas");
}

/* ---- notes, words, ends of letters ---- */

static void test_notes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id;
    struct voice_form form = {S("The lighthouse"), S("It stands on the north mole. [[No place]]"), 0};
    assert_ok(voice_piece_add(&kit.d, kit.a, &w.ines, VOICE_NOTE, &form, &id));
    refused(voice_piece_add(&kit.d, kit.a, &w.ines, VOICE_NOTE, &form, &id), ERR_CONFLICT, "title");
    form = (struct voice_form){S("Too long"), as(4001), 0};
    refused(voice_piece_add(&kit.d, kit.a, &w.ines, VOICE_NOTE, &form, &id), ERR_INVALID, "4000 bytes");
    /* Neither facts nor frameworks. */
    store_piece_list frameworks = {0}, facts = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(voice_pieces(c, kit.a, w.ines.brand, &frameworks, &facts));
    }
    assert_int_equal(frameworks.n + facts.n, 0);
    /* Beside the letters: the twelve changed last, each cut at so many characters. */
    struct store_world all = all_of(w.ines.brand);
    assert_int_equal(all.notes.n, 1);
    assert_false(all.more_notes);
    for (int i = 0; i < 14; i++) {
        kit.now += 1000;
        str long_one = i == 13 ? str_fmt(kit.a, "ä%.*sä", 1900, as(1900).p) : S("short");
        form = (struct voice_form){str_fmt(kit.a, "Note %02d", i), long_one, 0};
        assert_ok(voice_piece_add(&kit.d, kit.a, &w.ines, VOICE_NOTE, &form, &id));
    }
    all = all_of(w.ines.brand);
    assert_int_equal(all.notes.n, WORLD_NOTES);
    assert_true(all.more_notes);
    bool seen = false;
    for (size_t i = 0; i < all.notes.n; i++) {
        assert_false(str_eq(all.notes.v[i].name, S("The lighthouse")));
        seen = seen || str_eq(all.notes.v[i].name, S("Note 13"));
        assert_true(all.notes.v[i].text.n <= WORLD_NOTE_CHARS + 2);
    }
    assert_true(seen);
}

static void test_words(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct world_word_form form = {S("  ticket \n number "), true, S("letter"), S("nobody is a number")};
    assert_ok(world_word_put(&kit.d, kit.a, &w.ines, &form));
    struct store_world all = all_of(w.ines.brand);
    assert_int_equal(all.words.n, 1);
    assert_str(all.words.v[0].word, "ticket number");
    /* The same words in other letters are the same word. */
    form = (struct world_word_form){S("TICKET Number"), false, S(""), S("")};
    assert_ok(world_word_put(&kit.d, kit.a, &w.ines, &form));
    all = all_of(w.ines.brand);
    assert_int_equal(all.words.n, 1);
    assert_false(all.words.v[0].avoid);
    assert_str(all.words.v[0].word, "TICKET Number");
    assert_str(all.words.v[0].instead, "");
    form.word = S(" ... ");
    refused(world_word_put(&kit.d, kit.a, &w.ines, &form), ERR_INVALID, "no word");
    form.word = S("");
    refused(world_word_put(&kit.d, kit.a, &w.ines, &form), ERR_INVALID, "word is missing");
    form.word = as(121);
    refused(world_word_put(&kit.d, kit.a, &w.ines, &form), ERR_INVALID, "120 bytes");
    form = (struct world_word_form){S("doll"), true, S("two\nlines"), S("")};
    refused(world_word_put(&kit.d, kit.a, &w.ines, &form), ERR_INVALID, "instead");
    form = (struct world_word_form){S("doll"), true, S(""), as(201)};
    refused(world_word_put(&kit.d, kit.a, &w.ines, &form), ERR_INVALID, "reason");
    refused(world_word_take_away(&kit.d, kit.a, &w.other, S("ticket number")), ERR_MISSING, "no such word");
    assert_ok(world_word_take_away(&kit.d, kit.a, &w.ines, S("Ticket number")));
    refused(world_word_take_away(&kit.d, kit.a, &w.ines, S("Ticket number")), ERR_MISSING, "no such word");
    refused(world_word_take_away(&kit.d, kit.a, &w.ines, S("\xff")), ERR_MISSING, "no such word");
}

static void test_sign_offs(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id, more;
    assert_ok(world_sign_off_add(&kit.d, kit.a, &w.ines, S(" Warm wishes,\r\nTidewatch "), &id));
    refused(world_sign_off_add(&kit.d, kit.a, &w.ines, S("Warm wishes,\nTidewatch"), &more), ERR_CONFLICT,
            "already");
    refused(world_sign_off_add(&kit.d, kit.a, &w.ines, S(" \n "), &more), ERR_INVALID, "missing");
    refused(world_sign_off_add(&kit.d, kit.a, &w.ines, as(301), &more), ERR_INVALID, "longer");
    struct signing_form own = {.sign_off = S("Ahoy,\nJoss")};
    assert_ok(look_sign(&kit.d, kit.a, &w.joss, &own));
    struct store_world all = all_of(w.ines.brand);
    assert_int_equal(all.sign_offs.n, 2);
    assert_str(all.sign_offs.v[0].text, "Ahoy,\nJoss");
    assert_int_equal(all.sign_offs.v[0].agent_id, w.joss.agent);
    assert_str(all.sign_offs.v[1].text, "Warm wishes,\nTidewatch");
    assert_int_equal(all.sign_offs.v[1].agent_id, 0);
    refused(world_sign_off_take_away(&kit.d, kit.a, &w.other, id), ERR_MISSING, "no such");
    assert_ok(world_sign_off_take_away(&kit.d, kit.a, &w.ines, id));
    refused(world_sign_off_take_away(&kit.d, kit.a, &w.ines, id), ERR_MISSING, "no such");
    for (int i = 0; i < WORLD_SIGN_OFFS_MAX; i++)
        assert_ok(world_sign_off_add(&kit.d, kit.a, &w.other, str_fmt(kit.a, "Bye %d", i), &id));
    refused(world_sign_off_add(&kit.d, kit.a, &w.other, S("Bye"), &id), ERR_LIMIT, "30 sign-offs");
}

static void test_sign(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    str end = S("Ahoy,\nMara"), own = S("Joss\nTidewatch");
    assert_str(world_sign(kit.a, S("Hi Pip,\n\nit floats. \n\n"), end, own),
               "Hi Pip,\n\nit floats.\n\nAhoy,\nMara");
    assert_str(world_sign(kit.a, S("It floats.\n\nJoss\nTidewatch\n"), end, own),
               "It floats.\n\nAhoy,\nMara\n\nJoss\nTidewatch");
    assert_str(world_sign(kit.a, S("\n\nJoss\nTidewatch"), end, own), "Ahoy,\nMara\n\nJoss\nTidewatch");
    assert_str(world_sign(kit.a, S(""), end, S("")), "Ahoy,\nMara");
}

/* ---- the letter check ---- */

static int64_t letter(const char *name, const char *text) {
    int64_t conversation, message;
    kit.now += 1000;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = str_z(name), .address = kit_email("child"), .text = str_z(text)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    return conversation;
}

static struct checked check_of(int64_t conversation, const char *text) {
    struct checked checked = {0};
    const struct checking_wish wish = {.conversation = conversation, .text = str_z(text)};
    assert_ok(checking_run(&kit.d, kit.a, &w.ines, &wish, &checked));
    return checked;
}

static int count(const struct checked *checked, remark_kind kind, remark_level level) {
    int n = 0;
    for (size_t i = 0; i < checked->remarks.n; i++)
        n += checked->remarks.v[i].kind == kind && checked->remarks.v[i].level == level;
    return n;
}

static void test_check_goes_by_words(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct world_word_form form = {S("doll"), true, S("figure"), S("")};
    static const char reply[] = "Dear Pip,\n\nyour DOLL is at sea with the crew.";
    int64_t conversation = letter("Pip", "Dear Tidewatch, where is my crew? Pip");
    assert_ok(world_word_put(&kit.d, kit.a, &w.ines, &form));
    form = (struct world_word_form){S("crew"), false, S(""), S("")};
    assert_ok(world_word_put(&kit.d, kit.a, &w.ines, &form));
    struct checked checked = check_of(conversation, reply);
    assert_int_equal(count(&checked, REMARK_WORD, REMARK_LOOK), 1);
    remark_list stops = {0};
    assert_ok(checking_stops(&kit.d, kit.a, w.ines.brand, &checked, &stops));
    for (size_t i = 0; i < stops.n; i++) assert_int_not_equal(stops.v[i].kind, REMARK_WORD);
    assert_ok(world_word_take_away(&kit.d, kit.a, &w.ines, S("Doll")));
    checked = check_of(conversation, reply);
    assert_int_equal(count(&checked, REMARK_WORD, REMARK_LOOK), 0);
}

static void test_check_knows_our_names(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    int64_t id, conversation = letter("Milo Hart", "Where is my boat? Yours, Milo");
    struct checked checked = check_of(conversation, "Hi Tidewatch,\n\nthe boat sails on Friday.");
    assert_int_equal(count(&checked, REMARK_GREETING, REMARK_STOP), 0);
    checked = check_of(conversation, "Hi Harbour Books,\n\nthe boat sails on Friday.");
    assert_int_equal(count(&checked, REMARK_GREETING, REMARK_STOP), 1);
    checked = check_of(conversation, "Dear Ottoline,\n\nthe boat sails on Friday.");
    assert_int_equal(count(&checked, REMARK_GREETING, REMARK_STOP), 1);
    struct world_persona_form form = form_of(S("Ottoline, who mends nets"));
    assert_ok(world_persona_add(&kit.d, kit.a, &w.ines, &form, &id));
    checked = check_of(conversation, "Dear Ottoline,\n\nthe boat sails on Friday.");
    assert_int_equal(count(&checked, REMARK_GREETING, REMARK_STOP), 0);
    assert_ok(world_persona_retire(&kit.d, kit.a, &w.ines, id, true));
    checked = check_of(conversation, "Dear Ottoline,\n\nthe boat sails on Friday.");
    assert_int_equal(count(&checked, REMARK_GREETING, REMARK_STOP), 1);
}

/* ---- the look of what is printed ---- */

static cairo_status_t take(void *to, const unsigned char *bytes, unsigned n) {
    return print_to_buf(to, bytes, n) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static str png_of(int side) {
    BUF_AUTO buf out = BUF_MAX(4 << 20);
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, side, side / 2);
    assert_int_equal(cairo_surface_write_to_png_stream(s, take, &out), CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(s);
    return str_copy(kit.a, buf_str(&out));
}

static struct print_look look_now(int64_t brand) {
    DB_READ_AUTO db_conn *c = NULL;
    struct print_look look;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(look_of(c, kit.a, brand, &look));
    return look;
}

static struct look_form look_form_of(void) {
    return (struct look_form){.brand_line = S("Tidewatch Harbour"),
                              .sender = S("Tidewatch, 3 Harbour Steps"),
                              .foot = S("One\r\nTwo\r\n"),
                              .sign_off = S("Warm wishes,"),
                              .accent = S("#C0FFee"),
                              .sans = true,
                              .paper = S("letter"),
                              .label = S("62x100"),
                              .seen = -1};
}

static void test_look(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    /* Complete before anybody touched it. */
    struct print_look look = look_now(w.ines.brand);
    assert_str(look.brand, "Tidewatch");
    assert_int_equal(look.accent, LOOK_ACCENT);
    assert_int_equal(look.mark.n, 0);
    struct look_form form = look_form_of();
    form.seen = 0;
    form.picture = PICTURE_NEW;
    form.mark = png_of(300);
    assert_ok(look_change(&kit.d, kit.a, &w.ines, &form));
    look = look_now(w.ines.brand);
    assert_str(look.brand, "Tidewatch Harbour");
    assert_str(look.foot, "One\nTwo");
    assert_int_equal(look.accent, 0xc0ffee);
    assert_true(look.sans && str_eq(look.mark, form.mark));
    assert_str(look_accent_text(kit.a, look.accent), "#c0ffee");
    assert_str(look_now(w.other.brand).brand, "Harbour Books");
    {
        DB_READ_AUTO db_conn *c = NULL;
        enum print_paper paper, label;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(look_papers(c, kit.a, w.ines.brand, &paper, &label));
        assert_int_equal(paper, PRINT_LETTER);
        assert_int_equal(label, PRINT_LABEL_62X100);
        assert_ok(look_papers(c, kit.a, w.other.brand, &paper, &label));
        assert_int_equal(paper, PRINT_A4);
        assert_int_equal(label, PRINT_A4);
    }
    /* Who saw the look before this change does not write over it. */
    refused(look_change(&kit.d, kit.a, &w.ines, &form), ERR_CONFLICT, "while you were at it");
    /* The picture stays until it is taken off. */
    form = look_form_of();
    form.brand_line = S("");
    assert_ok(look_change(&kit.d, kit.a, &w.ines, &form));
    look = look_now(w.ines.brand);
    assert_true(look.mark.n > 0);
    assert_str(look.brand, "Tidewatch");
    form.picture = PICTURE_GONE;
    assert_ok(look_change(&kit.d, kit.a, &w.ines, &form));
    assert_int_equal(look_now(w.ines.brand).mark.n, 0);
}

static err with_look(struct look_form form) { return look_change(&kit.d, kit.a, &w.ines, &form); }

static void test_look_refused(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    static const char *const colours[] = {"", "#12345", "#1234567", "red", "#12345g", "#-12345", "##12345"};
    struct look_form form = look_form_of();
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        form.accent = str_z(colours[i]);
        refused(with_look(form), ERR_INVALID, "colour");
    }
    form = look_form_of();
    form.foot = S("1\n2\n3\n4\n5\n6\n7");
    refused(with_look(form), ERR_INVALID, "six lines");
    form.foot = as(601);
    refused(with_look(form), ERR_INVALID, "foot is longer");
    form = look_form_of();
    form.paper = S("62x100");
    refused(with_look(form), ERR_INVALID, "Letters are printed");
    form = look_form_of();
    form.label = S("a3");
    refused(with_look(form), ERR_INVALID, "Labels are printed");
    form = look_form_of();
    form.picture = PICTURE_NEW;
    form.mark = S("GIF89a and no PNG at all, whatever its name says");
    refused(with_look(form), ERR_INVALID, "no PNG");
    /* A head that promises what does not follow. */
    str whole = png_of(300);
    form.mark = str_slice(whole, 0, whole.n / 2);
    refused(with_look(form), ERR_INVALID, "broken");
    form.mark = as(LOOK_PICTURE_BYTES + 1);
    refused(with_look(form), ERR_LIMIT, "512 KB");
    char *huge = str_cstr(kit.a, whole);
    huge[16] = 0x7f; /* so many pixels wide */
    form.mark = (str){huge, whole.n};
    refused(with_look(form), ERR_LIMIT, "pixels");
}

static void test_signature(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    struct look_form look = look_form_of();
    str png, name, role, sign_off;
    assert_ok(look_change(&kit.d, kit.a, &w.ines, &look));
    struct signing_form form = {
        .role = S("Keeper of the letters"), .picture = PICTURE_NEW, .png = png_of(200)};
    assert_ok(look_sign(&kit.d, kit.a, &w.joss, &form));
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(look_signature(c, kit.a, w.ines.brand, w.joss.agent, &png, &name, &role, &sign_off));
        assert_true(str_eq(png, form.png));
        assert_str(name, "Joss");
        assert_str(role, "Keeper of the letters");
        assert_str(sign_off, "Warm wishes,");
        /* Nobody, and somebody of another brand. */
        assert_ok(look_signature(c, kit.a, w.ines.brand, 0, &png, &name, &role, &sign_off));
        assert_int_equal(png.n + name.n + role.n, 0);
        assert_str(sign_off, "Warm wishes,");
        assert_ok(look_signature(c, kit.a, w.other.brand, w.joss.agent, &png, &name, &role, &sign_off));
        assert_int_equal(png.n + name.n + role.n + sign_off.n, 0);
    }
    form = (struct signing_form){.role = S(""), .sign_off = S("Ahoy,")};
    assert_ok(look_sign(&kit.d, kit.a, &w.joss, &form));
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(look_signature(c, kit.a, w.ines.brand, w.joss.agent, &png, &name, &role, &sign_off));
        assert_true(png.n > 0 && role.n == 0);
        assert_str(sign_off, "Ahoy,");
    }
    form.picture = PICTURE_NEW;
    form.png = S("no picture");
    refused(look_sign(&kit.d, kit.a, &w.joss, &form), ERR_INVALID, "no PNG");
    refused(look_sign(&kit.d, kit.a, &w.other, &(struct signing_form){.role = S("")}), ERR_MISSING, "agent");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_personas),
        KIT_TEST(test_persona_limits),
        KIT_TEST(test_notes),
        KIT_TEST(test_words),
        KIT_TEST(test_sign_offs),
        KIT_TEST(test_sign),
        KIT_TEST(test_check_goes_by_words),
        KIT_TEST(test_check_knows_our_names),
        KIT_TEST(test_look),
        KIT_TEST(test_look_refused),
        KIT_TEST(test_signature),
    };
    return KIT_RUN(tests);
}
