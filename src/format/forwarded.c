#include "format/forwarded.h"

#include <string.h>

#include "base/buf.h"
#include "format/mime.h"

/* A text may look like a heading in every line. */
enum { TRIES_MAX = 200 };

#define COUNT(table) (sizeof table / sizeof *(table))

/* ---- the words of mail programs ---- */

typedef enum field { FIELD_FROM, FIELD_DATE, FIELD_SUBJECT, FIELD_TO, FIELD_OTHER, FIELDS } field;

struct label {
    const char *word;
    field field;
};
static const struct label labels[] = {
    {"from", FIELD_FROM},
    {"von", FIELD_FROM},
    {"de", FIELD_FROM},
    {"da", FIELD_FROM},
    {"van", FIELD_FROM},
    {"från", FIELD_FROM},
    {"fra", FIELD_FROM},
    {"od", FIELD_FROM},
    {"差出人", FIELD_FROM},
    {"送信者", FIELD_FROM},
    {"expéditeur", FIELD_FROM},
    {"remitente", FIELD_FROM},
    {"mittente", FIELD_FROM},
    {"remetente", FIELD_FROM},
    {"afzender", FIELD_FROM},
    {"absender", FIELD_FROM},
    {"sender", FIELD_FROM},

    {"date", FIELD_DATE},
    {"sent", FIELD_DATE},
    {"datum", FIELD_DATE},
    {"gesendet", FIELD_DATE},
    {"envoyé", FIELD_DATE},
    {"envoyé le", FIELD_DATE},
    {"fecha", FIELD_DATE},
    {"enviado", FIELD_DATE},
    {"enviado el", FIELD_DATE},
    {"verzonden", FIELD_DATE},
    {"inviato", FIELD_DATE},
    {"data", FIELD_DATE},
    {"enviada em", FIELD_DATE},
    {"enviado em", FIELD_DATE},
    {"enviada", FIELD_DATE},
    {"日時", FIELD_DATE},
    {"送信日時", FIELD_DATE},
    {"日付", FIELD_DATE},
    {"skickat", FIELD_DATE},
    {"sendt", FIELD_DATE},
    {"dato", FIELD_DATE},

    {"subject", FIELD_SUBJECT},
    {"betreff", FIELD_SUBJECT},
    {"objet", FIELD_SUBJECT},
    {"asunto", FIELD_SUBJECT},
    {"onderwerp", FIELD_SUBJECT},
    {"oggetto", FIELD_SUBJECT},
    {"assunto", FIELD_SUBJECT},
    {"件名", FIELD_SUBJECT},
    {"sujet", FIELD_SUBJECT},
    {"ämne", FIELD_SUBJECT},
    {"emne", FIELD_SUBJECT},

    {"to", FIELD_TO},
    {"an", FIELD_TO},
    {"à", FIELD_TO},
    {"a", FIELD_TO},
    {"para", FIELD_TO},
    {"aan", FIELD_TO},
    {"pour", FIELD_TO},
    {"宛先", FIELD_TO},
    {"till", FIELD_TO},
    {"til", FIELD_TO},

    {"cc", FIELD_OTHER},
    {"copie à", FIELD_OTHER},
    {"kopie", FIELD_OTHER},
    {"kopie (cc)", FIELD_OTHER},
    {"reply-to", FIELD_OTHER},
    {"antwort an", FIELD_OTHER},
    {"répondre à", FIELD_OTHER},
    {"responder a", FIELD_OTHER},
    {"rispondi a", FIELD_OTHER},
    {"antwoord aan", FIELD_OTHER},
    {"返信先", FIELD_OTHER},
    {"importance", FIELD_OTHER},
    {"attachments", FIELD_OTHER},
    {"anlagen", FIELD_OTHER},
    {"priorität", FIELD_OTHER},
};

static const char *const announcements[] = {
    "forwarded message",
    "begin forwarded message",
    "original message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message transféré",
    "début du message transféré",
    "début du message réexpédié",
    "message d'origine",
    "message d’origine",
    "message original",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "mensaje original",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "oorspronkelijk bericht",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "messaggio originale",
    "mensagem encaminhada",
    "início da mensagem encaminhada",
    "mensagem original",
    "転送されたメッセージ",
    "転送メッセージ",
    "元のメッセージ",
    "vidarebefordrat meddelande",
    "videresendt meddelelse",
    "videresendt melding",
};

static const char *const forwards[] = {"fwd",
                                       "fw",
                                       "wg",
                                       "tr",
                                       "rv",
                                       "i",
                                       "enc",
                                       "vb",
                                       "vs",
                                       "doorst",
                                       "inoltra",
                                       "rif",
                                       "reenv",
                                       "fyi fwd",
                                       "転送",
                                       "doorgestuurd",
                                       "weiterleitung",
                                       "videresendt"};
static const char *const answers[] = {"re", "aw", "antw", "sv", "r", "res", "rép", "返信"};

