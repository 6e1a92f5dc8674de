/* imap_session_own: the inside of a session, shared by its files. */
#ifndef LONGHAND_MAIL_IMAP_SESSION_OWN_H
#define LONGHAND_MAIL_IMAP_SESSION_OWN_H

#include "mail/imap_grammar.h"
#include "mail/imap_session.h"

enum {
    COMMAND_MAX = 8000, /* a command line, as servers take it */
    GAP_MS = HOUR_MS,
    GAPS_MAX = 64,
    STRIKES = 3, /* so often a connection may break at one mail before that mail is set aside */
    SAYS_MAX = 400,
    BYTES_PER_SECOND = 16 * 1024, /* the slowest line a large mail is waited for on */
    ASIDE_FACTOR = 60,            /* the first retry of a mail set aside, in retry_seconds */
};

/* What is being waited for. */
enum step {
    STEP_NONE,
    STEP_CAPABILITY,
    STEP_STAND,
    STEP_SELECT,
    STEP_SEARCH,
    STEP_SIZES,
    STEP_ROOM,
    STEP_BODIES,
    STEP_VERIFY, /* are the mails that did not come still there? */
    STEP_KEEP,
    STEP_FLAG,
    STEP_MOVE,
    STEP_CREATE,
    STEP_COPY,
    STEP_DELETE,
    STEP_EXPUNGE,
    STEP_ACTED,
    STEP_IDLE, /* IDLE was said, "+" not yet come */
    STEP_IDLING,
    STEP_DONE,    /* DONE was said */
    STEP_RESTING, /* nothing was said: until the next look */
    STEP_CLOSE,
};

struct gap {
    uint32_t first, last;
    int64_t until; /* monotonic */
};

struct folder {
    str name;
    bool loaded; /* its stand was asked for on this connection */
    bool failed; /* it could not be opened in this round */
    bool fresh;  /* its uidvalidity is not kept yet */
    bool again;  /* it was read before, under another uidvalidity */
    uint32_t uidvalidity, mark, old_until;
    uint64_t modseq;
    struct imap_uids pending;
    struct imap_uid *aside; /* by UID, ascending */
    size_t naside, aside_cap;
    uint32_t aside_asked; /* the last one that was looked for: the next are behind it */
    struct gap *gaps;     /* GAPS_MAX of them, or NULL */
    int ngaps;
};

/* A mail on its way. */
struct coming {
    uint32_t uid;
    int tries;
    bool has_size;
    bool asked, alone;                          /* for its body; by itself */
    bool larger;                                /* than the room there was: asked for by itself */
    bool came, passed, failed, too_large, gone; /* at most one: how it ended. passed: older than `since` */
    uint64_t size;
    int64_t internaldate;
    char *body; /* of malloc */
    size_t n;
    char *says; /* why it failed; of malloc */
};

struct imap_session {
    const struct imap_account *account;
    struct imap_session_options options;
    imap_reader *reader;
    buf out;
    enum step step;
    bool trusted;       /* a command of ours was answered: what cannot be read from now on is a failure */
    bool poked, forced; /* look again at once; at what was set aside, too */
    bool no_idle;       /* it was refused */
    bool returning;     /* the round ends with the first folder */
    bool news;          /* more mails than we knew of */
    unsigned tags, capabilities;
    char tag[16];
    int64_t deadline, overall; /* of the silence; of the whole command. Monotonic */
    int64_t round_at;          /* when all folders are looked at next */

    /* The folder that is open. */
    struct folder *folders;
    size_t at;
    int selected;         /* its index, or -1 */
    bool selecting_known; /* UIDNEXT and the like are of this very moment */
    bool read_only, not_sticky;
    uint32_t exists, uidnext, uidvalidity;
    uint64_t modseq;

    /* What is to be fetched. */
    struct imap_uids found;                   /* of the SEARCH that runs */
    struct imap_uids asked_aside, asked_gaps; /* at or below the mark: what that SEARCH was asked about */
    struct imap_uids todo, gone;
    bool to_old_end;          /* once that is done, all up to old_until was dealt with */
    struct coming *coming;    /* the window */
    size_t ncoming, from, to; /* [from, to): of this batch */
    size_t room, body_limit;  /* granted for this batch; the next body may be so large */
    bool verified;
    char words[SAYS_MAX];             /* of the last NO or BAD */
    uint32_t strike_uid, alone_until; /* where the last connection broke; ask one by one up to here */
    int strikes, size_breaks;

