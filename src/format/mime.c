#include "format/mime.h"

#include <string.h>

#include "base/buf.h"
#include "format/html.h"
#include "format/mime_charset.h"
#include "format/mime_header.h"
#include "format/mime_parts.h"
#include "format/mime_text.h"

const struct mime_limits mime_default_limits = {
    .parts = 1000,
    .depth = 50,
    .header_bytes = 1 << 20,
    .text_bytes = 2 << 20,
};

enum { REFERENCES_MAX = 50, SUBJECT_BYTES = 2000 };

size_t mime_body_offset(str raw) {
    for (size_t i = 0; i < raw.n;) {
        size_t end = str_find_char(raw, '\n', i);
        if (end == SIZE_MAX) return raw.n;
        if (end == i || (end == i + 1 && raw.p[i] == '\r')) return end + 1;
        i = end + 1;
    }
    return raw.n;
}

/* "From someone Mon Jan  1 ..." before the header, as mbox files have it. */
static str without_mbox_line(str raw) {
    while (raw.n && (raw.p[0] == '\r' || raw.p[0] == '\n')) raw = str_slice(raw, 1, raw.n);
    if (!str_starts(raw, S("From ")) && !str_starts(raw, S(">From "))) return raw;
    size_t end = str_find_char(raw, '\n', 0);
    return end == SIZE_MAX ? raw : str_slice(raw, end + 1, raw.n);
}

/* Old programs end lines with CR alone. */
static str with_line_ends(arena *a, str raw) {
    if (str_has(raw, '\n') || !str_has(raw, '\r')) return raw;
    char *p = arena_copy(a, raw.p, raw.n);
    for (size_t i = 0; i < raw.n; i++)
        if (p[i] == '\r') p[i] = '\n';
    return (str){p, raw.n};
}

/* The header block cut to its limit, and without NUL, at which the parser's strings would end. */
static str with_tame_header(arena *a, str raw, const struct mime_limits *limits,
                            struct mime_problems *problems) {
    size_t body = mime_body_offset(raw), head = body;
    bool cut = head > limits->header_bytes;
    if (!cut && !memchr(raw.p, 0, head)) return raw;
    if (cut) {
        head = limits->header_bytes;
        while (head && raw.p[head - 1] != '\n') head--;
        mime_problem(problems, S("The header of the letter is too long and is read only up to a limit."));
    }
    char *p = arena_alloc(a, head + 1 + raw.n - body);
    size_t n = 0;
    for (size_t i = 0; i < head; i++)
        if (raw.p[i]) p[n++] = raw.p[i];
    if (cut) p[n++] = '\n';
    memcpy(p + n, raw.p + body, raw.n - body);
    return (str){p, n + raw.n - body};
}

/* Each part costs the parser kilobytes whatever its size, so a multipart letter ends where it has far more
 * lines that look like boundaries ("--" and no space) than it may have parts. */
static str with_few_parts(arena *a, str raw, const struct mime_limits *limits,
                          struct mime_problems *problems) {
    size_t most = limits->parts * 20, seen = 0;
    if (raw.n < most * 4) return raw;
    str lowered = str_lower(a, str_slice(raw, 0, 1 << 20));
    if (str_find(lowered, S("boundary"), 0) == SIZE_MAX) return raw;
    for (size_t at = 0; at < raw.n;) {
        size_t end = str_find_char(raw, '\n', at);
        size_t n = (end == SIZE_MAX ? raw.n : end) - at;
        bool marks = n > 2 && n < 80 && raw.p[at] == '-' && raw.p[at + 1] == '-' &&
                     !str_has(str_slice(raw, at, at + n), ' ');
        if (marks && ++seen > most) {
            mime_problem(problems, S("The letter has far too many parts; the last ones are not shown."));
            return str_slice(raw, 0, at);
        }
        if (end == SIZE_MAX) break;
        at = end + 1;
    }
    return raw;
}

static bool field_says(const mime_field_list *fields, str name, str word) {
    str value = str_trim(mime_field_first(fields, name));
    return str_starts_nocase(value, word);
}

static bool null_path(const mime_field_list *fields) {
    return mime_field_has(fields, S("Return-Path")) &&
           str_eq(str_trim(mime_field_first(fields, S("Return-Path"))), S("<>"));
}

/* RFC 3834 and what programs wrote before it. What the MIME types said stands: a report is one, whatever else
 * the header claims. */
