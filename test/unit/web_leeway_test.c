/* Leeway on pages and for programs: gestures beside a letter, what waits for a lead, room, policies,
 * judgements as stories, and who may do what. */
#include "web_kit.h"

#include "desk/catalogue.h"
#include "desk/gesture.h"
#include "desk/policy.h"

static struct web_person bea, cem; /* two more agents */

static int64_t number_of(str json, const char *member) {
    JSON_AUTO json_t *root = NULL;
    str text;
    int64_t n = 0;
    assert_ok(json_read(json, &root));
    if (!json_take_str(root, member, &text) || !str_to_int(text, &n))
        fail_msg("no %s in %.*s", member, STR_FMT(json));
    return n;
}

static void leeway_catalogue(const char *figures) {
    struct catalogue_source files[] = {
        {S("products.csv"), S("id,name,theme,year,aliases\n4127,Harbour Glider,Harbour,2024,Glider\n")},
        {S("figures.csv"), str_z(figures)},
        {S("parts.csv"), S("id,name,aliases\n88-204,\"Right door, red\",right door\n")},
        {S("contents.csv"), S("product,item,quantity\n4127,F-011,1\n")}};
    struct catalogue_report report;
    assert_ok(catalogue_import(&kit.d, kit.a, site.toys.brand.id, files, 4, NULL, &report));
}

static void leeway_policy(const char *situation, const char *kind, policy_answer answer, int64_t amount) {
    struct policy_form form = {.situation = str_z(situation),
                               .concerns = {str_z(kind), S("")},
                               .answer = answer,
                               .amount = amount,
                               .quantity = 2,
                               .hint = S("Say <b>it</b> first.")};
    int64_t id;
    assert_ok(policy_add(&kit.d, kit.a, &site.ines.actor, &form, &id));
}

static int leeway_open(void **state) {
    if (kit_open_site(state)) return -1;
    leeway_catalogue("id,name,aliases\nF-011,Keeper Juno,Juno\nF-012,Captain Fenn,Fenn\n");
    leeway_policy("lost", "figure", ANSWER_ASK_PAYMENT, 399);
    leeway_policy("missing", "part", ANSWER_PART, 0);
    leeway_policy("late", "", ANSWER_VOUCHER, 500);
    bea = kit_hire("bea@tidewatch.example", "Bea", ROLE_AGENT);
    cem = kit_hire("cem@tidewatch.example", "Cem", ROLE_AGENT);
    assert_ok(allowance_set(&kit.d, kit.a, &site.ines.actor, ROLE_AGENT, 0, 5000, S("EUR")));
    return 0;
}

/* Another letter, from somebody new. */
static int64_t letter(const char *text) {
    static int n;
    struct kit_letter l = {.to = site.inbox, .name = "Tove Lind", .subject = "A letter", .text = text};
    l.from = str_cstr(kit.a, str_fmt(kit.a, "tove%d@customer.example", ++n));
    kit.now += 1000;
    kit_put_letter(&l);
    return l.conversation;
}

static const char *new_key(void) {
    static int n;
    return str_cstr(kit.a, str_fmt(kit.a, "web-key-%d", ++n));
}

static const char *form_of(const char *rest) {
    return str_cstr(kit.a, str_fmt(kit.a, "key=%s&%s", new_key(), rest));
}

static struct hit give(const struct web_person *who, int64_t conversation, const char *rest) {
    return shoot(HTTP_POST, kit_path(TOYS "/c/%lld/gestures", conversation), .as = who,
                 .form = form_of(rest));
}

static struct hit page(const struct web_person *who, int64_t conversation) {
    struct hit h = shoot(HTTP_GET, kit_path(TOYS "/c/%lld", conversation), .as = who);
    assert_status(h, 200);
    return h;
}

#define LOST "Hello,\n\nI lost my Keeper Juno on the tram. Can you help?\n\nTove"
#define JUNO "kind=replacement&situation=lost&item_kind=figure&code=F-011&item=Keeper+Juno&currency=EUR"

/* ---- the panel ---- */

