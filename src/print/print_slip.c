#include "print/print_own.h"

#include <math.h>
#include <stdio.h>

/* Columns from the left margin: the tick box, what it is, where it lies, how many. */
static const double margin_x = 18 * MM, margin_y = 15 * MM, tick = 11, tick_room = 24, quantity_wide = 52;
static const double place_share = 0.27, row_space = 7;
enum { QR_SIDE = 86 };

static const struct print_style quiet = {.size = 8.5, .leading = 1.4, .grey = 0.3, .sans = true};
static const struct print_style name_style = {.size = 11, .leading = 1.32};
static const struct print_style address_style = {.size = 12, .leading = 1.3};
static const struct print_style place_style = {.size = 10, .leading = 1.4, .sans = true};
static const struct print_style count_style = {.size = 15, .leading = 1.2, .align = ALIGN_RIGHT};

struct item_row {
    struct print_text name, number, place;
    char quantity[24];
    bool picked;
    double high;
};

struct print_slip_ready {
    struct print_tongue tongue;
    enum print_paper paper;
    struct print_size size;
    uint32_t accent;
    str brand, title, box, link, address, facts, item_head, place_head, qty_head, note;
    const struct print_picture *mark;
    struct item_row *rows;
    size_t nrows;
    LIST(size_t) pages; /* the first row of each */
    double head_high, note_high;
};

static double column(const struct print_slip_ready *r) { return r->size.width - 2 * margin_x; }
static double place_wide(const struct print_slip_ready *r) { return floor(column(r) * place_share); }
static double name_wide(const struct print_slip_ready *r) {
    return column(r) - tick_room - place_wide(r) - quantity_wide - 10;
}

static err lay_item(struct print_batch *b, struct print_slip_ready *r, const struct print_item *item,
                    struct item_row *row) {
    str name, number, place;
    TRY(print_field(b, "name of an item", item->name, 4, &name));
    TRY(print_field(b, "number of an item", item->number, 2, &number));
    TRY(print_field(b, "place of an item", item->place, 4, &place));
    print_lay(b, &name_style, str_clip_utf8(name, 600), name_wide(r), 0, &row->name);
    print_lay(b, &quiet, str_clip_utf8(number, 200), name_wide(r), 0, &row->number);
    print_lay(b, &place_style, str_clip_utf8(place, 200), place_wide(r), 0, &row->place);
    snprintf(row->quantity, sizeof row->quantity, "%lld", (long long)item->quantity);
    row->picked = item->picked;
    row->high = fmax(fmax(row->name.height + row->number.height, row->place.height), 18) + 2 * row_space;
    return ERR_NONE;
}

/* Both what heads the first page and what heads the others end with the headings of the columns. */
static double rows_top(const struct print_slip_ready *r, size_t page) {
    return margin_y + (page == 1 ? r->head_high : 26) + 22;
}

static double rows_bottom(const struct print_slip_ready *r) { return r->size.height - margin_y - 12; }

static err paginate(struct print_batch *b, struct print_slip_ready *r) {
    *list_add(b->a, &r->pages) = 0;
    double y = rows_top(r, 1);
    for (size_t i = 0; i <= r->nrows; i++) {
        double high = i < r->nrows ? r->rows[i].high : r->note_high;
        if (y + high > rows_bottom(r) && high > 0 && i > r->pages.v[r->pages.n - 1]) {
            if (r->pages.n == PRINT_PAGES)
                return err_set(ERR_LIMIT, "The slip has more than %d pages.", PRINT_PAGES);
            *list_add(b->a, &r->pages) = i;
            y = rows_top(r, r->pages.n);
        }
        y += high;
    }
    return ERR_NONE;
}

