/* Figures of the letter check on real letters and replies: each reply is checked against what was sent before
 * it, in order of time. Reads build/eval/threads.jsonl and build/eval/replies.jsonl, which test/eval/run
 * unpacks from DATA; writes build/eval/canned-sample.txt, a hundred sentences to be read by hand, and
 * build/eval/looks.txt, the remarks on replies that their readers liked. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "desk/history.h"

enum { CROWD = 3, SAMPLE = 100, LOVED = 100 };
/* What must be reached, in percent and points. */
enum { FOUND_MIN = 85, LETTER_MAX = 3, PASTED_MAX = 2 };

struct letter {
    int64_t id;
    str text, language;
};
struct reply {
    int64_t id, customer, thread, cluster, at;
    uint32_t cluster_customers;
    str created, text, by;
    bool loved;
};
struct seen {
    int64_t cluster, customers[CROWD + 1];
    int n;
};
struct flagged {
    str sentence, like;
    int64_t customers;
};

static arena *mem;
static struct letter *letters;
static struct reply *replies;
static size_t nletters, nreplies;
static uint32_t *thread_table, *reply_table;
enum { TABLE = 1 << 18 };

static uint64_t state = 88172645463325252ULL;
static uint64_t chance(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static str member(arena *a, json_t *o, const char *key) {
    json_t *v = json_object_get(o, key);
    return json_is_string(v) ? str_copy(a, (str){json_string_value(v), json_string_length(v)}) : S("");
}

static int64_t number(json_t *o, const char *key) {
    int64_t v = 0;
    json_t *m = json_object_get(o, key);
    if (json_is_integer(m)) return json_integer_value(m);
    str_to_int(str_z(json_string_value(m)), &v);
    return v;
}

static size_t slot(const uint32_t *table, int64_t id, bool of_letters) {
    size_t i = (uint64_t)id * 0x9E3779B97F4A7C15ULL >> 46;
    while (table[i] && (of_letters ? letters[table[i] - 1].id : replies[table[i] - 1].id) != id)
        i = (i + 1) & (TABLE - 1);
    return i;
}

static bool thanked(json_t *answers, size_t at) {
    if (number(json_array_get(answers, at), "helpful") >= 3) return true;
    json_t *next = json_array_get(answers, at + 1);
    if (!next || !json_is_true(json_object_get(next, "own"))) return false;
    const char *text = json_string_value(json_object_get(next, "text"));
    return text && (strcasestr(text, "thank you so") || strcasestr(text, "that worked") ||
                    strcasestr(text, "thanks so much") || strcasestr(text, "perfect") ||
                    strcasestr(text, "solved") || strcasestr(text, "you're the best"));
}

static int64_t *loved_ids;
static size_t nloved;

static void read_threads(const char *path) {
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    if (!f) exit((printf("%s is missing\n", path), 1));
    while (getline(&line, &cap, f) > 0) {
        json_t *o = json_loads(line, 0, NULL);
        if (!o) continue;
        str title = member(mem, o, "title"), text = member(mem, o, "letter");
        letters[nletters] = (struct letter){
            .id = number(o, "id"), .text = str_fmt(mem, "%.*s\n\n%.*s", STR_FMT(title), STR_FMT(text))};
        thread_table[slot(thread_table, letters[nletters].id, true)] = (uint32_t)nletters + 1;
        nletters++;
        json_t *answers = json_object_get(o, "answers");
        for (size_t i = 0; i < json_array_size(answers); i++)
            if (!json_is_true(json_object_get(json_array_get(answers, i), "own")) && thanked(answers, i))
                loved_ids[nloved++] = number(json_array_get(answers, i), "id");
        json_decref(o);
    }
    free(line);
    fclose(f);
}

static int by_created(const void *x, const void *y) {
    const struct reply *a = x, *b = y;
    int c = str_cmp(a->created, b->created);
    return c ? c : (a->id > b->id) - (a->id < b->id);
}

static void read_replies(const char *path) {
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    if (!f) exit((printf("%s is missing\n", path), 1));
    while (getline(&line, &cap, f) > 0) {
        json_t *o = json_loads(line, 0, NULL);
        if (!o) continue;
        /* Texts of one cluster of a program shop carry other sources; numbers are per file. */
        replies[nreplies++] =
            (struct reply){.id = number(o, "reply_id"),
                           .customer = (int64_t)(str_hash(member(mem, o, "customer")) >> 1) + 1,
                           .thread = number(o, "thread"),
                           .cluster = number(o, "cluster"),
                           .cluster_customers = (uint32_t)number(o, "cluster_customers"),
                           .created = member(mem, o, "created"),
                           .by = member(mem, o, "by"),
                           .text = member(mem, o, "text")};
        json_decref(o);
    }
    qsort(replies, nreplies, sizeof *replies, by_created);
    for (size_t i = 0; i < nreplies; i++) {
        if (replies[i].id <= 0) replies[i].id = 1000000000LL + (int64_t)i;
        reply_table[slot(reply_table, replies[i].id, false)] = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < nloved; i++) {
        size_t at = reply_table[slot(reply_table, loved_ids[i], false)];
        if (at) replies[at - 1].loved = true;
    }
    free(line);
    fclose(f);
}

static struct seen *seen_of(struct seen *table, int64_t cluster) {
    size_t i = (uint64_t)cluster * 0x9E3779B97F4A7C15ULL >> 46;
    while (table[i].n && table[i].cluster != cluster) i = (i + 1) & (TABLE - 1);
    table[i].cluster = cluster;
    return &table[i];
}

static int others(const struct seen *s, int64_t customer) {
    int n = 0;
    for (int i = 0; i < s->n; i++) n += s->customers[i] != customer;
    return n;
}

static void went_to(struct seen *s, int64_t customer) {
    for (int i = 0; i < s->n; i++)
        if (s->customers[i] == customer) return;
    if (s->n <= CROWD) s->customers[s->n++] = customer;
}

/* Two nouns of the letter put into the middle of every sentence of six words or more. */
static str paste(arena *a, str reply, const struct text *letter) {
    str nouns[2];
    size_t n = 0;
    for (int pass = 0; pass < 2 && n < 2; pass++)
        for (size_t i = 0; i < letter->nwords && n < 2; i++) {
            const struct word *w = &letter->words[i];
            str word = text_span(letter, i, i + 1);
            bool noun = (w->flags & WORD_CAPITAL) && !(w->flags & (WORD_FIRST | WORD_LINK));
            if ((pass ? w->folded.n < 6 : !noun) || w->folded.n < 4 || (n && str_eq(nouns[0], word)))
                continue;
            nouns[n++] = word;
        }
    if (n < 2) return reply;
    struct text t;
    text_of(a, reply, S("en"), &t);
    buf b BUF_AUTO = BUF_MAX(4 << 20);
    size_t at = 0;
    for (size_t s = 0; s < t.nsentences; s++) {
        if (t.sentences[s].words < 6) continue;
        size_t middle = t.words[t.sentences[s].word + t.sentences[s].words / 2].start;
        buf_add(&b, str_slice(reply, at, middle));
        buf_add_fmt(&b, "%.*s, %.*s ", STR_FMT(nouns[0]), STR_FMT(nouns[1]));
        at = middle;
    }
    buf_add(&b, str_slice(reply, at, reply.n));
    return str_copy(a, buf_str(&b));
}

struct marks {
    bool canned, crowd, letter, stop;
};
static struct marks marks_of(const struct checked *c) {
    struct marks m = {0};
    for (size_t i = 0; i < c->remarks.n; i++) {
        const struct remark *r = &c->remarks.v[i];
        m.canned |= r->kind == REMARK_CANNED;
        m.crowd |= r->kind == REMARK_CANNED && r->says_many && r->count >= CROWD;
        m.letter |= r->kind == REMARK_CANNED_LETTER;
        m.stop |= r->kind == REMARK_CANNED_LETTER && r->level == REMARK_STOP;
    }
    return m;
}

static struct figures {
    int crowd, crowd_found, crowd_crowd, crowd_letter, pasted_of, pasted_found, plain_found;
    int alone, alone_canned, alone_crowd, alone_letter, alone_stop;
    int flagged, flagged_right, loved, looks, kinds[REMARK_KINDS], fines[REMARK_KINDS];
    int64_t check_us, checks;
    int sentences;
} fig;

static struct flagged sample[SAMPLE];
static size_t nflagged;

static str text_by_id(int64_t id, uint32_t sentence, arena *a) {
    size_t at = reply_table[slot(reply_table, id, false)];
    if (!at) return S("?");
    struct text t;
    text_of(a, replies[at - 1].text, language_of(replies[at - 1].text), &t);
    return sentence < t.nsentences ? text_sentence(&t, sentence) : replies[at - 1].text;
}

static void take_sample(const struct checked *c, str reply, arena *a) {
    for (size_t i = 0; i < c->remarks.n; i++) {
        const struct remark *r = &c->remarks.v[i];
        if (r->kind != REMARK_CANNED) continue;
        size_t at = nflagged < SAMPLE ? nflagged : chance() % (nflagged + 1);
        nflagged++;
        if (at >= SAMPLE) continue;
        const struct evidence *e = r->evidence.n ? &r->evidence.v[0] : NULL;
        sample[at] = (struct flagged){str_copy(mem, str_slice(reply, r->start, r->end)),
                                      e ? str_copy(mem, text_by_id(e->id, e->sentence, a)) : S("(passage)"),
                                      r->says_many ? r->count : 1};
    }
}

static int64_t microseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* other programs on the machine do not count */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static FILE *looks_file;
enum { LONG_MAX_N = 20000 };
static int64_t long_us[LONG_MAX_N]; /* of replies of 25 to 35 sentences */
static size_t nlong;

static int by_time(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static void count_loved(const struct reply *r, const struct checked *c) {
    fig.loved++;
    fprintf(looks_file, "---- %lld\n%.*s\n", (long long)r->id, STR_FMT(r->text));
    for (size_t i = 0; i < c->remarks.n; i++) {
        const struct remark *m = &c->remarks.v[i];
        arena *a ARENA_AUTO = arena_new(1 << 20);
        str says = remark_says(a, NULL, m);
        fprintf(looks_file, "  %s %s: %.*s [%.*s]\n", remark_level_name(m->level), remark_kind_name(m->kind),
                STR_FMT(says), STR_FMT(str_slice(r->text, m->start, m->end)));
        if (m->level == REMARK_FINE) {
            fig.fines[m->kind]++;
            continue;
        }
        fig.looks++;
        fig.kinds[m->kind]++;
    }
}

/* Every so many replies are checked; all are learned. */
static size_t step = 1;

static void learn(const struct reply *r, near *x, str letter) {
    arena *a ARENA_AUTO = arena_new(0);
    struct near_text text;
    history_text(a,
                 &(struct history_said){.id = r->id,
                                        .customer = r->customer,
                                        .at = 1,
                                        .reply = r->text,
                                        .letter = letter,
                                        .agent_name = r->by},
                 NULL, &text);
    fig.sentences += (int)text.n;
    if (near_add(x, &text)) exit(1);
}

static void check_one(const struct reply *r, near *x, struct seen *table, bool loved, str letter) {
    arena *a ARENA_AUTO = arena_new(0);
    struct history h;
    struct heard heard = {0};
    struct checked checked, pasted;
    bool at = letter.n > 0;
    listen_to(a, &(struct listen_input){.text = letter}, &heard);
    history_for(&h, a, x, r->customer);
    struct check_input in = {.letter = at ? &heard : NULL,
                             .reply = r->text,
                             .agent_name = r->by,
                             .history = &h.view,
                             .now = 1700000000000LL};
    int64_t begin = microseconds();
    check(a, &in, &checked);
    int64_t took = microseconds() - begin;
    fig.check_us += took;
    fig.checks++;
    struct text t;
    text_of(a, r->text, S(""), &t);
    if (t.nsentences >= 25 && t.nsentences <= 35 && nlong < LONG_MAX_N) long_us[nlong++] = took;
    struct marks m = marks_of(&checked);
    struct seen *s = seen_of(table, r->cluster);
    int before = others(s, r->customer);
    fig.flagged += m.crowd;
    fig.flagged_right += m.crowd && before >= 1;
    if (before >= CROWD) {
        fig.crowd++;
        fig.crowd_found += m.canned || m.letter;
        fig.crowd_crowd += m.crowd;
        fig.crowd_letter += m.letter;
        in.reply = paste(a, r->text, &heard.text);
        if (in.reply.p != r->text.p) {
            fig.pasted_of++;
            fig.plain_found += m.canned || m.letter;
            check(a, &in, &pasted);
            m = marks_of(&pasted);
            fig.pasted_found += m.canned || m.letter;
            if (getenv("LOST") && !m.canned && !m.letter &&
                (marks_of(&checked).canned || marks_of(&checked).letter))
                printf("lost: %.*s\n  was: %.*s\n", STR_FMT(in.reply), STR_FMT(r->text));
        }
        if (getenv("MISSED") && !marks_of(&checked).canned)
            printf("missed %u: %.*s\n", r->cluster_customers, STR_FMT(str_clip_utf8(r->text, 300)));
    } else if (r->cluster_customers <= 1) {
        fig.alone++;
        fig.alone_canned += m.canned;
        fig.alone_crowd += m.crowd;
        fig.alone_letter += m.letter;
        fig.alone_stop += m.stop;
        if (getenv("WRONG") && m.letter) printf("letter: %.*s\n", STR_FMT(str_clip_utf8(r->text, 400)));
    }
    take_sample(&checked, r->text, a);
    if (loved) count_loved(r, &checked);
}

static double share(int part, int of) { return of ? 100.0 * part / of : 0; }

static void print_figures(void) {
    printf("\n| what | limit | measured |\n|---|---|---|\n");
    printf("| replies whose like had gone to 3 others: found | 85 %% | %.1f %% of %d |\n",
           share(fig.crowd_found, fig.crowd), fig.crowd);
    printf("| of them with a remark that names 3 others or more | - | %.1f %% |\n",
           share(fig.crowd_crowd, fig.crowd));
    printf("| of them as a whole letter | - | %.1f %% |\n", share(fig.crowd_letter, fig.crowd));
    printf(
        "| found after two nouns of the letter are pasted into every sentence | within 2 points of %.1f %% | "
        "%.1f %% of %d |\n",
        share(fig.plain_found, fig.pasted_of), share(fig.pasted_found, fig.pasted_of), fig.pasted_of);
    printf("| replies never repeated: `canned_letter` | 3 %% | %.2f %% of %d (stops %.2f %%) |\n",
           share(fig.alone_letter, fig.alone), fig.alone, share(fig.alone_stop, fig.alone));
    printf("| replies never repeated: a sentence of theirs `canned` | - | %.1f %%, by 3 others or more %.1f "
           "%% |\n",
           share(fig.alone_canned, fig.alone), share(fig.alone_crowd, fig.alone));
    printf("| remarks of 3 others or more on replies of a cluster that had gone out before | - | %.1f %% of "
           "%d |\n",
           share(fig.flagged_right, fig.flagged), fig.flagged);
    printf("| `look` and `stop` remarks a reply, %d replies their readers liked | - | %.2f |\n", fig.loved,
           fig.loved ? (double)fig.looks / fig.loved : 0);
    for (int k = 0; k < REMARK_KINDS; k++)
        if (fig.kinds[k] || fig.fines[k])
            printf("| ... of kind `%s` | - | %.2f (fine %.2f) |\n", remark_kind_name((remark_kind)k),
                   (double)fig.kinds[k] / fig.loved, (double)fig.fines[k] / fig.loved);
    printf("| one check, mean, processor time | - | %.2f ms |\n",
           (double)fig.check_us / 1000 / (double)(fig.checks ? fig.checks : 1));
    if (!nlong) return;
    qsort(long_us, nlong, sizeof *long_us, by_time);
    printf("| one check of 25 to 35 sentences, p50 and p99 of %zu, at most %d sentences in the history, "
           "processor "
           "time | p99 15 ms | %.2f and %.2f ms |\n",
           nlong, fig.sentences, (double)long_us[nlong / 2] / 1000, (double)long_us[nlong * 99 / 100] / 1000);
}

static void write_sample(void) {
    FILE *f = fopen("build/eval/canned-sample.txt", "w");
    for (size_t i = 0; f && i < SAMPLE && i < nflagged; i++)
        fprintf(f, "%zu (%lld)\n  now:  %.*s\n  then: %.*s\n", i + 1, (long long)sample[i].customers,
                STR_FMT(sample[i].sentence), STR_FMT(str_clip_utf8(sample[i].like, 500)));
    if (f) fclose(f);
}

int main(int argc, char **argv) {
    int64_t most = 0;
    /* check_eval [STEP]: a quicker look while tuning. */
    if (argc > 1 && str_to_int(str_z(argv[1]), &most) && most > 0) step = (size_t)most;
    mem = arena_new((size_t)3 << 30);
    letters = arena_array(mem, 60000, sizeof *letters);
    replies = arena_array(mem, 120000, sizeof *replies);
    loved_ids = arena_array(mem, 200000, sizeof *loved_ids);
    thread_table = arena_array(mem, TABLE, sizeof *thread_table);
    reply_table = arena_array(mem, TABLE, sizeof *reply_table);
    struct seen *table = arena_array(mem, TABLE, sizeof *table);
    read_threads("build/eval/threads.jsonl");
    read_replies("build/eval/replies.jsonl");
    near *x;
    bool damaged;
    unlink("build/eval/check.near");
    if (near_open(S("build/eval/check.near"), false, &x, &damaged)) return 1;
    looks_file = fopen("build/eval/looks.txt", "w");
    if (!looks_file) return 1;
    /* The loved ones are of the last third, with a history behind them. */
    size_t loved = 0;
    for (size_t i = 0; i < nreplies; i++) {
        bool take = replies[i].loved && i > nreplies * 2 / 3 && loved < LOVED && i % 3 == 0;
        loved += take;
        size_t at = thread_table[slot(thread_table, replies[i].thread, true)];
        str letter = at ? letters[at - 1].text : S("");
        if (i % step == 0 || take) check_one(&replies[i], x, table, take, letter);
        went_to(seen_of(table, replies[i].cluster), replies[i].customer);
        learn(&replies[i], x, letter);
    }
    near_close(x);
    fclose(looks_file);
    write_sample();
    print_figures();
    arena_free(mem);
    bool good = share(fig.crowd_found, fig.crowd) >= FOUND_MIN &&
                share(fig.alone_letter, fig.alone) <= LETTER_MAX &&
                share(fig.plain_found, fig.pasted_of) - share(fig.pasted_found, fig.pasted_of) <= PASTED_MAX;
    return good ? 0 : 1;
}
