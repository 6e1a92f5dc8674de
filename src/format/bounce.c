#include "format/bounce.h"

#include <string.h>

#include "base/buf.h"
#include "format/json.h"

enum { TEXT_MAX = 64 << 10, ROW_LINES = 12, PARAGRAPH_MAX = 2000, NAME_MAX_BYTES = 998 };

/* What is read, and what has been found so far. */
struct reading {
    arena *a;
    const struct mime_letter *letter;
    str fields; /* the mail's own header */
    str head;   /* its words, down to the letter that came back */
    str low;    /* the same in lower case */
    struct bounce found;
};

/* ---- fields: "Name: value", continued on lines that begin with a blank ---- */

struct field {
    str name, value; /* the value as it stands there, line ends and all */
};

/* False at the end; an empty line gives a field without name. */
static bool next_field(str *rest, struct field *ret) {
    str line, more;
    while (str_line(rest, &line)) {
        size_t colon = str_find_char(line, ':', 0);
        if (!str_trim(line).n) {
            *ret = (struct field){{0}, {0}};
            return true;
        }
        if (colon == SIZE_MAX || line.p[0] == ' ' || line.p[0] == '\t') continue;
        const char *end = line.p + line.n;
        while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
            str before = *rest;
            if (!str_line(rest, &more) || !str_trim(more).n) {
                *rest = before;
                break;
            }
            end = more.p + more.n;
        }
        const char *value = line.p + colon + 1;
        *ret = (struct field){str_trim(str_slice(line, 0, colon)),
                              str_trim((str){value, (size_t)(end - value)})};
        return true;
    }
    return false;
}

static str header_of(str fields, str name) {
    struct field f;
    while (next_field(&fields, &f) && f.name.n)
        if (str_eq_nocase(f.name, name)) return f.value;
    return S("");
}

static bool has_any(str low, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_find(low, str_z(words[i]), 0) != SIZE_MAX) return true;
    return false;
}
#define HAS_ANY(low, words) has_any(low, words, sizeof(words) / sizeof *(words))

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "rfc822; a@b", "<a@b>", "a@b (comment)": the address. */
static str address_in(str s) {
    size_t at = str_find_char(s, '@', 0);
    if (at == SIZE_MAX) return S("");
    size_t from = at, to = at + 1;
    static const char ends[] = " \t\r\n<>()[]{},;:\"'=|";
    while (from > 0 && !strchr(ends, s.p[from - 1])) from--;
    while (to < s.n && !strchr(ends, s.p[to])) to++;
    while (to > at + 1 && s.p[to - 1] == '.') to--;
    return from < at && to > at + 1 ? str_slice(s, from, to) : S("");
}

/* "5.1.1" with nothing like it around; "" when there is none. */
static str status_in(str s) {
    for (size_t i = 0; i + 4 < s.n; i++) {
        if ((s.p[i] != '2' && s.p[i] != '4' && s.p[i] != '5') || s.p[i + 1] != '.') continue;
        if (i && (is_digit(s.p[i - 1]) || s.p[i - 1] == '.' || s.p[i - 1] == '-')) continue;
        size_t k = i + 2, first = k;
        while (k < s.n && is_digit(s.p[k])) k++;
        if (k == first || k - first > 3 || k + 1 >= s.n || s.p[k] != '.') continue;
        size_t second = ++k;
        while (k < s.n && is_digit(s.p[k])) k++;
        bool goes_on = k < s.n && (s.p[k] == '.' && k + 1 < s.n && is_digit(s.p[k + 1]));
        if (k > second && k - second <= 3 && !goes_on) return str_slice(s, i, k);
    }
    return S("");
}