static err clean_slip(struct print_batch *b, const struct print_look *look, const struct print_slip *s,
                      struct print_slip_ready *r) {
    TRY(print_field(b, "name of the brand", look->brand, 1, &r->brand));
    TRY(print_field(b, "title of the slip", s->title, 1, &r->title));
    TRY(print_field(b, "box's number", s->box, 1, &r->box));
    TRY(print_field(b, "address", s->address, PRINT_ADDRESS_LINES, &r->address));
    TRY(print_field(b, "facts of the slip", s->facts, 8, &r->facts));
    TRY(print_field(b, "heading of a column", s->item_head, 1, &r->item_head));
    TRY(print_field(b, "heading of a column", s->place_head, 1, &r->place_head));
    TRY(print_field(b, "heading of a column", s->qty_head, 1, &r->qty_head));
    TRY(print_field(b, "note of the slip", s->note, 6, &r->note));
    TRY(print_qr_check(s->link));
    r->link = s->link;
    if (s->nitems > PRINT_ITEMS) return err_set(ERR_LIMIT, "The slip has more than %d items.", PRINT_ITEMS);
    return print_picture_get(b, look->mark, &r->mark);
}

/* As high as what stands in it, so that a short address leaves no hole. */
static void head_height(struct print_batch *b, struct print_slip_ready *r) {
    struct print_text address = {0}, facts = {0};
    if (r->address.n) print_lay(b, &address_style, r->address, column(r) * 0.56, 0, &address);
    if (r->facts.n) print_lay(b, &quiet, r->facts, column(r) * 0.4, 0, &facts);
    double most = r->paper == PRINT_A5 ? 110 : 132;
    double left = 70 + fmin(address.height, most);
    double right = (r->link.n ? QR_SIDE - 2 : 70) + fmin(facts.height, most);
    r->head_high = fmax(left, right) + 24;
}

err print_slip_check(struct print_batch *b, enum print_paper paper, const struct print_look *look,
                     const struct print_slip *slip, struct print_slip_ready **ret_ready) {
    struct print_slip_ready *r = arena_alloc(b->a, sizeof *r);
    if (paper > PRINT_A5) return err_set(ERR_INVALID, "A packing slip is not printed on a label.");
    *r = (struct print_slip_ready){.paper = paper, .size = print_paper_size(paper), .accent = look->accent};
    TRY(clean_slip(b, look, slip, r));
    print_speak(b, slip->language, r->address);
    r->tongue = b->tongue;
    r->nrows = slip->nitems;
    r->rows = arena_array(b->a, slip->nitems + 1, sizeof *r->rows);
    for (size_t i = 0; i < slip->nitems; i++) TRY(lay_item(b, r, &slip->items[i], &r->rows[i]));
    struct print_text note = {0};
    if (r->note.n) print_lay(b, &name_style, r->note, column(r), 0, &note);
    r->note_high = note.height > 0 ? note.height + 12 : 0;
    head_height(b, r);
    TRY(paginate(b, r));
    *ret_ready = r;
    return ERR_NONE;
}

static void rule(struct print_batch *b, const struct print_slip_ready *r, double y, double grey,
                 double thick) {
    print_grey(b, grey);
    cairo_rectangle(b->cr, margin_x, y, column(r), thick);
    cairo_fill(b->cr);
}

/* The first page: brand and title, the box's number large, the address, facts and QR code at the right. */
static void draw_head(struct print_batch *b, struct print_slip_ready *r) {
    double x = margin_x, y = margin_y, right = r->size.width - margin_x, wide = column(r) - QR_SIDE - 16;
    struct print_style brand = quiet, box = {.size = 26, .leading = 1.25, .align = ALIGN_LEFT};
    brand.size = 9.5;
    if (r->mark) x += print_picture_draw(b, r->mark, x, y - 3, 60, 18, false).width + 6;
    double half = (wide - (x - margin_x)) / 2;
    print_fit(b, "P", &brand, 5, r->brand, x, y, half, 15);
    brand.align = ALIGN_RIGHT;
    print_fit(b, "P", &brand, 5, r->title, x + half + 6, y, half - 6, 15);
    print_fit(b, "H1", &box, 9, r->box, margin_x, y + 24, wide, 34);
    if (r->link.n) print_qr(b, r->link, right - QR_SIDE + QR_SIDE / 10.0, y - 8, QR_SIDE);
    struct print_style address = address_style;
    address.align = print_side(r->address);
    double top = y + 70, high = r->head_high - 70 - 12;
    print_fit(b, "P", &address, 5, r->address, margin_x, top, column(r) * 0.56, high);
    struct print_style facts = quiet;
    facts.align = ALIGN_RIGHT;
    double facts_top = r->link.n ? y + QR_SIDE - 2 : top;
    print_fit(b, "P", &facts, 5, r->facts, margin_x + column(r) * 0.6, facts_top, column(r) * 0.4,
              y + r->head_high - 12 - facts_top);
}

