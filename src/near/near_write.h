/* The file being written: section after section, then the head. An error is kept until the end. */
#ifndef LONGHAND_NEAR_WRITE_H
#define LONGHAND_NEAR_WRITE_H

#include <xxhash.h>

#include "near/near_file.h"

struct near_writer {
    const char *path;
    int fd;
    uint64_t at; /* bytes so far */
    struct near_head head;
    enum near_section section;
    XXH3_state_t *sum;
    uint8_t *buffer;
    size_t buffered;
    err failed;
};

err near_writer_open(struct near_writer *w, const char *path);
void near_writer_begin(struct near_writer *w, enum near_section section);
void near_writer_put(struct near_writer *w, const void *p, size_t n);
err near_writer_end(struct near_writer *w);
err near_writer_section(struct near_writer *w, enum near_section section, const void *p, size_t n);
/* Write the head (generation, distinct and said are taken from `head`), sync and close; after `e` or an
 * error of its own the file is removed and the error returned. */
err near_writer_close(struct near_writer *w, err e, const struct near_head *head);

#endif
