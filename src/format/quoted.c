#include "format/quoted.h"

#include <string.h>

#include "base/buf.h"

enum {
    INTRO_LINES = 5,     /* "On ... wrote:" is broken over at most so many lines */
    INTRO_BYTES = 400,   /* and is at most so long */
    HEADING_LINES = 12,  /* "From: ..., Sent: ...": a heading with its continued lines */
    SIGNATURE_LINES = 14 /* more behind "-- " is no signature */
};

static const char *const kind_names[] = {"said", "context", "quote", "forward", "signature"};
const char *quoted_kind_name(quoted_kind k) { return kind_names[k]; }

/* ---- the words of mail programs ---- */

/* Of the line above a quote: "On Tuesday, Kim wrote:". */
static const char *const verbs[] = {"wrote",     "writes",     "schrieb",  "geschrieben", "a écrit",
                                    "escribió",  "ha scritto", "scrive",   "schreef",     "heeft geschreven",
                                    "escreveu",  "skrev",      "napisał",  "napisal",     "написал",
                                    "пишет",     "写道",       "のメール", "書きました",  "napsal",
                                    "kirjoitti", "yazdı",      "írta",     "έγραψε",      "a scris"};

/* With which that line begins, when no verb and no address makes it certain. */
static const char *const openings[] = {"On ", "Am ",  "Le ",   "El ",  "Il ", "Op ",
                                       "Em ", "Den ", "Dnia ", "Dne ", "At ", "Em: "};

/* Alone on a line, between hyphens: what follows is an earlier message. */
static const char *const banners[] = {"original message",
                                      "original appointment",
                                      "ursprüngliche nachricht",
                                      "originalnachricht",
                                      "original-nachricht",
                                      "message original",
                                      "message d'origine",
                                      "message d’origine",
                                      "mensaje original",
                                      "oorspronkelijk bericht",
                                      "messaggio originale",
                                      "mensagem original",
                                      "元のメッセージ",
                                      "ursprungligt meddelande",
                                      "oprindelig meddelelse",
                                      "opprinnelig melding",
                                      "wiadomość oryginalna",
                                      "исходное сообщение",
                                      "原始邮件"};
static const char *const forwards[] = {"forwarded message",         "begin forwarded message",
                                       "weitergeleitete nachricht", "anfang der weitergeleiteten nachricht",
                                       "message transféré",         "début du message réexpédié",
                                       "mensaje reenviado",         "inicio del mensaje reenviado",
                                       "doorgestuurd bericht",      "begin doorgestuurd bericht",
                                       "messaggio inoltrato",       "inizio messaggio inoltrato",
                                       "mensagem encaminhada",      "início da mensagem encaminhada",
                                       "転送されたメッセージ",      "転送メッセージ"};

/* The names of a heading's lines. The first of each row is certain of a sender; a heading needs a sender and
 * one more. */
static const char *const senders[] = {"from", "von", "de", "da",     "van",    "från",
                                      "fra",  "od",  "от", "差出人", "发件人", "lähettäjä"};
static const char *const fields[] = {
    "sent",       "date",    "to",       "cc",         "subject", "reply-to",    "gesendet",   "datum",
    "an",         "betreff", "kopie",    "antwort an", "envoyé",  "envoyé par",  "à",          "objet",
    "répondre à", "enviado", "fecha",    "para",       "asunto",  "responder a", "verzonden",  "aan",
    "onderwerp",  "inviato", "data",     "a",          "oggetto", "risposta",    "rispondi a", "enviada",
    "enviada em", "assunto", "送信日時", "日時",       "宛先",    "件名",        "skickat",    "till",
    "ämne",       "sendt",   "til",      "emne",       "dato",    "wysłano",     "do",         "temat",
    "отправлено", "кому",    "тема",     "дата"};

static const char *const mobiles[] = {"sent from my ",
                                      "sent from outlook",
                                      "sent from yahoo mail",
                                      "sent from mail for windows",
                                      "sent via ",
                                      "get outlook for ",
                                      "von meinem ",
                                      "gesendet mit ",
                                      "gesendet von ",
                                      "diese nachricht wurde von meinem ",
                                      "envoyé de mon ",
                                      "envoyé depuis ",
                                      "enviado desde ",
                                      "enviado do meu ",
                                      "enviado de meu ",
                                      "verzonden vanaf ",
                                      "verstuurd vanaf ",
                                      "inviato da ",
                                      "sendt fra min ",
                                      "skickat från min ",
                                      "iphoneから送信",
                                      "ipadから送信"};

