/* tmplc: compile page templates to C.
 *
 *     tmplc IN.tmpl OUT.c OUT.h [--strings OUT.pot]
 *
 * A template holds pages; each becomes a function in OUT.c with its prototype in OUT.h:
 *
 *     {% include "web/views.h" %}                               only before the first page
 *     {% page row(const struct row_view *v) %} ... {% end %}    void tmpl_row(struct page_out *o, const ...)
 *     {% if (EXPR) %} {% else if (EXPR) %} {% else %} {% end %}   {% for (;;) %} {% end %}
 *     {% do CALL(...) %}             a C statement; `o` is the output, e.g. {% do tmpl_row(o, &v->rows[i]) %}
 *     {% let TYPE name = EXPR %}     a variable until the {% end %} of the block it stands in
 *     {# comment #}                  <!-- comments --> are left out of the page too
 *
 * Printing is escaped; a type that has no safe form does not compile (web/page_out.h has the functions):
 *
 *     {{ x }}             str, const char *, char * and integers, HTML-escaped; bool, plain char, pointers
 *                         and structs do not compile
 *     {{ x | raw }}       struct safe_html only, between tags only
 *     {{ x | link }}      a whole URL (str): http, https, mailto or relative; anything else prints "#"
 *     {{ x | path }}      one piece of a path or query (str, integer): all but unreserved percent-encoded
 *     {{ x | json }}      a JSON string or number (str, integer), for hx-vals and hx-headers
 *     {{ x | srcdoc }}    struct safe_html as the document of <iframe srcdoc="...">
 *     {{ "Text" }}   {{ "{0} of {1}", a, b }}   {{ n ~ "one letter" ~ "{0} letters" }}      translated
 *
 * In a plural {0} is the number and {1}, {2} are the further arguments. A string literal that stands alone
 * is always translated; text of another kind goes through a variable. Bitwise or needs parentheses.
 *
 * The build fails, with file and line, on: letters between tags or in title, alt, placeholder, aria-label
 * and the like that are not {{ "..." }} (content of <code class="literal"> is exempt; punctuation beyond
 * ASCII is written as an entity); {{ }} in script, style, on*=, style=, srcset=, unquoted values, names;
 * a URL attribute that begins with {{ }} and not with {{ | link }} or a path of our own; branches that end
 * in different places of the markup. White space that spans lines becomes one newline, outside <pre> and
 * <textarea>; a line that holds only {% %} leaves nothing. */
#include "tmplc_markup.h"

/* ---- printing ---- */

static void strings_add(const char *msgid, int n, const char *plural, int plural_n) {
    text_fmt(&tc.strings, "\n#: %s:%d\nmsgid %.*s\n", tc.file, tc.line, n, msgid);
    if (plural)
        text_fmt(&tc.strings, "msgid_plural %.*s\nmsgstr[0] \"\"\nmsgstr[1] \"\"\n", plural_n, plural);
    if (!plural) text_fmt(&tc.strings, "msgstr \"\"\n");
}

/* Take the string literals (adjacent ones are one text) off the front of `s`. */
static struct span take_literal(struct span *s) {
    struct span literal = {s->p, s->p};
    while (s->p < s->end && *s->p == '"') {
        literal.end = s->p = skip_quoted(s->p, s->end);
        while (s->p < s->end && is_blank(*s->p)) s->p++;
    }
    if (literal.p == literal.end) fail("a text in quotes is missing");
    if (literal.end == literal.p + 2) fail("a text to translate is empty");
    return literal;
}

/* Every {n} must have its argument; the bits of those used are added to *used. */
static void check_places(struct span text, int nargs, unsigned *used) {
    for (const char *p = text.p; p + 2 < text.end; p++) {
        if (p[0] != '{' || !isdigit((unsigned char)p[1]) || p[2] != '}') continue;
        if (p[1] - '0' >= nargs) fail("{%c} has no argument", p[1]);
        *used |= 1u << (p[1] - '0');
    }
}

