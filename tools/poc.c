/* poc: translations. Finds the texts, keeps the PO files up to date, compiles them into the program.
 *
 *     poc OUT.c FILE.po...               the tables of base/lang.h; checks the files first
 *     poc --extract OUT.pot FILE...      texts of .c and .h files (T, TN, plain err_set) and of .tmpl
 *     poc --merge FILE.pot FILE.po...    each PO file gets the texts it lacks, empty; keeps its translations;
 *                                        texts that are gone stay behind as #~ and come back with their text
 *     poc --check FILE.po...             fails on {0} places that do not match, missing plural forms, bad
 *                                        UTF-8 or headers; says how much is translated
 *
 * A new language begins as a file of the three header lines below, then --merge:
 *
 *     msgid ""
 *     msgstr ""
 *     "Language: nl\n"
 *     "X-Language-Name: Nederlands\n"
 *     "Plural-Forms: nplurals=2; plural=(n != 1);\n"
 *
 * Plural-Forms must be one of the usual ones (the table `rules` below); parentheses and spaces do not matter.
 * A comment beginning "l10n:" before a mark reaches the translator. Entries marked fuzzy are left out. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "base/list.h"

enum { FORMS_MAX = 6, FILE_MAX = 64 << 20, ENTRIES_MAX = 30000 };

struct entry {
    str id, plural; /* plural.p is NULL when there is none */
    str text[FORMS_MAX];
    str comments; /* the translator's lines, with '#' */
    str hint;     /* for the translator, from the source */
    str places;   /* " src/web/x.tmpl:12 ..." */
    bool fuzzy, obsolete;
    int line;
};
typedef LIST(struct entry) entry_list;

struct po {
    const char *file;
    entry_list list;
    str header; /* the text of the empty msgid */
    str tag, name;
    enum lang_plural_rule rule;
    size_t texts; /* those in use */
};
static arena *mem;
static int problems;

static const struct {
    const char *expression;
    enum lang_plural_rule rule;
} rules[] = {
    {"0", LANG_PLURAL_NONE},
    {"n!=1", LANG_PLURAL_ONE},
    {"n==1?0:1", LANG_PLURAL_ONE},
    {"n>1", LANG_PLURAL_ABOVE1},
    {"n%10==1&&n%100!=11?0:n%10>=2&&n%10<=4&&n%100<10||n%100>=20?1:2", LANG_PLURAL_RUSSIAN},
    {"n%10==1&&n%100!=11?0:n%10>=2&&n%10<=4&&n%100<12||n%100>14?1:2", LANG_PLURAL_RUSSIAN},
    {"n==1?0:n%10>=2&&n%10<=4&&n%100<10||n%100>=20?1:2", LANG_PLURAL_POLISH},
    {"n==1?0:n%10>=2&&n%10<=4&&n%100<12||n%100>14?1:2", LANG_PLURAL_POLISH},
    {"n==1?0:n>=2&&n<=4?1:2", LANG_PLURAL_CZECH},
    {"n==1?0:n>1&&n<5?1:2", LANG_PLURAL_CZECH},
    {"n%100==1?0:n%100==2?1:n%100==3||n%100==4?2:3", LANG_PLURAL_SLOVENIAN},
    {"n%10==1&&n%100!=11?0:n%10>=2&&n%100<10||n%100>=20?1:2", LANG_PLURAL_LITHUANIAN},
    {"n==1?0:n==0||n%100>0&&n%100<20?1:2", LANG_PLURAL_ROMANIAN},
    {"n==0?0:n==1?1:n==2?2:n%100>=3&&n%100<=10?3:n%100>=11?4:5", LANG_PLURAL_ARABIC},
};

/* How many forms each rule has, in the order of enum lang_plural_rule. */
static const int rule_forms[] = {1, 2, 2, 3, 3, 3, 4, 3, 3, 6};

__attribute__((format(printf, 3, 4))) static void problem(const char *file, int line, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: error: ", file, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    problems++;
}

static _Noreturn void die(const char *file) {
    fprintf(stderr, "poc: %s: %s\n", file, strerror(errno));
    exit(1);
}

static str read_file(const char *path) {
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    FILE *f = fopen(path, "rb");
    if (!f) die(path);
    char part[8192];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) buf_add(&b, (str){part, n});
    if (ferror(f) || !buf_ok(&b)) die(path);
    fclose(f);
    return str_copy(mem, buf_str(&b));
}

