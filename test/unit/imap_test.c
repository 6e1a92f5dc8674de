/* Fetching by IMAP without sockets: the grammar in any cut, names, sets of UIDs, and a session that talks to
 * a server in memory which expunges, renumbers, lies and breaks off; every mail is kept exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "mail/imap_names.h"
#include "mail/imap_session_own.h"
#include "unit/imap_kit.h"

/* --- Names and sets --- */

static void names(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"INBOX", "INBOX"},
        {"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
        {"A & B", "A &- B"},
        {"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
         "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
        {"\xF0\x9F\x92\x8C", "&2D3cjA-"},
        {"\xC3\xA9\xC3\xA9&", "&AOkA6Q-&-"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        BUF_AUTO buf coded = BUF_MAX(1000), plain = BUF_MAX(1000);
        assert_true(imap_name_encode(str_z(pairs[i][0]), &coded));
        assert_true(str_eq(buf_str(&coded), str_z(pairs[i][1])));
        assert_true(imap_name_decode(buf_str(&coded), &plain));
        assert_true(str_eq(buf_str(&plain), str_z(pairs[i][0])));
    }
    static const char *const bad[] = {"&",        "&AOk",     "&A-",   "&AGEAYg-", "&2D3-",
                                      "&3IzYPQ-", "\xC3\xA9", "&AO*-", "&AOl-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        BUF_AUTO buf plain = BUF_MAX(1000);
        buf_add_z(&plain, "x");
        assert_false(imap_name_decode(str_z(bad[i]), &plain));
        assert_int_equal(plain.n, 1);
    }
    BUF_AUTO buf quoted = BUF_MAX(1000);
    assert_true(imap_name_quote(S("a\"b\\c"), &quoted));
    assert_true(str_eq(buf_str(&quoted), S("\"a\\\"b\\\\c\"")));
    assert_false(imap_name_quote(S("a\r\nb"), &quoted));
    assert_false(imap_name_quote(S("\xFF"), &quoted));
}

static void sets(void **state) {
    (void)state;
    bool in[300] = {0};
    struct imap_uids s = {0};
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t first = 1 + (seed >> 8) % 290, last = first + (seed >> 20) % 9;
        bool add = (seed >> 4) & 1;
        if (add)
            assert_true(imap_uids_add(&s, first, last));
        else
            imap_uids_remove(&s, first, last);
        for (uint32_t u = first; u <= last; u++) in[u] = add;
        uint64_t n = 0;
        for (uint32_t u = 1; u < 300; u++) {
            assert_int_equal(imap_uids_has(&s, u), in[u]);
            n += in[u];
        }
        assert_int_equal(imap_uids_count(&s), n);
        for (size_t i = 1; i < s.n; i++) assert_true(s.v[i].first > s.v[i - 1].last + 1);
    }
    imap_uids_free(&s);
    assert_true(imap_uids_read(&s, S("9,3:5,12:11,4294967295")));
    imap_uids_settle(&s);
    BUF_AUTO buf out = BUF_MAX(100);
    assert_int_equal(imap_uids_write(&s, 100, &out), 4);
    assert_true(str_eq(buf_str(&out), S("3:5,9,11:12,4294967295")));
    buf_clear(&out);
    assert_int_equal(imap_uids_write(&s, 6, &out), 2);
    assert_true(str_eq(buf_str(&out), S("3:5,9")));
    imap_uids_free(&s);
    static const char *const bad[] = {"", "0", "1,", ",1", "1:*", "4294967296", "1::2", "a", "1 2", "-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(imap_uids_read(&s, str_z(bad[i])));
        imap_uids_free(&s);
    }
}

/* Put in any order and settled now and then, a set is the same as when it was added to. */
static void sets_put_at_once(void **state) {
    (void)state;
    uint32_t seed = 5;
    for (int round = 0; round < 500; round++) {
        struct imap_uids put = {0}, added = {0};
        for (int i = 0; i < 60; i++) {
            seed = seed * 1664525 + 1013904223;
            uint32_t first = (seed >> 8) % 290, last = first + (seed >> 20) % 5;
            if (round % 7 == 0) first += UINT32_MAX - 295, last += UINT32_MAX - 295;
            assert_true(imap_uids_put(&put, first, last) && imap_uids_add(&added, first, last));
            if (seed >> 28 == 0) imap_uids_settle(&put);
        }
        imap_uids_settle(&put);
        assert_int_equal(put.n, added.n);
        assert_memory_equal(put.v, added.v, put.n * sizeof *put.v);
        imap_uids_free(&put);
        imap_uids_free(&added);
    }
    /* A full one takes what is in it, and says so when it does not take another. */
    struct imap_uids full = {0};
    for (uint32_t i = 0; i < IMAP_RANGES_MAX; i++)
        assert_true(imap_uids_put(&full, 1 + (i % 4) * 2, 1 + (i % 4) * 2));
    assert_true(imap_uids_put(&full, 100, 100));
    imap_uids_settle(&full);
    assert_int_equal(full.n, 5);
    imap_uids_free(&full);
    for (uint32_t i = 0; i < IMAP_RANGES_MAX; i++) assert_true(imap_uids_put(&full, 1 + i * 2, 1 + i * 2));
    assert_false(imap_uids_put(&full, UINT32_MAX, UINT32_MAX));
    /* Taking many away shifts the rest once. */
    full.shifted = 0;
    imap_uids_remove(&full, 2, 2001);
    assert_int_equal(full.n, IMAP_RANGES_MAX - 1000);
    assert_true(full.shifted <= IMAP_RANGES_MAX);
    imap_uids_free(&full);
}

/* --- The grammar --- */

