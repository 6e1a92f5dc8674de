#include "format/mime_parts.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>

#include "format/mime_charset.h"
#include "format/mime_header.h"
#include "format/mime_inside.h"
#include "format/mime_text.h"

struct walk {
    arena *a;
    str raw;
    const struct mime_limits *limits;
    struct mime_problems *problems;
    struct mime_letter *letter;
    mime_segment_list segments;
    size_t text_left, html_left;
};

/* Where a part stands: what the choice between text and attachment depends on. */
struct place {
    int depth, index;
    bool related;     /* in a multipart/related */
    bool alternative; /* directly in a multipart/alternative */
    size_t segment;   /* of the alternative around it, or SIZE_MAX */
};

static void walk_object(struct walk *w, GMimeObject *object, struct place at);

void mime_problem(struct mime_problems *problems, str sentence) {
    if (str_find(problems->text, sentence, 0) != SIZE_MAX) return;
    if (problems->text.n == 0)
        problems->text = str_copy(problems->a, sentence);
    else
        problems->text = str_fmt(problems->a, "%.*s %.*s", STR_FMT(problems->text), STR_FMT(sentence));
}

static bool type_is(GMimeObject *object, const char *type, const char *subtype) {
    GMimeContentType *t = g_mime_object_get_content_type(object);
    return t && g_mime_content_type_is_type(t, type, subtype);
}

static str parameter(GMimeObject *object, const char *name) {
    return str_z(g_mime_object_get_content_type_parameter(object, name));
}

