#include "format/mime_inside.h"

#include <string.h>

#include "format/about.h"
#include "format/mime_charset.h"
#include "format/mime_text.h"
#include "format/tnef.h"

/* Of a letter in the letter so much is looked at for its beginning. */
enum { INNER_LOOKED_AT = 512 << 10, ID_MAX = 998 };

/* As in a Content-Type, lower case; "" for anything else. */
static str plain_type(arena *a, str type) {
    size_t slash = str_find_char(type, '/', 0);
    if (slash == SIZE_MAX || slash == 0 || slash + 1 == type.n || type.n > 120) return S("");
    type = str_lower(a, type);
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool sign = i && i != slash && i != slash + 1 && (c == '-' || c == '+' || c == '.' || c == '_');
        if (!letter && !sign && i != slash) return S("");
    }
    return type;
}

static void take_file(arena *a, const struct tnef_file *f, struct mime_letter *letter) {
    struct mime_attachment *m = list_add(a, &letter->attachments);
    str type = plain_type(a, f->type);
    m->name = mime_file_name(a, f->name);
    m->type = type.n ? type : S("application/octet-stream");
    m->content_id = f->content_id.n <= ID_MAX ? f->content_id : S("");
    m->shown_inline = false;
    m->bytes = f->bytes;
    m->about = S("");
}

bool mime_inside_tnef(arena *a, str name, str type, str bytes, const struct mime_limits *limits,
                      struct mime_letter *letter, str *ret_text, str *ret_html) {
    struct tnef t;
    bool named = str_eq(type, S("application/ms-tnef")) || str_eq(type, S("application/vnd.ms-tnef")) ||
                 str_eq_nocase(name, S("winmail.dat"));
    if (!named || limits->inner || tnef_read(a, bytes, !limits->words_only, &t)) return false;
    if (!t.files.n && !t.text.n && !t.html.n) return false;
    for (size_t i = 0; i < t.files.n && letter->attachments.n < limits->parts; i++) {
        take_file(a, &t.files.v[i], letter);
        mime_inside_about(a, limits, letter);
    }
    *ret_text = str_clip_utf8(mime_trim_text(t.text), limits->text_bytes);
    *ret_html = str_clip_utf8(t.html, limits->text_bytes);
    return true;
}

static bool about_letter(arena *a, const struct mime_limits *limits, const struct mime_attachment *m,
                         struct about *ret) {
    struct mime_limits of_inner = *limits;
    struct mime_letter l;
    of_inner.inner = true;
    if (mime_read(a, str_slice(m->bytes, 0, INNER_LOOKED_AT), &of_inner, &l)) return false;
    const struct mime_address *from = l.from.n ? &l.from.v[0] : NULL;
    *ret = (struct about){.kind = ABOUT_LETTER,
                          .subject = l.subject,
                          .from = from ? from->address : S(""),
                          .at = l.sent_at,
                          .text = l.text,
                          .where = S(""),
                          .cut = m->bytes.n > INNER_LOOKED_AT};
    if (from && from->name.n)
        ret->from = str_fmt(a, "%.*s <%.*s>", STR_FMT(from->name), STR_FMT(from->address));
    return true;
}

/* A meeting most often comes twice: as a part of its own and as a file. */
static bool told_before(const struct mime_letter *l, str about) {
    for (size_t i = 0; i + 1 < l->attachments.n; i++)
        if (str_eq(l->attachments.v[i].about, about)) return true;
    return false;
}

void mime_inside_about(arena *a, const struct mime_limits *limits, struct mime_letter *letter) {
    struct mime_attachment *m = &letter->attachments.v[letter->attachments.n - 1];
    struct about x;
    bool known = false;
    if (limits->inner) return;
    if (str_eq(m->type, S("text/calendar")) || str_ends(m->name, S(".ics"))) {
        known = calendar_about(a, m->bytes, &x);
        if (!m->name.n) m->name = S("invitation.ics");
    } else if (str_eq(m->type, S("message/rfc822"))) {
        known = about_letter(a, limits, m, &x);
    }
    if (!known) return;
    str about = about_write(a, &x);
    if (!told_before(letter, about)) m->about = about;
}
