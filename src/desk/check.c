#include "desk/check.h"

#include <stdio.h>
#include <unictype.h>
#include <unistd.h>
#include <unistr.h>

#include "format/mime.h"

static bool is_control(char c) { return (unsigned char)c < 0x20 || c == 0x7f; }

err check_line_or_empty(const char *what, str text, size_t max_bytes, str *ret_line) {
    str line = str_trim(text);
    if (line.n > max_bytes) return err_set(ERR_INVALID, "%s is longer than %zu bytes.", what, max_bytes);
    if (!str_is_utf8(line)) return err_set(ERR_INVALID, "%s is not valid UTF-8.", what);
    for (size_t i = 0; i < line.n; i++) {
        if (is_control(line.p[i])) {
            return err_set(ERR_INVALID, "%s must be one line without control characters.", what);
        }
    }
    *ret_line = line.n ? line : S("");
    return ERR_NONE;
}

err check_line(const char *what, str text, size_t max_bytes, str *ret_line) {
    str line;
    TRY(check_line_or_empty(what, text, max_bytes, &line));
    if (line.n == 0) return err_set(ERR_INVALID, "%s is missing.", what);
    *ret_line = line;
    return ERR_NONE;
}

static bool steers(ucs4_t c) {
    return (c >= 0x80 && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

err check_sentence(const char *what, str text, size_t max_bytes, str *ret_line) {
    str line;
    bool says = false;
    TRY(check_line(what, text, max_bytes, &line));
    for (size_t i = 0; i < line.n;) {
        ucs4_t c;
        i += (size_t)u8_mbtoucr(&c, (const uint8_t *)line.p + i, line.n - i);
        if (steers(c)) return err_set(ERR_INVALID, "%s must be one line without control characters.", what);
        /* The fillers of Hangul are letters that nobody sees. */
        says = says || (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L) &&
                        !uc_is_property_default_ignorable_code_point(c));
    }
    if (!says) return err_set(ERR_INVALID, "%s must be a sentence in words.", what);
    *ret_line = line;
    return ERR_NONE;
}

err check_sentence_or_empty(const char *what, str text, size_t max_bytes, str *ret_line) {
    if (str_trim(text).n) return check_sentence(what, text, max_bytes, ret_line);
    *ret_line = S("");
    return ERR_NONE;
}

err check_text(arena *a, const char *what, str text, size_t max_bytes, str *ret_text) {
    if (text.n > max_bytes) return err_set(ERR_INVALID, "%s is longer than %zu bytes.", what, max_bytes);
    if (!str_is_utf8(text)) return err_set(ERR_INVALID, "%s is not valid UTF-8.", what);
    char *to = arena_alloc(a, text.n);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\r') {
            if (i + 1 < text.n && text.p[i + 1] == '\n') continue;
            c = '\n';
        }
        if (is_control(c) && c != '\n' && c != '\t') {
            return err_set(ERR_INVALID, "%s holds control characters.", what);
        }
        to[n++] = c;
    }
    *ret_text = (str){to, n};
    return ERR_NONE;
}

err check_email(arena *a, str text, str *ret_email) {
    str normal;
    str typed = str_trim(text);
    if (!str_is_utf8(typed) || !address_normal(a, typed, &normal)) {
        return err_set(ERR_INVALID, "\"%.*s\" is not a mail address; it looks like name@example.org.",
                       STR_FMT(str_is_utf8(typed) ? str_clip_utf8(typed, 100) : S("This")));
    }
    *ret_email = str_lower(a, normal);
    return ERR_NONE;
}

static bool zone_shape(str zone) {
    if (zone.n == 0 || zone.n > 64 || zone.p[0] == '/' || str_find(zone, S(".."), 0) != SIZE_MAX)
        return false;
    for (size_t i = 0; i < zone.n; i++) {
        char c = zone.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '/' && c != '_' && c != '-' && c != '+') return false;
    }
    return true;
}

err check_zone(str zone) {
    char path[128];
    if (str_eq(zone, S("UTC"))) return ERR_NONE;
    if (zone_shape(zone)) {
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", STR_FMT(zone));
        if (access(path, R_OK) == 0) return ERR_NONE;
    }
    return err_set(ERR_INVALID, "The time zone is not one this machine knows; try UTC or Europe/Berlin.");
}

err check_language(str language) {
    bool ok = language.n == 2 || language.n == 3 || language.n == 5;
    for (size_t i = 0; ok && i < language.n; i++) {
        char c = language.p[i];
        if (language.n == 5 && i >= 2)
            ok = i == 2 ? c == '-' : c >= 'A' && c <= 'Z';
        else
            ok = c >= 'a' && c <= 'z';
    }
    return ok ? ERR_NONE : err_set(ERR_INVALID, "The language must be a code such as en, de or pt-BR.");
}
