/* One whole response -> its struct. */
#include "mail/imap_grammar.h"

#include <string.h>

/* What is being read. `at` never passes `n`. */
struct scan {
    char *p;
    size_t n, at;
    const struct imap_literal *literals;
    size_t nliterals;
    bool bad;
};

static int peek(const struct scan *s) { return s->at < s->n ? (unsigned char)s->p[s->at] : -1; }

static bool take(struct scan *s, char c) {
    if (peek(s) != (unsigned char)c) return false;
    s->at++;
    return true;
}

static void skip_spaces(struct scan *s) {
    while (peek(s) == ' ') s->at++;
}

static str rest(const struct scan *s) { return (str){s->p + s->at, s->n - s->at}; }

/* Up to a space, a parenthesis, a bracket's end or the end. */
static str take_word(struct scan *s) {
    size_t from = s->at;
    while (s->at < s->n && !memchr(" ()]", s->p[s->at], 4)) s->at++;
    return (str){s->p + from, s->at - from};
}

static bool to_number(str text, uint64_t *ret_n) {
    uint64_t n = 0;
    if (text.n == 0 || text.n > 20) return false;
    for (size_t i = 0; i < text.n; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.p[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    *ret_n = n;
    return true;
}

static bool to_u32(str text, uint32_t *ret_n) {
    uint64_t n;
    if (!to_number(text, &n) || n > UINT32_MAX) return false;
    *ret_n = (uint32_t)n;
    return true;
}

/* --- Values --- */

typedef enum value_kind { VALUE_WORD, VALUE_STRING, VALUE_NIL, VALUE_BODY, VALUE_LIST } value_kind;

struct value {
    value_kind kind;
    str text;
};

static str take_quoted(struct scan *s) {
    size_t to = ++s->at, from = to;
    while (s->at < s->n && s->p[s->at] != '"') {
        if (s->p[s->at] == '\\' && s->at + 1 < s->n) s->at++;
        s->p[to++] = s->p[s->at++];
    }
    if (!take(s, '"')) s->bad = true;
    return (str){s->p + from, to - from};
}

/* "{123}" and the bytes behind it, which the reader has noted. */
static struct value take_literal(struct scan *s) {
    size_t end = str_find_char((str){s->p, s->n}, '}', s->at);
    for (size_t i = 0; end != SIZE_MAX && i < s->nliterals; i++) {
        const struct imap_literal *l = &s->literals[i];
        if (l->at != end + 1 || l->n > s->n - l->at) continue;
        s->at = l->at + l->n;
        return (struct value){l->body ? VALUE_BODY : VALUE_STRING, {s->p + l->at, l->n}};
    }
    s->bad = true;
    return (struct value){VALUE_NIL, S("")};
}

static struct value take_value(struct scan *s);

/* Everything up to the parenthesis that closes the one that is open. */
static void skip_list(struct scan *s) {
    int depth = 0;
    do {
        int c = peek(s);
        if (c < 0) {
            s->bad = true;
            return;
        }
        if (c == '(' || c == ')') {
            depth += c == '(' ? 1 : -1;
            s->at++;
        } else if (c == ' ' || c == ']')
            s->at++;
        else
            take_value(s);
    } while (depth && !s->bad);
}

static struct value take_value(struct scan *s) {
    int c = peek(s);
    if (c == '"') return (struct value){VALUE_STRING, take_quoted(s)};
    if (c == '~' && s->at + 1 < s->n && s->p[s->at + 1] == '{') s->at++;
    if (peek(s) == '{') return take_literal(s);
    if (c == '(') {
        size_t from = s->at;
        skip_list(s);
        return (struct value){VALUE_LIST, {s->p + from, s->at - from}};
    }
    str word = take_word(s);
    if (word.n == 0) s->bad = true;
    return (struct value){str_eq_nocase(word, S("NIL")) ? VALUE_NIL : VALUE_WORD, word};
}

/* --- Dates --- */

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days since 1970 (proleptic Gregorian). */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool digits_at(str text, size_t at, size_t n, int64_t *ret_v) {
    int64_t v = 0;
    for (size_t i = at; i < at + n; i++) {
        if (i >= text.n || text.p[i] < '0' || text.p[i] > '9') return false;
        v = v * 10 + (text.p[i] - '0');
    }
    *ret_v = v;
    return true;
}

int64_t imap_date(str text) {
    int64_t day, year, hour, minute, second, zone_h, zone_m, month = 0;
    text = str_trim(text);
    size_t d = text.n == 25 ? 1 : 2;
    if (text.n != 24 + d || !digits_at(text, 0, d, &day) || text.p[d] != '-' || text.p[d + 4] != '-')
        return 0;
    for (int i = 0; i < 12 && !month; i++)
        if (str_eq_nocase(str_slice(text, d + 1, d + 4), (str){months + i * 3, 3})) month = i + 1;
    if (!month || !digits_at(text, d + 5, 4, &year) || !digits_at(text, d + 10, 2, &hour) ||
        !digits_at(text, d + 13, 2, &minute) || !digits_at(text, d + 16, 2, &second) ||
        !digits_at(text, d + 20, 2, &zone_h) || !digits_at(text, d + 22, 2, &zone_m))
        return 0;
    char sign = text.p[d + 19];
    if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || (sign != '+' && sign != '-'))
        return 0;
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    int64_t zone = zone_h * 3600 + zone_m * 60;
    return (seconds - (sign == '-' ? -zone : zone)) * 1000;
}

void imap_day(int64_t at, buf *out) {
    int64_t days = at >= 0 ? at / 86400000 : -((86399999 - at) / 86400000);
    /* The reverse of days_of. */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    int64_t month = m < 10 ? m + 3 : m - 9;
    buf_add_int(out, of_year - (153 * m + 2) / 5 + 1);
    buf_add_char(out, '-');
    buf_add(out, (str){months + (month - 1) * 3, 3});
    buf_add_char(out, '-');
    buf_add_int(out, year + era * 400 + (month <= 2));
}

/* --- Capabilities, codes --- */

unsigned imap_capabilities(str words) {
    static const struct {
        const char *name;
        unsigned bits;
    } known[] = {
        {"IMAP4rev1", IMAP_HAS_REV1},
        {"IMAP4rev2", IMAP_HAS_REV2 | IMAP_HAS_IDLE | IMAP_HAS_MOVE | IMAP_HAS_UIDPLUS | IMAP_HAS_ESEARCH |
                          IMAP_HAS_SPECIAL_USE},
        {"IDLE", IMAP_HAS_IDLE},
        {"MOVE", IMAP_HAS_MOVE},
        {"UIDPLUS", IMAP_HAS_UIDPLUS},
        {"ESEARCH", IMAP_HAS_ESEARCH},
        {"CONDSTORE", IMAP_HAS_CONDSTORE},
        {"QRESYNC", IMAP_HAS_CONDSTORE},
        {"SPECIAL-USE", IMAP_HAS_SPECIAL_USE},
    };
    unsigned bits = 0;
    str word;
    while (str_split(&words, ' ', &word))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (str_eq_nocase(word, str_z(known[i].name))) bits |= known[i].bits;
    return bits;
}

static void read_code(str code, struct imap_response *r) {
    static const struct {
        const char *name;
        imap_code code;
    } known[] = {
        {"UIDVALIDITY", IMAP_CODE_UIDVALIDITY},   {"UIDNEXT", IMAP_CODE_UIDNEXT},
        {"HIGHESTMODSEQ", IMAP_CODE_MODSEQ},      {"NOMODSEQ", IMAP_CODE_NOMODSEQ},
        {"UIDNOTSTICKY", IMAP_CODE_UIDNOTSTICKY}, {"READ-ONLY", IMAP_CODE_READ_ONLY},
        {"READ-WRITE", IMAP_CODE_READ_WRITE},     {"TRYCREATE", IMAP_CODE_TRYCREATE},
        {"CAPABILITY", IMAP_CODE_CAPABILITY},
    };
    size_t space = str_find_char(code, ' ', 0);
    str name = str_slice(code, 0, space == SIZE_MAX ? code.n : space);
    str value = space == SIZE_MAX ? S("") : str_trim(str_slice(code, space, code.n));
    r->code = IMAP_CODE_OTHER;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq_nocase(name, str_z(known[i].name))) r->code = known[i].code;
    bool good = true;
    if (r->code == IMAP_CODE_UIDVALIDITY || r->code == IMAP_CODE_UIDNEXT) good = to_u32(value, &r->number);
    if (r->code == IMAP_CODE_MODSEQ) good = to_number(value, &r->modseq);
    if (r->code == IMAP_CODE_CAPABILITY) r->capabilities = imap_capabilities(value);
    if (!good) r->code = IMAP_CODE_OTHER;
}

