/* Promises through the router: who may see and change what, which days of a reply are none, what comes back
 * to a form, the brand's calendar, and the file for leads. */
#include "web_people_kit.h"

#include "desk/brands.h"
#include "desk/child.h"
#include "desk/promise.h"

#define PROMISES TOYS "/promises"

static const struct web_person *somebody(int i) {
    const struct web_person *const all[] = {&site.ines, &site.lena, &site.omar, &site.rita, &site.hugo};
    return all[i];
}

static int64_t letter(const char *name, const char *text) {
    static int n;
    struct kit_letter l = {.to = site.inbox,
                           .from = str_cstr(kit.a, str_fmt(kit.a, "writer%d@customer.example", ++n)),
                           .name = name,
                           .subject = "About a boat",
                           .text = text};
    kit_put_letter(&l);
    site.letter = l.id;
    return l.conversation;
}

static const char *path_of(int64_t conversation, const char *rest) {
    return str_cstr(kit.a, str_fmt(kit.a, TOYS "/c/%lld%s", (long long)conversation, rest));
}

static int64_t note(int64_t conversation, const char *text, int64_t day) {
    struct promise_wish wish = {.conversation = conversation, .text = str_z(text), .day = day};
    int64_t id;
    assert_ok(promise_add(&kit.d, kit.a, &site.omar.actor, &wish, &id));
    return id;
}

static struct store_promise get(int64_t id) {
    struct store_promise p;
    promise_step_list steps;
    assert_ok(promise_get(&kit.d, kit.a, site.toys.brand.id, id, &p, &steps));
    return p;
}

static store_promise_list promises_of(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    store_promise_list all;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_promises_of_conversation(c, kit.a, site.toys.brand.id, conversation, 0, 1000, &all));
    return all;
}

static const char *one(int64_t id) { return kit_path(PROMISES "/%lld", id); }

static const char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *text(const char *fmt, ...) {
    char out[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out, sizeof out, fmt, ap);
    va_end(ap);
    return str_cstr(kit.a, str_z(out));
}

static void assert_text(struct hit h, const char *part) {
    if (str_find(h.body, str_z(part), 0) == SIZE_MAX)
        fail_msg("no \"%s\" in %d: %.*s", part, h.status, STR_FMT(h.body));
}

/* Friday, 15 January 2027, 08:00 UTC: where the kit's clock stands. */
static const int64_t friday = 1800000000000;

/* Sessions grow old with the clock: whoever works on signs in again. */
static void clock_at(int64_t now) {
    kit.now = now;
    site.omar.session = kit_session(site.omar.agent.account_id, &site.omar.csrf);
}

/* ---- rights ---- */

static void test_who_may(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Ada", "Where is my boat?"), id = note(c, "Send the boat", 20270120);
    static const int look[] = {200, 200, 200, 200, 404}, write[] = {303, 303, 303, 403, 404},
                     table[] = {200, 200, 403, 403, 404};
    const char *add = path_of(c, "/promises");
    for (int i = 0; i < 5; i++) {
        const struct web_person *p = somebody(i);
        assert_status(fetch(.path = PROMISES, .as = p), look[i]);
        assert_status(fetch(.path = one(id), .as = p), look[i]);
        assert_status(fetch(.path = PROMISES "/export", .as = p), table[i]);
        assert_status(fetch(.method = HTTP_POST, .path = add, .as = p,
                            .form = text("text=Number+%d&day=2027-01-20", i)),
                      write[i]);
        const char *form =
            text("step=warned&day=2027-02-0%d&why=Ice&seen_steps=%lld", i + 1, (long long)get(id).steps);
        assert_status(fetch(.method = HTTP_POST, .path = one(id), .as = p, .form = form), write[i]);
        assert_status(fetch(.method = HTTP_POST, .path = path_of(c, "/promises/agree"), .as = p,
                            .form = "agreed=1&note=Her+mother"),
                      write[i]);
        assert_status(fetch(.method = HTTP_POST, .path = kit_path(TOYS "/m/%lld/remember", site.letter),
                            .as = p, .form = "start=0&end=5"),
                      write[i]);
    }
    assert_status(fetch(.path = PROMISES), 303);
    assert_status(fetch(.method = HTTP_POST, .path = add, .as = &site.omar, .csrf = "wrong",
                        .form = "text=x&day=2027-01-20"),
                  403);
    assert_int_equal(promises_of(c).n, 1 + 3 + 1);
    /* A reader is shown no form, another brand's promise is as missing as any. */
    struct hit h = fetch(.path = path_of(c, ""), .as = &site.rita);
    assert_has(h, "Send the boat");
    assert_false(has(h.body, "Note a promise"));
    assert_false(has(fetch(.path = one(id), .as = &site.rita).body, "What became of it?"));
    assert_false(has(fetch(.path = PROMISES, .as = &site.omar).body, "/promises/export"));
    assert_status(fetch(.path = kit_path(BOOKS "/promises/%lld", id), .as = &site.hugo), 404);
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(BOOKS "/promises/%lld", id), .as = &site.hugo,
                        .form = "step=kept&why=x&seen_steps=1"),
                  404);
    assert_status(fetch(.path = PROMISES "/77", .as = &site.omar), 404);
}

