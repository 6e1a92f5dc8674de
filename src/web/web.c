#include "web/web.h"

#include <stdlib.h>

#include "base/memory.h"
#include "web/glance.h"
#include "web/live.h"
#include "web/notice.h"

static void changed(void *context, int64_t brand, int64_t conversation, const char *what) {
    struct web *web = context;
    glances_touch(web->glances, brand);
    live_changed(web->live, brand, conversation, what);
}

err web_new(struct desk *d, struct web **ret_web) {
    struct web *web = memory_zeroed(sizeof *web);
    *web = (struct web){.desk = d, .secure = str_starts(d->public_url, S("https://"))};
    web->glances = glances_new();
    err e = live_new(web, &web->live);
    if (e) {
        glances_free(web->glances);
        free(web);
        return e;
    }
    d->changed = changed;
    d->changed_context = web;
    *ret_web = web;
    return ERR_NONE;
}

void web_attach(struct web *web, http_server *server) { web->http = server; }

void web_free(struct web *web) {
    if (!web) return;
    notice_wait();
    web->desk->changed = NULL;
    web->desk->changed_context = NULL;
    live_free(web->live);
    glances_free(web->glances);
    free(web);
}
