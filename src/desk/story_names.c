/* The words of a story without who is named in them. */
#include <unictype.h>
#include <unistr.h>

#include "base/buf.h"
#include "desk/story.h"
#include "letter/pack.h"

enum { NAME_BYTES = 60, REACHES_DIGITS = 6, CHILD_DIGITS = 3, GENITIVE_MIN = 3 };

#define DOTS "\xE2\x80\xA6"

/* ---- which words ---- */

static bool same_name(arena *a, str word, str name) {
    str x = text_fold(a, word), y = text_fold(a, name);
    if (str_eq(x, y)) return true;
    if (!str_starts(x, y) || x.n == y.n) return false;
    str more = str_slice(x, y.n, x.n);
    size_t figures = 0;
    while (figures < more.n && more.p[figures] >= '0' && more.p[figures] <= '9') figures++;
    /* "Bram's", "bram08", and in German "Brams" */
    return more.p[0] == '\'' || figures == more.n || (y.n >= GENITIVE_MIN && str_eq(more, S("s")));
}

/* "The Brandts", "Anna von Berg": these say nothing of anybody. */
static bool particle(arena *a, str word) {
    static const char *const words[] = {"the", "and", "of", "und", "von", "van",
                                        "der", "die", "de", "la",  "le"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(text_fold(a, word), str_z(words[i]))) return true;
    return false;
}

static bool among(arena *a, str word, const str *names, size_t n) {
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

static size_t digits(const struct text *t, size_t i) {
    str word = text_span(t, i, i + 1);
    size_t n = 0;
    for (size_t k = 0; k < word.n; k++) n += word.p[k] >= '0' && word.p[k] <= '9';
    return t->words[i].flags & WORD_NUMBER ? n : 0;
}

/* All digits of the numbers around that only spaces and signs part: "040 / 123 45". */
static size_t digits_around(const struct text *t, size_t i) {
    size_t n = digits(t, i), from = i, to = i;
    if (!n) return 0;
    while (from && digits(t, from - 1) && t->words[from].start - t->words[from - 1].end <= 3)
        n += digits(t, --from);
    while (to + 1 < t->nwords && digits(t, to + 1) && t->words[to + 1].start - t->words[to].end <= 3)
        n += digits(t, ++to);
    return n;
}

static bool in_pack(str language, const char *group, str folded) {
    const struct pack *own = pack_find(language), *english = pack_find(S("en"));
    return (own && pack_has(own, group, folded)) || (english && pack_has(english, group, folded));
}

static bool known_word(const struct story_hide *h, const struct word *w) {
    static const char *const groups[] = {"month", "weekday", "title", "greeting"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (in_pack(h->language, groups[i], w->stem)) return true;
    return w->folded.n < 2 || w->folded.p[1] == '\'';
}

/* Where names alone have capitals, a capital inside a sentence is a friend, a school, a street. */
static bool of_somebody(arena *a, const struct story_hide *h, const struct text *t, size_t i) {
    const struct word *w = &t->words[i];
    str word = text_span(t, i, i + 1);
    if (digits(t, i) >= CHILD_DIGITS) return true;
    if (!(w->flags & WORD_CAPITAL) || among(a, word, h->keep, h->nkeep)) return false;
    if (in_pack(h->language, "firstname", w->stem) && !in_pack(h->language, "no_name", w->stem)) return true;
    if (w->flags & (WORD_FIRST | WORD_CAPITALS | WORD_ALONE) || str_starts(h->language, S("de")))
        return false;
    char before = w->start ? t->bytes.p[w->start - 1] : ' ';
    return before != '"' && before != (char)0x9C && before != (char)0x9E && !known_word(h, w);
}

static bool hidden(arena *a, const struct story_hide *h, const struct text *t, size_t i) {
    const struct word *w = &t->words[i];
    str word = text_span(t, i, i + 1);
    if (w->flags & WORD_LINK || (w->start && t->bytes.p[w->start - 1] == '@')) return true;
    if (digits_around(t, i) >= REACHES_DIGITS) return true;
    if (h->but.n && same_name(a, word, h->but)) return false;
    return among(a, word, h->names, h->nnames) || (h->child && of_somebody(a, h, t, i));
}

/* Nothing but what stands between the parts of one name or number. */
static bool only_signs(str gap) {
    for (size_t i = 0; i < gap.n; i++)
        if (!str_has(S(" -_/@"), gap.p[i])) return false;
    return true;
}

str story_without_names(arena *a, str quote, const struct story_hide *hide) {
    struct text t;
    size_t at = 0;
    bool any = false;
    BUF_AUTO buf b = BUF_MAX(4 * STORY_QUOTE_BYTES);
    text_of(a, quote, hide->language, &t);
    for (size_t i = 0; i < t.nwords; i++) {
        const struct word *w = &t.words[i];
        bool goes_on = i && at == t.words[i - 1].end && w->start == at + 1 && quote.p[at] == '_';
        if (!goes_on && !hidden(a, hide, &t, i)) {
            any = true;
            continue;
        }
        size_t start = w->start && quote.p[w->start - 1] == '@' ? w->start - 1 : w->start;
        str before = str_slice(quote, at, start);
        bool joined = at && only_signs(before);
        if (!joined) {
            buf_add(&b, before);
            buf_add_z(&b, DOTS);
        }
        at = w->end;
    }
    buf_add(&b, str_slice(quote, at, quote.n));
    return any ? str_copy(a, buf_str(&b)) : S("");
}

/* ---- names that are shown ---- */

/* "www.buy.example" is no name; "J.R." is. */
static bool has_site(str name) {
    for (size_t i = 2; i + 2 < name.n; i++) {
        bool inside = name.p[i] == '.' && name.p[i - 1] != ' ' && name.p[i + 1] != ' ';
        if (inside && name.p[i - 2] != ' ' && name.p[i - 2] != '.' && name.p[i + 2] != ' ' &&
            name.p[i + 2] != '.')
            return true;
    }
    return false;
}

static bool has_letter(str name) {
    ucs4_t c;
    for (size_t i = 0; i < name.n;) {
        i += (size_t)u8_mbtouc(&c, (const uint8_t *)name.p + i, name.n - i);
        if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L)) return true;
    }
    return false;
}

