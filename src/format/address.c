#include <string.h>

#include "base/buf.h"
#include "format/mime_header.h"

enum { ADDRESSES_MAX = 2000, ADDRESS_BYTES = 254, LOCAL_BYTES = 64, NAME_BYTES = 500, COMMENT_DEPTH = 50 };

static bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool plain_char(unsigned char c) { return c > ' ' && c != 0x7F; }

/* The characters of RFC 5322 atext, and everything outside ASCII (RFC 6532). */
static bool atom_char(char c) {
    unsigned char u = (unsigned char)c;
    if (u >= 0x80) return true;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return c && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

static bool local_shape(str local) {
    if (local.n == 0 || local.n > LOCAL_BYTES) return false;
    if (local.p[0] == '"') {
        if (local.n < 3 || local.p[local.n - 1] != '"') return false;
        for (size_t i = 1; i + 1 < local.n; i++) {
            if (!plain_char((unsigned char)local.p[i]) || local.p[i] == '"') return false;
            if (local.p[i] == '\\' && (++i + 1 >= local.n || !plain_char((unsigned char)local.p[i])))
                return false;
        }
        return true;
    }
    /* Dots at the ends and in a row are against the grammar, and yet some telephone companies give such
     * addresses to their customers. */
    for (size_t i = 0; i < local.n; i++)
        if (!atom_char(local.p[i]) && local.p[i] != '.') return false;
    return true;
}

static bool domain_shape(str domain) {
    if (domain.n == 0 || domain.n > 253) return false;
    if (domain.p[0] == '[') {
        if (domain.n < 4 || domain.p[domain.n - 1] != ']') return false;
        for (size_t i = 1; i + 1 < domain.n; i++) {
            char c = domain.p[i];
            bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '.' || c == ':' || c == '-';
            if (!ok) return false;
        }
        return true;
    }
    char last = '.';
    for (size_t i = 0; i < domain.n; i++) {
        char c = domain.p[i];
        bool ok = ((unsigned char)c & 0x80) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
        if (!ok || (c == '.' && last == '.')) return false;
        last = c;
    }
    return last != '.';
}

static str lower_domain(arena *a, str address, size_t at) {
    char *p = arena_copy(a, address.p, address.n);
    str domain = str_lower(a, str_slice(address, at + 1, address.n));
    memcpy(p + at + 1, domain.p, domain.n);
    return (str){p, address.n};
}

static size_t last_at(str s) {
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == '@') return i - 1;
    return SIZE_MAX;
}

bool address_normal(arena *a, str address, str *ret_normal) {
    address = str_trim(address);
    if (address.n > ADDRESS_BYTES || !str_is_utf8(address)) return false;
    for (size_t i = 0; i < address.n; i++)
        if ((unsigned char)address.p[i] == 0xC2 && i + 1 < address.n &&
            (unsigned char)address.p[i + 1] <= 0xA0)
            return false; /* C1 controls and the no-break space */
    size_t at = last_at(address);
    if (at == SIZE_MAX) return false;
    str domain = str_slice(address, at + 1, address.n);
    if (domain.n > 1 && domain.p[domain.n - 1] == '.') address.n--, domain.n--;
    if (!local_shape(str_slice(address, 0, at)) || !domain_shape(domain)) return false;
    *ret_normal = lower_domain(a, address, at);
    return true;
}

/* One pass over the list. What stands before a '<', ',' or ';' gathers in `phrase` (quotes undone) and,
 * without its white space, in `bare`, which is the address when no '<' comes. */
struct scan {
    arena *a;
    str s;
    size_t i;
    buf phrase, bare, comment;
    bool unclosed; /* a quote was seen that never ends: do not look for its end again */
    bool in_group;
    size_t group_at; /* list length at the group's ':' */
    str group;
    mime_address_list *list;
};

static void scan_clear(struct scan *sc) {
    buf_clear(&sc->phrase);
    buf_clear(&sc->bare);
    buf_clear(&sc->comment);
}

