/* Fans through the router: who may see whose page, what the numbers open to, the files, purchases and
 * followers, the one question. */
#include "web_people_kit.h"

#include "desk/fans.h"
#include "desk/order.h"
#include "social/hook_sign.h"
#include "store/story.h"
#include "store/survey.h"

#define FANS TOYS "/fans"

static int64_t letter(const char *name, const char *address, const char *text) {
    struct kit_letter l = {
        .to = site.inbox, .from = address, .name = name, .subject = "A lamp", .text = text};
    kit_put_letter(&l);
    site.letter = l.id;
    return l.conversation;
}

static err put_praise(db_conn *c, void *arg) {
    return store_praise_put(c, site.toys.brand.id, *(int64_t *)arg, PRAISE_THANKS);
}

static void reply(const struct web_person *who, int64_t conversation) {
    static int n;
    n++;
    struct reply_wish wish = {.conversation = conversation,
                              .seen_version = -1,
                              .subject = S("Re"),
                              .text = str_fmt(kit.a, "Reply %d to you.", n),
                              .key = str_fmt(kit.a, "fans %d", n),
                              .override = S("a test"),
                              .close_after = true,
                              .by_hand = true};
    struct reply_made made = {0};
    assert_ok(reply_send(&kit.d, kit.a, &who->actor, &wish, &made));
}

static void count(void) { assert_ok(fans_count(&kit.d, kit.a, site.toys.brand.id)); }

