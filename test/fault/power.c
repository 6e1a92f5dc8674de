/* power.so: keeps a record of what a process did to the files of one folder (POWER_FOLDER), in order, so that
 * test/fault/power.mjs can make the folder as a power cut would have left it. Loaded with LD_PRELOAD; the
 * record is POWER_LOG. A call and its line of the record are one step: whoever got an answer that rests on a
 * sync has the sync in the record.
 *
 * Recorded: files made, written, made longer or shorter, synced; names made, renamed, removed; folders
 * synced. Syncs are not done for real, since what is really on the disk does not matter. SQLite's -shm file
 * is left out: it is shared memory, never synced, and made anew from the WAL by whoever comes first.
 *
 * POWER_LIES names what is said to be synced and is not: "wal" (as PRAGMA synchronous = OFF), "object",
 * "folder". */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 65536 };
enum act { MADE = 1, WROTE, CUT, SYNCED, RENAMED, REMOVED, FOLDER_MADE, FOLDER_SYNCED, LINKED };

struct head {
    uint32_t act, bytes; /* of what follows */
    uint64_t inode, at;
};

static pthread_mutex_t step = PTHREAD_MUTEX_INITIALIZER;
static bool ours[FDS]; /* under `step` */
static char folder[4096];
static const char *lies = "";
static int record = -1;

#define REAL(name)                                                                                           \
    static __typeof__(name) *real;                                                                           \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWER_LOG"), *where = getenv("POWER_FOLDER"), *lie = getenv("POWER_LIES");
    int (*open_file)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    if (!path || !where || strlen(where) >= sizeof folder - 1) return;
    memcpy(folder, where, strlen(where) + 1);
    if (lie) lies = lie;
    record = open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static bool inside(const char *path) {
    size_t n = strlen(folder);
    if (record < 0 || strncmp(path, folder, n) != 0 || (path[n] && path[n] != '/')) return false;
    size_t m = strlen(path);
    return m < 4 || strcmp(path + m - 4, "-shm") != 0;
}

/* Under `step`. `more` only for two names. */
static void note(enum act act, uint64_t inode, uint64_t at, const void *p, size_t n, const char *more) {
    size_t m = more ? strlen(more) + 1 : 0;
    struct head h = {act, (uint32_t)(n + m), inode, at};
    struct iovec v[3] = {{&h, sizeof h}, {(void *)(uintptr_t)p, n}, {(void *)(uintptr_t)more, m}};
    ssize_t (*put)(int, const struct iovec *, int) = dlsym(RTLD_NEXT, "writev");
    if (put(record, v, 3) != (ssize_t)(sizeof h + n + m)) {
        static const char sorry[] = "power.so: the record cannot be written\n";
        if (write(2, sorry, sizeof sorry - 1) < 0) _exit(98);
        _exit(99);
    }
}

static void note_path(enum act act, uint64_t inode, const char *path) {
    note(act, inode, 0, path, strlen(path) + 1, NULL);
}

