#include "print/print_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/zone.h"

enum { HELD_MAX = 64 << 20, ARENA_MAX = 64 << 20, ROOM_BYTES = 128 << 20 };

err print_field(struct print_batch *b, const char *what, str s, size_t most, str *ret_clean) {
    if (s.n > PRINT_FIELD_BYTES)
        return err_set(ERR_LIMIT, "The %s has more than %d bytes.", what, PRINT_FIELD_BYTES);
    str clean = print_clean(b->a, str_trim(s), most > 1);
    if (print_count_lines(clean) > most)
        return err_set(ERR_LIMIT, "The %s has more than %zu lines.", what, most);
    *ret_clean = clean;
    return ERR_NONE;
}

void print_page_begin(struct print_batch *b, enum print_paper paper) {
    struct print_size size = print_paper_size(paper);
    if (b->page_open) cairo_show_page(b->cr);
    /* A new size forgets what was drawn or begun on the page before it. */
    cairo_pdf_surface_set_size(b->surface, size.width, size.height);
    /* A picture (or an emoji, which is one) that is the first thing on a page makes cairo forget the tags
     * that began before it; so a dot that nobody sees comes first. */
    cairo_set_source_rgb(b->cr, 1, 1, 1);
    cairo_rectangle(b->cr, 0, 0, 0.01, 0.01);
    cairo_fill(b->cr);
    if (!b->page_open) cairo_tag_begin(b->cr, "Document", NULL);
    b->page_open = true;
    b->box.pages++;
}

/* The tag goes into the PDF as it is: letters, digits and hyphens only; `other` when nothing is left. */
static void clean_language(str language, const char *other, char out[36]) {
    size_t n = 0;
    for (size_t i = 0; i < language.n && n < 35; i++) {
        char c = language.p[i] == '_' ? '-' : language.p[i];
        if (!g_ascii_isalnum(c) && c != '-') break;
        out[n++] = c;
    }
    out[n] = 0;
    if (!n) snprintf(out, 36, "%s", other);
}

void print_speak(struct print_batch *b, str language, str text) {
    clean_language(language, b->file.language, b->tongue.speaks);
    b->tongue.han = print_han_of(str_z(b->tongue.speaks), text);
}

static err describe(struct print_batch *b, const struct print_about *about) {
    str title, author;
    struct local_time t;
    char at[40];
    TRY(print_field(b, "title", about->title, 1, &title));
    TRY(print_field(b, "author", about->author, 1, &author));
    zone_local(NULL, about->at, &t);
    snprintf(at, sizeof at, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)t.year, t.month, t.day, t.hour, t.minute,
             t.second);
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_TITLE, str_cstr(b->a, title));
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_AUTHOR, str_cstr(b->a, author));
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_CREATOR, "Longhand");
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_CREATE_DATE, at);
    cairo_pdf_surface_set_metadata(b->surface, CAIRO_PDF_METADATA_MOD_DATE, at);
    return ERR_NONE;
}

static void open_context(struct print_batch *b) {
    b->context = pango_font_map_create_context(b->fonts);
    /* Paper has no pixels: glyphs keep their shape and place. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(b->context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(b->context, FALSE);
    pango_context_set_base_dir(b->context, PANGO_DIRECTION_LTR);
    pango_context_set_language(b->context, pango_language_from_string(b->file.language));
}

err print_batch_begin(const struct print_about *about, print_write write, void *context,
                      struct print_batch **ret_batch) {
    /* pango's library ends the process when it gets no memory; so there must be plenty before it begins. */
    if (!memory_room(ROOM_BYTES)) return err_set(ERR_BUSY, "There is not enough memory to print now.");
    PangoFontMap *fonts;
    TRY(print_fonts_open(&fonts));
    struct print_batch *b = memory_zeroed(sizeof *b);
    b->fonts = fonts;
    b->a = arena_new(ARENA_MAX);
    b->file = (struct print_file){.write = write, .context = context, .held = BUF_MAX(HELD_MAX)};
    clean_language(about->language, "en", b->file.language);
    print_speak(b, S(""), S(""));
    b->surface = cairo_pdf_surface_create_for_stream(print_file_take, &b->file, 595, 842);
    b->cr = cairo_create(b->surface);
    open_context(b);
    err e = describe(b, about);
    if (e) {
        print_batch_free(b);
        return e;
    }
    print_forget(b);
    *ret_batch = b;
    return ERR_NONE;
}

