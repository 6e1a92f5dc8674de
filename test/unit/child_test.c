/* When a child wrote: said and taken back, the question to a grown-up and their link, worries, and the day
 * the words are deleted; a canary shows that nothing of them is left. On both engines. */
#include "canary_kit.h"

static int64_t letter(const char *text) {
    return letter_of((struct sample){"Luka", str_cstr(kit.a, kit_email("family")), text, 0}, NULL);
}

static const char childish[] = "Hello, my name is Luka Apul and I am seven years old. I lost Keeper Juno.";

static struct store_child get(int64_t conversation) {
    struct store_child k;
    assert_ok(child_get(&kit.d, kit.a, w.ines.brand, conversation, &k));
    return k;
}

static bool locked(int64_t conversation) {
    DB_READ_AUTO db_conn *c = NULL;
    bool yes;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(child_locked_in(c, kit.a, w.ines.brand, conversation, &yes));
    return yes;
}

static int events_of(int64_t conversation, const char *kind, str *ret_detail) {
    DB_READ_AUTO db_conn *c = NULL;
    event_list all;
    int n = 0;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_event_list(c, kit.a, w.ines.brand, conversation, 100, &all));
    for (size_t i = 0; i < all.n; i++) {
        if (!str_eq(all.v[i].kind, str_z(kind))) continue;
        n++;
        if (ret_detail) *ret_detail = all.v[i].detail;
    }
    return n;
}

static err box(int64_t conversation, const char *key, struct box_done *ret) {
    struct box_item_wish item = {.name = S("Keeper Juno"), .quantity = 1};
    struct box_wish wish = {.conversation = conversation,
                            .items = &item,
                            .nitems = 1,
                            .letter = S("Dear Luka"),
                            .key = str_z(key)};
    return box_make(&kit.d, kit.a, &w.ines, &wish, ret);
}

static struct store_box box_row(int64_t id) {
    struct store_box row;
    assert_ok(box_get(&kit.d, kit.a, w.ines.brand, id, &row, NULL, NULL));
    return row;
}

/* ---- said by people ---- */

static void test_said_and_taken_back(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish);
    struct box_done made;
    assert_int_equal(get(v).state, CHILD_NONE);
    assert_int_equal(get(v).version, 0);
    assert_false(locked(v));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, v, true, 0));
    struct store_child k = get(v);
    assert_int_equal(k.state, CHILD_SET);
    assert_str(k.agent_name, "Tom");
    assert_int_equal(k.delete_at, 0);
    assert_int_equal(k.delete_days, 30);
    assert_true(locked(v));
    assert_true(child_is(&kit.d, kit.a, w.ines.brand, v));
    /* Somebody else looked before. */
    assert_int_equal(child_set(&kit.d, kit.a, &w.ines, v, false, 0), ERR_CONFLICT);
    assert_ok(child_set(&kit.d, kit.a, &w.ines, v, true, -1));
    assert_int_equal(get(v).version, k.version);
    assert_ok(box(v, "box-said-1", &made));
    assert_true(made.locked);
    struct box_act act = {.box = made.id, .seen_version = -1};
    assert_int_equal(box_pack(&kit.d, kit.a, &w.ines, &act, true, &made), ERR_CONFLICT);
    struct box_edit edit = {.what = BOX_ADDRESS, .address = S("Harbour Lane 1")};
    assert_int_equal(box_change(&kit.d, kit.a, &w.ines, &act, &edit, &made), ERR_CONFLICT);
    assert_ok(child_set(&kit.d, kit.a, &w.ines, v, false, k.version));
    assert_false(locked(v));
    assert_false(child_is(&kit.d, kit.a, w.ines.brand, v));
    assert_ok(box_change(&kit.d, kit.a, &w.ines, &act, &edit, &made));
    assert_int_equal(events_of(v, "child_set", NULL), 1);
    assert_int_equal(events_of(v, "child_unset", NULL), 1);
    assert_int_equal(child_set(&kit.d, kit.a, &w.ines, 12345, true, -1), ERR_MISSING);
}

/* Nothing goes outside before anybody said anything; once a person said no, it may. */
static void test_heard_by_the_desk(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish), grown = letter("Dear Sirs, the warranty card of my lighthouse is missing.");
    run_jobs();
    assert_true(child_is(&kit.d, kit.a, w.ines.brand, v));
    assert_false(locked(v));
    assert_false(child_is(&kit.d, kit.a, w.ines.brand, grown));
    assert_ok(child_set(&kit.d, kit.a, &w.tom, v, false, -1));
    assert_false(child_is(&kit.d, kit.a, w.ines.brand, v));
}

/* ---- the question ---- */