#define COUNT(table) (sizeof table / sizeof *(table))

/* ---- lines ---- */

struct line {
    size_t start, end; /* with its line feed */
    str text;          /* trimmed, and without the '>' before it */
    bool arrow;        /* there was one */
    quoted_kind kind;
};

struct lines {
    arena *arena;
    struct line *v;
    size_t n;
};

static str trim_wide(str s) {
    static const str blanks[] = {{"\xC2\xA0", 2}, {"\xE3\x80\x80", 3}, {"\xE2\x80\x8E", 3}};
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

static void cut_lines(arena *a, str text, struct lines *ret) {
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++) n += text.p[i] == '\n';
    if (n > QUOTED_LINES_MAX) n = QUOTED_LINES_MAX;
    *ret = (struct lines){.arena = a, .v = arena_array(a, n, sizeof *ret->v)};
    for (size_t at = 0; at < text.n && ret->n < n;) {
        size_t end = str_find_char(text, '\n', at);
        end = end == SIZE_MAX ? text.n : end + 1;
        struct line *l = &ret->v[ret->n++];
        *l = (struct line){.start = at, .end = end, .text = trim_wide(str_slice(text, at, end))};
        while (l->text.n && l->text.p[0] == '>') {
            l->arrow = true;
            l->text = trim_wide(str_slice(l->text, 1, l->text.n));
        }
        at = end;
    }
}

/* Whether the first bytes are the same letter in either case, or may be: a page cuts its letters each time it
 * is shown, and most words of a table end here. */
static bool first_fits(str s, const char *word) { return s.n && (s.p[0] | ' ') == (word[0] | ' '); }

static bool begins(str s, const char *const *table, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (first_fits(s, table[i]) && str_starts_nocase(s, str_z(table[i]))) return true;
    return false;
}

static bool is(str s, const char *const *table, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (first_fits(s, table[i]) && str_eq_nocase(s, str_z(table[i]))) return true;
    return false;
}

