/* heart: what a desk keeps in memory for listening and the check, a brand at a time: its catalogue, and the
 * index of what was said to its customers. Any thread may ask. */
#ifndef LONGHAND_DESK_HEART_H
#define LONGHAND_DESK_HEART_H

#include "desk/desk.h"
#include "letter/catalogue.h"
#include "near/near.h"

/* The brand's catalogue, built on first use and again after an import. Give back with heart_catalogue_done:
 * it is freed when the last reader is done with it. ret->catalogue is NULL when the brand has none. */
struct heart_catalogue {
    const struct catalogue *catalogue;
    int64_t version; /* 0: none was imported */
    struct kept_catalogue *kept;
};
err heart_catalogue(struct desk *d, int64_t brand, struct heart_catalogue *ret);
/* The same for a caller who has read its version (store_catalogue_get; 0: none was imported). */
err heart_catalogue_at(struct desk *d, int64_t brand, int64_t version, struct heart_catalogue *ret);
void heart_catalogue_done(struct heart_catalogue *c);
#define HEART_CATALOGUE_AUTO __attribute__((cleanup(heart_catalogue_done)))

/* The index of the brand's replies, DATA/near/BRAND-replies.near. Opened on first use, open until
 * heart_close. A process that does not keep indexes reads the file and then learns what is missing there, in
 * memory; one that does leaves that to the job `learn`. */
err heart_replies(struct desk *d, int64_t brand, near **ret);

/* The index of the brand's letters, DATA/near/BRAND-letters.near (desk/defect_like.h), the same way; but what
 * is missing there is learned by the caller. */
err heart_letters(struct desk *d, int64_t brand, near **ret);
/* The file of letters (its generation) to which this process has added all that it lacks; 0 none. */
int64_t heart_letters_whole(struct desk *d, int64_t brand);
void heart_letters_whole_put(struct desk *d, int64_t brand, int64_t generation);

/* What the watch of a brand's letters holds (desk/incident_watch.h); NULL until it is put there. Freed by
 * heart_close. */
struct watch;
struct watch *heart_watch(struct desk *d, int64_t brand);
void heart_watch_put(struct desk *d, int64_t brand, struct watch *w);

/* Save every index that has something new. Of a process that keeps indexes only. */
err heart_save(struct desk *d);
/* Forget all; the desk may be used again. */
void heart_close(struct desk *d);

#endif