/* A reply code of SMTP, 400 to 599, that begins a word; 0 when there is none. */
static int code_in(str s) {
    for (size_t i = 0; i + 2 < s.n; i++) {
        if (s.p[i] != '4' && s.p[i] != '5') continue;
        if (!is_digit(s.p[i + 1]) || !is_digit(s.p[i + 2]) || s.p[i + 1] > '7') continue;
        if (i && s.p[i - 1] != ' ' && s.p[i - 1] != ':' && s.p[i - 1] != ';' && s.p[i - 1] != '(' &&
            s.p[i - 1] != '#' && s.p[i - 1] != '\n')
            continue;
        if (i + 3 < s.n && !strchr(" -:,\r\n", s.p[i + 3])) continue;
        return (s.p[i] - '0') * 100 + (s.p[i + 1] - '0') * 10 + (s.p[i + 2] - '0');
    }
    return 0;
}

/* As one line of clean text, whatever the bytes were. */
static str one_line(arena *a, str s) {
    BUF_AUTO buf b = BUF_MAX(BOUNCE_SAYS_BYTES + 8);
    s = str_clip_utf8(s, 2 * BOUNCE_SAYS_BYTES);
    bool clean = str_is_utf8(s);
    /* A little more than is kept, so that the cut sees whether it splits a character. */
    for (size_t i = 0; i < s.n && b.n < BOUNCE_SAYS_BYTES + 4; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool control = clean && c == 0xC2 && (unsigned char)s.p[i + 1] < 0xA0; /* U+0080 to U+009F */
        if (c <= ' ' || c == 0x7f || control) {
            i += control;
            if (b.n && b.p[b.n - 1] != ' ') buf_add_char(&b, ' ');
        } else {
            buf_add_char(&b, c < 0x80 || clean ? (char)c : '?');
        }
    }
    return str_trim(str_copy(a, str_clip_utf8(buf_str(&b), BOUNCE_SAYS_BYTES)));
}

/* The bytes of a name or an address; "" when they cannot be one. */
static str name_of(arena *a, str s) { return s.n <= NAME_MAX_BYTES ? one_line(a, s) : S(""); }

/* ---- what the words weigh ---- */

/* Statuses such as 5.0.0 say only the class: what the words say is better. */
static bool says_little(str status) { return status.n < 5 || str_ends(status, S(".0.0")); }

/* A relay's words about another server's: what that server said counts. */
static str first_hand(str says, str low) {
    size_t quoted = str_find(low, S("server returned was:"), 0), open = str_find(low, S("-'"), 0);
    if (quoted != SIZE_MAX) return str_slice(says, quoted + 20, says.n);
    if (open == SIZE_MAX || open < 3 || !is_digit(low.p[open - 1])) return says;
    size_t close = str_find_char(low, '\'', open + 2);
    return close == SIZE_MAX ? says : str_slice(says, open - 3, close);
}

static void settle(arena *a, struct bounce_row *r) {
    r->says = one_line(a, r->says);
    str said = first_hand(r->says, str_lower(a, r->says)), inside = status_in(said);
    if (says_little(r->status) && inside.n) r->status = inside;
    if (!r->code) r->code = code_in(said);
    if (!r->code) r->code = code_in(r->says);
    r->reason = bounce_reason_of(said, r->status, r->code);
}

/* The words about one recipient: all of them when there is no other, else its paragraph. */
static str words_about(const struct reading *r, const struct bounce_row *row) {
    if (r->found.rows.n == 1) return r->low;
    size_t at = row->recipient.n ? str_find(r->low, str_lower(r->a, row->recipient), 0) : SIZE_MAX;
    if (at == SIZE_MAX) return S("");
    size_t end = str_find(r->low, S("\n\n"), at);
    return str_slice(r->low, at, end == SIZE_MAX || end > at + PARAGRAPH_MAX ? at + PARAGRAPH_MAX : end);
}

/* A server that took the recipient and refused the letter knows the address, whatever its words: some say
 * "user unknown" to what their filters do not like. And one that refused the sender said nothing of the
 * recipient. */
