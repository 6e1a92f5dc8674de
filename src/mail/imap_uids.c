#include "mail/imap_uids.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void imap_uids_free(struct imap_uids *s) {
    free(s->v);
    *s = (struct imap_uids){0};
}

size_t imap_uids_at(const struct imap_uids *s, uint32_t uid) {
    size_t from = 0, to = s->n;
    if (to && s->v[to - 1].last < uid) return to;
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (s->v[mid].last < uid)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static void grow(struct imap_uids *s) {
    if (s->n < s->cap) return;
    size_t cap = s->cap ? s->cap * 2 : 4;
    struct imap_range *v = memory_take(cap * sizeof *v);
    if (s->n) memcpy(v, s->v, s->n * sizeof *v);
    free(s->v);
    s->v = v;
    s->cap = cap;
}

/* Make room for one more range at `at`. */
static bool open_at(struct imap_uids *s, size_t at) {
    if (s->n >= IMAP_RANGES_MAX) return false;
    grow(s);
    s->shifted += s->n - at;
    memmove(s->v + at + 1, s->v + at, (s->n - at) * sizeof *s->v);
    s->n++;
    return true;
}

static void close_at(struct imap_uids *s, size_t at, size_t n) {
    s->shifted += s->n - at - n;
    memmove(s->v + at, s->v + at + n, (s->n - at - n) * sizeof *s->v);
    s->n -= n;
}

bool imap_uids_add(struct imap_uids *s, uint32_t first, uint32_t last) {
    if (first == 0) first = 1;
    if (last < first) return true;
    imap_uids_settle(s);
    /* Ranges that touch this one become part of it. */
    size_t at = imap_uids_at(s, first - 1), end = at;
    while (end < s->n && (s->v[end].first <= last || s->v[end].first - 1 == last)) {
        if (s->v[end].first < first) first = s->v[end].first;
        if (s->v[end].last > last) last = s->v[end].last;
        end++;
    }
    if (end == at) {
        if (!open_at(s, at)) return false;
    } else if (end - at > 1)
        close_at(s, at, end - at - 1);
    s->v[at] = (struct imap_range){first, last};
    return true;
}

/* --- Many at once, in any order --- */

static int by_first(const void *a, const void *b) {
    const struct imap_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

void imap_uids_settle(struct imap_uids *s) {
    if (!s->loose) return;
    s->loose = false;
    qsort(s->v, s->n, sizeof *s->v, by_first);
    size_t n = 0;
    for (size_t i = 1; i < s->n; i++) {
        struct imap_range r = s->v[i];
        if (r.first - 1 > s->v[n].last)
            s->v[++n] = r;
        else if (r.last > s->v[n].last)
            s->v[n].last = r.last;
    }
    s->n = n + 1;
}

bool imap_uids_put(struct imap_uids *s, uint32_t first, uint32_t last) {
    if (first == 0) first = 1;
    if (last < first) return true;
    struct imap_range *end = s->n ? &s->v[s->n - 1] : NULL;
    if (end && first - 1 <= end->last && end->first - 1 <= last) {
        if (last > end->last) end->last = last;
        if (first >= end->first) return true;
        end->first = first;
        if (s->n > 1) s->loose = true; /* it may reach the one before */
        return true;
    }
    if (s->n >= IMAP_RANGES_MAX) {
        /* Only when half of it becomes free is the next sorting far enough away. */
        imap_uids_settle(s);
        return s->n <= IMAP_RANGES_MAX / 2 && imap_uids_put(s, first, last);
    }
    if (end && first < end->first) s->loose = true;
    grow(s);
    s->v[s->n++] = (struct imap_range){first, last};
    return true;
}

void imap_uids_remove(struct imap_uids *s, uint32_t first, uint32_t last) {
    if (last < first) return;
    size_t at = imap_uids_at(s, first), end;
    if (at < s->n && s->v[at].first < first) {
        uint32_t behind = s->v[at].last;
        s->v[at].last = first - 1;
        at++;
        if (behind > last) {
            /* Both ends stay: what is behind becomes a range of its own. */
            if (open_at(s, at)) s->v[at] = (struct imap_range){last + 1, behind};
            return;
        }
    }
    for (end = at; end < s->n && s->v[end].last <= last;) end++;
    if (end > at) close_at(s, at, end - at);
    if (at < s->n && s->v[at].first <= last) s->v[at].first = last + 1;
}

bool imap_uids_has(const struct imap_uids *s, uint32_t uid) {
    size_t at = imap_uids_at(s, uid);
    return uid && at < s->n && s->v[at].first <= uid;
}

uint64_t imap_uids_count(const struct imap_uids *s) {
    uint64_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += (uint64_t)s->v[i].last - s->v[i].first + 1;
    return n;
}

uint32_t imap_uids_last(const struct imap_uids *s) { return s->n ? s->v[s->n - 1].last : 0; }

size_t imap_uids_write(const struct imap_uids *s, size_t max, buf *out) {
    size_t start = out->n, done = 0;
    for (; done < s->n; done++) {
        size_t before = out->n;
        if (done) buf_add_char(out, ',');
        buf_add_int(out, s->v[done].first);
        if (s->v[done].last != s->v[done].first) {
            buf_add_char(out, ':');
            buf_add_int(out, s->v[done].last);
        }
        if (done && out->n - start > max) {
            out->n = before;
            break;
        }
    }
    return done;
}

static bool read_uid(str text, uint32_t *ret_uid) {
    uint64_t v = 0;
    if (text.n == 0 || text.n > 10) return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') return false;
        v = v * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (v == 0 || v > UINT32_MAX) return false;
    *ret_uid = (uint32_t)v;
    return true;
}

bool imap_uids_read(struct imap_uids *s, str text) {
    str piece;
    if (text.n == 0 || str_ends(text, S(","))) return false;
    while (str_split(&text, ',', &piece)) {
        uint32_t first, last;
        size_t colon = str_find_char(piece, ':', 0);
        if (colon == SIZE_MAX) {
            if (!read_uid(piece, &first)) return false;
            last = first;
        } else if (!read_uid(str_slice(piece, 0, colon), &first) ||
                   !read_uid(str_slice(piece, colon + 1, piece.n), &last))
            return false;
        if (!imap_uids_put(s, first < last ? first : last, first < last ? last : first)) return false;
    }
    return true;
}
