/* Past letters of which nobody should be known: other names, numbers and addresses, in any script. */
#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "desk/training.h"

enum {
    NAMES_MAX = 64,
    LINE_BYTES = 80,
    PARTICLE_BYTES = 3,
    STEM_LEAST = 4,
    JOINED_LEAST = 3,
    ENDING_MOST = 2
};

struct mask {
    arena *a;
    struct {
        str folded;
        size_t length; /* in characters */
        bool unspaced; /* other words may stand at it without a space */
        const char *other;
    } names[NAMES_MAX];
    size_t n;
};

/* ---- characters ---- */

static ucs4_t char_at(str s, size_t i, size_t *ret_step) {
    ucs4_t c = 0;
    *ret_step = i < s.n ? (size_t)u8_mbtouc(&c, (const uint8_t *)s.p + i, s.n - i) : 0;
    return c;
}

static bool is_letter(ucs4_t c) {
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M);
}
static bool is_digit(ucs4_t c) { return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Nd); }
static bool is_space(ucs4_t c) { return c && uc_is_property_white_space(c); }
static bool is_large(ucs4_t c) {
    return is_letter(c) && !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Ll);
}
/* Thai to Burmese, Khmer, and from the radicals of Chinese on. */
static bool is_unspaced(ucs4_t c) {
    return (c >= 0x0E00 && c < 0x1100) || (c >= 0x1780 && c < 0x1800) || c >= 0x2E80;
}

/* Hebrew and Arabic write "and" and "of" at the word itself. */
static bool is_joining(ucs4_t c) { return c >= 0x0590 && c < 0x0780; }

static size_t run_end(str s, size_t at, bool (*is)(ucs4_t)) {
    size_t step;
    while (at < s.n && is(char_at(s, at, &step))) at += step;
    return at;
}
static bool no_space(ucs4_t c) { return !is_space(c); }
static bool in_code(ucs4_t c) { return is_letter(c) || is_digit(c); }

static size_t length_of(str s) { return u8_mbsnlen((const uint8_t *)s.p, s.n); }

/* Without case, and with accents as they are: two ways of writing one letter are one. */
static str folded(arena *a, str word) {
    size_t n = 0;
    uint8_t *p = u8_casefold((const uint8_t *)word.p, word.n, NULL, UNINORM_NFC, NULL, &n);
    str out = p ? str_copy(a, (str){(const char *)p, n}) : word;
    free(p);
    return out;
}

/* ---- names ---- */

/* "de" and "von" stand in every letter. */
static bool is_particle(str name, str word) {
    size_t step;
    bool large = false;
    if (word.n > PARTICLE_BYTES || is_large(char_at(word, 0, &step))) return false;
    for (size_t i = 0; i < name.n && !large; i += step) large = is_large(char_at(name, i, &step));
    return large;
}

static void add_names(struct mask *m, str name, const char *first, const char *rest) {
    const char *other = first;
    size_t step;
    for (size_t i = 0; i < name.n;) {
        size_t from = i, end = run_end(name, i, is_letter);
        i = end > from ? end : from + (char_at(name, from, &step), step);
        str word = str_slice(name, from, end);
        if (word.n < 2 || is_particle(name, word) || m->n == NAMES_MAX) continue;
        m->names[m->n].folded = folded(m->a, word);
        m->names[m->n].length = length_of(m->names[m->n].folded);
        ucs4_t c = char_at(word, 0, &step);
        m->names[m->n].unspaced = is_unspaced(c) || (is_joining(c) && m->names[m->n].length >= JOINED_LEAST);
        m->names[m->n++].other = other;
        other = rest;
    }
}

/* A word that is a name, or one with an ending ("Annas"). *ret_rest: the ending. */
static const char *other_name(const struct mask *m, str word, str *ret_rest) {
    str is = folded(m->a, word);
    *ret_rest = S("");
    for (size_t i = 0; i < m->n; i++)
        if (str_eq(m->names[i].folded, is)) return m->names[i].other;
    for (size_t i = 0; i < m->n; i++) {
        str name = m->names[i].folded;
        if (m->names[i].length < STEM_LEAST || m->names[i].unspaced || !str_starts(is, name)) continue;
        *ret_rest = str_slice(is, name.n, is.n);
        if (length_of(*ret_rest) <= ENDING_MOST) return m->names[i].other;
    }
    return NULL;
}

/* Where words are not apart a name may stand anywhere in what looks like one. */
static void mask_unspaced(buf *out, const struct mask *m, str run) {
    for (size_t i = 0, step; i < run.n; i += step) {
        size_t best = m->n;
        for (size_t k = 0; k < m->n; k++)
            if (m->names[k].unspaced && str_starts(str_slice(run, i, run.n), m->names[k].folded) &&
                (best == m->n || m->names[k].folded.n > m->names[best].folded.n))
                best = k;
        (void)char_at(run, i, &step);
        if (best < m->n) {
            step = m->names[best].folded.n;
            buf_add(out, str_z(m->names[best].other));
        } else {
            buf_add(out, str_slice(run, i, i + step));
        }
    }
}

static void mask_word(buf *out, const struct mask *m, str word) {
    str rest;
    size_t step;
    const char *other = other_name(m, word, &rest);
    if (other) {
        buf_add(out, str_z(other));
        buf_add(out, rest);
    } else if (is_unspaced(char_at(word, 0, &step)) || is_joining(char_at(word, 0, &step))) {
        mask_unspaced(out, m, word);
    } else {
        buf_add(out, word);
    }
}