/* ---- in a reply ---- */

static const char reply_text[] =
    "Dear Bo, thank you for the drawing. Grüße! I will send you a new keeper within two "
    "weeks. I will write to you again by Friday.";

static struct hit send(int64_t conversation, const char *more) {
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, site.toys.brand.id, conversation, &v));
    db_read_end(c);
    c = NULL;
    BUF_AUTO buf b = BUF_MAX(65536);
    http_encode(&b, str_z(reply_text));
    const char *form = text("text=%.*s&to=bo%%40example.org&subject=Re&version=%lld&override=A+test&%s",
                            STR_FMT(buf_str(&b)), (long long)v.version, more);
    return fetch(.method = HTTP_POST, .path = path_of(conversation, "/reply"), .as = &site.omar,
                 .form = form);
}

static int offset(const char *words) { return (int)str_find(str_z(reply_text), str_z(words), 0); }

static void test_chips(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Bo", "The keeper is gone. Can you help?");
    int keeper = offset("I will send"), again = offset("I will write");
    BUF_AUTO buf b = BUF_MAX(65536);
    struct json_out o = json_begin(&b);
    json_str(&o, str_z(reply_text));
    struct hit h = fetch(.method = HTTP_POST, .path = api(path_of(c, "/check")), .by = &site.omar,
                         .json = text("{\"units\":\"utf16\",\"text\":%.*s}", STR_FMT(buf_str(&b))));
    assert_status(h, 200);
    /* Two letters of two bytes stand before: the page counts otherwise than the desk. */
    assert_text(h, text("\"start\":%d,", keeper - 2));
    assert_text(h, text("\"start_bytes\":%d,", keeper));
    assert_has(h, "\"due_day\":\"2027-01-29\"");

    /* Offsets, as programs say it. */
    assert_status(send(c, text("not_promised=%d", again)), 303);
    store_promise_list all = promises_of(c);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].due_day, 20270129);

    /* Words, as the page says it: the text grew in front of them since; the second is not there at all. */
    c = letter("Bo", "The keeper is gone again.");
    assert_status(send(c, text("no_promise=%d+I+will+write+to+you+again+by+Friday&no_promise=0+I+will+sing",
                               again - 30)),
                  303);
    all = promises_of(c);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].due_day, 20270129);
    c = letter("Bo", "And again.");
    assert_status(
        send(c, text("no_promise=%d+I+will+write+to+you+again+by+Friday&not_promised=%d", again, keeper)),
        303);
    assert_int_equal(promises_of(c).n, 0);
    c = letter("Bo", "And once more.");
    assert_status(send(c, "not_promised=a+few"), 422);
    assert_int_equal(promises_of(c).n, 0);
}

static void test_boxes_without_scripts(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Cy", "Where is the keeper?");
    int again = offset("I will write");
    BUF_AUTO buf b = BUF_MAX(65536);
    http_encode(&b, str_z(reply_text));
    struct hit h = fetch(.method = HTTP_POST, .path = path_of(c, "/check"), .as = &site.omar,
                         .form = text("text=%.*s&no_promise=%d+I+will+write+to+you+again+by+Friday",
                                      STR_FMT(buf_str(&b)), again));
    assert_status(h, 303);
    assert_true(str_ends(h.location, str_fmt(kit.a, "?checked=1&not_promised=%d#check", again)));
    h = fetch(.path = path_of(c, ""), .query = text("checked=1&not_promised=%d", again), .as = &site.omar);
    assert_has(h, "Promised: Friday, 29 January");
    assert_text(h, text("value=\"%d I will write to you again by Friday\" data-no-promise checked>", again));
    assert_has(h, "I will send you a new keeper within two weeks\" data-no-promise><span>");
    /* Refused: the box stays ticked, and what was in it is text and no markup. */
    h = fetch(.method = HTTP_POST, .path = path_of(c, "/reply"), .as = &site.omar,
              .form = text("text=%.*s&version=0&to=nobody&no_promise=3+%%3Cb%%3E+%%22by+Friday",
                           STR_FMT(buf_str(&b))));
    assert_status(h, 422);
    assert_has(h, "value=\"3 &lt;b&gt; &quot;by Friday\" data-no-promise checked>");
}

