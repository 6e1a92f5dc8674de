/* Figures on mails of others: fields, parts and text against the trees that another parser's tests expect,
 * and a thousand real mails through the reading process. DATA names the folder; without it nothing is
 * measured. */
#include <dirent.h>
#include <ftw.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "format/mime_text.h"
#include "net/reader.h"

extern char **environ;

/* What must be reached, in percent: just below what was (73 of 73, 72 of 72, 69 of 69, 83 of 84, 73 of 75).
 * The others are mails where the other parser reads a boundary in the middle of a line, or does not end an
 * inner letter at the outer boundary, or makes an attachment of text that is no base64. */
enum { SUBJECT_MIN = 98, FROM_MIN = 98, DATE_MIN = 98, PARTS_MIN = 98, TEXT_MIN = 97, UNREADABLE_MAX = 0 };

struct score {
    int of, right;
};
struct figures {
    struct score subject, from, date, parts, text, attachments;
    int unreadable, real, problems;
    bool verbose;
};

static str read_file(arena *a, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return S("");
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    char *p = arena_alloc(a, n + 1);
    n = fread(p, 1, n, f);
    fclose(f);
    return (str){p, n};
}

static void count(struct figures *f, struct score *s, bool right, const char *what, const char *path, str got,
                  str want) {
    s->of++;
    s->right += right;
    if (!right && f->verbose)
        printf("  %s %s\n    got  [%.*s]\n    want [%.*s]\n", path, what, STR_FMT(got), STR_FMT(want));
}

static json_t *header(json_t *part, const char *name) {
    json_t *headers = json_object_get(part, "headers"), *last = NULL, *h;
    size_t i;
    json_array_foreach(headers, i, h) {
        const char *n = json_string_value(json_object_get(h, "name"));
        if (n && strcmp(n, name) == 0) last = json_object_get(h, "value");
    }
    return last;
}

/* It may hold NUL. */
static str json_text(json_t *value) {
    return value ? (str){json_string_value(value), json_string_length(value)} : S("");
}

static str text_value(json_t *value) { return json_text(json_object_get(value, "Text")); }

static void check_from(arena *a, struct figures *f, json_t *root, const struct mime_letter *l,
                       const char *path) {
    json_t *list = json_object_get(json_object_get(header(root, "from"), "Address"), "List");
    json_t *one = json_array_get(list, 0);
    if (!one) return;
    str name = str_z(json_string_value(json_object_get(one, "name")));
    str address = str_z(json_string_value(json_object_get(one, "address")));
    if (!str_has(address, '@')) address = S("");
    str want = str_fmt(a, "%.*s <%.*s>", STR_FMT(name), STR_FMT(address));
    str got = l->from.n ? str_fmt(a, "%.*s <%.*s>", STR_FMT(l->from.v[0].name), STR_FMT(l->from.v[0].address))
                        : S("none");
    count(f, &f->from, str_eq_nocase(got, want), "from", path, got, want);
}

static int64_t number(json_t *date, const char *name) {
    return json_integer_value(json_object_get(date, name));
}

static int64_t days(int64_t y, int64_t m, int64_t d) {
    if (m <= 2) y--, m += 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 719469;
}

static void check_date(arena *a, struct figures *f, json_t *root, const struct mime_letter *l,
                       const char *path) {
    json_t *d = json_object_get(header(root, "date"), "DateTime");
    if (!d) return;
    int64_t zone = number(d, "tz_hour") * 60 + number(d, "tz_minute");
    if (json_is_true(json_object_get(d, "tz_before_gmt"))) zone = -zone;
    int64_t s = days(number(d, "year"), number(d, "month"), number(d, "day")) * 86400 +
                number(d, "hour") * 3600 + number(d, "minute") * 60 + number(d, "second") - zone * 60;
    str got = str_fmt(a, "%lld", (long long)l->sent_at), want = str_fmt(a, "%lld", (long long)s * 1000);
    count(f, &f->date, str_eq(got, want), "date", path, got, want);
}

