/* Listening against what a reader marked in real letters: labels.jsonl, promises.jsonl and names.jsonl hold
 * ids and byte offsets, the letters themselves stay where the data sets are. The tune part is there to work
 * on and can be shown; of the report part only figures are ever printed.
 *
 *   listen_eval [--show tune] THREADS.jsonl FOLDER_OF_LABELS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"
#include "letter/listen.h"

/* What has to be reached on the report part, in percent. */
enum { ASK_RECALL = 90, ASK_PRECISION = 60, NAME_PRECISION = 98 };
enum { MARKS_MAX = 32, LINE_LIMIT = 1 << 20 };

typedef enum label_split { TUNE, REPORT } label_split;
typedef enum label_source { LETTERS, PROMISES, NAMES } label_source;
enum { SPLITS = 2, SOURCES = 3 };
static const char *const files[SOURCES] = {"labels.jsonl", "promises.jsonl", "names.jsonl"};

struct mark {
    uint32_t start, end;
    bool writer; /* of a name: the writer's own, not somebody else's */
};
struct marks {
    struct mark v[MARKS_MAX];
    size_t n;
};
struct label {
    str id, answer; /* answer "": the letter itself */
    label_split split;
    label_source source;
    bool met; /* its text was in the data */
    struct marks asks, promises, names;
};
typedef LIST(struct label) label_list;

/* Findings and marks of one kind. */
struct count {
    int found, right;     /* findings, and those a mark agrees with */
    int marked, recalled; /* marks, and those some finding agrees with */
    int others;           /* of names: wrong ones that are somebody else's name */
};
struct figures {
    struct count asks[SPLITS], promises[SPLITS], names[SPLITS][SOURCES];
    int letters, english;
    bool show; /* the misses of the tune part */
};

/* ---- labels ---- */

static bool read_marks(const json_t *label, const char *key, struct marks *ret) {
    const json_t *list = json_object_get(label, key), *m;
    size_t i;
    json_array_foreach(list, i, m) {
        if (ret->n == MARKS_MAX) return false;
        const json_t *start = json_array_get(m, 0), *end = json_array_get(m, 1), *who = json_array_get(m, 2);
        if (!json_is_integer(start) || !json_is_integer(end)) return false;
        ret->v[ret->n++] =
            (struct mark){(uint32_t)json_integer_value(start), (uint32_t)json_integer_value(end),
                          who && strcmp(json_string_value(who), "writer") == 0};
    }
    return true;
}

static bool read_label(arena *a, str line, label_source source, struct label *ret) {
    JSON_AUTO json_t *json = NULL;
    str id, answer = {0}, split;
    if (json_read(line, &json) || !json_take_str(json, "id", &id) || !json_take_str(json, "split", &split))
        return false;
    json_take_str(json, "answer", &answer);
    struct label l = {.id = str_copy(a, id),
                      .answer = str_copy(a, answer),
                      .split = str_eq(split, S("tune")) ? TUNE : REPORT,
                      .source = source};
    if (!read_marks(json, "asks", &l.asks) || !read_marks(json, "promises", &l.promises) ||
        !read_marks(json, "names", &l.names))
        return false;
    *ret = l;
    return true;
}

static bool read_labels(arena *a, const char *folder, label_source source, label_list *labels) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, files[source]);
    FILE *f = fopen(path, "r");
    if (!f) {
        printf("%s cannot be read\n", path);
        return false;
    }
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    bool good = true;
    for (int number = 1; good && (n = getline(&line, &cap, f)) > 0; number++) {
        struct label l;
        good = read_label(a, str_trim((str){line, (size_t)n}), source, &l);
        if (good)
            *list_add(a, labels) = l;
        else
            printf("%s:%d is no label\n", path, number);
    }
    free(line);
    fclose(f);
    return good;
}

static int by_id(const void *x, const void *y) {
    return str_cmp(((const struct label *)x)->id, ((const struct label *)y)->id);
}

/* ---- agreement ---- */

/* A clause and the sentence around it are the same ask: at least half of the shorter lies in the other. */
static bool overlap(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    uint32_t from = a > c ? a : c, to = b < d ? b : d, shorter = b - a < d - c ? b - a : d - c;
    return to > from && shorter && 2 * (uint64_t)(to - from) >= shorter;
}

static str bare(str s) {
    s = str_trim(s);
    while (s.n && strchr(".,;:!?()\"'-~>", s.p[s.n - 1])) s.n--;
    while (s.n && strchr(".,;:!?()\"'-~>", s.p[0])) s = str_slice(s, 1, s.n);
    return str_trim(s);
}

