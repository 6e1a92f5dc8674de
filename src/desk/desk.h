/* desk: the rules. This is what every rule needs to work with; it knows neither HTTP nor SQL. */
#ifndef LONGHAND_DESK_DESK_H
#define LONGHAND_DESK_DESK_H

#include "base/clock.h"
#include "base/str.h"
#include "db/db.h"

struct desk {
    db *db;
    const wall_clock *clock; /* NULL: the system's */
    str folder;              /* the data folder: objects/, maildir/, sockets */
    str public_url; /* without trailing '/'; links in mail are built from this, never from a request */
    str proxy;      /* the address of a reverse proxy whose X-Forwarded-For is believed; "" for none */
    /* What the desk keeps in memory for listening and the check (desk/heart.h); made on first use, freed by
     * heart_close. */
    struct heart *heart;
    struct hall *rooms; /* the same for incidents (desk/room.h); freed by heart_close */
    str clamd;          /* where a virus scanner listens (net/clamd.h); "" for none */
    str metrics_token;  /* what monitoring sends to read the figures; "" : nobody reads them */
    bool posts_inside;  /* the operator lets webhooks reach private networks, and http: (net/post.h) */
    bool keeps_indexes; /* this process writes the files of near/; others only read them */
    /* Told after a commit that something in a brand changed, so that open pages can be told; may be NULL. */
    void (*changed)(void *context, int64_t brand, int64_t conversation, const char *what);
    void *changed_context;
    /* Told that there is work due, so that a worker need not wait for its next look; may be NULL. */
    void (*work)(void *context);
    void *work_context;
    /* Told that mailboxes to be fetched changed, so that the fetcher need not wait for its next look; may be
     * NULL. */
    void (*fetch)(void *context);
    void *fetch_context;
};

/* Who does something, in which brand. agent 0: the desk itself. */
struct actor {
    int64_t brand, agent;
    str name;
};

static inline int64_t desk_now(const struct desk *d) { return clock_now(d->clock); }

void desk_changed(const struct desk *d, int64_t brand, int64_t conversation, const char *what);
void desk_work(const struct desk *d);

#endif