/* ---- lines ---- */

static str trim_wide(str s) {
    static const str blanks[] = {
        {"\xC2\xA0", 2}, {"\xE3\x80\x80", 3}, {"\xE2\x80\x8E", 3}, {"\xEF\xBB\xBF", 3}};
    for (bool more = true; more;) {
        more = false;
        s = str_trim(s);
        for (size_t i = 0; i < COUNT(blanks); i++) {
            if (str_starts(s, blanks[i])) s = str_slice(s, blanks[i].n, s.n), more = true;
            if (str_ends(s, blanks[i])) s = str_slice(s, 0, s.n - blanks[i].n), more = true;
        }
    }
    return s;
}

struct line {
    size_t start, end; /* with its line feed */
    str text;          /* trimmed, without one '>' */
    bool arrow;
};

struct lines {
    struct line *v;
    size_t n;
};

static struct line line_of(str text, size_t start, size_t end) {
    struct line l = {.start = start, .end = end, .text = trim_wide(str_slice(text, start, end))};
    if (l.text.n && l.text.p[0] == '>') {
        l.arrow = true;
        l.text = trim_wide(str_slice(l.text, 1, l.text.n));
    }
    return l;
}

static struct lines cut_lines(arena *a, str text) {
    size_t n = 1;
    for (size_t i = 0; i < text.n && n < FORWARDED_LINES_MAX; i++) n += text.p[i] == '\n';
    struct lines all = {.v = arena_array(a, n, sizeof *all.v)};
    for (size_t at = 0; at < text.n && all.n < n;) {
        size_t end = str_find_char(text, '\n', at);
        end = end == SIZE_MAX ? text.n : end + 1;
        all.v[all.n++] = line_of(text, at, end);
        at = end;
    }
    return all;
}

static str without(str s, const char *set) {
    while (s.n && strchr(set, s.p[0])) s = str_slice(s, 1, s.n);
    while (s.n && strchr(set, s.p[s.n - 1])) s = str_slice(s, 0, s.n - 1);
    return s;
}

/* "*From:* Kim", "De : Kim", "差出人：Kim". */
static bool field_of(str line, field *ret_field, str *ret_value) {
    static const str wide = {"\xEF\xBC\x9A", 3};
    str head = str_slice(line, 0, 60);
    size_t at = str_find_char(head, ':', 0), skip = 1, wide_at = str_find(head, wide, 0);
    if (wide_at < at) at = wide_at, skip = wide.n;
    if (at == SIZE_MAX) return false;
    str word = trim_wide(without(trim_wide(str_slice(line, 0, at)), "*_ "));
    for (size_t i = 0; i < COUNT(labels); i++) {
        if (!str_eq_nocase(word, str_z(labels[i].word))) continue;
        *ret_field = labels[i].field;
        *ret_value = trim_wide(without(trim_wide(str_slice(line, at + skip, line.n)), "*_ "));
        return true;
    }
    return false;
}

static bool announces(str line) {
    str words = trim_wide(without(line, "-*_=> :\t"));
    for (size_t i = 0; i < COUNT(announcements); i++)
        if (str_eq_nocase(words, str_z(announcements[i]))) return true;
    return false;
}

/* ---- the heading ---- */

struct heading {
    str field[FIELDS];
    bool has[FIELDS];
    size_t end; /* the line behind it */
};

static str more_of(arena *a, str value, str line) {
    if (value.n > 1000) return value;
    return value.n ? str_fmt(a, "%.*s %.*s", STR_FMT(value), STR_FMT(str_clip_utf8(line, 1000))) : line;
}

/* A blank line ends a heading, unless another line of it comes next: what was HTML has blank lines between
 * them. */
static bool goes_on(const struct lines *l, size_t at) {
    field kind;
    str value;
    size_t blank = 0;
    while (at < l->n && !l->v[at].text.n && blank < 2) at++, blank++;
    return blank == 1 && at < l->n && field_of(l->v[at].text, &kind, &value) && kind != FIELD_FROM;
}

static bool read_heading(arena *a, const struct lines *l, size_t at, struct heading *ret) {
    struct heading h = {0};
    field kind = FIELD_OTHER;
    str value;
    size_t i = at, used = 0;
    for (; i < l->n && used < FORWARDED_HEADING_MAX; i++) {
        str line = l->v[i].text;
        if (!line.n) {
            if (!goes_on(l, i)) break;
            continue;
        }
        used++;
        if (field_of(line, &kind, &value)) {
            if (kind == FIELD_FROM && h.has[FIELD_FROM]) break;
            if (h.has[kind] && kind != FIELD_OTHER) continue;
            h.has[kind] = true;
            h.field[kind] = value;
        } else if (i == at) {
            return false;
        } else {
            h.field[kind] = more_of(a, h.field[kind], line);
        }
    }
    h.end = i;
    *ret = h;
    return h.has[FIELD_FROM] && (h.has[FIELD_DATE] || h.has[FIELD_SUBJECT] || h.has[FIELD_TO]);
}

