#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

#include "format/picture.h"

enum { EDGE_MAX = 1024, SCANS_MAX = 100, INTERLACED_MAX = 20000000 };

/* Rows of pixels come in; each adds to the cells of the small picture that it falls into, which hold averages
 * in the end. */
struct shrink {
    arena *a;
    int width, height;          /* of the large picture */
    int small_wide, small_high; /* of the small one */
    uint64_t *sum;              /* three for each cell */
    uint32_t *count;
};

static err shrink_begin(struct shrink *s, arena *a, int width, int height, int edge) {
    if (width < 1 || height < 1 || (int64_t)width * height > PICTURE_PIXELS_MAX)
        return err_set(ERR_LIMIT, "The picture is too large.");
    int longer = width > height ? width : height;
    *s = (struct shrink){.a = a, .width = width, .height = height, .small_wide = width, .small_high = height};
    if (longer > edge) {
        s->small_wide = (int)((int64_t)width * edge / longer);
        s->small_high = (int)((int64_t)height * edge / longer);
        if (s->small_wide < 1) s->small_wide = 1;
        if (s->small_high < 1) s->small_high = 1;
    }
    size_t cells = (size_t)s->small_wide * (size_t)s->small_high;
    s->sum = arena_array(a, cells * 3, sizeof *s->sum);
    s->count = arena_array(a, cells, sizeof *s->count);
    return ERR_NONE;
}

/* `stride` bytes a pixel: 3, or 4 with how much of it is there (on white). */
static void shrink_row(struct shrink *s, int y, const unsigned char *row, int stride) {
    size_t line = (size_t)((int64_t)y * s->small_high / s->height) * (size_t)s->small_wide;
    for (int x = 0; x < s->width; x++) {
        const unsigned char *p = row + (size_t)x * (size_t)stride;
        size_t cell = line + (size_t)((int64_t)x * s->small_wide / s->width);
        unsigned there = stride == 4 ? p[3] : 255;
        for (int k = 0; k < 3; k++)
            s->sum[cell * 3 + (size_t)k] += (p[k] * there + 255 * (255 - there)) / 255;
        s->count[cell]++;
    }
}

/* ---- JPEG ---- */

struct jpeg_guard {
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf out;
};

static void jpeg_give_up(j_common_ptr c) { longjmp(((struct jpeg_guard *)c->err)->out, 1); }
static void jpeg_quiet(j_common_ptr c) { (void)c; }
static void jpeg_count(j_common_ptr c, int level) {
    (void)level;
    /* Damaged ones warn by the thousand. */
    if (++c->err->num_warnings > 1000) jpeg_give_up(c);
}

/* A progressive picture of a few kilobytes may ask for thousands of passes over all of it. */
static void jpeg_watch(j_common_ptr c) {
    if (c->is_decompressor && ((j_decompress_ptr)c)->input_scan_number > SCANS_MAX) jpeg_give_up(c);
}

static struct jpeg_error_mgr *jpeg_guard(struct jpeg_guard *g) {
    jpeg_std_error(&g->manager);
    g->manager.error_exit = jpeg_give_up;
    g->manager.emit_message = jpeg_count;
    g->manager.output_message = jpeg_quiet;
    g->progress.progress_monitor = jpeg_watch;
    return &g->manager;
}

static unsigned exif_number(const unsigned char *p, bool big, int n) {
    unsigned v = 0;
    for (int i = 0; i < n; i++) v |= (unsigned)p[i] << 8 * (big ? n - 1 - i : i);
    return v;
}

/* How the camera was held: 1 to 8 (Exif 2.3, 4.6.4 A, tag 0112), 1 where it does not say. */
static int exif_turn(const unsigned char *p, size_t n) {
    enum { HEAD = 6, ENTRY = 12 };
    if (n < HEAD + 10 || memcmp(p, "Exif\0", HEAD) != 0) return 1;
    p += HEAD, n -= HEAD;
    bool big = p[0] == 'M';
    size_t at = exif_number(p + 4, big, 4);
    if (at > n || n - at < 2) return 1;
    unsigned entries = exif_number(p + at, big, 2);
    for (at += 2; entries && n >= ENTRY && at <= n - ENTRY; entries--, at += ENTRY) {
        if (exif_number(p + at, big, 2) != 0x0112) continue;
        unsigned turn = exif_number(p + at + 8, big, 2);
        return turn >= 1 && turn <= 8 ? (int)turn : 1;
    }
    return 1;
}

static err jpeg_rows(j_decompress_ptr c, arena *a, int edge, struct shrink *s) {
    int longer = (int)(c->image_width > c->image_height ? c->image_width : c->image_height);
    /* The decoder itself can leave out what would be averaged away. */
    c->scale_num = 1;
    c->scale_denom = longer >= edge * 16 ? 8 : longer >= edge * 8 ? 4 : longer >= edge * 4 ? 2 : 1;
    c->out_color_space = JCS_RGB;
    c->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(c);
    TRY(shrink_begin(s, a, (int)c->output_width, (int)c->output_height, edge));
    JSAMPROW row = arena_array(a, c->output_width, 3);
    while (c->output_scanline < c->output_height) {
        int y = (int)c->output_scanline;
        jpeg_read_scanlines(c, &row, 1);
        shrink_row(s, y, row, 3);
    }
    return ERR_NONE;
}

