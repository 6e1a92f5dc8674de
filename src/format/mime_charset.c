#include "format/mime_charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "format/mime_guess.h"

/* Names that iconv does not know, or knows as a smaller set than what senders mean by them. */
static const struct alias {
    const char *name, *iconv;
} aliases[] = {
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"hz-gb-2312", "HZ"},
    {"cp936", "GB18030"},
    {"euc-cn", "GB18030"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"euc-kr", "CP949"},
    {"korean", "CP949"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"ms_kanji", "CP932"},
    {"windows-31j", "CP932"},
    {"big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"iso-8859-9", "CP1254"},
    {"latin5", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"iso-8859-8-i", "CP1255"},
    {"iso-8859-8-e", "CP1255"},
    {"iso-8859-8", "CP1255"},
    {"macintosh", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"mac", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"unicode-2-0-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
    {"koi8-ru", "KOI8-U"},
    {"koi", "KOI8-R"},
    {"koi8", "KOI8-R"},
    {"iso-2022-jp", "ISO-2022-JP-3"},
    {"cp50220", "ISO-2022-JP-3"},
    {"cp50221", "ISO-2022-JP-3"},
    {"x-euc-jp", "EUC-JP"},
    {"x-euc-tw", "EUC-TW"},
    {"win-1251", "CP1251"},
};

static const char *const preloaded[] = {
    "GB18030",     "HZ",          "CP949",       "CP932",       "BIG5-HKSCS",  "CP1250",
    "CP1251",      "CP1253",      "CP1254",      "CP1255",      "CP1256",      "CP1257",
    "CP1258",      "CP874",       "MACINTOSH",   "UTF-7",       "UTF-16LE",    "UTF-16BE",
    "UTF-32LE",    "KOI8-R",      "KOI8-U",      "EUC-JP",      "EUC-TW",      "ISO-2022-JP-3",
    "ISO-2022-JP", "ISO-2022-KR", "ISO-8859-2",  "ISO-8859-3",  "ISO-8859-4",  "ISO-8859-5",
    "ISO-8859-6",  "ISO-8859-7",  "ISO-8859-10", "ISO-8859-13", "ISO-8859-14", "ISO-8859-15",
    "ISO-8859-16", "CP437",       "CP850",       "CP852",       "CP866",       "MAC-CYRILLIC",
};

enum { PRELOADED = sizeof preloaded / sizeof *preloaded, NAME_MAX_BYTES = 40 };

void mime_charset_preload(void) {
    /* Open descriptors keep their modules in memory. */
    static iconv_t kept[PRELOADED];
    static bool done;
    if (done) return;
    done = true;
    for (size_t i = 0; i < PRELOADED; i++) kept[i] = iconv_open("UTF-8", preloaded[i]);
    (void)kept;
}

/* windows-1252, the bytes 80-9F; 0 where the code page has nothing. */
static const uint16_t cp1252_high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static str finish(arena *a, buf *b) {
    str out = str_copy(a, buf_str(b));
    buf_free(b);
    return out;
}

static str from_1252(arena *a, str bytes) {
    buf out = BUF_MAX(bytes.n * 3);
    for (size_t i = 0; i < bytes.n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c < 0x80) {
            buf_add_char(&out, (char)c);
        } else {
            uint32_t code = c >= 0xA0 ? c : cp1252_high[c - 0x80];
            buf_add_utf8(&out, code ? code : 0xFFFD);
        }
    }
    return finish(a, &out);
}

/* Length of the valid UTF-8 sequence at p, 0 when there is none. */
static size_t sequence(const char *p, size_t n) {
    ucs4_t code;
    int len = u8_mbtoucr(&code, (const uint8_t *)p, n);
    return len > 0 ? (size_t)len : 0;
}

static void count_utf8(str bytes, size_t *ret_good, size_t *ret_bad) {
    size_t good = 0, bad = 0;
    for (size_t i = 0; i < bytes.n;) {
        if (!((unsigned char)bytes.p[i] & 0x80)) {
            i++;
            continue;
        }
        size_t len = sequence(bytes.p + i, bytes.n - i);
        if (len)
            good++;
        else
            bad++;
        i += len ? len : 1;
    }
    *ret_good = good;
    *ret_bad = bad;
}

