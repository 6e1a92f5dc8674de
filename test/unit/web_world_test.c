/* A brand's world through the router: who may see and change what, what comes back to a form, whose signature
 * is served to whom, and what a page makes of markup in a text. */
#include "web_people_kit.h"

#include <cairo.h>

#include "desk/look.h"

#define VOICE TOYS "/voice"
#define API "/api/v1"

static str id_in(const struct hit *h) { return behind(h->body, "\"id\":\""); }

static struct hit say(const struct web_person *who, const char *path, const char *json) {
    return fetch(.method = HTTP_POST, .path = z(API "%.*s", str_z(path)), .by = who, .json = json);
}

static void test_who_may(void **state) {
    (void)state;
    static const char *const pages[] = {"/personas", "/world", "/words", "/look", "/look/preview"};
    static const char *const forms[] = {"/personas/new", "/world/new"};
    static const char *const posts[] = {
        "/personas", "/world", "/words", "/sign-offs", "/words/take-away", "/sign-offs/take-away", "/look"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const char *path = z(VOICE "%.*s", str_z(pages[i]));
        assert_status(fetch(.path = path, .as = &site.lena), 200);
        assert_status(fetch(.path = path, .as = &site.omar), 200);
        assert_status(fetch(.path = path, .as = &site.rita), 403);
        assert_status(fetch(.path = path, .as = &site.hugo), 404);
        assert_status(fetch(.path = path), 303);
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_status(fetch(.path = z(VOICE "%.*s", str_z(forms[i])), .as = &site.lena), 200);
        assert_status(fetch(.path = z(VOICE "%.*s", str_z(forms[i])), .as = &site.omar), 403);
    }
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        const char *path = z(VOICE "%.*s", str_z(posts[i]));
        assert_status(
            fetch(.method = HTTP_POST, .path = path, .as = &site.omar, .form = "name=a&text=b&word=c&id=1"),
            403);
        assert_status(fetch(.method = HTTP_POST, .path = path, .as = &site.ines, .csrf = "wrong"), 403);
        assert_status(fetch(.method = HTTP_POST, .path = z(API "%.*s", str_z(path)), .by = &site.omar,
                            .json = "{\"name\":\"a\",\"text\":\"b\",\"word\":\"c\",\"id\":\"1\"}"),
                      403);
    }
}

static void test_personas(void **state) {
    (void)state;
    struct hit h = fetch(.method = HTTP_POST, .path = VOICE "/personas", .as = &site.lena,
                         .form = "name=&who=Old+</textarea>salt&everyone=0");
    assert_status(h, 422);
    assert_has(h, "The name is missing.");
    assert_has(h, "Old &lt;/textarea&gt;salt");
    h = say(&site.lena, VOICE "/personas",
            z("{\"name\":\"Mara <b>\",\"who\":\"Salt & <i>sea</i>\",\"agents\":\"%.*s\"}",
              str_fmt(kit.a, "%lld", (long long)site.omar.agent.id)));
    assert_status(h, 200);
    assert_has(h, "\"everyone\":false");
    const char *one = z(VOICE "/personas/%.*s", id_in(&h));
    h = fetch(.path = VOICE "/personas", .as = &site.omar);
    assert_has(h, "Mara &lt;b&gt;");
    assert_has(h, "Salt &amp; &lt;i&gt;sea");
    assert_false(has(h.body, "<textarea"));
    h = fetch(.path = z(API "%.*s", str_z(one)), .by = &site.omar);
    assert_has(h, "\"you_may\":true");
    assert_has(fetch(.path = z(API "%.*s", str_z(one)), .by = &site.lena), "\"you_may\":false");
    /* What is not said stays. */
    h = say(&site.lena, one, "{\"speaks\":\"Slowly.\"}");
    assert_status(h, 200);
    assert_has(h, "Salt & ");
    assert_has(h, "\"everyone\":false");
    assert_has(h, "\"name\":\"Omar\"");
    h = say(&site.lena, one, "{\"agents\":\"1, x\"}");
    assert_status(h, 422);
    h = say(&site.lena, one,
            z("{\"agents\":\"%.*s\"}", str_fmt(kit.a, "%lld", (long long)site.hugo.agent.id)));
    assert_status(h, 422);
    assert_has(h, "does not work here");
    /* A form says whom with boxes; who is not ticked goes. */
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.lena,
              .form = z("name=Mara&everyone=0&agent_%.*s=1",
                        str_fmt(kit.a, "%lld", (long long)site.omar.agent.id)));
    assert_status(h, 303);
    assert_has(fetch(.path = z(API "%.*s", str_z(one)), .by = &site.omar), "\"you_may\":true");
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.lena, .form = "name=Mara&everyone=0");
    assert_status(h, 303);
    assert_has(fetch(.path = z(API "%.*s", str_z(one)), .by = &site.omar), "\"you_may\":false");
    h = fetch(.method = HTTP_POST, .path = one, .as = &site.lena, .form = "name=Mine&everyone=1&seen=1");
    assert_status(h, 409);
    assert_has(h, "Somebody changed this persona");
    assert_has(h, "As it is now: Mara");
    assert_status(fetch(.path = VOICE "/personas/77", .as = &site.lena), 404);
    str id = str_slice(str_z(one), strlen(VOICE "/personas/"), 99);
    assert_status(fetch(.path = z("/b/harbour-books/voice/personas/%.*s", id), .as = &site.hugo), 404);
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/retire", str_z(one)), .as = &site.omar), 403);
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/retire", str_z(one)), .as = &site.lena), 303);
    assert_has(fetch(.path = VOICE "/personas", .as = &site.lena), "Retired (1)");
    assert_false(has(fetch(.path = VOICE "/personas", .as = &site.omar).body, "Retired ("));
    assert_status(fetch(.method = HTTP_POST, .path = z("%.*s/restore", str_z(one)), .as = &site.lena), 303);
}

