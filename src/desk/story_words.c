/* The words of a story that are shown: chosen, shortened, and without names. */
#include "base/buf.h"
#include "desk/story.h"
#include "letter/thanks.h"

enum { PROPOSED_SENTENCES = 6, PROPOSED_BYTES = 700, NAME_BYTES = 60 };

#define DOTS "\xE2\x80\xA6"

/* ---- shortened only ---- */

static bool blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

str story_even(arena *a, str text) {
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (blank(text.p[i])) {
            if (n && out[n - 1] != ' ') out[n++] = ' ';
        } else if (i + 2 < text.n && text.p[i] == '.' && text.p[i + 1] == '.' && text.p[i + 2] == '.') {
            while (i + 1 < text.n && text.p[i + 1] == '.') i++;
            for (const char *d = DOTS; *d; d++) out[n++] = *d;
        } else {
            out[n++] = text.p[i];
        }
    }
    while (n && out[n - 1] == ' ') n--;
    return (str){out, n};
}

/* No letter or digit on both sides: a word is shown whole or not at all. */
static bool word_byte(unsigned char c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool whole_words(str text, size_t from, size_t to) {
    if (from && word_byte((unsigned char)text.p[from - 1]) && word_byte((unsigned char)text.p[from]))
        return false;
    return to >= text.n || !word_byte((unsigned char)text.p[to - 1]) || !word_byte((unsigned char)text.p[to]);
}

static size_t find_piece(str text, str piece, size_t from) {
    for (size_t at = str_find(text, piece, from); at != SIZE_MAX; at = str_find(text, piece, at + 1))
        if (whole_words(text, at, at + piece.n)) return at;
    return SIZE_MAX;
}

err story_check_quote(arena *a, str text, str quote) {
    str letter = story_even(a, text), rest = story_even(a, quote);
    size_t at = 0;
    bool any = false;
    if (quote.n > STORY_QUOTE_BYTES)
        return err_set(ERR_LIMIT, "What is shown can have %d bytes at most; leave more out.",
                       STORY_QUOTE_BYTES);
    if (!str_is_utf8(quote)) return err_set(ERR_INVALID, "The words are not valid UTF-8 text.");
    while (rest.n) {
        size_t cut = str_find(rest, S(DOTS), 0), end = cut == SIZE_MAX ? rest.n : cut;
        str piece = str_trim(str_slice(rest, 0, end));
        rest = cut == SIZE_MAX ? S("") : str_slice(rest, cut + sizeof DOTS - 1, rest.n);
        if (!piece.n) continue;
        size_t found = find_piece(letter, piece, at);
        if (found == SIZE_MAX)
            return err_set(
                ERR_INVALID,
                "These words do not stand so in the letter, or not in this order: \"%.*s\". Leave words out "
                "and put %s in their place; nothing else may change.",
                STR_FMT(str_clip_utf8(piece, 120)), DOTS);
        at = found + piece.n;
        any = true;
    }
    return any ? ERR_NONE : err_set(ERR_INVALID, "Choose the words that would be shown.");
}

/* ---- a first proposal ---- */

static bool ends_open(str s) {
    static const char *const marks[] = {".", "!", "?", DOTS, "\"", "\xE2\x80\x9D", "\xE2\x80\x9C"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (str_ends(s, str_z(marks[i]))) return false;
    return true;
}

str story_propose_quote(arena *a, const struct message *m, const struct heard *heard) {
    const struct text *t = &heard->text;
    size_t last = SIZE_MAX;
    int n = 0;
    BUF_AUTO buf b = BUF_MAX(PROPOSED_BYTES + 100);
    for (size_t i = 0; t->words && i < t->nsentences && n < PROPOSED_SENTENCES; i++) {
        const struct sentence *s = &t->sentences[i];
        bool says = false;
        for (size_t k = 0; k < heard->findings.n; k++) {
            const struct finding *f = &heard->findings.v[k];
            says |= f->kind == FINDING_THANKS && f->start < s->end && f->end > s->start;
        }
        str words = str_trim(str_slice(t->bytes, s->start, s->end));
        if (!says || !words.n || b.n + words.n > PROPOSED_BYTES) continue;
        if (last != SIZE_MAX) buf_add_z(&b, i == last + 1 ? " " : " " DOTS " ");
        buf_add(&b, words);
        if (ends_open(words) && i + 1 < t->nsentences) buf_add_z(&b, " " DOTS);
        last = i;
        n++;
    }
    str quote = story_even(a, buf_str(&b));
    if (quote.n && !story_check_quote(a, m->text, quote)) return quote;
    /* Kept by hand, and short: all of it, to be shortened. */
    return m->text.n <= PROPOSED_BYTES ? story_even(a, m->text) : S("");
}

/* ---- names ---- */

static bool same_name(arena *a, str word, str name) {
    str x = text_fold(a, word), y = text_fold(a, name);
    if (str_eq(x, y)) return true;
    /* "Bram's" */
    return str_starts(x, y) && x.n > y.n && x.p[y.n] == '\'';
}

/* "The Brandts", "Anna von Berg": these say nothing of anybody. */
static bool particle(arena *a, str word) {
    static const char *const words[] = {"the", "and", "of", "und", "von", "van",
                                        "der", "die", "de", "la",  "le"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(text_fold(a, word), str_z(words[i]))) return true;
    return false;
}

static bool is_name(arena *a, str word, const str *names, size_t n, str but) {
    if (but.n && same_name(a, word, but)) return false;
    for (size_t i = 0; i < n; i++) {
        struct text t;
        text_of(a, names[i], S(""), &t);
        for (size_t k = 0; k < t.nwords; k++) {
            str one = text_span(&t, k, k + 1);
            if (one.n < 2 || (t.words[k].flags & WORD_NUMBER) || particle(a, one)) continue;
            if (same_name(a, word, one)) return true;
        }
    }
    return false;
}

str story_without_names(arena *a, str quote, const str *names, size_t n, str but) {
    struct text t;
    size_t at = 0;
    BUF_AUTO buf b = BUF_MAX(4 * STORY_QUOTE_BYTES);
    text_of(a, quote, S(""), &t);
    for (size_t i = 0; i < t.nwords; i++) {
        const struct word *w = &t.words[i];
        if (!is_name(a, str_slice(quote, w->start, w->end), names, n, but)) continue;
        str before = str_slice(quote, at, w->start);
        bool joined = at && !str_trim(before).n;
        if (!joined) {
            buf_add(&b, before);
            buf_add_z(&b, DOTS);
        }
        at = w->end;
    }
    buf_add(&b, str_slice(quote, at, quote.n));
    return str_copy(a, buf_str(&b));
}

str story_shown_name(arena *a, str name) {
    name = str_trim(name);
    for (size_t i = 0; i < name.n; i++)
        if (str_has(S("@/:\\<>0123456789\n\r\t"), name.p[i])) return S("");
    if (str_has(name, '.') && !str_has(name, ' ')) return S("");
    size_t comma = str_find_char(name, ',', 0);
    if (comma != SIZE_MAX && comma < name.n) {
        str last = str_trim(str_slice(name, 0, comma)), first = str_trim(str_slice(name, comma + 1, name.n));
        if (str_has(first, ',')) return S("");
        name = first.n ? str_fmt(a, "%.*s %.*s", STR_FMT(first), STR_FMT(last)) : last;
    }
    return str_is_utf8(name) && name.n <= NAME_BYTES ? name : S("");
}

str story_first_name(str shown) { return str_slice(shown, 0, str_find_char(shown, ' ', 0)); }
