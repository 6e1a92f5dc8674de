/* The conversation side of the web floor: pages and their JSON, forms and what they refuse. */
#include "web_kit.h"

#include "desk/incident.h"
#include "desk/room.h"
#include "web/conversation_page.h"
#include "web/search_page.h"

/* ---- a conversation ---- */

static void test_conversation_page(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "fell down the drain &lt;b&gt;");
    assert_false(has(h.body, "drain <b>"));
    assert_has(h, "value=\"&quot;Milo, 7&quot; &lt;milo@customer.example&gt;\"");
    assert_has(h, "value=\"Re: Keeper Juno\"");
    assert_has(h, "/list/waiting");
    assert_has(h, "Letters are not leaving this machine");
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines,
              .query = str_cstr(kit.a, str_fmt(kit.a, "sent=%lld", (long long)site.letter)));
    assert_has(h, "<iframe class=\"frame\" sandbox=\"allow-popups");
    assert_has(h, "2 pictures from elsewhere are not shown");
    h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines, .header = "X-Fragment",
              .value = "conversation");
    assert_false(has(h.body, "<html"));
    assert_has(h, "id=\"thread\"");
}

static void test_column_alone(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .as = &site.ines,
                         .header = "X-Fragment", .value = "list");
    assert_status(h, 200);
    assert_has(h, "id=\"list\"");
    assert_has(h, "aria-current=\"true\"><b>Milo, 7</b>");
    assert_false(has(h.body, "id=\"thread\""));
    assert_true(has(hit_header(&h, "X-Counts"), "waiting=1"));
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.other_conversation), .as = &site.ines,
                        .header = "X-Fragment", .value = "list"),
                  404);
}

static void test_conversation_json(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, api(kit_path(TOYS "/c/%lld", site.conversation)), .by = &site.rita);
    assert_status(h, 200);
    assert_str(h.type, "application/json");
    JSON_AUTO json_t *root = NULL;
    assert_ok(json_read(h.body, &root));
    int64_t id;
    str text;
    assert_true(json_take_id(json_object_get(root, "conversation"), "id", &id));
    assert_int_equal(id, site.conversation);
    const json_t *m = json_array_get(json_object_get(root, "messages"), 0);
    assert_true(json_take_id(m, "id", &id));
    assert_int_equal(id, site.letter);
    assert_true(json_take_str(m, "kind", &text));
    assert_str(text, "letter");
    assert_true(json_take_str(m, "from", &text));
    assert_str(text, "milo@customer.example");
    assert_true(json_take_str(m, "subject", &text));
    assert_str(text, "Keeper Juno");
    assert_true(json_take_str(m, "text", &text));
    assert_true(has(text, "<b>& \"was lost\"</b>"));
    /* A token is for its own brand, and for addresses of programs. */
    assert_status(shoot(HTTP_GET, api(kit_path(BOOKS "/c/%lld", site.other_conversation)), .by = &site.ines),
                  401);
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/c/%lld", site.conversation), .by = &site.ines), 303);
}

static int64_t fresh_letter(const char *subject) {
    struct kit_letter l = {.to = site.inbox,
                           .from = "ada@customer.example",
                           .name = "Ada",
                           .subject = subject,
                           .text = "Please help."};
    kit.now += 1000;
    kit_put_letter(&l);
    return l.conversation;
}

static int64_t version_of(int64_t id) {
    struct conversation v;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.inbox.brand, id, &v));
    return v.version;
}

static const char *reply_form(int64_t version, const char *text) {
    return str_cstr(kit.a, str_fmt(kit.a, "version=%lld&to=ada%%40customer.example&subject=Re&text=%s",
                                   (long long)version, text));
}

static int64_t message_in(str text, const char *before) {
    size_t at = str_find(text, str_z(before), 0);
    assert_true(at != SIZE_MAX);
    int64_t id = 0;
    for (at += strlen(before); at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++)
        id = id * 10 + (text.p[at] - '0');
    return id;
}

