#include "print/print_own.h"

#include <pthread.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No picture is printed wider than 60 mm; this many pixels are more than 400 dots an inch. */
enum { KEPT_SIDE = 1000, QR_BYTES = 500 };

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

err print_image_check(str png, int *ret_width, int *ret_height) {
    static const char head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    if (png.n > PRINT_IMAGE_BYTES)
        return err_set(ERR_LIMIT, "The picture has more than %d MB.", PRINT_IMAGE_BYTES >> 20);
    if (png.n < 33 || memcmp(png.p, head, 16)) return err_set(ERR_INVALID, "The picture is no PNG file.");
    uint32_t width = big_endian((const unsigned char *)png.p + 16);
    uint32_t height = big_endian((const unsigned char *)png.p + 20);
    if (!width || !height) return err_set(ERR_INVALID, "The picture has no pixels.");
    if (width > PRINT_IMAGE_SIDE || height > PRINT_IMAGE_SIDE)
        return err_set(ERR_LIMIT, "The picture is larger than %d x %d pixels.", PRINT_IMAGE_SIDE,
                       PRINT_IMAGE_SIDE);
    *ret_width = (int)width;
    *ret_height = (int)height;
    return ERR_NONE;
}

static cairo_status_t read_png(void *rest, unsigned char *to, unsigned n) {
    str *r = rest;
    if (r->n < n) return CAIRO_STATUS_READ_ERROR;
    memcpy(to, r->p, n);
    r->p += n;
    r->n -= n;
    return CAIRO_STATUS_SUCCESS;
}

/* A smaller copy in place of a picture that is too fine, so that a batch stays small. */
static cairo_surface_t *shrink(cairo_surface_t *full, int width, int height) {
    double scale = (double)KEPT_SIDE / (width > height ? width : height);
    if (scale >= 1) return full;
    int w = (int)(width * scale + 0.5), h = (int)(height * scale + 0.5);
    cairo_surface_t *small = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w ? w : 1, h ? h : 1);
    cairo_t *cr = cairo_create(small);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, full, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
    cairo_paint(cr);
    cairo_destroy(cr);
    cairo_surface_destroy(full);
    return small;
}

static err decode(str png, cairo_surface_t **ret_surface) {
    int width, height;
    TRY(print_image_check(png, &width, &height));
    str rest = png;
    cairo_surface_t *full = cairo_image_surface_create_from_png_stream(read_png, &rest);
    if (cairo_surface_status(full) || cairo_image_surface_get_width(full) != width ||
        cairo_image_surface_get_height(full) != height) {
        cairo_surface_destroy(full);
        return err_set(ERR_INVALID, "The picture is broken: its PNG file cannot be read to the end.");
    }
    cairo_surface_t *kept = shrink(full, width, height);
    if (cairo_surface_status(kept)) {
        cairo_surface_destroy(kept);
        return err_set(ERR_LIMIT, "There is no memory for the picture.");
    }
    *ret_surface = kept;
    return ERR_NONE;
}

err print_picture_get(struct print_batch *b, str png, const struct print_picture **ret_picture) {
    *ret_picture = NULL;
    if (!png.n) return ERR_NONE;
    uint64_t hash = str_hash(png);
    for (int i = 0; i < b->npictures; i++)
        if (b->pictures[i].hash == hash) {
            /* The next one must not take its place: a box uses two. */
            if (i == b->next_picture) b->next_picture = (i + 1) % PRINT_PICTURES;
            *ret_picture = &b->pictures[i];
            return ERR_NONE;
        }
    cairo_surface_t *surface;
    TRY(decode(png, &surface));
    /* The same mark and signatures come with every box; a name makes cairo embed each once. */
    char *id = malloc(17);
    if (!id) abort();
    snprintf(id, 17, "%016llx", (unsigned long long)hash);
    if (cairo_surface_set_mime_data(surface, CAIRO_MIME_TYPE_UNIQUE_ID, (const unsigned char *)id, 16, free,
                                    id))
        free(id);
    struct print_picture *p = &b->pictures[b->next_picture];
    if (p->surface) cairo_surface_destroy(p->surface);
    *p = (struct print_picture){hash, surface, cairo_image_surface_get_width(surface),
                                cairo_image_surface_get_height(surface)};
    b->next_picture = (b->next_picture + 1) % PRINT_PICTURES;
    if (b->npictures < PRINT_PICTURES) b->npictures++;
    *ret_picture = p;
    return ERR_NONE;
}

struct print_size print_picture_draw(struct print_batch *b, const struct print_picture *p, double x, double y,
                                     double width, double height, bool right) {
    double scale = width / p->width;
    if (scale > height / p->height) scale = height / p->height;
    struct print_size size = {p->width * scale, p->height * scale};
    print_tag(b, "Figure");
    cairo_save(b->cr);
    cairo_translate(b->cr, right ? x + width - size.width : x, y);
    cairo_scale(b->cr, scale, scale);
    cairo_set_source_surface(b->cr, p->surface, 0, 0);
    cairo_rectangle(b->cr, 0, 0, p->width, p->height);
    cairo_fill(b->cr);
    cairo_restore(b->cr);
    print_end_tag(b, "Figure");
    return size;
}

err print_qr_check(str link) {
    if (link.n > QR_BYTES) return err_set(ERR_LIMIT, "The QR code holds at most %d bytes.", QR_BYTES);
    return ERR_NONE;
}

/* libqrencode keeps tables that its threads share. */
static pthread_mutex_t qr_lock = PTHREAD_MUTEX_INITIALIZER;

void print_qr(struct print_batch *b, str link, double x, double y, double side) {
    pthread_mutex_lock(&qr_lock);
    QRcode *code = QRcode_encodeData((int)link.n, (const unsigned char *)link.p, 0, QR_ECLEVEL_M);
    pthread_mutex_unlock(&qr_lock);
    if (!code) return;
    enum { QUIET = 4 }; /* modules around the code, ISO/IEC 18004 */
    double module = side / (code->width + 2 * QUIET);
    print_tag(b, "Figure");
    cairo_save(b->cr);
    cairo_translate(b->cr, x, y);
    cairo_scale(b->cr, module, module);
    print_grey(b, 0);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++) {
            int from = column;
            while (column < code->width && code->data[row * code->width + column] & 1) column++;
            /* Runs of one row in one piece: no hairline of white between modules. */
            if (column > from) cairo_rectangle(b->cr, QUIET + from, QUIET + row, column - from, 1.02);
        }
    cairo_fill(b->cr);
    cairo_restore(b->cr);
    print_end_tag(b, "Figure");
    QRcode_free(code);
}
