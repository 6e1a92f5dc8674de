/* The words of a story that are shown: chosen, and shortened only. */
#include <unictype.h>
#include <unigbrk.h>
#include <unistr.h>

#include "base/buf.h"
#include "desk/story.h"
#include "format/quoted.h"

enum { PROPOSED_SENTENCES = 6, PROPOSED_BYTES = 700 };

#define DOTS "\xE2\x80\xA6"

/* ---- evened ---- */

/* What cannot be seen and turns lines around, or no feed may hold: controls, directions that are not closed
 * by themselves, a byte order mark, an invisible space or hyphen, what is no character. */
static bool never_shown(ucs4_t c) {
    if (c >= 0x202A && c <= 0x202E) return true;
    if (c >= 0x2066 && c <= 0x206F) return true;
    if (c == 0xAD || c == 0x200B || c == 0x2060 || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC)) return true;
    return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) ||
           uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cs);
}

str story_even(arena *a, str text) {
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0, len;
    for (size_t i = 0; i < text.n; i += len) {
        ucs4_t c;
        int took = u8_mbtoucr(&c, (const uint8_t *)text.p + i, text.n - i);
        len = took > 0 ? (size_t)took : 1;
        if (took > 0 && uc_is_property_white_space(c)) {
            if (n && out[n - 1] != ' ') out[n++] = ' ';
        } else if (took > 0 && never_shown(c)) {
            continue;
        } else if (str_starts(str_slice(text, i, text.n), S("..."))) {
            while (i + len < text.n && text.p[i + len] == '.') len++;
            for (const char *d = DOTS; *d; d++) out[n++] = *d;
        } else {
            for (size_t k = 0; k < len; k++) out[n++] = text.p[i + k];
        }
    }
    while (n && out[n - 1] == ' ') n--;
    return (str){out, n};
}

/* ---- shortened only ---- */

static bool word_character(ucs4_t c) {
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N);
}

/* Written without spaces between words: any character may be the last one that is shown. */
static bool unspaced(ucs4_t c) {
    return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
           (c >= 0x3040 && c <= 0x30FF) || (c >= 0x31F0 && c <= 0x31FF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

/* May the text be cut at `at`? A word, and what looks like one character, is shown whole or not at all. */
static bool may_cut(str text, size_t at) {
    enum { ZERO_WIDTH_JOINER = 0x200D };
    const uint8_t *p = (const uint8_t *)text.p;
    ucs4_t before, behind;
    if (at == 0 || at >= text.n) return true;
    size_t from = at - 1;
    while (from && (p[from] & 0xC0) == 0x80) from--;
    u8_mbtouc(&before, p + from, at - from);
    u8_mbtouc(&behind, p + at, text.n - at);
    if (before == ZERO_WIDTH_JOINER || !uc_is_grapheme_break(before, behind)) return false;
    if (!word_character(before) || !word_character(behind)) return true;
    return unspaced(before) || unspaced(behind);
}

static size_t find_piece(str text, str piece, size_t from) {
    for (size_t at = str_find(text, piece, from); at != SIZE_MAX; at = str_find(text, piece, at + 1))
        if (may_cut(text, at) && may_cut(text, at + piece.n)) return at;
    return SIZE_MAX;
}

str story_own_words(arena *a, str text) {
    quoted_part_list parts = {0};
    char *copy = arena_copy(a, text.p, text.n);
    bool forwarded = false;
    quoted_split(a, text, &parts);
    for (size_t i = 0; i < parts.n; i++) {
        const struct quoted_part *p = &parts.v[i];
        /* Behind a heading that stands alone all is somebody else's. */
        forwarded |= p->kind == QUOTED_FORWARD;
        if ((p->kind == QUOTED_SAID || p->kind == QUOTED_SIGNATURE) && !forwarded) continue;
        for (size_t k = p->start; k < p->end; k++)
            if (copy[k] != '\n') copy[k] = ' ';
    }
    return (str){copy, text.n};
}

err story_check_quote(arena *a, str text, str quote) {
    str letter = story_even(a, text), rest = story_even(a, quote);
    size_t at = 0;
    bool any = false;
    if (quote.n > STORY_QUOTE_BYTES)
        return err_set(ERR_LIMIT, "What is shown can have %d bytes at most; leave more out.",
                       STORY_QUOTE_BYTES);
    if (!str_is_utf8(quote)) return err_set(ERR_INVALID, "The words are not valid UTF-8 text.");
    if (!letter.n)
        return err_set(ERR_INVALID,
                       "This letter holds no words of its writer's own, only what it forwards or "
                       "quotes. Ask whoever wrote those.");
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
    str own = story_own_words(a, m->text);
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
    if (quote.n && !story_check_quote(a, own, quote)) return quote;
    /* Kept by hand, and short: all of it, to be shortened. */
    own = story_even(a, own);
    return own.n <= PROPOSED_BYTES ? own : S("");
}
