/* products_eval: does the matcher find the product that people mean?
 *
 *     products_eval [QUERIES.tsv]     DATA names the folder of data sets; its catalogue/ is read
 *     products_eval - < LETTERS       print what is found in each line
 *     products_eval --letters < LETTERS   how many lines have a hit, and the first of them
 *
 * A line of the queries: half, what is right, the text. Halves: tune; kept, not looked at before the matcher
 * was done, and little was changed after; late, written then. Right is an item's id; or ids parted by
 * "|" after "?", of which one must be among the candidates of a hit that abstains; or "-" for nothing.
 * Several, parted by a space, must all be there. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "desk/catalogue_read.h"

static arena *mem;

static str read_all(int fd) {
    BUF_AUTO buf b = BUF_MAX((size_t)512 << 20);
    ssize_t n = 0;
    char *to;
    while ((to = buf_room(&b, 1 << 20)) && (n = read(fd, to, 1 << 20)) > 0) buf_grew(&b, (size_t)n);
    return str_copy(mem, buf_str(&b));
}

static struct catalogue *load(const char *data) {
    static const char *const names[] = {"themes.csv",        "sets.csv",        "minifigs.csv",
                                        "parts.csv",         "inventories.csv", "inventory_minifigs.csv",
                                        "inventory_sets.csv"};
    enum { FILES = sizeof names / sizeof *names };
    struct catalogue_source files[FILES];
    for (int i = 0; i < FILES; i++) {
        str path = str_fmt(mem, "%s/catalogue/%s", data, names[i]);
        int fd = open(path.p, O_RDONLY | O_CLOEXEC);
        if (fd < 0) return NULL;
        files[i] = (struct catalogue_source){str_z(names[i]), read_all(fd)};
        close(fd);
    }
    struct catalogue_rows rows;
    struct catalogue_report report;
    if (catalogue_read(mem, files, FILES, NULL, &rows, &report)) return NULL;
    return catalogue_of_rows(mem, &rows);
}

static void say(const struct catalogue *c, const struct text *t, const struct catalogue_hit *h) {
    str span = text_span(t, h->from, h->to);
    str id = h->item == UINT32_MAX ? (str){"?", 1} : catalogue_item_at(c, h->item)->id;
    printf("    \"%.*s\" %.*s %.2f %s %.*s:", STR_FMT(span), STR_FMT(id), (double)h->sure, h->why,
           STR_FMT(h->why_arg));
    for (uint32_t i = 0; i < h->ncandidates; i++)
        printf(" %.*s", STR_FMT(catalogue_item_at(c, h->candidates[i])->id));
    printf("\n");
}

struct count {
    int queries, right, wrong, missed, abstained, abstained_right;
};

/* 1: resolved as wanted, 2: abstained with the wanted among the candidates, 0: not found. */
static int found(const struct catalogue *c, const catalogue_hit_list *hits, str id) {
    int best = 0;
    for (size_t i = 0; i < hits->n; i++) {
        const struct catalogue_hit *h = &hits->v[i];
        if (h->item != UINT32_MAX) {
            if (str_eq(catalogue_item_at(c, h->item)->id, id)) return 1;
            continue;
        }
        for (uint32_t k = 0; k < h->ncandidates; k++)
            if (str_eq(catalogue_item_at(c, h->candidates[k])->id, id)) best = 2;
    }
    return best;
}

static bool one_of(str ids, str id) {
    str one;
    while (str_split(&ids, '|', &one))
        if (str_eq(one, id)) return true;
    return false;
}

static bool wanted(str want, str id) {
    str one;
    while (str_split(&want, ' ', &one))
        if (one_of(str_starts(one, S("?")) ? str_slice(one, 1, one.n) : one, id)) return true;
    return false;
}

/* 'r'ight, 'w'rong (a hit that is not wanted), 'm'issed, 'a'bstained though it could be told, 'c'orrectly
 * abstained. */
