/* The status page: updates and their matters, the promise of another word, parts, the bytes that are made of
 * it, the board in memory and the copies on disk. On both engines. */
#include "status_kit.h"

#include <sys/stat.h>

#include "desk/incident.h"
#include "desk/status_copy.h"
#include "format/json.h"
#include "net/objects.h"
#include "web/status_board.h"

#define holds(text, part) (str_find((text), S(part), 0) != SIZE_MAX)

static err refused(struct status_post p) {
    int64_t id = -7;
    err e = status_post(&kit.d, kit.a, &sw.ines, &p, &id);
    if (e) assert_int_equal(id, -7);
    return e;
}

/* ---- updates ---- */

static void an_update_needs_words(void **state) {
    STATUS_WORLD;
    assert_int_equal(refused(trouble("", "We are looking.")), ERR_INVALID);
    assert_int_equal(refused(trouble("The shop is closed.", " \n ")), ERR_INVALID);
    assert_int_equal(refused(trouble("Two\nlines", "We are looking.")), ERR_INVALID);
    /* What is not seen and turns the rest around, as of a room's facts. */
    assert_int_equal(refused(trouble("The shop \xe2\x80\xae is closed.", "We are looking.")), ERR_INVALID);
    struct status_post p = trouble("The shop is closed.", "We are looking.");
    p.next_at = kit.now;
    assert_int_equal(refused(p), ERR_INVALID);
    p.next_at = kit.now + 15 * (int64_t)DAY_MS;
    assert_int_equal(refused(p), ERR_INVALID);
    p = trouble("It works", "All of it.");
    p.kind = STATUS_OVER;
    p.next_at = 0;
    assert_int_equal(refused(p), ERR_INVALID); /* nothing is open that could be over */
    p.kind = STATUS_NOTE;
    p.next_at = kit.now + HOUR_MS;
    assert_int_equal(refused(p), ERR_INVALID);
    p = trouble("The shop is closed.", "We are looking.");
    *list_add(kit.a, &p.said) = (struct store_status_said){4711, STATUS_DOWN};
    assert_int_equal(refused(p), ERR_CONFLICT);
    assert_int_equal(load_public().updates.n, 0);
}

static void a_matter_goes_on(void **state) {
    STATUS_WORLD;
    int64_t first = put_update(trouble("The shop is closed.", "Several of you told us. We are looking."));
    kit.now += 10 * MINUTE_MS;
    struct status_post p = trouble("", "We restarted it. It did not help.");
    p.matter = first;
    *list_add(kit.a, &p.said) = (struct store_status_said){sw.letters, STATUS_DOWN};
    int64_t second = put_update(p);
    assert_int_equal(update_of(second).matter_id, first);
    assert_true(str_eq(update_of(second).by_name, S("Ines Duarte")));
    assert_int_equal(parts_now().v[0].state, STATUS_DOWN);
    assert_int_equal(parts_now().v[0].since, kit.now);
    struct status_public pub = load_public();
    status_matter_list matters;
    status_matters(kit.a, &pub, &matters);
    assert_int_equal(matters.n, 1);
    assert_true(matters.v[0].open);
    assert_true(str_eq(matters.v[0].headline, S("The shop is closed.")));
    assert_int_equal(matters.v[0].newest->id, second);
    /* Late, and a word keeps the promise. */
    assert_null(status_overdue(&matters, kit.now + 59 * MINUTE_MS));
    assert_int_equal(status_overdue(&matters, kit.now + 61 * MINUTE_MS)->id, second);
    kit.now += 2 * HOUR_MS;
    p = trouble("", "Still looking.");
    p.matter = second; /* not the first of a matter, so none */
    assert_int_equal(refused(p), ERR_CONFLICT);
    p.matter = first;
    put_update(p);
    pub = load_public();
    status_matters(kit.a, &pub, &matters);
    assert_null(status_overdue(&matters, kit.now));
    p = (struct status_post){.kind = STATUS_OVER, .matter = first, .words = S("It works."), .key = S("")};
    put_update(p);
    assert_int_equal(refused(p), ERR_CONFLICT); /* closed */
    pub = load_public();
    status_matters(kit.a, &pub, &matters);
    assert_false(matters.v[0].open);
    assert_null(status_overdue(&matters, INT64_MAX));
}