/* " [CODE] text" behind OK, NO, BAD, BYE, PREAUTH. */
static void read_said(struct scan *s, struct imap_response *r) {
    skip_spaces(s);
    size_t end = peek(s) == '[' ? str_find_char((str){s->p, s->n}, ']', s->at) : SIZE_MAX;
    if (end != SIZE_MAX) {
        read_code((str){s->p + s->at + 1, end - s->at - 1}, r);
        s->at = end + 1;
        skip_spaces(s);
    }
    r->text = rest(s);
}

static bool is_word(str text, imap_word *ret_word) {
    static const char *const words[] = {"OK", "NO", "BAD", "PREAUTH", "BYE"};
    for (int i = 0; i < 5; i++)
        if (str_eq_nocase(text, str_z(words[i]))) {
            *ret_word = (imap_word)i;
            return true;
        }
    return false;
}

/* --- FETCH --- */

/* "BODY[HEADER.FIELDS (A B)]<0>", "RFC822.SIZE": the name of an item. */
static str take_item(struct scan *s) {
    size_t from = s->at;
    while (s->at < s->n && !memchr(" ()[", s->p[s->at], 4)) s->at++;
    if (peek(s) == '[') {
        while (s->at < s->n && s->p[s->at] != ']') s->at++;
        if (!take(s, ']')) s->bad = true;
        while (s->at < s->n && !memchr(" ()", s->p[s->at], 3)) s->at++;
    }
    return (str){s->p + from, s->at - from};
}