str story_shown_name(arena *a, str name) {
    name = story_even(a, name);
    for (size_t i = 0; i < name.n; i++)
        if (str_has(S("@/:\\<>0123456789"), name.p[i])) return S("");
    if ((str_has(name, '.') && !str_has(name, ' ')) || has_site(name) || !has_letter(name)) return S("");
    size_t comma = str_find_char(name, ',', 0);
    if (comma != SIZE_MAX && comma < name.n) {
        str last = str_trim(str_slice(name, 0, comma)), first = str_trim(str_slice(name, comma + 1, name.n));
        if (str_has(first, ',')) return S("");
        name = first.n ? str_fmt(a, "%.*s %.*s", STR_FMT(first), STR_FMT(last)) : last;
    }
    return str_is_utf8(name) && name.n <= NAME_BYTES ? name : S("");
}

/* "Dr.", "Frau", "R.", "Familie". */
static bool no_first_name(arena *a, str word) {
    static const char *const words[] = {"the", "family", "familie", "famille", "familia"};
    str plain = str_ends(word, S(".")) ? str_slice(word, 0, word.n - 1) : word, folded = text_fold(a, plain);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(folded, str_z(words[i]))) return true;
    return plain.n < word.n || in_pack(S("de"), "title", folded);
}

str story_first_name(arena *a, str shown) {
    str rest = shown, word;
    bool passed = false;
    while (str_split(&rest, ' ', &word)) {
        if (!no_first_name(a, word)) return passed && !rest.n ? S("") : word;
        passed = true;
    }
    return S("");
}