/* What is open stays so, with its words in full; the note stands beside it. */
static void a_note_closes_nothing(void **state) {
    STATUS_WORLD;
    struct status_word word;
    status_matter_list matters;
    struct status_post p = trouble("The crane is stuck.", "Somebody climbs up.");
    struct incident_wish wish = {.title = S("The crane is stuck")};
    assert_ok(incident_open(&kit.d, kit.a, &sw.ines, &wish, &p.incident));
    int64_t first = put_update(p);
    kit.now += MINUTE_MS;
    int64_t note = put_update((struct status_post){
        .kind = STATUS_NOTE, .matter = first, .words = S("The lifts are fine."), .key = S("")});
    assert_int_equal(update_of(note).matter_id, note);
    assert_int_equal(update_of(note).incident_id, p.incident);
    struct status_public pub = load_public();
    status_matters(kit.a, &pub, &matters);
    assert_int_equal(matters.v[0].id, note);
    assert_false(matters.v[0].open);
    assert_int_equal(matters.v[1].id, first);
    assert_true(matters.v[1].open);
    assert_int_equal(status_overdue(&matters, kit.now + 2 * HOUR_MS)->id, first);
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(status_word_of(c, kit.a, sw.brand, p.incident, kit.now, &word));
        assert_int_equal(word.update.id, first);
    }
    p.headline = S("");
    p.words = S("He is up there.");
    p.matter = first;
    assert_int_equal(update_of(put_update(p)).matter_id, first);
    close_all();
}

static void a_form_counts_once(void **state) {
    STATUS_WORLD;
    struct status_post p = trouble("The lift is stuck.", "Somebody is on the way.");
    p.key = S("form-one");
    int64_t id = put_update(p);
    assert_int_equal(put_update(p), id);
    p.words = S("Something else.");
    assert_int_equal(refused(p), ERR_CONFLICT);
    close_all();
}

static void an_incident_is_one_matter(void **state) {
    STATUS_WORLD;
    struct status_word word;
    struct status_post p = trouble("No parcels leave.", "The lorry has not come.");
    p.incident = 99;
    assert_int_equal(refused(p), ERR_MISSING);
    struct incident_wish wish = {.title = S("No parcels leave")};
    assert_ok(incident_open(&kit.d, kit.a, &sw.ines, &wish, &p.incident));
    int64_t first = put_update(p);
    p.headline = S("");
    p.words = S("Another lorry is coming.");
    int64_t second = put_update(p);
    assert_int_equal(update_of(second).matter_id, first);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(status_word_of(c, kit.a, sw.brand, p.incident, kit.now, &word));
    assert_true(word.said && !word.overdue && word.update.id == second);
    assert_ok(status_word_of(c, kit.a, sw.brand, p.incident, kit.now + HOUR_MS, &word));
    assert_true(word.overdue);
    assert_ok(status_word_of(c, kit.a, sw.brand, p.incident - 1, kit.now, &word));
    assert_false(word.said);
    db_read_end(c);
    c = NULL;
    close_all();
}