/* One line for each response. */
static void describe(const struct imap_response *r, buf *out) {
    buf_add_fmt(out, "%d w%d c%d n%u q%llu k%u", r->kind, r->word, r->code, r->number,
                (unsigned long long)r->modseq, r->capabilities);
    buf_add_fmt(out, " [%.*s|%.*s]", STR_FMT(r->tag), STR_FMT(r->text));
    if (r->kind == IMAP_GOT_FETCH)
        buf_add_fmt(out, " f%u u%u s%d:%llu d%lld b%d:%llu <%.*s>", r->fetch.sequence, r->fetch.uid,
                    r->fetch.has_size, (unsigned long long)r->fetch.size, (long long)r->fetch.internaldate,
                    r->fetch.body_state, (unsigned long long)r->fetch.body_size, STR_FMT(r->fetch.body));
    if (r->kind == IMAP_GOT_LIST)
        buf_add_fmt(out, " l%d %.*s %.*s", r->list.selectable, STR_FMT(r->list.use), STR_FMT(r->list.name));
    if (r->uids && r->uids->n) {
        buf_add_char(out, ' ');
        imap_uids_write(r->uids, 1000, out);
    }
    buf_add_char(out, '\n');
}

static void read_in_pieces(str bytes, size_t first, size_t then, size_t max_body, buf *out) {
    imap_reader *r = imap_reader_new(max_body);
    for (size_t at = 0, end = first; at < bytes.n; end = at + then) {
        if (end > bytes.n) end = bytes.n;
        while (at < end) {
            const struct imap_response *got;
            at += imap_reader_feed(r, str_slice(bytes, at, end), &got);
            if (got) describe(got, out);
        }
    }
    imap_reader_free(r);
}

static const char script[] =
    "* OK [CAPABILITY IMAP4rev1 IDLE move] ready {3}\r\n"
    "* CAPABILITY IMAP4rev2 AUTH=PLAIN\r\n"
    "* 172 EXISTS\r\n* 1 RECENT\r\n"
    "* OK [UIDVALIDITY 3857529045] UIDs valid\r\n"
    "* OK [UIDNEXT 4392] Predicted\n"
    "* ok [highestmodseq 715194045007] x\r\n"
    "* OK [NOMODSEQ] x\r\n"
    "* FLAGS (\\Answered \\Seen)\r\n"
    "* 12 FETCH (FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 UID 9)\r\n"
    "* 2 FETCH (UID 10 BODY[] {13}\r\nA)\r\nB \"x{4}\r\n INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\")\r\n"
    "* 3 FETCH (BODY[] {40}\r\n0123456789012345678901234567890123456789 UID 11)\r\n"
    "* 4 FETCH (UID 12 ENVELOPE (NIL {4}\r\n\"){9 ((\"a\" NIL \"b\\\"(\" \"c\")) NIL) BODY[HEADER.FIELDS (A "
    "B)]<0> \"x\" "
    "BODY[] \"q\\\\uoted\")\r\n"
    "* 5 FETCH (UID 13 BODY[] NIL)\r\n"
    "* 6 FETCH (UID 14 BODY[] ~{0}\r\n MODSEQ (12))\r\n"
    "* 44 EXPUNGE\r\n"
    "* VANISHED (EARLIER) 300:310,405\r\n"
    "* SEARCH 2 84 83 (MODSEQ 917162500)\r\n* SEARCH\r\n"
    "* ESEARCH (TAG \"L3\") UID COUNT 3 ALL 2,10:11\r\n* ESEARCH (TAG \"L4\") UID\r\n"
    "* LIST (\\HasNoChildren \\Sent) \"/\" \"Gesendet &- mehr\"\r\n* LIST (\\Noselect) NIL {5}\r\na]b c\r\n"
    "* LIST () \".\" INBOX.a]b\r\n"
    "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)\r\n"
    "+ idling\r\n+\r\n\r\n"
    "L4 NO [TRYCREATE] no such mailbox {7}\r\nL5 OK [READ-ONLY] done\r\nL6 BAD what\r\n"
    "* BYE so long\r\n";

static void responses(void **state) {
    (void)state;
    BUF_AUTO buf whole = BUF_MAX(1 << 20);
    str bytes = str_z(script);
    read_in_pieces(bytes, bytes.n, bytes.n, 39, &whole);
    static const char *const wanted[] = {
        "2 w0 c9 n0 q0 k13 [|ready {3}]",
        "8 w0 c0 n0 q0 k190 [|]",
        "3 w0 c0 n172 q0 k0 [|]",
        "10 w0 c0 n1 q0 k0 [|]",
        "2 w0 c1 n3857529045 q0 k0 [|UIDs valid]",
        "2 w0 c2 n4392 q0 k0 [|Predicted]",
        "2 w0 c3 n0 q715194045007 k0 [|x]",
        "2 w0 c4 n0 q0 k0 [|x]",
        "10 w0 c0 n0 q0 k0 [|]",
        "6 w0 c0 n12 q0 k0 [|] f12 u9 s1:4286 d837596665000 b0:0 <>",
        "6 w0 c0 n2 q0 k0 [|] f2 u10 s0:0 d1767225600000 b1:13 <A)\r\nB \"x{4}\r\n>",
        "6 w0 c0 n3 q0 k0 [|] f3 u11 s0:0 d0 b3:40 <>",
        "6 w0 c0 n4 q0 k0 [|] f4 u12 s0:0 d0 b1:7 <q\\uoted>",
        "6 w0 c0 n5 q0 k0 [|] f5 u13 s0:0 d0 b2:0 <>",
        "6 w0 c0 n6 q0 k0 [|] f6 u14 s0:0 d0 b1:0 <>",
        "4 w0 c0 n44 q0 k0 [|]",
        "5 w0 c0 n0 q0 k0 [|] 300:310,405",
        "7 w0 c0 n0 q0 k0 [|] 2,83:84",
        "7 w0 c0 n0 q0 k0 [|]",
        "7 w0 c0 n0 q0 k0 [|] 2,10:11",
        "7 w0 c0 n0 q0 k0 [|]",
        "9 w0 c0 n0 q0 k0 [|] l1 Sent Gesendet &- mehr",
        "9 w0 c0 n0 q0 k0 [|] l0  a]b c",
        "9 w0 c0 n0 q0 k0 [|] l1  INBOX.a]b",
        "10 w0 c0 n0 q0 k0 [|]",
        "1 w0 c0 n0 q0 k0 [|idling]",
        "1 w0 c0 n0 q0 k0 [|]",
        "0 w1 c8 n0 q0 k0 [L4|no such mailbox {7}]",
        "0 w0 c6 n0 q0 k0 [L5|done]",
        "0 w2 c0 n0 q0 k0 [L6|what]",
        "2 w4 c0 n0 q0 k0 [|so long]",
    };
    BUF_AUTO buf expected = BUF_MAX(1 << 20);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) buf_add_fmt(&expected, "%s\n", wanted[i]);
    buf_add_char(&whole, '\0');
    buf_add_char(&expected, '\0');
    assert_string_equal(whole.p, expected.p);
    whole.n--;
    for (size_t cut = 1; cut < bytes.n; cut++) {
        BUF_AUTO buf pieces = BUF_MAX(1 << 20);
        read_in_pieces(bytes, cut, cut % 3 == 0 ? 1 : bytes.n, 39, &pieces);
        assert_true(str_eq(buf_str(&pieces), buf_str(&whole)));
    }
}