static str name_of(struct scan *sc, str raw) {
    str name = mime_decode(sc->a, raw);
    /* Apostrophes around the whole name are somebody's idea of quotes. */
    if (name.n > 2 && name.p[0] == '\'' && name.p[name.n - 1] == '\'') name = str_slice(name, 1, name.n - 1);
    if (name.n > 2 && name.p[0] == '"' && name.p[name.n - 1] == '"') name = str_slice(name, 1, name.n - 1);
    return str_clip_utf8(str_trim(name), NAME_BYTES);
}

/* The address as it stands when it has an '@', made normal when it has the shape. */
static str address_of(struct scan *sc, str raw) {
    if (str_starts_nocase(raw, S("mailto:"))) raw = str_slice(raw, 7, raw.n);
    if (raw.n && raw.p[0] == '@') { /* a source route, RFC 5321 4.1.1.3 */
        size_t colon = str_find_char(raw, ':', 0);
        if (colon != SIZE_MAX) raw = str_slice(raw, colon + 1, raw.n);
    }
    str normal;
    if (address_normal(sc->a, raw, &normal)) return normal;
    /* In quoted-printable words by mistake: =?utf-8?q?a=40b?= */
    str decoded = str_find(raw, S("=?"), 0) == SIZE_MAX ? S("") : mime_decode(sc->a, raw);
    return decoded.n && address_normal(sc->a, decoded, &normal) ? normal : S("");
}

static void put(struct scan *sc, str name, str address) {
    if (sc->list->n >= ADDRESSES_MAX || (name.n == 0 && address.n == 0)) return;
    struct mime_address *m = list_add(sc->a, sc->list);
    m->name = name;
    m->address = address;
}

/* A mailbox without brackets ends here: a@b, or a@b (Name), or only words. */
static void end_bare(struct scan *sc) {
    str bare = buf_str(&sc->bare);
    if (bare.n) {
        str address = str_has(bare, '@') ? address_of(sc, str_copy(sc->a, bare)) : S("");
        if (address.n)
            put(sc, name_of(sc, str_copy(sc->a, buf_str(&sc->comment))), address);
        else
            put(sc, name_of(sc, str_copy(sc->a, buf_str(&sc->phrase))), S(""));
    }
    scan_clear(sc);
}

static void take_quoted(struct scan *sc, buf *to, bool keep_quotes) {
    str s = sc->s;
    size_t end = sc->i + 1;
    while (end < s.n && s.p[end] != '"' && !sc->unclosed) end += s.p[end] == '\\' ? 2 : 1;
    sc->unclosed |= end >= s.n;
    if (sc->unclosed) { /* never closed: an inch mark, not a quote */
        buf_add_char(to, s.p[sc->i++]);
        return;
    }
    if (keep_quotes) {
        buf_add(to, str_slice(s, sc->i, end + 1));
    } else {
        for (size_t i = sc->i + 1; i < end; i++) {
            if (s.p[i] == '\\' && i + 1 < end) i++;
            buf_add_char(to, s.p[i]);
        }
    }
    sc->i = end + 1;
}

static void take_comment(struct scan *sc, buf *to) {
    str s = sc->s;
    size_t end = sc->i;
    int depth = 0;
    for (; end < s.n; end++) {
        if (s.p[end] == '\\')
            end++;
        else if (s.p[end] == '(')
            depth++;
        else if (s.p[end] == ')' && --depth == 0)
            break;
        if (depth > COMMENT_DEPTH) break;
    }
    if (to && end < s.n) {
        buf_clear(to);
        for (size_t i = sc->i + 1; i < end; i++)
            if (s.p[i] != '\\' || i + 1 == end) buf_add_char(to, s.p[i]);
    }
    sc->i = end + 1;
}

