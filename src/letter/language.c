/* language_of of letter/listen.h: by the script first, then by frequent words, ends of words and letters
 * that only some languages have (assets/lang/languages). A piece of evidence that several languages share
 * counts for each with its share. */
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <unistr.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "letter/listen.h"

enum { LOOK_AT = 2048, LANGUAGES_MAX = 32, SLOTS = 1 << 14, WORD_CHARS = 24, LETTERS_TO = 0x500 };
/* What a word, an end, a letter is worth; the most that letters add; enough to speak; how much the first
 * must be ahead of the second, in fifths, and how much more words it needs. Found by trying. */
enum { WORD = 60, END = 24, LETTER = 24, LETTERS_MAX = 240, ENOUGH = 100, AHEAD = 6, AHEAD_BY = 20 };
/* Evidence of so many languages is none. */
enum { SHARED_BY_MAX = 6 };

struct slot {
    uint32_t hash; /* 0: free */
    uint32_t languages;
};
struct tables {
    struct slot slots[SLOTS];
    uint32_t letters[LETTERS_TO];
    str tags[LANGUAGES_MAX];
    uint32_t n;
};
static struct tables *tables; /* NULL when there is no memory or no file: then only scripts tell */
static once_flag tables_once = ONCE_FLAG_INIT;

static uint32_t lower(uint32_t c) {
    if (c < 128) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
    if (c == 0x130) return 'i';
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c + (c & 1);
    if ((c >= 0x100 && c <= 0x177) || (c >= 0x1EA0 && c <= 0x1EF9) || (c >= 0x218 && c <= 0x21B))
        return c | 1;
    if (c >= 0x410 && c <= 0x42F) return c + 32;
    if (c >= 0x400 && c <= 0x40F) return c + 80;
    return c == 0x490 ? 0x491 : c;
}

/* The letter without its accent; many write so. */
static uint32_t bare(uint32_t c) {
    static const char first[] = "aaaaaaaceeeeiiiidnooooo-ouuuuypsaaaaaaaceeeeiiiidnooooo-ouuuuypy";
    static const char more[] = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllllln"
                               "nnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
    _Static_assert(sizeof first == 65 && sizeof more == 129, "a letter for each");
    if (c >= 0xC0 && c <= 0xFF) return (uint32_t)first[c - 0xC0];
    if (c >= 0x100 && c <= 0x17F) return (uint32_t)more[c - 0x100];
    if (c == 0x219) return 's';
    return c == 0x21B ? 't' : c;
}

static uint32_t hash_of(const uint32_t *chars, size_t n, uint32_t kind) {
    uint32_t h = 2166136261u ^ kind;
    for (size_t i = 0; i < n; i++) h = (h ^ chars[i]) * 16777619u;
    h ^= h >> 15;
    return h ? h : 1;
}

static struct slot *slot_of(uint32_t hash) {
    uint32_t at = hash * 2654435761u >> 18;
    while (tables->slots[at].hash && tables->slots[at].hash != hash) at = (at + 1) & (SLOTS - 1);
    return &tables->slots[at];
}

/* Half of the slots stay free, whatever the file holds. */
static void note(const uint32_t *chars, size_t n, uint32_t kind, uint32_t language) {
    static uint32_t used;
    struct slot *s = slot_of(hash_of(chars, n, kind));
    if (!s->hash && used++ >= SLOTS / 2) return;
    s->hash = hash_of(chars, n, kind);
    s->languages |= 1u << language;
}

static size_t chars_of(str s, uint32_t ret[WORD_CHARS]) {
    size_t n = 0;
    for (size_t at = 0; at < s.n && n < WORD_CHARS;) {
        ucs4_t c;
        int step = u8_mbtouc(&c, (const uint8_t *)s.p + at, s.n - at);
        ret[n++] = lower(c);
        at += step > 0 ? (size_t)step : 1;
    }
    return n;
}

static void read_word(str word, char kind, uint32_t language) {
    uint32_t chars[WORD_CHARS];
    size_t n = chars_of(word, chars);
    if (kind == '-') {
        size_t keep = n > 4 ? 4 : n;
        note(chars + n - keep, keep, '-', language);
        return;
    }
    note(chars, n, 0, language);
    for (size_t i = 0; i < n; i++) chars[i] = bare(chars[i]);
    note(chars, n, 0, language);
}

static void read_letters(str letters, uint32_t language) {
    uint32_t chars[WORD_CHARS];
    size_t n = chars_of(letters, chars);
    for (size_t i = 0; i < n; i++)
        if (chars[i] < LETTERS_TO && chars[i] > 127) tables->letters[chars[i]] |= 1u << language;
}