static void test_reply_and_take_back(void **state) {
    (void)state;
    int64_t id = fresh_letter("Ferry");
    const char *page = kit_path(TOYS "/c/%lld", id), *send = kit_path(TOYS "/c/%lld/reply", id);
    struct hit h = shoot(HTTP_POST, send, .as = &site.ines, .form = reply_form(1, ""));
    assert_status(h, 422);
    assert_has(h, "The reply is empty.");
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = "version=1&to=nonsense&subject=Re&text=Dear+Ada");
    assert_status(h, 422);
    assert_has(h, "is not an address");
    assert_has(h, "\nDear Ada</textarea>");
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = reply_form(1, "Dear+Ada%0D%0Ahere"));
    assert_status(h, 303);
    assert_str(h.location, page);
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_has(h, "data-take-back");
    assert_has(h, "On hold");
    assert_has(h, "To ada@customer.example");
    int64_t message = message_in(h.body, TOYS "/m/");
    assert_true(message > 0);
    size_t at = str_find(h.body, S("/take-back"), 0);
    str before = str_slice(h.body, at - 30, at);
    size_t slash = str_find(before, S("/m/"), 0);
    assert_true(str_to_int(str_slice(before, slash + 3, before.n), &message));
    h = shoot(HTTP_POST, kit_path(TOYS "/m/%lld/take-back", message), .as = &site.ines);
    assert_status(h, 303);
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_has(h, "\nDear Ada\nhere</textarea>");
    assert_has(h, "You took a reply back");
    /* Once more, by a script, which goes there itself. */
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = reply_form(version_of(id), "Dear+Ada"),
              .header = "X-Fragment", .value = "send");
    assert_status(h, 200);
    assert_str(hit_header(&h, "X-Location"), page);
    kit.now += 20 * SECOND_MS;
}

static void test_stale_reply(void **state) {
    (void)state;
    int64_t id = fresh_letter("Stale");
    int64_t seen = version_of(id);
    assert_ok(conversation_take(&kit.d, kit.a, &site.omar.actor, id, false));
    struct hit h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", id), .as = &site.ines,
                         .form = reply_form(seen, "My+long+answer"));
    assert_status(h, 409);
    assert_has(h, "Not sent: something changed");
    assert_has(h, "Omar took this<");
    assert_has(h, "Your reply goes to ada@customer.example");
    assert_has(h, "\nMy long answer</textarea>");
    assert_true(
        str_find(h.body,
                 str_fmt(kit.a, "class=\"conflict\" data-version=\"%lld\"", (long long)version_of(id)),
                 0) != SIZE_MAX);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", id), .as = &site.ines, .form = reply_form(seen, "x"),
              .header = "X-Fragment", .value = "send");
    assert_status(h, 409);
    assert_false(has(h.body, "<html"));
    assert_has(h, "id=\"conflict\"");
    /* A page that hides what it showed may not send. */
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/reply", id), .as = &site.ines,
              .form = "to=ada%40customer.example&text=x");
    assert_status(h, 422);
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", id)), .by = &site.ines,
              .json = "{\"text\": \"T\", \"to\": \"ada@customer.example\", \"version\": 1}");
    assert_status(h, 409);
    assert_true(has(h.body, "\"kind\":\"conflict\""));
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", id)), .by = &site.ines,
              .json = "{\"text\": \"T\", \"to\": \"ada@customer.example\"}");
    assert_status(h, 200);
    assert_true(has(h.body, "\"message\":\""));
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", id)), .by = &site.ines, .json = "[1]");
    assert_status(h, 422);
}

/* ---- one letter, sent once ---- */

static str value_of(struct hit h, const char *before) {
    size_t at = str_find(h.body, str_z(before), 0);
    assert_true(at != SIZE_MAX);
    at += strlen(before);
    return str_slice(h.body, at, str_find_char(h.body, '"', at));
}

static str key_of(struct hit h) { return value_of(h, "name=\"key\" value=\""); }

