#include "letter/text.h"

#include <unictype.h>
#include <unistr.h>

#include "letter/pack.h"
#include "letter/words.h"

enum { WORD_BYTES = 64, RUN_LOOK = 256 };

typedef LIST(struct word) word_rows;
typedef LIST(struct sentence) sentence_rows;

uint32_t text_hash(str word) {
    uint32_t h = (uint32_t)str_hash(word);
    return h ? h : 1;
}

/* The character at `at` and its length; bytes that are not UTF-8 count one by one as U+FFFD. */
static uint32_t char_at(str s, size_t at, size_t *ret_step) {
    unsigned char first = (unsigned char)s.p[at];
    *ret_step = 1;
    if (first < 128) return first;
    ucs4_t c;
    int step = u8_mbtouc(&c, (const uint8_t *)s.p + at, s.n - at);
    *ret_step = step > 0 ? (size_t)step : 1;
    return c;
}

/* Shown as nothing, meant or put there to part words that look whole. */
static bool unseen(uint32_t c) {
    return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF ||
           (c >= 0xFE00 && c <= 0xFE0F);
}

static bool apostrophe(uint32_t c) { return c == '\'' || c == 0x2019 || c == 0x02BC; }

static bool space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool digit(char c) { return c >= '0' && c <= '9'; }

static bool plain(str s) {
    size_t i = 0;
    while (i < s.n && (unsigned char)s.p[i] < 128) i++;
    return i == s.n;
}

/* Letters that look like Latin ones and stand for them in a word that is Latin otherwise. */
static char look_alike(uint32_t c) {
    static const struct {
        uint16_t c;
        char as;
    } table[] = {{0x0430, 'a'}, {0x0435, 'e'}, {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'},
                 {0x0443, 'y'}, {0x0445, 'x'}, {0x0456, 'i'}, {0x0455, 's'}, {0x0458, 'j'},
                 {0x04BB, 'h'}, {0x0501, 'd'}, {0x03BF, 'o'}, {0x03B1, 'a'}, {0x03BD, 'v'},
                 {0x03B9, 'i'}, {0x03BA, 'k'}, {0x03C1, 'p'}, {0x03C4, 't'}, {0x03C5, 'u'},
                 {0x043A, 'k'}, {0x043C, 'm'}, {0x0442, 't'}, {0x0432, 'b'}, {0x043D, 'h'}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].c == c) return table[i].as;
    return 0;
}

static str without_look_alikes(arena *a, str folded) {
    bool latin = false, other = false;
    for (size_t i = 0; i < folded.n; i++) {
        unsigned char c = (unsigned char)folded.p[i];
        if (c >= 'a' && c <= 'z') latin = true;
        if (c >= 0xCE && c <= 0xD4) other = true; /* the lead bytes of Greek and Cyrillic */
    }
    if (!latin || !other) return folded;
    char *out = arena_alloc(a, folded.n);
    size_t n = 0;
    for (size_t at = 0, step; at < folded.n; at += step) {
        char as = look_alike(char_at(folded, at, &step));
        if (as) {
            out[n++] = as;
        } else {
            memcpy(out + n, folded.p + at, step);
            n += step;
        }
    }
    return (str){out, n};
}

/* Case and accents off, piece by piece around what joins them. */
str text_fold(arena *a, str raw) {
    if (plain(raw)) return str_clip_utf8(str_lower(a, raw), WORD_BYTES);
    char *out = arena_alloc(a, raw.n * 4 + 4);
    size_t n = 0, begin = 0;
    for (size_t at = 0, step = 1; at <= raw.n; at += step) {
        uint32_t c = at < raw.n ? char_at(raw, at, &step) : '\'';
        bool join = apostrophe(c) || c == '.' || c == ',' || c == ':' || c == '/';
        if (!join) continue;
        str piece = word_fold(a, str_slice(raw, begin, at));
        if (piece.n > raw.n * 4 - n) piece.n = 0;
        memcpy(out + n, piece.p, piece.n);
        n += piece.n;
        if (at < raw.n) out[n++] = apostrophe(c) ? '\'' : (char)c;
        begin = at + step;
        if (at == raw.n) break;
    }
    return str_clip_utf8(without_look_alikes(a, (str){out, n}), WORD_BYTES);
}

