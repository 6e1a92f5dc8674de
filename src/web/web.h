/* web: the contract of this floor. A request goes through one table (routes.c), one function that judges it
 * (router.c: who, CSRF, method, errors) and then the functions of its row, which are all of these shapes.
 *
 * A row that shows something has three functions:
 *     err  thing_view(struct web_call *w)                             fill one struct in w->arena from the
 * desk and the store, and put it into w->view void thing_html(struct web_call *w) print w->view through
 * templates void thing_json(const struct web_call *w, struct json_out *o)   write it as JSON: reads w->view
 * only A row that does something has the same three: err  thing_save(struct web_call *w)     read
 * web_param(w, "name"), call the desk, set w->go to the page that follows and, for the JSON, w->view void
 * thing_again(struct web_call *w)    may be NULL: the page to show when thing_save failed, w->problem and
 *                                             w->says telling why, with what was typed in it; NULL gets the
 * common error page, which also keeps what was typed void thing_json(...)                    NULL: the answer
 * to a program is {"ok": true} To add a page: a view struct and prototypes in src/web/THING_page.h, the
 * functions in THING_page.c, markup in THING.tmpl between frame_open and frame_close (frame.h), and a row in
 * routes.c. */
#ifndef LONGHAND_WEB_WEB_H
#define LONGHAND_WEB_WEB_H

#include "base/arena.h"
#include "desk/desk.h"
#include "desk/sign_in.h"
#include "format/json.h"
#include "http/http.h"
#include "web/page_out.h"

struct live;
struct glance;
struct glances;
struct status_board;
struct web_route;

struct web {
    struct desk *desk;
    http_server *http;           /* where streams live; NULL before web_attach: /live is 503 */
    struct live *live;           /* live.h */
    struct glances *glances;     /* glance.h */
    struct status_board *status; /* status_board.h */
    bool secure;                 /* the public address is https: cookies are Secure, HSTS is sent */
};

/* Makes the hub and the caches, and hears desk->changed. `d` must stay where it is until web_free. */
err web_new(struct desk *d, struct web **ret_web);
void web_attach(struct web *web, http_server *server); /* once it has started, before the first stream */
/* Before it has started: what it may answer by itself, and the threads that look for it. */
err web_prepare(struct web *web, struct http_options *options);
void web_free(struct web *web); /* after http_server_stop */
/* The http_handler; `context` is the struct web. */
void web_handle(void *context, struct http_request *q, struct http_response *r);

/* One request on its way. */
struct web_call {
    struct web *web;
    struct desk *desk;
    arena *arena;
    struct http_request *in;
    struct http_response *out;
    const struct web_route *route;
    struct http_match at; /* the pieces of the path; of a brand's row [0] is the slug */
    bool program;         /* by token, under /api/v1 */
    bool json;            /* the answer is to be JSON: a program, or a POST by a script that asked for it */
    str fragment;         /* X-Fragment: the part of the page a script wants ("list", ...), "" the whole */
    struct desk_who who;  /* all zero on public rows */
    struct actor actor;   /* of a brand's row */
    db_conn *read;        /* web_read opens it, the router closes it */
    json_t *body;         /* the JSON object a program sent, NULL none */
    struct page_out page; /* prints into out->body */
    void *view;
    str go;      /* where a browser goes after a POST; under the root, "/b/..." */
    err problem; /* for thing_again */
    str says;
    /* Members that the JSON of an error has beside its kind and sentence; may be NULL. */
    void (*also)(const struct web_call *w, struct json_out *o);
    bool stopped;      /* the letter check stopped this reply; `view` is its struct check_view */
    int status;        /* set before returning an error: instead of the usual one (429 for ERR_LIMIT) */
    const char *csp;   /* instead of the page's Content-Security-Policy */
    const char *cache; /* instead of "no-store" */
    const struct glance *glance; /* glance.h */
};

/* ---- what came in ---- */

/* A parameter: a member of a program's JSON (numbers and true as text, false as ""), else a field of the
 * form, else of the query. "" when absent. */
str web_param(const struct web_call *w, const char *name);
/* The same with line breaks as LF, as a textarea's text is kept. */
str web_param_text(const struct web_call *w, const char *name);
bool web_param_has(const struct web_call *w, const char *name);
bool web_param_on(const struct web_call *w, const char *name); /* a ticked box, true, 1 */
/* A whole number of at least 0; `otherwise` when absent or "". ERR_INVALID, naming it, for anything else. */
err web_param_int(const struct web_call *w, const char *name, int64_t otherwise, int64_t *ret_value);
/* A piece of the path that is an id. ERR_MISSING when it is no number above 0. */
err web_id(const struct web_call *w, int piece, int64_t *ret_id);

/* ---- while working ---- */

/* The read transaction of this request: one snapshot, begun at the first call. A POST must not call it before
 * it has written; web_read_end ends it early. */
err web_read(struct web_call *w, db_conn **ret_c);
void web_read_end(struct web_call *w);

/* "/b/SLUG" followed by what printf makes: a path of our own, in the arena. */
str web_path(const struct web_call *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Go there after this POST. */
void web_go(struct web_call *w, str path);
bool web_may(const struct web_call *w, enum right right);

/* ---- what goes out ---- */

/* The network address of whoever asks: the connected one, or, when that is the desk's own proxy, the last one
 * that the proxy put into X-Forwarded-For. */
str web_peer(const struct web_call *w);
/* A text in the reader's language: web_text(w, T("Not sent")). */
str web_text(const struct web_call *w, const char *msgid);
void web_header(struct web_call *w, const char *name, str value);
int web_status(err e); /* 422, 404, 403, 409, 413, 503, 507, 500 */
/* Bytes that are no page. */
void web_bytes(struct web_call *w, const char *type, str bytes);
/* The page, or JSON, that says what went wrong. */
void web_error(struct web_call *w, int status, const char *kind, str says);
/* The session cookie: set, or with "" taken away. web_session reads it. */
str web_session(const struct web_call *w);
/* What stands behind "Authorization: Bearer", or "". */
str web_bearer(const struct http_request *q);
void web_session_set(struct web_call *w, str session, int64_t expires_at);

/* ---- for router.c ---- */

/* Find out who asks, and whether they may; a POST by a browser must prove that a page of ours made it.
 * `ret_away`: ERR_DENIED because nobody is signed in. */
err session_let_in(struct web_call *w, bool *ret_away);
/* Language and time zone of the reader. */
void session_reader(struct web_call *w);

#endif
