/* The letter check and a brand's own world: words it avoids, names of its own in a greeting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "letter/check.h"

struct fixture {
    arena *a;
    struct heard heard;
    struct check_input in;
    struct checked out;
};

static void start(struct fixture *f, const char *letter, const char *name) {
    *f = (struct fixture){.a = arena_new(0)};
    listen_to(f->a,
              &(struct listen_input){.text = str_z(letter), .from_name = str_z(name), .language = S("en")},
              &f->heard);
    f->in = (struct check_input){
        .letter = f->heard.text.nwords ? &f->heard : NULL, .customer_name = str_z(name), .language = S("en")};
}

static void run(struct fixture *f, const char *reply) {
    f->in.reply = str_z(reply);
    check(f->a, &f->in, &f->out);
}

static const struct remark *find(const struct fixture *f, remark_kind kind, size_t nth) {
    for (size_t i = 0; i < f->out.remarks.n; i++)
        if (f->out.remarks.v[i].kind == kind && !nth--) return &f->out.remarks.v[i];
    return NULL;
}

static size_t count(const struct fixture *f, remark_kind kind) {
    size_t n = 0;
    while (find(f, kind, n)) n++;
    return n;
}

static void assert_at(const struct fixture *f, size_t nth, const char *words) {
    const struct remark *r = find(f, REMARK_WORD, nth);
    assert_non_null(r);
    assert_int_equal(r->level, REMARK_LOOK);
    str there = str_slice(f->in.reply, r->start, r->end);
    if (!str_eq(there, str_z(words))) fail_msg("\"%.*s\", not \"%s\"", STR_FMT(there), words);
}

static void avoid(struct fixture *f, const struct check_avoided *words, size_t n) {
    f->in.avoided = words;
    f->in.navoided = n;
}

static void words_avoided(void **state) {
    (void)state;
    struct fixture f;
    static const struct check_avoided words[] = {
        {S("ticket"), S("letter"), S("")},
        {S("ticket number"), S(""), S("nobody is a number here")},
        {S("doll"), S("figure"), S("they are crew")},
        {S("Café"), S(""), S("")},
    };
    start(&f, "Where is my boat?", "Milo Hart");
    avoid(&f, words, 4);
    run(&f, "Dear Milo,\n\nyour TICKET is here.");
    assert_int_equal(count(&f, REMARK_WORD), 1);
    assert_at(&f, 0, "TICKET");
    str says = remark_says(f.a, NULL, find(&f, REMARK_WORD, 0));
    assert_true(str_find(says, S("“TICKET”"), 0) != SIZE_MAX && str_find(says, S("“letter”"), 0) != SIZE_MAX);
    /* The longest of those that begin at a place, and what follows is looked at again. */
    run(&f, "Your ticket number, and the ticket's day. One doll.");
    assert_int_equal(count(&f, REMARK_WORD), 3);
    assert_at(&f, 0, "ticket number");
    assert_at(&f, 1, "ticket's");
    assert_at(&f, 2, "doll");
    assert_true(str_find(remark_says(f.a, NULL, find(&f, REMARK_WORD, 0)), S("nobody is a number"), 0) !=
                SIZE_MAX);
    says = remark_says(f.a, NULL, find(&f, REMARK_WORD, 2));
    assert_true(str_find(says, S("“figure”"), 0) != SIZE_MAX && str_find(says, S("crew"), 0) != SIZE_MAX);
    /* Whole words only, within one sentence, and no link. */
    run(&f, "Tickets and dolly stay. Not this ticket-office, nor a paper-doll. https://x.example/ticket/1");
    assert_int_equal(count(&f, REMARK_WORD), 0);
    run(&f, "No ticket. Number two is yours.");
    assert_int_equal(count(&f, REMARK_WORD), 1);
    assert_at(&f, 0, "ticket");
    /* Accents fall as in every comparison of words. */
    run(&f, "See you in the CAFE, or the cafe\xcc\x81.");
    assert_int_equal(count(&f, REMARK_WORD), 2);
    /* A fact is right word for word. */
    f.in.facts = &(struct check_fact){1, S("Keep the ticket that came with it.")};
    f.in.nfacts = 1;
    run(&f, "Keep the ticket that came with it. The ticket is blue.");
    assert_int_equal(count(&f, REMARK_WORD), 1);
    assert_int_equal(find(&f, REMARK_WORD, 0)->start, 39);
    arena_free(f.a);
}

