#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "format/mime_charset.h"
#include "format/parcel.h"
#include "net/reader.h"
#include "net/reader_pipe.h"

enum { ADDRESS_SPACE = 512 << 20, CPU_SECONDS = 600, ARENA_MAX = 320 << 20 };

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW_MEMORY 1
#endif
#endif
#ifndef HAS_SHADOW_MEMORY
#define HAS_SHADOW_MEMORY 0
#endif

static bool limit(int what, rlim_t value) {
    struct rlimit old;
    if (getrlimit(what, &old)) return false;
    if (old.rlim_max != RLIM_INFINITY && old.rlim_max < value) value = old.rlim_max;
    struct rlimit l = {value, value};
    return setrlimit(what, &l) == 0;
}

/* All that this process could do but compute and answer is given up. What needs files is loaded before. */
static bool give_up_rights(void) {
    mime_charset_preload();
    struct mime_letter warm;
    ARENA_AUTO arena *a = arena_new(1 << 20);
    mime_read(a, S("Subject: x\n\nx"), &mime_default_limits, &warm);
    bool good = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                chdir("/") == 0;
    prctl(PR_SET_DUMPABLE, 0);
    close_range(3, ~0u, 0);
    good = good && limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
           limit(RLIMIT_CPU, CPU_SECONDS);
    /* A sanitised build reserves terabytes of addresses and reads its own map to report. */
    if (!HAS_SHADOW_MEMORY) good = good && limit(RLIMIT_AS, ADDRESS_SPACE) && limit(RLIMIT_NOFILE, 0);
    return good;
}

static bool read_all(void *to, size_t n) {
    char *p = to;
    while (n) {
        ssize_t got = read(STDIN_FILENO, p, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(const void *from, size_t n) {
    const char *p = from;
    while (n) {
        ssize_t put = write(STDOUT_FILENO, p, n);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

/* The HTML parts, each sanitised by itself. */
static safe_html safe_parts(arena *a, struct mime_letter *l, int *ret_remote) {
    BUF_AUTO buf out = BUF_MAX(READER_SAFE_MAX);
    int remote = 0;
    for (size_t i = 0; i < l->html_parts.n; i++) {
        safe_html part;
        int here;
        if (html_sanitise(a, l->html_parts.v[i], &part, &here)) {
            if (!str_starts(l->problem, S("The formatted")))
                l->problem = str_fmt(a, "The formatted letter cannot be shown; its text is. %.*s",
                                     STR_FMT(l->problem));
            continue;
        }
        remote += here;
        if (l->html_parts.n > 1) buf_add(&out, S("<div>"));
        buf_add(&out, part.html);
        if (l->html_parts.n > 1) buf_add(&out, S("</div>"));
    }
    *ret_remote = remote;
    return (safe_html){buf_ok(&out) ? str_copy(a, buf_str(&out)) : S("")};
}

static err read_letter(arena *a, str raw, uint32_t flags, buf *out) {
    struct mime_letter letter;
    struct mime_limits limits = mime_default_limits;
    limits.words_only = flags & READER_WORDS_ONLY;
    TRY(mime_read(a, raw, &limits, &letter));
    int remote = 0;
    safe_html safe = {S("")};
    if (!limits.words_only) safe = safe_parts(a, &letter, &remote);
    letter.problem = str_trim(letter.problem);
    size_t mark = parcel_open(out, READER_TAG_LETTER);
    parcel_put_letter(out, &letter);
    parcel_close(out, mark);
    parcel_put(out, READER_TAG_SAFE, safe.html);
    parcel_put_int(out, READER_TAG_REMOTE, remote);
    return buf_ok(out) ? ERR_NONE : err_set(ERR_INVALID, "The letter is too large to be read.");
}

static bool answer(arena *a, str raw, uint32_t flags, buf *out) {
    buf_clear(out);
    out->max = reader_answer_max(raw.n);
    unsigned char head[READER_HEAD] = {0};
    buf_add(out, (str){(const char *)head, READER_HEAD});
    err e = read_letter(a, raw, flags, out);
    if (e) {
        buf_clear(out);
        buf_add(out, (str){(const char *)head, READER_HEAD});
        buf_add(out, str_clip_utf8(str_z(err_text()), READER_SENTENCE_MAX));
    }
    reader_put_head(head, (uint32_t)(out->n - READER_HEAD), (uint32_t)e);
    memcpy(out->p, head, READER_HEAD);
    return write_all(out->p, out->n);
}

int reader_main(void) {
    if (!give_up_rights()) return 1;
    arena *a = arena_new(ARENA_MAX);
    buf out = BUF_MAX(0);
    bool good = true;
    unsigned char head[READER_HEAD];
    while (good && read_all(head, READER_HEAD)) {
        uint32_t length, flags;
        reader_get_head(head, &length, &flags);
        char *raw = length <= READER_RAW_MAX ? malloc((size_t)length + 1) : NULL;
        good = raw && read_all(raw, length) && answer(a, (str){raw, length}, flags, &out);
        free(raw);
        arena_reset(a);
        /* A long letter's memory is not kept for the short ones. */
        if (out.cap > (1 << 20)) buf_free(&out);
    }
    buf_free(&out);
    arena_free(a);
    return good ? 0 : 1;
}