static int replies_in(int64_t id) {
    message_list all = {0};
    int n = 0;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_list(c, kit.a, site.inbox.brand, id, 0, 100, &all));
    for (size_t i = 0; i < all.n; i++) n += all.v[i].kind == MESSAGE_REPLY;
    return n;
}

static const char *keyed(str key, int64_t version, const char *text) {
    return str_cstr(kit.a, str_fmt(kit.a, "key=%.*s&%s", STR_FMT(key), reply_form(version, text)));
}

static void test_one_key_sends_once(void **state) {
    (void)state;
    int64_t id = fresh_letter("Twice"), seen = version_of(id);
    const char *page = kit_path(TOYS "/c/%lld", id), *send = kit_path(TOYS "/c/%lld/reply", id);
    str key = key_of(shoot(HTTP_GET, page, .as = &site.ines));
    assert_true(key.n >= 20);
    assert_false(str_eq(key, key_of(shoot(HTTP_GET, page, .as = &site.ines))));
    /* Refused: the form shown again is still the same one. */
    struct hit h = shoot(HTTP_POST, send, .as = &site.ines, .form = keyed(key, seen, ""));
    assert_status(h, 422);
    assert_str(key_of(h), str_cstr(kit.a, key));
    /* The connection dies and the browser repeats itself, with its file too. */
    for (int i = 0; i < 3; i++) {
        h = shoot(HTTP_POST, send, .as = &site.ines, .form = keyed(key, seen, "Dear+Ada"), .file = KIT_PNG);
        assert_status(h, 303);
        assert_str(h.location, page);
        assert_int_equal(replies_in(id), 1);
    }
    assert_false(has(shoot(HTTP_GET, page, .as = &site.ines).body, "data-attachment"));
    /* Words changed since are neither sent in silence nor lost. */
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = keyed(key, seen, "Dear+Ada%2C+more"));
    assert_status(h, 409);
    assert_has(h, "\nDear Ada, more</textarea>");
    assert_has(h, "Ines Duarte answered at");
    assert_int_equal(replies_in(id), 1);
    str next = key_of(h);
    assert_false(str_eq(key, next));
    assert_str(value_of(h, "data-send-key=\""), str_cstr(kit.a, next));
    h = shoot(HTTP_POST, send, .as = &site.ines, .form = keyed(next, version_of(id), "Dear+Ada%2C+more"));
    assert_status(h, 303);
    assert_int_equal(replies_in(id), 2);
    /* Somebody else's key is another one. */
    h = shoot(HTTP_POST, send, .as = &site.omar, .form = keyed(next, version_of(id), "Dear+Ada%2C+more"));
    assert_status(h, 303);
    assert_int_equal(replies_in(id), 3);
}

static void test_key_of_first_letter_and_program(void **state) {
    (void)state;
    str key = key_of(shoot(HTTP_GET, TOYS "/write", .as = &site.omar));
    const char *form = str_cstr(
        kit.a, str_fmt(kit.a, "key=%.*s&to=once%%40customer.example&subject=Once&text=Hello", STR_FMT(key)));
    struct hit one = shoot(HTTP_POST, TOYS "/write/reply", .as = &site.omar, .form = form);
    struct hit two = shoot(HTTP_POST, TOYS "/write/reply", .as = &site.omar, .form = form);
    assert_status(one, 303);
    assert_status(two, 303);
    assert_str(two.location, str_cstr(kit.a, one.location));
    int64_t id = fresh_letter("By program");
    const char *send = api(kit_path(TOYS "/c/%lld/reply", id));
    const char *json = "{\"text\": \"T\", \"key\": \"order-7\"}";
    one = shoot(HTTP_POST, send, .by = &site.ines, .json = json);
    two = shoot(HTTP_POST, send, .by = &site.ines, .json = json);
    assert_status(one, 200);
    assert_str(two.body, str_cstr(kit.a, one.body));
    assert_int_equal(replies_in(id), 1);
}

