/* How soon an incident is proposed, what is proposed wrongly, and which letters are gathered. The watch
 * itself (letter/burst.h, desk/incident_match.h) reads the letters in the order in which they came and looks
 * after each; nobody confirms or dismisses, and a proposal that no letter joins for two days goes, as in the
 * desk.
 *
 *   outage_eval [--show] MARKS THREADS.jsonl OUTAGE.jsonl ...
 *
 * MARKS (test/eval/incidents.tsv): what a reader says of each proposal in THREADS. One that is not marked
 * counts as wrong. --show prints the words and letters of each proposal. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "desk/incident_match.h"

enum { LETTERS_MAX = 40000, INCIDENTS_MAX = 2000, MARKS_MAX = 400, HINTED = 4, WITHIN_MINUTES = 60 };
#define STAYS (2 * DAY_MS)

struct letter {
    struct watched w;
    bool hint, peak;
    char hour[14];   /* "2019-05-03 17" as the file has it */
    int64_t hour_at; /* when that hour began */
    int in;          /* incident that gathered it, from 1 */
};
struct seen {
    struct known_incident k;
    int64_t proposed_at, stirred_at;
    int letters;
};
struct file {
    arena *a;
    struct letter *v;
    size_t n;
    struct seen *seen;
    int nseen;
};
struct mark {
    char day[11], verdict[12], what[120];
    bool met;
};

static struct mark marks[MARKS_MAX];
static int nmarks;
static bool show;

/* ---- reading ---- */

static bool read_time(const char *s, struct letter *l) {
    struct tm t = {0};
    int sign = 1, hours = 0, minutes = 0;
    char plus = '+';
    if (sscanf(s, "%4d-%2d-%2d %2d:%2d:%2d %c%2d%2d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
               &t.tm_min, &t.tm_sec, &plus, &hours, &minutes) < 6)
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    if (plus == '-') sign = -1;
    l->w.letter.at = ((int64_t)timegm(&t) - sign * (hours * 3600 + minutes * 60)) * 1000;
    l->w.letter.came_at = l->w.letter.at;
    l->hour_at = l->w.letter.at - (t.tm_min * 60 + t.tm_sec) * (int64_t)1000;
    memcpy(l->hour, s, 13);
    return true;
}

static str text_of_key(arena *a, const json_t *row, const char *key) {
    const char *s = json_string_value(json_object_get(row, key));
    return s ? str_copy(a, str_z(s)) : S("");
}

static int by_time(const void *x, const void *y) {
    const struct watch_letter *a = &((const struct letter *)x)->w.letter,
                              *b = &((const struct letter *)y)->w.letter;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool read_file(const char *path, struct file *f) {
    char *line = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "r");
    if (!in) return false;
    *f = (struct file){.a = arena_new((size_t)8 << 30)};
    f->v = arena_array(f->a, LETTERS_MAX, sizeof *f->v);
    f->seen = arena_array(f->a, INCIDENTS_MAX, sizeof *f->seen);
    while (getline(&line, &room, in) > 0 && f->n < LETTERS_MAX) {
        json_t *row = json_loads(line, 0, NULL);
        struct letter *l = &f->v[f->n];
        const char *created = json_string_value(json_object_get(row, "created"));
        if (row && created && read_time(created, l)) {
            struct watch_letter *m = &l->w.letter;
            (void)str_to_int(text_of_key(f->a, row, "id"), &m->id);
            m->conversation_id = m->id;
            m->customer_id = (int64_t)(str_hash(text_of_key(f->a, row, "customer")) >> 1);
            m->subject = text_of_key(f->a, row, "title");
            m->text = text_of_key(f->a, row, "letter");
            m->heard = S("");
            l->hint = json_is_true(json_object_get(row, "keyword_hint"));
            l->peak = json_is_true(json_object_get(row, "peak_day"));
            f->n++;
        }
        json_decref(row);
    }
    free(line);
    fclose(in);
    qsort(f->v, f->n, sizeof *f->v, by_time);
    for (size_t i = 0; i < f->n; i++) {
        struct watch_letter m = f->v[i].w.letter;
        watched_of(f->a, &m, &f->v[i].w);
    }
    return true;
}

static void read_marks(const char *path) {
    char *line = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "r");
    while (in && getline(&line, &room, in) > 0 && nmarks < MARKS_MAX) {
        struct mark *m = &marks[nmarks];
        if (line[0] != '#' && sscanf(line, "%10s\t%11s\t%119[^\n]", m->day, m->verdict, m->what) == 3)
            nmarks++;
    }
    free(line);
    if (in) fclose(in);
}