/* ---- changes ---- */

static void test_forms_keep_what_was_typed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Dee", "Where is my boat?");
    const char *add = path_of(c, "/promises");
    struct hit h = fetch(.method = HTTP_POST, .path = add, .as = &site.omar,
                         .form = "text=Send+</textarea><b>&day=2020-01-01");
    assert_status(h, 422);
    assert_has(h, "That day is past.");
    assert_has(h, "Send &lt;/textarea&gt;&lt;b&gt;</textarea>");
    assert_has(h, "value=\"2020-01-01\"");
    assert_has(h, "<details class=\"add\" id=\"promise-new\" open>");
    assert_has(fetch(.method = HTTP_POST, .path = add, .as = &site.omar, .form = "text=x&day=soon"),
               "By when?");
    assert_status(fetch(.method = HTTP_POST, .path = add, .as = &site.omar, .form = "text=+&day=2027-01-20"),
                  422);
    assert_int_equal(promises_of(c).n, 0);
    int64_t id = note(c, "Send the <b>boat</b>", 20270120);
    h = fetch(.path = one(id), .as = &site.omar);
    assert_has(h, "Send the &lt;b&gt;boat&lt;/b&gt;");
    h = fetch(.method = HTTP_POST, .path = one(id), .as = &site.omar,
              .form = "step=moved&day=2027-01-20&why=\"Ice\"&seen_steps=1");
    assert_status(h, 422);
    assert_has(h, "It is due on that day already.");
    assert_has(h, "value=\"moved\" required checked>");
    assert_has(h, "value=\"&quot;Ice&quot;\"");
    static const char *const wrong[] = {"step=warned&why=x&seen_steps=1",  "step=lost&why=x&seen_steps=1",
                                        "step=made&why=x&seen_steps=1",    "step=agreed&why=x&seen_steps=1",
                                        "step=broken&seen_steps=1",        "step=kept&seen_steps=1",
                                        "step=kept&proof=1&seen_steps=1",  "step=broken&why=x",
                                        "step=kept&why=x&seen_steps=soon", "step=broken&why=x&seen_steps=-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_status(fetch(.method = HTTP_POST, .path = one(id), .as = &site.omar, .form = wrong[i]), 422);
    assert_int_equal(get(id).steps, 1);
    /* Another customer's letter proves nothing. */
    letter("Eve", "I am somebody else.");
    h = fetch(.method = HTTP_POST, .path = one(id), .as = &site.omar,
              .form = text("step=kept&proof=%lld&seen_steps=1", (long long)site.letter));
    assert_status(h, 422);
    assert_has(h, "belongs to another customer");
}

