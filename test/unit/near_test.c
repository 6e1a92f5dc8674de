#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "near/near.h"

/* ---- a folder, and sentences written as words ---- */

static char folder[64];
static char path[96];

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/near-test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/replies.near", folder);
    return 0;
}

static int drop_folder(void **state) {
    (void)state;
    static const char *const ends[] = {"", ".new", ".lock"};
    for (int i = 0; i < 3; i++) {
        char file[128];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
    }
    return rmdir(folder);
}

static near *open_index(bool read_only) {
    near *x = NULL;
    bool damaged = true;
    assert_int_equal(near_open(str_z(path), read_only, &x, &damaged), ERR_NONE);
    assert_false(damaged);
    return x;
}

enum { MOST = 64 };
struct said {
    struct near_sentence sentences[MOST];
    near_word words[MOST * 40];
    size_t n;
};

/* "one two. three": sentences end in a full stop, words are parted by spaces. */
static struct said *say(const char *text) {
    struct said *s = calloc(1, sizeof *s);
    near_word *put = s->words, *begin = put;
    str rest = str_z(text), sentence, word;
    while (str_split(&rest, '.', &sentence)) {
        sentence = str_trim(sentence);
        while (sentence.n && str_split(&sentence, ' ', &word)) *put++ = (near_word)str_hash(word) | 1;
        s->sentences[s->n++] = (struct near_sentence){begin, (uint32_t)(put - begin)};
        begin = put;
    }
    return s;
}

static void add(near *x, int64_t id, int64_t customer, const char *text) {
    struct said *s = say(text);
    struct near_text t = {
        .id = id, .customer = customer, .at = id * 1000, .sentences = s->sentences, .n = s->n};
    assert_int_equal(near_add(x, &t), ERR_NONE);
    free(s);
}

static struct near_hit like(near *x, const char *sentence, int64_t customer) {
    struct said *s = say(sentence);
    struct near_hit hit;
    near_like(x, &s->sentences[0], customer, s->sentences[0].n < 9 ? 0.5f : 0.35f, &hit);
    free(s);
    return hit;
}

static uint32_t run(near *x, const char *words, int64_t customer) {
    struct said *s = say(words);
    assert_int_equal(s->sentences[0].n, 4);
    uint32_t n = near_run(x, s->words, customer);
    free(s);
    return n;
}

static void save(near *x) { assert_int_equal(near_save(x), ERR_NONE); }

#define LOST "i am sorry that the little figure got lost on your way home from school"
#define SENT "we have put a new one in the post for you and it should arrive by friday"

/* Each of these holds for what is in memory, in the file, and spread over both. */
enum { IN_MEMORY, IN_FILE, IN_BOTH, WHERES };

static void settle(near **x, int where, int step) {
    if ((where == IN_FILE && step == 1) || (where == IN_BOTH && step == 0)) {
        save(*x);
        near_close(*x);
        *x = open_index(false);
    }
}

/* ---- what it finds ---- */

static void test_empty(void **state) {
    (void)state;
    near *x = open_index(false);
    assert_true(like(x, LOST, 0).alike == 0);
    assert_int_equal(run(x, "a b c d", 0), 0);
    assert_int_equal(near_generation(x), 0);
    save(x);
    assert_int_equal(near_generation(x), 1);
    assert_true(like(x, LOST, 0).alike == 0);
    assert_int_equal(run(x, "a b c d", 0), 0);
    near_close(x);
    x = open_index(true);
    assert_int_equal(near_generation(x), 1);
    near_close(x);
}