str mime_repair_utf8(arena *a, str bytes) {
    if (str_is_utf8(bytes)) return bytes;
    buf out = BUF_MAX(bytes.n * 3);
    for (size_t i = 0; i < bytes.n;) {
        size_t len = sequence(bytes.p + i, bytes.n - i);
        if (len)
            buf_add(&out, (str){bytes.p + i, len});
        else
            buf_add_utf8(&out, 0xFFFD);
        i += len ? len : 1;
    }
    return finish(a, &out);
}

static bool convert(arena *a, str bytes, const char *charset, str *ret_text, size_t *ret_bad);

/* What the bytes look like, else windows-1252. */
static str from_looks(arena *a, str bytes) {
    const char *like = mime_guess(bytes);
    str text;
    size_t bad;
    if (like && convert(a, bytes, like, &text, &bad) && bad <= bytes.n / 64) return mime_repair_utf8(a, text);
    return from_1252(a, bytes);
}

/* UTF-8 when it is that (a cut or damaged sequence among good ones counts as such), else what it looks like.
 */
static str guess(arena *a, str bytes) {
    if (str_is_utf8(bytes)) return bytes;
    size_t good, bad;
    count_utf8(bytes, &good, &bad);
    return good > bad ? mime_repair_utf8(a, bytes) : from_looks(a, bytes);
}

static bool is_ascii(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] & 0x80) return false;
    return true;
}

static bool is_one_of(str name, const char *const *names) {
    for (; *names; names++)
        if (str_eq_nocase(name, str_z(*names))) return true;
    return false;
}

/* Convert, with U+FFFD for what is not so encoded; counts those. False when iconv does not know the name. */
static bool convert(arena *a, str bytes, const char *charset, str *ret_text, size_t *ret_bad) {
    iconv_t cd = iconv_open("UTF-8", charset);
    if (cd == (iconv_t)-1) return false;
    buf out = BUF_MAX(bytes.n * 8 + 64);
    char *in = (char *)bytes.p;
    size_t left = bytes.n, bad = 0;
    while (left) {
        size_t room = left * 2 + 64;
        if (room > out.max - out.n) room = out.max - out.n;
        char *start = buf_room(&out, room), *to = start;
        if (!start || room < 16) break;
        size_t result = iconv(cd, &in, &left, &to, &room);
        int why = errno;
        buf_grew(&out, (size_t)(to - start));
        if (result != (size_t)-1 || why == E2BIG) continue;
        buf_add_utf8(&out, 0xFFFD);
        bad++;
        if (why == EINVAL) break; /* the end is cut in the middle of a character */
        in++, left--;
    }
    iconv_close(cd);
    *ret_text = finish(a, &out);
    *ret_bad = bad;
    return true;
}

/* `named`: "utf-16le" and the like, whose name says what a text without a mark is. */
static str from_utf16(arena *a, str bytes, str named, bool *ret_was) {
    const unsigned char *p = (const unsigned char *)bytes.p;
    bool le = bytes.n >= 2 && p[0] == 0xFF && p[1] == 0xFE, be = bytes.n >= 2 && p[0] == 0xFE && p[1] == 0xFF;
    if (!le && !be) {
        /* No mark: Latin text has its zero bytes at one parity. */
        size_t zero[2] = {0, 0};
        for (size_t i = 0; i < bytes.n && i < 4096; i++) zero[i & 1] += !p[i];
        le = zero[1] > zero[0] && zero[1] * 4 > (bytes.n < 4096 ? bytes.n : 4096) / 2;
        be = !le && zero[0] * 4 > (bytes.n < 4096 ? bytes.n : 4096) / 2;
        if (!le && !be && bytes.n % 2 == 0) {
            le = str_eq_nocase(named, S("utf-16le"));
            be = str_eq_nocase(named, S("utf-16be"));
        }
    }
    str out = bytes;
    size_t bad = 0;
    *ret_was = (le || be) && convert(a, bytes, le ? "UTF-16LE" : "UTF-16BE", &out, &bad);
    return out;
}

static const char *iconv_name(arena *a, str charset) {
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (str_eq_nocase(charset, str_z(aliases[i].name))) return aliases[i].iconv;
    if (str_starts_nocase(charset, S("windows-")))
        return str_cstr(a, str_fmt(a, "CP%.*s", STR_FMT(str_slice(charset, 8, 32))));
    if (str_starts_nocase(charset, S("x-cp")))
        return str_cstr(a, str_fmt(a, "CP%.*s", STR_FMT(str_slice(charset, 4, 32))));
    if (str_starts_nocase(charset, S("cp-")))
        return str_cstr(a, str_fmt(a, "CP%.*s", STR_FMT(str_slice(charset, 3, 32))));
    return str_cstr(a, charset);
}

