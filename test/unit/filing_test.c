/* Where letters belong: what joins a conversation, what only points to one, what is never merged and never
 * dropped; and what filing makes of letters at the edge of what the engines take. On both engines. */
#include "incoming_kit.h"

#include "desk/filing.h"

struct put {
    str text;
    int64_t id;
};

static err put(db_conn *c, void *arg) {
    struct put *p = arg;
    struct message m = {.id = p->id, .text = p->text};
    return words_index_message(c, kit.a, 1, S("en"), &m);
}

/* As many words as are taken, each as long as one may be, all different. */
static void test_words_fit_both_engines(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    BUF_AUTO buf b = BUF_MAX(4 << 20);
    for (int i = 0; i < 25000; i++) {
        buf_add_fmt(&b, "%05d", i);
        for (int k = 0; k < 59; k++) buf_add_char(&b, 'z');
        buf_add_char(&b, ' ');
    }
    struct put p = {buf_str(&b), 4711};
    struct message m = {.text = p.text};
    str words = words_of_message(kit.a, S("en"), &m);
    assert_in_range(words.n, 900000, 1048575);
    assert_int_equal(words.p[words.n - 1], 'z');
    assert_ok(db_write(kit.db, put, &p));
}

static int64_t place(int64_t message) { return message_of(message).conversation_id; }

static void test_joins_by_id_and_sender(void **state) {
    WORLD;
    int64_t first = comes((struct sample){.from = "Milo <milo@customer.example>"});
    struct message reply = answered(first, "milo@customer.example", "aunt@customer.example");
    const char *names = naming(reply);
    assert_int_equal(conversation_of(first).state, CONVERSATION_THEM);
    int64_t second = comes((struct sample){.from = "milo@customer.example", .headers = names});
    assert_int_equal(place(second), place(first));
    assert_int_equal(conversation_of(first).state, CONVERSATION_US);
    /* Whom we wrote to may answer, too. */
    assert_int_equal(place(comes((struct sample){.from = "aunt@customer.example", .headers = names})),
                     place(first));
    /* Letter case of an address tells nobody apart. */
    assert_int_equal(place(comes((struct sample){.from = "Milo@Customer.EXAMPLE", .headers = names})),
                     place(first));
    /* A stranger who knows the id begins a conversation of their own, which points to it. */
    int64_t stranger = comes((struct sample){.from = "eve@evil.example", .headers = names});
    assert_int_not_equal(place(stranger), place(first));
    assert_int_equal(conversation_of(stranger).related_id, place(first));
    assert_int_equal(conversation_of(stranger).state, CONVERSATION_US);
    /* So does the sender without the id. */
    int64_t new_matter = comes((struct sample){.from = "milo@customer.example"});
    assert_int_not_equal(place(new_matter), place(first));
    assert_int_equal(conversation_of(new_matter).related_id, place(first));
    /* Naming a letter that is not ours is no evidence, even between the right people. */
    const char *theirs = naming(message_of(second));
    int64_t guessed = comes((struct sample){.from = "milo@customer.example", .headers = theirs});
    assert_int_not_equal(place(guessed), place(first));
    assert_int_equal(conversation_of(guessed).related_id, place(first));
}

static str reply_to_of(struct message reply) {
    str bytes = raw_of(reply.raw_id).bytes;
    size_t at = str_find(bytes, S("\r\nReply-To: "), 0);
    if (at == SIZE_MAX) return S("");
    str line = str_slice(bytes, at + 12, str_find(bytes, S("\r\n"), at + 12));
    return str_copy(kit.a, str_trim(line));
}

