/* What the functions of a row use: parameters in, paths and bytes out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "web/routes.h"

static bool from_json(const struct web_call *w, const char *name, str *ret_value) {
    const json_t *member = w->body ? json_object_get(w->body, name) : NULL;
    if (!member) return false;
    if (json_is_string(member))
        *ret_value = (str){json_string_value(member), json_string_length(member)};
    else if (json_is_integer(member))
        *ret_value = str_fmt(w->arena, "%lld", (long long)json_integer_value(member));
    else if (json_is_true(member))
        *ret_value = S("1");
    else
        *ret_value = S("");
    return true;
}

static bool find(const struct web_call *w, const char *name, str *ret_value) {
    if (from_json(w, name, ret_value)) return true;
    str key = str_z(name);
    if (http_pairs_has(&w->in->form, key)) {
        *ret_value = http_form(w->in, key);
        return true;
    }
    if (!http_pairs_has(&w->in->query, key)) return false;
    *ret_value = http_query(w->in, key);
    return true;
}

str web_param(const struct web_call *w, const char *name) {
    str value = S("");
    find(w, name, &value);
    return value;
}

str web_param_text(const struct web_call *w, const char *name) {
    str value = web_param(w, name);
    if (!str_has(value, '\r')) return value;
    char *out = arena_alloc(w->arena, value.n);
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        bool pair = value.p[i] == '\r' && i + 1 < value.n && value.p[i + 1] == '\n';
        if (!pair) out[n++] = value.p[i] == '\r' ? '\n' : value.p[i];
    }
    return (str){out, n};
}

bool web_param_has(const struct web_call *w, const char *name) {
    str value;
    return find(w, name, &value);
}

bool web_param_on(const struct web_call *w, const char *name) {
    str value = web_param(w, name);
    return value.n > 0 && !str_eq(value, S("0")) && !str_eq(value, S("false"));
}

err web_param_int(const struct web_call *w, const char *name, int64_t otherwise, int64_t *ret_value) {
    const json_t *member = w->body ? json_object_get(w->body, name) : NULL;
    str value = web_param(w, name);
    int64_t n = otherwise;
    /* What is neither has no text here, and must not pass for a member that was left out. */
    if (member && !json_is_integer(member) && !json_is_string(member) && !json_is_null(member))
        return err_set(ERR_INVALID, "%s must be a whole number.", name);
    if (value.n && (!str_to_int(value, &n) || n < 0))
        return err_set(ERR_INVALID, "%s must be a whole number.", name);
    *ret_value = n;
    return ERR_NONE;
}

err web_id(const struct web_call *w, int piece, int64_t *ret_id) {
    int64_t id;
    if (piece >= w->at.n || !str_to_int(w->at.value[piece], &id) || id <= 0)
        return err_set(ERR_MISSING, "There is no such page.");
    *ret_id = id;
    return ERR_NONE;
}

err web_read(struct web_call *w, db_conn **ret_c) {
    if (!w->read) TRY(db_read_begin(w->desk->db, &w->read));
    *ret_c = w->read;
    return ERR_NONE;
}

void web_read_end(struct web_call *w) {
    db_read_end(w->read);
    w->read = NULL;
}

str web_path(const struct web_call *w, const char *fmt, ...) {
    char rest[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(rest, sizeof rest, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof rest) rest[0] = 0;
    return str_fmt(w->arena, "/b/%.*s%s", STR_FMT(w->who.brand.slug), rest);
}

void web_go(struct web_call *w, str path) { w->go = path; }

bool web_may(const struct web_call *w, enum right right) { return who_may(&w->who, right); }

str web_text(const struct web_call *w, const char *msgid) { return lang_text(w->page.lang, msgid); }

void web_header(struct web_call *w, const char *name, str value) {
    http_header_add(w->in, w->out, str_z(name), value);
}

int web_status(err e) {
    switch (e) {
    case ERR_NONE: return 200;
    case ERR_INVALID: return 422;
    case ERR_MISSING: return 404;
    case ERR_DENIED: return 403;
    case ERR_CONFLICT: return 409;
    case ERR_LIMIT: return 413;
    case ERR_BUSY:
    case ERR_FULL: return 503;
    case ERR_IO:
    case ERR_DATABASE:
    case ERR_NETWORK:
    case ERR_INTERNAL: return 500;
    }
    return 500;
}

void web_bytes(struct web_call *w, const char *type, str bytes) {
    w->out->type = str_z(type);
    buf_clear(&w->out->body);
    buf_add(&w->out->body, bytes);
}

str web_peer(const struct web_call *w) {
    str peer = w->in->peer, last = S("");
    if (!w->desk->proxy.n || !str_eq(peer, w->desk->proxy)) return peer;
    /* Only what our proxy added is believed: the last one of all such headers. */
    for (size_t i = 0; i < w->in->headers.n; i++)
        if (str_eq_nocase(w->in->headers.v[i].name, S("X-Forwarded-For"))) last = w->in->headers.v[i].value;
    size_t comma = last.n;
    while (comma && last.p[comma - 1] != ',') comma--;
    last = str_trim(str_slice(last, comma, last.n));
    return last.n && last.n <= 64 ? last : peer;
}