static char judge(const struct catalogue *c, const catalogue_hit_list *hits, str want) {
    for (size_t i = 0; i < hits->n; i++)
        if (hits->v[i].item != UINT32_MAX && !wanted(want, catalogue_item_at(c, hits->v[i].item)->id))
            return 'w';
    if (str_eq(want, S("-"))) return hits->n ? 'w' : 'r';
    char verdict = 'r';
    str one, rest = want;
    while (str_split(&rest, ' ', &one)) {
        bool open = str_starts(one, S("?"));
        if (open) one = str_slice(one, 1, one.n);
        int best = 0;
        str id;
        for (str ids = one; str_split(&ids, '|', &id);) {
            int got = found(c, hits, id);
            if (got == 2 || (got == 1 && !best)) best = got;
        }
        if (!best) return 'm';
        if (open && best == 2 && verdict == 'r') verdict = 'c';
        if (!open && best == 2) verdict = 'a';
        if (open && best == 1) return 'w';
    }
    return verdict;
}

static void evaluate(const struct catalogue *c, str queries) {
    struct count counts[3] = {0};
    str line;
    bool show = getenv("SHOW") != NULL;
    while (str_line(&queries, &line)) {
        str half, want;
        if (!line.n || line.p[0] == '#' || !str_split(&line, '\t', &half) || !str_split(&line, '\t', &want))
            continue;
        arena *a = arena_new(0);
        struct text t;
        catalogue_hit_list hits;
        text_of(a, line, S("en"), &t);
        catalogue_find(c, a, &t, &hits);
        char verdict = judge(c, &hits, want);
        bool tune = str_eq(half, S("tune"));
        struct count *n = &counts[tune ? 0 : str_eq(half, S("kept")) ? 1 : 2];
        n->queries++;
        n->right += verdict == 'r' || verdict == 'c';
        n->wrong += verdict == 'w';
        n->missed += verdict == 'm';
        n->abstained += verdict == 'a';
        n->abstained_right += verdict == 'c';
        if (show && tune && verdict != 'r' && verdict != 'c') {
            printf("%c %.*s  <- %.*s\n", verdict, STR_FMT(want), STR_FMT(line));
            for (size_t i = 0; i < hits.n; i++) say(c, &t, &hits.v[i]);
        }
        arena_free(a);
    }
    printf("| products, half | queries | as wanted | of these rightly abstained | wrong | abstained "
           "needlessly | missed |\n"
           "|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"tuned on", "kept aside", "written last"};
        struct count *n = &counts[i];
        double of = n->queries ? n->queries / 100.0 : 1;
        printf("| %s | %d | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", names[i], n->queries,
               n->right / of, n->abstained_right / of, n->wrong / of, n->abstained / of, n->missed / of);
    }
}

static void letters(const struct catalogue *c, str lines, bool count) {
    size_t n = 0, with = 0, hits_n = 0;
    int64_t slowest = 0;
    str line;
    while (str_line(&lines, &line)) {
        arena *a = arena_new(0);
        struct text t;
        catalogue_hit_list hits;
        text_of(a, line, S("en"), &t);
        int64_t from = clock_monotonic_ms();
        catalogue_find(c, a, &t, &hits);
        int64_t took = clock_monotonic_ms() - from;
        if (took > slowest) slowest = took;
        n++;
        with += hits.n > 0;
        hits_n += hits.n;
        if (!count) printf("%.*s\n", STR_FMT(line));
        for (size_t i = 0; i < hits.n && (!count || with <= 200); i++) say(c, &t, &hits.v[i]);
        arena_free(a);
    }
    if (count)
        printf("%zu of %zu letters have a hit, %zu hits; the slowest took %lld ms\n", with, n, hits_n,
               (long long)slowest);
}

int main(int argc, char **argv) {
    const char *data = getenv("DATA"), *queries = argc > 1 ? argv[1] : "test/eval/products.tsv";
    if (!data || !*data) {
        printf("DATA=DIR names the folder of data sets; without it there is nothing to measure.\n");
        return 0;
    }
    mem = arena_new((size_t)2 << 30);
    struct catalogue *c = load(data);
    if (!c) {
        fprintf(stderr, "products_eval: %s/catalogue cannot be read.\n", data);
        return 1;
    }
    bool count = strcmp(queries, "--letters") == 0;
    int fd = count || strcmp(queries, "-") == 0 ? 0 : open(queries, O_RDONLY | O_CLOEXEC);
    str text = read_all(fd);
    if (fd)
        evaluate(c, text);
    else
        letters(c, text, count);
    catalogue_free(c);
    arena_free(mem);
    return 0;
}
