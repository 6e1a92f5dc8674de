#include "format/auth_results.h"

#include <string.h>

#include "format/mime.h"
#include "format/mime_header.h"

enum { HEADER_BYTES = 256 << 10, COMMENTS_DEEP = 20 };

static const char *const verdicts[AUTH_VERDICTS] = {"", "pass", "fail", "own"};

const char *auth_verdict_name(auth_verdict v) { return verdicts[v]; }

auth_verdict auth_verdict_from(str name) {
    for (int i = 0; i < AUTH_VERDICTS; i++)
        if (str_eq(name, str_z(verdicts[i]))) return (auth_verdict)i;
    return AUTH_NONE;
}

struct scan {
    arena *a;
    str s;
    size_t at;
    bool broken; /* something was opened and never closed */
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* A comment, in which others may stand (RFC 5322, 3.2.2). */
static void skip_comment(struct scan *x) {
    int depth = 0;
    for (; x->at < x->s.n; x->at++) {
        char c = x->s.p[x->at];
        if (c == '\\') x->at++;
        if (c == '(' && ++depth > COMMENTS_DEEP) break;
        if (c != ')' || --depth) continue;
        x->at++;
        return;
    }
    x->broken = true;
    x->at = x->s.n;
}

static void skip_blank(struct scan *x) {
    while (x->at < x->s.n) {
        if (x->s.p[x->at] == '(')
            skip_comment(x);
        else if (is_blank(x->s.p[x->at]))
            x->at++;
        else
            return;
    }
}

/* Where the quotation that begins here ends: behind its last `"`, or at the end of all. */
static size_t quoted_end(struct scan *x) {
    for (size_t i = x->at + 1; i < x->s.n; i++) {
        if (x->s.p[i] == '\\')
            i++;
        else if (x->s.p[i] == '"')
            return i + 1;
    }
    x->broken = true;
    return x->s.n;
}

static str take_quoted(struct scan *x) {
    size_t end = quoted_end(x), n = 0;
    char *out = arena_alloc(x->a, end - x->at);
    for (size_t i = x->at + 1; i + 1 < end; i++) {
        if (x->s.p[i] == '\\' && i + 2 < end) i++;
        out[n++] = x->s.p[i];
    }
    x->at = end;
    return x->broken ? S("") : (str){out, n};
}

/* What stands up to a blank, a comment or one of `ends`; a quotation is taken whole. */
static str take(struct scan *x, const char *ends) {
    str quoted = S("");
    bool has = x->at < x->s.n && x->s.p[x->at] == '"';
    if (has) quoted = take_quoted(x);
    size_t from = x->at;
    while (x->at < x->s.n) {
        char c = x->s.p[x->at];
        if (is_blank(c) || c == '(' || c == '"' || (c && strchr(ends, c))) break;
        x->at++;
    }
    str plain = str_slice(x->s, from, x->at);
    return has ? str_fmt(x->a, "%.*s%.*s", STR_FMT(quoted), STR_FMT(plain)) : plain;
}

static bool take_char(struct scan *x, char c) {
    skip_blank(x);
    if (x->at >= x->s.n || x->s.p[x->at] != c) return false;
    x->at++;
    return true;
}

/* To the next ";" that is one, and past it. */
static void skip_item(struct scan *x) {
    for (;;) {
        skip_blank(x);
        if (x->at >= x->s.n) return;
        char c = x->s.p[x->at];
        x->at = c == '"' ? quoted_end(x) : x->at + 1;
        if (c == ';') return;
    }
}

/* "a@b.example" and "b.example": the domain; "" for what is none. */
static str domain_of(arena *a, str value) {
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] == '@') at = i;
    str domain = str_lower(a, at == SIZE_MAX ? value : str_slice(value, at + 1, value.n));
    while (domain.n && domain.p[domain.n - 1] == '.') domain.n--;
    if (domain.n > AUTH_DOMAIN_BYTES || !str_is_utf8(domain)) return S("");
    for (size_t i = 0; i < domain.n; i++) {
        unsigned char c = (unsigned char)domain.p[i];
        if (c <= ' ' || c == 0x7F || strchr("<>()[]\\,;:\"", c)) return S("");
        if (c == 0xC2 && (unsigned char)domain.p[i + 1] < 0xA0) return S("");
    }
    return domain;
}

static bool method_of(str name, auth_method *ret) {
    static const char *const names[AUTH_METHODS] = {"dmarc", "dkim", "spf"};
    for (int i = 0; i < AUTH_METHODS; i++)
        if (str_eq_nocase(name, str_z(names[i]))) {
            *ret = (auth_method)i;
            return true;
        }
    return false;
}

static bool tells_domain(auth_method m, str name) {
    switch (m) {
    case AUTH_DMARC: return str_eq_nocase(name, S("header.from"));
    case AUTH_DKIM: return str_eq_nocase(name, S("header.d")) || str_eq_nocase(name, S("header.i"));
    case AUTH_SPF: return str_eq_nocase(name, S("smtp.mailfrom"));
    }
    return false;
}

