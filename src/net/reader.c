#include "net/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "format/parcel.h"
#include "format/picture.h"
#include "net/reader_pipe.h"

enum {
    FIRST_TRY_MS = 14 * SECOND_MS,
    BOTH_TRIES_MS = 20 * SECOND_MS,
    LETTERS_PER_CHILD = 1000,
    PIPE_BYTES = 1 << 20,
    URL_MAX = 8192,
};

struct reader {
    char *program;
    pid_t pid; /* 0: no child */
    int to, from;
    int letters;
    int64_t first_ms, both_ms;
    char chunk[READER_CHUNK]; /* the start of an answer, which is most often all of it */
};

reader *reader_new(str program) {
    reader *r = memory_zeroed(sizeof *r);
    char *path = memory_take(program.n + 1);
    memcpy(path, program.p, program.n);
    path[program.n] = 0;
    r->program = path;
    r->to = r->from = -1;
    reader_patience(r, FIRST_TRY_MS, BOTH_TRIES_MS);
    return r;
}

void reader_patience(reader *r, int64_t first_try_ms, int64_t both_tries_ms) {
    r->first_ms = first_try_ms;
    r->both_ms = both_tries_ms;
}

static void forget(reader *r) {
    if (r->to >= 0) close(r->to);
    if (r->from >= 0) close(r->from);
    r->to = r->from = -1;
    r->pid = 0;
    r->letters = 0;
}

static void stop(reader *r) {
    if (r->pid) {
        kill(r->pid, SIGKILL);
        while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR) continue;
    }
    forget(r);
}

void reader_free(reader *r) {
    if (!r) return;
    stop(r);
    free(r->program);
    free(r);
}

/* A pipe whose ends are not 0, 1 or 2, where the child's are put. */
static bool high_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC)) return false;
    for (int i = 0; i < 2; i++) {
        if (ends[i] > 2) continue;
        int high = fcntl(ends[i], F_DUPFD_CLOEXEC, 3);
        close(ends[i]);
        ends[i] = high;
    }
    if (ends[0] >= 0 && ends[1] >= 0) return true;
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    return false;
}

