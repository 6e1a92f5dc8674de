/* The half of tmplc that reads: the template's bytes, C literals in it, and where in the markup each byte
 * stands. Part of tmplc.c, which includes it once; step() takes one piece of markup, tc.at says where we are.
 *
 * The tracker is stricter than HTML on purpose: what browsers repair in ways that surprise (attributes
 * without white space between them, '<' as text, comments, self-closed scripts) is refused or left out, so
 * that our place and the browser's cannot differ. */
#ifndef LONGHAND_TOOLS_TMPLC_MARKUP_H
#define LONGHAND_TOOLS_TMPLC_MARKUP_H

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 48, START_MAX_BYTES = 96, BLOCKS_MAX = 64, ARGS_MAX = 10, LITERAL_LINE = 90 };

enum place {
    PLACE_TEXT,
    PLACE_TAG_NAME,
    PLACE_BEFORE_ATTR, /* in a tag, after white space */
    PLACE_AFTER_THING, /* in a tag, where white space, '/' or '>' has to come next */
    PLACE_ATTR_NAME,
    PLACE_BEFORE_VALUE,
    PLACE_QUOTED,
    PLACE_BARE,
    PLACE_RAW, /* script, style and the like */
    PLACE_DECLARATION,
};

/* Where in the markup we are. Fields that do not matter in a place are kept zero there. */
struct context {
    enum place place;
    char quote;
    char tag[NAME_MAX_BYTES]; /* lower case, while inside the tag */
    bool end_tag, slash, literal_class, button_input, value_letters;
    char attr[NAME_MAX_BYTES];
    char start[START_MAX_BYTES];  /* the first literal bytes of the attribute value */
    bool started;                 /* something was printed into the value */
    char element[NAME_MAX_BYTES]; /* the script, style, textarea or title around us */
    int pre;
    bool literal; /* in <code class="literal"> */
};

enum block_kind { BLOCK_PAGE, BLOCK_IF, BLOCK_FOR };
struct block {
    enum block_kind kind;
    int line;
    bool has_else, has_end;
    struct context start, end;
};

struct text {
    char *p;
    size_t n, cap;
};

struct span {
    const char *p, *end;
};

static struct {
    const char *file;
    const char *p, *end, *begin;
    int line;
    struct context at;
    struct block block[BLOCKS_MAX];
    int blocks;
    struct text code, head, strings, literal;
    bool page_seen;
} tc;

