/* What others call: starting, stopping, and commands to the loop. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "mail/imap_loop.h"

enum {
    MEMORY_DEFAULT = 256 << 20,
    BATCH_BYTES = 4 << 20,
    BATCH_MAILS = 50,
    ANSWER_SECONDS = 120,
    RETRY_SECONDS = 10,
    IN_MAX = 1 << 20,
};

struct fetch_account *fetch_account_new(const struct imap_account *account) {
    arena *memory = arena_new(1 << 20);
    struct fetch_account *a = memory_zeroed(sizeof *a);
    a->memory = memory;
    a->account = imap_account_copy(memory, account);
    a->in = BUF_MAX(IN_MAX);
    a->ask.account = a->tell.account = a;
    a->tell.kind = HOOK_STATE;
    return a;
}

void fetch_account_free(struct fetch_account *a) {
    imap_session_free(a->session);
    imap_link_end(a->link);
    buf_free(&a->in);
    arena_free(a->ask.memory);
    arena_free(a->memory);
    free(a);
}

static void command(imap_fetcher *f, enum command_kind kind, int64_t id, struct fetch_account *fresh) {
    struct command *c = memory_take(sizeof *c);
    *c = (struct command){.kind = kind, .id = id, .fresh = fresh};
    pthread_mutex_lock(&f->lock);
    *f->commands_end = c;
    f->commands_end = &c->next;
    pthread_mutex_unlock(&f->lock);
    curl_multi_wakeup(f->multi);
}

err imap_fetcher_put(imap_fetcher *f, const struct imap_account *account) {
    TRY(imap_account_check(account));
    command(f, COMMAND_PUT, account->id, fetch_account_new(account));
    return ERR_NONE;
}

void imap_fetcher_remove(imap_fetcher *f, int64_t account) { command(f, COMMAND_REMOVE, account, NULL); }
void imap_fetcher_poke(imap_fetcher *f, int64_t account) { command(f, COMMAND_POKE, account, NULL); }
void imap_fetcher_retry(imap_fetcher *f, int64_t account) { command(f, COMMAND_RETRY, account, NULL); }

static void set_options(imap_fetcher *f, const struct imap_options *o) {
    f->o = *o;
    if (!f->o.memory) f->o.memory = MEMORY_DEFAULT;
    f->session_options = (struct imap_session_options){
        .batch_bytes = o->batch_bytes ? o->batch_bytes : BATCH_BYTES,
        .batch_mails = o->batch_mails > 0 ? o->batch_mails : BATCH_MAILS,
        .answer_seconds = o->answer_seconds > 0 ? o->answer_seconds : ANSWER_SECONDS,
        .retry_seconds = o->retry_seconds > 0 ? o->retry_seconds : RETRY_SECONDS,
    };
}

err imap_fetcher_start(const struct imap_options *options, imap_fetcher **ret_fetcher) {
    random_start();
    imap_fetcher *f = memory_zeroed(sizeof *f);
    set_options(f, options);
    f->multi = imap_link_multi();
    f->commands_end = &f->commands;
    f->jobs_end = &f->jobs;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->go, NULL);
    f->keeper_runs = pthread_create(&f->keeper, NULL, hooks_keeper, f) == 0;
    f->loop_runs = f->keeper_runs && pthread_create(&f->loop, NULL, imap_loop_run, f) == 0;
    if (!f->loop_runs) {
        imap_fetcher_stop(f);
        return err_set(ERR_IO, "Cannot start fetching mail: the system gives no thread.");
    }
    *ret_fetcher = f;
    return ERR_NONE;
}

void imap_fetcher_stop(imap_fetcher *f) {
    if (!f) return;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_mutex_unlock(&f->lock);
    curl_multi_wakeup(f->multi);
    if (f->loop_runs) pthread_join(f->loop, NULL);
    pthread_mutex_lock(&f->lock);
    f->keeper_ends = true;
    pthread_cond_signal(&f->go);
    pthread_mutex_unlock(&f->lock);
    if (f->keeper_runs) pthread_join(f->keeper, NULL);
    while (f->commands) {
        struct command *c = f->commands;
        f->commands = c->next;
        if (c->fresh) fetch_account_free(c->fresh);
        free(c);
    }
    curl_multi_cleanup(f->multi);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->go);
    free(f->waits);
    free(f->waiters);
    free(f);
}