static void second_thoughts(void **state) {
    STATUS_WORLD;
    int64_t id = put_update(trouble("The mill stands.", "We found teh cause."));
    struct status_edit_form form = {
        .update = id, .version = 1, .headline = S("The mill stands."), .words = S("We found the cause.")};
    form.next_at = update_of(id).next_at;
    kit.now += MINUTE_MS;
    assert_ok(status_edit(&kit.d, kit.a, &sw.tom, &form));
    assert_int_equal(status_edit(&kit.d, kit.a, &sw.tom, &form), ERR_CONFLICT);
    struct store_status_update u = update_of(id);
    assert_true(str_eq(u.words, S("We found the cause.")) && u.edited_at == kit.now && u.version == 2);
    assert_true(str_eq(u.by_name, S("Ines Duarte")));
    store_status_edit_list edits;
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(store_status_edits(c, kit.a, sw.brand, id, &edits));
    }
    assert_int_equal(edits.n, 1);
    assert_true(str_eq(edits.v[0].words, S("We found teh cause.")));
    assert_ok(status_withdraw(&kit.d, kit.a, &sw.tom, id));
    assert_int_equal(status_withdraw(&kit.d, kit.a, &sw.tom, id), ERR_CONFLICT);
    form.version = 3;
    assert_int_equal(status_edit(&kit.d, kit.a, &sw.tom, &form), ERR_CONFLICT);
    for (size_t i = 0; i < load_public().updates.n; i++) assert_true(load_public().updates.v[i].id != id);
}

/* ---- parts and the page ---- */

static err part(int64_t id, const char *name, int64_t place, status_state s) {
    struct status_component_form f = {
        .id = id, .position = place, .name = str_z(name), .note = S(""), .state = s};
    return status_component_save(&kit.d, kit.a, &sw.ines, &f);
}

static void parts_have_an_order(void **state) {
    STATUS_WORLD;
    assert_ok(part(0, "Shop", 1, STATUS_WORKING));
    assert_ok(part(0, "Boxes", 2, STATUS_SLOW));
    store_status_component_list all = parts_now();
    assert_int_equal(all.n, 3);
    assert_true(str_eq(all.v[0].name, S("Shop")) && str_eq(all.v[1].name, S("Boxes")));
    assert_int_equal(part(0, "sHop", 1, STATUS_WORKING), ERR_INVALID);
    assert_int_equal(part(0, "", 1, STATUS_WORKING), ERR_INVALID);
    kit.now += MINUTE_MS;
    assert_ok(part(all.v[0].id, "Shop", 3, STATUS_WORKING));
    all = parts_now();
    assert_true(str_eq(all.v[2].name, S("Shop")) && all.v[2].since < kit.now);
    assert_int_equal(all.v[2].position, 3);
    for (int i = 0; i < STATUS_COMPONENTS_MAX - 3; i++) {
        char name[20];
        snprintf(name, sizeof name, "Part %d", i);
        assert_ok(part(0, name, 99, STATUS_WORKING));
    }
    assert_int_equal(part(0, "One more", 99, STATUS_WORKING), ERR_LIMIT);
    all = parts_now();
    for (size_t i = 3; i < all.n; i++)
        assert_ok(status_component_retire(&kit.d, kit.a, &sw.ines, all.v[i].id));
    assert_int_equal(status_component_retire(&kit.d, kit.a, &sw.ines, all.v[3].id), ERR_MISSING);
    assert_int_equal(parts_now().n, 3);
}

static void hosts_are_names(void **state) {
    STATUS_WORLD;
    static const char *const bad[] = {"https://x.example", "nodot", "a b.example", "x.example/",
                                      ".x.example"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(status_page_change(&kit.d, kit.a, &sw.ines, true, str_z(bad[i]), S("")),
                         ERR_INVALID);
    assert_int_equal(status_page_change(&kit.d, kit.a, &sw.ines, true, S("Desk.example"), S("")),
                     ERR_INVALID);
    assert_int_equal(status_page_change(&kit.d, kit.a, &sw.ines, true, S(""), S("no address")), ERR_INVALID);
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, true, S("Status.Tidewatch.example"), S("")));
    struct store_brand other;
    assert_ok(brand_create(&kit.d, kit.a, S("Harbour Books"), S("UTC"), S("en"), &other));
    struct actor hugo = {other.id, 1, S("Hugo")};
    assert_int_equal(status_page_change(&kit.d, kit.a, &hugo, true, S("status.tidewatch.example"), S("")),
                     ERR_CONFLICT);
    assert_int_equal(status_post(&kit.d, kit.a, &hugo, &(struct status_post){.words = S("x")}, &(int64_t){0}),
                     ERR_CONFLICT); /* not open */
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, true, S(""), S("")));
}

