/* routes: the one table of everything that can be asked of this server. */
#ifndef LONGHAND_WEB_ROUTES_H
#define LONGHAND_WEB_ROUTES_H

#include "web/web.h"

enum web_who {
    WHO_PUBLIC,    /* anybody */
    WHO_SIGNED_IN, /* any account */
    WHO_READ,      /* an agent of the brand in the path, who may read; */
    WHO_PACK,      /* pack boxes; */
    WHO_WRITE,     /* answer; */
    WHO_LEAD,
    WHO_ADMIN, /* administer */
};
const char *web_who_name(enum web_who who); /* "PUBLIC", "SIGNED_IN", ... */

struct web_route {
    http_method method;
    const char *path; /* "/b/:brand/c/:id": the first piece of a brand's row is the brand */
    enum web_who who;
    err (*run)(struct web_call *w);
    void (*html)(struct web_call *w);
    /* Not NULL: the row is also at /api/v1 + path, by token. */
    void (*json)(const struct web_call *w, struct json_out *o);
    /* What it reads besides the path: "text!:string, version:int"; '!' must be there; types string, int,
     * bool, id, file, ids (an array of them), items (an array of objects). In queries of a GET, in the form
     * or JSON body of a POST. */
    const char *takes;
    const char *does;    /* one sentence without full stop, for people */
    const char *handler; /* the name of `run` */
};

const struct web_route *web_routes(size_t *ret_n);

/* The row for a path, or NULL with ret_allowed set to the methods the path has ("" when there is no such
 * path). `program`: the path is below /api/v1, which is left out here. */
const struct web_route *web_route_find(arena *a, http_method method, str path, bool program,
                                       struct http_match *ret_match, str *ret_allowed);

/* For `longhand routes [--json]`. */
void routes_print(buf *out, bool json);

/* "OK" of a row whose JSON has nothing to tell. */
void web_json_ok(const struct web_call *w, struct json_out *o);
/* Marks a row that answers programs, too, with bytes that are no JSON (files, the mail itself); writes
 * nothing. */
void web_json_bytes(const struct web_call *w, struct json_out *o);
/* OpenAPI 3.1 of the table. */
void openapi_print(buf *out, str server_url);

#endif