static void test_notes_and_words(void **state) {
    (void)state;
    struct hit h = say(&site.lena, VOICE "/world", "{\"name\":\"The <bell>\",\"text\":\"rings & rings\"}");
    assert_status(h, 200);
    assert_has(fetch(.path = API VOICE "/world", .by = &site.omar), "\"notes\":[{");
    assert_has(fetch(.path = VOICE "/world", .as = &site.omar), "The &lt;bell&gt;");
    /* A note is no fact. */
    assert_status(fetch(.path = z(VOICE "/facts/%.*s", id_in(&h)), .as = &site.lena), 404);
    h = say(&site.lena, VOICE "/words",
            "{\"word\":\"a \\\"b\\\" & <i>\",\"instead\":\"<c>\",\"why\":\"d'e\"}");
    assert_status(h, 200);
    h = fetch(.path = VOICE "/words", .as = &site.lena);
    assert_has(h, "a &quot;b&quot; &amp; &lt;i&gt;");
    assert_has(h, "Say “&lt;c&gt;” instead.");
    assert_has(h, "?word=a%20%22b%22%20%26%20%3Ci%3E#wd-new");
    assert_has(fetch(.path = VOICE "/words", .query = "word=a+%22b%22+%26+%3Ci%3E", .as = &site.lena),
               "value=\"&lt;c&gt;\"");
    h = fetch(.method = HTTP_POST, .path = VOICE "/words", .as = &site.lena,
              .form = "word=...&use=1&instead=keep+me");
    assert_status(h, 422);
    assert_has(h, "value=\"keep me\"");
    assert_status(say(&site.lena, VOICE "/words/take-away", "{\"word\":\"A \\\"B\\\" & <I>\"}"), 200);
    assert_status(say(&site.lena, VOICE "/words/take-away", "{\"word\":\"nothing\"}"), 404);
}

/* ---- beside a letter ---- */

static struct hit sign(const struct web_person *who, const char *form) {
    return fetch(.method = HTTP_POST, .as = who, .form = form,
                 .path = z(TOYS "/c/%.*s/sign", str_fmt(kit.a, "%lld", (long long)site.conversation)));
}

static void test_signing_a_draft(void **state) {
    (void)state;
    struct hit h = say(&site.lena, VOICE "/personas",
                       z("{\"name\":\"Pepper\",\"sign_off\":\"Screech,\\n<Pepper>\",\"agents\":\"%.*s\"}",
                         str_fmt(kit.a, "%lld", (long long)site.omar.agent.id)));
    const char *form = z("persona=%.*s&text=Dear+you%%2C%%0A%%0Ait+floats.", id_in(&h));
    const char *page = z(TOYS "/c/%.*s", str_fmt(kit.a, "%lld", (long long)site.conversation));
    assert_has(fetch(.path = page, .as = &site.omar), "Sign as them: Pepper");
    assert_false(has(fetch(.path = page, .as = &site.lena).body, "Sign as them: Pepper"));
    assert_false(has(fetch(.path = page, .as = &site.rita).body, "id=\"world\""));
    h = sign(&site.omar, form);
    assert_status(h, 303);
    h = fetch(.path = page, .as = &site.omar);
    assert_has(h, "Dear you,\n\nit floats.\n\nScreech,\n&lt;Pepper&gt;</textarea>");
    /* Theirs alone; what was typed by whoever may not is still there. */
    h = sign(&site.lena, form);
    assert_status(h, 403);
    assert_has(h, "You may not speak as this persona.");
    assert_has(h, "it floats.");
    assert_status(sign(&site.omar, "persona=77&text=x"), 404);
    assert_status(sign(&site.omar, "sign_off=77&text=x"), 404);
    assert_status(sign(&site.rita, form), 403);
    /* Offered to everybody, and one's own. */
    h = say(&site.lena, VOICE "/sign-offs", "{\"text\":\"Until <soon>\"}");
    assert_status(h, 200);
    str all = id_in(&h);
    assert_has(fetch(.path = page, .as = &site.omar), "Until &lt;soon&gt;");
    assert_status(sign(&site.omar, z("sign_off=%.*s&text=a", all)), 303);
    assert_has(fetch(.path = page, .as = &site.omar), "a\n\nUntil &lt;soon&gt;</textarea>");
    assert_status(sign(&site.omar, "sign_off=0&text=a"), 404);
    assert_status(say(&site.omar, TOYS "/account/letter", "{\"sign_off\":\"Ahoy,\\nOmar\"}"), 200);
    assert_status(sign(&site.omar, "sign_off=0&text=a"), 303);
    assert_has(fetch(.path = page, .as = &site.omar), "a\n\nAhoy,\nOmar</textarea>");
    assert_status(say(&site.lena, VOICE "/sign-offs/take-away", z("{\"id\":\"%.*s\"}", all)), 200);
    assert_false(has(fetch(.path = page, .as = &site.omar).body, "Until &lt;soon&gt;"));
}