/* ---- who wrote ---- */

static bool in_address(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr(".!#$%&'*+-/=?^_`{|}~@", c)) || (unsigned char)c >= 0x80;
}

/* "Kim Lee <kim@example.com>", "Kim Lee [mailto:kim@example.com]", "kim@example.com". */
static void read_writer(arena *a, str value, struct forwarded *f) {
    value = str_clip_utf8(value, 2000);
    size_t at = str_find_char(value, '@', 0), start = at, end = at;
    f->name = f->address = S("");
    if (at == SIZE_MAX) {
        f->name = str_clip_utf8(trim_wide(without(value, "\"'")), 200);
        return;
    }
    while (start > 0 && in_address(value.p[start - 1])) start--;
    while (end < value.n && in_address(value.p[end])) end++;
    str found = without(str_slice(value, start, end), ".'*"), normal;
    if (str_starts_nocase(found, S("mailto:"))) found = str_slice(found, 7, found.n);
    if (address_normal(a, found, &normal)) f->address = str_lower(a, normal);
    str name = trim_wide(str_slice(value, 0, start));
    if (str_ends(name, S("mailto:"))) name = str_slice(name, 0, name.n - 7);
    f->name = str_clip_utf8(trim_wide(without(trim_wide(name), "\"'<[(* ")), 200);
}

/* ---- the text ---- */

/* Behind the heading; where the heading had a '>' before it, the lines have one, too. */
static str text_behind(arena *a, str text, const struct lines *l, size_t at, bool arrows) {
    if (at >= l->n) return S("");
    if (!arrows) return str_trim(str_slice(text, l->v[at].start, text.n));
    BUF_AUTO buf b = BUF_MAX(text.n + 1);
    for (size_t i = at; i < l->n; i++) {
        str line = str_slice(text, l->v[i].start, l->v[i].end);
        size_t skip = 0;
        while (skip < line.n && (line.p[skip] == ' ' || line.p[skip] == '\t')) skip++;
        if (skip < line.n && line.p[skip] == '>') {
            skip++;
            if (skip < line.n && line.p[skip] == ' ') skip++;
            line = str_slice(line, skip, line.n);
        }
        buf_add(&b, line);
    }
    return buf_ok(&b) ? str_trim(str_copy(a, buf_str(&b))) : S("");
}

bool forwarded_find(arena *a, str text, struct forwarded *ret) {
    struct lines l = cut_lines(a, text);
    int tries = 0;
    for (size_t i = 0; i < l.n && tries < TRIES_MAX; i++) {
        struct heading h;
        field kind;
        str value;
        if (!field_of(l.v[i].text, &kind, &value) || kind == FIELD_OTHER) continue;
        tries++;
        /* Some programs name the date or the subject first. */
        if (!read_heading(a, &l, i, &h)) continue;
        size_t above = i;
        while (above > 0 && i - above < 2 && !l.v[above - 1].text.n) above--;
        bool announced = above > 0 && announces(l.v[above - 1].text);
        struct forwarded f = {.start = l.v[announced ? above - 1 : i].start,
                              .announced = announced,
                              .subject = str_clip_utf8(h.field[FIELD_SUBJECT], 500),
                              .date = str_clip_utf8(h.field[FIELD_DATE], 200),
                              .text = text_behind(a, text, &l, h.end, l.v[i].arrow)};
        read_writer(a, h.field[FIELD_FROM], &f);
        /* A name alone may be anything; then more of a heading is wanted. */
        int more = h.has[FIELD_DATE] + h.has[FIELD_SUBJECT] + h.has[FIELD_TO];
        if (!f.address.n && (!f.name.n || more < 2)) continue;
        *ret = f;
        return true;
    }
    return false;
}

/* ---- the subject ---- */

static bool mark(str s, const char *const *table, size_t n, size_t *ret_length) {
    static const str wide = {"\xEF\xBC\x9A", 3};
    for (size_t i = 0; i < n; i++) {
        str word = str_z(table[i]);
        if (!str_starts_nocase(s, word)) continue;
        str behind = trim_wide(str_slice(s, word.n, s.n));
        if (behind.n && behind.p[0] == ':') {
            *ret_length = s.n - behind.n + 1;
            return true;
        }
        if (str_starts(behind, wide)) {
            *ret_length = s.n - behind.n + wide.n;
            return true;
        }
    }
    return false;
}

bool forwarded_subject(str subject, str *ret_rest) {
    str s = trim_wide(subject);
    bool is = false;
    for (size_t n;;) {
        if (mark(s, forwards, COUNT(forwards), &n))
            is = true;
        else if (!mark(s, answers, COUNT(answers), &n))
            break;
        s = trim_wide(str_slice(s, n, s.n));
    }
    if (ret_rest) *ret_rest = s;
    return is;
}
