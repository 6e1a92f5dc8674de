/* catalogue_bench: how fast a catalogue comes in, and how fast letters are matched against it.
 *
 *     DATA=DIR catalogue_bench [FOLDER]     DATA/catalogue is imported; FOLDER (.) takes the database
 *
 * The letters are made here: 120 words each, of forty sentences with names and numbers from the catalogue put
 * in, every third of them misspelled. Matching is measured in processor time of the one thread, the rest by
 * the clock. Prints rows of a table. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "cli/cli.h"
#include "db/migrate.h"
#include "desk/catalogue.h"
#include "desk/catalogue_read.h"
#include "kit.h"

enum { LETTERS = 2000, LETTER_WORDS = 120, ROUNDS = 5, BRAND = 1 };

static arena *mem;
static uint64_t seed = 42;

static void need(bool ok, const char *why) {
    if (ok) return;
    fprintf(stderr, "catalogue_bench: %s\n", why);
    exit(1);
}

static uint32_t dice(size_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % n);
}

static struct catalogue_source file_of(const char *data, const char *name) {
    str path = str_fmt(mem, "%s/catalogue/%s", data, name), bytes;
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    need(fd >= 0 && !cli_read_stream(mem, fd, (size_t)512 << 20, &bytes), path.p);
    close(fd);
    return (struct catalogue_source){str_z(name), bytes};
}

static void open_desk(const char *folder, struct desk *d) {
    str path = str_fmt(mem, "%s/catalogue-bench.db", folder);
    const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) unlink(str_fmt(mem, "%.*s%s", STR_FMT(path), ends[i]).p);
    struct db_migration *list;
    size_t n;
    struct db_migrate_report report;
    need(!db_open(&(struct db_options){.target = path}, &d->db), "no database");
    need(!cli_migrations(mem, &list, &n) && !db_migrate(d->db, list, n, 1, false, &report), "no schema");
}

static err make_brand(db_conn *c, void *arg) {
    (void)arg;
    return db_exec(c, "INSERT INTO brand (id, slug, name, zone, language, next_number, created_at) "
                      "VALUES (1, 'bench', 'Bench', 'UTC', 'en', 1, 1)");
}

static const char *const sentences[] = {
    "Hello, I am writing to you because something is wrong with what we bought last week.",
    "My daughter opened the box of the %n on Sunday morning and could not wait.",
    "The number on the side is %i, if that helps you.",
    "One bag was empty and another one had been opened before it came to us.",
    "We looked under the sofa, behind the shelves and even in the vacuum cleaner.",
    "My grandmother gave me the %n for my birthday, and I love it very much.",
    "I lost the little man with the blue helmet when we went to the swimming pool.",
    "Could you please tell me where I can find the instructions for it?",
    "He is seven years old and has saved his pocket money since Easter.",
    "It would be wonderful if you could send us the missing pieces.",
    "We also have the %n and the %n, and both of them are fantastic.",
    "I promise that I will keep it on my shelf from now on.",
    "The delivery took eleven days, and nobody answered the telephone.",
    "Thank you very much for your help and greetings from all of us.",
    "I tried to call you three times yesterday between 10 and 12 o'clock.",
};

static void add_name(buf *b, str name) {
    bool wrong = dice(3) == 0 && name.n > 8;
    size_t at = wrong ? 3 + dice(name.n - 4) : name.n;
    buf_add(b, str_slice(name, 0, at));
    if (wrong) buf_add(b, str_slice(name, at + 1, name.n));
}

static str letter(const struct catalogue *c) {
    BUF_AUTO buf b = BUF_MAX(1 << 16);
    size_t words = 0;
    while (words < LETTER_WORDS) {
        const char *s = sentences[dice(sizeof sentences / sizeof *sentences)];
        for (; *s; s++) {
            const struct catalogue_item *item;
            do item = catalogue_item_at(c, dice(catalogue_size(c)));
            while (item->kind == CATALOGUE_PART);
            words += *s == ' ';
            if (*s != '%')
                buf_add_char(&b, *s);
            else if (*++s == 'n')
                add_name(&b, item->name);
            else
                buf_add(&b, item->id);
        }
        buf_add_char(&b, ' ');
    }
    return str_copy(mem, buf_str(&b));
}

static void match(const struct catalogue *c) {
    str *letters = arena_array(mem, LETTERS, sizeof *letters);
    for (int i = 0; i < LETTERS; i++) letters[i] = letter(c);
    double best = 1e9, best_text = 1e9, worst = 0;
    size_t hits_n = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double find = 0, cut = 0;
        hits_n = 0;
        arena *a = arena_new(0);
        for (int i = 0; i < LETTERS; i++) {
            struct text t;
            catalogue_hit_list hits;
            double from = seconds(CLOCK_THREAD_CPUTIME_ID);
            text_of(a, letters[i], S("en"), &t);
            double middle = seconds(CLOCK_THREAD_CPUTIME_ID);
            catalogue_find(c, a, &t, &hits);
            double took = seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
            cut += middle - from;
            find += took;
            if (round && took > worst) worst = took;
            hits_n += hits.n;
            arena_reset(a);
        }
        arena_free(a);
        if (find < best) best = find;
        if (cut < best_text) best_text = cut;
    }
    printf("| products and parts found in a letter of %d words | | %.0f us (%.0f letters/s; slowest %.0f us; "
           "%.1f hits a letter; "
           "cutting it into words before that %.0f us) |\n",
           LETTER_WORDS, best / LETTERS * 1e6, LETTERS / best, worst * 1e6, (double)hits_n / LETTERS,
           best_text / LETTERS * 1e6);
}

int main(int argc, char **argv) {
    static const char *const names[] = {"themes.csv",        "sets.csv",        "minifigs.csv",
                                        "parts.csv",         "inventories.csv", "inventory_minifigs.csv",
                                        "inventory_sets.csv"};
    enum { FILES = sizeof names / sizeof *names };
    const char *data = getenv("DATA");
    if (!data || !*data) {
        printf("DATA=DIR names the folder of data sets; without it there is no catalogue to measure with.\n");
        return 0;
    }
    random_start();
    mem = arena_new((size_t)2 << 30);
    struct catalogue_source files[FILES];
    for (int i = 0; i < FILES; i++) files[i] = file_of(data, names[i]);
    struct desk d = {0};
    open_desk(argc > 1 ? argv[1] : ".", &d);
    need(!db_write(d.db, make_brand, NULL), "no brand");
    struct catalogue_report report;
    double from = seconds(CLOCK_MONOTONIC);
    need(!catalogue_import(&d, mem, BRAND, files, FILES, NULL, &report), err_text());
    double first = seconds(CLOCK_MONOTONIC) - from;
    from = seconds(CLOCK_MONOTONIC);
    need(!catalogue_import(&d, mem, BRAND, files, FILES, NULL, &report), err_text());
    double again = seconds(CLOCK_MONOTONIC) - from;
    struct catalogue *c;
    from = seconds(CLOCK_MONOTONIC);
    need(!catalogue_load(&d, BRAND, &c), err_text());
    double load = seconds(CLOCK_MONOTONIC) - from;
    printf("| catalogue import, %zu rows, SQLite | <= 5 s | %.2f s (the same again: %.2f s) |\n",
           catalogue_size(c), first, again);
    printf("| catalogue from the database into memory | | %.2f s |\n", load);
    printf("| catalogue in memory | | %.1f MB |\n", (double)catalogue_memory(c) / 1e6);
    match(c);
    catalogue_free(c);
    db_close(d.db);
    arena_free(mem);
    return 0;
}