static void read_item(struct scan *s, struct imap_fetch *f) {
    str name = take_item(s);
    if (name.n == 0 || !take(s, ' ')) {
        s->bad = true;
        return;
    }
    struct value v = take_value(s);
    uint64_t n = 0;
    if (str_eq_nocase(name, S("UID"))) {
        uint32_t uid = 0;
        if (v.kind != VALUE_WORD || !to_u32(v.text, &uid) || uid == 0 || (f->uid && f->uid != uid))
            s->bad = true;
        f->uid = uid;
    } else if (str_eq_nocase(name, S("RFC822.SIZE"))) {
        f->has_size = v.kind == VALUE_WORD && to_number(v.text, &n);
        f->size = f->has_size ? n : 0;
    } else if (str_eq_nocase(name, S("INTERNALDATE"))) {
        f->internaldate = imap_date(v.text);
    } else if (str_eq_nocase(name, S("BODY[]"))) {
        if (v.kind == VALUE_STRING) {
            f->body_state = IMAP_BODY_HERE;
            f->body = v.text;
            f->body_size = v.text.n;
        } else if (v.kind == VALUE_NIL)
            f->body_state = IMAP_BODY_NIL;
        else if (v.kind != VALUE_BODY)
            s->bad = true;
    }
}

static void read_fetch(struct scan *s, struct imap_response *r) {
    r->kind = IMAP_GOT_FETCH;
    r->fetch.sequence = r->number;
    skip_spaces(s);
    if (!take(s, '(')) s->bad = true;
    skip_spaces(s);
    while (!s->bad && peek(s) != ')') {
        read_item(s, &r->fetch);
        skip_spaces(s);
    }
    if (!take(s, ')')) s->bad = true;
    skip_spaces(s);
    if (s->at < s->n) s->bad = true;
}

/* --- SEARCH, ESEARCH, VANISHED --- */

/* "* SEARCH 2 84 882" and, with CONDSTORE, "(MODSEQ 917162500)" behind it. */
static void read_search(struct scan *s, struct imap_response *r, struct imap_uids *uids) {
    r->kind = IMAP_GOT_SEARCH;
    for (;;) {
        skip_spaces(s);
        if (peek(s) == '(') {
            skip_list(s);
            continue;
        }
        uint32_t uid;
        if (s->at >= s->n) return;
        str word = take_word(s);
        if (!to_u32(word, &uid) || uid == 0 || !imap_uids_put(uids, uid, uid)) {
            s->bad = true;
            return;
        }
    }
}

/* "* ESEARCH (TAG "a") UID ALL 2,10:11 COUNT 3 MODSEQ 17" */
static void read_esearch(struct scan *s, struct imap_response *r, struct imap_uids *uids) {
    bool by_uid = false;
    r->kind = IMAP_GOT_SEARCH;
    skip_spaces(s);
    if (peek(s) == '(') skip_list(s);
    for (;;) {
        skip_spaces(s);
        if (s->at >= s->n || s->bad) return;
        str name = take_word(s);
        if (str_eq_nocase(name, S("UID"))) {
            by_uid = true;
            continue;
        }
        if (name.n == 0 || !take(s, ' ')) {
            s->bad = true;
            return;
        }
        struct value v = take_value(s);
        /* Without the word UID they are sequence numbers, which mean nothing to us. */
        if (str_eq_nocase(name, S("ALL")) && (!by_uid || !imap_uids_read(uids, v.text))) s->bad = true;
    }
}

static void read_vanished(struct scan *s, struct imap_response *r, struct imap_uids *uids) {
    r->kind = IMAP_GOT_VANISHED;
    skip_spaces(s);
    if (peek(s) == '(') skip_list(s);
    skip_spaces(s);
    if (!imap_uids_read(uids, take_word(s))) s->bad = true;
}

