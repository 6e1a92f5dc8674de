/* html_tree: HTML of strangers -> gumbo's tree, with its time and memory bounded. Used by html_*.c. */
#ifndef LONGHAND_FORMAT_HTML_TREE_H
#define LONGHAND_FORMAT_HTML_TREE_H

#include <gumbo.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { HTML_BYTES_MAX = 1 << 20, HTML_DEPTH_MAX = 512, HTML_WALK_MAX = 1024 };

struct html_tree {
    arena *memory;
    const GumboNode *body; /* NULL when there is none, as in a frameset */
};

/* ERR_LIMIT above `max` bytes, HTML_DEPTH_MAX open elements, or when the tree takes too much memory or time.
 * Release with html_tree_free; `html` lives as long as the tree. */
err html_tree_parse(str html, size_t max, struct html_tree *ret_tree);
void html_tree_free(struct html_tree *tree);

/* What becomes of an element. */
typedef enum html_fate {
    HTML_UNWRAP, /* its children stay */
    HTML_KEEP,
    HTML_BLOCK, /* a <div> by another name */
    HTML_DROP,  /* with all that is in it */
} html_fate;
struct html_kind {
    const char *name; /* what it is written as, for HTML_KEEP */
    html_fate fate;
    int mark; /* bit of a text mark that need not stand twice around one text, 0 for none */
};
struct html_kind html_kind_of(const GumboNode *element);

/* It ends an open <p> in the parser of HTML, or is table structure. */
bool html_is_block(const GumboNode *element);
bool html_has_block(const GumboNode *element); /* somewhere below it */

str html_attribute(const GumboNode *element, const char *name); /* "" when missing */
/* The value of the last declaration of a property in a style attribute, in lower case and without white
 * space; false when there is none. */
bool html_style_value(str style, str property, char *to, size_t size);
/* A hidden attribute, or a style with display:none or visibility:hidden. */
bool html_is_hidden(const GumboNode *element);
/* Whether text in it has no height: a style with font-size:0, else another font size, else as `outside`. */
bool html_is_tiny(const GumboNode *element, bool outside);

#endif