/* ---- bytes ---- */

static str made[STATUS_FORMS];

static void render(const struct status_public *p) {
    assert_ok(status_render(kit.a, S("https://desk.example"), p, kit.now, made));
}

static struct store_status_update said(int64_t id, int64_t matter, status_kind kind, const char *headline,
                                       str words, int64_t at) {
    return (struct store_status_update){.id = id,
                                        .matter_id = matter,
                                        .kind = kind,
                                        .headline = str_z(headline),
                                        .words = words,
                                        .by_name = S("Anouk <Verbeek>"),
                                        .at = at};
}

static struct status_public page_of(void) {
    struct status_public p = {.brand = sw.done.brand, .contact = S("letters@tidewatch.example")};
    p.brand.zone = S("Europe/Berlin");
    p.page = (struct store_status_page){.brand_id = sw.brand, .opened = true, .changed_at = kit.now};
    return p;
}

static void it_reads_well(void **state) {
    STATUS_WORLD;
    kit.now = status_friday + 3 * HOUR_MS; /* noon in Berlin */
    struct status_public p = page_of();
    render(&p);
    assert_true(holds(made[STATUS_HTML], ">Everything works.</h1>"));
    *list_add(kit.a, &p.components) = (struct store_status_component){
        .id = 1, .name = S("Missing <pieces>"), .note = S(""), .state = STATUS_DOWN, .since = status_friday};
    render(&p);
    assert_true(holds(made[STATUS_HTML], ">Not everything works at the moment.</h1>"));
    struct store_status_update u = said(3, 2, STATUS_TROUBLE, "", S("First <b>.\n\nSecond\nline."), kit.now);
    u.next_at = kit.now + 30 * MINUTE_MS;
    *list_add(kit.a, &p.updates) = u;
    *list_add(kit.a, &p.updates) =
        said(2, 2, STATUS_TROUBLE, "The page & all stops.", S("We look."), kit.now - 2 * HOUR_MS);
    *list_add(kit.a, &p.updates) =
        said(1, 1, STATUS_OVER, "", S("It is over."), kit.now - 40 * (int64_t)DAY_MS);
    render(&p);
    str html = made[STATUS_HTML];
    assert_true(holds(html, ">The page &amp; all stops.</h1>"));
    assert_true(holds(html, "<p dir=\"auto\">First &lt;b&gt;.</p>"));
    assert_true(holds(html, "<p dir=\"auto\">Second\nline.</p>"));
    assert_true(
        holds(html, "<time datetime=\"2027-01-15T12:30:00+01:00\">I will write here again by 12:30.</time>"));
    assert_true(holds(html, "Anouk &lt;Verbeek&gt;"));
    assert_true(holds(html, "<time datetime=\"2027-01-15T09:00:00+01:00\">Not answering since 09:00</time>"));
    assert_true(holds(html, "Missing &lt;pieces&gt;"));
    assert_true(holds(html, "Earlier on Friday, 15 January"));
    assert_true(holds(html, ">10:00</time><p dir=\"auto\">The page &amp; all stops. We look."));
    assert_true(holds(html, "Before today"));
    assert_true(holds(html, ">Last changed Friday, 15 January, 12:00.<"));
    assert_true(holds(html, "Europe/Berlin (CET)"));
    assert_true(holds(html, "href=\"https://desk.example/status/tidewatch-toys/subscribe\""));
    assert_false(holds(html, "<script") || holds(html, "src=") || holds(html, "@import") ||
                 holds(html, "url("));
    /* The next day it is before today. */
    kit.now += DAY_MS;
    render(&p);
    assert_false(holds(made[STATUS_HTML], "Earlier on"));
    assert_true(holds(made[STATUS_HTML], "Friday 12:00"));
    kit.now = status_friday + 5 * (int64_t)DAY_MS;
}

