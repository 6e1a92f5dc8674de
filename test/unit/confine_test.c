/* A process that has been taken over by what it read tries everything that would help it; none of it works.
 * The same tries are made without the confinement, where they do work: so a filter that is not there is seen.
 */
#include "net/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what it tries; true when it worked ---- */

static bool did(long result) { return result >= 0; }

static bool try_open(void) { return did(open("/etc/passwd", O_RDONLY)); }
static bool try_openat(void) { return did(syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY, 0)); }
static bool try_create(void) { return did(open("/tmp", O_TMPFILE | O_WRONLY, 0600)); }
static bool try_socket(void) { return did(socket(AF_INET, SOCK_STREAM, 0)); }
static bool try_socket_local(void) { return did(socket(AF_UNIX, SOCK_STREAM, 0)); }

static bool try_connect(void) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) return false;
    struct sockaddr_un nowhere = {.sun_family = AF_UNIX};
    /* It reaches the kernel's own check, so the call is to be had. */
    return connect(pair[0], (struct sockaddr *)&nowhere, sizeof nowhere) == 0 || errno != EPERM;
}

static bool try_fork(void) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    if (child > 0) waitpid(child, NULL, 0);
    return child > 0;
}

static bool try_clone(void) {
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    if (child > 0) waitpid((pid_t)child, NULL, 0);
    return child > 0;
}

static bool try_exec(void) {
    char *none[] = {NULL};
    /* A program that is not there: how it fails tells whether it was looked for. */
    execve("/no/such/program", none, none);
    return errno != EPERM;
}

static bool try_ptrace(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }
static bool try_kill(void) { return kill(getppid(), 0) == 0; }
/* Descriptors that are open, writable and readable: the filter is what stands between. */
static bool try_write_elsewhere(void) { return write(STDIN_FILENO, "x", 1) == 1; }
static bool try_read_elsewhere(void) {
    char c;
    return read(STDERR_FILENO, &c, 1) == 0;
}
static bool try_code(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED;
}
static bool try_code_later(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}
static bool try_map_file(void) { return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 7, 0) != MAP_FAILED; }
static bool try_stat(void) {
    struct stat st;
    return stat("/etc/passwd", &st) == 0;
}
static bool try_unlink(void) { return unlink("/no/such/file") == 0 || errno != EPERM; }
static bool try_limits(void) { return prctl(PR_SET_NAME, "free") == 0; }
static bool try_io_uring(void) { return syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno == EFAULT; }
static bool try_memory_of_parent(void) {
    return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) >= 0;
}
static bool try_dup(void) { return did(dup(STDIN_FILENO)); }

static const struct attempt {
    const char *name;
    bool (*run)(void);
    bool needs_kernel; /* not to be had everywhere even without a filter */
} attempts[] = {
    {"open", try_open, false},
    {"openat", try_openat, false},
    {"create", try_create, true},
    {"socket", try_socket, false},
    {"local socket", try_socket_local, false},
    {"connect", try_connect, false},
    {"fork", try_fork, false},
    {"clone", try_clone, false},
    {"exec", try_exec, false},
    {"ptrace", try_ptrace, true},
    {"kill", try_kill, false},
    {"write elsewhere", try_write_elsewhere, false},
    {"read elsewhere", try_read_elsewhere, false},
    {"executable memory", try_code, true},
    {"memory made executable", try_code_later, true},
    {"map a file", try_map_file, false},
    {"stat", try_stat, false},
    {"unlink", try_unlink, false},
    {"prctl", try_limits, false},
    {"io_uring", try_io_uring, true},
    {"memory of others", try_memory_of_parent, true},
    {"dup", try_dup, false},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

/* The names of those that worked, parted by ';'. The process ends without a look for leaks, which starts
 * another. */
static void hostile(bool confined) {
    char said[4096] = "";
    size_t n = 0;
    int file = open("/etc/passwd", O_RDONLY);
    if (file >= 0 && file != 7) dup2(file, 7);
    int both = open("/dev/null", O_RDWR);
    dup2(both, STDIN_FILENO);
    dup2(both, STDERR_FILENO);
    if (confined && confine_now()) _exit(3);
    for (size_t i = 0; i < ATTEMPTS; i++)
        if (attempts[i].run()) n += (size_t)snprintf(said + n, sizeof said - n, "%s;", attempts[i].name);
    if (write(STDOUT_FILENO, said, n) != (ssize_t)n) _exit(4);
    _exit(0);
}

static void run_hostile(bool confined, char *said, size_t size) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        hostile(confined);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; n + 1 < size && (got = read(ends[0], said + n, size - 1 - n)) > 0;) n += (size_t)got;
    said[n] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void nothing_works(void **state) {
    (void)state;
    char said[4096];
    run_hostile(true, said, sizeof said);
    assert_string_equal(said, "");
}

static void without_it_they_do(void **state) {
    (void)state;
    char said[4096];
    run_hostile(false, said, sizeof said);
    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (attempts[i].needs_kernel || strstr(said, attempts[i].name)) continue;
        print_error("%s does not work even when it is free: it proves nothing\n", attempts[i].name);
        fail();
    }
}

/* What a reader needs goes on. */
static void work_goes_on(void **state) {
    (void)state;
    int in[2], out[2], status;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char text[16];
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        if (confine_now()) _exit(3);
        ssize_t n = read(STDIN_FILENO, text, sizeof text);
        char *large = malloc(64 << 20);
        if (!large || n <= 0) _exit(5);
        memset(large, 1, 64 << 20);
        large = realloc(large, 96 << 20);
        bool good = large && write(STDOUT_FILENO, text, (size_t)n) == n;
        free(large);
        _exit(good ? 0 : 6);
    }
    char back[16] = "";
    assert_int_equal(write(in[1], "letter", 6), 6);
    assert_int_equal(read(out[0], back, sizeof back), 6);
    assert_string_equal(back, "letter");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    for (int i = 0; i < 2; i++) close(in[i]), close(out[i]);
}

static void the_kernel_says_what_it_has(void **state) {
    (void)state;
    assert_true(confine_filters());
    assert_true(confine_landlock() >= 0);
    print_message("Landlock: version %d\n", confine_landlock());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_works),
        cmocka_unit_test(without_it_they_do),
        cmocka_unit_test(work_goes_on),
        cmocka_unit_test(the_kernel_says_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
