/* The threads that call hooks: the keeper, one after another; and one for each login that is asked for. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "mail/imap_loop.h"

void hooks_queue(struct imap_fetcher *f, struct hook_job *job) {
    pthread_mutex_lock(&f->lock);
    job->queued = true;
    job->next = NULL;
    *f->jobs_end = job;
    f->jobs_end = &job->next;
    pthread_cond_signal(&f->go);
    pthread_mutex_unlock(&f->lock);
}

static void call(struct imap_fetcher *f, struct hook_job *job) {
    const struct imap_hooks *h = &f->o.hooks;
    struct fetch_account *account = job->account;
    const struct imap_account *a = &account->account;
    ARENA_AUTO arena *memory = arena_new(0);
    job->result = ERR_NONE;
    switch (job->kind) {
    case HOOK_STAND:
        job->stand = (struct imap_stand){0};
        job->result = h->stand(h->context, job->memory, a->brand, a->id,
                               imap_session_folder(account->session), &job->stand);
        break;
    case HOOK_KEEP: job->result = h->keep(h->context, memory, imap_session_batch(account->session)); break;
    case HOOK_ACTED:
        if (h->acted) job->result = h->acted(h->context, memory, imap_session_acts(account->session));
        break;
    case HOOK_STATE:
        job->state.says = str_z(job->says);
        if (h->state) h->state(h->context, &job->state);
        break;
    }
    if (job->kind != HOOK_STATE)
        (void)snprintf(job->says, sizeof job->says, "%s", job->result ? err_text() : "");
}

void *hooks_keeper(void *fetcher) {
    struct imap_fetcher *f = fetcher;
    pthread_mutex_lock(&f->lock);
    for (;;) {
        while (!f->jobs && !f->keeper_ends) pthread_cond_wait(&f->go, &f->lock);
        struct hook_job *job = f->jobs;
        if (!job) break;
        f->jobs = job->next;
        if (!f->jobs) f->jobs_end = &f->jobs;
        pthread_mutex_unlock(&f->lock);
        call(f, job);
        pthread_mutex_lock(&f->lock);
        job->next = f->back;
        f->back = job;
        curl_multi_wakeup(f->multi);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* --- Logins --- */

static void *ask_login(void *argument) {
    struct login_job *job = argument;
    struct imap_fetcher *f = job->fetcher;
    const struct imap_hooks *h = &f->o.hooks;
    const struct imap_account *a = &job->account->account;
    job->result = h->login(h->context, job->memory, a->brand, a->id, &job->login);
    (void)snprintf(job->says, sizeof job->says, "%s", job->result ? err_text() : "");
    pthread_mutex_lock(&f->lock);
    job->next = f->logins_back;
    f->logins_back = job;
    curl_multi_wakeup(f->multi);
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

err hooks_login(struct imap_fetcher *f, struct fetch_account *a) {
    struct login_job *job = memory_zeroed(sizeof *job);
    job->fetcher = f;
    job->account = a;
    job->memory = arena_new(1 << 20);
    if (pthread_create(&job->thread, NULL, ask_login, job)) {
        arena_free(job->memory);
        free(job);
        return err_set(ERR_BUSY, "The desk has no thread left to ask for a login.");
    }
    a->login = job;
    f->nlogins++;
    return ERR_NONE;
}

void hooks_login_end(struct login_job *job) {
    pthread_join(job->thread, NULL);
    job->fetcher->nlogins--;
    job->account->login = NULL;
    arena_free(job->memory);
    free(job);
}