static str newest_mail(const char *to) {
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    db_query *q = db_sql(c, "SELECT id FROM child_ask WHERE email = $1 ORDER BY id DESC LIMIT 1");
    db_bind_text(q, 1, str_z(to));
    assert_true(db_row(q));
    int64_t id = db_int(q, "id");
    assert_ok(db_done(q));
    str bytes;
    str path = str_fmt(kit.a, "%s/maildir/new/%lld.longhand", kit.folder, (long long)id);
    assert_ok(file_read(kit.a, path, 1 << 20, &bytes));
    return bytes;
}

/* Of quoted-printable: soft breaks away. */
static str unfold(str text) {
    BUF_AUTO buf b = BUF_MAX(1 << 20);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '=' && i + 1 < text.n && text.p[i + 1] == '\n')
            i++;
        else
            buf_add_char(&b, text.p[i]);
    }
    return str_copy(kit.a, buf_str(&b));
}

static str token_in(str mail) {
    str text = unfold(mail);
    size_t at = str_find(text, S("https://desk.example/grown-up/"), 0);
    assert_true(at != SIZE_MAX);
    at += strlen("https://desk.example/grown-up/");
    return str_slice(text, at, at + 22);
}

static str ask(int64_t conversation, const char *email) {
    assert_ok(child_ask(&kit.d, kit.a, &w.tom, conversation, str_z(email)));
    run_jobs();
    return token_in(newest_mail(email));
}

static void test_mail_has_fixed_words(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish);
    assert_int_equal(child_ask(&kit.d, kit.a, &w.tom, v, S("nonsense")), ERR_INVALID);
    assert_int_equal(child_ask(&kit.d, kit.a, &w.tom, v, S("a@b.example\r\nBcc: c@d.example")), ERR_INVALID);
    assert_int_equal(child_ask(&kit.d, kit.a, &w.tom, v, S("letters@tidewatch.example")), ERR_INVALID);
    assert_int_equal(get(v).asks, 0);
    assert_ok(child_ask(&kit.d, kit.a, &w.tom, v, S("Mother1@Example.org")));
    assert_int_equal(get(v).state, CHILD_ASKED);
    assert_str(get(v).ask_state, "waiting");
    run_jobs();
    struct store_child k = get(v);
    assert_str(k.ask_state, "sent");
    assert_true(locked(v));
    str mail = newest_mail("mother1@example.org"), token = token_in(mail);
    assert_true(str_find(mail, S("From: Tidewatch Toys <letters@tidewatch.example>"), 0) != SIZE_MAX);
    assert_true(str_find(mail, S("To: mother1@example.org"), 0) != SIZE_MAX);
    assert_true(str_find(mail, S("Auto-Submitted:"), 0) != SIZE_MAX);
    const char *const never[] = {"Luka", "Apul",   "Juno",        "seven",
                                 "Tom",  "family", "In-Reply-To", "References"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (str_find(mail, str_z(never[i]), 0) != SIZE_MAX) fail_msg("The mail says %s.", never[i]);
    /* The link itself is kept nowhere. */
    DB_READ_AUTO db_conn *c = NULL;
    struct store_ask row;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_ask_by_hash(c, kit.a, token_hash(kit.a, token), &row));
    assert_int_equal(row.hash.n, 32);
    assert_int_equal(row.expires_at, kit.now + CHILD_LINK_DAYS * (int64_t)DAY_MS);
}

static void test_limits(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish);
    struct child_link l;
    str first = ask(v, "mother2@example.org");
    assert_int_equal(child_ask(&kit.d, kit.a, &w.ines, v, S("mother2@example.org")), ERR_LIMIT);
    kit.now += 10 * MINUTE_MS;
    str second = ask(v, "mother2@example.org");
    assert_ok(child_link_open(&kit.d, kit.a, first, &l));
    assert_int_equal(l.state, CHILD_LINK_ENDED);
    assert_ok(child_link_open(&kit.d, kit.a, second, &l));
    assert_int_equal(l.state, CHILD_LINK_GOOD);
    kit.now += 11 * MINUTE_MS;
    ask(v, "mother2@example.org");
    kit.now += 11 * MINUTE_MS;
    /* Three in this conversation; and three to this address, whatever the conversation. */
    assert_int_equal(child_ask(&kit.d, kit.a, &w.ines, v, S("father2@example.org")), ERR_LIMIT);
    int64_t other = letter(childish);
    assert_int_equal(child_ask(&kit.d, kit.a, &w.ines, other, S("mother2@example.org")), ERR_LIMIT);
    assert_int_equal(get(other).state, CHILD_NONE);
    kit.now += DAY_MS;
    ask(other, "mother2@example.org");
}

/* ---- the link ---- */