static void weigh_stage(const struct reading *r, struct bounce_row *row) {
    if (row->reason != BOUNCE_USER_UNKNOWN && row->reason != BOUNCE_HOST_UNKNOWN) return;
    str about = words_about(r, row);
    bounce_stage stage = bounce_stage_of(str_lower(r->a, row->says));
    if (stage == BOUNCE_AT_UNTOLD) stage = bounce_stage_of(about);
    if (stage == BOUNCE_AT_SENDER) row->reason = BOUNCE_REJECTED;
    bool unknown = row->reason == BOUNCE_USER_UNKNOWN && !str_ends(row->status, S(".1.1"));
    /* Some send RCPT and DATA at once; what they then made of the answers stands behind the address. */
    bool concluded = !says_little(row->status) && str_find(about, S(">... user unknown"), 0) != SIZE_MAX;
    /* One that speaks in statuses and says 5.0.0 does not vouch for it either. */
    bool vague = stage == BOUNCE_AT_UNTOLD && str_eq(row->status, S("5.0.0"));
    if (unknown && (vague || (stage == BOUNCE_AT_LETTER && !concluded))) row->reason = BOUNCE_FILTERED;
}

static void add_row(struct reading *r, struct bounce_row row) {
    if (r->found.rows.n >= BOUNCE_ROWS_MAX) return;
    row.recipient = name_of(r->a, row.recipient);
    *list_add(r->a, &r->found.rows) = row;
}

/* ---- delivery status (RFC 3464) ---- */

struct status_block {
    str original, last, action, status, diagnostic;
};

static void end_block(struct reading *r, struct status_block *k) {
    if ((k->last.n || k->original.n) && r->found.rows.n < BOUNCE_ROWS_MAX) {
        str last = address_in(k->last), original = address_in(k->original);
        struct bounce_row row = {.recipient = original.n ? original
                                              : last.n   ? last
                                                         : k->last,
                                 .status = status_in(k->status),
                                 .says = k->diagnostic,
                                 .delayed = str_starts_nocase(k->action, S("delayed"))};
        settle(r->a, &row);
        if (str_starts_nocase(k->action, S("delivered")) || str_starts_nocase(k->action, S("relayed")) ||
            str_starts_nocase(k->action, S("expanded")))
            row.reason = BOUNCE_DELIVERED;
        add_row(r, row);
    }
    *k = (struct status_block){0};
}

static void read_status(struct reading *r, str text) {
    struct status_block k = {0};
    struct field f;
    text = str_slice(text, 0, TEXT_MAX);
    while (next_field(&text, &f)) {
        /* "rfc822; a@b": the value behind its type. */
        size_t semicolon = str_find_char(f.value, ';', 0);
        str value = semicolon == SIZE_MAX ? f.value : str_trim(str_slice(f.value, semicolon + 1, f.value.n));
        if (!f.name.n)
            end_block(r, &k);
        else if (str_eq_nocase(f.name, S("Final-Recipient")))
            k.last = value;
        else if (str_eq_nocase(f.name, S("Original-Recipient")))
            k.original = value;
        else if (str_eq_nocase(f.name, S("X-Actual-Recipient")) && !k.original.n &&
                 !str_has(value, '|')) /* not the command that took its mail */
            k.original = value;
        else if (str_eq_nocase(f.name, S("Action")))
            k.action = f.value;
        else if (str_eq_nocase(f.name, S("Status")))
            k.status = f.value;
        else if (str_eq_nocase(f.name, S("Diagnostic-Code")))
            k.diagnostic = value;
    }
    end_block(r, &k);
}

/* A report whose parts cannot be told apart (its boundary is not the one it names) still has the fields. */
static void read_stray_status(struct reading *r, str body) {
    body = str_slice(body, 0, TEXT_MAX);
    str low = str_lower(r->a, body);
    size_t at = str_find(low, S("\nfinal-recipient:"), 0), end;
    if (at == SIZE_MAX) return;
    end = str_find(low, S("\n--"), at);
    /* Its block begins behind an empty line. */
    while (at > 0 && !(low.p[at] == '\n' && (low.p[at - 1] == '\n' || low.p[at - 1] == '\r') &&
                       (low.p[at - 1] == '\n' || (at > 1 && low.p[at - 2] == '\n'))))
        at--;
    read_status(r, str_slice(body, at, end == SIZE_MAX ? body.n : end));
    /* The fields are not words. */
    size_t fields = str_find(r->low, S("\nreporting-mta:"), 0);
    r->head = str_slice(r->head, 0, fields);
    r->low = str_slice(r->low, 0, fields);
}