static void test_the_panel_says_what_is_normal(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    struct hit h = page(&site.omar, v);
    assert_has(h, "Normally: ask them to pay 3.99\xc2\xa0"
                  "EUR");
    assert_has(h, "Say &lt;b&gt;it&lt;/b&gt; first.");
    assert_has(h, "<b>50.00\xc2\xa0"
                  "EUR</b>");
    assert_has(h, "name=\"code\" value=\"F-011\"");
    assert_has(h, "name=\"seen_gestures\" value=\"0\"");
    assert_false(has(h.body, "class=\"leeway__click\""));
    /* Who only reads sees nothing to give, and nothing at all while nothing was given. */
    assert_false(has(page(&site.rita, v).body, "id=\"gestures\""));
    h = page(&site.omar, letter("Hello,\n\nthe right door was missing.\n\nTove"));
    assert_has(h, "class=\"leeway__click\"");
    assert_has(h, "Send the piece, free");
}

static void test_one_click_within_policy(void **state) {
    (void)state;
    int64_t v = letter("Hello,\n\nthe right door was missing.\n\nTove");
    const char *form =
        form_of("kind=part&situation=missing&item_kind=part&code=88-204&seen_gestures=0&currency=EUR");
    const char *path = kit_path(TOYS "/c/%lld/gestures", v);
    struct hit h = shoot(HTTP_POST, path, .as = &site.omar, .form = form);
    assert_status(h, 303);
    assert_str(h.location, str_cstr(kit.a, str_fmt(kit.a, TOYS "/c/%lld#gestures", (long long)v)));
    /* The same form twice, as by two clicks, gives once. */
    assert_status(shoot(HTTP_POST, path, .as = &site.omar, .form = form), 303);
    h = page(&site.omar, v);
    assert_has(h, "<b>Right door, red</b>");
    assert_has(h, "Given by Omar");
    assert_has(h, "name=\"seen_gestures\" value=\"1\"");
    /* The key of another gesture. */
    h = shoot(HTTP_POST, path, .as = &site.omar,
              .form = str_cstr(kit.a, str_fmt(kit.a, "%s&quantity=2", form)));
    assert_status(h, 409);
    assert_has(h, "used for another gesture");
    /* A colleague who saw nothing of it is told, with what they typed. */
    h = give(&bea, v, JUNO "&seen_gestures=0&cost=4.50&judgement=A+new+one+for+her.");
    assert_status(h, 409);
    assert_has(h, "after you opened it");
    assert_has(h, "A new one for her.");
    assert_has(h, "<b>Right door, red</b>");
    /* Who only reads sees what was given. */
    h = page(&site.rita, v);
    assert_has(h, "<b>Right door, red</b>");
    assert_false(has(h.body, "/withdraw"));
}

static void test_judgement_keeps_what_was_typed(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    struct hit h = give(&site.omar, v, JUNO "&quantity=1&cost=4.50");
    assert_status(h, 422);
    assert_has(h, "Write one sentence of judgement");
    assert_has(h, "name=\"cost\" value=\"4.50\"");
    h = give(&site.omar, v, JUNO "&cost=4,50&judgement=She+slept+beside+it.%0D%0AEvery+night.");
    assert_status(h, 303);
    h = page(&site.omar, v);
    assert_has(h, "She slept beside it. Every night.");
    assert_has(h, "<b>45.50\xc2\xa0"
                  "EUR</b>");
    /* What is typed is found in the catalogue by its name, and only when that is all of it. */
    assert_status(give(&site.omar, v, "kind=extra&item=captain+fenn&cost=1&judgement=They+are+friends."),
                  303);
    assert_status(
        give(&site.omar, v, "kind=extra&item=Captain+Fenn+sticker&cost=1&judgement=To+go+with+him."), 303);
    h = shoot(HTTP_GET, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = &site.omar);
    assert_status(h, 200);
    assert_has(h, "\"code\":\"F-012\",\"item\":\"Captain Fenn\"");
    assert_has(h, "\"code\":\"\",\"item\":\"Captain Fenn sticker\"");
    assert_has(h, "\"left\":\"43.50\"");
}