static enum child_link_state opens(str token) {
    struct child_link l;
    assert_ok(child_link_open(&kit.d, kit.a, token, &l));
    return l.state;
}

static const struct child_answer yes = {.name = S("Marisa Apul"),
                                        .address = S("Marisa Apul\r\nHarbour Lane 7\r\n\r\n20457 Hamburg"),
                                        .country = S("Germany"),
                                        .keep_memory = true};

static void test_bad_links(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish);
    str token = ask(v, "mother3@example.org");
    struct child_link l;
    const char *const wrong[] = {
        "", " ", "%", "*", "aaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaa%", "' OR 1=1 --"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(opens(str_z(wrong[i])), CHILD_LINK_WRONG);
    assert_int_equal(opens((str){token.p, 21}), CHILD_LINK_WRONG);
    assert_int_equal(opens((str){"aaaaaaaaaaaaaaaaaaaaa\0", 22}), CHILD_LINK_WRONG);
    /* A row whose mail has not left has no hash; that is nobody's link. */
    assert_int_equal(child_link_answer(&kit.d, kit.a, S(""), &yes, &l), ERR_NONE);
    assert_int_equal(l.state, CHILD_LINK_WRONG);
    /* Scanners look, again and again. */
    for (int i = 0; i < 5; i++) assert_int_equal(opens(token), CHILD_LINK_GOOD);
    assert_int_equal(get(v).state, CHILD_ASKED);
    kit.now += CHILD_LINK_DAYS * (int64_t)DAY_MS;
    assert_int_equal(opens(token), CHILD_LINK_EXPIRED);
    assert_ok(child_link_answer(&kit.d, kit.a, token, &yes, &l));
    assert_int_equal(l.state, CHILD_LINK_EXPIRED);
    assert_int_equal(get(v).state, CHILD_ASKED);
    token = ask(v, "mother3@example.org");
    assert_ok(child_set(&kit.d, kit.a, &w.tom, v, false, -1));
    assert_ok(child_link_answer(&kit.d, kit.a, token, &yes, &l));
    assert_int_equal(l.state, CHILD_LINK_ENDED);
    assert_int_equal(get(v).state, CHILD_NONE);
}

static int64_t remember(int64_t message, const char *words, const char *text) {
    struct promise_memory m = {.message = message};
    int64_t id;
    m.start = (uint32_t)str_find(str_z(text), str_z(words), 0);
    m.end = m.start + (uint32_t)strlen(words);
    assert_ok(promise_remember(&kit.d, kit.a, &w.ines, &m, &id));
    return id;
}

static void test_grown_up_confirms(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    static const char text[] = "I am Luka, seven years old. I promise to leave Juno at home from now on.";
    int64_t message, v = letter_of((struct sample){"Luka", "apul@example.org", text, 0}, &message);
    struct box_done made, late;
    struct child_link l;
    assert_ok(child_set(&kit.d, kit.a, &w.tom, v, true, -1));
    assert_ok(box(v, "box-confirm-1", &made));
    int64_t memory = remember(message, "I promise to leave Juno at home", text);
    str token = ask(v, "mother4@example.org");
    struct child_answer a = yes;
    a.address = S("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13");
    assert_int_equal(child_link_answer(&kit.d, kit.a, token, &a, &l), ERR_INVALID);
    a.address = S(" \n\n ");
    assert_int_equal(child_link_answer(&kit.d, kit.a, token, &a, &l), ERR_INVALID);
    a = yes;
    a.name = S("");
    assert_int_equal(child_link_answer(&kit.d, kit.a, token, &a, &l), ERR_INVALID);
    assert_int_equal(opens(token), CHILD_LINK_GOOD);
    assert_true(locked(v));
    assert_ok(child_link_answer(&kit.d, kit.a, token, &yes, &l));
    assert_int_equal(l.state, CHILD_LINK_GOOD);
    assert_int_equal(l.answered, CHILD_CONFIRMED);
    struct store_child k = get(v);
    assert_int_equal(k.state, CHILD_CONFIRMED);
    assert_str(k.name, "Marisa Apul");
    assert_true(k.keep_memory);
    assert_false(locked(v));
    assert_str(box_row(made.id).address, "Marisa Apul\nHarbour Lane 7\n\n20457 Hamburg");
    assert_str(box_row(made.id).country, "Germany");
    struct store_promise p;
    promise_step_list steps;
    assert_ok(promise_get(&kit.d, kit.a, w.ines.brand, memory, &p, &steps));
    assert_true(p.agreed);
    str detail = S("unset");
    assert_int_equal(events_of(v, "grown_up_confirmed", &detail), 1);
    assert_str(detail, "");
    /* Once. */
    a = yes;
    a.address = S("Somewhere else");
    assert_ok(child_link_answer(&kit.d, kit.a, token, &a, &l));
    assert_int_equal(l.state, CHILD_LINK_USED);
    assert_str(box_row(made.id).address, "Marisa Apul\nHarbour Lane 7\n\n20457 Hamburg");
    assert_int_equal(child_ask(&kit.d, kit.a, &w.tom, v, S("mother4@example.org")), ERR_CONFLICT);
    /* A box that is made afterwards knows where to go. */
    assert_ok(box(v, "box-confirm-2", &late));
    DB_READ_AUTO db_conn *c = NULL;
    str address, country;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(child_address_in(c, kit.a, w.ines.brand, v, &address, &country));
    assert_str(address, "Marisa Apul\nHarbour Lane 7\n\n20457 Hamburg");
}

