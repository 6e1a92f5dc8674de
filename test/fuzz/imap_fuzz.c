/* IMAP's grammar. Whatever a server says, hearing it byte by byte or in pieces gives the same responses as
 * hearing it at once. Names survive being written and read; sets stay in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/imap_grammar.h"
#include "mail/imap_names.h"
#include "mail/imap_session.h"

enum { BODY_MAX = 300 };

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