/* Line ends as LF and no white space at line ends: what differs beyond that differs for a reader. */
static str plain(arena *a, str s) {
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\0' || (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')) continue;
        if (c == '\r') c = '\n';
        if (c == '\n')
            while (n && (p[n - 1] == ' ' || p[n - 1] == '\t')) n--;
        p[n++] = c;
    }
    return mime_trim_text((str){p, n});
}

static str wanted_text(arena *a, json_t *tree, bool *ret_html) {
    json_t *parts = json_object_get(tree, "parts"), *which = json_object_get(tree, "text_body"), *id;
    str out = S("");
    size_t i;
    *ret_html = false;
    json_array_foreach(which, i, id) {
        json_t *body = json_object_get(json_array_get(parts, (size_t)json_integer_value(id)), "body");
        json_t *text = json_object_get(body, "Text"), *html = json_object_get(body, "Html");
        if (html) *ret_html = true;
        str piece = plain(a, json_text(html ? html : text));
        if (piece.n == 0) continue;
        out = out.n ? str_fmt(a, "%s\n\n%s", str_cstr(a, out), str_cstr(a, piece)) : piece;
    }
    return out;
}

/* Equal, but where the expected tree gave up a character (U+FFFD) any one character of ours counts; and where
 * the text is format=flowed, which the tree leaves as it came, white space may differ. */
static bool agrees(str got, str want, bool flowed) {
    size_t i = 0, k = 0;
    while (i < got.n && k < want.n) {
        bool white =
            flowed && (want.p[k] == ' ' || want.p[k] == '\n') && (got.p[i] == ' ' || got.p[i] == '\n');
        if (white) {
            while (i < got.n && (got.p[i] == ' ' || got.p[i] == '\n')) i++;
            while (k < want.n && (want.p[k] == ' ' || want.p[k] == '\n')) k++;
        } else if (got.p[i] == want.p[k]) {
            i++, k++;
        } else if (str_starts(str_slice(want, k, want.n), S("\xEF\xBF\xBD"))) {
            for (i++; i < got.n && ((unsigned char)got.p[i] & 0xC0) == 0x80;) i++;
            k += 3;
        } else {
            return false;
        }
    }
    return i == got.n && k == want.n;
}

static int leaves(json_t *tree) {
    json_t *parts = json_object_get(tree, "parts"), *part;
    size_t i;
    int n = 0;
    json_array_foreach(parts, i, part) n +=
        json_object_get(json_object_get(part, "body"), "Multipart") == NULL;
    return n;
}

static void check_mail(arena *a, struct figures *f, str raw, json_t *tree, const char *path) {
    struct mime_letter l;
    json_t *root = json_array_get(json_object_get(tree, "parts"), 0);
    if (mime_read(a, raw, &mime_default_limits, &l)) {
        printf("  %s cannot be read: %s\n", path, err_text());
        return;
    }
    json_t *subject = header(root, "subject");
    if (subject) {
        str want = plain(a, text_value(subject));
        count(f, &f->subject, agrees(l.subject, want, false), "subject", path, l.subject, want);
    }
    check_from(a, f, root, &l, path);
    check_date(a, f, root, &l, path);
    str want = str_fmt(a, "%d", leaves(tree)), got = str_fmt(a, "%d", l.parts);
    count(f, &f->parts, str_eq(want, got), "parts", path, got, want);
    want = str_fmt(a, "%zu", json_array_size(json_object_get(tree, "attachments")));
    got = str_fmt(a, "%zu", l.attachments.n);
    count(f, &f->attachments, str_eq(want, got), "attachments", path, got, want);
    bool html;
    want = wanted_text(a, tree, &html);
    got = plain(a, html ? l.html : l.text);
    bool flowed = str_find(str_lower(a, raw), S("format=flowed"), 0) != SIZE_MAX;
    if (want.n) count(f, &f->text, agrees(got, want, flowed), html ? "html" : "text", path, got, want);
}