struct click {
    str token;
    struct child_answer answer;
    struct child_link got;
    err code;
    arena *a;
    pthread_t thread;
};

static void *click(void *arg) {
    struct click *x = arg;
    x->code = child_link_answer(&kit.d, x->a, x->token, &x->answer, &x->got);
    return NULL;
}

static void test_two_clicks_at_once(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    for (int round = 0; round < 5; round++) {
        enum { CLICKS = 6 };
        struct click clicks[CLICKS];
        int64_t v = letter(childish);
        kit.now += DAY_MS;
        str token = ask(v, "mother5@example.org");
        for (int i = 0; i < CLICKS; i++) {
            clicks[i] = (struct click){.token = token, .answer = yes, .a = arena_new(0)};
            clicks[i].answer.address = str_fmt(kit.a, "Lane %d", i);
            clicks[i].answer.decline = i == 0;
        }
        for (int i = 0; i < CLICKS; i++) pthread_create(&clicks[i].thread, NULL, click, &clicks[i]);
        int good = 0, won = -1;
        for (int i = 0; i < CLICKS; i++) {
            pthread_join(clicks[i].thread, NULL);
            assert_int_equal(clicks[i].code, ERR_NONE);
            if (clicks[i].got.state == CHILD_LINK_GOOD) good++, won = i;
            arena_free(clicks[i].a);
        }
        assert_int_equal(good, 1);
        struct store_child k = get(v);
        assert_int_equal(k.state, won == 0 ? CHILD_DECLINED : CHILD_CONFIRMED);
        if (won) assert_str(k.address, str_cstr(kit.a, str_fmt(kit.a, "Lane %d", won)));
    }
}

/* ---- worries ---- */

static void test_worries(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish), id, again, conversation;
    struct conversation c;
    assert_int_equal(worry_raise(&kit.d, kit.a, &w.tom, v, 0, S("  "), &id), ERR_INVALID);
    assert_int_equal(worry_raise(&kit.d, kit.a, &w.tom, v, 777, S("Look"), &id), ERR_MISSING);
    /* Nobody looks after them yet: it is on the list all the same. */
    assert_ok(worry_raise(&kit.d, kit.a, &w.tom, v, 0, S("He is alone at night."), &id));
    assert_int_equal(worry_raise(&kit.d, kit.a, &w.ines, v, 0, S("Me too"), &again), ERR_CONFLICT);
    assert_int_equal(worry_close(&kit.d, kit.a, &w.tom, id, S("It is all right."), &conversation),
                     ERR_DENIED);
    assert_int_equal(worry_close(&kit.d, kit.a, &w.ines, id, S(""), &conversation), ERR_INVALID);
    assert_ok(worry_close(&kit.d, kit.a, &w.ines, id, S("I spoke with the parents."), &conversation));
    assert_int_equal(conversation, v);
    assert_int_equal(worry_close(&kit.d, kit.a, &w.ines, id, S("Again."), &conversation), ERR_CONFLICT);
    assert_ok(safeguard_set(&kit.d, kit.a, &w.ines, w.zoe.agent, true));
    assert_ok(worry_raise(&kit.d, kit.a, &w.tom, v, 0, S("He wrote again."), &id));
    DB_READ_AUTO db_conn *r = NULL;
    assert_ok(db_read_begin(kit.db, &r));
    assert_ok(store_conversation_get(r, kit.a, w.ines.brand, v, &c));
    assert_int_equal(c.agent_id, w.zoe.agent);
    struct store_worry row;
    assert_ok(store_worry_get(r, kit.a, w.ines.brand, id, &row));
    assert_str(row.note, "He wrote again.");
    assert_str(row.holder_name, "Zoe");
    assert_true(row.message_id > 0);
    db_read_end(r);
    r = NULL;
    str detail;
    assert_int_equal(events_of(v, "worry", &detail), 2);
    assert_str(detail, "");
    assert_ok(worry_close(&kit.d, kit.a, &w.zoe, id, S("Looked after."), &conversation));
    assert_ok(safeguard_set(&kit.d, kit.a, &w.ines, w.zoe.agent, false));
    assert_int_equal(safeguard_set(&kit.d, kit.a, &w.ines, 4711, true), ERR_MISSING);
}

