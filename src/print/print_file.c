/* The PDF on its way out.
 *
 * cairo 1.16 writes no /Lang, and screen readers need it to speak the right language. The catalog is the last
 * object before the cross-reference table, so it is held back until the end: the entry goes into it, and only
 * the table's own offset moves. A cairo that writes its catalog in another way gets its bytes unchanged. */
#include "print/print_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HOLD_MAX = 64 << 20 };

static const str catalog_head = {"obj\n<< /Type /Catalog\n", 22};

static void pass_on(struct print_file *f, size_t n) {
    if (!f->status && !f->silent && n) f->status = f->write(f->context, f->held.p, n);
    f->bytes += (int64_t)n;
    buf_drop_front(&f->held, n);
}

cairo_status_t print_file_take(void *file, const unsigned char *bytes, unsigned n) {
    struct print_file *f = file;
    if (f->status) return CAIRO_STATUS_WRITE_ERROR;
    buf_add(&f->held, (str){(const char *)bytes, n});
    if (!buf_ok(&f->held)) {
        f->status = err_set(ERR_LIMIT, "The document has too many parts to be written.");
        return CAIRO_STATUS_WRITE_ERROR;
    }
    /* Only what is new is searched, with as much before it as a head cut in two would have. */
    size_t from = f->held.n - n;
    from = from > catalog_head.n - 1 ? from - (catalog_head.n - 1) : 0;
    if (f->found && !from) from = 1;
    for (size_t at; (at = str_find(buf_str(&f->held), catalog_head, from)) != SIZE_MAX; from = 1) {
        pass_on(f, at);
        f->found = true;
    }
    size_t kept = f->found ? f->held.n : catalog_head.n - 1;
    if (f->held.n > kept) pass_on(f, f->held.n - kept);
    return f->status ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* The catalog with the language in it, and the offset of the table moved by what that added. */
static bool rewrite(const struct print_file *f, buf *out) {
    static const char mark[] = "\nstartxref\n";
    str held = buf_str(&f->held), rest;
    size_t start = SIZE_MAX;
    for (size_t at = str_find(held, S("\nstartxref\n"), 0); at != SIZE_MAX;
         at = str_find(held, S("\nstartxref\n"), at + 1))
        start = at;
    if (!f->found || start == SIZE_MAX) return false;
    rest = str_slice(held, start + sizeof mark - 1, held.n);
    str line;
    int64_t offset;
    if (!str_line(&rest, &line) || !str_to_int(line, &offset)) return false;
    char entry[120];
    int n = snprintf(entry, sizeof entry,
                     "   /Lang (%s)\n   /ViewerPreferences << /DisplayDocTitle true >>\n", f->language);
    buf_add(out, str_slice(held, 0, catalog_head.n));
    buf_add(out, (str){entry, (size_t)n});
    buf_add(out, str_slice(held, catalog_head.n, start + sizeof mark - 1));
    buf_add_int(out, offset + n);
    buf_add_char(out, '\n');
    buf_add(out, rest);
    return buf_ok(out);
}

err print_file_finish(struct print_file *f) {
    BUF_AUTO buf out = BUF_MAX(HOLD_MAX + 1024);
    if (!f->status && rewrite(f, &out)) {
        buf before = f->held;
        f->held = out;
        out = before;
    }
    pass_on(f, f->held.n);
    return f->status;
}

err print_to_buf(void *context, const void *bytes, size_t n) {
    buf *to = context;
    buf_add(to, (str){bytes, n});
    if (!buf_ok(to)) return err_set(ERR_LIMIT, "The document is larger than %zu bytes.", to->max);
    return ERR_NONE;
}

err print_to_fd(void *context, const void *bytes, size_t n) {
    const char *p = bytes;
    while (n) {
        ssize_t w = write(*(int *)context, p, n);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0)
            return err_set(errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO,
                           "The document could not be written: %s.", strerrordesc_np(errno));
        p += w;
        n -= (size_t)w;
    }
    return ERR_NONE;
}