/* ---- the watch ---- */

static struct letter *letter_of(struct file *f, size_t last, int64_t id) {
    for (size_t i = last + 1; i-- > 0;)
        if (f->v[i].w.letter.id == id) return &f->v[i];
    return NULL;
}

static void set_words(struct file *f, struct known_incident *k, const incident_word_list *words) {
    k->words = (incident_word_list){0};
    k->weights = arena_array(f->a, words->n + 1, sizeof *k->weights);
    for (size_t i = 0; i < words->n; i++) {
        struct incident_word *w = list_add(f->a, &k->words);
        *w = words->v[i];
        w->words = str_copy(f->a, w->words);
        k->weights[i] = (struct burst_weight){(uint32_t)w->key, (double)w->weight / 1000};
    }
}

static void add_message(struct file *f, struct known_incident *k, int64_t id) {
    size_t at = k->messages.n;
    *list_add(f->a, &k->messages) = id;
    for (; at > 0 && k->messages.v[at - 1] > id; at--) k->messages.v[at] = k->messages.v[at - 1];
    k->messages.v[at] = id;
}

static struct seen *seen_of(struct file *f, int64_t incident) {
    for (int i = 0; i < f->nseen; i++)
        if (f->seen[i].k.incident.id == incident) return &f->seen[i];
    return NULL;
}

/* What the desk would write. */
static void apply(struct file *f, size_t last, const struct incident_plan *plan, int64_t now) {
    for (size_t i = 0; i < plan->incidents.n; i++) {
        const struct plan_incident *p = &plan->incidents.v[i];
        if (p->is_new && f->nseen < INCIDENTS_MAX) {
            struct seen *s = &f->seen[f->nseen++];
            s->k.incident = p->incident;
            s->k.incident.title = str_copy(f->a, p->incident.title);
            s->proposed_at = s->stirred_at = now;
        }
        struct seen *s = seen_of(f, p->incident.id);
        if (s) set_words(f, &s->k, &p->words);
    }
    for (size_t i = 0; i < plan->letters.n; i++) {
        const struct plan_letter *p = &plan->letters.v[i];
        struct seen *s = seen_of(f, p->incident);
        struct letter *l = letter_of(f, last, p->message);
        if (!s || !l) continue;
        add_message(f, &s->k, p->message);
        s->stirred_at = now;
        s->letters++;
        if (!l->in) l->in = (int)(s - f->seen) + 1;
    }
}

static void watch(struct file *f) {
    burst *b = burst_new();
    for (size_t i = 0; i < f->n; i++) {
        ARENA_AUTO arena *a = arena_new(0);
        const struct watched *w = &f->v[i].w;
        known_incident_list known = {0};
        struct incident_plan plan = {0};
        burst_cluster_list clusters;
        int64_t now = w->letter.at;
        for (int k = 0; k < f->nseen; k++)
            if (f->seen[k].stirred_at > now - STAYS) *list_add(a, &known) = f->seen[k].k;
        burst_add(b, &(struct burst_letter){w->letter.id, w->letter.customer_id, now, w->language,
                                            w->words.keys, w->words.n});
        plan_of_letter(a, &known, w, &plan);
        burst_look(b, a, now, &clusters);
        for (size_t c = 0; c < clusters.n; c++) {
            watched_list letters = {0};
            for (size_t m = 0; m < clusters.v[c].n; m++)
                *list_add(a, &letters) = letter_of(f, i, clusters.v[c].letters[m])->w;
            plan_of_cluster(a, &known, &clusters.v[c], &letters, now, &plan);
        }
        apply(f, i, &plan, now);
    }
    burst_free(b);
}

/* ---- figures ---- */

static void day_of(int64_t at, char ret[17]) {
    time_t t = (time_t)(at / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(ret, 17, "%Y-%m-%d %H:%M", &tm);
}

static void show_one(const struct file *f, const struct seen *s) {
    if (!show) return;
    for (size_t i = 0; i < s->k.words.n; i++)
        printf("    %.*s: %lld against %.1f\n", STR_FMT(s->k.words.v[i].words),
               (long long)s->k.words.v[i].customers, (double)s->k.words.v[i].expected / 1000);
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].in == s - f->seen + 1)
            printf("    %lld %.*s\n", (long long)f->v[i].w.letter.id,
                   STR_FMT(str_clip_utf8(f->v[i].w.letter.subject, 120)));
}