/* ---- abuse reports (RFC 5965) ---- */

static void read_feedback(struct reading *r, str text) {
    struct field f;
    str type = S("abuse"), removal = S("");
    size_t before = r->found.rows.n;
    text = str_slice(text, 0, TEXT_MAX);
    for (str rest = text; next_field(&rest, &f);)
        if (str_eq_nocase(f.name, S("Feedback-Type")))
            type = f.value;
        else if (str_eq_nocase(f.name, S("Removal-Recipient")))
            removal = f.value;
    struct bounce_row row = {.says = one_line(r->a, type), .reason = BOUNCE_FEEDBACK};
    for (str rest = text; next_field(&rest, &f);) {
        if (!str_eq_nocase(f.name, S("Original-Rcpt-To"))) continue;
        row.recipient = address_in(f.value);
        if (!row.recipient.n) row.recipient = f.value;
        add_row(r, row);
    }
    if (r->found.rows.n > before) return;
    row.recipient = address_in(removal);
    add_row(r, row);
}

/* ---- the words of systems that know neither ---- */

/* In lower case: how the line begins that stands above the letter that came back. */
static const char *const returned[] = {"below this line",
                                       "original message",
                                       "this is a copy of",
                                       "copy of your message",
                                       "unsent message",
                                       "returned message",
                                       "message header",
                                       "the original message follows",
                                       "message text follows",
                                       "received message",
                                       "your message follows",
                                       "a copy of your",
                                       "original mail",
                                       "return-path:",
                                       "received:",
                                       "the header of the original",
                                       "content-type: message/rfc822",
                                       "content-type: text/rfc822-headers",
                                       "header of the original"};

static str above_returned(str text, str low) {
    str rest = low, line;
    while (rest.n) {
        size_t at = (size_t)(rest.p - low.p);
        if (!str_line(&rest, &line)) break;
        size_t from = 0;
        while (from < line.n && strchr(" \t-*=>_|#", line.p[from])) from++;
        line = str_slice(line, from, line.n);
        for (size_t i = 0; at && line.n && i < sizeof returned / sizeof *returned; i++)
            if (str_starts(line, str_z(returned[i])) && line.n < 200) return str_slice(text, 0, at);
    }
    return text;
}

/* A line that names a recipient and little else: "<a@b>:", "  a@b", "554 <a@b>... Host unknown". */
static bool names_recipient(str line, str *ret_address, bool *ret_reply) {
    str s = str_trim(line), address = address_in(s);
    if (!address.n || str_starts_nocase(s, S("to:")) || str_starts_nocase(s, S("cc:"))) return false;
    size_t at = (size_t)(address.p - s.p);
    bool brief = s.n <= address.n + at + 40 || code_in(s) || status_in(s).n;
    bool reply =
        at <= 6 && s.n > 4 && (s.p[0] == '4' || s.p[0] == '5') && is_digit(s.p[1]) && is_digit(s.p[2]);
    *ret_address = address;
    *ret_reply = reply;
    return (at <= 4 && brief) || reply;
}

static bool seen(const struct bounce *b, str address) {
    for (size_t i = 0; i < b->rows.n; i++)
        if (str_eq_nocase(b->rows.v[i].recipient, address)) return true;
    return false;
}

/* Where the words about this recipient end: at the next one, or after some lines. */
static size_t words_end(str head, str below, str address) {
    size_t end = (size_t)(below.p - head.p);
    str line, other;
    bool reply;
    for (int i = 0; i < ROW_LINES && str_line(&below, &line); i++) {
        if (names_recipient(line, &other, &reply) && !str_eq_nocase(other, address)) break;
        end = (size_t)(below.p - head.p);
    }
    return end;
}