static void test_bad_input_is_named(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    static const struct {
        const char *form, *says;
    } bad[] = {
        {JUNO "&cost=4&quantity=0&judgement=Why+not.", "from 1 to 1000"},
        {JUNO "&cost=4&quantity=-3&judgement=Why+not.", "from 1 to 1000"},
        {JUNO "&cost=4&quantity=99999999999999999999&judgement=Why+not.", "from 1 to 1000"},
        {JUNO "&cost=-4&judgement=Why+not.", "negative"},
        {JUNO "&cost=99999999999999&judgement=Why+not.", "larger than a desk can count"},
        {JUNO "&cost=4.999&judgement=Why+not.", "decimal"},
        {JUNO "&cost=4+USD&judgement=Why+not.", "USD"},
        {"kind=extra&item=A+shell&cost=4&currency=CHF&judgement=Why+not.", "counts in EUR"},
        {"kind=extra&cost=4&judgement=Why+not.", "Say what is given"},
        {"kind=refund&judgement=Why+not.", "how much is refunded"},
        {"kind=medal&cost=4&judgement=Why+not.", "The kind is one of"},
        {"kind=extra&item=x&item_kind=part&code=nosuch&cost=4&judgement=Why+not.",
         "The catalogue has no part"},
        {"kind=extra&item=x&situation=eaten&cost=4&judgement=Why+not.", "what happened"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hit h = give(&site.omar, v, bad[i].form);
        assert_status(h, 422);
        if (str_find(h.body, str_z(bad[i].says), 0) == SIZE_MAX)
            fail_msg("%s: %.*s", bad[i].form, STR_FMT(h.body));
        assert_has(h, "Why not.");
    }
    struct hit h = shoot(HTTP_GET, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = &site.omar);
    assert_has(h, "\"gestures\":[]");
    assert_status(
        shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = &site.omar,
              .json = "{\"kind\": \"extra\", \"item\": \"x\", \"cost\": \"1\", \"judgement\": \"y y\"}"),
        422);
}

static void test_what_is_retired_can_be_given_even_so(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    leeway_catalogue("id,name,aliases\nF-012,Captain Fenn,Fenn\n");
    struct hit h = page(&site.omar, v);
    assert_has(h, "name=\"even_retired\"");
    h = give(&site.omar, v, JUNO "&cost=4.50&judgement=The+last+one.");
    assert_status(h, 409);
    assert_has(h, "no longer in the catalogue");
    assert_has(h, "<p data-gesture-may=\"even_retired\"><label");
    assert_has(h, "The last one.");
    assert_status(give(&site.omar, v, JUNO "&cost=4.50&judgement=The+last+one.&even_retired=1"), 303);
    leeway_catalogue("id,name,aliases\nF-011,Keeper Juno,Juno\nF-012,Captain Fenn,Fenn\n");
}

/* ---- above the room ---- */

static void test_a_lead_is_asked_and_nobody_waits(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    struct hit h = give(&bea, v, JUNO "&cost=4000&judgement=All+of+them.");
    assert_status(h, 422);
    assert_has(h, "Ask a lead to confirm it, or give something smaller.");
    assert_has(h, "data-gesture-may=\"ask\">");
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = &bea,
              .json =
                  "{\"kind\":\"extra\",\"item\":\"A boat\",\"cost\":\"4000\",\"judgement\":\"All of it.\","
                  "\"key\":\"the-key-of-bea\"}");
    assert_status(h, 422);
    assert_has(h, "\"may\":\"ask\"");
    h = shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = &bea,
              .json =
                  "{\"kind\":\"extra\",\"item\":\"A boat\",\"cost\":\"4000\",\"judgement\":\"All of it.\","
                  "\"key\":\"the-key-of-bea\",\"ask\":true}");
    assert_status(h, 200);
    assert_has(h, "\"state\":\"asked\"");
    int64_t id = number_of(h.body, "id");
    h = page(&bea, v);
    assert_has(h, "a lead will look");
    assert_has(h, "Write to Tove now all the same");
    assert_false(has(h.body, "gestures/asked#"));
    h = page(&site.lena, v);
    assert_has(h, "gestures/asked#");
    assert_has(h, "Waiting for a lead <span class=\"num\">1</span>");
    /* The reply goes out meanwhile. */
    assert_status(shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", v)), .by = &bea,
                        .json = "{\"text\":\"Dear Tove,\\n\\nyour Keeper Juno and the "
                                "tram.\",\"override\":\"It is only a test.\"}"),
                  200);
    /* Declining needs a sentence; what was typed elsewhere stays. */
    h = shoot(HTTP_POST, kit_path(TOYS "/gestures/%lld/decline", id), .as = &site.lena);
    assert_status(h, 422);
    assert_has(h, "what could be done instead");
    assert_has(h, "A boat");
    assert_status(shoot(HTTP_POST, kit_path(TOYS "/gestures/%lld/confirm", id), .as = &site.lena), 303);
    h = shoot(HTTP_POST, kit_path(TOYS "/gestures/%lld/decline", id), .as = &site.ines, .form = "note=No.");
    assert_status(h, 409);
    assert_has(h, "Lena decided it");
    h = shoot(HTTP_GET, TOYS "/gestures/asked", .as = &site.lena);
    assert_has(h, "Nothing waits for a lead.");
    h = shoot(HTTP_GET, api(kit_path(TOYS "/gestures/%lld", id)), .by = &bea);
    assert_has(h, "\"step\":\"confirmed\"");
}

