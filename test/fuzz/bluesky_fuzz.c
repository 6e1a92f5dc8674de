/* Bluesky's answers, its cursors of ours, and the links of a text: whatever a server says becomes normal
 * posts or nothing, and a post that became one can be written down and read again. */
#include <stdlib.h>

#include "social/bluesky.h"
#include "social/bluesky_fetch.h"

static void check_page(arena *a, struct bluesky_page *page) {
    struct bluesky_way w;
    str why = S("");
    for (size_t i = 0; i < page->notices.n; i++) {
        BUF_AUTO buf out = BUF_MAX(POST_BYTES_MAX);
        struct post again;
        const struct post *p = &page->notices.v[i].post;
        if (!bluesky_is_post(p->id) || !p->version.n) abort();
        post_write(&out, p);
        if (!buf_ok(&out) || post_read(a, buf_str(&out), &again)) abort();
        if (!str_eq(again.id, p->id) || !str_eq(again.text, p->text)) abort();
    }
    if (!bluesky_way_read(a, S(""), &w)) abort();
    bluesky_way_step(a, &w, page, 1800000000000, &why);
    str cursor = bluesky_way_write(a, &w);
    if (!cursor.n || cursor.n > SOCIAL_CURSOR_MAX || !bluesky_way_read(a, cursor, &w)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    ARENA_AUTO arena *a = arena_new(256 << 20);
    str text = {(const char *)data, n}, did = S("did:plc:us"), name, words, out;
    struct bluesky_page page;
    struct bluesky_session session;
    struct social_profile profile;
    social_profile_list profiles;
    struct social_place place;
    struct bluesky_way way;
    post_link_list links;
    int w, h;
    if (!bluesky_read_notices(a, text, did, &page)) check_page(a, &page);
    if (!bluesky_read_posts(a, text, did, &page)) check_page(a, &page);
    bluesky_read_session(a, text, &session);
    bluesky_read_error(a, text, &name, &words);
    bluesky_read_profile(a, text, &profile);
    bluesky_read_profiles(a, text, &profiles);
    bluesky_read_created(a, text, &place);
    bluesky_read_record(a, text, &place, &out);
    bluesky_picture_size(text, &w, &h);
    if (bluesky_way_read(a, text, &way) && bluesky_way_write(a, &way).n > SOCIAL_CURSOR_MAX) abort();
    bluesky_find_links(a, text, &links);
    for (size_t i = 0, at = 0; i < links.n; i++) {
        if (links.v[i].from < (int64_t)at || links.v[i].to <= links.v[i].from || (size_t)links.v[i].to > n)
            abort();
        at = (size_t)links.v[i].to;
    }
    return 0;
}