static void feeds_are_feeds(void **state) {
    STATUS_WORLD;
    struct status_public p = page_of();
    struct store_status_update u =
        said(3, 3, STATUS_TROUBLE, "A & B", S("One <two>\n\"three\""), status_friday);
    u.next_at = status_friday + HOUR_MS;
    *list_add(kit.a, &p.updates) = u;
    render(&p);
    str atom = made[STATUS_ATOM];
    assert_true(str_starts(atom, S("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed")));
    assert_true(holds(atom, "<title>A &amp; B</title>"));
    /* Its ids stay when the desk gets another address and the brand another name there. */
    size_t id = str_find(atom, S("<entry>"), 0), first_id = str_find(atom, S("<id>urn:uuid:"), 0);
    id = str_find(atom, S("<id>urn:uuid:"), id);
    assert_true(id < atom.n && first_id < id);
    str ids[2] = {str_slice(atom, first_id, first_id + 50), str_slice(atom, id, id + 50)};
    assert_false(str_eq(ids[0], ids[1]));
    p.brand.slug = S("tidewatch");
    assert_ok(status_render(kit.a, S("https://other.example"), &p, kit.now, made));
    for (int i = 0; i < 2; i++) assert_true(str_find(made[STATUS_ATOM], ids[i], 0) < made[STATUS_ATOM].n);
    /* What XML cannot say is left out. */
    p.updates.v[0].headline = S("A\xef\xbf\xbf & B\x01");
    render(&p);
    assert_true(holds(made[STATUS_ATOM], "<title>A &amp; B</title>"));
    assert_true(holds(atom, "<published>2027-01-15T09:00:00+01:00</published>"));
    assert_true(holds(atom, "One &lt;two&gt;"));
    assert_true(holds(atom, "I will write here again by 10:00."));
    JSON_AUTO json_t *j = NULL;
    str text;
    bool works;
    assert_ok(json_read(made[STATUS_JSON], &j));
    assert_true(json_take_str(j, "version", &text) && str_eq(text, S("status/1")));
    assert_true(json_take_bool(j, "works", &works) && !works);
    const json_t *first = json_array_get(json_object_get(j, "updates"), 0);
    assert_true(json_take_str(first, "next_word_by", &text) && str_eq(text, S("2027-01-15T10:00:00+01:00")));
    assert_true(json_take_str(first, "words", &text) && str_eq(text, u.words));
}

static str filled(char c, size_t n) {
    char *p = arena_alloc(kit.a, n);
    memset(p, c, n);
    return (str){p, n};
}