static void check_finds(int where) {
    near *x = open_index(false);
    add(x, 11, 1, "hello. " LOST ". " SENT);
    add(x, 12, 2, LOST);
    settle(&x, where, 0);
    add(x, 13, 3, "thank you. " SENT ". " LOST);
    settle(&x, where, 1);

    struct near_hit hit = like(x, LOST, 0);
    assert_true(hit.alike == 1);
    assert_int_equal(hit.customers, 3);
    assert_int_equal(hit.text, 13);
    assert_int_equal(hit.sentence, 2);
    assert_int_equal(hit.earlier[0], 12);
    assert_int_equal(hit.earlier[1], 11);
    assert_int_equal(hit.earlier[2], 0);

    hit = like(x, LOST, 3); /* the one who asks is left out */
    assert_int_equal(hit.customers, 2);
    assert_int_equal(hit.text, 12);
    assert_int_equal(hit.sentence, 0);

    hit = like(x, "i am sorry that the small figure got lost on your way home from school", 0);
    assert_true(hit.alike > 0.7f && hit.alike < 0.8f); /* 12 bigrams of 16 together */
    assert_int_equal(hit.customers, 3);

    assert_true(like(x, "the parcel is late because of the snow on the pass above the town", 0).alike == 0);
    hit = like(x, "thank you", 0); /* short ones word for word */
    assert_true(hit.alike == 1);
    assert_int_equal(hit.text, 13);
    assert_int_equal(hit.sentence, 0);
    assert_true(like(x, "thank you", 3).alike == 0);
    assert_true(like(x, "thank you both", 0).alike == 0);
    hit = like(x, "hello", 0);
    assert_int_equal(hit.text, 11);
    assert_true(like(x, "", 0).alike == 0);
    near_close(x);
}
static void test_finds_in_memory(void **state) { (void)state, check_finds(IN_MEMORY); }
static void test_finds_in_file(void **state) { (void)state, check_finds(IN_FILE); }
static void test_finds_in_both(void **state) { (void)state, check_finds(IN_BOTH); }

static void check_runs(int where) {
    near *x = open_index(false);
    add(x, 1, 1, "a b c d e");
    add(x, 2, 1, "x a b c d"); /* the same customer counts once */
    settle(&x, where, 0);
    add(x, 3, 1, "y a b c d");
    add(x, 4, 2, "a b c d. a b c d z");
    add(x, 5, 3, "b c d e");
    settle(&x, where, 1);
    assert_int_equal(run(x, "a b c d", 0), 2);
    assert_int_equal(run(x, "a b c d", 1), 1);
    assert_int_equal(run(x, "a b c d", 2), 1);
    assert_int_equal(run(x, "a b c d", 9), 2);
    assert_int_equal(run(x, "b c d e", 3), 1);
    assert_int_equal(run(x, "c d e f", 0), 0);
    near_close(x);
}
static void test_runs_in_memory(void **state) { (void)state, check_runs(IN_MEMORY); }
static void test_runs_in_file(void **state) { (void)state, check_runs(IN_FILE); }
static void test_runs_in_both(void **state) { (void)state, check_runs(IN_BOTH); }

static void check_votes(int where) {
    near *x = open_index(false);
    add(x, 21, 1, LOST ". " SENT ". best wishes");
    add(x, 22, 2, "hello there. " SENT);
    settle(&x, where, 0);
    add(x, 23, 3, "something else was on their mind when they wrote to us. best wishes");
    settle(&x, where, 1);
    ARENA_AUTO arena *a = arena_new(0);
    struct said *s = say("dear friend. " LOST ". " SENT ". best wishes");
    near_vote_list votes;
    near_texts_like(x, a, s->sentences, s->n, 0, 0.1f, 10, &votes);
    assert_int_equal(votes.n, 2); /* "best wishes" is two words of 35 */
    assert_int_equal(votes.v[0].text, 21);
    assert_int_equal(votes.v[0].customer, 1);
    size_t all = 0;
    for (size_t i = 0; i < s->n; i++) all += s->sentences[i].n;
    assert_true(votes.v[0].share > (float)(all - 2) / (float)all - 0.001f && votes.v[0].share < 1);
    assert_int_equal(votes.v[1].text, 22);
    near_texts_like(x, a, s->sentences, s->n, 1, 0.1f, 10, &votes);
    assert_int_equal(votes.n, 1);
    assert_int_equal(votes.v[0].text, 22);
    near_texts_like(x, a, s->sentences, s->n, 0, 0.1f, 1, &votes);
    assert_int_equal(votes.n, 1);
    near_texts_like(x, a, s->sentences, 0, 0, 0.1f, 1, &votes);
    assert_int_equal(votes.n, 0);
    near_close(x);
    free(s);
}
static void test_votes_in_memory(void **state) { (void)state, check_votes(IN_MEMORY); }
static void test_votes_in_file(void **state) { (void)state, check_votes(IN_FILE); }
static void test_votes_in_both(void **state) { (void)state, check_votes(IN_BOTH); }

