/* Figures of recognising thanks and praise: on GoEmotions' dev.tsv (a text is thanks where it is labelled
 * gratitude, praise where admiration), which no rule and no model was made on; and on letters of data/threads
 * that were marked by reading them (thanks_letters.jsonl; thanks.jsonl was looked at while the rules were
 * made). DATA names the folder of data sets; without it nothing is measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/json.h"
#include "letter/listen.h"
#include "letter/thanks.h"

/* What must be reached, in percent. */
enum { GRATITUDE_MIN = 85, ADMIRATION_MIN = 56, LETTERS_MIN = 80 };
enum { LABEL_ADMIRATION = 0, LABEL_GRATITUDE = 15, LINE_MAX = 4 << 20 };

struct counts {
    int right, wrong, missed;
};

static double share(int of, int all) { return all ? (double)of / all : 0; }
static double f1(struct counts c) {
    return c.right ? 2.0 * c.right / (2.0 * c.right + c.wrong + c.missed) : 0;
}
static void count(struct counts *c, bool said, bool is) {
    c->right += said && is;
    c->wrong += said && !is;
    c->missed += !said && is;
}
static void print(const char *what, struct counts c) {
    printf("%-28s F1 %.3f  precision %.3f  recall %.3f  of %d\n", what, f1(c),
           share(c.right, c.right + c.wrong), share(c.right, c.right + c.missed), c.right + c.missed);
}

static const char *show; /* "thanks", "praise": print what is missed or wrong of the tuning part */

static void show_one(const char *what, bool said, bool is, str text) {
    if (!show || strcmp(show, what) != 0 || said == is) return;
    printf("%s %s: %.*s\n", said ? "wrong" : "missed", what, (int)(text.n > 600 ? 600 : text.n), text.p);
}

/* ---- GoEmotions ---- */

static bool emotions(const char *data, const char *file, const char *name) {
    char path[4096], *line = NULL;
    size_t cap = 0;
    struct counts gratitude = {0}, admiration = {0};
    double seconds = 0;
    int n = 0;
    snprintf(path, sizeof path, "%s/emotion/%s", data, file);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    for (ssize_t len; (len = getline(&line, &cap, f)) > 0; n++) {
        ARENA_AUTO arena *a = arena_new(16 << 20);
        str rest = {line, (size_t)len}, text, labels, one;
        bool is_gratitude = false, is_admiration = false, thanks = false, praise = false;
        if (!str_split(&rest, '\t', &text) || !str_split(&rest, '\t', &labels)) continue;
        while (str_split(&labels, ',', &one)) {
            int64_t v;
            if (!str_to_int(one, &v)) continue;
            is_gratitude |= v == LABEL_GRATITUDE;
            is_admiration |= v == LABEL_ADMIRATION;
        }
        struct text t;
        thanks_list found;
        text_of(a, text, S("en"), &t);
        clock_t begin = clock();
        thanks_of(a, &t, NULL, false, &found);
        seconds += (double)(clock() - begin) / CLOCKS_PER_SEC;
        for (size_t i = 0; i < found.n; i++) {
            thanks |= found.v[i].kind == THANKS_THANKS;
            praise |= found.v[i].kind == THANKS_PRAISE;
        }
        count(&gratitude, thanks, is_gratitude);
        count(&admiration, praise, is_admiration);
        if (strcmp(file, "dev.tsv") != 0) {
            show_one("thanks", thanks, is_gratitude, text);
            show_one("praise", praise, is_admiration, text);
        }
    }
    free(line);
    fclose(f);
    char what[64];
    snprintf(what, sizeof what, "%s gratitude", name);
    print(what, gratitude);
    snprintf(what, sizeof what, "%s admiration", name);
    print(what, admiration);
    printf("%d texts, %.1f us each\n", n, n ? seconds * 1e6 / n : 0);
    return f1(gratitude) * 100 >= GRATITUDE_MIN && f1(admiration) * 100 >= ADMIRATION_MIN;
}

/* ---- letters ---- */

struct mark {
    str id, answer;
    bool thanks, praise, found;
    struct mark *next;
};
struct marks {
    arena *a;
    struct mark *first;
    int n, found;
    bool kinds; /* thanks and praise are marked apart */
    struct counts either, thanks, praise;
};