static _Noreturn void fail_at(int line, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: error: ", tc.file, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

#define fail(...) fail_at(tc.line, __VA_ARGS__)

static void text_add(struct text *t, const char *p, size_t n) {
    if (t->cap - t->n < n) {
        size_t cap = t->cap ? t->cap : 4096;
        while (cap - t->n < n) cap *= 2;
        t->p = realloc(t->p, cap);
        if (!t->p) fail("out of memory");
        t->cap = cap;
    }
    memcpy(t->p + t->n, p, n);
    t->n += n;
}

static void text_fmt(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void text_fmt(struct text *t, const char *fmt, ...) {
    char *z = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&z, fmt, ap);
    va_end(ap);
    if (n < 0) fail("out of memory");
    text_add(t, z, (size_t)n);
    free(z);
}

static bool one_of(const char *name, const char *const *list) {
    for (; *list; list++)
        if (strcmp(name, *list) == 0) return true;
    return false;
}

static bool starts(const char *z, const char *prefix) { return strncasecmp(z, prefix, strlen(prefix)) == 0; }
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
static bool is_letter(char c) { return isalpha((unsigned char)c) || (unsigned char)c >= 0x80; }
static bool here(const char *z) {
    size_t n = strlen(z);
    return (size_t)(tc.end - tc.p) >= n && strncasecmp(tc.p, z, n) == 0;
}

static struct span trim(struct span s) {
    while (s.p < s.end && is_blank(*s.p)) s.p++;
    while (s.p < s.end && is_blank(s.end[-1])) s.end--;
    return s;
}

/* ---- C expressions ---- */

/* Past the string or character literal at `p`. */
static const char *skip_quoted(const char *p, const char *end) {
    char quote = *p++;
    while (p < end && *p != quote) {
        if (*p == '\n') fail("a string is not closed on its line");
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    }
    if (p >= end) fail("a string is not closed");
    return p + 1;
}

/* The first `c` outside literals and brackets, or NULL; with c = 0 only checks the brackets. */
static const char *find_top(struct span s, char c) {
    int depth = 0;
    for (const char *p = s.p; p < s.end;) {
        if (*p == '"' || *p == '\'') {
            p = skip_quoted(p, s.end);
            continue;
        }
        if (depth == 0 && c && *p == c) return p;
        if (strchr("([{", *p)) depth++;
        if (strchr(")]}", *p) && --depth < 0) fail("a closing bracket has no opening one");
        p++;
    }
    if (depth && !c) fail("a bracket is not closed");
    return NULL;
}

static void need_expression(struct span s, const char *what) {
    if (s.p == s.end) fail("%s is empty", what);
    find_top(s, 0);
}

/* ---- output ---- */

static void add_c_string(struct text *t, const char *p, size_t n) {
    size_t column = 0;
    text_add(t, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '\n') {
            text_add(t, "\\n", 2);
        } else if (c == '"' || c == '\\' || c == '?') {
            text_fmt(t, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f) {
            text_fmt(t, "\\%03o", c);
        } else {
            text_add(t, p + i, 1);
        }
        if (++column >= LITERAL_LINE && i + 1 < n) {
            text_add(t, "\"\n\"", 3);
            column = 0;
        }
    }
    text_add(t, "\"", 1);
}

static void flush_literal(void) {
    if (tc.literal.n == 0) return;
    text_fmt(&tc.code, "page_bytes(o, ");
    add_c_string(&tc.code, tc.literal.p, tc.literal.n);
    text_fmt(&tc.code, ", %zu);\n", tc.literal.n);
    tc.literal.n = 0;
}

static void put_char(char c) { text_add(&tc.literal, &c, 1); }

/* Code that a person wrote, so that the compiler's messages name the template. */
static void code_line(int line) {
    flush_literal();
    text_fmt(&tc.code, "#line %d ", line);
    add_c_string(&tc.code, tc.file, strlen(tc.file));
    text_add(&tc.code, "\n", 1);
}

/* ---- the markup around a place ---- */

static const char *const raw_elements[] = {"script", "style", "xmp", "iframe", "noembed", "noframes", NULL};
static const char *const text_elements[] = {"textarea", "title", NULL};
static const char *const human_attrs[] = {"title",
                                          "alt",
                                          "placeholder",
                                          "label",
                                          "aria-label",
                                          "aria-description",
                                          "aria-placeholder",
                                          "aria-roledescription",
                                          "aria-valuetext",
                                          NULL};
static const char *const url_attrs[] = {
    "href",     "src",        "action",      "formaction",     "poster",      "cite",   "data",    "manifest",
    "ping",     "background", "longdesc",    "icon",           "xlink:href",  "hx-get", "hx-post", "hx-put",
    "hx-patch", "hx-delete",  "hx-push-url", "hx-replace-url", "sse-connect", NULL};
static const char *const closed_attrs[] = {"style",      "srcset",     "imagesrcset", "hx-vars", "hx-trigger",
                                           "hx-request", "hx-disable", "hx-ext",      NULL};
static const char *const json_attrs[] = {"hx-vals", "hx-headers", NULL};

static void name_add(char *name, char c) {
    size_t n = strlen(name);
    if (n + 1 >= NAME_MAX_BYTES) fail("a name in the markup is longer than %d bytes", NAME_MAX_BYTES - 1);
    name[n] = (char)tolower((unsigned char)c);
    name[n + 1] = 0;
}

/* Does a URL that begins so stay on a host and a scheme that the template wrote? */
static bool url_start_is_ours(const char *z, bool encoded) {
    if (z[0] == '?' || z[0] == '#') return true;
    if (starts(z, "mailto:") || starts(z, "tel:") || starts(z, "cid:")) return true;
    const char *host = strstr(z, "//");
    if (host && (host == z || starts(z, "http://") || starts(z, "https://")))
        return host[2] && strchr(host + 2, '/');
    if (z[0] == '/') return z[1] || encoded;
    size_t plain = strcspn(z, ":/?#");
    return z[plain] && z[plain] != ':';
}

static void check_url_literal(void) {
    if (one_of(tc.at.attr, url_attrs) && (starts(tc.at.start, "javascript:") ||
                                          starts(tc.at.start, "data:") || starts(tc.at.start, "vbscript:")))
        fail("%s must not be a %.*s URL", tc.at.attr, (int)strcspn(tc.at.start, ":"), tc.at.start);
}

static void value_end(void) {
    struct context *at = &tc.at;
    check_url_literal();
    if (strcmp(at->tag, "code") == 0 && strcmp(at->attr, "class") == 0 && strcmp(at->start, "literal") == 0)
        at->literal_class = true;
    if (strcmp(at->tag, "input") == 0 && strcmp(at->attr, "type") == 0 &&
        (strcmp(at->start, "submit") == 0 || strcmp(at->start, "button") == 0 ||
         strcmp(at->start, "reset") == 0))
        at->button_input = true;
    memset(at->attr, 0, sizeof at->attr);
    memset(at->start, 0, sizeof at->start);
    at->started = false;
    at->quote = 0;
}

static void tag_end(void) {
    struct context *at = &tc.at, after = {.place = PLACE_TEXT, .pre = at->pre, .literal = at->literal};
    bool raw = one_of(at->tag, raw_elements), text = one_of(at->tag, text_elements);
    if (at->button_input && at->value_letters)
        fail("the text of a button must be translated: write value=\"{{ \"...\" }}\"");
    if (strcmp(at->tag, "plaintext") == 0) fail("<plaintext> cannot be closed and is refused");
    if (at->slash && (raw || text)) fail("write <%s></%s>: HTML does not close it by '/>'", at->tag, at->tag);
    if (strcmp(at->tag, "pre") == 0) after.pre += at->end_tag ? -1 : 1;
    if (strcmp(at->tag, "code") == 0) after.literal = at->literal_class && !at->end_tag;
    if (after.pre < 0) fail("</pre> without <pre>");
    if (!at->end_tag && (raw || text)) memcpy(after.element, at->tag, sizeof after.element);
    if (!at->end_tag && raw) after.place = PLACE_RAW;
    /* HTML drops a newline that comes first there; this one keeps what is printed from losing its own. */
    bool drops = strcmp(at->tag, "textarea") == 0 || strcmp(at->tag, "pre") == 0;
    if (drops && !at->end_tag && !here("\n") && !here("\r")) put_char('\n');
    *at = after;
}

static void tag_start(void) {
    struct context *at = &tc.at;
    size_t n = strlen(at->element);
    bool end_tag = tc.p + 1 < tc.end && tc.p[1] == '/';
    if (n) { /* only its own end tag ends a script, style, textarea or title */
        bool ours = end_tag && (size_t)(tc.end - tc.p) > n + 2 &&
                    strncasecmp(tc.p + 2, at->element, n) == 0 && !isalnum((unsigned char)tc.p[n + 2]);
        if (!ours && here("<!--")) fail("<!-- inside <%s> is refused", at->element);
        if (!ours && at->place == PLACE_TEXT) fail("write &lt; inside <%s>", at->element);
        if (!ours) {
            put_char(*tc.p++);
            return;
        }
    }
    if (here("<!doctype")) {
        at->place = PLACE_DECLARATION;
        put_char(*tc.p++);
        return;
    }
    const char *name = tc.p + (end_tag ? 2 : 1);
    if (name >= tc.end || !isalpha((unsigned char)*name)) fail("'<' begins no tag: write &lt;");
    memset(at->element, 0, sizeof at->element);
    at->place = PLACE_TAG_NAME;
    at->end_tag = end_tag;
    while (tc.p < name) put_char(*tc.p++);
}

/* Comments reach no page, so that no browser can disagree with us about where they end. */
static void skip_comment(void) {
    int line = tc.line;
    for (tc.p += 4; !here("-->"); tc.p++) {
        if (tc.p >= tc.end) fail_at(line, "<!-- is not closed");
        if (here("{{") || here("{%")) fail("{{ }} and {%% %%} are refused inside an HTML comment: use {# #}");
        if (*tc.p == '\n') tc.line++;
    }
    tc.p += 3;
}

static bool keeps_space(void) { return tc.at.pre || strcmp(tc.at.element, "textarea") == 0; }

/* A run of white space in text or in a tag. */
static void step_space(void) {
    bool in_tag = tc.at.place != PLACE_TEXT, newline = false;
    const char *from = tc.p;
    for (; tc.p < tc.end && is_blank(*tc.p); tc.p++)
        if (*tc.p == '\n') {
            newline = true;
            tc.line++;
        }
    if (!in_tag && keeps_space()) {
        text_add(&tc.literal, from, (size_t)(tc.p - from));
    } else if (!newline) {
        text_add(&tc.literal, from, (size_t)(tc.p - from));
    } else if (in_tag) {
        put_char(' ');
    } else if (tc.literal.n == 0 || tc.literal.p[tc.literal.n - 1] != '\n') {
        put_char('\n');
    }
    if (!in_tag) return;
    tc.at.place = PLACE_BEFORE_ATTR;
    memset(tc.at.attr, 0, sizeof tc.at.attr);
}

/* The length of the entity at tc.p, or 0. */
static size_t entity_length(void) {
    size_t n = 1;
    while (tc.p + n < tc.end && (isalnum((unsigned char)tc.p[n]) || tc.p[n] == '#')) n++;
    return n > 1 && tc.p + n < tc.end && tc.p[n] == ';' ? n + 1 : 0;
}

static void step_text(void) {
    if (*tc.p == '<') {
        if (!tc.at.element[0] && here("<!--"))
            skip_comment();
        else
            tag_start();
        return;
    }
    if (*tc.p == '&') {
        size_t n = entity_length();
        if (n == 0) fail("write &amp; for '&'");
        text_add(&tc.literal, tc.p, n);
        tc.p += n;
        return;
    }
    if (is_letter(*tc.p) && !tc.at.literal) {
        int n = 0;
        while (tc.p + n < tc.end && n < 40 && !strchr("<\n{", tc.p[n])) n++;
        fail("text must be translated: write {{ \"...\" }} for \"%.*s\"", n, tc.p);
    }
    put_char(*tc.p++);
}

/* One byte inside a tag, outside of attribute values. White space was taken by step_space. */
static void step_tag(void) {
    struct context *at = &tc.at;
    char c = *tc.p;
    if (c == '>') {
        if (at->place == PLACE_BEFORE_VALUE) fail("%s= has no value", at->attr);
        put_char(*tc.p++);
        tag_end();
        return;
    }
    if (c == '/' && at->place != PLACE_BEFORE_VALUE) {
        at->slash = true;
        at->place = PLACE_BEFORE_ATTR;
    } else if (at->place == PLACE_TAG_NAME) {
        if (!isalnum((unsigned char)c) && c != '-') fail("'%c' in a tag name", c);
        name_add(at->tag, c);
    } else if (at->place == PLACE_AFTER_THING) {
        fail("white space is missing before '%c'", c);
    } else if (at->place == PLACE_BEFORE_VALUE) {
        at->place = c == '"' || c == '\'' ? PLACE_QUOTED : PLACE_BARE;
        at->quote = at->place == PLACE_QUOTED ? c : 0;
        if (at->place == PLACE_BARE) return;
    } else if (c == '=') {
        if (at->place != PLACE_ATTR_NAME) fail("write name=\"value\" without white space around '='");
        at->place = PLACE_BEFORE_VALUE;
    } else {
        if (!isalnum((unsigned char)c) && !strchr("-_:.@", c)) fail("'%c' in an attribute name", c);
        if (at->place == PLACE_BEFORE_ATTR) memset(at->attr, 0, sizeof at->attr);
        name_add(at->attr, c);
        at->place = PLACE_ATTR_NAME;
    }
    put_char(*tc.p++);
}

static void step_value(void) {
    struct context *at = &tc.at;
    char c = *tc.p;
    bool bare = at->place == PLACE_BARE;
    if (bare ? is_blank(c) || c == '>' : c == at->quote) {
        value_end();
        at->place = bare ? PLACE_BEFORE_ATTR : PLACE_AFTER_THING;
        if (!bare) put_char(*tc.p++);
        return;
    }
    if (bare && strchr("\"'<=`{", c)) fail("put the value of %s in quotes", at->attr);
    bool human = one_of(at->attr, human_attrs);
    for (size_t n = human && c == '&' ? entity_length() : 0; n > 1; n--) put_char(*tc.p++);
    c = *tc.p;
    if (human && is_letter(c))
        fail("%s is read by people and must be translated: write %s=\"{{ \"...\" }}\"", at->attr, at->attr);
    if (is_letter(c) && strcmp(at->attr, "value") == 0) at->value_letters = true;
    size_t n = strlen(at->start);
    if (!at->started && n + 1 < START_MAX_BYTES) at->start[n] = c;
    if (c == '\n') tc.line++;
    put_char(*tc.p++);
}

static void step(void) {
    enum place place = tc.at.place;
    bool tag = place == PLACE_TAG_NAME || place == PLACE_BEFORE_ATTR || place == PLACE_AFTER_THING ||
               place == PLACE_ATTR_NAME;
    if ((tag || place == PLACE_TEXT) && is_blank(*tc.p)) {
        step_space();
    } else if (place == PLACE_TEXT) {
        step_text();
    } else if (tag || place == PLACE_BEFORE_VALUE) {
        if (is_blank(*tc.p)) fail("write name=\"value\" without white space around '='");
        step_tag();
    } else if (place == PLACE_QUOTED || place == PLACE_BARE) {
        step_value();
    } else if (place == PLACE_RAW && *tc.p == '<') {
        tag_start();
    } else {
        if (place == PLACE_DECLARATION && *tc.p == '>') tc.at.place = PLACE_TEXT;
        if (*tc.p == '\n') tc.line++;
        put_char(*tc.p++);
    }
}

#endif