/* ---- deleting ---- */

struct sung { /* what a child's conversation holds, each with its own word */
    int64_t v, message, reply, box, gesture;
};

/* NAME stands wherever a child's name could. */
static struct sung sing(const char *name, const char *address) {
    struct sung s;
    const char *text = str_cstr(kit.a, str_fmt(kit.a,
                                               "Hello, my name is %s and I am seven years old. My cat is "
                                               "called %s, too. I promise %s stays at home.",
                                               name, name, name));
    s.v = letter_of((struct sample){name, address, text, 80000}, &s.message);
    attach(s.v, s.message, str_cstr(kit.a, str_fmt(kit.a, "%s.txt", name)), str_z(text));
    attach(s.v, s.message, "large.txt", large(name));
    copy_of(s.message, text);
    assert_ok(child_set(&kit.d, kit.a, &w.tom, s.v, true, -1));
    remember(s.message, str_cstr(kit.a, str_fmt(kit.a, "I promise %s stays at home", name)), text);
    struct promise_wish ours = {.conversation = s.v,
                                .text = str_fmt(kit.a, "%s gets a letter", name),
                                .day = promise_day_of(NULL, kit.now + DAY_MS)};
    int64_t id;
    assert_ok(promise_add(&kit.d, kit.a, &w.ines, &ours, &id));
    give(s.v, str_cstr(kit.a, str_fmt(kit.a, "A medal for %s", name)),
         str_cstr(kit.a, str_fmt(kit.a, "%s wrote so kindly.", name)));
    struct box_item_wish item = {.name = str_fmt(kit.a, "A crown for %s", name), .quantity = 1};
    struct box_wish wish = {.conversation = s.v,
                            .items = &item,
                            .nitems = 1,
                            .letter = str_fmt(kit.a, "Dear %s, here it is.", name),
                            .key = str_fmt(kit.a, "box-%s", name)};
    struct box_done made;
    assert_ok(box_make(&kit.d, kit.a, &w.ines, &wish, &made));
    s.box = made.id;
    s.reply = reply(s.v, address,
                    str_cstr(kit.a, str_fmt(kit.a,
                                            "Dear %s, your letter made me smile for a whole "
                                            "afternoon, and %s too. Yours, Ines",
                                            name, name)));
    assert_ok(conversation_note(&kit.d, kit.a, &w.tom, s.v, str_fmt(kit.a, "%s again!", name), &id));
    struct draft draft = {.conversation_id = s.v,
                          .kind = MESSAGE_REPLY,
                          .text = str_slice(large(name), 0, 20000),
                          .subject = str_z(name)};
    assert_ok(draft_save(&kit.d, kit.a, &w.ines, &draft));
    attach(s.v, 0, "draft.txt", str_z(text));
    struct draft shorter = {.conversation_id = s.v, .kind = MESSAGE_REPLY, .text = str_z(name)};
    assert_ok(draft_save(&kit.d, kit.a, &w.ines, &shorter));
    run_jobs();
    return s;
}

static void confirm(int64_t v, const char *name, const char *email, bool keep) {
    struct child_link l;
    struct child_answer answer = {.name = str_z(name),
                                  .address = str_fmt(kit.a, "%s\nLane 1", name),
                                  .country = S("Norway"),
                                  .keep_memory = keep};
    str token = ask(v, email);
    assert_ok(child_link_answer(&kit.d, kit.a, token, &answer, &l));
    assert_int_equal(l.state, CHILD_LINK_GOOD);
}

