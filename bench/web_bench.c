/* What a page costs: the handler of the web floor on a SQLite desk, without sockets.
 *
 *     web_bench FOLDER CONVERSATIONS [SECONDS]    fills FOLDER when it is empty, then asks for pages
 *     web_bench FOLDER CONVERSATIONS serve PORT   serves it for a load generator; prints a cookie and paths
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "cli/cli.h"
#include "desk/filing.h"
#include "desk/intake.h"
#include "desk/people.h"
#include "kit.h"
#include "store/conversation.h"
#include "store/session.h"
#include "web/web.h"

enum { BATCH = 500, SAMPLES_MAX = 1 << 20, THREADS = 2 };

static struct {
    struct cli_desk cli;
    struct people_setup_done done;
    struct intake_inbox inbox;
    struct web *web;
    str session;
    int64_t *ids;
    size_t n;
} b;

static double now_us(void) { return seconds(CLOCK_MONOTONIC) * 1e6; }

/* ---- letters ---- */

/* A vocabulary of 8,000 words, the frequent ones much more frequent, as in letters. */
enum { WORDS = 8000, WORD_BYTES = 16 };
static char words[WORDS][WORD_BYTES];

static void make_words(void) {
    static const char *const parts[] = {"ba",  "ke", "ri",  "lo",  "mu", "sta", "ver", "ton", "dal", "pi",
                                        "gor", "ne", "shi", "fal", "ju", "cra", "we",  "hol", "zi",  "man"};
    for (unsigned i = 0; i < WORDS; i++)
        snprintf(words[i], WORD_BYTES, "%s%s%s%s", parts[i % 20], parts[i / 20 % 20],
                 parts[(i / 400 + 3) % 20], i % 3 ? "" : "den");
}

static unsigned seed = 7;
static unsigned pick(unsigned n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

struct batch {
    size_t from, to;
    arena *arena;
};

/* Of 8,000 words the first tenth makes up almost half of a text. */
static const char *word_of(unsigned random) {
    double u = (double)(random % 100000) / 100000;
    return words[(unsigned)(WORDS * u * u * u)];
}

static str sentence(arena *a, int n) {
    BUF_AUTO buf t = BUF_MAX(8192);
    for (int i = 0; i < n; i++) buf_add_fmt(&t, "%s ", word_of(pick(100000)));
    return str_copy(a, buf_str(&t));
}

static err put_batch(db_conn *c, void *arg) {
    struct batch *g = arg;
    for (size_t i = g->from; i < g->to; i++) {
        arena *a = g->arena;
        int64_t at = clock_now(NULL) - (int64_t)(b.n - i) * 1000, conversation;
        struct filing f = {.brand = b.inbox.brand};
        str from = str_fmt(a, "p%zu@customer.example", i);
        f.raw = (struct raw){
            .id = id_new(at), .inbox_id = b.inbox.inbox, .received_at = at, .hash = S(""), .rcpt = S("")};
        f.message = (struct message){.id = f.raw.id,
                                     .kind = MESSAGE_LETTER,
                                     .raw_id = f.raw.id,
                                     .from_name = str_fmt(a, "Person %zu", i),
                                     .from_address = from,
                                     .subject = sentence(a, 5),
                                     .text = sentence(a, 120),
                                     .rfc_id = str_fmt(a, "%zu@c.example", i),
                                     .said_at = at,
                                     .created_at = at};
        f.words = words_of_message(a, S("en"), &f.message);
        *list_add(a, &f.addresses) = (struct message_address){0, ROLE_FROM, f.message.from_name, from};
        TRY(store_raw_insert(c, f.brand, &f.raw));
        TRY(filing_put(c, a, &f, at, &conversation));
        b.ids[i] = conversation;
    }
    return ERR_NONE;
}

static void fill(void) {
    for (size_t i = 0; i < b.n; i += BATCH) {
        ARENA_AUTO arena *a = arena_new(0);
        struct batch g = {i, i + BATCH < b.n ? i + BATCH : b.n, a};
        if (db_write(b.cli.desk.db, put_batch, &g)) die("fill");
    }
}

/* The ids of what is there, by pages of the list. */
static void collect(void) {
    struct page_key key = {0, 0};
    size_t n = 0;
    while (n < b.n) {
        ARENA_AUTO arena *a = arena_new(0);
        DB_READ_AUTO db_conn *c = NULL;
        conversation_list rows = {0};
        if (db_read_begin(b.cli.desk.db, &c)) die("read");
        if (store_conversation_view(c, a, b.inbox.brand, VIEW_WAITING, 0, key, 1000, &rows)) die("list");
        if (!rows.n) break;
        for (size_t i = 0; i < rows.n && n < b.n; i++) b.ids[n++] = rows.v[i].id;
        key = conversation_key(VIEW_WAITING, &rows.v[rows.n - 1]);
    }
    b.n = n;
}

/* ---- asking ---- */

static int ask(arena *a, str path, const char *query, size_t *ret_bytes) {
    struct http_request q = {.arena = a, .method = HTTP_GET, .path = path, .raw_query = str_z(query)};
    struct http_response r = {.status = 200, .body = BUF_MAX(64 << 20)};
    *list_add(a, &q.cookies) = (struct http_pair){S("longhand"), b.session};
    if (query) *list_add(a, &q.query) = (struct http_pair){S("q"), str_z(query)};
    web_handle(b.web, &q, &r);
    *ret_bytes = r.body.n;
    buf_free(&r.body);
    return r.status;
}

struct run {
    const char *kind;
    double until;
    unsigned seed;
    double *took;
    size_t n, bytes;
    double cpu; /* us, of the thread */
};

static double cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *asker(void *arg) {
    struct run *r = arg;
    arena *a = arena_new(0);
    while (now_us() < r->until && r->n < SAMPLES_MAX) {
        str path = S("/b/tidewatch-toys/list/waiting");
        char query[100] = "";
        r->seed = r->seed * 1664525u + 1013904223u;
        unsigned which = r->seed >> 8;
        if (strcmp(r->kind, "conversation") == 0)
            path = str_fmt(a, "/b/tidewatch-toys/c/%lld", (long long)b.ids[which % b.n]);
        if (strcmp(r->kind, "search") == 0) {
            path = S("/b/tidewatch-toys/search");
            snprintf(query, sizeof query, "%s %s", word_of(which * 7919u), word_of(which * 104729u));
        }
        double from = now_us();
        int status = ask(a, path, *query ? query : NULL, &r->bytes);
        r->took[r->n++] = now_us() - from;
        if (status != 200) fprintf(stderr, "web_bench: %s: %d\n", r->kind, status), exit(1);
        arena_reset(a);
    }
    r->cpu = cpu_us();
    arena_free(a);
    return NULL;
}

static void measure(const char *kind, int threads, double seconds) {
    static double took[THREADS][SAMPLES_MAX];
    pthread_t thread[THREADS];
    struct run run[THREADS];
    double begun = now_us();
    for (int i = 0; i < threads; i++) {
        run[i] = (struct run){kind, begun + seconds * 1e6, 11u * (unsigned)(i + 1), took[i], 0, 0, 0};
        pthread_create(&thread[i], NULL, asker, &run[i]);
    }
    size_t n = 0;
    for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL), n += run[i].n;
    double wall = (now_us() - begun) / 1e6;
    qsort(took[0], run[0].n, sizeof *took[0], by_size);
    printf("%-13s %d thread%s  %8.0f/s  median %6.0f us  p99 %6.0f us  CPU %6.0f us  %zu bytes\n", kind,
           threads, threads > 1 ? "s" : " ", (double)n / wall, took[0][run[0].n / 2],
           took[0][run[0].n * 99 / 100], run[0].cpu / (double)run[0].n, run[0].bytes);
}

