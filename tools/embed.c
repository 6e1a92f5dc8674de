/* embed: put files into the program, as the table of base/embedded.h.
 *
 *     embed OUT.c OUT.h [NAME=]FILE_OR_FOLDER...
 *
 * A folder brings every file below it, without those whose name begins with '.'. A file is known by its
 * path as given, or by NAME: `assets/htmx.js=node_modules/htmx.org/dist/htmx.min.js`; a folder with NAME
 * has its files below NAME. The bytes come in by the assembler's .incbin, relative to the folder the
 * compiler is run in, so build OUT.c from the same folder. OUT.h tells how many there are. OUT.c.d names
 * what OUT.c was made from, for make. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/buf.h"
#include "base/list.h"

enum { OUT_MAX = 16 << 20, FILE_MAX = 64 << 20 };

struct source {
    char *name, *path;
    size_t n;
    XXH64_hash_t hash;
};

static arena *mem;
static LIST(struct source) files;
static LIST(char *) folders;

static _Noreturn void die(const char *path, const char *why) {
    fprintf(stderr, "embed: %s: %s\n", path, why);
    exit(1);
}

static const char *type_of(const char *name) {
    static const struct {
        const char *end, *type;
    } types[] = {
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".woff", "font/woff"},
        {".html", "text/html; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/plain; charset=utf-8"},
        {".sql", "text/plain; charset=utf-8"},
        {".eml", "message/rfc822"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_ends(str_z(name), str_z(types[i].end))) return types[i].type;
    return "application/octet-stream";
}

/* Names go into C strings, assembler strings and make rules as they are. */
static void check_name(const char *name) {
    if (!*name) die("(empty)", "a file needs a name");
    for (const char *p = name; *p; p++)
        if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
              strchr("._-/@+", *p)))
            die(name, "a name may hold only letters, digits and . _ - / @ +");
}

static void add_file(char *name, char *path, const struct stat *st) {
    check_name(name);
    check_name(path);
    if (st->st_size > FILE_MAX) die(path, "the file is above 64 MiB");
    FILE *f = fopen(path, "rb");
    if (!f) die(path, strerror(errno));
    char *bytes = malloc((size_t)st->st_size + 1);
    if (!bytes || fread(bytes, 1, (size_t)st->st_size, f) != (size_t)st->st_size)
        die(path, "cannot read it whole");
    fclose(f);
    *list_add(mem, &files) = (struct source){
        .name = name,
        .path = path,
        .n = (size_t)st->st_size,
        .hash = XXH3_64bits(bytes, (size_t)st->st_size),
    };
    free(bytes);
}

static void add(char *name, char *path) {
    struct stat st;
    if (stat(path, &st) != 0) die(path, strerror(errno));
    if (S_ISREG(st.st_mode)) {
        add_file(name, path, &st);
        return;
    }
    if (!S_ISDIR(st.st_mode)) die(path, "neither a file nor a folder");
    DIR *d = opendir(path);
    if (!d) die(path, strerror(errno));
    check_name(path);
    *list_add(mem, &folders) = path;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            add((char *)str_fmt(mem, "%s/%s", name, e->d_name).p,
                (char *)str_fmt(mem, "%s/%s", path, e->d_name).p);
    closedir(d);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

static void write_file(const char *path, const buf *b) {
    FILE *f = fopen(path, "wb");
    if (!f || !buf_ok(b) || fwrite(b->p, 1, b->n, f) != b->n || fclose(f) != 0) die(path, "cannot write it");
}

static void add_table(buf *out) {
    XXH64_hash_t all = 0;
    buf_add_z(out, "#include \"base/embedded.h\"\n");
    for (size_t i = 0; i < files.n; i++) {
        const struct source *s = &files.v[i];
        buf_add_fmt(out,
                    "__asm__(\".pushsection .rodata\\n.balign 16\\n.globl embedded_bytes_%zu\\n"
                    ".hidden embedded_bytes_%zu\\n.type embedded_bytes_%zu, %%object\\n"
                    ".size embedded_bytes_%zu, %zu\\nembedded_bytes_%zu:\\n",
                    i, i, i, i, s->n + 1, i);
        /* The assembler warns of an .incbin of nothing. */
        if (s->n) buf_add_fmt(out, ".incbin \\\"%s\\\", 0, %zu\\n", s->path, s->n);
        buf_add_z(out, ".byte 0\\n.popsection\\n\");\n");
        buf_add_fmt(out,
                    "extern const unsigned char embedded_bytes_%zu[] "
                    "__attribute__((visibility(\"hidden\")));\n",
                    i);
        XXH64_hash_t both[3] = {all, s->hash, XXH3_64bits(s->name, strlen(s->name))};
        all = XXH3_64bits(both, sizeof both);
    }
    buf_add_fmt(out, "const size_t embedded_files_n = %zu;\n", files.n);
    buf_add_fmt(out, "const char embedded_files_hash[] = \"%016llx\";\n", (unsigned long long)all);
    buf_add_z(out, "const struct embedded_file embedded_files[] = {\n");
    for (size_t i = 0; i < files.n; i++)
        buf_add_fmt(out, "{\"%s\", \"%s\", embedded_bytes_%zu, %zu, \"%016llx\"},\n", files.v[i].name,
                    type_of(files.v[i].name), i, files.v[i].n, (unsigned long long)files.v[i].hash);
    buf_add_z(out, "{NULL, NULL, NULL, 0, NULL}};\n");
}

static void add_rule(buf *out, const char *target) {
    buf_add_fmt(out, "%s:", target);
    for (size_t i = 0; i < folders.n; i++) buf_add_fmt(out, " %s", folders.v[i]);
    for (size_t i = 0; i < files.n; i++) buf_add_fmt(out, " %s", files.v[i].path);
    buf_add_char(out, '\n');
    /* A file that is gone must not stop make. */
    for (size_t i = 0; i < folders.n; i++) buf_add_fmt(out, "%s:\n", folders.v[i]);
    for (size_t i = 0; i < files.n; i++) buf_add_fmt(out, "%s:\n", files.v[i].path);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: embed OUT.c OUT.h [NAME=]FILE_OR_FOLDER...\n");
        return 2;
    }
    mem = arena_new(0);
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals) *equals = 0;
        add(argv[i], equals ? equals + 1 : argv[i]);
    }
    if (files.n) qsort(files.v, files.n, sizeof *files.v, by_name);
    for (size_t i = 1; i < files.n; i++)
        if (strcmp(files.v[i].name, files.v[i - 1].name) == 0)
            die(files.v[i].name, "two files have this name");
    BUF_AUTO buf table = BUF_MAX(OUT_MAX), head = BUF_MAX(OUT_MAX), rule = BUF_MAX(OUT_MAX);
    add_table(&table);
    buf_add_fmt(&head,
                "#ifndef LONGHAND_GENERATED_EMBEDDED_H\n#define LONGHAND_GENERATED_EMBEDDED_H\n"
                "#include \"base/embedded.h\"\nenum { EMBEDDED_FILES = %zu };\n#endif\n",
                files.n);
    add_rule(&rule, argv[1]);
    write_file(argv[1], &table);
    write_file(argv[2], &head);
    write_file((char *)str_fmt(mem, "%s.d", argv[1]).p, &rule);
    arena_free(mem);
    return 0;
}