static void test_canary(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    struct sung s = sing("Zyxquorra", "zyxquorra@vlimbrok.example");
    confirm(s.v, "Gwendrixa Zyxquorra", "gwendrixa@vlimbrok.example", false);
    int64_t worry, ignored;
    assert_ok(worry_raise(&kit.d, kit.a, &w.tom, s.v, 0, S("Zyxquorra sounds sad."), &worry));
    assert_true(hits("zyxquorra") > 0);
    done(s.v);
    struct store_child k = get(s.v);
    assert_int_equal(k.delete_at, 0);
    kit.now += 31 * (int64_t)DAY_MS;
    run_jobs();
    /* Somebody worries: it stays. */
    assert_int_equal(get(s.v).forgotten_at, 0);
    assert_ok(worry_close(&kit.d, kit.a, &w.ines, worry, S("Zyxquorra is well."), &ignored));
    /* Opened again: the day moves. */
    assert_ok(conversation_reopen(&kit.d, kit.a, &w.ines, s.v));
    assert_int_equal(get(s.v).delete_at, 0);
    kit.now += 2 * HOUR_MS;
    run_jobs();
    done(s.v);
    assert_int_equal(get(s.v).delete_at, kit.now + 30 * (int64_t)DAY_MS);
    kit.now += 30 * (int64_t)DAY_MS - 2 * HOUR_MS;
    run_jobs();
    assert_int_equal(get(s.v).forgotten_at, 0);
    kit.now += 3 * HOUR_MS;
    run_jobs();
    k = get(s.v);
    assert_int_equal(k.forgotten_at, kit.now);
    assert_int_equal(events_of(s.v, "words_deleted", NULL), 1);
    /* Files that others might just be about to name wait for an hour. */
    kit.now += 2 * HOUR_MS;
    run_jobs();
    assert_int_equal(hits("zyxquorr"), 0);
    assert_int_equal(hits("vlimbrok"), 0);
    assert_int_equal(hits("gwendrixa"), 0);
}

/* What stays: counts, dates, costs, and a page that says so. */
static void test_what_stays(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    struct sung s = sing("Wumbelta", "wumbelta@example.org");
    done(s.v);
    kit.now += 30 * (int64_t)DAY_MS + HOUR_MS;
    run_jobs();
    DB_READ_AUTO db_conn *c = NULL;
    message_list said;
    struct conversation v;
    store_gesture_list gestures;
    struct customer u;
    customer_address_list addresses;
    str bytes;
    struct raw raw;
    assert_ok(gesture_list_of(&kit.d, kit.a, w.ines.brand, s.v, &gestures));
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, s.v, &v));
    assert_str(v.subject, "Words deleted");
    assert_ok(store_message_list(c, kit.a, w.ines.brand, s.v, 0, 100, &said));
    assert_int_equal(said.n, 3);
    for (size_t i = 0; i < said.n; i++) {
        assert_int_equal(said.v[i].text.n + said.v[i].html.n + said.v[i].subject.n, 0);
        assert_true(said.v[i].said_at > 0);
    }
    assert_int_equal(gestures.n, 1);
    assert_int_equal(gestures.v[0].cost, 100);
    assert_int_equal(gestures.v[0].judgement.n, 0);
    assert_ok(store_customer_get(c, kit.a, w.ines.brand, v.customer_id, &u));
    assert_str(u.name, "A child");
    assert_ok(store_customer_addresses(c, kit.a, w.ines.brand, v.customer_id, &addresses));
    assert_int_equal(addresses.n, 0);
    assert_ok(store_raw_get(c, kit.a, w.ines.brand, s.message, &raw));
    assert_int_equal(raw.bytes.n, 0);
    db_read_end(c);
    c = NULL;
    assert_ok(intake_bytes(&kit.d, kit.a, &raw, &bytes));
    assert_int_equal(bytes.n, 0);
    assert_int_equal(box_row(s.box).letter.n, 0);
    /* It is over: nothing can be said about it any more, and it happens once. */
    assert_int_equal(child_set(&kit.d, kit.a, &w.tom, s.v, false, -1), ERR_CONFLICT);
    assert_int_equal(child_ask(&kit.d, kit.a, &w.tom, s.v, S("late@example.org")), ERR_CONFLICT);
    kit.now += 40 * (int64_t)DAY_MS;
    run_jobs();
    assert_int_equal(events_of(s.v, "words_deleted", NULL), 1);
    assert_true(locked(s.v));
}

/* A customer, a file and a letter that others need stay; so does a memory that was agreed to. */
static void test_what_others_need(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    struct sung s = sing("Brimlova", "brimlova@example.org");
    int64_t other =
        letter_of((struct sample){"Brimlova", "brimlova@example.org", "About my order.", 0}, NULL);
    attach(other, 0, "shared.txt", large("Brimlova"));
    struct sung kept = sing("Ostravelle", "ostravelle@example.org");
    confirm(kept.v, "Tamsin", "tamsin@example.org", true);
    done(s.v);
    done(kept.v);
    kit.now += 30 * (int64_t)DAY_MS + HOUR_MS;
    run_jobs();
    kit.now += 2 * HOUR_MS;
    run_jobs();
    assert_true(get(s.v).forgotten_at > 0);
    DB_READ_AUTO db_conn *c = NULL;
    struct customer_address a;
    struct customer u;
    store_promise_list memories;
    str bytes;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_customer_address_get(c, kit.a, w.ines.brand, S("brimlova@example.org"), &a));
    assert_true(a.customer_id > 0);
    assert_ok(store_customer_get(c, kit.a, w.ines.brand, a.customer_id, &u));
    assert_str(u.name, "Brimlova");
    assert_ok(store_customer_address_get(c, kit.a, w.ines.brand, S("ostravelle@example.org"), &a));
    assert_true(a.customer_id > 0);
    db_read_end(c);
    c = NULL;
    assert_ok(promise_memories(&kit.d, kit.a, w.ines.brand, a.customer_id, 0, &memories));
    assert_int_equal(memories.n, 1);
    assert_str(memories.v[0].text, "I promise Ostravelle stays at home");
    assert_ok(object_get(kit.a, kit.d.folder, content_hash(kit.a, large("Brimlova")), &bytes));
    assert_int_equal(object_get(kit.a, kit.d.folder, content_hash(kit.a, large("Ostravelle")), &bytes),
                     ERR_MISSING);
}

