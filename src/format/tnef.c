#include "format/tnef.h"

#include <string.h>

#include "format/mime_charset.h"
#include "format/rtf.h"

enum { SIGNATURE = 0x223E9F78, PROPERTIES_MAX = 20000 };

/* Attributes: a type in the high half, an id in the low one. */
enum {
    ATTACH_BEGINS = 0x00069002, /* attAttachRendData */
    ATTACH_TITLE = 0x00018010,
    ATTACH_DATA = 0x0006800F,
    ATTACH_PROPERTIES = 0x00069005,
    MESSAGE_PROPERTIES = 0x00069003,
    MESSAGE_BODY = 0x0002800C,
    CODE_PAGE = 0x00069007,
};

/* Properties ([MS-OXPROPS]). */
enum {
    BODY = 0x1000,
    BODY_RTF = 0x1009,
    BODY_HTML = 0x1013,
    DATA = 0x3701,
    SHORT_NAME = 0x3704,
    LONG_NAME = 0x3707,
    TYPE = 0x370E,
    CONTENT_ID = 0x3712,
    SHOWN_NAME = 0x3001,
};
enum { STRING8 = 0x1E, UNICODE = 0x1F, OBJECT = 0x0D, BINARY = 0x102, MANY = 0x1000 };

struct reading {
    arena *a;
    struct tnef *to;
    size_t file; /* the one that has begun, counted from 1; 0 the letter itself */
    str charset;
    int depth;
    bool words;
};

/* ---- bytes ---- */

struct cursor {
    str s;
    size_t i;
    bool ended;
};

static uint32_t take_number(struct cursor *c, size_t n) {
    uint32_t v = 0;
    if (c->ended || c->s.n - c->i < n) {
        c->ended = true;
        return 0;
    }
    for (size_t k = 0; k < n; k++) v |= (uint32_t)(unsigned char)c->s.p[c->i++] << (8 * k);
    return v;
}

static str take_bytes(struct cursor *c, size_t n) {
    if (c->ended || c->s.n - c->i < n) {
        c->ended = true;
        return S("");
    }
    c->i += n;
    return str_slice(c->s, c->i - n, c->i);
}

/* Values stand at multiples of four. */
static str take_padded(struct cursor *c, size_t n) {
    str value = take_bytes(c, n);
    size_t gap = (4 - n % 4) % 4;
    if (!c->ended) c->i = c->s.n - c->i < gap ? c->s.n : c->i + gap;
    return value;
}

static str until_nul(str s) {
    size_t end = str_find_char(s, 0, 0);
    return end == SIZE_MAX ? s : str_slice(s, 0, end);
}

static str as_text(struct reading *r, int type, str value, bool one_line) {
    str text = type == UNICODE ? mime_to_utf8(r->a, value, S("utf-16le"))
                               : mime_to_utf8(r->a, until_nul(value), r->charset);
    return mime_clean(r->a, until_nul(text), one_line);
}

/* ---- properties ---- */

struct property {
    int type, id;
    str value; /* the first, when there are many */
};

static size_t fixed_size(int type) {
    switch (type) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x0A:
    case 0x0B: return 4;
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x14:
    case 0x40: return 8;
    case 0x48: return 16;
    default: return 0;
    }
}

static void pass_name(struct cursor *c) {
    take_bytes(c, 16);
    if (take_number(c, 4) == 0)
        take_number(c, 4);
    else
        take_padded(c, take_number(c, 4));
}

static bool take_property(struct cursor *c, struct property *ret) {
    struct property p = {.type = (int)take_number(c, 2), .id = (int)take_number(c, 2), .value = S("")};
    if (p.id >= 0x8000) pass_name(c);
    bool many = p.type & MANY;
    p.type &= ~MANY;
    size_t fixed = fixed_size(p.type);
    bool variable = p.type == STRING8 || p.type == UNICODE || p.type == OBJECT || p.type == BINARY;
    if (!fixed && !variable) return false;
    uint32_t n = many || variable ? take_number(c, 4) : 1;
    for (uint32_t i = 0; i < n && !c->ended; i++) {
        size_t length = fixed ? fixed : take_number(c, 4);
        str value = take_padded(c, length);
        if (i == 0) p.value = value;
    }
    *ret = p;
    return !c->ended;
}

static void read_tnef(struct reading *r, str bytes);

/* A letter in the letter: what it brings along is shown with the rest. */
static void read_inner(struct reading *r, str value) {
    enum { INTERFACE = 16 };
    struct reading inner = *r;
    if (r->depth >= TNEF_DEPTH_MAX || value.n <= INTERFACE) return;
    inner.depth++;
    inner.words = false;
    inner.file = 0;
    read_tnef(&inner, str_slice(value, INTERFACE, value.n));
}

