#include "store/states.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool find(const char *const *names, size_t n, str s, int *ret) {
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(str_z(names[i]), s)) continue;
        *ret = (int)i;
        return true;
    }
    return false;
}

/* One table gives both directions. */
#define SET(type, ...)                                                                                       \
    static const char *const type##_names[] = {__VA_ARGS__};                                                 \
    const char *type##_name(type v) { return (size_t)v < COUNT(type##_names) ? type##_names[v] : ""; }       \
    bool type##_from(str s, type *ret) {                                                                     \
        int at;                                                                                              \
        if (!find(type##_names, COUNT(type##_names), s, &at)) return false;                                  \
        *ret = (type)at;                                                                                     \
        return true;                                                                                         \
    }

SET(conversation_state, "us", "them", "done")
SET(message_kind, "letter", "reply", "note")
SET(message_state, "", "held", "queued", "sent", "failed", "uncertain", "recorded")
SET(channel, "mail", "paper", "call", "web", "bluesky", "mastodon", "hook")
SET(raw_form, "", "post")
SET(raw_state, "new", "read", "unreadable", "duplicate", "out")
SET(raw_origin, "", "past", "sent", "brought")
SET(outbox_state, "held", "ready", "sending", "dot_sent", "sent", "uncertain", "failed", "taken_back",
    "bounced", "stopped", "limited")
SET(close_reason, "", "spam", "machine", "duplicate", "none_needed", "blocked")
