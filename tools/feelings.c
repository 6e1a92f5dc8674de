/* feelings: train the model of letter/feeling.h.
 *
 *     feelings TRAIN.tsv LETTERS.tsv OUT.feelings
 *
 * TRAIN.tsv is GoEmotions' (text, tab, label numbers with commas; Google Research, Apache License 2.0).
 * LETTERS.tsv (tools/feelings.letters.tsv, of the same form, our own) holds what people write in letters and
 * not in posts: greetings, requests, regards. The same files give the same model: the seed is fixed. Needs
 * half a minute and 100 MB.
 *
 * One logistic regression per label over all of feeling_features, AdaGrad steps with decay; then only the
 * features that weigh most are kept and trained again. The bars of each label come from five-fold
 * cross-validation on the training file, features chosen anew in each fold; nothing else is looked at. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "letter/feeling.h"

enum {
    WIDE = 32,
    FOLDS = 5,
    ROUNDS = 8,
    SEEN_OFTEN = 2,
    KEEP = 18800,
    ALWAYS = 255,
    REPEAT = 10,
    BUCKETS = 1 << 14,
    OUT_MAX = 4 << 20
};
static const float STEP = 0.6f, DECAY = 0.03f;
/* Seven of ten shown feelings must be right in cross-validation, over at least so many. */
static const double SHOW_PRECISION = 0.70;
enum { SHOW_LEAST = 12 };

struct set {
    size_t n, nfeatures, room;
    uint32_t *labels, *from; /* n bit sets; n + 1 places in features */
    uint32_t *features;      /* hashes, later places in `known` */
};
struct training {
    struct set set;
    size_t nposts;   /* the first texts; after them the letters, REPEAT times, which are in every fold's
                        training */
    uint32_t *known; /* the hashes, ascending */
    size_t nknown;
    float (*weights)[WIDE], (*steps)[WIDE];
    float bias[WIDE], bias_steps[WIDE];
    bool *kept;
    uint8_t *fold;
    float (*scores)[WIDE]; /* of each text by the model that did not see it */
};
struct bars {
    float likely, show;
    double f1, precision, recall; /* the last two where shown */
};

static _Noreturn void die(const char *what, const char *why) {
    fprintf(stderr, "feelings: %s: %s\n", what, why);
    exit(1);
}

static void *must(void *p) {
    if (!p) die("memory", "there is none left");
    return p;
}

static uint64_t dice(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t read_labels(str s) {
    uint32_t bits = 0;
    str one;
    int64_t v;
    while (str_split(&s, ',', &one))
        if (str_to_int(one, &v) && v >= 0 && v < FEELING_LABELS) bits |= 1u << v;
    return bits;
}

static void add_text(struct set *s, arena *a, str text, uint32_t labels) {
    static uint32_t hashes[FEELING_FEATURES_MAX];
    struct text t;
    text_of(a, text, S("en"), &t);
    size_t n = feeling_features(&t, 0, t.nwords, hashes);
    if (s->nfeatures + n > s->room) {
        s->room = s->room ? s->room * 2 : 1 << 22;
        s->features = must(realloc(s->features, s->room * sizeof *s->features));
    }
    memcpy(s->features + s->nfeatures, hashes, n * sizeof *hashes);
    s->nfeatures += n;
    s->labels[s->n++] = labels;
    s->from[s->n] = (uint32_t)s->nfeatures;
}

static void read_set(const char *path, struct set *s) {
    FILE *f = fopen(path, "rb");
    if (!f) die(path, strerror(errno));
    enum { TEXTS_MAX = 200000 };
    if (!s->labels) {
        s->labels = must(calloc(TEXTS_MAX, sizeof *s->labels));
        s->from = must(calloc(TEXTS_MAX + 1, sizeof *s->from));
    }
    arena *a = arena_new(0);
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; s->n < TEXTS_MAX && (n = getline(&line, &cap, f)) > 0; arena_reset(a)) {
        str rest = {line, (size_t)n}, text, labels;
        if (str_split(&rest, '\t', &text) && str_split(&rest, '\t', &labels))
            add_text(s, a, text, read_labels(labels));
    }
    free(line);
    arena_free(a);
    fclose(f);
    if (s->n < 1000) die(path, "there are fewer than 1,000 texts in it");
}

