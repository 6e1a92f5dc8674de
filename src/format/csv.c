#include "format/csv.h"

#include <string.h>

#include "base/lang.h"

static char separator_of(str text) {
    static const char marks[] = ",;\t";
    size_t count[3] = {0}, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n && i < CSV_FIELD_MAX && (quoted || text.p[i] != '\n'); i++) {
        if (text.p[i] == '"') quoted = !quoted;
        const char *mark = quoted || !text.p[i] ? NULL : strchr(marks, text.p[i]);
        if (mark) count[mark - marks]++;
    }
    for (size_t k = 1; k < 3; k++)
        if (count[k] > count[best]) best = k;
    return marks[best];
}

struct csv_in csv_begin(str text) {
    if (str_starts(text, S("\xEF\xBB\xBF"))) text = str_slice(text, 3, text.n);
    return (struct csv_in){.text = text, .next = 1, .separator = separator_of(text)};
}

static csv_result broken(struct csv_in *in, size_t row_at, const char *why) {
    size_t end = str_find_char(in->text, '\n', row_at);
    in->at = end == SIZE_MAX ? in->text.n : end + 1;
    in->next = in->line + 1;
    in->why = why;
    in->nfields = 0;
    return CSV_BROKEN;
}

/* `raw` with each "" as one quote. */
static str undouble(arena *a, str raw, size_t doubled) {
    if (!doubled) return raw;
    char *p = arena_alloc(a, raw.n);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        p[n++] = raw.p[i];
        if (raw.p[i] == '"') i++;
    }
    return (str){p, n};
}

/* The quoted field whose quote stands at `at`; *ret_after is behind the closing quote. Lines in it are
 * counted in in->next. */
static const char *quoted_field(struct csv_in *in, arena *a, size_t at, str *ret, size_t *ret_after) {
    size_t start = at + 1, doubled = 0, limit = start + CSV_FIELD_MAX, i = start;
    for (;; i++) {
        if (i >= in->text.n) return T("a quote is not closed");
        if (i > limit) return T("a field is above 64 KB; perhaps a quote is not closed");
        char c = in->text.p[i];
        if (c == '\n') in->next++;
        if (c != '"') continue;
        if (i + 1 >= in->text.n || in->text.p[i + 1] != '"') break;
        doubled++, i++;
    }
    *ret = undouble(a, str_slice(in->text, start, i), doubled);
    *ret_after = i + 1;
    return NULL;
}

static size_t field_end(const struct csv_in *in, size_t at) {
    const char *p = in->text.p;
    while (at < in->text.n && p[at] != in->separator && p[at] != '\n') at++;
    return at;
}

static bool at_line_end(str text, size_t at) {
    return at >= text.n || text.p[at] == '\n' ||
           (text.p[at] == '\r' && at + 1 < text.n && text.p[at + 1] == '\n') ||
           (text.p[at] == '\r' && at + 1 == text.n);
}

/* One field at `at`; NULL, or what is wrong. */
static const char *one_field(struct csv_in *in, arena *a, size_t at, str *ret, size_t *ret_after) {
    if (at < in->text.n && in->text.p[at] == '"') {
        const char *why = quoted_field(in, a, at, ret, ret_after);
        if (why) return why;
        if (!at_line_end(in->text, *ret_after) && in->text.p[*ret_after] != in->separator)
            return T("text stands behind a closing quote");
        return NULL;
    }
    size_t end = field_end(in, at), cut = end;
    if (cut > at && at_line_end(in->text, cut - 1) && in->text.p[cut - 1] == '\r') cut--;
    if (cut - at > CSV_FIELD_MAX) return T("a field is above 64 KB; perhaps a quote is not closed");
    *ret = str_slice(in->text, at, cut);
    *ret_after = cut;
    return NULL;
}

static void skip_empty_lines(struct csv_in *in) {
    while (in->at < in->text.n && at_line_end(in->text, in->at)) {
        in->at += in->text.p[in->at] == '\r' && in->at + 1 < in->text.n ? 2 : 1;
        in->next++;
    }
}

csv_result csv_next(struct csv_in *in, arena *a) {
    skip_empty_lines(in);
    in->line = in->next;
    in->nfields = 0;
    in->why = NULL;
    if (in->at >= in->text.n) return CSV_END;
    size_t row_at = in->at, at = row_at;
    for (;;) {
        if (in->nfields == CSV_FIELDS_MAX) return broken(in, row_at, T("it has more than 64 fields"));
        const char *why = one_field(in, a, at, &in->fields[in->nfields], &at);
        if (why) return broken(in, row_at, why);
        in->nfields++;
        if (at_line_end(in->text, at)) break;
        at++;
    }
    if (at < in->text.n) at += in->text.p[at] == '\r' && at + 1 < in->text.n ? 2 : 1;
    in->at = at;
    in->next++;
    return CSV_ROW;
}

static bool plain_number(str s) {
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    size_t digits = 0, points = 0;
    for (; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9')
            digits++;
        else if (s.p[i] == '.' && digits)
            points++;
        else
            return false;
    }
    return digits && points <= 1;
}

/* Spreadsheets look behind a byte order mark, and some read the full-width signs as the plain ones. */
static bool begins_formula(str s) {
    static const char *const wide[] = {"\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    while (str_starts(s, S("\uFEFF"))) s = str_slice(s, 3, s.n);
    if (s.n && s.p[0] && strchr("=+-@\t\r\n", s.p[0])) return true;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (str_starts(s, str_z(wide[i]))) return true;
    return false;
}

void csv_field(struct csv_out *o, str field) {
    if (o->begun) buf_add_char(o->to, ',');
    o->begun = true;
    bool formula = begins_formula(field) && !plain_number(field);
    bool quote = formula || !field.n;
    for (size_t i = 0; i < field.n && !quote; i++) {
        char c = field.p[i];
        quote = c == '"' || c == ',' || c == ';' || c == '\t' || c == '\n' || c == '\r' || c == ' ';
    }
    if (!quote) {
        buf_add(o->to, field);
        return;
    }
    buf_add_char(o->to, '"');
    if (formula) buf_add_char(o->to, '\'');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"') buf_add_char(o->to, '"');
        buf_add_char(o->to, field.p[i]);
    }
    buf_add_char(o->to, '"');
}

void csv_end_row(struct csv_out *o) {
    buf_add(o->to, S("\r\n"));
    o->begun = false;
}