/* ptype "." property "=" value, any number; also the bare "name=value" that some servers write. */
static str take_domain(struct scan *x, auth_method m) {
    str domain = S("");
    for (;;) {
        skip_blank(x);
        if (x->at >= x->s.n || x->s.p[x->at] == ';') return domain;
        size_t before = x->at;
        str name = take(x, ";=.");
        if (take_char(x, '.')) {
            skip_blank(x);
            str property = take(x, ";=");
            name = str_fmt(x->a, "%.*s.%.*s", STR_FMT(name), STR_FMT(property));
        }
        if (!take_char(x, '=')) {
            if (x->at == before) x->at++;
            continue;
        }
        skip_blank(x);
        str value = take(x, ";");
        if (!domain.n && tells_domain(m, name)) domain = domain_of(x->a, value);
    }
}

static void take_item(struct scan *x, struct auth_header *h) {
    skip_blank(x);
    auth_method method;
    str name = take(x, ";=/");
    /* "dkim/1=pass": the version of the method. */
    if (take_char(x, '/')) {
        skip_blank(x);
        take(x, ";=");
    }
    bool known = method_of(name, &method) && take_char(x, '=');
    if (known) skip_blank(x);
    str result = known ? take(x, ";") : S("");
    bool pass = str_eq_nocase(result, S("pass")), fail = str_eq_nocase(result, S("fail"));
    if ((pass || fail) && h->claims.n < AUTH_CLAIMS_MAX) {
        struct auth_claim claim = {.method = method, .pass = pass, .domain = take_domain(x, method)};
        *list_add(x->a, &h->claims) = claim;
    }
    skip_item(x);
}

bool auth_results_parse(arena *a, str value, struct auth_header *ret_header) {
    struct scan x = {.a = a, .s = str_slice(value, 0, HEADER_BYTES)};
    struct auth_header h = {0};
    skip_blank(&x);
    h.authserv_id = domain_of(a, take(&x, ";"));
    if (!h.authserv_id.n) return false;
    skip_item(&x); /* a version may stand before the first ";" */
    while (x.at < x.s.n) take_item(&x, &h);
    h.broken = x.broken;
    *ret_header = h;
    return true;
}

void auth_results_read(arena *a, str raw, auth_header_list *ret_headers) {
    auth_header_list all = {0};
    mime_field_list fields = {0};
    int hop = 0;
    mime_fields(a, str_slice(raw, 0, mime_body_offset(str_slice(raw, 0, HEADER_BYTES))), &fields);
    for (size_t i = 0; i < fields.n && all.n < AUTH_HEADERS_MAX; i++) {
        struct auth_header h;
        if (str_eq_nocase(fields.v[i].name, S("Received"))) hop++;
        if (!str_eq_nocase(fields.v[i].name, S("Authentication-Results"))) continue;
        if (!auth_results_parse(a, fields.v[i].value, &h)) continue;
        h.hop = hop;
        *list_add(a, &all) = h;
    }
    *ret_headers = all;
}

/* Is `domain` the same as `holder`, or within it? One without a dot holds nothing: it is a public ending. */
static bool within(str domain, str holder) {
    if (!holder.n || !str_has(holder, '.')) return false;
    if (str_eq(domain, holder)) return true;
    return domain.n > holder.n && str_ends(domain, holder) && domain.p[domain.n - holder.n - 1] == '.';
}

static auth_verdict verdict_of_one(const struct auth_header *h, str from) {
    auth_verdict found = AUTH_NONE;
    if (h->broken) return AUTH_FAIL;
    for (size_t i = 0; i < h->claims.n; i++) {
        const struct auth_claim *k = &h->claims.v[i];
        if (k->method == AUTH_DMARC && !k->pass) return AUTH_FAIL;
        if (!k->pass) continue;
        bool same =
            k->method == AUTH_DMARC ? !k->domain.n || str_eq(from, k->domain) : within(from, k->domain);
        if (same) found = AUTH_PASS;
    }
    return found;
}

auth_verdict auth_verdict_of(const auth_header_list *headers, str authserv_id, str from) {
    ARENA_AUTO arena *a = arena_new(1 << 16);
    auth_verdict found = AUTH_NONE;
    str domain = domain_of(a, from);
    int hop = -1;
    for (size_t i = 0; i < headers->n && authserv_id.n && domain.n; i++) {
        const struct auth_header *h = &headers->v[i];
        if (!str_eq_nocase(h->authserv_id, authserv_id)) continue;
        if (hop < 0) hop = h->hop;
        if (h->hop != hop) break;
        auth_verdict one = verdict_of_one(h, domain);
        if (one == AUTH_FAIL) return AUTH_FAIL;
        if (one == AUTH_PASS) found = AUTH_PASS;
    }
    return found;
}