/* A reply that went to thousands: counted, not listed, and a letter like it is still recognised. */
static void check_popular(int where) {
    near *x = open_index(false);
    enum { MANY = 3000 };
    add(x, 1, 900001, "one of the oldest letters of all had this sentence in it too. " SENT);
    for (int i = 1; i <= MANY; i++) {
        add(x, 10 + i, i, SENT);
        if (i == MANY / 2) settle(&x, where, 0);
    }
    settle(&x, where, 1);
    struct near_hit hit = like(x, SENT, 0);
    assert_int_equal(hit.text, 10 + MANY);
    if (where != IN_BOTH) assert_int_equal(hit.customers, MANY + 1);
    assert_true(hit.customers >= MANY / 2 && hit.customers <= MANY + 1);
    if (where != IN_BOTH) assert_int_equal(like(x, SENT, MANY).customers, MANY);
    assert_int_equal(run(x, "in the post for", 7), 255);
    ARENA_AUTO arena *a = arena_new(0);
    struct said *s = say("one of the oldest letters of all had this sentence in it too. " SENT);
    near_vote_list votes;
    near_texts_like(x, a, s->sentences, s->n, 0, 0.9f, 3, &votes);
    assert_int_equal(votes.n, 1);
    assert_int_equal(votes.v[0].text, 1);
    free(s);
    struct near_count c;
    near_counts(x, &c);
    assert_int_equal(c.texts, MANY + 1);
    assert_int_equal(c.sentences, MANY + 2);
    near_close(x);
}
static void test_popular_in_memory(void **state) { (void)state, check_popular(IN_MEMORY); }
static void test_popular_in_file(void **state) { (void)state, check_popular(IN_FILE); }
static void test_popular_in_both(void **state) { (void)state, check_popular(IN_BOTH); }

/* ---- what it keeps ---- */

static void test_same_text_twice(void **state) {
    (void)state;
    near *x = open_index(false);
    add(x, 1, 1, LOST);
    add(x, 1, 1, LOST);
    save(x);
    add(x, 1, 1, LOST);
    struct near_count c;
    near_counts(x, &c);
    assert_int_equal(c.texts, 1);
    assert_int_equal(c.sentences, 1);
    assert_int_equal(c.unsaved, 0);
    struct near_text none = {.id = 0};
    assert_int_equal(near_add(x, &none), ERR_INVALID);
    near_close(x);
}