/* Are all limits met? */
static bool print_outage(const char *name, const struct file *f) {
    size_t hour = 0, hints = 0;
    for (size_t i = 0; i < f->n && hints < HINTED; i++) {
        if (i && strcmp(f->v[i].hour, f->v[i - 1].hour) != 0) hints = 0;
        hints += f->v[i].hint;
        hour = i;
    }
    int64_t hour_over = f->v[hour].hour_at + HOUR_MS;
    int main = 0, before = 0;
    for (int i = 0; i < f->nseen; i++) {
        if (f->seen[i].proposed_at < f->v[hour].hour_at) before++;
        if (f->seen[i].letters > f->seen[main].letters) main = i;
    }
    size_t in = 0, hinted = 0, peak = 0, peak_in = 0, peak_hint = 0, peak_hint_in = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct letter *l = &f->v[i];
        in += l->in > 0;
        hinted += l->in && l->hint;
        peak += l->peak;
        peak_in += l->peak && l->in;
        peak_hint += l->peak && l->hint;
        peak_hint_in += l->peak && l->hint && l->in;
    }
    char when[17] = "never";
    double minutes = 1e9;
    if (f->nseen) {
        day_of(f->seen[main].proposed_at, when);
        minutes = (double)(f->seen[main].proposed_at - hour_over) / MINUTE_MS;
    }
    double precision = in ? (double)hinted / (double)in : 0;
    printf("%s: first hour with %d hinted letters %s; proposed %s UTC, %.0f minutes after that hour (at most "
           "%d)\n",
           name, HINTED, f->v[hour].hour, when, minutes, WITHIN_MINUTES);
    printf("  %d proposals, %d before that hour; gathered %zu letters, %.3f of them hinted (at least 0.8); "
           "%.3f of "
           "the %zu letters of the peak days, %.3f of the hinted ones\n",
           f->nseen, before, in, precision, (double)peak_in / (double)peak, peak,
           (double)peak_hint_in / (double)peak_hint);
    for (int i = 0; i < f->nseen; i++) show_one(f, &f->seen[i]);
    return minutes <= WITHIN_MINUTES && precision >= 0.8;
}

static bool print_threads(const struct file *f) {
    int wrong = 0;
    double months = (double)(f->v[f->n - 1].w.letter.at - f->v[0].w.letter.at) / (30.44 * (double)DAY_MS);
    printf("threads: %zu letters in %.1f months\n", f->n, months);
    for (int i = 0; i < f->nseen; i++) {
        const struct seen *s = &f->seen[i];
        char when[17];
        const char *verdict = "not read", *what = "";
        day_of(s->proposed_at, when);
        for (int m = 0; m < nmarks; m++) {
            if (marks[m].met || strncmp(marks[m].day, when, 10) != 0) continue;
            marks[m].met = true;
            verdict = marks[m].verdict;
            what = marks[m].what;
            break;
        }
        wrong += strcmp(verdict, "real") != 0;
        printf("  %s  %-8s %d letters: %.*s. %s\n", when, verdict, s->letters, STR_FMT(s->k.incident.title),
               what);
        show_one(f, s);
    }
    printf("  %d proposals, %d with nothing going on: %.2f a month (at most 1)\n", f->nseen, wrong,
           wrong / months);
    return wrong <= months;
}

int main(int argc, char **argv) {
    bool good = true;
    int at = 1;
    random_start();
    if (at < argc && strcmp(argv[at], "--show") == 0) show = true, at++;
    if (argc - at < 2) {
        fprintf(stderr, "usage: outage_eval [--show] MARKS THREADS.jsonl OUTAGE.jsonl ...\n");
        return 2;
    }
    read_marks(argv[at++]);
    for (int i = at; i < argc; i++) {
        struct file f;
        if (!read_file(argv[i], &f) || !f.n) {
            fprintf(stderr, "%s holds no letters.\n", argv[i]);
            return 1;
        }
        watch(&f);
        const char *name = strrchr(argv[i], '/');
        good = (i == at ? print_threads(&f) : print_outage(name ? name + 1 : argv[i], &f)) && good;
        arena_free(f.a);
    }
    printf("incidents: %s\n", good ? "all limits met" : "a limit was missed");
    return good ? 0 : 1;
}