static void test_changes(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Finn", "Where is my boat?"), said = site.letter;
    struct hit h = fetch(.method = HTTP_POST, .path = api(path_of(c, "/promises")), .by = &site.omar,
                         .json = "{\"text\":\"Send the boat\",\"day\":\"2027-01-20\"}");
    assert_status(h, 200);
    int64_t id;
    assert_true(str_to_int(behind(h.body, "\"promise\":\""), &id));
    h = fetch(.method = HTTP_POST, .path = one(id), .as = &site.omar,
              .form =
                  "step=warned&day=2027-01-25&why=The+ferry+lies+in+the+ice.&seen_steps=1&back=conversation");
    assert_status(h, 303);
    assert_true(str_ends(h.location, str_fmt(kit.a, "/c/%lld#promises", (long long)c)));
    h = fetch(.path = path_of(c, ""), .as = &site.omar);
    assert_has(h, "Will be late: promised for Wednesday, 20 January");
    assert_has(h, "It would come on Monday, 25 January instead: The ferry lies in the ice.");
    /* Seen before that: refused, with the page as it is now. */
    h = fetch(.method = HTTP_POST, .path = one(id), .as = &site.lena,
              .form = "step=released&why=Done&seen_steps=1");
    assert_status(h, 409);
    assert_has(h, "Somebody changed this promise");
    assert_has(h, "name=\"seen_steps\" value=\"2\"");
    h = fetch(.method = HTTP_POST, .path = api(one(id)), .by = &site.lena,
              .json = text("{\"step\":\"kept\",\"proof\":\"%lld\",\"seen_steps\":2}", (long long)said));
    assert_status(h, 200);
    h = fetch(.path = path_of(c, ""), .as = &site.omar);
    assert_has(h, "this message shows it");
    assert_text(h, text("href=\"" TOYS "/m/%lld\"", (long long)said));
    h = fetch(.path = api(one(id)), .by = &site.rita);
    assert_has(h, "\"standing\":\"kept\"");
    assert_has(h, "\"day\":\"2027-01-20\"");
    assert_text(h, text("\"proof\":{\"kind\":\"message\",\"id\":\"%lld\"}", (long long)said));
    assert_has(h, "{\"step\":\"warned\",\"from_day\":\"2027-01-20\",\"to_day\":\"2027-01-25\",\"proof\":null,"
                  "\"note\":\"The ferry lies in the ice.\"");
    assert_status(fetch(.method = HTTP_POST, .path = one(id), .as = &site.omar,
                        .form = "step=broken&why=x&seen_steps=3"),
                  409);
    assert_status(
        fetch(.method = HTTP_POST, .path = one(id), .as = &site.omar, .form = "step=reopened&seen_steps=3"),
        303);
    assert_int_equal(get(id).state, PROMISE_OPEN);
}

/* ---- what is due ---- */

static void test_due(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Gus", "Where is my boat?");
    int64_t today = note(c, "today<1>", 20270115), later = note(c, "later<2>", 20270201),
            next = note(c, "next<3>", 20270118);
    struct hit h = fetch(.path = PROMISES, .as = &site.omar);
    assert_has(h, "today&lt;1&gt;");
    assert_has(h, "Due today");
    assert_false(has(h.body, "later&lt;2&gt;"));
    assert_false(has(h.body, "next&lt;3&gt;"));
    assert_has(h, "<span class=\"num\" data-count=\"promises\">");
    h = fetch(.path = PROMISES, .query = "view=due&of=nobody", .as = &site.omar);
    assert_false(has(h.body, "today&lt;1&gt;"));
    h = fetch(.path = TOYS "/list/mine", .as = &site.omar);
    assert_has(h, "today&lt;1&gt;");
    assert_false(has(fetch(.path = TOYS "/list/mine", .as = &site.lena).body, "today&lt;1&gt;"));
    assert_false(has(fetch(.path = TOYS "/list/waiting", .as = &site.omar).body, "today&lt;1&gt;"));
    assert_status(fetch(.path = PROMISES, .query = "view=soon", .as = &site.omar), 404);
    assert_status(fetch(.path = PROMISES, .query = "of=omar", .as = &site.omar), 422);
    assert_status(fetch(.path = PROMISES, .query = "after=1", .as = &site.omar), 404);
    /* Three days later it is late, and the next one's day has come. */
    clock_at(friday + 3 * (int64_t)DAY_MS);
    h = fetch(.path = PROMISES, .as = &site.omar);
    assert_has(h, "Late: it was due on Friday, 15 January");
    assert_has(h, "next&lt;3&gt;");
    assert_true(str_find(h.body, S("today&lt;1&gt;"), 0) < str_find(h.body, S("next&lt;3&gt;"), 0));
    h = fetch(.path = api(PROMISES), .query = "view=late&of=mine", .by = &site.omar);
    assert_text(h,
                text("\"id\":\"%lld\",\"whose\":\"ours\",\"text\":\"today\\u003c1>\",\"standing\":\"late\"",
                     (long long)today));
    assert_has(h, "\"today\":\"2027-01-18\"");
    clock_at(friday);
    (void)later, (void)next;
}

static void test_pages(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Hal", "Where are my boats?");
    /* All on one day, so that the key must tell them apart. */
    for (int i = 0; i < 60; i++) note(c, text("boat number %d.", i), 20280601);
    int seen = 0;
    const char *query = "view=open";
    for (int page = 0; page < 5 && query; page++) {
        struct hit h = fetch(.path = api(PROMISES), .query = query, .by = &site.rita);
        for (int i = 0; i < 60; i++)
            seen += has(h.body, "") && str_find(h.body, str_z(text("boat number %d.", i)), 0) != SIZE_MAX;
        str next = behind(h.body, "\"next\":\"");
        size_t at = str_find_char(next, '?', 0);
        query = next.n ? str_cstr(kit.a, str_slice(next, at + 1, next.n)) : NULL;
    }
    assert_null(query);
    assert_int_equal(seen, 60);
    assert_has(fetch(.path = PROMISES, .query = "view=open", .as = &site.rita), "Next 50");
}