/* What cairo says, in our words; a refusal of `write` comes first. */
static err state(struct print_batch *b) {
    cairo_status_t s = cairo_status(b->cr);
    if (!s) s = cairo_surface_status(b->surface);
    if (b->file.status) return b->file.status;
    if (s) return err_set(ERR_INTERNAL, "The document could not be drawn: %s.", cairo_status_to_string(s));
    return ERR_NONE;
}

static void join(struct print_result *total, const struct print_result *box) {
    total->pages += box->pages;
    total->cut |= box->cut;
    total->more_missing |= box->more_missing;
    for (int i = 0; i < box->nmissing; i++) print_miss(total, box->missing[i]);
}

static err add(struct print_batch *b, const struct print_box *box) {
    struct print_letter_ready *letter = NULL;
    struct print_slip_ready *slip = NULL;
    struct print_label_ready *label = NULL;
    if (box->letter) TRY(print_letter_check(b, box->paper, box->look, box->letter, &letter));
    if (box->slip) TRY(print_slip_check(b, box->paper, box->look, box->slip, &slip));
    if (box->label) TRY(print_label_check(b, box->label_paper, box->label, &label));
    if (letter) print_letter_draw(b, letter);
    if (slip) print_slip_draw(b, slip);
    if (label) print_label_draw(b, label);
    return state(b);
}

err print_batch_add(struct print_batch *b, const struct print_box *box, struct print_result *ret_box) {
    if (b->ended) return err_set(ERR_INTERNAL, "The document is finished already.");
    TRY(state(b));
    b->box = (struct print_result){0};
    err e = add(b, box);
    print_forget(b);
    if (e) return e;
    join(&b->total, &b->box);
    if (ret_box) *ret_box = b->box;
    return ERR_NONE;
}

void print_batch_so_far(const struct print_batch *b, struct print_result *ret_result) {
    *ret_result = b->total;
    ret_result->bytes = b->file.bytes;
}

err print_batch_end(struct print_batch *b, struct print_result *ret_result) {
    if (b->ended) return err_set(ERR_INTERNAL, "The document is finished already.");
    TRY(state(b));
    if (!b->total.pages) return err_set(ERR_INVALID, "There is nothing to print.");
    b->ended = true;
    cairo_tag_end(b->cr, "Document");
    cairo_show_page(b->cr);
    cairo_surface_finish(b->surface);
    TRY(state(b));
    TRY(print_file_finish(&b->file));
    print_batch_so_far(b, ret_result);
    return ERR_NONE;
}

void print_batch_free(struct print_batch *b) {
    if (!b) return;
    b->file.silent = true;
    print_forget(b);
    cairo_destroy(b->cr);
    cairo_surface_finish(b->surface);
    cairo_surface_destroy(b->surface);
    g_object_unref(b->context);
    g_object_unref(b->fonts);
    for (int i = 0; i < b->npictures; i++) cairo_surface_destroy(b->pictures[i].surface);
    buf_free(&b->file.held);
    arena_free(b->a);
    free(b);
}

static err print_one(const struct print_about *about, const struct print_box *box, print_write write,
                     void *context, struct print_result *ret_result) {
    struct print_batch *b;
    TRY(print_batch_begin(about, write, context, &b));
    err e = print_batch_add(b, box, NULL);
    if (!e) e = print_batch_end(b, ret_result);
    print_batch_free(b);
    return e;
}

err print_letter(const struct print_about *about, enum print_paper paper, const struct print_look *look,
                 const struct print_letter *letter, print_write write, void *context,
                 struct print_result *ret_result) {
    struct print_box box = {.paper = paper, .look = look, .letter = letter};
    return print_one(about, &box, write, context, ret_result);
}

err print_slip(const struct print_about *about, enum print_paper paper, const struct print_look *look,
               const struct print_slip *slip, print_write write, void *context,
               struct print_result *ret_result) {
    struct print_box box = {.paper = paper, .look = look, .slip = slip};
    return print_one(about, &box, write, context, ret_result);
}

err print_label(const struct print_about *about, enum print_paper paper, const struct print_look *look,
                const struct print_label *label, print_write write, void *context,
                struct print_result *ret_result) {
    struct print_box box = {.label_paper = paper, .look = look, .label = label};
    return print_one(about, &box, write, context, ret_result);
}