static void test_empty(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct hit h = fetch(.path = FANS, .as = &site.rita);
    assert_status(h, 200);
    assert_has(h, "No letter said thank you in this time.");
    assert_has(h, "ranks nobody");
    assert_has(fetch(.path = FANS "/waits", .as = &site.omar), "Nothing is counted yet.");
    assert_has(fetch(.path = FANS "/still", .as = &site.omar), "counted within a few minutes");
    assert_has(fetch(.path = FANS "/followers", .as = &site.omar), "No count is known yet.");
    assert_has(fetch(.path = FANS "/purchases", .as = &site.lena), "No purchase is known.");
    assert_has(fetch(.path = FANS "/letters/returns", .as = &site.omar), "None in this time.");
    count();
    assert_has(fetch(.path = FANS "/still", .as = &site.omar), "too few people yet for a curve");
    assert_status(fetch(.path = FANS "/files/still", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/files/nothing", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/letters/nothing", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS, .query = "when=2026-13", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/weeks/20260101", .as = &site.omar), 404);
    assert_status(fetch(.path = FANS "/waits", .query = "weeks=1000", .as = &site.omar), 422);
}

static void test_whose(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *own = kit_path(FANS "/of/%lld", site.omar.agent.id);
    struct hit h = fetch(.path = own, .as = &site.omar);
    assert_status(h, 200);
    assert_has(h, "Only you and the people you choose see this page.");
    /* Not the lead, and not the administrator. */
    assert_status(fetch(.path = own, .as = &site.lena), 403);
    assert_status(fetch(.path = own, .as = &site.ines), 403);
    assert_status(
        fetch(.path = kit_path(FANS "/of/%lld/letters/thanks", site.omar.agent.id), .as = &site.ines), 403);
    assert_status(fetch(.path = api(own), .by = &site.ines), 403);
    const char *form = str_cstr(kit.a, str_fmt(kit.a, "reader=%lld&on=1", (long long)site.lena.agent.id));
    assert_status(fetch(.method = HTTP_POST, .path = FANS "/share", .as = &site.omar, .form = form), 303);
    assert_has(fetch(.path = own, .as = &site.omar), "May see it; take that back");
    h = fetch(.path = own, .as = &site.lena);
    assert_status(h, 200);
    assert_has(h, "Only Omar and the people they choose see this page.");
    assert_false(has(h.body, "Who may see this page"));
    assert_has(fetch(.path = FANS, .as = &site.lena), "Omar lets you see their fans");
    assert_status(fetch(.path = own, .as = &site.ines), 403);
    form = str_cstr(kit.a, str_fmt(kit.a, "reader=%lld", (long long)site.lena.agent.id));
    assert_status(fetch(.method = HTTP_POST, .path = FANS "/share", .as = &site.omar, .form = form), 303);
    assert_status(fetch(.path = own, .as = &site.lena), 403);
}

static void test_numbers_open(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t c = letter("Nel", "nel@customer.example", "Where is my lamp?");
    kit.now += 3 * (int64_t)HOUR_MS;
    reply(&site.omar, c);
    kit.now += 20 * (int64_t)DAY_MS;
    int64_t back = letter("Nel", "nel@customer.example", "Thank you, the lamp <shines>.\n\n> quoted words\n");
    assert_ok(db_write(kit.db, put_praise, &site.letter));
    site.omar.session = kit_session(site.omar.agent.account_id, &site.omar.csrf);
    count();
    struct hit h = fetch(.path = FANS, .as = &site.omar);
    assert_has(h, "the lamp &lt;shines&gt;");
    assert_has(h, "/fans/letters/thanks?when=2027-02");
    assert_false(has(h.body, "quoted words"));
    const char *list = kit_path("/c/%lld", back);
    h = fetch(.path = FANS "/letters/returns", .query = "when=2027-02", .as = &site.omar);
    assert_true(str_find(h.body, str_z(list), 0) != SIZE_MAX);
    h = fetch(.path = FANS "/letters/thanks", .query = "when=2027", .as = &site.omar);
    assert_has(h, "the lamp &lt;shines&gt;");
    h = fetch(.path = FANS "/letters/returns", .query = "when=2027-01", .as = &site.omar);
    assert_has(h, "None in this time.");
    h = fetch(.path = FANS "/waits", .as = &site.omar);
    assert_has(h, "3 h");
    assert_has(h, "/fans/weeks/20270111?by=first");
    h = fetch(.path = FANS "/weeks/20270111", .as = &site.omar);
    assert_has(h, "Nel");
    /* Nothing on any of these pages is said of an agent. */
    assert_false(has(str_slice(h.body, str_find(h.body, S("<main"), 0), h.body.n), "Omar"));
    h = fetch(.path = FANS "/files/waits", .as = &site.omar);
    assert_str(h.type, "text/csv; charset=utf-8");
    assert_has(h, "2027-01-11,3.00,3.00,3.00,3.00");
    h = fetch(.path = api(FANS "/waits"), .by = &site.omar);
    assert_has(h, "[20270111,10800000,10800000,10800000,10800000]");
    h = fetch(.path = api(FANS), .query = "when=2027-02", .by = &site.omar);
    assert_has(h, "letters that say thank you");
}

/* ---- many ---- */

enum { MANY = 53 };

/* What stands behind `mark` up to the next quote, with & as it was. */
static str quoted_behind(str text, const char *mark, size_t *at) {
    size_t from = str_find(text, str_z(mark), *at);
    if (from == SIZE_MAX) return S("");
    from += strlen(mark);
    *at = str_find_char(text, '"', from);
    str raw = str_slice(text, from, *at), piece;
    BUF_AUTO buf b = BUF_MAX(2000);
    while (str_split(&raw, '&', &piece)) {
        if (str_starts(piece, S("amp;"))) piece = str_slice(piece, 4, piece.n);
        if (buf_str(&b).n) buf_add_char(&b, '&');
        buf_add(&b, piece);
    }
    return str_copy(kit.a, buf_str(&b));
}

static struct hit fetch_path(str path) {
    size_t mark = str_find_char(path, '?', 0);
    str query = mark == SIZE_MAX ? S("") : str_slice(path, mark + 1, path.n);
    if (str_starts(path, S("/api/v1"))) path = str_slice(path, 7, path.n), mark -= mark == SIZE_MAX ? 0 : 7;
    str only = str_slice(path, 0, mark == SIZE_MAX ? path.n : mark);
    return fetch(.path = api(str_cstr(kit.a, only)), .query = str_cstr(kit.a, query), .by = &site.omar);
}

/* How many rows a list has, over all its pages; `with`: of those that say so. */
static int64_t listed(str path, const char *row, const char *with, int *ret_pages) {
    int64_t n = 0;
    int pages = 0;
    while (path.n && pages++ < 20) {
        struct hit h = fetch_path(path);
        assert_status(h, 200);
        for (size_t at = 0; (at = str_find(h.body, str_z(row), at)) != SIZE_MAX; at++) {
            size_t end = str_find_char(h.body, '}', at);
            n += str_find(str_slice(h.body, at, end), str_z(with), 0) != SIZE_MAX;
        }
        size_t at = 0;
        path = quoted_behind(h.body, "\"next\":\"", &at);
    }
    if (ret_pages) *ret_pages = pages;
    return n;
}

static err put_rows(db_conn *c, void *arg) {
    const int64_t *at = arg;
    for (int i = 0; i < 2 * MANY; i++) {
        bool late = i < MANY;
        db_query *q = db_sql(
            c,
            "INSERT INTO promise (brand_id, id, conversation_id, customer_id, message_id, whose, text, "
            "due_day, due_at, rise_at, warned_at, warned_day, state, proof_kind, proof_id, agreed, steps, "
            "agent_id, created_at, settled_at, settled_by) SELECT $1, $2, id, customer_id, 0, 'ours', 'x', "
            "20270301, $3, $3, 0, 0, $4, '', 0, 0, 1, $5, $3, $6, 0 FROM conversation WHERE brand_id = $1 "
            "AND id = $7");
        db_bind_int(q, 1, site.toys.brand.id);
        db_bind_int(q, 2, 5000 + i);
        db_bind_int(q, 3, at[0] + i / 4);
        db_bind_text(q, 4, late ? S("open") : i % 5 ? S("kept") : S("broken"));
        db_bind_int(q, 5, site.omar.agent.id);
        db_bind_int(q, 6, late ? 0 : at[0] + i / 4);
        db_bind_int(q, 7, at[1]);
        TRY(db_done(q));
        struct survey_ask ask = {.brand_id = site.toys.brand.id,
                                 .id = 9000 + i,
                                 .conversation_id = at[1],
                                 .agent_id = site.omar.agent.id,
                                 .person = S("x"),
                                 .hash = S("x"),
                                 .state = SURVEY_SENT,
                                 .question = S("How?"),
                                 .choices = S("Well & good\nNo"),
                                 .words = S("so"),
                                 .chosen = i % 3 ? S("Well & good") : S("No"),
                                 .created_at = at[0],
                                 .answered_at = at[0] + i / 4};
        TRY(store_survey_ask_insert(c, &ask));
    }
    return ERR_NONE;
}

/* MANY people wrote, were answered, came back to say thank you, and bought again, within one week. */
static int64_t many(void) {
    BUF_AUTO buf csv = BUF_MAX(100000);
    struct order_report r = {0};
    int64_t day = DAY_MS;
    for (int i = 0; i < MANY; i++) {
        const char *from = kit_path("p%lld@many.example", i);
        reply(&site.omar, letter("Pia", from, "Where is my lamp?"));
        buf_add_fmt(&csv, "M-%d,%s,2027-04-%02d\n", i, from, 12 + i % 4);
    }
    kit.now = zone_instant(NULL, 2027, 4, 12, 9, 0);
    int64_t conversation = 0;
    for (int i = 0; i < MANY; i++) {
        conversation = letter("Pia", kit_path("p%lld@many.example", i), "Thank you!");
        assert_ok(db_write(kit.db, put_praise, &site.letter));
    }
    kit.now += 5 * day;
    assert_ok(order_import(&kit.d, kit.a, &site.omar.actor, buf_str(&csv), &r));
    assert_int_equal(r.kept, MANY);
    int64_t at[] = {kit.now - day, conversation};
    assert_ok(db_write(kit.db, put_rows, at));
    count();
    site.omar.session = kit_session(site.omar.agent.account_id, &site.omar.csrf);
    return conversation;
}

/* On the page of a month, of an agent and of a week each number is as many letters as its list has. */
static void test_counts_agree(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    kit.now = zone_instant(NULL, 2027, 3, 15, 9, 0);
    many();
    const str pages[] = {S(FANS "?when=2027-04"), S(FANS "?when=2027-04-14"), S(FANS "?when=2027"),
                         str_fmt(kit.a, FANS "/of/%lld?when=2027-04", (long long)site.omar.agent.id)};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        struct hit h = fetch_path(pages[i]);
        int figures = 0, walked;
        assert_status(h, 200);
        for (size_t at = 0;; figures++) {
            str n = quoted_behind(h.body, "\"number\":\"", &at);
            if (!n.n) break;
            int64_t wanted, of = 0;
            str what = quoted_behind(h.body, "\"what\":\"", &at),
                path = quoted_behind(h.body, "\"letters\":\"", &at);
            if (str_find(path, S("/judgements"), 0) != SIZE_MAX) continue;
            assert_true(str_to_int(n, &wanted));
            bool kept = str_starts(what, S("promises kept, of "));
            int64_t rows = listed(path, "\"customer\":", "", &walked);
            if (kept) {
                assert_true(str_to_int(str_slice(what, S("promises kept, of ").n, what.n), &of));
                assert_int_equal(rows, of);
                assert_int_equal(of, 2 * MANY);
                assert_int_equal(listed(path, "\"customer\":", "\"says\":\"not kept\"", NULL) +
                                     listed(path, "\"customer\":", "\"says\":\"late, and still open\"", NULL),
                                 of - wanted);
            } else if (rows != wanted) {
                fail_msg("%.*s %.*s: %lld in its list", STR_FMT(n), STR_FMT(what), (long long)rows);
            }
            if (wanted >= MANY && walked < 2) fail_msg("%.*s: one page only", STR_FMT(what));
        }
        assert_true(figures >= 5);
    }
}

/* The same for every link of the charts and lists. */
static void test_links_agree(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    struct hit h = fetch(.path = FANS, .query = "when=2027-04", .as = &site.omar);
    int cells = 0;
    for (size_t at = 0; (at = str_find(h.body, S("data-v=\""), at)) != SIZE_MAX;) {
        int64_t wanted;
        size_t row = at++, end = str_find(h.body, S("</td>"), at);
        assert_true(str_to_int(quoted_behind(h.body, "data-v=\"", &row), &wanted));
        str path = quoted_behind(str_slice(h.body, 0, end), "href=\"", &row);
        assert_int_equal(path.n > 0, wanted > 0);
        if (!wanted) continue;
        cells++;
        assert_int_equal(listed(path, "\"customer\":", "", NULL), wanted);
    }
    assert_true(cells >= 3);
    assert_int_equal(
        listed(S(FANS "/letters/returns?when=2027-04&what=thanks"), "\"customer\":", "", NULL) +
            listed(S(FANS "/letters/returns?when=2027-04&what=other"), "\"customer\":", "", NULL),
        MANY);
    assert_int_equal(
        listed(S(FANS "/letters/answers?when=2027-04&what=Well+%26+good"), "\"customer\":", "", NULL),
        2 * MANY - 2 * MANY / 3 - 1);
    h = fetch(.path = FANS "/letters/answers", .query = "when=2027-04", .as = &site.omar);
    assert_has(h, "what=Well%20%26%20good");
    /* Letters of a week, the people of the curves, and the letters that made us proud. */
    h = fetch(.path = FANS "/weeks/20270412", .query = "by=said", .as = &site.omar);
    assert_has(h, "53 letters, 0 replies");
    assert_int_equal(listed(S(FANS "/weeks/20270412?by=said"), "\"customer\":", "\"letters\":1", NULL), MANY);
    assert_int_equal(listed(S(FANS "/weeks/20270315?by=first"), "\"customer\":", "", NULL), MANY);
    h = fetch(.path = FANS "/still", .as = &site.omar);
    int parts = 0;
    for (size_t at = 0;; parts++) {
        str path = quoted_behind(h.body, "<a href=\"" FANS "/still?of=", &at);
        int64_t wanted = 0;
        if (!path.n || str_find(path, S("after="), 0) != SIZE_MAX) break;
        size_t text = str_find_char(h.body, '>', at) + 1, end = str_find_char(h.body, ' ', text);
        assert_true(str_to_int(str_slice(h.body, text, end), &wanted));
        path = str_slice(path, 0, str_find_char(path, '#', 0));
        int64_t rows =
            listed(str_fmt(kit.a, FANS "/still?of=%.*s", STR_FMT(path)), "\"customer\":", "", NULL);
        assert_int_equal(rows, wanted);
        if (str_eq(path, S("free"))) assert_true(wanted > MANY);
    }
    assert_int_equal(parts, 1);
    assert_int_equal(listed(S(FANS "/still?of=trouble"), "\"customer\":", "", NULL), 0);
    assert_int_equal(listed(S(TOYS "/proud?week=20270412"), "\"message\":", "", NULL), MANY);
}

static void test_brought_in(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    site.omar.session = kit_session(site.omar.agent.account_id, &site.omar.csrf);
    site.lena.session = kit_session(site.lena.agent.account_id, &site.lena.csrf);
    site.ines.session = kit_session(site.ines.agent.account_id, &site.ines.csrf);
    site.rita.session = kit_session(site.rita.agent.account_id, &site.rita.csrf);
    struct hit h = fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.omar,
                         .form = "network=Fediverse&count=many&day=");
    assert_status(h, 422);
    assert_has(h, "must be a whole number");
    assert_has(h, "value=\"many\"");
    h = fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.omar,
              .form = "network=Fediverse&count=12");
    assert_status(h, 303);
    assert_has(fetch(.path = FANS "/followers", .as = &site.omar), "<b>12</b>");
    h = fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.omar,
              .form = "network=%3DHYPERLINK%28%22x%22%29&count=3");
    assert_status(h, 303);
    assert_has(fetch(.path = FANS "/files/followers", .as = &site.omar), "\"'=HYPERLINK(\"\"x\"\")\"");
    assert_status(
        fetch(.method = HTTP_POST, .path = FANS "/followers", .as = &site.rita, .form = "network=x&count=1"),
        403);
    h = fetch(.method = HTTP_POST, .path = FANS "/purchases/import", .as = &site.lena,
              .form = "csv=number%2Caddress%2Cday%0AQ-1%2Cnel%40customer.example%2C2027-01-20%0AQ-2%2Cx%"
                      "2C2027-01-20");
    assert_status(h, 200);
    assert_has(h, "1 row was kept.");
    assert_has(h, "Line 3");
    assert_has(h, "Q-1");
    assert_status(fetch(.path = FANS "/purchases", .as = &site.omar), 403);
    h = fetch(.method = HTTP_POST, .path = api(FANS "/purchases"), .by = &site.lena,
              .json = "{\"number\":\"Q-3\",\"address\":\"nel@customer.example\",\"day\":\"2027-01-21\"}");
    assert_status(h, 200);
    /* The shop's own way. */
    h = fetch(.method = HTTP_POST, .path = FANS "/purchases/hook", .as = &site.ines, .form = "");
    assert_has(h, "whsec_");
    size_t at = str_find(h.body, S("whsec_"), 0);
    str secret = str_slice(h.body, at, str_find_char(h.body, '<', at));
    assert_false(has(fetch(.path = FANS "/purchases", .as = &site.ines).body, "whsec_"));
    h = fetch(.method = HTTP_POST, .path = "/purchases/tidewatch-toys",
              .json = "{\"number\":\"Q-4\",\"address\":\"nel@customer.example\",\"day\":\"2027-01-21\"}");
    assert_status(h, 403);
    (void)secret;
}