static void read_tables(void) {
    const struct embedded_file *f = embedded_find(S("assets/lang/languages"));
    tables = f ? memory_zeroed(sizeof *tables) : NULL;
    if (!tables) return;
    str rest = {(const char *)f->bytes, f->n}, line, word;
    while (str_line(&rest, &line)) {
        if (!line.n || line.p[0] == '#') continue;
        if (line.p[0] == '[') {
            if (tables->n == LANGUAGES_MAX) return;
            tables->tags[tables->n++] = str_slice(line, 1, line.n - 1);
        } else if (tables->n && line.p[0] == '+') {
            read_letters(str_slice(line, 1, line.n), tables->n - 1);
        } else if (tables->n) {
            while (str_split(&line, ' ', &word))
                if (word.n) read_word(word, word.p[0], tables->n - 1);
        }
    }
}

enum script {
    LATIN,
    CYRILLIC,
    ARABIC,
    HAN,
    KANA,
    ONE_LANGUAGE, /* and after it the scripts of one language, in the order of script_tags */
};
static const char *const script_tags[] = {"el", "hy", "he", "hi", "bn", "pa", "gu", "ta", "te", "kn",
                                          "ml", "si", "th", "lo", "my", "ka", "ko", "am", "km"};
enum { SCRIPTS = ONE_LANGUAGE + sizeof script_tags / sizeof *script_tags };
static const struct {
    uint32_t from, to, script;
} ranges[] = {
    {0x41, 0x24F, LATIN},
    {0x370, 0x3FF, ONE_LANGUAGE},
    {0x400, 0x52F, CYRILLIC},
    {0x531, 0x587, ONE_LANGUAGE + 1},
    {0x5D0, 0x5EA, ONE_LANGUAGE + 2},
    {0x620, 0x6D3, ARABIC},
    {0x900, 0x97F, ONE_LANGUAGE + 3},
    {0x980, 0x9FF, ONE_LANGUAGE + 4},
    {0xA00, 0xA7F, ONE_LANGUAGE + 5},
    {0xA80, 0xAFF, ONE_LANGUAGE + 6},
    {0xB80, 0xBFF, ONE_LANGUAGE + 7},
    {0xC00, 0xC7F, ONE_LANGUAGE + 8},
    {0xC80, 0xCFF, ONE_LANGUAGE + 9},
    {0xD00, 0xD7F, ONE_LANGUAGE + 10},
    {0xD80, 0xDFF, ONE_LANGUAGE + 11},
    {0xE01, 0xE4E, ONE_LANGUAGE + 12},
    {0xE81, 0xEDF, ONE_LANGUAGE + 13},
    {0x1000, 0x109F, ONE_LANGUAGE + 14},
    {0x10A0, 0x10FF, ONE_LANGUAGE + 15},
    {0x1100, 0x11FF, ONE_LANGUAGE + 16},
    {0x1200, 0x137F, ONE_LANGUAGE + 17},
    {0x1780, 0x17FF, ONE_LANGUAGE + 18},
    {0x1E00, 0x1EFF, LATIN},
    {0x3041, 0x30FF, KANA},
    {0x3400, 0x9FFF, HAN},
    {0xAC00, 0xD7A3, ONE_LANGUAGE + 16},
    {0xF900, 0xFAFF, HAN},
    {0x20000, 0x3FFFF, HAN},
};

/* SCRIPTS when it is of none. */
static uint32_t script_of(uint32_t c) {
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && c >= ranges[i].from; i++)
        if (c <= ranges[i].to) return ranges[i].script;
    return SCRIPTS;
}

struct reading {
    uint32_t scripts[SCRIPTS + 1];
    uint32_t scores[LANGUAGES_MAX], letters[LANGUAGES_MAX], words; /* words: that told something */
    uint32_t persian, urdu, arab;
    uint32_t chars[WORD_CHARS];
    size_t n, apostrophe; /* of the word at hand; the place behind its apostrophe, 0 none */
    bool technical;       /* the word at hand is part of an address or a file's name */
};

static void credit(uint32_t *scores, uint32_t languages, uint32_t worth) {
    uint32_t sharing = (uint32_t)__builtin_popcount(languages);
    if (sharing == 0 || sharing > SHARED_BY_MAX) return;
    for (; languages; languages &= languages - 1) scores[__builtin_ctz(languages)] += worth / sharing;
}

static void end_word(struct reading *r) {
    size_t n = r->n;
    if (n && n < WORD_CHARS && !r->technical && tables) {
        uint32_t languages = slot_of(hash_of(r->chars, n, 0))->languages;
        if (!languages && r->apostrophe && r->apostrophe < n)
            languages = slot_of(hash_of(r->chars + r->apostrophe, n - r->apostrophe, 0))->languages;
        r->words += languages != 0;
        credit(r->scores, languages, WORD);
        for (size_t end = 3; end <= 4 && !languages && end + 2 <= n; end++)
            credit(r->scores, slot_of(hash_of(r->chars + n - end, end, '-'))->languages, END);
    }
    r->n = r->apostrophe = 0;
    r->technical = false;
}