static uint32_t case_flags(str raw) {
    size_t letters = 0, capitals = 0, step;
    bool first = false;
    for (size_t at = 0; at < raw.n && letters < WORD_BYTES; at += step) {
        uint32_t c = char_at(raw, at, &step);
        bool upper = c < 128 ? c >= 'A' && c <= 'Z' : uc_is_upper(c);
        bool letter = c < 128 ? upper || (c >= 'a' && c <= 'z') : uc_is_alpha(c);
        if (!letter) continue;
        if (letters++ == 0) first = upper;
        capitals += upper;
    }
    return (first ? WORD_CAPITAL : 0) | (letters > 1 && capitals == letters ? WORD_CAPITALS : 0);
}

/* Its stem comes later: see find_stems. */
static void add_word(arena *a, word_rows *rows, const struct text *t, size_t from, size_t to,
                     uint32_t flags) {
    if (rows->n >= TEXT_WORDS_MAX) return;
    str raw = str_slice(t->bytes, from, to), folded, stem;
    uint32_t hash, stem_hash;
    if (flags & WORD_LINK) {
        folded = stem = str_clip_utf8(str_lower(a, raw), 256);
        hash = stem_hash = text_hash(folded);
    } else {
        folded = text_fold(a, raw);
        if (!folded.n) return;
        /* What folding left as it was has no capitals. */
        if (!plain(raw) || !str_eq(folded, raw)) flags |= case_flags(raw);
        if (digit(raw.p[0])) flags |= WORD_NUMBER;
        hash = stem_hash = text_hash(folded);
        stem = str_slice(folded, 0, str_find_char(folded, '\'', 1));
        if (stem.n < folded.n) stem_hash = text_hash(stem);
        word_stem_soon(stem_hash);
    }
    *list_add(a, rows) = (struct word){.start = (uint32_t)from,
                                       .end = (uint32_t)to,
                                       .flags = flags,
                                       .hash = stem_hash,
                                       .folded_hash = hash,
                                       .folded = folded,
                                       .stem = stem};
}

static void find_stems(arena *a, const struct text *t, word_rows *rows) {
    for (size_t i = 0; i < rows->n; i++) {
        struct word *w = &rows->v[i];
        if (w->flags & (WORD_LINK | WORD_NUMBER)) continue;
        w->stem = word_stem(a, w->stem, w->hash, t->language, &w->hash);
    }
}

static bool known_ending(str run) {
    static const char *const endings[] = {"com", "org", "net", "de", "io", "eu",
                                          "uk",  "fr",  "es",  "it", "nl", "info"};
    size_t dot = SIZE_MAX;
    for (size_t i = 0; i < run.n && run.p[i] != '/'; i++)
        if (run.p[i] == '.') dot = i;
    if (dot == SIZE_MAX || dot < 2) return false;
    size_t slash = str_find_char(run, '/', dot);
    str ending = str_slice(run, dot + 1, slash == SIZE_MAX ? run.n : slash);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_eq_nocase(ending, str_z(endings[i]))) return true;
    return false;
}

/* The end of the web or mail address that begins at `at`, or `at`. */
static size_t link_end(str s, size_t at) {
    size_t end = at, look = 0;
    bool dot = false, mail = false;
    while (end < s.n && !space(s.p[end]) && s.p[end] != '<' && s.p[end] != '>' && s.p[end] != '"') {
        dot = dot || (s.p[end] == '.' && end > at);
        mail = mail || (s.p[end] == '@' && end > at);
        if (++look > RUN_LOOK && !dot && !mail) return at; /* no address begins so */
        end++;
    }
    str run = str_slice(s, at, end);
    if (!dot) return at;
    while (run.n && strchr(".,;:!?)]}'*", run.p[run.n - 1])) run.n--;
    if (run.n < 4) return at;
    bool is = str_starts_nocase(run, S("http://")) || str_starts_nocase(run, S("https://")) ||
              str_starts_nocase(run, S("www.")) ||
              (mail && str_find_char(run, '.', str_find_char(run, '@', 0)) != SIZE_MAX) || known_ending(run);
    return is ? at + run.n : at;
}

/* Does the character at `at`, in a word that began at `begin`, join what follows to it? */
static bool joins(str s, size_t begin, size_t at, uint32_t c, size_t step) {
    if (at + step >= s.n) return false;
    size_t next_step;
    uint32_t next = char_at(s, at + step, &next_step);
    if (c == '.' || c == ',' || c == ':' || c == '/')
        return digit(s.p[at - 1]) && next < 128 && digit((char)next);
    if (!apostrophe(c) || next == 0xFFFD || !word_takes(next) || word_alone(next)) return false;
    /* "l'eau", "d'accord": an article, not a word's end; but "I'll", "we've", "O'Brien". */
    if (at - begin > 2 || s.p[begin] == 'O' || s.p[begin] == 'o') return true;
    size_t letters = 0;
    for (size_t i = at + step; i < s.n && letters < 3; letters++) {
        if (!word_takes(char_at(s, i, &next_step))) break;
        i += next_step;
    }
    return letters < 3;
}

