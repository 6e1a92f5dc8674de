/* listen: what a letter says, on the command line. */
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/cli.h"
#include "cli/letter_file.h"
#include "desk/catalogue.h"
#include "format/json.h"
#include "format/quoted.h"
#include "letter/listen.h"
#include "store/brand.h"

enum { OUT_MAX = 64 << 20, QUOTE_MAX = 160 };

enum { OPT_DATA, OPT_DB, OPT_BRAND, OPT_JSON };
static const struct cli_option options[] = {
    {"data", false, "a desk, for its catalogue"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"brand", false, "which brand of the desk, by its short name (the first)"},
    {"json", true, "as JSON"},
    {0},
};

static str why_of(arena *a, const struct finding *f) {
    BUF_AUTO buf b = BUF_MAX(4096);
    lang_fmt(&b, NULL, f->why, &f->why_arg, 1);
    return str_copy(a, buf_str(&b));
}

static void json_member(struct json_out *j, const char *key, str value) {
    json_key(j, str_z(key));
    json_str(j, value);
}

static void json_finding(struct json_out *j, arena *a, const struct heard *h, const struct finding *f) {
    json_open_object(j);
    json_member(j, "kind", str_z(finding_kind_name(f->kind)));
    json_key(j, S("start")), json_int(j, f->start);
    json_key(j, S("end")), json_int(j, f->end);
    json_member(j, "text", str_slice(h->text.bytes, f->start, f->end));
    json_member(j, "value", f->value);
    json_member(j, "why", why_of(a, f));
    json_key(j, S("candidates"));
    json_open_array(j);
    for (uint32_t i = 0; i < f->ncandidates; i++) json_str(j, f->candidates[i]);
    json_close_array(j);
    json_close_object(j);
}

static err print_json(arena *a, const struct heard *h) {
    BUF_AUTO buf b = BUF_MAX(OUT_MAX);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_member(&j, "text", h->text.bytes);
    json_member(&j, "language", h->language);
    json_key(&j, S("child")), json_bool(&j, h->child);
    json_member(&j, "sort", str_z(letter_sort_name(h->sort)));
    json_key(&j, S("findings"));
    json_open_array(&j);
    for (size_t i = 0; i < h->findings.n; i++) json_finding(&j, a, h, &h->findings.v[i]);
    json_close_array(&j);
    json_close_object(&j);
    if (!json_done(&j)) return err_set(ERR_LIMIT, "What was found does not fit into %d bytes.", OUT_MAX);
    fwrite(b.p, 1, b.n, stdout);
    putchar('\n');
    return ERR_NONE;
}

/* The words on one line: white space as one space, a long quote cut. */
static str quote(arena *a, str words) {
    BUF_AUTO buf b = BUF_MAX(QUOTE_MAX + 8);
    for (size_t i = 0; i < words.n && b.n < QUOTE_MAX; i++) {
        bool space = strchr(" \t\r\n", words.p[i]) != NULL;
        if (!space || (b.n && b.p[b.n - 1] != ' ')) buf_add_char(&b, space ? ' ' : words.p[i]);
    }
    str s = str_copy(a, str_clip_utf8(buf_str(&b), QUOTE_MAX - 4));
    return s.n < words.n && b.n >= QUOTE_MAX - 4 ? str_fmt(a, "%.*s ...", STR_FMT(s)) : s;
}

/* `ask      "send me another one" (why; also this, that)` */
static void print_finding(arena *a, const struct heard *h, const struct finding *f) {
    str why = why_of(a, f);
    while (why.n && why.p[why.n - 1] == '.') why.n--;
    printf("%-8s", finding_kind_name(f->kind));
    if (f->start < f->end) printf(" \"%.*s\"", STR_FMT(quote(a, str_slice(h->text.bytes, f->start, f->end))));
    if (f->value.n) printf("%s %.*s", f->start < f->end ? " =" : "", STR_FMT(f->value));
    printf(" (%.*s", STR_FMT(why));
    for (uint32_t i = 0; i < f->ncandidates; i++)
        printf("%s %.*s", i ? "," : f->value.n ? "; also" : "; one of", STR_FMT(f->candidates[i]));
    printf(")\n");
}

static void print_plain(arena *a, const struct heard *h) {
    static const char *const sorts[] = {[SORT_ASK] = "asks for something",
                                        [SORT_COMPLAINT] = "a complaint",
                                        [SORT_THANKS] = "a letter of thanks",
                                        [SORT_OTHER] = "neither ask, complaint nor thanks"};
    printf("%s; language: %.*s%s%s\n", sorts[h->sort], STR_FMT(h->language.n ? h->language : S("not known")),
           h->has_pack ? "" : " (no rules for it: only numbers, products, questions and the sender)",
           h->child ? "; written by a child, or for one" : "");
    if (h->clipped) printf("Only the first %d KB were listened to.\n", LISTEN_MAX >> 10);
    for (size_t i = 0; i < h->findings.n; i++) print_finding(a, h, &h->findings.v[i]);
    if (!h->findings.n) printf("Nothing was found.\n");
}

/* The brand's catalogue; NULL when no desk is named. */
static err load_catalogue(const struct cli_args *args, struct cli_desk *c, struct catalogue **ret) {
    int64_t brand;
    TRY(cli_desk_open(args->value[OPT_DATA], args->value[OPT_DB], CLI_MUST_EXIST, c));
    if (args->value[OPT_BRAND]) {
        DB_READ_AUTO db_conn *conn = NULL;
        struct store_brand row;
        TRY(db_read_begin(c->desk.db, &conn));
        TRY(store_brand_by_slug(conn, c->arena, str_z(args->value[OPT_BRAND]), &row));
        brand = row.id;
    } else {
        TRY(cli_brand(c, &brand));
    }
    return catalogue_load(&c->desk, brand, ret);
}

static err listen_file(arena *a, const struct cli_args *args, const struct catalogue *catalogue) {
    struct letter_file letter;
    TRY(letter_file_read(a, args->operand[0], &letter));
    struct listen_input in = {.text = quoted_blank(a, letter.text),
                              .subject = letter.subject,
                              .from_name = letter.from_name,
                              .from_address = letter.from_address,
                              .catalogue = catalogue};
    struct heard heard;
    listen_to(a, &in, &heard);
    heard.text.bytes = str_slice(letter.text, 0, heard.text.bytes.n);
    if (args->value[OPT_JSON]) return print_json(a, &heard);
    print_plain(a, &heard);
    return ERR_NONE;
}

int verb_listen(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("listen"), options, 1, 1, argc, argv, &args, &status)) return status;
    bool desk = args.value[OPT_DATA] || args.value[OPT_DB];
    if (args.value[OPT_BRAND] && !desk) return cli_misuse("listen", "--brand needs --data.");
    CLI_DESK_AUTO struct cli_desk c = {0};
    struct catalogue *catalogue = NULL;
    ARENA_AUTO arena *a = arena_new((size_t)1 << 30);
    err e = desk ? load_catalogue(&args, &c, &catalogue) : ERR_NONE;
    if (!e) e = listen_file(a, &args, catalogue);
    catalogue_free(catalogue);
    return e ? cli_fail("listen", NULL) : EXIT_DONE;
}