/* ---- the printed letter ---- */

static err put_mark(db_conn *c, void *png) {
    const struct store_look row = {
        .accent = LOOK_ACCENT, .paper = S("a5"), .label = S("4x6"), .mark = *(str *)png, .updated_at = 1};
    TRY(store_look_put(c, site.toys.brand.id, &row));
    const struct store_signing own = {
        .agent_id = site.omar.agent.id, .picture = *(str *)png, .updated_at = 1};
    return store_signing_put(c, site.toys.brand.id, &own);
}

static cairo_status_t take(void *to, const unsigned char *bytes, unsigned n) {
    return print_to_buf(to, bytes, n) ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void test_look(void **state) {
    (void)state;
    struct hit h = fetch(.path = API VOICE "/look", .by = &site.omar);
    assert_has(h, "\"accent\":\"#2a4899\"");
    assert_has(h, "\"has_mark\":false");
    assert_status(fetch(.path = VOICE "/look/mark", .as = &site.omar), 404);
    h = say(&site.lena, VOICE "/look", "{\"sender\":\"<Tide>\",\"seen\":0}");
    assert_status(h, 200);
    assert_has(h, "\"paper\":\"a4\"");
    assert_status(say(&site.lena, VOICE "/look", "{\"sender\":\"again\",\"seen\":0}"), 409);
    assert_status(say(&site.lena, VOICE "/look", "{\"accent\":\"red\"}"), 422);
    assert_has(fetch(.path = VOICE "/look", .as = &site.lena), "value=\"&lt;Tide&gt;\"");
    h = fetch(.method = HTTP_POST, .path = VOICE "/look", .as = &site.lena,
              .form = "sender=mine+<b>&accent=nothing&paper=a4&label=a4&sans=0");
    assert_status(h, 422);
    assert_has(h, "value=\"mine &lt;b&gt;\"");
    h = fetch(.path = VOICE "/look/preview", .as = &site.omar);
    assert_status(h, 200);
    assert_true(str_starts(h.body, S("%PDF-")));
    /* Pictures go to those of the brand and nobody else. */
    BUF_AUTO buf out = BUF_MAX(1 << 20);
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 40, 20);
    assert_int_equal(cairo_surface_write_to_png_stream(s, take, &out), CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(s);
    str png = buf_str(&out);
    assert_ok(db_write(kit.db, put_mark, &png));
    const char *own = z(TOYS "/agents/%.*s/signature", str_fmt(kit.a, "%lld", (long long)site.omar.agent.id));
    const char *const pictures[] = {VOICE "/look/mark", own};
    for (int i = 0; i < 2; i++) {
        h = fetch(.path = pictures[i], .as = &site.rita);
        assert_status(h, 200);
        assert_true(str_eq(h.body, png));
        assert_true(str_has(hit_header(&h, "Content-Security-Policy"), ';'));
        assert_status(fetch(.path = pictures[i], .as = &site.hugo), 404);
        assert_status(fetch(.path = pictures[i]), 303);
    }
    str at = str_fmt(kit.a, "/b/harbour-books/agents/%lld/signature", (long long)site.omar.agent.id);
    assert_status(fetch(.path = str_cstr(kit.a, at), .as = &site.hugo), 404);
    assert_status(
        fetch(.path = z(TOYS "/agents/%.*s/signature", str_fmt(kit.a, "%lld", (long long)site.lena.agent.id)),
              .as = &site.rita),
        404);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_who_may),         KIT_TEST(test_personas), KIT_TEST(test_notes_and_words),
        KIT_TEST(test_signing_a_draft), KIT_TEST(test_look),
    };
    (void)kit_open_postgres;
    return cmocka_run_group_tests_name("web world", tests, kit_open_site, kit_close_site);
}
