/* Who asks? The session cookie or the token, the rights a row wants, and the proof that a POST was made by a
 * page of ours: the session's own csrf text, and no other site's name in Sec-Fetch-Site. */
#include "base/clock.h"
#include "web/routes.h"

static str cookie_name(const struct web *web) { return web->secure ? S("__Host-longhand") : S("longhand"); }

str web_session(const struct web_call *w) { return http_cookie(w->in, cookie_name(w->web)); }

void web_session_set(struct web_call *w, str session, int64_t expires_at) {
    int64_t left = (expires_at - desk_now(w->desk)) / SECOND_MS;
    http_cookie_set(w->in, w->out, cookie_name(w->web), session, session.n && left > 0 ? left : 0,
                    w->web->secure);
}

str web_bearer(const struct http_request *q) {
    str value = http_header(q, S("Authorization"));
    if (!str_starts_nocase(value, S("Bearer "))) return S("");
    return str_trim(str_slice(value, 7, value.n));
}

static bool of_brand(const struct web_route *route) { return str_starts(str_z(route->path), S("/b/:brand")); }

/* A page of another site can make a browser send a form here, cookie and all. Browsers say where a request
 * came from; where one does not, the csrf text alone decides. */
static bool from_elsewhere(const struct http_request *q) {
    str site = http_header(q, S("Sec-Fetch-Site"));
    return str_eq(site, S("cross-site")) || str_eq(site, S("same-site"));
}

static err check_form(const struct web_call *w) {
    if (w->in->method == HTTP_GET || w->program) return ERR_NONE;
    if (from_elsewhere(w->in))
        return err_set(ERR_DENIED, "This was sent by a page of another site, so nothing was done.");
    if (w->route->who == WHO_PUBLIC) return ERR_NONE;
    str csrf = http_header(w->in, S("X-CSRF"));
    if (!csrf.n) csrf = http_form(w->in, S("csrf"));
    if (!who_csrf_ok(&w->who, csrf))
        return err_set(ERR_DENIED,
                       "This page is from an earlier sign-in, so nothing was done. Load it again.");
    return ERR_NONE;
}

static enum right right_of(enum web_who who) {
    switch (who) {
    case WHO_PACK: return RIGHT_PACK;
    case WHO_WRITE: return RIGHT_WRITE;
    case WHO_LEAD: return RIGHT_LEAD;
    case WHO_ADMIN: return RIGHT_ADMIN;
    case WHO_PUBLIC:
    case WHO_SIGNED_IN:
    case WHO_READ: return RIGHT_READ;
    }
    return RIGHT_ADMIN;
}

static err find_who(struct web_call *w) {
    bool brand = of_brand(w->route);
    str slug = brand ? w->at.value[0] : S("");
    db_conn *c = NULL;
    if (w->in->method == HTTP_GET) TRY(web_read(w, &c));
    if (w->program)
        TRY(sign_in_who_token(w->desk, c, w->arena, web_bearer(w->in), slug, &w->who));
    else
        TRY(sign_in_who(w->desk, c, w->arena, web_session(w), slug, &w->who));
    if (brand) w->actor = who_actor(&w->who);
    return ERR_NONE;
}

err session_let_in(struct web_call *w, bool *ret_away) {
    *ret_away = false;
    if (w->route->who == WHO_PUBLIC) return check_form(w);
    err e = find_who(w);
    *ret_away = e == ERR_DENIED;
    TRY(e);
    TRY(check_form(w));
    if (w->route->who > WHO_SIGNED_IN && !web_may(w, right_of(w->route->who)))
        return err_set(ERR_DENIED, "Your role in this brand does not allow this.");
    return ERR_NONE;
}

void session_reader(struct web_call *w) {
    const struct lang *lang = w->who.account.language.n ? lang_find(w->who.account.language) : NULL;
    w->page.lang = lang ? lang : lang_choose(http_header(w->in, S("Accept-Language")));
    const struct zone *zone = NULL;
    if (w->who.account.zone.n && zone_load(w->who.account.zone, &zone) != ERR_NONE) zone = NULL;
    w->page.zone = zone;
}
