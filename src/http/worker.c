#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "http/parts.h"

enum { POOL_MAX = 64 };

struct exchange *exchange_new(struct http_server *s) {
    pthread_mutex_lock(&s->lock);
    struct exchange *x = s->pool;
    if (x) {
        s->pool = x->next;
        s->pooled--;
    }
    pthread_mutex_unlock(&s->lock);
    /* A form is decoded into the arena, at worst several times over. */
    arena *a = x ? x->arena : arena_new(ARENA_DEFAULT_LIMIT + 6 * s->max_body);
    if (!x) x = memory_take(sizeof *x);
    *x = (struct exchange){.server = s, .arena = a, .body = BUF_MAX(s->max_body), .r.status = 200};
    x->r.body = BUF_MAX(RESPONSE_MAX);
    return x;
}

void exchange_release(struct exchange *x) {
    struct http_server *s = x->server;
    atomic_fetch_sub(&s->body_bytes, x->body.n);
    buf_free(&x->body);
    buf_free(&x->r.body);
    if (x->reply) MHD_destroy_response(x->reply);
    if (x->r.stream) { /* never attached */
        stream_close(x->r.stream);
        http_stream_unref(x->r.stream);
    }
    arena_reset(x->arena);
    pthread_mutex_lock(&s->lock);
    if (x->busy && --s->busy == 0) pthread_cond_broadcast(&s->quiet);
    bool keep = s->pooled < POOL_MAX;
    if (keep) {
        x->next = s->pool;
        s->pool = x;
        s->pooled++;
    }
    pthread_mutex_unlock(&s->lock);
    if (keep) return;
    arena_free(x->arena);
    free(x);
}

bool workers_take(struct exchange *x) {
    struct http_server *s = x->server;
    pthread_mutex_lock(&s->lock);
    bool taken = !s->refusing && s->waiting < WAITING_MAX && !memory_short();
    if (taken) {
        x->next = NULL;
        if (s->last) {
            s->last->next = x;
        } else {
            s->first = x;
        }
        s->last = x;
        s->waiting++;
        x->busy = true;
        s->busy++;
    }
    pthread_mutex_unlock(&s->lock);
    if (taken) pthread_cond_signal(&s->work);
    return taken;
}

static struct exchange *next_in_line(struct http_server *s) {
    pthread_mutex_lock(&s->lock);
    while (!s->first && !s->refusing) pthread_cond_wait(&s->work, &s->lock);
    struct exchange *x = s->first;
    if (x) {
        s->first = x->next;
        if (!s->first) s->last = NULL;
        s->waiting--;
        if (s->refusing) {
            x->refusal = 503;
            x->because = "This server is stopping.";
        }
    }
    pthread_mutex_unlock(&s->lock);
    return x;
}

static void serve(struct exchange *x) {
    if (!x->refusal) request_finish(x);
    if (!x->refusal) x->server->handler(x->server->context, &x->q, &x->r);
    if (x->refusal) {
        response_refuse(x);
    } else if (!x->r.stream) {
        response_make(x);
    }
    x->state = EXCHANGE_READY;
    MHD_resume_connection(x->connection); /* from here on the exchange is not ours */
}

static void *worker_run(void *context) {
    struct http_server *s = context;
    pthread_setname_np(pthread_self(), "http worker");
    struct exchange *x;
    while ((x = next_in_line(s))) serve(x);
    return NULL;
}

err workers_start(struct http_server *s, int n) {
    s->threads = memory_array((size_t)n, sizeof *s->threads);
    for (; s->workers < n; s->workers++)
        if (pthread_create(&s->threads[s->workers], NULL, worker_run, s))
            return err_set(ERR_IO, "The system gives no more threads.");
    return ERR_NONE;
}

/* The caller holds the lock. */
static void wait_quiet(struct http_server *s, int ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / SECOND_MS;
    while (s->busy && pthread_cond_timedwait(&s->quiet, &s->lock, &until) == 0) continue;
}

void workers_stop(struct http_server *s) {
    pthread_mutex_lock(&s->lock);
    wait_quiet(s, DRAIN_TIME_MS);
    /* Under the same lock, so that no request is run whose answer would be cut off. */
    s->refusing = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->workers; i++) pthread_join(s->threads[i], NULL);
    free(s->threads);
    s->threads = NULL;
    s->workers = 0;
    pthread_mutex_lock(&s->lock);
    wait_quiet(s, SECOND_MS); /* answers that came late are still on their way */
    pthread_mutex_unlock(&s->lock);
}