static void broken_responses(void **state) {
    (void)state;
    static const struct {
        const char *says;
        bool lost;
    } bad[] = {
        {"* 1 FETCH (UID 0 BODY[] \"x\")\r\n", false},
        {"* 1 FETCH (UID 4294967296)\r\n", false},
        {"* 1 FETCH (UID 1 BODY[] \"x\"\r\n", false},
        {"* 1 FETCH (UID 1 BODY[] (x))\r\n", false},
        {"* 1 FETCH (UID 1) x\r\n", false},
        {"* 1 FETCH (UID 1 UID 2)\r\n", false},
        {"* 1 FETCH (UID 1 X (((\r\n", false},
        {"* 1 FETCH UID 1\r\n", false},
        {"* SEARCH 0\r\n", false},
        {"* SEARCH x\r\n", false},
        {"* ESEARCH ALL 1:2\r\n", false},
        {"* VANISHED 1:*\r\n", false},
        {"hello\r\n", false},
        {"*\r\n", false},
        {"L1 BYE\r\n", false},
        {"* 1 FETCH (BODY[] {1}\r\na BODY[] {1}\r\nb)\r\n", true},
        {"* LIST () \"/\" {99999999}\r\n", true},
        {"* 1 FETCH (X {18446744073709551616}\r\n", true},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        imap_reader *r = imap_reader_new(100);
        const struct imap_response *got = NULL;
        str bytes = str_z(bad[i].says);
        while (bytes.n && !got) bytes = str_slice(bytes, imap_reader_feed(r, bytes, &got), bytes.n);
        if (!got) fail_msg("%s", bad[i].says);
        if (got->kind != IMAP_GOT_BROKEN || got->lost != bad[i].lost) fail_msg("%s", bad[i].says);
        imap_reader_free(r);
    }
}

enum { MANY = 100000 };

/* The worst order for a set: each before all that came. Its making takes no work that grows with the square.
 */
static void answers_in_the_worst_order(void **state) {
    (void)state;
    static const char *const ways[][2] = {{"* SEARCH ", " "},
                                          {"* VANISHED ", ","},
                                          {"* ESEARCH UID ALL ", ","},
                                          {"* ESEARCH UID ALL ", " ALL "}};
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        BUF_AUTO buf line = BUF_MAX(IMAP_LINE_MAX);
        buf_add_z(&line, ways[way][0]);
        for (uint32_t i = MANY; i > 0; i--) {
            if (i < MANY) buf_add_z(&line, ways[way][1]);
            buf_add_int(&line, i * 2);
        }
        buf_add_z(&line, "\r\n");
        imap_reader *r = imap_reader_new(0);
        const struct imap_response *got;
        assert_int_equal(imap_reader_feed(r, buf_str(&line), &got), line.n);
        assert_int_equal(got->kind, way == 1 ? IMAP_GOT_VANISHED : IMAP_GOT_SEARCH);
        assert_int_equal(got->uids->n, MANY);
        assert_int_equal(got->uids->shifted, 0);
        for (uint32_t i = 0; i < MANY; i++) assert_int_equal(got->uids->v[i].first, 2 + i * 2);
        imap_reader_free(r);
    }
}

