#include "near/near_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

static err write_error(struct near_writer *w) {
    int e = errno;
    w->failed = e == ENOSPC || e == EDQUOT || e == EFBIG
                    ? err_set(ERR_FULL, "There is no space left to write %s.", w->path)
                    : err_set(ERR_IO, "Cannot write %s: %s.", w->path, strerror(e));
    return w->failed;
}

static void write_out(struct near_writer *w, const uint8_t *p, size_t n) {
    while (n && !w->failed) {
        ssize_t put = write(w->fd, p, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) {
            write_error(w);
            return;
        }
        p += put;
        n -= (size_t)put;
    }
}

static void flush(struct near_writer *w) {
    write_out(w, w->buffer, w->buffered);
    w->buffered = 0;
}

static void put(struct near_writer *w, const void *from, size_t n) {
    const uint8_t *p = from;
    w->at += n;
    while (n) {
        if (w->buffered == BUFFER) flush(w);
        size_t part = n < BUFFER - w->buffered ? n : BUFFER - w->buffered;
        memcpy(w->buffer + w->buffered, p, part);
        w->buffered += part;
        p += part;
        n -= part;
    }
}

err near_writer_open(struct near_writer *w, const char *path) {
    *w = (struct near_writer){.path = path, .fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (w->fd < 0) return write_error(w);
    w->buffer = malloc(BUFFER);
    w->sum = XXH3_createState();
    if (!w->buffer || !w->sum) abort();
    put(w, &w->head, sizeof w->head);
    return ERR_NONE;
}

void near_writer_begin(struct near_writer *w, enum near_section section) {
    static const uint8_t zeros[NEAR_ALIGN];
    put(w, zeros, (NEAR_ALIGN - w->at % NEAR_ALIGN) % NEAR_ALIGN);
    w->section = section;
    w->head.section[section].at = w->at;
    XXH3_64bits_reset(w->sum);
}

void near_writer_put(struct near_writer *w, const void *p, size_t n) {
    if (!n) return;
    XXH3_64bits_update(w->sum, p, n);
    put(w, p, n);
}

err near_writer_end(struct near_writer *w) {
    w->head.section[w->section].bytes = w->at - w->head.section[w->section].at;
    w->head.section[w->section].sum = XXH3_64bits_digest(w->sum);
    return w->failed;
}

err near_writer_section(struct near_writer *w, enum near_section section, const void *p, size_t n) {
    near_writer_begin(w, section);
    near_writer_put(w, p, n);
    return near_writer_end(w);
}

static err write_head(struct near_writer *w, const struct near_head *head) {
    flush(w);
    if (w->failed) return w->failed;
    w->head.magic = NEAR_MAGIC;
    w->head.version = NEAR_VERSION;
    w->head.sections = NEAR_SECTIONS;
    w->head.generation = head->generation;
    w->head.distinct = head->distinct;
    w->head.said = head->said;
    w->head.size = w->at;
    w->head.sum = XXH3_64bits(&w->head, offsetof(struct near_head, sum));
    uint8_t bytes[sizeof w->head];
    memcpy(bytes, &w->head, sizeof bytes);
    if (pwrite(w->fd, bytes, sizeof bytes, 0) != sizeof bytes || fsync(w->fd) < 0) return write_error(w);
    return ERR_NONE;
}

err near_writer_close(struct near_writer *w, err e, const struct near_head *head) {
    if (!e) e = write_head(w, head);
    close(w->fd);
    if (e) unlink(w->path);
    free(w->buffer);
    XXH3_freeState(w->sum);
    return e;
}