static void count_arabic(struct reading *r, uint32_t c) {
    if (c == 0x64A || c == 0x643 || c == 0x629 || c == 0x649) r->arab++;
    if (c == 0x6CC || c == 0x6A9 || c == 0x67E || c == 0x686 || c == 0x698 || c == 0x6AF) r->persian++;
    if (c == 0x679 || c == 0x688 || c == 0x691 || c == 0x6D2 || c == 0x6BE || c == 0x6C1 || c == 0x6BA)
        r->urdu++;
}

/* Glue parts words but tells that they are of an address, a file's name or a number. */
enum { OTHER, LETTER_OF, GLUE };
static const uint8_t ascii[128] = {
    ['a' ... 'z'] = LETTER_OF,
    ['A' ... 'Z'] = LETTER_OF,
    ['0' ... '9'] = GLUE,
    ['@'] = GLUE,
    ['_'] = GLUE,
    ['/'] = GLUE,
    ['\\'] = GLUE,
};

static bool letter_at(str s, size_t at) {
    unsigned char c = at < s.n ? (unsigned char)s.p[at] : 0;
    return c < 128 ? ascii[c] == LETTER_OF : c >= 0xC0;
}

/* A character above 127. */
static void take_wide(struct reading *r, uint32_t c) {
    uint32_t script = c < 0xC0 ? (uint32_t)SCRIPTS : script_of(c);
    bool accent = (c >= 0x300 && c <= 0x36F) || c == 0x200C;
    r->scripts[script]++;
    if (script == ARABIC) count_arabic(r, c);
    c = lower(c);
    if (c < LETTERS_TO && tables) credit(r->letters, tables->letters[c], LETTER);
    if (script < SCRIPTS && r->n < WORD_CHARS) r->chars[r->n++] = c;
    if (script == SCRIPTS && !accent) end_word(r);
}

static void read_text(struct reading *r, str s) {
    for (size_t at = 0, step; at < s.n; at += step) {
        ucs4_t c = (unsigned char)s.p[at];
        step = 1;
        if (c >= 128) {
            int got = u8_mbtouc(&c, (const uint8_t *)s.p + at, s.n - at);
            step = got > 0 ? (size_t)got : 1;
        }
        if (c < 128 && ascii[c] == LETTER_OF) {
            r->scripts[LATIN]++;
            if (r->n < WORD_CHARS) r->chars[r->n++] = c | 32;
        } else if ((c == '\'' || c == 0x2019) && r->n && r->n < WORD_CHARS && letter_at(s, at + step)) {
            r->chars[r->n++] = '\'';
            r->apostrophe = r->n;
        } else if (c < 128) {
            bool glue = ascii[c] == GLUE || (c == '.' && letter_at(s, at + 1));
            r->technical |= glue;
            end_word(r);
            r->technical = glue;
        } else {
            take_wide(r, c);
        }
    }
    end_word(r);
}

/* Of the languages that share the script, by words and letters. */
static str best_of(struct reading *r) {
    uint32_t first = 0, second = 0, best = 0;
    for (uint32_t i = 0; tables && i < tables->n; i++) {
        uint32_t letters = r->letters[i] < LETTERS_MAX ? r->letters[i] : LETTERS_MAX;
        uint32_t score = r->scores[i] ? r->scores[i] + letters : 0;
        if (score > first) {
            second = first;
            first = score;
            best = i;
        } else if (score > second) {
            second = score;
        }
    }
    if (first < ENOUGH || r->words < 2 || first * 5 < second * AHEAD + AHEAD_BY * 5) return S("");
    return tables->tags[best];
}

str language_of(str text) {
    call_once(&tables_once, read_tables);
    struct reading r = {0};
    read_text(&r, str_clip_utf8(text, LOOK_AT));
    /* A Chinese or Japanese character says as much as three letters. */
    uint32_t *n = r.scripts, all = 0, top = 0;
    uint32_t east = (n[HAN] + n[KANA]) * 3, kana = n[KANA] * 3;
    n[HAN] = east;
    n[KANA] = 0;
    for (uint32_t i = 0; i < SCRIPTS; i++) {
        all += n[i];
        if (n[i] > n[top]) top = i;
    }
    if (n[top] < 5 || n[top] * 5 < all * 3) return S("");
    if (top == LATIN || top == CYRILLIC) return best_of(&r);
    if (top == HAN) return kana * 10 >= east ? S("ja") : S("zh");
    if (top == ARABIC) return r.urdu > 1 ? S("ur") : r.persian > r.arab ? S("fa") : S("ar");
    return str_z(script_tags[top - ONE_LANGUAGE]);
}