/* `rest` is what follows the texts: nothing, or a comma and arguments. `first` counts the number of a
 * plural, which is argument 0 already. */
static int split_args(struct span rest, int first, struct span *args) {
    int n = first;
    rest = trim(rest);
    while (rest.p < rest.end) {
        if (*rest.p != ',') fail("after a text only a comma and arguments may come");
        rest.p++;
        const char *comma = find_top(rest, ',');
        struct span arg = trim((struct span){rest.p, comma ? comma : rest.end});
        need_expression(arg, "an argument");
        if (n == ARGS_MAX) fail("a text takes at most %d arguments", ARGS_MAX);
        args[n++] = arg;
        rest.p = comma ? comma : rest.end;
    }
    return n;
}

static void emit_text(struct span number, struct span rest) {
    struct span args[ARGS_MAX], many = {NULL, NULL}, one = take_literal(&rest);
    if (number.p) {
        if (rest.p >= rest.end || *rest.p != '~')
            fail("a plural needs two texts: n ~ \"one\" ~ \"{0} many\"");
        rest.p++;
        rest = trim(rest);
        many = take_literal(&rest);
    }
    int first = number.p ? 1 : 0, nargs = split_args(rest, first, args);
    unsigned used = (unsigned)first;
    check_places(one, nargs, &used);
    if (many.p) check_places(many, nargs, &used);
    if (used != (1u << nargs) - 1) fail("an argument is used nowhere in the text");
    strings_add(one.p, (int)(one.end - one.p), many.p, (int)(many.end - many.p));
    code_line(tc.line);
    struct text *c = &tc.code;
    if (number.p)
        text_fmt(c, "{ int64_t page_n_ = (%.*s);\npage_plural(o, page_n_, %.*s, %.*s, %d, ",
                 (int)(number.end - number.p), number.p, (int)(one.end - one.p), one.p,
                 (int)(many.end - many.p), many.p, nargs);
    else
        text_fmt(c, "page_text(o, %.*s, %d, ", (int)(one.end - one.p), one.p, nargs);
    if (nargs == 0) text_fmt(c, "NULL");
    if (nargs) text_fmt(c, "(const struct page_arg[]){%s", number.p ? "page_arg(page_n_), " : "");
    for (int i = first; i < nargs; i++)
        text_fmt(c, "page_arg((%.*s)), ", (int)(args[i].end - args[i].p), args[i].p);
    text_fmt(c, "%s);%s\n", nargs ? "}" : "", number.p ? " }" : "");
}

/* What may be printed where; `filter` is "" for none. */
static void check_print(const char *filter) {
    const struct context *at = &tc.at;
    bool path = strcmp(filter, "path") == 0, link = strcmp(filter, "link") == 0;
    switch (at->place) {
    case PLACE_TEXT:
        if (strcmp(filter, "srcdoc") == 0) fail("| srcdoc belongs in srcdoc=\"...\"");
        if (strcmp(filter, "raw") == 0 && at->element[0]) fail("| raw is refused inside <%s>", at->element);
        return;
    case PLACE_RAW: fail("{{ }} is refused inside <%s>", at->element);
    case PLACE_TAG_NAME: fail("{{ }} is refused in a tag name");
    case PLACE_DECLARATION: fail("{{ }} is refused in <!doctype>");
    case PLACE_BEFORE_ATTR:
    case PLACE_AFTER_THING:
    case PLACE_ATTR_NAME: fail("{{ }} is refused in a tag outside of quoted attribute values");
    case PLACE_BEFORE_VALUE:
    case PLACE_BARE:
        fail("{{ }} is refused in an unquoted attribute value: put the value of %s in quotes", at->attr);
    case PLACE_QUOTED: break;
    }
    if (strcmp(filter, "raw") == 0) fail("| raw is refused in an attribute");
    if (starts(at->attr, "on") || starts(at->attr, "hx-on") || one_of(at->attr, closed_attrs))
        fail("{{ }} is refused in %s=", at->attr);
    if (strcmp(at->tag, "meta") == 0 && strcmp(at->attr, "content") == 0 && strcasestr(at->start, "url"))
        fail("{{ }} is refused in the address of <meta http-equiv>");
    if ((strcmp(at->attr, "srcdoc") == 0) != (strcmp(filter, "srcdoc") == 0))
        fail("srcdoc=\"...\" and | srcdoc belong together");
    if (one_of(at->attr, json_attrs) && strcmp(filter, "json") != 0)
        fail("%s needs {{ x | json }}", at->attr);
    if (!one_of(at->attr, url_attrs)) return;
    check_url_literal();
    if (link && (at->start[0] || at->started))
        fail("| link prints a whole URL and must come first in %s", at->attr);
    if (!link && !(at->start[0] ? url_start_is_ours(at->start, path) : at->started))
        fail("%s begins with a value: use {{ x | link }}, or a path of ours before it", at->attr);
}