static bool marks_read(struct marks *m, const char *folder, const char *name) {
    char path[4096], *line = NULL;
    size_t cap = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    for (ssize_t len; (len = getline(&line, &cap, f)) > 0;) {
        JSON_AUTO json_t *root = NULL;
        if (json_read((str){line, (size_t)len}, &root)) continue;
        struct mark *k = arena_alloc(m->a, sizeof *k);
        str value;
        if (json_take_str(root, "id", &value)) k->id = str_copy(m->a, value);
        if (json_take_str(root, "answer", &value)) k->answer = str_copy(m->a, value);
        json_take_bool(root, "thanks", &k->thanks);
        m->kinds |= json_take_bool(root, "praise", &k->praise);
        k->next = m->first;
        m->first = k;
        m->n++;
    }
    free(line);
    fclose(f);
    return m->n > 0;
}

static void judge(struct marks *m, struct mark *k, str text) {
    ARENA_AUTO arena *a = arena_new(256 << 20);
    struct listen_input in = {.text = text};
    struct heard h;
    bool thanks = false, praise = false;
    listen_to(a, &in, &h);
    for (size_t i = 0; i < h.findings.n; i++) {
        const struct finding *f = &h.findings.v[i];
        if (f->kind != FINDING_THANKS) continue;
        thanks |= str_eq(f->value, S("thanks"));
        praise |= str_eq(f->value, S("praise"));
    }
    k->found = true;
    m->found++;
    if (!m->kinds) show_one("letters", thanks || praise, k->thanks, text);
    count(&m->either, thanks || praise, k->thanks || k->praise);
    count(&m->thanks, thanks, k->thanks);
    count(&m->praise, praise, k->praise);
}

static void look(struct marks *m, const json_t *thread) {
    str id, text;
    if (!json_take_str(thread, "id", &id)) return;
    for (struct mark *k = m->first; k; k = k->next) {
        if (!str_eq(k->id, id)) continue;
        if (!k->answer.n && json_take_str(thread, "letter", &text)) judge(m, k, text);
        const json_t *answers = json_object_get(thread, "answers");
        for (size_t i = 0; k->answer.n && i < json_array_size(answers); i++) {
            const json_t *one = json_array_get(answers, i);
            str answer;
            if (json_take_str(one, "id", &answer) && str_eq(answer, k->answer) &&
                json_take_str(one, "text", &text))
                judge(m, k, text);
        }
    }
}

static bool letters(const char *threads, const char *folder, const char *name, bool tuned) {
    ARENA_AUTO arena *a = arena_new(64 << 20);
    struct marks m = {.a = a};
    if (!marks_read(&m, folder, name)) return false;
    char *line = NULL;
    size_t cap = 0;
    FILE *f = fopen(threads, "r");
    if (!f) return false;
    for (ssize_t len; (len = getline(&line, &cap, f)) > 0;) {
        JSON_AUTO json_t *root = NULL;
        if (!json_read((str){line, (size_t)len}, &root)) look(&m, root);
    }
    free(line);
    fclose(f);
    print(tuned ? "letters looked at: either" : "letters kept aside: either", m.either);
    if (m.kinds) print("letters kept aside: thanks", m.thanks), print("letters kept aside: praise", m.praise);
    if (m.found != m.n) printf("only %d of %d marked letters were found in the data\n", m.found, m.n);
    return m.found == m.n && f1(m.either) * 100 >= LETTERS_MIN;
}

int main(int argc, char **argv) {
    const char *data = getenv("DATA");
    if (!data || !*data) return printf("DATA names no folder; nothing is measured\n"), 0;
    if (argc > 3) show = argv[3];
    const char *threads = argc > 1 ? argv[1] : "build/eval/threads.jsonl";
    const char *folder = argc > 2 ? argv[2] : "test/eval";
    bool good = emotions(data, "dev.tsv", "GoEmotions dev");
    if (show) emotions(data, "train.tsv", "GoEmotions train");
    good &= letters(threads, folder, "thanks_letters.jsonl", false);
    letters(threads, folder, "thanks.jsonl", true);
    return good ? 0 : 1;
}
