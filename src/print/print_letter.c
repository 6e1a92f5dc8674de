#include "print/print_own.h"

#include <math.h>

/* Where things lie on a sheet, in points from its left and top edge. */
struct sheet {
    double left, right; /* margins */
    double head;        /* the brand */
    double window_x, window_width;
    double sender, window, window_high; /* top of the sender's line, of the address, and its height */
    double tall_sender, tall_high;      /* the same for an address of more than six lines */
    double text, plain, next, bottom; /* the text begins: below a window, without one, on other pages; ends */
    double size;                      /* of the text */
    double folds[2];                  /* marks at the edge; 0 none */
    bool window_there;
};

static struct sheet sheet_of(enum print_paper paper) {
    struct print_size size = print_paper_size(paper);
    if (paper == PRINT_LETTER) /* the window of a #10 envelope: 7/8 in from the left, 4 1/2 x 1 1/8 in */
        return (struct sheet){.left = 72,
                              .right = 72,
                              .head = 45,
                              .window_x = 72,
                              .window_width = 300,
                              .sender = 2.06 * 72,
                              .window = 2.22 * 72,
                              .window_high = 0.92 * 72,
                              .tall_sender = 1.7 * 72,
                              .tall_high = 1.34 * 72,
                              .text = 3.8 * 72,
                              .plain = 158,
                              .next = 72,
                              .bottom = size.height - 66,
                              .size = 11,
                              .window_there = true};
    if (paper == PRINT_A4) /* DIN 5008 form B */
        return (struct sheet){.left = 25 * MM,
                              .right = 22 * MM,
                              .head = 16 * MM,
                              .window_x = 25 * MM,
                              .window_width = 78 * MM,
                              .sender = 58.5 * MM,
                              .window = 62.7 * MM,
                              .window_high = 27.3 * MM,
                              .tall_sender = 46 * MM,
                              .tall_high = 40 * MM,
                              .text = 103.5 * MM,
                              .plain = 58 * MM,
                              .next = 25 * MM,
                              .bottom = size.height - 25 * MM,
                              .size = 11,
                              .folds = {105 * MM, 210 * MM},
                              .window_there = true};
    return (struct sheet){.left = 18 * MM,
                          .right = 18 * MM,
                          .head = 13 * MM,
                          .text = 48 * MM,
                          .plain = 48 * MM,
                          .next = 18 * MM,
                          .bottom = size.height - 18 * MM,
                          .size = 10};
}

/* A line of the text with the space that parts it from the one above. */
struct row {
    struct print_line line;
    double gap;
    size_t paragraph, written; /* which paragraph it belongs to, and which line of the text as written */
};

struct print_letter_ready {
    struct print_tongue tongue;
    enum print_paper paper;
    struct sheet sheet;
    struct print_size size;
    uint32_t accent;
    bool sans, right_to_left;
    str brand, sender, foot, address, date, subject, sign_off, name, role;
    const struct print_picture *mark, *signature;
    struct print_style style;
    double foot_high;
    LIST(struct row) rows;
    LIST(size_t) pages; /* the first row of each */
    double closing_high;
};

static const struct print_style small = {
    .size = 7.5, .leading = 1.4, .grey = 0.3, .sans = true, .align = ALIGN_CENTER};
enum { HAND_ROOM = 42, SIGNATURE_HIGH = 51, SIGNATURE_WIDE = 170, FOOT_LINES = 6 };

static double column(const struct print_letter_ready *r) {
    return r->size.width - r->sheet.left - r->sheet.right;
}

static double height_of(struct print_batch *b, const struct print_style *style, str text, double width) {
    struct print_text t = {0};
    if (text.n) print_lay(b, style, text, width, 0, &t);
    return t.height;
}

static err too_long(void) { return err_set(ERR_LIMIT, "The letter has more than %d pages.", PRINT_PAGES); }