static void emit_print(struct span s) {
    static const struct {
        const char *filter, *function;
    } filters[] = {{"", "page_print"},    {"raw", "page_raw"},   {"link", "page_link"},
                   {"path", "page_path"}, {"json", "page_json"}, {"srcdoc", "page_srcdoc"}};
    s = trim(s);
    need_expression(s, "{{ }}");
    const char *tilde = find_top(s, '~');
    struct span number = {NULL, NULL}, rest = s;
    if (tilde && tilde > s.p) {
        rest = trim((struct span){tilde + 1, s.end});
        number = trim((struct span){s.p, tilde});
    }
    if (number.p || *s.p == '"') {
        check_print("");
        emit_text(number, rest);
        tc.at.started = tc.at.place == PLACE_QUOTED;
        return;
    }
    const char *bar = find_top(s, '|');
    while (bar && bar + 1 < s.end && bar[1] == '|') bar = find_top((struct span){bar + 2, s.end}, '|');
    struct span name = bar ? trim((struct span){bar + 1, s.end}) : (struct span){"", ""};
    if (!bar) name.end = name.p;
    struct span value = trim((struct span){s.p, bar ? bar : s.end});
    need_expression(value, "the value before |");
    if (find_top(value, ',')) fail("{{ }} prints one value; arguments need a text in front");
    const char *function = NULL, *filter = NULL;
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        if (strlen(filters[i].filter) == (size_t)(name.end - name.p) &&
            strncmp(filters[i].filter, name.p, (size_t)(name.end - name.p)) == 0) {
            filter = filters[i].filter;
            function = filters[i].function;
        }
    if (!function)
        fail("unknown filter \"%.*s\"; put a bitwise or in parentheses", (int)(name.end - name.p), name.p);
    check_print(filter);
    code_line(tc.line);
    text_fmt(&tc.code, "%s(o, (%.*s));\n", function, (int)(value.end - value.p), value.p);
    tc.at.started = tc.at.place == PLACE_QUOTED;
}

/* ---- statements ---- */

/* A statement may stand in text, between attributes and in quoted values. A name that ends at it must not
 * be continued behind it. */
static void settle(void) {
    struct context *at = &tc.at;
    if (at->place == PLACE_RAW) fail("{%% %%} is refused inside <%s>", at->element);
    if (at->place == PLACE_BEFORE_VALUE || at->place == PLACE_BARE || at->place == PLACE_DECLARATION)
        fail("{%% %%} is refused in an unquoted attribute value and in <!doctype>");
    if (at->place == PLACE_TAG_NAME || at->place == PLACE_ATTR_NAME) {
        at->place = PLACE_AFTER_THING;
        memset(at->attr, 0, sizeof at->attr);
    }
}

static bool same_context(const struct context *a, const struct context *b) {
    return a->place == b->place && a->quote == b->quote && strcmp(a->tag, b->tag) == 0 &&
           a->end_tag == b->end_tag && strcmp(a->attr, b->attr) == 0 && strcmp(a->element, b->element) == 0 &&
           a->pre == b->pre && a->literal == b->literal;
}