/* RFC 6838, 4.2: with a letter or a digit. */
static bool starts_well(str name) {
    char c = name.n ? name.p[0] : 0;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static str type_of(arena *a, GMimeObject *object) {
    GMimeContentType *t = g_mime_object_get_content_type(object);
    str type = str_z(t ? g_mime_content_type_get_media_type(t) : NULL);
    str subtype = str_z(t ? g_mime_content_type_get_media_subtype(t) : NULL);
    str whole = str_lower(a, str_fmt(a, "%.*s/%.*s", STR_FMT(type), STR_FMT(subtype)));
    bool good = type.n && subtype.n && whole.n <= 120;
    for (size_t i = 0; i < whole.n && good; i++) {
        char c = whole.p[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("/-+._!#$&^", c));
    }
    good = good && starts_well(type) && starts_well(subtype) && !str_has(type, '/') && !str_has(subtype, '/');
    return good ? whole : S("application/octet-stream");
}

static str name_of(struct walk *w, GMimeObject *object) {
    const char *name = GMIME_IS_PART(object) ? g_mime_part_get_filename(GMIME_PART(object)) : NULL;
    if (!name) name = g_mime_object_get_content_disposition_parameter(object, "filename");
    if (!name) name = g_mime_object_get_content_type_parameter(object, "name");
    return mime_file_name(w->a, mime_decode(w->a, str_copy(w->a, str_z(name))));
}

static bool disposition_is(GMimeObject *object, const char *what) {
    const char *d = g_mime_object_get_disposition(object);
    return d && str_eq_nocase(str_z(d), str_z(what));
}

/* The part's bytes as they stand in the letter. The parser keeps them as a window on its stream. */
static str encoded_bytes(struct walk *w, GMimePart *part) {
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *s = content ? g_mime_data_wrapper_get_stream(content) : NULL;
    if (!s || !GMIME_IS_STREAM_MEM(s) || s->bound_start < 0) return S("");
    size_t end = s->bound_end < 0 ? w->raw.n : (size_t)s->bound_end;
    /* In a letter of CRLF lines gmime takes two bytes off before the boundary, also from a line that ends in
     * LF. */
    if (end + 1 < w->raw.n && w->raw.p[end] != '\r' && w->raw.p[end] != '\n' && w->raw.p[end + 1] == '\n')
        end++;
    return str_slice(w->raw, (size_t)s->bound_start, end);
}

/* The "=" that some senders leave out at the end of base64, without which gmime drops the last bytes. */
static str missing_padding(str in) {
    str text = str_trim(in);
    if (text.n == 0 || text.p[text.n - 1] == '=') return S("");
    size_t letters = 0;
    for (size_t i = 0; i < text.n; i++) letters += (unsigned char)text.p[i] > ' ';
    return letters % 4 == 2 ? S("==") : letters % 4 == 3 ? S("=") : S("");
}

static str decoded_bytes(struct walk *w, GMimePart *part, size_t max_in) {
    str in = str_slice(encoded_bytes(w, part), 0, max_in);
    GMimeContentEncoding encoding = g_mime_part_get_content_encoding(part);
    bool coded = encoding == GMIME_CONTENT_ENCODING_BASE64 ||
                 encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
                 encoding == GMIME_CONTENT_ENCODING_UUENCODE;
    if (!coded || in.n == 0) return in;
    GMimeEncoding state;
    g_mime_encoding_init_decode(&state, encoding);
    char *out = arena_alloc(w->a, g_mime_encoding_outlen(&state, in.n) + 16);
    size_t n = g_mime_encoding_step(&state, in.p, in.n, out);
    str padding = encoding == GMIME_CONTENT_ENCODING_BASE64 ? missing_padding(in) : S("");
    n += g_mime_encoding_flush(&state, padding.p, padding.n, out + n);
    return (str){out, n};
}

static struct mime_attachment *attach(struct walk *w, GMimeObject *object) {
    struct mime_attachment *m = list_add(w->a, &w->letter->attachments);
    str id = str_z(g_mime_object_get_content_id(object));
    m->name = name_of(w, object);
    m->type = type_of(w->a, object);
    m->content_id = mime_clean(w->a, mime_to_utf8(w->a, str_copy(w->a, id), S("")), true);
    m->shown_inline = disposition_is(object, "inline");
    m->bytes = m->about = S("");
    return m;
}

static struct mime_segment *segment(struct walk *w, struct place at) {
    if (at.segment != SIZE_MAX) return &w->segments.v[at.segment];
    return list_add(w->a, &w->segments);
}

/* Decoded, as UTF-8, at most *left bytes; what is cut is said. */
static str read_text(struct walk *w, GMimePart *part, bool html, size_t *left) {
    /* Encoded text is at most three times as long, plus its line ends. */
    size_t max_in = *left * 4 + 1024;
    bool cut = encoded_bytes(w, part).n > max_in;
    str bytes = decoded_bytes(w, part, max_in);
    str charset = parameter(GMIME_OBJECT(part), "charset");
    if (html && charset.n == 0) charset = mime_meta_charset(bytes);
    if (bytes.n > *left) cut = true;
    str text = mime_to_utf8(w->a, str_slice(bytes, 0, *left), str_copy(w->a, charset));
    text = mime_clean(w->a, text, false);
    if (text.n > *left) cut = true;
    text = str_clip_utf8(text, *left);
    *left -= text.n;
    if (cut)
        mime_problem(w->problems, S("The text of the letter is too long and is shown only up to a limit."));
    return text;
}

static void take_plain(struct walk *w, GMimePart *part, struct place at) {
    GMimeObject *object = GMIME_OBJECT(part);
    str text = read_text(w, part, false, &w->text_left);
    if (str_eq_nocase(parameter(object, "format"), S("flowed")))
        text = mime_flowed(w->a, text, str_eq_nocase(parameter(object, "delsp"), S("yes")));
    text = mime_trim_text(text);
    struct mime_segment *s = segment(w, at);
    if (at.alternative && str_eq(s->plain, text)) return;
    if (s->has_plain && s->plain.n && text.n)
        text = str_fmt(w->a, "%s\n\n%s", str_cstr(w->a, s->plain), str_cstr(w->a, text));
    s->has_plain = true;
    s->plain = text;
}

static void take_html(struct walk *w, GMimePart *part, struct place at) {
    str html = read_text(w, part, true, &w->html_left);
    struct mime_segment *s = segment(w, at);
    *list_add(w->a, &s->html) = html;
}

static void take_file(struct walk *w, GMimePart *part, struct place at) {
    struct mime_attachment *m = attach(w, GMIME_OBJECT(part));
    struct mime_attachment file = *m;
    str text, html;
    file.bytes = decoded_bytes(w, part, SIZE_MAX);
    w->letter->attachments.n--;
    if (!mime_inside_tnef(w->a, file.name, file.type, file.bytes, w->limits, w->letter, &text, &html)) {
        *list_add(w->a, &w->letter->attachments) = file;
        mime_inside_about(w->a, w->limits, w->letter);
        return;
    }
    /* What it says stands beside it as a rule; then it is not wanted twice. */
    for (size_t i = 0; i < w->segments.n; i++)
        if (w->segments.v[i].plain.n || w->segments.v[i].html.n) return;
    if (text.n || html.n) {
        struct mime_segment *s = segment(w, at);
        s->has_plain = text.n > 0;
        s->plain = text;
        if (html.n) *list_add(w->a, &s->html) = html;
    }
}

static void walk_leaf(struct walk *w, GMimePart *part, struct place at) {
    GMimeObject *object = GMIME_OBJECT(part);
    /* A type that is none ("Content-Type: text") is taken for text, RFC 2045, 5.2; gmime makes it a text
     * part. */
    bool malformed = GMIME_IS_TEXT_PART(part) && !type_is(object, "text", "*");
    bool plain = malformed || type_is(object, "text", "plain"), html = type_is(object, "text", "html");
    bool named = name_of(w, object).n > 0;
    bool in_text = !disposition_is(object, "attachment") && (plain || html) &&
                   (at.index == 0 || (!at.related && !named));
    if (in_text && plain) {
        take_plain(w, part, at);
    } else if (in_text) {
        take_html(w, part, at);
    } else {
        take_file(w, part, at);
    }
}

/* A letter in the letter is kept whole, as a file that a mail program opens. */
static void walk_message(struct walk *w, GMimeObject *object) {
    struct mime_attachment *m = attach(w, object);
    GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (!inner) return;
    if (m->name.n == 0) {
        GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(inner));
        GMimeHeader *subject = g_mime_header_list_get_header(headers, "Subject");
        str decoded =
            mime_decode(w->a, str_copy(w->a, str_z(subject ? g_mime_header_get_raw_value(subject) : NULL)));
        char *stem = str_cstr(w->a, str_clip_utf8(decoded, 150));
        for (char *p = stem; *p; p++)
            if (*p == '/' || *p == '\\') *p = '-';
        m->name = mime_file_name(w->a, str_fmt(w->a, "%s.eml", *stem ? stem : "message"));
    }
    GMimeStream *out = g_mime_stream_mem_new();
    g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL, out);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out));
    m->bytes = str_copy(w->a, (str){(const char *)bytes->data, bytes->len});
    g_object_unref(out);
    mime_inside_about(w->a, w->limits, w->letter);
}