static void write_file(const char *path, const buf *b) {
    FILE *f = fopen(path, "wb");
    if (!f || !buf_ok(b) || fwrite(b->p, 1, b->n, f) != b->n || fclose(f) != 0) die(path);
}

/* A string of a PO file; as `code` of C too, which may hold no trigraph. */
static void add_quoted(buf *b, str s, bool code) {
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n' || c == '\t' || c == '"' || c == '\\' || (code && c == '?')) buf_add_char(b, '\\');
        buf_add_char(b, c == '\n' ? 'n' : c == '\t' ? 't' : c);
    }
    buf_add_char(b, '"');
}

/* The string literals at `*rest`, adjacent ones joined; false when there is none or it is broken. */
static bool take_literals(str *rest, str *ret) {
    BUF_AUTO buf b = BUF_MAX(FILE_MAX);
    bool any = false;
    for (;;) {
        str s = str_trim(*rest);
        if (s.n == 0 || s.p[0] != '"') break;
        size_t i = 1;
        for (; i < s.n && s.p[i] != '"' && s.p[i] != '\n'; i++) {
            char c = s.p[i];
            if (c == '\\') {
                static const char from[] = "ntr\"\\'?abfv", to[] = "\n\t\r\"\\'?\a\b\f\v";
                const char *at = i + 1 < s.n && s.p[i + 1] ? strchr(from, s.p[i + 1]) : NULL;
                if (!at) return false;
                c = to[at - from];
                i++;
            }
            buf_add_char(&b, c);
        }
        if (i >= s.n || s.p[i] != '"') return false;
        any = true;
        *rest = (str){s.p + i + 1, (size_t)(rest->p + rest->n - (s.p + i + 1))};
    }
    if (any) *ret = str_copy(mem, buf_str(&b));
    return any;
}

/* Concatenation; STR_FMT would clip. */
static str join(str a, const char *between, str b) {
    BUF_AUTO buf both = BUF_MAX(FILE_MAX);
    buf_add(&both, a);
    buf_add_z(&both, between);
    buf_add(&both, b);
    return str_copy(mem, buf_str(&both));
}

static struct entry *find(entry_list *list, str id) {
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].id, id)) return &list->v[i];
    return NULL;
}

static bool take_prefix(str *s, const char *prefix) {
    if (!str_starts(*s, str_z(prefix))) return false;
    *s = str_trim(str_slice(*s, strlen(prefix), s->n));
    return true;
}

/* ---- PO files ---- */

static void keep(struct po *po, struct entry *e) {
    if (e->id.p && e->id.n == 0) {
        po->header = e->text[0];
    } else if (e->id.p) {
        if (find(&po->list, e->id)) problem(po->file, e->line, "this text stands in the file twice");
        *list_add(mem, &po->list) = *e;
    }
    *e = (struct entry){.line = 0};
}

static void read_comment(struct entry *e, str line) {
    if (take_prefix(&line, "#:"))
        e->places = join(e->places, " ", line);
    else if (take_prefix(&line, "#."))
        e->hint = join(e->hint, e->hint.n ? " " : "", line);
    else if (str_starts(line, S("#,")))
        e->fuzzy = str_find(line, S("fuzzy"), 0) != SIZE_MAX;
    else if (!str_starts(line, S("#|")))
        e->comments = join(join(e->comments, "", line), "\n", S(""));
}

static void read_po(const char *file, struct po *po) {
    *po = (struct po){.file = file};
    str rest = read_file(file), line, *target = NULL;
    if (!str_is_utf8(rest)) problem(file, 0, "the file is no UTF-8");
    struct entry e = {.line = 0};
    for (int n = 1; str_line(&rest, &line); n++) {
        line = str_trim(line);
        bool obsolete = take_prefix(&line, "#~");
        if (line.n == 0) continue;
        if (line.p[0] == '#') {
            if (e.id.p) keep(po, &e);
            read_comment(&e, line);
            continue;
        }
        if (take_prefix(&line, "msgid_plural")) {
            target = &e.plural;
        } else if (take_prefix(&line, "msgid")) {
            if (e.id.p) keep(po, &e);
            e.line = n;
            e.obsolete = obsolete;
            target = &e.id;
        } else if (take_prefix(&line, "msgstr[")) {
            int k = line.n ? line.p[0] - '0' : -1;
            if (k < 0 || k >= FORMS_MAX) problem(file, n, "no plural form has this number");
            target = &e.text[k < 0 || k >= FORMS_MAX ? 0 : k];
            line = str_slice(line, 2, line.n);
        } else if (take_prefix(&line, "msgstr")) {
            target = &e.text[0];
        } else if (line.p[0] != '"' || !target) {
            problem(file, n, "this line is no part of a PO file that is understood here");
            continue;
        }
        str piece = {NULL, 0};
        if (!take_literals(&line, &piece) || str_trim(line).n)
            problem(file, n, "a string is broken");
        else
            *target = target->n ? join(*target, "", piece) : piece;
    }
    keep(po, &e);
    if (po->list.n > ENTRIES_MAX) problem(file, 0, "more than %d texts", ENTRIES_MAX);
}