/* ---- numbers ---- */

/* Digits with at most three of " -/.()" between them. */
static size_t digits_end(str s, size_t from, size_t *ret_digits) {
    size_t end = from, between = 0, step;
    for (size_t i = from; i < s.n && between <= 3; i += step) {
        ucs4_t c = char_at(s, i, &step);
        if (is_digit(c)) {
            (*ret_digits)++;
            end = i + step;
            between = 0;
        } else if (is_space(c) || (c < 0x80 && str_find_char(S("-/.()"), (char)c, 0) != SIZE_MAX)) {
            between++;
        } else {
            break;
        }
    }
    return end;
}

/* "X7K9Q2": letters and digits in turns, or with large letters. "24pieces" is none. */
static bool is_code(str run) {
    size_t digits = 0, large = 0, turns = 0, step;
    bool was = false;
    for (size_t i = 0; i < run.n; i += step) {
        ucs4_t c = char_at(run, i, &step);
        bool digit = is_digit(c);
        digits += digit;
        large += is_large(c);
        turns += i && digit != was;
        was = digit;
    }
    return digits >= 2 && turns && run.n >= 5 && (large || turns >= 3);
}

/* ---- addresses ---- */

/* One piece between white space: an address of mail or web, or a handle, is none of theirs any more. */
static bool whole_token(buf *out, str token) {
    size_t at = str_find_char(token, '@', 0), dot = str_find_char(token, '.', 0), step;
    size_t slash = dot == SIZE_MAX ? SIZE_MAX : str_find_char(token, '/', dot);
    bool path = dot != SIZE_MAX && dot > 0 && slash != SIZE_MAX && is_letter(char_at(token, dot + 1, &step));
    bool web = path || str_find(token, S("://"), 0) != SIZE_MAX || str_starts_nocase(token, S("www."));
    bool mail = at != SIZE_MAX && at > 0 && str_find_char(token, '.', at) != SIZE_MAX;
    bool handle = at != SIZE_MAX && in_code(char_at(token, at + 1, &step)) && at + 1 < token.n;
    if (web)
        buf_add(out, S("https://example.org"));
    else if (mail)
        buf_add(out, S("robin@example.org"));
    else if (handle)
        buf_add(out, S("@robin"));
    return web || mail || handle;
}

static bool small_of_street(str word) {
    static const char *const all[] = {"de", "du",  "des", "la",  "le",  "les", "del", "di", "da",
                                      "do", "rue", "via", "van", "der", "den", "am",  "an", "ul."};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_eq_nocase(word, str_z(all[i]))) return true;
    return false;
}

/* "20457 Hamburg", "1011 AB Amsterdam", "12 rue du Port, 35400 Saint-Malo": a short line with one to three
 * numbers, of which every other word begins large. */
static bool is_address_line(str line) {
    size_t words = 0, numbers = 0, step;
    str rest = str_trim(line), word;
    if (rest.n && rest.p[rest.n - 1] == ',') rest = str_slice(rest, 0, rest.n - 1);
    if (!rest.n || rest.n > LINE_BYTES || str_find_char(S(".!?:"), rest.p[rest.n - 1], 0) != SIZE_MAX)
        return false;
    while (str_split(&rest, ' ', &word)) {
        if (!word.n) continue;
        ucs4_t c = char_at(word, 0, &step);
        if (is_digit(c))
            numbers++;
        else if (is_large(c))
            words++;
        else if (!small_of_street(word))
            return false;
    }
    return numbers >= 1 && numbers <= 3 && words > 0;
}

/* ---- a text ---- */

static void mask_line(buf *out, const struct mask *m, str line) {
    bool begins = true;
    if (is_address_line(line)) {
        buf_add(out, S("1 Example Street"));
        return;
    }
    for (size_t i = 0, step; i < line.n;) {
        size_t from = i, digits = 0;
        ucs4_t c = char_at(line, i, &step);
        size_t token = begins ? run_end(line, i, no_space) : 0, code = run_end(line, i, in_code);
        if (begins && !is_space(c) && whole_token(out, str_slice(line, i, token))) {
            i = token;
        } else if (code > i && is_code(str_slice(line, i, code))) {
            buf_add(out, S("AB1234"));
            i = code;
        } else if (is_letter(c)) {
            i = run_end(line, i, is_letter);
            mask_word(out, m, str_slice(line, from, i));
        } else if (is_digit(c)) {
            i = digits_end(line, i, &digits);
            buf_add(out, digits < 3 ? str_slice(line, from, i) : digits < 7 ? S("1234") : S("12345678"));
        } else {
            i += step;
            buf_add(out, str_slice(line, from, i));
        }
        begins = is_space(c);
    }
}

str training_mask(arena *a, str text, str customer, const str *names, size_t n) {
    struct mask *m = arena_alloc(a, sizeof *m);
    BUF_AUTO buf out = BUF_MAX(4 * text.n + 1000);
    str rest = text, line;
    bool first = true;
    m->a = a;
    add_names(m, customer, "Robin", "Vale");
    for (size_t i = 0; i < n; i++) add_names(m, names[i], "Kim", "Vale");
    while (str_line(&rest, &line)) {
        if (!first) buf_add_char(&out, '\n');
        mask_line(&out, m, line);
        first = false;
    }
    return buf_ok(&out) ? str_copy(a, buf_str(&out)) : S("");
}