/* --- LIST --- */

static void read_list_flags(str flags, struct imap_list *l) {
    static const char *const uses[] = {"All", "Archive", "Drafts", "Flagged", "Junk", "Sent", "Trash"};
    str word;
    while (str_split(&flags, ' ', &word)) {
        if (str_eq_nocase(word, S("\\Noselect")) || str_eq_nocase(word, S("\\NonExistent")))
            l->selectable = false;
        for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
            if (word.n && word.p[0] == '\\' && str_eq_nocase(str_slice(word, 1, word.n), str_z(uses[i])))
                l->use = str_z(uses[i]);
    }
}

/* "* LIST (\HasNoChildren) "/" "INBOX/A&AOQ-"" */
static void read_list(struct scan *s, struct imap_response *r) {
    r->kind = IMAP_GOT_LIST;
    r->list = (struct imap_list){.selectable = true};
    skip_spaces(s);
    struct value flags = take_value(s);
    if (flags.kind != VALUE_LIST || flags.text.n < 2) s->bad = true;
    if (s->bad) return;
    read_list_flags(str_slice(flags.text, 1, flags.text.n - 1), &r->list);
    skip_spaces(s);
    take_value(s);
    skip_spaces(s);
    /* A name may hold "]", which ends our words. */
    size_t from = s->at;
    struct value name = take_value(s);
    if (name.kind == VALUE_WORD || name.kind == VALUE_NIL) {
        while (s->at < s->n && s->p[s->at] != ' ') s->at++;
        name.text = (str){s->p + from, s->at - from};
        s->bad = name.text.n == 0;
    }
    r->list.name = name.text;
}

/* --- The whole --- */

static void read_numbered(struct scan *s, struct imap_response *r) {
    skip_spaces(s);
    str word = take_word(s);
    if (str_eq_nocase(word, S("EXISTS")))
        r->kind = IMAP_GOT_EXISTS;
    else if (str_eq_nocase(word, S("EXPUNGE")))
        r->kind = IMAP_GOT_EXPUNGE;
    else if (str_eq_nocase(word, S("FETCH")))
        read_fetch(s, r);
}

static void read_untagged(struct scan *s, struct imap_uids *uids, struct imap_response *r) {
    str word = take_word(s);
    r->kind = IMAP_GOT_OTHER;
    if (to_u32(word, &r->number)) {
        read_numbered(s, r);
    } else if (is_word(word, &r->word)) {
        r->kind = IMAP_GOT_SAID;
        read_said(s, r);
    } else if (str_eq_nocase(word, S("CAPABILITY"))) {
        r->kind = IMAP_GOT_CAPABILITY;
        r->capabilities = imap_capabilities(rest(s));
    } else if (str_eq_nocase(word, S("SEARCH"))) {
        read_search(s, r, uids);
    } else if (str_eq_nocase(word, S("ESEARCH"))) {
        read_esearch(s, r, uids);
    } else if (str_eq_nocase(word, S("VANISHED"))) {
        read_vanished(s, r, uids);
    } else if (str_eq_nocase(word, S("LIST"))) {
        read_list(s, r);
        /* No mail is lost with it. */
        if (s->bad) r->kind = IMAP_GOT_OTHER;
        s->bad = false;
    }
}

void imap_parse(char *line, size_t n, const struct imap_literal *literals, size_t nliterals,
                struct imap_uids *uids, struct imap_response *ret_response) {
    struct scan s = {.p = line, .n = n, .literals = literals, .nliterals = nliterals};
    struct imap_response r = {.kind = IMAP_GOT_BROKEN, .uids = uids};
    uids->n = uids->shifted = 0;
    uids->loose = false;
    if (take(&s, '+')) {
        r.kind = IMAP_GOT_CONTINUE;
        skip_spaces(&s);
        r.text = rest(&s);
    } else if (take(&s, '*')) {
        if (!take(&s, ' ')) s.bad = true;
        if (!s.bad) read_untagged(&s, uids, &r);
    } else {
        r.tag = take_word(&s);
        skip_spaces(&s);
        if (r.tag.n && is_word(take_word(&s), &r.word) && r.word <= IMAP_BAD) {
            r.kind = IMAP_GOT_TAGGED;
            read_said(&s, &r);
        } else
            s.bad = true;
    }
    imap_uids_settle(uids);
    if (s.bad)
        r = (struct imap_response){
            .kind = IMAP_GOT_BROKEN, .uids = uids, .text = S("an answer that cannot be read")};
    *ret_response = r;
}
