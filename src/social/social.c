#include "social/social.h"

static const char *const kinds[] = {"bluesky", "mastodon", "hook"};
static const char *const results[] = {"done", "refused", "later", "uncertain", "sign_in", "gone"};

const char *social_kind_text(social_kind k) { return kinds[k]; }
const char *social_result_text(social_result r) { return results[r]; }

bool social_kind_from(str text, social_kind *ret) {
    for (int i = 0; i < SOCIAL_KINDS; i++) {
        if (!str_eq(text, str_z(kinds[i]))) continue;
        *ret = (social_kind)i;
        return true;
    }
    return false;
}

/* An adapter's line here, and its declaration in the header, are all that it needs to be used. */
static const struct social_network *const networks[SOCIAL_KINDS] = {
    [SOCIAL_BLUESKY] = &social_bluesky,
    [SOCIAL_MASTODON] = &social_mastodon,
    [SOCIAL_HOOK] = &social_hook,
};
static const struct social_network *replaced[SOCIAL_KINDS];

const struct social_network *social_network_of(social_kind k) {
    return replaced[k] ? replaced[k] : networks[k];
}

void social_replace(social_kind k, const struct social_network *network) { replaced[k] = network; }