static void check_remove(int where) {
    near *x = open_index(false);
    add(x, 1, 1, LOST ". " SENT);
    add(x, 2, 2, LOST);
    settle(&x, where, 0);
    add(x, 3, 2, "they got it in another letter too. " LOST);
    settle(&x, where, 1);
    assert_int_equal(like(x, LOST, 0).customers, 2);
    assert_int_equal(run(x, "figure got lost on", 0), 2);
    assert_true(near_has(x, 2));
    assert_int_equal(near_remove(x, 2), ERR_NONE);
    assert_int_equal(near_remove(x, 77), ERR_NONE);
    assert_false(near_has(x, 2));
    assert_int_equal(like(x, LOST, 0).customers, 2); /* the other letter is still there */
    assert_int_equal(run(x, "figure got lost on", 0), 2);
    assert_int_equal(near_remove(x, 3), ERR_NONE);
    for (int step = 0; step < 3; step++) {
        struct near_hit hit = like(x, LOST, 0);
        assert_int_equal(hit.customers, 1);
        assert_int_equal(hit.text, 1);
        assert_int_equal(hit.earlier[0], 0);
        assert_int_equal(run(x, "figure got lost on", 0), 1);
        struct near_count c;
        near_counts(x, &c);
        assert_int_equal(c.texts, 1);
        assert_int_equal(c.sentences, 2);
        if (step == 0) save(x);
        if (step == 1) {
            near_close(x);
            x = open_index(false);
        }
    }
    add(x, 2, 2, LOST); /* and it may be said again */
    assert_int_equal(like(x, LOST, 0).customers, 2);
    near_remove(x, 1);
    assert_true(like(x, SENT, 0).alike == 0);
    near_close(x);
}
static void test_remove_in_memory(void **state) { (void)state, check_remove(IN_MEMORY); }
static void test_remove_in_file(void **state) { (void)state, check_remove(IN_FILE); }
static void test_remove_in_both(void **state) { (void)state, check_remove(IN_BOTH); }

static bool file_has(const char *words) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct said *s = say(words);
    bool has = false;
    for (near_word w; fread(&w, sizeof w, 1, f) == 1;) has = has || w == s->words[0];
    fclose(f);
    free(s);
    return has;
}

static void test_forgotten_bytes(void **state) {
    (void)state;
    near *x = open_index(false);
    add(x, 1, 1, "luka wrote to us about his figure");
    add(x, 2, 2, "somebody wrote to us about something");
    save(x);
    assert_true(file_has("luka"));
    near_remove(x, 1);
    struct near_count c;
    near_counts(x, &c);
    assert_int_equal(c.unsaved, 1);
    save(x);
    near_counts(x, &c);
    assert_int_equal(c.unsaved, 0);
    assert_false(file_has("luka"));
    assert_true(file_has("somebody"));
    near_close(x);
}

static void test_load(void **state) {
    (void)state;
    near *x = open_index(false);
    struct said *s = say(LOST);
    struct near_text t = {.id = 5, .customer = 5, .at = 5, .sentences = s->sentences, .n = s->n};
    assert_int_equal(near_load(x, &t), ERR_NONE);
    assert_int_equal(near_load(x, &t), ERR_NONE);
    assert_true(near_has(x, 5));
    assert_true(like(x, LOST, 0).alike == 0);
    t.id = 6;
    near_load(x, &t);
    near_remove(x, 6);
    save(x);
    assert_true(like(x, LOST, 0).alike == 1);
    assert_false(near_has(x, 6));
    free(s);
    near_close(x);
}

static void test_long(void **state) {
    (void)state;
    enum { WORDS = 700, SENTENCES = 5000 };
    near_word *words = calloc(WORDS, sizeof *words);
    struct near_sentence *sentences = calloc(SENTENCES, sizeof *sentences);
    for (near_word i = 0; i < WORDS; i++) words[i] = i * 7 + 1;
    for (int i = 0; i < SENTENCES; i++)
        sentences[i] = (struct near_sentence){words + i % 100, i % 3 ? 5 : (uint32_t)(WORDS - i % 100)};
    near *x = open_index(false);
    struct near_text t = {.id = 1, .customer = 1, .at = 1, .sentences = sentences, .n = SENTENCES};
    assert_int_equal(near_add(x, &t), ERR_NONE);
    for (int step = 0; step < 2; step++) {
        struct near_count c;
        near_counts(x, &c);
        assert_int_equal(c.sentences, 4096);
        struct near_hit hit;
        near_like(x, &sentences[0], 0, 0.35f, &hit);
        assert_true(hit.alike == 1);
        near_like(x, &(struct near_sentence){words, 520}, 0, 0.35f, &hit);
        assert_true(hit.alike == 1); /* what is behind the first 512 words is not read */
        assert_int_equal(near_run(x, words + 505, 0), 1);
        ARENA_AUTO arena *a = arena_new(0);
        near_vote_list votes;
        near_texts_like(x, a, sentences, SENTENCES, 0, 0.5f, 5, &votes);
        assert_int_equal(votes.n, 1);
        save(x);
    }
    near_close(x);
    free(words);
    free(sentences);
}

