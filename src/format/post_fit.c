#include "format/post_fit.h"

#include <stdlib.h>
#include <string.h>
#include <unigbrk.h>
#include <unilbrk.h>

#include "base/buf.h"
#include "base/memory.h"

enum { COUNT_BYTES = 4 << 20 };

static bool is_word(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/* The end of the web address that begins at `at`, without the punctuation behind it; `at` for none. */
static size_t url_end(str s, size_t at) {
    str rest = str_slice(s, at, s.n);
    size_t scheme = str_starts_nocase(rest, S("https://"))  ? 8
                    : str_starts_nocase(rest, S("http://")) ? 7
                                                            : 0;
    if (!scheme || (at && is_word(s.p[at - 1]))) return at;
    size_t end = at + scheme;
    while (end < s.n && !is_blank(s.p[end]) && !strchr("<>\"", s.p[end])) end++;
    while (end > at + scheme && strchr(".,;:!?)'*]", s.p[end - 1])) end--;
    return end > at + scheme ? end : at;
}

/* Where the server of the mention that begins at `at` starts (its second @) and ends; false for none. */
static bool mention_server(str s, size_t at, size_t *ret_from, size_t *ret_to) {
    if (s.p[at] != '@' || (at && (is_word(s.p[at - 1]) || s.p[at - 1] == '/'))) return false;
    size_t i = at + 1;
    while (i < s.n && (is_word(s.p[i]) || s.p[i] == '.' || s.p[i] == '-')) i++;
    if (i == at + 1 || i >= s.n || s.p[i] != '@') return false;
    size_t end = i + 1;
    while (end < s.n && (is_word(s.p[end]) || s.p[end] == '.' || s.p[end] == '-')) end++;
    while (end > i + 1 && (s.p[end - 1] == '.' || s.p[end - 1] == '-')) end--;
    if (end == i + 1) return false;
    *ret_from = i;
    *ret_to = end;
    return true;
}

/* The text as it counts: every address as so many letters, names without their server. */
static void add_counted(buf *to, str s, const struct post_fit *fit) {
    for (size_t i = 0; i < s.n;) {
        size_t end = fit->per_url ? url_end(s, i) : i, from, until;
        if (end > i) {
            for (int64_t k = 0; k < fit->per_url; k++) buf_add_char(to, 'x');
            i = end;
        } else if (fit->mentions_short && mention_server(s, i, &from, &until)) {
            buf_add(to, str_slice(s, i, from));
            i = until;
        } else {
            buf_add_char(to, s.p[i++]);
        }
    }
}

/* u8_grapheme_next looks at two characters only and parts emoji families and flags; this one does not. */
static int64_t graphemes_of(str s) {
    int64_t n = 0;
    char *begins = memory_zeroed(s.n + 1);
    u8_grapheme_breaks((const uint8_t *)s.p, s.n, begins);
    for (size_t i = 0; i < s.n; i++) n += begins[i] != 0;
    free(begins);
    return n;
}

int64_t post_length(str text, const struct post_fit *fit) {
    BUF_AUTO buf counted = BUF_MAX(COUNT_BYTES);
    if (!fit->per_url && !fit->mentions_short) return graphemes_of(text);
    add_counted(&counted, text, fit);
    return graphemes_of(buf_str(&counted));
}

bool post_fits(str text, const struct post_fit *fit) {
    if (fit->bytes && (int64_t)text.n > fit->bytes) return false;
    return !fit->graphemes || post_length(text, fit) <= fit->graphemes;
}

/* ---- parting ---- */

/* 0: none; 1: a line may be broken before this byte; 2: a sentence ended before it; 3: a paragraph. */
static uint8_t *places_of(arena *a, str s) {
    char *marks = arena_alloc(a, s.n + 1);
    uint8_t *places = arena_alloc(a, s.n + 1);
    u8_possible_linebreaks((const uint8_t *)s.p, s.n, "UTF-8", marks);
    for (size_t i = 1; i < s.n; i++) {
        if (marks[i] != UC_BREAK_POSSIBLE && marks[i] != UC_BREAK_MANDATORY) continue;
        size_t end = i;
        while (end && is_blank(s.p[end - 1])) end--;
        bool sentence = end && end < i && strchr(".!?", s.p[end - 1]);
        bool wide =
            i >= 3 && (!memcmp(s.p + i - 3, "\xE3\x80\x82", 3) || !memcmp(s.p + i - 3, "\xEF\xBC\x81", 3));
        bool paragraph = i >= 2 && s.p[i - 1] == '\n' && s.p[i - 2] == '\n';
        places[i] = paragraph ? 3 : sentence || wide ? 2 : 1;
    }
    for (size_t i = 0; i < s.n;) {
        size_t end = url_end(s, i);
        for (size_t k = i + 1; k < end; k++) places[k] = 0;
        i = end > i ? end : i + 1;
    }
    return places;
}

static str with_front(arena *a, str front, str part) {
    if (!front.n) return part;
    char *p = arena_alloc(a, front.n + part.n);
    memcpy(p, front.p, front.n);
    memcpy(p + front.n, part.p, part.n);
    return (str){p, front.n + part.n};
}

struct cutting {
    arena *scratch;
    str text, front;
    const uint8_t *places;
    const struct post_fit *fit;
};

static bool piece_fits(struct cutting *x, size_t from, size_t to) {
    arena_reset(x->scratch);
    return post_fits(with_front(x->scratch, x->front, str_trim(str_slice(x->text, from, to))), x->fit);
}

/* The furthest place behind `from` up to which it fits; `from` where not even the first does. */
static size_t furthest(struct cutting *x, size_t from) {
    size_t best = from;
    for (size_t i = from + 1; i <= x->text.n; i++) {
        if (i < x->text.n && !x->places[i]) continue;
        if (!piece_fits(x, from, i)) break;
        best = i;
    }
    return best;
}

/* The end of a sentence or paragraph is better, where the part stays longer than half. */
static size_t nicer(const struct cutting *x, size_t from, size_t end) {
    size_t best = end;
    uint8_t kind = x->places[end];
    for (size_t i = end; i > from + (end - from) / 2; i--) {
        if (x->places[i] <= kind) continue;
        best = i;
        kind = x->places[i];
    }
    return kind >= 2 ? best : end;
}

err post_split(arena *a, str text, str front, const struct post_fit *fit, post_part_list *ret) {
    ARENA_AUTO arena *scratch = arena_new(0);
    text = str_trim(text);
    struct cutting x = {scratch, text, front, NULL, fit};
    post_part_list parts = {0};
    if (text.n && piece_fits(&x, 0, text.n)) {
        *list_add(a, &parts) = with_front(a, front, text);
        *ret = parts;
        return ERR_NONE;
    }
    x.places = places_of(a, text);
    for (size_t at = 0; at < text.n;) {
        size_t end = furthest(&x, at);
        if (end == at)
            return err_set(ERR_INVALID,
                           "One word or address is longer than the %lld characters of a post; shorten it.",
                           (long long)fit->graphemes);
        if (end < text.n) end = nicer(&x, at, end);
        if (parts.n == POST_PARTS_MAX)
            return err_set(ERR_LIMIT,
                           "This would be more than %d posts in a row. Shorten it, or answer by mail.",
                           POST_PARTS_MAX);
        str part = str_trim(str_slice(text, at, end));
        if (part.n) *list_add(a, &parts) = with_front(a, front, part);
        at = end;
    }
    *ret = parts;
    return ERR_NONE;
}