/* What is seen twice becomes known; the rest is forgotten. */
static void number_features(struct training *t) {
    struct set *s = &t->set;
    uint32_t *sorted = must(malloc(s->nfeatures * sizeof *sorted));
    memcpy(sorted, s->features, s->nfeatures * sizeof *sorted);
    qsort(sorted, s->nfeatures, sizeof *sorted, by_number);
    for (size_t i = 0, j; i < s->nfeatures; i = j) {
        for (j = i; j < s->nfeatures && sorted[j] == sorted[i];) j++;
        if (j - i >= SEEN_OFTEN) sorted[t->nknown++] = sorted[i];
    }
    t->known = sorted;
    size_t out = 0, begin = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t end = s->from[i + 1];
        for (size_t k = begin; k < end; k++) {
            uint32_t *at = bsearch(&s->features[k], sorted, t->nknown, sizeof *sorted, by_number);
            if (at) s->features[out++] = (uint32_t)(at - sorted);
        }
        begin = end;
        s->from[i + 1] = (uint32_t)out;
    }
}

/* The scores of text `i`; returns 1/sqrt of how many features it has, by which each counts. */
static float score(const struct training *t, size_t i, float z[WIDE]) {
    float sums[WIDE] = {0}, n = 0;
    for (size_t k = t->set.from[i]; k < t->set.from[i + 1]; k++) {
        if (!t->kept[t->set.features[k]]) continue;
        const float *w = t->weights[t->set.features[k]];
        for (int l = 0; l < WIDE; l++) sums[l] += w[l];
        n++;
    }
    float norm = 1 / sqrtf(n > 1 ? n : 1);
    for (int l = 0; l < WIDE; l++) z[l] = sums[l] * norm + t->bias[l];
    return norm;
}

static void learn(struct training *t, size_t i, float step) {
    float g[WIDE], norm = score(t, i, g);
    for (int l = 0; l < WIDE; l++)
        g[l] = l < FEELING_LABELS ? 1 / (1 + expf(-g[l])) - (float)(t->set.labels[i] >> l & 1) : 0;
    for (int l = 0; l < WIDE; l++) {
        t->bias_steps[l] += g[l] * g[l];
        t->bias[l] -= step * g[l] / sqrtf(t->bias_steps[l]);
    }
    for (size_t k = t->set.from[i]; k < t->set.from[i + 1]; k++) {
        uint32_t f = t->set.features[k];
        if (!t->kept[f]) continue;
        float *w = t->weights[f], *steps = t->steps[f];
        for (int l = 0; l < WIDE; l++) {
            float d = g[l] * norm + DECAY * w[l];
            steps[l] += d * d;
            w[l] -= step * d / sqrtf(steps[l]);
        }
    }
}

/* On all texts but those of `fold` (-1: on all). */
static void train(struct training *t, int fold) {
    memset(t->weights, 0, t->nknown * sizeof *t->weights);
    for (size_t f = 0; f < t->nknown; f++)
        for (int l = 0; l < WIDE; l++) t->steps[f][l] = 1e-3f;
    for (int l = 0; l < WIDE; l++) {
        t->bias[l] = -3;
        t->bias_steps[l] = 1;
    }
    uint32_t *order = must(malloc(t->set.n * sizeof *order));
    size_t n = 0;
    for (size_t i = 0; i < t->set.n; i++)
        if (t->fold[i] != fold) order[n++] = (uint32_t)i;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = n; i > 1; i--) {
            size_t j = dice() % i;
            uint32_t other = order[i - 1];
            order[i - 1] = order[j];
            order[j] = other;
        }
        for (size_t i = 0; i < n; i++) learn(t, order[i], STEP * (1 - (float)round / ROUNDS));
    }
    free(order);
}

