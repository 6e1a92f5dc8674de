/* The status page by hand-made requests: the rows behind the kept answers, who may write, the form for mails
 * and what other sites may not do. */
#include "web_kit.h"

#include "base/random.h"
#include "base/zone.h"
#include "desk/status.h"
#include "desk/status_mail.h"
#include "web/status_board.h"

#define PAGE "/status/tidewatch-toys"

static void open_page(void) {
    struct actor lena = site.lena.actor;
    assert_ok(status_page_change(&kit.d, kit.a, &lena, true, S(""), S("")));
    assert_ok(status_board_refresh(site.web->status));
    status_forget_tries();
}

static void closed_is_not_there(void **state) {
    (void)state;
    assert_status(shoot(HTTP_GET, PAGE), 404);
    assert_status(shoot(HTTP_GET, PAGE "/feed.atom"), 404);
    assert_status(shoot(HTTP_GET, PAGE "/subscribe"), 404);
    assert_status(shoot(HTTP_POST, PAGE "/subscribe", .form = "email=a%40b.example"), 404);
    struct hit h = shoot(HTTP_GET, TOYS "/status", .as = &site.omar);
    assert_status(h, 200);
    assert_has(h, "There is no status page yet.");
    assert_false(has(h.body, "Open the page"));
    h = shoot(HTTP_POST, TOYS "/status/update", .as = &site.omar, .form = "kind=note&words=x");
    assert_status(h, 409);
    assert_status(shoot(HTTP_POST, TOYS "/status/page", .as = &site.omar, .form = "opened=1"), 403);
    h = shoot(HTTP_POST, TOYS "/status/page", .as = &site.lena, .form = "opened=1");
    assert_status(h, 303);
}

static void rows_answer_as_kept(void **state) {
    (void)state;
    open_page();
    struct hit h = shoot(HTTP_GET, PAGE);
    assert_status(h, 200);
    assert_has(h, "Everything works.");
    assert_true(has(hit_header(&h, "Content-Security-Policy"), "style-src 'sha256-"));
    assert_true(has(hit_header(&h, "Cache-Control"), "public"));
    assert_true(str_starts(hit_header(&h, "ETag"), S("\"")));
    h = shoot(HTTP_GET, "/api/v1" PAGE);
    assert_status(h, 200);
    assert_has(h, "\"status/1\"");
    h = shoot(HTTP_GET, PAGE "/status.json");
    assert_true(str_eq(h.type, S("application/json")));
    assert_true(str_eq(hit_header(&h, "Access-Control-Allow-Origin"), S("*")));
    h = shoot(HTTP_GET, PAGE "/feed.atom");
    assert_true(has(h.type, "application/atom+xml"));
}

static void writing(void **state) {
    (void)state;
    open_page();
    /* What was typed comes back with what was wrong. */
    struct hit h = shoot(HTTP_POST, TOYS "/status/update", .as = &site.omar,
                         .form = "kind=trouble&words=We+look.&headline=&next=");
    assert_status(h, 422);
    assert_has(h, "needs a headline");
    assert_has(h, "We look.");
    h = shoot(HTTP_POST, TOYS "/status/update", .as = &site.omar,
              .form = "kind=trouble&words=We+look.&headline=Down.&next=25:00");
    assert_status(h, 422);
    assert_has(h, "Down.");
    h = shoot(HTTP_POST, TOYS "/status/update", .as = &site.omar,
              .form = "do=preview&kind=trouble&words=We+%3Clook%3E.&headline=Down.&next=23:59&mail=1");
    assert_status(h, 200);
    assert_has(h, "Publish it");
    assert_has(h, "We &lt;look&gt;.");
    assert_has(h, "I will write here again by 23:59.");
    assert_status(shoot(HTTP_POST, TOYS "/status/update", .as = &site.rita, .form = "kind=note&words=x"),
                  403);
    struct local_time soon;
    zone_local(NULL, kit.now + HOUR_MS, &soon);
    h = shoot(HTTP_POST, "/api/v1" TOYS "/status/update", .by = &site.omar,
              .json = str_fmt(kit.a,
                              "{\"kind\":\"trouble\",\"words\":\"We look.\",\"headline\":\"Down.\","
                              "\"next\":\"%02d:%02d\"}",
                              soon.hour, soon.minute)
                          .p);
    assert_status(h, 200);
    assert_ok(status_board_refresh(site.web->status));
    assert_has(shoot(HTTP_GET, PAGE), "<h1 id=\"now\" dir=\"auto\">Down.</h1>");
    /* A program says what it knows of a part, and the rest stays; twice of one part, the last holds. */
    assert_status(
        shoot(HTTP_POST, TOYS "/status/components", .as = &site.lena, .form = "name=Shop&note=soon"), 303);
    h = shoot(HTTP_GET, "/api/v1" TOYS "/status", .by = &site.omar);
    JSON_AUTO json_t *j = NULL;
    assert_ok(json_read(h.body, &j));
    const json_t *part = json_array_get(json_object_get(j, "components"), 0);
    str part_id, name;
    assert_true(json_take_str(part, "id", &part_id));
    h = shoot(HTTP_POST, "/api/v1" TOYS "/status/components", .by = &site.lena,
              .json = str_fmt(kit.a, "{\"id\":\"%.*s\",\"state\":\"slow\"}", STR_FMT(part_id)).p);
    assert_status(h, 200);
    h = shoot(HTTP_GET, "/api/v1" TOYS "/status", .by = &site.omar);
    JSON_AUTO json_t *after = NULL;
    assert_ok(json_read(h.body, &after));
    const json_t *now = json_array_get(json_object_get(after, "components"), 0);
    assert_true(json_take_str(now, "name", &name) && str_eq(name, S("Letters and e-mail")));
    assert_true(json_take_str(now, "state", &name) && str_eq(name, S("slow")));
    h = shoot(HTTP_POST, "/api/v1" TOYS "/status/update", .by = &site.omar,
              .json = str_fmt(kit.a,
                              "{\"kind\":\"note\",\"words\":\"x\",\"states\":[{\"component\":\"%.*s\","
                              "\"state\":\"down\"},{\"component\":\"%.*s\",\"state\":\"working\"}]}",
                              STR_FMT(part_id), STR_FMT(part_id))
                          .p);
    assert_status(h, 200);
    /* Late: everybody who writes sees it on every page of the desk, who only reads does not. */
    h = shoot(HTTP_GET, TOYS "/search", .as = &site.omar);
    assert_false(has(h.body, "promised a word"));
    kit.now += 2 * HOUR_MS;
    h = shoot(HTTP_GET, TOYS "/outbox", .as = &site.omar);
    assert_has(h, "The status page promised a word by");
    h = shoot(HTTP_GET, TOYS "/outbox", .as = &site.rita);
    assert_false(has(h.body, "promised a word"));
    assert_has(shoot(HTTP_GET, TOYS "/status", .as = &site.omar), "A word is due since");
}