static err lay_rows(struct print_batch *b, struct print_letter_ready *r, str text) {
    double gap = 0, between = r->style.size * 0.75;
    size_t paragraph = 0, written = 0;
    for (str line; str_line(&text, &line); written++) {
        if (!str_trim(line).n) {
            /* One empty line parts paragraphs; more of them are meant, up to a point. */
            if (r->rows.n) gap = fmin(gap + between, between * 3);
            continue;
        }
        if (gap > 0) paragraph++;
        if (r->rows.n > PRINT_PAGES * 60) break; /* more than its pages hold: not worth laying out */
        struct print_text t;
        print_lay(b, &r->style, line, column(r), 0, &t);
        for (size_t i = 0; i < t.lines.n; i++) {
            *list_add(b->a, &r->rows) = (struct row){t.lines.v[i], gap, paragraph, written};
            gap = 0;
        }
    }
    if (r->rows.n > PRINT_PAGES * 60) return too_long();
    return ERR_NONE;
}

static double bottom_of(const struct print_letter_ready *r) {
    return r->pages.n <= 1 && r->foot_high > 0 ? r->size.height - 14 * MM - r->foot_high - 6 * MM
                                               : r->sheet.bottom;
}

static double top_of(const struct print_letter_ready *r, size_t page) {
    if (page > 1) return r->sheet.next;
    double top = r->address.n ? r->sheet.text : r->sheet.plain;
    return r->subject.n ? top + r->style.size * 2.2 : top;
}

/* Where to break instead of before row j, so that no line of a paragraph stands alone on either page. */
static size_t better_break(const struct print_letter_ready *r, size_t from, size_t j) {
    size_t paragraph = r->rows.v[j].paragraph, first = j, last = j, at = j;
    while (first > from && r->rows.v[first - 1].paragraph == paragraph) first--;
    while (last + 1 < r->rows.n && last < j + 2 && r->rows.v[last + 1].paragraph == paragraph) last++;
    if (first == j) return j;
    if (last == j) at--;
    if (at - first < 2) at = first;
    return at > from ? at : j;
}

/* The first row that is not on the page that begins with `from`; ret_room: what is left below. */
static size_t fill_page(const struct print_letter_ready *r, size_t from, double *ret_room) {
    double room = bottom_of(r) - top_of(r, r->pages.n);
    size_t j = from;
    for (; j < r->rows.n; j++) {
        double high = r->rows.v[j].line.pitch + (j > from ? r->rows.v[j].gap : 0);
        if (high > room && j > from) break;
        room -= high;
    }
    *ret_room = room;
    return j;
}

static err paginate(struct print_batch *b, struct print_letter_ready *r) {
    size_t from = 0;
    for (;;) {
        if (r->pages.n == PRINT_PAGES) return too_long();
        *list_add(b->a, &r->pages) = from;
        double room;
        size_t next = fill_page(r, from, &room);
        if (next == r->rows.n && (room >= r->closing_high || next == from)) return ERR_NONE;
        /* A signature never stands alone on a page: it takes the last two lines along. */
        if (next == r->rows.n) next = next - from > 2 ? next - 2 : next;
        from = next < r->rows.n ? better_break(r, from, next) : next;
    }
}

static double closing(struct print_batch *b, struct print_letter_ready *r, double y, bool draw) {
    double began = y, left = r->sheet.left, width = column(r);
    if (!r->sign_off.n && !r->name.n && !r->signature) return 0;
    struct print_style style = r->style, role = small;
    role.size = 8.5;
    style.align = role.align = r->right_to_left ? ALIGN_RIGHT : ALIGN_LEFT;
    if (r->rows.n) y += style.size * 1.1;
    y += draw ? print_put(b, "P", &style, r->sign_off, left, y, width)
              : height_of(b, &style, r->sign_off, width);
    if (r->signature && draw) {
        struct print_size size =
            print_picture_draw(b, r->signature, r->right_to_left ? left + width - SIGNATURE_WIDE : left,
                               y + 6, SIGNATURE_WIDE, SIGNATURE_HIGH, r->right_to_left);
        y += size.height + 12;
    } else {
        y += r->signature ? SIGNATURE_HIGH + 12 : HAND_ROOM;
    }
    y += draw ? print_put(b, "P", &style, r->name, left, y, width) : height_of(b, &style, r->name, width);
    y += draw ? print_put(b, "P", &role, r->role, left, y + 1, width) : height_of(b, &role, r->role, width);
    return y - began;
}

