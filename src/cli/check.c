/* check: the letter check on files, for people and for programs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/letter_file.h"
#include "desk/heart.h"
#include "desk/history.h"
#include "format/json.h"
#include "format/quoted.h"
#include "store/brand.h"
#include "store/message.h"
#include "store/voice.h"

enum { HISTORY_MAX = 512 << 20, OUT_MAX = 64 << 20, REPLY_MAX = 1000000, SHOWN = 110 };

/* A reply of the history file. */
struct past {
    str id, text;
};
typedef LIST(struct past) past_list;

struct run {
    arena *arena;
    const struct cli_args *args;
    struct letter_file from;
    struct heard heard;
    bool has_letter;
    str reply;
    near *index; /* of the history file; NULL none */
    past_list past;
    int64_t customer; /* of the history file who is the letter's; 0 nobody */
    struct cli_desk *desk;
    int64_t brand;
    const struct zone *zone;
    struct heart_catalogue catalogue;
    struct checked checked;
};

enum { O_LETTER, O_REPLY, O_DATA, O_DB, O_BRAND, O_AGENT, O_HISTORY, O_JSON };
static const struct cli_option options[] = {
    {"letter", false, "the customer's letter: a mail (.eml) or plain text"},
    {"reply", false, "the reply to it, plain text; - is standard input"},
    {"data", false, "a desk: its catalogue, facts, phrases and all it ever sent"},
    {"db", false, "postgres://... instead of what setup wrote"},
    {"brand", false, "which brand of the desk, by its short name"},
    {"agent", false, "who writes the reply"},
    {"history", false, "earlier replies, a JSON object a line: id, customer, created, text, letter"},
    {"json", true, "as JSON"},
    {0},
};

/* ---- reading ---- */

/* A member that is a string or a whole number, as a string. */
static str text_member(arena *a, json_t *o, const char *key) {
    json_t *v = json_object_get(o, key);
    if (json_is_string(v)) return str_copy(a, (str){json_string_value(v), json_string_length(v)});
    if (json_is_integer(v)) return str_fmt(a, "%lld", (long long)json_integer_value(v));
    return (str){0};
}

static int64_t customer_number(str customer) {
    return customer.n ? (int64_t)(str_hash(customer) >> 2) + 1 : 0;
}

static err add_past(struct run *x, str line, size_t number) {
    JSON_AUTO json_t *o = NULL;
    if (json_read(line, &o) || !json_is_object(o))
        return err_set(ERR_INVALID, "Line %zu of the history is no JSON object.", number);
    arena *a = x->arena;
    struct past *p = list_add(a, &x->past);
    *p = (struct past){text_member(a, o, "id"), text_member(a, o, "text")};
    if (!p->text.n) return err_set(ERR_INVALID, "Line %zu of the history has no \"text\".", number);
    str customer = text_member(a, o, "customer");
    /* The reader's own earlier letters are no sign of a canned one. */
    if (customer.n &&
        (str_eq_nocase(customer, x->from.from_address) || str_eq_nocase(customer, x->from.from_name)))
        x->customer = customer_number(customer);
    if (!customer.n) customer = str_fmt(a, "line %zu", number);
    struct near_text text;
    history_text(a,
                 &(struct history_said){.id = (int64_t)x->past.n,
                                        .customer = customer_number(customer),
                                        .at = (int64_t)number,
                                        .reply = p->text,
                                        .letter = text_member(a, o, "letter"),
                                        .customer_name = customer},
                 x->catalogue.catalogue, &text);
    return near_add(x->index, &text);
}

static err read_history(struct run *x, const char *path) {
    str bytes, line;
    bool damaged;
    size_t number = 0;
    TRY(letter_file_bytes(x->arena, path, HISTORY_MAX, &bytes));
    /* Never saved, so that no file of that name comes to be. */
    str nowhere = str_fmt(x->arena, "/tmp/longhand-check-%lld.near", (long long)getpid());
    TRY(near_open(nowhere, false, &x->index, &damaged));
    while (str_line(&bytes, &line)) {
        number++;
        if (str_trim(line).n) TRY(add_past(x, line, number));
    }
    return ERR_NONE;
}

/* ---- checking ---- */

typedef LIST(str) str_rows;

static err add_desk(struct run *x, struct check_input *in) {
    arena *a = x->arena;
    store_piece_list facts = {0};
    store_phrase_list phrases = {0};
    struct store_brand brand;
    {
        DB_READ_AUTO db_conn *c = NULL;
        TRY(db_read_begin(x->desk->desk.db, &c));
        TRY(store_brand_by_id(c, a, x->brand, &brand));
        TRY(store_facts(c, a, x->brand, &facts));
        TRY(store_phrases(c, a, x->brand, &phrases));
    }
    if (zone_load(brand.zone, &x->zone)) x->zone = NULL;
    struct check_fact *rows = arena_array(a, facts.n, sizeof *rows);
    for (size_t i = 0; i < facts.n; i++) rows[i] = (struct check_fact){facts.v[i].id, facts.v[i].text};
    str_rows stock = {0}, allowed = {0};
    for (size_t i = 0; i < phrases.n; i++)
        *list_add(a, phrases.v[i].state == PHRASE_ALLOWED ? &allowed : &stock) = phrases.v[i].phrase;
    in->zone = x->zone;
    in->facts = rows;
    in->nfacts = facts.n;
    in->stock = stock.v;
    in->nstock = stock.n;
    in->allowed = allowed.v;
    in->nallowed = allowed.n;
    return ERR_NONE;
}

