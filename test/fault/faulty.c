/* faulty.so: a system that fails on command, loaded with LD_PRELOAD into the serving process. What fails is
 * said through a file that both sides map (FAULTY_CONTROL; without it nothing ever fails), so one running
 * desk goes through thousands of faults. Numbers of 8 bytes, in the order of `enum slot`;
 * test/fault/faulty.mjs writes them.
 *
 * Memory: malloc, calloc, realloc and their aligned kin give NULL and ENOMEM: the n-th from now and some
 * after it, every k-th, or each of some size and above. Input and output: the calls below fail with one of
 * the errors their manual page knows, or do less than they were asked. EINTR, EAGAIN and half a job are given
 * where callers must expect them. Left alone: eventfd, which knows no such error, and EPOLL_CTL_MOD and DEL,
 * which need nothing that could run out. Disk: `disk_room` bytes may still be added to files; then writes
 * that make a file longer, new files and folders get ENOSPC. `disk_says` is what statvfs tells. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum slot {
    MEM_AT, /* 0 off; counted from 1 */
    MEM_FOR,
    MEM_EVERY,
    MEM_BIG,
    MEM_COUNT,
    MEM_FAILED,
    IO_AT,
    IO_FOR,
    IO_EVERY,
    IO_KINDS, /* bits of enum kind; 0 all */
    IO_TURN,  /* which of a call's errors comes */
    IO_COUNT,
    IO_FAILED,
    DISK_ROOM, /* below 0: no limit */
    DISK_SAYS, /* below 0: the truth */
    DISK_REFUSED,
    IO_KIND_FAILED, /* and as many as there are kinds */
};
enum kind { OPEN, READ, WRITE, SYNC, NAME, RECV, SEND, WAIT, CONNECT, SIZE, MAP, CHILD, KINDS };
enum { HALF = -1, FDS = 65536 };

static _Atomic int64_t idle[64] = {[DISK_ROOM] = -1, [DISK_SAYS] = -1};
static _Atomic int64_t *control = idle;
static atomic_bool is_eventfd[FDS];

static const int errors[KINDS][6] = {
    [OPEN] = {EMFILE, ENOSPC, EIO, ENFILE, ENOMEM, EINTR},
    [READ] = {EIO, HALF, EINTR, EIO, HALF, EINTR},
    [WRITE] = {ENOSPC, HALF, EIO, EINTR, EDQUOT, HALF},
    [SYNC] = {EIO, ENOSPC, EDQUOT, EIO, EIO, ENOSPC},
    [NAME] = {EIO, ENOSPC, EACCES, EIO, ENOSPC, EDQUOT},
    [RECV] = {ECONNRESET, HALF, EINTR, EAGAIN, ETIMEDOUT, HALF},
    [SEND] = {ECONNRESET, HALF, EINTR, EAGAIN, EPIPE, ENOBUFS},
    [WAIT] = {EINTR, EINTR, EINTR, EINTR, EINTR, EINTR},
    [CONNECT] = {EMFILE, ECONNABORTED, ENOBUFS, ENFILE, ENOMEM, EINTR},
    [SIZE] = {EIO, EIO, EIO, EIO, EIO, EIO},
    [MAP] = {ENOMEM, ENOMEM, EAGAIN, ENOMEM, ENOMEM, ENOMEM},
    [CHILD] = {EAGAIN, ENOMEM, EMFILE, EAGAIN, ENOMEM, EMFILE},
};