struct reader {
    str hash;
    int64_t id;
};

static err put_reader(db_conn *c, void *arg) {
    struct reader *r = arg;
    struct store_subscriber s = {.id = r->id,
                                 .mailbox = S("reader"),
                                 .email = S("reader@customer.example"),
                                 .language = S("en"),
                                 .state = SUBSCRIBER_CONFIRMED,
                                 .hash = r->hash,
                                 .asked_at = kit.now,
                                 .confirmed_at = kit.now};
    return store_subscriber_put(c, site.lena.actor.brand, &s);
}

static void asking_for_mails(void **state) {
    (void)state;
    open_page();
    struct hit h = shoot(HTTP_POST, PAGE "/subscribe", .form = "email=no+address");
    assert_status(h, 422);
    assert_has(h, "value=\"no address\"");
    /* The same answer whether it is known or not. */
    struct hit one = shoot(HTTP_POST, PAGE "/subscribe", .form = "email=ruth%40customer.example");
    struct hit two = shoot(HTTP_POST, PAGE "/subscribe", .form = "email=ruth%40customer.example");
    assert_status(one, 200);
    assert_true(str_eq(one.body, two.body));
    h = shoot(HTTP_POST, PAGE "/subscribe", .form = "email=bot%40x.example&website=http%3A%2F%2Fx");
    assert_true(str_eq(one.body, h.body));
    h = shoot(HTTP_POST, PAGE "/subscribe", .form = "email=a%40b.example", .header = "Sec-Fetch-Site",
              .value = "cross-site");
    assert_status(h, 403);
    h = shoot(HTTP_POST, PAGE "/mail/AAAAAAAAAAAAAAAAAAAAAA", .form = "do=yes");
    assert_status(h, 404);
    assert_status(shoot(HTTP_POST, PAGE "/mail/AAAAAAAAAAAAAAAAAAAAAA", .form = ""), 422);
    /* To a mail program, which asks twice, a link that ended is no mistake. */
    h = shoot(HTTP_POST, PAGE "/mail/AAAAAAAAAAAAAAAAAAAAAA", .form = "List-Unsubscribe=One-Click");
    assert_status(h, 200);
    /* A page that was closed: its mails can be ended all the same, and it says nothing to anybody else. */
    str token = token_new(kit.a), path = str_fmt(kit.a, PAGE "/mail/%.*s", STR_FMT(token));
    struct reader reader = {token_hash(kit.a, token), id_new(kit.now)};
    assert_ok(db_write(kit.db, put_reader, &reader));
    struct actor lena = site.lena.actor;
    assert_ok(status_page_change(&kit.d, kit.a, &lena, false, S(""), S("")));
    assert_ok(status_board_refresh(site.web->status));
    assert_status(shoot(HTTP_GET, PAGE "/mail/AAAAAAAAAAAAAAAAAAAAAA"), 404);
    assert_status(shoot(HTTP_GET, PAGE "/subscribe"), 404);
    assert_has(shoot(HTTP_GET, path.p), "You get our words by mail");
    assert_status(shoot(HTTP_POST, path.p, .form = "List-Unsubscribe=One-Click"), 200);
    assert_status(shoot(HTTP_POST, path.p, .form = "List-Unsubscribe=One-Click"), 404);
    open_page();
    for (int i = 0; i < STATUS_ASKS_OF_NETWORK; i++)
        (void)shoot(HTTP_POST, PAGE "/subscribe", .form = kit_path("email=x%lld%%40y.example", i));
    assert_status(shoot(HTTP_POST, PAGE "/subscribe", .form = "email=last%40y.example"), 429);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(closed_is_not_there),
                                       cmocka_unit_test(rows_answer_as_kept), cmocka_unit_test(writing),
                                       cmocka_unit_test(asking_for_mails)};
    return cmocka_run_group_tests(tests, kit_open_site, kit_close_site);
}