static void words_of_every_script(void **state) {
    (void)state;
    struct fixture f;
    static const struct check_avoided words[] = {{S("кукла"), S("друг"), S("")},
                                                 {S("人形"), S(""), S("")},
                                                 {S("straße"), S(""), S("")},
                                                 {S("..."), S("never"), S("")},
                                                 {S("\xff\xfe"), S("never"), S("")}};
    start(&f, "Where is my boat?", "Milo Hart");
    avoid(&f, words, 5);
    run(&f, "Это КУКЛА, а это куклами. これは人形です。 Die STRASSE und Straße... \xff\xfe");
    assert_int_equal(count(&f, REMARK_WORD), 4);
    assert_at(&f, 0, "КУКЛА");
    assert_at(&f, 1, "人形");
    assert_at(&f, 2, "STRASSE");
    assert_at(&f, 3, "Straße");
    arena_free(f.a);
}

static void not_without_end(void **state) {
    (void)state;
    struct fixture f;
    static const struct check_avoided words[] = {{S("ticket"), S(""), S("")}};
    buf b BUF_AUTO = BUF_MAX(1 << 20);
    start(&f, "Where is my boat?", "Milo Hart");
    avoid(&f, words, 1);
    for (int i = 0; i < 20000; i++) buf_add_z(&b, "ticket ");
    buf_add_char(&b, 0);
    run(&f, b.p);
    assert_int_equal(count(&f, REMARK_WORD), 20);
    arena_free(f.a);
}

static void assert_greeting(struct fixture *f, const char *reply, bool stops) {
    bool stopped = false;
    run(f, reply);
    for (size_t i = 0; i < f->out.remarks.n; i++) {
        const struct remark *r = &f->out.remarks.v[i];
        bool of_name = r->kind == REMARK_GREETING || r->kind == REMARK_NAME;
        stopped = stopped || (of_name && r->level == REMARK_STOP);
    }
    if (stopped != stops) fail_msg("%s: %s", reply, stopped ? "stopped" : "not stopped");
}

static void names_of_ours(void **state) {
    (void)state;
    struct fixture f;
    static const str ours[] = {S("Tidewatch"), S("Captain Mara, harbour master")};
    start(&f, "Where is my boat? Milo", "Milo Hart");
    assert_greeting(&f, "Hi Tidewatch,\n\nthe boat sails on Friday.", true);
    f.in.other_names = ours;
    f.in.nother_names = 2;
    assert_greeting(&f, "Hi Tidewatch,\n\nthe boat sails on Friday.", false);
    assert_greeting(&f, "Hello Captain Mara,\n\nthe boat sails on Friday.", false);
    assert_greeting(&f, "Dear Mara,\n\nthe boat sails on Friday.", false);
    /* They do not make others fine ... */
    assert_greeting(&f, "Dear Mara Johnson,\n\nthe boat sails on Friday.", true);
    assert_greeting(&f, "Dear Barbara,\n\nthe boat sails on Friday, says Tidewatch.", true);
    /* ... and are nobody's own: the reader is still not called by name, once or often. */
    run(&f, "Hi Tidewatch,\n\nTidewatch says the boat sails. Tidewatch is glad. Tidewatch waves.");
    const struct remark *r = find(&f, REMARK_NAME, 0);
    assert_non_null(r);
    assert_int_equal(r->level, REMARK_LOOK);
    assert_true(str_find(remark_says(f.a, NULL, r), S("You do not call Milo"), 0) != SIZE_MAX);
    arena_free(f.a);
    /* Whoever is called nearly like one of us is still called by their own name. */
    start(&f, "Where is my boat? Maria", "Maria Hart");
    f.in.other_names = ours;
    f.in.nother_names = 2;
    assert_greeting(&f, "Dear Mara,\n\nthe boat sails on Friday.", true);
    assert_greeting(&f, "Dear Maria,\n\nthe boat sails on Friday.", false);
    arena_free(f.a);
    /* Where nobody knows the reader's name, ours is not taken for it. */
    start(&f, "Where is my boat?", "");
    f.in.other_names = ours;
    f.in.nother_names = 2;
    assert_greeting(&f, "Dear Barbara,\n\nthe boat sails on Friday.", false);
    run(&f, "Dear friend of Tidewatch,\n\nthe boat sails on Friday.");
    assert_int_equal(count(&f, REMARK_NAME), 0);
    arena_free(f.a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_avoided),
        cmocka_unit_test(words_of_every_script),
        cmocka_unit_test(not_without_end),
        cmocka_unit_test(names_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
