#include "net/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITISED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITISED 1
#endif
#endif
#ifndef SANITISED
#define SANITISED 0
#endif

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "The system call filter knows x86-64 and arm64."
#endif

/* ---- the filter ---- */

enum { WORDS_MAX = 256 };

/* Classic BPF, jumping forwards only: each rule is a compare that falls through to the next. */
struct program {
    struct sock_filter words[WORDS_MAX];
    unsigned short n;
};

static void word(struct program *p, unsigned short code, unsigned k, unsigned char yes, unsigned char no) {
    if (p->n < WORDS_MAX) p->words[p->n++] = (struct sock_filter){code, yes, no, k};
}

static void load(struct program *p, size_t offset) {
    word(p, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void answer(struct program *p, unsigned what) { word(p, BPF_RET | BPF_K, what, 0, 0); }

static void load_call(struct program *p) { load(p, offsetof(struct seccomp_data, nr)); }

/* The low half of an argument: descriptors and flags are ints. Both architectures are little-endian. */
static void load_argument(struct program *p, int which) {
    load(p, offsetof(struct seccomp_data, args) + (size_t)which * sizeof(uint64_t));
}

static void allow(struct program *p, long call) {
    word(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1);
    answer(p, SECCOMP_RET_ALLOW);
}

/* Only with that descriptor as the first argument. */
static void allow_on(struct program *p, long call, unsigned descriptor) {
    word(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 4);
    load_argument(p, 0);
    word(p, BPF_JMP | BPF_JEQ | BPF_K, descriptor, 0, 1);
    answer(p, SECCOMP_RET_ALLOW);
    load_call(p);
}

/* Only without any of the bits in that argument. */
static void allow_without(struct program *p, long call, int which, unsigned bits) {
    word(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 4);
    load_argument(p, which);
    word(p, BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0);
    answer(p, SECCOMP_RET_ALLOW);
    load_call(p);
}

/* Memory of no file that is never executed. */
static void allow_mapping(struct program *p) {
    word(p, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)SYS_mmap, 0, 6);
    load_argument(p, 2);
    word(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 3, 0);
    load_argument(p, 3);
    word(p, BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 0, 1);
    answer(p, SECCOMP_RET_ALLOW);
    load_call(p);
}

static void write_program(struct program *p) {
    static const long free_calls[] = {
        SYS_brk,           SYS_munmap,    SYS_mremap,         SYS_madvise,      SYS_futex,
        SYS_clock_gettime, SYS_getrandom, SYS_gettimeofday,   SYS_rt_sigreturn, SYS_rt_sigprocmask,
        SYS_exit_group,    SYS_exit,      SYS_restart_syscall};
    load(p, offsetof(struct seccomp_data, arch));
    word(p, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load_call(p);
#if defined(__x86_64__)
    /* The other names under which the same kernel offers its calls (x32). */
    word(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    answer(p, SECCOMP_RET_KILL_PROCESS);
#endif
    allow_on(p, SYS_read, STDIN_FILENO);
    allow_on(p, SYS_write, STDOUT_FILENO);
    allow_mapping(p);
    allow_without(p, SYS_mprotect, 2, PROT_EXEC);
    for (size_t i = 0; i < sizeof free_calls / sizeof *free_calls; i++) allow(p, free_calls[i]);
    if (SANITISED) {
        static const long reports[] = {SYS_getpid, SYS_gettid, SYS_sched_yield, SYS_sigaltstack,
                                       SYS_rt_sigaction};
        allow_on(p, SYS_write, STDERR_FILENO);
        for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) allow(p, reports[i]);
    }
    answer(p, SECCOMP_RET_ERRNO | EPERM);
}

static err set_filter(void) {
    struct program p = {.n = 0};
    write_program(&p);
    if (p.n == WORDS_MAX) return err_set(ERR_INTERNAL, "The system call filter is longer than its room.");
    struct sock_fprog whole = {p.n, p.words};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) == 0) return ERR_NONE;
    return err_set(ERR_IO, "The kernel sets no system call filter: %s.", strerror(errno));
}

bool confine_filters(void) {
    unsigned action = SECCOMP_RET_KILL_PROCESS;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* ---- Landlock ---- */

int confine_landlock(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

/* What later kernels added to the struct and its bits; older headers lack them. */
struct ruleset {
    uint64_t handled_access_fs, handled_access_net, scoped;
};

static void forbid_files(void) {
    int version = confine_landlock();
    if (version <= 0) return;
    /* Versions 1 to 5 of the rights on files: 13, then 14 (refer), 15 (truncate), 15, 16 (device control). */
    int rights = version == 1 ? 13 : version == 2 ? 14 : version < 5 ? 15 : 16;
    struct ruleset all = {.handled_access_fs = (1ULL << rights) - 1};
    size_t size = sizeof all.handled_access_fs;
    if (version >= 4) {
        all.handled_access_net = 3; /* bind and connect, TCP */
        size = offsetof(struct ruleset, scoped);
    }
    if (version >= 6) {
        all.scoped = 3; /* abstract sockets, signals */
        size = sizeof all;
    }
    int set = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    if (set < 0) return;
    (void)!syscall(SYS_landlock_restrict_self, set, 0);
    close(set);
}

err confine_now(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0))
        return err_set(ERR_IO, "The kernel does not let privileges be given up: %s.", strerror(errno));
    /* The descriptor of the rules is closed with all others. */
    forbid_files();
    close_range(3, ~0u, 0);
    return set_filter();
}