static int by_weight_down(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Train on everything known, keep what weighs most where it is often met, train on that alone. */
static void train_kept(struct training *t, int fold) {
    for (size_t f = 0; f < t->nknown; f++) t->kept[f] = true;
    train(t, fold);
    float *worth = must(calloc(t->nknown, sizeof *worth)), *sorted = must(calloc(t->nknown, sizeof *sorted));
    for (size_t i = 0; i < t->set.n; i++)
        for (size_t k = t->set.from[i]; k < t->set.from[i + 1]; k++)
            if (t->fold[i] != fold) worth[t->set.features[k]]++;
    for (size_t f = 0; f < t->nknown; f++) {
        float sum = 0;
        for (int l = 0; l < FEELING_LABELS; l++) sum += t->weights[f][l] * t->weights[f][l];
        worth[f] = sorted[f] = sqrtf(sum * worth[f]);
    }
    qsort(sorted, t->nknown, sizeof *sorted, by_weight_down);
    float least = t->nknown > KEEP ? sorted[KEEP] : 0;
    for (size_t f = 0; f < t->nknown; f++) t->kept[f] = worth[f] > least;
    free(worth);
    free(sorted);
    train(t, fold);
}

struct scored {
    float score;
    bool right, fitting; /* has the label; or one that the desk calls the same */
};

static int by_score_down(const void *a, const void *b) {
    return by_weight_down(&((const struct scored *)a)->score, &((const struct scored *)b)->score);
}

static bool fits(uint32_t labels, unsigned label) {
    feeling own, other;
    if (!feeling_of_label(label, &own)) return labels >> label & 1;
    for (unsigned l = 0; l < FEELING_LABELS; l++)
        if ((labels >> l & 1) && feeling_of_label(l, &other) && other == own) return true;
    return false;
}

static float between(const struct scored *v, size_t i) { return (v[i].score + v[i + 1].score) / 2; }

/* F1 is smoothed over neighbouring cuts, since of rare labels single texts make it jump. What is shown is
 * likely, too. */
static struct bars set_bars(const struct scored *v, size_t n, size_t right) {
    struct bars b = {.show = INFINITY};
    double *sum = must(calloc(n + 1, sizeof *sum)), best = 0;
    size_t tp = 0, reach = 1 + right / 20, likely = 0;
    for (size_t i = 0; i < n; i++) {
        tp += v[i].right;
        sum[i + 1] = sum[i] + 2.0 * (double)tp / (double)(i + 1 + right);
    }
    for (size_t i = reach; i + reach + 1 < n; i++) {
        double smooth = (sum[i + reach + 1] - sum[i - reach]) / (double)(2 * reach + 1);
        if (smooth <= best) continue;
        best = smooth;
        likely = i;
    }
    b.f1 = sum[likely + 1] - sum[likely];
    b.likely = between(v, likely);
    size_t fitting = tp = 0;
    for (size_t i = 0; i <= likely; i++) {
        tp += v[i].right;
        fitting += v[i].fitting;
        if (i + 1 < SHOW_LEAST || (double)fitting < SHOW_PRECISION * (double)(i + 1)) continue;
        b.show = between(v, i);
        b.precision = (double)fitting / (double)(i + 1);
        b.recall = (double)tp / (double)right;
    }
    free(sum);
    return b;
}

static struct bars bars_of(const struct training *t, unsigned label) {
    struct scored *v = must(malloc(t->nposts * sizeof *v));
    size_t right = 0;
    for (size_t i = 0; i < t->nposts; i++) {
        v[i] = (struct scored){t->scores[i][label], t->set.labels[i] >> label & 1,
                               fits(t->set.labels[i], label)};
        right += v[i].right;
    }
    qsort(v, t->nposts, sizeof *v, by_score_down);
    struct bars b = set_bars(v, t->nposts, right ? right : 1);
    free(v);
    return b;
}

static void cross_validate(struct training *t, struct bars ret[FEELING_LABELS]) {
    t->scores = must(calloc(t->set.n, sizeof *t->scores));
    memset(t->fold, ALWAYS, t->set.n);
    for (size_t i = 0; i < t->nposts; i++) t->fold[i] = (uint8_t)(((uint32_t)i * 2654435761u >> 16) % FOLDS);
    for (int fold = 0; fold < FOLDS; fold++) {
        train_kept(t, fold);
        for (size_t i = 0; i < t->nposts; i++)
            if (t->fold[i] == fold) score(t, i, t->scores[i]);
        fprintf(stderr, "fold %d of %d\n", fold + 1, FOLDS);
    }
    for (unsigned l = 0; l < FEELING_LABELS; l++) ret[l] = bars_of(t, l);
}

static void add_u16(buf *out, size_t v) {
    buf_add_char(out, (char)(v & 255));
    buf_add_char(out, (char)(v >> 8 & 255));
}

static void add_u32(buf *out, uint32_t v) {
    add_u16(out, v & 0xFFFF);
    add_u16(out, v >> 16);
}

static void add_float(buf *out, float v) {
    uint32_t bits;
    memcpy(&bits, &v, 4);
    add_u32(out, bits);
}

static void add_about(buf *out, const struct training *t, const struct bars bars[FEELING_LABELS]) {
    double macro = 0;
    for (int l = 0; l < FEELING_LABELS; l++) macro += bars[l].f1 / FEELING_LABELS;
    buf_add_fmt(
        out,
        "Weights of a linear model of 28 feelings in English, made by tools/feelings.c from %zu texts "
        "of GoEmotions (Demszky et al. 2020; Google Research, Apache License 2.0), file train.tsv. "
        "Holds no text of it.\nCross-validated on these texts: macro-F1 %.3f. By label: F1; precision "
        "and recall where sure enough to show.\n",
        t->set.n, macro);
    for (unsigned l = 0; l < FEELING_LABELS; l++)
        buf_add_fmt(out, "%s %.2f; %.2f %.2f\n", feeling_label_name(l), bars[l].f1, bars[l].precision,
                    bars[l].recall);
}

static uint32_t bucket_of(uint32_t hash) { return hash & (BUCKETS - 1); }

struct placed {
    uint32_t bucket, feature;
};

static int by_bucket(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    return x->bucket != y->bucket ? by_number(&x->bucket, &y->bucket) : by_number(&x->feature, &y->feature);
}

static void add_rows(buf *out, const struct training *t, const uint32_t *order, size_t n,
                     const float scale[FEELING_LABELS]) {
    for (size_t i = 0, b = 0; b <= BUCKETS; b++) {
        while (i < n && bucket_of(t->known[order[i]]) < b) i++;
        add_u16(out, i);
    }
    for (size_t i = 0; i < n; i++) add_u16(out, t->known[order[i]] >> 16);
    for (size_t i = 0; i < n; i++)
        for (int l = 0; l < FEELING_LABELS; l++) {
            float v = roundf(t->weights[order[i]][l] / scale[l]);
            buf_add_char(out, (char)(int8_t)(v > 127 ? 127 : v < -127 ? -127 : v));
        }
}

static void write_model(const struct training *t, const struct bars bars[FEELING_LABELS], buf *out) {
    size_t n = 0;
    float scale[FEELING_LABELS] = {0};
    uint32_t *order = must(calloc(t->nknown, sizeof *order));
    struct placed *places = must(calloc(t->nknown, sizeof *places));
    for (size_t f = 0; f < t->nknown; f++)
        if (t->kept[f]) places[n++] = (struct placed){bucket_of(t->known[f]), (uint32_t)f};
    qsort(places, n, sizeof *places, by_bucket);
    for (size_t i = 0; i < n; i++) order[i] = places[i].feature;
    free(places);
    for (size_t i = 0; i < n; i++)
        for (int l = 0; l < FEELING_LABELS; l++)
            scale[l] = fmaxf(scale[l], fabsf(t->weights[order[i]][l]) / 127);
    BUF_AUTO buf about = BUF_MAX(64 << 10);
    add_about(&about, t, bars);
    buf_add(out, S("LHFEEL1\n"));
    add_u32(out, BUCKETS);
    add_u32(out, (uint32_t)n);
    add_u32(out, (uint32_t)about.n);
    for (int l = 0; l < FEELING_LABELS; l++) add_float(out, scale[l]);
    for (int l = 0; l < FEELING_LABELS; l++) add_float(out, t->bias[l]);
    for (int l = 0; l < FEELING_LABELS; l++) add_float(out, bars[l].likely);
    for (int l = 0; l < FEELING_LABELS; l++) add_float(out, bars[l].show);
    add_rows(out, t, order, n, scale);
    buf_add(out, buf_str(&about));
    uint64_t sum = str_hash(buf_str(out));
    add_u32(out, (uint32_t)sum);
    add_u32(out, (uint32_t)(sum >> 32));
    printf("%.*s%zu features known, %zu kept, %zu bytes\n", STR_FMT(buf_str(&about)), t->nknown, n, out->n);
    free(order);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: feelings TRAIN.tsv LETTERS.tsv OUT.feelings\n");
        return 2;
    }
    struct training t = {0};
    struct bars bars[FEELING_LABELS];
    read_set(argv[1], &t.set);
    t.nposts = t.set.n;
    for (int i = 0; i < REPEAT; i++) read_set(argv[2], &t.set);
    number_features(&t);
    t.weights = must(calloc(t.nknown, sizeof *t.weights));
    t.steps = must(calloc(t.nknown, sizeof *t.steps));
    t.kept = must(calloc(t.nknown, sizeof *t.kept));
    t.fold = must(calloc(t.set.n, 1));
    cross_validate(&t, bars);
    memset(t.fold, 0, t.set.n);
    train_kept(&t, -1);
    BUF_AUTO buf out = BUF_MAX(OUT_MAX);
    write_model(&t, bars, &out);
    FILE *f = fopen(argv[3], "wb");
    if (!f || !buf_ok(&out) || fwrite(out.p, 1, out.n, f) != out.n || fclose(f) != 0)
        die(argv[3], "cannot write it");
    return 0;
}
