/* print: letters, packing slips and address labels as PDF.
 *
 * Text is only ever text: no markup, no path, no link is read out of it. Nothing is opened but fontconfig's
 * files and the system's fonts (below /usr/share/fonts and /usr/local/share/fonts); no socket. Every function
 * may be called from several threads at once, each on prints of its own. Neither the locale nor the time zone
 * of the process counts: dates and headings come in as text, in the reader's language.
 *
 * The same input gives the same bytes with the same fonts and libraries. Fonts are embedded, the document
 * is tagged (Document, Sect, H1, P, Figure, Table) and carries its language and title.
 *
 * Texts are UTF-8; a byte that is not shows as U+FFFD, control characters are dropped. A paragraph runs right
 * to left when its first strong character does. What the fonts have no shape for is printed as a small box
 * with the character's number and listed in the result. */
#ifndef LONGHAND_PRINT_PRINT_H
#define LONGHAND_PRINT_PRINT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum print_paper { PRINT_A4, PRINT_LETTER, PRINT_A5, PRINT_LABEL_62X100, PRINT_LABEL_4X6 };
enum { PRINT_PAPERS = PRINT_LABEL_4X6 + 1 };

const char *print_paper_name(enum print_paper p); /* "a4", "letter", "a5", "62x100", "4x6" */
bool print_paper_find(str name, enum print_paper *ret_paper);

enum {
    PRINT_IMAGE_BYTES = 2 << 20,
    PRINT_IMAGE_SIDE = 4000, /* pixels */
    PRINT_TEXT_BYTES = 512 << 10,
    PRINT_FIELD_BYTES = 4096, /* of every other text */
    PRINT_ADDRESS_LINES = 12,
    PRINT_PAGES = 250, /* of one letter or slip */
    PRINT_ITEMS = 2000,
    PRINT_MISSING = 64,
};

/* Called with the PDF's bytes in order, a piece at a time. What it returns ends the print. */
typedef err (*print_write)(void *context, const void *bytes, size_t n);
err print_to_buf(void *context, const void *bytes, size_t n); /* context: buf *; ERR_LIMIT when it is full */
err print_to_fd(void *context, const void *bytes, size_t n);  /* context: int *; ERR_FULL, ERR_IO */

/* What the PDF says of itself. */
struct print_about {
    str title;
    str author;   /* the brand */
    str language; /* "de", "pt-BR"; empty is "en" */
    int64_t at;   /* ms since 1970 UTC: when it was made; stands in the file, so it decides the bytes */
};

/* A brand's stationery. */
struct print_look {
    str brand;       /* its name */
    str sender;      /* one line, printed small above the address */
    str foot;        /* up to six lines at the foot of the first page: who and where we are */
    str mark;        /* PNG, or empty: stands before the name, at most 40 x 14 mm */
    uint32_t accent; /* 0xRRGGBB of the one coloured stroke */
    bool sans;       /* letters in the sans face, not in the serif */
};

/* A personal letter. On A4 the address lies in the window of DIN 5008 form B, on US Letter in that of a #10
 * envelope folded in three. A letter without address, and every one on A5, begins right below the brand. */
struct print_letter {
    str language;  /* of its text: decides the shapes of Chinese characters; empty is the document's */
    str address;   /* up to 12 lines; shrunk to fit */
    str date;      /* as it is to be read: "Wednesday 11 March 2026" */
    str subject;   /* may be empty */
    str text;      /* a line feed ends a line, an empty line ends a paragraph */
    str sign_off;  /* "Warm wishes,"; may be empty */
    str signature; /* PNG or empty: at most 60 x 18 mm; when empty there is room to sign by hand */
    str name;      /* below the signature: "Joss at Tidewatch" */
    str role;      /* small, below the name; may be empty */
};

struct print_item {
    str name, number, place; /* number and place may be empty */
    int64_t quantity;
    bool picked; /* the box before it is ticked */
};

struct print_slip {
    str language;
    str title;                           /* "Packing slip" */
    str box;                             /* "Box 31" */
    str link;                            /* what the QR code holds, up to 500 bytes; none when empty */
    str address;                         /* up to 12 lines */
    str facts;                           /* lines beside the address: letter, promise, weight */
    str item_head, place_head, qty_head; /* headings of the columns, as the reader calls them */
    const struct print_item *items;
    size_t nitems;
    str note; /* below the items: "Nothing to pay, nothing to send back" */
};

/* An address label. On A4, US Letter and A5 it is a 4 x 6 in label in the corner with a line to cut along. */
struct print_label {
    str language;
    str sender;  /* small, above */
    str address; /* up to 12 lines, as large as fits */
    str box;     /* small, below; may be empty */
    str link;    /* QR code beside it; may be empty */
};

struct print_result {
    int pages;
    int64_t bytes;                   /* written so far; of a batch's box: 0 */
    uint32_t missing[PRINT_MISSING]; /* code points no font has, ascending */
    int nmissing;
    bool more_missing; /* there were more than that */
    bool cut; /* an address or a fact was too much for its place even in the smallest size: shown in part */
};

/* One document of one thing. ERR_INVALID: a picture that is no PNG or is broken; ERR_LIMIT: a picture, a text
 * or a number of lines, items or pages above the limits; ERR_MISSING: there are no fonts; what `write`
 * returned. Nothing is written to `write` before the input is checked. */
err print_letter(const struct print_about *about, enum print_paper paper, const struct print_look *look,
                 const struct print_letter *letter, print_write write, void *context,
                 struct print_result *ret_result);
err print_slip(const struct print_about *about, enum print_paper paper, const struct print_look *look,
               const struct print_slip *slip, print_write write, void *context,
               struct print_result *ret_result);
err print_label(const struct print_about *about, enum print_paper paper, const struct print_look *look,
                const struct print_label *label, print_write write, void *context,
                struct print_result *ret_result);

/* Many boxes in one document, written as it grows; memory stays small. Used by one thread at a time. */
struct print_batch;

err print_batch_begin(const struct print_about *about, print_write write, void *context,
                      struct print_batch **ret_batch);

/* What belongs to one box, in this order; NULL leaves a part out. */
struct print_box {
    enum print_paper paper, label_paper;
    const struct print_look *look;
    const struct print_letter *letter;
    const struct print_slip *slip;
    const struct print_label *label;
};

/* ERR_INVALID, ERR_LIMIT as above: nothing of this box was printed, and the batch goes on without it. Any
 * other error is the end of the batch: every later call returns it. ret_box, which may be NULL, is of this
 * box. */
err print_batch_add(struct print_batch *b, const struct print_box *box, struct print_result *ret_box);

/* Pages and bytes written so far, and what was missing: for showing progress after each add. */
void print_batch_so_far(const struct print_batch *b, struct print_result *ret_result);

/* Write the rest. Call print_batch_free afterwards, as after an error. ERR_INVALID: nothing was added. */
err print_batch_end(struct print_batch *b, struct print_result *ret_result);
void print_batch_free(struct print_batch *b); /* NULL is allowed */

/* Whether it would be taken as a mark or signature, by its head alone: the dimensions in pixels. ERR_INVALID:
 * no PNG; ERR_LIMIT: too many bytes or pixels. */
err print_image_check(str png, int *ret_width, int *ret_height);

#endif
