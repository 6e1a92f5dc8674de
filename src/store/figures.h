/* store/figures: counts for the operator's monitoring. Each is one statement. */
#ifndef LONGHAND_STORE_FIGURES_H
#define LONGHAND_STORE_FIGURES_H

#include "base/list.h"
#include "db/db.h"

struct store_figure {
    int64_t brand, inbox; /* inbox 0: of the whole brand */
    str what;             /* a state or a kind of job, "" for none */
    int64_t n;
    int64_t oldest; /* when the first of them came or was due, 0 for none */
};
typedef LIST(struct store_figure) store_figure_list;

/* Copies of replies that are on their way or stuck, by state. */
err store_figures_outbox(db_conn *c, arena *a, int64_t brand, store_figure_list *ret);
/* Letters that are kept but not read yet, by inbox; inboxes without such are left out. */
err store_figures_unread(db_conn *c, arena *a, int64_t brand, store_figure_list *ret);
/* Jobs by kind: all, and with `dead` those that wait for a person. */
err store_figures_jobs(db_conn *c, arena *a, int64_t brand, bool dead, store_figure_list *ret);
/* Conversations that wait for us. One row. */
err store_figures_waiting(db_conn *c, arena *a, int64_t brand, store_figure_list *ret);
/* When the newest letter of each inbox in use came (`oldest`). */
err store_figures_letters(db_conn *c, arena *a, int64_t brand, store_figure_list *ret);

#endif
