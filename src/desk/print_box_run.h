/* print_box_run: many boxes printed into one PDF, in the background. A run lives in the data folder
 * (prints/BRAND/ID: what was asked, how far it is, the PDF) and is cleared away a day after it was asked for;
 * the job `print` does it. It can be done twice: it then begins anew. */
#ifndef LONGHAND_DESK_PRINT_BOX_RUN_H
#define LONGHAND_DESK_PRINT_BOX_RUN_H

#include "desk/print_box.h"
#include "store/job.h"

enum {
    PRINT_RUN_BOXES = 2000,
    PRINT_RUN_BYTES = 60 << 20, /* of the PDF */
    PRINT_RUN_NOTES = 200,
    PRINT_RUN_KEPT_MS = DAY_MS,
};

struct print_run_wish {
    const int64_t *boxes; /* ids, printed in this order */
    size_t n;
    struct print_parts parts;
};
/* ERR_INVALID for no box; ERR_LIMIT above PRINT_RUN_BOXES. Boxes that are not there are found when it is
 * done. */
err print_run_start(struct desk *d, arena *a, const struct actor *who, const struct print_run_wish *wish,
                    int64_t *ret_id);

typedef enum print_run_state { PRINT_WAITING, PRINT_PRINTING, PRINT_DONE, PRINT_FAILED } print_run_state;
const char *print_run_state_name(print_run_state s); /* "waiting", "printing", "done", "failed" */

/* What there is to know of one of its boxes. */
struct print_note {
    int64_t box, number; /* number 0: there is no such box */
    str says;            /* why it was not printed; "" it was */
    str missing;         /* characters without a shape, by name: "U+1F9F8 TEDDY BEAR, ..." */
    bool cut;            /* its address did not fit its place */
};
typedef LIST(struct print_note) print_note_list;

struct print_run {
    int64_t id, agent_id, made_at;
    str agent_name;
    struct print_parts parts;
    print_run_state state;
    int64_t boxes, done; /* of `boxes` */
    int64_t printed, pages, bytes;
    str says; /* why it failed */
    print_note_list notes;
};
/* ERR_MISSING: no such run in this brand, or it was cleared away. */
err print_run_get(const struct desk *d, arena *a, int64_t brand, int64_t run, struct print_run *ret);
/* ERR_CONFLICT while it is not done. */
err print_run_pdf(const struct desk *d, arena *a, int64_t brand, int64_t run, str *ret_bytes);

/* The job. */
err print_run_do(struct desk *d, arena *a, const struct job *job);
/* Remove the runs of a brand that hold any of these boxes: their words are deleted. */
err print_run_forget(const struct desk *d, arena *a, int64_t brand, const int64_t *boxes, size_t n);
/* Remove the runs of all brands that are older than a day. */
err print_run_sweep(const struct desk *d, arena *a);

/* What a result says of missing characters: their names, the first ten. "" for none. */
str print_missing_text(arena *a, const struct print_result *r);

#endif
