/* What the tests of the account and administration pages share. */
#ifndef LONGHAND_TEST_WEB_PEOPLE_KIT_H
#define LONGHAND_TEST_WEB_PEOPLE_KIT_H

#include "web_kit.h"

#define fetch(...) kit_shoot((struct shot){__VA_ARGS__})
#define TOYS "/b/tidewatch-toys"
#define PEOPLE TOYS "/admin/people"

static inline const char *z(const char *fmt, str s) {
    str text = str_fmt(kit.a, fmt, STR_FMT(s));
    return str_cstr(kit.a, text);
}

/* What stands behind `mark` in a page, up to a quote. */
static inline str behind(str text, const char *mark) {
    size_t at = str_find(text, str_z(mark), 0);
    if (at == SIZE_MAX) return S("");
    at += strlen(mark);
    size_t end = str_find_char(text, '"', at);
    return str_slice(text, at, end);
}

static inline str cookie_of(const struct hit *h) {
    str value = hit_header(h, "Set-Cookie"), piece;
    if (!str_starts(value, S("longhand="))) return S("");
    return str_split(&value, ';', &piece) ? str_slice(piece, 9, piece.n) : S("");
}

/* Somebody with a password of their own. */
static inline void hire(const char *email, const char *name, struct store_agent *ret_agent) {
    struct people_invited made;
    struct sign_in_link taken;
    assert_ok(people_invite(&kit.d, kit.a, site.toys.brand.id, str_z(email), str_z(name), ROLE_AGENT, &made));
    assert_ok(sign_in_take_link(&kit.d, kit.a, made.link_token, S(""), S("old horse staple"), &taken));
    *ret_agent = made.agent;
}

#endif