/* Whatever is written, it fits, and what is newest stands there whole. */
static void it_is_never_large(void **state) {
    STATUS_WORLD;
    struct status_public p = page_of();
    for (int i = 0; i < STATUS_COMPONENTS_MAX; i++)
        *list_add(kit.a, &p.components) =
            (struct store_status_component){.id = i + 1,
                                            .name = filled('&', STATUS_NAME_BYTES),
                                            .note = filled('"', STATUS_NOTE_BYTES),
                                            .state = STATUS_DOWN,
                                            .since = kit.now};
    for (int i = 0; i < STATUS_SHOWN_UPDATES; i++) {
        struct store_status_update u = said(100 - i, 100 - i % 20, STATUS_TROUBLE, "",
                                            filled('&', STATUS_WORDS_BYTES), kit.now - i * HOUR_MS);
        u.headline = filled('&', STATUS_HEADLINE_BYTES);
        *list_add(kit.a, &p.updates) = u;
    }
    render(&p);
    assert_true(made[STATUS_HTML].n <= STATUS_HTML_BYTES);
    size_t run = 0, longest = 0;
    for (size_t at = 0; at + 5 <= made[STATUS_HTML].n; at++) {
        bool amp = str_starts(str_slice(made[STATUS_HTML], at, made[STATUS_HTML].n), S("&amp;"));
        run = amp ? run + 1 : 0;
        if (amp) at += 4;
        if (run > longest) longest = run;
    }
    assert_int_equal(longest, STATUS_WORDS_BYTES);
    assert_true(str_ends(str_trim(made[STATUS_HTML]), S("</html>")));
    /* Hundreds of short paragraphs. */
    char *lines = arena_alloc(kit.a, STATUS_WORDS_BYTES);
    for (int i = 0; i < STATUS_WORDS_BYTES; i++) lines[i] = "&\n\n"[i % 3];
    p.updates.v[0].words = (str){lines, STATUS_WORDS_BYTES - 2};
    render(&p);
    assert_true(made[STATUS_HTML].n <= STATUS_HTML_BYTES);
    /* With plain words a long history stands there, too. */
    for (size_t i = 0; i < p.updates.n; i++) {
        p.updates.v[i].words = filled('w', 200);
        p.updates.v[i].headline = S("");
        p.updates.v[i].matter_id = 100;
    }
    p.components.n = 5;
    render(&p);
    assert_true(made[STATUS_HTML].n <= STATUS_HTML_BYTES);
    assert_true(holds(made[STATUS_HTML], "Before today"));
}

/* ---- the board ---- */

static struct http_request get_of(const char *path, const char *host, str etag) {
    struct http_request q = {.arena = kit.a, .method = HTTP_GET, .path = str_z(path)};
    *list_add(kit.a, &q.headers) = (struct http_pair){S("Host"), str_z(host)};
    if (etag.n) *list_add(kit.a, &q.headers) = (struct http_pair){S("If-None-Match"), etag};
    return q;
}

static bool answers(struct status_board *b, const char *path, const char *host) {
    struct http_request q = get_of(path, host, S(""));
    http_kept *k = status_board_quick(b, &q);
    http_kept_unref(k);
    return k != NULL;
}

static str copy_of(const char *file) {
    str bytes;
    if (status_copy_get(&kit.d, kit.a, S("tidewatch-toys"), file, &bytes)) return S("");
    return bytes;
}

