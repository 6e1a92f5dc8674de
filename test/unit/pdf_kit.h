/* What poppler reads in a PDF. */
#ifndef LONGHAND_TEST_PDF_KIT_H
#define LONGHAND_TEST_PDF_KIT_H

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "print/print.h"

extern char **environ;

/* The text of a PDF in the order it was drawn; pages end in a form feed. */
static inline str pdf_words(arena *a, str pdf) {
    char path[] = "/tmp/longhand-pdf.XXXXXX";
    int file = mkstemp(path), ends[2];
    assert_true(file >= 0);
    assert_int_equal(print_to_fd(&file, pdf.p, pdf.n), ERR_NONE);
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    char *argv[] = {(char *)"pdftotext", (char *)"-raw", path, (char *)"-", NULL};
    pid_t pid;
    assert_int_equal(posix_spawnp(&pid, "pdftotext", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    BUF_AUTO buf out = BUF_MAX(32 << 20);
    for (;;) {
        char *room = buf_room(&out, 65536);
        assert_non_null(room);
        ssize_t got = read(ends[0], room, 65536);
        if (got <= 0) break;
        buf_grew(&out, (size_t)got);
    }
    close(ends[0]);
    int status;
    waitpid(pid, &status, 0);
    close(file);
    unlink(path);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return str_copy(a, buf_str(&out));
}

static inline int pdf_pages(str words) {
    int n = 0;
    for (size_t i = 0; i < words.n; i++) n += words.p[i] == '\f';
    return n;
}

#endif