static void dates(void **state) {
    (void)state;
    assert_int_equal(imap_date(S("31-Dec-1969 23:00:00 -0100")), 0);
    assert_int_equal(imap_date(S("29-Feb-2024 12:00:00 +0530")), 1709188200000);
    assert_int_equal(imap_date(S(" 1-jan-2026 00:00:00 +0000")), 1767225600000);
    assert_int_equal(imap_date(S("1-Jan-2026 00:00:00 +0000")), 1767225600000);
    static const char *const bad[] = {"",
                                      "1-Jan-2026",
                                      "00-Jan-2026 00:00:00 +0000",
                                      "01-Jax-2026 00:00:00 +0000",
                                      "01-Jan-2026 25:00:00 +0000",
                                      "01-Jan-2026 00:00:00 00000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(imap_date(str_z(bad[i])), 0);
    BUF_AUTO buf out = BUF_MAX(100);
    imap_day(1709188200000, &out);
    imap_day(1767225600000 - 1, &out);
    assert_true(str_eq(buf_str(&out), S("29-Feb-202431-Dec-2025")));
}

static void return_paths(void **state) {
    (void)state;
    assert_true(str_eq(imap_return_path(S("Return-Path: <a@b.test>\r\nFrom: x\r\n\r\n")), S("a@b.test")));
    assert_true(str_eq(imap_return_path(S("Delivered-To: x\nreturn-path:  c@d.test \n\n")), S("c@d.test")));
    assert_int_equal(imap_return_path(S("Return-Path: <>\r\n\r\n")).n, 0);
    assert_int_equal(imap_return_path(S("From: x\r\nReturn-Path: <a@b.test>\r\n\r\n")).n, 0);
    assert_int_equal(imap_return_path(S("X: y\r\n\r\nReturn-Path: <a@b.test>\r\n")).n, 0);
    assert_int_equal(imap_return_path(S("Return-Path: <a b@c>\r\n")).n, 0);
}

/* --- Sessions --- */

struct world {
    struct fake fake;
    struct kept kept;
    struct imap_account account;
    str folder;
    imap_session *session;
    struct talk talk;
};

static void world_begin(struct world *w, int mails) {
    memset(w, 0, sizeof *w);
    fake_start(&w->fake);
    for (int i = 1; i <= mails; i++) fake_add(&w->fake, i, 0);
    w->folder = S("INBOX");
    w->account = (struct imap_account){.brand = 1,
                                       .id = 2,
                                       .folders = {&w->folder, 1, 1},
                                       .flag = S("\\Flagged"),
                                       .move_to = S("Done & kept"),
                                       .max_size = 10000,
                                       .poll_seconds = 60,
                                       .idle_seconds = 500};
    w->talk = (struct talk){.fake = &w->fake,
                            .kept = &w->kept,
                            .now = {1000, 1784000000000},
                            .cut_at = SIZE_MAX,
                            .piece = SIZE_MAX};
}

/* The account may be changed between world_begin and this. */
static void world_session(struct world *w, int batch) {
    assert_int_equal(imap_account_check(&w->account), ERR_NONE);
    struct imap_session_options o = {
        .batch_bytes = 1000, .batch_mails = batch, .answer_seconds = 100, .retry_seconds = 10};
    imap_session_free(w->session);
    w->session = w->talk.session = imap_session_new(&w->account, &o);
}

static void world_end(struct world *w) {
    imap_session_free(w->session);
    fake_end(&w->fake);
}

static void assert_each_once(const struct world *w, int first, int last) {
    for (int i = first; i <= last; i++)
        if (w->kept.times[i] != 1) fail_msg("mail %d was kept %d times", i, w->kept.times[i]);
}

static bool said(struct world *w, const char *what) {
    return str_find(buf_str(&w->fake.log), str_z(what), 0) != SIZE_MAX;
}

static void reads_everything_then_idles(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 25);
    world_session(&w, 10);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 25);
    assert_int_equal(w.kept.mark, 25);
    assert_true(w.talk.room_asked);
    /* Nothing was changed on the server, and nothing asks for what was not new. */
    assert_true(said(&w, "EXAMINE \"INBOX\""));
    assert_false(said(&w, "SELECT") || said(&w, " STORE") || said(&w, " BODY[") || said(&w, "UNSEEN"));
    struct imap_glance g;
    imap_session_glance(w.session, &g);
    assert_int_equal(g.phase, IMAP_IDLE);
    assert_int_equal(g.kept, 25);
    assert_int_equal(g.left, 0);
    /* A mail comes: without any time passing. */
    fake_add(&w.fake, 26, 0);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 26);
    assert_true(w.fake.idling);
    /* IDLE is renewed well before 29 minutes, and then "27:*" names mail 26, which is not new. */
    assert_true(imap_session_deadline(w.session) <= w.talk.now.mono + 28 * MINUTE_MS);
    w.talk.now.mono = imap_session_deadline(w.session);
    imap_session_tick(w.session, w.talk.now);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_true(said(&w, "UID 27:*"));
    assert_true(w.fake.idling);
    assert_each_once(&w, 1, 26);
    /* The next connection sees by HIGHESTMODSEQ or UIDNEXT that there is nothing. */
    buf_clear(&w.fake.log);
    imap_session_lost(w.session);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_false(said(&w, "SEARCH"));
    world_end(&w);
}

static void cut_at_every_byte(void **state) {
    (void)state;
    for (int way = 0; way < 3; way++)
        for (size_t cut = 1;; cut++) {
            struct world w;
            world_begin(&w, 12);
            fake_expunge(&w.fake, 4, false);
            w.account.after = way == 0 ? IMAP_AFTER_NOTHING : way == 1 ? IMAP_AFTER_FLAG : IMAP_AFTER_MOVE;
            world_session(&w, 5);
            w.talk.cut_at = cut;
            w.talk.piece = 1 + cut % 97;
            talk_end end = talk_connect(&w.talk);
            bool whole = end == TALK_QUIET;
            if (!whole) {
                assert_int_equal(end, TALK_CUT);
                imap_session_lost(w.session);
                w.talk.cut_at = SIZE_MAX;
                assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
            }
            assert_each_once(&w, 1, 3);
            assert_each_once(&w, 5, 12);
            assert_int_equal(w.kept.times[4], 0);
            assert_int_equal(kept_aside(&w.kept), 0);
            assert_int_equal(kept_pending(&w.kept), 0);
            for (int i = 0; i < 12; i++) {
                assert_int_equal(w.fake.mails[i].flagged, way == 1 && i != 3);
                assert_int_equal(w.fake.mails[i].moved, way == 2 && i != 3);
            }
            world_end(&w);
            if (whole) break;
        }
}

/* A folder that is left alone is read from its beginning, and nothing in it is touched. */
static void left_alone(void **state) {
    (void)state;
    for (size_t alone = 0; alone < 2; alone++) {
        struct world w;
        world_begin(&w, 6);
        w.account.after = IMAP_AFTER_FLAG;
        w.account.since = alone ? 4102444800000 : 0;
        w.account.left_alone = alone;
        world_session(&w, 5);
        assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
        for (int i = 0; i < 6; i++) assert_int_equal(w.fake.mails[i].flagged, !alone);
        assert_each_once(&w, 1, 6);
        assert_int_equal(said(&w, "EXAMINE"), alone);
        assert_false(said(&w, "SINCE"));
        world_end(&w);
    }
}

/* Lower mails are expunged while it runs: sequence numbers change at every step, UIDs do not. */
static void renumbering(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 100);
    world_session(&w, 3);
    w.talk.piece = 50;
    imap_session_open(w.session, w.talk.now);
    uint32_t next = 1;
    for (;;) {
        imap_want want = imap_session_want(w.session);
        if (want == IMAP_WANT_READ) {
            buf *out = imap_session_out(w.session);
            fake_hear(&w.fake, buf_str(out));
            buf_clear(out);
            if (w.fake.out.n == 0) break;
            size_t used = imap_session_feed(w.session, str_slice(buf_str(&w.fake.out), 0, 50), w.talk.now);
            buf_drop_front(&w.fake.out, used);
        } else {
            /* All that was kept goes away. */
            talk_answer(&w.talk, want);
            for (; want == IMAP_WANT_KEEP && next <= w.kept.mark; next++) fake_expunge(&w.fake, next, true);
        }
    }
    assert_each_once(&w, 1, 100);
    assert_int_equal(kept_aside(&w.kept), 0);
    assert_int_equal(fake_exists(&w.fake), 0);
    world_end(&w);
}

