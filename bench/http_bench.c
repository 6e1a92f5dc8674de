/* A server that says hello, for wrk: http_bench [PORT [WORKERS]]. Prints its CPU time per request at the end
 * (interrupt it). GET /slow sleeps 100 ms, GET /events opens a stream. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "http/http.h"

static atomic_long served;
static http_server *server;

static void handle(void *context, struct http_request *q, struct http_response *r) {
    (void)context;
    atomic_fetch_add(&served, 1);
    if (str_eq(q->path, S("/slow"))) nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    if (str_eq(q->path, S("/events"))) {
        r->stream = http_stream_new(server);
        return;
    }
    r->type = S("text/plain; charset=utf-8");
    buf_add(&r->body, S("Hello, and thank you for writing.\n"));
}

int main(int argc, char **argv) {
    int64_t port = 8089, workers = 0;
    if (argc > 1 && !str_to_int(str_z(argv[1]), &port)) return 2;
    if (argc > 2 && !str_to_int(str_z(argv[2]), &workers)) return 2;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    char listen[32];
    int n = snprintf(listen, sizeof listen, "127.0.0.1:%d", (int)port);
    struct http_options options = {.listen = {listen, (size_t)n}, .workers = (int)workers, .handler = handle};
    if (http_server_start(&options, &server)) {
        fprintf(stderr, "%s\n", err_text());
        return 1;
    }
    printf("http://%s/\n", listen);
    fflush(stdout);
    int signal_number;
    sigwait(&stop, &signal_number);
    http_server_stop(server);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double us = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
                (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    long count = atomic_load(&served);
    printf("%ld requests, %.1f us of CPU each, %ld KB at most\n", count, count ? us / (double)count : 0.0,
           use.ru_maxrss);
    return 0;
}
