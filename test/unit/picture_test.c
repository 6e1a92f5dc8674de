/* Small pictures: made of what people send, refused for what is only there to hurt, and made in the child.
 * This program is its own reader: started with "reader" it serves, as the desk's does. */
#include "format/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include "base/buf.h"
#include "net/reader.h"

static arena *a;

static int setup(void **state) {
    (void)state;
    a = arena_new(0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

/* The left half red, the right half blue; with `stride` 4 the lower half is not there. */
static unsigned char *pixels(int width, int height, int stride) {
    unsigned char *p = arena_array(a, (size_t)width * (size_t)height, (size_t)stride);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            unsigned char *at = p + ((size_t)y * (size_t)width + (size_t)x) * (size_t)stride;
            at[x < width / 2 ? 0 : 2] = 255;
            if (stride == 4) at[3] = y < height / 2 ? 255 : 0;
        }
    return p;
}

static str a_png(int width, int height) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_RGBA};
    unsigned char *p = pixels(width, height, 4);
    png_alloc_size_t n = 0;
    assert_true(png_image_write_get_memory_size(image, n, 0, p, 0, NULL));
    char *to = arena_alloc(a, n);
    assert_true(png_image_write_to_memory(&image, to, &n, 0, p, 0, NULL));
    return (str){to, n};
}

static str a_jpeg(int width, int height, bool progressive) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr e;
    unsigned char *out = NULL, *p = pixels(width, height, 3);
    unsigned long n = 0;
    c.err = jpeg_std_error(&e);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, &n);
    c.image_width = (JDIMENSION)width;
    c.image_height = (JDIMENSION)height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    if (progressive) jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    for (int y = 0; y < height; y++) {
        JSAMPROW row = p + (size_t)y * (size_t)width * 3;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    str made = str_copy(a, (str){(char *)out, n});
    free(out);
    return made;
}

static str a_webp(int width, int height) {
    uint8_t *out;
    size_t n = WebPEncodeRGBA(pixels(width, height, 4), width, height, width * 4, 90, &out);
    assert_true(n > 0);
    str made = str_copy(a, (str){(char *)out, n});
    WebPFree(out);
    return made;
}

struct seen {
    int width, height;
    unsigned char *rgb;
};

static struct seen look(str jpeg) {
    struct jpeg_decompress_struct c;
    struct jpeg_error_mgr e;
    struct seen s;
    c.err = jpeg_std_error(&e);
    jpeg_create_decompress(&c);
    jpeg_mem_src(&c, (const unsigned char *)jpeg.p, jpeg.n);
    assert_int_equal(jpeg_read_header(&c, TRUE), JPEG_HEADER_OK);
    assert_null(c.marker_list);
    jpeg_start_decompress(&c);
    s = (struct seen){(int)c.output_width, (int)c.output_height, NULL};
    s.rgb = arena_array(a, (size_t)s.width * (size_t)s.height, 3);
    while (c.output_scanline < c.output_height) {
        JSAMPROW row = s.rgb + (size_t)c.output_scanline * (size_t)s.width * 3;
        jpeg_read_scanlines(&c, &row, 1);
    }
    jpeg_finish_decompress(&c);
    jpeg_destroy_decompress(&c);
    return s;
}

/* 'r', 'b', 'w' or '?' at a place in hundredths. */
static char colour(const struct seen *s, int x, int y) {
    const unsigned char *p =
        s->rgb + ((size_t)(s->height * y / 100) * (size_t)s->width + (size_t)(s->width * x / 100)) * 3;
    bool r = p[0] > 200, g = p[1] > 200, b = p[2] > 200;
    return r && g && b ? 'w' : r && !g && p[2] < 60 ? 'r' : b && !g && p[0] < 60 ? 'b' : '?';
}

static struct seen small(str bytes) {
    str jpeg;
    err e = picture_small(a, bytes, PICTURE_SMALL_EDGE, &jpeg);
    if (e) fail_msg("%s", err_text());
    assert_true(jpeg.n <= PICTURE_SMALL_BYTES);
    return look(jpeg);
}

