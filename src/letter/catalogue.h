/* catalogue: a brand's products and parts, found in what people write. Pure; built from rows in memory. */
#ifndef LONGHAND_LETTER_CATALOGUE_H
#define LONGHAND_LETTER_CATALOGUE_H

#include "letter/text.h"

typedef enum catalogue_kind {
    CATALOGUE_PRODUCT, /* what is sold: a set, with a number people know */
    CATALOGUE_FIGURE,  /* a named thing inside products that people ask for by name */
    CATALOGUE_PART,    /* a piece */
} catalogue_kind;

struct catalogue_item {
    catalogue_kind kind;
    str id; /* the brand's own: "9449-1", "fig-000149", "3001" */
    str name;
    str theme; /* the family it is sold in; "" none */
    int year;  /* 0 unknown */
};
/* items[holder] contains items[item]. */
struct catalogue_link {
    uint32_t holder, item, quantity;
};
/* Another name people use for an item. */
struct catalogue_alias {
    str alias;
    uint32_t item;
};

struct catalogue;

/* All is copied. */
struct catalogue *catalogue_build(const struct catalogue_item *items, size_t n,
                                  const struct catalogue_link *links, size_t nlinks,
                                  const struct catalogue_alias *aliases, size_t naliases);
/* Mark an item as no longer sold or made; it is found like any other. Before the catalogue is shared. */
void catalogue_retire(struct catalogue *c, uint32_t item);
void catalogue_free(struct catalogue *c);
size_t catalogue_size(const struct catalogue *c);
size_t catalogue_memory(const struct catalogue *c); /* bytes */

enum { CATALOGUE_CANDIDATES_MAX = 8 };
struct catalogue_hit {
    uint32_t from, to; /* words of the text */
    uint32_t item; /* index of the item; UINT32_MAX where it is one of the candidates, nobody can say which */
    uint32_t candidates[CATALOGUE_CANDIDATES_MAX];
    uint32_t ncandidates; /* without the item; at least 2 when there is none */
    float sure;           /* 0 to 1 */
    const char *why;      /* T("the number of a product"), T("two have this name; {0} decides") ... */
    str why_arg;
};
typedef LIST(struct catalogue_hit) catalogue_hit_list;

/* What the text names: numbers, names, names with misspellings or missing spaces, other names; what stands
 * elsewhere in the text decides between several (a figure in the set that is named). Abstains when it cannot
 * tell. Hits do not overlap and are in order. */
void catalogue_find(const struct catalogue *c, arena *a, const struct text *t, catalogue_hit_list *ret);
const struct catalogue_item *catalogue_item_at(const struct catalogue *c, uint32_t item);
/* Index of the item with this id, UINT32_MAX when none. */
uint32_t catalogue_item_of(const struct catalogue *c, catalogue_kind kind, str id);
bool catalogue_retired(const struct catalogue *c, uint32_t item);

/* What somebody typed into a search box -> products, best first; what they call a figure leads to the
 * products that hold it. Takes a number or its beginning, a name, a part of one, another name, misspellings
 * and missing spaces. At most `most`. */
size_t catalogue_search(const struct catalogue *c, arena *a, str query, uint32_t *ret, size_t most);

#endif