static err read_jpeg(arena *a, str bytes, int edge, struct shrink *s, int *ret_turn) {
    struct jpeg_decompress_struct c;
    struct jpeg_guard g;
    volatile err e = ERR_NONE;
    c.err = jpeg_guard(&g);
    if (setjmp(g.out)) {
        jpeg_destroy_decompress(&c);
        return err_set(ERR_INVALID, "The picture is damaged.");
    }
    jpeg_create_decompress(&c);
    c.progress = &g.progress;
    jpeg_save_markers(&c, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&c, (const unsigned char *)bytes.p, bytes.n);
    jpeg_read_header(&c, TRUE);
    /* Four inks have no one way to become light. */
    if ((int64_t)c.image_width * c.image_height > PICTURE_PIXELS_MAX)
        e = err_set(ERR_LIMIT, "The picture is too large.");
    else if (c.num_components != 1 && c.num_components != 3)
        e = err_set(ERR_INVALID, "The picture has other colours than a screen.");
    for (jpeg_saved_marker_ptr m = c.marker_list; !e && m; m = m->next)
        *ret_turn = *ret_turn > 1 ? *ret_turn : exif_turn(m->data, m->data_length);
    if (!e) e = jpeg_rows(&c, a, edge, s);
    jpeg_destroy_decompress(&c);
    return e;
}

/* ---- PNG ---- */

struct png_source {
    str bytes;
    size_t at;
};

static void png_take(png_structp png, png_bytep to, size_t n) {
    struct png_source *s = png_get_io_ptr(png);
    if (s->bytes.n - s->at < n) png_error(png, "cut");
    memcpy(to, s->bytes.p + s->at, n);
    s->at += n;
}

static void png_give_up(png_structp png, png_const_charp says) {
    (void)says;
    png_longjmp(png, 1);
}

static void png_quiet(png_structp png, png_const_charp says) {
    (void)png;
    (void)says;
}

static err png_rows(png_structp png, png_infop info, arena *a, int edge, struct shrink *s) {
    int width = (int)png_get_image_width(png, info), height = (int)png_get_image_height(png, info);
    TRY(shrink_begin(s, a, width, height, edge));
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_filler(png, 0xFF, PNG_FILLER_AFTER);
    bool interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
    if (interlaced && (int64_t)width * height > INTERLACED_MAX)
        return err_set(ERR_LIMIT, "The picture is too large.");
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = png_get_rowbytes(png, info);
    if (stride != (size_t)width * 4) return err_set(ERR_INVALID, "The picture is damaged.");
    png_bytep rows = arena_array(a, interlaced ? (size_t)height : 1, stride);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < height; y++) {
            png_bytep row = rows + (interlaced ? (size_t)y * stride : 0);
            png_read_row(png, row, NULL);
            if (pass == passes - 1) shrink_row(s, y, row, 4);
        }
    return ERR_NONE;
}

static err read_png(arena *a, str bytes, int edge, struct shrink *s) {
    struct png_source source = {.bytes = bytes};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_give_up, png_quiet);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) abort();
    volatile err e = ERR_NONE;
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return err_set(ERR_INVALID, "The picture is damaged.");
    }
    png_set_read_fn(png, &source, png_take);
    png_set_user_limits(png, 100000, 100000);
    png_set_chunk_malloc_max(png, 1 << 20);
    png_set_chunk_cache_max(png, 16);
    png_set_crc_action(png, PNG_CRC_DEFAULT, PNG_CRC_DEFAULT);
    png_read_info(png, info);
    e = png_rows(png, info, a, edge, s);
    png_destroy_read_struct(&png, &info, NULL);
    return e;
}

/* ---- WebP ---- */

static err read_webp(arena *a, str bytes, int edge, struct shrink *s) {
    WebPDecoderConfig c;
    const uint8_t *p = (const uint8_t *)bytes.p;
    if (!WebPInitDecoderConfig(&c) || WebPGetFeatures(p, bytes.n, &c.input) != VP8_STATUS_OK)
        return err_set(ERR_INVALID, "The picture is damaged.");
    if (c.input.has_animation) return err_set(ERR_INVALID, "The picture moves.");
    if ((int64_t)c.input.width * c.input.height > PICTURE_PIXELS_MAX)
        return err_set(ERR_LIMIT, "The picture is too large.");
    int longer = c.input.width > c.input.height ? c.input.width : c.input.height;
    int times = longer / (edge * 2) + (longer < edge * 2);
    c.options.use_scaling = times > 1;
    c.options.scaled_width = c.input.width / times + (c.input.width < times);
    c.options.scaled_height = c.input.height / times + (c.input.height < times);
    c.output.colorspace = MODE_RGBA;
    if (WebPDecode(p, bytes.n, &c) != VP8_STATUS_OK) {
        WebPFreeDecBuffer(&c.output);
        return err_set(ERR_INVALID, "The picture is damaged.");
    }
    err e = shrink_begin(s, a, c.output.width, c.output.height, edge);
    for (int y = 0; !e && y < c.output.height; y++)
        shrink_row(s, y, c.output.u.RGBA.rgba + (size_t)y * (size_t)c.output.u.RGBA.stride, 4);
    WebPFreeDecBuffer(&c.output);
    return e;
}