static str header_field(const struct po *po, const char *name) {
    str rest = po->header, line;
    while (str_line(&rest, &line))
        if (take_prefix(&line, name)) return line;
    return S("");
}

static void read_header(struct po *po) {
    po->tag = header_field(po, "Language:");
    po->name = header_field(po, "X-Language-Name:");
    if (po->tag.n == 0) problem(po->file, 1, "the header names no Language");
    if (po->name.n == 0) po->name = po->tag;
    char *tag = str_cstr(mem, po->tag);
    for (char *p = tag; *p; p++)
        if (*p == '_') *p = '-';
    po->tag = str_z(tag);
    str field = header_field(po, "Plural-Forms:");
    size_t at = str_find(field, S("plural="), 0);
    if (at != SIZE_MAX && at > 0 && field.p[at - 1] == 'n') at = str_find(field, S("plural="), at + 7);
    BUF_AUTO buf plain = BUF_MAX(4096);
    for (size_t i = at == SIZE_MAX ? field.n : at + 7; i < field.n; i++)
        if (!strchr(" \t();", field.p[i])) buf_add_char(&plain, field.p[i]);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (str_eq(str_z(rules[i].expression), buf_str(&plain))) {
            po->rule = rules[i].rule;
            return;
        }
    problem(po->file, 1, "Plural-Forms is missing or unknown: \"%.*s\"", STR_FMT(field));
}

static int forms_of(const struct po *po, const struct entry *e) {
    return e->plural.p ? rule_forms[po->rule] : 1;
}

static bool is_translated(const struct po *po, const struct entry *e) {
    for (int i = 0; i < forms_of(po, e); i++)
        if (e->text[i].n == 0) return false;
    return !e->fuzzy && !e->obsolete;
}

static unsigned places_in(str s) {
    unsigned bits = 0;
    for (size_t i = 0; i + 2 < s.n; i++)
        if (s.p[i] == '{' && s.p[i + 1] >= '0' && s.p[i + 1] <= '9' && s.p[i + 2] == '}')
            bits |= 1u << (s.p[i + 1] - '0');
    return bits;
}

/* The number of a plural, {0}, may be left out of a form ("one person"). */
static void check_entry(const struct po *po, const struct entry *e) {
    unsigned want = places_in(e->id) | places_in(e->plural), optional = e->plural.p ? 1 : 0;
    int given = 0;
    for (int i = 0; i < forms_of(po, e); i++) given += e->text[i].n > 0;
    if (given && given < forms_of(po, e)) problem(po->file, e->line, "a plural form has no text");
    for (int i = 0; i < FORMS_MAX; i++) {
        if (e->text[i].n == 0) continue;
        unsigned have = places_in(e->text[i]);
        if (i >= forms_of(po, e)) problem(po->file, e->line, "more forms than the language has");
        if ((have | optional) != (want | optional))
            problem(po->file, e->line, "the places {0} to {9} differ from those of the English text");
    }
}

static int check(struct po *po) {
    int done = 0;
    read_header(po);
    for (size_t i = 0; i < po->list.n; i++) {
        if (!po->list.v[i].obsolete && !po->list.v[i].fuzzy) check_entry(po, &po->list.v[i]);
        po->texts += !po->list.v[i].obsolete;
        done += is_translated(po, &po->list.v[i]);
    }
    return done;
}

/* ---- compile ---- */

