/* The three replies to Luka: what he got, what most desks would have sent, and that with his nouns pasted in.
 * The check must tell them apart, with a history of forty letters of an invented brand. DATA names the folder
 * of data sets; without it nothing is measured. Exit status 1 when one of the three is not seen for what it
 * is. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "desk/history.h"

enum { FILE_MAX = 1 << 20 };

static str read_file(arena *a, const char *folder, const char *name) {
    str path = str_fmt(a, "%s/%s", folder, name);
    FILE *f = fopen(path.p, "rb");
    if (!f) exit((printf("%s is missing\n", path.p), 1));
    char *p = arena_alloc(a, FILE_MAX);
    size_t n = fread(p, 1, FILE_MAX, f);
    fclose(f);
    return (str){p, n};
}

static void learn(arena *a, near *x, str lines) {
    str line;
    while (str_line(&lines, &line)) {
        json_t *o = json_loadb(line.p, line.n, 0, NULL);
        if (!o) continue;
        struct near_text text;
        str customer = str_copy(a, str_z(json_string_value(json_object_get(o, "customer"))));
        history_text(a,
                     &(struct history_said){
                         .id = json_integer_value(json_object_get(o, "id")),
                         .customer = (int64_t)(str_hash(customer) >> 2) + 1,
                         .at = 1,
                         .reply = str_copy(a, str_z(json_string_value(json_object_get(o, "text")))),
                         .letter = str_copy(a, str_z(json_string_value(json_object_get(o, "letter")))),
                         .customer_name = customer},
                     NULL, &text);
        if (near_add(x, &text)) exit(1);
        json_decref(o);
    }
}

struct seen {
    int of[REMARK_KINDS][3], stops, looks;
    bool undated, unanswered;
};

static struct seen look(arena *a, near *x, const struct heard *heard, str reply) {
    struct history h;
    struct checked c;
    struct seen s = {0};
    history_for(&h, a, x, 0);
    check(a,
          &(struct check_input){.letter = heard,
                                .reply = reply,
                                .customer_name = S("Luka Apps"),
                                .history = &h.view,
                                .now = 1357578131000LL},
          &c);
    for (size_t i = 0; i < c.remarks.n; i++) {
        const struct remark *r = &c.remarks.v[i];
        s.of[r->kind][r->level]++;
        s.stops += r->level == REMARK_STOP;
        s.looks += r->level == REMARK_LOOK;
        s.undated |= r->kind == REMARK_PROMISE && r->level == REMARK_LOOK && !r->due_at;
        s.unanswered |= r->kind == REMARK_ASK && r->level == REMARK_LOOK;
        if (getenv("SHOW"))
            printf("  %s %s: %.*s\n", remark_level_name(r->level), remark_kind_name(r->kind),
                   STR_FMT(remark_says(a, NULL, r)));
    }
    return s;
}

static int failed;
static void row(const char *what, const char *limit, int measured, bool good) {
    printf("| %s | %s | %d |\n", what, limit, measured);
    failed |= !good;
}

static void canned_rows(const char *name, const struct seen *s) {
    char what[96];
    static const struct {
        const char *text;
        remark_kind kind;
    } wanted[] = {{"sentences that others got", REMARK_CANNED}, {"our number", REMARK_REFERENCE}};
    for (size_t i = 0; i < 2; i++) {
        int n = s->of[wanted[i].kind][REMARK_LOOK] + s->of[wanted[i].kind][REMARK_STOP];
        snprintf(what, sizeof what, "Luka, %s reply: %s", name, wanted[i].text);
        row(what, "1 or more", n, n > 0);
    }
    snprintf(what, sizeof what, "Luka, %s reply: a promise without a day", name);
    row(what, "1", s->undated, s->undated);
    snprintf(what, sizeof what, "Luka, %s reply: an ask not answered", name);
    row(what, "1", s->unanswered, s->unanswered);
}

int main(void) {
    const char *data = getenv("DATA");
    if (!data) {
        printf("DATA=DIR names the folder of data sets; without it there is nothing to measure.\n");
        return 0;
    }
    arena *a = arena_new(0);
    str folder = str_fmt(a, "%s/letters", data), mail = read_file(a, folder.p, "luka.eml");
    size_t body = str_find(mail, S("\n\n"), 0);
    if (body == SIZE_MAX) body = str_find(mail, S("\n\r\n"), 0);
    struct heard heard;
    near *x;
    bool damaged;
    listen_to(a,
              &(struct listen_input){.text = str_trim(str_slice(mail, body == SIZE_MAX ? 0 : body, mail.n)),
                                     .subject = S("Jay ZX"),
                                     .from_name = S("Luka Apps")},
              &heard);
    if (near_open(S("build/eval/luka.near"), false, &x, &damaged)) return 1;
    learn(a, x, read_file(a, "test/eval", "history.jsonl"));
    struct seen loved = look(a, x, &heard, read_file(a, folder.p, "luka-reply-loved.txt"));
    struct seen canned = look(a, x, &heard, read_file(a, folder.p, "luka-reply-canned.txt"));
    struct seen pasted = look(a, x, &heard, read_file(a, folder.p, "luka-reply-pasted.txt"));
    int said = loved.of[REMARK_CANNED][REMARK_LOOK] + loved.of[REMARK_CANNED_LETTER][REMARK_LOOK];
    printf("| what | limit | measured |\n|---|---|---|\n");
    row("Luka, the reply he got: remarks that stop it", "0", loved.stops, loved.stops == 0);
    row("Luka, the reply he got: `canned`", "0", said, said == 0);
    row("Luka, the reply he got: `look` remarks", "-", loved.looks, true);
    canned_rows("canned", &canned);
    canned_rows("pasted", &pasted);
    near_close(x);
    arena_free(a);
    return failed;
}