static void new_uidvalidity(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 20);
    world_session(&w, 7);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    imap_session_lost(w.session);
    /* The folder was restored: other UIDs, mail 3 is gone, a new one among the old. */
    w.fake.uidvalidity = 8;
    w.fake.uidnext = 1;
    w.fake.n = 0;
    fake_add(&w.fake, 21, 0);
    for (int i = 20; i >= 1; i--)
        if (i != 3) fake_add(&w.fake, i, 0);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 21);
    assert_int_equal(w.kept.uidvalidity, 8);
    assert_int_equal(w.kept.mark, 20);
    world_end(&w);
}

static void expunged_while_fetching(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 10);
    w.fake.vanish_uid = 6;
    world_session(&w, 10);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 5);
    assert_each_once(&w, 7, 10);
    assert_int_equal(w.kept.times[6], 0);
    assert_int_equal(kept_aside(&w.kept), 0);
    assert_int_equal(w.kept.mark, 10);
    world_end(&w);
}

/* One mail that the server cannot give, that the keeper cannot keep, or that is too large: the others come,
 * it is set aside with its UID, and it comes when the trouble is over. */
static void set_aside_and_tried_again(void **state) {
    (void)state;
    for (int way = 0; way < 6; way++) {
        struct world w;
        world_begin(&w, 9);
        if (way == 0) w.fake.mute_uid = 5;
        if (way == 1) w.fake.refuse_uid = 5;
        if (way == 2) w.kept.refuse_number = 5;
        if (way == 3 || way == 4) w.fake.mails[4].padding = 20000;
        if (way == 5) w.fake.empty_uid = 5;
        w.fake.lies_about_size = way == 3;
        world_session(&w, 9);
        assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
        assert_each_once(&w, 1, 4);
        assert_each_once(&w, 6, 9);
        assert_int_equal(kept_aside(&w.kept), 1);
        /* One that says it is too large is not fetched at all. */
        assert_int_equal(w.kept.rows[kept_row(&w.kept, 5)].state, way == 2               ? IMAP_MAIL_HERE
                                                                  : way == 3 || way == 4 ? IMAP_MAIL_TOO_LARGE
                                                                                         : IMAP_MAIL_FAILED);
        if (way == 4) assert_true(said(&w, "UID FETCH 1:4,6:9 (UID INTERNALDATE BODY.PEEK[])"));
        int row = kept_row(&w.kept, 5);
        assert_true(w.kept.rows[row].aside);
        assert_int_equal(w.kept.rows[row].tries, 1);
        assert_int_equal(w.kept.mark, 9);
        /* Not before its time. */
        imap_session_poke(w.session, false, w.talk.now);
        assert_int_equal(talk_on(&w.talk), TALK_QUIET);
        assert_int_equal(w.kept.rows[row].tries, 1);
        w.talk.now.wall += 601 * SECOND_MS;
        imap_session_poke(w.session, way == 3 || way == 4, w.talk.now);
        assert_int_equal(talk_on(&w.talk), TALK_QUIET);
        assert_int_equal(w.kept.rows[row].tries, 2);
        if (way != 3 && way != 4)
            assert_true(w.kept.rows[row].retry_at >= w.talk.now.wall + 2400 * SECOND_MS);
        w.fake.mute_uid = w.fake.refuse_uid = w.fake.empty_uid = 0;
        w.kept.refuse_number = 0;
        w.fake.mails[4].padding = 0;
        w.talk.now.wall += DAY_MS;
        imap_session_poke(w.session, true, w.talk.now);
        assert_int_equal(talk_on(&w.talk), TALK_QUIET);
        assert_each_once(&w, 1, 9);
        assert_int_equal(kept_aside(&w.kept), 0);
        world_end(&w);
    }
}

static size_t no_memory_for;

/* Notes that so much was asked for. */
static void *counting(void *p, size_t n) {
    if (n == no_memory_for) no_memory_for = 0;
    return realloc(p, n);
}

static void a_minute_passes(void *user) { ((struct world *)user)->talk.now.wall += MINUTE_MS; }

static void someone_tries_again(void *user) {
    struct world *w = user;
    w->fake.on_search = NULL;
    imap_session_poke(w->session, true, w->talk.now);
}

/* What became due while the server searched was not asked for: it is not gone. */
static void due_while_searching(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct world w;
        world_begin(&w, 130);
        w.kept.uidvalidity = 7;
        w.kept.mark = 129;
        for (uint32_t uid = 1; uid <= 129; uid++) {
            int row = kept_row(&w.kept, uid);
            w.kept.rows[row].aside = true;
            w.kept.rows[row].tries = 1;
            w.kept.rows[row].retry_at = w.talk.now.wall + (uid % 2 ? 0 : 30 * SECOND_MS);
        }
        w.fake.on_search = way ? someone_tries_again : a_minute_passes;
        w.fake.user = &w;
        world_session(&w, 9);
        assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
        assert_int_equal(w.kept.gone, 0);
        for (int i = 0; i < 3; i++) {
            imap_session_poke(w.session, true, w.talk.now);
            assert_int_equal(talk_on(&w.talk), TALK_QUIET);
        }
        assert_int_equal(w.kept.gone, 0);
        assert_int_equal(kept_aside(&w.kept), 0);
        assert_each_once(&w, 1, 130);
        world_end(&w);
    }
}

/* More than are looked for at once, and the first hundred never come: the others have their turn. */
static void many_set_aside(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 150);
    w.kept.uidvalidity = 7;
    w.kept.mark = 150;
    for (uint32_t uid = 1; uid <= 150; uid++) {
        /* The stand may come in any order. */
        w.kept.rows[kept_row(&w.kept, 151 - uid)].aside = true;
        if (uid <= 100) w.fake.mails[uid - 1].padding = 20000;
    }
    world_session(&w, 9);
    for (int i = 0; i < 2; i++) {
        w.talk.now.mono += MINUTE_MS;
        imap_session_lost(w.session);
        imap_session_poke(w.session, true, w.talk.now);
        assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    }
    assert_each_once(&w, 101, 150);
    assert_int_equal(kept_aside(&w.kept), 100);
    const struct folder *f = w.session->folders;
    assert_int_equal(f->naside, 100);
    for (size_t i = 0; i < f->naside; i++) assert_int_equal(f->aside[i].uid, i + 1);
    assert_int_equal(w.kept.gone, 0);
    world_end(&w);
}