/* ---- files that are not what they should be ---- */

static void test_damage(void **state) {
    (void)state;
    near *x = open_index(false);
    add(x, 1, 1, LOST ". " SENT ". hello");
    add(x, 2, 2, SENT);
    save(x);
    near_close(x);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    static unsigned char bytes[1 << 20];
    long n = (long)fread(bytes, 1, sizeof bytes, f);
    assert_in_range(n, 400, sizeof bytes - 1);
    int noticed = 0, harmless = 0;
    for (long i = 0; i < n; i += i < 500 ? 1 : 7) {
        fseek(f, i, SEEK_SET);
        fputc(bytes[i] ^ 1 << i % 8, f);
        fflush(f);
        bool damaged = false;
        assert_int_equal(near_open(str_z(path), true, &x, &damaged), ERR_NONE);
        if (damaged) {
            assert_int_equal(near_generation(x), 0);
            assert_true(like(x, LOST, 0).alike == 0);
            noticed++;
        } else { /* a byte between the sections */
            assert_true(like(x, LOST, 0).alike == 1);
            assert_int_equal(bytes[i], 0);
            harmless++;
        }
        near_close(x);
        fseek(f, i, SEEK_SET);
        fputc(bytes[i], f);
    }
    fclose(f);
    assert_true(noticed > 400 && harmless < noticed); /* sections begin at multiples of 64 */
    static const long lengths[] = {0, 1, 100, 391, 392, 500};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_int_equal(truncate(path, lengths[i]), 0);
        bool damaged = false;
        assert_int_equal(near_open(str_z(path), false, &x, &damaged), ERR_NONE);
        assert_true(damaged);
        near_close(x);
    }
    /* A damaged file is replaced by the next one. */
    bool damaged = false;
    assert_int_equal(near_open(str_z(path), false, &x, &damaged), ERR_NONE);
    assert_true(damaged);
    add(x, 3, 3, LOST);
    save(x);
    near_close(x);
    x = open_index(true);
    assert_true(like(x, LOST, 0).alike == 1);
    near_close(x);
}

static void test_read_only(void **state) {
    (void)state;
    near *x = open_index(true);
    assert_int_equal(near_save(x), ERR_DENIED);
    assert_int_not_equal(access(path, F_OK), 0);
    near_close(x);
    bool damaged;
    assert_int_equal(near_open(S(""), true, &x, &damaged), ERR_INVALID);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(near_open(str_z(path), true, &x, &damaged), ERR_NONE);
    assert_true(damaged);
    near_close(x);
    rmdir(path);
}