static void test_signature(void **state) {
    (void)state;
    int64_t id = fresh_letter("Signed");
    const char *page = kit_path(TOYS "/c/%lld", id), *send = kit_path(TOYS "/c/%lld/reply", id);
    assert_has(shoot(HTTP_GET, page, .as = &site.omar), "rows=\"10\">\n</textarea>");
    assert_ok(people_set_signature(&kit.d, kit.a, site.inbox.brand, site.omar.agent.id,
                                   S("Omar <Haddad>\nTidewatch Toys")));
    struct hit h = shoot(HTTP_GET, page, .as = &site.omar);
    assert_has(h, "rows=\"10\">\n\n\nOmar &lt;Haddad&gt;\nTidewatch Toys</textarea>");
    assert_has(h, "data-signature=\"Omar &lt;Haddad&gt;\nTidewatch Toys\"");
    assert_has(shoot(HTTP_GET, TOYS "/write", .as = &site.omar), ">\n\n\nOmar &lt;Haddad&gt;\n");
    assert_false(has(shoot(HTTP_GET, page, .as = &site.ines).body, "Haddad"));
    h = shoot(HTTP_POST, send, .as = &site.omar,
              .form = reply_form(version_of(id), "%0D%0A%0D%0AOmar+%3CHaddad%3E%0D%0ATidewatch+Toys"));
    assert_status(h, 422);
    assert_has(h, "The reply is empty.");
    /* A draft is shown as it was kept. */
    shoot(HTTP_POST, kit_path(TOYS "/c/%lld/draft", id), .as = &site.omar, .form = "text=half");
    assert_has(shoot(HTTP_GET, page, .as = &site.omar), ">\nhalf</textarea>");
    shoot(HTTP_POST, kit_path(TOYS "/c/%lld/draft/drop", id), .as = &site.omar);
    /* What is seen is what is sent; a program's text stays as it is. */
    h = shoot(HTTP_POST, send, .as = &site.omar, .form = reply_form(version_of(id), "Without+it"));
    assert_status(h, 303);
    h = shoot(HTTP_POST, api(send), .by = &site.omar, .json = "{\"text\": \"By program\"}");
    assert_status(h, 200);
    h = shoot(HTTP_GET, api(page), .by = &site.omar);
    assert_true(has(h.body, "\"text\":\"Without it\"") && has(h.body, "\"text\":\"By program\""));
    assert_false(has(h.body, "Haddad"));
    assert_false(has(shoot(HTTP_GET, api(TOYS "/write"), .by = &site.omar).body, "Haddad"));
    assert_ok(people_set_signature(&kit.d, kit.a, site.inbox.brand, site.omar.agent.id, S("")));
}

/* ---- what a thread says ---- */

static void test_words_of_the_thread(void **state) {
    (void)state;
    struct web_call w = {.arena = kit.a, .who.agent = site.ines.agent};
    struct event e = {.kind = S("taken"), .agent_id = site.omar.agent.id, .agent_name = S("Omar")};
    assert_str(said_event_text(&w, &e), "Omar took this");
    e.detail = S("Lena");
    assert_str(said_event_text(&w, &e), "Omar took this over from Lena");
    e.agent_id = site.ines.agent.id;
    assert_str(said_event_text(&w, &e), "You took this over from Lena");
    e.detail = S("");
    assert_str(said_event_text(&w, &e), "You took this");
    struct conversation c = {.subject = S("Invoice, again")};
    struct message m = {.subject = S("Re: Invoice, again"), .said_at = kit.now, .created_at = kit.now};
    assert_false(said_another_subject(&w, &m, &c));
    m.subject = S("AW: Re: Invoice, again");
    assert_false(said_another_subject(&w, &m, &c));
    m.subject = S("Another invoice");
    assert_true(said_another_subject(&w, &m, &c));
    m.subject = S("");
    assert_false(said_another_subject(&w, &m, &c));
    assert_false(said_came_later(&m));
    m.said_at -= 61 * MINUTE_MS;
    assert_true(said_came_later(&m));
    m.said_at = kit.now + 61 * MINUTE_MS;
    assert_true(said_came_later(&m));
    m.channel = CHANNEL_PAPER;
    assert_false(said_came_later(&m));
}