/* The first address that is not the one the report was sent to. */
static str other_address(const struct reading *r) {
    str s = r->head;
    for (int tries = 0; tries < 20; tries++) {
        size_t at = str_find_char(s, '@', 0);
        if (at == SIZE_MAX) break;
        str address = address_in(s);
        bool own = r->letter->to.n && str_eq_nocase(address, r->letter->to.v[0].address);
        if (address.n && !own) return address;
        s = str_slice(s, at + 1, s.n);
    }
    return S("");
}

/* People write from such addresses too: of their letters nothing is read. */
static bool tells_of_failure(str low) {
    static const char *const words[] = {"not be delivered",
                                        "undeliver",
                                        "unable to deliver",
                                        "did not reach",
                                        "not deliver",
                                        "delivery failed",
                                        "delivery to the following",
                                        "returned to you",
                                        "error message",
                                        "failure",
                                        "not a member"};
    return HAS_ANY(low, words) || status_in(low).n;
}

/* `sure`: the mail is a report by its marks, not only by its looks. */
static void read_words(struct reading *r, str failed, bool sure) {
    str rest = r->head, line, address;
    size_t told = 0;
    bool reply;
    if (!sure && !tells_of_failure(r->low)) return;
    for (int tries = 0; rest.n && tries < BOUNCE_ROWS_MAX;) {
        size_t at = (size_t)(rest.p - r->head.p);
        if (!str_line(&rest, &line)) break;
        if (!names_recipient(line, &address, &reply) || seen(&r->found, address)) continue;
        tries++;
        size_t end = reply ? (size_t)(rest.p - r->head.p) : words_end(r->head, rest, address);
        struct bounce_row row = {.recipient = address, .says = str_slice(r->head, at, end)};
        settle(r->a, &row);
        if (row.reason == BOUNCE_UNDEFINED) {
            /* Some say it above the address. */
            if (told + PARAGRAPH_MAX < at) told = at - PARAGRAPH_MAX;
            struct bounce_row above = {.recipient = address, .says = str_slice(r->head, told, end)};
            settle(r->a, &above);
            if (above.reason != BOUNCE_UNDEFINED) row = above;
        }
        told = end;
        if (sure || row.reason != BOUNCE_UNDEFINED) add_row(r, row);
    }
    if (r->found.rows.n) return;
    struct bounce_row row = {.recipient = address_in(failed), .says = r->head};
    if (!row.recipient.n) row.recipient = other_address(r);
    settle(r->a, &row);
    if (row.reason != BOUNCE_UNDEFINED || (sure && row.recipient.n)) add_row(r, row);
}

/* What a diagnostic leaves out the words often say. */
static void fill_in(struct reading *r) {
    for (size_t i = 0; i < r->found.rows.n; i++) {
        struct bounce_row *row = &r->found.rows.v[i];
        if (row->says.n || row->reason == BOUNCE_DELIVERED) continue;
        size_t at = row->recipient.n ? str_find(r->head, row->recipient, 0) : SIZE_MAX;
        row->says = str_slice(r->head, at == SIZE_MAX ? 0 : at, r->head.n);
        settle(r->a, row);
    }
}

/* ---- notifications in JSON: Amazon's, by itself or in the envelope of its messenger ---- */

/* The object at the start, without what stands behind it, and with the long lines that were broken on the way
 * put together; "" when none ends. */
static str whole_object(arena *a, str text) {
    char *out = arena_alloc(a, text.n + 1);
    size_t n = 0;
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '!' && str_starts(str_slice(text, i + 1, text.n), S("\n "))) {
            i += 2;
            continue;
        }
        out[n++] = c;
        if (quoted && c == '\\' && i + 1 < text.n)
            out[n++] = text.p[++i];
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '}'))
            depth += c == '{' ? 1 : -1;
        if (depth == 0) return (str){out, n};
    }
    return S("");
}

static str json_word(arena *a, const json_t *object, const char *key) {
    str value;
    return json_take_str(object, key, &value) ? str_copy(a, value) : S("");
}

