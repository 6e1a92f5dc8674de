#include "store/figures.h"

static err rows_of(db_query *q, arena *a, int64_t brand, store_figure_list *ret) {
    store_figure_list rows = *ret;
    db_bind_int(q, 1, brand);
    while (db_row(q))
        *list_add(a, &rows) = (struct store_figure){brand, db_int(q, "inbox"), db_text(q, a, "what"),
                                                    db_int(q, "n"), db_int(q, "oldest")};
    TRY(db_done(q));
    *ret = rows;
    return ERR_NONE;
}

err store_figures_outbox(db_conn *c, arena *a, int64_t brand, store_figure_list *ret) {
    return rows_of(db_sql(c, "SELECT 0 AS inbox, state AS what, COUNT(*) AS n, MIN(ready_at) AS oldest "
                             "FROM outbox WHERE brand_id = $1 AND state IN ('held', 'ready', 'sending', "
                             "'dot_sent', 'limited', 'stopped', 'uncertain', 'failed', 'bounced') GROUP BY "
                             "state ORDER BY state"),
                   a, brand, ret);
}

err store_figures_unread(db_conn *c, arena *a, int64_t brand, store_figure_list *ret) {
    return rows_of(db_sql(c, "SELECT r.inbox_id AS inbox, '' AS what, COUNT(*) AS n, "
                             "MIN(r.received_at) AS oldest FROM unread u JOIN raw r ON "
                             "r.brand_id = u.brand_id AND r.id = u.id WHERE u.brand_id = $1 "
                             "GROUP BY r.inbox_id ORDER BY r.inbox_id"),
                   a, brand, ret);
}

err store_figures_jobs(db_conn *c, arena *a, int64_t brand, bool dead, store_figure_list *ret) {
    return rows_of(
        db_sql(c, dead ? "SELECT 0 AS inbox, kind AS what, COUNT(*) AS n, MIN(run_at) AS oldest "
                         "FROM job WHERE brand_id = $1 AND dead_at > 0 GROUP BY kind ORDER BY kind"
                       : "SELECT 0 AS inbox, kind AS what, COUNT(*) AS n, MIN(run_at) AS oldest "
                         "FROM job WHERE brand_id = $1 AND dead_at = 0 GROUP BY kind ORDER BY kind"),
        a, brand, ret);
}

err store_figures_waiting(db_conn *c, arena *a, int64_t brand, store_figure_list *ret) {
    return rows_of(db_sql(c, "SELECT 0 AS inbox, '' AS what, COUNT(*) AS n, "
                             "COALESCE(MIN(waiting_since), 0) AS oldest FROM conversation "
                             "WHERE brand_id = $1 AND state = 'us' AND waiting_since > 0"),
                   a, brand, ret);
}

err store_figures_letters(db_conn *c, arena *a, int64_t brand, store_figure_list *ret) {
    return rows_of(db_sql(c, "SELECT id AS inbox, '' AS what, 0 AS n, letter_at AS oldest FROM inbox "
                             "WHERE brand_id = $1 AND disabled_at = 0 ORDER BY id"),
                   a, brand, ret);
}
