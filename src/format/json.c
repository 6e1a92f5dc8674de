#include "format/json.h"

#include <unistr.h>

enum { LEVELS_OUT = 64, LEVELS_IN = 32, BYTES_IN = 1 << 20 };

struct json_out json_begin(buf *to) {
    return (struct json_out){.to = to};
}

bool json_done(const struct json_out *o) { return o->depth == 0 && !o->after_key && buf_ok(o->to); }

static uint64_t level_bit(const struct json_out *o) { return 1ull << (o->depth - 1); }
static bool in_object(const struct json_out *o) { return o->depth && o->objects & level_bit(o); }

/* What comes before any value: a comma, where one is due. */
static void before_value(struct json_out *o) {
    if (in_object(o) && !o->after_key) o->to->failed = true;
    if (o->depth && !o->after_key) {
        if (o->filled & level_bit(o)) buf_add_char(o->to, ',');
        o->filled |= level_bit(o);
    }
    o->after_key = false;
}

static void open_level(struct json_out *o, bool object) {
    before_value(o);
    if (o->depth == LEVELS_OUT) {
        o->to->failed = true;
        return;
    }
    o->depth++;
    o->filled &= ~level_bit(o);
    o->objects = object ? o->objects | level_bit(o) : o->objects & ~level_bit(o);
    buf_add_char(o->to, object ? '{' : '[');
}

static void close_level(struct json_out *o, bool object) {
    if (o->depth == 0 || in_object(o) != object || o->after_key) {
        o->to->failed = true;
        return;
    }
    o->depth--;
    buf_add_char(o->to, object ? '}' : ']');
}

void json_open_object(struct json_out *o) { open_level(o, true); }
void json_close_object(struct json_out *o) { close_level(o, true); }
void json_open_array(struct json_out *o) { open_level(o, false); }
void json_close_array(struct json_out *o) { close_level(o, false); }

static bool needs_care(unsigned char c) {
    return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == 0x7f || c >= 0x80;
}

static void quote_one(buf *to, unsigned char c) {
    switch (c) {
    case '"': buf_add(to, S("\\\"")); break;
    case '\\': buf_add(to, S("\\\\")); break;
    case '\n': buf_add(to, S("\\n")); break;
    case '\r': buf_add(to, S("\\r")); break;
    case '\t': buf_add(to, S("\\t")); break;
    default: {
        static const char hex[] = "0123456789abcdef";
        buf_add(to, (str){(char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6});
    }
    }
}

void json_quote(buf *to, str text) {
    buf_add_char(to, '"');
    size_t i = 0, from = 0;
    while (i < text.n) {
        unsigned char c = (unsigned char)text.p[i];
        if (!needs_care(c)) {
            i++;
            continue;
        }
        size_t width = 1;
        ucs4_t code = c;
        if (c >= 0x80) {
            int taken = u8_mbtoucr(&code, (const uint8_t *)text.p + i, text.n - i);
            if (taken > 0) {
                i += (size_t)taken;
                continue;
            }
            /* One mark for one broken sequence, however many bytes it had (Unicode 3.9, U+FFFD). */
            taken = u8_mbtouc(&code, (const uint8_t *)text.p + i, text.n - i);
            width = taken > 0 ? (size_t)taken : 1;
        }
        buf_add(to, str_slice(text, from, i));
        if (c >= 0x80) {
            buf_add_utf8(to, 0xFFFD);
        } else {
            quote_one(to, c);
        }
        i += width;
        from = i;
    }
    buf_add(to, str_slice(text, from, text.n));
    buf_add_char(to, '"');
}

void json_key(struct json_out *o, str key) {
    if (!in_object(o) || o->after_key) {
        o->to->failed = true;
        return;
    }
    if (o->filled & level_bit(o)) buf_add_char(o->to, ',');
    o->filled |= level_bit(o);
    json_quote(o->to, key);
    buf_add_char(o->to, ':');
    o->after_key = true;
}

void json_str(struct json_out *o, str text) {
    before_value(o);
    json_quote(o->to, text);
}

void json_int(struct json_out *o, int64_t v) {
    before_value(o);
    buf_add_int(o->to, v);
}

void json_id(struct json_out *o, int64_t id) {
    if (id == 0) {
        json_nil(o);
        return;
    }
    before_value(o);
    buf_add_char(o->to, '"');
    buf_add_int(o->to, id);
    buf_add_char(o->to, '"');
}

void json_bool(struct json_out *o, bool v) {
    before_value(o);
    buf_add(o->to, v ? S("true") : S("false"));
}

void json_nil(struct json_out *o) {
    before_value(o);
    buf_add(o->to, S("null"));
}

/* jansson's own limit of 2048 levels is fixed when it is built, so the levels are counted beforehand. */
static bool too_deep(str text) {
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (quoted) {
            if (c == '\\') i++;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > LEVELS_IN) return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

err json_read(str text, json_t **ret_json) {
    if (text.n > BYTES_IN) return err_set(ERR_LIMIT, "The JSON text is larger than 1 MiB.");
    return json_read_long(text, BYTES_IN, ret_json);
}

err json_read_long(str text, size_t max, json_t **ret_json) {
    if (text.n > max) return err_set(ERR_LIMIT, "The JSON text is larger than %zu bytes.", max);
    if (too_deep(text)) return err_set(ERR_LIMIT, "The JSON text is nested more than 32 levels deep.");
    json_error_t why;
    json_t *json = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        return err_set(ERR_INVALID, "The JSON text is wrong at line %d, column %d: %s.", why.line, why.column,
                       why.text);
    *ret_json = json;
    return ERR_NONE;
}

bool json_take_str(const json_t *object, const char *key, str *ret_text) {
    const json_t *v = json_object_get(object, key);
    if (!json_is_string(v)) return false;
    *ret_text = (str){json_string_value(v), json_string_length(v)};
    return true;
}

bool json_take_int(const json_t *object, const char *key, int64_t *ret_value) {
    const json_t *v = json_object_get(object, key);
    if (!json_is_integer(v)) return false;
    *ret_value = json_integer_value(v);
    return true;
}

bool json_take_id(const json_t *object, const char *key, int64_t *ret_id) {
    str text;
    int64_t id;
    if (!json_take_str(object, key, &text) || !str_to_int(text, &id) || id <= 0) return false;
    *ret_id = id;
    return true;
}

bool json_take_bool(const json_t *object, const char *key, bool *ret_value) {
    const json_t *v = json_object_get(object, key);
    if (!json_is_boolean(v)) return false;
    *ret_value = json_is_true(v);
    return true;
}

void json_freep(json_t **json) { json_decref(*json); }
