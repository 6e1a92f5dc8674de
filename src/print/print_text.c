/* Text: made clean, cut into lines by pango, set on lines of our own spacing. */
#include "print/print_own.h"

#include <math.h>
#include <string.h>
#include <unictype.h>

/* Pango's work grows with the square of a paragraph's length, so that long ones are cut into lines a piece at
 * a time: the last line of each piece begins the next. */
enum { PIECE = 8192 };

static bool dropped(uint32_t c, bool lines) {
    if (c == '\n') return !lines;
    if (c == '\t') return false;
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe001f);
}

str print_clean(arena *a, str s, bool lines) {
    if (!s.n) return S("");
    BUF_AUTO buf out = BUF_MAX(s.n * 3 + 1);
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        if (!*p) {
            p++;
            continue;
        }
        gunichar c = g_utf8_get_char_validated(p, end - p);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            buf_add_utf8(&out, 0xfffd);
            p++;
            continue;
        }
        /* CR, CRLF and the separators of lines and paragraphs are line feeds. */
        bool cr = c == '\r', crlf = cr && p + 1 < end && p[1] == '\n';
        if ((cr && !crlf) || c == 0x2028 || c == 0x2029 || c == 0x85) c = '\n';
        if (c == '\n' && !lines)
            buf_add_char(&out, ' ');
        else if (!dropped(c, lines))
            buf_add_utf8(&out, c);
        p = g_utf8_next_char(p);
    }
    return out.n ? str_copy(a, buf_str(&out)) : S("");
}

size_t print_count_lines(str s) {
    size_t n = 0;
    for (str line; str_line(&s, &line);) n++;
    return n;
}

void print_miss(struct print_result *r, uint32_t c) {
    int i = 0;
    while (i < r->nmissing && r->missing[i] < c) i++;
    if (i < r->nmissing && r->missing[i] == c) return;
    if (r->nmissing == PRINT_MISSING) {
        r->more_missing = true;
        return;
    }
    memmove(&r->missing[i + 1], &r->missing[i], (size_t)(r->nmissing - i) * sizeof r->missing[0]);
    r->missing[i] = c;
    r->nmissing++;
}

static void note_missing(struct print_batch *b, PangoLayoutLine *line) {
    for (GSList *l = line->runs; l; l = l->next) {
        const PangoGlyphString *glyphs = ((PangoGlyphItem *)l->data)->glyphs;
        for (int i = 0; i < glyphs->num_glyphs; i++) {
            PangoGlyph g = glyphs->glyphs[i].glyph;
            uint32_t c = g & ~PANGO_GLYPH_UNKNOWN_FLAG;
            if (g & PANGO_GLYPH_UNKNOWN_FLAG && c <= 0x10ffff) print_miss(&b->box, c);
        }
    }
}

bool print_right_to_left(str text) {
    for (const char *p = text.p, *end = p + text.n; p < end; p = g_utf8_next_char(p)) {
        int class = uc_bidi_category(g_utf8_get_char(p));
        if (class == UC_BIDI_L) return false;
        if (class == UC_BIDI_R || class == UC_BIDI_AL) return true;
    }
    return false;
}

enum print_align print_side(str text) { return print_right_to_left(text) ? ALIGN_RIGHT : ALIGN_LEFT; }