static void note_kind(struct walk *w, GMimeObject *multipart) {
    if (type_is(multipart, "multipart", "report")) {
        str report = parameter(multipart, "report-type");
        bool status = report.n == 0 || str_eq_nocase(report, S("delivery-status")) ||
                      str_eq_nocase(report, S("global-delivery-status"));
        w->letter->machine = status ? MIME_BOUNCE : MIME_AUTO_REPLY;
    }
    if (type_is(multipart, "multipart", "encrypted"))
        mime_problem(w->problems, S("The letter is encrypted and cannot be read here."));
}

static void walk_multipart(struct walk *w, GMimeObject *object, struct place at) {
    note_kind(w, object);
    if (at.depth >= w->limits->depth) {
        mime_problem(w->problems,
                     S("The letter's parts are nested too deep; what lies deeper is not shown."));
        return;
    }
    GMimeMultipart *multipart = GMIME_MULTIPART(object);
    int count = g_mime_multipart_get_count(multipart);
    struct place in = {.depth = at.depth + 1, .segment = at.segment};
    in.related = type_is(object, "multipart", "related");
    in.alternative = type_is(object, "multipart", "alternative");
    if (in.alternative && in.segment == SIZE_MAX) {
        in.segment = w->segments.n;
        list_add(w->a, &w->segments);
    }
    for (in.index = 0; in.index < count; in.index++)
        walk_object(w, g_mime_multipart_get_part(multipart, in.index), in);
    const char *before = count ? NULL : g_mime_multipart_get_prologue(multipart);
    if (!before) return;
    /* No boundary was found: all there is stands before the first. */
    str text = mime_clean(w->a, mime_to_utf8(w->a, str_copy(w->a, str_z(before)), S("")), false);
    struct mime_segment *s = segment(w, at);
    s->plain = mime_trim_text(str_clip_utf8(text, w->text_left));
    s->has_plain = true;
    w->letter->parts++;
}

static void walk_object(struct walk *w, GMimeObject *object, struct place at) {
    if (GMIME_IS_MULTIPART(object)) {
        walk_multipart(w, object, at);
        return;
    }
    if ((size_t)w->letter->parts >= w->limits->parts) {
        str said =
            str_fmt(w->a, "The letter has more than %zu parts; the others are not shown.", w->limits->parts);
        mime_problem(w->problems, said);
        return;
    }
    w->letter->parts++;
    if (GMIME_IS_MESSAGE_PART(object))
        walk_message(w, object);
    else if (GMIME_IS_PART(object))
        walk_leaf(w, GMIME_PART(object), at);
}

static GMimeParserOptions *options;

static void start_gmime(void) {
    static const char *charsets[] = {"utf-8", "windows-1252", "iso-8859-1", NULL};
    g_mime_init();
    options = g_mime_parser_options_new();
    g_mime_parser_options_set_fallback_charsets(options, charsets);
}

void mime_parts_read(arena *a, str raw, const struct mime_limits *limits, struct mime_problems *problems,
                     struct mime_letter *letter, mime_segment_list *ret_segments) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_gmime);
    struct walk w = {.a = a,
                     .raw = raw,
                     .limits = limits,
                     .problems = problems,
                     .letter = letter,
                     .text_left = limits->text_bytes,
                     .html_left = limits->text_bytes};
    /* The stream reads our bytes where they are; they are taken back before it could free them. */
    GByteArray *bytes = g_byte_array_new_take((guint8 *)raw.p, raw.n);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, options);
    GMimeObject *top = message ? g_mime_message_get_mime_part(message) : NULL;
    if (top) walk_object(&w, top, (struct place){.segment = SIZE_MAX});
    if (message) g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
    g_byte_array_steal(bytes, NULL);
    g_byte_array_unref(bytes);
    *ret_segments = w.segments;
}