/* The end of the run of characters without space that begins at `at`. No address is without a point. */
static size_t run_end(str s, size_t at, bool *ret_point) {
    bool point = false;
    for (; at < s.n && !space(s.p[at]); at++) point = point || s.p[at] == '.';
    *ret_point = point;
    return at;
}

static void find_words(arena *a, const struct text *t, word_rows *rows) {
    str s = t->bytes;
    size_t begin = SIZE_MAX, step, no_link_before = 0;
    for (size_t at = 0; at <= s.n && rows->n < TEXT_WORDS_MAX; at += step) {
        step = 1;
        uint32_t c = at < s.n ? char_at(s, at, &step) : ' ';
        if (begin != SIZE_MAX && at < s.n) {
            if (c < 128 && word_takes(c)) continue;
            if (unseen(c) || joins(s, begin, at, c, step)) continue;
        }
        bool part = c != 0xFFFD && word_takes(c), alone = part && word_alone(c);
        if (begin != SIZE_MAX && (!part || alone)) {
            add_word(a, rows, t, begin, at, 0);
            begin = SIZE_MAX;
        }
        if (alone) {
            add_word(a, rows, t, at, at + step, WORD_ALONE);
        } else if (part && begin == SIZE_MAX) {
            /* One look a run is enough, else a long one costs its square. */
            if (at >= no_link_before) {
                bool point;
                size_t run = run_end(s, at, &point), end = point ? link_end(s, at) : at;
                if (end > at) {
                    add_word(a, rows, t, at, end, WORD_LINK);
                    step = end - at;
                    continue;
                }
                no_link_before = run;
            }
            begin = at;
        }
    }
}

/* The longest line without a link: a line break where the next word had still fitted was meant. */
static size_t longest_line(str s) {
    size_t longest = 0;
    str line;
    while (str_line(&s, &line))
        if (line.n > longest && str_find(line, S("://"), 0) == SIZE_MAX) longest = line.n;
    return longest;
}

static bool list_mark(str s, size_t at) {
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t')) at++;
    if (at >= s.n) return false;
    if (strchr("-*>#", s.p[at])) return true;
    size_t step, from = at;
    uint32_t c = char_at(s, at, &step);
    if (c == 0x2022 || c == 0x2013 || c == 0x2014) return true;
    while (at < s.n && digit(s.p[at])) at++;
    return at > from && at - from < 3 && at + 1 < s.n && (s.p[at] == '.' || s.p[at] == ')') &&
           s.p[at + 1] == ' ';
}

enum gap { GAP_NONE, GAP_SENTENCE, GAP_PARAGRAPH };
struct gap_reading {
    enum gap gap;
    size_t end; /* where the sentence before it ends */
    bool asks;
};

static bool line_was_meant(str s, size_t newline, size_t longest) {
    size_t begin = newline, next = newline + 1, end;
    while (begin && s.p[begin - 1] != '\n') begin--;
    while (next < s.n && (s.p[next] == ' ' || s.p[next] == '\t')) next++;
    for (end = next; end < s.n && !space(s.p[end]);) end++;
    return newline - begin + 1 + (end - next) <= longest;
}

static bool ends_sentence(const struct text *t, const struct pack *pack, const struct word *before,
                          const struct word *after, uint32_t c, size_t at) {
    if (c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0x0964) return true;
    size_t next = at + (c < 128 ? 1 : 3);
    if (c == 0x061F || c == 0x06D4) next = at + 2;
    while (next < t->bytes.n && strchr(".!?)\"'*]", t->bytes.p[next])) next++;
    bool spaced = next >= t->bytes.n || space(t->bytes.p[next]) || (unsigned char)t->bytes.p[next] >= 128;
    bool glued = after && (after->flags & WORD_CAPITAL) && after->start == at + 1 && before->folded.n > 2 &&
                 !(before->flags & (WORD_NUMBER | WORD_CAPITALS | WORD_LINK));
    if (!spaced) return glued && c == '.';
    if (c != '.') return true;
    if (before->folded.n == 1 && (before->flags & WORD_CAPITAL) && !str_eq(before->folded, S("i")))
        return false;
    if (pack_has(pack, "abbreviation", before->folded)) return false;
    /* "am 3. März": the day of a month. */
    if ((before->flags & WORD_NUMBER) && after && pack_has(pack, "month", after->folded)) return false;
    if (!after || (after->flags & (WORD_CAPITAL | WORD_NUMBER | WORD_ALONE))) return true;
    /* Many write without capitals: only a number before the point ("no. 3.") leaves it open. */
    return !(before->flags & WORD_NUMBER);
}

