/* html: escape, make readable, sanitise. Pure. Parsing by gumbo, behind limits checked before the tree
 * is built (gumbo is quadratic on nesting). */
#ifndef LONGHAND_FORMAT_HTML_H
#define LONGHAND_FORMAT_HTML_H

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

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

/* The same, for a letter whose pictures from elsewhere a person wants to see: each stays as
 * src="cid:remote-N@longhand" with N counted from `ret_urls->n` on, and its address (http or https) is added
 * to the list, at most HTML_REMOTE_MAX in it. What is there to be counted rather than looked at stays away:
 * pictures of one pixel either way, or hidden ones. `ret_remote` counts the rest. */
enum { HTML_REMOTE_MAX = 40 };
typedef LIST(str) html_url_list;
err html_sanitise_remote(arena *a, str html, safe_html *ret_html, int *ret_remote, html_url_list *ret_urls);

/* True when `html` is, letter by letter, of the form that html_sanitise writes: only its elements, balanced,
 * only its attributes, quoted, no other '<' or '"'. Linear, without a parser: what came from a process that
 * may have been taken over is judged by this before it is shown. */
bool html_is_safe(str html);

/* Where the quote stands with which HTML that html_is_safe ends: the last <blockquote> that lies in no other,
 * if nothing but white space, images and breaks follows it, and something was said before. False when there
 * is none. Linear. */
bool html_quote_at_end(str safe, size_t *ret_from, size_t *ret_to);

/* The simple HTML of a reply from its plain text: paragraphs at blank lines, <br> at others, http(s) links
 * made clickable, everything escaped. */
void html_from_text(buf *out, str text);

#endif