/* Where it crashed, for whoever mends it. */
static void tell(int which) {
    void *frames[64];
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    signal(which, SIG_DFL);
    raise(which);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTY_CONTROL");
    int (*open_file)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int fd = path ? open_file(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    void *frames[4];
    backtrace(frames, 4); /* loads what it needs now */
    signal(SIGSEGV, tell);
    signal(SIGABRT, tell);
    signal(SIGBUS, tell);
    if (p != MAP_FAILED) control = p;
}

static bool hits(enum slot at, enum slot every, enum slot count, int64_t many) {
    int64_t from = control[at], step = control[every];
    if (!from && !step) return false;
    int64_t n = atomic_fetch_add(&control[count], 1) + 1;
    return from ? n >= from && n < from + (many > 0 ? many : 1) : n % step == 0;
}

/* --- Memory --- */

#ifndef NO_MEMORY /* with a sanitizer's own malloc */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t to, size_t n);

static bool no_memory(size_t n) {
    int64_t big = control[MEM_BIG];
    bool no = (big && n >= (size_t)big) || hits(MEM_AT, MEM_EVERY, MEM_COUNT, control[MEM_FOR]);
    if (!no) return false;
    atomic_fetch_add(&control[MEM_FAILED], 1);
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n) { return no_memory(n) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return no_memory(n * size) ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return no_memory(n) ? NULL : __libc_realloc(p, n); }
void *memalign(size_t to, size_t n) { return no_memory(n) ? NULL : __libc_memalign(to, n); }
void *aligned_alloc(size_t to, size_t n) { return memalign(to, n); }
int posix_memalign(void **ret, size_t to, size_t n) {
    void *p = memalign(to, n);
    if (p) *ret = p;
    return p ? 0 : ENOMEM;
}
#endif

/* --- Input and output --- */

/* 0: do it; HALF; or the error, which is then in errno, too. */
static int fault(enum kind kind, int fd) {
    int64_t kinds = control[IO_KINDS];
    if (kinds && !(kinds >> kind & 1)) return 0;
    if (fd >= 0 && fd < FDS && is_eventfd[fd]) return 0;
    if (!hits(IO_AT, IO_EVERY, IO_COUNT, control[IO_FOR])) return 0;
    int64_t turn = control[IO_TURN] + atomic_fetch_add(&control[IO_FAILED], 1);
    atomic_fetch_add(&control[IO_KIND_FAILED + kind], 1);
    int e = errors[kind][turn % 6];
    if (e != HALF) errno = e;
    return e;
}

static size_t part(int e, size_t n) { return e == HALF && n > 1 ? n / 2 : n; }

#define REAL(name)                                                                                           \
    static __typeof__(name) *real;                                                                           \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define MAY_FAIL(kind, fd)                                                                                   \
    do {                                                                                                     \
        if (fault(kind, fd) > 0) return -1;                                                                  \
    } while (0)

/* Room for `more` bytes: taken, or ENOSPC. */
static bool take_room(int64_t more) {
    int64_t room = control[DISK_ROOM];
    while (room >= 0 && more > 0) {
        if (more > room) {
            atomic_fetch_add(&control[DISK_REFUSED], 1);
            errno = ENOSPC;
            return false;
        }
        if (atomic_compare_exchange_weak(&control[DISK_ROOM], &room, room - more)) break;
    }
    return true;
}

static bool may_grow(int fd, int64_t end) {
    struct stat st;
    if (control[DISK_ROOM] < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) return true;
    return take_room(end - st.st_size);
}

static bool may_name(const char *path, int flags) {
    if (control[DISK_ROOM] < 0 || !(flags & O_CREAT) || access(path, F_OK) == 0) return true;
    return take_room(4096);
}

#define OPEN_LIKE(name)                                                                                      \
    int name(const char *path, int flags, ...) {                                                             \
        REAL(name);                                                                                          \
        va_list ap;                                                                                          \
        va_start(ap, flags);                                                                                 \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                                \
        va_end(ap);                                                                                          \
        MAY_FAIL(OPEN, -1);                                                                                  \
        return may_name(path, flags) ? real(path, flags, mode) : -1;                                         \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) { return open(path, flags); }
int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    MAY_FAIL(OPEN, -1);
    return real(folder, path, flags, mode);
}

