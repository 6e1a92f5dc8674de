#include "mail/lmtp_words.h"

bool lmtp_is_ascii(str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}

bool lmtp_take_path(str *rest, str *ret_path) {
    *rest = str_trim(*rest);
    if (rest->n < 2 || rest->p[0] != '<') return false;
    bool quoted = false, escaped = false;
    size_t end = 1;
    for (;; end++) {
        if (end == rest->n) return false;
        unsigned char c = (unsigned char)rest->p[end];
        if (c < ' ' || c == 0x7F) return false;
        if (!escaped && c == '"') quoted = !quoted;
        escaped = quoted && !escaped && c == '\\';
        if (quoted) continue;
        if (c == '>') break;
        if (c == ' ' || c == '<') return false;
    }
    str path = str_slice(*rest, 1, end);
    str after = str_slice(*rest, end + 1, rest->n);
    if (after.n && after.p[0] != ' ') return false;
    if (path.n && path.p[0] == '@') {
        size_t colon = str_find_char(path, ':', 0);
        if (colon == SIZE_MAX) return false;
        path = str_slice(path, colon + 1, path.n);
    }
    if (path.n > 320 || !str_is_utf8(path)) return false;
    *rest = str_trim(after);
    *ret_path = path;
    return true;
}

bool lmtp_take_word(str *rest, str word) {
    if (!str_starts_nocase(*rest, word)) return false;
    *rest = str_slice(*rest, word.n, rest->n);
    return true;
}

const char *lmtp_recipient_answer(err code) {
    switch (code) {
    case ERR_NONE: return "250 2.1.5 Recipient noted\r\n";
    case ERR_MISSING: return "550 5.1.1 No such inbox here\r\n";
    case ERR_FULL: return "452 4.3.1 No space left; try again later\r\n";
    case ERR_INVALID:
    case ERR_DENIED:
    case ERR_CONFLICT:
    case ERR_LIMIT:
    case ERR_BUSY:
    case ERR_IO:
    case ERR_DATABASE:
    case ERR_NETWORK:
    case ERR_INTERNAL: break;
    }
    return "451 4.3.0 The desk cannot look the address up now; try again later\r\n";
}

const char *lmtp_keep_answer(err code) {
    switch (code) {
    case ERR_NONE: return "250 2.0.0 Kept";
    case ERR_FULL: return "452 4.3.1 No space left; try again later";
    case ERR_LIMIT: return "552 5.3.4 The letter is larger than this inbox takes";
    case ERR_INVALID:
    case ERR_MISSING:
    case ERR_DENIED:
    case ERR_CONFLICT:
    case ERR_BUSY:
    case ERR_IO:
    case ERR_DATABASE:
    case ERR_NETWORK:
    case ERR_INTERNAL: break;
    }
    return "451 4.3.0 The desk cannot keep the letter now; try again later";
}
