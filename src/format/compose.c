#include "format/compose.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "format/compose_encode.h"
#include "format/html.h"
#include "format/idn.h"
#include "format/mime_charset.h"

enum { MAIL_MAX = 100 << 20, REFERENCES_MAX = 20, LINE_MAX_BYTES = 998 };

static bool breaks(str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0') return true;
    return false;
}

static err check_field(str s, const char *what) {
    if (breaks(s) || !str_is_utf8(s))
        return err_set(ERR_INVALID, "The %s of a mail must be one line of text.", what);
    return ERR_NONE;
}

static err check_address(const struct mime_address *m) {
    ARENA_AUTO arena *a = arena_new(1 << 16);
    str normal;
    TRY(check_field(m->name, "name"));
    TRY(check_field(m->address, "address"));
    if (!address_normal(a, m->address, &normal))
        return err_set(ERR_INVALID, "\"%.*s\" is not a mail address.", STR_FMT(m->address));
    return ERR_NONE;
}

static err check_id(str id, bool needed) {
    TRY(check_field(id, "message id"));
    if (id.n == 0 && !needed) return ERR_NONE;
    bool good = id.n > 0 && id.n <= LINE_MAX_BYTES - 40;
    for (size_t i = 0; i < id.n && good; i++)
        good = (unsigned char)id.p[i] > ' ' && id.p[i] != '<' && id.p[i] != '>' && id.p[i] != 0x7F;
    return good ? ERR_NONE : err_set(ERR_INVALID, "A message id is empty or malformed.");
}

static err check_attachment(const struct mime_attachment *m) {
    TRY(check_field(m->name, "file name"));
    TRY(check_field(m->type, "content type"));
    TRY(check_field(m->content_id, "content id"));
    size_t slash = str_find_char(m->type, '/', 0);
    bool good = slash != SIZE_MAX && slash > 0 && slash + 1 < m->type.n && m->type.n <= 127 &&
                str_find_char(m->type, '/', slash + 1) == SIZE_MAX;
    for (size_t i = 0; i < m->type.n && good; i++) {
        char c = m->type.p[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               strchr("/-+._!#$&^", c);
    }
    if (!good) return err_set(ERR_INVALID, "\"%.*s\" is not a content type.", STR_FMT(m->type));
    return check_id(m->content_id, false);
}

static err check_mail(const struct compose_mail *m) {
    TRY(check_address(&m->from));
    for (size_t i = 0; i < m->to.n; i++) TRY(check_address(&m->to.v[i]));
    for (size_t i = 0; i < m->cc.n; i++) TRY(check_address(&m->cc.v[i]));
    struct mime_address reply_to = {.address = m->reply_to};
    if (m->reply_to.n) TRY(check_address(&reply_to));
    if (m->to.n + m->cc.n == 0) return err_set(ERR_INVALID, "The mail has no recipient.");
    TRY(check_field(m->subject, "subject"));
    TRY(check_id(m->unsubscribe, false));
    TRY(check_id(m->message_id, true));
    TRY(check_id(m->in_reply_to, false));
    for (size_t i = 0; i < m->references.n; i++) TRY(check_id(m->references.v[i], true));
    for (size_t i = 0; i < m->attachments.n; i++) TRY(check_attachment(&m->attachments.v[i]));
    return ERR_NONE;
}

static void put_addresses(arena *a, buf *out, const char *name, const struct mime_address *v, size_t n) {
    if (n == 0) return;
    struct header_writer h = {out, 0};
    header_start(&h, name);
    for (size_t i = 0; i < n; i++) {
        str address;
        if (!idn_address(a, str_trim(v[i].address), &address)) address = str_trim(v[i].address);
        if (str_trim(v[i].name).n) {
            header_phrase(&h, v[i].name);
            header_word(&h, str_fmt(a, "<%.*s>", STR_FMT(address)));
        } else {
            header_word(&h, address);
        }
        if (i + 1 < n) header_glue(&h, S(","));
    }
    header_end(&h);
}

static void put_ids(arena *a, buf *out, const char *name, const str *v, size_t n) {
    if (n == 0) return;
    struct header_writer h = {out, 0};
    header_start(&h, name);
    for (size_t i = 0; i < n; i++) header_word(&h, str_fmt(a, "<%.*s>", STR_FMT(v[i])));
    header_end(&h);
}

/* RFC 5322, 3.6.4: when there are too many, the first and the last ones carry the thread. */
static void put_references(arena *a, buf *out, const struct compose_mail *m) {
    str_list ids = {0};
    size_t n = m->references.n;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || i + REFERENCES_MAX > n) *list_add(a, &ids) = m->references.v[i];
    bool has = m->in_reply_to.n == 0 || (ids.n && str_eq(ids.v[ids.n - 1], m->in_reply_to));
    if (!has) *list_add(a, &ids) = m->in_reply_to;
    put_ids(a, out, "References", ids.v, ids.n);
}