static void test_what_was_given_is_taken_back(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    struct hit h =
        shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = &cem,
              .json = "{\"kind\":\"extra\",\"item\":\"A shell\",\"cost\":\"2\",\"judgement\":\"For her.\","
                      "\"key\":\"the-key-of-cem\"}");
    assert_status(h, 200);
    const char *path = kit_path(TOYS "/gestures/%lld/withdraw", number_of(h.body, "id"));
    assert_has(page(&cem, v), "Yes, take it back");
    assert_false(has(page(&bea, v).body, "Yes, take it back"));
    h = shoot(HTTP_POST, path, .as = &bea);
    assert_status(h, 403);
    assert_has(h, "Only Cem or a lead");
    assert_status(shoot(HTTP_POST, path, .as = &cem, .form = "note=She+has+one."), 303);
    h = page(&cem, v);
    assert_has(h, "<s>A shell</s>");
    assert_has(h, "She has one.");
    assert_has(h, "<b>50.00\xc2\xa0"
                  "EUR</b>");
}

/* ---- room ---- */

static void test_room_is_ones_own(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, TOYS "/allowance", .as = &bea);
    assert_status(h, 200);
    assert_has(h, "50.00\xc2\xa0"
                  "EUR of 50.00\xc2\xa0"
                  "EUR to use");
    assert_false(has(h.body, "Omar"));
    h = shoot(HTTP_GET, api(TOYS "/allowance"), .by = &bea);
    assert_false(has(h.body, "Omar"));
    assert_status(shoot(HTTP_POST, TOYS "/allowance", .as = &bea, .form = "role=agent&amount=900"), 403);
    h = shoot(HTTP_GET, TOYS "/allowance", .as = &site.lena);
    assert_has(h, "Omar");
    h = shoot(HTTP_POST, TOYS "/allowance", .as = &site.lena, .form = "role=lead&amount=a+lot");
    assert_status(h, 422);
    assert_has(h, "value=\"a lot\"");
    h = shoot(HTTP_POST, TOYS "/allowance", .as = &site.lena, .form = "role=lead&amount=99999999999999");
    assert_status(h, 422);
    assert_has(h, "value=\"99999999999999\"");
    assert_status(shoot(HTTP_POST, TOYS "/allowance", .as = &site.lena, .form = "role=packer&amount=5"), 422);
    const char *own = kit_path("agent=%lld&amount=75.50", bea.agent.id);
    assert_status(shoot(HTTP_POST, TOYS "/allowance", .as = &site.lena, .form = own), 303);
    assert_has(shoot(HTTP_GET, TOYS "/allowance", .as = &bea), "75.50");
    own = kit_path("agent=%lld", bea.agent.id);
    assert_status(shoot(HTTP_POST, TOYS "/allowance/clear", .as = &site.lena, .form = own), 303);
    assert_false(has(shoot(HTTP_GET, TOYS "/allowance", .as = &bea).body, "75.50"));
    assert_status(shoot(HTTP_POST, TOYS "/allowance", .as = &site.lena, .form = "agent=77&amount=5"), 404);
}