static void read_recipients(struct reading *r, const json_t *event, const char *key, struct bounce_row row) {
    const json_t *list = json_object_get(event, key);
    for (size_t i = 0; i < json_array_size(list) && i < BOUNCE_ROWS_MAX; i++) {
        const json_t *one = json_array_get(list, i);
        struct bounce_row mine = row;
        mine.recipient = json_is_string(one) ? str_copy(r->a, str_z(json_string_value(one)))
                                             : json_word(r->a, one, "emailAddress");
        if (!mine.recipient.n) continue;
        if (mine.reason == BOUNCE_UNDEFINED) {
            mine.status = status_in(json_word(r->a, one, "status"));
            mine.says = json_word(r->a, one, "diagnosticCode");
            settle(r->a, &mine);
        }
        add_row(r, mine);
    }
}

static void read_json(struct reading *r, int envelopes, str text) {
    JSON_AUTO json_t *json = NULL;
    text = str_trim(text);
    if (!str_starts(text, S("{")) || json_read(whole_object(r->a, text), &json)) return;
    if (str_eq(json_word(r->a, json, "Type"), S("Notification")) && envelopes)
        read_json(r, envelopes - 1, json_word(r->a, json, "Message"));
    const json_t *complaint = json_object_get(json, "complaint"),
                 *delivery = json_object_get(json, "delivery");
    str type = json_word(r->a, complaint, "complaintFeedbackType"),
        answer = one_line(r->a, json_word(r->a, delivery, "smtpResponse"));
    read_recipients(r, json_object_get(json, "bounce"), "bouncedRecipients", (struct bounce_row){0});
    read_recipients(r, complaint, "complainedRecipients",
                    (struct bounce_row){.says = one_line(r->a, type), .reason = BOUNCE_FEEDBACK});
    read_recipients(
        r, delivery, "recipients",
        (struct bounce_row){.status = status_in(answer), .says = answer, .reason = BOUNCE_DELIVERED});
}

/* ---- the whole ---- */

static bool type_is(const struct mime_attachment *m, const char *type) {
    return str_eq_nocase(m->type, str_z(type));
}

/* The letter that came back, or its header; "" when it is not there. */
static str returned_letter(struct reading *r, str body) {
    const struct mime_letter *l = r->letter;
    for (size_t i = 0; i < l->attachments.n; i++) {
        const struct mime_attachment *m = &l->attachments.v[i];
        if (type_is(m, "message/rfc822") || type_is(m, "text/rfc822-headers") || type_is(m, "message/global"))
            if (m->bytes.n) return m->bytes;
    }
    /* In a plain text its fields stand behind the words. */
    size_t at = str_find(str_lower(r->a, str_slice(body, 0, TEXT_MAX)), S("\nmessage-id:"), 0);
    return at == SIZE_MAX ? S("") : str_slice(body, at + 1, body.n);
}

/* A complaint of the one large provider that does not follow RFC 5965. */
static void read_complaint(struct reading *r, str inner) {
    str recipient = header_of(inner, S("X-HmXmrOriginalRecipient"));
    if (!recipient.n || !str_starts_nocase(r->letter->subject, S("complaint about message from"))) return;
    add_row(r, (struct bounce_row){
                   .recipient = address_in(recipient), .says = S("abuse"), .reason = BOUNCE_FEEDBACK});
}

/* Systems that mark their reports in no way are known by who writes, and how they call it. */
static bool looks_like_report(const struct reading *r, bool *ret_sure) {
    static const char *const senders[] = {"mailer-daemon", "mailer_daemon", "postmaster",   "post_master",
                                          "mail-daemon",   "mail delivery", "maildelivery", "mdaemon"};
    static const char *const subjects[] = {"undeliver",          "delivery status", "delivery fail",
                                           "mail delivery",      "delivery report", "delivery notif",
                                           "returned mail",      "failure notice",  "mail system error",
                                           "returned to sender", "mail failure"};
    str from = str_lower(r->a, header_of(r->fields, S("From"))),
        subject = str_lower(r->a, r->letter->subject);
    bool daemon = HAS_ANY(from, senders), report = HAS_ANY(subject, subjects);
    *ret_sure = daemon && report;
    if (daemon) return true;
    if (!from.n || str_ends(from, S("<>"))) return report;
    /* Nobody reads what is written back to these. */
    bool nobody =
        str_find(from, S("no-reply@"), 0) != SIZE_MAX || str_find(from, S("noreply@"), 0) != SIZE_MAX;
    if (nobody && str_find(r->low, S("could not be delivered to: <"), 0) != SIZE_MAX) return true;
    /* A list's answer to those who may not write to it. */
    return str_find(subject, S("not member"), 0) != SIZE_MAX && str_starts(r->low, S("you are not a member"));
}

