#include "http/form.h"

#include "format/url.h"

enum { PART_HEADER_MAX = 16 * 1024 };

static err check_text(str s) {
    if (str_has(s, '\0') || !str_is_utf8(s))
        return err_set(ERR_INVALID, "A form field or query value is not UTF-8 text.");
    return ERR_NONE;
}

static err add_pair(arena *a, str name, str value, http_pairs *pairs) {
    TRY(check_text(name));
    TRY(check_text(value));
    if (pairs->n >= FORM_MAX_FIELDS) return err_set(ERR_LIMIT, "More than %d form fields.", FORM_MAX_FIELDS);
    *list_add(a, pairs) = (struct http_pair){name, value};
    return ERR_NONE;
}

err form_urlencoded(arena *a, str body, http_pairs *pairs) {
    str name, value;
    while (url_pair(a, &body, &name, &value)) TRY(add_pair(a, name, value, pairs));
    return ERR_NONE;
}

/* Only what a client must escape: old browsers send C:\folder\name with single backslashes. */
static bool is_escape(str s, size_t i) {
    return s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\');
}

/* The quoted string whose opening quote has been read; *rest moves behind the closing one. */
static bool take_quoted(arena *a, str *rest, str *ret_value) {
    size_t end = 0;
    while (end < rest->n && rest->p[end] != '"') end += is_escape(*rest, end) ? 2 : 1;
    if (end >= rest->n) return false;
    char *p = arena_alloc(a, end);
    size_t n = 0;
    for (size_t i = 0; i < end; i++) {
        if (is_escape(*rest, i)) i++;
        p[n++] = rest->p[i];
    }
    *ret_value = (str){p, n};
    *rest = str_slice(*rest, end + 1, rest->n);
    return true;
}

bool form_parameter(arena *a, str header, str name, str *ret_value) {
    size_t at = str_find_char(header, ';', 0);
    str rest = str_slice(header, at, header.n);
    while (rest.n) {
        rest = str_trim(str_slice(rest, 1, rest.n)); /* without the ';' */
        size_t end = 0;
        while (end < rest.n && rest.p[end] != '=' && rest.p[end] != ';') end++;
        str found = str_trim(str_slice(rest, 0, end)), value = {"", 0};
        rest = str_slice(rest, end, rest.n);
        if (rest.n && rest.p[0] == '=') {
            rest = str_trim(str_slice(rest, 1, rest.n));
            if (rest.n && rest.p[0] == '"') {
                rest = str_slice(rest, 1, rest.n);
                if (!take_quoted(a, &rest, &value)) return false;
                end = str_find_char(rest, ';', 0);
            } else {
                end = str_find_char(rest, ';', 0);
                value = str_trim(str_slice(rest, 0, end));
            }
            rest = str_slice(rest, end, rest.n);
        }
        if (str_eq_nocase(found, name)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* Browsers write a quote, CR and LF in names as %22, %0D and %0A and nothing else (WHATWG HTML 4.10.22.8). */
static str plain_name(arena *a, str s) {
    char *p = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        str code = str_slice(s, i, i + 3);
        bool quote = str_eq(code, S("%22")), cr = str_eq_nocase(code, S("%0D")),
             lf = str_eq_nocase(code, S("%0A"));
        p[n++] = quote ? '"' : cr ? '\r' : lf ? '\n' : s.p[i];
        if (quote || cr || lf) i += 2;
    }
    return (str){p, n};
}

static str file_name(arena *a, str s) {
    char *p = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '/' || c == '\\') {
            n = 0;
        } else if (c >= 0x20 && c != 0x7f) {
            p[n++] = (char)c;
        }
    }
    return str_trim((str){p, n});
}

struct part {
    str name, filename, type;
    bool is_file;
};