static void test_last_month_was_a_chance(void **state) {
    (void)state;
    int64_t now = kit.now;
    kit.now += 32 * (int64_t)DAY_MS;
    struct web_person later = cem;
    later.session = kit_session(cem.agent.account_id, &later.csrf);
    struct hit h = shoot(HTTP_GET, TOYS "/allowance", .as = &later);
    assert_status(h, 200);
    assert_has(h, "of last month stayed unused");
    kit.now = now;
}

/* ---- policies ---- */

static void test_policies_are_kept_by_leads(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_GET, TOYS "/policies", .as = &site.omar);
    assert_status(h, 200);
    assert_has(h, "Lost: any figure");
    assert_false(has(h.body, "/policies/new"));
    assert_status(shoot(HTTP_GET, TOYS "/policies/new", .as = &site.omar), 403);
    assert_status(shoot(HTTP_POST, TOYS "/policies", .as = &site.omar, .form = "situation=lost&answer=none"),
                  403);
    assert_status(shoot(HTTP_GET, TOYS "/policies", .as = &site.rita), 403);
    const char *typed = "situation=broken&item_kind=product&answer=voucher&amount=&hint=Gently.";
    h = shoot(HTTP_POST, TOYS "/policies", .as = &site.lena, .form = typed);
    assert_status(h, 422);
    assert_has(h, "at most in one conversation");
    assert_has(h, "Gently.");
    assert_has(h, "<option value=\"voucher\" selected>");
    h = shoot(HTTP_POST, TOYS "/policies", .as = &site.lena,
              .form = "situation=broken&item_kind=part&code=nosuch&answer=part");
    assert_status(h, 422);
    assert_has(h, "value=\"nosuch\"");
    h = shoot(HTTP_POST, TOYS "/policies", .as = &site.lena, .form = "situation=late&answer=none");
    assert_status(h, 409);
    assert_has(h, "There is a policy for this already");
    h = shoot(
        HTTP_POST, api(TOYS "/policies"), .by = &site.lena,
        .json =
            "{\"situation\":\"broken\",\"answer\":\"voucher\",\"amount\":\"12.50\",\"hint\":\"Gently.\"}");
    assert_status(h, 200);
    assert_has(h, "\"amount\":\"12.50\"");
    int64_t id = number_of(h.body, "id");
    const char *path = kit_path(TOYS "/policies/%lld", id);
    /* A change leaves alone what it does not name; the second who changes the same is told. */
    h = shoot(HTTP_POST, api(path), .by = &site.lena, .json = "{\"amount\":\"9\"}");
    assert_status(h, 200);
    assert_has(h, "\"hint\":\"Gently.\"");
    assert_has(h, "\"amount\":\"9.00\"");
    int64_t after = number_of(h.body, "id");
    assert_true(after != id);
    h = shoot(HTTP_POST, path, .as = &site.ines,
              .form = "situation=broken&answer=voucher&amount=30&hint=As+Ines+has+it.");
    assert_status(h, 409);
    assert_has(h, "Look at theirs");
    assert_has(h, "As Ines has it.");
    path = kit_path(TOYS "/policies/%lld/retire", after);
    assert_status(shoot(HTTP_POST, path, .as = &site.omar), 403);
    assert_status(shoot(HTTP_POST, path, .as = &site.lena), 303);
    h = shoot(HTTP_GET, TOYS "/policies", .as = &site.lena);
    assert_has(h, "Retired (2)");
}

static void test_one_currency(void **state) {
    (void)state;
    struct hit h = shoot(HTTP_POST, TOYS "/policies/currency", .as = &site.lena, .form = "currency=Taler");
    assert_status(h, 422);
    assert_has(h, "value=\"Taler\"");
    h = shoot(HTTP_POST, TOYS "/policies/currency", .as = &site.lena, .form = "currency=JPY");
    assert_status(h, 409);
    assert_has(h, "hold amounts in EUR");
    assert_status(shoot(HTTP_POST, TOYS "/policies/currency", .as = &site.omar, .form = "currency=JPY"), 403);
    assert_status(shoot(HTTP_POST, BOOKS "/policies/currency", .as = &site.hugo, .form = "currency=jpy"),
                  303);
    assert_has(shoot(HTTP_GET, BOOKS "/policies", .as = &site.hugo), "counts in JPY");
    h = shoot(HTTP_POST, BOOKS "/allowance", .as = &site.hugo, .form = "role=agent&amount=5.50&currency=EUR");
    assert_status(h, 422);
    assert_has(h, "counts in JPY");
}

