/* Pictures without what a camera or a program wrote beside them: where it was taken, when, with what. */
#include <string.h>

#include "base/buf.h"
#include "format/picture.h"

static unsigned at(str s, size_t i) { return i < s.n ? (unsigned char)s.p[i] : 0; }
static unsigned be16(str s, size_t i) { return at(s, i) << 8 | at(s, i + 1); }
static size_t be32(str s, size_t i) { return (size_t)be16(s, i) << 16 | be16(s, i + 2); }
static size_t le32(str s, size_t i) {
    return at(s, i) | at(s, i + 1) << 8 | at(s, i + 2) << 16 | (size_t)at(s, i + 3) << 24;
}

/* ---- JPEG (ITU T.81 B.1) ---- */

/* How the camera was held: Orientation of the first directory (Exif 2.32, 4.6.4); 1 where it is not said. */
static unsigned orientation(str tiff) {
    bool little = str_starts(tiff, S("II*\0"));
    if (!little && !str_starts(tiff, S("MM\0*"))) return 1;
    size_t from = little ? le32(tiff, 4) : be32(tiff, 4);
    if (from > tiff.n) return 1;
    size_t count = little ? le32(tiff, from) & 0xFFFF : be16(tiff, from);
    for (size_t i = from + 2; count-- && i + 12 <= tiff.n; i += 12) {
        unsigned tag = little ? (unsigned)(le32(tiff, i) & 0xFFFF) : be16(tiff, i);
        unsigned v = little ? (unsigned)(le32(tiff, i + 8) & 0xFFFF) : be16(tiff, i + 8);
        if (tag == 0x0112) return v >= 1 && v <= 8 ? v : 1;
    }
    return 1;
}

static void add_orientation(buf *to, unsigned turned) {
    buf_add(to, S("\xFF\xE1\0\x22"
                  "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"));
    buf_add_char(to, (char)turned);
    buf_add(to, S("\0\0\0\0\0\0"));
}

/* A segment whose contents are the picture's: not the camera's notes, comments, or another picture. */
static bool is_needed(unsigned kind, str content) {
    if (kind == 0xE2) return str_starts(content, S("ICC_PROFILE\0"));
    return kind != 0xFE && (kind < 0xE0 || kind > 0xEF || kind == 0xE0 || kind == 0xEE);
}

/* The next marker behind a scan's data: no FF 00 and no restart, which are data; FF before it fill. */
static size_t behind_scan(str s, size_t i) {
    for (; i + 1 < s.n; i++) {
        unsigned kind = at(s, i + 1);
        if (at(s, i) == 0xFF && kind && kind != 0xFF && (kind < 0xD0 || kind > 0xD7)) return i;
    }
    return s.n;
}

static bool bare_jpeg(str s, buf *to) {
    bool scanned = false;
    buf_add(to, str_slice(s, 0, 2));
    for (size_t i = 2; i + 1 < s.n;) {
        unsigned kind = at(s, i + 1);
        if (at(s, i) != 0xFF || !kind) return false;
        if (kind == 0xFF) {
            i++;
            continue;
        }
        if (kind == 0xD9) {
            buf_add(to, str_slice(s, i, i + 2)); /* what stands behind it is no part of the picture */
            return scanned;
        }
        size_t end = i + 2 + be16(s, i + 2);
        if (end < i + 4 || end > s.n) return false;
        str content = str_slice(s, i + 4, end);
        if (kind == 0xDA) {
            scanned = true;
            end = behind_scan(s, end);
        }
        if (is_needed(kind, content)) buf_add(to, str_slice(s, i, end));
        unsigned turned = kind == 0xE1 && str_starts(content, S("Exif\0\0"))
                              ? orientation(str_slice(content, 6, content.n))
                              : 1;
        if (turned > 1) add_orientation(to, turned);
        i = end;
    }
    return scanned;
}

/* ---- PNG (ISO/IEC 15948, 5.3) ---- */

static bool bare_png(str s, buf *to) {
    static const char *const beside[] = {"eXIf", "tEXt", "zTXt", "iTXt", "tIME"};
    buf_add(to, str_slice(s, 0, 8));
    for (size_t i = 8; i + 12 <= s.n;) {
        size_t n = be32(s, i);
        if (n > s.n - i - 12) return false;
        str name = str_slice(s, i + 4, i + 8);
        bool needed = true;
        for (size_t k = 0; k < sizeof beside / sizeof *beside; k++)
            needed = needed && !str_eq(name, str_z(beside[k]));
        if (needed) buf_add(to, str_slice(s, i, i + 12 + n));
        i += 12 + n;
        if (str_eq(name, S("IEND"))) return true;
    }
    return false;
}

/* ---- WebP (RFC 9649) ---- */

static bool bare_webp(str s, buf *to) {
    size_t total = le32(s, 4) + 8;
    if (total > s.n || total < 12) return false;
    buf_add(to, str_slice(s, 0, 12));
    for (size_t i = 12; i + 8 <= total;) {
        size_t n = le32(s, i + 4), end = i + 8 + n + n % 2, from = to->n;
        if (n > total - i - 8) return false;
        if (end > total) end = total;
        str name = str_slice(s, i, i + 4);
        if (!str_eq(name, S("EXIF")) && !str_eq(name, S("XMP "))) buf_add(to, str_slice(s, i, end));
        /* Its flags say that there are such notes. */
        if (str_eq(name, S("VP8X")) && n && buf_ok(to)) to->p[from + 8] &= (char)~0x0C;
        i = end;
    }
    if (!buf_ok(to) || to->n < 20) return false;
    for (size_t i = 0; i < 4; i++) to->p[4 + i] = (char)((to->n - 8) >> (8 * i));
    return true;
}

bool picture_bare(arena *a, str bytes, str *ret) {
    str type = picture_type(bytes);
    BUF_AUTO buf b = BUF_MAX(bytes.n + 1024);
    bool ok = str_eq(type, S("image/jpeg"))   ? bare_jpeg(bytes, &b)
              : str_eq(type, S("image/png"))  ? bare_png(bytes, &b)
              : str_eq(type, S("image/webp")) ? bare_webp(bytes, &b)
                                              : false;
    if (str_eq(type, S("image/gif"))) {
        *ret = bytes;
        return true;
    }
    if (!ok || !buf_ok(&b)) return false;
    *ret = str_copy(a, buf_str(&b));
    return true;
}