static void test_list_shows_the_beginning(void **state) {
    (void)state;
    fresh_letter("A subject");
    struct hit h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines);
    assert_has(h, "<p dir=\"auto\">A subject</p><p class=\"begins\" dir=\"auto\">Please help.</p>");
    fresh_letter("");
    h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines);
    assert_has(h, "<p dir=\"auto\">Please help.</p></a>");
}

static void test_draft_and_files(void **state) {
    (void)state;
    int64_t id = fresh_letter("Draft");
    const char *page = kit_path(TOYS "/c/%lld", id);
    struct hit h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/draft", id), .as = &site.omar,
                         .form = "text=half+a+letter&to=ada%40customer.example&subject=S", .header = "Accept",
                         .value = "application/json");
    assert_status(h, 200);
    assert_str(h.body, "{\"ok\":true}");
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/attach", id), .as = &site.omar, .file = KIT_PNG,
              .header = "X-Fragment", .value = "attached");
    assert_status(h, 200);
    assert_has(h, "cat.png");
    int64_t file = message_in(h.body, "data-attachment=\"");
    h = shoot(HTTP_GET, page, .as = &site.omar);
    assert_has(h, "half a letter</textarea>");
    assert_has(h, "Take off cat.png");
    /* Nobody else sees a draft or its files. */
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_false(has(h.body, "half a letter"));
    assert_false(has(h.body, "cat.png"));
    assert_status(shoot(HTTP_GET, kit_path(TOYS "/a/%lld", file), .as = &site.ines), 404);
    const char *remove = kit_path("remove=%lld", file);
    assert_status(shoot(HTTP_POST, kit_path(TOYS "/c/%lld/detach", id), .as = &site.ines, .form = remove),
                  404);
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/detach", id), .as = &site.omar, .form = remove,
              .header = "X-Fragment", .value = "attached");
    assert_status(h, 200);
    assert_false(has(h.body, "cat.png"));
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/draft/drop", id), .as = &site.omar);
    assert_status(h, 303);
    assert_false(has(shoot(HTTP_GET, page, .as = &site.omar).body, "half a letter"));
}

static void test_files_of_a_letter(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld", site.file), .as = &site.rita);
    assert_status(h, 200);
    assert_str(h.type, "image/png");
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "sandbox"));
    assert_status(shoot(HTTP_GET, api(kit_path(TOYS "/a/%lld", site.file)), .by = &site.rita), 200);
    h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld/page.html", site.file), .as = &site.rita);
    assert_str(h.type, "application/octet-stream");
    assert_str(hit_header(&h, "Content-Disposition"),
               "attachment; filename=\"dr__in _1_.png\"; filename*=UTF-8''dr%C3%A4in%20%221%22.png");
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/raw", site.letter), .as = &site.rita);
    assert_str(h.type, "text/plain; charset=us-ascii");
    assert_true(str_starts(h.body, S("Subject: Keeper Juno\r\n")));
    assert_true(has(hit_header(&h, "Content-Disposition"), "attachment"));
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", site.letter), .as = &site.rita);
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "default-src 'none'; img-src data:"));
    assert_has(h, "<img src=\"data:image/png;base64,iVBOR");
    /* What says it is a picture and is none is not shown. */
    struct kit_letter l = {.to = site.inbox,
                           .from = "eve@customer.example",
                           .name = "Eve",
                           .subject = "x",
                           .text = "x",
                           .html = "<p><img src=\"cid:a\" alt=\"a\"><img src=\"cid:none\" alt=\"b\"></p>",
                           .file = "x.png",
                           .content_id = "a",
                           .file_bytes = S("<script>alert(1)</script>"),
                           .file_type = S("image/png")};
    kit_put_letter(&l);
    h = shoot(HTTP_GET, kit_path(TOYS "/a/%lld", l.file_id), .as = &site.ines);
    assert_str(h.type, "application/octet-stream");
    assert_true(has(hit_header(&h, "Content-Disposition"), "attachment"));
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", l.id), .as = &site.ines);
    assert_has(h, "<img src=\"data:,\" alt=\"a\"><img src=\"data:,\" alt=\"b\">");
    /* HTML that no sanitiser of ours can have written is not shown at all. */
    struct kit_letter bad = l;
    bad.html = "<p onclick=\"x\">x</p><script>x</script>";
    kit_put_letter(&bad);
    h = shoot(HTTP_GET, kit_path(TOYS "/m/%lld/html", bad.id), .as = &site.ines);
    assert_status(h, 422);
    assert_false(has(h.body, "<script>x"));
}

