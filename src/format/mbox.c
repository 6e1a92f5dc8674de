#include "format/mbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "format/mime.h"
#include "format/mime_header.h"

enum { LINE_MAX_BYTES = 400, HEAD_FIELDS_BYTES = 64 << 10 };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "16:05" and a year of four digits stand in it. */
static bool has_date(str line) {
    bool clock = false, year = false;
    line = str_slice(line, 0, LINE_MAX_BYTES);
    for (size_t i = 5; i + 4 < line.n + 1 && i < line.n; i++) {
        if (i + 4 < line.n && is_digit(line.p[i]) && is_digit(line.p[i + 1]) && line.p[i + 2] == ':' &&
            is_digit(line.p[i + 3]) && is_digit(line.p[i + 4]))
            clock = true;
        bool starts = line.p[i - 1] == ' ';
        if (starts && i + 4 <= line.n && ((line.p[i] == '1' && line.p[i + 1] == '9') || line.p[i] == '2') &&
            is_digit(line.p[i + 1]) && is_digit(line.p[i + 2]) && is_digit(line.p[i + 3]) &&
            (i + 4 == line.n || !is_digit(line.p[i + 4])))
            year = true;
    }
    return clock && year;
}

/* A line that a mail's header begins with. */
static bool is_header(str line) {
    static const char *const known[] = {
        "from:",        "to:",           "date:",      "subject:",
        "received:",    "return-path:",  "message-id", "mime-version:",
        "delivered-to", "content-type:", "status:",    "x-",
        "envelope-to:", "dkim-",         "arc-",       "authentication-results:",
        "reply-to:",    "sender:",       "cc:"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_starts_nocase(line, str_z(known[i]))) return str_has(str_slice(line, 0, 80), ':');
    return false;
}

bool mbox_begins(str line, str next, bool after_empty) {
    if (!str_starts(line, S("From "))) return false;
    if (after_empty) return has_date(line) || is_header(next);
    return has_date(line) && is_header(next);
}

int64_t mbox_date(str line) {
    int zone;
    if (!str_starts(line, S("From ")) || !has_date(line)) return 0;
    line = str_slice(line, 0, LINE_MAX_BYTES);
    /* Digits of the address are no date. */
    size_t at = str_find_char(line, ' ', 5);
    return at == SIZE_MAX ? 0 : mime_date(str_slice(line, at, line.n), &zone);
}

/* Is there ">From " (with any number of '>') at the line that begins at `at`? */
static bool is_quoted(str s, size_t at) {
    size_t i = at;
    while (i < s.n && s.p[i] == '>') i++;
    return i > at && s.n - i >= 5 && memcmp(s.p + i, "From ", 5) == 0;
}

static str without_last_empty_line(str s) {
    if (str_ends(s, S("\r\n\r\n"))) return str_slice(s, 0, s.n - 2);
    if (str_ends(s, S("\n\n"))) return str_slice(s, 0, s.n - 1);
    return s;
}

str mbox_mail(arena *a, str bytes) {
    str s = without_last_empty_line(bytes);
    char *out = NULL;
    size_t n = 0, from = 0;
    for (size_t at = 0; at < s.n;) {
        if (s.p[at] == '>' && is_quoted(s, at)) {
            if (!out) out = arena_alloc(a, s.n);
            memcpy(out + n, s.p + from, at - from);
            n += at - from;
            from = at + 1;
        }
        const char *end = memchr(s.p + at, '\n', s.n - at);
        if (!end) break;
        at = (size_t)(end - s.p) + 1;
    }
    if (!out) return s;
    memcpy(out + n, s.p + from, s.n - from);
    return (str){out, n + s.n - from};
}

static int64_t date_behind_semicolon(str value) {
    int zone;
    size_t at = value.n;
    while (at && value.p[at - 1] != ';') at--;
    return at ? mime_date(str_slice(value, at, value.n), &zone) : 0;
}

/* Bits as Mozilla writes them: 0002 answered, 0008 deleted. */
static long mozilla_status(str value) {
    char text[16] = {0};
    value = str_trim(value);
    memcpy(text, value.p ? value.p : "", value.n < 15 ? value.n : 15);
    return strtol(text, NULL, 16);
}

void mail_peek(arena *a, str head, struct mail_peek *ret) {
    struct mail_peek p = {.from = S("")};
    mime_field_list fields;
    mime_address_list from = {0};
    str normal;
    int zone;
    size_t end = mime_body_offset(head);
    mime_fields(a, str_slice(head, 0, end < HEAD_FIELDS_BYTES ? end : HEAD_FIELDS_BYTES), &fields);
    p.received_at = date_behind_semicolon(mime_field_first(&fields, S("Received")));
    p.sent_at = mime_date(mime_field_first(&fields, S("Date")), &zone);
    mime_addresses(a, mime_field_first(&fields, S("From")), &from);
    if (from.n && address_normal(a, from.v[0].address, &normal)) p.from = str_lower(a, normal);
    str status = mime_field_first(&fields, S("X-Status"));
    long mozilla = mozilla_status(mime_field_first(&fields, S("X-Mozilla-Status")));
    p.answered = str_has(status, 'A') || (mozilla & 0x0002);
    p.deleted = str_has(status, 'D') || (mozilla & 0x0008);
    p.draft = str_has(status, 'T') || mime_field_has(&fields, S("X-Mozilla-Draft-Info"));
    *ret = p;
}