static void test_declined(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    struct sung s = sing("Yorrimund", "yorrimund@kvaloff.example");
    str token = ask(s.v, "kirsa@kvaloff.example");
    struct child_answer no = {.decline = true, .name = S("Kirsa"), .address = S("ignored")};
    struct child_link l;
    struct conversation v;
    assert_ok(child_link_answer(&kit.d, kit.a, token, &no, &l));
    assert_int_equal(l.answered, CHILD_DECLINED);
    assert_true(locked(s.v));
    assert_int_equal(get(s.v).delete_at, kit.now);
    run_jobs();
    assert_true(get(s.v).forgotten_at > 0);
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.ines.brand, s.v, &v));
    assert_int_equal(v.state, CONVERSATION_DONE);
    db_read_end(c);
    c = NULL;
    assert_int_equal(box_row(s.box).state, BOX_CANCELLED);
    kit.now += 2 * HOUR_MS;
    run_jobs();
    assert_int_equal(hits("yorrimund"), 0);
    assert_int_equal(hits("kvaloff"), 0);
    assert_int_equal(opens(token), CHILD_LINK_WRONG);
}

/* Later the grown-up wants even the memory gone. */
static void test_delete_now(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    int64_t plain = letter("About my order."), worry, v;
    assert_int_equal(forget_now(&kit.d, kit.a, &w.ines, plain), ERR_CONFLICT);
    struct sung s = sing("Quillamere", "quillamere@drosselby.example");
    confirm(s.v, "Ottilie", "ottilie@drosselby.example", true);
    done(s.v);
    kit.now += 30 * (int64_t)DAY_MS + HOUR_MS;
    run_jobs();
    assert_true(get(s.v).forgotten_at > 0);
    /* The address that the grown-up gave is deleted, too, and nobody else may type one. */
    struct box_item_wish medal = {.name = S("Medal"), .quantity = 1};
    struct box_wish again = {.conversation = s.v,
                             .items = &medal,
                             .nitems = 1,
                             .address = S("Somewhere 1"),
                             .country = S("Norway"),
                             .key = S("box-after-all")};
    struct box_done made;
    assert_true(locked(s.v));
    assert_int_equal(box_make(&kit.d, kit.a, &w.ines, &again, &made), ERR_CONFLICT);
    /* Nothing would delete what is written there now. */
    int64_t id;
    struct promise_wish more = {.conversation = s.v,
                                .text = S("Ask Quillamere."),
                                .day = promise_day_of(NULL, kit.now + 5 * (int64_t)DAY_MS)};
    assert_int_equal(conversation_note(&kit.d, kit.a, &w.ines, s.v, S("Quillamere sang."), &id),
                     ERR_CONFLICT);
    assert_int_equal(promise_add(&kit.d, kit.a, &w.ines, &more, &id), ERR_CONFLICT);
    assert_int_equal(worry_raise(&kit.d, kit.a, &w.tom, s.v, 0, S("Quillamere is alone."), &id),
                     ERR_CONFLICT);
    assert_true(hits("quillamere") > 0);
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, s.v));
    assert_int_equal(forget_now(&kit.d, kit.a, &w.ines, s.v), ERR_CONFLICT);
    kit.now += 2 * HOUR_MS;
    run_jobs();
    assert_int_equal(hits("quillamere"), 0);
    assert_int_equal(hits("drosselby"), 0);
    assert_int_equal(hits("ottilie"), 0);

    struct sung t = sing("Rasmundel", "rasmundel@example.org");
    assert_ok(worry_raise(&kit.d, kit.a, &w.tom, t.v, 0, S("Rasmundel is alone."), &worry));
    assert_int_equal(forget_now(&kit.d, kit.a, &w.ines, t.v), ERR_CONFLICT);
    assert_ok(worry_close(&kit.d, kit.a, &w.ines, worry, S("Looked after."), &v));
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, t.v));
    run_jobs();
    assert_true(get(t.v).forgotten_at > 0);
    kit.now += 2 * HOUR_MS;
    run_jobs();
    assert_int_equal(hits("rasmundel"), 0);
}

