#include "desk/brands.h"

#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "base/buf.h"
#include "base/random.h"
#include "desk/check.h"
#include "desk/forget.h"
#include "desk/incident_watch.h"
#include "desk/learning.h"
#include "desk/promise.h"

enum { SLUG_BYTES = 40, SAME_SLUGS_MAX = 1000 };

/* Addresses of pages begin with these. */
static const char *const reserved[] = {"api",  "assets",   "static",  "sign-in", "sign-out", "link",  "reset",
                                       "live", "settings", "account", "setup",   "health",   "events"};

/* Latin letters that have no mark to take off. */
static const struct {
    const char *letter, *plain;
} plain_letters[] = {{"ß", "ss"}, {"æ", "ae"}, {"Æ", "ae"}, {"œ", "oe"}, {"Œ", "oe"}, {"ø", "o"},
                     {"Ø", "o"},  {"ł", "l"},  {"Ł", "l"},  {"đ", "d"},  {"Đ", "d"},  {"ð", "d"},
                     {"Ð", "d"},  {"þ", "th"}, {"Þ", "th"}, {"ı", "i"}};

static bool add_plain_letter(buf *b, str rest, size_t *ret_taken) {
    for (size_t i = 0; i < sizeof plain_letters / sizeof *plain_letters; i++) {
        str letter = str_z(plain_letters[i].letter);
        if (!str_starts(rest, letter)) continue;
        buf_add_z(b, plain_letters[i].plain);
        *ret_taken = letter.n;
        return true;
    }
    return false;
}

/* Bytes 0xCC 0x80 to 0xCD 0xAF are U+0300 to U+036F, the marks that NFD leaves behind their letters. */
static bool is_mark(str rest) {
    if (rest.n < 2) return false;
    unsigned char first = (unsigned char)rest.p[0], second = (unsigned char)rest.p[1];
    return first == 0xCC || (first == 0xCD && second <= 0xAF);
}

static void add_slug(buf *b, str decomposed) {
    for (size_t i = 0; i < decomposed.n;) {
        str rest = str_slice(decomposed, i, decomposed.n);
        char c = rest.p[0];
        size_t taken = 1;
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            buf_add_char(b, c);
        } else if (is_mark(rest)) {
            taken = 2;
        } else if (c != '\'' && !add_plain_letter(b, rest, &taken)) {
            if (b->n && b->p[b->n - 1] != '-') buf_add_char(b, '-');
        }
        i += taken;
    }
}

str brand_slug_of(arena *a, str name) {
    BUF_AUTO buf b = BUF_MAX(4096);
    size_t n = 0;
    uint8_t *nfd = u8_normalize(UNINORM_NFD, (const uint8_t *)(name.n ? name.p : ""), name.n, NULL, &n);
    if (nfd) add_slug(&b, (str){(const char *)nfd, n});
    free(nfd);
    str slug = str_slice(buf_str(&b), 0, SLUG_BYTES);
    while (str_ends(slug, S("-"))) slug.n--;
    if (slug.n == 0) return S("brand");
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (str_eq(slug, str_z(reserved[i]))) return str_fmt(a, "%s-brand", reserved[i]);
    }
    return str_copy(a, slug);
}

/* Brands. */

static err free_slug(db_conn *c, arena *a, str name, str *ret_slug) {
    str slug = brand_slug_of(a, name), wanted = slug;
    for (int i = 2; i < SAME_SLUGS_MAX; i++) {
        struct store_brand taken;
        err code = store_brand_by_slug(c, a, slug, &taken);
        if (code == ERR_MISSING) {
            *ret_slug = slug;
            return ERR_NONE;
        }
        if (code) return code;
        slug = str_fmt(a, "%.*s-%d", STR_FMT(wanted), i);
    }
    return err_set(ERR_LIMIT, "There are too many brands of this name.");
}

err brand_insert(const struct desk *d, db_conn *c, arena *a, str name, str zone, str language,
                 struct store_brand *ret_brand) {
    int64_t now = desk_now(d);
    struct store_brand row = {
        .id = id_new(now),
        .name = name,
        .zone = zone.n ? zone : S("UTC"),
        .language = language.n ? language : S("en"),
        .next_number = 1,
        .created_at = now,
    };
    TRY(free_slug(c, a, name, &row.slug));
    TRY(store_brand_insert(c, a, &row));
    TRY(learning_stand_in(c, row.id, now));
    TRY(watch_stand_in(c, row.id, now));
    TRY(forget_stand_in(c, row.id, now));
    *ret_brand = row;
    return ERR_NONE;
}

struct brand_write {
    const struct desk *d;
    arena *a;
    int64_t id;
    str name, zone, language;
    struct store_brand brand;
};

static err check_brand(str name, str zone, str language, struct brand_write *x) {
    TRY(check_line("The name of the brand", name, CHECK_NAME_BYTES, &x->name));
    x->zone = zone.n ? zone : S("UTC");
    x->language = language.n ? language : S("en");
    TRY(check_zone(x->zone));
    return check_language(x->language);
}

static err write_brand_create(db_conn *c, void *arg) {
    struct brand_write *x = arg;
    return brand_insert(x->d, c, x->a, x->name, x->zone, x->language, &x->brand);
}

err brand_create(const struct desk *d, arena *a, str name, str zone, str language,
                 struct store_brand *ret_brand) {
    struct brand_write x = {.d = d, .a = a};
    TRY(check_brand(name, zone, language, &x));
    TRY(db_write(d->db, write_brand_create, &x));
    *ret_brand = x.brand;
    return ERR_NONE;
}

static err write_brand_change(db_conn *c, void *arg) {
    struct brand_write *x = arg;
    TRY(store_brand_by_id(c, x->a, x->id, &x->brand));
    TRY(store_brand_update(c, x->a, x->id, x->name, x->zone, x->language));
    return str_eq(x->zone, x->brand.zone) ? ERR_NONE : promise_rezone(c, x->a, x->id, x->zone);
}

err brand_change(const struct desk *d, arena *a, int64_t brand, str name, str zone, str language) {
    struct brand_write x = {.d = d, .a = a, .id = brand};
    TRY(check_brand(name, zone, language, &x));
    TRY(db_write(d->db, write_brand_change, &x));
    desk_changed(d, brand, 0, "brand");
    return ERR_NONE;
}