/* ---- judgements ---- */

static int64_t judged(const struct web_person *who, int64_t v, const char *item) {
    struct hit h =
        shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/gestures", v)), .by = who,
              .json = str_cstr(kit.a, str_fmt(kit.a,
                                              "{\"kind\":\"replacement\",\"situation\":\"lost\",\"item_"
                                              "kind\":\"figure\",\"code\":\"%s\",\"cost\":\"4.50\","
                                              "\"judgement\":\"A child cried.\",\"key\":\"%s\"}",
                                              item, new_key())));
    assert_status(h, 200);
    return number_of(h.body, "id");
}

static void test_judgements_are_stories(void **state) {
    (void)state;
    int64_t v = letter(LOST), id = judged(&site.omar, v, "F-011");
    const char *well = kit_path(TOYS "/judgements/%lld/well", id),
               *note = kit_path(TOYS "/judgements/%lld/note", id),
               *story = kit_path(TOYS "/judgements/%lld", id);
    kit.now += 1000;
    assert_status(shoot(HTTP_POST, api(kit_path(TOYS "/c/%lld/reply", v)), .by = &site.omar,
                        .json = "{\"text\":\"Dear Tove,\\n\\nshe is on the next tram.\",\"override\":\"It is "
                                "only a test.\",\"by_hand\":true}"),
                  200);
    struct hit h = shoot(HTTP_GET, TOYS "/judgements", .query = "unread=1", .as = &site.lena);
    assert_status(h, 200);
    assert_has(h, "I lost my Keeper Juno on the tram");
    assert_has(h, "A child cried.");
    /* Agents read their own and nobody else's. */
    assert_status(shoot(HTTP_GET, story, .as = &site.omar), 200);
    assert_status(shoot(HTTP_GET, story, .as = &bea), 404);
    assert_false(has(shoot(HTTP_GET, TOYS "/judgements", .as = &bea).body, "/judgements/%lld"));
    assert_status(shoot(HTTP_POST, note, .as = &bea, .form = "note=Hm."), 404);
    assert_status(shoot(HTTP_POST, well, .as = &site.omar), 403);
    h = shoot(HTTP_POST, note, .as = &site.lena, .form = "note=+&suggestion=");
    assert_status(h, 422);
    assert_has(h, "The note is empty.");
    assert_status(shoot(HTTP_POST, well, .as = &site.lena), 303);
    assert_status(shoot(HTTP_POST, note, .as = &site.lena, .form = "note=I+smiled.&suggestion=Write+sooner."),
                  303);
    h = shoot(HTTP_GET, story, .as = &site.omar);
    assert_has(h, "Well judged.");
    assert_has(h, "Write sooner.");
    h = shoot(HTTP_POST, note, .as = &site.omar, .form = "note=I+will.&suggestion=You+too.");
    assert_status(h, 422);
    assert_has(h, "I will.");
    assert_status(shoot(HTTP_POST, note, .as = &site.omar, .form = "note=I+will."), 303);
    h = shoot(HTTP_GET, api(TOYS "/judgements"), .query = "unread=1", .by = &site.lena);
    assert_true(str_find(h.body, str_fmt(kit.a, "\"id\":\"%lld\"", (long long)id), 0) == SIZE_MAX);
}

