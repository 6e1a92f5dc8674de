/* job_page: work that is due, and work that keeps failing and waits for a person. */
#ifndef LONGHAND_WEB_JOB_PAGE_H
#define LONGHAND_WEB_JOB_PAGE_H

#include "store/job.h"
#include "web/admin_page.h"

enum { JOB_ROWS = 200 };

struct job_row {
    struct job job;
    str title;
    bool running;
};
struct jobs_view {
    struct admin admin;
    LIST(struct job_row) rows; /* dead ones first */
    size_t dead;
    bool more;
};

err jobs_view(struct web_call *w);
void jobs_html(struct web_call *w);
void jobs_json(const struct web_call *w, struct json_out *o);
/* Due at once. ERR_CONFLICT while it is under way: it must not be done twice at a time. */
err job_retry(struct web_call *w);

#endif
