#include "format/unwrap.h"

enum { MARGIN_LEAST = 40, MARGIN_MOST = 80 };

/* Characters, not bytes; combining marks count, which is near enough for a margin. */
static size_t length(str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

/* The longest line, or 0 when some line is longer than any margin: then nobody wrapped this text. */
static size_t margin_of(str text) {
    size_t margin = 0;
    str rest = text, line;
    while (str_split(&rest, '\n', &line)) {
        size_t n = length(line);
        if (n > MARGIN_MOST) return 0;
        if (n > margin) margin = n;
    }
    return margin < MARGIN_LEAST ? 0 : margin;
}

/* A line that begins something of its own. */
static bool stands_alone(str line) {
    if (!line.n || line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == '>') return true;
    if (line.n > 1 && line.p[1] == ' ' && (line.p[0] == '-' || line.p[0] == '*' || line.p[0] == '+'))
        return true;
    size_t digits = 0;
    while (digits < line.n && line.p[digits] >= '0' && line.p[digits] <= '9') digits++;
    return digits && digits < line.n && (line.p[digits] == '.' || line.p[digits] == ')');
}

static size_t first_word(str line) {
    size_t end = str_find_char(line, ' ', 0);
    return length(str_slice(line, 0, end == SIZE_MAX ? line.n : end));
}

str text_unwrap(arena *a, str text) {
    size_t margin = margin_of(text);
    if (!margin) return text;
    char *out = arena_copy(a, text.p, text.n);
    for (size_t at = 0; at < text.n;) {
        size_t end = str_find_char(text, '\n', at);
        if (end == SIZE_MAX) break;
        size_t after = str_find_char(text, '\n', end + 1);
        str line = str_slice(text, at, end);
        str next = str_slice(text, end + 1, after == SIZE_MAX ? text.n : after);
        bool broken =
            line.n && line.p[0] != '>' && !stands_alone(next) && length(line) + 1 + first_word(next) > margin;
        if (broken) out[end] = ' ';
        at = end + 1;
    }
    return (str){out, text.n};
}