static void test_actions(void **state) {
    (void)state;
    int64_t id = fresh_letter("Actions");
    const char *page = kit_path(TOYS "/c/%lld", id);
#define ACT(verb, form_text)                                                                                 \
    shoot(HTTP_POST, kit_path(TOYS "/c/%lld/" verb, id), .as = &site.ines, .form = form_text)
    assert_status(ACT("take", ""), 303);
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "You are answering");
    struct hit h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/take", id), .as = &site.omar);
    assert_status(h, 409);
    assert_has(h, "Ines Duarte is answering this one.");
    assert_status(ACT("release", ""), 303);
    h = ACT("close", "");
    assert_status(h, 422);
    assert_has(h, "A letter here has no answer yet");
    assert_status(ACT("close", "reason=blocked"), 422);
    assert_status(ACT("close", "reason=machine"), 303);
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "Closed without an answer: written by a machine");
    assert_has(shoot(HTTP_GET, TOYS "/list/closed", .as = &site.ines), "Actions");
    assert_status(ACT("reopen", ""), 303);
    assert_status(ACT("junk", "block=1"), 303);
    assert_has(shoot(HTTP_GET, TOYS "/list/junk", .as = &site.ines), "Actions");
    assert_has(shoot(HTTP_GET, page, .as = &site.ines), "(blocked)");
    assert_status(ACT("reopen", ""), 303);
    assert_false(has(shoot(HTTP_GET, page, .as = &site.ines).body, "(blocked)"));
    h = ACT("note", "text=");
    assert_status(h, 422);
    assert_has(h, "The note is empty.");
    h = shoot(HTTP_POST, kit_path(TOYS "/c/%lld/pass", id), .as = &site.ines,
              .form = str_cstr(
                  kit.a, str_fmt(kit.a, "agent=%lld&text=you+know+her", (long long)site.lena.agent.id)));
    /* Lena was invited and has never signed in with a password, but she may answer. */
    assert_status(h, 303);
    h = shoot(HTTP_GET, page, .as = &site.ines);
    assert_has(h, "You passed this on to Lena");
    assert_has(h, "you know her");
}

/* ---- other pages ---- */

static void test_lists_and_paging(void **state) {
    (void)state;
    for (int i = 0; i < 55; i++) fresh_letter("Page");
    struct hit h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines);
    assert_has(h, "Next 50");
    size_t at = str_find(h.body, S("/list/waiting?after="), 0);
    str after = str_slice(h.body, at + 14, str_find_char(h.body, '"', at));
    h = shoot(HTTP_GET, TOYS "/list/waiting", .query = str_cstr(kit.a, after), .as = &site.ines);
    assert_status(h, 200);
    assert_has(h, "From the start");
    h = shoot(HTTP_GET, TOYS "/list/waiting", .as = &site.ines, .header = "X-Fragment", .value = "list");
    assert_false(has(h.body, "<html"));
    assert_true(has(hit_header(&h, "X-Counts"), "waiting="));
    h = shoot(HTTP_GET, api(TOYS "/list/waiting"), .by = &site.omar);
    JSON_AUTO json_t *root = NULL;
    assert_ok(json_read(h.body, &root));
    assert_int_equal(json_array_size(json_object_get(root, "conversations")), 50);
    assert_has(shoot(HTTP_GET, TOYS "/list/mine", .as = &site.lena), "Actions");
    h = shoot(HTTP_GET, BOOKS "/list/done", .as = &site.hugo);
    assert_has(h, "Nothing here yet.");
    /* A count is fresh once something changed. */
    h = shoot(HTTP_GET, BOOKS "/list/waiting", .as = &site.hugo);
    assert_has(h, "data-count=\"waiting\">1<");
    struct kit_letter l = {
        .to = site.other_inbox, .from = "z@customer.example", .name = "Z", .subject = "z", .text = "z"};
    kit_put_letter(&l);
    assert_has(shoot(HTTP_GET, BOOKS "/list/waiting", .as = &site.hugo), "data-count=\"waiting\">2<");
}

