#include "print/print_own.h"

struct print_label_ready {
    struct print_tongue tongue;
    enum print_paper paper;
    struct print_size page, label; /* the label may be smaller than its page */
    str sender, address, box, link;
};

err print_label_check(struct print_batch *b, enum print_paper paper, const struct print_label *label,
                      struct print_label_ready **ret_ready) {
    struct print_label_ready *r = arena_alloc(b->a, sizeof *r);
    *r = (struct print_label_ready){.paper = paper, .page = print_paper_size(paper), .link = label->link};
    r->label = paper <= PRINT_A5 ? print_paper_size(PRINT_LABEL_4X6) : r->page;
    TRY(print_field(b, "sender's line", label->sender, 1, &r->sender));
    TRY(print_field(b, "address", label->address, PRINT_ADDRESS_LINES, &r->address));
    TRY(print_field(b, "box's number", label->box, 1, &r->box));
    TRY(print_qr_check(label->link));
    print_speak(b, label->language, r->address);
    r->tongue = b->tongue;
    *ret_ready = r;
    return ERR_NONE;
}

static void cut_line(struct print_batch *b, const struct print_label_ready *r) {
    if (r->page.width <= r->label.width) return;
    static const double dashes[] = {2, 3};
    print_grey(b, 0.5);
    cairo_set_line_width(b->cr, 0.5);
    cairo_set_dash(b->cr, dashes, 2, 0);
    cairo_move_to(b->cr, 0, r->label.height);
    cairo_line_to(b->cr, r->label.width, r->label.height);
    cairo_line_to(b->cr, r->label.width, 0);
    cairo_stroke(b->cr);
    cairo_set_dash(b->cr, NULL, 0, 0);
}

void print_label_draw(struct print_batch *b, struct print_label_ready *r) {
    b->tongue = r->tongue;
    bool narrow = r->label.width < 3 * 72;
    /* Office printers leave the edge of a sheet white; label printers print nearly to it. */
    double edge = r->page.width > r->label.width ? 9 * MM : 4 * MM;
    double wide = r->label.width - edge - (narrow ? 4 : 6) * MM, y = edge, bottom = r->label.height - 5 * MM;
    double qr = r->link.n ? (narrow ? 20 : 26) * MM : 0;
    print_page_begin(b, r->paper);
    print_tag(b, "Sect");
    struct print_style style = {.size = narrow ? 6.5 : 8, .leading = 1.4, .sans = true};
    double high = print_fit(b, "P", &style, 4.5, r->sender, edge, y, wide, 22);
    if (high > 0) {
        print_grey(b, 0);
        cairo_rectangle(b->cr, edge, y + high + 3, wide, 0.6);
        cairo_fill(b->cr);
        y += high + 14;
    }
    double foot = qr > 0 ? qr : r->box.n ? 16 : 0;
    style = (struct print_style){
        .size = narrow ? 14 : 20, .leading = 1.3, .sans = true, .align = print_side(r->address)};
    print_fit(b, "P", &style, 5, r->address, edge, y, wide, bottom - foot - 8 - y);
    style = (struct print_style){.size = narrow ? 9 : 12, .leading = 1.3, .sans = true, .align = ALIGN_LEFT};
    print_fit(b, "P", &style, 5, r->box, edge, bottom - style.size * 1.3, wide - qr - 4,
              style.size * 1.3 + 1);
    if (qr > 0) print_qr(b, r->link, edge + wide - qr + qr / 10, bottom - qr + qr / 10, qr);
    cut_line(b, r);
    print_end_tag(b, "Sect");
}
