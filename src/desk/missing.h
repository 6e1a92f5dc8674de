/* missing: somebody without an account tells us which piece is missing. It becomes a conversation with a
 * letter in their words, what they chose as findings, and a proposed box; they get a link to a private page.
 *
 * What they typed goes to nobody but us: the mail that says "we have it" has fixed words and the link, at
 * most one a conversation, one a day to a mailbox, and so many a day from a network and from a brand. A
 * child is asked for no address; a grown-up is (desk/child.h), within the same limits of network and brand.
 */
#ifndef LONGHAND_DESK_MISSING_H
#define LONGHAND_DESK_MISSING_H

#include "base/list.h"
#include "desk/desk.h"
#include "store/brand.h"
#include "store/job.h"

enum {
    MISSING_FOUND_MAX = 12,
    MISSING_CHOSEN_MAX = 50, /* kinds of pieces in one letter */
    MISSING_WORDS_BYTES = 20000,
    MISSING_PIECE_BYTES = 2000,
    MISSING_PRODUCT_BYTES = 200,
    MISSING_ADDRESS_BYTES = 2000,
    MISSING_PHOTO_BYTES = 8 << 20,
    MISSING_TELLS_AN_HOUR = 10,    /* from one network */
    MISSING_TELLS_OF_ADDRESS = 5,  /* an hour, with one address */
    MISSING_MAILS_OF_NETWORK = 10, /* a day */
    MISSING_MAILS_OF_BRAND = 500,  /* a day */
};

/* ---- looking ---- */

/* The brand of that short name. ERR_MISSING, too, when it does not offer the service (setting
 * missing_pieces). */
err missing_brand(const struct desk *d, arena *a, str slug, struct store_brand *ret);

struct missing_product {
    str code, name, theme;
    int year;     /* 0 unknown */
    bool retired; /* not sold any more */
};
typedef LIST(struct missing_product) missing_product_list;
/* By number or name, forgiving; best first, at most MISSING_FOUND_MAX. */
err missing_search(struct desk *d, arena *a, int64_t brand, str query, missing_product_list *ret);

struct missing_piece {
    uint64_t key;     /* names part and colour in forms */
    const char *kind; /* "part", "figure", "product" */
    str code, name;
    str colour, rgb;  /* the colour's name and "c9a23a"; "" none */
    str element;      /* the number of this part in this colour, "" none */
    int64_t quantity; /* in the product */
    bool clear, retired;
};
typedef LIST(struct missing_piece) missing_piece_list;
/* A product and what it is made of. ERR_MISSING. */
err missing_product(struct desk *d, arena *a, int64_t brand, str code, struct missing_product *ret,
                    missing_piece_list *ret_pieces);
/* Those that hold every word of the query in name, colour or number; "2x4" finds "2 x 4". */
void missing_filter(arena *a, const missing_piece_list *all, str query, missing_piece_list *ret);

/* ---- telling ---- */

struct missing_chosen {
    uint64_t key;
    int64_t quantity;
};
typedef LIST(struct missing_chosen) missing_chosen_list;

struct missing_wish {
    int64_t brand;
    str product;       /* its code; "" when it is not in the catalogue or not known */
    str product_words; /* what they call it then; one line */
    missing_chosen_list pieces;
    str piece_words; /* pieces described freely */
    str words;       /* what happened */
    bool child;      /* a child writes: no address is taken, and `email` is a grown-up's */
    str name, email, address, country;
    str photo;    /* the bytes of a picture, "" none */
    str key;      /* of the form: the same wish again is not told twice; 8 to 100 bytes */
    str peer;     /* the network address of whoever asks; "" is not limited */
    str language; /* of the page */
    bool odd;     /* filled in as machines do: it is kept, but no mail goes out */
};

typedef enum missing_step { MISSING_PRODUCT, MISSING_PIECES, MISSING_WORDS, MISSING_WHO } missing_step;
enum { MISSING_STEPS = MISSING_WHO + 1 };
/* Is this step of the wish filled in? ERR_INVALID, ERR_LIMIT or ERR_MISSING with a sentence for people. */
err missing_check(struct desk *d, arena *a, const struct missing_wish *wish, missing_step step);

struct missing_told {
    int64_t conversation, message;
    int64_t box; /* 0: they are blocked, or described nothing that could be packed */
    str token;   /* of the private page (desk/track.h) */
    bool repeated;
};
/* Errors as missing_check, with `ret_step` the step that it is about; ERR_LIMIT: too many from here in an
 * hour (then `ret_step` is MISSING_STEPS); ERR_CONFLICT: this form was sent before with something else in it.
 */
err missing_tell(struct desk *d, arena *a, const struct missing_wish *wish, struct missing_told *ret,
                 missing_step *ret_step);

/* A hash of whose mailbox an address is: what stands behind a "+" is for its owner to sort by. */
str missing_mailbox(arena *a, str email);

/* The job `thank`: the mail that says "we have it", with a link of its own. */
err missing_mail_send(struct desk *d, arena *a, const struct job *job);

/* For tests: forget who told how often. */
void missing_forget_tries(void);

#endif
