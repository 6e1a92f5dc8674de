/* imap_loop: the inside of a fetcher (imap.h). imap_loop.c is the thread that talks; imap_hooks.c the threads
 * that call hooks; imap_fetcher.c what others call. */
#ifndef LONGHAND_MAIL_IMAP_LOOP_H
#define LONGHAND_MAIL_IMAP_LOOP_H

#include <pthread.h>

#include "mail/imap_link.h"
#include "mail/imap_session.h"

/* A copy in the arena, its defaults filled in. */
struct imap_account imap_account_copy(arena *a, const struct imap_account *from);

enum { SENTENCE = 512, LOGINS_MAX = 32 };

/* A hook to be called. Its fields are the loop's before it is queued and after it is back; between, the
 * thread's that calls it. */
struct hook_job {
    enum hook_kind { HOOK_STAND, HOOK_KEEP, HOOK_ACTED, HOOK_STATE } kind;
    bool queued; /* with the keeper, or back and not yet seen by the loop. Under the lock */
    struct hook_job *next;
    struct fetch_account *account;
    arena *memory; /* of STAND: holds `stand` */
    struct imap_stand stand;
    struct imap_state state; /* of STATE; its sentence is in `says` */
    err result;
    char says[SENTENCE];
};

struct login_job {
    struct imap_fetcher *fetcher;
    struct fetch_account *account;
    struct login_job *next;
    pthread_t thread;
    arena *memory;
    struct imap_login login;
    err result;
    char says[SENTENCE];
};

enum account_life {
    LIFE_WAITING,    /* until next_at */
    LIFE_LOGIN,      /* for the hook */
    LIFE_CONNECTING, /* libcurl is at it */
    LIFE_OPEN,
};

struct fetch_account {
    struct fetch_account *next;
    arena *memory;
    struct imap_account account;
    enum account_life life;
    imap_session *session;
    imap_link *link;
    buf in;                            /* what came and the session does not take yet */
    bool readable, closed;             /* the server has closed: once `in` is used up, it is over */
    bool removed;                      /* to be dropped as soon as no hook has it */
    struct fetch_account *replacement; /* which then takes its place */
    struct login_job *login;           /* while it runs */
    struct hook_job ask, tell;         /* what the session wants; the state */
    bool asking;                       /* ask is with the keeper */
    size_t room;                       /* bytes granted */

    int64_t next_mono;    /* of WAITING */
    int64_t give_up_mono; /* of CONNECTING */
    int failures;
    err code;
    char says[SENTENCE];                     /* of the last failure */
    int64_t kept_before, mail_at, synced_at; /* of the account it took the place of */
    int64_t phase_at;                        /* ms UTC: when the phase it is in began */
    imap_phase phase;
    struct imap_state told; /* the last state handed out; its sentence is in tell.says */
    bool ever_told;
    int64_t tell_at; /* monotonic: not before; steps that follow quickly come as one */
};

enum command_kind { COMMAND_PUT, COMMAND_REMOVE, COMMAND_POKE, COMMAND_RETRY };
struct command {
    struct command *next;
    enum command_kind kind;
    int64_t id;
    struct fetch_account *fresh; /* of PUT */
};

struct imap_fetcher {
    struct imap_options o;
    struct imap_session_options session_options;
    CURLM *multi;
    pthread_t loop, keeper;
    bool loop_runs, keeper_runs;

    pthread_mutex_t lock;
    pthread_cond_t go; /* for the keeper */
    /* Under the lock. */
    bool stopping, keeper_ends;
    struct command *commands, **commands_end;
    struct hook_job *jobs, **jobs_end; /* for the keeper */
    struct hook_job *back;             /* from it */
    struct login_job *logins_back;

    /* The loop's own. */
    struct fetch_account *accounts;
    int nlogins, connecting;
    bool again, starved; /* do not wait; some account waits for memory */
    size_t held;
    struct curl_waitfd *waits;
    struct fetch_account **waiters;
    size_t waits_cap;
};

/* --- imap_hooks.c --- */
void hooks_queue(struct imap_fetcher *f, struct hook_job *job); /* by the loop */
void *hooks_keeper(void *fetcher);
err hooks_login(struct imap_fetcher *f, struct fetch_account *a); /* begin a thread for the login hook */
void hooks_login_end(struct login_job *job);                      /* joins and frees */

/* --- imap_loop.c --- */
void *imap_loop_run(void *fetcher);

/* --- imap_states.c: what is told --- */
/* Returns when it is to be called again, on the monotonic clock. */
int64_t states_tell(struct imap_fetcher *f, struct fetch_account *a, struct imap_now now);

struct fetch_account *fetch_account_new(const struct imap_account *account);
void fetch_account_free(struct fetch_account *a);

#endif