/* A search that is answered by many lines, each before all others. */
static void a_search_in_the_worst_order(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    world_session(&w, 9);
    imap_session_open(w.session, w.talk.now);
    while (!said(&w, "UID SEARCH")) {
        imap_want want = imap_session_want(w.session);
        buf *out = imap_session_out(w.session);
        if (want != IMAP_WANT_READ) {
            talk_answer(&w.talk, want);
            continue;
        }
        size_t used = imap_session_feed(w.session, buf_str(&w.fake.out), w.talk.now);
        buf_drop_front(&w.fake.out, used);
        fake_hear(&w.fake, buf_str(out));
        buf_clear(out);
    }
    for (uint32_t i = MANY; i > 0; i--) {
        char line[40];
        (void)snprintf(line, sizeof line, "* SEARCH %u\r\n", i * 2);
        imap_session_feed(w.session, str_z(line), w.talk.now);
    }
    assert_int_equal(w.session->found.n, MANY);
    assert_int_equal(w.session->found.shifted, 0);
    imap_session_feed(w.session, buf_str(&w.fake.out), w.talk.now);
    buf_clear(&w.fake.out);
    assert_int_equal(w.session->step, STEP_SIZES);
    assert_int_equal(w.session->todo.n, MANY + 1 - 9);
    assert_true(w.session->todo.shifted <= MANY);
    assert_int_equal(w.session->coming[8].uid, 16);
    world_end(&w);
}

/* The server says one byte and sends much: what is held stays near what room was granted for, and all come.
 */
static void sizes_that_are_lies(void **state) {
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct world w;
        world_begin(&w, 50);
        w.account.max_size = 1 << 20;
        for (int i = 0; i < 50; i++) w.fake.mails[i].padding = i % 9 == 8 ? 300000 : 40000;
        w.fake.lies_about_size = true;
        w.fake.quotes = way == 1;
        world_session(&w, 50);
        assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
        assert_each_once(&w, 1, 50);
        assert_int_equal(kept_aside(&w.kept), 0);
        assert_in_range(w.talk.room, 300000, 301000);
        assert_true(w.talk.peak <= w.talk.room + w.talk.room / 8 + 64 * 1024);
        world_end(&w);
    }
}

static void a_size_that_grows(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 9);
    w.account.max_size = 64 << 20;
    w.fake.lies_about_size = true;
    w.fake.grows_uid = 4;
    world_session(&w, 9);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 3);
    assert_each_once(&w, 5, 9);
    assert_int_equal(w.fake.mails[3].padding, 400000);
    assert_int_equal(w.kept.rows[kept_row(&w.kept, 4)].state, IMAP_MAIL_FAILED);
    assert_int_equal(kept_aside(&w.kept), 1);
    world_end(&w);
}

/* A body that nobody asked for takes no memory. */
static void no_room_unasked(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 2);
    w.fake.mails[0].padding = 5000;
    world_session(&w, 2);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    no_memory_for = 9876;
    memory_source(counting);
    imap_session_feed(w.session, S("* 1 FETCH (UID 9 BODY[] {9876}\r\nabc"), w.talk.now);
    memory_source(NULL);
    assert_int_equal(no_memory_for, 9876);
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_READ);
    world_end(&w);
}

static void *scarce(void *p, size_t n) { return n == no_memory_for ? NULL : realloc(p, n); }

/* That passes, so it is tried again by itself. */
static void no_memory_for_a_mail(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 5);
    w.fake.mails[2].padding = 5000;
    BUF_AUTO buf text = BUF_MAX(20000);
    fake_text(&w.fake.mails[2], &text);
    no_memory_for = text.n;
    world_session(&w, 9);
    memory_source(scarce);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    memory_source(NULL);
    int row = kept_row(&w.kept, 3);
    assert_int_equal(w.kept.rows[row].state, IMAP_MAIL_FAILED);
    assert_true(w.kept.rows[row].aside && w.kept.rows[row].retry_at);
    w.talk.now.wall += DAY_MS;
    imap_session_poke(w.session, false, w.talk.now);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 5);
    world_end(&w);
}

static void set_aside_and_gone(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 3);
    w.fake.mute_uid = 2;
    world_session(&w, 9);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_int_equal(kept_aside(&w.kept), 1);
    fake_expunge(&w.fake, 2, false);
    imap_session_lost(w.session);
    w.talk.now.wall += DAY_MS;
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_int_equal(kept_aside(&w.kept), 0);
    assert_int_equal(w.kept.gone, 1);
    world_end(&w);
}

/* A mail at which the connection breaks every time is set aside, and those behind it come. */
static void two_mails_that_break_connections(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 8);
    w.fake.break_uid = 4;
    w.fake.break_uid2 = 5;
    world_session(&w, 8);
    int breaks = 0;
    while (talk_connect(&w.talk) == TALK_CUT) {
        imap_session_lost(w.session);
        assert_true(++breaks < 12);
    }
    assert_each_once(&w, 1, 3);
    assert_each_once(&w, 6, 8);
    assert_int_equal(kept_aside(&w.kept), 2);
    world_end(&w);
}

static void a_mail_that_breaks_connections(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 8);
    w.fake.break_uid = 4;
    world_session(&w, 8);
    int breaks = 0;
    while (talk_connect(&w.talk) == TALK_CUT) {
        imap_session_lost(w.session);
        assert_true(++breaks < 6);
    }
    assert_int_equal(breaks, 4); /* once with others, three times alone */
    assert_each_once(&w, 1, 3);
    assert_each_once(&w, 5, 8);
    assert_int_equal(kept_aside(&w.kept), 1);
    assert_int_equal(w.kept.mark, 8);
    world_end(&w);
}