static bool fetch_past(void *context, int64_t id, str *ret) {
    const struct run *x = context;
    if (id < 1 || (size_t)id > x->past.n) return false;
    *ret = x->past.v[id - 1].text;
    return true;
}

static bool fetch_sent(void *context, int64_t id, str *ret) {
    const struct run *x = context;
    struct message m;
    DB_READ_AUTO db_conn *c = NULL;
    if (db_read_begin(x->desk->desk.db, &c) || store_message_get(c, x->arena, x->brand, id, &m)) return false;
    *ret = m.text;
    return true;
}

static err run_check(struct run *x) {
    const struct catalogue *catalogue = x->catalogue.catalogue;
    const char *agent = x->args->value[O_AGENT];
    near *index = x->index;
    struct history history;
    struct check_input in = {.reply = x->reply, .agent_name = str_z(agent), .now = clock_now(NULL)};
    if (x->desk) {
        if (!index) TRY(heart_replies(&x->desk->desk, x->brand, &index));
        TRY(add_desk(x, &in));
    }
    if (x->has_letter) {
        listen_to(x->arena,
                  &(struct listen_input){.text = quoted_blank(x->arena, x->from.text),
                                         .subject = x->from.subject,
                                         .from_name = x->from.from_name,
                                         .from_address = x->from.from_address,
                                         .catalogue = catalogue},
                  &x->heard);
        in.letter = &x->heard;
        in.customer_name = x->from.from_name;
    }
    history_for(&history, x->arena, index, x->customer);
    in.catalogue = catalogue;
    in.history = &history.view;
    check(x->arena, &in, &x->checked);
    history_quote(x->arena, x->reply, &x->checked, x->index ? fetch_past : fetch_sent, x);
    return ERR_NONE;
}

/* ---- telling ---- */

/* An id as the reader knows it: that of the history file. */
static void json_evidence_id(const struct run *x, struct json_out *j, const struct evidence *e) {
    if (e->source == EVIDENCE_REPLY && x->index && e->id > 0 && (size_t)e->id <= x->past.n)
        json_str(j, x->past.v[e->id - 1].id);
    else
        json_id(j, e->id);
}

static void json_evidence(const struct run *x, struct json_out *j, const struct evidence *e) {
    json_open_object(j);
    json_key(j, S("source")), json_str(j, str_z(evidence_source_name(e->source)));
    json_key(j, S("id")), json_evidence_id(x, j, e);
    json_key(j, S("start")), json_int(j, e->start);
    json_key(j, S("end")), json_int(j, e->end);
    json_key(j, S("text")), json_str(j, e->text);
    json_key(j, S("customers")), json_int(j, e->customers);
    json_close_object(j);
}

static err print_json(const struct run *x) {
    BUF_AUTO buf b = BUF_MAX(OUT_MAX);
    struct json_out j = json_begin(&b);
    json_open_object(&j);
    json_key(&j, S("text")), json_str(&j, x->reply);
    json_key(&j, S("remarks"));
    json_open_array(&j);
    for (size_t i = 0; i < x->checked.remarks.n; i++) {
        const struct remark *r = &x->checked.remarks.v[i];
        json_open_object(&j);
        json_key(&j, S("kind")), json_str(&j, str_z(remark_kind_name(r->kind)));
        json_key(&j, S("level")), json_str(&j, str_z(remark_level_name(r->level)));
        json_key(&j, S("start")), json_int(&j, r->start);
        json_key(&j, S("end")), json_int(&j, r->end);
        json_key(&j, S("says")), json_str(&j, remark_says(x->arena, NULL, r));
        json_key(&j, S("evidence"));
        json_open_array(&j);
        for (size_t e = 0; e < r->evidence.n; e++) json_evidence(x, &j, &r->evidence.v[e]);
        json_close_array(&j);
        json_close_object(&j);
    }
    json_close_array(&j);
    json_close_object(&j);
    if (!json_done(&j)) return err_set(ERR_LIMIT, "The remarks do not fit.");
    fwrite(b.p, 1, b.n, stdout);
    putchar('\n');
    return ERR_NONE;
}

