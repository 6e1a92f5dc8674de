/* A session with an IMAP server. Whatever the server says, the session ends or waits, keeps within its
 * limits, and never keeps a mail twice or lowers a mark. Apart from imap_fuzz.c, which hears single words a
 * hundred times as fast. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_session.h"

enum { BODY_MAX = 300, KEPT_MAX = 5000 };

struct kept {
    uint32_t uidvalidity, mark, uids[KEPT_MAX];
    int n;
};

static void keep(struct kept *k, struct imap_batch *b) {
    if (b->uidvalidity == 0) abort();
    if (b->fresh) {
        k->n = 0;
        k->mark = 0;
    } else if (b->uidvalidity != k->uidvalidity)
        abort();
    if (b->mark < k->mark) abort();
    for (size_t i = 0; i < b->n; i++) {
        struct imap_mail *m = &b->mails[i];
        if (m->uid == 0 || (i && m->uid <= m[-1].uid) || m->bytes.n > BODY_MAX) abort();
        for (int j = 0; j < k->n; j++)
            if (k->uids[j] == m->uid) abort();
        m->result =
            m->state == IMAP_MAIL_HERE && m->bytes.n && m->bytes.p[0] == '!' ? ERR_INTERNAL : ERR_NONE;
        if (m->state == IMAP_MAIL_HERE && m->result == ERR_NONE && k->n < KEPT_MAX) k->uids[k->n++] = m->uid;
    }
    k->uidvalidity = b->uidvalidity;
    k->mark = b->mark;
}

/* "@" in what the server says stands for the tag of the command that waits. */
static void fill_in_tags(str in, const char *tag, buf *out) {
    buf_clear(out);
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] == '@')
            buf_add_z(out, tag);
        else
            buf_add_char(out, in.p[i]);
}

static void answer(imap_session *s, imap_want want, struct kept *k, struct imap_now now) {
    struct imap_stand stand = {.uidvalidity = k->uidvalidity, .mark = k->mark};
    if (want == IMAP_WANT_STAND)
        imap_session_stand(s, ERR_NONE, S(""), &stand, now);
    else if (want == IMAP_WANT_ROOM)
        imap_session_room(s, now);
    else if (want == IMAP_WANT_KEEP) {
        keep(k, imap_session_batch(s));
        imap_session_kept(s, ERR_NONE, S(""), now);
    } else
        imap_session_noted(s, now);
}

static void converse(str in, imap_after after) {
    str folder = S("INBOX");
    struct imap_account account = {.brand = 1,
                                   .id = 1,
                                   .folders = {&folder, 1, 1},
                                   .after = after,
                                   .flag = S("\\Flagged"),
                                   .move_to = S("Done"),
                                   .max_size = BODY_MAX,
                                   .poll_seconds = 60,
                                   .idle_seconds = 500};
    struct imap_session_options options = {
        .batch_bytes = 500, .batch_mails = 4, .answer_seconds = 100, .retry_seconds = 10};
    struct imap_now now = {1000, 1784000000000};
    struct kept *kept = memory_zeroed(sizeof *kept);
    imap_session *s = imap_session_new(&account, &options);
    char tag[24] = "L0";
    BUF_AUTO buf said = BUF_MAX(4 << 20);
    imap_session_open(s, now);
    str line;
    /* The server answers a command with some lines; "%" at the end of one gives the word to us. */
    for (int turns = 0; turns < 2000; turns++) {
        imap_want want = imap_session_want(s);
        if (want == IMAP_WANT_CLOSE) break;
        if (want != IMAP_WANT_READ) {
            answer(s, want, kept, now);
            continue;
        }
        buf *out = imap_session_out(s);
        if (out->n && (!str_ends(buf_str(out), S("\r\n")) || !buf_ok(out))) abort();
        size_t space = str_find_char(buf_str(out), ' ', 0);
        if (space != SIZE_MAX && space < sizeof tag) {
            memcpy(tag, out->p, space);
            tag[space] = '\0';
        }
        buf_clear(out);
        if (!str_split(&in, '%', &line)) break;
        fill_in_tags(line, tag, &said);
        str rest = buf_str(&said);
        while (rest.n) {
            size_t used = imap_session_feed(s, rest, now);
            rest = str_slice(rest, used, rest.n);
            if (imap_session_want(s) == IMAP_WANT_CLOSE) break;
            if (imap_session_want(s) != IMAP_WANT_READ) answer(s, imap_session_want(s), kept, now);
        }
        if (imap_session_memory(s) > 16 << 20) abort();
        now.mono += 7000;
        imap_session_tick(s, now);
    }
    imap_session_free(s);
    free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && size < 20000) converse((str){(const char *)data, size}, (imap_after)(data[0] % 3));
    return 0;
}