ssize_t read(int fd, void *to, size_t n) {
    REAL(read);
    int e = fault(READ, fd);
    return e > 0 ? -1 : real(fd, to, part(e, n));
}
ssize_t __read_chk(int fd, void *to, size_t n, size_t room);
ssize_t __read_chk(int fd, void *to, size_t n, size_t room) { return n > room ? -1 : read(fd, to, n); }
ssize_t pread64(int fd, void *to, size_t n, off64_t at) {
    REAL(pread64);
    int e = fault(READ, fd);
    return e > 0 ? -1 : real(fd, to, part(e, n), at);
}
ssize_t __pread64_chk(int fd, void *to, size_t n, off64_t at, size_t room);
ssize_t __pread64_chk(int fd, void *to, size_t n, off64_t at, size_t room) {
    return n > room ? -1 : pread64(fd, to, n, at);
}
ssize_t write(int fd, const void *from, size_t n) {
    REAL(write);
    int e = fault(WRITE, fd);
    if (e > 0) return -1;
    n = part(e, n);
    if (control[DISK_ROOM] >= 0) {
        off_t at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
        if (at >= 0 && !may_grow(fd, at + (off_t)n)) return -1;
    }
    return real(fd, from, n);
}
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at) {
    REAL(pwrite64);
    int e = fault(WRITE, fd);
    if (e > 0) return -1;
    n = part(e, n);
    return may_grow(fd, at + (off64_t)n) ? real(fd, from, n, at) : -1;
}
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { return pwrite64(fd, from, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n) {
    REAL(writev);
    int e = fault(WRITE, fd);
    if (e > 0) return -1;
    return real(fd, v, e == HALF && n > 1 ? 1 : n);
}
int fsync(int fd) {
    REAL(fsync);
    MAY_FAIL(SYNC, fd);
    return real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    MAY_FAIL(SYNC, fd);
    return real(fd);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    MAY_FAIL(NAME, -1);
    return real(from, to);
}
int unlink(const char *path) {
    REAL(unlink);
    MAY_FAIL(NAME, -1);
    return real(path);
}
int link(const char *from, const char *to) {
    REAL(link);
    MAY_FAIL(NAME, -1);
    return take_room(1) ? real(from, to) : -1;
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    MAY_FAIL(NAME, -1);
    return access(path, F_OK) == 0 || take_room(4096) ? real(path, mode) : -1;
}
int ftruncate64(int fd, off64_t n) {
    REAL(ftruncate64);
    MAY_FAIL(SIZE, fd);
    return may_grow(fd, n) ? real(fd, n) : -1;
}
int fstat64(int fd, struct stat64 *st) {
    REAL(fstat64);
    MAY_FAIL(SIZE, fd);
    return real(fd, st);
}
int statvfs(const char *path, struct statvfs *v) {
    REAL(statvfs);
    MAY_FAIL(SIZE, -1);
    int no = real(path, v);
    int64_t says = control[DISK_SAYS];
    if (!no && says >= 0) v->f_bavail = (fsblkcnt_t)says / v->f_frsize;
    return no;
}
ssize_t recv(int fd, void *to, size_t n, int flags) {
    REAL(recv);
    int e = fault(RECV, fd);
    return e > 0 ? -1 : real(fd, to, part(e, n), flags);
}
ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags);
ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags) {
    return n > room ? -1 : recv(fd, to, n, flags);
}
ssize_t send(int fd, const void *from, size_t n, int flags) {
    REAL(send);
    int e = fault(SEND, fd);
    return e > 0 ? -1 : real(fd, from, part(e, n), flags);
}
ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
    REAL(sendmsg);
    MAY_FAIL(SEND, fd);
    return real(fd, m, flags);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t n);
ssize_t sendfile64(int out, int in, off64_t *at, size_t n) {
    REAL(sendfile64);
    int e = fault(SEND, out);
    return e > 0 ? -1 : real(out, in, at, part(e, n));
}
int poll(struct pollfd *fds, nfds_t n, int ms) {
    REAL(poll);
    MAY_FAIL(WAIT, -1);
    return real(fds, n, ms);
}
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t n, int ms, size_t room) {
    return room / sizeof *fds < n ? -1 : poll(fds, n, ms);
}
int epoll_wait(int set, struct epoll_event *events, int n, int ms) {
    REAL(epoll_wait);
    MAY_FAIL(WAIT, -1);
    return real(set, events, n, ms);
}
int epoll_ctl(int set, int what, int fd, struct epoll_event *event) {
    REAL(epoll_ctl);
    if (what == EPOLL_CTL_ADD && fault(CONNECT, fd) > 0) {
        errno = ENOMEM;
        return -1;
    }
    return real(set, what, fd, event);
}
int accept4(int fd, struct sockaddr *from, socklen_t *n, int flags) {
    REAL(accept4);
    MAY_FAIL(CONNECT, fd);
    return real(fd, from, n, flags);
}
int connect(int fd, const struct sockaddr *to, socklen_t n) {
    REAL(connect);
    if (fault(CONNECT, fd) > 0) {
        errno = ECONNREFUSED;
        return -1;
    }
    return real(fd, to, n);
}
int socket(int domain, int type, int protocol) {
    REAL(socket);
    MAY_FAIL(CONNECT, -1);
    return real(domain, type, protocol);
}
int pipe2(int ends[2], int flags) {
    REAL(pipe2);
    MAY_FAIL(CHILD, -1);
    return real(ends, flags);
}
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
                const posix_spawnattr_t *attributes, char *const argv[], char *const env[]) {
    REAL(posix_spawn);
    int e = fault(CHILD, -1);
    return e > 0 ? e : real(pid, path, files, attributes, argv, env);
}
void *mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t from) {
    REAL(mmap64);
    if (fd >= 0 && control != idle && fault(MAP, fd) > 0) return MAP_FAILED;
    return real(at, n, protection, flags, fd, from);
}
void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t from) {
    return mmap64(at, n, protection, flags, fd, from);
}
int eventfd(unsigned first, int flags) {
    REAL(eventfd);
    int fd = real(first, flags);
    if (fd >= 0 && fd < FDS) is_eventfd[fd] = true;
    return fd;
}
int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < FDS) is_eventfd[fd] = false;
    return real(fd);
}