static void test_reply_addresses(void **state) {
    WORLD;
    int64_t plain = comes((struct sample){.from = "lou@customer.example"});
    assert_str(reply_to_of(answered(plain, "lou@customer.example", "")), "");
    choose("", true, false);
    int64_t first = comes((struct sample){.from = "lou@customer.example"});
    struct message reply = answered(first, "lou@customer.example", ""),
                   again = answered(first, "lou@customer.example", "");
    str address = reply_to_of(reply), second = reply_to_of(again);
    assert_int_equal(address.n, strlen("letters+@tidewatch.example") + 26);
    assert_true(str_starts(address, S("letters+")) && str_ends(address, S("@tidewatch.example")));
    assert_false(str_eq(address, second));
    const char *z = str_cstr(kit.a, address);
    /* In the envelope, as LMTP has it, or in To or Cc, as a mailbox has it; with neither id nor subject. */
    const char *upper =
        str_cstr(kit.a, str_fmt(kit.a, "LETTERS+%.*s", STR_FMT(str_slice(address, 8, address.n))));
    assert_int_equal(place(comes((struct sample){.from = "lou@customer.example", .rcpt = z})), place(first));
    assert_int_equal(place(comes((struct sample){.from = "lou@customer.example", .rcpt = upper})),
                     place(first));
    assert_int_equal(place(comes((struct sample){.from = "lou@customer.example", .to = z})), place(first));
    const char *cc = str_cstr(kit.a, str_fmt(kit.a, "Cc: x@y.example, <%s>\r\n", z));
    assert_int_equal(place(comes((struct sample){.from = "lou@customer.example", .headers = cc})),
                     place(first));
    /* From a stranger it only points there: letters are forwarded, and addresses end up in books. */
    int64_t stranger = comes((struct sample){.from = "noreply@verify.example", .rcpt = z, .to = z});
    assert_int_not_equal(place(stranger), place(first));
    assert_int_equal(conversation_of(stranger).related_id, place(first));
    /* One character off, one too few, nothing, wildcards. */
    static const char *const wrong[] = {"letters+aaaaaaaaaaaaaaaaaaaaaaaaaa@tidewatch.example",
                                        "letters+@tidewatch.example", "letters+%25@tidewatch.example",
                                        "letters+**************************@tidewatch.example",
                                        "letters+aaaaaaaaaaaaaaaaaaaaaaaaa@tidewatch.example"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t id = comes((struct sample){.from = "lou@customer.example", .rcpt = wrong[i], .to = wrong[i]});
        assert_int_not_equal(place(id), place(first));
    }
}

static void test_ids_merge_and_drop_nothing(void **state) {
    WORLD;
    int64_t seen[12];
    size_t n = 0;
    /* Empty ids, the same id with other words, the same id in another inbox. */
    seen[n++] = comes((struct sample){.from = "a@customer.example", .id = "", .text = "one"});
    seen[n++] = comes((struct sample){.from = "b@customer.example", .id = "", .text = "one"});
    seen[n++] =
        comes((struct sample){.from = "c@customer.example", .headers = "Message-ID: <>\r\n", .id = ""});
    seen[n++] = comes(
        (struct sample){.from = "d@customer.example", .headers = "In-Reply-To: <>\r\nReferences: <>\r\n"});
    seen[n++] = comes((struct sample){.from = "e@customer.example", .id = "same@x.example", .text = "first"});
    seen[n++] =
        comes((struct sample){.from = "f@customer.example", .id = "same@x.example", .text = "second"});
    seen[n++] =
        comes((struct sample){.from = "g@customer.example", .headers = "In-Reply-To: <same@x.example>\r\n"});
    seen[n++] = comes((struct sample){
        .from = "e@customer.example", .id = "same@x.example", .text = "first", .other = true});
    /* A form that gives every letter one id, and the same words from another person. */
    seen[n++] = comes((struct sample){.from = "h@customer.example", .id = "same@x.example", .text = "first"});
    /* One that claims to be a message of ours. */
    struct message reply = answered(seen[4], "e@customer.example", "");
    const char *ours = str_cstr(kit.a, reply.rfc_id);
    seen[n++] = comes((struct sample){.from = "eve@evil.example", .id = ours});
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(raw_of(seen[i]).state, RAW_READ);
        assert_int_equal(conversation_of(seen[i]).state, i == 4 ? CONVERSATION_THEM : CONVERSATION_US);
        for (size_t k = 0; k < i; k++) assert_int_not_equal(place(seen[i]), place(seen[k]));
    }
    /* The forged one did not take the place of ours. */
    int64_t answer = comes((struct sample){.from = "e@customer.example", .headers = naming(reply)});
    assert_int_equal(place(answer), place(seen[4]));
    /* Only the very same letter in the very same inbox is a duplicate, and its bytes are kept. */
    int64_t twice =
        comes((struct sample){.from = "e@customer.example", .id = "same@x.example", .text = "first"});
    assert_int_equal(raw_of(twice).state, RAW_DUPLICATE);
    assert_int_equal(raw_of(twice).message_id, seen[4]);
    assert_true(raw_of(twice).bytes.n > 0);
}