static void draw_heads(struct print_batch *b, struct print_slip_ready *r, size_t page) {
    double y = rows_top(r, page) - 18;
    struct print_style style = quiet;
    style.bold = true;
    style.align = ALIGN_LEFT;
    double x = margin_x + tick_room, place = x + name_wide(r) + 10;
    print_tag(b, "TR");
    print_fit(b, "TH", &style, 5, r->item_head, x, y, name_wide(r), 13);
    print_fit(b, "TH", &style, 5, r->place_head, place, y, place_wide(r) - 4, 13);
    style.align = ALIGN_RIGHT;
    print_fit(b, "TH", &style, 5, r->qty_head, place + place_wide(r), y, quantity_wide, 13);
    print_end_tag(b, "TR");
    rule(b, r, y + 16, 0.35, 0.7);
}

static void draw_tick(struct print_batch *b, bool picked, double x, double y) {
    print_grey(b, 0);
    cairo_set_line_width(b->cr, 0.9);
    cairo_rectangle(b->cr, x + 0.5, y, tick, tick);
    cairo_stroke(b->cr);
    if (!picked) return;
    cairo_set_line_width(b->cr, 1.6);
    cairo_move_to(b->cr, x + 2.8, y + 5.6);
    cairo_line_to(b->cr, x + 5.2, y + 8.4);
    cairo_line_to(b->cr, x + 9.4, y + 2.4);
    cairo_stroke(b->cr);
}

static double draw_row(struct print_batch *b, struct print_slip_ready *r, const struct item_row *row,
                       double y) {
    double x = margin_x + tick_room, place = x + name_wide(r) + 10, top = y + row_space;
    draw_tick(b, row->picked, margin_x, top + 2.5);
    print_tag(b, "TR");
    print_tag(b, "TD");
    double high = print_draw(b, NULL, &row->name, x, top);
    print_draw(b, NULL, &row->number, x, top + high);
    print_end_tag(b, "TD");
    print_draw(b, "TD", &row->place, place, top + 1);
    print_fit(b, "TD", &count_style, 4, str_z(row->quantity), place + place_wide(r), top - 1.5, quantity_wide,
              20);
    print_end_tag(b, "TR");
    rule(b, r, y + row->high - 0.5, 0.75, 0.4);
    return y + row->high;
}

static void draw_number(struct print_batch *b, struct print_slip_ready *r, size_t page) {
    char number[48];
    struct print_style style = quiet;
    snprintf(number, sizeof number, "%zu / %zu", page, r->pages.n);
    style.align = ALIGN_RIGHT;
    if (r->pages.n > 1)
        print_put(b, NULL, &style, str_z(number), margin_x, r->size.height - margin_y - 4, column(r));
    if (page == 1) return;
    style = name_style;
    style.align = ALIGN_LEFT;
    print_fit(b, NULL, &style, 6, r->box, margin_x, margin_y, column(r), 18);
}

void print_slip_draw(struct print_batch *b, struct print_slip_ready *r) {
    b->tongue = r->tongue;
    for (size_t page = 1; page <= r->pages.n; page++) {
        print_page_begin(b, r->paper);
        if (page == 1) print_tag(b, "Sect");
        if (page == 1) draw_head(b, r);
        size_t from = r->pages.v[page - 1], to = page < r->pages.n ? r->pages.v[page] : r->nrows;
        double y = rows_top(r, page);
        if (from < to) {
            print_tag(b, "Table");
            draw_heads(b, r, page);
            for (size_t i = from; i < to; i++) y = draw_row(b, r, &r->rows[i], y);
            print_end_tag(b, "Table");
        }
        draw_number(b, r, page);
        if (page == r->pages.n) {
            print_put(b, "P", &name_style, r->note, margin_x, y + 10, column(r));
            print_end_tag(b, "Sect");
        }
    }
}
