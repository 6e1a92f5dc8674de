/* The LMTP session: whatever is said, saying it byte by byte or in pieces gives the same answers and the
 * same letters as saying it at once, and so does a session that stops at each letter; letters stay within the
 * limit; nothing is kept for nobody. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail/lmtp.h"

enum { LETTER_MAX = 300 };

static err on_recipient(void *context, str address) {
    (void)context;
    if (str_has(address, 'n')) return ERR_MISSING;
    if (str_has(address, 'f')) return ERR_FULL;
    return str_has(address, 'i') ? ERR_INTERNAL : ERR_NONE;
}

static err on_keep(void *context, const struct lmtp_envelope *e, size_t index) {
    buf *kept = context;
    if (index >= e->rcpt.n || e->data.n > LETTER_MAX || e->says->n) abort();
    if (on_recipient(NULL, e->rcpt.v[index]) != ERR_NONE || e->rcpt.v[index].n == 0) abort();
    buf_add_fmt(kept, "%zu/%zu %zu ", index, e->rcpt.n, e->data.n);
    buf_add(kept, e->mail_from);
    buf_add_char(kept, ' ');
    buf_add(kept, e->rcpt.v[index]);
    buf_add_char(kept, '\n');
    buf_add(kept, e->data);
    if (e->data.n && e->data.p[0] == '!') return (err)(e->data.n % (ERR_INTERNAL + 1));
    if (e->data.n && e->data.p[0] == '?') buf_add(e->says, e->data);
    return ERR_NONE;
}

static void on_keep_many(void *context, struct lmtp_letter *letters, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct lmtp_envelope e = *letters[i].envelope;
        e.says = &letters[i].says;
        letters[i].result = on_keep(context, &e, letters[i].index);
    }
}

/* As lmtp_feed, for a session that stops at its letters. */
static bool take_all(lmtp_session *s, str in, buf *out, buf *kept) {
    for (;;) {
        in = str_slice(in, lmtp_take(s, in, out), in.n);
        const struct lmtp_envelope *e = lmtp_waiting(s);
        if (!e) return lmtp_open(s);
        size_t n = e->rcpt.n;
        struct lmtp_letter *letters = calloc(n, sizeof *letters);
        if (!letters) abort();
        for (size_t i = 0; i < n; i++)
            letters[i] = (struct lmtp_letter){.envelope = e, .index = i, .says = BUF_MAX(200)};
        on_keep_many(kept, letters, n);
        lmtp_answer(s, letters, out);
        for (size_t i = 0; i < n; i++) buf_free(&letters[i].says);
        free(letters);
    }
}

/* `cut` 0 is all at once, 1 byte by byte, otherwise pieces of changing length. */
static bool converse(str in, unsigned cut, bool many, buf *out, buf *kept) {
    struct lmtp_hooks hooks = {kept, on_recipient, on_keep, many ? on_keep_many : NULL};
    lmtp_session *s = lmtp_session_new(&hooks, S("fuzz"), LETTER_MAX);
    bool open = true;
    lmtp_greet(s, out);
    for (size_t at = 0, step; at < in.n && open; at += step) {
        step = cut == 0 ? in.n : cut == 1 ? 1 : 1 + (at * 31 + cut) % 17;
        str piece = str_slice(in, at, at + step);
        open = many ? take_all(s, piece, out, kept) : lmtp_feed(s, piece, out);
    }
    size_t before = out->n;
    if (!open && (lmtp_feed(s, S("NOOP\r\n"), out) || out->n != before)) abort();
    lmtp_session_free(s);
    return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    buf out[4], kept[4];
    bool open[4];
    for (unsigned i = 0; i < 4; i++) {
        out[i] = kept[i] = BUF_MAX(16 << 20);
        open[i] = converse(in, i < 2 ? i : 2 + (unsigned)size, i == 3, &out[i], &kept[i]);
        if (open[i] != open[0] || !str_eq(buf_str(&out[i]), buf_str(&out[0]))) abort();
        if (!str_eq(buf_str(&kept[i]), buf_str(&kept[0]))) abort();
    }
    /* Every answer is a whole line. */
    if (!str_ends(buf_str(&out[0]), S("\r\n"))) abort();
    for (size_t i = 0; i < out[0].n; i++)
        if ((out[0].p[i] == '\n') != (i > 0 && out[0].p[i - 1] == '\r')) abort();
    for (int i = 0; i < 4; i++) {
        buf_free(&out[i]);
        buf_free(&kept[i]);
    }
    return 0;
}