/* Many, among many that stay: pages of the database fill, split and merge. */
static void test_many(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    enum { MANY = 120 };
    int64_t children[MANY];
    for (int i = 0; i < MANY; i++) {
        char name[64], address[64];
        snprintf(name, sizeof name, "Tromvella%d", i);
        snprintf(address, sizeof address, "tromvella%d@example.org", i);
        BUF_AUTO buf text = BUF_MAX(1 << 20);
        for (int k = 0; k < 1 + i * i % 300; k++) {
            buf_add_z(&text, name);
            buf_add_z(&text, " likes the sea. ");
        }
        children[i] = letter_of((struct sample){str_cstr(kit.a, str_z(name)), str_cstr(kit.a, str_z(address)),
                                                str_cstr(kit.a, buf_str(&text)), 0},
                                NULL);
        letter("A grown-up writes about an order of long ago, and is kept.");
        assert_ok(child_set(&kit.d, kit.a, &w.tom, children[i], true, -1));
        if (i % 10 == 0) run_jobs();
    }
    run_jobs();
    for (int i = 0; i < MANY; i++) done(children[i]);
    kit.now += 30 * (int64_t)DAY_MS + HOUR_MS;
    run_jobs();
    for (int i = 0; i < MANY; i++) assert_true(get(children[i]).forgotten_at > 0);
    assert_int_equal(hits("tromvell"), 0);
}

/* Somebody keeps the same bytes while the file is put aside: it comes back. */
static void test_file_wanted_again(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    world();
    kit.now += 100 * (int64_t)DAY_MS;
    struct sung s = sing("Ellgrimsa", "ellgrimsa@example.org");
    str bytes = large("Ellgrimsa"), got;
    done(s.v);
    kit.now += 30 * (int64_t)DAY_MS + HOUR_MS;
    run_jobs();
    /* They found the file there a moment before, and their row comes only now. */
    str path = object_path(kit.a, kit.d.folder, content_hash(kit.a, bytes));
    assert_int_equal(access(path.p, F_OK), -1);
    assert_ok(object_get(kit.a, kit.d.folder, content_hash(kit.a, bytes), &got));
    int64_t other = letter("Look at this.");
    struct attachment f = {.id = id_new(kit.now),
                           .message_id = 0,
                           .conversation_id = other,
                           .agent_id = w.ines.agent,
                           .name = S("same.txt"),
                           .type = S("text/plain"),
                           .size = (int64_t)bytes.n,
                           .hash = content_hash(kit.a, bytes),
                           .in_object = true};
    assert_ok(db_write(kit.db, put_file, &f));
    kit.now += 2 * HOUR_MS;
    run_jobs();
    assert_int_equal(access(path.p, F_OK), 0);
    assert_ok(object_get(kit.a, kit.d.folder, content_hash(kit.a, bytes), &got));
    assert_int_equal(got.n, bytes.n);
}

static void test_days_are_a_setting(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t v = letter(childish), grown = letter("About my order.");
    assert_ok(child_set(&kit.d, kit.a, &w.tom, v, true, -1));
    done(v);
    done(grown);
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("child_delete_days"), S("0")));
    assert_int_equal(get(v).delete_at, kit.now);
    kit.now += HOUR_MS;
    run_jobs();
    assert_true(get(v).forgotten_at > 0);
    assert_int_equal(get(grown).forgotten_at, 0);
    assert_int_equal(setting_change(&kit.d, kit.a, w.ines.brand, S("child_delete_days"), S("366")),
                     ERR_INVALID);
    assert_ok(setting_change(&kit.d, kit.a, w.ines.brand, S("child_delete_days"), S("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_said_and_taken_back),
        KIT_TEST(test_heard_by_the_desk),
        KIT_TEST(test_mail_has_fixed_words),
        KIT_TEST(test_limits),
        KIT_TEST(test_bad_links),
        KIT_TEST(test_grown_up_confirms),
        KIT_TEST(test_two_clicks_at_once),
        KIT_TEST(test_worries),
        KIT_TEST(test_canary),
        KIT_TEST(test_what_stays),
        KIT_TEST(test_what_others_need),
        KIT_TEST(test_declined),
        KIT_TEST(test_days_are_a_setting),
        KIT_TEST(test_delete_now),
        KIT_TEST(test_many),
        KIT_TEST(test_file_wanted_again),
    };
    return KIT_RUN(tests);
}
