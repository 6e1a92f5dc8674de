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
#include "format/picture.h"
#include "net/confine.h"
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

/* What opens files when it is first used. */
static void load_all(void) {
    struct mime_letter warm;
    ARENA_AUTO arena *a = arena_new(1 << 20);
    mime_charset_preload();
    mime_read(a, S("Subject: x\n\nx"), &mime_default_limits, &warm);
}

/* All that this process could do but compute and answer is given up. */
static bool give_up_rights(void) {
    bool good = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && chdir("/") == 0 && limit(RLIMIT_CORE, 0) &&
                limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_CPU, CPU_SECONDS);
    /* A sanitised build reserves terabytes of addresses. */
    if (!HAS_SHADOW_MEMORY) good = good && limit(RLIMIT_AS, ADDRESS_SPACE);
    load_all();
    /* One more than it has, for Landlock's rules, which come and go on the way. */
    good = good && limit(RLIMIT_NOFILE, 4);
    return good && confine_now() == ERR_NONE;
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
static safe_html safe_parts(arena *a, struct mime_letter *l, html_url_list *urls, int *ret_remote) {
    BUF_AUTO buf out = BUF_MAX(READER_SAFE_MAX);
    int remote = 0;
    for (size_t i = 0; i < l->html_parts.n; i++) {
        safe_html part;
        int here;
        err e = urls ? html_sanitise_remote(a, l->html_parts.v[i], &part, &here, urls)
                     : html_sanitise(a, l->html_parts.v[i], &part, &here);
        if (e) {
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

/* What it reports of other letters, and who is said to have sent it. */
static void put_about_mail(arena *a, str raw, const struct mime_letter *letter, bool words_only, buf *out) {
    struct bounce bounce = {0};
    auth_header_list auth = {0};
    if (!words_only && bounce_read(a, raw, letter, &bounce)) {
        size_t mark = parcel_open(out, READER_TAG_BOUNCE);
        parcel_put_bounce(out, &bounce);
        parcel_close(out, mark);
    }
    auth_results_read(a, raw, &auth);
    size_t mark = parcel_open(out, READER_TAG_AUTH);
    parcel_put_auth(out, &auth);
    parcel_close(out, mark);
}

static err read_letter(arena *a, str raw, uint32_t flags, buf *out) {
    struct mime_letter letter;
    struct mime_limits limits = mime_default_limits;
    limits.words_only = flags & READER_WORDS_ONLY;
    TRY(mime_read(a, raw, &limits, &letter));
    int remote = 0;
    safe_html safe = {S("")};
    html_url_list urls = {0};
    if (!limits.words_only) safe = safe_parts(a, &letter, flags & READER_WITH_REMOTE ? &urls : NULL, &remote);
    letter.problem = str_trim(letter.problem);
    size_t mark = parcel_open(out, READER_TAG_LETTER);
    parcel_put_letter(out, &letter);
    parcel_close(out, mark);
    parcel_put(out, READER_TAG_SAFE, safe.html);
    parcel_put_int(out, READER_TAG_REMOTE, remote);
    for (size_t i = 0; i < urls.n; i++) parcel_put(out, READER_TAG_URL, urls.v[i]);
    put_about_mail(a, raw, &letter, limits.words_only, out);
    return buf_ok(out) ? ERR_NONE : err_set(ERR_INVALID, "The letter is too large to be read.");
}

static err read_picture(arena *a, str bytes, buf *out) {
    str jpeg;
    TRY(picture_small(a, bytes, PICTURE_SMALL_EDGE, &jpeg));
    parcel_put(out, READER_TAG_SMALL, jpeg);
    return buf_ok(out) ? ERR_NONE : err_set(ERR_INVALID, "The small picture is too large.");
}

static bool answer(arena *a, str raw, uint32_t flags, buf *out) {
    buf_clear(out);
    out->max = reader_answer_max(raw.n);
    unsigned char head[READER_HEAD] = {0};
    buf_add(out, (str){(const char *)head, READER_HEAD});
    err e = flags & READER_PICTURE ? read_picture(a, raw, out) : read_letter(a, raw, flags, out);
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
    /* A sanitised build looks for leaks at its end, from a second process, which is not to be had here. */
    if (HAS_SHADOW_MEMORY) _exit(good ? 0 : 1);
    return good ? 0 : 1;
}
