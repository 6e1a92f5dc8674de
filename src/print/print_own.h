/* What the files of print share. Lengths are PostScript points (1/72 in), y goes down the page. */
#ifndef LONGHAND_PRINT_PRINT_OWN_H
#define LONGHAND_PRINT_PRINT_OWN_H

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "base/list.h"
#include "print/print.h"

#define MM (72.0 / 25.4)

/* Chinese characters have other shapes in each of these; the order of the fonts says which. */
enum print_han { HAN_SIMPLIFIED, HAN_TRADITIONAL, HAN_JAPANESE, HAN_KOREAN };
enum { HANS = HAN_KOREAN + 1 };

/* The language of a part of a box, and the shapes it asks for. */
struct print_tongue {
    enum print_han han;
    char speaks[36];
};

struct print_picture {
    uint64_t hash; /* of the PNG's bytes */
    cairo_surface_t *surface;
    double width, height; /* pixels */
};

enum { PRINT_PICTURES = 16 };

/* The PDF on its way out: the document's catalog, which cairo writes last, is held back and gets the
 * language. */
struct print_file {
    print_write write;
    void *context;
    err status;
    int64_t bytes;
    buf held;    /* what was not passed on yet */
    bool found;  /* held begins with the catalog */
    bool silent; /* given up: write no more */
    char language[36];
};

typedef LIST(PangoLayout *) print_layouts;

struct print_batch {
    struct print_file file;
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoFontMap *fonts;
    PangoContext *context;
    arena *a; /* of the box that is printed now, as are its layouts */
    print_layouts layouts;
    struct print_tongue tongue; /* of the part that is laid out now */
    struct print_picture pictures[PRINT_PICTURES];
    int npictures, next_picture;
    struct print_result total, box;
    bool page_open, ended;
};

/* ALIGN_START: on the side the line's own writing begins. */
enum print_align { ALIGN_START, ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTER };

struct print_style {
    double size, leading; /* leading: from line to line, as a multiple of size */
    double grey;          /* 0 black, 1 white */
    bool sans, bold;
    enum print_align align;
};

/* One line of a laid-out text. */
struct print_line {
    PangoLayoutLine *line;
    double x, width;      /* where its text lies, from the left edge of the column */
    double pitch, ascent; /* height it takes, and the baseline's place in it */
    size_t paragraph;     /* counted through the text */
};
typedef LIST(struct print_line) print_lines;

/* A text cut into lines. It lives until the box it belongs to is done. */
struct print_text {
    print_lines lines;
    double height;
    double grey;
};

/* paper */
struct print_size {
    double width, height;
};
struct print_size print_paper_size(enum print_paper p);

/* file */
cairo_status_t print_file_take(void *file, const unsigned char *bytes, unsigned n);
err print_file_finish(struct print_file *f);

/* fonts */
err print_fonts_open(PangoFontMap **ret_fonts);
enum print_han print_han_of(str language, str text);
/* Set the language of what is laid out next; empty is the document's. */
void print_speak(struct print_batch *b, str language, str text);
/* NUL-terminated list of families, best first. */
const char *print_families(bool sans, enum print_han han);

/* text: cleaning, laying out, drawing */
/* Valid UTF-8 without control characters; of white space only LF (when `lines`), space and tab are left. */
str print_clean(arena *a, str s, bool lines);
size_t print_count_lines(str s);
bool print_right_to_left(str clean);    /* by its first strong character */
enum print_align print_side(str clean); /* where all lines of such a text begin */
/* The text in a column of `width`; paragraphs are counted from 0. `hang` indents all lines but the first of a
 * paragraph. The code points without a glyph join the box's result. */
void print_lay(struct print_batch *b, const struct print_style *style, str text, double width, double hang,
               struct print_text *ret_text);
void print_miss(struct print_result *r, uint32_t code_point); /* join its list */
void print_forget(struct print_batch *b);                     /* release what the box took */
void print_draw_line(struct print_batch *b, const struct print_line *line, double x, double y);
/* Draw all lines in one structure element (NULL: none); returns the height. */
double print_draw(struct print_batch *b, const char *tag, const struct print_text *t, double x, double y);
/* Lay out and draw; returns the height. Empty text draws nothing and has height 0. */
double print_put(struct print_batch *b, const char *tag, const struct print_style *style, str text, double x,
                 double y, double width);
/* The same in a box of width x height: in style->size where it fits, else smaller, down to `least`; lines
 * that still do not fit are left out, and the box's result says so. Returns the height used. */
double print_fit(struct print_batch *b, const char *tag, const struct print_style *style, double least,
                 str text, double x, double y, double width, double height);
void print_grey(struct print_batch *b, double grey);
void print_accent(struct print_batch *b, uint32_t rgb);
void print_tag(struct print_batch *b, const char *tag);
void print_end_tag(struct print_batch *b, const char *tag);

/* pictures */
/* The picture of these PNG bytes, kept for the batch; NULL for empty bytes. */
err print_picture_get(struct print_batch *b, str png, const struct print_picture **ret_picture);
/* Draw within width x height, in its proportions, at the left (or right) edge; returns the size drawn. */
struct print_size print_picture_draw(struct print_batch *b, const struct print_picture *p, double x, double y,
                                     double width, double height, bool right);
/* A QR code, `side` wide including its quiet zone. ERR_LIMIT: above 500 bytes. */
err print_qr_check(str link);
void print_qr(struct print_batch *b, str link, double x, double y, double side);

/* pages */
/* A page ends where the next begins, or with the document: its outermost tag ends on the last page. */
void print_page_begin(struct print_batch *b, enum print_paper paper);

/* Parts of a box. The checks draw nothing, find everything that can be wrong with the input, and give the
 * cleaned part; the others draw it. */
struct print_letter_ready;
struct print_slip_ready;
struct print_label_ready;
err print_letter_check(struct print_batch *b, enum print_paper paper, const struct print_look *look,
                       const struct print_letter *letter, struct print_letter_ready **ret_ready);
void print_letter_draw(struct print_batch *b, struct print_letter_ready *r);
err print_slip_check(struct print_batch *b, enum print_paper paper, const struct print_look *look,
                     const struct print_slip *slip, struct print_slip_ready **ret_ready);
void print_slip_draw(struct print_batch *b, struct print_slip_ready *r);
err print_label_check(struct print_batch *b, enum print_paper paper, const struct print_label *label,
                      struct print_label_ready **ret_ready);
void print_label_draw(struct print_batch *b, struct print_label_ready *r);

/* A cleaned field; ERR_LIMIT above PRINT_FIELD_BYTES or `most` lines. `what` names it in the error. */
err print_field(struct print_batch *b, const char *what, str s, size_t most, str *ret_clean);

#endif