static void of_file(struct reading *r, const struct property *p) {
    struct tnef_file *f = &r->to->files.v[r->file - 1];
    bool text = p->type == STRING8 || p->type == UNICODE;
    switch (p->id) {
    case LONG_NAME:
        if (text) f->name = as_text(r, p->type, p->value, true);
        break;
    case SHORT_NAME:
    case SHOWN_NAME:
        if (text && !f->name.n) f->name = as_text(r, p->type, p->value, true);
        break;
    case TYPE:
        if (text) f->type = as_text(r, p->type, p->value, true);
        break;
    case CONTENT_ID:
        if (text) f->content_id = as_text(r, p->type, p->value, true);
        break;
    case DATA:
        if (p->type == BINARY && !f->bytes.n) f->bytes = p->value;
        if (p->type == OBJECT) read_inner(r, p->value);
        break;
    default: break;
    }
}

static void of_letter(struct reading *r, const struct property *p) {
    str rtf;
    bool html;
    if (!r->words) return;
    if (p->id == BODY && (p->type == STRING8 || p->type == UNICODE)) {
        r->to->text = as_text(r, p->type, p->value, false);
    } else if (p->id == BODY_HTML) {
        r->to->html = p->type == UNICODE ? as_text(r, UNICODE, p->value, false)
                                         : mime_clean(r->a, mime_to_utf8(r->a, p->value, r->charset), false);
    } else if (p->id == BODY_RTF && p->type == BINARY && !rtf_expand(r->a, p->value, &rtf)) {
        str said = rtf_read(r->a, rtf, &html);
        if (html && !r->to->html.n) r->to->html = said;
        if (!html && !r->to->text.n) r->to->text = said;
    }
}

static void read_properties(struct reading *r, str value) {
    struct cursor c = {.s = value};
    uint32_t n = take_number(&c, 4);
    struct property p;
    for (uint32_t i = 0; i < n && i < PROPERTIES_MAX && take_property(&c, &p); i++) {
        if (r->file)
            of_file(r, &p);
        else
            of_letter(r, &p);
    }
}

/* ---- attributes ---- */

static void read_attribute(struct reading *r, uint32_t id, str value) {
    struct tnef_file *f = r->file ? &r->to->files.v[r->file - 1] : NULL;
    switch (id) {
    case ATTACH_BEGINS:
        r->file = 0;
        if (r->to->files.n >= TNEF_FILES_MAX) break;
        *list_add(r->a, &r->to->files) = (struct tnef_file){S(""), S(""), S(""), S("")};
        r->file = r->to->files.n;
        break;
    case ATTACH_TITLE:
        if (f && !f->name.n) f->name = as_text(r, STRING8, value, true);
        break;
    case ATTACH_DATA:
        if (f) f->bytes = value;
        break;
    case ATTACH_PROPERTIES:
        if (f) read_properties(r, value);
        break;
    case MESSAGE_PROPERTIES:
        if (!f) read_properties(r, value);
        break;
    case MESSAGE_BODY:
        if (!f && r->words && !r->to->text.n) r->to->text = as_text(r, STRING8, value, false);
        break;
    case CODE_PAGE: {
        struct cursor c = {.s = value};
        uint32_t page = take_number(&c, 4);
        if (page && page < 65536)
            r->charset = page == 65001 ? S("utf-8") : str_fmt(r->a, "windows-%u", (unsigned)page);
        break;
    }
    default: break;
    }
}

static void read_tnef(struct reading *r, str bytes) {
    struct cursor c = {.s = bytes};
    if (take_number(&c, 4) != SIGNATURE) return;
    take_number(&c, 2);
    while (!c.ended && c.i < c.s.n) {
        take_number(&c, 1); /* of the letter or of a file: the id says it too */
        uint32_t id = take_number(&c, 4), length = take_number(&c, 4);
        /* A cut file's last attribute is read as far as it goes. */
        bool cut = !c.ended && c.s.n - c.i < length;
        str value = cut ? str_slice(c.s, c.i, c.s.n) : take_bytes(&c, length);
        if (c.ended && !cut) return;
        read_attribute(r, id, value);
        if (cut) return;
        take_number(&c, 2); /* a checksum, which a hostile file would have right */
    }
}

err tnef_read(arena *a, str bytes, bool words, struct tnef *ret) {
    struct cursor c = {.s = bytes};
    struct tnef t = {.text = S(""), .html = S("")};
    if (take_number(&c, 4) != SIGNATURE) return err_set(ERR_INVALID, "The file is no winmail.dat.");
    struct reading r = {.a = a, .to = &t, .charset = S("windows-1252"), .words = words};
    read_tnef(&r, bytes);
    *ret = t;
    return ERR_NONE;
}
