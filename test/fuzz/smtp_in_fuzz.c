/* The session as SMTP, with TLS in the middle: however the bytes are cut, the answers and the letters are the
 * same; there is one answer to a letter; nothing is kept in clear where TLS is required, nor what came
 * between STARTTLS and the handshake. The first byte says what of TLS is offered, the second where the
 * handshake ends. */
#include <stdint.h>
#include <stdlib.h>

#include "mail/lmtp.h"

enum { LETTER_MAX = 300 };

struct kept {
    buf letters;
    bool encrypted;
    lmtp_tls tls;
};

static err on_recipient(void *context, str address) {
    (void)context;
    if (str_has(address, 'n')) return ERR_MISSING;
    return str_has(address, 'f') ? ERR_FULL : ERR_NONE;
}

static err on_keep(void *context, const struct lmtp_envelope *e, size_t index) {
    struct kept *k = context;
    if (index != 0 || e->rcpt.n != 1 || e->data.n > LETTER_MAX || on_recipient(NULL, e->rcpt.v[0])) abort();
    if (k->tls == LMTP_TLS_REQUIRED && !k->encrypted) abort();
    buf_add_fmt(&k->letters, "%zu ", e->data.n);
    buf_add(&k->letters, e->mail_from);
    buf_add_char(&k->letters, ' ');
    buf_add(&k->letters, e->rcpt.v[0]);
    buf_add(&k->letters, e->data);
    return e->data.n && e->data.p[0] == '!' ? (err)(e->data.n % (ERR_INTERNAL + 1)) : ERR_NONE;
}

static size_t piece(size_t at, unsigned cut, size_t n) {
    return cut == 0 ? n : cut == 1 ? 1 : 1 + (at * 31 + cut) % 17;
}

/* All of `in` to the session, in pieces. */
static bool feed(lmtp_session *s, str in, unsigned cut, buf *out) {
    for (size_t at = 0, step; at < in.n; at += step) {
        step = piece(at, cut, in.n);
        lmtp_feed(s, str_slice(in, at, at + step), out);
    }
    return lmtp_open(s);
}

static bool converse(str clear, str rest, lmtp_tls tls, unsigned cut, buf *out, struct kept *kept) {
    struct lmtp_hooks hooks = {.context = kept, .recipient = on_recipient, .keep = on_keep};
    kept->tls = tls;
    lmtp_session *s = lmtp_session_new(&hooks, S("fuzz"), LETTER_MAX);
    lmtp_session_smtp(s, tls);
    lmtp_greet(s, out);
    bool open = feed(s, clear, cut, out);
    if (open && lmtp_tls_awaited(s)) {
        /* As if the peer had begun anew. */
        size_t before = out->n;
        lmtp_tls_begun(s);
        kept->encrypted = true;
        if (lmtp_in_transaction(s) || out->n != before) abort();
        feed(s, S("MAIL FROM:<a@b>\r\n"), cut, out);
        if (!str_ends(buf_str(out), S("503 5.5.1 Say EHLO first\r\n"))) abort();
        open = feed(s, rest, cut, out);
    }
    lmtp_session_free(s);
    return open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    str in = {(const char *)data + 2, size - 2};
    size_t split = in.n * data[1] / 255;
    str clear = str_slice(in, 0, split), rest = str_slice(in, split, in.n);
    buf out[3];
    struct kept kept[3];
    bool open[3];
    for (unsigned i = 0; i < 3; i++) {
        out[i] = BUF_MAX(16 << 20);
        kept[i] = (struct kept){.letters = BUF_MAX(16 << 20)};
        open[i] =
            converse(clear, rest, (lmtp_tls)(data[0] % 3), i < 2 ? i : 2 + (unsigned)size, &out[i], &kept[i]);
        if (open[i] != open[0] || !str_eq(buf_str(&out[i]), buf_str(&out[0]))) abort();
        if (!str_eq(buf_str(&kept[i].letters), buf_str(&kept[0].letters))) abort();
    }
    if (!str_ends(buf_str(&out[0]), S("\r\n"))) abort();
    for (size_t i = 0; i < out[0].n; i++)
        if ((out[0].p[i] == '\n') != (i > 0 && out[0].p[i - 1] == '\r')) abort();
    for (int i = 0; i < 3; i++) {
        buf_free(&out[i]);
        buf_free(&kept[i].letters);
    }
    return 0;
}