/* From '<' to its '>'. */
static void take_angle(struct scan *sc) {
    str s = sc->s;
    BUF_AUTO buf inside = BUF_MAX(s.n + 1);
    sc->i++;
    while (sc->i < s.n && s.p[sc->i] != '>') {
        char c = s.p[sc->i];
        if (c == '"') {
            take_quoted(sc, &inside, true);
        } else if (c == '(') {
            take_comment(sc, NULL);
        } else {
            if (c == '<')
                buf_clear(&inside); /* "<<a@b>>" */
            else if (!is_white(c))
                buf_add_char(&inside, c);
            sc->i++;
        }
    }
    while (sc->i < s.n && s.p[sc->i] == '>') sc->i++;
    str raw = str_copy(sc->a, buf_str(&inside)), address = address_of(sc, raw);
    str name = name_of(sc, str_copy(sc->a, buf_str(&sc->phrase)));
    scan_clear(sc);
    /* "Last, First <a@b>" without quotes: the words before the comma were put as a mailbox without address.
     */
    size_t first = sc->in_group ? sc->group_at : 0;
    if (address.n && name.n && sc->list->n > first && sc->list->v[sc->list->n - 1].address.n == 0) {
        str before = sc->list->v[--sc->list->n].name;
        name = str_fmt(sc->a, "%.*s, %.*s", STR_FMT(before), STR_FMT(name));
    }
    put(sc, name, address);
    /* What follows up to the comma: only a comment, for a name. */
    while (sc->i < s.n && s.p[sc->i] != ',' && s.p[sc->i] != ';' && s.p[sc->i] != '<') {
        if (s.p[sc->i] == '(')
            take_comment(sc, &sc->comment);
        else
            sc->i++;
    }
    if (address.n && name.n == 0 && sc->comment.n && sc->list->n)
        sc->list->v[sc->list->n - 1].name = name_of(sc, str_copy(sc->a, buf_str(&sc->comment)));
    scan_clear(sc);
}

static void end_group(struct scan *sc) {
    if (sc->in_group && sc->list->n == sc->group_at) put(sc, sc->group, S(""));
    sc->in_group = false;
}

static void scan_char(struct scan *sc) {
    char c = sc->s.p[sc->i];
    if (c == '"') {
        size_t from = sc->i;
        take_quoted(sc, &sc->phrase, false);
        buf_add(&sc->bare, str_slice(sc->s, from, sc->i));
    } else if (c == '(') {
        take_comment(sc, &sc->comment);
    } else if (c == '<') {
        take_angle(sc);
    } else if (c == ',') {
        sc->i++;
        end_bare(sc);
    } else if (c == ';') {
        sc->i++;
        end_bare(sc);
        end_group(sc);
    } else if (c == ':' && !sc->in_group && !str_has(buf_str(&sc->bare), '@') &&
               !str_eq_nocase(buf_str(&sc->bare), S("mailto"))) {
        sc->i++;
        sc->group = name_of(sc, str_copy(sc->a, buf_str(&sc->phrase)));
        sc->group_at = sc->list->n;
        sc->in_group = true;
        scan_clear(sc);
    } else {
        buf_add_char(&sc->phrase, c);
        if (!is_white(c)) buf_add_char(&sc->bare, c);
        sc->i++;
    }
}

void mime_addresses(arena *a, str value, mime_address_list *list) {
    struct scan sc = {.a = a, .s = value, .list = list};
    sc.phrase = sc.bare = sc.comment = BUF_MAX(value.n + 1);
    while (sc.i < value.n && list->n < ADDRESSES_MAX) scan_char(&sc);
    end_bare(&sc);
    end_group(&sc);
    buf_free(&sc.phrase);
    buf_free(&sc.bare);
    buf_free(&sc.comment);
}

bool address_parse(arena *a, str text, struct mime_address *ret_address) {
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7F) return false;
    if (text.n > 1000 || !str_is_utf8(text)) return false;
    mime_address_list list = {0};
    mime_addresses(a, text, &list);
    if (list.n != 1 || list.v[0].address.n == 0) return false;
    *ret_address = list.v[0];
    return true;
}
