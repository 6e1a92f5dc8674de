/* The one thread that talks to all servers. Nothing in here waits for one of them, or for a hook. */
#include "mail/imap_loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

enum {
    CHUNK = 64 * 1024,
    TURN_BYTES = 1 << 20, /* from one account before the others have their turn */
    CONNECT_SECONDS = 60,
    RETRY_MAX_MS = 15 * MINUTE_MS,
    DENIED_FACTOR = 6, /* servers lock accounts that are tried too often */
    QUIET_MS = SECOND_MS,
    LONGEST_WAIT_MS = 60 * SECOND_MS,
    STARVED_MS = SECOND_MS,
    ROOM_LARGE = 1 << 20,
};

static struct imap_now now_of(const struct imap_fetcher *f) {
    return (struct imap_now){clock_monotonic_ms(), clock_now(f->o.clock)};
}

/* --- An account's life --- */

static void hang_up(struct imap_fetcher *f, struct fetch_account *a) {
    if (a->life == LIFE_CONNECTING) f->connecting--;
    imap_link_end(a->link);
    a->link = NULL;
    imap_session_lost(a->session);
    f->held -= a->room;
    a->room = 0;
    buf_free(&a->in);
    a->readable = a->closed = false;
    a->life = LIFE_WAITING;
}

/* Give or take a fifth, so that many accounts of one server do not come back in one moment. */
static int64_t with_jitter(int64_t ms) {
    uint16_t r;
    random_bytes(&r, sizeof r);
    return ms - ms / 5 + ms * 2 / 5 * r / UINT16_MAX;
}

