#include "format/rtf.h"

#include <string.h>

#include "base/buf.h"
#include "format/html.h"
#include "format/mime_charset.h"

enum { DEPTH_MAX = 200, WORD_MAX = 32, DICTIONARY = 4096 };

/* ---- unpacking ---- */

static const char dictionary[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    "\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

static uint32_t number(str s, size_t at) {
    uint32_t v = 0;
    for (size_t i = 0; i < 4; i++) v |= (uint32_t)(unsigned char)s.p[at + i] << (8 * i);
    return v;
}

static str expand(arena *a, str in, size_t most) {
    char ring[DICTIONARY] = {0};
    char *out = arena_alloc(a, most + 1);
    size_t n = 0, at = sizeof dictionary - 1, i = 0;
    memcpy(ring, dictionary, at);
    while (i < in.n && n < most) {
        unsigned flags = (unsigned char)in.p[i++];
        for (int bit = 0; bit < 8 && i < in.n && n < most; bit++, flags >>= 1) {
            if (!(flags & 1)) {
                out[n++] = ring[at] = in.p[i++];
                at = (at + 1) % DICTIONARY;
                continue;
            }
            if (i + 2 > in.n) return (str){out, n};
            unsigned pair = (unsigned)(unsigned char)in.p[i] << 8 | (unsigned char)in.p[i + 1];
            size_t from = pair >> 4, length = (pair & 15) + 2;
            i += 2;
            if (from == at) return (str){out, n}; /* the end */
            for (size_t k = 0; k < length && n < most; k++) {
                out[n++] = ring[at] = ring[(from + k) % DICTIONARY];
                at = (at + 1) % DICTIONARY;
            }
        }
    }
    return (str){out, n};
}

err rtf_expand(arena *a, str packed, str *ret_rtf) {
    enum { HEAD = 16 };
    if (packed.n < HEAD) return err_set(ERR_INVALID, "The packed text is cut.");
    uint32_t raw = number(packed, 4), kind = number(packed, 8);
    str rest = str_slice(packed, HEAD, packed.n);
    if (raw > RTF_BYTES_MAX) return err_set(ERR_LIMIT, "The packed text is too long.");
    if (kind == 0x414C454D) {
        *ret_rtf = str_slice(rest, 0, raw);
        return ERR_NONE;
    }
    if (kind != 0x75465A4C) return err_set(ERR_INVALID, "The text is packed in an unknown way.");
    /* Two bytes become at most seventeen, whatever the head says. */
    size_t most = rest.n * 9 < raw ? rest.n * 9 : raw;
    *ret_rtf = expand(a, rest, most);
    return ERR_NONE;
}

/* ---- reading ---- */

/* What a group begins with; ends with it. */
struct group {
    bool skip;    /* a destination that holds no words */
    bool tag;     /* \*\htmltag: markup of the HTML it was made from */
    bool rtf;     /* \htmlrtf: stands for markup that is there as well */
    int fallback; /* \uc: so many characters follow \u for old readers */
};

struct reading {
    arena *a;
    str in;
    size_t i;
    buf out, bytes; /* `bytes` in the code page, not yet in `out` */
    struct group stack[DEPTH_MAX];
    int depth, lost; /* groups deeper than the stack */
    bool starred, html;
    str charset;
    int pass; /* characters still to be passed over after \u */
};

static bool hidden(const struct reading *r) {
    const struct group *g = &r->stack[r->depth];
    return r->lost || g->skip || (r->html && g->rtf);
}

static void flush(struct reading *r) {
    if (!r->bytes.n) return;
    str raw = str_copy(r->a, buf_str(&r->bytes));
    str text = mime_clean(r->a, mime_to_utf8(r->a, raw, r->charset), false);
    if (r->html && !r->stack[r->depth].tag)
        html_escape(&r->out, text);
    else
        buf_add(&r->out, text);
    buf_clear(&r->bytes);
}

static void put_byte(struct reading *r, char c) {
    if (r->pass > 0) {
        r->pass--;
        return;
    }
    if (!hidden(r)) buf_add_char(&r->bytes, c);
}

static void put_text(struct reading *r, str text) {
    if (hidden(r)) return;
    flush(r);
    buf_add(&r->out, text);
}

static void put_code(struct reading *r, int64_t v) {
    if (hidden(r)) return;
    flush(r);
    uint32_t code = (uint32_t)(v < 0 ? v + 65536 : v);
    /* Halves of a pair come one after the other; a lone one is nothing. */
    if (code < 0x20 || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
    if (r->html && (code == '<' || code == '>' || code == '&'))
        html_escape(&r->out, str_fmt(r->a, "%c", (int)code));
    else
        buf_add_utf8(&r->out, code);
}

static bool is_one_of(str word, const char *list) {
    /* " a b c " */
    char key[WORD_MAX + 2];
    if (word.n == 0 || word.n > WORD_MAX) return false;
    key[0] = ' ';
    memcpy(key + 1, word.p, word.n);
    key[word.n + 1] = ' ';
    return str_find(str_z(list), (str){key, word.n + 2}, 0) != SIZE_MAX;
}

static void obey(struct reading *r, str word, bool has, int64_t v) {
    static const char silent[] =
        " fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr "
        "footerf themedata colorschememapping latentstyles datastore listtable listoverridetable rsidtbl "
        "generator xmlnstbl fldinst bkmkstart bkmkend filetbl revtbl nonshppict ";
    struct group *g = &r->stack[r->depth];
    bool star = r->starred;
    r->starred = false;
    if (is_one_of(word, " htmltag ")) {
        flush(r);
        g->tag = true;
        g->skip = !r->html;
    } else if (star || is_one_of(word, silent)) {
        flush(r);
        g->skip = true;
    } else if (is_one_of(word, " htmlrtf ")) {
        flush(r);
        g->rtf = !has || v != 0;
    } else if (is_one_of(word, " fromhtml ")) {
        r->html = true;
    } else if (is_one_of(word, " ansicpg ")) {
        flush(r);
        if (has && v > 0 && v < 65536) r->charset = str_fmt(r->a, "windows-%d", (int)v);
    } else if (is_one_of(word, " uc ")) {
        g->fallback = has && v >= 0 && v < 16 ? (int)v : 1;
    } else if (is_one_of(word, " u ")) {
        if (has && v > -65536 && v < 65536) put_code(r, v);
        r->pass = g->fallback;
    } else if (is_one_of(word, " par line row sect page ")) {
        put_text(r, S("\n"));
    } else if (is_one_of(word, " tab cell ")) {
        put_text(r, S("\t"));
    } else if (is_one_of(word, " bin ")) {
        size_t left = r->in.n - r->i;
        r->i += has && v > 0 ? ((uint64_t)v < left ? (size_t)v : left) : 0;
    } else {
        static const struct {
            const char *word, *text;
        } signs[] = {{" emdash ", "—"}, {" endash ", "–"},    {" lquote ", "‘"},
                     {" rquote ", "’"}, {" ldblquote ", "“"}, {" rdblquote ", "”"},
                     {" bullet ", "•"}, {" emspace ", " "},   {" enspace ", " "}};
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
            if (is_one_of(word, signs[i].word)) put_text(r, str_z(signs[i].text));
    }
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void control_symbol(struct reading *r, char c) {
    if (c == '\'') {
        int high = r->i < r->in.n ? hex(r->in.p[r->i]) : -1;
        int low = r->i + 1 < r->in.n ? hex(r->in.p[r->i + 1]) : -1;
        if (high < 0 || low < 0) return;
        r->i += 2;
        put_byte(r, (char)(high * 16 + low));
        return;
    }
    if (c == '*')
        r->starred = true;
    else if (c == '\\' || c == '{' || c == '}')
        put_byte(r, c);
    else if (c == '~')
        put_text(r, S("\xC2\xA0"));
    else if (c == '_')
        put_byte(r, '-');
    else if (c == '\n' || c == '\r')
        put_text(r, S("\n"));
}

static void control(struct reading *r) {
    if (r->i >= r->in.n) return;
    size_t from = r->i;
    while (r->i < r->in.n && (r->in.p[r->i] | 0x20) >= 'a' && (r->in.p[r->i] | 0x20) <= 'z') r->i++;
    str word = str_slice(r->in, from, r->i);
    if (!word.n) {
        control_symbol(r, r->in.p[r->i++]);
        return;
    }
    size_t digits = r->i;
    if (r->i < r->in.n && r->in.p[r->i] == '-') r->i++;
    while (r->i < r->in.n && r->in.p[r->i] >= '0' && r->in.p[r->i] <= '9') r->i++;
    int64_t v = 0;
    bool has = r->i > digits && str_to_int(str_slice(r->in, digits, r->i), &v);
    if (r->i < r->in.n && r->in.p[r->i] == ' ') r->i++;
    obey(r, word, has, v);
}

static void open_group(struct reading *r) {
    flush(r);
    if (r->depth + 1 == DEPTH_MAX) {
        r->lost++;
        return;
    }
    r->stack[r->depth + 1] = r->stack[r->depth];
    r->stack[++r->depth].tag = false;
}

static void close_group(struct reading *r) {
    flush(r);
    r->pass = 0;
    if (r->lost)
        r->lost--;
    else if (r->depth)
        r->depth--;
}

str rtf_read(arena *a, str rtf, bool *ret_is_html) {
    struct reading r = {.a = a, .in = str_slice(rtf, 0, RTF_READ_MAX), .charset = S("windows-1252")};
    r.out = BUF_MAX(RTF_READ_MAX * 6 + 64);
    r.bytes = BUF_MAX(RTF_READ_MAX);
    r.stack[0].fallback = 1;
    while (r.i < r.in.n) {
        char c = r.in.p[r.i++];
        if (c == '{')
            open_group(&r);
        else if (c == '}')
            close_group(&r);
        else if (c == '\\')
            control(&r);
        else if (c != '\r' && c != '\n' && c)
            put_byte(&r, c);
        if (c != '\\' && c != '{') r.starred = false;
    }
    flush(&r);
    str text = mime_clean(a, str_copy(a, buf_str(&r.out)), false);
    buf_free(&r.out);
    buf_free(&r.bytes);
    *ret_is_html = r.html;
    return text;
}
