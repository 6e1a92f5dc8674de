#include <string.h>

#include "base/buf.h"
#include "format/html.h"
#include "format/mime_parts.h"
#include "format/mime_text.h"

enum { STUB_BYTES = 400, CID_MAX = 2000 };

static str joined(arena *a, const str_list *parts) {
    size_t n = 0;
    for (size_t i = 0; i < parts->n; i++) n += parts->v[i].n + 1;
    BUF_AUTO buf out = BUF_MAX(n + 1);
    for (size_t i = 0; i < parts->n; i++) {
        if (i) buf_add_char(&out, '\n');
        buf_add(&out, parts->v[i]);
    }
    return str_copy(a, buf_str(&out));
}

static str text_of_html(arena *a, const str_list *html, bool words_only, struct mime_problems *problems) {
    str_list texts = {0};
    for (size_t i = 0; i < html->n; i++) {
        str text;
        if (words_only || html_to_text(a, html->v[i], &text)) {
            text = html_strip(a, html->v[i]);
            mime_problem(problems,
                         S("The letter's HTML is too large or too deeply nested; only its words are shown."));
        }
        if (text.n) *list_add(a, &texts) = str_fmt(a, "%s\n", str_cstr(a, text));
    }
    return mime_trim_text(joined(a, &texts));
}

/* "Your mail program does not show HTML": the word stands in it in every language. */
static bool is_stub(arena *a, str plain) {
    if (plain.n > STUB_BYTES) return false;
    return plain.n == 0 || str_find(str_lower(a, plain), S("html"), 0) != SIZE_MAX;
}

/* What a person reads of one segment. */
static str segment_text(arena *a, const struct mime_segment *s, bool words_only,
                        struct mime_problems *problems, bool *from_html) {
    if (s->html.n == 0 || (s->has_plain && !is_stub(a, s->plain))) return s->plain;
    str text = text_of_html(a, &s->html, words_only, problems);
    if (s->has_plain && text.n <= s->plain.n) return s->plain;
    *from_html = true;
    return text;
}

static str html_of_plain(arena *a, str plain) {
    BUF_AUTO buf out = BUF_MAX(plain.n * 40 + 64);
    html_from_text(&out, plain);
    return str_copy(a, buf_str(&out));
}

/* The ids that the HTML refers to as cid:, compared byte by byte (RFC 2392). */
static void mark_inline(str html, struct mime_letter *l) {
    size_t at = 0;
    for (int seen = 0; seen < CID_MAX && (at = str_find(html, S("cid:"), at)) != SIZE_MAX; seen++) {
        size_t end = at += 4;
        while (end < html.n && !strchr("\"' )>&\t\n", html.p[end])) end++;
        str id = str_slice(html, at, end);
        for (size_t i = 0; i < l->attachments.n; i++) {
            struct mime_attachment *m = &l->attachments.v[i];
            if (m->content_id.n && str_eq(m->content_id, id)) m->shown_inline = true;
        }
    }
}

void mime_body_join(arena *a, const mime_segment_list *segments, const struct mime_limits *limits,
                    struct mime_problems *problems, struct mime_letter *letter) {
    str_list texts = {0};
    bool any_html = false;
    for (size_t i = 0; i < segments->n; i++) any_html |= segments->v[i].html.n > 0;
    for (size_t i = 0; i < segments->n; i++) {
        const struct mime_segment *s = &segments->v[i];
        str text = segment_text(a, s, limits->words_only, problems, &letter->text_from_html);
        if (text.n && texts.n) text = str_fmt(a, "\n%s", str_cstr(a, text));
        if (text.n) *list_add(a, &texts) = text;
        for (size_t k = 0; k < s->html.n; k++) *list_add(a, &letter->html_parts) = s->html.v[k];
        if (any_html && s->html.n == 0 && s->plain.n)
            *list_add(a, &letter->html_parts) = html_of_plain(a, s->plain);
    }
    letter->text = str_clip_utf8(joined(a, &texts), limits->text_bytes);
    letter->html = joined(a, &letter->html_parts);
    mark_inline(letter->html, letter);
}