static void test_search(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, TOYS "/search", .query = "q=drains+keeper", .as = &site.rita);
    assert_status(h, 200);
    assert_has(h, "<mark>Keeper</mark>");
    assert_has(h, "<mark>drain</mark> &lt;b&gt;");
    h = shoot(HTTP_GET, TOYS "/search", .query = "q=%3Cscript%3E+nothing", .as = &site.rita);
    assert_has(h, "No letter holds all of these words.");
    assert_has(h, "value=\"&lt;script&gt; nothing\"");
    h = shoot(HTTP_GET, TOYS "/search", .query = "q=1", .as = &site.rita);
    assert_status(h, 303);
    assert_str(h.location, kit_path(TOYS "/c/%lld", site.conversation));
    assert_status(shoot(HTTP_GET, TOYS "/search", .query = "q=%22%27*+AND+OR+%28", .as = &site.rita), 200);
    assert_status(shoot(HTTP_GET, TOYS "/search", .query = "q=a&before=x", .as = &site.rita), 422);
    h = shoot(HTTP_GET, api(TOYS "/search"), .query = "q=keeper", .by = &site.rita);
    assert_true(has(h.body, "\"customer_name\":\"Milo, 7\""));
    word_list words = {0};
    search_pieces pieces;
    words_of(kit.a, S("käse"), S("de"), 5, &words);
    search_mark(kit.a, S("de"), S("Der Kase, der Käse."), &words, false, &pieces);
    assert_int_equal(pieces.n, 5);
    assert_str(pieces.v[1].text, "Kase");
    assert_str(pieces.v[3].text, "Käse");
}

static void test_customer(void **state) {
    (void)state;
    const char *page = kit_path(TOYS "/customers/%lld", site.customer);
    struct hit h = shoot(HTTP_POST, page, .as = &site.omar, .form = "name=Milo+Berg&text=Seven+years+old.");
    assert_status(h, 303);
    h = shoot(HTTP_GET, page, .as = &site.omar);
    assert_has(h, "<h1>Milo Berg</h1>");
    assert_has(h, "Seven years old.</textarea>");
    h = shoot(HTTP_POST, page, .as = &site.omar, .form = "name=&text=kept+too");
    assert_status(h, 422);
    assert_has(h, "kept too</textarea>");
    const char *add = kit_path(TOYS "/customers/%lld/address", site.customer);
    assert_status(shoot(HTTP_POST, add, .as = &site.omar, .form = "address=milo2%40customer.example"), 303);
    assert_status(shoot(HTTP_POST, add, .as = &site.omar, .form = "address=ada%40customer.example"), 409);
    assert_status(shoot(HTTP_POST, add, .as = &site.omar, .form = "address=nonsense"), 422);
    assert_has(shoot(HTTP_GET, page, .as = &site.omar), "milo2@customer.example");
    h = shoot(HTTP_POST, kit_path(TOYS "/customers/%lld/unblock", site.customer), .as = &site.lena,
              .form = "address=ada%40customer.example");
    assert_status(h, 404);
    h = shoot(HTTP_GET, api(page), .by = &site.rita);
    assert_true(has(h.body, "\"name\":\"Milo Berg\""));
    h = shoot(HTTP_GET, TOYS "/write", .query = kit_path("customer=%lld", site.customer), .as = &site.omar);
    assert_true(has(h.body, "name=\"to\" value=\"milo"));
}