/* The day is of the brand's calendar, for every reader, and stays when the brand moves. */
static void test_zone(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Ida", "Where is my boat?"), id = note(c, "by the sixteenth", 20270116);
    int64_t end = get(id).due_at;
    assert_ok(brand_change(&kit.d, kit.a, site.toys.brand.id, S("Tidewatch Toys"), S("Pacific/Kiritimati"),
                           S("en")));
    assert_int_equal(get(id).due_at, end - 14 * (int64_t)HOUR_MS);
    assert_int_equal(get(id).due_day, 20270116);
    struct hit h = fetch(.path = one(id), .as = &site.omar);
    assert_has(h, "By Saturday, 16 January");
    assert_has(h, "To the end of that day in Pacific/Kiritimati");
    assert_has(h, "min=\"2027-01-15\"");
    /* 11:00 on the 15th in UTC is one o'clock of the 16th there. */
    clock_at(friday + 3 * (int64_t)HOUR_MS);
    h = fetch(.path = one(id), .as = &site.omar);
    assert_has(h, "Due today");
    assert_has(h, "min=\"2027-01-16\"");
    clock_at(friday + 27 * (int64_t)HOUR_MS);
    assert_has(fetch(.path = one(id), .as = &site.omar), "Late: it was due on Saturday, 16 January");
    assert_ok(brand_change(&kit.d, kit.a, site.toys.brand.id, S("Tidewatch Toys"), S("UTC"), S("en")));
    assert_has(fetch(.path = one(id), .as = &site.omar), "Due today");
    clock_at(friday);
}

/* ---- theirs ---- */

static const char child_letter[] =
    "Dear Tidewatch, I am 7 years old. I lost the keeper. I promise I will never take "
    "her to the pool again.";

static const char *span(const char *whole, const char *words) {
    int at = (int)str_find(str_z(whole), str_z(words), 0);
    return text("start=%d&end=%d", at, at + (int)strlen(words));
}

static void test_memory(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct kit_letter l = {.to = site.inbox,
                           .from = "jo@customer.example",
                           .name = "Jo",
                           .subject = "Keeper",
                           .text = child_letter};
    kit_put_letter(&l);
    int64_t first = l.conversation, said = l.id;
    struct hit h = fetch(.path = path_of(first, ""), .as = &site.omar);
    assert_has(h, "Remember it<span");
    assert_false(has(fetch(.path = path_of(first, ""), .as = &site.rita).body, "Remember it"));
    const char *remember = kit_path(TOYS "/m/%lld/remember", said);
    const char *words = span(child_letter, "I will never take her to the pool again");
    assert_status(fetch(.method = HTTP_POST, .path = remember, .as = &site.omar, .form = words), 303);
    assert_status(fetch(.method = HTTP_POST, .path = remember, .as = &site.omar, .form = words), 303);
    assert_int_equal(promises_of(first).n, 1);
    assert_status(fetch(.method = HTTP_POST, .path = remember, .as = &site.omar, .form = "start=5&end=5"),
                  422);
    assert_status(fetch(.method = HTTP_POST, .path = remember, .as = &site.omar, .form = "start=5"), 422);
    assert_status(
        fetch(.method = HTTP_POST, .path = remember, .as = &site.omar, .form = "start=0&end=99999999999"),
        422);
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(TOYS "/m/%lld/remember", site.other_letter),
                        .as = &site.omar, .form = words),
                  404);
    h = fetch(.path = path_of(first, ""), .as = &site.omar);
    assert_has(h, "Only here, until a grown-up agrees");
    /* They write again: nothing of it is shown before a grown-up agreed. */
    l.text = "Hello, it is me, Jo. How deep is the sea?";
    kit_put_letter(&l);
    const char *again = path_of(l.conversation, "");
    assert_false(has(fetch(.path = again, .as = &site.omar).body, "Jo promised:"));
    const char *agree = path_of(first, "/promises/agree");
    h = fetch(.method = HTTP_POST, .path = agree, .as = &site.omar, .form = "agreed=1&note=");
    assert_status(h, 422);
    assert_status(fetch(.method = HTTP_POST, .path = agree, .as = &site.omar, .form = "note=x"), 422);
    assert_status(
        fetch(.method = HTTP_POST, .path = agree, .as = &site.omar, .form = "agreed=1&note=Her+mother"), 303);
    h = fetch(.path = again, .as = &site.omar);
    assert_has(h, "Jo promised:");
    assert_has(h, "I will never take her to the pool again");
    assert_text(h, text("/m/%lld\">on Friday, 15 January", (long long)said));
    assert_has(fetch(.path = api(again), .by = &site.rita), "\"memories\":[{\"id\":");
    h = fetch(.path = kit_path(TOYS "/customers/%lld", get(promises_of(first).v[0].id).customer_id),
              .as = &site.rita);
    assert_has(h, "Jo promised:");
    assert_status(fetch(.method = HTTP_POST, .path = api(agree), .by = &site.omar,
                        .json = "{\"agreed\":false,\"note\":\"She asked us to forget it\"}"),
                  200);
    assert_false(has(fetch(.path = again, .as = &site.omar).body, "Jo promised:"));
    /* It is a memory: nobody moves it. */
    const char *theirs = one(promises_of(first).v[0].id);
    assert_false(has(fetch(.path = theirs, .as = &site.omar).body, "It will be late"));
    assert_status(fetch(.method = HTTP_POST, .path = theirs, .as = &site.omar,
                        .form = "step=broken&why=x&seen_steps=3"),
                  422);
    assert_status(fetch(.method = HTTP_POST, .path = theirs, .as = &site.omar,
                        .form = "step=kept&why=She+wrote+so&seen_steps=3"),
                  303);
}