/* UIDs that a server shows too late, below the mark. */
static void a_gap_is_filled(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 4);
    world_session(&w, 8);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    w.fake.hidden_uid = 6;
    fake_add(&w.fake, 5, 0);
    fake_add(&w.fake, 6, 0);
    fake_add(&w.fake, 7, 0);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_int_equal(w.kept.mark, 7);
    assert_int_equal(w.kept.times[6], 0);
    w.fake.hidden_uid = 0;
    w.talk.now.mono = imap_session_deadline(w.session);
    imap_session_tick(w.session, w.talk.now);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 7);
    assert_int_equal(w.kept.mark, 7);
    world_end(&w);
}

static void keeping_fails_as_a_whole(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 5);
    w.kept.fail_batches = 1;
    world_session(&w, 2);
    assert_int_equal(talk_connect(&w.talk), TALK_CLOSED);
    struct imap_glance g;
    imap_session_glance(w.session, &g);
    assert_int_equal(g.code, ERR_FULL);
    assert_string_equal(g.says, "The disk is full.");
    imap_session_lost(w.session);
    assert_int_equal(w.kept.mark, 0);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 5);
    assert_int_equal(kept_aside(&w.kept), 0);
    world_end(&w);
}

/* --- After keeping --- */

static void moves_by_the_means_there_are(void **state) {
    (void)state;
    static const char *const offers[] = {"IMAP4rev1 MOVE", "IMAP4rev1 UIDPLUS", "IMAP4rev1", "IMAP4rev2"};
    for (size_t i = 0; i < 4; i++) {
        struct world w;
        world_begin(&w, 6);
        w.fake.capabilities = offers[i];
        w.fake.no_move_folder = true;
        /* Somebody else has marked a mail that came later than ours; it must survive. */
        w.account.after = IMAP_AFTER_MOVE;
        world_session(&w, 3);
        fake_add(&w.fake, 7, 0);
        w.fake.mails[6].deleted = true;
        w.kept.uidvalidity = 7;
        w.kept.mark = 0;
        w.kept.refuse_number = 7;
        assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
        assert_each_once(&w, 1, 6);
        assert_int_equal(w.fake.mails[0].there, i == 2);
        assert_true(w.fake.mails[6].there);
        assert_false(said(&w, " EXPUNGE\n"));
        assert_int_equal(said(&w, "CREATE \"Done &- kept\""), i != 2);
        struct imap_glance g;
        imap_session_glance(w.session, &g);
        assert_int_equal(g.code, ERR_NONE);
        assert_int_equal(g.says[0] != '\0', i == 2);
        assert_int_equal(kept_pending(&w.kept), i == 2 ? 3 : 0);
        world_end(&w);
    }
}

/* Kept, but the process ended before they were flagged. */
static void pending_ones_are_flagged_later(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 4);
    w.account.after = IMAP_AFTER_FLAG;
    w.kept.uidvalidity = 7;
    w.kept.mark = 4;
    for (uint32_t uid = 1; uid <= 4; uid++) w.kept.rows[kept_row(&w.kept, uid)].pending = uid != 3;
    world_session(&w, 3);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    assert_int_equal(kept_pending(&w.kept), 0);
    assert_true(w.fake.mails[0].flagged && w.fake.mails[1].flagged && w.fake.mails[3].flagged);
    assert_false(w.fake.mails[2].flagged);
    assert_int_equal(w.kept.times[1], 0);
    world_end(&w);
}

/* --- Other servers, other times --- */

static void polls_where_there_is_no_idle(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 2);
    w.fake.capabilities = "IMAP4rev1";
    w.fake.no_uidnext = true;
    world_session(&w, 3);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    struct imap_glance g;
    imap_session_glance(w.session, &g);
    assert_int_equal(g.phase, IMAP_POLLING);
    assert_int_equal(g.next_mono, w.talk.now.mono + 60 * SECOND_MS);
    fake_add(&w.fake, 3, 0);
    w.talk.now.mono = g.next_mono;
    imap_session_tick(w.session, w.talk.now);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 3);
    assert_false(said(&w, "IDLE") || said(&w, "CONDSTORE") || said(&w, "RETURN"));
    world_end(&w);
}

static void only_mails_since(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 3);
    /* The server says all came on 2026-01-01. */
    w.account.since = 1767225600000 + DAY_MS;
    world_session(&w, 2);
    w.fake.capabilities = "IMAP4rev1";
    w.fake.no_uidnext = true;
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    for (int i = 1; i <= 3; i++) assert_int_equal(w.kept.times[i], 0);
    assert_int_equal(w.kept.mark, 3);
    assert_int_equal(w.kept.old_until, 3);
    /* What comes later comes whatever its date. */
    fake_add(&w.fake, 4, 0);
    imap_session_poke(w.session, false, w.talk.now);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_int_equal(w.kept.times[4], 1);
    world_end(&w);
}

static void a_folder_without_lasting_numbers(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 3);
    w.fake.no_uidvalidity = true;
    world_session(&w, 2);
    assert_int_equal(talk_connect(&w.talk), TALK_CLOSED);
    struct imap_glance g;
    imap_session_glance(w.session, &g);
    assert_int_equal(g.code, ERR_INVALID);
    assert_non_null(strstr(g.says, "INBOX"));
    world_end(&w);
}

static void a_silent_server(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    world_session(&w, 2);
    imap_session_open(w.session, w.talk.now);
    w.talk.now.mono += 99 * SECOND_MS;
    imap_session_tick(w.session, w.talk.now);
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_READ);
    /* A drop now and then does not help it for ever. */
    for (int i = 0; i < 5 && imap_session_want(w.session) == IMAP_WANT_READ; i++) {
        imap_session_feed(w.session, S("* OK wait\r\n"), w.talk.now);
        w.talk.now.mono += 50 * SECOND_MS;
        imap_session_tick(w.session, w.talk.now);
    }
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_CLOSE);
    struct imap_glance g;
    imap_session_glance(w.session, &g);
    assert_int_equal(g.code, ERR_NETWORK);
    imap_session_lost(w.session);
    imap_session_open(w.session, w.talk.now);
    w.talk.now.mono += 100 * SECOND_MS;
    imap_session_tick(w.session, w.talk.now);
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_CLOSE);
    world_end(&w);
}