static mime_machine machine_of(const mime_field_list *f, const struct mime_letter *l) {
    if (l->machine != MIME_PERSON) return l->machine;
    bool daemon = l->from.n && str_starts_nocase(l->from.v[0].address, S("mailer-daemon@"));
    if (daemon || mime_field_has(f, S("X-Failed-Recipients"))) return MIME_BOUNCE;
    bool submitted = mime_field_has(f, S("Auto-Submitted")) && !field_says(f, S("Auto-Submitted"), S("no"));
    if (submitted || mime_field_has(f, S("X-Autoreply")) || mime_field_has(f, S("X-Autorespond")) ||
        mime_field_has(f, S("X-Autoresponder")) || field_says(f, S("Precedence"), S("auto_reply")) ||
        field_says(f, S("X-Precedence"), S("auto_reply")))
        return MIME_AUTO_REPLY;
    if (null_path(f)) return MIME_BOUNCE;
    if (mime_field_has(f, S("List-Id")) || field_says(f, S("Precedence"), S("list")) ||
        field_says(f, S("Precedence"), S("bulk")))
        return MIME_LIST;
    return MIME_PERSON;
}

/* Mass mail of any kind, and programs that say so outright (RFC 3834, 2; RFC 2369, 2919, 8058). */
static bool wants_no_answer(const mime_field_list *f, mime_machine machine) {
    str suppress = str_trim(mime_field_first(f, S("X-Auto-Response-Suppress")));
    if (machine != MIME_PERSON || field_says(f, S("Precedence"), S("junk"))) return true;
    if (suppress.n && !str_starts_nocase(suppress, S("none"))) return true;
    for (size_t i = 0; i < f->n; i++)
        if (str_starts_nocase(f->v[i].name, S("List-")) || str_eq_nocase(f->v[i].name, S("X-Loop")) ||
            str_eq_nocase(f->v[i].name, S("Feedback-ID")))
            return true;
    return false;
}

static void read_header(arena *a, const mime_field_list *f, struct mime_letter *l) {
    str_list ids = {0};
    l->subject = str_clip_utf8(mime_decode(a, mime_field_first(f, S("Subject"))), SUBJECT_BYTES);
    mime_ids(a, mime_field_first(f, S("Message-ID")), false, 1, &ids);
    l->message_id = ids.n ? ids.v[0] : S("");
    mime_ids(a, mime_field_first(f, S("In-Reply-To")), false, REFERENCES_MAX, &l->references);
    mime_ids(a, mime_field_first(f, S("References")), true, REFERENCES_MAX, &l->references);
    mime_addresses(a, mime_field_first(f, S("From")), &l->from);
    mime_addresses(a, mime_field_first(f, S("Sender")), &l->sender);
    mime_addresses(a, mime_field_first(f, S("Reply-To")), &l->reply_to);
    for (size_t i = 0; i < f->n; i++) {
        if (str_eq_nocase(f->v[i].name, S("To"))) mime_addresses(a, f->v[i].value, &l->to);
        if (str_eq_nocase(f->v[i].name, S("Cc"))) mime_addresses(a, f->v[i].value, &l->cc);
    }
    l->sent_at = mime_date(mime_field_first(f, S("Date")), &l->zone_minutes);
}

/* Bytes that are no mail at all are shown as the text they may be. */
static void read_headless(arena *a, str raw, const struct mime_limits *limits, struct mime_problems *problems,
                          struct mime_letter *l) {
    str text = mime_clean(a, mime_to_utf8(a, str_slice(raw, 0, limits->text_bytes), S("")), false);
    l->text = mime_trim_text(str_clip_utf8(text, limits->text_bytes));
    l->parts = 1;
    mime_problem(problems, S("The letter has no header; its bytes are shown as text."));
}

err mime_read(arena *a, str raw, const struct mime_limits *limits, struct mime_letter *ret_letter) {
    struct mime_letter l = {0};
    l.subject = l.message_id = l.text = l.html = S("");
    struct mime_problems problems = {a, S("")};
    raw = without_mbox_line(with_line_ends(a, raw));
    if (raw.n == 0) return err_set(ERR_INVALID, "The letter is empty.");
    raw = with_few_parts(a, with_tame_header(a, raw, limits, &problems), limits, &problems);
    size_t body = mime_body_offset(raw);
    mime_field_list fields;
    mime_fields(a, str_slice(raw, 0, body), &fields);
    if (fields.n == 0) {
        if (str_trim(raw).n == 0) return err_set(ERR_INVALID, "The letter has neither a header nor a text.");
        read_headless(a, raw, limits, &problems, &l);
    } else {
        mime_segment_list segments = {0};
        read_header(a, &fields, &l);
        mime_parts_read(a, raw, limits, &problems, &l, &segments);
        mime_body_join(a, &segments, limits, &problems, &l);
    }
    l.machine = machine_of(&fields, &l);
    l.no_auto_answer = wants_no_answer(&fields, l.machine);
    l.problem = problems.text;
    *ret_letter = l;
    return ERR_NONE;
}