    struct imap_mail *mails;
    struct imap_batch batch;
    bool last_batch;

    /* What is done with them. */
    struct imap_uids acting;
    uint32_t *acted;
    struct imap_acted acts;
    bool act_first; /* then search; else go on fetching */
    bool created, cannot_act;

    imap_phase phase;
    int64_t kept, mail_at, synced_at;
    bool warned;
    err code;
    char says[SAYS_MAX];
    char bye[SAYS_MAX];
};

/* --- imap_session.c --- */
void session_fail(imap_session *s, err code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void session_warn(imap_session *s, err code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Begin a command with its tag, add to `out`, end it with session_send: `bytes` is how much is expected back.
 */
void session_begin(imap_session *s, const char *command);
void session_send(imap_session *s, enum step step, uint64_t bytes, struct imap_now now);
void session_wait(imap_session *s, enum step step); /* for the loop, not the server */
void session_words(char to[SAYS_MAX], str words);   /* the server's words made fit to show */
static inline struct folder *session_folder(imap_session *s) { return &s->folders[s->at]; }
static inline bool session_left_alone(const imap_session *s) {
    return (size_t)s->at + s->account->left_alone >= s->account->folders.n;
}
/* Of the present folder: what is done with its mails, and since when they count. */
static inline imap_after session_after(const imap_session *s) {
    return session_left_alone(s) ? IMAP_AFTER_NOTHING : s->account->after;
}
static inline int64_t session_since(const imap_session *s) {
    return session_left_alone(s) ? 0 : s->account->since;
}

/* --- imap_session_round.c: which folder next; idling and resting --- */
void session_round(imap_session *s, bool first, struct imap_now now);
void session_next_folder(imap_session *s, struct imap_now now);
void session_idle_ends(imap_session *s, struct imap_now now);

/* --- imap_session_look.c: SELECT, SEARCH, where a folder stands --- */
void session_select(imap_session *s, struct imap_now now);
void session_selected(imap_session *s, bool ok, struct imap_now now);
void session_search(imap_session *s, struct imap_now now);
void session_searched(imap_session *s, bool ok, struct imap_now now);
void session_drop_search(imap_session *s);
void session_folder_done(imap_session *s, struct imap_now now);
struct imap_uid *session_aside(struct folder *f, uint32_t uid);
void session_set_aside(struct folder *f, uint32_t uid, int tries, int64_t retry_at);
void session_not_aside(struct folder *f, uint32_t uid);
void session_add_gap(struct folder *f, uint32_t first, uint32_t last, int64_t mono);
void session_end_gap(struct folder *f, uint32_t uid);
void session_drop_folder(struct folder *f); /* what is known of it */

/* --- imap_session_fetch.c: from UIDs to kept mails --- */
void session_fetch(imap_session *s, struct imap_now now); /* the next window, or the folder is done */
void session_sizes_done(imap_session *s, struct imap_now now);
void session_bodies(imap_session *s, struct imap_now now); /* the next batch of the window */
void session_got_fetch(imap_session *s, const struct imap_response *r);
void session_bodies_done(imap_session *s, struct imap_now now);
void session_verified(imap_session *s, bool ok, struct imap_now now);
void session_ask_bodies(imap_session *s, struct imap_now now); /* there is room */
size_t session_room_wanted(const imap_session *s);
void session_drop_window(imap_session *s);
void session_broke(imap_session *s); /* the connection went while mails came: at which one? */

/* --- imap_session_keep.c: handing over --- */
void session_keep(imap_session *s, struct imap_now now);
void session_keep_stand(imap_session *s);
void session_go_on(imap_session *s, struct imap_now now); /* after keeping and acting */
bool session_may_act(const imap_session *s);

/* --- imap_session_act.c: what follows after keeping --- */
void session_act(imap_session *s, struct imap_now now);
void session_act_answer(imap_session *s, const struct imap_response *r, struct imap_now now);

#endif
