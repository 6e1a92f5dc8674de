#include "format/parcel.h"

#include <string.h>

#include "format/about.h"

enum tag {
    TAG_SUBJECT = 1,
    TAG_MESSAGE_ID,
    TAG_REFERENCE,
    TAG_FROM,
    TAG_SENDER,
    TAG_REPLY_TO,
    TAG_TO,
    TAG_CC,
    TAG_SENT_AT,
    TAG_ZONE,
    TAG_TEXT,
    TAG_FROM_HTML,
    TAG_ATTACHMENT,
    TAG_PARTS,
    TAG_MACHINE,
    TAG_PROBLEM,
    /* in an address */
    TAG_NAME,
    TAG_ADDRESS,
    /* in an attachment, with TAG_NAME */
    TAG_TYPE,
    TAG_CONTENT_ID,
    TAG_INLINE,
    TAG_BYTES,
    TAG_ABOUT,
    /* of the letter */
    TAG_NO_ANSWER = 60,
};

enum {
    HEAD = 5,
    LINE_MAX_BYTES = 8192,
    ID_MAX = 998,
    NAME_MAX_BYTES = 1024,
    ADDRESSES_MAX = 20000,
    REFERENCES_MAX = 50,
};

static void put_length(char *to, size_t n) {
    for (int i = 0; i < 4; i++) to[i] = (char)(n >> (8 * i) & 0xFF);
}

size_t parcel_open(buf *out, int tag) {
    char *p = buf_room(out, HEAD);
    if (!p) return out->n;
    p[0] = (char)tag;
    put_length(p + 1, 0);
    buf_grew(out, HEAD);
    return out->n;
}

void parcel_close(buf *out, size_t mark) {
    if (buf_ok(out)) put_length(out->p + mark - 4, out->n - mark);
}

void parcel_put(buf *out, int tag, str value) {
    size_t mark = parcel_open(out, tag);
    buf_add(out, value);
    parcel_close(out, mark);
}

void parcel_put_int(buf *out, int tag, int64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (char)((uint64_t)value >> (8 * i) & 0xFF);
    parcel_put(out, tag, (str){bytes, sizeof bytes});
}

bool parcel_next(str *rest, int *ret_tag, str *ret_value) {
    if (rest->n < HEAD) return false;
    size_t n = 0;
    for (int i = 0; i < 4; i++) n |= (size_t)(unsigned char)rest->p[1 + i] << (8 * i);
    if (n > rest->n - HEAD) return false;
    *ret_tag = (unsigned char)rest->p[0];
    *ret_value = str_slice(*rest, HEAD, HEAD + n);
    *rest = str_slice(*rest, HEAD + n, rest->n);
    return true;
}

bool parcel_int(str value, int64_t *ret_value) {
    if (value.n != 8) return false;
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)(unsigned char)value.p[i] << (8 * i);
    *ret_value = (int64_t)v;
    return true;
}

bool parcel_text_ok(str text, size_t max, bool lines) {
    if (text.n > max || !str_is_utf8(text)) return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == 0x7F || (c < 0x20 && !(lines && (c == '\n' || c == '\t')))) return false;
        if (c == 0xC2 && (unsigned char)text.p[i + 1] < 0xA0) return false;
    }
    return true;
}

static void put_addresses(buf *out, int tag, const mime_address_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        size_t mark = parcel_open(out, tag);
        parcel_put(out, TAG_NAME, list->v[i].name);
        parcel_put(out, TAG_ADDRESS, list->v[i].address);
        parcel_close(out, mark);
    }
}

void parcel_put_letter(buf *out, const struct mime_letter *l) {
    parcel_put(out, TAG_SUBJECT, l->subject);
    parcel_put(out, TAG_MESSAGE_ID, l->message_id);
    for (size_t i = 0; i < l->references.n; i++) parcel_put(out, TAG_REFERENCE, l->references.v[i]);
    put_addresses(out, TAG_FROM, &l->from);
    put_addresses(out, TAG_SENDER, &l->sender);
    put_addresses(out, TAG_REPLY_TO, &l->reply_to);
    put_addresses(out, TAG_TO, &l->to);
    put_addresses(out, TAG_CC, &l->cc);
    parcel_put_int(out, TAG_SENT_AT, l->sent_at);
    parcel_put_int(out, TAG_ZONE, l->zone_minutes);
    parcel_put(out, TAG_TEXT, l->text);
    parcel_put_int(out, TAG_FROM_HTML, l->text_from_html);
    parcel_put_int(out, TAG_PARTS, l->parts);
    parcel_put_int(out, TAG_MACHINE, l->machine);
    parcel_put_int(out, TAG_NO_ANSWER, l->no_auto_answer);
    parcel_put(out, TAG_PROBLEM, l->problem);
    for (size_t i = 0; i < l->attachments.n; i++) {
        const struct mime_attachment *m = &l->attachments.v[i];
        size_t mark = parcel_open(out, TAG_ATTACHMENT);
        parcel_put(out, TAG_NAME, m->name);
        parcel_put(out, TAG_TYPE, m->type);
        parcel_put(out, TAG_CONTENT_ID, m->content_id);
        parcel_put_int(out, TAG_INLINE, m->shown_inline);
        parcel_put(out, TAG_BYTES, m->bytes);
        if (m->about.n) parcel_put(out, TAG_ABOUT, m->about);
        parcel_close(out, mark);
    }
}