/* Two processes: here two indexes on one path. */
static void test_two_writers(void **state) {
    (void)state;
    near *x = open_index(false), *y = open_index(false);
    bool changed = true;
    assert_int_equal(near_refresh(y, &changed), ERR_NONE);
    assert_false(changed);
    add(x, 1, 1, LOST);
    add(x, 9, 9, "both of them added this text to their memory");
    add(y, 9, 9, "both of them added this text to their memory");
    save(x);
    assert_true(like(y, LOST, 0).alike == 0);
    add(y, 2, 2, SENT);
    assert_int_equal(near_refresh(y, &changed), ERR_NONE);
    assert_true(changed);
    assert_true(like(y, LOST, 0).alike == 1);
    assert_true(like(y, SENT, 0).alike == 1);
    struct near_count c;
    near_counts(y, &c);
    assert_int_equal(c.texts, 3);
    assert_int_equal(like(y, "both of them added this text to their memory", 0).customers, 1);
    add(x, 3, 3, "the first one adds something else of its own");
    near_remove(x, 1);
    save(x);
    save(y); /* takes what the first one wrote */
    assert_int_equal(near_generation(y), 3);
    assert_true(like(y, "the first one adds something else of its own", 0).alike == 1);
    assert_true(like(y, LOST, 0).alike == 0);
    near_refresh(x, &changed);
    assert_true(like(x, SENT, 0).alike == 1);
    near_counts(x, &c);
    assert_int_equal(c.texts, 3);
    save(y); /* nothing new: no new file */
    assert_int_equal(near_generation(y), 3);
    near_close(x);
    near_close(y);
}

static void test_no_space(void **state) {
    (void)state;
    near *x = open_index(false);
    add(x, 1, 1, LOST);
    save(x);
    for (int i = 2; i < 300; i++) {
        char text[200];
        snprintf(text, sizeof text, "letter %d says that %d things happened to its %d writers", i, i * 3,
                 i * 7);
        add(x, i, i, text);
    }
    struct rlimit before, tight;
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 8192;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    err e = near_save(x);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(e, ERR_FULL);
    char fresh[128];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    assert_int_not_equal(access(fresh, F_OK), 0);
    assert_int_equal(near_generation(x), 1);
    assert_true(like(x, LOST, 0).alike == 1);
    assert_true(like(x, "letter 7 says that 21 things happened to its 49 writers", 0).alike == 1);
    struct near_count c;
    near_counts(x, &c);
    assert_int_equal(c.texts, 299);
    assert_int_equal(c.unsaved, 298);
    save(x);
    near_counts(x, &c);
    assert_int_equal(c.texts, 299);
    assert_int_equal(c.unsaved, 0);
    assert_int_equal(near_generation(x), 2);
    near_close(x);
}

static void *saves_in_vain(void *context) {
    for (int i = 0; i < 30; i++) assert_int_equal(near_save(context), ERR_FULL);
    return NULL;
}

/* What is added, and removed, while a file fails to be written is not lost either. */
static void test_no_space_meanwhile(void **state) {
    (void)state;
    near *x = open_index(false);
    add(x, 1, 1, LOST);
    struct rlimit before, tight;
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 512;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    pthread_t saver;
    pthread_create(&saver, NULL, saves_in_vain, x);
    int64_t added = 1;
    for (; added < 3000; added++) {
        char text[200];
        snprintf(text, sizeof text, "letter %lld of these went to one customer only. " SENT,
                 (long long)added + 1);
        add(x, added + 1, added % 70 + 1, text);
        if (added % 3 == 0) near_remove(x, added);
    }
    pthread_join(saver, NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    for (int step = 0; step < 2; step++) {
        for (int64_t id = 1; id <= added; id++) assert_int_equal(near_has(x, id), id == added || id % 3);
        assert_int_equal(like(x, SENT, 0).customers, 70);
        assert_int_equal(run(x, "in the post for", 0), 70);
        assert_int_equal(run(x, "in the post for", 7), 69);
        assert_int_equal(near_generation(x), step);
        save(x);
    }
    near_close(x);
}

/* ---- against plain counting ---- */

enum { SENTENCES = 400, TEXTS = 1200, WORDS_OF = 12, CUSTOMERS = 150 };
struct plain {
    near_word words[SENTENCES][WORDS_OF];
    uint32_t n[SENTENCES], removed; /* since the last file */
    struct {
        bool there;
        int64_t customer;
        uint32_t n, sentence[4];
    } text[TEXTS];
};

static uint32_t dice(uint64_t *state, uint32_t n) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % n;
}