static err put_ask(db_conn *c, void *arg) {
    struct survey_ask ask = {.brand_id = site.toys.brand.id,
                             .id = 700,
                             .conversation_id = site.conversation,
                             .person = S("somebody"),
                             .hash = token_hash(kit.a, *(str *)arg),
                             .state = SURVEY_SENT,
                             .question = S("How was <it>?"),
                             .choices = S("Well\nNot yet"),
                             .words = S(""),
                             .chosen = S(""),
                             .created_at = kit.now,
                             .expires_at = kit.now + DAY_MS};
    return store_survey_ask_insert(c, &ask);
}

/* Whoever does not want to be asked again says so on the page of the question, before an answer and after it.
 */
static void test_answer(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    str token = token_new(kit.a);
    const char *path = z("/answer/%.*s", token);
    assert_ok(db_write(kit.db, put_ask, &token));
    struct hit h = fetch(.path = path);
    assert_status(h, 200);
    assert_has(h, "How was &lt;it&gt;?");
    assert_has(h, "Please do not ask me again");
    /* Mail programs open links by themselves: that changes nothing. */
    assert_status(fetch(.path = path), 200);
    h = fetch(.method = HTTP_POST, .path = path, .form = "never=1");
    assert_status(h, 200);
    assert_has(h, "We ask you no more");
    h = fetch(.method = HTTP_POST, .path = path, .form = "words=Fine+all+the+same&chosen=2");
    assert_has(h, "Thank you");
    assert_status(fetch(.path = path), 410);
    assert_has(fetch(.path = path), "Please do not ask me again");
    assert_status(fetch(.method = HTTP_POST, .path = path, .form = "words=twice"), 410);
    assert_status(fetch(.method = HTTP_POST, .path = "/answer/AAAAAAAAAAAAAAAAAAAAAA", .form = "never=1"),
                  404);
    DB_READ_AUTO db_conn *c = NULL;
    struct survey_ask ask;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_survey_ask_get(c, kit.a, site.toys.brand.id, 700, &ask));
    assert_int_equal(ask.state, SURVEY_NEVER);
    assert_str(ask.words, "Fine all the same");
}

