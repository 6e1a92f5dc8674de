#include "desk/carrier.h"

#include "base/random.h"
#include "desk/check.h"
#include "format/url.h"

static const str mark = {"{tracking}", 10};

/* ---- templates ---- */

/* Where the host ends: at the first of / ? # behind the "//". */
static size_t host_end(str url, size_t from) {
    for (size_t i = from; i < url.n; i++)
        if (url.p[i] == '/' || url.p[i] == '?' || url.p[i] == '#') return i;
    return url.n;
}

err carrier_url_check(str url) {
    size_t from = str_starts_nocase(url, S("https://")) ? 8 : str_starts_nocase(url, S("http://")) ? 7 : 0;
    if (url.n > CARRIER_URL_BYTES)
        return err_set(ERR_INVALID, "The address is longer than %d bytes.", CARRIER_URL_BYTES);
    if (!from) return err_set(ERR_INVALID, "The address must begin with https:// or http://.");
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] == 0x7f || str_has(S("\"'<>\\^`|"), url.p[i]))
            return err_set(ERR_INVALID, "The address holds a character that no address has.");
    size_t end = host_end(url, from);
    str host = str_slice(url, from, end);
    if (!host.n || str_has(host, '@') || str_has(host, '{') || str_has(host, '%'))
        return err_set(ERR_INVALID, "The address needs the name of a host, and nothing else, behind the //.");
    size_t at = str_find(url, mark, end);
    if (at == SIZE_MAX)
        return err_set(ERR_INVALID, "Say with {tracking} where the tracking number goes in the address.");
    return ERR_NONE;
}

str carrier_url(arena *a, str url, str tracking) {
    BUF_AUTO buf b = BUF_MAX(64 << 10);
    if (!url.n || !tracking.n || carrier_url_check(url)) return S("");
    for (size_t at = 0, next; at < url.n; at = next + mark.n) {
        next = str_find(url, mark, at);
        buf_add(&b, str_slice(url, at, next == SIZE_MAX ? url.n : next));
        if (next == SIZE_MAX) break;
        url_encode(&b, tracking);
    }
    return buf_ok(&b) ? str_copy(a, buf_str(&b)) : S("");
}

/* ---- a brand's ---- */

err carrier_list(struct desk *d, arena *a, int64_t brand, store_carrier_list *ret) {
    DB_READ_AUTO db_conn *c = NULL;
    TRY(db_read_begin(d->db, &c));
    return store_carriers(c, a, brand, ret);
}

struct put {
    arena *a;
    const struct actor *who;
    int64_t id, now, made;
    str name, url;
};

static err write_put(db_conn *c, void *arg) {
    struct put *x = arg;
    struct store_carrier there;
    store_carrier_list all;
    struct store_carrier row = {.id = x->id, .name = x->name, .url = x->url, .updated_at = x->now};
    TRY(store_carrier_by_name(c, x->a, x->who->brand, x->name, &there));
    if (there.id && there.id != x->id)
        return err_set(ERR_CONFLICT, "There is a carrier of that name already.");
    x->made = x->id;
    if (x->id) {
        TRY(store_carrier_get(c, x->a, x->who->brand, x->id, &there));
        return store_carrier_update(c, x->who->brand, &row);
    }
    TRY(store_carriers(c, x->a, x->who->brand, &all));
    if (all.n >= CARRIERS_MAX) return err_set(ERR_LIMIT, "A brand has at most %d carriers.", CARRIERS_MAX);
    row.id = x->made = id_new(x->now);
    return store_carrier_insert(c, x->who->brand, &row);
}

err carrier_put(struct desk *d, arena *a, const struct actor *who, int64_t id, str name, str url,
                int64_t *ret_id) {
    struct put x = {.a = a, .who = who, .id = id, .now = desk_now(d)};
    TRY(check_line("The name", name, CARRIER_NAME_BYTES, &x.name));
    TRY(check_line_or_empty("The address", url, CARRIER_URL_BYTES, &x.url));
    if (x.url.n) TRY(carrier_url_check(x.url));
    TRY(db_write(d->db, write_put, &x));
    desk_changed(d, who->brand, 0, "carrier");
    *ret_id = x.made;
    return ERR_NONE;
}

static err write_delete(db_conn *c, void *arg) {
    struct put *x = arg;
    struct store_carrier there;
    TRY(store_carrier_get(c, x->a, x->who->brand, x->id, &there));
    return store_carrier_delete(c, x->who->brand, x->id);
}

err carrier_delete(struct desk *d, arena *a, const struct actor *who, int64_t id) {
    struct put x = {.a = a, .who = who, .id = id};
    TRY(db_write(d->db, write_delete, &x));
    desk_changed(d, who->brand, 0, "carrier");
    return ERR_NONE;
}
