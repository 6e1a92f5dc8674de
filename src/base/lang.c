#include "base/lang.h"

#include <string.h>

enum { RANGES_MAX = 32, TAG_MAX = 35 };

const struct lang lang_english = {.tag = "en", .name = "English", .plural = LANG_PLURAL_ONE, .offered = true};

const struct lang *lang_at(size_t i) {
    if (i == 0) return &lang_english;
    for (size_t k = 0; k + 1 < i; k++)
        if (!lang_tables[k]) return NULL;
    return lang_tables[i - 1];
}

static const struct lang *find_exact(str tag) {
    const struct lang *l;
    for (size_t i = 0; (l = lang_at(i)); i++)
        if (str_eq_nocase(str_z(l->tag), tag)) return l;
    return NULL;
}

const struct lang *lang_find(str tag) {
    if (tag.n == 0 || tag.n > TAG_MAX) return NULL;
    char copy[TAG_MAX];
    for (size_t i = 0; i < tag.n; i++) copy[i] = tag.p[i] == '_' ? '-' : tag.p[i];
    str rest = {copy, tag.n};
    for (;;) {
        const struct lang *l = find_exact(rest);
        if (l) return l;
        while (rest.n && rest.p[rest.n - 1] != '-') rest.n--;
        if (rest.n == 0) return NULL;
        rest.n--;
    }
}

/* "q=0.8" in thousandths; 1000 when there is none, 0 when it is no weight. */
static int weight(str parameters) {
    str piece;
    while (str_split(&parameters, ';', &piece)) {
        piece = str_trim(piece);
        if (!str_starts_nocase(piece, S("q="))) continue;
        str value = str_slice(piece, 2, piece.n);
        if (value.n == 0 || value.n > 5 || (value.p[0] != '0' && value.p[0] != '1')) return 0;
        int q = (value.p[0] - '0') * 1000, unit = 100;
        if (value.n > 1 && value.p[1] != '.') return 0;
        for (size_t i = 2; i < value.n; i++, unit /= 10) {
            if (value.p[i] < '0' || value.p[i] > '9') return 0;
            q += (value.p[i] - '0') * unit;
        }
        return q > 1000 ? 0 : q;
    }
    return 1000;
}

const struct lang *lang_choose(str accept_language) {
    const struct lang *best = &lang_english;
    int best_weight = 0;
    str piece;
    for (int i = 0; i < RANGES_MAX && str_split(&accept_language, ',', &piece); i++) {
        str tag = piece;
        size_t semicolon = str_find_char(piece, ';', 0);
        if (semicolon != SIZE_MAX) tag = str_slice(piece, 0, semicolon);
        int q = semicolon == SIZE_MAX ? 1000 : weight(str_slice(piece, semicolon + 1, piece.n));
        const struct lang *l = q > best_weight ? lang_find(str_trim(tag)) : NULL;
        if (!l || !l->offered) continue;
        best = l;
        best_weight = q;
    }
    return best;
}

static const struct lang_entry *entry(const struct lang *l, const char *msgid) {
    if (!l || !l->slots) return NULL;
    for (uint32_t at = lang_hash(msgid) & l->slot_mask;; at = (at + 1) & l->slot_mask) {
        uint16_t slot = l->slots[at];
        if (slot == 0) return NULL;
        if (strcmp(l->entries[slot - 1].id, msgid) == 0) return &l->entries[slot - 1];
    }
}

str lang_text(const struct lang *l, const char *msgid) {
    const struct lang_entry *e = entry(l, msgid);
    return str_z(e ? e->forms[0] : msgid);
}

str lang_plural(const struct lang *l, int64_t n, const char *one, const char *many) {
    const struct lang_entry *e = entry(l, one);
    if (!e || e->n != lang_plural_count(l->plural)) return str_z(n == 1 || n == -1 ? one : many);
    return str_z(e->forms[lang_plural_form(l->plural, n)]);
}

void lang_fill(buf *out, str text, const str *args, int nargs) {
    size_t from = 0;
    for (size_t i = 0; i + 2 < text.n; i++) {
        if (text.p[i] != '{' || text.p[i + 2] != '}') continue;
        int k = text.p[i + 1] - '0';
        if (k < 0 || k > 9 || k >= nargs) continue;
        buf_add(out, str_slice(text, from, i));
        buf_add(out, args[k]);
        from = i + 3;
        i += 2;
    }
    buf_add(out, str_slice(text, from, text.n));
}

void lang_fmt(buf *out, const struct lang *l, const char *msgid, const str *args, int nargs) {
    lang_fill(out, lang_text(l, msgid), args, nargs);
}

int lang_plural_count(enum lang_plural_rule rule) {
    switch (rule) {
    case LANG_PLURAL_NONE: return 1;
    case LANG_PLURAL_ONE:
    case LANG_PLURAL_ABOVE1: return 2;
    case LANG_PLURAL_RUSSIAN:
    case LANG_PLURAL_POLISH:
    case LANG_PLURAL_CZECH:
    case LANG_PLURAL_LITHUANIAN:
    case LANG_PLURAL_ROMANIAN: return 3;
    case LANG_PLURAL_SLOVENIAN: return 4;
    case LANG_PLURAL_ARABIC: return 6;
    }
    return 1;
}

static int few_or_many(uint64_t n) {
    uint64_t ten = n % 10, hundred = n % 100;
    return ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14) ? 1 : 2;
}

static int arabic(uint64_t n) {
    if (n <= 2) return (int)n;
    uint64_t hundred = n % 100;
    return hundred >= 3 && hundred <= 10 ? 3 : hundred >= 11 ? 4 : 5;
}

int lang_plural_form(enum lang_plural_rule rule, int64_t number) {
    uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
    uint64_t ten = n % 10, hundred = n % 100;
    switch (rule) {
    case LANG_PLURAL_NONE: return 0;
    case LANG_PLURAL_ONE: return n != 1;
    case LANG_PLURAL_ABOVE1: return n > 1;
    case LANG_PLURAL_RUSSIAN: return ten == 1 && hundred != 11 ? 0 : few_or_many(n);
    case LANG_PLURAL_POLISH: return n == 1 ? 0 : few_or_many(n);
    case LANG_PLURAL_CZECH: return n == 1 ? 0 : n >= 2 && n <= 4 ? 1 : 2;
    case LANG_PLURAL_SLOVENIAN:
        return hundred == 1 ? 0 : hundred == 2 ? 1 : hundred == 3 || hundred == 4 ? 2 : 3;
    case LANG_PLURAL_LITHUANIAN:
        if (ten == 1 && hundred != 11) return 0;
        return ten >= 2 && (hundred < 10 || hundred >= 20) ? 1 : 2;
    case LANG_PLURAL_ROMANIAN: return n == 1 ? 0 : n == 0 || (hundred > 0 && hundred < 20) ? 1 : 2;
    case LANG_PLURAL_ARABIC: return arabic(n);
    }
    return 0;
}
