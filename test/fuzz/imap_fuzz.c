/* IMAP. Whatever a server says, hearing it byte by byte or in pieces gives the same responses as hearing it
 * at once; a session that hears it ends or waits, keeps within its limits, and never keeps a mail twice or
 * lowers a mark. Names survive being written and read; sets stay in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_grammar.h"
#include "mail/imap_names.h"
#include "mail/imap_session.h"

enum { BODY_MAX = 300, KEPT_MAX = 5000 };

static void describe(const struct imap_response *r, buf *out) {
    buf_add_fmt(out, "%d %d %d %u %llu %u [", r->kind, r->word, r->code, r->number,
                (unsigned long long)r->modseq, r->capabilities);
    buf_add(out, r->tag);
    buf_add_char(out, '|');
    buf_add(out, r->text);
    buf_add_fmt(out, "] %u %u %d %llu %lld %d %llu ", r->fetch.sequence, r->fetch.uid, r->fetch.has_size,
                (unsigned long long)r->fetch.size, (long long)r->fetch.internaldate, r->fetch.body_state,
                (unsigned long long)r->fetch.body_size);
    buf_add(out, r->fetch.body);
    buf_add(out, r->list.name);
    buf_add(out, r->list.use);
    if (r->fetch.body.n > BODY_MAX && r->fetch.body_size != r->fetch.body.n) abort();
    if (r->uids) {
        for (size_t i = 0; i < r->uids->n; i++) {
            const struct imap_range *v = &r->uids->v[i];
            if (v->first == 0 || v->last < v->first || (i && v->first <= v[-1].last + 1)) abort();
        }
        imap_uids_write(r->uids, 1000, out);
    }
    buf_add_char(out, '\n');
}

static void hear(str in, unsigned cut, buf *out) {
    imap_reader *r = imap_reader_new(BODY_MAX);
    for (size_t at = 0; at < in.n;) {
        size_t step = cut == 0 ? in.n : cut == 1 ? 1 : 1 + (at * 31 + cut) % 17;
        str piece = str_slice(in, at, at + step);
        const struct imap_response *got;
        size_t used = imap_reader_feed(r, piece, &got);
        if (used > piece.n || (!got && used != piece.n)) abort();
        if (got) describe(got, out);
        if (got && got->lost) break;
        at += used;
    }
    imap_reader_free(r);
}

/* --- A session --- */

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

static void name_and_back(str name) {
    BUF_AUTO buf coded = BUF_MAX(1 << 20), plain = BUF_MAX(1 << 20), again = BUF_MAX(1 << 20);
    if (imap_name_encode(name, &coded)) {
        if (!imap_name_decode(buf_str(&coded), &plain) || !str_eq(buf_str(&plain), name)) abort();
    }
    buf_clear(&plain);
    if (imap_name_decode(name, &plain)) {
        if (!imap_name_encode(buf_str(&plain), &again)) abort();
        buf_clear(&coded);
        if (!imap_name_decode(buf_str(&again), &coded) || !str_eq(buf_str(&coded), buf_str(&plain))) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str in = {(const char *)data, size};
    buf out[3];
    for (unsigned i = 0; i < 3; i++) {
        out[i] = BUF_MAX(16 << 20);
        hear(in, i < 2 ? i : 2 + (unsigned)size, &out[i]);
        if (!str_eq(buf_str(&out[i]), buf_str(&out[0]))) abort();
    }
    for (int i = 0; i < 3; i++) buf_free(&out[i]);
    if (size < 20000) converse(in, size ? (imap_after)(data[0] % 3) : IMAP_AFTER_NOTHING);
    name_and_back(str_slice(in, 0, 1000));
    struct imap_uids s = {0};
    bool read = imap_uids_read(&s, in);
    imap_uids_settle(&s);
    if (read && imap_uids_count(&s) == 0) abort();
    for (size_t i = 1; i < s.n; i++)
        if (s.v[i].first <= s.v[i - 1].last + 1) abort();
    imap_uids_free(&s);
    imap_return_path(in);
    imap_date(in);
    return 0;
}