/* The whole name, or its first words where the mark has more. */
static bool same_name(str got, str want) {
    got = bare(got);
    want = bare(want);
    if (got.n == 0 || got.n > want.n || !str_eq_nocase(got, str_slice(want, 0, got.n))) return false;
    return got.n == want.n || strchr(" .\n", want.p[got.n]) != NULL;
}

static str span(str text, uint32_t start, uint32_t end) { return str_slice(text, start, end); }

static bool is_name(str text, const struct finding *f, const struct mark *m) {
    str want = span(text, m->start, m->end);
    return same_name(f->value, want) ||
           (f->start >= m->start && same_name(span(text, f->start, f->end), want));
}

/* ---- counting ---- */

static void show(const struct figures *f, const struct label *l, const char *what, str text,
                 const char *why) {
    if (!f->show || l->split != TUNE) return;
    printf("%.*s%s%.*s %s: ", STR_FMT(l->id), l->answer.n ? "/" : "", STR_FMT(l->answer), what);
    for (size_t i = 0; i < text.n; i++) putchar(text.p[i] == '\n' ? ' ' : text.p[i]);
    printf("%s%s%s\n", why ? "  [" : "", why ? why : "", why ? "]" : "");
}

static void count_spans(struct figures *f, const struct label *l, str text, const struct heard *h,
                        finding_kind kind, const struct marks *marks, struct count *c) {
    bool recalled[MARKS_MAX] = {false};
    char what[64];
    for (size_t i = 0; i < h->findings.n; i++) {
        const struct finding *g = &h->findings.v[i];
        if (g->kind != kind || g->end <= g->start) continue;
        bool right = false;
        for (size_t k = 0; k < marks->n; k++) {
            if (!overlap(g->start, g->end, marks->v[k].start, marks->v[k].end)) continue;
            right = recalled[k] = true;
        }
        c->found++;
        c->right += right;
        snprintf(what, sizeof what, "%s too much", finding_kind_name(kind));
        if (!right) show(f, l, what, span(text, g->start, g->end), g->why);
    }
    snprintf(what, sizeof what, "%s missed", finding_kind_name(kind));
    for (size_t k = 0; k < marks->n; k++) {
        c->marked++;
        c->recalled += recalled[k];
        if (!recalled[k]) show(f, l, what, span(text, marks->v[k].start, marks->v[k].end), NULL);
    }
}

/* Findings are counted one by one, marks by letter: who signs and says "my name is" has one name. */
static void count_names(struct figures *f, const struct label *l, str text, const struct heard *h,
                        struct count *c) {
    bool signs = false, recalled = false;
    str name = {0};
    for (size_t k = 0; k < l->names.n; k++)
        if (l->names.v[k].writer) signs = true, name = span(text, l->names.v[k].start, l->names.v[k].end);
    for (size_t i = 0; i < h->findings.n; i++) {
        const struct finding *g = &h->findings.v[i];
        if (g->kind != FINDING_NAME || g->end <= g->start) continue;
        bool right = false, other = false;
        for (size_t k = 0; k < l->names.n; k++) {
            if (l->names.v[k].writer)
                right |= is_name(text, g, &l->names.v[k]);
            else
                other |= overlap(g->start, g->end, l->names.v[k].start, l->names.v[k].end);
        }
        c->found++;
        c->right += right;
        c->others += !right && other;
        recalled |= right;
        if (!right) show(f, l, "name wrong", span(text, g->start, g->end), g->why);
    }
    c->marked += signs;
    c->recalled += signs && recalled;
    if (signs && !recalled) show(f, l, "name missed", name, NULL);
}

static bool fits(const struct marks *marks, str text) {
    for (size_t k = 0; k < marks->n; k++)
        if (marks->v[k].end > text.n || marks->v[k].start >= marks->v[k].end) return false;
    return true;
}

static void hear(struct figures *f, struct label *l, str text) {
    if (!fits(&l->asks, text) || !fits(&l->promises, text) || !fits(&l->names, text)) return;
    ARENA_AUTO arena *a = arena_new(0);
    struct listen_input in = {.text = text};
    struct heard h = {0};
    listen_to(a, &in, &h);
    l->met = true;
    f->letters++;
    f->english += str_eq(h.language, S("en"));
    if (l->source == LETTERS) count_spans(f, l, text, &h, FINDING_ASK, &l->asks, &f->asks[l->split]);
    if (l->source != NAMES)
        count_spans(f, l, text, &h, FINDING_PROMISE, &l->promises, &f->promises[l->split]);
    if (l->source != PROMISES) count_names(f, l, text, &h, &f->names[l->split][l->source]);
}