static void the_board_keeps_pages(void **state) {
    STATUS_WORLD;
    struct status_board *b = status_board_new(&kit.d, false);
    struct status_shown one, two;
    assert_false(answers(b, "/status/tidewatch-toys", "x"));
    assert_ok(status_board_refresh(b));
    assert_true(status_board_get(b, kit.a, S("tidewatch-toys"), STATUS_HTML, &one));
    assert_true(str_eq(copy_of("index.html"), one.bytes));
    assert_true(holds(copy_of("feed.atom"), "<feed") && holds(copy_of("status.json"), "status/1"));
    struct stat st;
    assert_int_equal(stat(str_fmt(kit.a, "%s/status/tidewatch-toys/index.html", kit.folder).p, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_true(answers(b, "/status/tidewatch-toys", "x") && answers(b, "/status/tidewatch-toys/", "x"));
    assert_true(answers(b, "/status/tidewatch-toys/feed.atom", "x"));
    assert_false(answers(b, "/status/tidewatch-toys/subscribe", "x"));
    assert_false(answers(b, "/status/nobody", "x") || answers(b, "/", "status.tidewatch.example"));
    /* Nothing changed: the very same. */
    assert_ok(status_board_refresh(b));
    assert_true(status_board_get(b, kit.a, S("tidewatch-toys"), STATUS_HTML, &two));
    assert_true(str_eq(one.etag, two.etag));
    struct http_request q = get_of("/status/tidewatch-toys", "x", one.etag);
    http_kept *same = status_board_quick(b, &q);
    q = get_of("/status/tidewatch-toys", "x", S(""));
    http_kept *whole = status_board_quick(b, &q);
    assert_true(same && whole && same != whole);
    http_kept_unref(same);
    http_kept_unref(whole);
    /* By its date, where a reader knows no ETag. */
    assert_true(str_starts(one.modified, S("Wed, 20 Jan 2027 08:")) && str_ends(one.modified, S(" GMT")));
    q = get_of("/status/tidewatch-toys", "x", S(""));
    *list_add(kit.a, &q.headers) = (struct http_pair){S("If-Modified-Since"), one.modified};
    http_kept *again = status_board_quick(b, &q);
    assert_ptr_equal(again, same);
    http_kept_unref(again);
    q = get_of("/status/tidewatch-toys", "x", S("\"other\""));
    *list_add(kit.a, &q.headers) = (struct http_pair){S("If-Modified-Since"), one.modified};
    again = status_board_quick(b, &q);
    assert_ptr_equal(again, whole);
    http_kept_unref(again);
    int64_t id = put_update(trouble("The kiosk is closed.", "Rain."));
    assert_true(status_board_due(b, sw.brand) == 0);
    assert_ok(status_board_refresh(b));
    assert_true(status_board_get(b, kit.a, S("tidewatch-toys"), STATUS_HTML, &two));
    assert_false(str_eq(one.etag, two.etag));
    assert_int_equal(two.modified.n, 0); /* within the same second, so a date would lie */
    kit.now += SECOND_MS;
    assert_ok(status_board_refresh(b));
    assert_true(status_board_get(b, kit.a, S("tidewatch-toys"), STATUS_HTML, &one));
    assert_true(one.modified.n > 0 && str_eq(one.etag, two.etag));
    assert_true(holds(two.bytes, "The kiosk is closed.") && str_eq(copy_of("index.html"), two.bytes));
    assert_int_equal(status_board_due(b, sw.brand), update_of(id).next_at);
    assert_ok(status_withdraw(&kit.d, kit.a, &sw.ines, id));
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, true, S("status.tidewatch.example"), S("")));
    assert_ok(status_board_refresh(b));
    assert_true(answers(b, "/", "Status.Tidewatch.Example:443"));
    assert_true(answers(b, "/feed.atom", "status.tidewatch.example"));
    assert_false(answers(b, "/", "desk.example") || answers(b, "/brands", "status.tidewatch.example"));
    /* A process that was killed while it wrote leaves nothing behind for long. */
    str torn = str_fmt(kit.a, "%s/status/tidewatch-toys/index.html.x.new", kit.folder);
    assert_ok(file_write(kit.a, torn, S("<ht"), 0644));
    status_board_free(b);
    b = status_board_new(&kit.d, false);
    assert_ok(status_board_refresh(b));
    assert_int_not_equal(stat(torn.p, &st), 0);
    assert_true(copy_of("index.html").n > 0);
    /* Closed is gone, from the disk, too. */
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, false, S(""), S("")));
    assert_ok(status_board_refresh(b));
    assert_false(answers(b, "/status/tidewatch-toys", "x"));
    assert_int_equal(copy_of("index.html").n, 0);
    assert_ok(status_page_change(&kit.d, kit.a, &sw.ines, true, S(""), S("")));
    assert_ok(status_board_refresh(b));
    assert_true(copy_of("index.html").n > 0);
    status_board_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(an_update_needs_words), KIT_TEST(a_matter_goes_on),          KIT_TEST(a_form_counts_once),
        KIT_TEST(a_note_closes_nothing), KIT_TEST(an_incident_is_one_matter), KIT_TEST(second_thoughts),
        KIT_TEST(parts_have_an_order),   KIT_TEST(hosts_are_names),           KIT_TEST(it_reads_well),
        KIT_TEST(feeds_are_feeds),       KIT_TEST(it_is_never_large),         KIT_TEST(the_board_keeps_pages),
    };
    return KIT_RUN(tests);
}
