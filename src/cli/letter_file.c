#include "cli/letter_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <unistr.h>

#include "cli/cli.h"
#include "net/reader.h"

enum { FILE_MAX = 64 << 20, HEADER_LINES_MAX = 400 };

err letter_file_bytes(arena *a, const char *path, size_t max, str *ret) {
    if (strcmp(path, "-") == 0) return cli_read_stream(a, STDIN_FILENO, max, ret);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(errno == ENOENT ? ERR_MISSING : ERR_IO, "%s cannot be read: %s.", path,
                       strerror(errno));
    err e = cli_read_stream(a, fd, max, ret);
    close(fd);
    return e;
}

/* A block of header lines ("Name: value") with an empty line behind it, and one that every mail has. */
static bool is_mail(str bytes) {
    static const char *const known[] = {"from:", "subject:", "received:", "mime-version:", "date:"};
    str line;
    bool met = false;
    for (int n = 0; n < HEADER_LINES_MAX && str_line(&bytes, &line); n++) {
        if (!line.n) return met;
        if (n && (line.p[0] == ' ' || line.p[0] == '\t')) continue;
        size_t colon = str_find_char(line, ':', 0);
        if (colon == SIZE_MAX || colon == 0) return false;
        for (size_t i = 0; i < colon; i++)
            if (line.p[i] <= ' ' || (unsigned char)line.p[i] > 126) return false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            met = met || str_starts_nocase(line, str_z(known[i]));
    }
    return false;
}

str letter_file_clean(arena *a, str s) {
    if (str_is_utf8(s) && !str_has(s, 0)) return s;
    BUF_AUTO buf b = BUF_MAX(s.n * 3 + 1);
    for (size_t i = 0; i < s.n;) {
        ucs4_t c;
        int step = u8_mbtoucr(&c, (const uint8_t *)s.p + i, s.n - i);
        bool good = step > 0 && c;
        if (good)
            buf_add(&b, str_slice(s, i, i + (size_t)step));
        else
            buf_add_utf8(&b, 0xFFFD);
        i += good ? (size_t)step : 1;
    }
    return str_copy(a, buf_str(&b));
}

err letter_file_read(arena *a, const char *path, struct letter_file *ret) {
    str bytes;
    TRY(letter_file_bytes(a, path, FILE_MAX, &bytes));
    struct letter_file f = {0};
    if (!is_mail(bytes)) {
        f.text = letter_file_clean(a, bytes);
        *ret = f;
        return ERR_NONE;
    }
    reader *r = reader_new(S("/proc/self/exe"));
    struct reader_letter letter = {0};
    err e = reader_read(r, a, bytes, &letter);
    reader_free(r);
    TRY(e);
    f.text = letter.mime.text;
    f.subject = letter.mime.subject;
    if (letter.mime.from.n) {
        f.from_name = letter.mime.from.v[0].name;
        f.from_address = letter.mime.from.v[0].address;
    }
    *ret = f;
    return ERR_NONE;
}