/* ---- beginning ---- */

static err put_session(db_conn *c, void *arg) { return store_session_insert(c, b.cli.arena, arg); }

static void open_desk(const char *folder) {
    if (cli_desk_open(folder, NULL, 0, &b.cli)) die("open");
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines Duarte"),
                                  .zone = S("Europe/Lisbon"),
                                  .language = S("en")};
    if (people_setup(&b.cli.desk, b.cli.arena, &wanted, &b.done)) die("setup");
    if (intake_find(&b.cli.desk, b.cli.arena, S("letters@tidewatch.example"), &b.inbox)) die("inbox");
    b.session = token_new(b.cli.arena);
    int64_t now = clock_now(NULL);
    struct store_session row = {.hash = token_hash(b.cli.arena, b.session),
                                .account_id = b.done.admin.account_id,
                                .csrf = S("csrf"),
                                .created_at = now,
                                .seen_at = now,
                                .expires_at = now + DAY_MS};
    if (db_write(b.cli.desk.db, put_session, &row)) die("session");
    b.cli.desk.public_url = S("http://127.0.0.1");
    if (web_new(&b.cli.desk, &b.web)) die("web");
}

static void serve(const char *port) {
    http_server *server;
    struct http_options options = {
        .listen = str_fmt(b.cli.arena, "127.0.0.1:%s", port), .handler = web_handle, .context = b.web};
    if (http_server_start(&options, &server)) die("serve");
    web_attach(b.web, server);
    printf("cookie longhand=%.*s\n", STR_FMT(b.session));
    for (size_t i = 0; i < b.n; i += b.n / 20 + 1) printf("/b/tidewatch-toys/c/%lld\n", (long long)b.ids[i]);
    fflush(stdout);
    sigset_t ends;
    int which;
    sigemptyset(&ends), sigaddset(&ends, SIGTERM), sigaddset(&ends, SIGINT);
    sigwait(&ends, &which);
    http_server_stop(server);
}

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "web_bench FOLDER CONVERSATIONS [SECONDS | serve PORT]\n"), 2;
    sigset_t ends;
    sigemptyset(&ends), sigaddset(&ends, SIGTERM), sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    random_start();
    make_words();
    b.n = strtoul(argv[2], NULL, 10);
    b.ids = calloc(b.n, sizeof *b.ids);
    open_desk(argv[1]);
    size_t wanted = b.n;
    collect();
    if (b.n < wanted) {
        b.n = wanted;
        double from = now_us();
        fill();
        printf("filled %zu conversations in %.1f s\n", b.n, (now_us() - from) / 1e6);
    }
    if (argc > 4)
        serve(argv[4]);
    else {
        double seconds = argc > 3 ? strtod(argv[3], NULL) : 3;
        static const char *const kinds[] = {"list", "conversation", "search"};
        for (int i = 0; i < 3; i++) measure(kinds[i], 1, seconds), measure(kinds[i], THREADS, seconds);
    }
    web_free(b.web);
    return 0;
}
