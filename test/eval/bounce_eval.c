/* Bounces of many mail systems against what another program reads in them: recipient by recipient. -v lists
 * what differs. DATA names the folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/bounce.h"

static str read_file(arena *a, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return S("");
    char *p = arena_alloc(a, 4 << 20);
    size_t n = fread(p, 1, 4 << 20, f);
    fclose(f);
    return (str){p, n};
}

static struct {
    int rows, hard, reason, status, code, unread;
    bool verbose;
} f;

static void compare(const char *file, int64_t number, const struct bounce *b, const str *want) {
    const struct bounce_row none = {0},
                            *r = number > 0 && (size_t)number <= b->rows.n ? &b->rows.v[number - 1] : &none;
    str reason = str_z(bounce_reason_name(r->reason));
    int64_t code = 0;
    str_to_int(want[3], &code);
    bool hard = bounce_is_hard(r) == str_eq(want[5], S("true")), same = str_eq(reason, want[4]);
    f.rows++;
    f.unread += r == &none;
    f.hard += r != &none && hard;
    f.reason += r != &none && same;
    f.status += str_eq(r->status, want[2]);
    f.code += r->code == code;
    if (f.verbose && !same)
        printf("%s %lld: %.*s, not %.*s%s\n    [%.*s] %d %.*s\n", file, (long long)number, STR_FMT(reason),
               STR_FMT(want[4]), hard ? "" : " (HARD)", STR_FMT(r->status), r->code,
               STR_FMT(str_clip_utf8(r->says, 300)));
}

int main(int argc, char **argv) {
    const char *data = getenv("DATA");
    ARENA_AUTO arena *a = arena_new(64 << 20);
    char path[4096];
    f.verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    snprintf(path, sizeof path, "%s/mail/bounce/expected.tsv", data ? data : ".");
    str table = read_file(a, path), line;
    str_line(&table, &line);
    while (str_line(&table, &line)) {
        ARENA_AUTO arena *mine = arena_new(64 << 20);
        str want[7] = {{0}}, rest = line;
        for (int i = 0; i < 7; i++)
            if (!str_split(&rest, '\t', &want[i])) want[i] = S("");
        char *file = str_cstr(mine, want[0]);
        snprintf(path, sizeof path, "%s/mail/bounce/mails/%s", data, file);
        str raw = read_file(mine, path);
        struct mime_letter letter = {0};
        struct bounce b = {0};
        int64_t number = 0;
        str_to_int(want[1], &number);
        if (raw.n && mime_read(mine, raw, &mime_default_limits, &letter) == ERR_NONE)
            bounce_read(mine, raw, &letter, &b);
        compare(file, number, &b, want);
    }
    if (!f.rows) return printf("no bounces below DATA\n"), 1;
    double n = f.rows / 100.0;
    printf("| bounces: hard or soft, of %d recipients | >= 95 %% | %.1f %% |\n", f.rows, f.hard / n);
    printf("| bounces: reason | >= 75 %% | %.1f %% |\n", f.reason / n);
    printf("| bounces: status code said, reply code | | %.1f %%, %.1f %% |\n", f.status / n, f.code / n);
    printf("| bounces: recipients not found | | %d |\n", f.unread);
    return f.hard >= 95 * n && f.reason >= 75 * n ? 0 : 1;
}