/* What libcurl has read beyond the end of signing in is lost: the rest of such a line is no reason to leave.
 */
static void the_rest_of_a_line_at_the_beginning(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 2);
    world_session(&w, 2);
    imap_session_open(w.session, w.talk.now);
    assert_int_equal(imap_session_feed(w.session, S("ev1 IDLE] hello\r\nA003 OK x\r\n"), w.talk.now), 28);
    assert_int_equal(talk_on(&w.talk), TALK_QUIET);
    assert_each_once(&w, 1, 2);
    /* Later it is. */
    imap_session_feed(w.session, S("ev1 IDLE] hello\r\n"), w.talk.now);
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_CLOSE);
    world_end(&w);
}

/* A server that sends bodies unasked, without UID, or twice. */
static void bodies_nobody_asked_for(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 2);
    world_session(&w, 2);
    assert_int_equal(talk_connect(&w.talk), TALK_QUIET);
    imap_session_feed(w.session, S("* 1 FETCH (UID 9 BODY[] {3}\r\nabc)\r\n"), w.talk.now);
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_READ);
    imap_session_feed(w.session, S("* 1 FETCH (BODY[] {3}\r\nabc)\r\n"), w.talk.now);
    assert_int_equal(imap_session_want(w.session), IMAP_WANT_CLOSE);
    world_end(&w);
}

/* --- Trying an account --- */

/* Signs in whoever comes, and then never stops talking. */
static void *chatter(void *listener) {
    int fd = accept(*(int *)listener, NULL, NULL);
    FILE *from = fd < 0 ? NULL : fdopen(fd, "r");
    if (!from) return NULL;
    char line[1000], tag[100] = "", word[100] = "";
    dprintf(fd, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n");
    while (fgets(line, sizeof line, from)) {
        if (sscanf(line, "%99s %99s", tag, word) == 2 && tag[0] == 'P') break;
        if (strcmp(word, "AUTHENTICATE") == 0) {
            dprintf(fd, "+ \r\n");
            if (!fgets(line, sizeof line, from)) break;
        }
        if (strcmp(word, "CAPABILITY") == 0) dprintf(fd, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n");
        dprintf(fd, "%s OK done\r\n", tag);
    }
    BUF_AUTO buf words = BUF_MAX(1 << 20);
    while (words.n < 100000) buf_add_z(&words, "* OK wait\r\n");
    for (int i = 0; i < 1000 && send(fd, words.p, words.n, MSG_NOSIGNAL) > 0; i++) {
    }
    fclose(from);
    return NULL;
}

/* Trying ends although there is always something to read. */
static void a_probe_of_one_that_never_stops(void **state) {
    (void)state;
    ARENA_AUTO arena *a = arena_new(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, chatter, &listener), 0);
    struct imap_login login = {.host = S("127.0.0.1"),
                               .port = ntohs(at.sin_port),
                               .tls = IMAP_TLS_NEVER,
                               .user = S("a"),
                               .password = S("b"),
                               .inside = true};
    struct imap_probed found;
    assert_int_equal(imap_probe(a, &login, 30, &found), ERR_NETWORK);
    assert_non_null(strstr(err_text(), "says too much"));
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
}

static void accounts(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 0);
    assert_int_equal(imap_account_check(&w.account), ERR_NONE);
    struct imap_account bad = w.account;
    bad.id = 0;
    assert_int_equal(imap_account_check(&bad), ERR_INVALID);
    bad = w.account;
    bad.folders.n = 0;
    assert_int_equal(imap_account_check(&bad), ERR_INVALID);
    bad = w.account;
    str evil = S("a\r\nL1 DELETE x");
    bad.folders.v = &evil;
    assert_int_equal(imap_account_check(&bad), ERR_INVALID);
    static const char *const flags[] = {"", "\\", "a b", "a\r\n", "(x", "\\Deleted", "\\deleted"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bad = w.account;
        bad.after = IMAP_AFTER_FLAG;
        bad.flag = str_z(flags[i]);
        assert_int_equal(imap_account_check(&bad), ERR_INVALID);
    }
    bad = w.account;
    bad.after = IMAP_AFTER_MOVE;
    bad.move_to = S("INBOX");
    assert_int_equal(imap_account_check(&bad), ERR_INVALID);
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(sets),
        cmocka_unit_test(sets_put_at_once),
        cmocka_unit_test(responses),
        cmocka_unit_test(broken_responses),
        cmocka_unit_test(answers_in_the_worst_order),
        cmocka_unit_test(dates),
        cmocka_unit_test(return_paths),
        cmocka_unit_test(reads_everything_then_idles),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(left_alone),
        cmocka_unit_test(renumbering),
        cmocka_unit_test(new_uidvalidity),
        cmocka_unit_test(expunged_while_fetching),
        cmocka_unit_test(set_aside_and_tried_again),
        cmocka_unit_test(no_memory_for_a_mail),
        cmocka_unit_test(a_size_that_grows),
        cmocka_unit_test(sizes_that_are_lies),
        cmocka_unit_test(set_aside_and_gone),
        cmocka_unit_test(many_set_aside),
        cmocka_unit_test(due_while_searching),
        cmocka_unit_test(a_mail_that_breaks_connections),
        cmocka_unit_test(two_mails_that_break_connections),
        cmocka_unit_test(a_gap_is_filled),
        cmocka_unit_test(a_search_in_the_worst_order),
        cmocka_unit_test(keeping_fails_as_a_whole),
        cmocka_unit_test(moves_by_the_means_there_are),
        cmocka_unit_test(pending_ones_are_flagged_later),
        cmocka_unit_test(polls_where_there_is_no_idle),
        cmocka_unit_test(only_mails_since),
        cmocka_unit_test(a_folder_without_lasting_numbers),
        cmocka_unit_test(a_silent_server),
        cmocka_unit_test(the_rest_of_a_line_at_the_beginning),
        cmocka_unit_test(bodies_nobody_asked_for),
        cmocka_unit_test(no_room_unasked),
        cmocka_unit_test(a_probe_of_one_that_never_stops),
        cmocka_unit_test(accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