static void compile_po(struct po *po, int k, buf *out) {
    entry_list done = {NULL, 0, 0};
    for (size_t i = 0; i < po->list.n; i++)
        if (is_translated(po, &po->list.v[i])) *list_add(mem, &done) = po->list.v[i];
    uint32_t size = 4;
    while (size < 2 * done.n) size *= 2;
    uint16_t *slots = arena_array(mem, size, sizeof *slots);
    buf_add_fmt(out, "static const char *const forms_%d[] = {\n", k);
    for (size_t i = 0; i < done.n; i++)
        for (int f = 0; f < forms_of(po, &done.v[i]); f++) {
            add_quoted(out, done.v[i].text[f], true);
            buf_add_z(out, ",\n");
        }
    buf_add_fmt(out, "NULL};\nstatic const struct lang_entry entries_%d[] = {\n", k);
    size_t form = 0;
    for (size_t i = 0; i < done.n; i++) {
        buf_add_z(out, "{");
        add_quoted(out, done.v[i].id, true);
        buf_add_fmt(out, ", forms_%d + %zu, %d},\n", k, form, forms_of(po, &done.v[i]));
        form += (size_t)forms_of(po, &done.v[i]);
        uint32_t at = lang_hash(str_cstr(mem, done.v[i].id)) & (size - 1);
        while (slots[at]) at = (at + 1) & (size - 1);
        slots[at] = (uint16_t)(i + 1);
    }
    buf_add_fmt(out, "{\"\", forms_%d, 0}};\nstatic const uint16_t slots_%d[] = {", k, k);
    for (uint32_t i = 0; i < size; i++) buf_add_fmt(out, "%s%u", i ? "," : "", slots[i]);
    str language = po->tag;
    size_t dash = str_find_char(language, '-', 0);
    if (dash != SIZE_MAX) language = str_slice(language, 0, dash);
    bool right_to_left = str_eq(language, S("ar")) || str_eq(language, S("he")) ||
                         str_eq(language, S("fa")) || str_eq(language, S("ur"));
    buf_add_fmt(out, "};\nstatic const struct lang lang_%d = {.tag = ", k);
    add_quoted(out, po->tag, true);
    buf_add_z(out, ", .name = ");
    add_quoted(out, po->name, true);
    buf_add_fmt(out, ", .plural = %d, .right_to_left = %s, .entries = entries_%d, .slots = slots_%d, ",
                (int)po->rule, right_to_left ? "true" : "false", k, k);
    buf_add_fmt(out, ".offered = %s, .slot_mask = %u};\n", done.n * 10 >= po->texts * 9 ? "true" : "false",
                size - 1);
}

static int run_compile(const char *out_path, char **files, int n) {
    BUF_AUTO buf out = BUF_MAX(FILE_MAX);
    buf_add_z(&out, "#include \"base/lang.h\"\n");
    for (int i = 0; i < n; i++) {
        struct po po;
        read_po(files[i], &po);
        check(&po);
        if (!problems) compile_po(&po, i, &out);
    }
    if (problems) return 1;
    buf_add_z(&out, "const struct lang *const lang_tables[] = {");
    for (int i = 0; i < n; i++) buf_add_fmt(&out, "&lang_%d, ", i);
    buf_add_z(&out, "NULL};\n");
    write_file(out_path, &out);
    return 0;
}

/* ---- extract ---- */

static entry_list found;

static void note(const char *file, const char *begin, const char *at, str id, str plural, str hint) {
    int line = 1;
    for (const char *p = begin; p < at; p++) line += *p == '\n';
    if (id.n == 0) problem(file, line, "a text to translate is empty");
    struct entry *e = find(&found, id);
    if (!e) (e = list_add(mem, &found))->id = id;
    if (plural.p && e->plural.p && !str_eq(plural, e->plural))
        problem(file, line, "this text has another plural elsewhere: \"%.*s\"", STR_FMT(e->plural));
    if (plural.p) e->plural = plural;
    if (hint.n && !e->hint.n) e->hint = hint;
    e->places = join(e->places, " ", str_fmt(mem, "%s:%d", file, line));
}