static void test_survey(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    const char *path = kit_path(TOYS "/admin/inboxes/%lld/survey", site.inbox.inbox);
    site.ines.session = kit_session(site.ines.agent.account_id, &site.ines.csrf);
    struct hit h = fetch(.path = path, .as = &site.ines);
    assert_has(h, "How was it, writing with us?");
    assert_false(has(h.body, "value=\"1\" checked"));
    h = fetch(.method = HTTP_POST, .path = path, .as = &site.ines,
              .form = "asks=1&question=How+so%3F&choices=One&after_days=5&pause_months=6");
    assert_status(h, 422);
    assert_has(h, "One choice is none");
    assert_has(h, "How so?");
    h = fetch(.method = HTTP_POST, .path = path, .as = &site.ines,
              .form = "asks=1&question=How+so%3F&choices=&after_days=5&pause_months=6");
    assert_status(h, 303);
    assert_has(fetch(.path = path, .as = &site.ines), "value=\"1\" checked");
    assert_status(fetch(.path = "/answer/nothing"), 404);
    assert_status(fetch(.path = "/answer/AAAAAAAAAAAAAAAAAAAAAA"), 404);
    assert_status(fetch(.method = HTTP_POST, .path = "/answer/AAAAAAAAAAAAAAAAAAAAAA", .form = "words=x"),
                  404);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_empty),  KIT_TEST(test_whose),  KIT_TEST(test_numbers_open), KIT_TEST(test_brought_in),
        KIT_TEST(test_survey), KIT_TEST(test_answer), KIT_TEST(test_counts_agree), KIT_TEST(test_links_agree),
    };
    int failed = cmocka_run_group_tests_name("web fans", tests, kit_open_site, kit_close_site);
    if (getenv("PG_URL"))
        failed +=
            cmocka_run_group_tests_name("web fans, postgres", tests, kit_open_site_postgres, kit_close_site);
    return failed;
}
