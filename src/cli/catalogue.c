/* import-catalogue: a folder of CSV files into a brand's catalogue. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lang.h"
#include "cli/cli.h"
#include "desk/catalogue.h"
#include "format/json.h"
#include "store/brand.h"

enum { FILE_MAX = 512 << 20, FILES_MAX = 100, PROBLEMS_SHOWN = 20 };

typedef LIST(struct catalogue_source) source_list;

/* What the reading of an .gz holds. */
static err unpack(arena *a, int fd, str name, str *ret) {
    struct archive *ar = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_filter_gzip(ar);
    archive_read_support_format_raw(ar);
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    la_ssize_t n = -1;
    if (archive_read_open_fd(ar, fd, 1 << 16) == ARCHIVE_OK &&
        archive_read_next_header(ar, &entry) == ARCHIVE_OK)
        do {
            char *room = buf_room(&b, 1 << 20);
            n = room ? archive_read_data(ar, room, 1 << 20) : 0;
            if (n > 0) buf_grew(&b, (size_t)n);
        } while (n > 0);
    archive_read_free(ar);
    if (!buf_ok(&b)) return err_set(ERR_LIMIT, "%.*s holds more than 512 MB.", STR_FMT(name));
    if (n < 0) return err_set(ERR_INVALID, "%.*s cannot be unpacked.", STR_FMT(name));
    *ret = str_copy(a, buf_str(&b));
    return ERR_NONE;
}

static err read_one(arena *a, int folder, const char *name, source_list *files) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        if (fd >= 0) close(fd);
        return err_set(ERR_IO, "%s cannot be read.", name);
    }
    str file = str_copy(a, str_z(name)), bytes;
    bool packed = str_ends(file, S(".gz"));
    err e = packed ? unpack(a, fd, file, &bytes) : cli_read_stream(a, fd, FILE_MAX, &bytes);
    close(fd);
    if (e) return e;
    *list_add(a, files) = (struct catalogue_source){packed ? str_slice(file, 0, file.n - 3) : file, bytes};
    return ERR_NONE;
}

static err read_folder(arena *a, const char *path, source_list *ret) {
    DIR *d = opendir(path);
    if (!d) return err_set(ERR_IO, "%s cannot be opened: %s.", path, strerror(errno));
    err e = ERR_NONE;
    for (struct dirent *entry; !e && (entry = readdir(d));) {
        str name = str_z(entry->d_name);
        if (entry->d_name[0] == '.' || !(str_ends(name, S(".csv")) || str_ends(name, S(".csv.gz")))) continue;
        e = ret->n == FILES_MAX ? err_set(ERR_LIMIT, "%s holds more than %d CSV files.", path, FILES_MAX)
                                : read_one(a, dirfd(d), entry->d_name, ret);
    }
    closedir(d);
    return e;
}

static void bar(void *context, const char *stage, size_t done, size_t total) {
    (void)context;
    int part = total ? (int)((double)done * 30 / (double)total) : 30;
    fprintf(stderr, "\r%-8s [%.*s%*s] %3d %%", stage, part, "##############################", 30 - part, "",
            part * 100 / 30);
    if (done == total && strcmp(stage, "writing") == 0) fprintf(stderr, "\r%60s\r", "");
    fflush(stderr);
}

static str problem_says(arena *a, const struct catalogue_problem *p) {
    BUF_AUTO buf b = BUF_MAX(4096);
    lang_fmt(&b, NULL, p->why, &p->detail, 1);
    return str_copy(a, buf_str(&b));
}

static void json_counts(struct json_out *j, const char *key, const catalogue_file_list *files) {
    json_key(j, str_z(key));
    json_open_array(j);
    for (size_t i = 0; i < files->n; i++) {
        json_open_object(j);
        json_key(j, S("file")), json_str(j, files->v[i].file);
        json_key(j, S("rows")), json_int(j, (int64_t)files->v[i].rows);
        json_close_object(j);
    }
    json_close_array(j);
}