static bool all_of(str s, const char *set) {
    for (size_t i = 0; i < s.n; i++)
        if (!strchr(set, s.p[i])) return false;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Without the hyphens, asterisks and colons around a banner. */
static str bare(str s) {
    while (s.n && strchr("-*_= :", s.p[0])) s = str_slice(s, 1, s.n);
    while (s.n && strchr("-*_= :", s.p[s.n - 1])) s = str_slice(s, 0, s.n - 1);
    return s;
}

/* ---- what announces an earlier message ---- */

/* "On 4 May 2026 at 20:42, Kim <kim@example.com> wrote:" joined from lines [at, at + used). The line feeds
 * are blanks, empty lines are skipped where an address stands alone on the next one. */
static str joined(const struct lines *l, size_t at, size_t used) {
    BUF_AUTO buf b = BUF_MAX(2 * INTRO_BYTES);
    for (size_t i = at; i < at + used; i++) {
        if (b.n) buf_add_char(&b, ' ');
        buf_add(&b, str_clip_utf8(l->v[i].text, INTRO_BYTES));
    }
    return buf_ok(&b) ? str_copy(l->arena, bare(buf_str(&b))) : S("");
}

static bool has_address(str s) {
    for (size_t at = str_find_char(s, '@', 0); at != SIZE_MAX; at = str_find_char(s, '@', at + 1))
        if (at > 0 && at + 1 < s.n && s.p[at - 1] > ' ' && s.p[at + 1] > ' ') return true;
    return false;
}

/* A year or a time of day: 2026, 20:42, 20.42, 8h15. */
static bool has_date(str s) {
    for (size_t i = 0; i + 3 < s.n; i++) {
        if (!is_digit(s.p[i]) || (i && is_digit(s.p[i - 1]))) continue;
        size_t end = i;
        while (end < s.n && is_digit(s.p[end])) end++;
        if (end - i == 4 && (s.p[i] == '1' || s.p[i] == '2')) return true;
        if (end - i <= 2 && end + 2 < s.n && strchr(":.h", s.p[end]) && is_digit(s.p[end + 1]) &&
            is_digit(s.p[end + 2]))
            return true;
    }
    return false;
}

static bool starts_with_date(str s) {
    return s.n > 10 && is_digit(s.p[0]) &&
           ((s.p[4] == '-' && is_digit(s.p[5]) && s.p[7] == '-') ||
            str_find(str_slice(s, 0, 10), S("年"), 0) == 4);
}

/* The first verb behind which only punctuation, or a date, comes. */
static bool ends_with_verb(str s, str whole) {
    for (size_t i = 0; i < COUNT(verbs); i++) {
        str verb = str_z(verbs[i]);
        size_t at = str_find(s, verb, 0);
        if (at == SIZE_MAX) continue;
        str behind = bare(str_slice(s, at + verb.n, s.n));
        if (str_starts(behind, S("(a)"))) behind = bare(str_slice(behind, 3, behind.n));
        if (str_ends(behind, S("："))) behind = str_slice(behind, 0, behind.n - 3);
        if (!behind.n) return true;
        /* "Kim <...> schrieb am 16. Aug. um 12:52:", "Am 4. Mai schrieb Kim <...>:" */
        bool colon = str_ends(whole, S(":")) || str_ends(whole, S("："));
        if (colon && (has_date(behind) || has_address(behind) || begins(s, openings, COUNT(openings))))
            return true;
    }
    return false;
}

/* What a person types may look like it: without '>' behind it, it must say when or from whom, too. */
static bool announces(str s, str raw, bool quote_follows) {
    bool address = has_address(s), colon = str_ends(raw, S(":")) || str_ends(raw, S("："));
    if (starts_with_date(s) && ((address && colon) || str_find(s, S("GMT"), 0) != SIZE_MAX)) return true;
    /* The verbs come last, since looking for them takes longest. */
    if (!quote_follows && !address) {
        bool opened = is_digit(s.p[0]) || begins(s, openings, COUNT(openings));
        if (!opened || !has_date(s)) return false;
    }
    return ends_with_verb(s, raw);
}

/* Of how many lines, 0 when line `at` begins none. */
static size_t intro_at(const struct lines *l, size_t at) {
    str first = l->v[at].text;
    if (!first.n || first.n > INTRO_BYTES) return 0;
    bool any = false; /* what every one has on its first line */
    for (size_t i = 0; i < first.n; i++) any = any || is_digit(first.p[i]) || first.p[i] == '@';
    if (!any) return 0;
    size_t gaps = 0, bytes = 0;
    for (size_t used = 1; used <= INTRO_LINES && at + used <= l->n; used++) {
        const struct line *last = &l->v[at + used - 1];
        bytes += last->text.n;
        if (bytes > INTRO_BYTES) return 0;
        if (!last->text.n) {
            bool address = at + used < l->n && str_eq(str_trim(l->v[at + used].text), S("<"));
            if (!address || ++gaps > 1) return 0;
            continue;
        }
        /* A paragraph that goes on is none: only its last line may end one. */
        size_t next = at + used;
        while (next < l->n && !l->v[next].text.n) next++;
        bool quote_follows = next < l->n && l->v[next].arrow && !last->arrow;
        str whole = joined(l, at, used), raw = last->text;
        while (raw.n && strchr("-* ", raw.p[raw.n - 1])) raw = str_slice(raw, 0, raw.n - 1);
        if (whole.n && announces(whole, raw, quote_follows)) return used;
    }
    return 0;
}

static bool field_of(str s, bool *ret_sender) {
    while (s.n && (s.p[0] == '*' || s.p[0] == ' ')) s = str_slice(s, 1, s.n);
    size_t colon = str_find_char(s, ':', 0), wide = str_find(s, S("："), 0);
    if (wide < colon) colon = wide;
    if (colon == SIZE_MAX || colon == 0 || colon > 24) return false;
    str name = str_slice(s, 0, colon);
    while (name.n && strchr("* ", name.p[name.n - 1])) name = str_slice(name, 0, name.n - 1);
    if (str_ends(name, S("\xC2\xA0"))) name = str_slice(name, 0, name.n - 2);
    *ret_sender = is(name, senders, COUNT(senders));
    return *ret_sender || is(name, fields, COUNT(fields));
}

/* "From: ... Sent: ... To: ...": of how many lines, 0 for none. Lines that go on with the one before are few.
 */
static size_t heading_at(const struct lines *l, size_t at) {
    bool sender = false, one;
    size_t named = 0, end = at, continued = 0;
    if (!field_of(l->v[at].text, &one)) return 0;
    for (size_t i = at; i < l->n && i < at + HEADING_LINES && l->v[i].text.n; i++) {
        if (field_of(l->v[i].text, &one)) {
            named++;
            continued = 0;
            sender = sender || one;
            end = i + 1;
        } else if (++continued > 1) {
            break;
        }
    }
    if (!sender || named < 2) return 0;
    /* The last line may go on, too. */
    if (end < l->n && l->v[end].text.n && (end + 1 == l->n || !l->v[end + 1].text.n)) end++;
    return end - at;
}

/* A line that announces an earlier message, of how many lines; *ret_forward: it is forwarded. A rule of
 * underscores or hyphens above a heading belongs to it. */
static size_t announcement_at(const struct lines *l, size_t at, bool *ret_forward) {
    str s = l->v[at].text;
    *ret_forward = false;
    if (!s.n) return 0;
    bool ruled = s.n >= 4 && all_of(s, "-_=*");
    size_t next = at + 1;
    while (ruled && next < l->n && next < at + 3 && !l->v[next].text.n) next++;
    if (ruled) {
        size_t below = next < l->n ? heading_at(l, next) : 0;
        return below ? next - at + below : 0;
    }
    str b = bare(s);
    bool dressed = b.n < s.n || l->v[at].arrow;
    if (dressed && is(b, forwards, COUNT(forwards))) *ret_forward = true;
    if (*ret_forward || (dressed && is(b, banners, COUNT(banners)))) {
        while (next < l->n && next < at + 3 && !l->v[next].text.n) next++;
        size_t below = next < l->n ? heading_at(l, next) : 0;
        return below ? next - at + below : 1;
    }
    size_t heading = heading_at(l, at);
    return heading ? heading : intro_at(l, at);
}

/* ---- marking ---- */

static void mark(struct lines *l, size_t from, size_t to, quoted_kind kind) {
    for (size_t i = from; i < to && i < l->n; i++) l->v[i].kind = kind;
}

/* Behind the '>' lines that follow an announcement; SIZE_MAX when there are none, so that everything to the
 * end is quoted. */
static size_t end_of_arrows(const struct lines *l, size_t at) {
    size_t end = SIZE_MAX;
    for (size_t i = at; i < l->n; i++) {
        if (l->v[i].arrow)
            end = i + 1;
        else if (l->v[i].text.n)
            break;
    }
    return end;
}

/* Nothing new is above it: the letter is what was passed on, and only headings are not the letter. */
static void mark_headings(struct lines *l, size_t from) {
    for (size_t i = from; i < l->n;) {
        bool forward;
        size_t used = announcement_at(l, i, &forward);
        if (used) mark(l, i, i + used, QUOTED_FORWARD);
        i += used ? used : 1;
    }
}

static void mark_quotes(struct lines *l) {
    bool said = false; /* something was, above line i */
    for (size_t i = 0; i < l->n;) {
        bool forward;
        size_t used = announcement_at(l, i, &forward);
        if (!used) {
            said = said || (l->v[i].text.n && !l->v[i].arrow);
            i++;
            continue;
        }
        size_t end = end_of_arrows(l, i + used);
        bool arrows = end != SIZE_MAX;
        if (!said && !arrows) {
            mark_headings(l, i);
            return;
        }
        if (!arrows || l->v[i].arrow) end = l->v[i].arrow && arrows ? end : l->n;
        mark(l, i, end, forward ? QUOTED_FORWARD : QUOTED_QUOTE);
        i = end;
    }
}

/* Lines with '>' that nothing announces: at the end they are a quote, elsewhere what the lines below answer.
 */
static void mark_arrows(struct lines *l) {
    bool said_behind = false, said_at_all = false;
    for (size_t i = 0; i < l->n; i++)
        said_at_all = said_at_all || (l->v[i].text.n && !l->v[i].arrow && l->v[i].kind == QUOTED_SAID);
    for (size_t i = l->n; i > 0; i--) {
        struct line *line = &l->v[i - 1];
        if (line->kind != QUOTED_SAID) continue;
        if (line->arrow)
            line->kind = said_behind || !said_at_all ? QUOTED_CONTEXT : QUOTED_QUOTE;
        else if (line->text.n)
            said_behind = true;
    }
}

static bool is_rule(const struct line *l) {
    return !l->arrow && (str_eq(l->text, S("--")) || str_eq(l->text, S("—")) || str_eq(l->text, S("–")));
}

static bool is_mobile(str s) {
    while (s.n && strchr("[(*_", s.p[0])) s = str_slice(s, 1, s.n);
    return s.n < 120 && begins(s, mobiles, COUNT(mobiles));
}

/* From the end upwards: a signature stands below everything that was said, or right above the quote. */
static void mark_signature(struct lines *l) {
    size_t below = 0, above = 0;
    for (size_t i = 0; i < l->n; i++) above += l->v[i].kind == QUOTED_SAID && l->v[i].text.n;
    for (size_t i = l->n; i > 0; i--) {
        struct line *line = &l->v[i - 1];
        if (line->kind != QUOTED_SAID) continue;
        bool counts = line->text.n > 0;
        above -= counts;
        bool ends = is_rule(line) || (is_mobile(line->text) && below <= 1);
        if (ends && above > 0) {
            for (size_t k = i - 1; k < l->n; k++)
                if (l->v[k].kind == QUOTED_SAID) l->v[k].kind = QUOTED_SIGNATURE;
            below = 0;
            continue;
        }
        below += counts;
        if (below > SIGNATURE_LINES) return;
    }
}

static void add_part(arena *a, quoted_part_list *list, quoted_kind kind, size_t start, size_t end) {
    if (start == end) return;
    struct quoted_part *last = list->n ? &list->v[list->n - 1] : NULL;
    if (last && last->kind == kind)
        last->end = end;
    else
        *list_add(a, list) = (struct quoted_part){kind, start, end};
}

/* Empty lines belong to what is above them. */
static void settle_blanks(struct lines *l) {
    for (size_t i = 1; i < l->n; i++)
        if (!l->v[i].text.n && !l->v[i].arrow) l->v[i].kind = l->v[i - 1].kind;
}

void quoted_split(arena *a, str text, quoted_part_list *ret_parts) {
    struct lines l;
    quoted_part_list list = {0};
    cut_lines(a, text, &l);
    mark_quotes(&l);
    mark_arrows(&l);
    mark_signature(&l);
    settle_blanks(&l);
    size_t at = 0;
    for (size_t i = 0; i < l.n; i++) {
        add_part(a, &list, l.v[i].kind, l.v[i].start, l.v[i].end);
        at = l.v[i].end;
    }
    add_part(a, &list, QUOTED_SAID, at, text.n);
    *ret_parts = list;
}

str quoted_said(arena *a, str text, const quoted_part_list *parts, bool context) {
    BUF_AUTO buf b = BUF_MAX(text.n + 1);
    for (size_t i = 0; i < parts->n; i++) {
        const struct quoted_part *p = &parts->v[i];
        if (p->kind == QUOTED_SAID || (context && p->kind == QUOTED_CONTEXT))
            buf_add(&b, str_slice(text, p->start, p->end));
    }
    return str_copy(a, trim_wide(buf_str(&b)));
}

str quoted_blank(arena *a, str text) {
    quoted_part_list parts = {0};
    bool said = false, quoted = false;
    quoted_split(a, text, &parts);
    for (size_t i = 0; i < parts.n; i++) {
        said = said || parts.v[i].kind == QUOTED_SAID;
        quoted = quoted || (parts.v[i].kind != QUOTED_SAID && parts.v[i].kind != QUOTED_SIGNATURE);
    }
    if (!said || !quoted) return text;
    char *copy = arena_copy(a, text.p, text.n);
    for (size_t i = 0; i < parts.n; i++) {
        const struct quoted_part *p = &parts.v[i];
        if (p->kind == QUOTED_SAID || p->kind == QUOTED_SIGNATURE) continue;
        for (size_t k = p->start; k < p->end; k++)
            if (copy[k] != '\n') copy[k] = ' ';
    }
    return (str){copy, text.n};
}