/* posix_spawn, since between fork and exec a process of many threads may do next to nothing. */
static int spawn(const char *program, int in, int out, pid_t *ret_pid) {
    char name[] = "longhand", verb[] = "reader";
    char *argv[] = {name, verb, NULL}, *env[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(ret_pid, program, &files, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static err start(reader *r) {
    int in[2], out[2];
    if (!high_pipe(in)) return err_set(ERR_IO, "The reading process cannot be started: %s.", strerror(errno));
    if (!high_pipe(out)) {
        close(in[0]);
        close(in[1]);
        return err_set(ERR_IO, "The reading process cannot be started: %s.", strerror(errno));
    }
    int failed = spawn(r->program, in[0], out[1], &r->pid);
    close(in[0]);
    close(out[1]);
    r->to = in[1];
    r->from = out[0];
    if (failed) {
        r->pid = 0;
        forget(r);
        return err_set(ERR_IO, "The reading process cannot be started: %s.", strerror(failed));
    }
    /* Larger pipes mean fewer turns; the system may refuse, and it works without. */
    fcntl(r->to, F_SETPIPE_SZ, PIPE_BYTES);
    fcntl(r->from, F_SETPIPE_SZ, PIPE_BYTES);
    fcntl(r->to, F_SETFL, O_NONBLOCK);
    fcntl(r->from, F_SETFL, O_NONBLOCK);
    return ERR_NONE;
}

static err make_ready(reader *r) {
    if (r->pid && waitpid(r->pid, NULL, WNOHANG) != 0) forget(r); /* it died between two letters */
    if (r->letters >= LETTERS_PER_CHILD) stop(r);                 /* what the libraries leak goes with it */
    if (!r->pid) TRY(start(r));
    r->letters++;
    return ERR_NONE;
}

struct exchange {
    reader *r;
    arena *a;
    str raw;
    unsigned char head[READER_HEAD];
    size_t sent; /* of head and raw */
    size_t max;
    char *answer; /* NULL until its head was read */
    size_t got, want;
    uint32_t status;
    bool without_memory; /* for the answer */
};

/* One write of what is left; false when the child is gone. */
static bool send_some(struct exchange *x) {
    struct iovec v[2];
    size_t of_head = x->sent < READER_HEAD ? x->sent : READER_HEAD, of_raw = x->sent - of_head;
    v[0] = (struct iovec){x->head + of_head, READER_HEAD - of_head};
    v[1] = (struct iovec){(char *)x->raw.p + of_raw, x->raw.n - of_raw};
    ssize_t n = writev(x->r->to, v, 2);
    if (n > 0) x->sent += (size_t)n;
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* One read; false when the child is gone or answers against the rules. */
static bool take_some(struct exchange *x) {
    if (x->answer) {
        ssize_t n = read(x->r->from, x->answer + x->got, x->want - x->got);
        if (n > 0) x->got += (size_t)n;
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
    }
    char *chunk = x->r->chunk;
    ssize_t n = read(x->r->from, chunk + x->got, READER_CHUNK - x->got);
    if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EINTR);
    x->got += (size_t)n;
    if (x->got < READER_HEAD) return true;
    uint32_t length;
    reader_get_head((unsigned char *)chunk, &length, &x->status);
    size_t have = x->got - READER_HEAD;
    if (length > x->max || have > length) return false;
    x->without_memory = !memory_room(length);
    if (x->without_memory) return false;
    x->answer = arena_alloc(x->a, length);
    memcpy(x->answer, chunk + READER_HEAD, have);
    x->got = have;
    x->want = length;
    return true;
}

static bool done(const struct exchange *x) { return x->answer && x->got == x->want; }

static bool run_exchange(struct exchange *x, int64_t ends_ms) {
    size_t total = READER_HEAD + x->raw.n;
    if (!send_some(x)) return false;
    while (!done(x)) {
        int64_t left = ends_ms - clock_monotonic_ms();
        if (left <= 0) return false;
        bool sending = x->sent < total;
        struct pollfd fds[2] = {{.fd = x->r->from, .events = POLLIN}, {.fd = x->r->to, .events = POLLOUT}};
        int ready = poll(fds, sending ? 2 : 1, (int)left);
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        if (fds[0].revents && !take_some(x)) return false;
        if (sending && fds[1].revents && !send_some(x)) return false;
    }
    return x->sent == total;
}

/* A child that dies while it is written to must not end the desk, whatever the desk does with SIGPIPE. */
static bool without_sigpipe(struct exchange *x, int64_t ends_ms) {
    sigset_t pipe_only, old, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
    bool good = run_exchange(x, ends_ms);
    if (!good && !was_pending) {
        struct timespec now = {0, 0};
        while (sigtimedwait(&pipe_only, NULL, &now) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return good;
}

static err open_answer(arena *a, const struct exchange *x, struct reader_letter *ret_letter) {
    struct reader_letter l = {.safe = {S("")}};
    str rest = {x->answer, x->want}, value;
    int tag;
    int64_t v;
    bool seen = false;
    while (parcel_next(&rest, &tag, &value)) {
        bool good = false;
        if (tag == READER_TAG_LETTER && !seen) {
            TRY(parcel_get_letter(a, value, &l.mime));
            good = seen = true;
        } else if (tag == READER_TAG_SAFE) {
            good = value.n <= READER_SAFE_MAX && html_is_safe(value);
            l.safe.html = value;
        } else if (tag == READER_TAG_REMOTE) {
            good = parcel_int(value, &v) && v >= 0 && v <= INT32_MAX;
            l.remote_images = good ? (int)v : 0;
        } else if (tag == READER_TAG_URL) {
            good = l.urls.n < HTML_REMOTE_MAX && parcel_text_ok(value, URL_MAX, false) &&
                   (str_starts_nocase(value, S("https://")) || str_starts_nocase(value, S("http://")));
            if (good) *list_add(a, &l.urls) = value;
        } else if (tag == READER_TAG_BOUNCE) {
            good = parcel_get_bounce(a, value, &l.bounce) == ERR_NONE;
        } else if (tag == READER_TAG_AUTH) {
            good = parcel_get_auth(a, value, &l.auth) == ERR_NONE;
        }
        if (!good) return err_set(ERR_INVALID, "The reading process gave a malformed answer.");
    }
    if (rest.n || !seen) return err_set(ERR_INVALID, "The reading process gave a malformed answer.");
    *ret_letter = l;
    return ERR_NONE;
}

/* One small picture and nothing else. */
static err open_small(const struct exchange *x, str *ret_jpeg) {
    str rest = {x->answer, x->want}, jpeg;
    int tag;
    bool good = parcel_next(&rest, &tag, &jpeg) && !rest.n && tag == READER_TAG_SMALL &&
                jpeg.n <= PICTURE_SMALL_BYTES && str_eq(picture_type(jpeg), S("image/jpeg"));
    if (!good) return err_set(ERR_INVALID, "The reading process gave a malformed answer.");
    *ret_jpeg = jpeg;
    return ERR_NONE;
}

typedef enum outcome { READ, REFUSED, DIED, WITHOUT_MEMORY } outcome;

/* With READER_PICTURE the answer goes to ret_jpeg. */
static outcome try_once(reader *r, arena *a, str raw, uint32_t flags, int64_t ends_ms,
                        struct reader_letter *ret_letter, str *ret_jpeg) {
    struct exchange x = {.r = r, .a = a, .raw = raw, .max = reader_answer_max(raw.n)};
    reader_put_head(x.head, (uint32_t)raw.n, flags);
    if (!without_sigpipe(&x, ends_ms)) {
        stop(r);
        return x.without_memory ? WITHOUT_MEMORY : DIED;
    }
    if (x.status == ERR_NONE) {
        err e = ret_jpeg ? open_small(&x, ret_jpeg) : open_answer(a, &x, ret_letter);
        if (e == ERR_NONE) return READ;
        stop(r);
        return DIED;
    }
    str sentence = {x.answer, x.want};
    if (!parcel_text_ok(sentence, READER_SENTENCE_MAX, false)) sentence = S("The letter cannot be read.");
    err_set(ERR_INVALID, "%.*s", STR_FMT(sentence));
    return REFUSED;
}

static err without_memory(void) {
    return err_set(ERR_BUSY, "There is no memory to read it now; try again soon.");
}

err reader_read(reader *r, arena *a, str raw, struct reader_letter *ret_letter) {
    if (raw.n > READER_RAW_MAX)
        return err_set(ERR_INVALID, "The letter has more than %d MB and is kept unread.",
                       READER_RAW_MAX >> 20);
    int64_t began = clock_monotonic_ms();
    TRY(make_ready(r));
    outcome o = try_once(r, a, raw, 0, began + r->first_ms, ret_letter, NULL);
    if (o == DIED) {
        /* Most often its HTML did it. */
        TRY(make_ready(r));
        o = try_once(r, a, raw, READER_WORDS_ONLY, began + r->both_ms, ret_letter, NULL);
    }
    if (o == WITHOUT_MEMORY) return without_memory();
    if (o == DIED)
        return err_set(
            ERR_INVALID,
            "The letter cannot be read: the reading process stopped or took longer than 20 seconds.");
    return o == READ ? ERR_NONE : ERR_INVALID;
}

err reader_read_remote(reader *r, arena *a, str raw, struct reader_letter *ret_letter) {
    if (raw.n > READER_RAW_MAX) return err_set(ERR_INVALID, "The letter is too large.");
    TRY(make_ready(r));
    outcome o = try_once(r, a, raw, READER_WITH_REMOTE, clock_monotonic_ms() + r->first_ms, ret_letter, NULL);
    if (o == WITHOUT_MEMORY) return without_memory();
    if (o == DIED) return err_set(ERR_INVALID, "The letter's HTML cannot be read.");
    return o == READ ? ERR_NONE : ERR_INVALID;
}

err reader_small(reader *r, arena *a, str bytes, str *ret_jpeg) {
    if (bytes.n > READER_RAW_MAX) return err_set(ERR_INVALID, "The picture is too large.");
    TRY(make_ready(r));
    outcome o = try_once(r, a, bytes, READER_PICTURE, clock_monotonic_ms() + r->first_ms, NULL, ret_jpeg);
    if (o == WITHOUT_MEMORY) return without_memory();
    if (o == DIED) return err_set(ERR_INVALID, "No small picture can be made of it.");
    return o == READ ? ERR_NONE : ERR_INVALID;
}