static void each_kind(void **state) {
    (void)state;
    const str kinds[] = {a_png(1000, 600), a_webp(1000, 600), a_jpeg(1000, 600, false),
                         a_jpeg(1000, 600, true)};
    for (size_t i = 0; i < 4; i++) {
        struct seen s = small(kinds[i]);
        assert_int_equal(s.width, 320);
        assert_int_equal(s.height, 192);
        assert_int_equal(colour(&s, 20, 20), 'r');
        assert_int_equal(colour(&s, 80, 20), 'b');
        assert_int_equal(colour(&s, 20, 80), i < 2 ? 'w' : 'r');
    }
    struct seen s = small(a_png(40, 30));
    assert_int_equal(s.width, 40);
    s = small(a_jpeg(4000, 3000, false));
    assert_int_equal(s.width, 320);
    assert_int_equal(s.height, 240);
    s = small(a_png(3000, 1));
    assert_int_equal(s.height, 1);
}

/* Behind the first marker, what a camera notes. */
static str turned(str jpeg, unsigned char turn) {
    const char exif[] = "\xFF\xE1\0\x22"
                        "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0T\0\0\0\0\0\0";
    buf b = BUF_MAX(1 << 20);
    buf_add(&b, str_slice(jpeg, 0, 2));
    buf_add(&b, (str){exif, 36});
    b.p[2 + 29] = (char)turn;
    buf_add(&b, str_slice(jpeg, 2, jpeg.n));
    str out = str_copy(a, buf_str(&b));
    buf_free(&b);
    return out;
}

static void as_the_camera_was_held(void **state) {
    (void)state;
    str jpeg = a_jpeg(640, 320, false);
    static const struct {
        unsigned char turn;
        int width, x, y; /* where it is red */
    } cases[] = {{1, 320, 20, 50}, {2, 320, 80, 50}, {3, 320, 80, 50}, {4, 320, 20, 50}, {5, 160, 50, 20},
                 {6, 160, 50, 20}, {7, 160, 50, 80}, {8, 160, 50, 80}, {9, 320, 20, 50}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen s = small(turned(jpeg, cases[i].turn));
        assert_int_equal(s.width, cases[i].width);
        assert_int_equal(colour(&s, cases[i].x, cases[i].y), 'r');
        assert_int_equal(colour(&s, 100 - cases[i].x, 100 - cases[i].y), 'b');
    }
}

/* The header of a PNG of that size, and a few bytes that say how it goes on. */
static str huge_png(unsigned width, unsigned height) {
    str tiny = a_png(8, 8);
    char *p = arena_copy(a, tiny.p, tiny.n);
    for (int i = 0; i < 4; i++) {
        p[16 + i] = (char)(width >> (24 - 8 * i));
        p[20 + i] = (char)(height >> (24 - 8 * i));
    }
    uint32_t crc = 0xFFFFFFFF;
    for (int i = 12; i < 29; i++) {
        crc ^= (unsigned char)p[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    for (int i = 0; i < 4; i++) p[29 + i] = (char)(~crc >> (24 - 8 * i));
    return (str){p, tiny.n};
}

static void bombs_cost_nothing(void **state) {
    (void)state;
    str jpeg = S("untouched");
    assert_int_equal(picture_small(a, huge_png(60000, 60000), 320, &jpeg), ERR_LIMIT);
    assert_int_equal(picture_small(a, huge_png(50000, 900), 320, &jpeg),
                     ERR_INVALID); /* says more than it has */
    assert_int_equal(picture_small(a, S("GIF89a"), 320, &jpeg), ERR_INVALID);
    assert_int_equal(picture_small(a, S("<svg onload=x>"), 320, &jpeg), ERR_INVALID);
    const str kinds[] = {a_png(300, 300), a_webp(300, 300), a_jpeg(300, 300, true)};
    for (size_t i = 0; i < 3; i++)
        for (size_t n = 0; n < kinds[i].n; n += kinds[i].n / 40 + 1) {
            ARENA_AUTO arena *own = arena_new(0);
            err e = picture_small(own, str_slice(kinds[i], 0, n), 320, &jpeg);
            assert_true(e == ERR_NONE || e == ERR_INVALID);
        }
    for (unsigned at = 8; at < 400; at += 3) { /* a byte turned over */
        ARENA_AUTO arena *own = arena_new(0);
        char *bad = arena_copy(own, kinds[at % 3].p, kinds[at % 3].n);
        bad[at % kinds[at % 3].n] ^= 0x55;
        picture_small(own, (str){bad, kinds[at % 3].n}, 320, &jpeg);
    }
}

static void made_in_the_child(void **state) {
    (void)state;
    reader *r = reader_new(S("/proc/self/exe"));
    struct reader_letter l;
    str jpeg;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reader_small(r, a, a_jpeg(2000, 1000, true), &jpeg), ERR_NONE);
        assert_int_equal(look(jpeg).width, 320);
        assert_int_equal(reader_small(r, a, S("no picture"), &jpeg), ERR_INVALID);
        assert_int_equal(reader_read(r, a, S("Subject: between\n\nx"), &l), ERR_NONE);
        assert_int_equal(reader_small(r, a, a_webp(500, 500), &jpeg), ERR_NONE);
        assert_int_equal(reader_small(r, a, a_png(500, 500), &jpeg), ERR_NONE);
    }
    reader_free(r);
}

