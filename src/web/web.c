#include "web/web.h"

#include <stdlib.h>

#include "base/memory.h"
#include "web/glance.h"
#include "web/live.h"
#include "web/notice.h"
#include "web/status_board.h"

static void changed(void *context, int64_t brand, int64_t conversation, const char *what) {
    struct web *web = context;
    glances_touch(web->glances, brand);
    live_changed(web->live, brand, conversation, what);
    if (!conversation) status_board_wake(web->status);
}

err web_new(struct desk *d, struct web **ret_web) {
    struct web *web = memory_zeroed(sizeof *web);
    *web = (struct web){.desk = d, .secure = str_starts(d->public_url, S("https://"))};
    web->glances = glances_new();
    web->status = status_board_new(d, web->secure);
    err e = live_new(web, &web->live);
    if (e) {
        status_board_free(web->status);
        glances_free(web->glances);
        free(web);
        return e;
    }
    d->changed = changed;
    d->changed_context = web;
    *ret_web = web;
    return ERR_NONE;
}

static http_kept *quick(void *context, const struct http_request *q) {
    struct web *web = context;
    return status_board_quick(web->status, q);
}

err web_prepare(struct web *web, struct http_options *options) {
    options->quick = quick;
    return status_board_start(web->status);
}

void web_attach(struct web *web, http_server *server) { web->http = server; }

void web_free(struct web *web) {
    if (!web) return;
    notice_wait();
    web->desk->changed = NULL;
    web->desk->changed_context = NULL;
    status_board_free(web->status);
    live_free(web->live);
    glances_free(web->glances);
    free(web);
}