static void check_folder(struct figures *f, const char *data, const char *name) {
    ARENA_AUTO arena *a = arena_new(0);
    const char *folder = str_cstr(a, str_fmt(a, "%s/mail/mime/%s", data, name));
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        str file = str_z(entries[i]->d_name);
        if (str_ends(file, S(".eml"))) {
            str stem = str_slice(file, 0, file.n - 4);
            const char *mail = str_cstr(a, str_fmt(a, "%s/%.*s.eml", folder, STR_FMT(stem)));
            str raw = read_file(a, mail),
                text = read_file(a, str_cstr(a, str_fmt(a, "%s/%.*s.json", folder, STR_FMT(stem))));
            json_t *tree = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
            if (tree) check_mail(a, f, raw, tree, mail + strlen(data));
            json_decref(tree);
        }
        free(entries[i]);
    }
    if (n >= 0) free(entries);
}

static bool unpack(const char *data, const char *into) {
    char archive[4096];
    snprintf(archive, sizeof archive, "%s/mail/real/ham-1000.tar.xz", data);
    char tar[] = "tar", verb[] = "-xJf", to[] = "-C";
    char *argv[] = {tar, verb, archive, to, (char *)into, NULL};
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, "tar", NULL, NULL, argv, environ)) return false;
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static struct figures *walking;
static reader *reading;

static int on_file(const char *path, const struct stat *st, int kind, struct FTW *w) {
    (void)st;
    (void)w;
    if (kind != FTW_F) return 0;
    ARENA_AUTO arena *a = arena_new(0);
    struct reader_letter l;
    walking->real++;
    if (reader_read(reading, a, read_file(a, path), &l)) {
        walking->unreadable++;
        printf("  unreadable: %s: %s\n", path, err_text());
    } else if (l.mime.problem.n) {
        walking->problems++;
        if (walking->verbose) printf("  %s: %.*s\n", path, STR_FMT(l.mime.problem));
    }
    return 0;
}

static int on_removal(const char *path, const struct stat *st, int kind, struct FTW *w) {
    (void)st;
    (void)kind;
    (void)w;
    return remove(path);
}

static void check_real(struct figures *f, const char *data) {
    char folder[] = "/tmp/longhand-eval-XXXXXX";
    if (!mkdtemp(folder)) return;
    if (!unpack(data, folder)) printf("  the real mails cannot be unpacked\n");
    walking = f;
    reading = reader_new(S("/proc/self/exe"));
    int64_t began = clock_monotonic_ms();
    nftw(folder, on_file, 16, FTW_PHYS);
    printf("real: %d mails, %d unreadable, %d with a problem, %lld ms\n", f->real, f->unreadable, f->problems,
           (long long)(clock_monotonic_ms() - began));
    reader_free(reading);
    nftw(folder, on_removal, 16, FTW_PHYS | FTW_DEPTH);
}

static bool reached(const char *name, struct score s, int least) {
    bool good = s.of > 0 && s.right * 100 >= s.of * least;
    printf("%-12s %3d of %3d  %s\n", name, s.right, s.of, good ? "ok" : "TOO FEW");
    return good;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();
    const char *data = getenv("DATA");
    if (!data) {
        printf("mime_eval: DATA is not set, 6 skipped\n0 passed, 0 failed\n");
        return 0;
    }
    struct figures f = {.verbose = argc > 1 && strcmp(argv[1], "-v") == 0};
    check_folder(&f, data, "legacy");
    check_folder(&f, data, "rfc");
    check_folder(&f, data, "thirdparty");
    check_real(&f, data);
    int passed = 0;
    passed += reached("subject", f.subject, SUBJECT_MIN);
    passed += reached("from", f.from, FROM_MIN);
    passed += reached("date", f.date, DATE_MIN);
    passed += reached("parts", f.parts, PARTS_MIN);
    passed += reached("text", f.text, TEXT_MIN);
    passed += f.real >= 1000 && f.unreadable <= UNREADABLE_MAX;
    printf("attachments  %3d of %3d  (for information)\n", f.attachments.right, f.attachments.of);
    printf("%d passed, %d failed\n", passed, 6 - passed);
    return passed == 6 ? 0 : 1;
}
