/* The languages of real letters as language_of tells them against the locale of the page they were written
 * on, a weak label: people write in English on pages in Finnish and in German on English ones.
 *
 *   languages_eval [--show LOCALE] THREADS.jsonl
 *
 * --show prints the ids of the letters where the two differ. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "letter/listen.h"

enum { LOCALES_MAX = 16, TAGS_MAX = 48, LETTERS_MAX = 40000 };

struct locale {
    char name[8];
    int letters, same, none;
    int tags[TAGS_MAX]; /* the others */
};
struct figures {
    struct locale locales[LOCALES_MAX];
    str tags[TAGS_MAX];
    size_t nlocales, ntags, bytes, n;
    str *letters;
    const char *show;
};

static struct locale *locale_of(struct figures *f, const char *name) {
    for (size_t i = 0; i < f->nlocales; i++)
        if (strcmp(f->locales[i].name, name) == 0) return &f->locales[i];
    if (f->nlocales == LOCALES_MAX || strlen(name) >= sizeof f->locales[0].name) return NULL;
    memcpy(f->locales[f->nlocales].name, name, strlen(name));
    return &f->locales[f->nlocales++];
}

static void count_other(struct figures *f, struct locale *l, str tag) {
    size_t i = 0;
    while (i < f->ntags && !str_eq(f->tags[i], tag)) i++;
    if (i == TAGS_MAX) return;
    if (i == f->ntags) f->tags[f->ntags++] = tag;
    l->tags[i]++;
}

static void measure(arena *a, struct figures *f, const json_t *row) {
    const char *name = json_string_value(json_object_get(row, "locale"));
    const char *text = json_string_value(json_object_get(row, "letter"));
    struct locale *l = name && text ? locale_of(f, name) : NULL;
    if (!l || f->n == LETTERS_MAX) return;
    str letter = f->letters[f->n++] = str_copy(a, str_z(text)), tag = language_of(letter);
    f->bytes += letter.n;
    l->letters++;
    if (tag.n == 0)
        l->none++;
    else if (str_eq(tag, str_slice(str_z(name), 0, 2)))
        l->same++;
    else
        count_other(f, l, tag);
    if (f->show && strcmp(f->show, name) == 0 && !str_eq(tag, str_slice(str_z(name), 0, 2)))
        printf("%.*s\t%s\n", STR_FMT(tag), json_string_value(json_object_get(row, "id")));
}

static void print(const struct figures *f) {
    struct timespec begin, end;
    size_t told = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (size_t i = 0; i < f->n; i++) told += language_of(f->letters[i]).n > 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    for (size_t i = 0; i < f->nlocales; i++) {
        const struct locale *l = &f->locales[i];
        printf("%-6s %6d letters, same %6d, none %4d, others:", l->name, l->letters, l->same, l->none);
        for (size_t k = 0; k < f->ntags; k++)
            if (l->tags[k]) printf(" %.*s %d", STR_FMT(f->tags[k]), l->tags[k]);
        putchar('\n');
    }
    double us = (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
    printf("languages: %zu letters of %zu bytes in the mean, %zu told; %.2f us a letter\n", f->n,
           f->n ? f->bytes / f->n : 0, told, f->n ? us / (double)f->n : 0);
}

int main(int argc, char **argv) {
    struct figures f = {.show = argc == 4 && strcmp(argv[1], "--show") == 0 ? argv[2] : NULL};
    FILE *in = argc == 2 || f.show ? fopen(argv[argc - 1], "rb") : NULL;
    if (!in) {
        fputs("usage: languages_eval [--show LOCALE] THREADS.jsonl\n", stderr);
        return 2;
    }
    ARENA_AUTO arena *a = arena_new(1 << 30);
    f.letters = arena_array(a, LETTERS_MAX, sizeof *f.letters);
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, in)) > 0;) {
        json_t *row = json_loadb(line, (size_t)n, 0, NULL);
        measure(a, &f, row);
        json_decref(row);
    }
    free(line);
    fclose(in);
    print(&f);
    return 0;
}