static err print_json(arena *a, const struct catalogue_report *r) {
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("format")), json_str(&j, r->format);
    json_key(&j, S("version")), json_int(&j, r->version);
    const struct {
        const char *key;
        size_t n;
    } counts[] = {{"products", r->products}, {"figures", r->figures}, {"parts", r->parts},
                  {"links", r->links},       {"aliases", r->aliases}, {"colours", r->colours},
                  {"pieces", r->pieces},     {"added", r->added},     {"changed", r->changed},
                  {"returned", r->returned}, {"retired", r->retired}, {"left_out", r->nproblems}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_key(&j, str_z(counts[i].key)), json_int(&j, (int64_t)counts[i].n);
    json_counts(&j, "read", &r->read);
    json_counts(&j, "ignored", &r->ignored);
    json_key(&j, S("problems"));
    json_open_array(&j);
    for (size_t i = 0; i < r->problems.n; i++) {
        json_open_object(&j);
        json_key(&j, S("file")), json_str(&j, r->problems.v[i].file);
        json_key(&j, S("line")), json_int(&j, (int64_t)r->problems.v[i].line);
        json_key(&j, S("says")), json_str(&j, problem_says(a, &r->problems.v[i]));
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    if (!json_done(&j)) return err_set(ERR_LIMIT, "The report is too long.");
    printf("%.*s\n", (int)b.n, b.p);
    return ERR_NONE;
}

static void print_plain(arena *a, const struct catalogue_report *r) {
    printf("%zu products, %zu figures and %zu parts; %zu rows of contents, %zu other names\n", r->products,
           r->figures, r->parts, r->links, r->aliases);
    if (r->pieces) printf("%zu kinds of pieces in products, %zu colours\n", r->pieces, r->colours);
    printf("%zu are new, %zu changed, %zu came back, %zu are retired\n", r->added, r->changed, r->returned,
           r->retired);
    for (size_t i = 0; i < r->ignored.n; i++)
        printf("%.*s is not used (%zu rows)\n", STR_FMT(r->ignored.v[i].file), r->ignored.v[i].rows);
    if (r->nproblems) printf("%zu rows were left out:\n", r->nproblems);
    for (size_t i = 0; i < r->problems.n && i < PROBLEMS_SHOWN; i++) {
        str says = problem_says(a, &r->problems.v[i]);
        printf("  %.*s line %zu: %.*s\n", STR_FMT(r->problems.v[i].file), r->problems.v[i].line,
               STR_FMT(says));
    }
    if (r->nproblems > PROBLEMS_SHOWN)
        printf("  and %zu more; --json names the first %d\n", r->nproblems - PROBLEMS_SHOWN,
               CATALOGUE_PROBLEMS_MAX);
}

static err brand_of(struct cli_desk *c, const char *slug, int64_t *ret) {
    if (!slug) return cli_brand(c, ret);
    DB_READ_AUTO db_conn *conn = NULL;
    struct store_brand brand;
    TRY(db_read_begin(c->desk.db, &conn));
    TRY(store_brand_by_slug(conn, c->arena, str_z(slug), &brand));
    *ret = brand.id;
    return ERR_NONE;
}

enum { OPT_DATA, OPT_DB, OPT_BRAND, OPT_JSON };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"brand", false, "the brand's short name (the first brand)"},
    {"json", true, "as JSON"},
    {0},
};

static err import(struct cli_desk *c, arena *a, const struct cli_args *args) {
    source_list files = {0};
    int64_t brand;
    struct catalogue_report report;
    struct catalogue_progress progress = {isatty(STDERR_FILENO) ? bar : NULL, NULL};
    TRY(brand_of(c, args->value[OPT_BRAND], &brand));
    TRY(read_folder(a, args->operand[0], &files));
    TRY(catalogue_import(&c->desk, a, brand, files.v, files.n, &progress, &report));
    if (args->value[OPT_JSON]) return print_json(a, &report);
    print_plain(a, &report);
    return ERR_NONE;
}

int verb_import_catalogue(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("import-catalogue"), options, 1, 1, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[OPT_DATA], args.value[OPT_DB], CLI_MUST_EXIST, &c))
        return cli_fail("import-catalogue", NULL);
    ARENA_AUTO arena *a = arena_new((size_t)4 << 30);
    return import(&c, a, &args) ? cli_fail("import-catalogue", NULL) : EXIT_DONE;
}