static str joined(str one, str two, str three) {
    char *p = arena_alloc(a, one.n + two.n + three.n);
    memcpy(p, one.p, one.n);
    memcpy(p + one.n, two.p, two.n);
    memcpy(p + one.n + two.n, three.p, three.n);
    return (str){p, one.n + two.n + three.n};
}

static bool holds(str s, const char *word) { return str_find(s, str_z(word), 0) != SIZE_MAX; }

/* Where it was taken stays here; how the camera was held, and every pixel, goes along. */
static void what_stands_beside_a_picture(void **state) {
    (void)state;
    str jpeg = turned(a_jpeg(640, 320, true), 6), once, twice;
    str notes = S("\xFF\xFE\0\x0F"
                  "taken at home\xFF\xED\0\x0F"
                  "taken at home");
    str whole = joined(joined(str_slice(jpeg, 0, 2), notes, str_slice(jpeg, 2, jpeg.n)),
                       S("a film, taken at home"), S(""));
    assert_true(picture_bare(a, whole, &once));
    assert_true(holds(whole, "at home") && !holds(once, "at home"));
    assert_true(str_eq(once, jpeg));
    struct seen s = small(once);
    assert_true(s.height > s.width);
    assert_true(picture_bare(a, once, &twice) && str_eq(once, twice));
    str png = a_png(30, 20), text = S("\0\0\0\x07tEXtat home0000");
    whole = joined(str_slice(png, 0, 33), text, str_slice(png, 33, png.n));
    assert_true(picture_bare(a, whole, &once) && str_eq(once, png));
    str webp = a_webp(30, 20), exif = S("EXIF\x07\0\0\0at home\0");
    assert_true(picture_bare(a, webp, &once) && str_eq(once, webp));
    whole = joined(webp, exif, S(""));
    ((char *)(uintptr_t)whole.p)[4] = (char)((whole.n - 8) & 255);
    ((char *)(uintptr_t)whole.p)[5] = (char)((whole.n - 8) >> 8);
    assert_true(picture_bare(a, whole, &once) && str_eq(once, webp));
    assert_false(picture_bare(a, S("no picture"), &once));
    /* Cut anywhere: told, or without what was beside it; never more than there is. */
    const str kinds[] = {jpeg, png, webp};
    for (size_t k = 0; k < 3; k++)
        for (size_t n = 0; n < kinds[k].n; n++) {
            char *exact = malloc(n + 1);
            memcpy(exact, kinds[k].p, n);
            if (picture_bare(a, (str){exact, n}, &once)) assert_true(once.n <= n);
            free(exact);
        }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "reader") == 0) return reader_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(as_the_camera_was_held, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stands_beside_a_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(bombs_cost_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(made_in_the_child, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