static void plain_fill(struct plain *p, uint64_t *r) {
    for (int i = 0; i < SENTENCES; i++) {
        p->n[i] = 1 + dice(r, WORDS_OF);
        if (i % 4) { /* a variant of the one before */
            p->n[i] = p->n[i - 1];
            for (uint32_t w = 0; w < p->n[i]; w++) p->words[i][w] = p->words[i - 1][w];
            p->words[i][dice(r, p->n[i])] = 1 + dice(r, 300);
        } else {
            for (uint32_t w = 0; w < p->n[i]; w++) p->words[i][w] = 1 + dice(r, 300);
        }
    }
}

static bool plain_same(const struct plain *p, uint32_t a, uint32_t b) {
    if (p->n[a] != p->n[b]) return false;
    for (uint32_t w = 0; w < p->n[a]; w++)
        if (p->words[a][w] != p->words[b][w]) return false;
    return true;
}

static bool plain_has_run(const struct plain *p, uint32_t s, const near_word run4[4]) {
    for (uint32_t from = 0; from + 4 <= p->n[s]; from++) {
        uint32_t w = 0;
        while (w < 4 && p->words[s][from + w] == run4[w]) w++;
        if (w == 4) return true;
    }
    return false;
}

/* Distinct customers but one who got exactly this sentence, or (run4) a run. */
static uint32_t plain_count(const struct plain *p, uint32_t s, const near_word *run4, int64_t but) {
    bool got[CUSTOMERS + 1] = {0};
    uint32_t n = 0;
    for (int t = 0; t < TEXTS; t++)
        for (uint32_t i = 0; p->text[t].there && i < p->text[t].n; i++) {
            uint32_t theirs = p->text[t].sentence[i];
            bool is = run4 ? plain_has_run(p, theirs, run4) : plain_same(p, theirs, s);
            if (!is || p->text[t].customer == but || got[p->text[t].customer]) continue;
            got[p->text[t].customer] = true;
            n++;
        }
    return n;
}

static void plain_check(near *x, const struct plain *p, uint64_t *r) {
    for (int i = 0; i < 120; i++) {
        uint32_t s = dice(r, SENTENCES);
        int64_t but = dice(r, 3) ? 1 + dice(r, CUSTOMERS) : 0;
        struct near_sentence sentence = {p->words[s], p->n[s]};
        struct near_hit hit;
        near_like(x, &sentence, but, 1, &hit);
        uint32_t want = plain_count(p, s, NULL, but);
        assert_int_equal(hit.alike == 1, want > 0);
        /* A sentence of more than 64 texts lists one for each customer: until the next file, removing that
         * one may lose the customer. */
        assert_in_range(hit.customers,
                        want > 64           ? 64 - p->removed
                        : want < p->removed ? 0
                                            : want - p->removed,
                        want);
        near_like(x, &sentence, but, 0.35f, &hit);
        assert_true(hit.customers + p->removed >= (want < 64 ? want : 64));
        if (p->n[s] < 4) continue;
        const near_word *run4 = p->words[s] + dice(r, p->n[s] - 3);
        assert_int_equal(near_run(x, run4, but), plain_count(p, 0, run4, but));
    }
}

static void test_plain_counting(void **state) {
    (void)state;
    static struct plain p;
    uint64_t r = 42;
    plain_fill(&p, &r);
    near *x = open_index(false);
    for (int t = 0; t < TEXTS; t++) {
        struct near_sentence sentences[4];
        p.text[t].there = true;
        p.text[t].customer = 1 + dice(&r, CUSTOMERS);
        p.text[t].n = dice(&r, 5);
        for (uint32_t i = 0; i < p.text[t].n; i++) {
            uint32_t s = p.text[t].sentence[i] = dice(&r, 2) ? dice(&r, 12) : dice(&r, SENTENCES);
            sentences[i] = (struct near_sentence){p.words[s], p.n[s]};
        }
        struct near_text text = {.id = t + 1,
                                 .customer = p.text[t].customer,
                                 .at = dice(&r, 1000),
                                 .sentences = sentences,
                                 .n = p.text[t].n};
        assert_int_equal((dice(&r, 2) && t < TEXTS / 3 ? near_load : near_add)(x, &text), ERR_NONE);
        if (t % 9 == 5) {
            uint32_t gone = dice(&r, (uint32_t)t + 1);
            near_remove(x, gone + 1);
            p.text[gone].there = false;
            p.removed++;
        }
        if (t == TEXTS / 3 || t == TEXTS / 2 || t == TEXTS / 3 * 2) {
            save(x);
            p.removed = 0;
            plain_check(x, &p, &r);
        }
        if (t > TEXTS / 3 && t % 50 == 0) plain_check(x, &p, &r);
    }
    plain_check(x, &p, &r);
    near_close(x);
}