/* Two ways that meet: the result is as strict as the stricter one. */
static struct context meet(struct context a, struct context b) {
    if (a.place == PLACE_AFTER_THING && b.place == PLACE_BEFORE_ATTR) b.place = PLACE_AFTER_THING;
    if (b.place == PLACE_AFTER_THING && a.place == PLACE_BEFORE_ATTR) a.place = PLACE_AFTER_THING;
    if (!same_context(&a, &b))
        fail("the branches end in different places of the markup (a tag, a quote, <pre> or the like)");
    a.slash = a.slash || b.slash;
    a.button_input = a.button_input || b.button_input;
    a.value_letters = a.value_letters || b.value_letters;
    a.literal_class = a.literal_class && b.literal_class;
    if (a.place == PLACE_QUOTED) {
        /* A way that began the value well says nothing about the way that did not. */
        bool a_weaker = !a.start[0] || (b.start[0] && !url_start_is_ours(a.start, false));
        const struct context *weak = a_weaker ? &a : &b;
        a.started = a.start[0] || b.start[0] ? weak->started : a.started && b.started;
        memmove(a.start, weak->start, sizeof a.start);
    }
    return a;
}

static void open_block(enum block_kind kind) {
    if (tc.blocks == BLOCKS_MAX) fail("more than %d blocks inside each other", BLOCKS_MAX);
    struct block *b = &tc.block[tc.blocks++];
    memset(b, 0, sizeof *b);
    b->kind = kind;
    b->line = tc.line;
    b->start = tc.at;
}

static void end_branch(struct block *b) {
    b->end = b->has_end ? meet(b->end, tc.at) : tc.at;
    b->has_end = true;
}

static void close_block(void) {
    struct block *b = &tc.block[--tc.blocks];
    flush_literal();
    text_fmt(&tc.code, "}\n");
    struct context empty = {.place = PLACE_TEXT};
    switch (b->kind) {
    case BLOCK_PAGE:
        if (!same_context(&tc.at, &empty)) fail("the page ends inside a tag, <pre>, <textarea> or the like");
        break;
    case BLOCK_FOR:
        if (b->start.place != tc.at.place) fail("the loop ends in another place of the markup than it began");
        tc.at = meet(b->start, tc.at);
        break;
    case BLOCK_IF:
        end_branch(b);
        tc.at = b->has_else ? b->end : meet(b->end, b->start);
        break;
    }
}

static void open_page(struct span s) {
    if (tc.blocks) fail("a page cannot stand inside a page");
    struct span name = {s.p, s.p};
    while (name.end < s.end && (isalnum((unsigned char)*name.end) || *name.end == '_')) name.end++;
    if (name.end == s.p || name.end == s.end || *name.end != '(' || s.end[-1] != ')')
        fail("write {%% page name(arguments) %%}");
    struct span args = trim((struct span){name.end + 1, s.end - 1});
    int n = (int)(name.end - name.p), m = (int)(args.end - args.p);
    open_block(BLOCK_PAGE);
    tc.page_seen = true;
    text_fmt(&tc.head, "void tmpl_%.*s(struct page_out *o%s%.*s);\n", n, name.p, m ? ", " : "", m, args.p);
    code_line(tc.line);
    text_fmt(&tc.code, "void tmpl_%.*s(struct page_out *o%s%.*s) {\n", n, name.p, m ? ", " : "", m, args.p);
}

static void in_parentheses(struct span s, const char *what) {
    if (s.p == s.end || *s.p != '(' || s.end[-1] != ')') fail("write {%% %s (...) %%}", what);
    find_top(s, 0);
    find_top((struct span){s.p + 1, s.end - 1}, 0);
}

static bool take_word(struct span *s, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(s->end - s->p) < n || strncmp(s->p, word, n) != 0) return false;
    if (s->p + n < s->end && (isalnum((unsigned char)s->p[n]) || s->p[n] == '_')) return false;
    s->p += n;
    *s = trim(*s);
    return true;
}