/* Of those that come as bounces do, without a sender to answer to. */
static bool says_away(const struct mime_letter *l) {
    static const char *const begins[] = {"automatic reply",
                                         "auto reply",
                                         "autoreply",
                                         "auto-reply",
                                         "out of office",
                                         "out of the office",
                                         "automatische antwort",
                                         "r\u00e9ponse automatique",
                                         "abwesenheit"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (str_starts_nocase(l->subject, str_z(begins[i]))) return true;
    return false;
}

static void read_all(struct reading *r, str body) {
    const struct mime_letter *l = r->letter;
    str failed = header_of(r->fields, S("X-Failed-Recipients")), inner = returned_letter(r, body);
    for (size_t i = 0; i < l->attachments.n; i++) {
        const struct mime_attachment *m = &l->attachments.v[i];
        if (type_is(m, "message/delivery-status") || type_is(m, "message/global-delivery-status"))
            read_status(r, m->bytes);
        if (type_is(m, "message/feedback-report")) read_feedback(r, m->bytes);
    }
    read_complaint(r, inner);
    if (!r->found.rows.n) read_json(r, 1, r->head);
    bool sure = false, looks = looks_like_report(r, &sure), away = !looks && !failed.n && says_away(l);
    sure = sure || l->machine == MIME_BOUNCE || failed.n;
    if (!r->found.rows.n && !away && (sure || looks)) {
        read_stray_status(r, body);
        if (!r->found.rows.n) read_words(r, failed, sure);
    }
    fill_in(r);
    for (size_t i = 0; i < r->found.rows.n; i++) weigh_stage(r, &r->found.rows.v[i]);
    if (!r->found.rows.n && (l->machine == MIME_AUTO_REPLY || (away && sure)))
        add_row(r, (struct bounce_row){.recipient = l->from.n ? l->from.v[0].address : S(""),
                                       .says = one_line(r->a, l->text),
                                       .reason = BOUNCE_VACATION});
    str id = str_slice(header_of(inner, S("Message-ID")), 0, NAME_MAX_BYTES);
    size_t open = str_find_char(id, '<', 0), close = str_find_char(id, '>', 0);
    if (open != SIZE_MAX && close != SIZE_MAX && close > open)
        r->found.message_id = name_of(r->a, str_slice(id, open + 1, close));
}

bool bounce_read(arena *a, str raw, const struct mime_letter *letter, struct bounce *ret_bounce) {
    if (str_find_char(raw, '\n', 0) == SIZE_MAX && str_has(raw, '\r')) {
        /* Lines of an old system that end in CR alone, as mime_read reads them too. */
        char *lines = arena_copy(a, raw.p, raw.n);
        for (size_t i = 0; i < raw.n; i++)
            if (lines[i] == '\r') lines[i] = '\n';
        raw = (str){lines, raw.n};
    }
    size_t at = mime_body_offset(raw);
    str body = str_slice(raw, at, raw.n), text = str_trim(letter->text).n ? letter->text : body;
    text = str_clip_utf8(text, TEXT_MAX);
    struct reading r = {.a = a, .letter = letter, .fields = str_slice(raw, 0, at), .low = str_lower(a, text)};
    r.head = above_returned(text, r.low);
    r.low = str_slice(r.low, 0, r.head.n);
    read_all(&r, body);
    if (!r.found.rows.n) return false;
    *ret_bounce = r.found;
    return true;
}