/* ---- threads ---- */

static void *asks(void *context) {
    near *x = context;
    ARENA_AUTO arena *a = arena_new(0);
    struct said *s = say(LOST ". " SENT ". hello there");
    for (int i = 0; i < 400; i++) {
        assert_true(like(x, LOST, 0).alike == 1);
        run(x, "figure got lost on", 3);
        near_vote_list votes;
        near_texts_like(x, a, s->sentences, s->n, 3, 0.2f, 5, &votes);
        struct near_count c;
        near_counts(x, &c);
        assert_true(near_next(x) > near_generation(x));
        arena_reset(a);
    }
    free(s);
    return NULL;
}
static void *saves(void *context) {
    for (int i = 0; i < 6; i++) save(context);
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    near *x = open_index(false);
    add(x, 1, 1, LOST);
    pthread_t ask[2], write;
    for (int i = 0; i < 2; i++) pthread_create(&ask[i], NULL, asks, x);
    pthread_create(&write, NULL, saves, x);
    for (int i = 2; i < 2000; i++) {
        char text[200];
        snprintf(text, sizeof text, "letter %d of these is one that customer %d got. " SENT, i, i % 50);
        add(x, i, i % 50, text);
        if (i % 7 == 0) near_remove(x, i - 3);
    }
    pthread_join(write, NULL);
    for (int i = 0; i < 2; i++) pthread_join(ask[i], NULL);
    struct near_count c;
    near_counts(x, &c);
    uint64_t texts = c.texts;
    save(x);
    near_counts(x, &c);
    assert_int_equal(c.texts, texts);
    assert_int_equal(c.unsaved, 0);
    assert_false(near_has(x, 11));
    assert_true(near_has(x, 12));
    near_close(x);
}

int main(void) {
#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_empty),
        WITH_FOLDER(test_finds_in_memory),
        WITH_FOLDER(test_finds_in_file),
        WITH_FOLDER(test_finds_in_both),
        WITH_FOLDER(test_runs_in_memory),
        WITH_FOLDER(test_runs_in_file),
        WITH_FOLDER(test_runs_in_both),
        WITH_FOLDER(test_votes_in_memory),
        WITH_FOLDER(test_votes_in_file),
        WITH_FOLDER(test_votes_in_both),
        WITH_FOLDER(test_popular_in_memory),
        WITH_FOLDER(test_popular_in_file),
        WITH_FOLDER(test_popular_in_both),
        WITH_FOLDER(test_same_text_twice),
        WITH_FOLDER(test_remove_in_memory),
        WITH_FOLDER(test_remove_in_file),
        WITH_FOLDER(test_remove_in_both),
        WITH_FOLDER(test_forgotten_bytes),
        WITH_FOLDER(test_load),
        WITH_FOLDER(test_long),
        WITH_FOLDER(test_damage),
        WITH_FOLDER(test_read_only),
        WITH_FOLDER(test_two_writers),
        WITH_FOLDER(test_no_space),
        WITH_FOLDER(test_no_space_meanwhile),
        WITH_FOLDER(test_plain_counting),
        WITH_FOLDER(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