static void run_else(struct span s) {
    struct block *b = tc.blocks ? &tc.block[tc.blocks - 1] : NULL;
    if (!b || b->kind != BLOCK_IF || b->has_else) fail("{%% else %%} without {%% if %%}");
    end_branch(b);
    tc.at = b->start;
    flush_literal();
    text_fmt(&tc.code, "}\n");
    if (take_word(&s, "if")) {
        in_parentheses(s, "else if");
        code_line(tc.line);
        text_fmt(&tc.code, "else if %.*s {\n", (int)(s.end - s.p), s.p);
        return;
    }
    if (s.p != s.end) fail("write {%% else %%} or {%% else if (...) %%}");
    b->has_else = true;
    text_fmt(&tc.code, "else {\n");
}

static void run_statement(struct span s) {
    s = trim(s);
    if (take_word(&s, "include")) {
        if (tc.page_seen) fail("{%% include %%} belongs before the first page");
        text_fmt(&tc.head, "#include %.*s\n", (int)(s.end - s.p), s.p);
        return;
    }
    if (take_word(&s, "page")) {
        open_page(s);
        return;
    }
    if (tc.blocks == 0) fail("a statement outside of a page");
    settle();
    if (take_word(&s, "if")) {
        in_parentheses(s, "if");
        open_block(BLOCK_IF);
        code_line(tc.line);
        text_fmt(&tc.code, "if %.*s {\n", (int)(s.end - s.p), s.p);
    } else if (take_word(&s, "for")) {
        in_parentheses(s, "for");
        open_block(BLOCK_FOR);
        code_line(tc.line);
        text_fmt(&tc.code, "for %.*s {\n", (int)(s.end - s.p), s.p);
    } else if (take_word(&s, "else")) {
        run_else(s);
    } else if (take_word(&s, "end")) {
        if (s.p != s.end) fail("write {%% end %%}");
        close_block();
    } else if (take_word(&s, "do")) {
        if (tc.at.place != PLACE_TEXT || tc.at.element[0])
            fail("{%% do %%} may print markup and must stand between tags");
        need_expression(s, "{% do %}");
        code_line(tc.line);
        text_fmt(&tc.code, "%.*s;\n", (int)(s.end - s.p), s.p);
    } else if (take_word(&s, "let")) {
        need_expression(s, "{% let %}");
        if (!find_top(s, '=')) fail("write {%% let TYPE name = EXPR %%}");
        code_line(tc.line);
        text_fmt(&tc.code, "%.*s;\n", (int)(s.end - s.p), s.p);
    } else {
        fail("unknown statement \"%.*s\"", (int)(s.end - s.p), s.p);
    }
}

/* The code of {{ }} or {% %} at tc.p; leaves tc.p behind it. `close` is the first of the two closing bytes.
 */
static struct span take_code(char close) {
    struct span s = {tc.p + 2, NULL};
    int depth = 0;
    for (const char *p = s.p; p + 1 < tc.end;) {
        if (*p == '"' || *p == '\'') {
            p = skip_quoted(p, tc.end);
            continue;
        }
        if (depth == 0 && p[0] == close && p[1] == '}') {
            s.end = p;
            tc.p = p + 2;
            return s;
        }
        depth += *p == '{' ? 1 : *p == '}' ? -1 : 0;
        p++;
    }
    fail("%s is not closed", close == '}' ? "{{" : "{%");
}

/* A line that holds only a statement or a comment leaves nothing: drop the white space behind it. */
static void drop_line_end(const char *from) {
    const char *before = from, *after = tc.p;
    if (tc.at.place != PLACE_TEXT || keeps_space()) return;
    while (before > tc.begin && (before[-1] == ' ' || before[-1] == '\t')) before--;
    if (before > tc.begin && before[-1] != '\n') return;
    while (after < tc.end && (*after == ' ' || *after == '\t' || *after == '\r')) after++;
    if (after < tc.end && *after != '\n') return;
    for (; tc.p < tc.end && is_blank(*tc.p); tc.p++)
        if (*tc.p == '\n') tc.line++;
}

