/* store/track: links to the private pages of conversations. Only the hash of a link is kept. */
#ifndef LONGHAND_STORE_TRACK_H
#define LONGHAND_STORE_TRACK_H

#include "base/list.h"
#include "db/db.h"

struct store_track {
    int64_t brand_id, id, conversation_id;
    str hash; /* 32 bytes, token_hash; not read */
    int64_t agent_id, created_at, expires_at, revoked_at;
    str agent_name; /* joined; not written */
};
typedef LIST(struct store_track) store_track_list;

err store_track_insert(db_conn *c, const struct store_track *row);
/* Newest first, ended ones too; at most `limit`. */
err store_tracks_of(db_conn *c, arena *a, int64_t brand, int64_t conversation, int limit,
                    store_track_list *ret);
/* One that still works, or with id 0 all of them; `ret_n` how many there were. */
err store_track_revoke(db_conn *c, int64_t brand, int64_t conversation, int64_t id, int64_t now,
                       int64_t *ret_n);
/* All but the newest `keep` that work. */
err store_track_revoke_old(db_conn *c, int64_t brand, int64_t conversation, int keep, int64_t now);
/* Whatever became of them. */
err store_track_delete(db_conn *c, int64_t brand, int64_t conversation);
err store_track_delete_expired(db_conn *c, int64_t before);

/* What a link leads to. */
struct store_tracked {
    struct store_track track;
    int64_t begun_at;    /* when the conversation began */
    int64_t answered_at; /* when a person wrote back last; 0 not yet */
    int64_t customer_id; /* whose conversation it is */
    str sender;          /* the name that their first letter was signed with; else as they are called */
    str brand_name, brand_slug, brand_language, brand_zone;
};
/* By the hash of a link, ended ones too. ERR_MISSING. */
err store_tracked_by_hash(db_conn *c, arena *a, str hash, struct store_tracked *ret);

#endif