static struct gap_reading read_gap(const struct text *t, const struct pack *pack, const struct word *before,
                                   const struct word *after, size_t longest) {
    struct gap_reading r = {GAP_NONE, before->end, false};
    size_t stop = after ? after->start : t->bytes.n, step, lines = 0;
    bool ended = false, blank = true;
    if (after && stop == before->end + 1 && t->bytes.p[before->end] == ' ') return r;
    for (size_t at = before->end; at < stop; at += step) {
        uint32_t c = char_at(t->bytes, at, &step);
        if (c == '\n') {
            if (lines++ && blank) r.gap = GAP_PARAGRAPH;
            blank = true;
            if (r.gap == GAP_NONE && (list_mark(t->bytes, at + 1) || line_was_meant(t->bytes, at, longest)))
                r.gap = GAP_SENTENCE;
            ended = true;
        } else if (!space((char)(c < 128 ? c : 'x'))) {
            blank = false;
            bool mark = c == '.' || c == '!' || c == '?' || c == 0x2026 || c == 0x3002 || c == 0xFF01 ||
                        c == 0xFF1F || c == 0x061F || c == 0x06D4 || c == 0x0964;
            if (mark && !r.asks) r.asks = !lines && (c == '?' || c == 0xFF1F || c == 0x061F);
            if (mark && r.gap == GAP_NONE && ends_sentence(t, pack, before, after, c, at))
                r.gap = GAP_SENTENCE;
            if (!ended) r.end = at + step;
        } else {
            ended = true;
        }
    }
    if (!after) r.gap = GAP_PARAGRAPH;
    return r;
}

static void find_sentences(arena *a, const struct text *t, word_rows *words, sentence_rows *rows) {
    size_t longest = longest_line(t->bytes);
    const struct pack *pack = pack_find(t->language);
    uint32_t paragraph = 0, begin = 0;
    for (size_t i = 0; i < words->n; i++) {
        struct word *w = &words->v[i];
        if (i == begin) w->flags |= WORD_FIRST;
        w->sentence = (uint32_t)rows->n;
        struct gap_reading r = read_gap(t, pack, w, i + 1 < words->n ? w + 1 : NULL, longest);
        if (r.gap == GAP_NONE) continue;
        *list_add(a, rows) = (struct sentence){.start = words->v[begin].start,
                                               .end = (uint32_t)r.end,
                                               .word = begin,
                                               .words = (uint32_t)i + 1 - begin,
                                               .paragraph = paragraph,
                                               .asks = r.asks};
        paragraph += r.gap == GAP_PARAGRAPH;
        begin = (uint32_t)i + 1;
    }
}

void text_of(arena *a, str bytes, str language, struct text *ret) {
    struct text t = {.bytes = bytes, .language = language};
    word_rows words = {0};
    sentence_rows sentences = {0};
    find_words(a, &t, &words);
    find_stems(a, &t, &words);
    find_sentences(a, &t, &words, &sentences);
    t.words = words.v;
    t.nwords = words.n;
    t.sentences = sentences.v;
    t.nsentences = sentences.n;
    *ret = t;
}

str text_span(const struct text *t, size_t from, size_t to) {
    if (from >= to || to > t->nwords) return (str){0};
    return str_slice(t->bytes, t->words[from].start, t->words[to - 1].end);
}

size_t text_word_at(const struct text *t, uint32_t offset) {
    size_t low = 0, high = t->nwords;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (t->words[mid].end > offset)
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

str text_sentence(const struct text *t, size_t sentence) {
    if (sentence >= t->nsentences) return (str){0};
    return str_slice(t->bytes, t->sentences[sentence].start, t->sentences[sentence].end);
}

void text_utf16(str bytes, const uint32_t *offsets, size_t n, uint32_t *ret_units) {
    size_t at = 0, step;
    uint32_t units = 0;
    for (size_t i = 0; i < n; i++) {
        while (at < bytes.n && at < offsets[i]) {
            units += char_at(bytes, at, &step) > 0xFFFF ? 2 : 1;
            at += step;
        }
        ret_units[i] = units;
    }
}
