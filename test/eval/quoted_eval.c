/* Parting what was said from what is quoted, on mails of others: quoted_eval [NAME], with a name shows that
 * one. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/quoted.h"

static str read_file(arena *a, const char *folder, const char *kind, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/mail/quoted/%s/%s", folder, kind, name);
    FILE *f = fopen(path, "rb");
    if (!f) return S("");
    char *bytes = arena_alloc(a, 1 << 20);
    size_t n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return (str){bytes, n};
}

/* Does every line that somebody newly wrote still stand? */
static bool holds_all(str said, str kept) {
    str line;
    while (str_line(&kept, &line))
        if (str_trim(line).n && str_find(said, str_trim(line), 0) == SIZE_MAX) return false;
    return true;
}

int main(int argc, char **argv) {
    const char *data = getenv("DATA");
    char folder[4096];
    int n = 0, exact = 0, whole = 0;
    snprintf(folder, sizeof folder, "%s/mail/quoted/mail", data ? data : ".");
    DIR *dir = opendir(folder);
    if (!dir) return printf("no mails in %s\n", folder), 1;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.' || (argc > 1 && strcmp(argv[1], e->d_name) != 0)) continue;
        ARENA_AUTO arena *a = arena_new(64 << 20);
        str mail = read_file(a, data, "mail", e->d_name), kept = read_file(a, data, "kept", e->d_name);
        quoted_part_list parts = {0};
        quoted_split(a, mail, &parts);
        str said = quoted_said(a, mail, &parts, true);
        bool same = str_eq(said, str_trim(kept)), all = holds_all(said, kept);
        n++, exact += same, whole += all;
        if (!same) printf("differs%s: %s\n", all ? "" : ", words hidden", e->d_name);
        if (argc > 1) printf("%.*s\n", (int)said.n, said.p);
    }
    closedir(dir);
    printf("| quoted text, exact of %d mails | >= 60 %% | %d (%.0f %%) |\n", n, exact, 100.0 * exact / n);
    printf("| mails with all that was newly written | all | %d of %d |\n", whole, n);
    return whole == n && exact * 10 >= n * 6 ? 0 : 1;
}