/* What a person said about the child counts, not what listening thinks. */
static void test_memory_and_the_child(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Kim", child_letter);
    const char *words = span(child_letter, "I will never take her to the pool again");
    assert_ok(child_set(&kit.d, kit.a, &site.omar.actor, c, false, -1));
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(TOYS "/m/%lld/remember", site.letter),
                        .as = &site.omar, .form = words),
                  303);
    assert_true(promises_of(c).v[0].agreed);
    static const char plain[] = "Good evening, the mast broke. I promise to glue it better next time.";
    c = letter("Lou", plain);
    assert_ok(child_set(&kit.d, kit.a, &site.omar.actor, c, true, -1));
    assert_status(fetch(.method = HTTP_POST, .path = kit_path(TOYS "/m/%lld/remember", site.letter),
                        .as = &site.omar, .form = span(plain, "I promise to glue it better next time")),
                  303);
    assert_false(promises_of(c).v[0].agreed);
}

/* ---- the file ---- */

static void test_export(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("=cmd()", "Where is my boat?");
    note(c, "+1 boat, \"red\"", 20270120);
    int64_t child = letter("Mia", "I am 6 years old and my boat is gone.");
    assert_ok(child_set(&kit.d, kit.a, &site.omar.actor, child, true, -1));
    int64_t hushed = note(child, "A boat for the little one", 20270120);
    struct hit h = fetch(.path = PROMISES "/export", .as = &site.lena);
    assert_status(h, 200);
    assert_true(str_starts(h.type, S("text/csv")));
    assert_str(hit_header(&h, "Content-Disposition"), "attachment; filename=\"promises-2027-01-15.csv\"");
    assert_has(h, "\"'=cmd()\",\"'+1 boat, \"\"red\"\"\",2027-01-20,open,");
    assert_true(str_find(h.body, str_fmt(kit.a, "%lld,", (long long)hushed), 0) != SIZE_MAX);
    assert_false(has(h.body, "little one"));
    assert_false(has(h.body, "Mia"));
    h = fetch(.path = "/api/v1" PROMISES "/export", .by = &site.lena);
    assert_status(h, 200);
    assert_true(str_starts(h.body, S("promise,conversation,customer,")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_who_may),
        KIT_TEST(test_chips),
        KIT_TEST(test_boxes_without_scripts),
        KIT_TEST(test_forms_keep_what_was_typed),
        KIT_TEST(test_changes),
        KIT_TEST(test_due),
        KIT_TEST(test_pages),
        KIT_TEST(test_zone),
        KIT_TEST(test_memory),
        KIT_TEST(test_memory_and_the_child),
        KIT_TEST(test_export),
    };
    int failed = cmocka_run_group_tests_name("web promise", tests, kit_open_site, kit_close_site);
    if (getenv("PG_URL"))
        failed += cmocka_run_group_tests_name("web promise, postgres", tests, kit_open_site_postgres,
                                              kit_close_site);
    return failed;
}