static uint64_t inode_of(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

#define OPEN_LIKE(name)                                                                                      \
    int name(const char *path, int flags, ...) {                                                             \
        REAL(name);                                                                                          \
        va_list ap;                                                                                          \
        va_start(ap, flags);                                                                                 \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                                \
        va_end(ap);                                                                                          \
        if (!inside(path)) return real(path, flags, mode);                                                   \
        pthread_mutex_lock(&step);                                                                           \
        bool made = (flags & O_CREAT) && access(path, F_OK) < 0;                                             \
        int fd = real(path, flags, mode);                                                                    \
        if (fd >= 0 && fd < FDS) {                                                                           \
            ours[fd] = true;                                                                                 \
            if (made) note_path(MADE, inode_of(fd), path);                                                   \
            if (!made && (flags & O_TRUNC)) note(CUT, inode_of(fd), 0, "", 0, NULL);                         \
        }                                                                                                    \
        pthread_mutex_unlock(&step);                                                                         \
        return fd;                                                                                           \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags) { return open(path, flags); }

int close(int fd) {
    REAL(close);
    pthread_mutex_lock(&step);
    if (fd >= 0 && fd < FDS) ours[fd] = false;
    int no = real(fd);
    pthread_mutex_unlock(&step);
    return no;
}

static bool is_ours(int fd) { return fd >= 0 && fd < FDS && ours[fd]; }

ssize_t write(int fd, const void *from, size_t n) {
    REAL(write);
    if (!is_ours(fd)) return real(fd, from, n);
    pthread_mutex_lock(&step);
    off_t at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    ssize_t put = real(fd, from, n);
    if (put > 0) note(WROTE, inode_of(fd), (uint64_t)at, from, (size_t)put, NULL);
    pthread_mutex_unlock(&step);
    return put;
}
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at) {
    REAL(pwrite64);
    if (!is_ours(fd)) return real(fd, from, n, at);
    pthread_mutex_lock(&step);
    ssize_t put = real(fd, from, n, at);
    if (put > 0) note(WROTE, inode_of(fd), (uint64_t)at, from, (size_t)put, NULL);
    pthread_mutex_unlock(&step);
    return put;
}
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { return pwrite64(fd, from, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n) {
    REAL(writev);
    /* Sockets and pipes only; a file that is written so would be missing in the record. */
    if (is_ours(fd)) _exit(97);
    return real(fd, v, n);
}
int ftruncate64(int fd, off64_t n) {
    REAL(ftruncate64);
    if (!is_ours(fd)) return real(fd, n);
    pthread_mutex_lock(&step);
    int no = real(fd, n);
    if (!no) note(CUT, inode_of(fd), (uint64_t)n, "", 0, NULL);
    pthread_mutex_unlock(&step);
    return no;
}
int ftruncate(int fd, off_t n) { return ftruncate64(fd, n); }

static int sync_of(int fd) {
    char path[4200] = "", link[64];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    pthread_mutex_lock(&step);
    if (n > 0 && fstat(fd, &st) == 0) {
        path[n] = 0;
        bool is_folder = S_ISDIR(st.st_mode), is_wal = n > 4 && strcmp(path + n - 4, "-wal") == 0;
        bool lied = is_folder ? strcmp(lies, "folder") == 0
                    : is_wal  ? strcmp(lies, "wal") == 0
                              : strcmp(lies, "object") == 0 && strstr(path, "/objects/");
        if (!lied) note_path(is_folder ? FOLDER_SYNCED : SYNCED, st.st_ino, path);
    }
    pthread_mutex_unlock(&step);
    return 0;
}
int fsync(int fd) {
    REAL(fsync);
    return is_ours(fd) ? sync_of(fd) : real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    return is_ours(fd) ? sync_of(fd) : real(fd);
}

#define TWO_NAMES(name, act)                                                                                 \
    int name(const char *from, const char *to) {                                                             \
        REAL(name);                                                                                          \
        if (!inside(from) && !inside(to)) return real(from, to);                                             \
        pthread_mutex_lock(&step);                                                                           \
        int no = real(from, to);                                                                             \
        if (!no) note(act, 0, 0, from, strlen(from) + 1, to);                                                \
        pthread_mutex_unlock(&step);                                                                         \
        return no;                                                                                           \
    }
TWO_NAMES(rename, RENAMED)
TWO_NAMES(link, LINKED)

#define ONE_NAME(name, act)                                                                                  \
    int name(const char *path) {                                                                             \
        REAL(name);                                                                                          \
        if (!inside(path)) return real(path);                                                                \
        pthread_mutex_lock(&step);                                                                           \
        int no = real(path);                                                                                 \
        if (!no) note_path(act, 0, path);                                                                    \
        pthread_mutex_unlock(&step);                                                                         \
        return no;                                                                                           \
    }
ONE_NAME(unlink, REMOVED)
ONE_NAME(rmdir, REMOVED)

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    if (!inside(path)) return real(path, mode);
    pthread_mutex_lock(&step);
    int no = real(path, mode);
    if (!no) note_path(FOLDER_MADE, 0, path);
    pthread_mutex_unlock(&step);
    return no;
}