static err clean_letter(struct print_batch *b, const struct print_look *look, const struct print_letter *l,
                        struct print_letter_ready *r, str *ret_text) {
    TRY(print_field(b, "name of the brand", look->brand, 1, &r->brand));
    TRY(print_field(b, "sender's line", look->sender, 1, &r->sender));
    TRY(print_field(b, "foot of the letter", look->foot, FOOT_LINES, &r->foot));
    TRY(print_field(b, "address", l->address, PRINT_ADDRESS_LINES, &r->address));
    TRY(print_field(b, "date", l->date, 1, &r->date));
    TRY(print_field(b, "subject", l->subject, 1, &r->subject));
    TRY(print_field(b, "sign-off", l->sign_off, 4, &r->sign_off));
    TRY(print_field(b, "name below the letter", l->name, 4, &r->name));
    TRY(print_field(b, "role below the letter", l->role, 4, &r->role));
    if (l->text.n > PRINT_TEXT_BYTES)
        return err_set(ERR_LIMIT, "The letter has more than %d KB of text.", PRINT_TEXT_BYTES >> 10);
    *ret_text = print_clean(b->a, l->text, true);
    TRY(print_picture_get(b, look->mark, &r->mark));
    return print_picture_get(b, l->signature, &r->signature);
}

err print_letter_check(struct print_batch *b, enum print_paper paper, const struct print_look *look,
                       const struct print_letter *letter, struct print_letter_ready **ret_ready) {
    struct print_letter_ready *r = arena_alloc(b->a, sizeof *r);
    str text;
    if (paper > PRINT_A5) return err_set(ERR_INVALID, "A letter is not printed on a label.");
    *r = (struct print_letter_ready){.paper = paper,
                                     .sheet = sheet_of(paper),
                                     .size = print_paper_size(paper),
                                     .accent = look->accent,
                                     .sans = look->sans};
    TRY(clean_letter(b, look, letter, r, &text));
    if (!r->sheet.window_there) r->address = r->sender = (str){0};
    print_speak(b, letter->language, text);
    r->tongue = b->tongue;
    r->style = (struct print_style){.size = r->sheet.size, .leading = 1.48, .sans = look->sans};
    r->right_to_left = print_right_to_left(text);
    r->foot_high = height_of(b, &small, r->foot, column(r));
    TRY(lay_rows(b, r, text));
    r->closing_high = closing(b, r, 0, false);
    TRY(paginate(b, r));
    *ret_ready = r;
    return ERR_NONE;
}

static void draw_brand(struct print_batch *b, struct print_letter_ready *r) {
    double x = r->sheet.left, y = r->sheet.head, width = column(r), high = 14 * MM, taken = 0;
    if (r->mark) {
        struct print_size size = print_picture_draw(b, r->mark, r->right_to_left ? x + width - 40 * MM : x, y,
                                                    40 * MM, high, r->right_to_left);
        high = size.height;
        taken = size.width + 9;
    }
    struct print_style style = {.size = r->mark ? 16 : 20,
                                .leading = 1.2,
                                .align = r->right_to_left ? ALIGN_RIGHT : ALIGN_LEFT,
                                .sans = r->sans};
    if (!r->mark) high = style.size * style.leading;
    print_fit(b, "H1", &style, 7, r->brand, r->right_to_left ? x : x + taken,
              y + fmax(0, (high - style.size * style.leading) / 2), width - taken,
              style.size * style.leading + 1);
    print_accent(b, r->accent);
    cairo_rectangle(b->cr, r->right_to_left ? x + width - 26 : x, y + high + 7, 26, 1.3);
    cairo_fill(b->cr);
}