static void test_a_pattern_becomes_policy_in_two_clicks(void **state) {
    (void)state;
    judged(&site.omar, letter(LOST), "F-012");
    judged(&bea, letter(LOST), "F-012");
    judged(&cem, letter(LOST), "F-012");
    assert_status(shoot(HTTP_GET, TOYS "/judgements/patterns", .as = &site.omar), 403);
    struct hit h = shoot(HTTP_GET, TOYS "/judgements/patterns", .as = &site.lena);
    assert_status(h, 200);
    assert_has(h, "3 people gave this on their own judgement");
    assert_has(h, "code=F-012&amp;amount=4.50&amp;quantity=1");
    h = shoot(
        HTTP_GET, TOYS "/policies/new",
        .query =
            "pattern=1&situation=lost&answer=replacement&item_kind=figure&code=F-012&amount=4.50&quantity=1",
        .as = &site.lena);
    assert_status(h, 200);
    assert_has(h, "name=\"amount\" value=\"4.50\"");
    assert_has(h, "action=\"" TOYS "/judgements/patterns\"");
    h = shoot(
        HTTP_POST, TOYS "/judgements/patterns", .as = &site.lena,
        .form =
            "pattern=1&situation=lost&answer=replacement&item_kind=figure&code=F-012&amount=x&quantity=1");
    assert_status(h, 422);
    assert_has(h, "name=\"amount\" value=\"x\"");
    assert_status(
        shoot(HTTP_POST, TOYS "/judgements/patterns", .as = &site.lena,
              .form = "pattern=1&situation=lost&answer=replacement&item_kind=figure&code=F-012&amount=4.50&"
                      "quantity=1&hint=Gladly."),
        303);
    h = shoot(HTTP_GET, api(TOYS "/policies"), .by = &site.omar);
    assert_has(h,
               "\"code\":\"F-012\",\"item\":\"Captain Fenn\",\"answer\":\"replacement\",\"amount\":\"4.50\"");
    h = shoot(HTTP_GET, api(TOYS "/judgements/patterns"), .by = &site.lena);
    assert_false(has(h.body, "F-012"));
}

/* ---- export ---- */

static void test_the_export_runs_no_formula(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    assert_status(give(&site.omar, v, "kind=extra&item=%3DSUM%28A1%29&cost=1&judgement=%40once"), 303);
    struct hit h = shoot(HTTP_GET, TOYS "/gestures.csv", .as = &site.lena);
    assert_status(h, 200);
    assert_str(h.type, "text/csv; charset=utf-8");
    assert_true(has(hit_header(&h, "Content-Disposition"), "gestures.csv"));
    assert_has(h, "gesture,conversation,customer,given_at");
    assert_has(h, "'=SUM(A1)");
    assert_has(h, "'@once");
    assert_status(shoot(HTTP_GET, TOYS "/gestures.csv", .as = &site.omar), 403);
    assert_status(shoot(HTTP_GET, api(TOYS "/gestures.csv"), .by = &site.lena), 200);
}

static void test_readers_give_nothing(void **state) {
    (void)state;
    int64_t v = letter(LOST);
    assert_status(give(&site.rita, v, JUNO "&cost=1&judgement=Please."), 403);
    assert_status(shoot(HTTP_GET, TOYS "/allowance", .as = &site.rita), 403);
    assert_status(shoot(HTTP_GET, TOYS "/judgements", .as = &site.rita), 403);
    assert_status(shoot(HTTP_GET, TOYS "/gestures/asked", .as = &site.omar), 403);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_the_panel_says_what_is_normal),
        KIT_TEST(test_one_click_within_policy),
        KIT_TEST(test_judgement_keeps_what_was_typed),
        KIT_TEST(test_bad_input_is_named),
        KIT_TEST(test_what_is_retired_can_be_given_even_so),
        KIT_TEST(test_a_lead_is_asked_and_nobody_waits),
        KIT_TEST(test_what_was_given_is_taken_back),
        KIT_TEST(test_room_is_ones_own),
        KIT_TEST(test_last_month_was_a_chance),
        KIT_TEST(test_policies_are_kept_by_leads),
        KIT_TEST(test_one_currency),
        KIT_TEST(test_judgements_are_stories),
        KIT_TEST(test_a_pattern_becomes_policy_in_two_clicks),
        KIT_TEST(test_the_export_runs_no_formula),
        KIT_TEST(test_readers_give_nothing),
    };
    return cmocka_run_group_tests(tests, leeway_open, kit_close_site);
}