static void failed(struct imap_fetcher *f, struct fetch_account *a, err code, const char *says,
                   struct imap_now now) {
    char copy[SENTENCE];
    (void)snprintf(copy, sizeof copy, "%s", says); /* it may lie in the session */
    hang_up(f, a);
    int64_t wait = (int64_t)f->session_options.retry_seconds * SECOND_MS;
    if (code == ERR_DENIED) wait *= DENIED_FACTOR;
    for (int i = 0; i < a->failures && wait < RETRY_MAX_MS; i++) wait *= 2;
    a->failures++;
    a->code = code;
    memcpy(a->says, copy, sizeof copy);
    a->next_mono = now.mono + with_jitter(wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

/* The server has closed. While nothing was asked of it that is no failure the first time. */
static void lost(struct imap_fetcher *f, struct fetch_account *a, struct imap_now now) {
    struct imap_glance g;
    imap_session_glance(a->session, &g);
    str bye = imap_session_bye(a->session);
    char says[SENTENCE];
    (void)snprintf(says, sizeof says,
                   bye.n ? "The mail server ended the connection: %.*s"
                         : "The mail server broke off the connection%.*s.",
                   STR_FMT(bye));
    bool quiet = (g.phase == IMAP_IDLE || g.phase == IMAP_POLLING) && a->failures == 0 &&
                 now.wall - a->phase_at > MINUTE_MS;
    failed(f, a, ERR_NETWORK, says, now);
    if (!quiet) return;
    a->failures = 0;
    a->next_mono = now.mono + with_jitter(QUIET_MS);
}

static bool is_free(struct imap_fetcher *f, struct fetch_account *a) {
    pthread_mutex_lock(&f->lock);
    bool queued = a->tell.queued;
    pthread_mutex_unlock(&f->lock);
    return !a->asking && !queued && !a->login;
}

/* --- Commands --- */

static struct fetch_account *find(struct imap_fetcher *f, int64_t id) {
    for (struct fetch_account *a = f->accounts; a; a = a->next)
        if (a->account.id == id && !a->removed) return a;
    return NULL;
}

static void add(struct imap_fetcher *f, struct fetch_account *a) {
    a->session = imap_session_new(&a->account, &f->session_options);
    a->next = f->accounts;
    f->accounts = a;
}

static void put(struct imap_fetcher *f, struct fetch_account *fresh) {
    for (struct fetch_account *a = f->accounts; a; a = a->next) {
        if (a->account.id != fresh->account.id) continue;
        /* Two of one id would have their hooks called at the same time: the new one waits for the old one's.
         */
        if (a->replacement) fetch_account_free(a->replacement);
        a->replacement = fresh;
        a->removed = true;
        return;
    }
    add(f, fresh);
}

static void take_away(struct imap_fetcher *f, int64_t id) {
    for (struct fetch_account *a = f->accounts; a; a = a->next) {
        if (a->account.id != id) continue;
        if (a->replacement) fetch_account_free(a->replacement);
        a->replacement = NULL;
        a->removed = true;
    }
}

static bool heed_commands(struct imap_fetcher *f, struct imap_now now) {
    pthread_mutex_lock(&f->lock);
    struct command *c = f->commands;
    f->commands = NULL;
    f->commands_end = &f->commands;
    bool stopping = f->stopping;
    pthread_mutex_unlock(&f->lock);
    while (c) {
        struct command *next = c->next;
        struct fetch_account *a = find(f, c->id);
        if (c->kind == COMMAND_PUT)
            put(f, c->fresh);
        else if (c->kind == COMMAND_REMOVE)
            take_away(f, c->id);
        else if (a) {
            imap_session_poke(a->session, c->kind == COMMAND_RETRY, now);
            a->next_mono = now.mono;
        }
        free(c);
        c = next;
    }
    for (struct fetch_account *a = f->accounts; a && stopping; a = a->next) {
        if (a->replacement) fetch_account_free(a->replacement);
        a->replacement = NULL;
        a->removed = true;
    }
    return stopping;
}

/* --- Hooks that are back --- */

static void heed_job(struct imap_fetcher *f, struct hook_job *job, struct imap_now now) {
    struct fetch_account *a = job->account;
    if (job->kind == HOOK_STATE) return;
    a->asking = false;
    str says = str_z(job->says);
    if (job->kind == HOOK_STAND)
        imap_session_stand(a->session, job->result, says, &job->stand, now);
    else if (job->kind == HOOK_KEEP)
        imap_session_kept(a->session, job->result, says, now);
    else
        imap_session_noted(a->session, now);
    arena_free(job->memory);
    job->memory = NULL;
    (void)f;
}

static void begin_connection(struct imap_fetcher *f, struct fetch_account *a, struct login_job *job,
                             struct imap_now now) {
    int seconds = f->session_options.answer_seconds < CONNECT_SECONDS ? f->session_options.answer_seconds
                                                                      : CONNECT_SECONDS;
    a->life = LIFE_WAITING;
    if (job->result) {
        failed(f, a, job->result, job->says, now);
        return;
    }
    err e = imap_link_begin(f->multi, &job->login, seconds, &a->link);
    if (e) {
        failed(f, a, e, err_text(), now);
        return;
    }
    a->life = LIFE_CONNECTING;
    a->give_up_mono = now.mono + (int64_t)(seconds + 5) * SECOND_MS;
    f->connecting++;
}

static void heed_hooks(struct imap_fetcher *f, struct imap_now now) {
    pthread_mutex_lock(&f->lock);
    struct hook_job *jobs = f->back;
    struct login_job *logins = f->logins_back;
    f->back = NULL;
    f->logins_back = NULL;
    for (struct hook_job *job = jobs; job; job = job->next) job->queued = false;
    pthread_mutex_unlock(&f->lock);
    while (jobs) {
        struct hook_job *next = jobs->next;
        heed_job(f, jobs, now);
        jobs = next;
    }
    while (logins) {
        struct login_job *next = logins->next;
        struct fetch_account *a = logins->account;
        if (!a->removed) begin_connection(f, a, logins, now);
        hooks_login_end(logins);
        logins = next;
    }
}

/* --- libcurl --- */

static void on_connected(struct imap_fetcher *f, struct fetch_account *a, CURLcode code,
                         struct imap_now now) {
    err e = imap_link_done(a->link, code);
    if (e == ERR_BUSY) return;
    if (e) {
        failed(f, a, e, err_text(), now);
        return;
    }
    f->connecting--;
    a->life = LIFE_OPEN;
    a->readable = true; /* TLS may hold bytes that no poll sees */
    imap_session_open(a->session, now);
}

static void work_connections(struct imap_fetcher *f, struct imap_now now) {
    if (f->connecting == 0) return;
    int running, left;
    curl_multi_perform(f->multi, &running);
    CURLMsg *m;
    while ((m = curl_multi_info_read(f->multi, &left))) {
        if (m->msg != CURLMSG_DONE) continue;
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        for (struct fetch_account *a = f->accounts; a; a = a->next)
            if (a->link && a->life == LIFE_CONNECTING && imap_link_handle(a->link) == easy) {
                on_connected(f, a, code, now);
                break;
            }
    }
}

/* --- Talking --- */

static void ask_keeper(struct imap_fetcher *f, struct fetch_account *a, enum hook_kind kind) {
    if (a->asking) return;
    a->asking = true;
    a->ask.kind = kind;
    if (kind == HOOK_STAND) a->ask.memory = arena_new(0);
    hooks_queue(f, &a->ask);
}

static void grant_room(struct imap_fetcher *f, struct fetch_account *a, struct imap_now now) {
    size_t bytes = imap_session_room_wanted(a->session);
    if ((f->held && (bytes > f->o.memory || f->held > f->o.memory - bytes)) || memory_short() ||
        (bytes >= ROOM_LARGE && !memory_room(bytes)))
        f->starved = true;
    else
        imap_session_room(a->session, now);
}

static void flush(struct fetch_account *a) {
    buf *out = imap_session_out(a->session);
    while (out->n && !a->closed) {
        long n = imap_link_write(a->link, buf_str(out));
        if (n < 0) a->closed = true;
        if (n <= 0) return;
        buf_drop_front(out, (size_t)n);
    }
}

/* Hand over what came. False when nothing more can be done now. */
static bool receive(struct fetch_account *a, char *chunk, size_t *turn, struct imap_now now) {
    if (a->in.n) {
        size_t used = imap_session_feed(a->session, buf_str(&a->in), now);
        buf_drop_front(&a->in, used);
        if (a->in.n == 0) buf_free(&a->in);
        return used > 0;
    }
    if (!a->readable || a->closed || *turn >= TURN_BYTES) return false;
    long n = imap_link_read(a->link, chunk, CHUNK);
    if (n < 0) a->closed = true;
    if (n <= 0) a->readable = false;
    if (n <= 0) return false;
    *turn += (size_t)n;
    size_t used = imap_session_feed(a->session, (str){chunk, (size_t)n}, now);
    buf_add(&a->in, (str){chunk + used, (size_t)n - used});
    return true;
}

static void note_memory(struct imap_fetcher *f, struct fetch_account *a) {
    size_t bytes = imap_session_memory(a->session);
    f->held = f->held - a->room + bytes;
    a->room = bytes;
}

static void talk(struct imap_fetcher *f, struct fetch_account *a, char *chunk, struct imap_now now) {
    size_t turn = 0;
    for (bool on = true; on && a->life == LIFE_OPEN;) {
        imap_session_tick(a->session, now);
        imap_want want = imap_session_want(a->session);
        on = false;
        if (want == IMAP_WANT_READ) {
            flush(a);
            on = receive(a, chunk, &turn, now);
            if (!on && a->closed && a->in.n == 0 && imap_session_want(a->session) == IMAP_WANT_READ) {
                lost(f, a, now);
                return;
            }
        } else if (want == IMAP_WANT_STAND)
            ask_keeper(f, a, HOOK_STAND);
        else if (want == IMAP_WANT_KEEP)
            ask_keeper(f, a, HOOK_KEEP);
        else if (want == IMAP_WANT_ACTED)
            ask_keeper(f, a, HOOK_ACTED);
        else if (want == IMAP_WANT_ROOM) {
            grant_room(f, a, now);
            on = imap_session_want(a->session) != IMAP_WANT_ROOM;
        } else {
            struct imap_glance g;
            imap_session_glance(a->session, &g);
            failed(f, a, g.code ? g.code : ERR_INTERNAL, g.says, now);
            return;
        }
        note_memory(f, a);
    }
    if (turn >= TURN_BYTES) f->again = true;
    struct imap_glance g;
    imap_session_glance(a->session, &g);
    if (g.phase == IMAP_IDLE || g.phase == IMAP_POLLING) a->failures = 0;
}

static void serve(struct imap_fetcher *f, struct fetch_account *a, char *chunk, struct imap_now now) {
    if (a->life == LIFE_WAITING && a->next_mono <= now.mono && f->nlogins < LOGINS_MAX) {
        err e = hooks_login(f, a);
        if (e)
            failed(f, a, e, err_text(), now);
        else
            a->life = LIFE_LOGIN;
    } else if (a->life == LIFE_CONNECTING && now.mono >= a->give_up_mono) {
        failed(f, a, ERR_NETWORK, "The mail server did not let us sign in in time.", now);
    } else if (a->life == LIFE_OPEN)
        talk(f, a, chunk, now);
}

/* Those that were taken away, once no hook has them any more. */
static void bury(struct imap_fetcher *f) {
    for (struct fetch_account **at = &f->accounts; *at;) {
        struct fetch_account *a = *at, *fresh = a->replacement;
        if (!a->removed || !is_free(f, a)) {
            at = &a->next;
            continue;
        }
        hang_up(f, a);
        *at = a->next;
        if (fresh) {
            fresh->kept_before = a->told.kept;
            fresh->mail_at = a->told.mail_at;
            fresh->synced_at = a->told.synced_at;
            add(f, fresh);
            f->again = true;
        }
        fetch_account_free(a);
    }
}

/* --- Waiting --- */

static int64_t next_time(const struct imap_fetcher *f, const struct fetch_account *a) {
    if (a->removed) return INT64_MAX;
    switch (a->life) {
    case LIFE_WAITING: return f->nlogins < LOGINS_MAX ? a->next_mono : INT64_MAX;
    case LIFE_LOGIN: return INT64_MAX;
    case LIFE_CONNECTING: return a->give_up_mono;
    case LIFE_OPEN: return imap_session_deadline(a->session);
    }
    return INT64_MAX;
}

static void make_waits(struct imap_fetcher *f) {
    size_t n = 0;
    for (struct fetch_account *a = f->accounts; a; a = a->next) n++;
    if (n <= f->waits_cap) return;
    f->waits_cap = n * 2;
    f->waits = memory_again(f->waits, f->waits_cap * sizeof *f->waits);
    f->waiters = memory_again(f->waiters, f->waits_cap * sizeof *f->waiters);
}

static void wait_for_news(struct imap_fetcher *f, int64_t until) {
    unsigned n = 0;
    make_waits(f);
    for (struct fetch_account *a = f->accounts; a; a = a->next) {
        if (a->removed || a->life != LIFE_OPEN || imap_session_want(a->session) != IMAP_WANT_READ) continue;
        if (a->readable || a->closed) continue;
        short out = imap_session_out(a->session)->n ? CURL_WAIT_POLLOUT : 0;
        f->waits[n] =
            (struct curl_waitfd){.fd = imap_link_fd(a->link), .events = (short)(CURL_WAIT_POLLIN | out)};
        f->waiters[n++] = a;
    }
    int64_t wait = until - clock_monotonic_ms();
    if (f->again || wait < 0) wait = 0;
    if (f->starved && wait > STARVED_MS) wait = STARVED_MS;
    if (wait > LONGEST_WAIT_MS) wait = LONGEST_WAIT_MS;
    curl_multi_poll(f->multi, f->waits, n, (int)wait, NULL);
    for (unsigned i = 0; i < n; i++)
        if (f->waits[i].revents & CURL_WAIT_POLLIN) f->waiters[i]->readable = true;
}

void *imap_loop_run(void *fetcher) {
    struct imap_fetcher *f = fetcher;
    char *chunk = memory_take(CHUNK);
    for (;;) {
        struct imap_now now = now_of(f);
        f->again = f->starved = false;
        bool stopping = heed_commands(f, now);
        heed_hooks(f, now);
        work_connections(f, now);
        for (struct fetch_account *a = f->accounts; a; a = a->next)
            if (!a->removed) serve(f, a, chunk, now);
        bury(f);
        if (stopping && !f->accounts) break;
        int64_t until = INT64_MAX;
        for (struct fetch_account *a = f->accounts; a; a = a->next) {
            int64_t tell = states_tell(f, a, now), next = next_time(f, a);
            if (tell < until) until = tell;
            if (next < until) until = next;
        }
        wait_for_news(f, until);
    }
    free(chunk);
    return NULL;
}