/* The civil date of a count of days since 1970-01-01 (Howard Hinnant's civil_from_days). */
static void civil(int64_t days, int *ret_year, int *ret_month, int *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    *ret_day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *ret_month = (int)(m < 10 ? m + 3 : m - 9);
    *ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

static void put_date(buf *out, int64_t at, int zone) {
    static const char day_names[] = "ThuFriSatSunMonTueWed",
                      month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t local = at + (int64_t)zone * MINUTE_MS;
    int64_t days = local / DAY_MS - (local % DAY_MS < 0), in_day = (local - days * DAY_MS) / SECOND_MS;
    int year, month, day, off = zone < 0 ? -zone : zone;
    civil(days, &year, &month, &day);
    int week_day = (int)((days % 7 + 7) % 7);
    buf_add_fmt(out, "Date: %.3s, %d %.3s %04d %02d:%02d:%02d %c%02d%02d\r\n", day_names + week_day * 3, day,
                month_names + (month - 1) * 3, year, (int)(in_day / 3600), (int)(in_day / 60 % 60),
                (int)(in_day % 60), zone < 0 ? '-' : '+', off / 60, off % 60);
}

/* RFC 8058 wants https, and one header a line that is not folded. */
static void put_unsubscribe(buf *out, str url) {
    if (!url.n) return;
    buf_add(out, S("List-Unsubscribe: <"));
    buf_add(out, url);
    buf_add(out, S(">\r\n"));
    if (str_starts_nocase(url, S("https://")))
        buf_add(out, S("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
}

static void put_header(arena *a, buf *out, const struct compose_mail *m) {
    put_addresses(a, out, "From", &m->from, 1);
    struct mime_address reply_to = {.address = m->reply_to};
    put_addresses(a, out, "Reply-To", &reply_to, m->reply_to.n > 0);
    put_addresses(a, out, "To", m->to.v, m->to.n);
    put_addresses(a, out, "Cc", m->cc.v, m->cc.n);
    struct header_writer h = {out, 0};
    header_start(&h, "Subject");
    header_text(&h, m->subject);
    header_end(&h);
    put_date(out, m->at, m->zone_minutes);
    put_ids(a, out, "Message-ID", &m->message_id, 1);
    put_ids(a, out, "In-Reply-To", &m->in_reply_to, m->in_reply_to.n > 0);
    put_references(a, out, m);
    if (m->auto_submitted) buf_add(out, S("Auto-Submitted: auto-replied\r\n"));
    if (m->auto_generated) buf_add(out, S("Auto-Submitted: auto-generated\r\n"));
    put_unsubscribe(out, m->unsubscribe);
    buf_add(out, S("MIME-Version: 1.0\r\n"));
}

/* "=_" cannot stand in quoted-printable or base64 text, so no part can hold its own boundary. The hash makes
 * two mails' boundaries differ, and one mail's the same each time. */
static str boundary(arena *a, const struct compose_mail *m, const char *level) {
    uint64_t h = str_hash(m->text) ^ (str_hash(m->message_id) * 31) ^ (str_hash(m->subject) * 131);
    for (size_t i = 0; i < m->attachments.n; i++)
        h = h * 1099511628211u ^ str_hash(m->attachments.v[i].bytes);
    return str_fmt(a, "=_%s_%016llx", level, (unsigned long long)h);
}

static void put_text_part(buf *out, const char *subtype, str text) {
    buf_add_fmt(out,
                "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
                subtype);
    encode_quoted_printable(out, text);
}

static void put_alternative(arena *a, buf *out, const struct compose_mail *m) {
    str mark = boundary(a, m, "alt"), text = mime_clean(a, m->text, false);
    BUF_AUTO buf html = BUF_MAX(text.n * 40 + 1024);
    buf_add(&html, S("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n"));
    html_from_text(&html, text);
    buf_add(&html, S("</body></html>\n"));
    buf_add_fmt(out, "Content-Type: multipart/alternative;\r\n boundary=\"%.*s\"\r\n\r\n--%.*s\r\n",
                STR_FMT(mark), STR_FMT(mark));
    put_text_part(out, "plain", text);
    buf_add_fmt(out, "\r\n--%.*s\r\n", STR_FMT(mark));
    put_text_part(out, "html", buf_str(&html));
    buf_add_fmt(out, "\r\n--%.*s--\r\n", STR_FMT(mark));
}

static void put_attachment(buf *out, const struct mime_attachment *m) {
    /* RFC 2046, 5.2.1: a message must not be base64, and may hold lines that a transport breaks. */
    bool inner = str_starts_nocase(m->type, S("message/")) || str_starts_nocase(m->type, S("multipart/"));
    str type = inner ? S("application/octet-stream") : m->type;
    buf_add(out, S("Content-Type: "));
    buf_add(out, type);
    if (m->name.n) parameter_put_words(out, "name", m->name);
    buf_add(out, S("\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: "));
    buf_add(out, m->shown_inline && m->content_id.n ? S("inline") : S("attachment"));
    if (m->name.n) parameter_put(out, "filename", m->name);
    buf_add(out, S("\r\n"));
    if (m->content_id.n) {
        buf_add(out, S("Content-ID: <"));
        buf_add(out, m->content_id);
        buf_add(out, S(">\r\n"));
    }
    buf_add(out, S("\r\n"));
    encode_base64(out, m->bytes);
}

err compose_bytes(arena *a, const struct compose_mail *mail, str *ret_bytes) {
    TRY(check_mail(mail));
    BUF_AUTO buf out = BUF_MAX(MAIL_MAX);
    put_header(a, &out, mail);
    if (mail->attachments.n == 0) {
        put_alternative(a, &out, mail);
    } else {
        str mark = boundary(a, mail, "mix");
        buf_add_fmt(&out, "Content-Type: multipart/mixed;\r\n boundary=\"%.*s\"\r\n\r\n--%.*s\r\n",
                    STR_FMT(mark), STR_FMT(mark));
        put_alternative(a, &out, mail);
        for (size_t i = 0; i < mail->attachments.n; i++) {
            buf_add_fmt(&out, "\r\n--%.*s\r\n", STR_FMT(mark));
            put_attachment(&out, &mail->attachments.v[i]);
        }
        buf_add_fmt(&out, "\r\n--%.*s--\r\n", STR_FMT(mark));
    }
    if (!buf_ok(&out)) return err_set(ERR_LIMIT, "The mail would have more than %d MB.", MAIL_MAX >> 20);
    *ret_bytes = str_copy(a, buf_str(&out));
    return ERR_NONE;
}

str compose_redate(arena *a, str bytes, int64_t at, int zone_minutes) {
    size_t head = str_find(bytes, S("\r\n\r\n"), 0), from = str_find(bytes, S("\r\nDate: "), 0);
    if (from == SIZE_MAX || from > head) return bytes;
    from += 2;
    size_t end = str_find(bytes, S("\r\n"), from) + 2;
    BUF_AUTO buf out = BUF_MAX(bytes.n + 100);
    buf_add(&out, str_slice(bytes, 0, from));
    put_date(&out, at, zone_minutes);
    buf_add(&out, str_slice(bytes, end, bytes.n));
    return str_copy(a, buf_str(&out));
}

/* What programs put before the subject of an answer. */
static const char *const answer_marks[] = {"re", "aw",   "antw", "antwort", "sv",   "vs",   "odp", "res",
                                           "r",  "rif",  "ynt",  "ref",     "rép",  "atb",  "vá",  "bls",
                                           "απ", "σχετ", "回复", "答复",    "回覆", "返信", "رد",  "תגובה"};

/* The length of one mark with its colon at the start of the subject, 0 when there is none: "Re:", "RE :",
 * "Re[2]:", "Re(3):", "AW：". */
static size_t mark_length(str s) {
    for (size_t k = 0; k < sizeof answer_marks / sizeof *answer_marks; k++) {
        str mark = str_z(answer_marks[k]);
        if (!str_starts_nocase(s, mark)) continue;
        size_t i = mark.n;
        if (i < s.n && (s.p[i] == '[' || s.p[i] == '(' || s.p[i] == '^')) {
            size_t from = ++i;
            while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9') i++;
            if (i == from) continue;
            if (i < s.n && (s.p[i] == ']' || s.p[i] == ')')) i++;
        }
        if (i < s.n && s.p[i] == ' ') i++;
        if (i < s.n && s.p[i] == ':') return i + 1;
        if (str_starts(str_slice(s, i, s.n), S("："))) return i + strlen("：");
    }
    return 0;
}

str compose_reply_subject(arena *a, str subject) {
    str rest = mime_clean(a, mime_to_utf8(a, subject, S("utf-8")), true);
    for (size_t n; (n = mark_length(rest));) rest = str_trim(str_slice(rest, n, rest.n));
    if (rest.n == 0) return S("Re:");
    BUF_AUTO buf out = BUF_MAX(rest.n + 8);
    buf_add(&out, S("Re: "));
    buf_add(&out, rest);
    return str_copy(a, buf_str(&out));
}