static bool is_word(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t skip_quoted(str s, size_t i) {
    char quote = s.p[i++];
    while (i < s.n && s.p[i] != quote && s.p[i] != '\n') i += s.p[i] == '\\' ? 2 : 1;
    return i + 1;
}

static str hint_of(str comment) {
    comment = str_trim(comment);
    return take_prefix(&comment, "l10n:") ? comment : S("");
}

/* err_set(CODE, "...") without arguments: a sentence that people read as it is. `rest` stands behind the
 * word. */
static bool take_error(str rest, str *ret_id) {
    if (!take_prefix(&rest, "(")) return false;
    size_t comma = str_find_char(rest, ',', 0);
    if (comma == SIZE_MAX) return false;
    rest = str_slice(rest, comma + 1, rest.n);
    return take_literals(&rest, ret_id) && str_starts(str_trim(rest), S(")"));
}

/* T("...") and TN("...", "...") in C code. A hint holds until the statement ends. */
static void scan_c(const char *file, const char *begin, str s, str hint) {
    for (size_t i = 0; i < s.n;) {
        if (str_starts(str_slice(s, i, s.n), S("/*"))) {
            size_t end = str_find(s, S("*/"), i + 2);
            hint = hint_of(str_slice(s, i + 2, end));
            i = end == SIZE_MAX ? s.n : end + 2;
        } else if (str_starts(str_slice(s, i, s.n), S("//"))) {
            size_t end = str_find_char(s, '\n', i);
            i = end == SIZE_MAX ? s.n : end;
        } else if (s.p[i] == '"' || s.p[i] == '\'') {
            i = skip_quoted(s, i);
        } else if (is_word(s.p[i])) {
            size_t from = i;
            while (i < s.n && is_word(s.p[i])) i++;
            str word = str_slice(s, from, i), rest = str_slice(s, i, s.n), id, plural = {NULL, 0};
            bool pair = str_eq(word, S("TN"));
            if (str_eq(word, S("err_set")) && take_error(rest, &id))
                note(file, begin, s.p + from, id, plural, hint);
            if ((!pair && !str_eq(word, S("T"))) || !take_prefix(&rest, "(") || !take_literals(&rest, &id))
                continue;
            rest = str_trim(rest);
            if (pair && (!take_prefix(&rest, ",") || !take_literals(&rest, &plural))) continue;
            note(file, begin, s.p + from, id, plural, hint);
            i = (size_t)(rest.p - s.p);
        } else {
            if (s.p[i] == ';') hint = S("");
            i++;
        }
    }
}

/* {{ "..." }} and {{ n ~ "..." ~ "..." }}; marks inside other code of the template count as in C. */
static void scan_print(const char *file, const char *begin, str code, str hint) {
    str trimmed = str_trim(code), rest = trimmed, id, plural = {NULL, 0};
    if (take_literals(&rest, &id)) {
        note(file, begin, trimmed.p, id, plural, hint);
        scan_c(file, begin, rest, hint);
        return;
    }
    int depth = 0;
    for (size_t i = 0; i < trimmed.n;) {
        char c = trimmed.p[i];
        if (c == '"' || c == '\'') {
            i = skip_quoted(trimmed, i);
            continue;
        }
        depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
        rest = str_slice(trimmed, i + 1, trimmed.n);
        if (c == '~' && i && depth == 0 && take_literals(&rest, &id)) {
            rest = str_trim(rest);
            if (take_prefix(&rest, "~") && take_literals(&rest, &plural))
                note(file, begin, trimmed.p + i, id, plural, hint);
            scan_c(file, begin, rest, hint);
            return;
        }
        i++;
    }
    scan_c(file, begin, code, hint);
}

static void scan_template(const char *file, str s) {
    str hint = S("");
    for (size_t i = 0; i + 1 < s.n;) {
        char kind = s.p[i] == '{' ? s.p[i + 1] : 0;
        if (kind != '{' && kind != '%' && kind != '#') {
            i++;
            continue;
        }
        char close = kind == '{' ? '}' : kind;
        size_t from = i + 2, at = from;
        while (at + 1 < s.n && !(s.p[at] == close && s.p[at + 1] == '}'))
            at = kind != '#' && (s.p[at] == '"' || s.p[at] == '\'') ? skip_quoted(s, at) : at + 1;
        str code = str_slice(s, from, at);
        if (kind == '#') {
            hint = hint_of(code);
        } else {
            if (kind == '{')
                scan_print(file, s.p, code, hint);
            else
                scan_c(file, s.p, code, hint);
            hint = S("");
        }
        i = at + 2;
    }
}

/* ---- writing PO ---- */

static void add_entry(buf *out, const struct entry *e, int forms) {
    const char *mark = e->obsolete ? "#~ " : "";
    buf_add_char(out, '\n');
    buf_add(out, e->comments);
    if (e->hint.n && !e->obsolete) buf_add_fmt(out, "#. %.*s\n", STR_FMT(e->hint));
    str rest = str_trim(e->places), place;
    while (!e->obsolete && rest.n && str_split(&rest, ' ', &place)) {
        /* Without the line number: it would change the files with every edit above. */
        size_t colon = str_find_char(place, ':', 0);
        str file = str_slice(place, 0, colon), before = (str){e->places.p, (size_t)(place.p - e->places.p)};
        if (str_find(before, file, 0) == SIZE_MAX) buf_add_fmt(out, "#: %.*s\n", STR_FMT(file));
    }
    if (e->fuzzy) buf_add_z(out, "#, fuzzy\n");
    buf_add_fmt(out, "%smsgid ", mark);
    add_quoted(out, e->id, false);
    if (e->plural.p) {
        buf_add_fmt(out, "\n%smsgid_plural ", mark);
        add_quoted(out, e->plural, false);
    }
    for (int i = 0; i < (e->plural.p ? forms : 1); i++) {
        if (e->plural.p)
            buf_add_fmt(out, "\n%smsgstr[%d] ", mark, i);
        else
            buf_add_fmt(out, "\n%smsgstr ", mark);
        add_quoted(out, e->text[i], false);
    }
    buf_add_char(out, '\n');
}

static void add_header(buf *out, str header) {
    buf_add_z(out, "msgid \"\"\nmsgstr \"\"\n");
    str line;
    while (str_line(&header, &line)) {
        add_quoted(out, join(line, "\n", S("")), false);
        buf_add_char(out, '\n');
    }
}

static int run_extract(const char *out_path, char **files, int n) {
    for (int i = 0; i < n; i++) {
        str s = read_file(files[i]);
        if (str_ends(str_z(files[i]), S(".tmpl")))
            scan_template(files[i], s);
        else
            scan_c(files[i], s.p, s, S(""));
    }
    if (problems) return 1;
    BUF_AUTO buf out = BUF_MAX(FILE_MAX);
    add_header(&out, S("Content-Type: text/plain; charset=UTF-8\n"));
    for (size_t i = 0; i < found.n; i++) add_entry(&out, &found.v[i], 2);
    write_file(out_path, &out);
    return 0;
}

static void merge(struct po *pot, struct po *po) {
    BUF_AUTO buf out = BUF_MAX(FILE_MAX);
    read_header(po);
    if (problems) return;
    add_header(&out, po->header);
    size_t empty = 0;
    for (size_t i = 0; i < pot->list.n; i++) {
        struct entry e = pot->list.v[i], *old = find(&po->list, e.id);
        if (old) {
            memcpy(e.text, old->text, sizeof e.text);
            e.comments = old->comments;
            e.fuzzy = old->fuzzy;
        }
        empty += !is_translated(po, &e);
        add_entry(&out, &e, rule_forms[po->rule]);
    }
    for (size_t i = 0; i < po->list.n; i++) {
        struct entry e = po->list.v[i];
        if (find(&pot->list, e.id) || e.text[0].n == 0) continue;
        e.obsolete = true;
        add_entry(&out, &e, rule_forms[po->rule]);
    }
    write_file(po->file, &out);
    printf("%s: %zu texts, %zu without translation\n", po->file, pot->list.n, empty);
}

static int run_merge(const char *pot_path, char **files, int n) {
    struct po pot, po;
    read_po(pot_path, &pot);
    for (int i = 0; i < n && !problems; i++) {
        read_po(files[i], &po);
        if (!problems) merge(&pot, &po);
    }
    return problems != 0;
}

static int run_check(char **files, int n) {
    for (int i = 0; i < n; i++) {
        struct po po;
        read_po(files[i], &po);
        int done = check(&po);
        printf("%s: %d of %zu translated\n", files[i], done, po.texts);
    }
    return problems != 0;
}

int main(int argc, char **argv) {
    mem = arena_new(0);
    int result = 2;
    if (argc >= 3 && strcmp(argv[1], "--check") == 0)
        result = run_check(argv + 2, argc - 2);
    else if (argc >= 4 && strcmp(argv[1], "--extract") == 0)
        result = run_extract(argv[2], argv + 3, argc - 3);
    else if (argc >= 4 && strcmp(argv[1], "--merge") == 0)
        result = run_merge(argv[2], argv + 3, argc - 3);
    else if (argc >= 2 && argv[1][0] != '-')
        result = run_compile(argv[1], argv + 2, argc - 2);
    else
        fprintf(stderr, "usage: poc OUT.c FILE.po... | --extract OUT.pot FILE... |"
                        " --merge FILE.pot FILE.po... | --check FILE.po...\n");
    arena_free(mem);
    return result;
}