/* Pango turns left and right around for text that runs right to left. */
static PangoAlignment alignment(enum print_align align, str text) {
    if (align == ALIGN_CENTER) return PANGO_ALIGN_CENTER;
    if (align == ALIGN_START) return PANGO_ALIGN_LEFT;
    bool turned = print_right_to_left(text);
    return (align == ALIGN_RIGHT) != turned ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

/* The language of a run: the text's own where it is written so, else the commonest of its script. Pango would
 * ask the environment for the latter. */
static PangoLanguage *language_of(const struct print_batch *b, GUnicodeScript script) {
    static const char *const han[HANS] = {"zh-cn", "zh-tw", "ja", "ko"};
    static const struct {
        GUnicodeScript script;
        const char *language;
    } common[] = {
        {G_UNICODE_SCRIPT_LATIN, "en"},       {G_UNICODE_SCRIPT_GREEK, "el"},
        {G_UNICODE_SCRIPT_CYRILLIC, "ru"},    {G_UNICODE_SCRIPT_ARABIC, "ar"},
        {G_UNICODE_SCRIPT_HEBREW, "he"},      {G_UNICODE_SCRIPT_HIRAGANA, "ja"},
        {G_UNICODE_SCRIPT_KATAKANA, "ja"},    {G_UNICODE_SCRIPT_HANGUL, "ko"},
        {G_UNICODE_SCRIPT_BOPOMOFO, "zh-tw"}, {G_UNICODE_SCRIPT_BENGALI, "bn"},
        {G_UNICODE_SCRIPT_DEVANAGARI, "hi"},
    };
    PangoLanguage *own = pango_language_from_string(b->tongue.speaks);
    if (pango_language_includes_script(own, (PangoScript)script)) return own;
    if (script == G_UNICODE_SCRIPT_HAN) return pango_language_from_string(han[b->tongue.han]);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (common[i].script == script) return pango_language_from_string(common[i].language);
    return own;
}

static void name_languages(struct print_batch *b, PangoLayout *layout, str text) {
    PangoAttrList *list = pango_attr_list_new();
    PangoLanguage *now = pango_language_from_string(b->tongue.speaks);
    size_t from = 0, at = 0;
    for (; at <= text.n; at += at < text.n ? (size_t)(g_utf8_next_char(text.p + at) - (text.p + at)) : 1) {
        PangoLanguage *next = NULL;
        if (at < text.n) {
            GUnicodeScript script = g_unichar_get_script(g_utf8_get_char(text.p + at));
            next = script == G_UNICODE_SCRIPT_COMMON || script == G_UNICODE_SCRIPT_INHERITED
                       ? now
                       : language_of(b, script);
        }
        if (next == now) continue;
        PangoAttribute *attribute = pango_attr_language_new(now);
        attribute->start_index = (guint)from;
        attribute->end_index = (guint)at;
        pango_attr_list_insert(list, attribute);
        from = at;
        now = next;
    }
    pango_layout_set_attributes(layout, list);
    pango_attr_list_unref(list);
}

static PangoLayout *layout_new(struct print_batch *b, const struct print_style *style, str text, double width,
                               double hang) {
    PangoLayout *layout = pango_layout_new(b->context);
    *list_add(b->a, &b->layouts) = layout;
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, print_families(style->sans, b->tongue.han));
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    if (style->bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_text(layout, text.p, (int)text.n);
    name_languages(b, layout, text);
    pango_layout_set_width(layout, width > 0 ? (int)(width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    if (hang > 0) pango_layout_set_indent(layout, (int)(-hang * PANGO_SCALE));
    pango_layout_set_alignment(layout, alignment(style->align, text));
    return layout;
}

static void take_line(struct print_batch *b, const struct print_style *style, PangoLayoutIter *iter,
                      size_t paragraph, struct print_text *t) {
    PangoRectangle logical;
    pango_layout_iter_get_line_extents(iter, NULL, &logical);
    double tall = logical.height / (double)PANGO_SCALE, usual = style->size * style->leading;
    double ascent = (pango_layout_iter_get_baseline(iter) - logical.y) / (double)PANGO_SCALE;
    struct print_line *line = list_add(b->a, &t->lines);
    *line = (struct print_line){
        .line = pango_layout_iter_get_line_readonly(iter),
        .x = logical.x / (double)PANGO_SCALE,
        .width = logical.width / (double)PANGO_SCALE,
        .pitch = usual,
        .ascent = usual * 0.5 + style->size * 0.33,
        .paragraph = paragraph,
    };
    /* Scripts that stand taller than the page's rhythm get the room they need. */
    if (tall * 0.9 > usual) {
        line->pitch = tall * 0.9;
        line->ascent = ascent - tall * 0.05;
    }
    t->height += line->pitch;
    note_missing(b, line->line);
}

/* One line of the text as it was written; returns how many bytes of it became lines. */
static size_t lay_piece(struct print_batch *b, const struct print_style *style, str rest, double width,
                        double hang, size_t paragraph, struct print_text *t) {
    str piece = str_clip_utf8(rest, PIECE);
    PangoLayout *layout = layout_new(b, style, piece, width, hang);
    int n = pango_layout_get_line_count(layout);
    size_t taken = piece.n;
    if (piece.n < rest.n && n > 1) {
        int start = pango_layout_get_line_readonly(layout, n - 1)->start_index;
        if (start > 0) {
            taken = (size_t)start;
            n--;
        }
    }
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    for (int i = 0; i < n; i++) {
        take_line(b, style, iter, paragraph, t);
        pango_layout_iter_next_line(iter);
    }
    pango_layout_iter_free(iter);
    return taken;
}

void print_lay(struct print_batch *b, const struct print_style *style, str text, double width, double hang,
               struct print_text *ret_text) {
    struct print_text t = {.grey = style->grey};
    size_t paragraph = 0;
    for (str line; str_line(&text, &line); paragraph++) do {
            size_t taken = lay_piece(b, style, line, width, hang, paragraph, &t);
            line = str_slice(line, taken, line.n);
        } while (line.n);
    *ret_text = t;
}

void print_forget(struct print_batch *b) {
    for (size_t i = 0; i < b->layouts.n; i++) g_object_unref(b->layouts.v[i]);
    b->layouts = (print_layouts){0};
    arena_reset(b->a);
}

void print_grey(struct print_batch *b, double grey) { cairo_set_source_rgb(b->cr, grey, grey, grey); }

void print_accent(struct print_batch *b, uint32_t rgb) {
    cairo_set_source_rgb(b->cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

void print_tag(struct print_batch *b, const char *tag) {
    if (tag) cairo_tag_begin(b->cr, tag, NULL);
}

void print_end_tag(struct print_batch *b, const char *tag) {
    if (tag) cairo_tag_end(b->cr, tag);
}

void print_draw_line(struct print_batch *b, const struct print_line *line, double x, double y) {
    cairo_move_to(b->cr, x + line->x, y + line->ascent);
    pango_cairo_show_layout_line(b->cr, line->line);
}

double print_draw(struct print_batch *b, const char *tag, const struct print_text *t, double x, double y) {
    /* Each line as it was written is an element of its own: one that is read out does not run into the next.
     */
    bool apart = tag && str_eq(str_z(tag), S("P"));
    print_tag(b, tag);
    print_grey(b, t->grey);
    for (size_t i = 0; i < t->lines.n; i++) {
        if (apart && i && t->lines.v[i].paragraph != t->lines.v[i - 1].paragraph) {
            print_end_tag(b, tag);
            print_tag(b, tag);
        }
        print_draw_line(b, &t->lines.v[i], x, y);
        y += t->lines.v[i].pitch;
    }
    print_end_tag(b, tag);
    return t->height;
}

double print_put(struct print_batch *b, const char *tag, const struct print_style *style, str text, double x,
                 double y, double width) {
    if (!text.n) return 0;
    struct print_text t;
    print_lay(b, style, text, width, 0, &t);
    return print_draw(b, tag, &t, x, y);
}

/* The text in the largest size that fits; false when none does, and then it is in the smallest. */
static bool find_size(struct print_batch *b, struct print_style *style, double least, str text, double width,
                      double height, struct print_text *ret_text) {
    struct print_text t;
    double widest = 0;
    print_lay(b, style, text, 0, 0, &t);
    for (size_t i = 0; i < t.lines.n; i++) widest = fmax(widest, t.lines.v[i].width);
    /* Glyphs grow with the size, so that one measure gives the size in which no line wraps. */
    double scale = fmin(1, fmin(width / fmax(widest, 1), height / fmax(t.height, 1)));
    double largest = style->size;
    style->size = floor(largest * scale * 20) / 20;
    bool one_line = height < largest * style->leading * 2;
    if (style->size >= least && (one_line || style->size >= largest * 0.75)) {
        print_lay(b, style, text, width + 1, 0, ret_text);
        return true;
    }
    /* Where there is room for more lines, long ones rather wrap than become too small. */
    for (style->size = largest * 0.75; style->size > least; style->size -= 0.5) {
        print_lay(b, style, text, width, style->size, ret_text);
        if (ret_text->height <= height) return true;
    }
    style->size = least;
    print_lay(b, style, text, width, style->size, ret_text);
    return ret_text->height <= height;
}

double print_fit(struct print_batch *b, const char *tag, const struct print_style *style, double least,
                 str text, double x, double y, double width, double height) {
    if (!text.n) return 0;
    struct print_style fitting = *style;
    struct print_text t;
    if (!find_size(b, &fitting, least, text, width, height, &t)) {
        b->box.cut = true;
        while (t.lines.n > 1 && t.height > height) t.height -= t.lines.v[--t.lines.n].pitch;
    }
    return print_draw(b, tag, &t, x, y);
}