static bool text_of_label(const json_t *thread, const struct label *l, str *ret_text) {
    if (!l->answer.n) return json_take_str(thread, "letter", ret_text);
    const json_t *answer;
    size_t i;
    str id;
    json_array_foreach(json_object_get(thread, "answers"), i, answer) {
        if (json_take_str(answer, "id", &id) && str_eq(id, l->answer))
            return json_take_str(answer, "text", ret_text);
    }
    return false;
}

static void hear_thread(struct figures *f, label_list *labels, str line) {
    JSON_AUTO json_t *thread = NULL;
    struct label key;
    if (json_read(line, &thread) || !json_take_str(thread, "id", &key.id)) return;
    struct label *l = bsearch(&key, labels->v, labels->n, sizeof key, by_id);
    if (!l) return;
    while (l > labels->v && str_eq(l[-1].id, key.id)) l--;
    for (; l < labels->v + labels->n && str_eq(l->id, key.id); l++) {
        str text;
        if (!l->met && text_of_label(thread, l, &text)) hear(f, l, text);
    }
}

/* ---- what came out ---- */

static double share(int part, int whole) { return whole ? (double)part / whole : 0; }

/* Compared as whole numbers: 0.8999 is not 0.90. */
static int row(const char *what, int least, int part, int whole) {
    char limit[16] = "";
    if (least) snprintf(limit, sizeof limit, ">= %.2f", least / 100.0);
    printf("| %s | %s | %.3f (%d of %d) |\n", what, limit, share(part, whole), part, whole);
    return whole > 0 && part * 100 >= whole * least;
}

static int rows(const struct figures *f, label_split s) {
    const struct count *asks = &f->asks[s], *promises = &f->promises[s];
    const struct count *some = &f->names[s][LETTERS], *signing = &f->names[s][NAMES];
    bool report = s == REPORT;
    int reached = 0;
    printf("\n| %s | limit | measured |\n|---|---|---|\n", report ? "kept aside" : "tuned on");
    reached += row("asks: recall", report ? ASK_RECALL : 0, asks->recalled, asks->marked);
    reached += row("asks: precision", report ? ASK_PRECISION : 0, asks->right, asks->found);
    row("promises: recall", 0, promises->recalled, promises->marked);
    row("promises: precision", 0, promises->right, promises->found);
    row("names, any letters: recall", 0, some->recalled, some->marked);
    row("names, any letters: precision", 0, some->right, some->found);
    row("names, signed or greeting: recall", 0, signing->recalled, signing->marked);
    reached += row("names, signed or greeting: precision", report ? NAME_PRECISION : 0, signing->right,
                   signing->found);
    row("of the wrong ones, another's name", 0, some->others + signing->others,
        some->found - some->right + signing->found - signing->right);
    return reached;
}

static bool read_threads(struct figures *f, label_list *labels, const char *path) {
    FILE *in = fopen(path, "r");
    if (!in) {
        printf("%s cannot be read\n", path);
        return false;
    }
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, in)) > 0)
        if (n <= LINE_LIMIT) hear_thread(f, labels, str_trim((str){line, (size_t)n}));
    free(line);
    fclose(in);
    return true;
}

int main(int argc, char **argv) {
    struct figures f = {0};
    if (argc > 2 && strcmp(argv[1], "--show") == 0) {
        f.show = strcmp(argv[2], "tune") == 0;
        if (!f.show) return fprintf(stderr, "only the tune part is shown\n"), 2;
        argc -= 2;
        argv += 2;
    }
    if (argc != 3)
        return fprintf(stderr, "usage: listen_eval [--show tune] THREADS.jsonl FOLDER_OF_LABELS\n"), 2;
    ARENA_AUTO arena *a = arena_new(0);
    label_list labels = {0};
    for (int s = 0; s < SOURCES; s++)
        if (!read_labels(a, argv[2], (label_source)s, &labels)) return 2;
    qsort(labels.v, labels.n, sizeof *labels.v, by_id);
    if (!read_threads(&f, &labels, argv[1])) return 2;
    int lost = (int)labels.n - f.letters;
    if (lost) printf("%d of %zu labelled letters are not in the data, or are others\n", lost, labels.n);
    rows(&f, TUNE);
    int passed = rows(&f, REPORT);
    row("language: taken for English", 0, f.english, f.letters);
    passed += lost == 0;
    printf("%d passed, %d failed\n", passed, 4 - passed);
    return passed == 4 ? 0 : 1;
}