static void draw_window(struct print_batch *b, struct print_letter_ready *r) {
    const struct sheet *s = &r->sheet;
    bool tall = print_count_lines(r->address) > 6;
    double at = tall ? s->tall_sender : s->sender;
    struct print_style style = {.size = 6.5, .leading = 1.3, .grey = 0.3, .sans = true};
    double high = print_fit(b, "P", &style, 4.5, r->sender, s->window_x, at, s->window_width, 9);
    double top = tall ? at + (s->window - s->sender) : s->window;
    if (high > 0) {
        print_grey(b, 0.6);
        cairo_rectangle(b->cr, s->window_x, at + high + 0.6, s->window_width, 0.4);
        cairo_fill(b->cr);
    }
    style =
        (struct print_style){.size = 10.5, .leading = 1.28, .sans = r->sans, .align = print_side(r->address)};
    print_fit(b, "P", &style, 5, r->address, s->window_x, top, s->window_width,
              tall ? s->tall_high : s->window_high);
    print_grey(b, 0.6);
    for (int i = 0; i < 2; i++)
        if (s->folds[i] > 0) cairo_rectangle(b->cr, 4 * MM, s->folds[i], 4 * MM, 0.35);
    cairo_fill(b->cr);
}

static void draw_first(struct print_batch *b, struct print_letter_ready *r) {
    double x = r->sheet.left, width = column(r), top = r->address.n ? r->sheet.text : r->sheet.plain;
    struct print_style style = r->style;
    draw_brand(b, r);
    if (r->address.n) draw_window(b, r);
    style.align = r->right_to_left ? ALIGN_LEFT : ALIGN_RIGHT;
    double pitch = style.size * style.leading;
    print_fit(b, "P", &style, 6, r->date, x, top - pitch * 1.9, width, pitch + 1);
    style.align = r->right_to_left ? ALIGN_RIGHT : ALIGN_LEFT;
    style.bold = true;
    print_fit(b, "H2", &style, 6, r->subject, x, top, width, pitch + 1);
}

static void draw_foot(struct print_batch *b, struct print_letter_ready *r) {
    if (r->foot_high <= 0) return;
    double x = r->sheet.left, y = r->size.height - 14 * MM - r->foot_high;
    print_grey(b, 0.75);
    cairo_rectangle(b->cr, x, y - 6, column(r), 0.4);
    cairo_fill(b->cr);
    print_put(b, "P", &small, r->foot, x, y, column(r));
}

static void draw_number(struct print_batch *b, struct print_letter_ready *r, size_t page) {
    char number[24];
    snprintf(number, sizeof number, "%zu", page);
    struct print_style style = {
        .size = 9, .leading = 1.3, .grey = 0.3, .align = ALIGN_CENTER, .sans = r->sans};
    print_put(b, NULL, &style, str_z(number), r->sheet.left, r->sheet.bottom + 20, column(r));
}

/* The rows of one page, each written line (or the part of it that is here) an element of its own. */
static double draw_rows(struct print_batch *b, struct print_letter_ready *r, size_t from, size_t to,
                        double y) {
    for (size_t i = from; i < to; i++) {
        const struct row *row = &r->rows.v[i];
        if (i == from || row->written != row[-1].written) {
            if (i > from) print_end_tag(b, "P");
            print_tag(b, "P");
            print_grey(b, 0);
        }
        if (i > from) y += row->gap;
        print_draw_line(b, &row->line, r->sheet.left, y);
        y += row->line.pitch;
    }
    if (to > from) print_end_tag(b, "P");
    return y;
}

void print_letter_draw(struct print_batch *b, struct print_letter_ready *r) {
    b->tongue = r->tongue;
    for (size_t page = 1; page <= r->pages.n; page++) {
        print_page_begin(b, r->paper);
        if (page == 1) print_tag(b, "Sect");
        if (page == 1) draw_first(b, r);
        size_t from = r->pages.v[page - 1], to = page < r->pages.n ? r->pages.v[page] : r->rows.n;
        double y = draw_rows(b, r, from, to, top_of(r, page));
        if (page == r->pages.n) closing(b, r, y, true);
        if (page == 1) draw_foot(b, r);
        if (page > 1) draw_number(b, r, page);
        if (page == r->pages.n) print_end_tag(b, "Sect");
    }
}