/* On one line, without control characters, at most SHOWN bytes: for a terminal. */
static str one_line(arena *a, str text) {
    str cut = str_clip_utf8(text, SHOWN);
    char *p = arena_alloc(a, cut.n + 4);
    size_t n = 0;
    for (size_t i = 0; i < cut.n; i++) {
        unsigned char c = (unsigned char)cut.p[i];
        bool white = c <= ' ' || c == 127;
        if (!white)
            p[n++] = cut.p[i];
        else if (n && p[n - 1] != ' ')
            p[n++] = ' ';
    }
    if (cut.n < text.n) {
        memcpy(p + n, "…", strlen("…"));
        n += strlen("…");
    }
    return (str){p, n};
}

static void print_evidence(const struct run *x, const struct evidence *e, bool first) {
    str words = one_line(x->arena, e->text);
    switch (e->source) {
    case EVIDENCE_LETTER:
        if (words.n) printf("          They wrote: “%.*s”\n", STR_FMT(words));
        return;
    case EVIDENCE_REPLY:
        if (!words.n) return;
        printf("          %s: “%.*s”", first ? "Sent before" : "And", STR_FMT(words));
        if (x->index && (size_t)e->id <= x->past.n && x->past.v[e->id - 1].id.n)
            printf(" (reply %.*s)", STR_FMT(one_line(x->arena, x->past.v[e->id - 1].id)));
        else
            printf(" (message %lld)", (long long)e->id);
        putchar('\n');
        return;
    case EVIDENCE_FACT: printf("          A fact of yours: “%.*s”\n", STR_FMT(words)); return;
    }
}

static const char *level_word(remark_level l) {
    switch (l) {
    case REMARK_FINE: return "fine";
    case REMARK_LOOK: return "look";
    case REMARK_STOP: return "STOP";
    }
    return "";
}

static void print_human(const struct run *x) {
    size_t n[3] = {0};
    const remark_list *all = &x->checked.remarks;
    for (size_t i = 0; i < all->n; i++) n[all->v[i].level]++;
    printf("The letter check: %zu to look at, %zu fine", n[REMARK_LOOK], n[REMARK_FINE]);
    if (n[REMARK_STOP]) printf(", and %zu that should stop it from being sent", n[REMARK_STOP]);
    printf(".\n");
    if (!x->checked.has_pack)
        printf(
            "Longhand has no word lists for the language of this reply, so only what needs no language was "
            "looked at.\n");
    for (size_t i = 0; i < all->n; i++) {
        const struct remark *r = &all->v[i];
        str words = one_line(x->arena, str_slice(x->reply, r->start, r->end));
        if (words.n)
            printf("\n  %s  “%.*s”\n", level_word(r->level), STR_FMT(words));
        else
            printf("\n  %s  The reply as a whole\n", level_word(r->level));
        str says = remark_says(x->arena, NULL, r);
        printf("        %.*s\n", STR_FMT(says));
        for (size_t e = 0; e < r->evidence.n && e < 3; e++) print_evidence(x, &r->evidence.v[e], e == 0);
    }
}

/* ---- the verb ---- */

static err find_brand(struct run *x) {
    const char *slug = x->args->value[O_BRAND];
    if (!slug) return cli_brand(x->desk, &x->brand);
    struct store_brand brand;
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(x->desk->desk.db, &c));
    err e = store_brand_by_slug(c, x->arena, str_z(slug), &brand);
    if (e == ERR_MISSING) return err_set(e, "There is no brand %s.", slug);
    TRY(e);
    x->brand = brand.id;
    return ERR_NONE;
}

static err run_all(struct run *x) {
    const char *const *v = x->args->value;
    str reply;
    TRY(letter_file_bytes(x->arena, v[O_REPLY], REPLY_MAX, &reply));
    x->reply = letter_file_clean(x->arena, reply);
    if (v[O_LETTER]) {
        TRY(letter_file_read(x->arena, v[O_LETTER], &x->from));
        x->has_letter = true;
    }
    if (x->desk) {
        TRY(find_brand(x));
        TRY(heart_catalogue(&x->desk->desk, x->brand, &x->catalogue));
    }
    if (v[O_HISTORY]) TRY(read_history(x, v[O_HISTORY]));
    TRY(run_check(x));
    if (v[O_JSON]) return print_json(x);
    print_human(x);
    return ERR_NONE;
}

int verb_check(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("check"), options, 0, 0, argc, argv, &args, &status)) return status;
    if (!args.value[O_REPLY]) return cli_misuse("check", "--reply FILE names the reply to check.");
    if (!args.value[O_DATA] && (args.value[O_BRAND] || args.value[O_DB]))
        return cli_misuse("check", "--brand and --db need --data: which desk?");
    CLI_DESK_AUTO struct cli_desk desk = {0};
    ARENA_AUTO arena *a = arena_new((size_t)2 << 30);
    struct run x = {.arena = a, .args = &args};
    if (args.value[O_DATA]) {
        if (cli_desk_open(args.value[O_DATA], args.value[O_DB], CLI_MUST_EXIST, &desk))
            return cli_fail("check", NULL);
        x.desk = &desk;
    }
    err e = run_all(&x);
    if (x.index) near_close(x.index);
    heart_catalogue_done(&x.catalogue);
    return e ? cli_fail("check", NULL) : EXIT_DONE;
}
