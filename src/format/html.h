/* html: escape, make readable, sanitise. Pure. Parsing by gumbo, behind limits checked before the tree
 * is built (gumbo is quadratic on nesting). */
#ifndef LONGHAND_FORMAT_HTML_H
#define LONGHAND_FORMAT_HTML_H

#include "base/buf.h"
#include "base/err.h"

/* Text and double-quoted attribute values: & < > " ' escaped. */
void html_escape(buf *out, str text);

/* HTML that the sanitiser built. Templates print this type, and only this one, unescaped. */
typedef struct safe_html {
    str html;
} safe_html;

/* Readable text of an HTML mail: paragraphs and line breaks kept, links as "text (url)" when they differ,
 * list items with "- ", quotes with "> ", no style, script, head or comment; images by their alt text.
 * ERR_LIMIT above 1 MiB or 512 levels deep. */
err html_to_text(arena *a, str html, str *ret_text);

/* The words alone, for HTML that html_to_text refuses: tags cut out, style and script with what is in them,
 * the commonest entities decoded. Linear, never fails. */
str html_strip(arena *a, str html);

/* Rebuild from an allow-list: structure, tables, text marks, links (http, https, mailto, with
 * rel="noopener noreferrer nofollow" and target="_blank"), images only as cid: (written as
 * src="cid:..." for the page to replace; every other image becomes its alt text and is counted).
 * No style, class, id, form, svg, math, script, iframe, comment, event handler. The result is a
 * fragment with every tag closed and sanitise(parse(result)) = result.
 * `ret_remote` counts the remote images left out. ERR_LIMIT as above. */
err html_sanitise(arena *a, str html, safe_html *ret_html, int *ret_remote);

/* True when `html` is, letter by letter, of the form that html_sanitise writes: only its elements, balanced,
 * only its attributes, quoted, no other '<' or '"'. Linear, without a parser: what came from a process that
 * may have been taken over is judged by this before it is shown. */
bool html_is_safe(str html);

/* The simple HTML of a reply from its plain text: paragraphs at blank lines, <br> at others, http(s) links
 * made clickable, everything escaped. */
void html_from_text(buf *out, str text);

#endif