/* ---- writing ---- */

/* The cell of the small picture that stands at x, y once it is turned upright. */
static size_t cell_at(const struct shrink *s, int turn, int x, int y) {
    int w = s->small_wide, h = s->small_high, from_x = x, from_y = y;
    switch (turn) {
    case 2: from_x = w - 1 - x; break;
    case 3: from_x = w - 1 - x, from_y = h - 1 - y; break;
    case 4: from_y = h - 1 - y; break;
    case 5: from_x = y, from_y = x; break;
    case 6: from_x = y, from_y = h - 1 - x; break;
    case 7: from_x = w - 1 - y, from_y = h - 1 - x; break;
    case 8: from_x = w - 1 - y, from_y = x; break;
    default: break;
    }
    return (size_t)from_y * (size_t)w + (size_t)from_x;
}

static void jpeg_put_rows(j_compress_ptr c, const struct shrink *s, int turn, JSAMPROW row) {
    for (int y = 0; y < (int)c->image_height; y++) {
        for (int x = 0; x < (int)c->image_width; x++) {
            size_t cell = cell_at(s, turn, x, y);
            uint32_t n = s->count[cell] ? s->count[cell] : 1;
            for (size_t k = 0; k < 3; k++) row[(size_t)x * 3 + k] = (JSAMPLE)(s->sum[cell * 3 + k] / n);
        }
        jpeg_write_scanlines(c, &row, 1);
    }
}

static void jpeg_put(j_compress_ptr c, const struct shrink *s, int turn, int quality) {
    c->image_width = (JDIMENSION)(turn > 4 ? s->small_high : s->small_wide);
    c->image_height = (JDIMENSION)(turn > 4 ? s->small_wide : s->small_high);
    c->input_components = 3;
    c->in_color_space = JCS_RGB;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, quality, TRUE);
    jpeg_start_compress(c, TRUE);
    jpeg_put_rows(c, s, turn, arena_array(s->a, EDGE_MAX, 3));
    jpeg_finish_compress(c);
}

/* Where the bytes end up, which jpeg_mem_dest keeps pointers to. */
struct jpeg_bytes {
    unsigned char *p;
    unsigned long n;
};

static bool jpeg_made(const struct shrink *s, int turn, int quality, struct jpeg_bytes *out) {
    struct jpeg_compress_struct c;
    struct jpeg_guard g;
    c.err = jpeg_guard(&g);
    if (setjmp(g.out)) {
        jpeg_destroy_compress(&c);
        return false;
    }
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out->p, &out->n);
    jpeg_put(&c, s, turn, quality);
    jpeg_destroy_compress(&c);
    return true;
}

static err write_jpeg(const struct shrink *s, int turn, int quality, str *ret_jpeg) {
    struct jpeg_bytes out = {NULL, 0};
    if (!jpeg_made(s, turn, quality, &out)) return err_set(ERR_INTERNAL, "The small picture cannot be made.");
    *ret_jpeg = str_copy(s->a, (str){(const char *)out.p, out.n});
    free(out.p);
    return ERR_NONE;
}

err picture_small(arena *a, str bytes, int edge, str *ret_jpeg) {
    struct shrink s = {0};
    int turn = 1;
    str type = picture_type(bytes), jpeg = S("");
    if (edge < 1 || edge > EDGE_MAX) return err_set(ERR_INTERNAL, "A small picture of no size.");
    if (str_eq(type, S("image/jpeg")))
        TRY(read_jpeg(a, bytes, edge, &s, &turn));
    else if (str_eq(type, S("image/png")))
        TRY(read_png(a, bytes, edge, &s));
    else if (str_eq(type, S("image/webp")))
        TRY(read_webp(a, bytes, edge, &s));
    else
        return err_set(ERR_INVALID, "The file is no picture of a kind that is made small.");
    for (int quality = 80; quality > 20; quality -= 20) {
        TRY(write_jpeg(&s, turn, quality, &jpeg));
        if (jpeg.n <= PICTURE_SMALL_BYTES) {
            *ret_jpeg = jpeg;
            return ERR_NONE;
        }
    }
    return err_set(ERR_LIMIT, "The small picture is too large.");
}
