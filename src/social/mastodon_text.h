/* mastodon_text: what a status says, as text. Pure.
 *
 * The HTML of a status is a stranger's. It is read by one linear pass over the bytes that knows a dozen tags
 * and builds nothing: no tree, no recursion, no parser that could be led astray, so it needs no process of
 * its own. What comes out is text and is escaped like any other. */
#ifndef LONGHAND_SOCIAL_MASTODON_TEXT_H
#define LONGHAND_SOCIAL_MASTODON_TEXT_H

#include "format/post.h"

/* Readable text of `content` (docs.joinmastodon.org, "HTML you can expect"): paragraphs and breaks kept,
 * links as the whole address that Mastodon cuts in three pieces, or as "words (address)" where other software
 * wrote words; quotes with "> ", items with "- ", pictures by their alt text. With `quotes` the paragraph
 * that stands for a quoted post (class quote-inline) is left out. Bytes that are no UTF-8 become U+FFFD. The
 * rest of what is longer than POST_TEXT_MAX is left out. Of a mention, `target` is the address of the profile
 * as it stands there. Linear; never fails. */
str mastodon_text(arena *a, str content, bool quotes, post_link_list *ret_links);

#endif