static void test_write_first_and_type_in(void **state) {
    (void)state;
    struct hit h =
        shoot(HTTP_POST, TOYS "/write/reply", .as = &site.omar, .form = "to=&text=Hello+there&subject=Hi");
    assert_status(h, 422);
    assert_has(h, "Hello there</textarea>");
    h = shoot(HTTP_POST, TOYS "/write/reply", .as = &site.omar,
              .form = "to=new%40customer.example&text=Hello+there&subject=Hi");
    assert_status(h, 303);
    assert_true(str_starts(h.location, S(TOYS "/c/")));
    assert_has(shoot(HTTP_GET, str_cstr(kit.a, h.location), .as = &site.omar), "Hello there");
    h = shoot(HTTP_POST, TOYS "/type-in", .as = &site.omar, .form = "kind=call&name=&text=She+called");
    assert_status(h, 422);
    assert_has(h, "She called</textarea>");
    assert_status(
        shoot(HTTP_POST, TOYS "/type-in", .as = &site.omar, .form = "name=A&text=b&date=2020-13-40"), 422);
    h = shoot(HTTP_POST, TOYS "/type-in", .as = &site.omar,
              .form = "kind=call&name=Greta&text=She+called&date=2026-03-12");
    assert_status(h, 303);
    h = shoot(HTTP_GET, str_cstr(kit.a, h.location), .as = &site.omar);
    assert_has(h, "By telephone");
    assert_has(h, "12 March 2026");
}

/* A fact that was taken out the day before: the check says so as other pages write times. */
static void test_check_of_another_day(void **state) {
    (void)state;
    int64_t incident, fact, n, began = kit.now;
    struct incident_wish wish = {.title = S("The page is down")};
    struct room_fact_wish says = {.text = S("The page returns at ten o’clock.")};
    assert_ok(incident_open(&kit.d, kit.a, &site.lena.actor, &wish, &incident));
    assert_ok(incident_join(&kit.d, kit.a, &site.lena.actor, incident, &site.conversation, 1));
    assert_ok(room_fact_add(&kit.d, kit.a, &site.lena.actor, incident, &says, &fact));
    assert_ok(room_fact_withdraw(&kit.d, kit.a, &site.lena.actor, fact, S("No"), false, -1, &n));
    struct local_time day;
    zone_local(NULL, kit.now, &day);
    kit.now += 8 * (int64_t)DAY_MS;
    struct hit h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/check", site.conversation)), .by = &site.lena,
                         .json = "{\"text\":\"Milo, the page returns at ten o’clock.\"}");
    assert_status(h, 200);
    str iso = str_fmt(kit.a, "%04d-%02d-%02d", (int)day.year, day.month, day.day);
    assert_true(str_find(h.body, str_fmt(kit.a, "facts (%d ", day.day), 0) != SIZE_MAX);
    assert_true(str_find(h.body, iso, 0) == SIZE_MAX);
    assert_ok(incident_close(&kit.d, kit.a, &site.lena.actor, incident, S(""), -1));
    kit.now = began;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_conversation_page),
        KIT_TEST(test_column_alone),
        KIT_TEST(test_conversation_json),
        KIT_TEST(test_search),
        KIT_TEST(test_reply_and_take_back),
        KIT_TEST(test_stale_reply),
        KIT_TEST(test_one_key_sends_once),
        KIT_TEST(test_key_of_first_letter_and_program),
        KIT_TEST(test_signature),
        KIT_TEST(test_words_of_the_thread),
        KIT_TEST(test_list_shows_the_beginning),
        KIT_TEST(test_draft_and_files),
        KIT_TEST(test_files_of_a_letter),
        KIT_TEST(test_actions),
        KIT_TEST(test_lists_and_paging),
        KIT_TEST(test_customer),
        KIT_TEST(test_write_first_and_type_in),
        KIT_TEST(test_check_of_another_day),
    };
    int failed = cmocka_run_group_tests_name("web desk, sqlite", tests, kit_open_site, kit_close_site);
    const char *url = getenv("PG_URL");
    if (url && *url)
        failed |=
            cmocka_run_group_tests_name("web desk, postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
