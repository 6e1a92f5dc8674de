/* status: the public page on which a brand says what works. Calm words by a named person; when they will
 * write again is a promise, which is kept by writing again and shown to the team when it is late.
 *
 * Updates about one thing are a matter: it begins with the first and closes with one of kind STATUS_OVER.
 * Several may be open. A note is a matter of its own and closes none. What the public sees is loaded as a
 * whole (status_public); pages are rendered from it and kept (web/status_board.h). Whether the caller may is
 * judged before: agents who may write write updates, leads and administrators care for components and the
 * page. */
#ifndef LONGHAND_DESK_STATUS_H
#define LONGHAND_DESK_STATUS_H

#include "desk/desk.h"
#include "store/brand.h"
#include "store/status.h"

enum {
    STATUS_HEADLINE_BYTES = 120,
    STATUS_WORDS_BYTES = 1500,
    STATUS_NAME_BYTES = 60,
    STATUS_NOTE_BYTES = 80,
    STATUS_COMPONENTS_MAX = 12,
    STATUS_AHEAD_DAYS = 14,   /* how far ahead the next word may be said */
    STATUS_MAIL_WAIT_S = 60,  /* between an update and its first mail, for second thoughts */
    STATUS_SHOWN_UPDATES = 60 /* of the public page, feed and JSON */
};

/* ---- writing ---- */

struct status_post {
    int64_t incident; /* 0 none: whose updates join one matter while it is open */
    int64_t matter;   /* an open one that goes on; 0: that of the incident, or a new one */
    status_kind kind;
    str headline; /* one line; may be "" unless a new trouble begins */
    str words;    /* at most STATUS_WORDS_BYTES; blank lines part paragraphs */
    int64_t
        next_at; /* when they will write again, 0 not said; a new trouble or its going on should have one */
    bool mail;   /* subscribers get it */
    store_status_said_list said; /* components and the state they have from now on */
    str key;                     /* of the form: sent twice with it is one update; "" none */
};

/* In the caller's write transaction (room: "the status page says so"). The update bears who->name; components
 * get their state, an earlier promise to write again is kept by it, mails are put on their way. ERR_INVALID
 * or ERR_LIMIT with a sentence for people; ERR_CONFLICT: its matter has been closed meanwhile, or no page is
 * open. After the commit the caller calls status_published. */
err status_post_update_in(db_conn *c, arena *a, const struct actor *who, const struct status_post *post,
                          int64_t now, int64_t *ret_update);
/* The page is made anew and the mails' job looked at. */
void status_published(const struct desk *d, int64_t brand);

/* How the page speaks of an incident now. */
struct status_word {
    bool said;                         /* an update about it stands */
    bool overdue;                      /* they said they would write again, and the time has passed */
    struct store_status_update update; /* the newest; when said */
};
err status_word_of(db_conn *c, arena *a, int64_t brand, int64_t incident, int64_t now,
                   struct status_word *ret);
/* An incident was merged into another: what was said of it is said of that one. In the caller's transaction.
 */
err status_incident_merged_in(db_conn *c, int64_t brand, int64_t from, int64_t into);
/* Is the page of the brand open to everybody? */
err status_is_open(db_conn *c, arena *a, int64_t brand, bool *ret_open);

/* The same in a transaction of its own. */
err status_post(struct desk *d, arena *a, const struct actor *who, const struct status_post *post,
                int64_t *ret_update);
struct status_edit_form {
    int64_t update, version; /* the version that was seen */
    str headline, words;
    int64_t next_at;
};
/* What it said before is kept for the team; the page says that it was changed. ERR_CONFLICT: somebody was
 * faster, or it is withdrawn. */
err status_edit(struct desk *d, arena *a, const struct actor *who, const struct status_edit_form *form);
/* Off the page, feed and JSON; mails that have not left do not leave. It cannot be undone. */
err status_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t update);

/* ---- caring for the page ---- */

/* ERR_CONFLICT: another brand has that host. The first time it gets one
 * component, for letters. */
err status_page_change(struct desk *d, arena *a, const struct actor *who, bool opened, str host, str contact);
/* id 0 makes one. position counts from 1; beyond the end is the end. A state that changes gets `since` now.
 */
struct status_component_form {
    int64_t id, position;
    str name, note;
    status_state state;
};
err status_component_save(struct desk *d, arena *a, const struct actor *who,
                          const struct status_component_form *form);
/* It is not shown any more. It cannot be undone; one of the same name begins anew. */
err status_component_retire(struct desk *d, arena *a, const struct actor *who, int64_t id);

/* ---- reading ---- */

/* What the public sees, all of it. */
struct status_public {
    struct store_brand brand;
    struct store_status_page page;
    str contact; /* an address, "" none */
    store_status_component_list components;
    store_status_update_list updates; /* that stand, newest first, at most STATUS_SHOWN_UPDATES */
};
/* ERR_MISSING for a brand without a page. */
err status_load(db_conn *c, arena *a, int64_t brand, struct status_public *ret);

/* The address behind "Write to us"; "" none. */
err status_contact(db_conn *c, arena *a, const struct store_status_page *page, str *ret);

/* Matters of those updates. */
struct status_matter {
    int64_t id;
    const struct store_status_update *newest, *first;
    str headline; /* the newest that was given; "" none */
    bool open;    /* its newest is trouble */
};
typedef LIST(struct status_matter) status_matter_list;
/* By their newest update, newest first; notes are matters of their own. */
void status_matters(arena *a, const struct status_public *p, status_matter_list *ret);
/* The one that has waited longest for a word that was promised; NULL when none is overdue at `now`. */
const struct store_status_update *status_overdue(const status_matter_list *matters, int64_t now);

#endif
