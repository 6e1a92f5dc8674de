/* listen_bench: letters a second through listen_to(), on one core, with the catalogue of DATA loaded.
 *
 *     DATA=DIR listen_bench [THREADS.jsonl]
 *
 * The letters are the demo's, over and over, and those of THREADS when it is named (a JSON object with
 * "letter" a line). Without DATA there is no catalogue, and the row says so. The least of several rounds is
 * what counts: other work on the machine only ever adds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/embedded.h"
#include "desk/catalogue_read.h"
#include "format/json.h"
#include "format/mime.h"
#include "kit.h"
#include "letter/listen.h"

enum {
    ROUNDS = 5,
    LETTERS_A_ROUND = 6000,
    THREADS_MAX = 6000,
    FILE_BYTES_MAX = 64 << 20,
    LINE_MAX_BYTES = 1 << 20
};

typedef LIST(struct listen_input) input_list;

static arena *mem;

static str read_file(const char *folder, const char *name) {
    str path = str_fmt(mem, "%s/catalogue/%s", folder, name);
    FILE *f = fopen(str_cstr(mem, path), "rb");
    if (!f) return (str){0};
    char *bytes = malloc(FILE_BYTES_MAX);
    size_t n = bytes ? fread(bytes, 1, FILE_BYTES_MAX, f) : 0;
    fclose(f);
    str s = {arena_copy(mem, bytes, n), n};
    free(bytes);
    return s;
}

/* NULL without DATA. */
static struct catalogue *load_catalogue(void) {
    static const char *const names[] = {"sets.csv",           "minifigs.csv",        "parts.csv",
                                        "themes.csv",         "inventories.csv",     "inventory_minifigs.csv",
                                        "inventory_sets.csv", "part_categories.csv", "colors.csv"};
    enum { FILES = sizeof names / sizeof *names };
    const char *data = getenv("DATA");
    if (!data) return NULL;
    struct catalogue_source files[FILES];
    for (size_t i = 0; i < FILES; i++)
        files[i] = (struct catalogue_source){str_z(names[i]), read_file(data, names[i])};
    struct catalogue_rows rows = {0};
    struct catalogue_report report = {0};
    if (catalogue_read(mem, files, FILES, NULL, &rows, &report)) {
        fprintf(stderr, "listen_bench: %s\n", err_text());
        exit(1);
    }
    return catalogue_of_rows(mem, &rows);
}

static void demo_letters(input_list *inputs) {
    size_t n;
    const struct embedded_file *all = embedded_all(&n);
    for (size_t i = 0; i < n; i++) {
        if (!str_starts(str_z(all[i].path), S("demo/"))) continue;
        struct mime_letter m;
        if (mime_read(mem, (str){(const char *)all[i].bytes, all[i].n}, &mime_default_limits, &m)) continue;
        *list_add(mem, inputs) = (struct listen_input){
            .text = m.text,
            .subject = m.subject,
            .from_name = m.from.n ? m.from.v[0].name : (str){0},
            .from_address = m.from.n ? m.from.v[0].address : (str){0},
        };
    }
}

static void thread_letters(const char *path, input_list *inputs) {
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    if (!f) {
        fprintf(stderr, "listen_bench: %s cannot be read\n", path);
        exit(1);
    }
    while (inputs->n < THREADS_MAX && (n = getline(&line, &cap, f)) > 0) {
        JSON_AUTO json_t *json = NULL;
        str letter;
        if (n > LINE_MAX_BYTES || json_read(str_trim((str){line, (size_t)n}), &json)) continue;
        if (json_take_str(json, "letter", &letter))
            *list_add(mem, inputs) = (struct listen_input){.text = str_copy(mem, letter)};
    }
    free(line);
    fclose(f);
}

static void measure(const char *what, const input_list *inputs, const struct catalogue *catalogue) {
    double best = 1e9;
    uint64_t words = 0, findings = 0;
    if (!inputs->n) return;
    ARENA_AUTO arena *a = arena_new(0);
    for (int round = 0; round < ROUNDS; round++) {
        words = findings = 0;
        double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < LETTERS_A_ROUND; i++) {
            struct listen_input in = inputs->v[i % inputs->n];
            struct heard heard;
            in.catalogue = catalogue;
            listen_to(a, &in, &heard);
            words += heard.text.nwords;
            findings += heard.findings.n;
            arena_reset(a);
        }
        double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
        if (took < best) best = took;
    }
    printf("| listening, %s, %.0f words and %.1f findings a letter, %s | >= 5,000/s | %.0f/s, %.0f us a "
           "letter |\n",
           what, (double)words / LETTERS_A_ROUND, (double)findings / LETTERS_A_ROUND,
           catalogue ? "full catalogue" : "no catalogue", LETTERS_A_ROUND / best,
           best * 1e6 / LETTERS_A_ROUND);
}

int main(int argc, char **argv) {
    mem = arena_new((size_t)2 << 30);
    struct catalogue *catalogue = load_catalogue();
    input_list demo = {0}, threads = {0};
    demo_letters(&demo);
    if (argc > 1) thread_letters(argv[1], &threads);
    printf("| what | limit | measured |\n|---|---|---|\n");
    measure("the demo's letters", &demo, catalogue);
    measure("support letters", &threads, catalogue);
    catalogue_free(catalogue);
    arena_free(mem);
    return 0;
}