/* The name goes to iconv_open, which reads options after a slash and tries files by that name. */
static bool plain_name(str charset) {
    if (charset.n == 0 || charset.n > NAME_MAX_BYTES) return false;
    for (size_t i = 0; i < charset.n; i++) {
        char c = charset.p[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_' || c == ':' || (c == '.' && i);
        if (!ok) return false;
    }
    return true;
}

str mime_to_utf8(arena *a, str bytes, str charset) {
    static const char *const guessed[] = {
        "us-ascii", "ascii",   "ansi_x3.4-1968", "utf-8",          "utf8",
        "utf_8",    "unicode", "unknown-8bit",   "x-unknown",      "unknown",
        "default",  "binary",  "8bit",           "x-user-defined", NULL};
    static const char *const western[] = {
        "iso-8859-1", "iso8859-1", "iso_8859-1",   "latin1",
        "latin-1",    "l1",        "windows-1252", "cp1252",
        "cp-1252",    "x-ansi",    "ansi",         "iso-8859-1-windows-3.1-latin-1",
        NULL};
    static const char *const stateful[] = {"utf-7",
                                           "unicode-1-1-utf-7",
                                           "unicode-2-0-utf-7",
                                           "x-unicode-2-0-utf-7",
                                           "hz-gb-2312",
                                           "hz",
                                           "iso-2022-jp",
                                           "iso-2022-kr",
                                           "iso-2022-cn",
                                           "cp50220",
                                           "cp50221",
                                           "iso-2022-jp-1",
                                           "iso-2022-jp-2",
                                           NULL};
    charset = str_trim(charset);
    bool wide = str_starts_nocase(charset, S("utf-16")) || str_starts_nocase(charset, S("utf16")) ||
                str_starts_nocase(charset, S("ucs-2")) || str_eq_nocase(charset, S("unicode"));
    if (wide) {
        bool was;
        str out = from_utf16(a, bytes, charset, &was);
        return was ? out : guess(a, bytes);
    }
    bool wide4 = str_starts_nocase(charset, S("utf-32")) || str_starts_nocase(charset, S("ucs-4"));
    if (!wide4 && !is_one_of(charset, stateful) && is_ascii(bytes)) {
        bool unsaid = !charset.n || is_one_of(charset, guessed);
        return unsaid && str_has(bytes, '\x1b') ? from_looks(a, bytes) : bytes;
    }
    if (!plain_name(charset) || is_one_of(charset, guessed)) return guess(a, bytes);
    if (is_one_of(charset, western)) {
        /* Latin-1 letters that happen to be UTF-8 throughout are, but for a freak, UTF-8 under a wrong name.
         */
        return str_is_utf8(bytes) ? bytes : from_looks(a, bytes);
    }
    str text;
    size_t bad;
    if (!convert(a, bytes, iconv_name(a, charset), &text, &bad)) return guess(a, bytes);
    if (bad && (bad > bytes.n / 16 || str_is_utf8(bytes))) return guess(a, bytes);
    return mime_repair_utf8(a, text);
}

str mime_clean(arena *a, str text, bool one_line) {
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == 0xC2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xA0) {
            /* U+0085 is a line end for some senders, the other C1 controls are nothing. */
            bool line = (unsigned char)text.p[++i] == 0x85;
            if (!line) continue;
            c = '\n';
        }
        if (c == 0xEF && i + 2 < text.n && memcmp(text.p + i, "\xEF\xBB\xBF", 3) == 0) {
            i += 2;
            continue;
        }
        if (c == '\r') {
            if (i + 1 < text.n && text.p[i + 1] == '\n') continue;
            c = '\n';
        }
        if (one_line && (c == '\n' || c == '\t' || c == '\v' || c == '\f' || c == ' ')) {
            if (n && out[n - 1] != ' ') out[n++] = ' ';
            continue;
        }
        if (c == '\f' || c == '\v') c = '\n';
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) continue;
        out[n++] = (char)c;
    }
    if (one_line)
        while (n && out[n - 1] == ' ') n--;
    return (str){out, n};
}