static void count_lines(const char *from) {
    for (; from < tc.p; from++)
        if (*from == '\n') tc.line++;
}

static void compile(void) {
    while (tc.p < tc.end) {
        const char *from = tc.p;
        if (here("{#")) {
            while (tc.p < tc.end && !here("#}")) tc.p++;
            if (tc.p >= tc.end) fail("{# is not closed");
            tc.p += 2;
            count_lines(from);
            drop_line_end(from);
        } else if (here("{%")) {
            run_statement(take_code('%'));
            count_lines(from);
            drop_line_end(from);
        } else if (tc.blocks == 0) {
            if (!is_blank(*tc.p))
                fail("outside of a page only {%% include %%}, {%% page %%} and comments may stand");
            if (*tc.p++ == '\n') tc.line++;
        } else if (here("{{")) {
            emit_print(take_code('}'));
            count_lines(from);
        } else {
            step();
        }
    }
    if (tc.blocks) fail_at(tc.block[tc.blocks - 1].line, "the block that begins here has no {%% end %%}");
    if (!tc.page_seen) fail("no {%% page %%} in this file");
}

/* ---- files ---- */

static void read_template(void) {
    struct text t = {0};
    FILE *f = fopen(tc.file, "rb");
    if (!f) fail_at(0, "%s", strerror(errno));
    char part[8192];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) text_add(&t, part, n);
    if (ferror(f)) fail_at(0, "%s", strerror(errno));
    fclose(f);
    if (t.n && memchr(t.p, 0, t.n)) fail_at(0, "the file holds a NUL byte");
    text_add(&t, "", 1);
    tc.begin = tc.p = t.p;
    tc.end = t.p + t.n - 1;
    tc.line = 1;
}

static void write_file(const char *path, const struct text *a, const struct text *b, const char *tail) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(a->p, 1, a->n, f) != a->n || (b->n && fwrite(b->p, 1, b->n, f) != b->n) ||
        fputs(tail, f) < 0 || fclose(f) != 0) {
        fprintf(stderr, "tmplc: cannot write %s: %s\n", path, strerror(errno));
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 4 && !(argc == 6 && strcmp(argv[4], "--strings") == 0)) {
        fprintf(stderr, "usage: tmplc IN.tmpl OUT.c OUT.h [--strings OUT.pot]\n");
        return 2;
    }
    tc.file = argv[1];
    read_template();
    compile();
    const char *slash = strrchr(argv[3], '/'), *base = slash ? slash + 1 : argv[3];
    struct text guard = {0}, top = {0}, pot = {0};
    for (const char *p = base; *p; p++)
        text_fmt(&guard, "%c", isalnum((unsigned char)*p) ? toupper(*p) : '_');
    text_fmt(&top,
             "#ifndef LONGHAND_TEMPLATE_%.*s\n#define LONGHAND_TEMPLATE_%.*s\n#include \"web/page_out.h\"\n",
             (int)guard.n, guard.p, (int)guard.n, guard.p);
    write_file(argv[3], &top, &tc.head, "#endif\n");
    top.n = 0;
    text_fmt(&top, "#include \"%s\"\n", base);
    /* Pages of one kind share their parameters, whether or not each needs them. */
    text_fmt(&top, "#pragma GCC diagnostic ignored \"-Wunused-parameter\"\n");
    write_file(argv[2], &top, &tc.code, "");
    text_fmt(&pot, "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n");
    if (argc == 6) write_file(argv[5], &pot, &tc.strings, "");
    const struct text *all[] = {&guard, &top, &pot, &tc.code, &tc.head, &tc.strings, &tc.literal};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]->p);
    free((char *)tc.begin);
    return 0;
}