/* Cc of a letter lets nobody in (CVE-2024-49193 of a peer). */
static void test_a_copy_grants_nothing(void **state) {
    WORLD;
    int64_t first =
        comes((struct sample){.from = "kit@customer.example", .headers = "Cc: eve@evil.example\r\n"});
    struct message reply = answered(first, "kit@customer.example", "");
    assert_int_equal(outbox_of(reply.id).n, 1);
    int64_t eve = comes((struct sample){.from = "eve@evil.example", .headers = naming(reply)});
    assert_int_not_equal(place(eve), place(first));
    /* Nor does a letter under the customer's name that names eve, once it is known to be false. */
    choose("mx.tidewatch.example", false, false);
    char headers[600];
    snprintf(headers, sizeof headers,
             "Authentication-Results: mx.tidewatch.example; dmarc=fail header.from=customer.example\r\n"
             "Cc: eve@evil.example\r\nReply-To: eve@evil.example\r\n%s",
             naming(reply));
    int64_t false_one = comes((struct sample){.from = "kit@customer.example", .headers = headers});
    assert_int_not_equal(place(false_one), place(first));
    assert_int_equal(conversation_of(false_one).related_id, place(first));
    int64_t again = comes((struct sample){.from = "eve@evil.example", .headers = naming(reply)});
    assert_int_not_equal(place(again), place(first));
}

/* Fields that other desks trust from mail mean nothing here. */
static void test_own_fields_are_nothing(void **state) {
    WORLD;
    int64_t first = comes((struct sample){.from = "ada@customer.example"});
    char headers[800];
    snprintf(headers, sizeof headers,
             "X-Longhand-Conversation: %lld\r\nX-Longhand-Agent: %lld\r\nX-RT-Ticket: "
             "1\r\nX-Zammad-Ticket-Id: 1\r\n"
             "X-Longhand-Auth: pass\r\nX-Spam-Flag: NO\r\nThread-Index: %lld\r\n",
             (long long)place(first), (long long)w.ines.agent, (long long)place(first));
    int64_t forged = comes((struct sample){
        .from = "mallory@evil.example", .headers = headers, .subject = "Re: [#1] Keeper Juno"});
    assert_int_not_equal(place(forged), place(first));
    assert_int_equal(conversation_of(forged).related_id, 0);
    assert_int_equal(message_of(forged).kind, MESSAGE_LETTER);
    assert_int_equal(message_of(forged).agent_id, 0);
    assert_int_equal(message_of(forged).auth, AUTH_NONE);
}

static const struct CMUnitTest tests[] = {
    KIT_TEST(test_words_fit_both_engines), KIT_TEST(test_joins_by_id_and_sender),
    KIT_TEST(test_reply_addresses),        KIT_TEST(test_ids_merge_and_drop_nothing),
    KIT_TEST(test_a_copy_grants_nothing),  KIT_TEST(test_own_fields_are_nothing),
};
INCOMING_MAIN(tests)