static bool get_line(str value, size_t max, str *to) {
    if (!parcel_text_ok(value, max, false)) return false;
    *to = value;
    return true;
}

static bool get_number(str value, int64_t low, int64_t high, int64_t *to) {
    int64_t v;
    if (!parcel_int(value, &v) || v < low || v > high) return false;
    *to = v;
    return true;
}

static bool get_address(arena *a, str value, mime_address_list *list) {
    struct mime_address m = {S(""), S("")};
    int tag;
    str item, normal;
    if (list->n >= ADDRESSES_MAX) return false;
    while (parcel_next(&value, &tag, &item)) {
        if (tag == TAG_NAME) {
            if (!get_line(item, NAME_MAX_BYTES, &m.name)) return false;
        } else if (tag == TAG_ADDRESS) {
            if (item.n && (!address_normal(a, item, &normal) || !str_eq(normal, item))) return false;
            m.address = item;
        } else {
            return false;
        }
    }
    *list_add(a, list) = m;
    return value.n == 0;
}

static bool type_ok(str type) {
    size_t slash = str_find_char(type, '/', 0);
    if (type.n > 127 || slash == SIZE_MAX || slash == 0 || slash + 1 == type.n) return false;
    if (str_find_char(type, '/', slash + 1) != SIZE_MAX || type.p[0] == '.' || type.p[slash + 1] == '.')
        return false;
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("/-+._!#$&^", c));
        if (!ok) return false;
    }
    return true;
}

static bool get_attachment(arena *a, str value, struct mime_letter *l) {
    struct mime_attachment m = {S(""), S("application/octet-stream"), S(""), false, S(""), S("")};
    int tag;
    int64_t v;
    str item;
    if (l->attachments.n >= mime_default_limits.parts) return false;
    while (parcel_next(&value, &tag, &item)) {
        bool good = true;
        if (tag == TAG_NAME)
            good = get_line(item, NAME_MAX_BYTES, &m.name);
        else if (tag == TAG_TYPE)
            good = type_ok(item), m.type = item;
        else if (tag == TAG_CONTENT_ID)
            good = get_line(item, LINE_MAX_BYTES, &m.content_id);
        else if (tag == TAG_INLINE)
            good = get_number(item, 0, 1, &v), m.shown_inline = good && v;
        else if (tag == TAG_BYTES)
            m.bytes = item;
        else if (tag == TAG_ABOUT)
            good = parcel_text_ok(item, ABOUT_BYTES_MAX, true), m.about = item;
        else
            good = false;
        if (!good) return false;
    }
    *list_add(a, &l->attachments) = m;
    return value.n == 0;
}

static bool get_id(arena *a, str value, size_t max, str_list *ids) {
    if (ids->n >= max || value.n == 0) return false;
    return get_line(value, ID_MAX, list_add(a, ids));
}

static bool get_numbers(int tag, str value, struct mime_letter *l) {
    /* The years 1900 to 9999, and a day for the zones. */
    static const int64_t first = -2209075200000, last = 253402387200000;
    int64_t v = 0;
    bool good;
    switch (tag) {
    case TAG_SENT_AT: good = get_number(value, first, last, &l->sent_at); break;
    case TAG_ZONE: good = get_number(value, -1440, 1440, &v), l->zone_minutes = (int)v; break;
    case TAG_FROM_HTML: good = get_number(value, 0, 1, &v), l->text_from_html = v; break;
    case TAG_NO_ANSWER: good = get_number(value, 0, 1, &v), l->no_auto_answer = v; break;
    case TAG_PARTS: good = get_number(value, 0, 1 << 20, &v), l->parts = (int)v; break;
    case TAG_MACHINE:
        good = get_number(value, MIME_PERSON, MIME_LIST, &v), l->machine = (mime_machine)v;
        break;
    default: good = false;
    }
    return good;
}

static bool get_item(arena *a, int tag, str value, struct mime_letter *l) {
    switch (tag) {
    case TAG_SUBJECT: return get_line(value, LINE_MAX_BYTES, &l->subject);
    case TAG_MESSAGE_ID: return get_line(value, ID_MAX, &l->message_id);
    case TAG_REFERENCE: return get_id(a, value, REFERENCES_MAX, &l->references);
    case TAG_FROM: return get_address(a, value, &l->from);
    case TAG_SENDER: return get_address(a, value, &l->sender);
    case TAG_REPLY_TO: return get_address(a, value, &l->reply_to);
    case TAG_TO: return get_address(a, value, &l->to);
    case TAG_CC: return get_address(a, value, &l->cc);
    case TAG_TEXT: l->text = value; return parcel_text_ok(value, mime_default_limits.text_bytes, true);
    case TAG_PROBLEM: return get_line(value, LINE_MAX_BYTES, &l->problem);
    case TAG_ATTACHMENT: return get_attachment(a, value, l);
    default: return get_numbers(tag, value, l);
    }
}

err parcel_get_letter(arena *a, str bytes, struct mime_letter *ret_letter) {
    struct mime_letter l = {0};
    l.subject = l.message_id = l.text = l.html = l.problem = S("");
    int tag;
    str value;
    while (parcel_next(&bytes, &tag, &value))
        if (!get_item(a, tag, value, &l))
            return err_set(ERR_INVALID, "The reading process gave a malformed answer.");
    if (bytes.n) return err_set(ERR_INVALID, "The reading process gave a malformed answer.");
    *ret_letter = l;
    return ERR_NONE;
}