static err read_part_header(arena *a, str *rest, struct part *part) {
    str line;
    bool named = false;
    size_t whole = rest->n;
    for (;;) {
        if (!str_line(rest, &line) || whole - rest->n > PART_HEADER_MAX)
            return err_set(ERR_INVALID, "A part of the form has no end of header.");
        if (line.n == 0) break;
        size_t colon = str_find_char(line, ':', 0);
        if (colon == SIZE_MAX)
            return err_set(ERR_INVALID, "A part of the form has a header without a colon.");
        str field = str_trim(str_slice(line, 0, colon)), value = str_trim(str_slice(line, colon + 1, line.n));
        if (str_eq_nocase(field, S("Content-Disposition"))) {
            str name;
            if (!str_starts_nocase(value, S("form-data")) || !form_parameter(a, value, S("name"), &name))
                break;
            named = true;
            part->name = plain_name(a, name);
            str file;
            part->is_file = form_parameter(a, value, S("filename"), &file);
            if (part->is_file) part->filename = file_name(a, plain_name(a, file));
        } else if (str_eq_nocase(field, S("Content-Type"))) {
            part->type = str_lower(a, str_trim(str_slice(value, 0, str_find_char(value, ';', 0))));
        }
    }
    return named ? ERR_NONE : err_set(ERR_INVALID, "A part of the form has no name.");
}

static err add_part(arena *a, str rest, http_pairs *pairs, http_files *files) {
    struct part part = {.type = S("application/octet-stream")};
    TRY(read_part_header(a, &rest, &part));
    if (!part.is_file) return add_pair(a, part.name, rest, pairs);
    if (part.filename.n == 0 && rest.n == 0) return ERR_NONE;
    TRY(check_text(part.name));
    TRY(check_text(part.filename));
    TRY(check_text(part.type));
    if (files->n >= FORM_MAX_FILES)
        return err_set(ERR_LIMIT, "More than %d files in one form.", FORM_MAX_FILES);
    *list_add(a, files) = (struct http_file){part.name, part.filename, part.type, rest};
    return ERR_NONE;
}

/* The next line "--boundary" at or after `from`: where its CRLF begins and where the next part does. */
static bool find_mark(str body, str mark, size_t from, size_t *ret_at, size_t *ret_next, bool *ret_last) {
    for (;;) {
        size_t at = str_find(body, mark, from);
        if (at == SIZE_MAX) return false;
        size_t i = at + mark.n;
        bool last = str_starts(str_slice(body, i, body.n), S("--"));
        if (last) i += 2;
        while (i < body.n && (body.p[i] == ' ' || body.p[i] == '\t')) i++;
        if (str_starts(str_slice(body, i, body.n), S("\r\n"))) {
            i += 2;
        } else if (!(last && i == body.n)) {
            from = at + 1; /* the mark begins a longer line, which is content */
            continue;
        }
        *ret_at = at;
        *ret_next = i;
        *ret_last = last;
        return true;
    }
}

err form_multipart(arena *a, str boundary, str body, http_pairs *pairs, http_files *files) {
    if (boundary.n == 0 || boundary.n > 70)
        return err_set(ERR_INVALID, "The form has no boundary, or one of more than 70 bytes.");
    str mark = str_fmt(a, "\r\n--%.*s", STR_FMT(boundary));
    size_t at, next;
    bool last;
    /* The first mark has no line before it, unless there is a preamble. */
    str first = str_slice(mark, 2, mark.n);
    if (str_starts(body, first) && find_mark(body, first, 0, &at, &next, &last) && at == 0) {
        at = 0;
    } else if (!find_mark(body, mark, 0, &at, &next, &last)) {
        return err_set(ERR_INVALID, "The form does not hold its boundary.");
    }
    while (!last) {
        size_t from = next;
        /* An empty part ends at once: the CRLF of its header's end is that of the mark. */
        if (!find_mark(body, mark, from, &at, &next, &last))
            return err_set(ERR_INVALID, "The form breaks off before its closing boundary.");
        TRY(add_part(a, str_slice(body, from, at), pairs, files));
    }
    return ERR_NONE;
}
