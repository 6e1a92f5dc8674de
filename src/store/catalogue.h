/* store catalogue: a brand's items, what holds what, and other names. The rules of an import are in
 * desk/catalogue.h. */
#ifndef LONGHAND_STORE_CATALOGUE_H
#define LONGHAND_STORE_CATALOGUE_H

#include "base/list.h"
#include "db/db.h"

struct store_catalogue {
    int64_t version; /* 0: nothing was imported yet */
    str format;      /* "own", "rebrickable" */
    int64_t imported_at;
};
/* A brand without a catalogue has version 0. */
err store_catalogue_get(db_conn *c, arena *a, int64_t brand, struct store_catalogue *ret_catalogue);
/* The next version, imported now. */
err store_catalogue_put(db_conn *c, arena *a, int64_t brand, str format, int64_t now);

struct store_catalogue_item {
    int64_t id;
    int64_t kind; /* enum catalogue_kind */
    str code, name, theme;
    int64_t year, retired_at;
};
typedef LIST(struct store_catalogue_item) store_catalogue_item_list;
struct store_catalogue_link {
    int64_t holder, item, quantity;
};
typedef LIST(struct store_catalogue_link) store_catalogue_link_list;
struct store_catalogue_alias {
    int64_t item, agent;
    str alias;
};
typedef LIST(struct store_catalogue_alias) store_catalogue_alias_list;

/* Retired ones too. By id. */
err store_catalogue_items(db_conn *c, arena *a, int64_t brand, store_catalogue_item_list *ret_items);
err store_catalogue_links(db_conn *c, arena *a, int64_t brand, store_catalogue_link_list *ret_links);
err store_catalogue_aliases(db_conn *c, arena *a, int64_t brand, store_catalogue_alias_list *ret_aliases);

/* Write rows, new or changed, many in one statement. An alias that is there keeps its agent. */
err store_catalogue_items_put(db_conn *c, int64_t brand, const struct store_catalogue_item *items, size_t n);
err store_catalogue_links_put(db_conn *c, int64_t brand, const struct store_catalogue_link *links, size_t n);
err store_catalogue_aliases_put(db_conn *c, int64_t brand, const struct store_catalogue_alias *aliases,
                                size_t n);
/* ERR_MISSING when there is none. */
err store_catalogue_item_exists(db_conn *c, int64_t brand, int64_t id);
err store_catalogue_item_retire(db_conn *c, int64_t brand, int64_t id, int64_t now);
err store_catalogue_link_delete(db_conn *c, int64_t brand, int64_t holder, int64_t item);
err store_catalogue_alias_delete(db_conn *c, int64_t brand, int64_t item, str alias);

#endif
